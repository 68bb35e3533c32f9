"""The pytest plugin, by running pytest on small files: what it finds, what it says, and what it does not let pass."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import gradcheck as gc
from gradcheck.audit import audit, collect
from gradcheck.claim import Claim, Source
from gradcheck.report.data import audit_csv, audit_json
from gradcheck.report.html import audit_html
from gradcheck.report.markdown import audit_markdown
from gradcheck.stored import verdict_from, verdict_text
from gradcheck.testing.findings import TestFindings, as_audit
from gradcheck.verdict import Verdict

pytest_plugins = ["pytester"]

FUNCTIONS = """
import numpy as np
import pytest

X = np.array([-1.5, 0.5, 2.0])

def square(x):
    return x * x

def right(cotangent, x):
    return 2 * x * cotangent

def wrong(cotangent, x):
    return x * cotangent
"""

SHEET = """
from gradcheck import Reals, Record, Sheet

DOC = Sheet("doc", "doc.txt", "A document")

def square(x):
    return x * x

def stated(name, line, factor, recorded=None):
    DOC.claim(
        name, "derivative", line, f"(x^2)' = {factor} x", primal=square, claimed=lambda x: factor * x,
        inputs={"x": Reals()}, wrt="x", recorded=recorded,
    )

stated("right", 3, 2)
stated("known-wrong", 5, 3, Record("fails", "the exponent was taken for 3"))
"""


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """All that checks and reports load, loaded once: pytester unloads what its runs load, and JAX does not survive that."""
    x = np.array([-1.5, 0.5])
    right = gc.check(np.square, (x,), vjp=lambda cotangent, x: 2 * x * cotangent, points=2)
    wrong = gc.check(np.square, (x,), vjp=lambda cotangent, x: x * cotangent, points=2)
    found = TestFindings("test")
    found.add(right)
    found.add(wrong)
    assert (right.status, wrong.status) == ("holds", "fails")
    assert all(render(as_audit([found], 0, ())) for render in (audit_html, audit_json, audit_markdown, audit_csv))


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Pytest in this process, without a cache and without other plugins' colours."""
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)


def written(pytester: pytest.Pytester, body: str, **files: str) -> None:
    """A test file, and modules beside it."""
    pytester.makepyfile(test_it=FUNCTIONS + body, **files)


def text(result: pytest.RunResult) -> str:
    return "\n".join(result.outlines)


def test_a_right_gradient_passes_and_a_wrong_one_fails_with_the_whole_finding(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
def test_right(gradcheck):
    gradcheck.assert_holds(square, (X,), vjp=right)

def test_wrong(gradcheck):
    gradcheck.assert_holds(square, (X,), vjp=wrong)
""",
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*DerivativeMismatch: FAILS (certified): wrong is the VJP of square",
            "E*claimed in *test_it.py:12",
            "E*diagnosis *1/2*",
            "E*at *cotangent = *",
            "E*entries *entries are wrong there",
            "E*criterion *",
            "E*reproduce *import numpy as np",
            "E*print(gc.check(square, *, vjp=wrong, points=0))",
            "*gradcheck: 2 claims checked in 2 tests*",
            "holds 1 · fails 1 · conditional 0 · ambiguous 0 · undecided 0 · unreadable 0 · problems 0",
            "fails: test_it.py::test_wrong: wrong is the VJP of square: *",
        ]
    )
    assert "checker.py" not in text(result), "the frames of the plugin are hidden"


def test_a_verdict_that_nobody_looked_at_is_told(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
def test_not_asserted(gradcheck):
    gradcheck.check(square, (X,), vjp=wrong)
""",
    )
    result = run(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["fails: test_it.py::test_not_asserted: * (the test passed all the same): *"])


