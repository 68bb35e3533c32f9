"""``gradcheck derive``: what goes where, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main

SHEET = """
import numpy as np
from gradcheck.claim import Sheet, Step
from gradcheck.domains import Reals

NOTES = Sheet("notes", "notes.txt", "Notes")
for name, sign in (("right", 1), ("wrong", -1)):
    NOTES.claim(
        name, "derivation", 3, r"f'(x) = \\cos x", primal=np.sin, inputs={"x": Reals()}, wrt="x",
        steps=(Step("f'(x)", None), Step(r"\\cos x", lambda x, sign=sign: sign * np.cos(x))),
    )
"""
DOCUMENT = r"""
# Notes

Let $f(x) = x^2 \sin x$. Then

$$
\begin{aligned}
f'(x) &= 2x \sin x + x^2 \cos x \\
      &= x (2 \sin x SIGN x \cos x)
\end{aligned}
$$
"""
DISPLAY = r"\frac{d}{dx} x^3 = 3 x^2"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sheet.py").write_text(SHEET)
    (tmp_path / "right.md").write_text(DOCUMENT.replace("SIGN", "+"))
    (tmp_path / "wrong.md").write_text(DOCUMENT.replace("SIGN", "-"))
    (tmp_path / "empty.md").write_text("No formulas here.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, ["derive", *arguments], input=text)


def test_a_sheet_exits_with_what_was_found(folder: Path) -> None:
    both = run("sheet.py")
    assert both.exit_code == 1
    assert "HOLDS: notes::right: the 1 step holds" in both.output
    assert "FAILS: notes::wrong: line 2 of 2 is the first that is wrong" in both.output
    right = run("sheet.py", "--claim", "right")
    assert right.exit_code == 0
    assert "notes::wrong" not in right.output


def test_a_document_is_read(folder: Path) -> None:
    right = run("right.md")
    assert right.exit_code == 0, right.output
    assert "printed in    right.md, line 8" in right.output
    wrong = run("wrong.md")
    assert wrong.exit_code == 1
    assert "line 3 of 3 is the first that is wrong" in wrong.output
    assert r"should be     = x (2 \sin(x) + x \cos(x))" in wrong.output
    assert run("right.md", "--claim", "8:1").exit_code == 0
    missing = run("right.md", "--claim", "99:1")
    assert missing.exit_code == 2
    assert "right.md has no derivation 99:1; there are: 8:1" in missing.output


def test_a_display_comes_as_an_option_or_on_standard_input(folder: Path) -> None:
    assert run("--display", DISPLAY).exit_code == 0
    assert run("-", text=f"$${DISPLAY}$$").exit_code == 0
    wrong = run("--display", "f'(x) = 2 x^2", "--where", "f(x) = x^3", "--title", "Powers")
    assert wrong.exit_code == 1
    assert "FAILS: Powers: line 2 of 2" in wrong.output
    assert "should be     = 3 x^{2}" in wrong.output


@pytest.mark.parametrize(("form", "begin"), [("md", "# "), ("html", "<!DOCTYPE html>"), ("tex", "\\documentclass")])
def test_every_format_goes_to_a_file(folder: Path, form: str, begin: str) -> None:
    assert run("--display", DISPLAY, "--format", form, "--to", "made/out").exit_code == 0
    assert (folder / "made" / "out").read_text(encoding="utf-8").startswith(begin)


def test_a_folder_gets_markdown_and_a_page(folder: Path) -> None:
    assert run("sheet.py", "--output", "out").exit_code == 1
    assert sorted(file.name for file in (folder / "out").iterdir()) == [
        "README.md",
        "derivations.html",
        "notes-right.md",
        "notes-wrong.md",
    ]
    index = (folder / "out" / "README.md").read_text(encoding="utf-8")
    assert (
        "[notes::wrong](notes-wrong.md) | notes, line 3 | line 2 of 2 is the first that is wrong, certified |" in index
    )
    first = (folder / "out" / "derivations.html").read_bytes()
    run("sheet.py", "--output", "out")
    assert (folder / "out" / "derivations.html").read_bytes() == first
    assert run("sheet.py", "--output", "tex", "--format", "tex").exit_code == 1
    assert [file.name for file in (folder / "tex").iterdir()] == ["derivations.tex"]


def test_a_derivation_is_written_from_the_function_alone() -> None:
    result = run("--of", r"\operatorname{sp}(x) = \log(1 + e^x)", "--wrt", "x")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("HOLDS: ")
    assert "by chain rule" in result.output
    assert "start" in result.output
    assert run("--of", "f(x) = x^2", "--wrt", "x", "--format", "tex").output.startswith("\\documentclass")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to judge: give a SHEET, a --display, or a function with --of and --wrt"),
        (["--of", "f(x) = x"], "--wrt says by which name: give it too, as in --wrt x"),
        (["--wrt", "x", "sheet.py"], "--wrt belongs to --of"),
        (["--of", "f(x) = x", "--wrt", "x", "sheet.py"], "--of writes a derivation from a function alone"),
        (["--claim", "right", "--display", DISPLAY], "--claim names a derivation of a SHEET: give one"),
        (["-", "-"], "- stands for standard input, which can be read once"),
        (["sheet.py", "--where", "f(x) = x"], "--where and --title belong to --display, --of or -"),
        (["sheet.py", "--to", "a", "--output", "b"], "--to FILE writes one file and --output DIR a folder"),
        (["sheet.py", "--claim", "none"], "sheet.py: there is no claim 'none'; the derivations are: right, wrong"),
        (["missing.py"], "missing.py"),
        (["missing.md"], "missing.md"),
        (["empty.md"], "no derivation was found in empty.md"),
        (["--display", "2x"], "no derivative is claimed"),
        (["--of", "f(x) = ", "--wrt", "x"], "no derivation can be written: "),
        (["--display", DISPLAY, "--to", "sheet.py/out"], "sheet.py/out cannot be written: "),
    ],
)
def test_what_cannot_be_meant_ends_with_2(folder: Path, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_document_is_read_in_a_process_of_its_own_unless_told_otherwise(folder: Path) -> None:
    own, here = run("wrong.md"), run("wrong.md", "--no-isolate")
    assert own.exit_code == here.exit_code == 1
    assert own.stdout == here.stdout
    assert "x (2 \\sin x - x \\cos x)" in own.stdout
    late = run("right.md", "--time-limit", "0.001")
    assert late.exit_code == 2
    assert "right.md was not read: " in late.stderr and "0.001 s that a claim may take" in " ".join(late.stderr.split())
