"""Markdown: nothing foreign is markup, every table is whole, the mismatch shows."""

from __future__ import annotations

import dataclasses
import re

import pytest
from markdown_it import MarkdownIt

from gradcheck.audit import Audit
from gradcheck.claim import Sheet
from gradcheck.report.markdown import audit_markdown, code, code_cell, inline, plain
from gradcheck.report.table import COLUMNS
from gradcheck.verdict import Verdict


def render(words: str) -> str:
    return str(MarkdownIt("gfm-like", {"linkify": False}).render(words))


@pytest.mark.parametrize("words", ["a|b", r"\|x\|", "*a* _b_ `c` [d](e) <f> $g$ ~~h~~ # i \\ j", "a\nb"])
def test_plain_text_shows_as_it_is(words: str) -> None:
    shown = re.sub(r"</?(p|td|tr|th|table|tbody|thead)>|\n", "", render(plain(words)))
    assert shown == words.replace("\n", " ").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("latex", [r"a_{[0]} * \|x\|", "``a`b``", "a|b", "`"])
def test_code_shows_as_it_is_in_text_and_in_tables(latex: str) -> None:
    assert f"<code>{latex}</code>" in render(code(latex))
    assert f"<code>{latex}</code>" in render(f"| a | b |\n| --- | --- |\n| {code_cell(latex)} | c |\n")


def test_every_outcome_is_counted_apart(full_audit: Audit) -> None:
    written = audit_markdown(full_audit)
    assert "| holds | fails | conditional | ambiguous | undecided | unreadable | problems |" in written
    assert "| 2 | 3 | 2 | 1 | 1 | 2 | 1 |" in written
    assert "Verdicts that are not as recorded: **4**." in written


def test_the_full_table_has_every_column_in_every_row(full_audit: Audit) -> None:
    full = audit_markdown(full_audit).split("## All claims")[1].strip()
    page = render(full)
    assert page.count("<th>") == len(COLUMNS)
    assert page.count("<td>") == len(COLUMNS) * len(full_audit.verdicts)


def test_a_verdict_that_differs_from_the_record_is_marked(full_audit: Audit) -> None:
    verdict = next(verdict for verdict in full_audit.verdicts if verdict.claim.name == "elu-jacobian")
    surprising = dataclasses.replace(verdict, status="ambiguous")
    written = audit_markdown(Audit((verdict.claim,), (surprising,)))
    assert "- Record: **recorded: fails**" in written
    assert "| **≠** fails |" in written
    assert "≠" not in audit_markdown(Audit((verdict.claim,), (verdict,)))


def test_a_finding_says_what_where_why_and_how_to_reproduce(full_audit: Audit) -> None:
    written = audit_markdown(full_audit)
    section = written.split("### fully-connected::elu-jacobian: fails")[1].split("\n### ")[0]
    for told in (
        "fully-connected, line 58, jacobian",
        "```math\n\\begin{aligned} J_{i,j} &= \\left\\{",
        "**Fails, certified: entry \\[0, 0\\] is 0 where the derivative is 0.36787944**",
        "Counterexample: `X = [-1, 0.5], entry [0, 0]: claimed 0, true 0.36787944`",
        "| `[0, 0]` | 0 | 0.36787944 | **wrong** |",
        "Correction: $`J_{i,j} = \\begin{cases}",
        "Reproduce: `gradcheck show fully-connected::elu-jacobian`",
    ):
        assert told in section


def test_the_first_wrong_step_is_marked(full_audit: Audit) -> None:
    marked = [line for line in audit_markdown(full_audit).splitlines() if "first step that does not hold" in line]
    assert [line[:19] for line in marked] == ["5. $`a_k^L - t_k`$:"]


def test_a_hostile_formula_stays_a_formula() -> None:
    formula = "x\n```\n<script>alert(1)</script>\n# heading | cell"
    claim = Sheet("d", "d.txt", "D").claim("<b>|c", "equality", 1, formula)
    page = render(audit_markdown(Audit((claim,), (Verdict(claim, "unreadable", reason="a | b <i>"),))))
    assert "<script>" not in page and "<b>" not in page and "<i>" not in page
    assert page.count("<h1>") == 1


def test_of_documents_the_formulas_are_counted_and_what_is_accepted_is_no_alarm(located_audit: Audit) -> None:
    told = audit_markdown(dataclasses.replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known"}))
    assert "Verdicts that are not as recorded: **1**. Accepted by the baseline: 1." in told
    assert "- notes/plain.txt: 0 formulas found" in told


def test_mathematics_is_typeset_where_github_can_and_code_elsewhere() -> None:
    assert inline(r"\operatorname{diag}(x)") == r"$`\mathop{\mathrm{diag}}(x)`$"
    assert inline(r"\unknown{x}") == r"`\unknown{x}`"
    sheet = Sheet("doc", "doc.txt", "Doc")
    sentence = sheet.claim("a", "equality", 1, r"the *sum* \(\sum_i x_i\) is 1", origin="sentence")
    broken = sheet.claim("b", "equality", 2, r"max(0, z_i^{L-2")
    written = audit_markdown(Audit((sentence, broken), (Verdict(sentence, "fails"), Verdict(broken, "unreadable"))))
    assert r"the \*sum\* $`\sum_i x_i`$ is 1" in written
    assert "```latex\nmax(0, z_i^{L-2\n```" in written
