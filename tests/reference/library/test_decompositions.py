"""Decompositions: every claim holds, certified; JAX says the same; wrong derivatives are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import linalg

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.decompositions import (
    LIBRARY,
    cholesky_backward,
    eigenvalues_backward,
    eigenvectors,
    pseudo_inverse,
    qr_backward,
)
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    claims_of,
    faults_in,
    points_of,
)

FACTORS = "the factors are said by the decomposition, and have no formula of their own"
NOT_CERTIFIED: dict[str, str] = {}
COMPARED = {"triangular-solve-C", "triangular-solve-b", "pseudo-inverse"}
NOT_COMPARED = {claim.name: FACTORS for claim in claims_of(LIBRARY) if claim.name not in COMPARED}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
OPPOSITE = "the sign is wrong: exactly −1 times the true value"
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]


def signed_svd(jnp: Any, A: Any) -> Any:
    U, sizes, Vt = jnp.linalg.svd(A, full_matrices=False)
    signs = jnp.where(U[0] < 0, -1.0, 1.0)
    return U * signs, sizes, Vt.T * signs


JAX: Peers = {
    "cholesky": lambda jnp: lambda A: jnp.linalg.cholesky(A, symmetrize_input=True),
    "qr": lambda jnp: lambda A: tuple(jnp.linalg.qr(A)),
    "eigenvalues": lambda jnp: jnp.linalg.eigvalsh,
    "largest-eigenvalue": lambda jnp: lambda A: jnp.linalg.eigvalsh(A)[-1],
    "largest-eigenvalues-sum": lambda jnp: lambda A: jnp.linalg.eigvalsh(A)[1:].sum(),
    "singular-values": lambda jnp: lambda A: jnp.linalg.svd(A, compute_uv=False),
    "svd": lambda jnp: lambda A: signed_svd(jnp, A),
    "nuclear-norm": lambda jnp: lambda A: jnp.linalg.norm(A, "nuc"),
    "spectral-norm": lambda jnp: lambda A: jnp.linalg.norm(A, 2),
    "condition-number": lambda jnp: jnp.linalg.cond,
    "pseudo-inverse": lambda jnp: jnp.linalg.pinv,
}
"""Functions of jax.numpy that do the same."""

SCIPY: Mapping[str, Callable[..., Any]] = {
    "symmetric-square-root": linalg.sqrtm,
    "symmetric-function": linalg.logm,
    "inverse-square-root": lambda A: np.linalg.inv(linalg.sqrtm(A)),
    "polar-factor": lambda A: linalg.polar(A)[0],
    "triangular-solve": lambda C, b: linalg.solve_triangular(C, b, lower=True),
    "pseudo-inverse": linalg.pinv,
}
"""Functions of scipy.linalg with the same values."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


def test_what_is_compared_are_claims_of_the_family() -> None:
    assert {claim.name for claim in claims_of(LIBRARY)} >= COMPARED


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_they_are(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    import jax.numpy as jnp

    assert_same_as_jax(FORMULAS[name], JAX[name](jnp))


@pytest.mark.parametrize("name", SCIPY)
def test_scipy_has_the_same_values(name: str) -> None:
    formula = FORMULAS[name]
    for point in points_of(formula):
        inputs = point[len(formula.cotangents) :]
        np.testing.assert_allclose(formula.forward(*inputs), SCIPY[name](*inputs), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["lu", "qr"])
def test_the_factors_make_the_matrix_again(name: str) -> None:
    for *_, A in points_of(FORMULAS[name]):
        first, second = FORMULAS[name].forward(A)
        np.testing.assert_allclose(first @ second, A, rtol=1e-12, atol=1e-13)


def test_eigenvectors_have_a_positive_first_entry() -> None:
    for *_, A in points_of(FORMULAS["eigenvectors"]):
        values, V = FORMULAS["eigenvectors"].forward(A)
        assert np.all(V[0] > 0)
        np.testing.assert_allclose(A @ V, V * values, atol=1e-12)


def without_symmetry(dy: Any, A: Any) -> Any:
    """The Cholesky backward with the diagonal not halved."""
    y = np.linalg.cholesky((A + A.T) / 2)
    inverse = np.linalg.inv(y)
    half = inverse.T @ np.tril(y.T @ np.tril(dy)) @ inverse
    return (half + half.T) / 2


def with_opposite_gaps(dw: Any, dv: Any, A: Any) -> Any:
    """The eigenvector backward with λᵢ − λⱼ for λⱼ − λᵢ."""
    values, V = eigenvectors(A)
    gaps = values[:, None] - values[None, :] + np.eye(3)
    inner = V @ (np.diag(dw) + (1 / gaps - np.eye(3)) * (V.T @ dv)) @ V.T
    return (inner + inner.T) / 2


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cholesky", without_symmetry),
        ("qr", lambda dq, dr, A: qr_backward(dq, 0 * dr, A)),
        ("eigenvalues", lambda dy, A: eigenvalues_backward(dy[::-1], A)),
        ("eigenvectors", with_opposite_gaps),
        ("pseudo-inverse", lambda dy, A: -pseudo_inverse(A).T @ dy @ pseudo_inverse(A).T),
        ("spectral-norm", lambda A: np.sum(np.linalg.svd(A, full_matrices=False)[0]) + 0 * A),
        ("singular-values", lambda dy, A: np.linalg.svd(A, full_matrices=False)[0] @ np.diag(dy)),
    ],
)
def test_wrong_derivatives_are_caught(name: str, wrong: Any) -> None:
    said = faults_in(FORMULAS[name], wrong)
    assert set(said) == {"A"}
    assert "wrong" in said["A"], said


def test_a_wrong_sign_is_told() -> None:
    assert faults_in(FORMULAS["cholesky"], lambda dy, A: -cholesky_backward(dy, A)) == {"A": OPPOSITE}
