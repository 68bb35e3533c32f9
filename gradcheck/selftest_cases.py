"""What `gradcheck selftest` runs: NumPy functions with a right derivative each, and with wrong ones that easy checks let pass.

The first group is plain: every right claim there is also changed in the usual ways (`gradcheck.selftest`). The others are
nasty: right claims that make careless checks raise a false alarm, and faults that hide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = Any  # arrays as users write them: without their dtypes
Function = Callable[..., Any]

X = np.array([0.5, -1.25, 2.0])
ROWS = np.array([[0.5, -1.25, 2.0, 0.75], [1.5, 0.25, -0.5, -2.0], [-0.75, 1.0, 0.3, 0.6]])
W = np.array([[1.0, -0.5], [0.25, 2.0], [-1.5, 0.75], [0.4, -1.2]])
SQUARE = np.array([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0], [1.0, -0.5, 4.0]])
SYMMETRIC = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 4.0]])
INDEX = np.array([2, 0, 2, 1, 2])


@dataclass(frozen=True, eq=False)
class Case:
    """A function, arguments, the form of the claim, a right claim, and wrong ones by what is wrong with them."""

    name: str
    family: str
    f: Function
    args: tuple[Any, ...]
    form: str
    right: Function
    wrong: Mapping[str, Function] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def softmax(x: Array) -> Array:
    """Shifted by the largest entry, so that nothing overflows."""
    powers = np.exp(x - np.max(x))
    return powers / np.sum(powers)


def softmax_backward(cotangent: Array, x: Array) -> Array:
    """y (g − ⟨g, y⟩)."""
    y = softmax(x)
    return y * (cotangent - np.sum(cotangent * y))


def log_sum_exp(x: Array) -> Array:
    """m + log Σ exp(x − m)."""
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def layer(x: Array, w: Array, b: Array) -> Array:
    """tanh(x w + b), row by row."""
    return np.tanh(x @ w + b)


def layer_backward(cotangent: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """With δ = g (1 − y²): δ wᵀ, xᵀ δ, and the column sums of δ."""
    delta = cotangent * (1 - layer(x, w, b) ** 2)
    return delta @ w.T, x.T @ delta, np.sum(delta, axis=0)


def normalized(x: Array) -> Array:
    """Every row with mean 0 and variance 1, about."""
    centred = x - np.mean(x, axis=1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)


def normalized_backward(cotangent: Array, x: Array) -> Array:
    """(g − mean g − y mean(g y)) / σ."""
    centred = x - np.mean(x, axis=1, keepdims=True)
    sigma = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)
    y = centred / sigma
    along = np.mean(cotangent * y, axis=1, keepdims=True)
    return (cotangent - np.mean(cotangent, axis=1, keepdims=True) - y * along) / sigma


def mean_square(x: Array, w: Array) -> Array:
    """The mean over rows of |x w|²."""
    return np.mean(np.sum((x @ w) ** 2, axis=1))


def elu(x: Array) -> Array:
    """x, and exp(x) − 1 for x ≤ 0."""
    return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)


def lookup(table: Array) -> Array:
    """Rows by an index with repetitions."""
    return table[INDEX]


def lookup_backward(cotangent: Array, table: Array) -> Array:
    """Rows of the cotangent that belong to one index add up."""
    hot = (INDEX[:, None] == np.arange(table.shape[0])).astype(float)
    return hot.T @ cotangent


def lookup_overwritten(cotangent: Array, table: Array) -> Array:
    """The last row that belongs to an index wins."""
    last = [max(i for i, place in enumerate(INDEX) if place == row) for row in range(table.shape[0])]
    return cotangent[np.array(last)]


def cumulated_backward(cotangent: Array, _x: Array) -> Array:
    """Sums from the end."""
    return np.cumsum(cotangent[::-1])[::-1]


def variance_taken_for_constant(cotangent: Array, x: Array) -> Array:
    """(g − mean g) / σ."""
    return (cotangent - np.mean(cotangent, axis=1, keepdims=True)) / np.std(x, axis=1, keepdims=True)


def cube_by_a_loop(x: Array) -> Array:
    """Σ x³ in Python's own numbers: nothing here can be traced."""
    return np.array(sum(float(value) ** 3 for value in x))


def cosine_by_a_condition(x: Array) -> float:
    """cos x in Python's own numbers, and another number in the tail."""
    return math.cos(x) if x < 40 else 0.5


