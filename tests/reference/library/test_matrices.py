"""Matrix calculus: every claim holds, certified, and is what is printed; JAX says the same; wrong derivatives are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.matrices import LIBRARY, kronecker_backward
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_stable_form_survives,
    claims_of,
    faults_in,
    points_of,
)

BLOCKS = "the blocks of a matrix are told by pairs of indices"
SOLUTION = "S is said by the equation that it solves"
NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED = {
    "kronecker-product-A": BLOCKS,
    "kronecker-product-B": BLOCKS,
    "vec-of-product": "vec has no reading as an array of entries",
    "matrix-exponential": "the derivative stands in a block of a matrix",
    "sylvester-A": SOLUTION,
    "sylvester-B": SOLUTION,
    "sylvester-C": SOLUTION,
    "lyapunov-A": SOLUTION,
    "lyapunov-Q": SOLUTION,
}

TRANSPOSED = "transposed: each entry holds what belongs at the mirrored place"
OPPOSITE = "the sign is wrong: exactly −1 times the true value"

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]

JAX: Peers = {
    "trace-of-product": lambda jnp: lambda A, X: jnp.einsum("ij,ji->", A, X),
    "trace-of-sandwich": lambda jnp: lambda A, X, B: jnp.einsum("ij,jk,ki->", A, X, B),
    "trace-of-quadratic": lambda jnp: lambda A, X: jnp.einsum("ki,kl,li->", X, A, X),
    "trace-of-two-sandwiched": lambda jnp: lambda A, X, B: jnp.einsum("ij,jk,kl,li->", A, X, B, X),
    "trace-of-power": lambda jnp: lambda X: jnp.trace(jnp.linalg.matrix_power(X, 3)),
    "trace-of-inverse": lambda jnp: lambda X: jnp.trace(jnp.linalg.inv(X)),
    "trace-around-inverse": lambda jnp: lambda A, X, B: jnp.trace(A @ jnp.linalg.solve(X, B)),
    "frobenius-product": lambda jnp: jnp.vdot,
    "determinant": lambda jnp: jnp.linalg.det,
    "determinant-by-cofactors": lambda jnp: jnp.linalg.det,
    "determinant-of-sandwich": lambda jnp: lambda A, X, B: jnp.linalg.det(A) * jnp.linalg.det(X) * jnp.linalg.det(B),
    "determinant-of-gram": lambda jnp: lambda X: jnp.prod(jnp.linalg.svd(X, compute_uv=False) ** 2),
    "log-determinant": lambda jnp: lambda X: jnp.linalg.slogdet(X)[1],
    "log-determinant-positive-definite": lambda jnp: lambda X: jnp.linalg.slogdet(X)[1],
    "log-determinant-of-gram": lambda jnp: lambda A: 2 * jnp.sum(jnp.log(jnp.linalg.svd(A, compute_uv=False))),
    "inverse": lambda jnp: jnp.linalg.inv,
    "solve": lambda jnp: jnp.linalg.solve,
    "solve-several": lambda jnp: jnp.linalg.solve,
    "bilinear-form-of-inverse": lambda jnp: lambda a, X, b: a @ jnp.linalg.inv(X) @ b,
    "bilinear-form": lambda jnp: lambda a, X, b: jnp.einsum("i,ij,j->", a, X, b),
    "quadratic-form": lambda jnp: lambda x, A: jnp.einsum("i,ij,j->", x, A, x),
    "quadratic-form-symmetric": lambda jnp: lambda x, A: jnp.einsum("i,ij,j->", x, A, x),
    "norm": lambda jnp: jnp.linalg.norm,
    "squared-norm": lambda jnp: lambda x: jnp.vdot(x, x),
    "frobenius-norm": lambda jnp: lambda X: jnp.linalg.norm(X, "fro"),
    "squared-frobenius-residual": lambda jnp: lambda A, X, B: jnp.linalg.norm(A @ X - B) ** 2,
    "p-norm": lambda jnp: lambda x, p: jnp.exp(jnp.log(jnp.sum(jnp.exp(p * jnp.log(jnp.abs(x))))) / p),
    "one-norm": lambda jnp: lambda x: jnp.linalg.norm(x, 1),
    "max-norm": lambda jnp: lambda x: jnp.linalg.norm(x, jnp.inf),
    "matrix-product": lambda jnp: jnp.matmul,
    "linear-map": lambda jnp: lambda A, X, B: jnp.einsum("ij,jk,kl->il", A, X, B),
    "congruence": lambda jnp: lambda A, S: jnp.einsum("ij,jk,lk->il", A, S, A),
    "gram-matrix": lambda jnp: lambda X: jnp.einsum("ki,kj->ij", X, X),
    "sample-covariance": lambda jnp: lambda X: jnp.cov(X.T),
    "hadamard-product": lambda jnp: jnp.multiply,
    "outer-product": lambda jnp: jnp.outer,
    "inner-product": lambda jnp: jnp.inner,
    "kronecker-product": lambda jnp: jnp.kron,
    "matrix-power": lambda jnp: lambda X: jnp.linalg.matrix_power(X, 3),
    "least-squares": lambda jnp: lambda A, x, b: jnp.vdot(A @ x - b, A @ x - b) / 2,
    "least-squares-solution": lambda jnp: lambda A, b: jnp.linalg.pinv(A) @ b,
    "rayleigh-quotient": lambda jnp: lambda x, A: jnp.vdot(x, A @ x) / jnp.linalg.norm(x) ** 2,
    "mahalanobis-distance": lambda jnp: lambda x, m, S: jnp.sqrt((x - m) @ jnp.linalg.inv(S) @ (x - m)),
    "cosine-similarity": lambda jnp: lambda a, b: jnp.vdot(a / jnp.linalg.norm(a), b / jnp.linalg.norm(b)),
    "unit-vector": lambda jnp: lambda x: x / jnp.linalg.norm(x),
    "pairwise-squared-distances": lambda jnp: lambda X, Y: ((X[:, None] - Y) ** 2).sum(-1),
    "pairwise-distances": lambda jnp: lambda X, Y: jnp.linalg.norm(X[:, None] - Y, axis=-1),
    "cross-product": lambda jnp: jnp.cross,
    "diagonal-matrix": lambda jnp: jnp.diag,
}
"""Functions of jax.numpy that do the same."""
KINKS = {
    "max-norm": [[np.array([2.0, -2.0, 1.0])], [np.array([-1.0, 1.0, 1.0])]],
}
"""Points on kinks, where JAX returns what the code does."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


