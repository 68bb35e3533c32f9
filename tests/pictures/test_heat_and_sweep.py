"""Heat maps of wrong entries, and the V curve of finite differences."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.domains import Reals
from gradcheck.picture import Curve
from gradcheck.pictures import illustrated
from gradcheck.pictures.curve import curve
from gradcheck.pictures.heat import heat, heat_of_arrays
from gradcheck.pictures.scene import NothingToDrawError, scene_of
from gradcheck.pictures.sweep import STEPS, sweep
from tests.pictures.claims import (
    along,
    black_box,
    judged,
    printed_derivative,
    relu,
    sigmoid,
    softmax,
    softmax_jacobian,
    step,
)

VECTOR = {"x": Reals(3)}


def test_a_wrong_jacobian_has_its_wrong_entries() -> None:
    diagonal_only = judged(softmax, lambda x: np.diag(softmax(x)) * (1 - softmax(x)), "jacobian", VECTOR)
    picture = heat(scene_of(diagonal_only))
    assert (picture.rows, picture.columns) == ("entry of the output", "entry of x")
    assert set(picture.wrong) == {(i, j) for i in range(3) for j in range(3) if i != j}
    assert all(picture.errors[i][i] == 0.0 for i in range(3))
    assert all((picture.errors[i][j] or 0) > 0 for i, j in picture.wrong)
    assert picture.at.startswith("x = [")


def test_a_right_jacobian_has_no_heat_map() -> None:
    with pytest.raises(NothingToDrawError, match="every entry agrees"):
        heat(scene_of(judged(softmax, softmax_jacobian, "jacobian", VECTOR)))


def test_more_entries_than_a_verdict_keeps_are_evaluated() -> None:
    inputs = {"W": Reals(5, 4)}

    def wrong(W: np.ndarray) -> np.ndarray:
        return np.cos(W) * (np.arange(4) != 2)

    picture = heat(scene_of(judged(lambda W: np.sum(np.sin(W)), wrong, "gradient", inputs, "W")))
    assert set(picture.wrong) == {(i, 2) for i in range(5)}
    assert (picture.rows, picture.columns) == ("row of W", "column of W")
    assert [len(row) for row in picture.errors] == [4] * 5


def test_a_structure_and_an_equality_of_arrays_have_a_heat_map() -> None:
    diagonal = judged(softmax, None, "structure", VECTOR, structure="diagonal")
    picture = heat_of_arrays(diagonal)
    assert set(picture.wrong) == {(i, j) for i in range(3) for j in range(3) if i != j}
    assert all(picture.errors[i][i] == 0.0 for i in range(3))
    equal = judged(softmax, lambda x: softmax(x) * np.array([1, 1, 2]), "equality", VECTOR, wrt=None)
    assert heat_of_arrays(equal).wrong == ((0, 2),)
    for right in (
        judged(np.exp, None, "structure", VECTOR, structure="diagonal"),
        judged(softmax, softmax, "equality", VECTOR, wrt=None),
    ):
        with pytest.raises(NothingToDrawError, match="no array that is wrong"):
            heat_of_arrays(right)


def test_a_black_box_has_a_heat_map_from_finite_differences() -> None:
    def loss(x: np.ndarray) -> float:
        return float(np.sum(black_box(x)))

    picture = heat(scene_of(judged(loss, lambda x: 2 * x * np.array([1, 1, 2]), "gradient", VECTOR)))
    assert (0, 2) in picture.wrong
    assert picture.rows == ""


def test_one_entry_and_too_many_have_no_heat_map() -> None:
    with pytest.raises(NothingToDrawError, match="one entry alone"):
        heat(scene_of(judged(relu, lambda x: 2 * step(x))))
    large = judged(lambda x: np.sum(x**2), lambda x: 3 * x, "gradient", {"x": Reals(50)})
    assert sweep(along(large)).claimed is not None
    with pytest.raises(NothingToDrawError, match="1 × 50 entries are more than the 40 × 40"):
        heat(scene_of(large))


def test_a_sweep_falls_and_rises_and_a_right_claim_is_on_the_truth() -> None:
    picture = sweep(along(judged(sigmoid, printed_derivative)))
    errors = [error for error in picture.errors if error is not None]
    assert picture.steps == STEPS
    assert picture.steps[0] == 0.1
    assert picture.steps[-1] == 1e-12
    assert min(errors) < 1e-10
    assert errors[0] > 1e-6 < errors[-1]
    assert picture.claimed == 0.0
    assert picture.truth == "0.1596443"


def test_a_wrong_claim_stands_above_the_curve_by_what_it_is_off() -> None:
    picture = sweep(along(judged(np.sin, lambda x: np.cos(x) + 0.25)))
    assert picture.claimed == 0.25
    assert max(error for error in picture.errors if error is not None) < 0.25


def test_the_entry_of_an_array_is_swept_and_named() -> None:
    wrong = judged(softmax, lambda x: softmax_jacobian(x) + np.eye(3) * np.array([0, 0.5, 0]), "jacobian", VECTOR)
    picture = sweep(along(wrong))
    assert picture.entry == "[1, 1]"
    assert picture.claimed == 0.5
    inputs = {"W": Reals(2, 3), "x": Reals(3)}
    product = judged(lambda W, x: np.tanh(W @ x), lambda c, W, x: W.T @ c, "vjp", inputs)
    assert sweep(along(product)).claimed is not None


def test_a_claim_without_a_value_has_no_line_and_a_kink_no_sweep() -> None:
    assert sweep(along(judged(np.exp, lambda x: x * np.exp(x) / x))).claimed is None
    with pytest.raises(NothingToDrawError, match="not known at the point"):
        sweep(along(judged(lambda x: np.abs(x), lambda x: np.where(x == 0, 5.0, np.sign(x)))))


def test_a_linear_function_has_no_sweep() -> None:
    with pytest.raises(NothingToDrawError, match="differences of this function are exact"):
        sweep(along(judged(relu, lambda x: step(x) + 1 * (x < 0))))


def test_a_black_box_claim_is_swept() -> None:
    assert sweep(along(judged(lambda x: x**3 / 3, lambda x: black_box(x) + 1))).claimed == 1.0


def test_what_would_take_long_is_not_tried() -> None:
    large = judged(lambda x: np.sum(np.outer(x, x)), lambda x: 3 * x, "gradient", {"x": Reals(60)})
    with pytest.raises(
        NothingToDrawError, match=r"it would take \d+ operations at each of 68 points, more than the 500000"
    ):
        sweep(along(large))
    smaller = judged(lambda x: np.sum(np.outer(x, x)), lambda x: 3 * x, "gradient", {"x": Reals(6)})
    assert sweep(along(smaller)).claimed is not None


def test_a_loop_without_a_known_end_is_not_tried_elsewhere() -> None:
    def halved(x: Any) -> Any:
        return jax.lax.while_loop(lambda y: y > 1, lambda y: y / 2, x * 1.0)

    with pytest.raises(NothingToDrawError, match="it loops until a condition holds"):
        curve(along(judged(halved, lambda x: x)))

    def repeated(x: Any) -> Any:
        return jax.lax.scan(lambda y, _: (jnp.sin(y), None), x, None, length=5)[0]

    def slope(x: Any) -> Any:
        return jax.lax.scan(lambda pair, _: ((jnp.sin(pair[0]), pair[1] * jnp.cos(pair[0])), None), (x, 1.0), None, 5)[
            0
        ][1]

    verdict = illustrated(judged(repeated, slope))
    assert [type(picture).__name__ for picture in verdict.pictures] == ["Curve", "Sweep", "Agreement"]
    drawn = verdict.pictures[0]
    assert isinstance(drawn, Curve)
    assert drawn.true == drawn.claimed
    assert drawn.true[drawn.x.index(0.0)] == 1.0
