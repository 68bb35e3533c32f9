"""The derivations of a document: displays in which a derivative is worked out over two lines or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gradcheck.derivations.displays import best, joined, split, words_beside
from gradcheck.derivations.judging import continued
from gradcheck.derivations.model import DerivationError, DerivationReport
from gradcheck.documents.aliases import unaliased
from gradcheck.documents.annotated import annotated
from gradcheck.documents.deciding import Page, decide, question_for
from gradcheck.documents.jacobians import rewritten
from gradcheck.documents.model import Document, Place
from gradcheck.documents.pairing import Around, definitions_for, equation
from gradcheck.documents.quotes import bind
from gradcheck.documents.sorting import Piece, Sorted
from gradcheck.documents.spaces import ranks_of
from gradcheck.formulas.judging import Judge
from gradcheck.latex.claims import Target
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.tree import Statement
from gradcheck.latex.typeset import typeset

RANKS = 2
CANDIDATES = 4


@dataclass(frozen=True)
class Left:
    """A derivation that could not be judged: where it stands, and why."""

    path: str
    place: Place
    reason: str

    def __str__(self) -> str:
        """As compilers print it."""
        return f"{self.path}:{self.place}: not judged: {self.reason}"


@dataclass(frozen=True)
class Displayed:
    """A display of a document in which a derivative is worked out, and where it stands."""

    page: Page
    one: Sorted
    piece: Piece
    place: Place

    def judged(self) -> DerivationReport | Left:
        """The report on it, or why there is none."""
        try:
            return _report(self.page, self.one, self.piece, self.place)
        except DerivationError as error:
            return Left(self.one.formula.path or self.page.document.path, self.place, str(error))


def from_document(document: Document, seed: int = 0) -> tuple[list[DerivationReport], list[Left]]:
    """The reports on the derivations of a document, and those that could not be judged."""
    told = [one.judged() for one in displayed(document, seed)]
    return [one for one in told if isinstance(one, DerivationReport)], [one for one in told if isinstance(one, Left)]


def displayed(document: Document, seed: int = 0) -> list[Displayed]:
    """The derivations of a document, in its order, none judged yet."""
    said = annotated(document, bind(document, ()))
    page = Page(document, said.names, Around(said.found), seed)
    found: list[Displayed] = []
    for one in page.found:
        for piece in _whole(one.pieces):
            if piece.role != "derivation" or said.ignored(one.number):
                continue
            offset = page.names.position(one.formula.latex, piece.statement.at) - 1 if piece.statement.at else 0
            found.append(Displayed(page, one, piece, one.formula.place_of(max(offset, 0))))
    return found


def _whole(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a formula, those put together that go on after words beside a line."""
    found: list[Piece] = []
    for piece in pieces:
        before = found[-1] if found else None
        if before is None or before.role not in ("claim", "derivation"):
            found.append(piece)
            continue
        made = joined([before.statement, piece.statement])
        if len(made) == 1:
            found[-1] = replace(before, statement=made[0], role="derivation")
        else:
            found.append(piece)
    return found


def _report(page: Page, one: Sorted, piece: Piece, place: Place) -> DerivationReport:
    """The report under the definitions with which the derivation gets furthest.

    Raises:
        DerivationError: it cannot be settled; *wrong* is said only where the verdict on the formula is *fails*, too.
    """
    verdict = decide(page, one, piece)
    if verdict.status not in ("holds", "conditional", "fails"):
        raise DerivationError(f"{verdict.status}: {verdict.reason or verdict.diagnosis}")
    claim = equation(piece.statement)
    made = rewritten(claim, one.number, page.around)
    claim, _ = unaliased(made.claim if made is not None else claim, one.number, page.around)
    reports: list[DerivationReport] = []
    reason = ""
    for candidate in islice(definitions_for(claim, one.number, page.around), CANDIDATES):
        definitions = (*(made.definitions if made is not None else ()), *candidate.statements)
        try:
            reports.append(_judged(page, one, claim, definitions))
        except (DerivationError, UnresolvedError, UnreadableError, RecursionError) as error:
            reason = reason or str(error) or "nested too deeply"
            continue
        if reports[-1].status in ("holds", "conditional"):
            break
    if not reports:
        raise DerivationError(reason or "nothing says what is differentiated")
    report = max(
        reports, key=lambda found: sum(line.state in ("start", "holds", "conditional") for line in found.lines)
    )
    if report.status == "fails" and verdict.status != "fails":
        raise DerivationError(
            f"line by line it seems to fail, where the formula as a whole is found to be {verdict.status}"
        )
    return continued(_placed(report, page, one, place), page.seed)


def _judged(page: Page, one: Sorted, claim: Statement, definitions: tuple[Statement, ...]) -> DerivationReport:
    """The report with these definitions, under the ranks that fit first.

    Raises:
        DerivationError, UnresolvedError, UnreadableError: none fits.
    """
    reason: Exception = DerivationError("no ranks of the names fit")
    for ranks in islice(ranks_of(page.found, [claim, *definitions]), RANKS):
        judge = Judge(question_for(page, one, claim, definitions, ranks))
        try:
            targets = judge.aim.targets()
            if not targets:
                raise DerivationError("no derivative is claimed")
            formulas, beside = _formulas(one, targets[0])
            about = tuple(rf"\({_told(statement)}\)" for statement in definitions)
            return best(judge, targets[0], formulas, "", about, beside, page.seed)
        except (DerivationError, UnresolvedError, UnreadableError) as error:
            reason = error
    raise reason


def _formulas(one: Sorted, target: Target) -> tuple[list[str], dict[int, str]]:
    """The lines as printed, with the words beside each, where the display is nothing else; else as read."""
    pieces, count = split(one.formula.latex), len(target.members) + 1
    if len(pieces) == count + 1 and target.alias is not None:
        return [rf"{pieces[0]} = {pieces[1]}", *pieces[2:]], {}
    if len(pieces) == count:
        return pieces, words_beside(one.formula.latex)
    return [typeset(target.derivative), *map(typeset, target.members)], {}


def _told(statement: Statement) -> str:
    return " = ".join(typeset(member) for member in statement.members)


def _placed(report: DerivationReport, page: Page, one: Sorted, place: Place) -> DerivationReport:
    """With the document and the line that it stands on."""
    claim = report.derivation.claim
    path = one.formula.path or page.document.path
    source = replace(claim.source, document=page.document.path, line=place.line, column=place.column, path=path)
    placed = replace(claim, name=str(place), source=source)
    derivation = replace(report.derivation, claim=placed)
    return replace(report, derivation=derivation, verdict=replace(report.verdict, claim=placed))
