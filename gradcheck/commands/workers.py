"""The options that say where claims are judged, and what they come to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.commands.output import Failure
from gradcheck.running.limits import MEGABYTES, SECONDS, Limits, memory_is_limited

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from gradcheck.audited import Problem
    from gradcheck.collecting import Module
    from gradcheck.store.verdicts import Verdicts

    Importer = Callable[[Path], Module | Problem]


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--isolate``, ``--time-limit`` and ``--memory-limit``."""
    options = (
        click.option(
            "--isolate/--no-isolate",
            default=None,
            help="Judge in a process of its own, or in this one.  [default: documents in one of their own]",
        ),
        click.option(
            "--time-limit",
            type=click.FloatRange(min=0, min_open=True),
            metavar="S",
            help=f"Seconds that a claim may take in a process of its own.  [default: {SECONDS:g}]",
        ),
        click.option(
            "--memory-limit",
            type=click.IntRange(min=1),
            metavar="MB",
            help=f"Memory that a claim may take there, on Linux.  [default: {MEGABYTES}]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--workers``, ``--dask``, and those of `limit_options`."""
    dask = click.option(
        "--dask",
        is_flag=False,
        flag_value="",
        metavar="[ADDRESS]",
        help="Judge on a Dask cluster, as tcp://scheduler:8786; without ADDRESS, on one that is started here.",
    )
    workers = click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Judge in N processes at a time.")
    return workers(dask(limit_options(command)))


@contextmanager
def places(
    wanted: Mapping[str, Any],
    *,
    documents: bool,
    on_output: Callable[[str, str], None],
    store: Verdicts | None = None,
) -> Iterator[tuple[Executor | None, Executor | None, Importer | None]]:
    """Where claims are judged, where documents are read and judged, and what imports modules; None is this process.

    A ``store`` is told what the functions do that workers import. Whatever was started is ended.

    Raises Failure for options that contradict one another or cannot be obeyed.
    """
    workers, dask, isolate = wanted.get("workers"), wanted.get("dask"), wanted["isolate"]
    seconds, megabytes = wanted["time_limit"], wanted["memory_limit"]
    limited = seconds is not None or megabytes is not None
    _refuse(workers, dask, isolate, limited=limited, memory=megabytes is not None)
    everything = bool(workers or isolate or limited or dask is not None)
    if isolate is False or not (everything or documents):
        yield None, None, None
        return
    from gradcheck.running.isolated import Isolated

    limits = Limits(SECONDS if seconds is None else seconds, MEGABYTES if megabytes is None else megabytes)
    with ExitStack() as stack:
        own = Isolated(1 if dask is not None else workers or 1, limits, on_output)
        stack.callback(own.stop)
        if not everything:
            yield None, own, None
            return
        from gradcheck.running.driving import importer

        executor: Executor = own
        if dask is not None:
            from gradcheck.running.cluster import Cluster, ClusterError

            try:
                executor = Cluster(dask, limits, workers, on_output)
            except ClusterError as error:
                raise Failure(str(error)) from error
            stack.callback(executor.stop)
        if store is None:
            yield executor, own, importer(own)
            return
        from gradcheck.store.verdicts import content_told

        yield executor, own, importer(own, content_told, store.heard)


def _refuse(workers: int | None, dask: str | None, isolate: bool | None, *, limited: bool, memory: bool) -> None:
    """Raise Failure for what contradicts itself, or what this platform has not."""
    if isolate is False:
        for name, given in (("--workers", workers), ("--dask", dask is not None), ("limits", limited)):
            if given:
                raise Failure(f"{name} and --no-isolate contradict one another: in this process nothing can be ended")
    if dask and ":" not in dask:
        raise Failure(
            f"--dask {dask}: an address is expected, as in --dask tcp://scheduler:8786; a PATH goes before it"
        )
    if dask and workers:
        raise Failure("--workers says how many are started here; a cluster with an address has its own")
    if memory and not memory_is_limited():
        raise Failure(f"--memory-limit: {sys.platform} does not hold a process to an amount of memory; leave it out")
