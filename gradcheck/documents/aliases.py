"""Names that stand for derivatives: ``δ = ∂L/∂z`` makes ``δ`` a derivative wherever it is mentioned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradcheck.documents.labels import label_of, shifted
from gradcheck.documents.pairing import Around, Used
from gradcheck.documents.sorting import stands_for
from gradcheck.documents.trees import outermost
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.tree import Expr, Statement


def aliases_of(around: Around, number: int) -> dict[str, Used]:
    """The statements that make a name a derivative, the nearest to formula `number` of each."""
    made: dict[str, Used] = {}
    for used in around.aliases(number):
        made.setdefault(stands_for(used.statement.members[0]), used)
    return made


def unaliased(claim: Statement, number: int, around: Around) -> tuple[Statement, tuple[Used, ...]]:
    """A claim with such names written as the derivatives that they are, and the statements that say so."""
    known = aliases_of(around, number)
    taken: dict[str, Used] = {}

    def written(node: Any) -> Any:
        if not isinstance(node, (tree.Name, tree.Script)) or stands_for(node) not in known:
            return node
        used = known[stands_for(node)]
        derivative = _derivative(node, used.statement)
        if derivative is None:
            return node
        taken[stands_for(node)] = used
        return derivative

    members: list[Expr] = []
    for member in claim.members:
        new = outermost(member, written)
        if not members or new != members[0]:
            members.append(new)
    if not taken or len(members) < 2 or (members[0] == claim.members[0] and as_derivative(members[0]) is None):
        return claim, ()
    marks = claim.marks[: len(members) - 1]
    return replace(claim, members=tuple(members), marks=marks), tuple(taken.values())


def _derivative(node: Expr, said: Statement) -> Expr | None:
    """The derivative that a mention stands for: with its own label, where the definition has another."""
    left, right = said.members[0], said.members[1]
    if node == left:
        return right
    here, there = label_of(node), label_of(left)
    if here is not None and there is not None:
        moved = shifted(replace(said, members=(left, right), marks=said.marks[:1]), there, here)
        if moved is not None and moved.members[0] == node:
            return moved.members[1]
    if isinstance(node, tree.Script) and isinstance(left, tree.Name) and node.sup is None and node.base == left:
        return tree.Script(right, node.subs)
    return None
