"""An executor whose workers are processes of their own, held to limits: what ends one costs one unit its result."""

from __future__ import annotations

import pickle
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from gradcheck.running.limits import Limits
from gradcheck.running.processes import KilledError, Worker, start, warm_up

MOST_ATTEMPTS = 3
"""How often a unit is begun whose worker is killed from outside."""
_LOOKED_AT = 64


@dataclass
class _Asked:
    future: Future[str]
    function: Callable[..., str]
    arguments: tuple[Any, ...]
    attempts: int = 0

    @property
    def group(self) -> Any:
        """What units share that one worker does best: the document that it has read already."""
        return getattr(self.arguments[0], "group", None) if self.arguments else None


class Isolated(Executor):
    """Runs functions that return text in ``workers`` processes, each held to the ``limits``.

    A unit that takes too long or too much memory, or ends its process, gets an exception (`LimitError`, `EndedError`); the
    worker is replaced, and no other unit notices. One whose worker was killed from outside is begun again, three times at
    most. ``on_output`` is called with what a unit printed, cut where it is long, and the unit as text.
    """

    def __init__(
        self, workers: int = 1, limits: Limits | None = None, on_output: Callable[[str, str], None] | None = None
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers={workers}: at least one is needed")
        self.workers, self.limits = workers, limits or Limits()
        self._on_output = on_output
        self._queue: deque[_Asked] = deque()
        self._changed = threading.Condition()
        self._busy: dict[int, Any] = {}  # the group of each worker
        self._running: dict[int, Worker] = {}
        self._closed = self._stopped = False
        self._threads: list[threading.Thread] = []
        warm_up()

    def submit(  # type: ignore[override] # what travels back is text
        self, fn: Callable[..., str], /, *args: Any, **kwargs: Any
    ) -> Future[str]:
        """Queue ``fn(*args)``, which is pickled and returns text; units of one ``group`` go to one worker where they can."""
        if kwargs:
            raise TypeError("a unit is told by its positional arguments")
        future: Future[str] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("this executor has been shut down")
            self._queue.append(_Asked(future, fn, args))
            if len(self._threads) < self.workers:
                number = len(self._threads)
                thread = threading.Thread(target=self._work, args=(number,), name=f"gradcheck {number}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more units; those that are queued are done, unless they are cancelled."""
        with self._changed:
            self._closed = True
            if cancel_futures:
                for asked in self._queue:
                    asked.future.cancel()
                self._queue.clear()
            self._changed.notify_all()
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what is queued, unless an error or an interruption ends it all."""
        if kind is None:
            self.shutdown()
        else:
            self.stop()

    def stop(self) -> None:
        """End everything now, what is being done as well."""
        with self._changed:
            self._stopped = True
            running = list(self._running.values())
        self.shutdown(wait=False, cancel_futures=True)
        for worker in running:
            worker.process.end()
        for thread in self._threads:
            thread.join(5)

    def _work(self, number: int) -> None:
        """What one worker does."""
        worker: Worker | None = None
        try:
            while (asked := self._next(number)) is not None:
                worker = self._run(number, worker, asked)
        finally:
            if worker is not None:
                worker.end()

    def _next(self, number: int) -> _Asked | None:
        """The next unit for a worker: of the group that it has done, else of one that no other does, else the first."""
        with self._changed:
            while not self._queue:
                if self._closed:
                    return None
                self._changed.wait()
            own = self._busy.get(number)
            others = {group for worker, group in self._busy.items() if worker != number}
            near = [self._queue[place] for place in range(min(len(self._queue), _LOOKED_AT))]
            chosen = next((one for one in near if own is not None and one.group == own), None)
            chosen = chosen or next((one for one in near if one.group not in others), near[0])
            self._queue.remove(chosen)
            self._busy[number] = chosen.group
            return chosen

    def _run(self, number: int, worker: Worker | None, asked: _Asked) -> Worker | None:
        """Do one unit; the worker, unless it has ended or is to be replaced."""
        if not asked.attempts and not asked.future.set_running_or_notify_cancel():
            return worker
        try:
            payload = pickle.dumps((asked.function, asked.arguments))
            if worker is None:
                worker = start(self.limits)
            with self._changed:
                self._running[number] = worker
                if self._stopped:
                    raise KilledError("the audit was stopped")
            answer, fresh = worker.ask(payload, str(asked.arguments[0]) if asked.arguments else "it")
        except KilledError as error:
            self._end(number, worker)
            asked.attempts += 1
            if asked.attempts < MOST_ATTEMPTS and not self._stopped:
                with self._changed:
                    self._queue.appendleft(asked)
                    self._changed.notify()
            else:
                why = f"{error} {asked.attempts} times, as when the machine runs out of memory"
                asked.future.set_exception(type(error)(why))
            return None
        except BaseException as error:  # noqa: BLE001 - it is the result
            self._end(number, worker)
            if worker is not None:
                self._tell(worker, asked)
            asked.future.set_exception(error)
            return None
        self._tell(worker, asked)
        asked.future.set_result(answer.decode("utf-8", "surrogatepass"))
        if fresh:
            return worker
        self._end(number, worker)
        return None

    def _end(self, number: int, worker: Worker | None) -> None:
        with self._changed:
            self._running.pop(number, None)
        if worker is not None:
            worker.end()

    def _tell(self, worker: Worker, asked: _Asked) -> None:
        """Hand on what was printed."""
        printed = worker.output.take()
        if printed and self._on_output is not None:
            self._on_output(str(asked.arguments[0]) if asked.arguments else "", printed)
