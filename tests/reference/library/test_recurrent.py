"""Recurrent networks: every claim holds, certified, as printed; JAX and torch say the same; wrong backwards are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.recurrent import LIBRARY, linear_recurrence, rnn, rnn_cell, sigmoid
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_same_as_torch,
    claims_of,
    faults_in,
)

NOT_CERTIFIED: dict[str, str] = {}
A_RECURSION = "the gradients of the steps are a recursion over time, which the reader does not unroll"
NOT_COMPARED = {
    **{f"rnn-{name}": A_RECURSION for name in "xhwub"},
    **{f"lstm-{name}": A_RECURSION for name in "xhcwub"},
    **{f"gru-{name}": A_RECURSION for name in "xhwub"},
    **{f"bidirectional-rnn-{name}": A_RECURSION for name in "xwuva"},
}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]


def scanned(jax: Any, cell: Callable[..., Any], *states: Any) -> Callable[..., Any]:
    """The states of all steps by JAX's scan; a cell maps states and a step to states, of which the first is the result."""

    def run(x: Any) -> Any:
        def step(before: Any, row: Any) -> Any:
            after = cell(before, row)
            return after, after[0]

        return jax.lax.scan(step, states, x)[1]

    return run


def lstm_step(jax: Any, w: Any, u: Any, b: Any) -> Callable[..., Any]:
    nn = jax.nn

    def step(before: Any, x: Any) -> Any:
        h, c = before
        i, f, g, o = (x @ w[k] + h @ u[k] + b[k] for k in range(4))
        s = nn.sigmoid(f) * c + nn.sigmoid(i) * nn.tanh(g)
        return nn.sigmoid(o) * nn.tanh(s), s

    return step


def gru_step(jax: Any, w: Any, u: Any, b: Any) -> Callable[..., Any]:
    nn = jax.nn

    def step(before: Any, x: Any) -> Any:
        (h,) = before
        r, z = (nn.sigmoid(x @ w[k] + h @ u[k] + b[k]) for k in range(2))
        return (z * h + (1 - z) * nn.tanh(x @ w[2] + (r * h) @ u[2] + b[2]),)

    return step


def rnn_by_scan(jax: Any, x: Any, h: Any, w: Any, u: Any, b: Any) -> Any:
    return scanned(jax, lambda before, row: (jax.nn.tanh(row @ w + before[0] @ u + b),), h)(x)


def minimal_by_jax(jax: Any, x: Any, h: Any, w: Any, u: Any, b: Any) -> Any:
    f = jax.nn.sigmoid(x @ w[0] + h @ u[0] + b[0])
    return h + f * (jax.nn.tanh(x @ w[1] + (f * h) @ u[1] + b[1]) - h)


JAX: Peers = {
    "rnn-cell": lambda jax: lambda x, h, w, u, b: jax.nn.tanh(x @ w + h @ u + b),
    "rnn": lambda jax: lambda *inputs: rnn_by_scan(jax, *inputs),
    "lstm-cell": lambda jax: lambda x, h, c, w, u, b: lstm_step(jax, w, u, b)((h, c), x),
    "lstm": lambda jax: lambda x, h, c, w, u, b: scanned(jax, lstm_step(jax, w, u, b), h, c)(x),
    "gru-cell": lambda jax: lambda x, h, w, u, b: gru_step(jax, w, u, b)((h,), x)[0],
    "gru": lambda jax: lambda x, h, w, u, b: scanned(jax, gru_step(jax, w, u, b), h)(x),
    "minimal-gated-cell": lambda jax: lambda *inputs: minimal_by_jax(jax, *inputs),
    "bidirectional-rnn": lambda jax: (
        lambda x, w, u, v, a: jax.numpy.concatenate(
            [
                rnn_by_scan(jax, x, jax.numpy.zeros((2, 2)), w, u, 0.0),
                rnn_by_scan(jax, x[::-1], jax.numpy.zeros((2, 2)), v, a, 0.0)[::-1],
            ],
            axis=2,
        )
    ),
    "linear-recurrence": lambda jax: (
        lambda x, a: jax.lax.associative_scan(
            lambda one, two: (one[0] * two[0], two[0] * one[1] + two[1]), (jax.numpy.broadcast_to(a, x.shape), x)
        )[1]
    ),
}
"""What does the same, in JAX."""


def of_gates(torch: Any, w: Any, gates: Any = None) -> Any:
    """torch's weight, (gates · q, p), of a stack of matrices, (gates, p, q)."""
    return torch.cat([part.T for part in (w if gates is None else w[gates])])


def rnn_by_torch(torch: Any, x: Any, h: Any, w: Any, u: Any, b: Any) -> Any:
    none = torch.zeros(len(b), dtype=x.dtype)
    return torch._VF.rnn_tanh(x, h[None], [w.T, u.T, b, none], True, 1, 0.0, False, False, False)[0]


def lstm_by_torch(torch: Any, x: Any, h: Any, c: Any, w: Any, u: Any, b: Any) -> Any:
    weights = [of_gates(torch, w), of_gates(torch, u), b.reshape(-1), torch.zeros(b.numel(), dtype=x.dtype)]
    return torch._VF.lstm(x, (h[None], c[None]), weights, True, 1, 0.0, False, False, False)


