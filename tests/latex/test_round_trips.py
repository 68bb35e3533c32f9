"""What is typeset reads as the same tree, brackets aside that only group: for trees drawn at random."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradcheck.latex import tree
from gradcheck.latex.reader import read, read_expression
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset, typeset_statement

FUNCTIONS = frozenset(("f", "g", r"\phi"))
UNTIMED = [HealthCheck.too_slow]
"""How long drawing takes depends on the machine."""
LETTERS = st.sampled_from(["x", "y", "W", "a", r"\theta", r"\hat{y}", r"\alpha", "T"]).map(tree.Name)
WHOLE = st.integers(min_value=0, max_value=99).map(lambda number: tree.Number(str(number)))
NUMBERS = WHOLE | st.sampled_from(["0.5", "12.25"]).map(tree.Number)
INDICES = st.sampled_from(["i", "j", "k"]).map(tree.Name)
LABELS = st.sampled_from([tree.Name(r"\text{out}"), tree.Name(r"\text{hidden}")])
CALLED = st.sampled_from(["f", "g", r"\phi", "log", "exp", "tanh", "softmax", "tr"]).map(tree.Name)
SCRIPTED = st.builds(
    tree.Script,
    LETTERS,
    st.lists(INDICES, min_size=1, max_size=2).map(tuple) | LABELS.map(lambda label: (label,)),
    st.none() | INDICES.map(lambda index: tree.Fence("()", index)) | WHOLE.map(lambda n: tree.Fence("[]", n)),
)
VARIABLES = LETTERS | SCRIPTED


def _signed(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    terms = st.lists(st.tuples(st.sampled_from([1, -1]), children), min_size=2, max_size=3)
    return terms.map(lambda found: tree.Sum(tuple(found))) | children.map(lambda one: tree.Sum(((-1, one),)))


def _derivatives(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    straight = st.builds(
        lambda mark, body, wrt, order: tree.Derivative(mark, body, (wrt,) * order, order),
        st.sampled_from(["d", "partial"]),
        children,
        VARIABLES,
        st.integers(min_value=1, max_value=3),
    )
    mixed = st.builds(
        lambda body, one, two: tree.Derivative("partial", body, (one, two), 2), children, LETTERS, LETTERS
    )
    nabla = st.builds(
        lambda body, wrt, order: tree.Derivative("nabla", body, wrt, order),
        children,
        st.lists(VARIABLES, max_size=2).map(tuple),
        st.sampled_from([1, 2]),
    )
    return straight | mixed | nabla


def _larger(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    marks = st.sampled_from(["", r"\cdot", r"\odot", r"\times", r"\otimes", "*"])
    relation = st.builds(tree.Relation, st.sampled_from(["=", "<", ">", "≤", "≥", "≠", "∈"]), VARIABLES, children)
    row = st.lists(children, min_size=2, max_size=2).map(tuple)
    # x^{-T} is not a power of x: it is read as the transposed inverse, as everybody means it.
    function = CALLED | st.builds(tree.Prime, CALLED, st.integers(min_value=1, max_value=2))
    return st.one_of(
        _signed(children),
        st.builds(tree.Product, marks, children, children),
        st.builds(tree.Quotient, children, children),
        st.builds(tree.Power, children, (WHOLE | _signed(children)).filter(lambda power: typeset(power) != "-T")),
        st.builds(tree.Power, st.just(tree.Name("e")), children),
        st.builds(tree.Transpose, children),
        st.builds(tree.Fence, st.sampled_from(["()", "[]", "||", "‖‖"]), children),
        st.builds(tree.Call, function, st.lists(children, min_size=1, max_size=2).map(tuple)),
        st.builds(lambda body: tree.Call(tree.Name("sqrt"), (body,)), children),
        st.builds(
            lambda kind, index, ends, body: tree.Big(kind, (index.text,), ends[0], ends[1], body),
            st.sampled_from(["sum", "prod"]),
            INDICES,
            st.just((None, None)) | st.tuples(WHOLE, children),
            children,
        ),
        st.builds(
            lambda one, two, condition: tree.Cases(((one, condition), (two, None))), children, children, relation
        ),
        st.lists(row, min_size=1, max_size=2).map(lambda rows: tree.Matrix(tuple(rows))),
        _derivatives(children),
        st.builds(tree.At, children, st.lists(st.tuples(LETTERS, children), min_size=1, max_size=2).map(tuple)),
    )


EXPRESSIONS = st.recursive(VARIABLES | NUMBERS, _larger, max_leaves=8)


def _is_matrix(node: Expr) -> bool:
    return isinstance(ungrouped(node), tree.Matrix)


def ungrouped(node: Any) -> Any:
    """A tree without the brackets that only group: round ones, and those of a matrix."""
    if isinstance(node, tuple):
        return tuple(ungrouped(child) for child in node)
    if isinstance(node, tree.Fence) and (node.kind == "()" or (node.kind == "[]" and _is_matrix(node.body))):
        return ungrouped(node.body)
    if isinstance(node, tree.Script) and isinstance(node.sup, tree.Fence):
        return tree.Script(ungrouped(node.base), ungrouped(node.subs), node.sup)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        changed = {field.name: ungrouped(getattr(node, field.name)) for field in dataclasses.fields(node)}
        return dataclasses.replace(node, **changed)
    return node


@settings(max_examples=300, suppress_health_check=UNTIMED)
@given(EXPRESSIONS)
def test_an_expression_reads_as_it_was_typeset(expression: Expr) -> None:
    text = typeset(expression)
    found = read_expression(text, FUNCTIONS)
    assert ungrouped(found) == ungrouped(expression)
    assert ungrouped(read_expression(typeset(found), FUNCTIONS)) == ungrouped(found)


@settings(max_examples=60, suppress_health_check=UNTIMED)
@given(st.lists(EXPRESSIONS, min_size=2, max_size=3), st.lists(st.sampled_from("=≈≤"), min_size=2, max_size=2))
def test_a_chain_reads_as_it_was_typeset(members: list[Expr], marks: list[str]) -> None:
    statement = tree.Statement(tuple(members), tuple(marks[: len(members) - 1]))
    (found,) = read(typeset_statement(statement), FUNCTIONS)
    assert found.marks == statement.marks
    assert ungrouped(found.members) == ungrouped(statement.members)


@pytest.mark.parametrize(
    ("formula", "typeset_as"),
    [
        ("f'{(x)}", r"f' \, {\left(x\right)}"),
        ("f'(x)", r"f'\left(x\right)"),
        ("a_j'{L-1}", r"{a_{j}}' \, {\left(L - 1\right)}"),
        ("x f'{(y)} z", r"x \, f' \, {\left(y\right)} \, z"),
        (r"X_\det", r"X_{\det}"),
        (r"X_{\text{det}}", r"X_{\text{det}}"),
        ("y_{o(g-l)t}", r"y_{{o \, \left(g - l\right) \, t}}"),
        ("y_{o, t}", "y_{o, t}"),
    ],
)
def test_what_stands_side_by_side_is_not_taken_for_a_call_a_label_or_several_indices(
    formula: str, typeset_as: str
) -> None:
    (statement,) = read(formula)
    assert typeset_statement(statement) == typeset_as
    (again,) = read(typeset_as)
    assert ungrouped(again.members) == ungrouped(statement.members)
