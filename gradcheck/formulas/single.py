r"""What is written as an expression and is one quantity, as a name that is printed as it stands.

The variance ``\sigma^2`` that is differentiated by, the log-likelihood ``\log L`` that is defined, the layer ``l + 1``
beside l.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.definitions import Text
from gradcheck.latex.names import parts
from gradcheck.latex.rewriting import rewritten
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset

_LAYERS = ("l", "L", r"\ell")


def single(statements: Sequence[Statement], said: Text) -> tuple[list[Statement], Text]:
    """The formula and the text beside it, with such expressions as names."""
    both: Any = (list(statements), said)
    both = rewritten(both, _hessian)
    both = _layers(both)
    both = _squares(both)
    both = _logarithms(both)
    return both[0], both[1]


def _hessian(node: Any) -> Any:
    r"""``∂²ℓ/∂β∂βᵀ`` is the Hessian: the transpose tells which index is that of the columns."""
    if not isinstance(node, tree.Derivative) or len(node.wrt) != 2:
        return node
    bases = tuple(name.base if isinstance(name, tree.Transpose) else name for name in node.wrt)
    return replace(node, wrt=bases) if bases != node.wrt and bases[0] == bases[1] else node


def _everything(both: Any) -> tuple[Any, ...]:
    statements, said = both
    target = () if said.target is None else (said.target,)
    return (*statements, *said.statements, *said.lone, *target)


def _defined(both: Any) -> Iterator[Expr]:
    """What stands on the left of definitions, and of members that equal it."""
    statements, said = both
    for statement in (*said.statements, *statements):
        if not statement.continued and len(statement.members) > 1:
            yield statement.members[0]


def _squares(both: Any) -> Any:
    """σ², where it is differentiated by or defined, and σ is not: σ is its positive root."""
    defined = list(_defined(both))
    by = [name for node in parts(_everything(both)) if isinstance(node, tree.Derivative) for name in node.wrt]
    told = both[1].target
    wanted = [*by, *defined, *([] if told is None else [told])]
    squares = {
        power
        for power in wanted
        if isinstance(power, tree.Power) and power.exponent == tree.Number("2") and _plain(power)
    }
    for power in squares:
        base = power.base
        if base in wanted:
            continue
        name = base.base if isinstance(base, tree.Script) else base
        assert isinstance(name, tree.Name)
        square: Expr = tree.Name(name.text + "^{2}")
        if isinstance(base, tree.Script):
            square = tree.Script(square, base.subs)

        def squared(node: Any, power: Expr = power, square: Expr = square) -> Any:
            return square if node == power else node

        def root(node: Any, base: Expr = base, square: Expr = square) -> Any:
            return tree.Call(tree.Name("sqrt"), (square,)) if node == base else node

        both = rewritten(both, squared)
        if any(node == base for node in parts(_everything(both))):
            both = rewritten(both, root)
    return both


def _plain(power: tree.Power) -> bool:
    base = power.base
    return isinstance(base, tree.Name) or (
        isinstance(base, tree.Script) and base.sup is None and isinstance(base.base, tree.Name)
    )


def _logarithms(both: Any) -> Any:
    r"""``\log L = …`` defines the logarithm of L."""
    for left in list(_defined(both)):
        if not _is_logarithm(left):
            continue
        assert isinstance(left, tree.Call)
        (inside,) = left.arguments
        head = inside.function if isinstance(inside, tree.Call) else inside
        if not isinstance(head, (tree.Name, tree.Script)):
            continue
        name = tree.Name(rf"\log {typeset(head)}")

        def named(node: Any, inside: Expr = inside, head: Expr = head, name: Expr = name) -> Any:
            if not _is_logarithm(node):
                return node
            (other,) = node.arguments
            short = isinstance(other, tree.Call) != isinstance(inside, tree.Call) and (
                other == head or (isinstance(other, tree.Call) and other.function == head)
            )
            return name if other == inside or short else node

        both = rewritten(both, named)
    return both


def _is_logarithm(node: Any) -> bool:
    return isinstance(node, tree.Call) and node.function == tree.Name("log") and len(node.arguments) == 1


def _layers(both: Any) -> Any:
    """``w^{l+1}`` beside ``z^l`` is the next layer's, where l is nothing but a layer."""
    everything = _everything(both)
    scripted = {node.sup for node in parts(everything) if isinstance(node, tree.Script)}
    for letter in (tree.Name(text) for text in _LAYERS):
        if letter not in scripted:
            continue
        inside = {id(part) for node in parts(everything) for part in _raised(node, letter)}
        if any(node == letter and id(node) not in inside for node in parts(everything)):
            continue

        def labelled(node: Any, letter: Expr = letter) -> Any:
            if isinstance(node, tree.Power) and _raised(node, letter) and _plain(node):
                base = node.base
                if isinstance(base, tree.Script):
                    return tree.Script(base.base, base.subs, node.exponent, node.at)
                return tree.Script(base, (), node.exponent, node.at)
            return node

        both = rewritten(both, labelled)
    return both


def _raised(node: Any, letter: Expr) -> list[Expr]:
    """The letter in a superscript l, l + 1, l - 1."""
    if isinstance(node, tree.Script) and node.sup == letter:
        return [node.sup]
    sup = node.exponent if isinstance(node, tree.Power) else node.sup if isinstance(node, tree.Script) else None
    if isinstance(sup, tree.Sum) and len(sup.terms) == 2 and isinstance(sup.terms[1][1], tree.Number):
        sign, first = sup.terms[0]
        return [first] if sign == 1 and first == letter else []
    return []
