"""Forty small formulas of textbooks with the derivatives printed beside them, for whichever library computes them.

``formulas(np)`` takes the library: ``numpy``, ``jax.numpy``, ``autograd.numpy`` or ``torch``. The bodies are the same
lines, and what runs is that library's own functions; constants are NumPy arrays (torch's for torch). Sizes are those of a
worked example: vectors of four to six numbers, matrices of three by four.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

Array = numpy.ndarray[Any, numpy.dtype[Any]]
Function = Callable[[Any], Any]

MIXED = numpy.array([-1.7, -0.9, -0.3, 0.4, 1.1, 2.3])
POSITIVE = numpy.array([0.3, 0.7, 1.2, 1.9, 2.6])
INSIDE = numpy.array([-0.8, -0.45, -0.1, 0.25, 0.7])  # of (−1, 1)
SHARES = numpy.array([0.1, 0.25, 0.45, 0.6, 0.85])  # of (0, 1)
WEIGHTS = numpy.array([0.9, -1.4, 0.6, 1.7, -0.5, 0.8])
TARGETS = numpy.array([0.15, 0.3, 0.05, 0.2, 0.1, 0.2])
MATRIX = numpy.array([[0.8, -1.1, 0.4, 1.5], [-0.6, 0.9, 1.3, -0.2], [1.2, 0.5, -0.7, 0.3]])
OTHER = numpy.array([[0.7, -0.4], [1.1, 0.2], [-0.9, 1.6], [0.3, -1.2]])
SQUARE = numpy.array([[3.1, 0.4, -0.7], [0.9, 2.6, 0.3], [-0.5, 1.2, 3.8]])
LEFT = numpy.array([0.6, -1.3, 0.9])
RIGHT = numpy.array([1.2, -0.4, 0.7, 1.6])
ROOT = 0.7978845608028654  # sqrt(2/π)


@dataclass(frozen=True, eq=False)
class Formula:
    """A function of one array, and its derivative in the form in which it is printed.

    ``form`` is *derivative* (elementwise; shaped like the result), *gradient* (of a scalar; shaped like the argument) or
    *jacobian* (outputs first), a keyword of `gradcheck.check`. ``point`` is a NumPy array.
    """

    name: str
    point: Array
    primal: Function
    form: str
    claim: Function


def formulas(np: Any) -> list[Formula]:
    """The forty, computed by the library ``np``."""

    def given(value: Array) -> Any:
        return np.asarray(value) if np.__name__ == "torch" else value

    a, t, one = given(WEIGHTS), given(TARGETS), given(numpy.eye(6))
    m, l, r = given(MATRIX), given(LEFT), given(RIGHT)  # noqa: E741 - the letters of the formulas

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def softmax(x: Any) -> Any:
        return np.exp(x) / np.sum(np.exp(x))

    def gelu(x: Any) -> Any:
        return 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x**3)))

    def gelu_derivative(x: Any) -> Any:
        u = np.tanh(ROOT * (x + 0.044715 * x**3))
        return 0.5 * (1 + u) + 0.5 * x * (1 - u**2) * ROOT * (1 + 0.134145 * x**2)

    def mish(x: Any) -> Any:
        return x * np.tanh(np.log1p(np.exp(x)))

    def mish_derivative(x: Any) -> Any:
        u = np.tanh(np.log1p(np.exp(x)))
        return u + x * (1 - u**2) * sigmoid(x)

    def norm(x: Any) -> Any:
        return np.sqrt(np.sum(x**2))

    def standardised(x: Any) -> Any:
        return (x - np.mean(x)) / np.sqrt(np.mean((x - np.mean(x)) ** 2) + 1e-5)

    def standardised_jacobian(x: Any) -> Any:
        deviation = np.sqrt(np.mean((x - np.mean(x)) ** 2) + 1e-5)
        z = standardised(x)
        return (one - 1 / 6 - np.outer(z, z) / 6) / deviation

    def cross_entropy(x: Any) -> Any:
        return -np.sum(t * np.log(softmax(x)))

    def inverse_form(x: Any) -> Any:
        return np.sum(l * (np.linalg.inv(x) @ l))

    def inverse_form_gradient(x: Any) -> Any:
        inverse = np.linalg.inv(x)
        return -np.outer(inverse.T @ l, inverse @ l)

    derivatives: list[tuple[str, Array, Function, Function]] = [
        ("square", MIXED, lambda x: np.square(x), lambda x: 2 * x),
        ("cube", MIXED, lambda x: x * np.square(x) - 2 * x, lambda x: 3 * x**2 - 2),
        ("reciprocal", POSITIVE, lambda x: np.reciprocal(x), lambda x: -1 / x**2),
        ("square root", POSITIVE, lambda x: np.sqrt(x), lambda x: 0.5 / np.sqrt(x)),
        ("exponential", MIXED, lambda x: np.exp(-2 * x), lambda x: -2 * np.exp(-2 * x)),
        ("logarithm", POSITIVE, lambda x: np.log(x), lambda x: 1 / x),
        ("x log x", POSITIVE, lambda x: x * np.log(x), lambda x: np.log(x) + 1),
        ("sine", MIXED, lambda x: np.sin(3 * x), lambda x: 3 * np.cos(3 * x)),
        ("cosine", MIXED, lambda x: np.cos(x) ** 2, lambda x: -2 * np.sin(x) * np.cos(x)),
        ("tangent", INSIDE, lambda x: np.tan(x), lambda x: 1 / np.cos(x) ** 2),
        ("sinh", MIXED, lambda x: np.sinh(x), lambda x: np.cosh(x)),
        ("tanh", MIXED, lambda x: np.tanh(x), lambda x: 1 - np.tanh(x) ** 2),
        ("sigmoid", MIXED, sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
        ("logit", SHARES, lambda x: np.log(x / (1 - x)), lambda x: 1 / (x * (1 - x))),
        ("softplus", MIXED, lambda x: np.log1p(np.exp(x)), sigmoid),
        ("swish", MIXED, lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
        ("gelu", MIXED, gelu, gelu_derivative),
        ("mish", MIXED, mish, mish_derivative),
        ("relu", MIXED, lambda x: np.where(x > 0, x, 0.0), lambda x: np.where(x > 0, 1.0, 0.0)),
        ("leaky relu", MIXED, lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1.0, 0.01)),
        ("elu", MIXED, lambda x: np.where(x > 0, x, np.exp(x) - 1), lambda x: np.where(x > 0, 1.0, np.exp(x))),
        ("softsign", MIXED, lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2),
        ("gaussian", MIXED, lambda x: np.exp(-(x**2) / 2), lambda x: -x * np.exp(-(x**2) / 2)),
        ("cauchy", MIXED, lambda x: 1 / (1 + np.square(x)), lambda x: -2 * x / (1 + x**2) ** 2),
    ]
    gradients: list[tuple[str, Array, Function, Function]] = [
        ("linear form", MIXED, lambda x: np.sum(a * x), lambda x: a + 0 * x),
        ("sum of squares", MIXED, lambda x: np.sum(x**2) / 2, lambda x: x),
        ("euclidean norm", MIXED, norm, lambda x: x / norm(x)),
        ("log sum exp", MIXED, lambda x: np.log(np.sum(np.exp(x))), softmax),
        ("mean squared error", MIXED, lambda x: np.mean((x - a) ** 2), lambda x: 2 * (x - a) / 6),
        ("cross-entropy of softmax", MIXED, cross_entropy, lambda x: np.sum(t) * softmax(x) - t),
        ("entropy", SHARES, lambda x: -np.sum(x * np.log(x)), lambda x: -np.log(x) - 1),
        ("logistic loss", MIXED, lambda x: np.sum(np.log1p(np.exp(-a * x))), lambda x: -a * sigmoid(-a * x)),
        ("bilinear form", MATRIX, lambda x: np.sum(l * (x @ r)), lambda x: np.outer(l, r) + 0 * x),
        ("least squares", MATRIX, lambda x: np.sum((x @ r - l) ** 2), lambda x: 2 * np.outer(x @ r - l, r)),
        ("sum of a product", OTHER, lambda x: np.sum(m @ x), lambda x: m.T @ (0 * (m @ x) + 1)),
        ("aᵀ X⁻¹ a", SQUARE, inverse_form, inverse_form_gradient),
    ]
    jacobians: list[tuple[str, Array, Function, Function]] = [
        ("linear map", RIGHT, lambda x: np.matmul(m, x), lambda x: m + 0 * x[0]),
        ("softmax", MIXED, softmax, lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))),
        ("log softmax", MIXED, lambda x: np.log(softmax(x)), lambda x: one - softmax(x)),
        ("layer normalisation", MIXED, standardised, standardised_jacobian),
    ]
    forms = {"derivative": derivatives, "gradient": gradients, "jacobian": jacobians}
    return [Formula(name, point, f, form, df) for form, rows in forms.items() for name, point, f, df in rows]


def vjp_of(formula: Formula) -> Callable[[Any, Any], Any]:
    """The VJP that the printed derivative amounts to, ``vjp(cotangent, x)``, which is the form that others check."""

    def vjp(cotangent: Any, x: Any) -> Any:
        claimed = formula.claim(x)
        return cotangent @ claimed if formula.form == "jacobian" else cotangent * claimed

    return vjp


def jacobian_of(formula: Formula) -> Array:
    """The whole Jacobian that the printed derivative amounts to, outputs times inputs, computed by NumPy."""
    claimed = numpy.asarray(formula.claim(formula.point))
    if formula.form == "derivative":
        return numpy.diag(claimed.ravel())
    return claimed.reshape(-1, formula.point.size)
