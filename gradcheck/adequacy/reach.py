"""A judgement at points that reach: before it, every side of a comparison is sought; after it, the claim is changed on purpose.

This is the way from the two sides of a case to the parts that look for what a check could not have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.adequacy.coverage import Found, seek
from gradcheck.adequacy.margins import comparisons
from gradcheck.adequacy.survivors import Adequacy, examine
from gradcheck.cases import Case
from gradcheck.domains import Space
from gradcheck.expressions import Derivative, Point, Value, kept
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.program.program import BlackBox, Program


def adequately(
    sides: Comparable, points: Sequence[Point], seed: int, grow: bool, judged: Callable[[Sequence[Point]], Outcome]
) -> Outcome:
    """What `judged` says at the points, and at those that reach what they do not.

    ``grow`` says whether points beside those given are of the domain. A claim that holds is asked which deliberate changes
    of it would have gone unnoticed; where other points would show some, it is judged again with these.
    """
    found = unvisited(sides, points, seed, grow)
    everywhere = [*points, *found.points]
    outcome = judged(everywhere)
    if outcome.status == "holds":
        changes = unnoticed(sides, everywhere, outcome.detection, seed, grow)
        if changes.points:
            for side in (sides.claimed, sides.truth):  # all points will be visited, and counted, again
                side.visits.clear()
            outcome = judged([*everywhere, *changes.points])
            again = [
                *changes.points,
                *everywhere,
            ]  # the new ones first: of some programs only a few points are looked at
            changes = unnoticed(sides, again, outcome.detection, seed, grow=False)
        if outcome.status == "holds":
            notes = (*outcome.notes, *changes.notes, *found.never)
            told = (changes.tried, changes.survivors, notes)
            if told == (outcome.mutants, outcome.survivors, outcome.notes):
                return outcome
            return replace(outcome, mutants=changes.tried, survivors=changes.survivors, notes=notes)
    return replace(outcome, notes=(*outcome.notes, *found.never)) if found.never else outcome


def unvisited(sides: Comparable, visited: Sequence[Point], seed: int, grow: bool = True) -> Found:
    """Points that run what the `visited` ones have not run, in the functions of both sides, and what never ran, in words."""
    values = list(_functions(sides))
    if all(isinstance(value.program, Program) and not comparisons(value.program) for value in values):
        return Found()

    def sought() -> Found:
        compared = seek(sides.case, values, visited, seed, grow)
        if not any(isinstance(value.program, BlackBox) for value in values):
            return compared
        from gradcheck.adequacy.python_branches import seek_branches

        branched = seek_branches(sides.case, values, visited, seed, grow)
        return Found((*compared.points, *branched.points), (*compared.never, *branched.never))

    found: Found = kept(("unvisited", grow, *_about(sides.case, values, visited, seed)), sought)
    return found


def unnoticed(
    sides: Comparable, points: Sequence[Point], detection: float | None, seed: int, grow: bool = True
) -> Adequacy:
    """Deliberate changes of the claim that do not show at points where it was found right.

    ``detection`` is the smallest relative change of an entry that the check would have seen there, if that is known.
    """
    values = list(_functions(sides))
    if not isinstance(sides.claimed, Value) or not values:
        return Adequacy()
    claimed = sides.claimed
    found: Adequacy = kept(
        ("unnoticed", grow, detection, *_about(sides.case, values, points, seed)),
        lambda: examine(sides.case, values[0], claimed, points, detection, seed, grow),
    )
    return found


def _about(case: Case, values: Sequence[Value], points: Sequence[Point], seed: int) -> tuple[Any, ...]:
    """What is asked of points, beside how: these programs, at just these points, in these spaces.

    It cannot be hashed if a function is a black box, of which every run counts.
    """
    programs: list[tuple[Any, str]] = [
        (value.program if isinstance(value.program, Program) else [], value.name) for value in values
    ]
    predicates = tuple([assumption.where for assumption in case.predicates])
    spaces = tuple([(name, type(space), *_fields(space)) for name, space in case.spaces.items()])
    claim = case.claim
    told = (claim.name, claim.kind, claim.wrt, seed)
    return tuple(programs), tuple([_content(point) for point in points]), spaces, predicates, *told


def _fields(space: Space) -> list[Any]:
    """What a space is made of, for a key."""
    values = [getattr(space, name) for name in getattr(space, "__dataclass_fields__", {})]
    return [_array(value) if isinstance(value, np.ndarray) else value for value in values]


def _content(point: Point) -> tuple[Any, ...]:
    return tuple([(name, *_array(np.asarray(value))) for name, value in point.items()])


def _array(array: Any) -> tuple[Any, ...]:
    return array.dtype.str, array.shape, array.tobytes()


def _functions(sides: Comparable) -> Iterator[Value]:
    """The primal and what is claimed, as far as they are functions of their own."""
    for side in (sides.truth, sides.claimed):
        value = side.primal if isinstance(side, Derivative) else side
        if isinstance(value, Value):
            yield value
