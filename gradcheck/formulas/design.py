r"""The design matrix: features φ(x_n), written φ in a sum over n and Φ where all of them are meant.

Bishop, Pattern Recognition and Machine Learning, section 3.1.1: row n of Φ is φ(x_n)ᵀ.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from gradcheck.formulas.question import Question
from gradcheck.latex import tree
from gradcheck.latex.definitions import definition_of
from gradcheck.latex.names import parts

_FEATURES = {r"\phi": r"\Phi", r"\varphi": r"\Phi", r"\psi": r"\Psi"}


def with_design_matrix(question: Question) -> Question:
    """The question with φ and φ(x_n) as the nth row of one matrix, where φ stands alone in a sum over n."""
    for small, capital in _FEATURES.items():
        made = map(definition_of, (*question.said.statements, *question.statements))
        defined = {found[0] for found in made if found is not None}
        if tree.Name(small) in defined or tree.Name(capital) in defined:
            continue
        index = _summed_over(question, small)
        if index:
            said = dataclasses.replace(
                question.said, statements=[_rows(s, small, capital, index) for s in question.said.statements]
            )
            statements = tuple(_rows(s, small, capital, index) for s in question.statements)
            question = dataclasses.replace(
                question, said=said, statements=statements, functions=question.functions - {small}
            )
    return question


def _summed_over(question: Question, small: str) -> str:
    """The index of the sum in which the features stand without any."""
    for big in parts(tuple(question.said.statements)):
        if isinstance(big, tree.Big) and len(big.indices) == 1:
            applied = {id(part.function) for part in parts(big.body) if isinstance(part, tree.Call)}
            scripted = {id(part.base) for part in parts(big.body) if isinstance(part, tree.Script)}
            for part in parts(big.body):
                if part == tree.Name(small) and id(part) not in applied | scripted:
                    return big.indices[0]
    return ""


def _rows(node: Any, small: str, capital: str, index: str) -> Any:
    whole = tree.Name(small, True)
    if node == tree.Name(capital):
        return whole
    if node == tree.Name(small) or _is_feature(node, small):
        return tree.Script(whole, (tree.Name(index),))
    if isinstance(node, (tuple, list)):
        return type(node)(_rows(child, small, capital, index) for child in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        changes = {
            f.name: _rows(getattr(node, f.name), small, capital, index) for f in dataclasses.fields(node) if f.compare
        }
        return dataclasses.replace(node, **changes)
    return node


def _is_feature(node: Any, small: str) -> bool:
    """``φ(x_n)``."""
    return (
        isinstance(node, tree.Call)
        and node.function == tree.Name(small)
        and len(node.arguments) == 1
        and isinstance(node.arguments[0], tree.Script)
        and len(node.arguments[0].subs) == 1
    )
