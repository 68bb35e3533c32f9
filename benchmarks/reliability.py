"""What gradcheck survives, counted: the table in docs/security.md, written anew.

    python benchmarks/reliability.py [--only ROW]... [--inputs N] [--kills N] [--check]

The rows are *fuzzing* (of the grammar), *readers* (the other targets), *terminal*, *page*, *misbehaving* and *kills*.
A row that is not run keeps the figures of its last run, with their date; one that never ran says so. Exit code 1 where a row
has anything but zeros to report.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
KEPT = ROOT / "build" / "reliability"
BEGIN, END = "<!-- reliability: written by make reliability -->", "<!-- end of reliability -->"
HEADER = "| what was tried | how much | what went wrong | on |\n|---|---|---|---|"
NOT_RUN = "not run"


@dataclass(frozen=True)
class Row:
    """What one row counts: how much was tried, what went wrong; and whether nothing did."""

    tried: str
    wrong: str
    clean: bool


class MissingError(Exception):
    """What a row needs is not there."""


def fuzzing(chosen: argparse.Namespace) -> Row:
    """Inputs of the grammar; a tally in ``build/reliability`` goes on where it stopped."""
    tally = _fuzzed("grammar", chosen.inputs)
    budget = f"{len(tally['slow'])} over a second of processor time (slowest {tally['slowest']:.2f} s)"
    clean = not tally["crashes"] and not tally["slow"]
    return Row(f"{tally['runs']:,} inputs", f"{len(tally['crashes'])} crashes, {budget}", clean)


def readers(chosen: argparse.Namespace) -> Row:
    """Inputs of the readers of documents and sheets, and of claims with their definitions."""
    from tests.fuzz.targets import TARGETS

    names = [name for name in TARGETS if name != "grammar"]
    tallies = [_fuzzed(name, max(chosen.inputs // 50, 100)) for name in names]
    crashes, slow = (sum(len(tally[key]) for tally in tallies) for key in ("crashes", "slow"))
    tried = f"{sum(tally['runs'] for tally in tallies):,} inputs of {len(names)} targets ({', '.join(names)})"
    return Row(tried, f"{crashes} crashes, {slow} over a second of processor time", not crashes and not slow)


def terminal(_: argparse.Namespace) -> Row:
    """Every format and command in a pseudo-terminal, by its tests."""
    return _tests(
        "tests/terminal", "formats and commands on a hostile folder, in a pseudo-terminal", "escapes handed on"
    )


def page(_: argparse.Namespace) -> Row:
    """Hostile strings in every kind of page, in Chromium."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise MissingError("playwright is not installed") from error
    from tests.browser.conftest import launched
    from tests.browser.hostile import STRINGS, executions

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        try:
            browser = launched(playwright)
        except Error as error:
            raise MissingError("no Chromium starts") from error
        found = executions(browser, Path(folder))
        browser.close()
    for evil, acted in found.items():
        print(f"{evil!r} acted in {'; '.join(acted)}", file=sys.stderr)
    return Row(
        f"{len(STRINGS)} hostile strings in five kinds of page, in Chromium", f"{len(found)} executions", not found
    )


def misbehaving(_: argparse.Namespace) -> Row:
    """Claims that loop, die, print and the like, between claims that do not."""
    kinds = list(_beside("misbehaving").rows())
    lost = sum(kind.lost for kind in kinds)
    return Row(f"{len(kinds)} kinds of misbehaving claims", f"{lost} other verdicts lost", not lost)


def kills(chosen: argparse.Namespace) -> Row:
    """Audits killed at random moments and resumed."""
    done = _beside("kills").tally(chosen.kills)
    wrong = f"{done.lost} verdicts lost, {done.different} results that differ from an undisturbed one"
    return Row(f"{done.kills} kills of an audit at random moments", wrong, not done.lost and not done.different)


ROWS: Mapping[str, tuple[str, Callable[[argparse.Namespace], Row]]] = {
    "fuzzing": ("the grammar of formulas, fuzzed", fuzzing),
    "readers": ("the readers of documents and claims, fuzzed", readers),
    "kills": ("an audit killed, and resumed", kills),
    "misbehaving": ("claims that misbehave", misbehaving),
    "page": ("hostile strings in pages", page),
    "terminal": ("hostile strings in a terminal", terminal),
}


def main() -> int:
    """Exit code 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of the grammar; of each other target a fiftieth")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--check", action="store_true", help="write nothing")
    chosen = parser.parse_args()
    told = rows_of(PAGE.read_text(encoding="utf-8"))
    clean = True
    for name in chosen.only or ROWS:
        title, run = ROWS[name]
        try:
            row = run(chosen)
        except MissingError as error:
            print(f"{title}: {NOT_RUN}: {error}", file=sys.stderr)
            continue
        clean = clean and row.clean
        told[title] = (row.tried, row.wrong, f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}")
        print(f"{title}: {row.tried}: {row.wrong}", flush=True)
    if not chosen.check:
        PAGE.write_text(with_rows(PAGE.read_text(encoding="utf-8"), told), encoding="utf-8")
    return 0 if clean else 1


def rows_of(text: str) -> dict[str, tuple[str, str, str]]:
    """The rows that the page has."""
    told: dict[str, tuple[str, str, str]] = {}
    for line in _table(text).splitlines()[2:]:
        title, tried, wrong, on = (cell.strip() for cell in line.strip("|").split("|"))
        if tried != NOT_RUN:
            told[title] = (tried, wrong, on)
    return told


def with_rows(text: str, told: Mapping[str, tuple[str, str, str]]) -> str:
    """The page with these rows, in order, and the others as not run."""
    lines = [HEADER]
    for title, _ in ROWS.values():
        cells = told.get(title, (NOT_RUN, "", ""))
        lines.append("| " + " | ".join((title, *cells)).replace("|  |", "| |") + " |")
    return text.replace(_table(text), "\n".join(lines))


def _table(text: str) -> str:
    """What stands between the marks."""
    found = re.search(rf"{re.escape(BEGIN)}\n\n(.*?)\n\n{re.escape(END)}", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"{PAGE} has no place for the table: {BEGIN}")
    return found[1]


def _fuzzed(target: str, inputs: int) -> dict[str, list[str] | int | float]:  # a tally as it is written
    """The tally of a target after so many inputs."""
    if importlib.util.find_spec("atheris") is None:
        raise MissingError("atheris is not installed")
    summary = KEPT / f"{target}.json"
    command = [sys.executable, "-m", "tests.fuzz.run", target, "--runs", str(inputs), "--summary", str(summary)]
    subprocess.run([*command, "--corpus", str(KEPT / target)], cwd=ROOT, check=False)
    tally: dict[str, list[str] | int | float] = json.loads(summary.read_text(encoding="utf-8"))
    return tally


def _tests(path: str, what: str, wrong: str) -> Row:
    """A row that is a file of tests: each is one thing tried."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counts = {name: int(number) for number, name in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    if not counts.get("passed") and not counts.get("failed"):
        raise MissingError(f"the tests did not run: {done.stdout[-300:]}")
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return Row(f"{counts.get('passed', 0) + failed} {what}", f"{failed} {wrong}", not failed)


def _beside(name: str):  # noqa: ANN202 # a module
    """A benchmark beside this one, which counts a row of its own."""
    file = ROOT / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    if not file.exists() or spec is None or spec.loader is None:
        raise MissingError(f"there is no benchmarks/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
