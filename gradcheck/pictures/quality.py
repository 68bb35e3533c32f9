"""The numerical quality of a claim as coded: per dtype, the range of one entry over which it keeps half of its digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from gradcheck import decimals
from gradcheck.numbers.rounded import DTYPES, nearest
from gradcheck.picture import Quality, Range
from gradcheck.pictures.along import Along
from gradcheck.pictures.scan import Looked, look
from gradcheck.pictures.scene import strictly

Array = np.ndarray[Any, np.dtype[Any]]

_CUTS = 12  # of every gap between a good and a bad number, in a round
_ROUNDS = 3
_TOLD = ("float64", "float32")  # in the sentence, which is about the precisions that people compute in
_ENDS = 3  # digits of the ends of ranges
_MOST_TOLD = 2  # unstable stretches that a sentence names


@dataclass
class _Stretch:
    """Neighbouring numbers that all keep half of the digits, or none of which does (and what is given there instead)."""

    low: float
    high: float
    kept: bool
    how: str = ""


def quality(along: Along, looked: Mapping[str, Looked]) -> Quality:
    """The ranges of a scene that was looked at, and the finding in words."""
    stretches = {dtype: _stretches(one) for dtype, one in looked.items()}
    _close_in(along, stretches)
    ranges = tuple(_range(dtype, found, along.here) for dtype, found in stretches.items())
    return Quality(along.axis, ranges, _sentence(along.axis, {d: stretches[d] for d in _TOLD if d in stretches}))


def _stretches(one: Looked) -> list[_Stretch]:
    """The numbers whose truth is known, in order, cut where good ones turn into bad ones."""
    places = np.flatnonzero(one.known)
    xs, keeps = one.xs[places], one.keeps[places]
    if not len(xs):
        return []
    cuts = [0, *(np.flatnonzero(keeps[1:] != keeps[:-1]) + 1), len(xs)]
    return [
        _Stretch(float(xs[start]), float(xs[end - 1]), bool(keeps[start]), _how(one, places[start:end]))
        for start, end in pairwise(cuts)
    ]


def _how(one: Looked, places: Array) -> str:
    """What the claim gives at these numbers instead, from the mildest to the worst."""
    coded, true, bad = one.coded[places], one.true[places], ~one.keeps[places]
    coded, true = coded[bad], true[bad]
    known, finite = ~np.isnan(true), np.isfinite(coded)
    zero = (coded == 0) & (np.abs(true) > 2.0 ** DTYPES[one.dtype][2])
    found = {
        "digits cancel": np.any(known & finite & ~zero, axis=1) & ~np.any(zero | ~finite, axis=1),
        "it gives 0": known & zero,
        "it overflows": np.isinf(coded) & np.isfinite(true),
        "it gives NaN": np.isnan(coded) & known,
    }
    return ", then ".join(what for what, where in found.items() if np.any(where))


def _close_in(along: Along, stretches: Mapping[str, list[_Stretch]]) -> None:
    """Move the ends of neighbouring stretches together, until they have three digits.

    Where rounding errors make good and bad numbers alternate, all from the first bad one on are called bad.
    """
    for _ in range(_ROUNDS):
        inner = {
            (dtype, i): _between(found[i], found[i + 1], dtype)
            for dtype, found in stretches.items()
            for i in range(len(found) - 1)
        }
        more: dict[str, Array] = {}
        for (dtype, _), some in inner.items():
            more[dtype] = np.concatenate([more.get(dtype, np.zeros(0)), some])
        more = {dtype: some[along.admitted(some)] for dtype, some in more.items()}
        found = look(along, {dtype: some for dtype, some in more.items() if len(some)})
        if not found:
            return
        for (dtype, i), some in inner.items():
            if dtype in found:
                one = found[dtype]
                here = np.isin(one.xs, some) & one.known
                _moved(stretches[dtype][i], stretches[dtype][i + 1], one.xs[here], one.keeps[here])


def _between(left: _Stretch, right: _Stretch, dtype: str) -> Array:
    """Numbers of the dtype between two stretches that are farther apart than three digits tell."""
    low, high = left.high, right.low
    if high - low <= 1e-3 * max(abs(low), abs(high)):
        return np.zeros(0)
    if low * high > 0 and max(abs(low), abs(high)) > 4 * min(abs(low), abs(high)):
        some = np.sign(low) * np.geomspace(abs(low), abs(high), _CUTS + 2)[1:-1]
    else:
        some = np.linspace(low, high, _CUTS + 2)[1:-1]
    return np.setdiff1d(nearest(some, dtype), [low, high])


def _moved(left: _Stretch, right: _Stretch, xs: Array, keeps: Array) -> None:
    """Both ends moved to the number next to the first bad one, seen from the good side."""
    if left.kept:
        good = len(keeps) if np.all(keeps) else int(np.argmin(keeps))
    else:
        good = int(np.flatnonzero(~keeps)[-1]) + 1 if not np.all(keeps) else 0
    if good > 0:
        left.high = float(xs[good - 1])
    if good < len(xs):
        right.low = float(xs[good])


def _range(dtype: str, stretches: list[_Stretch], here: float) -> Range:
    """The good stretch around the scene's point; the widest, where that point is in none."""
    if not stretches:
        return Range(dtype, None, None, (0.0, 0.0), "the true derivative is known nowhere")
    looked = _end(stretches[0].low), _end(stretches[-1].high)
    good = [stretch for stretch in stretches if stretch.kept]
    told = "; ".join(f"{_where(bad, stretches)} ({bad.how})" for bad in stretches if not bad.kept)
    if not good:
        return Range(dtype, None, None, looked, told)
    around = next((stretch for stretch in good if stretch.low <= here <= stretch.high), None)
    chosen = around or max(good, key=lambda stretch: stretch.high - stretch.low)
    return Range(dtype, _end(chosen.low), _end(chosen.high), looked, told)


def _where(stretch: _Stretch, every: list[_Stretch], axis: str = "") -> str:
    """``below -355``, or with the axis ``below x = -355``."""
    first, last, named = stretch is every[0], stretch is every[-1], f"{axis} = " if axis else ""
    low, high = (decimals.numbers(_end(end)) for end in (stretch.low, stretch.high))
    if first and last:
        return "everywhere"
    if first:
        return f"below {named}{high}"
    if last:
        return f"above {named}{low}"
    return f"at {named}{low}" if low == high else f"between {named}{low} and {high}"


def _sentence(axis: str, stretches: Mapping[str, list[_Stretch]]) -> str:
    """``right, but unstable below x = -355 in float64 and below -44.4 in float32: it gives NaN``; empty where it is stable."""
    parts, how = list[str](), ""
    for dtype, every in stretches.items():
        bad = [stretch for stretch in every if not stretch.kept]
        if bad:
            where = [_where(stretch, every, "" if parts or i else axis) for i, stretch in enumerate(bad[:_MOST_TOLD])]
            how = how or bad[0].how
            parts.append(f"{' and '.join(where)}{', and elsewhere,' if bad[_MOST_TOLD:] else ''} in {dtype}")
    return f"right, but unstable {'; '.join(parts)}: {how}" if parts else ""


def _end(value: float) -> float:
    return strictly(value, _ENDS)
