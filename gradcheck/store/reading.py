"""Which files a process opens, told by Python itself: whatever a claim's module reads is part of what a run depends on."""

from __future__ import annotations

import os
import sys
from typing import Any

_opened: set[str] = set()
_recording = False


def record() -> None:
    """From now on, every file that this process opens by its name is noted. It cannot be undone, and costs next to nothing."""
    global _recording  # noqa: PLW0603 - Python's hook is of the whole process, and so is this
    if not _recording:
        _recording = True
        sys.addaudithook(_note)


def opened() -> frozenset[str]:
    """The files that were opened so far, as they were named, made absolute."""
    return frozenset(os.path.abspath(name) for name in _opened.copy())


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and arguments and isinstance(arguments[0], str):
        _opened.add(arguments[0])
