"""``gradcheck audit``: every claim under some paths, judged in this process, in workers or on a cluster, and reported."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import click

from gradcheck.commands.output import FORMATS, ILLUSTRATED, Failure, refuse, write, write_files
from gradcheck.commands.storing import Run, opened, store_options
from gradcheck.commands.workers import places, worker_options
from gradcheck.running.limits import rarely_collected

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from gradcheck.audit import Audit, LeftOut
    from gradcheck.baseline import Entry
    from gradcheck.store.verdicts import Verdicts
    from gradcheck.verdict import Verdict

DEFAULT_PATHS = ("reference",)
DEFAULT_OUTPUT = "reports"
_WRITTEN = ("audit", "catalogue")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="What to print: a table and findings, a report, path:line:column lines, or what a program or a service reads.",
)
@click.option("--to", "target", metavar="FILE", help="Write it into FILE; - for standard output.  [default: -]")
@click.option("--json", "json_file", metavar="FILE", help="The same as --format json --to FILE.")
@click.option("--baseline", metavar="FILE", help="Accept the findings that FILE lists with their reasons.")
@click.option("--write-baseline", "made", metavar="FILE", help="Accept what is found now: write or renew FILE.")
@click.option("--reason", default="", metavar="TEXT", help="Why the new findings of --write-baseline are accepted.")
@click.option("--no-python", is_flag=True, help="Look at documents alone: import no Python file.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Pass over what matches in folders: notes/old, */drafts/*.md. Repeatable.",
)
@click.option("--output", metavar="DIR", help=f"Folder for the report files.  [default: {DEFAULT_OUTPUT}]")
@click.option("--no-files", is_flag=True, help="Write no report files.")
@click.option("--no-pictures", is_flag=True, help="No pictures and no numerical quality in reports.")
@click.option("--site", metavar="DIR", help="Write a folder of HTML pages, one a document, into DIR.")
@click.option("--seed", default=0, show_default=True, help="Seed of the points that are drawn.")
@store_options
@worker_options
def audit(
    paths: tuple[str, ...],
    form: str,
    target: str | None,
    json_file: str | None,
    baseline: str | None,
    made: str | None,
    reason: str,
    no_python: bool,
    exclude: tuple[str, ...],
    output: str | None,
    no_files: bool,
    no_pictures: bool,
    site: str | None,
    seed: int,
    store_file: str | None,
    no_store: bool,
    **wanted: Any,
) -> None:
    """Check every claim in the Python files and the documents under each PATH (default: reference).

    Prints a table, the findings and a summary, and writes audit.md, audit.csv, audit.json and audit.html. In another
    format, or into a file, it is all that is written, unless --output asks for the report files as well. Of more than 500
    claims, the folder audit/ beside those files holds the pages of --site as well.

    Formulas of documents are judged in a process of their own, each within limits of time and memory; --isolate does the same
    with the functions of Python files, --workers with several at a time, --dask on a cluster.

    What did not change since an earlier audit in the same working folder is not checked again.

    Exit codes: 0 when all verdicts are as expected or accepted, 1 when one is not, 2 for a failure of gradcheck's own.
    """
    if json_file is not None and (form != "table" or target is not None):
        raise Failure("--json FILE stands for --format json --to FILE; give one or the other")
    if baseline is not None and made is not None:
        raise Failure("--baseline reads a baseline and --write-baseline renews one; give one of the two")
    if reason and made is None:
        raise Failure("--reason says why --write-baseline accepts new findings; give both, or neither")
    form, target = ("json", json_file) if json_file is not None else (form, target or "-")
    shown = form == "table" and target == "-"
    refuse(form, target)
    paths = paths or DEFAULT_PATHS
    known = _read_baseline(baseline, made)
    files = not no_files and (shown or output is not None)
    pictured = (files or site is not None or form in ILLUSTRATED) and not no_pictures
    bar = shown and sys.stderr.isatty()
    with rarely_collected(), opened(store_file, no_store, {"seed": seed}, pictured=pictured) as store:
        run = Run(store, wanted=made is None)
        with run.on():
            with run.paused():
                done = _audit(
                    paths,
                    seed,
                    wanted,
                    bar=bar,
                    python=not no_python,
                    pictured=pictured,
                    store=store,
                    left_out=_left_out(exclude, output or DEFAULT_OUTPUT),
                )
            if made is not None:
                known = _write_baseline(done, known, made, paths, reason)
            done = _accepted(done, known, baseline or made, paths)
            if shown:
                from gradcheck.report import terminal

                terminal.print_audit(terminal.console(), done)
            if pictured:
                with run.paused():
                    done = _illustrated(done, store)
            if not shown:
                write(done, form, target)
            write_files(done, (output or DEFAULT_OUTPUT) if files else None, site, quiet=not shown)
        run.done(done, paths)
    sys.exit(done.exit_code)


def with_pictures(verdict: Verdict) -> Verdict:
    """What reports show of a verdict besides, where its claim was judged."""
    from gradcheck.pictures import looked_at

    return looked_at(verdict)


def _left_out(patterns: Sequence[str], output: str) -> LeftOut:
    """What is not searched: what the patterns say, and the files that an audit or a catalogue has written there before."""
    from pathlib import Path

    from gradcheck.audit import LeftOut

    own = [
        Path(output) / name for name in ("audit", *(f"{one}.{suffix}" for one in _WRITTEN for suffix in ("md", "html")))
    ]
    return LeftOut(patterns, own)


def _chosen(done: Audit) -> Sequence[Verdict]:
    from gradcheck.pictures import chosen

    return chosen(done)


def _audit(
    paths: Sequence[str],
    seed: int,
    wanted: Mapping[str, Any],
    *,
    bar: bool,
    python: bool,
    pictured: bool,
    store: Verdicts | None,
    left_out: LeftOut,
) -> Audit:
    """Collect and check, with a progress bar if asked for; what claims print goes to standard error."""
    from gradcheck import audit as audits

    documents = audits.documents_in(paths, left_out)
    with (
        contextlib.redirect_stdout(sys.stderr),
        Bar(bar) as progress,
        places(wanted, documents=bool(documents), on_output=progress.printed, store=store) as (
            executor,
            reader,
            importer,
        ),
    ):
        claims, problems = audits.collect(paths, python=python, importer=importer, left_out=left_out)
        problems += left_out.unused()
        return audits.audit(
            claims,
            problems,
            seed=seed,
            on_verdict=progress.advance,
            on_total=progress.begin,
            paths=paths,
            documents=documents,
            executor=executor,
            reader=reader,
            store=store,
            finish=with_pictures if pictured else None,
            choose=_chosen,
        )


class Bar:
    """How far an audit is, on standard error: a bar with the time that is left, where somebody looks; else nothing.

    What claims print is shown between, a claim at a time.
    """

    def __init__(self, bar: bool) -> None:
        self._bar = bar
        self._one = threading.Lock()  # output comes from the threads that workers are watched by
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._bar:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            from gradcheck.report.terminal import console

            left = TextColumn("left:"), TimeRemainingColumn(compact=True, elapsed_when_finished=True)
            shown = console(stderr=True)
            # The rate is that of the whole audit: claims differ too much for that of the last few.
            self._progress = Progress(
                BarColumn(), MofNCompleteColumn(), *left, console=shown, transient=True, speed_estimate_period=1e9
            )
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, total: int) -> None:
        """So many claims are to be judged."""
        if self._progress is not None:
            self._task = self._progress.add_task("", total=total)

    def advance(self, _: object) -> None:
        """One more is."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)

    def printed(self, claim: str, told: str) -> None:
        """Show what a claim printed, without what a terminal would obey."""
        from gradcheck.report.text import clean

        text = f"{clean(claim)} printed: {clean(told).rstrip()}"
        with self._one:
            if self._progress is not None:
                self._progress.console.print(text, markup=False, highlight=False, emoji=False)
            else:
                click.echo(text, err=True)


