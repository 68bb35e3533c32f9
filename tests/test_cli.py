"""The command line: what goes where, the exit codes, and what is not imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradcheck.cli
from gradcheck.claim import Claim
from gradcheck.cli import main
from gradcheck.commands.output import FORMATS
from gradcheck.report.formats import renderings
from gradcheck.report.table import COLUMNS
from gradcheck.verdict import Counterexample, Entry, Evidence, Verdict

MODULE = """
from gradcheck.claim import Record, Sheet
from gradcheck.domains import Reals

print("a module that talks")
doc = Sheet("doc", "doc.txt", "Doc")
for name, formula, record in (
    ("holds", r"x_{[0]} = [bold]x[/bold]", None),
    ("fails", r"f'(x) = [x > 0]", "fails"),
    # more
):
    doc.claim(
        name, "derivative", 3, formula, primal=abs, claimed=abs, inputs={"x": Reals(2)}, wrt="x",
        recorded=Record(record, "the sign is wrong") if record else None,
    )
"""

EXITS = """
import os
from gradcheck.claim import Sheet
from gradcheck.domains import Reals

exits = Sheet("exits", "exits.txt", "Exits")
exits.claim(
    "exits", "derivative", 1, "0", primal=lambda x: os._exit(3), claimed=abs, inputs={"x": Reals()}, wrt="x",
)
"""


def fake(claim: Claim, *, seed: int) -> Verdict:
    """A check that finds the outcome that the claim is named after, and raises for the one named ``raises``."""
    print("a check that talks")
    if claim.name == "raises":
        raise ValueError("the shapes [2] and [3] do not fit")
    if claim.name == "holds":
        return Verdict(claim, "holds", certified=True, digits=40, seed=seed)
    return Verdict(
        claim,
        "fails",
        certified=True,
        diagnosis="exactly -1 times",
        evidence=(Evidence("certified", "disagrees", "0.36787944117144232", "1e-30"),),
        counterexample=Counterexample(
            {"x": [-1.0, 0.5]}, (Entry((0,), "0", "0.36787944117144232 ± 1e-30", 0.36, True),)
        ),
        seed=seed,
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ``claims/doc.py``, judged by `fake`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gradcheck.audit.judge_of_claims", lambda: fake)
    put(tmp_path, "")
    return tmp_path


def put(folder: Path, more: str) -> None:
    """Write the module, with ``more`` lines in its list of claims."""
    (folder / "claims").mkdir(exist_ok=True)
    (folder / "claims" / "doc.py").write_text(MODULE.replace("# more", more), encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "100"})


def test_audit_prints_table_findings_summary_and_files(folder: Path) -> None:
    done = run("audit", "claims")
    assert done.exit_code == 0
    assert "a module that talks" not in done.stdout and "a check that talks" not in done.stdout
    assert "f'(x) = [x > 0]" in done.stdout
    assert "x = [-1, 0.5], entry [0]: claimed 0, true 0.36787944" in done.stdout
    assert "holds 1 · fails 1 · conditional 0 · ambiguous 0 · undecided 0 · unreadable 0 · problems 0" in done.stdout
    assert "every verdict is as recorded" in done.stdout
    assert sorted(file.name for file in (folder / "reports").iterdir()) == [
        "audit.csv",
        "audit.html",
        "audit.json",
        "audit.md",
    ]
    assert "wrote reports/audit.md, reports/audit.csv, reports/audit.json, reports/audit.html" in done.stdout


def test_output_names_the_folder_and_no_files_writes_none(folder: Path) -> None:
    assert run("audit", "claims", "--no-files").exit_code == 0
    assert not (folder / "reports").exists()
    assert run("audit", "claims", "--output", "elsewhere").exit_code == 0
    assert (folder / "elsewhere" / "audit.html").exists()


def test_a_verdict_that_is_not_as_recorded_ends_with_1_and_is_told(folder: Path) -> None:
    put(folder, '("surprise", "g", None), ("other", "h", "conditional"),')
    done = run("audit", "claims", "--no-files")
    assert done.exit_code == 1
    assert "fails, certified (not on record)" in done.stdout
    assert "fails, certified (recorded: conditional)" in done.stdout
    assert "1 claim does not hold, 1 verdict is not as recorded" in done.stdout


def test_a_problem_ends_with_2_and_the_rest_is_reported(folder: Path) -> None:
    put(folder, '("raises", "g", None),')
    done = run("audit", "claims", "nowhere", "--no-files")
    assert done.exit_code == 2
    assert "doc::raises: its check raised ValueError: the shapes [2] and [3] do not fit" in done.stdout
    assert "nowhere: there is no such file or folder." in done.stdout
    assert "holds 1 · fails 1" in done.stdout and "problems 2" in done.stdout


def test_json_on_standard_output_is_one_object_and_nothing_else(folder: Path) -> None:
    done = run("audit", "claims", "--json", "-")
    rows = json.loads(done.stdout)["rows"]
    assert [row["claim"] for row in rows] == ["holds", "fails"]
    assert tuple(rows[0]) == COLUMNS
    assert not (folder / "reports").exists()
    assert run("audit", "claims", "--json", "-").stdout_bytes == done.stdout_bytes


def test_json_tells_problems_on_standard_error(folder: Path) -> None:
    put(folder, '("raises", "g", None),')
    done = run("audit", "claims", "--json", "-")
    assert done.exit_code == 2
    assert len(json.loads(done.stdout)["rows"]) == 2
    assert "doc::raises: its check raised ValueError" in done.stderr


def test_json_goes_into_a_file(folder: Path) -> None:
    done = run("audit", "claims", "--json", "results.json")
    assert done.stdout == ""
    assert len(json.loads((folder / "results.json").read_text(encoding="utf-8"))["rows"]) == 2
    assert not (folder / "reports").exists()


@pytest.mark.parametrize("arguments", [("--json", "taken/rows.json"), ("--output", "taken")])
def test_a_place_that_cannot_be_written_ends_with_2_and_a_remedy(folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "taken").write_text("a file, not a folder", encoding="utf-8")
    done = run("audit", "claims", *arguments)
    assert done.exit_code == 2
    assert "cannot write taken/" in done.stderr and "that can be written" in done.stderr


def test_show_tells_everything_about_one_claim(folder: Path) -> None:
    done = run("show", "fails", "--path", "claims", "--seed", "3")
    assert done.exit_code == 0
    for told in (
        "doc::fails fails, certified",
        "line 3 of doc, derivative, printed",
        "f'(x) = [x > 0]",
        "x: real, 2 (the derivative is with respect to it)",
        "On record: fails, because the sign is wrong; computed again.",
        "0.36787944117144232 ± 1e-30",
        "exactly -1 times",
        "gradcheck show doc::fails --path claims --seed 3",
    ):
        assert told in done.stdout
    assert run("show", "doc::fails", "--path", "claims").exit_code == 0


def test_show_of_an_unknown_claim_suggests_near_names(folder: Path) -> None:
    done = run("show", "doc::fail", "--path", "claims")
    assert done.exit_code == 2
    assert "there is no claim 'doc::fail' among 2; did you mean doc::fails" in done.stderr


def test_show_of_a_name_in_two_documents_asks_which(folder: Path) -> None:
    other = (folder / "claims" / "doc.py").read_text(encoding="utf-8").replace('"doc"', '"other"')
    (folder / "claims" / "other.py").write_text(other, encoding="utf-8")
    done = run("show", "fails", "--path", "claims")
    assert done.exit_code == 2
    assert "'fails' names 2 claims: doc::fails, other::fails; give the one you mean as document::name" in done.stderr


def test_show_without_any_claims_says_why(folder: Path) -> None:
    done = run("show", "fails", "--path", "nowhere")
    assert done.exit_code == 2
    assert "nor any other: nowhere: there is no such file or folder" in done.stderr


def test_show_of_a_claim_whose_check_raises_ends_with_2(folder: Path) -> None:
    put(folder, '("raises", "g", None),')
    done = run("show", "raises", "--path", "claims")
    assert done.exit_code == 2
    assert "doc::raises: its check raised ValueError: the shapes [2] and [3] do not fit" in done.stderr


def test_a_failure_that_nobody_foresaw_ends_with_2(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(paths: object, **options: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("gradcheck.audit.collect", broken)
    done = run("audit", "claims")
    assert done.exit_code == 2
    assert "KeyError inside gradcheck: please report it" in done.stderr


def test_an_unknown_option_ends_with_2(folder: Path) -> None:
    done = run("audit", "--sed", "3")
    assert done.exit_code == 2
    assert "No such option" in done.stderr and "--seed" in done.stderr


def imported_by(*arguments: str, folder: Path) -> set[str]:
    """The modules that a fresh interpreter has imported once the command is over."""
    code = (
        "import sys\n"
        "from gradcheck.cli import main\n"
        f"try:\n    main({list(arguments)!r})\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(gradcheck.cli.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def test_help_imports_neither_jax_nor_pandas(tmp_path: Path) -> None:
    for arguments in (("--help",), ("audit", "--help")):
        assert imported_by(*arguments, folder=tmp_path).isdisjoint({"jax", "pandas", "rich", "jinja2", "matplotlib"})


def test_json_imports_neither_pandas_nor_rich(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        "import numpy as np\n"
        "from gradcheck.claim import Sheet\n"
        "from gradcheck.domains import Reals\n"
        "doc = Sheet('doc', 'doc.txt', 'Doc')\n"
        "doc.claim('d', 'derivative', 1, 'e^x', primal=np.exp, claimed=np.exp, inputs={'x': Reals()}, wrt='x')\n",
        encoding="utf-8",
    )
    imported = imported_by("audit", "one.py", "--json", "-", folder=tmp_path)
    assert "gradcheck.checking" in imported
    assert imported.isdisjoint({"pandas", "rich", "jinja2", "matplotlib"})


SIGMOID = """\
import numpy as np
from gradcheck.claim import Sheet
from gradcheck.domains import Reals
doc = Sheet("doc", "doc.txt", "Doc")
doc.claim("sigmoid", "derivative", 1, r"e^{-x} / (1 + e^{-x})^2", primal=lambda x: 1 / (1 + np.exp(-x)),
          claimed=lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, inputs={"x": Reals()}, wrt="x")
