"""What spaces draw lies inside them, adversarial values are there, and what is impossible is refused."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space, SpaceError

NARROW = ((0.0, 1.0), (3.0, math.inf), (-math.inf, -2.0), (0.0, 1e-3), (-1e-7, 1e-7), (100.0, 100.5), (-1e6, -1e6 + 1))
SPACES: dict[str, Space] = {
    "scalar": Reals(),
    "vector": Reals(3),
    "matrix": Reals(3, 2),
    "empty": Reals(0),
    **{f"({low}, {high})": Reals(2, low=low, high=high) for low, high in NARROW},
    **{f"simplex of {size}": Simplex(size) for size in (2, 3, 4, 7, 32)},
    "one-hot": OneHot(4),
    "one-hot of one": OneHot(1),
    "integers": Integers(2, low=-3, high=5),
    "one integer": Integers(low=0, high=0),
}
CALM = [name for name in SPACES if name != "empty"]

shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)
sides = st.floats(-1e6, 1e6, allow_subnormal=False)
bounded = st.builds(
    lambda shape, low, width: Reals(*shape, low=low, high=low + width), shapes, sides, st.floats(1e-4, 1e6)
)
half_bounded = st.one_of(
    st.builds(lambda shape, low: Reals(*shape, low=low), shapes, sides),
    st.builds(lambda shape, high: Reals(*shape, high=high), shapes, sides),
)
spaces: st.SearchStrategy[Space] = st.one_of(
    shapes.map(lambda shape: Reals(*shape)),
    bounded,
    half_bounded,
    st.integers(2, 32).map(Simplex),
    st.integers(1, 8).map(OneHot),
    st.builds(
        lambda shape, low, more: Integers(*shape, low=low, high=low + more), shapes, sides.map(int), st.integers(0, 9)
    ),
)


@given(space=spaces, seed=st.integers(0, 2**32))
def test_samples_lie_in_their_space(space: Space, seed: int) -> None:
    value = space.sample(np.random.default_rng(seed))
    assert value.shape == space.shape
    assert value.dtype == (np.float64 if space.differentiable else np.int64)
    assert space.contains(value)


@given(space=spaces)
def test_special_values_lie_in_their_space(space: Space) -> None:
    for value in space.special():
        assert value.shape == space.shape
        assert space.contains(value)


@given(data=st.data(), space=spaces)
def test_strategies_draw_from_their_space(data: st.DataObject, space: Space) -> None:
    value = data.draw(space.strategy())
    assert value.shape == space.shape
    assert space.contains(value)


@pytest.mark.parametrize("name", SPACES)
def test_the_same_seed_gives_the_same_values(name: str) -> None:
    space = SPACES[name]
    first, second = (
        [space.sample(rng) for _ in range(5)] for rng in (np.random.default_rng(7), np.random.default_rng(7))
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert [value.tolist() for value in space.special()] == [value.tolist() for value in space.special()]


@pytest.mark.parametrize("name", ["scalar", "vector", "matrix", "simplex of 4", "integers", "(0.0, 0.001)"])
def test_another_seed_gives_other_values(name: str) -> None:
    drawn = {SPACES[name].sample(np.random.default_rng(seed)).tobytes() for seed in range(20)}
    assert len(drawn) > 1


def test_generic_points_have_both_signs_and_different_entries() -> None:
    rng = np.random.default_rng(0)
    drawn = np.stack([Reals(8).sample(rng) for _ in range(20)])
    assert np.all(np.any(drawn < 0, axis=1) & np.any(drawn > 0, axis=1))
    assert all(len(set(row)) > 4 for row in drawn.tolist())
    assert np.all(np.abs(drawn) <= 3)
    assert np.allclose(drawn * 100, np.round(drawn * 100))


def test_special_values_hold_what_easy_samples_hide() -> None:
    drawn = [value.tolist() for value in Reals(3).special()]
    assert [0.0, 0.0, 0.0] in drawn
    assert [30.0, -30.0, 30.0] in drawn
    assert any(len(set(value)) == 1 and value[0] < 0 for value in drawn)
    assert any(0 < abs(value[0]) < 1e-6 for value in drawn)
    near_ends = np.array(list(Reals(2, low=0, high=1).special()))
    assert np.any(near_ends < 1e-5)
    assert np.any(near_ends > 1 - 1e-5)
    assert not list(Reals(low=0.3, high=0.3 + 1e-7).special())


@given(data=st.data(), size=st.integers(2, 32), seed=st.integers(0, 2**32))
def test_a_simplex_sums_to_exactly_one_however_it_is_added(data: st.DataObject, size: int, seed: int) -> None:
    space = Simplex(size)
    for value in (space.sample(np.random.default_rng(seed)), data.draw(space.strategy()), *space.special()):
        assert np.sum(value) == 1.0
        assert sum(value.tolist()) == 1.0
        assert sum(reversed(value.tolist())) == 1.0
        assert np.all(value > 0)


@given(
    data=st.data(), space=st.sampled_from([Reals(), Reals(3), Reals(2, low=0, high=1), Reals(low=3), Reals(high=-2)])
)
def test_strategies_give_short_decimals(data: st.DataObject, space: Reals) -> None:
    value = data.draw(space.strategy())
    assert np.allclose(value * 1000, np.round(value * 1000), rtol=0, atol=1e-9)
    assert np.all(np.abs(value) < 10)


@given(data=st.data())
def test_a_narrow_space_has_as_many_decimals_as_it_needs(data: st.DataObject) -> None:
    value = float(data.draw(Reals(low=0, high=1e-3).strategy()))
    assert 0 < value < 1e-3
    assert value == round(value, 5)


def test_a_space_knows_what_it_does_not_contain() -> None:
    assert not Reals(2).contains(np.zeros(3))
    assert not Reals(2).contains(np.array([1.0, np.nan]))
    assert not Reals(2).contains(np.array([1.0, np.inf]))
    assert not Reals(low=0).contains(np.array(0.0))
    assert not Simplex(2).contains(np.array([0.5, 0.6]))
    assert not Simplex(2).contains(np.array([0.0, 1.0]))
    assert not Simplex(3).contains(np.array([1 / 3, 1 / 3, 1 / 3 + 1e-15]))
    assert not OneHot(2).contains(np.array([1.0, 1.0]))
    assert not OneHot(2).contains(np.array([0.5, 0.5]))
    assert not Integers(low=0, high=2).contains(np.array(3))
    assert not Integers(low=0, high=2).contains(np.array(1.0))


def test_one_hot_vectors_come_one_by_one() -> None:
    assert [value.tolist() for value in OneHot(3).special()] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    drawn = {tuple(OneHot(3).sample(np.random.default_rng(seed)).tolist()) for seed in range(50)}
    assert len(drawn) == 3


def test_integers_reach_both_ends() -> None:
    space = Integers(2, low=-1, high=1)
    assert [value.tolist() for value in space.special()] == [[-1, -1], [1, 1]]
    drawn = set(itertools.chain.from_iterable(space.sample(np.random.default_rng(seed)).tolist() for seed in range(50)))
    assert drawn == {-1, 0, 1}
    assert not space.differentiable


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "bounds the wrong way round": (lambda: Reals(low=1, high=0), "Reals(low=1, high=0): low must be below high"),
    "bounds that meet": (lambda: Reals(low=1, high=1), "low must be below high"),
    "a bound that is NaN": (lambda: Reals(low=math.nan), "low must be below high"),
    "a shape with half an entry": (
        lambda: Reals(2.5),  # type: ignore[arg-type] # the fault
        "Reals(2.5,): a shape is made of whole numbers, 0 or more",
    ),
    "a negative shape": (lambda: Reals(3, -1), "Reals(3, -1): a shape is made of whole numbers, 0 or more"),
    "a simplex of one": (lambda: Simplex(1), "Simplex(1): a size from 2 to 32 is expected"),
    "a large simplex": (lambda: Simplex(33), "Simplex(33): a size from 2 to 32 is expected"),
    "a choice of nothing": (lambda: OneHot(0), "OneHot(0): a size of at least 1 is expected"),
    "integers the wrong way round": (
        lambda: Integers(low=2, high=1),
        "Integers(low=2, high=1): low must not be above high",
    ),
    "integers up to a half": (
        lambda: Integers(low=0, high=1.5),  # type: ignore[arg-type] # the fault
        "Integers(low=0, high=1.5): both are whole numbers",
    ),
    "integers of a negative shape": (
        lambda: Integers(-1, low=0, high=1),
        "Integers(-1,): a shape is made of whole numbers, 0 or more",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_no_value_satisfies_is_refused(fault: str) -> None:
    make, message = REFUSED[fault]
    with pytest.raises(SpaceError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("name", CALM)
def test_every_space_has_something_to_draw(name: str) -> None:
    assert SPACES[name].sample(np.random.default_rng(0)).size > 0
    assert not SPACES[name].strategy().is_empty
