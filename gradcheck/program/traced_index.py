"""Indices that are traced themselves: masks, and whole numbers that are only known when the program runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.tape import Node, Raw, TracingError, call


def mentions_tracer(key: Any) -> bool:
    """Whether an index (of raw values) depends on what is traced.

    Raises:
        TracingError: the end of a slice does: shapes are fixed.
    """
    for part in key if type(key) is tuple else (key,):
        if isinstance(part, slice):
            if any(isinstance(end, Node) for end in (part.start, part.stop, part.step)):
                raise TracingError(
                    "a slice has traced ends; a trace has fixed shapes. Use np.where with np.arange instead"
                )
        elif isinstance(part, Node) or (isinstance(part, list) and any(isinstance(one, Node) for one in part)):
            return True
    return False


def changed(name: str, raw: Raw, key: Any, new: Raw) -> Raw:
    """The value with entries at a traced index replaced ("set") or combined ("add", "mul", "max", "min") with new ones."""
    places = _whole_places(key)
    if places is not None:
        return recording.changed_at(name, raw, places, new)
    import jax.numpy as jnp

    method = {"mul": "multiply"}.get(name, name)
    return call(lambda x, k, v: getattr(jnp.asarray(x).at[k], method)(v), raw, key, new)


def _mask(raw: Raw, key: Any) -> Raw | None:
    """The traced boolean mask that an index is, broadcast to the array; None for another index."""
    if not (isinstance(key, Node) and key.dtype == bool):
        return None
    shape = raw.shape
    if key.shape != shape[: key.ndim]:
        raise IndexError(f"boolean index of shape {key.shape} did not match the indexed array of shape {shape}")
    return recording.broadcast(recording.reshape(key, (*key.shape, *(1,) * (len(shape) - key.ndim))), shape)


def gathered(raw: Raw, key: Any) -> Raw:
    """Entries by a traced index; where it turns out to be out of bounds, NaN.

    Raises:
        TracingError: the index is a mask, so that the number of entries is unknown.
    """
    if _mask(raw, key) is not None:
        raise TracingError(
            "an array is indexed with a traced mask; a trace has fixed shapes. Use np.where(mask, x, 0) instead, or assign "
            "to x[mask]"
        )
    parts = key if type(key) is tuple else (key,)
    lead = next((place for place, part in enumerate(parts) if not _is_whole_axis(part)), len(parts))
    rest = next((place for place in range(lead, len(parts)) if _is_whole_axis(parts[place])), len(parts))
    places = _whole_places(parts[lead:rest]) if all(map(_is_whole_axis, parts[rest:])) else None
    if places is not None:
        return _gathered_within(raw, places, lead)
    import jax.numpy as jnp

    return call(lambda x, k: jnp.asarray(x).at[k].get(mode="fill"), raw, key)


def _is_whole_axis(part: Any) -> bool:
    return isinstance(part, slice) and part == slice(None)


def _gathered_within(raw: Raw, places: list[Raw], lead: int) -> Raw:
    """Entries by whole numbers for axes that come after `lead` others, whose place theirs take."""
    if not lead:
        return recording.entries_at(raw, places)
    within = range(lead, lead + len(places))
    order = [*within, *(axis for axis in range(raw.ndim) if axis not in within)]
    made = recording.entries_at(recording.transpose(raw, order), places)
    count = made.ndim - (raw.ndim - len(places))
    return recording.transpose(made, [*range(count, count + lead), *range(count), *range(count + lead, made.ndim)])


def _whole_places(key: Any) -> list[Raw] | None:
    """An index that is made of whole numbers only, one array an axis; None for another."""
    found: list[Raw] = []
    for part in key if type(key) is tuple else (key,):
        if isinstance(part, bool) or not isinstance(part, Node | int | np.integer | np.ndarray):
            return None
        found.append(part if isinstance(part, Node) else np.asarray(part))
        if found[-1].dtype.kind not in "iu":
            return None
    return found


def scattered(raw: Raw, key: Any, new: Raw) -> Raw:
    """The value with entries replaced at a traced index, or where a traced mask holds.

    Raises:
        TracingError: more than one value is assigned under a mask.
    """
    mask = _mask(raw, key)
    if mask is None:
        return changed("set", raw, key, new)
    if math.prod(new.shape) != 1:
        raise TracingError(
            "x[mask] = values with a traced mask needs as many values as the mask has; a trace has fixed shapes. Use "
            "x[...] = np.where(mask, values, x) with values of x's shape"
        )
    return recording.choose(mask, recording.broadcast(recording.reshape(new, ()), raw.shape), raw)
