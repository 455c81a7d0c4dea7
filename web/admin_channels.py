"""通知渠道: which there are, a new one put before another administrator, and a test to one's own address."""

from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field, create_model
from starlette.responses import Response

from models import NoticeChannel, Person
from models.errors import InvalidInput, NotFound, StepUpRequired
from models.forms.fields import OptionalLine
from models.permissions import Operation
from models.proposal import ActKind
from notifications import channels
from notifications.channel_address import CONFIGS, ChannelKind, ChannelUnusable, Webhook, address_for, check_config
from services import access, keys, trail
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Listing, button, show, when, word
from web.office_paper import OfficePaper
from web.proving import is_proved, to_prove
from web.rendering import page
from web.second_person import put_forward, second_person_of
from web.values import CHANNEL_KINDS

router = APIRouter()
RIGHT = {"x-operation": Operation.CONFIGURE_CHANNELS}
COLUMNS = ("名称", "类别", "添加时间", "试发")
SECURITY = {"none": "不加密", "starttls": "STARTTLS", "ssl": "SSL"}
ADDING = tuple((f"/admin/channels/new/{kind.value.lower()}", f"添加：{label}") for kind, label in CHANNEL_KINDS.items())


class WebhookForm(Webhook):
    """As an administrator writes it: a header a line."""

    headers: tuple[OptionalLine, ...] = Field(default=(), max_length=10, title="请求头", description="写作“名称: 值”")  # pyright: ignore[reportIncompatibleVariableOverride]  # only to fill in


_TEST = ("试发：重大事故隐患督办销号", "这是一条试发的通知，收到即表示该渠道可用。")


@router.get("/admin/channels", openapi_extra=RIGHT)
def listing(visit: HereDep) -> Response:
    access.require(visit.by, Operation.CONFIGURE_CHANNELS)
    if not is_proved(visit, Operation.CONFIGURE_CHANNELS):
        return to_prove(visit)
    with visit.looking() as session:
        rows = channels.enabled(session)
    lines = [
        (Cell(row.name), word(CHANNEL_KINDS[ChannelKind(row.kind)]), when(row.created_at), button(f"/admin/channels/{row.id}/test", "试发给我", row.name))
        for row in rows
    ]  # fmt: skip
    return show(visit, Listing(
        title="通知渠道", columns=COLUMNS, rows=lines, back="/admin", links=ADDING,
        lead="站内通知总是可用。添加渠道须由另一名系统管理员批准；密钥只进不出。", empty="还没有其他渠道。",
    ))  # fmt: skip


@router.get("/admin/channels/new/{kind}", openapi_extra=RIGHT)
def ask(kind: str, visit: HereDep) -> Response:
    return _paper(visit, _kind(kind)).ask()


@router.post("/admin/channels/new/{kind}", openapi_extra=RIGHT)
def add(kind: str, visit: HereDep, form: Sent) -> Response:
    of = _kind(kind)

    def do(done: Act, body: Any) -> None:
        config = check_config(of, _config(body), visit.held.settings.private_hosts)
        put_forward(
            done, visit.request, ActKind.ADD_CHANNEL, second_person_of(visit.request).channel(of, body.name, config)
        )

    return _paper(visit, of).take(form, do)


@router.post("/admin/channels/{channel_id}/test", openapi_extra=RIGHT)
def test(channel_id: str, visit: HereDep, form: Sent) -> Response:
    """One message to the administrator's own address: noted first, sent once that is on record."""
    try:
        with act(visit, form, Operation.CONFIGURE_CHANNELS) as done:
            channel = next((row for row in channels.enabled(done.session) if row.id == channel_id), None)
            if channel is None:
                raise NotFound("没有找到该渠道。", remedy="请从渠道列表中打开。")
            me = done.session.get_one(Person, visit.by.person_id)
            name, address = channel.name, _address(visit, channel, me)
            trail.append_office(done.session, "CHANNEL_TESTED", by=done.by, at=done.at, facts={"channel": channel_id})
            done.leads_to = "/admin/channels"
    except StepUpRequired:
        return to_prove(visit, "/admin/channels")
    if address is None:
        return page(
            visit.request, "channel_test.html", name=name, ok=False, detail="您的登记信息中没有该渠道需要的地址。"
        )
    from notifications.sending import send  # noqa: PLC0415  # importing Apprise is slow

    sent = send(address, subject=_TEST[0], body=_TEST[1])
    return page(visit.request, "channel_test.html", name=name, ok=sent.ok, detail=sent.detail)


def _address(visit: Here, channel: NoticeChannel, me: Person) -> str | None:
    settings = visit.held.settings
    config = channels.config_of(channel, keys.channel_key(settings.key_dir))
    try:
        return address_for(ChannelKind(channel.kind), config, me, settings.private_hosts)
    except ChannelUnusable:
        return None


def _kind(text: str) -> ChannelKind:
    """Raises: NotFound."""
    if text.upper() not in set(ChannelKind):
        raise NotFound("没有这种渠道。", remedy="请从渠道列表中选择。")
    return ChannelKind(text.upper())


def _config(body: Any) -> dict[str, Any]:
    """Raises: InvalidInput naming the header that is none."""
    config = body.config.model_dump(exclude_none=True)
    if "headers" in config:
        config["headers"] = dict(_header(number, line) for number, line in enumerate(config["headers"], 1))
    return config


def _header(number: int, line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        what = f"第{number}行不是“名称: 值”"
        raise InvalidInput(
            f"{what}。",
            rule="每行一个请求头",
            remedy="请按提示修改。",
            extra={"errors": [{"field": "config.headers", "message": what}]},
        )
    return name.strip(), value.strip()


def _paper(visit: Here, kind: ChannelKind) -> OfficePaper:
    config = WebhookForm if kind == ChannelKind.WEBHOOK else CONFIGS[kind]
    model = create_model(
        "ChannelForm", __config__=ConfigDict(extra="forbid", str_strip_whitespace=True),
        name=(str, Field(min_length=2, max_length=50, title="渠道名称")), config=(config, Field(title="渠道参数")),
    )  # fmt: skip
    fields = fields_of(model, {"security": list(SECURITY.items())})
    return OfficePaper(
        visit, Operation.CONFIGURE_CHANNELS, title="添加通知渠道", action=f"/admin/channels/new/{kind.value.lower()}", model=model,
        fields=fields, back="/admin/channels", facts=(("类别", visit.say(CHANNEL_KINDS[kind])),), button="提出",
    )  # fmt: skip
