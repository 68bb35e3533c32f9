"""A run that is told again: only where nothing that it read has changed, and then without importing what it audits."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.store import runs, versions
from gradcheck.store.database import Database
from gradcheck.store.runs import Recording

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ["audit", "sheets", "--store", "kept.sqlite"]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a run is kept that read two files under ``sheets``, one beside it, and wrote one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_NO_STORE")
    for name in ("sheets/one.py", "sheets/deep/two.md", "data.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"this is {name}", encoding="utf-8")
    monkeypatch.setattr(runs, "BEGUN", float("inf"))
    assert keep_a_run(tmp_path)
    return tmp_path


@pytest.fixture
def pages(kept: Path) -> Path:
    """The folder of pages that such a run has written."""
    assert keep_a_run(kept, ("index.html", "documents/a.html"))
    return kept / "pages"


def keep_a_run(folder: Path, pages: tuple[str, ...] = ()) -> bool:
    """Keep a run that prints and writes; whether it could be kept."""
    recording = Recording()
    with recording.on():
        print("a table: ∂")
        with recording.paused():
            print("a claim that talks")
        sys.stdout.buffer.write(b"bytes\xff\n")
        print("a summary", file=sys.stderr)
    Path("report.md").write_bytes(b"a report")
    recording.wrote(Path("report.md"), b"a report")
    for name in pages:
        page = Path("pages", name)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(name.encode())
        recording.wrote(page, name.encode())
    if pages:
        recording.swept(Path("pages"))
    database = Database.open("kept.sqlite")
    done = runs.keep(recording, database, ["sheets"], [str(folder / "data.txt")], ARGUMENTS, 1)
    database.close()
    return done


def told(
    capfdbinary: pytest.CaptureFixture[bytes], arguments: list[str] = ARGUMENTS
) -> tuple[int | None, bytes, bytes]:
    capfdbinary.readouterr()
    code = runs.replay(arguments)
    sys.stdout.flush()
    out, err = capfdbinary.readouterr()
    return code, out, err


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard streams of the process, as a command has them."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def test_an_unchanged_run_is_told_again(kept: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = told(capfdbinary)
    assert (code, out) == (1, "a table: ∂\n".encode() + b"bytes\xff\n")
    assert err == (
        b"a summary\nnothing has changed since this was computed (kept.sqlite); --no-store computes it again\n"
    )


def test_a_report_that_is_gone_or_changed_is_there_again(kept: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"changed")):
        spoil(kept / "report.md")
        assert told(capfdbinary)[0] == 1
        assert (kept / "report.md").read_bytes() == b"a report"


def test_pages_that_are_gone_are_there_again(pages: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert told(capfdbinary)[0] == 1
    shutil.rmtree(pages)
    assert told(capfdbinary)[0] == 1
    assert {str(page.relative_to(pages)) for page in pages.rglob("*.html")} == {"index.html", "documents/a.html"}


@pytest.mark.parametrize("name", ["index.html", "documents/b.html"])
def test_a_folder_with_pages_of_somebody_else_is_left_to_the_command(
    pages: Path, capfdbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    """It refuses to write there, or removes what a former report left."""
    (pages / name).write_bytes(b"somebody's")
    assert told(capfdbinary) == (None, b"", b"")
    assert (pages / name).read_bytes() == b"somebody's"


def test_a_file_is_read_again_until_its_stamp_tells_a_change(
    kept: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def content(file: str) -> str:
        read.append(Path(file).name)
        return versions.content(file)

    monkeypatch.setattr(runs, "content", content)
    monkeypatch.setattr(versions, "_SETTLED", float("inf"))
    for _ in range(2):  # a clock may be too coarse to tell two writes of a moment apart
        read.clear()
        assert told(capfdbinary)[0] == 1
        assert set(read) == {"one.py", "two.md", "data.txt", "report.md"}
    monkeypatch.setattr(versions, "_SETTLED", float("-inf"))
    assert told(capfdbinary)[0] == 1
    read.clear()
    assert told(capfdbinary)[0] == 1 and read == []
    (kept / "data.txt").write_bytes(b"other")
    assert told(capfdbinary)[0] is None and read == ["data.txt"]


@pytest.mark.parametrize("name", ["sheets/one.py", "sheets/deep/two.md", "data.txt"])
def test_a_changed_file_is_computed_again(kept: Path, capfdbinary: pytest.CaptureFixture[bytes], name: str) -> None:
    text = (kept / name).read_text(encoding="utf-8")
    (kept / name).write_text(text.replace("is", "as"), encoding="utf-8")
    assert told(capfdbinary) == (None, b"", b"")
    (kept / name).write_text(text, encoding="utf-8")
    assert told(capfdbinary)[0] == 1, "what it holds counts, not when it was written"


def test_a_file_that_comes_or_goes_is_computed_again(kept: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (kept / "sheets" / "new.md").touch()
    assert told(capfdbinary)[0] is None
    (kept / "sheets" / "new.md").unlink()
    assert told(capfdbinary)[0] == 1
    (kept / "sheets" / "one.py").unlink()
    assert told(capfdbinary)[0] is None


def test_another_command_folder_setting_or_version_is_computed(
    kept: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(capfdbinary, [*ARGUMENTS, "--seed", "1"])[0] is None
    assert told(capfdbinary, [*ARGUMENTS, "--no-store"])[0] is None
    for name, value in (("COLUMNS", "70"), ("NO_COLOR", "1"), ("JAX_ENABLE_X64", "1"), ("GRADCHECK_NO_STORE", "1")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert told(capfdbinary)[0] is None, name
    with monkeypatch.context() as patch:
        patch.setattr(runs, "version", lambda database: b"another")
        assert told(capfdbinary)[0] is None
    assert told(capfdbinary)[0] == 1


def test_a_file_written_while_the_command_ran_keeps_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may not be what was read."""
    monkeypatch.setattr(runs, "BEGUN", 0.0)
    assert not keep_a_run(kept)


