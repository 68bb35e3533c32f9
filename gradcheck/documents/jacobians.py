r"""Jacobians that are printed by their letter: ``J_{i,j}`` of the function defined beside it, ``∂L/∂y J_f`` for a composition.

Each is rewritten as a derivative, so that it is judged like any other: ``J_{i,j}`` beside ``F(X)_i = …`` claims
``∂F_i/∂X_j``, and ``∂L/∂y J_f`` claims the derivative of L by the argument of f, where y = f(x).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.documents.pairing import Around, Used, function_of
from gradcheck.documents.sorting import chained, jacobian_of, stands_for
from gradcheck.documents.trees import mapped
from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import ACTIVATIONS

_NAME = "F"
_ARGUMENT = "z"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A claim about a derivative, the definitions that the rewriting needed, and what was read as what."""

    claim: Statement
    definitions: tuple[Statement, ...]
    used: tuple[Used, ...]
    note: str


def rewritten(claim: Statement, number: int, around: Around) -> Rewritten | None:
    """The claim of formula `number` with its Jacobian as a derivative; None where it has no such notation on its left."""
    left = claim.members[0]
    if (product := chained(left)) is not None:
        return _composed(claim, product[0], product[1], number, around)
    made = jacobian_of(left)
    if made is None or (made[0] is not None and not made[1]):
        return None
    used = _nearest(number, around)
    if used is None:
        return None
    function, arguments, subs, value = _parts(used.statement)
    argument = arguments[0]
    indices = made[1]
    if indices:
        (row, column) = indices
        value = substituted(value, subs, (row,)) if subs else tree.Script(value, (row,))
        derivative = tree.Derivative("partial", _entry(row), (tree.Script(_plain(argument), (column,)),))
        definition = Statement((_entry(row), value), ("=",))
    else:
        derivative = tree.Derivative("partial", tree.Name(_NAME), (_plain(argument),))
        definition = Statement((_entry(subs[0]) if subs else tree.Name(_NAME), value), ("=",))
    said = replace(claim, members=(derivative, *claim.members[1:]))
    said = _sums_filled(said, value)
    note = f"J is read as the Jacobian of {_shown(function)}, which {used.where} defines; {_NAME} stands for its value"
    return Rewritten(said, (definition,), (used,), note)


def _composed(
    claim: Statement, derivative: tree.Derivative, jacobian: Expr, number: int, around: Around
) -> Rewritten | None:
    """``∂L/∂y J_f = …``: y is f of its argument, and the product is the derivative of L by that argument."""
    made = jacobian_of(jacobian)
    if made is None or made[0] is None or made[1] or len(derivative.wrt) != 1:
        return None
    wanted = stands_for(made[0]) or _shown(made[0])
    inner = derivative.wrt[0]
    whole = inner if isinstance(inner, tree.Name) else inner.base if isinstance(inner, tree.Script) else inner
    taken: tuple[Used, ...] = ()
    for used in around.functions(number):
        function, arguments, subs, value = _parts(used.statement)
        if _same(_shown(function), wanted) and len(arguments) == 1 and isinstance(_plain(arguments[0]), tree.Name):
            argument, taken = _plain(arguments[0]), (used,)
            definition = Statement((tree.Script(whole, subs) if subs else whole, value), ("=",))
            break
    else:
        if ACTIVATIONS.get(wanted, wanted) not in ("softmax", "sigmoid", "tanh", "relu", "elu"):
            return None
        argument = tree.Name(_ARGUMENT)
        definition = Statement((whole, tree.Call(tree.Name(ACTIVATIONS.get(wanted, wanted)), (argument,))), ("=",))
    if argument == whole or any(part == argument for part in parts(claim.members)):
        return None
    composed = replace(derivative, wrt=(argument,))
    note = f"the product is read as the derivative of the composition: {wanted} gives what the outer function is given"
    return Rewritten(replace(claim, members=(composed, *claim.members[1:])), (definition,), taken, note)


def _nearest(number: int, around: Around) -> Used | None:
    """The one function of one argument that is defined in the same display, row or paragraph; None if it is not one."""
    near = [used for used in around.functions(number) if used.decisive]
    if not near:
        return None
    near = [used for used in near if used.nearness == near[0].nearness]
    if len(near) != 1:
        return None
    _, arguments, _, _ = _parts(near[0].statement)
    return near[0] if len(arguments) == 1 and isinstance(_plain(arguments[0]), tree.Name) else None


def _parts(statement: Statement) -> tuple[Expr, tuple[Expr, ...], tuple[Expr, ...], Expr]:
    found = function_of(statement)
    assert found is not None
    return found


def _entry(index: Expr) -> Expr:
    return tree.Script(tree.Name(_NAME), (index,))


def _plain(argument: Expr) -> Expr:
    return argument.base if isinstance(argument, tree.Script) and isinstance(argument.base, tree.Name) else argument


def _shown(function: Expr) -> str:
    return stands_for(function)


def _same(one: str, other: str) -> bool:
    return one == other or ACTIVATIONS.get(one, one.lower()) == ACTIVATIONS.get(other, other.lower())


def _sums_filled(claim: Statement, value: Expr) -> Statement:
    """A sum sign that stands alone means the one sum of the definition beside it."""
    sums = {part for part in parts(value) if isinstance(part, tree.Big)}
    if len(sums) != 1:
        return claim
    (only,) = sums

    def filled(node: Any) -> Any:
        lone = isinstance(node, tree.Name) and node.text in (r"\sum", r"\Sigma")
        return only if lone else node

    return replace(claim, members=tuple(mapped(member, filled) for member in claim.members))


def substituted(expr: Expr, old: Sequence[Expr], new: Sequence[Expr]) -> Expr:
    """`expr` with names replaced by others, outside of the sums that bind them."""
    pairs = {before: after for before, after in zip(old, new, strict=True) if before != after}
    if not pairs:
        return expr
    made: Expr = mapped(expr, lambda node: pairs.get(node, node) if isinstance(node, tree.Name) else node)
    return made
