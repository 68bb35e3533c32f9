"""Second order: every claim holds, certified, and is what is printed; JAX and SciPy say the same; wrong ones are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.second_order import LIBRARY
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_stable_form_survives,
    claims_of,
    faults_in,
    points_of,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED: dict[str, str] = {}
FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
OPPOSITE = "the sign is wrong: exactly −1 times the true value"
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]

JAX: Peers = {
    "cross-entropy-hessian": lambda jax: lambda z, t: -t @ jax.nn.log_softmax(z),
    "softmax-regression-hessian": lambda jax: lambda W, x, t: -t @ jax.nn.log_softmax(W @ x),
    "logistic-regression-hessian": lambda jax: lambda w, X, y: jax.nn.softplus(-(2 * y - 1) * (X @ w)).sum(),
    "least-squares-hessian": lambda jax: lambda x, A, b: jax.numpy.linalg.norm(A @ x - b) ** 2 / 2,
    "ridge-hessian": lambda jax: lambda x, A, b, rate: ((A @ x - b) ** 2).sum() / 2 + rate * (x @ x) / 2,
    "log-sum-exp-hessian": lambda jax: jax.nn.logsumexp,
    "quadratic-form-hessian": lambda jax: lambda x, A: jax.numpy.vdot(x, A @ x),
    "norm-hessian": lambda jax: jax.numpy.linalg.norm,
    "softplus-hessian": lambda jax: lambda x: jax.nn.softplus(x).sum(),
    "log-determinant-hessian": lambda jax: lambda X: jax.numpy.linalg.slogdet(X)[1],
    "neuron-hessian": lambda jax: lambda w, x: jax.nn.sigmoid(w @ x),
    "negative-entropy-hessian": lambda jax: lambda p: -jax.scipy.special.entr(p).sum(),
    "gaussian-observed-information": lambda jax: (
        lambda t, x: -jax.scipy.stats.norm.logpdf(x, t[0], jax.numpy.exp(t[1])) - jax.numpy.log(2 * jax.numpy.pi) / 2
    ),
    "nonlinear-least-squares-hessian": lambda jax: lambda w, A, b: ((jax.numpy.tanh(A @ w) - b) ** 2).sum() / 2,
}
"""The same functions in JAX, whose own second derivatives are taken."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_they_are(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("formula", [one for one in LIBRARY.formulas if one.stable], ids=lambda formula: formula.name)
def test_stable_forms_neither_overflow_nor_vanish(formula: Formula) -> None:
    assert_stable_form_survives(formula, 1e-3, 1.0, 800.0)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    import jax
    import jax.scipy.stats

    assert_same_as_jax(FORMULAS[name], JAX[name](jax))


def test_scipy_has_the_same_test_function() -> None:
    for (x,) in points_of(FORMULAS["rosenbrock-hessian"]):
        np.testing.assert_allclose(FORMULAS["rosenbrock-hessian"].forward(x), optimize.rosen(x), rtol=1e-12)
        np.testing.assert_allclose(FORMULAS["rosenbrock-gradient"].derivative(x), optimize.rosen_der(x), rtol=1e-12)
        np.testing.assert_allclose(FORMULAS["rosenbrock-hessian"].derivative(x), optimize.rosen_hess(x), rtol=1e-12)


def test_a_few_newton_steps_solve_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
    w = np.zeros(2)
    for _ in range(8):
        w = FORMULAS["logistic-regression-newton-step"].forward(w, X, y)
    np.testing.assert_allclose(X.T @ (1 / (1 + np.exp(-X @ w)) - y), 0, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "products"),
    [("logistic-regression", ["w", "v", "X", "y"]), ("cross-entropy", ["z", "v", "t"])],
)
def test_products_with_the_hessian_are_those_of_the_matrix(name: str, products: list[str]) -> None:
    product, hessian = FORMULAS[f"{name}-hessian-vector"], FORMULAS[f"{name}-hessian"]
    assert list(product.inputs) == products
    for point in points_of(product):
        first, v, *rest = point
        np.testing.assert_allclose(
            product.derivative(*point), hessian.derivative(first, *rest) @ v, rtol=1e-11, atol=1e-13
        )


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        (
            "cross-entropy-hessian",
            lambda z, t: np.diag(np.exp(z) / np.sum(np.exp(z))),
            {"z": "all 16 entries are wrong, by no simple pattern"},
        ),
        ("least-squares-hessian", lambda x, A, b: 2 * A.T @ A, {"x": "exactly 2 times the true value"}),
        ("quadratic-form-hessian", lambda x, A: 2 * A, {"x": "6 of 9 entries wrong: [0, 1]; [0, 2]; [1, 0]; [1, 2] …"}),
        ("norm-hessian", lambda x: np.eye(3) / np.sqrt(x @ x), {"x": "all 9 entries are wrong, by no simple pattern"}),
        (
            "log-determinant-hessian",
            lambda X: np.einsum("jk,li->ijkl", np.linalg.inv(X), np.linalg.inv(X)),
            {"X": OPPOSITE},
        ),
        (
            "logistic-regression-hessian-vector",
            lambda w, v, X, y: X.T @ ((1 / (1 + np.exp(-X @ w)) - y) * (X @ v)),
            {"w": "all 2 entries are wrong, by no simple pattern"},
        ),
        (
            "nonlinear-least-squares-hessian",
            lambda w, A, b: (((1 - np.tanh(A @ w) ** 2) ** 2)[:, None] * A).T @ A,
            {"w": "all 4 entries are wrong, by no simple pattern"},
        ),
        (
            "categorical-fisher",
            lambda z: np.diag(np.exp(z) / np.sum(np.exp(z))),
            {"": "all 16 entries are wrong, by no simple pattern"},
        ),
    ],
)
def test_wrong_derivatives_are_caught(name: str, wrong: Any, said: dict[str, str]) -> None:
    assert faults_in(FORMULAS[name], wrong) == said
