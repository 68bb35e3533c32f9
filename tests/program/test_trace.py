"""Tracing: JAX and NumPy functions become programs of the same meaning, the rest black boxes with advice."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.trace import UntraceableInputError, trace

X = np.array([0.5, -1.25, 2.0])
M = np.arange(6.0).reshape(2, 3) + 0.5


def fill(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] * x[i - 1]
    return out


def augmented(x: Any) -> Any:
    out = np.ones_like(x)
    out += x
    out[1:] *= 2
    out[0] -= 1
    return out


def views_see_later_writes(x: Any) -> Any:
    out = np.zeros_like(x)
    head = out[:2]
    out[0] = x[0]
    head[1] = x[1]
    return out * head.sum()


def scattered(x: Any) -> Any:
    out = np.zeros_like(x)
    np.add.at(out, np.array([0, 0, 2]), x)
    return out


NUMPY: dict[str, Any] = {
    "fill": fill,
    "augmented": augmented,
    "views": views_see_later_writes,
    "scattered": scattered,
    "where": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "select": lambda x: np.select([x > 1, x < 0], [x, -x], 0.0),
    "clip": lambda x: np.clip(x, -1, 1),
    "maximum": lambda x: np.maximum(x, 0.1) + np.fmin(x, 2.0),
    "methods": lambda x: x.sum() + x.mean() * x.max() - x.min() + x.var() + x.reshape(3, 1).T.ravel().dot(x),
    "matrices": lambda x: M @ x + np.dot(M, x) + np.einsum("ij,j->i", M, x) + np.tensordot(M, x, 1),
    "outer": lambda x: np.outer(x, x) + np.multiply.outer(x, x) + np.diag(x) + np.tril(np.outer(x, x)),
    "stack": lambda x: np.stack([x, 2 * x]).T + np.concatenate([x[:1], x[1:]])[:, None],
    "reduce": lambda x: np.add.reduce(x) + np.multiply.reduce(x) + np.maximum.reduce(x),
    "accumulate": lambda x: np.cumsum(x) + np.add.accumulate(x) + np.cumprod(x),
    "sort": lambda x: np.sort(x) + x[np.argsort(x)],
    "indices": lambda x: x[[0, 2]] + x[np.array([1, 1])] + x[-1] + x[..., :2],
    "roll": lambda x: np.roll(x, 1) - np.flip(x) + np.take_along_axis(x, np.array([2, 1, 0]), 0),
    "norm": lambda x: np.linalg.norm(x) + np.sqrt(np.sum(np.square(x))),
    "elementary": lambda x: np.tanh(x) + np.log1p(x * x) + np.arctan(x) + np.sinh(x) + np.power(x, 2) + x**3,
    "scalars": lambda x: np.float64(0.1) * x + 3 // 2 + abs(x) - (+x) + (-x),
    "constant": lambda x: np.array([1.0, 2.0]),
    "unchanged": lambda x: x,
}


@pytest.mark.parametrize("name", NUMPY)
def test_a_numpy_function_traces_to_what_it_computes(name: str) -> None:
    program = trace(NUMPY[name], (X,))
    assert isinstance(program, Program), program.reason
    before = X.copy()
    (found,) = run(program, [X], Floats())
    np.testing.assert_allclose(found, NUMPY[name](X.copy()), rtol=1e-14)
    np.testing.assert_array_equal(X, before)


BLACK: dict[str, tuple[Any, str]] = {
    "a plain array to fill": (lambda x: _filled(x), "np.zeros_like"),
    "math": (lambda x: __import__("math").sin(x[0]) * x, "by float"),
    "math of what has no ufunc": (lambda x: math.gamma(x[0]) * x, "by float"),
    "a condition": (lambda x: x if x[0] > 0 else -x, "np.where for a branch"),
    "np.array of results": (lambda x: __import__("numpy").array([x[0], x[1]]), "np.stack for np.array"),
    "a count": (lambda x: np.ones(int(x[0])) * x, "by int"),
    "out of bounds": (lambda x: x[7], "index 7 is out of bounds for axis 0 with size 3"),
    "a mask": (lambda x: x[x > 0], "np.where(mask, x, 0)"),
}


_PLAIN = np.zeros(3)


def _filled(x: Any) -> Any:
    _PLAIN[0] = x[0]
    return _PLAIN


@pytest.mark.parametrize("name", BLACK)
def test_what_a_trace_cannot_record_is_a_black_box_with_advice(name: str) -> None:
    function, advice = BLACK[name]
    found = trace(function, (X,))
    assert isinstance(found, BlackBox)
    assert advice in found.reason


def test_jax_functions_pytrees_and_several_results() -> None:
    def layer(parameters: dict[str, Any], x: Any) -> tuple[Any, dict[str, Any]]:
        z = jnp.dot(parameters["W"], x) + parameters["b"]
        return jax.nn.relu(z), {"z": z, "n": jnp.argmax(z)}

    program = trace(layer, ({"W": M, "b": np.ones(2)}, X))
    assert isinstance(program, Program)
    values = run(program, program.flatten(({"W": M, "b": np.ones(2)}, X)), Floats())
    a, rest = program.unflatten(values)
    np.testing.assert_allclose(a, np.maximum(M @ X + 1, 0))
    assert rest["n"].dtype.kind == "i"
    with pytest.raises(ValueError, match="was traced with arguments"):
        program.flatten((X, X))
    with pytest.raises(ValueError, match=r"argument leaf 2 has shape \(4,\), traced with \(3,\)"):
        program.flatten(({"W": M, "b": np.ones(2)}, np.ones(4)))


def test_traces_are_in_64_bit_and_leave_the_settings_of_jax_alone() -> None:
    before = jax.config.jax_enable_x64
    program = trace(lambda x: jnp.sin(x) / 3, (X,))
    assert isinstance(program, Program)
    assert program.outputs[0].dtype == np.float64
    assert jax.config.jax_enable_x64 == before
    assert jnp.ones(1).dtype == (np.float64 if before else np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept(dtype: Any) -> None:
    program = trace(lambda x: np.tanh(x) * 2, (X.astype(dtype),))
    assert isinstance(program, Program)
    (found,) = run(program, [X.astype(dtype)], Floats())
    assert found.dtype == dtype


def test_an_argument_that_is_no_array_is_refused_by_its_place() -> None:
    with pytest.raises(UntraceableInputError, match="argument leaf 1 is str of dtype"):
        trace(lambda x, y: x, (X, "weights"))
