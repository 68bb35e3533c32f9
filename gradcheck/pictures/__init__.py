"""From a verdict to its pictures and its numerical quality, as plain data (`gradcheck.picture`).

Everything is evaluated in balls, or in floats that are rounded correctly after each primitive, and kept with few digits: what
is drawn is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gradcheck.expressions import EvaluationError, traces_kept
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.picture import Picture, Quality
from gradcheck.pictures.along import Along
from gradcheck.pictures.curve import curve
from gradcheck.pictures.heat import heat, heat_of_arrays
from gradcheck.pictures.quality import quality
from gradcheck.pictures.scan import COMPARED, Looked, agreement, look, measurable, numbers_to_look_at
from gradcheck.pictures.scene import NothingToDrawError, Scene, entries_of, scene_of
from gradcheck.pictures.sweep import sweep
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.audit import Audit

Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["MOST", "NothingToDrawError", "chosen", "drawn", "illustrate", "illustrated", "looked_at", "measured"]

MOST = 500  # verdicts of an audit that get pictures or a quality; findings go first

_EXPECTED = (NothingToDrawError, NoRuleError, CannotDecideError, EvaluationError)


def illustrated(verdict: Verdict, seed: int = 0) -> Verdict:  # noqa: ARG001 - see below
    """The verdict with its pictures and its numerical quality. What cannot be drawn is absent; nothing is raised.

    The same verdict gives the same pictures whatever the ``seed``: nothing is drawn at random, and the points are those that
    the verdict shows.
    """
    with traces_kept():
        return _quietly(_quietly(verdict, drawn), measured)


def looked_at(verdict: Verdict) -> Verdict:
    """The verdict with what an audit's report shows besides: pictures of a finding, the numerical quality of what holds."""
    differs = verdict.printed is not None and verdict.printed.outcome == "differs"
    if verdict.status != "holds" or not verdict.as_recorded or differs:
        return illustrated(verdict)
    return _quietly(verdict, measured)


def chosen(audit: Audit, most: int = MOST) -> list[Verdict]:
    """The verdicts of an audit that `illustrate` looks at."""
    from gradcheck.report.table import findings

    found = findings(audit)
    known = {id(verdict) for verdict in found}
    holding = [verdict for verdict in audit.verdicts if id(verdict) not in known and verdict.status == "holds"]
    return [*found, *holding][:most]


class Kept(Protocol):
    """Pictures that were drawn before, and a place for new ones."""

    def picture(self, verdict: Verdict) -> Verdict | None:
        """The verdict with what was drawn and measured for it, if that is known."""

    def keep_picture(self, verdict: Verdict) -> None:
        """Keep what was drawn and measured for a verdict."""


def illustrate(audit: Audit, most: int = MOST, kept: Kept | None = None) -> Audit:
    """The audit with pictures of its findings, and with the numerical quality of the claims that hold.

    At most ``most`` verdicts are looked at, the findings first, worst first, then the others in order; what has been looked at
    already stays as it is. What is ``kept`` from an earlier audit is not drawn again, and what is drawn is kept at once.
    """

    def made(verdict: Verdict) -> Verdict:
        known = kept.picture(verdict) if kept is not None else None
        if known is not None:
            return known
        new = looked_at(verdict)
        if kept is not None:
            kept.keep_picture(new)
        return new

    pictured = {id(verdict): made(verdict) if verdict.quality is None else verdict for verdict in chosen(audit, most)}
    new = tuple(pictured.get(id(verdict), verdict) for verdict in audit.verdicts)
    replaced = {id(old): made for old, made in zip(audit.verdicts, new, strict=True)}
    documents = tuple(
        replace(one, verdicts=tuple(replaced.get(id(verdict), verdict) for verdict in one.verdicts))
        for one in audit.documents
    )
    return replace(audit, verdicts=new, documents=documents)


def drawn(verdict: Verdict) -> Verdict:
    """The verdict with its pictures.

    Raises nothing that is known to happen: a picture that cannot be made is absent. What else is raised is a fault.
    """
    with _alike():
        try:
            scene = scene_of(verdict)
        except _EXPECTED:
            return _without_scene(verdict)
        along = Along(scene)
        pictures: list[Picture] = []
        for make in _makers(scene, along):
            try:
                pictures.append(make())
            except _EXPECTED:
                continue
        return replace(verdict, pictures=tuple(pictures))


def _without_scene(verdict: Verdict) -> Verdict:
    """With a heat map, if the claim is one about an array that is no derivative, or about the form of one."""
    try:
        return replace(verdict, pictures=(heat_of_arrays(verdict),))
    except _EXPECTED:
        return verdict


def measured(verdict: Verdict) -> Verdict:
    """The verdict with its numerical quality, or the reason why there is none, and with the picture of the digits.

    Raises nothing that is known to happen. What else is raised is a fault.
    """
    with _alike():
        try:
            if verdict.status not in ("holds", "conditional"):
                raise NothingToDrawError(f"the claim {_stands(verdict)}")
            along = Along(scene_of(verdict, assumed=True))
            xs, looked = _looked(along)
            found, digits = quality(along, looked), agreement(along, looked, xs)
        except _EXPECTED as error:
            return replace(verdict, quality=Quality("", reason=str(error)))
        return replace(verdict, pictures=(*verdict.pictures, digits), quality=found)


def _looked(along: Along) -> tuple[Array, dict[str, Looked]]:
    measurable(along)
    xs = numbers_to_look_at(along)
    return xs, look(along, dict.fromkeys(COMPARED, xs))


def _stands(verdict: Verdict) -> str:
    return verdict.status if verdict.status == "fails" else f"is {verdict.status}"


def _makers(scene: Scene, along: Along) -> Iterator[Callable[[], Picture]]:
    """What may be drawn of a scene, in the order in which it is shown."""
    single = entries_of(scene) == 1 or scene.sides.elementwise
    if single:
        yield lambda: curve(along)
    off_diagonal = scene.sides.elementwise and scene.entry[0] != scene.entry[1]
    if not single or off_diagonal:
        yield lambda: heat(scene)
    yield lambda: sweep(along)


@contextmanager
def _alike() -> Iterator[None]:
    """Floating point as in the interpreter: infinities and NaN are answers here."""
    with traces_kept(), np.errstate(all="ignore"):
        yield


def _quietly(verdict: Verdict, make: Callable[[Verdict], Verdict]) -> Verdict:
    """What is made of the verdict; the verdict itself after an error of whatever sort, since a report must not fail for it."""
    try:
        return make(verdict)
    except Exception:  # noqa: BLE001 - functions of a claim are anybody's, and so is what they raise at unusual numbers
        return verdict
