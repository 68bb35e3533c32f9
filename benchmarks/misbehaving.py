"""Claims that misbehave, each in its own way, between claims that do not: how many verdicts of the others are lost.

python benchmarks/misbehaving.py prints the table. Each kind is told in the verdict or the problem of its own claim.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SECONDS, MEGABYTES = 25.0, 1024

MODULE = """\
import ctypes, os, signal, sys, threading, time
import numpy as np
from gradcheck.claim import Sheet
from gradcheck.domains import Reals

doc = Sheet("doc", "doc.txt", "Doc")


def claim(name, primal):
    doc.claim(name, "derivative", 1, "2x", primal=primal, claimed=lambda x: 2 * x, inputs={"x": Reals()}, wrt="x")


def square(x):
    return x * x


def after(deed):
    def primal(x):
        deed()
        return x * x
    return primal


def forever():
    while True:
        pass


def asleep():
    time.sleep(10_000)


def memory():
    kept.append(np.ones(10**10))


def settings():
    np.seterr(all="raise")
    np.set_printoptions(precision=2)
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", not sys.modules["jax"].config.jax_enable_x64)
    os.environ["PLANTED"] = "1"
    np.random.seed(1)


kept = []
"""

KINDS: dict[str, tuple[str, str]] = {
    "endless loop": ("forever", "its check took longer than the"),
    "sleeps for hours": ("asleep", "its check took longer than the"),
    "asks for 80 GB": ("memory", ""),
    "os._exit(0)": ("lambda: os._exit(0)", "it ended its process with exit code 0"),
    "SystemExit": ("lambda: sys.exit(3)", "SystemExit: 3"),
    "segmentation fault": ("lambda: ctypes.string_at(0)", "it ended its process by SIGSEGV"),
    "abort": ("os.abort", "it ended its process by SIGABRT"),
    "prints megabytes": ("lambda: sys.stdout.write('x' * 4_000_000)", ""),
    "changes NumPy's and JAX's settings": ("settings", "its code changed settings for everyone"),
    "leaves a thread": ("lambda: threading.Thread(target=asleep, daemon=True).start()", "its code left"),
    "closes standard output": ("lambda: os.close(1)", ""),
    "kills its process group": ("lambda: os.kill(0, signal.SIGKILL)", "its process was killed 3 times"),
}
"""What each does, and what is told of it; nothing where it is harmless, or told in the words of whoever noticed."""


@dataclass(frozen=True)
class Row:
    """What became of one kind: what was told, and which of the claims before and after it lost their verdict."""

    kind: str
    told: str
    lost: int


def module(kinds: tuple[str, ...] = tuple(KINDS)) -> str:
    """A module with a good claim before and after each that misbehaves."""
    lines = [MODULE]
    for number, kind in enumerate(kinds):
        lines.append(f"claim('before {number}', square)")
        lines.append(f"claim({kind!r}, after({KINDS[kind][0]}))")
        lines.append(f"claim('after {number}', square)")
    return "\n".join(lines) + "\n"


def rows(kinds: tuple[str, ...] = tuple(KINDS), workers: int = 2) -> Iterator[Row]:
    """What becomes of each kind, audited by isolated workers."""
    from gradcheck.audit import audit, collect
    from gradcheck.running.driving import importer
    from gradcheck.running.isolated import Isolated
    from gradcheck.running.limits import Limits

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "claims.py"
        file.write_text(module(kinds), encoding="utf-8")
        executor = Isolated(workers, Limits(SECONDS, MEGABYTES))
        try:
            claims, problems = collect([file], importer=importer(executor))
            assert not problems, problems
            done = audit(claims, executor=executor)
        finally:
            executor.stop()
    verdicts = {verdict.claim.name: verdict for verdict in done.verdicts}
    told = {problem.where: str(problem) for problem in done.problems}
    for number, kind in enumerate(kinds):
        good = [verdicts.get(f"{place} {number}") for place in ("before", "after")]
        lost = sum(verdict is None or verdict.status != "holds" for verdict in good)
        own = verdicts.get(kind)
        said = told.get(f"doc::{kind}", "") if own is None else " ".join([own.sentence(), *own.notes])
        yield Row(kind, said, lost)


def main() -> int:
    """The table, and 1 if a verdict was lost."""
    print(f"{'a claim that':36} {'others lost':>11}  what is told of it")
    found = list(rows())
    for row in found:
        print(f"{row.kind:36} {row.lost:>11}  {row.told}")
    return int(any(row.lost for row in found))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
