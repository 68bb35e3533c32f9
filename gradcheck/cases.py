"""From a claim to cases: every choice of generic functions and of one reading, with the points at which it is judged."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.claim import Assumption, Claim, Generic, Reading
from gradcheck.domains import Reals, Space
from gradcheck.expressions import Derivative, Point, Value, wrapped
from gradcheck.verdict import ORACLES

Array = np.ndarray[Any, np.dtype[Any]]

_DIRECTION = {"vjp": "cotangent", "jvp": "tangent"}
_TRIES = 200


class NoPointError(Exception):
    """No point of the domain satisfies the assumptions: the message says which, and how many were tried."""


@dataclass(frozen=True)
class Case:
    """One concrete form of a claim: its inputs' spaces, the generic functions that stand in, and the predicates to satisfy."""

    claim: Claim
    spaces: Mapping[str, Space]
    generics: Mapping[str, Generic]
    predicates: tuple[Assumption, ...]

    @property
    def given(self) -> dict[str, str]:
        """Names of the generic functions, for messages."""
        return {name: generic.name for name, generic in self.generics.items()}

    @property
    def numbers(self) -> int:
        """How many numbers the inputs hold."""
        return sum(int(np.prod(space.shape)) for space in self.spaces.values())

    @property
    def open(self) -> bool:
        """Whether points beside those that `points` tells are of the domain, as far as spaces and predicates admit them."""
        return True

    @property
    def floats_only(self) -> str:
        """Why nothing is to be enclosed; empty where it is to be tried."""
        return ""

    @property
    def oracles(self) -> Sequence[str]:
        """Which oracles are heard."""
        return ORACLES

    @property
    def inline_rules(self) -> bool:
        """Whether the rules that the primal brings along are what is claimed."""
        return False

    @property
    def runs(self) -> bool:
        """Whether the claim is code that somebody runs, so that what it gives in floats counts, too."""
        return False

    def is_given(self, point: Point) -> bool:
        """Whether somebody has given this very point, so that it must be right there, kink or not."""
        return False

    def value(self, name: str, function: Any, arguments: Sequence[str]) -> Value:
        """A function of the claim as an expression, with the generic functions bound."""
        bound = functools.partial(function, **self.generics) if self.generics else function
        if self.generics:
            functools.update_wrapper(bound, function)
        key = tuple(sorted(self.generics.items(), key=lambda item: item[0]))
        return Value(
            name, _Keyed(function, bound, key) if self.generics else function, tuple(arguments), self.example()
        )

    def primal(self) -> Value:
        """The function that the claim is about."""
        return self.value("the primal", self.claim.primal, list(self.claim.inputs))

    def truth(self) -> Derivative | Value:
        """What the claimed expression is compared with."""
        claim = self.claim
        if claim.kind == "equality":
            return self.primal()
        assert claim.wrt is not None, "claims of derivative kinds are refused without wrt"
        kind = "jacobian" if claim.kind in ("structure", "derivation") else claim.kind
        return Derivative(self.primal(), claim.wrt, kind, claim.layout, "autodiff" in self.oracles)

    def claimed(self, reading: Reading) -> Value:
        """What is claimed, by one reading."""
        direction = _DIRECTION.get(self.claim.kind)
        arguments = [*([direction] if direction else []), *self.claim.inputs]
        return self.value("the claimed formula", reading.claimed, arguments)

    def example(self) -> Point:
        """A generic point, for tracing; one of the domain, where a few draws find one."""
        return self._example

    @functools.cached_property
    def _example(self) -> Point:
        rng = np.random.default_rng(0)
        draws = ({name: space.sample(rng) for name, space in self.spaces.items()} for _ in range(_TRIES))
        first = next(draws)
        if not self.predicates or self.admits(first):
            return first
        return next((point for point in draws if self.admits(point)), first)

    def admits(self, point: Point) -> bool:
        """Whether the point satisfies every predicate of the assumptions in force.

        Raises:
            EvaluationError: a predicate raises, or returns something that is neither true nor false.
        """
        arguments = {name: point[name] for name in self.claim.inputs}
        for assumption in self.predicates:
            try:
                if assumption.where is not None and not bool(assumption.where(**arguments)):
                    return False
            except Exception as error:
                raise wrapped(f"the predicate of {assumption.text!r}", error) from error
        return True

    def points(self, seed: int, generic: int, special: int) -> Iterator[Point]:
        """Seeded points: generic ones first, then the special values of each input with generic others.

        Raises:
            NoPointError: the predicates admitted none of the generic draws.
        """
        rng = np.random.default_rng([seed, *self.claim.name.encode()])
        found = 0
        for _ in range(_TRIES):
            point = {name: space.sample(rng) for name, space in self.spaces.items()}
            if self.admits(point):
                found += 1
                yield point
            if found >= generic:
                break
        if not found:
            texts = "; ".join(assumption.text for assumption in self.predicates)
            raise NoPointError(f"none of {_TRIES} points drawn satisfies: {texts}")
        yield from self._special_points(rng, special)

    def _special_points(self, rng: np.random.Generator, count: int) -> Iterator[Point]:
        """Round-robin over the inputs, the differentiated one first."""
        wrt = self.claim.wrt
        names = sorted(self.spaces, key=lambda name: (name != wrt, list(self.spaces).index(name)))
        queues = [(name, self.spaces[name].special()) for name in names]
        while queues and count > 0:
            remaining = []
            for name, queue in queues:
                value = next(queue, None)
                if value is None:
                    continue
                remaining.append((name, queue))
                point = {other: space.sample(rng) for other, space in self.spaces.items()}
                point[name] = value
                if count > 0 and self.admits(point):
                    count -= 1
                    yield point
            queues = remaining


