"""A function that stands in its own argument without one: ``σ(1 - σ)`` is a product of values, not σ applied to 1 - σ."""

from __future__ import annotations

import dataclasses
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.rewriting import rewritten


def values_of_functions(node: Any) -> Any:
    """Any expressions with such applications read as products: a name for a value cannot be the function as well."""
    return rewritten(node, _product)


def _product(node: Any) -> Any:
    if isinstance(node, tree.Call) and len(node.arguments) == 1 and isinstance(node.function, tree.Name):
        (argument,) = node.arguments
        if _bare(node.function, argument):
            return tree.Product("", node.function, tree.Fence("()", argument, node.at), node.at)
    return node


def _bare(name: tree.Name, node: Any) -> bool:
    """Whether a name stands somewhere without being applied, primed or scripted."""
    if node == name:
        return True
    if isinstance(node, tuple):
        return any(_bare(name, child) for child in node)
    if isinstance(node, tree.Call) and isinstance(node.function, (tree.Name, tree.Prime)):
        return _bare(name, node.arguments)
    if isinstance(node, tree.Script) and isinstance(node.base, tree.Name):
        return False
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return any(_bare(name, getattr(node, f.name)) for f in dataclasses.fields(node) if f.compare)
    return False
