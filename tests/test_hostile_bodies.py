"""What is proposed as a new version is refused place by place, or can be computed with: nothing in between."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import WorkCalendar, chinese_calendar_body
from models.edition import EditionBody
from models.errors import InvalidInput
from models.ladder import Ladder, rungs
from models.limits import due
from models.rules import DeadlineRules
from models.version_bodies import CalendarBody, LadderBody, RulesBody, checked
from notifications import own_words
from notifications.wording import TOPICS, Words, speak
from services.seeding import read_data
from test_wording import FACTS

START = datetime(2026, 9, 24, 1, tzinfo=UTC)
RULE = "新版本须完整、可计算"
Body = dict[str, Any]


class Kind(NamedTuple):
    model: type[Any]
    shipped: Body


KINDS = {
    "rules": Kind(RulesBody, read_data("deadline_rules.json")),
    "ladder": Kind(LadderBody, read_data("ladder.json")),
    "calendar": Kind(CalendarBody, chinese_calendar_body()),
}
CALENDAR = WorkCalendar.from_body("1", KINDS["calendar"].shipped)
HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([10**9, -(10**9), 10**400, 0, -1]), st.floats(),
    st.text(max_size=8), st.sampled_from(["", " ", "\x00", "\ud800", "甲" * 100_000, "2026-02-30", "20260101", "1e9"]),
    st.just([]), st.just({}), st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)  # fmt: skip


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body, by its keys."""
    yield path
    within = body.items() if isinstance(body, Mapping) else enumerate(body) if isinstance(body, list) else ()
    for key, inner in within:
        yield from places(inner, (*path, key))


def at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


@st.composite
def spoiled(draw: Callable[[st.SearchStrategy[Any]], Any], name: str) -> Body:
    """The shipped body with one to three places replaced, taken out, doubled, or given a name it does not have."""
    body = deepcopy(KINDS[name].shipped)
    for _ in range(draw(st.integers(1, 3))):
        *path, key = draw(st.sampled_from(list(places(body))[1:]))
        where, way = at(body, tuple(path)), draw(st.sampled_from(["replace", "remove", "double", "add"]))
        if way == "replace":
            where[key] = draw(HOSTILE)
        elif way == "remove":
            del where[key]
        elif way == "double" and isinstance(where, list):
            where.append(deepcopy(where[key]))
        elif isinstance(where, dict):
            where[draw(st.text(max_size=6))] = draw(HOSTILE)
        if not body:
            break
    return body


def compute(name: str, body: Body) -> None:
    """What the program does with a version for years: a bounded amount of work, and no error."""
    if name == "rules":
        for rule in DeadlineRules.from_body("2", body).rules.values():
            assert due(START, rule.limit, CALENDAR).due_at > START
    elif name == "ladder":
        ladder = Ladder.from_body("2", body)
        for against in ladder.levels:
            levels = rungs(START, START.replace(month=11), ladder.levels[against], CALENDAR)
            assert [rung.at for rung in levels] == sorted(rung.at for rung in levels)
    else:
        calendar = WorkCalendar.from_body("2", body)
        limit = DeadlineRules.from_body("1", KINDS["rules"].shipped).limit("verification").limit
        assert due(START, limit, calendar).due_at > START


def refusal_of(name: str, body: Body) -> InvalidInput | None:
    try:
        checked(KINDS[name].model, body, rule=RULE)
    except InvalidInput as refused:
        return refused
    return None


@pytest.mark.parametrize("name", sorted(KINDS))
@given(data=st.data())
def test_a_spoiled_body_is_refused_naming_a_place_or_can_be_computed_with(name: str, data: st.DataObject):
    body = data.draw(spoiled(name))

    refused = refusal_of(name, body)

    if refused is None:
        compute(name, body)
    else:
        assert (refused.status, refused.rule) == (422, RULE)
        assert refused.remedy
        assert len(refused.detail.encode()) < 4000
        assert "body" in str(refused.extra["errors"])


@pytest.mark.parametrize("name", sorted(KINDS))
def test_what_ships_passes(name: str):
    checked(KINDS[name].model, KINDS[name].shipped, rule=RULE)

    compute(name, KINDS[name].shipped)


