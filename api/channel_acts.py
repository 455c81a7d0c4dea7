"""Adding a notice channel as an act of the office: its secrets lie sealed in the proposal until it is approved."""

import base64
import json
from datetime import datetime

from sqlmodel import Session

from models.ids import new_id
from models.operations import Operation
from models.proposal import ActKind
from models.sealed import seal, unseal
from notifications import channels
from notifications.channel_address import ChannelKind, check_config
from services import trail
from services.acts import Approval, OfficeAct, Payload


def payload_of(kind: ChannelKind, name: str, config: Payload, *, key: bytes) -> Payload:
    """`config` as `check_config` left it."""
    seal_id = new_id()
    sealed = seal(key, json.dumps(config, ensure_ascii=False).encode(), belongs_to=seal_id)
    return {"kind": kind, "name": name, "seal": seal_id, "sealed": base64.b64encode(sealed).decode()}


def act(key: bytes, private_hosts: frozenset[str]) -> OfficeAct:
    def check(session: Session, payload: Payload, _at: datetime) -> None:
        channels.refuse_known(session, payload["name"])

    def apply(session: Session, payload: Payload, approval: Approval) -> Payload:
        plain = unseal(key, base64.b64decode(payload["sealed"]), belongs_to=payload["seal"])
        config = check_config(ChannelKind(payload["kind"]), json.loads(plain), private_hosts)
        row = channels.add_channel(
            session,
            ChannelKind(payload["kind"]),
            payload["name"],
            config,
            key=key,
            by=approval.proposed_by,
            at=approval.at,
        )
        facts = {"channel": row.id, "kind": row.kind, "name": row.name}
        trail.append_office(session, "CHANNEL_ADDED", by=approval.by, at=approval.at, facts=facts)
        return {"id": row.id, "kind": row.kind, "name": row.name}

    return OfficeAct(
        ActKind.ADD_CHANNEL, Operation.CONFIGURE_CHANNELS, check, apply,
        lambda _session, payload: f"添加通知渠道“{payload['name']}”（{payload['kind']}）", done_alone_in_set_up=True,
    )  # fmt: skip
