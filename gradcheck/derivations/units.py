"""The derivations of a document as units of work: the document is read, and each derivation judged, in another process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from gradcheck.audited import shown
from gradcheck.derivations.documents import Displayed, Left, displayed
from gradcheck.derivations.model import DerivationReport
from gradcheck.documents.model import Place
from gradcheck.documents.opening import DocumentError, read_document
from gradcheck.running.limits import EndedError, LimitError, too_large
from gradcheck.running.units import perform
from gradcheck.running.worker import begun
from gradcheck.stored.forms import Context, record


@dataclass(frozen=True)
class DisplaysUnit:
    """A document that is to be read: where its derivations stand."""

    file: str
    seed: int

    @property
    def group(self) -> str:
        """The document."""
        return self.file

    def __str__(self) -> str:
        return "reading it"

    def run(self) -> dict[str, Any]:
        """The places, and what tells whether the document is the same when they are judged; or what is wrong with it."""
        begun()
        try:
            digest = _digest(self.file)
            places = [one.place for one in _displayed(self.file, digest, self.seed)]
        except DocumentError as error:
            return {"error": str(error)}
        return {"digest": digest, "places": [record(Place).write(place, Context()) for place in places]}


@dataclass(frozen=True)
class DerivationUnit:
    """A derivation of a document, by its number in it."""

    file: str
    digest: str
    number: int
    seed: int

    @property
    def group(self) -> str:
        """The document, which is read once."""
        return self.file

    def __str__(self) -> str:
        return "judging it"

    def run(self) -> dict[str, Any]:
        """The report, or why there is none."""
        found = _displayed(self.file, self.digest, self.seed)
        begun()
        if self.digest != _digest(self.file):
            return {"error": "the document has changed since it was read; ask again"}
        answer = found[self.number].judged()
        return {type(answer).__name__: record(type(answer)).write(answer, Context(exact=True))}


def apart(path: Path, seed: int, executor: Executor) -> tuple[list[DerivationReport], list[Left]]:
    """As `gradcheck.derivations.documents.from_document`, with the document read and judged where the executor says.

    What a derivation does there, or takes too much of, costs its own report and no other.

    Raises:
        DocumentError: the document cannot be read.
    """
    file = str(path)
    try:
        read = json.loads(executor.submit(perform, DisplaysUnit(file, seed)).result())
    except (LimitError, EndedError, MemoryError) as error:
        raise DocumentError(f"{shown(path)} was not read: {_why(error)}") from error
    if "error" in read:
        raise DocumentError(read["error"])
    places = [record(Place).read(place, Context()) for place in read["places"]]
    units = [DerivationUnit(file, read["digest"], number, seed) for number in range(len(places))]
    futures = [executor.submit(perform, unit) for unit in units]
    reports: list[DerivationReport] = []
    left: list[Left] = []
    for place, future in zip(places, futures, strict=True):
        try:
            answer = json.loads(future.result())
        except (LimitError, EndedError, MemoryError) as error:
            left.append(Left(shown(path), place, _why(error)))
            continue
        if "error" in answer:
            left.append(Left(shown(path), place, answer["error"]))
        elif "Left" in answer:
            left.append(record(Left).read(answer["Left"], Context()))
        else:
            reports.append(record(DerivationReport).read(answer["DerivationReport"], Context(exact=True)))
    return reports, left


def _why(error: BaseException) -> str:
    return str(too_large(None) if isinstance(error, MemoryError) else error)


def _digest(file: str) -> str:
    """Of the bytes of a document; of nothing where it cannot be read, which reading it tells better."""
    try:
        return sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


@lru_cache(maxsize=8)
def _displayed(file: str, digest: str, seed: int) -> Sequence[Displayed]:  # noqa: ARG001 - a changed document is another
    """The derivations of a document, which a worker reads once."""
    return displayed(read_document(Path(file)), seed)
