"""Sizes and whole numbers that an expression says outright."""

from __future__ import annotations

from gradcheck.latex import tree
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size, Val


def above(upper: Expr | None) -> Expr | None:
    """How many terms a sum from 0 has: n where it ends at n - 1; one more than a whole number; else what is not named."""
    if isinstance(upper, tree.Sum) and len(upper.terms) == 2 and upper.terms[1] == (-1, tree.Number("1")):
        return upper.terms[0][1]
    number = whole(upper)
    return tree.Number(str(number + 1)) if number is not None else None


def times(one: Size, two: Size) -> Size:
    """The size of the axes of a Kronecker product."""
    return Size(one.number * two.number) if one.number is not None and two.number is not None else Size()


def whole(expr: Expr | None) -> int | None:
    """The whole number that an expression is, or None."""
    if isinstance(expr, tree.Number) and expr.text.isdecimal():
        return int(expr.text)
    if isinstance(expr, tree.Fence):
        return whole(expr.body)
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1:
        inner = whole(expr.terms[0][1])
        return None if inner is None else expr.terms[0][0] * inner
    return None


def kind(value: Val) -> str:
    """For people."""
    return {0: "a number", 1: "a row" if value.row else "a column", 2: "a matrix"}.get(value.rank, "an array")
