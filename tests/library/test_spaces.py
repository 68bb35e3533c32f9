"""Every value that a space of matrices draws lies in it, and what is not of its kind does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.library.spaces import FullRank, Invertible, LowerTriangular, PositiveDefinite

SPACES: tuple[Any, ...] = (
    Invertible(2),
    Invertible(3),
    FullRank(3, 2),
    FullRank(2, 3),
    PositiveDefinite(3),
    LowerTriangular(3),
)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_what_is_drawn_lies_in_the_space(space: Any) -> None:
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(20)]
    assert all(space.contains(value) for value in [*drawn, *space.special()])
    assert len({value.tobytes() for value in drawn}) == 20
    assert space.differentiable


@pytest.mark.parametrize("space", SPACES, ids=str)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_the_strategy_stays_in_the_space(space: Any, data: Any) -> None:
    assert space.contains(data.draw(space.strategy()))


def test_both_signs_of_a_determinant_are_drawn() -> None:
    signs = {float(np.sign(np.linalg.det(Invertible(3).sample(np.random.default_rng(seed))))) for seed in range(20)}
    assert signs == {-1.0, 1.0}


@pytest.mark.parametrize(
    ("space", "outside"),
    [
        (Invertible(2), np.ones((2, 2))),
        (Invertible(2), np.full((2, 2), np.nan)),
        (Invertible(2), np.eye(3)),
        (FullRank(3, 2), np.ones((3, 2))),
        (FullRank(3, 2), np.eye(2, 3)),
        (PositiveDefinite(2), -np.eye(2)),
        (PositiveDefinite(2), np.array([[2.0, 1.0], [0.0, 2.0]])),
        (PositiveDefinite(2), np.full((2, 2), np.inf)),
        (LowerTriangular(2), np.ones((2, 2))),
        (LowerTriangular(2), np.array([[1.0, 0.0], [1.0, -1.0]])),
        (LowerTriangular(2), np.full((2, 2), np.nan)),
    ],
)
def test_what_is_not_of_its_kind_is_refused(space: Any, outside: Any) -> None:
    assert not space.contains(outside)
