"""What kind of wrong: patterns fitted to claimed and true numbers at several points, worded for the person who must mend it.

Only exact patterns are named (to ten digits, at every point): a guess that is nearly right would send people the wrong way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_CLOSE = 1e-9
_EXACT = 1e-11  # a factor this near to a fraction is told as that fraction
_TINY = 1e-12
_ENOUGH = 3  # different numbers on either side of a bound that is guessed


@dataclass(frozen=True)
class Observation:
    """Claimed and true floats at one point, which entries are wrong, and the inputs there."""

    claimed: Array
    true: Array
    wrong: Array
    point: Mapping[str, Array]


def _same(a: Array, b: Array) -> bool:
    """Equal entry by entry, small ones among large ones too; only rounding far below the largest is overlooked."""
    return a.shape == b.shape and bool(
        np.allclose(a, b, rtol=_CLOSE, atol=_TINY * float(np.max(np.abs(b), initial=0.0)))
    )


def shapes(claimed: tuple[int, ...], true: tuple[int, ...]) -> str:
    """The diagnosis of a wrong shape."""
    said, meant = _by(claimed), _by(true)
    if claimed != true and claimed == tuple(reversed(true)):
        return f"shape {said} for {meant}: transposed"
    extra = len(claimed) - len(true)
    if extra > 0 and all(m in (n, 1) for n, m in zip(claimed[extra:], true, strict=True)):
        axes = [
            *range(extra),
            *(extra + i for i, (n, m) in enumerate(zip(claimed[extra:], true, strict=True)) if n != m),
        ]
        return f"shape {said} for {meant}: not summed over {_axes(axes)}, along which the argument is broadcast"
    if len(claimed) == len(true) and claimed != true and all(m in (n, 1) for n, m in zip(claimed, true, strict=True)):
        axes = [i for i, (n, m) in enumerate(zip(claimed, true, strict=True)) if n != m]
        return f"shape {said} for {meant}: not summed over {_axes(axes)}, along which the argument is broadcast"
    return f"shape {said} for {meant}"


def _axes(axes: Sequence[int]) -> str:
    return f"ax{'e' if len(axes) > 1 else 'i'}s {', '.join(map(str, axes))}"


def _by(shape: tuple[int, ...]) -> str:
    return "scalar" if not shape else f"({shape[0]},)" if len(shape) == 1 else "×".join(map(str, shape))


def diagnose(observations: Sequence[Observation], jacobian: bool = False) -> str:
    """The first pattern that fits every observation with a wrong entry; in words, or empty if none fits.

    ``jacobian`` says that a square array is outputs × inputs, so that a diagonal means something.
    """
    usable = [
        o
        for o in observations
        if o.claimed.shape == o.true.shape and np.all(np.isfinite(o.claimed) & np.isfinite(o.true))
    ]
    seen = [o for o in usable if np.any(o.wrong)]
    if not seen:
        return ""
    found = [text for text in _patterns(seen, usable, jacobian) if text]
    return "; ".join(dict.fromkeys(found[:2]))


def _patterns(seen: list[Observation], all_: list[Observation], jacobian: bool) -> Iterator[str]:
    whole = _slight(seen) or _factor(seen)
    if whole:
        yield whole
        return
    if all(o.true.ndim == 2 and o.true.shape[0] == o.true.shape[1] > 1 and _same(o.claimed, o.true.T) for o in seen):
        yield "transposed: each entry holds what belongs at the mirrored place"
        return
    for pattern in (_missing_factor, _offset, _moved, _uncentred):
        text = (_diagonal(seen) if jacobian and pattern is _missing_factor else "") or pattern(seen)
        if text:
            yield text
            return
    yield _related(all_) or _repeated(all_) or _places(seen)


def _factor(seen: list[Observation]) -> str:
    """claimed = c · true with one c at every point."""
    large = [o for o in seen if np.any(np.abs(o.true) > _TINY)]
    ratios = [_ratio(o.claimed, o.true) for o in large]
    known = [ratio for ratio in ratios if ratio is not None]
    if not known or len(known) < len(ratios) or np.ptp(known) > _CLOSE * np.max(np.abs(known)):
        return ""
    ratio = known[0]
    if not all(_same(o.claimed, ratio * o.true) for o in seen):
        return ""
    if ratio == 0:
        return "zero is claimed where the derivative is not zero"
    if abs(ratio + 1) < _EXACT:
        return "the sign is wrong: exactly −1 times the true value"
    if sum(int(np.count_nonzero(o.true)) for o in seen) < 2:
        return ""  # any two numbers have some ratio
    exactly = "exactly " if _fraction(ratio) is not None else ""
    return f"{exactly}{_short(ratio)} times the true value{_length(ratio, seen[0].point)}"


def _length(ratio: float, point: Mapping[str, Array]) -> str:
    """Which length of an argument a factor is, or its inverse: a mean taken for a sum, or the other way round."""
    number = ratio if ratio > 1 else 1 / ratio
    if abs(number - round(number)) > _EXACT * number or round(number) < 3:
        return ""
    count = round(number)
    for name, value in point.items():
        if name in ("cotangent", "tangent"):
            continue
        for axis, length in enumerate(value.shape):
            if length == count:
                where = f"axis {axis} of {name}" if value.ndim > 1 else name
                return f"; {count} is the length of {where}: is a mean taken for a sum, or a sum for a mean?"
        if value.size == count:
            return f"; {count} is the number of entries of {name}: is a mean taken for a sum, or a sum for a mean?"
    return ""


def _relative(o: Observation) -> float:
    """The largest error of a wrong entry relative to itself, or to the largest one where it is 0: small ones count alike."""
    gap, size = np.abs(o.claimed - o.true), np.abs(o.true)
    largest = np.max(size, initial=0.0)
    with np.errstate(all="ignore"):
        relative = gap / np.where(size > 0, size, largest)
    return float(np.max(np.where(o.wrong, relative, 0.0), initial=0.0))


def _slight(seen: list[Observation]) -> str:
    """An error far below the values: its size is told, and no pattern is guessed from so few digits."""
    worst = max(_relative(o) for o in seen)
    return f"slightly off: by a relative {worst:.1e} at most" if worst < 1e-6 else ""


def _ratio(claimed: Array, true: Array) -> float | None:
    """The one number by which every entry is off, if there is one; some entry of `true` is not tiny."""
    largest = np.unravel_index(int(np.argmax(np.abs(true))), true.shape)
    ratio = float(claimed[largest] / true[largest])
    return ratio if _same(claimed, ratio * true) else None


def _fraction(number: float) -> Fraction | None:
    """The fraction of small denominator that the number is, to eleven digits; None where it is none."""
    fraction = Fraction(number).limit_denominator(60)
    return fraction if abs(float(fraction) - number) <= _EXACT * abs(number) else None


def _short(number: float) -> str:
    fraction = _fraction(number)
    return f"{number:.12g}" if fraction is None else str(fraction)


def _diagonal(seen: list[Observation]) -> str:
    """Square Jacobians: is the fault on the diagonal, or off it?"""
    if any(o.true.ndim != 2 or o.true.shape[0] != o.true.shape[1] or len(o.true) < 2 for o in seen):
        return ""
    off = ~np.eye(len(seen[0].true), dtype=bool)
    diagonal_right = all(not np.any(o.wrong & ~off) for o in seen)
    off_right = all(not np.any(o.wrong & off) for o in seen)
    if diagonal_right and all(np.all(o.claimed[off] == 0) for o in seen):
        return "only the diagonal is claimed: entries off the diagonal are missing"
    if all(np.any(o.wrong & off) for o in seen) and all(_same(o.true[off], np.zeros(int(off.sum()))) for o in seen):
        by = _filler(seen, off)
        rest = "" if diagonal_right else ", and the diagonal is wrong too"
        return f"entries off the diagonal are filled{by} where the true ones are zero{rest}"
    if diagonal_right:
        return "the diagonal is right, entries off it are wrong"
    if off_right:
        on = [Observation(np.diag(o.claimed), np.diag(o.true), np.diag(o.wrong), o.point) for o in seen]
        return _diagonal_signs(seen) or _missing_factor(on) or _offset(on) or "only entries on the diagonal are wrong"
    return ""


def _filler(seen: list[Observation], off: Array) -> str:
    """Which number stands in all entries off the diagonal, if it is one of the inputs."""
    for name in _scalars(seen[0].point):
        if all(_same(o.claimed[off], np.full(int(off.sum()), _scalars(o.point)[name])) for o in seen):
            return f" by {name}"
    return ""


def _diagonal_signs(seen: list[Observation]) -> str:
    """For an elementwise function: wrong only where the input lies on one side of a number?"""
    for name, value in seen[0].point.items():
        if value.shape != (len(seen[0].true),):
            continue
        relation = _relation([(np.diag(o.wrong), o.point[name]) for o in seen])
        if relation:
            return f"wrong only where {name} {relation}{_constant_there(seen)}"
    return ""


def _constant_there(seen: list[Observation]) -> str:
    """What is claimed at the wrong entries of the diagonal, if it is one number."""
    claimed = np.concatenate([np.diag(o.claimed)[np.diag(o.wrong)] for o in seen])
    if np.all(claimed == claimed[0]):
        return f": {_short(float(claimed[0]))} is claimed there"
    return ""


def _relation(pairs: list[tuple[Array, Array]]) -> str:
    """The relation to a number that holds for exactly the wrong entries ("< 0", "= 1"), or empty."""
    wrong = np.concatenate([np.ravel(w) for w, _ in pairs])
    values = np.concatenate([np.ravel(v) for _, v in pairs])
    if not np.any(wrong) or np.all(wrong):
        return ""
    side = _side(wrong, values)
    if side:
        return f"{side} 0"
    bad, good = values[wrong], values[~wrong]
    if np.all(bad == bad[0]) and np.any(good < bad[0]) and np.any(good > bad[0]) and not np.any(good == bad[0]):
        return f"= {bad[0]:.6g}"
    for sign, word in ((1, "above"), (-1, "below")):
        nearest, last = np.min(sign * bad), np.max(sign * good)
        if nearest > last and min(np.unique(bad).size, np.unique(good).size) >= _ENOUGH:
            return f"is {word} a number between {sign * last:.6g} and {sign * nearest:.6g}"
    return ""


def _side(wrong: Array, values: Array) -> str:
    """The relation to zero that holds for exactly the wrong entries, or empty."""
    at_zero, clear = wrong[values == 0], values != 0
    if not np.any(values < 0) or not np.any(values > 0):
        return ""
    closed = bool(at_zero.size and np.all(at_zero))
    if np.array_equal(wrong[clear], values[clear] < 0):
        return "≤" if closed else "<"
    if np.array_equal(wrong[clear], values[clear] > 0):
        return "≥" if closed else ">"
    return ""


def _related(all_: list[Observation]) -> str:
    """Scalar or same-shaped claims that are wrong exactly where an input lies on one side of a number."""
    for name, value in all_[0].point.items():
        if value.dtype.kind != "f" or (value.size != 1 and value.shape != all_[0].true.shape):
            continue
        pairs = [_telling(o, name) for o in all_]
        relation = _relation(pairs)
        if relation:
            return f"wrong only where {name} {relation}"
    return ""


def _telling(observation: Observation, name: str) -> tuple[Array, Array]:
    """Which entries are wrong, and the input there; where both sides are 0, as for a cotangent of 0, nothing is told."""
    value = np.ravel(observation.point[name])
    if value.size == 1:
        return np.array([np.any(observation.wrong)]), value
    told = np.ravel((observation.claimed != 0) | (observation.true != 0))
    return np.ravel(observation.wrong)[told], value[told]


def _repeated(all_: list[Observation]) -> str:
    """Claims that are wrong exactly at the points where some entries of an input are equal."""
    wrong = [bool(np.any(o.wrong)) for o in all_]
    if all(wrong):
        return ""
    for name, value in all_[0].point.items():
        if value.size > 1 and [bool(np.unique(o.point[name]).size < value.size) for o in all_] == wrong:
            return f"wrong only where entries of {name} are equal"
    return ""


def _moved(seen: list[Observation]) -> str:
    """The right numbers at the wrong places: in the opposite order, or shifted, along one axis."""
    for axis in range(seen[0].true.ndim):
        if seen[0].true.shape[axis] < 3:
            continue
        if all(_same(o.claimed, np.flip(o.true, axis)) for o in seen):
            return f"the right numbers in the opposite order along axis {axis}"
        for by in (1, -1):
            if all(_same(o.claimed, np.roll(o.true, by, axis)) for o in seen):
                return f"the right numbers, shifted by one along axis {axis}"
    return ""


def _uncentred(seen: list[Observation]) -> str:
    """Off by the same number along one axis, another one in each row."""
    shape = seen[0].true.shape
    for axis in range(len(shape) - 1, -1, -1):
        gaps = [o.claimed - o.true for o in seen]
        if shape[axis] >= 3 and all(
            np.all(np.ptp(g, axis=axis) < _CLOSE * np.max(np.abs(g), initial=_TINY)) for g in gaps
        ):
            along = f" along axis {axis}" if len(shape) > 1 else ""
            return f"off by the same number everywhere{along}, another one at each point: is a mean or a sum not subtracted?"
    return ""


def _scalars(point: Mapping[str, Array]) -> dict[str, float]:
    return {
        name: float(value.ravel()[0]) for name, value in point.items() if value.size == 1 and value.dtype.kind == "f"
    }


def _missing_factor(seen: list[Observation]) -> str:
    """true = claimed · (an input), or claimed = true · (an input), entry by entry."""
    for name in seen[0].point:
        factors = [o.point[name] for o in seen]
        if any(f.size != 1 and f.shape != o.true.shape for f, o in zip(factors, seen, strict=True)):
            continue
        if sum(int(np.count_nonzero(o.true)) for o in seen) < 2:
            continue  # as for a factor
        if all(_same(o.claimed * f, o.true) for o, f in zip(seen, factors, strict=True)):
            return f"the factor {name} is missing"
        if all(_same(o.claimed, o.true * f) for o, f in zip(seen, factors, strict=True)):
            return f"the factor {name} is too many"
    return ""


def _offset(seen: list[Observation]) -> str:
    """claimed = true + the same number everywhere."""
    gaps = np.concatenate([np.ravel(o.claimed - o.true) for o in seen])
    if gaps.size > 1 and np.all(np.abs(gaps - gaps[0]) < _CLOSE * abs(gaps[0])):
        return (
            f"too large by {_short(float(gaps[0]))} everywhere"
            if gaps[0] > 0
            else f"too small by {_short(-float(gaps[0]))} everywhere"
        )
    return ""


def _places(seen: list[Observation]) -> str:
    """Which entries: rows, columns, or a count."""
    wrong = np.any([o.wrong for o in seen], axis=0)
    if wrong.ndim == 0:
        return ""
    if wrong.size == 1:
        return "wrong by no simple pattern"
    if np.all(wrong):
        if not any(np.all(o.wrong) for o in seen):
            return "each entry is wrong at some point, by no simple pattern"
        return f"all {wrong.size} entries are wrong, by no simple pattern"
    if wrong.ndim == 2:
        rows, columns = np.flatnonzero(wrong.any(axis=1)), np.flatnonzero(wrong.any(axis=0))
        if len(rows) < len(wrong):
            return f"only row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))} wrong, of {len(wrong)}"
        if len(columns) < wrong.shape[1]:
            return f"only column{'s' if len(columns) > 1 else ''} {', '.join(map(str, columns))} wrong, of {wrong.shape[1]}"
    places = [", ".join(map(str, place)) for place in np.argwhere(wrong)[:4].tolist()]
    shown = "; ".join(f"[{place}]" for place in places)
    return f"{int(wrong.sum())} of {wrong.size} entries wrong: {shown}{' …' if wrong.sum() > 4 else ''}"
