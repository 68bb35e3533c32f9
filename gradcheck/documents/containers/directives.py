"""Where directives stand in a text: ``<!-- gradcheck: … -->``, ``% gradcheck: …`` and ``.. gradcheck: …``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcheck.documents.containers.code import within
from gradcheck.documents.containers.mapped import Mapped
from gradcheck.documents.containers.parts import Said

_HTML = r"<!--[ \t]*gradcheck:(?P<html>(?:(?!-->)[\s\S])*)-->"
_PERCENT = r"[ \t]*%+[ \t]*gradcheck:(?P<percent>[^\n]*(?:\n[ \t]*%(?!%*[ \t]*gradcheck:)[^\n]*)*)"
_DOTS = r"^(?P<indent>[ \t]*)\.\.[ \t]+gradcheck:(?P<dots>[^\n]*(?:(?:\n[ \t]*)*\n(?P=indent)[ \t]+[^\s][^\n]*)*)"
_OWN_LINE = re.compile("|".join((_HTML, "^" + _PERCENT, _DOTS)), re.MULTILINE)
_ANYWHERE = re.compile("|".join((_HTML, r"(?<!\\)" + _PERCENT, _DOTS)), re.MULTILINE)
_PREFIX = re.compile(r"(?<=\n)[ \t]*%+[ \t]?")


def directives(text: Mapped, opaque: Sequence[tuple[int, int]] = (), *, tex: bool = False) -> Iterator[Said]:
    """The directives outside of opaque spans, in order; a line of a ``%`` comment that follows one goes on with it.

    In a `tex` file, ``%`` begins a comment in the middle of a line, too.
    """
    if "gradcheck:" not in text.text:
        return
    for found in (_ANYWHERE if tex else _OWN_LINE).finditer(text.text):
        if within(found.start(), opaque):
            continue
        kind = found.lastgroup if found.lastgroup in ("html", "percent", "dots") else "dots"
        raw = found[kind]
        said = _PREFIX.sub("", raw) if kind == "percent" else raw
        start = found.start(kind) + len(raw) - len(raw.lstrip())
        yield Said(found.start(), found.end(), said.strip(), text.place(min(start, found.end())))
