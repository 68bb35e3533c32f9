"""``gradcheck derive``: derivations judged line by line, or written from a function alone."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.commands.workers import limit_options, places

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from gradcheck.derivations.model import DerivationReport

FORMATS = {"text": "txt", "md": "md", "html": "html", "tex": "tex"}


@click.command()
@click.argument("sheets", nargs=-1, metavar="[SHEET]...")
@click.option(
    "--claim", "names", multiple=True, metavar="NAME", help="Only the derivation of this name, or document::name."
)
@click.option("--display", "displays", multiple=True, metavar="LATEX", help="A display to judge: a derivative = … = …")
@click.option(
    "--of", "function", metavar="LATEX", help="Write the derivation from this definition alone, as in f(x) = …"
)
@click.option("--wrt", metavar="NAME", help="By which name --of differentiates.")
@click.option(
    "--where",
    "definitions",
    multiple=True,
    metavar="TEXT",
    help="A definition that a display rests on, in LaTeX and words.",
)
@click.option("--title", default="", metavar="TEXT", help="What a display or a written derivation is called.")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="What to write."
)
@click.option("--to", "target", metavar="FILE", help="Write everything into FILE; - for standard output.  [default: -]")
@click.option("--output", "folder", metavar="DIR", help="Write files into DIR: Markdown and HTML, or --format alone.")
@click.option("--seed", default=0, show_default=True, help="Seed of the points that are drawn.")
@limit_options
@click.pass_context
def derive(
    context: click.Context,
    /,
    sheets: tuple[str, ...],
    names: tuple[str, ...],
    displays: tuple[str, ...],
    function: str | None,
    wrt: str | None,
    definitions: tuple[str, ...],
    title: str,
    form: str,
    target: str | None,
    folder: str | None,
    seed: int,
    **wanted: Any,
) -> None:
    r"""Judge derivations line by line: which step is wrong first, which rule each needs, how it should have gone on.

    SHEET is a Python claim sheet, a document (its displays that are derivations), or - for a LaTeX display on standard
    input. With --of, the derivation is written from the function alone, and each line is checked before it is shown:

    \b
        gradcheck derive reference/three_layer_network.py
        gradcheck derive --display "f'(x) = 2x \sin x + x^2 \cos x" --where "f(x) = x^2 \sin x"
        gradcheck derive --of "\operatorname{ELU}(x) = \max(x, 0) + \min(e^x - 1, 0)" --wrt x --format tex

    Documents are read and judged in a process of their own, each derivation within limits of time and memory.

    Exit codes: 0 when every step holds, 1 when one is wrong or left open, 2 for a failure of gradcheck's own.
    """
    from gradcheck.commands.output import Failure
    from gradcheck.derivations.model import DerivationError
    from gradcheck.expressions import EvaluationError

    _refuse(sheets, names, displays, function, wrt, definitions, title, target, folder)
    left: list[str] = []
    try:
        with contextlib.redirect_stdout(sys.stderr):
            if function is not None:
                from gradcheck.derivations.writing import write

                reports = [write(function, str(wrt), definitions, name=title, seed=seed)]
            else:
                documents = any(map(_is_document, sheets))
                with places(wanted, documents=documents, on_output=_printed) as (_, reader, _):
                    reports = _judged(sheets, names, displays, definitions, title, seed, left, reader)
    except (DerivationError, EvaluationError) as error:
        raise Failure(str(error)) from error
    for one in left:
        click.echo(one, err=True)
    if not reports and not left:
        raise Failure(
            f"no derivation was found in {', '.join(sheets)}: a derivation works a derivative out over two lines"
        )
    if folder is not None:
        explicit = context.get_parameter_source("form") is click.core.ParameterSource.COMMANDLINE
        _write_folder(reports, Path(folder), [form] if explicit else ["md", "html"])
    elif reports:
        _write(_rendered(reports, form), target or "-")
    context.exit(0 if not left and all(report.status in ("holds", "conditional") for report in reports) else 1)


def _refuse(
    sheets: Sequence[str],
    names: Sequence[str],
    displays: Sequence[str],
    function: str | None,
    wrt: str | None,
    definitions: Sequence[str],
    title: str,
    target: str | None,
    folder: str | None,
) -> None:
    """Raise Failure for options that contradict each other, or that would not be looked at."""
    from gradcheck.commands.output import Failure

    if function is not None and (sheets or displays or names):
        raise Failure("--of writes a derivation from a function alone: leave out SHEET, --display and --claim")
    if (function is None) != (wrt is None):
        missing = "--wrt says by which name: give it too, as in --wrt x" if wrt is None else "--wrt belongs to --of"
        raise Failure(missing)
    if not (sheets or displays or function):
        raise Failure("nothing to judge: give a SHEET, a --display, or a function with --of and --wrt")
    if names and not sheets:
        raise Failure("--claim names a derivation of a SHEET: give one")
    if list(sheets).count("-") > 1:
        raise Failure("- stands for standard input, which can be read once")
    if (definitions or title) and not (displays or function or "-" in sheets):
        raise Failure("--where and --title belong to --display, --of or -; a sheet and a document have their own")
    if target is not None and folder is not None:
        raise Failure("--to FILE writes one file and --output DIR a folder; give one of the two")


def _judged(
    sheets: Sequence[str],
    names: Sequence[str],
    displays: Sequence[str],
    definitions: Sequence[str],
    title: str,
    seed: int,
    left: list[str],
    reader: Executor | None,
) -> list[DerivationReport]:
    """The reports, in the order in which they were asked for; what could not be judged is added to `left`."""
    from gradcheck.derivations.displays import read_display

    reports: list[DerivationReport] = []
    for sheet in sheets:
        if sheet == "-":
            text = sys.stdin.read()
            reports.append(read_display(text, definitions, title=title, seed=seed))
        elif _is_document(sheet):
            reports += _of_document(sheet, names, seed, left, reader)
        else:
            reports += _of_python(sheet, names, seed)
    reports += [read_display(one, definitions, title=title, seed=seed) for one in displays]
    return reports


def _is_document(sheet: str) -> bool:
    """Whether it is data, not code or what somebody types."""
    return not (sheet == "-" or sheet.endswith(".py") or Path(sheet).is_dir())


def _printed(_: str, told: str) -> None:
    """Hand on what reading a document wrote, without what a terminal would obey."""
    from gradcheck.report.text import clean

    click.echo(clean(told).rstrip(), err=True)


def _of_python(sheet: str, names: Sequence[str], seed: int) -> list[DerivationReport]:
    """The derivations of a Python sheet, or of all in a folder."""
    from gradcheck.audit import collect
    from gradcheck.commands.output import Failure
    from gradcheck.derivations.judging import judge
    from gradcheck.derivations.model import DerivationError
    from gradcheck.derivations.sheets import from_sheet

    claims, problems = collect([sheet])
    if problems:
        raise Failure("; ".join(str(problem) for problem in problems))
    try:
        found = [one for name in names or (None,) for one in from_sheet(claims, name)]
    except DerivationError as error:
        raise Failure(f"{sheet}: {error}") from error
    return [judge(one, seed=seed) for one in found]


def _of_document(
    sheet: str, names: Sequence[str], seed: int, left: list[str], reader: Executor | None
) -> list[DerivationReport]:
    """The derivations of a document, judged by the reader; they are named after their places."""
    from gradcheck.commands.output import Failure
    from gradcheck.derivations.documents import from_document
    from gradcheck.derivations.units import apart
    from gradcheck.documents.opening import DocumentError, read_document

    try:
        if reader is None:
            reports, open_ = from_document(read_document(Path(sheet)), seed)
        else:
            reports, open_ = apart(Path(sheet), seed, reader)
    except DocumentError as error:
        raise Failure(str(error)) from error
    if not names:
        left.extend(map(str, open_))
        return reports
    chosen = [one for one in reports if one.derivation.claim.name in names or one.derivation.claim.key in names]
    if not chosen:
        known = ", ".join(one.derivation.claim.name for one in reports) or "none"
        raise Failure(f"{sheet} has no derivation {' or '.join(names)}; there are: {known}")
    return chosen


def _rendered(reports: Sequence[DerivationReport], form: str) -> str:
    """All reports as one text."""
    if form == "md":
        from gradcheck.derivations.markdown import markdown

        return markdown(reports)
    if form == "html":
        from gradcheck.derivations.html import page

        return page(reports)
    if form == "tex":
        from gradcheck.derivations.tex import document

        return document(reports)
    return "\n\n\n".join(map(str, reports)) + "\n"


def _write(text: str, target: str) -> None:
    from gradcheck.commands.output import Failure

    if target == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Failure(f"{target} cannot be written: {error.strerror}") from error


def _write_folder(reports: Sequence[DerivationReport], folder: Path, forms: Sequence[str]) -> None:
    """In Markdown one file a derivation and an index; in any other format one file with all of them."""
    for form in forms:
        if form != "md":
            _write(_rendered(reports, form), str(folder / f"derivations.{FORMATS[form]}"))
            continue
        taken: set[str] = set()
        rows = ["| derivation | where | verdict |", "|---|---|---|"]
        for report in reports:
            name = _file_name(report, taken)
            _write(_rendered([report], form), str(folder / f"{name}.md"))
            rows.append(_index_row(report, name))
        _write("\n".join(["# Derivations, line by line", "", *rows]) + "\n", str(folder / "README.md"))


def _index_row(report: DerivationReport, name: str) -> str:
    from gradcheck.derivations import words
    from gradcheck.derivations.markdown import said
    from gradcheck.report.markdown import plain

    title = f"[{plain(words.plain(report.derivation.title))}]({name}.md)"
    cells = (title, plain(words.source(report)), said(report.sentence()))
    return f"| {' | '.join(cells)} |"


_LONGEST = 60  # characters of a file's name: four bytes each, and a number, are within what file systems take


def _file_name(report: DerivationReport, taken: set[str]) -> str:
    """A name made of letters, digits and hyphens, no two alike."""
    claim = report.derivation.claim
    plain = re.sub(r"[^\w.]+", "-", f"{claim.source.document}-{claim.name}").strip("-.")[-_LONGEST:] or "derivation"
    name, again = plain, 1
    while name in taken:
        again += 1
        name = f"{plain}-{again}"
    taken.add(name)
    return name
