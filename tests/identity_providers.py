"""Identity providers on loopback: a real one (npm's oidc-provider), and one that lies as it is told."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

import npm
from office_api import Caller
from signing_in import account_id, caller
from town import Town

PACKAGE = "oidc-provider@9.13.3"
CALLBACK = "http://127.0.0.1:8600/api/v1/oidc/callback"
PAGE = "http://127.0.0.1:8600/sign-in/provider/return"
CLIENT = {"oidc_client_id": "hazardflow", "oidc_client_secret": "loopback-secret"}
_KEYS = count(1)
_SCRIPT = Path(__file__).with_name("oidc_provider.mjs")


@contextmanager
def real_provider() -> Iterator[str]:
    """Its issuer. The package is fetched by name once, into a cache outside the repository."""
    node, packages = npm.node(), npm.package(PACKAGE)
    process = subprocess.Popen(
        [node, str(_SCRIPT), str(packages), CALLBACK, PAGE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:"), "the provider did not start"
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=60)
        if process.stdout:
            process.stdout.close()


def sign_in_there(browser: httpx.Client, address: str, login: str) -> str:
    """A person at the provider's own pages: name, password, consent. The address they are sent back to."""
    answer = browser.get(address)
    for _ in range(8):
        while answer.is_redirect:
            address = str(answer.url.join(answer.headers["location"]))
            if address.startswith((CALLBACK, PAGE)):
                return address
            answer = browser.get(address)
        prompt = "login" if 'name="login"' in answer.text else "consent"
        answer = browser.post(f"{answer.url}", data={"prompt": prompt, "login": login, "password": "any"})
    raise AssertionError(f"not sent back: {answer.status_code} {answer.text[:300]}")


class Liar(ThreadingHTTPServer):
    """A provider at the right address that answers as `lies` say: claims, key, algorithm, discovery, or nothing at all."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key, self.other_key = (RSAKey.generate_key(2048, {"kid": "k"}) for _ in range(2))
        self.lies: dict[str, Any] = {}
        self.nonce, self.now = "", 0
        self.asked: list[str] = []

    def discovery(self) -> dict[str, Any]:
        told = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth", "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks", "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}  # fmt: skip
        return told | self.lies.get("discovery", {})

    def token(self) -> dict[str, Any]:
        claims = {"iss": self.issuer, "aud": "hazardflow", "sub": "zhang", "nonce": self.nonce, "iat": self.now,
                  "exp": self.now + 300, "auth_time": self.now} | self.lies.get("claims", {})  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        forge = self.lies.get("forge", self._signed)
        return {"access_token": "a", "token_type": "Bearer", "id_token": forge(self, claims)}

    @staticmethod
    def _signed(liar: "Liar", claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k"}, claims, liar.key)


class _Answers(BaseHTTPRequestHandler):
    server: Liar  # pyright: ignore[reportIncompatibleVariableOverride]  # only a Liar makes one

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/jwks":
            self._answer(KeySet([self.server.key]).as_dict(private=False))
        else:
            self._answer(self.server.discovery())

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(self.server.token())

    def _answer(self, told: Any) -> None:
        status, body = self.server.lies.get(self.path, (200, json.dumps(told).encode()))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
        """Silent."""


@contextmanager
def lying_provider() -> Iterator[Liar]:
    with Liar() as liar:
        thread = Thread(target=liar.serve_forever, args=(0.02,))
        thread.start()
        yield liar
        liar.shutdown()
        thread.join()


def link(admin: Caller, engine: Engine, login: str, subject: str | None) -> Any:
    return admin.client.put(
        f"/api/v1/accounts/{account_id(engine, login)}/subject", json={"subject": subject},
        headers=admin._headers({"Idempotency-Key": f"link-{next(_KEYS)}"}),
    )  # fmt: skip


@pytest.fixture(name="admin")
def linking_admin(session: Session, town: Town, client: TestClient, engine: Engine) -> Caller:
    """The officer has an account, linked to 张 at the provider; the administrator is at the desk."""
    caller(session, town, client, "officer")
    admin = caller(session, town, client, "admin")
    assert link(admin, engine, "officer", "zhang").status_code == 200
    return admin


def settings_for(issuer: str) -> dict[str, Any]:
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT["oidc_client_id"],
        "oidc_client_secret": SecretStr(CLIENT["oidc_client_secret"]),
        "public_url": "http://127.0.0.1:8600",
    }


def start(client: TestClient) -> str:
    answer = client.get("/api/v1/oidc/start", follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def come_back(client: TestClient, query: str) -> Any:
    return client.get(f"/api/v1/oidc/callback?{query}")
