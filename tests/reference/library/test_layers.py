"""The layers: every claim holds, certified, and is what is printed; JAX and torch say the same; wrong backwards are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.layers import LIBRARY, sigmoid, softmax
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

JAX: Peers = {
    "dense": lambda jax: lambda x, w, b: jax.numpy.dot(x, w) + b,
    "bias": lambda jax: lambda x, b: jax.numpy.add(x, b),
    "scale": lambda jax: lambda x, g: jax.numpy.multiply(x, g),
    "bilinear": lambda jax: (
        lambda x, z, w, b: jax.vmap(lambda u, v: jax.numpy.stack([u @ w[k] @ v for k in range(4)]) + b)(x, z)
    ),
    "embedding": lambda jax: lambda w, tokens: jax.numpy.take(w, tokens, axis=0),
    "embedding-bag": lambda jax: lambda w, tokens: jax.nn.one_hot(tokens, 4).mean(1) @ w,
    "inverted-dropout": lambda jax: lambda x, mask, p: jax.numpy.where(mask == 1, x / (1 - p), 0),
    "two-layers": lambda jax: lambda x, u, b, v, c: jax.nn.tanh(x @ u + b) @ v + c,
    "feed-forward": lambda jax: lambda x, u, v: jax.nn.relu(x @ u) @ v,
    "residual": lambda jax: lambda x, u, v: x + jax.nn.relu(x @ u) @ v,
    "highway": lambda jax: (
        lambda x, w, b, u, c: jax.nn.sigmoid(x @ u + c) * jax.nn.tanh(x @ w + b) + (1 - jax.nn.sigmoid(x @ u + c)) * x
    ),
    "gated-feed-forward": lambda jax: lambda x, u, v, w: (jax.nn.silu(x @ u) * (x @ v)) @ w,
    "concatenation": lambda jax: lambda x, z: jax.numpy.hstack([x, z]),
    "dense-after-concatenation": lambda jax: lambda x, z, w: x @ w[:2] + z @ w[2:],
    "low-rank-adapter": lambda jax: lambda x, w, a, b, s: x @ (w + s * (a @ b)),
    "mixture-of-experts": lambda jax: (
        lambda x, u, w: sum(jax.nn.softmax(x @ u, axis=-1)[:, k, None] * (x @ w[k]) for k in range(3))
    ),
    "flatten-dense": lambda jax: lambda x, w: jax.numpy.tensordot(x, w.reshape(2, 3, 4), axes=2),
    "tied-autoencoder": lambda jax: lambda x, w, b, c: jax.nn.tanh(x @ w + b) @ w.T + c,
    "feature-wise-modulation": lambda jax: lambda x, z, u, v: (z @ u) * x + z @ v,
    "factorisation-machine": lambda jax: (
        lambda x, w, v: (
            x @ w + sum(jax.numpy.dot(v[j], v[k]) * x[:, j] * x[:, k] for j in range(3) for k in range(j + 1, 3))
        )
    ),
    "radial-basis": lambda jax: (
        lambda x, c, b: jax.numpy.stack(
            [jax.numpy.exp(-b[k] * jax.numpy.sum((x - c[k]) ** 2, axis=1)) for k in range(3)], axis=1
        )
    ),
}
"""What does the same, in JAX."""
TORCH: Peers = {
    "dense": lambda torch: lambda x, w, b: torch.nn.functional.linear(x, w.T, b),
    "bilinear": lambda torch: torch.nn.functional.bilinear,
    "embedding": lambda torch: lambda w, tokens: torch.nn.functional.embedding(tokens, w),
    "embedding-bag": lambda torch: lambda w, tokens: torch.nn.functional.embedding_bag(tokens, w, mode="mean"),
    "dropout": lambda torch: torch.mul,
    "feed-forward": lambda torch: lambda x, u, v: torch.nn.functional.relu(x @ u) @ v,
    "residual": lambda torch: lambda x, u, v: x + torch.nn.functional.relu(x @ u) @ v,
    "gated-feed-forward": lambda torch: lambda x, u, v, w: (torch.nn.functional.silu(x @ u) * (x @ v)) @ w,
    "concatenation": lambda torch: lambda x, z: torch.cat([x, z], dim=1),
    "flatten-dense": lambda torch: lambda x, w: torch.nn.functional.linear(torch.nn.Flatten()(x), w.T),
}
"""What does the same, out of torch's own functions."""
KINKS: Mapping[str, Sequence[Sequence[Any]]] = {
    "feed-forward": [[np.ones((2, 5)), np.zeros((2, 3)), np.ones((3, 4)), np.ones((4, 5))]],
    "residual": [[np.ones((4, 2)), np.ones((4, 2)), np.array([[1.0, 2.0, 0.0], [-1.0, 1.0, 0.0]]), np.ones((3, 2))]],
}
"""Points at which an input of a ReLU is 0."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    assert_same_as_jax(FORMULAS[name], JAX[name](jax), *KINKS.get(name, ()))


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch), *KINKS.get(name, ()))


def assigned(dy: Any, w: Any, tokens: Any) -> Any:
    """A row that is named twice receives what it was named for last."""
    places = tokens[:, None] == np.arange(len(w))
    last = places & ~(np.cumsum(places[::-1], axis=0)[::-1] > places)
    return last.T.astype(float) @ dy


FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "dense": (
        lambda dy, x, w, b: (dy @ w.T, x.T @ dy, dy.mean(axis=0)),
        {
            "b": "exactly 1/4 times the true value; 4 is the length of axis 0 of dy: is a mean taken for a sum, or "
            "a sum for a mean?"
        },
    ),
    "bias": (lambda dy, x, b: (dy, dy[0]), {"b": "all 3 entries are wrong, by no simple pattern"}),
    "bilinear": (
        lambda dy, x, z, w, b: (
            np.einsum("il,ljk,ik->ij", dy, w, z),
            np.einsum("il,ljk,ij->ik", dy, w, x),
            np.einsum("il,ij,ik->ljk", dy, z[:, :2], np.concatenate([x, z[:, 2:]], axis=1)),
            dy.sum(axis=0),
        ),
        {"w": "16 of 24 entries wrong: [0, 0, 1]; [0, 0, 2]; [0, 1, 0]; [0, 1, 2] …"},
    ),
    "embedding": (assigned, {"w": "only rows 0, 1, 2 wrong, of 4"}),
    "inverted-dropout": (
        lambda dy, x, mask, p: dy * mask,
        {"x": "each entry is wrong at some point, by no simple pattern"},
    ),
    "residual": (
        lambda dy, x, u, v: (
            ((dy @ v.T) * (x @ u > 0)) @ u.T,
            x.T @ ((dy @ v.T) * (x @ u > 0)),
            np.maximum(x @ u, 0).T @ dy,
        ),
        {"x": "all 8 entries are wrong, by no simple pattern"},
    ),
    "highway": (
        lambda dy, x, w, b, u, c: (
            dy * (1 - sigmoid(x @ u + c)),
            *FORMULAS["highway"].derivative(dy, x, w, b, u, c)[1:3],
            *(2 * part for part in FORMULAS["highway"].derivative(dy, x, w, b, u, c)[3:]),
        ),
        {
            "x": "all 6 entries are wrong, by no simple pattern",
            "u": "exactly 2 times the true value",
            "c": "exactly 2 times the true value",
        },
    ),
    "low-rank-adapter": (
        lambda dy, x, w, a, b, s: (dy @ w.T + s * (dy @ b.T @ a.T), x.T @ dy, x.T @ dy @ b.T, s * ((x @ a).T @ dy)),
        {"a": "the factor s is missing"},
    ),
    "mixture-of-experts": (
        lambda dy, x, u, w: (
            FORMULAS["mixture-of-experts"].derivative(dy, x, u, w)[0],
            x.T @ (softmax(x @ u) * np.einsum("ij,kij->ik", dy, x @ w)),
            np.einsum("im,ik,ij->kmj", x, softmax(x @ u), dy),
        ),
        {"u": "all 6 entries are wrong, by no simple pattern"},
    ),
    "tied-autoencoder": (
        lambda dy, x, w, b, c: (
            *FORMULAS["tied-autoencoder"].derivative(dy, x, w, b, c)[:1],
            dy.T @ np.tanh(x @ w + b),
            *FORMULAS["tied-autoencoder"].derivative(dy, x, w, b, c)[2:],
        ),
        {"w": "all 6 entries are wrong, by no simple pattern"},
    ),
}
"""A backward that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
