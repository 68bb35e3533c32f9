r"""The rules of differentiation, each one function over the tree: what d/dx of a formula is, in derivatives of its parts.

Notation: D is d/dx; c and a do not depend on x; u and v do; n is a number or another formula without x.
Sources: any textbook of calculus; NIST Digital Library of Mathematical Functions 1.4(iii) and 4.7(ii).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gradcheck.latex import tree
from gradcheck.latex.evaluate import Definition
from gradcheck.latex.names import substituted
from gradcheck.latex.tree import Expr
from gradcheck.symbolic.functions import BY_NAME
from gradcheck.symbolic.model import NotSymbolic
from gradcheck.symbolic.tidy import ONE, ZERO, factors, keys, minus, over, plus, power, times, value_of

E = tree.Name("e")


@dataclass(frozen=True)
class Setting:
    """What is differentiated by, what names stand for, and how a tree is typeset."""

    x: str
    typeset: Callable[[Expr], str]
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    mark: str = "d"

    def moves(self, expr: Expr) -> bool:
        """Whether a formula depends on what is differentiated by, also through what its names stand for."""
        seen: set[str] = set()
        waiting = list(keys(expr))
        while waiting:
            key = waiting.pop()
            if key == self.x:
                return True
            if key in self.definitions and key not in seen:
                seen.add(key)
                known = self.definitions[key]
                waiting += keys(known.body) - set(known.parameters)
        return False

    def d(self, expr: Expr) -> Expr:
        """The derivative of a formula, not yet worked out."""
        return tree.Derivative(self.mark, expr, (tree.Name(self.x),))

    def is_x(self, expr: Expr) -> bool:
        """Whether a formula is just the name that is differentiated by."""
        return expr == tree.Name(self.x)


@dataclass(frozen=True)
class Applied:
    """What a rule makes of d/dx of a formula, the name of the rule, and why in a sentence."""

    rule: str
    result: Expr
    why: str


Rule = Callable[[Expr, Setting], "Applied | None"]


def constant(body: Expr, at: Setting) -> Applied | None:
    """D c = 0."""
    if at.moves(body):
        return None
    return Applied(
        "constant rule",
        ZERO,
        rf"\({at.typeset(body)}\) does not depend on \({at.x}\): its derivative is \(0\).",
    )


def identity(body: Expr, at: Setting) -> Applied | None:
    """D x = 1."""
    return Applied("identity", ONE, rf"The derivative of \({at.x}\) is \(1\).") if at.is_x(body) else None


def sums(body: Expr, at: Setting) -> Applied | None:
    """D(u ± v) = D u ± D v."""
    if not isinstance(body, tree.Sum) or len(body.terms) < 2:
        return None
    result = plus(*(at.d(term) if sign > 0 else minus(at.d(term)) for sign, term in body.terms))
    fixed = [term for _, term in body.terms if not at.moves(term)]
    dropped = " and ".join(rf"\({at.typeset(term)}\)" for term in fixed)
    told = f", and that of the constant{'s' if len(fixed) > 1 else ''} {dropped} is \\(0\\)" if fixed else ""
    return Applied("sum rule", result, f"The derivative of a sum is the sum of the derivatives, term by term{told}.")


def multiples(body: Expr, at: Setting) -> Applied | None:
    """D(c u) = c D u, D(u / c) = D u / c, D(−u) = −D u."""
    if isinstance(body, tree.Sum):
        return Applied("constant multiple", minus(at.d(body.terms[0][1])), "The sign stays in front of the derivative.")
    if isinstance(body, tree.Quotient) and not at.moves(body.under):
        front: Expr = over(ONE, body.under)
        return Applied(
            "constant multiple",
            times(front, at.d(body.over)),
            rf"The constant factor \({at.typeset(front)}\) stays in front of the derivative.",
        )
    if isinstance(body, tree.Product):
        fixed = [factor for factor in factors(body) if not at.moves(factor)]
        if fixed:
            moving = [factor for factor in factors(body) if at.moves(factor)]
            front = times(*fixed)
            return Applied(
                "constant multiple",
                times(front, at.d(times(*moving))),
                rf"The constant factor \({at.typeset(front)}\) stays in front of the derivative.",
            )
    return None


def products(body: Expr, at: Setting) -> Applied | None:
    """D(u v) = D u · v + u · D v."""
    if not isinstance(body, tree.Product):
        return None
    u, *rest = factors(body)
    v = times(*rest)
    result = plus(times(at.d(u), v), times(u, at.d(v)))
    told = rf"with \(u = {at.typeset(u)}\) and \(v = {at.typeset(v)}\)"
    return Applied("product rule", result, rf"\((uv)' = u'v + uv'\) {told}.")


def quotients(body: Expr, at: Setting) -> Applied | None:
    """D(u / v) = (D u · v − u · D v) / v², and D(c / v) = −c D v / v²."""
    if not isinstance(body, tree.Quotient):
        return None
    u, v = body.over, body.under
    square = power(v, tree.Number("2"))
    if not at.moves(u):
        result = minus(over(times(u, at.d(v)), square))
        told = rf"with \(c = {at.typeset(u)}\) and \(v = {at.typeset(v)}\)"
        rule = r"\(\left(\frac{c}{v}\right)' = -\frac{c\,v'}{v^2}\)"
        return Applied("reciprocal rule", result, f"{rule} {told}.")
    result = over(plus(times(at.d(u), v), minus(times(u, at.d(v)))), square)
    told = rf"with \(u = {at.typeset(u)}\) and \(v = {at.typeset(v)}\)"
    return Applied("quotient rule", result, rf"\(\left(\frac{{u}}{{v}}\right)' = \frac{{u'v - uv'}}{{v^2}}\) {told}.")


def _inner(u: Expr, at: Setting) -> str:
    """The inner function by name, unless it has that very name."""
    return "" if u == tree.Name("u") else rf" with \(u = {at.typeset(u)}\)"


def powers(body: Expr, at: Setting) -> Applied | None:
    """D u^n = n u^{n−1} D u."""
    if not isinstance(body, tree.Power) or at.moves(body.exponent):
        return None
    u, n = body.base, body.exponent
    exact = value_of(n)
    if exact is not None:
        from gradcheck.symbolic.tidy import number

        outer = times(number(exact), power(u, number(exact - 1)))
        if exact < 0:
            outer = minus(over(number(-exact), power(u, number(1 - exact))))
    else:
        outer = times(n, power(u, plus(n, minus(ONE))))
    if at.is_x(u):
        return Applied(
            "power rule",
            outer,
            rf"\(\left(x^n\right)' = n\,x^{{n-1}}\) with \(n = {at.typeset(n)}\)."
            if at.x == "x"
            else rf"\(\left(u^n\right)' = n\,u^{{n-1}}\) with \(u = {at.x}\) and \(n = {at.typeset(n)}\).",
        )
    told = rf"{_inner(u, at)}: the power rule for \(u^{{{at.typeset(n)}}}\), times \(u'\)."
    return Applied("chain rule", times(outer, at.d(u)), f"Chain rule{told}")


def exponentials(body: Expr, at: Setting) -> Applied | None:
    """D e^u = e^u D u, D a^u = a^u log a D u, and D u^v = u^v D(v log u)."""
    if not isinstance(body, tree.Power) or not at.moves(body.exponent):
        return None
    base, u = body.base, body.exponent
    log = tree.Call(tree.Name("log"), (base,))
    if at.moves(base):
        told = rf"with \(u = {at.typeset(base)}\) and \(v = {at.typeset(u)}\)"
        rule = r"\(u^v = e^{v \log u}\), so \(\left(u^v\right)' = u^v \left(v \log u\right)'\)"
        return Applied("logarithmic differentiation", times(body, at.d(times(u, log))), f"{rule}, {told}.")
    outer = body if base == E else times(body, log)
    name = "e" if base == E else at.typeset(base)
    if at.is_x(u):
        told = (
            r"The exponential function is its own derivative."
            if base == E
            else rf"\(\left(a^x\right)' = a^x \log a\) with \(a = {name}\)."
        )
        return Applied("exponential rule", outer, told)
    slope = f"{name}^u" if base == E else rf"{name}^u {at.typeset(log)}"
    told = rf"Chain rule{_inner(u, at)}: the derivative of \({name}^u\) is \({slope}\), times \(u'\)."
    return Applied("chain rule", times(outer, at.d(u)), told)


def functions(body: Expr, at: Setting) -> Applied | None:
    """D f(u) = f′(u) D u for a function that is known by name."""
    if not isinstance(body, tree.Call) or len(body.arguments) != 1:
        return None
    (u,) = body.arguments
    if isinstance(body.function, tree.Script):
        (base,) = body.function.subs
        slope: Expr = over(ONE, times(tree.Name("u"), tree.Call(tree.Name("log"), (base,))))
        rule = "logarithm rule"
    else:
        name = body.function.text if isinstance(body.function, tree.Name) else ""
        if name in at.definitions:
            return None
        row = BY_NAME.get(name)
        if row is None:
            return None
        slope, rule = row.slope, row.rule
    outer = substituted(slope, tree.Name("u"), u)
    table = rf"\(\left({at.typeset(tree.Call(body.function, (tree.Name('u'),)))}\right)' = {at.typeset(slope)}\)"
    if at.is_x(u):
        return Applied(rule, outer, f"{table}, here at \\(u = {at.x}\\).")
    return Applied("chain rule", times(outer, at.d(u)), rf"Chain rule{_inner(u, at)}: {table}, times \(u'\).")


def moduli(body: Expr, at: Setting) -> Applied | None:
    """D |u| = sign(u) D u where u ≠ 0."""
    inner = body.body if isinstance(body, tree.Fence) and body.kind == "||" else None
    if isinstance(body, tree.Call) and body.function == tree.Name("abs"):
        (inner,) = body.arguments
    if inner is None:
        return None
    sign = tree.Call(tree.Name("sign"), (inner,))
    told = rf"\(|u|' = \operatorname{{sign}}(u)\,u'\) where \(u \neq 0\), with \(u = {at.typeset(inner)}\)."
    return Applied("derivative of the absolute value", times(sign, at.d(inner)), told)


def extremes(body: Expr, at: Setting) -> Applied | None:
    """max(u, v) is the larger of the two, min(u, v) the smaller: cases."""
    if not isinstance(body, tree.Call) or body.function not in (tree.Name("max"), tree.Name("min")):
        return None
    if len(body.arguments) != 2:
        raise NotSymbolic(f"{at.typeset(body)}: a maximum or minimum of two is written, not of {len(body.arguments)}")
    one, two = body.arguments
    if not at.moves(one):
        one, two = two, one
    up, down = (">", "≤") if body.function == tree.Name("max") else ("<", "≥")
    opened = tree.Cases(((one, tree.Relation(up, one, two)), (two, tree.Relation(down, one, two))))
    word = "larger" if up == ">" else "smaller"
    return Applied("definition", at.d(opened), rf"\({at.typeset(body)}\) is the {word} of the two.")


def pieces(body: Expr, at: Setting) -> Applied | None:
    """D of cases is the cases of D, inside of each."""
    if not isinstance(body, tree.Cases):
        return None
    result = tree.Cases(tuple((at.d(value), condition) for value, condition in body.rows))
    return Applied(
        "differentiation by branches",
        result,
        "Each branch is differentiated where it is in force; the points between are looked at apart.",
    )


def definitions(body: Expr, at: Setting) -> Applied | None:
    """A name or function that is said to be a formula."""
    if isinstance(body, tree.Name) and body.text in at.definitions and not at.definitions[body.text].parameters:
        known = at.definitions[body.text].body
        return Applied("definition", at.d(known), rf"\({at.typeset(body)} = {at.typeset(known)}\).")
    if isinstance(body, tree.Call) and isinstance(body.function, tree.Name) and body.function.text in at.definitions:
        made = at.definitions[body.function.text]
        known = made.body
        if len(made.parameters) != len(body.arguments):
            raise NotSymbolic(
                f"{body.function.text} has {len(made.parameters)} arguments, and is given {len(body.arguments)}"
            )
        for parameter, argument in zip(made.parameters, body.arguments, strict=True):
            known = substituted(known, tree.Name(parameter), argument)
        return Applied("definition", at.d(known), rf"\({at.typeset(body)} = {at.typeset(known)}\).")
    if isinstance(body, tree.Call) and body.function == tree.Name("elu") and len(body.arguments) == 1:
        (u,) = body.arguments
        low = times(tree.Name(r"\alpha"), plus(tree.Power(E, u), minus(ONE)))
        opened = tree.Cases(((u, tree.Relation(">", u, ZERO)), (low, tree.Relation("≤", u, ZERO))))
        return Applied("definition", at.d(opened), rf"\({at.typeset(body)} = {at.typeset(opened)}\).")
    return None


RULES: tuple[Rule, ...] = (
    constant,
    identity,
    sums,
    multiples,
    products,
    quotients,
    powers,
    exponentials,
    moduli,
    extremes,
    pieces,
    definitions,
    functions,
)
"""In the order in which they are tried."""
TRIVIAL: tuple[Rule, ...] = (constant, identity)
"""Used in passing, in the same line as another."""


def applied(body: Expr, at: Setting) -> Applied:
    """The first rule that says what the derivative of a formula is.

    Raises:
        NotSymbolic: none does; the message shows the formula.
    """
    for rule in RULES:
        found = rule(body, at)
        if found is not None:
            return found
    if isinstance(body, tree.Call):
        count = f"{len(body.arguments)} argument{'s' if len(body.arguments) > 1 else ''}"
        name = at.typeset(body.function)
        raise NotSymbolic(f"nothing says what the function {name} of {count} is; define it, as in {name}(x) = …")
    raise NotSymbolic(f"there is no rule for the derivative of {at.typeset(body)}")


def trivial(body: Expr, at: Setting) -> Expr | None:
    """The derivative of a constant or of the name itself; None for anything else."""
    for rule in TRIVIAL:
        found = rule(body, at)
        if found is not None:
            return found.result
    return None
