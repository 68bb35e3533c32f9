"""Traces that are kept from check to check: nothing is traced twice, and no verdict is another for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck as gc
from gradcheck import expressions

X = np.array([0.5, -1.25, 2.0])


def counted(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[None]]:
    """The function, and a list that grows with every call of it."""
    calls: list[None] = []

    def called(x: Any) -> Any:
        calls.append(None)
        return function(x)

    return called, calls


def test_a_function_and_its_claim_are_called_once_for_all_checks() -> None:
    f, calls = counted(lambda x: jnp.sum(jnp.sin(x)))
    claim, claims = counted(lambda x: jnp.cos(x))
    with gc.traces_kept():
        verdicts = [gc.check(f, (x,), gradient=claim, points=0) for x in (X, 2 * X, X - 3)]
    assert [(verdict.status, verdict.certified) for verdict in verdicts] == [("holds", True)] * 3
    assert (len(calls), len(claims)) == (1, 1)


def test_a_check_alone_traces_a_jax_function_once() -> None:
    f, calls = counted(lambda x: jnp.sum(x**2))
    assert gc.check(f, (X,), gradient=lambda x: 2 * x).status == "holds"
    assert len(calls) == 1


@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
def test_each_check_says_what_it_says_outside(xp: Any) -> None:
    def f(x: Any) -> Any:
        return xp.sum(xp.exp(x) * xp.abs(x))

    def right(x: Any) -> Any:
        return xp.exp(x) * (xp.abs(x) + xp.sign(x))

    def wrong(x: Any) -> Any:
        return xp.exp(x) * (xp.abs(x) + 1)

    outside = [str(gc.check(f, (x,), gradient=claim, points=0)) for claim in (right, wrong) for x in (X, abs(X))]
    with gc.traces_kept():
        inside = [
            [str(gc.check(f, (x,), gradient=claim, points=0)) for claim in (right, wrong) for x in (X, abs(X))]
            for _ in range(2)
        ]
    assert inside == [outside, outside]
    assert [text.partition(" (")[0] for text in outside] == ["HOLDS", "HOLDS", "FAILS", "HOLDS"]


def test_other_shapes_dtypes_and_settings_are_other_traces() -> None:
    def f(x: Any, n: int) -> Any:
        return jnp.sum(x**n)

    def claim(x: Any, n: int) -> Any:
        return 2 * x

    with gc.traces_kept():
        statuses = [
            gc.check(f, args, gradient=claim, wrt="x", points=0).status
            for args in ((X, 2), (X, 3), (X[:2], 2), (X.astype(np.float32), 2), (X[None], 3), (X, 2))
        ]
    assert statuses == ["holds", "fails", "holds", "holds", "fails", "holds"]


def test_afterwards_a_changed_function_is_seen_as_it_is() -> None:
    factor = 2.0

    def f(x: Any) -> Any:
        return jnp.sum(factor * x)

    def claim(x: Any) -> Any:
        return 2 * jnp.ones_like(x)

    with gc.traces_kept():
        assert gc.check(f, (X,), gradient=claim, points=0).status == "holds"
        factor = 3.0
        assert gc.check(f, (X,), gradient=claim, points=0).status == "holds", "traced before, as the documentation says"
    found = gc.check(f, (X,), gradient=claim, points=0)
    assert (found.status, found.diagnosis) == ("fails", "exactly 2/3 times the true value")


def test_nothing_is_kept_at_the_end_even_after_an_error() -> None:
    def checks() -> None:
        with gc.traces_kept():
            gc.check(lambda x: jnp.sum(x), (X,), gradient=lambda x: x * 0 + 1, points=0)
            assert expressions._traced
            gc.check(jnp.sin, (X,), tol=1e-3)

    with pytest.raises(gc.UsageError):
        checks()
    assert not expressions._traced
    assert not expressions._kept


def test_trees_that_cannot_be_hashed_are_checked_all_the_same() -> None:
    class Switch:
        __hash__ = None  # type: ignore[assignment] # on purpose: a setting that cannot be a key

        def __call__(self, x: Any) -> Any:
            return jnp.sum(jnp.sin(x))

    with gc.traces_kept():
        verdicts = [gc.check(Switch(), (X,), gradient=jnp.cos, points=0) for _ in range(2)]
    assert [verdict.status for verdict in verdicts] == ["holds", "holds"]
