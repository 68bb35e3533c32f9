"""Hypothesis strategies of arrays that suit derivatives: where gradients go wrong, in short decimals that shrink.

Every strategy gives arrays of float64 (or of another ``dtype=``) in the shape that its whole numbers name: ``generic(3, 2)``
a 3 × 2 matrix, ``generic()`` a scalar. Values shrink towards 1 and −1, so that a failure can be followed by hand. What
cannot be drawn is refused with `gradcheck.SpaceError` when the strategy is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.domains import Reals, Simplex, SpaceError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, np.dtype[Any]]

_WHOLE = [float(sign * n) for n in range(1, 10) for sign in (1, -1)]
_TENTHS = [sign * n / 10 for n in range(1, 50) if n % 10 for sign in (1, -1)]
_SMALL = [0.0, *(sign * n / 10 for n in range(1, 6) for sign in (1, -1))]


def generic(
    *shape: int, low: float = -math.inf, high: float = math.inf, dtype: Any = np.float64
) -> SearchStrategy[Array]:
    """Arrays whose entries are all different where that can be, strictly between ``low`` and ``high``, and never 0.

    The entries are whole numbers, then tenths, then thousandths; more decimals where there are many entries.
    """
    from hypothesis import strategies as st

    space = Reals(*shape, low=low, high=high)
    size = math.prod(shape)
    plain = [number for number in (*_WHOLE, *_TENTHS) if low < number < high]
    if len(plain) < 2 * size or not plain:
        start, end = space._window()
        count = max(100, 4 * size)
        fine = {float(f"{start + (end - start) * k / count:.6g}") for k in range(1, count)}
        plain += [number for number in sorted(fine, key=abs) if low < number < high and number and number not in plain]
    unique = len(plain) >= size
    entries = st.lists(st.sampled_from(plain), min_size=size, max_size=size, unique=unique)
    return entries.map(_shaped(shape, dtype))


def near_kinks(*shape: int, kinks: Sequence[float] = (0.0,), dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Arrays with entries on a kink, 1e-7 and 1e-3 from one, and half and one away; at least one is close to a kink.

    ``kinks`` are the places where a function of one entry has its kinks: 0 for a ReLU, 0 and 6 for a ReLU6. Distances are
    relative to a kink beyond 1.
    """
    from hypothesis import strategies as st

    _at_least("near_kinks", shape, 1)
    if not kinks or not all(math.isfinite(kink) for kink in kinks):
        raise SpaceError(f"near_kinks(kinks={list(kinks)}): one finite number or more is expected")
    size = math.prod(shape)

    def around(offsets: Sequence[float]) -> list[float]:
        return [kink + offset * max(1.0, abs(kink)) for offset in offsets for kink in kinks]

    close = [1e-3, -1e-3, 0.0, 1e-7, -1e-7]
    entries = st.lists(st.sampled_from(around([1.0, -1.0, 0.5, -0.5, *close])), min_size=size, max_size=size)
    return _with_one(entries, around(close), size).map(_shaped(shape, dtype))


