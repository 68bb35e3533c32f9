"""What is shipped: the same bytes from the same files, these files alone, each foreign one with its licence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {".py", ".lark", ".json", ".html", ".css", ".js", ".typed"}
"""Suffixes of files that we wrote."""


def tracked() -> list[str]:
    """The files that are committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("the files are those of a repository")
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def built(folder: Path, umask: int, zone: str) -> tuple[Path, Path]:
    """The wheel and the sdist, built from a copy of the files, with other times, rights and order of making."""
    copy = folder / "copy"
    previous = os.umask(umask)
    try:
        for name in sorted(tracked(), reverse=umask > 0o22):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
            os.utime(copy / name, (umask * 1e6, umask * 1e6))
    finally:
        os.umask(previous)
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(umask)}
    environment.pop("SOURCE_DATE_EPOCH", None)
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder / "dist")]
    subprocess.run(command, cwd=copy, check=True, capture_output=True, env=environment, umask=umask)
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """Two builds of the same files on two machines, as it were."""
    places = ((0o022, "UTC"), (0o027, "Asia/Tokyo"))
    return [built(tmp_path_factory.mktemp("build"), umask, zone) for umask, zone in places]


@pytest.mark.parametrize("which", [0, 1], ids=["wheel", "sdist"])
def test_two_builds_are_the_same_bytes(twice: list[tuple[Path, Path]], which: int) -> None:
    one, two = (pair[which] for pair in twice)
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()


def test_the_wheel_holds_the_package_and_its_licences(twice: list[tuple[Path, Path]]) -> None:
    names = set(zipfile.ZipFile(twice[0][0]).namelist())
    package = {name for name in tracked() if name.startswith("gradcheck/")}
    (info,) = {name.partition("/")[0] for name in names - package}
    told = {name.removeprefix(f"{info}/") for name in names - package}
    font = "licenses/gradcheck/report/templates/math.woff2.license.txt"
    assert told == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", font}
    assert package <= names


def test_the_sdist_holds_what_is_tracked_and_nothing_else(twice: list[tuple[Path, Path]]) -> None:
    with tarfile.open(twice[0][1]) as packed:
        members = packed.getmembers()
    names = {member.name.partition("/")[2] for member in members if member.isfile()}
    kept = {".editorconfig", ".gitattributes", ".pre-commit-config.yaml"}
    assert names == set(tracked()) - kept | {"PKG-INFO"}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert not any(member.issym() or member.islnk() for member in members)


def test_every_file_that_is_not_ours_states_its_licence() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    foreign = [name for name in tracked() if name.startswith("gradcheck/") and Path(name).suffix not in OURS]
    assets = [name for name in foreign if not name.endswith(".license.txt")]
    assert assets == ["gradcheck/report/templates/math.woff2"]
    for name in assets:
        assert f"`{name}`" in page
        assert "SIL OPEN FONT LICENSE" in (ROOT / f"{name}.license.txt").read_text(encoding="utf-8").upper()


def test_every_dependency_has_its_reason_on_its_line() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    for requirement in project["dependencies"]:
        (line,) = [line for line in text.splitlines() if line.strip().startswith(f'"{requirement}",')][:1]
        assert re.search(r"# \w.{9}", line), f"{requirement} has no reason on its line"
