"""No way to a pass that is not agreement: NaN, no entries, no points, ties, kinks, raised errors; and honest digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from gradcheck import Assumption, Claim, Integers, Reals, Sheet, Verdict
from gradcheck.checking import EvaluationError, check
from gradcheck.expressions import ShapeError

Array = Any
NUMBER: dict[str, Any] = {"inputs": {"x": Reals()}, "wrt": "x"}
VECTOR: dict[str, Any] = {"inputs": {"x": Reals(3)}, "wrt": "x"}
NOT_FINITE = "no finite value is claimed where the true one is finite"
EMPTY = "nothing to compare: the arrays have no entries"


class Pinned:
    """A space of one number, 0."""

    shape = ()
    differentiable = True

    def sample(self, rng: np.random.Generator) -> Array:
        return np.array(0.0)

    def special(self) -> Iterator[Array]:
        yield np.array(0.0)

    def strategy(self) -> Any:
        return st.just(np.array(0.0))

    def contains(self, value: Array) -> bool:
        return bool(value == 0)


def claim(kind: Any, **fields: Any) -> Claim:
    return Sheet("tests", "none.txt", "Tests").claim("c", kind, 1, "f", **fields)


def verdict(kind: Any, **fields: Any) -> Verdict:
    return check(claim(kind, **fields))


def opaque(x: Array) -> Array:
    """Its argument, in a way that cannot be traced."""
    return np.fromiter(np.ravel(x), float).reshape(np.shape(x))


WITHOUT_ENTRIES: dict[str, dict[str, Any]] = {
    "gradient": {"primal": lambda x: np.sum(x * x), "claimed": lambda x: 2 * x, "inputs": {"x": Reals(0)}, "wrt": "x"},
    "jacobian": {"primal": lambda x: x[:0], "claimed": lambda x: np.zeros((0, 3)), **VECTOR},
    "derivative": {"primal": np.sin, "claimed": np.cos, "inputs": {"x": Reals(0)}, "wrt": "x"},
    "equality": {"primal": lambda x: x[:0], "claimed": lambda x: x[:0], "inputs": {"x": Reals(3)}},
    "hessian": {"primal": np.sum, "claimed": lambda x: np.zeros((0, 0)), "inputs": {"x": Reals(0)}, "wrt": "x"},
    "jvp": {"primal": lambda x: x[:0], "claimed": lambda v, x: v[:0], **VECTOR},
    "structure": {"structure": "diagonal", "primal": np.sin, "inputs": {"x": Reals(0)}, "wrt": "x"},
}


@pytest.mark.parametrize("kind", WITHOUT_ENTRIES)
def test_arrays_without_entries_are_undecided_and_not_agreed_upon(kind: str) -> None:
    found = verdict(kind, **WITHOUT_ENTRIES[kind])
    assert (found.status, found.certified, found.digits, found.reason) == ("undecided", False, None, EMPTY)


def test_black_boxes_without_entries_are_undecided_too() -> None:
    fields = WITHOUT_ENTRIES["gradient"]
    assert verdict("gradient", **{**fields, "claimed": lambda x: opaque(2 * x)}).reason == EMPTY
    assert verdict("gradient", **{**fields, "claimed": lambda x: np.zeros(3)}).status == "fails"


NOT_NUMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "NaN in one entry": (
        "gradient",
        {"primal": lambda x: np.sum(np.sin(x)), "claimed": lambda x: np.cos(x) * np.array([1, 1, np.nan]), **VECTOR},
    ),
    "infinity in one entry": (
        "gradient",
        {"primal": lambda x: np.sum(np.sin(x)), "claimed": lambda x: np.cos(x) + np.array([0, 0, np.inf]), **VECTOR},
    ),
    "NaN at one point": ("derivative", {"primal": np.sin, "claimed": lambda x: np.cos(x) * (x / x), **NUMBER}),
    "NaN everywhere": ("derivative", {"primal": np.sin, "claimed": lambda x: np.cos(x) * np.nan, **NUMBER}),
    "infinity everywhere": ("derivative", {"primal": np.sin, "claimed": lambda x: 1 / (x - x), **NUMBER}),
    "an equality": (
        "equality",
        {"primal": np.sin, "claimed": lambda x: np.sin(x) / (1 - (x == x)), "inputs": NUMBER["inputs"]},
    ),
}


@pytest.mark.parametrize("name", NOT_NUMBERS)
def test_a_claim_that_is_no_number_where_the_truth_is_one_fails(name: str) -> None:
    kind, fields = NOT_NUMBERS[name]
    found = verdict(kind, **fields)
    assert (found.status, found.certified, found.diagnosis) == ("fails", False, NOT_FINITE), found.sentence()
    assert found.counterexample is not None
    assert found.counterexample.worst.claimed == "no finite value"
    assert found.oracle("certified").stance == "disagrees"


def test_the_same_claims_with_numbers_hold() -> None:
    assert verdict("gradient", primal=lambda x: np.sum(np.sin(x)), claimed=np.cos, **VECTOR).status == "holds"
    assert verdict("derivative", primal=np.sin, claimed=np.cos, **NUMBER).status == "holds"


def test_a_proven_fault_counts_before_a_missing_number() -> None:
    found = verdict("derivative", primal=np.sin, claimed=lambda x: 2 * np.cos(x) * (x / x), **NUMBER)
    assert (found.status, found.certified, found.diagnosis) == ("fails", True, "exactly 2 times the true value")


def test_no_slope_is_asked_of_a_claim_at_a_kink() -> None:
    found = verdict("derivative", primal=np.abs, claimed=lambda x: x / np.abs(x), **VECTOR)
    assert found.status == "holds"


def test_where_the_function_is_not_defined_nothing_is_compared() -> None:
    right = verdict("derivative", primal=np.log, claimed=lambda x: 1 / np.abs(x), **NUMBER)
    assert (right.status, right.certified) == ("holds", True)
    everywhere = verdict("derivative", primal=lambda x: x * x / 2, claimed=np.abs, **NUMBER)
    assert everywhere.status == "fails"
    in_floats = verdict("derivative", primal=np.log, claimed=lambda x: opaque(1 / np.abs(x)), **NUMBER)
    assert (in_floats.status, in_floats.certified) == ("holds", False)
    never = verdict("derivative", primal=np.log, claimed=lambda x: 1 / x, inputs={"x": Reals(high=-1)}, wrt="x")
    assert (never.status, never.points) == ("undecided", 0)
    assert "no point of the domain was reached" in never.reason


def test_where_only_kinks_are_reached_the_claim_is_undecided() -> None:
    def at_kinks(x: Array, i: Array) -> Array:
        return np.abs(x) * (i == 0) + np.maximum(x, 0) * (i != 0)

    def slope(x: Array, i: Array) -> Array:
        return 0 * x

    inputs = {"x": Pinned(), "i": Integers(low=0, high=1)}
    found = verdict("derivative", primal=at_kinks, claimed=slope, inputs=inputs, wrt="x")
    assert (found.status, found.reason) == ("undecided", "only kinks and borders of the domain were reached")
    assert found.kinks == found.points > 0
    wrong = verdict("derivative", primal=at_kinks, claimed=lambda x, i: 0 * x + 2, inputs=inputs, wrt="x")
    assert (wrong.status, wrong.certified) == ("fails", True), "outside of every hull"


def test_a_tie_leaves_its_point_open_and_no_other() -> None:
    def largest(x: Array) -> Array:
        return x[jnp.argmax(x)] ** 2

    found = verdict("gradient", primal=largest, claimed=lambda x: 2 * x * (x == jnp.max(x)), **VECTOR)
    assert (found.status, found.certified) == ("holds", True)
    assert any("left open at" in note and "the place of the largest entry is left open" in note for note in found.notes)
    wrong = verdict("gradient", primal=largest, claimed=lambda x: 2 * x, **VECTOR)
    assert (wrong.status, wrong.certified) == ("fails", True)


def test_numbers_beyond_floats_are_no_kinks() -> None:
    found = verdict("derivative", primal=lambda x: np.exp(x * x), claimed=lambda x: 2 * x * np.exp(x * x), **NUMBER)
    assert (found.status, found.kinks) == ("holds", 0)
    assert found.digits is not None
    assert found.digits >= 30
    assert (
        verdict("derivative", primal=lambda x: np.exp(x * x), claimed=lambda x: x * np.exp(x * x), **NUMBER).status
        == "fails"
    )


def test_at_a_kink_a_fault_keeps_its_name() -> None:
    found = verdict(
        "derivative", primal=lambda x: np.maximum(x, 0), claimed=lambda x: -np.where(x > 0, 1.0, 0.0), **VECTOR
    )
    assert found.diagnosis == "the sign is wrong: exactly −1 times the true value"


def test_digits_are_those_of_the_worst_entry_and_are_never_negative() -> None:
    exact = verdict("derivative", primal=lambda x: 3 * x, claimed=lambda x: 0 * x + 3, **VECTOR)
    assert exact.digits == 99
    pi = verdict(
        "derivative",
        primal=lambda x: 0.1234567890123456789 * x,
        claimed=lambda x: 0 * x + 0.12345678901234568,
        **VECTOR,
    )
    assert pi.status == "holds"
    assert pi.digits is not None
    limited = verdict("derivative", primal=lambda x: np.sqrt(7.0) * x, claimed=lambda x: 0 * x + 7**0.5, **VECTOR)
    assert limited.digits is not None
    assert 10 <= limited.digits < 20
    assert any("constants are rounded" in note for note in limited.notes)
    floats = verdict(
        "derivative", primal=lambda x: opaque(np.tanh(x)), claimed=lambda x: opaque(1 - np.tanh(x) ** 2), **VECTOR
    )
    assert floats.status == "holds"
    assert floats.digits is not None
    assert 0 <= floats.digits <= 17


def test_an_equality_of_black_boxes_may_be_undefined_in_places() -> None:
    def root(x: Array) -> Array:
        return opaque(np.where(x > 0, x, np.nan))

    found = verdict("equality", primal=root, claimed=root, inputs={"x": Reals(3)})
    assert (found.status, found.certified) == ("holds", False)
    assert found.digits is not None
    assert found.digits >= 10
    wrong = verdict("equality", primal=root, claimed=lambda x: root(x) * (1 + 1e-9), inputs={"x": Reals(3)})
    assert wrong.status == "fails"


def test_complex_numbers_are_refused_and_not_cut() -> None:
    with pytest.raises(EvaluationError, match="returns dtype complex128; one array of real numbers is expected"):
        verdict("equality", primal=lambda x: np.exp(1j * x), claimed=lambda x: np.exp(1j * x), inputs={"x": Reals(2)})


@pytest.mark.parametrize("kind", ["gradient", "vjp"])
def test_shapes_that_do_not_fit_in_the_definition_are_no_fault_of_the_claim(kind: str) -> None:
    with pytest.raises(ShapeError, match="the primal: "):
        verdict(kind, primal=lambda x: np.sum(x @ np.ones((2, 2))), claimed=lambda *x: x[-1], **VECTOR)
    assert issubclass(ShapeError, EvaluationError)


def test_a_derivative_of_a_function_that_is_not_elementwise_is_refused_with_advice() -> None:
    with pytest.raises(
        EvaluationError, match=r"maps shape \(\) to \(3,\); a derivative is that of an elementwise function"
    ):
        verdict("derivative", primal=lambda x: x * np.arange(3.0), claimed=lambda x: np.arange(3.0), **NUMBER)


def test_a_structure_that_no_function_could_lack_is_not_confirmed() -> None:
    found = verdict("structure", structure="diagonal", primal=np.sin, inputs={"x": Reals(1)}, wrt="x")
    assert (found.status, found.reason) == ("undecided", "a Jacobian of one entry is diagonal whatever the function")


def test_a_claimed_shape_that_raises_is_reported_with_its_line() -> None:
    with pytest.raises(EvaluationError, match=r"the claimed shape raised ZeroDivisionError at test_judge.py:\d+"):
        verdict("structure", structure="shape", primal=np.sin, claimed=lambda x: (1 // 0, 3), **VECTOR)


def test_the_shape_of_a_black_box_is_not_certified() -> None:
    found = verdict("structure", structure="shape", primal=opaque, claimed=lambda x: (3, 3), **VECTOR)
    assert (found.status, found.certified) == ("holds", False)
    assert found.oracle("certified").stance == "abstains"


def test_points_that_no_assumption_admits_are_no_agreement() -> None:
    never = Assumption("x > 99", stated=True, where=lambda x: bool(np.all(x > 99)))
    found = verdict("derivative", primal=np.sin, claimed=np.cos, assumptions=(never,), **VECTOR)
    assert (found.status, found.points) == ("undecided", 0)
    unstated = Assumption("x > 99", stated=False, where=lambda x: bool(np.all(x > 99)))
    found = verdict("derivative", primal=np.sin, claimed=np.sin, assumptions=(unstated,), **VECTOR)
    assert found.status == "fails", "an assumption under which nothing was seen makes nothing conditional"


def test_a_function_that_cannot_be_hashed_is_checked_all_the_same() -> None:
    class Scale:
        __hash__ = None  # type: ignore[assignment] # the fault

        def __init__(self, factor: float) -> None:
            self.factor = factor

        def __eq__(self, other: object) -> bool:
            return True

        def __call__(self, x: Array) -> Array:
            return self.factor * np.sin(x)

    assert (
        verdict("equality", primal=Scale(2), claimed=lambda x: 2 * np.sin(x), inputs={"x": Reals(3)}).status == "holds"
    )
    assert (
        verdict("equality", primal=Scale(3), claimed=lambda x: 2 * np.sin(x), inputs={"x": Reals(3)}).status == "fails"
    )


def test_a_function_that_has_changed_since_the_last_check_is_not_taken_for_what_it_was() -> None:
    class Layer:
        weights = np.array([1.0, 2.0, 3.0])
        factor = 1.0

        def forward(self, x: Array) -> Array:
            return np.sum(self.weights * x)

        def backward(self, x: Array) -> Array:
            return self.factor * self.weights + 0 * x

    layer = Layer()
    made = claim("gradient", primal=layer.forward, claimed=layer.backward, **VECTOR)
    assert check(made).status == "holds"
    layer.factor = 2.0
    assert check(made).diagnosis == "exactly 2 times the true value"
    layer.factor = 1.0
    layer.weights[0] = 7.0
    assert check(made).status == "holds"
