"""Two audits of the same sources, one later than the other: what changed between them, and what of it is worse.

A claim of a sheet is the same claim as long as its name is, or, with another name, its formula. A claim found in a document
is the same as long as its formula is, wherever its line has moved to; between two that are the same, one that stands on the
old line, or reads much like it, is the old one with another formula.

What is *worse*: a verdict that says less for the claim than before or that nothing is decided any more, unless it is on
record or accepted; a verdict that was the one on record and is not any more; a new claim, or a new problem, that fails the
run; a function that is no longer what is printed; and a smaller *margin* under a verdict that stayed:

- certified before, and not certified now;
- at least two digits fewer, and at least a tenth of them;
- an error that would have been seen is ten times as large as before, or more, or an entry is no longer looked at;
- an oracle that took a side before, and now abstains or is not asked;
- more deliberate changes of the claim that nobody noticed;
- numerically unstable, and not said to be so before.

Everything else (vanished claims, other formulas, verdicts that got better) is told and is not worse.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from gradcheck.audit import Audit, shown
from gradcheck.claim import Claim
from gradcheck.verdict import Verdict

Kind = Literal["verdict", "record", "transcription", "margin", "problem", "appeared", "source", "vanished"]

KINDS: dict[str, str] = {
    "verdict": "another verdict",
    "record": "no longer, or again, the verdict on record",
    "transcription": "the function and what is printed",
    "margin": "a smaller margin",
    "problem": "problems",
    "appeared": "appeared",
    "source": "another formula",
    "vanished": "vanished",
}
"""The kinds of changes, in the order in which they are told, with what they are called."""

DIGITS = 2
SHARE = 0.9
LIMIT = 10.0
_ALIKE = 0.6
_NEAR = 20  # so many claims apart, in a document that was rewritten, nothing is looked for
# How much a verdict says for a claim. What is not decided says nothing, so that losing a decision is worse than any.
_SAYS = {"holds": 4, "conditional": 3, "ambiguous": 2, "fails": 1, "undecided": 0, "unreadable": 0}


@dataclass(frozen=True)
class Change:
    """One change of one claim: its key and place in the newer audit (in the older, where it vanished), and both sides.

    ``old`` and ``new`` say what it was and what it is; ``worse`` whether that is worse; ``accepted`` why it is not, where it
    would be. ``path``, ``line`` and ``column`` are where to look, 0 where that is unknown; ``formula`` is the newer one.
    """

    kind: Kind
    claim: str
    old: str
    new: str
    worse: bool
    path: str = ""
    line: int = 0
    column: int = 0
    formula: str = ""
    accepted: str = ""

    def __str__(self) -> str:
        """The change on one line."""
        accepted = f" (accepted: {self.accepted})" if self.accepted else ""
        return f"{self.claim}: {self.sentence}{accepted}"

    @property
    def sentence(self) -> str:
        """The change without its claim."""
        if self.kind == "vanished":
            return f"vanished; it was {self.old}"
        if self.kind in ("appeared", "problem"):
            return f"{'appeared' if self.kind == 'appeared' else 'new problem'}: {self.new}"
        if self.kind == "source":
            return f"reads {self.new or 'nothing'} now, and read {self.old or 'nothing'}"
        return f"{self.old} → {self.new}"


@dataclass(frozen=True)
class Comparison:
    """What changed from one audit to another.

    ``notes`` say why the two may not compare well: other seeds, paths or versions. ``same`` of ``compared`` claims that are
    in both have no change at all; ``moved`` of them stand on another line.
    """

    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    compared: int = 0
    same: int = 0
    moved: int = 0

    @property
    def worse(self) -> tuple[Change, ...]:
        """The changes for the worse."""
        return tuple(change for change in self.changes if change.worse)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each kind, every kind named even where there is none."""
        counts: dict[str, int] = dict.fromkeys(KINDS, 0)
        for change in self.changes:
            counts[change.kind] += 1
        return counts


