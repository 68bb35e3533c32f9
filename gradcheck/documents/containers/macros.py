r"""Definitions of macros in a text: the commands from ``\newcommand`` to the end of their bodies, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcheck.latex.macros import braced

_DEFINES = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*(?:\{\s*\\[A-Za-z]+\s*\}|\\[A-Za-z]+)\s*(?:\[\d\]\s*)?(?:\[[^\]\n]*\]\s*)?(?=\{)"
    r"|\\(?:global\s*\\)?[gex]?def\s*\\[A-Za-z]+\s*(?:#\d)*\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*(?:\{\s*\\[A-Za-z]+\s*\}|\\[A-Za-z]+)\s*(?=\{)"
)
MAX_BODY = 5_000  # characters: a longer body is a program, and no abbreviation within a formula


def definitions(text: str) -> Iterator[tuple[int, int]]:
    """Where each definition of a macro stands: start and stop, ascending. One that never closes is none."""
    at = 0
    while (found := _DEFINES.search(text, at)) is not None:
        body = braced(text[found.end() : found.end() + MAX_BODY], 0)
        at = found.end() + (body[1] if body is not None else 0)
        if body is not None:
            yield found.start(), at


def only_macros(latex: str) -> tuple[str, bool] | None:
    """The definitions in a formula, and whether it says nothing else; None where it defines no macro."""
    if "\\" not in latex or not ("newcommand" in latex or "def" in latex or "DeclareMath" in latex):
        return None
    spans = list(definitions(latex))
    if not spans:
        return None
    rest, at = [], 0
    for start, stop in spans:
        rest.append(latex[at:start])
        at = stop
    rest.append(latex[at:])
    return "\n".join(latex[start:stop] for start, stop in spans), not "".join(rest).strip()
