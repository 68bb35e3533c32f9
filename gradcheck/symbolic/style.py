r"""A tree in the notation of its source: ``\\ln`` where that was printed, ``\\operatorname{ReLU}`` with its capitals."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradcheck.latex import tree
from gradcheck.latex.names import substituted
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.latex.vocabulary import ACTIVATIONS

_SIMPLE = re.compile(r"(?<!\^)\\left\(((?:[A-Za-z0-9.]|\\[A-Za-z]+|_\{[^{}]*\}|, ){1,24})\\right\)")
_SPACED = re.compile(r" \\, (?!\d)")
_RAISED = re.compile(
    r"\{(\\(?:sin|cos|tan|cot|sec|csc|sinh|cosh|tanh|coth|log|ln))((?:\\left)?\([^()]*(?:\\right)?\))\}\^\{(\d)\}"
)
_WORD = re.compile(r"\\(?:operatorname|mathrm|text|mathit)\*?\{([A-Za-z]+)\}")


@dataclass(frozen=True)
class Style:
    """How a formula and what stands beside it are written."""

    source: str = ""

    def __call__(self, expr: Expr) -> str:
        """The LaTeX of a tree."""
        if self.sigmoid:
            expr = substituted(expr, tree.Name(r"\sigma"), tree.Name("sigmoid"))
        text = typeset(expr)
        for word in dict.fromkeys(_WORD.findall(self.source)):
            known = ACTIVATIONS.get(word)
            if known is not None and known != word and known not in ("log", "arctanh"):
                text = text.replace(rf"\operatorname{{{known}}}", rf"\operatorname{{{word}}}")
        if r"\ln" in self.source and r"\log" not in self.source:
            text = text.replace(r"\log", r"\ln")
        text = _SPACED.sub(" ", text)
        return _RAISED.sub(r"\1^{\3}\2", _SIMPLE.sub(r"(\1)", text))

    @property
    def sigmoid(self) -> bool:
        """Whether σ is spelled out as sigmoid."""
        return r"\sigma" not in self.source and any(
            ACTIVATIONS.get(word) == "sigmoid" for word in _WORD.findall(self.source)
        )
