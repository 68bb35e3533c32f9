"""From the bytes of a file to its text: its encoding, found by its first bytes or by trying, and its line ends."""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from gradcheck.documents.model import Place, Trouble

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
PROBE = 100_000  # characters: a file that is binary shows it early
MAX_BYTES = 16_000_000
"""The largest file that is read: a book's source has a few megabytes."""


_opened: ContextVar[list[Path] | None] = ContextVar("_opened", default=None)


@contextmanager
def recorded(files: list[Path]) -> Iterator[None]:
    """Within it, every file that is read as a text, or as a part of one, is added to the list."""
    token = _opened.set(files)
    try:
        yield
    finally:
        _opened.reset(token)


class DocumentError(ValueError):
    """A file that is no document: missing, a folder, empty, binary, or broken beyond reading."""


def text_of(path: Path) -> tuple[str, list[Trouble]]:
    r"""The text of a file, every line end a ``\n``, and what is wrong with it.

    The encoding is told by a byte order mark; without one it is UTF-8, else Windows-1252 or Latin-1, which is a trouble.

    Raises:
        DocumentError: the file is missing, a folder, a device, binary or too large.
    """
    if (opened := _opened.get()) is not None:
        opened.append(path)
    raw = bytes_of(path)
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            text = one_line_end(raw[len(mark) :].decode(encoding, errors="replace"))
            if (at := text.find("\ufffd")) < 0:
                return text, []
            what = f"here the file is not {encoding[:6].upper().rstrip('-')}, as its first bytes say it is"
            return text, [Trouble(_place(text[:at]), what)]
    if b"\0" in raw[:PROBE]:
        raise DocumentError(f"{path} is binary, and no text: there are null bytes in it")
    try:
        return one_line_end(raw.decode("utf-8")), []
    except UnicodeDecodeError as error:
        place = _place(one_line_end(raw[: error.start].decode("utf-8")))
    try:
        text, encoding = raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, encoding = raw.decode("latin-1"), "Latin-1"
    if len(_CONTROLS.findall(text[:PROBE])) > len(text[:PROBE]) // 50:
        raise DocumentError(f"{path} is binary, and no text: it is full of control characters")
    what = f"this is not UTF-8; the file was read as {encoding}, so letters may be wrong"
    return one_line_end(text), [Trouble(place, what)]


def is_there(path: Path) -> bool:
    """Whether there is a regular file; a name that no file can have names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def within(file: Path, folder: Path) -> bool:
    """Whether a file lies below a folder or the working folder, links followed."""
    try:
        place = file.resolve()
        return any(place.is_relative_to(root.resolve()) for root in (folder, Path()))
    except (OSError, ValueError, RuntimeError):  # names that no file can have, links in circles
        return False


def bytes_of(path: Path, most: int = MAX_BYTES) -> bytes:
    """What is in a regular file of at most so many bytes; others, as pipes and devices, might go on without end.

    Raises:
        DocumentError: the file is missing, no regular one or too large.
    """
    raw = b""
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            with path.open("rb") as file:
                raw = file.read(most + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DocumentError(f"{_short(path)} cannot be read: {why}") from error
    if stat.S_ISDIR(found.st_mode):
        raise DocumentError(f"{path} is a folder; name a document in it, or audit the folder")
    if not stat.S_ISREG(found.st_mode):
        raise DocumentError(f"{path} is no regular file, but a pipe, a socket or a device; copy it into a file")
    if len(raw) > most:
        size = max(found.st_size, len(raw)) / 1e6
        raise DocumentError(
            f"{path} has {size:.0f} MB; at most {most / 1e6:.0f} MB are read: split it, or leave outputs out"
        )
    return raw


def _short(path: Path) -> str:
    """A path in a message, cut where no file has so long a name."""
    name = str(path)
    return name if len(name) <= 300 else f"{name[:300]}…"


def one_line_end(text: str) -> str:
    r"""A text with ``\n`` for every line end, as editors count lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(before: str) -> Place:
    """The place right after a text."""
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
