"""The layout tree: what is above, below, beside and inside what, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.tables import UnexpectedTokenError, parse
from gradcheck.latex.tokens import Token, tokenize


@dataclass(frozen=True, slots=True)
class Leaf:
    """A character, a number, a command without arguments, or words."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between braces."""

    rows: Rows
    at: int


@dataclass(frozen=True, slots=True)
class Scripted:
    """Something with a subscript, a superscript, primes."""

    nucleus: Item
    sub: Item | None
    sup: Item | None
    primes: int
    at: int


@dataclass(frozen=True, slots=True)
class Fraction:
    """One thing over another."""

    over: Item
    under: Item
    at: int


@dataclass(frozen=True, slots=True)
class Root:
    """A root; ``index`` is None for a square root."""

    index: Rows | None
    body: Item
    at: int


@dataclass(frozen=True, slots=True)
class Styled:
    """A font, an accent or a decoration around something."""

    command: str
    body: Item
    at: int


@dataclass(frozen=True, slots=True)
class Environment:
    r"""Rows and cells between \\begin and \\end."""

    name: str
    rows: Rows
    at: int


@dataclass(frozen=True, slots=True)
class Fenced:
    r"""What stands between \\left and \\right."""

    left: str
    right: str
    rows: Rows
    at: int


@dataclass(frozen=True, slots=True)
class Switch:
    """A font switch, good until the end of its group."""

    command: str
    at: int


Item: TypeAlias = Leaf | Group | Scripted | Fraction | Root | Styled | Environment | Fenced | Switch
Cell: TypeAlias = tuple[Item, ...]
Row: TypeAlias = tuple[Cell, ...]
Rows: TypeAlias = tuple[Row, ...]


def lay_out(latex: str) -> Rows:
    """The layout of a formula, as rows of cells.

    Raises:
        UnreadableError: what it is that does not fit, and where.
    """
    tokens = tokenize(latex)
    try:
        found: Rows = parse(tokens, _BUILDERS)
    except UnexpectedTokenError as error:
        raise _told(error.token, tokens) from None
    return found


def _told(token: Token | None, tokens: list[Token]) -> UnreadableError:
    if token is None:
        return UnreadableError("the formula ends too early: an argument is missing", tokens[-1].at if tokens else 0)
    names = {"SUP": "a superscript", "SUB": "a subscript", "PRIME": "a prime"}
    if token.kind in names:
        return UnreadableError(f"{names[token.kind]} belongs to nothing", token.at)
    return UnreadableError(f"{token.text!r} is not expected here", token.at)


def _rows(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


_BUILDERS: Mapping[str, Callable[[list[Any]], Any]] = {
    "start": lambda parts: parts[0],
    "rows": _rows,
    "row": _rows,
    "cell": tuple,
    "switch": lambda parts: Switch(parts[0].text, parts[0].at),
    "scripted": lambda parts: _scripted(parts[0], parts[1:]),
    "lone_script": lambda parts: Leaf("LONE", parts[0].text, parts[0].at),
    "superscript": lambda parts: ("sup", parts[1], parts[0].at),
    "subscript": lambda parts: ("sub", parts[1], parts[0].at),
    "prime": lambda parts: ("prime", None, parts[0].at),
    "prime_atom": lambda parts: Leaf("PRIMES", "'", parts[0].at),
    "leaf": lambda parts: Leaf(parts[0].kind, parts[0].text, parts[0].at),
    "group": lambda parts: Group(parts[1], parts[0].at),
    "prime_group": lambda parts: Leaf("PRIMES", "'" * (len(parts) - 2), parts[0].at),
    "fraction": lambda parts: Fraction(parts[1], parts[2], parts[0].at),
    "two": lambda parts: Styled(parts[0].text, parts[2], parts[0].at),
    "root": lambda parts: Root(None, parts[1], parts[0].at),
    "indexed_root": lambda parts: Root(parts[2], parts[4], parts[0].at),
    "styled": lambda parts: Styled(parts[0].text, parts[1], parts[0].at),
    "environment": lambda parts: Environment(parts[0].text, parts[1], parts[0].at),
    "fenced": lambda parts: Fenced(parts[0].text, parts[2].text, parts[1], parts[0].at),
}
"""What each rule of the grammar makes of its parts, by the name that the rule has there."""


def _scripted(nucleus: Item, scripts: list[tuple[str, Item | None, int]]) -> Item:
    """A superscript of primes is primes.

    Raises:
        UnreadableError: there are two subscripts or two superscripts.
    """
    sub: Item | None = None
    sup: Item | None = None
    primes = 0
    at = nucleus.at
    for kind, body, place in scripts:
        if kind == "prime":
            primes += 1
        elif isinstance(body, Leaf) and body.kind == "PRIMES":
            primes += len(body.text)
        elif kind == "sub":
            if sub is not None:
                raise UnreadableError("a second subscript", place)
            sub = body
        else:
            if sup is not None:
                raise UnreadableError("a second superscript", place)
            sup = body
    return Scripted(nucleus, sub, sup, primes, at)
