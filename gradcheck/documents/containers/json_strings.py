"""JSON read for the places of its strings: where each stands, and what it says, character by character."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gradcheck.documents.containers.mapped import Mapped, joined
from gradcheck.documents.model import Place

Path = tuple[str | int, ...]

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
_ESCAPES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")


def strings(source: str) -> Iterator[tuple[Path, int, int]]:
    """Every string that is a value in valid JSON: the keys and indices that lead to it, its start and stop with quotes."""
    path: list[str | int] = []
    key = False
    for found in _TOKENS.finditer(source):
        mark = found[0]
        if mark == "{":
            path.append("")
            key = True
        elif mark == "[":
            path.append(0)
        elif mark in "}]":
            path.pop()
            key = False
        elif mark == ",":
            last = path[-1]
            key = isinstance(last, str)
            path[-1] = "" if isinstance(last, str) else last + 1
        elif mark == ":":
            key = False
        elif key:
            path[-1] = str(json.loads(mark, strict=False))
        else:
            yield tuple(path), found.start(), found.end()


def decoded(text: Mapped, start: int, stop: int) -> Mapped:
    """What the string from `start` to `stop` says, each character with the place at which it is written."""
    pieces: list[Mapped] = []
    at = start + 1
    for found in _ESCAPES.finditer(text.text, at, stop - 1):
        pieces.append(text.cut(at, found.start()))
        place: Place = text.place(found.start())
        said = str(json.loads(f'"{found[0]}"', strict=False))
        pieces.append(Mapped(said, (0,), (place,)))
        at = found.end()
    return joined([*pieces, text.cut(at, stop - 1)])
