"""Batched plans against one run a point, over the whole catalogue; what has no rule says so by name."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers.balls import Balls, midpoints, precision
from gradcheck.numbers.batching import NoBatchingRuleError, batched
from gradcheck.numbers.floats import Floats, factorised
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.plan import plan_of
from gradcheck.numbers.system import Visits
from tests.numbers.catalogue import CATALOGUE
from tests.numbers.comparator import traced

Array = np.ndarray[Any, np.dtype[Any]]


def shifted(value: Array, points: int) -> Array:
    """The value at several nearby points, along a new leading axis."""
    return np.stack([value * (1 + 0.01 * k) for k in range(points)])


def batchable() -> list[str]:
    """Names of the functions of the catalogue whose leaf is real and that have a batching rule for every primitive."""
    names = []
    for name, entry in CATALOGUE.items():
        if entry.leaf is None:
            continue
        program = traced(entry.function, *entry.args)
        which = [place == entry.leaf for place in range(len(program.inputs))]
        try:
            batched(plan_of(program), which, [leaf.shape for leaf in program.inputs], 3)
        except NoBatchingRuleError:
            continue
        if program.inputs[entry.leaf].dtype == np.float64:
            names.append(name)
    return names


BATCHABLE = batchable()


def test_most_of_the_catalogue_can_be_batched() -> None:
    assert len(BATCHABLE) > 200


@pytest.mark.parametrize("name", BATCHABLE)
def test_one_pass_equals_one_run_a_point(name: str) -> None:
    entry = CATALOGUE[name]
    assert entry.leaf is not None
    program = traced(entry.function, *entry.args)
    flat = program.flatten(entry.args)
    moved = shifted(flat[entry.leaf], 3)
    arguments = [moved if place == entry.leaf else value for place, value in enumerate(flat)]
    which = [place == entry.leaf for place in range(len(flat))]
    together = run_batched(program, arguments, which, 3, Floats())
    for k in range(3):
        alone = run(program, [moved[k] if place == entry.leaf else value for place, value in enumerate(flat)], Floats())
        for row, value in zip(together, alone, strict=True):
            np.testing.assert_allclose(row[k], value, rtol=1e-12, atol=1e-14)


def test_balls_are_batched_like_floats() -> None:
    program = traced(lambda w, x: np.tanh(w @ x) @ np.outer(x, x)[:2], np.ones((2, 3)), np.ones(3))
    w, x = np.arange(24.0).reshape(4, 2, 3) / 10, np.arange(12.0).reshape(4, 3) / 7
    with precision(128):
        (together,) = run_batched(program, [w, x], [True, True], 4, Balls())
        for k in range(4):
            (alone,) = run(program, [w[k], x[k]], Balls())
            np.testing.assert_array_equal(midpoints(together[k]), midpoints(alone))


def test_a_pass_counts_the_visits_of_all_its_points_at_the_places_of_the_program() -> None:
    program = traced(lambda x: np.where(x > 0, x, -x) + np.zeros(3), np.ones(3))
    points = np.array([[1.0, -1.0, 2.0], [-1.0, -2.0, 3.0]])
    single: dict[int, Visits] = {}
    for point in points:
        run(program, [point], Balls(single))
    together: dict[int, Visits] = {}
    run_batched(program, [points], [True], 2, Balls(together))
    assert together == single
    assert [(v.true, v.false) for v in together.values()] == [(3, 3)]


VARYING = {
    "one entry": lambda x, i: x[0][i[0]],
    "rows": lambda x, i: x[i] * 2,
    "pairs": lambda x, i: x[i[:2], i[1:]],
    "written": lambda x, i: x.at[i].set(7.0),
    "added": lambda x, i: x.at[i, 1].add(x[0, :3]),
    "vmapped": jax.vmap(lambda row, k: row[k]),
    "solve": lambda x, i: jnp.linalg.solve(x[:, :3] + 5 * jnp.eye(3), x[:, 3]) * i,
    "determinant": lambda x, i: jnp.linalg.det(x[:, :3] @ x[:, :3].T + jnp.eye(3)) + i,
    "cholesky": lambda x, i: jnp.linalg.cholesky(x @ x.T + jnp.eye(3)) * i,
    "transform": lambda x, i: jnp.fft.fft(x).real * i[:, None],
}


@pytest.mark.parametrize("name", VARYING)
def test_indices_and_matrices_that_differ_from_point_to_point(name: str) -> None:
    rng = np.random.default_rng(2)
    x, i = rng.normal(size=(6, 3, 4)), rng.integers(0, 3, (6, 3))
    program = traced(VARYING[name], x[0], i[0])
    together = run_batched(program, [x, i], [True, True], 6, Floats())
    alone = [run(program, [x[k], i[k]], Floats()) for k in range(6)]
    for output, parts in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_allclose(output, np.stack(parts), rtol=1e-13)
    held = run_batched(program, [x[0], i], [False, True], 6, Floats())
    for k in range(6):
        np.testing.assert_allclose(held[0][k], run(program, [x[0], i[k]], Floats())[0], rtol=1e-13)


def test_a_factorisation_chooses_the_pivots_that_the_rule_of_small_steps_chooses() -> None:
    matrices = np.random.default_rng(5).normal(size=(7, 4, 4))
    found = factorised({}, matrices)
    for one, other in zip(found, LOWERED["lu"](Floats(), {}, [matrices]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)


def test_what_has_no_rule_is_named() -> None:
    program = traced(lambda x, i: jax.lax.dynamic_slice(x, (i,), (2,)), np.ones(3), np.array(1))
    with pytest.raises(NoBatchingRuleError, match=r"^dynamic_slice"):
        run_batched(program, [np.ones((2, 3)), np.array([0, 1])], [True, True], 2, Floats())
