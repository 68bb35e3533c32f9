"""``gradcheck report``: stored results in every format, with the exit code that the audit had, and nothing run again."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import gradcheck
from gradcheck.audit import Audit
from gradcheck.cli import main
from gradcheck.commands import output
from gradcheck.commands.output import FORMATS
from gradcheck.report import files
from gradcheck.report.data import audit_json
from gradcheck.report.formats import render
from gradcheck.report.schema import schema_text
from tests.report.conftest import full_audit, located_audit

__all__ = ["full_audit", "located_audit"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "100"})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_audit: Audit, located_audit: Audit) -> Path:
    """A working folder with the results of three audits: one with a problem, one that fails, one of which all is accepted."""
    monkeypatch.chdir(tmp_path)
    known = {verdict.claim.key: "known" for verdict in located_audit.failing}
    audits = {"full": full_audit, "failing": located_audit, "content": replace(located_audit, accepted=known)}
    for name, done in audits.items():
        files.replace(tmp_path / f"{name}.json", audit_json(done))
    return tmp_path


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_that_of_the_audit(folder: Path, full_audit: Audit, name: str) -> None:
    done = run("report", "full.json", "--format", name, "--to", f"out.{name}")
    assert (done.exit_code, done.stdout) == (2, "")
    written = (folder / f"out.{name}").read_bytes()
    expected = render(full_audit, name)
    assert written == (expected if isinstance(expected, bytes) else expected.encode())
    printed = run("report", "full.json", "--format", name).stdout_bytes
    assert printed.split() == written.split()


@pytest.mark.parametrize(("name", "code"), [("content", 0), ("failing", 1), ("full", 2)])
def test_the_exit_code_is_that_of_the_audit(folder: Path, name: str, code: int) -> None:
    assert run("report", f"{name}.json").exit_code == code
    assert run("report", f"{name}.json", "--format", "sarif").exit_code == code


def test_a_folder_gets_the_report_files(folder: Path) -> None:
    done = run("report", "content.json", "--output", "pages")
    assert (done.exit_code, done.stdout) == (
        0,
        "wrote pages/audit.md, pages/audit.csv, pages/audit.json, pages/audit.html\n",
    )
    assert (folder / "pages" / "audit.json").read_bytes() == (folder / "content.json").read_bytes()


def test_a_site_of_pages_is_written_where_it_is_asked_for(folder: Path) -> None:
    done = run("report", "content.json", "--site", "pages")
    assert done.exit_code == 0
    assert re.fullmatch(r"wrote pages/index\.html and \d+ files beside it\n", done.stdout)
    assert (folder / "pages" / "index.html").is_file()


def test_the_schema_is_printed_and_written(folder: Path) -> None:
    done = run("report", "--schema")
    assert (done.exit_code, done.stdout) == (0, schema_text())
    assert run("report", "--schema", "--to", "schema.json").exit_code == 0
    assert json.loads((folder / "schema.json").read_text(encoding="utf-8"))["$id"] == "urn:gradcheck:results:1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "RESULTS.json is missing: name an audit.json, or give --schema"),
        (("full.json", "--schema"), "--schema prints the schema of all results; give it without a file"),
        (("nowhere.json",), "nowhere.json: there is no such file"),
        (("cut.json",), "cut.json: cannot be read beyond line 1, column 2: it ends too early; write it anew"),
        (("full.json", "--format", "xml"), "'xml' is not one of 'table'"),
        (("full.json", "--format", "md", "--to", "taken/x.md"), "cannot write taken/x.md"),
        (("full.json", "--output", "taken"), "cannot write taken/audit.md"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_a_remedy(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    (folder / "cut.json").write_text("{", encoding="utf-8")
    (folder / "taken").write_text("a file, not a folder", encoding="utf-8")
    done = run("report", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_parquet_is_refused_on_a_terminal_and_without_pyarrow_before_anything_is_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.read_parquet(io.BytesIO(run("report", "full.json", "--format", "parquet").stdout_bytes))
    assert len(frame) == 11

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Terminal())
        with pytest.raises(
            output.Failure, match="--format parquet is no text and would garble the terminal; write it into"
        ):
            output.refuse("parquet", "-")
        output.refuse("csv", "-")
        output.refuse("parquet", "file.parquet")

    def absent(name: str) -> Any:
        return None

    monkeypatch.setattr("importlib.util.find_spec", absent)
    for arguments in (("report", "nowhere.json"), ("audit", "nowhere")):
        done = run(*arguments, "--format", "parquet")
        assert done.exit_code == 2
        assert "--format parquet needs pyarrow: pip install 'gradcheck[reports]'; or ask for csv or json" in done.stderr


def test_results_are_rendered_without_jax(folder: Path) -> None:
    code = (
        "import sys\n"
        "from gradcheck.cli import main\n"
        "try:\n    main(['report', 'failing.json', '--format', 'lines'])\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(gradcheck.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "notes/sigmoid.md:3:5: fails" in done.stdout
    assert {"jax", "pandas", "matplotlib", "sympy", "flint"}.isdisjoint(done.stderr.splitlines()[-1].split())
