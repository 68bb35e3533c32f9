"""Matrices: products, solves, decompositions."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]

WELL = np.array([[4.0, 1.0, -0.5], [0.5, 3.0, 0.25], [-1.0, 0.5, 5.0]])
POSITIVE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 2.0]])
HILBERT = 1 / (np.arange(5)[:, None] + np.arange(5)[None, :] + 1.0)


def matmul_vjp(g: Array, a: Array, b: Array) -> Args:
    return g @ b.T, a.T @ g


def quadratic(x: Array, a: Array) -> Array:
    return x @ a @ x


def solve_vjp(g: Array, a: Array, b: Array, *, transpose: bool = True, sign: float = -1.0) -> Args:
    x = np.linalg.solve(a, b)
    back = np.linalg.solve(a.T if transpose else a, g)
    return sign * np.outer(back, x), back


def inverse_vjp(g: Array, a: Array, *, transpose: bool = True) -> Array:
    inv = np.linalg.inv(a)
    return -inv.T @ g @ inv.T if transpose else -inv @ g @ inv


def logdet(a: Array) -> Array:
    return np.linalg.slogdet(a)[1]


def cholesky_vjp(g: Array, a: Array, *, halved: bool = True) -> Array:
    """Murray, Differentiation of the Cholesky decomposition (2016), equation 10; the gradient symmetrised."""
    low = np.linalg.cholesky(a)
    phi = np.tril(low.T @ g)
    phi = phi - 0.5 * np.diag(np.diag(phi)) if halved else phi
    inv = np.linalg.inv(low)
    s = inv.T @ phi @ inv
    return (s + s.T) / 2


def symmetric_cholesky(a: Array) -> Array:
    return np.linalg.cholesky((a + a.T) / 2)


def mahalanobis(x: Array, s: Array) -> Array:
    return x @ np.linalg.solve(s, x)


def mahalanobis_gradient(x: Array, s: Array, *, symmetric: bool = False) -> Args:
    y = np.linalg.solve(s, x)
    z = np.linalg.solve(s.T, x)
    return (2 * y if symmetric else y + z), -np.outer(z, y)


def ridge(a: Array, b: Array) -> Array:
    """The loss of ridge regression at its minimiser."""
    w = np.linalg.solve(a.T @ a + 0.1 * np.eye(a.shape[1]), a.T @ b)
    return np.sum((a @ w - b) ** 2) + 0.1 * np.sum(w**2)


def ridge_gradient(a: Array, b: Array, *, two: float = 2.0) -> Args:
    w = np.linalg.solve(a.T @ a + 0.1 * np.eye(a.shape[1]), a.T @ b)
    r = a @ w - b
    return two * np.outer(r, w), -two * r


def gaussian(x: Array, s: Array) -> Array:
    return -0.5 * (x @ np.linalg.solve(s, x) + np.linalg.slogdet(s)[1])


def gaussian_gradient(x: Array, s: Array, *, logdet_term: bool = True) -> Args:
    y, z = np.linalg.solve(s, x), np.linalg.solve(s.T, x)
    ds = 0.5 * np.outer(z, y)
    if logdet_term:
        ds = ds - 0.5 * np.linalg.inv(s).T
    return -0.5 * (y + z), ds


def spectral(a: Array) -> Array:
    """Log-determinant of I + A Aᵀ."""
    return np.linalg.slogdet(np.eye(len(a)) + a @ a.T)[1]


def eigenvalue_sum(a: Array) -> Array:
    """A symmetric function of the eigenvalues: the sum of their exponentials."""
    return np.sum(np.exp(np.linalg.eigvalsh((a + a.T) / 2)))


def eigenvalue_sum_gradient(a: Array, *, transpose: bool = True) -> Array:
    values, vectors = np.linalg.eigh((a + a.T) / 2)
    return vectors @ np.diag(np.exp(values)) @ vectors.T if transpose else vectors.T @ np.diag(np.exp(values)) @ vectors


def power_iteration(a: Array, x: Array) -> Array:
    return a @ (a @ (a @ x))


def power_iteration_vjp(g: Array, a: Array, x: Array, *, terms: int = 3) -> Args:
    forward = [x, a @ x, a @ (a @ x)]
    backward = [g, a.T @ g, a.T @ (a.T @ g)]
    da = sum(np.outer(backward[k], forward[2 - k]) for k in range(terms))
    return da, a.T @ backward[2]


def cases() -> list[Case]:
    """All of this family."""
    family = "linear algebra"
    square = (numbers(140, 3, 3), numbers(141, 3, 3))
    symmetric = np.array([[2.0, 0.5], [0.5, -1.0]])
    return [
        *problem(
            family,
            "matrix product",
            np.matmul,
            square,
            right=matmul_vjp,
            wrong={
                "transposes forgotten": lambda g, a, b: (g @ b, a @ g),
                "order swapped": lambda g, a, b: (b.T @ g, g @ a.T),
            },
        ),
        *problem(
            family,
            "x W with a symmetric W",
            lambda x, w: x @ w,
            (numbers(142, 3, 2), symmetric),
            right=lambda g, x, w: (g @ w.T, x.T @ g),
            wrong={"transpose forgotten": lambda g, x, w: (g @ w, x.T @ g)},
        ),
        *problem(
            family,
            "quadratic form",
            quadratic,
            (numbers(143, 3), numbers(144, 3, 3)),
            right=lambda g, x, a: (g * (a + a.T) @ x, g * np.outer(x, x)),
            wrong={"2 A x": lambda g, x, a: (2 * g * (a @ x), g * np.outer(x, x))},
        ),
        *problem(
            family,
            "quadratic form, symmetric matrix given",
            quadratic,
            (numbers(145, 2), symmetric),
            wrong={"2 A x": lambda g, x, a: (2 * g * (a @ x), g * np.outer(x, x))},
        ),
        *problem(
            family,
            "linear solve",
            np.linalg.solve,
            (WELL, numbers(146, 3)),
            right=solve_vjp,
            wrong={
                "transpose forgotten": lambda g, a, b: solve_vjp(g, a, b, transpose=False),
                "sign": lambda g, a, b: solve_vjp(g, a, b, sign=1.0),
            },
        ),
        *problem(
            family,
            "linear solve, Hilbert matrix",
            np.linalg.solve,
            (HILBERT, np.ones(5)),
            right=solve_vjp,
            points=0,
        ),
        *problem(
            family,
            "inverse",
            np.linalg.inv,
            (WELL,),
            right=inverse_vjp,
            wrong={"transposes forgotten": lambda g, a: inverse_vjp(g, a, transpose=False)},
        ),
        *problem(
            family,
            "log-determinant",
            logdet,
            (WELL,),
            "gradient",
            right=lambda a: np.linalg.inv(a).T,
            wrong={"transpose forgotten": lambda a: np.linalg.inv(a)},
        ),
        *problem(
            family,
            "log-determinant, symmetric matrix given",
            logdet,
            (POSITIVE,),
            "gradient",
            wrong={"transpose forgotten": lambda a: np.linalg.inv(a)},
        ),
        *problem(
            family,
            "determinant",
            np.linalg.det,
            (WELL,),
            "gradient",
            right=lambda a: np.linalg.det(a) * np.linalg.inv(a).T,
            wrong={"determinant lost": lambda a: np.linalg.inv(a).T},
            assume=lambda a: abs(np.linalg.det(a)) > 1e-6,
        ),
        *problem(
            family,
            "Cholesky factor",
            symmetric_cholesky,
            (POSITIVE,),
            right=cholesky_vjp,
            wrong={"diagonal not halved": lambda g, a: cholesky_vjp(g, a, halved=False)},
        ),
        *problem(
            family,
            "Mahalanobis distance",
            mahalanobis,
            (numbers(147, 3), WELL),
            "gradient",
            right=mahalanobis_gradient,
            wrong={"as if symmetric": lambda x, s: mahalanobis_gradient(x, s, symmetric=True)},
        ),
        *problem(
            family,
            "ridge regression by the envelope theorem",
            ridge,
            (numbers(148, 4, 2), numbers(149, 4)),
            "gradient",
            right=ridge_gradient,
            wrong={"2 lost": lambda a, b: ridge_gradient(a, b, two=1.0)},
        ),
        *problem(
            family,
            "Gaussian log-likelihood",
            gaussian,
            (numbers(150, 3), POSITIVE),
            "gradient",
            right=gaussian_gradient,
            wrong={"log-determinant lost": lambda x, s: gaussian_gradient(x, s, logdet_term=False)},
        ),
        *problem(
            family,
            "log-determinant of I + A Aᵀ",
            spectral,
            (numbers(151, 3, 2),),
            "gradient",
            right=lambda a: 2 * np.linalg.solve(np.eye(len(a)) + a @ a.T, a),
            wrong={"2 lost": lambda a: np.linalg.solve(np.eye(len(a)) + a @ a.T, a)},
        ),
        *problem(
            family,
            "trace of a product",
            lambda a, b: np.trace(a @ b),
            square,
            "gradient",
            right=lambda a, b: (b.T, a.T),
            wrong={"transposes forgotten": lambda a, b: (b, a)},
        ),
        *problem(
            family,
            "exponentials of eigenvalues",
            eigenvalue_sum,
            (POSITIVE,),
            "gradient",
            right=eigenvalue_sum_gradient,
            wrong={"vectors transposed": lambda a: eigenvalue_sum_gradient(a, transpose=False)},
        ),
        *problem(
            family,
            "Frobenius distance",
            lambda a, b: np.sqrt(np.sum((a - b) ** 2)),
            square,
            "gradient",
            right=lambda a, b: ((a - b) / np.linalg.norm(a - b), (b - a) / np.linalg.norm(a - b)),
            wrong={"second sign": lambda a, b: ((a - b) / np.linalg.norm(a - b), (a - b) / np.linalg.norm(a - b))},
        ),
        *problem(
            family,
            "three powers of a matrix",
            power_iteration,
            (numbers(152, 2, 2), numbers(153, 2)),
            right=power_iteration_vjp,
            wrong={"last term lost": lambda g, a, x: power_iteration_vjp(g, a, x, terms=2)},
        ),
        *problem(
            family,
            "bilinear form by einsum",
            lambda x, t, y: np.einsum("i,ijk,k->j", x, t, y),
            (numbers(154, 2), numbers(155, 2, 3, 2), numbers(156, 2)),
            right=lambda g, x, t, y: (
                np.einsum("j,ijk,k->i", g, t, y),
                np.einsum("i,j,k->ijk", x, g, y),
                np.einsum("i,ijk,j->k", x, t, g),
            ),
            wrong={
                "axes swapped": lambda g, x, t, y: (
                    np.einsum("j,kji,k->i", g, t, y),
                    np.einsum("i,j,k->ijk", x, g, y),
                    np.einsum("i,ijk,j->k", x, t, g),
                )
            },
        ),
    ]
