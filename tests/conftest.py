"""What all tests share: every run repeats the one before it, and says from which seed."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A database would make a run depend on the runs before it; a deadline, on the machine.
settings.register_profile("deterministic", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("exploring", derandomize=False, database=None, deadline=None, print_blob=True)
settings.load_profile("deterministic")

# What an earlier run computed must not stand for what this one would; the tests of the store ask for one.
os.environ.setdefault("GRADCHECK_NO_STORE", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `make docs`."""
    parser.addoption(
        "--rewrite-docs",
        action="store_true",
        help="write what the commands in README.md and docs/ print into these files, instead of comparing it",
    )
    parser.addoption(
        "--rewrite-messages",
        action="store_true",
        help="write the messages of the planted faults into tests/messages/ before comparing them",
    )


def pytest_report_header(config: pytest.Config) -> str:
    """Where random inputs come from in this run."""
    if settings.default is not None and settings.default.derandomize:
        source = "one derived from each test; others with --hypothesis-profile=exploring"
    else:
        source = config.getoption("--hypothesis-seed") or "a new one, told with a failure"
    return f"seed: 0 for points; for Hypothesis {source}"
