"""The command line: options only; what they do is in `gradcheck.audit` and `gradcheck.report`.

Exit codes: 0 when all verdicts are as recorded or hold, 1 when one is not, 2 for a failure of gradcheck's own.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gradcheck import __version__
from gradcheck.commands.audit import DEFAULT_PATHS, Bar, audit
from gradcheck.commands.catalogue import catalogue
from gradcheck.commands.derive import derive
from gradcheck.commands.diff import diff
from gradcheck.commands.find import find
from gradcheck.commands.health import health
from gradcheck.commands.output import Failure, tamed
from gradcheck.commands.report import report
from gradcheck.commands.workers import limit_options, places

if TYPE_CHECKING:
    from gradcheck.audit import Problem
    from gradcheck.claim import Claim
    from gradcheck.verdict import Verdict


class _Commands(click.Group):
    """The commands; an error that nobody foresaw ends with exit code 2, never with 1, which is a verdict."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise tamed(error) from error.__cause__
        except click.exceptions.Exit:
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            raise
        except Exception as error:
            import traceback

            traceback.print_exc()
            raise Failure(f"{type(error).__name__} inside gradcheck: please report it, with the lines above") from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="gradcheck %(version)s")
def main() -> None:
    """Say whether printed or coded derivatives are right, how sure that is, and where they are wrong."""


@main.command()
@click.argument("claim")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Where the claims are.  [default: reference]")
@click.option("--seed", default=0, show_default=True, help="Seed of the points that are drawn.")
@limit_options
def show(claim: str, paths: tuple[str, ...], seed: int, **wanted: Any) -> None:
    """Everything about one CLAIM, named as in the table: its name, or document::name.

    A document is read and judged in a process of its own, as gradcheck audit does it; --isolate does the same with Python.
    """
    from gradcheck import audit as audits
    from gradcheck.report import terminal

    paths = paths or DEFAULT_PATHS
    documents = [file for file in audits.documents_in(paths) if claim.startswith(f"{audits.shown(file)}::")]
    with (
        contextlib.redirect_stdout(sys.stderr),
        places(wanted, documents=bool(documents), on_output=Bar(bar=False).printed) as (executor, reader, importer),
    ):
        found: list[Claim] = []
        problems: list[Problem] = []
        if not documents:
            found, problems = audits.collect(paths, importer=importer)
        claims = [] if documents else [_find(claim, found, problems)]
        done = audits.audit(
            claims,
            seed=seed,
            paths=paths,
            documents=documents,
            executor=executor,
            reader=reader,
            finish=partial(_with_quality, claim),
        )
    if documents:
        verdict = done.verdict_on(_find(claim, done.claims, done.problems))
        if verdict is None:
            raise Failure(next(str(problem) for problem in done.problems if problem.where.startswith(claim)))
        terminal.print_claim(terminal.console(), done, verdict)
        sys.exit(1 if verdict in done.failing else 0)
    if not done.verdicts:
        raise Failure(str(done.problems[0]))
    everything = audits.Audit(tuple(found), done.verdicts, (), seed, tuple(map(audits.shown, paths)))
    terminal.print_claim(terminal.console(), everything, done.verdicts[0])
    sys.exit(done.exit_code)


@main.command()
@click.option("--seed", default=0, show_default=True, help="Seed of the points that are drawn.")
def selftest(seed: int) -> None:
    """Check gradcheck itself: planted faults must be caught, and right but nasty derivatives must pass.

    Prints a score by family, and every fault that was missed and every false alarm. Exit code 1 if there is one.
    """
    from gradcheck import selftest as planted

    results = list(planted.run(seed))
    click.echo(planted.score(results))
    sys.exit(0 if all(result.good for result in results) else 1)


