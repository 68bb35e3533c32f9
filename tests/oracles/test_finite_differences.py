"""The finite-difference oracle: right numbers, honest bars, and the traps in which an estimate is silently wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.oracles import finite_differences
from gradcheck.oracles.finite_differences import COARSEST, ORDERS, RATIO, RUNG, RUNGS, Estimate, differentiate

Array = np.ndarray[Any, np.dtype[Any]]
Scalar = Callable[[Array], Array]

SLOPE = np.array([[1.0]])


def along_axis(function: Scalar, *points: float) -> Estimate:
    """The derivative of a function of one variable, the points as a batch."""
    return differentiate(lambda rows: function(rows[:, 0])[:, None], np.array(points)[:, None], SLOPE)


def at(function: Scalar, point: float) -> dict[str, float]:
    """The entries of the estimate at one point as plain numbers."""
    estimate = along_axis(function, point)
    return {name: getattr(estimate, name).item() for name in ("value", "error", "left", "right", "kink")}


def relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def in_float32(function: Scalar) -> Scalar:
    return lambda x: function(x.astype(np.float32)).astype(np.float64)


SMOOTH: dict[str, tuple[Scalar, Scalar, tuple[float, float]]] = {
    "exp": (np.exp, np.exp, (-5, 5)),
    "log": (np.log, lambda x: 1 / x, (0.1, 9)),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), (0.1, 9)),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, (-3, 3)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, (-6, 6)),
    "polynomial": (lambda x: x**5 - 3 * x**2 + 1, lambda x: 5 * x**4 - 6 * x, (-3, 3)),
    "runge": (lambda x: 1 / (1 + 25 * x**2), lambda x: -50 * x / (1 + 25 * x**2) ** 2, (-1, 1)),
    "exp sin": (lambda x: np.exp(np.sin(3 * x)), lambda x: 3 * np.cos(3 * x) * np.exp(np.sin(3 * x)), (-3, 3)),
}


@pytest.mark.parametrize("scale", [1.0, 1e8, 1e-8])
@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_to_twelve_digits_at_any_scale(name: str, scale: float) -> None:
    function, derivative, (low, high) = SMOOTH[name]
    points = np.random.default_rng(0).uniform(low, high, 200) / scale
    estimate = along_axis(lambda x: function(x * scale), *points)
    exact = points.astype(np.longdouble)
    truth = np.asarray(derivative(exact * np.longdouble(scale)) * np.longdouble(scale))
    off = np.abs(estimate.value[:, 0, 0] - truth)
    assert np.median(off / np.abs(truth)) < 1e-12
    assert np.mean(off <= estimate.error[:, 0, 0]) >= 0.99
    assert np.all(off < 1e-6 * np.abs(truth).max())
    assert not estimate.kink.any()


@pytest.mark.parametrize(
    ("function", "point", "truth"),
    [
        (lambda x: np.sin(1000 * x), 1.0, 562.3790762907029),
        (lambda x: np.tanh(3000 * x), 0.0, 3000.0),
        (lambda x: np.tanh(3000 * (x - 1)), 1.0, 3000.0),
        (lambda x: np.logaddexp(0, 3000 * (x - 1)) / 3000, 1.0, 0.5),
        (lambda x: x**3, 1e8, 3e16),
        (np.sin, 1e8, float(np.cos(1e8))),
        (np.sqrt, 1e-6, 500.0),
        (np.log, 1e-3, 1000.0),
        (lambda x: 1 / x, -1e-5, -1e10),
        (lambda x: np.log(x - 1), 1 + 2.0**-17, 2.0**17),
        (lambda x: x + 1e-3 * np.sin(1000 * x), 1.0, 1 + float(np.cos(1000.0))),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: 1e20 * (x - 1) ** 2, 1.0, 0.0),
        (np.exp, 700.0, float(np.exp(700.0))),
        (lambda x: 1e300 * np.sin(x), 0.0, 1e300),
        (lambda x: 0 * x + 3.3, 0.7, 0.0),
    ],
)
def test_steep_scaled_and_nearly_singular_functions(function: Scalar, point: float, truth: float) -> None:
    found = at(function, point)
    assert abs(found["value"] - truth) <= found["error"]
    assert abs(found["value"] - truth) <= 1e-8 * abs(truth)
    assert found["error"] <= 1e-6 * abs(truth) or truth == 0
    assert not found["kink"]


@pytest.mark.parametrize(
    ("function", "point", "left", "right"),
    [
        (np.abs, 0.0, -1.0, 1.0),
        (lambda x: np.abs(x - 1), 1.0, -1.0, 1.0),
        (lambda x: np.abs(x - 1e8), 1e8, -1.0, 1.0),
        (lambda x: 1e-12 * np.abs(x), 0.0, -1e-12, 1e-12),
        (relu, 0.0, 0.0, 1.0),
        (lambda x: np.where(x > 0, x, 0.9 * x), 0.0, 0.9, 1.0),
        (lambda x: np.where(x > 1, x - 1, 0.9 * (x - 1)), 1.0, 0.9, 1.0),
        (lambda x: np.exp(np.abs(x - 1)), 1.0, -1.0, 1.0),
        (in_float32(np.abs), 0.0, -1.0, 1.0),
    ],
)
def test_a_kink_at_the_point_is_seen_and_its_bar_covers_both_sides(
    function: Scalar, point: float, left: float, right: float
) -> None:
    found = at(function, point)
    assert found["kink"]
    assert found["left"] == pytest.approx(left, rel=1e-6)
    assert found["right"] == pytest.approx(right, rel=1e-6)
    assert found["value"] - found["error"] <= min(left, right)
    assert found["value"] + found["error"] >= max(left, right)


def test_curvature_is_not_a_kink_however_strong() -> None:
    points = np.linspace(0.5, 2.0, 100)
    curved: list[Scalar] = [np.exp, lambda x: np.sin(1000 * x), lambda x: np.tanh(3000 * (x - 1)), lambda x: 1e6 * x**4]
    for function in curved:
        assert not along_axis(function, *points).kink.any()


@pytest.mark.parametrize("distance", [0.9 * COARSEST * RATIO**-j for j in range(RUNGS - 3)] + [1e-1, 1e-4, 1e-7, 1e-9])
@pytest.mark.parametrize("slopes", [(0.0, 1.0), (0.9, 1.0)])
def test_a_kink_beside_the_point_does_not_leak_into_the_derivative(
    distance: float, slopes: tuple[float, float]
) -> None:
    below, above = slopes

    def bent(x: Array) -> Array:
        return np.where(x > 1, above * (x - 1), below * (x - 1)) + 1

    for point, slope in ((1 + distance, above), (1 - distance, below)):
        found = at(bent, point)
        assert abs(found["value"] - slope) <= found["error"]
        assert found["error"] < 1e-3
        assert not found["kink"]


@pytest.mark.parametrize("rung", [RUNGS - 2, RUNGS - 1])
@pytest.mark.parametrize("share", [0.9, 0.5, -0.9, -0.5])
def test_a_kink_at_the_resolution_widens_the_bar(rung: int, share: float) -> None:
    found = at(lambda x: relu(x - 1 + share * COARSEST * RATIO**-rung), 1.0)
    assert abs(found["value"] - (share > 0)) <= found["error"]


def test_two_kinks_around_the_point_are_features_of_the_function_not_rounding() -> None:
    found = at(lambda x: relu(x - 1 - 1e-6) - relu(1 - 2e-6 - x), 1.0)
    assert found["value"] == 0.0
    assert found["error"] < 1e-6


def test_a_jump_beside_the_point_is_avoided_and_one_at_the_point_forbids_a_number() -> None:
    beside = at(lambda x: x + (x > 1 + 1e-9), 1.0)
    assert abs(beside["value"] - 1) <= beside["error"] < 1e-3
    upon = at(lambda x: x + (x > 1), 1.0)
    assert upon["error"] == np.inf
    assert upon["left"] == pytest.approx(1.0)
    assert np.isnan(upon["right"])
    assert at(np.sign, 0.0)["error"] == np.inf


def test_vertical_tangents_have_no_derivative() -> None:
    for function in (np.sqrt, np.cbrt, lambda x: np.sqrt(np.abs(x))):
        assert at(function, 0.0)["error"] == np.inf


@pytest.mark.parametrize("hidden", [np.nan, np.inf])
@pytest.mark.parametrize("point", [1.0, 1 + 1e-12, 1 + 1e-9, 1 + 1e-4])
def test_at_the_border_of_a_domain_the_side_that_exists_is_used(hidden: float, point: float) -> None:
    found = at(lambda x: np.where(x >= 1, np.exp(x), hidden), point)
    assert abs(found["value"] - np.exp(point)) <= found["error"] < 1e-3


def test_the_side_beyond_the_border_is_not_determined() -> None:
    right = at(lambda x: np.where(x >= 1, np.exp(x), np.nan), 1.0)
    left = at(lambda x: np.where(x <= 1, np.exp(x), np.nan), 1.0)
    assert abs(left["value"] - np.e) <= left["error"] < 1e-3
    assert right["right"] == pytest.approx(np.e) == left["left"]
    assert np.isnan(right["left"])
    assert np.isnan(left["right"])


def test_nothing_is_said_where_the_function_is_not_defined() -> None:
    undefined: list[tuple[Scalar, float]] = [
        (lambda x: x * np.nan, 1.0),
        (np.log, -1.0),
        (lambda x: np.sin(x) / x, 0.0),
    ]
    for function, point in undefined:
        found = at(function, point)
        assert np.isnan(found["value"])
        assert found["error"] == np.inf
        assert not found["kink"]


@pytest.mark.parametrize("name", SMOOTH)
def test_bars_cover_the_noise_of_float32(name: str) -> None:
    function, derivative, (low, high) = SMOOTH[name]
    points = np.random.default_rng(1).uniform(low, high, 200)
    estimate = along_axis(in_float32(function), *points)
    truth = derivative(points)
    assert np.all(np.abs(estimate.value[:, 0, 0] - truth) <= estimate.error[:, 0, 0])
    assert np.median(estimate.error[:, 0, 0] / np.abs(truth)) < 1e-2
    assert np.median(estimate.error[:, 0, 0] / np.abs(truth)) > 1e-7


STAIRCASES: dict[str, tuple[Scalar, Scalar, float]] = {
    "float32 inside": (lambda x: np.sin(x.astype(np.float32).astype(np.float64)), np.cos, 1.0),
    "float32 in one term": (
        lambda x: np.sin(x.astype(np.float32).astype(np.float64)) + x**2,
        lambda x: np.cos(x) + 2 * x,
        1.0,
    ),
    "float32 in one factor": (lambda x: x.astype(np.float32).astype(np.float64) * x, lambda x: 2 * x, 1.0),
    "cancelled at 1e8": (lambda x: np.exp((1e8 + x) - 1e8), np.exp, 1.0),
    "cancelled at 1e10": (lambda x: np.exp((1e10 + x) - 1e10), np.exp, 1.0),
    "cancelled cosine": (lambda x: (1 - np.cos(x)) / x**2, lambda x: -x / 12 + x**3 / 180 - x**5 / 6720, 0.01),
    "cancelled exponential": (lambda x: (np.exp(x) - 1) / x, lambda x: 0.5 + x / 3 + x**2 / 8 + x**3 / 30, 1e-3),
    "nine decimals": (lambda x: np.sin(np.round(x, 9)), np.cos, 1.0),
}


@pytest.mark.parametrize("name", STAIRCASES)
def test_bars_cover_rounding_inside_a_function_that_returns_doubles(name: str) -> None:
    function, derivative, scale = STAIRCASES[name]
    points = np.random.default_rng(2).uniform(0.5, 2, 4000) * scale
    estimate = along_axis(function, *points)
    truth = derivative(points)
    off = np.abs(estimate.value[:, 0, 0] - truth)
    covered = off <= estimate.error[:, 0, 0]
    assert np.mean(covered) >= 0.98
    assert np.all(covered | (off <= 1e-3 * np.abs(truth)))
    assert np.mean(off <= 1e-3 * np.abs(truth)) >= 0.8


@pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-6])
def test_bars_follow_the_noise_of_the_values(noise: float) -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(0.5, 1.4, 200)
    estimate = along_axis(lambda x: np.sin(x) + noise * rng.normal(size=x.shape), *points)
    off = np.abs(estimate.value[:, 0, 0] - np.cos(points))
    assert np.mean(off <= estimate.error[:, 0, 0]) >= 0.98
    assert noise < np.median(estimate.error) < 1e4 * noise


def test_pure_noise_and_unresolved_waves_get_no_bar() -> None:
    rng = np.random.default_rng(4)
    assert at(lambda x: np.asarray(rng.normal(size=x.shape)), 1.0)["error"] == np.inf
    assert at(lambda x: np.sin(1e13 * x), 1.0)["error"] == np.inf


def softmax(rows: Array) -> Array:
    weights = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def test_points_directions_and_outputs_in_one_call() -> None:
    rng = np.random.default_rng(5)
    points, directions = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    calls: list[tuple[int, ...]] = []

    def counted(rows: Array) -> Array:
        calls.append(rows.shape)
        return np.concatenate([softmax(rows), rows[:, :1] ** 2], axis=1)

    estimate = differentiate(counted, points, directions)
    assert calls == [(estimate.evaluations, 3)]
    assert estimate.evaluations == 4 + 4 * 5 * 2 * RUNGS
    p = softmax(points)
    truth = p[:, None] * directions - p[:, None] * np.einsum("pn,kn->pk", p, directions)[..., None]
    assert np.allclose(estimate.value[..., :3], truth, rtol=0, atol=1e-11)
    assert np.allclose(estimate.value[..., 3], 2 * points[:, :1] * directions[:, 0], rtol=0, atol=1e-11)
    repeated = differentiate(counted, points, np.broadcast_to(directions, (4, 5, 3)))
    assert np.array_equal(estimate.value, repeated.value)


def test_blocks_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    points, directions = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    whole = differentiate(softmax, points, directions)
    monkeypatch.setattr(finite_differences, "BLOCK_ROWS", 7 * (2 * RUNGS + 1))
    monkeypatch.setattr(finite_differences, "CHUNK", 4)
    sizes: list[int] = []

    def counted(rows: Array) -> Array:
        sizes.append(len(rows))
        return softmax(rows)

    pieces = differentiate(counted, points, directions)
    assert len(sizes) == 3
    assert sum(sizes) == pieces.evaluations
    assert max(sizes) <= 7 * (2 * RUNGS + 1)
    for name in ("value", "error", "left", "right", "kink"):
        assert np.array_equal(getattr(whole, name), getattr(pieces, name), equal_nan=True)


def same(one: Estimate, other: Estimate, outputs: slice = slice(None)) -> bool:
    """Whether two estimates are equal to the last bit; of the second, some outputs."""
    names = ("value", "error", "left", "right", "kink")
    return all(np.array_equal(getattr(one, n), getattr(other, n)[..., outputs], equal_nan=True) for n in names)


def test_by_default_along_the_axes() -> None:
    points = np.random.default_rng(7).normal(size=(4, 3)) * [1.0, 1e8, 1e-8]
    found = differentiate(softmax, points)
    assert found.value.shape == (4, 3, 3)
    assert found.evaluations == 4 + 4 * 3 * 2 * RUNGS
    assert same(found, differentiate(softmax, points, np.eye(3)))


def test_a_coordinate_that_is_infinite_is_in_the_way_of_itself_alone() -> None:
    found = differentiate(softmax, np.array([[0.5, -np.inf, 1.0]]))
    assert np.isfinite(found.error[0, [0, 2]]).all()
    share = 1 / (1 + np.exp(0.5))
    assert found.value[0, 0, 0] == pytest.approx(share * (1 - share), rel=1e-9)
    assert np.isinf(found.error[0, 1]).all()


MANY: list[Scalar] = [
    np.exp,
    np.abs,
    relu,
    np.sign,
    np.floor,
    lambda x: 0 * x + 3.3,
    lambda x: 0 * x,
    lambda x: np.sqrt(x - 0.3),
    lambda x: np.where(x > 0.3, np.nan, x),
    lambda x: np.where(x > 0.3, x + 1, x),
    lambda x: np.abs(x) ** 1.5,
    lambda x: np.sin(1000 * x),
    lambda x: np.sin(x) + 1e-6 * np.sin(1e9 * x * x),
    lambda x: np.round(x * 1e5) / 1e5,
    lambda x: (1e8 + x) - 1e8,
    lambda x: 1e300 * np.sin(x),
    lambda x: np.exp(700 + 20 * x),
    in_float32(np.exp),
    in_float32(np.abs),
]


@pytest.mark.parametrize("point", [0.0, 0.3, -0.7, 1e8, 1e-8, np.nan, np.inf])
def test_what_one_entry_needs_changes_nothing_for_the_others(point: float) -> None:
    together = differentiate(lambda rows: np.hstack([one(rows) for one in MANY]), np.array([[point]]))
    for i, one in enumerate(MANY):
        assert same(differentiate(one, np.array([[point]])), together, slice(i, i + 1))


@pytest.mark.parametrize("constant", [3.3, -1e300, 1.0, 0.0, 5e-324])
def test_where_nothing_moves_the_bar_is_that_of_the_whole_ladder(constant: float) -> None:
    centre, sides = np.full(1, constant), np.full((RUNGS, 2, 1), constant)
    steps, blur = COARSEST * RUNG[:, None] / RUNG[-1], np.full(1, 1e-16)
    found = finite_differences._analyse(centre, sides, steps, blur)
    with np.errstate(all="ignore"):
        assert np.array_equal(found, finite_differences._settled(centre, sides, steps, blur))
    assert np.array_equal(found[[0, 1, 2, 4]], np.zeros((4, 1)))
    assert (found[3] > 0) == (constant not in (0.0, 5e-324))


def test_directions_that_mix_scales() -> None:
    def mixed(rows: Array) -> Array:
        return (1e8 * np.log(rows[:, 0] / 1e8) + np.sin(rows[:, 1]))[:, None]

    estimate = differentiate(mixed, np.array([[1e8 + 0.3, 1.0]]), np.array([[1.0, 1.0], [0.0, 1.0]]))
    truth = np.array([1e8 / (1e8 + 0.3) + np.cos(1.0), np.cos(1.0)])
    assert np.all(np.abs(estimate.value[0, :, 0] - truth) <= estimate.error[0, :, 0])
    assert np.all(estimate.error < 1e-4)
    beyond = differentiate(lambda rows: np.sin(rows[:, 1:]), np.array([[1e16, 1.0]]), np.array([[1.0, 1.0]]))
    assert beyond.error.item() == np.inf


def test_a_zero_direction_has_derivative_zero() -> None:
    estimate = differentiate(softmax, np.ones((1, 3)), np.zeros((1, 3)))
    assert np.all(estimate.value == 0)
    assert np.all(estimate.error < 1e-9)


@pytest.mark.parametrize("shape", [(0, 2, 3), (2, 0, 3), (2, 3, 0)])
def test_empty_batches(shape: tuple[int, int, int]) -> None:
    count, each, outputs = shape
    estimate = differentiate(lambda rows: np.ones((len(rows), outputs)), np.zeros((count, 4)), np.zeros((each, 4)))
    assert estimate.value.shape == estimate.error.shape == estimate.kink.shape == shape


def test_no_coordinates_no_derivative() -> None:
    estimate = differentiate(lambda rows: np.ones((len(rows), 1)), np.zeros((2, 0)), np.zeros((3, 0)))
    assert np.all(estimate.value == 0)


def fornberg(nodes: Array) -> Array:
    """Weights of the first derivative at 0 on these nodes, by Fornberg's recursion (1988) on one more node a round."""
    weights = np.zeros((2, len(nodes)))
    weights[0, 0] = 1.0
    product, previous = 1.0, nodes[0]
    for n in range(1, len(nodes)):
        fresh = 1.0
        for m in range(n):
            apart = nodes[n] - nodes[m]
            fresh *= apart
            if m == n - 1:
                weights[1, n] = product * (weights[0, n - 1] - previous * weights[1, n - 1]) / fresh
                weights[0, n] = -product * previous * weights[0, n - 1] / fresh
            weights[1, m] = (nodes[n] * weights[1, m] - weights[0, m]) / apart
            weights[0, m] = nodes[n] * weights[0, m] / apart
        product, previous = fresh, nodes[n]
    return np.asarray(weights[1])


