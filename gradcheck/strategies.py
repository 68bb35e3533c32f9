"""Hypothesis strategies for arguments of functions that are differentiated, in short decimals that shrink.

Each is a family of inputs that hides faults elsewhere: entries near kinks, ties, saturation, scales far apart, matrices
well and badly conditioned. Combine them with ``st.tuples`` into arguments, or hand them to `gradcheck.given_args`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, np.dtype[Any]]
Shape = int | Sequence[int]

__all__ = [
    "arrays",
    "ill_conditioned",
    "near_kinks",
    "one_hot",
    "positive_definite",
    "pytrees",
    "saturated",
    "scaled",
    "simplex",
    "tied",
    "well_conditioned",
]


class StrategyError(ValueError):
    """A strategy was asked for what it cannot draw; the message names the argument, what was given, what is expected."""


def arrays(
    shape: Shape = (), *, low: float = -3.0, high: float = 3.0, dtype: Any = np.float64
) -> SearchStrategy[Array]:
    """Generic arrays: decimals of two places between `low` and `high`, shrinking to small whole numbers other than 0.

    Raises:
        StrategyError: `low` is not below `high`, or nothing of two decimals lies between.
    """
    numbers = _decimals(low, high)
    return _filled(_shape(shape), st.sampled_from(numbers), dtype)


def near_kinks(
    shape: Shape = (), *, kinks: Sequence[float] = (0.0,), distance: float = 1e-6, dtype: Any = np.float64
) -> SearchStrategy[Array]:
    """Entries on a kink, `distance` to either side of it, and well away from it."""
    around = [k + d for k in kinks for d in (1.0, -1.0, 0.0, distance, -distance)]
    return _filled(_shape(shape), st.sampled_from(list(dict.fromkeys(around))), dtype)


def tied(shape: Shape, *, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Arrays in which some entries are exactly equal: few different values for many places.

    Raises:
        StrategyError: the array has fewer than two entries, so that nothing can be equal.
    """
    full = _shape(shape)
    if math.prod(full) < 2:
        raise StrategyError(f"tied({shape}): at least two entries are expected, since one cannot be equal to another")
    pairs = st.tuples(st.sampled_from([1.0, 2.0, -1.0, 0.5]), st.sampled_from([1.0, 0.0, -2.0]))
    return pairs.flatmap(lambda pair: _filled(full, st.sampled_from([pair[0], pair[0], pair[1]]), dtype))


