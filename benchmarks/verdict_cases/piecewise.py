"""Kinks, ties, steps and borders: at them, next to them, and only seen from one side."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, problem

Args = tuple[Any, ...]

AT_ZERO = (np.array([-1.0, 0.0, 2.0]),)
NEXT_TO_ZERO = (np.array([1e-7, -1e-7, 1.0]),)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def cone(x: Array) -> Array:
    """Length of a vector."""
    return np.sqrt(np.sum(x**2))


def safe_sqrt(x: Array) -> Array:
    return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)


def shrink(x: Array) -> Array:
    return np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)


def hinge(m: Array) -> Array:
    return np.sum(np.maximum(0, 1 - m))


def quantile(r: Array) -> Array:
    return np.sum(np.where(r >= 0, 0.9 * r, -0.1 * r))


def wrapped_angle(x: Array) -> Array:
    return np.mod(x, 1.0) ** 2


def table_lookup(x: Array) -> Array:
    """Three pieces, continuous: slope 1 up to 1, then 2 up to 3, then 0."""
    return np.where(x < 1, x, np.where(x < 3, 2 * x - 1, 5.0))


def cases() -> list[Case]:
    """All of this family."""
    family = "piecewise"
    found = []
    for where, args in (("at 0", AT_ZERO), ("1e-7 from 0", NEXT_TO_ZERO)):
        found += problem(
            family,
            f"relu {where}",
            relu,
            args,
            "derivative",
            right={"0 at 0": lambda x: np.where(x > 0, 1.0, 0.0), "1 at 0": lambda x: np.where(x >= 0, 1.0, 0.0)},
            wrong={
                "2 at 0": lambda x: np.where(x == 0, 2.0, np.where(x > 0, 1.0, 0.0)),
                "1 from -1e-6 on": lambda x: np.where(x > -1e-6, 1.0, 0.0),
            },
        )
        found += problem(
            family,
            f"absolute value {where}",
            np.abs,
            args,
            "derivative",
            right=np.sign,
            wrong={"NaN at 0": lambda x: x / np.abs(x)} if where == "at 0" else {"sign": lambda x: -np.sign(x)},
        )
    return [
        *found,
        *problem(
            family,
            "length of a vector at 0",
            cone,
            (np.zeros(3),),
            "gradient",
            right=lambda x: x / np.maximum(np.sqrt(np.sum(x**2)), 1e-300),
            wrong={"NaN at 0": lambda x: x / np.sqrt(np.sum(x**2))},
        ),
        *problem(
            family,
            "guarded square root",
            safe_sqrt,
            (np.array([-1.0, 0.25, 4.0]),),
            "derivative",
            right=lambda x: np.where(x > 0, 0.5 / np.sqrt(np.where(x > 0, x, 1.0)), 0.0),
            wrong={"guard lost": lambda x: 0.5 / np.sqrt(np.abs(x))},
        ),
        *problem(
            family,
            "soft threshold",
            shrink,
            (np.array([-2.0, 0.1, 0.7]),),
            "derivative",
            right=lambda x: np.where(np.abs(x) > 0.5, 1.0, 0.0),
            wrong={
                "sign in the tail": lambda x: np.where(np.abs(x) > 0.5, np.sign(x), 0.0),
                "threshold 0.6": lambda x: np.where(np.abs(x) > 0.6, 1.0, 0.0),
            },
        ),
        *problem(
            family,
            "hinge at its margin",
            hinge,
            (np.array([1.0, 0.5, 2.0]),),
            "gradient",
            right=lambda m: np.where(m < 1, -1.0, 0.0),
            wrong={
                "sign": lambda m: np.where(m < 1, 1.0, 0.0),
                "-2 at the margin": lambda m: np.where(m < 1, -1.0, np.where(m == 1, -2.0, 0.0)),
            },
        ),
        *problem(
            family,
            "pinball loss, overestimates only",
            quantile,
            (np.array([0.5, 1.5]),),
            "gradient",
            right=lambda r: np.where(r >= 0, 0.9, -0.1),
            wrong={"0.1 for -0.1 below": lambda r: np.where(r >= 0, 0.9, 0.1)},
        ),
        *problem(
            family,
            "clip, inside only",
            lambda x: np.clip(x, -1, 1),
            (np.array([-0.5, 0.25, 0.75]),),
            "derivative",
            right=lambda x: np.where((x > -1) & (x < 1), 1.0, 0.0),
            wrong={
                "straight through": lambda x: np.ones_like(x),
                "lower border forgotten": lambda x: np.where(x < 1, 1.0, 0.0),
            },
        ),
        *problem(
            family,
            "ReLU6, exactly at its borders",
            lambda x: np.minimum(np.maximum(x, 0), 6),
            (np.array([0.0, 6.0, 3.0, -1.0, 7.0]),),
            "derivative",
            right=lambda x: np.where((x > 0) & (x < 6), 1.0, 0.0),
            wrong={"border at 5": lambda x: np.where((x > 0) & (x < 5), 1.0, 0.0)},
        ),
        *problem(
            family,
            "larger of two, with a tie",
            np.maximum,
            (np.array([1.0, 0.5, -1.0]), np.array([1.0, 2.0, -3.0])),
            right={
                "to the first": lambda g, a, b: (g * (a >= b), g * (a < b)),
                "halves": lambda g, a, b: (
                    g * np.where(a == b, 0.5, a > b),
                    g * np.where(a == b, 0.5, b > a),
                ),
            },
            wrong={
                "swapped": lambda g, a, b: (g * (a < b), g * (a >= b)),
                "2 at a tie": lambda g, a, b: (g * np.where(a == b, 2.0, a > b), g * np.where(a == b, -1.0, b > a)),
            },
        ),
        *problem(
            family,
            "rounding",
            lambda x: np.floor(2 * x) / 2,
            (np.array([0.3, -1.2, 2.7]),),
            "derivative",
            right=lambda x: np.zeros_like(x),
            wrong={"straight through": lambda x: np.ones_like(x)},
        ),
        *problem(
            family,
            "wrapped angle",
            wrapped_angle,
            (np.array([0.3, 1.4, -0.7]),),
            "derivative",
            right=lambda x: 2 * np.mod(x, 1.0),
            wrong={"not wrapped": lambda x: 2 * x},
        ),
        *problem(
            family,
            "three pieces, seen from the first",
            table_lookup,
            (np.array([0.2, 0.5]),),
            "derivative",
            right=lambda x: np.where(x < 1, 1.0, np.where(x < 3, 2.0, 0.0)),
            wrong={
                "third forgotten": lambda x: np.where(x < 1, 1.0, 2.0),
                "second forgotten": lambda x: np.where(x < 3, 1.0, 0.0),
            },
        ),
        *problem(
            family,
            "no dependence on the second argument",
            lambda x, y: np.sum(x**2) + 0 * np.sum(y),
            (np.array([0.5, -1.0]), np.array([2.0, 3.0])),
            "gradient",
            right=lambda x, y: (2 * x, np.zeros_like(y)),
            wrong={"1e-6 for 0": lambda x, y: (2 * x, np.full_like(y, 1e-6))},
        ),
        *problem(
            family,
            "square of the positive part, next to 0",
            lambda x: np.where(x > 0, x**2, 0.0),
            (np.array([1e-7, -1e-7, 0.0, 1.0]),),
            "derivative",
            right=lambda x: np.where(x > 0, 2 * x, 0.0),
            wrong={"both sides": lambda x: 2 * x},
        ),
    ]
