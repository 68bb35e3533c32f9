"""Units of work: a module to be imported, a claim of one, a document to be read, a formula of one.

Each is data that can be pickled, and `perform` turns it into text wherever it runs. What has been imported or read stays with
the process, so that the units of one file cost that once a worker.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from gradcheck.audited import Problem, shown, told_error
from gradcheck.claim import Claim, Sheet
from gradcheck.collecting import Module, import_problem, imported, own_settings
from gradcheck.planning import Finish, Page, crash_problem, judge_of_claims, judged, planned, told_apart
from gradcheck.running.sources import ChangedError, Sources
from gradcheck.running.worker import begun
from gradcheck.stored.forms import Context, record
from gradcheck.verdict import Verdict

PAGES_KEPT = 32
"""How many documents a worker keeps as it has read them."""


class Unit(Protocol):
    """One unit of work."""

    @property
    def group(self) -> str:
        """What it shares with others that a worker does best one after the other."""

    def run(self) -> dict[str, Any]:
        """What comes of it, as JSON data; `gradcheck.running.worker.begun` is called when all it needs is there."""


def perform(unit: Unit) -> str:
    """What comes of a unit, as text."""
    return json.dumps(unit.run(), allow_nan=False)


def finished_by(unit: Unit, finish: Finish | None) -> Unit:
    """The unit with what is to be added to its verdict."""
    return replace(unit, finish=finish) if finish is not None and isinstance(unit, ClaimUnit | FormulaUnit) else unit


@dataclass(frozen=True)
class ModuleUnit:
    """A Python file that is to be imported: the claims on its sheets.

    ``content`` tells the content of a claim as text, which only the process can do that has its functions.
    """

    sources: Sources
    file: str
    content: Callable[[Claim], str] | None = None

    @property
    def group(self) -> str:
        """The module itself."""
        return self.file

    def __str__(self) -> str:
        return f"importing {shown(self.file)}"

    def run(self) -> dict[str, Any]:
        """The sheets with their claims, each sheet with what tells it from others, or why the module does not import."""
        begun()
        try:
            module = _module(self.sources, self.file)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
            return {"problem": _problem(import_problem(Path(self.file), error))}
        content = self.content or (lambda _: "")
        sheets = [
            {
                "claims": [record(Claim).write(claim, Context()) for claim in sheet.claims],
                "files": [claim.made_in for claim in sheet.claims],
                "contents": [content(claim) for claim in sheet.claims],
                "document": sheet.document,
                "title": sheet.title,
                "same": [sheet.document, sheet.title, [(claim.made_in, claim.made_at) for claim in sheet.claims]],
            }
            for sheet in module.sheets
        ]
        return {"sheets": sheets}


@dataclass(frozen=True)
class ClaimUnit:
    """A claim of a module, by its key and the line of code that makes it."""

    sources: Sources
    file: str
    key: str
    made_at: int
    seed: int
    finish: Finish | None = None

    @property
    def group(self) -> str:
        """The module, which is imported once."""
        return self.file

    def __str__(self) -> str:
        return self.key

    def run(self) -> dict[str, Any]:
        """The verdict, or the problem."""
        try:
            module = _module(self.sources, self.file)
        except ChangedError as error:
            return {"problem": _problem(Problem(self.key, str(error), "it was not checked"))}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
            what = f"its module does not import in a worker: {told_error(error)}"
            remedy = "modules that are not installed there, and files other than modules, must be where workers run"
            return {"problem": _problem(Problem(self.key, what, remedy))}
        claim = _claim_of(module, self.sources, self.key, self.made_at)
        if claim is None:
            what = "a worker that imported its module did not find it"
            return {"problem": _problem(Problem(self.key, what, "declare it when the module is imported, every time"))}
        with self.sources.place().entered():
            judge = judge_of_claims()
            begun()
            own = own_settings(claim)
            return _outcome(judged(lambda: judge(claim, seed=self.seed), claim, self.seed, self.finish, own), claim)


@dataclass(frozen=True)
class PageUnit:
    """A document that is to be read."""

    file: str
    seed: int
    apart: bool = False
    """Whether a store asks for the content of each claim."""

    @property
    def group(self) -> str:
        """The document."""
        return self.file

    def __str__(self) -> str:
        return "reading it"

    def run(self) -> dict[str, Any]:
        """What is to be judged in it, and what it comes to without that."""
        from gradcheck.documents.judging import Judged

        begun()
        page = planned(Path(self.file), self.seed)
        _keep(page, self.seed)
        if self.apart:
            page = told_apart(page)
        return {
            "problems": [_problem(problem) for problem in page.problems],
            "rest": record(Judged).write(page.rest, Context()) if page.rest is not None else None,
            "claims": [record(Claim).write(claim, Context()) for claim in page.claims],
            "content": page.content,
            "included": [str(file.resolve()) for file in page.included],
            "files": [str(file.resolve()) for file in page.files],
            "contents": list(page.contents),
        }


@dataclass(frozen=True)
class FormulaUnit:
    """A claim of a document, by its number in it."""

    sources: Sources
    file: str
    content: str
    number: int
    name: str
    seed: int
    finish: Finish | None = None

    @property
    def group(self) -> str:
        """The document, which is read once."""
        return self.file

    def __str__(self) -> str:
        return self.name

    def run(self) -> dict[str, Any]:
        """The verdict, or the problem."""
        try:
            with self.sources.place().entered():
                plan = self._page().plan
                assert plan is not None, "a document with formulas to judge has a plan"
                judge_of_claims()
                begun()
                task = plan.tasks[self.number]
                try:
                    outcome = judged(lambda: plan.judge(self.number), task.claim, self.seed, self.finish)
                except Exception as error:  # noqa: BLE001 - one formula must not hide the others
                    outcome = crash_problem(task.claim, error)
                return _outcome(outcome)
        except ChangedError as error:
            return {"problem": _problem(Problem(self.name, str(error), "it was not judged"))}

    def _page(self) -> Page:
        """The document as it was read where it was planned, read once a process."""
        known = _PAGES.get((self.content, self.seed))
        if known is not None:
            return known
        page = planned(self.sources.place().of(self.file), self.seed)
        if page.content != self.content:
            raise ChangedError(f"{Path(self.file).name} has changed since the audit began; audit it again")
        _keep(page, self.seed)
        return page


def page_of(told: str, path: Path) -> Page:
    """The document that a `PageUnit` told of: everything but its plan."""
    data = json.loads(told)
    rest = None
    if data["rest"] is not None:
        from gradcheck.documents.judging import Judged

        rest = record(Judged).read(data["rest"], Context())
    return Page(
        path,
        None,
        rest,
        tuple(Problem(**problem) for problem in data["problems"]),
        data["content"],
        tuple(map(Path, data["included"])),
        tuple(map(Path, data["files"])),
        tuple(record(Claim).read(claim, Context()) for claim in data["claims"]),
        tuple(data["contents"]),
    )


def outcome_of(told: str, claim: Claim | None = None) -> Verdict | Problem:
    """The verdict or the problem that `perform` told; the verdict's claim is the one given, if there is one."""
    data = json.loads(told)
    if "problem" in data:
        return Problem(**data["problem"])
    verdict: Verdict = record(Verdict).read(data["verdict"], Context([claim] if claim is not None else []))
    return verdict if claim is None else replace(verdict, claim=claim)


