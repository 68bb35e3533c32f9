"""One contender on one row in a process of its own: ``python -m speed_tasks.worker ROW CONTENDER MODE``.

*cold* does the work once and says what was objected to. *serve* prepares, does it once, and then again for each line of
standard input, with the processor time of each. *memory* prepares, does the same in small, and then tells by how much
the process grew at most while the work was done. Answers are lines of JSON on standard output.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from speed_tasks.contenders import Ask, asked
from speed_tasks.rows import ROWS, Row


def objections(checks: list[Ask]) -> list[str]:
    """What was objected to, check by check."""
    return [said for said in map(asked, checks) if said]


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Processor seconds, wall seconds, and the answer."""
    began, ticked = time.perf_counter(), time.process_time()
    answer = work()
    return time.process_time() - ticked, time.perf_counter() - began, answer


def serve(row: Row, name: str) -> None:
    """Prepare, do the work once, and again for each line that comes in."""
    contender = row.contenders[name]()
    checks = row.checks(contender)
    seconds, wall, said = timed(lambda: objections(checks))
    _tell(seconds=seconds, wall=wall, said=said, floor=0)
    parts = contender.floor(row.floor(contender)) if row.floor else ()
    for part in parts:
        part()
    for _ in sys.stdin:
        seconds, wall, said = timed(lambda: objections(checks))
        floor = sum(timed(part)[0] * count for part, count in zip(parts, (2, 1), strict=bool(parts)))
        _tell(seconds=seconds, wall=wall, said=said, floor=floor)


def memory(row: Row, name: str) -> None:
    """How much more memory the process held at most while the work was done than when it was prepared."""
    contender = row.contenders[name]()
    objections(row.warm_up(contender))
    checks = row.checks(contender)
    gc.collect()
    before = settled()
    seconds, wall, said = timed(lambda: objections(checks))
    _tell(bytes=peak() - before, seconds=seconds, wall=wall, said=said)


def settled() -> int:
    """Bytes that the process holds, after what is free was given back and the mark of its most was reset."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak()
    import ctypes

    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _field(status, "VmRSS")


def peak() -> int:
    """The most bytes that the process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        return _field(status, "VmHWM")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _field(status: Path, name: str) -> int:
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def _tell(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def main() -> None:
    """Do what the arguments say."""
    key, name, mode = sys.argv[1:]
    (row,) = (row for row in ROWS if row.key == key)
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        if mode == "cold":
            contender = row.contenders[name]()
            _tell(said=objections(row.checks(contender)))
        elif mode == "serve":
            serve(row, name)
        else:
            memory(row, name)


if __name__ == "__main__":
    main()
