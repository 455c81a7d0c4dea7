"""The rules of the house that no linter knows."""

import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from models import errors
from models.errors import DomainError
from settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("api", "cli", "flows", "migrations", "models", "notifications", "services", "web")
OURS = (*PACKAGES, "benchmarks", "script", "tests")
WRITTEN_BY_US = {".css", ".html", ".js", ".py", ".txt", ""}
ALONE_IN_EVERY_BUNDLE = {"services/offline_verify.py"}
"""Handed to auditors as one file, so it has no room to move out of."""
LONGEST = 300
SAYS_NOTHING = {"base", "common", "helper", "helpers", "manager", "managers", "util", "utils"}
THE_CLOCK_AND_CHANCE = {
    "asyncio.sleep",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "sqlalchemy.func.current_timestamp",
    "sqlalchemy.func.now",
    "sqlmodel.func.now",
    "time.sleep",
    "time.time",
    "uuid.uuid1",
    "uuid.uuid4",
}


def test_no_dependency_takes_the_name_of_one_of_our_packages(tmp_path: Path) -> None:
    where = (
        "import importlib.util, json, sys\n"
        "found = {name: importlib.util.find_spec(name) for name in sys.argv[1:]}\n"
        "print(json.dumps({n: s and (s.origin or list(s.submodule_search_locations)[0]) for n, s in found.items()}))"
    )

    found = json.loads(_python(where, *PACKAGES, "settings", cwd=tmp_path))

    assert [name for name, place in found.items() if not place or not Path(place).is_relative_to(ROOT)] == []


def test_a_flow_module_shadows_nothing() -> None:
    taken = {*PACKAGES, "settings", *sys.stdlib_module_names, *importlib.metadata.packages_distributions()}

    assert _files("flows", ".py")
    assert [path.name for path in (ROOT / "flows").iterdir() if path.stem in taken] == []


def test_every_deployment_names_a_real_flow(tmp_path: Path) -> None:
    load = (
        "import yaml\n"
        "from prefect.flows import load_flow_from_entrypoint\n"
        "for deployment in yaml.safe_load(open('prefect.yaml', encoding='utf-8'))['deployments']:\n"
        "    print(load_flow_from_entrypoint(deployment['entrypoint'], use_placeholder_flow=False).name)"
    )
    away = {"PREFECT_HOME": str(tmp_path), "HAZARDFLOW_DATA_DIR": str(tmp_path), "DO_NOT_TRACK": "1"}

    assert _python(load, cwd=ROOT, **away).split()


def test_use_cases_models_and_notifications_take_the_time_and_leave_chance_alone() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line} {used}"
        for path in _files("services", ".py") + _files("models", ".py") + _files("notifications", ".py")
        for used, line, _ in _uses(path)
        if used in THE_CLOCK_AND_CHANCE or used.split(".")[0] == "random"
    ]

    assert offences == []


def test_no_test_sleeps() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line} {used}"
        for path in _files("tests", ".py")
        for used, line, argument in _uses(path)
        if used == "time.sleep" or (used in {"asyncio.sleep", "anyio.sleep"} and argument > 0)
    ]

    assert offences == []


def test_every_setting_is_documented_with_its_default() -> None:
    row = re.compile(rf"^\| `{PREFIX}(\w+)` \| (?:`(.+?)`|empty) \| .+ \|$", re.MULTILINE)
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    documented = {name.lower(): default for name, default in row.findall(page)}

    assert documented == {name: _shown(field.default) for name, field in Settings.model_fields.items()}


def test_every_source_cited_in_the_code_has_its_row_in_the_regulations() -> None:
    rows = [line for line in _regulations().splitlines() if line.startswith("|")]
    cited = {source for folder in ("services", "models") for path in _files(folder, ".py") for source in _sources(path)}

    assert cited
    assert sorted(source for source in cited if not any(_names_all(row, source) for row in rows)) == []


