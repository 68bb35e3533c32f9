"""Every entry of a large derivative, compared in floats at the arguments, with a proof along a dense direction beside it.

Autodiff gives the true entries in blocks of rows or columns (one reverse or forward pass for a gradient, a VJP or a JVP; one
tangent a colour where the program shows that most entries are zero), and each is compared with what the claim returns. An
entry within 64 units in the last place of the true one is right; one that is not is right if rounding explains the
difference: that of autodiff, which is measured in its line, and that of the claim, whose inputs are moved by an ulp.

Autodiff is not believed alone. Along one dense direction v, finite differences and enclosures say what J v is, in every
output; what the claim says of it is a sum of its entries, whose rounding is bounded by γₙ |C| |v| whatever the order of
summation (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, SIAM 2002, section 3.1).

Only *holds* is ever said here. Where something is open (an entry that is not explained, a kink, an oracle that dissents),
the claim is judged by projections, and the entries that looked wrong are asked about.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.adequacy.reach import unvisited
from gradcheck.cases import Case
from gradcheck.checking import never_taken
from gradcheck.claim import Claim
from gradcheck.compare import float_text
from gradcheck.diagnose import Observation, diagnose
from gradcheck.expressions import Derivative, EvaluationError, Point, Value
from gradcheck.functions import very_large
from gradcheck.functions.projected import dense_numbers
from gradcheck.functions.trial import Refusals, trials
from gradcheck.judge import resolution
from gradcheck.judging.in_floats import sensitivity
from gradcheck.judging.outcome import Comparable
from gradcheck.judging.shown import visited_by
from gradcheck.numbers import xla
from gradcheck.numbers.ball_arrays import RADIUS, from_floats, midpoints, numbers, precision
from gradcheck.numbers.dependence import Pattern, coloured, pattern
from gradcheck.numbers.doubles import Double, DoubleJets, Doubles
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.jets import Jet
from gradcheck.numbers.plan import work
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.oracles import certified
from gradcheck.oracles.autodiff import RUNS
from gradcheck.oracles.lines import Lines, unlike
from gradcheck.oracles.stepping import FOUR, Slope, along_line
from gradcheck.program.program import Program, epsilon
from gradcheck.verdict import Evidence, Verdict

Array = np.ndarray[Any, np.dtype[Any]]

MOST_WORK = 2e10  # numbers that autodiff may compute for all entries; more are projected
MOST_BOUNDED = 4_000_000  # operations of the primal along one direction; more are not enclosed in doubles, nor
MOST_ENCLOSED = 400_000  # in balls
MOST_MEASURED = 4e6  # numbers computed to measure every entry's rounding, whether that is needed or not
MOST_LADDER = (
    2e6  # numbers in one evaluation of the primal, to be evaluated 31 times where four times have not sufficed
)
MOST_EXPLAINED = 4e8  # numbers computed to see what rounding explains
MOST_SUSPECTS = 2**20
MORE_RUNS = 8  # of autodiff, for entries that the usual ones do not explain
SLACK = (
    1e3  # units in the last place by which reverse mode and a claim may differ for rounding where it is not measured
)
SEEN = (
    2 * SLACK
)  # as many are seen in each entry of a sixtieth of the largest one and more (`large` allows 16 of that one)
SAMPLED = 3  # lines, beside those with suspects, in which it is measured what would have been seen
BITS = 128
ALONG_ONE = "along 1 dense direction"
_EPS = float(np.finfo(np.float64).eps)
_DENSE = np.array([sign * k / 4 for k in range(2, 9) for sign in (-1.0, 1.0)])  # as in `projected`
_HEAP = 2**22  # bytes
_ROWS = 64  # of a claimed Jacobian at a time
_WIDE = 1e-9  # an enclosure that is wider, relative to its number, is that of a kink


class OpenError(Exception):
    """Something is open that floats do not decide; the message says what."""


@dataclass(frozen=True, eq=False)
class Suspects:
    """Entries of the claimed array that rounding does not explain: their flat places, the worst first, and what is wrong.

    ``reason`` says why the claim was not found to hold, for who wants to know.
    """

    places: Array
    reason: str = ""
    diagnosis: str = ""


@dataclass
class _Found:
    """What comparing entries has shown.

    ``rows`` and ``columns`` are the entries of the claimed array that floats do not resolve to be right. ``passes`` tells in
    words how the true ones were found, ``limit`` the smallest relative error that would have been seen in the lines in which
    that was measured, ``off`` the largest one that rounding has explained, ``allowed`` what these amount to along the
    direction. A single line is kept with its direction, its ``true`` entries and their ``allowance``.
    """

    rows: list[Array] = field(default_factory=list)
    columns: list[Array] = field(default_factory=list)
    largest: tuple[int, int] = (0, 0)
    passes: str = ""
    limit: float = 0.0
    off: float = 0.0
    allowed: Array | float = 0.0
    lines: tuple[Lines, Array] | None = None
    true: Array | None = None
    allowance: Array | None = None
    shown: tuple[float, float] = (0.0, 0.0)

    def add(self, rows: Array, columns: Array) -> None:
        """More entries that floats do not resolve.

        Raises:
            OpenError: they are too many to be explained one by one.
        """
        if sum(part.size for part in self.rows) + rows.size > MOST_SUSPECTS:
            raise OpenError("floats disagree in too many entries")
        self.rows.append(rows)
        self.columns.append(columns)

    def see(self, said: Array) -> None:
        """Keep the place of the largest entry."""
        row = int(np.argmax(np.maximum(np.max(said, axis=1), -np.min(said, axis=1))))
        self.largest = row, int(np.argmax(np.abs(said[row])))

    def measure(self, true: Array, allowed: Array) -> None:
        """What would have been seen in these lines: relative to an entry, or to the largest where it is not known."""
        sizes = np.abs(true)
        largest = float(np.max(sizes, initial=0.0))
        scale = np.where(sizes > 2 * allowed, sizes, largest or 1.0)
        self.limit = max(self.limit, float(np.max(allowed / scale, initial=0.0)))
        if true.size and largest >= abs(self.shown[0]):
            place = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
            self.shown = (float(true[place]), float(allowed[place]))

    def evidence(self) -> Evidence:
        """What autodiff found, at the largest entry."""
        return Evidence("autodiff", "agrees", *float_text(*self.shown))


@dataclass(frozen=True, eq=False)
class Sides:
    """A claim at its arguments: what it returns there, and the program whose Jacobian it is about."""

    claim: Claim
    case: Case
    said: Value
    truth: Derivative
    program: Program
    point: Point
    seed: int

    @property
    def index(self) -> int:
        """The position of the differentiated input."""
        return self.truth.index

    @cached_property
    def inputs(self) -> list[Array]:
        """The primal's inputs."""
        return self.program.flatten(self.truth.primal._pick(self.point))

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Outputs and entries of the input."""
        return self.program.outputs[0].size, self.program.inputs[self.index].size

    @cached_property
    def resolved(self) -> float:
        """The relative difference that counts as none."""
        return resolution(Comparable(self.case, self.said, self.truth))

    @cached_property
    def unmeasured(self) -> float:
        """The smallest relative error that is seen where rounding is not measured unless something has to be explained."""
        return max(self.resolved, SEEN * epsilon(self.program.inputs[self.index].dtype))

    @cached_property
    def direction(self) -> Array:
        """A dense direction of the input; for a JVP, the tangent itself."""
        if self.claim.kind == "jvp":
            return np.ravel(np.asarray(self.point["tangent"], dtype=np.float64))
        chosen = np.random.default_rng([self.seed, 1]).integers(0, _DENSE.size, self.shape[1], dtype=np.uint8)
        return np.take(_DENSE, chosen)

    @cached_property
    def weights(self) -> Array | None:
        """The cotangent that the outputs are summed with; None where each counts by itself."""
        if self.claim.kind == "vjp":
            return np.ravel(np.asarray(self.point["cotangent"], dtype=np.float64))
        return np.ones(1) if self.claim.kind == "gradient" else None

    def lines(self, by: Any) -> Lines:
        """The Jacobian's lines."""
        return Lines(self.program, self.inputs, self.index, by)

    @cached_property
    def work(self) -> float:
        """About how many numbers all of autodiff's entries take."""
        passes = min(self.shape) if self.claim.kind == "jacobian" else 1
        return 3.0 * passes * max(work(self.program), *self.shape)


