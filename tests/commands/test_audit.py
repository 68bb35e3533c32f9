"""The options that say where claims are judged: what contradicts itself, and what is told on the way."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from gradcheck.claim import Claim, Source
from gradcheck.cli import main
from gradcheck.commands.audit import Bar
from gradcheck.commands.workers import places
from gradcheck.verdict import Verdict

NOTHING = {"workers": None, "dask": None, "isolate": None, "time_limit": None, "memory_limit": None}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", *arguments])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--workers", "2", "--no-isolate"), "--workers and --no-isolate contradict one another"),
        (("--dask", "tcp://a:1", "--no-isolate"), "--dask and --no-isolate contradict one another"),
        (("--time-limit", "3", "--no-isolate"), "limits and --no-isolate contradict one another"),
        (("--dask", "reference"), "--dask reference: an address is expected, as in --dask tcp://scheduler:8786"),
        (("--dask", "tcp://a:1", "--workers", "2"), "a cluster with an address has its own"),
        (("--workers", "0"), "0 is not in the range x>=1"),
        (("--time-limit", "0"), "0.0 is not in the range x>0"),
    ],
)
def test_options_that_cannot_be_obeyed_end_with_2_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(".", *options)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())


SHEET = """
from gradcheck import Reals, Sheet
SHEET = Sheet({0!r}, {0!r}, {0!r})
SHEET.claim("square", "derivative", 1, "2 x", primal=lambda x: x * x, claimed=lambda x: 2 * x, inputs={{"x": Reals()}}, wrt="x")
"""


def test_an_audit_passes_over_what_it_wrote_before_and_what_is_excluded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kept", "former"):
        (tmp_path / f"{name}.py").write_text(SHEET.format(name))
    first = run(".", "--exclude", "former.py", "--no-pictures", "--no-store")
    assert first.exit_code == 0
    assert "kept" in first.stdout and "former" not in first.stdout
    assert (tmp_path / "reports" / "audit.md").exists()
    again = run(".", "--no-pictures", "--no-store")
    assert "holds 2 · fails 0" in again.stdout and "problems 0" in again.stdout
    misspelt = run(".", "--exclude", "fromer.py", "--no-files", "--no-store")
    assert misspelt.exit_code == 2
    assert "--exclude fromer.py it leaves nothing out" in " ".join(misspelt.stdout.replace(":", "").split())


def test_a_memory_limit_is_refused_where_the_platform_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.commands.workers.memory_is_limited", lambda: False)
    done = run("--memory-limit", "100")
    assert done.exit_code == 2
    assert "does not hold a process to an amount of memory; leave it out" in done.stderr


def test_documents_have_a_process_of_their_own_unless_told_otherwise() -> None:
    def found(documents: bool, **wanted: object) -> tuple[bool, bool, bool]:
        with places({**NOTHING, **wanted}, documents=documents, on_output=lambda *_: None) as made:
            executor, reader, importer = made
            return executor is not None, reader is not None, importer is not None

    assert found(documents=True) == (False, True, False)
    assert found(documents=False) == (False, False, False)
    assert found(documents=True, isolate=False) == (False, False, False)
    for wanted in ({"isolate": True}, {"workers": 2}, {"time_limit": 3.0}, {"memory_limit": 3}):
        assert found(documents=False, **wanted) == (True, True, True)


def test_a_cluster_without_dask_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    done = run("--dask", "tcp://127.0.0.1:9")
    assert done.exit_code == 2
    assert "a Dask cluster needs distributed: pip install 'gradcheck[dask]'" in done.stderr


def test_the_bar_tells_how_many_are_done_and_shows_what_claims_print_without_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    monkeypatch.setattr("gradcheck.report.terminal.console", lambda stderr: console)
    verdict = Verdict(Claim("a", "equality", Source("doc", 1, "x")), "holds")
    with Bar(True) as progress:
        progress.begin(3)
        progress.advance(verdict)
        progress.printed("doc::a", "\x1b[31mred\x1b[0m\n")
        assert progress._progress is not None
        (task,) = progress._progress.tasks
        assert (task.completed, task.total) == (1, 3)
    told = shown.getvalue()
    assert "doc::a printed: red" in told and "\x1b[31mred" not in told
    assert "1/3" in told and "left:" in told
