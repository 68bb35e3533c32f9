r"""Gradients of a number by a vector: the formula of the i-th entry, with sums over all entries where it needs them.

The gradient is taken entry by entry, exactly. It has a formula of one entry if exchanging two places exchanges two entries
of it, and if what belongs to other places occurs in sums over all places alone. A number such as
2/3 may be 2/n for n = 3: the function is run at two other sizes as well, and the n is written only if all three agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from gradcheck.latex import tree
from gradcheck.latex.names import substituted
from gradcheck.latex.tree import Expr
from gradcheck.program.program import Program
from gradcheck.program.trace import trace
from gradcheck.symbolic.entries import array_of_symbols, entries, real
from gradcheck.symbolic.evaluating import evaluated
from gradcheck.symbolic.model import NotSymbolic, Written
from gradcheck.symbolic.simplest import is_zero, price_of, simplest
from gradcheck.symbolic.slopes import slope
from gradcheck.symbolic.writing import as_tree

if TYPE_CHECKING:
    from gradcheck.symbolic.claims import Question

_INDICES, _RUNNING, _SIZES = ("i", "j", "l"), ("k", "m", "r"), ("n", "N", "d")
_PRINTED_INDEX = re.compile(r"_\{?\(?([i-m])\)?\}?(?![A-Za-z])")
_POWERS = (0, -1, 1, -2, 2)


@dataclass(frozen=True)
class Vectors:
    """The inputs by name: those that are vectors of one size, and single numbers."""

    names: Mapping[str, str]
    signs: Mapping[str, int]
    vectors: tuple[str, ...]
    index: str
    running: str

    def entry(self, name: str, index: str) -> Any:
        """The symbol of the entry of a vector at an index that has a letter."""
        base = self.names[name]
        text = f"{base}_{{{index}}}" if "_" not in base else f"{{{base}}}_{{{index}}}"
        return real(text, self.signs[name])

    def at(self, size: int) -> dict[str, Any]:
        """The symbols of all inputs at a size."""
        return {
            name: array_of_symbols(latex, (size,) if name in self.vectors else (), self.signs[name])
            for name, latex in self.names.items()
        }


@dataclass(frozen=True)
class Entry:
    """The formula of the i-th entry, in the i-th entries, and what the letters for sums over all places stand for."""

    value: Any
    sums: Mapping[Any, Any]


def gradient(asked: Question) -> Written:
    """The gradient of a scalar function of a vector, as the formula of an entry.

    Raises:
        NotSymbolic: there is no such formula.
    """
    from gradcheck.symbolic.claims import left_side

    claim = asked.claim
    shape = claim.inputs[asked.wrt].shape
    if len(shape) != 1 or asked.output.shape:
        raise NotSymbolic(f"the gradient of a number by {asked.wrt}, an array of several axes, is not written")
    others = [name for name, space in claim.inputs.items() if space.shape not in ((), shape)]
    if others:
        raise NotSymbolic(
            f"{', '.join(others)} has another shape than {asked.wrt}, so that no formula of one entry says all"
        )
    taken = set(asked.names.values())
    printed = _PRINTED_INDEX.search(left_side(claim))
    first = (printed[1], *_INDICES) if printed is not None else _INDICES
    letters: list[str] = []
    for choice in (first, _RUNNING, _SIZES):
        letters.append(next(letter for letter in choice if letter not in taken and letter not in letters))
    vectors = Vectors(
        asked.names,
        {name: asked.sign(name) for name in claim.inputs},
        tuple(name for name, space in claim.inputs.items() if space.shape),
        letters[0],
        letters[1],
    )
    size = shape[0]
    here = _entry(asked.output[()], vectors, asked.wrt, size)
    n = sp.Symbol(letters[2], positive=True, integer=True)
    general, grouped = _of_any_size(asked, vectors, here, size, n)
    notes = [rf"\({letters[0]}\) is any of the entries."]
    if general is None:
        general = here.value
        notes.append(f"Worked out for {size} entries.")
    elif general.has(n):
        notes.append(rf"\({n.name}\) is the number of entries.")
    _, written = simplest(general, asked.sigma)
    if grouped is not None and general.has(n) and price_of(as_tree(grouped))[0] <= price_of(written)[0] + 2:
        written = as_tree(grouped)
    return _written(asked, vectors, here, written, n.name, size, tuple(notes))


def _entry(whole: Any, vectors: Vectors, wrt: str, size: int) -> Entry:
    """The formula of an entry, from the gradient at all places.

    Raises:
        NotSymbolic: there is none.
    """
    whole = _without_shifts(whole)
    if whole.has(sp.Piecewise, sp.Max, sp.Min):
        return _entry_of_pieces(whole, vectors, wrt, size)
    symbols = vectors.at(size)
    slopes = [sp.diff(whole, symbol) for symbol in symbols[wrt]]
    sums: dict[Any, Any] = {}
    found = [_at_place(part, place, vectors, size, sums) for place, part in enumerate(slopes)]
    if any(part != found[0] for part in found[1:]):
        raise NotSymbolic("the entries of the gradient have different formulas")
    return Entry(found[0], sums)


def _entry_of_pieces(whole: Any, vectors: Vectors, wrt: str, size: int) -> Entry:
    """A sum of functions of one place each, which may be made of pieces: the derivative of the term of a place."""
    symbols = vectors.at(size)
    found: list[Any] = []
    for place, symbol in enumerate(symbols[wrt]):
        terms = sp.Add(*(term for term in sp.Add.make_args(sp.expand_mul(whole)) if term.has(symbol)))
        local = terms.xreplace(_renamed(vectors, place, size))
        if local.free_symbols - _local_symbols(vectors):
            raise NotSymbolic("a choice depends on several entries at once")
        found.append(local)
    if any(part != found[0] for part in found[1:]):
        raise NotSymbolic("the entries of the gradient have different formulas")
    made = slope(found[0], vectors.entry(wrt, vectors.index))
    if made.value is None:
        raise NotSymbolic(
            "the entries of the gradient are made of pieces, which is written for elementwise functions alone"
        )
    return Entry(made.value, {})


def _renamed(vectors: Vectors, place: int, size: int) -> dict[Any, Any]:
    """The symbols of one place as those of the i-th."""
    symbols = vectors.at(size)
    swaps = {symbols[name][place]: vectors.entry(name, vectors.index) for name in vectors.vectors}
    swaps.update({symbols[name][()]: _plain(vectors, name) for name in vectors.names if name not in vectors.vectors})
    return swaps


def _plain(vectors: Vectors, name: str) -> Any:
    return real(vectors.names[name], vectors.signs[name])


def _local_symbols(vectors: Vectors) -> set[Any]:
    entries_ = {vectors.entry(name, vectors.index) for name in vectors.vectors}
    return entries_ | {_plain(vectors, name) for name in vectors.names if name not in vectors.vectors}


def _at_place(part: Any, place: int, vectors: Vectors, size: int, sums: dict[Any, Any]) -> Any:
    """One entry of the gradient in the i-th entries, with a letter for each sum over all places."""
    part = _crossed(_with_sums(part, vectors, size, sums), place, vectors, size, sums)
    local = part.xreplace(_renamed(vectors, place, size))
    if local.free_symbols - _local_symbols(vectors) - set(sums):
        raise NotSymbolic("an entry of the gradient depends on other entries, and not by sums over all of them")
    return local


def _crossed(expr: Any, place: int, vectors: Vectors, size: int, sums: dict[Any, Any]) -> Any:
    """a h₁ + a h₂ + … over all places but this one, with a of this place, as a (Σ h − h of this place)."""
    symbols = vectors.at(size)
    owner = {symbols[name][at]: at for name in vectors.vectors for at in range(size)}
    if not any(owner.get(symbol, place) != place for symbol in expr.free_symbols):
        return expr
    groups: dict[Any, dict[int, Any]] = {}
    rest = []
    for term in sp.Add.make_args(sp.expand(expr)):
        near: list[Any] = []
        far: list[Any] = []
        for factor in sp.Mul.make_args(term):
            away = any(owner.get(symbol, place) != place for symbol in factor.free_symbols)
            (far if away else near).append(factor)
        places = {owner[symbol] for factor in far for symbol in factor.free_symbols if symbol in owner}
        if len(places) == 1:
            groups.setdefault(sp.Mul(*near), {})[places.pop()] = sp.Mul(*far)
        else:
            rest.append(term)
    found = []
    for near, by_place in sorted(groups.items(), key=lambda item: sp.default_sort_key(item[0])):
        bodies = {far.xreplace(_running(vectors, at, size)) for at, far in by_place.items()}
        if len(bodies) != 1 or set(by_place) != set(range(size)) - {place}:
            raise NotSymbolic("an entry of the gradient depends on other entries, and not by sums over all of them")
        (body,) = bodies
        back = {new: old for old, new in _running(vectors, place, size).items()}
        found.append(near * (_letter(body, sums) - body.xreplace(back)))
    return sp.expand(sp.Add(*rest, *found))


def _running(vectors: Vectors, place: int, size: int) -> dict[Any, Any]:
    """The symbols of one place as those that a sum runs through."""
    symbols = vectors.at(size)
    swaps = {symbols[name][place]: vectors.entry(name, vectors.running) for name in vectors.vectors}
    swaps.update({symbols[name][()]: _plain(vectors, name) for name in vectors.names if name not in vectors.vectors})
    return swaps


def _letter(body: Any, sums: dict[Any, Any]) -> Any:
    """The letter for the sum of a formula over all places."""
    known = next((name for name, value in sums.items() if value == body), None)
    if known is not None:
        return known
    letter = real(f"S{len(sums)}", 1 if body.is_positive else 0)
    sums[letter] = body
    return letter


def _without_shifts(whole: Any) -> Any:
    """A maximum that is only taken away from exponents and put back is nothing: log Σ exp(x − m) + m does not depend on m."""
    for part in sorted(whole.atoms(sp.Max, sp.Min), key=sp.default_sort_key):
        shift = sp.Dummy("m", real=True)
        free = whole.xreplace({part: shift})
        if is_zero(sp.diff(free, shift)):
            whole = free.subs(shift, 0)
    return whole


def _with_sums(expr: Any, vectors: Vectors, size: int, sums: dict[Any, Any]) -> Any:
    """Every sum that has a term for each place is a letter, from the inside out."""
    if not expr.args:
        return expr
    expr = expr.func(*(_with_sums(part, vectors, size, sums) for part in expr.args))
    if not isinstance(expr, sp.Add):
        return expr
    symbols = vectors.at(size)
    by_place: list[dict[Any, Any]] = [{} for _ in range(size)]
    rest = []
    for term in expr.args:
        coefficient, bare = term.as_coeff_Mul()
        places = {place for place in range(size) if any(bare.has(symbols[name][place]) for name in vectors.vectors)}
        if len(places) == 1:
            (place,) = places
            by_place[place][bare.xreplace(_running(vectors, place, size))] = (coefficient, term)
        else:
            rest.append(term)
    shared = [body for body in by_place[0] if all(body in other for other in by_place[1:])]
    left: list[Any] = list(rest)
    used: list[Any] = []
    for body in sorted(shared, key=sp.default_sort_key):
        # What most places have is the coefficient of the sum; a place that has another keeps the difference.
        coefficients = [other[body][0] for other in by_place]
        common = max(sorted(set(coefficients), key=sp.default_sort_key), key=coefficients.count)
        if coefficients.count(common) < max(2, size - 1):
            continue
        letter = _letter(body, sums)
        used.append(body)
        left.append(common * letter)
        left.extend((own - common) * term / own for own, term in (other[body] for other in by_place) if own != common)
    kept = [term for other in by_place for body, (_, term) in other.items() if body not in used]
    return sp.Add(*left, *kept)


def _of_any_size(asked: Question, vectors: Vectors, here: Entry, size: int, n: Any) -> tuple[Any, Any]:
    """The formula with n where numbers depend on the size, and the same with the terms of each power of n put together.

    None and None where the function at other sizes says nothing.
    """
    found = {size: here}
    for other in (size + 1, size + 2):
        made = _at_size(asked, vectors, other)
        if made is None or set(made.sums.values()) != set(here.sums.values()):
            return None, None
        letters = {body: letter for letter, body in here.sums.items()}
        found[other] = Entry(made.value.xreplace({own: letters[body] for own, body in made.sums.items()}), here.sums)
    values = {count: _by_terms(entry.value) for count, entry in found.items()}
    if any(set(terms) != set(values[size]) for terms in values.values()):
        return None, None
    general = []
    groups: dict[Any, list[Any]] = {}
    for bare in sorted(values[size], key=sp.default_sort_key):
        counted = {count: terms[bare] for count, terms in values.items()}
        power = next(
            (p for p in _POWERS if len({c / sp.Integer(count) ** p for count, c in counted.items()}) == 1), None
        )
        if power is None:
            return None, None
        coefficient = counted[size] / sp.Integer(size) ** power
        general.append(coefficient * n**power * bare)
        groups.setdefault((power, abs(coefficient)), []).append(bare if coefficient > 0 else -bare)
    grouped = [c * n**power * sp.Add(*bares) for (power, c), bares in groups.items()]
    return sp.Add(*general), sp.Add(*grouped)


def _by_terms(value: Any) -> dict[Any, Any]:
    terms: dict[Any, Any] = {}
    for term in sp.Add.make_args(sp.expand(value, deep=False)):
        coefficient, bare = term.as_coeff_Mul()
        terms[bare] = coefficient
    return terms


def _at_size(asked: Question, vectors: Vectors, size: int) -> Entry | None:
    """The formula of an entry where the vectors have another size; None where the function cannot be run there."""
    claim = asked.claim
    rng = np.random.default_rng(size)
    arrays = []
    for name, space in claim.inputs.items():
        drawn = np.asarray(space.sample(rng))
        arrays.append(np.resize(drawn, (size,)) if name in vectors.vectors else drawn)
    assert claim.primal is not None, "a claim without a primal is not asked about"
    program = trace(claim.primal, tuple(arrays), "the primal")
    if not isinstance(program, Program) or len(program.outputs) != 1 or program.outputs[0].shape:
        return None
    symbols = vectors.at(size)
    try:
        whole = entries(program, [symbols[name] for name in claim.inputs])[()]
        return _entry(whole, vectors, asked.wrt, size)
    except NotSymbolic:
        return None


def _written(
    asked: Question, vectors: Vectors, here: Entry, written: Expr, size_name: str, size: int, notes: tuple[str, ...]
) -> Written:
    """The formula shown, and the same one evaluated: sums first, then every entry."""
    bodies = {letter.name: as_tree(body) for letter, body in here.sums.items()}
    names = list(asked.claim.inputs)
    inner = [_value_name(vectors, name, vectors.running) for name in names]
    outer = [_value_name(vectors, name, vectors.index) for name in names]
    added = {letter: evaluated(body, inner) for letter, body in bodies.items()}
    entry = evaluated(written, [*outer, *bodies, size_name], shape=(size,))

    def claimed(*arrays: Any) -> Any:
        totals = [_sum(function, arrays, size) for function in added.values()]
        return entry(*arrays, *totals, float(size))

    shown = written
    for letter, body in bodies.items():
        shown = substituted(shown, tree.Name(letter), tree.Big("sum", (vectors.running,), None, None, body))
    from gradcheck.symbolic.claims import left_side

    left = left_side(asked.claim)
    if left and _PRINTED_INDEX.search(left) is None:
        left = rf"\left({left}\right)_{{{vectors.index}}}"
    return Written(asked.style(shown), claimed, shown, left, notes)


def _sum(function: Callable[..., Any], arrays: tuple[Any, ...], size: int) -> Any:
    value = function(*arrays)
    return value.sum() if np.shape(value) else value * size


def _value_name(vectors: Vectors, name: str, index: str) -> str:
    found: str = vectors.entry(name, index).name if name in vectors.vectors else vectors.names[name]
    return found
