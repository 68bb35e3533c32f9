"""``gradcheck report``: stored results in any format, without checking anything again."""

from __future__ import annotations

import sys

import click

from gradcheck.commands.output import FORMATS, Failure, put, refuse, write, write_files


@click.command()
@click.argument("results", metavar="RESULTS.json", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="What to print: a table and findings, a report, or what a program or a service reads.",
)
@click.option("--to", "target", metavar="FILE", default="-", show_default=True, help="Write it into FILE.")
@click.option("--output", metavar="DIR", help="Write the report files (md, csv, json, html) into a folder.")
@click.option("--site", metavar="DIR", help="Write a folder of HTML pages, one a document, into DIR.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of stored results, and nothing else.")
def report(results: str | None, form: str, target: str, output: str | None, site: str | None, schema: bool) -> None:
    """Render stored results: RESULTS.json is an audit.json, or what gradcheck audit --json FILE wrote.

    Nothing is checked again, and no code of the claims is run.

    Exit codes: those of the audit that wrote the results, and 2 when they cannot be read.
    """
    if schema:
        if results is not None:
            raise Failure("--schema prints the schema of all results; give it without a file")
        from gradcheck.report.schema import schema_text

        put(schema_text(), target)
        return
    if results is None:
        raise Failure("RESULTS.json is missing: name an audit.json, or give --schema")
    from gradcheck.stored import ResultsError, read

    refuse(form, target)
    try:
        done = read(results)
    except ResultsError as error:
        raise Failure(str(error)) from error
    shown = form == "table" and target == "-"
    if shown and output is None and site is None:
        from gradcheck.report import terminal

        terminal.print_audit(terminal.console(), done)
    elif not shown:
        write(done, form, target)
    write_files(done, output, site, quiet=not shown)
    sys.exit(done.exit_code)
