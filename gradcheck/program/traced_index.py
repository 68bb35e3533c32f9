"""Indices that are traced themselves: masks, and whole numbers that are only known when the program runs."""

from __future__ import annotations

import math
from typing import Any

from gradcheck.program import recording
from gradcheck.program.recording import Raw, TracingError, is_tracer


def mentions_tracer(key: Any) -> bool:
    """Whether an index (of raw values) depends on what is traced.

    Raises:
        TracingError: the end of a slice does: shapes are fixed.
    """
    for part in key if type(key) is tuple else (key,):
        if isinstance(part, slice):
            if any(_is_traced(end) for end in (part.start, part.stop, part.step)):
                raise TracingError(
                    "a slice has traced ends; a trace has fixed shapes. Use np.where with np.arange instead"
                )
        elif _is_traced(part) or (isinstance(part, list) and any(map(_is_traced, part))):
            return True
    return False


def _is_traced(part: Any) -> bool:
    return hasattr(part, "aval") and is_tracer(part)


def _mask(raw: Raw, key: Any) -> Raw | None:
    """The traced boolean mask that an index is, broadcast to the array; None for another index."""
    if not (_is_traced(key) and key.dtype == bool):
        return None
    shape = tuple(raw.shape)
    if tuple(key.shape) != shape[: key.ndim]:
        raise IndexError(f"boolean index of shape {tuple(key.shape)} did not match the indexed array of shape {shape}")
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
    import jax.numpy as jnp

    return jnp.asarray(raw).at[key].get(mode="fill")


def scattered(raw: Raw, key: Any, new: Raw) -> Raw:
    """The value with entries replaced at a traced index, or where a traced mask holds.

    Raises:
        TracingError: more than one value is assigned under a mask.
    """
    mask = _mask(raw, key)
    if mask is None:
        import jax.numpy as jnp

        return jnp.asarray(raw).at[key].set(new)
    if math.prod(new.shape) != 1:
        raise TracingError(
            "x[mask] = values with a traced mask needs as many values as the mask has; a trace has fixed shapes. Use "
            "x[...] = np.where(mask, values, x) with values of x's shape"
        )
    return recording.choose(mask, recording.broadcast(recording.reshape(new, ()), tuple(raw.shape)), raw)
