"""What a new version of the rules, the ladder or the calendar says otherwise than the one before, line by line."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from models.calendar import WorkCalendar
from models.standard import PolicyKind
from web.language import Words
from web.rule_words import AGAINSTS, CERTAINTIES, LEVEL_PARTS, WEEKDAYS, ladder_name, length, rule_name, told, trigger

Body = Mapping[str, Any]


class Change(NamedTuple):
    what: str
    before: str
    after: str


def changes(kind: PolicyKind, old: Body, new: Body, say: Words) -> list[Change]:
    """In the words of the page's language; what the two versions share is left out."""
    told = {PolicyKind.RULES: _of_rules, PolicyKind.LADDER: _of_ladder, PolicyKind.CALENDAR: _of_calendar}[kind]
    return list(told(old, new, say))


def _of_rules(old: Body, new: Body, say: Words) -> Iterator[Change]:
    before = {row["key"]: row for row in old["rules"]}
    for row in new["rules"]:
        held = before.get(row["key"])
        if held != row:
            yield Change(say(rule_name(row["key"])), _rule(held, say) if held else "—", _rule(row, say))


def _rule(row: Body, say: Words) -> str:
    said = (length(row, say), row["basis"], say(CERTAINTIES[row["certainty"]]), say(AGAINSTS[row["against"]]))
    return say("；").join(said)


def _of_ladder(old: Body, new: Body, say: Words) -> Iterator[Change]:
    for against, rows in new["ladders"].items():
        before = {row["level"]: row for row in old["ladders"].get(against, ())}
        for row in rows:
            held = before.get(row["level"], {})
            where = f"{say(ladder_name(against))} · {say(held.get('name', row['name']))}"
            for part, label in LEVEL_PARTS.items():
                if held.get(part) != row.get(part):
                    yield Change(f"{where} · {say(label)}", _part(held, part, say), _part(row, part, say))


def _part(row: Body, part: str, say: Words) -> str:
    value = row.get(part)
    if value in (None, "", ()):
        return "—"
    if part == "offset":
        return trigger(value, say)
    if part == "share":
        return say("期限过去百分之 %(n)s 后", n=round(value * 100))
    if part == "recipients":
        return told(value, say)
    return say("%(n)s 个工作日", n=value) if part == "answer_days" else str(value)


def _of_calendar(old: Body, new: Body, say: Words) -> Iterator[Change]:
    before, after = WorkCalendar.from_body("", old), WorkCalendar.from_body("", new)
    for year in sorted(after.years - before.years):
        yield Change(say("%(year)s年", year=year), say("未公布"), say("已公布"))
    for day in sorted({*before.rest, *before.work, *after.rest, *after.work}):
        was, now = _day(before, day, say), _day(after, day, say)
        if was != now:
            yield Change(f"{day.isoformat()} {say(WEEKDAYS[day.weekday()])}", was, now)


def _day(calendar: WorkCalendar, day: date, say: Words) -> str:
    if calendar.is_working_day(day):
        return say("上班")
    name = calendar.holiday_name(day)
    return f"{say('放假')} {name}" if name else say("休息")
