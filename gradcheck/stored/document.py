"""The document of an audit, from the audit and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck import __version__
from gradcheck.audited import Audit, Problem
from gradcheck.claim import Claim
from gradcheck.stored.forms import Context, Form, Listing, MisfitError, NotJson, Table, Text, Whole, brief, record
from gradcheck.verdict import Verdict

FORMAT = "gradcheck results"
VERSION = 1
"""The version of the document: raised when something that is in it changes its meaning, not when something is added."""

# What JSON may hold as it is and a terminal obeys, or shows in another order.
_TOLD_AS_ESCAPES = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_AGAIN = "write it anew with gradcheck audit PATH --json FILE"


class ResultsError(ValueError):
    """Stored results could not be read; the message names the file, the place in it, what is expected, and the remedy."""


def document(audit: Audit) -> dict[str, Any]:
    """Everything that any rendering of an audit shows, as JSON data: the fields of the audit and what they come to.

    A verdict refers to its claim, and a document to its verdicts, by their number, from 0.
    """
    context = Context(audit.claims, audit.verdicts)
    stored = {name: form.write(getattr(audit, name), context) for name, form in forms(bool(audit.documents)).items()}
    return {
        "format": FORMAT,
        "version": VERSION,
        "gradcheck": __version__,
        "seed": stored.pop("seed"),
        "paths": stored.pop("paths"),
        "counts": audit.counts,
        "transcriptions": audit.transcriptions,
        "exit_code": audit.exit_code,
        **stored,
    }


def text(stored: dict[str, Any]) -> str:
    """A document as it is written into a file: a field of each claim and verdict a line, so that changes can be read."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    parts = []
    for name, value in stored.items():
        if name in ("claims", "verdicts") and value:
            items = ",\n".join(_lines(item, encode) for item in value)
            parts.append(f' "{name}": [\n{items}\n ]')
        elif isinstance(value, list) and value:
            items = ",\n".join(f"  {encode(item)}" for item in value)
            parts.append(f' "{name}": [\n{items}\n ]')
        else:
            parts.append(f' "{name}": {encode(value)}')
    return _TOLD_AS_ESCAPES.sub(_escape, "{\n" + ",\n".join(parts) + "\n}\n")


@dataclass(frozen=True)
class Results:
    """What is stored in a file: an audit, made of real claims and verdicts, and the version of gradcheck that wrote it."""

    audit: Audit
    gradcheck: str


def read(file: str | Path) -> Audit:
    """The audit that is stored in a file; the functions of its claims cannot be called. Raises ResultsError."""
    return results(file).audit


def results(file: str | Path) -> Results:
    """What is stored in a file.

    Raises:
        ResultsError: the file cannot be read, is no JSON, no results, of another version, or something in it is missing
            or of the wrong type.
    """
    path = Path(file)
    try:
        content = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ResultsError(f"{file}: there is no such file; name the audit.json of a report folder") from None
    except OSError as error:
        raise ResultsError(f"{file}: cannot be read ({error.strerror}); name a file that can") from error
    except UnicodeDecodeError:
        raise ResultsError(f"{file}: is not UTF-8, so these are not gradcheck's results; name an audit.json") from None
    try:
        data = json.loads(content, parse_constant=NotJson)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        cut = "it ends too early" if error.pos >= len(content.rstrip()) else f"it is not JSON there ({error.msg})"
        raise ResultsError(f"{file}: cannot be read beyond {where}: {cut}; {_AGAIN}") from None
    except (RecursionError, ValueError) as error:
        raise ResultsError(f"{file}: is no JSON that can be read ({error}); {_AGAIN}") from None
    try:
        return Results(rebuilt(data), str(data.get("gradcheck", "")))
    except MisfitError as misfit:
        raise ResultsError(f"{file}: {misfit}; {_AGAIN}") from None
    except ResultsError as error:
        raise ResultsError(f"{file}: {error}") from None


