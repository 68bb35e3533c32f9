"""From the bytes of a file to its text: its encoding, found by its first bytes or by trying, and its line ends."""

from __future__ import annotations

import codecs
import re
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
        DocumentError: the file is missing, a folder or binary.
    """
    if path.is_dir():
        raise DocumentError(f"{path} is a folder; name a document in it, or audit the folder")
    if (opened := _opened.get()) is not None:
        opened.append(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}") from error
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


def one_line_end(text: str) -> str:
    r"""A text with ``\n`` for every line end, as editors count lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(before: str) -> Place:
    """The place right after a text."""
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