def one_entry(claim: Function, relative: float) -> Function:
    """The claim with its first entry off by a relative error."""

    def changed(*arguments: Any) -> Array:
        found = np.asarray(claim(*arguments))
        factor = np.ones(found.shape)
        factor[(0,) * found.ndim] = 1 + relative
        return found * factor

    return changed


def _exp_of_sine_gradient(x: Array) -> Array:
    return np.cos(x) * np.exp(np.sin(x))


PLAIN = (
    Case("sine", "elementwise", np.sin, (X,), "derivative", np.cos),
    Case(
        "exp of sine, summed", "reduction", lambda x: np.sum(np.exp(np.sin(x))), (X,), "gradient", _exp_of_sine_gradient
    ),
    Case("softmax", "normalisation", softmax, (X,), "vjp", softmax_backward),
    Case(
        "softmax, Jacobian",
        "normalisation",
        softmax,
        (X,),
        "jacobian",
        lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x)),
        {"the diagonal only": lambda x: np.diag(softmax(x) * (1 - softmax(x)))},
    ),
    Case(
        "layer normalisation",
        "normalisation",
        normalized,
        (ROWS,),
        "vjp",
        normalized_backward,
        {"the variance taken for constant": variance_taken_for_constant},
    ),
    Case(
        "dense layer",
        "layers",
        layer,
        (ROWS, W, np.array([0.1, -0.2])),
        "vjp",
        layer_backward,
        {
            "one factor left out": lambda g, x, w, b: (g @ w.T, x.T @ g, np.sum(g, axis=0)),
            "the mean for the sum of the bias": lambda g, x, w, b: (
                *layer_backward(g, x, w, b)[:2],
                layer_backward(g, x, w, b)[2] / len(x),
            ),
        },
    ),
    Case(
        "mean square",
        "losses",
        mean_square,
        (ROWS, W),
        "gradient",
        lambda x, w: 2 * x.T @ (x @ w) / len(x),
        {"without 1/n": lambda x, w: 2 * x.T @ (x @ w)},
        {"wrt": "w"},
    ),
    Case(
        "quadratic form, Hessian",
        "second order",
        lambda x: x @ SQUARE @ x,
        (X,),
        "hessian",
        lambda x: SQUARE + SQUARE.T + 0 * x,
        {"not symmetrised": lambda x: 2 * SQUARE + 0 * x},
    ),
    Case(
        "cumulated sums",
        "indexing",
        np.cumsum,
        (X,),
        "vjp",
        cumulated_backward,
        {"from the start": lambda g, x: np.cumsum(g)},
    ),
    Case("cumulated sums, JVP", "indexing", np.cumsum, (X,), "jvp", lambda v, x: np.cumsum(v)),
)

