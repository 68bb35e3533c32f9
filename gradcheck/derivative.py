"""The derivative itself, with an error bar: for who has no claim to check and wants the number.

    import gradcheck as gc

    gc.differentiate(np.sin, 1.0)

What can be traced is enclosed in balls, which is a proof; of a black box the ladder of finite differences tells the value
and the bar.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck import expressions
from gradcheck.functions.options import UsageError
from gradcheck.numbers.ball_arrays import midpoints, precision
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.oracles import certified as balls
from gradcheck.oracles import finite_differences, rowwise
from gradcheck.program.program import BlackBox, Program

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

ORACLES = ("certified", "finite differences")
# Bits are doubled up to here; one may begin with more.
DOUBLED, MOST_BITS = 1024, 2**16
# By less than this share of the largest derivative, a bar may be wide because of rounded constants.
SMALLEST_BEND = 1e-10
# Points that are enclosed in one pass: the balls of each intermediate result then take a few megabytes.
TOGETHER = 2**12


@dataclass(frozen=True, eq=False)
class Derivative:
    """What `differentiate` returns; arrays of shape ``result.shape + x.shape``, or numbers where that is ().

    With a direction the shape is ``result.shape``; the axis of a batch, if there is one, leads.

    Attributes:
        value: the derivative, in float64; NaN where the function has no value at the point or nothing can be said.
        error: a bar: the derivative lies in value ± error. Infinite where nothing can be said. Where it is certified this
            is proven, and covers the rounding of ``value`` to a double; otherwise it is an estimate.
        certified: whether value ± error was enclosed in balls.
        kink: whether the function bends at the point. There is no derivative then, and the bar covers the one-sided ones.
        evaluations: points at which the function was evaluated in floats; a batch counts each of its rows.
        reason: why something is not certified; empty where everything is.
    """

    value: Any
    error: Any
    certified: Any
    kink: Any
    evaluations: int
    reason: str

    def __str__(self) -> str:
        """The number with its bar; of several, the widest bar."""
        if np.ndim(self.value) == 0:
            how = "certified" if self.certified else "finite differences"
            return f"{self.value} ± {self.error:.0e} ({how}{', a kink' if self.kink else ''})"
        widest = f"{np.max(self.error):.0e}" if np.size(self.error) else "0"
        kinks = f", {np.count_nonzero(self.kink)} at kinks" if np.any(self.kink) else ""
        return (
            f"{np.size(self.value)} derivatives of shape {np.shape(self.value)}, bars up to {widest}, "
            f"{np.count_nonzero(self.certified)} certified{kinks}"
        )


@expressions.traces_kept()
def differentiate(
    f: Function, x: Any, *, direction: Any = None, batched: bool = False, oracle: str | None = None, bits: int = 128
) -> Derivative:
    """The derivative of `f` at `x`, with an error bar and no step to choose.

    A function that can be traced (NumPy or JAX code) is enclosed in balls, with more precision where a bar needs it: the
    value is then right to the last bit or the bar says otherwise, proven. Any other is a black box, whose derivative is
    estimated from 30 evaluations an entry of `x` and one more; so are the points at which balls can say nothing.

    Args:
        f: a function of one number or array of real numbers that returns one; close over further arguments.
        x: the point, as float64.
        direction: differentiate along this direction, shaped like a point, instead of along every entry.
        batched: `x` holds one point a row, and `f` takes any number of rows and returns as many results, each from its
            own row. All points are then evaluated in one call.
        oracle: ``"certified"`` or ``"finite differences"`` asks this one alone; by default the second answers where the
            first cannot.
        bits: the precision at which balls begin; it is doubled up to 1024 where that narrows a bar.

    Returns:
        Value, bar, whether it is certified, and where the function has a kink.

    Raises:
        UsageError: an argument cannot be meant, or a batched `f` does not treat every row alike.
        EvaluationError: `f` raises at `x`, or does not return one array of real numbers.
    """
    point, along = _checked(f, x, direction, batched, oracle, bits)
    points = point if batched else point[None]
    asked = _Asked(f, batched, points, along)
    shape = asked.result_shape()
    outputs = math.prod(shape)
    size = (len(points), outputs, len(along))
    value, error = np.full(size, np.nan), np.full(size, np.inf)
    certified, kink = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    reason, evaluations = "", 0
    if oracle == "finite differences":
        reason = "finite differences were asked for"
    elif not points.size or not outputs:
        certified[...] = True
    else:
        reason = _enclose(asked, bits, value, error, certified, kink)
    missing = ~certified if oracle != "certified" else np.zeros_like(certified)
    rows = np.flatnonzero((missing | kink).any(axis=(1, 2)))
    if rows.size:
        estimate = asked.estimate(rows)
        found, bar, bends = (np.moveaxis(part, 1, 2) for part in (estimate.value, estimate.error, estimate.kink))
        value[rows] = np.where(missing[rows], np.where(np.isfinite(bar), found, np.nan), value[rows])
        error[rows] = np.where(missing[rows], bar, error[rows])
        kink[rows] = bends & (missing | kink)[rows]
        evaluations = estimate.evaluations
    whole = (*point.shape[:1],) if batched else ()
    whole += shape if direction is not None else (*shape, *points.shape[1:])
    value, error, proven, bent = (array.reshape(whole)[()] for array in (value, error, certified, kink))
    return Derivative(value, error, proven, bent, evaluations, "" if certified.all() else reason)


def _checked(f: Any, x: Any, direction: Any, batched: Any, oracle: Any, bits: Any) -> tuple[Array, Array]:
    """The point and the directions (k, …), as float64."""
    if not callable(f):
        raise UsageError(f"f: a function is expected; got {type(f).__name__}")
    point = _numbers("x", x)
    if batched and not point.ndim:
        raise UsageError(
            "batched=True: x is expected to hold one point a row; got a single number. Give an array of points"
        )
    if oracle not in (None, *ORACLES):
        raise UsageError(f"oracle={oracle!r}: {' or '.join(map(repr, ORACLES))} is expected, or None for both")
    if isinstance(bits, bool) or not isinstance(bits, int) or not 64 <= bits <= MOST_BITS:
        raise UsageError(f"bits={bits!r}: a whole number from 64 to {MOST_BITS} is expected")
    shape = point.shape[1:] if batched else point.shape
    if direction is None:
        size = math.prod(shape)
        return point, np.eye(size).reshape(size, *shape)
    along = _numbers("direction", direction)
    if along.shape != shape:
        raise UsageError(
            f"direction: the shape of a point, {shape}, is expected; got {along.shape}. "
            "Give one number for each entry of a point"
        )
    return point, along[None]


def _numbers(name: str, given: Any) -> Array:
    """What was given as float64."""
    try:
        array = np.asarray(given)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" and not (array.dtype.kind == "V" and array.dtype.fields is None):
        raise UsageError(
            f"{name}: a real number or an array of real numbers is expected; got {type(given).__name__} of "
            f"dtype {array.dtype}. Flatten trees, and give real and imaginary parts as two entries"
        )
    return array.astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The function and where it is differentiated: points (B, …) and directions (k, …)."""

    function: Function
    batched: bool
    points: Array
    along: Array

    def value(self, rows: Array) -> expressions.Value:
        """The function at one point, or over a batch of rows."""
        return expressions.Value("f", self.function, ("x",), {"x": rows if self.batched else rows[0]})

    def floats(self, rows: Array) -> Array:
        """The results at these rows, one a row, in floats."""
        value = self.value(rows)
        found = value.floats(value.example)
        return np.asarray(found if self.batched else found[None], dtype=np.float64)

    def result_shape(self) -> tuple[int, ...]:
        """The shape of the result at one point; and a batch is one.

        Raises:
            UsageError: a batched function does not return one result a row, each from its own row.
            EvaluationError: the function raises.
        """
        results = self.floats(self.points)
        if not self.batched or not len(self.points):
            return tuple(results.shape[1:])
        if results.shape[:1] != self.points.shape[:1]:
            raise UsageError(
                f"batched=True: f is expected to return one result a row, {len(self.points)} of them; "
                f"got shape {results.shape}. Write it for a batch, or leave batched= out and give one point"
            )
        for row in {0, len(self.points) - 1}:
            alone = self.floats(self.points[row : row + 1])
            if alone.shape[1:] != results.shape[1:] or not np.allclose(
                alone[0], results[row], rtol=1e-6, atol=0.0, equal_nan=True
            ):
                raise UsageError(
                    f"batched=True: f is expected to treat each row alone; row {row} by itself gives {alone[0]}, in the "
                    f"batch {results[row]}. Leave batched= out and give one point"
                )
        return tuple(results.shape[1:])

    def traced(self, rows: Array) -> Program | BlackBox:
        """The trace for as many rows."""
        return self.value(rows).program

    def estimate(self, which: Array) -> finite_differences.Estimate:
        """Finite differences at some of the points."""
        points = self.points[which].reshape(len(which), -1)
        return finite_differences.differentiate(self._rows(), points, self.along.reshape(len(self.along), -1))

    def _rows(self) -> Callable[[Array], Array]:
        shape = self.points.shape[1:]

        def together(rows: Array) -> Array:
            return self.floats(rows.reshape(len(rows), *shape)).reshape(len(rows), -1)

        if self.batched:
            return together
        value = self.value(self.points)
        return expressions.Derivative(value, "x", "jacobian").rows(value.example)


