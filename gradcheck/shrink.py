"""Counterexamples in short numbers: Hypothesis searches the inputs' spaces and shrinks, whole numbers before decimals.

Candidates are screened at low precision with the certified oracle, so that a kink is never mistaken for a fault, and the
one that is kept is proven at full precision again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.compare import compare
from gradcheck.domains import Near, Reals
from gradcheck.expressions import EvaluationError, Point
from gradcheck.judge import settle
from gradcheck.judging.hearing import hear
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.judging.shown import example_at
from gradcheck.numbers.balls import precision
from gradcheck.numbers.system import CannotDecideError, NoRuleError

_PLAIN = (Near, Reals)
BUDGET = 32  # candidates screened for one counterexample


class _SpentError(BaseException):
    """The budget is used up. Not an Exception, so that Hypothesis does not take it for a finding."""


def shorten(sides: Comparable, outcome: Outcome) -> Outcome:
    """The outcome with a counterexample in shorter numbers, if one is found and proven; else as it was."""
    best = _search(sides, outcome)
    if best is None:
        return outcome
    comparison, claimed, true = settle(sides, best)
    if not np.any(comparison.wrong):
        return outcome
    evidence, _ = hear(sides, best, comparison, claimed, true)
    shown = example_at(sides, best, claimed, true, comparison)
    wrong = int(np.count_nonzero(comparison.wrong))
    return replace(outcome, counterexample=shown, evidence=evidence, failing=best, wrong=wrong)


def _search(sides: Comparable, outcome: Outcome) -> Point | None:
    """The first of the plainest points that fails; else the shortest to read of those that Hypothesis comes by."""
    for point in _plainest(sides):
        if wrong_at(sides, point):
            return point
    failing = _found(sides)
    if outcome.failing is not None and not any(_shortest(sides, point) for point in failing):
        rounded = {
            name: np.asarray(np.round(value)) if value.dtype.kind == "f" else value
            for name, value in outcome.failing.items()
        }
        if all(sides.case.spaces[name].contains(value) for name, value in rounded.items()) and wrong_at(sides, rounded):
            failing.append(rounded)
    return min(failing, key=_length) if failing else None


def _plainest(sides: Comparable) -> Iterator[Point]:
    """Points of ones and minus ones, scalars then 2; nothing is shorter without hiding faults behind zeros."""
    spaces = sides.case.spaces
    others = {
        name: next(space.special(), space.sample(np.random.default_rng(0)))
        for name, space in spaces.items()
        if not isinstance(space, _PLAIN)
    }
    for first, ratio, scalar in ((1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (-1.0, 1.0, 1.0), (1.0, -1.0, 2.0)):
        point = dict(others)
        for name, space in spaces.items():
            if isinstance(space, _PLAIN):
                size = int(np.prod(space.shape))
                value = (first * ratio ** np.arange(size)).reshape(space.shape) if space.shape else np.array(scalar)
                point[name] = space.at_scale(value) if isinstance(space, Near) else value
        if all(space.contains(point[name]) for name, space in spaces.items()):
            yield {name: point[name] for name in spaces}


def _found(sides: Comparable) -> list[Point]:
    """Every failing point that Hypothesis comes by, until one cannot be shorter or the budget is spent.

    None inside a test that Hypothesis runs: it shrinks the arguments there, and refuses to be asked within.
    """
    from hypothesis import HealthCheck, Phase, currently_in_test_context, find, settings
    from hypothesis import strategies as st
    from hypothesis.errors import NoSuchExample, Unsatisfiable

    if currently_in_test_context():
        return []
    names = list(sides.case.spaces)
    strategy = st.tuples(*(sides.case.spaces[name].strategy() for name in names))
    failing: list[Point] = []
    left = [BUDGET]

    def fails(values: tuple[Any, ...]) -> bool:
        if not left[0]:
            raise _SpentError
        left[0] -= 1
        point = dict(zip(names, values, strict=True))
        if not wrong_at(sides, point):
            return False
        failing.append(point)
        if _shortest(sides, point):
            raise _SpentError
        return True

    quiet = settings(
        max_examples=BUDGET,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    with suppress(NoSuchExample, Unsatisfiable, _SpentError):
        find(strategy, fails, settings=quiet, random=random.Random(0))  # noqa: S311 - reproducibility, not secrecy
    return failing


def _shortest(sides: Comparable, point: Point) -> bool:
    """Whether every real number is 1 or −1: nothing is shorter without hiding faults behind zeros."""
    return all(
        np.all(np.abs(point[name]) == (space.scale if isinstance(space, Near) else 1))
        for name, space in sides.case.spaces.items()
        if isinstance(space, _PLAIN)
    )


def wrong_at(sides: Comparable, point: Point) -> bool:
    """Whether the claim is proven wrong at a point, at low precision and in the domain."""
    if not sides.case.admits(point):
        return False
    try:
        with precision(64):
            claimed, true = sides.balls(point)
            return bool(np.any(compare(claimed, true).wrong))
    except (NoRuleError, CannotDecideError, EvaluationError):
        return False


def _length(point: Point) -> tuple[int, float, float]:
    """How long a point is to read: zeros, then digits after the decimal point, then size."""
    numbers = np.concatenate([np.ravel(value).astype(np.float64) for value in point.values()])
    decimals = sum(len(f"{number:.12g}".partition(".")[2]) for number in numbers)
    return int(np.sum(numbers == 0)), float(decimals), float(np.sum(np.abs(numbers)))
