"""The verdicts on a document's claims, and the count of everything that was not judged, with reasons.

*Fails* is said only where the proof holds under every plausible definition and every rank that the names may have;
where they disagree, the verdict is *ambiguous*, and where one of them is left open, *undecided*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradcheck.claim import Claim, Source
from gradcheck.documents.aliases import unaliased
from gradcheck.documents.annotated import Annotated, annotated
from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.entries import entry_claims, printed
from gradcheck.documents.jacobians import Rewritten, rewritten
from gradcheck.documents.model import Document, Formula, Place
from gradcheck.documents.names import Names
from gradcheck.documents.pairing import Around, Candidate, Used, definitions_for, equation, needed
from gradcheck.documents.quotes import bind
from gradcheck.documents.sorting import ROLES, Piece, Sorted
from gradcheck.documents.spaces import ranks_of
from gradcheck.formulas.judging import Judge
from gradcheck.formulas.question import Notation, Question
from gradcheck.latex.definitions import Text
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.tree import Statement
from gradcheck.latex.typeset import typeset
from gradcheck.verdict import ReadingResult, StepResult, Verdict

_ORDER = ("fails", "ambiguous", "undecided", "unreadable", "conditional", "holds")
_HERE = 4  # up to what stands in the same section

MAX_CLAIMS = 400
"""How many claims of one document are judged; those beyond are counted, and said not to have been."""


@dataclass(frozen=True)
class Left:
    """A formula, or a part of one, that was not judged: where it stands, its role, and why."""

    place: Place
    role: str
    reason: str


@dataclass(frozen=True)
class Judged:
    """What was found in a document: verdicts in order, formulas by role, and what was left out."""

    path: str
    verdicts: tuple[Verdict, ...]
    roles: dict[str, int]
    left: tuple[Left, ...] = ()
    troubles: tuple[str, ...] = ()
    errors: tuple[AnnotationError, ...] = ()

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
        return f"{self.path}: {self.formulas} formula{'s' if self.formulas > 1 else ''} found: {told}"


@dataclass(frozen=True)
class Page:
    """A document that has been sorted, and what its names mean."""

    document: Document
    names: Names
    found: tuple[Sorted, ...]
    seed: int = 0
    said: Annotated | None = None


def judge_document(document: Document, seed: int = 0, annotations: Sequence[Annotation] = ()) -> Judged:
    """Judge every derivative claim of a document, and count all other formulas by their role.

    What ``annotations`` say of a formula goes before what is inferred; those that cannot be obeyed are the ``errors``.
    """
    said = annotated(document, bind(document, annotations))
    page = Page(document, said.names, said.found, seed, said)
    verdicts: list[Verdict] = []
    left: list[Left] = []
    for one in page.found:
        for bad in one.unreadable:
            left.append(Left(bad.place, "unreadable", bad.reason))
        claims = [piece for piece in one.pieces if piece.role in ("claim", "derivation")]
        if why := said.ignored(one.number):
            left.append(Left(one.formula.place, "ignored", why))
            continue
        for piece in claims:
            place = _place(page, one, piece)
            if len(verdicts) >= MAX_CLAIMS:
                left.append(Left(place, piece.role, f"only the first {MAX_CLAIMS} claims of a document are judged"))
                continue
            verdict = _named(judge(page, one, piece), document.path, one.formula, place, verdicts, said.name(one.number))
            verdicts.append(replace(verdict, claim=replace(verdict.claim, recorded=said.recorded(one.number))))
        if one.role == "other":
            left.append(Left(one.formula.place, one.role, one.pieces[0].reason))
    counted = Counter(one.role for one in page.found)
    troubles = tuple(f"{document.path}:{trouble.place}: {trouble.what}" for trouble in document.troubles)
    errors = (*said.bound.errors, *said.errors)
    return Judged(document.path, tuple(verdicts), {role: counted[role] for role in ROLES}, tuple(left), (*troubles, *said.bound.moved), errors)


def judge(page: Page, one: Sorted, piece: Piece) -> Verdict:
    """The verdict on one claim under all plausible definitions."""
    claim = equation(piece.statement)
    made = rewritten(claim, one.number, page.found)
    claim = made.claim if made is not None else claim
    claim, aliases = unaliased(claim, one.number, page.found)
    results: list[tuple[Candidate, Verdict]] = []
    if (whole := by_entries(page, one, claim)) is not None:
        return whole
    for candidate in definitions_for(claim, one.number, page.found):
        verdict = _under(page, one, claim, candidate, made)
        results.append((candidate, verdict))
        if verdict.status in ("holds", "conditional"):
            break
    return _noted(_merged(page, results), results, page, made, aliases)


def _under(page: Page, one: Sorted, claim: Statement, candidate: Candidate, made: Rewritten | None) -> Verdict:
    """The verdict under one choice of definitions; *fails* only if it does whatever ranks the names may have."""
    statements = [*(made.definitions if made is not None else ()), *candidate.statements]
    few = needed(claim, statements)
    verdict: Verdict | None = None
    for ranks in ranks_of(page.found, [claim, *statements]):
        for said in [few, statements] if len(few) < len(statements) else [statements]:
            again = _asked(page, one, claim, said, ranks)
            if again.status in ("holds", "conditional", "ambiguous"):
                return again
        if verdict is None or (verdict.status == "fails" and _open(again)):
            verdict = again
    assert verdict is not None
    return verdict


def by_entries(page: Page, one: Sorted, claim: Statement) -> Verdict | None:
    """The verdict where everything is printed entry by entry: every claim about a number, the first wrong one told."""
    used = [u for u in Around(page.found).definitions(one.number) if u.nearness <= _HERE]
    known = printed([u.statement for u in used])
    asked = entry_claims(claim, known)
    if not asked:
        return None
    steps: list[StepResult] = []
    verdicts: list[Verdict] = []
    for step in asked:
        results = [_asked(page, one, part, definitions, {}) for part, definitions in step.parts]
        worst = min(results, key=lambda verdict: _ORDER.index(verdict.status))
        places = [place for place, verdict in zip(step.places, results, strict=True) if verdict.status == worst.status]
        if worst.status != "holds" and len(results) > 1:
            told = ", ".join(f"[{i}, {j}]" for i, j in places)
            worst = replace(worst, diagnosis=f"entry {told}: {worst.diagnosis or worst.reason}")
        steps.append(StepResult(typeset(step.member), worst.status, worst.assumption, worst.diagnosis or worst.reason))
        verdicts.append(worst)
    verdict = min(verdicts, key=lambda verdict: _ORDER.index(verdict.status))
    lines = sorted({page.found[u.number].formula.place.line for u in used if u.statement in known.sources})
    note = f"the matrices are multiplied out entry by entry, as line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))} print them"
    return replace(verdict, steps=tuple(steps) if len(steps) > 1 else (), notes=(*verdict.notes, note))


def _open(verdict: Verdict) -> bool:
    """Whether a verdict leaves the question open, other than by shapes that do not fit."""
    return verdict.status == "undecided" and "shape" not in verdict.reason and "fit" not in verdict.reason


def _asked(
    page: Page, one: Sorted, claim: Statement, statements: Sequence[Statement], ranks: dict[str, int]
) -> Verdict:
    said = Text(statements=list(statements))
    notation = page.said.notation(one.number, ranks) if page.said is not None else Notation(ranks)
    names = page.names
    question = Question(one.formula.latex, (claim,), said, notation, names.functions, page.seed, names.words)
    try:
        return Judge(question).verdict()
    except (UnresolvedError, UnreadableError) as error:
        return Verdict(_claim(one.formula.latex), "undecided", reason=str(error), seed=page.seed)
    except RecursionError:
        return Verdict(_claim(one.formula.latex), "undecided", reason="nested too deeply", seed=page.seed)


def _merged(page: Page, results: Sequence[tuple[Candidate, Verdict]]) -> Verdict:
    """One verdict out of those under each choice of definitions."""
    decided = [pair for pair in results if pair[1].status != "undecided"]
    if not decided:
        return results[0][1]
    good = [pair for pair in decided if pair[1].status in ("holds", "conditional")]
    failing = [pair for pair in decided if pair[1].status == "fails"]
    if good and failing:
        readings = tuple(
            ReadingResult(_told(page, candidate.used), v.status, v.certified, v.diagnosis or v.reason)
            for candidate, v in (failing[0], good[0])
        )
        reason = f"it fails with {readings[0].name}, and {good[0][1].status} with {readings[1].name}"
        return replace(
            failing[0][1], status="ambiguous", readings=readings, reason=reason, certified=False, digits=None
        )
    if good:
        return good[0][1]
    if failing and len(failing) < len(results):
        unsettled = next(verdict for _, verdict in results if verdict.status != "fails")
        reason = f"it fails under one definition, and under another it is left open: {unsettled.reason}"
        return replace(failing[0][1], status="undecided", certified=False, reason=reason)
    return decided[0][1]


def _noted(
    verdict: Verdict,
    results: Sequence[tuple[Candidate, Verdict]],
    page: Page,
    made: Rewritten | None,
    aliases: Sequence[Used],
) -> Verdict:
    """With what was taken from where."""
    used = [*(made.used if made is not None else ()), *aliases, *results[-1][0].used]
    notes = [*verdict.notes]
    if made is not None:
        notes.append(made.note)
    if used:
        notes.append(f"it rests on {_told(page, used)}")
    return replace(verdict, notes=tuple(notes))


def _told(page: Page, used: Sequence[Used]) -> str:
    """Which definitions, by line."""
    lines = dict.fromkeys(page.found[one.number].formula.place.line for one in used)
    if not lines:
        return "no definition"
    return f"what line{'s' if len(lines) > 1 else ''} {', '.join(map(str, sorted(lines)))} define{'' if len(lines) > 1 else 's'}"


def _place(page: Page, one: Sorted, piece: Piece) -> Place:
    offset = page.names.position(one.formula.latex, piece.statement.at) - 1 if piece.statement.at else 0
    return one.formula.place_of(max(offset, 0))


def _named(
    verdict: Verdict, path: str, formula: Formula, place: Place, known: Sequence[Verdict], given: str = ""
) -> Verdict:
    """With the claim named after its place, once only."""
    taken = {one.claim.name for one in known}
    name = given or str(place)
    for again in range(2, len(known) + 3):
        if name not in taken:
            break
        name = f"{given or place}-{again}"
    end = (formula.end.line, formula.end.column)
    source = Source(path, place.line, formula.latex.strip(), "printed", path, place.column, end)
    return replace(verdict, claim=replace(verdict.claim, name=name, source=source))


def _claim(latex: str) -> Claim:
    return Claim("formula", "equality", Source("formula", 1, latex, "printed"))


def _plural(role: str, count: int) -> str:
    if role in ("other", "unreadable"):
        return role
    if count == 1:
        return role
    return "identities" if role == "identity" else role + "s"
