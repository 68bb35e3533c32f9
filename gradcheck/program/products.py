"""NumPy's products of arrays, as contractions: which axes are summed over, and which both operands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.results import wrapped
from gradcheck.program.tape import Raw, emit
from gradcheck.program.traced import Traced
from gradcheck.program.traced_array import raw_of
from gradcheck.program.uncovered import Uncovered, nothing_else

Function = Callable[..., Any]
Axes = Sequence[int]


def contracted(a: Raw, b: Raw, summed: tuple[Axes, Axes], shared: tuple[Axes, Axes] = ((), ())) -> Raw:
    """The product summed over axes of both; the shared axes come first, then the others of `a`, then those of `b`."""
    free_a = [n for axis, n in enumerate(a.shape) if axis not in (*summed[0], *shared[0])]
    free_b = [n for axis, n in enumerate(b.shape) if axis not in (*summed[1], *shared[1])]
    for left, right in zip((*summed[0], *shared[0]), (*summed[1], *shared[1]), strict=True):
        if a.shape[left] != b.shape[right]:
            raise ValueError(f"shapes {a.shape} and {b.shape} do not fit: {a.shape[left]} and {b.shape[right]} differ")
    dims = (tuple(map(tuple, summed)), tuple(map(tuple, shared)))
    params = {"dimension_numbers": dims, "preferred_element_type": None}
    shape = (*(a.shape[axis] for axis in shared[0]), *free_a, *free_b)
    return emit("dot_general", params, [a, b], shape, a.dtype)


def _alike(*operands: Any) -> list[Raw]:
    """The raw values in the dtype of their product."""
    raws = [raw_of(operand) for operand in operands]
    kind = np.result_type(*(raw.dtype for raw in raws))
    if kind.kind not in "fc":
        raise Uncovered
    return [recording.cast(raw, kind) for raw in raws]


def stacked_product(a: Raw, b: Raw) -> Raw:
    """``a @ b`` of stacks of matrices, of one dtype, whose leading axes broadcast."""
    if a.ndim == 1:
        return _without(stacked_product(recording.reshape(a, (1, *a.shape)), b), -2)
    if b.ndim == 1:
        return _without(stacked_product(a, recording.reshape(b, (*b.shape, 1))), -1)
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = recording.broadcast(a, (*lead, *a.shape[-2:])), recording.broadcast(b, (*lead, *b.shape[-2:]))
    rank, axes = len(lead), tuple(range(len(lead)))
    return contracted(a, b, ((rank + 1,), (rank,)), (axes, axes))


def _without(raw: Raw, axis: int) -> Raw:
    shape = list(raw.shape)
    del shape[axis]
    return recording.reshape(raw, shape)


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = _alike(a, b)
    if isinstance(axes, int | np.integer):
        pair: tuple[Any, Any] = (range(x.ndim - int(axes), x.ndim), range(int(axes)))
    else:
        pair = tuple([one] if isinstance(one, int | np.integer) else list(one) for one in axes)  # type: ignore[assignment] # two of them
    left, right = ([int(axis) % raw.ndim for axis in part] for part, raw in zip(pair, (x, y), strict=True))
    return wrapped(contracted(x, y, (left, right)))


def _inner(a: Any, b: Any) -> Any:
    x, y = _alike(a, b)
    if not x.ndim or not y.ndim:
        return np.multiply(a, b)
    return wrapped(contracted(x, y, ((x.ndim - 1,), (y.ndim - 1,))))


def _kron(a: Any, b: Any) -> Any:
    x, y = raw_of(a), raw_of(b)
    rank = max(x.ndim, y.ndim)
    first, second = (1,) * (rank - x.ndim) + tuple(x.shape), (1,) * (rank - y.ndim) + tuple(y.shape)
    left = np.reshape(a, [n for size in first for n in (size, 1)])
    right = np.reshape(b, [n for size in second for n in (1, size)])
    return np.reshape(left * right, [m * n for m, n in zip(first, second, strict=True)])


def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """(a₂b₃ − a₃b₂, a₃b₁ − a₁b₃, a₁b₂ − a₂b₁)."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise Uncovered
    turns = ((1, 2), (2, 0), (0, 1))
    parts = [x[..., i] * y[..., j] - x[..., j] * y[..., i] for i, j in turns]
    return np.moveaxis(np.stack(parts, axis=-1), -1, axisc)


