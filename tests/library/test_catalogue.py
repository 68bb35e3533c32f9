"""A catalogue tells a right library as right, and every fault of a wrong one where it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gradcheck.library.entries import CatalogueError, opened, packaged, read, written
from gradcheck.library.page import anchor
from tests.library.conftest import Made, make
from tests.library.sheets import RIGHT


def test_a_right_library_has_a_catalogue_without_problems(right: Made) -> None:
    assert (right.exit_code, right.stderr) == (0, "")
    assert right.stdout.startswith("entries 2 · claims 3 · certified 3 · held by two oracles 0 · not held 0\nwrote ")
    square, excess = read(right.text("json")).entries
    assert (square.verdict, square.compared) == ("holds, certified, to 99 digits", "agrees")
    assert [claim.about for claim in excess.claims] == ["derivative by x", "stable form, equality"]
    assert excess.derivatives == (("x", "f'(x) = e^x"),) and excess.stable == ("stable_excess", "")
    assert [one.what for one in excess.digits] == ["forward", "derivative"]
    assert excess.code.count("def ") == 3 and excess.code.startswith("import numpy as np\n")


def test_every_fault_of_a_library_is_told_and_the_command_fails(wrong: Made) -> None:
    assert wrong.exit_code == 1
    told = wrong.stderr.splitlines()
    assert len([line for line in told if "notes::wrong" in line]) == 1 and "fails" in told[0]
    assert any(line.startswith("notes::misprinted: the forward function is not what is printed: ") for line in told)
    assert any(line.startswith("notes::unstable: the stable form of the forward keeps fewer digits") for line in told)
    (copied,) = [line for line in told if line.startswith("notes::nameless")]
    assert copied.startswith("notes::nameless: its code cannot be copied: <lambda> is made inside of another function")
    assert len(told) == 4
    assert "entries 6 · claims 8 · certified 7 · held by two oracles 0 · not held 1\n" in wrong.stdout
    verdicts = {entry.name: entry.verdict for entry in read(wrong.text("json")).entries}
    assert verdicts["wrong"].startswith("wrong: fails, certified: ")
    assert verdicts["misprinted"] == "the code of the forward function is not what is printed"


def test_faults_stand_out_on_the_page_and_in_the_table_of_contents(right: Made, wrong: Made) -> None:
    assert "Problems" not in right.text("html") and "Problems" not in right.text("md")
    for suffix in ("html", "md"):
        assert "keeps fewer digits than the textbook" in wrong.text(suffix)
    assert wrong.text("html").count('data-verdict="not held"') == 2


def test_what_is_foreign_is_escaped_on_the_page(right: Made) -> None:
    page = right.text("html")
    assert "Notes &lt;of mine&gt;" in page and "<of mine>" not in page and "<Elements>" not in page
    assert "Notes \\<of mine\\>" in right.text("md")


def test_the_page_has_an_anchor_for_each_entry_and_asks_for_nothing(right: Made) -> None:
    page = right.text("html")
    for entry in read(right.text("json")).entries:
        assert page.count(f'id="{anchor(entry)}"') == 1 and page.count(f'href="#{anchor(entry)}"') == 2
    assert re.search(r"""(?:src|href)=["']?https?:""", page) is None
    assert "default-src &#39;none&#39;" in page and page.count("<math") >= 4


def test_workers_and_the_store_change_nothing(right: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_workers = make(tmp_path / "one", RIGHT, "--workers", "2")
    assert (by_workers.exit_code, by_workers.stderr) == (0, "")
    monkeypatch.delenv("GRADCHECK_NO_STORE", raising=False)
    store = ("--store", str(tmp_path / "verdicts.sqlite"))
    first, second = (make(tmp_path / "two", RIGHT, *store) for _ in range(2))
    assert first.stderr == "" and second.stderr.startswith("3 verdicts of 3 from ")
    for suffix in ("html", "md", "json"):
        assert by_workers.text(suffix) == second.text(suffix) == right.text(suffix)


def test_a_folder_without_a_library_is_no_catalogue(tmp_path: Path) -> None:
    made = make(tmp_path, "from gradcheck.claim import Sheet\nSHEET = Sheet('a', 'a.py', 'A')\n")
    assert made.exit_code == 2 and not (tmp_path / "catalogue.html").exists()
    assert "there is no formula to write a catalogue of" in made.stderr


def test_a_module_that_does_not_import_is_a_problem_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module\n", encoding="utf-8")
    (tmp_path / "notes.py").write_text(RIGHT, encoding="utf-8")
    from click.testing import CliRunner

    from gradcheck.cli import main

    done = CliRunner().invoke(main, ["catalogue", str(tmp_path), "--output", str(tmp_path / "out"), "--no-store"])
    assert done.exit_code == 2 and "does not import" in done.stderr
    assert len(read((tmp_path / "out" / "catalogue.json").read_text(encoding="utf-8")).entries) == 2


def test_a_catalogue_is_read_as_it_was_written(right: Made) -> None:
    text = right.text("json")
    assert written(read(text)) == text
    assert len(text.splitlines()) == 3 + 2 + 1  # an entry a line


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "it is no catalogue"),
        ("{", "it is no catalogue"),
        ('{"format": 99}', "it is a catalogue of format 99, and 1 is read; write it anew"),
        ('{"format": 1, "version": "", "families": {}, "entries": [{}]}', r"it is no catalogue \(KeyError"),
    ],
)
def test_what_is_no_catalogue_is_refused(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=why):
        read(text)
    (tmp_path / "some.json").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"some.json: {why}"):
        opened(tmp_path / "some.json")


def test_a_catalogue_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"cannot read none\.json: No such file or directory"):
        opened(tmp_path / "none.json")


def test_the_catalogue_that_is_shipped_is_that_of_the_library() -> None:
    from gradcheck.library.catalogue import libraries_in

    libraries, claims, problems = libraries_in(["reference/library"])
    assert problems == []
    shipped = packaged()
    assert {entry.key for entry in shipped.entries} == {one.key for library in libraries for one in library.formulas}
    assert sum(len(entry.claims) for entry in shipped.entries) == len(claims)
    assert all(entry.good for entry in shipped.entries) and all(entry.code for entry in shipped.entries)
    assert json.loads(written(shipped))["format"] == 1
