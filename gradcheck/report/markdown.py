"""The audit as Markdown that GitHub renders: summary, problems, findings worst first, then the full table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from gradcheck import decimals
from gradcheck.audit import Audit
from gradcheck.claim import Claim
from gradcheck.report import text
from gradcheck.report.displayed import displayed, for_github
from gradcheck.report.table import COLUMNS, findings, rows
from gradcheck.verdict import Counterexample, Verdict

_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)
_SPECIAL = re.compile(r"([\\`*_\[\]<>|$~#])")


def audit_markdown(audit: Audit) -> str:
    """The whole report."""
    parts = ["# Audit of derivative claims", _summary(audit)]
    if audit.problems:
        parts.append("## Problems")
        parts.append(
            "\n".join(
                f"- **{plain(problem.where)}**: {plain(text.stop(problem.what))} "
                f"{plain(text.stop(text.capital(problem.remedy)))}"
                for problem in audit.problems
            )
        )
    found = findings(audit)
    if found:
        parts.append("## Findings")
        parts.extend(_finding(audit, verdict) for verdict in found)
    unstable = [verdict for verdict in audit.verdicts if verdict.quality is not None and verdict.quality.sentence]
    if unstable:
        parts.append("## Numerical quality")
        parts.append("\n".join(f"- {plain(one.claim.key)}: {plain(text.quality_told(one))}" for one in unstable))
    parts.append("## All claims")
    parts.append(_full_table(audit))
    return "\n\n".join(parts) + "\n"


def plain(words: str) -> str:
    """Text of any origin as one line of Markdown in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", text.one_line(words))


def code(words: str) -> str:
    """Text of any origin as one code span; empty stays empty."""
    line = text.one_line(words)
    if not line:
        return ""
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def code_cell(words: str) -> str:
    """A code span for a table cell: GitHub takes away one backslash before a pipe, inside code too."""
    return code(words).replace("|", r"\|")


def _summary(audit: Audit) -> str:
    """Each outcome counted apart, and how the verdicts stand to the record."""
    claims = len(audit.claims)
    counted = f"{claims} claim{'s' if claims != 1 else ''}, seed {audit.seed}."
    unexpected = f"Verdicts that are not as recorded: **{len(audit.failing)}**."
    if audit.accepted:
        unexpected += f" Accepted by the baseline: {len(audit.accepted)}."
    unexpected += "".join(f"\n- {plain(document.summary)}" for document in audit.documents)
    table = _table(list(audit.counts), [[str(count) for count in audit.counts.values()]])
    compared = _compared(audit)
    return f"{counted} {unexpected}\n\n{table}" + (f"\n\n{compared}" if compared else "")


def _compared(audit: Audit) -> str:
    """How the functions stand to the formulas that they transcribe; nothing where there is no such formula."""
    counts = audit.transcriptions
    if not any(counts.values()):
        return ""
    told = ", ".join(f"{outcome} {count}" for outcome, count in counts.items())
    return f"Functions compared with the formula that is printed: {told}."


def _finding(audit: Audit, verdict: Verdict) -> str:
    """One finding: heading, formula, what is wrong, numbers, correction, how to reproduce."""
    claim = verdict.claim
    where = f"{plain(claim.source.document)}, line {claim.source.line}, {claim.kind}"
    where += "" if claim.source.origin == "printed" else f", {claim.source.origin}"
    items = [f"**{plain(text.capital(verdict.sentence()))}**"]
    if verdict.printed is not None and verdict.printed.outcome == "differs":
        items.append(f"**The function is not what is printed: {plain(verdict.printed.detail)}**")
    note = text.record(verdict)
    if note:
        items.append(f"Record: {plain(note) if verdict.as_recorded else f'**{plain(note)}**'}")
    said = text.diagnosis(verdict)
    if said:
        items.append(f"Diagnosis: {plain(said)}")
    if verdict.counterexample is not None:
        items.append(f"Counterexample: {code(text.counterexample_line(verdict.counterexample))}")
    items += [f"Correction: {inline(correction.source.formula)}" for correction in audit.corrections(claim)]
    items += [
        f"Reading {plain(reading.name)}: {reading.status}"
        + (f", {plain(reading.diagnosis)}" if reading.diagnosis else "")
        for reading in verdict.readings
    ]
    items += [f"{plain(evidence.oracle).capitalize()}: {plain(text.stance(evidence))}" for evidence in verdict.evidence]
    if verdict.quality is not None and verdict.quality.measured:
        items.append(f"Numerical quality: {plain(text.quality_told(verdict))}")
    items.append(f"Reproduce: {code(text.reproduce(verdict, audit.paths))}")
    parts = [
        f"### {plain(claim.key)}: {verdict.status}",
        where,
        _formula(claim),
        "\n".join(f"- {item}" for item in items),
    ]
    if verdict.counterexample is not None and len(verdict.counterexample.entries) > 1:
        parts.append(_entries(verdict.counterexample))
    if verdict.steps:
        parts.append(_steps(verdict))
    return "\n\n".join(part for part in parts if part)


