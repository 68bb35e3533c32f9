"""Writes the renderings into a folder: each file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from gradcheck.audit import Audit


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


def replace(file: Path, content: str | bytes) -> None:
    """Put ``content``, text in UTF-8 with line feeds, in the place of ``file``. Raises ReportError."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as stream:
                stream.write(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(
            f"cannot write {file}: {error.strerror or error}; name a folder that can be written with --output"
        ) from error


def renderings() -> Mapping[str, Callable[[Audit], str]]:
    """The renderings by the suffix of their file."""
    from gradcheck.report.data import audit_csv, audit_json
    from gradcheck.report.html import audit_html
    from gradcheck.report.markdown import audit_markdown

    return {"md": audit_markdown, "csv": audit_csv, "json": audit_json, "html": audit_html}
