"""How a derivation should have gone on where a step is wrong. Nothing is shown that the oracles have not found right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradcheck.claim import Claim
from gradcheck.derivations.model import Continuation, LineReport
from gradcheck.derivations.repairs import repairs
from gradcheck.expressions import EvaluationError
from gradcheck.latex.typeset import typeset

if TYPE_CHECKING:
    from gradcheck.derivations.judging import Asked

SMALLEST = "the smallest change that makes the line right"
NUMBERS = "no formula was found that the oracles confirm: the line before is right, and these are the true numbers"


def continuation(asked: Asked, wrong: LineReport) -> Continuation:
    """What the wrong line should be: itself with the smallest right change, the derivative in symbols, a correction."""
    return (
        _repaired(asked, wrong) or _in_symbols(asked, wrong) or _corrected(asked, wrong) or Continuation(None, NUMBERS)
    )


def _claim(asked: Asked, wrong: LineReport, claimed: Any) -> Claim | None:
    """What a better line would claim: the derivative, or what the line before is equal to."""
    number = wrong.number - 1
    form = asked.form(number)
    if form is not None:
        return replace(asked.claim, kind=form, steps=(), claimed=claimed, recorded=None)
    before = asked.claim.steps[number - 1].value
    return asked.equality(before, claimed) if before is not None else None


def _repaired(asked: Asked, wrong: LineReport) -> Continuation | None:
    """The smallest change of the line that makes it right."""
    read = asked.derivation.read
    number = wrong.number - 1
    after = read.lines[number] if number < len(read.lines) else None
    if after is None:
        return None
    truth = _claim(asked, wrong, asked.claim.steps[number].value)
    if truth is None:
        return None
    for found in repairs(asked, truth, number):
        claim = _claim(asked, wrong, found.function)
        if claim is None:
            return None
        try:
            verdict = asked.check(claim)
        except EvaluationError:
            continue
        if verdict.status == "holds" or (verdict.status == "conditional" and set(wrong.under) >= {verdict.assumption}):
            return Continuation(typeset(found.expr), SMALLEST, verdict, found.told)
    return None


def _in_symbols(asked: Asked, wrong: LineReport) -> Continuation | None:
    """The derivative in symbols, checked, where the function is scalar or elementwise."""
    from gradcheck import symbolic

    claim = _claim(asked, wrong, lambda *_: None)
    if claim is None or claim.kind == "equality":
        return None
    found = symbolic.checked(claim, asked.seed)
    if found is None:
        return None
    written, verdict = found
    return Continuation(written.latex, "the derivative in symbols", verdict)


def _corrected(asked: Asked, wrong: LineReport) -> Continuation | None:
    """A correction that stands on the sheet, checked as the claim that it is; one of this very line goes first."""
    from gradcheck.checking import check
    from gradcheck.derivations import displays

    line = "".join(wrong.formula.split())
    known = sorted(asked.derivation.corrections, key=lambda one: line not in "".join(one.formula.split()))
    for correction in known:
        claim = correction.claim
        verdict = check(claim, seed=asked.seed)
        if verdict.status == "holds":
            formula = displays.split(claim.source.formula)[-1]
            return Continuation(formula, f"the correction on the sheet, {claim.name}", verdict)
    return None