def at_arguments(
    claim: Claim, first: Mapping[str, Array], direction: Array, inline_rules: bool, seed: int
) -> Verdict | Suspects:
    """`entry_by_entry` at the arguments; `direction` is of the shape and dtype of the claim's cotangent or tangent."""
    stated = [assumption for assumption in claim.assumptions if assumption.stated]
    dense = dense_numbers(np.random.default_rng([seed, 3]), direction.shape).astype(direction.dtype)
    (case,) = trials(claim, stated, first, None, inline_rules, dense, Refusals())
    inside = all(case.spaces[name].contains(value) for name, value in first.items()) and case.admits(first)
    point = {**{name: dense for name in case.spaces if name not in first}, **first}
    return entry_by_entry(claim, case, point if inside else None, seed)


def entry_by_entry(claim: Claim, case: Case, point: Point | None, seed: int) -> Verdict | Suspects:
    """*Holds* if every entry of the claim agrees with autodiff at the point and no oracle dissents; else what is suspect.

    Raises:
        EvaluationError: the claim raises.
    """
    _heap_kept()
    nothing = np.zeros(0, dtype=np.int64)
    truth = case.truth()
    if point is None or not isinstance(truth, Derivative) or claim.layout != "numerator":
        return Suspects(nothing)
    program = truth.program
    if not isinstance(program, Program) or len(program.outputs) != 1 or len(claim.readings) != 1:
        return Suspects(nothing)
    sides = Sides(claim, case, case.claimed(claim.readings[0]), truth, program, point, seed)
    if sides.work > MOST_WORK:
        return Suspects(nothing)
    with np.errstate(all="ignore"):
        try:
            return _judged(sides)
        except OpenError as error:
            return Suspects(nothing, str(error))


