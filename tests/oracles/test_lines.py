"""Rows and columns of Jacobians in blocks: the same interpreted and compiled, and the same as the whole."""

from __future__ import annotations

from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers import xla
from gradcheck.oracles.autodiff import jacobians
from gradcheck.oracles.lines import Lines
from gradcheck.oracles.stepping import along_line, of_four, of_two, scale_of
from tests.numbers.comparator import traced

X = np.linspace(-1, 2, 37)


def softmax(x: Any) -> Any:
    e = jnp.exp(x - jnp.max(x))
    return e / jnp.sum(e)


@pytest.mark.parametrize("by", ["rows", "columns"])
@pytest.mark.parametrize("compiled", [False, True])
def test_blocks_make_the_jacobian(
    by: Literal["rows", "columns"], compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcheck.oracles.lines.BLOCK", 10 * X.size)
    monkeypatch.setattr(xla, "COMPILING", 0.0 if compiled else np.inf)
    program = traced(softmax, X)
    lines = Lines(program, [X], 0, by)
    found = np.concatenate([block for _, block in lines.blocks()])
    assert [start for start, _ in lines.blocks()] == [0, 10, 20, 30]
    assert ("_compiled" in lines.derived.__dict__) == compiled
    whole = jacobians(program, [X], 0)
    expected = whole.reverse if by == "rows" else whole.forward
    assert expected is not None
    np.testing.assert_allclose(found, expected if by == "rows" else expected.T, rtol=1e-13)


@pytest.mark.parametrize("by", ["rows", "columns"])
@pytest.mark.parametrize("compiled", [False, True])
def test_lines_that_are_unlike_are_told_apart_wherever_they_lie(
    by: Literal["rows", "columns"], compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcheck.oracles.lines.AT_ONCE", 17 * X.size)  # 16 lines a call, the last of them anew
    monkeypatch.setattr(xla, "COMPILING", 0.0 if compiled else np.inf)
    lines = Lines(traced(softmax, X), [X], 0, by)
    said = np.concatenate([block for _, block in lines.blocks()])

    def wrong() -> set[tuple[int, int]]:
        found = [(start, np.argwhere(bad).tolist()) for start, bad in lines.unlike(said, 1e-12)]
        return {(start + line, entry) for start, places in found for line, entry in places}

    assert wrong() == set()
    planted = {(0, 3), (15, 36), (16, 0), (31, 5), (32, 7), (36, 36)}
    for place in planted:
        said[place] *= 1 + 1e-11
    assert wrong() == planted
    said[20, 20] = np.nan
    assert wrong() == planted | {(20, 20)}


def test_what_is_interpreted_is_paid_for_until_compiling_would_have_cost_as_much() -> None:
    program = traced(softmax, X)
    share = xla.COMPILING / 3
    assert [xla.pays(program, share) for _ in range(4)] == [False, False, False, True]
    fresh = traced(softmax, X)
    assert xla.pays(fresh, 2 * xla.COMPILING)


def test_lower_dtypes_are_not_compiled() -> None:
    x = X.astype(np.float32)
    lines = Lines(traced(softmax, x), [x], 0, "rows")
    lines.derived.__dict__["_interpreted"] = 2 * xla.COMPILING
    block = next(iter(lines.blocks()))[1]
    assert "_compiled" not in lines.derived.__dict__
    np.testing.assert_allclose(np.sum(block, axis=1), 0, atol=1e-15)


def test_four_evaluations_tell_a_slope_and_its_bar() -> None:
    step = 2.0**-10
    steps = step * np.array([-1.0, 0.0, 1.0, 2.0])
    value, bar = of_four(np.exp(steps), step, 1)
    assert abs(value - 1) <= bar <= 1e-6
    noisy, wide = of_four(1 + 1e-12 * np.array([1, -1, 1, -1]), step, 1)
    assert abs(noisy) <= wide
    assert wide > 1e-9


def test_what_agrees_with_two_evaluations_agrees_with_four() -> None:
    for step in (2.0**-4, 2.0**-17, 2.0**-30):
        values = np.exp(step * np.array([-1.0, 0.0, 1.0, 2.0]))
        two, narrow = of_two(values[0], values[2], step, 100)
        four, wide = of_four(values, step, 100)
        assert two == four
        assert 0 < narrow <= wide
        assert abs(four - 1) <= wide
    coarse, bar = of_two(np.exp(-0.1), np.exp(0.1), 0.1, 1)
    assert abs(coarse - 1) > bar, "two evaluations say nothing of the truncation"


@pytest.mark.parametrize("work", [1.0, 1e9])
def test_along_a_line(work: float) -> None:
    direction = np.where(np.arange(X.size) % 2, 1.5, -0.5)
    found = along_line(lambda rows: np.sin(rows) * 2, X * 1e6, direction / 1e6, work)
    assert found.known
    assert found.evaluations == (31 if work == 1.0 else 4)
    expected = float(np.sum(2 * np.cos(X * 1e6) * direction / 1e6))
    assert abs(found.value - expected) <= found.error


def test_the_ladder_is_climbed_where_it_is_asked_for() -> None:
    function = lambda rows: np.abs(rows - 3e-6)  # noqa: E731 - of one test
    quick, careful = (along_line(function, np.zeros(1), np.ones(1), 1e9, ladder) for ladder in (False, True))
    assert (quick.evaluations, careful.evaluations) == (4, 31)
    assert abs(quick.value + 1) > quick.error, "a kink inside of the step is not seen by four evaluations"
    assert abs(careful.value + 1) <= careful.error


def test_the_scale_of_numbers_is_a_power_of_two() -> None:
    assert scale_of(np.array([0.0, 3e8, 3e8, 1.0, np.nan])) == 2.0**28
    assert scale_of(np.zeros(3)) == 1.0
