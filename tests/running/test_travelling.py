"""However an audit runs, the result is the same to the byte; units bring what they need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from gradcheck.audit import Audit, Problem, audit, collect, documents_in
from gradcheck.commands.audit import with_pictures
from gradcheck.pictures import illustrate
from gradcheck.running.driving import importer, pages, units_of_claims, units_of_page
from gradcheck.running.isolated import Isolated
from gradcheck.running.limits import Limits
from gradcheck.running.sources import ChangedError, sources_of_modules
from gradcheck.running.units import FormulaUnit, outcome_of, perform
from gradcheck.verdict import Verdict

PAGE = "Let $f(x) = x^2$. Then $f'(x) = 2x$.\n\nLet $g(x) = x^3$. Then $g'(x) = 2x$.\n"
SHEET = """document = 'page.md'
[[formula]]
quote = "g'(x) = 2x"
name = 'cubed'
"""
PAPER = "\\input{defs}\n\\begin{document}\nLet $\\sq(x) = x^2$. Then $\\sq'(x) = 2x$.\n\\input{part}\n"
CLAIMS = """
import numpy as np
from gradcheck.claim import Record, Sheet
from gradcheck.domains import Reals
from helper.shapes import square

doc = Sheet("doc", "doc.txt", "Doc")
inputs = {"x": Reals()}
doc.claim("right", "derivative", 1, "2x", primal=square, claimed=lambda x: 2 * x, inputs=inputs, wrt="x")
doc.claim("wrong", "derivative", 2, "3x", primal=square, claimed=lambda x: 3 * x, inputs=inputs, wrt="x",
          recorded=Record("fails", "planted"))
