"""Each topic has its words: short, in Chinese, with the facts the office gives and nothing about who reported."""

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from notifications import wording
from notifications.wording import TOPICS, render

STEPS = {
    "triage", "classification", "confirmation", "downgrade_approval", "assigning", "receipt", "plan", "plan_review", "work",
    "recheck", "judgement", "gate", "closed", "dismissed", "downgraded", "supplement", "arbitration", "danger_removal",
    "district_review", "transfer", "transfer_ended", "refused", "merged", "voided",
}  # fmt: skip
ENDS = {"closed", "dismissed", "downgraded", "transfer_ended", "refused", "merged", "voided"}
WORDS = {"person_assigned", "urged", "copied", "instructed", "instruction_answered", "mentioned"}
OF_NO_HAZARD = {"delegated", "delegation_ended", "handed_over", "subscribed"}
LADDER = {f"escalation_{level}" for level in range(5)}
FACTS: dict[str, Any] = {
    "hazard_no": "ZY-2026-0017", "stage": "复查验收", "unit_name": "应急办", "due_text": "2026-10-13 24:00", "due_reason": "5个工作日",
    "level": 2, "level_name": "督办函", "limit_name": "整改", "letter_no": "临安委督〔2026〕3号", "answer_due_text": "2026-10-20 24:00",
    "link": "http://127.0.0.1:8600/hazards/ZY-2026-0017", "notice_no": "A1B2C3D4E5F6", "recipient_name": "张三",
    "overdue_text": "逾期3天", "duty_name": "同意延期", "outcome_text": "已同意", "raised": False, "count": 2, "lines": ["【待受理】隐患一", "【待受理】隐患二"],
    "sender": "李四", "task": "现场复查", "delegator": "张三", "delegate": "李四", "from_on": "2026-09-07", "until_on": "2026-09-11",
    "leaver": "张三", "successor": "李四", "moved": "3",
    "filter_name": "码头路逾期", "new_count": "1", "found": "ZY-2026-0017 码头路2号",
}  # fmt: skip
TEMPLATES = sorted((Path(wording.__file__).parent / "templates").rglob("*.txt"))


def test_there_are_words_for_every_step_every_level_and_the_rest():
    assert (
        STEPS
        | LADDER
        | WORDS
        | OF_NO_HAZARD
        | {"informing", "vacancy", "digest", "duty", "answered", "report_answered", "reporter_wrote"}
        == TOPICS
    )


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_topic_is_one_line_and_a_short_text(topic: str):
    words = render(topic, **FACTS)

    assert re.fullmatch(r"【.+】.+", words.subject)
    assert len(words.subject) + 2 + len(words.body) < 600
    assert re.search(r"[{}]|None|\n\n", words.subject + words.body) is None
    assert FACTS["link"] in words.body


@pytest.mark.parametrize("topic", sorted(TOPICS - {"digest"} - OF_NO_HAZARD))
def test_a_notice_names_its_hazard_and_its_number(topic: str):
    words = render(topic, **FACTS)

    assert "ZY-2026-0017" in words.subject
    assert "通知编号：A1B2C3D4E5F6" in words.body


@pytest.mark.parametrize("topic", sorted(STEPS - ENDS))
def test_a_step_says_until_when_and_why(topic: str):
    body = render(topic, **FACTS).body

    assert "2026-10-13 24:00" in body
    assert "5个工作日" in body


def test_a_digest_counts_and_lists_its_lines():
    words = render("digest", **FACTS)

    assert words.subject == "【汇总】2 条督办通知"
    assert "1. 【待受理】隐患一\n2. 【待受理】隐患二\n" in words.body


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_fact_nobody_gave_is_an_error_and_not_a_blank(topic: str):
    with pytest.raises(UndefinedError):
        render(
            topic,
            **{
                name: fact
                for name, fact in FACTS.items()
                if name not in {"hazard_no", "lines", "delegator", "leaver", "filter_name"}
            },
        )


def test_a_fact_brings_no_line_of_its_own():
    forged = "应急办\r\nBcc: x@y.test\x00\x1b[31m\u2028\u202e"

    words = render("work", **FACTS | {"unit_name": forged, "hazard_no": "ZY\r\nBcc: x"})

    assert "\n" not in words.subject
    assert len(words.body.splitlines()) == len(render("work", **FACTS).body.splitlines())
    assert [char for char in "\x00\x1b\r\u2028\u202e" if char in words.subject + words.body] == []


def test_the_lines_of_a_digest_are_cleaned_as_well():
    assert render("digest", **FACTS | {"lines": ("一\n二",)}).body.count("一 二") == 1


def test_no_template_speaks_of_the_reporter_or_asks_for_more_than_the_facts_given():
    telling = re.compile(r"reporter|narrative|phone|举报|上报人|报告人|电话|手机|describ|description|隐患描述")
    names = {
        name for path in TEMPLATES for name in re.findall(r"{[{%].*?\b([a-z_]+)\b", path.read_text(encoding="utf-8"))
    }

    assert [path for path in TEMPLATES if telling.search(path.read_text(encoding="utf-8"))] == []
    assert names <= {*FACTS, "for", "endfor", "if", "else", "endif", "line", "loop"}
