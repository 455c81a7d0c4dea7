"""An identity provider that lies, sends us elsewhere or breaks half-way lets nobody in."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import Engine
from starlette.testclient import TestClient

from identity_providers import (
    CLIENT,
    Liar,
    come_back,
    linking_admin,  # noqa: F401  # the fixture admin
    lying_provider,
    settings_for,
    start,
)
from office_api import Caller, assert_refused
from settings import Settings
from signing_in import office


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying_provider() as liar:
        liar.now = int(datetime.now(UTC).timestamp())
        yield liar


@pytest.fixture
def lied_to(admin: Caller, engine: Engine, app_settings: Settings, liar: Liar) -> Iterator[TestClient]:
    """The office whose provider lies."""
    with office(engine, app_settings, **settings_for(liar.issuer)) as client:
        yield client


def back_from(liar: Liar, client: TestClient) -> Any:
    """As if the person had signed in at the lying provider."""
    asked = parse_qs(urlsplit(start(client)).query)
    liar.nonce = asked["nonce"][0]
    return come_back(client, f"state={asked['state'][0]}&code=c")


def test_an_honest_answer_of_the_other_provider_is_taken(lied_to: TestClient, liar: Liar):
    """The lies below are refused for what they are, not because nothing of this provider is taken."""
    assert back_from(liar, lied_to).status_code == 200


def _other_key(liar: Liar, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k"}, claims, liar.other_key)


def _shared_secret(_liar: Liar, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT["oidc_client_secret"] * 3))


def _public_key_as_secret(liar: Liar, claims: dict[str, Any]) -> str:
    return jwt.encode(
        {"alg": "HS256", "kid": "k"}, claims, OctKey.import_key(base64.b64encode(liar.key.as_pem(private=False)))
    )


def _unsigned(_liar: Liar, claims: dict[str, Any]) -> str:
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)
    )
    return ".".join([*parts, ""])


def _changed(liar: Liar, claims: dict[str, Any]) -> str:
    head, body, seal = Liar._signed(liar, claims).split(".")
    forged = json.dumps(json.loads(base64.urlsafe_b64decode(body + "==")) | {"sub": "li"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}.{seal}"


@pytest.mark.parametrize(
    "forge",
    [
        _other_key,
        _shared_secret,
        _public_key_as_secret,
        _unsigned,
        _changed,
        lambda *_: "",
        lambda *_: "a.b.c",
        lambda *_: None,
    ],
)
def test_a_token_the_provider_did_not_sign_is_refused(lied_to: TestClient, liar: Liar, forge: Any):
    liar.lies = {"forge": forge}

    assert_refused(back_from(liar, lied_to), 401, "not-authenticated")


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://elsewhere.example"}, {"iss": None}, {"aud": "another-client"}, {"aud": ["another-client"]},
     {"aud": ["hazardflow", "another"], "azp": "another"}, {"aud": None}, {"nonce": "another"}, {"nonce": None},
     {"exp": 1}, {"exp": None}, {"exp": "soon"}, {"iat": 99999999999}, {"sub": None}, {"sub": ""}, {"sub": 7},
     {"sub": ["zhang"]}, {"auth_time": None}, {"auth_time": "x"}, {"auth_time": 1e30}],
    ids=str,
)  # fmt: skip
def test_a_token_that_says_the_wrong_thing_is_refused(lied_to: TestClient, liar: Liar, claims: dict[str, Any]):
    liar.lies = {"claims": claims}

    assert_refused(back_from(liar, lied_to), 401, "not-authenticated")


def test_somebody_who_signed_in_there_long_ago_has_to_prove_it_again_for_what_asks_for_it(
    lied_to: TestClient, liar: Liar
):
    liar.lies = {"claims": {"auth_time": liar.now - 3 * 3600}}

    who = Caller(lied_to, back_from(liar, lied_to).json()["token"])

    assert_refused(who.post("/second-factor"), 403, "step-up-required")


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "elsewhere", ["http://169.254.169.254/latest", "http://127.0.0.1:1/x", "file:///etc/passwd", "", None, 7]
)
def test_a_provider_that_sends_us_elsewhere_is_not_followed(
    lied_to: TestClient, liar: Liar, endpoint: str, elsewhere: Any
):
    liar.lies = {"discovery": {endpoint: elsewhere}}

    answer = lied_to.get("/api/v1/oidc/start", follow_redirects=False)

    assert_refused(answer, 503, "identity-provider-unavailable")
    assert liar.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    "answer",
    [(500, b""), (404, b"{}"), (302, b""), (200, b"<html>"), (200, b"[]"), (200, b"null"), (200, b"{}"), (200, b"\xff\xfe")],
)  # fmt: skip
def test_a_provider_that_is_broken_is_said_to_be(lied_to: TestClient, liar: Liar, answer: tuple[int, bytes]):
    liar.lies = {"/.well-known/openid-configuration": answer}

    refused = lied_to.get("/api/v1/oidc/start", follow_redirects=False)

    assert_refused(refused, 503, "identity-provider-unavailable")


@pytest.mark.parametrize("path", ["/token", "/jwks"])
@pytest.mark.parametrize(
    "answer",
    [(500, b""), (302, b""), (400, b'{"error":"invalid_grant"}'), (200, b"[]"), (200, b"null"), (200, b"<html>")],
)
def test_a_provider_that_breaks_half_way_lets_nobody_in(
    lied_to: TestClient, liar: Liar, path: str, answer: tuple[int, bytes]
):
    liar.lies = {path: answer}

    refused = back_from(liar, lied_to)

    assert refused.status_code in {401, 503}, refused.text
    assert refused.headers["content-type"] == "application/problem+json"


def test_another_issuer_under_the_configured_address_is_not_taken(lied_to: TestClient, liar: Liar):
    liar.lies = {"discovery": {"issuer": "https://elsewhere.example"}}

    assert_refused(lied_to.get("/api/v1/oidc/start", follow_redirects=False), 503, "identity-provider-unavailable")
