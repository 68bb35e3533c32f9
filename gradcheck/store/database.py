"""One SQLite file of sealed entries: never trusted beyond its seals, never deleted, and never a reason for an audit to stop.

Each entry is sealed by a hash over its kind, its key and its value. A file that is no store of this schema, or in which an
entry does not fit its seal, lies: it is renamed, said, and a new one is begun. A file that cannot be written (a full disk,
a folder that is read only, a lock that is never given back) is said too, and nothing more is written into it.

The write-ahead log makes each entry whole or absent, whenever the process is killed, and lets two audits use one file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

TYPE_CHECKING = False  # a run is told again without typing and pathlib, which would cost a quarter of that
if TYPE_CHECKING:
    from os import PathLike

SCHEMA = 1
"""Raised when what is in an entry changes its form. What it means is sealed by the version in its key."""

LARGEST = 512 * 1024 * 1024
"""Bytes beyond which entries that an older version of anything has made are dropped, the oldest first."""

_MARK = 0x67726164  # "grad", SQLite's application id of our files
_MAGIC = b"SQLite format 3\0"
_PATIENCE = 30.0  # seconds that one audit waits for another's entry to be written
_TABLE = """
CREATE TABLE entries (
    key BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    value BLOB NOT NULL,
    seal BLOB NOT NULL,
    version BLOB NOT NULL,
    made REAL NOT NULL
)
"""
_SIZES = ("page_count", "page_size")
_GET = "SELECT value, seal FROM entries WHERE key = ? AND kind = ?"
_PUT = "INSERT OR REPLACE INTO entries (key, kind, value, seal, version, made) VALUES (?, ?, ?, ?, ?, ?)"
# A file that lies, as SQLite tells it: a damaged page, no database, a table or a column that is not there.
_LIES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH})

# Python's own errors come from damaged text, also where SQLite would quote it in a message.
_WRONG = (sqlite3.Error, ValueError)


class StoreError(OSError):
    """The store that was asked for cannot be used; the message names the file, the reason and the remedy."""


class _LyingError(Exception):
    """What is in the file cannot be believed; the message says why, as what follows "it "."""


class Database:
    """The entries of one file. After `open` nothing raises: what went wrong is among the ``notes``, to be told to the user.

    It may be used from several threads, one call at a time.
    """

    def __init__(self, path: str, connection: sqlite3.Connection | None, *, writable: bool, notes: list[str]) -> None:
        self.path = path
        self.notes = notes
        self.writable = writable
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: str | PathLike[str], *, required: bool = False) -> Database:
        """The store in a file, made if there is none; one that lies is set aside first.

        Where it cannot be opened the database is empty and a note says why; ``required``, StoreError is raised instead.
        """
        made = cls(os.fspath(path), None, writable=False, notes=[])
        try:
            made._connect()
        except (OSError, *_WRONG) as error:
            if required:
                raise StoreError(f"the store {path} cannot be used: {_told(error)}; {_ANOTHER}") from error
            made.notes.append(f"verdicts are not stored: {path}: {_told(error)}; {_ANOTHER}")
        return made

    @property
    def readable(self) -> bool:
        """Whether there is a file behind this."""
        return self._connection is not None

    def get(self, kind: str, key: bytes) -> bytes | None:
        """The value of an entry, if it is there and fits its seal."""
        found: bytes | None = None
        with self._guarded():
            row = self._connection.execute(_GET, (key, kind)).fetchone() if self._connection is not None else None
            if row is not None:
                value, seal = row
                if not isinstance(value, bytes) or seal != _seal(kind, key, value):
                    raise _LyingError("holds an entry that was changed after it was written")
                found = value
        return found

    def put(self, kind: str, key: bytes, value: bytes, version: bytes = b"") -> None:
        """Write an entry, whole; it is there for every later audit once this returns."""
        with self._guarded():
            if self._connection is not None and self.writable:
                self._connection.execute(_PUT, (key, kind, value, _seal(kind, key, value), version, time.time()))

    def distrust(self, why: str) -> None:
        """Set the file aside since what is in it cannot be; ``why`` is what follows "it "."""
        with self._guarded():
            raise _LyingError(why)

    def trim(self, version: bytes) -> None:
        """Of a file that has grown beyond `LARGEST`, drop what another ``version`` made and reports, the oldest first."""
        with self._guarded():
            if self._connection is None or not self.writable:
                return
            (pages,), (each,) = (self._connection.execute(f"PRAGMA {one}").fetchone() for one in _SIZES)
            if pages * each <= LARGEST:
                return
            old = self._connection.execute(
                "SELECT key, length(value) FROM entries WHERE version <> ? OR kind = 'file' ORDER BY made", (version,)
            ).fetchall()
            excess = pages * each - LARGEST // 2
            for key, size in old:
                if excess <= 0:
                    break
                self._connection.execute("DELETE FROM entries WHERE key = ?", (key,))
                excess -= size
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
            self._connection, self.writable = None, False

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One call at a time; what goes wrong in it is noted."""
        with self._lock:
            try:
                yield
            except _LyingError as error:
                self._begin_anew(str(error))
            except _WRONG as error:
                if _lies(error):
                    self._begin_anew(f"is damaged ({error})")
                else:
                    self._give_up(error)
            except OSError as error:
                self._give_up(error)

    def _connect(self) -> None:
        """Open the file, made or set aside first where that is needed. Raises OSError or sqlite3.Error."""
        if os.path.isdir(self.path):
            raise IsADirectoryError(None, "it is a folder")
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
        if why := _foreign(self.path):
            self._set_aside(why)
        if not os.path.exists(self.path):
            _make(self.path)
        try:
            self._connection, self.writable = _opened(self.path), os.access(self.path, os.W_OK)
        except _WRONG as error:
            if not _lies(error):
                raise
            self._set_aside(f"is damaged ({error})")
            _make(self.path)
            self._connection, self.writable = _opened(self.path), True

    def _begin_anew(self, why: str) -> None:
        """Set a file aside that lies, and go on with an empty one."""
        seen = _identity(self.path)
        self.close()
        try:
            self._set_aside(why, seen)
            self._connect()
        except (OSError, *_WRONG) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Write nothing more; what can be read is still read."""
        if self.writable or not self.notes:
            self.notes.append(f"verdicts are not stored any more: {self.path}: {_told(error)}; {_ANOTHER}")
        self.writable = False

    def _set_aside(self, why: str, seen: tuple[int, int] | None = None) -> None:
        """Rename the file, and what SQLite keeps beside it, unless another audit has just done so."""
        if seen is not None and _identity(self.path) != seen:
            return
        number = 1
        while os.path.exists(aside := f"{self.path}.set-aside-{number}"):
            number += 1
        with suppress(FileNotFoundError):
            os.rename(self.path, aside)
            self.notes.append(f"{self.path} {why}: it is kept as {os.path.basename(aside)}, and a new store is begun")
        for suffix in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                os.rename(f"{self.path}{suffix}", f"{aside}{suffix}")


_ANOTHER = "name another file with --store FILE, or give --no-store"


def _seal(kind: str, key: bytes, value: bytes) -> bytes:
    """The hash over an entry; the lengths keep its parts apart."""
    made = sha256(f"{SCHEMA} {kind} {len(key)} {len(value)} ".encode())
    made.update(key)
    made.update(value)
    return made.digest()


def _foreign(path: str) -> str:
    """Why a file is no store of ours, as what follows its name; empty where it is one, or where there is none.

    The file is read and not opened as a database, so that nothing is written into what belongs to somebody else. A store is
    put in its place whole, so that its first page always says what it is.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return ""
    if len(head) < 100 or not head.startswith(_MAGIC):
        return "is no store of verdicts"
    if int.from_bytes(head[68:72], "big") != _MARK:
        return "is a database of something else"
    schema = int.from_bytes(head[60:64], "big")
    return "" if schema == SCHEMA else f"has the schema {schema} of another version, and this one has {SCHEMA}"


