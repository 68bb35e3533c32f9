r"""Readings of one claim: ``A ⊙ B c`` as it stands, (A ⊙ B) c, and with the product of matrices first, A ⊙ (B c)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gradcheck.documents.trees import mapped
from gradcheck.latex import tree
from gradcheck.latex.tree import Statement

_ENTRYWISE = (r"\odot", r"\circ", "*", r"\otimes")


def regrouped(claim: Statement) -> Iterator[tuple[str, Statement]]:
    """The claim with another precedence, and how it is told; nothing where precedence decides nothing."""

    def product_first(node: Any) -> Any:
        if isinstance(node, tree.Product) and node.mark not in _ENTRYWISE:
            left = node.left
            if isinstance(left, tree.Product) and left.mark in _ENTRYWISE:
                return replace(left, right=product_first(tree.Product(node.mark, left.right, node.right, node.at)))
        return node

    def entrywise_first(node: Any) -> Any:
        if isinstance(node, tree.Product) and node.mark in _ENTRYWISE:
            left = node.left
            if isinstance(left, tree.Product) and left.mark not in _ENTRYWISE:
                return replace(left, right=tree.Product(node.mark, left.right, node.right, node.at))
        return node

    for told, change in (
        ("with the product of matrices before the one by entries", product_first),
        ("with the product by entries before the one of matrices", entrywise_first),
    ):
        members = tuple(mapped(member, change) for member in claim.members)
        if members != claim.members:
            yield told, replace(claim, members=members)
