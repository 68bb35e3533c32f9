"""gradcheck checks itself: planted faults must be caught and right claims must pass, through the door that users take.

Right claims of the plain cases are changed in the usual ways as well: a sign, a factor 2, 1/n, an entry set to zero or off by
a relative 1e-9, entries shifted, a transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.api import check
from gradcheck.expressions import EvaluationError
from gradcheck.selftest_cases import NASTY, PLAIN, Case, one_entry

Function = Callable[..., Any]


@dataclass(frozen=True)
class Trial:
    """One claim of the self-test: what it is, and whether it is right."""

    case: Case
    claim: Function
    right: bool
    fault: str = ""

    @property
    def name(self) -> str:
        """What the score calls it."""
        return f"{self.case.name}: {self.fault}" if self.fault else self.case.name


@dataclass(frozen=True)
class Result:
    """What came out of a trial."""

    trial: Trial
    status: str

    @property
    def good(self) -> bool:
        """A right claim holds; a wrong one fails, holds under a condition that is named, or is refused by an error."""
        return self.status == "holds" if self.trial.right else self.status in ("fails", "conditional", "refused")


def trials() -> Iterator[Trial]:
    """Every claim of the self-test, right ones before the wrong ones of the same case."""
    for case in (*PLAIN, *NASTY):
        yield Trial(case, case.right, right=True)
        for fault, claim in case.wrong.items():
            yield Trial(case, claim, right=False, fault=fault)
        if case in PLAIN:
            for fault, claim in changed(case):
                yield Trial(case, claim, right=False, fault=fault)


def changed(case: Case) -> Iterator[tuple[str, Function]]:
    """The usual changes of a right claim, as far as they make another one of it."""
    answer = case.right
    direction = {"vjp": [np.ones(np.shape(case.f(*case.args)))], "jvp": [case.args[0]]}.get(case.form, [])
    shape = np.shape(_first(answer(*direction, *case.args)))
    n = max((length for argument in case.args for length in np.shape(argument)), default=1)
    yield "the sign turned", _of_first(answer, lambda c: -c)
    yield "multiplied by 2", _of_first(answer, lambda c: 2 * c)
    if n > 1:
        yield f"divided by {n}", _of_first(answer, lambda c: c / n)
    yield "an entry set to zero", _of_first(answer, lambda c: one_entry(lambda: c, -1.0)())
    yield "an entry off by 1e-9", _of_first(answer, lambda c: one_entry(lambda: c, 1e-9)())
    if shape and shape[-1] > 1:
        yield "entries shifted by one", _of_first(answer, lambda c: np.roll(c, 1, axis=len(shape) - 1))
    if len(shape) == 2 and shape[0] == shape[1] and case.form == "vjp":
        yield "transposed", _of_first(answer, lambda c: c.T)


def _first(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) else answer


def _of_first(claim: Function, change: Function) -> Function:
    """The claim with its answer changed, or the first of its answers."""

    def made(*arguments: Any) -> Any:
        answer = claim(*arguments)
        return (change(answer[0]), *answer[1:]) if isinstance(answer, tuple) else change(answer)

    return made


def run(seed: int = 0) -> Iterator[Result]:
    """Every trial through `gradcheck.check`."""
    for trial in trials():
        try:
            claim: dict[str, Any] = {trial.case.form: trial.claim, **trial.case.options}
            status: str = check(trial.case.f, trial.case.args, seed=seed, **claim).status
        except EvaluationError:
            status = "refused"
        yield Result(trial, status)


def score(results: list[Result]) -> str:
    """The table: right and wrong claims by family, and every one that came out otherwise than it should."""
    families = list(dict.fromkeys(result.trial.case.family for result in results))
    rows = [("family", "wrong: caught", "missed", "right: passed", "false alarms")]
    rows += [(family, *_counts([r for r in results if r.trial.case.family == family])) for family in families]
    rows.append(("all", *_counts(results)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join((family.ljust(widths[0]), *(n.rjust(w) for n, w in zip(counts, widths[1:], strict=True))))
        for family, *counts in rows
    ]
    lines.insert(-1, "  ".join("-" * width for width in widths))
    bad = [result for result in results if not result.good]
    lines += [""] if bad else []
    lines += [f"{'false alarm' if r.trial.right else 'missed'}: {r.trial.name} ({r.status})" for r in bad]
    return "\n".join(lines)


def _counts(results: list[Result]) -> tuple[str, str, str, str]:
    wrong = [result.good for result in results if not result.trial.right]
    right = [result.good for result in results if result.trial.right]
    return str(sum(wrong)), str(len(wrong) - sum(wrong)), str(sum(right)), str(len(right) - sum(right))
