"""Opening a document: its format by suffix or content, then the format's own reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.documents.containers.mapped import Mapped, mapped
from gradcheck.documents.encoding import DocumentError, one_line_end, text_of
from gradcheck.documents.model import Document, Trouble

if TYPE_CHECKING:
    from gradcheck.documents.containers.parts import Parts

__all__ = ["KINDS", "SUFFIXES", "DocumentError", "read_document", "read_text"]

# Suffix and format; what has another suffix, or none, is told by its content.
SUFFIXES: dict[str, str] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".myst": "markdown",
    ".rmd": "markdown",
    ".qmd": "markdown",
    ".tex": "latex",
    ".latex": "latex",
    ".ltx": "latex",
    ".rst": "rst",
    ".rest": "rst",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".ipynb": "notebook",
}
MAX_LINES = 200_000
MAX_FORMULAS = 50_000
"""The longest document that is read: some thousand printed pages. Reading one takes up to half a minute."""
MAX_TROUBLES = 100
"""How many troubles of a document are told; those beyond are counted."""
KINDS = tuple(dict.fromkeys(SUFFIXES.values()))

_TELLS = (
    (re.compile(r"\s*(?:<!DOCTYPE\s+html|<html\b)", re.IGNORECASE), "html"),
    (re.compile(r"\s*\{[\s\S]*\"(?:nbformat|cells)\"\s*:"), "notebook"),
    (re.compile(r"(?:^|\n)[ \t]*\\(?:documentclass|begin\{document\})"), "latex"),
    (re.compile(r"(?:^|\n)\.\. math::|:math:`"), "rst"),
    (re.compile(r"(?:^|\n)(?:#{1,6} |```|\$\$[ \t]*\n)"), "markdown"),
)


def read_document(path: Path) -> Document:
    """The formulas of a file, with their places.

    Raises:
        DocumentError: the file is missing, a folder, empty or binary, or is not what its suffix says.
    """
    text, troubles = text_of(path)
    return _read(text, SUFFIXES.get(path.suffix.lower()) or _kind(text), str(path), path, troubles)


def read_text(text: str, kind: str = "text", path: str = "-") -> Document:
    """The formulas of a text that is at hand, as if it stood in a file called `path`; files that it names are not opened.

    Raises:
        DocumentError: `kind` is no format, or the text is not what `kind` says.
    """
    if kind not in KINDS:
        raise DocumentError(f"{kind!r} is no format of documents; the formats are {', '.join(KINDS)}")
    return _read(one_line_end(text.removeprefix("\ufeff")), kind, path, None, [])


def _read(text: str, kind: str, name: str, file: Path | None, troubles: list[Trouble]) -> Document:
    if not text.strip():
        raise DocumentError(f"{name} is empty: there is no text in it")
    lines = text.split("\n")
    if kind != "notebook" and len(lines) > MAX_LINES:
        raise DocumentError(f"{name} has {len(lines)} lines; at most {MAX_LINES} are read: split it")
    parts = _reader(kind, name, file)(mapped(text))
    if len(parts.formulas) > MAX_FORMULAS:
        raise DocumentError(f"{name} has {len(parts.formulas)} formulas; at most {MAX_FORMULAS} are read: split it")
    return Document(
        path=name,
        kind=kind,
        lines=tuple(lines[:-1] if not lines[-1] else lines),
        formulas=tuple(parts.formulas),
        directives=tuple(parts.directives),
        macros="\n".join(parts.macros),
        troubles=_first((*troubles, *parts.troubles)),
    )


def _first(troubles: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """As many troubles as a person reads, and how many more there are."""
    if len(troubles) <= MAX_TROUBLES:
        return troubles
    more = len(troubles) - MAX_TROUBLES
    return (*troubles[:MAX_TROUBLES], Trouble(troubles[MAX_TROUBLES].place, f"{more} more such troubles from here on"))


def _reader(kind: str, name: str, file: Path | None) -> Callable[[Mapped], Parts]:
    """The reader of a format, imported when it is needed."""
    if kind == "markdown":
        from gradcheck.documents.containers.markdown import read
    elif kind == "latex":
        from gradcheck.documents.containers.latex import read_latex

        return lambda text: read_latex(text, file)
    elif kind == "rst":
        from gradcheck.documents.containers.rst import read
    elif kind == "html":
        from gradcheck.documents.containers.html import read
    elif kind == "notebook":
        from gradcheck.documents.containers.notebook import NotebookError, read_notebook

        def notebook(text: Mapped) -> Parts:
            try:
                return read_notebook(text)
            except NotebookError as error:
                raise DocumentError(f"{name} is no Jupyter notebook: {error}") from error

        return notebook
    else:
        from gradcheck.documents.containers.text import read
    return read


def _kind(text: str) -> str:
    """The format of a text whose name says nothing."""
    start = text[:20_000]
    return next((kind for tell, kind in _TELLS if tell.search(start)), "text")
