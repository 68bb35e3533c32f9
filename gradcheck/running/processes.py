"""Worker processes as seen from the process that uses them: how they are started, asked, and ended.

On Linux they are forked from one process that has imported all they need (`gradcheck.running.forks`), in milliseconds and
sharing its memory. Elsewhere each is started afresh, since forking is not safe there or does not exist.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, Protocol

from gradcheck.running.limits import EndedError, Limits, too_large, too_slow
from gradcheck.running.worker import BEGUN, NO_MEMORY, RAISED, READY

KEPT = 2000
"""How many bytes of what a unit prints are kept; the rest is counted."""
STARTING = 300.0
"""Seconds within which a worker must have imported what it needs."""
_FORKS = sys.platform == "linux"


class WorkerError(RuntimeError):
    """A worker could not be started, or a unit went wrong outside of the claim: the message says how."""


class KilledError(EndedError):
    """The process was killed from outside, as far as can be told: what it did may be done again."""


class Output:
    """What a worker prints, read while it runs so that it never waits: the beginning is kept, the rest is counted."""

    def __init__(self, read: Callable[[], bytes], mark: bytes) -> None:
        self._read, self._mark = read, mark
        self._changed = threading.Condition()
        self._head, self._tail, self._count, self._closed = b"", b"", 0, False
        threading.Thread(target=self._drain, name="gradcheck output", daemon=True).start()

    def _drain(self) -> None:
        while chunk := self._read():
            with self._changed:
                self._count += len(chunk)
                self._head += chunk[: max(KEPT + len(self._mark) - len(self._head), 0)]
                self._tail = (self._tail + chunk)[-len(self._mark) :]
                if self._tail == self._mark:
                    self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> str:
        """What was printed since the last time, cut where it is long; the worker has ended it with its mark, or itself."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._tail == self._mark, timeout=2)
            head, count = self._head, self._count
            if self._tail == self._mark:
                count -= len(self._mark)
            head = head[: min(count, KEPT)]
            self._head, self._tail, self._count = b"", b"", 0
        text = head.decode("utf-8", "replace")
        return f"{text}… ({count - KEPT} more bytes were printed)" if count > KEPT else text


class Process(Protocol):
    """A process that was started: how to end it, and how it ended."""

    def end(self) -> None:
        """Kill it, and what it has started."""

    def code(self) -> int | None:
        """Its exit code, or a signal as a negative number, once it has ended; None where that cannot be told."""


@dataclass
class Worker:
    """A worker that is ready to be asked."""

    connection: Connection
    output: Output
    process: Process
    limits: Limits

    def ask(self, asked: bytes, doing: str) -> tuple[bytes, bool]:
        """The answer to a unit, and whether the worker is as good as new after it.

        Raises:
            LimitError: it took too long, or too much memory.
            EndedError: the process ended under it.
            WorkerError: the unit raised.
        """
        try:
            self.connection.send_bytes(asked)
            answer = self._next(f"reading what {doing} needs")
            if answer == BEGUN:
                answer = self._next(doing)
        except (EOFError, OSError):
            raise self._ended() from None
        kind = next(one for one in (RAISED, NO_MEMORY, b"text") if answer.startswith(one))
        fresh, told = answer[len(kind) : len(kind) + 1] == b"1", answer[len(kind) + 1 :]
        if kind == NO_MEMORY:
            raise too_large(self.limits.megabytes)
        if kind == RAISED:
            name, message = json.loads(told)
            raise WorkerError(f"{name}: {message}" if message else name)
        return told, fresh

    def _next(self, doing: str) -> bytes:
        if not self.connection.poll(self.limits.seconds):
            assert self.limits.seconds is not None
            raise too_slow(self.limits.seconds, doing)
        return self.connection.recv_bytes()

    def _ended(self) -> EndedError:
        """How the process ended."""
        code = self.process.code()
        if code is None or code in (-signal.SIGTERM, -getattr(signal, "SIGKILL", 9)):
            return KilledError("its process was killed")
        if code < 0:
            with contextlib.suppress(ValueError):
                return EndedError(f"it ended its process by {signal.Signals(-code).name}")
        return EndedError(f"it ended its process with exit code {code}")

    def end(self) -> None:
        """End the process."""
        self.process.end()
        self.connection.close()


def start(limits: Limits) -> Worker:
    """A worker, once it is ready. Raises WorkerError."""
    worker = forks().start(limits) if _FORKS else _spawned(limits)
    try:
        if not worker.connection.poll(STARTING) or worker.connection.recv_bytes() != READY:
            raise EOFError
    except (EOFError, OSError):
        worker.end()
        said = worker.output.take().strip()
        raise WorkerError(f"a worker process could not be started{': ' + said if said else ''}") from None
    return worker


def warm_up() -> None:
    """Begin to import what workers need, where they are forked, so that the first one is there sooner."""
    if _FORKS:
        forks()


