"""The range over which float64 keeps its digits is measured: where a form cancels or overflows, and its stable twin not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Assumption
from gradcheck.domains import Integers, OneHot, Reals
from gradcheck.library.digits import MOST, Compared, compared, faults, measured, remarks
from gradcheck.library.entries import Digits, Stretch
from gradcheck.library.formulas import Formula, Library, Stable
from gradcheck.library.words import kept_in_short, number, ranges


def formula(forward: Any, derivative: Any = np.cos, stable: Stable | None = None, **fields: Any) -> Formula:
    given = {"inputs": {"x": Reals()}, "printed": "g", **fields}
    if "gradient" not in fields:
        given["derivative"] = derivative
    return Library("notes", "notes.py", "Notes").formula(
        "one", "One", formula="f", forward=forward, source="somebody", stable=stable, **given
    )


def textbook_softplus(x: Any) -> Any:
    return np.log(1 + np.exp(x))


def stable_softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def textbook_expm1(x: Any) -> Any:
    return np.exp(x) - 1


def norm(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


def scaled_norm(x: Any) -> Any:
    largest = np.max(np.abs(x))
    return largest * np.sqrt(np.sum((x / largest) ** 2))


def stretch_at(stretches: tuple[Stretch, ...], t: float) -> str:
    return next((one.outcome for one in stretches if one.low <= t <= one.high), "between")


def test_a_logarithm_of_one_and_an_exponential_loses_its_digits_and_its_stable_form_keeps_them() -> None:
    found, _ = measured(formula(textbook_softplus, stable=Stable("why", forward=stable_softplus)))
    assert found.what == "forward" and found.axis == "x" and found.where == ""
    outcomes = [one.outcome for one in found.textbook]
    assert outcomes == ["underflows", "lost", "kept", "overflows"]
    _, lost, kept, _ = found.textbook
    assert lost.high == pytest.approx(-10.5, abs=1) and kept.high == pytest.approx(709.5, abs=1)
    assert lost.digits == 0.0 and kept.digits >= 12
    assert [one.outcome for one in found.stable] == ["underflows", "kept"]
    assert found.stable[1].high == 1e300 and found.stable[1].digits > 15


def test_a_difference_near_zero_loses_its_digits_on_both_sides_of_zero() -> None:
    found, _ = measured(formula(textbook_expm1, stable=Stable("why", forward=np.expm1)))
    assert stretch_at(found.textbook, 1e-9) == stretch_at(found.textbook, -1e-9) == "lost"
    assert stretch_at(found.textbook, 0.0) == stretch_at(found.textbook, 1e-3) == "kept"
    assert [one.outcome for one in found.stable] == ["kept"]
    told = ranges(found.textbook, "x")
    assert told[1].startswith("loses digits (all of them at worst) for −") and told[1].endswith(", save at 0")


def test_an_array_runs_as_a_whole_and_its_worst_entry_counts() -> None:
    stable = Stable("why", forward=scaled_norm)
    made = formula(norm, stable=stable, inputs={"x": Reals(3)}, gradient=lambda x: x / norm(x))
    forward, gradient = measured(made)
    assert forward.axis == "t" and forward.where.startswith("x = t · [")
    assert stretch_at(forward.textbook, 1e100) == "kept" and stretch_at(forward.textbook, 1e160) == "overflows"
    assert stretch_at(forward.textbook, 1e-170) == "lost"
    assert stretch_at(forward.stable, 1e160) == stretch_at(forward.stable, 1e-170) == "kept"
    assert stretch_at(gradient.textbook, 1e160) == "lost" and gradient.stable == ()


def test_infinity_is_right_where_truth_overflows_and_a_number_that_is_none_is_told() -> None:
    found, quotient = measured(formula(np.exp, lambda x: np.exp(x) / (1 + np.exp(x))))
    assert stretch_at(found.textbook, 1e5) == "kept" and stretch_at(found.textbook, -1e5) == "underflows"
    assert stretch_at(quotient.textbook, 1e5) == "not a number" and stretch_at(quotient.textbook, 5.0) == "kept"


def test_a_finite_domain_is_looked_at_up_to_its_ends() -> None:
    inside, outside = Reals(low=0, high=1), Reals()
    found, _ = measured(formula(lambda x: np.log(1 - x), lambda x: 1 / (x - 1), inputs={"x": inside}))
    low, high = found.textbook[0].low, found.textbook[-1].high
    assert 0 < low <= 1e-299 and 0.99 < high <= 1
    wide, _ = measured(formula(lambda x: x * 1.0, inputs={"x": outside}))
    assert (wide.textbook[0].low, wide.textbook[0].high) == (-1e300, 1e300)


def test_predicates_of_stated_assumptions_are_obeyed() -> None:
    far = Assumption("x is above 2", stated=True, where=lambda x: bool(x > 2))
    found, _ = measured(formula(textbook_expm1, assumptions=(far,)))
    assert found.textbook[0].low > 2 and [one.outcome for one in found.textbook] == ["kept"]


def test_the_input_that_runs_can_be_chosen() -> None:
    def ratio(a: Any, x: Any) -> Any:
        return (np.exp(x) - 1) * a

    fields = {"inputs": {"a": Reals(), "x": Reals()}, "derivative": lambda a, x: (np.expm1(x), a * np.exp(x))}
    fields["printed"] = {"a": "g", "x": "h"}
    library = Library("notes", "notes.py", "Notes")
    made = library.formula("one", "One", formula="f", forward=ratio, source="somebody", **fields)
    other = library.formula(
        "two", "Two", formula="f", forward=ratio, source="somebody", stable=Stable("why", along="x"), **fields
    )
    assert (measured(made)[0].axis, measured(other)[0].axis) == ("a", "x")
    wrong = library.formula(
        "three", "Three", formula="f", forward=ratio, source="s", stable=Stable("why", along="y"), **fields
    )
    assert measured(wrong)[0].reason == "along='y' is no real input of notes::three; there are: a, x"


@pytest.mark.parametrize("space", [OneHot(3), Integers(3, low=0, high=2)])
def test_what_cannot_grow_is_not_measured_and_it_is_told_why(space: Any) -> None:
    library = Library("notes", "notes.py", "Notes")
    one = library.formula(
        "one",
        "One",
        formula="f",
        forward=lambda x, w: np.sum(x * 1.0) * np.sum(w),
        source="s",
        inputs={"x": space, "w": OneHot(2)},
        printed={"w": "g"},
        gradient=lambda x, w: w,
    )
    assert measured(one)[0].reason == "it has no real input that could grow and shrink"


def test_what_no_ball_encloses_is_not_measured() -> None:
    made = formula(lambda x: np.asarray(float(str(float(x)))))
    assert measured(made)[0].reason == "no ball arithmetic encloses what it truly is"


def both(made: Formula) -> list[Compared]:
    return [one for one in compared(made) if isinstance(one, Compared)]


def test_a_stable_form_that_is_stable_has_no_fault() -> None:
    good = both(formula(textbook_softplus, stable=Stable("why", forward=stable_softplus)))
    assert faults(good) == remarks(good) == []
    none = both(formula(textbook_softplus))
    assert faults(none) == remarks(none) == []


def test_a_stable_form_that_is_not_stable_is_told_so() -> None:
    (told,) = faults(both(formula(np.expm1, stable=Stable("why", forward=textbook_expm1))))
    assert told.startswith("the stable form of the forward keeps fewer digits than the textbook's at x = ")
    assert told.endswith(": 0.0 instead of 15.9")
    (worse,) = faults(both(formula(stable_softplus, stable=Stable("why", forward=textbook_softplus))))
    assert "the stable form of the forward keeps fewer digits than the textbook's at x = " in worse


def shifted_softmax(x: Any) -> Any:
    shifted = np.exp(x - np.max(x))
    return shifted / np.sum(shifted)


def by_outer(x: Any) -> Any:
    return np.diag(shifted_softmax(x)) - np.outer(shifted_softmax(x), shifted_softmax(x))


def by_factors(x: Any) -> Any:
    p = shifted_softmax(x)
    return p[:, None] * (np.eye(3) - p)


def test_luck_with_rounding_at_the_brink_of_a_range_is_no_fault() -> None:
    fields: dict[str, Any] = {"inputs": {"x": Reals(3)}, "printed": "g", "source": "s"}
    library = Library("notes", "notes.py", "Notes")
    alike = Stable("why", derivative=by_factors)
    one = library.formula("one", "One", formula="f", forward=shifted_softmax, jacobian=by_outer, stable=alike, **fields)
    _, derivative = both(one)
    assert derivative.stable is not None and derivative.textbook.outcomes != derivative.stable.outcomes
    assert faults([derivative]) == []


def test_infinity_by_accident_where_truth_overflows_is_not_ahead() -> None:
    stable = Stable("why", forward=lambda x: -(x**2) + (x**2 - x**2))
    forward, _ = both(formula(lambda x: -(x**2), stable=stable))
    assert forward.stable is not None and forward.stable.outcomes[-1] == "not a number"
    assert forward.textbook.outcomes[-1] == "kept" and faults([forward]) == []


def test_a_stable_form_of_no_use_along_its_input_is_remarked() -> None:
    same = both(formula(np.expm1, stable=Stable("why", forward=lambda x: np.expm1(x))))
    assert faults(same) == []
    assert remarks(same) == [
        "the stable form keeps its digits nowhere along x where the textbook's loses them; Stable(along=...) may"
    ]


class Definite:
    """Positive definite matrices, of which a multiple is one."""

    shape, differentiable = (2, 2), True

    def sample(self, rng: Any) -> Any:
        return np.array([[2.0, 0.5], [0.5, 1.0]])

    def special(self) -> Any:
        return iter(())

    def strategy(self) -> Any:
        raise NotImplementedError

    def contains(self, value: Any) -> bool:
        np.linalg.cholesky(value)
        return True


def test_matrices_that_stay_in_their_space_grow_and_shrink() -> None:
    made = formula(np.linalg.det, inputs={"A": Definite()}, gradient=lambda A: np.linalg.det(A) * np.linalg.inv(A).T)
    found = measured(made)[0]
    assert found.where == "A = t · [[2, 0.5], [0.5, 1]]" and found.textbook[0].low > 0
    assert stretch_at(found.textbook, 1.0) == "kept"


def test_both_forms_are_looked_at_in_the_same_places() -> None:
    found = compared(formula(textbook_softplus, stable=Stable("why", forward=stable_softplus)))[0]
    assert not isinstance(found, Digits) and found.stable is not None
    assert np.array_equal(found.textbook.ts, found.stable.ts) and bool(np.all(np.diff(found.textbook.ts) > 0))
    assert len(found.textbook.outcomes) == len(found.textbook.ts) == len(found.textbook.digits)
    assert max(found.stable.digits[~np.isnan(found.stable.digits)]) <= MOST


def test_ranges_are_told_in_words() -> None:
    every = (Stretch(-1e300, 1e300, "kept", 15.0),)
    assert ranges(every, "x") == ["keeps 12 digits everywhere"]
    parts = (
        Stretch(-1e300, -1e-300, "not a number", 0.0),
        Stretch(0.0, 0.0, "overflows", 0.0),
        Stretch(1e-300, 2.5, "lost", 3.2),
        Stretch(2.6, 1e300, "kept", 13.0),
    )
    assert ranges(parts, "t") == [
        "gives no number for t < 0",
        "overflows at t = 0",
        "loses digits (3.2 are left at worst) for 0 < t ≤ 2.5",
        "keeps 12 digits for t ≥ 2.6",
    ]
    assert kept_in_short(Digits("forward", "t", "", parts, every), "textbook") == "keeps 12 digits for t ≥ 2.6"
    assert kept_in_short(Digits("forward", "t", "", parts[:3], every), "textbook") == "keeps 12 digits nowhere"
    assert kept_in_short(Digits("forward", "t", "", parts, every), "stable") == "keeps 12 digits everywhere"
    assert number(-1.5e-7) == "−1.5e−07" and number(math.pi) == "3.14"
