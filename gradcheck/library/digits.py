"""Over which range of an input float64 keeps its digits: measured for the textbook's form of a formula and for its stable form.

One input x runs along t ↦ t·x₀ (t is x itself where x is a number) through both signs and 600 decades. At each t the functions
run in plain NumPy, and their results are compared with an enclosure of what the formula is at that very float64: in balls, of
as many digits as it takes. Where the outcome changes, the place is closed in on.

An entry keeps d digits where |computed − true| ≤ 10⁻ᵈ |true|; an array has those of its worst entry. An entry that is truly
zero is compared with the largest entry instead. Where truth overflows float64, infinity is right; where it underflows, what is
within four of the smallest numbers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from flint import arb

from gradcheck.decimals import numbers
from gradcheck.domains import Reals, Space
from gradcheck.expressions import EvaluationError, Value, traces_kept
from gradcheck.library.entries import DIGITS, OUTCOMES, Digits, Outcome, Stretch
from gradcheck.library.formulas import Formula, Function
from gradcheck.numbers.ball_arrays import precision
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.program.program import BlackBox

Array = np.ndarray[Any, np.dtype[Any]]
Point = Mapping[str, Array]

BITS = (192, 1280, 4400)  # 1 + 10⁻³⁰⁰ and 1 differ in the second; the fourth power of 10⁻³⁰⁰ does in the third
MOST = 15.95
"""Digits of a float64: no more are told."""
_KNOWN = (
    44  # bits: an enclosure this narrow is a number, to 13 digits; a constant of 17 digits is known to 53 bits itself
)
_SMALLEST, _NORMAL = 2.0**-1074, 2.0**-1022
_VANISHED = (
    arb(2) ** -20_000
)  # what cancels to 0 is left with more than this at any of the precisions; eˣ far below is not
_SPLITS, _ROUNDS = 8, 4  # a step of the grid is cut 8⁴ = 4096 times
_MOST_EDGES = 12
_BRINK = 1.0  # digits: two forms that differ by less, on either side of the mark, are alike
_NEAR = 2.0  # stretches whose ends differ by no more than this factor, between worse ones, are part of those
_SHOWN = 6  # entries of an array that are told
_TRIES = 200
_RANK = {outcome: place for place, outcome in enumerate(OUTCOMES)}


class NotMeasuredError(Exception):
    """The digits of a formula cannot be measured; the message says why."""


@dataclass(frozen=True)
class Found:
    """What was found of one form of a function at each t, in order."""

    ts: Array
    outcomes: tuple[Outcome, ...]
    digits: Array


@dataclass(frozen=True)
class Compared:
    """The textbook's form and the stable one at the same places; the latter is None where there is none."""

    what: Literal["forward", "derivative"]
    axis: str
    where: str
    textbook: Found
    stable: Found | None


def measured(formula: Formula) -> tuple[Digits, ...]:
    """The digits that the forward function and the derivative keep, of both forms; why not, where they cannot be measured."""
    return tuple(map(told, compared(formula)))


def told(found: Compared | Digits) -> Digits:
    """What was found, in stretches."""
    if isinstance(found, Digits):
        return found
    stable = _stretches(found.stable) if found.stable is not None else ()
    return Digits(found.what, found.axis, found.where, _stretches(found.textbook), stable)


def faults(found: Sequence[Compared]) -> list[str]:
    """That a stable form keeps fewer digits than the textbook's, over more than the brink of a range."""
    told = []
    for one in found:
        worst = _worst(one)
        if worst is not None and one.stable is not None:
            where = f", with {one.where}" if one.where else ""
            told.append(
                f"the stable form of the {one.what} keeps fewer digits than the textbook's at "
                f"{one.axis} = {one.textbook.ts[worst]:.6g}{where}: {one.stable.digits[worst]:.1f} instead of "
                f"{one.textbook.digits[worst]:.1f}"
            )
    return told