doc.claim("raises", "derivative", 3, "?", primal=lambda x: x.no_such_thing, claimed=lambda x: x, inputs=inputs, wrt="x")
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a module and one that it imports, a page with a sheet, and a paper in three files."""
    folder = tmp_path / "tree"
    files = {
        "audited/claims.py": CLAIMS,
        "audited/page.md": PAGE,
        "audited/page.md.gradcheck.toml": SHEET,
        "audited/paper/main.tex": PAPER,
        "audited/paper/defs.tex": "\\newcommand{\\sq}{q}\n",
        "audited/paper/part.tex": "Let $p(x) = \\sin x$. Then $p'(x) = \\cos x$.\n",
        "audited/empty.md": "\n",
        "audited/broken.md": "\0",
        "lib/helper/__init__.py": "",
        "lib/helper/shapes.py": "from .power import power\n\ndef square(x):\n    return power(x)\n",
        "lib/helper/power.py": "def power(x):\n    return x * x\n",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder / "lib"))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "helper"]:
        del sys.modules[name]


def here(folder: str = "audited") -> Audit:
    """The audit of a folder in this process, with pictures."""
    claims, problems = collect([folder])
    return illustrate(audit(claims, problems, paths=[folder], documents=documents_in([folder])))


def test_workers_give_the_same_bytes_whoever_imports_the_modules(tree: Path, written: Callable[[Audit], str]) -> None:
    told: list[Verdict | Problem] = []
    totals: list[int] = []
    with Isolated(2) as executor:
        claims, problems = collect(["audited"], importer=importer(executor))
        there = audit(
            claims,
            problems,
            paths=["audited"],
            documents=documents_in(["audited"]),
            executor=executor,
            finish=with_pictures,
            on_verdict=told.append,
            on_total=totals.append,
        )
    assert all(name.partition(".")[0] != "helper" for name in sys.modules), "nothing was imported here"
    assert [verdict.status for verdict in there.verdicts] == ["holds", "fails", "holds", "fails", "holds", "holds"]
    assert there.verdicts[1].pictures and there.verdicts[0].quality is not None
    assert {problem.where for problem in there.problems} == {"doc::raises", "audited/broken.md"}
    assert totals == [7] and len(told) == 8  # six verdicts, a check that raised, a document that cannot be read
    assert written(there) == written(here())


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_any_executor_of_the_standard_library_will_do(tree: Path, written: Callable[[Audit], str], kind: str) -> None:
    from multiprocessing import get_context

    claims, problems = collect(["audited"])
    made: Executor
    made = ThreadPoolExecutor(1) if kind == "threads" else ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with made as executor:
        there = audit(claims, problems, paths=["audited"], documents=documents_in(["audited"]), executor=executor)
    claims, problems = collect(["audited"])
    plain = audit(claims, problems, paths=["audited"], documents=documents_in(["audited"]))
    assert written(there) == written(plain)


def test_units_carry_their_files_where_these_are_not(tree: Path, written: Callable[[Audit], str]) -> None:
    """As on another machine: the folder is gone before the units are performed."""
    from gradcheck.planning import planned

    claims, _ = collect(["audited"])
    expected = audit(claims, paths=["audited"], documents=[Path("audited/paper/main.tex")])
    units = units_of_claims(claims, 0, carried=True)
    page = planned(Path("audited/paper/main.tex"))
    units += list(units_of_page(page, 0, carried=True))
    shutil.move(tree, tree.with_name("gone"))
    elsewhere = tree.with_name("elsewhere")
    elsewhere.mkdir()
    sys.path[:] = [entry for entry in sys.path if not Path(entry).is_relative_to(tree)]
    __import__("os").chdir(elsewhere)
    with Isolated(1) as executor:
        about = [*claims, *[None] * len(page.claims)]
        told = [
            outcome_of(executor.submit(perform, unit).result(), claim) for unit, claim in zip(units, about, strict=True)
        ]
    assert [str(one) for one in told[:2]] == [str(one) for one in expected.verdicts[:2]]
    assert isinstance(told[2], Problem) and str(told[2]) == str(expected.problems[0])
    assert [str(one) for one in told[3:]] == [str(one) for one in expected.verdicts[2:]]


def test_the_sources_of_a_module_are_what_it_imports_and_nothing_that_is_installed(tree: Path) -> None:
    found = sources_of_modules([Path("audited/claims.py")], carried=True)
    names = [Path(file).relative_to(tree).as_posix() for file, _ in found.files]
    assert names == ["audited/claims.py", "lib/helper/__init__.py", "lib/helper/power.py", "lib/helper/shapes.py"]
    assert {Path(root).relative_to(tree).as_posix() for root in found.roots} == {"audited", "lib"}


def test_a_file_that_changed_since_the_audit_began_is_told(tree: Path) -> None:
    claims, _ = collect(["audited"])
    with Isolated(1) as executor:
        units = units_of_claims(claims, 0, carried=False)
        (page,) = pages(executor, [Path("audited/page.md")], 0)
        formulas = list(units_of_page(page, 0, carried=False))
        (tree / "lib/helper/power.py").write_text("def power(x):\n    return x\n", encoding="utf-8")
        claim = outcome_of(executor.submit(perform, units[0]).result(), claims[0])
        known = outcome_of(executor.submit(perform, formulas[0]).result())
        (tree / "audited/page.md").write_text(PAGE.replace("x^2", "x^4"), encoding="utf-8")
        with Isolated(1) as other:
            formula = outcome_of(other.submit(perform, formulas[0]).result())
    assert "power.py has changed since the audit began; audit it again" in str(claim)
    assert isinstance(known, Verdict) and known.status == "holds"
    assert "page.md has changed since the audit began; audit it again" in str(formula)
    with pytest.raises(ChangedError):
        units[0].sources.place()  # type: ignore[union-attr]


def test_a_module_that_ends_its_process_when_imported_is_a_problem_and_the_others_are_audited(tree: Path) -> None:
    (tree / "audited" / "a_leaves.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    with Isolated(1) as executor:
        claims, problems = collect(["audited"], importer=importer(executor))
    assert [claim.name for claim in claims] == ["right", "wrong", "raises"]
    (problem,) = problems
    assert str(problem).startswith("audited/a_leaves.py: does not import: it ended its process with exit code 3")


def test_a_sheet_that_two_modules_see_is_collected_once(tree: Path) -> None:
    (tree / "audited" / "more.py").write_text("import claims\nfrom claims import doc\n", encoding="utf-8")
    sys.path.insert(0, str(tree / "audited"))
    with Isolated(1) as executor:
        claims, problems = collect(["audited"], importer=importer(executor))
    assert [claim.name for claim in claims] == ["right", "wrong", "raises"]
    assert [problem.where for problem in problems] in ([], ["doc::right", "doc::wrong", "doc::raises"])


def test_a_formula_that_takes_too_long_is_undecided_and_its_neighbours_are_judged(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Isolated(1, Limits(20, None)) as executor:
        (page,) = pages(executor, [Path("audited/page.md")], 0)
        slow, good = units_of_page(page, 0, carried=False)
        from gradcheck.running.driving import Job, run

        jobs = [Job(0, page.claims[0], _Slow(**vars(slow)), False), Job(1, page.claims[1], good, False)]  # type: ignore[arg-type]
        found = {number: (outcome, again) for number, outcome, again in run(executor, jobs)}
    outcome, again = found[0]
    assert isinstance(outcome, Verdict) and outcome.status == "undecided" and not again
    told = "reading what its check needs took longer than the 20 s that a claim may take (--time-limit) and was ended"
    assert outcome.reason == told and outcome.claim.name == "1:25"
    assert isinstance(found[1][0], Verdict) and found[1][0].status == "fails"


class _Slow(FormulaUnit):
    """A formula whose judging never ends."""

    def run(self) -> dict[str, object]:
        while True:
            threading.Event().wait(1)


def test_a_check_of_ones_own_cannot_travel() -> None:
    with Isolated(1) as executor, pytest.raises(TypeError, match="cannot travel"):
        audit([], check=lambda claim, seed: Verdict(claim, "holds"), executor=executor)


def test_interrupting_an_audit_leaves_no_process(tree: Path) -> None:
    """Ctrl-C while a claim runs forever: the command ends at once, with 130, and so do its workers."""
    import os
    import signal
    import time

    (tree / "forever.py").write_text(
        "import os\nfrom pathlib import Path\nfrom gradcheck.claim import Sheet\nfrom gradcheck.domains import Reals\n"
        "doc = Sheet('doc', '', '')\ndef primal(x):\n    Path('pid').write_text(str(os.getpid()))\n    while True: pass\n"
        "doc.claim('d', 'derivative', 1, '2x', primal=primal, claimed=primal, inputs={'x': Reals()}, wrt='x')\n",
        encoding="utf-8",
    )
    root = str(Path(__file__).resolve().parents[2])
    # Who runs these tests in the background has them ignore Ctrl-C, and what they start as well.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from gradcheck.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", heard, "audit", "forever.py", "--isolate", "--no-files"],
        env=os.environ | {"PYTHONPATH": root},
        stderr=subprocess.PIPE,
        text=True,
    )
    pid = tree / "pid"
    try:
        while not (pid.exists() and pid.read_text(encoding="utf-8")):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    finally:
        running.kill()
        running.communicate()
    assert running.returncode == 130 and "interrupted" in errors
    for _ in range(500):
        if not Path(f"/proc/{pid.read_text(encoding='utf-8')}").exists():
            break
        time.sleep(0.01)
    assert not Path(f"/proc/{pid.read_text(encoding='utf-8')}").exists()
