"""The catalogue as one self-contained HTML page, in the style of the audit's: searched and filtered without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from gradcheck.audited import Problem
from gradcheck.library import words
from gradcheck.library.catalogue import Fault
from gradcheck.library.entries import Catalogue, Entry, Stretch
from gradcheck.report.html import distinct, environment, inlined, plain

if TYPE_CHECKING:
    from jinja2 import Environment

TITLE = "Catalogue of verified formulas"

MEANINGS: Mapping[str, str] = {
    "entries": "formulas, each with its code and its derivative",
    "claims": "about derivatives, and about stable forms",
    "certified": "ball arithmetic proved them at the points visited",
    "held by two oracles": "finite differences and autodiff agree; balls have no rule",
    "not held": "fail, or are left open",
}


def catalogue_html(
    catalogue: Catalogue, faults: Sequence[Fault] = (), problems: Sequence[Problem] = (), seed: int = 0
) -> str:
    """The whole page."""
    from markupsafe import Markup

    assets = inlined()
    taken: set[str] = set()
    families = {name: title for name, title in catalogue.families.items() if catalogue.of(name)}
    return (
        _environment()
        .get_template("catalogue.html")
        .render(
            title=TITLE,
            home="",
            assets=Markup(assets.head),
            policy=assets.policy,
            seed=seed,
            entries=catalogue.entries,
            families=families,
            counts=catalogue.counts,
            count_meanings=MEANINGS,
            faults=faults,
            problems=problems,
            family_anchors={name: distinct(plain(name), taken) for name in families},
            anchors={one.key: distinct(anchor(one), taken) for one in catalogue.entries},
        )
    )


def anchor(entry: Entry) -> str:
    """The fragment of an entry: ``activations--softplus``."""
    return f"{plain(entry.family)}--{plain(entry.name)}"


@cache
def _environment() -> Environment:
    """That of the audit's pages, with the words of a catalogue."""
    made = environment().overlay()
    made.filters = {**made.filters, "ranges": _ranges, "words": _words}
    return made


def _ranges(stretches: Sequence[Stretch], axis: str) -> str:
    return "; ".join(words.ranges(stretches, axis))


def _words(entry: Entry) -> str:
    """What an entry is found by."""
    latex = (entry.formula, *(one for _, one in entry.derivatives))
    return " ".join((entry.title, entry.key, *entry.also, entry.notes, entry.kinks, entry.source, *latex))