@functools.cache
def _heap_kept() -> None:
    """Make glibc keep a few megabytes of what is freed, which it does once it has seen a block of that size come and go.

    Until then it gives back what is more than 128 kB, and arrays of some 10⁴ numbers are touched for the first time, page by
    page, whenever one is made: a third of the time that they take.
    """
    np.empty(_HEAP, dtype=np.uint8)


def _judged(sides: Sides) -> Verdict | Suspects:
    """The verdict, or the entries that are not explained.

    Raises:
        OpenError: the claim is to be judged in another way.
    """
    if very_large.fits(sides) and (heard := _together(sides)) is not None:
        return heard
    said = _claimed(sides)
    try:
        found = _compared(sides, said)
        unexplained = _explained(sides, said, found)
    except (EvaluationError, OpenError):
        raise
    except Exception as error:  # JAX has no common base for "no rule in this mode"
        raise OpenError(f"autodiff: {error}") from error
    if unexplained.size:
        return Suspects(unexplained, "floats disagree in some entries", _diagnosis(sides, said, unexplained))
    product, rounding = _product(sides, said)
    rounding = rounding + found.allowed
    differences = _by_differences(sides, product, rounding)
    enclosed = _by_enclosures(sides, said, product, rounding)
    proven = enclosed.stance == "agrees"
    branches = visited_by(sides.truth.primal)
    never = unvisited(Comparable(sides.case, sides.said, sides.truth), [sides.point], sides.seed, grow=False).never
    return Verdict(
        sides.claim,
        "holds",
        certified=proven,
        digits=max(0, math.floor(-math.log10(max(found.off, sides.resolved)))),
        reason="" if proven else f"not certified: {enclosed.reason}",
        evidence=(differences, found.evidence(), enclosed),
        branches=branches,
        points=1,
        notes=(*never, *never_taken(branches), _note(sides, said, found, proven)),
        seed=sides.seed,
        detection_limit={str(sides.claim.wrt): found.limit if proven else max(found.limit, sides.unmeasured)},
    )


