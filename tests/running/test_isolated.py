"""Workers: what ends one costs its own unit, and nobody else's."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType

import pytest

from gradcheck.running import processes
from gradcheck.running.isolated import Isolated
from gradcheck.running.limits import (
    EndedError,
    Limits,
    MemoryLimitError,
    TimeLimitError,
    memory_is_limited,
    rarely_collected,
)
from gradcheck.running.processes import KEPT, KilledError, WorkerError

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")


@pytest.fixture
def one() -> Iterator[Isolated]:
    """One worker, with a second for each unit."""
    with Isolated(1, Limits(5, 512)) as executor:
        yield executor


@pytest.mark.parametrize(
    ("function", "value", "error", "told"),
    [
        ("leave", 3, EndedError, "it ended its process with exit code 3"),
        ("crash", 0, EndedError, "it ended its process by SIGSEGV"),
        ("stop", 4, WorkerError, "SystemExit: 4"),
        ("killed", 0, KilledError, "its process was killed 3 times, as when the machine runs out of memory"),
        pytest.param("orphan", 0, EndedError, "it ended its process with exit code 5", marks=LINUX),
    ],
)
def test_a_unit_that_ends_its_worker_costs_its_own_result_alone(
    one: Isolated, functions: ModuleType, function: str, value: int, error: type[Exception], told: str
) -> None:
    before = one.submit(functions.name, "before")
    bad = one.submit(getattr(functions, function), value)
    after = one.submit(functions.name, "after")
    assert before.result().startswith("before from")
    with pytest.raises(error) as raised:
        bad.result()
    assert str(raised.value) == told
    assert after.result().startswith("after from")


def test_one_that_takes_too_long_is_ended_and_the_next_runs(functions: ModuleType) -> None:
    with Isolated(1, Limits(1.0, None)) as executor:
        slow, after = executor.submit(functions.forever, "it"), executor.submit(functions.name, "after")
        with pytest.raises(TimeLimitError) as raised:
            slow.result()
        assert str(raised.value).endswith("took longer than the 1 s that a claim may take (--time-limit) and was ended")
        assert after.result().startswith("after from")


@pytest.mark.skipif(not memory_is_limited(), reason="this platform does not hold a process to an amount of memory")
def test_one_that_asks_for_too_much_memory_is_told_so(one: Isolated, functions: ModuleType) -> None:
    with pytest.raises(MemoryLimitError) as raised:
        one.submit(functions.memory, 0).result()
    assert str(raised.value) == "it needs more memory than the 512 MB that a claim may take (--memory-limit)"
    assert one.submit(functions.name, "after").result().startswith("after from")


def test_one_whose_worker_is_killed_from_outside_is_begun_again(
    one: Isolated, functions: ModuleType, tmp_path: Path
) -> None:
    file = tmp_path / "begun"
    assert one.submit(functions.killed_until, str(file)).result() == "done at last"
    assert file.read_text(encoding="utf-8") == "xxx"


def test_what_a_unit_prints_is_kept_up_to_a_length_and_told_with_it(functions: ModuleType) -> None:
    told: list[tuple[str, str]] = []
    with Isolated(1, on_output=lambda unit, text: told.append((unit, text))) as executor:
        assert executor.submit(functions.say, "first").result() == "done"
        assert executor.submit(functions.name, "second").result().startswith("second from")
    ((unit, text),) = told
    # What is printed to a file is held back longer than what is printed as an error.
    assert unit == "first" and "x" * 1000 in text
    assert len(text) < KEPT + 100 and text.endswith("more bytes were printed)")


def test_a_worker_in_which_threads_were_left_does_no_other_unit(one: Isolated, functions: ModuleType) -> None:
    left, next_one, third = (
        one.submit(functions.threads, "a").result(),
        one.submit(functions.name, "b").result(),
        one.submit(functions.name, "c").result(),
    )
    assert left.split()[-1] != next_one.split()[-1] == third.split()[-1]


@LINUX
def test_when_the_process_that_workers_are_forked_from_is_killed_another_is_started(
    one: Isolated, functions: ModuleType
) -> None:
    first = one.submit(functions.name, "first").result()
    processes.forks().process.kill()
    processes.forks().process.wait()
    assert one.submit(functions.name, "second").result().split()[-1] != first.split()[-1]


@LINUX
def test_stopping_ends_what_runs(functions: ModuleType) -> None:
    executor = Isolated(1)
    pid = int(executor.submit(functions.name, "it").result().split()[-1])
    running, waiting = executor.submit(functions.forever, "it"), executor.submit(functions.name, "never")
    while not running.running():
        time.sleep(0.01)
    executor.stop()
    assert waiting.cancelled()
    with pytest.raises(EndedError):
        running.result(timeout=10)
    for _ in range(500):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(RuntimeError, match="has been shut down"):
        executor.submit(functions.name, "it")


def test_units_of_a_group_go_to_the_worker_that_knows_it() -> None:
    executor = Isolated(2)

    class Unit:
        def __init__(self, group: str) -> None:
            self.group = group

    def chosen(number: int) -> str:
        found = executor._next(number)
        assert found is not None
        return str(found.group)

    executor._threads = [threading.current_thread()] * 2  # nobody takes units but this test
    for group in ("a", "a", "b", "a", "b"):
        executor.submit(str, Unit(group))
    assert [chosen(0), chosen(1), chosen(0), chosen(1), chosen(0)] == ["a", "b", "a", "b", "a"]


def test_workers_that_are_started_afresh_do_the_same(functions: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS and Windows, where processes are not forked."""
    monkeypatch.setattr(processes, "_FORKS", False)
    told: list[str] = []
    with Isolated(1, on_output=lambda _, text: told.append(text)) as executor:
        first = executor.submit(functions.name, "first")
        bad, after = executor.submit(functions.leave, 3), executor.submit(functions.say, "after")
        assert first.result().startswith("first from") and int(first.result().split()[-1]) != os.getpid()
        with pytest.raises(EndedError, match="exit code 3"):
            bad.result()
        assert after.result() == "done"
    assert len(told) == 1 and "more bytes were printed" in told[0]


def test_a_worker_that_cannot_start_says_why(functions: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_FORKS", False)
    monkeypatch.setattr(sys, "executable", str(Path(functions.__file__ or "").with_name("no python here")))
    with Isolated(1) as executor, pytest.raises(OSError, match="no python here"):
        executor.submit(functions.name, "it").result()


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_are_refused(workers: int) -> None:
    with pytest.raises(ValueError, match="at least one is needed"):
        Isolated(workers)


def test_an_error_beside_it_ends_what_runs_instead_of_waiting_for_it(functions: ModuleType) -> None:
    running: list[Future[str]] = []

    def interrupted() -> None:
        with Isolated(1, Limits(None, None)) as executor:
            running.append(executor.submit(functions.forever, "it"))
            while not running[0].running():
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(EndedError):
        running[0].result(timeout=10)


def test_garbage_is_looked_for_rarely_while_claims_are_judged_and_as_before_afterwards() -> None:
    usual = gc.get_threshold()
    with rarely_collected():
        assert gc.get_threshold()[0] > 10 * usual[0]
    assert gc.get_threshold() == usual
