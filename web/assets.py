"""The style sheet, the language switch, and the front door."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, RedirectResponse, Response

from models.errors import NotPermitted
from models.permissions import Operation
from web.cookies import put_language
from web.desk import HereDep, Sent, text_of
from web.language import LANGUAGES, SOURCE
from web.tabs import tabs_of

router = APIRouter()
OPEN = {"x-operation": "public"}
_STYLE = Path(__file__).parent / "static" / "style.css"


@router.get("/", openapi_extra={"x-operation": Operation.OWN_SESSION})
def front_door(visit: HereDep) -> Response:
    """To the first tab: the inbox, for whoever has one.

    Raises: NotPermitted for whoever holds no role that opens a page here.
    """
    tabs = tabs_of(visit.by)
    if not tabs:
        raise NotPermitted("您的岗位在本系统没有可办理的页面。", rule="各岗位看到的页面见权限表",
                           remedy="本岗位的督办通知按登记的联系方式送达；需要办理业务的，请联系系统管理员授予角色。")  # fmt: skip
    return RedirectResponse(tabs[0][0], 303)


@router.get("/style.css", openapi_extra=OPEN)
def style() -> Response:
    return FileResponse(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=300"})


@router.get("/favicon.ico", openapi_extra=OPEN)
def no_icon() -> Response:
    """Browsers ask for it unasked; there is none."""
    return Response(status_code=204)


@router.post("/language", openapi_extra=OPEN)
def choose_language(form: Sent) -> Response:
    code = text_of(form, "language")
    response = RedirectResponse(local_path(text_of(form, "back")), 303)
    put_language(response, code if code in LANGUAGES else SOURCE)
    return response


def local_path(target: str) -> str:
    """The target if it is an address of this site, else the front door; `//host` and `/\\host` are other sites."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local else "/"
