"""A definition for one layer serves the others: ``z^{l+1} = w^{l+1} a^l`` and ``δ^{(l)} = ∂J/∂z^{(l)}`` hold for every l."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.definitions import Text, definition_of
from gradcheck.latex.names import parts
from gradcheck.latex.rewriting import rewritten
from gradcheck.latex.tree import Expr, Statement

_LETTERS = ("l", "L", r"\ell", "k", "t", "i", "n", "m")


def with_layers(statements: Sequence[Statement], said: Text) -> Text:
    """The text with the definitions of its layered names repeated for the layers that are spoken of and not defined.

    One that would bring in names of yet another layer is not: it would say nothing of what is spoken of.
    """
    told = list(said.statements)
    made: list[Statement] = []
    target = () if said.target is None else (said.target,)
    spoken = _labelled((*statements, *told, *said.lone, *target))
    for _ in range(2):
        everything = (*statements, *told, *made, *said.lone, *target)
        defined = {head for statement in (*told, *made) if (head := _head(statement)) is not None}
        wanted = [node for node in parts(everything) if isinstance(node, tree.Script) and node.sup is not None]
        for statement in told:
            head = _head(statement)
            step = _step(head[1]) if head is not None else None
            if head is None or step is None or step[0] not in _LETTERS:
                continue
            for node in wanted:
                assert node.sup is not None
                place = _step(node.sup)
                if node.base != head[0] or place is None or (node.base, node.sup) in defined:
                    continue
                if isinstance(node.sup, tree.Fence) != isinstance(head[1], tree.Fence):
                    continue
                moved = _moved(statement, step[0], (place[0], place[1] - step[1]))
                if not _labelled(moved) <= spoken:
                    continue
                made.append(moved)
                defined.add((node.base, node.sup))
    return replace(said, statements=[*told, *made]) if made else said


def _labelled(node: Any) -> set[tuple[Expr, Expr]]:
    """The names with labels that something speaks of."""
    return {(part.base, part.sup) for part in parts(node) if isinstance(part, tree.Script) and part.sup is not None}


def _head(statement: Statement) -> tuple[Expr, Expr] | None:
    """The name and the label of what a statement defines, where it has a label."""
    made = definition_of(statement)
    if made is None or not isinstance(made[0], tree.Script) or made[0].sup is None:
        return None
    return made[0].base, made[0].sup


def _step(label: Expr) -> tuple[str, int] | None:
    """The letter of a layer and what is added to it; an empty letter for a number."""
    inner = label.body if isinstance(label, tree.Fence) else label
    if isinstance(inner, tree.Name):
        return inner.text, 0
    if isinstance(inner, tree.Number):
        return ("", int(inner.text)) if inner.text.isdecimal() else None
    if isinstance(inner, tree.Sum) and len(inner.terms) == 2:
        (one, first), (sign, second) = inner.terms
        if one > 0 and isinstance(first, tree.Name) and isinstance(second, tree.Number) and second.text.isdecimal():
            return first.text, sign * int(second.text)
    return None


def _moved(statement: Statement, letter: str, to: tuple[str, int]) -> Statement:
    """The statement for another layer."""

    def move(node: Any) -> Any:
        if not isinstance(node, tree.Script) or node.sup is None:
            return node
        step = _step(node.sup)
        if step is None or step[0] != letter:
            return node
        label = _label(to[0], to[1] + step[1])
        return replace(node, sup=replace(node.sup, body=label) if isinstance(node.sup, tree.Fence) else label)

    found: Statement = rewritten(statement, move)
    return found


def _label(letter: str, number: int) -> Expr:
    if not letter:
        return tree.Number(str(number))
    if not number:
        return tree.Name(letter)
    return tree.Sum(((1, tree.Name(letter)), (1 if number > 0 else -1, tree.Number(str(abs(number))))))
