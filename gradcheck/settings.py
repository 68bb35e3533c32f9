"""Global settings that code may change for everyone: taken down before a claim runs, told and put back after it."""

from __future__ import annotations

import contextlib
import decimal
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_GONE = object()


@dataclass(frozen=True)
class Kept:
    """One group of settings: how they are read, by name, and how one of them is put back."""

    what: str
    read: Callable[[], Mapping[str, Any]]
    write: Callable[[str, Any], None]


def _numpy_errors(name: str, value: Any) -> None:
    import numpy as np

    np.seterr(**{name: value})


def _numpy_printing(name: str, value: Any) -> None:
    import numpy as np

    np.set_printoptions(**{name: value})


def _numpy_call(call: str) -> Callable[[], Mapping[str, Any]]:
    """The settings that a function of NumPy returns, if NumPy has been imported."""
    return lambda: dict(getattr(sys.modules["numpy"], call)()) if "numpy" in sys.modules else {}


def _jax_values() -> Mapping[str, Any]:
    return dict(sys.modules["jax"].config.values) if "jax" in sys.modules else {}


def _jax_update(name: str, value: Any) -> None:
    sys.modules["jax"].config.update(name, value)


def _environ(name: str, value: Any) -> None:
    if value is _GONE:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _folder() -> Mapping[str, Any]:
    with contextlib.suppress(OSError):  # it may have been removed
        return {"": str(os.getcwd())}  # noqa: PTH109 - a Path is not needed
    return {}


def _python() -> Mapping[str, Any]:
    return {
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "standard output": sys.stdout,
        "standard error": sys.stderr,
        "module path": tuple(sys.path),
        "trace function": sys.gettrace(),
        "profile function": sys.getprofile(),
        "warning filters": tuple(warnings.filters),
        "decimal context": str(decimal.getcontext().prec),
        "locale": locale.setlocale(locale.LC_NUMERIC),
    }


def _put_python(name: str, value: Any) -> None:
    match name:
        case "recursion limit":
            sys.setrecursionlimit(value)
        case "switch interval":
            sys.setswitchinterval(value)
        case "standard output":
            sys.stdout = value
        case "standard error":
            sys.stderr = value
        case "module path":
            sys.path[:] = value
        case "trace function":
            sys.settrace(value)
        case "profile function":
            sys.setprofile(value)
        case "warning filters":
            warnings.filters[:] = value  # type: ignore[index]
            with warnings.catch_warnings():
                pass  # what leaves it tells the module that its filters are others
        case "decimal context":
            decimal.getcontext().prec = int(value)
        case "locale":
            locale.setlocale(locale.LC_NUMERIC, value)


