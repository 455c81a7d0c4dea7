"""时限规则、督办升级规则、工作日历: what is in force and was before, and a new version put before a second person."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from models.calendar import WorkCalendar
from models.errors import InvalidInput, NotFound
from models.permissions import Operation
from models.standard import PolicyKind
from services import access, policy_acts
from services.policy_acts import Version
from web import policy_forms
from web.desk import Here, HereDep, Sent
from web.fields import Options, fields_of
from web.policy_changes import Body
from web.proving import proved
from web.rendering import page
from web.revising import Revision
from web.rule_words import AGAINSTS, CERTAINTIES, WEEKDAYS, ladder_name, length, rule_name, told, trigger

router = APIRouter()
READ = {"x-operation": Operation.READ_REFERENCE}
EDIT = {"x-operation": Operation.EDIT_RULES}
EDIT_CALENDAR = {"x-operation": Operation.EDIT_CALENDAR}
NAMES = {PolicyKind.RULES: "时限规则", PolicyKind.LADDER: "督办升级规则", PolicyKind.CALENDAR: "工作日历"}
TITLES = {kind: f"修订{name}" for kind, name in NAMES.items()}
Keys = Annotated[list[str], Query(max_length=100)]


@router.get("/admin/rules", openapi_extra=READ)
def rules(visit: HereDep, version: int = 0, fault: str = "") -> Response:
    shown, known = _versions(visit, PolicyKind.RULES, version)
    rows = [
        (row["key"], rule_name(row["key"]), length(row, visit.say), AGAINSTS[row["against"]], row["basis"], CERTAINTIES[row["certainty"]])
        for row in shown.body["rules"]
    ]  # fmt: skip
    faults = [("rules", visit.say("请选择要修订的时限，一次最多%(n)s项", n=policy_forms.MOST_RULES))] if fault else []
    return _show(visit, PolicyKind.RULES, shown, known, "rules.html", rows=rows, faults=faults)


@router.get("/admin/ladder", openapi_extra=READ)
def ladder(visit: HereDep, version: int = 0) -> Response:
    shown, known = _versions(visit, PolicyKind.LADDER, version)
    parts = [
        (key, key in AGAINSTS, ladder_name(key), [(row, trigger(row["offset"], visit.say), told(row["recipients"], visit.say)) for row in rows])
        for key, rows in sorted(shown.body["ladders"].items(), key=lambda part: part[0] not in AGAINSTS)
    ]  # fmt: skip
    return _show(visit, PolicyKind.LADDER, shown, known, "ladder.html", parts=parts)


@router.get("/admin/calendar", openapi_extra=READ)
def calendar(visit: HereDep, version: int = 0, year: int = 0) -> Response:
    shown, known = _versions(visit, PolicyKind.CALENDAR, version)
    found = WorkCalendar.from_body("", shown.body)
    year = year if year in found.years else found.last_known
    days = [
        (day, WEEKDAYS[day.weekday()], found.rest.get(day, ""))
        for day in sorted({*found.rest, *found.work}) if day.year == year
    ]  # fmt: skip
    revisable = [one for one in (*sorted(found.years), found.last_known + 1) if one >= visit.at.year]
    return _show(visit, PolicyKind.CALENDAR, shown, known, "calendar.html", days=days, year=year,
                 years=sorted(found.years, reverse=True), revisable=revisable)  # fmt: skip


@router.get("/admin/rules/revision", openapi_extra=EDIT)
def ask_rules(visit: HereDep, keys: Keys = []) -> Response:  # noqa: B006  # FastAPI copies it
    access.require(visit.by, Operation.EDIT_RULES)
    if not 0 < len(set(keys)) <= policy_forms.MOST_RULES:
        return rules(visit, fault="keys")
    return _of_rules(visit, keys).ask()


@router.post("/admin/rules/revision", openapi_extra=EDIT)
def try_rules(visit: HereDep, form: Sent) -> Response:
    return _of_rules(visit, _keys(form)).fill(form)


@router.post("/admin/rules/revision/taken", openapi_extra=EDIT)
def revise_rules(visit: HereDep, form: Sent) -> Response:
    return _of_rules(visit, _keys(form)).take(form, proved=proved)


@router.get("/admin/ladder/revision/{against}", openapi_extra=EDIT)
def ask_ladder(against: str, visit: HereDep) -> Response:
    return _of_ladder(visit, against).ask()


@router.post("/admin/ladder/revision/{against}", openapi_extra=EDIT)
def try_ladder(against: str, visit: HereDep, form: Sent) -> Response:
    return _of_ladder(visit, against).fill(form)


@router.post("/admin/ladder/revision/{against}/taken", openapi_extra=EDIT)
def revise_ladder(against: str, visit: HereDep, form: Sent) -> Response:
    return _of_ladder(visit, against).take(form, proved=proved)


@router.get("/admin/calendar/revision/{year}", openapi_extra=EDIT_CALENDAR)
def ask_calendar(year: int, visit: HereDep) -> Response:
    return _of_calendar(visit, year).ask()


@router.post("/admin/calendar/revision/{year}", openapi_extra=EDIT_CALENDAR)
def try_calendar(year: int, visit: HereDep, form: Sent) -> Response:
    return _of_calendar(visit, year).fill(form)


@router.post("/admin/calendar/revision/{year}/taken", openapi_extra=EDIT_CALENDAR)
def revise_calendar(year: int, visit: HereDep, form: Sent) -> Response:
    return _of_calendar(visit, year).take(form, proved=proved)


def _of_rules(visit: Here, keys: Sequence[str]) -> Revision:
    """Raises: NotPermitted, InvalidInput."""
    held = _newest(visit, PolicyKind.RULES)
    known = [row["key"] for row in held.body["rules"] if row["key"] in keys]
    if not 0 < len(known) <= policy_forms.MOST_RULES:
        raise InvalidInput("没有选择要修订的时限。", rule="一次最多修订20项", remedy="请回到时限规则重新选择。")
    model = policy_forms.rules_form(known)
    return _revision(
        visit, PolicyKind.RULES, held, "", model, policy_forms.RULE_CHOICES, policy_forms.rules_held(held.body, known),
        partial(policy_forms.rules_body, held.body), hidden={"keys": known},
    )  # fmt: skip


def _of_ladder(visit: Here, against: str) -> Revision:
    """Raises: NotPermitted, NotFound."""
    held = _newest(visit, PolicyKind.LADDER)
    if against not in held.body["ladders"]:
        raise NotFound("没有这类督办对象。", remedy="请从督办升级规则中打开。")
    model = policy_forms.ladder_form(held.body["ladders"][against])
    return _revision(
        visit, PolicyKind.LADDER, held, f"/{against}", model, policy_forms.LEVEL_CHOICES, policy_forms.ladder_held(held.body, against),
        partial(policy_forms.ladder_body, held.body, against=against),
        about=[("逾期责任方" if against in AGAINSTS else "时限", visit.say(ladder_name(against)))],
    )  # fmt: skip


def _of_calendar(visit: Here, year: int) -> Revision:
    """Raises: NotPermitted, NotFound."""
    held = _newest(visit, PolicyKind.CALENDAR)
    last = max(held.body["years"])
    if not visit.at.year <= year <= last + 1 or (year <= last and year not in held.body["years"]):
        raise NotFound("这一年不能修订。", rule="只能修订今后的日期", remedy="请从工作日历中打开。")
    return _revision(
        visit, PolicyKind.CALENDAR, held, f"/{year}", policy_forms.CalendarForm, {}, policy_forms.calendar_held(held.body, year),
        partial(policy_forms.calendar_body, held.body, year=year), about=[("年份", str(year))],
    )  # fmt: skip


def _revision(
    visit: Here, kind: PolicyKind, held: Version, part: str, model: type[BaseModel], choices: Mapping[str, Options],
    begin: Mapping[str, list[str]], body_of: Callable[[Any], Body], *, about: Sequence[tuple[str, str]] = (),
    hidden: Mapping[str, Sequence[str]] | None = None,
) -> Revision:  # fmt: skip
    return Revision(
        visit, kind, TITLES[kind], f"/admin/{kind}/revision{part}", model, fields_of(model, choices), held, begin, body_of,
        f"/admin/{kind}", about, hidden,
    )  # fmt: skip


def _newest(visit: Here, kind: PolicyKind) -> Version:
    access.require(visit.by, policy_acts.ACTS[kind].operation)
    with visit.looking() as session:
        return policy_acts.versions(session, kind)[0]


def _versions(visit: Here, kind: PolicyKind, version: int) -> tuple[Version, list[Version]]:
    """The version asked for, or the newest; and all there are."""
    access.require(visit.by, Operation.READ_REFERENCE)
    with visit.looking() as session:
        known = policy_acts.versions(session, kind)
    return next((one for one in known if one.version == version), known[0]), known


def _show(
    visit: Here, kind: PolicyKind, shown: Version, known: Sequence[Version], template: str, **more: Any
) -> Response:
    edits = visit.by.grant_for(policy_acts.ACTS[kind].operation) is not None and shown.version == known[0].version
    return page(visit.request, template, heading=NAMES[kind], version=shown, known=known, edits=edits,
                status=422 if more.get("faults") else 200, path=f"/admin/{kind}", **more)  # fmt: skip


def _keys(form: Any) -> list[str]:
    return [str(one) for one in form.getlist("keys")]
