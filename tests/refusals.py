"""Every Chinese text a refusal says: what is handed to the errors of `models/errors.py`, found in the code itself."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from catalogue import is_chinese
from models import errors
from models.permissions import Operation, label_of
from services import history_check, history_parts

ROOT = Path(errors.__file__).parents[1]
FOLDERS = ("models", "services", "web")
HOLE = "{}"
_Def = ast.FunctionDef | ast.AsyncFunctionDef


class _Code:
    """The modules that refuse, with what is looked up by name: functions, and what a name at the top stands for."""

    def __init__(self) -> None:
        self.trees = [ast.parse(path.read_text(encoding="utf-8")) for one in FOLDERS for path in _files(one)]
        self.functions: dict[str, list[_Def]] = defaultdict(list)
        self.classes: dict[str, ast.ClassDef] = {}
        self.constants: dict[str, list[ast.expr]] = defaultdict(list)
        for tree in self.trees:
            self._read(tree)
        self.kinds = self._kinds()
        self.helpers = self._helpers()

    def _read(self, tree: ast.Module) -> None:
        for node in _nodes(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name].append(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
        for name, value in _assigned(tree.body):
            self.constants[name].append(value)

    def _kinds(self) -> set[str]:
        """The classes of refusals; what a model finds wrong with a form is a ValueError first."""
        found = {"DomainError", "ValueError"}
        while more := {
            name for name, one in self.classes.items() if name not in found and found & {_name(b) for b in one.bases}
        }:
            found |= more
        return found

    def _helpers(self) -> set[str]:
        """Functions that make or raise a refusal of what they are handed, and those that call them so."""
        found = set(self.kinds)
        while more := {name for name, ones in self.functions.items() if name not in found for one in ones
                       if _hands_on(one, found)}:  # fmt: skip
            found |= more
        return found


@cache
def _nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _assigned(body: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((name, node.value) for one in node.targets for name in _targets(one))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield _name(node.target), node.value


def _added(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What a list is given later."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"append", "extend"}:
        yield from ((_name(node.func.value), one) for one in node.args)


def _targets(node: ast.expr) -> list[str]:
    return [_name(one) for one in node.elts] if isinstance(node, ast.Tuple) else [_name(node)]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _hands_on(function: _Def, helpers: set[str]) -> bool:
    """Whether it makes a refusal, or is handed the words of one."""
    if function.name.startswith("__"):
        return False
    if function.returns is not None and _name(function.returns) in helpers:
        return True
    texts = {one.arg for one in (*function.args.args, *function.args.kwonlyargs) if _is_text(one)}
    handed = {_name(part) for call in _calls(function, helpers) for part in _parts(call)}
    return bool(texts & handed)


def _is_text(parameter: ast.arg) -> bool:
    return parameter.annotation is not None and _name(parameter.annotation) == "str" and parameter.arg != "field"


def _calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in _nodes(tree):
        if isinstance(node, ast.Call) and _name(node.func) in names:
            yield node


def _faults(function: _Def) -> Iterator[ast.expr]:
    """What a form is shown again with, without a refusal."""
    for node in _nodes(function):
        if isinstance(node, ast.keyword) and node.arg == "faults":
            yield node.value


def _parts(call: ast.Call) -> Iterator[ast.expr]:
    """What is said: not the input it is about, nor what is for programs beside the messages."""
    yield from call.args
    yield from (one.value for one in call.keywords if one.arg != "field")


def _words(node: ast.expr) -> Iterator[ast.expr]:
    """The texts in an expression and what names them; a text with holes stands for itself and for what fills them."""
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Name | ast.Attribute | ast.Call):
        yield node
    for one in _inside(node):
        yield from _words(one)


def _inside(node: ast.AST) -> Iterator[ast.expr]:
    """A member of what has a name says nothing of the whole; one of a table is found there."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield node.func.value
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.comprehension):
            yield from (one.iter, *one.ifs)
        elif isinstance(one, ast.keyword):
            yield one.value
        elif isinstance(one, ast.expr) and not (isinstance(node, ast.JoinedStr) and isinstance(one, ast.Constant)):
            yield one


@cache
def refused_texts() -> frozenset[str]:
    """Constants as they are, a text with values as a pattern with `{}` for each; the names of operations fill holes."""
    code = _Code()
    found = {text for tree in code.trees for text in _said(tree, code)}
    return frozenset(text for text in (*found, *_findings(), *map(label_of, Operation)) if is_chinese(text))


def _findings() -> Iterator[str]:
    """What a verification of the history says."""
    for module in (history_check, history_parts):
        yield from _every(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))


def _said(tree: ast.Module, code: _Code) -> Iterator[str]:
    for kind in _nodes(tree):
        if isinstance(kind, ast.ClassDef) and kind.name in code.kinds:
            yield from (text for _, value in _assigned(kind.body) for text in _own(value))
    for function in _nodes(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (
                *(part for call in _calls(function, code.helpers) for part in _parts(call)),
                *_faults(function),
            ):
                yield from _texts(part, function, code, frozenset())


def _texts(node: ast.expr, function: ast.AST, code: _Code, seen: frozenset[str]) -> Iterator[str]:
    for one in _words(node):
        yield from _own(one)
        name = _name(one.func if isinstance(one, ast.Call) else one)
        if name in seen or (isinstance(one, ast.Call) and name in code.helpers):
            continue
        if isinstance(one, ast.Name | ast.Attribute):
            for value, where in _values(name, function, code):
                yield from _texts(value, where, code, seen | {name})
        if isinstance(one, ast.Attribute | ast.Call):
            for made in code.functions.get(name, ()):
                if isinstance(one, ast.Call) or made.decorator_list:
                    yield from _of_function(made, code)


def _own(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield _pattern(node)


def _of_function(made: _Def, code: _Code) -> Iterator[str]:
    """Whatever a function that words something may say: all its texts, and those of its tables."""
    yield from _every(made)
    for node in _nodes(made):
        if isinstance(node, ast.Name) and node.id.isupper():
            yield from (text for table in code.constants[node.id] for text in _every(table))


def _every(tree: ast.AST) -> Iterator[str]:
    """All texts but descriptions and the shapes others are searched by."""
    nodes = list(_nodes(tree))
    parts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    described = {node.value for node in nodes if isinstance(node, ast.Expr)}
    shapes = {
        one for node in nodes if isinstance(node, ast.Call) and _name(node.func) == "compile" for one in node.args
    }
    for node in nodes:
        if node not in parts | described | shapes:
            yield from _own(node)


def _values(name: str, function: ast.AST, code: _Code) -> Iterator[tuple[ast.expr, ast.AST]]:
    """What a name stands for here: what it is given in this function, else at the top of a module."""
    yield from ((value, function) for value in _given(function).get(name) or code.constants.get(name, ()))


@cache
def _given(function: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for name, value in (*_assigned(_nodes(function)), *(one for node in _nodes(function) for one in _added(node))):
        found[name].append(value)
    return found


def _pattern(node: ast.JoinedStr) -> str:
    return "".join(str(one.value) if isinstance(one, ast.Constant) else HOLE for one in node.values)
