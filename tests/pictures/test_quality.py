"""Numerical quality: where a claim as coded keeps half of its digits, and the digits over its inputs."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.domains import Reals
from gradcheck.picture import Agreement, Quality
from gradcheck.pictures import measured
from gradcheck.report import text
from gradcheck.verdict import Verdict
from tests.pictures.claims import (
    black_box,
    judged,
    printed_derivative,
    relu,
    shifted_softmax_jacobian,
    sigmoid,
    softmax,
    softmax_jacobian,
    stable_derivative,
    step,
)

VECTOR = {"x": Reals(3)}


def quality(verdict: Verdict) -> Quality:
    found = measured(verdict).quality
    assert found is not None
    return found


def test_the_printed_derivative_of_the_sigmoid_is_right_but_unstable() -> None:
    found = quality(judged(sigmoid, printed_derivative))
    assert found.sentence == (
        "right, but unstable below x = -355 in float64; below -44.4 in float32: it gives 0, then it gives NaN"
    )
    double, single, half = found.ranges
    assert (double.dtype, double.low, double.high, double.looked) == ("float64", -355.0, 1e4, (-1e4, 1e4))
    assert (single.dtype, single.low, single.high) == ("float32", -44.4, 1e4)
    assert half.dtype == "bfloat16"
    assert double.reason == "below -355 (it gives 0, then it gives NaN)"
    assert not double.whole


def test_the_end_of_the_range_is_where_the_square_overflows() -> None:
    # (1 + e^-x)² exceeds the largest double beyond x = -½ ln(max), and e^-x/∞ is 0, though e^x is not
    assert quality(judged(sigmoid, printed_derivative)).ranges[0].low == float(
        f"{-np.log(np.finfo(float).max) / 2:.3g}"
    )


def test_the_same_derivative_by_cosh_is_stable() -> None:
    found = quality(judged(sigmoid, stable_derivative))
    assert found.sentence == ""
    assert all(one.whole and one.reason == "" for one in found.ranges)


def test_a_truth_that_underflows_is_no_instability_of_the_claim() -> None:
    found = quality(judged(np.exp, np.exp))
    assert found.sentence == ""
    assert all(one.whole for one in found.ranges)


def test_cancellation_is_told_with_both_ends() -> None:
    assert quality(judged(np.tanh, lambda x: 1 - np.tanh(x) ** 2)).sentence == (
        "right, but unstable between x = -355 and -9.98 and between 9.98 and 355 in float64; "
        "between -44.4 and -6.31 and between 6.31 and 44.4 in float32: digits cancel, then it gives 0"
    )


def test_half_of_the_digits_are_lost_where_the_subtraction_loses_them() -> None:
    # 1 - σ is e^-x and known to 2^-53 only: half of that at e^-x = 2^-26.5
    found = quality(judged(sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)))).ranges
    assert [round(one.high or 0, 1) for one in found[:2]] == [round(26.5 * np.log(2), 1), 8.6]


def test_a_root_of_the_derivative_is_no_instability() -> None:
    assert quality(judged(lambda x: x**3 - x, lambda x: 3 * x**2 - 1)).sentence == ""


def test_a_point_where_the_formula_breaks_down_is_told_alone() -> None:
    def sinc_derivative(x: np.ndarray) -> np.ndarray:
        return x * np.cos(x) / x

    found = quality(judged(np.sin, sinc_derivative, inputs={"x": Reals(low=0.0)}))
    assert found.sentence == ""
    assert found.ranges[0].looked[0] > 0


def test_softmax_is_unstable_unless_it_is_shifted() -> None:
    plain = quality(judged(softmax, softmax_jacobian, "jacobian", VECTOR))
    assert plain.axis == "x[0]"
    assert "above x[0] = 3" in plain.sentence or "above x[0] = 7" in plain.sentence
    assert plain.sentence.endswith("it gives NaN")
    assert quality(judged(softmax, shifted_softmax_jacobian, "jacobian", VECTOR)).sentence == ""


def test_kinks_and_constants_are_stable() -> None:
    assert quality(judged(relu, step)).sentence == ""
    assert quality(judged(lambda x: 3 + 0 * x, lambda x: 0 * x)).sentence == ""


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (lambda: judged(relu, lambda x: 2 * step(x)), "the claim fails"),
        (
            lambda: judged(lambda x: x**3 / 3, black_box),
            "it cannot be evaluated in other dtypes: the claimed formula could",
        ),
        (
            lambda: judged(np.exp, np.exp, "equality", wrt=None),
            "it is an equality and no formula for a first derivative",
        ),
        (
            lambda: judged(lambda x: np.sum(x**2), lambda x: 2 * x, "gradient", {"x": Reals(70)}),
            "it claims 70 entries, and at most 64 are measured",
        ),
    ],
)
def test_what_is_not_measured_says_why(verdict: object, reason: str) -> None:
    found = quality(verdict())  # type: ignore[operator]
    assert found.ranges == ()
    assert not found.measured
    assert found.reason.startswith(reason)


def test_a_conditional_claim_is_measured_where_it_holds() -> None:
    from gradcheck.claim import Assumption

    positive = Assumption("x > 0", stated=False, spaces={"x": Reals(low=0.0)})
    verdict = judged(lambda x: np.abs(x), lambda x: x * 0 + 1.0, assumptions=(positive,))
    assert verdict.status == "conditional"
    found = quality(verdict)
    assert found.sentence == ""
    assert found.ranges[0].looked == (1e-8, 1e4)


def test_digits_fall_to_nothing_where_the_claim_is_unstable() -> None:
    verdict = measured(judged(sigmoid, printed_derivative))
    (digits,) = [picture for picture in verdict.pictures if isinstance(picture, Agreement)]
    assert list(digits.digits) == ["float64", "float32", "bfloat16"]
    at = dict(zip(digits.x, digits.digits["float64"], strict=True))
    assert at[-1e4] == 0.0
    assert (at[0.0] or 0) >= 15
    single = dict(zip(digits.x, digits.digits["float32"], strict=True))
    assert single[-100.0] == 0.0
    assert 6 <= (single[1.0] or 0) <= 7.3


def test_the_table_and_the_line_tell_it() -> None:
    unstable, stable = (measured(judged(sigmoid, coded)) for coded in (printed_derivative, stable_derivative))
    assert text.quality(unstable).startswith("unstable below x = -355 in float64; below -44.4 in float32")
    assert text.quality(stable) == "stable"
    assert text.quality_told(stable) == "stable in float64, float32, bfloat16 (looked at from x = -10000 to 10000)"
    wrong = measured(judged(sigmoid, sigmoid))
    assert text.quality(wrong) == ""
    assert text.quality_told(wrong) == "not measured: the claim fails"
    assert text.quality_told(judged(sigmoid, sigmoid)) == ""
