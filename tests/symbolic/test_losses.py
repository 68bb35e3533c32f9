"""Gradients of losses by vectors: the formula of an entry, for any number of entries where that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals, Space
from gradcheck.symbolic import NotSymbolic, checked, in_symbols

PAIR = {"x": Reals(3), "t": Reals(3)}
ALONE = {"x": Reals(3)}
INDEX = r"\(i\) is any of the entries."
SIZE = r"\(n\) is the number of entries."


def claim(primal: Callable[..., Any], inputs: dict[str, Space], wrt: str = "x", claimed: str = "7") -> Claim:
    return Claim(
        "planted",
        "gradient",
        Source("test", 1, rf"\frac{{\partial L}}{{\partial x}} = {claimed}", "reconstructed"),
        primal,
        lambda *arrays: 7 + 0 * arrays[0],
        inputs,
        wrt,
    )


def cross_entropy(x: Any, t: Any) -> Any:
    shifted = x - x.max()
    return -(t * (shifted - np.log(np.exp(shifted).sum()))).sum()


def binary(z: Any, y: Any) -> Any:
    p = 1 / (1 + np.exp(-z))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


SOFTMAX = r"\frac{\left(\sum_{k} t_{k}\right) e^{x_{i}}}{\sum_{k} e^{x_{k}}} - t_{i}"
WRITTEN = {
    "mean squared error": (claim(lambda x, t: ((x - t) ** 2).mean(), PAIR), r"\frac{2}{n} \left(x_{i} - t_{i}\right)"),
    "half of the squared error": (claim(lambda x, t: ((x - t) ** 2).sum() / 2, PAIR), r"x_{i} - t_{i}"),
    "mean absolute error": (
        claim(lambda x, t: np.abs(x - t).mean(), PAIR),
        r"-\frac{\operatorname{sign}\left(t_{i} - x_{i}\right)}{n}",
    ),
    "with a penalty": (
        claim(lambda x, t, lam: ((x - t) ** 2).mean() + lam * (x**2).sum(), {**PAIR, "lam": Reals()}),
        r"2 \lambda x_{i} + \frac{2}{n} \left(x_{i} - t_{i}\right)",
    ),
    "cross-entropy of probabilities": (
        claim(lambda p, t: -(t * np.log(p)).sum(), {"p": Reals(3, low=0, high=1), "t": Reals(3)}, "p"),
        r"-\frac{t_{i}}{p_{i}}",
    ),
    "cross-entropy of logits": (claim(cross_entropy, PAIR), SOFTMAX),
    "cross-entropy by JAX": (claim(lambda x, t: -(t * jax.nn.log_softmax(x)).sum(), PAIR), SOFTMAX),
    "log sum exp": (
        claim(lambda x: np.log(np.exp(x).sum()), ALONE),
        r"\frac{e^{x_{i}}}{\sum_{k} e^{x_{k}}}",
    ),
    "norm": (claim(lambda x: np.sqrt((x**2).sum()), ALONE), r"\frac{x_{i}}{\sqrt{\sum_{k} x_{k}^{2}}}"),
    "variance": (claim(np.var, ALONE), r"\frac{2}{n^{2}} \left(n x_{i} - \sum_{k} x_{k}\right)"),
    "neuron": (
        claim(lambda w, x, b: np.tanh(w @ x + b), {"w": Reals(3), "x": Reals(3), "b": Reals()}, "w"),
        r"x_{i} \left(1 - \tanh^{2}\left(\sum_{k} w_{k} x_{k} + b\right)\right)",
    ),
    "binary cross-entropy": (
        claim(binary, {"z": Reals(4), "y": Reals(4)}, "z", r"\sigma(z) + y"),
        r"\frac{\sigma(z_{i}) - y_{i}}{n}",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_written(name: str) -> None:
    asked, expected = WRITTEN[name]
    found = checked(asked)
    assert found is not None
    written, verdict = found
    assert written.latex == expected
    assert written.left == r"\left(\frac{\partial L}{\partial x}\right)_{i}"
    assert (verdict.status, verdict.certified) == ("holds", True)
    assert written.notes == ((INDEX, SIZE) if "n}" in expected or "{n" in expected else (INDEX,))


def test_a_number_that_other_sizes_do_not_explain_stays() -> None:
    written = in_symbols(claim(lambda x: (x**2).sum() * (2 / 3 if len(x) == 3 else 1 / 7), ALONE))
    assert written.latex == r"\frac{4 x_{i}}{3}"
    assert written.notes == (INDEX, "Worked out for 3 entries.")


REFUSED = {
    "places apart": (claim(lambda x: x[0] * x[1] + x[2], ALONE), "depends on other entries, and not by sums over all"),
    "weighted by place": (claim(lambda x: x @ np.array([1.0, 2.0, 5.0]), ALONE), "have different formulas"),
    "matrix": (
        claim(lambda x, W: (W @ x).sum(), {"x": Reals(3), "W": Reals(2, 3)}),
        "W has another shape than x, so that no formula of one entry says all",
    ),
    "by a matrix": (claim(lambda x: (x**2).sum(), {"x": Reals(2, 3)}), "an array of several axes, is not written"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    asked, told = REFUSED[name]
    with pytest.raises(NotSymbolic, match=told):
        in_symbols(asked)
    assert checked(asked) is None


def test_the_index_that_is_printed_is_used() -> None:
    asked = claim(lambda x, t: ((x - t) ** 2).sum(), PAIR)
    printed = replace(asked, source=Source("test", 1, r"\frac{\partial L}{\partial x_{j}} = x_j", "reconstructed"))
    written = in_symbols(printed)
    assert (written.left, written.latex) == (r"\frac{\partial L}{\partial x_{j}}", r"2 \left(x_{j} - t_{j}\right)")
