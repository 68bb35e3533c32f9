"""The derivative with its bar: proven where balls can say it, estimated where they cannot, refused where it makes no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb

import gradcheck as gc
from gradcheck.numbers.ball_arrays import precision


def opaque(x: Any) -> Any:
    """The square, in a way that cannot be traced."""
    return np.vectorize(lambda entry: float(repr(float(entry))))(x) ** 2


def test_a_traceable_function_is_enclosed_to_the_last_bit() -> None:
    found = gc.differentiate(np.sin, 1.0)
    with precision(256):
        assert abs(arb(1.0).cos() - found.value) <= arb(found.error)
    assert found.certified
    assert found.error <= 2.0**-53 * abs(found.value)
    assert not found.kink
    assert found.evaluations == 0
    assert found.reason == ""
    assert str(found) == "0.5403023058681398 ± 5e-17 (certified)"


def test_what_the_formula_loses_in_floats_is_not_lost_here() -> None:
    x = 1e-5
    found = gc.differentiate(lambda x: (1 - np.cos(x)) / x**2, x)
    assert found.certified
    assert found.value == pytest.approx(-x / 12, rel=1e-9)
    assert found.error <= 2.0**-53 * abs(found.value)


def test_more_bits_are_taken_where_a_bar_needs_them() -> None:
    def cancelling(x: Any) -> Any:
        return (x + 1e60) - 1e60 + x**2

    found = gc.differentiate(lambda x: np.exp(cancelling(x)), 1.0, bits=64)
    assert found.certified
    assert found.value == pytest.approx(3 * np.exp(2.0), rel=1e-15)
    assert found.error <= 2.0**-53 * found.value


def test_a_black_box_gets_the_ladder_and_the_reason() -> None:
    found = gc.differentiate(opaque, 3.0)
    assert abs(found.value - 6) <= found.error < 1e-9
    assert not found.certified
    assert found.evaluations == 31
    assert found.reason.startswith("balls abstain: f could not be traced")
    assert "(finite differences)" in str(found)


def test_either_oracle_can_be_asked_alone() -> None:
    ladder = gc.differentiate(np.tanh, 1.0, oracle="finite differences")
    assert not ladder.certified
    assert ladder.reason == "finite differences were asked for"
    assert abs(ladder.value - gc.differentiate(np.tanh, 1.0).value) <= ladder.error < 1e-9
    balls = gc.differentiate(opaque, 3.0, oracle="certified")
    assert np.isnan(balls.value)
    assert balls.error == np.inf
    assert balls.evaluations == 0


def test_a_jacobian_has_the_shape_of_the_result_and_then_that_of_the_point() -> None:
    weights = np.random.default_rng(0).normal(size=(2, 3, 4))
    found = gc.differentiate(lambda x: np.einsum("abc,cd->abd", weights, x), np.ones((4, 5)))
    assert found.value.shape == (2, 3, 5, 4, 5)
    assert np.allclose(found.value[:, :, 1, :, 1], weights, rtol=1e-14)
    assert np.all(found.value[:, :, 1, :, 2] == 0)
    assert found.certified.all()
    assert not found.kink.any()  # constants of which not every digit is known bend nothing
    assert str(found).startswith("600 derivatives of shape (2, 3, 5, 4, 5), bars up to ")


@pytest.mark.parametrize("function", [np.square, opaque])
def test_along_a_direction(function: Any) -> None:
    found = gc.differentiate(function, [1.0, 2.0, 3.0], direction=[1.0, 0.0, -1.0])
    assert found.value.shape == (3,)
    assert np.all(np.abs(found.value - [2, 0, -6]) <= found.error)
    assert np.all(found.error < 1e-9)


@pytest.mark.parametrize("oracle", ["certified", "finite differences"])
def test_a_batch_is_each_of_its_points(oracle: str) -> None:
    points = np.random.default_rng(1).normal(size=(7, 3))

    def softmax(x: Any) -> Any:
        weights = np.exp(x)
        return weights / np.sum(weights, axis=-1, keepdims=True)

    together = gc.differentiate(softmax, points, batched=True, oracle=oracle)
    assert together.value.shape == (7, 3, 3)
    for row, point in enumerate(points):
        alone = gc.differentiate(softmax, point, oracle=oracle)
        assert np.all(np.abs(together.value[row] - alone.value) <= together.error[row] + alone.error)


def test_a_black_box_that_takes_a_batch_is_called_for_all_points_at_once() -> None:
    calls: list[tuple[int, ...]] = []

    def counted(x: Any) -> Any:
        calls.append(np.shape(x))
        return opaque(x)

    points = np.linspace(1, 2, 50)
    found = gc.differentiate(counted, points, batched=True, oracle="finite differences")
    assert np.all(np.abs(found.value - 2 * points) <= found.error)
    assert found.evaluations == 50 * 31
    assert max(calls) == (50 * 31,)
    assert len(calls) < 10


def test_a_batch_with_points_that_balls_cannot_answer() -> None:
    found = gc.differentiate(lambda x: np.where(x > 1, x - 1, 0) ** 1.5 + np.sqrt(x), [4.0, 0.0, -1.0], batched=True)
    assert found.certified.tolist() == [True, False, False]
    assert np.isfinite(found.value).tolist() == [True, False, False]
    assert found.error[1:].tolist() == [np.inf, np.inf]
    assert found.reason == "balls enclose no finite derivative there"


@pytest.mark.parametrize("oracle", [None, "certified", "finite differences"])
def test_at_a_kink_the_bar_covers_both_sides(oracle: Any) -> None:
    found = gc.differentiate(np.abs, [-1.0, 0.0, 2.0], batched=True, oracle=oracle)
    assert found.kink.tolist() == [False, True, False]
    assert found.value[1] - found.error[1] <= -1
    assert found.value[1] + found.error[1] >= 1
    assert found.value[[0, 2]] == pytest.approx([-1, 1])
    assert "1 at kinks" in str(found)
    assert "a kink" in str(gc.differentiate(np.abs, 0.0, oracle=oracle))


def test_a_bar_that_constants_widen_is_no_kink() -> None:
    weights = np.random.default_rng(2).normal(size=2)
    found = gc.differentiate(lambda x: weights[0] * x - weights[0] * x + weights[1] * x, 1.0)
    assert found.certified
    assert not found.kink
    assert abs(found.value - weights[1]) <= found.error < 1e-14


def test_a_jax_function_in_float64_whatever_its_settings() -> None:
    jnp = pytest.importorskip("jax.numpy")
    found = gc.differentiate(lambda x: jnp.sum(jnp.sin(x)), np.array([1.0, 2.0]))
    assert found.value.dtype == np.float64
    assert np.all(np.abs(found.value - np.cos([1.0, 2.0])) < 1e-15)
    assert found.certified.all()


@pytest.mark.parametrize("batched", [False, True])
def test_no_numbers_no_derivatives(batched: bool) -> None:
    found = gc.differentiate(np.sin, np.zeros(0), batched=batched)
    assert found.value.size == 0
    assert str(found).startswith("0 derivatives")


@pytest.mark.parametrize(
    ("function", "x", "options", "message"),
    [
        (3, 1.0, {}, "f: a function is expected; got int"),
        (np.sin, "a", {}, "x: a real number or an array of real numbers is expected; got str.*Flatten trees"),
        (np.sin, 1j, {}, "x: .*got complex of dtype complex128.*imaginary parts as two entries"),
        (np.sin, [[1.0], [1.0, 2.0]], {}, "x: a real number or an array of real numbers is expected"),
        (np.sin, 1.0, {"batched": True}, "x is expected to hold one point a row; got a single number"),
        (np.sin, 1.0, {"oracle": "balls"}, "oracle='balls': 'certified' or 'finite differences' is expected"),
        (np.sin, 1.0, {"bits": 53}, "bits=53: a whole number from 64 to 65536"),
        (np.sin, 1.0, {"direction": [1.0]}, r"direction: the shape of a point, \(\), is expected; got \(1,\)"),
        (np.sum, np.ones(3), {"batched": True}, r"one result a row, 3 of them; got shape \(\)"),
        (
            lambda x: x - np.mean(x),
            np.arange(3.0),
            {"batched": True},
            r"treat each row alone; row 0 by itself gives 0\.0, in the batch -1\.0",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(function: Any, x: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(gc.UsageError, match=message):
        gc.differentiate(function, x, **options)


def test_errors_of_the_function_are_its_own() -> None:
    with pytest.raises(gc.EvaluationError, match="f raised ZeroDivisionError"):
        gc.differentiate(lambda x: 1 // 0, 1.0)
    with pytest.raises(gc.EvaluationError, match="f returns 2 arrays; one array is expected"):
        gc.differentiate(lambda x: (x, x), 1.0)
