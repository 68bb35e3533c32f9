"""The normalisations: every claim holds, certified, as printed; JAX and torch say the same; wrong ones are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.normalisation import LIBRARY, neighbours, standardise
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


def standardised(jax: Any, axis: Any) -> Callable[..., Any]:
    return lambda x, eps: jax.nn.standardize(x, axis=axis, epsilon=eps)


JAX: Peers = {
    "batch-norm": lambda jax: lambda x, gamma, beta, eps: gamma * standardised(jax, 0)(x, eps) + beta,
    "layer-norm": lambda jax: lambda x, gamma, beta, eps: gamma * standardised(jax, -1)(x, eps) + beta,
    "instance-norm": lambda jax: (
        lambda x, gamma, beta, eps: gamma[:, None] * standardised(jax, -1)(x, eps) + beta[:, None]
    ),
    "rms-norm": lambda jax: (
        lambda x, gamma, eps: gamma * x * jax.lax.rsqrt(jax.numpy.mean(jax.numpy.square(x), -1, keepdims=True) + eps)
    ),
    "weight-norm": lambda jax: lambda v, g: g * v / jax.numpy.linalg.norm(v, axis=0),
    "l2-normalisation": lambda jax: jax.vmap(lambda row: row / jax.numpy.linalg.norm(row)),
    "scale-norm": lambda jax: lambda x, g: g * x / jax.numpy.linalg.norm(x, axis=1, keepdims=True),
    "local-response-norm": lambda jax: (
        lambda x, alpha, beta, k: (
            x
            / (k + alpha * sum(jax.numpy.pad(x**2, ((0, 0), (1, 1)))[:, place : place + 4] for place in range(3)))
            ** beta
        )
    ),
    "spectral-norm": lambda jax: lambda w, u, v: w / jax.numpy.vdot(u, w @ v),
    "weight-standardisation": lambda jax: standardised(jax, -1),
}
"""What does the same, in JAX."""
TORCH: Peers = {
    "batch-norm": lambda torch: (
        lambda x, gamma, beta, eps: torch.nn.functional.batch_norm(
            x, None, None, gamma, beta, training=True, eps=float(eps)
        )
    ),
    "batch-norm-images": lambda torch: (
        lambda x, gamma, beta, eps: torch.nn.functional.batch_norm(
            x, None, None, gamma, beta, training=True, eps=float(eps)
        )
    ),
    "batch-norm-inference": lambda torch: (
        lambda x, gamma, beta, mean, var, eps: torch.nn.functional.batch_norm(x, mean, var, gamma, beta, eps=float(eps))
    ),
    "layer-norm": lambda torch: (
        lambda x, gamma, beta, eps: torch.nn.functional.layer_norm(x, (4,), gamma, beta, float(eps))
    ),
    "rms-norm": lambda torch: lambda x, gamma, eps: torch.nn.functional.rms_norm(x, (4,), gamma, float(eps)),
    "group-norm": lambda torch: (
        lambda x, gamma, beta, eps: torch.nn.functional.group_norm(x, 2, gamma, beta, float(eps))
    ),
    "instance-norm": lambda torch: (
        lambda x, gamma, beta, eps: torch.nn.functional.instance_norm(x, weight=gamma, bias=beta, eps=float(eps))
    ),
    "weight-norm": lambda torch: lambda v, g: torch._weight_norm(v, g[None], dim=1),
    "l2-normalisation": lambda torch: torch.nn.functional.normalize,
    "local-response-norm": lambda torch: (
        lambda x, alpha, beta, k: torch.nn.functional.local_response_norm(
            x[..., None], 3, float(3 * alpha), float(beta), float(k)
        )[..., 0]
    ),
}
"""What does the same, out of torch's own functions."""


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


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch))


def test_the_stable_unit_length_neither_overflows_nor_vanishes() -> None:
    formula = FORMULAS["l2-normalisation"]
    assert_stable_form_survives(formula, 1e-300, 1e-12, 1.0, 1e300)
    assert formula.stable is not None and formula.stable.forward is not None
    with np.errstate(over="ignore"):
        assert np.all(formula.forward(np.full((1, 2), 1e200)) == 0)
    np.testing.assert_allclose(formula.stable.forward(np.full((1, 2), 1e200)), np.sqrt(0.5))


def standardise_alone(dz: Any, x: Any, axes: Any, eps: Any) -> Any:
    """As if the mean and the variance did not depend on x."""
    return dz / np.sqrt(((x - x.mean(axis=axes, keepdims=True)) ** 2).mean(axis=axes, keepdims=True) + eps)


def without_the_mean(dz: Any, x: Any, axes: Any, eps: Any) -> Any:
    """The variance's part alone."""
    z = standardise(x, axes, eps)
    return standardise_alone(dz - z * (dz * z).mean(axis=axes, keepdims=True), x, axes, eps)


MEAN = "is a mean taken for a sum, or a sum for a mean?"
OFF = "off by the same number everywhere along axis 0, another one at each point: is a mean or a sum not subtracted?"
FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "batch-norm": (
        lambda dy, x, gamma, beta, eps: (
            without_the_mean(dy * gamma, x, 0, eps),
            (dy * x).sum(axis=0),
            dy.mean(axis=0),
        ),
        {
            "x": OFF,
            "gamma": "all 3 entries are wrong, by no simple pattern",
            "beta": f"exactly 1/4 times the true value; 4 is the length of axis 0 of dy: {MEAN}",
        },
    ),
    "batch-norm-inference": (
        lambda dy, x, gamma, beta, mean, var, eps: (
            dy * gamma / (var + eps),
            (dy * (x - mean) / np.sqrt(var + eps)).sum(axis=0),
            dy.sum(axis=0),
        ),
        {"x": "all 12 entries are wrong, by no simple pattern"},
    ),
    "layer-norm": (
        lambda dy, x, gamma, beta, eps: (
            standardise_alone(dy * gamma, x, -1, eps),
            (dy * standardise(x, -1, eps)).sum(axis=1).sum() * np.ones(4),
            dy.sum(axis=0),
        ),
        {
            "x": "all 12 entries are wrong, by no simple pattern",
            "gamma": "all 4 entries are wrong, by no simple pattern",
        },
    ),
    "rms-norm": (
        lambda dy, x, gamma, eps: (
            FORMULAS["rms-norm"].derivative(dy * 2, x, gamma, eps)[0],
            FORMULAS["rms-norm"].derivative(dy, x, gamma, eps)[1] / gamma,
        ),
        {"x": "exactly 2 times the true value", "gamma": "the factor gamma is missing"},
    ),
    "weight-norm": (
        lambda dw, v, g: (g / np.sqrt((v**2).sum(axis=0)) * dw, (dw * v).sum(axis=0) / np.sqrt((v**2).sum(axis=0))),
        {"v": "all 6 entries are wrong, by no simple pattern"},
    ),
    "l2-normalisation": (
        lambda dy, x: dy / np.sqrt((x**2).sum(axis=1, keepdims=True)),
        {"x": "all 6 entries are wrong, by no simple pattern"},
    ),
    "local-response-norm": (
        lambda dy, x, alpha, beta, k: dy / (k + alpha * (x**2 @ neighbours(4, 1))) ** beta,
        {"x": "all 8 entries are wrong, by no simple pattern"},
    ),
    "spectral-norm": (lambda dy, w, u, v: dy / (u @ w @ v), {"w": "all 6 entries are wrong, by no simple pattern"}),
}
"""A backward that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
