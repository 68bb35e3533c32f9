"""``gradcheck catalogue``: the formulas of libraries, audited, measured and written as a page to look them up in."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.commands.audit import DEFAULT_OUTPUT, Bar
from gradcheck.commands.output import Failure
from gradcheck.commands.storing import opened, store_options
from gradcheck.commands.workers import places, worker_options

if TYPE_CHECKING:
    from gradcheck.audited import Audit, Problem
    from gradcheck.library.catalogue import Fault
    from gradcheck.library.entries import Catalogue
    from gradcheck.store.verdicts import Verdicts

DEFAULT_PATHS = ("reference/library",)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--output", default=DEFAULT_OUTPUT, show_default=True, metavar="DIR", help="Folder for catalogue.html and .md."
)
@click.option("--data", metavar="FILE", help="Where the data for gradcheck find goes.  [default: DIR/catalogue.json]")
@click.option("--seed", default=0, show_default=True, help="Seed of the points that are drawn.")
@store_options
@worker_options
def catalogue(
    paths: tuple[str, ...],
    output: str,
    data: str | None,
    seed: int,
    store_file: str | None,
    no_store: bool,
    **wanted: Any,
) -> None:
    """Audit the libraries of formulas under each PATH (default: reference/library), and write a catalogue of them.

    Besides the claims, the LaTeX of every forward function is compared with its code, the range is measured over which
    float64 keeps its digits, and the code is gathered for copying. Writes catalogue.html, which is searched without a server,
    catalogue.md, and catalogue.json, which gradcheck find --catalogue reads.

    Exit codes: 0 when every claim holds and no entry has a fault, 1 when one does, 2 for a failure of gradcheck's own.
    """
    with opened(store_file, no_store, {"seed": seed}) as store:
        done, made, faults, remarks = _made(paths or DEFAULT_PATHS, seed, wanted, store)
    for line in [*_troubles(done, faults), *remarks]:
        click.echo(line, err=True)
    if done.problems and not made.entries:
        raise Failure(
            "there is no formula to write a catalogue of; a library is made with gradcheck.library.formulas.Library"
        )
    click.echo(" · ".join(f"{name} {count}" for name, count in made.counts.items()))
    click.echo("wrote " + ", ".join(_write(made, faults, done.problems, seed, Path(output), data)))
    sys.exit(max(done.exit_code, 1) if faults else done.exit_code)


def _made(
    paths: Sequence[str], seed: int, wanted: dict[str, Any], store: Verdicts | None
) -> tuple[Audit, Catalogue, tuple[Fault, ...], list[str]]:
    """The audit of the libraries, with their catalogue and remarks; what claims print goes to standard error."""
    from dataclasses import replace

    from gradcheck import audit as audits
    from gradcheck.audited import Problem as Trouble
    from gradcheck.library.catalogue import catalogue as assembled
    from gradcheck.library.catalogue import libraries_in
    from gradcheck.library.studying import studies

    with (
        contextlib.redirect_stdout(sys.stderr),
        Bar(sys.stderr.isatty()) as progress,
        places(wanted, documents=False, on_output=progress.printed) as (executor, _, _),
    ):
        libraries, claims, problems = libraries_in(paths)
        formulas = [one for library in libraries for one in library.formulas]
        progress.begin(len(claims) + len(formulas))
        done = audits.audit(
            claims, problems, seed=seed, on_verdict=progress.advance, paths=paths, executor=executor, store=store
        )
        found = {}
        for one, study in studies(formulas, seed, executor):
            found[one.key] = study
            progress.advance(study)
    troubles = [one for one in found.values() if isinstance(one, Trouble)]
    known = {key: one for key, one in found.items() if not isinstance(one, Trouble)}
    done = replace(done, problems=(*done.problems, *troubles))
    remarks = [f"{key}: remark: {told}" for key, one in known.items() for told in one.remarks]
    made, faults = assembled(libraries, done, known)
    return done, made, faults, remarks


def _troubles(done: Audit, faults: Sequence[Fault]) -> list[str]:
    """A line for each verdict that does not hold, each formula that is printed otherwise, each fault and each problem."""
    from gradcheck.report.lines import audit_lines
    from gradcheck.report.text import one_line

    return [*audit_lines(done).splitlines(), *(one_line(str(fault)) for fault in faults)]


def _write(
    made: Catalogue, faults: Sequence[Fault], problems: Sequence[Problem], seed: int, folder: Path, data: str | None
) -> list[str]:
    """The names of the files, each written whole or not at all."""
    from gradcheck.library.entries import written
    from gradcheck.library.markdown import catalogue_markdown
    from gradcheck.library.page import catalogue_html
    from gradcheck.report.files import ReportError, replace

    contents = {
        folder / "catalogue.html": catalogue_html(made, faults, problems, seed),
        folder / "catalogue.md": catalogue_markdown(made, faults, problems),
        Path(data) if data is not None else folder / "catalogue.json": written(made),
    }
    try:
        for file, content in contents.items():
            replace(file, content)
    except ReportError as error:
        raise Failure(str(error)) from error
    return list(map(str, contents))
