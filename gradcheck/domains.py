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
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, np.dtype[Any]]

_FAR = 10.0  # entries from which a special value is about tails


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
        return value.shape == self.shape and bool(((value > self.low) & (value < self.high)).all())


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


@dataclass(frozen=True, eq=False)
class Near:
    """Floating point arrays like an example: of its shape and dtype, grown from its entries, between ``low`` and ``high``.

    Generic values are taken in turn near the example (each entry moved by up to a third) and anywhere at its scale, with
    either sign. Special ones are those of `Reals`, at the scale of the example and at that of 1, and values with entries
    repeated and reversed.
    """

    example: Array
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        """Refuse bounds that leave nothing, or not the example."""
        if not self.low < self.high:
            raise SpaceError(f"Near(low={self.low}, high={self.high}): low must be below high")
        bounded = self.low > -math.inf or self.high < math.inf
        if bounded and (np.any(self.example < self.low) or np.any(self.example > self.high)):
            raise SpaceError(
                f"the argument itself does not lie between {self.low} and {self.high}; widen the interval, or pass another"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the example."""
        return tuple(self.example.shape)

    @property
    def differentiable(self) -> bool:
        """Always true."""
        return True

    @cached_property
    def scale(self) -> float:
        """The size of a middling entry that is not zero, as a power of ten; 1 if it is between 0.1 and 10."""
        sizes = np.abs(self.example[np.isfinite(self.example) & (self.example != 0)]).astype(np.float64)
        if not sizes.size:
            return 1.0
        ordered = np.sort(sizes)  # np.median would import numpy.ma
        middling = (ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2
        exponent = math.floor(math.log10(float(middling)) + 0.5)
        return 1.0 if abs(exponent) <= 1 else 10.0**exponent

    @cached_property
    def _reals(self) -> Reals:
        return Reals(*self.shape, low=self.low / self.scale, high=self.high / self.scale)

    def sample(self, rng: np.random.Generator) -> Array:
        """Near the example or anywhere at its scale, by the toss of a coin; to three digits."""
        if rng.integers(2):
            return self._cast(self._reals.sample(rng) * self.scale)
        values = np.where(np.isfinite(self.example), self.example, 0).astype(np.float64)
        moved = values * (1 + rng.uniform(-0.3, 0.3, self.shape))
        moved = np.where(values == 0, rng.uniform(-0.3, 0.3, self.shape) * self.scale, moved)
        short = _three_digits(moved)
        inside = (short > self.low) & (short < self.high)
        return self._cast(np.where(inside, short, values))

    def special(self) -> Iterator[Array]:
        """Plain ones first; those that the dtype cannot hold are left out."""
        candidates = list(self._reals.special())
        values = np.where(np.isfinite(self.example), self.example, 0).astype(np.float64)
        flat = values.ravel()
        if flat.size > 1:
            candidates[2:2] = [np.full(self.shape, flat[0]) / self.scale, flat[::-1].reshape(self.shape) / self.scale]
        candidates[1:1] = [-values / self.scale]
        # After the first two come the tails: the end of the list may not be visited.
        far = [candidate for candidate in candidates if candidate.size and np.max(np.abs(candidate)) >= _FAR]
        near = [candidate for candidate in candidates if not any(candidate is other for other in far)]
        candidates = [*near[:2], *far, *near[2:]]
        if self.scale != 1:
            candidates += [value / self.scale for value in Reals(*self.shape, low=self.low, high=self.high).special()]
        for candidate in candidates:
            with np.errstate(over="ignore"):
                value = self._cast(candidate * self.scale)
            if self.contains(value):
                yield value

    def strategy(self) -> SearchStrategy[Array]:
        """That of `Reals`, at the scale of the example."""
        return self._reals.strategy().map(lambda value: self._cast(value * self.scale))

    def contains(self, value: Array) -> bool:
        """True when the shape is right and every entry is finite and within the bounds."""
        value = np.asarray(value)
        if value.shape != self.example.shape or not _all_finite(value):
            return False
        above = self.low == -math.inf or bool((value >= self.low).all())
        return above and (self.high == math.inf or bool((value <= self.high).all()))

    def at_scale(self, value: Array) -> Array:
        """Plain numbers at the scale and in the dtype of the example."""
        return self._cast(value * self.scale)

    def _cast(self, value: Array) -> Array:
        return np.asarray(value).astype(self.example.dtype)


@dataclass(frozen=True, eq=False)
class Whole:
    """Arrays like an example: integers from its smallest to its largest entry, or booleans of both kinds."""

    example: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the example."""
        return tuple(self.example.shape)

    @property
    def differentiable(self) -> bool:
        """Always false."""
        return False

    def _ends(self) -> tuple[int, int]:
        if not self.example.size:
            return 0, 0
        if self.example.dtype.kind == "b":  # a mask that is all true is one of many
            return 0, 1
        return int(self.example.min()), int(self.example.max())

    def sample(self, rng: np.random.Generator) -> Array:
        """Uniform entries; one time in two the example itself, whose order may mean something."""
        low, high = self._ends()
        if rng.integers(2):
            return self.example.copy()
        return np.asarray(rng.integers(low, high + 1, self.shape)).astype(self.example.dtype)

    def special(self) -> Iterator[Array]:
        """All equal to either end: the repeated index."""
        for end in dict.fromkeys(self._ends()):
            yield np.full(self.shape, end).astype(self.example.dtype)

    def strategy(self) -> SearchStrategy[Array]:
        """Entries drawn independently; shrinks towards the smallest."""
        from hypothesis import strategies as st

        low, high = self._ends()
        size = math.prod(self.shape)
        entries = st.lists(st.integers(low, high), min_size=size, max_size=size)
        return entries.map(lambda numbers: np.array(numbers).reshape(self.shape).astype(self.example.dtype))

    def contains(self, value: Array) -> bool:
        """True for values between the smallest and the largest entry."""
        value = np.asarray(value)
        low, high = self._ends()
        return value.shape == self.shape and bool(np.all(value >= low) and np.all(value <= high))


@dataclass(frozen=True, eq=False)
class Weights:
    """Arrays whose rows along the last axis are like those of an example that sum to 1: positive weights, or one-hot."""

    example: Array

    @staticmethod
    def describes(example: Array) -> bool:
        """Whether every row of `example` has two entries or more, none negative, with the sum 1."""
        if example.ndim == 0 or not 2 <= example.shape[-1] <= 1024 or not example.size or example.dtype.kind == "c":
            return False
        rows = example.astype(np.float64)
        few = 64 * float(np.finfo(example.dtype).eps) if example.dtype.kind == "f" else 0.05
        return bool(np.all(rows >= 0) and np.all(np.abs(rows.sum(axis=-1) - 1) <= few))

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the example."""
        return tuple(self.example.shape)

    @property
    def differentiable(self) -> bool:
        """True; a derivative is taken in the surrounding space."""
        return True

    @property
    def _one_hot(self) -> bool:
        return bool(np.all((self.example == 0) | (self.example == 1)))

    def sample(self, rng: np.random.Generator) -> Array:
        """One-hot rows for a one-hot example; otherwise rows of multiples of a power of two that sum to exactly 1."""
        *outer, size = self.shape
        if self._one_hot:
            return np.asarray(np.eye(size)[rng.integers(0, size, outer)]).astype(self.example.dtype)
        whole = 2 ** (math.ceil(math.log2(size)) + 4)
        rows = [
            np.diff(np.concatenate([[0], np.sort(rng.choice(np.arange(1, whole), size - 1, replace=False)), [whole]]))
            for _ in range(math.prod(outer))
        ]
        return np.asarray(np.array(rows).reshape(self.shape) / whole, dtype=self.example.dtype)

    def special(self) -> Iterator[Array]:
        """The example's rows in the opposite order, then all rows alike."""
        yield np.flip(self.example, axis=-1).copy()
        yield np.broadcast_to(self.example.reshape(-1, self.shape[-1])[0], self.shape).copy()

    def strategy(self) -> SearchStrategy[Array]:
        """Seeded samples; the example first."""
        from hypothesis import strategies as st

        seeds = st.integers(0, 99)
        return seeds.map(lambda seed: self.sample(np.random.default_rng(seed)) if seed else self.example.copy())

    def contains(self, value: Array) -> bool:
        """True for weights of the same shape, one-hot if the example is."""
        value = np.asarray(value)
        fitting = value.shape == self.shape and Weights.describes(value)
        return fitting and (not self._one_hot or bool(np.all((value == 0) | (value == 1))))


@dataclass(frozen=True, eq=False)
class Symmetric:
    """Matrices of another space that equal their transpose in the last two axes."""

    space: Near | Reals

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the space."""
        return self.space.shape

    @property
    def differentiable(self) -> bool:
        """True; a derivative is taken in the surrounding space."""
        return True

    def sample(self, rng: np.random.Generator) -> Array:
        """The mean of a sample and its transpose."""
        return self._mirrored(self.space.sample(rng))

    def special(self) -> Iterator[Array]:
        """Those of the space, mirrored."""
        for value in self.space.special():
            yield self._mirrored(value)

    def strategy(self) -> SearchStrategy[Array]:
        """That of the space, mirrored."""
        return self.space.strategy().map(self._mirrored)

    def contains(self, value: Array) -> bool:
        """Whether the space has it, and it equals its transpose."""
        return self.space.contains(value) and bool(np.array_equal(value, np.swapaxes(value, -1, -2)))

    def _mirrored(self, value: Array) -> Array:
        return np.asarray((value + np.swapaxes(value, -1, -2)) / 2, dtype=value.dtype)


def _all_finite(value: Array) -> bool:
    """Whether every entry is; a finite sum says so without a mask of them all."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.sum(value)) or np.isfinite(value).all())


def _three_digits(values: Array) -> Array:
    """Every entry rounded to three significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.where(values == 0, 0.0, np.floor(np.log10(np.abs(values)))) - 2
    unit = 10.0 ** np.abs(exponent)
    return np.asarray(np.where(exponent < 0, np.round(values * unit) / unit, np.round(values / unit) * unit))