def test_a_marked_test_fails_for_a_verdict_that_its_mark_does_not_expect(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
@pytest.mark.gradcheck
def test_not_asserted(gradcheck):
    gradcheck.check(square, (X,), vjp=wrong)

@pytest.mark.gradcheck(expect="fails")
def test_known_to_fail(gradcheck):
    gradcheck.check(square, (X,), vjp=wrong)

@pytest.mark.gradcheck(expect="fails")
def test_mended_meanwhile(gradcheck):
    gradcheck.check(square, (X,), vjp=right)
""",
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*test_not_asserted*",
            "FAILS (certified): wrong is the VJP of square",
            "*test_mended_meanwhile*",
            "fails was expected",
            "HOLDS (certified): right is the VJP of square",
            "1 does not hold, as is on record or expected by the mark",
            "fails: test_it.py::test_not_asserted: *",
            "holds: test_it.py::test_mended_meanwhile: *",
        ]
    )
    assert "fails: test_it.py::test_known_to_fail" not in text(result)


def test_a_marked_test_that_checks_nothing_fails(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
import gradcheck as gc

@pytest.mark.gradcheck
def test_empty(gradcheck):
    pass

@pytest.mark.gradcheck
def test_by_the_module():
    gc.assert_holds(square, (X,), vjp=right, points=0)

@pytest.mark.gradcheck
def test_left_out(gradcheck):
    pytest.skip("no such library")

@pytest.mark.gradcheck
@pytest.mark.skip(reason="not today")
def test_skipped(gradcheck):
    gradcheck.assert_holds(square, (X,), vjp=right)
""",
    )
    result = run(pytester)
    result.assert_outcomes(failed=2, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_empty is marked gradcheck, but checked nothing.",
            "Call assert_holds or check of the fixture gradcheck in it, as in gradcheck.assert_holds(f, (x,), vjp=backward);",
            "*gradcheck: nothing was checked*",
            "holds 0 · fails 0 · *",
            "not exercised: test_it.py::test_empty: marked gradcheck, but checked nothing",
            "not exercised: test_it.py::test_by_the_module: marked gradcheck, but checked nothing",
            "not exercised: test_it.py::test_left_out: skipped (no such library)",
            "not exercised: test_it.py::test_skipped: skipped (not today)",
        ]
    )


def test_a_check_that_raises_is_a_problem_and_shows_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
def test_misspelt(gradcheck):
    gradcheck.assert_holds(square, (X,), vpj=right)

def test_called(gradcheck):
    gradcheck(square, (X,), vjp=right)
""",
    )
    result = run(pytester)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            ">*gradcheck.assert_holds(square, (X,), vpj=right)",
            "E*UsageError: check() has no keyword vpj=; did you mean vjp=?",
            "E*TypeError: the fixture gradcheck is not a function: call gradcheck.assert_holds(f, args, ...)*",
            "*gradcheck: nothing was checked*",
            "* · problems 1",
            "problem: test_it.py::test_misspelt: its check raised UsageError: check() has no keyword vpj=*",
        ]
    )
    assert "options.py" not in text(result)


def test_seed_and_points_come_from_the_call_then_the_command_line_then_the_mark(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
def told(verdict):
    print(f"seed {verdict.seed}, {verdict.points} points")

@pytest.mark.gradcheck(seed=7, points=2)
def test_mark(gradcheck):
    told(gradcheck.check(square, (X,), vjp=right))

@pytest.mark.gradcheck(seed=7, points=2)
def test_call(gradcheck):
    told(gradcheck.check(square, (X,), vjp=right, seed=9, points=0))
    print(gradcheck, gradcheck.test, gradcheck.seed, gradcheck.points)
""",
    )
    plain = text(run(pytester, "-rP"))
    assert re.search(r"seed 7, 3 points", plain) and re.search(r"seed 9, 1 points", plain)
    assert "gradcheck test_it.py::test_call 7 2" in plain
    told = text(run(pytester, "-rP", "--gradcheck-seed=5", "--gradcheck-points=1"))
    assert re.search(r"seed 5, 2 points", told) and re.search(r"seed 9, 1 points", told)
    assert "gradcheck test_it.py::test_call 5 1" in told


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--gradcheck-seed=-1", "--gradcheck-seed=-1: a whole number, 0 or more, is expected"),
        ("--gradcheck-points=many", "--gradcheck-points=many: a whole number, 0 or more, is expected"),
        (
            "--gradcheck-report=out.pdf",
            "--gradcheck-report=out.pdf: a file that ends in .html, .json, .md or .csv is expected, or a folder",
        ),
        ("--gradcheck-report=", "--gradcheck-report=: a file that ends in *"),
        (
            "--gradcheck-report=taken.html",
            "--gradcheck-report=taken.html: there is a folder of that name; name another",
        ),
        ("--gradcheck-report=taken", "--gradcheck-report=taken: there is a file of that name; name another"),
        ("--gradcheck-sed=1", "*unrecognized arguments: --gradcheck-sed=1"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(pytester: pytest.Pytester, option: str, message: str) -> None:
    written(pytester, "def test_it(): pass")
    (pytester.path / "taken.html").mkdir()
    (pytester.path / "taken").touch()
    result = run(pytester, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{message}"])


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("expects='fails'", "there is no expects=; did you mean expect=?"),
        ("tolerance=1e-3", "there is no tolerance=; known are expect=, seed=, points="),
        (
            "expect='wrong'",
            "expect='wrong': one of holds, fails, conditional, ambiguous, undecided, unreadable is expected",
        ),
        ("points=-1", "points=-1: a whole number, 0 or more, is expected"),
        ("3", "3 has no keyword; write expect=, seed= or points= before it"),
    ],
)
def test_marks_that_cannot_be_meant_are_refused(pytester: pytest.Pytester, mark: str, message: str) -> None:
    written(pytester, f"@pytest.mark.gradcheck({mark})\ndef test_marked(gradcheck): pass")
    result = run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*test_it.py::test_marked: @pytest.mark.gradcheck: {message}"])


