"""What becomes of results: fresh arrays and scalars with NumPy's memory layout, and the arrays of ``out=``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.program.tape import Node, Raw, TracingError
from gradcheck.program.traced import Traced, TracedScalar
from gradcheck.program.traced_array import TracedArray

PLAIN_OUT = (
    "a traced array was to be written into a plain one (by out=, or an augmented assignment such as a += x). "
    "Make the plain array from a traced one: np.zeros_like(x), or np.zeros_like(x, shape=...)"
)


def deliver(result: Any, out: Any) -> Any:
    """The result, or the arrays of ``out=`` with the result written into them.

    Raises:
        TracingError: an array to write into is a plain one.
    """
    if out is None:
        return result
    targets = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    for target, part in zip(targets, results, strict=True):
        if target is None:
            continue
        if not isinstance(target, TracedArray):
            raise TracingError(PLAIN_OUT)
        if not np.can_cast(part.dtype, target.dtype, "same_kind"):
            raise TypeError(f"Cannot cast output from {part.dtype!r} to {target.dtype!r} with casting rule 'same_kind'")
        if np.broadcast_shapes(part.shape, target.shape) != target.shape:
            raise ValueError(f"non-broadcastable output operand with shape {target.shape} doesn't match {part.shape}")
        target.assign(part)
    given = tuple(part if target is None else target for target, part in zip(targets, results, strict=True))
    return given if isinstance(result, tuple) else given[0]


def known(operands: Sequence[Any]) -> bool:
    """Whether the contents of all stand-ins are known, so that NumPy itself can compute with them."""
    return all(not isinstance(x.value, Node) for x in operands if isinstance(x, Traced))


def as_known(result: Any) -> Any:
    """NumPy's own result, its arrays as stand-ins that may be written to."""
    if isinstance(result, tuple | list):
        made = [as_known(part) for part in result]
        return type(result)(*made) if hasattr(result, "_fields") else type(result)(made)
    if isinstance(result, np.ndarray) and result.dtype.kind in "fcbiu":
        return TracedArray(np.array(result), shadow=np.empty_like(result, dtype=np.int8))
    return result


def wrapped(raw: Raw, *sources: Any) -> Any:
    """A fresh result: a scalar if it has no dimensions. Its memory layout is known if those of the sources are C's."""
    if not raw.ndim:
        return TracedScalar(raw)
    return TracedArray(raw, ordered=raw.ndim < 2 or all(map(_in_order, sources)))


def entrywise(raw: Raw, inputs: Sequence[Any]) -> Any:
    """A result whose memory layout follows that of the operands, as NumPy's does: it is asked with their shadows."""
    if raw.ndim < 2 or all(map(_in_order, inputs)):
        return wrapped(raw)
    shadows = [x.shadow if isinstance(x, Traced) else np.zeros(np.shape(x), np.int8) for x in inputs]
    known = all(not isinstance(x, TracedArray) or x.ordered for x in inputs) and len(inputs) <= 2
    return TracedArray(raw, shadow=np.add(shadows[0], shadows[-1]) if known else None, ordered=known)


def _in_order(source: Any) -> bool:
    return not isinstance(source, TracedArray) or (source.ordered and source.shadow.flags.c_contiguous)


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that operands are broadcast to, or NumPy's error."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        told = " ".join(map(str, shapes)).replace(", ", ",")
        raise ValueError(f"operands could not be broadcast together with shapes {told}") from None
