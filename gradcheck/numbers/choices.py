"""Tangents that depend on choices which are open: polynomials in symbols λ ∈ [0, 1], one a comparison.

A choice between a (λ = 0) and b (λ = 1) has the tangent

    ȧ + λ (ḃ − ȧ)

As long as what follows is linear in tangents, so is it in λ: its coefficient is one more block of rows behind the rows of
the directions, which every rule carries along without knowing. Where ȧ and ḃ depend on other symbols, products of symbols
have coefficients too; they lie in [0, 1] as well. λ itself is 0 in ȧ and 1 in ḃ, since one comparison has one outcome. What
depends on no choice after all (a softmax from which the maximum is subtracted) ends with coefficients of 0.

Only at the end, in `collapsed`, the polynomials are enclosed over all values of their symbols.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.numbers.jet import Jet
from gradcheck.numbers.system import NoRuleError, Unsure

Array = np.ndarray[Any, np.dtype[Any]]
Product = frozenset[int]
Parts = dict[Product, Any]

_SMOOTH: Product = frozenset()
# More products than this, or more numbers in one tangent, are not kept apart: each choice is then enclosed on its own.
_MOST_PRODUCTS = 96
_MOST_ATOMS = 6
_MOST_NUMBERS = 2**17


class TooManyError(Exception):
    """The symbols of an evaluation have become too many to be kept apart."""


@dataclass
class Choices:
    """The products of symbols in one evaluation, in the order of their blocks of rows; and the comparisons seen."""

    order: list[Product] = field(default_factory=lambda: [_SMOOTH])
    places: dict[Product, int] = field(default_factory=lambda: {_SMOOTH: 0})
    ties: dict[tuple[Any, ...], tuple[Any, Array]] = field(default_factory=dict)

    def place(self, product: Product) -> int:
        """The number of the block that belongs to a product.

        Raises:
            TooManyError: there are too many.
        """
        if product not in self.places:
            if len(self.order) > _MOST_PRODUCTS:
                raise TooManyError
            self.places[product] = len(self.order)
            self.order.append(product)
        return self.places[product]


def parts_of(system: Any, tangent: Any) -> Parts:
    """The coefficients of a tangent, each of the shape ``(directions, *value.shape)``; zero ones are left out."""
    d = system.directions
    count = tangent.shape[0] // d
    if count == 1:
        return {_SMOOTH: tangent}
    blocks = system.base.rearrange(lambda _, data: [data[k * d : (k + 1) * d] for k in range(count)], {}, [tangent])
    pairs = zip(system.choices.order, blocks, strict=False)
    return {product: block for product, block in pairs if not product or np.any(_nonzero(block))}


def joined(system: Any, parts: Parts) -> Any:
    """The inverse of `parts_of`.

    Raises:
        TooManyError: there are too many products, or too many numbers.
    """
    places = {system.choices.place(product): part for product, part in parts.items()}
    count = max(places) + 1
    if count * math.prod(parts[_SMOOTH].shape) > _MOST_NUMBERS:
        raise TooManyError
    zero = system.base.exact(0, tuple(parts[_SMOOTH].shape)) if len(places) < count else None
    blocks = [places.get(k, zero) for k in range(count)]
    return system.base.rearrange(lambda _, *data: np.concatenate(data), {}, blocks) if count > 1 else blocks[0]


def chosen(system: Any, low: Parts, high: Parts, symbols: Array) -> Parts:
    """low + λ (high − low), element by element: `symbols` names the λ of each, and is 0 where `low` is meant."""
    result = dict(low)
    present = list(_present(symbols))
    if len(present) > _MOST_PRODUCTS:
        raise TooManyError
    for symbol in present:
        here = symbols == symbol
        at_zero = {product: part for product, part in _only(system, low, here) if symbol not in product}
        at_one: Parts = {}
        for product, part in _only(system, high, here):
            _add(system, at_one, product - {symbol}, part)
        for product in [product for product in result if symbol in product]:
            result[product] = _masked(system, result[product], ~here)
        for product in {*at_zero, *at_one}:
            difference = _difference(system, at_one.get(product), at_zero.get(product))
            if np.any(_nonzero(difference)):
                _add(system, result, product | {symbol}, difference)
    return result


def _present(symbols: Array) -> Iterator[int]:
    return (int(symbol) for symbol in np.unique(symbols) if symbol)


def _only(system: Any, parts: Parts, mask: Array) -> Iterator[tuple[Product, Any]]:
    """The parts, with zeros outside of the mask."""
    return ((product, _masked(system, part, mask)) for product, part in parts.items())


def _masked(system: Any, part: Any, mask: Array) -> Any:
    zero = system.base.exact(0, ())
    return system.base.rearrange(lambda _, data, nothing: np.where(mask, data, nothing), {}, [part, zero])


def _add(system: Any, parts: Parts, product: Product, part: Any) -> None:
    known = parts.get(product)
    parts[product] = part if known is None else system.base.apply("add", {}, [known, part])


def _difference(system: Any, a: Any, b: Any) -> Any:
    if a is None:
        return system.base.apply("neg", {}, [b])
    return a if b is None else system.base.apply("sub", {}, [a, b])


def _nonzero(part: Any) -> Array:
    """Where a value of a number system, or any of its derivatives, is not known to be exactly zero.

    Raises:
        NoRuleError: it is of doubles with bounds, which leave a choice that is open to balls.
    """
    if not isinstance(part, Jet):
        if not isinstance(part, np.ndarray):
            raise NoRuleError("a choice that is open, in doubles")
        return np.asarray(_NOT_ZERO(part), dtype=bool)
    found = _nonzero(part.value)
    return found if part.tangent is None else found | np.any(_nonzero(part.tangent), axis=0)


_NOT_ZERO = np.frompyfunc(lambda ball: not ball == 0, 1, 1)  # noqa: SIM201 - a ball may be neither equal nor unequal


def picked(system: Any, mask: Array, off: Parts, on: Parts) -> Parts:
    """Either of two tangents, element by element, as a decided mask says."""
    shape = tuple(off[_SMOOTH].shape)
    zero = system.base.exact(0, shape) if off.keys() != on.keys() else None
    wide = np.broadcast_to(mask, shape)
    return {
        product: system.base.apply("select_n", {}, [wide, off.get(product, zero), on.get(product, zero)])
        for product in {**off, **on}
    }


def enclosed(system: Any, low: Parts, high: Parts, open_: Array) -> Any:
    """The hull of two tangents at the open elements, without a symbol."""
    rows = max(system.choices.places[product] for product in {**low, **high}) + 1
    low_rows, high_rows = (_rows(system, parts, rows) for parts in (low, high))
    wide = np.broadcast_to(open_, low_rows.shape)
    return system.base.apply("select_n", {}, [Unsure(np.zeros_like(wide), wide), low_rows, high_rows])


def _rows(system: Any, parts: Mapping[Product, Any], count: int) -> Any:
    zero = system.base.exact(0, tuple(parts[_SMOOTH].shape))
    blocks = [parts.get(product, zero) for product in system.choices.order[:count]]
    return system.base.rearrange(lambda _, *data: np.concatenate(data), {}, blocks)


def collapsed(system: Any, jet: Jet) -> Any:
    """The tangent of `jet` for any values of its symbols: ``(directions, *value.shape)``, or None for zero."""
    if jet.tangent is None or jet.tangent.shape[0] == system.directions:
        return jet.tangent
    parts = parts_of(system, jet.tangent)
    smooth = parts.pop(_SMOOTH)
    total = smooth
    for part in parts.values():
        total = system.base.apply("add", {}, [total, _union(system, system.base.exact(0, tuple(part.shape)), part)])
    nonzero = {product: _nonzero(part) for product, part in parts.items()}
    for atoms, here in _entangled(nonzero, tuple(smooth.shape)):
        corners = _corners(system, smooth, parts, atoms)
        total = system.base.apply("select_n", {}, [here, total, corners])
    return total


def _entangled(nonzero: Mapping[Product, Array], shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Groups of entries in which products of symbols occur: the few symbols of each group, and where it is.

    A polynomial that is linear in each symbol takes its extremes where all of them are 0 or 1.
    """
    products = [product for product in nonzero if len(product) > 1]
    if not products:
        return
    entangled = np.any([nonzero[product] for product in products], axis=0)
    atoms = sorted({atom for product in nonzero for atom in product})
    present = np.stack(
        [np.any([mask for product, mask in nonzero.items() if atom in product], axis=0) & entangled for atom in atoms]
    )
    flat = present.reshape(len(atoms), -1)
    for pattern in np.unique(flat[:, flat.any(axis=0)], axis=1).T:
        if np.sum(pattern) <= _MOST_ATOMS:
            here = np.all(flat == pattern[:, None], axis=0).reshape(shape)
            yield tuple(atom for atom, used in zip(atoms, pattern, strict=True) if used), here


def _corners(system: Any, smooth: Any, parts: Parts, atoms: tuple[int, ...]) -> Any:
    """The hull over all choices of 0 or 1 for the symbols."""
    hull = None
    for outcome in itertools.product((False, True), repeat=len(atoms)):
        ones = frozenset(itertools.compress(atoms, outcome))
        total = smooth
        for product, part in parts.items():
            if product <= ones:
                total = system.base.apply("add", {}, [total, part])
        hull = total if hull is None else _union(system, hull, total)
    return hull


def _union(system: Any, a: Any, b: Any) -> Any:
    shape = tuple(a.shape)
    return system.base.apply("select_n", {}, [Unsure(np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool)), a, b])
