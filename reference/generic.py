"""Smooth functions that stand in for a printed f or L, each with its derivative in plain NumPy.

A schematic rule such as ∂L/∂W = X ∂L/∂Y J_f(WᵀX + b) speaks of every f and every L, so it is tried with several. What
each one is there for: an elementwise f has a diagonal Jacobian; softmax couples its entries, symmetrically; the gated
softmax couples them with J ≠ Jᵀ, so that a transposed factor shows. No loss has a gradient with equal entries.

Notation: m is the length of the vector, i and j count from 1, s(z) is the softmax of z, indices beyond m wrap around.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Generic

Array = np.ndarray[Any, np.dtype[Any]]


def logistic(z: Array) -> Array:
    """σ(z)ᵢ = 1 / (1 + e^{−zᵢ}), any shape."""
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    """s(z)ᵢ = e^{zᵢ} / Σⱼ e^{zⱼ}, shape (m,) → (m,). Unshifted, as it is defined: it overflows for entries near 700."""
    e = np.exp(z)
    shares: Array = e / np.sum(e)
    return shares


def softmax_jacobian(z: Array) -> Array:
    """J = diag(s) − s sᵀ, shape (m,) → (m, m)."""
    s = softmax(z)
    jacobian: Array = np.diag(s) - np.outer(s, s)
    return jacobian


def gated_softmax(z: Array) -> Array:
    """g(z)ᵢ = zᵢ s(z)ᵢ, shape (m,) → (m,): a coupled map whose Jacobian is not symmetric."""
    return z * softmax(z)


def gated_softmax_jacobian(z: Array) -> Array:
    """J = diag(s) + diag(z) (diag(s) − s sᵀ), by the product rule, shape (m,) → (m, m)."""
    jacobian: Array = np.diag(softmax(z)) + z[:, None] * softmax_jacobian(z)
    return jacobian


def _weights(y: Array) -> Array:
    """1, 2, …, m: makes the entries of a loss's gradient different."""
    return np.arange(1.0, y.shape[0] + 1)


def quadratic(y: Array) -> Any:
    """L(y) = ½ Σᵢ i yᵢ² − Σᵢ yᵢ, shape (m,) → scalar."""
    return np.sum(_weights(y) * y * y) / 2 - np.sum(y)


def quadratic_gradient(y: Array) -> Array:
    """∂L/∂yᵢ = i yᵢ − 1, shape (m,) → (m,)."""
    return _weights(y) * y - 1


def log_sum_exp(y: Array) -> Any:
    """L(y) = log Σᵢ e^{i yᵢ}, shape (m,) → scalar; the Hessian is dense."""
    return np.log(np.sum(np.exp(_weights(y) * y)))


def log_sum_exp_gradient(y: Array) -> Array:
    """∂L/∂yᵢ = i e^{i yᵢ} / Σⱼ e^{j yⱼ}, shape (m,) → (m,)."""
    return _weights(y) * softmax(_weights(y) * y)


def chained_sines(y: Array) -> Any:
    """L(y) = Σᵢ sin(yᵢ) yᵢ₊₁, shape (m,) → scalar: neighbours multiply, and the gradient changes sign."""
    return np.sum(np.sin(y) * np.roll(y, -1))


def chained_sines_gradient(y: Array) -> Array:
    """∂L/∂yᵢ = cos(yᵢ) yᵢ₊₁ + sin(yᵢ₋₁), shape (m,) → (m,)."""
    return np.cos(y) * np.roll(y, -1) + np.sin(np.roll(y, 1))


_ELEMENTWISE = frozenset({"elementwise"})
_COUPLED = frozenset({"coupled"})

TANH = Generic("tanh", np.tanh, lambda z: np.diag(1 - np.tanh(z) ** 2), _ELEMENTWISE)
SIGMOID = Generic("sigmoid", logistic, lambda z: np.diag(logistic(z) * (1 - logistic(z))), _ELEMENTWISE)
SINE = Generic("sine", np.sin, lambda z: np.diag(np.cos(z)), _ELEMENTWISE)
SOFTMAX = Generic("softmax", softmax, softmax_jacobian, _COUPLED)
GATED_SOFTMAX = Generic("gated softmax", gated_softmax, gated_softmax_jacobian, _COUPLED)

QUADRATIC = Generic("weighted quadratic", quadratic, quadratic_gradient)
LOG_SUM_EXP = Generic("weighted log-sum-exp", log_sum_exp, log_sum_exp_gradient)
CHAINED_SINES = Generic("chained sines", chained_sines, chained_sines_gradient)

ACTIVATIONS: tuple[Generic, ...] = (TANH, SOFTMAX, SIGMOID, GATED_SOFTMAX, SINE)
"""f: ℝᵐ → ℝᵐ with its m × m Jacobian; traits "elementwise" and "coupled", in turns."""

LOSSES: tuple[Generic, ...] = (QUADRATIC, LOG_SUM_EXP, CHAINED_SINES)
"""L: ℝᵐ → ℝ with its gradient, shape (m,)."""
