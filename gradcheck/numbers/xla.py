"""XLA: a program compiled once and run over a batch of inputs, for what is too large to interpret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]


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
    import jax
    from jax.extend.core import jaxpr_as_fun

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
    with jax.enable_x64(True):
        compiled = program.__dict__.get("_compiled")
        if compiled is None:
            compiled = jax.jit(jax.vmap(jaxpr_as_fun(program.jaxpr)))
            object.__setattr__(program, "_compiled", compiled)
        return [np.asarray(result) for result in compiled(*arrays)]
