"""Large arrays are let go of, and written over, as soon as nothing reads them: with the same numbers as without."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.plan import last_uses, plan_of
from gradcheck.oracles.autodiff import vjp_program
from gradcheck.program.program import Program, is_inexact
from tests.numbers.catalogue import CATALOGUE
from tests.numbers.comparator import traced

N = 200


def programs(name: str) -> Iterator[tuple[Program, list[Any]]]:
    """A function of the catalogue and, where there is one, its VJP, with inputs."""
    entry = CATALOGUE[name]
    program = traced(entry.function, *entry.args)
    yield program, [np.asarray(value) for value in entry.args]
    if entry.leaf is not None and all(is_inexact(leaf.dtype) for leaf in program.outputs):
        try:
            derived = vjp_program(program, entry.leaf)
        except Exception:  # noqa: BLE001 - JAX has no common base for "no rule in this mode"
            return
        ones = [np.ones(leaf.shape, leaf.dtype) for leaf in program.outputs]
        yield derived, [*ones, *(np.asarray(value) for value in entry.args)]


@pytest.mark.parametrize("system", [Floats(), Floats(np.float64)], ids=["own", "double"])
def test_memory_that_is_used_again_changes_no_number(system: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    used = 0
    for name in CATALOGUE:
        for program, inputs in programs(name):
            expected = run(program, inputs, system)
            plan = plan_of(program)
            plan.memo.clear()
            plan.__dict__.pop(f"steps in {system.dtype}", None)
            before = [np.array(value) for value in inputs]
            with monkeypatch.context() as patch:
                for place in ("floats", "plan", "structural"):
                    patch.setattr(f"gradcheck.numbers.{place}.LARGE", 1)
                found = run(program, inputs, system)
                over = last_uses(plan)
                used += 0 if over is None else sum(place is not None for place in system._spent(plan, over))
            for value, same in zip(inputs, before, strict=True):
                np.testing.assert_array_equal(value, same, err_msg=f"an input of {name}")
            for one, two in zip(expected, found, strict=True):
                np.testing.assert_allclose(
                    two, one, rtol=1e-14, atol=1e-14, err_msg=name
                )  # sums of views are ordered anew
    assert used > 50, "most of the catalogue would not show a fault"


def a_view_that_stays(x: Any) -> Any:
    y = jnp.exp(x)
    return y.T, jnp.cos(y) * y


def twice_in_one(x: Any) -> Any:
    y = jnp.exp(x)
    return y * y - y


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (jnp.exp(x), jnp.exp(x).T + 1, jnp.sin(jnp.exp(x))),
        lambda x: jnp.exp(x).reshape(-1)[:N] + (jnp.exp(x) * 2)[0],
        a_view_that_stays,
        twice_in_one,
        lambda x: x - x.T,
    ],
    ids=["an output that is read", "a slice", "a view that stays", "twice in one", "the input"],
)
def test_what_is_still_read_is_not_written_over(function: Any) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (N, N))
    kept = x.copy()
    program = traced(function, x)
    for system in (Floats(), Floats(np.float64)):
        found = run(program, [x], system)
        np.testing.assert_array_equal(x, kept)
        with jax.enable_x64(True):
            expected = function(jnp.asarray(x))
        for one, two in zip(found, expected if isinstance(expected, tuple) else (expected,), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-14, atol=1e-15)


def test_a_jacobian_of_outer_products_takes_twice_its_size() -> None:
    x = np.linspace(-1, 1, 600)
    program = traced(lambda x: jnp.diag(x) - jnp.outer(x, x), x)
    run(program, [x], Floats())
    tracemalloc.start()
    try:
        run(program, [x], Floats())
        assert tracemalloc.get_traced_memory()[1] < 2.3 * 8 * x.size**2
    finally:
        tracemalloc.stop()
