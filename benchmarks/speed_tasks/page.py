"""The figures as Markdown: what was to be reached, and a table for each row."""

from __future__ import annotations

from typing import Any

from speed_tasks import counted
from speed_tasks.rows import OURS, ROWS, Row, Target

BEGIN, END = "<!-- written by benchmarks/speed.py -->\n", "<!-- up to here -->\n"
_ROWS = {row.key: row for row in ROWS}
UNITS = {"seconds": "s", "megabytes": "MB", "ratio": "×", "doubles": "doubles a parameter"}


class MarkersError(ValueError):
    """The page lacks the two lines between which the table stands."""


def written(text: str, kept: dict[str, Any]) -> str:
    """The page with what is between the markers written anew.

    Raises:
        MarkersError: they are not there.
    """
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise MarkersError(f"docs/speed.md needs the lines {BEGIN.strip()} and {END.strip()}, in this order")
    keys = [key for key in (*_ROWS, *counted.ROWS) if key in kept["rows"]]
    blocks = "\n".join(block(key, kept["rows"][key]) for key in keys)
    return f"{before}{BEGIN}\n{head(kept)}\n{summary(kept)}\n{blocks}\n{END}{after}"


def head(kept: dict[str, Any]) -> str:
    """On what machine, with what versions, and whether all rows are from one run."""
    rows = kept["rows"]
    machines = {
        (row["machine"]["processor"], row["machine"]["cores"], row["machine"]["python"]) for row in rows.values()
    }
    loads = [row["machine"]["load"] for row in rows.values() if row["machine"]["load"] is not None]
    versions = {
        package: found for row in rows.values() for package, found in row["machine"]["versions"].items() if found
    }
    told = "; ".join(f"{name}, {cores} cores, Python {python}" for name, cores, python in sorted(machines))
    lines = [
        f"{told}. One thread a library. Versions: {', '.join(f'{name} {v}' for name, v in sorted(versions.items()))}."
    ]
    if loads:
        lines.append(
            f"While it ran, {min(loads):g} to {max(loads):g} processes wanted a core: times are processor times, and the "
            f"ratios are what carries over to another machine."
        )
    runs: dict[str, list[str]] = {}
    for key, row in rows.items():
        runs.setdefault(row["run"], []).append(key)
    if len(runs) > 1:
        most = max(runs.values(), key=len)
        others = ", ".join(sorted(key for keys in runs.values() if keys is not most for key in keys))
        lines.append(f"Measured in another run than the rest: {others}.")
    return "\n".join(lines) + "\n"


def summary(kept: dict[str, Any]) -> str:
    """Work, what was to be reached, what is, and whether that is met."""
    lines = ["| work | to reach | reached | met |", "|---|---|---|---|"]
    for key in (*_ROWS, *counted.ROWS):
        if key not in kept["rows"]:
            continue
        for index, found in enumerate(_reached(key, kept["rows"][key])):
            title = _title(key) if index == 0 else ""
            lines.append(f"| {title} | {found['limit']} | {found['value']} | {found['met']} |")
    return "\n".join(lines) + "\n"


def block(key: str, data: dict[str, Any]) -> str:
    """A row: who took how long, over what, and what it said."""
    lines = [f"### {_title(key)[0].upper()}{_title(key)[1:]}", ""]
    note = _ROWS[key].note if key in _ROWS else counted.NOTES[key]
    if note:
        lines += [note, ""]
    columns, cells = (data["columns"], data["cells"]) if key not in _ROWS else _timed(_ROWS[key], data)
    lines += [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in cells]
    if any(entry.get("earlier") for entry in data.get("entries", {}).values()):
        lines += ["", "† measured in an earlier run on the same machine, since it takes long."]
    if data["lacking"]:
        lines += ["", f"Not installed, and so not asked: {', '.join(data['lacking'])}."]
    return "\n".join(lines) + "\n"


def _title(key: str) -> str:
    return _ROWS[key].title if key in _ROWS else counted.TITLES[key]


