"""The order of balls: how a sort arranges them, and between which neighbours the enclosures leave it open."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.numbers.ball_arrays import certainly, from_floats, midpoints

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Order:
    """A stable sorting order along an axis, and what is known of the neighbours in it.

    ``apart`` says where one of two neighbours is certainly below the next, ``same`` where both are exactly equal; elsewhere
    their order is open. Both have one entry less than ``places`` along the axis.
    """

    places: Array
    apart: Array
    same: Array

    @property
    def decided(self) -> bool:
        """Whether no neighbours are open."""
        return bool(np.all(self.apart | self.same))


def ordered(keys: Sequence[Array], axis: int) -> Order:
    """The order by the first key, by the second where the first is equal, and so on; keys are arrays of balls or integers."""
    balls = [key if key.dtype == object else from_floats(key) for key in keys]
    places = np.argsort(midpoints(balls[0]), axis=axis, kind="stable")
    order = _neighbours(balls, places, axis)
    return order if np.all(order.apart) else _neighbours(balls, _exact_places(balls, axis), axis)


def _neighbours(keys: Sequence[Array], places: Array, axis: int) -> Order:
    apart: Any = False
    same: Any = True
    for key in keys:
        moved = np.moveaxis(np.take_along_axis(key, places, axis=axis), axis, 0)
        apart = apart | (same & certainly("lt", moved[:-1], moved[1:]))
        same = same & certainly("eq", moved[:-1], moved[1:])
    return Order(places, np.moveaxis(apart, 0, axis), np.moveaxis(same, 0, axis))


def _exact_places(keys: Sequence[Array], axis: int) -> Array:
    """The order of the exact centres, whose nearest floats may coincide; NaN comes last."""
    lines = [np.moveaxis(key, axis, -1).reshape(-1, key.shape[axis]) for key in keys]
    result = np.empty(lines[0].shape, dtype=np.int64)
    for k in range(len(lines[0])):
        rows = list(zip(*(line[k] for line in lines), strict=True))
        compare = functools.partial(_compared, rows)
        result[k] = sorted(range(len(rows)), key=functools.cmp_to_key(compare))
    moved_shape = np.moveaxis(keys[0], axis, -1).shape
    return np.moveaxis(result.reshape(moved_shape), -1, axis)


def _compared(rows: Sequence[tuple[Any, ...]], i: int, j: int) -> int:
    for a, b in zip(rows[i], rows[j], strict=True):
        first, second = a.mid(), b.mid()
        if first.is_nan() != second.is_nan():
            return 1 if first.is_nan() else -1
        if first < second or first > second:
            return -1 if first < second else 1
    return 0
