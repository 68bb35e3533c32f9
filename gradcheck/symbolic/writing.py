"""From SymPy to a tree, in the order in which a person writes: numbers, names, functions, sums."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.logic.boolalg import BooleanTrue

from gradcheck.latex import tree
from gradcheck.latex.tree import Expr
from gradcheck.symbolic.functions import Logistic, Softplus
from gradcheck.symbolic.model import NotSymbolic
from gradcheck.symbolic.tidy import ONE, ZERO, cost, minus, number, over, plus, power, times

_NAMES: dict[Any, str] = {
    Logistic: r"\sigma",
    Softplus: "softplus",
    sp.log: "log",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.cot: "cot",
    sp.sec: "sec",
    sp.csc: "csc",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.coth: "coth",
    sp.asin: "arcsin",
    sp.acos: "arccos",
    sp.atan: "arctan",
    sp.asinh: "arcsinh",
    sp.atanh: "arctanh",
    sp.erf: "erf",
    sp.sign: "sign",
    sp.Max: "max",
    sp.Min: "min",
}
_MARKS = {
    sp.Eq: "=",
    sp.Ne: "≠",
    sp.StrictLessThan: "<",
    sp.StrictGreaterThan: ">",
    sp.LessThan: "≤",
    sp.GreaterThan: "≥",
}


def as_tree(expr: Any) -> Expr:
    """The tree of a SymPy expression.

    Raises:
        NotSymbolic: it holds what has no notation here, by name.
    """
    if isinstance(expr, sp.Rational):
        return _rational(Fraction(int(expr.p), int(expr.q)))
    if isinstance(expr, sp.Symbol):
        return tree.Name(expr.name)
    if expr is sp.pi:
        return tree.Name(r"\pi")
    if expr is sp.E:
        return tree.Name("e")
    if isinstance(expr, sp.Add):
        return _sum(_in_order(expr))
    if isinstance(expr, (sp.Mul, sp.Pow)):
        return _product(expr)
    if isinstance(expr, sp.exp):
        return tree.Power(tree.Name("e"), as_tree(expr.args[0]))
    if isinstance(expr, sp.Abs):
        return tree.Fence("||", as_tree(expr.args[0]))
    if isinstance(expr, sp.Piecewise):
        return cases([(value, condition) for value, condition in expr.args])
    if expr.func in _NAMES:
        arguments = sorted(expr.args, key=sp.default_sort_key) if expr.func in (sp.Max, sp.Min) else expr.args
        return tree.Call(tree.Name(_NAMES[expr.func]), tuple(map(as_tree, arguments)))
    raise NotSymbolic(f"{type(expr).__name__} has no notation here")


def condition_tree(condition: Any) -> Expr:
    """The tree of a relation, or of several that are all met."""
    if isinstance(condition, sp.And):
        parts = [condition_tree(part) for part in sorted(condition.args, key=_from_below)]
        found = parts[0]
        for part in parts[1:]:
            found = tree.Product(r"\land", found, part)
        return found
    for kind, mark in _MARKS.items():
        if isinstance(condition, kind):
            return tree.Relation(mark, as_tree(condition.lhs), as_tree(condition.rhs))
    raise NotSymbolic(f"the condition {type(condition).__name__} has no notation here")


def _from_below(condition: Any) -> tuple[bool, Any]:
    return not isinstance(condition.lhs, sp.Number), sp.default_sort_key(condition)


def cases(rows: list[tuple[Any, Any]]) -> Expr:
    """Cases, the last condition told as what the one before it excludes where there are two."""
    written: list[tuple[Expr, Expr | None]] = []
    for value, condition in rows:
        told: Expr | None = None
        if not isinstance(condition, BooleanTrue) and condition is not True:
            told = condition_tree(condition)
        elif len(rows) == 2 and not isinstance(rows[0][1], (sp.And, sp.Or)):
            told = condition_tree(sp.Not(rows[0][1]))
        written.append((as_tree(value), told))
    return tree.Cases(tuple(written))


def _rational(value: Fraction) -> Expr:
    """A fraction, or a decimal where that is what somebody must have written."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1 and value.denominator >= 10 and value.denominator not in (12, 16, 32, 64):
        text = f"{abs(value.numerator) / value.denominator:.12f}".rstrip("0")
        if Fraction(text) == abs(value):
            return tree.Number(text) if value > 0 else minus(tree.Number(text))
    return number(value)


def _sum(terms: list[Any]) -> Expr:
    """A sum; two terms or more with the same fraction in front share it."""
    shared: dict[Any, list[Any]] = {}
    for term in terms:
        coefficient, rest = term.as_coeff_Mul()
        front = abs(coefficient)
        if front.is_Rational and front.q > 1 and front.q <= 12 and not rest.is_Symbol:
            shared.setdefault(front, []).append(rest if coefficient > 0 else -rest)
    shared = {front: rests for front, rests in shared.items() if len(rests) > 1}
    written: list[Expr] = []
    for term in terms:
        front = abs(term.as_coeff_Mul()[0])
        if front not in shared or term.as_coeff_Mul()[1].is_Symbol:
            written.append(as_tree(term))
        elif shared[front]:
            written.append(times(as_tree(front), _sum(_in_order(sp.Add(*shared[front])))))
            shared[front] = []
    return plus(*written)


