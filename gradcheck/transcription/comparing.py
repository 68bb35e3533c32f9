"""The function that stands beside a printed formula, compared with the formula: a transcription error is a finding.

The printed formula is read and becomes a program of its own; whether the two are equal is then a claim like any other,
judged by the same oracles. What is compared is the last member of a chain of equalities; of a derivation, every member.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.cases import cases
from gradcheck.checking import check, unreadable_because
from gradcheck.claim import Claim, Reading
from gradcheck.expressions import EvaluationError
from gradcheck.latex import tree
from gradcheck.latex.conventions import conventional
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.evaluate import is_name
from gradcheck.latex.names import parts
from gradcheck.latex.reader import read
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset
from gradcheck.transcription.evaluating import Convention
from gradcheck.transcription.limits import compare_limits
from gradcheck.transcription.names import printed_names, reading_words
from gradcheck.transcription.reading import READ
from gradcheck.transcription.sides import sides
from gradcheck.verdict import Printed

POINTS = 2
_EQUAL = ("=", "≈", "∼")
_NOT_NUMBERS = {
    "structure": "a structure is claimed, not a value",
    "vjp": "a pullback is not printed as a formula of its inputs",
    "jvp": "a pushforward is not printed as a formula of its inputs",
}


def compare(claim: Claim, *, seed: int = 0) -> Printed | None:
    """Whether the claimed function of a claim is what its source prints; None where no formula is given, or no function.

    *differs* is said where the function is another one under every convention that fits the formula, and where every
    name was declared in ``notation=`` or is an input by its spelling.
    """
    formula = claim.source.formula
    if claim.source.origin not in READ or not formula.strip():
        return None
    if unreadable_because(claim):
        return Printed("unreadable", unreadable_because(claim))
    functions, words = reading_words(claim)
    try:
        statements = read(conventional(formula, {}), functions, words)
    except (UnreadableError, RecursionError) as error:
        return Printed("unreadable", str(error) or "nested too deeply")
    if claim.kind in _NOT_NUMBERS:
        return Printed("not compared", _NOT_NUMBERS[claim.kind])
    if claim.kind == "bound":
        try:
            return compare_limits(claim, statements[-1])
        except UnresolvedError as error:
            return Printed("not compared", str(error))
    if not claim.readings and not claim.steps:
        return Printed("not compared", "nothing was transcribed")
    try:
        found = [_compared(claim, statements, functions, *pair, seed) for pair in _members(claim, statements)]
    except (UnreadableError, UnresolvedError, EvaluationError) as error:
        return Printed("not compared", str(error))
    except Exception as error:  # noqa: BLE001 - what is printed may be nonsense, and must not stop an audit
        return Printed("not compared", f"it has no value: {type(error).__name__}: {error}")
    return min(found, key=lambda printed: ("differs", "not compared", "agrees").index(printed.outcome))


def _members(claim: Claim, statements: Sequence[Statement]) -> Iterator[tuple[Expr | None, Expr, tuple[Reading, ...]]]:
    """The left side, the member and the functions that are to be equal to it.

    Raises:
        UnresolvedError: the statement is not a chain of equalities, or has not as many members as the derivation.
    """
    chains = [said for said in statements if said.marks[:1] and said.marks[0] in _EQUAL]
    statement = (chains or list(statements))[-1]
    kept = next((n for n, mark in enumerate(statement.marks) if mark not in _EQUAL), len(statement.marks))
    members = statement.members[: kept + 1]
    left = members[0] if len(members) > 1 and not statement.continued else None
    if statement.marks and not kept:
        raise UnresolvedError(f"what is printed is no equality: its first sign is {statement.marks[0]}")
    if claim.kind != "derivation":
        first = members[0]
        says = not isinstance(first, tree.Call) or members[-1] not in first.arguments  # f(x) = x says what f is
        if (
            len(members) == 2
            and is_name(members[1])
            and not is_name(first)
            and says
            and not isinstance(first, tree.Derivative)
        ):
            left, members = members[1], (first,)  # W x = y says what y is
        yield left, members[-1], claim.readings
        return
    if len(members) == len(claim.steps) + 1 and is_name(members[0]):
        members = members[1:]  # δ = ∂L/∂z = …: the name of the derivative is no step
    if len(members) != len(claim.steps):
        raise UnresolvedError(f"the derivation has {len(claim.steps)} steps and {len(members)} printed members")
    for member, step in zip(members, claim.steps, strict=True):
        if step.value is not None:
            readings = step.value if isinstance(step.value, tuple) else (Reading(step.formula, step.value),)
            yield left, member, readings


def _compared(
    claim: Claim,
    statements: Sequence[Statement],
    functions: frozenset[str],
    left: Expr | None,
    member: Expr,
    readings: Sequence[Reading],
    seed: int,
) -> Printed:
    """The comparison of one member: it agrees if some reading is what is printed under some convention."""
    stated = [assumption for assumption in claim.assumptions if assumption.stated]
    chosen = cases(claim, stated)
    if not chosen:
        raise UnresolvedError("no generic function has all the traits that are assumed")
    reason, differing, guessed = "", "", frozenset[str]()
    for convention, reading in itertools.product(conventions(member), readings):
        try:
            names = printed_names(claim, list(statements), functions)
            found = list(sides(claim, chosen[0], names, convention, left, member, reading))
        except (UnresolvedError, EvaluationError) as error:
            reason = reason or str(error)
            continue
        for side in found:
            verdict = check(
                replace(
                    claim,
                    kind="equality",
                    primal=side.transcribed,
                    claimed=side.printed,
                    wrt=None,
                    layout="numerator",
                    steps=(),
                    assumptions=tuple(stated),
                    recorded=None,
                    corrects=None,
                ),
                seed=seed,
                generic=POINTS,
                special=0,
            )
            if verdict.status == "holds":
                return Printed("agrees", f"read as {reading.name}" if len(readings) > 1 else "")
            if verdict.status == "fails" and not differing:
                differing, guessed = verdict.sentence(), side.guessed
            reason = reason or verdict.reason
    if not differing:
        return Printed("not compared", reason or "no array of numbers is printed")
    where = f"{typeset(member)}: " if claim.kind == "derivation" else ""
    told = f"{where}{differing.replace('is claimed', 'is printed').replace('is true', 'is transcribed')}"
    if guessed:
        return Printed("not compared", f"it differs if {', '.join(sorted(guessed))} is what its spelling suggests")
    return Printed("differs", told)


def conventions(member: Expr) -> Iterator[Convention]:
    """The conventions that make a difference to an expression."""
    inside = list(parts(member))
    odots: tuple[str, ...] = ("of equal shapes",)
    if any(isinstance(part, tree.Product) and part.mark == r"\odot" for part in inside):
        odots = ("of equal shapes", "repeated to fit", "outer")
    dotted = any(isinstance(part, tree.Product) and part.mark in (r"\cdot", r"\times") for part in inside)
    for entries, layout, odot, dot in itertools.product(
        (False, True), ("mixed", "numerator", "denominator"), odots, (True, False) if dotted else (True,)
    ):
        yield Convention(layout, odot, dot, entries)
