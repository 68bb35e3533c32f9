r"""Derivation reports as a LaTeX document that compiles on its own: each line a display, its verdict and rules below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcheck.derivations import words
from gradcheck.derivations.model import DerivationReport, LineReport
from gradcheck.report import text

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[a4paper, margin=2.2cm]{geometry}
\usepackage{amsmath, amssymb}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.4em}
\newcommand{\said}[1]{{\small #1\par}}
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
    "^": r"\^{}",
    "~": r"\textasciitilde{}",
}
_SIGNS = {
    "−": "-", "→": r"\to", "∂": r"\partial", "Σ": r"\Sigma", "∞": r"\infty", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "·": r"\cdot", "×": r"\times", "⊙": r"\odot", "ᵀ": r"{}^{\mathsf{T}}", "∈": r"\in", "±": r"\pm", "∇": r"\nabla",
    "⁽": "{}^{(}", "⁾": "{}^{)}", "ˡ": r"{}^{l}", "⁺": "{}^{+}", "⁻": "{}^{-}", "‖": r"\|", "√": r"\surd", "Ŷ": r"\hat{Y}",
    "ŷ": r"\hat{y}", "¹": "{}^1", "²": "{}^2", "³": "{}^3", "₀": "{}_0", "₁": "{}_1", "₂": "{}_2", "½": r"\tfrac12",
    "ᵢ": "{}_i", "ⱼ": "{}_j", "𝟙": r"\mathbf{1}", "≡": r"\equiv", "≈": r"\approx",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi",
    "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip


def document(reports: Sequence[DerivationReport]) -> str:
    """A document with all reports."""
    body = "\n".join(part for report in reports for part in _report(report))
    return f"{PREAMBLE}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def _report(report: DerivationReport) -> Iterator[str]:
    yield rf"\section*{{{said(report.derivation.title)}}}"
    yield rf"\textbf{{{said(text.stop(text.capital(report.sentence())))}}}" + "\n"
    if source := words.source(report):
        yield rf"\said{{{said(source)}}}"
    for one in report.derivation.about:
        yield rf"\said{{{said(one)}}}"
    if report.sample:
        yield rf"\said{{Sample point: {said(words.point(report))}}}"
    for line in report.lines:
        yield from _line(report, line)
    for note in report.verdict.notes:
        yield rf"\said{{{said(text.stop(text.capital(note)))}}}"


def _line(report: DerivationReport, line: LineReport) -> Iterator[str]:
    yield rf"\begin{{equation*}}{formula(words.formula(line))}\tag*{{({line.number})}}\end{{equation*}}"
    yield rf"\said{{\textbf{{{said(text.stop(text.capital(words.state(line))))}}}"
    if line.rules:
        yield " ".join(f"{said(text.capital(rule.text))}: {said(text.stop(rule.how))}" for rule in line.rules)
    if members := words.members(line):
        yield f"At the sample point: {said(members)}."
    yield "}"
    if report.first_wrong is not None and line.number == report.first_wrong.number:
        yield from _finding(report, line)


def _finding(report: DerivationReport, line: LineReport) -> Iterator[str]:
    if diagnosis := words.diagnosis(report):
        yield rf"\said{{\textbf{{Diagnosis.}} {said(text.stop(text.capital(diagnosis)))}}}"
    if at := words.counterexample(line):
        rows = "; ".join(
            f"{index}: {claimed} is claimed, {true} is true" for index, claimed, true in words.entries(line)
        )
        yield rf"\said{{\textbf{{Counterexample.}} {said(at)}. {said(text.capital(rows))}.}}"
    found = report.continuation
    if found is not None:
        yield rf"\said{{\textbf{{It should be}} ({said(found.origin)})" + (":}" if found.formula else ".}")
        if found.formula:
            yield rf"\begin{{equation*}}{formula(f'= {found.formula}')}\end{{equation*}}"
        if checked := words.checked(report):
            yield rf"\said{{{said(text.stop(text.capital(checked)))}}}"


def formula(latex: str) -> str:
    """A formula for a display: fragments of an aligned one are aligned, characters beyond ASCII are written as commands."""
    return _as_commands(words.aligned(text.clean(latex)), in_formula=True)


def said(sentence: str) -> str:
    """Words as LaTeX, the formulas in them as formulas."""
    return "".join(
        f"${formula(text.one_line(piece))}$" if is_formula else _as_commands(_escaped(piece), in_formula=False)
        for is_formula, piece in words.pieces(text.clean(sentence))
    )


def _escaped(words_: str) -> str:
    return re.sub(r"[\\{}$&#%_^~]", lambda found: _ESCAPED[found[0]], words_)


def _as_commands(latex: str, *, in_formula: bool) -> str:
    """Every character that fonts may lack, as a command."""
    made = []
    for char in latex:
        command = rf"\{_GREEK[char]}" if char in _GREEK else _SIGNS.get(char)
        if command is None:
            made.append(char if char.isascii() or char.isalpha() or char in "…—–’“”" else "?")
        else:
            made.append(f"{command} " if in_formula else f"\\ensuremath{{{command}}}")
    return "".join(made)
