"""Where a formula splits into statements, and a statement into members and relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.latex import layout as lay
from gradcheck.latex.reading.environments import bare_rows
from gradcheck.latex.reading.grammar import Grammar
from gradcheck.latex.reading.indices import has_short_sums, letters_in
from gradcheck.latex.reading.items import deepening, is_line_end, is_text, refusal, text_of
from gradcheck.latex.reading.rows import flat
from gradcheck.latex.reading.words import Names
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import ARROWS, DOTS, PRODUCTS, RELATIONS


def statements(rows: lay.Rows, names: Names) -> list[Statement]:
    """Splits at line ends, wide spaces, words, arrows, commas and semicolons that stand outside of brackets.

    Raises:
        UnreadableError: what is not understood, and where.
    """
    grammar = Grammar(replace(names, indices=letters_in(rows), short_sums=has_short_sums(rows)), [])
    bare = bare_rows(grammar, rows)
    if bare is not None:
        return [Statement((bare,), (), at=bare.at)]
    found: list[Statement] = []
    for items, words, gap in _pieces(grammar.merged(flat(rows))):
        statement = _statement(grammar, items, words)
        last = found[-1] if found else None
        if statement.continued and last is not None and not words:
            found[-1] = Statement(
                last.members + statement.members,
                last.marks + statement.marks,
                last.continued,
                last.words,
                last.certain or (len(last.members) if gap else 0),
                last.at,
            )
        else:
            found.append(statement)
    return found


def _pieces(items: list[lay.Item]) -> list[tuple[list[lay.Item], str, bool]]:
    """The items of each statement, the words before it, and whether the quotation has a gap before it."""
    pieces: list[tuple[list[lay.Item], str, bool]] = []
    gap = False
    current: list[lay.Item] = []
    words = ""
    depth = 0

    def cut(new: str) -> None:
        nonlocal current, words, gap
        if current and not all(text_of(item) in DOTS for item in current):
            pieces.append((current, words, gap))
            words = ""
            gap = False
        current = []
        words = f"{words} {new}".strip()

    for place, item in enumerate(items):
        mark = text_of(item)
        depth += deepening(item)
        if is_line_end(item):
            if depth <= 0 and not _goes_on(current, items[place + 1 :]):
                cut("")
        elif depth == 0 and (is_text(item) or mark in ARROWS):
            if mark in ARROWS:
                current = _declared(current)
            cut(mark if is_text(item) else "→")
        elif depth == 0 and mark in (",", ";", r"\quad"):
            cut("")
        elif mark == "." and place == len(items) - 1:
            continue
        elif mark == "…" and (not current or _elided(items, place)):
            gap = gap or not current
        else:
            current.append(item)
    cut("")
    return pieces


def _declared(items: list[lay.Item]) -> list[lay.Item]:
    """``f: X`` before an arrow declares the sets of a function: the colon stands between the two as a relation does."""
    if len(items) > 2 and text_of(items[1]) == ":":
        return [items[0], lay.Leaf("DECLARES", ":", items[1].at), *items[2:]]
    return items


def _declares(item: lay.Item) -> bool:
    return isinstance(item, lay.Leaf) and item.kind == "DECLARES"


def _goes_on(before: Sequence[lay.Item], after: Sequence[lay.Item]) -> bool:
    """Whether a line ends within an expression: at a sign, or before one."""
    if not before:
        return False
    last = text_of(before[-1])
    following = next((text_of(other) for other in after if text_of(other) not in DOTS), "")
    return following in ("+", "-", *PRODUCTS) or last in ("+", "-", *PRODUCTS, *RELATIONS)


def _elided(items: Sequence[lay.Item], place: int) -> bool:
    """A bare ``…`` before a relation or at the end says that the quotation leaves something out, unless a sign asks for it."""
    if text_of(items[place - 1]) in ("+", "-", *PRODUCTS):
        return False
    following = text_of(items[place + 1]) if place + 1 < len(items) else ""
    return not following or following in RELATIONS or following in ("…", r"\\")


def _is_punctuation(items: Sequence[lay.Item], place: int) -> bool:
    """Whether a colon means nothing: at an end, or before a relation as in ``:=``."""
    return place in (0, len(items) - 1) or text_of(items[place + 1]) in RELATIONS


def _statement(grammar: Grammar, items: list[lay.Item], words: str) -> Statement:
    members: list[Expr] = []
    marks: list[str] = []
    current: list[lay.Item] = []
    depth = 0
    continued = False
    for place, item in enumerate(items):
        mark = text_of(item)
        depth += deepening(item)
        if depth == 0 and (mark in RELATIONS or _declares(item)):
            if current:
                members.append(grammar.expression(current, left=not members and not continued))
            elif not members:
                continued = True
            elif mark != "=":
                raise refusal(f"{mark} after a relation", item)
            if (current or not members) and (len(marks) < len(members) + continued or not members):
                marks.append(RELATIONS.get(mark, mark))
            current = []
        elif mark != ":" or depth or not _is_punctuation(items, place):
            current.append(item)
    if current:
        members.append(grammar.expression(current))
    at = items[0].at if items else 0
    if not members:
        raise refusal("a relation without anything beside it", items[0])
    wanted = len(members) if continued else len(members) - 1
    return Statement(tuple(members), tuple(marks[:wanted]), continued, words, 0, at)
