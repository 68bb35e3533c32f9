r"""The audit as one LaTeX document that pdflatex and lualatex compile with amsmath, longtable and hyperref.

It is plain ASCII: what is not becomes mathematics, an accent, or, for a character that no font of LaTeX's own has, its number
(LuaLaTeX shows the character itself where the font has it). Everything foreign is escaped; a formula is typeset where
`gradcheck.report.displayed` takes it, and shown letter by letter elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from gradcheck import __version__, decimals
from gradcheck.audit import Audit
from gradcheck.claim import STATUSES, Claim
from gradcheck.report import text
from gradcheck.report.displayed import SYMBOLS, displayed
from gradcheck.report.table import findings, rows
from gradcheck.verdict import Counterexample, Verdict

_PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage{amsmath,amssymb}
\usepackage{array,longtable}
\usepackage[hidelinks]{hyperref}
\addtolength{\textwidth}{30mm}
\addtolength{\oddsidemargin}{-15mm}
\addtolength{\textheight}{20mm}
\addtolength{\topmargin}{-10mm}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5ex plus 0.3ex}
\setlength{\emergencystretch}{3em}
\setlength{\LTleft}{0pt}
\setcounter{MaxMatrixCols}{64}
\allowdisplaybreaks
% The character of a number, where the engine and its font have it; elsewhere the number.
\newcommand{\gcchar}[1]{\ifdefined\Umathcode\iffontchar\font"#1 \char"#1 \else[U+#1]\fi\else[U+#1]\fi}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1}}
"""

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": "`{}",
    "'": "'{}",
    "-": "-{}",  # two of them would become a dash
    ",": ",{}",
    "?": "?{}",
    "!": "!{}",
    "–": "--{}",
    "—": "---{}",
    "‘": "`{}",
    "’": "'{}",
    "“": "``{}",
    "”": "''{}",
    "«": r"\ensuremath{\ll}",
    "»": r"\ensuremath{\gg}",
    "…": r"\dots{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "°": r"\ensuremath{^\circ}",
    "\u00a0": "~",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)
_MOST_ENTRIES = 12


def audit_tex(audit: Audit) -> str:
    """The whole document."""
    labels = {id(verdict): f"claim-{number}" for number, verdict in enumerate(audit.verdicts, 1)}
    parts = [
        _PREAMBLE,
        r"\title{Audit of derivative claims}" + "\n" + rf"\author{{gradcheck {escaped(__version__)}}}" + "\n\\date{}",
        "\\begin{document}\n\\maketitle",
        _summary(audit),
    ]
    if audit.problems:
        told = [
            rf"\textbf{{{escaped(one.where)}}}: {escaped(text.stop(one.what))} "
            f"{escaped(text.stop(text.capital(one.remedy)))}"
            for one in audit.problems
        ]
        parts += [r"\section*{Problems}", _items(told)]
    found = findings(audit)
    if found:
        parts.append(r"\section*{Findings, worst first}")
        parts += [_finding(audit, verdict, labels[id(verdict)]) for verdict in found]
    unstable = [verdict for verdict in audit.verdicts if verdict.quality is not None and verdict.quality.sentence]
    if unstable:
        told = [f"{escaped(one.claim.key)}: {escaped(text.quality_told(one))}" for one in unstable]
        parts += [r"\section*{Numerical quality}", _items(told)]
    shown = {id(verdict) for verdict in found}
    parts += [r"\section*{All claims}", _all(audit, labels, shown), r"\end{document}"]
    return "\n\n".join(parts) + "\n"


@lru_cache(maxsize=8192)
def escaped(words: str) -> str:
    """Text of any origin as one line in which nothing is a command."""
    return "".join(map(_escape, unicodedata.normalize("NFC", text.one_line(words))))


def code(words: str) -> str:
    """Text of any origin as it is, in the typewriter's letters; lines may break after signs."""
    lines = text.clean(words).strip().splitlines()
    told = [re.sub(r"(?<=[,=+)/;])(?:\{\})?(?=.)", r"\\allowbreak{}", escaped(line)) for line in lines if line.strip()]
    return r"\texttt{" + r"\\ ".join(told) + "}" if told else ""


