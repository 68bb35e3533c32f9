"""What training printed and drew: a table, a row of blocks for a curve, and a page with charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradcheck.report.charts import Panel, svg
from reference.training.choices import NETWORKS, shown
from reference.training.data import EVERY, Data
from reference.training.runs import Trained

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 12  # blocks in a curve


def curve(values: Sequence[float]) -> str:
    """A few blocks that go up and down with the values, the first and the last among them."""
    count = min(_WIDTH, len(values))
    few = [values[round(k * (len(values) - 1) / max(1, count - 1))] for k in range(count)]
    low, high = min(few), max(few)
    return "".join(_BLOCKS[round((value - low) / (high - low or 1) * (len(_BLOCKS) - 1))] for value in few)


def gradients(done: Trained) -> str:
    """What the check of the first steps found, in words."""
    if not done.checked.checked:
        return "not checked"
    steps = f"{done.checked.checked} step{'s' if done.checked.checked > 1 else ''}"
    verdict = done.checked.verdict
    judged = "" if verdict is None else f", {verdict.status}{', certified' if verdict.certified else ''}"
    return f"{steps} as JAX{judged}"


_COLUMNS = (
    "network",
    "document",
    "layers",
    "loss",
    "optimiser",
    "first gradients",
    "iterations",
    "last loss",
    "train",
    "test",
)
HEADINGS = ("data", "network", "layers", "optimiser", "gradients", "iterations", "loss", "train", "test")


def row(done: Trained) -> tuple[str, ...]:
    """The cells of a run, in the order of `HEADINGS`."""
    return (
        done.data,
        done.wanted.network,
        shown(done.sizes),
        done.wanted.optimiser,
        gradients(done),
        str(done.run.iterations),
        f"{done.run.losses[-1]:.2g}",
        f"{done.train[-1]:.1%}",
        f"{done.accuracy:.1%}",
    )


def chart(done: Sequence[Trained]) -> str:
    """Loss and test accuracy of the runs on one data set, over the iterations, as SVG. Raises PlotsUnavailable."""
    longest = max(run.run.iterations for run in done)
    x = list(range(1, longest + 1))

    def padded(values: Sequence[float]) -> list[float | None]:
        return [*values, *[None] * (longest - len(values))]

    names = {id(run): f"{run.wanted.network}" for run in done}
    return svg(
        [
            Panel(
                f"{done[0].data}: loss of the training samples",
                x,
                {names[id(run)]: padded(run.run.losses) for run in done},
                "iterations",
                "loss",
                logarithmic=True,
            ),
            Panel(
                f"{done[0].data}: accuracy on the test samples",
                x,
                {names[id(run)]: padded([100 * share for share in run.test]) for run in done},
                "iterations",
                "%",
            ),
        ]
    )


def written(folder: Path, done: Sequence[Trained], data: Sequence[Data]) -> list[Path]:
    """Write the page and its charts into a folder, and return their paths. Raises PlotsUnavailable, OSError."""
    charts = {f"{one.name}.svg": chart([run for run in done if run.data == one.name]) for one in data}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in charts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(page(done, data), encoding="utf-8", newline="\n")
    return [folder / name for name in ("README.md", *charts)]


def page(done: Sequence[Trained], data: Sequence[Data]) -> str:
    """The page as Markdown, the same for the same runs."""
    lines = [
        "# The documents' networks, trained by their own formulas",
        "",
        "Written by `python -m reference.train`; `docs/training.md` says what was trained and how, and how to do it.",
        f"Every {EVERY}th sample of a data set is for testing, whatever the seed; accuracies are shares of these samples.",
    ]
    for one in data:
        runs = [run for run in done if run.data == one.name]
        lines += [
            "",
            f"## {one.name}",
            "",
            f"{one.about.capitalize()}: {len(one.X)} samples for training, {len(one.X_test)} for testing.",
            "",
            f"![Loss and accuracy on {one.name}, over the iterations]({one.name}.svg)",
            "",
            f"| {' | '.join(_COLUMNS)} |",
            "|" + "---|" * len(_COLUMNS),
        ]
        for run in runs:
            kind = NETWORKS[run.wanted.network]
            _, name, sizes, optimiser, checked, iterations, loss, train, test = row(run)
            cells = (name, kind.document, sizes, kind.loss, optimiser, checked, iterations, loss, train, test)
            lines.append(f"| {' | '.join(cells)} |")
        moved = [run.wanted.network for run in runs if run.samples > len(one.X)]
        if moved:
            lines += ["", f"Trained with each picture moved by a pixel in four directions, too: {', '.join(moved)}."]
        ends = {run.wanted.network: run.run.why for run in runs if not run.run.why.startswith("the most")}
        lines += ["", *[f"{name} ended early: {why}." for name, why in ends.items()]] if ends else []
    return "\n".join(lines) + "\n"
