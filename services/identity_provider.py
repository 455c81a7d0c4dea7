"""The office's identity provider (统一身份认证), spoken to by OpenID Connect: code flow with PKCE.

Its address comes from the settings alone: nothing a request brings decides where this host connects to.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from models.errors import NotAuthenticated, ProviderUnavailable

_SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Public-key signatures only: with `none` or a shared secret anybody could be the provider."""
_PATIENCE_SECONDS = 10.0
_LEEWAY_SECONDS = 60
"""How far the provider's clock may differ from this one."""


@dataclass(frozen=True)
class Provider:
    """Where it is and who this installation is there. `max_age`: seconds within which the person must have proved
    themselves to the provider; it asks again otherwise."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    max_age: int


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for, and when that person last proved it there."""

    subject: str
    verified_at: datetime


def address_to_visit(provider: Provider, *, state: str, nonce: str, code_verifier: str) -> str:
    """Where the browser is sent to sign in.

    Raises: ProviderUnavailable.
    """
    with _client(provider) as client:
        endpoint = _metadata(client, provider)["authorization_endpoint"]
        address, _ = client.create_authorization_url(
            endpoint, state=state, nonce=nonce, code_verifier=code_verifier, max_age=provider.max_age
        )
    return address


def redeem(provider: Provider, code: str, *, nonce: str, code_verifier: str, at: datetime) -> Vouched:
    """Whom the code stands for, from an ID token whose signature, issuer, audience, nonce and life are checked.

    Raises: ProviderUnavailable, NotAuthenticated.
    """
    try:
        with _client(provider) as client:
            metadata = _metadata(client, provider)
            answer = client.fetch_token(
                metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=code_verifier
            )
            keys = _asked(client, metadata["jwks_uri"])
        return _vouched(_claims(provider, answer, keys, metadata, nonce, at), at)
    except httpx2.HTTPError as broken:
        raise _unavailable() from broken
    except (OAuthError, JoseError, KeyError, ValueError, TypeError, AttributeError, ArithmeticError) as wrong:
        raise NotAuthenticated(
            "统一身份认证的答复不可信，未予登录。", remedy="请重新登录；仍不行请联系系统管理员。"
        ) from wrong


def _vouched(claims: CodeIDToken, at: datetime) -> Vouched:
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise ValueError("no subject")
    return Vouched(claims["sub"], min(datetime.fromtimestamp(claims["auth_time"], UTC), at))


def _claims(provider: Provider, answer: Any, keys: Any, metadata: Any, nonce: str, at: datetime) -> CodeIDToken:
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    allowed = [algorithm for algorithm in offered if algorithm in _SIGNED_WITH]
    token = jwt.decode(answer["id_token"], KeySet.import_key_set(keys), algorithms=allowed)
    expected = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    asked = {"nonce": nonce, "client_id": provider.client_id, "max_age": provider.max_age}
    asked |= {"access_token": answer["access_token"]} if "access_token" in answer else {}
    claims = CodeIDToken(token.claims, token.header, expected, asked)  # pyright: ignore[reportArgumentType]  # its own TypedDict
    claims.validate(now=int(at.timestamp()), leeway=_LEEWAY_SECONDS)
    return claims


def _metadata(client: Any, provider: Provider) -> dict[str, Any]:
    """The provider's own description; it must be of the issuer that was configured, and name secure addresses.

    Raises: ProviderUnavailable.
    """
    try:
        found = _asked(client, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        addresses = [found[name] for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        honest = found["issuer"] == provider.issuer and all(_secure(address, provider) for address in addresses)
    except (httpx2.HTTPError, KeyError, ValueError, TypeError, AttributeError) as broken:
        raise _unavailable() from broken
    if not honest:
        raise _unavailable()
    return found


def _secure(address: str, provider: Provider) -> bool:
    """https; only a provider on this very machine may do without, and then at its own address alone."""
    there, issuer = urlsplit(address), urlsplit(provider.issuer)
    return there.scheme == "https" or (there.scheme == issuer.scheme and there.netloc == issuer.netloc)


def _asked(client: Any, address: str) -> Any:
    answer = client.request("GET", address, withhold_token=True)
    answer.raise_for_status()
    return answer.json()


def _client(provider: Provider) -> Any:
    """Authlib's client; its types do not say that it is httpx2's as well."""
    return OAuth2Client(
        provider.client_id, provider.client_secret, scope="openid", redirect_uri=provider.redirect_uri,
        code_challenge_method="S256", timeout=_PATIENCE_SECONDS, follow_redirects=False, trust_env=False,
    )  # fmt: skip


def _unavailable() -> ProviderUnavailable:
    return ProviderUnavailable(
        "统一身份认证没有正常应答。", remedy="请稍后再试，或用登录名和密码登录；仍不行请联系系统管理员。"
    )
