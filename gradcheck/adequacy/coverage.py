"""Points for the sides of comparisons that no point has taken: sought in floats, so that what lies there is judged too.

A fault may hide behind ``np.where(x > 40, …)``: no usual point comes there. Candidates at many scales and next to the
program's own constants are run in one pass; where none takes a side, a local search makes the margin of the comparison grow.
What is found depends on the seed alone. A side that is never reached is named with its place.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.adequacy import targets
from gradcheck.adequacy.candidates import constants_of, movable, near, pool, ties
from gradcheck.adequacy.effort import effort
from gradcheck.adequacy.margins import Array, Watched, comparisons, watch
from gradcheck.adequacy.targets import OneSide, Target
from gradcheck.cases import Case
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.program.program import Program

DIRECTIONS = ("cotangent", "tangent")  # the inputs that a claim is asked along
BUDGET = 2e7  # numbers computed for one pool of candidates, at most: some tens of milliseconds
_MOST_SPENT = 3  # times the budget, with everything that is looked at on the way
_POOL = 128
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


def seek(case: Case, values: Sequence[Value], visited: Sequence[Point], seed: int, grow: bool = True) -> Found:
    """Points that take the sides not taken at the `visited` ones, in the programs of `values` (the primal is the first).

    ``grow`` says whether points beside the visited ones are of the domain at all. Ties are looked for next to the programs'
    constants only, and are not missed where there are none. Programs that are too expensive for a search are left alone.
    """
    search = _Search(case, values, seed)
    visited = [point for point in visited if telling(point)]
    if not visited or not search.required or search.count < _FEWEST:
        return Found()
    missing, untied, unmet = (
        search.not_taken(wanted, visited) for wanted in (search.required, search.ties, search.pairs)
    )
    found: list[Point] = []
    if grow and movable(case):
        for _ in range(2):  # what is found may lead to comparisons within a branch
            new = list(search.found_for(missing, untied, unmet, [*visited, *found]))
            found += new
            missing, untied, unmet = search.not_taken(missing, new), [], []
            if not new or not missing:
                break
    never = (f"{told}, in {search.values[target.view].name}" for target in missing if (told := target.never()))
    return Found(tuple(found), tuple(dict.fromkeys(never)))


def _traced(value: Value) -> bool:
    return isinstance(value.program, Program) and bool(value.program.inputs)


def telling(point: Point) -> bool:
    """Whether the direction of a VJP or JVP, if there is one, has no zeros: these hide what they meet."""
    return all(np.all(np.asarray(point[name]) != 0) for name in DIRECTIONS if name in point)


def admitted(case: Case, point: Point) -> bool:
    """Whether a point lies in the spaces of a case, satisfies its predicates (one that raises is not satisfied), and tells."""
    try:
        if not telling(point):
            return False
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
        between = [*targets.pieces(known), *(targets.apart(known) if known else ())]
        self.required: list[Target] = [*targets.sides(known), *(piece for piece, _ in between)]
        self.middles = [middle for _, middle in between]
        self.ties: list[Target] = list(targets.ties(known))
        self.pairs: list[Target] = list(targets.pairs(known))
        self.count, self.each, self.pass_, self.spent = 0, 1.0, 0.0, 0.0
        if self.required:
            self.rng = np.random.default_rng([seed, *case.claim.name.encode()])
            efforts = [effort(program) for program in self.programs]
            self.each += sum(each for each, _ in efforts)
            self.pass_ = sum(once for _, once in efforts)
            self.count = int(min(_POOL, (BUDGET - self.pass_) / self.each))

    def watched(self, points: Sequence[Point]) -> list[Watched]:
        """Every program at the points."""
        self.spent += self.pass_ + self.each * len(points)
        return [
            watch(program, [self._stacked(points, name) for name in value.arguments], len(points))
            for value, program in zip(self.values, self.programs, strict=True)
        ]

    def _stacked(self, points: Sequence[Point], name: str) -> Array:
        return np.stack([np.asarray(point[name]) for point in points])

    def found_for(
        self, missing: Sequence[Target], untied: Sequence[Target], unmet: Sequence[Target], bases: Sequence[Point]
    ) -> Iterator[Point]:
        """New points: for each target that is missing up to two, for each tie and each pair one, if there is one at hand."""
        constants = list(dict.fromkeys((*self.middles, *itertools.chain(*map(constants_of, self.programs)))))
        chosen: list[Point] = []
        exact = [*untied, *(target for target in missing if isinstance(target, OneSide) and target.side == "tied")]
        if exact:
            candidates = list(itertools.islice(ties(self.case, bases, constants), min(_MOST_TIES, self.count)))
            if candidates:
                chosen = list(self._chosen(candidates, self.watched(candidates), exact, [1] * len(exact)))
                yield from chosen
        missing, unmet = self.not_taken(missing, chosen), self.not_taken(unmet, chosen)
        if not missing and not unmet:
            return
        candidates = list(itertools.islice(pool(self.case, bases, constants, self.rng), self.count))
        watched = self.watched(candidates)
        wanted = [*missing, *unmet]
        chosen = list(self._chosen(candidates, watched, wanted, [2] * len(missing) + [1] * len(unmet)))
        yield from chosen
        for target in self.not_taken(missing, chosen)[:_MOST_SOUGHT]:
            if self.spent > _MOST_SPENT * BUDGET:
                return
            yield from self._climbed(target, candidates, watched)

    def not_taken(self, wanted: Sequence[Target], points: Sequence[Point]) -> list[Target]:
        """Those targets that none of the points takes where the primal is finite."""
        if not points or not wanted:
            return list(wanted)
        watched = self.watched(points)
        finite = self._finite(watched)
        return [target for target in wanted if not np.any(target.taken(watched) & finite)]

    def _chosen(
        self, candidates: Sequence[Point], watched: Sequence[Watched], wanted: Sequence[Target], most: Sequence[int]
    ) -> Iterator[Point]:
        """The plainest points of the domain that take the targets; one that takes several counts for all of them."""
        order = sorted(range(len(candidates)), key=lambda i: _plainness(candidates[i]))
        taken = np.stack([target.taken(watched) for target in wanted])
        left = np.array(most)
        for i in order:
            new = taken[:, i] & (left > 0)
            if np.any(new) and self._finite(watched)[i] and self._admitted(candidates[i]):
                left -= new
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

    def _climbed(self, target: Target, candidates: Sequence[Point], watched: Sequence[Watched]) -> Iterator[Point]:
        """A point that takes the target, by steps that make its margin grow."""
        margin = np.where(self._finite(watched), target.margin(watched), -np.inf)
        best = int(np.argmax(margin))
        base, reached = candidates[best], float(margin[best])
        centre, idle = _FIRST_STEP, 0
        for _ in range(_ROUNDS if np.isfinite(reached) else 0):
            sizes = 10.0 ** (centre + self.rng.uniform(*_SPREAD, min(_STEPS, self.count)))
            steps = [near(self.case, base, size, self.rng) for size in sizes]
            found = self.watched(steps)
            hits = list(self._chosen(steps, found, [target], [1]))
            if hits:
                yield hits[0]
                return
            margin = np.where(self._finite(found), target.margin(found), -np.inf)
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
