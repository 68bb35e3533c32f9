"""The activations: every claim holds, certified, and is what is printed; JAX and torch say the same; wrong ones are caught."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import special

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.activations import LIBRARY, sigmoid, softmax, softmax_backward, sparsemax
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_same_as_torch,
    assert_stable_form_survives,
    claims_of,
    faults_in,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED: dict[str, str] = {}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]
Points = Mapping[str, Sequence[Sequence[Any]]]

JAX: Peers = {
    "relu": lambda jax: jax.nn.relu,
    "sigmoid": lambda jax: jax.nn.sigmoid,
    "log-sigmoid": lambda jax: jax.nn.log_sigmoid,
    "tanh": lambda jax: jax.nn.tanh,
    "softplus": lambda jax: jax.nn.softplus,
    "softplus-with-beta": lambda jax: lambda x, beta: jax.nn.softplus(beta * x) / beta,
    "leaky-relu": lambda jax: jax.nn.leaky_relu,
    "elu": lambda jax: jax.nn.elu,
    "identity": lambda jax: jax.nn.identity,
    "absolute-value": lambda jax: jax.numpy.abs,
    "relu6": lambda jax: jax.nn.relu6,
    "squared-relu": lambda jax: lambda x: jax.nn.relu(x) ** 2,
    "crelu": lambda jax: lambda x: (jax.nn.relu(x), jax.nn.relu(-x)),
    "hard-tanh": lambda jax: jax.nn.hard_tanh,
    "hard-sigmoid": lambda jax: jax.nn.hard_sigmoid,
    "hard-silu": lambda jax: jax.nn.hard_silu,
    "celu": lambda jax: jax.nn.celu,
    "selu": lambda jax: lambda x, lam, alpha: lam * jax.nn.elu(x, alpha),
    "gelu": lambda jax: lambda x: jax.nn.gelu(x, approximate=False),
    "gelu-tanh": lambda jax: jax.nn.gelu,
    "quick-gelu": lambda jax: lambda x: x * jax.nn.sigmoid(1.702 * x),
    "silu": lambda jax: jax.nn.silu,
    "swish": lambda jax: lambda x, beta: jax.nn.silu(beta * x) / beta,
    "mish": lambda jax: jax.nn.mish,
    "softsign": lambda jax: jax.nn.soft_sign,
    "squareplus": lambda jax: jax.nn.squareplus,
    "sparse-plus": lambda jax: jax.nn.sparse_plus,
    "sparse-sigmoid": lambda jax: jax.nn.sparse_sigmoid,
    "logit": lambda jax: jax.scipy.special.logit,
    "log1mexp": lambda jax: jax.nn.log1mexp,
    "arctan": lambda jax: jax.numpy.arctan,
    "arsinh": lambda jax: jax.numpy.arcsinh,
    "normal-cdf": lambda jax: jax.scipy.special.ndtr,
    "softmax": lambda jax: jax.nn.softmax,
    "softmax-jacobian": lambda jax: jax.nn.softmax,
    "softmax-with-temperature": lambda jax: lambda x, temperature: jax.nn.softmax(x / temperature),
    "gumbel-softmax": lambda jax: lambda x, g, tau: jax.nn.softmax((x + g) / tau),
    "log-softmax": lambda jax: jax.nn.log_softmax,
    "softmin": lambda jax: lambda x: jax.nn.softmax(-x),
    "log-sum-exp": lambda jax: jax.nn.logsumexp,
    "log-mean-exp": lambda jax: jax.nn.logmeanexp,
    "softmax-one": lambda jax: lambda x: jax.nn.softmax(jax.numpy.append(x, 0.0))[:-1],
    "sparsemax": lambda jax: importlib.import_module("optax.projections").projection_simplex,
    "maxout": lambda jax: lambda x: jax.numpy.max(x, axis=-1),
    "glu": lambda jax: lambda a, b: jax.nn.glu(jax.numpy.concatenate([a, b])),
    "reglu": lambda jax: lambda a, b: jax.nn.relu(a) * b,
    "geglu": lambda jax: lambda a, b: jax.nn.gelu(a, approximate=False) * b,
    "swiglu": lambda jax: lambda a, b: jax.nn.silu(a) * b,
}
"""What does the same, out of JAX's own functions."""
TORCH: Peers = {
    "relu": lambda torch: torch.nn.functional.relu,
    "sigmoid": lambda torch: torch.nn.functional.sigmoid,
    "log-sigmoid": lambda torch: torch.nn.functional.logsigmoid,
    "tanh": lambda torch: torch.nn.functional.tanh,
    "softplus": lambda torch: torch.nn.functional.softplus,
    "prelu": lambda torch: torch.nn.functional.prelu,
    "absolute-value": lambda torch: torch.abs,
    "relu6": lambda torch: torch.nn.functional.relu6,
    "hard-tanh": lambda torch: torch.nn.functional.hardtanh,
    "hard-silu": lambda torch: torch.nn.functional.hardswish,
    "threshold": lambda torch: lambda x, *constants: torch.nn.functional.threshold(x, *map(float, constants)),
    "softshrink": lambda torch: lambda x, lam: torch.nn.functional.softshrink(x, lam.item()),
    "hardshrink": lambda torch: lambda x, lam: torch.nn.functional.hardshrink(x, lam.item()),
    "elu": lambda torch: lambda x, alpha: torch.nn.functional.elu(x, alpha.item()),
    "softplus-with-beta": lambda torch: lambda x, beta: torch.nn.functional.softplus(x, beta.item()),
    "arsinh": lambda torch: torch.asinh,
    "normal-cdf": lambda torch: torch.special.ndtr,
    "gelu": lambda torch: torch.nn.functional.gelu,
    "gelu-tanh": lambda torch: lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "silu": lambda torch: torch.nn.functional.silu,
    "mish": lambda torch: torch.nn.functional.mish,
    "tanhshrink": lambda torch: torch.nn.functional.tanhshrink,
    "softsign": lambda torch: torch.nn.functional.softsign,
    "logit": lambda torch: torch.logit,
    "softmax": lambda torch: lambda x: torch.nn.functional.softmax(x, dim=-1),
    "log-softmax": lambda torch: lambda x: torch.nn.functional.log_softmax(x, dim=-1),
    "softmin": lambda torch: lambda x: torch.nn.functional.softmin(x, dim=-1),
    "log-sum-exp": lambda torch: lambda x: torch.logsumexp(x, dim=-1),
    "maxout": lambda torch: lambda x: torch.amax(x, dim=-1),
    "glu": lambda torch: lambda a, b: torch.nn.functional.glu(torch.cat([a, b])),
}
"""What does the same, out of torch's own functions.

Two are left out, whose backward rounds a constant to single precision also where all is double (torch 2.13): hardsigmoid its
1/6, celu its 1/α.
"""
ONES, TIES = np.ones((2, 2)), np.array([[0.0, 1.0], [-2.0, 0.0]])
KINKS: Points = {
    "relu": [[0.0]],
    "elu": [[0.0, 0.7]],
    "relu6": [[0.0], [6.0]],
    "hard-sigmoid": [[-3.0], [3.0]],
    "selu": [[0.0, 1.05, 1.67]],
    "crelu": [[np.ones(3), 2 * np.ones(3), np.array([0.0, 1.0, -1.0])]],
    "softshrink": [[0.5, 0.5], [-0.5, 0.5], [0.0, 0.5]],
    "hardshrink": [[0.5, 0.5], [-0.5, 0.5], [0.0, 0.5]],
    "threshold": [[0.5, 0.5, 2.0]],
    "maxout": [[np.array([1.0, 2.0]), np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])]],
    "reglu": [[np.ones(3), np.array([0.0, 1.0, -1.0]), np.ones(3)]],
    "sparsemax": [[np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, -5.0, 0.0])]],
    "sparse-sigmoid": [[-1.0], [1.0]],
    "squared-relu": [[0.0]],
    "celu": [[0.0, 0.5]],
    "sparse-plus": [[-1.0], [1.0]],
    "softsign": [[0.0]],
}
"""Points on kinks, and where pieces join, at which JAX and torch, as far as they have the function, do as the code does."""
KINKS_OF_JAX: Points = {"leaky-relu": [[0.0, 0.1]], "hard-silu": [[-3.0], [3.0]]}
KINKS_OF_TORCH: Points = {
    "prelu": [[ONES, TIES, np.array([0.1, 0.2])]],
    "absolute-value": [[0.0]],
    "hard-tanh": [[-1.0], [1.0]],
}


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", [formula.name for formula in LIBRARY.formulas if formula.stable])
def test_the_stable_form_overflows_nowhere(name: str) -> None:
    assert_stable_form_survives(FORMULAS[name], 1e-12, -1e-12, 0.999, 40.0, -40.0, 800.0, -800.0)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    assert_same_as_jax(FORMULAS[name], JAX[name](jax), *KINKS.get(name, ()), *KINKS_OF_JAX.get(name, ()))


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    points = (*KINKS.get(name, ()), *KINKS_OF_TORCH.get(name, ()))
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch), *points)


FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "relu": (lambda x: np.where(x > 0, 1.0, 0.01), {"x": "too large by 0.01 everywhere"}),
    "sigmoid": (
        lambda x: 1 / (1 + np.exp(-x)),
        {"x": "fails, certified: 0.73105858 is claimed at entry [0, 0], and 0.19661193 is true"},
    ),
    "tanh": (
        lambda x: 1 + np.tanh(x) ** 2,
        {"x": "fails, certified: 1.5800257 is claimed at entry [0, 0], and 0.41997434 is true"},
    ),
    "softplus-with-beta": (
        lambda x, beta: (beta / (1 + np.exp(-beta * x)), x / (1 + np.exp(-beta * x))),
        {
            "x": "the factor beta is too many",
            "beta": "fails, certified: 0.73105858 is claimed at entry [0, 0], and -0.58220311 is true",
        },
    ),
    "prelu": (
        lambda dy, x, alpha: (dy * np.where(x > 0, 1.0, alpha), np.mean(dy * np.where(x > 0, 0.0, x), axis=0)),
        {
            "alpha": (
                "exactly 1/3 times the true value; 3 is the length of axis 0 of dy: is a mean taken for a "
                "sum, or a sum for a mean?"
            )
        },
    ),
    "elu": (
        lambda x, alpha: (np.where(x > 0, 1.0, np.exp(x)), np.where(x > 0, 0.0, np.exp(x) - 1)),
        {"x": "the factor alpha is missing"},
    ),
    "hard-sigmoid": (lambda x: np.where((x > -3) & (x < 3), 1.0, 0.0), {"x": "exactly 6 times the true value"}),
    "gelu": (
        lambda x: (1 + special.erf(x / np.sqrt(2))) / 2,
        {"x": "fails, certified: 0.84134475 is claimed at entry [0, 0], and 1.0833155 is true"},
    ),
    "quick-gelu": (
        lambda x: sigmoid(1.702 * x) * (1 + x * (1 - sigmoid(1.702 * x))),
        {"x": "fails, certified: 0.97622105 is claimed at entry [0, 0], and 1.0677796 is true"},
    ),
    "silu": (
        lambda x: sigmoid(x) * (1 + x * sigmoid(x)),
        {"x": "fails, certified: 1.2655052 is claimed at entry [0, 0], and 0.92767051 is true"},
    ),
    "squareplus": (
        lambda x, b: ((1 + x / np.sqrt(x**2 + b)) / 2, 1 / (2 * np.sqrt(x**2 + b))),
        {"b": "exactly 2 times the true value"},
    ),
    "hardshrink": (
        lambda x, lam: np.where(x > lam, 1.0, 0.0),
        {"x": "zero is claimed where the derivative is not zero"},
    ),
    "softmax": (
        lambda dy, x: softmax(x) * (1 - softmax(x)) * dy,
        {"x": "all 4 entries are wrong, by no simple pattern"},
    ),
    "softmax-jacobian": (lambda x: np.diag(softmax(x)), {"x": "all 16 entries are wrong, by no simple pattern"}),
    "softmax-with-temperature": (
        lambda dy, x, t: (softmax_backward(dy, x / t), -np.sum(x * softmax_backward(dy, x / t)) / t**2),
        {"x": "the factor temperature is too many"},
    ),
    "log-softmax": (lambda dy, x: dy - softmax(x), {"x": "all 4 entries are wrong, by no simple pattern"}),
    "sparsemax": (
        lambda dy, x: np.where(sparsemax(x) > 0, dy - np.mean(dy), 0.0),
        {"x": "each entry is wrong at some point, by no simple pattern"},
    ),
    "glu": (
        lambda dy, a, b: (dy * sigmoid(b), dy * a * sigmoid(b)),
        {"b": "all 3 entries are wrong, by no simple pattern"},
    ),
}
"""A derivative that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_derivative_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
