"""What a check costs, beside every other checker that is installed: the table in docs/speed.md.

    python benchmarks/speed.py [--row warm --row softmax] [--rounds N] [--only-print | --render]

Every contender does the same work in a process of its own, one thread a library, in double precision, at its defaults
(`speed_tasks/contenders.py` says how each is asked). In each round everyone has one turn, so that what else the machine
does meets all alike; medians are told, and their ratios. Processor time (user and system) is what is compared, since
other work on the machine disturbs it less. Memory is by how much a fresh process grew at most during one call, over what it
held with everything imported and prepared. A checker that objects to a derivative (all of them are right but those of
the planted errors) has raised a false alarm, and the table says so.

The figures are kept in benchmarks/speed.json, row by row as they are done, and the table is written from them. Rows that are
left out keep the figures of their last run, and the table tells that.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speed_tasks import counted, page
from speed_tasks.contenders import PACKAGES
from speed_tasks.rows import JAX_IMPORT, NOTHING, OURS, ROWS, Row

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "speed.json"
PAGE = HERE.parent / "docs" / "speed.md"
ENOUGH = 30.0  # processor seconds that a contender may take for a row before it has no more turns
LONG = 10.0  # processor seconds from which one turn is enough
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}
COMMANDS = {NOTHING: ["-c", "pass"], JAX_IMPORT: ["-c", "import jax"]}


@dataclass
class Turns:
    """What one contender took, turn by turn, and what it objected to."""

    seconds: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    bytes: int | None = None

    @property
    def first(self) -> float:
        """Seconds of the first turn, 0 before it."""
        return self.seconds[0] if self.seconds else 0.0

    def take(self, answer: dict[str, Any]) -> None:
        """Add a turn."""
        self.seconds.append(answer["seconds"])
        self.wall.append(answer["wall"])
        self.floor.append(answer.get("floor", 0.0))
        self.said = answer["said"]

    def entry(self) -> dict[str, Any]:
        """As it is kept."""
        found: dict[str, Any] = {
            "seconds": statistics.median(self.seconds),
            "wall": statistics.median(self.wall),
            "turns": len(self.seconds),
        }
        if any(self.floor):
            found["floor"] = statistics.median(self.floor)
        kept = {"bytes": self.bytes, "said": self.said[:3]}
        return found | {name: value for name, value in kept.items() if value}


def environment() -> dict[str, str]:
    """Ours, with one thread a library and the benchmarks in reach."""
    path = os.pathsep.join([str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    # A package that is installed has its bytecode beside it; one that is never written would be compiled in each process.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ONE_THREAD, "PYTHONPATH": path}


def whole(command: list[str]) -> tuple[float, float, str]:
    """Processor and wall seconds of a command from its start to its end, and what it printed.

    Raises:
        RuntimeError: it ended with anything but 0.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as told:
        clock = os.times()
        process = subprocess.Popen(command, stdout=out, stderr=told, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        wall = os.times().elapsed - clock.elapsed
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, told):
            stream.seek(0)
        if process.returncode:
            raise RuntimeError(told.read()[-2000:] or f"ended with {process.returncode}")
        return used.ru_utime + used.ru_stime, wall, out.read()


def worker(row: Row, name: str, mode: str) -> list[str]:
    """The command that has a contender work."""
    return [sys.executable, "-m", "speed_tasks.worker", row.key, name, mode]


