"""``gradcheck find``: a formula of the library, looked up by words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gradcheck.commands.output import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradcheck.library.entries import Catalogue
    from gradcheck.library.finding import Hit

LISTED = 20


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--code", "code", is_flag=True, help="Only the code, ready to be put into a file.")
@click.option("--json", "as_json", is_flag=True, help="All that is known of what was found, as JSON.")
@click.option("--all", "every", is_flag=True, help="Everything that was found in full, not in a line each.")
@click.option(
    "--catalogue", metavar="FILE", help="A catalogue of your own, by gradcheck catalogue.  [default: that of gradcheck]"
)
def find(words: tuple[str, ...], code: bool, as_json: bool, every: bool, catalogue: str | None) -> None:
    r"""Look a verified formula up by WORDS: its formula, its derivative, where it breaks, how sure that is, and the code.

    All words must be found, in the name, the title, the family, the names in other libraries or the notes; typing mistakes
    are forgiven. One formula, or the one of that very name, is told in full, several in a line each.

    \b
        gradcheck find "layer norm"
        gradcheck find torch.nn.Softplus --code > softplus.py

    Exit codes: 0 when something was found, 1 when nothing was, 2 for a failure of gradcheck's own.
    """
    known = _opened(catalogue)
    asked = " ".join(words)
    from gradcheck.library.finding import find as found_in

    hits = found_in(known, asked)
    if not hits:
        click.echo(_unknown(known, asked), err=True)
        sys.exit(1)
    exact = [hit for hit in hits if hit.exact]
    alone = hits if len(hits) == 1 else exact if len(exact) == 1 else []
    chosen = hits if every else alone
    if as_json:
        from gradcheck.library.entries import Catalogue, written

        families = {name: known.families[name] for name in dict.fromkeys(hit.entry.family for hit in chosen or hits)}
        entries = tuple(hit.entry for hit in chosen or hits)
        click.echo(written(Catalogue(families, entries, known.version)), nl=False)
        return
    if code:
        click.echo(_code(chosen, hits, asked), nl=False)
        return
    click.echo(_told(chosen, hits))


def _opened(file: str | None) -> Catalogue:
    from pathlib import Path

    from gradcheck.library import entries

    try:
        return entries.packaged() if file is None else entries.opened(Path(file))
    except entries.CatalogueError as error:
        raise Failure(str(error)) from error


def _told(chosen: Sequence[Hit], hits: Sequence[Hit]) -> str:
    """Those that are chosen in full, or all in a line each; beside one that was named, the others are mentioned."""
    from gradcheck.library.terminal import entry_text, hits_text

    if not chosen:
        more = f"\nand {len(hits) - LISTED} more; give more words" if len(hits) > LISTED else ""
        return f"{hits_text(hits[:LISTED])}{more}\n\n{len(hits)} found; name one to see it, or see all with --all"
    told = ("\n\n" + "-" * 60 + "\n\n").join(entry_text(hit.entry) for hit in chosen)
    least = max(hit.score for hit in chosen) / 2
    others = [hit.entry.name for hit in hits if hit.score >= least and all(hit is not one for one in chosen)]
    return told + (f"\n\nalso found: {', '.join(others[:LISTED])}" if others else "")


def _code(chosen: Sequence[Hit], hits: Sequence[Hit], asked: str) -> str:
    """The code of one entry, or with --all of each. Exits with 1 where it is not told which."""
    if not chosen:
        names = ", ".join(hit.entry.key for hit in hits[:LISTED])
        click.echo(
            f"{asked!r} finds {len(hits)} formulas: {names}; name the one whose code you want, or add --all", err=True
        )
        sys.exit(1)
    return "\n\n".join(hit.entry.code for hit in chosen)


def _unknown(known: Catalogue, asked: str) -> str:
    from gradcheck.library.finding import nearest
    from gradcheck.message import printable

    near = nearest(known, asked)
    families = ", ".join(known.families)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are these families: {families}"
    return printable(f"nothing among {len(known.entries)} formulas is found by {asked!r}; {hint}")
