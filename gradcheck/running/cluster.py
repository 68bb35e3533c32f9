"""An audit's units on a Dask cluster: each is done in a process of its own there too, so that none takes its worker along.

The files that units need travel once to each worker. Dask does again what was lost with a worker that ended.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradcheck import __version__
from gradcheck.running.isolated import Isolated
from gradcheck.running.limits import Limits
from gradcheck.running.units import ClaimUnit, FormulaUnit, perform

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Remote

ANSWERS_WITHIN = 20
"""Seconds within which a scheduler must answer."""


class ClusterError(RuntimeError):
    """A cluster cannot be used; the message says why, and what to do."""


class Cluster(Executor):
    """Hands units to the cluster whose scheduler has this ``address``, or to one of ``workers`` processes on this machine.

    Raises:
        ClusterError: Dask is not installed, no scheduler answers, or its workers have another version of gradcheck, or none.
    """

    def __init__(
        self,
        address: str = "",
        limits: Limits | None = None,
        workers: int | None = None,
        on_output: Callable[[str, str], None] | None = None,
    ) -> None:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise ClusterError(f"a Dask cluster needs distributed: pip install 'gradcheck[dask]' ({error})") from error
        self.limits = limits or Limits()
        self._on_output = on_output
        self._contents: dict[str, Remote[tuple[bytes, ...]]] = {}
        self._local: LocalCluster | None = None
        if not address:
            self._local = LocalCluster(
                n_workers=workers or os.cpu_count() or 1, threads_per_worker=1, dashboard_address=":0"
            )
        try:
            self.client: Client = Client(self._local or address, timeout=ANSWERS_WITHIN, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no scheduler answers at {address} ({error}); start one with `dask scheduler`, or give --dask no address"
            ) from error
        self._executor = self.client.get_executor(pure=False)
        try:
            self._refuse_others(address)
        except BaseException:
            self.stop()
            raise

    def _refuse_others(self, address: str) -> None:
        """Raise ClusterError unless the workers have this version of gradcheck."""
        try:
            versions: dict[str, str] = self.client.run(_version)
        except Exception as error:
            raise ClusterError(f"the workers of {address} cannot run gradcheck ({error}); install it there") from error
        for worker, version in versions.items():
            if version != __version__:
                what = f"the worker {worker} has gradcheck {version}, and this is {__version__}"
                raise ClusterError(f"{what}; verdicts of both would be mixed: install one version everywhere")

    def submit(  # type: ignore[override] # what travels is a unit, and what comes back is text
        self, fn: Callable[..., str], /, *args: Any, **kwargs: Any
    ) -> Future[str]:
        """Queue a unit; ``fn`` is `gradcheck.running.units.perform`."""
        (unit,) = args
        if fn is not perform or kwargs or not isinstance(unit, ClaimUnit | FormulaUnit):
            raise TypeError("a cluster performs the units of an audit")
        contents = self._contents.get(unit.sources.digest)
        if contents is None:
            # A task and not scattered data: what is lost with a worker is made again.
            contents = self._contents[unit.sources.digest] = self.client.submit(
                _carried, unit.sources.contents, key=f"gradcheck-sources-{unit.sources.digest}"
            )
        light = replace(unit, sources=replace(unit.sources, contents=()))
        remote = self._executor.submit(perform_apart, light, contents, self.limits)
        future: Future[str] = Future()
        future.set_running_or_notify_cancel()

        def hand_on(done: Future[str]) -> None:
            try:
                text, printed = json.loads(done.result())
            except (Exception, CancelledError) as error:  # noqa: BLE001 - it is the result
                future.set_exception(error)
                return
            if printed and self._on_output is not None:
                self._on_output(str(unit), printed)
            future.set_result(text)

        remote.add_done_callback(hand_on)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more units."""
        self._executor.shutdown(wait=wait and not cancel_futures)

    def stop(self) -> None:
        """Leave the cluster; one that was started here is ended."""
        self._contents.clear()
        self.client.close()
        if self._local is not None:
            self._local.close()


def perform_apart(unit: ClaimUnit | FormulaUnit, contents: tuple[bytes, ...], limits: Limits) -> str:
    """What comes of a unit in a worker of Dask, and what it printed: it is done in a process of its own beside it."""
    unit = replace(unit, sources=replace(unit.sources, contents=contents))
    pool = _pool(unit.sources.digest if isinstance(unit, ClaimUnit) else "documents", limits)
    text = pool.executor.submit(perform, unit).result()
    return json.dumps([text, pool.printed.pop(str(unit), "")])


class _Pool:
    """The processes beside a worker of Dask, as many as it has threads."""

    def __init__(self, limits: Limits) -> None:
        from distributed import get_worker

        self.printed: dict[str, str] = {}
        self.executor = Isolated(get_worker().state.nthreads, limits, self.printed.__setitem__)


_pools: dict[tuple[str, Limits], _Pool] = {}
_making = threading.Lock()


def _pool(tree: str, limits: Limits) -> _Pool:
    """The processes for a tree of modules, of which a process imports one alone; those of a tree before it are ended."""
    with _making:
        known = _pools.get((tree, limits))
        if known is None:
            for other in [key for key in _pools if (key[0] == "documents") == (tree == "documents")]:
                _pools.pop(other).executor.shutdown(wait=False)
            known = _pools[tree, limits] = _Pool(limits)
        return known


def _carried(contents: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return contents


def _version() -> str:
    return __version__
