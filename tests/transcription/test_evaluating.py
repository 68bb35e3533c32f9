"""Derivatives and products in print, under every layout and meaning that a text may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals
from gradcheck.transcription.comparing import compare
from gradcheck.verdict import Printed

INPUTS = {"x": Reals(2), "W": Reals(3, 2)}
NETWORK = {"y": "W x", "E": r"\sum_i e^{y_i}"}
AGREES = Printed("agrees")


def compared(
    formula: str, claimed: Callable[..., Any], inputs: Any = INPUTS, notation: dict[str, str] = NETWORK
) -> Printed:
    """The comparison of an equality."""
    found = compare(Claim("c", "equality", Source("d", 1, formula), np.sum, claimed, inputs, notation=notation))
    assert found is not None
    return found


def gradient(x: Any, W: Any) -> Any:
    """∂E/∂x of Σ e^{(W x)_i}."""
    return W.T @ np.exp(W @ x)


@pytest.mark.parametrize(
    "formula",
    [
        r"g = \frac{\partial E}{\partial x}",
        r"g = \frac{\partial E}{\partial y} W",
        r"g = W^T \frac{\partial E}{\partial y}",
        r"g = \frac{\partial E}{\partial y} \frac{\partial y}{\partial x}",
        r"g = \frac{\partial y}{\partial x} \frac{\partial E}{\partial y}",
        r"g = \left(\frac{\partial y}{\partial x}\right)^T \frac{\partial E}{\partial y}",
        r"g = \frac{\partial E}{\partial y} \frac{\partial (W x)}{\partial x}",
        r"g_j = \sum_i \frac{\partial E}{\partial y_i} \frac{\partial y_i}{\partial x_j}",
        r"g_j = \sum_i \frac{\partial E}{\partial y_i} W_{ij}",
    ],
)
def test_a_gradient_is_the_same_in_every_layout_that_fits(formula: str) -> None:
    assert compared(formula, gradient) == AGREES
    assert compared(formula, lambda x, W: -gradient(x, W)).outcome == "differs"


def test_a_derivative_by_an_expression_is_by_what_stands_there() -> None:
    formula = r"D = \frac{\partial y}{\partial (W x)}"
    notation = {"y": r"\exp(W x)"}

    assert compared(formula, lambda x, W: np.diag(np.exp(W @ x)), notation=notation) == AGREES
    assert compared(formula, lambda x, W: np.diag(W @ x), notation=notation).outcome == "differs"


def test_a_derivative_by_single_entries_fills_a_matrix() -> None:
    entries = r"\frac{\partial E}{\partial w_{%s}}"
    rows = r" \\ ".join(" & ".join(entries % f"{i}{j}" for i in (1, 2)) for j in (1, 2, 3))
    notation = {**NETWORK, "w_{ij}": "W_{ji}"}

    def right(x: Any, W: Any) -> Any:
        return np.outer(np.exp(W @ x), x)

    formula = rf"G = \begin{{pmatrix}} {rows} \end{{pmatrix}}"
    assert compared(formula, right, notation=notation) == AGREES
    assert compared(formula, lambda x, W: right(x, W)[::-1], notation=notation).outcome == "differs"


def test_a_row_and_a_column_are_repeated_to_fit_or_multiplied_in_all_pairs() -> None:
    inputs = {"u": Reals(3), "v": Reals(2)}

    assert compared(r"P = u \odot v^T", np.outer, inputs, {}) == AGREES
    assert compared(r"P = u \odot v", np.outer, inputs, {}) == AGREES
    assert compared(r"P = u \odot v", lambda u, v: np.outer(u, v) + 1, inputs, {}).outcome == "differs"


def test_a_sum_whose_range_nothing_settles_has_no_value() -> None:
    found = compared(r"y = \sum_k 2", lambda x: 2 * x, {"x": Reals()}, {})

    assert found.outcome == "not compared"
    assert "nothing says how far the index of" in found.detail


def test_a_second_derivative_in_print_is_not_compared() -> None:
    found = compared(r"h = \frac{\partial^2 E}{\partial x^2}", gradient)

    assert found == Printed("not compared", "a derivative of higher order, or of nothing, inside of a formula")
