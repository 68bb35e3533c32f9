"""What points should visit: either side of every comparison, the pieces between thresholds, and pairs of sides that meet.

In ``where(x < 1, a, where(x < 3, b, c))`` both comparisons may have taken both sides, and yet no entry lay between 1 and 3,
where b is chosen. So for thresholds of one operand each piece between two of them is a target of its own. For comparisons of
different operands every pair of sides is one, in the same entry; since some pairs exclude each other, they are not missed.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gradcheck.adequacy.margins import Array, Comparison, Side, Watched

_MOST_PAIRED = 8  # comparisons of one program whose pairs are looked at


class Target(Protocol):
    """Something that a point may visit, in the program with the number `view`."""

    @property
    def view(self) -> int:
        """Which of the programs."""

    def taken(self, watched: Sequence[Watched]) -> Array:
        """At which points it is visited."""

    def margin(self, watched: Sequence[Watched]) -> Array:
        """How close to it each point is; larger is closer."""

    def never(self) -> str:
        """What is said if it is not visited; empty if nothing is."""


@dataclass(frozen=True, eq=False)
class OneSide:
    """One side of one comparison."""

    view: int
    key: Hashable
    comparison: Comparison
    side: Side

    def taken(self, watched: Sequence[Watched]) -> Array:
        """At which points some entry takes the side."""
        found = watched[self.view].margins.get(self.key)
        if found is None:
            return np.zeros(watched[self.view].finite.shape, dtype=bool)
        return found.taken(self.side, self.comparison.equality)

    def margin(self, watched: Sequence[Watched]) -> Array:
        """The margin of the comparison towards the side."""
        found = watched[self.view].margins.get(self.key)
        if found is None:
            return np.full(watched[self.view].finite.shape, -np.inf)
        return found.towards(self.side, self.comparison.equality)

    def never(self) -> str:
        """Which side of what."""
        return self.comparison.never(self.side) if self.side in self.comparison.sides else ""


@dataclass(frozen=True, eq=False)
class Both:
    """A side of one comparison and a side of another in the same entry; ``signs`` of 1 and −1 say which sides.

    ``other`` is the view of the second comparison, where that belongs to another program.
    """

    view: int
    keys: tuple[Hashable, Hashable]
    signs: tuple[int, int]
    piece: str = ""
    other: int | None = None

    def taken(self, watched: Sequence[Watched]) -> Array:
        """At which points some entry takes both; all of them, where the entries of the two do not correspond."""
        rows = self._rows(watched)
        return np.ones(watched[self.view].finite.shape, dtype=bool) if rows is None else np.any(rows > 0, axis=1)

    def margin(self, watched: Sequence[Watched]) -> Array:
        """The lesser of the two margins, in the entry where it is largest."""
        rows = self._rows(watched)
        if rows is None:
            return np.full(watched[self.view].finite.shape, -np.inf)
        return np.asarray(np.fmax.reduce(rows, axis=1, initial=-np.inf))

    def _rows(self, watched: Sequence[Watched]) -> Array | None:
        views = (self.view, self.view if self.other is None else self.other)
        first, second = (
            found.rows if (found := watched[view].margins.get(key)) is not None else None
            for view, key in zip(views, self.keys, strict=True)
        )
        if first is None or second is None or first.shape != second.shape:
            return None
        with np.errstate(invalid="ignore"):
            return np.asarray(np.minimum(self.signs[0] * first, self.signs[1] * second))

    def never(self) -> str:
        """The piece that is missed, if it is one."""
        return self.piece


def sides(known: Sequence[Mapping[Hashable, Comparison]]) -> Iterator[OneSide]:
    """Both sides of all comparisons of the programs."""
    for view, found in enumerate(known):
        for key, comparison in found.items():
            for side in comparison.sides:
                yield OneSide(view, key, comparison, side)


def ties(known: Sequence[Mapping[Hashable, Comparison]]) -> Iterator[OneSide]:
    """The ties of all comparisons that do not ask for them."""
    for view, found in enumerate(known):
        for key, comparison in found.items():
            if not comparison.equality:
                yield OneSide(view, key, comparison, "tied")


def pieces(known: Sequence[Mapping[Hashable, Comparison]]) -> Iterator[tuple[Both, float]]:
    """Between each two neighbouring thresholds of one operand, with the number in the middle."""
    for view, found in enumerate(known):
        thresholds: dict[Hashable, dict[float, tuple[Hashable, Comparison]]] = {}
        for key, comparison in found.items():
            if comparison.threshold is not None and not comparison.equality:
                thresholds.setdefault(comparison.operand, {}).setdefault(comparison.threshold, (key, comparison))
        for by_threshold in thresholds.values():
            for low, high in itertools.pairwise(sorted(by_threshold)):
                (low_key, below), (high_key, above) = by_threshold[low], by_threshold[high]
                told = f"never between {low:g} and {high:g}: {above.name} at {above.place}" if above.known else ""
                middle = low + (high - low) / 2
                yield Both(view, (low_key, high_key), (below.direction, -above.direction), told), middle


def pairs(known: Sequence[Mapping[Hashable, Comparison]]) -> Iterator[Both]:
    """Every pair of sides of comparisons of different operands."""
    for view, found in enumerate(known):
        some = [item for item in found.items() if not item[1].equality][:_MOST_PAIRED]
        for (key, one), (other_key, other) in itertools.combinations(some, 2):
            if one.operand is None or one.operand != other.operand:
                for sign, other_sign in itertools.product((1, -1), repeat=2):
                    yield Both(view, (key, other_key), (sign, other_sign))


def apart(known: Sequence[Mapping[Hashable, Comparison]]) -> Iterator[tuple[Both, float]]:
    """Between a threshold of the first program and another one of another program, with the number in the middle.

    A claim whose branches begin elsewhere than the primal's is wrong just there.
    """
    first, *others = ([item for item in found.items() if item[1].threshold is not None] for found in known)
    for view, other in enumerate(others, start=1):
        for (key, one), (other_key, two) in itertools.product(first[:_MOST_PAIRED], other[:_MOST_PAIRED]):
            if one.equality or two.equality or one.threshold is None or two.threshold is None:
                continue
            low, high = sorted((one.threshold, two.threshold))
            if low < high:
                below, above = (one, two) if one.threshold == low else (two, one)
                keys = (key, other_key) if below is one else (other_key, key)
                views = (0, view) if below is one else (view, 0)
                middle = low + (high - low) / 2
                yield Both(views[0], keys, (below.direction, -above.direction), other=views[1]), middle
