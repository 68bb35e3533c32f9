"""The grammar's tables: those that are kept are those of the grammar, and the machine does as lark does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.latex import tables
from gradcheck.latex.tokens import Token, tokenize

BUILDERS = {name: list for _, _, name in tables.tables().rules if name not in ("", "...")}


def test_the_tables_that_are_kept_are_those_of_the_grammar() -> None:
    kept = json.loads((Path(tables.__file__).parent / "tables.json").read_text(encoding="utf-8"))
    made = json.loads(json.dumps(tables.made(tables.grammar_text())))
    assert kept == made, "the grammar has changed: run `python -m gradcheck.latex.tables`"


def test_tables_of_another_grammar_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tables.grammar_text().replace("TWO atom atom -> two", "TWO atom atom atom -> two")
    monkeypatch.setattr(tables, "grammar_text", lambda: changed)
    anew = tables.tables.__wrapped__()
    assert ("atom", 4, "two") in anew.rules
    assert ("atom", 4, "two") not in tables.tables().rules


@pytest.mark.parametrize("latex", [r"\frac{a}{b}_i^2 + \sqrt[3]{x'} & \hat y \\ z", "", "{}", "a^{''}"])
def test_the_machine_does_as_lark_does(latex: str) -> None:
    assert _plain(tables.parse(tokenize(latex), BUILDERS)) == _by_lark(latex)


@pytest.mark.parametrize(("latex", "at"), [("^", None), ("a & ' b", 5), (r"\frac{a}", None)])
def test_a_token_that_no_rule_allows_is_handed_back(latex: str, at: int | None) -> None:
    with pytest.raises(tables.UnexpectedTokenError) as caught:
        tables.parse(tokenize(latex), BUILDERS)
    assert (caught.value.token.at if caught.value.token else None) == at


def _plain(part: Any) -> Any:
    return [_plain(inner) for inner in part] if isinstance(part, list) else part.text


def _by_lark(latex: str) -> Any:
    """Nested lists of texts, by lark's own parser and tree."""
    from lark import Lark, Tree
    from lark import Token as LarkToken
    from lark.lexer import Lexer

    class Tokens(Lexer):
        def __init__(self, lexer_conf: Any) -> None:
            pass

        def lex(self, data: list[Token]) -> Any:  # type: ignore[override]
            return (LarkToken(token.kind, token.text) for token in data)

    def plain(node: Any) -> Any:
        return [plain(child) for child in node.children] if isinstance(node, Tree) else str(node)

    parser: Any = Lark(tables.grammar_text(), parser="lalr", lexer=Tokens)
    return plain(parser.parse(tokenize(latex)))
