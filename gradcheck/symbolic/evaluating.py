"""What is written, evaluated: the tree that is shown is the one that is walked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.latex import tree
from gradcheck.latex.evaluate import Definition, Evaluator, Problem
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Val


def evaluated(
    expr: Expr,
    names: Sequence[str],
    definitions: Mapping[str, Definition] | None = None,
    shape: tuple[int, ...] | None = None,
) -> Callable[..., Any]:
    """A function of one array a name: the plain tree `expr`, entry by entry, in NumPy or JAX.

    Arrays of any shapes that broadcast are taken. The result has the shape that is given, where one is.
    """
    known = dict(definitions or {})
    if any(isinstance(part, tree.Derivative) for part in parts(expr)):
        expr = by_cases(expr)
        known = {name: dataclasses.replace(one, body=by_cases(one.body)) for name, one in known.items()}
    numbers: Any = np
    if any(_needs_jax(part) for node in (expr, *(one.body for one in known.values())) for part in parts(node)):
        import jax.numpy as jnp

        numbers = jnp

    def value(*arrays: Any) -> Any:
        problem = Problem(definitions=dict(known), indices=frozenset())
        values = {name: Val((), array) for name, array in zip(names, arrays, strict=True)}
        data = Evaluator(problem, values, numbers).run(expr).data
        return data if shape is None or np.shape(data) == shape else numbers.broadcast_to(data, shape)

    return value


def by_cases(node: Any) -> Any:
    """A formula with a maximum or minimum as cases: JAX asks whether the larger one equals it, which no enclosure decides."""
    if isinstance(node, tuple):
        return tuple(by_cases(child) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    inner = {f.name: by_cases(getattr(node, f.name)) for f in dataclasses.fields(node) if f.compare}
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        arguments = inner["arguments"]
        if node.function.text in ("max", "min") and len(arguments) == 2:
            one, two = arguments
            mark = ">" if node.function.text == "max" else "<"
            return tree.Cases(((one, tree.Relation(mark, one, two)), (two, None)))
        if node.function.text == "relu" and len(arguments) == 1:
            (one,) = arguments
            zero = tree.Number("0")
            return tree.Cases(((one, tree.Relation(">", one, zero)), (zero, None)))
    return dataclasses.replace(node, **inner)


def _needs_jax(part: Any) -> bool:
    return isinstance(part, tree.Derivative) or (isinstance(part, tree.Name) and part.text in ("erf", "gelu"))
