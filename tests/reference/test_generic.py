"""The stand-ins for a printed f or L: their derivatives are right, and they differ in the ways that faults hide in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Generic
from reference.generic import ACTIVATIONS, GATED_SOFTMAX, LOSSES, SOFTMAX

Array = np.ndarray[Any, np.dtype[Any]]
Estimate = Callable[[Callable[[Array], Any], Array], Array]

STAND_INS = (*ACTIVATIONS, *LOSSES)
POINTS = (np.array([0.3, -1.7]), np.array([1.1, -0.4, 0.9, -2.2]))


@pytest.mark.parametrize("point", POINTS, ids=("m=2", "m=4"))
@pytest.mark.parametrize("generic", STAND_INS, ids=lambda generic: generic.name)
def test_the_derivative_is_that_of_the_value(generic: Generic, point: Array, central_jacobian: Estimate) -> None:
    claimed = generic.derivative(point)

    assert claimed.shape == np.shape(generic(point)) + point.shape
    np.testing.assert_allclose(claimed, central_jacobian(generic, point), rtol=0, atol=1e-8)


def test_a_wrong_derivative_would_be_caught(central_jacobian: Estimate) -> None:
    transposed = GATED_SOFTMAX.derivative(POINTS[1]).T

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        np.testing.assert_allclose(transposed, central_jacobian(GATED_SOFTMAX, POINTS[1]), rtol=0, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda generic: generic.name)
def test_the_trait_says_whether_the_jacobian_is_diagonal(activation: Generic) -> None:
    jacobian = activation.derivative(POINTS[1])
    off_diagonal = jacobian - np.diag(np.diag(jacobian))

    assert activation.traits == ({"coupled"} if np.any(off_diagonal) else {"elementwise"})


def test_some_jacobian_is_symmetric_and_some_is_not() -> None:
    symmetric = {f.name for f in ACTIVATIONS if np.array_equal(f.derivative(POINTS[1]), f.derivative(POINTS[1]).T)}

    assert SOFTMAX.name in symmetric
    assert GATED_SOFTMAX.name not in symmetric


def test_the_first_two_activations_show_both_traits() -> None:
    first_two = ACTIVATIONS[0].traits | ACTIVATIONS[1].traits

    assert first_two == {"elementwise", "coupled"}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda generic: generic.name)
def test_no_loss_has_two_equal_slopes(loss: Generic) -> None:
    gradient = loss.derivative(POINTS[1])

    assert len(np.unique(gradient)) == gradient.size
