"""The report files: all of them, whole, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.audit import Audit
from gradcheck.report import html
from gradcheck.report.files import ReportError, replace, write

NAMES = ["audit.csv", "audit.html", "audit.json", "audit.md"]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_two_runs_write_the_same_bytes(full_audit: Audit, same_audit: Audit, tmp_path: Path) -> None:
    written = write(full_audit, tmp_path / "deep" / "one")
    write(same_audit, tmp_path / "two")
    assert sorted(file.name for file in written) == NAMES
    assert list(contents(tmp_path / "two")) == NAMES
    assert contents(tmp_path / "deep" / "one") == contents(tmp_path / "two")


def test_no_path_of_this_machine_is_in_a_report(full_audit: Audit, tmp_path: Path) -> None:
    write(full_audit, tmp_path)
    for content in contents(tmp_path).values():
        assert str(tmp_path).encode() not in content and str(Path.cwd()).encode() not in content


def test_nothing_is_touched_when_a_rendering_fails(
    full_audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "audit.md").write_text("the old one", encoding="utf-8")

    def fail(audit: Audit) -> str:
        raise ValueError("no page")

    monkeypatch.setattr(html, "audit_html", fail)
    with pytest.raises(ValueError, match="no page"):
        write(full_audit, tmp_path)
    assert contents(tmp_path) == {"audit.md": b"the old one"}


def test_a_file_that_cannot_be_replaced_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "audit.md").mkdir()
    with pytest.raises(ReportError, match=r"cannot write .*audit\.md: .*; name a folder that can be written") as raised:
        replace(tmp_path / "audit.md", "new")
    assert isinstance(raised.value.__cause__, OSError)
    assert [file.name for file in tmp_path.iterdir()] == ["audit.md"]


def test_text_that_utf8_cannot_hold_is_written_as_an_escape(tmp_path: Path) -> None:
    replace(tmp_path / "odd.txt", "a\udc80b\n")
    assert (tmp_path / "odd.txt").read_bytes() == b"a\\udc80b\n"
