"""Code to copy: the source of functions with all that they need of their modules, as one piece that runs by itself.

What a function uses is found by name, through the constants, helpers and classes of its module and of those that it imports
from beside it, each once and before what uses it. Imports are written at the top as the modules write them. Types are left out:
a snippet is to be read, and needs no names for types.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import site
import symtable
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_COMMENT = re.compile(r"[ \t]*# (?:noqa|type: ignore|fmt: |pragma: )[^\n]*")
_Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class CodeError(ValueError):
    """The code of a function cannot be copied; the message says why, and what would help."""


def snippet(functions: Iterable[Callable[..., Any] | None]) -> str:
    """The source of functions and of all that they need, in the order given; None among them is passed over.

    Raises:
        CodeError: a function is not written at the top level of a module, or needs what a snippet cannot bring along.
    """
    made = _Snippet()
    for function in functions:
        if function is not None:
            made.add(*_named(function))
    return made.text()


def requirements(code: str) -> tuple[str, ...]:
    """The packages that a snippet imports, beside Python's own modules, in order of name."""
    names = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    return tuple(sorted(name for name in names if name not in sys.stdlib_module_names))


def _named(function: Callable[..., Any]) -> tuple[ModuleType, str]:
    """The module and the name of a function. Raises CodeError."""
    function = inspect.unwrap(function)
    name = getattr(function, "__name__", repr(function))
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    if not isinstance(function, FunctionType) or module is None:
        raise CodeError(f"{name} is no function of a Python module; write one with def that calls it")
    if function.__closure__ or "<" in function.__qualname__ or vars(module).get(name) is None:
        raise CodeError(f"{name} is made inside of another function, or has no name; write it at the top of its module")
    return module, name


@dataclass
class _Snippet:
    """Imports, and pieces of source by name, in the order in which they are needed."""

    imports: dict[str, None] = field(default_factory=dict)
    pieces: dict[tuple[str, str], str] = field(default_factory=dict)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)

    def text(self) -> str:
        """All of it. Functions stand two lines apart, constants together."""
        told = "\n".join(_grouped(self.imports))
        before = "import"
        for piece in self.pieces.values():
            kind = "block" if piece.startswith(("def ", "class ", "@")) else "line"
            gap = "\n" if kind == before == "line" else "\n\n" if kind == "line" else "\n\n\n"
            told += gap + piece if told else piece
            before = kind
        return told + "\n"

    def add(self, module: ModuleType, name: str, user: str = "") -> None:
        """A name of a module, with what it needs."""
        statement = _statements(module).get(name)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self._import(module, name, statement)
            return
        if statement is None:
            needs = f"{user} uses" if user else "there is"
            raise CodeError(f"{needs} {name}, which no plain statement of {module.__name__} defines")
        names = list(_defined(statement))
        key = (module.__name__, names[0])
        if key in self.pieces or self.owners.get(name) == key:
            return
        for one in names:
            owner = self.owners.setdefault(one, key)
            if owner != key:
                raise CodeError(
                    f"two things are called {one}, in {owner[0]} and in {module.__name__}: a snippet has one of each name, "
                    f"so rename one of them"
                )
        source = _source(module, statement)
        for used in _uses(source):
            if used not in names:
                self.need(module, used, name)
        self.pieces[key] = source

    def need(self, module: ModuleType, name: str, user: str) -> None:
        """A name that a piece of a module uses, unless Python has it."""
        if name in _statements(module):
            self.add(module, name, user)
        elif not hasattr(builtins, name):
            raise CodeError(f"{user} uses {name}, which no plain statement of {module.__name__} defines")

    def _import(self, module: ModuleType, name: str, statement: ast.Import | ast.ImportFrom) -> None:
        """What is imported from beside the module is brought along; from elsewhere it is imported."""
        alias = next(one for one in statement.names if (one.asname or one.name.partition(".")[0]) == name)
        if isinstance(statement, ast.Import):
            target = alias.name if alias.asname else alias.name.partition(".")[0]
            if _is_ours(sys.modules.get(target)):
                raise CodeError(
                    f"{module.__name__} imports {target} as a whole, which a snippet cannot bring along: import its names"
                )
            self._line(f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else ""), name, target)
            return
        source = _module_of(module, statement)
        origin = sys.modules.get(source)
        if origin is None or not _is_ours(origin):
            self._line(f"from {source} import {alias.name}" + (f" as {name}" if alias.asname else ""), name, source)
            return
        if alias.name not in _statements(origin):
            raise CodeError(
                f"{module.__name__} imports {source}.{alias.name}, a module, which a snippet cannot bring along: "
                f"import the names that are used"
            )
        self.add(origin, alias.name)
        if alias.asname and alias.asname != alias.name:
            self.owners.setdefault(name, (module.__name__, name))
            self.pieces.setdefault((module.__name__, name), f"{name} = {alias.name}")

    def _line(self, line: str, name: str, source: str) -> None:
        owner = self.owners.setdefault(name, ("import", line))
        if owner != ("import", line):
            raise CodeError(
                f"two things are called {name}, one from {source} and one from {owner[0]}: rename one of them"
            )
        if source.partition(".")[0] == "gradcheck":
            raise CodeError(f"{name} is gradcheck's own ({source}), and code to copy must run without it")
        self.imports[line] = None


