"""The page: counts, findings with what makes them reproducible, what is not yet reviewed, and what holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rule_audits import extremes
from rule_audits.auditing import Audited
from rule_audits.judging import RAISES, Candidate, Outcome
from rule_audits.reviewed import FINDINGS, KINDS, OURS, Finding, finding_of
from rule_audits.reviewing import Seen, see

CERTIFIED, FLOATS, KINKS = "holds, certified", "holds, by floats", "holds, with a convention at kinks"
UNREVIEWED, UNDECIDED, REFUSED = "not yet reviewed", "undecided", "refused by the peer"
STANDINGS = (CERTIFIED, FLOATS, KINKS, *KINDS, UNREVIEWED, UNDECIDED, REFUSED)


def standing(outcomes: Sequence[Outcome]) -> str:
    """Where one function stands: by the worst of what its calls have shown. A refusal counts where no call was taken."""
    found = [candidate for outcome in outcomes for candidate in outcome.candidates]
    reviewed = [finding_of(candidate) for candidate in found]
    if any(finding is None for finding in reviewed):
        return UNREVIEWED
    kinds = {finding.kind for finding in reviewed if finding is not None}
    for kind in KINDS:
        if kind in kinds:
            return kind
    taken = [outcome for outcome in outcomes if outcome.status != "refused"]
    if not taken:
        return REFUSED
    if any(outcome.status == "undecided" for outcome in taken):
        return UNDECIDED
    if any(outcome.kinks for outcome in taken):
        return KINKS
    return CERTIFIED if all(outcome.certified for outcome in taken) else FLOATS


def counts(audited: Audited) -> dict[str, int]:
    """How many functions of a package stand where."""
    found = dict.fromkeys(STANDINGS, 0)
    for outcomes in audited.functions.values():
        found[standing(outcomes)] += 1
    return found


def summary(audits: Iterable[Audited]) -> str:
    """The counts, as they are printed."""
    lines = []
    for audited in audits:
        if audited.missing:
            lines.append(f"{audited.package}: not installed, not audited")
            continue
        parts = ", ".join(f"{name} {number}" for name, number in counts(audited).items() if number)
        lines.append(
            f"{audited.package} {audited.version}: {len(audited.functions)} functions exercised "
            f"({parts or 'none'}), {len({left.name for left in audited.left})} not exercised"
        )
        lines += [f"  not yet reviewed: {_told(one)}" for one in audited.candidates if finding_of(one) is None]
    return "\n".join(lines)


def page(audits: Sequence[Audited]) -> str:
    """The whole page, in Markdown."""
    present = [audited for audited in audits if not audited.missing]
    seen = see([finding for finding in FINDINGS if finding.package in {audited.package for audited in present}])
    parts = [_INTRODUCTION, _versions(audits), _table(present), _findings(present, seen), _unreviewed(present)]
    parts += [_kinks(present), _holding(present), _open(present), _left(present)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


_INTRODUCTION = f"""# Derivative rules that others wrote by hand, audited

Written by `python benchmarks/peers_rules.py --write reports/peers_rules.md`, which runs `gradcheck.check` over the rules as
they are installed. The truth is never the peer's rule: it is the derivative of the primal, enclosed in balls with every
custom rule left out, or, where balls have no rule, differences of the function's values. Elementwise functions are also asked
in floats at {len(extremes.ONE)} hard points from 1e-30 to 1e30 (at {len(extremes.TWO)}² for two arguments), where enclosures or
mpmath tell the truth: mathematics may be right and floats wrong. *Lost* means fewer than {extremes.ENOUGH} digits right where
neighbouring inputs would have told them.

A candidate becomes a finding when somebody has worked it out by hand and written it into
`benchmarks/rule_audits/reviewed.py`. Below each, *says* is what its three lines print with the versions named here, and
*true* is computed by mpmath from the function's definition, both anew whenever this page is written."""


def _versions(audits: Sequence[Audited]) -> str:
    made = ", ".join(f"{audited.package} {audited.version}" for audited in audits if not audited.missing)
    missing = ", ".join(audited.package for audited in audits if audited.missing)
    return f"Made with {made or 'none of the packages'}." + (
        f" Not installed, and so not audited: {missing}." if missing else ""
    )


def _table(present: Sequence[Audited]) -> str:
    every = {audited.package: counts(audited) for audited in present}
    used = [name for name in STANDINGS if any(found[name] for found in every.values())]
    rows = [("", *(f"{audited.package} {audited.version}" for audited in present))]
    rows.append(("functions found", *(str(len(audited.functions) + len(_left_names(audited))) for audited in present)))
    rows += [(name, *(str(found[name]) for found in every.values())) for name in used]
    rows.append(("not exercised", *(str(len(_left_names(audited))) for audited in present)))
    rows.append(("calls of these functions", *(str(len(audited.outcomes)) for audited in present)))
    rows.append(
        ("hard points compared", *(str(sum(outcome.compared for outcome in audited.outcomes)) for audited in present))
    )
    rows.append(
        (
            "hard points without a truth",
            *(str(sum(outcome.open for outcome in audited.outcomes)) for audited in present),
        )
    )
    return "Each function is counted once, by the worst that any of its calls has shown.\n\n" + _markdown(rows)


