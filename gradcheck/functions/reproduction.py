"""A line to paste: the call that shows a verdict again, at one point only.

Functions of a module are imported by name; those that a test or another function defines are called what they are called
there, since nothing outside can name them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.expressions import kept
from gradcheck.functions.leaves import Arguments
from gradcheck.functions.subject import Adapted
from gradcheck.program.trace import inside

Array = np.ndarray[Any, np.dtype[Any]]

MOST_NUMBERS = 200  # more are not written out


def call(
    f: Callable[..., Any],
    arguments: Arguments,
    point: Mapping[str, Any] | None,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
) -> str:
    """The imports and the call, on as many lines as there are imports and one; `point` maps inputs to numbers."""
    named = kept(("call", f, *given.items()), lambda: _named(f, given))
    imports = list(named.imports)
    own = arguments.inputs
    values: Mapping[str, Array] = {name: np.asarray(value) for name, value in (point or own).items() if name in own}
    if {name: value.shape for name, value in values.items()} != {name: value.shape for name, value in own.items()}:
        values = own  # a point of a batch, or of the second order
    if sum(value.size for value in values.values()) > MOST_NUMBERS:
        args = "args"
    else:
        trees = arguments.rebuild([values[name].astype(value.dtype) for name, value in own.items()])
        args = f"({', '.join(_written_arguments(f, trees, imports))},)"
    words = [f"{word}={value!r}" for word, value in options.items() if value is not None]
    line = f"print(gc.check({', '.join([named.function, args, *named.claims, *words, 'points=0'])}))"
    return "\n".join([*imports, *named.nameless, line])


@dataclass(frozen=True)
class _Named:
    """What a call takes from its functions alone: imports, the function, the claims as keywords, and where lambdas stand."""

    imports: tuple[str, ...]
    function: str
    claims: tuple[str, ...]
    nameless: tuple[str, ...]


def _named(f: Callable[..., Any], given: Mapping[str, Callable[..., Any]]) -> _Named:
    known = (_importable(function) for function in (f, *given.values()))
    imports = dict.fromkeys(["import numpy as np", "import gradcheck as gc", *(where for where in known if where)])
    lambdas = [(role, place(one)) for role, one in [("f", f), *given.items()] if not called(one, "")]
    nameless = tuple(f"# {role} is what {file} defines at line {line}" for role, (file, line) in lambdas)
    return _Named(
        tuple(imports), called(f), tuple(f"{form}={called(one, form)}" for form, one in given.items()), nameless
    )


def called(function: Callable[..., Any], role: str = "f") -> str:
    """What a function is called where it is defined; `role` where it has no name."""
    if isinstance(function, Adapted):
        return function.__name__
    inner = getattr(function, "__wrapped__", function)
    name = str(getattr(inner, "__qualname__", type(inner).__name__)).rpartition("<locals>.")[2]
    # A decorated function goes by its own name, unless that is known to be another, as in f = jax.custom_vjp(g).
    another = inner is not function and getattr(sys.modules.get(inner.__module__), name, function) is not function
    return role if name == "<lambda>" or another else name


def place(function: Callable[..., Any]) -> tuple[str, int]:
    """File name and first line of a function's code; empty and 0 where it has none."""
    inner = function
    for _ in range(8):
        outer, inner = inner, inside(inner)
        if inner is outer:
            break
    code = getattr(inner, "__code__", None) or getattr(getattr(inner, "forward", None), "__code__", None)
    if code is None:
        return "", 0
    return str(code.co_filename).replace("\\", "/").rpartition("/")[2], int(code.co_firstlineno)


def _written_arguments(f: Callable[..., Any], trees: tuple[Any, ...], imports: list[str]) -> list[str]:
    """The arguments as source: tensors, and what stands between them, for a function of torch."""
    adapted = getattr(f, "adapted", None)
    if adapted is None:
        return [written(tree) for tree in trees]
    imports[1:1] = ["import torch"]
    given = adapted.arguments.rebuild(adapted.arguments.pick(trees))
    return [written(tree, "torch") for tree in (given[1:] if adapted.with_parameters else given)]


def written(value: Any, framework: str = "numpy") -> str:
    """A tree of arrays as Python source, those of NumPy or tensors."""
    if isinstance(value, np.ndarray | np.generic) and framework == "torch":
        text = f"torch.tensor({value.tolist()!r}, dtype=torch.{value.dtype.name})"
        return text.replace("inf", "torch.inf").replace("nan", "torch.nan")
    if isinstance(value, np.ndarray):
        dtype = (
            "" if value.dtype in (np.float64, np.int64, np.bool_, np.complex128) else f", dtype={str(value.dtype)!r}"
        )
        empty = f", shape={value.shape}" if not value.size else ""
        if empty:
            return f"np.zeros({value.shape}{dtype})"
        return f"np.array({value.tolist()!r}{dtype})".replace("inf", "np.inf").replace("nan", "np.nan")
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {written(item, framework)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return f"({', '.join(written(item, framework) for item in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(written(item, framework) for item in value)}]"
    return repr(value)


def _importable(function: Callable[..., Any]) -> str | None:
    """The import that brings a function of a module, if there is one."""
    inner = getattr(function, "__wrapped__", function)
    module, name = getattr(inner, "__module__", None), getattr(inner, "__qualname__", "")
    if not module or module == "__main__" or "<" in name or "." in name:
        return None
    return f"from {module} import {name}" if getattr(sys.modules.get(module), name, None) is function else None
