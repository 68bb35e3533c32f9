"""A claim in, a verdict out.

The claim is judged under its stated assumptions first. If it fails, each unstated assumption is tried, then all of them: a
claim that holds only so is *conditional*. Readings are judged one by one; if they differ, the claim is *ambiguous*. A
derivation is judged step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradcheck.cases import Case, cases
from gradcheck.claim import Assumption, Claim, Reading, Status, Step
from gradcheck.expressions import Derivative, EvaluationError, Expression, Value, traces_kept
from gradcheck.judge import judge
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.latex.delimiters import imbalance
from gradcheck.verdict import Branch, ReadingResult, StepResult, Verdict

GENERIC_POINTS = 3
SPECIAL_POINTS = 8
SHORT_ENOUGH = 1000  # numbers in the inputs up to which a shorter counterexample is looked for

NEVER = (
    "never true: ",
    "never false: ",
    "never between ",
    "one side never taken: ",
)  # how notes on sides begin that were not visited

MakeCases = Callable[[Claim, Sequence[Assumption]], list[Case]]

# The worst of several decides; a claim is as good as its worst case.
_ORDER: tuple[Status, ...] = ("fails", "undecided", "conditional", "holds")


@traces_kept()
def check(
    claim: Claim,
    *,
    seed: int = 0,
    generic: int = GENERIC_POINTS,
    special: int = SPECIAL_POINTS,
    cases: MakeCases = cases,
) -> Verdict:
    """Judge `claim` at `generic` seeded points and up to `special` adversarial ones a case.

    ``cases`` makes the cases of the claim under the assumptions that it is given.

    Raises:
        EvaluationError: a function of the claim raises, or returns something that is not one real array.
    """
    unreadable = unreadable_because(claim)
    if unreadable:
        return Verdict(claim, "unreadable", reason=unreadable, seed=seed)
    if claim.primal is None and not claim.steps:
        return Verdict(claim, "undecided", reason="nothing was transcribed, so nothing was checked", seed=seed)
    if claim.kind == "bound":
        from gradcheck.bounds import check_bound

        outcome, assumption = _under_assumptions(
            claim, cases, lambda chosen: _merged([check_bound(claim, case, seed) for case in chosen])
        )
        return _finish(claim, outcome, assumption, seed=seed)
    if claim.kind == "derivation":
        return _check_derivation(claim, cases, seed, generic, special)
    if claim.kind == "structure":
        from gradcheck.structure import check_structure, structure_sides

        outcome, assumption = _under_assumptions(
            claim, cases, lambda chosen: _merged([check_structure(claim, case, seed, generic) for case in chosen])
        )
        if claim.structure != "shape":
            outcome = _shortened(claim, cases, outcome, lambda case: structure_sides(claim, case))
        return _finish(claim, outcome, assumption, seed=seed)
    judged: list[tuple[str, Verdict]] = []
    for reading in claim.readings:

        def outcome_of(chosen: list[Case], reading: Reading = reading) -> Outcome:
            return _merged([judge(_sides(case, reading), seed, generic, special) for case in chosen])

        def sides_of(case: Case, reading: Reading = reading) -> Comparable:
            return _sides(case, reading)

        outcome, assumption = _under_assumptions(claim, cases, outcome_of)
        outcome = _shortened(claim, cases, outcome, sides_of)
        judged.append((reading.name, _finish(claim, outcome, assumption, seed=seed)))
    return combined(claim, judged)


def unreadable_because(claim: Claim) -> str:
    """Why the formula cannot be read, or empty: nothing is there, or its delimiters do not balance."""
    if claim.source.origin != "printed":
        return ""
    if not claim.source.formula.strip():
        return "no formula is left at this line of the document"
    fault = imbalance(claim.source.formula)
    return f"unbalanced: {fault}" if fault else ""


def _sides(case: Case, reading: Reading) -> Comparable:
    return Comparable(case, case.claimed(reading), case.truth())


def _under_assumptions(claim: Claim, cases: MakeCases, judged: Callable[[list[Case]], Outcome]) -> tuple[Outcome, str]:
    """The outcome under the stated assumptions; if it fails, under unstated ones as well, whose text is returned."""
    stated = [assumption for assumption in claim.assumptions if assumption.stated]
    unstated = [assumption for assumption in claim.assumptions if not assumption.stated]
    chosen = cases(claim, stated)
    if not chosen:
        traits = ", ".join(assumption.trait for assumption in stated if assumption.trait)
        return Outcome("undecided", reason=f"no generic function has all the traits assumed: {traits}"), ""
    outcome = judged(chosen)
    if outcome.status != "fails":
        return outcome, ""
    tries: list[list[Assumption]] = [[assumption] for assumption in unstated]
    if len(unstated) > 1:
        tries.append(unstated)
    for extra in tries:
        chosen = cases(claim, [*stated, *extra])
        if not chosen:
            continue
        restricted = judged(chosen)
        if restricted.status == "holds":
            text = " and ".join(assumption.text for assumption in extra)
            merged = replace(
                restricted,
                status="conditional",
                counterexample=outcome.counterexample,
                diagnosis=outcome.diagnosis,
                failing=outcome.failing,
                branches=(),  # those under the assumption: what they never took is where the claim failed
                notes=tuple(note for note in restricted.notes if not note.startswith(NEVER)),
            )
            return merged, text
    return outcome, ""


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of several cases: the worst status speaks, counts add up."""
    worst = min(outcomes, key=lambda outcome: _ORDER.index(outcome.status))
    digits = [outcome.digits for outcome in outcomes if outcome.digits is not None]
    notes = tuple(dict.fromkeys(note for outcome in outcomes for note in outcome.notes))
    if len(outcomes) == 1 and notes == worst.notes:
        return worst
    return replace(
        worst,
        certified=worst.certified and (worst.status != "holds" or all(outcome.certified for outcome in outcomes)),
        digits=min(digits) if digits and worst.status == "holds" else worst.digits,
        points=sum(outcome.points for outcome in outcomes),
        kinks=sum(outcome.kinks for outcome in outcomes),
        detection=max((outcome.detection for outcome in outcomes if outcome.detection is not None), default=None),
        mutants=sum(outcome.mutants for outcome in outcomes),
        survivors=tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.survivors)),
        branches=worst.branches or next((outcome.branches for outcome in outcomes if outcome.branches), ()),
        notes=notes,
    )


