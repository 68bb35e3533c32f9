"""Charts of several lines, in panels side by side, as SVG files: for pages that show what was measured or trained.

Drawn by matplotlib, like the pictures of a report, on white so that a file can be looked at by itself. The same chart makes the
same file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from gradcheck.report.plots import PlotsUnavailable

PANEL = (3.6, 2.7)  # inches
_STYLES = ("-", (0, (5, 1.6)), (0, (1, 1.2)), (0, (5, 1.2, 1, 1.2)), (0, (3, 1, 1, 1, 1, 1)))
_COLOURS = ("#3b82c4", "#d9662b", "#4f9d69", "#8a5fb0", "#d64550", "#6b6b6b", "#b08d1e")


@dataclass(frozen=True)
class Panel:
    """Lines over one axis: each a name with its values at ``x``; None where there is none. ``logarithmic`` is about the values.

    ``rules`` are values that a faint line is drawn at.
    """

    title: str
    x: Sequence[float]
    lines: Mapping[str, Sequence[float | None]]
    below: str
    beside: str
    logarithmic: bool = False
    rules: Sequence[float] = ()


def svg(panels: Sequence[Panel], across: int = 3) -> str:
    """The panels as one SVG, at most ``across`` beside one another, with one key for all. Text stays text.

    Raises:
        PlotsUnavailable: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise PlotsUnavailable(
            "charts need matplotlib, which is not installed: install it with `pip install gradcheck[reports]`"
        ) from error
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    columns = min(across, len(panels))
    rows = math.ceil(len(panels) / columns)
    with mpl.rc_context({**mpl.rcParamsDefault, "svg.fonttype": "none", "svg.hashsalt": "gradcheck", "font.size": 8}):
        figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows + 0.4), layout="constrained", facecolor="white")
        FigureCanvasSVG(figure)
        names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
        drawn = {}
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(rows, columns, place + 1)
            for name, values in panel.lines.items():
                look = names.index(name)
                known = [math.nan if value is None or not math.isfinite(value) else value for value in values]
                (drawn[name],) = axes.plot(
                    panel.x,
                    known,
                    color=_COLOURS[look % len(_COLOURS)],
                    linestyle=_STYLES[look % len(_STYLES)],
                    linewidth=1.3,
                )
            for rule in panel.rules:
                axes.axhline(rule, color="#999999", linewidth=0.6, zorder=0)
            if panel.logarithmic:
                axes.set_yscale("log")
            axes.set_title(panel.title, fontsize=9)
            axes.set_xlabel(panel.below)
            axes.set_ylabel(panel.beside)
            axes.spines[["top", "right"]].set_visible(False)
        figure.legend(
            [drawn[name] for name in names], names, loc="outside lower center", ncols=min(6, len(names)), frameon=False
        )
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _tidy(text.getvalue())


def _tidy(text: str) -> str:
    """Without spaces at the ends of lines, which a repository's checks would take off."""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
