"""The catalogue as Markdown that GitHub renders: what there is, by family, with its LaTeX; all else is on the page."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.audited import Problem
from gradcheck.library import words
from gradcheck.library.catalogue import Fault
from gradcheck.library.entries import Catalogue, Entry
from gradcheck.library.page import TITLE
from gradcheck.report.markdown import code, inline, plain


def catalogue_markdown(catalogue: Catalogue, faults: Sequence[Fault] = (), problems: Sequence[Problem] = ()) -> str:
    """The whole text."""
    counted = " · ".join(f"{name} {count}" for name, count in catalogue.counts.items())
    parts = [f"# {TITLE}", f"{counted}. `gradcheck find NAME` tells one of them, with its code."]
    troubles = [f"- **{plain(one.key)}**: {plain(one.what)}" for one in faults]
    troubles += [f"- {plain(str(one))}" for one in problems]
    if troubles:
        parts += ["## Problems", "\n".join(troubles)]
    for family, title in catalogue.families.items():
        entries = catalogue.of(family)
        if entries:
            parts.append(f"## {plain(title)}")
            parts += [_entry(entry) for entry in entries]
    return "\n\n".join(parts) + "\n"


def _entry(entry: Entry) -> str:
    lines = [f"### {plain(entry.title)}", inline(entry.formula)]
    lines += [inline(latex) for _, latex in entry.derivatives]
    told = [plain(entry.verdict)]
    if entry.kinks:
        told.append(plain(entry.kinks))
    for one in entry.digits:
        if one.stable:
            textbook, stable = (plain(words.kept_in_short(one, form)) for form in ("textbook", "stable"))
            told.append(f"Stable {one.what}: {stable}; the textbook's form {textbook}.")
    also = ", ".join(code(other) for other in entry.also)
    told.append(f"{plain(entry.source)}." + (f" Also {also}." if also else ""))
    lines.append("\n".join(f"- {one}" for one in told))
    return "\n\n".join(lines)
