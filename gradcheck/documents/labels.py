r"""Labels of layers: what ``z^{(l)} = …`` says of ``z^{(l+1)}``, and of ``z^{(2)}``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcheck.documents.trees import mapped
from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement


def label_of(expr: Expr) -> Expr | None:
    """What stands in the parentheses of a superscript, as ``l+1`` in ``z^{(l+1)}``; None where there is none."""
    if isinstance(expr, tree.Script) and isinstance(expr.sup, tree.Fence) and expr.sup.kind == "()":
        return expr.sup.body
    return None


def shifted(statement: Statement, said: Expr, wanted: Expr) -> Statement | None:
    """A statement about the label `said`, said of `wanted` instead; None where no shift leads from one to the other."""
    old, new = _place(said), _place(wanted)
    if old is None or new is None or old[0] == "" or new[0] not in ("", old[0]):
        return None
    letter, shift = old[0], new[1] - old[1]

    def moved(node: Any) -> Any:
        label = label_of(node)
        place = _place(label) if label is not None else None
        if place is None or place[0] != letter:
            return node
        return tree.Script(node.base, node.subs, tree.Fence("()", _written(new[0], place[1] + shift)), node.at)

    made: Statement = mapped(statement, moved)
    return made


def _place(label: Expr) -> tuple[str, int] | None:
    """``l - 1`` as ("l", -1), ``2`` as ("", 2)."""
    if isinstance(label, tree.Name):
        return label.text, 0
    if isinstance(label, tree.Number) and label.text.isdigit():
        return "", int(label.text)
    if isinstance(label, tree.Sum) and len(label.terms) == 2:
        (sign, first), (direction, second) = label.terms
        if sign == 1 and isinstance(first, tree.Name) and isinstance(second, tree.Number) and second.text.isdigit():
            return first.text, direction * int(second.text)
    return None


def _written(letter: str, shift: int) -> Expr:
    if not letter:
        return tree.Number(str(shift))
    if not shift:
        return tree.Name(letter)
    return tree.Sum(((1, tree.Name(letter)), (1 if shift > 0 else -1, tree.Number(str(abs(shift))))))


def merged(statements: Sequence[Statement]) -> list[Statement]:
    """The same with layers' labels as a part of the names, except for those that a sum or a product runs over."""
    bound = {index for part in parts(tuple(statements)) if isinstance(part, tree.Big) for index in part.indices}

    def whole(node: Any) -> Any:
        label = label_of(node)
        place = _place(label) if label is not None else None
        if place is None or place[0] in bound or not isinstance(node.base, tree.Name):
            return node
        name = tree.Name(f"{node.base.text}^{{({_shown(place)})}}", node.base.bold, node.at)
        return tree.Script(name, node.subs, None, node.at) if node.subs else name

    return [mapped(statement, whole) for statement in statements]


def _shown(place: tuple[str, int]) -> str:
    letter, shift = place
    if not letter:
        return str(shift)
    return letter + (f"{shift:+d}" if shift else "")
