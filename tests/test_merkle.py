"""The Merkle tree: RFC 6962's own examples, and every proof against the verifier that auditors run."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import merkle
from services import offline_verify

DATA = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
LEAVES = [merkle.leaf_hash(data) for data in DATA]
# The examples that Certificate Transparency implementations share (RFC 6962 trees over DATA).
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
TREES = st.integers(1, 130).map(lambda size: [merkle.leaf_hash(str(at).encode()) for at in range(size)])


@pytest.mark.parametrize("size", ROOTS)
def test_the_known_roots_come_out(size):
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]


def test_a_known_inclusion_proof_comes_out():
    assert [node.hex() for node in merkle.inclusion_proof(LEAVES, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_a_known_consistency_proof_comes_out():
    assert [node.hex() for node in merkle.consistency_proof(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(TREES, st.data())
def test_every_inclusion_proof_verifies_and_any_flipped_bit_fails(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = merkle.inclusion_proof(leaves, index), merkle.root(leaves)

    assert offline_verify.verify_inclusion(leaves[index], index, len(leaves), path, root)
    parts = [leaves[index], root, *path]
    leaf, changed_root, *changed_path = flipped(parts, data)
    assert not offline_verify.verify_inclusion(leaf, index, len(leaves), changed_path, changed_root)


@given(TREES, st.data())
def test_a_proof_fits_no_other_place_and_no_other_length(leaves, data):
    index, other = data.draw(st.integers(0, len(leaves) - 1)), data.draw(st.integers(-1, len(leaves)))
    path, root = merkle.inclusion_proof(leaves, index), merkle.root(leaves)

    assert offline_verify.verify_inclusion(leaves[index], other, len(leaves), path, root) == (other == index)
    assert not offline_verify.verify_inclusion(leaves[index], index, len(leaves), [*path, root], root)
    assert not path or not offline_verify.verify_inclusion(leaves[index], index, len(leaves), path[:-1], root)


@given(TREES, st.data())
def test_every_consistency_proof_verifies_and_any_flipped_bit_fails(leaves, data):
    old_size = data.draw(st.integers(1, len(leaves)))
    old_root, root = merkle.root(leaves[:old_size]), merkle.root(leaves)
    path = merkle.consistency_proof(leaves, old_size)

    assert offline_verify.verify_consistency(old_size, old_root, len(leaves), root, path)
    changed_old, changed_root, *changed_path = flipped([old_root, root, *path], data)
    assert not offline_verify.verify_consistency(old_size, changed_old, len(leaves), changed_root, changed_path)
    assert not offline_verify.verify_consistency(old_size, old_root, len(leaves), root, [*path, root])


def test_every_tree_extends_the_empty_one_and_none_a_larger_one():
    empty, root = merkle.root([]), merkle.root(LEAVES)

    assert offline_verify.verify_consistency(0, empty, 8, root, merkle.consistency_proof(LEAVES, 0))
    assert not offline_verify.verify_consistency(9, root, 8, root, [])
    assert not offline_verify.verify_consistency(6, root, 8, root, [])


@given(TREES)
def test_the_frontier_grows_to_the_same_root_through_its_written_form(leaves):
    frontier = merkle.Frontier()
    for size, leaf in enumerate(leaves, start=1):
        frontier = merkle.Frontier.from_hex(frontier.size, frontier.to_hex())
        frontier.append(leaf)
        assert frontier.root() == merkle.root(leaves[:size])


def test_an_empty_frontier_has_the_empty_root():
    assert merkle.Frontier().root() == hashlib.sha256(b"").digest()


@pytest.mark.parametrize(("size", "peaks"), [(2, []), (0, ["00" * 32]), (-1, ["00" * 32]), (1, ["00"])])
def test_peaks_of_another_size_are_refused(size, peaks):
    with pytest.raises(ValueError, match=f"not the peaks of a tree of {size}"):
        merkle.Frontier.from_hex(size, peaks)


@pytest.mark.parametrize("index", [-1, 8])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index):
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, index)


@pytest.mark.parametrize("old_size", [-1, 9])
def test_there_is_no_proof_from_a_size_outside_the_tree(old_size):
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, old_size)


def flipped(parts, data):
    """The parts with one bit of one of them turned."""
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    turned = (int.from_bytes(parts[which], "big") ^ 1 << bit).to_bytes(32, "big")
    return [turned if at == which else part for at, part in enumerate(parts)]