TORCH: Peers = {
    "rnn-cell": lambda torch: lambda x, h, w, u, b: rnn_by_torch(torch, x[None], h, w, u, b)[0],
    "rnn": lambda torch: lambda *inputs: rnn_by_torch(torch, *inputs),
    "lstm-cell": lambda torch: (
        lambda x, h, c, w, u, b: tuple(part[0] for part in lstm_by_torch(torch, x[None], h, c, w, u, b)[1:])
    ),
    "lstm": lambda torch: lambda *inputs: lstm_by_torch(torch, *inputs)[0],
    "gru-cell-reset-after": lambda torch: (
        lambda x, h, w, u, b, c: torch._VF.gru_cell(
            x,
            h,
            of_gates(torch, w),
            of_gates(torch, u),
            b.reshape(-1),
            torch.cat([torch.zeros(2 * len(c), dtype=x.dtype), c]),
        )
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


def truncated(dy: Any, x: Any, h: Any, w: Any, u: Any, b: Any) -> tuple[Any, ...]:
    """Backpropagation that forgets what comes from the step after."""
    y = rnn(x, h, w, u, b)
    before = np.concatenate([h[None], y[:-1]])
    dz = dy * (1 - y**2)
    total = np.einsum("tnp,tnq->pq", x, dz), np.einsum("tnp,tnq->pq", before, dz), dz.sum(axis=(0, 1))
    return dz @ w.T, dz[0] @ u.T, *total


def right(name: str, *values: Any) -> tuple[Any, ...]:
    return FORMULAS[name].derivative(*values)  # type: ignore[no-any-return] # a tuple, as all here return


def without_reset(dy: Any, x: Any, h: Any, w: Any, u: Any, b: Any) -> tuple[Any, ...]:
    """The gradient by u₃ from h, where it is r ⊙ h that meets it."""
    dx, dh, dw, du, db = right("gru-cell", dy, x, h, w, u, b)
    r, z = (sigmoid(x @ w[k] + h @ u[k] + b[k]) for k in range(2))
    g = np.tanh(x @ w[2] + (r * h) @ u[2] + b[2])
    return dx, dh, dw, np.stack([du[0], du[1], h.T @ (dy * (1 - z) * (1 - g**2))]), db


FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "rnn-cell": (
        lambda dy, x, h, w, u, b: (
            (dy * (1 - rnn_cell(x, h, w, u, b) ** 2)) @ w.T,
            (dy * (1 - rnn_cell(x, h, w, u, b) ** 2)) @ u,
            *right("rnn-cell", dy, x, h, w, u, b)[2:],
        ),
        {"h": "all 8 entries are wrong, by no simple pattern"},
    ),
    "rnn": (
        truncated,
        {
            "x": "16 of 24 entries wrong: [0, 0, 0]; [0, 0, 1]; [0, 0, 2]; [0, 0, 3] …",
            "h": "all 4 entries are wrong, by no simple pattern",
            "w": "all 8 entries are wrong, by no simple pattern",
            "u": "all 4 entries are wrong, by no simple pattern",
            "b": "all 2 entries are wrong, by no simple pattern",
        },
    ),
    "lstm-cell": (
        lambda dy, ds, x, h, c, w, u, b: right("lstm-cell", dy, 0 * ds, x, h, c, w, u, b),
        {
            "x": "all 6 entries are wrong, by no simple pattern",
            "h": "all 4 entries are wrong, by no simple pattern",
            "c": "all 4 entries are wrong, by no simple pattern",
            "w": "18 of 24 entries wrong: [0, 0, 0]; [0, 0, 1]; [0, 1, 0]; [0, 1, 1] …",
            "u": "12 of 16 entries wrong: [0, 0, 0]; [0, 0, 1]; [0, 1, 0]; [0, 1, 1] …",
            "b": "only rows 0, 1, 2 wrong, of 4",
        },
    ),
    "gru-cell": (without_reset, {"u": "4 of 12 entries wrong: [2, 0, 0]; [2, 0, 1]; [2, 1, 0]; [2, 1, 1]"}),
    "gru-cell-reset-after": (
        lambda dy, x, h, w, u, b, c: (
            *right("gru-cell-reset-after", dy, x, h, w, u, b, c)[:5],
            right("gru-cell-reset-after", dy, x, h, w, u, b, c)[4][2],
        ),
        {"c": "all 2 entries are wrong, by no simple pattern"},
    ),
    "minimal-gated-cell": (
        lambda dy, x, h, w, u, b: (
            right("minimal-gated-cell", dy, x, h, w, u, b)[0],
            right("minimal-gated-cell", dy, x, h, w, u, b)[1] - dy,
            *right("minimal-gated-cell", dy, x, h, w, u, b)[2:],
        ),
        {"h": "all 8 entries are wrong, by no simple pattern"},
    ),
    "bidirectional-rnn": (
        lambda dy, x, w, u, v, a: right("bidirectional-rnn", dy[..., [2, 3, 0, 1]], x, w, u, v, a),
        {
            "x": "all 12 entries are wrong, by no simple pattern",
            "w": "all 4 entries are wrong, by no simple pattern",
            "u": "all 4 entries are wrong, by no simple pattern",
            "v": "all 4 entries are wrong, by no simple pattern",
            "a": "all 4 entries are wrong, by no simple pattern",
        },
    ),
    "linear-recurrence": (
        lambda dy, x, a: (
            linear_recurrence(dy, a),
            (right("linear-recurrence", dy, x, a)[0] * linear_recurrence(x, a)).sum(axis=0),
        ),
        {"x": "all 12 entries are wrong, by no simple pattern", "a": "all 3 entries are wrong, by no simple pattern"},
    ),
}
"""A backward that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
