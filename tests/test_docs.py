"""The documents say what the program does: generated pages are its output, and commands in the README exist."""

import re
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from cli.main import app
from cli.process_docs import permissions_markdown, process_markdown
from models import metadata
from models.forms import controls, intake, progress, rectification, requests, review
from models.process import MOVES, STEPS, DecisionCode
from services.seeding import read_data

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (
    *READMES,
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *(f"docs/{page.relative_to(ROOT / 'docs')}" for page in sorted((ROOT / "docs").rglob("*.md"))),
)
FORM_MODULES = (controls, intake, progress, rectification, requests, review)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def test_the_page_of_the_process_is_what_the_move_table_says() -> None:
    assert _text("docs/process.md") == process_markdown(), "run: hazardflow process > docs/process.md"


def test_the_page_of_permissions_is_what_the_permission_table_says() -> None:
    assert _text("docs/permissions.md") == permissions_markdown(), (
        "run: hazardflow process --permissions > docs/permissions.md"
    )


def test_the_diagram_shows_every_step_and_every_move_that_leads_on() -> None:
    diagram = process_markdown().split("```")[1]

    assert [step for step in STEPS if f" as {step}\n" not in diagram] == []
    hidden = {DecisionCode.WITHDRAW, DecisionCode.GRANT_VOIDING}
    drawn = {(move.at, move.to) for move in MOVES if not move.is_duty and move.decision not in hidden}
    assert [(at, to) for at, to in drawn if f"{at} --> {to}: " not in diagram] == []
    assert diagram.count(" --> ") == 1 + len(drawn) + sum(info.is_end for info in STEPS.values())


@pytest.mark.parametrize("readme", READMES)
def test_every_command_in_the_readme_exists_and_every_command_is_in_the_readme(readme: str) -> None:
    named = set(re.findall(r"hazardflow ((?:audit |process (?=export))?[a-z][a-z-]+)", _code(_text(readme))))

    assert named == _commands(app)


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_shows_every_picture(readme: str) -> None:
    pictures = {path.name for path in (ROOT / "docs" / "screenshots").glob("*.png")}

    assert len(pictures) >= 10
    assert set(re.findall(r"docs/screenshots/([\w-]+\.png)", _text(readme))) == pictures


@pytest.mark.parametrize("page", PAGES)
def test_a_page_links_only_to_what_exists(page: str) -> None:
    here = (ROOT / page).parent

    assert [link for link in LINK.findall(_text(page)) if not (here / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "docs/regulations.md", "docs/clocks.md"])
def test_a_page_names_only_tests_that_exist(page: str) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    files = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    named = set(re.findall(r"\btest_\w+(?:\.py)?", _text(page)))

    assert sorted(name for name in named if name not in files and f"def {name}(" not in tests) == []


def test_the_architecture_names_every_table_and_no_other() -> None:
    told = _text("ARCHITECTURE.md").partition("## Tables")[2].partition("## ")[0]

    assert set(re.findall(r"`(\w+)`", told)) == set(metadata.tables)


def test_every_default_limit_is_shown_with_its_figure_and_certainty() -> None:
    page = _text("docs/regulations.md")

    rows = [
        f"| `{rule['key']}` | {rule['number']} {rule['unit']} | {rule['certainty']} |"
        for rule in read_data("deadline_rules.json")["rules"]
    ]

    assert [row for row in rows if row not in page] == []


def _code(page: str) -> str:
    return "\n".join(re.findall(r"`[^`\n]+`|```.*?```", page, re.DOTALL))


def _commands(shown: typer.Typer) -> set[str]:
    own = {str(command.name or getattr(command.callback, "__name__", "")) for command in shown.registered_commands}
    below = {
        f"{group.name} {name}"
        for group in shown.registered_groups
        if group.typer_instance
        for name in _commands(group.typer_instance)
    }
    alone = {
        str(group.name)
        for group in shown.registered_groups
        if group.typer_instance and group.typer_instance.registered_callback
    }
    return own | below | alone


def test_the_page_of_fields_names_only_what_the_code_has() -> None:
    page = _text("docs/fields.md")
    forms = {
        one.__name__: one.model_fields for module in FORM_MODULES for one in vars(module).values() if _is_form(one)
    }

    fields = re.findall(r"`(\w+)\.(\w+)`", page)
    codes = {code for row in _rows(page, "## Codes") for code in re.findall(r"`([A-Z][A-Z_]+)`", row[-1])}
    limits = re.findall(r"^\| [^|]+ \| (?:`\w+`, )?`(\w+)` (\w+) \|", page, re.MULTILINE)

    assert len(fields) > 60
    assert [f"{form}.{field}" for form, field in fields if field not in forms.get(form, {})] == []
    assert codes <= set(DecisionCode)
    against = {rule["key"]: rule["against"] for rule in read_data("deadline_rules.json")["rules"]}
    assert len(limits) == 12
    assert [(key, party) for key, party in limits if against[key] != party] == []


def _is_form(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _rows(page: str, heading: str) -> list[list[str]]:
    part = page.split(heading)[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ST")]
