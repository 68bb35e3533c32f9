"""One claim of a document: the verdict under every choice of definitions, ranks and precedence that it may mean.

*Fails* is said only where it is proven under all of them; where they disagree, the verdict is *ambiguous*, and where one
that would be plausible is left open, *undecided*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.claim import Claim, Source, Status
from gradcheck.documents.aliases import unaliased
from gradcheck.documents.annotated import notation_for
from gradcheck.documents.annotation import Annotation
from gradcheck.documents.entries import Step, entry_claims, printed
from gradcheck.documents.jacobians import Rewritten, rewritten
from gradcheck.documents.labels import merged
from gradcheck.documents.lines import PRINTED, SAID, told
from gradcheck.documents.model import Document
from gradcheck.documents.names import Names
from gradcheck.documents.pairing import Around, Candidate, Used, definitions_for, equation, needed
from gradcheck.documents.readings import regrouped
from gradcheck.documents.sorting import Piece, Sorted, stands_for
from gradcheck.documents.spaces import normalized, ranks_of
from gradcheck.documents.surroundings import not_understood, tried
from gradcheck.formulas.judging import Judge
from gradcheck.formulas.question import Notation, Question
from gradcheck.latex import tree
from gradcheck.latex.definitions import Text
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Statement
from gradcheck.latex.typeset import typeset
from gradcheck.verdict import ReadingResult, StepResult, Verdict

_ORDER = ("fails", "ambiguous", "undecided", "unreadable", "conditional", "holds")
_GOOD = ("holds", "conditional")
_MOST = 200
_BEFORE = 5  # up to what stands anywhere before it, or later in its section
_MISSING = ("nothing says", "as far as it is defined", "it fails as read", "no derivative is claimed")
_OPEN = ("it seems to fail", "nothing says", "it fails as read")


@dataclass(frozen=True)
class Page:
    """A document that has been sorted, and what its names mean."""

    document: Document
    names: Names
    around: Around
    seed: int = 0
    said: Annotation | None = None

    @property
    def found(self) -> tuple[Sorted, ...]:
        """The formulas, sorted."""
        return self.around.found


@dataclass(frozen=True)
class Case:
    """A claim of one formula under one choice of definitions."""

    page: Page
    one: Sorted
    claim: Statement
    definitions: tuple[Statement, ...]

    def verdict(self) -> Verdict:
        """The verdict, with every rank and precedence tried before *fails* is said."""
        first: Verdict | None = None
        for ranks in self.ranks():
            verdict = self._with(self.claim, ranks)
            if verdict.status in _GOOD:
                return verdict
            if first is None or (first.status == "fails" and _left_open(verdict)):
                first = verdict
        assert first is not None
        for reading, other in regrouped(self.claim):
            for ranks in self.ranks():
                verdict = self._with(other, ranks)
                if first.status == "fails" and (verdict.status in _GOOD or _left_open(verdict)):
                    return _differing(first, verdict, reading)
                if first.status != "fails" and verdict.status in _GOOD:
                    return replace(verdict, notes=(*verdict.notes, f"it is read {reading}, which alone fits"))
        return first

    def ranks(self) -> Iterator[dict[str, int]]:
        """The ranks that the names may have."""
        return ranks_of(self.page.found, [self.claim, *self.definitions])

    def _with(self, claim: Statement, ranks: dict[str, int]) -> Verdict:
        """The verdict on what the function is made of alone; on all that is said of the names where that decides nothing."""
        few = needed(claim, self.definitions)
        verdict = asked(self.page, self.one, claim, few, ranks)
        lacking = verdict.status == "undecided" and verdict.reason.startswith(_MISSING)
        if len(few) < len(self.definitions) and (verdict.status == "fails" or lacking):
            return asked(self.page, self.one, claim, self.definitions, ranks)
        return verdict


def decide(page: Page, one: Sorted, piece: Piece) -> Verdict:
    """The verdict on one claim under all plausible definitions."""
    claim, aliases, made = claimed(page, one, piece)
    if (entries := entries_of(page, one, claim)) is not None:
        return _by_entries(page, one, entries)
    results: list[tuple[Candidate, Verdict]] = []
    for candidate, case in cases_of(page, one, claim, made):
        verdict = case.verdict()
        results.append((candidate, verdict))
        if verdict.status in _GOOD or (verdict.status == "undecided" and not verdict.reason.startswith(_MISSING)):
            break
    chosen, verdict = _merged(page, results)
    if verdict.status == "fails":
        verdict = _in_context(_case(page, one, claim, chosen, made), verdict)
    return _noted(verdict, page, [*(made.used if made is not None else ()), *aliases, *chosen.used], made)


def claimed(page: Page, one: Sorted, piece: Piece) -> tuple[Statement, tuple[Used, ...], Rewritten | None]:
    """A claim as it is judged, the statements that say what its names stand for, and how its Jacobian was read."""
    claim = equation(piece.statement)
    made = rewritten(claim, one.number, page.around)
    claim, aliases = unaliased(made.claim if made is not None else claim, one.number, page.around)
    return claim, aliases, made


def cases_of(page: Page, one: Sorted, claim: Statement, made: Rewritten | None) -> Iterator[tuple[Candidate, Case]]:
    """The claim under each choice of definitions, the likeliest first."""
    for candidate in definitions_for(claim, one.number, page.around):
        yield candidate, _case(page, one, claim, candidate, made)


def _case(page: Page, one: Sorted, claim: Statement, candidate: Candidate, made: Rewritten | None) -> Case:
    return Case(page, one, claim, (*(made.definitions if made is not None else ()), *candidate.statements))


def _in_context(case: Case, failing: Verdict) -> Verdict:
    """A claim that fails, judged again under what the text around it assumes."""
    scope = [case.claim, *case.definitions]
    for assumption in tried(case.page.document, case.page.found, case.one, scope):
        for ranks in case.ranks():
            verdict = asked(case.page, case.one, case.claim, case.definitions, ranks, assumption)
            if verdict.status == "holds":
                return replace(
                    verdict,
                    status="conditional",
                    assumption=assumption.text,
                    counterexample=failing.counterexample,
                    diagnosis=failing.diagnosis,
                )
    if word := not_understood(case.page.document, case.one):
        reason = f"it fails as read, and the text beside it says {word!r}, which was not understood"
        return replace(failing, status="undecided", certified=False, reason=reason)
    return failing


def asked(
    page: Page,
    one: Sorted,
    claim: Statement,
    definitions: Sequence[Statement],
    ranks: dict[str, int],
    assumed: Notation | None = None,
) -> Verdict:
    """The verdict of the judge of single formulas on a claim with these definitions and ranks."""
    question = question_for(page, one, claim, definitions, ranks, assumed)
    try:
        return Judge(question).verdict()
    except (UnresolvedError, UnreadableError) as error:
        reason = str(error)
    except RecursionError:
        reason = "nested too deeply"
    unjudged = Claim("formula", "equality", Source("formula", 1, one.formula.latex, "printed"))
    return Verdict(unjudged, "undecided", reason=reason, seed=page.seed)


def question_for(
    page: Page,
    one: Sorted,
    claim: Statement,
    definitions: Sequence[Statement],
    ranks: dict[str, int],
    assumed: Notation | None = None,
) -> Question:
    """What the judge of single formulas is asked about a claim with these definitions and ranks."""
    notation = notation_for(page.said, ranks)
    notation = replace(notation, sums_to_one=notation.sums_to_one | normalized(page.found, claim, definitions))
    if assumed is not None:
        symmetric, diagonal = notation.symmetric | assumed.symmetric, notation.diagonal | assumed.diagonal
        ranges = {**assumed.ranges, **notation.ranges}
        notation = replace(notation, symmetric=symmetric, diagonal=diagonal, ranges=ranges)
    names = page.names
    claim, *definitions = merged([claim, *definitions])
    said = Text(statements=list(definitions))
    functions = applied(names.functions, [claim, *definitions])
    return Question(one.formula.latex, (claim,), said, notation, functions, page.seed, names.words)


def applied(functions: frozenset[str], scope: Sequence[Statement]) -> frozenset[str]:
    """The functions that are applied to something here: a letter that is one elsewhere in the document may be a matrix here."""
    used = set()
    for part in parts(tuple(scope)):
        if isinstance(part, tree.Call):
            used.add(stands_for(part.function.base if isinstance(part.function, tree.Prime) else part.function))
        elif isinstance(part, tree.Prime):
            used.add(stands_for(part.base))
    return frozenset(functions & used)


def _left_open(verdict: Verdict) -> bool:
    """Whether a reading is plausible and not settled; one that does not fit together is neither."""
    return verdict.status in ("undecided", "ambiguous") and verdict.reason.startswith(_OPEN)


def _differing(failing: Verdict, other: Verdict, reading: str) -> Verdict:
    """Where precedence decides."""
    results = tuple(
        ReadingResult(name, verdict.status, verdict.certified, verdict.diagnosis or verdict.reason)
        for name, verdict in (("as it stands, from left to right", failing), (reading, other))
    )
    status: Status = "ambiguous" if other.status in _GOOD else "undecided"
    reason = "; ".join(f"read {result.name}: {result.status}" for result in results)
    return replace(failing, status=status, readings=results, reason=reason, certified=False, digits=None)


@dataclass(frozen=True)
class Entries:
    """A claim where everything is printed entry by entry: what it says of each number, and the lines that print the rest."""

    steps: tuple[Step, ...]
    lines: tuple[int, ...]


def entries_of(page: Page, one: Sorted, claim: Statement) -> Entries | None:
    """A claim as claims about numbers; None where not all of it is printed entry by entry."""
    if not page.around.printed:
        return None
    used = [u for u in page.around.definitions(one.number) if u.nearness <= _BEFORE][:_MOST]
    known = printed([u.statement for u in used])
    steps = entry_claims(claim, known)
    lines = sorted({page.found[u.number].formula.place.line for u in used if u.statement in known.sources})
    return Entries(tuple(steps), tuple(lines)) if steps else None


def _by_entries(page: Page, one: Sorted, entries: Entries) -> Verdict:
    """The verdict on every claim about a number, the first wrong one told."""
    steps: list[StepResult] = []
    verdicts: list[Verdict] = []
    for step in entries.steps:
        results = [asked(page, one, part, definitions, {}) for part, definitions in step.parts]
        worst = min(results, key=lambda verdict: _ORDER.index(verdict.status))
        places = [place for place, verdict in zip(step.places, results, strict=True) if verdict.status == worst.status]
        if worst.status != "holds" and len(results) > 1:
            listed = ", ".join(f"[{i}, {j}]" for i, j in places)
            worst = replace(worst, diagnosis=f"entry {listed}: {worst.diagnosis or worst.reason}")
        steps.append(StepResult(typeset(step.member), worst.status, worst.assumption, worst.diagnosis or worst.reason))
        verdicts.append(worst)
    verdict = min(verdicts, key=lambda verdict: _ORDER.index(verdict.status))
    note = f"the matrices are multiplied out entry by entry, {told(PRINTED, entries.lines)}"
    return replace(verdict, steps=tuple(steps) if len(steps) > 1 else (), notes=(*verdict.notes, note))


def _merged(page: Page, results: Sequence[tuple[Candidate, Verdict]]) -> tuple[Candidate, Verdict]:
    """One verdict out of those under each choice of definitions, and the choice that it rests on.

    A choice under which the claim has no meaning (it mentions what is then nowhere defined) is not what was meant.
    """
    meant = [pair for pair in results if pair[1].status != "undecided" or not pair[1].reason.startswith(_MISSING)]
    decided = [pair for pair in meant if pair[1].status != "undecided"]
    if not decided:
        return (meant or results)[0]
    good = [pair for pair in decided if pair[1].status in _GOOD]
    failing = [pair for pair in decided if pair[1].status == "fails"]
    if good and failing:
        readings = tuple(
            ReadingResult(_told(page, candidate.used), v.status, v.certified, v.diagnosis or v.reason)
            for candidate, v in (failing[0], good[0])
        )
        reason = f"it fails with {readings[0].name}, and {good[0][1].status} with {readings[1].name}"
        verdict = replace(failing[0][1], status="ambiguous", readings=readings, reason=reason, certified=False)
        return failing[0][0], replace(verdict, digits=None)
    if good:
        return good[0]
    if failing and len(failing) < len(meant):
        unsettled = next(verdict for _, verdict in meant if verdict.status != "fails")
        reason = f"it fails under one definition, and under another it is left open: {unsettled.reason}"
        return failing[0][0], replace(failing[0][1], status="undecided", certified=False, reason=reason)
    return decided[0]


def _noted(verdict: Verdict, page: Page, used: Sequence[Used], made: Rewritten | None) -> Verdict:
    """With what was taken from where."""
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
    return told(SAID, sorted(lines))
