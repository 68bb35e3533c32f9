"""Derivatives: ∇, ∂ with a subscript, ∂ over ∂, d over d; a fraction that is none of these is a quotient."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reading.brackets import bracketed
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.functions import arguments
from gradcheck.latex.reading.items import letter, nucleus, only_leaf, plain_word, refusal, split, text_of
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.reading.scripts import with_scripts
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import GREEK_COMMANDS

NABLAS = (r"\nabla", "∇")
PARTIALS = (r"\partial", "∂", r"\d")


def nabla(cursor: Cursor) -> Expr:
    """∇ and what it applies to."""
    item = cursor.items[cursor.place]
    cursor.place += 1
    wrt: tuple[Expr, ...] = ()
    order = 1
    if isinstance(item, lay.Scripted):
        if item.sub is not None:
            wrt = tuple(cursor.expression(part) for part in split(items_of(item.sub), (",",)))
        if item.sup is not None:
            if cursor.inside(item.sup) != tree.Number("2"):
                raise refusal("a power of ∇ other than 2", item)
            order = 2
    if not cursor.goes_on():
        raise refusal("∇ without a function after it", item)
    return tree.Derivative("nabla", _differentiated(cursor), wrt, order, item.at)


def partial(cursor: Cursor) -> Expr:
    """∂ outside of a fraction: with a subscript, or before a slash."""
    item = cursor.items[cursor.place]
    cursor.place += 1
    if not isinstance(item, lay.Scripted) or item.sub is None:
        return _slashed(cursor, item)
    wrt = (cursor.inside(item.sub),)
    return tree.Derivative("partial", _differentiated(cursor), wrt, 1, item.at)


def fraction(cursor: Cursor, fraction: lay.Fraction) -> Expr:
    """A derivative, if both parts begin with d or ∂; else a quotient."""
    item = cursor.items[cursor.place]
    over, under = items_of(fraction.over), items_of(fraction.under)
    wrt = _differentials(cursor, under)
    head = _differential(over) if wrt is not None else None
    cursor.place += 1
    if wrt is None or head is None:
        top, bottom = cursor.expression(over), cursor.expression(under)
        return with_scripts(cursor, tree.Quotient(top, bottom, fraction.at), item)
    mark, order, rest = head
    if rest:
        body = cursor.expression(rest)
        if cursor.peek() == "(" and isinstance(body, tree.Name) and _are_arguments(cursor):
            body = tree.Call(body, arguments(bracketed(cursor)))
        return tree.Derivative(mark, body, wrt, order, fraction.at)
    if not cursor.goes_on():
        raise refusal("a differential operator without anything after it", fraction)
    return tree.Derivative(mark, _operand(cursor, True), wrt, order, fraction.at)


def _differentiated(cursor: Cursor) -> Expr:
    """The factor after an operator; all that follows, where it begins the left side of a formula."""
    return _operand(cursor, cursor.left and cursor.place == 1)


def _operand(cursor: Cursor, whole: bool) -> Expr:
    """The term or the factor after an operator, up to an evaluation bar."""
    outer, cursor.operand = cursor.operand, True
    try:
        return cursor.term() if whole else cursor.factor()
    finally:
        cursor.operand = outer


def _slashed(cursor: Cursor, item: lay.Item) -> Expr:
    r"""``\\partial L / \\partial x`` on one line."""
    unread = refusal("∂ outside of a fraction, without a subscript", item)
    if isinstance(item, lay.Scripted) or cursor.item() is None:
        raise unread
    body = cursor.factor()
    while cursor.peek() != "/" and cursor.goes_on():
        body = tree.Product("", body, cursor.factor(), item.at)
    if cursor.peek() != "/" or cursor.peek(1) not in PARTIALS:
        raise unread
    cursor.place += 2
    return tree.Derivative("partial", body, (cursor.factor(),), 1, item.at)


def _are_arguments(cursor: Cursor) -> bool:
    """Whether the bracket that opens here holds nothing but names and commas, and has no scripts of its own."""
    depth = 0
    for item in cursor.items[cursor.place :]:
        mark = text_of(item)
        depth += (mark == "(") - (mark == ")")
        if depth == 0:
            return not isinstance(item, lay.Scripted)
        if mark not in ("(", ",") and not letter(item) and mark not in GREEK_COMMANDS:
            return False
    return False


def _is_d(item: lay.Item) -> bool:
    found = nucleus(item)
    if isinstance(found, lay.Styled) and found.command in (r"\mathrm", r"\operatorname", r"\rm"):
        return plain_word(found.body) == "d"
    return text_of(item) in ("d", *PARTIALS)


def _differential(items: list[lay.Item]) -> tuple[str, int, list[lay.Item]] | None:
    """What stands over a derivative: its mark, its order, and the rest."""
    if not items or not _is_d(items[0]):
        return None
    head = items[0]
    order = 1
    if isinstance(head, lay.Scripted):
        if head.sub is not None or head.primes:
            return None
        number = only_leaf(head.sup) if head.sup is not None else None
        if number is None or not number.text.isdigit():
            raise UnreadableError("a derivative whose order is not a number", head.at)
        order = int(number.text)
    mark = "partial" if text_of(head) in (r"\partial", "∂") else "d"
    return mark, order, items[1:]


def _differentials(cursor: Cursor, items: list[lay.Item]) -> tuple[Expr, ...] | None:
    """The names under a derivative: ∂x, ∂x∂y, dx², ∂ x_i ∂ x_j; None where a quotient is meant."""
    if not items or not _is_d(items[0]):
        return None
    plain = text_of(items[0]) == "d"
    groups: list[list[lay.Item]] = []
    for item in items:
        begins = not groups or (bool(groups[-1]) and (text_of(item) == "d" if plain else _is_d(item)))
        if begins:
            groups.append([])
        else:
            groups[-1].append(item)
    wrt: list[Expr] = []
    for group in groups:
        if not group:
            return None
        found = _variable(cursor, group, plain)
        if found is None:
            return None
        wrt.extend(found)
    return tuple(wrt)


def _variable(cursor: Cursor, group: list[lay.Item], plain: bool) -> list[Expr] | None:
    """What stands after one d, as often as its power says; after a plain d it may be no variable (None)."""
    try:
        found = cursor.expression(group)
    except UnreadableError:
        if plain:
            return None
        raise
    times = 1
    if isinstance(found, tree.Power) and isinstance(found.exponent, tree.Number) and found.exponent.text.isdigit():
        times = int(found.exponent.text)
        found = found.base
    if isinstance(found, tree.Fence):
        found = found.body
    if not isinstance(found, (tree.Name, tree.Script, tree.Transpose)):
        if plain:
            return None
        found = tree.Fence("()", found, group[0].at)
    return [found] * times
