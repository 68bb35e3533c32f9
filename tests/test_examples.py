"""The sample project under ``examples/layers``: its tests are run as a user runs them, with the plugin, and counted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "examples" / "layers"

# How many tests each file has, and how many checks they make.
TESTS = {
    "test_cross_entropy": 2,
    "test_dense": 2,
    "test_embedding": 1,
    "test_layer_norm": 2,
    "test_softplus": 4,
    "test_swish": 3,
}
WITH_TORCH = ("test_swish",)
SKIPPED = "PyTorch is not installed: pip install torch==2.13.0"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The tests of a copy of the project, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-seed=0", *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "100", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples") / "layers"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder


@pytest.fixture(scope="module")
def ran(project: Path) -> subprocess.CompletedProcess[str]:
    return run(project, "--junit-xml=tests.xml", "--gradcheck-report=report")


def test_every_test_file_of_the_project_is_counted() -> None:
    found = {
        file.stem: len(re.findall(r"^def test_", file.read_text(encoding="utf-8"), re.MULTILINE))
        for file in (PROJECT / "tests").glob("test_*.py")
    }
    assert found == {**TESTS, "test_softplus": TESTS["test_softplus"] - 1}, (
        "one of softplus is parametrized by two dtypes"
    )


def test_the_tests_of_the_project_pass(ran: subprocess.CompletedProcess[str], project: Path) -> None:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    cases = ET.parse(project / "tests.xml").getroot().iter("testcase")  # noqa: S314 - our own
    outcomes = {"passed": 0, "skipped": 0}
    for case in cases:
        skipped = case.find("skipped")
        outcomes["passed" if skipped is None else "skipped"] += 1
        assert skipped is None or skipped.get("message") == SKIPPED
    without = 0 if find_spec("torch") else sum(TESTS[name] for name in WITH_TORCH)
    assert outcomes == {"passed": sum(TESTS.values()) - without, "skipped": without}


def test_what_is_skipped_is_told_with_the_reason(ran: subprocess.CompletedProcess[str]) -> None:
    if find_spec("torch"):
        assert "skipped" not in ran.stdout
    else:
        told = re.findall(rf"SKIPPED \[(\d+)\] tests.test_swish\.py:\d+: {re.escape(SKIPPED)}", ran.stdout)
        assert sum(map(int, told)) == TESTS["test_swish"]


def test_every_check_is_counted_and_reported(ran: subprocess.CompletedProcess[str], project: Path) -> None:
    checks = sum(TESTS.values()) - (0 if find_spec("torch") else TESTS["test_swish"])
    assert re.search(rf"\bholds {checks}\b", ran.stdout), ran.stdout
    report = json.loads((project / "report" / "audit.json").read_text(encoding="utf-8"))
    assert sum(entry["verdict"] == "holds" for entry in report["rows"]) == checks


# The file of a layer, what is changed in it, and what the message must say.
MISTAKES = {
    "cross_entropy": ("return gradient / len(labels)", "return gradient", "exactly 4 times the true value"),
    "dense": ("slope.sum(axis=0)", "slope.mean(axis=0)", "exactly 1/4 times the true value"),
    "layer_norm": ("scaled - mean - normal", "scaled - normal", "vjp is the VJP of value"),
    "embedding": (
        "np.add.at(self.gradient, self.rows, cotangent)",
        "self.gradient[self.rows] += cotangent",
        "vjp is the VJP of value",
    ),
    "softplus": ("jax.nn.sigmoid(x)", "jax.nn.sigmoid(-x)", "reverse mode of softplus is the VJP of softplus"),
    "swish": ("s * (1 + x * (1 - s))", "s * (1 + x * s)", "backward of Swish.apply is the VJP of Swish.apply"),
}


@pytest.fixture(scope="module")
def failed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The messages of the tests of each file, with a mistake in every layer."""
    folder = tmp_path_factory.mktemp("mistakes") / "layers"
    shutil.copytree(project, folder)
    for layer, (right, wrong, _) in MISTAKES.items():
        file = folder / "layers" / f"{layer}.py"
        source = file.read_text(encoding="utf-8")
        assert source.count(right) == 1, f"{file.name} says {right!r} not once"
        file.write_text(source.replace(right, wrong), encoding="utf-8")
    done = run(folder, "--junit-xml=tests.xml", "-k", "not scales")  # which Hypothesis would shrink, check by check
    assert done.returncode == 1, done.stdout + done.stderr
    messages: dict[str, list[str]] = {}
    for case in ET.parse(folder / "tests.xml").getroot().iter("testcase"):  # noqa: S314 - our own
        failure = case.find("failure")
        message = "" if failure is None else str(failure.text)
        messages.setdefault(str(case.get("classname")).rpartition("test_")[2], []).append(message)
    return messages


@pytest.mark.parametrize("layer", MISTAKES)
def test_a_mistake_in_a_layer_fails_its_tests(layer: str, failed: dict[str, list[str]]) -> None:
    if layer == "swish" and not find_spec("torch"):
        pytest.skip(SKIPPED)
    assert any("DerivativeMismatch: " in message and MISTAKES[layer][2] in message for message in failed[layer])
