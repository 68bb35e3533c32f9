"""What the words and the conditions around a claim assume, tried before a claim is said to be wrong.

An assumption that is understood (a matrix is symmetric, x > 0) is tried: a claim that holds under it is *conditional*. One that
is not understood leaves a claim that fails *undecided*.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from gradcheck.documents.model import Document
from gradcheck.documents.sorting import Sorted, stands_for
from gradcheck.formulas.question import Notation
from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset

_SYMMETRIC = re.compile(r"symmetr|symétr|对称|симметр", re.IGNORECASE)
_DIAGONAL = re.compile(r"\bdiagonal|对角|диагональ", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"orthogonal|orthonormal|unitary|idempotent|unit (?:vector|norm|length)|normali[sz]ed|one-hot|approximat|neglect|ignor"
    r"|assum|suppos|provided that|正交|归一化|假设|假定|近似|忽略|предполож|приближ",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 3, 1
_TRAITS_BEFORE, _TRAITS_AFTER = 30, 4
_NEAR = 12
_ENDS = {">": (0, math.inf), "≥": (0, math.inf), "<": (-math.inf, 0), "≤": (-math.inf, 0)}


def tried(document: Document, found: Sequence[Sorted], one: Sorted, scope: Sequence[Statement]) -> Iterator[Notation]:
    """What is understood, one assumption after the other, each with its text."""
    line = one.formula.place.line
    text = "\n".join(document.lines[max(line - 1 - _TRAITS_BEFORE, 0) : one.formula.end.line + _TRAITS_AFTER])
    matrices = frozenset(
        name for name in _names(scope) if name[:1].isupper() or name.startswith(("\\Lambda", "\\Sigma"))
    )
    symmetric, diagonal = _SYMMETRIC.search(text) is not None, _DIAGONAL.search(text) is not None
    told = "the matrices are {}, which the text around speaks of"
    if matrices and symmetric:
        yield Notation(symmetric=matrices, text=told.format("symmetric"))
    if matrices and diagonal:
        for name in sorted(matrices):
            others = (matrices - {name}) if symmetric else frozenset()
            text_of = f"{name} is diagonal" + (" and the other matrices are symmetric" if others else "")
            yield Notation(diagonal=frozenset([name]), symmetric=others, text=text_of)
    for other in found:
        if 0 <= line - other.formula.place.line <= _NEAR or other.number == one.number + 1:
            for piece in other.pieces:
                if (condition := _condition(piece.statement)) is not None and condition[0] in _names(scope):
                    name, limits, shown = condition
                    yield Notation(ranges={name: limits}, text=f"{shown}, which is said near it")


def not_understood(document: Document, one: Sorted) -> str:
    """The first word right beside a claim that may restrict it in a way that is not understood; empty where none does."""
    first = max(one.formula.place.line - 1 - _BEFORE, 0)
    near = "\n".join(document.lines[first : one.formula.end.line + _AFTER])
    found = _UNKNOWN.search(near)
    return found[0] if found else ""


def _condition(statement: Statement) -> tuple[str, tuple[float, float], str] | None:
    """``x > 0`` as an open interval."""
    if len(statement.members) != 2 or statement.marks[0] not in _ENDS:
        return None
    left, right = statement.members
    value = _number(right)
    if value is None or not isinstance(left, (tree.Name, tree.Script)):
        return None
    low, high = _ENDS[statement.marks[0]]
    shown = f"{typeset(left)} {statement.marks[0]} {typeset(right)}"
    return stands_for(left), (value if low == 0 else low, value if high == 0 else high), shown


def _number(expr: Expr) -> float | None:
    if isinstance(expr, tree.Number):
        return float(expr.text)
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1 and isinstance(expr.terms[0][1], tree.Number):
        return expr.terms[0][0] * float(expr.terms[0][1].text)
    return None


def _names(scope: Sequence[Statement]) -> frozenset[str]:
    return frozenset(part.text for part in parts(tuple(scope)) if isinstance(part, tree.Name))
