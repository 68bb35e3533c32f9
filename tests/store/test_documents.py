"""A formula of a document is judged again where what its verdict depends on changed, and its neighbours are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.audit import Audit, audit
from gradcheck.cli import main
from gradcheck.documents.judging import Plan
from gradcheck.documents.lines import lines_in, moved, retold
from gradcheck.store.verdicts import Verdicts
from gradcheck.stored import document, text
from gradcheck.verdict import Verdict

PAPER = """\
# Notes

We begin with a square.

Let $f(x) = x^2$. Then $f'(x) = 2x$.

Let $g(x) = x^3$.

It follows that $g'(x) = 2x$.

Also $\\frac{d}{dx} \\sin x = \\cos x$.
"""
SQUARE, CUBE, SINE = "f'(x) = 2x", "g'(x) = 2x", "\\frac{d}{dx} \\sin x = \\cos x"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("notes.md").write_text(PAPER, encoding="utf-8")
    return Path("notes.md")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The formulas that were judged, as they are."""
    found: list[str] = []
    usual = Plan.judge

    def judge(self: Plan, number: int) -> Verdict:
        found.append(self.tasks[number].claim.source.formula)
        return usual(self, number)

    monkeypatch.setattr(Plan, "judge", judge)
    return found


def run(file: Path) -> Audit:
    """The audit of a document in this process, with what is known of it."""
    store = Verdicts.open("kept.sqlite", {"seed": 0})
    try:
        return audit([], paths=[file], documents=[file], store=store)
    finally:
        store.close()


def written(done: Audit) -> str:
    return text(document(done))


def change(file: Path, old: str, new: str) -> None:
    before = file.read_text(encoding="utf-8")
    assert old in before
    file.write_text(before.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        (CUBE, "g'(x) = 3x^2", ["g'(x) = 3x^2"]),
        ("g(x) = x^3", "g(x) = x^2", [CUBE]),
        ("begin with", "end with", []),
        ("It follows that", "We assume that", [CUBE, SINE]),
        ("$f'(x)", "<!-- gradcheck: stated: x > 0 --> $f'(x)", [SQUARE]),
    ],
)
def test_a_change_is_judged_again_and_nothing_else(
    file: Path, judged: list[str], old: str, new: str, again: list[str]
) -> None:
    assert [verdict.status for verdict in run(file).verdicts] == ["holds", "fails", "holds"]
    assert judged == [SQUARE, CUBE, SINE]
    judged.clear()
    change(file, old, new)
    told = run(file)
    assert judged == again
    assert written(told) == written(audit([], paths=[file], documents=[file]))


def test_a_formula_that_moved_is_not_judged_again_and_tells_its_new_lines(file: Path, judged: list[str]) -> None:
    (_, wrong, _) = run(file).verdicts
    assert wrong.claim.name == "9:18" and wrong.notes == ("it rests on what is said on line 7",)
    judged.clear()
    change(file, "# Notes", "# Notes\n\nA line more.")
    told = run(file)
    (_, wrong, _) = told.verdicts
    assert judged == []
    assert wrong.claim.name == "11:18" and wrong.notes == ("it rests on what is said on line 9",)
    assert wrong.claim.source.line == 11
    assert written(told) == written(audit([], paths=[file], documents=[file]))


def test_a_definition_that_moved_away_from_its_claim_is_told_where_it_is(file: Path, judged: list[str]) -> None:
    run(file)
    judged.clear()
    change(file, "It follows", "Of which more is to be said.\n\nIt follows")
    told = run(file)
    assert judged == [] and told.verdicts[1].notes == ("it rests on what is said on line 7",)
    assert written(told) == written(audit([], paths=[file], documents=[file]))


def test_another_document_with_the_same_formulas_is_told_under_its_own_name(file: Path, judged: list[str]) -> None:
    run(file)
    judged.clear()
    other = file.rename("other.md")
    assert [verdict.claim.key for verdict in run(other).verdicts] == [
        f"other.md::{at}" for at in ("5:25", "9:18", "11:7")
    ]
    assert judged == []


def test_the_command_tells_the_same_of_formulas_that_moved(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With pictures, judged by a worker."""
    monkeypatch.delenv("GRADCHECK_NO_STORE")
    CliRunner().invoke(main, ["audit", "notes.md", "--json", "-"])
    change(file, "# Notes", "# Notes\n\nA line more.")
    change(file, "\\sin x = \\cos x", "\\cos x = \\sin x")
    again = CliRunner().invoke(main, ["audit", "notes.md", "--json", "-"])
    assert "2 verdicts of 3 from .gradcheck_cache/verdicts.sqlite" in again.stderr
    assert '"pictures": [{' in again.stdout
    assert again.stdout == CliRunner().invoke(main, ["audit", "notes.md", "--json", "-", "--no-store"]).stdout


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([7, 9, 7], [8, 11, 8], {7: 8, 9: 11}),
        ([7, 9], [9, 7], None),
        ([7, 9], [8, 8], None),
        ([7, 7], [8, 9], None),
        ([7], [7, 8], None),
    ],
)
def test_lines_that_lose_their_order_are_not_told_anew(
    before: list[int], after: list[int], expected: dict[int, int] | None
) -> None:
    assert moved(before, after) == expected


def test_only_lines_of_formulas_are_told_anew() -> None:
    said = "at line 7 it fails with what is said on lines 7, 9, and holds as printed on line 12"
    assert lines_in(said) == [7, 9, 12]
    places = {7: 8, 9: 10, 12: 20}
    assert (
        retold(said, places) == "at line 7 it fails with what is said on lines 8, 10, and holds as printed on line 20"
    )
