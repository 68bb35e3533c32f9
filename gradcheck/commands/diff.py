"""``gradcheck diff``: what changed between two stored audits, and whether anything got worse."""

from __future__ import annotations

import sys

import click

from gradcheck.commands.output import Failure, put


@click.command()
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "md", "json", "github")),
    default="table",
    show_default=True,
    help="What to print: a list, Markdown, data for programs, or annotations for GitHub Actions.",
)
@click.option("--to", "target", metavar="FILE", default="-", show_default=True, help="Write it into FILE.")
@click.option("--all-changes", is_flag=True, help="End with 1 for any change, not only for one for the worse.")
def diff(old: str, new: str, form: str, target: str, all_changes: bool) -> None:
    """Compare two audits: claims whose verdict changed, that appeared or vanished, whose formula changed, whose margin shrank.

    OLD.json and NEW.json are audit.json files, or what gradcheck audit --json FILE wrote. Nothing is checked again.

    Exit codes: 0 when nothing got worse, 1 when something did, 2 when one of the two cannot be read.
    """
    from gradcheck.comparing import compare
    from gradcheck.report.differences import renderings
    from gradcheck.stored import ResultsError, results

    try:
        first, second = results(old), results(new)
    except ResultsError as error:
        raise Failure(str(error)) from error
    found = compare(first.audit, second.audit, (first.gradcheck, second.gradcheck))
    put(renderings()[form](found), target)
    sys.exit(1 if found.worse or (all_changes and found.changes) else 0)
