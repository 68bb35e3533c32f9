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
    for place in smooth:
        check(row.name, primitive(row), args, place, relative=1e-12)


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
