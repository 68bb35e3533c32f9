r"""How far a printed sum reaches, and how many terms it has, where the print leaves that to the reader.

``\sum_i a_i + b_i`` reaches over b_i, since i means nothing after it. In ``\frac1n \sum_i a_i`` n is the number of terms.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.names import parts
from gradcheck.latex.rewriting import rewritten
from gradcheck.latex.tree import Expr, Statement

_COUNTS = ("n", "N", "m", "M")


def completed(statements: Sequence[Statement], known: Sequence[Any] = ()) -> list[Statement]:
    """Statements with sums that reach as far as their index does; ``known`` is what gives an index a meaning besides.

    Raises:
        UnreadableError: it is not clear how far a sum reaches, or what its sign and its factor apply to.
    """
    return [_reaching(rewritten(statement, _counted), known) for statement in statements]


def _reaching(statement: Statement, known: Sequence[Any]) -> Statement:
    first = statement.members[0]
    outside = {
        node.text
        for where in ((first,) if _is_head(first) else (), *known)
        for part in parts(where)
        if isinstance(part, tree.Script)
        for node in parts(part)
        if isinstance(node, tree.Name)
    }

    def reach(node: Any) -> Any:
        if not isinstance(node, tree.Sum) or len(node.terms) < 2:
            return node
        for place, (sign, term) in enumerate(node.terms[:-1]):
            big = _last(term)
            if big is None or len(big.indices) != 1 or big.indices[0] in outside or big.kind != "sum":
                continue
            after = node.terms[place + 1 :]
            if not all(_free(big.indices[0], other) for _, other in after):
                continue
            if sign < 0 or term is not big:
                raise UnreadableError(
                    f"it is not clear how far the sum over {big.indices[0]} reaches", big.at or node.at
                )
            body = tree.Sum(((1, big.body), *after), node.at)
            terms = (*node.terms[:place], (1, dataclasses.replace(big, body=body)))
            return terms[0][1] if len(terms) == 1 else tree.Sum(terms, node.at)
        return node

    found: Statement = rewritten(statement, reach)
    return found


def _is_head(expr: Expr) -> bool:
    """Whether a member names what the others are worth."""
    return isinstance(expr, (tree.Name, tree.Script, tree.Call, tree.Derivative, tree.At, tree.Prime))


def _last(term: Expr) -> tree.Big | None:
    """The sum that a term ends in."""
    while isinstance(term, tree.Product):
        term = term.right
    return term if isinstance(term, tree.Big) else None


def _free(index: str, node: Any) -> bool:
    """Whether an index is used, outside of sums over it."""
    if isinstance(node, tree.Big) and index in node.indices:
        return False
    if isinstance(node, tree.Script):
        scripts = (*node.subs, *(() if node.sup is None else (node.sup,)))
        if any(part == tree.Name(index) for part in parts(scripts)):
            return True
    if isinstance(node, tuple):
        return any(_free(index, child) for child in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return any(_free(index, getattr(node, f.name)) for f in dataclasses.fields(node) if f.compare)
    return False


def _counted(node: Any) -> Any:
    if (
        not isinstance(node, tree.Product)
        or not isinstance(node.right, tree.Big)
        or not isinstance(node.left, tree.Quotient)
    ):
        return node
    big, under = node.right, node.left.under
    if (
        big.kind == "sum"
        and len(big.indices) == 1
        and big.lower is None
        and big.upper is None
        and isinstance(under, tree.Name)
        and under.text in _COUNTS
        and under.text not in big.indices
        and _free(big.indices[0], big.body)
    ):
        return dataclasses.replace(node, right=dataclasses.replace(big, lower=tree.Number("1"), upper=under))
    return node
