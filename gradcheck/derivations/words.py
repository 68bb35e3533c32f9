"""What all renderings of a derivation report say, in the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcheck import decimals
from gradcheck.decimals import short_pair
from gradcheck.derivations.model import DerivationReport, LineReport
from gradcheck.message import entry_name
from gradcheck.verdict import Entry, Verdict

_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\begin\{([a-z]+\*?)\}((?:(?!\\begin\{).)*?)\\end\{\1\}", re.DOTALL)
NO_PATTERN = "by no simple pattern"
LONGEST = 160  # characters of numbers


def sentence(report: DerivationReport) -> str:
    """The report in one sentence."""
    verdict, wrong = report.verdict, report.first_wrong
    steps = len(report.lines) - 1
    adverb = ", certified" if verdict.certified else ""
    if wrong is not None:
        return f"line {wrong.number} of {len(report.lines)} is the first that is wrong{adverb}"
    if verdict.status == "conditional":
        conditions = " and ".join(dict.fromkeys(text for line in report.lines for text in line.under))
        return f"every step holds, but only if {plain(conditions)}{adverb}"
    if verdict.status == "holds":
        digits = f", to {verdict.digits} digits" if verdict.digits is not None else ""
        return f"{'all' if steps > 1 else 'the'} {steps} step{'s hold' if steps > 1 else ' holds'}{adverb}{digits}"
    return f"{verdict.status}: {verdict.diagnosis or verdict.reason}"


def plain(words: str) -> str:
    """Words without the marks that formulas in them stand between."""
    return _INLINE.sub(lambda found: tidy(found[1]), words)


def pieces(words: str) -> Iterator[tuple[bool, str]]:
    """The parts of a sentence in turn, and whether each is a formula."""
    for place, piece in enumerate(_INLINE.split(words)):
        if piece:
            yield bool(place % 2), piece


def state(line: LineReport) -> str:
    """The state of a line, with the condition, whether it is proven, and to how many digits."""
    if line.state == "start":
        return line.told
    told = line.told
    if line.state == "conditional" and line.step is not None:
        told = f"holds only if {line.step.assumption}"
    certified = line.step if line.step is not None else line.itself
    adverb = ", certified" if certified is not None and certified.certified and line.state != "undecided" else ""
    digits = f", to {line.digits} digits" if line.digits is not None else ""
    return f"{told}{adverb}{digits}"


def formula(line: LineReport) -> str:
    """The formula of a line, with the sign that joins it to the line before."""
    return line.formula if line.number == 1 else f"= {line.formula}"


def diagnosis(report: DerivationReport) -> str:
    """What is wrong with the line that is wrong first: the pattern, or where there is none the change that puts it right."""
    line, found = report.first_wrong, report.continuation
    if line is None:
        return ""
    if found is not None and found.change and (not line.diagnosis or NO_PATTERN in line.diagnosis):
        return f"it is right with {found.change}"
    return line.diagnosis


def needs(line: LineReport) -> list[str]:
    """The rules and assumptions of a line, each with how it is known."""
    return [f"{rule.text} ({rule.how})" for rule in line.rules]


def in_short(line: LineReport) -> str:
    """The rules of a line in a clause; of an assumption also how it is known."""
    told = [f"{rule.text} ({rule.how})" if rule.how.endswith("the step fails") else rule.text for rule in line.rules]
    return ", ".join(told)


def tidy(latex: str) -> str:
    """A formula as it is read in a terminal: without spacing, and with plain brackets."""
    plainer = re.sub(r"\\left(?=[(\[|])|\\right(?=[)\]|])|\\,", "", latex)
    return " ".join(plainer.split())


def numbers(value: object) -> str:
    """Numbers, cut where they are too many for a line."""
    written = decimals.numbers(value)
    return written if len(written) <= LONGEST else f"{written[:LONGEST]} …"


def members(line: LineReport) -> str:
    """The numbers of both members of a step at the sample point."""
    if line.value is None:
        return ""
    if line.before is None or line.step is None:
        return numbers(line.value)
    if line.before == line.value:
        return f"{numbers(line.value)} on both lines"
    return f"{numbers(line.before)} before, {numbers(line.value)} here"


def point(report: DerivationReport) -> str:
    """The sample point."""
    given = [f"{name} = {chosen}" for name, chosen in report.given.items()]
    return ", ".join([*given, *(f"{name} = {numbers(value)}" for name, value in report.sample.items())])


def entries(line: LineReport) -> list[tuple[str, str, str]]:
    """Index, claimed and true value of the wrong entries of a line, against the derivative where that is known."""
    found = _found(line)
    if found is None:
        return []
    return [(entry_name(found, entry.index), *short_pair(entry.claimed, entry.true)) for entry in wrong_entries(line)]


def wrong_entries(line: LineReport, most: int = 6) -> list[Entry]:
    """The wrong entries at the counterexample of a line, the worst first."""
    found = _found(line)
    if found is None or found.counterexample is None:
        return []
    return [entry for entry in found.counterexample.entries if entry.wrong][:most]


def counterexample(line: LineReport) -> str:
    """The point at which a line is wrong."""
    found = _found(line)
    if found is None or found.counterexample is None:
        return ""
    given = [f"{name} = {chosen}" for name, chosen in found.counterexample.given.items()]
    inputs = [f"{name} = {numbers(value)}" for name, value in found.counterexample.inputs.items()]
    return ", ".join([*given, *inputs])


def checked(report: DerivationReport) -> str:
    """What the oracles said of the right continuation."""
    found = report.continuation
    if found is None or found.verdict is None:
        return ""
    return f"checked by the oracles: {found.verdict.sentence()}"


def _found(line: LineReport) -> Verdict | None:
    """The verdict that has the counterexample of a line."""
    return line.step if line.step is not None and line.step.counterexample is not None else line.itself


def source(report: DerivationReport) -> str:
    """Where the derivation is printed; empty for a display or for code."""
    found = report.derivation.claim.source
    if not found.line or found.origin == "code":
        return ""
    return f"{found.path or found.document}, line {found.line}"


def aligned(latex: str) -> str:
    """A formula that can stand alone: what has marks of alignment outside of any environment is put into one."""
    bare = _ENVIRONMENT.sub("", latex)
    while (less := _ENVIRONMENT.sub("", bare)) != bare:
        bare = less
    if "&" in bare.replace(r"\&", "") or r"\\" in bare:
        return rf"\begin{{aligned}}{latex.strip()}\end{{aligned}}"
    return latex.strip()
