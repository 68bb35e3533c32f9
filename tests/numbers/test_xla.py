"""The XLA system: a program over a batch of points, compiled once, against one run a point in floats."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.xla import evaluate, held
from tests.numbers.comparator import traced

X = np.arange(12.0).reshape(4, 3) / 5 - 1
W = np.arange(24.0).reshape(4, 2, 3) / 7


def layer(w: Any, x: Any) -> Any:
    return np.tanh(w @ x) * np.max(x)


def test_a_batch_equals_one_run_a_point_in_64_bit_and_leaves_the_settings_alone() -> None:
    before = jax.config.jax_enable_x64
    program = traced(layer, W[0], X[0])
    (found,) = evaluate(program, [W, X])
    assert (found.shape, found.dtype) == ((4, 2), np.float64)
    for k in range(4):
        np.testing.assert_allclose(found[k], run(program, [W[k], X[k]], Floats())[0], rtol=1e-14)
    assert jax.config.jax_enable_x64 == before


def test_another_program_of_the_same_shape_gives_another_answer() -> None:
    right, wrong = traced(layer, W[0], X[0]), traced(lambda w, x: np.tanh(w @ x) * np.min(x), W[0], X[0])
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        np.testing.assert_allclose(evaluate(right, [W, X])[0], evaluate(wrong, [W, X])[0])


def test_inputs_without_a_batch_or_of_another_shape_are_refused_with_advice() -> None:
    program = traced(layer, W[0], X[0])
    with pytest.raises(ValueError, match=r"input 1 has shape \(3,\); \('batch', 3\) is expected.*np\.stack"):
        evaluate(program, [W, X[0]])
    with pytest.raises(ValueError, match="has no inputs, so that there is no batch"):
        evaluate(traced(lambda: np.ones(2)), [])


@pytest.mark.parametrize("offset", range(1, 9))
def test_what_is_held_is_the_array_wherever_it_starts(offset: int) -> None:
    value = np.arange(40.0)[offset : offset + 30].reshape(5, 6)
    kept = held(value)
    assert (kept.dtype, kept.shape) == (np.float64, (5, 6))
    np.testing.assert_array_equal(np.asarray(kept), value)
    strided = held(value[:, ::2])
    np.testing.assert_array_equal(np.asarray(strided), value[:, ::2])
