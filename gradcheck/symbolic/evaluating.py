"""What is written, evaluated: the tree that is shown is the one that is walked."""

from __future__ import annotations

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


def _needs_jax(part: Any) -> bool:
    return isinstance(part, tree.Derivative) or (isinstance(part, tree.Name) and part.text in ("erf", "gelu"))