def remarks(found: Sequence[Compared]) -> list[str]:
    """That a stable form keeps its digits nowhere where the textbook's loses them, along the input that was chosen."""
    both = [one for one in found if one.stable is not None]
    if not both or any(map(_gains, both)):
        return []
    along = both[0].where or both[0].axis
    return [
        f"the stable form keeps its digits nowhere along {along} where the textbook's loses them; Stable(along=...) may"
    ]


def _worst(one: Compared) -> int | None:
    """Where the stable form is furthest behind, within a stretch that it loses and the textbook's form keeps; None for nowhere.

    Where truth overflows float64, only infinity is right, and a form that reaches it by accident is not ahead.
    """
    if one.stable is None:
        return None
    textbook, stable = _smoothed(one.textbook), _smoothed(one.stable)
    behind = [
        t == "kept" and _RANK[s] > _RANK["open"] and not math.isnan(digits) and math.isfinite(other)
        for t, s, digits, other in zip(textbook, stable, one.textbook.digits, one.stable.digits, strict=True)
    ]
    gaps = one.textbook.digits - one.stable.digits
    chosen: list[int] = []
    begin = 0
    for end in range(1, len(behind) + 1):
        if end == len(behind) or behind[end] != behind[begin]:
            if behind[begin] and _is_wide(one.textbook.ts[begin], one.textbook.ts[end - 1]):
                chosen += [n for n in range(begin, end) if gaps[n] >= _BRINK]
            begin = end
    return min(chosen, key=lambda n: (-gaps[n], abs(one.textbook.ts[n])), default=None)


def _is_wide(low: float, high: float) -> bool:
    """Whether a stretch is more than what luck with rounding moves its ends by; one that has 0 in it is."""
    if low <= 0 <= high:
        return True
    return max(abs(low), abs(high)) / min(abs(low), abs(high)) > _NEAR


def _gains(one: Compared) -> bool:
    assert one.stable is not None, "only such are asked"
    pairs = zip(one.textbook.outcomes, one.stable.outcomes, strict=True)
    return any(stable in ("kept", "underflows") and _RANK[textbook] > _RANK["open"] for textbook, stable in pairs)


def compared(formula: Formula) -> list[Compared | Digits]:
    """Both forms of the forward function, then of the derivative, at many places; why not, where they cannot be measured."""
    stable = formula.stable
    every = {**formula.cotangents, **formula.inputs}
    asked: list[tuple[Literal["forward", "derivative"], Function, Function | None, Mapping[str, Space]]] = [
        ("forward", formula.forward, stable.forward if stable else None, formula.inputs),
    ]
    if formula.form != "equality":
        asked.append(("derivative", formula.derivative, stable.derivative if stable else None, every))
    found: list[Compared | Digits] = []
    for what, textbook, other, spaces in asked:
        try:
            along = _along(formula, spaces)
            with traces_kept():
                forms = [_Form(along, textbook), *([_Form(along, other)] if other is not None else [])]
                ts, seen = _looked(along, forms)
        except NotMeasuredError as error:
            found.append(Digits(what, "", "", reason=str(error)))
            continue
        parts = [Found(ts, tuple(one), digits) for one, digits in seen]
        found.append(Compared(what, along.axis, along.where, parts[0], parts[1] if len(parts) > 1 else None))
    return found


@dataclass(frozen=True)
class _Along:
    """A point, of which one input runs."""

    point: Point
    name: str
    space: Space
    admits: Callable[[Point], bool]

    @property
    def axis(self) -> str:
        """What runs: the input itself, where it is a number, else ``t``."""
        return "t" if self.point[self.name].shape else self.name

    @property
    def where(self) -> str:
        """``x = t · [0.82, -1.38, -2.75]``; empty for a number."""
        base = self.point[self.name]
        told = numbers(base.tolist()) if base.size <= _SHOWN else f"{self.name}₀, which is generic"
        return f"{self.name} = t · {told}" if base.shape else ""

    def at(self, t: float) -> Point:
        """The point at t."""
        return {**self.point, self.name: np.asarray(self.point[self.name] * t)}

    def inside(self, t: float) -> bool:
        """Whether the domain has it."""
        moved = self.at(t)
        return _contains(self.space, moved[self.name]) and self.admits(moved)


