"""The options of commands that remember what they computed, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from gradcheck.commands.output import Failure

if TYPE_CHECKING:
    from gradcheck.audit import Audit
    from gradcheck.store.verdicts import Verdicts


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--store FILE`` and ``--no-store``, also by the environment."""
    file = click.option(
        "--store",
        "store_file",
        metavar="FILE",
        envvar="GRADCHECK_STORE",
        help="Keep verdicts in FILE, and check again only what changed.  [default: .gradcheck_cache/verdicts.sqlite]",
    )
    none = click.option(
        "--no-store", is_flag=True, envvar="GRADCHECK_NO_STORE", help="Check everything, and keep no verdicts."
    )
    return file(none(command))


@contextmanager
def opened(
    file: str | None, none: bool, options: Mapping[str, object], *, pictured: bool = False
) -> Iterator[Verdicts | None]:
    """The store that was asked for; what went wrong with it, and how much it knew, goes to standard error in the end."""
    if none:
        yield None
        return
    from gradcheck.store.database import StoreError
    from gradcheck.store.folder import default
    from gradcheck.store.verdicts import Verdicts

    try:
        store = Verdicts.open(file or default(), options, required=file is not None, pictured=pictured)
    except StoreError as error:
        raise Failure(str(error)) from error
    told = 0
    try:
        told = _tell(store, told)
        yield store
    finally:
        store.close()
        _tell(store, told)
        if store.reused:
            many = f"{store.reused} verdict{'s' if store.reused > 1 else ''}"
            click.echo(
                f"{many} of {store.reused + store.kept} from {store.database.path}, as computed before; "
                "--no-store computes them again",
                err=True,
            )


class Run:
    """A run of the audit that may be told again one day, if it was started as a command."""

    def __init__(self, store: Verdicts | None, *, wanted: bool) -> None:
        from gradcheck.store import runs

        self._store = store if wanted and runs.asked is not None else None
        self._recording = runs.Recording() if self._store is not None else None

    @contextmanager
    def on(self) -> Iterator[None]:
        """Within it, what is printed and written is recorded."""
        if self._recording is None:
            yield
            return
        from gradcheck.report.files import watched
        from gradcheck.store.reading import record

        record()
        with self._recording.on(), watched(self._recording):
            yield

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, what claims print is not recorded."""
        with self._recording.paused() if self._recording is not None else nullcontext():
            yield

    def done(self, audit: Audit, paths: Sequence[str]) -> None:
        """Keep the run, if another would come to the same: every verdict is known by content, and nothing went wrong."""
        store, recording = self._store, self._recording
        if store is None or recording is None or audit.problems or store.reused + store.kept < len(audit.verdicts):
            return
        from gradcheck.stored.absent import StoredFunction

        here = {verdict.claim.key for document in audit.documents for verdict in document.verdicts}
        if any(isinstance(claim.primal, StoredFunction) for claim in audit.claims if claim.key not in here):
            return  # a worker imported it, and what else it read is not known
        from gradcheck.store import runs
        from gradcheck.store.content import modules_of_users
        from gradcheck.store.reading import opened

        read = {*modules_of_users(), *runs.of_users(opened())}
        runs.keep(recording, store.database, paths, read, runs.asked or (), audit.exit_code)


def _tell(store: Verdicts, told: int) -> int:
    """The notes beyond those told already; how many there are."""
    for note in store.database.notes[told:]:
        click.echo(note, err=True)
    return len(store.database.notes)