def _shortened(claim: Claim, cases: MakeCases, outcome: Outcome, sides_of: Callable[[Case], Comparable]) -> Outcome:
    """The counterexample in numbers as short as can be found."""
    if outcome.failing is None or outcome.counterexample is None or not outcome.certified:
        return outcome
    from gradcheck.shrink import shorten

    stated = [known for known in claim.assumptions if known.stated]
    for case in cases(claim, stated):
        if case.given == dict(outcome.counterexample.given) and case.numbers <= SHORT_ENOUGH:
            return shorten(sides_of(case), outcome)
    return outcome


def combined(claim: Claim, judged: Sequence[tuple[str, Verdict]]) -> Verdict:
    """One verdict on a claim of those under its readings, by name: *ambiguous* where they differ."""
    if len(judged) == 1:
        return judged[0][1]
    readings = tuple(
        ReadingResult(name, verdict.status, verdict.certified, _reading_detail(verdict)) for name, verdict in judged
    )
    if len({verdict.status for _, verdict in judged}) == 1:
        agreed = replace(judged[0][1], claim=claim, readings=readings)
        return replace(agreed, certified=all(verdict.certified for _, verdict in judged))
    shown = next((verdict for _, verdict in judged if verdict.status == "fails"), judged[0][1])
    told = "; ".join(f"read as {result.name}: {result.status}" for result in readings)
    shown = replace(shown, claim=claim, readings=readings, reason=told, certified=False, digits=None)
    return replace(shown, status="ambiguous", assumption="")


def _reading_detail(verdict: Verdict) -> str:
    return f"only if {verdict.assumption}" if verdict.assumption else verdict.diagnosis or verdict.reason


