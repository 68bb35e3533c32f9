"""Both sides of a comparison as functions of a claim's inputs: what is printed, and what of the transcription equals it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.cases import Case
from gradcheck.claim import Claim, Generic, Reading
from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import Problem
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size
from gradcheck.transcription.arranging import axes, indices_of
from gradcheck.transcription.evaluating import Convention, Slopes, Transcriber
from gradcheck.transcription.names import Names, without_numbers

Shape = tuple[int, ...]
Function = Callable[..., Any]
_JOINS = (tree.Big, tree.Derivative, tree.Transpose, tree.Matrix)


@dataclass(frozen=True)
class Sides:
    """One way to read a member; ``guessed`` are the names that it takes for inputs by a likeness of spelling."""

    printed: Function
    transcribed: Function
    guessed: frozenset[str]


@dataclass(frozen=True)
class _Expression:
    """What is printed, with all that its value depends on."""

    names: Names
    member: Expr
    convention: Convention
    sizes: Mapping[str, tuple[Size, ...]]

    def value(
        self,
        given: Mapping[str, Any],
        generics: Mapping[str, Generic],
        np_: Any,
        bound: Mapping[str, tuple[Size, int | None]] | None = None,
        slopes: Slopes | None = None,
    ) -> Any:
        """The value, indices `bound`; only its shape where ``np_`` is None. Places of one array may share ``slopes``."""
        walk = Transcriber(self.names, self.sizes, given, generics, self.convention, np_, slopes)
        walk.bound = dict(bound or {})
        return walk.run(self.member)

    def given(self, arrays: Sequence[Any]) -> dict[str, Any]:
        """The inputs by name."""
        return dict(zip(self.names.shapes, arrays, strict=True))

    @property
    def numbers(self) -> Any:
        """NumPy, unless something is differentiated in what is printed: that is left to JAX."""
        everything = (self.member, *(known.body for known in self.names.problem.definitions.values()))
        if any(isinstance(part, (tree.Derivative, tree.Prime)) for part in parts(everything)):
            import jax.numpy as jnp

            return jnp
        return np


def sides(
    claim: Claim,
    case: Case,
    names: Names,
    convention: Convention,
    left: Expr | None,
    member: Expr,
    reading: Reading,
) -> Iterator[Sides]:
    """Every arrangement of a member's indices along the axes of what the transcription returns.

    ``left`` is the printed left side, which says which index runs along which axis; None where there is none.

    Raises:
        UnresolvedError: the expression has no value under the convention, or not the shape of the transcription.
        EvaluationError: the transcription has no value.
    """
    shape = case.claimed(reading).floats(case.example()).shape
    left, member = without_numbers((left, member), names.generics)
    problem = names.problem
    problem.inner_dot = convention.inner_dot
    printed = _Expression(names, member, convention, _sizes(names, convention, shape))
    free = _free(left, member, problem)
    for name in free:
        problem.index_sizes[name] = Size(name=name)
    value = printed.value({}, case.generics, None, {name: (problem.index_sizes[name], None) for name in free})
    guessed = frozenset(names.guessed)
    if convention.entries:
        if free or value.rank or not _entry_by_entry(claim, member, shape):
            raise UnresolvedError("what is printed is not the formula of one entry")
        yield Sides(_by_entries(printed, shape), reading.claimed, guessed)
        return
    if not free and value.rank == len(shape):
        _settle(value.sizes, shape)
    own = tuple(size.number for size in value.sizes)
    if not free and _squeezed(own) == _squeezed(shape):
        yield Sides(_whole(printed, shape), reading.claimed, guessed)
        return
    leading = len(shape) - len(own)
    if not free or leading < len(free):
        raise UnresolvedError(f"{_told(own)} is printed, and {_told(shape)} is transcribed")
    trailing = bool(own) and isinstance(left, tree.Derivative) and not _on_the_left(left.body, problem)
    first, last = (shape[len(own) :], shape[: len(own)]) if trailing else (shape[:leading], shape[leading:])
    _settle(value.sizes, last)
    fitting = 0
    for order in axes(claim, left, free, leading, problem):
        if tuple(size.number for size in value.sizes) != last or not _fits(problem, order, first):
            continue
        fitting += 1
        if len(set(order)) == len(order):
            yield Sides(_by_places(printed, order, (*first, *last), trailing), reading.claimed, guessed)
        else:
            yield Sides(_by_places(printed, order, None, False), _entries_of(reading, problem, order), guessed)
    if not fitting:
        raise UnresolvedError(f"the indices {', '.join(free)} do not run along the axes of {_told(shape)}")


def _free(left: Expr | None, member: Expr, problem: Problem) -> list[str]:
    """The indices that both sides have. Raises UnresolvedError where one is free on the right side alone."""
    bound, own = _on_the_left(left, problem), indices_of(member, problem)
    if bound and not set(own) <= set(bound):
        alone = ", ".join(name for name in own if name not in bound)
        raise UnresolvedError(f"the index {alone} is free on the right side alone")
    return list(dict.fromkeys((*bound, *own)))


def _on_the_left(left: Expr | None, problem: Problem) -> list[str]:
    """The indices of the left side: a condition on the right may speak of them without an array that has them."""
    return [] if left is None else indices_of(left, problem)


def _entry_by_entry(claim: Claim, member: Expr, shape: Shape) -> bool:
    """Whether x² may be said of every entry of x: all arrays have one shape, and nothing in the formula joins entries."""
    return (
        bool(shape)
        and claim.kind in ("equality", "derivative")
        and all(space.shape in ((), shape) for space in claim.inputs.values())
        and not any(isinstance(part, _JOINS) for part in parts(member))
    )


def _sizes(names: Names, convention: Convention, shape: Shape) -> dict[str, tuple[Size, ...]]:
    """The axes of every input; none for those that are taken entry by entry."""
    return {
        name: () if convention.entries and own == shape else tuple(Size(number) for number in own)
        for name, own in names.shapes.items()
    }


def _settle(sizes: Sequence[Size], shape: Sequence[int]) -> None:
    """Give an axis that nothing else bounds, as one of I, the length that it is compared with."""
    for size, number in zip(sizes, shape, strict=True):
        if size.number is None:
            size.settle(number)


def _fits(problem: Problem, order: Sequence[str], shape: Sequence[int]) -> bool:
    """Whether each index has the size of its axis; an index that nothing else bounds takes it."""
    sizes = [problem.index_sizes[name] for name in order]
    _settle(sizes, shape)
    return [size.number for size in sizes] == list(shape)


def _whole(printed: _Expression, shape: Shape) -> Function:
    """The array that is printed."""
    np_ = printed.numbers

    def array(*arrays: Any, **generics: Any) -> Any:
        return np_.reshape(printed.value(printed.given(arrays), generics, np_).data, shape)

    return array


def _by_entries(printed: _Expression, shape: Shape) -> Function:
    """The formula of one entry, applied to every entry."""
    np_, axes_of = printed.numbers, printed.names.shapes

    def array(*arrays: Any, **generics: Any) -> Any:
        found = []
        for place in np.ndindex(*shape):
            given = {
                name: value[place] if axes_of[name] and not printed.sizes[name] else value
                for name, value in printed.given(arrays).items()
            }
            found.append(printed.value(given, generics, np_).data)
        return np_.reshape(np_.stack(found), shape)

    return array


def _by_places(printed: _Expression, order: Sequence[str], shape: Shape | None, trailing: bool) -> Function:
    """What is printed at every place of its indices: as an array of this shape, or as a list where there is none."""
    np_ = printed.numbers
    places = _places(printed.names.problem, order)

    def array(*arrays: Any, **generics: Any) -> Any:
        given, slopes = printed.given(arrays), Slopes()
        stacked = np_.stack([printed.value(given, generics, np_, place, slopes).data for place in places])
        if shape is None:
            return stacked
        whole = np_.reshape(stacked, shape)
        return np_.moveaxis(whole, range(len(order)), range(len(shape) - len(order), len(shape))) if trailing else whole

    return array


def _entries_of(reading: Reading, problem: Problem, order: Sequence[str]) -> Function:
    """The entries of the transcription at which an index that stands at two axes has one number."""
    places = [tuple(place[name][1] for name in order) for place in _places(problem, order)]

    def entries(*arrays: Any, **generics: Any) -> Any:
        array = reading.claimed(*arrays, **generics)
        return np.stack([array[place] for place in places])

    return entries


def _places(problem: Problem, order: Sequence[str]) -> list[dict[str, tuple[Size, int]]]:
    """Every choice of a number for each index."""
    letters = list(dict.fromkeys(order))
    sizes = [problem.index_sizes[name] for name in letters]
    return [
        {name: (size, number) for name, size, number in zip(letters, sizes, place, strict=True)}
        for place in itertools.product(*(range(size.number or 1) for size in sizes))
    ]


def _squeezed(shape: Sequence[int | None]) -> list[int | None]:
    return [number for number in shape if number != 1]


def _told(shape: Sequence[int | None]) -> str:
    return f"an array of shape {'×'.join(str(number or '?') for number in shape)}" if shape else "a number"
