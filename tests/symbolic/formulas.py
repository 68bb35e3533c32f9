"""Formulas of a number x and a parameter a, at random."""

from __future__ import annotations

from hypothesis import strategies as st

from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.symbolic.tidy import minus, over, plus, power, times

X = tree.Name("x")
_LEAVES = st.sampled_from([X, X, tree.Name("a"), tree.Number("2"), tree.Number("0.5")])
_FUNCTIONS = ("sin", "cos", "tanh", r"\sigma", "softplus", "arctan", "exp", "erf")


def _grown(children: st.SearchStrategy[tree.Expr]) -> st.SearchStrategy[tree.Expr]:
    def cases(pair: tuple[tree.Expr, tree.Expr]) -> tree.Expr:
        low, high = tree.Relation(">", X, tree.Number("1")), tree.Relation("≤", X, tree.Number("1"))
        return tree.Cases(((pair[0], low), (pair[1], high)))

    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda pair: plus(*pair)),
        pairs.map(lambda pair: plus(pair[0], minus(pair[1]))),
        pairs.map(lambda pair: times(*pair)),
        pairs.map(lambda pair: over(pair[0], plus(tree.Number("2"), power(pair[1], tree.Number("2"))))),
        children.map(lambda child: power(child, tree.Number("3"))),
        children.map(lambda child: tree.Fence("||", child)),
        st.tuples(st.sampled_from(_FUNCTIONS), children).map(lambda pair: tree.Call(tree.Name(pair[0]), (pair[1],))),
        pairs.map(cases),
        pairs.map(lambda pair: tree.Call(tree.Name("max"), pair)),
    )


FORMULAS = st.recursive(_LEAVES, _grown, max_leaves=6).filter(lambda expr: any(part == X for part in parts(expr)))
