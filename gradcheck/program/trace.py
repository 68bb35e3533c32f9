"""Tracing: a JAX or NumPy function, with example arguments, into a Program; or into a BlackBox, with the reason.

Everything is traced in 64 bit inside ``jax.enable_x64(True)``, a context: the user's global JAX settings are not touched. A
NumPy function is traced without JAX, unless it calls something that only JAX can record.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.program import trees
from gradcheck.program.flat import flat_function
from gradcheck.program.program import BlackBox, Leaf, Program
from gradcheck.program.staging import staged
from gradcheck.program.tape import Tape, in_64_bit

Function = Callable[..., Any]

_WRAPPED = 8  # decorators and partial functions around one another, at most


class UntraceableInputError(TypeError):
    """An argument leaf is not a numeric array; the message names the leaf and what it is."""


class GivenToJaxError(Exception):
    """A function that was taken for NumPy code hands its arguments to JAX, and has failed; the message is its error."""


def trace(function: Function, args: tuple[Any, ...], name: str | None = None) -> Program | BlackBox:
    """Trace `function` at arguments like `args` (a tuple of pytrees of arrays).

    A function that mentions JAX is called with JAX tracers, and with NumPy's stand-ins if that fails. Any other is called
    with the stand-ins, and with tracers only if it turns out to hand them to JAX: an error of its own is the reason for a
    BlackBox, since JAX would pass over some that NumPy raises (an index out of bounds).

    Raises:
        UntraceableInputError: a leaf of `args` is not a numeric array or number.
    """
    called = str(name or getattr(function, "__name__", type(function).__name__))
    leaves, in_tree = trees.flatten(args)
    inputs = tuple(_leaf(position, leaf) for position, leaf in enumerate(leaves))
    ways: tuple[Any, ...] = (
        (_with_tracers, _with_stand_ins) if mentions_jax(function) else (_with_stand_ins, _with_tracers)
    )
    if traces_itself(function):
        ways = (_with_tracers,)
    reasons: list[str] = []
    for way in ways:
        try:
            traced, out_tree = way(function, leaves, in_tree, inputs)
            outputs = tuple(Leaf(tuple(value.shape), np.dtype(value.dtype)) for value in _results(traced))
        except Exception as error:  # noqa: BLE001 - whatever user code raises under tracing is the reason
            reasons.append(_told(error))
            if way is _with_stand_ins and not isinstance(error, GivenToJaxError):
                break
            continue
        return Program(called, function, traced, in_tree, out_tree, inputs, outputs)
    mixed = "it uses NumPy and JAX on the same values; use jax.numpy throughout. " if len(reasons) > 1 else ""
    return BlackBox(called, function, mixed + reasons[0])


def _with_tracers(function: Function, _: list[Any], in_tree: Any, inputs: tuple[Leaf, ...]) -> tuple[Any, Any]:
    """The jaxpr and the tree of results of a function called with JAX's tracers."""
    import jax

    found = []

    def flat(*arrays: Any) -> list[Any]:
        results, tree = trees.flatten(function(*trees.unflatten(in_tree, arrays)))
        found.append(tree)
        return results

    with jax.enable_x64(True):
        jaxpr = staged(flat, inputs)
        return jaxpr, found[-1]


def _with_stand_ins(function: Function, leaves: list[Any], in_tree: Any, inputs: tuple[Leaf, ...]) -> tuple[Any, Any]:
    """The tape and the tree of results of a function called with NumPy's stand-ins.

    Where it calls ``float``, which must return a plain number, it is called again with one that need not.

    Raises:
        TracingError: something was refused, even if the function has caught that.
    """
    from gradcheck.program.tape import TracingError

    try:
        return _on_tape(function, leaves, in_tree, inputs, floats=False)
    except TracingError as error:
        if "by float()" not in str(error):
            raise
        try:
            return _on_tape(function, leaves, in_tree, inputs, floats=True)
        except Exception:  # noqa: BLE001 - what the first call was refused is the reason to be told
            raise error from None


