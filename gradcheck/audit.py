"""Many claims: find them in files, check each, and keep what went wrong apart from what was found wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.audited import Audit, Problem, Store, check_problem, shown
from gradcheck.claim import Claim
from gradcheck.collecting import collect, documents_in
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.documents.judging import Judged

__all__ = ["Audit", "Problem", "Store", "audit", "check_problem", "collect", "documents_in", "shown"]


def audit(
    claims: Sequence[Claim],
    problems: Sequence[Problem] = (),
    *,
    seed: int = 0,
    on_verdict: Callable[[Verdict | Problem], None] | None = None,
    check: Callable[..., Verdict] | None = None,
    paths: Iterable[str | Path] = (),
    documents: Iterable[Path] = (),
    store: Store | None = None,
) -> Audit:
    """Check every claim, and go on when a check raises; then those found in ``documents``.

    ``problems`` are those of `collect`, carried over. ``on_verdict`` is called with each outcome as it comes.
    ``check(claim, seed=seed)`` is `gradcheck.checking.check` unless another is given; with it, each function is compared
    with the formula that is printed. What the ``store`` knows is not judged again, and what is judged is kept there at once.
    """
    from gradcheck.planning import crash_problem, judge_of_claims, not_included, planned

    judge = check or judge_of_claims()
    met = list(problems)

    def tell(outcome: Verdict | Problem) -> None:
        if on_verdict is not None:
            on_verdict(outcome)

    verdicts: list[Verdict] = []
    for claim in claims:
        known = store.known(claim) if store is not None else None
        outcome: Verdict | Problem
        if known is not None:
            outcome = replace(known, claim=claim)
        else:
            try:
                outcome = judge(claim, seed=seed)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
                outcome = check_problem(claim, error)
        if isinstance(outcome, Problem):
            met.append(outcome)
        else:
            verdicts.append(outcome)
            if store is not None and known is None:
                store.keep(claim, outcome)
        tell(outcome)
    judged: list[Judged] = []
    named = tuple(paths)
    for document in not_included(documents, named):
        page = planned(document, seed)
        met.extend(page.problems)
        for problem in page.problems:
            tell(problem)
        if page.plan is None:
            judged.extend([page.rest] if page.rest is not None else [])
            continue
        outcomes: list[Verdict | Exception] = []
        for number, task in enumerate(page.plan.tasks):
            found = store.known(task.claim, page.content) if store is not None else None
            if found is None:
                try:
                    found = page.plan.judge(number)
                except Exception as error:  # noqa: BLE001 - one formula must not hide the others
                    outcomes.append(error)
                    crashed = crash_problem(page.plan.rest.path, task.place, error)
                    met.append(crashed)
                    tell(crashed)
                    continue
                if store is not None:
                    store.keep(task.claim, found, page.content)
            outcomes.append(found)
            tell(found)
        judged.append(page.plan.judged(outcomes))
    in_documents = [verdict for one in judged for verdict in one.verdicts]
    every = (*claims, *(verdict.claim for verdict in in_documents))
    shown_paths = tuple(shown(path) for path in named)
    return Audit(every, (*verdicts, *in_documents), tuple(met), seed, shown_paths, tuple(judged))