def _together(sides: Sides) -> Verdict | None:
    """The verdict on a line of very many numbers, if all that is looked at agrees at once."""
    if sides.said.shape(sides.point) != sides.truth.shape(sides.point):
        return None
    try:
        heard = very_large.agrees(sides)
    except Exception:  # noqa: BLE001 - JAX has no common base for "no rule in this mode"
        return None
    if heard is None:
        return None
    reason = f"enclosing some {work(sides.program):.0e} operations would take minutes"
    compared = f"all {sides.shape[1]:,} entries were compared with autodiff in floats, by one reverse pass"
    return Verdict(
        sides.claim,
        "holds",
        digits=math.floor(-math.log10(sides.resolved)),
        reason=f"not certified: {reason}",
        evidence=(*heard, Evidence("certified", "abstains", reason=reason)),
        points=1,
        notes=(f"{compared}; their sum with random signs was compared with finite differences",),
        seed=sides.seed,
        detection_limit={str(sides.claim.wrt): sides.unmeasured},
    )


def _claimed(sides: Sides) -> Array:
    """What the claim returns at the point, as a Jacobian (outputs × inputs), or as the one line that it is.

    Raises:
        OpenError: it has another shape, or is not finite everywhere.
    """
    program = sides.said.program
    if isinstance(program, Program) and xla.pays(program, sides.work + work(program)):
        (said,) = xla.call(program, program.flatten(sides.said._pick(sides.point)))
    else:
        said = sides.said.floats(sides.point)
    said = np.asarray(said, dtype=np.float64)
    if said.shape != sides.truth.shape(sides.point):
        raise OpenError("the shape is another one")
    if not np.isfinite(np.sum(said)) and not np.all(np.isfinite(said)):
        raise OpenError("what is claimed is not finite everywhere")
    return said.reshape(sides.shape) if sides.claim.kind == "jacobian" else said.reshape(1, -1)


