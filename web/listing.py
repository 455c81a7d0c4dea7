"""A list as a page: filters, a table whose cells are words, links, tags or buttons, and the way to the next page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import Response

from web.desk import Here
from web.moments import moment
from web.rendering import page


@dataclass(frozen=True)
class Cell:
    """Words, and smaller words beneath; a link where it has an address, a tag where it has a colour, a button where
    it sends a form. `coined`: words of the pages' own, which have an English."""

    text: str
    under: str = ""
    href: str = ""
    colour: str = ""
    action: str = ""
    about: str = ""
    coined: bool = False
    tight: bool = False
    """Words that belong on one line: a moment, a number."""

    @property
    def shape(self) -> str:
        """How the cell is set: nothing to show is left out where a row is read downwards."""
        return "blank" if self.text == "—" and not self.under else "tight" if self.tight else ""


@dataclass(frozen=True)
class Filter:
    """One thing a list can be narrowed by."""

    name: str
    label: str
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
    kind: str = "text"


@dataclass(frozen=True)
class Listing:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    lead: str = ""
    empty: str = "没有记录。"
    back: str = ""
    done: str = ""
    filters: Sequence[Filter] = ()
    links: Sequence[tuple[str, str]] = ()
    """Address and words of what else can be done from here."""
    views: Sequence[tuple[str, str, bool]] = ()
    """Address, words, whether it is the one shown."""
    more: str = ""


def show(visit: Here, listing: Listing) -> Response:
    return page(visit.request, "listing.html", listing=listing)


def when(at: datetime | None) -> Cell:
    return Cell(moment(at) if at else "—", tight=True)


def link(href: str, text: str, under: str = "") -> Cell:
    return Cell(text, under, href=href, tight=href.startswith("/hazards/"))


def tag(colour: str, text: str, under: str = "") -> Cell:
    return Cell(text, under, colour=colour, coined=True)


def button(action: str, text: str, about: str) -> Cell:
    """`about`: which row it is of, for whoever hears the page."""
    return Cell(text, action=action, about=about, coined=True)


def word(text: str, under: str = "") -> Cell:
    return Cell(text, under, coined=True)


def address_after(path: str, after: str, **asked: str) -> str:
    """The address of the next page of a list that goes by a key; what was asked stays asked."""
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value} | {'after': after})}"
