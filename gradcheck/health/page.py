"""The page of a stack of layers, and that of the usual activations and first weights: Markdown, and a chart as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.health.depth import INITIALISATIONS, Profile
from gradcheck.health.stack import Health
from gradcheck.health.words import HEADINGS, finding, number, remarks, rows
from gradcheck.report.charts import Panel, svg
from gradcheck.report.markdown import code_cell, plain
from gradcheck.report.text import capital
from gradcheck.verdict import Verdict


def of_stack(health: Health, title: str, picture: str = "") -> str:
    """A page about a stack; ``picture`` is the file of its chart."""
    lines = [f"# The health of {plain(title)}", "", f"{plain(capital(finding(health)))}."]
    lines += ["", *[f"- {plain(remark)}" for remark in remarks(health)]] if remarks(health) else []
    lines += ["", f"![The norm of the gradient at the input of each layer]({picture})"] if picture else []
    lines += ["", *_table(HEADINGS, rows(health))]
    return "\n".join(lines) + "\n"


def chart_of_stack(health: Health) -> str:
    """The norm of the gradient at the input of each layer, and at the output. Raises PlotsUnavailable."""
    norms = [*(layer.gradient for layer in health.layers), health.end]
    panel = Panel(
        "norm of the gradient",
        list(range(1, len(norms) + 1)),
        {"gradient": [norm or None for norm in norms]},
        "layer",
        "at its input",
        logarithmic=True,
        rules=(health.end / health.limit, health.end * health.limit),
    )
    return svg([panel])


def of_depth(profiles: Sequence[Profile], verdicts: Sequence[Verdict], picture: str = "") -> str:
    """A page about all activations and first weights; ``verdicts`` are those on the claims of `gradcheck.health.claims`."""
    depth = len(profiles[0].norms)
    lines = [
        "# Gradients against depth",
        "",
        "Written by `gradcheck health`; `docs/health.md` says what is measured and how.",
        f"A network of {depth} equally wide layers, each activation with each way to draw first weights: by how much",
        "a layer multiplies the gradient, what is left of it at the first layer, and the most that could be left, which is",
        "the product of max |f′| ‖W‖ over the layers.",
    ]
    lines += ["", f"![The norm of the gradient against the layer]({picture})"] if picture else []
    headings = ("first weights", "activation", "factor a layer", "left at the first", "at most", "the gradient")
    lines += ["", *_table(headings, [cells(profile) for profile in profiles])]
    lines += [
        "",
        "## What the documents claim of it",
        "",
        "| claim | in words or print | verdict |",
        "|---|---|---|",
        *[
            f"| {plain(verdict.claim.name)} | {said(verdict.claim.source.formula)} | {plain(verdict.sentence())} |"
            for verdict in verdicts
        ],
    ]
    return "\n".join(lines) + "\n"


def chart_of_depth(profiles: Sequence[Profile]) -> str:
    """‖δ⁽ˡ⁾‖ / ‖δ⁽ᴸ⁾‖ against l: a panel for each way to draw weights, a line for each activation. Raises PlotsUnavailable."""
    panels = []
    for name in INITIALISATIONS:
        own = [profile for profile in profiles if profile.initialisation == name]
        panels.append(
            Panel(
                f"first weights: {name}",
                list(range(1, len(own[0].norms) + 1)),
                {profile.activation: [norm or None for norm in profile.norms] for profile in own},
                "layer",
                "share of the last layer's",
                logarithmic=True,
                rules=(1.0,),
            )
        )
    return svg(panels, across=2)


def cells(profile: Profile) -> tuple[str, ...]:
    """A profile as a row."""
    return (
        profile.initialisation,
        profile.activation,
        number(profile.factor),
        number(profile.norms[0]),
        number(profile.most),
        profile.word,
    )


def said(formula: str) -> str:
    """A claim's sentence, or its formula as code."""
    return code_cell(formula) if "\\" in formula else plain(formula)


def _table(headings: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(headings)} |",
        "|" + "---|" * len(headings),
        *[f"| {' | '.join(map(plain, row))} |" for row in body],
    ]