def _enclose(asked: _Asked, bits: int, value: Array, error: Array, certified: Array, kink: Array) -> str:
    """Fill in what balls can say, at more and more bits while that narrows a bar; the reason if something is left open.

    A bar that stays as wide as it was is due to a kink, or to constants that are not known to more digits; where it may be
    a kink, ``kink`` is set.
    """
    reason = ""
    for start in range(0, len(asked.points), TOGETHER):
        left = np.arange(start, min(start + TOGETHER, len(asked.points)))
        at = bits
        while left.size and at <= max(bits, DOUBLED):
            try:
                with precision(at):
                    found, bar = _as_floats(_balls(asked, asked.points[left]))
            except (NoRuleError, CannotDecideError) as abstains:
                reason = f"balls abstain: {abstains}"
                break
            known = np.isfinite(bar) & np.isfinite(found)
            wide = ~(bar <= 2.0**-52 * np.abs(found))
            stays = known & wide & (bar > 0.5 * error[left])
            value[left], error[left] = np.where(known, found, np.nan), np.where(known, bar, np.inf)
            certified[left], kink[left] = (
                known,
                stays & (bar > SMALLEST_BEND * np.max(np.abs(found), axis=(1, 2), keepdims=True)),
            )
            left = left[np.any(wide & ~stays, axis=(1, 2))]
            at *= 2
        if left.size and not certified[left].all():
            reason = reason or "balls enclose no finite derivative there"
    return reason


def _balls(asked: _Asked, points: Array) -> Array:
    """Enclosures (B, outputs, k) of the derivatives at some points.

    Raises:
        NoRuleError: the function is a black box, or uses a primitive without a rule.
        CannotDecideError: an index depends on a comparison that is left open.
    """
    program = asked.traced(points)
    if isinstance(program, BlackBox):
        raise NoRuleError(f"f could not be traced ({program.reason})")
    if asked.batched:
        return rowwise.derivatives(program, points, asked.along)
    return balls.directional(program, [points[0]], 0, asked.along)[None]


def _as_floats(enclosed: Array) -> tuple[Array, Array]:
    """The nearest doubles of the centres, and how far the balls reach from them, rounded upwards."""
    found = midpoints(enclosed)
    reach = np.asarray(_REACH(enclosed, found), dtype=np.float64)
    return found, reach * (1 + 2.0**-52)


def _reach(ball: Any, centre: float) -> float:
    """How far a ball reaches from a number; NaN where it encloses everything."""
    return float((ball - centre).abs_upper())


_REACH = np.frompyfunc(_reach, 2, 1)
