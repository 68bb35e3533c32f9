"""The derivations of a claim sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradcheck.claim import Claim, Sheet
from gradcheck.derivations.model import Correction, Derivation, DerivationError
from gradcheck.derivations.reading import read_formulas


def from_claim(claim: Claim, others: Iterable[Claim] = ()) -> list[Derivation]:
    """A claim of kind "derivation" under each of its readings, with those of `others` that correct it.

    Raises:
        DerivationError: the claim is of another kind, or its steps were not transcribed.
    """
    if claim.kind != "derivation":
        raise DerivationError(
            f"claim {claim.key} is of kind {claim.kind!r}: a derivation has steps, one function a line; "
            f"gradcheck show {claim.key} tells all about this one"
        )
    if not claim.steps:
        raise DerivationError(f"claim {claim.key} has no steps: nothing was transcribed, so there is nothing to judge")
    known = list(others)
    wrong = {one.name: one.source.formula for one in known if one.source.document == claim.source.document}
    found = sorted((one for one in known if _corrects(one, claim)), key=lambda one: _distance(one, claim))
    corrections = [Correction(wrong.get(one.corrects or "", ""), one) for one in found]
    made = [
        Derivation(
            claim.key if len(claim.chains) == 1 else f"{claim.key}, read as: {reading}",
            chain,
            about=_about(claim),
            corrections=tuple(corrections),
            notes=(claim.notes,) if claim.notes else (),
        )
        for reading, chain in claim.chains
    ]
    return [replace(one, read=read_formulas(one)) for one in made]


def _corrects(one: Claim, claim: Claim) -> bool:
    """Whether a claim corrects a derivation: by name, or as a right formula for the same derivative in the same document."""
    if one.source.document != claim.source.document or one.source.origin != "correction":
        return False
    same = one.primal is not None and one.primal is claim.primal and one.wrt == claim.wrt and one.kind != "equality"
    return one.corrects == claim.name or same


def _distance(one: Claim, claim: Claim) -> tuple[bool, int]:
    return one.corrects != claim.name, abs(one.source.line - claim.source.line)


def _about(claim: Claim) -> tuple[str, ...]:
    """What the function that is differentiated says of itself: the first line of its docstring that is no signature."""
    name = getattr(claim.primal, "__name__", "")
    lines = (line.strip() for line in (getattr(claim.primal, "__doc__", None) or "").split("\n\n"))
    said = next((line.partition("\n")[0] for line in lines if line and not line.startswith(f"{name}(")), "")
    return (f"{name.replace('_', ' ')}: {said}",) if said and name.isidentifier() else ()


def from_sheet(sheet: Sheet | Sequence[Claim], name: str | None = None) -> list[Derivation]:
    """The derivations of a sheet, or the one of this name; one that is read in several ways is there once a reading.

    Raises:
        DerivationError: there is none, or none of this name.
    """
    claims = sheet.claims if isinstance(sheet, Sheet) else list(sheet)
    found = [claim for claim in claims if claim.kind == "derivation" and claim.steps]
    if name is not None:
        named = [claim for claim in claims if name in (claim.name, claim.key)]
        if not named:
            known = ", ".join(claim.name for claim in found) or "none"
            raise DerivationError(f"there is no claim {name!r}; the derivations are: {known}")
        found = named
    if not found:
        raise DerivationError(f"none of the {len(claims)} claims is a derivation: one has kind='derivation' and steps=")
    return [one for claim in found for one in from_claim(claim, claims)]
