"""A whole run of a command, kept by all that it read: on files that did not change it is told again, byte for byte.

What is kept is what was printed, the files that were written, and the exit code. It stands for a run only where the same
command is given in the same folder to the same kind of terminal, where every file that was read is as it was and none has come
or gone in the folders that were searched, and where the same version computes. A run with a problem, with a claim that has no
content of its own, or beside whose files something was written meanwhile, is not kept.

Neither the audited modules nor anything heavy is imported here.
"""

from __future__ import annotations

import binascii
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from gradcheck.store.database import Database
from gradcheck.store.folder import FILE, FOLDER
from gradcheck.store.versions import BEGUN, Stamp, content, digest, settled, stamp, version

MOST_FILES = 5_000
MOST_BYTES = 64 * 1024 * 1024
"""Of what is read or written: a run on more is not kept, and its verdicts still are."""

# Variables by which the terminal, or what is printed on it, is another.
_PRINTED = (
    "COLUMNS",
    "LINES",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "TTY_",
    "LANG",
    "LC_",
    "PYTHON",
    "JUPYTER",
)
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/var/lib/", "/var/cache/")
_REMEMBERED = frozenset(("__pycache__", FOLDER, ".hypothesis"))
_NOTHING = ("__pycache__",)

asked: list[str] | None = None
"""The arguments with which this process was started, where it is the command and nothing else."""


class _UnkeptError(Exception):
    """A run that is not to be kept."""


def replay(arguments: Sequence[str]) -> int | None:
    """Tell a run again that was kept, and return its exit code; None, with nothing told, where there is none."""
    file = store_file(arguments)
    if file is None or not file.exists():
        return None
    database = Database.open(file)
    try:
        found = database.get("run", _key(arguments, database))
        run = json.loads(found) if found is not None else None
        if run is None or not _unchanged(run["files"], run["folders"], _absolute(run["written"])):
            return None
        for path, written in run["written"].items():
            if content(Path(path)) != written:
                blob = database.get("file", bytes.fromhex(written))
                if blob is None:
                    return None
                from gradcheck.report.files import ReportError, replace

                try:
                    replace(Path(path), blob)
                except ReportError:
                    return None  # the command itself tells of it
        _tell(sys.stdout, run["stdout"])
        _tell(sys.stderr, run["stderr"])
        sys.stderr.write(f"nothing has changed since this was computed ({file}); --no-store computes it again\n")
        return int(run["code"])
    finally:
        for note in database.notes:
            sys.stderr.write(f"{note}\n")
        database.close()


def store_file(arguments: Sequence[str]) -> Path | None:
    """The store that a command line asks for, as far as that can be told without reading it as the command does."""
    if "--no-store" in arguments or os.environ.get("GRADCHECK_NO_STORE"):
        return None
    named = os.environ.get("GRADCHECK_STORE") or None
    for place, argument in enumerate(arguments):
        if argument == "--store" and place + 1 < len(arguments):
            named = arguments[place + 1]
        elif argument.startswith("--store="):
            named = argument.removeprefix("--store=")
    return Path(named) if named else Path(FOLDER) / FILE


