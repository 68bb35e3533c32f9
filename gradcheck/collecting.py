"""Finding claims: the sheets of Python modules, which are imported, and the documents, which are only listed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from gradcheck.audited import Problem, corrected_key, place_of_error, shown, told_error
from gradcheck.claim import Claim, Sheet
from gradcheck.documents.encoding import is_there, within
from gradcheck.settings import NOTHING, Own, Settings


@dataclass(frozen=True)
class Module:
    """A module that was imported: the sheets that it defines or imports, in the order of its names, and what it sets.

    ``own`` is what importing it changed of the settings of NumPy and JAX, which was put back.
    """

    sheets: tuple[Sheet, ...]
    own: Own = NOTHING


class LeftOut:
    """What a search of folders passes over: paths that match a pattern, or lie in a folder that does, and files of its own.

    A pattern is a path relative to the working folder, with ``*`` for any letters, such as ``notes/old`` or ``*/drafts/*.md``.
    What is named on the command line itself is not searched for, and so not passed over.
    """

    def __init__(self, patterns: Iterable[str] = (), own: Iterable[Path] = ()) -> None:
        """``own`` are files and folders that are passed over though no pattern says so: what an audit itself has written."""
        self._patterns = {pattern: pattern.rstrip("/") for pattern in patterns}
        self._own = frozenset(file.resolve() for file in own)
        self._used: set[str] = set()

    def __call__(self, file: Path) -> bool:
        """Whether this one is passed over."""
        whole = Path(shown(file))
        places = [place.as_posix() for place in (whole, *whole.parents)]
        found = {
            given for given, pattern in self._patterns.items() if any(fnmatchcase(place, pattern) for place in places)
        }
        self._used |= found
        real = file.resolve()
        return bool(found) or not self._own.isdisjoint((real, *real.parents))

    def unused(self) -> list[Problem]:
        """A problem for each pattern that nothing matched so far."""
        what, remedy = "it leaves nothing out", "a pattern is a path as the table shows it, with * for any letters"
        return [
            Problem(f"--exclude {pattern}", what, remedy) for pattern in self._patterns if pattern not in self._used
        ]


def collect(
    paths: Iterable[str | Path],
    *,
    python: bool = True,
    importer: Callable[[Path], Module | Problem] | None = None,
    left_out: Callable[[Path], bool] | None = None,
) -> tuple[list[Claim], list[Problem]]:
    """The claims of every module under ``paths``, in order of path, file, sheet and line of code, and the problems met.

    A path is a Python file or a folder that is searched for them, sorted by name; in a folder, files whose name starts
    with ``_`` or ``test_`` are passed over. Documents are left to `documents_in`; without ``python`` nothing is looked for
    but whether the paths exist, and nothing is imported. A module inside a package is imported under its dotted name, any
    other by its location. Nothing raises: a missing path, a module that does not import, a key used twice, a correction of
    nothing and a path without claims each become a `Problem`. ``importer`` imports a file, in this process unless given;
    ``left_out`` says which files of folders are passed over.
    """
    claims: list[Claim] = []
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    known: dict[Path, Module] = {}
    bring = importer or _imported_here
    seen: set[int] = set()
    for path in map(Path, paths):
        files, problem = _files(path, left_out)
        if problem:
            problems.append(problem)
            continue
        problems.extend(_leads_out(file) for file in _documents(path, left_out) if not within(file, path))
        files = files if python else []
        found, broken = 0, False
        for file in files:
            if file.resolve() not in known:
                module = bring(file)
                if isinstance(module, Problem):
                    problems.append(module)
                    broken = True
                    continue
                known[file.resolve()] = module
            for sheet in known[file.resolve()].sheets:
                found += len(sheet.claims)
                if id(sheet) in seen:
                    continue
                seen.add(id(sheet))
                for claim in sheet.claims:
                    if claim.key in owners:
                        problems.append(_duplicate(claim, shown(file), owners[claim.key]))
                        continue
                    owners[claim.key] = shown(file)
                    claims.append(claim)
        if not found and not broken and not documents_in([path], left_out):
            problems.append(_no_claims(path, len(files)))
    problems.extend(_orphans(claims))
    return claims, problems


def documents_in(paths: Iterable[str | Path], left_out: Callable[[Path], bool] | None = None) -> list[Path]:
    """The documents under ``paths``, each once: files named that are not Python, and those of a known suffix in folders.

    In a folder, what lies in a folder whose name starts with a dot is passed over, and so is a file whose name does, and a
    link that leads out of both the folder and the working folder, which `collect` tells, and what ``left_out`` says.
    """
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if path.is_file() and path.suffix != ".py":
            found.setdefault(path.resolve(), path)
        for file in _documents(path, left_out):
            if within(file, path):
                found.setdefault(file.resolve(), file)
    return list(found.values())


def _documents(folder: Path, left_out: Callable[[Path], bool] | None) -> Iterator[Path]:
    """The files of a folder that are documents by their names, sorted; links are taken for what they lead to."""
    from gradcheck.documents.opening import SUFFIXES

    if folder.is_dir():
        for file in sorted(folder.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
            if hidden or file.suffix.lower() not in SUFFIXES or (left_out is not None and left_out(file)):
                continue
            if is_there(file):
                yield file


def _leads_out(file: Path) -> Problem:
    """A link in a folder to a document outside of it: whoever wrote the folder should not choose what else is read."""
    what = "this link leads out of the folder and of the working folder, and was not followed"
    return Problem(f"{shown(file.parent)}/{file.name}", what, "name the file itself to have it looked at")


def _files(path: Path, left_out: Callable[[Path], bool] | None) -> tuple[list[Path], Problem | None]:
    """The Python files under a path, sorted, or why there are none."""
    if path.is_file():
        return [path] if path.suffix == ".py" else [], None
    if not path.is_dir():
        return [], Problem(shown(path), "there is no such file or folder", "check the spelling, or the working folder")
    files = [
        file
        for file in sorted(path.rglob("*.py"))
        if not file.name.startswith(("_", "test_"))
        and not any(part == "__pycache__" or part.startswith(".") for part in file.relative_to(path).parts)
        and not (left_out is not None and left_out(file))
    ]
    return files, None


def imported(file: Path) -> Module:
    """Import a file. Raises whatever that raises."""
    before = Settings.now()
    try:
        module = module_of(file)
    finally:
        own = before.taken()
    _OWN[str(file.resolve())] = own
    return Module(tuple(value for value in vars(module).values() if isinstance(value, Sheet)), own)


def own_settings(claim: Claim) -> Own:
    """What the module that made a claim has set when it was imported."""
    return _OWN.get(claim.made_in, NOTHING)


_OWN: dict[str, Own] = {}


def _imported_here(file: Path) -> Module | Problem:
    try:
        return imported(file)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
        return import_problem(file, error)


def module_of(file: Path) -> ModuleType:
    """Import a file: under its dotted name if it lies in a package, else by its location."""
    file = file.resolve()
    importlib.invalidate_caches()
    top = file.parent
    if not (top / "__init__.py").exists():
        return _load(file)
    parts = [file.stem]
    while (top / "__init__.py").exists():
        parts.insert(0, top.name)
        top = top.parent
    name = ".".join(parts)
    sys.path.insert(0, str(top))
    try:
        module = importlib.import_module(name)
    finally:
        sys.path.remove(str(top))
    if Path(module.__file__ or "").resolve() != file:
        raise ImportError(
            f"a module named {name} is already imported from another folder; rename one of the two packages"
        )
    return module


def _load(file: Path) -> ModuleType:
    """Run a file that is in no package, under a name that no other file has."""
    name = f"{file.stem}_{sha256(str(file).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("Python has no loader for this file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def import_problem(file: Path, error: BaseException) -> Problem:
    """A module that does not import, with the line that raised."""
    place = place_of_error(error)
    where = place if place and place.startswith(f"{shown(file)}:") else shown(file)
    via = f" (raised at {place})" if place and place != where else ""
    return Problem(where, f"does not import: {told_error(error)}{via}", "run it with Python to see the whole traceback")


def _duplicate(claim: Claim, file: str, owner: str) -> Problem:
    """A key used by two claims: the first stands, the second is not checked."""
    return Problem(
        claim.key,
        f"{file} declares a claim of this name, which {owner} has already",
        "rename one of the two; only the first was checked",
    )


def _no_claims(path: Path, files: int) -> Problem:
    """A path that was searched in vain."""
    searched = f"{files} Python file{'s' if files != 1 else ''} searched"
    return Problem(
        shown(path), f"no claims found ({searched})", "declare them on a gradcheck.claim.Sheet at module level"
    )


def _orphans(claims: Sequence[Claim]) -> Iterator[Problem]:
    """Corrections of a claim that does not exist."""
    keys = {claim.key for claim in claims}
    for claim in claims:
        if claim.corrects and corrected_key(claim) not in keys:
            yield Problem(
                claim.key,
                f"corrects={claim.corrects!r} names no claim of {claim.source.document}",
                "give it the name of the claim that it corrects",
            )
