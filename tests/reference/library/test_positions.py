"""Positions: every claim holds, certified, as printed; JAX says the same; wrong backwards are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula, Library
from reference.library.positions import LIBRARY, rotary, rotary_score
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    claims_of,
    faults_in,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED: dict[str, str] = {}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]


def by_complex_numbers(jax: Any, x: Any, theta: Any) -> Any:
    """Pairs as complex numbers, times e^{i n θ}."""
    np_ = jax.numpy
    turned = jax.lax.complex(x[:, 0::2], x[:, 1::2]) * np_.exp(1j * np_.arange(len(x))[:, None] * theta)
    return np_.stack([turned.real, turned.imag], axis=2).reshape(x.shape)


JAX: Peers = {
    "rotary": lambda jax: lambda x, theta: by_complex_numbers(jax, x, theta),
    "sinusoidal": lambda jax: (
        lambda t, theta: jax.numpy.stack(
            [f(theta[m] * t) for m in range(2) for f in (jax.numpy.sin, jax.numpy.cos)], axis=1
        )
    ),
    "learnt-positions": lambda jax: jax.vmap(lambda x, p: jax.lax.slice(p, (0, 0), (3, 2)) + x, (0, None)),
    "fourier-features": lambda jax: lambda x, W: jax.numpy.hstack([jax.numpy.sin(x @ W), jax.numpy.cos(x @ W)]),
}
"""What does the same, in JAX."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    assert_same_as_jax(FORMULAS[name], JAX[name](jax))


def test_a_turned_score_is_that_of_turned_rows() -> None:
    rng = np.random.default_rng(6)
    q, k, theta = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), rng.uniform(size=2)
    scores = rotary(q, theta) @ rotary(k, theta).T
    np.testing.assert_allclose(scores[3, 1], rotary_score(q[3], k[1], theta, 3, 1), rtol=1e-12)


def test_a_score_by_the_sum_of_places_is_caught() -> None:
    formula = FORMULAS["rotary-is-relative"]

    def by_sum(q: Any, r: Any, theta: Any, i: Any, j: Any) -> Any:
        return formula.derivative(q, r, theta, i, -j)

    planted = Library("positions", "planted.py", "Planted").formula(
        formula.name,
        formula.title,
        formula=formula.formula,
        forward=formula.forward,
        inputs=formula.inputs,
        equality=by_sum,
        printed=formula.printed[""],
        source=formula.source,
    )
    verdict = check(planted.claims[0])
    assert verdict.status == "fails" and verdict.certified
    assert "is claimed, and" in verdict.sentence()


FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "rotary": (lambda dy, x, theta: rotary(dy, theta), {"x": "only rows 1, 2 wrong, of 3"}),
    "sinusoidal": (
        lambda dy, t, theta: (
            (dy[:, 0::2] * np.cos(t[:, None] * theta) + dy[:, 1::2] * np.sin(t[:, None] * theta)) @ theta,
            FORMULAS["sinusoidal"].derivative(dy, t, theta)[1],
        ),
        {"t": "all 4 entries are wrong, by no simple pattern"},
    ),
    "learnt-positions": (
        lambda dy, x, p: (dy, np.concatenate([dy.mean(axis=0), np.zeros((1, 2))])),
        {"p": "exactly 1/2 times the true value"},
    ),
    "fourier-features": (
        lambda dy, x, W: ((dy[:, :3] * np.cos(x @ W)) @ W.T, FORMULAS["fourier-features"].derivative(dy, x, W)[1]),
        {"x": "all 8 entries are wrong, by no simple pattern"},
    ),
}
"""A backward that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
