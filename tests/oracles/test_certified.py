"""Enclosures of values, Jacobians and Hessians: they contain closed forms known to 30 digits, and hulls at kinks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.numbers.ball_arrays import numbers, precision
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.oracles import certified
from gradcheck.program.program import Program
from gradcheck.program.trace import trace

Array = Any
BITS = 192
Balls = np.ndarray[Any, np.dtype[Any]]


def program_of(function: Callable[..., Any], *inputs: Array) -> Program:
    made = trace(function, inputs)
    assert isinstance(made, Program), made
    return made


def jacobian(function: Callable[..., Any], *inputs: Array, wrt: int = 0) -> Balls:
    return certified.jacobian(program_of(function, *inputs), list(inputs), wrt)


def hessian(function: Callable[..., Any], *inputs: Array, wrt: int = 0) -> Balls:
    return certified.hessian(program_of(function, *inputs), list(inputs), wrt)


def same(found: Balls, exact: Any) -> bool:
    """Whether every ball contains the exact number and is narrower than 30 digits of it."""
    exact = np.array(exact, dtype=object)
    assert found.shape == exact.shape
    return all(
        ball.overlaps(arb(number)) and ball.rad() <= arb("1e-30") * max(1, abs(arb(number)))
        for ball, number in zip(found.ravel(), exact.ravel(), strict=True)
    )


def numbers_of(*values: float) -> list[arb]:
    return [arb(value) for value in values]


X = np.array([0.5, -1.25, 2.0])


def test_elementwise_functions_have_diagonal_jacobians() -> None:
    with precision(BITS):
        x = numbers_of(*X)
        for function, slope in (
            (np.sin, lambda v: v.cos()),
            (np.tanh, lambda v: 1 - v.tanh() ** 2),
            (lambda v: 1 / (1 + np.exp(-v)), lambda v: v.exp() / (1 + v.exp()) ** 2),
            (lambda v: v**3, lambda v: 3 * v * v),
        ):
            exact = [[slope(x[i]) if i == j else arb(0) for j in range(3)] for i in range(3)]
            assert same(jacobian(function, X), exact)


def test_softmax_has_the_jacobian_that_books_give() -> None:
    def softmax(x: Array) -> Array:
        return np.exp(x) / np.sum(np.exp(x))

    with precision(BITS):
        powers = [v.exp() for v in numbers_of(*X)]
        y = [p / (powers[0] + powers[1] + powers[2]) for p in powers]
        exact = [[y[i] * ((i == j) - y[j]) for j in range(3)] for i in range(3)]
        assert same(jacobian(softmax, X), exact)
        assert same(jacobian(lambda x: jax.nn.softmax(x), X), exact)


def test_a_product_of_matrices_has_the_other_factor_as_its_jacobian() -> None:
    w = np.arange(6.0).reshape(2, 3)
    x = np.array([[1.0, 0.5], [-2.0, 3.0], [0.25, 4.0]])
    with precision(BITS):
        by_w, by_x = (jacobian(lambda w, x: w @ x, w, x, wrt=wrt) for wrt in (0, 1))
        assert same(by_w, np.kron(np.eye(2), x.T))
        assert same(by_x, np.kron(w, np.eye(2)))


def test_hessians_are_those_of_closed_forms() -> None:
    def function(x: Array) -> Array:
        return x[0] ** 2 * x[1] + np.sin(x[1] * x[2])

    with precision(BITS):
        a, b, c = numbers_of(*X)
        s, d = (b * c).sin(), (b * c).cos()
        off = d - b * c * s
        exact = [[2 * b, 2 * a, arb(0)], [2 * a, -c * c * s, off], [arb(0), off, -b * b * s]]
        assert same(hessian(function, X), exact)
        assert same(hessian(lambda x: np.sum(x), X), np.zeros((3, 3)))
        assert same(hessian(lambda x: np.sum(3 * x) + 0 * x[0], X), np.zeros((3, 3)))


def test_more_precision_gives_narrower_enclosures_of_the_same_number() -> None:
    found = []
    for bits in (64, 128, 256):
        with precision(bits):
            found.append(jacobian(lambda x: np.exp(np.sin(x)), X)[0, 0])
    assert found[0].rad() > found[1].rad() > found[2].rad()
    assert found[0].overlaps(found[2])


@settings(max_examples=40)
@given(x=st.lists(st.floats(-3, 3, allow_subnormal=False), min_size=3, max_size=3))
def test_enclosures_contain_the_float_derivative_up_to_its_rounding(x: list[float]) -> None:
    def function(v: Array) -> Array:
        return jnp.stack([jnp.tanh(v[0] * v[1]), jnp.exp(v[2] / 3), jnp.sum(v * v) / 7])

    with jax.enable_x64(True):
        theirs = np.asarray(jax.jacfwd(function)(jnp.asarray(x)))
    with precision(128):
        mine = jacobian(function, np.array(x))
        gaps = [abs(ball - arb(float(number))) for ball, number in zip(mine.ravel(), theirs.ravel(), strict=True)]
    assert all(gap < 1e-13 for gap in gaps)


def hull(found: Balls) -> tuple[float, float]:
    (ball,) = found.ravel()
    return float(ball.lower()), float(ball.upper())


KINKS: dict[str, tuple[Callable[[Array], Array], float, tuple[float, float]]] = {
    "ReLU": (lambda x: np.maximum(x, 0), 0.0, (0, 1)),
    "ReLU by where": (lambda x: np.where(x > 0, x, 0 * x), 0.0, (0, 1)),
    "ReLU by where, the other way round": (lambda x: np.where(x >= 0, x, 0 * x), 0.0, (0, 1)),
    "leaky ReLU": (lambda x: np.maximum(x, 0.25 * x), 0.0, (0.25, 1)),
    "absolute value": (np.abs, 0.0, (-1, 1)),
    "two times its absolute value, moved": (lambda x: 2 * np.abs(x - 1), 1.0, (-2, 2)),
    "minimum": (lambda x: np.minimum(x, 1), 1.0, (0, 1)),
    "clip": (lambda x: np.clip(x, -1, 1), -1.0, (0, 1)),
    "ELU, which has none": (lambda x: np.where(x > 0, x, np.exp(x) - 1), 0.0, (1, 1)),
    "x|x|, which has none": (lambda x: x * np.abs(x), 0.0, (0, 0)),
}


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_the_hull_of_both_slopes_is_given(name: str) -> None:
    function, x, ends = KINKS[name]
    for bits in (64, 256):
        with precision(bits):
            assert hull(jacobian(function, np.array(x))) == pytest.approx(ends, abs=1e-6)


def test_beside_a_kink_there_is_one_slope() -> None:
    with precision(BITS):
        for x, slope in ((1e-300, 1), (-1e-300, 0)):
            assert same(jacobian(lambda v: np.maximum(v, 0), np.array(x)), [[slope]])


def test_at_a_jump_nothing_is_known() -> None:
    with precision(BITS):
        assert not numbers(jacobian(lambda x: np.where(x > 0, 1 + x, x), np.array(0.0)))[0, 0]
        assert not numbers(jacobian(np.floor, np.array(2.0)))[0, 0]
        assert same(jacobian(np.floor, np.array(2.5)), [[0]])


def test_where_the_function_is_not_defined_neither_is_its_derivative() -> None:
    cases: tuple[tuple[Callable[[Array], Array], float, float], ...] = (
        (np.log, -1.0, 2.0),
        (np.log1p, -3.0, 2.0),
        (np.arctanh, 2.0, 0.5),
        (np.arccosh, -2.0, 2.0),
        (np.sqrt, -1.0, 2.0),
        (lambda x: 1 / x, 0.0, 2.0),
    )
    for function, outside, inside in cases:
        with precision(BITS):
            assert not numbers(jacobian(function, np.array(outside)))[0, 0]
            assert numbers(jacobian(function, np.array(inside)))[0, 0]
            assert not numbers(hessian(function, np.array(outside)))[0, 0]
            assert numbers(hessian(function, np.array(inside)))[0, 0]
            program = program_of(function, np.array(0.0))
            both = certified.jacobians_at(program, [(np.array(outside),), (np.array(inside),)], 0)
            assert [bool(numbers(found)[0, 0]) for found in both] == [False, True]


def test_an_undefined_entry_leaves_the_others_as_they_are() -> None:
    with precision(BITS):
        found = jacobian(np.log, np.array([-1.0, 2.0]))
        assert numbers(found).tolist() == [[False, False], [True, True]]
        assert same(found[1], [0, arb("0.5")])


def test_integers_are_indices_and_have_no_jacobian_of_their_own() -> None:
    def picked(x: Array, i: Array) -> Array:
        return jnp.sin(x)[i]

    with precision(BITS):
        for i in range(3):
            found = jacobian(picked, X, np.array(i))
            assert same(found, [[arb(X[i]).cos() if j == i else 0 for j in range(3)]])
        (counted,) = certified.value(program_of(lambda i: i + 1, np.array(3)), [np.array(3)])
    assert counted.dtype == np.int64
    assert int(counted) == 4


def test_what_does_not_depend_on_the_input_has_an_exact_zero() -> None:
    with precision(BITS):
        found = jacobian(lambda x, y: np.exp(y), X, X)
    assert all(ball == 0 for ball in found.ravel())
    assert jacobian(lambda x: x[:0], X).shape == (0, 3)


def test_several_points_at_once_are_the_same_points_one_by_one() -> None:
    def function(x: Array, a: Array) -> Array:
        return np.tanh(a * x) * np.sum(x)

    points = [(X, np.array(0.5)), (-2 * X, np.array(3.0)), (np.zeros(3), np.array(-1.0))]
    program = program_of(function, *points[0])
    with precision(BITS):
        together = certified.jacobians_at(program, points, 0)
        for found, point in zip(together, points, strict=True):
            alone = certified.jacobian(program, list(point), 0)
            assert all(a.overlaps(b) for a, b in zip(found.ravel(), alone.ravel(), strict=True))
        values = certified.values_at(program, points)
        for (found,), point in zip(values, points, strict=True):
            (alone,) = certified.value(program, list(point))
            assert all(a.overlaps(b) for a, b in zip(found.ravel(), alone.ravel(), strict=True))


def test_visits_count_the_sides_of_comparisons() -> None:
    visits: dict[int, Any] = {}
    program = program_of(lambda x: np.where(x > 0, x, 0 * x), X)
    certified.value(program, [np.array([1.0, -2.0, 0.0])], visits)
    (seen,) = visits.values()
    assert (seen.true, seen.false, seen.tied) == (1, 1, 1)


def test_what_has_no_rule_is_named() -> None:
    with pytest.raises(NoRuleError, match="svd"):
        jacobian(lambda x: jnp.linalg.svd(jnp.outer(x, x)[None])[1], X)
    with pytest.raises(CannotDecideError, match="eigenvalues are not told apart"):
        jacobian(lambda x: jnp.linalg.svd(jnp.outer(x, x))[1], X)
    with pytest.raises(CannotDecideError, match="the place of the largest entry is left open"):
        jacobian(lambda x: x[jnp.argmax(x)], np.ones(3))
    transform = program_of(lambda x: jnp.linalg.svd(jnp.outer(x, x))[1], X)
    with pytest.raises(NoBatchingRuleError, match="svd"):
        certified.values_at(transform, [(X,), (2 * X,)])