def formula(claim: Claim) -> str:
    """A claim's formula as a display, a sentence with its formulas, or letter by letter."""
    source = claim.source.formula
    if not source.strip():
        return r"\emph{Nothing readable is printed there.}"
    if claim.source.origin == "sentence":
        pieces = _INLINE.split(text.clean(source))
        return "".join(_inline(piece) if place % 2 else _spaced(piece) for place, piece in enumerate(pieces))
    return _display(source) if claim.source.origin != "code" else code(source)


def _display(latex: str) -> str:
    """A display where it can be typeset, else a block of letters."""
    made = displayed(latex)
    if made is not None:
        return f"\\[ {made} \\]"
    return f"\\begin{{flushleft}}\n{code(latex)}\n\\end{{flushleft}}" if latex.strip() else ""


def _inline(latex: str) -> str:
    """Mathematics in a line, or its letters."""
    made = displayed(latex)
    return rf"\({made}\)" if made is not None else code(latex)


def _spaced(words: str) -> str:
    """A piece of a sentence, with the spaces at its ends."""
    return " " * words[:1].isspace() + escaped(words) + " " * (words[-1:].isspace() and len(words) > 1)


@lru_cache(maxsize=4096)
def _escape(char: str) -> str:
    """One character of text."""
    if char in _ESCAPED:
        return _ESCAPED[char]
    if char.isascii():
        return char
    if char in SYMBOLS:
        return rf"\ensuremath{{{SYMBOLS[char]}}}"
    base, accent = unicodedata.normalize("NFD", char)[:1], unicodedata.normalize("NFD", char)[1:]
    if accent in _ACCENTS and base.isascii() and base.isalpha():
        return rf"\{_ACCENTS[accent]}{{{base}}}"
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and all(one.isascii() for one in plain):
        return "".join(map(_escape, plain))
    return rf"\gcchar{{{ord(char):04X}}}"


def _summary(audit: Audit) -> str:
    """Each outcome counted apart, per document and in all, and how the verdicts stand to the record."""
    claims = len(audit.claims)
    told = f"{claims} claim{'s' if claims != 1 else ''}, seed {audit.seed}. "
    told += rf"Verdicts that are not as recorded: \textbf{{{len(audit.failing)}}}."
    if audit.accepted:
        told += f" Accepted by the baseline: {len(audit.accepted)}."
    parts = [r"\section*{Summary}", told]
    counts = audit.counts
    parts.append(_table("r" * len(counts), list(counts), [[str(count) for count in counts.values()]]))
    per_document: dict[str, dict[str, int]] = {}
    for verdict in audit.verdicts:
        document = per_document.setdefault(verdict.claim.source.document, dict.fromkeys(STATUSES, 0))
        document[verdict.status] += 1
    if per_document:
        lines = [[escaped(name), *map(str, row.values())] for name, row in per_document.items()]
        parts.append(_table(r"L{0.27\textwidth}" + "r" * len(STATUSES), ["document", *STATUSES], lines))
    compared = audit.transcriptions
    if any(compared.values()):
        told = ", ".join(f"{outcome} {count}" for outcome, count in compared.items())
        parts.append(f"Functions compared with the formula that is printed: {told}.")
    if audit.documents:
        parts.append(_items(escaped(document.summary) for document in audit.documents))
    return "\n\n".join(parts)


def _finding(audit: Audit, verdict: Verdict, label: str) -> str:
    """One finding: heading, place, formula, what is wrong, numbers, correction, how to reproduce."""
    claim = verdict.claim
    place = f"{escaped(claim.source.document)}, line {claim.source.line}, {claim.kind}"
    origin = "" if claim.source.origin == "printed" else f", {claim.source.origin}"
    items = [rf"\textbf{{{escaped(text.capital(verdict.sentence()))}}}"]
    if verdict.printed is not None and verdict.printed.outcome == "differs":
        items.append(rf"\textbf{{The function is not what is printed: {escaped(verdict.printed.detail)}}}")
    if note := text.record(verdict):
        items.append("Record: " + (escaped(note) if verdict.as_recorded else rf"\textbf{{{escaped(note)}}}"))
    if said := text.diagnosis(verdict):
        items.append(f"Diagnosis: {escaped(said)}")
    if verdict.counterexample is not None:
        items.append(f"Counterexample: {code(text.counterexample_line(verdict.counterexample))}")
    for correction in audit.corrections(claim):
        checked = audit.verdict_on(correction)
        outcome = checked.sentence() if checked else "not checked, see the problems"
        items.append(f"Correction ({escaped(correction.name)}: {escaped(outcome)}): {formula(correction)}")
    items += [
        f"Reading {escaped(one.name)}: {one.status}" + (f", {escaped(one.diagnosis)}" if one.diagnosis else "")
        for one in verdict.readings
    ]
    items += [f"{escaped(text.capital(one.oracle))}: {escaped(text.stance(one))}" for one in verdict.evidence]
    if verdict.quality is not None and verdict.quality.measured:
        items.append(f"Numerical quality: {escaped(text.quality_told(verdict))}")
    items += [escaped(note) for note in (claim.notes, *verdict.notes) if note]
    items.append(f"Reproduce: {code(text.reproduce(verdict, audit.paths))}")
    parts = [
        rf"\subsection*{{\hypertarget{{{label}}}{{{escaped(claim.key)}}}: {verdict.status}}}",
        f"{place}{origin}",
        formula(claim),
        _items(items),
    ]
    if verdict.counterexample is not None and len(verdict.counterexample.entries) > 1:
        parts.append(_entries(verdict.counterexample))
    if verdict.steps:
        parts.append(_steps(verdict))
    return "\n\n".join(parts)


