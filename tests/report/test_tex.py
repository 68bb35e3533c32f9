"""The LaTeX document: only commands that we mean, everything closed, everything foreign escaped; compiled where LaTeX is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.audit import Audit, Problem
from gradcheck.claim import Sheet
from gradcheck.picture import Quality, Range
from gradcheck.report.displayed import SYMBOLS, displayed
from gradcheck.report.markdown import audit_markdown
from gradcheck.report.tex import audit_tex, code, escaped, formula
from gradcheck.verdict import Verdict
from tests.report.conftest import HOSTILE, found

ENGINES = [engine for engine in ("pdflatex", "lualatex") if shutil.which(engine)]
ACCENTED = "àáâãäåçñöőřšžůĄ"
EVERYTHING = "".join(map(chr, [*range(32, 127), *range(160, 0x250)])) + "深度学习\u202e\ud800" + "".join(SYMBOLS)
OURS = frozenset(
    re.findall(
        r"\w+",
        """
        documentclass usepackage addtolength setlength setcounter allowdisplaybreaks newcommand newcolumntype title author
        date begin end maketitle section subsection item textbf textit emph texttt footnotesize hline endhead hypertarget
        hyperlink ensuremath textbackslash textasciicircum textasciitilde textless textgreater textbar allowbreak gcchar
        textwidth tabcolsep dots S P copyright ss ae AE oe OE o O l L i u r H v c
        """,
    )
)


def body(done: Audit) -> str:
    """The document without its preamble."""
    written = audit_tex(done)
    assert written.isascii()
    return written[written.index(r"\begin{document}") :]


def structure(latex: str) -> list[str]:
    """What is wrong in how groups, environments and displays nest."""
    open_: list[str] = []
    faults = []
    pattern = r"\\(?:begin|end)\{(\w+)\}|\\[\[\]()]|\\[a-zA-Z]+|\\.|[{}]"
    for token in re.finditer(pattern, latex):
        told = token[0]
        if told.startswith(r"\begin{") or told in (r"\[", r"\(", "{"):
            open_.append({r"\[": r"\]", r"\(": r"\)", "{": "}"}.get(told, rf"\end{{{token[1]}}}"))
        elif (told.startswith(r"\end{") or told in (r"\]", r"\)", "}")) and (not open_ or open_.pop() != told):
            faults.append(f"{told} at {token.start()}")
    return faults + open_


def commands(latex: str) -> set[str]:
    """The names of the commands outside of mathematics."""
    outside = re.sub(r"\\\[.*?\\\]|\\\(.*?\\\)|\\ensuremath\{(?:[^{}]|\{[^{}]*\})*\}", r"\\ensuremath{}", latex)
    return set(re.findall(r"\\([a-zA-Z]+)", outside))


@pytest.fixture
def hostile_audit() -> Audit:
    """An audit in which every text is hostile to LaTeX."""
    nasty = r"\end{document} \input{x} $ & # % _ ^ ~ { } \\ `` '' -- " + HOSTILE + EVERYTHING
    sheet = Sheet(nasty, "doc.txt", "Doc")
    one = sheet.claim("a" + nasty, "equality", 1, rf"a sentence \(\alpha\) \(\evil\) {nasty}", origin="sentence")
    other = sheet.claim("b", "equality", 2, nasty)
    verdicts = (
        Verdict(one, "fails", diagnosis=nasty, reason=nasty, notes=(nasty,), quality=Quality("x", sentence=nasty)),
        Verdict(other, "ambiguous", reproduction=nasty),
        found(3, nasty, "fails", path=nasty),
    )
    return Audit(tuple(verdict.claim for verdict in verdicts), verdicts, (Problem(nasty, nasty, nasty),), 0, (nasty,))


@pytest.mark.parametrize("which", ["full_audit", "located_audit", "hostile_audit"])
def test_everything_is_closed_where_it_was_opened_and_only_our_commands_are_used(
    which: str, request: pytest.FixtureRequest
) -> None:
    written = body(request.getfixturevalue(which))
    assert structure(written) == []
    assert commands(written) <= OURS
    assert written.count(r"\end{document}") == 1 and written.endswith("\\end{document}\n")


def test_what_is_not_closed_is_seen_by_the_test_above() -> None:
    assert structure(r"\begin{itemize} { \end{itemize}") == [r"\end{itemize} at 18", r"\end{itemize}"]
    assert structure(r"\[ a \)") == [r"\) at 5"]
    assert structure(r"\{ \begin{a} {x} \end{a}") == []


def test_the_summary_the_findings_and_all_claims_are_there(full_audit: Audit) -> None:
    written = body(full_audit)
    assert "12 claims" not in written and "11 claims, seed 0." in written
    assert r"fully-{}connected & 2 & 3 & 0 & 0 & 0 & 0 \\" in written
    assert written.index(r"\section*{Problems}") < written.index(r"\section*{Findings, worst first}")
    headings = re.findall(r"\\subsection\*\{\\hypertarget\{(claim-\d+)\}\{.*?\}: (\w+)\}", written)
    assert [status for _, status in headings][:4] == ["fails", "conditional", "undecided", "unreadable"]
    linked = Counter(re.findall(r"\\hyperlink\{(claim-\d+)\}", written))
    assert linked == Counter({label: 1 for label, _ in headings})


def test_a_finding_has_its_formula_typeset_its_numbers_and_its_correction(full_audit: Audit) -> None:
    section = body(full_audit).split("elu-{}jacobian}: fails")[1].split(r"\subsection*")[0]
    for told in (
        "fully-{}connected, line 58, jacobian",
        r"\[ \begin{aligned} J_{i,j} &= \left\{ \begin{aligned} &1 ,& i=j,X_i > 0",
        r"\textbf{Fails,{} certified: entry [0,{} 0] is 0 where the derivative is 0.36787944}",
        r"\texttt{[0,\allowbreak{} 0]} & 0 & 0.36787944 & \textbf{wrong} \\",
        r"Correction (elu-{}jacobian-{}corrected: holds,{} certified,{} to 48 digits): \[ J_{i,j} = \begin{cases}",
        "Reproduce: ",
    ):
        assert told in section, told


def test_a_formula_that_cannot_be_typeset_is_shown_letter_by_letter() -> None:
    sheet = Sheet("doc", "doc.txt", "Doc")
    broken = sheet.claim("b", "equality", 2, "max(0, z_i^{L-2\nand so on")
    assert formula(broken) == (
        "\\begin{flushleft}\n"
        r"\texttt{max(0,\allowbreak{} z\_i\textasciicircum{}\{L-{}2\\ and so on}"
        "\n\\end{flushleft}"
    )
    assert formula(sheet.claim("c", "equality", 3, " ")) == r"\emph{Nothing readable is printed there.}"
    assert formula(sheet.claim("d", "equality", 3, "f_1", origin="code")) == r"\texttt{f\_1}"


def test_text_of_any_origin_is_ascii_in_which_nothing_is_a_command() -> None:
    assert escaped(r"50% of \x_1 & {a}") == r"50\% of \textbackslash{}x\_1 \& \{a\}"
    assert escaped("Œuvre naïve, Gauß") == r"\OE{}uvre na\"{i}ve,{} Gau\ss{}"
    assert escaped("α ≤ ∂L ⊙ …") == (
        r"\ensuremath{\alpha} \ensuremath{\leq} \ensuremath{\partial}L \ensuremath{\odot} \dots{}"
    )
    assert escaped("深") == r"\gcchar{6DF1}"
    assert (
        escaped(EVERYTHING).isascii() and escaped(ACCENTED).count("gcchar") == 1
    )  # Ą: LaTeX's first encoding has no ogonek
    assert code("") == ""


def test_a_finding_of_quality_is_told_of_a_claim_that_holds_as_well(full_audit: Audit) -> None:
    holds = full_audit.verdicts[1]
    unstable = Quality("x", (Range("float64", -710.0, 9.0, (-999.0, 9.0)),), "right, but unstable below x = -710")
    assert holds.status == "holds"
    done = replace(full_audit, verdicts=(replace(holds, quality=unstable),), claims=(holds.claim,))
    told = body(done).partition(r"\section*{Numerical quality}")[2]
    assert r"\item {}fully-{}connected::softmax-{}jacobian: right,{} but unstable below x = -{}710" in told
    assert "Numerical quality" not in body(replace(done, verdicts=(holds,)))
    assert "- fully-connected::softmax-jacobian: right, but unstable below x = -710" in audit_markdown(done)


@pytest.mark.skipif(not ENGINES, reason="no LaTeX is installed")
@pytest.mark.parametrize("which", ["full_audit", "located_audit", "hostile_audit"])
def test_it_compiles(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "audit.tex").write_text(audit_tex(request.getfixturevalue(which)), encoding="utf-8")
    for engine in ENGINES:
        done = subprocess.run(
            [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "audit.tex"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
        assert (tmp_path / "audit.pdf").exists()


@pytest.mark.skipif("pdflatex" not in ENGINES, reason="no LaTeX is installed")
def test_every_display_that_is_accepted_compiles(tmp_path: Path, full_audit: Audit) -> None:
    formulas = [claim.source.formula for claim in full_audit.claims]
    formulas += [step.formula for verdict in full_audit.verdicts for step in verdict.steps]
    made = [one for one in map(displayed, formulas) if one is not None]
    assert len(made) >= 12
    lines = "\n\n".join(rf"\[ {one} \]" for one in made)
    document = (
        f"\\documentclass{{article}}\\usepackage{{amsmath,amssymb}}\\begin{{document}}\n{lines}\n\\end{{document}}\n"
    )
    (tmp_path / "all.tex").write_text(document, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
