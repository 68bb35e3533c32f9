"""Every pattern in a pair: numbers that fit it are named so, numbers that nearly fit are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnose import Observation, diagnose, shapes

Array = np.ndarray[Any, np.dtype[Any]]
Point = dict[str, Array]
RNG = np.random.default_rng(5)
POINTS: list[Point] = [
    {"x": RNG.uniform(-3, 3, 4).round(2), "w": RNG.uniform(-3, 3, (2, 3)).round(2), "alpha": np.array(a)}
    for a in (-1.5, 0.3, 2.5)
]
POINTS[0]["x"][:2] = [-1.1, 2.2]
SIGN = "the sign is wrong: exactly −1 times the true value"


def full(point: Point) -> Array:
    """A dense 4 × 4 Jacobian without symmetry."""
    x = point["x"]
    return np.outer(np.sin(x) + 2, np.cos(2 * x) + 3) + np.diag(x) + np.arange(16.0).reshape(4, 4)


def diagonal(point: Point) -> Array:
    return np.diag(np.exp(point["x"]))


def vector(point: Point) -> Array:
    return np.exp(point["x"])


def matrix(point: Point) -> Array:
    return np.exp(point["w"])


def scalar(point: Point) -> Array:
    return np.asarray(np.exp(point["alpha"]))


def observed(
    true: Callable[[Point], Array], claimed: Callable[[Point, Array], Any], points: list[Point] | None = None
) -> list[Observation]:
    found = []
    for point in POINTS if points is None else points:
        meant = true(point)
        said = np.asarray(claimed(point, meant), dtype=np.float64)
        wrong = np.abs(said - meant) > 1e-13 * np.abs(meant)
        found.append(Observation(said, meant, wrong, point))
    return found


def told(true: Callable[[Point], Array], claimed: Callable[[Point, Array], Any], jacobian: bool = False) -> str:
    return diagnose(observed(true, claimed), jacobian)


def but_one(change: Callable[[Point, Array], Any]) -> Callable[[Point, Array], Array]:
    """The same fault, but one entry of one point is off by a thousandth: a right one, if there is one off the diagonal."""

    def nearly(point: Point, true: Array) -> Array:
        said = np.array(change(point, true), dtype=np.float64)
        if point is POINTS[1]:
            right = [tuple(place) for place in np.argwhere(said == true).tolist() if len(set(place)) == len(place)]
            place = (right or [tuple(range(said.ndim)), ()])[0]
            said[place] = said[place] * 1.001 or 0.001
        return said

    return nearly


off = ~np.eye(4, dtype=bool)
PATTERNS: dict[str, tuple[Callable[[Point], Array], Callable[[Point, Array], Any], bool, str]] = {
    "sign": (full, lambda p, t: -t, True, SIGN),
    "sign of a vector": (vector, lambda p, t: -t, False, SIGN),
    "sign of a scalar": (scalar, lambda p, t: -t, False, SIGN),
    "twice": (vector, lambda p, t: 2 * t, False, "exactly 2 times the true value"),
    "minus three times": (full, lambda p, t: -3 * t, True, "exactly -3 times the true value"),
    "one over n": (vector, lambda p, t: t / 7, False, "exactly 1/7 times the true value"),
    "three quarters": (matrix, lambda p, t: 0.75 * t, False, "exactly 3/4 times the true value"),
    "a small factor": (vector, lambda p, t: 1e-10 * t, False, "1e-10 times the true value"),
    "a large factor": (vector, lambda p, t: 1e10 * t, False, "exactly 10000000000 times the true value"),
    "a factor pi": (vector, lambda p, t: np.pi * t, False, "3.14159265359 times the true value"),
    "zero": (vector, lambda p, t: 0 * t, False, "zero is claimed where the derivative is not zero"),
    "transposed": (full, lambda p, t: t.T, True, "transposed: each entry holds what belongs at the mirrored place"),
    "diagonal only": (
        full,
        lambda p, t: np.diag(np.diag(t)),
        True,
        "only the diagonal is claimed: entries off the diagonal are missing",
    ),
    "filled by a parameter": (
        diagonal,
        lambda p, t: np.where(off, p["alpha"], t),
        True,
        "entries off the diagonal are filled by alpha where the true ones are zero",
    ),
    "filled by a parameter, and the diagonal wrong": (
        diagonal,
        lambda p, t: np.where(off, p["alpha"], 2 * t),
        True,
        "entries off the diagonal are filled by alpha where the true ones are zero, and the diagonal is wrong too",
    ),
    "wrong where x < 0": (
        diagonal,
        lambda p, t: np.diag(np.where(p["x"] < 0, 0.25, np.diag(t))),
        True,
        "wrong only where x < 0: 1/4 is claimed there",
    ),
    "wrong where x > 0": (
        vector,
        lambda p, t: np.where(p["x"] > 0, t + p["x"] ** 2, t),
        False,
        "wrong only where x > 0",
    ),
    "wrong where alpha < 0": (
        vector,
        lambda p, t: t if p["alpha"] > 0 else t**2,
        False,
        "wrong only where alpha < 0",
    ),
    "a factor missing": (vector, lambda p, t: t / p["x"], False, "the factor x is missing"),
    "a scalar factor missing": (full, lambda p, t: t / p["alpha"], True, "the factor alpha is missing"),
    "a factor missing on the diagonal": (
        diagonal,
        lambda p, t: np.diag(np.diag(t) / p["x"]),
        True,
        "the factor x is missing",
    ),
    "a factor too many": (vector, lambda p, t: t * p["x"], False, "the factor x is too many"),
    "too large": (vector, lambda p, t: t + 0.5, False, "too large by 1/2 everywhere"),
    "too small": (matrix, lambda p, t: t - 3, False, "too small by 3 everywhere"),
    "one row": (full, lambda p, t: t + np.outer([0, 0, 1, 0], p["x"] ** 2 + 1), True, "only row 2 wrong, of 4"),
    "two columns": (
        matrix,
        lambda p, t: t + np.outer([1, 2], [1, 0, 1]) * p["w"] ** 2,
        False,
        "only columns 0, 2 wrong, of 3",
    ),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_that_fits_is_named(name: str) -> None:
    true, claimed, jacobian, message = PATTERNS[name]
    assert told(true, claimed, jacobian) == message


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_that_nearly_fits_is_not_named(name: str) -> None:
    true, claimed, jacobian, message = PATTERNS[name]
    found = told(true, but_one(claimed), jacobian)
    assert found != message
    assert not found.startswith(message.partition(" where the true ones")[0])
    assert found or true is scalar, "where there are several entries, their places are told at least"


def test_places_are_those_that_are_wrong() -> None:
    def three(point: Point, true: Array) -> Array:
        said = true.copy()
        said[[0, 0, 1], [0, 2, 1]] += point["alpha"] ** 2
        return said

    assert told(matrix, three) == "3 of 6 entries wrong: [0, 0]; [0, 2]; [1, 1]"
    assert told(vector, lambda p, t: t**2 + p["x"] ** 3 + 0.1) == "all 4 entries are wrong, by no simple pattern"
    assert told(scalar, lambda p, t: t**2 + 1) == ""
    assert told(lambda p: scalar(p).reshape(1, 1), lambda p, t: t**2 + 1) == "wrong by no simple pattern"


def test_off_the_diagonal_is_told_from_on_it() -> None:
    assert (
        told(full, lambda p, t: np.where(off, t**2 + 1, t), True) == "the diagonal is right, entries off it are wrong"
    )
    found = told(full, lambda p, t: np.where(off, t, t**2 + p["alpha"] ** 2), True)
    assert found == "only entries on the diagonal are wrong"
    assert told(full, lambda p, t: np.where(off, t**2 + 1, t), False) != found


def test_filled_entries_are_told_even_if_by_no_input() -> None:
    found = told(diagonal, lambda p, t: np.where(off, np.sin(p["alpha"]), t), True)
    assert found == "entries off the diagonal are filled where the true ones are zero"


def test_a_slight_error_is_told_by_its_size_and_by_nothing_else() -> None:
    assert told(vector, lambda p, t: t * (1 + 1e-12)) == "slightly off: by a relative 1.0e-12 at most"
    assert told(vector, lambda p, t: t * (1 + 1e-3)) == "1.001 times the true value"


def test_a_small_entry_that_is_wrong_among_large_ones_is_not_slightly_off() -> None:
    true = np.array([1e6, 2e-3, 3e5])
    claimed = true * np.array([1, 1.5, 1])
    found = diagnose([Observation(claimed, true, claimed != true, {"x": np.arange(1.0, 4.0)})])
    assert "slightly off" not in found
    claimed = true * np.array([1, 1 + 1e-9, 1])
    found = diagnose([Observation(claimed, true, claimed != true, {"x": np.arange(1.0, 4.0)})])
    assert found == "slightly off: by a relative 1.0e-09 at most"


def test_one_number_fits_any_factor_so_none_is_named() -> None:
    one = [POINTS[0]]
    assert diagnose(observed(scalar, lambda p, t: 2 * t, one)) == ""
    assert diagnose(observed(scalar, lambda p, t: t / p["alpha"], one)) == ""
    assert diagnose(observed(scalar, lambda p, t: -t, one)) == SIGN
    assert diagnose(observed(scalar, lambda p, t: 2 * t)) == "exactly 2 times the true value"


def test_a_factor_must_fit_where_the_truth_is_zero_as_well() -> None:
    def true(point: Point) -> Array:
        return vector(point) if point is not POINTS[2] else np.zeros(4)

    assert told(true, lambda p, t: 2 * t) == "exactly 2 times the true value"
    assert told(true, lambda p, t: 2 * t + (5.0 if p is POINTS[2] else 0.0)) != "exactly 2 times the true value"


def test_a_small_entry_counts_beside_a_large_one() -> None:
    def wide(point: Point) -> Array:
        return np.array([1e9, 1.0]) * np.exp(point["alpha"])

    assert told(wide, lambda p, t: 2 * t) == "exactly 2 times the true value"
    assert told(wide, lambda p, t: t * [2, 1.3]) == "all 2 entries are wrong, by no simple pattern"


def test_small_offsets_and_factors_are_compared_relatively() -> None:
    def tiny(point: Point) -> Array:
        return 1e-9 * np.exp(point["x"])

    assert told(tiny, lambda p, t: t + 1e-10) == "too large by 1e-10 everywhere"
    assert told(tiny, lambda p, t: t + 1e-10 * (1 + p["x"] ** 2)) == "all 4 entries are wrong, by no simple pattern"
    assert (
        told(vector, lambda p, t: t * 1e-10 * (1 + p["alpha"] ** 2)) == "all 4 entries are wrong, by no simple pattern"
    )


def test_what_is_wrong_at_all_negative_inputs_but_one_is_wrong_below_a_number() -> None:
    def claimed(point: Point, true: Array) -> Array:
        return np.diag(np.where(point["x"] < -1.2, 0.25, np.diag(true)))

    assert (
        told(diagonal, claimed, True)
        == "wrong only where x is below a number between -1.1 and -1.29: 1/4 is claimed there"
    )


def test_few_numbers_tell_no_bound() -> None:
    points = [{"x": np.array([2.0, 3.0, 40.0])}]
    found = diagnose(observed(lambda p: p["x"] ** 2, lambda p, t: np.where(p["x"] > 10, 0, t), points))
    assert found == "1 of 3 entries wrong: [2]"
    more = [{"x": np.array([2.0, 3.0, 4.0, 40.0, 50.0, 60.0])}]
    found = diagnose(observed(lambda p: p["x"] ** 2, lambda p, t: np.where(p["x"] > 10, 0, t), more))
    assert found == "wrong only where x is above a number between 4 and 40"


def test_what_is_wrong_at_zero_only_is_told() -> None:
    points = [{"x": np.array([-1.0, 0.0, 2.0])}, {"x": np.array([0.0, 1.0, 3.0])}]
    found = diagnose(observed(lambda p: np.cos(p["x"]), lambda p, t: np.where(p["x"] == 0, 7.0, t), points))
    assert found == "wrong only where x = 0"


def test_repeated_entries_are_told() -> None:
    points = [{"i": np.array([0, 1, 2])}, {"i": np.array([1, 1, 2])}, {"i": np.array([2, 0, 0])}]
    counts = lambda p: np.bincount(p["i"], minlength=3).astype(np.float64)  # noqa: E731 - of one test
    found = diagnose(observed(counts, lambda p, t: np.minimum(t, 1), points))
    assert found == "wrong only where entries of i are equal"


def test_a_factor_that_is_a_length_is_told_as_one() -> None:
    points = [
        {"x": rng.normal(size=(4, 3)), "cotangent": rng.normal(size=5)} for rng in map(np.random.default_rng, range(3))
    ]
    told_by = lambda factor: diagnose(observed(lambda p: p["x"], lambda p, t: factor * t, points))  # noqa: E731 - of one test
    ask = ": is a mean taken for a sum, or a sum for a mean?"
    assert told_by(4) == f"exactly 4 times the true value; 4 is the length of axis 0 of x{ask}"
    assert told_by(1 / 3) == f"exactly 1/3 times the true value; 3 is the length of axis 1 of x{ask}"
    assert told_by(12) == f"exactly 12 times the true value; 12 is the number of entries of x{ask}"
    assert told_by(5) == "exactly 5 times the true value"


def test_numbers_at_the_wrong_places_are_told() -> None:
    points = [{"x": rng.normal(size=(3, 4))} for rng in map(np.random.default_rng, range(3))]
    of = lambda change: diagnose(observed(lambda p: p["x"] ** 2, lambda p, t: change(t), points))  # noqa: E731 - of one test
    assert of(lambda t: t[:, ::-1]) == "the right numbers in the opposite order along axis 1"
    assert of(lambda t: np.roll(t, -1, axis=0)) == "the right numbers, shifted by one along axis 0"
    assert of(lambda t: t[:, [1, 0, 3, 2]]).startswith("all 12 entries are wrong")


def test_a_missing_mean_is_told() -> None:
    points = [{"x": rng.normal(size=(3, 4))} for rng in map(np.random.default_rng, range(3))]
    of = lambda change: diagnose(observed(lambda p: np.sin(p["x"]), change, points))  # noqa: E731 - of one test
    found = of(lambda p, t: t + p["x"].mean(axis=1, keepdims=True))
    assert found.startswith("off by the same number everywhere along axis 1, another one at each point")
    assert of(lambda p, t: t + p["x"]).startswith("all 12 entries are wrong")


def test_inputs_of_one_sign_do_not_tell_sides_apart() -> None:
    points = [{"x": np.array([0.5, 1.5])}, {"x": np.array([2.5, 0.1])}]
    found = diagnose(observed(lambda p: np.diag(p["x"] ** 2), lambda p, t: np.diag(p["x"] ** 3 + 1), points), True)
    assert found == "only entries on the diagonal are wrong"


def test_zero_belongs_to_the_side_that_is_wrong_there() -> None:
    points = [{"x": np.array([-1.0, 0.0, 2.0])}, {"x": np.array([-2.0, 1.0, 0.0])}]

    def at(side: Callable[[Array], Array]) -> str:
        claimed = lambda p, t: np.diag(np.where(side(p["x"]), 7.0, np.diag(t)))  # noqa: E731 - of one test
        return diagnose(observed(lambda p: np.diag(np.exp(p["x"])), claimed, points), True)

    assert at(lambda x: x <= 0) == "wrong only where x ≤ 0: 7 is claimed there"
    assert at(lambda x: x < 0) == "wrong only where x < 0: 7 is claimed there"
    assert at(lambda x: x >= 0) == "wrong only where x ≥ 0: 7 is claimed there"
    assert at(lambda x: x > 0) == "wrong only where x > 0: 7 is claimed there"


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_numbers_that_are_not_finite_fit_no_pattern(broken: float) -> None:
    assert told(vector, lambda p, t: t * broken) == ""
    assert diagnose([]) == ""


def test_a_point_that_is_right_has_no_say_in_the_pattern() -> None:
    found = told(vector, lambda p, t: -t if p["alpha"] > 0.5 else t)
    assert found == SIGN


SHAPES = {
    ((3, 2), (2, 3)): "shape 3×2 for 2×3: transposed",
    ((2, 2), (2, 3)): "shape 2×2 for 2×3",
    ((3,), (3, 3)): "shape (3,) for 3×3",
    ((), (3,)): "shape scalar for (3,)",
    ((3,), ()): "shape (3,) for scalar: not summed over axis 0, along which the argument is broadcast",
    ((4, 3), (3,)): "shape 4×3 for (3,): not summed over axis 0, along which the argument is broadcast",
    ((2, 4, 3), (1, 3)): "shape 2×4×3 for 1×3: not summed over axes 0, 1, along which the argument is broadcast",
    ((4, 3), (4, 1)): "shape 4×3 for 4×1: not summed over axis 1, along which the argument is broadcast",
    ((4, 3), (4,)): "shape 4×3 for (4,)",
    ((4, 3, 2), (2, 3, 4)): "shape 4×3×2 for 2×3×4: transposed",
    ((0,), (3,)): "shape (0,) for (3,)",
}


@pytest.mark.parametrize("pair", SHAPES)
def test_shapes_are_told_in_words(pair: Any) -> None:
    assert shapes(*pair) == SHAPES[pair]
