"""The derivative of a SymPy expression as a person would write it: in one formula, or piece by piece on its breakpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from gradcheck.latex.tree import Expr
from gradcheck.symbolic.model import Corner, NotSymbolic
from gradcheck.symbolic.pieces import Piece, by_condition, pieces, switches
from gradcheck.symbolic.simplest import is_zero, simplest
from gradcheck.symbolic.style import Style
from gradcheck.symbolic.tidy import cost
from gradcheck.symbolic.writing import as_tree, cases


@dataclass(frozen=True)
class Slope:
    """The derivative as a tree, and in SymPy where it has no choices; the pieces of the function where it has."""

    tree: Expr
    value: Any = None
    pieces: tuple[Piece, ...] = ()
    condition: Any = None


def slope(expr: Any, x: Any, sigma: bool = True, like: Expr | None = None) -> Slope:
    """The derivative of `expr` by the symbol `x`, in its shortest form.

    ``sigma`` tells that σ may be written, ``like`` is the function as it was written.

    Raises:
        NotSymbolic: it has no form that can be written.
    """
    if not any(x in switch.free_symbols for switch in switches(expr)):
        value, written = simplest(sp.diff(expr, x), sigma, like)
        return Slope(written, value)
    parts = pieces(expr, x)
    if parts is not None:
        return _by_pieces(expr, x, parts, sigma, like)
    chosen = by_condition(expr)
    if chosen is not None:
        condition, yes, no = chosen
        rows = [simplest(sp.diff(part, x), sigma, like) for part in (yes, no)]
        if is_zero(rows[0][0] - rows[1][0]):
            return Slope(rows[0][1], rows[0][0])
        moving = condition if x in condition.free_symbols else None
        return Slope(cases([(rows[0][0], condition), (rows[1][0], True)]), condition=moving)
    made = sp.diff(expr, x)
    if made.has(sp.Heaviside, sp.DiracDelta, sp.Piecewise) or expr.has(sp.Max, sp.Min, sp.Piecewise):
        raise NotSymbolic("its pieces change at places that depend on several names, or that have no plain formula")
    value, written = simplest(made, sigma, like)
    return Slope(written, value)


def _by_pieces(expr: Any, x: Any, parts: Sequence[Piece], sigma: bool, like: Expr | None) -> Slope:
    slopes = [simplest(sp.diff(part.value, x), sigma, like) for part in parts]
    rows: list[tuple[Piece, Any, Expr]] = []
    for part, (value, written) in zip(parts, slopes, strict=True):
        before = rows[-1] if rows else None
        if before is not None and is_zero(before[1] - value) and _continuous(before[0], part, x):
            rows[-1] = (Piece(before[0].low, part.high, part.value, before[0].with_low, part.with_high), *before[1:])
        else:
            rows.append((part, value, written))
    if len(rows) == 1:
        return Slope(rows[0][2], rows[0][1], tuple(parts))
    found = cases(_rows(rows, x))
    even = _by_modulus(expr, rows, x)
    if even is not None and cost(even) <= cost(found):
        return Slope(even, pieces=tuple(parts))
    return Slope(found, pieces=tuple(parts))


def _continuous(one: Piece, two: Piece, x: Any) -> bool:
    """Whether two pieces meet. A value that is not a number is no meeting."""
    left, right = one.value.subs(x, two.low), two.value.subs(x, two.low)
    return bool(left.is_finite and right.is_finite and is_zero(left - right))


def _rows(rows: Sequence[tuple[Piece, Any, Expr]], x: Any) -> list[tuple[Any, Any]]:
    """From the right to the left; both outer pieces as "otherwise" where they are the same."""
    outer = len(rows) > 2 and is_zero(rows[0][1] - rows[-1][1])
    told = []
    for place in range(len(rows) - 1, -1, -1):
        _part, value, _ = rows[place]
        if outer and place in (0, len(rows) - 1):
            continue
        told.append((value, _where(rows, place, x)))
    if outer:
        return [*told, (rows[0][1], True)]
    told[-1] = (told[-1][0], True) if len(rows) == 2 else told[-1]
    return told


def _where(rows: Sequence[tuple[Piece, Any, Expr]], place: int, x: Any) -> Any:
    """A number at which two pieces meet belongs to the one that the definition says, else to the left one."""
    part = rows[place][0]
    conditions = []
    if place:
        conditions.append(sp.Ge(x, part.low) if part.with_low else sp.Gt(x, part.low))
    if place < len(rows) - 1:
        right = rows[place + 1][0]
        conditions.append(sp.Lt(x, part.high) if right.with_low else sp.Le(x, part.high))
    if len(conditions) == 2:
        below = conditions[0]
        flipped = sp.Le(below.rhs, x, evaluate=False) if part.with_low else sp.Lt(below.rhs, x, evaluate=False)
        return sp.And(flipped, conditions[1], evaluate=False)
    return conditions[0]


def _by_modulus(expr: Any, rows: Sequence[tuple[Piece, Any, Expr]], x: Any) -> Expr | None:
    """g(|x|) or sign(x) g(|x|) for a function of |x|, where the two pieces mirror each other."""
    if len(rows) != 2 or not expr.has(sp.Abs) or expr.has(sp.Piecewise, sp.Max, sp.Min) or rows[1][0].low != 0:
        return None
    left, right = rows[0][1], rows[1][1]
    mirrored = left.subs(x, -x)
    size = sp.Symbol("size", positive=True)
    inner = right.subs(x, size)
    if is_zero(mirrored - right):
        return as_tree(inner.subs(size, sp.Abs(x)))
    if is_zero(mirrored + right):
        return as_tree(sp.sign(x) * inner.subs(size, sp.Abs(x)))
    return None


def corners(found: Slope, x: Any, style: Style) -> tuple[Corner, ...]:
    """Every point at which the formula changes: the derivative on both sides, and whether there is one."""
    told = []
    for one, two in zip(found.pieces, found.pieces[1:], strict=False):
        told.append(_corner(one, two, x, style))
    if found.condition is not None:
        at = style(as_tree_equal(found.condition))
        why = rf"Where \({at}\), the two branches may have different derivatives."
        told.append(Corner(at, "", "", None, why))
    return tuple(told)


def as_tree_equal(condition: Any) -> Expr:
    """The border of a condition."""
    from gradcheck.latex import tree

    return tree.Relation("=", as_tree(condition.lhs), as_tree(condition.rhs))


def _corner(one: Piece, two: Piece, x: Any, style: Style) -> Corner:
    at = rf"{style(as_tree(x))} = {style(as_tree(two.low))}"
    if not _continuous(one, two, x):
        gap = one.value.subs(x, two.low) - two.value.subs(x, two.low)
        if gap.free_symbols:
            return Corner(
                at, "", "", None, rf"At \({at}\) the two formulas need not meet, so that there may be no derivative."
            )
        return Corner(at, "", "", False, rf"At \({at}\) the function jumps or is not finite: there is no derivative.")
    left, right = (sp.diff(part.value, x).subs(x, two.low) for part in (one, two))
    if not (left.is_finite is not False and right.is_finite is not False) or sp.nan in (left, right):
        return Corner(at, "", "", None, rf"At \({at}\) the one-sided derivatives are not finite.")
    (left, left_tree), (right, right_tree) = simplest(left), simplest(right)
    sides = rf"from the left \({style(left_tree)}\), from the right \({style(right_tree)}\)"
    if is_zero(left - right):
        return Corner(
            at,
            style(left_tree),
            style(right_tree),
            True,
            rf"At \({at}\) both one-sided derivatives are \({style(left_tree)}\): it is differentiable.",
        )
    if (left - right).free_symbols:
        needed = style(as_tree_equal(sp.Eq(left, right, evaluate=False)))
        why = rf"At \({at}\) the one-sided derivatives are {sides}: it is differentiable there only if \({needed}\)."
        return Corner(at, style(left_tree), style(right_tree), None, why)
    why = rf"At \({at}\) the one-sided derivatives are {sides}: it is not differentiable there"
    told = f"{why}, and any number between is a convention."
    return Corner(at, style(left_tree), style(right_tree), False, told)