def _left_names(audited: Audited) -> set[str]:
    return {left.name for left in audited.left} - set(audited.functions)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines)


def _findings(present: Sequence[Audited], seen: Mapping[Finding, Seen]) -> str:
    lines = ["## Findings"]
    number = 0
    for kind in KINDS:
        chosen = [finding for finding in FINDINGS if finding.kind == kind and finding in seen]
        if not chosen:
            continue
        lines.append(f"### {kind[0].upper()}{kind[1:]}")
        for finding in chosen:
            number += 1
            lines.append(_finding(number, finding, seen[finding], present))
    return "\n\n".join(lines) if number else ""


def _finding(number: int, finding: Finding, seen: Seen, present: Sequence[Audited]) -> str:
    audited = next(one for one in present if one.package == finding.package)
    where = [candidate for candidate in audited.candidates if finding_of(candidate) is finding]
    names = ", ".join(f"`{name}`" for name in finding.functions)
    told = [f"**{number}. {finding.package}: {finding.title}** ({names})", finding.why]
    if finding.lines:
        told.append(f"```python\n{finding.lines}\n```")
        told.append(f"says `{seen.says}`" + (f"; true is {seen.true}" if seen.true else ""))
    if not where:
        told.append("The audit did not meet it with these versions.")
    else:
        worst = where[0]
        more = f", and {len(where) - 1} more of the kind" if len(where) > 1 else ""
        told.append(f"Audit: {_told(worst)}{more}.")
    return "\n\n".join(told)


def _told(candidate: Candidate) -> str:
    """A candidate in a line."""
    call = f"{candidate.name}({candidate.call})" if candidate.call else candidate.name
    says = f", says {candidate.says}" if candidate.says else ""
    true = f", true {candidate.true}" if candidate.true else ""
    remark = f" ({candidate.remark})" if candidate.remark else ""
    return _short(f"{candidate.sort} in {call} at {candidate.where}{says}{true}{remark}")


def _short(text: str) -> str:
    """One line of at most 400 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 400 else line[:397] + "…"


def _unreviewed(present: Sequence[Audited]) -> str:
    lines = [
        f"- {audited.package}: {_told(candidate)}"
        for audited in present
        for candidate in audited.candidates
        if finding_of(candidate) is None
    ]
    if not lines:
        return "## Not yet reviewed\n\nNothing: every candidate of these versions is a finding above."
    head = "Candidates that nobody has worked out by hand. They may be faults of the peer, of the arguments, or of gradcheck."
    return f"## Not yet reviewed\n\n{head}\n\n" + "\n".join(lines)


def _kinks(present: Sequence[Audited]) -> str:
    rows = [("function", "what is said")]
    for audited in present:
        for name, outcomes in audited.functions.items():
            found = list(dict.fromkeys(kink for outcome in outcomes for kink in outcome.kinks))
            if found and standing(outcomes) == KINKS:
                rows.append((f"`{name}`", "; ".join(found[:3]) + ("; …" if len(found) > 3 else "")))
    if len(rows) == 1:
        return ""
    head = (
        "At a kink any number between the slopes of both sides is permitted. Of elementwise functions the number that is said "
        "is told; of others, how many of the points visited were ties."
    )
    return f"## Conventions at kinks\n\n{head}\n\n{_markdown(rows)}"


def _holding(present: Sequence[Audited]) -> str:
    lines = ["## What holds"]
    for audited in present:
        for name in (CERTIFIED, FLOATS):
            chosen = [f"`{f}`" for f, outcomes in audited.functions.items() if standing(outcomes) == name]
            if chosen:
                lines.append(f"{audited.package}, {name}: {', '.join(chosen)}.")
    return "\n\n".join(lines)


def _open(present: Sequence[Audited]) -> str:
    lines = []
    for audited in present:
        for name, outcomes in audited.functions.items():
            for outcome in outcomes:
                if outcome.status in ("undecided", "refused"):
                    raised = any(candidate.sort == RAISES for candidate in outcome.candidates)
                    word = "undecided" if outcome.status == "undecided" else "raised" if raised else "refused"
                    lines.append(f"- `{name}({_short(outcome.call)})`: {word}: {_short(outcome.why)}")
    return "## Undecided, refused by the peer, or raised\n\n" + "\n".join(lines) if lines else ""


def _left(present: Sequence[Audited]) -> str:
    reasons: dict[tuple[str, str], list[str]] = {}
    for audited in present:
        for left in audited.left:
            reasons.setdefault((audited.package, left.why), []).append(left.name)
    lines = [
        f"- {package}: {why}: {', '.join(f'`{name}`' for name in names)}" for (package, why), names in reasons.items()
    ]
    return "## Not exercised\n\n" + "\n".join(lines) if lines else ""


__all__ = ["CERTIFIED", "OURS", "STANDINGS", "counts", "page", "standing", "summary"]
