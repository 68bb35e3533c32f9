"""Outputs of notebooks: formulas typeset, everything foreign escaped, counted apart, cut where they are long."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from gradcheck.audit import Audit
from gradcheck.report import notebook
from gradcheck.verdict import Verdict
from tests.report.test_html import Page, hostile_audit


def named(audit: Audit, name: str) -> Verdict:
    return next(verdict for verdict in audit.verdicts if verdict.claim.name == name)


def test_a_verdict_shows_its_formula_what_is_claimed_beside_what_is_true_and_everything_else(full_audit: Audit) -> None:
    output = dataclasses.replace(named(full_audit, "elu-jacobian"), read=("J = 1",))._repr_html_()
    page = Page(output)
    assert page.open == [] and len(page.text["math"]) == 2 and "as read" in output
    for told in (
        ">fails</span> certified <strong>elu-jacobian</strong>",
        "fully-connected, line 58",
        "<strong>Fails, certified: entry [0, 0] is 0 where the derivative is 0.36787944.</strong>",
        "Wrong only where X &lt; 0",
        "<code>X = [-1, 0.5]</code>",
    ):
        assert told in output
    row = next(row for row in page.text["tr"] if row.startswith("[0, 0]"))
    assert row == "[0, 0]00.36787944"
    assert "oracles" in page.text["pre"][0] and str(named(full_audit, "elu-jacobian")) in page.text["pre"][0]


def test_an_audit_counts_each_outcome_apart_and_shows_findings_first(full_audit: Audit) -> None:
    output = full_audit._repr_html_()
    page = Page(output)
    assert page.open == []
    for outcome, count in full_audit.counts.items():
        assert not count or f">{outcome}</span> {count}&emsp;" in output
    assert output.index("elu-jacobian<br>") < output.index("softmax-jacobian<br>")
    assert "its check raised ValueError" in output
    assert len(page.text["tr"]) == 1 + len(full_audit.verdicts)


def test_a_long_table_says_what_it_leaves_out(full_audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MOST_ROWS", 4)
    output = full_audit._repr_html_()
    assert len(Page(output).text["tr"]) == 5 and "and 7 more claims, which are in .verdicts" in output
    assert "No claims." in Audit((), ())._repr_html_()


def test_nothing_foreign_becomes_markup() -> None:
    audit = hostile_audit()
    for output in (audit._repr_html_(), *(verdict._repr_html_() for verdict in audit.verdicts)):
        page = Page(output)
        assert page.open == [] and not page.named("script") and not page.named("img")
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        assert "{{ 7 * 7 }}" in output and "\u202e" not in output


def test_a_verdict_comes_without_what_renders_it() -> None:
    heavy = ("jinja2", "math_core", "markupsafe", "pandas")
    code = f"import sys, gradcheck, gradcheck.verdict; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
