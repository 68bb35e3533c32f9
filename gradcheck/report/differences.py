"""What changed between two audits, for people, for pull requests and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

from gradcheck.comparing import KINDS, Change, Comparison
from gradcheck.report.github import command, inert
from gradcheck.report.markdown import code, plain
from gradcheck.report.text import one_line

FORMAT = "gradcheck comparison"
VERSION = 1
_SHOWN = 80


def renderings() -> Mapping[str, Callable[[Comparison], str]]:
    """The rendering of each format of `gradcheck diff`."""
    return {
        "table": comparison_text,
        "md": comparison_markdown,
        "json": comparison_json,
        "github": comparison_github,
    }


def comparison_text(found: Comparison) -> str:
    """Notes, then the changes in groups, those for the worse first, then a summary."""
    told = [f"note: {one_line(note)}" for note in found.notes]
    told += [""] * bool(told)
    for title, changes in _groups(found):
        told += [title, *(f"  {_line(change)}" for change in changes), ""]
    return "".join(f"{line}\n" for line in [*told, summary(found)])


def comparison_markdown(found: Comparison) -> str:
    """The same for a pull request: a heading a group, an item a change."""
    parts = ["# What changed", plain(summary(found))]
    parts += [f"> **Note:** {plain(note)}" for note in found.notes]
    for title, changes in _groups(found):
        items = []
        for change in changes:
            named = f"**{plain(_place(change))}**" + (f" {_name_markdown(change)}" if _name(change) else "")
            accepted = f" (accepted: {plain(change.accepted)})" if change.accepted else ""
            items.append(f"- {named}: {_sentence_markdown(change)}{accepted}")
        parts += [f"## {title[0].upper()}{title[1:]}", "\n".join(items)]
    return "\n\n".join(parts) + "\n"


def comparison_json(found: Comparison) -> str:
    """Everything as one JSON object."""
    data = {
        "format": FORMAT,
        "version": VERSION,
        "worse": len(found.worse),
        "compared": found.compared,
        "same": found.same,
        "moved": found.moved,
        "counts": found.counts,
        "notes": found.notes,
        "changes": [asdict(change) for change in found.changes],
    }
    # What UTF-8 cannot hold becomes an escape, which within a JSON string means the same.
    told = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    return re.sub("[\x7f-\x9f]", lambda char: f"\\u{ord(char[0]):04x}", told) + "\n"


def comparison_github(found: Comparison) -> str:
    """An ``::error`` for each change for the worse, a line of the log for the others, a ``::notice`` that counts them."""
    told = [command("warning", "gradcheck", note) for note in found.notes]
    for change in found.changes:
        if change.worse:
            place = {"file": change.path} if change.path else {}
            place |= {"line": str(change.line)} if change.line else {}
            place |= {"col": str(change.column)} if change.column else {}
            message = "\n".join(filter(None, (one_line(change.sentence), change.formula)))
            told.append(command("error", f"{KINDS[change.kind]}: {_name(change) or change.claim}", message, **place))
        else:
            told.append(inert(_line(change)))
    told.append(command("notice", "gradcheck", summary(found)))
    return "".join(f"{line}\n" for line in told)


def summary(found: Comparison) -> str:
    """How many changes for the worse and others, and how many claims without any."""
    worse, others = len(found.worse), len(found.changes) - len(found.worse)
    first = {0: "nothing got worse", 1: "1 change for the worse"}.get(worse, f"{worse} changes for the worse")
    second = {0: "no other change", 1: "1 other change"}.get(others, f"{others} other changes")
    moved = f", {found.moved} on another line" if found.moved else ""
    claims = "1 claim is" if found.compared == 1 else f"{found.compared} claims are"
    return f"{first}, {second}; {claims} in both, {found.same} without a change{moved}"


def _groups(found: Comparison) -> Iterator[tuple[str, list[Change]]]:
    """The changes by whether they are worse and by kind, in order, with a title."""
    for worse in (True, False):
        for kind, title in KINDS.items():
            changes = [change for change in found.changes if change.worse == worse and change.kind == kind]
            if changes:
                yield f"{'worse: ' if worse else ''}{title} ({len(changes)})", changes


def _line(change: Change) -> str:
    """``path:line:column: claim: what changed``."""
    accepted = f" (accepted: {change.accepted})" if change.accepted else ""
    return one_line(": ".join(filter(None, (_place(change), _name(change), change.sentence))) + accepted)


def _place(change: Change) -> str:
    """``path:line:column`` as far as it is known."""
    place = change.path or change.claim
    for number in (change.line, change.column):
        if not number:
            break
        place += f":{number}"
    return one_line(place)


def _name(change: Change) -> str:
    """The claim's key, or the formula of one that is only named after its place; nothing where that says it all."""
    if change.kind == "problem":
        return "" if not change.path else change.claim
    document, _, name = change.claim.partition("::")
    if not re.match(r"\d+:", name.removeprefix(f"{document}:")):
        return change.claim
    if change.kind == "source":
        return ""
    formula = one_line(change.formula)
    return formula if len(formula) <= _SHOWN else f"{formula[: _SHOWN - 1]}…"


def _name_markdown(change: Change) -> str:
    """The name as Markdown: a formula as code."""
    name = _name(change)
    return plain(name) if name == change.claim else code(name)


def _sentence_markdown(change: Change) -> str:
    """What changed, with formulas as code."""
    if change.kind == "source":
        return f"reads {code(change.new) or 'nothing'} now, and read {code(change.old) or 'nothing'}"
    return plain(change.sentence)