class Recording:
    """What a run prints and writes, while it does so."""

    def __init__(self) -> None:
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self.written: dict[str, bytes] = {}
        self._on = True

    @contextmanager
    def on(self) -> Iterator[Recording]:
        """Within it, standard output and error are recorded."""
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Tee(before[0], self.stdout, self), _Tee(before[1], self.stderr, self)
        try:
            yield self
        finally:
            sys.stdout, sys.stderr = before

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, what claims print themselves passes unrecorded: a claim that is not run prints nothing."""
        before, self._on = self._on, False
        try:
            yield
        finally:
            self._on = before

    def wrote(self, file: Path, data: bytes) -> None:
        """A file that the run has written."""
        self.written[str(file)] = data

    def heard(self, into: list[str], text: str) -> None:
        """Something that was printed."""
        if self._on:
            into.append(text)


def keep(
    recording: Recording,
    database: Database,
    paths: Iterable[str],
    read: Iterable[str],
    arguments: Sequence[str],
    code: int,
) -> bool:
    """Keep a run, by what is under its ``paths`` and by the files that it ``read``; whether it could be kept."""
    outputs = _absolute(recording.written)
    try:
        folders = {str(folder): _listed(folder, outputs) for folder in dict.fromkeys(map(_searched, paths))}
        names = {str(Path(folder) / name) for folder, found in folders.items() for name in found}
        files = _seen((names | set(read)) - outputs)
    except _UnkeptError:
        return False
    if sum(map(len, recording.written.values())) > MOST_BYTES:
        return False
    told = {
        "files": files,
        "folders": folders,
        "stdout": recording.stdout,
        "stderr": recording.stderr,
        "written": {name: sha256(data).hexdigest() for name, data in recording.written.items()},
        "code": code,
    }
    made = version(database)
    for data in recording.written.values():
        database.put("file", sha256(data).digest(), data, made)
    database.put("run", _key(arguments, database), json.dumps(told).encode("utf-8", "surrogatepass"), made)
    return True


def of_users(names: Iterable[str]) -> Iterator[str]:
    """Of the files that were opened, those that neither the system nor a library, nor what is remembered of one, has."""
    from gradcheck.store.content import is_library_file

    home = os.path.expanduser("~")  # noqa: PTH111 - it raises nothing where there is none
    remembered = tuple(f"{home}{os.sep}{folder}{os.sep}" for folder in (".cache", ".config"))
    for name in names:
        ours = _REMEMBERED.isdisjoint(Path(name).parts) and not name.startswith((*_SYSTEM, *remembered))
        if ours and not is_library_file(name) and not os.path.isdir(name):  # noqa: PTH112 - a name, as Python told it
            yield name


def _key(arguments: Sequence[str], database: Database) -> bytes:
    """What a run is known by, besides the files that it reads."""
    streams = [
        f"{name} {stream.isatty()} {getattr(stream, 'encoding', '')} {getattr(stream, 'errors', '')}"
        for name, stream in (("in", sys.stdin), ("out", sys.stdout), ("err", sys.stderr))
        if stream is not None
    ]
    size = str(os.get_terminal_size(sys.__stdout__.fileno())) if _is_terminal() and sys.__stdout__ is not None else ""
    shown = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(_PRINTED))
    return digest(["run", version(database).hex(), str(Path.cwd()), *arguments, "", *streams, size, *shown])


def _is_terminal() -> bool:
    try:
        return bool(sys.__stdout__ is not None and os.isatty(sys.__stdout__.fileno()))
    except (OSError, ValueError):
        return False


def _absolute(names: Iterable[str]) -> set[str]:
    return {os.path.abspath(name) for name in names}  # noqa: PTH100 - a link stays as it is named


def _searched(path: str) -> Path:
    """The folder in which something that is read for a path may come or go."""
    found = Path(path).resolve()
    return found if found.is_dir() else found.parent


def _listed(folder: Path, without: set[str]) -> list[str]:
    """The names of the files under a folder, those of hidden folders and what was written by the run itself left out."""
    found: list[str] = []
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in _NOTHING:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.path not in without:
                    found.append(entry.path[len(str(folder)) :].lstrip(os.sep))
                if len(found) + len(waiting) > MOST_FILES:
                    raise _UnkeptError
    return sorted(found)


def _seen(names: Iterable[str]) -> list[list[Any]]:
    """Each file with its stamp, the hash of its content, and whether the stamp alone tells a later change."""
    found: list[list[Any]] = []
    size = 0
    for name in sorted(names):
        seen = stamp(Path(name))
        size += int(seen[1]) if len(seen) > 1 else 0
        written = any(isinstance(at, int) and at / 1e9 >= BEGUN for at in seen[2:4])
        if written or size > MOST_BYTES or len(found) > MOST_FILES:
            raise _UnkeptError  # it may not be what was read
        found.append([seen, content(Path(name)), settled([seen])])
    return found


def _unchanged(files: Iterable[tuple[Stamp, str, bool]], folders: Mapping[str, list[str]], without: set[str]) -> bool:
    """Whether every file is as it was, and none has come or gone in the folders."""
    for seen, hashed, trusted in files:
        file = Path(str(seen[0]))
        if not (trusted and stamp(file) == seen) and content(file) != hashed:
            return False
    try:
        return all(_listed(Path(folder), without) == names for folder, names in folders.items())
    except (OSError, _UnkeptError):
        return False


def _tell(stream: Any, told: Iterable[str]) -> None:
    for text in told:
        if text.startswith(_BYTES):
            stream.flush()
            stream.buffer.write(binascii.a2b_base64(text.removeprefix(_BYTES)))
            stream.buffer.flush()
        else:
            stream.write(text.removeprefix(_TEXT))
    stream.flush()


_TEXT, _BYTES = "text:", "bytes:"


class _Tee:
    """A stream that passes everything on, and what it is told to a recording as well."""

    def __init__(self, stream: Any, into: list[str], recording: Recording, *, binary: bool = False) -> None:
        self._stream, self._into, self._recording, self._binary = stream, into, recording, binary

    def write(self, data: Any) -> Any:
        """Pass it on, and record it."""
        done = self._stream.write(data)
        if data:
            told = _BYTES + binascii.b2a_base64(data, newline=False).decode() if self._binary else _TEXT + data
            self._recording.heard(self._into, told)
        return done

    def writelines(self, lines: Iterable[Any]) -> None:
        """Each of them."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> _Tee:
        """The stream of bytes below."""
        return _Tee(self._stream.buffer, self._into, self._recording, binary=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
