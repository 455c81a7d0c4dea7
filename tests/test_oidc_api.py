"""Signing in through the office's identity provider: a real one, and one that lies."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr, ValidationError
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from identity_providers import CALLBACK, CLIENT, Liar, lying_provider, real_provider, sign_in_there
from models import LoginSession, OidcRequest
from models.engine import reading
from office_api import PASSWORD, Caller, assert_refused
from settings import Settings
from signing_in import account_id, caller, change, enrol, events, log_in, office
from town import Town

_KEYS = count(1)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider() as issuer:
        yield issuer


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying_provider() as liar:
        liar.now = int(datetime.now(UTC).timestamp())
        yield liar


@pytest.fixture
def admin(session: Session, town: Town, client: TestClient, engine: Engine) -> Caller:
    """The officer has an account, linked to 张 at the provider; the administrator is at the desk."""
    caller(session, town, client, "officer")
    admin = caller(session, town, client, "admin")
    assert link(admin, engine, "officer", "zhang").status_code == 200
    return admin


def link(admin: Caller, engine: Engine, login: str, subject: str | None) -> Any:
    return admin.client.put(
        f"/api/v1/accounts/{account_id(engine, login)}/subject", json={"subject": subject},
        headers=admin._headers({"Idempotency-Key": f"link-{next(_KEYS)}"}),
    )  # fmt: skip


@pytest.fixture
def linked(admin: Caller, engine: Engine, app_settings: Settings, issuer: str) -> Iterator[TestClient]:
    """The office with the real provider."""
    with office(engine, app_settings, **settings_for(issuer)) as client:
        yield client


@pytest.fixture
def lied_to(admin: Caller, engine: Engine, app_settings: Settings, liar: Liar) -> Iterator[TestClient]:
    """The office whose provider lies."""
    with office(engine, app_settings, **settings_for(liar.issuer)) as client:
        yield client


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


def there_and_back(client: TestClient, login: str) -> str:
    """The query the provider sends the person back with."""
    with httpx.Client(trust_env=False, timeout=30) as browser:
        return urlsplit(sign_in_there(browser, start(client), login)).query


def come_back(client: TestClient, query: str) -> Any:
    return client.get(f"/api/v1/oidc/callback?{query}")


def back_from(liar: Liar, client: TestClient) -> Any:
    """As if the person had signed in at the lying provider."""
    asked = parse_qs(urlsplit(start(client)).query)
    liar.nonce = asked["nonce"][0]
    return come_back(client, f"state={asked['state'][0]}&code=c")


def test_whoever_the_provider_vouches_for_is_signed_in(linked: TestClient, town: Town, engine: Engine):
    answer = come_back(linked, there_and_back(linked, "zhang"))

    assert answer.status_code == 200, answer.text
    assert Caller(linked, answer.json()["token"]).get("/me").json()["person_id"] == town.persons["officer"].id
    assert b'"means":"oidc"' in events(engine, "SIGNED_IN")[-1]
    assert b"zhang" not in events(engine, "SIGNED_IN", "PROVIDER_LINKED")[-1]


def test_the_way_out_carries_state_nonce_and_a_challenge_but_no_secret(linked: TestClient, engine: Engine):
    asked = parse_qs(urlsplit(start(linked)).query)

    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == [CALLBACK]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert CLIENT["oidc_client_secret"] not in str(asked)
    with reading(engine) as session:
        kept = session.execute(select(OidcRequest)).scalar_one()
    assert kept.code_verifier not in str(asked)
    assert asked["state"][0] not in kept.state_hash


def test_an_answer_of_the_provider_is_good_once(linked: TestClient):
    query = there_and_back(linked, "zhang")

    assert [come_back(linked, query).status_code for _ in range(2)] == [200, 401]


def test_an_answer_comes_too_late_after_ten_minutes(linked: TestClient, engine: Engine):
    query = there_and_back(linked, "zhang")
    change(engine, OidcRequest, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert_refused(come_back(linked, query), 401, "not-authenticated")


def test_an_answer_is_good_only_in_the_browser_that_asked(linked: TestClient):
    """Or somebody could send a person a link that signs them in as somebody else."""
    query = there_and_back(linked, "zhang")
    linked.cookies.clear()

    assert_refused(come_back(linked, query), 401, "not-authenticated")


def test_a_code_of_another_sign_in_does_not_fit(linked: TestClient):
    """PKCE and nonce: a code caught elsewhere, brought along with one's own state."""
    caught = parse_qs(there_and_back(linked, "zhang"))["code"][0]
    state = parse_qs(urlsplit(start(linked)).query)["state"][0]

    assert_refused(come_back(linked, f"state={state}&code={caught}"), 401, "not-authenticated")


