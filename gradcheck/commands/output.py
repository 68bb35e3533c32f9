"""What commands share: how they fail, and how an audit is written in a format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gradcheck.audit import Audit

FORMATS = ("table", "lines", "github", "sarif", "junit", "json", "csv", "parquet", "md", "html", "tex")
BINARY = ("parquet",)
ILLUSTRATED = ("json", "csv", "parquet", "md", "html", "tex")
"""The formats that show numerical quality, or pictures, or keep them."""


class Failure(click.ClickException):
    """gradcheck could not do what it was asked; the message says why and what to do. Exit code 2."""

    exit_code = 2


def tamed(error: click.ClickException) -> click.ClickException:
    """An error whose message a terminal does not obey: names of files, which are foreign, stand in messages."""
    from gradcheck.report.text import clean

    told = error.format_message()
    if clean(told) == told:
        return error
    if isinstance(error, click.UsageError):
        return click.UsageError(clean(told), error.ctx)
    return Failure(clean(told)) if error.exit_code == Failure.exit_code else click.ClickException(clean(told))


def refuse(form: str, target: str) -> None:
    """Raise Failure for what could not be written in the end, before anything is computed."""
    from importlib.util import find_spec

    if form not in BINARY:
        return
    if target == "-" and sys.stdout.isatty():
        raise Failure(f"--format {form} is no text and would garble the terminal; write it into a file with --to FILE")
    if find_spec("pyarrow") is None:
        raise Failure("--format parquet needs pyarrow: pip install 'gradcheck[reports]'; or ask for csv or json")


def write(done: Audit, form: str, target: str) -> None:
    """The audit in a format into a file or onto standard output; what the format leaves out goes to standard error."""
    from gradcheck.report.formats import render
    from gradcheck.report.lines import summary
    from gradcheck.report.text import one_line

    refuse(form, target)
    put(render(done, form), target)
    if form in ("sarif", "junit", "json", "csv", "parquet"):
        for problem in done.problems:
            click.echo(one_line(str(problem)), err=True)
    if form in ("lines", "sarif", "junit", "csv", "parquet"):
        for line in summary(done):
            click.echo(line, err=True)


def put(content: str | bytes, target: str) -> None:
    """What was rendered into a file, or onto standard output for ``-``. Raises Failure."""
    from gradcheck.report.files import ReportError, replace

    if target == "-":
        told = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        click.echo(told, nl=False)
        return
    try:
        replace(Path(target), content)
    except ReportError as error:
        raise Failure(str(error)) from error


def write_files(done: Audit, folder: str | None, pages: str | None, quiet: bool) -> None:
    """The report files and the site of pages into their folders, and their names on standard output unless that is taken.

    An audit that is too large for one page has the site in any case, in ``audit/`` beside the report files.
    """
    from gradcheck.report import site
    from gradcheck.report.files import ReportError, write
    from gradcheck.report.text import one_line

    told = []
    try:
        if folder is not None:
            told.append(", ".join(map(str, write(done, folder))))
            pages = pages or (str(Path(folder) / "audit") if len(done.claims) > site.LARGE else None)
        if pages is not None:
            first, *others = site.write(done, pages)
            told.append(f"{first} and {len(others)} files beside it")
    except ReportError as error:
        raise Failure(str(error)) from error
    if not quiet:
        for names in told:
            click.echo(one_line(f"wrote {names}"))
