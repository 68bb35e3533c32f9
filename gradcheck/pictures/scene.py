"""What there is to draw of a verdict: the case and the reading that it is about, its sides, the point, the entry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck import decimals
from gradcheck.cases import Case, cases
from gradcheck.claim import Assumption, Reading
from gradcheck.expressions import Derivative, Point, Value
from gradcheck.judging.outcome import Comparable
from gradcheck.verdict import Counterexample, Verdict

Array = np.ndarray[Any, np.dtype[Any]]

KINDS = ("derivative", "gradient", "jacobian", "vjp", "jvp")
DIGITS = 6  # of every number that is kept; the ends of ranges have three
_MOST_HELD = 6  # numbers of the other inputs that a caption shows


class NothingToDrawError(Exception):
    """A verdict of which there is no picture of some sort; the message says why, as a clause that follows "not measured"."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Both sides of what a verdict is about, at the point that it shows, with the entry that it names first.

    ``entry`` is an index of the array that is compared (for an elementwise derivative, the Jacobian); ``marked`` tells
    whether the point is a counterexample.
    """

    verdict: Verdict
    sides: Comparable
    point: Point
    entry: tuple[int, ...]
    marked: bool

    @property
    def truth(self) -> Derivative:
        """The derivative that is true."""
        assert isinstance(self.sides.truth, Derivative), "a scene is made of a derivative"
        return self.sides.truth

    @property
    def claimed(self) -> Value:
        """What is claimed."""
        assert isinstance(self.sides.claimed, Value), "a scene is made of a claimed value"
        return self.sides.claimed


def scene_of(verdict: Verdict, assumed: bool = False) -> Scene:
    """The scene at the counterexample, else at the sample point; under the unstated assumption if ``assumed``.

    Raises:
        NothingToDrawError: the claim is no formula for a derivative, or the verdict tells of no point.
        EvaluationError: a function of the claim raises.
    """
    claim = verdict.claim
    if claim.kind not in KINDS:
        article = "an" if claim.kind[0] in "aeiou" else "a"
        raise NothingToDrawError(f"it is {article} {claim.kind} and no formula for a first derivative")
    if verdict.status == "unreadable":
        raise NothingToDrawError("the claim is unreadable")
    if claim.primal is None or not claim.readings:
        raise NothingToDrawError("nothing was transcribed")
    shown = verdict.sample if assumed or verdict.counterexample is None else verdict.counterexample
    case = case_of(verdict, shown, assumed)
    sides = Comparable(case, case.claimed(reading_of(verdict)), case.truth())
    assert isinstance(sides.truth, Derivative), "claims of these kinds are about a derivative"
    sides.truth.check_kind()
    point = point_of(case, shown)
    said, meant = sides.claimed.shape(point), sides.truth.shape(point)
    if said != meant:
        raise NothingToDrawError(f"an array of shape {said} is claimed, and the derivative has shape {meant}")
    entry = shown.worst.index if shown is not None and shown.entries else _first(sides, point)
    return Scene(verdict, sides, point, entry, shown is not None and shown is verdict.counterexample)


def case_of(verdict: Verdict, shown: Counterexample | None, assumed: bool = False) -> Case:
    """The case with the generic functions of the point that is shown."""
    claim = verdict.claim
    in_force = [known for known in claim.assumptions if known.stated or (assumed and _needed(known, verdict))]
    found = cases(claim, in_force)
    if not found:
        raise NothingToDrawError("no generic function has the traits assumed")
    given = dict(shown.given) if shown is not None else found[0].given
    return next((case for case in found if case.given == given), found[0])


def _needed(assumption: Assumption, verdict: Verdict) -> bool:
    """Whether it is the one, or one of those, that a conditional verdict needs."""
    return assumption.text in (verdict.assumption, *verdict.assumption.split(" and "))


def reading_of(verdict: Verdict) -> Reading:
    """The reading that the verdict shows: of several the first that fails, else the first."""
    status = {result.name: result.status for result in verdict.readings}
    readings = verdict.claim.readings
    return next((reading for reading in readings if status.get(reading.name) == "fails"), readings[0])


def point_of(case: Case, shown: Counterexample | None) -> Point:
    """The point that is shown, in the dtypes of the case; its example where a verdict shows none."""
    example = case.example()
    if shown is None or set(shown.inputs) != set(example):
        return example
    return {name: np.asarray(shown.inputs[name], dtype=value.dtype) for name, value in example.items()}


def _first(sides: Comparable, point: Point) -> tuple[int, ...]:
    """The first entry of what is compared."""
    shape = sides.truth.shape(point)
    return (0, 0) if sides.elementwise else (0,) * len(shape)


def entries_of(scene: Scene) -> int:
    """How many numbers are claimed at a point."""
    return math.prod(scene.truth.shape(scene.point))


def name_of(name: str, shape: tuple[int, ...], place: int) -> str:
    """How an entry of an input is called: ``x``, ``x[2]``, ``W[0, 1]``."""
    return f"{name}{decimals.index(tuple(int(i) for i in np.unravel_index(place, shape)))}" if shape else name


def held(point: Point, wrt: str, place: int | None) -> str:
    """The other inputs and entries with their values, as far as a caption has room; ``place`` varies, None shows all."""
    parts, left_out, shown = list[str](), list[str](), 0
    for name, value in point.items():
        varies = name == wrt and place is not None
        others = [other for other in range(value.size) if not (varies and other == place)]
        shown += len(others)
        if shown > _MOST_HELD:
            left_out += [f"the rest of {name}" if varies else name] * bool(others)
        elif varies:
            parts += [f"{name_of(name, value.shape, other)} = {_number(value.flat[other])}" for other in others]
        else:
            parts.append(f"{name} = {decimals.numbers(_rounded(value))}")
    if left_out:
        first, last = ", ".join(left_out[:-1]), left_out[-1]
        parts.append(f"{first} and {last} as at the point shown" if first else f"{last} as at the point shown")
    return ", ".join(parts)


def _rounded(value: Array) -> Any:
    return np.vectorize(lambda number: float(f"{float(number):.{DIGITS}g}"))(value) if value.size else value


def _number(value: Any) -> str:
    return decimals.numbers(float(f"{float(value):.{DIGITS}g}"))


def few(value: float, digits: int = DIGITS) -> float | None:
    """A float of few digits, so that it is the same on every machine; None where it is not finite."""
    value = float(value)
    return float(f"{value:.{digits}g}") + 0.0 if math.isfinite(value) else None


def strictly(value: float, digits: int = DIGITS) -> float:
    """`few` of a finite number."""
    rounded = few(value, digits)
    assert rounded is not None, "the number is finite"
    return rounded