def _alarms() -> Mapping[str, Any]:
    """The handlers of the signals that code may set for itself; only the main thread may put them back."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    names = ("SIGALRM", "SIGINT", "SIGTERM", "SIGFPE", "SIGSEGV")
    return {name: signal.getsignal(getattr(signal, name)) for name in names if hasattr(signal, name)}


def _put_alarm(name: str, value: Any) -> None:
    if value is not None:
        signal.signal(getattr(signal, name), value)


_JAX = Kept("JAX's configuration", _jax_values, _jax_update)
_ENVIRONMENT = Kept("the environment variable", lambda: dict(os.environ), _environ)
_OF_MODULES = (
    Kept("NumPy's floating-point errors:", _numpy_call("geterr"), _numpy_errors),
    Kept("NumPy's print option", _numpy_call("get_printoptions"), _numpy_printing),
    _JAX,
)
_SET_BY_IMPORTS = ("warning filters", "module path")
KEPT = (
    *_OF_MODULES,
    _ENVIRONMENT,
    Kept("the working folder", _folder, lambda _, value: os.chdir(value)),
    Kept("Python's", _python, _put_python),
    Kept("the handler of", _alarms, _put_alarm),
)


@dataclass(frozen=True)
class Own:
    """What a module sets when it is imported, for its own claims."""

    values: tuple[tuple[Kept, str, Any], ...] = ()

    def apply(self) -> None:
        """Set it."""
        for group, name, value in self.values:
            group.write(name, value)


NOTHING = Own()


@dataclass(frozen=True)
class Settings:
    """The settings at one moment, and the threads that run."""

    values: tuple[Mapping[str, Any], ...]
    threads: frozenset[int] = field(default=frozenset())
    modules: int = 0

    @classmethod
    def now(cls) -> Settings:
        """Those of this moment."""
        return cls(tuple(group.read() for group in KEPT), frozenset(_threads()), len(sys.modules))

    def changed(self) -> list[tuple[Kept, str, Any]]:
        """What is not as it was: the group, the name, and what it was.

        A module that is imported on the way may set warnings and the environment for its library: these are left alone then.
        """
        found: list[tuple[Kept, str, Any]] = []
        imported = len(sys.modules) != self.modules
        for group, before in zip(KEPT, self.values, strict=True):
            now = group.read()
            if group is _ENVIRONMENT and not imported:
                before = {**dict.fromkeys(now, _GONE), **before}
            found += [
                (group, name, value)
                for name, value in before.items()
                if (name not in now or not _same(value, now[name])) and not (imported and name in _SET_BY_IMPORTS)
            ]
        return found

    def put_back(self) -> list[str]:
        """Set everything to what it was; what had been changed, in words."""
        told: list[str] = []
        for group, name, value in self.changed():
            with contextlib.suppress(Exception):  # what cannot be put back is told all the same
                group.write(name, value)
            told.append(name if group is _JAX else f"{group.what} {name}".rstrip())
        return told

    def taken(self) -> Own:
        """What an import has set since for NumPy and JAX, which is put back: it is for the claims of that module alone."""
        found = [(group, name, value) for group, name, value in self.changed() if group in _OF_MODULES]
        own = tuple((group, name, group.read().get(name)) for group, name, _ in found)
        for group, name, value in found:
            group.write(name, value)
        return Own(own)

    def left_running(self) -> list[str]:
        """The names of the threads that were started since and still run."""
        return sorted(name for number, name in _threads().items() if number not in self.threads)


def _same(before: Any, now: Any) -> bool:
    try:
        return bool(before is now or before == now)
    except Exception:  # noqa: BLE001 - somebody's object that cannot be compared is another one
        return False


def _threads() -> dict[int, str]:
    return {thread.ident or 0: thread.name for thread in threading.enumerate()}


def note(changed: list[str], threads: list[str]) -> tuple[str, ...]:
    """What is to be told of a claim that changed settings or left threads behind."""
    told: list[str] = []
    if changed:
        more = f" and {len(changed) - 4} more" if len(changed) > 4 else ""
        told.append(f"its code changed settings for everyone, which were put back: {', '.join(changed[:4])}{more}")
    if threads:
        number = f"{len(threads)} thread{'s' if len(threads) > 1 else ''}"
        told.append(f"its code left {number} running")
    return tuple(told)


@contextlib.contextmanager
def kept(seed: int, own: Own = NOTHING) -> Iterator[list[str]]:
    """Run one claim with what its module sets: global random numbers start from the seed, and all is put back afterwards.

    The list is filled at the end with what there is to tell.
    """
    told: list[str] = []
    base, numbers = Settings.now(), _random_numbers(seed)
    own.apply()
    before = Settings.now() if own.values else base
    try:
        yield told
    finally:
        numbers()
        told += note(before.put_back(), before.left_running())
        base.put_back()


def _random_numbers(seed: int) -> Callable[[], None]:
    """Start Python's and NumPy's global random numbers from the seed; what puts them back."""
    python = random.getstate()
    random.seed(seed)
    if "numpy" not in sys.modules:
        return lambda: random.setstate(python)
    import numpy as np

    state = np.random.get_state()  # noqa: NPY002 - it is the legacy state that claims share
    np.random.seed(seed % 2**32)  # noqa: NPY002

    def put_back() -> None:
        random.setstate(python)
        np.random.set_state(state)  # noqa: NPY002

    return put_back