def test_a_run_that_checks_nothing_says_nothing_unless_it_is_asked(pytester: pytest.Pytester) -> None:
    written(pytester, "def test_plain(): pass")
    assert "gradcheck:" not in text(run(pytester))
    run(pytester, "--gradcheck-points=3").stdout.fnmatch_lines(["*gradcheck: nothing was checked*"])


MIXED = """
@pytest.mark.parametrize("scale", [1, 2])
def test_right(gradcheck, scale):
    gradcheck.assert_holds(square, (scale * X,), vjp=right, points=1)

def test_wrong(gradcheck):
    gradcheck.assert_holds(square, (X,), vjp=wrong, points=1)

@pytest.mark.gradcheck
def test_nothing():
    pass

def test_twice(gradcheck):
    for x in (X, 2 * X):
        gradcheck.assert_holds(square, (x,), vjp=right, points=0)
"""


def test_a_report_has_a_row_for_each_check(pytester: pytest.Pytester) -> None:
    written(pytester, MIXED)
    result = run(pytester, "--gradcheck-report=out.json", "--gradcheck-seed=3")
    result.stdout.fnmatch_lines(["report: out.json"])
    done = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert done["counts"] == {
        **dict.fromkeys(("conditional", "ambiguous", "undecided", "unreadable", "problems"), 0),
        "holds": 4,
        "fails": 1,
    }
    assert done["seed"] == 3
    assert [(row["document"], row["claim"], row["verdict"]) for row in done["rows"]] == [
        ("test_it.py", "test_right[1]: square: right, x", "holds"),
        ("test_it.py", "test_right[2]: square: right, x", "holds"),
        ("test_it.py", "test_wrong: square: wrong, x", "fails"),
        ("test_it.py", "test_twice: square: right, x", "holds"),
        ("test_it.py", "test_twice: square: right, x (2)", "holds"),
    ]
    lines = (pytester.path / "test_it.py").read_text(encoding="utf-8").splitlines()
    assert lines[done["rows"][2]["line"] - 1] == "def test_wrong(gradcheck):"


