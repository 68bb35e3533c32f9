"""`gradcheck audit` checks again what changed and nothing else, and says the same as if it had checked everything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck import audit, cli
from gradcheck.claim import Claim
from gradcheck.store import verdicts
from gradcheck.verdict import Verdict

CLAIMS = """\
import numpy as np
from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from {package}.helpers import cube

doc = Sheet("doc", "doc.txt", "Doc")
space = {{"x": Reals(low=0.1, high=3.0)}}
doc.claim("wrong", "derivative", 1, "sin x", primal=np.cos, claimed=lambda x: np.sin(x), inputs=space, wrt="x")
doc.claim("right", "derivative", 2, "2x", primal=lambda x: x * x, claimed=lambda x: 2 * x, inputs=space, wrt="x")
doc.claim("helped", "derivative", 3, "3x^2", primal=lambda x: cube(x), claimed=lambda x: 3 * x * x, inputs=space, wrt="x")
doc.claim("branches", "derivative", 4, "1", primal=lambda x: np.where(x > 1, x, x), claimed=lambda x: np.ones_like(x),
          inputs=space, wrt="x")
"""
NOTES = "# Notes\n\nLet $f(x) = x^3$. Then $f'(x) = 3x^2$.\n\nLet $g(x) = x^2$. Then $g'(x) = 3x$.\n"

count = iter(range(1000))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a package of claims and a document, in which the store is used."""
    package = f"audited_{next(count)}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / "claims.py").write_text(CLAIMS.format(package=package), encoding="utf-8")
    (tmp_path / package / "helpers.py").write_text("def cube(x):\n    return x**3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_NO_STORE")
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    return tmp_path / package


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the claims in code that were judged, as they are."""
    names: list[str] = []
    usual = audit.judge_of_claims

    def counted() -> Callable[..., Verdict]:
        judge = usual()

        def judged(claim: Claim, **options: int) -> Verdict:
            names.append(claim.name)
            return judge(claim, **options)

        return judged

    monkeypatch.setattr(audit, "judge_of_claims", counted)
    return names


def run(folder: Path, *arguments: str) -> Result:
    """The audit of a package, imported anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]
    return CliRunner().invoke(cli.main, ["audit", folder.name, *arguments])


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_did_not_change_is_not_checked_again_and_is_told_the_same(folder: Path, checked: list[str]) -> None:
    (folder / "notes.md").write_text(NOTES, encoding="utf-8")
    first = run(folder, "--output", "one")
    assert checked == ["wrong", "right", "helped", "branches"] and first.exit_code == 1
    assert "as computed before" not in first.stderr
    second = run(folder, "--output", "two")
    assert checked == ["wrong", "right", "helped", "branches"]
    assert second.stdout.replace("two/", "one/") == first.stdout and second.exit_code == first.exit_code
    assert (
        "6 verdicts of 6 from .gradcheck_cache/verdicts.sqlite, as computed before; --no-store computes them again"
        in second.stderr
    )
    computed = run(folder, "--output", "three", "--no-store")
    assert computed.stdout.replace("three/", "one/") == first.stdout and "as computed before" not in computed.stderr
    for name in ("audit.md", "audit.csv", "audit.json", "audit.html"):
        one, two, three = (Path(place, name).read_bytes() for place in ("one", "two", "three"))
        assert one == two == three, name
    assert len(checked) == 8


def test_a_changed_claim_is_checked_again_and_its_neighbours_are_not(folder: Path, checked: list[str]) -> None:
    run(folder, "--no-files")
    checked.clear()
    change(folder / "claims.py", "claimed=lambda x: 2 * x,", "claimed=lambda x: 4 * x,")
    done = run(folder, "--no-files")
    assert checked == ["right"]
    assert "fails 2" in done.stdout


def test_a_changed_formula_is_checked_again(folder: Path, checked: list[str]) -> None:
    run(folder, "--no-files")
    checked.clear()
    change(folder / "claims.py", '"2x"', '"2 x"')
    run(folder, "--no-files")
    assert checked == ["right"]


def test_a_changed_helper_in_another_module_checks_those_that_call_it(folder: Path, checked: list[str]) -> None:
    run(folder, "--no-files")
    checked.clear()
    change(folder / "helpers.py", "x**3", "x**4")
    done = run(folder, "--no-files")
    assert checked == ["helped"] and "fails 2" in done.stdout


