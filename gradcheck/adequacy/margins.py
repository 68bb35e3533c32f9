"""How close a program comes to either side of each of its comparisons, at many points at once, in floats.

The *margin* of a comparison is the difference of its operands, turned so that it is positive where the comparison is true
(for ``max`` where the first operand is larger, for ``abs`` and ``sign`` where the operand is positive). A side that no point
has taken can be sought by making the margin grow in its direction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.plan import Instruction, Plan, in_library, place_of, plan_of
from gradcheck.program.program import Program, is_inexact

Array = np.ndarray[Any, np.dtype[Any]]
Side = Literal["true", "false", "tied"]

FEWEST_ROWS = 16  # points that are run at once
_MOST_PADDED = 50_000  # numbers that points are repeated up to
_MOST_KEPT = 200_000  # margins of single entries, of one comparison
_EQUALITIES = ("eq", "ne")
_OPERANDS: Mapping[str, Callable[..., tuple[tuple[Any, Any], ...]]] = {
    **dict.fromkeys(("gt", "ge", "max", *_EQUALITIES), lambda a, b: ((a, b),)),
    **dict.fromkeys(("lt", "le", "min"), lambda a, b: ((b, a),)),
    **dict.fromkeys(("abs", "sign"), lambda x: ((x, 0.0),)),
    "clamp": lambda low, x, high: ((x, low), (high, x)),
}


@dataclass(frozen=True)
class Comparison:
    """One comparison of a program: the primitive, and the user's line behind it (``known`` says whether that is known).

    Where one operand is compared with a constant, ``operand`` tells it from others, ``threshold`` is the constant, and the
    margin is their difference times ``direction``.
    """

    name: str
    place: str
    known: bool = True
    operand: Hashable = None
    threshold: float | None = None
    direction: int = 1

    @property
    def equality(self) -> bool:
        """Whether it asks for ties."""
        return self.name in _EQUALITIES

    @property
    def sides(self) -> tuple[Side, Side]:
        """The sides that should be visited; an equality is true at ties alone."""
        return ("tied", "true") if self.equality else ("true", "false")

    def never(self, side: Side) -> str:
        """What is said of a side that was never taken."""
        asked = "never false" if side == "false" or (self.name, side) == ("ne", "tied") else "never true"
        if (self.name, side) == ("eq", "true"):
            asked = "never false"
        return f"{asked}: {self.name} at {self.place}"


@dataclass(frozen=True, eq=False)
class Margins:
    """The largest and smallest margin, and whether any is exactly 0, over the entries of a comparison: an array a point.

    ``rows`` are the margins of all entries, a row a point; None where there are too many, or not as many at all points.
    """

    high: Array
    low: Array
    tied: Array
    rows: Array | None = None

    def first(self, size: int) -> Margins:
        """Those of the first points."""
        rows = None if self.rows is None else self.rows[:size]
        return Margins(self.high[:size], self.low[:size], self.tied[:size], rows)

    def towards(self, side: Side, equality: bool = False) -> Array:
        """How far each point is on the given side; taken where positive. For ties: minus the distance, taken at 0."""
        if side == "tied":
            nearest = np.minimum(np.abs(self.high), np.abs(self.low))
            return np.where(self.tied, 0.0, -np.where((self.high > 0) & (self.low < 0), 0.5 * nearest, nearest))
        if equality:
            return np.maximum(self.high, -self.low)
        return self.high if side == "true" else -self.low

    def taken(self, side: Side, equality: bool = False) -> Array:
        """At which points some entry takes the side."""
        return self.tied if side == "tied" else self.towards(side, equality) > 0


def comparisons(program: Program) -> dict[Hashable, Comparison]:
    """Every comparison of floats that depends on an input, those in the bodies of loops and branches as well.

    Keys are the instruction's position, or the instruction's identity within a body, with the number of the margin.
    """
    plan = plan_of(program)
    known: dict[Hashable, Comparison] | None = plan.memo.get("comparisons")
    if known is None:
        known = plan.memo["comparisons"] = {}
        complex_ = _complex_slots(program)
        for key, instruction, body in _instructions(plan):
            if _has_sides(instruction, body.constants) and (body is not plan or complex_.isdisjoint(instruction.ins)):
                place = place_of(instruction)
                told = place or f"instruction {key if isinstance(key, int) else 'in a loop'}"
                for part, operands in enumerate(_OPERANDS[instruction.name](*instruction.ins)):
                    known[key, part] = Comparison(instruction.name, told, bool(place), *_threshold(operands, body))
    return known


def _complex_slots(program: Program) -> set[int]:
    """What holds complex numbers, which have no sides."""
    plan = plan_of(program)
    found = {slot for slot, value in plan.constants.items() if value.dtype.kind == "c"}
    found.update(slot for slot, leaf in zip(plan.inputs, program.inputs, strict=True) if leaf.dtype.kind == "c")
    for instruction in plan.instructions:
        found.update(s for s, dtype in zip(instruction.outs, instruction.dtypes, strict=True) if dtype.kind == "c")
    return found


def _threshold(operands: tuple[Any, Any], plan: Plan) -> tuple[Hashable, float | None, int]:
    """The operand that varies, the constant that it is compared with, and the sign of their difference in the margin."""
    for slot, other, direction in ((operands[0], operands[1], 1), (operands[1], operands[0], -1)):
        constant = plan.constants.get(other) if isinstance(other, int) else np.asarray(other)
        if (
            constant is not None
            and constant.size
            and constant.dtype.kind in "fiu"
            and np.all(constant == constant.ravel()[0])
        ):
            return (id(plan), slot), float(constant.ravel()[0]), direction
    return None, None, 1


def _has_sides(instruction: Instruction, constants: Mapping[int, Array]) -> bool:
    """Whether both sides of a comparison are of interest.

    ``x != x`` and ``x == inf`` ask for no number, and the pivots of linear algebra are no branches of the function.
    """
    if instruction.name not in _OPERANDS or not instruction.varies or instruction.whole:
        return False
    if len(instruction.ins) == 2 and instruction.ins[0] == instruction.ins[1]:
        return False
    if in_library(instruction):
        return False
    fixed = [constants[slot] for slot in instruction.ins if slot in constants]
    return all(np.any(np.isfinite(value)) for value in fixed if value.dtype.kind == "f")


def _instructions(plan: Plan, top: bool = True) -> Iterator[tuple[Hashable, Instruction, Plan]]:
    for position, instruction in enumerate(plan.instructions):
        yield (position if top else ("body", id(instruction))), instruction, plan
        for value in instruction.params.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Plan):
                    yield from _instructions(part, top=False)


class Watching(Floats):
    """Floats that note the margins of all comparisons, for `size` points along the first axis (None: a single point)."""

    def __init__(self, plan: Plan, size: int | None) -> None:
        super().__init__()
        self.margins: dict[Hashable, Margins] = {}
        self._plan = plan
        self._size = size

    def step(self, instruction: Instruction, values: Sequence[Array], position: int) -> Any:
        """One instruction; its margins are noted if it compares."""
        if instruction.name in _OPERANDS and instruction.varies:
            self._note(instruction, values, position)
        return super().step(instruction, values, position)

    def _note(self, instruction: Instruction, values: Sequence[Array], position: int) -> None:
        batched = self._size is not None and position >= 0
        if batched and instruction.shapes == self._plan.instructions[position].shapes:
            return  # the same at all points
        if not all(is_inexact(value.dtype) and value.dtype.kind != "c" for value in values):
            return
        key: Hashable = position if position >= 0 else ("body", id(instruction))
        for part, (a, b) in enumerate(_OPERANDS[instruction.name](*values)):
            found = _margins(np.subtract(a, b, dtype=np.float64), self._size)
            known = self.margins.get((key, part))
            self.margins[key, part] = found if known is None else _joined(known, found)


def _margins(difference: Array, size: int | None) -> Margins:
    rows = np.reshape(difference, (1 if size is None else size, -1))
    with np.errstate(invalid="ignore"):
        high = np.fmax.reduce(rows, axis=1, initial=-np.inf)
        low = np.fmin.reduce(rows, axis=1, initial=np.inf)
        return Margins(high, low, np.any(rows == 0, axis=1), rows if rows.size <= _MOST_KEPT else None)


def _joined(a: Margins, b: Margins) -> Margins:
    """The margins of two passes through a loop."""
    rows = None
    if a.rows is not None and b.rows is not None and a.rows.size + b.rows.size <= _MOST_KEPT:
        rows = np.concatenate([a.rows, b.rows], axis=1)
    return Margins(np.fmax(a.high, b.high), np.fmin(a.low, b.low), a.tied | b.tied, rows)


@dataclass(frozen=True, eq=False)
class Watched:
    """A program at several points: margins by comparison, and at which points all outputs are finite."""

    margins: Mapping[Hashable, Margins]
    finite: Array


def padded(inputs: Sequence[Array], size: int) -> tuple[int, list[Array]]:
    """The points of `inputs` and repetitions of the last one, so that few different numbers of points occur.

    A plan is made for each number of points, and that takes longer than to compute a few points in vain, unless they are large.
    """
    if sum(value.size for value in inputs) > _MOST_PADDED:
        return size, list(inputs)
    count = max(FEWEST_ROWS, 1 << (size - 1).bit_length())
    return count, [np.concatenate([value, np.repeat(value[-1:], count - size, axis=0)]) for value in inputs]


def watch(program: Program, inputs: Sequence[Array], size: int) -> Watched:
    """Run a program at `size` points, along the first axis of every input, in one pass or one by one.

    Raises:
        Exception: whatever JAX raises for a primitive that NumPy does not compute and JAX cannot evaluate eagerly.
    """
    plan = plan_of(program)
    try:
        count, rows = padded(inputs, size)
        system = Watching(plan, count)
        results = run_batched(program, rows, [True] * len(rows), count, system)
        margins_ = {key: found.first(size) for key, found in system.margins.items()}
        return Watched(margins_, _finite(results, count)[:size])
    except NoBatchingRuleError:
        pass
    margins: dict[Hashable, list[Margins | None]] = {}
    finite = np.zeros(size, dtype=bool)
    for i in range(size):
        system = Watching(plan, None)
        finite[i] = _finite(run(program, [value[i] for value in inputs], system), 1)[0]
        for key, found in system.margins.items():
            margins.setdefault(key, [None] * size)[i] = found
    return Watched({key: _stacked(rows) for key, rows in margins.items()}, finite)


def _stacked(rows: Sequence[Margins | None]) -> Margins:
    """One row a point; points that did not come past the comparison are on neither side."""
    nowhere = Margins(np.array([-np.inf]), np.array([np.inf]), np.array([False]))
    parts = [row or nowhere for row in rows]
    high, low, tied = (np.concatenate([getattr(part, name) for part in parts]) for name in ("high", "low", "tied"))
    widths = {row.rows.shape[1] if row.rows is not None else -1 for row in rows if row is not None}
    if len(widths) != 1 or -1 in widths:
        return Margins(high, low, tied)
    missing = np.full((1, *widths), np.nan)
    return Margins(high, low, tied, np.concatenate([missing if part.rows is None else part.rows for part in parts]))


def _finite(results: Sequence[Array], size: int) -> Array:
    parts = [np.isfinite(np.reshape(np.asarray(result), (size, -1))).all(axis=1) for result in results]
    return np.logical_and.reduce(parts) if parts else np.ones(size, dtype=bool)
