"""How long a claim may take and how much memory, and how a process is held to it."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass

SECONDS = 120.0
MEGABYTES = 4096
_OBJECTS = 50_000  # new ones after which Python looks for garbage in cycles


@dataclass(frozen=True)
class Limits:
    """What one claim may take: seconds on the clock, and megabytes beside what the worker itself needs. None: no limit."""

    seconds: float | None = SECONDS
    megabytes: int | None = MEGABYTES


@contextlib.contextmanager
def rarely_collected() -> Iterator[None]:
    """Garbage in cycles is looked for after 50,000 new objects, not 700: judging leaves little, and JAX has much done then."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def memory_is_limited() -> bool:
    """Whether this platform holds a process to an amount of memory; macOS and Windows do not."""
    return sys.platform == "linux"


def hold(megabytes: int | None) -> None:
    """Hold this process to so much memory beside what it has now; asking for more raises MemoryError. It leaves no core."""
    if not memory_is_limited():
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if megabytes is None:
        return
    with contextlib.suppress(OSError, ValueError):  # a limit that is lower already stays
        most = _data_now() + megabytes * 2**20
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _data_now() -> int:
    """The private, writable memory of this process in bytes, which is what RLIMIT_DATA counts."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as told:  # noqa: PTH123 - hundreds of times
        line = next(line for line in told if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


class LimitError(RuntimeError):
    """A claim took more than it may, and was stopped; the message is the reason why it is undecided."""


class TimeLimitError(LimitError):
    """A claim took longer than it may; its process was ended."""


class MemoryLimitError(LimitError):
    """A claim wanted more memory than it may."""


class EndedError(RuntimeError):
    """The process in which a claim ran ended under it; the message says how, and what was said last."""


def too_slow(seconds: float, doing: str) -> TimeLimitError:
    """The error for what took too long."""
    return TimeLimitError(
        f"{doing} took longer than the {seconds:g} s that a claim may take (--time-limit) and was ended"
    )


def too_large(megabytes: int | None) -> MemoryLimitError:
    """The error for what needs too much memory."""
    most = "there is" if megabytes is None else f"the {megabytes} MB that a claim may take (--memory-limit)"
    return MemoryLimitError(f"it needs more memory than {most}")
