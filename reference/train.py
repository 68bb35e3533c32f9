"""``python -m reference.train``: train the documents' networks on real data, each gradient of the first steps checked.

Exit codes: 0 when all were trained, 1 when a gradient is wrong, 2 for what cannot be done as it was asked.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

NETWORK_NAMES = ("fully-connected", "relu-softmax", "linear", "feedforward", "dnn")
OPTIMISER_NAMES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "newton", "bfgs")
ACTIVATION_NAMES = ("identity", "sigmoid", "tanh", "relu", "leaky-relu", "elu")
DRAW_NAMES = ("xavier", "he", "large", "small")


class Refused(click.ClickException):
    """What was asked for cannot be done; the message says why and what to do."""

    exit_code = 2


class Wrong(click.ClickException):
    """A gradient of the first steps is wrong."""

    exit_code = 1


if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType


class Sizes(_ParamType):
    """Sizes of hidden layers, as in 96,48."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As a tuple."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r}: whole numbers with commas between them are expected, as in 96,48", param, ctx)


class Batch(_ParamType):
    """A number of samples, or the word all."""

    name = "batch"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As a number; all is 0."""
        if value == "all":
            return 0
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"{value!r}: a number of samples from 1 on is expected, or all", param, ctx)
        return number


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--data", "sets", multiple=True, type=click.Choice(["digits", "iris"]), help="Data sets.  [default: both]"
)
@click.option(
    "--network", "networks", multiple=True, type=click.Choice(NETWORK_NAMES), help="Networks.  [default: all]"
)
@click.option("--optimiser", type=click.Choice(OPTIMISER_NAMES), default="adam", show_default=True)
@click.option("--step", type=float, help="The step size.  [default: the optimiser's own]")
@click.option("--epochs", type=int, help="The most iterations over all samples.  [default: by the data]")
@click.option("--batch", type=Batch(), help="Samples in an improvement; all; 1 is stochastic.  [default: 64 or 16]")
@click.option("--threshold", type=float, default=0.0, help="Stop when every change of an iteration is below it.")
@click.option("--patience", type=int, help="Stop early: iterations that the loss of held-out samples may not fall for.")
@click.option("--hidden", type=Sizes(), help="Sizes of the hidden layers, as in 96,48.")
@click.option("--activation", type=click.Choice(ACTIVATION_NAMES), help="Of the hidden layers.")
@click.option("--init", "initialisation", type=click.Choice(DRAW_NAMES), help="First weights.  [default: as they fit]")
@click.option("--l1", type=float, default=0.0, help="The rate of the penalty Σ |w|.")
@click.option("--l2", type=float, default=0.0, help="The rate of the penalty Σ w².")
@click.option("--dropout", type=float, default=0.0, help="The share of hidden units that is dropped.")
@click.option("--batch-norm", is_flag=True, help="Batch normalisation after each hidden layer.")
@click.option("--residual", is_flag=True, help="A residual layer after each hidden layer.")
@click.option(
    "--shifts/--no-shifts", default=None, help="Train with pictures moved by a pixel, too.  [default: digits]"
)
@click.option("--seed", default=0, show_default=True, help="Of first weights, batches and masks; not of the split.")
@click.option("--check", "first_steps", type=click.IntRange(0), default=3, show_default=True, help="Steps to check.")
@click.option("--output", "folder", metavar="DIR", help="Write a page and charts into DIR.")
def main(
    sets: tuple[str, ...],
    networks: tuple[str, ...],
    optimiser: str,
    step: float | None,
    epochs: int | None,
    batch: int | None,
    threshold: float,
    patience: int | None,
    hidden: tuple[int, ...] | None,
    activation: str | None,
    initialisation: str | None,
    l1: float,
    l2: float,
    dropout: float,
    batch_norm: bool,
    residual: bool,
    shifts: bool | None,
    seed: int,
    first_steps: int,
    folder: str | None,
) -> None:
    """Train the documents' networks by their own formulas on scikit-learn's digits and iris.

    The gradients of the first steps are checked against JAX and judged by gradcheck. Every fifth sample is for testing.
    """
    from gradcheck.report.plots import PlotsUnavailable
    from reference.networks.pieces import NetworkError
    from reference.optimisers import OptimiserError
    from reference.training import page
    from reference.training.choices import Choice
    from reference.training.data import load
    from reference.training.gradients import WrongGradientError
    from reference.training.runs import Wanted

    choice = Choice(hidden, activation, initialisation, l1, l2, dropout, batch_norm, residual)
    try:
        if folder is not None:
            _drawable()
        data = [load(name) for name in sets or ("digits", "iris")]
        wanted = [
            Wanted(
                name,
                choice,
                optimiser,
                step,
                batch or None,
                epochs,
                threshold,
                patience,
                shifts,
                seed,
                first_steps,
                all_at_once=batch == 0,
            )
            for name in networks or NETWORK_NAMES
        ]
        done = _trained(wanted, data)
        if folder is not None:
            paths = page.written(Path(folder), done, data)
            click.echo(f"wrote {', '.join(map(str, paths))}")
    except WrongGradientError as error:
        raise Wrong(str(error)) from error
    except (NetworkError, OptimiserError, PlotsUnavailable) as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"{error.filename} cannot be written: {error.strerror}") from error


def _drawable() -> None:
    """Raise PlotsUnavailable before anything is trained, rather than after."""
    from gradcheck.report.charts import Panel, svg

    svg([Panel("", [0], {"": [0]}, "", "")])


def _trained(wanted: Any, data: Any) -> Any:
    """Train everything on everything: a progress bar on standard error, and a table of what came of it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Table
    from threadpoolctl import threadpool_limits

    from reference.networks.pieces import NetworkError
    from reference.optimisers import OptimiserError
    from reference.training import page
    from reference.training.runs import train

    table = Table(box=None, pad_edge=False)
    for heading in (*page.HEADINGS, "accuracy"):
        table.add_column(heading, no_wrap=heading != "gradients")
    done = []
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    # One thread, whatever the machine has: sums in another order round otherwise, and matrices as small gain nothing.
    with threadpool_limits(1), Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        for one in data:
            for what in wanted:
                task = progress.add_task(f"{one.name}, {what.network}", total=None, said="checking the first gradients")

                def told(iteration: int, most: int, loss: float, share: float, task: Any = task) -> None:
                    said = f"loss {loss:.3g}, {share:.1%} of the test samples"
                    progress.update(task, completed=iteration, total=most, said=said)

                try:
                    run = train(what, one, told)
                except (NetworkError, OptimiserError) as error:
                    raise type(error)(f"{one.name}, {what.network}: {error}") from error
                progress.remove_task(task)
                done.append(run)
                table.add_row(*page.row(run), page.curve(run.test))
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    for run in done:
        if not run.run.why.startswith("the most"):
            click.echo(f"{run.data}, {run.wanted.network}: ended after {run.run.iterations} iterations: {run.run.why}")
    return done


if __name__ == "__main__":
    main(prog_name="python -m reference.train")