def compare(old: Audit, new: Audit, versions: tuple[str, str] = ("", "")) -> Comparison:
    """What changed from the older to the newer audit; ``versions`` are those of gradcheck that made them, where known."""
    changes: list[Change] = []
    failing = frozenset(verdict.claim.key for verdict in (*new.failing, *new.mistranscribed))
    compared = same = moved = 0
    for before, after in paired(old.claims, new.claims):
        if after is None:
            assert before is not None, "a pair has one of the two"
            changes.append(_vanished(old, before))
        elif before is None:
            changes.append(_appeared(new, after, failing))
        else:
            compared += 1
            moved += _place(before)[1:] != _place(after)[1:]
            found = list(_changed(old, new, before, after))
            same += not found
            changes += found
    known = {(problem.where, problem.what) for problem in old.problems}
    changes += [
        Change("problem", problem.where, "", f"{problem.what}; {problem.remedy}", worse=True)
        for problem in new.problems
        if (problem.where, problem.what) not in known
    ]
    order = list(KINDS)
    changes.sort(key=lambda change: (not change.worse, order.index(change.kind)))
    return Comparison(tuple(changes), tuple(_notes(old, new, versions)), compared, same, moved)


def paired(old: Sequence[Claim], new: Sequence[Claim]) -> Iterator[tuple[Claim | None, Claim | None]]:
    """Each claim of either side once, with the same claim of the other side or None; by document, in the newer order."""
    by_document: dict[str, tuple[list[Claim], list[Claim]]] = defaultdict(lambda: ([], []))
    for claim in new:
        by_document[claim.source.document][1].append(claim)
    for claim in old:
        by_document[claim.source.document][0].append(claim)
    for before, after in by_document.values():
        named = _by_name(before, after)
        taken = {id(claim) for pair in named for claim in pair}
        left = (
            [claim for claim in before if id(claim) not in taken],
            [claim for claim in after if id(claim) not in taken],
        )
        matched = [*named, *_by_formula(*left)]
        of_new = {id(second): first for first, second in matched}
        of_old = {id(first) for first, _ in matched}
        yield from ((of_new.get(id(claim)), claim) for claim in after)
        yield from ((claim, None) for claim in before if id(claim) not in of_old)


def _by_name(old: Iterable[Claim], new: Iterable[Claim]) -> list[tuple[Claim, Claim]]:
    """The claims that somebody gave a name, which stays when lines move."""
    names: dict[str, Claim] = {}
    for claim in old:
        if not _unnamed(claim):
            names.setdefault(claim.name, claim)
    return [(names.pop(claim.name), claim) for claim in new if not _unnamed(claim) and claim.name in names]


def _unnamed(claim: Claim) -> bool:
    """Whether the claim is named after its place in a document alone."""
    return bool(claim.source.path) and re.match(r"\d+:", claim.name.removeprefix(f"{claim.source.path}:")) is not None


def _by_formula(old: list[Claim], new: list[Claim]) -> list[tuple[Claim, Claim]]:
    """Claims whose formula is the same, in order; between these, what is on its old line or reads much alike."""
    texts = [_text(claim) for claim in old], [_text(claim) for claim in new]
    blocks = SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks()
    found = [(old[block.a + i], new[block.b + i]) for block in blocks for i in range(block.size)]
    # What is left may have changed its order, which the longest common sequence does not see.
    rest_old = _without(old, (first for first, _ in found))
    rest_new = _without(new, (second for _, second in found))
    waiting: dict[str, list[Claim]] = defaultdict(list)
    for claim in rest_old:
        waiting[_text(claim)].append(claim)
    again = [(waiting[_text(claim)].pop(0), claim) for claim in rest_new if waiting[_text(claim)]]
    rest_old = _without(rest_old, (first for first, _ in again))
    rest_new = _without(rest_new, (second for _, second in again))
    return [*found, *again, *_edited(rest_old, rest_new, found)]


