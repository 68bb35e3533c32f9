"""``gradcheck health``: whether gradients vanish or explode in a stack of layers, and where."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gradcheck.health.stack import Health

_LAYERS, _INPUT = "layers", "x"


@click.command()
@click.argument("target", required=False)
@click.option("--input", "name", metavar="NAME", help=f"The input, by its name in the module.  [default: {_INPUT}]")
@click.option(
    "--limit", default=1000.0, show_default=True, help="By how much a gradient may shrink or grow over all layers."
)
@click.option("--depth", type=int, help="Layers of each network, without a TARGET.  [default: 30]")
@click.option("--width", type=int, help="Units of each layer, without a TARGET.  [default: 64]")
@click.option("--seed", default=0, show_default=True, help="Of the cotangent at the end, and of weights and inputs.")
@click.option("--output", "folder", metavar="DIR", help="Write health.md and health.svg into DIR.")
@click.pass_context
def health(
    context: click.Context,
    target: str | None,
    name: str | None,
    limit: float,
    depth: int | None,
    width: int | None,
    seed: int,
    folder: str | None,
) -> None:
    """Say whether gradients vanish or explode in a stack of layers, in which one, and which units are dead or saturated.

    TARGET is a Python file or module and the name of a list of layers in it, as in model.py:layers. A layer is a function of
    one array, an object with a forward, or a pair of a name and one of these; they are applied in turn to the module's x.

    Without a TARGET, the usual activations are measured with the usual first weights, each in a deep network, and what the
    documents claim of gradients against depth is checked.

    Exit codes: 0 when gradients stay, 1 when they do not or a claim fails, 2 for a failure of gradcheck's own.
    """
    from gradcheck.commands.output import Failure
    from gradcheck.health.stack import StackError

    if target is None and name is not None:
        raise Failure("--input belongs to a TARGET, as in gradcheck health model.py:layers --input x")
    if target is not None and (depth is not None or width is not None):
        raise Failure("--depth and --width are of the networks that are measured without a TARGET: leave them out")
    try:
        if target is not None:
            from gradcheck.health.stack import measure

            with contextlib.redirect_stdout(sys.stderr):
                layers, x = _found(target, name or _INPUT)
                measured = measure(layers, x, seed=seed, limit=limit)
            _tell(measured)
            if folder is not None:
                _write_stack(measured, target, folder)
            context.exit(0 if measured.status == "healthy" else 1)
        context.exit(_usual(depth, width, limit, seed, folder))
    except StackError as error:
        raise Failure(f"{target}: {error}" if target else str(error)) from error


def _found(target: str, name: str) -> tuple[Any, Any]:
    """The layers and the input that a target names. Raises Failure."""
    from gradcheck.commands.output import Failure

    place, _, wanted = target.rpartition(":")
    if not place or not wanted.isidentifier():
        raise Failure(f"{target}: a file or module and a name in it are expected, as in model.py:{_LAYERS}")
    with _here():
        module = _module(place)
    found = []
    for word in (wanted, name):
        if not hasattr(module, word):
            own = [key for key in vars(module) if not key.startswith("_")]
            known = f"it has {', '.join(own[:12])}" if own else "it has no names"
            told = f"{place} has no {word!r}; {known}"
            raise Failure(
                told + (f". The input is expected under the name {name}; --input names another" * (word == name))
            )
        found.append(getattr(module, word))
    layers, x = found
    if callable(layers) and not hasattr(layers, "__iter__"):
        layers = layers()
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise Failure(
            f"{place}: {wanted} is {type(layers).__name__!r}: a list of layers is expected, or a function that makes one"
        )
    return layers, x


@contextlib.contextmanager
def _here() -> Iterator[None]:
    """The working folder is where modules are looked for first."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield
    finally:
        sys.path.pop(0)


def _module(place: str) -> Any:
    from gradcheck.audited import told_error
    from gradcheck.collecting import module_of
    from gradcheck.commands.output import Failure

    if place.endswith(".py") and not Path(place).is_file():
        raise Failure(f"{place}: there is no such file: check the spelling, or the working folder")
    try:
        return module_of(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        raise Failure(f"{place} does not import: {told_error(error)}") from error


def _tell(measured: Health) -> None:
    """The finding, and a table of the layers."""
    from rich.table import Table

    from gradcheck.health import words
    from gradcheck.report import terminal
    from gradcheck.report.text import capital, clean

    click.echo(clean(f"{capital(words.finding(measured))}."))
    for remark in words.remarks(measured):
        click.echo(clean(f"{capital(remark)}."))
    click.echo()
    table = Table(box=None, pad_edge=False)
    for heading in words.HEADINGS:
        table.add_column(heading, justify="left" if heading == "layer" else "right")
    for row in words.rows(measured):
        table.add_row(*map(clean, row))
    terminal.console().print(table)


def _usual(depth: int | None, width: int | None, limit: float, seed: int, folder: str | None) -> int:
    """Measure the usual activations and first weights, and check the claims; the exit code."""
    from dataclasses import replace

    from rich.table import Table

    from gradcheck.checking import check
    from gradcheck.health import page
    from gradcheck.health.claims import SHEET
    from gradcheck.health.depth import profiles
    from gradcheck.report import terminal

    sizes = {"depth": depth, "width": width}
    measured = [
        replace(one, limit=limit)
        for one in profiles(seed=seed, **{name: size for name, size in sizes.items() if size is not None})
    ]
    table = Table(box=None, pad_edge=False)
    for heading in ("first weights", "activation", "factor a layer", "left at the first", "at most", "the gradient"):
        table.add_column(heading)
    for profile in measured:
        table.add_row(*page.cells(profile))
    terminal.console().print(table)
    verdicts = [check(claim, seed=seed) for claim in SHEET.claims]
    wrong = [verdict for verdict in verdicts if verdict.status != "holds"]
    certified = sum(verdict.certified for verdict in verdicts)
    click.echo(
        f"\n{len(verdicts)} claims about gradients against depth: {len(verdicts) - len(wrong)} hold, {certified} certified."
    )
    for verdict in wrong:
        click.echo(str(verdict))
    if folder is not None:
        _write(folder, page.chart_of_depth(measured), lambda picture: page.of_depth(measured, verdicts, picture))
    return 1 if wrong else 0


def _write_stack(measured: Health, title: str, folder: str) -> None:
    from gradcheck.health import page

    _write(folder, page.chart_of_stack(measured), lambda picture: page.of_stack(measured, title, picture))


def _write(folder: str, chart: str, text: Any) -> None:
    """A page and its chart into a folder. Raises Failure."""
    from gradcheck.commands.output import put

    put(chart, str(Path(folder) / "health.svg"))
    put(text("health.svg"), str(Path(folder) / "health.md"))
    click.echo(f"wrote {Path(folder) / 'health.md'}, {Path(folder) / 'health.svg'}")
