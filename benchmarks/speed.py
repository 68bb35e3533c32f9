"""What a check costs, beside every other checker that is installed: the table in docs/speed.md.

    python benchmarks/speed.py [--row warm --row softmax] [--rounds N] [--write] [--list]

Every contender does the same work in a process of its own, one thread a library, in double precision, at its defaults
(`speed_tasks/contenders.py` says how each is asked). In each round everyone has one turn, so that what else the machine
does meets all alike; medians are told, and their ratios. Processor time (user and system) is what is compared, since
other work on the machine disturbs it less. Memory is by how much a fresh process grew at most during one call, over what it
held with everything imported and prepared. A checker that objects to a derivative (all of them are right but those of
the planted errors) has raised a false alarm, and the table says so.

``--write`` keeps the figures in benchmarks/speed.json and writes the table from them; rows that are left out keep the figures
of their last run, and the table tells that.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
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
from speed_tasks.rows import JAX_IMPORT, NOTHING, OURS, ROWS, Row

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "speed.json"
PAGE = HERE.parent / "docs" / "speed.md"
ENOUGH = 30.0  # processor seconds that a contender may take for a row before it has no more turns
LONGEST = 900  # seconds for one turn
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
    first: float | None = None
    bytes: int | None = None

    def entry(self) -> dict[str, Any]:
        """As it is kept."""
        found: dict[str, Any] = {
            "seconds": statistics.median(self.seconds),
            "wall": statistics.median(self.wall),
            "turns": len(self.seconds),
        }
        if any(self.floor):
            found["floor"] = statistics.median(self.floor)
        kept = {"first": self.first, "bytes": self.bytes, "said": self.said[:3]}
        return found | {name: value for name, value in kept.items() if value}


def environment() -> dict[str, str]:
    """Ours, with one thread a library and the benchmarks in reach."""
    path = os.pathsep.join([str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": path}


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
            if sum(turns.seconds) > ENOUGH:
                continue
            command = [sys.executable, *COMMANDS[name]] if name in COMMANDS else worker(row, name, "cold")
            seconds, wall, out = whole(command)
            turns.seconds.append(seconds)
            turns.wall.append(wall)
            if out:
                turns.said = json.loads(out)["said"]
    return found


def warm(row: Row, rounds: int, installed: list[str]) -> dict[str, Turns]:
    """Prepared processes, in turns."""
    found = {name: Turns() for name in installed}
    served: dict[str, Served] = {}
    for name, turns in found.items():
        served[name] = Served(row, name)
        turns.first = served[name].ready["first"]
    for _ in range(rounds):
        for name, turns in found.items():
            if sum(turns.seconds) > ENOUGH:
                continue
            answer = served[name].turn()
            turns.seconds.append(answer["seconds"])
            turns.wall.append(answer["wall"])
            turns.floor.append(answer["floor"])
            turns.said = answer["said"]
    for process in served.values():
        process.close()
    if row.memory:
        for name, turns in found.items():
            _, _, out = whole(worker(row, name, "memory"))
            turns.bytes = json.loads(out)["bytes"]
    return found


def measured(row: Row, rounds: int) -> dict[str, Any]:
    """A row's figures, as they are kept."""
    installed = [name for name in row.contenders if counted.version(name)]
    lacking = [name for name in row.contenders if name not in installed]
    turns = (cold if row.cold else warm)(row, rounds, installed)
    return {"entries": {name: taken.entry() for name, taken in turns.items()}, "lacking": lacking}


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
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def main() -> None:
    """Measure the rows, print them, and write them where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    work: dict[str, Callable[[int], dict[str, Any]]] = {
        row.key: (lambda rounds, row=row: measured(row, rounds)) for row in ROWS
    }
    work |= {key: (lambda rounds, count=count: count(rounds, whole)) for key, count in counted.ROWS.items()}
    parser.add_argument("--row", action="append", choices=list(work), help="only this row (may be repeated)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--write", action="store_true", help="keep the figures, and write docs/speed.md")
    parser.add_argument("--render", action="store_true", help="measure nothing; write docs/speed.md from what is kept")
    options = parser.parse_args()
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"rows": {}}
    run = uuid.uuid4().hex[:8]
    for key in [] if options.render else options.row or list(work):
        found = work[key](options.rounds)
        kept["rows"][key] = {**found, "run": run, "machine": machine()}
        print(page.block(key, kept["rows"][key]), flush=True)
        if options.write:  # as each row is done, so that none is lost
            text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)
            RESULTS.write_text(text + "\n", encoding="utf-8")
    if options.write or options.render:
        PAGE.write_text(page.written(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")
        print(f"{PAGE.relative_to(HERE.parent)} is written")
    print(page.summary(kept))


if __name__ == "__main__":
    main()
