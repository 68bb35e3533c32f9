"""Eigenvectors, singular vectors and QR in balls: right derivatives are proven, wrong ones caught, and ties left open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck as gc
from gradcheck.numbers.balls import Balls, from_floats, midpoints, precision
from gradcheck.numbers.jets import Jets
from gradcheck.numbers.system import CannotDecideError, NoRuleError

Array = np.ndarray[Any, np.dtype[Any]]

M = np.array([[2.0, 0.5, 0.1], [0.3, 3.0, 0.2], [0.2, 0.4, 1.5]])
HOW = {"lower": True, "sort_eigenvalues": True, "subset_by_index": None, "algorithm": None}


def partition(a: Array) -> Any:
    """Σ exp λᵢ of (a + aᵀ)/2."""
    return np.sum(np.exp(np.linalg.eigvalsh((a + a.T) / 2)))


def partition_gradient(a: Array) -> Any:
    values, vectors = np.linalg.eigh((a + a.T) / 2)
    return (vectors * np.exp(values)) @ vectors.T


def turning(a: Array) -> Any:
    """The square of the first entry of the eigenvector of the largest eigenvalue."""
    return np.linalg.eigh((a + a.T) / 2)[1][0, -1] ** 2


def turning_gradient(a: Array) -> Any:
    values, vectors = np.linalg.eigh((a + a.T) / 2)
    v = vectors[:, -1]
    gaps = np.where(np.arange(3) < 2, values[-1] - values, 1.0)
    by_v = np.where(np.arange(3) == 0, 2 * v, 0.0)
    pulled = vectors @ (np.where(np.arange(3) < 2, vectors.T @ by_v, 0.0) / gaps)
    return (np.outer(pulled, v) + np.outer(v, pulled)) / 2


def nuclear(a: Array) -> Any:
    return np.sum(np.linalg.svd(a, compute_uv=False))


def nuclear_gradient(a: Array) -> Any:
    left, _, right = np.linalg.svd(a, full_matrices=False)
    return left @ right


def corner(a: Array) -> Any:
    """The last diagonal entry of R, squared: the squared distance of the last column from the span of the others."""
    return np.linalg.qr(a).R[-1, -1] ** 2


def corner_gradient(a: Array) -> Any:
    q, r = np.linalg.qr(a)
    rest = q[:, -1] * r[-1, -1]
    others = np.linalg.solve(a[:, :-1].T @ a[:, :-1], a[:, :-1].T @ a[:, -1])
    return 2 * np.concatenate([-np.outer(rest, others), rest[:, None]], axis=1)


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (partition, partition_gradient),
        (turning, turning_gradient),
        (nuclear, nuclear_gradient),
        (corner, corner_gradient),
    ],
    ids=lambda function: function.__name__,
)
def test_right_gradients_are_proven_and_wrong_ones_caught(f: Any, gradient: Any) -> None:
    right = gc.check(f, (M,), gradient=gradient)
    assert right.status == "holds" and right.certified, str(right)
    assert (right.digits or 0) >= 30
    wrong = gc.check(f, (M,), gradient=lambda a: gradient(a) * np.where(np.arange(3) == 1, 1 + 1e-9, 1.0))
    assert wrong.status == "fails" and wrong.certified, str(wrong)


def test_second_derivatives_are_enclosed() -> None:
    def hessian(a: Array) -> Any:
        """Of λ_max: Σ (v_k vᵀ-terms)/(λ_max − λ_k), from the derivative of v vᵀ."""
        values, vectors = np.linalg.eigh((a + a.T) / 2)
        v = vectors[:, -1]
        total = 0.0
        for k in range(2):
            pair = (np.outer(v, vectors[:, k]) + np.outer(vectors[:, k], v)) / 2
            total = total + 2 * np.multiply.outer(pair, pair) / (values[-1] - values[k])
        return total

    verdict = gc.check(lambda a: np.linalg.eigvalsh((a + a.T) / 2)[-1], (M,), hessian=hessian)
    assert verdict.status == "holds" and verdict.certified, str(verdict)


def test_points_where_eigenvalues_coincide_are_left_open() -> None:
    verdict = gc.check(partition, (M,), gradient=partition_gradient)
    assert any("eigenvalues are not told apart" in note for note in verdict.notes)
    with precision(128), pytest.raises(CannotDecideError, match="eigenvalues are not told apart"):
        Balls().apply("eigh", HOW, [from_floats(np.eye(3))])


def test_a_triangle_is_read_where_the_matrix_is_not_symmetric() -> None:
    given = np.array([[2.0, 7.0], [1.0, 3.0]])
    for lower, meant in ((True, [[2.0, 1.0], [1.0, 3.0]]), (False, [[2.0, 7.0], [7.0, 3.0]])):
        with precision(128):
            _, found = Balls().apply("eigh", {**HOW, "lower": lower}, [from_floats(given)])
        np.testing.assert_allclose(midpoints(found), np.linalg.eigvalsh(np.array(meant)), rtol=1e-14)


def test_eigenvectors_have_length_1_and_the_signs_of_lapack() -> None:
    symmetric = M + M.T
    with precision(128):
        vectors, values = Balls().apply("eigh", HOW, [from_floats(symmetric)])
        squares = np.sum(vectors * vectors, axis=0)
    assert all(square.contains(1) for square in squares)
    np.testing.assert_allclose(midpoints(vectors), np.linalg.eigh(symmetric)[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(midpoints(values), np.linalg.eigh(symmetric)[0], rtol=1e-13)


@pytest.mark.parametrize("system", [Balls(), Jets(Balls(), 1)], ids=lambda system: system.name)
def test_a_part_of_the_eigenvalues_has_no_rule(system: Any) -> None:
    value = system.constant(M + M.T)
    with precision(64), pytest.raises(NoRuleError, match="or of a part of the eigenvalues"):
        system.apply("eigh", {**HOW, "subset_by_index": (0, 1)}, [value])


def test_columns_that_depend_on_one_another_are_left_open() -> None:
    with precision(128), pytest.raises(CannotDecideError, match="columns of a matrix are independent is left open"):
        Balls().apply("qr", {"full_matrices": False, "pivoting": False}, [from_floats(np.ones((3, 2)))])


def test_values_that_floats_do_not_hold_are_enclosed_or_left_open() -> None:
    with precision(128):
        huge = from_floats(M + M.T)
        for _ in range(3):
            huge = Balls().apply("mul", {}, [huge, from_floats(np.full((3, 3), 1e200))])
        vectors, _ = Balls().apply("eigh", HOW, [huge])
        np.testing.assert_allclose(midpoints(vectors), np.linalg.eigh(M + M.T)[1], rtol=1e-12, atol=1e-14)
        with pytest.raises(CannotDecideError, match="too large for floats"):
            Balls().apply("qr", {"full_matrices": False, "pivoting": False}, [huge])
        with pytest.raises(CannotDecideError, match="not told apart"):
            Balls().apply("eigh", HOW, [Balls().unknown((3, 3))])
