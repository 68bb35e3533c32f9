"""Derivation reports as HTML: one self-contained page, or a fragment for a notebook. Everything foreign is escaped."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradcheck.report
from gradcheck.derivations import words
from gradcheck.derivations.model import DerivationReport, LineReport
from gradcheck.report import text
from gradcheck.report.mathml import typeset, typeset_sentence

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SHARED = Path(gradcheck.report.__file__).resolve().parent / "templates"
_WORST = ("wrong", "undecided", "conditional", "holds", "start")


def page(reports: Sequence[DerivationReport]) -> str:
    """One page with all reports, which asks for nothing from outside."""
    from markupsafe import Markup

    title = reports[0].derivation.title if len(reports) == 1 else "Derivations, line by line"
    style = Markup(_read(_SHARED / "page.css") + _read(_TEMPLATES / "derivation.css"))
    font = base64.b64encode((_SHARED / "math.woff2").read_bytes()).decode()
    return str(_macros().page(reports, title, style, font)).strip() + "\n"


def fragment(report: DerivationReport) -> str:
    """The report as part of another page, with its own style."""
    from markupsafe import Markup

    style = Markup(_read(_TEMPLATES / "derivation.css"))
    return str(_macros().fragment(report, style)).strip()


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def _macros() -> Any:
    """The macros of the template."""
    return _environment().get_template("derivation.html").module


def _environment() -> Environment:
    """Jinja with everything escaped, names that must exist, and the words that the template uses."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda printed: text.clean(printed) if type(printed) is str else printed,
    )
    environment.filters.update(
        typeset=lambda latex: Markup(typeset(latex)),
        sentence=lambda said: Markup(typeset_sentence(said)),
        capital=text.capital,
        stop=text.stop,
        state=words.state,
        members=words.members,
        counterexample=words.counterexample,
        entries=words.entries,
        checked=words.checked,
        point=words.point,
        source=words.source,
        plain=words.plain,
        formula=words.formula,
        diagnosis=words.diagnosis,
        worst=_worst,
    )
    return environment


def _worst(lines: Sequence[LineReport]) -> str:
    """The class of the whole: that of the worst line."""
    states = {"wrong" if line.state == "right again" else line.state for line in lines}
    return next(state for state in _WORST if state in states)