def _compared(sides: Sides, said: Array) -> _Found:
    """Each entry of the claim with autodiff's."""
    found = _Found()
    if sides.claim.kind != "jacobian":
        _one_line(sides, said, found)
        return found
    structure = pattern(sides.program, sides.inputs, sides.index)
    colours = None if structure is None else coloured(structure, min(sides.shape) // 2)
    if structure is not None and colours is not None:
        _by_colours(sides, said, found, structure, colours)
    else:
        _by_lines(sides, said, found)
    return found


def _one_line(sides: Sides, said: Array, found: _Found) -> None:
    """A gradient, VJP or JVP, or a diagonal: autodiff along one direction, and what rounding may have done to each entry.

    Raises:
        OpenError: the Jacobian of what is claimed to be elementwise is not seen to be diagonal.
    """
    if sides.claim.kind == "derivative":
        structure = pattern(sides.program, sides.inputs, sides.index)
        if structure is None or not structure.diagonal:
            raise OpenError("the program does not show that each output depends on one input alone")
        lines, direction = sides.lines("columns"), np.ones(sides.shape[1])
        found.passes = (
            "each output depends on one input alone, as the program shows, so that one tangent gives them all"
        )
    elif sides.claim.kind == "jvp":
        lines, direction = sides.lines("columns"), sides.direction
        found.passes = "by one forward pass"
    else:
        assert sides.weights is not None, "gradients and VJPs have weights"
        lines, direction = sides.lines("rows"), sides.weights
        found.passes = "by one reverse pass"
    if 3 * sides.work <= MOST_MEASURED:
        true, allowance = lines.shaken(direction.reshape(1, -1))
        found.measure(true, np.maximum(allowance, sides.resolved * np.abs(true)))
    else:
        true, allowance = lines.once(direction), None
        found.measure(true, sides.resolved * np.abs(true))
        found.limit = max(found.limit, sides.unmeasured)
    found.lines, found.true, found.allowance = (lines, direction.reshape(1, -1)), true, allowance
    bad = np.flatnonzero(unlike(said, true, np.abs(true), sides.resolved))
    found.add(np.zeros_like(bad), bad)


def _by_lines(sides: Sides, said: Array, found: _Found) -> None:
    """Every row or column, a block at a time."""
    outputs, inputs = sides.shape
    lines = sides.lines("rows" if outputs <= inputs else "columns")
    by_rows = lines.by == "rows"
    for start, bad in lines.unlike(said if by_rows else said.T, sides.resolved):
        if np.any(bad):
            across, along = np.nonzero(bad)
            across += start
            found.add(*((across, along) if by_rows else (along, across)))
    found.see(said)
    found.passes = f"in {lines.count:,} {lines.by}"


def _by_colours(sides: Sides, said: Array, found: _Found, structure: Pattern, colours: Array) -> None:
    """The entries that the program does not show to be zero, by one tangent a colour; those that it does must be zero."""
    count = int(np.max(colours, initial=0)) + 1
    seeds = np.zeros((count, sides.shape[1]))
    seeds[colours, np.arange(colours.size)] = 1
    values = sides.lines("columns").along(seeds)
    rows, columns = structure.rows, structure.columns
    true, claimed = values[colours[columns], rows], said[rows, columns]
    bad = unlike(claimed, true, np.abs(true), sides.resolved)
    found.add(rows[bad], columns[bad])
    if np.count_nonzero(said) > np.count_nonzero(claimed):
        outside = np.flatnonzero(said)
        outside = np.setdiff1d(outside, rows * sides.shape[1] + columns, assume_unique=True)
        found.add(*np.divmod(outside, sides.shape[1]))
    found.passes = (
        f"at most {rows.size:,} of them can be other than zero, as the program shows, "
        f"and {count} tangent{'s give' if count > 1 else ' gives'} these"
    )


def _explained(sides: Sides, said: Array, found: _Found) -> Array:
    """The flat places of those entries that the rounding of autodiff and of the claim do not explain.

    Raises:
        OpenError: there are too many to be looked at.
    """
    rows, columns = (
        np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64) for parts in (found.rows, found.columns)
    )
    if not rows.size and found.lines is not None:
        return rows  # of many lines, some are measured all the same
    if rows.size and found.true is not None and found.allowance is None:
        if sides.work > MOST_EXPLAINED:
            raise OpenError("it would take long to measure what rounding explains")
        if found.lines is not None:
            found.allowance = found.lines[0].shaken(found.lines[1])[1]
            found.measure(found.true, np.maximum(found.allowance, sides.resolved * np.abs(found.true)))
    if found.lines is None:
        true, allowed = _measured(sides, rows, columns, found)
    else:
        true, allowed = _on_line(found, columns, RUNS)
    gap = np.abs(said[rows, columns] - true)
    left = ~(gap <= allowed)
    if np.any(left):  # among many entries there are some that two runs have hardly moved
        here = rows[left], columns[left]
        again = (
            _measured(sides, *here, found, MORE_RUNS) if found.lines is None else _on_line(found, here[1], MORE_RUNS)
        )
        allowed[left] = np.maximum(allowed[left], again[1])
        left = ~(gap <= allowed)
    if np.any(left):
        places = rows[left] * said.shape[1] + columns[left]
        allowed[left] += _slack(sides, places)
        left = ~(gap <= allowed)
    size = np.abs(true)
    known = ~left & (size > 0)
    found.off = float(np.max(np.minimum(gap[known] / size[known], 1.0), initial=0.0))
    weights = np.abs(sides.direction)
    if sides.claim.kind == "jacobian":
        found.allowed = np.bincount(rows, gap * weights[columns], minlength=said.shape[0])
    elif sides.claim.kind in ("vjp", "gradient"):
        found.allowed = np.array([np.sum(gap * weights[columns])])
    else:
        scale = weights if sides.claim.kind == "derivative" else np.ones(said.size)
        found.allowed = np.bincount(columns, gap * scale[columns], minlength=said.size)
    worst = np.argsort(-gap[left], kind="stable")
    return np.asarray((rows[left] * said.shape[1] + columns[left])[worst])


