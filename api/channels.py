"""Notice channels 通知渠道: configured by the administrator only; secrets go in and never come out."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api import channel_acts
from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.second_person import put_forward
from models.errors import NotFound
from models.permissions import Operation
from models.proposal import ActKind
from notifications import channels, notices
from notifications.channel_address import ChannelKind, check_config
from services import access, keys, trail

router = APIRouter(tags=["notices"])
_CONFIGURE = {"x-operation": Operation.CONFIGURE_CHANNELS}


class ChannelBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: ChannelKind = Field(title="渠道类别")
    name: str = Field(min_length=2, max_length=50, title="渠道名称")
    config: dict[str, Any] = Field(title="渠道参数")


@router.get("/channels", summary="通知渠道", operation_id="list_channels", openapi_extra=_CONFIGURE)
def listing(held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    access.require(by, Operation.CONFIGURE_CHANNELS)
    with looking(held) as session:
        return [{"id": row.id, "kind": row.kind, "name": row.name} for row in channels.enabled(session)]


@router.post(
    "/channels", status_code=202, summary="提出添加通知渠道", operation_id="add_channel", openapi_extra=_CONFIGURE
)
def add(body: ChannelBody, desk: DeskDep) -> Response:
    """202 with the proposal that another administrator approves; 201 where it is done at once (set-up mode)."""
    config = check_config(body.kind, body.config, desk.held.settings.private_hosts)
    key = keys.channel_key(desk.held.settings.key_dir)
    with desk.act(Operation.CONFIGURE_CHANNELS) as act:
        payload = channel_acts.payload_of(body.kind, body.name, config, key=key)
        put_forward(act, desk.held, ActKind.ADD_CHANNEL, payload, {"kind": body.kind, "name": body.name})
    return desk.reply()


@router.post("/dead-letters/{notice_id}/retry", status_code=201, summary="重发失败通知", operation_id="retry_dead_letter",
             openapi_extra={"x-operation": Operation.RETRY_DEAD_LETTER})  # fmt: skip
def retry(notice_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.RETRY_DEAD_LETTER) as act:
        if not notices.retry_dead(act.session, notice_id, at=act.at):
            raise NotFound("没有找到失败的通知。", remedy="请刷新通知送达情况。")
        trail.append_office(act.session, "DEAD_LETTER_RETRIED", by=act.by, at=act.at, facts={"notice": notice_id})
        act.answer({"id": notice_id, "state": "queued"})
    return desk.reply()
