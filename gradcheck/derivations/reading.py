"""The printed lines of a derivation in code or on a sheet, as trees: rules and small changes are read off them.

A line may be changed and evaluated again only where what is printed computes what stands beside it; that is tried first.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.claim import Reading
from gradcheck.derivations.model import Derivation, Evaluate, Read
from gradcheck.derivations.rules import head
from gradcheck.expressions import EvaluationError
from gradcheck.latex.conventions import conventional
from gradcheck.latex.definitions import definition_of, read_text
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.reader import read, read_expression
from gradcheck.latex.tree import Derivative, Expr, Name, Statement
from gradcheck.transcription.comparing import conventions
from gradcheck.transcription.names import printed_names, reading_words
from gradcheck.transcription.sides import sides


def read_formulas(derivation: Derivation) -> Read:
    """The formulas of the lines as far as they can be read, with what the notation and `about` define."""
    claim = derivation.claim
    functions, words = reading_words(claim)
    lines: list[Expr | None] = []
    for step in claim.steps:
        try:
            statement = read(conventional(step.formula, {}), functions, words)[-1]
        except (UnreadableError, RecursionError, IndexError):
            lines.append(None)
            continue
        lines.append(statement.members[-1])
    definitions = _definitions(derivation, functions, words)
    starts = lines[0] if isinstance(lines[0], Derivative) else None
    return Read(tuple(lines), starts, definitions, _function(derivation, lines))


def _definitions(derivation: Derivation, functions: frozenset[str], words: frozenset[str]) -> dict[str, Expr]:
    """What the notation of the claim, and the formulas that it is about, say of names."""
    found: dict[str, Expr] = {}
    for name, meaning in derivation.claim.notation.items():
        if meaning in derivation.claim.inputs or meaning in derivation.claim.generics:
            continue
        try:
            found[head(read_expression(conventional(name, {}), functions, words))] = read_expression(
                conventional(meaning, {}), functions, words
            )
        except (UnreadableError, RecursionError):
            continue
    for formula in derivation.about if derivation.claim.source.origin == "code" else ():
        try:
            statements: list[Statement] = read_text(
                conventional(formula.removeprefix(r"\(").removesuffix(r"\)"), {}), functions, words
            ).statements
        except (UnreadableError, RecursionError):
            continue
        for made in map(definition_of, statements):
            if made is not None:
                found.setdefault(head(made[0]), made[2])
    found.pop("", None)
    return found


def _function(derivation: Derivation, lines: list[Expr | None]) -> Callable[[int], Evaluate | None]:
    """For each line the first convention under which what is printed computes what stands beside it."""
    claim = derivation.claim
    read_ = [line for line, step in zip(lines, claim.steps, strict=True) if line is not None and step.value]
    statements = [Statement((line,), ()) for line in read_]
    functions = reading_words(claim)[0]
    lefts = [lines[0], None] if isinstance(lines[0], (Derivative, Name)) else [None]

    def of_line(number: int) -> Evaluate | None:
        line, value = lines[number], claim.steps[number].value
        chosen = derivation.made(claim, derivation.stated)
        if line is None or value is None or not chosen or claim.generics:
            return None
        assert not isinstance(value, tuple), "a derivation is one reading of its claim"
        case, reading = chosen[0], Reading("the line", value)
        arrays = [case.example()[name] for name in claim.inputs]

        def printed(convention: Any, left: Expr | None, expr: Expr) -> Callable[..., Any]:
            names = printed_names(claim, statements, functions)
            try:
                found = list(sides(claim, case, names, convention, left, expr, reading))
            except EvaluationError as error:
                raise UnresolvedError(str(error)) from error
            for side in found:
                if side.transcribed is value and not side.guessed:
                    return side.printed
            raise UnresolvedError("what is printed has no arrangement that fits")

        for way in itertools.product(conventions(line), lefts):
            evaluate = functools.partial(printed, *way)
            if _computes(functools.partial(evaluate, line), value, arrays):
                return evaluate
        return None

    return of_line


def _computes(made: Callable[[], Callable[..., Any]], value: Any, arrays: list[Any]) -> bool:
    """Whether a printed line computes what stands beside it, at a point."""
    try:
        one, other = (np.asarray(side(*arrays), dtype=np.float64) for side in (made(), value))
    except Exception:  # noqa: BLE001 - what is printed may be nonsense, and then says nothing
        return False
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))
