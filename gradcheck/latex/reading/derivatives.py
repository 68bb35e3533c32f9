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
        if item.primes:
            raise refusal("a prime on ∇", item)
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
    if item.sup is not None or item.primes:
        raise refusal("a power of ∂ outside of a fraction", item)
    wrt = (cursor.inside(item.sub),)
    return tree.Derivative("partial", _differentiated(cursor), wrt, 1, item.at)


def fraction(cursor: Cursor, fraction: lay.Fraction) -> Expr:
    """A derivative, if both parts begin with d or ∂; else a quotient."""
    item = cursor.items[cursor.place]
    over, under = items_of(fraction.over), items_of(fraction.under)
    under_d = _differentials(cursor, under)
    head = _differential(over) if under_d else None
    cursor.place += 1
    if head is None:
        top, bottom = cursor.expression(over), cursor.expression(under)
        return with_scripts(cursor, tree.Quotient(top, bottom, fraction.at), item)
    mark, order, rest = head
    wrt = _with_respect_to(under_d, order, fraction)
    if rest:
        body = cursor.expression(rest)
        if cursor.peek() == "(" and isinstance(body, tree.Name) and _are_arguments(cursor):
            body = tree.Call(body, arguments(bracketed(cursor)))
        return with_scripts(cursor, tree.Derivative(mark, body, wrt, order, fraction.at), item)
    if isinstance(item, lay.Scripted):
        raise refusal("a script on a differential operator", item)
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
    """Whether the bracket that opens here holds names with commas between them, and has no scripts of its own."""
    named = False
    for item in cursor.items[cursor.place + 1 :]:
        mark = text_of(item)
        if mark == ")":
            return named and not isinstance(item, lay.Scripted)
        if named != (mark == ",") or not (mark == "," or letter(item) or mark in GREEK_COMMANDS):
            return False
        named = not named
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
        if number is None or not number.text.isdecimal():
            raise UnreadableError("a derivative whose order is not a number", head.at)
        if len(number.text) > 2:
            raise UnreadableError("a derivative of an order of three digits or more", head.at)
        order = int(number.text)
    mark = "partial" if text_of(head) in (r"\partial", "∂") else "d"
    return mark, order, items[1:]


def _differentials(cursor: Cursor, items: list[lay.Item]) -> list[Expr]:
    """What stands after each d under a derivative: ∂x, ∂x∂y, dx², ∂ x_i ∂ x_j; nothing where a quotient is meant."""
    if not items or not _is_d(items[0]):
        return []
    plain = text_of(items[0]) == "d"
    groups: list[list[lay.Item]] = []
    for item in items:
        begins = not groups or (bool(groups[-1]) and (text_of(item) == "d" if plain else _is_d(item)))
        if begins:
            groups.append([])
        else:
            groups[-1].append(item)
    found = [_variable(cursor, group, plain) if group else None for group in groups]
    return [one for one in found if one is not None] if None not in found else []


def _with_respect_to(found: list[Expr], order: int, item: lay.Item) -> tuple[Expr, ...]:
    """The names, as often as their powers say where these add up to the order; else the powers are labels (a layer).

    Raises:
        UnreadableError: neither the powers nor the names give the order.
    """
    times = [_order(one) or 1 for one in found]
    if max(times) > 1 and sum(times) == order:
        pairs = zip(found, times, strict=True)
        names = [one.base if isinstance(one, tree.Power) and count > 1 else one for one, count in pairs]
        return tuple(name for name, count in zip(names, times, strict=True) for _ in range(count))
    if max(times) > 1 and len(found) != order:
        raise refusal(f"a derivative of order {order} by what adds up to order {sum(times)}", item)
    return tuple(found)


def _order(found: Expr) -> int:
    """The number that something is raised to; 0 where there is none."""
    if isinstance(found, tree.Power) and isinstance(found.exponent, tree.Number) and found.exponent.text.isdecimal():
        return int(found.exponent.text)
    return 0


def _variable(cursor: Cursor, group: list[lay.Item], plain: bool) -> Expr | None:
    """What stands after one d, maybe to a power; after a plain d it may be no variable (None)."""
    try:
        found = cursor.expression(group)
    except UnreadableError:
        if plain:
            return None
        raise
    power = _order(found)
    base = found.base if isinstance(found, tree.Power) and power else found
    if isinstance(base, tree.Fence):
        base = base.body
    if not isinstance(base, (tree.Name, tree.Script, tree.Transpose)):
        if plain:
            return None
        base = tree.Fence("()", base, group[0].at)
    return tree.Power(base, tree.Number(str(power)), found.at) if power else base