def _in_order(expr: Any) -> list[Any]:
    """The terms of a sum as written: constants first beside functions, else by falling powers; a positive one in front."""
    terms = list(expr.as_ordered_terms())
    functions = any(term.has(sp.Function, sp.exp) for term in terms)
    if functions or (len(terms) == 2 and terms[0].could_extract_minus_sign()):
        terms.sort(key=lambda term: (term.has(sp.Function, sp.exp), not term.is_number if functions else False))
    first = next((place for place, term in enumerate(terms) if not term.could_extract_minus_sign()), 0)
    return [terms[first], *terms[:first], *terms[first + 1 :]]


def _product(expr: Any) -> Expr:
    """A product as one quotient: a number in front where what it multiplies is a sum or long, else within."""
    coefficient, rest = expr.as_coeff_Mul()
    turned = _turned(coefficient, rest)
    if turned is not None:
        coefficient, rest = turned
    top, under = [], []
    radicand = sp.S.One
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp() if not isinstance(factor, sp.exp) else (factor, sp.S.One)
        if base.is_number and abs(exponent) == sp.S.Half and base.is_positive:
            radicand *= base ** (2 * exponent)
            continue
        if exponent.is_Rational and exponent < 0 and not isinstance(base, sp.exp):
            under.append((base, -exponent))
        elif factor is not sp.S.One:
            top.append((base, exponent))
    if not isinstance(coefficient, sp.Rational):
        raise NotSymbolic(f"the number {coefficient} has no notation here")
    if radicand != 1:
        coefficient, up, down = _radical(coefficient, radicand)
        top, under = [*up, *top], [*down, *under]
    exact = Fraction(int(coefficient.p), int(coefficient.q))
    above = times(*(_power(*pair) for pair in sorted(top, key=_rank)))
    below = times(*(_power(*pair) for pair in sorted(under, key=_rank)))
    size = abs(exact)
    whole = _rational(size)
    if below != ONE and size.numerator != 1 and isinstance(above, tree.Sum) and cost(below) < 4:
        found = times(over(number(size.numerator), times(number(size.denominator), below)), above)
    elif below != ONE:
        found = over(times(number(size.numerator), above), times(number(size.denominator), below))
    elif isinstance(whole, tree.Quotient):
        long = isinstance(above, tree.Sum) or cost(above) > 6
        found = times(whole, above) if long else over(times(whole.over, above), whole.under)
    else:
        found = times(whole, above)
    return found if exact > 0 else minus(found) if exact else ZERO


def _turned(coefficient: Any, rest: Any) -> tuple[Any, Any] | None:
    """−(a − b) as b − a, within a product that has a minus in front, and σ − 1 as −(1 − σ)."""
    factors = list(sp.Mul.make_args(rest))
    sign = -1 if coefficient.is_negative else 1
    turned: set[int] = set()

    def turn(wanted: Callable[[Any], bool]) -> None:
        nonlocal sign
        for place, factor in enumerate(factors):
            base, exponent = factor.as_base_exp()
            if place in turned or not isinstance(base, sp.Add) or not exponent.is_odd or len(base.args) != 2:
                continue
            if {term.could_extract_minus_sign() for term in base.args} == {True, False} and wanted(base):
                factors[place] = (-base) ** exponent
                turned.add(place)
                sign = -sign
                if wanted is _any:
                    return

    turn(_less_one)
    if sign < 0:
        turn(_any)
    return (sign * abs(coefficient), sp.Mul(*factors, evaluate=False)) if turned else None


def _any(base: Any) -> bool:  # noqa: ARG001 - as `_less_one`
    return True


def _less_one(base: Any) -> bool:
    """Whether a sum is a function less a number."""
    return any(term.is_number and term.is_negative for term in base.args) and base.has(Logistic, sp.tanh)


def _radical(coefficient: Any, radicand: Any) -> tuple[Any, list[Any], list[Any]]:
    """r √R as the shortest of √(r²R), 1/√(1/(r²R)) and r √R: what stays in front, what is above and below."""
    half = sp.S.Half
    within = coefficient**2 * radicand
    sign = sp.S.One if coefficient > 0 else sp.S.NegativeOne
    top, under = sp.fraction(within)
    if top == 1:
        return sign, [], [(under, half)]
    if under == 1 and within.is_number and abs(coefficient) != 1 and not within.is_Rational:
        return sign, [(within, half)], []
    top, under = sp.fraction(radicand)
    if top == 1:
        return coefficient, [], [(under, half)]
    return coefficient, [(radicand, half)], []


def _rank(pair: tuple[Any, Any]) -> tuple[int, Any]:
    base, _ = pair
    if base.is_number and not base.has(sp.Function):
        place = 0
    elif isinstance(base, sp.Symbol):
        place = 1 if base.name.startswith("\\") else 2 if base.name[0].isupper() else 3
    elif isinstance(base, sp.Add):
        place = 5
    else:
        place = 6 if isinstance(base, sp.exp) else 4
    return place, sp.default_sort_key(base)


def _power(base: Any, exponent: Any) -> Expr:
    if exponent is sp.S.One:
        return as_tree(base)
    if exponent == sp.Rational(1, 2):
        return tree.Call(tree.Name("sqrt"), (as_tree(base),))
    if exponent.is_Rational and exponent.q == 2 and exponent.p > 0 and not isinstance(base, sp.Add):
        whole = power(as_tree(base), number(int(exponent.p // 2)))
        return times(whole, tree.Call(tree.Name("sqrt"), (as_tree(base),)))
    return tree.Power(as_tree(base), as_tree(exponent))
