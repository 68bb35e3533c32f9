"""Which derivative a formula claims: the notation on the left, and the members that are said to equal it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.latex import tree
from gradcheck.latex.tree import Expr, Statement


@dataclass(frozen=True)
class Target:
    """A derivative and what is claimed to be its value, member by member. ``times`` is a cotangent it is contracted with.

    ``point`` gives the names with the values at which it is evaluated, where it is.

    ``certain`` counts the members that stand before a gap in the quotation.
    """

    derivative: tree.Derivative
    members: tuple[Expr, ...]
    times: Expr | None = None
    alias: Expr | None = None
    certain: int = 0
    point: tuple[tuple[Expr, Expr], ...] = ()


def targets(statements: Sequence[Statement]) -> list[Target]:
    """The derivative claims of a formula with a derivative on the left; ``f' (x)`` counts as one."""
    found = []
    for statement in statements:
        members = list(statement.members)
        marks = list(statement.marks)
        if statement.continued or any(mark not in ("=", "≈") for mark in marks):
            continue
        for place in range(min(2, len(members))):
            left = members[place]
            point = left.at_point if isinstance(left, tree.At) else ()
            left = left.body if isinstance(left, tree.At) else left
            opposite = _opposite(left)
            made = as_derivative(left if opposite is None else opposite)
            if made is None:
                continue
            if place == 1 and not isinstance(members[0], (tree.Name, tree.Script)):
                continue
            rest = tuple(_values(members[place + 1 :]))
            alias = members[0] if place == 1 else None
            if opposite is not None:
                rest = tuple(tree.Sum(((-1, member),)) for member in rest)
                alias = None
            if rest:
                certain = max(statement.certain - place - 1, 0) if statement.certain else len(rest)
                found.append(Target(made, rest, None, alias, certain, point))
            break
    return found


def _opposite(expr: Expr) -> Expr | None:
    """What stands after a minus sign: ``-∂V/∂r = …`` claims the opposite of a derivative."""
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1 and expr.terms[0][0] < 0:
        return expr.terms[0][1]
    return None


def _values(members: Sequence[Expr]) -> list[Expr]:
    """Without a trailing ``= 0``, which sets a derivative to zero instead of computing it."""
    kept = list(members)
    while len(kept) > 1 and (kept[-1] == tree.Number("0") or kept[-1] == tree.Name(r"\mathbf{0}")):
        kept.pop()
    return kept


def as_derivative(expr: Expr) -> tree.Derivative | None:
    """The derivative that a notation stands for, or None."""
    if isinstance(expr, tree.Derivative):
        return expr
    if isinstance(expr, tree.Call) and isinstance(expr.function, tree.Prime) and len(expr.arguments) == 1:
        argument = expr.arguments[0]
        inner = tree.Call(expr.function.base, expr.arguments)
        if isinstance(argument, (tree.Name, tree.Script)):
            return tree.Derivative("d", inner, (argument,) * expr.function.order, expr.function.order)
    if isinstance(expr, tree.Prime) and isinstance(expr.base, (tree.Call, tree.Fence)):
        return tree.Derivative("d", expr.base, (), expr.order)
    if isinstance(expr, tree.Product) and expr.left == tree.Name("H") and isinstance(expr.right, tree.Call):
        return tree.Derivative("nabla", expr.right, (), 2)
    return None
