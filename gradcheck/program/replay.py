"""A tape done again with JAX: its primitives as functions of lax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.program.tape import Node, Tape

Params = Mapping[str, Any]

# Primitives whose function in lax has another name.
_NAMES = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "not": "bitwise_not"}
_SCATTERS = {
    "scatter": "scatter",
    "scatter-add": "scatter_add",
    "scatter-mul": "scatter_mul",
    "scatter-max": "scatter_max",
    "scatter-min": "scatter_min",
}


def _round(lax: Any, p: Params, x: Any) -> Any:
    return lax.round(x, lax.RoundingMethod(p["rounding_method"]))


def _update_slice(lax: Any, p: Params, x: Any, update: Any) -> Any:
    return lax.dynamic_update_slice(x, update, p["start_indices"])


def _gather(lax: Any, p: Params, x: Any, indices: Any) -> Any:
    dims, mode = lax.GatherDimensionNumbers(*p["dimension_numbers"]), lax.GatherScatterMode[p["mode"]]
    return lax.gather(x, indices, dims, p["slice_sizes"], mode=mode)


def _scatter(name: str) -> Callable[..., Any]:
    def scatter(lax: Any, p: Params, x: Any, indices: Any, updates: Any) -> Any:
        dims, mode = lax.ScatterDimensionNumbers(*p["dimension_numbers"]), lax.GatherScatterMode[p["mode"]]
        return getattr(lax, name)(x, indices, updates, dims, mode=mode, unique_indices=p["unique_indices"])

    return scatter


def _sort(lax: Any, p: Params, *xs: Any) -> Any:
    """Of several arrays, in the order of the first."""
    made = lax.sort(xs, dimension=p["dimension"], is_stable=p["is_stable"], num_keys=p["num_keys"])
    return made if len(xs) > 1 else made[0]


def _of_jnp(name: str) -> Callable[..., Any]:
    """A primitive of ours that JAX knows as a function."""

    def call(_: Any, __: Params, *xs: Any) -> Any:
        import jax.numpy as jnp

        return getattr(jnp, name)(*xs)

    return call


_CALLS: Mapping[str, Callable[..., Any]] = {
    "round": _round,
    "integer_pow": lambda lax, p, x: lax.integer_pow(x, p["y"]),
    "convert_element_type": lambda lax, p, x: lax.convert_element_type(x, p["new_dtype"]),
    **{name: lambda lax, p, x, name=name: getattr(lax, name)(x) for name in ("real", "imag", "conj")},
    "reshape": lambda lax, p, x: lax.reshape(x, p["new_sizes"]),
    "transpose": lambda lax, p, x: lax.transpose(x, p["permutation"]),
    "rev": lambda lax, p, x: lax.rev(x, p["dimensions"]),
    "slice": lambda lax, p, x: lax.slice(x, p["start_indices"], p["limit_indices"], p["strides"]),
    "broadcast_in_dim": lambda lax, p, x: lax.broadcast_in_dim(x, p["shape"], p["broadcast_dimensions"]),
    "update_slice": _update_slice,
    "gather": _gather,
    **{name: _scatter(function) for name, function in _SCATTERS.items()},
    "concatenate": lambda lax, p, *xs: lax.concatenate(xs, p["dimension"]),
    "sort": _sort,
    "lu": lambda lax, p, x: lax.linalg.lu(x),
    "cholesky": lambda lax, p, x: lax.linalg.cholesky(x, symmetrize_input=p["symmetrize_input"]),
    "triangular_solve": lambda lax, p, a, b: lax.linalg.triangular_solve(a, b, **p),
    "logaddexp": _of_jnp("logaddexp"),
    "signbit": _of_jnp("signbit"),
    **{
        name: lambda lax, p, x, name=name: getattr(lax, name)(x, p["axes"][0], p["index_dtype"])
        for name in ("argmax", "argmin")
    },
    "dot_general": lambda lax, p, x, y: lax.dot_general(x, y, p["dimension_numbers"]),
    **{
        name: lambda lax, p, x, name=name: getattr(lax, name)(x, p["axes"])
        for name in ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or")
    },
    **{
        name: lambda lax, p, x, name=name: getattr(lax, name)(x, axis=p["axis"])
        for name in ("cumsum", "cumprod", "cummax", "cummin")
    },
}


def replay(tape: Tape, arrays: Sequence[Any]) -> list[Any]:
    """The outputs of a tape on JAX's arrays or tracers."""
    from jax import lax

    values: dict[Node, Any] = dict(zip(tape.inputs, arrays, strict=True))

    def value(raw: Any) -> Any:
        return values[raw] if isinstance(raw, Node) else raw

    for step in tape.steps:
        operands = [value(raw) for raw in step.operands]
        if step.closed is not None:
            from jax.core import eval_jaxpr

            found = eval_jaxpr(step.closed.jaxpr, step.closed.consts, *operands)
            values.update(zip(step.results, found, strict=True))
            continue
        special = _CALLS.get(step.name)
        if special is not None:
            result = special(lax, step.params, *operands)
        else:
            shape = step.results[0].shape
            result = getattr(lax, _NAMES.get(step.name, step.name))(*(_filled(lax, x, shape) for x in operands))
        results = result if isinstance(result, tuple | list) else (result,)
        values.update(zip(step.results, results, strict=True))
    return [value(raw) for raw in tape.outputs]


def _filled(lax: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """An operand of an entrywise operation in the full shape."""
    return lax.broadcast_in_dim(x, shape, ()) if shape and not np.ndim(x) else x