def test_a_store_that_lies_tells_nothing(kept: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    data = (kept / "kept.sqlite").read_bytes()
    assert b"a summary" in data
    (kept / "kept.sqlite").write_bytes(data.replace(b"a summary", b"A SUMMARY"))
    code, out, err = told(capfdbinary)
    assert (code, out) == (None, b"") and b"holds an entry that was changed after it was written" in err
    assert (kept / "kept.sqlite.set-aside-1").exists()


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        (["audit", "--store", "a"], "a"),
        (["audit", "--store=b"], "b"),
        (["audit", "--no-store"], None),
        (["audit"], ".gradcheck_cache/verdicts.sqlite"),
    ],
)
def test_which_store_a_command_line_asks_for(
    arguments: list[str], file: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADCHECK_NO_STORE")
    assert runs.store_file(arguments) == file
    monkeypatch.setenv("GRADCHECK_NO_STORE", "1")
    assert runs.store_file(arguments) is None


CLAIMS = """\
from pathlib import Path
import numpy as np
from gradcheck.claim import Sheet
from gradcheck.domains import Reals
power = int((Path(__file__).parent.parent / "power.txt").read_text())
doc = Sheet("doc", "doc.txt", "Doc")
print("a module that talks")
doc.claim("power", "derivative", 1, "f'", primal=lambda x: x**power, claimed=lambda x: 2 * x,
          inputs={"x": Reals(low=0.5, high=2.0)}, wrt="x")
"""


def command(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own; what it imports goes to standard error."""
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gradcheck", "audit", "sheets", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )


def test_the_command_imports_nothing_heavy_where_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_NO_STORE")
    Path("sheets").mkdir()
    Path("sheets/one.py").write_text(CLAIMS, encoding="utf-8")
    Path("power.txt").write_text("2", encoding="utf-8")
    first = command("--no-pictures")
    assert first.returncode == 0 and b"a module that talks" in first.stderr, first.stderr[-2000:]
    reports = {file.name: file.read_bytes() for file in Path("reports").iterdir()}
    again = command("--no-pictures")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert b"nothing has changed since this was computed" in again.stderr and b"a module that talks" not in again.stderr
    imported = {line.rpartition(b"|")[2].strip().decode() for line in again.stderr.splitlines() if b"|" in line}
    assert "gradcheck.store.runs" in imported
    heavy = {"numpy", "jax", "click", "rich", "pandas", "pathlib", "typing", "gradcheck.cli", "gradcheck.claim", "one"}
    assert imported.isdisjoint(heavy)
    assert {file.name: file.read_bytes() for file in Path("reports").iterdir()} == reports
    Path("power.txt").write_text("3", encoding="utf-8")
    changed = command("--no-pictures")
    assert changed.returncode == 1 and b"fails 1" in changed.stdout, "what a module reads when it is imported counts"