@pytest.mark.parametrize("order", range(1, ORDERS + 1))
def test_extrapolation_is_the_formula_with_fornbergs_weights(order: int) -> None:
    slopes = np.broadcast_to(np.eye(RUNGS)[:, None], (RUNGS, 3, RUNGS))
    table, _, _ = finite_differences._extrapolate(slopes)
    finest = table[order - 1, order - 1]
    nodes = RUNG[:order]
    central = fornberg(np.concatenate([[0.0], nodes, -nodes]))
    assert finest[0, :order] / (2 * nodes) == pytest.approx(central[1 : order + 1], rel=1e-9)
    one_sided = fornberg(np.concatenate([[0.0], nodes]))
    assert finest[1, :order] / nodes == pytest.approx(one_sided[1:], rel=1e-9)


def test_points_that_are_not_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"points: an array of shape \(p, n\) is expected.*got shape \(3,\)\. Flatten"):
        differentiate(softmax, np.ones(3), np.eye(3))


@pytest.mark.parametrize("directions", [np.ones(3), np.eye(2), np.ones((5, 1, 3)), np.ones((2, 1, 4))])
def test_directions_that_do_not_fit_are_refused(directions: Array) -> None:
    with pytest.raises(ValueError, match=r"directions: shape \(k, 3\) or \(2, k, 3\) is expected.*as many entries"):
        differentiate(softmax, np.ones((2, 3)), directions)


