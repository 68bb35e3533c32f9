"""Functions of complex arguments; gradients in JAX's convention (g dz = dL) or torch's, as named."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def points(seed: int, n: int) -> Array:
    return numbers(seed, n) + 1j * numbers(seed + 1, n)


def power(z: Array) -> Array:
    return np.sum(np.abs(z) ** 2)


def spectrum(z: Array) -> Array:
    """Power of a Fourier transform, by its matrix."""
    n = z.size
    dft = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
    return np.abs(dft @ z) ** 2


def spectrum_vjp(g: Array, z: Array, *, adjoint: bool = True) -> Array:
    """In torch's convention."""
    n = z.size
    dft = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
    back = dft.conj().T if adjoint else dft.T
    return 2 * back @ (g * (dft @ z))


def cases() -> list[Case]:
    """All of this family."""
    family = "complex"
    return [
        *problem(
            family,
            "power",
            power,
            (points(180, 3),),
            "gradient",
            right=lambda z: 2 * z,
            wrong={"conjugated": lambda z: 2 * np.conj(z), "real part only": lambda z: 2 * z.real + 0j},
            convention="torch",
        ),
        *problem(
            family,
            "power, JAX's convention",
            power,
            (points(180, 3),),
            "gradient",
            right=lambda z: 2 * np.conj(z),
            wrong={"not conjugated": lambda z: 2 * z, "Wirtinger's half": lambda z: np.conj(z)},
            convention="jax",
        ),
        *problem(
            family,
            "square",
            lambda z: z**2,
            (points(182, 3),),
            right=lambda g, z: 2 * z * g,
            wrong={"conjugated": lambda g, z: 2 * np.conj(z) * g, "2 lost": lambda g, z: z * g},
            convention="jax",
        ),
        *problem(
            family,
            "exponential, torch's convention",
            np.exp,
            (points(184, 3),),
            right=lambda g, z: g * np.conj(np.exp(z)),
            wrong={"not conjugated": lambda g, z: g * np.exp(z)},
            convention="torch",
        ),
        *problem(
            family,
            "reciprocal",
            lambda z: 1 / z,
            (points(186, 3),),
            right=lambda g, z: -g / z**2,
            wrong={"by the squared modulus": lambda g, z: -g / np.abs(z) ** 2},
            convention="jax",
        ),
        *problem(
            family,
            "modulus",
            np.abs,
            (points(188, 3),),
            right=lambda g, z: g * z / np.abs(z),
            wrong={"of the square": lambda g, z: 2 * g * z},
            convention="torch",
        ),
        *problem(
            family,
            "power spectrum",
            spectrum,
            (points(190, 3),),
            right=spectrum_vjp,
            wrong={"transposed for adjoint": lambda g, z: spectrum_vjp(g, z, adjoint=False)},
            convention="torch",
        ),
        *problem(
            family,
            "conjugate product",
            lambda a, b: np.sum(np.conj(a) * b).real,
            (points(192, 2), points(194, 2)),
            "gradient",
            right=lambda a, b: (b, a),
            wrong={"one conjugated": lambda a, b: (b, np.conj(a))},
            convention="torch",
        ),
        *problem(
            family,
            "phase of real numbers",
            lambda x: np.real(np.exp(1j * x) * (2 - 1j)),
            (numbers(196, 3),),
            right=lambda g, x: g * (np.cos(x) - 2 * np.sin(x)),
            wrong={"sign of the imaginary part": lambda g, x: g * (-np.cos(x) - 2 * np.sin(x))},
        ),
    ]
