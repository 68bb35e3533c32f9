"""Attention: every claim holds, certified, as printed; JAX and torch say the same; wrong backwards are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.attention import LIBRARY, softmax, softmax_backward
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
BEHIND = -np.subtract.outer(range(3), range(3))


def by_jax(jax: Any, keep: Any = None) -> Callable[..., Any]:
    """Attention by JAX's softmax, of the pairs that are kept."""

    def attend(Q: Any, K: Any, V: Any, bias: Any = 0.0) -> Any:
        return jax.nn.softmax(Q @ K.T / jax.numpy.sqrt(Q.shape[1]) + bias, axis=-1, where=keep) @ V

    return attend


def multi_head_by_jax(jax: Any, x: Any, A: Any, B: Any, C: Any, D: Any) -> Any:
    return sum(by_jax(jax)(x @ A[a], x @ B[a], x @ C[a]) @ D[a] for a in range(2))


def linear_by_jax(jax: Any, Q: Any, K: Any, V: Any) -> Any:
    S = (jax.nn.elu(Q) + 1) @ (jax.nn.elu(K) + 1).T
    return (S / S.sum(axis=1, keepdims=True)) @ V


JAX: Peers = {
    "attention": by_jax,
    "attention-with-mask": by_jax,
    "attention-with-padding-mask": lambda jax: (
        lambda Q, K, V, keep: by_jax(jax)(Q, K, V, jax.numpy.where(keep == 1, 0.0, -np.inf))
    ),
    "causal-attention": lambda jax: by_jax(jax, BEHIND <= 0),
    "local-attention": lambda jax: by_jax(jax, np.abs(np.subtract.outer(range(4), range(4))) <= 1),
    "attention-with-dropout": lambda jax: (
        lambda Q, K, V, mask, p: (jax.nn.softmax(Q @ K.T / 2**0.5, axis=-1) * mask / (1 - p)) @ V
    ),
    "attention-with-relative-bias": lambda jax: (
        lambda Q, K, V, b: by_jax(jax)(Q, K, V, jax.numpy.stack([b[i : i + 3][::-1] for i in range(2)]))
    ),
    "alibi-attention": lambda jax: lambda Q, K, V, s: by_jax(jax, BEHIND <= 0)(Q, K, V, s * BEHIND),
    "bilinear-attention": lambda jax: lambda Q, K, V, W: jax.nn.softmax(Q @ W @ K.T, axis=-1) @ V,
    "additive-attention": lambda jax: (
        lambda Q, K, V, W, U, v: jax.vmap(lambda q: jax.nn.softmax(jax.nn.tanh(q @ W + K @ U) @ v) @ V)(Q)
    ),
    "linear-attention": lambda jax: lambda *inputs: linear_by_jax(jax, *inputs),
    "cross-attention": lambda jax: lambda x, c, A, B, C: by_jax(jax)(x @ A, c @ B, c @ C),
    "multi-head-attention": lambda jax: lambda *inputs: multi_head_by_jax(jax, *inputs),
    "multi-query-attention": lambda jax: lambda Q, K, V: jax.numpy.stack([by_jax(jax)(head, K, V) for head in Q]),
    "attention-pooling": lambda jax: lambda x, v: jax.nn.softmax(x @ v) @ x,
}
"""What does the same, in JAX."""


def multi_head_by_torch(torch: Any, x: Any, A: Any, B: Any, C: Any, D: Any) -> Any:
    rows = [part.transpose(1, 2).reshape(-1, x.shape[1]) for part in (A, B, C)]
    return torch.nn.functional.multi_head_attention_forward(
        x[:, None],
        x[:, None],
        x[:, None],
        embed_dim_to_check=x.shape[1],
        num_heads=len(A),
        in_proj_weight=None,
        in_proj_bias=None,
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=D.reshape(-1, D.shape[2]).T,
        out_proj_bias=None,
        use_separate_proj_weight=True,
        q_proj_weight=rows[0],
        k_proj_weight=rows[1],
        v_proj_weight=rows[2],
    )[0][:, 0]


TORCH: Peers = {
    "attention": lambda torch: torch.nn.functional.scaled_dot_product_attention,
    "attention-with-mask": lambda torch: torch.nn.functional.scaled_dot_product_attention,
    "attention-with-padding-mask": lambda torch: (
        lambda Q, K, V, keep: torch.nn.functional.scaled_dot_product_attention(Q, K, V, (keep == 1).expand(3, 4))
    ),
    "causal-attention": lambda torch: (
        lambda Q, K, V: torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=True)
    ),
    "multi-query-attention": lambda torch: torch.nn.functional.scaled_dot_product_attention,
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


