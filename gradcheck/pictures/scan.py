"""A claim as it is coded beside the certified derivative, in several dtypes, over a wide range of one entry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.domains import Near, Reals
from gradcheck.numbers.rounded import DTYPES, nearest
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.picture import Agreement
from gradcheck.pictures.along import Along, settled
from gradcheck.pictures.scene import NothingToDrawError, entries_of, few, strictly

Array = np.ndarray[Any, np.dtype[Any]]

LOOKED = 1e4  # the largest number that is looked at
SMALLEST = 1e-8
MOST_ENTRIES = 64
_POINTS = 100  # about as many are looked at together
COMPARED = ("float64", "float32", "bfloat16")


@dataclass(frozen=True, eq=False)
class Looked:
    """One dtype at several numbers: the claim as coded, and the truth, arrays of (points, entries).

    The truth is NaN where it is not known, infinite where it exceeds all floats; ``moved`` is how much it changes between the
    number and the next one. ``scale`` is that of an array, 0 for a number alone: errors in an
    entry are relative to the largest one there and at the scene's point, since a small one beside it may be what cancels.
    """

    dtype: str
    xs: Array
    coded: Array
    true: Array
    moved: Array
    scale: float = 0.0

    @property
    def unit(self) -> float:
        """ε: half of the distance from 1 to the next number."""
        return float(2.0 ** -DTYPES[self.dtype][0])

    @property
    def _sizes(self) -> Array:
        """What errors are relative to."""
        sizes: Array = np.abs(self.true)
        if not self.scale:
            return sizes
        largest = np.max(np.where(np.isfinite(sizes), sizes, 0.0), axis=1, keepdims=True)
        return np.asarray(np.maximum(np.broadcast_to(largest, sizes.shape), self.scale))

    @property
    def digits(self) -> Array:
        """Decimal digits to which they agree, at the worst entry: 0 where the claim is not finite, NaN where nothing is known.

        The truth is taken as the dtype can hold it: what overflows or underflows there, the claim may.
        """
        bits, _, smallest = DTYPES[self.dtype]
        most = bits * math.log10(2)
        meant = nearest(self.true, self.dtype)
        with np.errstate(all="ignore"):
            gap = np.abs(self.coded - self.true)
            found = np.clip(-np.log10(gap / self._sizes), 0.0, most)
            found = np.where(np.isfinite(self.coded), found, 0.0)
            same = (self.coded == meant) | (np.abs(self.coded - meant) <= 2.0**smallest)
        found = np.where(same, most, found)
        found = np.where(np.isnan(self.true), np.nan, found)
        return _worst(found)

    @property
    def keeps(self) -> Array:
        """Where half of the digits are kept, or as many as the input has; also where nothing is known."""
        half, (_, _, smallest) = math.sqrt(self.unit), DTYPES[self.dtype]
        meant = nearest(self.true, self.dtype)
        with np.errstate(all="ignore"):
            gap = np.abs(self.coded - self.true)
            allowed = half * self._sizes + np.nan_to_num(self.moved) + 2.0**smallest
            kept = (gap <= allowed) & np.isfinite(self.coded) | (self.coded == meant)
        return np.asarray(np.all(kept | np.isnan(self.true), axis=1))

    @property
    def known(self) -> Array:
        """Where the truth is."""
        return np.asarray(np.any(~np.isnan(self.true), axis=1))


def _worst(digits: Array) -> Array:
    known = ~np.isnan(digits)
    least = np.min(np.where(known, digits, np.inf), axis=1)
    return np.where(np.any(known, axis=1), least, np.nan)


def measurable(along: Along) -> None:
    """Whether the claim as coded can be compared with the truth at many points.

    Raises:
        NothingToDrawError: it cannot, and why.
    """
    entries = entries_of(along.scene)
    several = entries > 1 and not along.scene.sides.elementwise
    if entries > MOST_ENTRIES:
        raise NothingToDrawError(f"it claims {entries} entries, and at most {MOST_ENTRIES} are measured")
    along.afford(_POINTS, math.prod(along.shape) if several else 1)
    space = along.scene.sides.case.spaces[along.wrt]
    if not isinstance(space, Reals | Near):
        raise NothingToDrawError(f"{along.wrt} is no free real input, so that its entries cannot vary one by one")


def look(along: Along, xs: Mapping[str, Array]) -> dict[str, Looked]:
    """Both sides in each dtype at its own numbers, which are rounded to it first.

    Raises:
        NothingToDrawError: a side cannot be evaluated.
    """
    rounded = {dtype: np.unique(nearest(some, dtype)) for dtype, some in xs.items()}
    found = {}
    try:
        for dtype, some in rounded.items():
            true = _truth(along, some, dtype)
            coded = along.coded(some, dtype, whole=True)
            if along.scene.sides.elementwise:
                coded = coded[:, along.scene.entry[0] : along.scene.entry[0] + 1]
            looked = Looked(dtype, some, coded, true, np.zeros_like(true), along.scale)
            found[dtype] = _with_conditions(along, looked)
    except (NoRuleError, CannotDecideError) as error:
        raise NothingToDrawError(f"it cannot be evaluated in other dtypes: {error}") from error
    return found


def _with_conditions(along: Along, looked: Looked) -> Looked:
    """With how much the truth differs at the next number, where the claim does not keep half of the digits without that."""
    doubtful = ~looked.keeps & np.all(np.isfinite(looked.coded), axis=1)
    if not np.any(doubtful):
        return looked
    xs = looked.xs[doubtful]
    beside = _truth(along, xs * (1 + 2 * looked.unit), looked.dtype)
    moved = np.zeros_like(looked.true)
    with np.errstate(invalid="ignore"):
        moved[doubtful] = np.abs(beside - looked.true[doubtful])
    return replace(looked, moved=moved)


def _truth(along: Along, xs: Array, dtype: str) -> Array:
    """The true entries (points × entries) at the scene's point rounded to the dtype."""
    smallest = DTYPES[dtype][2]
    return settled(xs, lambda some, bits: along.every(some, bits, dtype), smallest)


def numbers_to_look_at(along: Along) -> Array:
    """Numbers from tiny to large of either sign, and ever nearer to the finite ends of the domain; those that it admits."""
    space = along.scene.sides.case.spaces[along.wrt]
    sizes = 10.0 ** np.array(
        [*np.arange(math.log10(SMALLEST), -1.9, 0.5), *np.arange(-1.8, math.log10(LOOKED) + 0.1, 0.2)]
    )
    xs = [*-sizes[::-1], 0.0, *sizes, along.here]
    if isinstance(space, Reals | Near):
        for end, inwards in ((space.low, 1.0), (space.high, -1.0)):
            if math.isfinite(end) and end != 0:
                xs += [end + inwards * 10.0**-k for k in range(1, 9)]
    found = np.unique(np.array([strictly(x) for x in xs]))
    return found[along.admitted(found)]


def agreement(along: Along, looked: Mapping[str, Looked], xs: Array) -> Agreement:
    """The picture of the digits, by dtype, at ``xs`` (where the dtype has the same number twice, it is told twice)."""
    digits = {}
    for dtype in COMPARED:
        one = looked[dtype]
        places = np.searchsorted(one.xs, nearest(xs, dtype)).clip(0, len(one.xs) - 1)
        digits[dtype] = tuple(None if math.isnan(d) else few(round(float(d), 1)) for d in one.digits[places])
    return Agreement(along.axis, tuple(strictly(x) for x in xs), digits, along.held)