def _finish(claim: Claim, outcome: Outcome, assumption: str = "", *, seed: int) -> Verdict:
    """The verdict that an outcome amounts to."""
    return Verdict(
        claim=claim,
        status=outcome.status,
        certified=outcome.certified,
        digits=outcome.digits,
        reason=outcome.reason,
        evidence=outcome.evidence,
        counterexample=outcome.counterexample,
        diagnosis=outcome.diagnosis,
        assumption=assumption,
        branches=outcome.branches,
        sample=outcome.sample,
        points=outcome.points,
        kinks=outcome.kinks,
        notes=tuple(dict.fromkeys((*outcome.notes, *(() if assumption else never_taken(outcome.branches))))),
        seed=seed,
        wrong=outcome.wrong,
        entries=outcome.entries,
        detection_limit={} if outcome.detection is None else {claim.wrt or "": outcome.detection},
        mutants=outcome.mutants,
        survivors=outcome.survivors,
    )


def never_taken(branches: Sequence[Branch]) -> tuple[str, ...]:
    """Comparisons of which one side was never taken: what lies there was not exercised."""
    notes = []
    for branch in branches:
        true = branch.true + branch.tied * branch.where.startswith("eq ")
        false = branch.false + branch.tied * branch.where.startswith("ne ")
        if true and not false:
            notes.append(f"never false: {branch.where}")
        elif false and not true:
            notes.append(f"never true: {branch.where}")
    return tuple(dict.fromkeys(notes))


def _check_derivation(claim: Claim, cases: MakeCases, seed: int, generic: int, special: int) -> Verdict:
    """The chain under each of its readings; *ambiguous* if they differ."""
    judged = [(name, _check_chain(chain, cases, seed, generic, special)) for name, chain in claim.chains]
    return combined(claim, judged)


def _check_chain(claim: Claim, cases: MakeCases, seed: int, generic: int, special: int) -> Verdict:
    """Each member of the chain against the one before it; the first wrong step is the finding."""
    results: list[StepResult] = [StepResult(claim.steps[0].formula, "holds", detail="where the derivation starts")]
    outcomes: list[tuple[Outcome, str]] = []
    for before, step in zip(claim.steps, claim.steps[1:], strict=False):

        def outcome_of(chosen: list[Case], before: Step = before, step: Step = step) -> Outcome:
            return _merged([judge(_step_sides(case, before, step), seed, generic, special) for case in chosen])

        def sides_of(case: Case, before: Step = before, step: Step = step) -> Comparable:
            return _step_sides(case, before, step)

        outcome, assumption = _under_assumptions(claim, cases, outcome_of)
        outcome = _shortened(claim, cases, outcome, sides_of)
        outcomes.append((outcome, assumption))
        results.append(StepResult(step.formula, outcome.status, assumption, outcome.diagnosis or outcome.reason))
    worst, assumption = min(outcomes, key=lambda pair: _ORDER.index(pair[0].status))
    number = next(i for i, pair in enumerate(outcomes) if pair[0] is worst) + 2
    digits = [outcome.digits for outcome, _ in outcomes if outcome.digits is not None]
    verdict = _finish(claim, worst, assumption, seed=seed)
    if worst.status != "holds":
        needs = f"needs {assumption}" if assumption else "not equal to the step before"
        verdict = replace(verdict, diagnosis=f"step {number}: {worst.diagnosis or worst.reason or needs}")
    heard = outcomes[0][0].evidence if claim.steps[0].value is None and worst.status != "fails" else worst.evidence
    return replace(
        verdict,
        steps=tuple(results),
        evidence=heard,
        digits=min(digits) if digits and worst.status != "fails" else None,
        certified=worst.certified if worst.status == "fails" else all(outcome.certified for outcome, _ in outcomes),
        points=max(outcome.points for outcome, _ in outcomes),
    )


def _step_sides(case: Case, before: Step, step: Step) -> Comparable:
    """A step's value, and the member before it: an expression of the same inputs or the derivative itself."""
    inputs = list(case.claim.inputs)

    def expression(member: Step, name: str) -> Expression:
        if member.value is not None:
            assert not isinstance(member.value, tuple), "a chain is judged under one reading"
            return case.value(name, member.value, inputs)
        truth = case.truth()
        scalar = isinstance(truth, Derivative) and truth.shapes[0] == ()
        return replace(truth, kind="gradient") if isinstance(truth, Derivative) and scalar else truth

    return Comparable(case, expression(step, "this step"), expression(before, "the step before"))


__all__ = ["EvaluationError", "Value", "check", "unreadable_because"]