def _grouped(imports: Iterable[str]) -> list[str]:
    """Import lines in order, those of names of one module together."""
    plain = sorted(line for line in imports if line.startswith("import "))
    names: dict[str, list[str]] = {}
    for line in sorted(set(imports) - set(plain)):
        source, _, name = line.removeprefix("from ").partition(" import ")
        names.setdefault(source, []).append(name)
    return plain + [f"from {source} import {', '.join(found)}" for source, found in names.items()]


@cache
def _statements(module: ModuleType) -> dict[str, ast.stmt]:
    """The statements at the top of a module by the names that they define; the last one counts."""
    found: dict[str, ast.stmt] = {}
    for statement in _tree(module).body:
        for name in _defined(statement):
            found[name] = statement
    return found


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(_text(module))


@cache
def _text(module: ModuleType) -> str:
    try:
        return Path(module.__file__ or "").read_text(encoding="utf-8")
    except OSError as error:
        raise CodeError(f"the source of {module.__name__} cannot be read: {error}") from error


def _defined(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module defines."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _source(module: ModuleType, statement: ast.stmt) -> str:
    """The source of a statement, with the comment right above it, without types and without notes to tools."""
    assert isinstance(statement, _Definition), "imports are written by themselves"
    lines = _text(module).splitlines()
    decorators = getattr(statement, "decorator_list", [])
    begin = min([statement.lineno, *(one.lineno for one in decorators)]) - 1
    while begin > 0 and lines[begin - 1].startswith("#"):
        begin -= 1
    source = "\n".join(lines[begin : statement.end_lineno])
    return _COMMENT.sub("", _untyped(textwrap.dedent(source))).rstrip()


def _untyped(source: str) -> str:
    """The source without annotations."""
    cuts: list[tuple[int, int, str]] = []
    starts = _starts(source)

    def place(line: int, column: int) -> int:
        text = source[starts[line - 1] :].encode()[:column].decode()  # columns are told in bytes
        return starts[line - 1] + len(text)

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            end = place(node.annotation.end_lineno or 0, node.annotation.end_col_offset or 0)
            begin = place(node.lineno, node.col_offset) + len(node.arg)
            default = source.startswith(" = ", end)  # x: float = 1 is written x=1 without a type
            cuts.append((begin, end + 3 * default, "=" * default))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            end = place(node.returns.end_lineno or 0, node.returns.end_col_offset or 0)
            begin = source.rindex("->", 0, place(node.returns.lineno, node.returns.col_offset))
            cuts.append((begin - (source[begin - 1] == " "), end, ""))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            end = place(node.annotation.end_lineno or 0, node.annotation.end_col_offset or 0)
            cuts.append((place(node.target.end_lineno or 0, node.target.end_col_offset or 0), end, ""))
    for begin, end, instead in sorted(cuts, reverse=True):
        source = source[:begin] + instead + source[end:]
    return source


def _starts(source: str) -> list[int]:
    """Where each line begins."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _uses(source: str) -> list[str]:
    """The names of its module that a piece of source uses, in the order of the alphabet within each scope."""
    top = symtable.symtable(source, "<snippet>", "exec")
    used = {one.get_name(): None for one in top.get_symbols() if one.is_referenced() and not one.is_assigned()}
    scopes = list(top.get_children())
    while scopes:
        scope = scopes.pop(0)
        scopes += scope.get_children()
        used.update((one.get_name(), None) for one in scope.get_symbols() if one.is_global() and one.is_referenced())
    return sorted(used)


def _module_of(module: ModuleType, statement: ast.ImportFrom) -> str:
    """The full name of the module that a statement imports from."""
    if not statement.level:
        return statement.module or ""
    package = (module.__package__ or "").split(".")
    return ".".join([*package[: len(package) - statement.level + 1], *filter(None, [statement.module])])


@cache
def _installed() -> tuple[Path, ...]:
    """Where packages and Python's own modules are."""
    folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return tuple(Path(folder).resolve() for folder in (*folders, *site.getsitepackages(), site.getusersitepackages()))


def _is_ours(module: ModuleType | None) -> bool:
    """Whether a module lies beside what is copied: it is neither installed, nor Python's, nor gradcheck's."""
    if module is None or not module.__file__ or module.__name__.partition(".")[0] == "gradcheck":
        return False
    file = Path(module.__file__).resolve()
    return not any(file.is_relative_to(folder) for folder in _installed())


def names_of(functions: Sequence[Callable[..., Any] | None]) -> tuple[str, ...]:
    """The names of functions, empty for None."""
    return tuple("" if one is None else str(getattr(one, "__name__", one)) for one in functions)