def _make(path: str) -> None:
    """An empty store, made beside its place and then put there whole; that of another audit stands."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute(f"PRAGMA application_id = {_MARK}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            connection.execute(_TABLE)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        with suppress(FileExistsError):
            try:
                os.link(temporary, path)
            except (NotImplementedError, PermissionError):  # a file system without links
                if not os.path.exists(path):
                    os.rename(temporary, path)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                os.unlink(f"{temporary}{suffix}")


def _opened(path: str) -> sqlite3.Connection:
    """A connection that has read something. A folder that is read only leaves a store that can be read, if it is whole."""
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        # A commit survives the process in any case; the last ones before a power failure may be lost, and are whole or absent.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("SELECT key, kind, value, seal, version, made FROM entries LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        log = f"{path}-wal"
        unfinished = os.path.exists(log) and os.path.getsize(log) > 0
        if _lies(error) or unfinished or os.access(os.path.dirname(path) or ".", os.W_OK):
            raise
        from pathlib import Path

        uri = f"{Path(path).resolve().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("SELECT key FROM entries LIMIT 1").fetchone()
    except _WRONG:
        connection.close()
        raise
    return connection


def _lies(error: Exception) -> bool:
    if isinstance(error, ValueError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _LIES


def _identity(path: str) -> tuple[int, int] | None:
    """Which file stands there, whatever its name."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _told(error: Exception) -> str:
    """An error in a few words."""
    return str(getattr(error, "strerror", None) or error)
