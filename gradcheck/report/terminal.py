"""The audit and the single claim on a terminal: text only, never markup, so that brackets in LaTeX survive."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gradcheck import decimals
from gradcheck.audit import Audit, Problem
from gradcheck.claim import Claim
from gradcheck.report import text
from gradcheck.report.lines import bottom_line
from gradcheck.report.table import findings, table
from gradcheck.verdict import Counterexample, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_STYLES = {
    "holds": "green",
    "fails": "bold red",
    "conditional": "yellow",
    "ambiguous": "magenta",
    "undecided": "cyan",
    "unreadable": "bright_black",
    "problems": "bold red",
}
WIDTH_WHEN_PIPED = 100


def console(stderr: bool = False) -> Console:
    """A console that never reads markup or emoji codes; 100 columns wide where its output is not a terminal."""
    from rich.console import Console

    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WIDTH_WHEN_PIPED
    return made


def print_audit(console: Console, audit: Audit) -> None:
    """The table, the findings worst first, the problems, and a summary that counts each outcome apart."""
    if audit.verdicts:
        console.print(_audit_table(audit))
    if audit.unexpected:
        console.print(_plain("≠ marks a verdict that is not as recorded", "bold red"))
    found = findings(audit)
    if found:
        console.print(_heading("Findings, worst first"))
    for verdict in found:
        _print_finding(console, audit, verdict)
    print_problems(console, audit.problems)
    console.print(_summary(audit))


def print_problems(console: Console, problems: Iterable[Problem]) -> None:
    """Each problem with its remedy, under a heading; nothing when there are none."""
    from rich.text import Text

    lines = list(problems)
    if lines:
        console.print(_heading("Problems"))
    for problem in lines:
        line = Text.assemble((text.one_line(problem.where), "bold red"), ": ")
        line.append(text.one_line(f"{text.stop(problem.what)} {text.stop(text.capital(problem.remedy))}"))
        console.print(line)
        console.print()


def print_claim(console: Console, audit: Audit, verdict: Verdict) -> None:
    """Everything about one claim."""
    claim = verdict.claim
    console.print(_plain(claim.key, "bold"), _status(verdict))
    console.print(_plain(f"line {claim.source.line} of {claim.source.document}, {claim.kind}, {claim.source.origin}"))
    _section(console, "Formula", [text.clean(claim.source.formula) or "nothing readable is printed there"])
    _section(console, "Transcription", [text.one_line(str(verdict.printed))] if verdict.printed else [])
    _section(console, "Inputs", _inputs(claim))
    _section(console, "Assumptions", [_assumption(a.text, a.stated) for a in claim.assumptions])
    _section(console, "Verdict", [text.stop(text.capital(verdict.sentence())), *_recorded(verdict)])
    kinks = f", {verdict.kinks} of them at a kink" if verdict.kinks else ""
    _section(console, "Points", [f"{verdict.points} visited{kinks}; seed {verdict.seed}"])
    if verdict.evidence:
        _print_table(
            console,
            "Oracles",
            ("oracle", "stance", "value"),
            [(e.oracle, e.stance, "; ".join(filter(None, (text.value(e), e.reason)))) for e in verdict.evidence],
        )
    if verdict.counterexample is not None:
        _print_entries(console, "Counterexample", verdict.counterexample)
    elif verdict.sample is not None:
        _print_entries(console, "Values at a sample point", verdict.sample)
    _section(console, "Numerical quality", filter(None, [text.quality_told(verdict)]))
    _section(console, "Diagnosis", [verdict.diagnosis] if verdict.diagnosis else [])
    _section(console, "Correction", [_correction(other) for other in audit.corrections(claim)])
    readings = [(r.name, r.status + (", certified" if r.certified else ""), r.diagnosis) for r in verdict.readings]
    if readings:
        _print_table(console, "Readings", ("reading", "verdict", "diagnosis"), readings)
    if verdict.steps:
        _print_steps(console, verdict)
    if verdict.branches:
        branches = [(b.where, str(b.true), str(b.false), str(b.tied)) for b in verdict.branches]
        _print_table(console, "Comparisons in the program", ("where", "true", "false", "tied"), branches)
    _section(console, "Notes", [note for note in (claim.notes, *verdict.notes) if note])
    _section(console, "Reproduce", [text.reproduce(verdict, audit.paths)])


def _audit_table(audit: Audit) -> Table:
    """One line a claim, the columns that fit; what does not hold is coloured, and marked where it is not on record."""
    made = _table(("document", "line", "claim", "kind", "verdict", "digits"))
    made.columns[1].justify = made.columns[5].justify = "right"
    for row, verdict in zip(table(audit).to_dict("records"), audit.verdicts, strict=True):
        made.add_row(
            _plain(row["document"]),
            str(row["line"]),
            _plain(row["claim"]),
            row["kind"],
            _status(verdict, brief=True),
            "" if verdict.digits is None else str(verdict.digits),
        )
    return made


def _print_finding(console: Console, audit: Audit, verdict: Verdict) -> None:
    """A finding in a few lines: what, where, the diagnosis, the counterexample, the correction."""
    claim = verdict.claim
    head = _plain(claim.key, "bold")
    head.append(f" line {claim.source.line}{f', cell {claim.source.cell}' if claim.source.cell else ''}  ")
    head.append_text(_status(verdict))
    console.print(head)
    told = {
        "printed": text.printed(claim),
        "transcription": verdict.printed.detail if verdict in audit.mistranscribed and verdict.printed else "",
        "diagnosis": text.diagnosis(verdict),
        "counterexample": text.counterexample_line(verdict.counterexample),
        "correction": "; ".join(other.source.formula for other in audit.corrections(claim)),
        "accepted": audit.accepted.get(claim.key, ""),
    }
    _print_pairs(console, [(name, words) for name, words in told.items() if words])


def _summary(audit: Audit) -> Text:
    """Each outcome counted apart, then how many verdicts are not as recorded."""
    from rich.text import Text

    line = Text("\n")
    for document in audit.documents:
        line.append(f"{text.one_line(document.summary)}\n", style="dim")
    for outcome, count in audit.counts.items():
        line.append(f"{outcome} {count}", style=_STYLES[outcome] if count else "dim")
        line.append(" · " if outcome != "problems" else "\n", style="dim")
    if audit.accepted:
        line.append(f"accepted by the baseline: {len(audit.accepted)}\n", style="dim")
    if audit.mistranscribed:
        line.append(f"functions that are not what is printed: {len(audit.mistranscribed)}\n", style="bold red")
    wrong = bool(audit.failing) or (not audit.verdicts and audit.exit_code != 0)
    line.append(bottom_line(audit), style="bold red" if wrong else "green" if audit.verdicts else "dim")
    return line


def _status(verdict: Verdict, brief: bool = False) -> Text:
    """The verdict, certified or not, coloured; where it is not as recorded, what is (briefly: only a mark)."""
    words = verdict.status + (", certified" if verdict.certified else "")
    status = _plain(words, _STYLES[verdict.status])
    if not verdict.as_recorded:
        status.append(" ≠" if brief else f" ({text.record(verdict)})", style="bold red")
    return status


def _recorded(verdict: Verdict) -> list[str]:
    """What is on record and why, and whether it was computed again."""
    record = verdict.claim.recorded
    if record is None:
        return [] if verdict.as_recorded else ["No verdict is on record, so holds was expected."]
    why = f", because {record.why}" if record.why else ""
    again = "computed again" if verdict.as_recorded else "NOT what was computed"
    return [f"On record: {record.verdict}{why}; {again}."]


def _inputs(claim: Claim) -> list[str]:
    """The inputs with their spaces, then the generic functions with what stands in for them."""
    lines = [
        f"{name}: {text.space(values)}" + (" (the derivative is with respect to it)" if name == claim.wrt else "")
        for name, values in claim.inputs.items()
    ]
    return lines + [
        f"{name}: any function; {', '.join(g.name for g in stand_ins)} stand in for it"
        for name, stand_ins in claim.generics.items()
    ]


def _assumption(words: str, stated: bool) -> str:
    """An assumption and whether the source states it."""
    return f"{words} ({'stated' if stated else 'not stated by the source'})"


def _correction(other: Claim) -> str:
    """A correction's formula and the name under which it is a claim of its own."""
    return f"{text.clean(other.source.formula)}   ({other.name})"


