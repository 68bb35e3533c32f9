r"""What is declared about the names of a formula beside what is printed: plain data, names as they stand in LaTeX."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.evaluate import Problem, is_name, name_of
from gradcheck.latex.reader import read
from gradcheck.latex.values import Size

LAYOUTS = ("numerator", "denominator")


@dataclass(frozen=True)
class Wanted:
    """What a formula is the derivative of (empty: left to be inferred), by which name, and of which order."""

    of: str
    by: str
    order: int = 1


@dataclass(frozen=True)
class Notation:
    r"""What is declared about names.

    ``ranks``: 0 a number, 1 a vector, 2 a matrix. ``shapes``: one size an axis, a number or a letter that means one size
    wherever it is used. ``ranges``: open intervals. ``symmetric`` and ``diagonal`` are matrices, ``sums_to_one`` vectors
    whose entries do. ``layout`` is that of the Jacobian of a vector by a vector. ``derivative`` says what the formula is
    the derivative of. ``unstated`` are assumptions, each with its ``text``, that are tried where the formula fails without
    them: one that it holds under makes it *conditional*. ``expected`` are names that should occur: a note tells those
    that do not.
    """

    ranks: Mapping[str, int] | None = None
    symmetric: frozenset[str] = frozenset()
    macros: str = ""
    shapes: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    diagonal: frozenset[str] = frozenset()
    sums_to_one: frozenset[str] = frozenset()
    layout: str = ""
    derivative: Wanted | None = None
    unstated: tuple[Notation, ...] = ()
    expected: frozenset[str] = frozenset()
    text: str = ""

    def rewritten(self, write: Callable[[str], str]) -> Notation:
        """The same with every name written in another way: with macros expanded."""
        wanted = self.derivative
        return replace(
            self,
            ranks={write(name): rank for name, rank in (self.ranks or {}).items()},
            shapes={write(name): shape for name, shape in self.shapes.items()},
            ranges={write(name): limits for name, limits in self.ranges.items()},
            symmetric=frozenset(map(write, self.symmetric)),
            diagonal=frozenset(map(write, self.diagonal)),
            sums_to_one=frozenset(map(write, self.sums_to_one)),
            expected=frozenset(map(write, self.expected)),
            derivative=None if wanted is None else replace(wanted, of=write(wanted.of), by=write(wanted.by)),
            unstated=tuple(one.rewritten(write) for one in self.unstated),
        )


_FROM_MAPPING = tuple(f.name for f in fields(Notation) if f.name not in ("unstated", "expected", "text"))


def notation_of(given: Notation | Mapping[str, Any] | None) -> Notation:
    """A `Notation` from what `gradcheck.check_latex` is given.

    Raises:
        TypeError: a mapping has a field that does not exist.
        ValueError: a layout that is not one of `LAYOUTS`.
    """
    if isinstance(given, Notation):
        return given
    unknown = set(given or ()) - set(_FROM_MAPPING)
    if unknown:
        raise TypeError(
            f"notation has the unknown field {', '.join(sorted(unknown))}; the fields are {', '.join(_FROM_MAPPING)}"
        )
    found = dict(given or {})
    for name in ("symmetric", "diagonal", "sums_to_one"):
        found[name] = frozenset(found.get(name, ()))
    if found.get("layout", "") not in ("", *LAYOUTS):
        raise ValueError(f"notation has the layout {found['layout']!r}; the layouts are {', '.join(LAYOUTS)}")
    if isinstance(found.get("derivative"), (tuple, list)):
        found["derivative"] = Wanted(*found["derivative"])
    return Notation(**found)


@dataclass(frozen=True)
class Declared:
    """A notation with names as they are known while a formula is evaluated, and ranks told by shapes."""

    ranks: Mapping[str, int]
    shapes: Mapping[str, tuple[str | int, ...]]
    ranges: Mapping[str, tuple[float, float]]
    symmetric: frozenset[str]
    diagonal: frozenset[str]
    sums_to_one: frozenset[str]

    def apply(self, problem: Problem) -> None:
        """Enter sizes, ranges and traits into a table of names; what it holds already stays."""
        sizes = problem.size_names
        for key, shape in self.shapes.items():
            if key not in problem.shapes:
                problem.shapes[key] = tuple(
                    Size(size) if isinstance(size, int) else sizes.setdefault(size, Size(name=size)) for size in shape
                )
        for key, (low, high) in self.ranges.items():
            below, above = problem.ranges.get(key, (-math.inf, math.inf))
            problem.ranges[key] = (max(low, below), min(high, above))
        problem.symmetric |= self.symmetric
        problem.diagonal |= self.diagonal
        problem.normalized |= self.sums_to_one


def key_of(name: str, indices: frozenset[str], functions: frozenset[str], words: frozenset[str]) -> str:
    """A name as it is known while a formula is evaluated. Raises UnresolvedError for what is no name."""
    try:
        statements = read(name, functions, words)
    except UnreadableError as error:
        raise UnresolvedError(f"the notation speaks of {name!r}, which is no name: {error}") from None
    if len(statements) != 1 or len(statements[0].members) != 1 or not is_name(statements[0].members[0]):
        raise UnresolvedError(f"the notation speaks of {name!r}, which is no name")
    return name_of(statements[0].members[0], Problem(indices=indices))[0]


def declared(notation: Notation, indices: frozenset[str], functions: frozenset[str], words: frozenset[str]) -> Declared:
    """The notation by keys of names.

    Raises:
        UnresolvedError: something is declared about what is no name.
    """

    def key(name: str) -> str:
        return key_of(name, indices, functions, words)

    def keys(names: Iterable[str]) -> frozenset[str]:
        return frozenset(key(name) for name in names)

    shapes = {key(name): shape for name, shape in notation.shapes.items()}
    ranks = dict(notation.ranks or {})
    for name, rank in (notation.ranks or {}).items():
        with contextlib.suppress(UnresolvedError):  # a key that gradcheck made itself need not be LaTeX
            ranks[key(name)] = rank
    ranks.update({name: len(shape) for name, shape in shapes.items()})
    return Declared(
        ranks,
        shapes,
        {key(name): limits for name, limits in notation.ranges.items()},
        keys(notation.symmetric),
        keys(notation.diagonal),
        keys(notation.sums_to_one),
    )


def derivative_of(wanted: Wanted | None, functions: frozenset[str], words: frozenset[str]) -> tree.Derivative | None:
    """The derivative that is declared, its body None where it is left to be inferred. Raises UnreadableError."""
    if wanted is None:
        return None
    by = _one(wanted.by, "differentiated by", functions, words)
    if not is_name(by):
        raise UnreadableError(f"{wanted.by!r}, which is to be differentiated by, is no name")
    of = _one(wanted.of, "to be differentiated", functions, words) if wanted.of else None
    return tree.Derivative("d", of, (by,) * wanted.order, wanted.order)


def _one(text: str, what: str, functions: frozenset[str], words: frozenset[str]) -> tree.Expr:
    statements = read(text, functions, words)
    if len(statements) != 1 or len(statements[0].members) != 1:
        raise UnreadableError(f"{text!r}, which is {what}, is not one expression")
    return statements[0].members[0]
