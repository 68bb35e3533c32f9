"""Formulas that rest on others nearby, on what is supposed, on a point, on an ellipsis: right ones pass, wrong ones do not."""

from __future__ import annotations

import pytest

from gradcheck.formulas.checking import check_latex

SIGMOID = (r"\frac{da}{dz} = a(1-a)", r"a = \sigma(z), z = wx + b")


def test_a_missing_definition_is_taken_from_the_nearest_formula() -> None:
    verdict = check_latex(r"\frac{\partial C}{\partial w} = (a-y)a(1-a)x", r"C = \frac{(a-y)^2}{2}", around=[SIGMOID])
    assert verdict.status == "holds"
    assert verdict.notes[-1] == "a, z: as defined in the formulas nearby"


def test_a_fault_that_rests_on_the_formulas_nearby_is_left_open() -> None:
    verdict = check_latex(r"\frac{\partial C}{\partial w} = (a-y)a(1-a)", r"C = \frac{(a-y)^2}{2}", around=[SIGMOID])
    assert verdict.status == "undecided"
    assert "does not depend on w" in verdict.reason


def test_a_text_that_refers_to_the_formula_before_it_can_fail() -> None:
    before = (r"\frac{\partial C}{\partial w} = 2(wx-y)x", r"C = (wx-y)^2")
    right = check_latex(r"\frac{\partial C}{\partial x} = 2(wx-y)w", "same C", around=[before])
    wrong = check_latex(r"\frac{\partial C}{\partial x} = 2(wx-y)x", "same C", around=[before])
    assert (right.status, wrong.status) == ("holds", "fails")


def test_the_nearest_definition_counts() -> None:
    far = (r"f'(x) = 1", "f(x) = g, g = x")
    near = (r"f'(x) = 2x", "f(x) = g, g = x^2")
    verdict = check_latex(r"\frac{df}{dx} = 6x", "f = 3g", around=[near, far])
    assert verdict.status == "holds"


def test_a_line_without_a_left_side_is_of_the_formula_before_it() -> None:
    before = (r"\frac{\partial C}{\partial w} = 2(wx-y)x", r"C = (wx-y)^2")
    assert check_latex(r"&= 2wx^2 - 2xy", "same C", around=[before]).status == "holds"
    assert check_latex(r"&= 2wx^2 - 2y", "same C", around=[before]).status == "fails"


def test_an_activation_that_nobody_names_is_supposed_and_named() -> None:
    text = r"c = f \circ d, \delta_c=\frac{\partial L}{\partial c}; derivative in z_f"
    right = check_latex(r"&= \delta_c \circ d \circ f \circ (1-f)", text)
    assert right.status == "conditional"
    assert right.assumption == r"f = \operatorname{sigmoid}\left(z_{f}\right), which is said nowhere"
    wrong = check_latex(r"&= \delta_c \circ d \circ f \circ (2-f)", text)
    assert wrong.status == "undecided"


@pytest.mark.parametrize(
    ("claim", "status", "told"),
    [
        ("f'(2) = 12", "holds", ""),
        ("f'(2) = 13", "fails", "exactly 13/12 times the true value"),
        ("f''(2) = 12", "holds", ""),
    ],
)
def test_a_derivative_at_a_point(claim: str, status: str, told: str) -> None:
    verdict = check_latex(claim, "f(x) = x^3")
    assert (verdict.status, verdict.diagnosis) == (status, told)


@pytest.mark.parametrize(("claim", "status"), [(r"[\frac13, \frac23]", "holds"), (r"[\frac23, \frac13]", "fails")])
def test_a_gradient_at_a_point_that_the_text_names(claim: str, status: str) -> None:
    verdict = check_latex(rf"\nabla f(x, y) = {claim}", r"f(x, y) = \log(e^x + e^y) at (0, \log 2)")
    assert verdict.status == status


