"""Structural primitives on arrays of objects: what is written at one place is the number, not an array that holds it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb

from gradcheck.numbers.balls import Balls
from gradcheck.numbers.interpreter import run
from tests.numbers.comparator import traced


@pytest.mark.parametrize(("index", "expected"), [(0, [1.5, 0, 0]), ([0], [1.5, 0, 0]), ([2, 0], [1.5, 0, 1.5])])
def test_a_scatter_writes_numbers(index: int | list[int], expected: list[float]) -> None:
    def written(x: jax.Array) -> jax.Array:
        return jnp.zeros(3).at[jnp.array(index)].set(x)

    (found,) = run(traced(written, np.float64(1.5)), [np.float64(1.5)], Balls())
    assert [type(entry) for entry in found] == [arb] * 3
    assert [float(entry) for entry in found] == expected
