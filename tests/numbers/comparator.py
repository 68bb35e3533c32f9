"""What the tests of the number systems compare with: XLA, JAX's forward mode, wide balls. Each difference is told in prose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.extend
import numpy as np

from gradcheck.numbers.balls import Balls, from_floats, precision
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.program.program import Program
from gradcheck.program.trace import trace

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

# Balls at this precision stand for exact numbers; those at the other one are judged by them.
WIDE, NARROW = 400, 90


def traced(function: Function, *args: Any) -> Program:
    """The trace of a function, which must not be a black box."""
    program = trace(function, args)
    assert isinstance(program, Program), f"{function} was not traced: {program.reason}"
    return program


def xla(program: Program, inputs: Sequence[Array]) -> list[Array]:
    """What XLA makes of the program, in float64 where the program has it."""
    with jax.enable_x64(True):
        function = jax.extend.core.jaxpr_as_fun(program.jaxpr)
        return [np.asarray(result) for result in jax.jit(function)(*inputs)]


def jacobians(program: Program, inputs: Sequence[Array], leaf: int) -> list[Array]:
    """JAX's forward-mode Jacobians of all outputs, of shape ``(*output.shape, *leaf.shape)``; zeros for whole outputs."""
    with jax.enable_x64(True):
        function = jax.extend.core.jaxpr_as_fun(program.jaxpr)
        smooth = [k for k, output in enumerate(program.outputs) if output.inexact]

        def numbers(*arrays: Any) -> list[Any]:
            results = function(*arrays)
            return [results[k] for k in smooth]

        found = dict(zip(smooth, jax.jit(jax.jacfwd(numbers, argnums=leaf))(*inputs) if smooth else [], strict=True))
        zeros = [np.zeros((*output.shape, *program.inputs[leaf].shape)) for output in program.outputs]
        return [np.asarray(found.get(k, zero)) for k, zero in enumerate(zeros)]


def enclosed(program: Program, inputs: Sequence[Array], bits: int) -> list[Any]:
    """The program's value in balls."""
    with precision(bits):
        return run(program, inputs, Balls())


def enclosed_jacobians(program: Program, inputs: Sequence[Array], leaf: int, bits: int) -> list[Array]:
    """The program's Jacobians in jets of balls, of shape ``(*output.shape, *leaf.shape)``; zeros where nothing moves."""
    shape, size = program.inputs[leaf].shape, program.inputs[leaf].size
    with precision(bits):
        system = Jets(Balls(), size)
        arguments: list[Any] = list(inputs)
        seeds = from_floats(np.eye(size).reshape(size, *shape))
        arguments[leaf] = system.seed(from_floats(inputs[leaf]), seeds)
        found = []
        for result, output in zip(run(program, arguments, system), program.outputs, strict=True):
            moves = isinstance(result, Jet) and result.tangent is not None
            rows = result.tangent if moves else system.base.exact(0, (size, *output.shape))
            found.append(np.moveaxis(rows, 0, -1).reshape(*output.shape, *shape))
        return found


def centres(values: Any) -> Array:
    """The nearest floats of balls; plain arrays as they are."""
    values = np.asarray(values)
    if values.dtype != object:
        return values
    return np.asarray(np.frompyfunc(lambda ball: float(ball.mid()), 1, 1)(values), dtype=np.float64)


def close(name: str, found: Array, expected: Array, relative: float) -> None:
    """Two float answers agree entry by entry, relative to the largest of each array of results; NaN agrees with NaN only.

    Raises:
        AssertionError: with the worst entry, both numbers, and the difference in units of `relative`.
    """
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"{name}: shape {found.shape}, and {expected.shape} is expected"
    if expected.dtype.kind in "biu":
        assert np.array_equal(found, expected), f"{name}: {found} where {expected} is expected"
        return
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(expected), 1e-3 * np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected)))
        off = np.where(same, 0.0, np.abs(found - expected) / (scale * relative))
    off = np.where(np.isnan(off), np.inf, off)
    worst = int(np.argmax(off)) if off.size else 0
    assert not off.size or off.ravel()[worst] <= 1, (
        f"{name}: entry {np.unravel_index(worst, off.shape)} is {found.ravel()[worst]!r}, and {expected.ravel()[worst]!r} "
        f"is expected: {off.ravel()[worst]:.3g} times the allowance of {relative:.1e}"
    )


def contains(name: str, narrow: Any, wide: Any) -> None:
    """Balls at a low precision overlap those of the same numbers at a high one, and are not much wider than they must be.

    Raises:
        AssertionError: with the entry and both balls.
    """
    narrow, wide = np.asarray(narrow), np.asarray(wide)
    assert narrow.shape == wide.shape, f"{name}: shape {narrow.shape}, and {wide.shape} is expected"
    if narrow.dtype != object:
        assert np.array_equal(narrow, wide), f"{name}: {narrow} where {wide} is expected"
        return
    for index in np.ndindex(narrow.shape):
        a, b = narrow[index], wide[index]
        if b.is_nan():
            continue
        assert a.overlaps(b), f"{name}: entry {index} is enclosed by {a}, which misses {b.str(40)}"
        allowed = 2.0 ** (-NARROW / 2) * max(1.0, abs(float(b.mid())))
        assert float(a.rad()) <= allowed, f"{name}: the enclosure {a} of entry {index} is useless"


def check(name: str, function: Function, args: Sequence[Any], leaf: int | None = 0, relative: float = 1e-13) -> None:
    """One function in floats, balls and jets, against XLA and against itself at a high precision.

    Raises:
        AssertionError: in prose, naming the function and what differs.
    """
    program = traced(function, *args)
    inputs = program.flatten(tuple(args))
    expected = xla(program, inputs)
    values = run(program, inputs, Floats())
    for found, output in zip(values, program.outputs, strict=True):
        assert found.dtype == output.dtype, f"{name}: floats of {found.dtype}, and {output.dtype} is expected"
    wide, narrow = enclosed(program, inputs, WIDE), enclosed(program, inputs, NARROW)
    for k, truth in enumerate(expected):
        close(f"{name} in floats", values[k], truth, relative)
        contains(f"{name} in balls", narrow[k], wide[k])
        close(f"{name} in balls", centres(wide[k]), truth, relative)
    if leaf is None:
        return
    slopes = jacobians(program, inputs, leaf)
    wide_slopes = enclosed_jacobians(program, inputs, leaf, WIDE)
    narrow_slopes = enclosed_jacobians(program, inputs, leaf, NARROW)
    for k, truth in enumerate(slopes):
        contains(f"derivative of {name}", narrow_slopes[k], wide_slopes[k])
        close(f"derivative of {name}", centres(wide_slopes[k]), truth, max(relative, 1e-12))
