"""Keys with which machines act as an account, each for the operations it names and no others."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session, col

from models import ApiKey
from models.actor import Actor
from models.errors import InvalidInput, NotFound
from models.permissions import Operation, label_of
from services import trail
from services.passwords import hashed
from services.sessions import ID_LENGTH, KEY_PREFIX

_FOR_PEOPLE = frozenset({Operation.OWN_ACCOUNT, Operation.OWN_AUTHENTICATOR})
"""A key that could make keys or change a password would outgrow its own scope and life."""


def make_key(
    session: Session, name: str, operations: Collection[Operation], *, by: Actor, at: datetime, valid: timedelta
) -> str:
    """A key for a machine; shown once. What the person loses later, the key loses with them.

    Raises: InvalidInput, when it names an operation that the person does not hold or that is for people only.
    """
    for operation in operations:
        if operation in _FOR_PEOPLE or by.grant_for(operation) is None:
            raise _fault(f"密钥不能用于“{label_of(operation)}”：您没有这项权限，或它只能由本人办理。")
    scope = " ".join(sorted({*operations}))
    token = f"{KEY_PREFIX}{secrets.token_urlsafe(32)}"
    digest = hashed(token)
    session.add(
        ApiKey(
            token_hash=digest, account_id=by.account_id, name=name, created_at=at, expires_at=at + valid, scope=scope
        )
    )
    session.flush()
    facts = {"account": by.account_id, "key": digest[:ID_LENGTH], "name": name, "operations": scope.split()}
    trail.append_office(session, "KEY_MADE", by=by, at=at, facts=facts)
    return token


def keys_of(session: Session, by: Actor, *, at: datetime) -> Sequence[ApiKey]:
    """The account's keys that still work, the newest first."""
    alive = (col(ApiKey.account_id) == by.account_id, col(ApiKey.revoked_at).is_(None), col(ApiKey.expires_at) > at)
    return session.execute(select(ApiKey).where(*alive).order_by(col(ApiKey.created_at).desc())).scalars().all()


def revoke_key(session: Session, key_id: str, *, by: Actor, at: datetime) -> None:
    """Raises: NotFound, also for a key of somebody else."""
    own = update(ApiKey).where(
        col(ApiKey.account_id) == by.account_id, col(ApiKey.revoked_at).is_(None),
        col(ApiKey.token_hash).startswith(key_id, autoescape=True),
    )  # fmt: skip
    revoked = len(key_id) == ID_LENGTH and session.execute(own.values(revoked_at=at)).rowcount  # pyright: ignore[reportAttributeAccessIssue]
    if not revoked:
        raise NotFound("没有找到该密钥，或它已作废。", remedy="请查看本人密钥列表（GET /api/v1/keys）。")
    trail.append_office(session, "KEY_REVOKED", by=by, at=at, facts={"account": by.account_id, "key": key_id})


def _fault(detail: str) -> InvalidInput:
    return InvalidInput(
        detail, rule="密钥的权限不超过本人的权限", remedy="请只列出您能办理的操作（hazardflow permissions）。",
        extra={"errors": [{"field": "operations", "message": detail}]},
    )  # fmt: skip