def test_a_folder_gets_all_four_files(pytester: pytest.Pytester) -> None:
    written(pytester, MIXED)
    run(pytester, "--gradcheck-report=out/deep").stdout.fnmatch_lines(["report: out/deep/audit.md, *"])
    folder = pytester.path / "out" / "deep"
    assert sorted(file.name for file in folder.iterdir()) == ["audit.csv", "audit.html", "audit.json", "audit.md"]
    page = (folder / "audit.html").read_text(encoding="utf-8")
    assert "<p>wrong is the VJP of square</p>" in page, "names of code are not typeset as formulas"
    assert "pytest test_it.py::test_wrong" in page
    assert "pytest test_it.py::test_wrong" in (folder / "audit.md").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_told_and_is_no_success(pytester: pytest.Pytester) -> None:
    written(pytester, "def test_right(gradcheck):\n    gradcheck.assert_holds(square, (X,), vjp=right, points=0)\n")
    (pytester.path / "file").touch()
    result = run(pytester, "--gradcheck-report=file/out.html")
    result.stdout.fnmatch_lines(["no report: cannot write *out.html*; name another path with --gradcheck-report"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_workers_send_their_findings(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    written(pytester, MIXED)
    alone = run(pytester, "--gradcheck-report=alone.json", "-p", "no:xdist")
    apart = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n2", "--gradcheck-report=apart.json")
    alone.assert_outcomes(passed=3, failed=2)
    apart.assert_outcomes(passed=3, failed=2)
    first, second = ((pytester.path / name).read_text(encoding="utf-8") for name in ("alone.json", "apart.json"))
    assert first == second

    def section(result: pytest.RunResult) -> list[str]:
        start = next(i for i, line in enumerate(result.outlines) if "gradcheck: 5 claims checked in 4 tests" in line)
        return result.outlines[start : start + 4]

    assert section(alone)[1:] == section(apart)[1:]


def test_junit_xml_has_the_verdicts_as_properties(pytester: pytest.Pytester) -> None:
    written(pytester, MIXED)
    run(pytester, "--junitxml=out.xml")
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}  # noqa: S314 - our own

    def properties(name: str) -> list[tuple[str | None, str | None]]:
        return [(found.get("name"), found.get("value")) for found in cases[name].iter("property")]

    wrong = dict(properties("test_wrong"))
    assert wrong["gradcheck.verdict"] == "fails"
    assert wrong["gradcheck.certified"] == "true"
    assert str(wrong["gradcheck.claim"]).startswith("square: wrong, x: fails, certified: ")
    right = properties("test_twice")
    assert ("gradcheck.verdict", "holds") in right and ("gradcheck.claims", "2") in right
    assert int(str(dict(right)["gradcheck.digits"])) >= 30
    assert properties("test_nothing") == []


def test_claims_of_sheets_are_items_with_file_and_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"claims/doc": SHEET})
    result = run(pytester, "claims", "--junitxml=out.xml", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "claims/doc.py::doc::right PASSED*",
            "claims/doc.py::doc::known-wrong PASSED*",
            "*gradcheck: 2 claims checked in 2 tests*",
            "holds 1 · fails 1 · *",
            "1 does not hold, as is on record or expected by the mark",
        ]
    )
    run(pytester, "claims/doc.py::doc::right").assert_outcomes(passed=1)
    lines = (pytester.path / "claims" / "doc.py").read_text(encoding="utf-8").splitlines()
    items, _ = pytester.inline_genitems("claims")
    places = [item.reportinfo() for item in items]
    assert [place[2] for place in places] == ["doc::right", "doc::known-wrong"]
    assert [lines[int(place[1] or 0)].partition(",")[0] for place in places] == [
        'stated("right"',
        'stated("known-wrong"',
    ]


def test_a_claim_that_is_not_as_recorded_fails_with_the_whole_finding(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        **{"claims/doc": f"{SHEET}\nstated('wrong', 8, 3)\nstated('mended', 9, 2, Record('fails', 'a slip'))\n"}
    )
    result = run(pytester, "claims")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*doc::wrong*",
            "FAILS (certified): doc::wrong: (x^2)' = 3 x",
            "*on record *no verdict is on record, so holds was expected",
            "*show *gradcheck show doc::wrong --path claims/doc.py",
            "*doc::mended*",
            "HOLDS (certified): doc::mended: (x^2)' = 2 x",
            "*on record *fails is on record (a slip), and holds was found",
            "fails: claims/doc.py::doc::wrong: *",
            "holds: claims/doc.py::doc::mended*",
        ]
    )


