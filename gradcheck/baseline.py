"""Findings that are accepted, each with a reason: so that only new ones fail, wherever in their document the old ones move.

A baseline is a TOML file that people read and edit. An entry is recognised by its document, by the fingerprint of the
formula's text and by its verdict, never by its line; one that no longer occurs is told, so that the list stays true.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from gradcheck.audit import Audit
from gradcheck.claim import STATUSES, Claim

VERSION = 1
_HEAD = (
    "# Findings of gradcheck that are accepted, each with its reason. `gradcheck audit --write-baseline` adds to it.\n"
)
_SHOWN = 160


class BaselineError(ValueError):
    """A baseline could not be used; the message names the file, the entry, what is expected there, and the remedy."""


@dataclass(frozen=True)
class Entry:
    """One accepted finding. ``document`` is a path relative to the baseline's folder, or the name of a claim sheet.

    ``fingerprint`` is that of `fingerprints`; ``formula`` only helps people to find it.
    """

    document: str
    fingerprint: str
    verdict: str
    reason: str
    formula: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What the entry is recognised by."""
        return self.document, self.fingerprint, self.verdict

    def __str__(self) -> str:
        """The finding, in words."""
        return f"{self.document}: {self.verdict}: {self.formula or self.fingerprint} ({self.reason})"


@dataclass(frozen=True)
class Applied:
    """An audit in which what the baseline holds is accepted, and the entries that no longer occur in what was audited."""

    audit: Audit
    gone: tuple[Entry, ...]


def fingerprints(claims: Iterable[Claim]) -> dict[str, str]:
    """What stays the same of each claim when lines move, by its key: a digest of its formula, and which of several alike.

    White space does not count. A claim declared on a sheet is told by its name as well, which a claim found in a document
    does not have. Formulas of one document that read the same are numbered in order.
    """
    found: dict[str, str] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for claim in claims:
        text = " ".join(claim.source.formula.split())
        told = text if claim.source.path else f"{claim.name}\n{text}"
        digest = sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        place = (claim.source.path or claim.source.document, digest)
        seen[place] += 1
        found[claim.key] = f"{digest}:{seen[place]}"
    return found


def read(file: str | Path) -> tuple[Entry, ...]:
    """The entries of a baseline. Raises BaselineError for a file that is missing, or not a baseline, or says no reason."""
    path = Path(file)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BaselineError(f"{file}: there is no such file; --write-baseline {file} makes it") from error
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read ({error.strerror}); name a file that can") from error
    except UnicodeDecodeError as error:
        raise BaselineError(f"{file}: is not UTF-8; save it as such") from error
    except tomllib.TOMLDecodeError as error:
        raise BaselineError(f"{file}: is not TOML ({error}); mend that line, or write the baseline anew") from error
    if data.get("version") != VERSION:
        raise BaselineError(
            f"{file}: version = {data.get('version')!r} where version = {VERSION} is expected; write the baseline anew"
        )
    if unknown := sorted(set(data) - {"version", "accepted"}):
        raise BaselineError(f"{file}: {unknown[0]!r} is not known; only version and [[accepted]] entries are expected")
    accepted = data.get("accepted", [])
    if not isinstance(accepted, list) or not all(isinstance(one, dict) for one in accepted):
        raise BaselineError(f"{file}: accepted is not a list of entries; each begins with [[accepted]] on a line")
    entries = tuple(_entry(one, f"{file}: entry {number}") for number, one in enumerate(accepted, 1))
    for number, entry in enumerate(entries, 1):
        first = next(place for place, other in enumerate(entries, 1) if other.key == entry.key)
        if first < number:
            raise BaselineError(f"{file}: entry {number} says the same as entry {first}; remove one of the two")
    return entries


def apply(audit: Audit, entries: Iterable[Entry], file: str | Path, paths: Iterable[str | Path]) -> Applied:
    """Accept what is in the baseline; ``paths`` are those that were audited, so that only these can miss an entry."""
    kept = {entry.key: entry for entry in entries}
    accepted: dict[str, str] = {}
    for key, entry in _findings(audit, file).items():
        known = kept.pop(entry.key, None)
        if known is not None:
            accepted[key] = known.reason
    covered = _Covered(audit, file, paths)
    return Applied(replace(audit, accepted=accepted), tuple(entry for entry in kept.values() if covered.has(entry)))


