"""Functions in float32, float16 and bfloat16: every oracle tells the derivative of the function that was written."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

import gradcheck as gc
from gradcheck.expressions import Derivative, Value, program_of, traces_kept
from gradcheck.numbers.balls import RADIUS, midpoints, precision
from gradcheck.numbers.constants import as_written, nearest, slacks
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.oracles import autodiff, certified
from gradcheck.program.program import BlackBox, Program, epsilon
from gradcheck.program.trace import trace

DTYPES = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}
X = np.array([0.3, -0.5, 0.7, 1.2])
W = np.array([[0.5, -1.25, 2.0, 0.1], [1.0, 0.75, -0.3, 0.6], [-0.2, 0.4, 1.1, -0.9]])


def layer_norm(x: Any) -> Any:
    centred = x - x.mean()
    return centred / np.sqrt((centred**2).mean() + np.asarray(1e-5, x.dtype))


def softmax(x: Any) -> Any:
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def loop(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] * x[i - 1]
    return out


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "np tanh": lambda x: np.tanh(x) * 2,
    "np layer_norm": layer_norm,
    "np softmax": softmax,
    "np gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "np matrix": lambda x: np.asarray(W, x.dtype) @ x,
    "np sums": lambda x: x.sum() + x.mean() + np.prod(x),
    "np where": lambda x: np.where(x > 0, x, 0.1 * x),
    "np powers": lambda x: x**2 + x**3 + np.sqrt(np.abs(x)),
    "np loop": loop,
    "np widened": lambda x: x.astype(np.float64) * 0.1 + x,
    "np floor": lambda x: np.floor(x) * x,
    "np norm": np.linalg.norm,
    "np std": lambda x: x.std() + x.var(),
    "jax gelu": jax.nn.gelu,
    "jax softmax": jax.nn.softmax,
    "jax logsumexp": jax.nn.logsumexp,
    "jax standardize": jax.nn.standardize,
    "jax selu": jax.nn.selu,
    "jax erf": jax.scipy.special.erf,
    "jax scan": lambda x: jax.lax.scan(lambda carry, y: (carry * y + 1, carry - y), x[0], x)[1],
    "jax at": lambda x: x.at[np.array([0, 0, 1])].add(x[:3]),
    "jax power": lambda x: jnp.abs(x) ** 0.3,
}


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_oracles_tell_the_derivative_of_the_function_in_exact_numbers(name: str, kind: str) -> None:
    function, x = FUNCTIONS[name], X.astype(DTYPES[kind])
    with traces_kept():
        program = program_of(function, (x,), name)
        assert isinstance(program, Program), program.reason
        wide = trace(function, (x.astype(np.float64),))
        assert isinstance(wide, Program)
        with precision(128):
            enclosed = certified.jacobian(program, [x], 0)
            exact = midpoints(certified.jacobian(wide, [x.astype(np.float64)], 0))
        # Constants of 16 bits are known to an ulp or four; those of float32 are recognised.
        radius = np.asarray(RADIUS(enclosed), dtype=np.float64)
        assert np.max(radius) < (1e-30 if kind == "float32" and name != "jax selu" else 0.3)
        assert np.all(np.abs(midpoints(enclosed) - exact) <= radius + 1e-12)
        said = autodiff.jacobians(program, [x], 0)
        assert said.value is not None, said.reason
        assert np.all(np.abs(said.value - midpoints(enclosed)) <= said.allowance + radius + 1e-14)
        primal = Value(name, function, ("x",), {"x": x})
        estimate = Derivative(primal, "x", "jacobian").differences({"x": x})
        assert np.all(np.abs(estimate.value[0].T - midpoints(enclosed)) <= estimate.error[0].T + radius + 1e-13)
        assert np.max(estimate.error) < 1e-6


@pytest.mark.parametrize("kind", DTYPES)
def test_a_constant_that_is_off_is_seen_and_one_that_is_rounded_is_not(kind: str) -> None:
    x = X.astype(DTYPES[kind])
    slopes = {}
    for name, constant in (("written", 0.1), ("rounded", DTYPES[kind].type(0.1)), ("off", 0.11)):
        program = trace(lambda v, c=constant: v * np.asarray(c, v.dtype), (x,))
        assert isinstance(program, Program)
        with precision(128):
            slopes[name] = certified.jacobian(program, [x], 0)[0, 0]
    assert slopes["written"].overlaps(slopes["rounded"])
    assert not slopes["written"].overlaps(slopes["off"])


def test_what_a_lower_dtype_cannot_tell_apart_is_not_believed() -> None:
    assert as_written(float(np.float32(0.044715)), "float32").rational == Fraction(44715, 10**6)
    assert as_written(float(np.float32(0.1)), "float64").rational == Fraction(1, 10)
    assert as_written(float(np.float32(1 / 3)), "float32").rational == Fraction(1, 3)
    for kind, dtype in DTYPES.items():
        for whole in (3.0, -17.0, 0.5, 0.75):
            assert as_written(whole, kind).slack == 0
        for number in (0.1, 1.702, 0.134145, np.sqrt(2 / np.pi)):
            rounded = float(dtype.type(number))
            read = as_written(rounded, kind)
            off = abs(float(nearest(np.asarray(rounded).astype(dtype))) - number)
            assert off <= read.slack + (0 if kind != "float32" else 1e-8)
            assert (read.slack > 0) == (kind != "float32" or number == 0.134145)
    values = np.array([0.1, np.inf, 2.0])
    np.testing.assert_array_equal(nearest(values), values)
    np.testing.assert_array_equal(slacks(values), 0)


def test_many_different_numbers_are_read_by_decimals_only_and_always_safely() -> None:
    values = np.random.default_rng(3).normal(size=1000)
    values[::2] = np.round(values[::2], 4)
    found = slacks(values)
    assert np.all(found[::2] == 0)
    assert np.mean(found[1::2] > 0) > 0.99
    assert np.all(np.abs(nearest(values) - values) <= np.spacing(np.abs(values)))


def test_the_wide_view_of_a_program_rounds_nothing() -> None:
    x = X.astype(np.float16)
    program = trace(lambda v: (v.astype(np.float32) * 0.1).astype(np.float16) + v, (x,))
    assert isinstance(program, Program)
    (narrow,), (wide,) = run(program, [x], Floats()), run(program, [x], Floats(np.float64))
    assert (narrow.dtype, wide.dtype) == (np.float16, np.float64)
    np.testing.assert_allclose(wide, 1.1 * x.astype(np.float64), rtol=1e-15)
    assert np.max(np.abs(narrow - wide)) > 1e-5


def test_a_low_dtype_function_that_changes_between_calls_is_still_no_trace() -> None:
    calls = []

    def drifting(x: Any) -> Any:
        calls.append(1)
        return x * np.asarray(1 + 0.05 * len(calls), x.dtype)

    def steady(x: Any) -> Any:
        return np.sum(np.exp(x) - np.exp(x * 1))

    found = program_of(drifting, (X.astype(np.float32),), "drifting")
    assert isinstance(found, BlackBox)
    assert "a second call gives another result" in found.reason
    assert isinstance(program_of(steady, (X.astype(np.float16),), "steady"), Program)


@pytest.mark.parametrize(("kind", "expected"), [("float32", 2.0**-23), ("float16", 2.0**-10), ("bfloat16", 2.0**-7)])
def test_the_epsilon_of_a_dtype(kind: str, expected: float) -> None:
    assert epsilon(DTYPES[kind]) == expected
    assert epsilon(np.dtype(np.complex128)) == 2.0**-52


def _sigmoid_slope(cotangent: Any, x: Any) -> Any:
    """Computed in float64 by what cannot be traced, and rounded: at 30 it underflows in sixteen bits."""
    wide = np.fromiter(np.ravel(x), float).reshape(np.shape(x))
    slope = 1 / (1 + np.exp(-wide)) / (1 + np.exp(wide))
    return (np.asarray(cotangent, float) * slope).astype(x.dtype)


@pytest.mark.parametrize("kind", DTYPES)
def test_a_black_box_in_a_low_dtype_passes_and_fails_if_off_by_a_twentieth(kind: str) -> None:
    def logistic(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def off(cotangent: Any, x: Any) -> Any:
        return (1.05 * _sigmoid_slope(cotangent, x).astype(np.float64)).astype(x.dtype)

    x = X.astype(DTYPES[kind])
    assert gc.check(logistic, (x,), vjp=_sigmoid_slope).status == "holds"
    wrong = gc.check(logistic, (x,), vjp=off)
    assert (wrong.status, wrong.certified) == ("fails", False)


def test_constants_that_leave_something_open_make_no_oracle_dissent() -> None:
    x = X.astype(DTYPES["bfloat16"])  # in it, 2/√π is 1.125, which is off by a relative 0.003
    verdict = gc.check(lambda v: jax.nn.gelu(v, approximate=False), (x,))
    assert verdict.status == "holds", verdict.reason
