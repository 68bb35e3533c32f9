r"""A tree in the notation of its source: ``\\ln`` where that was printed, ``\\operatorname{ReLU}`` with its capitals."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.names import substituted
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.latex.vocabulary import ACTIVATIONS

_SIMPLE = re.compile(r"(?<!\^)\\left\(((?:[A-Za-z0-9.]|\\[A-Za-z]+|_\{[^{}]*\}|, ){1,24})\\right\)")
_SPACED = re.compile(r" \\, (?!\d)")
_RAISED = frozenset(("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "log"))
_WORD = re.compile(r"\\(?:operatorname|mathrm|text|mathit)\*?\{([A-Za-z]+)\}")


@dataclass(frozen=True)
class Style:
    """How a formula and what stands beside it are written."""

    source: str = ""

    def __call__(self, expr: Expr) -> str:
        """The LaTeX of a tree."""
        if self.sigmoid:
            expr = substituted(expr, tree.Name(r"\sigma"), tree.Name("sigmoid"))
        text = typeset(_bracketed(expr))
        for word in dict.fromkeys(_WORD.findall(self.source)):
            known = ACTIVATIONS.get(word)
            if known is not None and known != word and known not in ("log", "arctanh"):
                text = text.replace(rf"\operatorname{{{known}}}", rf"\operatorname{{{word}}}")
        if r"\ln" in self.source and r"\log" not in self.source:
            text = text.replace(r"\log", r"\ln")
        text = _SPACED.sub(" ", text)
        return _SIMPLE.sub(r"(\1)", text)

    @property
    def sigmoid(self) -> bool:
        """Whether σ is spelled out as sigmoid."""
        return r"\sigma" not in self.source and any(
            ACTIVATIONS.get(word) == "sigmoid" for word in _WORD.findall(self.source)
        )


def _bracketed(node: Any) -> Any:
    """Cases that are multiplied stand in brackets, and the power of a sine is that of its name."""
    if isinstance(node, tuple):
        return tuple(_bracketed(child) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    inner = {f.name: _bracketed(getattr(node, f.name)) for f in dataclasses.fields(node) if f.compare}
    if isinstance(node, tree.Product):
        for side in ("left", "right"):
            if isinstance(inner[side], tree.Cases):
                inner[side] = tree.Fence("()", inner[side])
    if isinstance(node, tree.Power) and isinstance(node.base, tree.Call) and isinstance(node.exponent, tree.Number):
        function = node.base.function
        if isinstance(function, tree.Name) and function.text in _RAISED:
            return tree.Call(tree.Name(rf"\{function.text}^{{{node.exponent.text}}}"), inner["base"].arguments)
    return dataclasses.replace(node, **inner)