class Served:
    """A contender in its own process, prepared, that does its work again when it is told to."""

    def __init__(self, row: Row, name: str) -> None:
        self.process = subprocess.Popen(
            worker(row, name, "serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self.ready = self.answer()

    def answer(self) -> dict[str, Any]:
        """The next line that it says.

        Raises:
            RuntimeError: it has ended.
        """
        assert self.process.stdout is not None and self.process.stderr is not None, "both are piped"
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read()[-2000:])
        return dict(json.loads(line))

    def turn(self) -> dict[str, Any]:
        """The work once."""
        assert self.process.stdin is not None, "it is piped"
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None, "it is piped"
        self.process.stdin.close()
        self.process.wait(timeout=60)


def cold(row: Row, rounds: int, installed: list[str]) -> dict[str, Turns]:
    """Whole processes, in turns."""
    found = {name: Turns() for name in (*row.commands, *installed)}
    for _ in range(rounds):
        for name, turns in found.items():
            if sum(turns.seconds) > (LONG if turns.first > LONG else ENOUGH):
                continue
            command = [sys.executable, *COMMANDS[name]] if name in COMMANDS else worker(row, name, "cold")
            seconds, wall, out = whole(command)
            turns.take({"seconds": seconds, "wall": wall, "said": json.loads(out)["said"] if out else []})
    return found


def warm(row: Row, rounds: int, installed: list[str]) -> dict[str, Turns]:
    """Prepared processes, in turns. Who takes long has one turn, and that is its first."""
    found = {name: Turns() for name in installed}
    if row.memory:
        for name, turns in found.items():
            answer = json.loads(whole(worker(row, name, "memory"))[2])
            turns.bytes = answer["bytes"]
            if answer["seconds"] > LONG and not row.floor:
                turns.take(answer)
    served = {name: Served(row, name) for name, turns in found.items() if not turns.seconds}
    for name, process in served.items():
        if process.ready["seconds"] > LONG and not row.floor:
            found[name].take(process.ready)
    for _ in range(rounds):
        for name, process in served.items():
            turns = found[name]
            if sum(turns.seconds) < (LONG if turns.first > LONG else ENOUGH):
                turns.take(process.turn())
    for process in served.values():
        process.close()
    return found


def measured(row: Row, rounds: int, before: dict[str, Any]) -> dict[str, Any]:
    """A row's figures, as they are kept; ``before`` holds the entries that are not measured again."""
    installed = [name for name in row.contenders if counted.version(name)]
    lacking = [name for name in row.contenders if name not in installed]
    turns = (cold if row.cold else warm)(row, rounds, [name for name in installed if name not in before])
    entries = {name: taken.entry() for name, taken in turns.items()} | before
    return {"entries": {name: entries[name] for name in (*row.commands, *installed)}, "lacking": lacking}


def slow(found: dict[str, Any]) -> dict[str, Any]:
    """The entries of a row whose one turn took long, marked as those of an earlier run."""
    entries = found.get("entries", {})
    return {
        name: entry | {"earlier": True} for name, entry in entries.items() if name != OURS and entry["seconds"] > LONG
    }


def machine() -> dict[str, Any]:
    """What the figures depend on: the processor, the interpreter, and how busy the machine was."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = named[0] if named else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {
            package: counted.version(package) for package in sorted({*PACKAGES.values(), "numpy", "python-flint"})
        },
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def main() -> None:
    """Measure the rows, print them, and write them where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"rows": {}}

    def again(row: Row, rounds: int) -> dict[str, Any]:
        return measured(row, rounds, slow(kept["rows"].get(row.key, {})) if options.keep_slow else {})

    work: dict[str, Callable[[int], dict[str, Any]]] = {
        row.key: (lambda rounds, row=row: again(row, rounds)) for row in ROWS
    }
    work |= {key: (lambda rounds, count=count: count(rounds, whole)) for key, count in counted.ROWS.items()}
    parser.add_argument("--row", action="append", choices=list(work), help="only this row (may be repeated)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--only-print", action="store_true", help="keep nothing, and leave docs/speed.md as it is")
    parser.add_argument("--render", action="store_true", help="measure nothing; write docs/speed.md from what is kept")
    parser.add_argument(
        "--keep-slow", action="store_true", help=f"who took more than {LONG:g} s before is not asked again, and marked"
    )
    options = parser.parse_args()
    run = uuid.uuid4().hex[:8]
    for folder in ("gradcheck", "benchmarks"):  # as installed packages are, so that no turn pays for it
        compileall.compile_dir(HERE.parent / folder, quiet=2)
    for key in [] if options.render else options.row or list(work):
        found = work[key](options.rounds)
        kept["rows"][key] = {**found, "run": run, "machine": machine()}
        print(page.block(key, kept["rows"][key]), flush=True)
        if not options.only_print:  # as each row is done, so that none is lost
            text = json.dumps(kept, indent=1, ensure_ascii=False)
            RESULTS.write_text(text + "\n", encoding="utf-8")
    if not options.only_print:
        PAGE.write_text(page.written(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")
        print(f"{PAGE.relative_to(HERE.parent)} is written")
    print(page.summary(kept))


if __name__ == "__main__":
    main()
