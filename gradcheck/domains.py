"""Which inputs a claim quantifies over.

A *space* describes the values of one argument. It draws seeded generic points, lists the adversarial values that
easier sampling hides (zeros, ties, large and tiny magnitudes), and gives a Hypothesis strategy over short decimals, so
that a counterexample shrinks to numbers that a person can check by hand. Values are float64 (int64 for ``Integers``)
arrays of the space's ``shape``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, np.dtype[Any]]


class SpaceError(ValueError):
    """A space was declared that no value can satisfy: the message names the argument of the space and what is expected."""


def _check_shape(name: str, shape: tuple[int, ...]) -> None:
    if any(not isinstance(n, int) or n < 0 for n in shape):
        raise SpaceError(f"{name}{shape}: a shape is made of whole numbers, 0 or more")


class Space(Protocol):
    """What every space answers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""

    @property
    def differentiable(self) -> bool:
        """Whether derivatives with respect to a value of this space make sense (false for integers)."""

    def sample(self, rng: np.random.Generator) -> Array:
        """One generic value: all entries different, both signs where the space has both."""

    def special(self) -> Iterator[Array]:
        """Adversarial values, from plain to nasty; none is drawn at random."""

    def strategy(self) -> SearchStrategy[Array]:
        """A Hypothesis strategy over short decimals of the space; it shrinks towards zero or the plainest value."""

    def contains(self, value: Array) -> bool:
        """Whether `value` lies in the space."""


