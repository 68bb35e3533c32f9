"""While a function is traced, its names for NumPy (``np``, ``zeros``, ``math`` …) mean what knows stand-ins.

Only names in the modules of the function's own code are changed, and of the Python functions that it calls; no attribute of
NumPy is. They are put back when the trace ends. Elsewhere, and in other threads, the changed names do what they did.
"""

from __future__ import annotations

import functools
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from gradcheck.program.makers import Float, versions

_DEPTH = 3
# Code that is left alone: what knows stand-ins already, or must not know them.
_LIBRARIES = ("numpy", "scipy", "jax", "jaxlib", "torch", "gradcheck", "builtins", "math")
_EXAMPLES = "gradcheck.selftest"
_lock = threading.RLock()


class _Proxy(types.ModuleType):
    """A module of which some attributes are replaced."""

    def __init__(self, module: types.ModuleType, replaced: dict[str, Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update(replaced)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_module"], name)


@contextmanager
def substituted(function: Callable[..., Any], floats: bool = False) -> Iterator[None]:
    """The names of the function's code changed, for as long as the context lasts; `floats` changes ``float`` as well."""
    functions = list(_functions(function))
    if not functions:
        yield
        return
    with _lock:
        changes = _changes()
        names: list[tuple[dict[str, Any], str, Any]] = []
        cells: list[tuple[types.CellType, Any]] = []
        try:
            for namespace in _namespaces(functions):
                for name, value in list(namespace.items()):
                    if id(value) in changes:
                        names.append((namespace, name, value))
                        namespace[name] = changes[id(value)]
                if floats and "float" not in namespace:
                    names.append((namespace, "float", None))
                    namespace["float"] = Float
            for cell in _cells(functions):
                value = cell.cell_contents
                if id(value) in changes:
                    cells.append((cell, value))
                    cell.cell_contents = changes[id(value)]
            yield
        finally:
            for cell, value in cells:
                cell.cell_contents = value
            for namespace, name, value in names:
                if value is None:
                    namespace.pop(name, None)
                else:
                    namespace[name] = value


def _changes() -> Mapping[int, Any]:
    """What is put in place of an object, by its identity: made once, and again when SciPy has been imported since."""
    return _changes_of(tuple(versions()))


@functools.cache
def _changes_of(_: tuple[str, ...]) -> Mapping[int, Any]:
    """Proxies for modules, versions for functions, by the identity of what they stand for."""
    made: dict[str, _Proxy] = {}
    changes: dict[int, Any] = {}
    for name, replaced in versions().items():
        module = sys.modules[name]
        made[name] = _Proxy(module, dict(replaced))
        changes[id(module)] = made[name]
        changes.update({id(getattr(module, attribute)): version for attribute, version in replaced.items()})
    if "scipy.special" in made:
        scipy = sys.modules["scipy"]
        changes[id(scipy)] = _Proxy(scipy, {name: made[f"scipy.{name}"] for name in ("special", "linalg")})
    return changes


def _functions(function: Any, depth: int = _DEPTH, seen: set[int] | None = None) -> Iterator[types.FunctionType]:
    """The function behind a callable, and the Python functions outside of libraries that its code names."""
    seen = set() if seen is None else seen
    while True:
        inner = getattr(function, "__wrapped__", getattr(function, "func", getattr(function, "__func__", None)))
        if inner is None or inner is function:
            break
        function = inner
    if not isinstance(function, types.FunctionType):
        function = vars(type(function)).get("__call__")
    if not isinstance(function, types.FunctionType) or id(function) in seen:
        return
    if _of_library(function.__globals__.get("__name__")):
        return
    seen.add(id(function))
    yield function
    if not depth:
        return
    names = list(_names(function.__code__))
    named = [function.__globals__[name] for name in names if name in function.__globals__]
    for value in [*named, *(cell.cell_contents for cell in _filled(function.__closure__ or ()))]:
        for called in _callables(value, names):
            yield from _functions(called, depth - 1, seen)


def _callables(value: Any, names: list[str]) -> list[Any]:
    """The functions outside of libraries that a name of some code leads to: itself, or what it has by another such name."""
    if isinstance(value, types.FunctionType | types.MethodType):
        return [] if _of_library(value.__module__) else [value]
    owner: Any = value
    if isinstance(value, types.ModuleType):
        home = value.__name__
    else:
        owner = value if isinstance(value, type) else type(value)
        home = owner.__module__
    if _of_library(home):
        return []
    found = [vars(owner).get(name) for name in {*names, "__call__", "__init__"}]
    return [part for part in found if isinstance(part, types.FunctionType) and not _of_library(part.__module__)]


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _names(part)


def _of_library(module: str | None) -> bool:
    return str(module).split(".", maxsplit=1)[0] in _LIBRARIES and not str(module).startswith(_EXAMPLES)


def _namespaces(functions: Sequence[types.FunctionType]) -> list[dict[str, Any]]:
    """The globals of the functions, each once."""
    found = {id(function.__globals__): function.__globals__ for function in functions}
    return list(found.values())


def _cells(functions: Sequence[types.FunctionType]) -> list[types.CellType]:
    return [cell for function in functions for cell in _filled(function.__closure__ or ())]


def _filled(cells: tuple[types.CellType, ...]) -> list[types.CellType]:
    found = []
    for cell in cells:
        try:
            cell.cell_contents  # noqa: B018 - reading is the test
        except ValueError:
            continue
        found.append(cell)
    return found