def rebuilt(data: Any) -> Audit:
    """The audit of a document. Raises ResultsError for one that is foreign or of another version, else MisfitError."""
    _check_head(data)
    judged = forms(bool(data.get("documents")))
    for name in (*judged, "counts"):
        if name not in data:
            raise MisfitError("is missing").within(name)
    for name in data:
        if name not in judged and name not in _HEAD:
            raise MisfitError(f"is not known; what is expected is {', '.join((*_HEAD, *judged))}").within(name)
    context = Context()
    read_as: Callable[[str], Any] = lambda name: _within(name, judged[name], data[name], context)  # noqa: E731
    context.claims = read_as("claims")
    context.verdicts = read_as("verdicts")
    rest = {name: read_as(name) for name in judged if name not in ("claims", "verdicts")}
    audit = Audit(claims=tuple(context.claims), verdicts=tuple(context.verdicts), **rest)
    if data["counts"] != audit.counts:
        told = ", ".join(f"{outcome} {count}" for outcome, count in audit.counts.items() if count) or "none"
        raise MisfitError(f"is not what the verdicts come to ({told}): something was taken out or changed").within(
            "counts"
        )
    rows = data.get("rows", list(audit.verdicts))
    if not isinstance(rows, list) or len(rows) != len(audit.verdicts):
        raise MisfitError(f"is {brief(rows)} where one row a verdict is expected").within("rows")
    return audit


def verdict_text(verdict: Verdict) -> str:
    """One verdict with its claim as JSON text, for another process."""
    return json.dumps(record(Verdict).write(verdict, Context()), allow_nan=False)


def verdict_from(told: str) -> Verdict:
    """The verdict that `verdict_text` wrote; the functions of its claim cannot be called."""
    verdict: Verdict = record(Verdict).read(json.loads(told), Context())
    return verdict


_HEAD = ("format", "version", "gradcheck", "counts", "transcriptions", "exit_code", "rows")


def _check_head(data: Any) -> None:
    """Refuse what is not gradcheck's, and what another version has written."""
    if isinstance(data, list) and all(isinstance(row, dict) and "verdict" in row for row in data):
        raise ResultsError(f"has the rows of a table alone, as older versions wrote them; {_AGAIN}")
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        if isinstance(data, dict) and "format" not in data and {"gradcheck", "rows"} <= set(data):
            raise ResultsError(f"was written before results could be read again; {_AGAIN}")
        raise ResultsError(f'is JSON, but not gradcheck\'s: "format": "{FORMAT}" is not in it; name an audit.json')
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise ResultsError(f"version is {brief(version)} where a number from 1 is expected; {_AGAIN}")
    if version > VERSION:
        raise ResultsError(
            f"was written by gradcheck {data.get('gradcheck')} as version {version} of the document, and this is gradcheck "
            f"{__version__}, which knows version {VERSION}; install a newer gradcheck"
        )


def forms(documents: bool = True) -> dict[str, Form]:
    """The form of each field of an audit; without documents, what reads them need not be imported."""
    if not documents:
        judged: Form = Listing(Text())
    else:
        from gradcheck.documents.judging import Judged

        judged = Listing(record(Judged))
    return {
        "seed": Whole(),
        "paths": Listing(Text()),
        "problems": Listing(record(Problem)),
        "accepted": Table(Text()),
        "documents": judged,
        "claims": Listing(record(Claim)),
        "verdicts": Listing(record(Verdict)),
    }


def _within(name: str, form: Form, data: Any, context: Context) -> Any:
    """A field read, with its name before what does not fit."""
    try:
        return form.read(data, context)
    except MisfitError as misfit:
        raise misfit.within(name) from None


def _lines(item: dict[str, Any], encode: Callable[[Any], str]) -> str:
    """An object of the document, a field a line."""
    fields = ",\n".join(f'   "{name}": {encode(value)}' for name, value in item.items())
    return f"  {{\n{fields}\n  }}"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
