"""Templates: one environment per language, everything escaped, a missing name an error."""

import re
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from web import cookies, moments
from web.language import HTML_CODES, LANGUAGES, language_of, words

_FOLDER = Path(__file__).parent / "templates"


@cache
def environment(code: str) -> Environment:
    """`_` and `{% trans %}` say the pages' own words, the filter `t` those that come from the models."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    say = words(code)
    made.install_gettext_callables(say, lambda one, many, n: say(one if n == 1 else many), newstyle=True)  # pyright: ignore[reportAttributeAccessIssue]  # added by the extension
    made.filters |= {"t": say, "day": moments.day, "moment": moments.moment, "machine": moments.machine_readable,
                     "people": for_people}  # fmt: skip
    made.globals |= {"say": say, "html_code": HTML_CODES[code], "languages": LANGUAGES, "language": code,
                     "new_key": new_key}  # fmt: skip
    return made


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for this browser, in its language, with the token its forms must bring back."""
    known = {
        "request": request,
        "token": cookies.form_token(request),
        "visitor": getattr(request.state, "visitor", None),
        "here": request.url.path,
    }
    html = environment(language_of(request)).get_template(template).render(known | values)
    response = HTMLResponse(html, status)
    if cookies.SESSION not in request.cookies and cookies.VISIT not in request.cookies:
        cookies.put(response, cookies.VISIT, cookies.visit_of(request))
    return response


_INTERFACE = re.compile(r"[（(](?:GET|POST|PUT) /api[^）)]*[）)]|[^。；，]*(?:GET|POST|PUT) /api[^。；]*[。；]?")


def for_people(text: str) -> str:
    """A remedy without its words for programs: what a page offers, the page shows."""
    return _INTERFACE.sub("", text)


def new_key() -> str:
    """The number of one form: sent twice, it is one decision."""
    return secrets.token_urlsafe(18)