def _along(formula: Formula, spaces: Mapping[str, Space]) -> _Along:
    """Which input runs, and where the others stand. Raises NotMeasuredError."""
    stated = [one for claim in formula.claims[:1] for one in claim.assumptions if one.stated]
    spaces = dict(spaces)
    for one in stated:
        spaces.update({name: space for name, space in one.spaces.items() if name in spaces})
    free = [name for name in formula.inputs if _is_free(spaces[name])]
    asked = formula.stable.along if formula.stable is not None else ""
    if asked and asked not in free:
        raise NotMeasuredError(f"along={asked!r} is no real input of {formula.key}; there are: {', '.join(free)}")
    first = next((name for name in formula.printed if name in free), None)
    name = asked or first or next(iter(free), "")
    if not name:
        raise NotMeasuredError("it has no real input that could grow and shrink")

    def admits(point: Point) -> bool:
        arguments = {one: point[one] for one in formula.inputs}
        try:
            return all(bool(one.where(**arguments)) for one in stated if one.where is not None)
        except Exception as error:
            raise NotMeasuredError(f"a predicate of its assumptions raises {type(error).__name__}: {error}") from error

    rng = np.random.default_rng(0)
    for _ in range(_TRIES):
        point = {one: np.asarray(space.sample(rng)) for one, space in spaces.items()}
        if not spaces[name].shape:
            if admits(point):
                return _Along({**point, name: np.asarray(1.0)}, name, spaces[name], admits)
        elif admits(point):
            return _Along(point, name, spaces[name], admits)
    raise NotMeasuredError(f"none of {_TRIES} points drawn is of its domain")


def _is_free(space: Space) -> bool:
    """Whether what a space holds can grow or shrink in it: real numbers, or positive definite matrices; not what sums to 1."""
    if not space.differentiable:
        return False
    value = np.asarray(space.sample(np.random.default_rng(0)))
    return isinstance(space, Reals) or any(_contains(space, t * value) for t in (0.5, 2.0))


def _contains(space: Space, value: Array) -> bool:
    """Whether a space has a value, which may be near the ends of float64: asking may overflow, or raise."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(space.contains(value))
        except (ArithmeticError, np.linalg.LinAlgError):
            return False


class _Form:
    """A function at points of a run: in floats, and enclosed."""

    def __init__(self, along: _Along, function: Function) -> None:
        names = list(along.point)
        flat = _flat(function)
        self._function, self._names = flat, names
        self.value = Value("it", flat, tuple(names), along.point)

    def floats(self, point: Point) -> Array | None:
        """What NumPy makes of it; None where it raises."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return np.asarray(self._function(*(np.array(point[name]) for name in self._names)), dtype=np.float64)
            except Exception:  # noqa: BLE001 - any exception of the user's code says the same
                return None

    def balls(self, points: Sequence[Point], bits: int) -> list[Array | None]:
        """The enclosures, at so many bits; None where they cannot be had at a point, and everywhere where a rule is missing."""
        try:
            if isinstance(self.value.program, BlackBox):
                return [None] * len(points)
            with precision(bits):
                try:
                    return [np.ravel(one) for one in self.value.balls_at(points)]
                except (NoBatchingRuleError, CannotDecideError):
                    return [self._one(point) for point in points]
        except (NoRuleError, EvaluationError):
            return [None] * len(points)

    def _one(self, point: Point) -> Array | None:
        try:
            return np.ravel(self.value.balls(point))
        except (CannotDecideError, EvaluationError):
            return None


def _flat(function: Function) -> Function:
    """A function whose results, one or several, are one vector."""

    def flat(*values: Any) -> Any:
        results = function(*values)
        parts = [np.ravel(part) for part in (results if isinstance(results, tuple) else (results,))]
        return np.concatenate(parts)

    flat.__name__ = getattr(function, "__name__", "function")
    flat.__module__ = getattr(function, "__module__", __name__)
    return flat


