"""The activations: every claim holds, certified, and is what is printed; JAX and torch say the same; wrong ones are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.activations import LIBRARY
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_same_as_torch,
    claims_of,
    faults_in,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED: dict[str, str] = {}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]
Points = Mapping[str, Sequence[Sequence[Any]]]

JAX: Peers = {
    "relu": lambda nn: nn.relu,
    "sigmoid": lambda nn: nn.sigmoid,
    "log-sigmoid": lambda nn: nn.log_sigmoid,
    "tanh": lambda nn: nn.tanh,
    "softplus": lambda nn: nn.softplus,
    "softplus-with-beta": lambda nn: lambda x, beta: nn.softplus(beta * x) / beta,
    "leaky-relu": lambda nn: nn.leaky_relu,
    "elu": lambda nn: nn.elu,
}
"""The functions of jax.nn that do the same."""
TORCH: Peers = {
    "relu": lambda nn: nn.relu,
    "sigmoid": lambda nn: nn.sigmoid,
    "log-sigmoid": lambda nn: nn.logsigmoid,
    "tanh": lambda nn: nn.tanh,
    "softplus": lambda nn: nn.softplus,
    "prelu": lambda nn: nn.prelu,
}
"""Those of torch.nn.functional; where a parameter is a constant there, JAX has it."""
KINKS: Points = {"relu": [[0.0]], "elu": [[0.0, 0.7]]}
"""Points on kinks where JAX and torch, as far as they have the function, return what the code does."""
KINKS_OF_JAX: Points = {"leaky-relu": [[0.0, 0.1]]}
KINKS_OF_TORCH: Points = {"prelu": [[np.ones((2, 2)), np.array([[0.0, 1.0], [-2.0, 0.0]]), np.array([0.1, 0.2])]]}


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    assert_same_as_jax(FORMULAS[name], JAX[name](jax.nn), *KINKS.get(name, ()), *KINKS_OF_JAX.get(name, ()))


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    points = (*KINKS.get(name, ()), *KINKS_OF_TORCH.get(name, ()))
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch.nn.functional), *points)


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
}
"""A derivative that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_derivative_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
