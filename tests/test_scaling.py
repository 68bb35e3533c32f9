"""benchmarks/scaling.py: exponents are what was planted, too fast a growth is told, and the page has a row for every path."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def scaling() -> Any:
    """The script as a module, with its folder on the path as when it is run."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module("scaling")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def planted(scaling: Any, power: float) -> list[Any]:
    """Costs that grow like a power of the size, beside what every call costs."""
    return [scaling.Cost(n, 1e-6 + 1e-4 * n**power, 10 + n / 100) for n in (10, 100, 1000, 10_000, 100_000)]


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_the_larger_sizes(scaling: Any, power: float) -> None:
    costs = planted(scaling, power)
    assert scaling.exponent([cost.size for cost in costs], [cost.seconds for cost in costs]) == pytest.approx(
        power, abs=0.05
    )


def test_what_grows_too_fast_is_told(scaling: Any) -> None:
    path = scaling.Series("a path", "entries", (10,), lambda n: lambda: None)
    assert "| entries, 10 to 100,000 | 1.00 | 1 | yes | 0.85 | 10 s | 1010 MB |" in scaling.row(
        path, planted(scaling, 1.0)
    )
    assert "| 2.00 | 1 | **no** |" in scaling.row(path, planted(scaling, 2.0))


def alone(code: str) -> subprocess.CompletedProcess[str]:
    """A piece of Python beside the script, in a process of its own: measuring forks, which this one's threads forbid."""
    head = "import sys; sys.path.insert(0, 'benchmarks'); import numpy as np, scaling; from scaling import Series, measured\n"
    return subprocess.run(
        [sys.executable, "-c", head + code], cwd=ROOT, capture_output=True, check=False, encoding="utf-8"
    )


def test_memory_is_that_of_the_work() -> None:
    arrays = "path = Series('arrays', 'numbers', (10,), lambda n: lambda: np.ones(n).sum())\n"
    done = alone(arrays + "print(measured(path, 8 * 2**20).megabytes, measured(path, 10).megabytes)")
    large, small = map(float, done.stdout.split())
    assert 60 < large < 90
    assert small < 20


def test_work_that_raises_is_no_cost() -> None:
    done = alone("measured(Series('broken', 'entries', (10,), lambda n: lambda: 1 // (n - 20)), 20)")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "RuntimeError: broken at 20: see above" in done.stderr


def test_a_wrong_answer_is_no_cost(scaling: Any) -> None:
    work = sys.modules["scaling_work"]
    with pytest.raises(AssertionError, match="FAILS"):
        work.checked(np.sin, (np.ones(3),), derivative=np.sin)()


def test_the_page_has_a_row_and_a_panel_for_every_path(scaling: Any) -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")][1:]
    assert rows == [series.name for series in scaling.SERIES]
    measured = set(json.loads(scaling.FIGURES.read_text(encoding="utf-8")))
    assert {line.split("|")[1].strip() for line in page.splitlines() if "| not measured |" in line} == set(
        rows
    ) - measured
    for picture in ("scaling_seconds.svg", "scaling_megabytes.svg"):
        assert f"]({picture})" in page
        assert all(name in (ROOT / "docs" / picture).read_text(encoding="utf-8") for name in set(rows) & measured)
