"""The pytest plugin: options, a mark, a fixture, and hooks. What they do is in `gradcheck.testing`, imported on first use.

Nothing but pytest is imported here, since every pytest run of an environment that has gradcheck loads this module.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.testing.item import FINDINGS, MARK, defaults_of, findings_of

if TYPE_CHECKING:
    from gradcheck.testing.checker import Checker
    from gradcheck.testing.findings import TestFindings
    from gradcheck.testing.sheets import SheetFile

OPTIONS = ("report", "seed", "points")
SUFFIXES = ("", ".html", ".json", ".md", ".csv")

_CURRENT: pytest.StashKey[pytest.Item] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The three options and the setting."""
    group = parser.getgroup("gradcheck", "gradient checks")
    group.addoption(
        "--gradcheck-report",
        metavar="PATH",
        help="write a report on all gradient checks of the run: a .html, .json, .md or .csv file, or a folder for all four",
    )
    group.addoption(
        "--gradcheck-seed", metavar="N", help="seed of the points that gradient checks visit (0 unless a test says)"
    )
    group.addoption(
        "--gradcheck-points",
        metavar="N",
        help="how many points a gradient check visits beside the arguments it is given (by default as suits the claim)",
    )
    parser.addini(
        "gradcheck_sheets",
        "folders whose sheets of claims are collected when pytest visits them, named on the command line or not",
        type="paths",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what the options cannot be, and tell pytest of the mark."""
    config.addinivalue_line(
        "markers",
        "gradcheck(expect='holds', seed=N, points=N): the test checks derivatives with the fixture gradcheck; it fails for a "
        "verdict that is not the one expected, and if it checks nothing",
    )
    for option in OPTIONS[1:]:
        given = config.getoption(f"gradcheck_{option}")
        if given is not None and not (given.isascii() and given.isdecimal()):
            raise pytest.UsageError(f"--gradcheck-{option}={given}: a whole number, 0 or more, is expected")
    report = config.getoption("gradcheck_report")
    if report is not None:
        path = Path(report)
        if not report or path.suffix not in SUFFIXES:
            raise pytest.UsageError(
                f"--gradcheck-report={report}: a file that ends in .html, .json, .md or .csv is expected, or a folder"
            )
        if path.is_dir() == bool(path.suffix) and path.exists():
            held = "there is a folder of that name" if path.is_dir() else "there is a file of that name"
            raise pytest.UsageError(f"--gradcheck-report={report}: {held}; name another")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reporter(config), "gradcheck-reporter")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SheetFile | None:
    """Files that define sheets, under a path that is named on the command line or in the setting ``gradcheck_sheets``."""
    if file_path.suffix != ".py":
        return None
    config = parent.config
    asked = [*config.getini("gradcheck_sheets")]
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        asked += [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    if not any(file_path == path or path in file_path.parents for path in asked):
        return None
    if file_path.name.startswith(("_", "test_")) or b"Sheet(" not in file_path.read_bytes():
        return None
    from gradcheck.testing.sheets import SheetFile, defines_sheets

    return SheetFile.from_parent(parent, path=file_path) if defines_sheets(file_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse marks that say what there is not, before anything runs."""
    for item in items:
        for mark in item.iter_markers(MARK):
            from gradcheck.testing.mark import refuse_misspelt

            refuse_misspelt(item.nodeid, mark)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember which test runs, for the fixture, which outlives it."""
    item.config.stash[_CURRENT] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a marked test that passed, but checked nothing or got a verdict that it does not expect."""
    result = yield
    mark = item.get_closest_marker(MARK)
    if mark is not None:
        from gradcheck.testing.mark import judge

        judge(findings_of(item), mark.kwargs.get("expect", "holds"))
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the findings of a test along with its last report, and as properties, which JUnit XML shows."""
    if FINDINGS in item.stash and call.when == "teardown":
        item.user_properties += findings_of(item).properties()
    report = yield
    if FINDINGS in item.stash or item.get_closest_marker(MARK) is not None:
        found = findings_of(item)
        found.hear(report)
        if call.when == "teardown":
            report.gradcheck = found.to_text()  # type: ignore[attr-defined] # pytest-xdist sends all that a report has
    return report


@pytest.fixture(scope="session")
def gradcheck(pytestconfig: pytest.Config) -> Checker:
    """Check derivatives: ``gradcheck.assert_holds(f, args, vjp=backward)`` and ``gradcheck.check(...)``.

    They are `gradcheck.assert_holds` and `gradcheck.check` with the seed and the points of the run, and their verdicts go
    into its summary and report, under the test that runs.
    """
    from gradcheck.testing.checker import Checker

    stash = pytestconfig.stash
    return Checker(lambda: findings_of(stash[_CURRENT]), lambda: defaults_of(stash[_CURRENT]))


class _Reporter:
    """Takes in the findings of all tests, wherever they ran, writes the report, and sums up."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: list[TestFindings] = []
        self.told: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in the findings of a test."""
        text = getattr(report, "gradcheck", None)
        if text is not None:
            from gradcheck.testing.findings import TestFindings

            self.found.append(TestFindings.from_text(text))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, if one is asked for; a run whose report cannot be written does not end well."""
        path = self.config.getoption("gradcheck_report")
        if path is None:
            return
        from gradcheck.report.files import ReportError
        from gradcheck.testing import findings, summary

        folder = self.config.invocation_params.dir
        seed = int(self.config.getoption("gradcheck_seed") or 0)
        audit = findings.as_audit(self.found, seed, summary.named_paths(self.found, self.config.args, folder))
        try:
            written = summary.write(audit, folder / path)
        except ReportError as error:
            self.told.append(f"no report: {str(error).partition(';')[0]}; name another path with --gradcheck-report")
            session.exitstatus = session.exitstatus or pytest.ExitCode.USAGE_ERROR
        else:
            self.told.append(f"report: {', '.join(summary.shown_from(folder, file) for file in written)}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The section on gradient checks, if there are any or the options ask for some."""
        if not self.found and all(self.config.getoption(f"gradcheck_{option}") is None for option in OPTIONS):
            return
        from gradcheck.testing import summary

        terminalreporter.section(summary.title(self.found), yellow=not any(test.checks for test in self.found))
        for line in (*summary.lines(self.found), *self.told):
            terminalreporter.write_line(line)