def _outcome(outcome: Verdict | Problem, claim: Claim | None = None) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        return {"problem": _problem(outcome)}
    context = Context([outcome.claim] if claim is not None else [])
    return {"verdict": record(Verdict).write(outcome, context)}


def _problem(problem: Problem) -> dict[str, str]:
    return dict(vars(problem))


_MODULES: dict[tuple[str, str], Module] = {}
_PAGES: dict[tuple[str, int], Page] = {}


def _keep(page: Page, seed: int) -> None:
    """Keep a document that was read for its formulas, and not those that were read long before."""
    _PAGES[page.content, seed] = page
    while len(_PAGES) > PAGES_KEPT:
        del _PAGES[next(iter(_PAGES))]


def _module(sources: Sources, file: str) -> Module:
    """The module of a file, imported once a process."""
    place = sources.place()
    known = _MODULES.get((sources.digest, file))
    if known is None:
        with place.entered():
            known = _MODULES[sources.digest, file] = imported(place.of(file))
    return known


def _claim_of(module: Module, sources: Sources, key: str, made_at: int) -> Claim | None:
    """The claim of that key and line: on a sheet that its module sees, else on one that another module of the tree sees."""

    def sheets() -> Iterator[Sheet]:
        yield from module.sheets
        files = {str(sources.place().of(file)) for file, _ in sources.files}
        for other in list(sys.modules.values()):
            if getattr(other, "__file__", None) in files:
                yield from (value for value in vars(other).values() if isinstance(value, Sheet))

    made = (claim for sheet in sheets() for claim in sheet.claims)
    return next((claim for claim in made if claim.key == key and claim.made_at == made_at), None)
