"""Fuzzes a target, led by the branches that its inputs reach (atheris, which is libFuzzer for Python).

    python -m tests.fuzz.run grammar --runs 1000000 --summary build/fuzz.json

Runs in processes of some ten thousand inputs each, so that one which dies costs only itself. Exit code 1 where an input crashed
a reader or took longer than the target's budget of processor time; such inputs are printed, and kept in the summary.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

SEGMENT = 25_000  # inputs a process
MEMORY = 2_048  # megabytes
HANGS = 120  # seconds by the clock, after which a process is ended from outside


@dataclass
class Tally:
    """What came of the inputs: how many there were, those that crashed or took too long, each with what happened."""

    target: str
    runs: int = 0
    crashes: list[dict[str, str]] = field(default_factory=list)
    slow: list[dict[str, str]] = field(default_factory=list)
    slowest: float = 0.0

    def one(self, target: Target, data: bytes) -> None:
        """Give the target an input."""
        began = time.process_time()
        try:
            target.one(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {error}"[:300]
            if what.partition(": ")[0] not in [crash["what"].partition(": ")[0] for crash in self.crashes]:
                self.crashes.append({"what": what, "input": data.decode("utf-8", "surrogateescape")})
        took = time.process_time() - began
        self.slowest = max(self.slowest, took)
        if took > target.budget:
            self.slow.append({"what": f"{took:.2f} s", "input": data.decode("utf-8", "surrogateescape")})
        self.runs += 1

    def add(self, other: Tally) -> None:
        """Count what another process found."""
        self.runs += other.runs
        known = [crash["what"] for crash in self.crashes]
        self.crashes += [crash for crash in other.crashes if crash["what"] not in known]
        self.slow += other.slow
        self.slowest = max(self.slowest, other.slowest)

    def write(self, file: Path) -> None:
        """Keep the tally; whoever reads it meanwhile sees this one or the one before it."""
        beside = file.with_suffix(".tmp")
        beside.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        beside.replace(file)


def main() -> int:
    """Exit code 1 for what was found, 2 where atheris is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=20_000, help="inputs, all processes together")
    parser.add_argument("--seed", type=int, default=1, help="of the first process; each further one adds 1")
    parser.add_argument("--summary", type=Path, help="where the tally is written as it grows; an existing one goes on")
    parser.add_argument("--corpus", type=Path, help="a folder in which inputs that reach further are gathered")
    parser.add_argument("--segment", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    try:
        import atheris  # noqa: F401 - asked for before anything is started
    except ImportError:
        print("fuzzing needs atheris: pip install atheris", file=sys.stderr)
        return 2
    if chosen.segment is not None:
        return segment(TARGETS[chosen.target], chosen.segment, chosen.corpus, chosen.runs, chosen.seed)
    with tempfile.TemporaryDirectory() as scratch:
        corpus = chosen.corpus or Path(scratch) / "corpus"
        tally = Tally(chosen.target)
        if chosen.summary is not None and chosen.summary.exists():
            tally = Tally(**json.loads(chosen.summary.read_text(encoding="utf-8")))
        run(tally, TARGETS[chosen.target], corpus, chosen)
    for found in (*tally.crashes, *tally.slow):
        print(f"{found['what']}: {found['input']!r}")
    print(
        f"{tally.target}: {tally.runs} inputs, {len(tally.crashes)} crashes, {len(tally.slow)} over "
        f"{TARGETS[tally.target].budget} s, the slowest {tally.slowest:.2f} s of processor time"
    )
    return 1 if tally.crashes or tally.slow else 0


def run(tally: Tally, target: Target, corpus: Path, chosen: argparse.Namespace) -> None:
    """One process after another, until so many inputs were tried."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.kept()):
        (corpus / f"kept-{number:04}").write_bytes(data)
    seed = chosen.seed + tally.runs // SEGMENT
    while tally.runs < chosen.runs:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tally.json"
            command = [sys.executable, "-m", "tests.fuzz.run", target.name, "--segment", str(file)]
            runs = min(SEGMENT, chosen.runs - tally.runs)
            command += ["--corpus", str(corpus), "--runs", str(runs), "--seed", str(seed)]
            done = subprocess.run(command, cwd=folder_of_tests(), capture_output=True, text=True, check=False)
            found = Tally(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else Tally(target.name)
            if done.returncode != 0 or not found.runs:
                last = "\n".join(done.stderr.splitlines()[-30:])
                found.crashes.append({"what": f"the process ended with {done.returncode}", "input": last})
            tally.add(found)
            seed += 1
            if chosen.summary is not None:
                chosen.summary.parent.mkdir(parents=True, exist_ok=True)
                tally.write(chosen.summary)
            if not found.runs:
                return


def folder_of_tests() -> Path:
    """The root of the project, from which tests are modules."""
    return Path(__file__).resolve().parents[2]


def segment(target: Target, summary: Path, corpus: Path, runs: int, seed: int) -> int:
    """What one process does."""
    import atheris

    with atheris.instrument_imports(include=list(target.watched)):
        for package in target.watched:
            __import__(package)
        target.one(b"x")
    words = summary.with_name("words.dict")
    lines = ["".join(f"\\x{byte:02x}" for byte in word.encode()) for word in target.words]
    words.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")
    tally = Tally(target.name)

    def one(data: bytes) -> None:
        tally.one(target, data)
        if tally.runs % 500 == 0 or tally.runs >= runs:
            tally.write(summary)
        if tally.runs >= runs:
            os._exit(0)  # what libFuzzer would still print is of no use here

    options = [
        f"-runs={10 * runs}",
        f"-seed={seed}",
        f"-max_len={target.longest}",
        f"-dict={words}",
        f"-timeout={HANGS}",
    ]
    options += [f"-rss_limit_mb={MEMORY}", "-verbosity=0", f"-artifact_prefix={summary.parent}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
