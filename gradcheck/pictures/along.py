"""A scene along one entry of the differentiated input: both sides at many values of it in one pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.domains import Near, Reals
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.numbers.ball_arrays import IS_NUMBER, NAN, RADIUS, boxed, filled, from_floats, midpoints, precision
from gradcheck.numbers.balls import Balls
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.numbers.plan import Plan, plan_of
from gradcheck.numbers.rounded import Rounded, nearest
from gradcheck.numbers.system import CannotDecideError, NoRuleError, Unsure
from gradcheck.pictures.scene import NothingToDrawError, Scene, held, name_of
from gradcheck.program.program import BlackBox, Program, is_inexact

Array = np.ndarray[Any, np.dtype[Any]]

BITS = (192, 1280)  # 1 − 10⁻⁴⁸ and 1 − 10⁻³²⁴ differ: what is left of 1 − tanh² is known in float32, and in float64
_KNOWN = 1e-12  # an enclosure this narrow, relative to its centre, is a number
_MOST_WORK = 500_000  # operations on balls at all points together: a second or two
_NOTHING = 2.0**-10  # and so is one that lies within this part of the smallest normal number


@dataclass(frozen=True, eq=False)
class Along:
    """One entry of the scene's compared array while one entry of the differentiated input varies."""

    scene: Scene

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """That of the differentiated input."""
        return self.scene.truth.shapes[1]

    @cached_property
    def wrt(self) -> str:
        """The name of the differentiated input."""
        return self.scene.truth.wrt

    @cached_property
    def place(self) -> int:
        """The flat place of the entry that varies: the one that the derivative's entry belongs to."""
        entry, kind, shape = self.scene.entry, self.scene.truth.kind, self.shape
        if not shape or not math.prod(shape):
            return 0
        if kind == "derivative":
            return entry[1]
        if kind in ("gradient", "vjp"):
            return int(np.ravel_multi_index(entry, shape))
        if kind == "jvp":
            output = self.scene.truth.shapes[0]
            return int(np.ravel_multi_index(entry, output)) if output == shape else 0
        parts = entry[: len(shape)] if self.scene.truth.layout == "denominator" else entry[len(entry) - len(shape) :]
        return int(np.ravel_multi_index(parts, shape))

    @cached_property
    def scale(self) -> float:
        """The largest true entry at the scene's point, where there are several; 0 for one alone."""
        truth = self.scene.truth
        if self.scene.sides.elementwise or math.prod(truth.shape(self.scene.point)) == 1:
            return 0.0
        sizes = np.abs(settled(np.array([self.here]), self.every))
        return float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))

    def afford(self, points: int) -> None:
        """Refuse what would take seconds: many points of a function with large arrays or long loops.

        Raises:
            NothingToDrawError: either side is such a function.
        """
        sides = (self.scene.truth.primal.program, self.scene.claimed.program)
        most = max((_work(plan_of(program)) for program in sides if isinstance(program, Program)), default=0.0)
        if most == math.inf:
            raise NothingToDrawError("it loops until a condition holds, and nobody knows how long elsewhere")
        if most * points > _MOST_WORK:
            told = f"{most:.0f} operations at each of {points} points"
            raise NothingToDrawError(f"it would take {told}, more than the {_MOST_WORK} that are spent on a picture")

    @property
    def axis(self) -> str:
        """What varies, by name."""
        return name_of(self.wrt, self.shape, self.place)

    @property
    def held(self) -> str:
        """What does not vary."""
        return held(self.scene.point, self.wrt, self.place)

    @property
    def here(self) -> float:
        """Where the scene's point is."""
        return float(np.asarray(self.scene.point[self.wrt]).flat[self.place])

    @cached_property
    def directions(self) -> tuple[Array, Array]:
        """Flat direction in the input and flat weights of the outputs: the entry is their slope."""
        truth, entry, point = self.scene.truth, self.scene.entry, self.scene.point
        output = truth.shapes[0]
        size, outputs = math.prod(self.shape), math.prod(output)
        direction, weights = np.zeros(size), np.zeros(outputs)
        direction[self.place] = 1.0
        if truth.kind == "vjp":
            weights = np.ravel(point["cotangent"]).astype(np.float64)
        elif truth.kind == "gradient":
            weights[0] = 1.0
        elif truth.kind == "derivative":
            weights[entry[0]] = 1.0
        elif truth.kind == "jvp":
            direction = np.ravel(point["tangent"]).astype(np.float64)
            weights[int(np.ravel_multi_index(entry, output)) if output else 0] = 1.0
        else:
            parts = entry[len(self.shape) :] if truth.layout == "denominator" else entry[: len(output)]
            weights[int(np.ravel_multi_index(parts, output)) if output else 0] = 1.0
        return direction, weights

    def rounded(self, dtype: str) -> Point:
        """The scene's point, every number rounded to the dtype."""
        return {
            name: nearest(value, dtype).astype(value.dtype) if is_inexact(value.dtype) else value
            for name, value in self.scene.point.items()
        }

    def point_at(self, x: float) -> dict[str, Array]:
        """The scene's point with the entry moved."""
        moved = np.array(self.scene.point[self.wrt])
        moved.reshape(-1)[self.place] = x
        return {**self.scene.point, self.wrt: moved}

    def admitted(self, xs: Array) -> Array:
        """Where the domain and the assumptions in force admit the point."""
        case = self.scene.sides.case
        space = case.spaces[self.wrt]
        inside = np.isfinite(xs)
        if isinstance(space, Reals | Near):
            inside &= (xs > space.low) & (xs < space.high)
        if case.predicates:
            inside &= np.array([case.admits(self.point_at(float(x))) for x in xs], dtype=bool)
        return inside

    def inputs(self, value: Value, xs: Array, dtype: str = "float64") -> tuple[list[Any], list[bool]]:
        """The arguments of one side's program, with the varying one stacked; and which one that is."""
        point = self.rounded(dtype)
        arguments: list[Any] = [np.asarray(point[name]) for name in value.arguments]
        index = value.arguments.index(self.wrt)
        base = arguments[index].astype(np.float64).reshape(-1)
        rows = np.broadcast_to(base, (len(xs), base.size)).copy()
        if xs.dtype == object:
            rows = boxed(from_floats(rows))
        rows[:, self.place] = xs
        arguments[index] = rows.reshape(len(xs), *self.shape)
        return arguments, [place == index for place in range(len(arguments))]

    def truth(
        self, xs: Array, bits: int = BITS[0], dtype: str = "float64", along: Array | None = None
    ) -> tuple[Array, Array]:
        """Values (points × outputs) of the primal and its slopes (directions × points × outputs), as balls.

        ``xs`` may be balls as well. The directions are those of the rows of ``along``; the entry's own, if none are given.

        Raises:
            NoRuleError: the primal is a black box, or uses a primitive without a rule in jets.
        """
        primal = self.scene.truth.primal
        program, index = _traced(primal), self.scene.truth.index
        directions = self.directions[0][None] if along is None else along
        with precision(bits):
            arguments, which = self.inputs(primal, xs, dtype)
            exact = arguments[index] if xs.dtype == object else from_floats(arguments[index])
            seeds = directions.reshape(-1, 1, *self.shape)

            def slopes(rows: Array) -> tuple[Array, Array]:
                system = Jets(Balls(), len(seeds))
                spread = from_floats(np.broadcast_to(seeds, (len(seeds), len(rows), *self.shape)))
                moving = [*arguments[:index], system.seed(rows, spread), *arguments[index + 1 :]]
                (output,) = run_batched(program, moving, which, len(rows), system)
                return _parts(output, len(seeds), len(rows))

            def slope(row: Array) -> tuple[Array, Array]:
                system = Jets(Balls(), len(seeds))
                moving = [*arguments[:index], system.seed(row, from_floats(seeds[:, 0])), *arguments[index + 1 :]]
                (output,) = run(program, moving, system)
                return _parts(output, len(seeds), 1)

            values, tangents = _over(exact, slopes, slope)
            tangents = np.moveaxis(tangents, 1, 0)
            tangents[:, ~np.asarray(IS_NUMBER(values), dtype=bool)] = NAN  # no finite value, no derivative
            return values, tangents

    def slope(self, xs: Array, bits: int = BITS[0], dtype: str = "float64") -> Array:
        """The true entry in balls; raises as `truth` does."""
        (tangent,) = self.truth(xs, bits, dtype)[1]
        return self.weighted(tangent, bits)

    def weighted(self, outputs: Array, bits: int = BITS[0]) -> Array:
        """The outputs (points × outputs) contracted with the weights of the entry."""
        _, weights = self.directions
        chosen = np.flatnonzero(weights)
        with precision(bits):
            return np.asarray((outputs[:, chosen] * from_floats(weights[chosen])).sum(axis=1))

    def every(self, xs: Array, bits: int = BITS[0], dtype: str = "float64") -> Array:
        """All true entries in balls, an array (points × entries) in the order of what is claimed; raises as `truth` does."""
        truth = self.scene.truth
        if self.scene.sides.elementwise or math.prod(truth.shape(self.scene.point)) == 1:
            return self.slope(xs, bits, dtype)[:, None]
        point, size = self.rounded(dtype), math.prod(self.shape)
        along = np.ravel(point["tangent"]).astype(np.float64)[None] if truth.kind == "jvp" else np.eye(size)
        tangents = np.moveaxis(self.truth(xs, bits, dtype, along)[1], 0, -1)
        if truth.kind == "jvp":
            return np.asarray(tangents[..., 0])
        with precision(bits):
            if truth.kind == "gradient":
                return np.asarray(tangents[:, 0])
            if truth.kind == "vjp":
                weights = from_floats(np.ravel(point["cotangent"]))
                return np.asarray((tangents * weights[:, None]).sum(axis=1))
        if truth.layout == "denominator":
            tangents = np.moveaxis(tangents, 1, 2)
        return tangents.reshape(len(xs), -1)

    def slopes(self, xs: Array) -> Array:
        """The true entry as floats, NaN where it is not known (a kink, a pole), infinite where no float holds it."""
        return settled(xs, self.slope)

    def claimed_balls(self, xs: Array, bits: int = BITS[0]) -> Array:
        """The claimed entry in balls.

        Raises:
            NoRuleError: the claim is a black box, or uses a primitive without a ball rule.
        """
        claimed = self.scene.claimed
        program = _traced(claimed)
        with precision(bits):
            arguments, which = self.inputs(claimed, xs)
            index = which.index(True)
            exact = arguments[index] if xs.dtype == object else from_floats(arguments[index])

            def values(rows: Array) -> tuple[Array, ...]:
                moving = [*arguments[:index], rows, *arguments[index + 1 :]]
                return (_balls(run_batched(program, moving, which, len(rows), Balls())[0]).reshape(len(rows), -1),)

            def value(row: Array) -> tuple[Array, ...]:
                moving = [*arguments[:index], row, *arguments[index + 1 :]]
                return (_balls(run(program, moving, Balls())[0]).reshape(1, -1),)

            (found,) = _over(exact, values, value)
            return self._entry(found)

    def claimed_floats(self, xs: Array) -> Array:
        """The claimed entry as the function itself computes it, for a black box; NaN where it raises."""
        found = []
        for x in xs:
            try:
                found.append(np.ravel(np.asarray(self.scene.claimed.floats(self.point_at(float(x))), dtype=np.float64)))
            except EvaluationError:
                found.append(np.full(1, np.nan))
        width = max(row.size for row in found)
        return self._entry(np.stack([row if row.size == width else np.full(width, np.nan) for row in found]))

    def claimed_numbers(self, xs: Array) -> Array:
        """The claimed entry as floats: of its enclosure, or for a black box as it computes; NaN where it has none."""
        try:
            return settled(xs, self.claimed_balls)
        except (NoRuleError, CannotDecideError):
            with np.errstate(all="ignore"):
                return self.claimed_floats(xs)

    def coded(self, xs: Array, dtype: str, whole: bool = False) -> Array:
        """What the claim gives as it is coded, in a dtype: of the entry, or with ``whole`` of all entries (points first).

        Raises:
            NoRuleError: the claim is a black box, or uses a primitive that is not rounded the same everywhere.
        """
        claimed = self.scene.claimed
        program = _traced(claimed)
        arguments, which = self.inputs(claimed, xs, dtype)
        index = which.index(True)

        def values(rows: Array) -> tuple[Array, ...]:
            moving = [*arguments[:index], rows, *arguments[index + 1 :]]
            (found,) = run_batched(program, moving, which, len(rows), Rounded(dtype))
            return (np.asarray(found, dtype=np.float64).reshape(len(rows), -1),)

        def value(row: Array) -> tuple[Array, ...]:
            (found,) = run(program, [*arguments[:index], row, *arguments[index + 1 :]], Rounded(dtype))
            return (np.asarray(found, dtype=np.float64).reshape(1, -1),)

        (found,) = _over(arguments[index], values, value)
        return found if whole else self._entry(found)

    def _entry(self, found: Array) -> Array:
        """The entry of all that is claimed at each point; off the diagonal an elementwise derivative claims zero."""
        entry = self.scene.entry
        if self.scene.sides.elementwise:
            if entry[0] != entry[1]:
                return (
                    filled(from_floats(np.zeros(()))[()], (len(found),))
                    if found.dtype == object
                    else np.zeros(len(found))
                )
            return found[:, entry[0]]
        shape = self.scene.truth.shape(self.scene.point)
        return found[:, int(np.ravel_multi_index(entry, shape)) if shape else 0]

    def primal_values(self, rows: Array) -> Array:
        """The primal (contracted with the weights) in float64 at rows of the flat differentiated input, the nearest numbers.

        Raises:
            NoRuleError: the primal is a black box, or uses a primitive that is not rounded the same everywhere.
        """
        primal, (_, weights) = self.scene.truth.primal, self.directions
        program = _traced(primal)
        arguments, which = self.inputs(primal, np.zeros(1))
        index = self.scene.truth.index

        def values(some: Array) -> tuple[Array, ...]:
            moving = [*arguments[:index], some, *arguments[index + 1 :]]
            (found,) = run_batched(program, moving, which, len(some), Rounded("float64"))
            return (np.asarray(found, dtype=np.float64).reshape(len(some), -1),)

        def value(row: Array) -> tuple[Array, ...]:
            (found,) = run(program, [*arguments[:index], row, *arguments[index + 1 :]], Rounded("float64"))
            return (np.asarray(found, dtype=np.float64).reshape(1, -1),)

        (found,) = _over(rows.reshape(-1, *self.shape), values, value)
        chosen = np.flatnonzero(weights)
        return np.asarray((found[:, chosen] * weights[chosen]).sum(axis=1))


