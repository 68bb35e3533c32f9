"""Which deliberate changes of a claim would have gone unnoticed at the points where it was found right.

Where a claim is right, a change of it is noticed at a point exactly if it changes an entry there. A change that shows at
none of the points visited is looked for at others: where it shows, that point is worth a visit; where it never shows, it is
no change (the sign of a zero gradient, the transpose of a symmetric matrix), and is not counted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.adequacy.altered import Alterable, slot_shapes
from gradcheck.adequacy.coverage import DIRECTIONS
from gradcheck.adequacy.effort import effort
from gradcheck.adequacy.looks import Look, affordable, further, looks_at, stacked
from gradcheck.adequacy.mutants import Array, ProgramMutant, array_mutants, program_mutants, single_terms
from gradcheck.cases import Case
from gradcheck.expressions import Point, Value
from gradcheck.numbers.plan import plan_of
from gradcheck.program.program import Program

BUDGET = 3e7  # numbers computed for changes of single steps: some tens of milliseconds
_MOST_STEPS = 24  # of which so many are changed, evenly spread over the program
_USUAL_LOOKS = 12  # points at which they are changed, about
_MOST_VISITS = 4
_MOST_NUMBERS = 500_000  # entries of what is claimed that are looked at, over all points
_MOST_TOGETHER = 2**16  # entries of changed arrays that are compared in one go
_MOST_NAMED = 6
_MOST_ENTRIES = 32  # entries that points are looked for
_VISIBLE = 1e-7  # a change of an entry by less than this, relatively, counts as none
_ROUNDING = 1e-12  # what rounding may leave of an entry that is 0, as a part of the largest entry


@dataclass(frozen=True)
class Adequacy:
    """How many changes were tried, those that went unnoticed, points that would show them, and what could not be tested."""

    tried: int = 0
    survivors: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Change:
    """One change, and at which of the points it shows."""

    key: Hashable
    name: str
    shows: Array


def examine(
    case: Case,
    primal: Value,
    claimed: Value,
    points: Sequence[Point],
    detection: float | None,
    seed: int,
    grow: bool = True,
) -> Adequacy:
    """Try changes of `claimed`, which was found right at the points; kinks among them are left aside, where more is right.

    ``detection`` is the smallest relative change of an entry that shows (None: a fine one). The result has no points unless
    `grow` allows others than those given.
    """
    looks = looks_at(primal, claimed, affordable(primal, claimed, points))
    if not looks or not looks[0].claimed.size:
        return Adequacy()
    looks = looks[: max(2, _MOST_NUMBERS // looks[0].claimed.size)]
    visible = max(_VISIBLE, detection or 0.0)
    steps = _steps(claimed)
    here = list(_changes(case, claimed, steps, looks, visible))
    zero = np.all([look.claimed == 0 for look in looks], axis=0)
    unseen = [change.key for change in here if not change.shows.any()]
    more = further(case, primal, claimed, looks, seed) if unseen or np.any(zero) else []
    there = _changes(case, claimed, steps, more, visible, unseen) if more else ()
    open_ = [change for change in there if np.any(change.shows)]
    moved = np.any([look.claimed != 0 for look in more], axis=0) if more else np.zeros_like(zero)
    entries, still = np.argwhere(zero & moved), np.argwhere(zero & ~moved)
    awake = [np.array([look.claimed[tuple(index)] != 0 for look in more]) for index in entries[:_MOST_ENTRIES]]
    tried = len(here) - len(unseen) + len(open_) + (not np.all(zero)) + bool(len(entries) and np.all(zero))
    worth: list[Point] = []
    if grow:
        worth = [more[i].point for i in _covering([change.shows for change in open_] + awake)]
    survivors = list(dict.fromkeys(change.name for change in open_))
    if len(entries):
        survivors.append(f"set to zero: {_entries(entries)}")
    batch_of_one = _batch_of_one(case, primal, claimed)
    if batch_of_one:
        survivors.append(batch_of_one)
    return Adequacy(tried + bool(batch_of_one), tuple(survivors), tuple(worth), tuple(_notes(case, zero, still)))


def _changes(
    case: Case,
    claimed: Value,
    steps: Sequence[ProgramMutant],
    looks: Sequence[Look],
    visible: float,
    only: Sequence[Hashable] | None = None,
) -> Iterator[_Change]:
    """Every change (or those with the keys given), and at which of the points it shows."""
    arrays = np.stack([look.claimed for look in looks])
    least = _least(arrays, visible)
    inputs = [space.shape for name, space in case.spaces.items() if name not in DIRECTIONS]
    wholes = [
        whole
        for whole in array_mutants(arrays.shape[1:], [n for shape in inputs for n in shape])
        if only is None or whole.name in only
    ]
    shown = _shown([whole.change(arrays) for whole in wholes], arrays, least)
    yield from (_Change(whole.name, whole.name, shows) for whole, shows in zip(wholes, shown, strict=True))
    program = claimed.program
    steps = [mutant for mutant in steps if only is None or (mutant.position, mutant.name) in only]
    if not steps or not isinstance(program, Program):
        return
    base = Alterable(program, stacked(claimed, [look.point for look in looks]), len(looks))
    n, output = len(base.output), base.output
    together = max(1, _MOST_TOGETHER // max(output.size, 1))
    for start in range(0, len(steps), together):
        some = steps[start : start + together]
        made = [(mutant, altered) for mutant in some if (altered := base.altered(mutant)) is not None]
        seen = _shown([altered for _, altered in made], output, least[:n])
        for (mutant, _), found in zip(made, seen, strict=True):
            shows = np.zeros(len(looks), dtype=bool)
            shows[:n] = found
            yield _Change((mutant.position, mutant.name), mutant.name, shows)


def _shown(changed: Sequence[Array], arrays: Array, least: Array) -> list[Array]:
    """`_shows` of each of the changed arrays, all at once where they are small."""
    if not changed or len(changed) * arrays.size > _MOST_TOGETHER:
        return [_shows(one, arrays, least) for one in changed]
    with np.errstate(invalid="ignore"):
        seen = ~(np.abs(np.stack(changed) - arrays) <= least) & np.isfinite(arrays)
    return list(np.any(np.reshape(seen, (len(changed), len(arrays), -1)), axis=2))


def _steps(claimed: Value) -> list[ProgramMutant]:
    """The changes of single steps, evenly spread over the program where there are too many; none of a black box."""
    program = claimed.program
    if not isinstance(program, Program) or not program.inputs or len(program.outputs) != 1:
        return []
    plan = plan_of(program)
    each, once = effort(program)
    count = int(min(_MOST_STEPS, BUDGET / (1 + each * _USUAL_LOOKS + once)))
    mutants = program_mutants(plan, slot_shapes(program)) if count else []
    return mutants[:: -(-len(mutants) // count)] if mutants else []


def _least(arrays: Array, visible: float) -> Array:
    """The smallest change of each entry that shows, and never less than rounding explains."""
    size = np.abs(arrays)
    largest = np.max(size, axis=tuple(range(1, size.ndim)), keepdims=True)
    return np.asarray(np.where(size == 0, _ROUNDING * largest, visible * size))


def _shows(changed: Array, arrays: Array, least: Array) -> Array:
    """At which points some entry has changed visibly."""
    with np.errstate(invalid="ignore"):
        seen = ~(np.abs(changed - arrays) <= least) & np.isfinite(arrays)
    return np.asarray(seen.reshape(len(arrays), -1).any(axis=1))


def _covering(rows: Sequence[Array]) -> list[int]:
    """A few points such that every change shows at one of them."""
    chosen: list[int] = []
    left = [row for row in rows if np.any(row)]
    while left and len(chosen) < _MOST_VISITS:
        chosen.append(int(np.argmax(np.sum(left, axis=0))))
        left = [row for row in left if not row[chosen[-1]]]
    return chosen


def _batch_of_one(case: Case, primal: Value, claimed: Value) -> str:
    """A factor n or 1/n shows nowhere if the inputs have an axis of one element that sums run over."""
    inputs = [space.shape for name, space in case.spaces.items() if name not in DIRECTIONS]
    if not any(1 in shape for shape in inputs):
        return ""
    places = [
        plan_of(program).place(position)
        for value in (primal, claimed)
        if isinstance(program := value.program, Program)
        for position in single_terms(plan_of(program), slot_shapes(program))
    ]
    if not places:
        return ""
    told = ", ".join(list(dict.fromkeys(places))[:_MOST_NAMED])
    return f"a factor n or 1/n for a sum over n entries: the axis has length 1 at {told}; pass arguments with more"


def _notes(case: Case, zero: Array, still: Array) -> Iterator[str]:
    """What is zero wherever it was looked at."""
    if not len(still):
        return
    if len(still) == zero.size:
        yield "what is claimed is 0 wherever it was looked at, so neither its sign nor its size was put to the test"
    elif case.claim.kind in ("gradient", "vjp", "jvp"):
        yield f"0 wherever it was looked at: {_entries(still)} of what is claimed"


def _entries(indices: Array) -> str:
    named = ", ".join(str(list(map(int, index))) for index in indices[:_MOST_NAMED])
    more = f" and {len(indices) - _MOST_NAMED} more" if len(indices) > _MOST_NAMED else ""
    return f"{'entry' if len(indices) == 1 else 'entries'} {named}{more}"
