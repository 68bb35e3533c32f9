"""Claimed and true derivative over a range: the lines, the kinks, the poles, the counterexample."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.domains import Reals
from gradcheck.numbers.system import NoRuleError
from gradcheck.picture import Curve
from gradcheck.pictures.curve import curve
from gradcheck.pictures.scene import NothingToDrawError, held
from tests.pictures.claims import along, black_box, judged, printed_derivative, relu, sigmoid, step


def gaps(picture: Curve) -> list[float]:
    return [x for x, true in zip(picture.x, picture.true, strict=True) if true is None]


def pairs(picture: Curve) -> list[tuple[float, float, float]]:
    rows = zip(picture.x, picture.claimed, picture.true, strict=True)
    return [(x, claimed, true) for x, claimed, true in rows if claimed is not None and true is not None]


def test_a_right_claim_is_the_same_line_and_marks_nothing() -> None:
    picture = curve(along(judged(sigmoid, printed_derivative)))
    assert (picture.axis, picture.x[0], picture.x[-1], picture.kinks, picture.marked) == ("x", -4.0, 4.0, (), ())
    assert gaps(picture) == []
    assert all(claimed == true for _, claimed, true in pairs(picture))
    assert (0.0, 0.25, 0.25) in pairs(picture)


def test_a_wrong_claim_parts_from_the_truth_where_it_is_wrong_and_the_counterexample_is_marked() -> None:
    picture = curve(along(judged(relu, lambda x: np.where(x > 0, 1.0, 2.0))))
    assert picture.marked == (-1.0,)
    assert {claimed - true for x, claimed, true in pairs(picture) if x < 0} == {2.0}
    assert {claimed - true for x, claimed, true in pairs(picture) if x > 0} == {0.0}
    assert (-1.0, 2.0, 0.0) in pairs(picture)


def test_no_line_crosses_a_kink() -> None:
    picture = curve(along(judged(relu, step)))
    assert picture.kinks == (0.0,)
    assert gaps(picture) == [0.0]
    middle = picture.x.index(0.0)
    assert picture.x[middle : middle + 3] == (0.0, 0.0, 0.0)
    assert picture.true[middle : middle + 3] == (0.0, None, 1.0)


def test_kinks_are_found_where_they_are_and_the_range_reaches_to_them() -> None:
    picture = curve(along(judged(lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda x: np.where(np.abs(x) < 3, 1 / 6, 0))))
    assert picture.kinks == (-3.0, 3.0)
    far = curve(along(judged(lambda x: np.where(x < 7, x, 2 * x - 7), lambda x: np.where(x < 7, 1.0, 2.0))))
    assert far.kinks == (7.0,)
    assert far.x[-1] > 7


def test_a_comparison_that_bends_nothing_is_no_kink() -> None:
    def softplus(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x + np.log(1 + np.exp(-np.abs(x))), np.log(1 + np.exp(np.minimum(x, 0))))

    picture = curve(along(judged(softplus, sigmoid)))
    assert picture.kinks == ()
    assert gaps(picture) == []


def test_no_line_crosses_a_pole() -> None:
    picture = curve(along(judged(lambda x: 1 / x, lambda x: -1 / x**2)))
    assert 0.0 in gaps(picture)
    tangent = curve(along(judged(np.tan, lambda x: 1 + np.tan(x) ** 2)))
    for pole in (-np.pi / 2, np.pi / 2):
        assert any(abs(gap - pole) < 0.07 for gap in gaps(tangent))
    assert tangent.kinks == ()


def test_a_constant_is_a_line_at_zero() -> None:
    picture = curve(along(judged(lambda x: 3 + 0 * x, lambda x: 0 * x)))
    assert set(picture.true) == set(picture.claimed) == {0.0}


def test_a_claim_without_a_value_has_a_gap_and_the_truth_has_none() -> None:
    picture = curve(along(judged(lambda x: x * x / 2, lambda x: x * x / x)))
    at = [(c, t) for x, c, t in zip(picture.x, picture.claimed, picture.true, strict=True) if x == 0.0]
    assert (None, 0.0) in at
    everywhere = curve(along(judged(lambda x: x * x, lambda x: 2 * x + np.log(-1 - x * x))))
    assert set(everywhere.claimed) == {None}
    assert None not in everywhere.true


def test_a_black_box_claim_is_drawn_from_its_floats_and_a_black_box_function_is_not() -> None:
    picture = curve(along(judged(lambda x: x**3 / 3, black_box)))
    assert all(claimed == pytest.approx(true, rel=1e-5) for _, claimed, true in pairs(picture))
    wrong = curve(along(judged(lambda x: x**3 / 3, lambda x: 1.5 * black_box(x))))
    assert (2.0, 6.0, 4.0) in [(round(x, 6), c, t) for x, c, t in pairs(wrong)]
    with pytest.raises(NoRuleError, match="could not be traced"):
        curve(along(judged(black_box, lambda x: 2 * x)))


def test_the_range_stays_in_the_domain_and_names_what_is_held() -> None:
    inputs = {"x": Reals(low=0.0), "a": Reals(low=0.5, high=2.0)}
    picture = curve(along(judged(lambda x, a: a * np.log(x), lambda x, a: a / x, inputs=inputs)))
    assert picture.x[0] > 0
    assert picture.held.startswith("a = ")
    vector = curve(along(judged(lambda x: x**2, lambda x: 3 * x, inputs={"x": Reals(3)})))
    assert vector.axis.startswith("x[")
    assert vector.held.count("x[") == 2


def test_what_is_held_is_told_as_far_as_there_is_room() -> None:
    point = {"x": np.array([1.0, 2.0]), "W": np.ones((3, 3)), "a": np.array(1 / 3)}
    assert held(point, "x", 0) == "x[1] = 2, W and a as at the point shown"
    assert held(point, "W", 4) == "x = [1, 2], the rest of W and a as at the point shown"
    assert held({**point, "b": np.ones(2)}, "", None) == "x = [1, 2], W, a and b as at the point shown"
    assert held({"x": np.array([1.0, 2.0]), "a": np.array(1 / 3)}, "x", None) == "x = [1, 2], a = 0.333333"
    assert held({"x": np.array(1.0)}, "x", 0) == ""


def test_numbers_have_few_digits() -> None:
    picture = curve(along(judged(sigmoid, printed_derivative)))
    numbers = [
        number for column in (picture.x, picture.claimed, picture.true) for number in column if number is not None
    ]
    assert all(number == float(f"{number:.6g}") for number in numbers)


def test_a_derivative_that_is_nowhere_known_is_not_drawn() -> None:
    with pytest.raises(NothingToDrawError, match="known nowhere in the range"):
        curve(along(judged(lambda x: np.log(-1 - x * x), lambda x: x)))
