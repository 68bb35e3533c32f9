"""Many claims: find them in files, check each, and keep what went wrong apart from what was found wrong.

A *problem* is a failure of the audit's own: a path that does not exist, a module that does not import, a claim whose
check raised. It never hides among the verdicts, and it never stops the claims beside it from being checked.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePath
from types import ModuleType
from typing import TYPE_CHECKING

from gradcheck.claim import STATUSES, Claim, Sheet
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.documents.annotation import AnnotationError
    from gradcheck.documents.judging import Judged
    from gradcheck.documents.model import Document

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_FOLDERS = re.compile(r"(?<![\w./\\])/(?:[^\s\\/'\"()<>:;,]+/)+|\b[A-Za-z]:\\(?:[^\s\\/'\"()<>:;,]+\\)+")
_NOT_THE_USERS = (
    Path(__file__).resolve().parent,
    *(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


@dataclass(frozen=True)
class Problem:
    """Something that the audit could not do: where, what happened, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """The three in one line."""
        return f"{self.where}: {self.what}; {self.remedy}"


@dataclass(frozen=True)
class Audit:
    """The verdicts on many claims, in the order in which the claims stand, and the problems met on the way.

    ``paths`` are the paths that were audited, as they are shown; ``seed`` makes every point reproducible. A claim whose
    check raised is among ``claims`` and ``problems`` and has no verdict. ``documents`` tell of each document read how many
    formulas of which role it has, and what was not judged; the verdicts on its claims stand after those on claims in code.
    ``accepted`` are the keys of claims whose unexpected verdict is accepted all the same, with the reason.
    """

    claims: tuple[Claim, ...]
    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...] = ()
    seed: int = 0
    paths: tuple[str, ...] = ()
    documents: tuple[Judged, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many claims had each outcome, every outcome named even where it is 0, and the number of problems."""
        counts = dict.fromkeys(STATUSES, 0)
        for verdict in self.verdicts:
            counts[verdict.status] += 1
        return {**counts, "problems": len(self.problems)}

    @property
    def unexpected(self) -> tuple[Verdict, ...]:
        """The verdicts that are not the ones on record (not *holds*, where none is).

        A claim found in a document that nobody annotated promises nothing: it is unexpected only when it *fails*.
        """
        return tuple(
            verdict
            for verdict in self.verdicts
            if not verdict.as_recorded
            and (verdict.status == "fails" or verdict.claim.recorded or verdict.claim.key not in self._found)
        )

    @property
    def mistranscribed(self) -> tuple[Verdict, ...]:
        """The verdicts on claims whose function is not what the source prints: they tell nothing about the source."""
        return tuple(verdict for verdict in self.verdicts if verdict.printed and verdict.printed.outcome == "differs")

    @property
    def transcriptions(self) -> dict[str, int]:
        """How many transcriptions were compared with what is printed, by outcome, every outcome named even where it is 0."""
        counts = dict.fromkeys(("agrees", "differs", "not compared", "unreadable"), 0)
        for verdict in self.verdicts:
            if verdict.printed is not None:
                counts[verdict.printed.outcome] += 1
        return counts

    @property
    def failing(self) -> tuple[Verdict, ...]:
        """The unexpected verdicts that nobody accepted."""
        return tuple(verdict for verdict in self.unexpected if verdict.claim.key not in self.accepted)

    @property
    def exit_code(self) -> int:
        """0 when all verdicts are as expected or accepted, 1 when one is not, 2 for a problem or when nothing was looked at.

        A transcription that differs from what is printed makes it 1 as well.
        """
        if self.problems or not (self.verdicts or self.documents):
            return 2
        return 1 if self.failing or self.mistranscribed else 0

    def corrections(self, claim: Claim) -> tuple[Claim, ...]:
        """The claims that name this one as what they correct, in order."""
        return self._corrections.get(claim.key, ())

    def verdict_on(self, claim: Claim) -> Verdict | None:
        """The verdict on a claim, by its key; None when its check raised."""
        return self._verdicts.get(claim.key)

    def _repr_html_(self) -> str:
        """The counts and the claims in a notebook, findings first, formulas typeset."""
        from gradcheck.report.notebook import audit_output  # a report is above an audit

        return audit_output(self)

    @cached_property
    def _corrections(self) -> dict[str, tuple[Claim, ...]]:
        """The corrections by the key of what they correct."""
        found: dict[str, tuple[Claim, ...]] = {}
        for claim in self.claims:
            if claim.corrects:
                key = _corrected_key(claim)
                found[key] = (*found.get(key, ()), claim)
        return found

    @cached_property
    def _found(self) -> frozenset[str]:
        """The keys of the claims that were found in documents."""
        return frozenset(verdict.claim.key for document in self.documents for verdict in document.verdicts)

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        """The verdicts by the key of their claim."""
        return {verdict.claim.key: verdict for verdict in self.verdicts}


def collect(paths: Iterable[str | Path], *, python: bool = True) -> tuple[list[Claim], list[Problem]]:
    """The claims of every module under ``paths``, in order of path, file, sheet and line of code, and the problems met.

    A path is a Python file or a folder that is searched for them, sorted by name; in a folder, files whose name starts
    with ``_`` or ``test_`` are passed over. Documents are left to `documents_in`; without ``python`` nothing is looked for
    but whether the paths exist, and nothing is imported. A module inside a package is imported under its dotted name, any
    other by its location. Nothing raises: a missing path, a module that does not import, a key used twice, a correction of
    nothing and a path without claims each become a `Problem`.
    """
    claims: list[Claim] = []
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    sheets_of: dict[Path, list[Sheet]] = {}
    seen: set[int] = set()
    for path in map(Path, paths):
        files, problem = _files(path)
        if problem:
            problems.append(problem)
            continue
        files = files if python else []
        found, broken = 0, False
        for file in files:
            if file.resolve() not in sheets_of:
                try:
                    sheets_of[file.resolve()] = _sheets(file)
                except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
                    problems.append(_import_problem(file, error))
                    broken = True
                    continue
            for sheet in sheets_of[file.resolve()]:
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
        if not found and not broken and not documents_in([path]):
            problems.append(_no_claims(path, len(files)))
    problems.extend(_orphans(claims))
    return claims, problems


def documents_in(paths: Iterable[str | Path]) -> list[Path]:
    """The documents under ``paths``, each once: files named that are not Python, and those of a known suffix in folders.

    In a folder, what lies in a folder whose name starts with a dot is passed over, and so is a file whose name does.
    """
    from gradcheck.documents.opening import SUFFIXES

    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if path.is_file() and path.suffix != ".py":
            found.setdefault(path.resolve(), path)
        elif path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden:
                    found.setdefault(file.resolve(), file)
    return list(found.values())


def audit(
    claims: Sequence[Claim],
    problems: Sequence[Problem] = (),
    *,
    seed: int = 0,
    on_verdict: Callable[[Verdict | Problem], None] | None = None,
    check: Callable[..., Verdict] | None = None,
    paths: Iterable[str | Path] = (),
    documents: Iterable[Path] = (),
) -> Audit:
    """Check every claim, one after the other, and go on when a check raises; then those found in ``documents``.

    ``problems`` are those of `collect`, carried over. ``on_verdict`` is called with each outcome as it comes.
    ``check(claim, seed=seed)`` is `gradcheck.checking.check` unless another is given; with it, each function is compared
    with the formula that is printed.
    """
    judge = check or _check()
    verdicts: list[Verdict] = []
    met = list(problems)
    for claim in claims:
        outcome: Verdict | Problem
        try:
            outcome = judge(claim, seed=seed)
            verdicts.append(outcome)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
            outcome = check_problem(claim, error)
            met.append(outcome)
        if on_verdict is not None:
            on_verdict(outcome)
    judged: list[Judged] = []
    named = tuple(paths)
    for document in _not_included(documents, named):
        read, trouble = _judged(document, seed)
        judged.extend(read)
        met.extend(trouble)
        told: list[Verdict | Problem] = [*(verdict for one in read for verdict in one.verdicts), *trouble]
        for outcome in told:
            if on_verdict is not None:
                on_verdict(outcome)
    found = [verdict for one in judged for verdict in one.verdicts]
    every = (*claims, *(verdict.claim for verdict in found))
    shown_paths = tuple(shown(path) for path in named)
    return Audit(every, (*verdicts, *found), tuple(met), seed, shown_paths, tuple(judged))


def _judged(path: Path, seed: int) -> tuple[list[Judged], list[Problem]]:
    """What a document's claims come to, or why it could not be read; what is wrong in it is a problem as well."""
    from gradcheck.documents.annotation import AnnotationError
    from gradcheck.documents.directives import annotations_of
    from gradcheck.documents.judging import Judged, judge_document
    from gradcheck.documents.opening import DocumentError, read_document
    from gradcheck.documents.sheets import SUFFIX, annotations_for, read_sheet

    errors: tuple[AnnotationError, ...] = ()
    try:
        if path.name.endswith(SUFFIX):
            sheet = read_sheet(path, shown(path))
            document = _as_shown(read_document(sheet.document), sheet.document)
            own, errors = annotations_of(document)
            annotations = (*own, *sheet.annotations)
        else:
            document = _as_shown(read_document(path), path)
            annotations, errors = annotations_for(document, path)
        done = judge_document(document, seed, annotations)
    except AnnotationError as error:
        return [], [_annotation_problem(error)]
    except DocumentError as error:
        if path.is_file() and not path.read_bytes().strip():
            return [Judged(shown(path), (), {})], []  # nothing is in it, and nothing is wrong with it
        return [], [Problem(shown(path), _FOLDERS.sub("", str(error)), "name a document, or the folder that holds it")]
    except Exception as error:  # noqa: BLE001 - a document may hold anything, and the others are still to be judged
        return [], [Problem(shown(path), f"judging it raised {_told(error)}", "please report it, with the document")]
    remedy = "please report it, with the formula"
    crashed = [
        Problem(f"{shown(path)}:{place}", f"judging it raised {_told(error)}", remedy) for place, error in done.crashes
    ]
    return [done], [*(_annotation_problem(error) for error in (*errors, *done.errors)), *crashed]


def _not_included(documents: Iterable[Path], named: Iterable[str | Path]) -> list[Path]:
    """Without the LaTeX files that another one includes, where they are judged, unless they are named themselves."""
    from gradcheck.documents.opening import SUFFIXES, read_document

    every = list(documents)
    latex = [path for path in every if SUFFIXES.get(path.suffix.lower()) == "latex"]
    included: set[Path] = set()
    for path in latex if len(latex) > 1 else ():
        with contextlib.suppress(Exception):  # what cannot be read is told when it is judged
            included |= {Path(formula.path).resolve() for formula in read_document(path).formulas if formula.path}
    included -= {Path(path).resolve() for path in named}
    return [path for path in every if path.resolve() not in included]


def _as_shown(document: Document, path: Path) -> Document:
    """The document with its path, and those of the files that it includes, as they are shown."""

    def told(file: str) -> str:
        return (PurePath(shown(path)).parent / os.path.relpath(file, path.parent)).as_posix() if file else ""

    formulas = tuple(replace(formula, path=told(formula.path)) for formula in document.formulas)
    directives = tuple(replace(directive, path=told(directive.path)) for directive in document.directives)
    troubles = tuple(replace(one, what=one.what.replace(f"{path.parent}{os.sep}", "")) for one in document.troubles)
    return replace(document, path=shown(path), formulas=formulas, directives=directives, troubles=troubles)


def _annotation_problem(error: AnnotationError) -> Problem:
    """An annotation that cannot be obeyed: what it was meant to change is judged without it, which must not pass."""
    return Problem(f"{error.path}:{error.place}", error.what, "until then it is judged as if this were not said")


def _check() -> Callable[..., Verdict]:
    """The project's own check, and the comparison with what is printed; imported late because they need JAX."""
    from gradcheck.checking import check
    from gradcheck.transcription.comparing import compare
    from gradcheck.transcription.reading import as_read

    def judge(claim: Claim, *, seed: int = 0) -> Verdict:
        return replace(check(claim, seed=seed), printed=compare(claim, seed=seed), read=as_read(claim))

    return judge


def shown(path: str | Path) -> str:
    """How a path is written in outputs: relative to the working folder where it lies inside it, else its name alone."""
    resolved = Path(path).resolve()
    try:
        return resolved.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return resolved.name


def _files(path: Path) -> tuple[list[Path], Problem | None]:
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
    ]
    return files, None


