"""A derivation from the definition alone: its last line, its rules, its corners, and every line held against the oracles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject, settings

from gradcheck.checking import check
from gradcheck.claim import Claim, Source
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reader import read_expression
from gradcheck.latex.typeset import typeset
from gradcheck.symbolic import Derived, NotSymbolic, rules, written
from gradcheck.symbolic.rules import Applied
from gradcheck.symbolic.tidy import over, plus, power, times
from tests.symbolic.formulas import FORMULAS

DERIVED = {
    r"\sigma(x)=\frac{1}{1+e^{-x}}": r"\sigma(x) \left(1 - \sigma(x)\right)",
    r"\tanh(x)=\frac{e^x-e^{-x}}{e^x+e^{-x}}": r"1 - \tanh^{2}(x)",
    r"\operatorname{softplus}(x)=\ln(1+e^x)": r"\frac{1}{1 + e^{-x}}",
    r"\operatorname{ELU}(x)=\begin{cases} x & x>0 \\ \alpha(e^x-1) & x\le 0\end{cases}": (
        r"\begin{cases} 1 & x > 0 \\ \alpha e^{x} & x \leq 0 \end{cases}"
    ),
    r"f(x)=\max(0,x)": r"\begin{cases} 1 & x > 0 \\ 0 & x \leq 0 \end{cases}",
    r"f(x)=\max(x,\alpha x)": r"\begin{cases} 1 & x > \alpha x \\ \alpha & x \leq \alpha x \end{cases}",
    r"f(x)=\max(-1,\min(1,x))": r"\begin{cases} 1 & -1 < x \leq 1 \\ 0 & \text{otherwise} \end{cases}",
    r"f(x)=x\sigma(x)": r"\sigma(x) \left(1 + x - x \sigma(x)\right)",
    r"f(x)=\frac{x}{2}\left(1+\operatorname{erf}\left(\frac{x}{\sqrt2}\right)\right)": (
        r"\frac{1}{2} \left(1 + \sqrt{\frac{2}{\pi}} x e^{-\frac{x^{2}}{2}} "
        r"+ \operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)\right)"
    ),
    r"f(x)=x\tanh(\operatorname{softplus}(x))": (
        r"\tanh\left(\operatorname{softplus}(x)\right) "
        r"+ x \left(1 - \tanh^{2}\left(\operatorname{softplus}(x)\right)\right) \sigma(x)"
    ),
    r"f(x)=\frac{x}{1+|x|}": r"\frac{1}{\left(1 + \left|x\right|\right)^{2}}",
    r"f(x)=|x|": r"\operatorname{sign}(x)",
    r"f(x)=x^x": r"x^{x} \left(1 + \log(x)\right)",
    r"f(x)=\sin^2(3x)+\ln x": r"\frac{1}{x} + 6 \sin\left(3 x\right) \cos\left(3 x\right)",
    r"f(x)=2^x": r"2^{x} \log(2)",
    r"f(x)=x^\alpha": r"\alpha x^{\alpha - 1}",
    r"f(x)=\arctan(x)": r"\frac{1}{1 + x^{2}}",
    r"L=\frac12(wx+b-t)^2": r"w \left(w x + b - t\right)",
    r"f(x)=\frac{1}{\sqrt{2\pi}\sigma}e^{-\frac{(x-\mu)^2}{2\sigma^2}}": (
        r"\frac{\left(\mu - x\right) e^{-\frac{\left(x - \mu\right)^{2}}{2 \sigma^{2}}}}{\sqrt{2 \pi} \sigma^{3}}"
    ),
}


@pytest.mark.parametrize("latex", DERIVED)
def test_every_line_is_judged_and_the_last_is_as_a_person_writes(latex: str) -> None:
    derived = written(latex, "x")
    assert derived.result.latex == DERIVED[latex]
    verdict = check(derived.claim())
    assert (verdict.status, verdict.certified) == ("holds", True), verdict.sentence()
    assert all(step.rule and step.why.endswith(".") for step in derived.steps)


@pytest.mark.parametrize("latex", DERIVED)
def test_what_is_shown_reads_as_what_is_evaluated(latex: str) -> None:
    derived = written(latex, "x")
    functions = frozenset(("f", r"\sigma", "elu", "softplus"))
    for step in derived.steps:
        assert step.tree is not None
        again = read_expression(step.latex, functions)
        assert typeset(again).replace(r" \, ", " ") == typeset(step.tree).replace(r" \, ", " ") or _same(
            step, again, derived
        )


def _same(step: Any, again: tree.Expr, derived: Derived) -> bool:
    """Whether the formula as shown, read again, is equal to the step."""
    from gradcheck.symbolic.evaluating import evaluated
    from gradcheck.symbolic.plain import plain

    if any(isinstance(part, tree.Derivative) for part in _parts(again)):
        return True  # derivatives that are not worked out are not formulas of numbers
    claim = Claim(
        "shown",
        "equality",
        Source("test", 1, step.latex, "reconstructed"),
        step.value,
        evaluated(plain(again), list(derived.inputs)),
        dict(derived.inputs),
    )
    return check(claim).status == "holds"


def _parts(expr: tree.Expr) -> Any:
    from gradcheck.latex.names import parts

    return parts(expr)


def test_the_rules_are_named() -> None:
    derived = written(r"\sigma(x)=\frac{1}{1+e^{-x}}", "x")
    assert [step.rule for step in derived.steps] == [
        "definition",
        "reciprocal rule",
        "sum rule",
        "chain rule",
        "constant multiple",
        "in its own terms",
    ]
    assert derived.steps[3].why == r"Chain rule with \(u = -x\): the derivative of \(e^u\) is \(e^u\), times \(u'\)."
    assert derived.left == r"\frac{d}{d x} \sigma(x)"
    assert derived.latex.startswith("\\begin{aligned}\n\\frac{d}{d x} \\sigma(x) &= ")


def test_corners_are_told() -> None:
    (corner,) = written(r"f(x)=\begin{cases} x & x>0 \\ \alpha(e^x-1) & x\le 0\end{cases}", "x").corners
    assert (corner.at, corner.left, corner.right, corner.differentiable) == ("x = 0", r"\alpha", "1", None)
    assert corner.why.endswith(r"it is differentiable there only if \(\alpha = 1\).")
    (corner,) = written("f(x)=|x|", "x").corners
    assert (corner.left, corner.right, corner.differentiable) == ("-1", "1", False)
    (corner,) = written(r"f(x)=\max(0,x)^2", "x").corners
    assert corner.differentiable is True
    (corner,) = written(r"f(x)=\begin{cases} 1 & x>2 \\ 0 & x\le 2\end{cases}", "x").corners
    assert corner.why == r"At \(x = 2\) the function jumps or is not finite: there is no derivative."
    assert written("f(x)=x^2", "x").corners == ()
    by_alpha = written(r"f(x)=\begin{cases} x & x>0 \\ \alpha(e^x-1) & x\le 0\end{cases}", r"\alpha")
    assert (by_alpha.corners, by_alpha.assumptions) == ((), ())
    assert by_alpha.left == r"\frac{\partial}{\partial \alpha} f(x)"


def test_definitions_are_used_when_they_are_needed() -> None:
    derived = written("f(x)=u^2", "x", "u = 3x+1")
    assert [step.latex for step in derived.steps] == [
        r"\frac{d}{d x} u^{2}",
        r"2 u \frac{d}{d x} u",
        r"2 u \frac{d}{d x} \left(3 x + 1\right)",
        r"2 u \frac{d}{d x} \left(3 x\right)",
        r"2 u \cdot 3",
        "18 x + 6",
    ]
    assert check(derived.claim()).status == "holds"
    derived = written(
        r"\operatorname{GELU}(x)=x\Phi(x)", "x", r"\Phi(x)=\frac12(1+\operatorname{erf}(\frac{x}{\sqrt2}))"
    )
    assert derived.steps[1].latex == r"\Phi(x) + x \frac{d}{d x} \Phi(x)"
    assert check(derived.claim()).status == "holds"


def test_ranges_bound_names() -> None:
    derived = written(r"f(p)=\log\frac{p}{1-p}", "p", ranges={"p": (0, 1)})
    assert derived.result.latex == r"\frac{1}{p \left(1 - p\right)}"
    assert derived.inputs["p"].high == 1
    assert check(derived.claim()).status == "holds"


WRONG = {
    "product rule": (
        "products",
        lambda body, at: Applied("product rule", times(at.d(body.left), at.d(body.right)), "Wrong."),
        tree.Product,
        "f(x)=x^2 e^x",
    ),
    "quotient rule": (
        "quotients",
        lambda body, at: Applied("quotient rule", over(at.d(body.over), at.d(body.under)), "Wrong."),
        tree.Quotient,
        r"f(x)=\frac{\sin x}{1+x^2}",
    ),
    "power rule": (
        "powers",
        lambda body, at: Applied("power rule", power(body.base, body.exponent), "Wrong."),
        tree.Power,
        "f(x)=x^3",
    ),
    "sum rule": (
        "sums",
        lambda body, at: Applied("sum rule", plus(*(at.d(term) for _, term in body.terms)), "Wrong."),
        tree.Sum,
        "f(x)=x^2-x^3",
    ),
    "sign": (
        "multiples",
        lambda body, at: Applied("constant multiple", at.d(body.terms[0][1]), "Wrong."),
        tree.Sum,
        r"f(x)=-e^x",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_caught_at_its_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, wrong, kind, latex = WRONG[name]
    right = check(written(latex, "x").claim())
    assert right.status == "holds"
    original = getattr(rules, place)
    planted = tuple(
        (lambda body, at: wrong(body, at) if isinstance(body, kind) and original(body, at) else original(body, at))
        if rule is original
        else rule
        for rule in rules.RULES
    )
    monkeypatch.setattr(rules, "RULES", planted)
    derived = written(latex, "x")
    verdict = check(derived.claim())
    assert verdict.status == "fails"
    first = next(number for number, step in enumerate(verdict.steps) if step.status == "fails")
    assert derived.steps[first - 1].rule in (name, "constant multiple")
    assert derived.steps[first - 1].why == "Wrong."


REFUSED: dict[str, tuple[str, str, str]] = {
    "vector": (
        r"f(x)=\frac12\|x\|^2",
        "x",
        r"the norm .* is one of a vector, and only formulas of numbers are written",
    ),
    "sum over an index": (r"f(w)=\sum_i (w_i-t_i)^2", "w", "a sum over an index in .*: only formulas of numbers"),
    "unknown function": (
        r"f(x)=\operatorname{LeakyReLU}(x)",
        "x",
        r"nothing says what the function \\operatorname\{LeakyReLU\} of 1 argument is; define it, as in",
    ),
    "another name": ("f(x)=x^2", "y", "does not depend on y, so its derivative is 0; it is made of x"),
    "a number": ("f(x)=3", "x", "it is made of numbers alone"),
    "infinity": (r"f(x)=\infty x", "x", "infinity is not a number"),
    "division by zero": (r"f(x)=\frac{1}{0} x", "x", "ComplexInfinity has no notation here"),
    "a single point": (
        r"f(x)=\begin{cases} \frac{\sin x}{x} & x \neq 0 \\ 1 & x = 0 \end{cases}",
        "x",
        "a case for a single point has no derivative of its own",
    ),
    "nothing": ("f(x)=", "x", "a definition such as"),
    "no definition": ("x^2 + 1 < 3", "x", "a definition such as f.x. = … is expected"),
    "itself": ("f(x)=x f(x)", "x", "defined in terms of itself"),
    "a derivative": ("f(x)=g'(x)", "x", "is a derivative itself; write out what it is"),
    "three": (r"f(x)=\max(x,y,z)", "x", "a maximum or minimum of two is written, not of 3"),
    "pieces": (
        r"f(x)=\max(\sin x, 0)+\max(\cos x, 0)",
        "x",
        "its pieces change at places that depend on several names",
    ),
    "matrix": (r"f(x)=x^\top x", "x", "a transposition in"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    latex, wrt, told = REFUSED[name]
    with pytest.raises(NotSymbolic, match=told):
        written(latex, wrt)


def test_cases_that_leave_something_out() -> None:
    derived = written(r"f(x)=\begin{cases} x^2 & x > 1 \\ x & 0 < x \leq 1 \end{cases}", "x")
    told = [assumption.text for assumption in derived.assumptions]
    assert told == [
        "x - 1 ≠ 0: away from where the definition changes its formula",
        "one of the cases applies",
    ]
    applies = derived.assumptions[-1].where
    assert applies is not None
    assert applies(x=0.5)
    assert not applies(x=-0.5)
    assert check(derived.claim()).status == "holds"


def test_refused_names() -> None:
    for wrt in ("", "x+1"):
        with pytest.raises(UnreadableError, match="is not a name to differentiate by"):
            written("f(x)=x^2", wrt)
    with pytest.raises(UnreadableError):
        written(r"f(x)=\frac{x", "x")
    with pytest.raises(NotSymbolic, match="a range is given for q, which the formula does not mention"):
        written("f(x)=x^2", "x", ranges={"q": (0, 1)})
    with pytest.raises(NotSymbolic, match="is not a definition such as u = …"):
        written("f(x)=u^2", "x", "u + 1")


@settings(max_examples=15, deadline=None, derandomize=True)
@given(FORMULAS)
def test_any_formula(expr: tree.Expr) -> None:
    latex = f"f(x)={typeset(expr)}"
    try:
        derived = written(latex, "x")
    except NotSymbolic:
        reject()
    verdict = check(derived.claim(), generic=2, special=3)
    assert verdict.status in ("holds", "undecided"), f"{latex}\n{derived.latex}\n{verdict.sentence()}"
