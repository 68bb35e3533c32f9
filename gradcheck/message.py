"""A verdict as a small document of one screen: what was claimed, by which criterion it was judged, what is wrong and where.

It works on the data of a verdict alone, and imports nothing that computes.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcheck.decimals import numbers, short_pair

if TYPE_CHECKING:
    from gradcheck.verdict import Counterexample, Entry, Verdict

WIDTH = 100
MOST_ENTRIES = 6
MOST_LEAVES = 12
LABEL = 12
LONG = 2_000  # characters of a formula that are shown
AS_WRITTEN = ("at", "entries", "reproduce")  # numbers and code are never broken

CERTIFIED = (
    "wrong where the enclosures of claimed and true value are disjoint; right where |claimed − true| ≤ 1e-30 |true|"
)
CERTIFIED_CODE = (
    "wrong where the enclosures of claimed and true value are disjoint, by more than 64 units in the last place; "
    "right where |claimed − true| ≤ 1e-30 |true|"
)
CERTIFIED_ALONG = (
    "every entry right to 64 units in the last place, or to what rounding explains; the sums of entries that were enclosed, "
    "to the same of their terms"
)
IN_FLOATS = "wrong where |claimed − true| exceeds the oracle's error bar and what one-ulp changes of the inputs explain"


def message(verdict: Verdict) -> str:
    """The document, without a trailing line feed."""
    lines = [_title(verdict)]
    for label, text in _sections(verdict):
        lines += _block(label, text, wrapped=label not in AS_WRITTEN)
    return printable("\n".join(lines))


def printable(text: str) -> str:
    """A text whose control characters, and halves of characters, are written out: they could change what a terminal shows."""
    odd = {char for char in text if not char.isprintable() and char not in "\n "}
    kinds = {char: unicodedata.category(char) for char in odd}
    return text.translate({ord(char): repr(char)[1:-1] for char, kind in kinds.items() if kind != "Zs"})


def _title(verdict: Verdict) -> str:
    claim = verdict.claim
    adverb = " (certified)" if verdict.certified else " (not certified)" if verdict.status in ("holds", "fails") else ""
    formula = claim.source.formula
    if len(formula) > LONG:
        formula = f"{formula[:LONG]} … ({len(formula)} characters)"
    what = formula if claim.source.origin == "code" else f"{claim.key}: {formula}"
    status = "HOLDS only under a condition" if verdict.status == "conditional" else verdict.status.upper()
    return f"{status}{adverb}: {what}"


def _sections(verdict: Verdict) -> Iterator[tuple[str, str | Sequence[str]]]:
    claim = verdict.claim
    if claim.source.document and claim.source.line:
        yield "claimed in", f"{claim.source.document}:{claim.source.line}"
    if verdict.assumption:
        yield "holds only if", verdict.assumption
    if verdict.reason:
        yield "because", verdict.reason
    if verdict.diagnosis:
        # The point shown is the shortest that was found; the pattern is that of all points.
        elsewhere = verdict.diagnosis.startswith("all ") and 0 < verdict.wrong < verdict.entries
        yield "diagnosis", f"at some points {verdict.diagnosis}" if elsewhere else verdict.diagnosis
    shown = verdict.counterexample
    if shown is not None:
        yield from _counterexample(verdict, shown)
    if len(verdict.leaves) > 1:
        shown_leaves = _worst_first(verdict.leaves)
        yield (
            "leaves",
            [_leaf(leaf, several=_several_rules(verdict)) for leaf in shown_leaves[:MOST_LEAVES]]
            + _more(shown_leaves[MOST_LEAVES:]),
        )
    if verdict.evidence:
        yield "oracles", [_evidence(evidence, verdict.reason) for evidence in verdict.evidence]
    if verdict.status != "unreadable":  # nothing was compared, and no point was visited
        certified = CERTIFIED_CODE if claim.source.origin == "code" else CERTIFIED
        if any(e.oracle == "certified" and e.reason.startswith("along ") for e in verdict.evidence):
            certified = CERTIFIED_ALONG
        yield "criterion", certified if _ball_criterion(verdict) else IN_FLOATS
        yield from _reach(verdict)
    for note in verdict.notes:
        yield "note", note
    if verdict.status != "holds" and verdict.reproduction:
        yield "reproduce", verdict.reproduction.splitlines()


def _ball_criterion(verdict: Verdict) -> bool:
    return verdict.certified or any(
        e.oracle == "certified" and e.stance in ("agrees", "disagrees") for e in verdict.evidence
    )


def _counterexample(verdict: Verdict, shown: Counterexample) -> Iterator[tuple[str, str | Sequence[str]]]:
    inputs = [f"{name} = {_numbers(value)}" for name, value in shown.inputs.items()]
    given = [f"{name} = {chosen}" for name, chosen in shown.given.items()]
    yield "at", [*given, *inputs]
    wrong = [entry for entry in shown.entries if entry.wrong] or list(shown.entries)
    count = ""
    total = verdict.entries
    if verdict.claim.kind == "derivative" and verdict.wrong <= math.isqrt(total):
        total = math.isqrt(total)  # of the argument's entries, not of the Jacobian's
    if total > 1 and verdict.wrong:
        count = f"{verdict.wrong} of {total} entries are wrong there"
        count += f", the {MOST_ENTRIES} worst are shown" if len(wrong) > MOST_ENTRIES else ""
    table = _table(wrong[:MOST_ENTRIES], _elementwise_shape(verdict))
    yield "entries", [count, *table] if count else table


def entry_name(verdict: Verdict, index: tuple[int, ...]) -> str:
    """How an entry of a verdict is called: as in code, ``(scalar)`` where there is one alone."""
    return _index(index, _elementwise_shape(verdict))


def _elementwise_shape(verdict: Verdict) -> tuple[int, ...] | None:
    """The shape of the argument of an elementwise derivative, whose Jacobian is what is compared."""
    space = verdict.claim.inputs.get(verdict.claim.wrt or "")
    return space.shape if verdict.claim.kind == "derivative" and space is not None else None


def _index(index: tuple[int, ...], shape: tuple[int, ...] | None) -> str:
    """An index as in code; that of an elementwise derivative as one of the argument, off the diagonal as a dependence."""
    if not index:
        return "(scalar)"
    if shape is None or len(index) != 2:
        return f"[{', '.join(map(str, index))}]"
    places = [
        "[" + ", ".join(str(n) for n in _unravelled(flat, shape)) + "]" if shape else "(scalar)" for flat in index
    ]
    return places[0] if index[0] == index[1] else f"{places[0]} by {places[1]}"


def _unravelled(flat: int, shape: tuple[int, ...]) -> list[int]:
    found: list[int] = []
    for length in reversed(shape):
        found.insert(0, flat % length)
        flat //= length
    return found


def _table(entries: Sequence[Entry], shape: tuple[int, ...] | None) -> list[str]:
    rows = [("entry", "claimed", "true", "|claimed − true|")]
    for entry in entries:
        index = _index(entry.index, shape)
        claimed, true = _pair(entry)
        rows.append((index, claimed, true, f"{entry.error:.3g}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _pair(entry: Entry) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart, and at least eight."""
    return short_pair(entry.claimed, entry.true)