def tied(*shape: int, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Arrays in which at least two entries are equal: where max, sort and unique have a choice."""
    from hypothesis import strategies as st

    _at_least("tied", shape, 2)
    size = math.prod(shape)
    pools = st.lists(st.sampled_from([*_WHOLE, 0.0, *_TENTHS]), min_size=1, max_size=size - 1, unique=True)
    drawn = pools.flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=size, max_size=size))
    return drawn.map(_shaped(shape, dtype))


def saturated(*shape: int, at: float = 30.0, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Arrays with at least one entry of size ``at`` or twice that, of either sign, beside entries of size 1 and half ``at``.

    At 30 the sigmoid and tanh are flat to the last digit or nearly so, and at 60 a softmax without its shift loses all.
    """
    from hypothesis import strategies as st

    _at_least("saturated", shape, 1)
    if not 0 < at < math.inf:
        raise SpaceError(f"saturated(at={at}): a finite number above 0 is expected")
    size = math.prod(shape)
    flat = [at, -at, 2 * at, -2 * at]
    entries = st.lists(st.sampled_from([1.0, -1.0, *flat, at / 2, -at / 2]), min_size=size, max_size=size)
    return _with_one(entries, flat, size).map(_shaped(shape, dtype))


def scaled(*shape: int, smallest: float = 1e-8, largest: float = 1e8, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Arrays of entries d · 10ᵏ with a digit d from 1 to 9 and either sign, from ``smallest`` to ``largest`` in size.

    Entries of different sizes stand side by side, so that a tolerance for the large ones hides the small ones.
    """
    from hypothesis import strategies as st

    if not 0 < smallest < largest < math.inf:
        raise SpaceError(f"scaled(smallest={smallest}, largest={largest}): 0 < smallest < largest < inf is expected")
    size = math.prod(shape)
    powers = range(math.ceil(math.log10(smallest) - 1e-9), math.floor(math.log10(largest) + 1e-9) + 1)
    numbers = [
        float(f"{digit}e{power}")
        for power in sorted(powers, key=abs)
        for digit in range(1, 10)
        if smallest <= float(f"{digit}e{power}") <= largest
    ]
    if not numbers:
        raise SpaceError(f"scaled(smallest={smallest}, largest={largest}): no number of one digit lies between them")
    signed = [sign * number for number in numbers for sign in (1, -1)]
    return st.lists(st.sampled_from(signed), min_size=size, max_size=size).map(_shaped(shape, dtype))


def well_conditioned(n: int, *, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """n × n matrices whose condition number in the maximum norm is at most n + 1.

    Off the diagonal stand tenths up to 0.5; each diagonal entry exceeds the sum r of the others of its row by at least 1.
    Then ‖A‖ ≤ 2r + 2 ≤ n + 1, and ‖A⁻¹‖ ≤ 1 (J. M. Varah, A lower bound for the smallest singular value of a matrix, 1975).
    """
    from hypothesis import strategies as st

    _order("well_conditioned", n, 1)
    signs = st.lists(st.sampled_from([1.0, -1.0]), min_size=n, max_size=n)
    return st.tuples(_entries(n * n), signs).map(lambda drawn: _dominant(*drawn).astype(dtype))


def ill_conditioned(n: int, *, condition: float = 1e8, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Invertible n × n matrices (n ≥ 2) whose condition number in the 2-norm is at least ``condition``.

    A well-conditioned matrix whose last row is replaced by its first, with 1 / ``condition`` added in the last place: with
    u = eₙ − e₁, ‖uᵀA‖ = 1 / condition shows how small the smallest singular value is, and the largest is at least 1.
    """
    _order("ill_conditioned", n, 2)
    if not 1 <= condition <= 1e12:
        raise SpaceError(f"ill_conditioned(condition={condition}): a number from 1 to 1e12 is expected")

    def nearly_singular(matrix: Array) -> Array:
        matrix[-1] = matrix[0]
        matrix[-1, -1] += 1 / condition
        return matrix.astype(dtype)

    return well_conditioned(n).map(nearly_singular)


def positive_definite(n: int, *, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Symmetric n × n matrices with eigenvalues of at least 1 (each diagonal entry exceeds its row by 1: Gershgorin)."""
    _order("positive_definite", n, 1)

    def symmetric(entries: list[float]) -> Array:
        drawn = np.array(entries).reshape(n, n)
        return _dominant(np.triu(drawn) + np.triu(drawn, 1).T, [1.0] * n).astype(dtype)

    return _entries(n * n).map(symmetric)


def simplex(*shape: int, dtype: Any = np.float64) -> SearchStrategy[Array]:
    """Arrays whose rows along the last axis (of length 2 to 32) are positive and sum to exactly 1: probabilities."""
    from hypothesis import strategies as st

    if not shape:
        raise SpaceError("simplex(): the length of the rows is expected, as in simplex(3) or simplex(2, 3)")
    rows = math.prod(shape[:-1])
    drawn = st.lists(Simplex(shape[-1]).strategy(), min_size=rows, max_size=rows)
    return drawn.map(_shaped(shape, dtype))


def pytrees(tree: Any) -> SearchStrategy[Any]:
    """Trees like ``tree``, of dictionaries, lists, tuples and named tuples, with values drawn where it has strategies.

    ``pytrees({"W": generic(3, 2), "b": generic(3), "slope": 0.1})``: what is neither a tree nor a strategy stays as it is.
    """
    from hypothesis import strategies as st

    match tree:
        case st.SearchStrategy():
            return tree
        case dict():
            return st.fixed_dictionaries({key: pytrees(value) for key, value in tree.items()})
        case tuple() if hasattr(tree, "_fields"):
            return st.tuples(*map(pytrees, tree)).map(lambda values: type(tree)(*values))
        case tuple():
            return st.tuples(*map(pytrees, tree))
        case list():
            return st.tuples(*map(pytrees, tree)).map(list)
        case np.ndarray():
            return st.builds(tree.copy)
    return st.just(tree)


def _entries(count: int) -> SearchStrategy[list[float]]:
    from hypothesis import strategies as st

    return st.lists(st.sampled_from(_SMALL), min_size=count, max_size=count)


def _dominant(entries: Any, signs: Sequence[float]) -> Array:
    """A matrix of these entries, the diagonal replaced by whole numbers that exceed the other entries' sum by 1 or more."""
    n = len(signs)
    matrix = np.array(entries, dtype=np.float64).reshape(n, n)
    np.fill_diagonal(matrix, 0)
    np.fill_diagonal(matrix, np.array(signs) * (1 + np.ceil(np.sum(np.abs(matrix), axis=1) - 1e-9)))
    return matrix


def _with_one(entries: SearchStrategy[list[float]], chosen: Sequence[float], size: int) -> SearchStrategy[list[float]]:
    """The entries with one of the `chosen` numbers at one place."""
    from hypothesis import strategies as st

    def put(drawn: tuple[list[float], int, float]) -> list[float]:
        numbers, place, number = drawn
        return [*numbers[:place], number, *numbers[place + 1 :]]

    return st.tuples(entries, st.integers(0, size - 1), st.sampled_from(list(chosen))).map(put)


def _shaped(shape: tuple[int, ...], dtype: Any) -> Callable[[Any], Array]:
    return lambda numbers: np.array(numbers, dtype=np.float64).reshape(shape).astype(dtype)


def _at_least(name: str, shape: tuple[int, ...], count: int) -> None:
    """Refuse shapes with fewer entries."""
    size = Reals(*shape).shape
    if math.prod(size) < count:
        raise SpaceError(f"{name}{shape}: {'an entry' if count == 1 else 'two entries'} or more are expected")


def _order(name: str, n: int, least: int) -> None:
    if not isinstance(n, int) or n < least:
        raise SpaceError(f"{name}({n}): the number of rows is expected, {least} or more")
