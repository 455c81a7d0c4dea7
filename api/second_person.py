"""Which acts of the office wait for a second person here, and how a route puts one before them."""

from typing import Any

from api import channel_acts, template_acts
from api.desk import Act, Office
from models.proposal import ActKind
from services import policy_acts, proposals, role_acts, standard_acts
from services.acts import Acts, OfficeAct, Payload
from services.keys import channel_key


def acts_of(held: Office) -> Acts:
    """Every act this installation knows."""
    adding = channel_acts.act(channel_key(held.settings.key_dir), held.settings.private_hosts)
    known = (
        role_acts.GRANT, role_acts.WITHDRAWAL, adding, *policy_acts.ACTS.values(), standard_acts.ACT, template_acts.ACT,
    )  # fmt: skip
    return {act.kind: act for act in known}


def put_forward(act: Act, held: Office, kind: ActKind, payload: Payload, shown: Payload, *, done: int = 201) -> None:
    """Propose within the request's transaction, and answer: 202 with the proposal, or (set-up mode) what was done."""
    office_act: OfficeAct = acts_of(held)[kind]
    made = proposals.propose(act.session, office_act, payload, by=act.by, at=act.at)
    body: dict[str, Any] = {**shown, **(made.result or {}), "proposal": made.id, "applied": made.result is not None}
    if made.result is None:
        body["detail"] = "已提出，须由另一人批准后生效。"
    act.answer(body, status=done if body["applied"] else 202)
