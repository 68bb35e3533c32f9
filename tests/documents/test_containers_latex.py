"""LaTeX: comments, verbatim code, macros, included files; what is printed where."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.documents.model import Place
from gradcheck.documents.opening import read_document, read_text
from tests.documents.exact import exact, formulas


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("$a$ % $no$\n$b$", ["a", "b"]),
        ("5\\% $a$ \\\\% $no$\n", ["a"]),
        ("$a % $ }\n = b$", ["a \n = b"]),
        ("$a$\n% words\n$b$", ["a", "b"]),
        ("$a +\n% words\nb$", ["a +\nb"]),
        ("$5 and $6", ["5 and"]),
        (r"\verb|$no$| \lstinline!$no$! $a$", ["a"]),
        ("\\begin{verbatim}\n$no$\n\\end{verbatim} $a$", ["a"]),
        (r"\iffalse $no$ \fi $a$", ["a"]),
        (r"$a$ \end{document} $no$", ["a"]),
        (r"\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}} \be a = b \ee", ["a = b"]),
        (r"\newenvironment{eq}{\begin{equation}}{\end{equation}} $a$", ["a"]),
        (r"\begin{multline*} a \\ + b \end{multline*}", [r"\begin{multline*} a \\ + b \end{multline*}"]),
        (r"\begin{math}a\end{math} \begin{displaymath}b\end{displaymath}", ["a", "b"]),
        (r"\begin{equation} a = b \tag{1} \label{x} \nonumber \end{equation}", [r"a = b \tag{1} \label{x} \nonumber"]),
        (r"$\begin{cases} a & b \\ c & d \end{cases}$", [r"\begin{cases} a & b \\ c & d \end{cases}"]),
    ],
)
def test_what_is_a_formula(source: str, found: list[str]) -> None:
    assert formulas(source, "latex") == found


def test_the_preamble_holds_macros_and_no_formulas() -> None:
    document = exact("\\newcommand{\\R}{R} $no$\n\\DeclareMathOperator{\\tr}{tr}\n\\begin{document}$a$", "latex")
    assert [formula.latex for formula in document.formulas] == ["a"]
    assert document.macros == "\\newcommand{\\R}{R}\n\\DeclareMathOperator{\\tr}{tr}"


def test_sections_tables_and_items() -> None:
    source = (
        "\\section{A}$a$\n\\subsection{B}\n\\begin{tabular}{ll}\n$b$ & $c$ \\\\ \\hline\n$d$ & $e$\n\\end{tabular}\n"
        "\\begin{itemize}\\item $f$ \\item $g$\\end{itemize}\n\\section{D}\n$h$\n"
    )
    found = {formula.latex: formula for formula in exact(source, "latex").formulas}
    assert [found[name].section for name in "abh"] == [(1,), (1, 1), (2,)]
    assert [found[name].row for name in "abcdef"] == [None, (1, 0), (1, 0), (1, 1), (1, 1), None]
    assert len({found[name].block for name in "bcdefg"}) == 6


def test_directives_in_comments() -> None:
    source = (
        "$f'$ % gradcheck: derivative: f by x\n\n% gradcheck: note: one\n%   two\n$g$\n\\verb|% gradcheck: note: no|"
    )
    first, second = read_text(source, "latex").directives
    assert (first.text, first.place) == ("derivative: f by x", Place(1, 19))
    assert (second.text, second.place) == ("note: one\n  two", Place(3, 14))


def test_included_files(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "own.sty").write_text("\\newcommand{\\S}{S}\n", encoding="utf-8")
    (tmp_path / "parts" / "one.tex").write_text("\n$b$ % gradcheck: note: here\n\\input{parts/two}\n", encoding="utf-8")
    (tmp_path / "parts" / "two.tex").write_text("\\def\\T{T}$c$", encoding="utf-8")
    main = tmp_path / "main.tex"
    main.write_text(
        "\\usepackage{own}\n\\begin{document}\n$a$ \\input{parts/one} $d$\n\\end{document}", encoding="utf-8"
    )
    document = read_document(main)
    told = [(formula.latex, Path(formula.path).name, formula.place) for formula in document.formulas]
    assert told == [
        ("a", "", Place(3, 2)),
        ("b", "one.tex", Place(2, 2)),
        ("c", "two.tex", Place(1, 11)),
        ("d", "", Place(3, 24)),
    ]
    assert document.formulas[1].path == document.directives[0].path == str(tmp_path / "parts" / "one.tex")
    assert document.macros == "\\newcommand{\\S}{S}\n\\def\\T{T}"
    assert document.troubles == ()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (r"\input{none}", "none is included, and there is no such file in the document's folder"),
        (r"\input{../secret}", "../secret is included, and was not opened: it lies outside of the document's folder"),
        (r"\input{main}", "main is included, and was not opened again: it has been read already"),
        (r"\input{\jobname}", r"'\\jobname' is included, and its name is made by macros, which are not run"),
        (r"\input{binary}", "binary is included, and was not read: "),
    ],
)
def test_what_is_not_included_is_told(tmp_path: Path, command: str, said: str) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    (tmp_path / "secret.tex").write_text("$secret$", encoding="utf-8")
    (folder / "binary.tex").write_bytes(b"\0\1\2")
    (folder / "main.tex").write_text(f"$a$\n {command} $b$", encoding="utf-8")
    document = read_document(folder / "main.tex")
    (trouble,) = document.troubles
    assert trouble.place == Place(2, 2)
    assert trouble.what.startswith(said)
    assert [formula.latex for formula in document.formulas] == ["a", "b"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    (tmp_path / "secret.tex").write_text("$secret$", encoding="utf-8")
    (folder / "link.tex").symlink_to(tmp_path / "secret.tex")
    (folder / "main.tex").write_text(r"\input{link} $a$", encoding="utf-8")
    document = read_document(folder / "main.tex")
    assert [formula.latex for formula in document.formulas] == ["a"]
    assert "outside of the document's folder" in document.troubles[0].what


def test_without_a_folder_nothing_is_opened() -> None:
    (trouble,) = read_text(r"\input{one} $a$", "latex").troubles
    assert trouble.what == "one is included, and was not opened: the document has no folder"
