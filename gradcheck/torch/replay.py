"""A recording run again with JAX arrays: each operation by its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from gradcheck.torch.memory import Memory, Window
from gradcheck.torch.recording import Call, Place, Recording
from gradcheck.torch.rows import NoRowError, Operation, row_of


def replay(recording: Recording, arrays: Sequence[Any]) -> list[Any]:
    """The results of a recorded function for JAX arrays (or tracers) of the shapes and dtypes that it was recorded with.

    Raises:
        NoRowError: an operation has no row, or one that does not cover how it is called; the message names it.
    """
    import jax.numpy as jnp

    memory = Memory()
    for window, array in zip(recording.inputs, arrays, strict=True):
        memory.create(window, array)
    for window, numbers in recording.constants:
        memory.create(window, jnp.asarray(numbers))
    for call in recording.calls:
        _run(call, memory)
    return [memory.read(window) for window in recording.outputs]


def _run(call: Call, memory: Memory) -> None:
    row = row_of(call.name)
    args = [_filled(value, memory) for value in call.args]
    kwargs = {name: _filled(value, memory) for name, value in call.kwargs.items()}
    try:
        results = _at(call.place, lambda: row(Operation(call), *args, **kwargs))
    except Exception as error:
        raise NoRowError(f"the row of torch's operation {call.name} does not cover this call: {error}") from error
    found = list(results) if isinstance(results, tuple | list) else [results]
    if call.writes:
        _write(call, memory, found)
        return
    for window, result in zip(call.results, found, strict=True):
        if window is not None:
            memory.create(window, _fitted(result, window))


def _write(call: Call, memory: Memory, found: list[Any]) -> None:
    """The results of an operation in place, or with ``out=``, into the arguments that it changes."""
    for which, result in zip(call.writes, found, strict=False):
        window = call.args[which] if isinstance(which, int) else call.kwargs[which]
        memory.write(window, _fitted(result, window))


def _fitted(result: Any, window: Window) -> Any:
    """A row's result in the dtype and shape that torch gives it; it broadcasts, as the operand of an operation in place."""
    import jax.numpy as jnp

    result = jnp.asarray(result)
    if result.dtype != window.dtype:
        result = jnp.real(result) if result.dtype.kind == "c" and window.dtype.kind != "c" else result
        result = result.astype(window.dtype)
    return jnp.broadcast_to(result, window.size)


def _filled(value: Any, memory: Memory) -> Any:
    """An argument with arrays for windows; torch's dtypes as NumPy's."""
    import torch

    from gradcheck.torch.arrays import numpy_dtype

    if isinstance(value, Window):
        return memory.read(value)
    if isinstance(value, tuple | list):
        return [_filled(part, memory) for part in value]
    if isinstance(value, torch.dtype):
        return numpy_dtype(value)
    return value


def _at(place: Place | None, thunk: Callable[[], Any]) -> Any:
    """Call `thunk` from a frame at the user's line, so that JAX keeps that line with what is traced."""
    if place is None:
        return thunk()
    return eval(_caller(*place), {"thunk": thunk, "np": np})  # noqa: S307 - of the constant text in _caller


@lru_cache(maxsize=1024)
def _caller(file: str, line: int) -> CodeType:
    return compile("\n" * (line - 1) + "thunk()", file, "eval")