@pytest.mark.parametrize("function", [lambda rows: rows[:, 0], lambda rows: rows[:1], lambda rows: 1.0])
def test_functions_that_are_not_batched_are_refused(function: Callable[[Array], Any]) -> None:
    with pytest.raises(ValueError, match=r"function: an array of shape \(B, m\) is expected.*Write it for a batch"):
        differentiate(function, np.ones((2, 3)), np.eye(3))


def test_complex_results_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"function: real numbers are expected; got dtype complex128\. Return the real"
    ):
        differentiate(lambda rows: rows + 1j, np.ones((2, 3)), np.eye(3))


def test_warnings_of_the_function_are_expected_and_silent() -> None:
    estimate = along_axis(np.log, 1e-3)
    assert estimate.value.item() == pytest.approx(1000.0)


@pytest.mark.parametrize("offset", [0.0, 0.25, 1.0, 3.7])
@pytest.mark.parametrize(
    "function", [lambda x: np.maximum(x, 0) ** 2, lambda x: x * np.abs(x), lambda x: np.where(x > 0, x**3, -x * x)]
)
def test_where_only_the_curvature_jumps_the_bar_covers_what_both_sides_say(
    function: Callable[[Array], Array], offset: float
) -> None:
    estimate = along_axis(lambda x: function(x) + offset, 0.0)
    assert abs(estimate.value.item()) <= estimate.error.item() < 1e-6
    assert not estimate.kink.item()
