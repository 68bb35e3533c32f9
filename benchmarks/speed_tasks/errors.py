"""How many of the planted errors one contender sees: ``python -m speed_tasks.errors CONTENDER``, an answer in JSON."""

from __future__ import annotations

import json
import signal
import sys
import warnings
from typing import Any

import numpy as np

from speed_tasks.contenders import CONTENDERS, Contender, Gradcheck, asked
from speed_tasks.formulas import formulas
from speed_tasks.large import Task, loss
from speed_tasks.planted import doubled_largest, off_everywhere, off_in_one_entry

TOO_MANY = ("torch slow", "numdifftools", "jacobi", "scipy")  # one evaluation or more an entry of 10^5
PATIENCE = 5  # seconds; torch's fast mode, once it has found that something is wrong, repeats everything entry by entry


class FoundSomething(Exception):  # noqa: N818 not an error
    """A checker that is still at work has not passed what it would pass at once."""


def caught(contender: Contender, made: list[Any]) -> int:
    """How many of these derivatives it objects to."""
    objections = 0
    for one in made:
        ask = contender.prepared(one)
        if getattr(contender, "fast", False):
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        objections += bool(asked(ask))
        signal.setitimer(signal.ITIMER_REAL, 0)
    return objections


def _interrupt(*_: object) -> None:
    raise FoundSomething


def found(contender: Gradcheck, task: Task) -> bool:
    """Whether the entry that is wrong is named, and no other."""
    verdict = contender.check(task.primal, (task.point,), points=0, **{task.form: task.claim})
    entries = verdict.counterexample.entries if verdict.counterexample else ()
    place = int(np.argmax(np.abs(2 * task.point / (1 + task.point**2))))
    return [entry.index for entry in entries if entry.wrong] == [(place,)]


def main() -> None:
    """Ask one contender about all of them."""
    name = sys.argv[1]
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _interrupt)
    with np.errstate(all="ignore"):
        contender = CONTENDERS[name]()
        library = contender.np
        answer: dict[str, Any] = {
            "alarms": caught(contender, formulas(library)),
            "everywhere": caught(contender, off_everywhere(library)),
            "one entry": caught(contender, off_in_one_entry(library)),
        }
        if name not in TOO_MANY:
            tasks = doubled_largest(library)
            answer["doubled"] = caught(contender, tasks)
            answer["alarms of 10^5"] = caught(contender, [loss(library, n=tasks[0].point.size)])
            if isinstance(contender, Gradcheck):
                answer["found"] = sum(found(contender, task) for task in tasks)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
