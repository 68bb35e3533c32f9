"""Sheets as tests: an item for each claim, which fails when the verdict is not on record or the transcription is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradcheck import audit
from gradcheck.claim import Claim
from gradcheck.testing.item import defaults_of, findings_of
from gradcheck.verdict import Verdict

DEFINES = re.compile(r"^\w+\s*(:[^=\n]+)?=\s*(\w+\.)*Sheet\(", re.MULTILINE)

_OWNERS: pytest.StashKey[dict[str, tuple[Claim, str]]] = pytest.StashKey()


class VerdictNotOnRecordError(Exception):
    """The verdict on a claim is not the one on record, or *holds* where none is; or its function is not what is printed."""

    def __init__(self, verdict: Verdict, path: str) -> None:
        super().__init__(told(verdict, path))


def told(verdict: Verdict, path: str) -> str:
    """The whole finding, what is on record, and the command that shows it again."""
    from gradcheck.report import text

    record = verdict.claim.recorded
    lines = [str(verdict)]
    if record is None and not verdict.as_recorded:
        lines.append("  on record     no verdict is on record, so holds was expected")
    elif record is not None and not verdict.as_recorded:
        why = f" ({record.why})" if record.why else ""
        lines.append(f"  on record     {record.verdict} is on record{why}, and {verdict.status} was found")
    if verdict.printed is not None and _differs(verdict):
        lines.append(f"  in print      the function is not what is printed: {text.one_line(verdict.printed.detail)}")
    return "\n".join([*lines, f"  show          {text.reproduce(verdict, [path])}"])


def _differs(verdict: Verdict) -> bool:
    """Whether the function of the claim is not what the source prints."""
    return verdict.printed is not None and verdict.printed.outcome == "differs"


class SheetFile(pytest.File):
    """A Python file that defines sheets."""

    def collect(self) -> Iterator[pytest.Collector]:
        """A collector for each sheet that no file before this one had.

        Raises:
            CollectError: the file does not import, declares a claim twice, or corrects what does not exist.
        """
        claims, problems = audit.collect([self.path])
        owners = self.session.stash.setdefault(_OWNERS, {})
        told_problems = [str(problem) for problem in problems]
        new: dict[str, list[Claim]] = {}
        for claim in claims:
            owner, file = owners.setdefault(claim.key, (claim, str(self.path)))
            if owner is not claim:
                told_problems.append(f"{claim.key}: {audit.shown(file)} has a claim of this name already; rename one")
            elif file == str(self.path):
                new.setdefault(claim.source.document, []).append(claim)
        if told_problems:
            raise self.CollectError("\n".join(told_problems))
        for document, found in new.items():
            yield SheetCollector.from_parent(self, name=document, claims=found)


class SheetCollector(pytest.Collector):
    """One document."""

    def __init__(self, claims: list[Claim], **options: Any) -> None:
        super().__init__(**options)
        self.claims = claims

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each claim."""
        for claim in self.claims:
            yield ClaimItem.from_parent(self, name=claim.name, claim=claim)


class ClaimItem(pytest.Item):
    """One claim, named ``document::claim``; fails unless the verdict is as recorded and the function is what is printed."""

    def __init__(self, claim: Claim, **options: Any) -> None:
        super().__init__(**options)
        self.claim = claim

    def runtest(self) -> None:
        """Check the claim with the seed and the points of the run."""
        from gradcheck.checking import check
        from gradcheck.transcription.comparing import compare
        from gradcheck.transcription.reading import as_read

        found, defaults = findings_of(self), defaults_of(self)
        budget = {"seed": defaults.get("seed", 0)}
        points = defaults.get("points")
        if points is not None:
            budget |= {"generic": -(-points // 3), "special": points - -(-points // 3)}
        try:
            printed = compare(self.claim, seed=budget["seed"])
            verdict = replace(check(self.claim, **budget), printed=printed, read=as_read(self.claim))
        except Exception as error:
            found.problems.append(audit.check_problem(self.claim, error))
            raise
        found.add(verdict, sheet=str(self.path))
        if not verdict.as_recorded or _differs(verdict):
            raise VerdictNotOnRecordError(verdict, audit.shown(self.path))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding alone: where this file calls the check says nothing."""
        if isinstance(excinfo.value, VerdictNotOnRecordError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """The file, the line on which the claim is made, and ``document::claim``."""
        return self.path, max(self.claim.made_at - 1, 0), self.claim.key


def defines_sheets(file: Path) -> bool:
    """Whether a file assigns a `Sheet` at the top of its module; files of tests, and private ones, are passed over."""
    if file.name.startswith(("_", "test_")) or file.name.endswith("_test.py") or file.name == "conftest.py":
        return False
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return "gradcheck" in source and DEFINES.search(source) is not None
