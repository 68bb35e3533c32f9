"""LaTeX typeset as MathML, which browsers lay out offline; where that cannot be done, the LaTeX itself."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING

from gradcheck.report.text import clean, one_line

if TYPE_CHECKING:
    from math_core import LatexToMathML

_ENVIRONMENT = re.compile(r"\\begin\{([a-z]+\*?)\}((?:(?!\\begin\{).)*?)\\end\{\1\}", re.DOTALL)
_NUMBERED = re.compile(r"\\(begin|end)\{(align|gather|equation)\}")
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)
_BARE = re.compile(r"((?:\\[A-Za-z]+|\b[A-Za-z])(?:\{[^{}]*\}|[_^](?:\{[^{}]*\}|\\?\w))*)")


def typeset(latex: str, display: bool = True) -> str:
    """HTML of a formula: MathML, or the LaTeX in a ``code`` element where it cannot be converted. Safe to embed."""
    converted = mathml(latex, display)
    return converted if converted is not None else f'<code class="latex">{escape(one_line(latex))}</code>'


def typeset_sentence(words: str) -> str:
    r"""HTML of a sentence in which formulas stand between ``\(`` and ``\)``. Safe to embed."""
    pieces = _INLINE.split(clean(words))
    return "".join(typeset(piece, display=False) if place % 2 else escape(piece) for place, piece in enumerate(pieces))


def typeset_prose(words: str) -> str:
    r"""HTML of our own words, in which names such as ``\alpha`` and ``z_{j}`` stand bare. Safe to embed."""
    pieces = _INLINE.split(clean(words))
    return "".join(
        typeset(piece, display=False) if place % 2 else _bare_typeset(piece) for place, piece in enumerate(pieces)
    )


def _bare_typeset(words: str) -> str:
    """The words with every name typeset that is LaTeX: that begins with a backslash, or has a script in braces."""
    pieces = _BARE.split(words)
    return "".join(
        typeset(piece, display=False)
        if place % 2 and ("\\" in piece or "_{" in piece or "^{" in piece)
        else escape(piece)
        for place, piece in enumerate(pieces)
    )


@lru_cache(maxsize=4096)  # a formula is shown in a table, on a card, and wherever it corrects another
def mathml(latex: str, display: bool = True) -> str | None:
    """The formula as a MathML element, or None where the converter refuses it.

    Fragments of an aligned display (with ``&`` or a line break outside any environment) are put into one. Numbers of
    equations are shown where they are printed and never made up. The LaTeX as it was given goes along: as ``alttext``,
    which is read aloud or shown where MathML is not supported, and as an annotation, which is copied.
    """
    from math_core import LatexError

    printed = one_line(latex)
    formula = _NUMBERED.sub(r"\\\1{\2*}", clean(latex).strip())
    if not formula:
        return None
    formula = _TAG.sub(r"\\qquad(\1)", formula)
    if _is_fragment(formula):
        formula = rf"\begin{{aligned}}{formula}\end{{aligned}}"
    try:
        converted = _converter().convert_with_local_state(formula, displaystyle=display)
    except (LatexError, UnicodeEncodeError):  # half of a surrogate pair is no character
        return None
    return _annotated(converted, escape(printed))


def _annotated(converted: str, latex: str) -> str:
    """The element with its LaTeX, which is escaped already, beside what it shows."""
    opening, _, rest = converted.partition(">")
    body = rest.removesuffix("</math>")
    annotation = f'<annotation encoding="application/x-tex">{latex}</annotation>'
    return f'{opening} alttext="{latex}"><semantics><mrow>{body}</mrow>{annotation}</semantics></math>'


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
