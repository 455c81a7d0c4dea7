"""Channels 通知渠道 as configured: stored sealed, shown without their secrets."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models import NoticeChannel
from models.errors import InvalidInput
from models.ids import new_id
from models.sealed import seal, unseal
from notifications.channel_address import ChannelKind


def add_channel(
    session: Session, kind: ChannelKind, name: str, config: Mapping[str, Any], *, key: bytes, by: str, at: datetime
) -> NoticeChannel:
    """Store a checked configuration (`check_config`), sealed to its row."""
    refuse_known(session, name)
    row_id = new_id()
    sealed = seal(key, json.dumps(config, ensure_ascii=False).encode(), belongs_to=row_id)
    channel = NoticeChannel(id=row_id, kind=kind, name=name, config=sealed, created_at=at, created_by=by)
    session.add(channel)
    session.flush()
    return channel


def refuse_known(session: Session, name: str) -> None:
    """Raises: InvalidInput when a channel has the name."""
    if session.execute(select(col(NoticeChannel.id)).where(col(NoticeChannel.name) == name)).first():
        raise InvalidInput(f"渠道“{name}”已存在。", rule="渠道名称唯一", remedy="请换一个名称。")


def enabled(session: Session) -> Sequence[NoticeChannel]:
    return (
        session.execute(select(NoticeChannel).where(col(NoticeChannel.enabled)).order_by(col(NoticeChannel.id)))
        .scalars()
        .all()
    )


def config_of(channel: NoticeChannel, key: bytes) -> dict[str, Any]:
    return json.loads(unseal(key, channel.config, belongs_to=channel.id))
