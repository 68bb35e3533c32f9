"""Common layers in NumPy are traced, certified, and differentiated alike by JAX; names are swapped during a trace only."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import pytest

from gradcheck.expressions import Derivative, Value, program_of
from gradcheck.numbers.balls import RADIUS, midpoints, precision
from gradcheck.oracles import autodiff, certified
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.substitution import substituted
from gradcheck.program.trace import trace
from tests.program import layers
from tests.program.layers import LAYERS, V


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_certified_and_the_other_oracles_agree(name: str) -> None:
    function, x = LAYERS[name]
    program = program_of(function, (x,), name)
    assert isinstance(program, Program), program.reason
    with precision(128):
        enclosed = certified.jacobian(program, [x], 0)
    truth = midpoints(enclosed)
    assert np.max(np.asarray(RADIUS(enclosed), dtype=float)) < 1e-13
    said = autodiff.jacobians(program, [x], 0)
    assert said.value is not None, said.reason
    assert np.all(np.abs(said.value - truth) <= said.allowance + 1e-15)
    estimate = Derivative(Value(name, function, ("x",), {"x": x}), "x", "jacobian").differences({"x": x})
    assert np.all(np.abs(estimate.value[0].T - truth) <= estimate.error[0].T)


def test_a_layer_with_a_fault_has_another_derivative() -> None:
    def right(x: Any) -> Any:
        out = np.zeros(5)
        for i in range(1, 5):
            out[i] = x[i] * x[i - 1]
        return out

    def wrong(x: Any) -> Any:
        out = np.zeros(5)
        for i in range(5):
            out[i] = x[i] * x[i - 1]
        return out

    slopes = []
    for function in (right, wrong):
        program = trace(function, (V,))
        assert isinstance(program, Program)
        with precision(128):
            slopes.append(midpoints(certified.jacobian(program, [V], 0)))
    expected = np.diag(np.r_[0.0, V[:-1]]) + np.diag(V[1:], -1)
    np.testing.assert_allclose(slopes[0], expected, rtol=1e-15)
    assert slopes[1][0, 4] == V[0]


def test_names_mean_numpy_again_after_a_trace_also_after_one_that_fails() -> None:
    before = dict(vars(layers))

    def failing(x: Any) -> Any:
        assert layers.np is np or np.zeros is not layers.np.zeros
        raise RuntimeError("on purpose")

    assert isinstance(trace(failing, (V,)), BlackBox)
    trace(layers.cross_entropy, (layers.X,))
    assert vars(layers) == before
    assert "float" not in vars(layers)
    assert layers.np is np
    assert type(np.zeros(2)) is np.ndarray


def test_swapped_names_do_what_they_did_where_nothing_is_traced() -> None:
    with substituted(layers.lstm, floats=True):
        assert layers.np is not np
        made = layers.np.zeros(3)
        assert type(made) is np.ndarray
        assert layers.np.linalg.norm(layers.np.array([3.0, 4.0])) == 5.0
        assert layers.math.exp(0.0) == 1.0
        assert vars(layers)["float"]("2.5") == 2.5
        assert isinstance(1.5, vars(layers)["float"])
    assert layers.math is math


def test_another_thread_sees_plain_arrays_while_one_traces() -> None:
    kinds = []

    def function(x: Any) -> Any:
        worker = threading.Thread(target=lambda: kinds.append(type(layers.np.zeros(3))))
        worker.start()
        worker.join()
        return layers.recurrent(x)

    assert isinstance(trace(function, (layers.X,)), Program)
    assert kinds == [np.ndarray]


class Layer:
    """A layer as an object with a method."""

    def __init__(self, width: int) -> None:
        self.width = width

    def forward(self, x: Any) -> Any:
        out = np.zeros(self.width)
        for i in range(self.width):
            out[i] = x[i] ** 2
        return out


def test_methods_and_functions_of_other_modules_are_reached() -> None:
    layer = Layer(5)
    for function in (layer.forward, lambda x: layer.forward(x), lambda x: layers.scattered(x)):
        program = trace(function, (V,))
        assert isinstance(program, Program), program.reason


def test_a_plain_array_of_the_module_that_is_filled_is_still_refused() -> None:
    buffer = np.zeros(5)

    def function(x: Any) -> Any:
        buffer[:] = x
        return buffer * 2

    found = trace(function, (V,))
    assert isinstance(found, BlackBox)
    assert "np.zeros_like" in found.reason
    np.testing.assert_array_equal(buffer, 0)


@pytest.mark.parametrize("function", [np.zeros_like, np.sum, np.linalg.norm, np.cumsum])
def test_a_function_of_numpy_itself_is_traced_and_its_module_left_alone(function: Any) -> None:
    inner = getattr(function, "__wrapped__", function)
    home = getattr(inner, "__globals__", {})
    before = dict(home)
    assert isinstance(trace(function, (V,)), Program)
    assert {name: id(value) for name, value in home.items()} == {name: id(value) for name, value in before.items()}


def test_what_is_never_written_of_an_empty_array_is_no_number() -> None:
    def function(x: Any) -> Any:
        out = np.empty(2)
        out[0] = x[0]
        return out

    program = trace(function, (V,))
    assert isinstance(program, Program)
    (value,) = certified.value(program, [V])
    assert value[0].is_finite()
    assert value[1].is_nan()


def test_scipy_functions_that_are_no_ufuncs_are_traced() -> None:
    special = pytest.importorskip("scipy.special", reason="scipy is not installed")

    def function(x: Any) -> Any:
        return special.logsumexp(x) + special.softmax(x) * special.log_softmax(x)

    program = trace(function, (V,))
    assert isinstance(program, Program), program.reason
    with precision(128):
        (value,) = certified.value(program, [V])
    np.testing.assert_allclose(midpoints(value), function(V), rtol=1e-14)