def test_a_function_that_is_not_what_is_printed_fails_with_both_numbers(pytester: pytest.Pytester) -> None:
    sheet = SHEET.replace("lambda x: factor * x", "lambda x: 2 * x")
    assert sheet != SHEET
    pytester.makepyfile(**{"claims/doc": f"{sheet}\nstated('mended-in-passing', 8, 3)\n"})
    result = run(pytester, "claims")
    result.stdout.fnmatch_lines(
        [
            "HOLDS (certified): doc::mended-in-passing: *",
            "*in print *the function is not what is printed: fails, certified: * is printed, and * is transcribed",
            "*show *gradcheck show doc::mended-in-passing --path claims/doc.py",
        ]
    )


def test_the_report_on_sheets_is_that_of_the_audit(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"claims/doc": SHEET})
    run(pytester, "claims", "--gradcheck-report=out.json")
    claims, problems = collect(["claims"])
    assert (pytester.path / "out.json").read_text(encoding="utf-8") == audit_json(
        audit(claims, problems, paths=["claims"])
    )


def test_sheets_are_collected_only_where_they_are_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"claims/doc": SHEET, "test_plain": "def test_plain(): pass"})
    run(pytester).assert_outcomes(passed=1)
    run(pytester, "test_plain.py").assert_outcomes(passed=1)
    run(pytester, ".").assert_outcomes(passed=3)
    pytester.makeini("[pytest]\ngradcheck_sheets = claims\n")
    run(pytester).assert_outcomes(passed=3)


def test_files_that_import_or_quote_sheets_are_passed_over(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        **{
            "claims/doc": SHEET,
            "claims/helper": "from gradcheck import Sheet\n\ndef made():\n    doc = Sheet('d', 'd.txt', 'D')\n    return doc\n",
            "claims/_private": SHEET.replace('"doc"', '"private"'),
        }
    )
    run(pytester, "claims").assert_outcomes(passed=2)


def test_a_sheet_that_does_not_import_is_an_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"claims/doc": f"{SHEET}\nraise RuntimeError('half done')\n"})
    result = run(pytester, "claims")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*does not import: RuntimeError: half done*"])


def test_two_claims_of_one_name_are_an_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"claims/doc": SHEET, "claims/again": SHEET})
    result = run(pytester, "claims")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["doc::right: claims/again.py has a claim of this name already; rename one"])


def test_a_claim_whose_check_raises_is_a_problem(pytester: pytest.Pytester) -> None:
    broken = (
        "\ndef stop(x):\n    raise RuntimeError('not yet')\n\nDOC.claim('raises', 'derivative', 9, 'f', primal=square, "
    )
    pytester.makepyfile(**{"claims/doc": f"{SHEET}{broken}claimed=stop, inputs={{'x': Reals()}}, wrt='x')\n"})
    result = run(pytester, "claims")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["* · problems 1", "problem: claims/doc.py::doc::raises: its check raised *not yet*"])


def test_the_plugin_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass\n", encoding="utf-8")
    probe = (
        "import sys, pytest\n"
        "pytest.main(['-q', '-p', 'no:cacheprovider', 'test_plain.py'])\n"
        "print('loaded:', *sorted(name for name in sys.modules if name.startswith('gradcheck')))\n"
        "print('heavy:', *sorted({'numpy', 'jax', 'flint', 'hypothesis'} & set(sys.modules)))"
    )
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "gradcheck.pytest_plugin"}
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={**environment, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "1 passed" in done.stdout
    loaded = done.stdout.partition("loaded: ")[2].partition("\n")[0].split()
    assert loaded == ["gradcheck", "gradcheck.pytest_plugin", "gradcheck.testing", "gradcheck.testing.item"]
    assert done.stdout.rpartition("heavy:")[2].strip() == ""


def test_the_place_of_a_claim_comes_back_from_a_worker() -> None:
    source = Source("notes.md", 3, "x' = 1", "printed", "notes.md", 5, (3, 11))
    verdict = Verdict(Claim("3:5", "derivative", source), "undecided", reason="nothing says what x is")
    assert verdict_from(verdict_text(verdict)).claim.source == source
