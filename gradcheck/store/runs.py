"""A whole run of a command, kept by all that it read: on files that did not change it is told again, byte for byte.

What is kept is what was printed, the files that were written, and the exit code. It stands for a run only where the same
command is given in the same folder to the same kind of terminal, where every file that was read is as it was and none has come
or gone in the folders that were searched, and where the same version computes. A run with a problem, with a claim that has no
content of its own, or beside whose files something was written meanwhile, is not kept.

Neither the audited modules nor anything heavy is imported here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256

from gradcheck.store.database import Database
from gradcheck.store.folder import FILE, FOLDER
from gradcheck.store.versions import BEGUN, Stamp, content, digest, settled, stamp, version

TYPE_CHECKING = False  # a run is told again without typing and pathlib, which would cost a quarter of that
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

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

Seen = tuple[Stamp, str, bool]
"""A file's stamp, the hash of its content, and whether the stamp alone tells a later change."""

asked: list[str] | None = None
"""The arguments with which this process was started, where it is the command and nothing else."""


class _UnkeptError(Exception):
    """A run that is not to be kept."""


def replay(arguments: Sequence[str]) -> int | None:
    """Tell a run again that was kept, and return its exit code; None, with nothing told, where there is none."""
    file = store_file(arguments)
    if file is None or not os.path.exists(file):
        return None
    database = Database.open(file)
    try:
        made = version(database)
        key = _key(arguments, made)
        found = database.get("run", key)
        if found is None:
            return None
        run = json.loads(found)
        files, there = ([_as_it_was(one) for one in run[kind]] for kind in ("files", "written"))
        written = {str(seen[0]): now is not None for (seen, *_), now in zip(run["written"], there, strict=True)}
        if None in files or not _complete(run["folders"], _absolute(written)) or not _sweepable(run["swept"], written):
            return None
        if None in there and not _written_again(database, run["written"], there):
            return None
        known = zip((*files, *there), (*run["files"], *run["written"]), strict=True)
        if any(now is not None and now[2] and now != was for now, was in known):
            written_now = [now or was for now, was in zip(there, run["written"], strict=True)]
            renewed = run | {"files": files, "written": written_now}
            database.put("run", key, _encoded(renewed), made)  # what was read now is told by its stamp the next time
        _tell(sys.stdout, run["stdout"])
        _tell(sys.stderr, run["stderr"])
        sys.stderr.write(f"nothing has changed since this was computed ({file}); --no-store computes it again\n")
        return int(run["code"])
    finally:
        for note in database.notes:
            sys.stderr.write(f"{note}\n")
        database.close()


def store_file(arguments: Sequence[str]) -> str | None:
    """The store that a command line asks for, as far as that can be told without reading it as the command does."""
    if "--no-store" in arguments or os.environ.get("GRADCHECK_NO_STORE"):
        return None
    named = os.environ.get("GRADCHECK_STORE") or None
    for place, argument in enumerate(arguments):
        if argument == "--store" and place + 1 < len(arguments):
            named = arguments[place + 1]
        elif argument.startswith("--store="):
            named = argument.removeprefix("--store=")
    return named or os.path.join(FOLDER, FILE)


class Recording:
    """What a run prints and writes, while it does so."""

    def __init__(self) -> None:
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self.written: dict[str, bytes] = {}
        self.folders: list[str] = []
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

    def swept(self, folder: Path) -> None:
        """A folder of pages that the run has written, from which pages of former runs were removed."""
        self.folders.append(str(folder))

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
        folders = {folder: _listed(folder, outputs) for folder in dict.fromkeys(map(_searched, paths))}
        names = {os.path.join(folder, name) for folder, found in folders.items() for name in found}
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
        "written": [([name], sha256(data).hexdigest(), False) for name, data in recording.written.items()],
        "swept": recording.folders,
        "code": code,
    }
    import zlib

    made = version(database)
    for data in recording.written.values():
        database.put("file", sha256(data).digest(), zlib.compress(data), made)
    database.put("run", _key(arguments, made), _encoded(told), made)
    return True


def of_users(names: Iterable[str]) -> Iterator[str]:
    """Of the files that were opened, those that neither the system nor a library, nor what is remembered of one, has."""
    from gradcheck.store.content import is_library_file

    home = os.path.expanduser("~")
    remembered = tuple(f"{home}{os.sep}{folder}{os.sep}" for folder in (".cache", ".config"))
    for name in names:
        ours = _REMEMBERED.isdisjoint(name.split(os.sep)) and not name.startswith((*_SYSTEM, *remembered))
        if ours and not is_library_file(name) and not os.path.isdir(name):
            yield name


