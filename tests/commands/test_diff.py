"""``gradcheck diff``, end to end: a book is audited, edited, and audited again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.stored import read

NOTES = r"""
# Two activation functions

The sigmoid $\sigma(x) = \frac{1}{1 + e^{-x}}$ has the derivative $\sigma'(x) = \sigma(x) (1 - \sigma(x))$.

Let $f(x) = \tanh x$; then $f'(x) = 1 - f(x)^2$.
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "100"})


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a document as it was, moved, with a mistake, longer, and shorter."""
    folder = tmp_path_factory.mktemp("book")
    editions = {
        "first": NOTES,
        "moved": f"One more line.\n\n{NOTES}",
        "mistaken": NOTES.replace("(1 - \\sigma(x))", "(1 + \\sigma(x))"),
        "longer": f"{NOTES}\nLet $g(x) = x^3$; then $g'(x) = 2 x^2$.\n",
        "shorter": NOTES.partition("\nLet")[0],
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for name, words in editions.items():
            (folder / "notes.md").write_text(words, encoding="utf-8")
            done = run("audit", "notes.md", "--json", f"{name}.json")
            assert done.exit_code == (1 if name in ("mistaken", "longer") else 0), done.stderr
        assert run("audit", "notes.md", "--seed", "3", "--json", "seeded.json").exit_code == 0
    return folder


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("first", "first", 0, ["nothing got worse, no other change; 2 claims are in both, 2 without a change"]),
        ("first", "moved", 0, ["2 claims are in both, 2 without a change, 2 on another line"]),
        (
            "first",
            "mistaken",
            1,
            [
                r"notes.md:4:68: \sigma'(x) = \sigma(x) (1 + \sigma(x)): holds, certified → fails, certified",
                r"reads \sigma'(x) = \sigma(x) (1 + \sigma(x)) now, and read \sigma'(x) = \sigma(x) (1 - \sigma(x))",
                "1 change for the worse, 1 other change",
            ],
        ),
        ("mistaken", "first", 0, ["fails, certified → holds, certified", "nothing got worse, 2 other changes"]),
        ("first", "longer", 1, ["worse: appeared (1)", "g'(x) = 2 x^2: appeared: fails, certified"]),
        ("first", "shorter", 0, ["vanished (1)", "f'(x) = 1 - f(x)^2: vanished; it was holds, certified"]),
        ("shorter", "seeded", 0, ["note: checked with the seeds 0 and 3: the points are not the same"]),
    ],
)
def test_what_changed_is_told_and_ends_with_1_only_where_it_is_worse(
    book: Path, old: str, new: str, code: int, told: list[str]
) -> None:
    done = run("diff", str(book / f"{old}.json"), str(book / f"{new}.json"))
    assert done.exit_code == code, done.stdout
    for words in told:
        assert words in done.stdout


def test_stored_results_have_the_numerical_quality_and_the_pictures(book: Path) -> None:
    verdicts = read(book / "first.json").verdicts
    assert all(verdict.quality is not None for verdict in verdicts)
    assert any(verdict.pictures for verdict in verdicts)


def test_any_change_ends_with_1_where_that_is_asked_for(book: Path) -> None:
    files = [str(book / f"{name}.json") for name in ("first", "shorter", "moved")]
    assert run("diff", files[0], files[1], "--all-changes").exit_code == 1
    assert run("diff", files[0], files[2], "--all-changes").exit_code == 0


def test_every_format_goes_into_a_file(book: Path, tmp_path: Path) -> None:
    files = [str(book / "first.json"), str(book / "mistaken.json")]
    for name in ("table", "md", "json", "github"):
        done = run("diff", *files, "--format", name, "--to", str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (1, "")
        assert "fails, certified" in (tmp_path / name).read_text(encoding="utf-8")
    assert json.loads((tmp_path / "json").read_text(encoding="utf-8"))["worse"] == 1


def test_results_of_another_version_are_said(book: Path, tmp_path: Path) -> None:
    other = re.sub(r'"gradcheck": "[^"]*"', '"gradcheck": "9.9.9"', (book / "first.json").read_text(encoding="utf-8"))
    (tmp_path / "other.json").write_text(other, encoding="utf-8")
    done = run("diff", str(book / "first.json"), str(tmp_path / "other.json"))
    assert done.exit_code == 0
    assert re.match(r"note: written by gradcheck \S+ and 9\.9\.9: a change may be one of gradcheck's own", done.stdout)


@pytest.mark.parametrize(("content", "message"), [("{", "it ends too early"), ("{}", "is JSON, but not gradcheck's")])
def test_what_cannot_be_read_ends_with_2(book: Path, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "bad.json").write_text(content, encoding="utf-8")
    for arguments in (
        (str(book / "first.json"), str(tmp_path / "bad.json")),
        (str(tmp_path / "bad.json"), "none.json"),
    ):
        done = run("diff", *arguments)
        assert done.exit_code == 2
        assert f"bad.json: {message}" in done.stderr or message in done.stderr
    assert "there is no such file" in run("diff", "none.json", str(book / "first.json")).stderr