def _slack(sides: Sides, places: Array) -> Array:
    """How far rounding may move what the claim returns at these flat places."""
    picked = _Picked(sides.said, places)
    return sensitivity(picked, sides.point, picked.claimed_floats(sides.point))


def _on_line(found: _Found, columns: Array, runs: int) -> tuple[Array, Array]:
    """The true entries of the one line at these places, with what rounding may have done to them."""
    assert found.lines is not None and found.true is not None, "asked of a single line only"
    lines, direction = found.lines
    if runs > RUNS or found.allowance is None:
        value, allowance = lines.shaken(direction, runs) if columns.size else (found.true, found.true)
        return value[0, columns], allowance[0, columns]
    return found.true[0, columns], found.allowance[0, columns]


def _diagnosis(sides: Sides, said: Array, places: Array) -> str:
    """The pattern of what is wrong in a Jacobian or JVP; the other kinds are diagnosed where their entries are found."""
    if sides.claim.kind not in ("jacobian", "jvp") or said.size > MOST_SUSPECTS:
        return ""
    if sides.claim.kind == "jacobian":
        lines = sides.lines("rows")
        true = np.concatenate([block for _, block in lines.blocks()])
    else:
        true = sides.lines("columns").once(sides.direction)
    shape = sides.truth.shape(sides.point)
    wrong = np.zeros(said.size, dtype=bool)
    wrong[places] = True
    inputs = {name: sides.point[name] for name in sides.claim.inputs}
    observation = Observation(said.reshape(shape), true.reshape(shape), wrong.reshape(shape), inputs)
    return diagnose([observation], sides.claim.kind == "jacobian")


def _measured(sides: Sides, rows: Array, columns: Array, found: _Found, runs: int = RUNS) -> tuple[Array, Array]:
    """The true entries at these places with what rounding may have done to them, by their rows or columns, whichever are fewer.

    The line with the largest entry and a few others are measured as well, so that it is known what would have been seen.
    """
    by_rows, by_columns = np.unique(rows), np.unique(columns)
    lines = sides.lines("rows" if by_rows.size <= by_columns.size else "columns")
    chosen, own, other = (by_rows, rows, columns) if lines.by == "rows" else (by_columns, columns, rows)
    if 3.0 * chosen.size * work(lines.derived) > MOST_EXPLAINED:
        raise OpenError("floats disagree in too many lines")
    if runs == RUNS:
        sample = np.linspace(0, lines.count - 1, min(SAMPLED, lines.count)).astype(np.int64)
        chosen = np.union1d(chosen, [*sample, found.largest[0 if lines.by == "rows" else 1]]).astype(np.int64)
    true, allowed = np.zeros(rows.size), np.zeros(rows.size)
    order = np.argsort(own, kind="stable")
    for start in range(0, chosen.size, lines.together):
        part = chosen[start : start + lines.together]
        value, allowance = lines.shaken(lines.units(part), runs)
        found.measure(value, np.maximum(allowance, sides.resolved * np.abs(value)))
        low, high = np.searchsorted(own[order], [part[0], part[-1] + 1])
        here = order[low:high]
        at = (np.searchsorted(part, own[here]), other[here])
        true[here], allowed[here] = value[at], allowance[at]
    return true, allowed