def _several_rules(verdict: Verdict) -> bool:
    """Whether the leaves are those of several claims, as of reverse and forward mode."""
    return len({leaf.claim.name.rpartition(", ")[0] for leaf in verdict.leaves}) > 1


def _worst_first(leaves: Sequence[Verdict]) -> list[Verdict]:
    """Those that hold come last; otherwise in order."""
    return sorted(leaves, key=lambda leaf: leaf.status == "holds")


def _leaf(verdict: Verdict, *, several: bool) -> str:
    count = (
        f", {verdict.wrong} of {verdict.entries} entries wrong" if verdict.status == "fails" and verdict.wrong else ""
    )
    digits = f" to {verdict.digits} digits" if verdict.status == "holds" and verdict.digits is not None else ""
    why = verdict.diagnosis or verdict.reason
    tail = f": {why}" if why and verdict.status != "holds" else ""
    name = verdict.claim.name.rpartition(": ")[2] if several else verdict.claim.wrt
    return f"{name}: {verdict.status}{digits}{count}{tail}"


def _evidence(evidence: Any, known: str) -> str:
    number = f" {evidence.value}" + (f" ± {evidence.error}" if evidence.error else "") if evidence.value else ""
    reason = f" ({evidence.reason})" if evidence.reason and evidence.reason not in known else ""
    verb = {"agrees": "agrees with the claim", "disagrees": "disagrees with the claim"}.get(
        evidence.stance, evidence.stance
    )
    return f"{evidence.oracle}: {verb}{':' + number if number else ''}{reason}"


def _reach(verdict: Verdict) -> Iterator[tuple[str, str | Sequence[str]]]:
    """What the check could have seen: points, kinks, the smallest error, the deliberate changes that it noticed."""
    kinks = f", {verdict.kinks} of them on a kink" if verdict.kinks else ""
    yield "points", f"{verdict.points} visited{kinks}, seed {verdict.seed}"
    if verdict.detection_limit:
        yield "would see", _limits(verdict.detection_limit)
    if verdict.mutants and verdict.status == "holds":
        caught = verdict.mutants - len(verdict.survivors)
        text = f"{caught} of {verdict.mutants} deliberate changes of the claim were noticed"
        yield "mutants", [text, *(f"not noticed: {survivor}" for survivor in verdict.survivors)]


def _limits(limits: Mapping[str, float]) -> str:
    groups: dict[str, list[str]] = {}
    for leaf, limit in limits.items():
        groups.setdefault(f"{limit:.0e}", []).append(leaf)
    told = [f"{limit} relative in an entry of {', '.join(leaves)}" for limit, leaves in groups.items()]
    return "an error of " + "; of ".join(told)


def _more(rest: Sequence[Any]) -> list[str]:
    return [f"and {len(rest)} more"] if rest else []


def _numbers(value: Any) -> str:
    written = numbers(value)
    return written if len(written) <= 3 * WIDTH else f"{written[: 3 * WIDTH]} …"


def _block(label: str, text: str | Sequence[str], *, wrapped: bool) -> list[str]:
    """A label in the margin, and its lines beside it."""
    margin = " " * (LABEL + 4)
    lines: list[str] = []
    for part in [text] if isinstance(text, str) else text:
        if wrapped:
            hanging = "" if isinstance(text, str) else "    "
            width = WIDTH - len(margin)
            lines += textwrap.wrap(
                part, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
            )
        else:
            lines.append(part)
    first, *rest = lines or [""]
    return [f"  {label.ljust(LABEL)}  {first}", *(f"{margin}{line}" for line in rest)]
