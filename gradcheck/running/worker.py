"""A worker process: it takes one unit of work after the other from its connection, and answers each.

What it says: ``ready`` once, then for each unit ``begun`` when the claim itself starts (what it needs is read by then), and
the answer. Its standard output and error belong to the claims; at the end of each unit stands a mark there.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Connection

from gradcheck.running.limits import Limits, hold, rarely_collected

READY, BEGUN, TEXT, RAISED, NO_MEMORY = b"ready", b"begun", b"text", b"raised", b"no memory"
_on_begun: list[Callable[[], None]] = []

# What judging needs, imported once before any worker is forked. None of it starts a thread or a backend of JAX.
PRELOADED = (
    "jax",
    "jax.numpy",
    "gradcheck.checking",
    "gradcheck.documents.directives",
    "gradcheck.documents.judging",
    "gradcheck.documents.sheets",
    "gradcheck.pictures",
    "gradcheck.running.units",
    "gradcheck.running.units",
    "gradcheck.stored",
    "gradcheck.transcription.comparing",
    "gradcheck.transcription.reading",
)


def begun() -> None:
    """Tell whoever waits that the claim itself starts now: its time counts from here."""
    for tell in _on_begun:
        tell()


def serve(connection: Connection, mark: bytes, limits: Limits) -> None:
    """Answer units until the connection is closed."""
    faulthandler.enable(file=2)
    hold(limits.megabytes)
    _on_begun[:] = [lambda: connection.send_bytes(BEGUN)]
    connection.send_bytes(READY)
    with rarely_collected():
        while True:
            try:
                asked = connection.recv_bytes()
            except (EOFError, OSError):
                return
            kind, answer = _answer(asked)
            _end_output(mark)
            fresh = b"0" if len(threading.enumerate()) > 1 else b"1"
            try:
                connection.send_bytes(kind + fresh + answer)
            except (BrokenPipeError, ConnectionError):
                return


def _answer(asked: bytes) -> tuple[bytes, bytes]:
    """What comes of a unit: the kind of answer, and the answer."""
    try:
        function, arguments = pickle.loads(asked)  # noqa: S301 - from the process that started this one
        return TEXT, function(*arguments).encode("utf-8", "surrogatepass")
    except MemoryError:
        return NO_MEMORY, b""
    except BaseException as error:  # noqa: BLE001 - whatever it is, the next unit is to be answered
        return RAISED, json.dumps([type(error).__name__, str(error)]).encode()


def _end_output(mark: bytes) -> None:
    """Write out what is still held back, and the mark after it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a claim may have put anything there
            stream.flush()
    with contextlib.suppress(OSError):
        os.write(1, mark)


def end_with_parent() -> None:
    """Where the platform can, have this process ended when the one that made it ends."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def own_output(output: int) -> None:
    """Standard output and error into a pipe, and nothing on standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    if output > 2:
        os.close(output)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the life of the process
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
    )


def preload() -> None:
    """Import what judging needs."""
    import importlib

    for name in PRELOADED:
        importlib.import_module(name)


def main(given: str) -> None:
    """A worker that was started afresh, where processes are not forked: it connects to who started it."""
    settings = json.loads(given)
    sys.path[:] = settings["path"]
    connection = Client(settings["address"], authkey=bytes.fromhex(settings["key"]))
    preload()
    serve(connection, settings["mark"].encode(), Limits(settings["seconds"], settings["megabytes"]))