def test_a_person_without_an_account_is_not_let_in(linked: TestClient, engine: Engine):
    answer = come_back(linked, there_and_back(linked, "li"))

    assert_refused(answer, 403, "not-permitted")
    with reading(engine) as session:
        assert session.execute(select(func.count()).where(col(LoginSession.means) == "oidc")).scalar_one() == 0


def test_a_disabled_account_is_not_let_in(linked: TestClient, admin: Caller, engine: Engine):
    admin.post(f"/accounts/{account_id(engine, 'officer')}/disabling")

    assert_refused(come_back(linked, there_and_back(linked, "zhang")), 401, "not-authenticated")


def test_a_link_taken_away_lets_nobody_in_and_ends_what_was_open(linked: TestClient, admin: Caller, engine: Engine):
    who = Caller(linked, come_back(linked, there_and_back(linked, "zhang")).json()["token"])

    link(admin, engine, "officer", None)

    assert who.get("/me").status_code == 401
    assert_refused(come_back(linked, there_and_back(linked, "zhang")), 403, "not-permitted")


def test_with_a_second_factor_the_provider_s_word_is_not_enough(linked: TestClient, admin: Caller, engine: Engine):
    _, codes = enrol(Caller(linked, log_in(linked, "officer").json()["token"]))
    told = come_back(linked, there_and_back(linked, "zhang")).json()
    who = Caller(linked, told["token"])

    before = [
        who.get("/hazards"),
        who.post("/second-factor"),
        who.post("/password", {"current": PASSWORD, "password": "Kiln-Dust-41-x"}),
    ]
    by_password = who.post("/session/verification", {"password": PASSWORD})
    by_code = who.post("/session/verification", {"code": codes[0]})

    assert told["missing"] == "code"
    for answer in before:
        assert_refused(answer, 403, "not-permitted")
    assert_refused(by_password, 422, "invalid-input")
    assert (by_code.status_code, who.get("/hazards").status_code) == (204, 200)
    assert b'"means":"oidc+code"' in events(engine, "SIGNED_IN")[-1]


@pytest.mark.parametrize(
    "query", ["", "state=", "state=x&code=y", "code=y", "error=access_denied", "state=%00", "state=" + "x" * 3000]
)
def test_an_answer_nobody_asked_for_is_refused(linked: TestClient, query: str):
    start(linked)

    answer = come_back(linked, query)

    assert answer.status_code in {401, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_refusal_at_the_provider_uses_the_state_up(linked: TestClient):
    state = parse_qs(urlsplit(start(linked)).query)["state"][0]

    answers = [come_back(linked, f"state={state}&error=access_denied") for _ in range(2)]

    assert [answer.json()["detail"][:6] for answer in answers] == ["统一身份认证", "这次登录不是"]


def test_old_sign_ins_under_way_are_forgotten(linked: TestClient, engine: Engine):
    start(linked)
    change(engine, OidcRequest, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    start(linked)

    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(OidcRequest)).scalar_one() == 1


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


def test_a_provider_that_is_away_leaves_the_password(admin: Caller, engine: Engine, app_settings: Settings):
    with office(engine, app_settings, **settings_for("http://127.0.0.1:9")) as client:
        assert_refused(client.get("/api/v1/oidc/start"), 503, "identity-provider-unavailable")
        assert log_in(client, "officer").status_code == 201


@pytest.mark.parametrize(
    "path", ["start", "callback", "callback?state=x&code=y", "start?issuer=http://elsewhere.example"]
)
def test_without_a_provider_there_is_nothing_to_start(client: TestClient, path: str):
    assert_refused(client.get(f"/api/v1/oidc/{path}"), 404, "not-found")


def test_one_subject_is_one_account_and_nobody_links_themselves(
    admin: Caller, session: Session, town: Town, engine: Engine
):
    caller(session, town, admin.client, "head")

    assert_refused(link(admin, engine, "head", "zhang"), 422, "invalid-input")
    assert_refused(link(admin, engine, "admin", "root"), 403, "not-permitted")
    assert_refused(link(admin, engine, "head", ""), 422, "invalid-input")
    assert_refused(link(admin, engine, "head", "x" * 256), 422, "invalid-input")


@pytest.mark.parametrize(
    "issuer", ["http://provider.example", "ftp://provider.example", "//x", "javascript:1", "http://127.0.0.1.example"]
)
def test_an_issuer_without_https_stops_the_program(issuer: str):
    with pytest.raises(ValidationError, match="oidc_issuer"):
        Settings(oidc_issuer=issuer)  # pyright: ignore[reportCallIssue]  # the other fields have defaults
