"""The verification page: everything checked in parts, what was changed behind the service named, bundles taken along."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import Engine, text, update

from auditing import (
    audited_story,  # noqa: F401  # the fixture story
    auditing_browser,  # noqa: F401  # the fixture auditing
    key_of,
)
from browsing import Browser, Page
from models.decisions import DecisionCode as D
from models.engine import reading
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT, HAZARD
from services.history_check import verify_history
from services.history_parts import begin, go_on
from story import Story
from web import audit_checks

HOLDS, DOES_NOT = "历史相符，没有发现问题", "历史不相符"


def behind_the_service(engine: Engine, *statements: Any) -> None:
    """Somebody who owns the database takes the guards away and changes what they like."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in rows:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = DEFAULT"))


def to_the_end(browser: Browser) -> tuple[Page, int]:
    """The last page of a verification, and how many parts it took."""
    page, parts = browser.open("/audit/verification"), 1
    while page.sees("接着校验"):
        page, parts = browser.send("/audit/verification"), parts + 1
    return page, parts


def last_event(story: Story, kind: str) -> Any:
    with reading(story.engine) as session:
        mine = AUDIT_EVENT.select().where(AUDIT_EVENT.c.type == kind).order_by(AUDIT_EVENT.c.gid.desc())
        return session.execute(mine).first()


def test_an_untouched_history_holds(story: Story, auditing: Browser):
    page = auditing.open("/audit/checkpoints")
    assert page.html.count("下载<span") == 2
    page, parts = to_the_end(auditing)

    assert (parts, page.sees(HOLDS, "已核对 2 个隐患")) == (1, True)


def test_a_long_history_is_verified_in_parts_that_go_on_where_the_last_one_ended(
    story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_checks, "PART", 7)
    with reading(story.engine) as session:
        count = len(session.execute(AUDIT_LEAF.select()).all())

    first = auditing.open("/audit/verification")
    assert first.sees("尚未校验完", f"已校验 7 条，共 {count} 条")
    assert not first.sees(HOLDS)
    page, parts = to_the_end(auditing)

    assert page.sees(HOLDS, f"已校验 {count} 条，共 {count} 条")
    assert parts > count // 7


def test_a_part_made_up_by_somebody_begins_again(story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit_checks, "PART", 7)
    auditing.open("/audit/verification")

    page = auditing.send("/audit/verification", so_far="bm90IG91cnM=")

    assert page.sees("已校验 7 条")


def a_changed_row(story: Story) -> list[Any]:
    return [update(HAZARD).where(HAZARD.c.no == "ZY-2026-0001").values(failure_count=3)]


def a_changed_event(story: Story) -> list[Any]:
    row = last_event(story, "ACCEPT")
    return [update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == row.gid).values(body=row.body.replace(b"ACCEPT", b"REFUSE"))]


def an_unreadable_event(story: Story) -> list[Any]:
    return [update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == last_event(story, "ACCEPT").gid).values(body=b"\xff")]


def another_person(story: Story) -> list[Any]:
    return [update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == last_event(story, "ACCEPT").gid).values(actor="system")]


def an_event_taken_out(story: Story) -> list[Any]:
    gid = last_event(story, "ACCEPT").gid
    return [AUDIT_LEAF.delete().where(AUDIT_LEAF.c.gid == gid), AUDIT_EVENT.delete().where(AUDIT_EVENT.c.gid == gid)]


def a_history_rewritten_to_its_end(story: Story) -> list[Any]:
    """The last event of a hazard, with hash and head made to fit: only what was signed tells."""
    with reading(story.engine) as session:
        hazard = session.execute(HAZARD.select().where(HAZARD.c.no == "ZY-2026-0001")).one()
        mine = AUDIT_EVENT.select().where(AUDIT_EVENT.c.hash == hazard.chain_head)
        row = session.execute(mine).one()
    body = row.body.replace(b'"auth":"', b'"auth":"x', 1)
    assert body != row.body
    digest = hashlib.sha256(b"\x00" + body).hexdigest()
    return [
        update(AUDIT_EVENT).where(AUDIT_EVENT.c.gid == row.gid).values(body=body, hash=digest),
        update(HAZARD).where(HAZARD.c.id == hazard.id).values(chain_head=digest),
    ]


def a_checkpoint_taken_out(story: Story) -> list[Any]:
    with reading(story.engine) as session:
        size = max(session.execute(CHECKPOINT.select()).scalars())
    return [CHECKPOINT.delete().where(CHECKPOINT.c.size == size)]


def a_foreign_signature(story: Story) -> list[Any]:
    with reading(story.engine) as session:
        row = session.execute(CHECKPOINT.select().order_by(CHECKPOINT.c.size)).first()
    assert row is not None
    return [
        update(CHECKPOINT)
        .where(CHECKPOINT.c.size == row.size)
        .values(note=row.note.replace("hazardflow/", "hazardfl0w/"))
    ]


TAMPERINGS = (
    a_changed_row,
    a_changed_event,
    an_unreadable_event,
    another_person,
    an_event_taken_out,
    a_history_rewritten_to_its_end,
    a_checkpoint_taken_out,
    a_foreign_signature,
)


@pytest.mark.parametrize("most", [5, 20_000])
@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_what_was_changed_in_the_database_is_a_finding_on_the_page(
    story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch, tamper: Any, most: int
):
    monkeypatch.setattr(audit_checks, "PART", most)
    behind_the_service(story.engine, *tamper(story))

    page, _ = to_the_end(auditing)

    assert page.sees("发现的问题", "请立即报告镇领导")
    assert not page.sees(HOLDS)


def test_the_page_names_the_hazard_and_what_its_row_and_its_history_say(story: Story, auditing: Browser):
    behind_the_service(story.engine, *a_changed_row(story))

    page, _ = to_the_end(auditing)

    assert page.sees(DOES_NOT, "ZY-2026-0001：台账的“复查不合格次数”为3，历史为0", "发现问题1")


def test_both_ways_of_verifying_find_the_same(story: Story, auditing: Browser):
    behind_the_service(story.engine, *a_changed_event(story), *a_changed_row(story))
    with reading(story.engine) as session:
        whole, first = verify_history(session, key_of(story), at=story.at), begin(session)
    with reading(story.engine) as session:
        parts = go_on(session, key_of(story), first, at=story.at, most=20_000)

    assert {one for one in whole.findings if one.startswith(("事件", "ZY-"))} <= set(parts.findings)
    assert whole.exit_code == parts.exit_code == 1
    assert to_the_end(auditing)[0].sees("ZY-2026-0002 第2条，受理）：内容与哈希不符")


def test_events_no_checkpoint_holds_yet_are_told_and_verified_as_well(story: Story, auditing: Browser):
    story.report().step("clerk", D.ACCEPT)
    assert to_the_end(auditing)[0].sees(HOLDS)
    story.later(minutes=5)

    assert to_the_end(auditing)[0].sees("尚未编入检查点", "超过60秒未编入检查点")
    behind_the_service(story.engine, *a_changed_event(story))
    assert to_the_end(auditing)[0].sees(DOES_NOT)


def test_a_checkpoint_is_taken_along_as_it_was_signed(story: Story, auditing: Browser):
    href = auditing.open("/audit/checkpoints").links["下载"]

    answer = auditing.client.get(href)

    with reading(story.engine) as session:
        assert answer.text in session.execute(CHECKPOINT.select().with_only_columns(CHECKPOINT.c.note)).scalars().all()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert auditing.open("/audit/checkpoints/999999.txt").status == 404
