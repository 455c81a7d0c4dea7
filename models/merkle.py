"""The Merkle tree over all events (RFC 6962): its root, its proofs, and its growth without reading it again.

The checking of proofs is `services/offline_verify.py`, which auditors run without any of this.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    return Tree(leaf_hashes).root()


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings on the way from a leaf to the root, lowest first. For several proofs of one tree, keep a `Tree`."""
    return Tree(leaf_hashes).inclusion_proof(index)


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The nodes that show the tree's first `old_size` leaves to be the old tree. Empty for size 0 and for no growth."""
    return Tree(leaf_hashes).consistency_proof(old_size)


class Tree:
    """All nodes of a tree, hashed once, so that each proof costs no more than its own length.

    Takes about 90 bytes of memory per leaf beyond the leaves themselves.
    """

    def __init__(self, leaf_hashes: Sequence[bytes]):
        self.size = len(leaf_hashes)
        self._levels = [leaf_hashes]
        while len(self._levels[-1]) > 1:
            self._levels.append(_paired(self._levels[-1]))

    def root(self) -> bytes:
        return self._levels[-1][0] if self.size else _EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Raises: IndexError."""
        if not 0 <= index < self.size:
            raise IndexError(f"no leaf {index} in a tree of {self.size}")
        return self._path(index, 0, self.size)

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Raises: IndexError."""
        if not 0 <= old_size <= self.size:
            raise IndexError(f"a tree of {self.size} does not extend one of {old_size}")
        return self._growth(old_size, 0, self.size, known=True) if old_size else []

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        """PATH(m, D[n]) of RFC 6962 §2.1.1, over the leaves from `start` to before `end`."""
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._over(middle, end)]
        return [*self._path(index, middle, end), self._over(start, middle)]

    def _growth(self, old_size: int, start: int, end: int, *, known: bool) -> list[bytes]:
        """SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2; `known` while the old root itself would be the node to give."""
        if old_size == end:
            return [] if known else [self._over(start, end)]
        middle = start + _split(end - start)
        if old_size <= middle:
            return [*self._growth(old_size, start, middle, known=known), self._over(middle, end)]
        return [*self._growth(old_size, middle, end, known=False), self._over(start, middle)]

    def _over(self, start: int, end: int) -> bytes:
        height = (end - start - 1).bit_length()
        return self._levels[height][start >> height]


@dataclass(slots=True)
class Frontier:
    """The peaks of the tree so far, largest first: all a sealer needs to extend a tree of millions."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def from_hex(cls, size: int, peaks: Iterable[str]) -> "Frontier":
        """Raises: ValueError when the peaks are not those of a tree of this size."""
        hashes = [bytes.fromhex(peak) for peak in peaks]
        if size < 0 or len(hashes) != size.bit_count() or any(len(peak) != 32 for peak in hashes):
            raise ValueError(f"not the peaks of a tree of {size}")
        return cls(size, hashes)

    def to_hex(self) -> list[str]:
        return [peak.hex() for peak in self.peaks]

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        node, full = leaf, self.size
        while full & 1:
            node = node_hash(self.peaks.pop(), node)
            full >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return _EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def _paired(level: Sequence[bytes]) -> list[bytes]:
    """The level above; a node without a sibling moves up as it is."""
    above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*above, level[-1]] if len(level) % 2 else above


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << (size - 1).bit_length() - 1