NASTY = (
    Case("sizes of 1e8 and 1e-8 side by side", "scales", lambda x: np.sum(np.array([1e8, 1.0, 1e-8]) * x**2), (X,), "gradient",
         lambda x: 2 * np.array([1e8, 1.0, 1e-8]) * x,
         {"the small one off by 1e-6": one_entry(lambda x: (2 * np.array([1e8, 1.0, 1e-8]) * x)[::-1], 1e-6)}),
    Case("exp(20 x)", "scales", lambda x: np.exp(20 * x), (X,), "derivative", lambda x: 20 * np.exp(20 * x),
         {"20.0000001": lambda x: 20.0000001 * np.exp(20 * x)}),
    Case("sin(1000 x)", "scales", lambda x: np.sin(1000 * x), (X,), "derivative", lambda x: 1000 * np.cos(1000 * x),
         {"the factor left out": lambda x: np.cos(1000 * x)}),
    Case("the sigmoid far out", "saturation", lambda x: 1 / (1 + np.exp(-x)), (np.array([-30.0, 0.5, 30.0]),), "derivative",
         lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
         {"zero far out": lambda x: np.where(np.abs(x) > 25, 0.0, np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2)}),
    Case("log Σ exp at 1000", "saturation", log_sum_exp, (np.array([1000.0, 999.0, 998.5]),), "gradient", softmax,
         {"off by 1e-9 in an entry": one_entry(softmax, 1e-9)}),
    Case("close to a kink", "kinks", np.abs, (np.array([1e-7, -1e-7, 1.0]),), "derivative", np.sign,
         {"1 on both sides": lambda x: 1 + 0 * x}),
    Case("at a kink", "kinks", lambda x: np.maximum(x, 0), (np.array([0.0, 1.0, -1.0]),), "derivative",
         lambda x: np.where(x > 0, 1.0, 0.0),
         {"7 at the kink": lambda x: np.where(x > 0, 1.0, np.where(x == 0, 7.0, 0.0))}),
    Case("the largest of equal entries", "kinks", np.max, (np.array([2.0, 2.0, 1.0]),), "gradient",
         lambda x: (x == np.max(x)) / np.sum(x == np.max(x)),
         {"1 for each of them": lambda x: (x == np.max(x)) * 1.0}),
    Case("steps", "kinks", np.floor, (X,), "derivative", lambda x: 0 * x, {"1": lambda x: 1 + 0 * x}),
    Case("a square root near its border", "borders", np.sqrt, (np.array([1e-6, 1e-3, 2.0]),), "derivative",
         lambda x: 0.5 / np.sqrt(x), {"the power of the wrong sign": lambda x: 0.5 * np.sqrt(x)}),
    Case("odd powers of negative numbers", "borders", lambda x: x**3, (X,), "derivative", lambda x: 3 * x**2,
         {"wrong for negative bases": lambda x: 3 * x * np.abs(x)}),
    Case("an ill-conditioned product", "borders", lambda x: np.sum((np.vander(x, 5) @ np.ones(5)) ** 2), (X * 10,), "gradient",
         lambda x: 2 * (np.vander(x, 5) @ np.ones(5)) * (4 * x**3 + 3 * x**2 + 2 * x + 1)),
    Case("a condition far away", "branches", np.sin, (X,), "derivative", lambda x: np.where(x > 40, np.cos(x), np.cos(x)),
         {"wrong where x > 40": lambda x: np.where(x > 40, 0.5, np.cos(x)),
          "wrong where x < −1000": lambda x: np.where(x < -1000, 0.5, np.cos(x)),
          "wrong at one number": lambda x: np.where(x == 3.25, 0.5, np.cos(x)),
          "wrong at 0": lambda x: np.where(x == 0, 0.5, np.cos(x))}),
    Case("an ELU seen from its right side", "branches", elu, (np.abs(X),), "derivative",
         lambda x: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0))), {"1 everywhere": lambda x: 1 + 0 * x}),
    Case("a condition of Python's", "branches", np.sin, (np.array(0.5),), "derivative",
         lambda x: math.cos(x) if x < 40 else math.sin(x + math.pi / 2), {"wrong in the tail": cosine_by_a_condition}),
    Case("rows by repeated indices", "indexing", lookup, (ROWS,), "vjp", lookup_backward, {"overwritten": lookup_overwritten}),
    Case("a symmetric matrix", "linear algebra", lambda w, x: w @ x, (SYMMETRIC, X), "vjp", lambda g, w, x: w.T @ g,
         {"its transpose": lambda g, w, x: w @ g}, {"wrt": "x"}),
    Case("a cotangent of ones is not enough", "linear algebra", lambda x: SQUARE @ x, (X,), "vjp", lambda g, x: SQUARE.T @ g,
         {"the cotangent left out": lambda g, x: SQUARE.T @ np.ones(3)}),
    Case("one entry of 400", "large", lambda x: np.sum(np.sin(x) * np.arange(1, 401)), (np.linspace(-2, 2, 400),), "gradient",
         lambda x: np.cos(x) * np.arange(1, 401),
         {"off by a relative 1e-9": one_entry(lambda x: np.cos(x) * np.arange(1, 401), 1e-9)}),
    Case("float32", "low precision", lambda x: np.sum(np.exp(x)), (X.astype(np.float32),), "gradient", np.exp,
         {"off by 1e-3": lambda x: np.exp(x) * np.float32(1.001)}),
    Case("a loop that cannot be traced", "black boxes", cube_by_a_loop, (X,), "gradient", lambda x: 3 * x**2,
         {"off by 1e-5": lambda x: 3 * x**2 * (1 + 1e-5), "NaN": lambda x: 3 * x**2 * np.array([1, 1, np.nan])}),
    Case("no numbers", "answers", lambda x: np.sum(x**2), (X,), "gradient", lambda x: 2 * x,
         {"NaN in an entry": lambda x: 2 * x * np.array([1, 1, np.nan]), "all zeros": lambda x: 0 * x,
          "of another shape": lambda x: 2 * x[:2], "nothing": lambda x: None}),
    Case("a derivative of zero", "answers", lambda x: np.sum(x - x), (X,), "gradient", lambda x: 0 * x,
         {"1e-12": lambda x: 1e-12 + 0 * x}),
)  # fmt: skip
