"""Kinks and jumps in jets: the hull of both branches at a tie, one branch elsewhere, nothing known at a jump."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers.balls import Balls, from_floats, precision
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.numbers.system import Visits
from tests.numbers.comparator import traced


def slopes(function: Any, point: Any) -> tuple[float, float]:
    """Lower and upper end of the enclosed derivative of a scalar function of one number; ±inf where nothing is known."""
    value = np.array(float(point))
    program = traced(function, value)
    with precision(96):
        system = Jets(Balls(), 1)
        (result,) = run(program, [system.seed(from_floats(value), from_floats(np.ones(1)))], system)
        assert isinstance(result, Jet)
        if result.tangent is None:
            return 0.0, 0.0
        ball = np.ravel(result.tangent)[0]
        if not ball.is_finite():
            return -np.inf, np.inf
        return float(ball.lower()), float(ball.upper())


KINKS = {
    "relu": (jax.nn.relu, 0.0, (0, 1)),
    "maximum": (lambda x: jnp.maximum(x, 0.0), 0.0, (0, 1)),
    "abs": (jnp.abs, 0.0, (-1, 1)),
    "leaky relu": (lambda x: jnp.where(x > 0, x, 0.25 * x), 0.0, (0.25, 1)),
    "a kink elsewhere": (lambda x: jnp.minimum(x, 2.0), 2.0, (0, 1)),
    "clip at its lower end": (lambda x: jnp.clip(x, -1.0, 1.0), -1.0, (0, 1)),
    "largest of two equal entries": (lambda x: jnp.max(jnp.stack([x, 3 * x - 2.0])), 1.0, (1, 3)),
    "sort of two equal entries": (lambda x: jnp.sort(jnp.stack([x, 3 * x - 2.0]))[0], 1.0, (1, 3)),
}
SMOOTH = {
    "relu right of its kink": (jax.nn.relu, 1e-300, (1, 1)),
    "relu left of its kink": (jax.nn.relu, -1e-300, (0, 0)),
    "elu where its branches meet": (lambda x: jnp.where(x > 0, x, jnp.expm1(x)), 0.0, (1, 1)),
    "floor between jumps": (jnp.floor, 2.5, (0, 0)),
    "constants that are equal": (lambda x: x * jnp.where(jnp.zeros(()) > 0.0, 5.0, 7.0), 1.0, (7, 7)),
    "stop_gradient is the identity": (jax.lax.stop_gradient, 1.5, (1, 1)),
}
JUMPS = {
    "sign": (jnp.sign, 0.0),
    "floor": (jnp.floor, 2.0),
    "ceil": (jnp.ceil, -1.0),
    "round": (jnp.round, 0.5),
}


@pytest.mark.parametrize("name", [*KINKS, *SMOOTH])
def test_the_hull_of_both_branches_at_a_kink_and_one_of_them_elsewhere(name: str) -> None:
    function, point, expected = {**KINKS, **SMOOTH}[name]
    assert slopes(function, point) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("name", JUMPS)
def test_nothing_is_known_at_a_jump(name: str) -> None:
    function, point = JUMPS[name]
    assert slopes(function, point) == (-np.inf, np.inf)
    assert slopes(function, point + 0.25) == (0, 0)


def test_a_custom_rule_plays_no_part_in_the_truth() -> None:
    @jax.custom_jvp
    def square(x: Any) -> Any:
        return x * x

    square.defjvp(lambda primals, tangents: (square(primals[0]), 7.0 * tangents[0]))
    assert slopes(square, 3.0) == (6, 6)


def test_visits_count_the_sides_of_each_comparison() -> None:
    program = traced(lambda x: np.where(x > 1, x, np.maximum(x, 0)), np.ones(4))
    visits: dict[int, Visits] = {}
    run(program, [np.array([2.0, 0.5, 1.0, -1.0])], Balls(visits))
    assert [(v.true, v.false, v.tied) for _, v in sorted(visits.items())] == [(1, 2, 1), (3, 1, 0)]
