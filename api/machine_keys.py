"""A person's keys for machines: made for named operations, listed, revoked."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.desk import DeskDep, OfficeDep, PersonPresent, looking
from api.proof import ACCOUNT, Body
from models.permissions import Operation
from services import keys_of_machines
from services.sessions import ID_LENGTH

router = APIRouter(tags=["account"])


class KeyRequest(Body):
    name: str = Field(min_length=2, max_length=100, title="用途")
    operations: list[Operation] = Field(min_length=1, max_length=len(Operation), title="可用于的操作")
    days: int = Field(default=90, ge=1, le=365, title="有效天数")


@router.post("/keys", status_code=201, summary="生成机器密钥", operation_id="make_key", openapi_extra=ACCOUNT)
def make_key(body: KeyRequest, desk: DeskDep, _by: PersonPresent) -> Response:
    """A key that acts as this account for the operations named; the answer shows it, and no other ever will."""
    with desk.act(Operation.OWN_ACCOUNT) as act:
        key = keys_of_machines.make_key(
            act.session, body.name, body.operations, by=act.by, at=act.at, valid=timedelta(days=body.days)
        )
        known = {"name": body.name, "operations": sorted(set(body.operations))}
        act.answer(known | {"key": key}, kept=known | {"key": None})
    return desk.reply()


@router.get("/keys", summary="本人的机器密钥", operation_id="list_keys", openapi_extra=ACCOUNT)
def list_keys(held: OfficeDep, by: PersonPresent) -> list[dict[str, Any]]:
    with looking(held) as session:
        rows = keys_of_machines.keys_of(session, by, at=held.now())
    return [
        {
            "id": row.token_hash[:ID_LENGTH],
            "name": row.name,
            "operations": None if row.scope is None else row.scope.split(),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
        }
        for row in rows
    ]


@router.delete("/keys/{key_id}", summary="作废机器密钥", operation_id="revoke_key", openapi_extra=ACCOUNT)
def revoke_key(key_id: str, desk: DeskDep, _by: PersonPresent) -> Response:
    with desk.act(Operation.OWN_ACCOUNT) as act:
        keys_of_machines.revoke_key(act.session, key_id, by=act.by, at=act.at)
        act.answer({"id": key_id, "revoked": True}, status=200)
    return desk.reply()
