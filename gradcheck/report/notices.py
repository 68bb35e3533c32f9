"""What an audit says of each place, for outputs that are read place by place: editors, logs of CI, code scanning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gradcheck.audit import Audit, shown
from gradcheck.claim import Claim
from gradcheck.report import text
from gradcheck.verdict import Verdict

Weight = Literal["failure", "accepted", "finding", "open", "pass"]

_SHOWN = 80


@dataclass(frozen=True)
class Notice:
    """What is said of one place of a file.

    ``line`` and ``column`` count from 1, and 0 is unknown; ``end`` is the place just after the last character. ``status`` is
    the verdict, ``what`` the claim in a few words, ``message`` what was found. ``weight`` tells what it counts for: a
    *failure* ends with exit code 1, an *accepted* one does not for ``reason``; a *finding* is for a person to look at
    (conditional, ambiguous), *open* was not decided or not read. ``verdict`` is None for a formula that was not judged, and
    ``status`` is *ignored* where an annotation said so.
    """

    path: str
    line: int
    column: int
    end: tuple[int, int] | None
    status: str
    what: str
    message: str
    weight: Weight
    reason: str = ""
    verdict: Verdict | None = None

    @property
    def place(self) -> str:
        """``path:line:column`` as far as it is known."""
        told = text.one_line(self.path)
        return told + (f":{self.line}:{self.column or 1}" if self.line else "")

    def __str__(self) -> str:
        """``path:line:column: verdict: claim: message`` on one line."""
        accepted = f" (accepted: {self.reason})" if self.weight == "accepted" else ""
        return text.one_line(": ".join(filter(None, (self.place, self.status, self.what, self.message))) + accepted)


def notices(audit: Audit) -> list[Notice]:
    """A notice for each verdict in order, then for each formula that could not be read or is to be left alone."""
    failing = {verdict.claim.key for verdict in (*audit.failing, *audit.mistranscribed)}
    return [*(_of_verdict(audit, verdict, failing) for verdict in audit.verdicts), *_unread(audit)]


def place_of(claim: Claim) -> tuple[str, int]:
    """The file and line to look at: those of the document, or of the code that declares the claim."""
    source = claim.source
    if source.path:
        return source.path, source.line
    if claim.made_in and claim.made_at:
        return shown(claim.made_in), claim.made_at
    return source.document, source.line


def what(claim: Claim) -> str:
    """A claim in a few words: its key on a sheet, its formula in a document, cut where it is long, or the name given to it."""
    if not claim.source.path:
        return claim.key
    if not claim.name.removeprefix(f"{claim.source.path}:").startswith(f"{claim.source.line}:"):
        return claim.name
    formula = text.one_line(claim.source.formula)
    return formula if len(formula) <= _SHOWN else f"{formula[: _SHOWN - 1]}…"


def _of_verdict(audit: Audit, verdict: Verdict, failing: set[str]) -> Notice:
    """The notice of one verdict."""
    claim = verdict.claim
    path, line = place_of(claim)
    weight, reason = _weight(audit, verdict, failing)
    return Notice(
        path,
        line,
        claim.source.column if claim.source.path else 0,
        claim.source.end if claim.source.path else None,
        verdict.status,
        what(claim),
        _message(audit, verdict),
        weight,
        reason,
        verdict,
    )


def _weight(audit: Audit, verdict: Verdict, failing: set[str]) -> tuple[Weight, str]:
    """What a verdict counts for, and why it is accepted where it is."""
    claim = verdict.claim
    if claim.key in failing:
        return "failure", ""
    if claim.key in audit.accepted:
        return "accepted", audit.accepted[claim.key]
    if verdict.status == "holds":
        return "pass", ""
    if claim.recorded is not None:
        return "accepted", claim.recorded.why or "on record"
    return ("finding" if verdict.status in ("fails", "conditional", "ambiguous") else "open"), ""


def _message(audit: Audit, verdict: Verdict) -> str:
    """What was found, the point that shows it, what would be right, and what was expected instead."""
    differs = verdict.printed is not None and verdict.printed.outcome == "differs"
    if verdict.status == "holds" and verdict.as_recorded and not differs:
        return verdict.sentence().partition(": ")[0].removeprefix("holds").removeprefix(", ")
    recorded = verdict.claim.recorded
    expected = "" if recorded is None or verdict.as_recorded else f"{recorded.verdict} is on record"
    right = "; ".join(other.source.formula for other in audit.corrections(verdict.claim))
    told = (
        f"in cell {verdict.claim.source.cell}" if verdict.claim.source.cell else "",
        f"its function is not what is printed: {verdict.printed.detail}" if verdict.printed and differs else "",
        expected,
        text.diagnosis(verdict),
        text.found_at(verdict),
        f"correct is {right}" if right else "",
    )
    return text.one_line("; ".join(filter(None, told)))


def _unread(audit: Audit) -> Iterator[Notice]:
    """The formulas that could not be read, and those that an annotation tells to leave alone, with its reason."""
    for document in audit.documents:
        for left in document.left:
            path, place, why = left.path or document.path, left.place, text.one_line(left.reason)
            if left.role == "unreadable":
                yield Notice(path, place.line, place.column, None, "unreadable", "", why, "open")
            elif left.role == "ignored":
                yield Notice(path, place.line, place.column, None, "ignored", "", "", "accepted", why)
