"""What changed, in every format: the same changes, nothing foreign that a terminal, a page or a runner obeys."""

from __future__ import annotations

import json

import pytest
from markdown_it import MarkdownIt

from gradcheck.comparing import KINDS, Change, Comparison
from gradcheck.report.differences import renderings, summary
from tests.report.conftest import HOSTILE

FOUND = Comparison(
    (
        Change("verdict", "notes.md::5:3", "holds", "fails, certified", True, "notes.md", 5, 3, r"s'(x) = \sigma(x)"),
        Change("problem", "doc::raises", "", "its check raised ValueError; see why", True),
        Change("source", "notes.md::7:1", "a' = b", "a' = c", False, "notes.md", 7, 1, "a' = c"),
        Change("verdict", "doc::slope", "holds", "fails", False, "doc.py", 12, 0, "f'", "an exercise"),
        Change("vanished", "notes.md::9:1", "holds", "", False, "notes.md", 9, 1, "g' = h"),
    ),
    ("checked with the seeds 0 and 3: the points are not the same",),
    compared=10,
    same=7,
    moved=2,
)


def test_the_list_has_the_notes_the_worse_changes_first_and_a_summary() -> None:
    assert renderings()["table"](FOUND).splitlines() == [
        "note: checked with the seeds 0 and 3: the points are not the same",
        "",
        "worse: another verdict (1)",
        r"  notes.md:5:3: s'(x) = \sigma(x): holds → fails, certified",
        "",
        "worse: problems (1)",
        "  doc::raises: new problem: its check raised ValueError; see why",
        "",
        "another verdict (1)",
        "  doc.py:12: doc::slope: holds → fails (accepted: an exercise)",
        "",
        "another formula (1)",
        "  notes.md:7:1: reads a' = c now, and read a' = b",
        "",
        "vanished (1)",
        "  notes.md:9:1: g' = h: vanished; it was holds",
        "",
        "2 changes for the worse, 3 other changes; 10 claims are in both, 7 without a change, 2 on another line",
    ]


def test_markdown_has_the_same_changes_as_items() -> None:
    written = renderings()["md"](FOUND)
    page = MarkdownIt("gfm-like", {"linkify": False}).render(written)
    assert page.count("<li>") == len(FOUND.changes)
    assert r"- **notes.md:5:3** `s'(x) = \sigma(x)`: holds → fails, certified" in written
    assert "reads `a' = c` now, and read `a' = b`" in written
    assert "> **Note:** checked with the seeds 0 and 3" in written


def test_json_has_every_field_of_every_change() -> None:
    read = json.loads(renderings()["json"](FOUND))
    assert (read["worse"], read["compared"], read["same"], read["moved"]) == (2, 10, 7, 2)
    assert [Change(**change) for change in read["changes"]] == list(FOUND.changes)
    assert list(read["counts"]) == list(KINDS) and read["counts"]["verdict"] == 2
    assert read["notes"] == list(FOUND.notes)


def test_github_annotates_what_is_worse_and_logs_the_rest() -> None:
    lines = renderings()["github"](FOUND).splitlines()
    assert [line.partition(" ")[0] for line in lines if line.startswith("::")] == [
        "::warning",
        "::error",
        "::error",
        "::notice",
    ]
    assert lines[1].startswith(
        "::error file=notes.md,line=5,col=3,title=another verdict%3A s'(x) = \\sigma(x)::holds → fails"
    )
    assert "doc.py:12: doc::slope: holds → fails (accepted: an exercise)" in lines


def test_nothing_changed_is_said() -> None:
    assert summary(Comparison((), compared=1, same=1)) == (
        "nothing got worse, no other change; 1 claim is in both, 1 without a change"
    )


@pytest.mark.parametrize("name", sorted(renderings()))
def test_nothing_foreign_is_obeyed(name: str) -> None:
    nasty = HOSTILE + "\x9b"
    changes = [
        Change(kind, nasty, nasty, nasty, worse, nasty, 1, 1, nasty, nasty) for kind in KINDS for worse in (True, False)
    ]  # type: ignore[arg-type]
    told = renderings()[name](Comparison(tuple(changes), (nasty,)))
    assert not {"\x1b", "\x00", "\x9b"} & set(told)
    told.encode("utf-8", "backslashreplace")
    if name == "github":
        assert all(line.startswith("::error ") for line in told.splitlines() if "::error" in line[:9])
        assert "\n::error file=x" not in told and "##[error]" not in told
