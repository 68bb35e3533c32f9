"""Opening files: formats, encodings, line ends, what is no document, and what is made to break readers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradcheck.documents.model import Place
from gradcheck.documents.opening import KINDS, SUFFIXES, DocumentError, read_document, read_text


def written(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, mark: bytes, end: str) -> None:
    path = written(tmp_path, "a.txt", mark + f"é{end}{end}∂ $x{end}+ y$".encode(encoding))
    document = read_document(path)
    (formula,) = document.formulas
    assert (formula.latex, formula.place, formula.place_of(2), formula.end) == (
        "x\n+ y",
        Place(3, 4),
        Place(4, 1),
        Place(4, 4),
    )
    assert document.lines == ("é", "", "∂ $x", "+ y$")
    assert document.troubles == ()


@pytest.mark.parametrize(("raw", "name"), [(b"ok\r\nna\xefve $x$", "Windows-1252"), (b"ok\nna\x81ve $x$", "Latin-1")])
def test_other_encodings_are_told(tmp_path: Path, raw: bytes, name: str) -> None:
    document = read_document(written(tmp_path, "a.txt", raw))
    (trouble,) = document.troubles
    assert trouble.place == Place(2, 3)
    assert trouble.what == f"this is not UTF-8; the file was read as {name}, so letters may be wrong"
    assert [formula.latex for formula in document.formulas] == ["x"]


def test_a_broken_file_with_a_mark_is_told(tmp_path: Path) -> None:
    (trouble,) = read_document(written(tmp_path, "a.txt", b"\xef\xbb\xbfab\n\xff $x$")).troubles
    assert (trouble.place, trouble.what) == (Place(2, 1), "here the file is not UTF-8, as its first bytes say it is")


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [
        *[
            (f"a{suffix.upper()}", '{"cells": []}' if kind == "notebook" else "x", kind)
            for suffix, kind in SUFFIXES.items()
        ],
        ("README", "# A\n", "markdown"),
        ("page", "<!doctype html><p>", "html"),
        ("paper.old", "\\documentclass{article}", "latex"),
        ("notes", "See :math:`x`.", "rst"),
        ("book", '{"cells": [], "nbformat": 4}', "notebook"),
        ("plain", "words", "text"),
    ],
)
def test_formats(tmp_path: Path, name: str, source: str, kind: str) -> None:
    assert read_document(written(tmp_path, name, source.encode())).kind == kind


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty: there is no text in it"),
        (b" \n\t\r\n", "is empty: there is no text in it"),
        (b"\x89PNG\r\n\0\0", "is binary, and no text: there are null bytes in it"),
        (b"\xff" + bytes(range(1, 9)) * 9, "is binary, and no text: it is full of control characters"),
    ],
)
def test_what_is_no_document(tmp_path: Path, raw: bytes, said: str) -> None:
    path = written(tmp_path, "a.md", raw)
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    assert str(caught.value) == f"{path} {said}"


def test_a_folder_and_nothing(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"is a folder; name a document in it, or audit the folder$"):
        read_document(tmp_path)
    with pytest.raises(DocumentError, match=r"none\.md cannot be read: No such file or directory$"):
        read_document(tmp_path / "none.md")


def test_an_unknown_format() -> None:
    with pytest.raises(
        DocumentError, match=r"^'docx' is no format of documents; the formats are text, markdown, latex"
    ):
        read_text("a", "docx")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "notebook"])
@pytest.mark.parametrize(
    "unit",
    [
        "$",
        "${",
        "$$ ",
        r"\[ ",
        r"\( ",
        r"\begin{align} ",
        r"\begin{array}",
        "` `` ",
        "<",
        "<!-- ",
        "<pre>",
        "<a ",
        "> ",
        "{math}`",
        "|",
        "\\",
    ],
)
def test_what_is_made_to_break_readers_ends(kind: str, unit: str) -> None:
    """Four thousand times the same mark: every search has its bound, so it ends, with formulas that are in the text."""
    source = unit * 4_000 + "\n\nThe end."
    document = read_text(source, kind)
    assert all(formula.latex in source for formula in document.formulas)
    assert document.lines[-1] == "The end."


def test_a_deeply_nested_notebook_text() -> None:
    source = json.dumps({"cells": [{"cell_type": "markdown", "source": "> " * 5_000 + "$a$"}]})
    assert read_text(source, "notebook").kind == "notebook"
