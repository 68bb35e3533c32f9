"""Points for the sides of comparisons that no point has taken: sought in floats, so that what lies there is judged too.

A fault may hide behind ``np.where(x > 40, …)``: no usual point comes there. Candidates at many scales and next to the
program's own constants are run in one pass; where none takes a side, a local search makes the margin of the comparison grow.
What is found depends on the seed alone. A side that is never reached is named with its place.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.adequacy.candidates import constants_of, movable, near, pool, ties
from gradcheck.adequacy.effort import effort
from gradcheck.adequacy.margins import Array, Comparison, Side, Watched, comparisons, watch
from gradcheck.cases import Case
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.numbers.plan import plan_of
from gradcheck.program.program import Program

BUDGET = 2e7  # numbers computed for one pool of candidates, at most: some tens of milliseconds
_MOST_SPENT = 3  # times the budget, with everything that is looked at on the way
_POOL = 160
_FEWEST = 8
_STEPS = 32  # proposals in a round of local search
_ROUNDS = 24
_PROGRESS, _PATIENCE = 0.05, 3  # local search ends after so many rounds that gain less than this part of the margin
_FIRST_STEP, _SPREAD = 0.0, (-2.5, 1.0)  # logarithms of the relative size of steps: around the last one that helped
_MOST_TIES = 48
_MOST_SOUGHT = 6  # sides that local search is tried for


@dataclass(frozen=True)
class Found:
    """Points that take sides that were not taken before, and the sides never taken, in words."""

    points: tuple[Point, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of one comparison in one of the programs."""

    view: int
    key: Hashable
    comparison: Comparison
    side: Side

    def taken(self, watched: Sequence[Watched]) -> Array:
        """At which points."""
        return watched[self.view].hits(self.key, self.side, self.comparison.name in ("eq", "ne"))

    def margin(self, watched: Sequence[Watched]) -> Array:
        """How close to it each point is; larger is closer."""
        found = watched[self.view].margins.get(self.key)
        if found is None:
            return np.full(watched[self.view].finite.shape, -np.inf)
        return found.towards(self.side, self.comparison.name in ("eq", "ne"))


def seek(case: Case, values: Sequence[Value], visited: Sequence[Point], seed: int, grow: bool = True) -> Found:
    """Points that take the sides not taken at the `visited` ones, in the programs of `values` (the primal is the first).

    ``grow`` says whether points beside the visited ones are of the domain at all. Ties are looked for next to the programs'
    constants only, and are not missed where there are none. Programs that are too expensive for a search are left alone.
    """
    search = _Search(case, values, seed)
    if not visited or not search.sides or search.count < _FEWEST:
        return Found()
    missing = search.not_taken(search.sides, visited)
    untied = search.not_taken(search.tied_sides, visited)
    found: list[Point] = []
    if grow and movable(case):
        for _ in range(2):  # what is found may lead to comparisons within a branch
            new = list(search.found_for(missing, untied if not found else [], [*visited, *found]))
            found += new
            missing = search.not_taken(missing, new)
            if not new or not missing:
                break
    never = (f"{side.comparison.never(side.side)}, in {search.values[side.view].name}" for side in missing)
    return Found(tuple(found), tuple(dict.fromkeys(never)))


def _traced(value: Value) -> bool:
    return isinstance(value.program, Program) and bool(value.program.inputs)


def admitted(case: Case, point: Point) -> bool:
    """Whether a point lies in the spaces of a case and satisfies its predicates; one that raises is not satisfied."""
    try:
        inside = all(space.contains(np.asarray(point[name])) for name, space in case.spaces.items())
        return inside and case.admits(point)
    except EvaluationError:
        return False