CASES: list[tuple[str, tuple[Any, ...], Any, str]] = [
    ("rules", ("rules", 3, "number"), 10**9, "rules[3].number：单位为H时不能大于8760"),
    ("rules", ("rules", 0, "number"), 0, "rules[0].number：不能小于1"),
    ("rules", ("rules", 0, "number"), -5, "rules[0].number：不能小于1"),
    ("rules", ("rules", 0, "number"), True, "rules[0].number：须为整数"),
    ("rules", ("rules", 0, "number"), 1.0, "rules[0].number：须为整数"),
    ("rules", ("rules", 0, "number"), "1", "rules[0].number：须为整数"),
    ("rules", ("rules", 0, "number"), None, "rules[0].number：须为整数"),
    ("rules", ("rules", 0, "unit"), "days", "rules[0].unit：只能是：WD、CD、H"),
    ("rules", ("rules", 0, "certainty"), "decided", "rules[0].certainty：只能是：verified、partly、memory、design"),
    ("rules", ("rules", 0, "against"), "reporter", "rules[0].against：只能是：unit、department、committee、approver"),
    ("rules", ("rules", 0, "basis"), " ", "rules[0].basis：不能为空"),
    ("rules", ("rules", 0, "basis"), "甲" * 201, "rules[0].basis：文字不能超过200个字"),
    ("rules", ("rules", 0, "limit"), 1, "rules[0].limit：没有这一项，请删去"),
    ("rules", ("rules", 1, "key"), "triage", "rules：重复：triage"),
    ("rules", ("rules",), [], "rules：至少1项"),
    ("ladder", ("ladders", "unit", 2, "offset"), 10**9, "ladders.unit[2].offset：不能大于250"),
    ("ladder", ("ladders", "unit", 2, "offset"), -(10**9), "ladders.unit[2].offset：不能小于-250"),
    ("ladder", ("ladders", "unit", 2, "answer_days"), -3, "ladders.unit[2].answer_days：不能小于0"),
    ("ladder", ("ladders", "unit", 2, "letter"), "", "ladders.unit[2].answer_days：没有文书（letter）的一级不能有答复期限"),
    ("ladder", ("ladders", "unit", 0, "share"), float("nan"), "ladders.unit[0].share：须为有限的数字"),
    ("ladder", ("ladders", "unit", 0, "recipients"), [], "ladders.unit[0].recipients：至少1项"),
    ("ladder", ("ladders", "unit", 0, "recipients"), ["handler"] * 2, "ladders.unit[0].recipients：重复：handler"),
    ("ladder", ("ladders", "unit", 4, "level"), 3, "ladders.unit：须依次为第0级至第4级，各一次"),
    ("ladder", ("ladders", "unit", 1, "offset"), -9, "ladders.unit：第1级不能早于第0级"),
    ("calendar", ("years",), [], "years：至少1项"),
    ("calendar", ("years",), [2026, 2026], "years：重复：2026"),
    ("calendar", ("work",), ["2026-02-28", "2026-02-28"], "work：重复：2026-02-28"),
    ("calendar", ("work",), ["2026-02-30"], "work[0]：没有这一天"),
    ("calendar", ("work",), ["20260228"], "work[0]：格式或字符不符"),
    ("calendar", ("work",), ["2027-02-27"], "work：years 中没有：2027"),
    ("calendar", ("work",), ["2026-03-02"], "work：2026-03-02：休息日只列工作日，调休上班只列周末"),
    ("calendar", ("rest",), {"2026-03-02": ""}, "rest.2026-03-02：不能为空"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value", "said"), CASES)
def test_each_fault_is_told_with_its_place(name: str, path: tuple[Any, ...], value: Any, said: str):
    body = deepcopy(KINDS[name].shipped)
    at(body, path[:-1])[path[-1]] = value

    with pytest.raises(InvalidInput) as refused:
        checked(KINDS[name].model, body, rule=RULE)

    assert said in refused.value.detail


EDITION: Body = {
    "title": "判定标准（新）", "doc_no": "应急管理部令第99号", "effective_on": "2027-01-01", "repeals": ["GM-11.8"],
    "source": "应急管理部公告",
    "clauses": [{"code": "GM-11.8", "sector": "工贸/粉尘涉爆", "text": "未采取火花探测消除措施", "verified": True}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("effective_on",), 1_767_225_600), (("effective_on",), "9999-12-31"), (("effective_on",), None),
        (("clauses",), []), (("clauses",), EDITION["clauses"] * 2), (("clauses", 0, "verified"), "yes"),
        (("clauses", 0, "code"), None), (("clauses", 0, "text"), "甲" * 4001), (("clauses", 0, "note"), "x"),
        (("repeals",), ["A", "A"]), (("repeals",), None), (("title",), "\x00"), (("title",), " "), (("title",), "\ud800"),
    ],
)  # fmt: skip
def test_a_hostile_edition_of_the_standards_is_none(path: tuple[Any, ...], value: Any):
    body = deepcopy(EDITION)
    at(body, path[:-1])[path[-1]] = value

    with pytest.raises(ValueError, match="validation error"):
        EditionBody.model_validate(body)

    EditionBody.model_validate(EDITION)


PIECES = st.sampled_from([
    "{{", "}}", "{%", "%}", "{{ hazard_no }}", "{{ notice_no }}", "{{ notice_no > 3 }}", "if", "endif", "(", ")", "not ",
    "link", " == ", " < ", " in ", "1e999", "/0", "|", "~", "\x00", "\ud800", "甲", "{#", "{% if link %}", "{% endif %}",
])  # fmt: skip


@pytest.mark.parametrize("topic", sorted(TOPICS - own_words.NOT_EDITABLE)[:3])
@given(pieces=st.lists(PIECES, max_size=12))
def test_words_are_refused_or_can_be_spoken(topic: str, pieces: list[str]):
    own = Words("".join(pieces), "".join(pieces) + "{{ notice_no }}")

    try:
        own_words.check(topic, own)
    except InvalidInput:
        return

    own_words.preview(topic, own)
    speak(topic, own, **FACTS)


@pytest.mark.parametrize(
    "body",
    [
        "{{ " + "(" * 230 + "link" + ")" * 230 + " }}{{ notice_no }}",
        "{% if hazard_no > 3 %}x{% endif %}{{ notice_no }}",
    ],
    ids=["brackets", "comparison"],
)
def test_words_that_cannot_be_read_are_refused_and_never_in_the_way(body: str):
    with pytest.raises(InvalidInput):
        own_words.check("triage", Words("x", body))

    assert speak("triage", Words("x", body), **FACTS) == speak("triage", None, **FACTS)