def _looked(along: _Along, forms: Sequence[_Form]) -> tuple[Array, list[tuple[list[Outcome], Array]]]:
    """The places, and the outcomes and digits of each form there. Raises NotMeasuredError."""
    ts = np.array([t for t in _grid(along) if along.inside(float(t))])
    if len(ts) < 2:
        raise NotMeasuredError("its domain has no room to grow or shrink")
    seen = _judged(along, forms, ts)
    if all(outcome == "open" for outcomes, _ in seen for outcome in outcomes):
        raise NotMeasuredError("no ball arithmetic encloses what it truly is")
    for _ in range(_ROUNDS):
        gaps = [n for n in range(len(ts) - 1) if any(kinds[n] != kinds[n + 1] for kinds, _ in seen)]
        new = np.concatenate([np.zeros(0), *(_between(ts[n], ts[n + 1]) for n in gaps[:_MOST_EDGES])])
        new = np.array([t for t in np.setdiff1d(new, ts) if along.inside(float(t))])
        if not len(new):
            break
        more = _judged(along, forms, new)
        order = np.argsort(both := np.concatenate([ts, new]), kind="stable")
        ts = both[order]
        seen = [
            ([[*old[0], *add[0]][n] for n in order], np.concatenate([old[1], add[1]])[order])
            for old, add in zip(seen, more, strict=True)
        ]
    return ts, seen


def _grid(along: _Along) -> Array:
    """From 1e-300 to 1e300 with either sign, closer together where functions turn; ever nearer to finite ends; and 0."""
    exponents = (
        np.arange(-300, -20, 20),
        np.arange(-20, -5, 3),
        np.arange(-5, 4.6, 0.4),
        np.arange(5, 20, 3),
        np.arange(20, 301, 20),
    )
    around = [
        np.arange(352, 376, 4),
        np.arange(700, 755, 5),
    ]  # where the exponential leaves float64, and its square does
    sizes = np.concatenate([10.0 ** np.concatenate(exponents), *around])
    ts = [*-sizes, 0.0, *sizes]
    space = along.space
    base = along.point[along.name]
    if isinstance(space, Reals) and base.size:
        for end, inwards in ((space.low, 1.0), (space.high, -1.0)):
            if math.isfinite(end) and end != 0 and not base.shape:
                ts += [end + inwards * abs(end) * 10.0**-k for k in range(1, 16)]
    return np.unique(np.array(ts))


def _between(low: float, high: float) -> Array:
    """Places between two, as evenly as floats of one sign are spread; none where 0 is an end, or there is hardly room."""
    if (low < 0) != (high < 0) or 0 in (low, high) or high - low < 1e-3 * min(abs(low), abs(high)):
        return np.zeros(0)
    sign = math.copysign(1.0, low)
    return sign * np.exp(np.linspace(math.log(abs(low)), math.log(abs(high)), _SPLITS + 1)[1:-1])


def _judged(along: _Along, forms: Sequence[_Form], ts: Array) -> list[tuple[list[Outcome], Array]]:
    """The outcomes and digits of each form at each place."""
    points = [along.at(float(t)) for t in ts]
    truths = _truths(forms, points)
    seen: list[tuple[list[Outcome], Array]] = []
    for form in forms:
        outcomes, digits = zip(
            *(_outcome(form.floats(point), true) for point, true in zip(points, truths, strict=True)), strict=True
        )
        seen.append((list(outcomes), np.array(digits)))
    return seen


def _truths(forms: Sequence[_Form], points: Sequence[Point]) -> list[Array | None]:
    """What the formula is at each point, NaN where it is not known, infinite where no float holds it.

    All forms say the same, so that the narrowest enclosure of any of them serves.
    """
    found: list[Array | None] = [None] * len(points)
    for bits in BITS:
        for form in forms:
            open_ = [n for n, values in enumerate(found) if values is None or bool(np.isnan(values).any())]
            if not open_:
                return found
            for n, balls in zip(open_, form.balls([points[n] for n in open_], bits), strict=True):
                if balls is not None:
                    known, before = _numbers(balls), found[n]
                    if before is not None and before.shape == known.shape:
                        known = np.where(np.isnan(before), known, before)
                    found[n] = known
    return found


def _numbers(balls: Array) -> Array:
    """Enclosures as floats, NaN where they are not narrow."""
    return np.array([_number(ball) for ball in balls], dtype=np.float64)


