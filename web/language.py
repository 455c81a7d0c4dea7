"""Languages: Simplified Chinese is what the pages are written in; another language is a gettext catalogue."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.requests import Request

from web.cookies import LANGUAGE
from web.patterns import Patterns

SOURCE = "zh"
LANGUAGES: Mapping[str, str] = {SOURCE: "中文", "en": "English"}
HTML_CODES: Mapping[str, str] = {SOURCE: "zh-CN", "en": "en"}
_FOLDER = Path(__file__).parent / "locale"


class Words:
    """One language's words for the Chinese ones."""

    def __init__(self, code: str, catalogue: Mapping[str, str]):
        self.code, self.catalogue, self._patterns = code, catalogue, Patterns(catalogue)

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in this language, its `%(name)s` filled in; a word the catalogue lacks stays Chinese."""
        found = self.catalogue.get(text) or self._patterns.said(text)
        return found % values if values else found


@cache
def words(code: str) -> Words:
    """The pages' own words, and those of refusals."""
    files = () if code == SOURCE else (catalogue_path(code), catalogue_path(code, "refusals"))
    return Words(code, {text: said for file in files for text, said in read_catalogue(file).items()})


def language_of(request: Request) -> str:
    chosen = request.cookies.get(LANGUAGE, SOURCE)
    return chosen if chosen in LANGUAGES else SOURCE


def catalogue_path(code: str, name: str = "hazardflow") -> Path:
    return _FOLDER / code / "LC_MESSAGES" / f"{name}.po"


def read_catalogue(path: Path) -> dict[str, str]:
    """The pairs of a .po file; ours has no plurals and no contexts."""
    pairs: list[dict[str, str]] = []
    field = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        keyword, _, rest = line.partition(" ")
        if keyword == "msgid":
            pairs.append({"msgid": "", "msgstr": ""})
        if keyword in {"msgid", "msgstr"}:
            field, line = keyword, rest
        if line.startswith('"'):
            pairs[-1][field] += ast.literal_eval(line)
    return {pair["msgid"]: pair["msgstr"] for pair in pairs if pair["msgid"]}
