"""The demonstration's people: made through the API by an administrator, signed in with passwords of their own."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

from cli.console import now, open_database
from models.engine import writing
from models.errors import DomainError
from models.permissions import Role
from services import accounts, organization
from settings import settings

_PATIENCE = 60.0
"""Seconds a client goes on trying while the service is away."""
_BUSY = 503


class Refused(DomainError):
    """The service refused a step of the demonstration."""

    title = "演示中断"


class Person:
    """One person's way to the service: signed in, a fresh key for every submission.

    While the service is away the same submission is sent again under the same key, as a careful client does: it is
    taken once, whether the lost answer had been given or not.
    """

    def __init__(self, base_url: str, login: str, password: str):
        self.http = httpx.Client(base_url=f"{base_url}/api/v1", timeout=60, trust_env=False)
        answer = self._send("POST", "/session", json={"login": login, "password": password})
        self.http.headers["Authorization"] = f"Bearer {answer['token']}"

    def get(self, path: str, **query: Any) -> Any:
        return self._send("GET", path, params=query)

    def post(self, path: str, body: Any, *, version: int | None = None) -> Any:
        return self._send("POST", path, json=body, headers=_headers(version))

    def put(self, path: str, body: Any) -> Any:
        return self._send("PUT", path, json=body, headers=_headers(None))

    def upload(self, name: str, content: bytes) -> str:
        return self._send("POST", "/evidence", files={"file": (name, content)}, headers=_headers(None))["id"]

    def _send(self, method: str, path: str, **content: Any) -> Any:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                answer = self.http.request(method, path, **content)
                if answer.status_code != _BUSY:
                    return _taken(answer)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            if time.monotonic() > until:
                raise Refused(f"服务在{_PATIENCE:.0f}秒内没有恢复。", remedy="请查看数据目录 logs 下的日志。")
            time.sleep(0.3)


@contextmanager
def everybody(base_url: str) -> Iterator[dict[str, Person]]:
    """Everyone of the demonstration, signed in; made at the first run, found again at the next.

    Their passwords lie in the data directory (`demo.json`, this user only), so one can look around as any of them.
    """
    note = settings().data_dir / "demo.json"
    if not note.exists():
        _make_everybody(base_url, note)
    known = json.loads(note.read_text(encoding="utf-8"))
    with ExitStack() as connections:
        people = {key: Person(base_url, **entry) for key, entry in known.items()}
        for person in people.values():
            connections.callback(person.http.close)
        yield people


def town() -> dict[str, Any]:
    return json.loads((files("cli.demo") / "town.json").read_text(encoding="utf-8"))


def _make_everybody(base_url: str, note: Path) -> None:
    plan, logins = town(), {"admin": _credentials("demo-admin")}
    admin = _administrator(base_url, "系统管理员甲", logins["admin"])
    for unit in plan["units"]:
        admin.post("/units", unit)
    for enterprise in plan["enterprises"]:
        admin.post("/enterprises", enterprise)
    ids, second = {}, None
    for key, entry in plan["people"].items():
        logins[key] = _credentials(f"demo-{key.replace('_', '-')}")
        ids[key], waiting = _make_person(admin, entry, logins[key])
        if waiting:  # somebody else administers this installation already, so one alone grants nothing
            logins.setdefault("second_admin", _credentials("demo-second-admin"))
            second = second or _administrator(base_url, "系统管理员乙", logins["second_admin"])
            second.post(f"/proposals/{waiting}/approval", {"reason": "演示"})
    admin.put(f"/enterprises/{plan['enterprises'][0]['credit_code']}/principals",
              {"principal": ids["principal"], "actual_controller": ids["controller"]})  # fmt: skip
    admin.http.close()
    note.touch(mode=0o600)
    note.write_text(json.dumps(logins, ensure_ascii=False, indent=1), encoding="utf-8")


def _administrator(base_url: str, name: str, credentials: dict[str, str]) -> Person:
    """As `hazardflow create-admin` does: there is no default account, so administrators come from this machine."""
    at = now()
    with writing(open_database()) as session, session.begin():
        person = organization.add_person(session, name=name, by=None, at=at)
        organization.grant_role(session, person, Role.AD, unit=None, by=None, at=at)
        token = accounts.invite(session, person, credentials["login"], by=None, at=at, valid=timedelta(minutes=5))
    _activate(base_url, token, credentials["password"])
    return Person(base_url, **credentials)


def _make_person(admin: Person, entry: dict[str, Any], credentials: dict[str, str]) -> tuple[str, str]:
    """The person's id, and the proposal to give them their role if that waits for a second administrator."""
    body = {"name": entry["name"], "login": credentials["login"], "enterprise": entry.get("enterprise")}
    made = admin.post("/people", body)
    grant = {"role": entry["role"], "unit": entry.get("unit"), "duty": entry.get("duty")}
    granted = admin.post(f"/people/{made['id']}/roles", grant)
    _activate(str(admin.http.base_url).removesuffix("/api/v1/").rstrip("/"), made["token"], credentials["password"])
    return made["id"], "" if granted["applied"] else granted["proposal"]


def _activate(base_url: str, token: str, password: str) -> None:
    answer = httpx.post(
        f"{base_url}/api/v1/first-password", json={"token": token, "password": password}, trust_env=False, timeout=60
    )
    if not answer.is_success:
        raise Refused(answer.json()["detail"])


def _credentials(login: str) -> dict[str, str]:
    return {"login": login, "password": secrets.token_urlsafe(15)}


def _headers(version: int | None) -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)} | ({"If-Match": f'"{version}"'} if version else {})


def _taken(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    told = answer.json()
    raise Refused(
        f"{answer.request.method} {answer.request.url.path}：{told.get('detail')}", remedy=told.get("remedy", "")
    )