class _Picked:
    """What a claim returns at some places, as a side whose sensitivity to rounding is asked for."""

    def __init__(self, said: Value, places: Array) -> None:
        self._said, self._places = said, places

    def claimed_floats(self, point: Point) -> Array:
        """The entries, in float64."""
        return np.asarray(np.asarray(self._said.floats(point), dtype=np.float64).ravel()[self._places])


def _product(sides: Sides, said: Array) -> tuple[Array, Array]:
    """What the claim says of J v in every output (of a gradient, of cᵀ J v), and how far rounding may move it."""
    v, outputs = sides.direction, said.shape[0]
    if sides.claim.kind == "jvp":
        return said[0], sides.resolved * np.abs(said[0])
    if sides.claim.kind == "derivative":
        return said[0] * v, (_EPS + sides.resolved) * np.abs(said[0] * v)
    product, size = np.zeros(outputs), np.zeros(outputs)
    for start in range(0, outputs, _ROWS):
        part = said[start : start + _ROWS]
        product[start : start + _ROWS], size[start : start + _ROWS] = part @ v, np.abs(part) @ np.abs(v)
    return product, ((v.size + 2) * _EPS + sides.resolved) * size


def _by_differences(sides: Sides, product: Array, rounding: Array) -> Evidence:
    """Finite differences along the direction, of the outputs summed with dense weights.

    Raises:
        OpenError: they disagree.
    """
    weights = sides.weights
    if weights is None:
        weights = dense_numbers(np.random.default_rng([sides.seed, 2]), (sides.shape[0],))
    summed = product if product.size == 1 else product * weights
    rows, x = sides.truth.rows(sides.point), np.ravel(sides.inputs[sides.index])
    said, size = float(np.sum(summed)), work(sides.program)
    slack = float(np.sum(np.abs(rounding) if product.size == 1 else rounding * np.abs(weights)))
    slack += product.size * _EPS * float(np.sum(np.abs(summed)))

    def dissents(slope: Slope) -> bool:
        return not (slope.known and abs(said - slope.value) <= slope.error + slack)

    def stepped(ladder: bool) -> Slope:
        function = lambda points: rows(points) * weights  # noqa: E731 - of one line
        return along_line(function, x, sides.direction, size, ladder, lambda slope: not dissents(slope))

    slope = stepped(ladder=False)
    if dissents(slope) and slope.evaluations == FOUR and size <= MOST_LADDER:
        slope = stepped(ladder=True)
    if not slope.known:
        return Evidence("finite differences", "abstains", reason="no step size gave a usable estimate")
    if dissents(slope):
        raise OpenError("finite differences disagree along a dense direction")
    return Evidence("finite differences", "agrees", *float_text(slope.value, slope.error), ALONG_ONE)


def _by_enclosures(sides: Sides, said: Array, product: Array, rounding: Array) -> Evidence:
    """Enclosures of J v in every output: in doubles with bounds, or in balls where these know too little.

    Raises:
        OpenError: some are disjoint from what is claimed, or wide, as at a kink.
    """
    size, found = work(sides.program), None
    if size <= MOST_BOUNDED:
        found = _in_doubles(sides)
        if found is not None and np.any(found[1] > _WIDE * (np.abs(found[0]) + np.abs(product)) + rounding):
            found = None
    if found is None and size > MOST_ENCLOSED:
        reason = f"enclosing some {size:.0e} operations would take minutes"
        return Evidence("certified", "abstains", reason=reason)
    try:
        middle, radius = found or _in_balls(sides)
    except NoRuleError as error:
        return Evidence("certified", "abstains", reason=f"no ball rule for {error}")
    except CannotDecideError as error:
        raise OpenError(str(error)) from error
    if not np.all(radius <= _WIDE * (np.abs(middle) + np.abs(product)) + rounding):
        raise OpenError("an enclosure is wide")
    allowed = rounding + radius + _EPS * np.abs(middle)
    far = np.flatnonzero(~(np.abs(product - middle) <= allowed))
    if far.size:
        allowed = _with_slack(sides, said, allowed, far)
        if not np.all(np.abs(product - middle)[far] <= allowed[far]):
            raise OpenError("an enclosure is disjoint from what is claimed")
    worst = int(np.argmax(np.abs(middle)))
    return Evidence("certified", "agrees", *float_text(float(middle[worst]), float(radius[worst])), ALONG_ONE)


