"""What belongs to one test: its findings, and the seed and the points with which it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.testing.findings import TestFindings

MARK = "gradcheck"
FINDINGS: pytest.StashKey[TestFindings] = pytest.StashKey()


def findings_of(item: pytest.Item) -> TestFindings:
    """The findings of a test, made when they are first asked for."""
    if FINDINGS not in item.stash:
        from gradcheck.testing.findings import TestFindings

        file, line, _ = item.location
        item.stash[FINDINGS] = TestFindings(item.nodeid, (file.replace("\\", "/"), (line or 0) + 1))
    return item.stash[FINDINGS]


def defaults_of(item: pytest.Item) -> dict[str, Any]:
    """Seed and points, where the mark of the test or, stronger, the command line says: keywords of `gradcheck.check`."""
    mark = item.get_closest_marker(MARK)
    told = {name: mark.kwargs[name] for name in ("seed", "points") if name in mark.kwargs} if mark else {}
    for name in ("seed", "points"):
        given = item.config.getoption(f"gradcheck_{name}")
        if given is not None:
            told[name] = int(given)
    return told
