"""How numbers, arrays, spaces and foreign text are put into words, the same in every rendering."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable

from gradcheck.claim import Claim
from gradcheck.decimals import ball, index, numbers, short_pair
from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space
from gradcheck.message import entry_name
from gradcheck.stored.absent import StoredSpace
from gradcheck.verdict import Counterexample, Evidence, StepResult, Verdict

_CONTROL = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


# The spaces that are grown from an argument.
_GROWN = {
    "Near": "real, like the argument",
    "Whole": "whole, like the argument",
    "Weights": "rows that sum to 1",
    "Symmetric": "symmetric, like the argument",
}


def clean(text: str) -> str:
    """The text without control characters, terminal escapes and marks that reorder it; tabs and line feeds stay."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """`clean`, with every run of white space turned into one space."""
    return " ".join(clean(text).split())


def capital(sentence: str) -> str:
    """The sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


def stop(sentence: str) -> str:
    """The sentence with a full stop, unless it ends like one."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def point(counterexample: Counterexample) -> str:
    """The inputs and the generic functions of a point: ``f = softmax, X = [-1, 0.5]``."""
    given = [f"{name} = {chosen}" for name, chosen in counterexample.given.items()]
    return ", ".join(given + [f"{name} = {numbers(value)}" for name, value in counterexample.inputs.items()])


def counterexample_line(counterexample: Counterexample | None) -> str:
    """``X = [-1, 0.5], entry [0, 0]: claimed 0, true 0.36787944``, or nothing."""
    if counterexample is None:
        return ""
    if not counterexample.entries:
        return point(counterexample)
    worst = counterexample.worst
    entry = f", entry {index(worst.index)}" if worst.index else ""
    claimed, true = short_pair(worst.claimed, worst.true)
    return f"{point(counterexample)}{entry}: claimed {claimed}, true {true}"


def found_at(verdict: Verdict) -> str:
    """`counterexample_line`, in which the entry of an elementwise derivative is one of its argument, as in messages."""
    shown = verdict.counterexample
    if shown is None or not shown.entries:
        return counterexample_line(shown)
    name = entry_name(verdict, shown.worst.index)
    entry = "" if name == "(scalar)" else f", entry {name}"
    claimed, true = short_pair(shown.worst.claimed, shown.worst.true)
    return f"{point(shown)}{entry}: claimed {claimed}, true {true}"


def value(evidence: Evidence) -> str:
    """An oracle's number with its error bar or radius; empty when it gave none."""
    if evidence.value and evidence.error:
        return f"{evidence.value} ± {evidence.error}"
    return ball(evidence.value)


def stance(evidence: Evidence) -> str:
    """An oracle's stance with its number or its reason: ``agrees: 0.36787944 ± 2e-12``."""
    detail = value(evidence) if evidence.stance in ("agrees", "disagrees") else evidence.reason
    return f"{evidence.stance}: {detail}" if detail else evidence.stance


def quality(verdict: Verdict) -> str:
    """The numerical quality in a cell: ``stable``, ``unstable below x = -355 in float64``; empty where it was not measured."""
    found = verdict.quality
    if found is None or not found.measured:
        return ""
    return found.sentence.removeprefix("right, but ") or "stable"


def quality_told(verdict: Verdict) -> str:
    """The numerical quality in a line: the sentence, where it is stable, or why it was not measured; empty if not asked for."""
    found = verdict.quality
    if found is None:
        return ""
    if not found.measured:
        return f"not measured: {found.reason}"
    low, high = found.ranges[0].looked
    looked = f"looked at from {found.axis} = {numbers(low)} to {numbers(high)}"
    dtypes = ", ".join(one.dtype for one in found.ranges if one.whole)
    return f"{found.sentence or f'stable in {dtypes}'} ({looked})"


def certified_value(evidence: Evidence) -> str:
    """The certified oracle's value ± radius, or why it abstains; nothing where it was not asked."""
    return value(evidence) or (stance(evidence) if evidence.stance == "abstains" else "")


def diagnosis(verdict: Verdict) -> str:
    """What is wrong, in words: the unstated assumption, then the readings, the diagnosis, the step, or the reason."""
    parts = [f"holds only if {verdict.assumption}"] if verdict.assumption else []
    if verdict.status == "ambiguous" and verdict.readings:
        parts.extend(
            f"read as {reading.name}: {reading.status}" + (f" ({reading.diagnosis})" if reading.diagnosis else "")
            for reading in verdict.readings
        )
    elif verdict.diagnosis:
        parts.append(verdict.diagnosis)
    elif verdict.status != "holds":
        wrong = first_wrong_step(verdict)
        if wrong is not None:
            parts.append(f"step {wrong + 1} is the first that does not hold: {verdict.steps[wrong].formula}")
        if not parts and verdict.reason:
            parts.append(verdict.reason)
    return "; ".join(parts)


def first_wrong_step(verdict: Verdict) -> int | None:
    """The place of the first step of a derivation that fails, else of the first that does not hold; None if all do."""
    for statuses in (("fails",), ("conditional", "ambiguous", "undecided", "unreadable")):
        for place, step in enumerate(verdict.steps):
            if step.status in statuses:
                return place
    return None


def wrong_step(step: StepResult) -> str:
    """What to call the step that `first_wrong_step` found."""
    return "first wrong step" if step.status == "fails" else "first step that does not hold as it stands"


def printed(claim: Claim) -> str:
    """The formula of a claim, with its origin before it unless it is the document's own."""
    if claim.source.origin == "printed":
        return claim.source.formula
    return f"({claim.source.origin}) {claim.source.formula}".rstrip()


def space(described: Space) -> str:
    """What values an input may take: ``real, 3 × 2, above 0``."""
    shape = " × ".join(map(str, described.shape)) or "scalar"
    match described:
        case Reals():
            low, high = numbers(described.low), numbers(described.high)
            if math.isinf(described.low) and math.isinf(described.high):
                return f"real, {shape}"
            if math.isinf(described.high):
                return f"real, {shape}, above {low}"
            if math.isinf(described.low):
                return f"real, {shape}, below {high}"
            return f"real, {shape}, between {low} and {high}"
        case Integers():
            return f"integer, {shape}, from {described.low} to {described.high}"
        case Simplex():
            return f"{described.size} positive numbers that sum to 1"
        case OneHot():
            return f"one-hot, {described.size} entries"
    name = described.name if isinstance(described, StoredSpace) else type(described).__name__
    return f"{_GROWN.get(name, name)}, {shape}"


def record(verdict: Verdict) -> str:
    """How the verdict stands to the record: empty without one, ``as recorded``, or what was recorded instead."""
    if verdict.claim.recorded is None:
        return "" if verdict.as_recorded else "not on record"
    return "as recorded" if verdict.as_recorded else f"recorded: {verdict.claim.recorded.verdict}"


def reproduce(verdict: Verdict, paths: Iterable[str] = ()) -> str:
    """The command that shows this verdict again, unless the verdict brings along how to make it again."""
    if verdict.reproduction:
        return verdict.reproduction
    words = ["gradcheck", "show", verdict.claim.key]
    for path in paths:
        if path != "reference":
            words += ["--path", path]
    if verdict.seed:
        words += ["--seed", str(verdict.seed)]
    return shlex.join(words)
