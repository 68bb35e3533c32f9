"""Writes the renderings into a folder: each file whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gradcheck.audit import Audit


class Listener(Protocol):
    """Who is told what is written."""

    def wrote(self, file: Path, data: bytes) -> None:
        """A file was written."""

    def swept(self, folder: Path) -> None:
        """A folder of pages was written, and the pages of former reports removed from it."""


_told: ContextVar[Listener | None] = ContextVar("_told", default=None)


class ReportError(OSError):
    """The reports could not be written; the message names the file, the reason, and the remedy."""


def write(audit: Audit, folder: str | Path = "reports") -> list[Path]:
    """Write ``audit.md``, ``audit.csv``, ``audit.json`` and ``audit.html`` into ``folder``, made if it is missing.

    Everything is rendered before the first file is touched, and each file is written beside its place and then moved
    there, so that no reader ever sees half a report. Raises ReportError when the folder cannot be written.
    """
    contents = {f"audit.{suffix}": render(audit) for suffix, render in renderings().items()}
    folder = Path(folder)
    written = []
    for name, content in contents.items():
        replace(folder / name, content)
        written.append(folder / name)
    return written


@contextmanager
def watched(listener: Listener) -> Iterator[None]:
    """Within it, the listener is told of every file that `replace` has written with its content, and of folders of pages."""
    token = _told.set(listener)
    try:
        yield
    finally:
        _told.reset(token)


def replace(file: Path, content: str | bytes) -> None:
    """Put ``content``, text in UTF-8 with line feeds, in the place of ``file``. Raises ReportError.

    It is written beside its place, synchronised with the disk and moved there, so that what stood there stays whole until
    then, also where the disk is full or the process is killed.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(file)
            _synchronise(file.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(
            f"cannot write {file}: {error.strerror or error}; name a folder that can be written with --output"
        ) from error
    if (listener := _told.get()) is not None:
        listener.wrote(file, data)


def swept(folder: Path) -> None:
    """Tell who listens that old pages were removed from a folder."""
    if (listener := _told.get()) is not None:
        listener.swept(folder)


def _synchronise(folder: Path) -> None:
    """Have the disk know of the file's new name, where a folder can be opened."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def renderings() -> Mapping[str, Callable[[Audit], str]]:
    """The renderings by the suffix of their file."""
    from gradcheck.report.data import audit_csv, audit_json
    from gradcheck.report.html import audit_html
    from gradcheck.report.markdown import audit_markdown

    return {"md": audit_markdown, "csv": audit_csv, "json": audit_json, "html": audit_html}
