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
    failing = len(audit.failing)
    if not audit.verdicts:
        told.append("nothing was checked")
    elif failing:
        told.append(f"{failing} {'verdict is' if failing == 1 else 'verdicts are'} not as recorded")
    else:
        told.append("no verdict is unexpected")
    return told