def _number(ball: Any) -> float:
    if not ball.is_finite():
        return math.nan
    if ball.is_exact() or ball.rel_accuracy_bits() >= _KNOWN:
        return float(ball.mid()) or (0.0 if ball == 0 else _SMALLEST)  # no float is as small, and yet it is not 0
    if float(abs(ball).upper()) >= _SMALLEST:
        return math.nan
    return _SMALLEST if abs(ball).upper() < _VANISHED else 0.0


def _outcome(computed: Array | None, true: Array | None) -> tuple[Outcome, float]:
    """How one result fares, by its worst entry."""
    if true is None:
        return "open", math.nan
    if computed is None or computed.shape != true.shape:
        return "not a number", 0.0
    sizes = np.abs(true)
    largest = float(np.max(sizes, initial=0.0, where=np.isfinite(true)))
    entries = [_entry(float(c), float(t), largest) for c, t in zip(computed, true, strict=True)]
    outcome: Outcome = max((one for one, _ in entries), key=_RANK.__getitem__, default="kept")
    if outcome == "kept" and bool(np.all((sizes > 0) & (sizes < _NORMAL))):
        outcome = "underflows"
    return outcome, min((digits for _, digits in entries if not math.isnan(digits)), default=math.nan)


def _entry(computed: float, true: float, largest: float) -> tuple[Outcome, float]:
    if math.isnan(true):
        return "open", math.nan
    if math.isnan(computed):
        return "not a number", 0.0
    if math.isinf(true) and computed == true:
        return "kept", math.nan
    if math.isinf(computed):
        return "overflows", 0.0
    gap = abs(computed - true)
    if gap <= 4 * _SMALLEST:
        return "kept", MOST
    relative = gap / (abs(true) or largest or 1.0)
    digits = min(MOST, max(0.0, -math.log10(relative))) if math.isfinite(relative) else 0.0
    outcome: Outcome = "kept" if digits >= DIGITS else "lost"
    return outcome, round(digits, 1)


def _stretches(found: Found) -> tuple[Stretch, ...]:
    """The places in runs of one outcome."""
    made = []
    kinds = _smoothed(found)
    begin = 0
    for end in range(1, len(kinds) + 1):
        if end == len(kinds) or kinds[end] != kinds[begin]:
            here = found.digits[begin:end]
            known = here[~np.isnan(here)]
            fewest = round(float(known.min()), 1) if known.size else 0.0
            made.append(Stretch(_short(found.ts[begin]), _short(found.ts[end - 1]), kinds[begin], fewest))
            begin = end
    return tuple(made)


def _smoothed(found: Found) -> list[Outcome]:
    """The outcomes; a short run between worse ones, as there are at the brink, is part of those."""
    runs: list[list[int]] = []
    for n, kind in enumerate(found.outcomes):
        if runs and found.outcomes[runs[-1][0]] == kind:
            runs[-1].append(n)
        else:
            runs.append([n])
    kinds = [found.outcomes[run[0]] for run in runs]
    while (n := next((n for n in range(1, len(runs) - 1) if _is_brink(found.ts, runs, kinds, n)), 0)) > 0:
        kinds[n - 1 : n + 2] = [min(kinds[n - 1], kinds[n + 1], key=_RANK.__getitem__)]
        runs[n - 1 : n + 2] = [[*runs[n - 1], *runs[n], *runs[n + 1]]]
    return [kind for run, kind in zip(runs, kinds, strict=True) for _ in run]


def _is_brink(ts: Array, runs: Sequence[Sequence[int]], kinds: Sequence[Outcome], n: int) -> bool:
    """Whether a run is short, and those beside it are worse."""
    worse = min(_RANK[kinds[n - 1]], _RANK[kinds[n + 1]]) > _RANK[kinds[n]]
    return worse and not _is_wide(float(ts[runs[n][0]]), float(ts[runs[n][-1]]))


def _short(t: float) -> float:
    """Three digits, which is as far as the places were closed in on."""
    return float(f"{float(t):.3g}")