def updated(
    audit: Audit, entries: Iterable[Entry], file: str | Path, paths: Iterable[str | Path], reason: str
) -> tuple[Entry, ...]:
    """The entries that accept what the audit found: those known keep their reasons, new ones are given ``reason``.

    Entries of documents that were not audited stay. Raises BaselineError when there are new ones and no reason.
    """
    known = {entry.key: entry for entry in entries}
    covered = _Covered(audit, file, paths)
    made = {key: entry for key, entry in known.items() if not covered.has(entry)}
    new = 0
    for entry in _findings(audit, file).values():
        new += entry.key not in known
        made[entry.key] = known.get(entry.key, replace(entry, reason=reason.strip()))
    if new and not reason.strip():
        findings = "1 finding is" if new == 1 else f"{new} findings are"
        raise BaselineError(
            f"{file}: {findings} new and would be accepted without a reason; give one with --reason TEXT"
        )
    return tuple(made.values())


def toml(entries: Iterable[Entry]) -> str:
    """The baseline as text, in order of document and formula, so that two of them differ only where entries do."""
    blocks = [f"{_HEAD}version = {VERSION}\n"]
    for entry in sorted(entries, key=lambda entry: (entry.document, entry.formula, entry.fingerprint, entry.verdict)):
        fields = ("document", "formula", "fingerprint", "verdict", "reason")
        blocks.append("[[accepted]]\n" + "".join(f"{name} = {_string(getattr(entry, name))}\n" for name in fields))
    return "\n".join(blocks)


class _Covered:
    """Which entries an audit has looked at: those of its documents and sheets, and of files under its paths.

    An audit that met problems may have missed anything, so that nothing is gone for it.
    """

    def __init__(self, audit: Audit, file: str | Path, paths: Iterable[str | Path]) -> None:
        self.folder = Path(file).resolve().parent
        self.names = {_document(claim, file) for claim in audit.claims}
        self.paths = [Path(path).resolve() for path in paths]
        self.whole = not audit.problems

    def has(self, entry: Entry) -> bool:
        """Whether the document of an entry was audited."""
        place = (self.folder / entry.document).resolve()
        inside = entry.document in self.names or any(place.is_relative_to(path) for path in self.paths)
        return self.whole and inside


def _findings(audit: Audit, file: str | Path) -> dict[str, Entry]:
    """What is unexpected in an audit, as entries without a reason, by the key of the claim."""
    marks = fingerprints(audit.claims)
    return {
        verdict.claim.key: Entry(
            _document(verdict.claim, file), marks[verdict.claim.key], verdict.status, "", _brief(verdict.claim)
        )
        for verdict in audit.unexpected
    }


def _document(claim: Claim, file: str | Path) -> str:
    """A claim's document: relative to the baseline's folder where it lies inside it, else as it is shown."""
    if not claim.source.path:
        return claim.source.document
    try:
        return Path(claim.source.path).resolve().relative_to(Path(file).resolve().parent).as_posix()
    except ValueError:
        return claim.source.path


def _brief(claim: Claim) -> str:
    """The formula on one line, cut where it is long."""
    formula = " ".join(claim.source.formula.split())
    return formula if len(formula) <= _SHOWN else f"{formula[: _SHOWN - 1]}…"


def _entry(data: Mapping[str, Any], where: str) -> Entry:
    """An entry from its table. Raises BaselineError."""
    names = ("document", "fingerprint", "verdict", "reason", "formula")
    for name in data:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the words are {', '.join(names)}"
            raise BaselineError(f"{where}: {name!r} is not known; {hint}")
    for name in names:
        value = data.get(name, "" if name == "formula" else None)
        if not isinstance(value, str) or (name != "formula" and not value.strip()):
            given = "is missing" if name not in data else f"is {value!r}"
            raise BaselineError(f"{where}: {name} {given}; {_EXPECTED[name]}")
    if data["verdict"] not in STATUSES:
        raise BaselineError(f"{where}: verdict is {data['verdict']!r}; one of {', '.join(STATUSES)} is expected")
    return Entry(**data)


_EXPECTED = {
    "document": "the path of the document is expected, relative to this file",
    "fingerprint": "--write-baseline writes it",
    "verdict": "the verdict that is accepted is expected",
    "reason": "say in a few words why the finding is accepted",
    "formula": "text is expected",
}


def _string(text: str) -> str:
    """A TOML string: literal where it can be, so that LaTeX stands as it is."""
    if re.fullmatch(r"[\t -~\u00a0-\ud7ff\ue000-\U0010ffff]*", text):
        if "'" not in text:
            return f"'{text}'"
        if "'''" not in text and not text.endswith("'"):
            return f"'''{text}'''"
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
