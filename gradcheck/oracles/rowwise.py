"""The certified oracle for many points at once: one pass in jets of balls over a program that treats each row alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.numbers.ball_arrays import NAN
from gradcheck.numbers.balls import IS_NUMBER, Balls, boxed, from_floats
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]


def derivatives(program: Program, points: Array, directions: Array) -> Array:
    """The enclosed derivatives of each row of the output along directions of the same row of the input.

    Args:
        program: of one input, shape (B, …), and one output, shape (B, …), whose row i depends on row i alone. That is the
            caller's promise: along one direction all rows are moved together.
        points: shape (B, …).
        directions: shape (k, …), the same for every row.

    Returns:
        An object array (B, outputs of a row, k); NaN where nothing is known, or the value is not finite.

    Raises:
        NoRuleError: a primitive has no rule in jets of balls.
        CannotDecideError: an index or a trip count depends on a comparison that is left open.
    """
    count, along = len(points), len(directions)
    system = Jets(Balls(), along)
    seeds = from_floats(np.broadcast_to(directions[:, None], (along, *points.shape)))
    (output,) = run(program, [system.seed(from_floats(points), seeds)], system)
    if not isinstance(output, Jet) or output.tangent is None:
        return np.asarray(system.base.exact(0, (count, program.outputs[0].size // count, along)))
    tangent = np.moveaxis(boxed(output.tangent).reshape(along, count, -1), 0, -1)
    known = np.asarray(IS_NUMBER(output.value), dtype=bool).reshape(count, -1)
    if not known.all():
        tangent = tangent.copy()
        tangent[~known] = NAN
    return tangent
