"""What a printed name stands for: declared, by its spelling, by its spelling without labels, or guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim, ClaimError, Sheet, Source
from gradcheck.domains import Reals
from gradcheck.transcription.comparing import compare
from gradcheck.verdict import Printed

AGREES = Printed("agrees")


def compared(
    formula: str, claimed: Callable[..., Any], inputs: Mapping[str, Any], notation: Mapping[str, str] | None = None
) -> Printed:
    """The comparison of an equality under a notation."""
    found = compare(Claim("c", "equality", Source("d", 1, formula), np.sum, claimed, inputs, notation=notation or {}))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("formula", "name"),
    [("y = 2 x", "x"), (r"y = 2 \alpha", "alpha"), (r"y = 2 y_{out}", "y_out"), ("y = 2 x^{(l)}", "x")],
)
def test_a_name_is_the_input_that_is_spelled_like_it(formula: str, name: str) -> None:
    assert compared(formula, lambda x: 2 * x, {name: Reals(2)}) == AGREES
    assert compared(formula, lambda x: 3 * x, {name: Reals(2)}).outcome == "differs"


def test_another_case_is_a_guess_on_which_no_difference_rests() -> None:
    assert compared("y = 2 X", lambda x: 2 * x, {"x": Reals(2)}) == AGREES
    assert compared("y = 2 X", lambda x: 3 * x, {"x": Reals(2)}) == Printed(
        "not compared", "it differs if X is what its spelling suggests"
    )
    assert compared("y = 2 X", lambda x: 3 * x, {"x": Reals(2)}, {"X": "x"}).outcome == "differs"


def test_two_labels_of_one_name_must_be_told_apart() -> None:
    formula, inputs = "y = a^{(1)} - a^{(0)}", {"a": Reals(), "b": Reals()}

    found = compared(formula, lambda a, b: a - b, inputs)
    assert found.outcome == "not compared"
    assert found.detail.endswith("could both be the input a: notation= says which is")
    declared = {"a^{(1)}": "a", "a^{(0)}": "b"}
    assert compared(formula, lambda a, b: a - b, inputs, declared) == AGREES
    assert compared(formula, lambda a, b: b - a, inputs, declared).outcome == "differs"


def test_a_declared_name_takes_its_indices_in_the_order_of_print() -> None:
    formula, inputs = r"y_k = \sum_j w_{jk} x_j", {"W": Reals(3, 2), "x": Reals(2)}
    declared = {"w_{jk}": "W_{kj}"}

    assert compared(formula, lambda W, x: W @ x, inputs, declared) == AGREES
    assert compared(formula, lambda W, x: -(W @ x), inputs, declared).outcome == "differs"


def test_single_entries_are_numbers_or_numbered_names() -> None:
    declared = {"w_{jk}": "W_{kj}"}

    assert compared("y = w_{12} + w_{21}", lambda W: W[1, 0] + W[0, 1], {"W": Reals(2, 3)}, declared) == AGREES
    assert compared("y = w_{12}", lambda W: W[0, 1], {"W": Reals(2, 3)}, declared).outcome == "differs"
    single = {"w_{12}": "w12", "w_{21}": "w21"}
    inputs = {"w12": Reals(), "w21": Reals()}
    assert compared("y = w_{12} - w_{21}", lambda w12, w21: w12 - w21, inputs, single) == AGREES
    assert compared("y = w_{12} - w_{21}", lambda w12, w21: w21 - w12, inputs, single).outcome == "differs"


def test_a_name_may_be_defined_by_other_names() -> None:
    declared = {r"\hat y_i": r"\frac{e^{x_i}}{\sum_j e^{x_j}}"}

    def right(x: Any) -> Any:
        return np.exp(x) / np.sum(np.exp(x)) - 1

    assert compared(r"g_i = \hat y_i - 1", right, {"x": Reals(3)}, declared) == AGREES
    assert compared(r"g_i = \hat y_i + 1", right, {"x": Reals(3)}, declared).outcome == "differs"


def test_a_value_before_brackets_is_multiplied() -> None:
    declared = {r"\sigma": "x"}

    assert compared(r"y = \sigma (1 - \sigma)", lambda x: x * (1 - x), {"x": Reals()}, declared).outcome == "agrees"
    assert compared(r"y = \sigma (1 - \sigma)", lambda x: x, {"x": Reals()}, declared).outcome == "differs"


def test_a_function_in_print_may_be_an_input() -> None:
    declared = {"f(x_i)": "p"}
    inputs = {"p": Reals(3), "y": Reals(3)}

    assert compared(r"M = \sum_i |f(x_i) - y_i|", lambda p, y: np.sum(np.abs(p - y)), inputs, declared) == AGREES
    assert compared(r"M = \sum_i |f(x_i) - y_i|", lambda p, y: np.sum(p - y), inputs, declared).outcome == "differs"


def test_a_sheets_notation_is_that_of_its_claims_unless_they_have_their_own() -> None:
    sheet = Sheet("d", "d.txt", "D", {r"\lambda": "rate", "X": "x"})
    fields = {"primal": np.sum, "claimed": lambda x: 2 * x, "inputs": {"x": Reals(2)}}
    first = sheet.claim("first", "equality", 1, "y = 2 X", **fields)
    second = sheet.claim("second", "equality", 1, "y = Z", notation={"X": "2", "Z": "X x"}, **fields)

    assert first.notation == {r"\lambda": "rate", "X": "x"}
    assert second.notation == {r"\lambda": "rate", "X": "2", "Z": "X x"}
    assert compare(first) == compare(second) == AGREES


def test_a_notation_that_is_no_name_is_told() -> None:
    found = compared("y = x", lambda x: x, {"x": Reals()}, {"2 + 3": "x"})

    assert found == Printed("not compared", "a name is expected")


def test_an_unknown_field_of_a_claim_is_still_refused() -> None:
    with pytest.raises(ClaimError, match="unknown field notations"):
        Sheet("d", "d.txt", "D").claim("c", "equality", 1, "y = x", notations={})
