"""Elementwise functions at hard points: near 0, far out, beside singularities; what the peer says there in floats.

The mathematics of a rule may be right and its floats wrong all the same: 1 − tanh² is 0 from 19 on, and the square of 1e200
is infinite. Truth comes from proven enclosures of the derivative of the primal; where balls have no rule, from mpmath.
A number is *lost* where fewer than ten digits are right though neighbouring inputs would still have told them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck as gc
from rule_audits import truths
from rule_audits.subject import Array, Subject

# Not beyond 1e±30: there squares of everything under- and overflow, and what is found is that.
_SIZES = (
    *(
        1e-30,
        1e-17,
        1e-9,
        1e-5,
        1e-3,
        0.1,
        0.25,
        0.5,
        0.9,
        1 - 1e-3,
        1 - 1e-9,
        1 - 1e-15,
        1.0,
        1 + 1e-9,
        1.5,
        2.0,
        2.5,
        3.0,
    ),
    *(4.5, 6.0, 7.5, 10.0, 15.0, 20.0, 25.5, 37.5, 60.0, 100.0, 300.0, 500.0, 709.0, 745.0, 1e3, 1e5, 1e8, 1e16, 1e30),
)
ONE: Array = np.array([*(-size for size in reversed(_SIZES)), 0.0, *_SIZES])
_FEW = (1e-30, 1e-9, 0.5, 1.0, 2.0, 3.0, 20.0, 100.0, 745.0, 1e8, 1e30)
TWO: Array = np.array([*(-size for size in reversed(_FEW)), 0.0, *_FEW])
EPSILON = float(np.finfo(float).eps)
ENOUGH = 10  # digits
_ALLOWED = 64  # units in the last place, and as many of the input's
_TINY, _HUGE = 1e-290, 1e290  # beyond, an under- or overflow of the result itself


@dataclass(frozen=True)
class Hard:
    """What the peer says at one point, against the truth there. ``slopes`` are those on both sides of a kink."""

    sort: str
    k: int
    point: tuple[float, ...]
    says: float
    true: float
    digits: float
    slopes: tuple[float, float] | None = None
    by: str = ""


@dataclass(frozen=True)
class Sweep:
    """All that was seen: how many points were compared, how many left open, lost ones, and what is said at kinks."""

    compared: int
    open: int
    lost: tuple[Hard, ...]
    kinks: tuple[Hard, ...]


NON_FINITE, LOST, OUTSIDE, CONVENTION = "NaN or infinity", "loss of precision", "outside the slopes", "convention"


def sweep(subject: Subject) -> Sweep:
    """Ask the peer at the hard points, with respect to each argument."""
    assert subject.slope is not None
    assert subject.rows is not None
    count = len(subject.args)
    table = ONE[:, None] if count == 1 else np.array(list(itertools.product(TWO, repeat=count)))
    compared = left = 0
    lost: list[Hard] = []
    kinks: list[Hard] = []
    with np.errstate(all="ignore"):
        for k, (low, high) in subject.limits.items():
            table = table[(table[:, k] >= low) & (table[:, k] <= high)]
        table = table[np.isfinite(_values(subject, table))]
        for k in subject.wrt or range(count):
            says = np.asarray(subject.slope(k, *(table[:, [j]].copy() for j in range(count))), dtype=float)[:, 0]
            truth = _truth(subject, k, table)
            for row, said, true, bar, kink, by in zip(table, says, *truth, strict=True):
                point = tuple(float(part) for part in row)
                if kink:
                    inside = true - bar * (1 + 1e-9) - 1e-300 <= said <= true + bar * (1 + 1e-9) + 1e-300
                    sort = CONVENTION if inside else OUTSIDE
                    kinks.append(Hard(sort, k, point, float(said), float(true), 0, (true - bar, true + bar), by))
                    continue
                if not (np.isfinite(true) and bar <= max(1e-11 * abs(true), 1e-300)) or abs(true) > _HUGE:
                    left += 1
                    continue
                compared += 1
                error = abs(said - true)
                if error <= _ALLOWED * EPSILON * abs(true) or error < _TINY:
                    continue
                digits = _digits(said, true)
                if np.isfinite(said) and (digits >= ENOUGH or error <= _ALLOWED * _sensitivity(subject, k, point)):
                    continue
                lost.append(
                    Hard(LOST if np.isfinite(said) else NON_FINITE, k, point, float(said), float(true), digits, by=by)
                )
    return Sweep(compared, left, tuple(lost), tuple(kinks))


def _values(subject: Subject, table: Array) -> Array:
    """The function at each row; NaN where it refuses the arguments."""
    assert subject.rows is not None
    columns = [table[:, [k]].copy() for k in range(table.shape[1])]
    try:
        return np.asarray(subject.rows(*columns), dtype=float)[:, 0]
    except (ValueError, RuntimeError):  # torch's cross-entropy outside of probabilities
        if len(table) == 1:
            return np.array([np.nan])
        return np.concatenate([_values(subject, row[None]) for row in table])


def _digits(said: float, true: float) -> float:
    if not math.isfinite(said) or true == 0:
        return 0.0
    return max(0.0, -math.log10(max(abs(said - true) / abs(true), 1e-17)))


def _truth(subject: Subject, k: int, table: Array) -> tuple[Array, Array, Array, Sequence[str]]:
    """Values, bars, kinks, and by what they are known, of the derivative with respect to argument `k` at each row."""
    rows = subject.rows
    assert rows is not None
    name = "" if subject.call else subject.name  # with settings it is another function
    direction = np.zeros(table.shape[1])
    direction[k] = 1.0

    def function(points: Any) -> Any:
        return rows(*(points[:, j : j + 1] for j in range(table.shape[1])))[:, 0]

    function.__wrapped__ = rows  # type: ignore[attr-defined] # what it is written in is looked up there
    found = gc.differentiate(function, table, direction=direction, batched=True)
    value, bar, kink, certified = (
        np.array(part, copy=True) for part in (found.value, found.error, found.kink, found.certified)
    )
    by = ["enclosed" if proven else "seen by differences" for proven in certified]
    for i in np.flatnonzero(~certified | (~(bar <= 1e-11 * np.abs(value)) & ~kink)):
        point = tuple(float(part) for part in table[i])
        second = truths.slope(name, k, point)
        if second is not None:
            value[i], bar[i], by[i], kink[i] = second, 1e-14 * abs(second), "by mpmath", False
        elif not kink[i] or not all(part == 0 or 1e-9 <= abs(part) <= 1e9 for part in point):
            value[i], kink[i] = np.nan, False  # differences of values are no truth at points such as these
    # What the function computes may be an approximation, of which the enclosure is the derivative: its name is asked as well.
    plain = certified & ~kink & np.isfinite(value) & np.all((np.abs(table) >= 1e-3) & (np.abs(table) <= 100.0), axis=1)
    for i in np.flatnonzero(plain):
        second = truths.slope(name, k, tuple(float(part) for part in table[i]))
        if second is not None and abs(second - value[i]) > 1e-11 * abs(second):
            value[i], bar[i], by[i] = (
                second,
                1e-14 * abs(second),
                "by mpmath: the function itself is computed otherwise",
            )
    return value, bar, kink, by


def _sensitivity(subject: Subject, k: int, point: tuple[float, ...]) -> float:
    """By how much the true derivative changes when each input moves by one unit in its last place."""
    rows = [point]
    for j, part in enumerate(point):
        rows += [(*point[:j], float(np.nextafter(part, far)), *point[j + 1 :]) for far in (-math.inf, math.inf)]
    value, _, _, _ = _truth(subject, k, np.array(rows))
    moved = np.abs(value[1:] - value[0])
    return float(np.sum(moved[np.isfinite(moved)]))
