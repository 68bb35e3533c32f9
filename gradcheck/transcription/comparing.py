"""The function that stands beside a printed formula, compared with the formula: a transcription error is a finding.

The printed formula is read and becomes a program of its own; whether the two are equal is then a claim like any other,
judged by the same oracles. What is compared is the last member of a chain of equalities; of a derivation, every member.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.cases import Case, cases
from gradcheck.checking import check, unreadable_because
from gradcheck.claim import Claim, Reading
from gradcheck.expressions import EvaluationError
from gradcheck.latex import tree
from gradcheck.latex.conventions import conventional
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.evaluate import Problem, is_name
from gradcheck.latex.names import parts
from gradcheck.latex.reader import read
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset
from gradcheck.latex.values import Size
from gradcheck.transcription.arranging import axes, indices_of
from gradcheck.transcription.evaluating import Convention, Transcriber
from gradcheck.transcription.limits import compare_limits
from gradcheck.transcription.names import Names, printed_names, reading_words, without_numbers
from gradcheck.verdict import Printed

Array = np.ndarray[Any, np.dtype[Any]]

POINTS = 2
_EQUAL = ("=", "≈", "∼")
_READ = ("printed", "correction", "reconstructed")
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
    if claim.source.origin not in _READ or not formula.strip():
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
        if len(members) == 2 and is_name(members[1]) and not is_name(first) and not isinstance(first, tree.Derivative):
            left, members = members[1], (first,)  # W x = y says what y is
        yield left, members[-1], claim.readings
        return
    if len(members) == len(claim.steps) + 1 and is_name(members[0]):
        members = members[1:]  # δ = ∂L/∂z = …: the name of the derivative is no step
    if len(members) != len(claim.steps):
        raise UnresolvedError(f"the derivation has {len(claim.steps)} steps and {len(members)} printed members")
    for member, step in zip(members, claim.steps, strict=True):
        if step.value is not None:
            yield left, member, (Reading(step.formula, step.value),)


@dataclass(frozen=True)
class _Attempt:
    """One way to read a member: a function of the inputs, and what of the transcription it is to be equal to."""

    printed: Callable[..., Any]
    transcribed: Callable[..., Any]
    guessed: frozenset[str]


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
    reason, differing, guessed = "", "", frozenset[str]()
    for convention, reading in itertools.product(_conventions(member), readings):
        try:
            attempts = list(_attempts(claim, chosen[0], statements, functions, convention, left, member, reading))
        except (UnresolvedError, EvaluationError) as error:
            reason = reason or str(error)
            continue
        for attempt in attempts:
            verdict = check(
                replace(
                    claim,
                    kind="equality",
                    primal=attempt.transcribed,
                    claimed=attempt.printed,
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
                differing, guessed = verdict.sentence(), attempt.guessed
            reason = reason or verdict.reason
    if not differing:
        return Printed("not compared", reason or "no array of numbers is printed")
    where = f"{typeset(member)}: " if claim.kind == "derivation" else ""
    told = f"{where}{differing.replace('is claimed', 'is printed').replace('is true', 'is transcribed')}"
    if guessed:
        return Printed("not compared", f"it differs if {', '.join(sorted(guessed))} is what its spelling suggests")
    return Printed("differs", told)


def _conventions(member: Expr) -> Iterator[Convention]:
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


def _attempts(
    claim: Claim,
    case: Case,
    statements: Sequence[Statement],
    functions: frozenset[str],
    convention: Convention,
    left: Expr | None,
    member: Expr,
    reading: Reading,
) -> Iterator[_Attempt]:
    """Every arrangement of a member's indices along the axes of what the transcription returns.

    Raises:
        UnresolvedError: the expression has no value under the convention, or not the shape of the transcription.
        EvaluationError: the transcription has no value.
    """
    shape = case.claimed(reading).floats(case.example()).shape
    names = printed_names(claim, list(statements), functions)
    left, member = without_numbers((left, member), names.generics)
    problem = names.problem
    problem.inner_dot = convention.inner_dot
    sizes = _sizes(names, convention, shape)
    bound, own_indices = _on_the_left(left, problem), indices_of(member, problem)
    if bound and not set(own_indices) <= set(bound):
        alone = ", ".join(name for name in own_indices if name not in bound)
        raise UnresolvedError(f"the index {alone} is free on the right side alone")
    free = list(dict.fromkeys((*bound, *own_indices)))
    for name in free:
        problem.index_sizes[name] = Size(name=name)
    walk = Transcriber(names, sizes, {}, case.generics, convention, None)
    walk.bound = {name: (problem.index_sizes[name], None) for name in free}
    value = walk.run(member)
    guessed = frozenset(names.guessed)
    if convention.entries:
        if free or value.rank or not _entry_by_entry(claim, member, shape):
            raise UnresolvedError("what is printed is not the formula of one entry")
        yield _Attempt(_by_entries(names, member, convention, shape), reading.claimed, guessed)
        return
    if not free and value.rank == len(shape):
        _settled(value.sizes, shape)
    own = tuple(size.number for size in value.sizes)
    if not free and _squeezed(own) == _squeezed(shape):
        yield _Attempt(_whole(names, sizes, member, convention, shape), reading.claimed, guessed)
        return
    leading = len(shape) - len(own)
    if not free or leading < len(free):
        raise UnresolvedError(f"the shape {_told(own)} is printed, and {_told(shape)} is transcribed")
    fitting = 0
    trailing = bool(own) and isinstance(left, tree.Derivative) and not _on_the_left(left.body, problem)
    first, last = (shape[len(own) :], shape[: len(own)]) if trailing else (shape[:leading], shape[leading:])
    _settled(value.sizes, last)
    for order in axes(claim, left, free, leading, problem):
        if tuple(size.number for size in value.sizes) != last or not _fits(problem, order, first):
            continue
        fitting += 1
        yield _Attempt(
            *_by_places(names, sizes, member, convention, order, (*first, *last), reading, trailing), guessed
        )
    if not fitting:
        raise UnresolvedError(f"the indices {', '.join(free)} do not run along the axes of {_told(shape)}")


def _entry_by_entry(claim: Claim, member: Expr, shape: tuple[int, ...]) -> bool:
    """Whether x² may be said of every entry of x: all arrays have one shape, and nothing in the formula joins entries."""
    joins = (tree.Big, tree.Derivative, tree.Transpose, tree.Matrix)
    return (
        bool(shape)
        and claim.kind in ("equality", "derivative")
        and all(space.shape in ((), shape) for space in claim.inputs.values())
        and not any(isinstance(part, joins) for part in parts(member))
    )


def _sizes(names: Names, convention: Convention, shape: tuple[int, ...]) -> dict[str, tuple[Size, ...]]:
    """The axes of every input; none for those that are taken entry by entry."""
    return {
        name: () if convention.entries and own == shape else tuple(Size(number) for number in own)
        for name, own in names.shapes.items()
    }


def _fits(problem: Problem, order: Sequence[str], shape: Sequence[int]) -> bool:
    """Whether each index has the size of its axis; an index that nothing else bounds takes it."""
    for name, number in zip(order, shape, strict=False):
        size = problem.index_sizes.get(name)
        if size is None:
            return False
        if size.number is None:
            size.settle(number)
        elif size.number != number:
            return False
    return True


def _settled(sizes: Sequence[Size], shape: Sequence[int]) -> None:
    """Give an axis that nothing else bounds, as one of I, the length that it is compared with."""
    for size, number in zip(sizes, shape, strict=True):
        if size.number is None:
            size.settle(number)


def _whole(
    names: Names, sizes: dict[str, tuple[Size, ...]], member: Expr, convention: Convention, shape: tuple[int, ...]
) -> Callable[..., Any]:
    np_ = _numbers(names, member)

    def printed(*arrays: Any, **generics: Any) -> Any:
        given = dict(zip(names.shapes, arrays, strict=True))
        data = Transcriber(names, sizes, given, generics, convention, np_).run(member).data
        return np_.reshape(data, shape)

    return printed


def _by_entries(names: Names, member: Expr, convention: Convention, shape: tuple[int, ...]) -> Callable[..., Any]:
    np_ = _numbers(names, member)
    sizes = _sizes(names, convention, shape)

    def printed(*arrays: Any, **generics: Any) -> Any:
        found = []
        for place in np.ndindex(*shape):
            given = {
                name: array[place] if not sizes[name] and names.shapes[name] else array
                for name, array in zip(names.shapes, arrays, strict=True)
            }
            found.append(Transcriber(names, sizes, given, generics, convention, np_).run(member).data)
        return np_.reshape(np_.stack(found), shape)

    return printed


def _by_places(
    names: Names,
    sizes: dict[str, tuple[Size, ...]],
    member: Expr,
    convention: Convention,
    order: Sequence[str],
    shape: tuple[int, ...],
    reading: Reading,
    trailing: bool,
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The printed entries, place by place, and the entries of the transcription that they are to be equal to."""
    np_ = _numbers(names, member)
    letters = list(dict.fromkeys(order))
    known = {name: names.problem.index_sizes[name] for name in letters}
    places = [
        dict(zip(letters, place, strict=True))
        for place in itertools.product(*(range(known[name].number or 1) for name in letters))
    ]

    def printed(*arrays: Any, **generics: Any) -> Any:
        given = dict(zip(names.shapes, arrays, strict=True))
        found = []
        for place in places:
            walk = Transcriber(names, sizes, given, generics, convention, np_)
            walk.bound = {name: (known[name], number) for name, number in place.items()}
            found.append(walk.run(member).data)
        stacked = np_.stack(found)
        if len(letters) != len(order):
            return stacked
        whole = np_.reshape(stacked, shape)
        return np_.moveaxis(whole, range(len(order)), range(len(shape) - len(order), len(shape))) if trailing else whole

    if len(letters) == len(order):
        return printed, reading.claimed

    def transcribed(*arrays: Any, **generics: Any) -> Any:
        array = reading.claimed(*arrays, **generics)
        return np.stack([array[tuple(place[name] for name in order)] for place in places])

    return printed, transcribed


def _numbers(names: Names, member: Expr) -> Any:
    """NumPy, unless something is differentiated in what is printed: that is left to JAX."""
    everything = (member, *(known.body for known in names.problem.definitions.values()))
    if any(isinstance(part, (tree.Derivative, tree.Prime)) for part in parts(everything)):
        import jax.numpy as jnp

        return jnp
    return np


def _on_the_left(left: Expr | None, problem: Problem) -> list[str]:
    """The indices of the left side: a condition on the right may speak of them without an array that has them."""
    return [] if left is None else indices_of(left, problem)


def _squeezed(shape: Sequence[int | None]) -> tuple[int | None, ...]:
    return tuple(number for number in shape if number != 1)


def _told(shape: Sequence[int | None]) -> str:
    return "×".join(str(number or "?") for number in shape) or "of a number"
