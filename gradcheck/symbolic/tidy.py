"""Trees as a person writes them down: nothing is added to 0, multiplied by 1 or negated twice."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.latex.problem import Problem, name_of
from gradcheck.latex.tree import Expr

ZERO, ONE, TWO = tree.Number("0"), tree.Number("1"), tree.Number("2")
_PLAIN = Problem(indices=frozenset())


def plus(*terms: Expr) -> Expr:
    """The sum of terms, those of sums among them one by one."""
    found: list[tuple[int, Expr]] = []
    for term in terms:
        for sign, part in term.terms if isinstance(term, tree.Sum) else ((1, term),):
            if isinstance(part, tree.Sum):
                inner = plus(part)
                found += [(sign * s, p) for s, p in (inner.terms if isinstance(inner, tree.Sum) else ((1, inner),))]
            elif part != ZERO:
                found.append((sign, part))
    if not found:
        return ZERO
    return found[0][1] if len(found) == 1 and found[0][0] > 0 else tree.Sum(tuple(found))


def minus(expr: Expr) -> Expr:
    """The negative."""
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1:
        return plus(tree.Sum(((-expr.terms[0][0], expr.terms[0][1]),)))
    return ZERO if expr == ZERO else tree.Sum(((-1, expr),))


def times(*factors: Expr) -> Expr:
    """The product of factors, signs in front."""
    sign, kept = 1, []
    for factor in factors:
        turned, plain = signed(factor)
        sign *= turned
        if plain == ZERO:
            return ZERO
        if plain != ONE:
            kept.append(plain)
    if not kept:
        return ONE if sign > 0 else minus(ONE)
    found = kept[0]
    for factor in kept[1:]:
        found = _product(found, factor)
    return found if sign > 0 else minus(found)


def _product(one: Expr, two: Expr) -> Expr:
    """Products lean to the left, as they are read."""
    if isinstance(two, tree.Product):
        return _product(_product(one, two.left), two.right)
    digits = isinstance(two, (tree.Number, tree.Power)) and isinstance(
        two.base if isinstance(two, tree.Power) else two, tree.Number
    )
    return tree.Product(r"\cdot" if digits else "", one, two)


def over(top: Expr, under: Expr) -> Expr:
    """The quotient, its sign in front."""
    up, top = signed(top)
    down, under = signed(under)
    found = top if under == ONE else ZERO if top == ZERO else tree.Quotient(top, under)
    return found if up * down > 0 else minus(found)


def power(base: Expr, exponent: Expr) -> Expr:
    """The power."""
    return base if exponent == ONE else ONE if exponent == ZERO else tree.Power(base, exponent)


def signed(expr: Expr) -> tuple[int, Expr]:
    """A sign, and what it stands before."""
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1:
        sign, inner = expr.terms[0]
        turned, plain = signed(inner)
        return sign * turned, plain
    return 1, expr


def factors(expr: Expr) -> list[Expr]:
    """The factors of a product, from the left."""
    if isinstance(expr, tree.Product) and expr.mark != r"\land":
        return [*factors(expr.left), *factors(expr.right)]
    return [expr]


def number(value: Fraction | int) -> Expr:
    """A rational number."""
    exact = Fraction(value)
    top: Expr = tree.Number(str(abs(exact.numerator)))
    found = top if exact.denominator == 1 else tree.Quotient(top, tree.Number(str(exact.denominator)))
    return found if exact >= 0 else minus(found)


def value_of(expr: Expr) -> Fraction | None:
    """The rational number that an expression plainly is, or None."""
    if isinstance(expr, tree.Number):
        return Fraction(expr.text)
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1:
        inner = value_of(expr.terms[0][1])
        return None if inner is None else expr.terms[0][0] * inner
    if isinstance(expr, tree.Quotient):
        top, under = value_of(expr.over), value_of(expr.under)
        return top / under if top is not None and under else None
    return None


def keys(expr: Expr) -> set[str]:
    """The names in an expression, functions and the names of known numbers among them."""
    found = set()
    for part in parts(expr):
        if isinstance(part, tree.Name):
            found.add(part.text)
        elif isinstance(part, tree.Script) and isinstance(part.base, (tree.Name, tree.Script)):
            found.add(name_of(part, _PLAIN)[0])
    return found


def cost(expr: Expr) -> int:
    """How much there is to read."""
    total = 0
    for part in parts(expr):
        if isinstance(part, tree.Number):
            total += max(1, len(part.text) - 1)
        elif isinstance(part, tree.Sum):
            total += 2 * (len(part.terms) - 1) + (part.terms[0][0] < 0)
        elif isinstance(part, tree.Cases):
            total += 2 * len(part.rows)
        elif dataclasses.is_dataclass(part):
            total += 1 + isinstance(part, tree.Quotient)
    return total


def unfinished(expr: Expr) -> bool:
    """Whether a product has a number or a name behind what is longer, or a quotient among its factors."""
    for part in parts(expr):
        if not isinstance(part, tree.Product) or part.mark == r"\land":
            continue
        found = factors(part)
        short = [isinstance(factor, (tree.Number, tree.Name)) for factor in found]
        if any(late and not early for early, late in itertools.pairwise(short)):
            return True
        if any(value_of(factor) is not None for factor in found[1:]):
            return True
        if any(isinstance(factor, tree.Quotient) and value_of(factor) is None for factor in found):
            return True
    return False


def as_before(expr: Expr, before: Expr | tuple[Expr, ...]) -> Expr:
    """The same with the terms of every sum in the order in which `before` has them, where it has the same sum."""
    known = {
        frozenset((sign, _unordered(term)) for sign, term in part.terms): part
        for part in parts(before)
        if isinstance(part, tree.Sum)
    }
    return _rebuilt(expr, known) if known else expr


def _unordered(expr: Expr) -> Any:
    """A term whatever the order of its factors."""
    return frozenset(factors(expr)) if isinstance(expr, tree.Product) else expr


def _rebuilt(node: Any, known: Mapping[Any, tree.Sum]) -> Any:
    if isinstance(node, tree.Sum):
        same = known.get(frozenset((sign, _unordered(term)) for sign, term in node.terms))
        if same is not None and len(same.terms) == len(node.terms):
            return same
    if isinstance(node, tuple):
        return tuple(_rebuilt(child, known) for child in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return dataclasses.replace(
            node, **{f.name: _rebuilt(getattr(node, f.name), known) for f in dataclasses.fields(node) if f.compare}
        )
    return node