def _entries(counterexample: Counterexample, most: int = 12) -> str:
    """Claimed and true values side by side, at most ``most`` entries, the worst first."""
    lines = []
    for entry in counterexample.entries[:most]:
        claimed, true = (
            decimals.short_pair(entry.claimed, entry.true) if entry.wrong else _alike(entry.claimed, entry.true)
        )
        lines.append(
            [code(decimals.index(entry.index)), plain(claimed), plain(true), "**wrong**" if entry.wrong else ""]
        )
    shown = _table(["entry", "claimed", "true", ""], lines)
    more = len(counterexample.entries) - most
    return shown + (f"\n\n… and {more} more entries." if more > 0 else "")


def _alike(claimed: str, true: str) -> tuple[str, str]:
    """Two numbers that agree, each short."""
    return decimals.short(claimed), decimals.short(true)


def _steps(verdict: Verdict) -> str:
    """The steps of a derivation, the first wrong one in bold."""
    wrong = text.first_wrong_step(verdict)
    lines = []
    for place, step in enumerate(verdict.steps):
        status = f"**{step.status}: {text.wrong_step(step)}**" if place == wrong else step.status
        condition = f", if {plain(step.assumption)}" if step.assumption else ""
        detail = f", {plain(step.detail)}" if step.detail else ""
        lines.append(f"{place + 1}. {inline(step.formula)}: {status}{condition}{detail}")
    return "\n".join(lines)


def _full_table(audit: Audit) -> str:
    """Every column of every row; what does not hold in bold, and marked where it differs from the record."""
    lines = []
    for row, verdict in zip(rows(audit), audit.verdicts, strict=True):
        cells: dict[str, Any] = {name: plain(_cell(row[name])) for name in COLUMNS}
        for name in ("printed", "counterexample", "correction"):
            cells[name] = code_cell(row[name])
        if verdict.status != "holds":
            cells["verdict"] = f"**{verdict.status}**"
        if not verdict.as_recorded:
            cells["recorded"] = f"**≠** {row['recorded'] or 'not on record'}"
        lines.append([cells[name] for name in COLUMNS])
    return _table([name.replace("_", " ") for name in COLUMNS], lines)


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of cells in which pipes are escaped already."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines])


def _cell(content: object) -> str:
    """A value of a row as text: yes for true, nothing for false and None."""
    if content is True:
        return "yes"
    return "" if content is None or content is False else str(content)


def inline(latex: str) -> str:
    """A formula in a line: typeset where GitHub can, else as code."""
    made = _for_github(latex)
    return f"$`{made}`$" if made is not None else code(latex)


def _formula(claim: Claim) -> str:
    """A claim's formula: a display where GitHub can typeset it, a sentence with its formulas, else a block of code."""
    source = text.clean(claim.source.formula).strip()
    if not source:
        return "*Nothing readable is printed there.*"
    if claim.source.origin == "sentence":
        pieces = _INLINE.split(source)
        return "".join(inline(piece) if place % 2 else _spaced(piece) for place, piece in enumerate(pieces))
    made = _for_github(source) if claim.source.origin != "code" else None
    if made is not None:
        return f"```math\n{made}\n```"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", source)), default=0))
    return f"{fence}latex\n{source}\n{fence}"


def _for_github(latex: str) -> str | None:
    """A formula in the mathematics of GitHub, on one line, or None."""
    made = displayed(latex)
    return for_github(made) if made is not None else None


def _spaced(words: str) -> str:
    """A piece of a sentence, with the spaces at its ends."""
    return " " * words[:1].isspace() + plain(words) + " " * (words[-1:].isspace() and len(words) > 1)
