"""Tracing without `jax.make_jaxpr`, and transposes by JAX's rules: both say what JAX itself says, or leave it to JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.interpreters import ad

from gradcheck.oracles.autodiff import jvp_program
from gradcheck.program import staging
from gradcheck.program.program import Leaf, Program
from gradcheck.program.staging import staged
from gradcheck.program.trace import trace
from gradcheck.program.transposing import pulled_back, transposable

DOUBLE = np.dtype(np.float64)
X = np.array([0.5, -1.25, 2.0])
W = np.linspace(-1.0, 1.5, 12).reshape(4, 3)


def traced(function: Callable[..., Any], *shapes: tuple[int, ...]) -> Any:
    with jax.enable_x64(True):
        return staged(lambda *arrays: [function(*arrays)], [Leaf(shape, DOUBLE) for shape in shapes])


def linearised(function: Callable[..., Any]) -> Any:
    """The jaxpr of ``(t, x) ↦ Jt``."""
    program = trace(function, (X,))
    assert isinstance(program, Program), program
    return jvp_program(program, 0).jaxpr


def test_this_version_of_jax_is_traced_directly() -> None:
    assert staging._direct()


@pytest.mark.parametrize("direct", [True, False])
def test_both_ways_of_tracing_give_the_same_program(direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_direct", lambda: direct)
    found = traced(lambda x: jnp.tanh(W @ x) + jnp.where(x.sum() > 0, 1.0, 2.0), (3,))
    with jax.enable_x64(True):
        expected = jax.make_jaxpr(lambda x: [jnp.tanh(W @ x) + jnp.where(x.sum() > 0, 1.0, 2.0)])(X)
    assert [eqn.primitive.name for eqn in found.jaxpr.eqns] == [eqn.primitive.name for eqn in expected.jaxpr.eqns]
    assert [aval.str_short() for aval in found.out_avals] == [aval.str_short() for aval in expected.out_avals]


def test_what_is_no_array_is_refused_in_jaxs_words() -> None:
    with pytest.raises(TypeError, match=r"returned a value of type <class 'str'>.*not a valid JAX type"):
        traced(lambda x: "no array", (3,))


def test_what_the_function_raises_comes_through() -> None:
    def raising(x: Any) -> Any:
        raise ZeroDivisionError("of the user's own")

    with pytest.raises(ZeroDivisionError, match="of the user's own"):
        traced(raising, (3,))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "products and sums": lambda x: jnp.tanh(W @ x) * jnp.sum(x**2),
    "a choice": lambda x: jnp.where(x > 0, x**3, jnp.exp(x)),
    "structure": lambda x: jnp.concatenate([x[::-1], jnp.pad(x, 1)]) * 3.0,
    "one argument twice": lambda x: jnp.outer(x, x) / (1 + x),
    "a constant": lambda x: jnp.stack([x, 0 * x + 1.0]),
    "nothing that moves": lambda x: jnp.zeros(2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_transpose_is_jaxs(name: str) -> None:
    function = FUNCTIONS[name]
    closed = linearised(function)
    assert transposable(closed)
    with jax.enable_x64(True):
        value, pull = jax.vjp(function, X)
        cotangent = np.linspace(0.5, 2.0, value.size).reshape(value.shape)
        (expected,) = pull(cotangent)
        found = pulled_back(closed, [cotangent], [X])
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-14)


def test_loops_and_calls_are_left_to_jax() -> None:
    def looped(x: Any) -> Any:
        return jax.lax.fori_loop(0, 3, lambda i, carry: jnp.sin(carry), x)

    assert not transposable(linearised(looped))
    # The rule of later versions adds to what has been gathered so far; that of JAX 0.8 is a plain one.
    assert transposable(linearised(lambda x: x[1:])) is (jax.lax.slice_p in ad.primitive_transposes)
    assert transposable(linearised(jnp.sin))
