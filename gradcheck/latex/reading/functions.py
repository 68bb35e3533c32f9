"""Functions and their arguments: in brackets, or the factors that follow a known one."""

from __future__ import annotations

import re

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reading.brackets import bracketed, fenced
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import nucleus, text_of
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.reading.scripts import subscripts, with_scripts
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import ACTIVATIONS, KNOWN, PRODUCTS, SIGMAS

_FUNCTIONS = KNOWN | frozenset(ACTIVATIONS.values()) | {"tr", "det", "diag", "vec"}
_INVERSE = tree.Sum(((-1, tree.Number("1")),))
_INVERSES = {
    "sin": "arcsin",
    "cos": "arccos",
    "tan": "arctan",
    "sinh": "arcsinh",
    "tanh": "arctanh",
    "arcsin": "sin",
    "arccos": "cos",
    "arctan": "tan",
    "exp": "log",
    "log": "exp",
}
_BRACKETS = ("(", "[", r"\{")
_ACCENTED = re.compile(r"\\(?:hat|tilde|bar|check)\{(.*)\}")
_OPERATORS = (r"\mathbb{I}", r"\mathbb{1}", r"\mathbb{E}")


def is_function(base: Expr) -> bool:
    """Whether a name is that of a known function."""
    return isinstance(base, tree.Name) and base.text in _FUNCTIONS


def application(cursor: Cursor, name: tree.Name, item: lay.Item) -> Expr:
    """A known function: what stands in brackets after it, else the juxtaposed factors that follow."""
    power: Expr | None = None
    function: Expr = name
    if isinstance(item, lay.Scripted):
        if item.sub is not None and (subs := subscripts(cursor, item.sub)):
            function = tree.Script(name, subs, None, name.at)
        if item.sup is not None:
            power = cursor.inside(item.sup)
        if item.primes:
            function = tree.Prime(function, item.primes, name.at)
    following = cursor.item()
    if following is None or (not cursor.goes_on() and cursor.peek() not in ("(", "[", "|", "-")):
        return _raised(function, power, name.at)
    if cursor.peek() in _BRACKETS:
        found = tree.Call(function, arguments(bracketed(cursor)), name.at)
        return with_scripts(cursor, _raised(found, power, name.at), cursor.items[cursor.place - 1])
    fence = nucleus(following)
    if isinstance(fence, lay.Fenced) and fence.left in _BRACKETS and fence.right in (")", "]", r"\}"):
        cursor.place += 1
        found = tree.Call(function, arguments(fenced(cursor, fence)), name.at)
        return with_scripts(cursor, _raised(found, power, name.at), following)
    return _raised(tree.Call(function, (_bare_argument(cursor),), name.at), power, name.at)


def applies(cursor: Cursor, base: Expr, found: Expr) -> bool:
    """Whether the bracket that follows holds the arguments of what was found: a base with its scripts."""
    opens = cursor.peek() in ("(", "[")
    following = cursor.item()
    fence = nucleus(following) if following is not None else None
    if isinstance(fence, lay.Fenced) and fence.left in ("(", "["):
        opens = True
    key = base.text if isinstance(base, tree.Name) else ""
    if isinstance(fence, lay.Group) and key in SIGMAS:
        inner = items_of(fence)
        opens = bool(inner) and (text_of(inner[0]) == "(" or isinstance(nucleus(inner[0]), lay.Fenced))
    if not opens:
        return False
    if isinstance(found, tree.Prime) or key in _OPERATORS or key in cursor.names.functions:
        return True
    if (accented := _ACCENTED.fullmatch(key)) is not None and accented[1] in cursor.names.functions:
        return True
    return key in SIGMAS and isinstance(found, (tree.Name, tree.Power))


def called(cursor: Cursor, function: Expr) -> Expr:
    """A function applied to the bracket that follows; its power is one of its value."""
    item = cursor.items[cursor.place]
    fence = nucleus(item)
    power: Expr | None = None
    if isinstance(function, tree.Power):
        power = function.exponent
        function = function.base
    if isinstance(fence, lay.Fenced):
        cursor.place += 1
        inner = fenced(cursor, fence)
    elif isinstance(fence, lay.Group):
        cursor.place += 1
        inner = cursor.inside(fence)
    else:
        inner = bracketed(cursor)
    if power == _INVERSE and isinstance(function, tree.Name) and function.text.isupper():
        made: Expr = tree.Product("", tree.Power(function, power, item.at), inner, item.at)
        return with_scripts(cursor, made, cursor.items[cursor.place - 1])
    found = _raised(tree.Call(function, arguments(inner), item.at), power, item.at)
    return with_scripts(cursor, found, cursor.items[cursor.place - 1])


def arguments(inner: Expr) -> tuple[Expr, ...]:
    """The arguments that a bracket holds."""
    if isinstance(inner, tree.Listing):
        return inner.items
    return (inner.body,) if isinstance(inner, tree.Fence) and inner.kind in ("()", "[]", "{}") else (inner,)


def _raised(found: Expr, power: Expr | None, at: int) -> Expr:
    """A value to a power; the power -1 of a function is its inverse. Raises UnreadableError for one without a name."""
    if power is None:
        return found
    if isinstance(found, tree.Call) and isinstance(found.function, tree.Name) and power == _INVERSE:
        if found.function.text not in _INVERSES:
            raise UnreadableError(f"the inverse of the function {found.function.text} is not understood", at)
        return tree.Call(tree.Name(_INVERSES[found.function.text]), found.arguments, at)
    return tree.Power(found, power, at)


def _bare_argument(cursor: Cursor) -> Expr:
    """The factors after a function without brackets, up to a product sign, a bracket or another function."""
    sign = cursor.sign()
    body = cursor.factor()
    while (item := cursor.item()) is not None and cursor.goes_on():
        mark = text_of(item)
        if (
            mark in PRODUCTS
            or mark in ("/", ".", "(", "[", r"\{", r"\sum", "∑")
            or mark.removeprefix("\\") in KNOWN
            or isinstance(nucleus(item), (lay.Fenced, lay.Environment))
        ):
            break
        body = tree.Product("", body, cursor.factor(), item.at)
    return body if sign > 0 else tree.Sum(((-1, body),))
