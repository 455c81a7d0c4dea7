"""A database of the first release is brought to the whole process: nothing is lost, and what was open goes on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, MetaData, insert, text

from databases import Databases, opened
from models.engine import open_engine, writing
from models.process import DecisionCode
from models.stage import Step
from services import policies, schema, seeding
from town import Town, carry_to, decide

AT = datetime(2026, 9, 1, tzinfo=UTC)
HAZARD = {"id": "h", "no": "ZY-2026-0001", "stage": "RECTIFICATION", "step": "WORK", "reported_by": "p"}
_ANY = {"DATETIME": AT, "INTEGER": 1, "BOOLEAN": False, "VARCHAR": "x"}
NEW_CLOCKS = {"interim_check", "request_decision", "progress_question"}


@pytest.fixture
def first_release(tmp_path: Path) -> Iterator[Engine]:
    """A SQLite database at the schema of the first release, with rules that know none of the new clocks."""
    engine = open_engine(f"sqlite:///{tmp_path / 'first.db'}")
    config = schema._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    yield engine
    engine.dispose()


def test_a_hazard_of_the_first_release_is_still_there_after_the_upgrade(first_release: Engine):
    old = MetaData()
    old.reflect(first_release)
    with first_release.begin() as connection:
        connection.execute(insert(old.tables["person"]), _row(old, "person", id="p", name="甲"))
        connection.execute(insert(old.tables["hazard"]), _row(old, "hazard", **HAZARD))

    schema.migrate(first_release)

    with first_release.connect() as connection:
        row = connection.execute(text("SELECT no, step, extensions, interim_control FROM hazard")).one()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    assert (tuple(row), broken) == (("ZY-2026-0001", "WORK", 0, None), [])


def test_foreign_keys_are_kept_again_after_the_upgrade(first_release: Engine):
    schema.migrate(first_release)

    with first_release.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_rules_of_the_office_gain_the_new_clocks_and_keep_their_own_figures(databases: Databases):
    with opened(databases, with_town=False) as engine, writing(engine) as session, session.begin():
        body: dict[str, Any] = json.loads(
            session.execute(text("SELECT body FROM policy WHERE kind = 'rules'")).scalar_one()
        )
        own = [
            row | {"number": 2} if row["key"] == "triage" else row
            for row in body["rules"]
            if row["key"] not in NEW_CLOCKS
        ]
        policies.add_version(session, policies.PolicyKind.RULES, {"rules": own}, source="镇安委办修订", at=AT)

        seeding.seed(session, at=AT)

        newest = policies.rules(session, policies.newest(session).rules)
        assert set(newest.rules) >= NEW_CLOCKS
        assert newest.limit("triage").limit.number == 2
        seeding.seed(session, at=AT)
        assert policies.newest(session).rules == 3


def test_a_hazard_opened_under_older_rules_runs_new_clocks_by_the_newest(databases: Databases):
    with opened(databases, with_town=True) as engine, writing(engine) as session, session.begin():
        town: Town = databases.town
        body = json.loads(session.execute(text("SELECT body FROM policy WHERE kind = 'rules'")).scalar_one())
        older = [row for row in body["rules"] if row["key"] not in NEW_CLOCKS]
        policies.add_version(session, policies.PolicyKind.RULES, {"rules": older}, source="旧版", at=AT)
        hazard = carry_to(session, town, Step.CLASSIFY)
        policies.add_version(session, policies.PolicyKind.RULES, body, source="新版", at=AT)

        hazard = decide(session, town, hazard, DecisionCode.MAJOR, "officer", at=hazard.changed_at)

        used = text("SELECT rules_version FROM deadline WHERE clock = 'interim_check'")
        assert (hazard.rules_version, session.execute(used).scalar_one()) == (2, 3)


def _row(old: MetaData, table: str, **given: Any) -> dict[str, Any]:
    """A row of the old schema: what must be there, filled with anything of its type."""
    kinds = {column.name: str(column.type).upper() for column in old.tables[table].columns if not column.nullable}
    filled = {name: _ANY[kind.split("(")[0]] for name, kind in kinds.items()}
    return filled | given
