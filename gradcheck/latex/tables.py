"""The grammar's tables: made by lark from ``grammar.lark``, kept in ``tables.json``, and the machine that runs them.

Making them takes as long as checking a formula, so they are kept. They carry a digest of the grammar: where the two do not
fit, they are made anew. To keep new ones: ``python -m gradcheck.latex.tables``.

The machine is the usual one for LALR(1) tables (A. V. Aho, M. S. Lam, R. Sethi, J. D. Ullman, Compilers, 2006, 4.5-4.7). It
needs time and memory in proportion to the tokens, and no recursion.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.latex.tokens import Token

_FOLDER = Path(__file__).parent
_END = "$END"


class UnexpectedTokenError(Exception):
    """A token that no rule allows where it stands: `token`, or None for the end."""

    def __init__(self, token: Token | None) -> None:
        super().__init__(f"{token}" if token else "the end")
        self.token = token


@dataclass(frozen=True)
class Tables:
    """``shifts[state]`` maps a symbol to the next state, ``reductions[state]`` a terminal to the rule to be undone.

    A rule is (what it makes, how many parts, the name of its builder); without a builder, the only part is handed on, and
    with the builder ``...`` the parts are those of a repetition, which become parts of what it stands in.
    """

    start: int
    shifts: Sequence[Mapping[str, int]]
    reductions: Sequence[Mapping[str, int]]
    rules: Sequence[tuple[str, int, str]]


@functools.cache
def tables() -> Tables:
    """The tables of the grammar: those that are kept if they are of this grammar, else new ones."""
    kept = _FOLDER / "tables.json"
    grammar = grammar_text()
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if found.get("grammar") != _digest(grammar):
        found = made(grammar)
    rules = [tuple(rule) for rule in found["rules"]]
    return Tables(found["start"], found["shifts"], found["reductions"], rules)


def grammar_text() -> str:
    """The grammar as it is written."""
    return (_FOLDER / "grammar.lark").read_text(encoding="utf-8")


def _digest(grammar: str) -> str:
    return hashlib.sha256(grammar.encode()).hexdigest()


def made(grammar: str) -> dict[str, Any]:
    """The tables of a grammar as plain data, by lark: always the same for the same grammar.

    Raises:
        lark.exceptions.GrammarError: the grammar is no grammar, or not LALR(1).
    """
    from lark import Lark
    from lark.lexer import Lexer
    from lark.parsers.lalr_analysis import Shift

    class NoLexer(Lexer):
        """Never asked: the tokens come from elsewhere."""

        def __init__(self, lexer_conf: Any) -> None:
            pass

        def lex(self, data: Any) -> Any:  # type: ignore[override] # lark allows lexers of this kind
            raise NotImplementedError

    compiled: Any = Lark(grammar, parser="lalr", lexer=NoLexer)
    table = compiled.parser.parser._parse_table
    rules = sorted(compiled.rules, key=_rule)
    numbers = {id(rule): number for number, rule in enumerate(rules)}
    order = [table.start_states["start"]]
    shifts, reductions = [], []
    for state in order:
        row = dict(sorted(table.states[state].items()))
        after = {symbol: target for symbol, (action, target) in row.items() if action is Shift}
        order += [target for target in dict.fromkeys(after.values()) if target not in order]
        shifts.append({symbol: order.index(target) for symbol, target in after.items()})
        reductions.append({s: numbers[id(rule)] for s, (action, rule) in row.items() if action is not Shift})
    return {
        "grammar": _digest(grammar),
        "start": 0,
        "rules": [_rule(rule) for rule in rules],
        "shifts": shifts,
        "reductions": reductions,
    }


def _rule(rule: Any) -> tuple[str, int, str]:
    name = str(rule.origin.name)
    handed_on = rule.options.expand1 and not rule.alias and len(rule.expansion) == 1
    builder = "..." if name.startswith("_") else "" if handed_on else str(rule.alias or name)
    return name, len(rule.expansion), builder


class _Parts(list[Any]):
    """The parts of a repetition."""


def parse(tokens: Sequence[Token], builders: Mapping[str, Callable[[list[Any]], Any]]) -> Any:
    """What the builders make of the tokens, from the leaves upwards.

    Raises:
        UnexpectedTokenError: no rule allows a token where it stands, or more are needed at the end.
    """
    known = tables()
    shifts, reductions, rules = known.shifts, known.reductions, known.rules
    accepted = shifts[known.start]["start"]
    states = [known.start]
    values: list[Any] = []
    for token in (*tokens, None):
        kind = _END if token is None else token.kind
        while kind not in shifts[states[-1]] and states[-1] != accepted:
            number = reductions[states[-1]].get(kind)
            if number is None:
                raise UnexpectedTokenError(token)
            name, count, builder = rules[number]
            parts = values[len(values) - count :]
            del values[len(values) - count :], states[len(states) - count :]
            values.append(_built(parts, builder, builders))
            states.append(shifts[states[-1]][name])
        if token is not None:
            values.append(token)
            states.append(shifts[states[-1]][kind])
    return values[0]


def _built(parts: list[Any], builder: str, builders: Mapping[str, Callable[[list[Any]], Any]]) -> Any:
    if not builder:
        return parts[0]
    if builder == "...":
        if parts and type(parts[0]) is _Parts:
            parts[0].extend(parts[1:])
            return parts[0]
        return _Parts(parts)
    flat: list[Any] = []
    for part in parts:
        if type(part) is _Parts:
            flat.extend(part)
        else:
            flat.append(part)
    return builders[builder](flat)


if __name__ == "__main__":
    (_FOLDER / "tables.json").write_text(json.dumps(made(grammar_text())) + "\n", encoding="utf-8")
