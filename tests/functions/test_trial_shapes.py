"""An argument that sets a shape: points at which the function returns another one are left out, and told."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import gradcheck as gc

Array = np.ndarray[Any, np.dtype[Any]]
X, COUNTS = np.array([1.0, 2.0, 3.0]), np.array([1, 2, 3])


def repeated(x: Array, counts: Array) -> Array:
    return np.repeat(x, counts)


@pytest.mark.parametrize(("factor", "status"), [(1.0, "holds"), (1.5, "fails")])
def test_points_of_another_shape_are_left_out_and_told(factor: float, status: str) -> None:
    verdict = gc.check(
        repeated, (X, COUNTS), jacobian=lambda x, counts: factor * np.repeat(np.eye(3), counts, axis=0), seed=0
    )
    assert verdict.status == status
    (note,) = [note for note in verdict.notes if note.startswith("f returns another shape at ")]
    assert "they were left out: [6] at the arguments, [" in note
    assert "bind the argument that it depends on, with functools.partial" in note


def test_an_argument_that_is_bound_leaves_nothing_out() -> None:
    verdict = gc.check(
        functools.partial(repeated, counts=COUNTS), (X,), jacobian=lambda x: np.repeat(np.eye(3), COUNTS, axis=0)
    )
    assert verdict.status == "holds"
    assert not [note for note in verdict.notes if "another shape" in note]
