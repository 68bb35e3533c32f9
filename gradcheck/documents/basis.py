"""What the verdict on one claim of a document is made of: what `deciding.decide` takes from the page, and nothing else of it.

Two claims with the same basis have the same verdict, but for the lines that it tells. What is not sorted out claim by claim
(which names lie in which space, which of them sum to 1) is shared by all of them, and kept apart (`Everywhere`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.documents.annotated import notation_for
from gradcheck.documents.deciding import Case, Entries, Page, applied, cases_of, claimed, entries_of
from gradcheck.documents.labels import merged
from gradcheck.documents.pairing import Used, needed
from gradcheck.documents.readings import regrouped
from gradcheck.documents.sorting import Piece, Sorted
from gradcheck.documents.spaces import declared_ranks, summing_to_one
from gradcheck.documents.surroundings import not_understood, tried
from gradcheck.latex.tree import Statement


@dataclass(frozen=True)
class Basis:
    """Plain data that tells whether a verdict would be the same, and the lines of the formulas that it may name."""

    data: tuple[object, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Everywhere:
    """What is said of names once for the whole page."""

    ranks: dict[str, int]
    sums: frozenset[str]
    words: frozenset[str]


def everywhere(page: Page) -> Everywhere:
    """What holds for every claim of a page."""
    return Everywhere(declared_ranks(page.found), summing_to_one(page.found), page.names.words)


def basis_of(page: Page, one: Sorted, piece: Piece) -> Basis:
    """The basis of the verdict on a claim: whatever of the page could reach a question about it, or a note."""
    claim, aliases, made = claimed(page, one, piece)
    entries = entries_of(page, one, claim)
    cases = [(candidate.used, case) for candidate, case in cases_of(page, one, claim, made)]
    used: list[Used] = [*(made.used if made is not None else ()), *aliases, *(u for taken, _ in cases for u in taken)]
    asked = [scope for _, case in cases for scope in _scopes(case)] + _scopes_of(entries)
    data = (
        one.formula.latex,
        claim,
        made.note if made is not None else "",
        [case.definitions for _, case in cases],
        entries.steps if entries is not None else (),
        [sorted(applied(page.names.functions, scope)) for scope in asked],
        notation_for(page.said, {}),
        page.said.verdict if page.said is not None else None,
        [tuple(tried(page.document, page.found, one, [case.claim, *case.definitions])) for _, case in cases],
        not_understood(page.document, one),
    )
    lines = [page.found[one.number].formula.place.line for one in used]
    return Basis(data, (*lines, *(entries.lines if entries is not None else ())))


def _scopes(case: Case) -> Iterator[list[Statement]]:
    """What is read together when a case is asked: under each precedence, with what is needed and with all that is said."""
    for claim in (case.claim, *(other for _, other in regrouped(case.claim))):
        yield merged([claim, *needed(claim, case.definitions)])
        yield merged([claim, *case.definitions])


def _scopes_of(entries: Entries | None) -> list[Sequence[Statement]]:
    steps = entries.steps if entries is not None else ()
    return [merged([part, *definitions]) for step in steps for part, definitions in step.parts]
