"""What judges the claims of an audit: those of code one by one, those of a document once it has been read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from gradcheck.audited import Problem, check_problem, shown, told_error, without_folders
from gradcheck.claim import Claim
from gradcheck.settings import NOTHING, Own, kept
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.documents.annotation import AnnotationError
    from gradcheck.documents.judging import Judged, Plan
    from gradcheck.documents.model import Document

Finish = Callable[[Verdict], Verdict]
"""What adds to a verdict, where its claim was judged, what reports show besides."""

EMPTY = 1_000_000
"""A larger file is not looked at to see whether it is nothing but white space."""

REPORT = "please report it, with the formula"


@dataclass(frozen=True)
class Page:
    """A document of an audit: its plan where it could be read, what it comes to without its verdicts, and the problems.

    ``content`` is a digest of all that its formulas are judged by, ``contents`` of what each of its claims is judged by, where
    that was asked for (`told_apart`). ``included`` are the files that it includes formulas of,
    ``files`` all that were opened to read it, the document among them. ``claims`` are what is known of its claims before they
    are judged. A document that was read by a worker has no plan here.
    """

    path: Path
    plan: Plan | None = None
    rest: Judged | None = None
    problems: tuple[Problem, ...] = ()
    content: str = ""
    included: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    claims: tuple[Claim, ...] = ()
    contents: tuple[str, ...] = ()


def judge_of_claims() -> Callable[..., Verdict]:
    """The project's own check, and the comparison with what is printed; imported late because they need JAX."""
    from gradcheck.checking import check
    from gradcheck.expressions import traces_kept
    from gradcheck.transcription.comparing import compare
    from gradcheck.transcription.reading import as_read

    @traces_kept()  # the comparison meets the functions of the check again
    def judge(claim: Claim, *, seed: int = 0) -> Verdict:
        return replace(check(claim, seed=seed), printed=compare(claim, seed=seed), read=as_read(claim))

    return judge


def judged(
    judge: Callable[[], Verdict], claim: Claim, seed: int, finish: Finish | None = None, own: Own | None = None
) -> Verdict | Problem:
    """What comes of a claim: global settings are as its module left them, and as before afterwards, which is told.

    What a check raises is a problem where its claim is in code, whose module has its ``own`` settings, and is raised again
    where it is not.
    """
    outcome: Verdict | Problem
    with kept(seed, own or NOTHING) as notes, _together(finish):
        try:
            outcome = judge()
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            if own is None:
                raise
            outcome = check_problem(claim, error)
        if finish is not None and isinstance(outcome, Verdict):
            outcome = finish(outcome)
    if notes and isinstance(outcome, Verdict):
        outcome = replace(outcome, notes=(*outcome.notes, *notes))
    return outcome


def _together(finish: Finish | None) -> contextlib.AbstractContextManager[None]:
    """What adds to a verdict meets the functions of its claim again, and finds them traced."""
    if finish is None:
        return contextlib.nullcontext()
    from gradcheck.expressions import traces_kept

    return traces_kept()