def test_the_exceptions_are_claims_of_the_family() -> None:
    assert {*NOT_CERTIFIED, *NOT_COMPARED} <= {claim.name for claim in claims_of(LIBRARY)}


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_they_are(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("formula", [one for one in LIBRARY.formulas if one.stable], ids=lambda formula: formula.name)
def test_stable_forms_neither_overflow_nor_vanish(formula: Formula) -> None:
    assert_stable_form_survives(formula, 1e-200, 1e-8, 50.0, 1e3)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    import jax.numpy as jnp

    assert_same_as_jax(FORMULAS[name], JAX[name](jnp), *KINKS.get(name, []))


def test_the_exponential_is_scipys() -> None:
    import jax
    import jax.scipy.linalg

    formula = FORMULAS["matrix-exponential"]
    with jax.enable_x64(True):
        for dy, X in points_of(formula):
            np.testing.assert_allclose(formula.forward(X), jax.scipy.linalg.expm(X), rtol=1e-12)
            _, pull = jax.vjp(jax.scipy.linalg.expm, X)
            np.testing.assert_allclose(formula.derivative(dy, X), pull(dy)[0], rtol=1e-10)


def test_the_matrix_equations_are_solved() -> None:
    from scipy.linalg import solve_continuous_lyapunov, solve_sylvester

    for _, A, B, C in points_of(FORMULAS["sylvester"]):
        np.testing.assert_allclose(FORMULAS["sylvester"].forward(A, B, C), solve_sylvester(A, B, C), rtol=1e-9)
    for _, A, Q in points_of(FORMULAS["lyapunov"]):
        np.testing.assert_allclose(FORMULAS["lyapunov"].forward(A, Q), solve_continuous_lyapunov(A, Q), rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("trace-of-power", lambda X: 3 * X @ X, {"X": TRANSPOSED}),
        (
            "trace-of-quadratic",
            lambda A, X: (X @ X.T, 2 * A @ X),
            {"X": "all 6 entries are wrong, by no simple pattern"},
        ),
        ("determinant", lambda X: np.linalg.det(X) * np.linalg.inv(X), {"X": TRANSPOSED}),
        ("log-determinant", lambda X: -np.linalg.inv(X).T, {"X": OPPOSITE}),
        ("inverse", lambda dy, X: np.linalg.inv(X).T @ dy @ np.linalg.inv(X).T, {"X": OPPOSITE}),
        (
            "quadratic-form",
            lambda x, A: (2 * A @ x, np.outer(x, x)),
            {"x": "all 3 entries are wrong, by no simple pattern"},
        ),
        ("squared-norm", lambda x: x, {"x": "exactly 1/2 times the true value"}),
        (
            "kronecker-product",
            lambda dy, A, B: (np.full(A.shape, np.sum(dy)), kronecker_backward(dy, A, B)[1]),
            {"A": "all 6 entries are wrong, by no simple pattern"},
        ),
        ("matrix-power", lambda dy, X: 3 * (X @ X).T @ dy, {"X": "all 9 entries are wrong, by no simple pattern"}),
        (
            "least-squares",
            lambda A, x, b: (np.outer(A @ x - b, x), A.T @ (A @ x - b), A @ x - b),
            {"b": OPPOSITE},
        ),
    ],
)
def test_wrong_derivatives_are_caught(name: str, wrong: Any, said: dict[str, str]) -> None:
    found = faults_in(FORMULAS[name], wrong)
    assert found == said
