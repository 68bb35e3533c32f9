"""What a catalogue tells of each formula, as plain data: written as JSON by `gradcheck catalogue`, read by `gradcheck find`.

Nothing here computes, and nothing heavy is imported: looking a formula up takes a moment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

Outcome = Literal["kept", "underflows", "open", "lost", "overflows", "not a number"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What becomes of digits, from best to worst: *underflows* where all of the truth does, *open* where that is unknown."""

DIGITS = 12
"""How many decimal digits a result keeps that is told to keep its digits."""

PACKAGED = Path(__file__).resolve().parent / "catalogue.json"
"""Where the catalogue is that is shipped."""

FORMAT = 1
"""The version of the file: a reader refuses others."""


class CatalogueError(ValueError):
    """A catalogue cannot be read, or an entry cannot be made; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Stretch:
    """Inputs between ``low`` and ``high`` at which the digits fare alike; ``digits`` is the fewest that were found there."""

    low: float
    high: float
    outcome: Outcome
    digits: float


@dataclass(frozen=True)
class Digits:
    """How float64 keeps the digits of one function along one input.

    ``what`` says whether it is the ``forward`` function or the ``derivative``. ``axis`` is what runs: the input itself where
    it is a number, else the factor t of an array, and ``where`` says of which. ``textbook`` and ``stable`` are the stretches
    of the two forms in order, with the numbers between two stretches in neither; ``stable`` is empty where there is no such
    form. Where nothing was measured both are empty, and ``reason`` says why.
    """

    what: Literal["forward", "derivative"]
    axis: str
    where: str
    textbook: tuple[Stretch, ...] = ()
    stable: tuple[Stretch, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Proven:
    """A claim of an entry and its verdict in short; ``printed`` is how the LaTeX compares with the code, if it was compared."""

    name: str
    about: str
    status: str
    certified: bool
    digits: int | None
    sentence: str
    printed: str = ""
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether it holds, and the code is not known to be something else than what is printed."""
        return self.status == "holds" and self.printed != "differs"


@dataclass(frozen=True)
class Variable:
    """An input: its name, the values that it may take in words, and the LaTeX of the derivative by it, if there is one."""

    name: str
    space: str
    printed: str = ""


@dataclass(frozen=True)
class Entry:
    """One formula as the catalogue tells it; see `gradcheck.library.formulas.Formula`.

    ``printed`` is the LaTeX of the derivative that is by no one input. ``functions`` are the names in ``code`` of the forward
    function and the derivative, ``stable`` those of the stable form (empty where the textbook's does), ``why`` what it is
    for. ``compared`` is how the LaTeX of the forward function compares with the code.
    """

    key: str
    name: str
    title: str
    family: str
    formula: str
    form: str
    inputs: tuple[Variable, ...]
    cotangents: tuple[Variable, ...]
    printed: str
    source: str
    kinks: str
    also: tuple[str, ...]
    notes: str
    code: str
    functions: tuple[str, str]
    stable: tuple[str, str]
    why: str
    digits: tuple[Digits, ...]
    claims: tuple[Proven, ...]
    compared: str
    detail: str = ""

    @property
    def derivatives(self) -> tuple[tuple[str, str], ...]:
        """The LaTeX of the derivatives, each with the input that it is by, or with nothing."""
        by_input = tuple((one.name, one.printed) for one in self.inputs if one.printed)
        return by_input or ((("", self.printed),) if self.printed else ())

    @property
    def good(self) -> bool:
        """Whether every claim holds and all that is printed is the code, as far as it was compared."""
        return bool(self.claims) and all(claim.good for claim in self.claims) and self.compared != "differs"

    @property
    def certified(self) -> bool:
        """Whether ball arithmetic proved every claim."""
        return self.good and all(claim.certified for claim in self.claims)

    @property
    def verdict(self) -> str:
        """All verdicts in a line: ``holds, certified, to 37 digits``."""
        if not self.claims:
            return "it makes no claim"
        bad = [claim for claim in self.claims if not claim.good]
        if bad:
            first = bad[0]
            told = first.sentence if first.status != "holds" else "the code is not what is printed"
            return f"{first.name}: {told}" + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else "")
        if self.compared == "differs":
            return "the code of the forward function is not what is printed"
        fewest = min((claim.digits for claim in self.claims if claim.digits is not None), default=None)
        how = "certified" if self.certified else "by two oracles; ball arithmetic abstains"
        return f"holds, {how}" + (f", to {fewest} digits" if fewest is not None else "")


@dataclass(frozen=True)
class Catalogue:
    """The entries in order, with the title of each family."""

    families: Mapping[str, str]
    entries: tuple[Entry, ...]
    version: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many entries and claims there are, and how many claims are proven how; each is counted once."""
        claims = [claim for entry in self.entries for claim in entry.claims]
        good = [claim for claim in claims if claim.status == "holds"]
        certified = sum(claim.certified for claim in good)
        return {
            "entries": len(self.entries),
            "claims": len(claims),
            "certified": certified,
            "held by two oracles": len(good) - certified,
            "not held": len(claims) - len(good),
        }

    def of(self, family: str) -> list[Entry]:
        """The entries of a family."""
        return [entry for entry in self.entries if entry.family == family]


def written(catalogue: Catalogue) -> str:
    """The catalogue as JSON, one entry a line so that changes are told apart."""
    families = json.dumps(dict(catalogue.families), ensure_ascii=False)
    lines = ",\n".join(json.dumps(asdict(entry), ensure_ascii=False, allow_nan=False) for entry in catalogue.entries)
    head = f'"format": {FORMAT}, "version": {json.dumps(catalogue.version)},\n"families": {families}'
    return f'{{{head},\n"entries": [\n{lines}\n]}}\n'


def packaged() -> Catalogue:
    """The catalogue of gradcheck's own library, as it was when this was made. Raises CatalogueError."""
    return opened(PACKAGED)


def opened(file: Path) -> Catalogue:
    """The catalogue in a file. Raises CatalogueError."""
    try:
        return read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CatalogueError(f"cannot read {file.name}: {why}; write it with gradcheck catalogue") from error
    except CatalogueError as error:
        raise CatalogueError(f"{file.name}: {error}") from error


def read(text: str) -> Catalogue:
    """The catalogue of a JSON text. Raises CatalogueError."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise CatalogueError(f"it is a catalogue of format {data['format']}, and {FORMAT} is read; write it anew")
        entries = tuple(map(_entry, data["entries"]))
        return Catalogue(dict(data["families"]), entries, data["version"])
    except CatalogueError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CatalogueError(
            f"it is no catalogue ({type(error).__name__}: {error}); write it with gradcheck catalogue"
        ) from error


def _entry(data: dict[str, Any]) -> Entry:
    made = {
        "inputs": tuple(Variable(**one) for one in data["inputs"]),
        "cotangents": tuple(Variable(**one) for one in data["cotangents"]),
        "also": tuple(data["also"]),
        "functions": tuple(data["functions"]),
        "stable": tuple(data["stable"]),
        "digits": tuple(map(digits_read, data["digits"])),
        "claims": tuple(Proven(**one) for one in data["claims"]),
    }
    return Entry(**{**data, **made})


def digits_read(data: dict[str, Any]) -> Digits:
    """The digits of one function, as JSON data tells them."""
    stretches = {
        form: tuple(
            Stretch(float(one["low"]), float(one["high"]), one["outcome"], float(one["digits"])) for one in data[form]
        )
        for form in ("textbook", "stable")
    }
    return Digits(**{**data, **stretches})
