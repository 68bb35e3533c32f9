"""Large beside small: leaves, entries, and whole functions of unusual size."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]

SIZES = np.array([1e8, 1.0, 1e-8])


def swamped(a: Array, b: Array) -> Array:
    return 1e8 * np.sum(a) + np.sum(b**2)


def swamped_vjp(g: Array, a: Array, b: Array, *, second: float = 2.0) -> Args:
    return g * np.full_like(a, 1e8), g * second * b


def network(params: dict[str, Array], x: Array) -> Array:
    """A layer whose gain is of size 1e-6 beside weights of size 1e4."""
    return np.tanh(x @ params["w"] * 1e-4) @ params["v"] + params["gain"] * 1e-6 * np.sum(x)


def network_vjp(g: Array, params: dict[str, Array], x: Array, *, gain: float = 1.0) -> Args:
    h = np.tanh(x @ params["w"] * 1e-4)
    da = np.outer(g, params["v"]) * (1 - h**2) * 1e-4
    dx = da @ params["w"].T + np.sum(g) * params["gain"] * 1e-6
    return {"w": x.T @ da, "v": h.T @ g, "gain": np.asarray(gain * 1e-6 * np.sum(x) * np.sum(g))}, dx


def cases() -> list[Case]:
    """All of this family."""
    family = "scales"
    params = {"w": 1e4 * numbers(220, 2, 2), "v": numbers(221, 2), "gain": np.array(1.5)}
    return [
        *problem(
            family,
            "leaf of 1e8 beside one of 1",
            swamped,
            (numbers(222, 3), numbers(223, 3)),
            right=swamped_vjp,
            wrong={
                "-7 for 2 in the small leaf": lambda g, a, b: swamped_vjp(g, a, b, second=-7.0),
                "small leaf off by 1e-7": lambda g, a, b: swamped_vjp(g, a, b, second=2.0000002),
                "small leaf 0": lambda g, a, b: swamped_vjp(g, a, b, second=0.0),
            },
        ),
        *problem(
            family,
            "entries 1e8, 1 and 1e-8 side by side",
            lambda x: SIZES * x**2,
            (numbers(224, 3),),
            "derivative",
            right=lambda x: 2 * SIZES * x,
            wrong={
                "smallest entry 0": lambda x: 2 * SIZES * x * np.array([1.0, 1.0, 0.0]),
                "smallest entry halved": lambda x: 2 * SIZES * x * np.array([1.0, 1.0, 0.5]),
            },
        ),
        *problem(
            family,
            "sum of entries of very different size",
            lambda x: np.sum(SIZES * np.sin(x)),
            (numbers(225, 3),),
            "gradient",
            right=lambda x: SIZES * np.cos(x),
            wrong={"sign of the smallest": lambda x: SIZES * np.cos(x) * np.array([1.0, 1.0, -1.0])},
        ),
        *problem(
            family,
            "function of size 1e-8",
            lambda x: 1e-8 * np.sum(x**2),
            (numbers(226, 4),),
            "gradient",
            right=lambda x: 2e-8 * x,
            wrong={"2 lost": lambda x: 1e-8 * x, "0": np.zeros_like, "sign": lambda x: -2e-8 * x},
        ),
        *problem(
            family,
            "function of size 1e8",
            lambda x: 1e8 * np.sin(x),
            (numbers(227, 4),),
            "derivative",
            right=lambda x: 1e8 * np.cos(x),
            wrong={"off by 1": lambda x: 1e8 * np.cos(x) + 1},
        ),
        *problem(
            family,
            "inputs of size 1e11",
            lambda x: 2 * x,
            (np.array([1e11, -3e11]),),
            "derivative",
            right=lambda x: np.full_like(x, 2.0),
            wrong={"off by 1e-9": lambda x: np.full_like(x, 2.000000002)},
        ),
        *problem(
            family,
            "inputs of size 1e-8",
            lambda x: np.sin(1e8 * x),
            (np.array([1e-8, -3e-9]),),
            "derivative",
            right=lambda x: 1e8 * np.cos(1e8 * x),
            wrong={"inner factor lost": lambda x: np.cos(1e8 * x)},
        ),
        *problem(
            family,
            "large constant added",
            lambda x: 1e10 + np.sin(x),
            (numbers(228, 3),),
            "derivative",
            right=np.cos,
            wrong={"off by 1e-3": lambda x: np.cos(x) * 1.001, "sign": lambda x: -np.cos(x)},
        ),
        *problem(
            family,
            "network with weights of every size",
            network,
            (params, numbers(229, 3, 2)),
            right=network_vjp,
            wrong={"gain's gradient halved": lambda g, params, x: network_vjp(g, params, x, gain=0.5)},
        ),
    ]
