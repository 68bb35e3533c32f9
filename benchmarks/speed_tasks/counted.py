"""The rows that are counts, or times of commands: errors that are seen, wrong entries that are found, points, start-up."""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any

from speed_tasks.contenders import CONTENDERS, PACKAGES

Whole = Callable[[list[str]], tuple[float, float, str]]
OURS = "gradcheck"


def version(name: str) -> str:
    """The installed version of a contender, empty where it is not installed; what stands behind a comma is how it is asked."""
    try:
        return metadata.version(PACKAGES.get(name, name.partition(",")[0]))
    except metadata.PackageNotFoundError:
        return ""


def reached(what: str, value: float, limit: float, unit: str, *, least: bool = False) -> dict[str, Any]:
    """One thing that was to be reached; ``least`` where the limit is the least."""
    return {"what": what, "value": value, "limit": limit, "unit": unit, "least": least}


def planted(_: int, whole: Whole) -> dict[str, Any]:
    """Errors of 1e-4, and one entry among 10^5, by who sees them."""
    cells, lacking, ours = [], [], {}
    for name in CONTENDERS:
        if name == "scipy told the sparsity":
            continue
        if not version(name):
            lacking.append(name)
            continue
        _, _, out = whole([sys.executable, "-m", "speed_tasks.errors", name])
        answer = json.loads(out)
        ours = answer if name == OURS else ours
        alarms = answer["alarms"] + answer.get("alarms of 10^5", 0)
        kinds = (answer["everywhere"], answer["one entry"], answer.get("doubled", "too large for it"))
        cells.append(
            [name, *map(str, kinds), str(answer.get("found", "–")), f"{alarms} of {41 if 'doubled' in answer else 40}"]
        )
    return {
        "columns": [
            "checker",
            "1e-4 in all entries",
            "1e-4 in one",
            "largest of 10^5 doubled",
            "found",
            "false alarms",
        ],
        "cells": cells,
        "lacking": lacking,
        "reached": [
            reached(what, ours[key], 40, "of 40", least=True)
            for what, key in (
                ("1e-4 in all entries: seen", "everywhere"),
                ("1e-4 in one entry: seen", "one entry"),
                ("the largest of 10^5 doubled: seen", "doubled"),
                ("and found", "found"),
            )
        ],
    }


def faults(_: int, whole: Whole) -> dict[str, Any]:
    """Wrong entries among 10^6: how many are found, and what that costs beyond the check that finds nothing."""
    _, _, out = whole([sys.executable, "-m", "speed_tasks.finding"])
    answers = json.loads(out)
    cells = [
        [
            str(answer["faults"]),
            f"{answer['found']} of {answer['faults']}",
            str(answer["others"]),
            f"{answer['evaluations']:.0f}",
            f"{answer['evaluations'] / answer['faults']:.1f}",
            f"{answer['seconds']:.2f} s",
            f"{answer['right']:.2f} s",
        ]
        for answer in answers
    ]
    most = answers[-1]
    return {
        "columns": [
            *("wrong entries of 10^6", "found", "others named", "evaluations", "a fault", "processor time"),
            "of the right one",
        ],
        "cells": cells,
        "lacking": [],
        "reached": [
            reached("100 faults among 10^6 entries: found", most["found"], most["faults"], "of 100", least=True),
            reached("evaluations a fault, of 100", _each(most), 2 * 19.93, "evaluations"),
        ],
    }


def _each(answer: dict[str, Any]) -> float:
    """Evaluations a fault; without end where not all were found."""
    return float(answer["evaluations"] / answer["faults"] if answer["found"] == answer["faults"] else "inf")


def startup(rounds: int, whole: Whole) -> dict[str, Any]:
    """What it costs to have gradcheck there."""
    python = sys.executable
    quiet = [python, "-m", "pytest", "--markers", "-c", os.devnull, "-p", "no:cacheprovider"]
    commands = {
        "python": [python, "-c", "pass"],
        "import numpy": [python, "-c", "import numpy"],
        "import gradcheck": [python, "-c", "import gradcheck"],
        "gradcheck --help": [python, "-m", "gradcheck", "--help"],
        "pytest without the plugin": [*quiet, "-p", "no:gradcheck"],
        "pytest with it": quiet,
        "import jax": [python, "-c", "import jax"],
    }
    if version("torch"):
        commands["import torch"] = [python, "-c", "import torch"]
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(3 * rounds):
        for name, command in commands.items():
            seconds[name].append(whole(command)[0])
    middle = {name: statistics.median(taken) for name, taken in seconds.items()}
    differences = {
        "import gradcheck, over import numpy": (middle["import gradcheck"] - middle["import numpy"], 30),
        "gradcheck --help, over bare Python": (middle["gradcheck --help"] - middle["python"], 150),
        "the pytest plugin": (middle["pytest with it"] - middle["pytest without the plugin"], 20),
    }
    return {
        "columns": ["command", "processor time"],
        "cells": [[name, f"{1e3 * taken:.0f} ms"] for name, taken in middle.items()],
        "lacking": [] if version("torch") else ["torch"],
        "reached": [reached(what, 1e3 * taken, limit, "ms") for what, (taken, limit) in differences.items()],
    }


