"""The floor: the rows of one decision written by hand, one statement at a time, nothing between them and the driver."""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from sqlalchemy import make_url

from models.ids import new_id

_GENESIS = "0" * 64


class Connection(Protocol):
    """What sqlite3 and psycopg have in common."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Any: ...


def connect(url: str) -> tuple[Connection, str]:
    """A connection as fast as it safely goes, and the placeholder of its driver."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        held = sqlite3.connect(str(address.database), isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            held.execute(f"PRAGMA {pragma}")
        return held, "?"
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, prepare_threshold=1), "%s"


class Floor:
    """Carries hazards through acts; an act is what one of our decisions writes."""

    def __init__(self, url: str, ids: dict[str, str]):
        self.held, mark = connect(url)
        self.sqlite, self.ids = mark == "?", ids
        self.sql = {name: text.replace("?", mark) for name, text in _SQL.items()}
        if self.sqlite:
            self.sql["lock"] = self.sql["lock"].replace(" FOR UPDATE", "")

    def act(self, hazard: str, number: int, *, duty: str = "") -> None:
        """One durable transaction: lock and check, sign, write fact, history, clocks, work item and outbox; and the
        rows of a duty it opens or closes."""
        at = datetime.now(UTC)
        stamp = at.strftime("%Y-%m-%d %H:%M:%S.%f") if self.sqlite else at
        due = at + timedelta(days=10)
        due_at = due.strftime("%Y-%m-%d %H:%M:%S.%f") if self.sqlite else due
        run, decision = self.held.execute, new_id()
        run("BEGIN IMMEDIATE" if self.sqlite else "BEGIN")
        version, seq, head = run(self.sql["lock"], (hazard,)).fetchone()
        if version != number:
            raise RuntimeError("stale")
        run(self.sql["sign"], (hazard, f"chain-{number}", self.ids["person"], "part", stamp)).fetchone()
        body, leaf = _event(hazard, seq + 1, head, at)
        run(self.sql["event"], (hazard, seq + 1, "PASS", self.ids["person"], stamp, body, leaf))
        run(self.sql["hazard"], (number + 1, seq + 1, leaf, due_at, stamp, hazard, number))
        run(
            self.sql["decision"],
            (decision, hazard, 1, seq + 1, "PASS", "JUDGE", "GATE", self.ids["person"], "{}", stamp),
        )
        run(self.sql["stop"], (stamp, "MET", hazard, "review"))
        run(self.sql["start"], (new_id(), hazard, stamp, due_at, due_at))
        run(self.sql["close_item"], (stamp, self.ids["person"], hazard))
        run(self.sql["open_item"], (new_id(), hazard, decision, due_at, stamp))
        run(self.sql["outbox"], (new_id(), hazard, decision, stamp, stamp))
        if duty == "open":
            run(self.sql["start_duty"], (new_id(), hazard, f"duty-{number}", stamp, due_at, due_at))
            run(self.sql["open_duty"], (new_id(), hazard, decision, due_at, stamp))
        elif duty:
            run(self.sql["stop"], (stamp, "MET", hazard, "duty"))
            run(self.sql["close_duty"], (stamp, self.ids["person"], hazard))
        run("COMMIT")

    def close(self) -> None:
        self.held.close()  # pyright: ignore[reportAttributeAccessIssue]  # both drivers have it


def _event(hazard: str, seq: int, head: str, at: datetime) -> tuple[bytes, str]:
    body = json.dumps(
        {
            "v": 1, "event_id": new_id(), "stream": hazard, "seq": seq, "type": "PASS", "recorded_at": at.isoformat(),
            "actor": {"person": "p", "name": "应急办负责人甲", "roles": ["DH"], "auth": "password", "session": "0" * 16},
            "before": {"step": "JUDGE", "version": seq}, "after": {"step": "GATE", "version": seq + 1, "due_at": "x"},
            "form": {"opinion": "逐条整改到位", "document_no": "临应急复〔2026〕1号"}, "evidence": [], "prev": head or _GENESIS,
            "rule": {"process": 1, "rules": 1, "ladder": 1, "calendar": 1}, "alg": "sha256", "unit": "u", "cycle": 1,
        },
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    ).encode()  # fmt: skip
    return body, hashlib.sha256(b"\x00" + body).hexdigest()


_SQL = {
    "lock": "SELECT version, chain_seq, chain_head FROM hazard WHERE id = ? FOR UPDATE",
    "sign": "INSERT INTO signature (hazard_id, cycle, chain, signer, part, signed_at) VALUES (?, 1, ?, ?, ?, ?) "
    "ON CONFLICT (hazard_id, cycle, chain, signer) DO UPDATE SET signed_at = excluded.signed_at "
    "WHERE signature.part = excluded.part RETURNING part",
    "event": "INSERT INTO audit_event (stream, seq, type, actor, recorded_at, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
    "hazard": "UPDATE hazard SET version = ?, chain_seq = ?, chain_head = ?, due_at = ?, changed_at = ? WHERE id = ? AND version = ?",
    "decision": "INSERT INTO decision (id, hazard_id, cycle, seq, code, from_step, to_step, person_id, form, decided_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "stop": "UPDATE deadline SET closed_at = ?, outcome = ? WHERE hazard_id = ? AND clock = ? AND closed_at IS NULL",
    "start": "INSERT INTO deadline (id, hazard_id, cycle, clock, against, start_at, number, unit_of_time, basis, certainty, due_at, "
    "reason, provisional, rules_version, calendar_version, ladder_version, next_level, next_rung_at) "
    "VALUES (?, ?, 1, 'review', 'department', ?, 10, 'CD', 'b', 'partly', ?, 'r', false, 1, 1, 1, 0, ?)",
    "start_duty": "INSERT INTO deadline (id, hazard_id, cycle, clock, against, start_at, number, unit_of_time, basis, certainty, "
    "due_at, reason, provisional, rules_version, calendar_version, ladder_version, next_level, next_rung_at, subject, pauses) "
    "VALUES (?, ?, 1, ?, 'unit', ?, 10, 'CD', 'b', 'partly', ?, 'r', false, 1, 1, 1, 0, ?, '', '[]')",
    "open_duty": "INSERT INTO work_item (id, hazard_id, kind, is_move, origin, roles, due_at, opened_at) "
    "VALUES (?, ?, 'PROGRESS', false, ?, 'EN', ?, ?)",
    "close_duty": "UPDATE work_item SET closed_at = ?, closed_by = ? WHERE hazard_id = ? AND kind = 'PROGRESS' AND closed_at IS NULL",
    "close_item": "UPDATE work_item SET closed_at = ?, closed_by = ? WHERE hazard_id = ? AND closed_at IS NULL AND is_move",
    "open_item": "INSERT INTO work_item (id, hazard_id, kind, is_move, origin, roles, due_at, opened_at) "
    "VALUES (?, ?, 'GATE', true, ?, 'SC TL', ?, ?)",
    "outbox": "INSERT INTO outbox_message (id, topic, hazard_id, hazard_no, subject, step, created_at, due_at, attempts, last_error) "
    "VALUES (?, 'hazard.entered', ?, 'ZY', ?, 'GATE', ?, ?, 0, '')",
}