def _in_doubles(sides: Sides) -> tuple[Array, Array] | None:
    """Middles and radii of J v (of cᵀ J v) in doubles with bounds; None where they have no rule, or know nothing."""
    sides.truth.primal.visits.clear()
    jets = DoubleJets(sides.truth.primal.visits, 1)
    arguments: list[Any] = list(sides.inputs)
    x = np.asarray(arguments[sides.index], dtype=np.float64)
    arguments[sides.index] = jets.seed(Double(x, 0.0), Double(sides.direction.reshape(1, *x.shape), 0.0))
    try:
        (output,) = run(sides.program, arguments, jets)
    except (NoRuleError, CannotDecideError):
        return None
    if not isinstance(output, Jet) or output.tangent is None or not np.all(np.isfinite(output.value.radius)):
        return None
    middle = output.tangent.middle.ravel()
    radius = np.broadcast_to(output.tangent.radius, output.tangent.shape).ravel()
    if sides.weights is not None:
        summed = Double(middle, radius) * Double(sides.weights, 0.0)
        summed = Doubles().apply("reduce_sum", {"axes": (0,)}, [summed])
        middle, radius = summed.middle.reshape(1), summed.radius.reshape(1)
    return middle, radius


def _in_balls(sides: Sides) -> tuple[Array, Array]:
    """The same in balls; the radius is infinite where nothing is known.

    Raises:
        NoRuleError, CannotDecideError: as for `certified.directional`.
    """
    visits = sides.truth.primal.visits
    visits.clear()
    direction = sides.direction.reshape(1, -1)
    with precision(BITS):
        enclosed = certified.directional(sides.program, sides.inputs, sides.index, direction, visits)[:, 0]
        if sides.weights is not None:
            total = np.empty(1, dtype=object)
            total[0] = np.dot(from_floats(sides.weights), enclosed)
            enclosed = total
        known = numbers(enclosed)
        radius = np.where(known, np.asarray(RADIUS(enclosed), dtype=np.float64), np.inf)
        return np.where(known, midpoints(enclosed), 0.0), radius


def _with_slack(sides: Sides, said: Array, rounding: Array, outputs: Array) -> Array:
    """How far rounding may move the claim along the direction, with its sensitivity at the entries of these outputs.

    Raises:
        OpenError: they are too many.
    """
    wide = sides.claim.kind in ("jacobian", "vjp", "gradient")
    width = said.shape[1] if wide else 1
    if outputs.size * width > MOST_SUSPECTS:
        raise OpenError("an enclosure is disjoint from what is claimed in many outputs")
    slack = _slack(sides, (outputs[:, None] * width + np.arange(width)).ravel()).reshape(outputs.size, width)
    scale = np.abs(sides.direction) if wide else np.abs(sides.direction[outputs])[:, None]
    if sides.claim.kind == "jvp":
        scale = np.ones((outputs.size, 1))
    found = np.array(rounding, dtype=np.float64)
    found[outputs] += np.sum(slack * scale, axis=1)
    return found


def _note(sides: Sides, said: Array, found: _Found, proven: bool) -> str:
    """What was compared in floats, and what was enclosed."""
    compared = f"all {said.size:,} entries were compared with autodiff in floats, {found.passes}"
    if not proven:
        return compared
    if sides.claim.kind == "jacobian":
        return f"{compared}; enclosed was their product with 1 dense direction, in each of {said.shape[0]:,} outputs"
    if sides.weights is not None:
        return f"{compared}; enclosed was their product with 1 dense direction"
    return f"{compared}; each of them was enclosed as well"