def saturated(shape: Shape = (), *, level: float = 30.0, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Entries at ±`level` and half of it, where sigmoids and exponentials have nothing left to say, and a few at ±1."""
    return _filled(_shape(shape), st.sampled_from([1.0, -1.0, level / 2, -level / 2, level, -level]), dtype)


def scaled(
    shape: Shape = (), *, exponents: tuple[int, int] = (-8, 8), dtype: Any = np.float64
) -> SearchStrategy[Array]:
    """Entries of very different size side by side: a digit times a power of ten.

    Raises:
        StrategyError: the first exponent is above the second.
    """
    low, high = exponents
    if low > high:
        raise StrategyError(f"scaled(exponents={exponents}): the first must not be above the second")
    powers = sorted(range(low, high + 1), key=abs)
    entries = st.builds(
        lambda digit, power: float(f"{digit}e{power}"), st.sampled_from([1, -1, 2, -3, 5]), st.sampled_from(powers)
    )
    return _filled(_shape(shape), entries, dtype)


def well_conditioned(size: int, *, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Square matrices with a condition number below 10: strictly dominated by their diagonal, of either sign."""
    return arrays((size, size), low=-1.0, high=1.0).map(lambda m: (m / size + 2 * np.eye(size)).round(4).astype(dtype))


def ill_conditioned(size: int, *, condition: float = 1e8, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Invertible square matrices with about this condition number: one direction is nearly lost.

    Raises:
        StrategyError: the matrix is smaller than 2 × 2.
    """
    if size < 2:
        raise StrategyError(f"ill_conditioned({size}): a size of at least 2 is expected; a number has the condition 1")

    def spoiled(matrix: Array) -> Array:
        result = matrix.copy()
        result[-1] = result[0] * 2
        result[-1, -1] += 1 / condition
        return result.astype(dtype)

    return well_conditioned(size).map(spoiled)


def positive_definite(size: int, *, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Symmetric positive definite matrices: B Bᵀ + 1/2, with B of small decimals."""
    factors = _filled((size, size), st.sampled_from([0.5, 0.0, -0.5, 1.0, -1.0]), np.float64)
    return factors.map(lambda b: (b @ b.T + 0.5 * np.eye(size)).astype(dtype))


def simplex(size: int, *, rows: Shape = (), dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Positive weights that sum to exactly 1 along the last axis.

    Raises:
        StrategyError: fewer than two weights, or more than 32.
    """
    from gradcheck.domains import Simplex

    if not 2 <= size <= 32:
        raise StrategyError(f"simplex({size}): a size from 2 to 32 is expected")
    return _rows(Simplex(size).strategy(), _shape(rows), size, dtype)


def one_hot(size: int, *, rows: Shape = (), dtype: Any = np.float64) -> SearchStrategy[Array]:
    """One-hot vectors along the last axis."""
    from gradcheck.domains import OneHot

    return _rows(OneHot(size).strategy(), _shape(rows), size, dtype)


def pytrees(like: Any, leaf: Any = arrays) -> SearchStrategy[Any]:
    """Trees like `like`, whose arrays give the shapes and dtypes; ``leaf(shape, dtype=…)`` makes the strategy of each.

    Leaves that are strategies already stay what they are, and what is neither is kept.
    """
    if isinstance(like, SearchStrategy):
        return like
    if isinstance(like, dict):
        return st.fixed_dictionaries({key: pytrees(value, leaf) for key, value in like.items()})
    if isinstance(like, list):
        return st.tuples(*(pytrees(value, leaf) for value in like)).map(list)
    if isinstance(like, tuple):
        made = st.tuples(*(pytrees(value, leaf) for value in like))
        return made.map(lambda values: type(like)(*values)) if hasattr(like, "_fields") else made
    if isinstance(like, np.ndarray | np.floating) and like.dtype.kind == "f":
        found: SearchStrategy[Any] = leaf(like.shape, dtype=like.dtype)
        return found
    return leaf((), dtype=np.float64) if isinstance(like, float) else st.just(like)


def _decimals(low: float, high: float) -> list[float]:
    """Whole numbers other than 0, then tenths, then hundredths between the bounds; 0 comes after the whole ones."""
    if not low < high:
        raise StrategyError(f"arrays(low={low}, high={high}): low must be below high")
    found: list[float] = []
    for places in (0, 1, 2):
        step = 10.0**-places
        first, last = math.ceil(low / step), math.floor(high / step)
        numbers = sorted((round(k * step, places) for k in range(first, last + 1)), key=lambda x: (abs(x), x < 0))
        found += [number for number in numbers if number] + [0.0 for number in numbers if not number]
    unique = [number for number in dict.fromkeys(found) if low <= number <= high]
    if not unique:
        raise StrategyError(
            f"arrays(low={low}, high={high}): no decimal of two places lies between; widen the interval"
        )
    return unique


def _filled(shape: tuple[int, ...], entries: SearchStrategy[float], dtype: Any) -> SearchStrategy[Array]:
    size = math.prod(shape)
    return st.lists(entries, min_size=size, max_size=size).map(
        lambda found: np.array(found).reshape(shape).astype(dtype)
    )


def _rows(row: SearchStrategy[Array], rows: tuple[int, ...], size: int, dtype: Any) -> SearchStrategy[Array]:
    count = math.prod(rows)
    return st.lists(row, min_size=count, max_size=count).map(
        lambda found: np.array(found).reshape(*rows, size).astype(dtype)
    )


def _shape(shape: Shape) -> tuple[int, ...]:
    full = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(not isinstance(n, int) or n < 0 for n in full):
        raise StrategyError(f"shape {shape!r}: whole numbers, 0 or more, are expected")
    return full
