"""The rule table tests itself: every row against XLA, JAX's derivatives and, independently of JAX, power series in balls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb, arb_series
from jax import lax

from gradcheck.numbers.balls import Balls, boxed, precision
from gradcheck.numbers.elementwise import ROWS, Row, x, z
from tests.numbers.comparator import check

BY_NAME = {row.name: row for row in ROWS}
UNDIFFERENTIATED = ("zeta",)  # JAX has no derivative of it
SERIES = {
    name: getattr(arb_series, name)
    for name in ("sqrt", "rsqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "erf", "erfc", "lgamma")
    if hasattr(arb_series, name)
}


def primitive(row: Row) -> Any:
    """The JAX function that traces to the row's primitive."""
    function = getattr(lax, row.name, None) or getattr(jnp, row.name)
    options = dict(row.params)
    return lambda *args: function(*args, **options)


def arguments(row: Row, count: int = 4) -> list[np.ndarray[Any, Any]]:
    """Seeded draws from the row's domain, one array an argument."""
    rng = np.random.default_rng([7, *row.name.encode()])
    return [rng.uniform(low, high, count) if low < high else np.full(count, low) for low, high in row.domain]


def series_fault(row: Row) -> str:
    """What is wrong with a row of one argument by the power series of its function; empty if nothing is."""
    for number in arguments(row)[0]:
        with precision(160):
            point = boxed(arb(float(number)))
            value = boxed(row.ball(point[()]))
            claimed = boxed(row.partials[0].value(Balls(), {"x": point, "z": value}))[()]  # type: ignore[union-attr]
            expansion = SERIES[row.name](arb_series([arb(float(number)), arb(1)], prec=2))
            if not value[()].overlaps(expansion[0]):
                return f"{row.name}({number}) is enclosed by {value[()]}, and the series gives {expansion[0]}"
            if not claimed.overlaps(expansion[1]):
                return f"{row.name}′({number}) is {claimed} by the row, and the series gives {expansion[1]}"
    return ""


def quotient_fault(row: Row, step: str = "1e-25") -> str:
    """What is wrong with a row of two arguments by central differences at 400 bits, good to 40 digits; empty if nothing is."""
    for numbers in zip(*arguments(row), strict=True):
        for place, partial in enumerate(row.partials):
            if partial is None:
                continue
            with precision(400):
                point = [arb(float(number)) for number in numbers]
                above, below = ([*point], [*point])
                above[place] += arb(step)
                below[place] -= arb(step)
                slope = (row.ball(*above) - row.ball(*below)) / (2 * arb(step))
                env = {"x": boxed(point[0]), "y": boxed(point[1]), "z": boxed(row.ball(*point))}
                claimed = boxed(partial.value(Balls(), env))[()]
                if not float(abs(claimed - slope).upper()) < 1e-40 * max(1.0, float(abs(slope).upper())):
                    return f"the derivative of {row.name}{numbers} is {claimed} by the row, and {slope} by differences"
    return ""


def test_names_are_unique_and_every_row_says_where_it_is_drawn_and_where_its_formula_is_printed() -> None:
    assert len(BY_NAME) == len(ROWS)
    for row in ROWS:
        assert len(row.partials) == len(row.domain), row.name
        assert row.source, row.name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_agrees_with_xla_in_value_and_derivative(row: Row) -> None:
    args = arguments(row)
    smooth = [place for place, partial in enumerate(row.partials) if partial is not None]
    assert smooth
    for place in smooth if row.name not in UNDIFFERENTIATED else [None]:
        check(row.name, primitive(row), args, place, relative=1e-12)


@pytest.mark.parametrize("name", ["zeta", "igamma", "igammac", "hypot", "atan2"])
def test_rows_agree_with_difference_quotients_that_know_nothing_of_jax(name: str) -> None:
    assert quotient_fault(BY_NAME[name]) == ""


def test_a_planted_derivative_of_two_arguments_is_caught() -> None:
    wrong = replace(BY_NAME["hypot"], partials=(x / z, x / z))
    assert quotient_fault(wrong).startswith("the derivative of hypot(")


@pytest.mark.parametrize("name", SERIES)
def test_rows_agree_with_power_series_that_know_nothing_of_jax(name: str) -> None:
    assert series_fault(BY_NAME[name]) == ""


def test_enough_rows_have_a_power_series_to_compare_with() -> None:
    assert len(SERIES) >= 10


def test_a_planted_derivative_is_caught() -> None:
    wrong = replace(BY_NAME["tan"], partials=(1 - z * z,))
    assert series_fault(wrong).startswith("tan′(")
    assert "by the row, and the series gives" in series_fault(wrong)


def test_a_planted_enclosure_off_by_1e_20_is_caught() -> None:
    def nearly(value: Any) -> Any:
        return value.exp() + arb("1e-20")

    wrong = replace(BY_NAME["exp"], ball=nearly)
    assert "is enclosed by" in series_fault(wrong)


def test_a_right_formula_written_otherwise_is_not_a_fault() -> None:
    assert series_fault(replace(BY_NAME["exp"], partials=(z * x / x,))) == ""
