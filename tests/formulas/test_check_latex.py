"""Formulas as they are printed, in pairs: the right one holds, the wrong one fails (or is left open, with the reason)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import gradcheck
from gradcheck.cli import main

PAIRS = [
    (r"\sigma'(x)=\sigma(x)(1-\sigma(x))", r"\sigma'(x)=\sigma(x)(1+\sigma(x))", r"\sigma(x)=\frac{1}{1+e^{-x}}"),
    (r"f^{\prime}(x) = 3x^2 - e^{-x}", r"f^{\prime}(x) = 3x^2 + e^{-x}", "f(x) = x^3 + e^{-x}"),
    (
        r"\frac{df}{dx} = \begin{cases} 1 & \text{if } x > 0 \\ \alpha e^x & \text{otherwise} \end{cases}",
        r"\frac{df}{dx} = \begin{cases} 1 & \text{if } x > 0 \\ e^x & \text{otherwise} \end{cases}",
        r"f(x) = x (x > 0), \alpha (e^x - 1) (x \le 0)",
    ),
    (
        r"\frac{\partial J}{\partial w} = (a - y) \sigma'(z) x",
        r"\frac{\partial J}{\partial w} = (y - a) \sigma'(z) x",
        r"J = \frac{(y-a)^2}{2}, a=\sigma(z), z=wx+b",
    ),
    (
        r"\frac{\partial z_j}{\partial x_i} = w_{ij}",
        r"\frac{\partial z_j}{\partial x_i} = w_{ji}",
        r"z_j = \sum_i w_{ij} x_i",
    ),
    (
        r"\frac{\partial s_i}{\partial z_j} = s_i (\delta_{ij} - s_j)",
        r"\frac{\partial s_i}{\partial z_j} = s_i (1 - s_j)",
        r"s_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",
    ),
    (
        r"\nabla_{\mathbf{x}} \mathbf{x}^\top \mathbf{A} \mathbf{x} = (\mathbf{A} + \mathbf{A}^\top) \mathbf{x}",
        r"\nabla_{\mathbf{x}} \mathbf{x}^\top \mathbf{A} \mathbf{x} = 2 \mathbf{A} \mathbf{x}",
        "",
    ),
    (
        r"\frac{\partial E}{\partial \mathbf{w}} = 2 \mathbf{X}^T (\mathbf{X} \mathbf{w} - \mathbf{y})",
        r"\frac{\partial E}{\partial \mathbf{w}} = \mathbf{X}^T (\mathbf{X} \mathbf{w} - \mathbf{y})",
        r"E = \|\mathbf{X} \mathbf{w} - \mathbf{y}\|_2^2",
    ),
    (
        r"\nabla f(x, y) = \left[ \frac{e^x}{e^x + e^y}, \frac{e^y}{e^x + e^y} \right]",
        r"\nabla f(x, y) = \left[ \frac{e^y}{e^x + e^y}, \frac{e^x}{e^x + e^y} \right]",
        r"f(x, y) = \log(e^x + e^y)",
    ),
    (
        r"\nabla_{\mathbf{W}} \mathcal{L} = (\nabla_{\mathbf{h}} \mathcal{L}) \mathbf{x}^\top",
        r"\nabla_{\mathbf{W}} \mathcal{L} = 2 (\nabla_{\mathbf{h}} \mathcal{L}) \mathbf{x}^\top",
        r"\mathbf{h} = \mathbf{W} \mathbf{x} + \mathbf{b}",
    ),
    (
        r"f(x) = x^\top A x \implies \nabla^2_x f(x) = A + A^\top",
        r"f(x) = x^\top A x \implies \nabla^2_x f(x) = 2 A",
        "",
    ),
    (r"ds = dd \cdot \alpha \beta s^{\beta - 1}", r"ds = dd \cdot \beta s^{\beta - 1}", r"d = \alpha s^{\beta}"),
    (  # a skip separates formulas
        r"\frac{\partial f}{\partial x} = y \hspace{0.5in} \frac{\partial f}{\partial y} = x",
        r"\frac{\partial f}{\partial x} = x \hspace{0.5in} \frac{\partial f}{\partial y} = x",
        r"f(x, y) = x y",
    ),
    (  # another name of a function
        r"\frac{df(x)}{dx} = \sigma(x)(1 - \sigma(x))",
        r"\frac{df(x)}{dx} = \sigma(x)(1 + \sigma(x))",
        r"\sigma(x) = \frac{1}{1+e^{-x}}, f = \sigma",
    ),
    (  # a Greek letter that is a vector, in a loss that is a number
        r"\nabla_\theta J(\theta) = X^T X \theta - X^T \vec{y}",
        r"\nabla_\theta J(\theta) = X^T X \theta + X^T \vec{y}",
        r"J(\theta) = \frac12 (X\theta - \vec{y})^T (X\theta - \vec{y})",
    ),
    (  # a function named without its argument is a value
        r"\frac{d\sigma}{da} = \sigma(1 - \sigma)",
        r"\frac{d\sigma}{da} = \sigma(2 - \sigma)",
        r"\sigma(a) = \frac{1}{1+\exp(-a)}",
    ),
    (  # names of derivatives of matrices
        r"dQ = \frac{1}{\sqrt{d}} dS K",
        r"dQ = \frac{1}{\sqrt{d}} K dS",
        r"S = \frac{1}{\sqrt{d}} Q K^\top",
    ),
    (  # the number of terms, before the sum that tells it
        r"\frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \left(\sum_{i=1}^n x_i - n\mu\right)",
        r"\frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \left(\sum_{i=1}^n x_i - \mu\right)",
        r"\ell(\mu, \sigma^2) = -\frac n2 \ln(2\pi\sigma^2) - \frac{1}{2\sigma^2} \sum_{i=1}^n (x_i - \mu)^2",
    ),
    (  # differentiated by a variance
        r"\frac{\partial L}{\partial \sigma^2} = -\frac{n}{2\sigma^2} + \frac{1}{2\sigma^4} \sum_{i=1}^n (x_i - \mu)^2",
        r"\frac{\partial L}{\partial \sigma^2} = -\frac{n}{\sigma^2} + \frac{1}{2\sigma^4} \sum_{i=1}^n (x_i - \mu)^2",
        r"L = -\frac n2 \log(2\pi\sigma^2) - \frac{1}{2\sigma^2} \sum_{i=1}^n (x_i - \mu)^2",
    ),
    (  # a logarithm that is defined, and vectors of which one is subtracted from each of the others
        (
            r"\frac{\partial}{\partial \boldsymbol\mu} \ln p(\mathbf{X}|\boldsymbol\mu) = \sum_{n=1}^N \mathbf{S}^{-1}"
            r" (\mathbf{x}_n - \boldsymbol\mu)"
        ),
        (
            r"\frac{\partial}{\partial \boldsymbol\mu} \ln p(\mathbf{X}|\boldsymbol\mu) = \sum_{n=1}^N \mathbf{S}"
            r" (\mathbf{x}_n - \boldsymbol\mu)"
        ),
        (
            r"\ln p(\mathbf{X}|\boldsymbol\mu) = -\frac{ND}{2} \ln(2\pi) - \frac12 \sum_{n=1}^N "
            r"(\mathbf{x}_n - \boldsymbol\mu)^T \mathbf{S}^{-1} (\mathbf{x}_n - \boldsymbol\mu), S symmetric"
        ),
    ),
    (  # a norm with a subscript
        (
            r"\frac{\partial}{\partial \mathbf{x}} \|\mathbf{x} - \mathbf{a}\|_2 = \frac{\mathbf{x} -"
            r" \mathbf{a}}{\|\mathbf{x} - \mathbf{a}\|_2}"
        ),
        (
            r"\frac{\partial}{\partial \mathbf{x}} \|\mathbf{x} - \mathbf{a}\|_2 = \frac{\mathbf{x} +"
            r" \mathbf{a}}{\|\mathbf{x} - \mathbf{a}\|_2}"
        ),
        "",
    ),
    (  # an entry by an entry
        r"\frac{\partial X_{kl}}{\partial X_{ij}} = \delta_{ik} \delta_{lj}",
        r"\frac{\partial X_{kl}}{\partial X_{ij}} = \delta_{il} \delta_{kj}",
        "",
    ),
    (r"\frac{d}{dx} x^x = x^x (1 + \ln x)", r"\frac{d}{dx} x^x = x^x \ln x", ""),
    (r"\frac{d}{dx} a^x = \frac{a^x}{\log_a e}", r"\frac{d}{dx} a^x = a^x \log_a e", ""),
    (  # a product of capitals is no word
        r"\nabla_A \mathrm{tr} AB = B^T",
        r"\nabla_A \mathrm{tr} AB = 2 B^T",
        r"\mathrm{tr} AB",
    ),
    (  # the gradient of a function that is only named
        r"\nabla f = \begin{bmatrix} 2 \\ 6y \\ -\cos z \end{bmatrix}",
        r"\nabla f = \begin{bmatrix} 2 \\ 6y \\ \cos z \end{bmatrix}",
        r"f(x,y,z) = 2x + 3y^2 - \sin(z)",
    ),
    (  # cases that end in commas
        (
            r"L_\delta'(a) = \begin{cases} a & \text{for } |a| \le \delta, \\ \delta \operatorname{sgn}(a) &"
            r" \text{otherwise.} \end{cases}"
        ),
        (
            r"L_\delta'(a) = \begin{cases} a & \text{for } |a| \le \delta, \\ -\delta \operatorname{sgn}(a) &"
            r" \text{otherwise.} \end{cases}"
        ),
        (
            r"L_\delta(a) = \begin{cases} \frac12 a^2 & |a| \le \delta \\ \delta (|a| - \frac12 \delta) &"
            r" \text{otherwise} \end{cases}"
        ),
    ),
    (  # a range beside the function
        r"\frac{d}{dx} \text{Leaky}(x) = \begin{cases} 1 & x > 0 \\ \alpha & x < 0 \end{cases}",
        r"\frac{d}{dx} \text{Leaky}(x) = \begin{cases} 1 & x < 0 \\ \alpha & x > 0 \end{cases}",
        r"\text{Leaky}(x) = \max(\alpha x, x), 0 < \alpha < 1",
    ),
    (  # a sum without brackets
        r"\nabla_w \ell = \sum_{i=1}^n (y_i - \sigma(w^T x_i)) x_i",
        r"\nabla_w \ell = \sum_{i=1}^n (\sigma(w^T x_i) - y_i) x_i",
        r"\ell = \sum_{i=1}^n y_i \log\sigma(w^T x_i) + (1 - y_i) \log(1 - \sigma(w^T x_i))",
    ),
    (  # the number of terms of a sum that does not tell it
        r"\frac{\partial f}{\partial x_i} = 2 (x_i - \bar{x})",
        r"\frac{\partial f}{\partial x_i} = 2 (x_i + \bar{x})",
        r"f = \sum_i (x_i - \bar{x})^2, \bar{x} = \frac1n \sum_i x_i",
    ),
    (  # a force
        r"F = -\frac{\partial V}{\partial r} = \frac{12 c}{r^{13}}",
        r"F = -\frac{\partial V}{\partial r} = -\frac{12 c}{r^{13}}",
        r"V = \frac{c}{r^{12}}",
    ),
    (  # two matrices that are symmetric, of which one is differentiated by
        r"\frac{\partial L}{\partial \Sigma} = -\frac N2 \Sigma^{-1} + \frac12 \Sigma^{-1} S \Sigma^{-1}",
        r"\frac{\partial L}{\partial \Sigma} = -N \Sigma^{-1} + \frac12 \Sigma^{-1} S \Sigma^{-1}",
        r"L = -\frac N2 \log|\Sigma| - \frac12 \operatorname{tr}(\Sigma^{-1} S), \Sigma, S symmetric",
    ),
    (r"\frac{d}{dx} \tan^{-1}(x) = \frac{1}{1 + x^2}", r"\frac{d}{dx} \tan^{-1}(x) = \frac{1}{1 - x^2}", ""),
    (  # a definition for one layer serves the next one, whose label is a sum
        r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)",
        r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma(z^l)",
        r"z^{l+1} = w^{l+1} a^l + b^{l+1}, a^l = \sigma(z^l), \delta^l = \partial C/\partial z^l",
    ),
    (
        r"\frac{\partial}{\partial W_{ij}^{(l)}} J(W,b;x,y) = a_j^{(l)} \delta_i^{(l+1)}",
        r"\frac{\partial}{\partial W_{ij}^{(l)}} J(W,b;x,y) = a_i^{(l)} \delta_j^{(l+1)}",
        r"z^{(l+1)} = W^{(l)} a^{(l)} + b^{(l)}, \delta_i^{(l)} = \frac{\partial}{\partial z_i^{(l)}} J(W,b;x,y)",
    ),
    (
        r"\frac{\partial^2 f}{\partial x \partial x^T} = A + A^T",
        r"\frac{\partial^2 f}{\partial x \partial x^T} = 2 A",
        "f = x^T A x",
    ),
    (
        r"\dot{x} = -\omega A \sin(\omega t + \phi)",
        r"\dot{x} = \omega A \sin(\omega t + \phi)",
        r"x(t) = A \cos(\omega t + \phi)",
    ),
    (r"H = X^T X", r"H = X X^T X", r"f(w) = \frac12 \|Xw - y\|^2, Hessian"),
    (  # a number in a script is no index
        (
            r"\frac{\partial \mathcal{L}}{\partial \mathbf{K}} = \frac{1}{\sqrt{d_k}} (\frac{\partial"
            r" \mathcal{L}}{\partial \mathbf{S}})^\top \mathbf{Q}"
        ),
        (
            r"\frac{\partial \mathcal{L}}{\partial \mathbf{K}} = \frac{1}{d_k} (\frac{\partial \mathcal{L}}{\partial"
            r" \mathbf{S}})^\top \mathbf{Q}"
        ),
        r"\mathbf{S} = \frac{\mathbf{Q} \mathbf{K}^\top}{\sqrt{d_k}}",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "definitions"), PAIRS)
def test_the_right_one_holds_and_the_wrong_one_fails(right: str, wrong: str, definitions: str) -> None:
    passed = gradcheck.check_latex(right, definitions)
    caught = gradcheck.check_latex(wrong, definitions)
    assert (passed.status, passed.certified) == ("holds", True), str(passed)
    assert (caught.status, caught.certified) == ("fails", True), str(caught)


def test_the_formula_as_read_is_shown() -> None:
    verdict = gradcheck.check_latex(r"f'(x)=\frac12 x", "f(x)=x^2/4")
    assert verdict.claim.source.formula == r"\frac{d}{d x} f\left(x\right) = \frac{1}{2} \, x"


def test_every_member_of_a_chain_is_judged() -> None:
    verdict = gradcheck.check_latex("f'(x) = 2 x + x = 4 x", "f(x) = 2 x^2")
    assert verdict.status == "fails"
    assert [step.status for step in verdict.steps] == ["fails", "holds"]


def test_targets_that_must_sum_to_one_make_it_conditional() -> None:
    definitions = r"\xi = -\sum_{i} t_i \log y_i, y_i = \frac{e^{z_i}}{\sum_k e^{z_k}}"
    verdict = gradcheck.check_latex(r"\frac{\partial \xi}{\partial z_j} = y_j - t_j", definitions)
    assert verdict.status == "conditional"
    assert verdict.assumption == "the entries of t sum to 1"
    general = gradcheck.check_latex(r"\frac{\partial \xi}{\partial z_j} = y_j \sum_i t_i - t_j", definitions)
    assert general.status == "holds"


def test_layouts_that_differ_make_it_ambiguous() -> None:
    verdict = gradcheck.check_latex(r"\nabla_{\mathbf{x}} \mathbf{A} \mathbf{x} = \mathbf{A}^\top")
    assert verdict.status == "ambiguous"
    assert "numerator layout" in verdict.reason and "denominator layout" in verdict.reason


@pytest.mark.parametrize(
    ("claim", "definitions", "status", "reason"),
    [
        (r"f'(x) = 2 \heartsuit", "f(x)=x^2", "unreadable", r"\heartsuit is not understood, at character 11"),
        (r"\frac{\partial J}{\partial w} = x", "J = y^2", "undecided", "J does not depend on w"),
        (r"\frac{\partial J}{\partial w} = x", "", "undecided", "nothing says what J is"),
        (r"\frac{\partial J}{\partial w} = q w", "J = w^2", "undecided", "nothing says what q is"),
        (r"\frac{\partial J}{\partial w} = 3 w", "J = w^2, but reversed", "undecided", "not all of the definitions"),
        ("x + y", "", "undecided", "no derivative is claimed"),
        (r"\frac{\partial y}{\partial x} = \dots", "y = x^2", "undecided", "an ellipsis"),
        (r"\frac{\partial y}{\partial x} = f(y)(1-f(y))", "y = f(x)", "undecided", "nothing says which function f is"),
    ],
)
def test_what_is_not_settled_is_told(claim: str, definitions: str, status: str, reason: str) -> None:
    verdict = gradcheck.check_latex(claim, definitions)
    assert verdict.status == status, str(verdict)
    assert reason in verdict.reason


def test_a_capital_among_matrices_may_be_one() -> None:
    """Only where C is a number does it hold."""
    verdict = gradcheck.check_latex(r"\nabla_A \mathrm{tr} ABA^TC = CAB + CAB^T", r"\mathrm{tr} ABA^TC")
    assert verdict.status in ("ambiguous", "fails")


def test_a_capital_among_vectors_is_no_number() -> None:
    """As a number W would let the shapes fit."""
    verdict = gradcheck.check_latex(r"\frac{\partial L}{\partial W} = x^T \frac{\partial L}{\partial y}", "y = Wx + b")
    assert verdict.status == "undecided"
    assert "only where W is a number" in verdict.reason


def test_how_far_a_sum_reaches_must_be_clear() -> None:
    """The sign of the sum may be meant for the second term as well."""
    verdict = gradcheck.check_latex(
        r"\frac{dL}{dp} = \sum_i \frac{1 - y_i}{1 - p} - \frac{y_i}{p}",
        r"L = -\sum_i y_i \log p + (1 - y_i) \log(1 - p)",
    )
    assert verdict.status == "unreadable"
    assert "how far the sum over i reaches" in verdict.reason


def test_pairs_of_entries_of_a_symmetric_matrix_may_count_once() -> None:
    verdict = gradcheck.check_latex(r"\frac{\partial}{\partial A} x^T A x = 2 x x^T - x x^T \odot I", "A symmetric")
    assert verdict.status == "ambiguous"
    assert "holds where they are in pairs" in verdict.reason


def test_the_power_minus_one_of_a_function_is_no_reciprocal() -> None:
    verdict = gradcheck.check_latex(r"\frac{d}{dx} f^{-1}(x) = \frac{1}{f'(f^{-1}(x))}", "")
    assert verdict.status == "unreadable"
    assert "the inverse of the function f" in verdict.reason


def test_a_matrix_of_samples_that_nothing_defines_makes_it_conditional() -> None:
    """The verdict names how the samples are taken to lie, and a wrong factor does not hold for either."""
    text = r"f = \frac1N \sum_{i=1}^N (\mathbf{w}^\top \mathbf{x}_i - y_i)^2"
    left = r"\frac{\partial f}{\partial \mathbf{w}} = "
    verdict = gradcheck.check_latex(left + r"\frac{2}{N} \mathbf{X}^\top (\mathbf{X} \mathbf{w} - \mathbf{y})", text)
    assert verdict.status == "conditional"
    assert "the rows of X are the" in verdict.assumption
    wrong = gradcheck.check_latex(left + r"\frac{1}{N} \mathbf{X}^\top (\mathbf{X} \mathbf{w} - \mathbf{y})", text)
    assert wrong.status == "undecided"


def test_notation_declares_ranks_and_symmetry() -> None:
    claim, definitions = r"\frac{df}{dx} = 2 S x", "f = x^T S x"
    assert gradcheck.check_latex(claim, definitions).status == "fails"
    assert gradcheck.check_latex(claim, definitions, {"symmetric": ["S"]}).status == "holds"
    with pytest.raises(TypeError, match="notation has the unknown field shape"):
        gradcheck.check_latex(claim, definitions, {"shape": 2})


def test_macros_of_the_notation_are_used() -> None:
    macros = r"\newcommand{\deriv}[2]{\frac{d #1}{d #2}}"
    assert gradcheck.check_latex(r"\deriv{f}{x} = 2x", "f(x) = x^2", {"macros": macros}).status == "holds"


def test_the_command_prints_the_verdict() -> None:
    runner = CliRunner()
    right = runner.invoke(main, ["formula", "f'(x) = 2x", "--where", "f(x) = x^2"])
    wrong = runner.invoke(main, ["formula", "f'(x) = 3x", "--where", "f(x) = x^2"])
    refused = runner.invoke(main, ["formula", "f'(x) = 3x", "--rank", "A"])
    assert (right.exit_code, wrong.exit_code, refused.exit_code) == (0, 1, 2)
    assert "HOLDS (certified)" in right.output
    assert "FAILS (certified)" in wrong.output
    assert "--rank A: NAME=0, NAME=1 or NAME=2 is expected" in refused.output


def test_a_missing_left_side_is_found_among_what_the_definitions_allow() -> None:
    right = gradcheck.check_latex(r"= -\frac{t}{y} + \frac{1-t}{1-y}", r"\xi = -t\log(y) - (1-t)\log(1-y)")
    wrong = gradcheck.check_latex(r"= -\frac{t}{y} - \frac{1-t}{1-y}", r"\xi = -t\log(y) - (1-t)\log(1-y)")
    assert right.status == "holds"
    assert "the left side is not printed" in right.notes[-1]
    assert wrong.status == "undecided"


def test_the_name_to_differentiate_by_may_be_said_in_words() -> None:
    definitions = r"C = (a - z)^2, a = \sigma(w x); derivative in w"
    assert gradcheck.check_latex("= 2(a - z) a (1 - a) x", definitions).status == "holds"
    assert gradcheck.check_latex("= 2(a - z) a (1 + a) x", definitions).status == "fails"


def test_zero_on_both_sides_everywhere_is_no_agreement() -> None:
    verdict = gradcheck.check_latex(r"\frac{\partial L}{\partial w} = 2 w (x - x)", "L = (x - x) w^3")
    assert verdict.status == "undecided"
    assert "both sides are 0" in verdict.reason


def test_a_definition_serves_every_layer() -> None:
    claim = r"f^{\prime}(z_i^{(l)}) = a_i^{(l)}(1-a_i^{(l)})"
    assert gradcheck.check_latex(claim, "f sigmoid, a=f(z)").status == "holds"
    assert gradcheck.check_latex(claim.replace("1-a", "2-a"), "f sigmoid, a=f(z)").status == "fails"


def test_an_error_vector_is_the_derivative_that_it_is_said_to_be() -> None:
    definitions = r"h = o \circ \tanh(c), o = \sigma(z), \delta = \partial L/\partial h; derivative in z"
    assert gradcheck.check_latex(r"= \delta \circ \tanh(c) \circ o \circ (1 - o)", definitions).status == "holds"
    assert gradcheck.check_latex(r"= \delta \circ \tanh(c) \circ o \circ (1 + o)", definitions).status == "fails"


def test_importing_the_package_imports_no_parser() -> None:
    import subprocess
    import sys

    code = "import sys, gradcheck, gradcheck.cli; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("claim", "definitions", "reason"),
    [
        ("x" * 10_000_000, "", "at most 30000 are read"),
        ("f'(x) = 1", "y" * 10_000_000, "at most 30000 are read"),
        ("f'(x) = " + "{" * 10_000 + "x" + "}" * 10_000, "", "nested deeper than 60 levels"),
        (r"\def\a{\a\a} f'(x) = \a", "f(x) = x", r"the macro \a expands without end"),
        (b"f'(x) = \xff\xfe".decode("utf-8", "replace"), "f(x) = x", "is not understood"),
        ("f(" + r"\alpha\beta" * 1_000, "f(x) = x", "( is never closed"),
    ],
)
def test_hostile_input_is_unreadable_with_its_reason(claim: str, definitions: str, reason: str) -> None:
    verdict = gradcheck.check_latex(claim, definitions)
    assert verdict.status == "unreadable"
    assert reason in verdict.reason


def test_what_follows_a_gap_in_the_quotation_does_not_fail() -> None:
    whole = gradcheck.check_latex(r"f'(x) = 2x \\ = 3x", "f(x) = x^2")
    gap = gradcheck.check_latex(r"f'(x) = 2x \\ … = 3x", "f(x) = x^2")
    assert whole.status == "fails"
    assert gap.status == "undecided"
    assert "the quotation has a gap" in gap.reason


@pytest.mark.parametrize(
    ("claim", "definitions", "status"),
    [
        (r"\frac{\partial}{\partial X} \operatorname{tr}(AX) = A^T", "", "holds"),
        (r"\frac{\partial}{\partial X} \operatorname{tr}(AX) = A", "", "ambiguous"),
        (r"\frac{\partial}{\partial X} \operatorname{tr}(AX) = 2A", "", "fails"),
        (r"\nabla_X \operatorname{tr}(AX) = A", "", "fails"),  # a gradient has the shape of what it is taken by
        (r"\frac{\partial}{\partial X} \log\det X = X^{-1}", "", "ambiguous"),
        (r"\frac{\partial}{\partial X} \log\det X = X^{-T}", "", "holds"),
    ],
)
def test_a_transposed_gradient_is_one_in_numerator_layout(claim: str, definitions: str, status: str) -> None:
    verdict = gradcheck.check_latex(claim, definitions)
    assert verdict.status == status
    if status == "ambiguous":
        assert "holds in numerator layout, where it is transposed" in verdict.reason


def test_what_holds_for_a_symmetric_matrix_alone_is_told() -> None:
    wrong = gradcheck.check_latex(r"\nabla f(x) = 2Ax", r"f(x) = x^T A x")
    assert (wrong.status, wrong.diagnosis) == ("fails", "it holds where A is symmetric, which nothing says")
    wrong = gradcheck.check_latex(r"\nabla f(x) = 3Ax", r"f(x) = x^T A x")
    assert wrong.status == "fails" and "symmetric" not in wrong.diagnosis
    assert gradcheck.check_latex(r"\nabla f(x) = 2Ax", r"f(x) = x^T A x, A symmetric").status == "holds"
