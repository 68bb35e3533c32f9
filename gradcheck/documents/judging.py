"""The verdicts on a document's claims, and the count of everything that was not judged, with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradcheck.claim import Source
from gradcheck.documents.annotated import annotated
from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.deciding import Page, decide
from gradcheck.documents.model import Document, Formula, Place
from gradcheck.documents.pairing import Around
from gradcheck.documents.quotes import bind
from gradcheck.documents.sorting import ROLES, Piece, Sorted
from gradcheck.verdict import Verdict

MAX_CLAIMS = 400
"""How many claims of one document are judged; those beyond are counted, and said not to have been."""


@dataclass(frozen=True)
class Left:
    """A formula, or a part of one, that was not judged: where it stands, its role, and why."""

    place: Place
    role: str
    reason: str
    path: str = ""
    """The file, where it is not the document's own (``\\input``)."""


@dataclass(frozen=True)
class Judged:
    """What was found in a document: verdicts in order, formulas by role, and what was left out."""

    path: str
    verdicts: tuple[Verdict, ...]
    roles: dict[str, int]
    left: tuple[Left, ...] = ()
    troubles: tuple[str, ...] = ()
    errors: tuple[AnnotationError, ...] = ()
    crashes: tuple[tuple[Place, Exception], ...] = ()
    """Claims whose judging raised, which is a fault of gradcheck's own."""

    @property
    def formulas(self) -> int:
        """How many formulas the document has."""
        return sum(self.roles.values())

    @property
    def summary(self) -> str:
        """One line: how many formulas of which role."""
        if not self.formulas:
            return f"{self.path}: 0 formulas found"
        told = ", ".join(f"{count} {_plural(role, count)}" for role, count in self.roles.items() if count)
        rows = sum(left.role == "unreadable" for left in self.left) - self.roles.get("unreadable", 0)
        told += f"; {rows} row{'s' if rows > 1 else ''} unreadable" if rows > 0 else ""
        return f"{self.path}: {self.formulas} formula{'s' if self.formulas > 1 else ''} found: {told}"


def judge_document(document: Document, seed: int = 0, annotations: Sequence[Annotation] = ()) -> Judged:
    """Judge every derivative claim of a document, and count all other formulas by their role.

    What ``annotations`` say of a formula goes before what is inferred; those that cannot be obeyed are the ``errors``.
    """
    said = annotated(document, bind(document, annotations))
    page = Page(document, said.names, Around(said.found), seed)
    verdicts: list[Verdict] = []
    left: list[Left] = []
    crashes: list[tuple[Place, Exception]] = []
    for one in page.found:
        if why := said.ignored(one.number):
            left.append(Left(one.formula.place, "ignored", why, one.formula.path))
            continue
        left.extend(Left(bad.place, "unreadable", bad.reason, one.formula.path) for bad in one.unreadable)
        for piece in one.pieces:
            if piece.role not in ("claim", "derivation"):
                continue
            place, own = _place(page, one, piece), said.of(one.number, piece)
            if own is not None and own.ignore:
                left.append(Left(place, "ignored", own.ignore, one.formula.path))
                continue
            if len(verdicts) >= MAX_CLAIMS:
                why = f"only the first {MAX_CLAIMS} claims of a document are judged"
                left.append(Left(place, piece.role, why, one.formula.path))
                continue
            try:
                found = decide(replace(page, said=own), one, piece)
            except Exception as error:  # noqa: BLE001 - one formula must not hide the others
                crashes.append((place, error))
                continue
            verdict = _named(found, document.path, one.formula, place, verdicts, own.name if own is not None else "")
            if own is not None:
                verdict = replace(verdict, claim=replace(verdict.claim, recorded=own.verdict))
            verdicts.append(verdict)
        if one.role == "other":
            left.append(Left(one.formula.place, one.role, one.pieces[0].reason, one.formula.path))
    counted = Counter(one.role for one in page.found)
    troubles = tuple(f"{document.path}:{trouble.place}: {trouble.what}" for trouble in document.troubles)
    errors = (*said.bound.errors, *said.errors)
    return Judged(
        document.path,
        tuple(verdicts),
        {role: counted[role] for role in ROLES},
        tuple(left),
        (*troubles, *said.bound.moved),
        errors,
        tuple(crashes),
    )


def _place(page: Page, one: Sorted, piece: Piece) -> Place:
    offset = page.names.position(one.formula.latex, piece.statement.at) - 1 if piece.statement.at else 0
    return one.formula.place_of(max(offset, 0))


def _named(
    verdict: Verdict, path: str, formula: Formula, place: Place, known: Sequence[Verdict], given: str = ""
) -> Verdict:
    """With the claim named after its place, once only."""
    taken = {one.claim.name for one in known}
    there = f"{formula.path}:{place}" if formula.path else str(place)
    name = given or there
    for again in range(2, len(known) + 3):
        if name not in taken:
            break
        name = f"{given or there}-{again}"
    end = (formula.end.line, formula.end.column)
    source = Source(
        path, place.line, formula.latex.strip(), "printed", formula.path or path, place.column, end, formula.cell
    )
    read = verdict.claim.source.formula
    as_read = (read,) if read.strip() not in ("", formula.latex.strip()) else ()
    return replace(verdict, claim=replace(verdict.claim, name=name, source=source), read=as_read)


def _plural(role: str, count: int) -> str:
    if role in ("other", "unreadable"):
        return role
    if count == 1:
        return role
    return "identities" if role == "identity" else role + "s"