NUMERIC = ("gradcheck", "torch", "jax", "numdifftools", "jacobi", "scipy")


def numeric(_: int, whole: Whole) -> dict[str, Any]:
    """A numeric derivative of a black box at 1,600 points."""
    installed = [name for name in NUMERIC if version(name)]
    answers = {name: json.loads(whole([sys.executable, "-m", "speed_tasks.points", name])[2]) for name in installed}
    cells = [
        [
            name,
            f"{100 * found['off'] / found['points']:.1f} %",
            f"{100 * found['flagged'] / found['off']:.0f} %" if found["off"] else "–",
            f"{found['median']:.1e}",
            f"{found['evaluations']:.0f}",
            f"{1e3 * found['seconds']:.2g} ms",
        ]
        for name, found in answers.items()
    ]
    ours = answers[OURS]
    return {
        "columns": [
            "who",
            "off by more than 1e-3",
            "of those, flagged",
            "median error",
            "evaluations",
            "processor time",
        ],
        "cells": cells,
        "lacking": [name for name in NUMERIC if name not in installed],
        "reached": [
            reached("off by more than 1e-3", 100 * ours["off"] / ours["points"], 0.5, "%"),
            reached("of those, not flagged by the bar", ours["off"] - ours["flagged"], 0, "points"),
            reached("median error", ours["median"], 1e-13, ""),
        ],
    }


def traceable(_: int, whole: Whole) -> dict[str, Any]:
    """The same where the function can be traced."""
    found = json.loads(whole([sys.executable, "-m", "speed_tasks.points", "traceable"])[2])
    return {
        "columns": [
            "points",
            "certified",
            "bar covers the truth",
            "widest bar",
            "a point, a few at once",
            "10,000 at once",
        ],
        "cells": [
            [
                *map(str, (found["points"], found["certified"], found["covered"])),
                *(f"{found['worst']:.2e}", f"{1e6 * found['seconds']:.3g} µs", f"{1e6 * found['many']:.3g} µs"),
            ]
        ],
        "lacking": [],
        "reached": [
            reached("widest proven bar, of the value", found["worst"], 1.12e-16, ""),
            reached("a point of 10,000 in a batch", 1e6 * found["many"], 10, "µs"),
        ],
    }


ROWS: dict[str, Callable[[int, Whole], dict[str, Any]]] = {
    "planted": planted,
    "faults": faults,
    "numeric": numeric,
    "traceable": traceable,
    "startup": startup,
}
TITLES = {
    "planted": "errors of 1e-4, and one entry among 10^5",
    "faults": "finding the wrong entries afterwards",
    "numeric": "a numeric derivative of a black box, 1,600 points",
    "traceable": "the same numeric derivative, traceable",
    "startup": "start-up",
}
NOTES = {
    "planted": "In each of the forty formulas every entry is multiplied by 1 + 1e-4, or 1e-4 is added to one; in forty losses "
    "of 10^5 parameters the largest entry of the gradient is doubled. *Found* is that this entry, and no other, is named.",
    "faults": "Entries that are 1 % too large, in the gradient of a loss that can only be called. Evaluations are calls of it "
    "beyond those of the check of the right gradient.",
    "numeric": "400 points each of smooth functions, of stiff ones, of ones scaled by 1e8 or 1e-8, and near singularities. "
    "*Flagged* is that an engine's own bar covers the truth, is infinite, or that there is no number. Of torch and jax, the "
    "steps of their checks, which have no bar.",
    "traceable": "`gradcheck.differentiate` of the same functions, enclosed in balls of 128 bits. The bars are proven, and "
    "include the rounding to a double, which is 1.1e-16 at most.",
    "startup": "Medians; the differences are what counts.",
}
