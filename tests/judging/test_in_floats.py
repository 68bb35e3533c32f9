"""Judging black boxes in floats: right claims that are nasty, each beside a wrong one, and what would have been seen."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import gradcheck as gc
from gradcheck.verdict import Verdict

Array = np.ndarray[Any, np.dtype[Any]]
X = np.array([0.3, -0.5, 0.7, 1.2])


def opaque(x: Array) -> Array:
    """The same numbers in float64, by a way that no trace follows."""
    return np.array([float.fromhex(float(v).hex()) for v in np.ravel(x)]).reshape(np.shape(x))


def checked(f: Any, x: Array, gradient: Any) -> Verdict:
    return gc.check(lambda x: f(opaque(x)), (x,), gradient=gradient)


def largest(x: Array) -> Array:
    return np.asarray(np.max(x))


def shared(x: Array) -> Array:
    ties = x == x.max()
    return np.asarray(ties / ties.sum())


TIED = np.array([1.0, 1.0, 0.0])


@pytest.mark.parametrize("right", [shared, lambda x: 1.0 * (np.arange(3) == x.argmax())])
def test_at_a_tie_a_black_box_may_claim_any_mean_of_the_slopes_beside_it(right: Any) -> None:
    found = checked(largest, TIED, right)
    assert (found.status, found.certified) == ("holds", False)


def test_at_a_tie_entries_of_a_black_box_that_are_not_permitted_together_are_wrong() -> None:
    found = checked(largest, TIED, lambda x: 1.0 * (x == x.max()))
    assert found.status == "fails"
    assert found.diagnosis == (
        "at a tie each entry is permitted by itself, but not all together: no slopes beside the tie mix to them"
    )


def test_independent_kinks_are_permitted_each_by_itself() -> None:
    """All of 0 … 1 is permitted at either border: the slopes along (1, 1) are the same to both sides, and say nothing."""

    def clipped(x: Array) -> Array:
        return np.asarray(np.sum(np.clip(x, -1, 1)))

    x = np.array([1.0, -1.0, 0.5])
    assert checked(clipped, x, lambda x: 1.0 * (np.abs(x) <= 1)).status == "holds"
    wide = checked(clipped, x, lambda x: 1.0 * ((x >= -1) & (x <= 1.5)))
    assert wide.status == "fails"
    assert "[1]" in str(wide) or "[0]" in str(wide)


@pytest.mark.parametrize(("number", "status"), [(0.0, "holds"), (0.5, "holds"), (1.0, "holds"), (-0.5, "fails")])
def test_what_a_claim_jumps_by_at_a_kink_is_no_rounding(number: float, status: str) -> None:
    found = checked(
        lambda x: np.sum(np.maximum(x, 0)),
        np.array([0.0, 1.0, -1.0]),
        lambda x: np.where(x == 0, number, 1.0 * (x > 0)),
    )
    assert found.status == status


@pytest.mark.parametrize(("factor", "status"), [(1, "holds"), (1 + 1e-7, "fails"), (1.001, "fails")])
def test_what_saturates_is_known_to_an_ulp_of_what_cancels(factor: float, status: str) -> None:
    def slope(x: Array) -> Array:
        y = 1 / (1 + np.exp(-opaque(x)))
        return np.asarray(factor * y * (1 - y))

    found = gc.check(lambda x: np.sum(1 / (1 + np.exp(-x))), (X,), gradient=slope)
    assert (found.status, found.certified) == (status, False)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float32, 1e-4), (np.float16, 0.02), (ml_dtypes.bfloat16, 0.1)])
@pytest.mark.parametrize(("factor", "status"), [(1.0, "holds"), (1.2, "fails")])
def test_low_dtypes_are_allowed_their_rounding_and_no_more(
    dtype: Any, limit: float, factor: float, status: str
) -> None:
    def gradient(x: Array) -> Array:
        y = np.tanh(opaque(x)).astype(dtype)
        return np.asarray((1 - y * y) * np.asarray(factor, dtype))

    found = gc.check(lambda x: np.sum(np.tanh(opaque(x))), (X.astype(dtype),), gradient=gradient)
    assert found.status == status, str(found)
    if status == "holds":
        assert 1e-8 < found.detection_limit["x"] < limit


def test_the_detection_limit_is_not_that_of_points_where_every_slope_is_zero() -> None:
    found = checked(lambda x: np.sum(np.maximum(x, 0) ** 2), X, lambda x: 2 * np.maximum(x, 0))
    limit = found.detection_limit["x"]
    assert 1e-15 < limit < 1e-8
    seen = checked(lambda x: np.sum(np.maximum(x, 0) ** 2), X, lambda x: 2 * np.maximum(x, 0) * (1 + 10 * limit))
    assert seen.status == "fails"


def test_a_black_box_of_many_inputs_is_looked_at_at_fewer_points() -> None:
    many, few = np.linspace(0.1, 1, 150), X
    points = [checked(lambda x: np.sum(x**2), x, lambda x: 2 * x).points for x in (many, few)]
    assert points[0] < points[1]
    one = checked(lambda x: np.sum(x**2), many, lambda x: 2 * x * np.where(np.arange(150) == 77, 1.001, 1))
    assert one.status == "fails"
    assert one.counterexample is not None
    assert one.counterexample.worst.index == (77,)


@pytest.mark.parametrize(
    "wrong",
    [lambda x: np.where(x <= 1.5, math.pi, 3 * x**2), lambda x: np.where(x == 1.5, math.pi, 3 * x**2)],
    ids=["to one side", "at one number"],
)
def test_a_claim_that_jumps_where_the_function_does_not_is_wrong(wrong: Any) -> None:
    def cubes(x: Array) -> Array:
        return np.asarray(np.sum(x**3))

    x = np.full(3, 1.5)
    assert gc.check(lambda x: cubes(opaque(x)), (x,), gradient=lambda x: 3 * x**2, points=0).status == "holds"
    assert gc.check(lambda x: cubes(opaque(x)), (x,), gradient=wrong, points=0).status == "fails"


def partitioned(x: Array) -> Array:
    return np.partition(x, 1)


def places(x: Array, at_ties: float = 1.0) -> Array:
    """The Jacobian of `partitioned`, or a multiple of it where numbers are equal."""
    tied = len(np.unique(x)) < x.size
    return np.eye(x.size)[np.argpartition(x, 1)] * (at_ties if tied else 1.0)


@pytest.mark.parametrize("size", [4, 8, 20])
def test_where_several_numbers_are_equal_any_piece_next_to_them_is_right(size: int) -> None:
    """No entry of sorted zeros moves with the second of them alone, to either side; its slope is 1 at points next to it."""
    x = np.random.default_rng(0).normal(size=size)
    assert gc.check(partitioned, (x,), jacobian=places).status == "holds"
    everywhere = gc.check(partitioned, (x,), jacobian=lambda x: 1.001 * places(x))
    assert everywhere.status == "fails" and everywhere.diagnosis == "1.001 times the true value"


def test_what_no_piece_next_to_a_tie_has_is_wrong_there() -> None:
    zeros = np.zeros(4)
    assert gc.check(partitioned, (zeros,), jacobian=places, points=0).status == "holds"
    verdict = gc.check(partitioned, (zeros,), jacobian=lambda x: places(x, 3.0), points=0)
    assert verdict.status == "fails"
    assert verdict.counterexample is not None and verdict.counterexample.entries[0].claimed == "3"
