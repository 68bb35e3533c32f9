"""One point at which all lines of a derivation are evaluated, so that a reader sees the numbers of both members of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.cases import Case, NoPointError
from gradcheck.claim import Claim
from gradcheck.derivations.model import Derivation, LineReport
from gradcheck.expressions import EvaluationError, Expression, Point
from gradcheck.numbers.balls import RADIUS, midpoints, precision
from gradcheck.numbers.system import CannotDecideError, NoRuleError

Array = np.ndarray[Any, np.dtype[Any]]

DIGITS = 6
BITS = 128


@dataclass(frozen=True)
class Sample:
    """The point as nested lists, the functions that stand in for generic ones there, and the value of every line."""

    shown: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    values: tuple[Any, ...] = ()


def sampled(derivation: Derivation, wrong: LineReport | None, conditions: tuple[str, ...], seed: int) -> Sample:
    """The lines at the counterexample of the first wrong one, else at a generic point that meets every condition needed."""
    generic = _at(derivation, None, conditions, seed)
    if wrong is None:
        return generic
    number = wrong.number - 1
    if number and generic.values[number] is not None and generic.values[number] != generic.values[number - 1]:
        return generic
    return _at(derivation, wrong, conditions, seed)


def _at(derivation: Derivation, wrong: LineReport | None, conditions: tuple[str, ...], seed: int) -> Sample:
    """The lines at the counterexample of a wrong one, or at a generic point."""
    claim = derivation.claim
    nothing = Sample(values=(None,) * len(claim.steps))
    assumed = [one for one in claim.assumptions if one.stated or any(one.text in told for told in conditions)]
    found = wrong.step or wrong.itself if wrong is not None else None
    shown = found.counterexample if found is not None else None
    if shown is not None and wrong is not None:
        assumed = [one for one in claim.assumptions if one.stated]
    chosen = derivation.made(claim, assumed)
    if not chosen:
        return nothing
    case = chosen[0]
    point: Point | None
    if shown is not None and set(claim.inputs) <= set(shown.inputs):
        case = next((one for one in chosen if one.given == dict(shown.given)), case)
        point = {name: np.asarray(shown.inputs[name], dtype=_dtype(case, name)) for name in claim.inputs}
    else:
        point = _generic(case, seed)
    if point is None:
        return nothing
    plain = {name: _rounded(np.asarray(value)).tolist() for name, value in point.items()}
    values = tuple(_value(derivation, case, number, point) for number in range(len(claim.steps)))
    return Sample(plain, case.given, values)


def _dtype(case: Case, name: str) -> np.dtype[Any]:
    return np.asarray(case.example()[name]).dtype


def _generic(case: Case, seed: int) -> Point | None:
    """A point of the domain, in numbers as short as the domain allows."""
    try:
        point = dict(next(iter(case.points(seed, 1, 0))))
    except (NoPointError, StopIteration):
        return None
    for name, value in list(point.items()):
        if np.asarray(value).dtype.kind != "f":
            continue
        for places in (1, 2, 3):
            short = np.asarray(np.round(value, places))
            if case.spaces[name].contains(short) and len(set(short.ravel().tolist())) == short.size:
                if case.admits({**point, name: short}):
                    point[name] = short
                break
    return point


def _value(derivation: Derivation, case: Case, number: int, point: Point) -> Any:
    """The value of a line, the derivative itself where that is the line; None where it has none."""
    value = derivation.claim.steps[number].value
    if number in derivation.read.unread:
        return None
    if value is not None:
        found = evaluated(case.value("the line", value, list(case.claim.inputs)), point)
    else:
        found = _derivative(derivation, case, point)
    for axis in sorted(derivation.read.repeated.get(number, {}), reverse=True):
        found = None if found is None else np.take(np.asarray(found), 0, axis=axis).tolist()
    return found


def _derivative(derivation: Derivation, case: Case, point: Point) -> Any:
    """The derivative at the point, in the form of the line after it."""
    from gradcheck.derivations.judging import Asked

    form = Asked(derivation, 0).form(min(1, len(derivation.claim.steps) - 1))
    if form is None:
        return None
    asked: Claim = derivation.claim
    truth = Case(_as(asked, form), case.spaces, case.generics, case.predicates).truth()
    found = evaluated(truth, point)
    if form == "derivative" and found is not None:
        shape = np.shape(point[str(asked.wrt)])
        return np.reshape(np.diagonal(np.asarray(found, dtype=object)), shape).tolist()
    return found


def _as(claim: Claim, form: Any) -> Claim:
    from dataclasses import replace

    return replace(claim, kind=form, steps=(), claimed=lambda *_: None, recorded=None)


def evaluated(expression: Expression, point: Point) -> Any:
    """A value as nested lists of numbers of few digits, alike on every machine; None where it has none."""
    try:
        with precision(BITS):
            balls = expression.balls(point)
            numbers = np.where(
                np.abs(midpoints(balls)) > np.asarray(RADIUS(balls), dtype=np.float64), midpoints(balls), 0.0
            )
    except (NoRuleError, CannotDecideError):
        try:
            numbers = expression.floats(point)  # type: ignore[union-attr] # a black box has a value, never a derivative
        except (EvaluationError, AttributeError):
            return None
    except EvaluationError:
        return None
    return _rounded(np.asarray(numbers, dtype=np.float64)).tolist()


def _rounded(array: Array) -> Array:
    """Numbers of few digits; what is no number stays."""
    if array.dtype.kind != "f":
        return array
    flat = [float(f"{number:.{DIGITS - 1}e}") if np.isfinite(number) else number for number in array.ravel()]
    return np.asarray([number + 0.0 for number in flat]).reshape(array.shape)
