"""Verdicts and audits with pictures: what gets which, and what happens when something goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradcheck import pictures
from gradcheck.audit import Audit
from gradcheck.checking import check
from gradcheck.claim import Claim, Generic, Reading
from gradcheck.domains import Reals
from gradcheck.verdict import Verdict
from tests.pictures.claims import (
    black_box,
    claim,
    judged,
    printed_derivative,
    relu,
    sigmoid,
    softmax,
    softmax_jacobian,
    step,
)

VECTOR = {"x": Reals(3)}


def sorts(verdict: Verdict) -> list[str]:
    return [type(picture).__name__ for picture in verdict.pictures]


def test_a_claim_that_holds_has_a_curve_a_sweep_and_its_digits() -> None:
    verdict = pictures.illustrated(judged(sigmoid, printed_derivative))
    assert sorts(verdict) == ["Curve", "Sweep", "Agreement"]
    assert verdict.quality is not None
    assert verdict.quality.sentence.startswith("right, but unstable below x = -355")


def test_a_wrong_one_has_what_shows_where_and_no_quality() -> None:
    verdict = pictures.illustrated(judged(sigmoid, lambda x: printed_derivative(x) + 0.1))
    assert sorts(verdict) == ["Curve", "Sweep"]
    assert verdict.quality is not None
    assert verdict.quality.reason == "the claim fails"
    jacobian = pictures.illustrated(judged(softmax, lambda x: np.diag(softmax(x)), "jacobian", VECTOR))
    assert sorts(jacobian) == ["Heat", "Sweep"]


def test_an_elementwise_claim_with_dependence_off_the_diagonal_has_a_heat_map() -> None:
    verdict = pictures.illustrated(judged(lambda x: x * np.sum(x), lambda x: x + np.sum(x), "derivative", VECTOR))
    assert verdict.counterexample is not None
    first, second = verdict.counterexample.worst.index
    assert ("Heat" in sorts(verdict)) == (first != second)


def test_an_entry_that_is_told_as_one_of_the_argument_is_the_same_entry() -> None:
    verdict = judged(lambda x: np.tanh(x), lambda x: np.cosh(x) ** -2 + np.array([0, 0, 1.0]), "derivative", VECTOR)
    shown = verdict.counterexample
    assert shown is not None
    assert shown.worst.index == (2, 2)
    flat = replace(verdict, counterexample=replace(shown, entries=(replace(shown.worst, index=(2,)),)))
    assert pictures.illustrated(flat).pictures == pictures.illustrated(verdict).pictures
    assert pictures.illustrated(flat).pictures[0].axis == "x[2]"


def test_the_same_verdict_gives_the_same_pictures() -> None:
    verdict = judged(sigmoid, printed_derivative)
    assert pictures.illustrated(verdict, seed=1) == pictures.illustrated(verdict, seed=2)


def test_the_case_and_the_reading_that_the_verdict_shows_are_drawn() -> None:
    square = Generic("square", lambda x: x**2, lambda x: np.diag(2 * x))
    cube = Generic("cube", lambda x: x**3, lambda x: np.diag(3 * x**2))

    def primal(x: Any, f: Any) -> Any:
        return np.sum(f(x))

    def right_for_squares(x: Any, f: Any) -> Any:
        return 2 * x

    verdict = judged(primal, right_for_squares, "gradient", VECTOR, generics={"f": (square, cube)})
    drawn = pictures.illustrated(verdict)
    assert verdict.counterexample is not None
    assert verdict.counterexample.given == {"f": "cube"}
    (heat,) = [picture for picture in drawn.pictures if type(picture).__name__ == "Heat"]
    assert heat.wrong

    readings = (Reading("as a column", step), Reading("doubled", lambda x: 2 * step(x)))
    ambiguous = pictures.illustrated(judged(relu, readings))
    assert ambiguous.status == "ambiguous"
    curve = ambiguous.pictures[0]
    assert max(value for value in curve.claimed if value is not None) == 2.0


def test_what_cannot_be_drawn_is_absent() -> None:
    assert sorts(pictures.illustrated(judged(np.exp, np.exp, "equality", wrt=None))) == []
    shape = pictures.illustrated(judged(softmax, lambda x: softmax(x), "jacobian", VECTOR))
    assert shape.status == "fails"
    assert sorts(shape) == []
    unread = Verdict(claim(sigmoid, sigmoid), "unreadable")
    assert pictures.illustrated(unread).pictures == ()


def test_a_black_box_claim_has_the_pictures_that_it_can_have() -> None:
    assert sorts(pictures.illustrated(judged(lambda x: x**3 / 3, black_box))) == ["Curve", "Sweep"]
    assert sorts(pictures.illustrated(judged(black_box, lambda x: 3 * x))) == []


def test_what_a_function_raises_at_other_numbers_is_nobodys_problem_but_a_fault_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdict = judged(sigmoid, printed_derivative)

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(pictures, "curve", broken)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        pictures.drawn(verdict)
    kept = pictures.illustrated(verdict)
    assert kept.status == "holds"
    assert sorts(kept) == ["Agreement"]


def _audit(*claims: Claim) -> Audit:
    made = tuple(replace(one, name=f"c{i}") for i, one in enumerate(claims))
    return Audit(made, tuple(check(one) for one in made))


def test_an_audit_gets_pictures_of_findings_and_the_quality_of_the_rest() -> None:
    audit = _audit(
        claim(sigmoid, printed_derivative),
        claim(relu, lambda x: 2 * step(x)),
        claim(softmax, softmax_jacobian, "jacobian", VECTOR),
    )
    done = pictures.illustrate(audit)
    assert [sorts(verdict) for verdict in done.verdicts] == [["Agreement"], ["Curve"], ["Agreement"]]
    assert [verdict.quality.measured for verdict in done.verdicts if verdict.quality] == [True, False, True]
    assert (done.claims, done.counts) == (audit.claims, audit.counts)


def test_findings_go_first_where_an_audit_is_long() -> None:
    audit = _audit(claim(sigmoid, printed_derivative), claim(relu, lambda x: 2 * step(x)))
    one = pictures.illustrate(audit, most=1)
    assert [sorts(verdict) for verdict in one.verdicts] == [[], ["Curve"]]
    assert pictures.illustrate(audit, most=0) == audit


def test_the_verdicts_of_documents_are_the_same_objects(tmp_path: Any) -> None:
    from gradcheck.audit import audit

    file = tmp_path / "page.md"
    file.write_text("The derivative: $\\frac{d}{dx} x^2 = 3x$ for real x.\n", encoding="utf-8")
    done = pictures.illustrate(audit([], documents=[file]))
    (document,) = done.documents
    assert document.verdicts == done.verdicts
    assert all(a is b for a, b in zip(document.verdicts, done.verdicts, strict=True))
    assert sorts(done.verdicts[0]) == ["Curve", "Sweep"]
