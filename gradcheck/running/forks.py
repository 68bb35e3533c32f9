"""The process that workers are forked from: it has imported what they need, and runs no code of anybody else.

It is told over its socket to fork a worker, whose connection and output come along as file descriptors, or to end one; it
tells when one has ended, and how. When its socket is closed it ends all of them and itself.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from multiprocessing.connection import Connection
from typing import Any

from gradcheck.running.limits import Limits
from gradcheck.running.worker import end_with_parent, own_output, preload, serve


def main(number: int) -> None:
    """Serve the socket with this file descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = socket.socket(fileno=number)
    told = Connection(os.dup(number))
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    preload()
    gc.freeze()
    workers: dict[int, int] = {}
    told.send_bytes(json.dumps({"ready": True}).encode())
    try:
        while True:
            ready, _, _ = select.select([number, woken], [], [])
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
                _tell_ended(told, workers)
            if number in ready:
                request = json.loads(told.recv_bytes())
                if "end" in request:
                    _end(next((pid for pid, one in workers.items() if one == request["end"]), None))
                    continue
                _, handles, _, _ = socket.recv_fds(asked, 1, 2)
                pid = os.fork()
                if pid == 0:
                    asked.close()
                    told.close()
                    os.close(woken)
                    os.close(wake)
                    _work(handles, request)
                for handle in handles:
                    os.close(handle)
                workers[pid] = request["worker"]
                told.send_bytes(json.dumps({"started": request["worker"], "pid": pid}).encode())
    except (EOFError, ConnectionError):
        pass
    finally:
        for pid in workers:
            _end(pid)


def _work(handles: list[int], request: dict[str, Any]) -> None:
    """The life of a worker; it does not return."""
    try:
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        os.setpgid(0, 0)
        end_with_parent()
        own_output(handles[1])
        os.chdir(request["folder"])
        sys.path[:] = request["path"]
        os.environ.clear()
        os.environ.update(request["environment"])
        serve(Connection(handles[0]), request["mark"].encode(), Limits(request["seconds"], request["megabytes"]))
    except BaseException as error:  # noqa: BLE001 - nothing of the parent's may run here
        with contextlib.suppress(BaseException):
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - it is the worker's output
        os._exit(70)
    os._exit(0)


def _tell_ended(told: Connection, workers: dict[int, int]) -> None:
    """Tell which workers have ended since, and how: an exit code, or a signal as a negative number."""
    while workers:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in workers:
            _end(pid, group_alone=True)  # what it has started itself
            code = os.waitstatus_to_exitcode(status)
            told.send_bytes(json.dumps({"ended": workers.pop(pid), "code": code}).encode())


def _end(pid: int | None, *, group_alone: bool = False) -> None:
    """Kill a worker and what it has started."""
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if not group_alone:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
