"""Notices 通知: mine, with reading; and the delivery ledger of a hazard."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.views import local
from models.permissions import Operation
from models.tables import NOTICE
from services import access, own_notices

router = APIRouter(tags=["notices"])


@router.get(
    "/notices", summary="我的通知", operation_id="list_notices", openapi_extra={"x-operation": Operation.OWN_ACCOUNT}
)
def mine(
    held: OfficeDep, by: CurrentActor, unread: bool = False, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[dict[str, Any]]:
    with looking(held) as session:
        rows = own_notices.told(session, by=by, unread=unread, after=None, limit=limit)
    return [
        {"id": row.id, "subject": row.subject, "body": row.body, "created_at": local(row.created_at), "read_at": local(row.read_at)}
        for row in rows
    ]  # fmt: skip


@router.post("/notices/{notice_id}/reading", status_code=201, summary="标为已读", operation_id="read_notice",
             openapi_extra={"x-operation": Operation.OWN_ACCOUNT})  # fmt: skip
def read(notice_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.OWN_ACCOUNT) as act:
        own_notices.read(act.session, [notice_id], by=act.by, at=act.at)
        act.answer({"id": notice_id, "read_at": local(act.at)})
    return desk.reply()


@router.get(
    "/hazards/{no}/notices",
    summary="通知送达情况",
    operation_id="list_deliveries",
    openapi_extra={"x-operation": Operation.VIEW_DELIVERIES},
)
def deliveries(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    """One row per person and channel: what became of each."""
    with looking(held) as session:
        hazard = access.hazard_for(session, no, Operation.VIEW_DELIVERIES, by=by)
        of_hazard = select(NOTICE).where(NOTICE.c.hazard_id == hazard.id)
        rows = session.execute(of_hazard.order_by(NOTICE.c.created_at, NOTICE.c.id)).all()
    return [
        {"id": row.id, "topic": row.topic, "person": row.person_id, "channel": row.channel_id, "state": row.state,
         "attempts": row.attempts, "last_error": row.last_error, "created_at": local(row.created_at),
         "settled_at": local(row.settled_at)}
        for row in rows
    ]  # fmt: skip
