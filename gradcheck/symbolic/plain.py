"""Formulas of numbers: what was read, in the few kinds of nodes that have a meaning for a single number."""

from __future__ import annotations

from collections.abc import Collection

from gradcheck.latex import tree
from gradcheck.latex.problem import Problem, name_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.symbolic.model import NotSymbolic

_PROBLEM = Problem(indices=frozenset())
_WORDS = {
    tree.Transpose: "a transposition",
    tree.Big: "a sum over an index",
    tree.Matrix: "a matrix",
    tree.Prime: "a prime without an argument",
    tree.At: "an evaluation bar",
    tree.Dots: "an ellipsis",
    tree.Listing: "a list",
}


def plain(expr: Expr, known: Collection[str] = ()) -> Expr:
    """The same formula without brackets, names with their labels as one name, ``x^x`` as a power.

    ``known`` are names that a superscript is part of.

    Raises:
        NotSymbolic: something stands for more than one number; the message names it.
    """

    def walk(node: Expr) -> Expr:
        if node == tree.Name(r"\infty"):
            raise NotSymbolic("infinity is not a number")
        if isinstance(node, (tree.Number, tree.Name)):
            return tree.Name(node.text) if isinstance(node, tree.Name) else node
        if isinstance(node, tree.Fence):
            if node.kind == "‖‖":
                raise NotSymbolic(
                    f"the norm {typeset(node)} is one of a vector, and only formulas of numbers are written"
                )
            return tree.Fence("||", walk(node.body)) if node.kind == "||" else walk(node.body)
        if isinstance(node, tree.Script):
            return _script(node)
        if isinstance(node, tree.Sum):
            return tree.Sum(tuple((sign, walk(term)) for sign, term in node.terms))
        if isinstance(node, tree.Product):
            if node.mark in (r"\odot", r"\otimes"):
                raise NotSymbolic(
                    f"the product {node.mark} is one of vectors, and only formulas of numbers are written"
                )
            return tree.Product(node.mark, walk(node.left), walk(node.right))
        if isinstance(node, tree.Quotient):
            return tree.Quotient(walk(node.over), walk(node.under))
        if isinstance(node, tree.Power):
            return tree.Power(walk(node.base), walk(node.exponent))
        if isinstance(node, tree.Call):
            function = node.function
            if isinstance(function, tree.Prime):
                raise NotSymbolic(f"{typeset(node)} is a derivative itself; write out what it is")
            return tree.Call(_function(function), tuple(walk(argument) for argument in node.arguments))
        if isinstance(node, tree.Cases):
            return tree.Cases(
                tuple((walk(value), None if condition is None else walk(condition)) for value, condition in node.rows)
            )
        if isinstance(node, tree.Relation):
            if node.mark not in "=<>≤≥≠":
                raise NotSymbolic(f"the relation {node.mark} is none between numbers")
            return tree.Relation(node.mark, walk(node.left), walk(node.right))
        if isinstance(node, tree.Derivative):
            raise NotSymbolic(f"{typeset(node)} is a derivative itself; write out what it is")
        raise NotSymbolic(
            f"{_WORDS.get(type(node), type(node).__name__)} in {typeset(node)}: only formulas of numbers are written"
        )

    def _script(node: tree.Script) -> Expr:
        if not isinstance(node.base, (tree.Name, tree.Script)):
            raise NotSymbolic(f"{typeset(node)} is not a name")
        key = name_of(node, _PROBLEM)[0]
        if node.sup is not None and not isinstance(node.sup, tree.Fence) and key not in known:
            inner: Expr = tree.Script(node.base, node.subs) if node.subs else node.base
            return tree.Power(walk(inner), walk(node.sup))
        return tree.Name(key)

    def _function(function: Expr) -> Expr:
        if isinstance(function, tree.Script) and function.base == tree.Name("log") and function.sup is None:
            return function
        return tree.Name(name_of(function, _PROBLEM)[0])

    return walk(expr)
