"""The table that every rendering shows: one row a claim, the columns in one fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcheck.audit import Audit
from gradcheck.report import text
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "document",
    "line",
    "claim",
    "kind",
    "printed",
    "transcription",
    "verdict",
    "certified",
    "digits",
    "quality",
    "finite_differences",
    "autodiff",
    "certified_value",
    "counterexample",
    "diagnosis",
    "correction",
    "recorded",
)

_WORST_FIRST = ("fails", "conditional", "ambiguous", "undecided", "unreadable", "holds")


def rows(audit: Audit) -> list[dict[str, Any]]:
    """One mapping a verdict, keys in the order of `COLUMNS`: int, bool, int or None, and text."""
    return [_row(audit, verdict) for verdict in audit.verdicts]


def table(audit: Audit) -> pd.DataFrame:
    """`rows` as a data frame; ``digits`` is a nullable integer, and what UTF-8 cannot hold is an escape."""
    import pandas as pd

    lines = [{name: _utf8(value) for name, value in row.items()} for row in rows(audit)]
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    return frame.astype({"line": "int64", "certified": "bool", "digits": "Int64"})


def findings(audit: Audit) -> list[Verdict]:
    """The verdicts that do not simply hold, worst first: what is not on record, then by outcome, then in order.

    A claim whose function is not what is printed is among them, whatever its verdict.
    """
    differing = {id(verdict) for verdict in audit.mistranscribed}
    found = [
        verdict
        for verdict in audit.verdicts
        if verdict.status != "holds" or not verdict.as_recorded or id(verdict) in differing
    ]
    return sorted(
        found, key=lambda verdict: (verdict.as_recorded, _WORST_FIRST.index(verdict.status), not verdict.certified)
    )


def _utf8(value: Any) -> Any:
    """Text without half a surrogate pair, which columns of Arrow refuse; anything else as it is."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _row(audit: Audit, verdict: Verdict) -> dict[str, Any]:
    """The row of one verdict."""
    claim = verdict.claim
    values = (
        claim.source.document,
        claim.source.line,
        claim.name,
        claim.kind,
        text.printed(claim),
        str(verdict.printed or ""),
        verdict.status,
        verdict.certified,
        verdict.digits,
        text.quality(verdict),
        text.stance(verdict.oracle("finite differences")),
        text.stance(verdict.oracle("autodiff")),
        text.certified_value(verdict.oracle("certified")),
        text.counterexample_line(verdict.counterexample),
        text.diagnosis(verdict),
        "; ".join(correction.source.formula for correction in audit.corrections(claim)),
        claim.recorded.verdict if claim.recorded else "",
    )
    return dict(zip(COLUMNS, values, strict=True))
