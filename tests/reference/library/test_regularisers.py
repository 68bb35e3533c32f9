"""The regularisers: every claim holds and is what is printed; JAX and torch say the same; wrong ones are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula, Library
from reference.library.regularisers import LIBRARY, spectral_norm_gradient, spectral_norm_of_two_columns_gradient
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
NOT_COMPARED = {
    "spectral-norm": "u₁ and v₁ are singular vectors, which no formula that can be read defines",
    "nuclear-norm": "U and V are of singular vectors, which no formula that can be read defines",
    "total-variation-of-image": "arithmetic on the indices of arrays is not read",
}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]
Points = Mapping[str, Sequence[Sequence[Any]]]

JAX: Peers = {
    "l2": lambda np_: lambda w, lam: lam / 2 * np_.vdot(w, w),
    "frobenius-norm": lambda np_: lambda W, lam: lam * np_.linalg.norm(W),
    "group-lasso": lambda np_: lambda W, lam: lam * np_.sqrt(2.0) * np_.linalg.norm(W, axis=1).sum(),
    "max-norm": lambda np_: lambda w, lam: lam * np_.linalg.norm(w, np.inf),
    "spectral-norm": lambda np_: lambda W, lam: lam * np_.linalg.norm(W, 2),
    "spectral-norm-of-two-columns": lambda np_: lambda W: np_.linalg.norm(W, 2),
    "nuclear-norm": lambda np_: lambda W, lam: lam * np_.linalg.norm(W, "nuc"),
    "total-variation": lambda np_: lambda x, lam: lam * np_.abs(np_.diff(x)).sum(),
    "decorrelation": lambda np_: (
        lambda h, lam: lam / 2 * (np_.cov(h.T, bias=True) ** 2 * (1 - np_.eye(h.shape[1]))).sum()
    ),
}
"""What does the same, out of jax.numpy."""
TORCH: Peers = {
    "l1": lambda torch: lambda w, lam: lam.detach() * torch.linalg.vector_norm(w, 1),
    "frobenius-norm": lambda torch: lambda W, lam: lam * torch.linalg.matrix_norm(W),
    "max-norm": lambda torch: lambda w, lam: lam * torch.amax(torch.abs(w)),
    "spectral-norm": lambda torch: lambda W, lam: lam * torch.linalg.matrix_norm(W, 2),
    "nuclear-norm": lambda torch: lambda W, lam: lam * torch.linalg.matrix_norm(W, "nuc"),
}
"""What does the same, out of torch."""
KINKS: Points = {"max-norm": [[np.array([1.0, -1.0, 0.5]), 0.3]]}
KINKS_OF_TORCH: Points = {"l1": [[np.array([0.0, 1.0, -1.0]), 0.3]]}


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", [formula.name for formula in LIBRARY.formulas if formula.stable])
def test_the_stable_form_overflows_nowhere(name: str) -> None:
    assert_stable_form_survives(FORMULAS[name], 1e-12, -1e-12, 40.0, -40.0, 800.0, -800.0)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    assert_same_as_jax(FORMULAS[name], JAX[name](jax.numpy), *KINKS.get(name, ()))


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch), *KINKS.get(name, ()), *KINKS_OF_TORCH.get(name, ()))


def test_the_closed_form_of_the_spectral_norm_has_the_gradient_of_the_singular_vectors() -> None:
    W = np.array([[1.0, 0.3], [-0.2, 2.0], [0.5, 0.7]])
    np.testing.assert_allclose(
        spectral_norm_of_two_columns_gradient(W), spectral_norm_gradient(W, np.asarray(1.0)), rtol=1e-13
    )


FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "l2": (lambda w, lam: 2 * lam * w, {"w": "exactly 2 times the true value"}),
    "elastic-net": (
        lambda w, lam, alpha: lam * alpha * np.sign(w) + (1 - alpha) * w,
        {"w": "all 3 entries are wrong, by no simple pattern"},
    ),
    "group-lasso": (
        lambda W, lam: lam * np.sqrt(2) * W / np.sqrt(np.sum(W**2)),
        {"W": "all 6 entries are wrong, by no simple pattern"},
    ),
    "orthogonality": (lambda W, lam: lam * W @ W.T @ W, {"W": "all 6 entries are wrong, by no simple pattern"}),
    "spectral-norm": (
        lambda W, lam: lam * W / np.sqrt(np.sum(W**2)),
        {"W": "all 6 entries are wrong, by no simple pattern"},
    ),
    "kl-sparsity": (
        lambda a, rho, lam: lam * (-rho / np.mean(a, 0) + (1 - rho) / (1 - np.mean(a, 0))) + 0 * a,
        {
            "a": (
                "exactly 3 times the true value; 3 is the length of axis 0 of a: is a mean taken for a sum, "
                "or a sum for a mean?"
            )
        },
    ),
    "max-norm-projection": (
        lambda dy, w, c: dy * np.minimum(1, c / np.sqrt(np.sum(w**2))),
        {"w": "all 3 entries are wrong, by no simple pattern"},
    ),
}
"""A derivative that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_derivative_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said


def test_weight_decay_is_not_l2_under_adaptive_steps() -> None:
    formula = FORMULAS["weight-decay-under-adaptive-steps"]
    wrong = Library("planted", "planted.py", "Planted").formula(
        "decay",
        "Decay",
        formula=formula.formula,
        forward=formula.forward,
        inputs=formula.inputs,
        equality=lambda w, g, s, eta, lam: (1 - eta * lam) * w - eta * s * g,
        printed="",
        source="nobody",
    )
    assert [check(claim).status for claim in wrong.claims] == ["fails"]
