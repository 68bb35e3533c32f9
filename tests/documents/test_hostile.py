"""Documents made to hurt: each is read in bounded work or refused in one sentence, and what it names stays in its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcheck.documents import encoding, opening
from gradcheck.documents.annotation import AnnotationError
from gradcheck.documents.containers import latex, notebook
from gradcheck.documents.judging import judge_document
from gradcheck.documents.opening import DocumentError, read_document, read_text
from gradcheck.documents.sheets import annotations_for, read_sheet

BOMB = 300_000  # characters: what takes time in the square of this takes minutes


def refusal(path: Path) -> str:
    """Why a file is not read."""
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "<!--",
            "<!",
            "<?",
            "<![CDATA[",
            "<![x[",
            "<!x",
            "<!-- >",
            "<!--$x$--",
            "<a",
            "<a b='",
            "</",
            "&",
            "&#",
            "<",
            "<div>",
        ),
        *("<math>", "<svg>", "<b>$", "<td>", "<script>", '<img alt="', "<!-- gradcheck: "),
    ],
)
def test_html_of_one_thing_over_and_over_ends(unit: str) -> None:
    """html.parser takes minutes for some of these: comments and declarations that never close."""
    read = read_text(unit * (BOMB // len(unit)) + "</p><p>$z$", "html")
    assert len(read.troubles) <= opening.MAX_TROUBLES + 1


@pytest.mark.parametrize(
    ("source", "formulas"),
    [
        ("<p>$x$</p><!-- $y$ --><p>$z$</p>", ["x", "z"]),
        ("<p>$x$</p><!-- $y$ <p>$z$</p>", ["x", "y", "z"]),
        ("<![CDATA[ $x$ ]]><p>$z$</p>", ["z"]),
        ("<![if IE]>$x$<![endif]> $z$", ["x", "z"]),
        ("<![x[ $x$ ]]> $z$", ["z"]),
        ("<!x[ $x$ > $z$", ["z"]),
        ("<!DOCTYPE html [ <!ELEMENT x> ]><p>$z$", ["z"]),
        ("<?php $x = 1 ?><p>$z$", ["z"]),
    ],
)
def test_declarations_end_where_a_browser_ends_them(source: str, formulas: list[str]) -> None:
    assert [formula.latex for formula in read_text(source, "html").formulas] == formulas


@pytest.mark.parametrize(
    "unit", ["$x$\n\n", "> ", "- a\n  ", "|-|\n", "`", "[a]: b\n", "<!-- gradcheck: skip -->", "\\(", "a\n\n"]
)
def test_markdown_of_one_thing_over_and_over_ends(unit: str) -> None:
    found = read_text(unit * (60_000 // len(unit)), "markdown")
    assert len(found.formulas) == (12_000 if unit == "$x$\n\n" else 0)
    assert len(found.troubles) <= opening.MAX_TROUBLES + 1


def test_troubles_are_counted_where_nobody_would_read_them_all() -> None:
    few, many = read_text("\\( a\n\n" * 3, "markdown"), read_text("\\( a\n\n" * 300, "markdown")
    assert len(few.troubles) == 3
    assert many.troubles[-1].what == "200 more such troubles from here on"
    assert many.troubles[-1].place.line == 201


def test_what_is_too_long_is_refused_by_its_lines_and_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_LINES", 5)
    monkeypatch.setattr(opening, "MAX_FORMULAS", 2)
    monkeypatch.setattr(notebook, "MAX_LINES", 3)
    assert len(read_text("$x$ $y$\n\na\n", "markdown").formulas) == 2
    with pytest.raises(DocumentError, match="- has 6 lines; at most 5 are read: split it"):
        read_text("a\n" * 5, "markdown")
    with pytest.raises(DocumentError, match="- has 3 formulas; at most 2 are read: split it"):
        read_text("$x$ $y$ $z$", "markdown")
    cell = '{"cell_type": "markdown", "source": ["$x$\\n"]}'
    assert len(read_text(f'{{"cells": [{cell}]}}', "notebook").formulas) == 1
    with pytest.raises(DocumentError, match="its cells have more than 3 lines; split it"):
        read_text(f'{{"cells": [{cell}, {cell}]}}', "notebook")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"cells": [], "x": ' + "9" * 10_000 + "}", "its JSON is not read: Exceeds the limit"),
        ('{"cells": {"a": 1}}', "there is no list of cells in it"),
    ],
    ids=["nested", "digits", "no list"],
)
def test_notebooks_of_monstrous_json_are_refused(source: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_text(source, "notebook")


def test_outputs_of_notebooks_are_passed_over() -> None:
    output = '{"output_type": "display_data", "data": {"text/html": "<b>$y$</b>", "image/png": "%s"}}' % (
        "A" * 3_000_000
    )
    code = f'{{"cell_type": "code", "source": ["$y$"], "outputs": [{output}]}}'
    cells = f'[{code}, 1, null, {{"cell_type": 5, "source": {{"a": ["$y$"]}}}}, {{"cell_type": "markdown", "source": "$x$"}}]'
    assert [formula.latex for formula in read_text(f'{{"cells": {cells}}}', "notebook").formulas] == ["x"]


def test_files_that_are_too_large_or_no_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = tmp_path / "huge.md"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    assert refusal(huge).endswith("huge.md has 100 MB; at most 16 MB are read: split it, or leave outputs out")
    os.mkfifo(tmp_path / "pipe.md")
    assert refusal(tmp_path / "pipe.md").endswith(
        "pipe.md is no regular file, but a pipe, a socket or a device; copy it into a file"
    )
    endless = tmp_path / "endless.md"
    endless.symlink_to("/dev/zero")
    assert "endless.md is no regular file" in refusal(endless)
    circle = tmp_path / "circle.md"
    circle.symlink_to(circle)
    assert "circle.md cannot be read" in refusal(circle)
    assert refusal(tmp_path / "a\0b").endswith("cannot be read: embedded null byte")
    assert refusal(tmp_path / ("a" * 5_000)).endswith("cannot be read: File name too long")
    monkeypatch.setattr(encoding, "MAX_BYTES", 10)
    (tmp_path / "small.md").write_text("$x$", encoding="utf-8")
    assert len(read_document(tmp_path / "small.md").formulas) == 1


def test_a_document_whose_name_leaves_no_room_for_a_sheet_has_none(tmp_path: Path) -> None:
    document = tmp_path / ("a" * 245 + ".md")
    document.write_text("$x$", encoding="utf-8")
    assert annotations_for(read_document(document), document) == ((), ())


def included(tmp_path: Path, text: str) -> tuple[list[str], list[str]]:
    """The formulas and the troubles of a LaTeX file."""
    file = tmp_path / "main.tex"
    file.write_text(text, encoding="utf-8")
    found = read_document(file)
    return [formula.latex for formula in found.formulas], [trouble.what for trouble in found.troubles]


def test_includes_stay_in_the_folder_and_go_in_no_circles(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    (tmp_path / "secret.tex").write_text("$s$", encoding="utf-8")
    (folder / "link.tex").symlink_to(tmp_path / "secret.tex")
    (folder / "part.tex").write_text(r"$p$ \input{main} \input{part}", encoding="utf-8")
    os.mkfifo(folder / "pipe.tex")
    formulas, troubles = included(folder, r"$x$ \input{part} $y$")
    assert formulas == ["x", "p", "y"]
    assert [trouble.rpartition("opened again: ")[2] for trouble in troubles] == ["it has been read already"] * 2
    names = ["../secret", str(tmp_path / "secret.tex"), "link", "pipe", "a" * 5_000, "../../../../../../etc/hostname"]
    formulas, troubles = included(folder, " ".join(rf"\input{{{name}}}" for name in names))
    assert formulas == []
    outside, missing = "it lies outside of the document's folder", "there is no such file in the document's folder"
    for trouble, why in zip(troubles, [outside, outside, outside, missing, missing, outside], strict=True):
        assert trouble.endswith(why) or (why == outside and trouble.endswith(missing))
    assert troubles[2].endswith(outside)


def test_includes_are_looked_for_a_number_of_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latex, "MAX_INCLUDES", 4)
    _, troubles = included(tmp_path, r"\input{none} " * 9)
    assert len(troubles) == 4
    assert troubles[-1] == "the document includes more than 4 files; from here on none is looked for"


def test_a_sheet_is_about_a_document_below_it_or_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets = tmp_path / "tree" / "sheets"
    sheets.mkdir(parents=True)
    (tmp_path / "outside.md").write_text("$x$", encoding="utf-8")
    (tmp_path / "tree" / "notes.md").write_text("$x$", encoding="utf-8")
    (sheets / "link.md").symlink_to(tmp_path / "outside.md")
    (sheets / "circle.md").symlink_to(sheets / "circle.md")
    sheet = sheets / "notes.gradcheck.toml"
    monkeypatch.chdir(tmp_path / "tree")
    sheet.write_text("document = '../notes.md'\n", encoding="utf-8")
    assert read_sheet(sheet).document.read_text(encoding="utf-8") == "$x$"
    for name in ("../../outside.md", "link.md", "circle.md", "/etc/hostname", "~/../../../outside.md", "\\u0000"):
        sheet.write_text(f'document = "{name}"\n', encoding="utf-8")
        with pytest.raises(
            AnnotationError, match="outside of the sheet's folder and of the working folder, and is not opened"
        ):
            read_sheet(sheet)


def test_a_sheet_that_is_too_large_or_no_file_is_refused(tmp_path: Path) -> None:
    sheet = tmp_path / "notes.md.gradcheck.toml"
    sheet.write_text("# " + "x" * 1_000_001, encoding="utf-8")
    with pytest.raises(AnnotationError, match="the claim sheet has 1 MB; at most 1 MB are read"):
        read_sheet(sheet)
    sheet.unlink()
    os.mkfifo(sheet)
    with pytest.raises(AnnotationError, match="is no regular file"):
        read_sheet(sheet)


def test_a_macro_without_an_end_costs_its_own_formula_alone() -> None:
    found = judge_document(
        read_text("$a \\def\\b{x$ and $\\frac{d}{dx} x^2 = 3x$ and $$c \\def\\d{x \\\\ y$$", "markdown")
    )
    assert [verdict.status for verdict in found.verdicts] == ["fails"]
    assert [(left.place.column, left.role, left.reason) for left in found.left] == [
        (4, "unreadable", "the body of a macro is never closed"),
        (50, "unreadable", "the body of a macro is never closed"),
    ]


def test_macros_of_a_configuration_without_an_end_cost_themselves_alone() -> None:
    script = "<script>MathJax = {tex: {macros: {a: '{x', b: ['#1}{', 1]}}}</script>"
    found = judge_document(read_text(f"{script}<p>$\\frac{{d}}{{dx}} x^2 = 3x$ and $\\a = 1$</p>", "html"))
    assert [verdict.status for verdict in found.verdicts] == ["fails"]
    assert [left.reason for left in found.left] == [r"\a is not understood"]
