"""From libraries and an audit of their claims to a catalogue: each formula with what was found out about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck import __version__
from gradcheck.audited import Audit, Problem
from gradcheck.claim import Claim
from gradcheck.collecting import Module, collect, import_problem, imported
from gradcheck.library.code import names_of
from gradcheck.library.entries import Catalogue, Entry, Proven, Variable
from gradcheck.library.formulas import Formula, Library
from gradcheck.report.text import space
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.library.studying import Study


@dataclass(frozen=True)
class Fault:
    """Something wrong with an entry that no verdict on its claims tells: the key of the formula, and what is wrong."""

    key: str
    what: str

    def __str__(self) -> str:
        """The two in a line."""
        return f"{self.key}: {self.what}"


def libraries_in(paths: Iterable[str | Path]) -> tuple[list[Library], list[Claim], list[Problem]]:
    """The libraries of the modules under some paths, the claims on them, and the problems met; see `collect`."""
    found: dict[int, Library] = {}

    def bring(file: Path) -> Module | Problem:
        try:
            module = imported(file)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything
            return import_problem(file, error)
        libraries = tuple(sheet for sheet in module.sheets if isinstance(sheet, Library))
        found.update((id(one), one) for one in libraries)
        return Module(libraries, module.own)

    claims, problems = collect(paths, importer=bring)
    return list(found.values()), claims, problems


def catalogue(
    libraries: Sequence[Library], audit: Audit, studies: Mapping[str, Study]
) -> tuple[Catalogue, tuple[Fault, ...]]:
    """The catalogue of libraries whose claims were audited, and the faults of its entries.

    ``studies`` are those of the formulas by their key; a formula that has none is left out, as a problem of the audit tells.
    """
    formulas = [one for library in libraries for one in library.formulas if one.key in studies]
    families = {library.document: library.title for library in libraries}
    entries = tuple(_entry(one, audit, studies[one.key]) for one in formulas)
    faults = tuple(Fault(one.key, what) for one in formulas for what in studies[one.key].faults)
    return Catalogue(families, entries, __version__), faults


def _entry(formula: Formula, audit: Audit, study: Study) -> Entry:
    stable = formula.stable
    functions = names_of((formula.forward, formula.derivative))
    others = names_of((stable.forward, stable.derivative)) if stable is not None else ("", "")
    verdicts = [verdict for claim in formula.claims if (verdict := audit.verdict_on(claim)) is not None]
    return Entry(
        key=formula.key,
        name=formula.name,
        title=formula.title,
        family=formula.family,
        formula=formula.formula,
        form=formula.form,
        inputs=tuple(Variable(name, space(one), formula.printed.get(name, "")) for name, one in formula.inputs.items()),
        cotangents=tuple(Variable(name, space(one)) for name, one in formula.cotangents.items()),
        printed=formula.printed.get("", ""),
        source=formula.source,
        kinks=formula.kinks,
        also=formula.also,
        notes=formula.notes,
        code=study.code,
        functions=(functions[0], functions[1]),
        stable=(others[0], others[1]),
        why=stable.why if stable is not None else "",
        digits=study.digits,
        claims=tuple(_proven(formula, verdict) for verdict in verdicts),
        compared=study.printed.outcome,
        detail=study.printed.detail,
    )


def _proven(formula: Formula, verdict: Verdict) -> Proven:
    claim, printed = verdict.claim, verdict.printed
    about = f"{claim.kind} by {claim.wrt}" if claim.wrt else claim.kind
    if claim.source.origin == "code" or claim.name.startswith(f"{formula.name}-stably"):
        about = f"stable form, {about}"
    return Proven(
        name=claim.name,
        about=about,
        status=verdict.status,
        certified=verdict.certified,
        digits=verdict.digits,
        sentence=verdict.sentence(),
        printed=printed.outcome if printed is not None else "",
        detail=printed.detail if printed is not None else "",
    )