def _on_tape(
    function: Function, leaves: list[Any], in_tree: Any, inputs: tuple[Leaf, ...], floats: bool
) -> tuple[Any, Any]:
    from gradcheck.program import methods  # noqa: F401 - attaches them
    from gradcheck.program.substitution import substituted
    from gradcheck.program.tape import Node, TracingError, recording
    from gradcheck.program.traced import Traced, TracedScalar
    from gradcheck.program.traced_array import TracedArray

    stand_ins, nodes = [], []
    for leaf, kind in zip(leaves, inputs, strict=True):
        nodes.append(Node(kind.shape, kind.dtype))
        array = isinstance(leaf, np.ndarray) or bool(kind.shape)
        stand_ins.append(TracedArray(nodes[-1]) if array else TracedScalar(nodes[-1]))
    with in_64_bit(), substituted(function, floats), recording(nodes) as tape:
        try:
            results, tree = trees.flatten(function(*trees.unflatten(in_tree, stand_ins)))
        except Exception as error:
            if _meant_for_jax(error):
                raise GivenToJaxError(_told(error)) from error
            raise
        tape.outputs = [result.value if isinstance(result, Traced) else _plain(result) for result in results]
    if tape.refusals:
        raise TracingError(tape.refusals[0])
    return tape, tree


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
        jaxpr = staged(transform(flat), inputs)
    outputs = tuple(Leaf(tuple(aval.shape), np.dtype(aval.dtype)) for aval in jaxpr.out_avals)
    in_tree, out_tree = trees.structure(tuple(inputs)), trees.structure(list(outputs))
    return Program(name, program.function, jaxpr, in_tree, out_tree, inputs, outputs)


def _results(traced: Any) -> Sequence[Any]:
    return traced.outputs if isinstance(traced, Tape) else traced.out_avals


def _plain(result: Any) -> Any:
    """A result that does not depend on the arguments.

    Raises:
        TypeError: it is no number or array of numbers.
    """
    array = np.array(result)
    if array.dtype.kind in "OSUMm":
        raise TypeError(
            f"the function returns {type(result).__name__}; numbers, arrays, and trees of them are expected"
        )
    return array


def _meant_for_jax(error: Exception) -> bool:
    """Whether JAX was handed a stand-in, which it names and refuses, or a stand-in was asked for what JAX's arrays have."""
    jax = sys.modules.get("jax")
    if jax is None:
        return False
    if isinstance(error, AttributeError):
        return hasattr(jax.Array, str(error.name)) and not hasattr(np.ndarray, str(error.name))
    return isinstance(error, TypeError) and "gradcheck.program.traced" in str(error)


def _told(error: BaseException) -> str:
    """The first line of an exception, or of the TracingError behind it, which says what to do."""
    from gradcheck.program.tape import TracingError

    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, TracingError):
        behind = behind.__cause__ or behind.__context__
    told = behind or error
    lines = str(told).strip().splitlines()
    said = lines[0] if lines else ""
    return said if isinstance(told, GivenToJaxError) else f"{type(told).__name__}: {said}"


def _leaf(position: int, leaf: Any) -> Leaf:
    array = leaf if hasattr(leaf, "dtype") and hasattr(leaf, "shape") else np.asarray(leaf)
    dtype = np.dtype(array.dtype)
    if dtype.kind in "OSUMm":
        raise UntraceableInputError(
            f"argument leaf {position} is {type(leaf).__name__} of dtype {dtype}: a number or a numeric array is expected"
        )
    return Leaf(tuple(array.shape), dtype)


def traces_itself(function: Function) -> bool:
    """Whether a function of another framework knows what to do with JAX's tracers, as those of `gradcheck.torch` do."""
    for _ in range(_WRAPPED):
        if hasattr(function, "__gradcheck_trace__"):
            return True
        outer, function = function, inside(function)
        if function is outer:
            break
    return False


def inside(function: Any) -> Any:
    """What a decorator or a partial function is around; of anything else itself."""
    inner = getattr(function, "__wrapped__", None)
    return getattr(function, "func", function) if inner is None else inner


def mentions_jax(function: Callable[..., Any], depth: int = 2) -> bool:
    """Whether the function's code names a global of JAX, directly or through the Python functions that it calls."""
    for _ in range(_WRAPPED):
        if type(function).__module__.startswith("jax"):
            return True
        outer, function = function, inside(function)
        if function is outer:
            break
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
