"""A program as a flat Python function of arrays, for JAX to transform.

``jit`` bodies are inlined on the way: JAX differentiates a nested ``jit`` as a function of its own, at several times the cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.program.program import Program
from gradcheck.program.tape import Tape

_INLINED = ("jit", "pjit")
_RULED = ("custom_jvp_call", "custom_vjp_call")
_STOP = "stop_gradient"


def flat_function(program: Program) -> Callable[..., list[Any]]:
    """The program as a function from flat arrays to a list of arrays; custom rules and loops are kept as they are."""
    closed = program.jaxpr
    if _any_call(closed.jaxpr):
        from jax.core import eval_jaxpr  # and not jax.extend.core, which brings Pallas along, at 50 ms

        return lambda *arrays: eval_jaxpr(closed.jaxpr, closed.consts, *arrays)
    return lambda *arrays: _evaluate(closed.jaxpr, closed.consts, arrays)


def has_custom_vjp(program: Program) -> bool:
    """Whether some function in the program brings its own reverse rule, which has no forward mode."""
    return _mentioned(program, "custom_vjp")


def without_rules(program: Program) -> Program:
    """The program with the derivative rules that functions bring along left out: what they compute, and nothing more.

    Differentiating it says what the primal's derivative is, whatever ``custom_jvp`` and ``custom_vjp`` claim.
    """
    memo = program.__dict__.setdefault("_derived", {})
    if "plain" not in memo:
        has_rules = _mentioned(program, "custom_")
        memo["plain"] = replace(program, traced=_plain(program.jaxpr, _RULED)) if has_rules else program
    plain: Program = memo["plain"]
    return plain


def without_stops(program: Program) -> Program:
    """The program with ``stop_gradient`` left out: differentiating it treats nothing as a constant."""
    memo = program.__dict__.setdefault("_derived", {})
    if "free" not in memo:
        stops = _mentioned(program, "stop_gradient")
        memo["free"] = replace(program, traced=_plain(program.jaxpr, (*_RULED, _STOP))) if stops else program
    free: Program = memo["free"]
    return free


def rules_of(program: Program) -> Iterator[str]:
    """The functions that give the program's custom derivative rules: ``kind name at file:line``."""
    return itertools.chain.from_iterable(map(_rules, _jaxprs(program)))


def _rules(jaxpr: Any) -> Iterator[str]:
    for eqn in jaxpr.eqns:
        name = eqn.primitive.name
        if name in _RULED:
            info = getattr(eqn.params.get("jvp_jaxpr_fun") or eqn.params.get("bwd"), "debug_info", None)
            rule, _, place = str(getattr(info, "func_src_info", None) or "of no known place").partition(" at ")
            file = place.replace("\\", "/").rsplit("/", 1)[-1]
            yield f"{name.removesuffix('_call')} {rule}" + (f" at {file}" if file else "")
        for inner in _inner(eqn):
            yield from _rules(inner)


def _plain(closed: Any, left_out: Sequence[str]) -> Any:
    """A closed jaxpr with every call of these primitives inlined, in the bodies of loops and branches too."""
    import jax

    avals = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in closed.jaxpr.invars]  # type: ignore[no-untyped-call] # JAX's
    with jax.enable_x64(True):
        return jax.make_jaxpr(lambda *arrays: _evaluate(closed.jaxpr, closed.consts, arrays, left_out))(*avals)


def _plain_params(params: Any, left_out: Sequence[str]) -> dict[str, Any]:
    """The parameters of an equation, with the jaxprs among them made plain."""

    def made(value: Any) -> Any:
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(made(part) for part in value))
        if isinstance(value, tuple | list):
            return type(value)(made(part) for part in value)
        if hasattr(value, "jaxpr") and hasattr(value, "consts"):
            return _plain(value, left_out) if any(_mentions(value.jaxpr, name) for name in left_out) else value
        return value

    return {name: made(value) for name, value in params.items()}


def _any_call(jaxpr: Any) -> bool:
    """Whether an equation binds Python functions beside its parameters, as calls with rules of their own do."""
    return any(
        _any_call(eqn.params["jaxpr"].jaxpr)
        if eqn.primitive.name in _INLINED
        else getattr(eqn.primitive, "call_primitive", False)
        or eqn.primitive.name.startswith(("custom_", "remat", "check"))
        for eqn in jaxpr.eqns
    )


def _jaxprs(program: Program) -> list[Any]:
    """The jaxprs in a program: it may be one, and a tape may hold some of functions that it has called."""
    if isinstance(program.traced, Tape):
        return [step.closed.jaxpr for step in program.traced.steps if step.closed is not None]
    return [program.traced.jaxpr]


def _mentioned(program: Program, prefix: str) -> bool:
    return any(_mentions(jaxpr, prefix) for jaxpr in _jaxprs(program))


def _mentions(jaxpr: Any, prefix: str) -> bool:
    for eqn in jaxpr.eqns:
        if eqn.primitive.name.startswith(prefix):
            return True
        if any(_mentions(inner, prefix) for inner in _inner(eqn)):
            return True
    return False


def _inner(eqn: Any) -> Iterator[Any]:
    """The jaxprs among the parameters of an equation: bodies of calls, loops and branches."""
    for value in eqn.params.values():
        for part in value if isinstance(value, tuple | list) else (value,):
            inner = getattr(part, "jaxpr", part)
            if hasattr(inner, "eqns"):
                yield inner


def _evaluate(jaxpr: Any, consts: Sequence[Any], arrays: Sequence[Any], left_out: Sequence[str] = ()) -> list[Any]:
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, arrays, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else values[atom]

    for eqn in jaxpr.eqns:
        operands = [read(atom) for atom in eqn.invars]
        name = eqn.primitive.name
        if name == _STOP and name in left_out:
            results = operands
        elif name in _INLINED or name in left_out:
            body = eqn.params["jaxpr" if name in _INLINED else "call_jaxpr"]
            results = _evaluate(body.jaxpr, body.consts, operands, left_out)
        else:
            results = eqn.primitive.bind(*operands, **(_plain_params(eqn.params, left_out) if left_out else eqn.params))
            results = results if eqn.primitive.multiple_results else [results]
        values.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]
