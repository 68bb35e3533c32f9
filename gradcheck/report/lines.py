"""One line a finding, as compilers print it: ``path:line:column: verdict: claim: message``."""

from __future__ import annotations

from gradcheck.audit import Audit
from gradcheck.report import text
from gradcheck.report.notices import notices


def audit_lines(audit: Audit) -> str:
    """A line for each verdict that does not simply hold and each formula that was not read, then troubles and problems."""
    told = [str(notice) for notice in notices(audit) if notice.weight != "pass"]
    told += [text.one_line(trouble) for document in audit.documents for trouble in document.troubles]
    told += [text.one_line(f"{problem.where}: problem: {problem.what}; {problem.remedy}") for problem in audit.problems]
    return "".join(f"{line}\n" for line in told)


def summary(audit: Audit) -> list[str]:
    """What was looked at, each outcome counted apart, and how many verdicts fail the run or are accepted."""
    told = [text.one_line(document.summary) for document in audit.documents]
    told.append(" · ".join(f"{outcome} {count}" for outcome, count in audit.counts.items()))
    if audit.accepted:
        told.append(f"accepted by the baseline: {len(audit.accepted)}")
    if audit.mistranscribed:
        told.append(f"functions that are not what is printed: {len(audit.mistranscribed)}")
    return [*told, bottom_line(audit)]


def bottom_line(audit: Audit) -> str:
    """How the verdicts stand to what was expected of them, after the problems, which left something without one."""
    count = len(audit.problems)
    problems = f"{count} problem{'s' if count > 1 else ''}; " if count else ""
    return f"{problems}{_of_verdicts(audit)}"


def _of_verdicts(audit: Audit) -> str:
    if not audit.verdicts:
        return "nothing was checked"
    if audit.failing:
        unrecorded = [verdict for verdict in audit.failing if verdict.claim.recorded is None]
        otherwise = len(audit.failing) - len(unrecorded)
        hold = "hold" if all(verdict.status == "fails" for verdict in unrecorded) else "simply hold"
        told = []
        if unrecorded:
            told.append(
                f"1 claim does not {hold}" if len(unrecorded) == 1 else f"{len(unrecorded)} claims do not {hold}"
            )
        if otherwise:
            told.append(
                "1 verdict is not as recorded" if otherwise == 1 else f"{otherwise} verdicts are not as recorded"
            )
        return ", ".join(told)
    accepted = sum(verdict.claim.key in audit.accepted for verdict in audit.verdicts)
    unsettled = sum(not verdict.as_recorded for verdict in audit.verdicts) - accepted
    if unsettled:
        claims = "1 claim of a document does" if unsettled == 1 else f"{unsettled} claims of documents do"
        return f"no verdict is unexpected; {claims} not simply hold"
    given = " given" if audit.problems else ""
    return f"every {'other ' if accepted else ''}verdict{given} is as recorded"
