"""The certified oracle: proven enclosures of values, Jacobians and Hessians, by jets of balls.

Results are object arrays of `flint.arb`, flattened to (outputs, inputs) for Jacobians, at the precision in force. An entry
that is NaN encloses everything: nothing is known there (a jump, a border of the domain). Where the value itself is not finite
there is no derivative, though the rule of log has one for negative numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.ball_arrays import NAN, identity, numbers
from gradcheck.numbers.balls import Balls, boxed, from_floats
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.numbers.system import Unsure, Visits
from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]
Inputs = Sequence[Any]  # NumPy arrays: exact numbers


def value(program: Program, inputs: Inputs, visits: dict[int, Visits] | None = None) -> list[Array]:
    """Enclosures of the outputs, one object array each (integers and booleans as they are).

    Raises:
        NoRuleError: a primitive has no ball rule; the message names it.
        CannotDecideError: an index or a trip count depends on a comparison that is left open.
    """
    return run(program, inputs, Balls(visits))


def jacobian(program: Program, inputs: Inputs, wrt: int, visits: dict[int, Visits] | None = None) -> Array:
    """The enclosed Jacobian with respect to leaf `wrt`: an object array (outputs, inputs), both flattened.

    Raises:
        NoRuleError: a primitive has no rule in jets of balls.
        CannotDecideError: as for `value`.
    """
    leaf = program.inputs[wrt]
    n = leaf.size
    system = Jets(Balls(visits), n)
    arguments = list(inputs)
    arguments[wrt] = system.seed(from_floats(inputs[wrt]), identity(n).reshape(n, *leaf.shape))
    return _rows(program, run(program, arguments, system), system.base, n)


def _rows(program: Program, outputs: Sequence[Any], balls: Balls, count: int) -> Array:
    """What all outputs contribute, one after the other: an object array (outputs, directions)."""
    rows = [
        _tangent_rows(balls, output, leaf.size, count) for output, leaf in zip(outputs, program.outputs, strict=True)
    ]
    if len(rows) == 1:
        return rows[0]
    return np.concatenate(rows) if rows else np.asarray(balls.exact(0, (0, count)))


def directional(
    program: Program, inputs: Inputs, wrt: int, directions: Array, visits: dict[int, Visits] | None = None
) -> Array:
    """The enclosed derivatives along `directions` (rows) of leaf `wrt`: an object array (outputs, directions).

    Raises:
        NoRuleError, CannotDecideError: as for `jacobian`.
    """
    leaf, count = program.inputs[wrt], len(directions)
    system = Jets(Balls(visits), count)
    arguments = list(inputs)
    arguments[wrt] = system.seed(from_floats(inputs[wrt]), from_floats(directions.reshape(count, *leaf.shape)))
    return _rows(program, run(program, arguments, system), system.base, count)


def values_at(program: Program, points: Sequence[Inputs], visits: dict[int, Visits] | None = None) -> list[list[Array]]:
    """`value` at several points in one pass; element i of the answer is that of point i.

    Raises:
        NoBatchingRuleError: a primitive cannot be batched.
        NoRuleError, CannotDecideError: as for `value`, at one of the points.
    """
    stacked = [np.stack(parts) for parts in zip(*points, strict=True)]
    outputs = run_batched(program, stacked, [True] * len(stacked), len(points), Balls(visits))
    return [[_at(output, i) for output in outputs] for i in range(len(points))]


def _at(output: Any, i: int) -> Any:
    if isinstance(output, Unsure):
        return Unsure(np.asarray(output.certain[i]), np.asarray(output.possible[i]))
    return boxed(output[i]) if output.dtype == object else np.asarray(output[i])


def jacobians_at(
    program: Program, points: Sequence[Inputs], wrt: int, visits: dict[int, Visits] | None = None
) -> list[Array]:
    """`jacobian` at several points in one pass.

    Raises:
        NoBatchingRuleError: a primitive cannot be batched.
        NoRuleError, CannotDecideError: as for `jacobian`, at one of the points.
    """
    leaf, count = program.inputs[wrt], len(points)
    n = leaf.size
    system = Jets(Balls(visits), n)
    arguments: list[Any] = [np.stack(parts) for parts in zip(*points, strict=True)]
    seeds = np.broadcast_to(identity(n).reshape(n, 1, *leaf.shape), (n, count, *leaf.shape))
    arguments[wrt] = system.seed(from_floats(arguments[wrt]), seeds)
    outputs = run_batched(program, arguments, [True] * len(arguments), count, system)
    found = []
    for i in range(count):
        parts = []
        for output in outputs:
            moving = isinstance(output, Jet) and output.tangent is not None
            parts.append(Jet(system, boxed(output.value[i]), boxed(output.tangent[:, i])) if moving else None)
        found.append(_rows(program, parts, system.base, n))
    return found


def _tangent_rows(balls: Balls, output: Any, size: int, n: int) -> Array:
    """The rows that one output leaf contributes; what carries no tangent contributes exact zeros."""
    if not isinstance(output, Jet) or output.tangent is None:
        return np.asarray(balls.exact(0, (size, n)))
    return _defined(boxed(output.tangent).reshape(n, size).T, output.value)


def _defined(derivative: Array, value: Array) -> Array:
    """The derivative (outputs × inputs), with an enclosure of everything in the rows whose value is not finite."""
    known = numbers(value).reshape(-1)
    if not known.all():
        derivative = derivative.copy()
        derivative[~known] = NAN
    return derivative


def hessian(program: Program, inputs: Inputs, wrt: int) -> Array:
    """The enclosed Hessian of a scalar program with respect to leaf `wrt`: an object array (inputs, inputs).

    Jets over jets: the inner one carries the first derivative, the outer one that of both.

    Raises:
        NoRuleError: a primitive has no rule in jets of jets.
        CannotDecideError: as for `value`.
    """
    leaf = program.inputs[wrt]
    n = leaf.size
    inner = Jets(Balls(), n)
    outer = Jets(inner, n)
    point, units = from_floats(inputs[wrt]), identity(n).reshape(n, *leaf.shape)
    arguments = list(inputs)
    arguments[wrt] = outer.seed(inner.seed(point, units), inner.seed(units, None))
    (output,) = run(program, arguments, outer)
    if not isinstance(output, Jet) or output.tangent is None or output.tangent.tangent is None:
        return np.asarray(inner.base.exact(0, (n, n)))
    known = numbers(output.value.value).all()
    return boxed(output.tangent.tangent).reshape(n, n) if known else np.asarray(inner.base.unknown((n, n)))
