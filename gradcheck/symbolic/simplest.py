"""The form that a person would write, of several that are equal: each made by arithmetic of bounded size, the shortest kept.

Everything that is not arithmetic (an exponential, a function, a root) becomes a letter, exponentials of multiples of the
same thing powers of one letter. What is left is a quotient of polynomials, which is reduced, factored and multiplied out
exactly. There is no search and no clock: how much is tried depends on the number of operations alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import sympy as sp

from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr
from gradcheck.symbolic.functions import Logistic, Softplus, opened
from gradcheck.symbolic.model import NotSymbolic
from gradcheck.symbolic.tidy import cost
from gradcheck.symbolic.writing import as_tree

MOST_OPERATIONS = 400
"""Above this an expression is written as it comes."""
MOST_LETTERS = 7
"""How many letters an expression may have that other forms are looked for of."""
MOST_LETTERS_OF_ZERO = 24
"""The same, where it is only asked whether an expression is 0."""
MOST_PRODUCTS = 400
"""How many terms there may be while things are multiplied out."""
MOST_TERMS = 60
"""How many terms a polynomial may have that is factored."""


def simplest(expr: Any, sigma: bool = True, like: Expr | None = None) -> tuple[Any, Expr]:
    """The shortest form of an expression without cases, and its tree.

    ``sigma`` tells that σ may be written. Powers of e that occur in ``like`` are taken for no longer than others.

    Raises:
        NotSymbolic: no form of it can be written.
    """
    known = _powers_of_e(like) if like is not None else frozenset()
    best: tuple[tuple[int, int, int], Any, Expr] | None = None
    for form in _forms(expr, sigma):
        written = as_tree(form)
        price = price_of(written, known)
        if best is None or price < best[0]:
            best = (price, form, written)
    if best is None:
        raise NotSymbolic("the expression has no form that can be written")
    return best[1], best[2]


def price_of(written: Expr, known: frozenset[Expr] = frozenset()) -> tuple[int, int, int]:
    """What decides between two forms: how much there is to read; of equal ones, products before sums."""
    same = [part for part in parts(written) if _is_power_of_e(part) and part in known]
    reversed_ = sum(1 for part in same if isinstance(part.exponent, tree.Sum))
    squares = sum(1 for part in parts(written) if isinstance(part, tree.Power))
    return cost(written) - reversed_, isinstance(written, tree.Sum) - len(same), squares


def _is_power_of_e(part: Any) -> bool:
    return isinstance(part, tree.Power) and part.base == tree.Name("e")


def _powers_of_e(expr: Expr) -> frozenset[Expr]:
    return frozenset(part for part in parts(expr) if _is_power_of_e(part))


def _forms(expr: Any, sigma: bool) -> Iterator[Any]:
    bases = [expr] if sigma else [opened(expr)]
    if expr.has(Logistic, Softplus) and sigma:
        bases.append(opened(expr))
    size = expr.count_ops()
    for base in bases:
        if sigma or not base.has(Logistic, Softplus):
            yield base
        if size > MOST_OPERATIONS:
            continue
        yield from _arithmetic(base)
        if sigma:
            yield from _with_sigma(base)


def letters(expr: Any) -> tuple[Any, dict[Any, Any]]:
    """The expression as arithmetic in letters, and what the letters stand for."""
    found: dict[Any, Any] = {}
    expr = sp.Tuple(*map(_split_powers, expr)) if isinstance(expr, sp.Tuple) else _split_powers(expr)
    powers: dict[Any, list[Any]] = {}

    def arguments(part: Any) -> None:
        for atom in part.atoms(sp.exp):
            coefficient, rest = atom.args[0].as_coeff_Mul()
            powers.setdefault(rest, []).append(coefficient)

    arguments(expr)
    swaps: dict[Any, Any] = {}
    for rest, coefficients in sorted(powers.items(), key=lambda item: sp.default_sort_key(item[0])):
        unit = sp.gcd(coefficients) if all(c.is_Rational for c in coefficients) else None
        if unit is None:
            continue
        letter = sp.Dummy("E", positive=True)
        found[letter] = sp.exp(unit * rest)
        for coefficient in coefficients:
            swaps[sp.exp(coefficient * rest)] = letter ** (coefficient / unit)
    for part in sp.preorder_traversal(expr):
        if part in swaps or isinstance(part, sp.exp):
            continue
        if isinstance(part, sp.Pow) and not part.exp.is_Integer:
            base, exponent = part.as_base_exp()
            unit = sp.Rational(1, exponent.q) if exponent.is_Rational else exponent
            letter = next((name for name, value in found.items() if value == base**unit), None)
            if letter is None:
                letter = sp.Dummy("R", positive=True)
                found[letter] = base**unit
            swaps[part] = letter ** (exponent / unit) if exponent.is_Rational else letter
        elif (isinstance(part, (sp.Function, sp.Abs)) or part in (sp.pi, sp.E)) and part not in swaps:
            letter = sp.Dummy("F")
            found[letter] = part
            swaps[part] = letter
    return _swapped(expr, swaps), found


def _split_powers(expr: Any) -> Any:
    return sp.expand_power_exp(sp.expand_power_base(expr)) if expr.has(sp.Pow) else expr


def _swapped(expr: Any, swaps: dict[Any, Any]) -> Any:
    """Whole parts replaced, from the outside in."""
    if expr in swaps:
        return swaps[expr]
    if not expr.args or isinstance(expr, (sp.Function, sp.exp)):
        return expr
    return expr.func(*(_swapped(part, swaps) for part in expr.args))


def _back(expr: Any, found: dict[Any, Any]) -> Any:
    return expr.xreplace(found) if found else expr


def _arithmetic(expr: Any) -> Iterator[Any]:
    """Reduced, factored, multiplied out, a common factor in front."""
    turned, found = letters(expr)
    if not _small(turned):
        return
    for reduced in _reduced(turned):
        yield _back(reduced, found)
        flipped = _without_negative_powers(reduced, found)
        if flipped is not None:
            yield flipped


def _small(turned: Any, most: int = MOST_LETTERS) -> bool:
    """Whether an expression is a quotient of polynomials that stays small when it is multiplied out."""
    free = turned.free_symbols
    if len(free) > most or not turned.is_rational_function(*free):
        return False
    return max(_sizes(turned)) <= MOST_PRODUCTS


def _sizes(expr: Any) -> tuple[int, int]:
    """How many terms numerator and denominator have at most, over one denominator and multiplied out."""
    top, under = _over_one(expr)
    return top, math.prod(_multiplied_out(base, times) for base, times in under.items())


def _over_one(expr: Any) -> tuple[int, dict[Any, int]]:
    """The terms of the numerator, and the denominator as powers."""
    if isinstance(expr, sp.Add):
        parts = [_over_one(part) for part in expr.args]
        under: dict[Any, int] = {}
        for _, own in parts:
            for base, times in own.items():
                under[base] = max(times, under.get(base, 0))
        return sum(up * _missing(own, under) for up, own in parts), under
    if isinstance(expr, sp.Mul):
        parts = [_over_one(part) for part in expr.args]
        joined: dict[Any, int] = {}
        for _, own in parts:
            for base, times in own.items():
                joined[base] = joined.get(base, 0) + times
        return math.prod(up for up, _ in parts), joined
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        times = min(abs(int(expr.exp)), 64)
        if expr.exp < 0:
            return 1, {expr.base: times}
        up, own = _over_one(expr.base)
        return math.comb(up + times - 1, times), {base: count * times for base, count in own.items()}
    return 1, {}


def _missing(own: dict[Any, int], under: dict[Any, int]) -> int:
    return math.prod(_multiplied_out(base, times - own.get(base, 0)) for base, times in under.items())


def _multiplied_out(base: Any, times: int) -> int:
    terms = _over_one(base)[0]
    return math.comb(terms + times - 1, times) if terms > 1 else 1


def _reduced(turned: Any) -> Iterator[Any]:
    top, under = sp.fraction(sp.cancel(sp.together(turned)))
    if _terms(top) > MOST_TERMS or _terms(under) > MOST_TERMS:
        return
    whole, split = sp.factor(top), sp.factor(under)
    yield top / under
    yield whole / split
    yield top / split
    if not under.is_number:
        yield sp.factor_terms(top) / split
        yield (
            sp.apart(top / under, sorted(under.free_symbols, key=sp.default_sort_key)[0])
            if len(under.free_symbols) == 1 and len((top / under).free_symbols) == 1
            else top / under
        )
    else:
        expanded = sp.expand(top / under)
        yield expanded
        yield sp.factor_terms(expanded)
        for name in sorted(expanded.free_symbols, key=sp.default_sort_key):
            yield sp.collect(expanded, name)
            yield sp.collect(expanded, name, sp.factor)


def _without_negative_powers(reduced: Any, found: dict[Any, Any]) -> Any:
    """e^{-x}/(1 + e^{-x})² beside e^x/(1 + e^x)²: numerator and denominator times a power of e."""
    if len([value for value in found.values() if isinstance(value, sp.exp)]) != 1:
        return None
    letter = next(name for name, value in found.items() if isinstance(value, sp.exp))
    inverse = sp.Dummy("E", positive=True)
    turned = sp.factor(sp.cancel(sp.together(reduced.subs(letter, 1 / inverse))))
    return _back(turned, {**found, inverse: 1 / found[letter]})


def _terms(expr: Any) -> int:
    return len(sp.Add.make_args(sp.expand(expr)))


def _with_sigma(expr: Any) -> Iterator[Any]:
    """σ(u) in the place of 1/(1 + e^{-u}) and its like, for every u that an exponential is taken of."""
    spelled = opened(expr)
    names = sorted({atom.args[0] for atom in spelled.atoms(sp.exp)}, key=sp.default_sort_key)
    for argument in dict.fromkeys(_unsigned(name) for name in names[:4]):
        s = sp.Dummy("s", positive=True)
        powers = {atom: (s / (1 - s)) ** (atom.args[0] / argument) for atom in spelled.atoms(sp.exp)}
        turned = spelled.xreplace(
            {atom: value for atom, value in powers.items() if (atom.args[0] / argument).is_Integer}
        )
        for form in _arithmetic(turned):
            yield form.xreplace({s: Logistic(argument)})
        for form in _arithmetic(turned.subs(s, 1 - s)):
            yield form.xreplace({s: Logistic(-argument)})


def _unsigned(argument: Any) -> Any:
    return -argument if argument.could_extract_minus_sign() else argument


def is_zero(expr: Any) -> bool:
    """Whether an expression is 0 by arithmetic alone; what is 0 by more than that counts as not."""
    if expr == 0:
        return True
    turned, _ = letters(opened(expr))
    if not _small(turned, MOST_LETTERS_OF_ZERO):
        return False
    return bool(sp.cancel(sp.together(turned)) == 0)


def by_name(expr: Any, value: Any, name: Any) -> Iterator[Any]:
    """The expression as a + b f + c f² for the function f that `value` is, where numbers a, b, c do that."""
    both, _ = letters(sp.Tuple(opened(expr), opened(value)))
    one, two = both
    free = both.free_symbols
    if len(free) > MOST_LETTERS or not _small(one) or not _small(two):
        return
    a, b, c = coefficients = sp.symbols("a b c", cls=sp.Dummy)
    top = sp.fraction(sp.together(one - a - b * two - c * two**2))[0]
    try:
        polynomial = sp.Poly(sp.expand(top), *sorted(free, key=sp.default_sort_key))
    except sp.PolynomialError:
        return
    if len(polynomial.terms()) > MOST_TERMS:
        return
    solved = sp.linsolve(polynomial.coeffs(), *coefficients)
    for answer in solved:
        if not any(part.has(*coefficients) for part in answer):
            combined = answer[0] + answer[1] * name + answer[2] * name**2
            if combined.has(name):
                yield combined
                yield sp.factor(combined)
