"""From layout to meaning: a formula as chains of expressions.

What is juxtaposed is multiplied, unless the first is a function: a known one, one that a definition gives arguments
(passed as `functions`), or a primed name. Nothing is skipped: what is not understood is named with its position.
"""

from __future__ import annotations

from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.layout import lay_out
from gradcheck.latex.reading.statements import statements
from gradcheck.latex.reading.words import Names
from gradcheck.latex.tree import Expr, Statement


def read(latex: str, functions: frozenset[str] = frozenset(), words: frozenset[str] = frozenset()) -> list[Statement]:
    """The statements of a formula, in order.

    ``functions`` are names applied to what stands in parentheses after them; ``words`` are names of several letters.

    Raises:
        UnreadableError: what is not understood, and where.
    """
    return statements(lay_out(latex), Names(functions, words))


def read_expression(latex: str, functions: frozenset[str] = frozenset(), words: frozenset[str] = frozenset()) -> Expr:
    """The one expression that `latex` is.

    Raises:
        UnreadableError: it is not read, or is more than one expression.
    """
    found = read(latex, functions, words)
    if len(found) != 1 or len(found[0].members) != 1:
        raise UnreadableError("one expression is expected", 1)
    return found[0].members[0]
