"""|claimed − true| of every entry at the point of a scene."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.compare import compare_floats
from gradcheck.expressions import Derivative
from gradcheck.judge import settle
from gradcheck.judging.hearing import differences_of
from gradcheck.judging.outcome import Comparable
from gradcheck.numbers.ball_arrays import midpoints, precision
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.picture import Heat
from gradcheck.pictures.scene import NothingToDrawError, Scene, case_of, few, held, point_of, reading_of
from gradcheck.structure import structure_sides
from gradcheck.verdict import Counterexample, Verdict

Array = np.ndarray[Any, np.dtype[Any]]

MOST = 40  # rows, and columns, of a picture


def heat(scene: Scene) -> Heat:
    """The picture of all entries, from the verdict where it has them all.

    Raises:
        NothingToDrawError: there is one entry, or more than a picture can show, all agree, or the true ones are not known.
        EvaluationError: a function of the claim raises.
    """
    shape = scene.truth.shape(scene.point)
    if scene.sides.elementwise:
        shape = (math.prod(shape), math.prod(shape))
    rows, columns = _matrix(scene, shape)
    _drawable(rows, columns)
    verdict = scene.verdict
    shown = verdict.counterexample if scene.marked else None
    if shown is not None and len(shown.entries) == math.prod(shape):
        errors, wrong = _told(shown, shape)
    else:
        errors, wrong = _found(scene)
    at = held(scene.point, scene.truth.wrt, None)
    return _picture(errors.reshape(rows, columns), wrong.reshape(rows, columns), _names(scene, shape), at)


def heat_of_arrays(verdict: Verdict) -> Heat:
    """The picture of an equality of arrays, or of a Jacobian beside the structure that it is claimed to have.

    Raises:
        NothingToDrawError: the claim is neither or fails nowhere, there is one entry, or too many, or they are not known.
        EvaluationError: a function of the claim raises.
        NoRuleError, CannotDecideError: a side cannot be enclosed.
    """
    claim, shown = verdict.claim, verdict.counterexample
    jacobian = claim.kind == "structure" and claim.structure in ("diagonal", "symmetric")
    if shown is None or not (jacobian or (claim.kind == "equality" and claim.primal is not None)):
        raise NothingToDrawError("it has no array that is wrong")
    case = case_of(verdict, shown)
    sides = (
        structure_sides(claim, case) if jacobian else Comparable(case, case.claimed(reading_of(verdict)), case.truth())
    )
    point = point_of(case, shown)
    if sides.claimed.shape(point) != sides.truth.shape(point):
        raise NothingToDrawError("the shapes differ")
    comparison, claimed, true = settle(sides, point)
    with precision(256):
        errors = np.where(comparison.agrees, 0.0, np.abs(midpoints(claimed - true)))
    shape = comparison.wrong.shape
    rows, columns = (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))
    if isinstance(sides.truth, Derivative):
        rows, columns = (math.prod(part) for part in sides.truth.shapes)
    _drawable(rows, columns)
    names = ("entry of the output", f"entry of {claim.wrt}") if jacobian else ("row", "column")
    return _picture(
        np.where(comparison.finite, errors, np.nan).reshape(rows, columns),
        comparison.wrong.reshape(rows, columns),
        names if rows > 1 else ("", "entry"),
        held(point, "", None),
    )


def _drawable(rows: int, columns: int) -> None:
    if rows * columns < 2:
        raise NothingToDrawError("there is one entry alone")
    if max(rows, columns) > MOST:
        raise NothingToDrawError(f"{rows} × {columns} entries are more than the {MOST} × {MOST} that a picture shows")


def _picture(errors: Array, wrong: Array, names: tuple[str, str], at: str) -> Heat:
    if not np.any(np.isfinite(errors)):
        raise NothingToDrawError("the true entries are not known at the point")
    if not np.any(wrong) and not np.any(errors > 0):
        raise NothingToDrawError("every entry agrees")
    return Heat(
        tuple(tuple(few(error, 3) for error in row) for row in errors),
        tuple((int(row), int(column)) for row, column in np.argwhere(wrong)),
        *names,
        at=at,
    )


def _told(shown: Counterexample, shape: tuple[int, ...]) -> tuple[Array, Array]:
    errors, wrong = np.zeros(shape), np.zeros(shape, dtype=bool)
    for entry in shown.entries:
        errors[entry.index], wrong[entry.index] = entry.error, entry.wrong
    return errors, wrong


def _found(scene: Scene) -> tuple[Array, Array]:
    """Errors and wrong entries, from enclosures; without them from finite differences and the claim as it computes."""
    try:
        comparison, claimed, true = settle(scene.sides, scene.point)
        with precision(256):
            errors = np.abs(midpoints(claimed - true))
        errors = np.where(comparison.agrees, 0.0, errors)  # to thirty digits
        return np.where(comparison.finite, errors, np.nan), comparison.wrong
    except (NoRuleError, CannotDecideError):
        with np.errstate(all="ignore"):
            said = scene.sides.claimed_floats(scene.point)
            _, value, bar, _ = differences_of(scene.truth, scene.point)
            if value.shape != said.shape:
                raise NothingToDrawError("no oracle knows the true entries") from None
            comparison = compare_floats(said, value, 2 * bar)
            return np.where(comparison.finite, np.abs(said - value), np.nan), comparison.wrong


def _matrix(scene: Scene, shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the picture: outputs × inputs for a Jacobian, the array itself where it is a matrix, else a row."""
    if scene.truth.kind == "jacobian":
        output, wrt = (math.prod(part) for part in scene.truth.shapes)
        return (wrt, output) if scene.truth.layout == "denominator" else (output, wrt)
    if len(shape) < 2:
        return 1, math.prod(shape)
    return shape[0], math.prod(shape[1:])


def _names(scene: Scene, shape: tuple[int, ...]) -> tuple[str, str]:
    """What a row and a column stand for."""
    wrt = scene.truth.wrt
    if scene.sides.elementwise or scene.truth.kind == "jacobian":
        names = ("entry of the output", f"entry of {wrt}")
        return (names[1], names[0]) if scene.truth.layout == "denominator" else names
    of = "the output" if scene.truth.kind == "jvp" else wrt
    return (f"row of {of}", f"column of {of}") if len(shape) > 1 else ("", f"entry of {of}")
