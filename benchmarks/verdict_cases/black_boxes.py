"""Functions that are computed where no tracer sees: libraries, root finders, loops until convergence, plain Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.optimize
import scipy.special

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def kepler(mean: Array) -> Array:
    """The eccentric anomaly E of E - 0.6 sin E = M, by a root finder."""
    return np.array(
        [scipy.optimize.brentq(lambda e, m=m: e - 0.6 * math.sin(e) - m, m - 1, m + 1, xtol=1e-14) for m in mean]
    )


def kepler_derivative(mean: Array, *, sign: float = -1.0) -> Array:
    """By the implicit function theorem."""
    return 1 / (1 + sign * 0.6 * np.cos(kepler(mean)))


def square_root(x: Array) -> Array:
    """Heron's iteration from above, until it no longer falls."""
    found = []
    for value in x.tolist():
        y, new = max(value, 1.0) + 1, max(value, 1.0)
        while new < y:
            y, new = new, 0.5 * (new + value / new)
        found.append(y)
    return np.array(found)


def error_function(x: Array) -> Array:
    return np.array([math.erf(value) for value in x])


def bell(x: Array) -> Array:
    return 2 / np.sqrt(np.pi) * np.exp(-(x**2))


def arc_length(b: Array) -> Array:
    """Of the parabola from 0 to each b, by quadrature."""
    return np.array([scipy.integrate.quad(lambda t: math.sqrt(1 + 4 * t * t), 0, end, epsabs=1e-13)[0] for end in b])


def flow(a: Array) -> Array:
    """The matrix exponential applied to (1, 1), by SciPy."""
    return scipy.linalg.expm(a) @ np.ones(2)


def flow_vjp(g: Array, a: Array, *, transpose: bool = True) -> Array:
    """By the block matrix of the transposed flow (Van Loan, 1978)."""
    block = np.block([[a.T, np.outer(g, np.ones(2))], [np.zeros((2, 2)), a.T]])
    found = scipy.linalg.expm(block)[:2, 2:]
    return found if transpose else found.T


def harmonic_loop(x: Array) -> Array:
    """A loop whose length depends on the values."""
    total = np.zeros_like(x)
    for k in range(1, 4 + int(np.sum(np.abs(x)) > 1e6)):
        total = total + np.sin(k * x) / k
    return total


def nuclear_norm(a: Array) -> Array:
    return np.sum(scipy.linalg.svdvals(a))


def nuclear_norm_gradient(a: Array, *, transpose: bool = False) -> Array:
    u, _, v = np.linalg.svd(a, full_matrices=False)
    return (u @ v).T if transpose else u @ v


def cases() -> list[Case]:
    """All of this family."""
    family = "black boxes"
    x = numbers(300, 4)
    return [
        *problem(
            family,
            "Kepler's equation",
            kepler,
            (x,),
            "derivative",
            right=kepler_derivative,
            wrong={
                "sign": lambda mean: kepler_derivative(mean, sign=1.0),
                "off by 1e-5": lambda mean: kepler_derivative(mean) * 1.00001,
            },
        ),
        *problem(
            family,
            "square root by iteration",
            square_root,
            (np.array([0.5, 2.0, 7.0]),),
            "derivative",
            right=lambda x: 0.5 / np.sqrt(x),
            wrong={"2 lost": lambda x: 1 / np.sqrt(x)},
            domain={"x": (0.01, 100)},
        ),
        *problem(
            family,
            "error function from math",
            error_function,
            (x,),
            "derivative",
            right=bell,
            wrong={
                "constant lost": lambda x: np.exp(-(x**2)),
                "off by 1e-3": lambda x: 1.001 * bell(x),
                "off by 1e-7": lambda x: 1.0000001 * bell(x),
            },
        ),
        *problem(
            family,
            "log-gamma from SciPy",
            scipy.special.gammaln,
            (np.array([0.5, 1.5, 4.0]),),
            "derivative",
            right=scipy.special.digamma,
            wrong={"logarithm": lambda x: np.log(np.abs(x)), "trigamma": lambda x: scipy.special.polygamma(1, x)},
            domain=[(0.05, 50)],
        ),
        *problem(
            family,
            "Bessel function from SciPy",
            scipy.special.j0,
            (x,),
            "derivative",
            right=lambda x: -scipy.special.j1(x),
            wrong={"sign": scipy.special.j1},
        ),
        *problem(
            family,
            "arc length by quadrature",
            arc_length,
            (np.array([0.3, 1.2, -0.8]),),
            "derivative",
            right=lambda b: np.sqrt(1 + 4 * b**2),
            wrong={
                "integrand of the area": lambda b: 1 + 4 * b**2,
                "off by 1e-3": lambda b: 1.001 * np.sqrt(1 + 4 * b**2),
            },
        ),
        *problem(
            family,
            "matrix exponential from SciPy",
            flow,
            (numbers(301, 2, 2),),
            right=flow_vjp,
            wrong={"transposed": lambda g, a: flow_vjp(g, a, transpose=False)},
        ),
        *problem(
            family,
            "nuclear norm from SciPy",
            nuclear_norm,
            (numbers(302, 3, 3) + 3 * np.diag([1.0, 2.0, 3.0]),),
            "gradient",
            right=nuclear_norm_gradient,
            wrong={"transposed": lambda a: nuclear_norm_gradient(a, transpose=True)},
        ),
        *problem(
            family,
            "loop of unknown length",
            harmonic_loop,
            (x,),
            "derivative",
            right=lambda x: np.cos(x) + np.cos(2 * x) + np.cos(3 * x),
            wrong={"last term lost": lambda x: np.cos(x) + np.cos(2 * x)},
        ),
    ]
