"""What a verdict says in one sentence, whether it is as recorded, and that nothing but *holds* looks like a pass."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradcheck import Claim, Reals, Record, Sheet, Verdict
from gradcheck.claim import STATUSES, Status
from gradcheck.verdict import Counterexample, Entry, Evidence


def claim(recorded: Record | None = None) -> Claim:
    sheet = Sheet("tests", "none.txt", "Tests")
    return sheet.claim(
        "c", "gradient", 1, "f", primal=np.sum, claimed=np.ones_like, inputs={"x": Reals(2)}, wrt="x", recorded=recorded
    )


def wrong(index: tuple[int, ...] = (1,), claimed: str = "2", true: str = "0.5 ± 1e-30") -> Counterexample:
    return Counterexample({"x": [1.0, 2.0]}, (Entry(index, claimed, true, 1.5, True),))


@pytest.mark.parametrize("status", STATUSES)
def test_without_a_record_only_holds_is_as_recorded(status: Status) -> None:
    assert Verdict(claim(), status).as_recorded == (status == "holds")


@pytest.mark.parametrize("recorded", STATUSES)
@pytest.mark.parametrize("status", STATUSES)
def test_a_record_is_met_by_the_same_verdict_only(recorded: Status, status: Status) -> None:
    assert Verdict(claim(Record(recorded, "known")), status).as_recorded == (status == recorded)


SENTENCES: dict[str, tuple[dict[str, Any], str]] = {
    "holds": ({"status": "holds", "certified": True, "digits": 35}, "holds, certified, to 35 digits"),
    "holds in floats": (
        {"status": "holds", "digits": 12, "reason": "not certified: a black box"},
        "holds, to 12 digits: not certified: a black box",
    ),
    "fails": (
        {"status": "fails", "certified": True, "counterexample": wrong()},
        "fails, certified: 2 is claimed at entry [1], and 0.5 is true",
    ),
    "fails in a scalar": (
        {"status": "fails", "certified": True, "counterexample": wrong(())},
        "fails, certified: 2 is claimed, and 0.5 is true",
    ),
    "fails for want of a number": (
        {"status": "fails", "counterexample": wrong((), "no finite value", "1")},
        "fails: no finite value is claimed, and 1 is true",
    ),
    "conditional": (
        {"status": "conditional", "certified": True, "assumption": "Σt = 1", "digits": 33, "counterexample": wrong(())},
        "holds only if Σt = 1, certified: without it, 2 is claimed, and 0.5 is true",
    ),
    "undecided": (
        {"status": "undecided", "reason": "nothing to compare: the arrays have no entries"},
        "undecided: nothing to compare: the arrays have no entries",
    ),
    "unreadable": (
        {"status": "unreadable", "reason": "no formula is left at this line of the document"},
        "unreadable: no formula is left at this line of the document",
    ),
    "fails by its shape": (
        {"status": "fails", "diagnosis": "shape 3×2 for 2×3: transposed"},
        "fails: shape 3×2 for 2×3: transposed",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_verdict_in_one_sentence(name: str) -> None:
    fields, sentence = SENTENCES[name]
    assert Verdict(claim(), **fields).sentence() == sentence


def test_digits_are_told_of_what_holds_and_of_nothing_else() -> None:
    fails = Verdict(claim(), "fails", digits=30, counterexample=wrong())
    assert "digits" not in fails.sentence()
    assert "to 30 digits" in replace(fails, status="holds").sentence()


def test_evidence_is_found_by_its_oracle_and_absence_is_not_agreement() -> None:
    heard = Evidence("autodiff", "disagrees", "2")
    verdict = Verdict(claim(), "fails", evidence=(heard,))
    assert verdict.oracle("autodiff") is heard
    assert verdict.oracle("certified") == Evidence("certified", "not applicable")


def test_the_worst_entry_is_the_first() -> None:
    shown = Counterexample({}, (*wrong((1,)).entries, *wrong((0,)).entries))
    assert shown.worst.index == (1,)


def test_entries_that_are_made_later_are_made_once_and_are_those_of_any_other() -> None:
    asked: list[int] = []

    def entries() -> tuple[Entry, ...]:
        asked.append(1)
        return wrong((1,)).entries

    later = Counterexample.later({"x": [1.0, 2.0]}, entries, {})
    assert later.inputs == {"x": [1.0, 2.0]}
    assert asked == []
    assert later == wrong((1,))
    assert later != wrong((0,))
    assert later.worst.index == (1,)
    assert asked == [1]
    with pytest.raises(AttributeError, match="'Counterexample' object has no attribute 'entry'"):
        _ = later.entry  # type: ignore[attr-defined] # that is what is tested


def test_entries_that_are_made_later_travel_to_another_process() -> None:
    later = Counterexample.later({"x": [1.0, 2.0]}, lambda: wrong((1,)).entries, {"f": "softmax"})
    again = pickle.loads(pickle.dumps(later))  # noqa: S301 - written by the same line
    assert again == later == Counterexample({"x": [1.0, 2.0]}, wrong((1,)).entries, {"f": "softmax"})
    assert "_later" not in vars(again)
    assert repr(again) == repr(later)
