r"""The syntax tree of a formula: frozen nodes, each with the character at which it begins.

A name is a string in LaTeX (``\\hat{y}``, ``w_{rec}``, ``z^{(l)}``): accents and labels are part of it, fonts are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number as written."""

    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A name; ``bold`` is a hint that it is a vector or a matrix."""

    text: str
    bold: bool = field(default=False, compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Script:
    """Something with subscripts, and a superscript that is neither a number nor a transposition."""

    base: Expr
    subs: tuple[Expr, ...]
    sup: Expr | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of arguments: ``function`` is a name, a scripted name, a prime of one."""

    function: Expr
    arguments: tuple[Expr, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Prime:
    """The derivative of a function of one variable, or of an expression in parentheses."""

    base: Expr
    order: int
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms with their signs, +1 or -1."""

    terms: tuple[tuple[int, Expr], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Product:
    """Two factors; ``mark`` is "" for juxtaposition, else the sign between them."""

    mark: str
    left: Expr
    right: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Quotient:
    """One thing over another."""

    over: Expr
    under: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Power:
    """A power, or an inverse."""

    base: Expr
    exponent: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Transpose:
    """A transposition."""

    base: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Fence:
    """Brackets that mean something: "()", "[]", "||" (modulus or determinant), "‖‖" (norm), "{}"."""

    kind: str
    body: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Big:
    """A sum or a product over indices (none where it is left open); ``kind`` is "sum" or "prod"."""

    kind: str
    indices: tuple[str, ...]
    lower: Expr | None
    upper: Expr | None
    body: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Cases:
    """Values, each with its condition (None: otherwise)."""

    rows: tuple[tuple[Expr, Expr | None], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Entries in rows."""

    rows: tuple[tuple[Expr, ...], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative of ``body`` (None: of what follows from context) with respect to names, each as often as it is listed.

    ``mark`` is "d", "partial" or "nabla". An empty ``wrt`` is left to context.
    """

    mark: str
    body: Expr | None
    wrt: tuple[Expr, ...]
    order: int = 1
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class At:
    """What stands before an evaluation bar, and the names with the values at which it is evaluated."""

    body: Expr
    at_point: tuple[tuple[Expr, Expr], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """A condition between two expressions; ``mark`` is one of = < > ≤ ≥ ≠ ∈."""

    mark: str
    left: Expr
    right: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Dots:
    """An ellipsis."""

    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """Expressions separated by commas in brackets."""

    kind: str
    items: tuple[Expr, ...]
    at: int = field(default=0, compare=False)


Expr: TypeAlias = (
    Number
    | Name
    | Script
    | Call
    | Prime
    | Sum
    | Product
    | Quotient
    | Power
    | Transpose
    | Fence
    | Big
    | Cases
    | Matrix
    | Derivative
    | At
    | Relation
    | Dots
    | Listing
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A chain of members joined by relations: ``marks[i]`` stands between ``members[i]`` and ``members[i + 1]``.

    ``certain`` is how many members stand before a gap in the quotation, 0 where there is none: what follows a gap may be
    said of something else. ``continued`` tells that it begins with a relation: what is on its left was said before, or
    was left out.
    """

    members: tuple[Expr, ...]
    marks: tuple[str, ...]
    continued: bool = False
    words: str = ""
    certain: int = 0
    at: int = field(default=0, compare=False)
