"""LaTeX typeset as MathML, which browsers lay out offline; where that cannot be done, the LaTeX itself."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from gradcheck.report.text import clean, one_line

if TYPE_CHECKING:
    from math_core import LatexToMathML

_ENVIRONMENT = re.compile(r"\\begin\{([a-z]+\*?)\}((?:(?!\\begin\{).)*?)\\end\{\1\}", re.DOTALL)
_NUMBERED = re.compile(r"\\(begin|end)\{(align|gather|equation)\}")
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)


def typeset(latex: str, display: bool = True) -> str:
    """HTML of a formula: MathML, or the LaTeX in a ``code`` element where it cannot be converted. Safe to embed."""
    converted = mathml(latex, display)
    return converted if converted is not None else f'<code class="latex">{escape(one_line(latex))}</code>'


def typeset_sentence(words: str) -> str:
    r"""HTML of a sentence in which formulas stand between ``\(`` and ``\)``. Safe to embed."""
    pieces = _INLINE.split(clean(words))
    return "".join(typeset(piece, display=False) if place % 2 else escape(piece) for place, piece in enumerate(pieces))


def mathml(latex: str, display: bool = True) -> str | None:
    """The formula as a MathML element, or None where the converter refuses it.

    Fragments of an aligned display (with ``&`` or a line break outside any environment) are put into one. Numbers of
    equations are shown where they are printed and never made up.
    """
    from math_core import LatexError

    formula = _NUMBERED.sub(r"\\\1{\2*}", clean(latex).strip())
    if not formula:
        return None
    formula = _TAG.sub(r"\\qquad(\1)", formula)
    if _is_fragment(formula):
        formula = rf"\begin{{aligned}}{formula}\end{{aligned}}"
    try:
        return _converter().convert_with_local_state(formula, displaystyle=display)
    except (LatexError, UnicodeEncodeError):  # half of a surrogate pair is no character
        return None


def _is_fragment(formula: str) -> bool:
    """Whether an alignment mark or a line break is left once all environments are taken away."""
    left, found = _ENVIRONMENT.subn("", formula)
    while found:
        left, found = _ENVIRONMENT.subn("", left)
    return r"\\" in left or re.search(r"(?<!\\)&", left) is not None


@cache
def _converter() -> LatexToMathML:
    """One converter for the whole page; errors come as plain text."""
    from math_core import LatexToMathML

    return LatexToMathML(fancy_error=False)
