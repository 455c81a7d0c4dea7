"""The stand-alone verifier: keys, anchors, hostile input and the signature scheme itself."""

import ast
import base64
import json
import os
import subprocess
import sys

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles import (
    KEY,
    OLD_SIZE,
    OTHER_KEY,
    SIZE,
    SOURCE,
    anchor_file,
    changed,
    checkpoint,
    export,
    history,
    plain,
    public,
    zipped,
)
from models import merkle
from models.canonical import canonical
from services import offline_verify
from services.offline_verify import BAD_KEY, INCOMPLETE, OK, ROLLED_BACK, TAMPERED, verify_bundle, verify_ed25519

ORDER_OF_L = 2**252 + 27742317777372353535851937790883648493


# --- keys and signatures


def with_own_key_on_the_checkpoint(files):
    return {**files, f"checkpoints/{SIZE}.txt": checkpoint(history(), SIZE, OTHER_KEY, OLD_SIZE).encode()}


def with_altered_checkpoint(files):
    name = f"checkpoints/{SIZE}.txt"
    return {**files, name: files[name].replace(b"2025-04-01", b"2025-04-02")}


def with_unsigned_checkpoint(files):
    name = f"checkpoints/{SIZE}.txt"
    return {**files, name: files[name].partition(b"\n\n")[0] + b"\n"}


def with_unlisted_key(files):
    return {**files, "keys.json": plain([])}


@pytest.mark.parametrize(
    "tamper", [with_own_key_on_the_checkpoint, with_altered_checkpoint, with_unsigned_checkpoint, with_unlisted_key]
)
def test_a_checkpoint_that_no_listed_key_signed_proves_nothing(run, files, tamper):
    assert run(tamper(files))[0] == BAD_KEY


def test_a_whole_history_under_a_forgers_key_shows_by_the_key_the_auditor_knows(run):
    forged = export(history(), key=OTHER_KEY)

    assert run(forged) == (OK, "")
    assert run(forged, keys=[base64.b64encode(public(KEY)).decode()])[0] == BAD_KEY


# --- anchors


def rewritten():
    """The hazard's first event redone as if it had always been so, with all that follows from it."""
    events, heads = history(), {}
    events[1]["reason"] = "未发现问题"
    for body in events:
        body["prev"] = heads.get(body["stream"], "0" * 64)
        heads[body["stream"]] = merkle.leaf_hash(canonical(body)).hex()
    return events


def test_a_history_rewritten_by_the_holder_of_the_key_passes_alone_and_fails_against_an_anchor(run, files, tmp_path):
    anchor = anchor_file(tmp_path, files[f"checkpoints/{OLD_SIZE}.txt"].decode())

    assert run(export(rewritten())) == (OK, "")
    assert run(export(rewritten()), anchor)[0] == TAMPERED


def test_replaced_keys_and_checkpoints_show_by_an_anchor_signed_before(run, files, tmp_path):
    anchor = anchor_file(tmp_path, files[f"checkpoints/{OLD_SIZE}.txt"].decode())

    assert run(export(rewritten(), key=OTHER_KEY), anchor)[0] == BAD_KEY


def test_an_anchor_newer_than_the_tree_shows_the_rollback(run, files, tmp_path):
    anchor = anchor_file(tmp_path, files[f"checkpoints/{SIZE}.txt"].decode())

    assert run(export(history()[: SIZE - 2]), anchor)[0] == ROLLED_BACK


def test_an_anchor_without_its_proof_in_the_bundle_is_not_taken_for_granted(run, files, tmp_path):
    anchor = anchor_file(tmp_path, checkpoint(history(), 5, KEY, 0))

    code, faults = run(files, anchor)

    assert code == INCOMPLETE
    assert "没有从它延续的证明" in faults


@pytest.mark.parametrize("text", ["", "7", "seven roots", "\n\n\n", "7 AAAA\n"])
def test_an_anchor_that_cannot_be_read_is_not_passed_over(run, files, tmp_path, text):
    assert run(files, anchor_file(tmp_path, text))[0] == INCOMPLETE


# --- whatever a forger may send


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_events_proofs_or_checkpoint_passes(tmp_path_factory, data):
    files = export(history())
    name = data.draw(
        st.sampled_from(["events.jsonl", "proofs.json", f"checkpoints/{SIZE}.txt", "keys.json", "consistency.json"])
    )
    turned = bytearray(files[name])
    turned[data.draw(st.integers(0, len(turned) - 2))] ^= 1 << data.draw(st.integers(0, 7))

    report = verify_bundle(zipped({**files, name: bytes(turned)}, tmp_path_factory.getbasetemp() / "flipped.zip"))

    assert report.exit_code in (TAMPERED, INCOMPLETE, BAD_KEY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=100, deadline=None)