def _encoded(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode("utf-8", "surrogatepass")


def _key(arguments: Sequence[str], made: bytes) -> bytes:
    """What a run is known by, besides the files that it reads; ``made`` is the version of what computes."""
    streams = [
        f"{name} {stream.isatty()} {getattr(stream, 'encoding', '')} {getattr(stream, 'errors', '')}"
        for name, stream in (("in", sys.stdin), ("out", sys.stdout), ("err", sys.stderr))
        if stream is not None
    ]
    size = str(os.get_terminal_size(sys.__stdout__.fileno())) if _is_terminal() and sys.__stdout__ is not None else ""
    shown = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(_PRINTED))
    return digest(["run", made.hex(), os.getcwd(), *arguments, "", *streams, size, *shown])


def _is_terminal() -> bool:
    try:
        return bool(sys.__stdout__ is not None and os.isatty(sys.__stdout__.fileno()))
    except (OSError, ValueError):
        return False


def _absolute(names: Iterable[str]) -> set[str]:
    return {os.path.abspath(name) for name in names}  # a link stays as it is named


def _searched(path: str) -> str:
    """The folder in which something that is read for a path may come or go."""
    found = os.path.realpath(path)
    return found if os.path.isdir(found) else os.path.dirname(found)


def _listed(folder: str, without: set[str]) -> list[str]:
    """The names of the files under a folder, those of hidden folders and what was written by the run itself left out."""
    found: list[str] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in _NOTHING:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.path not in without:
                    found.append(entry.path[len(folder) :].lstrip(os.sep))
                if len(found) + len(waiting) > MOST_FILES:
                    raise _UnkeptError
    return sorted(found)


def _seen(names: Iterable[str]) -> list[Seen]:
    """What is known of each file now."""
    found: list[Seen] = []
    size = 0
    for name in sorted(names):
        seen = stamp(name)
        size += int(seen[1]) if len(seen) > 1 else 0
        written = any(isinstance(at, int) and at / 1e9 >= BEGUN for at in seen[2:4])
        if written or size > MOST_BYTES or len(found) > MOST_FILES:
            raise _UnkeptError  # it may not be what was read
        found.append((seen, content(name), settled([seen])))
    return found


def _as_it_was(known: Seen) -> Seen | None:
    """What is known of a file now, if its content is what it was."""
    seen, hashed, trusted = known
    name = str(seen[0])
    now = stamp(name)
    if trusted and now == seen:
        return known
    return (now, hashed, settled([now])) if content(name) == hashed else None


def _complete(folders: Mapping[str, list[str]], without: set[str]) -> bool:
    """Whether no file has come or gone in the folders."""
    try:
        return all(_listed(folder, without) == names for folder, names in folders.items())
    except (OSError, _UnkeptError):
        return False


def _sweepable(folders: Iterable[str], written: Mapping[str, bool]) -> bool:
    """Whether folders of pages hold none but those that were written: what to do with others is the command's to say.

    ``written`` says of each file whether it is there as it was written.
    """
    for folder in folders:
        first, pages = os.path.join(folder, "index.html"), os.path.join(folder, "documents")
        if os.path.exists(first) and not written[first]:
            return False
        others = os.listdir(pages) if os.path.isdir(pages) else []
        if any(os.path.join(pages, name) not in written for name in others):
            return False
    return True


def _written_again(database: Database, files: Sequence[Seen], there: Sequence[Seen | None]) -> bool:
    """Write what is gone or was changed; whether that could be done, else the command itself tells of it."""
    import zlib
    from pathlib import Path

    from gradcheck.report.files import ReportError, replace

    for (seen, hashed, _), now in zip(files, there, strict=True):
        if now is None:
            packed = database.get("file", bytes.fromhex(hashed))
            if packed is None:
                return False
            try:
                replace(Path(str(seen[0])), zlib.decompress(packed))
            except ReportError:
                return False
    return True


def _tell(stream: Any, told: Iterable[str]) -> None:
    for text in told:
        if text.startswith(_BYTES):
            import binascii

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
        if data and self._binary:
            import binascii

            self._recording.heard(self._into, _BYTES + binascii.b2a_base64(data, newline=False).decode())
        elif data:
            self._recording.heard(self._into, _TEXT + data)
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
