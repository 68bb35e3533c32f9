r"""What an expression is worth: one walk that works out shapes first (no numbers yet), then arrays of JAX.

Indices are whole numbers during the walk, so that ``\\sum_{j \\ne i}``, Kronecker deltas and cases on indices are
decided exactly. A name is, in this order: an index, a value given from outside (an input, or what a derivative is taken
with respect to), a definition, an input that is met for the first time.
"""

from __future__ import annotations

from gradcheck.latex.evaluating.functions import Functions
from gradcheck.latex.problem import INDEX_LETTERS, Definition, Problem, is_name, name_of, plain

__all__ = ["INDEX_LETTERS", "Definition", "Evaluator", "Problem", "is_name", "name_of", "plain"]


class Evaluator(Functions):
    """One walk over any expression."""
