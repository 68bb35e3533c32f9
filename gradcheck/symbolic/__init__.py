"""The right derivative in symbols: of a claim, simplified as a person would write it, or written out rule by rule.

Nothing here is believed: what is written comes with a function that evaluates the very same expression, for the oracles.
SymPy is imported at the first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradcheck.symbolic.model import Corner, Derived, NotSymbolic, Written, WrittenStep

if TYPE_CHECKING:
    from gradcheck.claim import Claim
    from gradcheck.verdict import Verdict

__all__ = [
    "Corner",
    "Derived",
    "NotSymbolic",
    "Written",
    "WrittenStep",
    "checked",
    "derivative",
    "in_symbols",
    "written",
]


def in_symbols(claim: Claim, wrt: str | None = None) -> Written:
    """The derivative of the claim's primal, of the claim's kind, written in the claim's notation.

    ``wrt`` is another input to differentiate by.

    Raises:
        NotSymbolic: it cannot be written, and why.
    """
    from gradcheck.symbolic.claims import in_symbols

    return in_symbols(claim, wrt)


def derivative(claim: Claim, wrt: str | None = None) -> Written | None:
    """`in_symbols`, or None where it cannot be written."""
    try:
        return in_symbols(claim, wrt)
    except NotSymbolic:
        return None


def checked(claim: Claim, seed: int = 0) -> tuple[Written, Verdict] | None:
    """The derivative of the claim's primal as written, and the verdict on a claim that it is so; None unless that *holds*."""
    from gradcheck.symbolic.claims import checked

    return checked(claim, seed)


def written(latex: str, wrt: str, definitions: str = "", ranges: Mapping[str, Any] | None = None) -> Derived:
    r"""The derivation of a derivative from a definition such as ``f(x) = x^2 e^{-\\alpha x}``, rule by rule.

    ``wrt`` is the name, in LaTeX, to differentiate by. ``definitions`` are formulas that say what other names are (``u = …;
    \\Phi(x) = …``); ``ranges`` bound names (``{"x": (0, 1)}``).

    Raises:
        NotSymbolic: the definition is not one of a number by numbers, or uses what has no rule; the message names it.
        UnreadableError: the formula cannot be read.
    """
    from gradcheck.symbolic.derivation import written

    return written(latex, wrt, definitions, ranges)