def test_lines_that_moved_check_again_only_what_tells_a_line(folder: Path, checked: list[str]) -> None:
    run(folder, "--no-files")
    checked.clear()
    change(folder / "claims.py", "doc = Sheet", "\n\ndoc = Sheet")
    moved = run(folder, "--json", "-")
    assert checked == ["branches"]
    assert moved.stdout == run(folder, "--no-store", "--json", "-").stdout


def test_claims_that_workers_import_are_known_as_well(folder: Path) -> None:
    alone = run(folder, "--json", "-", "--no-store")
    first = run(folder, "--json", "-", "--isolate")
    assert "as computed before" not in first.stderr
    second = run(folder, "--json", "-", "--isolate")
    assert "4 verdicts of 4 from .gradcheck_cache/verdicts.sqlite" in second.stderr
    here = run(folder, "--json", "-")
    assert "4 verdicts of 4" in here.stderr, "whoever imports them, their content is the same"
    assert alone.stdout == first.stdout == second.stdout == here.stdout
    change(folder / "helpers.py", "x**3", "x**4")
    change(folder / "claims.py", "claimed=lambda x: 2 * x,", "claimed=lambda x: 4 * x,")
    changed = run(folder, "--json", "-", "--isolate")
    assert "2 verdicts of 4" in changed.stderr
    assert changed.stdout == run(folder, "--json", "-", "--no-store").stdout != first.stdout


def test_another_seed_checks_everything(folder: Path, checked: list[str]) -> None:
    run(folder, "--no-files")
    run(folder, "--no-files", "--seed", "1")
    assert len(checked) == 8


def test_another_version_checks_everything(folder: Path, checked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder, "--no-files")
    monkeypatch.setattr(verdicts, "version", lambda database: b"another")
    run(folder, "--no-files")
    assert len(checked) == 8


def test_pictures_are_not_drawn_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(folder, "--json", "-").stdout

    def refused(*_: object) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr("gradcheck.pictures.looked_at", refused)
    assert run(folder, "--json", "-").stdout == first


def test_pictures_that_were_not_asked_for_are_drawn_when_they_are(folder: Path) -> None:
    run(folder, "--no-files", "--no-pictures")
    later = run(folder, "--json", "-")
    assert later.stdout == run(folder, "--no-store", "--json", "-").stdout
    assert '"pictures": [{' in later.stdout


def test_a_file_can_be_named_and_lies_nowhere_else(folder: Path, checked: list[str]) -> None:
    for _ in range(2):
        run(folder, "--no-files", "--store", "kept/mine.sqlite")
    assert len(checked) == 4 and Path("kept/mine.sqlite").exists() and not Path(".gradcheck_cache").exists()


def test_without_a_store_nothing_is_written(folder: Path) -> None:
    run(folder, "--no-files", "--no-store")
    assert not Path(".gradcheck_cache").exists()


def test_the_folder_is_out_of_the_sight_of_git(folder: Path) -> None:
    run(folder, "--no-files")
    assert Path(".gradcheck_cache/.gitignore").read_text(encoding="utf-8").splitlines()[-1] == "*"
    assert Path(".gradcheck_cache/CACHEDIR.TAG").read_text(encoding="utf-8").startswith("Signature: 8a477f597d28d172")
    assert "`verdicts.sqlite` holds" in Path(".gradcheck_cache/README.md").read_text(encoding="utf-8")


def test_a_store_that_lies_is_said_and_nothing_of_it_is_told(folder: Path, checked: list[str]) -> None:
    first = run(folder, "--no-files")
    store = Path(".gradcheck_cache/verdicts.sqlite")
    store.write_bytes(store.read_bytes().replace(b'"status":"fails"', b'"status":"holds"'))
    second = run(folder, "--no-files")
    assert "holds an entry that was changed after it was written" in second.stderr
    assert second.stdout == first.stdout and len(checked) > 4
    assert Path(".gradcheck_cache/verdicts.sqlite.set-aside-1").exists()


def test_a_named_file_that_cannot_be_used_ends_with_2_before_anything_is_checked(
    folder: Path, checked: list[str]
) -> None:
    done = run(folder, "--store", folder.name)
    assert done.exit_code == 2 and "cannot be used: it is a folder; name another file with --store FILE" in done.stderr
    assert checked == []


def test_a_folder_that_cannot_be_made_stops_nothing(folder: Path, checked: list[str]) -> None:
    Path(".gradcheck_cache").write_text("a file in its place", encoding="utf-8")
    done = run(folder, "--no-files")
    assert "verdicts are not stored: .gradcheck_cache/verdicts.sqlite" in done.stderr
    assert len(checked) == 4 and "fails 1" in done.stdout
