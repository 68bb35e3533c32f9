"""A transcription that is what is printed agrees; a planted error differs, and the message shows the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import special

from gradcheck.claim import Assumption, Claim, Generic, Kind, Origin, Reading, Source, Step
from gradcheck.domains import Reals
from gradcheck.transcription.comparing import compare
from gradcheck.verdict import Printed

Array = np.ndarray[Any, np.dtype[Any]]

VECTOR = {"x": Reals(3)}
MATRIX = {"A": Reals(2, 3), "x": Reals(3)}


def softmax(z: Array) -> Array:
    """e^{z_i} / Σ e^{z_j}."""
    shares: Array = np.exp(z) / np.sum(np.exp(z))
    return shares


def softmax_jacobian(z: Array) -> Array:
    """diag(s) − s sᵀ."""
    s = softmax(z)
    jacobian: Array = np.diag(s) - np.outer(s, s)
    return jacobian


def claim(
    formula: str,
    claimed: Callable[..., Any] | tuple[Reading, ...] | None,
    inputs: Mapping[str, Any] = VECTOR,
    kind: Kind = "equality",
    origin: Origin = "printed",
    **fields: Any,
) -> Claim:
    """A claim of which only the formula and the transcription matter."""
    if kind in ("gradient", "jacobian", "derivative", "vjp", "structure"):
        fields.setdefault("wrt", next(iter(inputs)))
    return Claim("c", kind, Source("d", 1, formula, origin), np.sum, claimed, inputs, **fields)


def compared(formula: str, claimed: Callable[..., Any], inputs: Mapping[str, Any] = VECTOR, **fields: Any) -> Printed:
    """The comparison of a claim of an equality."""
    found = compare(claim(formula, claimed, inputs, **fields))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("formula", "right", "wrong", "inputs"),
    [
        (r"y_i = \frac{x_i}{1 + x_i^2}", lambda x: x / (1 + x**2), lambda x: x / (1 - x**2), VECTOR),
        (r"y_i = \operatorname{erf}(2 x_i)", lambda x: special.erf(2 * x), lambda x: special.erf(x) * 2, VECTOR),
        (r"y_i = \operatorname{digamma}(e^{x_i})", lambda x: special.psi(np.exp(x)), lambda x: special.psi(x), VECTOR),
        (
            r"y_i = \operatorname{trigamma}(e^{x_i})",
            lambda x: special.zeta(2.0, np.exp(x)),
            lambda x: special.zeta(3.0, np.exp(x)),
            VECTOR,
        ),
        (
            r"y_i = \operatorname{lgamma}(e^{x_i})",
            lambda x: special.gammaln(np.exp(x)),
            lambda x: special.gamma(np.exp(x)),
            VECTOR,
        ),
        (r"\operatorname{softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}", softmax, lambda x: softmax(-x), VECTOR),
        (r"y = A x", lambda A, x: A @ x, lambda A, x: A @ (x * [1, 1, 2]), MATRIX),
        (r"y_i = \sum_j A_{ij} x_j", lambda A, x: A @ x, lambda A, x: A @ x[::-1], MATRIX),
        (r"y_i = \sum_{j=1}^{i} x_j", np.cumsum, lambda x: np.sum(x) + 0 * x, VECTOR),
        (r"y_i = \sum_{j=1}^{i-1} x_j", lambda x: np.cumsum(x) - x, np.cumsum, VECTOR),
        (r"y = \sum_{k=1}^3 \sum_{j=k}^3 x_j", lambda x: x @ np.arange(1, 4), lambda x: 3 * np.sum(x), VECTOR),
        (r"g(x) = x^2", lambda x: x**2, lambda x: 2 * x, VECTOR),
        (
            r"y = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
            lambda x: np.maximum(x, 0),
            lambda x: np.abs(x),
            {"x": Reals()},
        ),
        (r"\frac{1}{2} \|x\|^2", lambda x: x @ x / 2, lambda x: x @ x, VECTOR),
        (r"E = \alpha x^T x", lambda x, alpha: alpha * (x @ x), lambda x, alpha: x @ x, {**VECTOR, "alpha": Reals()}),
    ],
)
def test_a_right_transcription_agrees_and_a_wrong_one_differs(
    formula: str, right: Callable[..., Any], wrong: Callable[..., Any], inputs: Mapping[str, Any]
) -> None:
    assert compared(formula, right, inputs) == Printed("agrees")
    assert compared(formula, wrong, inputs).outcome == "differs"


def test_a_difference_shows_both_numbers_and_the_entry() -> None:
    found = compared("y_i = 2 x_i", lambda x: 3 * x)

    assert found.outcome == "differs"
    assert "is printed at entry [" in found.detail
    assert found.detail.endswith("is transcribed")


def test_a_transposed_matrix_is_seen() -> None:
    formula, inputs = r"C_{ij} = u_i v_j", {"u": Reals(3), "v": Reals(3)}

    assert compared(formula, np.outer, inputs).outcome == "agrees"
    assert compared(formula, lambda u, v: np.outer(v, u), inputs).outcome == "differs"


def test_the_left_side_says_which_index_runs_along_which_axis() -> None:
    formula = r"\frac{\partial y_i}{\partial x_j} = x_i y_j"
    inputs = {"x": Reals(3), "y": Reals(3)}

    def right(x: Array, y: Array) -> Array:
        return np.outer(x, y)

    assert compared(formula, right, inputs, kind="jacobian").outcome == "agrees"
    assert compared(formula, lambda x, y: right(x, y).T, inputs, kind="jacobian").outcome == "differs"
    assert (
        compared(formula, lambda x, y: right(x, y).T, inputs, kind="jacobian", layout="denominator").outcome == "agrees"
    )


def test_an_index_at_two_axes_speaks_of_the_entries_where_they_are_equal() -> None:
    formula = r"\frac{\partial z_k}{\partial W_{kj}} = a_j"
    inputs = {"W": Reals(2, 3), "a": Reals(3)}

    def right(W: Array, a: Array) -> Array:
        return np.eye(2)[:, :, None] * a

    assert compared(formula, right, inputs, kind="jacobian").outcome == "agrees"
    assert compared(formula, lambda W, a: right(W, a) * 2, inputs, kind="jacobian").outcome == "differs"


def test_conditions_on_indices_have_axes_of_their_own() -> None:
    formula = r"J_{ij} = \begin{cases} x_i & i = j \\ 0 & i \ne j \end{cases}"

    assert compared(formula, np.diag, kind="jacobian").outcome == "agrees"
    assert compared(formula, lambda x: np.diag(x) + 1, kind="jacobian").outcome == "differs"


def test_the_last_member_is_what_is_transcribed() -> None:
    formula = r"y_i = 2 x_i = x_i + 1"

    assert compared(formula, lambda x: x + 1).outcome == "agrees"
    assert compared(formula, lambda x: 2 * x).outcome == "differs"


def test_what_a_product_is_called_may_stand_after_it() -> None:
    assert compared(r"A x = y", lambda A, x: A @ x, MATRIX).outcome == "agrees"
    assert compared(r"A x = y", lambda A, x: -A @ x, MATRIX).outcome == "differs"


GENERIC = {
    "f": (
        Generic("tanh", np.tanh, lambda z: np.diag(1 - np.tanh(z) ** 2)),
        Generic("softmax", softmax, softmax_jacobian),
    ),
    "L": (Generic("sum of squares", lambda y: np.sum(y * y), lambda y: 2 * y),),
}
LAYER = {"W": Reals(3, 2), "x": Reals(2)}


def test_generic_functions_are_the_ones_of_the_claim() -> None:
    formula = "y = f(W x)"

    assert compared(formula, lambda W, x, *, f: f(W @ x), LAYER, generics={"f": GENERIC["f"]}).outcome == "agrees"
    assert compared(formula, lambda W, x, *, f: f(-W @ x), LAYER, generics={"f": GENERIC["f"]}).outcome == "differs"


def test_a_jacobian_and_a_gradient_in_print_are_those_of_the_generic_functions() -> None:
    formula = r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} J_f(W x) W"
    fields = {"kind": "gradient", "generics": GENERIC, "notation": {"y": "f(W x)", "L": "L(y)"}}
    inputs = {"x": Reals(2), "W": Reals(3, 2)}

    def right(x: Array, W: Array, *, f: Generic, L: Generic) -> Array:
        gradient: Array = L.derivative(f(W @ x)) @ f.derivative(W @ x) @ W
        return gradient

    def wrong(x: Array, W: Array, *, f: Generic, L: Generic) -> Array:
        return 2 * right(x, W, f=f, L=L)

    assert compared(formula, right, inputs, **fields).outcome == "agrees"
    assert compared(formula, wrong, inputs, **fields).outcome == "differs"


def test_a_layers_number_on_a_generic_function_makes_no_difference() -> None:
    generics = {"f": GENERIC["f"][:1]}

    assert compared("y = f_l(x)", lambda x, *, f: f(x), generics=generics).outcome == "agrees"
    assert compared("y = f_l'(x)", lambda x, *, f: 1 - np.tanh(x) ** 2, generics=generics).outcome == "agrees"
    assert compared("y = f_l'(x)", lambda x, *, f: 1 - np.tanh(x), generics=generics).outcome == "differs"


def test_a_layers_label_under_a_plain_derivative_is_no_order() -> None:
    formula = r"g = \frac{\partial E}{\partial w^{3}}"
    notation = {"w^{3}": "w3", "E": "x^T w^{3}"}
    inputs = {"w3": Reals(3), "x": Reals(3)}

    assert compared(formula, lambda w3, x: x, inputs, notation=notation).outcome == "agrees"
    assert compared(formula, lambda w3, x: x + w3, inputs, notation=notation).outcome == "differs"


def test_a_derivation_is_compared_step_by_step() -> None:
    def made(second: Callable[..., Any]) -> Claim:
        steps = (
            Step(r"\frac{\partial E}{\partial x_i}", None),
            Step("2 x_i", lambda x: 2 * x),
            Step("x_i + x_i", second),
        )
        formula = r"\frac{\partial E}{\partial x_i} = 2 x_i = x_i + x_i"
        return Claim("c", "derivation", Source("d", 1, formula), lambda x: x @ x, None, VECTOR, "x", steps=steps)

    assert compare(made(lambda x: x + x)) == Printed("agrees")
    found = compare(made(lambda x: x - 1))
    assert found is not None
    assert found.outcome == "differs"
    assert found.detail.startswith("x_{i} + x_{i}: ")


def test_a_derivation_with_other_members_than_its_steps_is_not_compared() -> None:
    steps = (Step("g", None), Step("2 x_i", lambda x: 2 * x))
    made = Claim(
        "c", "derivation", Source("d", 1, "2 x_i = a = b = c"), lambda x: x @ x, None, VECTOR, "x", steps=steps
    )

    assert compare(made) == Printed("not compared", "the derivation has 2 steps and 4 printed members")


def test_one_reading_that_is_what_is_printed_is_enough() -> None:
    readings = (Reading("twice", lambda x: 2 * x), Reading("half", lambda x: x / 2))
    found = compare(claim("y_i = 2 x_i", readings))
    assert found == Printed("agrees", "read as twice")
    wrong = compare(claim("y_i = 3 x_i", readings))
    assert wrong is not None
    assert wrong.outcome == "differs"


def test_the_products_of_a_row_and_a_column_are_read_in_all_admissible_ways() -> None:
    formula, inputs = r"Y = u \odot v^T", {"u": Reals(3), "v": Reals(2)}

    assert compared(formula, np.outer, inputs).outcome == "agrees"
    assert compared(formula, lambda u, v: np.outer(v, u).T + 1, inputs).outcome == "differs"


def test_only_stated_assumptions_are_taken() -> None:
    positive = {"spaces": {"x": Reals(3, low=0)}}
    stated = Assumption("x > 0", stated=True, **positive)
    unstated = Assumption("x > 0", stated=False, **positive)

    assert compared("y_i = |x_i|", lambda x: x, assumptions=(stated,)).outcome == "agrees"
    assert compared("y_i = |x_i|", lambda x: x, assumptions=(unstated,)).outcome == "differs"


@pytest.mark.parametrize("origin", ["sentence", "code"])
def test_what_is_no_formula_has_nothing_to_be_compared_with(origin: Origin) -> None:
    assert compare(claim("2 x", lambda x: 2 * x, origin=origin)) is None


def test_a_lost_formula_has_nothing_to_be_compared_with() -> None:
    assert compare(claim(" ", lambda x: 2 * x)) is None


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        (r"y_i = 2 (x_i", "unbalanced: '(' at 9 is never closed: y_i = 2 (x_i"),
        (r"y_i = 2 \nonsense x_i", "nonsense"),
    ],
)
def test_what_cannot_be_read_says_where(formula: str, told: str) -> None:
    found = compared(formula, lambda x: 2 * x)

    assert found.outcome == "unreadable"
    assert told in found.detail


@pytest.mark.parametrize(
    ("formula", "fields", "told"),
    [
        ("y_i = 2 q_i", {}, "nothing says what q is"),
        (r"y = x^T", {"kind": "structure", "structure": "shape"}, "a structure is claimed, not a value"),
        ("y = x_1 + \\ldots + x_n", {}, "ellipsis"),
        (r"y \propto x", {}, "what is printed is no equality: its first sign is ∝"),
        (r"y_i = x_k", {}, "the index k is free on the right side alone"),
        (r"y = x_1", {}, "a number is printed, and an array of shape 3 is transcribed"),
        (r"y = x_7", {}, "the index 7 lies outside of an axis of length 3"),
    ],
)
def test_what_is_not_compared_says_why(formula: str, fields: dict[str, Any], told: str) -> None:
    found = compared(formula, lambda x: 2 * x, **fields)

    assert found.outcome == "not compared"
    assert told in found.detail


def test_nothing_transcribed_is_not_compared() -> None:
    assert compare(Claim("c", "equality", Source("d", 1, "y = x"))) == Printed(
        "not compared", "nothing was transcribed"
    )


@pytest.mark.parametrize("body", [r"\log \Phi(x)", r"\frac{B(x, x)}{2}"])
def test_no_function_stands_in_for_one_that_is_only_named(body: str) -> None:
    found = compared(f"f(x) = {body}", np.tanh, {"x": Reals()})
    assert found.outcome == "not compared" and found.detail.startswith("nothing says what the function ")
    known = {r"\Phi(z)": r"e^{2z}", "B(a, b)": "a + b"}
    right = {r"\log \Phi(x)": lambda x: 2 * x, r"\frac{B(x, x)}{2}": lambda x: x}[body]
    assert compared(f"f(x) = {body}", right, {"x": Reals()}, notation=known).outcome == "agrees"
    assert compared(f"f(x) = {body}", np.tanh, {"x": Reals()}, notation=known).outcome == "differs"


def test_an_entry_of_e_is_no_entry_of_a_number() -> None:
    assert compared("y_k = x_k - e_k", lambda x: x - np.e).detail == "nothing says what e is"
    assert compared("y_k = x_k - e", lambda x: x - np.e).outcome == "agrees"
    both = {"x": Reals(3), "e": Reals(3)}
    assert compared("y_k = x_k - e_k", lambda x, e: x - e, both).outcome == "agrees"
    assert compared("y_k = x_k - e_k", lambda x, e: x + e, both).outcome == "differs"


def test_a_function_of_its_argument_alone_is_defined_by_it() -> None:
    assert compared("f(x) = x", lambda x: x * 1.0).outcome == "agrees"
    assert compared("f(x) = x", lambda x: x + 1.0).outcome == "differs"