def _work(plan: Plan) -> float:
    """How many numbers a plan computes; infinite for a loop whose end is not known."""
    total = 0.0
    for instruction in plan.instructions:
        if instruction.name == "while":
            return math.inf
        if instruction.name == "scan":
            total += instruction.params["length"] * _work(instruction.params["jaxpr"])
        elif instruction.name == "cond":
            total += max(map(_work, instruction.params["branches"]))
        else:
            total += sum(map(math.prod, instruction.shapes))
    return total


def numbers(balls: Array, smallest: int = -1022) -> tuple[Array, Array]:
    """The centres, and where the balls are so narrow that these are the numbers, in a dtype with that smallest exponent."""
    middle = np.array(midpoints(balls), dtype=np.float64)
    radius = np.asarray(RADIUS(balls), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        finite = np.asarray(IS_NUMBER(balls), dtype=bool)
        narrow = (radius <= _KNOWN * np.abs(middle)) | (radius + np.abs(middle) <= _NOTHING * 2.0**smallest)
    return middle, finite & narrow


def settled(xs: Array, enclosed: Callable[[Array, int], Array], smallest: int = -1022) -> Array:
    """What is enclosed at each number, as floats: at a higher precision where it takes one, NaN where that does not help."""
    result, known = numbers(enclosed(xs, BITS[0]), smallest)
    open_ = np.flatnonzero(~np.all(known.reshape(len(xs), -1), axis=1))
    if len(open_):
        again, sure = numbers(enclosed(xs[open_], BITS[1]), smallest)
        result[open_] = np.where(sure, again, np.nan)
    return result


def _over(
    rows: Array,
    together: Callable[[Array], tuple[Array, ...]],
    alone: Callable[[Array], tuple[Array, ...]],
) -> tuple[Array, ...]:
    """All rows in one pass, or one by one where a primitive cannot be batched or one of them cannot be decided."""
    try:
        return together(rows)
    except (NoBatchingRuleError, CannotDecideError):
        found: list[tuple[Array, ...] | None] = []
        for i in range(len(rows)):
            try:
                found.append(alone(rows[i, ...]))
            except CannotDecideError:
                found.append(None)
        known = next((parts for parts in found if parts is not None), None)
        if known is None:
            raise NothingToDrawError("its value depends on comparisons that are left open everywhere") from None
        missing = tuple(
            filled(NAN, part.shape) if part.dtype == object else np.full(part.shape, np.nan) for part in known
        )
        return tuple(np.concatenate(parts) for parts in zip(*(part or missing for part in found), strict=True))


def _parts(output: Any, directions: int, count: int) -> tuple[Array, Array]:
    """Values (points × outputs) and tangents (points × directions × outputs) of a jet; what does not move has zeros."""
    moving = isinstance(output, Jet)
    values = (boxed(output.value) if moving else _balls(output)).reshape(count, -1)
    if not moving or output.tangent is None:
        return values, filled(from_floats(np.zeros(()))[()], (count, directions, values.shape[1]))
    return values, np.moveaxis(boxed(output.tangent).reshape(directions, count, -1), 0, 1)


def _balls(output: Any) -> Array:
    """An output as balls; booleans are 0 and 1, open ones anything between."""
    if isinstance(output, Unsure):
        zeros = from_floats(np.zeros(output.shape))
        return np.asarray(Balls().select(output, zeros, from_floats(np.ones(output.shape))))
    return output if output.dtype == object else from_floats(output)


def _traced(value: Value) -> Program:
    program = value.program
    if isinstance(program, BlackBox):
        raise NoRuleError(f"{value.name} could not be traced ({program.reason})")
    if len(program.outputs) != 1 or any(leaf.dtype.kind == "c" for leaf in (*program.inputs, *program.outputs)):
        raise NoRuleError(f"{value.name} does not return one array of real numbers")
    return program
