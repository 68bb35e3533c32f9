"""The files that a unit needs, with their contents: where it runs they are the same already, or are unpacked.

Of a module these are itself and the modules that it imports, and they theirs, as far as they are neither installed nor part
of Python: found by reading the sources, without running them.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import os
import shutil
import site
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

_INSTALLED = tuple(
    {
        Path(folder).resolve()
        for folder in (
            *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
            *site.getsitepackages(),
            site.getusersitepackages(),
        )
    }
)


class ChangedError(RuntimeError):
    """A file is not what it was when the audit began; the message names it."""


@dataclass(frozen=True)
class Sources:
    """Files by their absolute path with a digest of each, and their contents where they are to be carried along.

    ``folder`` is the working folder, in which paths are shown as they are where the audit was started; ``roots`` are the
    folders in which modules are looked for.
    """

    folder: str
    files: tuple[tuple[str, str], ...]
    contents: tuple[bytes, ...] = ()
    roots: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """One digest of all of it."""
        return sha256(repr((self.folder, self.files, self.roots)).encode("utf-8", "surrogatepass")).hexdigest()

    def place(self) -> Place:
        """Where the files are in this process: where they were, if they are the same there, else unpacked, once a process.

        Raises:
            ChangedError: they are not the same, and their contents were not carried along.
        """
        known = _PLACES.get(self.digest)
        if known is None:
            known = _PLACES[self.digest] = self._placed()
        return known

    def _placed(self) -> Place:
        other = next((file for file, content in self.files if _digest_of(file) != content), None)
        if other is None and Path(self.folder).is_dir():
            return Place(self, Path(self.folder), ())
        if not self.contents:
            raise ChangedError(f"{Path(other or self.folder).name} has changed since the audit began; audit it again")
        top = Path(tempfile.mkdtemp(prefix="gradcheck-"))
        atexit.register(shutil.rmtree, top, ignore_errors=True)
        moved = (*((root, top / f"root{n}") for n, root in enumerate(self.roots)), (self.folder, top / "folder"))
        # The working folder goes first, so that what lies in it is shown as it is.
        place = Place(self, top / "folder", (moved[-1], *moved[:-1]))
        place.folder.mkdir()
        for (file, _), content in zip(self.files, self.contents, strict=True):
            there = place.of(file)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
        return place


@dataclass(frozen=True)
class Place:
    """Where files are: the working folder, and what became of the folders that they were in, if anything did."""

    sources: Sources
    folder: Path
    moved: tuple[tuple[str, Path], ...]

    def of(self, file: str) -> Path:
        """Where a file is."""
        for before, now in self.moved:
            if Path(file).is_relative_to(before):
                return now / Path(file).relative_to(before)
        if self.moved:
            return self.folder.parent / "files" / sha256(os.path.dirname(file).encode()).hexdigest() / Path(file).name  # noqa: PTH120
        return Path(file)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """In the working folder, with the modules' folders in the module path."""
        before, path = os.getcwd(), list(sys.path)  # noqa: PTH109 - a Path is not needed
        os.chdir(self.folder)
        sys.path[:0] = [str(self.of(root)) for root in self.sources.roots if str(self.of(root)) not in path]
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.chdir(before)
            sys.path[:] = path


_PLACES: dict[str, Place] = {}


def sources(files: Iterable[Path], *, carried: bool, roots: Iterable[Path] = ()) -> Sources:
    """The files as they are now; ``carried`` says whether their contents go along."""
    every = sorted({str(file.resolve()) for file in files})
    contents = [Path(file).read_bytes() for file in every]
    named = tuple((file, sha256(content).hexdigest()) for file, content in zip(every, contents, strict=True))
    inner = tuple(str(root.resolve()) for root in roots)
    return Sources(str(Path.cwd()), named, tuple(contents) if carried else (), inner)


def sources_of_modules(files: Iterable[Path], *, carried: bool) -> Sources:
    """Modules with those that they import and that are not installed. What cannot be read or parsed is left out."""
    tops: dict[Path, None] = {}
    queue: list[Path] = []
    for file in files:
        file = file.resolve()
        top = file.parent
        while (top / "__init__.py").exists():
            top = top.parent
        tops[top] = None
        queue += [file, *_packages_of(file, top)]
    given = (Path(entry or ".").resolve() for entry in sys.path)
    roots = list(dict.fromkeys([*tops, *(root for root in given if root.is_dir() and not _installed(root))]))
    found: dict[Path, None] = {}
    while queue:
        one = queue.pop()
        if one not in found:
            found[one] = None
            queue += [other for other in _imported(one, roots) if other not in found]
    used = [root for root in roots if any(one.is_relative_to(root) for one in found)]
    return sources(found, carried=carried, roots=used)


def _packages_of(file: Path, top: Path) -> Iterator[Path]:
    """The ``__init__.py`` of each package that a module lies in."""
    folder = file.parent
    while folder != top and folder.is_relative_to(top):
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        folder = folder.parent


def _imported(file: Path, roots: list[Path]) -> Iterator[Path]:
    """The files of what a module imports, wherever in it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of(alias.name.split("."), roots)
        elif isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".") if node.module else []
            near = [file.parents[node.level - 1]] if 0 < node.level <= len(file.parents) else roots
            for alias in node.names:
                yield from _files_of([*parts, alias.name], near)


def _files_of(parts: list[str], roots: list[Path]) -> Iterator[Path]:
    """The file of a module and those of its packages, below one of the roots; its last part may be a name."""
    if parts[:1] == ["gradcheck"] or parts[0] in sys.stdlib_module_names:
        return  # it is wherever a unit can run
    for root in roots:
        folder, found = root, []
        for part in parts:
            if (folder / part / "__init__.py").is_file():
                found.append(folder / part / "__init__.py")
            elif (folder / f"{part}.py").is_file():
                found.append(folder / f"{part}.py")
                break
            elif not (folder / part).is_dir():
                break
            folder = folder / part
        if found:
            yield from (one.resolve() for one in found)
            return


def _installed(folder: Path) -> bool:
    return any(folder == one or folder.is_relative_to(one) for one in _INSTALLED) or folder.suffix == ".zip"


def _digest_of(file: str) -> str:
    try:
        return sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""
