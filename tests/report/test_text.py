"""How numbers, points and foreign text are written."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcheck import decimals
from gradcheck.claim import Sheet
from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space
from gradcheck.report import text
from gradcheck.verdict import Counterexample, Entry, Evidence, ReadingResult, StepResult, Verdict


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0.36787944117144232 ± 1e-38", "0.36787944"),
        ("0.36787944117144232", "0.36787944"),
        ("1.000000000000", "1"),
        ("-0.0", "0"),
        ("120000", "120000"),
        ("1.5e+300", "1.5e300"),
        ("0.00000012345678912", "1.2345679e-7"),
        ("0.5 ± 0.25", "0.5 ± 0.25"),
        ("± 8.77e-38", "0"),
        ("± 0.01", "0 ± 0.01"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("no number", "no number"),
    ],
)
def test_short_numbers(number: str, written: str) -> None:
    assert decimals.short(number) == written


def test_a_pair_of_different_numbers_is_written_differently() -> None:
    assert decimals.short_pair("0.12345678901", "0.12345678902") == ("0.12345678901", "0.12345678902")
    assert decimals.short_pair("0", "0.36787944117144232") == ("0", "0.36787944")
    assert decimals.short_pair("0.5", "0.5") == ("0.5", "0.5")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ([-1.0, 0.5], "[-1, 0.5]"),
        (np.array([[0.1, 30.0], [1e-7, 2.0]]), "[[0.1, 30], [1e-7, 2]]"),
        (np.array(3, dtype=np.int64), "3"),
        ([math.nan, -math.inf], "[nan, -inf]"),
        ([], "[]"),
    ],
)
def test_points_are_as_short_as_they_can_be_exact(value: object, written: str) -> None:
    assert decimals.numbers(value) == written


def test_counterexample_in_one_line() -> None:
    entry = Entry((0, 0), "0", "0.36787944117144232 ± 1e-38", 0.37, True)
    assert (
        text.counterexample_line(Counterexample({"X": [-1.0, 0.5]}, (entry,)))
        == "X = [-1, 0.5], entry [0, 0]: claimed 0, true 0.36787944"
    )
    scalar = Entry((), "-1", "-2", 1.0, True)
    assert (
        text.counterexample_line(Counterexample({"x": -1.0}, (scalar,), {"f": "softmax"}))
        == "f = softmax, x = -1: claimed -1, true -2"
    )
    assert text.counterexample_line(Counterexample({"x": 2.0}, ())) == "x = 2"
    assert text.counterexample_line(None) == ""


def test_foreign_text_cannot_move_the_cursor_or_reorder_the_line() -> None:
    assert text.clean("a\x1b[31mred\x1b[0m\x07\u202eb\tc\nd") == "ared" + "b\tc\nd"
    assert text.one_line(" a\n\n  b\tc\r") == "a b c"


def test_stance_gives_the_number_or_the_reason() -> None:
    assert text.stance(Evidence("autodiff", "agrees", "0.5", "1e-16")) == "agrees: 0.5 ± 1e-16"
    assert text.stance(Evidence("certified", "agrees", "± 1e-38")) == "agrees: 0 ± 1e-38"
    assert text.stance(Evidence("autodiff", "abstains", reason="a black box")) == "abstains: a black box"
    assert text.stance(Evidence("autodiff", "not applicable")) == "not applicable"
    assert text.certified_value(Evidence("certified", "agrees", "0.5", "1e-40")) == "0.5 ± 1e-40"
    assert text.certified_value(Evidence("certified", "abstains", reason="no rule")) == "abstains: no rule"
    assert text.certified_value(Evidence("certified", "not applicable")) == ""


def test_diagnosis_names_assumption_readings_step_or_reason() -> None:
    claim = Sheet("d", "d.txt", "D").claim("c", "equality", 1, "")
    readings = (ReadingResult("row", "holds", True), ReadingResult("column", "fails", True, "transposed"))
    steps = (StepResult("a", "holds"), StepResult("b", "conditional"), StepResult("c", "fails"))
    assert text.diagnosis(Verdict(claim, "holds", reason="all agree")) == ""
    assert text.diagnosis(Verdict(claim, "fails", diagnosis="transposed", reason="r")) == "transposed"
    assert text.diagnosis(Verdict(claim, "conditional", assumption="α ≤ 1")) == "holds only if α ≤ 1"
    assert text.diagnosis(Verdict(claim, "ambiguous", diagnosis="transposed", readings=readings)) == (
        "read as row: holds; read as column: fails (transposed)"
    )
    assert text.diagnosis(Verdict(claim, "fails", steps=steps)) == "step 3 is the first that does not hold: c"
    assert text.diagnosis(Verdict(claim, "unreadable", reason="it is lost")) == "it is lost"


def test_the_first_step_that_fails_comes_before_one_that_needs_an_assumption() -> None:
    claim = Sheet("d", "d.txt", "D").claim("c", "equality", 1, "")
    steps = (StepResult("a", "holds"), StepResult("b", "conditional"), StepResult("c", "holds"))
    assert text.first_wrong_step(Verdict(claim, "conditional", steps=steps)) == 1
    assert text.first_wrong_step(Verdict(claim, "holds", steps=steps[:1])) is None


@pytest.mark.parametrize(
    ("space", "written"),
    [
        (Reals(3, 2), "real, 3 × 2"),
        (Reals(), "real, scalar"),
        (Reals(2, low=0.0), "real, 2, above 0"),
        (Reals(high=1.5), "real, scalar, below 1.5"),
        (Reals(low=0.0, high=1.0), "real, scalar, between 0 and 1"),
        (Integers(4, low=0, high=2), "integer, 4, from 0 to 2"),
        (Simplex(3), "3 positive numbers that sum to 1"),
        (OneHot(3), "one-hot, 3 entries"),
    ],
)
def test_spaces_in_words(space: Space, written: str) -> None:
    assert text.space(space) == written


def test_the_command_that_reproduces_a_verdict_is_quoted() -> None:
    claim = Sheet("a document", "d.txt", "D").claim("it's", "equality", 1, "")
    assert text.reproduce(Verdict(claim, "holds", seed=3), ("reference", "my claims")) == (
        "gradcheck show 'a document::it'\"'\"'s' --path 'my claims' --seed 3"
    )
