"""Catalogues of made-up libraries, each made once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gradcheck.cli import main
from tests.library.sheets import RIGHT, WRONG


@dataclass(frozen=True)
class Made:
    """What the command made of a library: where it is, the exit code, and both outputs."""

    folder: Path
    exit_code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> dict[str, Any]:
        """The file that formulas are looked up in."""
        found: dict[str, Any] = json.loads((self.folder / "catalogue.json").read_text(encoding="utf-8"))
        return found

    def text(self, suffix: str) -> str:
        """One of the files."""
        return (self.folder / f"catalogue.{suffix}").read_text(encoding="utf-8")


def make(folder: Path, source: str, *options: str) -> Made:
    """Write a library and its catalogue into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notes.py").write_text(source, encoding="utf-8")
    done = CliRunner().invoke(main, ["catalogue", str(folder / "notes.py"), "--output", str(folder), *options])
    return Made(folder, done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def right(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """That of a library in which all is right."""
    return make(tmp_path_factory.mktemp("right"), RIGHT)


@pytest.fixture(scope="session")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """That of one with a wrong derivative, a wrong print, a stable form that is none, and code without a name."""
    return make(tmp_path_factory.mktemp("wrong"), RIGHT + WRONG)
