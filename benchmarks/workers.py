"""What isolation costs: a small document audited in this process and in workers; a unit, and a worker replaced.

python benchmarks/workers.py [RUNS] prints medians. The two commands are run in turn; processor time is that of the command
and all it started, since others may use the machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PAGE = "".join(f"Let $f(x) = x^{n}$. Then $f'(x) = {n} x^{n - 1}$.\n\n# {n}\n\n" for n in range(2, 8))


def command(*options: str, folder: str) -> tuple[float, float]:
    """Seconds on the clock and of the processor that auditing the page takes in a fresh process."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "gradcheck", "audit", "page.md", "--no-files", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, cpu


def main(runs: int) -> None:
    """Print the medians."""
    from gradcheck.running.isolated import Isolated

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.md").write_text(PAGE, encoding="utf-8")
        pairs = [
            (command("--no-isolate", folder=folder), command(folder=folder), command("--workers", "2", folder=folder))
            for _ in range(runs)
        ]
    for place, what in enumerate(("in the process of the command", "in a worker, the default", "in two workers")):
        wall = statistics.median(one[place][0] for one in pairs)
        cpu = statistics.median(one[place][1] for one in pairs)
        ratio = statistics.median(one[place][0] / one[0][0] for one in pairs)
        used = statistics.median(one[place][1] / one[0][1] for one in pairs)
        print(f"{what:32} {wall:6.2f} s ({ratio:.2f} ×), {cpu:6.2f} s of the processor ({used:.2f} ×)")
    with Isolated(1) as executor:
        executor.submit(str, 0).result()
        for function, what, count in ((str, "a unit that does nothing", 500), (os._exit, "a worker replaced", 30)):
            began = time.perf_counter()
            for number in range(count):
                executor.submit(function, number + 1).exception()
            print(f"{what:32} {(time.perf_counter() - began) / count * 1e3:6.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
