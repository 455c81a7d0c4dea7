"""One letter for many notices: each hazard once, under the highest level that is told of it."""

import re
from collections.abc import Sequence
from typing import Any

from notifications.wording import Words, render

_LEVEL = re.compile(r"escalation_(\d)$")
_HAZARDS = re.compile(r"/hazards[/?]")


def words_of(rows: Sequence[Any]) -> Words:
    """The words of what leaves together; of a single notice, its own."""
    if len(rows) == 1:
        return Words(rows[0].subject, rows[0].body)
    return render("digest", count=len(rows), lines=_lines(rows), link=_office(rows[0].body))


def _lines(rows: Sequence[Any]) -> list[str]:
    hazards: dict[str, list[Any]] = {}
    for row in rows:
        hazards.setdefault(row.hazard_id or row.id, []).append(row)
    return [_line(sorted(group, key=_level, reverse=True)) for group in hazards.values()]


def _line(group: Sequence[Any]) -> str:
    """The headline, and everything else there is to tell of the same hazard."""
    others = [row.subject for row in group[1:]]
    return group[0].subject + (f"（另有：{'；'.join(others)}）" if others else "")


def _level(row: Any) -> int:
    found = _LEVEL.search(row.topic)
    return int(found.group(1)) if found else -1


def _office(body: str) -> str:
    """Where all hazards are found: the address before that of one hazard, or of a part of the ledger."""
    return _HAZARDS.split(body.rsplit("办理入口：", 1)[-1].split("\n", 1)[0])[0]
