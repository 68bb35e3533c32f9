"""What an ellipsis leaves out of a sum or a product: ``x_1 + x_2 + … + x_n`` is the sum of the x_i from 1 to n."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.tree import Expr

_LETTERS = "ijklm"


def written_out(node: Any) -> Any:
    """Any expressions with the ellipses in them written out, where they say what they leave out."""
    if isinstance(node, (tuple, list)):
        return type(node)(written_out(child) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    if isinstance(node, tree.Product) and any(isinstance(factor, tree.Dots) for factor in _factors(node)):
        found = _range("prod", _factors(node))
        return node if found is None else written_out(found)
    changes = {f.name: written_out(getattr(node, f.name)) for f in dataclasses.fields(node) if f.compare}
    node = dataclasses.replace(node, **changes)
    if isinstance(node, tree.Sum) and any(isinstance(term, tree.Dots) for _, term in node.terms):
        signs = {sign for sign, term in node.terms if not isinstance(term, tree.Dots)}
        found = _range("sum", [term for _, term in node.terms]) if len(signs) == 1 else None
        if found is not None:
            return found if signs == {1} else tree.Sum(((-1, found),))
    return node


def _factors(node: Expr) -> list[Expr]:
    return [*_factors(node.left), *_factors(node.right)] if isinstance(node, tree.Product) else [node]


def _range(kind: str, terms: Sequence[Expr]) -> Expr | None:
    """Terms before the ellipsis must be those of 1, 2, …, the last one that of the upper end; else None."""
    place = next(number for number, term in enumerate(terms) if isinstance(term, tree.Dots))
    if place == 0 or place != len(terms) - 2:
        return None
    upper = _difference(terms[0], terms[-1])
    used = {node.text for node in _nodes(terms) if isinstance(node, tree.Name)}
    free = [letter for letter in _LETTERS if letter not in used]
    if upper is None or not free:
        return None
    index = tree.Name(free[0])
    if any(_replaced(terms[0], terms[-1], tree.Number(str(k))) != term for k, term in enumerate(terms[:place], 1)):
        return None
    return tree.Big(kind, (index.text,), tree.Number("1"), upper, _replaced(terms[0], terms[-1], index))


def _difference(first: Any, last: Any) -> Expr | None:
    """What stands in the last term where the first has a 1; None where they differ in anything else."""
    found: set[Expr] = set()

    def walk(one: Any, two: Any) -> bool:
        if one == two:
            return True
        if one == tree.Number("1") and isinstance(two, (tree.Name, tree.Number)):
            found.add(two)
            return True
        if type(one) is not type(two):
            return False
        if isinstance(one, tuple):
            return len(one) == len(two) and all(walk(a, b) for a, b in zip(one, two, strict=True))
        if not dataclasses.is_dataclass(one):
            return False
        return all(walk(getattr(one, f.name), getattr(two, f.name)) for f in dataclasses.fields(one) if f.compare)

    return found.pop() if walk(first, last) and len(found) == 1 else None


def _replaced(first: Any, last: Any, value: Expr) -> Any:
    """The first term with `value` in every place where it differs from the last."""
    if first == last:
        return first
    if first == tree.Number("1") and not isinstance(last, tuple):
        return value
    if isinstance(first, tuple):
        return tuple(_replaced(a, b, value) for a, b in zip(first, last, strict=True))
    if dataclasses.is_dataclass(first) and not isinstance(first, type):
        changes = {
            f.name: _replaced(getattr(first, f.name), getattr(last, f.name), value)
            for f in dataclasses.fields(first)
            if f.compare
        }
        return dataclasses.replace(first, **changes)
    return first


def _nodes(node: Any) -> list[Any]:
    if isinstance(node, (tuple, list)):
        return [inner for child in node for inner in _nodes(child)]
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return [node, *(inner for f in dataclasses.fields(node) for inner in _nodes(getattr(node, f.name)))]
    return []
