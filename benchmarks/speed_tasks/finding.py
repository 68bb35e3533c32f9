"""What it costs to find wrong entries among 10^6, in calls of a function that can only be called; an answer in JSON."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from speed_tasks.contenders import Gradcheck
from speed_tasks.large import Task, loss
from speed_tasks.planted import faults

COUNTS = (1, 10, 100)
N = 1_000_000


def asked(contender: Gradcheck, task: Task) -> tuple[Any, int, float]:
    """The verdict, how often the function was called, and the processor seconds."""
    calls = 0

    def counted(w: Any) -> Any:
        nonlocal calls
        calls += 1
        return task.primal(np.array(memoryview(w)))  # what is traced has no memory to look at

    began = time.process_time()
    verdict = contender.check(counted, (task.point,), points=0, gradient=task.claim)
    return verdict, calls, time.process_time() - began


def main() -> None:
    """Ask about 1, 10 and 100 faults."""
    contender = Gradcheck("numpy")
    asked(contender, loss(np, 7))
    _, usual, right = asked(contender, loss(np, N))
    answers = []
    for count in COUNTS:
        task, places = faults(np, N, count)
        verdict, calls, seconds = asked(contender, task)
        entries = verdict.counterexample.entries if verdict.counterexample else ()
        named = {entry.index[0] for entry in entries if entry.wrong}
        answers.append(
            {
                "faults": count,
                # All are counted, the worst are named; where one is named that is right, the count is not believed.
                "found": verdict.wrong if named and named <= set(places) else len(named & set(places)),
                "others": len(named - set(places)),
                "status": verdict.status,
                "wrong": verdict.wrong,
                "evaluations": calls - usual,
                "seconds": seconds,
                "right": right,
            }
        )
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
