"""What the lines of a reviewed finding print today, and what mpmath says is true."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rule_audits.reviewed import Finding

_RUNNER = """
import contextlib, io, json, sys, warnings
warnings.simplefilter("ignore")
found = []
for lines in json.load(sys.stdin):
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(lines, "<lines>", "exec"), {})
        found.append(" ".join(out.getvalue().split()))
    except Exception as error:
        found.append(f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}")
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Seen:
    """What was printed, and the true number (or words, where a number would not tell it)."""

    says: str
    true: str


def see(findings: Sequence[Finding]) -> Mapping[Finding, Seen]:
    """Run the lines of each finding, those of one package in one interpreter of their own."""
    seen: dict[Finding, Seen] = {}
    for package in dict.fromkeys(finding.package for finding in findings):
        chosen = [finding for finding in findings if finding.package == package]
        answer = subprocess.run(
            [sys.executable, "-c", _RUNNER],
            input=json.dumps([finding.lines for finding in chosen]),
            capture_output=True,
            text=True,
            check=True,
        )
        says = json.loads(answer.stdout.splitlines()[-1])
        for finding, said in zip(chosen, says, strict=True):
            seen[finding] = Seen(said, true_of(finding))
    return seen


def true_of(finding: Finding) -> str:
    """The expression in ``true`` evaluated by mpmath to 20 digits; words are left as they are."""
    if not finding.true.startswith("="):
        return finding.true
    mp = importlib.import_module("mpmath")
    with mp.workdps(60):
        value = eval(finding.true[1:], {"mp": mp})  # noqa: S307 our own table
        parts = value if isinstance(value, list | tuple) else [value]
        told = ", ".join(mp.nstr(part, 20) for part in parts)
    return f"`{told}`, that is `{finding.true[1:].strip()}`"
