"""Rules, ladder and calendar as forms an official fills in, and as the bodies of the versions these make."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from models.calendar import days_between
from models.errors import InvalidInput
from models.forms.fields import Line, OptionalLine
from models.ladder import Recipient
from models.limits import Unit
from web.fields import Options
from web.rule_words import AGAINSTS, CERTAINTIES, RECIPIENTS, rule_name

Body = Mapping[str, Any]
Held = dict[str, list[str]]
MOST_RULES = 20
"""So many limits are revised on one form; more would make the page too heavy."""
Days = Annotated[str, StringConstraints(max_length=20000)]
_SPAN = re.compile(
    r"^(\d{4})[-年/.](\d{1,2})[-月/.](\d{1,2})日?"
    r"(?:\s*(?:至|到|~|—|-)\s*(\d{4})[-年/.](\d{1,2})[-月/.](\d{1,2})日?)?\s*(\S.{0,29})?$"
)
"""A day or two, and what follows."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class RuleForm(_Part):
    number: int = Field(ge=1, le=3650, title="时限长度")
    unit: Unit = Field(title="单位")
    basis: Line = Field(title="依据")
    certainty: str = Field(title="依据核对情况")
    against: str = Field(title="逾期责任方")


class LevelForm(_Part):
    name: Line = Field(title="名称")
    offset: int = Field(
        ge=-250, le=250, title="触发时间（工作日）", description="负数为期限前，0为到期时，正数为逾期后，如 -3、0、5"
    )
    share: int = Field(
        ge=0, le=100, title="最早触发（%）", description="期限很短时，不早于期限过去这么多；到期后的各级填100"
    )
    action: Line = Field(title="办理")
    letter: OptionalLine = Field(default="", title="文书", description="须草拟文书的写文书名称，如“督办函”")
    answer_days: int = Field(ge=0, le=250, title="书面答复期限（工作日）", description="不要求答复的填0")
    recipients: tuple[Recipient, ...] = Field(min_length=1, title="通知对象")


class CalendarForm(_Part):
    rest: Days = Field(
        default="", title="放假的日子", description="每行一天或一段，后写节日名称，如“2027-02-05 至 2027-02-11 春节”；其中的周末不必剔除"
    )  # fmt: skip
    work: Days = Field(default="", title="调休上班的周末", description="每行一天或一段，如“2027-02-20”；须是周六或周日")
    source: Line = Field(title="依据（文号）")


RULE_CHOICES: Mapping[str, Options] = {
    "certainty": list(CERTAINTIES.items()), "against": list(AGAINSTS.items()),
}  # fmt: skip
LEVEL_CHOICES: Mapping[str, Options] = {"recipients": list(RECIPIENTS.items())}


def rules_form(keys: Sequence[str]) -> type[BaseModel]:
    """One group per limit, and on which document the revision rests."""
    return _grouped("RulesForm", {key: (RuleForm, Field(title=rule_name(key))) for key in keys})


def ladder_form(rows: Sequence[Mapping[str, Any]]) -> type[BaseModel]:
    return _grouped("LadderForm", {f"level_{row['level']}": (LevelForm, Field(title=row["name"])) for row in rows})


def _grouped(name: str, groups: Mapping[str, Any]) -> type[BaseModel]:
    return create_model(name, **groups, source=(Line, Field(title="依据（文号）")))  # pyright: ignore[reportCallIssue, reportArgumentType]  # fields by name


def rules_held(body: Body, keys: Sequence[str]) -> Held:
    """What the form shows before anything is typed: the version in force."""
    rows = {row["key"]: row for row in body["rules"]}
    return {f"{key}.{part}": [str(rows[key][part])] for key in keys for part in RuleForm.model_fields}


def ladder_held(body: Body, against: str) -> Held:
    held: Held = {}
    for row in body["ladders"][against]:
        given = {"letter": "", "answer_days": 0, **row, "share": round(row.get("share", 1) * 100)}
        for part in LevelForm.model_fields:
            many = given[part] if part == "recipients" else [given[part]]
            held[f"level_{row['level']}.{part}"] = [str(one) for one in many]
    return held


def calendar_held(body: Body, year: int) -> Held:
    rest = [f"{day} {name}" for day, name in sorted(body["rest"].items()) if day.startswith(f"{year}-")]
    return {
        "rest": ["\n".join(rest)],
        "work": ["\n".join(day for day in sorted(body["work"]) if day.startswith(f"{year}-"))],
    }


def rules_body(body: Body, filled: BaseModel) -> Body:
    """The version in force with these limits in the place of its own."""
    changed = filled.model_dump(mode="json", exclude={"source"})
    return {**body, "rules": [{**row, **changed.get(row["key"], {})} for row in body["rules"]]}


def ladder_body(body: Body, filled: BaseModel, against: str) -> Body:
    changed = filled.model_dump(mode="json", exclude={"source"})
    rows = [_level(row, changed[f"level_{row['level']}"]) for row in body["ladders"][against]]
    return {**body, "ladders": {**body["ladders"], against: rows}}


def _level(row: Mapping[str, Any], filled: Mapping[str, Any]) -> Mapping[str, Any]:
    """The order of recipients stays, so that what was not changed is no change."""
    known = [one for one in row["recipients"] if one in filled["recipients"]]
    share = 1 if filled["share"] == 100 else filled["share"] / 100
    told = known + [one for one in filled["recipients"] if one not in known]
    return {**row, **filled, "share": share, "recipients": told}


def calendar_body(body: Body, filled: CalendarForm, year: int) -> Body:
    """The calendar with this year as its notice has it.

    Raises: InvalidInput naming the line that is no day of the year.
    """
    rest = {day: name for day, name in body["rest"].items() if not day.startswith(f"{year}-")}
    work = [day for day in body["work"] if not day.startswith(f"{year}-")]
    for day, name in _spans("rest", filled.rest, year):
        if day.weekday() < 5:
            rest[day.isoformat()] = name or "放假"
    work += [day.isoformat() for day, _ in _spans("work", filled.work, year)]
    return {
        **body,
        "years": sorted({*body["years"], year}),
        "rest": rest,
        "work": sorted({*work}),
        "source": filled.source,
    }


def _spans(field: str, text: str, year: int) -> list[tuple[date, str]]:
    found: list[tuple[date, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            first, last, name = _span(field, number, line.strip(), year)
            found += [(day, name) for day in days_between(first, last)]
    return found


def _span(field: str, number: int, line: str, year: int) -> tuple[date, date, str]:
    match = _SPAN.match(line)
    if match is None:
        raise _unreadable(field, f"第{number}行不是日期：{line[:30]}")
    parts = match.groups()
    try:
        first = date(*map(int, parts[:3]))
        last = date(*map(int, parts[3:6])) if parts[3] else first
    except ValueError:
        raise _unreadable(field, f"第{number}行没有这一天：{line[:30]}") from None
    if {first.year, last.year} != {year} or last < first:
        raise _unreadable(field, f"第{number}行不在{year}年内，或前后颠倒：{line[:30]}")
    return first, last, (parts[6] or "").strip()


def _unreadable(field: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{what}。",
        rule="日期写作“2027-02-05”",
        remedy="请按提示修改。",
        extra={"errors": [{"field": field, "message": what}]},
    )
