"""Functions known by name: elementwise ones, softmax, determinants."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.latex.errors import TooLargeError


def softmax(np_: Any, z: Any) -> Any:
    """Along the last axis."""
    e = np_.exp(z)
    return e / np_.sum(e, axis=-1, keepdims=True)


def expm1(np_: Any, x: Any) -> Any:
    """e^x - 1 where x is not positive; what the other branch of a choice holds must not overflow."""
    return np_.exp(np_.minimum(x, 0.0)) - 1


_MINORS = 6  # rows of the largest matrix whose determinant is written out


def det(np_: Any, m: Any) -> Any:
    """By minors, as there is no ball rule for a factorization that pivots. Raises UnresolvedError for a large matrix."""
    n = m.shape[0]
    if n > _MINORS:
        raise TooLargeError(f"the determinant of a {n}×{n} matrix; at most {_MINORS}×{_MINORS} are written out")
    if n == 1:
        return m[0, 0]
    total = 0.0
    for j in range(n):
        rest = [[m[i, k] for k in range(n) if k != j] for i in range(1, n)]
        minor = np_.stack([np_.stack(row) for row in rest])
        total = total + (-1) ** j * m[0, j] * det(np_, minor)
    return total


def erf(np_: Any, x: Any) -> Any:
    """The error function."""
    return _special(np_).erf(x)


def _special(np_: Any) -> Any:
    """Functions that NumPy lacks: SciPy's are universal functions like NumPy's, and are traced like them."""
    if np_ is np:
        from scipy import special
    else:
        from jax.scipy import special
    return special


ELEMENTWISE: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda np_, x: np_.exp(x),
    "log": lambda np_, x: np_.log(x),
    "lg": lambda np_, x: np_.log(x) / math.log(10),
    "sin": lambda np_, x: np_.sin(x),
    "cos": lambda np_, x: np_.cos(x),
    "tan": lambda np_, x: np_.tan(x),
    "cot": lambda np_, x: np_.cos(x) / np_.sin(x),
    "sec": lambda np_, x: 1 / np_.cos(x),
    "csc": lambda np_, x: 1 / np_.sin(x),
    "sinh": lambda np_, x: np_.sinh(x),
    "cosh": lambda np_, x: np_.cosh(x),
    "tanh": lambda np_, x: np_.tanh(x),
    "coth": lambda np_, x: np_.cosh(x) / np_.sinh(x),
    "arcsin": lambda np_, x: np_.arcsin(x),
    "arccos": lambda np_, x: np_.arccos(x),
    "arctan": lambda np_, x: np_.arctan(x),
    "arctanh": lambda np_, x: np_.arctanh(x),
    "arcsinh": lambda np_, x: np_.arcsinh(x),
    "sqrt": lambda np_, x: np_.sqrt(x),
    "erf": erf,
    "lgamma": lambda np_, x: _special(np_).gammaln(x),
    "digamma": lambda np_, x: _special(np_).digamma(x),
    "trigamma": lambda np_, x: _special(np_).zeta(2.0, x),  # ψ′(x) = Σ 1/(x + k)²
    "sign": lambda np_, x: np_.sign(x),
    "abs": lambda np_, x: np_.abs(x),
    "sigmoid": lambda np_, x: 1 / (1 + np_.exp(-x)),
    "relu": lambda np_, x: np_.maximum(x, 0.0),
    "softplus": lambda np_, x: np_.log(1 + np_.exp(x)),
    "silu": lambda np_, x: x / (1 + np_.exp(-x)),
    "gelu": lambda np_, x: 0.5 * x * (1 + erf(np_, x / math.sqrt(2))),
}


SPECIAL = frozenset(("softmax", "elu", "tr", "det", "diag", "max", "min", "vec"))
