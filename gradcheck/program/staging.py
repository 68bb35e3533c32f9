"""Flat functions of arrays into jaxprs, by JAX's tracing itself.

``jax.make_jaxpr`` compiles a function as far as tracing it, through ``jit`` with its caches; what it does around the tracing
takes several times as long as to trace a small function. Where this version of JAX does not have what is used here, that is
the way taken.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from gradcheck.program.program import Leaf


def staged(function: Callable[..., Sequence[Any]], inputs: Sequence[Leaf]) -> Any:
    """The ``ClosedJaxpr`` of a function from flat arrays, described by `inputs`, to a list of arrays. Call it in 64 bit.

    Raises:
        Exception: whatever the function raises, and what JAX says of results that are no arrays.
    """
    import jax

    if _direct():
        avals = [jax.core.ShapedArray(leaf.shape, leaf.dtype) for leaf in inputs]
        with suppress(_StrangeResultError):  # which JAX refuses by name
            return _traced(function, avals)
    shapes = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in inputs]  # type: ignore[no-untyped-call] # JAX's
    return jax.make_jaxpr(function)(*shapes)


class _StrangeResultError(Exception):
    """A function returns something that is no array."""


def _traced(function: Callable[..., Sequence[Any]], avals: Sequence[Any]) -> Any:
    import jax

    # As jax.extend.core and jax.extend.linear_util have them; to import these brings Pallas along, at 50 ms.
    from jax._src.core import ClosedJaxpr
    from jax._src.linear_util import wrap_init
    from jax.interpreters.partial_eval import trace_to_jaxpr_dynamic

    def flat(*arrays: Any) -> list[Any]:
        results = list(function(*arrays))
        if not all(
            isinstance(result, jax.Array | np.ndarray | np.generic | int | float | complex) for result in results
        ):
            raise _StrangeResultError
        return results

    jaxpr, _, consts = trace_to_jaxpr_dynamic(wrap_init(flat, debug_info=_told_by_jax()), avals)
    return ClosedJaxpr(jaxpr, consts)


@functools.cache
def _told_by_jax() -> Any:
    """What JAX's own messages call a function that is traced."""
    from jax.api_util import debug_info

    def function_being_checked(*arrays: Any) -> None: ...

    return debug_info("gradcheck", function_being_checked, (), {})


@functools.cache
def _direct() -> bool:
    """Whether this version of JAX traces a function when asked like this."""
    import jax

    try:
        made = _traced(lambda x: [x * x], [jax.core.ShapedArray((2,), "float32")])
        return len(made.jaxpr.eqns) == 1 and len(made.jaxpr.outvars) == 1
    except Exception:  # noqa: BLE001 - another version of JAX may refuse in any way
        return False
