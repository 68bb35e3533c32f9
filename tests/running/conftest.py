"""What the tests of workers share: a module of functions that workers can import, and an audit's text."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from gradcheck.audit import Audit
from gradcheck.stored import document, text

FUNCTIONS = """\
import ctypes, os, signal, sys, threading, time
from pathlib import Path

def name(value):
    return f"{value} from {os.getpid()}"

def forever(value):
    while True:
        pass

def leave(value):
    os._exit(value)

def crash(value):
    ctypes.string_at(0)

def stop(value):
    sys.exit(value)

def memory(value):
    import numpy as np
    return str(np.ones(10**10).sum())

def say(value):
    print("said", value)
    print("x" * 5000, file=sys.stderr)
    return "done"

def threads(value):
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    return name(value)

def killed_until(value):
    with Path(value).open("a") as file:
        file.write("x")
    if Path(value).stat().st_size < 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done at last"

def killed(value):
    os.kill(os.getpid(), signal.SIGKILL)

def orphan(value):
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(5)
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of functions for workers, which look for it where this process does."""
    folder = tmp_path / "functions"
    folder.mkdir()
    (folder / "functions_of_workers.py").write_text(FUNCTIONS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module("functions_of_workers")
    sys.modules.pop("functions_of_workers", None)


@pytest.fixture
def written() -> Callable[[Audit], str]:
    """An audit as it is stored."""
    return lambda audit: text(document(audit))
