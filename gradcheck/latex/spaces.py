"""Where a formula is defined: which names must be positive, or lie between 0 and 1."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluating.sizes import whole
from gradcheck.latex.names import parts
from gradcheck.latex.problem import Problem, name_of
from gradcheck.latex.tree import Expr


def bounds(expressions: Iterable[Expr], problem: Problem) -> dict[str, tuple[float, float]]:
    """Names with their lower and upper bound, from logarithms, roots, and powers that are not whole."""
    found: dict[str, list[float]] = {}

    def positive(expr: Expr) -> None:
        for name in _plain(expr, problem):
            found.setdefault(name, [0.0, float("inf")])

    def below_one(expr: Expr) -> None:
        for name in _plain(expr, problem):
            found.setdefault(name, [0.0, 1.0])[1] = 1.0

    for expression in expressions:
        for part in parts(expression):
            if isinstance(part, tree.Call) and part.function in (tree.Name("log"), tree.Name("lg"), tree.Name("sqrt")):
                argument = part.arguments[0]
                while isinstance(argument, tree.Fence):
                    argument = argument.body
                positive(argument)
                if isinstance(argument, tree.Sum) and len(argument.terms) == 2:
                    (_, first), (sign, second) = argument.terms
                    if first == tree.Number("1") and sign < 0:
                        below_one(second)
            elif isinstance(part, tree.Power) and whole(part.exponent) is None:
                if not (isinstance(part.base, tree.Name) and part.base.text == "e"):
                    positive(part.base)
            elif isinstance(part, tree.Script) and isinstance(part.sup, tree.Name) and isinstance(part.base, tree.Name):
                positive(part.base)
    return {name: (low, high) for name, (low, high) in found.items()}


def _plain(expr: Expr, problem: Problem) -> list[str]:
    if isinstance(expr, tree.Product):
        return _plain(expr.left, problem) + _plain(expr.right, problem)
    if isinstance(expr, tree.Quotient):
        return _plain(expr.over, problem) + _plain(expr.under, problem)
    if isinstance(expr, (tree.Name, tree.Script)):
        try:
            return [name_of(expr, problem)[0]]
        except UnresolvedError:
            return []
    return []
