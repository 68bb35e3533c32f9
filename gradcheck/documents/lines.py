"""How a verdict tells the lines of the formulas that it rests on, and how the same is told of lines that have moved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

SAID = "what is said on"
PRINTED = "as printed on"
_TOLD = re.compile(rf"\b({SAID}|{PRINTED}) lines? (\d+(?:, \d+)*)")


def told(where: str, lines: Sequence[int]) -> str:
    """The lines after one of the two words for them, `SAID` and `PRINTED`."""
    return f"{where} line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"


def lines_in(text: str) -> list[int]:
    """The lines that are told so in a text."""
    return [int(line) for found in _TOLD.finditer(text) for line in found[2].split(", ")]


def without(text: str) -> str:
    """The text without them."""
    return _TOLD.sub("", text)


def moved(before: Sequence[int], after: Sequence[int]) -> dict[int, int] | None:
    """Where each line has gone; None where they have not kept their order, so that more than numbers would be told."""
    if len(before) != len(after):
        return None
    pairs = sorted(set(zip(before, after, strict=True)))
    kept = all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(pairs))
    return dict(pairs) if kept else None


def retold(text: str, places: Mapping[int, int]) -> str:
    """The text with each such line where it is by now. Raises KeyError for one that is not known."""
    return _TOLD.sub(lambda found: told(found[1], [places[int(line)] for line in found[2].split(", ")]), text)
