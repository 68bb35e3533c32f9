r"""Private macros that so many documents define alike that they are read without a definition, unless one is given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradcheck.latex.macros import Macro

_ALIKE: Mapping[str, Macro] = {
    r"\pd": Macro(r"\frac{\partial}{\partial #1}", 1, ""),
    r"\avgsum": Macro(r"\frac{1}{n}\sum_{i=1}^{n}", 1, ""),
    r"\ud": Macro(r"\mathrm{d}"),
    r"\dd": Macro(r"\mathrm{d}"),
    r"\R": Macro(r"\mathbb{R}"),
    r"\E": Macro(r"\mathbb{E}"),
    r"\I": Macro(r"\mathbb{I}"),
    r"\bdelta": Macro(r"\boldsymbol{\delta}"),
    r"\mid": Macro("|"),
}
_BOLD = re.compile(r"\\(?:[vV]|b|m)([A-Za-z])$")
_STRAIGHT_D = re.compile(r"\\d(?![A-Za-z])")
_BRACKETED = re.compile(r"\\pd\s*\[([^\]]*)\]")
_AVERAGED = re.compile(r"\\avgsum\s*\[\s*([a-zA-Z])\s*,\s*([a-zA-Z])\s*\]")
_REFERENCE = re.compile(r"(?:\.\s*)?\b[Ss]ee(?:\\ |~|\s)*\(\d+\)\.?")
"""A cross reference between formulas."""
_NUMBERED = re.compile(r"^\s*\(\d+\)\s*(?:\\ |\\quad|\\;|~)")
_KNOWN = frozenset((r"\vy", r"\mu", r"\mp", r"\bm", r"\bf", r"\ve", r"\be"))


def conventional(latex: str, own: Mapping[str, Macro]) -> str:
    """`latex` with macros that nothing defines replaced by what they commonly mean."""
    latex = _REFERENCE.sub(r"\\quad ", _NUMBERED.sub("", latex))
    if r"\pd" not in own:
        latex = _BRACKETED.sub(r"\\frac{\\partial}{\\partial \1} ", latex)
    if r"\avgsum" not in own:
        latex = _AVERAGED.sub(r"\\frac{1}{\2}\\sum_{\1=1}^{\2} ", latex)

    def bold(found: re.Match[str]) -> str:
        name = found[0]
        if name in own:
            return name
        single = _BOLD.match(name)
        if single and (name not in _KNOWN or name == r"\vy"):
            return rf"\mathbf{{{single[1]}}}"
        if name in (r"\I", r"\mid"):
            return _ALIKE[name].body + " "
        return name

    return re.sub(r"\\[A-Za-z]+", bold, latex)
