"""Points to try where a side of a comparison is sought: other sizes, single entries moved, and the program's own constants.

A side that the usual points miss mostly lies at another scale, or next to a number that stands in the program: ``x > 40``.
Everything stays inside of the spaces of the case; whether the predicates admit a point is asked of the few that matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gradcheck.adequacy.margins import Array
from gradcheck.cases import Case
from gradcheck.domains import Near, Reals, Space
from gradcheck.expressions import Point
from gradcheck.numbers.plan import Plan, plan_of
from gradcheck.program.program import Program

FACTORS = (1e1, 1e2, 1e3, 1e-2, 1e-4, 1e5, 1e-7)
_BESIDE = (1.001, 0.999, 1.5, 0.5, 2.0)
_MOST_CONSTANTS = 12


def constants_of(program: Program) -> list[float]:
    """The finite numbers that stand in a program, those in its comparisons first; small arrays of them count."""
    compared: list[float] = []
    others: list[float] = []
    for plan in _plans(plan_of(program)):
        asked = {slot for i in plan.instructions if i.name in _COMPARING for slot in i.ins}
        for slot, value in plan.constants.items():
            if value.dtype.kind == "f" and value.size <= 8:
                (compared if slot in asked else others).extend(map(float, np.ravel(value)))
    return [c for c in dict.fromkeys((*compared, *others)) if np.isfinite(c)][:_MOST_CONSTANTS]


_COMPARING = ("gt", "ge", "lt", "le", "eq", "ne", "max", "min", "clamp", "sub")


def _plans(plan: Plan) -> Iterator[Plan]:
    yield plan
    for instruction in plan.instructions:
        for value in instruction.params.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Plan):
                    yield from _plans(part)


def movable(case: Case) -> list[str]:
    """The inputs whose entries may be set one by one, the differentiated one first."""
    names = [name for name, space in case.spaces.items() if isinstance(space, Reals | Near) and 0 not in space.shape]
    return sorted(names, key=lambda name: name != case.claim.wrt)


def inside(space: Space, value: Array) -> Array:
    """The value with every entry moved into the bounds of the space, in its dtype."""
    if not isinstance(space, Reals | Near):
        return value
    low, high = (bound - sign * 1e-6 * max(1.0, abs(bound)) if np.isfinite(bound) else bound for bound, sign in
                 ((space.low, -1.0), (space.high, 1.0)))  # fmt: skip
    dtype = space.example.dtype if isinstance(space, Near) else np.dtype(np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(value, low, high)).astype(dtype)


def ties(case: Case, bases: Sequence[Point], constants: Iterable[float]) -> Iterator[Point]:
    """Points at the constants themselves, and with one input equal to another of its shape."""
    base, names = bases[0], movable(case)
    for c in constants:
        for name in names:
            for number in dict.fromkeys((c, -c)):
                yield {**base, name: inside(case.spaces[name], np.full(np.shape(base[name]), number))}
    for a, b in itertools.combinations(names, 2):
        if np.shape(base[a]) == np.shape(base[b]):
            yield {**base, b: inside(case.spaces[b], np.asarray(base[a], dtype=np.float64))}


def pool(case: Case, bases: Sequence[Point], constants: Sequence[float], rng: np.random.Generator) -> Iterator[Point]:
    """An endless row of points, from plain to far; the bases are points that have been visited."""
    names = movable(case)
    for number in (c * factor if c else factor - 1.25 for c in constants for factor in _BESIDE):
        for name in names:
            base = bases[0]
            yield {**base, name: inside(case.spaces[name], np.full(np.shape(base[name]), number))}
            yield _one_entry(case, base, name, number, rng)
    for turn in itertools.count():
        base = bases[turn % len(bases)]
        sample = {name: space.sample(rng) for name, space in case.spaces.items()}
        yield sample
        factor = FACTORS[turn % len(FACTORS)]
        for name in names:
            scaled = inside(case.spaces[name], np.asarray(sample[name], dtype=np.float64) * factor)
            yield {**base, name: scaled}
            entry = float(rng.normal()) * factor * _scale(case.spaces[name])
            yield _one_entry(case, base, name, entry, rng)
        yield {
            name: inside(case.spaces[name], np.asarray(value, dtype=np.float64) * factor) if name in names else value
            for name, value in sample.items()
        }


def near(case: Case, base: Point, step: float, rng: np.random.Generator) -> Point:
    """A point close to a base, by steps of about the relative size given, in some entries of the inputs that may be moved."""
    point = dict(base)
    for name in movable(case):
        value = np.asarray(base[name], dtype=np.float64)
        chosen = rng.uniform(size=value.shape) < rng.uniform(0.1, 1.1)
        size = np.maximum(np.abs(value), _scale(case.spaces[name]))
        point[name] = inside(case.spaces[name], value + chosen * rng.normal(size=value.shape) * step * size)
    return point


def _scale(space: Space) -> float:
    return space.scale if isinstance(space, Near) else 1.0


def _one_entry(case: Case, base: Point, name: str, number: float, rng: np.random.Generator) -> Point:
    value = np.array(base[name], dtype=np.float64)
    if value.ndim:
        value[tuple(int(rng.integers(n)) for n in value.shape)] = number
    else:
        value = np.asarray(number)
    return {**base, name: inside(case.spaces[name], value)}
