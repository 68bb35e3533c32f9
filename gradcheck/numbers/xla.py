"""XLA: a program compiled once and run over a batch of inputs, for what is too large to interpret.

Whether compiling pays is decided by size. Interpreting costs a few nanoseconds a number, compiling a tenth of a second and
more a function: as long as less has been spent on interpreting a program than compiling it would cost, it is interpreted, and
after that compiled, so that both together never cost more than twice the cheaper of them. Who checks a function once does
not wait for a compiler; who checks it again and again inside ``gradcheck.traces_kept`` gets the compiled one.

JAX puts what is compiled on its default device, a GPU where it sees one, in the program's own dtypes: float64 is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.program.flat import flat_function
from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]

_ALIGNED = 64  # bytes, as XLA wants its arrays
COMPILING = 4e7  # numbers that are interpreted in the time that compiling takes, some 120 ms


def evaluate(program: Program, inputs: Sequence[Any]) -> list[Array]:
    """The outputs of a program at every point of a batch, in its own dtypes.

    Args:
        program: the program; what is compiled for it is kept with it, once for each size of a batch.
        inputs: one array a leaf, of shape ``(batch, *leaf.shape)``.

    Returns:
        One array an output, of shape ``(batch, *output.shape)``.

    Raises:
        ValueError: there is no input, or a shape is not that of the leaf with a batch axis in front.
    """
    arrays = [np.asarray(value, dtype=leaf.dtype) for value, leaf in zip(inputs, program.inputs, strict=True)]
    if not arrays:
        raise ValueError(
            f"{program.name} has no inputs, so that there is no batch to run it over: call run() once instead"
        )
    for position, (array, leaf) in enumerate(zip(arrays, program.inputs, strict=True)):
        expected = (*arrays[0].shape[:1], *leaf.shape)
        if array.shape != expected or not array.ndim:
            raise ValueError(
                f"{program.name}: input {position} has shape {array.shape}; {('batch', *leaf.shape)} is expected, with the "
                f"same batch for all inputs. Stack the points along a new first axis, with np.stack"
            )

    def made() -> Callable[..., Any]:
        import jax

        return jax.vmap(flat_function(program))

    return compiled(program, "batch", made)(*arrays)


def pays(program: Program, numbers: float) -> bool:
    """Whether the program, about to compute so many numbers, had better be compiled; what is interpreted is added up."""
    memo = program.__dict__
    if memo.get("_compiled"):
        return True
    spent = memo.get("_interpreted", 0.0) + numbers
    memo["_interpreted"] = spent
    return bool(spent > COMPILING)


def compiled(program: Program, key: Any, make: Callable[[], Callable[..., Any]]) -> Callable[..., list[Array]]:
    """A function compiled for the program and kept with it; it takes and returns NumPy arrays, in 64 bit where they are.

    ``make`` gives the JAX function, which returns a list of arrays; it is called once for each `key`.
    """
    import jax

    memo = program.__dict__.setdefault("_compiled", {})
    if key not in memo:
        memo[key] = jax.jit(make())
    function = memo[key]

    def called(*arrays: Any) -> list[Array]:
        with jax.enable_x64(True):
            return [np.asarray(result) for result in function(*arrays)]

    return called


def call(program: Program, inputs: Sequence[Array]) -> list[Array]:
    """The outputs of a program, compiled, in its own dtypes."""
    return compiled(program, "once", lambda: flat_function(program))(*inputs)


def held(value: Array) -> Any:
    """A NumPy array as one of JAX's, in its own dtype; on a processor the two share their memory.

    JAX shares an array that starts at a multiple of 64 bytes, and copies any other, touching each page of fresh memory one
    by one. NumPy, which asks for large pages, copies to such a place in a fourth of the time.
    """
    import jax

    if jax.default_backend() == "cpu" and value.ctypes.data % _ALIGNED:
        room = np.empty(value.nbytes + _ALIGNED, dtype=np.uint8)
        start = -room.ctypes.data % _ALIGNED
        fresh = room[start : start + value.nbytes].view(value.dtype).reshape(value.shape)
        np.copyto(fresh, value)
        value = fresh
    with jax.enable_x64(True):
        return jax.device_put(value)


def unit_lines(derived: Program, inputs: Sequence[Array], count: int, start: int, together: int) -> Array:
    """A program that is linear in its first input, at `together` of its unit vectors from `start` on: (together, outputs).

    The vectors are made inside of the compiled function.
    """

    def made() -> Callable[..., Any]:
        lines = _lines(derived, count, together)
        return lambda first, *values: [lines(first, *values)]

    (found,) = compiled(derived, ("lines", together), made)(start, *inputs)
    return found


def unlike_lines(
    derived: Program, inputs: Sequence[Array], count: int, start: int, said: Array, resolved: float, together: int
) -> Array:
    """Where `said` (lines, outputs) differs from what `unit_lines` gives from `start` on, by more than `resolved` of that.

    `together` lines, of which `said` holds a multiple, are computed at a time, so that they stay in the processor's cache, and
    are never written out.
    """
    groups = len(said) // together

    def made() -> Callable[..., Any]:
        import jax
        import jax.numpy as jnp

        lines = _lines(derived, count, together)

        def unlike(first: Any, claimed: Any, *values: Any) -> list[Any]:
            def group(these: tuple[Any, Any]) -> Any:
                place, mine = these
                true = lines(place, *values)
                return ~(jnp.abs(mine - true) <= resolved * jnp.abs(true))

            places = first + together * jnp.arange(groups)
            return [jax.lax.map(group, (places, claimed.reshape(groups, together, -1))).reshape(claimed.shape)]

        return unlike

    (found,) = compiled(derived, ("unlike", said.shape, together, resolved), made)(start, held(said), *inputs)
    return found


def _lines(derived: Program, count: int, together: int) -> Callable[..., Any]:
    """A JAX function of the first line's number and the inputs: so many lines."""
    import jax
    import jax.numpy as jnp

    function = flat_function(derived)
    shape, dtype = derived.inputs[0].shape, derived.inputs[0].dtype

    def lines(first: Any, *values: Any) -> Any:
        def line(place: Any) -> Any:
            unit = (jnp.arange(count) == place).astype(dtype).reshape(shape)
            (result,) = function(unit, *values)
            return result.reshape(-1)

        return jax.vmap(line)(first + jnp.arange(together))

    return lines