class _Keyed:
    """A function with generic functions bound, equal to another with the same ones, so that it is traced once."""

    def __init__(self, function: Any, bound: Any, key: tuple[Any, ...]) -> None:
        self._identity = (function, key)
        self._bound = bound
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "function")

    def __call__(self, *args: Any) -> Any:
        return self._bound(*args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)


def cases(claim: Claim, assumptions: Sequence[Assumption]) -> list[Case]:
    """The cases of a claim under the assumptions given (stated ones and those that are being tried).

    Schematic claims: every generic function is used at least once; choices are cycled, not multiplied out. There is no
    case if no function has all the traits that are assumed.
    """
    spaces = dict(claim.inputs)
    for assumption in assumptions:
        spaces.update(assumption.spaces)
    traits = {assumption.trait for assumption in assumptions if assumption.trait}
    choices = {
        name: [generic for generic in generics if _has(generic, traits, generics)]
        for name, generics in claim.generics.items()
    }
    if not all(choices.values()):
        return []
    predicates = tuple(assumption for assumption in assumptions if assumption.where)
    rounds = max((len(options) for options in choices.values()), default=1)
    made = []
    for i in range(rounds):
        chosen = {name: options[i % len(options)] for name, options in choices.items()}
        made.append(_with_direction(Case(claim, spaces, chosen, predicates)))
    return made


def _has(generic: Generic, traits: set[str], all_: Sequence[Generic]) -> bool:
    """A trait restricts only the families of functions in which some member has it."""
    relevant = {trait for trait in traits if any(trait in other.traits for other in all_)}
    return relevant <= generic.traits


def _with_direction(case: Case) -> Case:
    """VJP and JVP claims have one more input: a dense cotangent or tangent."""
    kind = case.claim.kind
    if kind not in _DIRECTION:
        return case
    if kind == "jvp":
        assert case.claim.wrt is not None, "claims of derivative kinds are refused without wrt"
        shape = case.claim.inputs[case.claim.wrt].shape
    else:
        shape = case.primal().floats(case.example()).shape
    spaces = {_DIRECTION[kind]: Reals(*shape), **case.spaces}
    return Case(case.claim, spaces, case.generics, case.predicates)
