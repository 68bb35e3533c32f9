"""Constants read as written: decimals, fractions, multiples of known irrationals, and what is left."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numbers.balls import precision, read_constant
from gradcheck.numbers.constants import FACTORS, Written, as_written

PLAIN = {
    0.1: Fraction(1, 10),
    -0.044715: Fraction(-44715, 10**6),
    1e-5: Fraction(1, 10**5),
    3.0: Fraction(3),
    1 / 3: Fraction(1, 3),
    -22 / 7: Fraction(-22, 7),
    1e300: Fraction(10) ** 300,
}


@pytest.mark.parametrize("value", PLAIN)
def test_decimals_and_fractions_are_exact(value: float) -> None:
    written = as_written(value)
    assert (written.factor, written.slack) == ("", 0.0)
    assert float(written.rational) == value
    if abs(value) < 1e15:
        assert written.rational == PLAIN[value]


@pytest.mark.parametrize("name", FACTORS)
def test_known_irrationals_are_recognised_with_their_multiples(name: str) -> None:
    for multiple in (Fraction(1), Fraction(-2), Fraction(3, 4)):
        assert as_written(float(multiple) * FACTORS[name]) == Written(multiple, name, 0.0)


def test_the_ball_of_a_recognised_constant_is_that_number_and_not_its_double() -> None:
    with precision(200):
        third, pi = read_constant(1 / 3), read_constant(math.pi)
        assert (third * 3).contains(1)
        assert float((third * 3 - 1).abs_upper()) < 1e-50
        assert pi.sin().contains(0)
        assert float(pi.sin().abs_upper()) < 1e-50


def test_what_was_computed_somehow_is_known_to_a_few_ulp_only() -> None:
    value = 0.1234567890123456789 * 1.000000001
    written = as_written(value)
    assert written.slack == 4 * np.spacing(value)
    with precision(200):
        assert read_constant(value).contains(read_constant(value).mid())
        assert 1e-18 < float(read_constant(value).rad()) < 1e-15


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-200, max_value=1e200))
def test_no_reading_is_further_from_the_double_than_its_rounding(value: float) -> None:
    written = as_written(value)
    factor = FACTORS.get(written.factor, 1.0)
    widened = value < 3e38 and float(np.float32(value)) == value  # then it was rounded when it was a float32
    ulp = np.spacing(np.float32(value)) if widened else np.spacing(value)
    assert abs(float(written.rational) * factor - value) <= 4 * ulp