class _Search:
    """The programs of one case, and how points are run through them."""

    def __init__(self, case: Case, values: Sequence[Value], seed: int) -> None:
        self.case = case
        self.primal = values[0]
        self.values = values = [value for value in values if _traced(value)]
        self.programs = [program for value in values if isinstance(program := value.program, Program)]
        known = [comparisons(program) for program in self.programs]
        self.sides = [
            _Side(view, key, comparison, side)
            for view, found in enumerate(known)
            for key, comparison in found.items()
            for side in comparison.sides
        ]
        self.tied_sides = [
            _Side(side.view, side.key, side.comparison, "tied")
            for side in self.sides
            if side.side == "true" and "tied" not in side.comparison.sides
        ]
        self.count, self.effort, self.spent = 0, 1.0, 0.0
        if self.sides:
            self.rng = np.random.default_rng([seed, *case.claim.name.encode()])
            self.effort += sum(effort(plan_of(program)) for program in self.programs)
            self.count = int(min(_POOL, BUDGET / self.effort))

    def watched(self, points: Sequence[Point]) -> list[Watched]:
        """Every program at the points."""
        self.spent += self.effort * len(points)
        return [
            watch(program, [self._stacked(points, name) for name in value.arguments], len(points))
            for value, program in zip(self.values, self.programs, strict=True)
        ]

    def _stacked(self, points: Sequence[Point], name: str) -> Array:
        return np.stack([np.asarray(point[name]) for point in points])

    def found_for(self, missing: Sequence[_Side], untied: Sequence[_Side], bases: Sequence[Point]) -> Iterator[Point]:
        """New points: for each missing side up to two, for each missing tie one."""
        constants = list(dict.fromkeys(itertools.chain(*(constants_of(program) for program in self.programs))))
        chosen: list[Point] = []
        equal = [*untied, *(side for side in missing if side.side == "tied")]
        candidates = (
            list(itertools.islice(ties(self.case, bases, constants), min(_MOST_TIES, self.count))) if equal else []
        )
        if candidates:
            chosen = list(self._chosen(candidates, self.watched(candidates), equal, 1))
            yield from chosen
        missing = self.not_taken(missing, chosen)
        if not missing:
            return
        candidates = list(itertools.islice(pool(self.case, bases, constants, self.rng), self.count))
        watched = self.watched(candidates)
        chosen = list(self._chosen(candidates, watched, missing, 2))
        yield from chosen
        left = self.not_taken(missing, chosen)
        for side in left[:_MOST_SOUGHT]:
            yield from self._climbed(side, candidates, watched)

    def not_taken(self, sides: Sequence[_Side], points: Sequence[Point]) -> list[_Side]:
        """Those sides that none of the points takes where the primal is finite."""
        if not points or not sides:
            return list(sides)
        watched = self.watched(points)
        finite = self._finite(watched)
        return [side for side in sides if not np.any(side.taken(watched) & finite)]

    def _chosen(
        self, candidates: Sequence[Point], watched: Sequence[Watched], sides: Sequence[_Side], most: int
    ) -> Iterator[Point]:
        """The plainest points of the domain that take the sides; a point that takes several counts for all of them."""
        order = sorted(range(len(candidates)), key=lambda i: _plainness(candidates[i]))
        taken = np.stack([side.taken(watched) for side in sides])
        left = np.full(len(sides), most)
        for i in order:
            wanted = taken[:, i] & (left > 0)
            if np.any(wanted) and self._finite(watched)[i] and self._admitted(candidates[i]):
                left -= wanted
                yield candidates[i]

    def _admitted(self, point: Point) -> bool:
        """Whether a point is of the domain, and the primal is finite there also where it is a black box."""
        if not admitted(self.case, point):
            return False
        try:
            return _traced(self.primal) or bool(np.all(np.isfinite(self.primal.floats(point))))
        except EvaluationError:
            return False

    def _finite(self, watched: Sequence[Watched]) -> Array:
        """At which points the primal is finite; a black box is asked later, of few points."""
        return watched[0].finite if _traced(self.primal) else np.ones_like(watched[0].finite)

    def _climbed(self, side: _Side, candidates: Sequence[Point], watched: Sequence[Watched]) -> Iterator[Point]:
        """A point that takes the side, by steps that make its margin grow."""
        margin = np.where(self._finite(watched), side.margin(watched), -np.inf)
        best = int(np.argmax(margin))
        base, reached = candidates[best], float(margin[best])
        centre, idle = _FIRST_STEP, 0
        for _ in range(_ROUNDS if np.isfinite(reached) else 0):
            sizes = 10.0 ** (centre + self.rng.uniform(*_SPREAD, min(_STEPS, self.count)))
            steps = [near(self.case, base, size, self.rng) for size in sizes]
            found = self.watched(steps)
            hits = list(self._chosen(steps, found, [side], 1))
            if hits:
                yield hits[0]
                return
            margin = np.where(self._finite(found), side.margin(found), -np.inf)
            best = int(np.argmax(margin))
            gain = float(margin[best]) - reached
            idle = 0 if gain > _PROGRESS * abs(reached) else idle + 1
            if gain > 0:
                base, reached, centre = steps[best], float(margin[best]), float(np.log10(sizes[best]))
            else:
                centre -= 1
            if idle == _PATIENCE or self.spent > _MOST_SPENT * BUDGET:
                return


def _plainness(point: Point) -> tuple[bool, float]:
    """Points with differing entries before those of one number throughout; then the smaller ones."""
    arrays = [np.asarray(value) for value in point.values()]
    flat = any(array.size > 1 and np.all(array == array.ravel()[0]) for array in arrays)
    return flat, max(
        (float(np.max(np.abs(array), initial=0.0)) for array in arrays if array.dtype.kind == "f"), default=0.0
    )
