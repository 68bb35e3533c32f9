"""One wrong step in five places is reported at that step, with the right continuation; the right twin passes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import gradcheck as gc
from gradcheck.derivations.words import tidy
from tests.derivations.planted import FAULTS, LOSS, PRODUCT, Fault, Line, Text

From = Callable[[Text, tuple[Line, ...]], gc.DerivationReport]


def from_display(text: Text, lines: tuple[Line, ...]) -> gc.DerivationReport:
    return gc.derivation(text.display(lines), definitions=text.definitions)


def from_functions(text: Text, lines: tuple[Line, ...]) -> gc.DerivationReport:
    args = tuple(text.args.values())
    return gc.derivation(
        text.primal, args, steps=[(text.left, None), *lines], wrt=text.wrt, notation=text.notation, points=6
    )


def from_sheet(text: Text, lines: tuple[Line, ...]) -> gc.DerivationReport:
    return gc.derivation(text.sheet(lines))


WAYS = [from_display, from_functions, from_sheet]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", [PRODUCT, LOSS], ids=["product", "loss"])
def test_right_lines_hold(way: From, text: Text) -> None:
    report = way(text, text.lines)
    assert report.status == "holds"
    assert report.first_wrong is None
    assert report.continuation is None
    assert [line.state for line in report.lines] == ["start", "holds", "holds", "holds"]
    assert all(line.certified and line.digits is not None and line.digits >= 30 for line in report.lines[1:])
    assert str(report).startswith("HOLDS: ")
    assert "all 3 steps hold, certified" in report.sentence()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_the_wrong_step_is_found_and_put_right(way: From, fault: Fault) -> None:
    report = way(fault.text, fault.text.with_fault(fault))
    wrong = report.first_wrong
    assert wrong is not None
    assert wrong.number == fault.number
    assert report.status == "fails"
    assert report.verdict.certified
    assert [line.state for line in report.lines[: fault.number - 1]] == ["start", *["holds"] * (fault.number - 2)]
    assert wrong.value != wrong.before
    assert report.continuation is not None
    assert tidy(str(report.continuation.formula)) == fault.should_be
    assert report.continuation.verdict is not None
    assert report.continuation.verdict.status == "holds"
    said = str(report)
    assert said.startswith("FAILS: ")
    assert f"line {fault.number} of {len(report.lines)} is the first that is wrong, certified" in said
    assert f"✗ {fault.number:>2}" in said
    assert "should be     = " + fault.should_be in said
    assert "checked by the oracles: holds, certified" in said


@pytest.mark.parametrize("way", WAYS)
def test_what_follows_from_a_wrong_line_is_not_called_wrong(way: From) -> None:
    sign = FAULTS[0]
    after = (r"x (2 \sin x - x \cos x)", lambda x: x * (2 * np.sin(x) - x * np.cos(x)))
    report = way(PRODUCT, (*PRODUCT.with_fault(sign)[:-1], after))
    assert [line.state for line in report.lines] == ["start", "holds", "wrong", "follows"]
    assert "follows, but from a wrong line" in str(report)


@pytest.mark.parametrize("way", WAYS)
def test_a_line_that_is_right_again_is_told_apart(way: From) -> None:
    report = way(PRODUCT, PRODUCT.with_fault(FAULTS[0]))
    assert report.lines[-1].state == "right again"
    assert "right in itself, but does not follow from the line before" in str(report)


def test_a_sum_that_is_missing_leaves_an_index_free() -> None:
    lines = (*LOSS.lines[:-1], (r"a_k t_d - t_k", lambda z, t: z))
    report = gc.derivation(LOSS.display(lines), definitions=LOSS.definitions)
    wrong = report.first_wrong
    assert wrong is not None
    assert wrong.diagnosis == r"\(d\) stands free in this line: a sum over it is missing, or it should be another index"
    assert report.continuation is not None
    assert tidy(str(report.continuation.formula)) == r"\sum_{d} a_{k} t_{d} - t_{k}"
    assert all(len(line.value) == 3 and isinstance(line.value[0], float) for line in report.lines[:-1])
