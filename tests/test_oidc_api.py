"""Signing in through the office's identity provider: a real one, and one that lies."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from identity_providers import (
    CALLBACK,
    CLIENT,
    come_back,
    link,
    linking_admin,  # noqa: F401  # the fixture admin
    real_provider,
    settings_for,
    sign_in_there,
    start,
)
from models import LoginSession, OidcRequest
from models.engine import reading
from office_api import PASSWORD, Caller, assert_refused
from settings import Settings
from signing_in import account_id, caller, change, enrol, events, log_in, office
from town import Town


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider() as issuer:
        yield issuer


@pytest.fixture
def linked(admin: Caller, engine: Engine, app_settings: Settings, issuer: str) -> Iterator[TestClient]:
    """The office with the real provider."""
    with office(engine, app_settings, **settings_for(issuer)) as client:
        yield client


def there_and_back(client: TestClient, login: str) -> str:
    """The query the provider sends the person back with."""
    with httpx.Client(trust_env=False, timeout=30) as browser:
        return urlsplit(sign_in_there(browser, start(client), login)).query


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
