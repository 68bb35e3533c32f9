"""A verdict as JSON text and back: what a worker of a distributed run sends, and what every report is made from.

What is rebuilt has everything that reports show. The functions of its claim stay behind, and so do the spaces grown from
arguments, which the points themselves show better.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from gradcheck.claim import Assumption, Claim, Generic, Record, Source
from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space
from gradcheck.verdict import (
    Branch,
    Counterexample,
    Entry,
    Evidence,
    Printed,
    ReadingResult,
    StepResult,
    Verdict,
)

_PARTS: Mapping[str, type] = {
    "evidence": Evidence,
    "readings": ReadingResult,
    "steps": StepResult,
    "branches": Branch,
}


def to_text(verdict: Verdict) -> str:
    """The verdict as JSON, with NaN and the infinities as Python writes them."""
    return json.dumps(_data(verdict), default=_plain)


def from_text(text: str) -> Verdict:
    """The verdict that `to_text` wrote."""
    return _verdict(json.loads(text))


def _data(verdict: Verdict) -> dict[str, Any]:
    """Fields by name, the claim without its functions."""
    found = {field.name: _fields(getattr(verdict, field.name)) for field in fields(verdict) if field.name != "leaves"}
    return {**found, "claim": _claim_data(verdict.claim), "leaves": [_data(leaf) for leaf in verdict.leaves]}


def _fields(value: Any) -> Any:
    """Data classes as mappings, at any depth; claims are left to `_claim_data`."""
    if isinstance(value, Claim):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _fields(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _fields(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_fields(item) for item in value]
    return value


def _claim_data(claim: Claim) -> dict[str, Any]:
    return {
        "name": claim.name,
        "kind": claim.kind,
        "source": _fields(claim.source),
        "wrt": claim.wrt,
        "layout": claim.layout,
        "recorded": _fields(claim.recorded),
        "corrects": claim.corrects,
        "notes": claim.notes,
        "assumptions": [{"text": one.text, "stated": one.stated} for one in claim.assumptions],
        "inputs": {name: described for name, space in claim.inputs.items() if (described := _space_data(space))},
        "generics": {name: [one.name for one in stand_ins] for name, stand_ins in claim.generics.items()},
    }


def _space_data(space: Space) -> dict[str, Any] | None:
    match space:
        case Reals():
            return {"reals": space.shape, "low": space.low, "high": space.high, "reach": space.reach}
        case Integers():
            return {"integers": space.shape, "low": space.low, "high": space.high}
        case Simplex() | OneHot():
            return {type(space).__name__: space.size}
    return None


def _space(data: Mapping[str, Any]) -> Space:
    match data:
        case {"reals": shape, **ends}:
            return Reals(*shape, **ends)
        case {"integers": shape, **ends}:
            return Integers(*shape, **ends)
        case {"Simplex": size}:
            return Simplex(size)
    return OneHot(data["OneHot"])


def _left_behind(*_: Any, **__: Any) -> Any:
    raise NotImplementedError("the functions of a claim stay in the process that checked it; check it again there")


def _claim(data: Mapping[str, Any]) -> Claim:
    return Claim(
        **{name: data[name] for name in ("name", "kind", "wrt", "layout", "corrects", "notes")},
        source=Source(**{**data["source"], "end": tuple(data["source"]["end"]) if data["source"]["end"] else None}),
        recorded=Record(**data["recorded"]) if data["recorded"] else None,
        assumptions=tuple(Assumption(**one) for one in data["assumptions"]),
        inputs={name: _space(space) for name, space in data["inputs"].items()},
        generics={
            name: [Generic(one, _left_behind, _left_behind) for one in names]
            for name, names in data["generics"].items()
        },
    )


def _verdict(data: Mapping[str, Any]) -> Verdict:
    made = dict(data)
    made["claim"] = _claim(data["claim"])
    made["leaves"] = tuple(_verdict(leaf) for leaf in data["leaves"])
    for name, part in _PARTS.items():
        made[name] = tuple(part(**one) for one in data[name])
    for name in ("counterexample", "sample"):
        made[name] = _point(data[name])
    made["printed"] = Printed(**data["printed"]) if data["printed"] else None
    for name in ("notes", "survivors"):
        made[name] = tuple(data[name])
    return Verdict(**made)


def _point(data: Mapping[str, Any] | None) -> Counterexample | None:
    if data is None:
        return None
    entries = tuple(Entry(**{**entry, "index": tuple(entry["index"])}) for entry in data["entries"])
    return Counterexample(data["inputs"], entries, data["given"])


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as Python's."""
    return value.tolist()