def _read_baseline(file: str | None, made: str | None) -> tuple[Entry, ...]:
    """The entries to accept: of the baseline that is read, or of the one that is renewed, if it is there already."""
    from pathlib import Path

    from gradcheck.baseline import BaselineError, read

    if file is None and (made is None or not Path(made).exists()):
        return ()
    try:
        return read(file or made or "")
    except BaselineError as error:
        raise Failure(str(error)) from error


def _write_baseline(
    done: Audit, known: tuple[Entry, ...], file: str, paths: Sequence[str], reason: str
) -> tuple[Entry, ...]:
    """Renew a baseline, and tell how many findings it accepts."""
    from pathlib import Path

    from gradcheck.baseline import BaselineError, toml, updated
    from gradcheck.report.files import ReportError, replace

    try:
        entries = updated(done, known, file, paths, reason)
        replace(Path(file), toml(entries))
    except (BaselineError, ReportError) as error:
        raise Failure(str(error)) from error
    new = len({entry.key for entry in entries} - {entry.key for entry in known})
    gone = len({entry.key for entry in known} - {entry.key for entry in entries})
    click.echo(
        f"wrote {file}: {len(entries)} accepted, {new} of them new; {gone} no longer found and removed", err=True
    )
    return entries


def _accepted(done: Audit, known: tuple[Entry, ...], file: str | None, paths: Sequence[str]) -> Audit:
    """The audit in which the known findings are accepted; entries that no longer occur are told on standard error."""
    from gradcheck.baseline import apply
    from gradcheck.report.text import one_line

    if file is None:
        return done
    applied = apply(done, known, file, paths)
    for entry in applied.gone:
        click.echo(one_line(f"{file}: no longer found, so remove this entry: {entry}"), err=True)
    return applied.audit


def _illustrated(done: Audit, store: Verdicts | None) -> Audit:
    """With pictures and numerical quality of what was judged here; what claims print on the way goes to standard error."""
    from gradcheck.stored.absent import StoredFunction

    if not any(one.quality is None and not isinstance(one.claim.primal, StoredFunction) for one in done.verdicts):
        return done
    from gradcheck.pictures import illustrate

    with contextlib.redirect_stdout(sys.stderr):
        return illustrate(done, kept=store)