def test_the_attention_of_jax_itself_is_the_same_to_single_precision() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    rng = np.random.default_rng(7)
    Q, K, V = (rng.normal(size=shape) for shape in ((3, 2), (4, 2), (4, 2)))
    with jax.enable_x64(True):  # its softmax is in float32 all the same
        found = jax.nn.dot_product_attention(*(part[None, :, None] for part in (Q, K, V)))[0, :, 0]
    np.testing.assert_allclose(FORMULAS["attention"].forward(Q, K, V), found, rtol=1e-5)


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch))


def test_torch_says_the_same_of_several_heads() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    formula = FORMULAS["multi-head-attention"]
    rng = np.random.default_rng(5)
    n, heads, size = 5, 2, 3
    width = heads * size
    x = rng.normal(size=(n, width))
    weights = [rng.normal(size=shape) for shape in ((heads, width, size),) * 3 + ((heads, size, width),)]
    inputs = [torch.tensor(value, requires_grad=True) for value in (x, *weights)]
    y = multi_head_by_torch(torch, *inputs)
    dy = rng.normal(size=y.shape)
    slopes = torch.autograd.grad((torch.tensor(dy) * y).sum(), inputs)
    np.testing.assert_allclose(formula.forward(x, *weights), y.detach().numpy(), rtol=1e-11, atol=1e-11)
    for mine, theirs in zip(formula.derivative(dy, x, *weights), slopes, strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-10, atol=1e-10)


def test_the_stable_form_overflows_nowhere() -> None:
    assert_stable_form_survives(FORMULAS["attention"], 1e-12, 1.0, 40.0, 800.0, -1e5)
    Q = np.full((3, 2), 1e4)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(FORMULAS["attention"].forward(Q, np.ones((4, 2)), np.ones((4, 2)))).any()


def weights(Q: Any, K: Any) -> Any:
    return softmax(Q @ K.T / np.sqrt(Q.shape[1]))


def right(name: str, *values: Any) -> tuple[Any, ...]:
    return FORMULAS[name].derivative(*values)  # type: ignore[no-any-return] # a tuple, as all here return


MEAN = "is a mean taken for a sum, or a sum for a mean?"
FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "attention": (
        lambda dy, Q, K, V: (
            softmax_backward(dy @ V.T, weights(Q, K)) @ K,
            (weights(Q, K) * (dy @ V.T)).T @ Q / np.sqrt(2),
            weights(Q, K).T @ dy,
        ),
        {"Q": "1.41421356237 times the true value", "K": "all 8 entries are wrong, by no simple pattern"},
    ),
    "causal-attention": (
        lambda dy, Q, K, V: (*right("causal-attention", dy, Q, K, V)[:2], np.tril(weights(Q, K)).T @ dy),
        {"V": "only rows 0, 1 wrong, of 3"},
    ),
    "attention-with-dropout": (
        lambda dy, Q, K, V, mask, p: (
            *right("attention", dy, Q, K, V)[:2],
            right("attention-with-dropout", dy, Q, K, V, mask, p)[2],
        ),
        {
            "Q": "wrong only where p is above a number between 0.34 and 0.4",
            "K": "all 8 entries are wrong, by no simple pattern",
        },
    ),
    "additive-attention": (
        lambda dy, Q, K, V, W, U, v: (
            *right("additive-attention", dy, Q, K, V, W, U, v)[:5],
            right("additive-attention", dy, Q, K, V, W, U, v)[5] / 3,
        ),
        {"v": f"exactly 1/3 times the true value; 3 is the length of axis 0 of K: {MEAN}"},
    ),
    "cross-attention": (
        lambda dy, x, c, A, B, C: (
            right("cross-attention", dy, x, c, A, B, C)[0],
            right("attention", dy, x @ A, c @ B, c @ C)[2] @ C.T,
            *right("cross-attention", dy, x, c, A, B, C)[2:],
        ),
        {"c": "all 6 entries are wrong, by no simple pattern"},
    ),
    "multi-head-attention": (
        lambda dy, x, A, B, C, D: (
            (right("attention", dy, x @ A[0], x @ B[0], x @ C[0] @ D[0])[0]) @ A[0].T,
            *right("multi-head-attention", dy, x, A, B, C, D)[1:],
        ),
        {"x": "all 6 entries are wrong, by no simple pattern"},
    ),
    "multi-query-attention": (
        lambda dy, Q, K, V: (
            right("multi-query-attention", dy, Q, K, V)[0],
            right("attention", dy[0], Q[0], K, V)[1],
            right("multi-query-attention", dy, Q, K, V)[2] / 2,
        ),
        {"K": "all 8 entries are wrong, by no simple pattern", "V": "exactly 1/2 times the true value"},
    ),
    "attention-pooling": (
        lambda dy, x, v: (np.outer(softmax(x @ v), dy), right("attention-pooling", dy, x, v)[1]),
        {"x": "all 6 entries are wrong, by no simple pattern"},
    ),
}
"""A backward that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
