"""What a catalogue says of digits and domains, in words, the same on the page and in a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from gradcheck.library.entries import DIGITS, Digits, Entry, Stretch

_ENDS = 1e300
_VERBS = {
    "kept": f"keeps {DIGITS} digits",
    "underflows": "underflows",
    "lost": "loses digits",
    "overflows": "overflows",
    "not a number": "gives no number",
    "open": "is not known",
}


def domain(entry: Entry) -> list[str]:
    """``x: real, 4 × 3``, of each input."""
    return [f"{one.name}: {one.space}" for one in entry.inputs]


def ranges(stretches: Sequence[Stretch], axis: str) -> list[str]:
    """One line a stretch, as ``keeps 12 digits for −10.2 ≤ x ≤ 709``; *everywhere* is all that was looked at."""
    joined = _around_zero(stretches)
    if len(joined) == 1 and not joined[0][1]:
        only = joined[0][0]
        return [_verb(only) + " everywhere"]
    return [f"{_verb(one)} {_where(one, joined, axis)}{', save at 0' if save else ''}" for one, save in joined]


def kept_in_short(digits: Digits, form: str) -> str:
    """``keeps 12 digits for −10.2 ≤ x ≤ 709``: only where they are kept, for one line."""
    stretches = digits.stable if form == "stable" else digits.textbook
    kept = [line for line in ranges(stretches, digits.axis) if line.startswith("keeps")]
    if not kept:
        return "keeps 12 digits nowhere"
    verb = f"keeps {DIGITS} digits "
    return verb + " and ".join(line.removeprefix(verb) for line in kept)


def number(value: float) -> str:
    """A number of at most three digits, with a true minus sign."""
    return f"{value:.3g}".replace("-", "−").replace("e+", "e")


def _verb(stretch: Stretch) -> str:
    verb = _VERBS[stretch.outcome]
    if stretch.outcome != "lost":
        return verb
    return f"{verb} (all of them at worst)" if stretch.digits < 1 else f"{verb} ({stretch.digits:g} are left at worst)"


def _where(stretch: Stretch, every: Sequence[tuple[Stretch, bool]], axis: str) -> str:
    low, high = stretch.low, stretch.high
    first, last = every[0][0].low == low, every[-1][0].high == high
    if low == high:
        return f"at {axis} = {number(low)}"
    if last and high >= _ENDS:
        return f"for {axis} ≥ {number(_open(low))}" if abs(low) >= 2 / _ENDS else f"for {axis} > 0"
    if first and low <= -_ENDS:
        return f"for {axis} ≤ {number(_open(high))}" if abs(high) >= 2 / _ENDS else f"for {axis} < 0"
    left = "0 <" if 0 < low < 2 / _ENDS else f"{number(low)} ≤"
    right = "< 0" if -2 / _ENDS < high < 0 else f"≤ {number(high)}"
    return f"for {left} {axis} {right}"


def _open(value: float) -> float:
    """0 for the smallest number that was looked at."""
    return 0.0 if abs(value) < 2 / _ENDS else value


def _around_zero(stretches: Sequence[Stretch]) -> list[tuple[Stretch, bool]]:
    """The stretches, those on both sides of a 0 that fares otherwise as one; and whether 0 is left out."""
    made: list[tuple[Stretch, bool]] = []
    place = 0
    while place < len(stretches):
        one = stretches[place]
        after = stretches[place + 1 : place + 3]
        if (
            len(after) == 2
            and after[0].low == after[0].high == 0
            and one.outcome == after[1].outcome
            and math.isclose(one.high, -after[1].low)
        ):
            both = replace(one, high=after[1].high, digits=min(one.digits, after[1].digits))
            made.append((both, True))
            place += 3
        else:
            made.append((one, False))
            place += 1
    return made