@dataclass
class _Forked:
    forks: Forks
    number: int
    socket: socket.socket
    ended: threading.Event = field(default_factory=threading.Event)
    told: int | None = None

    def end(self) -> None:
        self.forks.end(self.number)

    def code(self) -> int | None:
        return self.told if self.ended.wait(5) else None


class Forks:
    """The process that workers are forked from."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        # Told where this package is, not left to find another of its name.
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from gradcheck.running.forks import main; main({theirs.fileno()})"
        )
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for this process alone
        )
        theirs.close()
        self._socket, self._connection = ours, Connection(os.dup(ours.fileno()))
        self._sending = threading.Lock()
        self._workers: dict[int, _Forked] = {}
        self._count = 0
        self.alive, self.owner = True, os.getpid()
        threading.Thread(target=self._listen, name="gradcheck workers", daemon=True).start()

    def start(self, limits: Limits) -> Worker:
        """Fork a worker."""
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        mark = _mark()
        connection = Connection(os.dup(ours.fileno()))
        with self._sending:
            self._count += 1
            process = self._workers[self._count] = _Forked(self, self._count, ours)
            request = {
                "worker": self._count,
                "folder": str(Path.cwd()),
                "path": sys.path,
                "environment": dict(os.environ),
                "mark": mark.decode(),
                **vars(limits),
            }
            with contextlib.suppress(OSError):  # it is gone, which the missing answer tells
                self._connection.send_bytes(json.dumps(request).encode())
                socket.send_fds(self._socket, [b"."], [theirs.fileno(), write])
        theirs.close()
        os.close(write)
        if not self.alive:
            self._lose(process, None)
        return Worker(connection, Output(lambda: _read(read, lambda: os.close(read)), mark), process, limits)

    def end(self, number: int) -> None:
        """Kill a worker."""
        with self._sending, contextlib.suppress(OSError):
            self._connection.send_bytes(json.dumps({"end": number}).encode())

    def close(self) -> None:
        """End it and all its workers."""
        if self.owner != os.getpid():
            return
        self.alive = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
            return
        self.process.kill()
        self.process.wait()

    def _listen(self) -> None:
        """Hear what it tells, until it ends."""
        try:
            while True:
                told = json.loads(self._connection.recv_bytes())
                if "ended" in told and (process := self._workers.pop(told["ended"], None)) is not None:
                    self._lose(process, told["code"])
        except (EOFError, OSError):
            self.alive = False
            for process in list(self._workers.values()):
                self._lose(process, None)

    @staticmethod
    def _lose(process: _Forked, code: int | None) -> None:
        """A worker has ended: wake who waits for its answer, although what it has started may hold the connection."""
        process.told = code
        process.ended.set()
        with contextlib.suppress(OSError):
            process.socket.shutdown(socket.SHUT_RDWR)
        process.socket.close()


_forks: Forks | None = None
_starting = threading.Lock()


def forks() -> Forks:
    """The one process that workers of this one are forked from, started when it is needed."""
    global _forks  # noqa: PLW0603 - one a process
    with _starting:
        others = _forks is not None and _forks.owner != os.getpid()  # this process was forked from the one that has it
        if _forks is None or others or not _forks.alive or _forks.process.poll() is not None:
            _forks = Forks()
            atexit.register(_forks.close)
        return _forks


class _Started:
    """A worker that was started afresh."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(5)
        return None


def _spawned(limits: Limits) -> Worker:
    """Start a worker afresh; it connects to this process."""
    mark, key = _mark(), secrets.token_bytes(32)
    with Listener(authkey=key) as listener:
        given: dict[str, Any] = {"address": listener.address, "key": key.hex(), "mark": mark.decode(), "path": sys.path}
        told = json.dumps({**given, **vars(limits)})
        code = f"import sys; sys.path[:] = {sys.path!r}; from gradcheck.running.worker import main; main({told!r})"
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        # A process that ends before it connects would be waited for without end.
        waiting = threading.Timer(STARTING, listener.close)
        waiting.daemon = True
        waiting.start()

        def unless_it_ends() -> None:
            process.wait()
            listener.close()

        threading.Thread(target=unless_it_ends, name="gradcheck start", daemon=True).start()
        output = process.stdout
        assert output is not None
        reading = Output(lambda: _read(output.fileno(), output.close), mark)
        try:
            connection = listener.accept()
        except (OSError, EOFError):
            process.kill()
            raise WorkerError(f"a worker process could not be started: {reading.take().strip()}") from None
        finally:
            waiting.cancel()
    return Worker(connection, reading, _Started(process), limits)


def _mark() -> bytes:
    """What ends the output of a unit: nothing that a claim prints by itself."""
    return f"\0{secrets.token_hex(16)}\0".encode()


def _read(number: int, close: Callable[[], None]) -> bytes:
    """The next bytes from a pipe, which is closed at its end."""
    try:
        chunk = os.read(number, 65536)
    except OSError:
        chunk = b""
    if not chunk:
        with contextlib.suppress(OSError):
            close()
    return chunk
