"""The verdicts of earlier audits, asked by the content of a claim: what an audit's `Store` is, on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.claim import Claim
from gradcheck.documents.lines import lines_in, moved, retold, without
from gradcheck.store.content import Content, content_of
from gradcheck.store.database import Database
from gradcheck.store.versions import digest, version
from gradcheck.stored.absent import StoredFunction, StoredSpace
from gradcheck.stored.forms import Context, MisfitError, record
from gradcheck.verdict import Verdict

_TELLS_A_LINE = re.compile(r":\d|\bline")
_DRAWN = ("pictures", "quality")


class Verdicts:
    """What is known of claims; `known` and `keep` are those of `gradcheck.audited.Store`.

    ``options`` are what a verdict depends on besides the claim and the version of what computes: the seed, the limits.
    ``pictured`` says that pictures will be asked for: a verdict on a claim of a document, which cannot be drawn without being
    judged, then counts as known only with its own. ``reused`` and ``kept`` count the verdicts, ``drawn`` the pictures that
    were known.
    """

    def __init__(self, database: Database, options: Mapping[str, object], *, pictured: bool = False) -> None:
        self.database = database
        self.pictured = pictured
        self.version = version(database)
        self.reused = 0
        self.kept = 0
        self.drawn = 0
        self._options = json.dumps(dict(sorted(options.items())), default=str)
        self._contents: dict[int, tuple[Claim, str, Content | None]] = {}

    @classmethod
    def open(
        cls, path: str | Path, options: Mapping[str, object], *, required: bool = False, pictured: bool = False
    ) -> Verdicts:
        """Those in a file. ``required``, StoreError is raised where it cannot be used; otherwise nothing is known."""
        return cls(Database.open(path, required=required), options, pictured=pictured)

    def known(self, claim: Claim, content: str = "") -> Verdict | None:
        """The verdict that was computed for the same content, options and version, on this very claim."""
        found = self._content(claim, content)
        data = self._read("verdict", found)
        if data is None or found is None:
            return None
        try:
            verdict: Verdict = record(Verdict).read(data, Context(claims=[claim]))
        except MisfitError as misfit:
            self.database.distrust(f"holds a verdict that cannot be read ({misfit})")
            return None
        if content.startswith(_FORMULA):  # it may stand elsewhere by now, and be called otherwise
            there = replace(verdict.claim, name=claim.name, source=claim.source, recorded=claim.recorded)
            verdict = replace(verdict, claim=there)
        if self.pictured and _runs_no_more(verdict.claim) and not self._drawn(verdict, found):
            return None
        self.reused += 1
        self._contents[id(verdict.claim)] = (verdict.claim, content, found)
        return verdict

    def keep(self, claim: Claim, verdict: Verdict, content: str = "") -> None:
        """Write a verdict down, unless it holds what would not be read again as it is."""
        found = self._content(claim, content)
        if found is None or not _exact(verdict):
            return
        if not content:
            verdict = replace(verdict, claim=claim)
        data = record(Verdict).write(verdict, Context(claims=[claim], exact=True))
        self._write("verdict", found, data, told=(verdict.reason, *_texts(verdict)))
        self.kept += 1
        self._contents[id(verdict.claim)] = (verdict.claim, content, found)

    def heard(self, claim: Claim, content: str) -> None:
        """The content of a claim whose functions are in another process (`content_told`); empty where it has none."""
        self._contents[id(claim)] = (claim, "", _content(claim, content) if content else None)

    def picture(self, verdict: Verdict) -> Verdict | None:
        """The verdict with the pictures and the quality that were computed for it, or None."""
        if verdict.quality is not None:
            return verdict
        data = self._read("picture", self._content(verdict.claim))
        if data is None:
            return None
        forms = record(Verdict).forms
        try:
            made = {name: forms[name].read(data.get(name), Context()) for name in _DRAWN}
        except MisfitError as misfit:
            self.database.distrust(f"holds a picture that cannot be read ({misfit})")
            return None
        self.drawn += 1
        return replace(verdict, **made)

    def keep_picture(self, verdict: Verdict) -> None:
        """Write the pictures and the quality of a verdict down."""
        found = self._content(verdict.claim)
        if found is not None:
            forms, context = record(Verdict).forms, Context(exact=True)
            data = {name: forms[name].write(getattr(verdict, name), context) for name in _DRAWN}
            self._write("picture", found, data, told=tuple(_strings(data)))

    def close(self) -> None:
        """Give the file back, and keep it from growing without end."""
        self.database.trim(self.version)
        self.database.close()

    def _content(self, claim: Claim, content: str = "") -> Content | None:
        """The content of a claim, computed once; None where it has none."""
        known = self._contents.get(id(claim))
        if known is not None and (not content or known[1] == content):
            return known[2]
        found = _content(claim, content)
        self._contents[id(claim)] = (claim, content, found)  # with the claim, so that its number is not given twice
        return found

    def _drawn(self, verdict: Verdict, found: Content) -> bool:
        return verdict.quality is not None or self._read("picture", found) is not None

    def _key(self, kind: str, found: Content) -> bytes:
        return digest([kind, self.version.hex(), self._options, found.key.hex()])

    def _read(self, kind: str, found: Content | None) -> dict[str, Any] | None:
        """The data of an entry, if it does not tell lines that have moved since."""
        value = self.database.get(kind, self._key(kind, found)) if found is not None else None
        if value is None or found is None:
            return None
        entry = json.loads(value)
        if entry["places"] not in ("", found.places.hex()):
            return None
        data: dict[str, Any] = entry["data"]
        if not entry.get("lines") or entry["lines"] == list(found.lines):
            return data
        places = moved(entry["lines"], found.lines)
        return _retold(data, places) if places is not None else None

    def _write(self, kind: str, found: Content, data: dict[str, Any], told: tuple[str, ...]) -> None:
        lines = [line for text in told for line in lines_in(text)]
        known = bool(found.lines) and set(lines) <= set(found.lines)
        other = any(_TELLS_A_LINE.search(without(text) if known else text) for text in told)
        places = found.places.hex() if other else ""
        entry = {"places": places, "lines": found.lines if known and lines else (), "data": data}
        value = json.dumps(entry, separators=(",", ":"), allow_nan=False)
        self.database.put(kind, self._key(kind, found), value.encode("utf-8", "surrogatepass"), self.version)


def content_told(claim: Claim) -> str:
    """The content of a claim as text that another process can hand to `Verdicts.known`; empty where it has none."""
    found = _of_code(claim)
    return "" if found is None else f"{_CODE}{found.key.hex()} {found.places.hex()}"


_CODE = "code "
_FORMULA = "formula "


def _content(claim: Claim, content: str) -> Content | None:
    if content.startswith(_CODE):
        key, places = content.removeprefix(_CODE).split(" ")
        return Content(bytes.fromhex(key), bytes.fromhex(places))
    if content.startswith(_FORMULA):
        key, lines = content.removeprefix(_FORMULA).split(" ")
        return Content(digest([_FORMULA, key]), digest([claim.name, lines]), tuple(map(int, lines.split(","))))
    if not content and _runs_no_more(claim):
        return None
    found = _of_code(claim)
    return replace(found, key=digest([content, found.key.hex()])) if content and found is not None else found


def _of_code(claim: Claim) -> Content | None:
    """The content of a claim whose functions are here; None where it has none, or an object of it cannot be looked into."""
    try:
        return content_of(claim)
    except Exception:  # noqa: BLE001 - UnrepeatableError, or what the user's objects do when they are asked
        return None


def _retold(data: dict[str, Any], places: Mapping[int, int]) -> dict[str, Any]:
    """The same of lines that have moved; what the claim itself says stays."""

    def again(value: Any) -> Any:
        if isinstance(value, str):
            return retold(value, places)
        if isinstance(value, dict):
            return {name: again(item) for name, item in value.items()}
        return [again(item) for item in value] if isinstance(value, list) else value

    return {name: item if name == "claim" else again(item) for name, item in data.items()}


def _runs_no_more(claim: Claim) -> bool:
    """Whether only names are left of a claim's functions."""
    spaces = claim.inputs.values()
    functions = (claim.primal, *(reading.claimed for reading in claim.readings), *(step.value for step in claim.steps))
    return any(isinstance(one, StoredFunction) for one in functions) or any(isinstance(s, StoredSpace) for s in spaces)


def _exact(verdict: Verdict) -> bool:
    """Whether the points of a verdict are read again as they were: numbers and lists of them."""
    points = [point for point in (verdict.counterexample, verdict.sample) if point is not None]
    return all(_plain(value) for point in points for value in point.inputs.values()) and all(
        map(_exact, verdict.leaves)
    )


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, np.ndarray):
        return value.dtype in (np.float64, np.int64, np.bool_)
    return value is None or type(value) in (bool, int, float, str)


def _texts(verdict: Verdict) -> Iterator[str]:
    """All that a verdict says in words, its claim left out."""
    written = record(Verdict).write(verdict, Context(claims=[verdict.claim]))
    yield from _strings({name: value for name, value in written.items() if name != "key"})


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
