"""The criterion, case by case, as it is written at the top of `gradcheck.compare`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.compare import DIGITS, Comparison, as_balls, compare, compare_floats, float_text, text
from gradcheck.numbers.ball_arrays import precision

NAN, INF = arb("nan"), arb("inf")


def balls(*numbers: Any) -> np.ndarray[Any, np.dtype[Any]]:
    result = np.empty(len(numbers), dtype=object)
    result[:] = [number if isinstance(number, arb) else arb(number) for number in numbers]
    return result


def one(claimed: Any, true: Any, final: bool = False, bits: int = 256) -> Comparison:
    with precision(bits):
        return compare(balls(claimed), balls(true), final)


def outcome(found: Comparison) -> list[str]:
    """The name of the outcome of each entry; exactly one applies."""
    names = {"wrong": found.wrong, "agrees": found.agrees, "permitted": found.permitted, "open": found.open}
    each = [[name for name, mask in names.items() if mask.ravel()[i]] for i in range(found.wrong.size)]
    assert all(len(applying) == 1 for applying in each), each
    return [applying[0] for applying in each]


def test_the_same_exact_number_agrees_to_any_number_of_digits() -> None:
    found = one(2, 2)
    assert outcome(found) == ["agrees"]
    assert found.digits[0] == np.inf


def test_enclosures_that_are_disjoint_are_wrong_however_near() -> None:
    with precision(256):
        near = arb(1) + arb("1e-40")
    assert outcome(one(near, 1)) == ["wrong"]
    assert outcome(one(arb(1) + arb(2) ** -40, 1)) == ["wrong"]
    assert outcome(one(1, 1)) == ["agrees"]


def test_thirty_digits_and_no_fewer_are_agreement() -> None:
    enough, few = arb(1, 1e-31), arb(1, 1e-29)
    assert outcome(one(enough, 1)) == ["agrees"]
    assert outcome(one(few, 1)) == ["open"]
    assert DIGITS <= one(enough, 1).digits[0] < DIGITS + 2


def test_digits_count_from_the_size_of_the_true_number() -> None:
    with precision(256):
        found = compare(balls(arb("1e20", 1e-5), arb("1e-20", 1e-45)), balls(arb("1e20"), arb("1e-20")))
    assert found.digits == pytest.approx([25, 25], abs=0.5)


def test_enclosures_that_overlap_widely_are_open_until_nothing_more_can_be_tried() -> None:
    assert outcome(one(arb(1, 0.5), arb(1, 0.5))) == ["open"]
    assert outcome(one(arb(1, 0.5), arb(1, 0.5), final=True)) == ["permitted"]
    assert outcome(one(arb(1, 0.5), arb(2, 0.6), final=True)) == ["open"]


def test_an_agreement_limited_by_constants_is_accepted_in_the_end_with_its_digits() -> None:
    assert outcome(one(arb(1, 1e-15), 1)) == ["open"]
    found = one(arb(1, 1e-15), 1, final=True)
    assert outcome(found) == ["agrees"]
    assert found.digits[0] == pytest.approx(15, abs=0.1)
    assert outcome(one(arb(1, 1e-9), 1, final=True)) == ["open"]


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize(
    ("claimed", "true"), [(NAN, 1), (1, NAN), (NAN, NAN), (INF, 1), (1, INF), (INF, INF), (-INF, INF)]
)
def test_nan_and_infinity_neither_agree_nor_are_wrong(claimed: Any, true: Any, final: bool) -> None:
    found = one(claimed, true, final)
    assert outcome(found) == ["open"]
    assert not found.finite[0]
    assert found.digits[0] == -np.inf


def test_a_zero_is_measured_by_the_smallest_of_the_others() -> None:
    with precision(256):
        found = compare(balls(arb("1e-8"), arb(0, 1e-40)), balls(arb("1e-8"), 0))
        assert outcome(found) == ["agrees", "agrees"]
        assert found.digits[1] == pytest.approx(32, abs=0.1)
        found = compare(balls(arb("1e-8"), arb(0, 1e-36)), balls(arb("1e-8"), 0))
        assert outcome(found) == ["agrees", "open"]
        found = compare(balls(arb("1e8"), arb(0, 1e-31)), balls(arb("1e8"), 0))
        assert outcome(found) == ["agrees", "agrees"], "the scale of a zero is at most 1"
        assert outcome(compare(balls(arb("1e-60")), balls(0))) == ["wrong"]


def test_numbers_that_no_float_can_hold_are_compared_all_the_same() -> None:
    for huge in ("1e900", "1e-900"):
        with precision(256):
            true = arb(huge)
            near, far = true * (1 + arb("1e-40")), true * arb(1, 1e-3)
            assert outcome(compare(balls(near), balls(true), final=True)) == ["wrong"]
            assert outcome(compare(balls(true * arb(1, 1e-35)), balls(true))) == ["agrees"]
            assert outcome(compare(balls(far), balls(true), final=True)) == ["open"]
            assert compare(balls(true * arb(1, 1e-35)), balls(true)).digits[0] == pytest.approx(35, abs=0.5)


def test_a_difference_too_small_for_a_float_is_not_taken_for_none() -> None:
    with precision(256):
        found = compare(balls(arb(0, "1e-340")), balls(0))
    assert np.isfinite(found.digits[0])
    assert found.digits[0] > 300


def test_a_kink_permits_what_lies_in_its_hull_and_nothing_else() -> None:
    with precision(256):
        hull = arb(0).union(arb(1))
    for inside in (0, arb("0.5"), 1):
        assert outcome(one(inside, hull, final=True)) == ["permitted"]
        assert outcome(one(inside, hull)) == ["open"]
    assert outcome(one(arb("1.1"), hull, final=True)) == ["wrong"]
    assert outcome(one(arb("1.1"), hull)) == ["wrong"]
    assert outcome(one(arb(1, 0.5), hull, final=True)) == ["open"], "a claim that sticks out is not inside"


def test_empty_arrays_compare_to_empty_arrays() -> None:
    found = compare(as_balls(np.zeros((0, 3))), as_balls(np.zeros((0, 3))))
    assert found.wrong.shape == found.agrees.shape == found.open.shape == (0, 3)


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=5))
def test_exact_numbers_agree_when_equal_and_are_wrong_otherwise(pairs: list[tuple[float, float]]) -> None:
    with precision(128):
        found = compare(balls(*(a for a, _ in pairs)), balls(*(b for _, b in pairs)))
    assert outcome(found) == ["agrees" if a == b else "wrong" for a, b in pairs]


def floats(claimed: Any, true: Any, allowance: float = 1e-12) -> Comparison:
    as_array = [np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (claimed, true)]
    return compare_floats(*as_array, np.full(as_array[0].shape, allowance))


def test_floats_are_wrong_beyond_the_allowance_and_agree_within_it() -> None:
    assert outcome(floats(1 + 1e-13, 1)) == ["agrees"]
    assert outcome(floats(1 + 1e-11, 1)) == ["wrong"]
    assert floats(1 + 1e-13, 1).digits[0] == pytest.approx(12)
    assert floats(1, 1, 0.0).digits[0] == 17
    assert outcome(floats(0, 0, 0.0)) == ["agrees"]
    assert outcome(floats(5e-324, 0, 0.0)) == ["wrong"]


@pytest.mark.parametrize(
    ("claimed", "true", "told"),
    [
        (np.nan, np.nan, "open"),
        (np.nan, 1.0, "wrong"),
        (1.0, np.nan, "open"),
        (np.inf, np.inf, "open"),
        (np.inf, 1.0, "wrong"),
        (1.0, -np.inf, "open"),
    ],
)
def test_floats_that_are_not_finite_never_agree(claimed: float, true: float, told: str) -> None:
    found = floats(claimed, true)
    assert outcome(found) == [told]
    assert not found.agrees[0]
    assert found.digits[0] == -np.inf


@pytest.mark.parametrize("allowance", [np.nan, np.inf])
def test_an_allowance_that_is_not_finite_allows_nothing(allowance: float) -> None:
    assert outcome(floats(1, 1, allowance)) == ["open"]


def test_balls_are_told_as_decimals() -> None:
    with precision(128):
        assert text(arb(2)) == "2"
        assert text(arb("0.5")) == "0.5"
        assert text(arb(-0.0)) == "0"
        third = text(arb(1) / 3)
        assert third.startswith("0.3333333333333333333333333333333")
        assert " ± " in third
        assert text(NAN) == text(INF) == "unknown"


def test_different_exact_numbers_never_look_the_same() -> None:
    assert text(arb(1 + 2.0**-52)) != text(arb(1))


def test_whole_numbers_and_booleans_become_exact_balls() -> None:
    made = as_balls(np.array([True, False]))
    assert [ball == number for ball, number in zip(made, (1, 0), strict=True)] == [True, True]
    assert as_balls(made) is made


@pytest.mark.parametrize(
    ("value", "bar", "expected"),
    [
        (0.36787944117144233, 3.1e-13, ("0.36787944117", "1e-10")),
        (0.36787944117144289, 4.9e-15, ("0.36787944117", "1e-10")),
        (123456.789012345, 2e-9, ("123456.78901", "1e-04")),
        (-2.2e-17, 3e-13, ("0", "1e-09")),
        (0.5, 2e-5, ("0.5", "1e-04")),
        (1.0, 0.3, ("1", "1e+00")),
        (1e-310, 1e-320, ("1e-310", "1e-319")),
        (math.nan, math.inf, ("nan", "inf")),
    ],
)
def test_the_text_of_a_float_oracle_does_not_depend_on_its_last_bits(
    value: float, bar: float, expected: tuple[str, str]
) -> None:
    assert float_text(np.float64(value), bar) == expected