def _print_entries(console: Console, title: str, found: Counterexample) -> None:
    """A point and the entries of the claimed object there, in full, the wrong ones marked."""
    _section(console, title, [text.point(found)])
    if not found.entries:
        return
    made = _table(("entry", "claimed", "true", ""))
    for entry in found.entries:
        made.add_row(
            decimals.index(entry.index) or "value",
            _plain(entry.claimed),
            _plain(entry.true),
            "wrong" if entry.wrong else "",
            style="bold red" if entry.wrong else None,
        )
    console.print(made)


def _print_steps(console: Console, verdict: Verdict) -> None:
    """The steps of a derivation, the first wrong one marked."""
    wrong = text.first_wrong_step(verdict)
    made = _table(("step", "formula", "verdict"))
    for place, step in enumerate(verdict.steps):
        told = [step.status, f"only if {step.assumption}" if step.assumption else "", step.detail]
        mark = f" ← {text.wrong_step(step)}" if place == wrong else ""
        made.add_row(
            str(place + 1),
            _plain(step.formula),
            _plain(", ".join(filter(None, told)) + mark),
            style=_STYLES[step.status] if place == wrong else None,
        )
    console.print(_heading("Steps"))
    console.print(made)


def _print_table(console: Console, title: str, header: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    """A heading and a small table of foreign text."""
    made = _table(header)
    for line in lines:
        made.add_row(*(_plain(cell) for cell in line))
    console.print(_heading(title))
    console.print(made)


def _section(console: Console, title: str, lines: Iterable[str]) -> None:
    """A heading and some lines, indented; nothing when there are no lines."""
    from rich.padding import Padding
    from rich.text import Text

    body = list(lines)
    if body:
        console.print(_heading(title))
    for line in body:
        console.print(Padding(Text(text.clean(line)), (0, 0, 0, 2)))


def _print_pairs(console: Console, pairs: Iterable[tuple[str, str]]) -> None:
    """Names and what is to be said under them, in two columns without rules."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, words in pairs:
        made.add_row(f"  {name}", _plain(words))
    console.print(made)
    console.print()


def _table(header: tuple[str, ...]) -> Table:
    """An empty table in which long words are folded, never cut."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in header:
        made.add_column(name, overflow="fold", no_wrap=name in ("line", "kind", "digits"))
    return made


def _heading(words: str) -> Text:
    """A heading on a line of its own."""
    from rich.text import Text

    return Text(f"\n{words}", style="bold underline")


def _plain(words: str, style: str = "") -> Text:
    """Foreign text as one line without control characters, in one style."""
    from rich.text import Text

    return Text(text.one_line(str(words)), style=style)
