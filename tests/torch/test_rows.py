"""Every row against torch: each case of the catalogue recorded and run again, forward and backward, and compared."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: it is the extra gradcheck[torch]")

import jax

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.program.program import Program
from gradcheck.program.trace import trace
from gradcheck.torch.adapter import Adapted, adapt
from gradcheck.torch.rows import NoRowError, _key, row_of, table
from tests.torch.operations import CASES

# torch's kernel is coarser than its formula: it divides by a float32 six, or works in the low dtype throughout.
COARSE = {"float32": 1e-5, "bfloat16": 5e-2}


@cache
def adapted(name: str) -> Adapted:
    function, args = CASES[name]
    return adapt(function, args)


@cache
def traced(name: str) -> tuple[Program, Program, list[Any]]:
    """The programs of a case and of its backward pass, and cotangents."""
    found = adapted(name)
    rng = np.random.default_rng(0)
    results = jax.tree_util.tree_leaves(found.function(*found.args))
    cotangents = [_random(rng, result) for result in results]
    forward = trace(found.function, found.args, name)
    backward = trace(found.vjp, (cotangents, *found.args), name)
    assert isinstance(forward, Program), forward.reason
    assert isinstance(backward, Program), backward.reason
    return forward, backward, cotangents


def _random(rng: np.random.Generator, like: Any) -> Any:
    numbers = rng.normal(size=like.shape)
    if like.dtype.kind == "c":
        numbers = numbers + 1j * rng.normal(size=like.shape)
    return np.asarray(numbers).astype(like.dtype)


def _compare(program: Program, args: tuple[Any, ...], wanted: Any, allowed: float) -> None:
    found = run(program, program.flatten(args), Floats())
    for ours, theirs in zip(found, jax.tree_util.tree_leaves(wanted), strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        kind = complex if theirs.dtype.kind == "c" else float
        np.testing.assert_allclose(ours.astype(kind), theirs.astype(kind), rtol=allowed, atol=allowed)


@pytest.mark.filterwarnings("ignore")  # torch warns of functions that it means to drop
@pytest.mark.parametrize("name", CASES)
def test_a_recording_computes_what_torch_computes(name: str) -> None:
    forward, backward, cotangents = traced(name)
    found, allowed = adapted(name), COARSE.get(name, 1e-9)
    _compare(forward, found.args, found.function(*found.args), allowed)
    _compare(backward, (cotangents, *found.args), found.vjp(cotangents, *found.args), allowed)


@pytest.mark.filterwarnings("ignore")
def test_every_row_is_used_by_some_case() -> None:
    used = set()
    for name in CASES:
        traced(name)
        for function in (adapted(name).function, adapted(name).vjp):
            for recording, _ in function._recordings.values():
                used.update(_key(call.name) for call in recording.calls)
    assert set(table()) - used == set()


def test_an_operation_without_a_row_is_named() -> None:
    with pytest.raises(NoRowError, match=r"torch's operation aten\.nonsense\.default has no row"):
        row_of("aten.nonsense.default")


def test_rows_of_operations_in_place_are_those_of_the_others() -> None:
    assert _key("aten.add_.Tensor") == "add"
    assert _key("aten.sort.stable") == "sort.stable"
    assert _key("aten.copy_.default") == "copy_"
