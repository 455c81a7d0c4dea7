"""Everybody follows every link and answers every form: none is dead, no page fails, is too heavy, badly built or half translated."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, select

from browsing import Page
from busy_office import office_at_work
from models import metadata
from models.engine import reading
from rounds import AGAIN, DAY, OBJECTION, QUESTION, whole_round
from tip_off import NAME, PLACE
from web.rendering import environment
from witness import Answer

HEAVIEST = 60_000
FILES = {"/style.css", "/favicon.ico", "/hazards/export", "/hazards/{no}/evidence/{evidence_id}", "/reports/{source_id}/photos/{number}", "/hazards/{no}/bundle.zip",
         "/audit/bundles/everything.zip"}  # fmt: skip
"""What is downloaded, which other tests read."""
LEADING = {"/sign-in/provider", "/sign-in/provider/return"}
"""Out to the identity provider and back in, never a page when all is well; `test_pages_oidc.py` goes this way."""
TYPED = (
    AGAIN,
    OBJECTION,
    PLACE,
    NAME,
    QUESTION,
    DAY,
    "明天",
    "现在又冒烟了",
    "本系统网页",
    "重大事故隐患督办",
    "写了一半",
)
"""What stands in forms that were not handed in yet, and what they hold before anybody types."""
ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "web" / "templates"
CHINESE = re.compile(r"[一-鿿]+")


class Met(NamedTuple):
    """What a round through the pages met."""

    language: str
    answers: list[Answer]
    templates: set[str]
    entered: str
    """Every text in the database: what people have entered stays as it is in every language."""


@pytest.fixture(scope="module", params=["sqlite-zh", "postgresql-en"])
def met(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    kind, language = request.param.split("-")
    databases = request.getfixturevalue(f"{kind}_databases")
    with office_at_work(databases, tmp_path_factory.mktemp("round")) as story:
        environment.cache_clear()
        answers = whole_round(story, language)
        used = {str(template.name) for template in environment(language).cache.values()}  # pyright: ignore[reportOptionalMemberAccess]  # there is one unless its size is 0
        yield Met(language, answers, used, entered(story.engine))


def entered(engine: Engine) -> str:
    """What people have written, and the words they are given to write with: notices and phrases."""
    shipped = [*(ROOT / "notifications" / "templates").rglob("*.txt"), ROOT / "models" / "data" / "phrases.json"]
    words = [path.read_text(encoding="utf-8") for path in shipped]
    with reading(engine) as session:
        tables = [session.execute(select(table)).all() for table in metadata.sorted_tables]
    values = (value for rows in tables for row in rows for value in row)
    return "\n".join(
        [
            *words,
            *TYPED,
            *(value.decode(errors="ignore") if isinstance(value, bytes) else str(value) for value in values),
        ]
    )


def addresses() -> set[str]:
    """Where a page can be opened, as the pages' own modules say."""
    modules = [import_module(f"web.{path.stem}") for path in (ROOT / "web").glob("*.py") if path.stem != "__init__"]
    routes = [route for module in modules if hasattr(module, "router") for route in module.router.routes]
    return {route.path for route in routes if "GET" in route.methods}


def pages_of(met: Met) -> dict[tuple[str, ...], Answer]:
    return {one.kind: one for one in met.answers if one.is_page}


def test_every_address_is_opened(met: Met):
    opened_ones = {one.route for one in met.answers if one.method == "GET" and one.status == 200}

    assert sorted(addresses() - opened_ones - FILES - LEADING - {"/"}) == []


def test_every_template_is_shown(met: Met):
    there = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}

    assert sorted(there - met.templates) == []


def test_nothing_fails_but_what_was_broken_on_purpose(met: Met):
    assert [(one.path, one.status) for one in met.answers if one.status >= 500] == [("/inbox", 500)]


def test_no_page_is_heavy(met: Met):
    """Beside the lists full of the longest texts, which `test_pages_lists.py` weighs."""
    assert [(str(one), len(one.body)) for one in met.answers if one.is_page and len(one.body) > HEAVIEST] == []


def test_an_english_page_holds_no_chinese_but_what_people_wrote(met: Met):
    left: dict[str, str] = {}
    for one in pages_of(met).values() if met.language == "en" else ():
        html = one.body.decode().replace("中文", "")
        left |= {words: str(one) for words in CHINESE.findall(html) if words not in met.entered}
    assert left == {}


def test_every_page_is_well_built(met: Met):
    for one in pages_of(met).values():
        page = Page(_Answer(one.body.decode(), one.status))
        twice = [name for name, times in Counter(page.ids).items() if times > 1]
        assert not twice, (str(one), twice)
        assert not [href for href in page.hrefs if href.startswith("#") and href[1:] not in page.ids], str(one)
        assert not set(page.labels) - set(page.ids), str(one)
        assert all(form.values.get("token") for form in page.forms if form.method == "post"), str(one)
        assert page.title, str(one)
        assert "None" not in page.text, str(one)


class _Answer(NamedTuple):
    text: str
    status_code: int
