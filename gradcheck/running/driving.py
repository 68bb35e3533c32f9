"""The claims of an audit through an executor: handed out a window at a time, and taken back as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

from gradcheck.audited import Problem, shown, told_error
from gradcheck.claim import Claim
from gradcheck.collecting import Module
from gradcheck.planning import REPORT, Page, place_of
from gradcheck.running.isolated import Isolated
from gradcheck.running.limits import EndedError, LimitError, too_large
from gradcheck.running.sources import Sources, sources, sources_of_modules
from gradcheck.running.units import (
    ClaimUnit,
    FormulaUnit,
    PageUnit,
    Unit,
    outcome_of,
    page_of,
    perform,
)
from gradcheck.verdict import Verdict

WINDOW = 256
"""How many units wait in an executor at most: more would be memory without use."""


@dataclass(frozen=True)
class Job:
    """A unit with the claim that it is about, and the number by which its outcome is known."""

    number: int
    claim: Claim
    unit: Unit
    in_code: bool


def run(executor: Executor, jobs: Iterable[Job]) -> Iterator[tuple[int, Verdict | Problem, bool]]:
    """What comes of each job, as it comes: its number, the outcome, and whether it would come again.

    What was ended because it took too much might be decided another time. When this is left early, what waits is cancelled.
    """
    waiting: dict[Future[str], Job] = {}
    rest = iter(jobs)
    try:
        while True:
            for job in rest:
                waiting[executor.submit(perform, job.unit)] = job
                if len(waiting) >= WINDOW:
                    break
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                job = waiting.pop(future)
                error = CancelledError("it was cancelled") if future.cancelled() else future.exception()
                if error is None:
                    outcome = outcome_of(future.result(), job.claim if job.in_code else None)
                    yield job.number, outcome, True
                else:
                    yield job.number, stopped(job, error), False
    finally:
        for future in waiting:
            future.cancel()


def stopped(job: Job, error: BaseException) -> Verdict | Problem:
    """What becomes of a claim whose unit gave no answer."""
    if isinstance(error, MemoryError):
        error = too_large(None)
    seed = getattr(job.unit, "seed", 0)
    if isinstance(error, LimitError):
        told = str(error)
        name = str(job.unit)
        return Verdict(job.claim, "undecided", reason=told.replace(name, "its check", 1), seed=seed)
    where = job.claim.key if job.in_code else place_of(job.claim)
    if isinstance(error, EndedError):
        remedy = "mend what ends the process, or crashes in it; the claims beside it were checked"
        return Problem(where, f"its check gave no verdict: {error}", remedy if job.in_code else REPORT)
    return Problem(where, f"its check gave no verdict: {told_error(error)}", "run the audit again, or without workers")


def pages(executor: Executor, documents: Sequence[Path], seed: int, *, apart: bool = False) -> list[Page]:
    """The documents as workers read them, each without its plan; what could not be read is a problem of its page."""
    futures = [executor.submit(perform, PageUnit(str(path), seed, apart)) for path in documents]
    found: list[Page] = []
    for path, future in zip(documents, futures, strict=True):
        try:
            found.append(page_of(future.result(), path))
        except (LimitError, MemoryError) as error:
            told = str(error if isinstance(error, LimitError) else too_large(None))
            remedy = "give it more with --time-limit or --memory-limit, or audit a part of it"
            found.append(Page(path, problems=(Problem(shown(path), f"was not read: {told}", remedy),)))
        except EndedError as error:
            what = f"was not read: {error}"
            found.append(Page(path, problems=(Problem(shown(path), what, "please report it, with the document"),)))
    return found


def units_of_claims(claims: Sequence[Claim], seed: int, *, carried: bool) -> list[Unit | Problem]:
    """A unit for each claim in code; a problem for one whose module is not known."""
    files = {claim.made_in for claim in claims if Path(claim.made_in).is_file()}
    tree = sources_of_modules(map(Path, sorted(files)), carried=carried)
    return [
        ClaimUnit(tree, str(Path(claim.made_in).resolve()), claim.key, claim.made_at, seed)
        if claim.made_in in files
        else Problem(
            claim.key,
            "no file declares it, so no worker can find it",
            "declare it with Sheet.claim in a module, or audit it without workers",
        )
        for claim in claims
    ]


def units_of_page(page: Page, seed: int, *, carried: bool) -> Iterator[Unit]:
    """A unit for each claim of a document."""
    tree: Sources = sources([page.path, *page.files], carried=carried)
    for number, claim in enumerate(page.claims):
        yield FormulaUnit(tree, str(page.path.resolve()), page.content, number, claim.key, seed)


def carried_by(executor: Executor) -> bool:
    """Whether units must bring the contents of their files: workers of our own see the same files."""
    return not isinstance(executor, Isolated)


def importer(
    executor: Isolated,
    content: Callable[[Claim], str] | None = None,
    heard: Callable[[Claim, str], None] | None = None,
) -> Callable[[Path], Module | Problem]:
    """What imports a module in a worker: its claims can be judged by workers, and their functions are known by name alone.

    What those do is told by ``content`` there, for a store, which hears of it here by ``heard``.
    """
    from gradcheck.running.imports import Imports

    return Imports(executor, content, heard)
