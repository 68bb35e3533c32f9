"""Counterexamples are proven, inside the spaces, admitted by the assumptions, and short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck import Assumption, Claim, Integers, OneHot, Reals, Sheet, Simplex, Space, Verdict
from gradcheck.cases import cases
from gradcheck.checking import check
from gradcheck.judge import judge, settle
from gradcheck.judging.outcome import Comparable
from gradcheck.shrink import shorten, wrong_at

Array = Any
VECTOR: dict[str, Space] = {"x": Reals(3)}


def claim(kind: Any, **fields: Any) -> Claim:
    return Sheet("tests", "none.txt", "Tests").claim("c", kind, 1, "f", **fields)


def sides_of(made: Claim) -> Comparable:
    (case,) = cases(made, [known for known in made.assumptions if known.stated])
    return Comparable(case, case.claimed(made.readings[0]), case.truth())


def numbers_of(found: Verdict) -> dict[str, Array]:
    assert found.counterexample is not None
    return {name: np.array(value) for name, value in found.counterexample.inputs.items()}


def sum_of_squares(x: Array) -> Array:
    return np.sum(x * x)


def squares_with_labels(x: Array, t: Array, i: Array) -> Array:
    return np.sum(t * x * x) + 0 * i


WRONG: dict[str, dict[str, Any]] = {
    "everywhere": {"kind": "gradient", "primal": sum_of_squares, "claimed": lambda x: x, "inputs": VECTOR, "wrt": "x"},
    "below zero": {
        "kind": "derivative",
        "primal": np.exp,
        "claimed": lambda x: np.where(x > 0, np.exp(x), 0 * x),
        "inputs": VECTOR,
        "wrt": "x",
    },
    "beyond two": {
        "kind": "derivative",
        "primal": lambda x: np.where(x > 2, x * x, 4 * x - 4),
        "claimed": lambda x: 0 * x + 4,
        "inputs": {"x": Reals()},
        "wrt": "x",
    },
    "between zero and one": {
        "kind": "derivative",
        "primal": np.log,
        "claimed": lambda x: 1 / x + (1 - x),
        "inputs": {"x": Reals(low=0, high=1)},
        "wrt": "x",
    },
    "narrow": {
        "kind": "derivative",
        "primal": np.log,
        "claimed": lambda x: 2 / x,
        "inputs": {"x": Reals(2, low=0, high=1e-3)},
        "wrt": "x",
    },
    "with labels": {
        "kind": "gradient",
        "primal": squares_with_labels,
        "claimed": lambda x, t, i: 2 * t * x + i,
        "inputs": {"x": Reals(3), "t": OneHot(3), "i": Integers(low=1, high=4)},
        "wrt": "x",
    },
    "on a simplex": {
        "kind": "gradient",
        "primal": lambda x: np.sum(x * np.log(x)),
        "claimed": lambda x: np.log(x),
        "inputs": {"x": Simplex(3)},
        "wrt": "x",
    },
    "of a vjp": {"kind": "vjp", "primal": np.sin, "claimed": lambda w, x: w, "inputs": VECTOR, "wrt": "x"},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_counterexample_lies_in_its_spaces_and_is_proven_there(name: str) -> None:
    fields = dict(WRONG[name])
    made = claim(fields.pop("kind"), **fields)
    found = check(made)
    assert (found.status, found.certified) == ("fails", True)
    point = numbers_of(found)
    sides = sides_of(made)
    assert all(space.contains(point[input_]) for input_, space in sides.case.spaces.items())
    comparison, claimed, true = settle(sides, point)
    assert np.any(comparison.wrong)
    assert found.counterexample is not None
    worst = found.counterexample.worst
    assert worst.wrong
    assert abs(float(claimed[worst.index].mid()) - float(true[worst.index].mid())) == pytest.approx(worst.error)


SHORT = {
    "everywhere": {"x": [1.0, 1.0, 1.0]},
    "below zero": {"x": [1.0, -1.0, 1.0]},
    "with labels": {"x": [1.0, 1.0, 1.0], "t": [1.0, 0.0, 0.0], "i": 1},
    "of a vjp": {"cotangent": [1.0, 1.0, 1.0], "x": [1.0, 1.0, 1.0]},
    "on a simplex": {"x": [0.25, 0.25, 0.5]},
}


@pytest.mark.parametrize("name", SHORT)
def test_a_counterexample_is_as_short_as_can_be(name: str) -> None:
    fields = dict(WRONG[name])
    found = check(claim(fields.pop("kind"), **fields))
    assert found.counterexample is not None
    assert found.counterexample.inputs == SHORT[name]


def test_numbers_have_few_digits_where_ones_will_not_do() -> None:
    fields = dict(WRONG["beyond two"])
    number = float(numbers_of(check(claim(fields.pop("kind"), **fields)))["x"])
    assert number > 2
    assert number.is_integer()
    assert number < 10
    fields = dict(WRONG["between zero and one"])
    number = float(numbers_of(check(claim(fields.pop("kind"), **fields)))["x"])
    assert 0 < number < 1
    assert number == round(number, 2)


def test_a_counterexample_satisfies_the_stated_assumptions() -> None:
    def rising(x: Array) -> bool:
        return bool(np.all(np.diff(x) > 0) and x[0] > 1)

    fields = {"primal": sum_of_squares, "claimed": lambda x: x, "inputs": VECTOR, "wrt": "x"}
    found = check(claim("gradient", **fields, assumptions=(Assumption("1 < x₁ < x₂ < x₃", True, where=rising),)))
    assert found.status == "fails"
    assert rising(numbers_of(found)["x"])


def test_a_kink_is_no_counterexample_though_the_float_oracles_have_another_convention_there() -> None:
    def claimed(x: Array) -> Array:
        return np.where(x > 0, 1.0, np.where(x < 0, 0.25, 1.0))

    made = claim("derivative", primal=lambda x: np.maximum(x, 0), claimed=claimed, inputs=VECTOR, wrt="x")
    sides = sides_of(made)
    assert not wrong_at(sides, {"x": np.zeros(3)})
    assert not wrong_at(sides, {"x": np.ones(3)})
    assert wrong_at(sides, {"x": -np.ones(3)})
    found = check(made)
    assert found.status == "fails"
    assert np.any(numbers_of(found)["x"] < 0)


def test_a_point_outside_the_assumptions_is_not_wrong() -> None:
    fields: Mapping[str, Any] = {"primal": sum_of_squares, "claimed": lambda x: x, "inputs": VECTOR, "wrt": "x"}
    positive = Assumption("x > 0", True, where=lambda x: bool(np.all(x > 0)))
    sides = sides_of(claim("gradient", **fields, assumptions=(positive,)))
    assert wrong_at(sides, {"x": np.ones(3)})
    assert not wrong_at(sides, {"x": -np.ones(3)})


def test_what_cannot_be_shortened_stays_as_it_was() -> None:
    def spike(x: Array) -> Array:
        return np.where(np.abs(x - 0.1234567) < 1e-9, x, 0 * x)

    made = claim("equality", primal=spike, claimed=lambda x: 0 * x, inputs={"x": Reals()})
    sides = sides_of(made)
    wrong = claim("equality", primal=spike, claimed=lambda x: 0 * x + 1, inputs={"x": Reals()})
    outcome = judge(sides_of(wrong), 0, 3, 0)
    assert outcome.status == "fails"
    assert shorten(sides, outcome) == outcome


def test_the_same_claim_gives_the_same_counterexample() -> None:
    fields = dict(WRONG["beyond two"])
    made = claim(fields.pop("kind"), **fields)
    assert check(made).counterexample == check(made).counterexample
