"""Texts with values in them, said in another language: the catalogue has the text with a hole for each value."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

_NOTED = "）"
SEPARATORS = ("；", _NOTED, "、", "：", "或")
"""What stands between words in a list of them, the widest first; a note in brackets may hold a list itself."""
_HOLE = re.compile(r"\{(\w*)\}")
_CHINESE = re.compile(r"[一-鿿]")
_LEAST_WORDS = 2
_MOST_SENTENCES = 6
_LONGEST, _DEEPEST = 1000, 8
"""No refusal is longer, nor nested deeper; what people wrote may be."""


class _Pattern(NamedTuple):
    longest: str
    """Its longest words without a hole: most texts are no refusal at all, and seen so at once."""
    shape: re.Pattern[str]
    names: tuple[str, ...]
    english: str
    words: int
    """How many characters of its own it has; too few, and it would take other texts for its own."""

    def said(self, text: str, say: Callable[[str], str]) -> str | None:
        held = self.shape.fullmatch(text) if self.longest in text else None
        if held is None:
            return None
        values = [say(value) for value in held.groups()]
        return self.english.format(*values, **{name: one for name, one in zip(self.names, values, strict=True) if name})


class Patterns:
    """The texts with holes of one catalogue, those with the most words of their own first."""

    def __init__(self, catalogue: Mapping[str, str]):
        self._catalogue = catalogue
        made = [_pattern(text, english) for text, english in catalogue.items() if _HOLE.search(text)]
        self._patterns = sorted(made, key=lambda one: -one.words)

    def said(self, text: str) -> str:
        """The text as a known one with values, as several known sentences, or as a list of known words; else itself."""
        if not self._patterns or len(text) > _LONGEST or not _CHINESE.search(text):
            return text
        return self._one(text) or self._sentences(text) or self._listed(text, _DEEPEST) or text

    def _one(self, text: str, *, least: int = _LEAST_WORDS, left: int = _DEEPEST) -> str | None:
        if (exact := self._catalogue.get(text)) or not left:
            return exact or None
        value = partial(self._value, left=left - 1)
        fitting = (one.said(text, value) for one in self._patterns if one.words >= least)
        return next((said for said in fitting if said is not None), None)

    def _sentences(self, text: str) -> str | None:
        """What is wrong and what to do about it often stand in one text."""
        parts = [f"{part}。" for part in text.removesuffix("。").split("。")]
        if not 1 < len(parts) <= _MOST_SENTENCES:
            return None
        for first in range(len(parts) - 1, 0, -1):
            head, rest = self._one("".join(parts[:first])), "".join(parts[first:])
            if head and (tail := self._one(rest) or self._sentences(rest)):
                return f"{head} {tail}"
        return None

    def _value(self, value: str, left: int) -> str:
        """What fills a hole: people's own words stay as they are."""
        if value.startswith("“") and value.endswith("”"):
            return f"“{self._known(value[1:-1], left) or value[1:-1]}”"
        return self._known(value, left) or value

    def _known(self, text: str, left: int) -> str | None:
        if not _CHINESE.search(text):
            return text
        return self._one(text, least=1, left=left) or (self._listed(text, left - 1) if left else None)

    def _listed(self, text: str, left: int) -> str | None:
        """Words between separators, each of them known or not Chinese: a label, a number, a place in a file."""
        tried = (self._split(text, one, left) for one in SEPARATORS if one in text and left > 0)
        return next((said for said in tried if said is not None), None)

    def _split(self, text: str, separator: str, left: int) -> str | None:
        if separator == _NOTED:
            return self._noted(text, left - 1)
        said: list[str] = []
        for part in text.split(separator):
            if (one := self._known(part, left)) is None:
                return None
            said.append(one)
        return self._catalogue.get(separator, separator).join(said)

    def _noted(self, text: str, left: int) -> str | None:
        """A word with another one behind it in brackets."""
        word, _, note = text.removesuffix("）").rpartition("（")
        said, noted = self._known(word, left), self._known(note, left)
        return f"{said} ({noted})" if said and noted and text.endswith("）") else None


def _pattern(text: str, english: str) -> _Pattern:
    own = _HOLE.split(text)[::2]
    shape = "(.*?)".join(re.escape(part) for part in own)
    words = len(_CHINESE.findall("".join(own)))
    return _Pattern(max(own, key=len), re.compile(shape, re.DOTALL), tuple(_HOLE.findall(text)), english, words)
