"""Intervals contain: whatever is computed from numbers inside the operands lies inside the result."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpz
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradcheck.numbers.ball_arrays import precision
from gradcheck.numbers.balls import Balls
from gradcheck.numbers.elementwise import ROWS
from gradcheck.numbers.intervals import Interval

INF = math.inf
# Whole numbers and quarters, so that endpoints meet zero and each other, and numbers of any size.
ends = st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.floats(-1e6, 1e6), st.sampled_from([-INF, INF, 0.0]))


@st.composite
def inside(draw: st.DrawFn, low: float = -INF, high: float = INF) -> tuple[Interval, float]:
    """An interval within the bounds given, and a finite number in it."""
    number = draw(st.floats(max(low, -1e6), min(high, 1e6)))
    below, above = (draw(st.one_of(ends, st.just(number))) for _ in range(2))
    left, right = max(low, min(number, below)), min(high, max(number, above))
    return Interval(arb(left), arb(right)), number


def contains(interval: Any, number: arb) -> bool:
    """Whether the number, which is known to more digits, may lie in the interval."""
    assert isinstance(interval, Interval)
    return not (number < interval.low or number > interval.high)


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "union": lambda a, b: a.union(b),
    "max": lambda a, b: a.max(b),
    "min": lambda a, b: a.min(b),
}


@pytest.mark.parametrize("name", OPERATORS)
@settings(max_examples=60)
@given(first=inside(), second=inside())
def test_an_operator_of_intervals_contains_that_of_their_numbers(
    name: str, first: tuple[Interval, float], second: tuple[Interval, float]
) -> None:
    (a, x), (b, y) = first, second
    assume(name != "/" or y != 0)
    with precision(200):
        exact = OPERATORS[name](arb(x), arb(y))
    assert contains(OPERATORS[name](a, b), exact)


@pytest.mark.parametrize("name", ["+", "-", "*", "/"])
@settings(max_examples=40)
@given(first=inside(), y=st.floats(-1e6, 1e6))
def test_an_operator_of_an_interval_and_a_number_contains_as_well(
    name: str, first: tuple[Interval, float], y: float
) -> None:
    a, x = first
    operate = OPERATORS[name]
    assume(name != "/" or (x != 0 and y != 0))
    with precision(200):
        forth, back = operate(arb(x), arb(y)), operate(arb(y), arb(x))
    for other in (y, arb(y)):
        assert contains(operate(a, other), forth)
        assert contains(operate(other, a), back)


@given(first=inside(), n=st.integers(-5, 7))
def test_a_whole_power_contains(first: tuple[Interval, float], n: int) -> None:
    a, x = first
    assume(n >= 0 or x != 0)
    with precision(400):
        exact = arb(1) if n == 0 else arb(x) ** n
    assert contains(a**n, exact)
    assert contains(a ** fmpz(n), exact)


@given(first=inside(low=0.0, high=50.0), second=inside(low=-20.0, high=20.0))
def test_any_power_of_a_positive_number_contains(first: tuple[Interval, float], second: tuple[Interval, float]) -> None:
    (a, x), (b, y) = first, second
    assume(x > 0)
    with precision(200):
        exact = arb(x) ** arb(y)
    assert contains(a**b, exact)
    assert contains(a ** arb(y), exact)
    assert contains(arb(x) ** b, exact)


METHODS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("exp", "expm1", "sinh", "cosh"), (-700.0, 700.0)),
    **dict.fromkeys(("tanh", "atan", "erf", "erfc", "sin", "cos", "asinh", "sinc"), (-INF, INF)),
    **dict.fromkeys(("log", "sqrt", "rsqrt"), (0.0, INF)),
    **dict.fromkeys(("asin", "acos", "atanh"), (-1.0, 1.0)),
    "log1p": (-1.0, INF),
    "tan": (-1.5, 1.5),
    "digamma": (0.0, 50.0),
    "lgamma": (0.0, 50.0),
}


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_function_of_an_interval_contains_that_of_its_numbers(name: str, data: st.DataObject) -> None:
    a, x = data.draw(inside(*METHODS[name]))
    assume(x > 1e-300 or METHODS[name][0] != 0.0)
    with precision(256):
        exact = getattr(arb(x), name)()
    assume(exact.is_finite())
    assert contains(getattr(a, name)(), exact)


@given(first=inside())
def test_logistic_absolute_value_and_negation_contain(first: tuple[Interval, float]) -> None:
    a, x = first
    with precision(256):
        if x > -1e4:
            assert contains(a.logistic(), 1 / (1 + (-arb(x)).exp()))
        assert contains(abs(a), abs(arb(x)))
        assert contains(-a, -arb(x))
        assert contains(a * a, arb(x) * arb(x))


@given(first=inside(), second=inside())
def test_comparisons_hold_for_all_numbers_or_are_false(
    first: tuple[Interval, float], second: tuple[Interval, float]
) -> None:
    (a, x), (b, y) = first, second
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for left, right in ((a, b), (a, arb(y)), (arb(x), b), (a, y)):
            if compare(left, right):
                assert compare(x, y)


def test_tails_have_their_limits() -> None:
    right, left, line = (Interval(arb(low), arb(high)) for low, high in ((3, INF), (-INF, -3), (-INF, INF)))
    ends = {
        "exp": ((math.exp(3), INF), (0, math.exp(-3)), (0, INF)),
        "tanh": ((math.tanh(3), 1), (-1, math.tanh(-3)), (-1, 1)),
        "atan": ((math.atan(3), math.pi / 2), (-math.pi / 2, math.atan(-3)), (-math.pi / 2, math.pi / 2)),
        "logistic": ((1 / (1 + math.exp(-3)), 1), (0, 1 / (1 + math.exp(3))), (0, 1)),
        "sin": ((-1, 1),) * 3,
        "cosh": ((-INF, INF),) * 3,
    }
    for name, expected in ends.items():
        for piece, (low, high) in zip((right, left, line), expected, strict=True):
            found = getattr(piece, name)()
            assert (float(found.low), float(found.high)) == pytest.approx((low, high)), name


def test_division_by_an_interval_that_ends_at_zero_is_half_known() -> None:
    one = Interval(arb(1), arb(2))
    found = one / Interval(arb(0), arb(4))
    assert (found.low == arb("0.25"), found.high == arb("inf")) == (True, True)
    found = one / Interval(arb(-4), arb(0))
    assert (found.high == arb("-0.25"), found.low == arb("-inf")) == (True, True)
    for around in (Interval(arb(-1), arb(1)), Interval(arb(0), arb(0))):
        found = one / around
        assert (found.low == arb("-inf"), found.high == arb("inf")) == (True, True)


def test_nothing_is_known_of_nan() -> None:
    found = Interval(arb("nan"), arb(1))
    assert (found.low == arb("-inf"), found.high == arb("inf")) == (True, True)
    assert not found.is_finite()
    line = Interval(arb("-inf"), arb("inf"))
    assert contains(line - line, arb(7))
    for unknown in (line.sqrt(), line.log(), line.gamma(), Interval(arb(-1), arb(1)).sqrt(), Interval.atan2(line, 1)):
        assert (unknown.low == arb("-inf"), unknown.high == arb("inf")) == (True, True)


def test_squares_are_not_negative_and_hulls_are_no_larger_than_they_must_be() -> None:
    around = Interval(arb(-2), arb(3))
    assert (float((around * around).low), float((around * around).high)) == (0, 9)
    assert (float((around**2).low), float((around**3).low)) == (0, -18)
    hull = Interval(arb(0), arb(0)).union(arb(1))
    assert (hull.low == 0, hull.high == 1) == (True, True)


def test_the_only_whole_number_is_found_and_no_other() -> None:
    assert Interval(arb("0.5"), arb("1.5")).unique_fmpz() == 1
    assert Interval(arb("0.5"), arb("2.5")).unique_fmpz() is None
    assert Interval(arb(3), arb("inf")).unique_fmpz() is None


def test_what_is_no_function_of_balls_is_no_function_of_intervals() -> None:
    with pytest.raises(AttributeError):
        Interval(arb(0), arb(1)).frobnicate()


PIECES = ((-1.0, 2.0), (0.0, 1.0), (0.25, 0.5), (1.0, 3.0), (-INF, -2.0), (2.0, INF), (-INF, INF))


@pytest.mark.parametrize("row", [row for row in ROWS if len(row.domain) == 1], ids=lambda row: row.name)
@pytest.mark.parametrize("piece", PIECES)
def test_every_row_of_the_rule_table_accepts_an_interval_and_contains(row: Any, piece: tuple[float, float]) -> None:
    found = row.ball(Interval(arb(piece[0]), arb(piece[1])), **dict(row.params))
    low, high = max(piece[0], row.domain[0][0]), min(piece[1], row.domain[0][1])
    for x in np.linspace(low, high, 7)[1:-1] if low < high else []:
        with precision(200):
            exact = row.ball(arb(x), **dict(row.params))
        if exact.is_finite():
            enclosure = found if isinstance(found, Interval) else Interval(found.lower(), found.upper())
            assert contains(enclosure, exact)


@pytest.mark.parametrize("name", ["floor", "ceil", "sign", "abs", "max", "min"])
def test_rules_that_step_or_choose_accept_an_interval_and_contain(name: str) -> None:
    for low, high in ((-1.5, 2.5), (0.25, 0.75), (1.0, 1.0), (-3.0, -2.5), (2.0, INF)):
        wide = np.array([Interval(arb(low), arb(high))], dtype=object)
        zero = [np.array([arb(0)], dtype=object)] if name in ("max", "min") else []
        (found,) = Balls().apply(name, {}, [wide, *zero])
        enclosure = found if isinstance(found, Interval) else Interval(found.lower(), found.upper())
        function = {"abs": abs, "sign": np.sign, "floor": np.floor, "ceil": np.ceil, "max": max, "min": min}[name]
        for x in np.linspace(low, min(high, 9.0), 5):
            assert contains(enclosure, arb(float(function(x, *[0.0 for _ in zero]))))
