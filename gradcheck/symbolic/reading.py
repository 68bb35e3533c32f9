"""From a tree to SymPy, node by node and exactly: decimals are rationals, and no text is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from gradcheck.latex import tree
from gradcheck.latex.evaluate import Definition
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.symbolic.functions import BY_NAME
from gradcheck.symbolic.model import NotSymbolic

_RELATIONS = {"=": sp.Eq, "≠": sp.Ne, "<": sp.Lt, ">": sp.Gt, "≤": sp.Le, "≥": sp.Ge}
_DEEPEST = 60


def symbolic(expr: Expr, symbols: Mapping[str, Any], definitions: Mapping[str, Definition] | None = None) -> Any:
    """A plain tree (`plain.plain`) as a SymPy expression.

    ``symbols`` are those of the names; a name or function in ``definitions`` is replaced by what it stands for.

    Raises:
        NotSymbolic: a name or a function that nothing says what it is, by name.
    """
    known = definitions or {}

    def walk(node: Expr, local: Mapping[str, Any], depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotSymbolic("the formula is nested too deeply, or defined in terms of itself")

        def inner(child: Expr) -> Any:
            return walk(child, local, depth + 1)

        if isinstance(node, tree.Number):
            return sp.Rational(node.text)
        if isinstance(node, tree.Name):
            return _name(node.text, local, depth)
        if isinstance(node, tree.Sum):
            return sp.Add(*(sign * inner(term) for sign, term in node.terms))
        if isinstance(node, tree.Product):
            if node.mark == r"\land":
                return sp.And(inner(node.left), inner(node.right))
            return inner(node.left) * inner(node.right)
        if isinstance(node, tree.Quotient):
            return inner(node.over) / inner(node.under)
        if isinstance(node, tree.Power):
            return inner(node.base) ** inner(node.exponent)
        if isinstance(node, tree.Fence) and node.kind == "||":
            return sp.Abs(inner(node.body))
        if isinstance(node, tree.Relation):
            return _RELATIONS[node.mark](inner(node.left), inner(node.right))
        if isinstance(node, tree.Cases):
            return _cases(node, inner)
        if isinstance(node, tree.Call):
            return _call(node, inner, depth)
        raise NotSymbolic(f"{typeset(node)} has no symbol")

    def _name(key: str, local: Mapping[str, Any], depth: int) -> Any:
        if key in local:
            return local[key]
        if key in symbols:
            return symbols[key]
        if key in known and not known[key].parameters:
            return walk(known[key].body, {}, depth + 1)
        if key == r"\pi":
            return sp.pi
        if key == "e":
            return sp.E
        raise NotSymbolic(f"nothing says what {key} is")

    def _call(node: tree.Call, inner: Any, depth: int) -> Any:
        function = node.function
        if isinstance(function, tree.Script):
            (base,) = function.subs
            return sp.log(inner(node.arguments[0])) / sp.log(inner(base))
        assert isinstance(function, tree.Name), "a plain call is one of a name"
        arguments = [inner(argument) for argument in node.arguments]
        return _applied(function.text, arguments, depth)

    def _applied(name: str, arguments: list[Any], depth: int) -> Any:
        if name in known:
            definition = known[name]
            if len(definition.parameters) != len(arguments):
                raise NotSymbolic(f"{name} has {len(definition.parameters)} arguments, and is given {len(arguments)}")
            return walk(definition.body, dict(zip(definition.parameters, arguments, strict=True)), depth + 1)
        if name in ("max", "min") and len(arguments) >= 2:
            return (sp.Max if name == "max" else sp.Min)(*arguments)
        if name == "abs" and len(arguments) == 1:
            return sp.Abs(arguments[0])
        if name == "elu" and len(arguments) == 1:
            (u,) = arguments
            return sp.Piecewise((u, u > 0), (_name(r"\alpha", {}, depth) * (sp.exp(u) - 1), True))
        row = BY_NAME.get(name)
        if row is None or len(arguments) != 1:
            raise NotSymbolic(f"nothing says what the function {name} is; define it, as in {name}(x) = …")
        return row.symbolic(arguments[0])

    return walk(expr, {}, 0)


def _cases(node: tree.Cases, inner: Any) -> Any:
    """Cases; the last condition is taken for "otherwise", as what is evaluated takes it."""
    rows = [(inner(value), sp.true if condition is None else inner(condition)) for value, condition in node.rows]
    last, _ = rows.pop()
    return sp.Piecewise(*rows, (last, True))
