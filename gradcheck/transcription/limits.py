"""The ends of the range that a printed bound allows, compared with those that a bound claim was given."""

from __future__ import annotations

from gradcheck.claim import Claim
from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.tree import Expr, Statement
from gradcheck.verdict import Printed


def compare_limits(claim: Claim, statement: Statement) -> Printed:
    """Whether ``lower`` and ``upper`` of a bound are the numbers that stand in print; which end is strict is not looked at.

    Raises:
        UnresolvedError: no range of numbers is printed.
    """
    lower, upper = _limits(statement)
    for name, printed, given in (("lower", lower, claim.lower), ("upper", upper, claim.upper)):
        if printed != given:
            return Printed(
                "differs", f"{_told(printed)} is printed as the {name} end, and {_told(given)} is transcribed"
            )
    return Printed("agrees", "its ends")


def _limits(statement: Statement) -> tuple[float | None, float | None]:
    """The lower and the upper end: ``… ∈ [0, 1]``, or numbers before and after signs of inequality."""
    lower: float | None = None
    upper: float | None = None
    found = False
    for mark, left, right in zip(statement.marks, statement.members, statement.members[1:], strict=False):
        if mark == "∈" and isinstance(right, tree.Listing) and len(right.items) == 2:
            return _number(right.items[0]), _number(right.items[1])
        if mark not in ("<", "≤", ">", "≥"):
            continue
        for small, large in [(left, right) if mark in ("<", "≤") else (right, left)]:
            if (number := _number(small)) is not None:
                lower, found = number, True
            if (number := _number(large)) is not None:
                upper, found = number, True
    if not found:
        raise UnresolvedError("no range of numbers is printed")
    return lower, upper


def _number(expr: Expr) -> float | None:
    if isinstance(expr, tree.Number):
        return float(expr.text)
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1:
        sign, term = expr.terms[0]
        number = _number(term)
        return None if number is None else sign * number
    if isinstance(expr, tree.Quotient):
        over, under = _number(expr.over), _number(expr.under)
        return over / under if over is not None and under else None
    return None


def _told(end: float | None) -> str:
    return "nothing" if end is None else f"{end:g}"
