"""Many claims: find them in files, check each, and keep what went wrong apart from what was found wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.audited import Audit, Problem, Store, check_problem, shown
from gradcheck.claim import Claim
from gradcheck.collecting import LeftOut, collect, documents_in, own_settings
from gradcheck.planning import (
    Finish,
    crash_problem,
    judge_of_claims,
    judged,
    latex_among,
    not_included,
    planned,
    told_apart,
)
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from gradcheck.documents.judging import Judged
    from gradcheck.planning import Page
    from gradcheck.running.units import Unit

__all__ = ["Audit", "LeftOut", "Problem", "Store", "audit", "check_problem", "collect", "documents_in", "shown"]

FINISHED_AT_ONCE = 500
"""Up to how many claims are finished as they are judged; of more, those that are chosen when all have been."""


def audit(
    claims: Sequence[Claim],
    problems: Sequence[Problem] = (),
    *,
    seed: int = 0,
    on_verdict: Callable[[Verdict | Problem], None] | None = None,
    check: Callable[..., Verdict] | None = None,
    paths: Iterable[str | Path] = (),
    documents: Iterable[Path] = (),
    executor: Executor | None = None,
    reader: Executor | None = None,
    store: Store | None = None,
    finish: Callable[[Verdict], Verdict] | None = None,
    choose: Callable[[Audit], Sequence[Verdict]] | None = None,
    on_total: Callable[[int], None] | None = None,
) -> Audit:
    """Check every claim, and go on when a check raises; then those found in ``documents``.

    ``problems`` are those of `collect`, carried over. ``on_verdict`` is called with each outcome as it comes, ``on_total``
    with the number of claims once it is known. ``check(claim, seed=seed)`` is `gradcheck.checking.check` unless another is
    given; with it, each function is compared with the formula that is printed.

    With an ``executor``, each claim is a unit of work of its own that travels as the source that declares or prints it, and
    the result is the same, to the byte, as without; ``check`` cannot travel. The ``reader`` is one for documents: it reads
    them, and judges them where there is no ``executor``. What the ``store`` knows is not judged again, and what is judged is
    kept there at once. ``finish`` adds what reports show besides (`gradcheck.pictures`) to a verdict where its claim is judged,
    since the functions are there; of more than 500 claims only to those that ``choose`` names when all have been judged.

    Raises:
        TypeError: ``check`` and ``executor`` are both given.
    """
    if check is not None and executor is not None:
        raise TypeError("check= is a function of this process and cannot travel; give it, or executor=, not both")
    run = _Run(seed, store, on_verdict or (lambda _: None))
    named, workers = tuple(paths), executor or reader
    pages = _pages(documents, named, seed, executor, reader, apart=store is not None)
    total = len(claims) + (sum(len(page.claims) for page in pages) if isinstance(pages, list) else 0)
    if on_total is not None:
        on_total(total)
    at_once = finish if choose is None or total <= FINISHED_AT_ONCE else None
    tasks = _in_code(claims, seed, check, executor, at_once)
    outcomes = run.all(tasks, executor, at_once)
    if workers is not None:
        tasks += [task for page in pages for task in _in_page(page, seed, workers)]
        outcomes += run.all(tasks[len(claims) :], workers, at_once)
    met = [*problems, *(outcome for outcome in outcomes[: len(claims)] if isinstance(outcome, Problem))]
    begin, rests = len(claims), []
    for page in pages:
        for problem in page.problems:
            run.tell(problem)
        if workers is None:
            outcomes += run.all(_in_page(page, seed, None), None, at_once)
        end = begin + len(page.claims)
        met += [*page.problems, *(outcome for outcome in outcomes[begin:end] if isinstance(outcome, Problem))]
        if page.rest is not None:
            rests.append((page.rest, begin, end))
        begin = end
    made = _assembled(claims, outcomes, met, seed, named, rests)
    if finish is None or at_once is not None or choose is None:
        return made
    chosen = {id(verdict) for verdict in choose(made)}
    places = [place for place, outcome in enumerate(outcomes) if id(outcome) in chosen]
    run.finish(outcomes, places, tasks, workers, finish)
    return _assembled(claims, outcomes, met, seed, named, rests)


@dataclass(frozen=True)
class _Task:
    """A claim that is to be judged: with what it is judged here, or the unit with which it is judged elsewhere."""

    claim: Claim
    content: str
    in_code: bool
    here: Callable[[], Verdict | Problem] | None = None
    unit: Unit | Problem | None = None


@dataclass(frozen=True)
class _Run:
    """One audit while it runs."""

    seed: int
    store: Store | None
    tell: Callable[[Verdict | Problem], None]

    def all(self, tasks: Sequence[_Task], executor: Executor | None, finish: Finish | None) -> list[Verdict | Problem]:
        """What comes of each task, in their order; each is told, and kept, as it comes."""
        found: dict[int, Verdict | Problem] = {}
        left: list[int] = []
        for place, task in enumerate(tasks):
            known = self.store.known(task.claim, task.content) if self.store is not None else None
            if known is not None:
                found[place] = replace(known, claim=task.claim) if task.in_code else known
                self.tell(found[place])
            elif task.here is None:
                left.append(place)
            else:
                found[place] = self._took(task, task.here(), again=True)
        for place, outcome, again in self._elsewhere(tasks, left, executor, finish):
            found[place] = self._took(tasks[place], outcome, again=again)
        return [found[place] for place in range(len(tasks))]

    def finish(
        self,
        outcomes: list[Verdict | Problem],
        places: Sequence[int],
        tasks: Sequence[_Task],
        executor: Executor | None,
        finish: Finish,
    ) -> None:
        """Finish the verdicts at these places."""
        left: list[int] = []
        for place in places:
            outcome = outcomes[place]
            assert isinstance(outcome, Verdict), "only verdicts are chosen"
            if outcome.quality is None and place < len(tasks) and tasks[place].unit is not None:
                left.append(place)
        for place, outcome, _ in self._elsewhere(tasks, left, executor, finish):
            if isinstance(outcome, Verdict):
                outcomes[place] = outcome
                if self.store is not None:
                    self.store.keep(tasks[place].claim, outcome, tasks[place].content)

    def _elsewhere(
        self, tasks: Sequence[_Task], places: Sequence[int], executor: Executor | None, finish: Finish | None
    ) -> Iterator[tuple[int, Verdict | Problem, bool]]:
        """What comes of those tasks, by their place, from where the executor has them done."""
        if not places:
            return
        from gradcheck.running.driving import Job, run
        from gradcheck.running.units import finished_by

        assert executor is not None, "a task without an executor is judged here"
        jobs: list[Job] = []
        for place in places:
            unit = tasks[place].unit
            if isinstance(unit, Problem):
                yield place, unit, False
            elif unit is not None:
                jobs.append(Job(place, tasks[place].claim, finished_by(unit, finish), tasks[place].in_code))
        yield from run(executor, jobs)

    def _took(self, task: _Task, outcome: Verdict | Problem, *, again: bool) -> Verdict | Problem:
        """Keep an outcome, if it would come ``again``, and tell it."""
        if self.store is not None and again and isinstance(outcome, Verdict):
            self.store.keep(task.claim, outcome, task.content)
        self.tell(outcome)
        return outcome


def _in_code(
    claims: Sequence[Claim],
    seed: int,
    check: Callable[..., Verdict] | None,
    executor: Executor | None,
    finish: Finish | None,
) -> list[_Task]:
    """The claims in code; those that are judged here are finished here."""
    if executor is not None:
        from gradcheck.running.driving import carried_by, units_of_claims

        units = units_of_claims(claims, seed, carried=carried_by(executor))
        return [_Task(claim, "", True, unit=unit) for claim, unit in zip(claims, units, strict=True)]
    judges: list[Callable[..., Verdict]] = [check] if check is not None else []

    def here(claim: Claim) -> Callable[[], Verdict | Problem]:
        def judge() -> Verdict | Problem:
            if not judges:
                judges.append(judge_of_claims())  # which is not imported for claims that the store knows
            try:
                return judged(lambda: judges[0](claim, seed=seed), claim, seed, finish, own_settings(claim))
            except MemoryError as error:
                return check_problem(claim, error)

        return judge

    return [_Task(claim, "", True, here=here(claim)) for claim in claims]


def _in_page(page: Page, seed: int, executor: Executor | None) -> list[_Task]:
    """The claims of a document."""
    contents = page.contents or (page.content,) * len(page.claims)
    if executor is not None:
        from gradcheck.running.driving import carried_by, units_of_page

        units = units_of_page(page, seed, carried=carried_by(executor))
        made = zip(page.claims, contents, units, strict=True)
        return [_Task(claim, content, False, unit=unit) for claim, content, unit in made]
    plan = page.plan

    def here(number: int, claim: Claim) -> Callable[[], Verdict | Problem]:
        def judge() -> Verdict | Problem:
            assert plan is not None, "a document with claims that is judged here was read here"
            try:
                return judged(lambda: plan.judge(number), claim, seed)
            except Exception as error:  # noqa: BLE001 - one formula must not hide the others
                return crash_problem(claim, error)

        return judge

    known = zip(page.claims, contents, strict=True)
    return [_Task(claim, content, False, here=here(number, claim)) for number, (claim, content) in enumerate(known)]


def _pages(
    documents: Iterable[Path],
    named: Sequence[str | Path],
    seed: int,
    executor: Executor | None,
    reader: Executor | None,
    *,
    apart: bool,
) -> list[Page] | Iterator[Page]:
    """The documents as they were read: one after the other when it is asked for, or all of them where workers judge them.

    A store knows the claims of a document ``apart`` from one another.
    Workers of our own read them as well; other executors may have no part in the files of this machine.
    """
    if executor is None and reader is None:
        read = (planned(path, seed) for path in not_included(documents, named))
        return map(told_apart, read) if apart else read
    from gradcheck.running.driving import carried_by, pages

    if reader is None and (executor is None or carried_by(executor)):
        read = (planned(path, seed) for path in not_included(documents, named))
        return [replace(told_apart(page) if apart else page, plan=None) for page in read]
    by = reader or executor
    assert by is not None, "one of the two is there"
    found = pages(by, list(documents), seed, apart=apart)
    latex = {path.resolve() for path in latex_among([page.path for page in found])}
    included = {file for page in found if page.path.resolve() in latex for file in page.included}
    included -= {Path(path).resolve() for path in named}
    return [page for page in found if page.path.resolve() not in included]


def _assembled(
    claims: Sequence[Claim],
    outcomes: Sequence[Verdict | Problem],
    problems: Sequence[Problem],
    seed: int,
    named: Sequence[str | Path],
    rests: Sequence[tuple[Judged, int, int]],
) -> Audit:
    """The audit, from what came of each claim; a document's claims are those from one place to another."""
    verdicts = tuple(outcome for outcome in outcomes if isinstance(outcome, Verdict))
    documents = tuple(
        replace(rest, verdicts=tuple(outcome for outcome in outcomes[begin:end] if isinstance(outcome, Verdict)))
        for rest, begin, end in rests
    )
    every = (*claims, *(verdict.claim for one in documents for verdict in one.verdicts))
    return Audit(every, verdicts, tuple(problems), seed, tuple(map(shown, named)), documents)