def _einsum(*operands: Any, out: Any = None, optimize: Any = False, **rest: Any) -> Any:  # noqa: ARG001 - NumPy's name
    """Products summed over the labels that the result does not have, two operands at a time from the left."""
    nothing_else(out, **rest)
    if not operands or not isinstance(operands[0], str):
        raise Uncovered
    text, parts = operands[0].replace(" ", ""), operands[1:]
    if "." in text:
        raise Uncovered
    terms, arrow, result = text.partition("->")
    labels = terms.split(",")
    if not arrow:
        result = "".join(sorted(label for label in set(terms) - {","} if terms.count(label) == 1))
    raws = _alike(*parts)
    if len(labels) != len(raws) or any(len(term) != raw.ndim for term, raw in zip(labels, raws, strict=True)):
        raise Uncovered
    found = [_diagonal(raw, term) for raw, term in zip(raws, labels, strict=True)]
    raw, term = found[0]
    for k, (other, names) in enumerate(found[1:], 2):
        needed = set(result).union(*(later for _, later in found[k:]))
        raw, term = _joined(raw, term, other, names, needed)
    raw, term = _summed(raw, term, set(result))
    return wrapped(recording.transpose(raw, [term.index(label) for label in result]))


def _diagonal(raw: Raw, term: str) -> tuple[Raw, str]:
    """An operand with each label once: of a repeated one, the diagonal."""
    for label in sorted(set(term)):
        while term.count(label) > 1:
            first, second = [axis for axis, one in enumerate(term) if one == label][:2]
            if raw.shape[first] != raw.shape[second]:
                raise Uncovered
            places = np.arange(math.prod(raw.shape)).reshape(raw.shape)
            raw = recording.take(raw, np.ascontiguousarray(np.diagonal(places, axis1=first, axis2=second)))
            rest = [one for axis, one in enumerate(term) if axis not in (first, second)]
            term = "".join(rest) + label
    return raw, term


def _summed(raw: Raw, term: str, needed: set[str]) -> tuple[Raw, str]:
    """An operand summed over the labels that nobody needs."""
    axes = tuple(axis for axis, label in enumerate(term) if label not in needed)
    if not axes:
        return raw, term
    shape = tuple(n for axis, n in enumerate(raw.shape) if axis not in axes)
    made = emit("reduce_sum", {"axes": axes}, [raw], shape, raw.dtype)
    return made, "".join(label for label in term if label in needed)


def _joined(a: Raw, left: str, b: Raw, right: str, needed: set[str]) -> tuple[Raw, str]:
    """The product of two operands, summed over what nobody else needs."""
    a, left = _summed(a, left, needed | set(right))
    b, right = _summed(b, right, needed | set(left))
    both = [label for label in left if label in right]
    if any(a.shape[left.index(label)] != b.shape[right.index(label)] for label in both):
        raise Uncovered
    shared = [label for label in both if label in needed]
    over = [label for label in both if label not in needed]
    made = contracted(
        a,
        b,
        ([left.index(label) for label in over], [right.index(label) for label in over]),
        ([left.index(label) for label in shared], [right.index(label) for label in shared]),
    )
    rest = [label for label in left + right if label not in both]
    return made, "".join(shared + rest)


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    """np.dot of arrays with more than two axes: the last of the one with the last but one of the other."""
    nothing_else(out)
    x, y = _alike(a, b)
    return wrapped(contracted(x, y, ((x.ndim - 1,), (max(y.ndim - 2, 0),))))


def _multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    nothing_else(out)
    made, *rest = (part if isinstance(part, Traced) else np.asarray(part) for part in arrays)
    for part in rest:
        made = np.matmul(made, part)
    return made


PRODUCTS: Mapping[Function, Function] = {
    np.tensordot: _tensordot,
    np.inner: _inner,
    np.kron: _kron,
    np.cross: _cross,
    np.einsum: _einsum,
    np.linalg.multi_dot: _multi_dot,
}
DOT = _dot