@given(st.data(), JSON)
def test_json_of_any_shape_gives_a_report_and_no_traceback(tmp_path_factory, data, value):
    files = export(history())
    name = data.draw(st.sampled_from([name for name in files if name.endswith((".json", ".jsonl"))]))
    content = json.loads(files[name].partition(b"\n")[0])
    holder = content[0] if isinstance(content, list) else content
    holder[data.draw(st.sampled_from(sorted(holder)))] = value
    strange = data.draw(st.sampled_from([content, value]))

    path = zipped({**files, name: json.dumps(strange).encode()}, tmp_path_factory.getbasetemp() / "strange.zip")

    assert verify_bundle(path).exit_code in range(5)


def test_a_name_cannot_draw_a_tick_of_its_own(run, files, tmp_path):
    run(changed(files, "manifest.json", lambda manifest: manifest.update(exported_at="x\n✔ 全部相符\x1b[2J")))

    assert not any(line.startswith("✔ 全部") or "\x1b" in line for line in verify_bundle(tmp_path / "bundle.zip").lines)


# --- the file itself


def test_the_verifier_stands_alone_on_python_3_8():
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 8))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_a_console_set_to_gbk_still_shows_the_result(tmp_path, files):
    path = zipped(files, tmp_path / "bundle.zip")

    answer = subprocess.run(
        [sys.executable, SOURCE, path], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "gbk"}
    )

    assert answer.returncode == OK
    assert "√ 完整性" in answer.stdout.decode("gbk")


# --- signed notes and Ed25519


@pytest.mark.parametrize(
    ("good", "broken", "says"),
    [
        ("lin-jiang", "lin\njiang", "six lines"),
        ("\n7 ", "\n7\n", "six lines"),
        ("\n14\n", "\n014\n", "not a size"),
        ("\n14\n", "\n-1\n", "not a size"),
        ("=\n", "\n", "padding"),
        ("— ", "- ", "not a signature line"),
        ("\n\n", "\n", "not a signed note"),
    ],
)
def test_a_note_that_is_not_quite_a_note_is_refused(good, broken, says):
    note = checkpoint(history(), SIZE, KEY, OLD_SIZE)

    with pytest.raises(ValueError, match=says):
        offline_verify.parse_note(note.replace(good, broken, 1))


def test_a_signature_that_does_not_fit_is_never_written():
    text = offline_verify.note_text(
        "lin-jiang", 0, merkle.root([]), merkle.root([]), "2025-04-01T00:00:00Z", 0, merkle.root([])
    )

    with pytest.raises(ValueError, match="does not fit the public key"):
        offline_verify.sign_note(text, "sealer", OTHER_KEY.sign, public(KEY))


def test_the_signature_of_an_unlisted_cosigner_is_passed_over():
    note = checkpoint(history(), SIZE, KEY, OLD_SIZE)
    cosigned = offline_verify.parse_note(note + "— district AAAAAAAAAAAA\n")

    assert offline_verify.signers_of(cosigned, [("sealer", public(KEY))]) == [("sealer", public(KEY))]


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511), st.integers(0, 255))
def test_ed25519_agrees_with_an_independent_implementation(seed, message, bit, key_bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = key.sign(message)
    turned = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    other_key = (int.from_bytes(public(key), "big") ^ 1 << key_bit).to_bytes(32, "big")

    assert verify_ed25519(public(key), message, signature)
    assert not verify_ed25519(public(key), message + b"!", signature)
    assert verify_ed25519(public(key), message, turned) == accepts(public(key), message, turned)
    assert verify_ed25519(other_key, message, signature) == accepts(other_key, message, signature)


def accepts(public_key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_ed25519_gives_the_answer_of_rfc_8032():
    public_key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    assert verify_ed25519(public_key, b"\x72", signature)


def test_a_second_writing_of_a_good_signature_is_refused():
    signature = KEY.sign(b"m")
    larger = int.from_bytes(signature[32:], "little") + ORDER_OF_L

    assert not verify_ed25519(public(KEY), b"m", signature[:32] + larger.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "public_key", [b"\x01" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xee" + b"\xff" * 30 + b"\x7f"]
)
def test_a_key_of_small_order_or_of_no_single_writing_is_refused(public_key):
    signs_anything = b"\x01" + bytes(63)

    assert not verify_ed25519(public_key, b"m", signs_anything)


@pytest.mark.parametrize(("public_key", "signature"), [(bytes(31), bytes(64)), (bytes(32), bytes(63)), (b"", b"")])
def test_keys_and_signatures_of_another_length_are_refused(public_key, signature):
    assert not verify_ed25519(public_key, b"m", signature)