def planned(path: Path, seed: int = 0) -> Page:
    """Read a document. Nothing is raised: what is wrong with it is among the problems."""
    from gradcheck.documents.annotation import AnnotationError
    from gradcheck.documents.directives import annotations_of
    from gradcheck.documents.encoding import recorded
    from gradcheck.documents.judging import Judged, plan
    from gradcheck.documents.opening import DocumentError, read_document
    from gradcheck.documents.sheets import SUFFIX, annotations_for, beside, read_sheet

    errors: tuple[AnnotationError, ...] = ()
    opened: list[Path] = []
    sheet_file: Path | None
    try:
        with recorded(opened):
            if path.name.endswith(SUFFIX):
                sheet, sheet_file = read_sheet(path, shown(path)), path
                read = read_document(sheet.document)
                document = _as_shown(read, sheet.document)
                own, errors = annotations_of(document)
                annotations = (*own, *sheet.annotations)
            else:
                read = read_document(path)
                document = _as_shown(read, path)
                annotations, errors = annotations_for(document, path)
                sheet_file = beside(path)
        made = plan(document, seed, annotations)
    except AnnotationError as error:
        return Page(path, problems=(_annotation_problem(error),))
    except DocumentError as error:
        if path.is_file() and path.stat().st_size < EMPTY and not path.read_bytes().strip():
            return Page(path, rest=Judged(shown(path), (), {}))  # nothing is in it, and nothing is wrong with it
        why = without_folders(str(error))
        return Page(path, problems=(Problem(shown(path), why, "name a document, or the folder that holds it"),))
    except Exception as error:  # noqa: BLE001 - a document may hold anything, and the others are still to be judged
        what = f"judging it raised {told_error(error)}"
        return Page(path, problems=(Problem(shown(path), what, "please report it, with the document"),))
    problems = tuple(_annotation_problem(error) for error in (*errors, *made.rest.errors))
    included = tuple(dict.fromkeys(Path(formula.path) for formula in read.formulas if formula.path))
    claims = tuple(task.claim for task in made.tasks)
    files = tuple(dict.fromkeys([*opened, *([sheet_file] if sheet_file is not None else [])]))
    return Page(path, made, made.rest, problems, digest((document, annotations)), included, files, claims)


def told_apart(page: Page) -> Page:
    """A document that was read here, with the content of each claim: the same gives the same verdict.

    It is a word, the digest of what the verdict is made of, and the lines that it may tell.
    """
    if page.plan is None:
        return page
    try:
        bases = list(page.plan.bases())
    except Exception:  # noqa: BLE001 - judging tells of it; until then a claim is known by the whole document
        return replace(page, contents=(page.content,) * len(page.claims))
    shared = digest(page.plan.shared)
    told = (f"{digest((shared, basis.data))} {','.join(map(str, basis.lines))}" for basis in bases)
    return replace(page, contents=tuple(f"formula {one}" for one in told))


def crash_problem(claim: Claim, error: Exception) -> Problem:
    """A claim of a document whose judging raised."""
    return Problem(place_of(claim), f"judging it raised {told_error(error)}", REPORT)


def place_of(claim: Claim) -> str:
    """Where a claim of a document stands: the document, line and column."""
    return f"{claim.source.document}:{claim.source.line}:{claim.source.column}"


def not_included(documents: Iterable[Path], named: Iterable[str | Path]) -> list[Path]:
    """Without the LaTeX files that another one includes, where they are judged, unless they are named themselves."""
    from gradcheck.documents.opening import read_document

    every = list(documents)
    included: set[Path] = set()
    for path in latex_among(every):
        with contextlib.suppress(Exception):  # what cannot be read is told when it is judged
            included |= {Path(formula.path).resolve() for formula in read_document(path).formulas if formula.path}
    included -= {Path(path).resolve() for path in named}
    return [path for path in every if path.resolve() not in included]


def latex_among(documents: Sequence[Path]) -> list[Path]:
    """The LaTeX files, where there are several, so that one may include another."""
    from gradcheck.documents.opening import SUFFIXES

    latex = [path for path in documents if SUFFIXES.get(path.suffix.lower()) == "latex"]
    return latex if len(latex) > 1 else []


def digest(value: object) -> str:
    """A digest of plain data (dataclasses, tuples, sets, mappings, numbers and text), the same in every process."""
    made = sha256()
    for part in _parts(value):
        made.update(part.encode("utf-8", "surrogatepass"))
    return made.hexdigest()


def _parts(value: object) -> Iterator[str]:
    """The data as text, each piece with its type and length, so that no two values give the same."""
    if is_dataclass(value) and not isinstance(value, type):
        yield f"{type(value).__name__}({len(fields(value))}"
        for one in fields(value):
            yield from _parts(getattr(value, one.name))
    elif isinstance(value, tuple | list):
        yield f"[{len(value)}"
        for item in value:
            yield from _parts(item)
    elif isinstance(value, set | frozenset):
        yield from _parts(sorted(value))
    elif isinstance(value, dict):
        yield from _parts(list(value.items()))
    else:
        told = repr(value)
        yield f"{type(value).__name__}{len(told)}:{told}"


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