def _sheets(file: Path) -> list[Sheet]:
    """The sheets that a module defines or imports, in the order of its names. Raises whatever importing it raises."""
    return [value for value in vars(_module(file)).values() if isinstance(value, Sheet)]


def _module(file: Path) -> ModuleType:
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


def _import_problem(file: Path, error: BaseException) -> Problem:
    """A module that does not import, with the line that raised."""
    place = _place(error)
    where = place if place and place.startswith(f"{shown(file)}:") else shown(file)
    via = f" (raised at {place})" if place and place != where else ""
    return Problem(where, f"does not import: {_told(error)}{via}", "run it with Python to see the whole traceback")


def check_problem(claim: Claim, error: BaseException) -> Problem:
    """A claim whose check raised, with the line of the user's file where it did."""
    place = _place(error)
    told = _told(error)
    known = place.rpartition("/")[2] in told
    raised = f"its check raised {told}" + (f" at {place}" if place and not known else "")
    remedy = (
        "call the function with a point of its inputs to see why"
        if place
        else "this was raised inside gradcheck: please report it, with the claim"
    )
    return Problem(claim.key, raised, remedy)


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
        if claim.corrects and _corrected_key(claim) not in keys:
            yield Problem(
                claim.key,
                f"corrects={claim.corrects!r} names no claim of {claim.source.document}",
                "give it the name of the claim that it corrects",
            )


