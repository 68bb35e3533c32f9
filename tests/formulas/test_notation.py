"""What is declared about names enters the judgement: each claim is judged without it and with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

import gradcheck as gc

SOFTMAX = (r"\ell = -\sum_k t_k \log p_k", r"p = \mathrm{softmax}(z)")


def status(claim: str, definitions: str | tuple[str, ...], **notation: Any) -> str:
    return gc.check_latex(claim, definitions, notation).status


@pytest.mark.parametrize(
    ("claim", "definitions", "without", "notation", "with_it"),
    [
        (r"\nabla_x f = 2Ax", "f = x^T A x", "fails", {"symmetric": ["A"]}, "holds"),
        (r"\nabla_x f = Dx", "f = x^T D^2 x", "fails", {"diagonal": ["D"]}, "fails"),
        (r"f'(x) = -1", "f(x) = |x|", "fails", {"ranges": {"x": (-math.inf, 0.0)}}, "holds"),
        (r"f'(x) = -1", "f(x) = |x|", "fails", {"ranges": {"x": (0.0, 2.0)}}, "fails"),
        (r"\delta = p - t", SOFTMAX, "undecided", {"derivative": (r"\ell", "z"), "sums_to_one": ["t"]}, "holds"),
        (r"\delta = t - p", SOFTMAX, "undecided", {"derivative": (r"\ell", "z"), "sums_to_one": ["t"]}, "fails"),
        (r"6x", "f = x^3", "undecided", {"derivative": ("f", "x", 2)}, "holds"),
        (r"6x", "f = x^3", "undecided", {"derivative": ("f", "x")}, "fails"),
    ],
)
def test_a_declaration_decides(
    claim: str, definitions: str | tuple[str, ...], without: str, notation: Mapping[str, Any], with_it: str
) -> None:
    assert (status(claim, definitions), status(claim, definitions, **notation)) == (without, with_it)


def test_shapes_are_those_of_the_inputs() -> None:
    notation = {"shapes": {"W": ("m", "n"), "x": ("n",), "b": (5,)}, "layout": "numerator"}
    verdict = gc.check_latex(r"\frac{\partial y}{\partial x} = W", "y = W x + b", notation)
    shapes = {name: space.shape for name, space in verdict.claim.inputs.items()}
    assert (verdict.status, shapes) == ("holds", {"x": (3,), "W": (5, 3), "b": (5,)})


def test_one_letter_is_one_size_in_sums_too() -> None:
    shapes = {"x": ("n",)}
    right = gc.check_latex(
        r"\frac{\partial f}{\partial x_j} = \frac{2 x_j}{n}", r"f = \frac1n \sum_{i=1}^n x_i^2", {"shapes": shapes}
    )
    wrong = gc.check_latex(
        r"\frac{\partial f}{\partial x_j} = 2 x_j n", r"f = \frac1n \sum_{i=1}^n x_i^2", {"shapes": shapes}
    )
    assert (right.status, wrong.status) == ("holds", "fails")


def test_names_are_known_with_their_labels_and_fonts() -> None:
    claim, definition = r"\frac{\partial a}{\partial \mathbf{x}} = W^{(1)}", r"a = W^{(1)} \mathbf{x}"
    shapes = {"W^{(1)}": ("m", "n"), r"\mathbf{x}": ("n",)}
    assert status(claim, definition, shapes=shapes, layout="numerator") == "holds"


@pytest.mark.parametrize(
    ("notation", "error", "message"),
    [
        (
            {"shpaes": {}},
            TypeError,
            "notation has the unknown field shpaes; the fields are ranks, symmetric, macros, shapes",
        ),
        ({"layout": "both"}, ValueError, "notation has the layout 'both'; the layouts are numerator, denominator"),
    ],
)
def test_what_does_not_exist_is_refused(notation: Mapping[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gc.check_latex("f'(x) = 2x", "f(x) = x^2", notation)


@pytest.mark.parametrize(
    ("notation", "status", "reason"),
    [
        ({"ranges": {"x + 1": (0.0, 1.0)}}, "undecided", "the notation speaks of 'x + 1', which is no name"),
        ({"derivative": ("f", "2x")}, "unreadable", "'2x', which is to be differentiated by, is no name"),
        ({"derivative": ("f = x", "x")}, "unreadable", "'f = x', which is to be differentiated, is not one expression"),
    ],
)
def test_what_is_no_name_is_told(notation: Mapping[str, Any], status: str, reason: str) -> None:
    verdict = gc.check_latex("f'(x) = 2x", "f(x) = x^2", notation)
    assert verdict.status == status
    assert reason in verdict.reason


def test_sizes_of_different_letters_are_different() -> None:
    shapes = {"x": ("n",), "y": ("m",)}
    verdict = gc.check_latex(r"\nabla_x f = y", "f = x^T y", {"shapes": shapes})
    assert (verdict.status, verdict.reason) == (
        "undecided",
        "the sizes n and m are declared apart, and must be equal here",
    )
