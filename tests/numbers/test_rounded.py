"""Rounded floats: the nearest number of a dtype after each primitive, whatever the machine."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from flint import arb

from gradcheck.expressions import program_of, traces_kept
from gradcheck.numbers.ball_arrays import precision
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.rounded import DTYPES, Rounded, nearest
from gradcheck.numbers.system import NoRuleError
from gradcheck.program.program import Program

NUMPY = {"float64": np.float64, "float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


def evaluated(function: Any, x: Any, dtype: str) -> np.ndarray[Any, Any]:
    """The function in rounded floats, as float64."""
    point = np.asarray(x, dtype=np.float64)
    program = program_of(function, (point,), "f")
    assert isinstance(program, Program)
    with traces_kept():
        return np.asarray(run(program, [point], Rounded(dtype))[0])


def numbers_of_all_sizes() -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    wide = rng.standard_normal(20_000) * 10.0 ** rng.integers(-46, 41, 20_000)
    ties = np.array([65504, 65519.99, 65520, 2.0**-24, 2.0**-25, 3 * 2.0**-25, 2.0**-149, 2.0**-150, 3.4028236e38])
    return np.concatenate([wide, ties, -ties, [0.0, -0.0, np.inf, -np.inf, np.nan]])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_rounding_is_that_of_the_hardware(dtype: str) -> None:
    numbers = numbers_of_all_sizes()
    with np.errstate(all="ignore"):
        expected = numbers.astype(NUMPY[dtype]).astype(np.float64)
    found = nearest(numbers, dtype)
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.array_equal(np.signbit(found), np.signbit(expected))


def test_bfloat16_is_rounded_once_and_not_by_way_of_float32() -> None:
    halfway = 1 + 2.0**-8  # between two numbers of bfloat16
    above = np.array(halfway + 2.0**-40)  # float32 cannot tell it from the tie, which goes to the even number below
    with np.errstate(all="ignore"):
        twice = float(above.astype(np.float32).astype(ml_dtypes.bfloat16))
    assert twice == 1.0
    assert float(nearest(above, "bfloat16")) == 1 + 2.0**-7


def test_every_number_of_a_small_dtype_is_its_own_nearest() -> None:
    for dtype, bits in (("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16)):
        with np.errstate(invalid="ignore"):  # signalling NaN among them
            every = np.arange(2**16, dtype=np.uint16).view(bits).astype(np.float64)
        assert np.array_equal(nearest(every, dtype), every, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_exponential_is_the_nearest_number(dtype: str) -> None:
    xs = nearest(np.linspace(-9, 9, 41), dtype)
    found = evaluated(np.exp, xs, dtype)
    with precision(400):
        for x, y in zip(xs, found, strict=True):
            true = arb(float(x)).exp()
            beside = [float(y) * (1 + sign * 2.0 ** -DTYPES[dtype][0]) for sign in (1, -1)]
            others = [float(z) for z in nearest(np.array(beside) * (1 + 2.0**-60), dtype) if z != y]
            assert all(bool(abs(true - arb(float(y))) <= abs(true - arb(z))) for z in others)


def test_sums_and_products_of_matrices_are_exact_before_they_are_rounded() -> None:
    terms = np.array([1e16, 1.0, -1e16, 1.0])
    assert float(evaluated(np.sum, terms, "float64")) == 2.0
    assert float(evaluated(lambda x: x @ np.ones(4), terms, "float64")) == 2.0
    rounded = nearest(terms, "float32")
    exact = sum(Fraction(float(term)) for term in rounded)
    assert float(evaluated(np.sum, terms, "float32")) == float(nearest(np.array(float(exact)), "float32"))


def test_overflow_underflow_and_what_is_not_defined() -> None:
    assert evaluated(np.exp, [89.0, -200.0, -100.0], "float32").tolist() == [math.inf, 0.0, 3.783505853677006e-44]
    assert evaluated(np.exp, [89.0], "float64").tolist() == [4.4896128191743455e38]
    assert evaluated(np.exp, [12.0], "float16").tolist() == [math.inf]
    logs = evaluated(np.log, [0.0, -1.0, math.inf], "float32")
    assert logs[0] == -math.inf
    assert math.isnan(logs[1])
    assert logs[2] == math.inf
    quotients = evaluated(lambda x: np.exp(x) / np.exp(x), [1000.0], "float64")
    assert math.isnan(quotients[0])


def test_a_zero_keeps_its_sign() -> None:
    assert np.signbit(evaluated(np.sin, [-0.0, 0.0], "float32")).tolist() == [True, False]
    assert np.signbit(evaluated(lambda x: 1 / x, [-math.inf], "float32")).tolist() == [True]


def test_constants_and_whole_numbers_are_rounded_to_the_dtype() -> None:
    third = float(evaluated(lambda x: x + 1 / 3, [0.0], "float16")[0])
    assert third == float(np.float16(1 / 3))
    many = evaluated(lambda x: x * 0 + np.arange(4097)[-1].astype(float), [1.0], "float16")
    assert many[0] == 4096.0  # float16 has no 4097... and none between 4096 and 4100


def test_a_batch_gives_what_each_point_gives() -> None:
    xs = np.array([-3.0, 0.1, 2.5])
    program = program_of(lambda x: np.tanh(x) ** 3, (np.float64(1.0),), "f")
    assert isinstance(program, Program)
    (together,) = run_batched(program, [xs], [True], 3, Rounded("bfloat16"))
    alone = [float(run(program, [np.asarray(x)], Rounded("bfloat16"))[0]) for x in xs]
    assert together.tolist() == alone


def test_what_would_differ_between_machines_has_no_rule() -> None:
    import jax.numpy as jnp

    with pytest.raises(NoRuleError, match="fft"):
        evaluated(lambda x: jnp.abs(jnp.fft.rfft(x)), np.ones(4), "float64")
    with pytest.raises(NoRuleError, match="complex numbers"):
        evaluated(lambda x: jnp.abs(x + 1j), np.ones(2), "float64")