"""


def test_report_files_tell_the_numerical_quality_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "doc.py").write_text(SIGMOID, encoding="utf-8")
    told = "unstable below x = -355 in float64; below -44.4 in float32: it gives 0, then it gives NaN"
    assert run("audit", "doc.py").exit_code == 0
    for name in ("audit.csv", "audit.md"):
        assert told in (tmp_path / "reports" / name).read_text(encoding="utf-8")
    assert run("audit", "doc.py", "--no-pictures").exit_code == 0
    assert "unstable" not in (tmp_path / "reports" / "audit.csv").read_text(encoding="utf-8")


def test_show_tells_the_numerical_quality(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "doc.py").write_text(SIGMOID, encoding="utf-8")
    shown = " ".join(run("show", "sigmoid", "--path", "doc.py").stdout.split())
    assert "Numerical quality right, but unstable below x = -355 in float64" in shown
    assert "(looked at from x = -10000 to 10000)" in shown


def test_version_is_the_packages() -> None:
    assert run("--version").stdout == f"gradcheck {gradcheck.__version__}\n"


SURPRISE = '("surprise", "g", None),'


def test_every_format_is_rendered_onto_standard_output_and_into_a_file(folder: Path) -> None:
    assert set(renderings()) == set(FORMATS)
    for name in FORMATS:
        written = run("audit", "claims", "--format", name, "--to", f"out/{name}")
        assert (written.exit_code, written.stdout) == (0, "")
        printed = run("audit", "claims", "--format", name, "--no-files")
        assert printed.exit_code == 0
        if name == "parquet":
            assert printed.stdout_bytes == (folder / "out" / name).read_bytes()
            continue
        content = (folder / "out" / name).read_text(encoding="utf-8")
        assert "fails" in content
        assert [line.rstrip() for line in printed.stdout.splitlines()] == [
            line.rstrip() for line in content.splitlines()
        ]
    assert not (folder / "reports").exists()


def test_lines_are_on_standard_output_and_what_was_counted_on_standard_error(folder: Path) -> None:
    put(folder, SURPRISE)
    done = run("audit", "claims", "--format", "lines")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(
        "claims/doc.py:12:1: fails: doc::fails: exactly -1 times; x = [-1, 0.5], entry [0]: claimed 0"
    )
    assert first.endswith("(accepted: the sign is wrong)")
    assert "fails: doc::surprise: exactly -1 times" in second
    assert "holds 1 · fails 2" in done.stderr and "1 claim does not hold" in done.stderr


def test_a_format_tells_problems_and_ends_with_2(folder: Path) -> None:
    put(folder, '("raises", "g", None),')
    for name in ("lines", "github"):
        done = run("audit", "claims", "--format", name)
        assert done.exit_code == 2 and "doc::raises" in done.stdout
    for name in ("sarif", "junit"):
        done = run("audit", "claims", "--format", name)
        assert done.exit_code == 2 and "doc::raises: its check raised ValueError" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "xml"), "'xml' is not one of 'table', 'lines', 'github'"),
        (("--format", "sarif", "--json", "-"), "--json FILE stands for --format json --to FILE; give one or the other"),
        (("--baseline", "a", "--write-baseline", "b"), "--baseline reads a baseline and --write-baseline renews one"),
        (("--reason", "because"), "--reason says why --write-baseline accepts new findings; give both, or neither"),
        (("--baseline", "nowhere.toml"), "nowhere.toml: there is no such file; --write-baseline nowhere.toml makes it"),
        (("--write-baseline", "base.toml"), "base.toml: 1 finding is new and would be accepted without a reason"),
        (("--format", "lines", "--to", "claims"), "cannot write claims"),
    ],
)
def test_options_that_cannot_be_obeyed_end_with_2_and_a_remedy(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    put(folder, SURPRISE)
    done = run("audit", "claims", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_baseline_accepts_what_was_found_until_something_new_is(folder: Path) -> None:
    put(folder, SURPRISE)
    made = run("audit", "claims", "--no-files", "--write-baseline", "base.toml", "--reason", "told the author")
    assert made.exit_code == 0
    assert "wrote base.toml: 1 accepted, 1 of them new; 0 no longer found and removed" in made.stderr
    known = run("audit", "claims", "--no-files", "--baseline", "base.toml")
    assert known.exit_code == 0
    assert "accepted by the baseline: 1" in known.stdout
    assert "accepted: told the author" in run("audit", "claims", "--format", "lines", "--baseline", "base.toml").stdout
    put(folder, SURPRISE + '("another", "h", None),')
    new = run("audit", "claims", "--no-files", "--baseline", "base.toml")
    assert new.exit_code == 1
    assert "1 claim does not hold" in new.stdout


def test_an_entry_that_no_longer_occurs_is_told_and_renewing_removes_it(folder: Path) -> None:
    put(folder, SURPRISE)
    run("audit", "claims", "--no-files", "--write-baseline", "base.toml", "--reason", "told the author")
    put(folder, "")
    done = run("audit", "claims", "--no-files", "--baseline", "base.toml")
    assert done.exit_code == 0
    assert "base.toml: no longer found, so remove this entry: doc: fails: g (told the author)" in done.stderr
    renewed = run("audit", "claims", "--no-files", "--write-baseline", "base.toml")
    assert "wrote base.toml: 0 accepted, 0 of them new; 1 no longer found and removed" in renewed.stderr
    assert "[[accepted]]" not in (folder / "base.toml").read_text(encoding="utf-8")


def test_show_survives_a_claim_that_ends_its_process(folder: Path) -> None:
    (folder / "exits.py").write_text(EXITS, encoding="utf-8")
    done = run("show", "exits", "--path", "exits.py", "--isolate")
    assert done.exit_code == 2
    assert "exits::exits: its check gave no verdict: it ended its process with exit code 3" in " ".join(
        done.stderr.split()
    )


def test_show_tells_everything_about_a_formula_of_a_document(folder: Path) -> None:
    (folder / "notes.md").write_text("With $f(x) = x^2$ one has $f'(x) = 2 x$, not $f'(x) = 3 x$.\n", encoding="utf-8")
    good, bad = (run("show", f"notes.md::1:{column}", "--path", "notes.md") for column in (28, 47))
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "notes.md::1:28 holds, certified" in good.stdout
    assert "notes.md::1:47 fails, certified" in bad.stdout and "exactly 3/2 times" in bad.stdout
    assert "gradcheck show notes.md::1:47 --path notes.md" in bad.stdout
    assert run("show", "notes.md::1:47", "--path", "notes.md", "--no-isolate").stdout == bad.stdout
    late = run("show", "notes.md::1:28", "--path", "notes.md", "--time-limit", "0.001")
    assert late.exit_code == 2
    assert "notes.md: was not read: " in late.stderr and "longer than the 0.001 s that a claim may take" in late.stderr
    unknown = run("show", "notes.md::9:9", "--path", "notes.md")
    assert unknown.exit_code == 2
    assert "there is no claim 'notes.md::9:9' among 2" in unknown.stderr