def test_every_file_the_regulations_point_to_exists() -> None:
    assert [path for path in re.findall(r"[\w/]+/\w+\.py", _regulations()) if not (ROOT / path).exists()] == []


def test_the_lock_names_no_host() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if "://" in line or " @ " in line or line.startswith("-")] == []


def test_no_file_of_ours_but_a_migration_is_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in OURS
        if folder != "migrations"
        for path in _files(folder, *WRITTEN_BY_US)
    }

    assert {path for path, length in lengths.items() if length > LONGEST} == ALONE_IN_EVERY_BUNDLE


def test_no_name_of_a_file_says_nothing() -> None:
    paths = [path.relative_to(ROOT) for folder in OURS for path in _files(folder, *WRITTEN_BY_US)]

    assert [str(path) for path in paths if SAYS_NOTHING & {part.split(".")[0].strip("_") for part in path.parts}] == []


def test_the_model_of_the_office_stays_small_and_knows_no_database() -> None:
    """`tests/machine` holds the services against it; what is checked by it has to be read by a person: its code and the one
    table beside it, every line counted."""
    model = sorted(path for path in (ROOT / "tests" / "model").iterdir() if path.is_file())
    sources = {path.name: path.read_text(encoding="utf-8") for path in model}

    assert sum(len(source.splitlines()) for source in sources.values()) <= 400
    assert {name for name in sources if not name.endswith(".py")} == {"office.txt"}
    knows = re.compile(r"(import|from) (sqlalchemy|sqlmodel|models)")
    assert [name for name, source in sources.items() if knows.search(source)] == []


def _files(folder: str, *suffixes: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*"))
    return [path for path in found if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts]


def _python(code: str, *arguments: str, cwd: Path, **environment: str) -> str:
    """What a fresh interpreter prints that has only the installed environment on its path."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    command = [sys.executable, "-P", "-c", code, *arguments]
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _uses(path: Path) -> Iterator[tuple[str, int, float]]:
    """Every imported name that a file uses, in full, with its line and the number it is called with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = dict(_imported(tree))
    numbers = {id(call.func): _number(call) for call in ast.walk(tree) if isinstance(call, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and (full := _full(node, names)):
            yield full, node.lineno, numbers.get(id(node), 0)


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                yield alias.asname or whole, whole
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _full(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (owner := _full(node.value, names)):
        return f"{owner}.{node.attr}"
    return ""


def _number(call: ast.Call) -> float:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, int | float) else 0


def _shown(default: object) -> str:
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)


def _regulations() -> str:
    return (ROOT / "docs" / "regulations.md").read_text(encoding="utf-8")


def _sources(path: Path) -> Iterator[str]:
    """The law and clause of each citation after `Source:`; what follows in English is explanation."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for paragraph in re.findall(r"Source:\s*(.+?)(?:\n\s*\n|\Z)", ast.get_docstring(node) or "", re.DOTALL):
                for citation in re.split(r";\s*", paragraph):
                    law_and_clause = re.split(r"[a-z:]|'s", citation, maxsplit=1)[0].split()[:2]
                    yield " ".join(word.rstrip(".") for word in law_and_clause)


def _names_all(row: str, source: str) -> bool:
    return all(word in row for word in source.split())


def test_every_refusal_says_which_rule_refuses_and_what_to_do() -> None:
    """What is not found has one rule for all of it, said in `models/errors.py`."""
    by_people = {kind.__name__ for kind in DomainError.__subclasses__() if kind.status in {403, 404, 409, 412, 422}}
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (*_files("models", ".py"), *_files("services", ".py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in by_people
        if not {"remedy"} | ({"rule"} - {*_ruled(call.func.id)}) <= {word.arg for word in call.keywords}
    ]

    assert silent == []


def _ruled(kind: str) -> Iterator[str]:
    if getattr(errors, kind).rule_of_kind:
        yield "rule"
