"""接口说明: the interface for programs, described on pages of our own from its own document; nothing is loaded from elsewhere."""

import json
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from models.errors import NotFound
from models.permissions import Operation, Role, roles_for
from web.assets import OPEN
from web.desk import OfficeDep, PerhapsSignedIn
from web.interface_schema import Call, Document, body_of, calls, example_of, kind_of, rows
from web.interface_words import ANSWERS, NOTES, PARAMETERS, PARTS, PLACES
from web.language import Words, language_of, words
from web.listing import Cell, Listing
from web.rendering import page

router = APIRouter()
COLUMNS = ("做什么", "地址")
_ADDRESSES = {tag.replace(" ", "-"): tag for tag in PARTS}


@router.get("/interface", openapi_extra=OPEN)
def home(request: Request, held: OfficeDep, _by: PerhapsSignedIn) -> Response:
    found = calls(_document(request))
    parts = [
        (f"/interface/parts/{address}", PARTS[tag], sum(call.tag == tag for call in found))
        for address, tag in _ADDRESSES.items()
    ]
    return page(request, "interface.html", parts=parts, count=len(found), base=held.settings.base_url)


@router.get("/interface/parts/{part}", openapi_extra=OPEN)
def one_part(request: Request, part: str, _by: PerhapsSignedIn) -> Response:
    tag = _ADDRESSES.get(part, "")
    found = [call for call in calls(_document(request)) if call.tag == tag]
    if not found:
        raise NotFound("接口没有这一部分。", remedy="请从接口说明中打开。")
    lines = [
        (Cell(call.summary, href=f"/interface/{call.id}", coined=True), Cell(f"{call.method} {call.path}"))
        for call in found
    ]
    return page(
        request, "listing.html", listing=Listing(title=PARTS[tag], columns=COLUMNS, rows=lines, back="/interface")
    )


@router.get("/interface/{operation_id}", openapi_extra=OPEN)
def one(request: Request, operation_id: str, _by: PerhapsSignedIn) -> Response:
    document, say = _document(request), words(language_of(request))
    call = next((call for call in calls(document) if call.id == operation_id), None)
    if call is None:
        raise NotFound("接口没有这项操作。", remedy="请从接口说明中打开。")
    media, schema = body_of(document, call)
    example = example_of(call)
    return page(
        request, "interface_call.html", call=call, back=f"/interface/parts/{call.tag.replace(' ', '-')}", note=NOTES.get(call.id, ""),
        who=_who(call, say), asks=_asks(call, say), parameters=_parameters(document, call, say), media=media,
        fields=list(rows(document, schema, say)), example=json.dumps(example, ensure_ascii=False, indent=1) if example else "",
        answers=[(code, ANSWERS[code]) for code in call.about["responses"]],
    )  # fmt: skip


def _document(request: Request) -> Document:
    return request.app.state.interface()


def _operations(call: Call) -> Sequence[Operation]:
    named = call.about.get("x-operations", [call.about["x-operation"]])
    return [Operation(one) for one in named if one != "public"]


def _who(call: Call, say: Words) -> str:
    operations = _operations(call)
    roles = [role for role in Role if any(role in roles_for(one) for one in operations)]
    if not operations or Role.PR in roles:
        return say("任何人，不用登录")
    return say("、").join(say(role.label) for role in roles) or say("持财政窗口令牌的人")


def _asks(call: Call, say: Words) -> Sequence[str]:
    """What the permission table asks for besides the role."""
    grants = [grant for one in _operations(call) for grant in roles_for(one).values()]
    asked = (
        (any(one.step_up for one in grants), "须在近期再次验证过密码或动态口令"),
        (any(one.second_person for one in grants), "须有第二人参与"),
    )
    return [say(what) for needed, what in asked if needed]


def _parameters(document: Document, call: Call, say: Words) -> Sequence[tuple[str, str, str, str, bool]]:
    """Name, where it stands, what it means, what it takes, whether it must be there."""
    return [
        (one["name"], PLACES[one["in"]], say(PARAMETERS[one["name"].lower()]), kind_of(document, one["schema"], say), one["required"])
        for one in call.about.get("parameters", ())
    ]  # fmt: skip