@main.command()
@click.argument("claim")
@click.option(
    "--where", "definitions", multiple=True, metavar="TEXT", help="A definition that it rests on, in LaTeX and words."
)
@click.option(
    "--rank", "ranks", multiple=True, metavar="NAME=N", help="NAME is a number (0), a vector (1) or a matrix (2)."
)
@click.option("--symmetric", multiple=True, metavar="NAME", help="NAME is a symmetric matrix.")
@click.option("--macros", default="", metavar="TEX", help="Macros that it uses, as in a preamble.")
@click.option("--seed", default=0, show_default=True, help="Seed of the points that are drawn.")
def formula(
    claim: str, definitions: tuple[str, ...], ranks: tuple[str, ...], symmetric: tuple[str, ...], macros: str, seed: int
) -> None:
    """Check one printed formula: CLAIM is LaTeX with a derivative on its left.

    Exit codes: 0 when it holds, 1 when it does not or is left open, 2 for a failure of gradcheck's own.
    """
    declared: dict[str, int] = {}
    for entry in ranks:
        name, mark, rank = entry.partition("=")
        if not mark or rank not in ("0", "1", "2"):
            raise Failure(f"--rank {entry}: NAME=0, NAME=1 or NAME=2 is expected, as in --rank A=2")
        declared[name] = int(rank)
    with _short_lived():
        from gradcheck.formulas.checking import Notation, check_latex

        verdict = check_latex(claim, definitions, Notation(declared, frozenset(symmetric), macros), seed=seed)
    click.echo(str(verdict))
    sys.exit(0 if verdict.status == "holds" else 1)


main.add_command(audit)
main.add_command(catalogue)
main.add_command(find)
main.add_command(derive)


@main.command()
@click.argument("document", metavar="DOCUMENT")
@click.option("--all", "every", is_flag=True, help="With every formula, not only those that claim a derivative.")
def sheet(document: str, every: bool) -> None:
    """Print a claim sheet for DOCUMENT, to be filled in: line, quote and hash of each formula that claims a derivative."""
    from pathlib import Path

    from gradcheck.documents.opening import DocumentError, read_document
    from gradcheck.documents.sheets import claims_of, template

    try:
        found = read_document(Path(document))
    except DocumentError as error:
        raise Failure(str(error)) from error
    click.echo(template(found, None if every else claims_of(found)), nl=False)


main.add_command(report)
main.add_command(diff)
main.add_command(health)


@contextlib.contextmanager
def _short_lived() -> Iterator[None]:
    """Rarely collects garbage: importing JAX makes 200 000 objects and no garbage, and a fifth of its time is looking for some.

    Half a million objects are looked at still, so that memory is bounded; none are when the process ends.
    """
    import atexit
    import gc

    usual = gc.get_threshold()
    atexit.register(gc.freeze)
    gc.set_threshold(500_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _with_quality(name: str, verdict: Verdict) -> Verdict:
    """A verdict, on the claim of that name or key with its numerical quality, where that can be measured."""
    from gradcheck.pictures import illustrated

    if name not in (verdict.claim.key, verdict.claim.name):
        return verdict
    with contextlib.redirect_stdout(sys.stderr):
        found = illustrated(verdict)
    return found if found.quality is not None and found.quality.measured else verdict


def _find(name: str, claims: Sequence[Claim], problems: Sequence[Problem]) -> Claim:
    """The claim of that name or key. Raises Failure for an unknown or an ambiguous one, with names that are near."""
    found = [claim for claim in claims if name in (claim.key, claim.name)]
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(claim.key for claim in found)
        raise Failure(f"{name!r} names {len(found)} claims: {keys}; give the one you mean as document::name")
    from difflib import get_close_matches

    words = [word for claim in claims for word in (claim.key, claim.name)]
    near = list(dict.fromkeys(get_close_matches(name, words, n=5, cutoff=0.5)))
    if not claims:
        reasons = " ".join(f"{problem}." for problem in problems)
        raise Failure(f"there is no claim {name!r}, nor any other: {reasons}")
    hint = f"did you mean {', '.join(near)}?" if near else "`gradcheck audit` lists them all"
    raise Failure(f"there is no claim {name!r} among {len(claims)}; {hint}")
