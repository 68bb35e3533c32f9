r"""Definitions of macros in a text: the commands from ``\newcommand`` to the end of their bodies, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DEFINES = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*(?:\{\s*\\[A-Za-z]+\s*\}|\\[A-Za-z]+)\s*(?:\[\d\]\s*)?(?:\[[^\]\n]*\]\s*)?(?=\{)"
    r"|\\(?:global\s*\\)?[gex]?def\s*\\[A-Za-z]+\s*(?:#\d)*\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*(?:\{\s*\\[A-Za-z]+\s*\}|\\[A-Za-z]+)\s*(?=\{)"
)
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def definitions(text: str) -> Iterator[tuple[int, int]]:
    """Where each definition of a macro stands: start and stop, ascending. One that never closes is none."""
    ends: dict[int, int] | None = None
    at = 0
    while (found := _DEFINES.search(text, at)) is not None:
        ends = brace_ends(text) if ends is None else ends
        at = ends.get(found.end(), found.end())
        if at > found.end():
            yield found.start(), at


def brace_ends(text: str) -> dict[int, int]:
    """For each opening brace that is closed, by its offset: where its group ends."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACES.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            ends[opened.pop()] = found.end()
    return ends


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