def _entries(counterexample: Counterexample) -> str:
    """Claimed and true values side by side, the worst first."""
    lines = []
    for entry in counterexample.entries[:_MOST_ENTRIES]:
        claimed, true = decimals.short(entry.claimed), decimals.short(entry.true)
        if entry.wrong:
            claimed, true = decimals.short_pair(entry.claimed, entry.true)
        mark = r"\textbf{wrong}" if entry.wrong else ""
        lines.append([code(decimals.index(entry.index)), escaped(claimed), escaped(true), mark])
    more = len(counterexample.entries) - _MOST_ENTRIES
    table = _table(
        r"lL{0.3\textwidth}L{0.3\textwidth}l",
        ["entry", "claimed", "true", ""],
        lines,
    )
    return table + (f"\n\n\\dots{{}} and {more} more entries." if more > 0 else "")


def _steps(verdict: Verdict) -> str:
    """The steps of a derivation, the first wrong one marked."""
    wrong = text.first_wrong_step(verdict)
    told = []
    for place, step in enumerate(verdict.steps):
        status = rf"\textbf{{{step.status}: {text.wrong_step(step)}}}" if place == wrong else step.status
        status += f", if {escaped(step.assumption)}" if step.assumption else ""
        status += f", {escaped(step.detail)}" if step.detail else ""
        told.append(f"{status} {_display(step.formula)}")
    return _items(told, "enumerate")


def _all(audit: Audit, labels: dict[int, str], shown: set[int]) -> str:
    """Every claim in a line; those that are findings link to them."""
    lines = []
    for row, verdict in zip(rows(audit), audit.verdicts, strict=True):
        name = escaped(row["claim"])
        linked = rf"\hyperlink{{{labels[id(verdict)]}}}{{{name}}}" if id(verdict) in shown else name
        mark = "" if verdict.as_recorded else r"\ensuremath{\neq} "
        lines.append(
            [
                escaped(row["document"]),
                str(row["line"]),
                linked,
                row["kind"],
                verdict.status if verdict.status == "holds" else rf"\textbf{{{verdict.status}}}",
                "yes" if verdict.certified else "",
                "" if row["digits"] is None else str(row["digits"]),
                mark + (row["recorded"] or ("" if verdict.as_recorded else "not on record")),
            ]
        )
    columns = r"L{0.17\textwidth}rL{0.2\textwidth}llrrL{0.11\textwidth}"
    header = ["document", "line", "claim", "kind", "verdict", "certified", "digits", "recorded"]
    return f"{{\\footnotesize\\setlength{{\\tabcolsep}}{{4pt}}\n{_table(columns, header, lines)}\n}}"


def _table(columns: str, header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table that may go on over pages, of cells that are LaTeX already."""
    body = [" & ".join(line) + r" \\" for line in lines]
    head = " & ".join(rf"\textit{{{name}}}" for name in header)
    return "\n".join(
        [rf"\begin{{longtable}}{{{columns}}}", rf"{head} \\ \hline", r"\endhead", *body, r"\end{longtable}"]
    )


def _items(items: Iterable[str], kind: str = "itemize") -> str:
    """A list of what is LaTeX already."""
    told = "\n".join(rf"\item {{}}{item}" for item in items)
    return f"\\begin{{{kind}}}\n{told}\n\\end{{{kind}}}"
