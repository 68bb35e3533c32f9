"""Whole Jacobians and Hessians."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def spherical(p: Array) -> Array:
    r, theta, phi = p[0], p[1], p[2]
    return np.stack([r * np.sin(theta) * np.cos(phi), r * np.sin(theta) * np.sin(phi), r * np.cos(theta)])


def spherical_jacobian(p: Array, *, sign: float = -1.0, transpose: bool = False) -> Array:
    r, theta, phi = p[0], p[1], p[2]
    st, ct, sp, cp = np.sin(theta), np.cos(theta), np.sin(phi), np.cos(phi)
    j = np.stack(
        [
            np.stack([st * cp, r * ct * cp, sign * r * st * sp]),
            np.stack([st * sp, r * ct * sp, r * st * cp]),
            np.stack([ct, -r * st, 0 * r]),
        ]
    )
    return j.T if transpose else j


def arm(q: Array) -> Array:
    """The hand of a planar arm with two links of lengths 1 and 0.8."""
    return np.stack([np.cos(q[0]) + 0.8 * np.cos(q[0] + q[1]), np.sin(q[0]) + 0.8 * np.sin(q[0] + q[1])])


def arm_jacobian(q: Array, *, carried: bool = True) -> Array:
    s, c = 0.8 * np.sin(q[0] + q[1]), 0.8 * np.cos(q[0] + q[1])
    first = np.stack([-np.sin(q[0]) - s, np.cos(q[0]) + c]) if carried else np.stack([-np.sin(q[0]), np.cos(q[0])])
    return np.stack([first, np.stack([-s, c])], axis=1)


def rosenbrock(x: Array) -> Array:
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_gradient(x: Array, *, inner: float = 400.0) -> Array:
    return np.stack([-inner * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])


def rosenbrock_hessian(x: Array, *, three: float = 1200.0, mixed: float = -400.0) -> Array:
    return np.stack(
        [np.stack([three * x[0] ** 2 - 400 * x[1] + 2, mixed * x[0]]), np.stack([-400 * x[0], 200.0 + 0 * x[0]])]
    )


def logsumexp(x: Array) -> Array:
    return np.log(np.sum(np.exp(x)))


def logsumexp_hessian(x: Array, *, rank_one: bool = True) -> Array:
    p = np.exp(x) / np.sum(np.exp(x))
    return np.diag(p) - np.outer(p, p) if rank_one else np.diag(p)


def softmax_jacobian(x: Array, *, diagonal: bool = True) -> Array:
    p = np.exp(x) / np.sum(np.exp(x))
    return np.diag(p) - np.outer(p, p) if diagonal else -np.outer(p, p)


def lotka(y: Array) -> Array:
    return np.stack([y[0] * (1.5 - y[1]), y[1] * (y[0] - 3.0)])


def lotka_jacobian(y: Array, *, swapped: bool = False) -> Array:
    a, b = -y[0], y[1]
    off = (b, a) if swapped else (a, b)
    return np.stack([np.stack([1.5 - y[1], off[0]]), np.stack([off[1], y[0] - 3.0])])


def tridiagonal(u: Array) -> Array:
    """Nonlinear diffusion on a line with zeros beyond its ends."""
    p = np.concatenate([np.zeros(1), u, np.zeros(1)])
    return p[2:] - 2 * p[1:-1] + p[:-2] - u**3


def tridiagonal_jacobian(u: Array, *, upper: bool = True) -> Array:
    n = u.size
    j = np.diag(-2 - 3 * u**2) + np.eye(n, k=-1)
    return j + np.eye(n, k=1) if upper else j


def cases() -> list[Case]:
    """All of this family."""
    family = "Jacobians and Hessians"
    return [
        *problem(
            family,
            "spherical coordinates",
            spherical,
            (np.array([1.5, 0.7, 0.3]),),
            "jacobian",
            right=spherical_jacobian,
            wrong={
                "one sign": lambda p: spherical_jacobian(p, sign=1.0),
                "transposed": lambda p: spherical_jacobian(p, transpose=True),
            },
        ),
        *problem(
            family,
            "spherical coordinates, azimuth 0",
            spherical,
            (np.array([1.5, 0.7, 0.0]),),
            "jacobian",
            wrong={"one sign": lambda p: spherical_jacobian(p, sign=1.0)},
        ),
        *problem(
            family,
            "robot arm",
            arm,
            (np.array([0.4, -0.9]),),
            "jacobian",
            right=arm_jacobian,
            wrong={"second link not carried": lambda q: arm_jacobian(q, carried=False)},
        ),
        *problem(
            family,
            "Rosenbrock's gradient",
            rosenbrock,
            (np.array([-1.2, 1.0]),),
            "gradient",
            right=rosenbrock_gradient,
            wrong={"200 for 400": lambda x: rosenbrock_gradient(x, inner=200.0)},
        ),
        *problem(
            family,
            "Rosenbrock's gradient, on the valley's floor",
            rosenbrock,
            (np.array([1.0, 1.0]),),
            "gradient",
            wrong={"200 for 400": lambda x: rosenbrock_gradient(x, inner=200.0)},
        ),
        *problem(
            family,
            "Rosenbrock's Hessian",
            rosenbrock,
            (np.array([-1.2, 1.0]),),
            "hessian",
            right=rosenbrock_hessian,
            wrong={
                "400 for 1200": lambda x: rosenbrock_hessian(x, three=400.0),
                "not symmetric": lambda x: rosenbrock_hessian(x, mixed=400.0),
            },
        ),
        *problem(
            family,
            "Hessian of logsumexp",
            logsumexp,
            (numbers(270, 3),),
            "hessian",
            right=logsumexp_hessian,
            wrong={"outer product lost": lambda x: logsumexp_hessian(x, rank_one=False)},
        ),
        *problem(
            family,
            "softmax",
            lambda x: np.exp(x) / np.sum(np.exp(x)),
            (numbers(271, 3),),
            "jacobian",
            right=softmax_jacobian,
            wrong={"diagonal lost": lambda x: softmax_jacobian(x, diagonal=False)},
        ),
        *problem(
            family,
            "predator and prey",
            lotka,
            (np.array([2.0, 1.0]),),
            "jacobian",
            right=lotka_jacobian,
            wrong={"off-diagonals swapped": lambda y: lotka_jacobian(y, swapped=True)},
        ),
        *problem(
            family,
            "nonlinear diffusion",
            tridiagonal,
            (numbers(272, 4),),
            "jacobian",
            right=tridiagonal_jacobian,
            wrong={"upper diagonal lost": lambda u: tridiagonal_jacobian(u, upper=False)},
        ),
    ]
