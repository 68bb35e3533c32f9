"""A claim made in code, at its points: the arguments themselves first, then points that are grown from them or drawn.

Grown points are cut to where the function is finite; where it raises, the claim is called too, and what it does is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.cases import Case, NoPointError
from gradcheck.claim import Assumption, Claim
from gradcheck.domains import Near, Space, Symmetric, Weights, Whole
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.functions.leaves import Arguments, take_apart
from gradcheck.functions.options import UsageError
from gradcheck.verdict import ORACLES

Array = np.ndarray[Any, np.dtype[Any]]

_TRIES = 100


@dataclass
class Refusals:
    """Grown points at which the primal raises: how many, the first of them, and what it raised.

    ``reshaped`` counts those at which it returns another shape than at the arguments, ``shapes`` are the two of the first.
    """

    count: int = 0
    point: Point | None = None
    error: str = ""
    reshaped: int = 0
    shapes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Trial(Case):
    """One leaf's claim with its points.

    ``first`` is the arguments; ``drawn`` the points of a domain that was given as a whole (None: they are grown).
    ``inline_rules`` says that the primal's own derivative rules are what is claimed, and not to be used for the truth;
    ``floats_only`` is the reason not to enclose anything, if there is one, and ``oracles`` says which are heard.
    """

    first: Point = field(default_factory=dict)
    drawn: Sequence[Point] | None = None
    inline_rules: bool = False
    refusals: Refusals = field(default_factory=Refusals)
    floats_only: str = ""
    oracles: Sequence[str] = ORACLES

    @property
    def open(self) -> bool:
        """Not if the domain tells its points itself."""
        return self.drawn is None

    @property
    def runs(self) -> bool:
        """Code is run."""
        return True

    def is_given(self, point: Point) -> bool:
        """The arguments are given."""
        return all(np.array_equal(point[name], value) for name, value in self.first.items())

    def primal(self) -> Value:
        """The function that the claim is about."""
        primal = super().primal()
        return replace(primal, inline_rules=True) if self.inline_rules else primal

    @cached_property
    def _example(self) -> Point:
        """The arguments, with a direction of ones and halves where the claim takes one."""
        missing = [name for name in self.spaces if name not in self.first]
        return {**{name: self.spaces[name].sample(np.random.default_rng(0)) for name in missing}, **self.first}

    def _direction(self, rng: np.random.Generator) -> dict[str, Array]:
        """A tangent or cotangent, if the claim takes one."""
        return {name: space.sample(rng) for name, space in self.spaces.items() if name not in self.first}

    def points(self, seed: int, generic: int, special: int) -> Iterator[Point]:
        """The arguments; then the drawn points, or `generic` and `special` grown ones.

        Raises:
            NoPointError: the arguments do not lie in the domain.
        """
        given = all(self.spaces[name].contains(value) for name, value in self.first.items())
        if given and not self.admits(self.first):
            raise NoPointError("the arguments themselves do not satisfy assume=")
        if not generic and not special and self.first.keys() >= self.spaces.keys():  # nothing is drawn
            if given:
                yield dict(self.first)
            return
        rng = np.random.default_rng([seed, *self.claim.name.encode()])
        if given:
            yield {**self._direction(rng), **self.first}
        if self.drawn is not None:
            for point in self.drawn[: generic + special]:
                if self.admits(point) and self._defined(point):
                    yield {**self._direction(rng), **point}
            return
        found = 0
        for _ in range(_TRIES if generic else 0):
            point = {name: space.sample(rng) for name, space in self.spaces.items()}
            if self.admits(point) and self._defined(point):
                found += 1
                yield point
            if found >= generic:
                break
        yield from self._special(rng, special)

    def _special(self, rng: np.random.Generator, count: int) -> Iterator[Point]:
        """The special values of each input in turn, the differentiated one first, with the others generic or as given."""
        wrt = self.claim.wrt
        names = sorted(self.spaces, key=lambda name: (name != wrt, list(self.spaces).index(name)))
        queues = [(name, self.spaces[name].special()) for name in names]
        base = self.example()
        while queues and count > 0:
            remaining = []
            for name, queue in queues:
                value = next(queue, None)
                if value is None or count <= 0:
                    continue
                remaining.append((name, queue))
                drawn = {other: space.sample(rng) for other, space in self.spaces.items()}
                for candidate in self._variants(name, value):
                    point = next(
                        (p for p in ({**drawn, name: candidate}, {**base, name: candidate}) if self._usable(p)), None
                    )
                    if point is not None:
                        count -= 1
                        yield point
                        break
            queues = remaining

    def _variants(self, name: str, value: Array) -> Iterator[Array]:
        """A value, and its absolute one where that differs: much is defined for positive numbers only."""
        yield value
        if value.dtype.kind not in "biu" and np.any(value < 0) and self.spaces[name].contains(abs(value)):
            yield abs(value)

    def _usable(self, point: Point) -> bool:
        return self.admits(point) and self._defined(point)

    def _defined(self, point: Point) -> bool:
        """Whether the primal has finite values at a point, of the shape that it has at the arguments."""
        try:
            value = np.asarray(self._primal.floats(point), dtype=np.float64)
            if value.shape != self._shape:
                self.refusals.reshaped += 1
                self.refusals.shapes = self.refusals.shapes or (self._shape, value.shape)
                return False
            return bool(np.all(np.isfinite(value)))
        except EvaluationError as error:
            self.refusals.count += 1
            if self.refusals.point is None:
                self.refusals.point, self.refusals.error = point, str(error)
            return False

    @cached_property
    def _primal(self) -> Value:
        return self.primal()

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        """The shape of what the primal returns at the arguments."""
        return np.shape(self._primal.floats(self.example()))


def trials(
    claim: Claim,
    assumptions: Sequence[Assumption],
    first: Mapping[str, Array],
    drawn: Sequence[Point] | None,
    inline_rules: bool,
    direction: Array,
    refusals: Refusals,
    floats_only: str = "",
    oracles: Sequence[str] = ORACLES,
) -> list[Case]:
    """The one case of a claim in code under the assumptions given; `direction` is what cotangents or tangents are like."""
    spaces: dict[str, Space] = dict(claim.inputs)
    for assumption in assumptions:
        spaces.update(assumption.spaces)
    if claim.kind in ("vjp", "jvp"):
        spaces = {"cotangent" if claim.kind == "vjp" else "tangent": Near(direction), **spaces}
    predicates = tuple(assumption for assumption in assumptions if assumption.where)
    return [Trial(claim, spaces, {}, predicates, dict(first), drawn, inline_rules, refusals, floats_only, oracles)]


def grown_space(value: Array, checked: bool, low: float = -math.inf, high: float = math.inf) -> Space:
    """The space that grows from one argument; rows of weights that sum to 1 stay so where they are not differentiated."""
    if value.dtype.kind in "biu":
        return Whole(value)
    if not checked and Weights.describes(value) and not math.isfinite(low) and not math.isfinite(high):
        return Weights(value)
    return Near(value, low, high)


def tacit(name: str, value: Array, space: Space) -> Iterator[Assumption]:
    """What is true of an argument, though nobody has said that it must be: tried where the claim fails without it."""
    if not isinstance(space, Near):
        return
    if Weights.describes(value):
        yield Assumption(f"{name} sums to 1 along its last axis", stated=False, spaces={name: Weights(value)})
    square = value.ndim >= 2 and value.shape[-1] == value.shape[-2] >= 2
    if square and np.array_equal(value, np.swapaxes(value, -1, -2)):
        yield Assumption(f"{name} is symmetric", stated=False, spaces={name: Symmetric(space)})
    if value.size and np.all(value > 0) and space.low < 0:
        yield Assumption(f"{name} > 0", stated=False, spaces={name: Near(value, 0.0, space.high)})
    elif value.size and np.all(value < 0) and space.high > 0:
        yield Assumption(f"{name} < 0", stated=False, spaces={name: Near(value, space.low, 0.0)})


def drawn_points(domain: Any, arguments: Arguments, count: int, seed: int) -> list[Point]:
    """Points of a domain that is given as a whole: a Hypothesis strategy of args, or a callable ``rng -> args``.

    Raises:
        UsageError: it is neither, or what it draws has another tree or other shapes than the arguments.
    """
    if hasattr(domain, "filter") and hasattr(domain, "example"):
        draws = _hypothesis_draws(domain, count, seed)
    elif callable(domain):
        rng = np.random.default_rng(seed)
        draws = [domain(rng) for _ in range(count)]
    else:
        raise UsageError(
            f"domain: {type(domain).__name__} was given; a Hypothesis strategy of args, a callable rng -> args, or intervals "
            f'such as {{"x": (0, 1)}} are expected'
        )
    names, expected = [leaf.name for leaf in arguments.leaves], [leaf.value.shape for leaf in arguments.leaves]
    points: list[Point] = []
    for draw in draws:
        args = draw if isinstance(draw, tuple) else (draw,)
        found = take_apart(args, [f"args[{i}]" for i in range(len(args))])
        shapes = [leaf.value.shape for leaf in found.leaves]
        if found.tree != arguments.tree or shapes != expected:
            raise UsageError(
                f"domain: it draws arguments of shapes {shapes}, where args has {expected} for {', '.join(names)}; "
                f"the same tree and shapes are expected"
            )
        values = [
            part.astype(own)
            for leaf, like in zip(found.leaves, arguments.leaves, strict=True)
            for part, own in zip((p for _, p in leaf.parts), (p.dtype for _, p in like.parts), strict=True)
        ]
        points.append(dict(zip(arguments.inputs, values, strict=True)))
    return points


def _hypothesis_draws(strategy: Any, count: int, seed: int) -> list[Any]:
    """The first examples of a strategy, the same for the same seed.

    Raises:
        UsageError: Hypothesis is drawing already, and refuses to be asked within.
    """
    from hypothesis import HealthCheck, Phase, currently_in_test_context, given, settings
    from hypothesis import seed as seeded

    if currently_in_test_context():
        raise UsageError(
            "domain: a strategy cannot be drawn from inside a test that Hypothesis runs; let the test draw args from it, with "
            "@gc.given_args, and leave out domain="
        )
    draws: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=max(count, 1),
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        draws.append(value)

    collect()
    return draws[:count]
