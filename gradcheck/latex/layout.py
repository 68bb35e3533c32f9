"""The layout tree: what is above, below, beside and inside what, before anybody asks what it means."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.tokens import Token, tokenize

if TYPE_CHECKING:
    from lark import Lark


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
    from lark.exceptions import UnexpectedInput

    tokens = tokenize(latex)
    try:
        found: Rows = _parser().parse(tokens)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise _told(error, tokens) from None
    return found


def _told(error: Any, tokens: list[Token]) -> UnreadableError:
    token = getattr(error, "token", None)
    if token is None or token.type == "$END":
        return UnreadableError("the formula ends too early: an argument is missing", tokens[-1].at if tokens else 0)
    names = {"SUP": "a superscript", "SUB": "a subscript", "PRIME": "a prime"}
    what = names.get(token.type, repr(str(token)))
    if token.type in names:
        return UnreadableError(f"{what} belongs to nothing", token.start_pos)
    return UnreadableError(f"{what} is not expected here", token.start_pos)


@functools.cache
def _parser() -> Lark:
    from lark import Lark, Transformer
    from lark import Token as LarkToken
    from lark.lexer import Lexer

    class Tokens(Lexer):
        """Hands our tokens to the parser."""

        def __init__(self, lexer_conf: Any) -> None:
            pass

        def lex(self, data: Any) -> Iterator[LarkToken]:  # type: ignore[override]
            for token in data:
                yield LarkToken(token.kind, token.text, start_pos=token.at, line=1, column=token.at)

    class Build(Transformer[Any, Any]):
        """Makes the nodes, from the leaves upwards."""

        def start(self, parts: list[Any]) -> Any:
            return parts[0]

        def rows(self, parts: list[Any]) -> Any:
            return tuple(part for part in parts if not isinstance(part, LarkToken))

        row = rows

        def cell(self, parts: list[Any]) -> Any:
            return tuple(parts)

        def leaf(self, parts: list[Any]) -> Any:
            return Leaf(parts[0].type, str(parts[0]), parts[0].start_pos)

        def group(self, parts: list[Any]) -> Any:
            return Group(parts[1], parts[0].start_pos)

        def prime_group(self, parts: list[Any]) -> Any:
            return Leaf("PRIMES", "'" * (len(parts) - 2), parts[0].start_pos)

        def fraction(self, parts: list[Any]) -> Any:
            return Fraction(parts[1], parts[2], parts[0].start_pos)

        def two(self, parts: list[Any]) -> Any:
            return Styled(str(parts[0]), parts[2], parts[0].start_pos)

        def root(self, parts: list[Any]) -> Any:
            return Root(None, parts[1], parts[0].start_pos)

        def indexed_root(self, parts: list[Any]) -> Any:
            return Root(parts[2], parts[4], parts[0].start_pos)

        def styled(self, parts: list[Any]) -> Any:
            return Styled(str(parts[0]), parts[1], parts[0].start_pos)

        def environment(self, parts: list[Any]) -> Any:
            return Environment(str(parts[0]), parts[1], parts[0].start_pos)

        def fenced(self, parts: list[Any]) -> Any:
            return Fenced(str(parts[0]), str(parts[2]), parts[1], parts[0].start_pos)

        def switch(self, parts: list[Any]) -> Any:
            return Switch(str(parts[0]), parts[0].start_pos)

        def lone_script(self, parts: list[Any]) -> Any:
            return Leaf("LONE", str(parts[0]), parts[0].start_pos)

        def superscript(self, parts: list[Any]) -> Any:
            return ("sup", parts[1], parts[0].start_pos)

        def prime_atom(self, parts: list[Any]) -> Any:
            return Leaf("PRIMES", "'", parts[0].start_pos)

        def subscript(self, parts: list[Any]) -> Any:
            return ("sub", parts[1], parts[0].start_pos)

        def prime(self, parts: list[Any]) -> Any:
            return ("prime", None, parts[0].start_pos)

        def scripted(self, parts: list[Any]) -> Any:
            return _scripted(parts[0], parts[1:])

    text = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer=Tokens, transformer=Build())


def _scripted(nucleus: Item, scripts: list[tuple[str, Item | None, int]]) -> Item:
    """A superscript of primes is primes; a second script of a kind is put on top of the first (``x_i_j``)."""
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
            body, extra = _without_primes(body)
            primes += extra
            sup = body
    return Scripted(nucleus, sub, sup, primes, at)


def _without_primes(body: Item | None) -> tuple[Item | None, int]:
    r"""``^{\prime T}`` is a prime and a transposition."""
    return body, 0
