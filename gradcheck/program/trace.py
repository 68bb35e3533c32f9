"""Tracing: a JAX or NumPy function, with example arguments, into a Program; or into a BlackBox, with the reason.

Everything is traced in 64 bit inside ``jax.enable_x64(True)``, a context: the user's global JAX settings are not touched.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.program.flat import flat_function
from gradcheck.program.numpy_proxy import TracedArray, TracingError, _unwrap
from gradcheck.program.program import BlackBox, Leaf, Program


class UntraceableInputError(TypeError):
    """An argument leaf is not a numeric array; the message names the leaf and what it is."""


def trace(function: Callable[..., Any], args: tuple[Any, ...], name: str | None = None) -> Program | BlackBox:
    """Trace `function` at arguments like `args` (a tuple of pytrees of arrays).

    A function that mentions JAX in its globals is first called with JAX tracers, then with NumPy proxies; any other with
    proxies, and with tracers only if JAX refuses the proxies. If all fails, the result is a BlackBox with the first reason.

    Raises:
        UntraceableInputError: a leaf of `args` is not a numeric array or number.
    """
    import jax

    name = str(name or getattr(function, "__name__", type(function).__name__))
    leaves, in_tree = jax.tree_util.tree_flatten(args)
    inputs = tuple(_leaf(position, leaf) for position, leaf in enumerate(leaves))
    out_tree: list[Any] = []

    def as_jax(*flat: Any) -> list[Any]:
        result = function(*jax.tree_util.tree_unflatten(in_tree, list(flat)))
        outputs, tree = jax.tree_util.tree_flatten(result)
        out_tree[:] = [tree]
        return outputs

    def as_numpy(*flat: Any) -> list[Any]:
        proxies = [TracedArray(leaf) for leaf in flat]
        result = function(*jax.tree_util.tree_unflatten(in_tree, proxies))
        outputs, tree = jax.tree_util.tree_flatten(result)
        out_tree[:] = [tree]
        return [_unwrap(leaf) for leaf in outputs]

    ways = (as_jax, as_numpy) if mentions_jax(function) else (as_numpy, as_jax)
    reasons: list[str] = []
    with jax.enable_x64(True):
        avals = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in inputs]  # type: ignore[no-untyped-call] # JAX's own
        for way in ways:
            try:
                jaxpr = jax.make_jaxpr(way)(*avals)
            except Exception as error:  # noqa: BLE001 - whatever user code raises under tracing is the reason
                reasons.append(_reason(error))
                if way is as_numpy and not _refused_by_jax(error):
                    break  # JAX's tracers would let pass what NumPy refuses, an index out of bounds for one
                continue
            outputs = tuple(Leaf(tuple(aval.shape), np.dtype(aval.dtype)) for aval in jaxpr.out_avals)
            return Program(name, function, jaxpr, in_tree, out_tree[0], inputs, outputs)
    return BlackBox(name, function, reasons[0])


def derive(
    name: str, program: Program, transform: Callable[[Callable[..., Any]], Callable[..., Any]], *extra: Leaf
) -> Program:
    """Trace a JAX transformation of a program's flat function; `extra` describes the leaves that come before its own.

    ``transform`` takes the flat function (arrays in, list of arrays out) and returns the function to trace.

    Raises:
        Exception: whatever JAX raises where the transformation has no rule.
    """
    import jax

    flat = flat_function(program)
    inputs = (*extra, *program.inputs)
    with jax.enable_x64(True):
        avals = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in inputs]  # type: ignore[no-untyped-call] # JAX's own
        jaxpr = jax.make_jaxpr(transform(flat))(*avals)
    outputs = tuple(Leaf(tuple(aval.shape), np.dtype(aval.dtype)) for aval in jaxpr.out_avals)
    tree = jax.tree_util.tree_structure(tuple(inputs))
    out_tree = jax.tree_util.tree_structure(list(outputs))
    return Program(name, program.function, jaxpr, tree, out_tree, inputs, outputs)


def _reason(error: BaseException) -> str:
    """The first line of an exception, or of the TracingError behind it, which says what to do."""
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, TracingError):
        behind = behind.__cause__ or behind.__context__
    told = behind or error
    lines = str(told).strip().splitlines()
    return f"{type(told).__name__}: {lines[0] if lines else ''}"


def _refused_by_jax(error: Exception) -> bool:
    """Whether a JAX function was handed a NumPy stand-in, or asked it for ``.at``: the function is JAX's after all."""
    if isinstance(error, AttributeError) and isinstance(error.obj, TracedArray):
        return not hasattr(np.ndarray, str(error.name))
    return isinstance(error, TypeError) and not isinstance(error, TracingError) and "TracedArray" in str(error)


def _leaf(position: int, leaf: Any) -> Leaf:
    array = leaf if hasattr(leaf, "dtype") and hasattr(leaf, "shape") else np.asarray(leaf)
    dtype = np.dtype(array.dtype)
    if dtype.kind in "OSUMm":
        raise UntraceableInputError(
            f"argument leaf {position} is {type(leaf).__name__} of dtype {dtype}: a number or a numeric array is expected"
        )
    return Leaf(tuple(array.shape), dtype)


def mentions_jax(function: Callable[..., Any], depth: int = 2) -> bool:
    """Whether the function's code names a global of JAX, directly or through the Python functions that it calls."""
    function = getattr(function, "__wrapped__", getattr(function, "func", function))
    if type(function).__module__.startswith("jax"):
        return True
    code = getattr(function, "__code__", None)
    if code is None:
        return str(getattr(function, "__module__", "")).startswith("jax")
    cells = [cell.cell_contents for cell in (function.__closure__ or ()) if _filled(cell)]
    values = [function.__globals__[used] for used in code.co_names if used in function.__globals__] + cells
    for value in values:
        where = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
        if str(where).split(".")[0] in ("jax", "jaxlib") or type(value).__module__.split(".")[0] in ("jax", "jaxlib"):
            return True
        if depth and isinstance(value, types.FunctionType) and mentions_jax(value, depth - 1):
            return True
    return False


def _filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - reading is the test
    except ValueError:
        return False
    return True
