r"""Whether the delimiters of a printed formula are balanced: the first thing that a reader needs, and a fault of its own.

Braces, ``\left``/``\right`` and environments must match exactly. Round and square brackets may close each other, since
half-open intervals are printed so. Rows of a display (``\\``) and cells (``&``) do not end a bracket.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\\(?P<sizing>left|right)(?![a-zA-Z])\s*(?P<mark>\\[{}|]|\\[a-zA-Z]+|.)"
    r"|\\(?P<edge>begin|end)\s*\{(?P<environment>[^}]*)\}"
    r"|\\(?P<escaped>[{}])"
    r"|\\(?:[a-zA-Z]+|.)"
    r"|(?P<bracket>[(){}\[\]])",
    re.DOTALL,
)
_CLOSES = {")": "([", "]": "([", "}": "{"}


def imbalance(latex: str) -> str | None:
    """What is unbalanced in `latex`, with its position (from 1) and surroundings; None if nothing is."""
    open_: list[tuple[str, int]] = []
    for found in _TOKEN.finditer(latex):
        place = found.start()
        if found["sizing"] == "left":
            open_.append(("\\left", place))
        elif found["sizing"] == "right":
            fault = _close(open_, "\\left", "\\right", place, latex)
            if fault:
                return fault
        elif found["edge"] == "begin":
            open_.append((f"\\begin{{{found['environment']}}}", place))
        elif found["edge"] == "end":
            name = found["environment"]
            fault = _close(open_, f"\\begin{{{name}}}", f"\\end{{{name}}}", place, latex)
            if fault:
                return fault
        elif found["bracket"] and found["bracket"] in "([{":
            open_.append((found["bracket"], place))
        elif found["bracket"]:
            mark = found["bracket"]
            if not open_ or open_[-1][0] not in tuple(_CLOSES[mark]):
                return _unmatched(open_, mark, place, latex)
            open_.pop()
    if open_:
        mark, place = open_[-1]
        return f"{mark!r} at {place + 1} is never closed: {_around(latex, place)}"
    return None


def _close(open_: list[tuple[str, int]], wanted: str, mark: str, place: int, latex: str) -> str | None:
    if open_ and open_[-1][0] == wanted:
        open_.pop()
        return None
    return _unmatched(open_, mark, place, latex)


def _unmatched(open_: list[tuple[str, int]], mark: str, place: int, latex: str) -> str:
    if open_:
        left, at = open_[-1]
        return f"{left!r} at {at + 1} is never closed before {mark!r} at {place + 1}: {_around(latex, at)}"
    return f"{mark!r} at {place + 1} closes nothing: {_around(latex, place)}"


def _around(latex: str, place: int) -> str:
    return latex[max(place - 12, 0) : place + 20].replace("\n", " ").strip()