@dataclass(frozen=True)
class Reals:
    """Real arrays of the given shape, entries between ``low`` and ``high`` (open where infinite).

    ``Reals()`` is a scalar and ``Reals(3, 2)`` a 3 × 2 matrix. Generic points stay within [-3, 3] where the bounds
    allow, with two decimals; special values reach further out, up to ``reach``.
    """

    shape: tuple[int, ...]
    low: float
    high: float
    reach: float

    def __init__(self, *shape: int, low: float = -math.inf, high: float = math.inf, reach: float = 30.0) -> None:
        if not low < high:
            raise SpaceError(f"Reals(low={low}, high={high}): low must be below high")
        _check_shape("Reals", shape)
        object.__setattr__(self, "shape", tuple(shape))
        object.__setattr__(self, "low", float(low))
        object.__setattr__(self, "high", float(high))
        object.__setattr__(self, "reach", float(reach))

    @property
    def differentiable(self) -> bool:
        """Always true."""
        return True

    def _window(self) -> tuple[float, float]:
        """The finite interval that generic points come from."""
        low = max(self.low, -3.0 if self.high > -3.0 else self.high - 6.0)
        high = min(self.high, 3.0 if low < 3.0 else low + 6.0)
        return low, high

    def sample(self, rng: np.random.Generator) -> Array:
        """Two-decimal numbers, uniform over the window, kept off its ends."""
        low, high = self._window()
        value = low + (high - low) * rng.uniform(0.02, 0.98, self.shape)
        rounded = np.round(value, 2)
        inside = (rounded > self.low) & (rounded < self.high)
        return np.asarray(np.where(inside, rounded, value), dtype=np.float64)

    def special(self) -> Iterator[Array]:
        """Zeros, ties, either sign, tiny and large entries, and entries close to a finite bound: those inside the bounds."""
        size = math.prod(self.shape)
        signs = np.where(np.arange(size) % 2 == 0, 1.0, -1.0)
        ramp = (np.arange(size) - size // 2) / 2.0 if size > 1 else np.full(size, 2.0)
        candidates = [
            np.zeros(size),
            ramp,
            np.full(size, -1.0),
            np.full(size, 0.5),
            signs * 1e-7,
            signs * self.reach,
            -signs * self.reach,
        ]
        for bound, inwards in ((self.low, 1.0), (self.high, -1.0)):
            if math.isfinite(bound):
                candidates.append(np.full(size, bound + inwards * 1e-6 * max(1.0, abs(bound))))
        for candidate in candidates:
            value = candidate.reshape(self.shape)
            if self.contains(value):
                yield value

    def strategy(self) -> SearchStrategy[Array]:
        """Arrays of small whole numbers other than 0 (which hides faults), then with 0 and tenths, then thousandths.

        Each list is ordered by how plain its numbers are, so that values shrink towards 1.
        """
        from hypothesis import strategies as st

        size = math.prod(self.shape)
        low, high = self._window()
        whole = [float(n * sign) for n in range(1, 10) for sign in (1, -1)]
        tenths = [0.0, *whole, *(n / 10 * sign for n in range(1, 50) if n % 10 for sign in (1, -1))]
        decimals = max(3, 2 - math.floor(math.log10(high - low)))  # more than three where the window is that narrow
        fine = [round(low + (high - low) * k / 100, decimals) for k in range(1, 100)]
        choices: list[SearchStrategy[Array]] = []
        for numbers in (whole, tenths, fine):
            inside = [number for number in numbers if self.low < number < self.high]
            if inside and (numbers is not fine or not choices):
                entries = st.lists(st.sampled_from(inside), min_size=size, max_size=size)
                choices.append(entries.map(lambda found: np.array(found, dtype=np.float64).reshape(self.shape)))
        return st.one_of(choices)

    def contains(self, value: Array) -> bool:
        """True when the shape is right and every entry is finite and strictly inside the bounds."""
        value = np.asarray(value)
        return value.shape == self.shape and bool(
            np.all(np.isfinite(value)) and np.all(value > self.low) and np.all(value < self.high)
        )


@dataclass(frozen=True)
class Simplex:
    """Vectors of ``size`` positive numbers that sum to exactly 1, in binary too: multiples of 1/64."""

    size: int

    def __post_init__(self) -> None:
        """Refuse sizes that leave no interior."""
        if not 2 <= self.size <= 32:
            raise SpaceError(f"Simplex({self.size}): a size from 2 to 32 is expected")

    @property
    def shape(self) -> tuple[int, ...]:
        """``(size,)``."""
        return (self.size,)

    @property
    def differentiable(self) -> bool:
        """True; a derivative is taken in the surrounding space, as the documents do."""
        return True

    def sample(self, rng: np.random.Generator) -> Array:
        """Generic weights, each at least 1/64."""
        cuts = np.sort(rng.choice(np.arange(1, 64), size=self.size - 1, replace=False))
        return np.diff(np.concatenate([[0], cuts, [64]])) / 64.0

    def special(self) -> Iterator[Array]:
        """As even as small powers of two allow, then nearly one-hot in the first and in the last place."""
        whole = 2 ** math.ceil(math.log2(self.size + 1))
        yield np.array([1.0] * (self.size - 1) + [float(whole - self.size + 1)]) / whole
        for place in (0, self.size - 1):
            value = np.full(self.size, 1 / 64)
            value[place] = 1 - (self.size - 1) / 64
            yield value

    def strategy(self) -> SearchStrategy[Array]:
        """Compositions of a small power of two, then of 64, into ``size`` positive parts, divided by it."""
        from hypothesis import strategies as st

        def compositions(whole: int) -> SearchStrategy[Array]:
            cuts = st.lists(st.integers(1, whole - 1), min_size=self.size - 1, max_size=self.size - 1, unique=True)
            return cuts.map(lambda found: np.diff(np.array([0, *sorted(found), whole])) / whole)

        return st.one_of(compositions(2 ** math.ceil(math.log2(self.size + 1))), compositions(64))

    def contains(self, value: Array) -> bool:
        """True when positive and summing to exactly 1."""
        value = np.asarray(value)
        return value.shape == self.shape and bool(np.all(value > 0) and math.fsum(value) == 1.0)


@dataclass(frozen=True)
class OneHot:
    """Vectors of ``size`` entries, one of them 1 and the others 0."""

    size: int

    def __post_init__(self) -> None:
        """Refuse an empty choice."""
        if self.size < 1:
            raise SpaceError(f"OneHot({self.size}): a size of at least 1 is expected")

    @property
    def shape(self) -> tuple[int, ...]:
        """``(size,)``."""
        return (self.size,)

    @property
    def differentiable(self) -> bool:
        """True; a derivative is taken in the surrounding space."""
        return True

    def sample(self, rng: np.random.Generator) -> Array:
        """A place drawn uniformly."""
        return np.asarray(np.eye(self.size)[rng.integers(self.size)])

    def special(self) -> Iterator[Array]:
        """Every one-hot vector, in order."""
        yield from np.eye(self.size)

    def strategy(self) -> SearchStrategy[Array]:
        """One of the places; shrinks to the first."""
        from hypothesis import strategies as st

        return st.integers(0, self.size - 1).map(lambda place: np.eye(self.size)[place])

    def contains(self, value: Array) -> bool:
        """True for exactly one 1 among zeros."""
        value = np.asarray(value)
        return value.shape == self.shape and bool(np.all((value == 0) | (value == 1)) and np.sum(value) == 1)


@dataclass(frozen=True)
class Integers:
    """Integer arrays of the given shape with entries from ``low`` to ``high``, both included: labels and indices."""

    shape: tuple[int, ...]
    low: int
    high: int

    def __init__(self, *shape: int, low: int, high: int) -> None:
        if low > high:
            raise SpaceError(f"Integers(low={low}, high={high}): low must not be above high")
        if low != int(low) or high != int(high):
            raise SpaceError(f"Integers(low={low}, high={high}): both are whole numbers")
        _check_shape("Integers", shape)
        object.__setattr__(self, "shape", tuple(shape))
        object.__setattr__(self, "low", int(low))
        object.__setattr__(self, "high", int(high))

    @property
    def differentiable(self) -> bool:
        """Always false: an integer has no neighbours to differentiate towards."""
        return False

    def sample(self, rng: np.random.Generator) -> Array:
        """Uniform entries."""
        return rng.integers(self.low, self.high + 1, self.shape, dtype=np.int64)

    def special(self) -> Iterator[Array]:
        """All equal to either end: the repeated index."""
        for end in dict.fromkeys((self.low, self.high)):
            yield np.full(self.shape, end, dtype=np.int64)

    def strategy(self) -> SearchStrategy[Array]:
        """Entries drawn independently; shrinks towards ``low``."""
        from hypothesis import strategies as st

        size = math.prod(self.shape)
        entries = st.lists(st.integers(self.low, self.high), min_size=size, max_size=size)
        return entries.map(lambda numbers: np.array(numbers, dtype=np.int64).reshape(self.shape))

    def contains(self, value: Array) -> bool:
        """True for integers within the bounds."""
        value = np.asarray(value)
        return value.shape == self.shape and bool(
            value.dtype.kind in "iu" and np.all(value >= self.low) and np.all(value <= self.high)
        )
