"""Planted faults in pairs: for every kind of claim a right one holds and a wrong one is caught, with its diagnosis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import Assumption, Claim, Integers, Reading, Reals, Sheet, Simplex, Step, Verdict
from gradcheck.checking import EvaluationError, check

Array = Any


def make(name: str, kind: Any, **fields: Any) -> Claim:
    return Sheet("tests", "none.txt", "Tests").claim(name, kind, 1, fields.pop("formula", "f"), **fields)


def verdict(kind: Any, **fields: Any) -> Verdict:
    return check(make("claim", kind, **fields))


def softmax(x: Array) -> Array:
    exponentials = np.exp(x)
    return exponentials / np.sum(exponentials)


def softmax_jacobian(x: Array) -> Array:
    y = softmax(x)
    return np.diag(y) - np.outer(y, y)


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.exp(x) - 1)


def elu_slope(x: Array) -> Array:
    return np.where(x > 0, 1.0, np.exp(x))


def quadratic(x: Array) -> Array:
    return x[0] ** 2 * x[1] + np.sin(x[1] * x[2])


def quadratic_gradient(x: Array) -> Array:
    return np.stack([2 * x[0] * x[1], x[0] ** 2 + x[2] * np.cos(x[1] * x[2]), x[1] * np.cos(x[1] * x[2])])


def quadratic_hessian(x: Array) -> Array:
    s, c = np.sin(x[1] * x[2]), np.cos(x[1] * x[2])
    off = c - x[1] * x[2] * s
    zero = 0 * x[0]
    return np.stack(
        [
            np.stack([2 * x[1], 2 * x[0], zero]),
            np.stack([2 * x[0], -(x[2] ** 2) * s, off]),
            np.stack([zero, off, -(x[1] ** 2) * s]),
        ]
    )


VECTOR = {"x": Reals(3)}
RIGHT: dict[str, dict[str, Any]] = {
    "derivative": {"primal": elu, "claimed": elu_slope, "inputs": VECTOR, "wrt": "x"},
    "gradient": {"primal": quadratic, "claimed": quadratic_gradient, "inputs": VECTOR, "wrt": "x"},
    "jacobian": {"primal": softmax, "claimed": softmax_jacobian, "inputs": VECTOR, "wrt": "x"},
    "vjp": {"primal": softmax, "claimed": lambda w, x: w @ softmax_jacobian(x), "inputs": VECTOR, "wrt": "x"},
    "jvp": {"primal": softmax, "claimed": lambda v, x: softmax_jacobian(x) @ v, "inputs": VECTOR, "wrt": "x"},
    "hessian": {"primal": quadratic, "claimed": quadratic_hessian, "inputs": VECTOR, "wrt": "x"},
    "equality": {
        "primal": np.tanh,
        "claimed": lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
        "inputs": VECTOR,
    },
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_claim_of_each_kind_holds_certified_to_30_digits(kind: str) -> None:
    found = verdict(kind, **RIGHT[kind])
    assert (found.status, found.certified) == ("holds", True), found.sentence()
    assert found.digits is not None and found.digits >= 30
    if kind != "equality":
        assert found.oracle("finite differences").stance == "agrees"
        assert found.oracle("autodiff").stance == "agrees"
    assert found.oracle("certified").stance == "agrees"


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "derivative, one branch": (
        "derivative",
        {"claimed": lambda x: np.where(x > 0, 1.0, 0.0 * x)},
        "wrong only where x ≤ 0: 0 is claimed there",
    ),
    "derivative, sign": (
        "derivative",
        {"claimed": lambda x: -elu_slope(x)},
        "the sign is wrong: exactly −1 times the true value",
    ),
    "gradient, factor 2": (
        "gradient",
        {"claimed": lambda x: quadratic_gradient(x) * 2},
        "exactly 2 times the true value",
    ),
    "gradient, 1/n": ("gradient", {"claimed": lambda x: quadratic_gradient(x) / 3}, "exactly 1/3 times the true value"),
    "gradient, zero": ("gradient", {"claimed": lambda x: 0 * x}, "zero is claimed where the derivative is not zero"),
    "gradient, one entry": (
        "gradient",
        {"claimed": lambda x: quadratic_gradient(x) * np.array([1.0, 1.0, 1.5])},
        "1 of 3 entries wrong: [2]",
    ),
    "jacobian, diagonal only": (
        "jacobian",
        {"claimed": lambda x: np.diag(softmax(x) * (1 - softmax(x)))},
        "only the diagonal is claimed: entries off the diagonal are missing",
    ),
    "jacobian, shape": ("jacobian", {"claimed": lambda x: softmax_jacobian(x)[:2]}, "shape 2×3 for 3×3"),
    "jacobian, a constant off by 1e-12": (
        "jacobian",
        {"claimed": lambda x: softmax_jacobian(x) * (1 + 1e-12)},
        "slightly off: by a relative 1.0e-12 at most",
    ),
    "vjp, cotangent ignored": (
        "vjp",
        {"claimed": lambda w, x: softmax_jacobian(x) @ np.array([1.0, 2.0, 3.0])},
        "wrong",
    ),
    "jvp, sign": ("jvp", {"claimed": lambda v, x: -(softmax_jacobian(x) @ v)}, "the sign is wrong"),
    "hessian, half": ("hessian", {"claimed": lambda x: quadratic_hessian(x) / 2}, "exactly 1/2 times the true value"),
    "equality, factor": ("equality", {"claimed": lambda x: 2 / (1 + np.exp(-x)) - 1}, "all 3 entries are wrong"),
    "equality, offset": ("equality", {"claimed": lambda x: np.tanh(x) + 1}, "too large by 1 everywhere"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_claim_of_each_kind_is_caught_with_its_diagnosis(fault: str) -> None:
    kind, change, message = WRONG[fault]
    found = verdict(kind, **{**RIGHT[kind], **change})
    assert (found.status, found.certified) == ("fails", True), found.sentence()
    assert message in found.diagnosis


def test_a_transposed_jacobian_is_called_transposed() -> None:
    weights = np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0], [7.0, 0.25, -2.0]])
    base: dict[str, Any] = {"primal": lambda x: weights @ np.sin(x), "inputs": VECTOR, "wrt": "x"}
    assert verdict("jacobian", claimed=lambda x: weights * np.cos(x), **base).status == "holds"
    found = verdict("jacobian", claimed=lambda x: (weights * np.cos(x)).T, **base)
    assert found.diagnosis == "transposed: each entry holds what belongs at the mirrored place"


def test_layout_is_numerator_unless_declared() -> None:
    matrix = np.arange(1.0, 7.0).reshape(2, 3)
    base: dict[str, Any] = {"primal": lambda x: matrix @ x, "inputs": VECTOR, "wrt": "x"}
    assert verdict("jacobian", claimed=lambda x: matrix + 0 * x, **base).status == "holds"
    assert verdict("jacobian", claimed=lambda x: (matrix + 0 * x).T, layout="denominator", **base).status == "holds"
    found = verdict("jacobian", claimed=lambda x: (matrix + 0 * x).T, **base)
    assert found.diagnosis == "shape 3×2 for 2×3: transposed"


def test_polluted_off_diagonal_entries_are_seen() -> None:
    def leaky(x: Array, alpha: Array) -> Array:
        return np.where(x > 0, x, alpha * x)

    def claimed(x: Array, alpha: Array) -> Array:
        return np.where((np.eye(3) == 1) & (x > 0)[:, None], 1.0, alpha)

    found = verdict("jacobian", primal=leaky, claimed=claimed, inputs={"x": Reals(3), "alpha": Reals()}, wrt="x")
    assert found.status == "fails"
    assert found.diagnosis == "entries off the diagonal are filled by alpha where the true ones are zero"


def test_an_elementwise_derivative_of_a_coupled_function_fails() -> None:
    found = verdict(
        "derivative", primal=softmax, claimed=lambda x: softmax(x) * (1 - softmax(x)), inputs=VECTOR, wrt="x"
    )
    assert found.status == "fails"
    assert "only the diagonal is claimed" in found.diagnosis


def test_a_counterexample_is_short_and_proven() -> None:
    found = verdict("derivative", **{**RIGHT["derivative"], "claimed": lambda x: np.where(x > 0, 1.0, 0.0 * x)})
    assert found.counterexample is not None
    numbers = found.counterexample.inputs["x"]
    assert all(float(number).is_integer() and abs(number) <= 9 for number in numbers)
    assert any(number < 0 for number in numbers)
    worst = found.counterexample.worst
    assert worst.wrong
    assert worst.claimed == "0"
    assert worst.true.startswith("0.36787944117144")


def test_an_unstated_assumption_makes_the_verdict_conditional_and_is_named() -> None:
    def loss(z: Array, t: Array) -> Array:
        return -np.sum(t * np.log(softmax(z)))

    fields: dict[str, Any] = {
        "primal": loss,
        "claimed": lambda z, t: softmax(z) - t,
        "inputs": {"z": Reals(3), "t": Reals(3)},
        "wrt": "z",
    }
    unstated = Assumption("Σt = 1", stated=False, spaces={"t": Simplex(3)})
    stated = Assumption("Σt = 1", stated=True, spaces={"t": Simplex(3)})
    without = verdict("gradient", **fields)
    conditional = verdict("gradient", **fields, assumptions=(unstated,))
    assert without.status == "fails"
    assert (conditional.status, conditional.assumption, conditional.certified) == ("conditional", "Σt = 1", True)
    assert conditional.counterexample is not None
    assert sum(conditional.counterexample.inputs["t"]) != 1
    assert verdict("gradient", **fields, assumptions=(stated,)).status == "holds"
    wrong = verdict("gradient", **{**fields, "claimed": lambda z, t: t - softmax(z)}, assumptions=(unstated,))
    assert wrong.status == "fails"


def test_readings_that_differ_are_ambiguous_and_readings_that_agree_are_not() -> None:
    base: dict[str, Any] = {"primal": lambda x: np.sum(x * x), "inputs": VECTOR, "wrt": "x"}
    right, also, wrong = (
        Reading("twice x", lambda x: 2 * x),
        Reading("x plus x", lambda x: x + x),
        Reading("x", lambda x: x),
    )
    found = verdict("gradient", claimed=(right, wrong), **base)
    assert found.status == "ambiguous"
    assert [(r.name, r.status) for r in found.readings] == [("twice x", "holds"), ("x", "fails")]
    assert verdict("gradient", claimed=(right, also), **base).status == "holds"


@pytest.mark.parametrize(
    ("structure", "right", "wrong"), [("diagonal", np.tanh, softmax), ("symmetric", softmax, lambda x: x[::-1] * x[0])]
)
def test_structures(structure: Any, right: Any, wrong: Any) -> None:
    base: dict[str, Any] = {"structure": structure, "inputs": VECTOR, "wrt": "x"}
    assert verdict("structure", primal=right, **base).status == "holds"
    found = verdict("structure", primal=wrong, **base)
    assert (found.status, found.certified) == ("fails", True)
    assert ("off the diagonal" if structure == "diagonal" else "not symmetric") in found.diagnosis


def test_the_shape_of_a_jacobian() -> None:
    base: dict[str, Any] = {"structure": "shape", "primal": lambda x: x[:2], "inputs": VECTOR, "wrt": "x"}
    assert verdict("structure", claimed=lambda x: (2, 3), **base).status == "holds"
    assert verdict("structure", claimed=lambda x: (3, 2), **base).diagnosis == "shape 3×2 for 2×3: transposed"
    with pytest.raises(EvaluationError, match="a tuple of whole numbers is expected"):
        verdict("structure", claimed=lambda x: 6, **base)


def test_a_derivation_names_its_first_wrong_step() -> None:
    good = (Step("f'", None), Step("2x", lambda x: 2 * x), Step("x + x", lambda x: x + x))
    bad = (*good, Step("x²", lambda x: x * x), Step("x·x", lambda x: x**2))
    base: dict[str, Any] = {"primal": lambda x: np.sum(x * x), "inputs": VECTOR, "wrt": "x"}
    found = verdict("derivation", steps=good, **base)
    assert (found.status, found.certified) == ("holds", True)
    assert found.digits is not None and found.digits >= 30
    found = verdict("derivation", steps=bad, **base)
    assert found.status == "fails"
    assert found.diagnosis.startswith("step 4: ")
    assert [step.status for step in found.steps] == ["holds", "holds", "holds", "fails", "holds"]


def test_a_derivation_whose_readings_differ_is_ambiguous() -> None:
    def chain(*readings: Any) -> Any:
        steps = (Step("f'", None), Step("2x", readings), Step("x + x", lambda x: x + x))
        return verdict("derivation", steps=steps, primal=lambda x: np.sum(x * x), inputs=VECTOR, wrt="x")

    right, wrong = Reading("twice x", lambda x: 2 * x), Reading("two to the x", lambda x: 2**x)
    found = chain(right, wrong)
    assert (found.status, found.certified, found.digits) == ("ambiguous", False, None)
    assert found.reason == "read as twice x: holds; read as two to the x: fails"
    assert [(one.name, one.status) for one in found.readings] == [("twice x", "holds"), ("two to the x", "fails")]
    assert found.readings[1].diagnosis.startswith("step 2: ")
    found = chain(right, Reading("x plus x", lambda x: x + x))
    assert (found.status, found.certified, len(found.readings)) == ("holds", True, 2)
    found = chain(wrong, Reading("x twice", lambda x: x**2))
    assert (found.status, len(found.readings)) == ("fails", 2)
    found = chain(right)
    assert (found.status, found.readings) == ("holds", ())


def test_a_derivation_names_the_assumption_of_the_step_that_needs_it() -> None:
    steps = (
        Step("Σ t a", lambda a, t: np.sum(t) * a),
        Step("a", lambda a, t: a),
    )
    found = verdict(
        "derivation",
        steps=steps,
        inputs={"a": Reals(3), "t": Reals(3)},
        assumptions=(Assumption("Σt = 1", stated=False, spaces={"t": Simplex(3)}),),
    )
    assert (found.status, found.assumption) == ("conditional", "Σt = 1")
    assert found.steps[1].assumption == "Σt = 1"


def test_kinks_admit_any_subgradient_and_nothing_else() -> None:
    def relu(x: Array) -> Array:
        return np.maximum(x, 0)

    base: dict[str, Any] = {"primal": relu, "inputs": VECTOR, "wrt": "x"}
    for at_zero in (0.0, 0.5, 1.0):
        found = verdict(
            "derivative", claimed=lambda x, c=at_zero: np.where(x > 0, 1.0, np.where(x < 0, 0.0, c)), **base
        )
        assert (found.status, found.certified) == ("holds", True), found.sentence()
        assert found.kinks >= 1
    found = verdict("derivative", claimed=lambda x: np.where(x > 0, 1.0, np.where(x < 0, 0.0, 2.0)), **base)
    assert found.status == "fails"


def test_nan_and_infinity_are_never_agreement() -> None:
    base: dict[str, Any] = {"primal": lambda x: np.log(x - 10), "inputs": {"x": Reals(low=-3, high=3)}, "wrt": "x"}
    found = verdict("derivative", claimed=lambda x: np.log(x - 20), **base)
    assert found.status == "undecided"
    assert "no point of the domain" in found.reason
    found = verdict("derivative", primal=np.square, claimed=lambda x: 2 * x / (x - x), inputs={"x": Reals()}, wrt="x")
    assert found.status != "holds"


def test_empty_arrays_have_nothing_to_be_wrong() -> None:
    found = verdict(
        "gradient", primal=lambda x: np.sum(x * x), claimed=lambda x: 2 * x, inputs={"x": Reals(0)}, wrt="x"
    )
    assert found.status != "fails"
    found = verdict(
        "gradient", primal=lambda x: np.sum(x * x), claimed=lambda x: np.zeros(3), inputs={"x": Reals(0)}, wrt="x"
    )
    assert (found.status, found.diagnosis) == ("fails", "shape (3,) for (0,)")


def test_integer_inputs_are_indices_not_variables() -> None:
    def picked(x: Array, i: Array) -> Array:
        return np.sin(x)[i]

    def claimed(x: Array, i: Array) -> Array:
        return np.where(np.arange(3) == i, np.cos(x), 0.0)

    inputs = {"x": Reals(3), "i": Integers(low=0, high=2)}
    assert verdict("gradient", primal=picked, claimed=claimed, inputs=inputs, wrt="x").status == "holds"
    wrong = verdict("gradient", primal=picked, claimed=lambda x, i: np.cos(x), inputs=inputs, wrt="x")
    assert wrong.status == "fails"


def test_unreadable_formulas_are_found_not_declared() -> None:
    assert verdict("equality", formula="").reason == "no formula is left at this line of the document"
    found = verdict("equality", formula=r"max(0, z_i \\")
    assert found.status == "unreadable"
    assert "never closed" in found.reason
    found = verdict("equality", formula="a = b")
    assert (found.status, found.reason) == ("undecided", "nothing was transcribed, so nothing was checked")


def test_shapes_that_do_not_fit_are_a_finding() -> None:
    found = verdict(
        "gradient", primal=lambda x: np.sum(x * x), claimed=lambda x: x @ np.ones((2, 2)), inputs=VECTOR, wrt="x"
    )
    assert found.status == "fails"
    assert found.diagnosis.startswith("the shapes do not fit: ")


def test_a_function_that_raises_is_reported_with_its_line() -> None:
    def broken(x: Array) -> Array:
        raise KeyError("weights")

    with pytest.raises(
        EvaluationError, match=r"the claimed formula raised KeyError at test_checking.py:\d+: 'weights'"
    ):
        verdict("gradient", primal=np.sum, claimed=broken, inputs=VECTOR, wrt="x")


def test_a_gradient_of_a_vector_function_is_refused_with_advice() -> None:
    with pytest.raises(EvaluationError, match=r"a gradient is that of a scalar function\. Use kind='jacobian'"):
        verdict("gradient", primal=np.tanh, claimed=np.tanh, inputs=VECTOR, wrt="x")


def test_black_boxes_are_judged_in_floats_and_say_why() -> None:
    def opaque(x: Array) -> Array:
        return np.fromiter(map(np.sin, x), float)  # an iterator cannot be traced

    def slope(x: Array) -> Array:
        return np.cos(x)

    found = verdict("derivative", primal=opaque, claimed=slope, inputs=VECTOR, wrt="x")
    assert (found.status, found.certified) == ("holds", False), found.sentence()
    assert "could not be traced" in found.reason
    assert found.oracle("finite differences").stance == "agrees"
    assert found.oracle("autodiff").stance == "abstains"
    found = verdict("derivative", primal=opaque, claimed=lambda x: np.cos(x) * 1.001, inputs=VECTOR, wrt="x")
    assert (found.status, found.certified) == ("fails", False)


def test_a_function_that_depends_on_more_than_its_arguments_is_no_program() -> None:
    calls = []

    def moody(x: Array) -> Array:
        calls.append(1)
        return x * x if len(calls) < 2 else x * 3

    found = verdict("derivative", primal=moody, claimed=lambda x: 2 * x, inputs=VECTOR, wrt="x")
    assert found.status != "holds"
    assert "a second call gives another result" in found.reason


def test_a_claim_that_is_a_black_box_is_compared_with_what_rounding_allows() -> None:
    def claimed(x: Array) -> Array:
        return np.fromiter(map(np.cos, x), float)

    assert verdict("derivative", primal=np.sin, claimed=claimed, inputs=VECTOR, wrt="x").status == "holds"
    wrong = verdict("derivative", primal=np.sin, claimed=lambda x: claimed(x) + 1e-9, inputs=VECTOR, wrt="x")
    assert wrong.status == "fails"


def test_constants_are_read_as_written() -> None:
    base: dict[str, Any] = {"primal": lambda x: x / 10 + x / 3, "inputs": {"x": Reals()}, "wrt": "x"}
    assert verdict("derivative", claimed=lambda x: 0.1 + 1 / 3 + 0 * x, **base).status == "holds"
    assert verdict("derivative", claimed=lambda x: 0.1000000001 + 1 / 3 + 0 * x, **base).status == "fails"


def test_a_side_of_a_comparison_is_sought_and_named_where_the_domain_has_none() -> None:
    claim: dict[str, Any] = {
        "primal": lambda x: np.where(x > -50, x * x, 0 * x),
        "claimed": lambda x: 2 * x,
        "wrt": "x",
    }
    within = verdict("derivative", **claim, inputs={"x": Reals(low=-40)})
    assert within.status == "holds"
    assert any(note.startswith("never false: gt at test_checking.py") for note in within.notes)
    beyond = verdict("derivative", **claim, inputs={"x": Reals(reach=10)})
    assert (beyond.status, beyond.certified) == ("fails", True)
    assert not any(note.startswith("never false") for note in beyond.notes)


def test_the_same_seed_gives_the_same_verdict() -> None:
    fields = {**RIGHT["gradient"], "claimed": lambda x: quadratic_gradient(x) * 2}
    claim = make("claim", "gradient", **fields)
    assert check(claim, seed=3) == check(claim, seed=3)
