"""Bodies of new versions 修订内容: strict, bounded and complete, because dates are computed from them for years.

Versions kept earlier are read as they were written (`models/rules.py`, `models/ladder.py`, `models/calendar.py`); only
what somebody proposes now must pass here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)  # fmt: skip

from models.body_faults import refusal
from models.ladder import OWN_LADDERS, Recipient
from models.limits import Unit
from models.rules import AGAINST, CERTAINTIES

MOST = {Unit.WORKING_DAYS: 750, Unit.CALENDAR_DAYS: 1100, Unit.HOURS: 8760}
"""The longest limit of each unit: about three years of days, one year of hours."""
MOST_OFFSET = 250
"""Working days a level may lie before or after the due date: about one year."""
MOST_ANSWER_DAYS = 60
LEVELS = 5
"""Levels 0 to 4; each has its own notice."""
_MOST_OF_A_YEAR = 60
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_BodyOf = TypeVar("_BodyOf", bound=BaseModel)


def checked(model: type[_BodyOf], body: Mapping[str, Any], *, rule: str) -> _BodyOf:
    """The body as the program may compute with it. `rule` says, in Chinese, what a version of this kind must be.

    Raises: InvalidInput naming the places that are wrong.
    """
    try:
        return model.model_validate(body)
    except ValidationError as wrong:
        raise refusal(wrong, rule=rule) from None


def _words(most: int) -> StringConstraints:
    """One line that can be shown: no control characters."""
    return StringConstraints(max_length=most, pattern=r"^[^\x00-\x1f\x7f]*$")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("不能为空")
    return text


def _one_of(values: Iterable[str]) -> Callable[[str], str]:
    known = tuple(values)

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"只能是：{'、'.join(known)}")
        return text

    return check


def _each_once(items: list[Any]) -> list[Any]:
    if twice := [str(item) for item, count in Counter(items).items() if count > 1]:
        raise ValueError(f"重复：{'、'.join(twice[:5])}")
    return items


def _a_day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("没有这一天") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"须在{_FIRST_YEAR}年至{_LAST_YEAR}年之间")
    return text


_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Name = Annotated[str, _words(40), AfterValidator(_said)]
_Sentence = Annotated[str, _words(200), AfterValidator(_said)]
_Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_a_day)]
_Year = Annotated[int, Field(ge=_FIRST_YEAR, le=_LAST_YEAR)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class RuleRow(_Strict):
    """One time limit: a whole number of a unit, on which basis, how certain, against whom."""

    key: _Key
    unit: Annotated[str, AfterValidator(_one_of(Unit))]
    number: Annotated[int, Field(ge=1)]
    basis: _Sentence
    certainty: Annotated[str, AfterValidator(_one_of(CERTAINTIES))]
    against: Annotated[str, AfterValidator(_one_of(AGAINST))]

    @field_validator("number")
    @classmethod
    def _short_enough(cls, number: int, info: ValidationInfo) -> int:
        most = MOST[Unit(info.data["unit"])] if "unit" in info.data else number
        if number > most:
            raise ValueError(f"单位为{info.data['unit']}时不能大于{most}")
        return number


def _no_key_twice(rows: list[RuleRow]) -> list[RuleRow]:
    _each_once([row.key for row in rows])
    return rows


class RulesBody(_Strict):
    rules: Annotated[list[RuleRow], Field(min_length=1, max_length=200), AfterValidator(_no_key_twice)]


class LevelRow(_Strict):
    """One level of a ladder; `offset` and `answer_days` are working days, `share` a part of the limit from 0 to 1."""

    level: Annotated[int, Field(ge=0, lt=LEVELS)]
    name: _Name
    offset: Annotated[int, Field(ge=-MOST_OFFSET, le=MOST_OFFSET)]
    share: Annotated[float, Field(ge=0, le=1)] = 1.0
    action: _Sentence
    letter: Annotated[str, _words(40)] = ""
    answer_days: Annotated[int, Field(ge=0, le=MOST_ANSWER_DAYS)] = 0
    recipients: Annotated[
        list[Annotated[str, AfterValidator(_one_of(Recipient))]],
        Field(min_length=1, max_length=len(Recipient)), AfterValidator(_each_once),
    ]  # fmt: skip

    @field_validator("answer_days")
    @classmethod
    def _of_a_letter(cls, days: int, info: ValidationInfo) -> int:
        if days and "letter" in info.data and not info.data["letter"].strip():
            raise ValueError("没有文书（letter）的一级不能有答复期限")
        return days


def _climbing(rows: list[LevelRow]) -> list[LevelRow]:
    if [row.level for row in rows] != list(range(LEVELS)):
        raise ValueError(f"须依次为第0级至第{LEVELS - 1}级，各一次")
    for lower, higher in pairwise(rows):
        if lower.offset > higher.offset or lower.share > higher.share:
            raise ValueError(f"第{higher.level}级不能早于第{lower.level}级")
    return rows


_Rungs = Annotated[list[LevelRow], Field(min_length=LEVELS, max_length=LEVELS), AfterValidator(_climbing)]


def _for_every_party(ladders: dict[str, Any]) -> dict[str, Any]:
    if missing := [party for party in AGAINST if party not in ladders]:
        raise ValueError(f"缺少：{'、'.join(missing)}")
    if set(ladders) - set(AGAINST) - OWN_LADDERS:
        raise ValueError("只能是四类责任方和时限的名称")
    return ladders


class LadderBody(_Strict):
    """The levels against each party whose lateness it may be, and of the clocks that have their own."""

    ladders: Annotated[
        dict[str, _Rungs], Field(max_length=len(AGAINST) + len(OWN_LADDERS)), AfterValidator(_for_every_party)
    ]


class CalendarBody(_Strict):
    """The published years; weekdays off with the holiday's name; weekend days worked."""

    source: Annotated[str, _words(200)] = ""
    years: Annotated[list[_Year], Field(min_length=1, max_length=101), AfterValidator(_each_once)]
    rest: Annotated[dict[_Day, _Name], Field(max_length=6000)]
    work: Annotated[list[_Day], Field(max_length=6000), AfterValidator(_each_once)]

    @field_validator("rest", "work")
    @classmethod
    def _of_its_years(cls, listed: Any, info: ValidationInfo) -> Any:
        days = [date.fromisoformat(text) for text in listed]
        counted = Counter(day.year for day in days)
        if outside := sorted(set(counted) - set(info.data.get("years", counted))):
            raise ValueError(f"years 中没有：{'、'.join(map(str, outside[:5]))}")
        if full := [year for year, count in counted.items() if count > _MOST_OF_A_YEAR]:
            raise ValueError(f"{full[0]}年多于{_MOST_OF_A_YEAR}天")
        if wrong := [day for day in days if (day.weekday() < 5) != (info.field_name == "rest")]:
            raise ValueError(f"{min(wrong).isoformat()}：休息日只列工作日，调休上班只列周末")
        return listed
