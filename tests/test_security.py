"""Nothing evaluates text as code: looked for in the source of everything that a document reaches."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gradcheck.documents import encoding, judging, opening, sheets
from gradcheck.documents.containers import latex, notebook
from gradcheck.formulas import checking
from gradcheck.latex import macros, tokens

ROOT = Path(__file__).resolve().parents[1] / "gradcheck"
REACHED = ("documents", "formulas", "latex", "transcription", "derivations", "symbolic", "report", "stored")
"""The parts that see text of documents."""
FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "sympify",
    "parse_expr",
    "parse_latex",
    "lambdify",
    "import_module",
}
FORBIDDEN |= {"system", "popen", "loads_pickle", "unsafe_load", "read_pickle", "literal_eval", "S"}
MODULES = {"pickle", "marshal", "shelve", "subprocess", "ctypes", "runpy", "code", "importlib"}


def calls(source: str) -> list[str]:
    """What of the forbidden a source calls or imports, with the line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
            )
            on = called.value.id if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) else ""
            if name in FORBIDDEN and (on, name) != ("re", "compile"):
                found.append(f"line {node.lineno}: {name}")
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [f"line {node.lineno}: import {name}" for name in names if name.partition(".")[0] in MODULES]  # type: ignore[attr-defined]
    return found


def test_what_evaluates_text_is_found() -> None:
    for planted in (
        "eval(text)",
        "sympy.sympify(text)",
        "import pickle",
        "from importlib import import_module",
        "S(text)",
    ):
        assert calls(f"x = 1\n{planted}\n") != [], planted
    assert calls("import re\nre.compile(text)\nread(text)\n") == []


@pytest.mark.parametrize("part", REACHED)
def test_no_part_that_sees_documents_evaluates_text(part: str) -> None:
    found = {
        str(file.relative_to(ROOT)): calls(file.read_text(encoding="utf-8")) for file in (ROOT / part).rglob("*.py")
    }
    assert found
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_page_states_the_budgets_that_are_kept() -> None:
    page = (ROOT.parent / "docs" / "security.md").read_text(encoding="utf-8")
    assert notebook.MAX_LINES == opening.MAX_LINES
    rows = (
        f"| a file | {encoding.MAX_BYTES // 10**6} MB, regular |",
        f"| a claim sheet | {sheets.MAX_BYTES // 10**6} MB |",
        f"| a document | {opening.MAX_LINES:,} lines, {opening.MAX_FORMULAS:,} formulas |",
        f"| files that a LaTeX document includes | {latex.MAX_FILES} read, {latex.MAX_INCLUDES:,} looked for |",
        f"| claims of a document | {judging.MAX_CLAIMS} judged |",
        f"| a formula, its definitions, its macros | {tokens.MAX_LENGTH:,} characters each |",
        f"| nesting | {tokens.MAX_DEPTH} levels |",
        f"| macros of a formula | {macros.MAX_EXPANSIONS:,} expansions, {macros.MAX_LENGTH:,} characters |",
        f"| a number | {tokens.MAX_DIGITS} digits |",
        f"| names, numbers and operations of a claim | {checking.MOST_PARTS:,}; {checking.MOST_MEMBERS} members of a chain |",
    )
    assert [row for row in rows if row not in page] == []
