"""An audit on many workers, event by event: one scheduler that hands out units, one store that keeps what comes back."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


LAST = "the last units"
BUSY = 0.75  # share of the time from which something is busy


@dataclass(frozen=True)
class Costs:
    """Seconds and bytes: of a task at the scheduler, of a verdict at the store, of a start, and of what travels."""

    task: float
    kept: float
    start: float
    claim_bytes: float
    verdict_bytes: float
    bandwidth: float  # bytes a second into and out of the scheduler's machine
    between_failures: float  # seconds of a worker


@dataclass(frozen=True)
class Outcome:
    """How long it all took, and how busy everything was in that time."""

    seconds: float
    busy: dict[str, float]
    lost: int
    waiting: int  # verdicts that wait for the store at most
    tail: float  # seconds after the last unit was handed out

    @property
    def bottleneck(self) -> str:
        """What was busiest; the last units, where everyone waited for these and nothing was busy."""
        if self.tail > self.seconds / 2 and max(self.busy.values()) < BUSY:
            return LAST
        return max(self.busy, key=lambda name: self.busy[name])


def simulate(formulas: Array, workers: int, together: int, costs: Costs, seed: int = 0) -> Outcome:
    """Work through formulas that take these seconds each, ``together`` a unit, first come first served.

    The scheduler is one server: each unit costs it ``task``, then travels. A worker first starts. A worker that fails loses
    the unit that it has, which is handed out again at the end of the queue, and starts anew. Verdicts are kept one after
    another as units end; what waits for that waits in memory.
    """
    rng = np.random.default_rng(seed)
    padded = np.zeros(-(-len(formulas) // together) * together)
    padded[: len(formulas)] = formulas
    units = padded.reshape(-1, together).sum(axis=1)
    fails_within = rng.exponential(costs.between_failures, len(units))
    travel = together * (costs.claim_bytes + costs.verdict_bytes) / costs.bandwidth
    free = [costs.start] * workers
    heapq.heapify(free)
    scheduler, ends, worked, lost = 0.0, [], 0.0, 0
    queue = units.tolist()
    index = 0
    while index < len(queue):
        handed = max(scheduler, heapq.heappop(free))
        scheduler = handed + max(costs.task, travel)
        took = queue[index]
        if index < len(units) and fails_within[index] < took:
            worked += fails_within[index]
            heapq.heappush(free, scheduler + fails_within[index] + costs.start)
            queue.append(took)
            lost += 1
        else:
            worked += took
            ends.append(scheduler + took)
            heapq.heappush(free, ends[-1])
        index += 1
    done, waiting = _kept(np.sort(np.array(ends)), together * costs.kept)
    total = len(ends) * together
    busy = {
        "workers": worked / workers / done,
        "scheduler": len(queue) * costs.task / done,
        "store": total * costs.kept / done,
        "network": total * (costs.claim_bytes + costs.verdict_bytes) / costs.bandwidth / done,
        "starting": costs.start / done,
    }
    return Outcome(done, busy, lost, waiting * together, done - scheduler)


def _kept(ends: Array, each: float) -> tuple[float, int]:
    """When the last is kept by one writer, and how many wait at most."""
    order = np.arange(len(ends))
    done = np.maximum.accumulate(ends - each * order) + each * (order + 1)
    waiting = np.searchsorted(ends, done, side="right") - order - 1
    return float(done[-1]), int(waiting.max(initial=0))
