"""What is fuzzed: for each target what is done with one input, what it is made of, and the time that it may take.

A target returns for whatever bytes come. The errors that it lets pass are those that the reader documents; every other
one is a crash, and so is what the input did not say: a place outside of it, a message that a terminal would obey.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
BUDGET = 1.0  # seconds of processor time that an input may take


@dataclass(frozen=True)
class Target:
    """One thing that is fuzzed. ``watched`` are the packages whose branches are counted; ``words`` are put into inputs."""

    name: str
    one: Callable[[bytes], None]
    watched: tuple[str, ...]
    words: tuple[str, ...] = ()
    longest: int = 2_000  # bytes: what is slow is slow at this size already
    budget: float = BUDGET

    def kept(self) -> list[bytes]:
        """The inputs that are kept in the tree: each reached a branch that none before it had reached, or failed once."""
        file = CORPUS / f"{self.name}.json"
        told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        return [text.encode("utf-8", "surrogateescape") for text in told]


def grammar(data: bytes) -> None:
    """A formula and, after a null byte, macros: expanded, read, and what was read typeset."""
    from gradcheck.latex.errors import UnreadableError
    from gradcheck.latex.macros import expand, read_macros
    from gradcheck.latex.reader import read
    from gradcheck.latex.typeset import typeset_statement

    formula, _, macros = data.decode("utf-8", "surrogateescape").partition("\0")
    try:
        if macros:
            formula = expand(formula, read_macros(macros)[0])
        statements = read(formula)
    except (UnreadableError, RecursionError) as error:
        _told(str(error))
        if isinstance(error, UnreadableError) and error.position > max(len(formula), len(macros)) + 1:
            raise AssertionError(f"{error}: the formula has {len(formula)} characters") from error
        return
    for statement in statements:
        typeset_statement(statement)


def claim(data: bytes) -> None:
    """A claim, its definitions and macros, between null bytes: prepared as `check_latex` prepares them."""
    from gradcheck.formulas.checking import question_of
    from gradcheck.latex.errors import UnreadableError

    formula, definitions, macros = [*data.decode("utf-8", "surrogateescape").split("\0"), "", ""][:3]
    try:
        question_of(formula, definitions, {"macros": macros})
    except (UnreadableError, RecursionError) as error:
        _told(str(error))


def document(data: bytes, suffix: str) -> None:
    """A file of a format: opened, its formulas sorted, its directives read; every place lies in the file."""
    from gradcheck.documents.directives import annotations_of
    from gradcheck.documents.opening import DocumentError, read_document
    from gradcheck.documents.sorting import sort

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"notes{suffix}"
        file.write_bytes(data)
        try:
            found = read_document(file)
        except DocumentError as error:
            _told(str(error))
            return
        for formula in found.formulas:
            if not 1 <= formula.place.line <= max(len(found.lines), 1):
                raise AssertionError(f"a formula at {formula.place}; the file has {len(found.lines)} lines")
        _, errors = annotations_of(found)
        for error in errors:
            _told(str(error))
        sort(found)


def sheet(data: bytes) -> None:
    """A claim sheet in TOML."""
    from gradcheck.documents.annotation import AnnotationError
    from gradcheck.documents.sheets import read_sheet

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "notes.md.gradcheck.toml"
        file.write_bytes(data)
        try:
            read_sheet(file)
        except AnnotationError as error:
            _told(str(error))


def _told(message: str) -> None:
    """A message is short, and text."""
    if len(message) > 2_000:
        raise AssertionError(f"a message of {len(message)} characters")
    if "\x1b" in message:
        raise AssertionError("a message that a terminal would obey")


_LATEX = (
    *(
        r"\frac",
        r"\partial",
        r"\nabla",
        r"\sum",
        r"\prod",
        r"\sqrt",
        r"\left(",
        r"\right)",
        r"\begin{cases}",
        r"\end{cases}",
    ),
    *(
        r"\begin{pmatrix}",
        r"\end{pmatrix}",
        r"\text{if }",
        r"\mathbf",
        r"\hat",
        r"\\",
        "&",
        "^{T}",
        "_{ij}",
        r"\cdot",
        r"\odot",
    ),
    *(
        r"\newcommand{\a}[1]{#1}",
        r"\def\b{x}",
        r"\mathbb{R}",
        r"\in",
        r"\le",
        r"\big|_{x=0}",
        r"\operatorname{tr}",
        r"\ldots",
    ),
    *(
        r"\binom",
        r"\log",
        r"\exp",
        r"\det",
        r"\top",
        r"\prime",
        r"\begin{aligned}",
        r"\end{aligned}",
        r"\quad",
        r"\langle",
    ),
)
_READERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "text": (".txt", ("$x$", r"\[", r"\]", r"\(", r"\)", "gradcheck:", "claim")),
    "markdown": (
        ".md",
        ("```math\n", "```", "$$", "$`", "`$", "<!-- gradcheck: ", " -->", "| ", "|---|", "> ", "- ", "---\n"),
    ),
    "latex": (
        ".tex",
        (r"\begin{equation}", r"\end{equation}", r"\input{notes}", r"\newcommand", r"\begin{verbatim}", "%"),
    ),
    "rst": (".rst", (".. math::\n\n   ", ":math:`", ".. gradcheck: ", "====\n", "+---+", "::\n\n")),
    "html": (
        ".html",
        ("<math>", "</math>", "<script type='math/tex'>", "<annotation encoding='application/x-tex'>", "&lt;", "<!--"),
    ),
    "notebook": (
        ".ipynb",
        ('{"cells": [', '"cell_type": "markdown"', '"source": [', '"\\u0024x\\u0024"', "]}", '"worksheets"'),
    ),
}
TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("grammar", grammar, ("gradcheck.latex",), _LATEX, longest=160),
        Target("claim", claim, ("gradcheck.latex", "gradcheck.formulas"), _LATEX),
        *(
            Target(
                name, partial(document, suffix=suffix), ("gradcheck.documents", "gradcheck.latex"), (*words, *_LATEX)
            )
            for name, (suffix, words) in _READERS.items()
        ),
        Target(
            "sheet",
            sheet,
            ("gradcheck.documents",),
            ("[[formula]]\n", "line = 1", "quote = '", "[everywhere]\n", "hash = '"),
        ),
    )
}
