"""The rules that two lines show, and the silence where they show none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck as gc
from gradcheck import Assumption, Claim, Reals, Simplex, Source, Step
from gradcheck.derivations.model import NOT_KNOWN, Read
from gradcheck.derivations.rules import recognised
from gradcheck.latex.reader import read_expression


def shown(before: str, after: str, **definitions: str) -> list[str]:
    """The rules of a step between two formulas."""
    known = {name: read_expression(meaning, frozenset("fgh")) for name, meaning in definitions.items()}
    lines = [read_expression(line, frozenset("fgh")) for line in (before, after)]
    return [rule.text for rule in recognised(lines[0], lines[1], Read(definitions=known))]


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (r"\frac{d}{dx} (x + x^2)", r"1 + \frac{d}{dx} x^2", ["sum rule"]),
        (r"\frac{d}{dx} (x \sin x)", r"\sin x + x \frac{d}{dx} \sin x", ["product rule"]),
        (r"\frac{d}{dx} (x \sin x)", r"\sin x + x \cos x", ["product rule", r"derivative of \(\sin\)"]),
        (
            r"\frac{d}{dx} \frac{\sin x}{x}",
            r"\frac{x \cos x - \sin x}{x^2}",
            ["quotient rule", r"derivative of \(\sin\)"],
        ),
        (r"\frac{d}{dx} x^3", "3 x^2", ["power rule"]),
        (r"\frac{d}{dx} e^{x}", "e^x", ["derivative of the exponential function"]),
        (r"\frac{d}{dx} e^{2 x}", "2 e^{2 x}", ["derivative of the exponential function", "chain rule"]),
        (r"\frac{d}{dx} \sin(x^2)", r"2 x \cos(x^2)", [r"derivative of \(\sin\)", "chain rule", "power rule"]),
        (
            r"\frac{\partial L}{\partial x}",
            r"\frac{\partial L}{\partial y} \frac{\partial y}{\partial x}",
            ["chain rule"],
        ),
        (r"2 x + 2", r"2 (x + 1)", ["algebra"]),
        (r"1 - \tanh^2 x", r"\frac{1}{\cosh^2 x}", ["an identity of functions"]),
        (r"\sum_d t_d \mathbb{1}_{d=k}", "t_k", ["the indicator keeps one term of its sum"]),
        (r"\operatorname{diag}(u) v", r"u \odot v", ["a diagonal matrix times an array multiplies entry by entry"]),
        (r"\frac{\partial L}{\partial x}", "2 x", ["differentiation"]),
    ],
)
def test_the_rule_is_read_off_both_lines(before: str, after: str, rules: list[str]) -> None:
    assert shown(before, after) == rules


def test_definitions_are_told_where_a_name_stands_in_one_line_alone() -> None:
    assert shown("x - a_k", r"x - e^{z_k}", a="e^{z_k}") == [r"definition of \(a\)"]
    assert shown("x - a_k", "a_k + x", a="e^{z_k}") == ["algebra"]
    assert shown(r"\frac{d}{dx} f(x)", "2 x", f="x^2")[:2] == [r"definition of \(f\)", "power rule"]
    assert shown(
        r"W^T \frac{\partial L}{\partial z}", r"W^T \delta", **{r"\delta": r"\frac{\partial L}{\partial z}"}
    ) == [r"definition of \(\delta\)"]


def test_a_stated_rule_goes_first_and_what_is_not_known_is_said() -> None:
    steps = [("\\text{the slope}", lambda x: 2 * x, "power rule"), ("\\text{the same}", lambda x: x + x)]
    report = gc.derivation(lambda x: x**2, (1.5,), steps=steps)
    assert [(rule.text, rule.how) for rule in report.lines[1].rules] == [("power rule", "stated by the author")]
    assert [rule.text for rule in report.lines[2].rules] == [NOT_KNOWN]
    assert "by algebra or definitions" in str(report)
    named = gc.derivation(lambda x: x**2, (1.5,), steps=[("2x", lambda x: 2 * x)], rules=["the power rule"])
    assert named.lines[1].rules[0].text == "the power rule"


@pytest.mark.parametrize("stated", [True, False])
def test_an_assumption_is_found_by_leaving_it_out(stated: bool) -> None:
    def loss(z: Any, t: Any) -> Any:
        return -np.sum(t * np.log(np.exp(z) / np.sum(np.exp(z))))

    def softmax(z: Any) -> Any:
        return np.exp(z) / np.sum(np.exp(z))

    claim = Claim(
        name="delta",
        kind="derivation",
        source=Source("notes", 1, r"\frac{\partial E}{\partial z} = a \sum_d t_d - t = a - t"),
        primal=loss,
        inputs={"z": Reals(3), "t": Reals(3)},
        wrt="z",
        steps=(
            Step(r"\frac{\partial E}{\partial z}", None),
            Step(r"a \sum_d t_d - t", lambda z, t: softmax(z) * np.sum(t) - t),
            Step("a - t", lambda z, t: softmax(z) - t),
        ),
        assumptions=(Assumption("Σt = 1", stated=stated, spaces={"t": Simplex(3)}),),
    )
    report = gc.derivation(claim)
    assert report.status == ("holds" if stated else "conditional")
    needed = [rule for rule in report.lines[2].rules if rule.text == "Σt = 1"]
    how = "stated, and without it the step fails" if stated else "nothing says so, and without it the step fails"
    assert [rule.how for rule in needed] == [how]
    assert not any(rule.text == "Σt = 1" for rule in report.lines[1].rules)
    assert report.lines[2].under == (() if stated else ("Σt = 1",))


def test_words_beside_a_line_are_the_rule_that_the_author_states() -> None:
    report = gc.derivation(
        r"""\begin{align*}
        \frac{d}{dx} \log(\sin x) &= \frac{1}{\sin x} \cdot \frac{d}{dx}\sin x && \text{(chain rule)} \\
        &= \frac{\cos x}{\sin x} && \text{derivative of the sine} \\
        &= \cot x
        \end{align*}"""
    )
    assert [line.formula for line in report.lines] == [
        r"\frac{d}{dx} \log(\sin x)",
        r"\frac{1}{\sin x} \cdot \frac{d}{dx}\sin x",
        r"\frac{\cos x}{\sin x}",
        r"\cot x",
    ]
    assert report.status == "holds"
    stated = [line.rules[0].text for line in report.lines[1:3]]
    assert stated == ["chain rule", "derivative of the sine"]
    assert report.lines[1].rules[0].how == "stated by the author"


def test_a_condition_beside_the_lines_is_not_passed_over() -> None:
    held = gc.derivation(r"f'(x) = 2x = x + x, \quad x > 0", definitions="f(x) = x^2")
    assert held.verdict.notes == (r"the display says besides, which was not used: \(x > 0\)",)
    with pytest.raises(gc.DerivationError, match=r"it fails as read, and the display says besides, .*: x > 0"):
        gc.derivation(r"f'(x) = 1, \quad x > 0", definitions=r"f(x) = \max(x, 0)")
