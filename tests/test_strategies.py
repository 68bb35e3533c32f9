"""The strategies keep what they promise, and shrink to plain numbers; tests at drawn arguments pass or fail as they should."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import gradcheck as gc
from gradcheck import strategies
from gradcheck.strategies import (
    generic,
    ill_conditioned,
    near_kinks,
    positive_definite,
    pytrees,
    saturated,
    scaled,
    simplex,
    tied,
    well_conditioned,
)

Array = np.ndarray[Any, np.dtype[Any]]


def is_generic(x: Array) -> bool:
    return len(np.unique(x)) == x.size and bool(np.all(x != 0))


def is_dominant(A: Array) -> bool:
    off = np.sum(np.abs(A), axis=1) - np.abs(np.diag(A))
    return bool(np.all(np.abs(np.diag(A)) - off >= 1 - 1e-9))


PROMISES: dict[str, tuple[st.SearchStrategy[Array], tuple[int, ...], Callable[[Array], bool]]] = {
    "generic": (generic(3, 2), (3, 2), is_generic),
    "generic scalar": (generic(), (), lambda x: bool(x != 0)),
    "generic, empty": (generic(0, 2), (0, 2), lambda x: True),
    "generic, large": (generic(20, 20), (20, 20), lambda x: bool(np.all(np.abs(x) < 10))),
    "generic, narrow": (
        generic(4, low=2, high=2.5),
        (4,),
        lambda x: is_generic(x) and bool(np.all((x > 2) & (x < 2.5))),
    ),
    "generic, far": (generic(4, low=100), (4,), lambda x: is_generic(x) and bool(np.all(x > 100))),
    "near_kinks": (near_kinks(3), (3,), lambda x: bool(np.min(np.abs(x)) <= 1e-3)),
    "near_kinks of ReLU6": (
        near_kinks(4, kinks=(0, 6)),
        (4,),
        lambda x: bool(np.min(np.minimum(np.abs(x), np.abs(x - 6))) <= 6.1e-3),
    ),
    "tied": (tied(2, 2), (2, 2), lambda x: len(np.unique(x)) < 4),
    "saturated": (saturated(3), (3,), lambda x: bool(30 <= np.max(np.abs(x)) <= 60)),
    "saturated at": (saturated(3, at=5.0), (3,), lambda x: bool(5 <= np.max(np.abs(x)) <= 10)),
    "scaled": (scaled(4), (4,), lambda x: bool(np.all((np.abs(x) >= 1e-8) & (np.abs(x) <= 1e8)))),
    "well_conditioned": (
        well_conditioned(4),
        (4, 4),
        lambda A: is_dominant(A) and bool(np.linalg.cond(A, np.inf) <= 5),
    ),
    "well_conditioned, one": (well_conditioned(1), (1, 1), lambda A: abs(A[0, 0]) == 1),
    "ill_conditioned": (ill_conditioned(3), (3, 3), lambda A: bool(np.linalg.cond(A) >= 0.999e8)),
    "ill_conditioned, mildly": (
        ill_conditioned(2, condition=1e3),
        (2, 2),
        lambda A: bool(1e3 <= np.linalg.cond(A) < 1e5),
    ),
    "positive_definite": (
        positive_definite(3),
        (3, 3),
        lambda A: np.array_equal(A, A.T) and bool(np.min(np.linalg.eigvalsh(A)) >= 1 - 1e-9),
    ),
    "simplex": (simplex(2, 3), (2, 3), lambda x: bool(np.all(x > 0) and np.all(np.sum(x, axis=-1) == 1))),
}


@pytest.mark.parametrize("name", PROMISES)
def test_a_strategy_keeps_its_promise(name: str) -> None:
    strategy, shape, promised = PROMISES[name]

    @settings(max_examples=60)
    @given(strategy)
    def every_draw(value: Array) -> None:
        assert value.shape == shape and value.dtype == np.float64 and np.all(np.isfinite(value))
        assert promised(value)

    every_draw()


def test_every_strategy_is_tested() -> None:
    public = {name for name, found in inspect.getmembers(strategies, inspect.isfunction) if not name.startswith("_")}
    assert {name for name in public if found_here(name)} == {name.split()[0].rstrip(",") for name in PROMISES} | {
        "pytrees"
    }


def found_here(name: str) -> bool:
    return bool(getattr(strategies, name).__module__ == strategies.__name__)


@pytest.mark.parametrize(
    ("strategy", "condition", "plainest"),
    [
        (generic(3), lambda x: True, [1, -1, 2]),
        (generic(2), lambda x: bool(np.any(x < 0)), [1, -1]),
        (near_kinks(2), lambda x: bool(np.any(x == 0)), [0, 1]),
        (tied(3), lambda x: True, [1, 1, 1]),
        (saturated(2), lambda x: bool(np.any(x < 0)), [-30, 1]),
        (scaled(2), lambda x: bool(np.max(np.abs(x)) > 1e3 * np.min(np.abs(x))), [1, 2000]),
        (well_conditioned(2), lambda A: bool(A[0, 1] != A[1, 0]), [[2, 0.1], [0, 1]]),
        (positive_definite(2), lambda A: True, [[1, 0], [0, 1]]),
        (simplex(2), lambda x: True, [0.25, 0.75]),
    ],
)
def test_a_draw_shrinks_to_short_decimals(
    strategy: st.SearchStrategy[Array], condition: Callable[[Array], bool], plainest: Any
) -> None:
    assert sorted(np.ravel(find(strategy, condition)).tolist()) == sorted(np.ravel(plainest).tolist())


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex128])
def test_the_dtype_is_the_one_asked_for(dtype: Any) -> None:
    for strategy in (generic(2, dtype=dtype), near_kinks(2, dtype=dtype), positive_definite(2, dtype=dtype)):
        assert find(strategy, lambda x: True).dtype == dtype


class Layer(NamedTuple):
    """A tree with names."""

    W: Any
    b: Any


def test_trees_are_drawn_whole() -> None:
    kept = np.array([1, 2])
    tree = pytrees({"layers": [Layer(generic(2, 3), generic(2)), (generic(), "relu")], "rows": kept})

    @settings(max_examples=10)
    @given(tree)
    def every_draw(drawn: dict[str, Any]) -> None:
        first, (scalar, word) = drawn["layers"]
        assert isinstance(drawn["layers"], list) and isinstance(first, Layer)
        assert (first.W.shape, first.b.shape, scalar.shape, word) == ((2, 3), (2,), (), "relu")
        assert np.array_equal(drawn["rows"], kept) and drawn["rows"] is not kept

    every_draw()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: generic(2, low=1, high=1), r"Reals\(low=1, high=1\): low must be below high"),
        (lambda: generic(-1), r"Reals\(-1,\): a shape is made of whole numbers, 0 or more"),
        (lambda: near_kinks(0), r"near_kinks\(0,\): an entry or more are expected"),
        (lambda: near_kinks(2, kinks=()), r"near_kinks\(kinks=\[\]\): one finite number or more is expected"),
        (lambda: tied(1), r"tied\(1,\): two entries or more are expected"),
        (lambda: saturated(2, at=0), r"saturated\(at=0\): a finite number above 0 is expected"),
        (lambda: scaled(2, smallest=2, largest=1), r"scaled\(smallest=2, largest=1\): 0 < smallest < largest"),
        (lambda: scaled(2, smallest=1.1, largest=1.2), r"no number of one digit lies between them"),
        (lambda: well_conditioned(0), r"well_conditioned\(0\): the number of rows is expected, 1 or more"),
        (lambda: ill_conditioned(1), r"ill_conditioned\(1\): the number of rows is expected, 2 or more"),
        (lambda: ill_conditioned(2, condition=1e20), r"condition=1e\+20\): a number from 1 to 1e12 is expected"),
        (lambda: simplex(), r"simplex\(\): the length of the rows is expected"),
        (lambda: simplex(1), r"Simplex\(1\): a size from 2 to 32 is expected"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(gc.SpaceError, match=message):
        make()


def largest(x: Array) -> Any:
    return np.max(x)


def at_all_ties(x: Array) -> Array:
    return (x == np.max(x)).astype(float)


def at_first_tie(x: Array) -> Array:
    found = np.zeros_like(x)
    found[np.argmax(x)] = 1
    return found


@gc.given_args(tied(3), max_examples=5)
def test_a_right_claim_passes_at_drawn_arguments(gradcheck: Any, args: tuple[Any, ...]) -> None:
    assert gradcheck.assert_holds(largest, args, gradient=at_first_tie).points > 1


def test_a_wrong_claim_fails_at_the_plainest_arguments() -> None:
    seen = []

    @gc.given_args(tied(3))
    def check(args: tuple[Any, ...]) -> None:
        seen.append(args)
        gc.assert_holds(largest, args, gradient=at_all_ties, points=0)

    with pytest.raises(gc.DerivativeMismatch, match=r"FAILS .*at_all_ties is the gradient of largest"):
        check()
    assert np.array_equal(seen[-1][0], [1, 1, 1])


@settings(max_examples=3)
@given(generic(2))
def test_a_wrong_claim_is_found_inside_any_test_of_hypothesis(x: Array) -> None:
    with pytest.raises(gc.DerivativeMismatch, match="FAILS"):
        gc.assert_holds(np.sum, (x,), gradient=lambda x: 2 * np.ones_like(x), points=1)


@settings(max_examples=1)
@given(generic(2))
def test_a_strategy_as_domain_is_refused_inside_a_test_of_hypothesis(x: Array) -> None:
    with pytest.raises(gc.UsageError, match=r"let the test draw args from it, with @gc.given_args"):
        gc.check(np.sum, (x,), gradient=np.ones_like, domain=st.tuples(generic(2)))


def test_trees_and_plain_values_are_arguments_too() -> None:
    drawn = []

    @gc.given_args({"W": generic(2, 3), "b": generic(2)}, generic(3), 0.5, max_examples=2)
    def collect(args: tuple[Any, ...]) -> None:
        drawn.append(args)

    collect()
    params, x, slope = drawn[0]
    assert params["W"].shape == (2, 3) and x.shape == (3,) and slope == 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gc.given_args(), "a strategy for each argument is expected; there are some in gradcheck.strategies"),
        (lambda: gc.given_args(np.ones(3), {"b": 2}), "a strategy for each argument is expected"),
        (
            lambda: gc.given_args(lambda args: None),
            r"it is called with strategies first, as in @gc.given_args\(generic\(3\)\)",
        ),
        (lambda: gc.given_args(generic(3), max_examples=0), "max_examples=0: a whole number, 1 or more, is expected"),
        (lambda: gc.given_args(generic(3))(lambda x: None), "has no parameter args, which is what it is called with"),
    ],
)
def test_given_args_refuses_what_cannot_be_meant(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(gc.UsageError, match=message):
        make()