def _corrected_key(claim: Claim) -> str:
    """The key of the claim that this one corrects; a bare name means the same document."""
    corrects = claim.corrects or ""
    return corrects if "::" in corrects else f"{claim.source.document}::{corrects}"


def _told(error: BaseException) -> str:
    """The type and message of an exception in one line, without what differs from run to run or machine to machine."""
    if isinstance(error, SyntaxError):
        message = error.msg or ""
    elif isinstance(error, SystemExit):
        message = "" if error.code is None else str(error.code)
    else:
        message = str(error)
    message = _FOLDERS.sub("", _ADDRESS.sub("", " ".join(message.split())))
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _place(error: BaseException | None) -> str:
    """``file:line`` of the innermost frame in the user's own code, or nothing when there is none."""
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename and _is_users(error.filename):
            return f"{shown(error.filename)}:{error.lineno}"
        for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
            if _is_users(frame.f_code.co_filename):
                return f"{shown(frame.f_code.co_filename)}:{line}"
        error = error.__cause__ or error.__context__
    return ""


def _is_users(filename: str) -> bool:
    """Whether a file exists and is neither gradcheck's nor a library's."""
    file = Path(filename).resolve()
    return file.is_file() and not any(file.is_relative_to(folder) for folder in _NOT_THE_USERS)
