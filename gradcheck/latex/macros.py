r"""Private macros: ``\newcommand``, ``\def``, ``\DeclareMathOperator`` read from a preamble, and expanded with bounds.

Expansion is by text, as TeX does it. Recursive macros end in an error: the number of expansions and the length of the
result are bounded.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gradcheck.latex.errors import UnreadableError

MAX_EXPANSIONS = 2_000
MAX_LENGTH = 100_000

_DEFINED = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*(?:\{\s*(?P<new>\\[A-Za-z]+)\s*\}|(?P<bare>\\[A-Za-z]+))"
    r"\s*(?:\[(?P<count>\d)\])?\s*(?:\[(?P<default>[^\]]*)\])?\s*(?=\{)"
    r"|\\(?:global\s*)?g?def\s*(?P<def>\\[A-Za-z]+)\s*(?P<slots>(?:#\d)*)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{?\s*(?P<operator>\\[A-Za-z]+)\s*\}?\s*(?=\{)"
)
_NAME = re.compile(r"\\[A-Za-z]+")
_SLOT = re.compile(r"#(\d)")


@dataclass(frozen=True)
class Macro:
    """What a command stands for: its body with ``#1`` …, how many arguments, the default of an optional first one."""

    body: str
    arguments: int = 0
    default: str | None = None


def braced(text: str, place: int) -> tuple[str, int] | None:
    """The content of the brace group that begins at `place` (after white space) and where it ends; None if there is none."""
    while place < len(text) and text[place].isspace():
        place += 1
    if text[place : place + 1] != "{":
        return None
    depth = 0
    i = place
    while i < len(text):
        if text[i] == "\\":
            i += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[place + 1 : i], i + 1
        i += 1
    return None


def read_macros(text: str) -> tuple[dict[str, Macro], str]:
    """The macros that `text` defines, and the text without their definitions."""
    macros: dict[str, Macro] = {}
    kept: list[str] = []
    place = 0
    while found := _DEFINED.search(text, place):
        kept.append(text[place : found.start()])
        body = braced(text, found.end())
        if body is None:
            raise UnreadableError("the body of a macro is never closed", found.start() + 1)
        name = found["new"] or found["bare"] or found["def"] or found["operator"]
        if found["operator"]:
            macros[name] = Macro(rf"\operatorname{{{body[0]}}}")
        elif found["def"]:
            macros[name] = Macro(body[0], len(found["slots"] or "") // 2)
        else:
            macros[name] = Macro(body[0], int(found["count"] or 0), found["default"])
        place = body[1]
    kept.append(text[place:])
    return macros, "".join(kept)


def expand(latex: str, macros: Mapping[str, Macro]) -> str:
    """`latex` with every macro replaced by what it stands for.

    Raises:
        UnreadableError: an argument is missing, or the expansion does not end.
    """
    if not macros:
        return latex
    done: list[str] = []
    pending = latex
    expansions = 0
    size = 0
    while found := _NAME.search(pending):
        macro = macros.get(found[0])
        before = pending[: found.end()] if macro is None else pending[: found.start()]
        done.append(before)
        size += len(before)
        if macro is None:
            pending = pending[found.end() :]
            continue
        expansions += 1
        if expansions > MAX_EXPANSIONS or size + len(pending) > MAX_LENGTH:
            raise UnreadableError(f"the macro {found[0]} expands without end")
        arguments, rest = _arguments(found[0], macro, pending[found.end() :])
        body = _SLOT.sub(functools.partial(_chosen, arguments=arguments), macro.body)
        pending = body + (" " if body[-1:].isalpha() and rest[:1].isalpha() else "") + rest
    done.append(pending)
    return "".join(done)


def _chosen(slot: re.Match[str], arguments: list[str]) -> str:
    number = int(slot[1])
    if not 1 <= number <= len(arguments):
        raise UnreadableError(f"a macro uses #{number}, and has {len(arguments)} arguments")
    return arguments[number - 1]


def _arguments(name: str, macro: Macro, rest: str) -> tuple[list[str], str]:
    found: list[str] = []
    if macro.default is not None:
        option = re.match(r"\s*\[([^\]]*)\]", rest)
        found.append(option[1] if option else macro.default)
        rest = rest[option.end() :] if option else rest
    while len(found) < macro.arguments:
        group = braced(rest, 0)
        if group is not None:
            found.append(group[0])
            rest = rest[group[1] :]
            continue
        single = re.match(r"\s*(\\[A-Za-z]+|\\.|[^\s{}])", rest)
        if single is None:
            raise UnreadableError(f"the macro {name} lacks argument {len(found) + 1} of {macro.arguments}")
        found.append(single[1])
        rest = rest[single.end() :]
    return found, rest
