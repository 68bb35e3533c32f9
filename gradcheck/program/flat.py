"""A program as a flat Python function of arrays, for JAX to transform.

``jit`` bodies are inlined on the way: JAX differentiates a nested ``jit`` as a function of its own, at several times the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.program.program import Program

_INLINED = ("jit", "pjit")


def flat_function(program: Program) -> Callable[..., list[Any]]:
    """The program as a function from flat arrays to a list of arrays; custom rules and loops are kept as they are."""
    from jax.extend.core import jaxpr_as_fun

    closed = program.jaxpr
    if _any_call(closed.jaxpr):
        return jaxpr_as_fun(closed)  # type: ignore[no-any-return] # jax.extend is untyped here
    return lambda *arrays: _evaluate(closed.jaxpr, closed.consts, arrays)


def has_custom_vjp(program: Program) -> bool:
    """Whether some function in the program brings its own reverse rule, which has no forward mode."""
    return _mentions(program.jaxpr.jaxpr, "custom_vjp")


def _any_call(jaxpr: Any) -> bool:
    """Whether an equation binds Python functions beside its parameters, as calls with rules of their own do."""
    return any(
        _any_call(eqn.params["jaxpr"].jaxpr)
        if eqn.primitive.name in _INLINED
        else getattr(eqn.primitive, "call_primitive", False)
        or eqn.primitive.name.startswith(("custom_", "remat", "check"))
        for eqn in jaxpr.eqns
    )


def _mentions(jaxpr: Any, prefix: str) -> bool:
    for eqn in jaxpr.eqns:
        if eqn.primitive.name.startswith(prefix):
            return True
        for value in eqn.params.values():
            for part in value if isinstance(value, tuple | list) else (value,):
                inner = getattr(part, "jaxpr", part)
                if hasattr(inner, "eqns") and _mentions(inner, prefix):
                    return True
    return False


def _evaluate(jaxpr: Any, consts: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, arrays, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else values[atom]

    for eqn in jaxpr.eqns:
        operands = [read(atom) for atom in eqn.invars]
        if eqn.primitive.name in _INLINED:
            body = eqn.params["jaxpr"]
            results = _evaluate(body.jaxpr, body.consts, operands)
        else:
            results = eqn.primitive.bind(*operands, **eqn.params)
            results = results if eqn.primitive.multiple_results else [results]
        values.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]