def _edited(
    old: list[Claim], new: list[Claim], anchors: Sequence[tuple[Claim, Claim]]
) -> Iterator[tuple[Claim, Claim]]:
    """Claims with another formula: between the same neighbours, on the same line, or alike in text, or the only two there."""
    gaps: dict[tuple[int, int], tuple[list[Claim], list[Claim]]] = defaultdict(lambda: ([], []))
    for side, claims in enumerate((old, new)):
        lines = sorted(_place(pair[side])[1:] for pair in anchors)
        for claim in claims:
            before = sum(line < _place(claim)[1:] for line in lines)
            gaps[before, len(lines) - before][side].append(claim)
    for first, second in gaps.values():
        alone = len(first) == len(second) == 1 and first[0].kind == second[0].kind
        waiting = dict(enumerate(first))
        for number, claim in enumerate(second):
            fitting = []
            for place, other in waiting.items():
                if abs(place - number) <= _NEAR:
                    likeness = _likeness(other, claim)
                    there = other.source.line == claim.source.line
                    if there or alone or likeness >= _ALIKE:
                        fitting.append((there, likeness, -place))
            if fitting:
                yield waiting.pop(-max(fitting)[2]), claim


def _likeness(old: Claim, new: Claim) -> float:
    """How much two formulas have in common, from 0 to 1."""
    matcher = SequenceMatcher(None, _text(old), _text(new), autojunk=False)
    near = matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE
    return matcher.ratio() if near else 0.0


def _without(claims: Iterable[Claim], taken: Iterable[Claim]) -> list[Claim]:
    gone = {id(claim) for claim in taken}
    return [claim for claim in claims if id(claim) not in gone]


def _text(claim: Claim) -> str:
    """The formula, with its spaces set aside."""
    return " ".join(claim.source.formula.split())


def _place(claim: Claim) -> tuple[str, int, int]:
    """Where a claim stands in its source."""
    return claim.source.path or claim.source.document, claim.source.line, claim.source.column


def _change(kind: Kind, claim: Claim, old: str, new: str, *, worse: bool, accepted: str = "") -> Change:
    path, line, column = _place(claim)
    if not claim.source.path and claim.made_in and claim.made_at:
        path, line, column = shown(claim.made_in), claim.made_at, 0
    return Change(kind, claim.key, old, new, worse, path, line, column, _text(claim), accepted)


def _vanished(old: Audit, claim: Claim) -> Change:
    verdict = old.verdict_on(claim)
    return _change("vanished", claim, _status(verdict), "", worse=False)


def _appeared(new: Audit, claim: Claim, failing: frozenset[str]) -> Change:
    """A new claim; worse where it fails the run. One whose check raised is among the problems."""
    verdict = new.verdict_on(claim)
    worse = claim.key in failing
    reason = "" if worse or verdict is None or verdict.status == "holds" else _reason(new, verdict)
    return _change("appeared", claim, "", _status(verdict), worse=worse, accepted=reason)


def _changed(old: Audit, new: Audit, before: Claim, after: Claim) -> Iterator[Change]:
    """All changes of one claim."""
    first, second = old.verdict_on(before), new.verdict_on(after)
    if _text(before) != _text(after):
        yield _change("source", after, _text(before), _text(after), worse=False)
    if first is None or second is None:
        if first is not second:
            yield _change("verdict", after, _status(first), _status(second), worse=second is None)
        return
    worse = False
    if first.status != second.status:
        # From undecided to fails nothing is lost, and something is found that fails the run.
        worse = _SAYS[second.status] < _SAYS[first.status] or second.status == "fails"
        reason = _reason(new, second) if worse else ""
        worse = worse and not reason
        yield _change("verdict", after, _status(first), _status(second), worse=worse, accepted=reason)
    elif first.certified and not second.certified and first.status in ("holds", "fails"):
        yield _change("margin", after, "certified", "not certified", worse=True)
    if not worse and first.as_recorded != second.as_recorded and (before.recorded or after.recorded):
        told = [f"{one.status}, {_recorded(one)}" for one in (first, second)]
        yield _change("record", after, *told, worse=first.as_recorded and after.key not in new.accepted)
    was, now = (one.printed.outcome if one.printed else "not compared" for one in (first, second))
    if was != now and "differs" in (was, now):
        yield _change("transcription", after, was, now, worse=now == "differs")
    if first.status == second.status:
        yield from (_change("margin", after, *sides, worse=True) for sides in margins(first, second))