def _timed(row: Row, data: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The table of a row that is timed."""
    entries = data["entries"]
    ours = entries[OURS]["seconds"]
    columns = ["checker", "processor time", "of ours"]
    columns += ["of its floor"] * bool(row.floor) + ["memory a call"] * row.memory + ["what it says"]
    cells = []
    for name, entry in entries.items():
        cell = [
            name + "†" * entry.get("earlier", False),
            duration(entry["seconds"]),
            "1" if name == OURS else f"{entry['seconds'] / ours:.3g} ×",
        ]
        if row.floor:
            cell.append(f"{entry['seconds'] / entry['floor']:.3g} ×")
        if row.memory:
            cell.append(_memory(row, entry))
        cells.append([*cell, "–" if name in row.commands else said(entry.get("said", []))])
    return columns, cells


def _memory(row: Row, entry: dict[str, Any]) -> str:
    if "bytes" not in entry:
        return "–"
    if row.numbers:
        return f"{entry['bytes'] / 8 / row.numbers:.2f} doubles a parameter"
    return f"{(entry['bytes'] - row.handed_in) / 1e6:.1f} MB"


def said(objections: list[str]) -> str:
    """What a checker says of derivatives that are right."""
    if not objections:
        return "right"
    first = objections[0].replace("|", "\\|").replace("<", "&lt;")
    return f"**false alarm**: {first[:90]}{'…' if len(first) > 90 else ''}"


def _reached(key: str, data: dict[str, Any]) -> list[dict[str, str]]:
    """What was to be reached in a row, and what is, in words."""
    if key not in _ROWS:
        return [
            {
                "limit": f"{found['what']}: {'' if found['least'] else 'at most '}{found['limit']:.4g} {_unit(found)}",
                "value": f"{found['value']:.3g}",
                "met": "yes" if _within(found["value"], found["limit"], least=found["least"]) else "**no**",
            }
            for found in data["reached"]
        ]
    row, entry = _ROWS[key], data["entries"][OURS]
    return [_against(row, target, data, entry) for target in row.targets]


def _unit(found: dict[str, Any]) -> str:
    return found["unit"].removeprefix("of 100").removeprefix("of 40") or ""


def _within(value: float, limit: float, *, least: bool = False) -> bool:
    return value >= limit if least else value <= limit


def _against(row: Row, target: Target, data: dict[str, Any], entry: dict[str, Any]) -> dict[str, str]:
    """A limit on a time, a ratio or memory."""
    objected = bool(entry.get("said"))
    relative = ""
    if target.measure == "seconds":
        value, limit, shown = entry["seconds"], f"{duration(target.limit)}", duration(entry["seconds"])
        if target.peer and target.peer[0] in data["entries"]:
            name, then = target.peer
            share = entry["seconds"] / data["entries"][name]["seconds"]
            limit += f", {target.limit / then:.2g} of {name}"
            shown += f", {share:.2g} of {name}"
            relative = "yes" if share <= target.limit / then else "no"
    elif target.measure == "ratio":
        base = entry["floor"] if target.base == "its floor" else data["entries"][target.base]["seconds"]
        value = entry["seconds"] / base
        limit, shown = f"{target.limit:g} × {target.base}", f"{value:.2f} ×"
    elif target.measure == "doubles":
        value = entry["bytes"] / 8 / row.numbers
        limit, shown = f"{target.limit:g} doubles a parameter", f"{value:.2f}"
    else:
        value = (entry["bytes"] - row.handed_in) / 1e6
        limit, shown = f"{target.limit:g} MB", f"{value:.1f} MB"
    met = "yes" if value <= target.limit else "**no**"
    if objected:
        met = "**no**: it objects"
    elif relative and (relative == "yes") != (value <= target.limit):
        met += f"; as a share of {target.peer[0] if target.peer else ''}: {relative}"
    return {"limit": f"at most {limit}", "value": shown, "met": met}


def duration(seconds: float) -> str:
    """Seconds with three digits, in the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
