"""Functions made of pieces: between the numbers at which a choice changes, the formula that is in force there."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from gradcheck.symbolic.model import NotSymbolic

MOST_PIECES = 8
_CHOICES = (sp.Piecewise, sp.Max, sp.Min, sp.Abs, sp.sign)


@dataclass(frozen=True)
class Piece:
    """A formula, in force strictly between two numbers, and at an end where a choice says so."""

    low: Any
    high: Any
    value: Any
    with_low: bool = False
    with_high: bool = False


def has_choices(expr: Any) -> bool:
    """Whether a formula is made of pieces."""
    return bool(expr.has(*_CHOICES))


def switches(expr: Any) -> list[Any]:
    """The expressions whose sign decides which piece is in force."""
    found: dict[Any, None] = {}
    for part in sp.preorder_traversal(expr):
        if isinstance(part, sp.Piecewise):
            for _, condition in part.args:
                for relation in sorted(condition.atoms(sp.core.relational.Relational), key=sp.default_sort_key):
                    found[relation.lhs - relation.rhs] = None
        elif isinstance(part, (sp.Max, sp.Min)):
            arguments = sorted(part.args, key=sp.default_sort_key)
            for place, one in enumerate(arguments):
                for other in arguments[place + 1 :]:
                    found[one - other] = None
        elif isinstance(part, (sp.Abs, sp.sign)):
            found[part.args[0]] = None
    return list(found)


def pieces(expr: Any, x: Any) -> list[Piece] | None:
    """The pieces from left to right; None where a choice is not between polynomials in `x` with rational roots."""
    single = (sp.Eq, sp.Ne)
    if any(x in relation.free_symbols for relation in expr.atoms(*single)):
        raise NotSymbolic("a case for a single point has no derivative of its own")
    ends: set[Any] = set()
    for switch in switches(expr):
        found_ends = _roots(switch, x)
        if found_ends is None:
            return None
        ends.update(found_ends)
    inside = sorted(end for end in ends if not (x.is_positive and end <= 0) and not (x.is_negative and end >= 0))
    if len(inside) >= MOST_PIECES:
        raise NotSymbolic(f"the formula has {len(inside) + 1} pieces; at most {MOST_PIECES} are written")
    bounds = [sp.S.NegativeInfinity, *inside, sp.S.Infinity]
    if x.is_positive:
        bounds[0] = sp.S.Zero
    if x.is_negative:
        bounds[-1] = sp.S.Zero
    found: list[Piece] = []
    for low, high in itertools.pairwise(bounds):
        value = in_force(expr, x, _between(low, high))
        at_low = low.is_finite and found and _chosen(expr, x, low) == value
        at_high = high.is_finite and _chosen(expr, x, high) == value
        found.append(Piece(low, high, value, bool(at_low), bool(at_high)))
    return found


def _roots(switch: Any, x: Any) -> set[Any] | None:
    """Where an expression may change its sign; None where that is not known."""
    if switch.free_symbols - {x}:
        return None
    if x not in switch.free_symbols:
        return set()
    if has_choices(switch):
        parts = pieces(switch, x)
        if parts is None:
            return None
        ends = {part.low for part in parts if part.low.is_finite}
        for part in parts:
            inner = _roots(part.value, x)
            if inner is None:
                return None
            ends.update(inner)
        return ends
    polynomial = switch.as_poly(x)
    if polynomial is None or polynomial.degree() > 4:
        return None
    roots = polynomial.real_roots()
    return set(roots) if all(root.is_Rational for root in roots) else None


def _between(low: Any, high: Any) -> Any:
    if low.is_finite and high.is_finite:
        return (low + high) / 2
    return low + 1 if low.is_finite else high - 1 if high.is_finite else sp.S.Zero


def in_force(expr: Any, x: Any, at: Any) -> Any:
    """The formula in force around a number that is no end of a piece."""
    if not expr.args:
        return expr
    if isinstance(expr, sp.Piecewise):
        for value, condition in expr.args:
            met = condition.subs(x, at)
            if met == sp.true:
                return in_force(value, x, at)
            if met != sp.false:
                raise NotSymbolic("a condition that depends on more than one name")
        raise NotSymbolic(f"no case is given for {x} = {at}")
    parts = [in_force(part, x, at) for part in expr.args]
    if isinstance(expr, (sp.Max, sp.Min)):
        best = max if isinstance(expr, sp.Max) else min
        return best(sorted(parts, key=sp.default_sort_key), key=lambda part: part.subs(x, at))
    if isinstance(expr, (sp.Abs, sp.sign)) and expr.free_symbols == {x}:
        number = parts[0].subs(x, at)
        if number.is_comparable and number != 0:
            turned = sp.S.One if number > 0 else sp.S.NegativeOne
            return turned * (parts[0] if isinstance(expr, sp.Abs) else 1)
    return expr.func(*parts)


def _chosen(expr: Any, x: Any, at: Any) -> Any:
    """The formula that the conditions choose at the end of a piece itself, or None where there is a tie."""
    try:
        found = in_force(expr, x, at)
    except NotSymbolic:
        return None
    return None if has_choices(found) or expr.has(sp.Max, sp.Min, sp.Abs) else found


def by_condition(expr: Any) -> tuple[Any, Any, Any] | None:
    """A formula with one choice, which may depend on several names: the condition, what holds if it is met, and if not."""
    expr = expr.replace(
        lambda part: isinstance(part, sp.Max) and len(part.args) == 2,
        lambda part: _larger(part.args, part),
    )
    expr = expr.replace(
        lambda part: isinstance(part, sp.Min) and len(part.args) == 2,
        lambda part: _larger(part.args, part),
    )
    relations: dict[Any, None] = {}
    for part in expr.atoms(sp.Piecewise):
        for _, condition in part.args:
            for relation in sorted(condition.atoms(sp.core.relational.Relational), key=sp.default_sort_key):
                relations[relation] = None
    if not relations or expr.has(sp.Max, sp.Min):
        return None
    first = next(iter(relations))
    if any(
        relation not in (first, sp.Not(first)) and relation.canonical not in _canonical(first) for relation in relations
    ):
        return None
    yes, no = (expr.xreplace(_settled(relations, first, truth)) for truth in (True, False))
    if has_piecewise(yes) or has_piecewise(no):
        return None
    return first, yes, no


def _canonical(relation: Any) -> Sequence[Any]:
    return (relation.canonical, sp.Not(relation).canonical)


def _settled(relations: dict[Any, None], first: Any, truth: bool) -> dict[Any, Any]:
    same = first.canonical
    return {relation: sp.true if (relation.canonical == same) == truth else sp.false for relation in relations}


def has_piecewise(expr: Any) -> bool:
    """Whether cases are left."""
    return bool(expr.has(sp.Piecewise))


def _larger(arguments: Sequence[Any], part: Any) -> Any:
    one, two = sorted(
        arguments, key=lambda argument: (argument.is_number, sp.count_ops(argument), sp.default_sort_key(argument))
    )
    condition = one > two if isinstance(part, sp.Max) else one < two
    return sp.Piecewise((one, condition), (two, True))