def margins(old: Verdict, new: Verdict) -> Iterator[tuple[str, str]]:
    """What is smaller in the margin of the newer verdict, as what it was and what it is; see the module for the criteria."""
    if old.digits is not None and (
        new.digits is None or (new.digits <= old.digits - DIGITS and new.digits <= SHARE * old.digits)
    ):
        yield _digits(old), _digits(new)
    for leaf, limit in old.detection_limit.items():
        now = new.detection_limit.get(leaf)
        if not math.isfinite(limit):
            continue  # nothing would have been seen there before
        if now is None:
            yield f"an error of {limit:.0e} in {leaf} would be seen", f"{leaf} is not looked at"
        elif not now < LIMIT * limit and now != limit:
            yield f"an error of {limit:.0e} in {leaf} would be seen", f"one of {now:.0e}"
    for evidence in old.evidence:
        now_stance = new.oracle(evidence.oracle)
        if evidence.stance in ("agrees", "disagrees") and now_stance.stance in ("abstains", "not applicable"):
            why = f": {now_stance.reason}" if now_stance.reason else ""
            yield f"{evidence.oracle} {evidence.stance}", f"{now_stance.stance}{why}"
    if len(new.survivors) > len(old.survivors) and old.mutants:
        yield (
            f"{len(old.survivors)} of {old.mutants} deliberate changes not noticed",
            f"{len(new.survivors)} of {new.mutants}",
        )
    if old.quality is not None and not old.quality.sentence and new.quality is not None and new.quality.sentence:
        yield "numerically stable", new.quality.sentence


def _digits(verdict: Verdict) -> str:
    """How many digits agree."""
    return "no digits" if verdict.digits is None else f"{verdict.digits} digits"


def _status(verdict: Verdict | None) -> str:
    """A verdict in a word or two."""
    if verdict is None:
        return "not checked"
    return verdict.status + (", certified" if verdict.certified else "")


def _recorded(verdict: Verdict) -> str:
    """How a verdict stands to the record."""
    record = verdict.claim.recorded
    if record is None:
        return "nothing on record"
    return "as on record" if verdict.as_recorded else f"{record.verdict} is on record"


def _reason(new: Audit, verdict: Verdict) -> str:
    """Why a verdict is accepted in the newer audit, if it is."""
    if verdict.claim.key in new.accepted:
        return new.accepted[verdict.claim.key]
    record = verdict.claim.recorded
    return (record.why or "on record") if record is not None and verdict.as_recorded else ""


def _notes(old: Audit, new: Audit, versions: tuple[str, str]) -> Iterator[str]:
    """Why what changed may not be due to the sources."""
    if versions[0] != versions[1]:
        yield f"written by gradcheck {versions[0]} and {versions[1]}: a change may be one of gradcheck's own"
    if old.seed != new.seed:
        yield f"checked with the seeds {old.seed} and {new.seed}: the points are not the same"
    if old.paths != new.paths:
        told = [", ".join(one.paths) or "no path" for one in (old, new)]
        yield f"made of {told[0]} and of {told[1]}: a claim of one may be out of the other's reach"
    if old.problems:
        problems = "1 problem" if len(old.problems) == 1 else f"{len(old.problems)} problems"
        yield f"the older audit had {problems}: what it could not check has no verdict to compare with"