@pytest.mark.parametrize(("claim", "status"), [("2x_i", "holds"), ("3x_i", "fails")])
def test_a_sum_with_an_ellipsis(claim: str, status: str) -> None:
    verdict = check_latex(rf"\frac{{\partial f}}{{\partial x_i}} = {claim}", r"f = x_1^2 + x_2^2 + \dots + x_n^2")
    assert verdict.status == status


def test_an_ellipsis_that_says_nothing_is_left_open() -> None:
    verdict = check_latex(r"\frac{df}{dx} = 1 + 2x + \dots", "f = x + x^2")
    assert verdict.status == "undecided"
    assert "ellipsis" in verdict.reason


@pytest.mark.parametrize(("claim", "status"), [("k x^{k-1} a_k", "holds"), ("(k+1) x^{k-1} a_k", "fails")])
def test_a_sum_from_zero_whose_index_is_an_exponent(claim: str, status: str) -> None:
    verdict = check_latex(rf"f'(x) = \sum_{{k=0}}^{{3}} {claim}", r"f(x) = \sum_{k=0}^{3} a_k x^k")
    assert verdict.status == status


@pytest.mark.parametrize(("claim", "status"), [(r"I \otimes A", "holds"), (r"A \otimes I", "fails")])
def test_a_jacobian_of_matrices_stacked_by_columns(claim: str, status: str) -> None:
    assert check_latex(rf"\frac{{\partial AX}}{{\partial X}} = {claim}", "AX, column-major").status == status


def test_how_matrices_are_stacked_is_a_reading_where_nothing_says_it() -> None:
    verdict = check_latex(r"\frac{\partial AX}{\partial X} = A \otimes I", "AX")
    assert verdict.status == "ambiguous"
    assert [(reading.name.split(";")[0], reading.status) for reading in verdict.readings] == [
        ("matrices stacked by columns", "fails"),
        ("matrices stacked by rows", "holds"),
    ]


def test_a_parameter_that_must_not_be_negative_is_named() -> None:
    claim = r"ds = \begin{cases} dd & d > 0 \\ dd \cdot (d + \alpha) & d \leq 0 \end{cases}"
    verdict = check_latex(claim, "elu, derivative from dst")
    assert (verdict.status, verdict.assumption) == ("conditional", r"\alpha ≥ 0")
    wrong = check_latex(claim.replace(r"(d + \alpha)", r"(d - \alpha)"), "elu, derivative from dst")
    assert wrong.status == "fails"


@pytest.mark.parametrize(
    ("claim", "status"), [(r"(W^{(l)})^T \delta^{(l+1)}", "holds"), (r"W^{(l)} \delta^{(l+1)}", "fails")]
)
def test_the_recursion_of_delta(claim: str, status: str) -> None:
    said = (
        r"z^{(l+1)}=W^{(l)}a^{(l)}+b^{(l)}, a^{(l)}=f(z^{(l)}), \delta^{(l)}=\frac{\partial J}{\partial z^{(l)}}, "
        r"\delta^{(l+1)}=\frac{\partial J}{\partial z^{(l+1)}}"
    )
    assert check_latex(rf"\delta^{{(l)}} = ({claim}) \odot f'(z^{{(l)}})", said).status == status


@pytest.mark.parametrize(("claim", "status"), [(r"\Phi^T(\Phi w - t)", "holds"), (r"\Phi(\Phi w - t)", "fails")])
def test_the_design_matrix(claim: str, status: str) -> None:
    verdict = check_latex(rf"\nabla_w E(w) = {claim}", r"E(w) = \frac12 \sum_n (w^T \phi - t_n)^2")
    assert verdict.status == status


def test_a_reading_in_which_the_loss_is_no_number_does_not_count() -> None:
    said = r"\hat y = \sigma(w^T x + b), L = -y \log \hat y - (1-y)\log(1-\hat y)"
    assert check_latex(r"\frac{\partial L}{\partial w} = (\hat y - y) x", said).status == "holds"
    assert check_latex(r"\frac{\partial L}{\partial w} = (y - \hat y) x", said).status == "fails"
