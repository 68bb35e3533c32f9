"""The verdicts on a document's claims, and the count of everything that was not judged, with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.claim import Claim, Source
from gradcheck.documents.annotated import annotated
from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.basis import Basis, Everywhere, basis_of, everywhere
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


@dataclass(frozen=True)
class Task:
    """A claim of a document that is to be judged: where it stands, what is said about it, and what is known of it before.

    ``claim`` has the name, the source and the record that the claim of the verdict will have, and nothing that runs.
    """

    one: Sorted
    piece: Piece
    said: Annotation | None
    place: Place
    claim: Claim


@dataclass(frozen=True)
class Plan:
    """A document that was read: the claims that are to be judged, in order, and all that is known without judging them."""

    page: Page
    tasks: tuple[Task, ...]
    rest: Judged
    """What it comes to without its verdicts."""

    def judge(self, number: int) -> Verdict:
        """The verdict on one claim, by its number from 0. Raises whatever judging it raises, which is a fault of our own."""
        task = self.tasks[number]
        found = decide(replace(self.page, said=task.said), task.one, task.piece)
        read = found.claim.source.formula
        as_read = (read,) if read.strip() not in ("", task.claim.source.formula) else ()
        claim = replace(found.claim, name=task.claim.name, source=task.claim.source)
        if task.said is not None:
            claim = replace(claim, recorded=task.said.verdict)
        return replace(found, claim=claim, read=as_read)

    @property
    def shared(self) -> Everywhere:
        """What is a part of the basis of every claim."""
        return everywhere(self.page)

    def bases(self) -> Iterator[Basis]:
        """What the verdict on each claim is made of: with what is `shared`, the same gives the same but for its lines."""
        for task in self.tasks:
            found = basis_of(replace(self.page, said=task.said), task.one, task.piece)
            yield replace(found, lines=(task.place.line, *found.lines))

    def judged(self, outcomes: Sequence[Verdict | Exception]) -> Judged:
        """What the document comes to, given what came of each claim."""
        verdicts = tuple(one for one in outcomes if isinstance(one, Verdict))
        pairs = zip(self.tasks, outcomes, strict=True)
        crashes = tuple((task.place, one) for task, one in pairs if isinstance(one, Exception))
        return replace(self.rest, verdicts=verdicts, crashes=crashes)


def judge_document(document: Document, seed: int = 0, annotations: Sequence[Annotation] = ()) -> Judged:
    """Judge every derivative claim of a document, and count all other formulas by their role.

    What ``annotations`` say of a formula goes before what is inferred; those that cannot be obeyed are the ``errors``.
    """
    made = plan(document, seed, annotations)
    outcomes: list[Verdict | Exception] = []
    for number in range(len(made.tasks)):
        try:
            outcomes.append(made.judge(number))
        except Exception as error:  # noqa: BLE001 - one formula must not hide the others
            outcomes.append(error)
    return made.judged(outcomes)


def plan(document: Document, seed: int = 0, annotations: Sequence[Annotation] = ()) -> Plan:
    """Read a document: find what is to be judged in it, and count the rest."""
    said = annotated(document, bind(document, annotations))
    page = Page(document, said.names, Around(said.found), seed)
    tasks: list[Task] = []
    taken: set[str] = set()
    left: list[Left] = []
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
            if len(tasks) >= MAX_CLAIMS:
                why = f"only the first {MAX_CLAIMS} claims of a document are judged"
                left.append(Left(place, piece.role, why, one.formula.path))
                continue
            claim = _claim(document.path, one.formula, place, taken, own)
            taken.add(claim.name)
            tasks.append(Task(one, piece, own, place, claim))
        if one.role == "other":
            left.append(Left(one.formula.place, one.role, one.pieces[0].reason, one.formula.path))
    counted = Counter(one.role for one in page.found)
    troubles = tuple(f"{document.path}:{trouble.place}: {trouble.what}" for trouble in document.troubles)
    rest = Judged(
        document.path,
        (),
        {role: counted[role] for role in ROLES},
        tuple(left),
        (*troubles, *said.bound.moved),
        (*said.bound.errors, *said.errors),
    )
    return Plan(page, tuple(tasks), rest)


def _place(page: Page, one: Sorted, piece: Piece) -> Place:
    offset = page.names.position(one.formula.latex, piece.statement.at) - 1 if piece.statement.at else 0
    return one.formula.place_of(max(offset, 0))


def _claim(path: str, formula: Formula, place: Place, taken: Collection[str], said: Annotation | None) -> Claim:
    """What is known of a claim before it is judged: it is named after its place, once only, unless it was given a name."""
    there = f"{formula.path}:{place}" if formula.path else str(place)
    given = said.name if said is not None else ""
    name = given or there
    for again in range(2, len(taken) + 3):
        if name not in taken:
            break
        name = f"{given or there}-{again}"
    end = (formula.end.line, formula.end.column)
    source = Source(
        path, place.line, formula.latex.strip(), "printed", formula.path or path, place.column, end, formula.cell
    )
    return Claim(name, "equality", source, recorded=said.verdict if said is not None else None)


def _plural(role: str, count: int) -> str:
    if role in ("other", "unreadable"):
        return role
    if count == 1:
        return role
    return "identities" if role == "identity" else role + "s"
