"""Activation functions, elementwise unless said otherwise, each with its derivative.

Where a function has a kink, its derivative there is a convention: the code returns what JAX and torch return, and the
entry says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library, Stable

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("activations", "activations.py", "Activations")


def relu(x: Array) -> Any:
    """max(0, x)."""
    return np.maximum(x, 0)


def relu_derivative(x: Array) -> Any:
    """1 above 0 and 0 below it; 0 at 0."""
    return np.where(x > 0, 1.0, 0.0)


LIBRARY.formula(
    "relu",
    "ReLU, rectified linear unit",
    formula=r"f(x) = \max(0, x)",
    forward=relu,
    inputs={"x": Reals()},
    derivative=relu_derivative,
    printed=r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
    source="V. Nair and G. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010, section 2",
    kinks="At 0 the slopes are 0 and 1; the code returns 0, as JAX and torch do.",
    also=("jax.nn.relu", "torch.nn.ReLU"),
)


def softplus(x: Array) -> Any:
    """log(1 + eˣ)."""
    return np.log(1 + np.exp(x))


def softplus_derivative(x: Array) -> Any:
    """1 / (1 + e⁻ˣ), the logistic sigmoid."""
    return 1 / (1 + np.exp(-x))


def stable_softplus(x: Array) -> Any:
    """max(x, 0) + log(1 + e^{−|x|}): nothing is exponentiated that is above 0."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


LIBRARY.formula(
    "softplus",
    "Softplus",
    formula=r"f(x) = \log(1 + e^x)",
    forward=softplus,
    inputs={"x": Reals()},
    derivative=softplus_derivative,
    printed=r"f'(x) = \frac{1}{1 + e^{-x}}",
    source="C. Dugas et al., Incorporating second-order functional knowledge for better option pricing, NIPS 2000, equation 4",
    stable=Stable(
        "eˣ overflows above 709, and 1 + eˣ loses the digits of eˣ where x is far below 0.", forward=stable_softplus
    ),
    also=("jax.nn.softplus", "torch.nn.Softplus"),
)
