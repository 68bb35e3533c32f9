"""The end of a run: the section in the terminal, and the report files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.audit import Audit
from gradcheck.report import text
from gradcheck.testing.findings import TestFindings, as_audit, in_order

if TYPE_CHECKING:
    from gradcheck.verdict import Verdict

MOST_LINES = 30


def title(found: Sequence[TestFindings]) -> str:
    """The heading: how many claims were checked, in how many tests."""
    checks, tests = sum(len(test.checks) for test in found), sum(bool(test.checks) for test in found)
    if not checks:
        return "gradcheck: nothing was checked"
    counted = f"{checks} claim{'s' if checks != 1 else ''} checked"
    return f"gradcheck: {counted} in {tests} test{'s' if tests != 1 else ''}"


def lines(found: Sequence[TestFindings]) -> Iterator[str]:
    """The section below the heading: each outcome counted apart, then what does not hold, what raised, what did not run."""
    ordered = in_order(found)
    counts = as_audit(ordered, 0, ()).counts
    yield " · ".join(f"{outcome} {count}" for outcome, count in counts.items())
    told: list[str] = []
    recorded = 0
    for test in ordered:
        for check in test.checks:
            verdict = check.verdict
            as_expected = verdict.as_recorded if check.sheet else verdict.status == test.expected
            recorded += as_expected and verdict.status != "holds"
            if not as_expected:
                told.append(_line(test, verdict))
    if recorded:
        verb = "does not hold, as is" if recorded == 1 else "do not hold, as is"
        yield f"{recorded} {verb} on record or expected by the mark"
    yield from told[:MOST_LINES]
    if len(told) > MOST_LINES:
        yield f"and {len(told) - MOST_LINES} more; --gradcheck-report=PATH writes them all"
    yield from (f"problem: {test.test}: {text.one_line(p.what)}; {p.remedy}" for test in ordered for p in test.problems)
    yield from (f"not exercised: {test.test}: {text.one_line(test.idle)}" for test in ordered if test.idle)


def _line(test: TestFindings, verdict: Verdict) -> str:
    """What does not hold, in a line: outcome, test, what the claim says of itself, what is wrong."""
    passed = " (the test passed all the same)" if test.outcome == "passed" else ""
    claim = "" if test.test.endswith(f"::{verdict.claim.name}") else f": {verdict.claim.source.formula}"
    shown = text.counterexample_line(verdict.counterexample) if verdict.status in ("fails", "conditional") else ""
    told = text.diagnosis(verdict) or shown.rpartition(", entry ")[2] or verdict.reason
    why = f": {text.one_line(told)}" if told else ""
    return f"{verdict.status}: {test.test}{claim}{passed}{why}"


def named_paths(found: Iterable[TestFindings], arguments: Sequence[str], folder: Path) -> list[str]:
    """The paths to give `gradcheck show`: the arguments under which sheets were found, and files of sheets beside them."""
    roots = [(folder / argument.partition("::")[0]).resolve() for argument in arguments]
    paths: dict[str, None] = {}
    for test in in_order(found):
        for check in test.checks:
            if check.sheet:
                file = Path(check.sheet)
                root = next((root for root in roots if file.is_relative_to(root)), file)
                paths[str(root)] = None
    return list(paths)


def shown_from(folder: Path, path: Path) -> str:
    """A path as seen from a folder, in full where it lies elsewhere."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def write(audit: Audit, path: Path) -> list[Path]:
    """Write one file, in the format of its suffix, or all of them into a folder, as ``gradcheck audit`` does.

    Raises:
        ReportError: it cannot be written.
    """
    from gradcheck.report import files
    from gradcheck.report.data import audit_csv, audit_json
    from gradcheck.report.html import audit_html
    from gradcheck.report.markdown import audit_markdown

    if not path.suffix:
        return files.write(audit, path)
    renderings = {".html": audit_html, ".json": audit_json, ".md": audit_markdown, ".csv": audit_csv}
    files.replace(path, renderings[path.suffix](audit))
    return [path]
