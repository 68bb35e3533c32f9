"""The options of commands that remember what they computed, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from gradcheck.commands.output import Failure

if TYPE_CHECKING:
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


def _tell(store: Verdicts, told: int) -> int:
    """The notes beyond those told already; how many there are."""
    for note in store.database.notes[told:]:
        click.echo(note, err=True)
    return len(store.database.notes)
