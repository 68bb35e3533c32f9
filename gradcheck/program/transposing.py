"""The transpose of a linear program, by JAX's own transposition rules, without tracing the program anew for it.

A program that is linear in its first input, ``(t, *x) ↦ A(x) t``, is walked backwards as reverse mode does: what does not
depend on t is computed, and a cotangent is pulled through every other step by the rule that JAX has for its primitive.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def transposable(closed: Any) -> bool:
    """Whether every step that depends on the first input is a plain primitive with a rule, and not a call or a loop."""
    from jax.interpreters import ad

    linear = {closed.jaxpr.invars[0]}
    for eqn in closed.jaxpr.eqns:
        if not linear.isdisjoint(_variables(eqn)):
            plain = not eqn.primitive.multiple_results and not eqn.effects and not _bodies(eqn.params)
            if not plain or eqn.primitive not in ad.primitive_transposes:
                return False
            linear.update(eqn.outvars)
    return True


def pulled_back(closed: Any, cotangents: Sequence[Any], inputs: Sequence[Any]) -> Any:
    """Aᵀ(x) applied to the cotangents, one an output; `inputs` are the x.

    Raises:
        Exception: what JAX raises where a rule refuses.
    """
    import jax.interpreters.ad

    ad: Any = jax.interpreters.ad  # whose functions have no types
    (first, *others), jaxpr = closed.jaxpr.invars, closed.jaxpr
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, closed.consts, strict=True))
    values.update(zip(others, inputs, strict=True))
    linear, steps = {first}, []

    def read(atom: Any) -> Any:
        if hasattr(atom, "val"):
            return atom.val
        return ad.UndefinedPrimal(atom.aval) if atom in linear else values[atom]

    for eqn in jaxpr.eqns:
        if linear.isdisjoint(_variables(eqn)):
            results = eqn.primitive.bind(*map(read, eqn.invars), **eqn.params)
            values.update(zip(eqn.outvars, results if eqn.primitive.multiple_results else [results], strict=True))
        else:
            linear.update(eqn.outvars)
            steps.append(eqn)
    pending: dict[Any, Any] = {}

    def add(atom: Any, cotangent: Any) -> None:
        if atom in pending:
            cotangent = ad.add_jaxvals(pending[atom], cotangent)
        pending[atom] = cotangent

    for atom, cotangent in zip(jaxpr.outvars, cotangents, strict=True):
        if not hasattr(atom, "val") and atom in linear:
            add(atom, cotangent)
    for eqn in reversed(steps):
        (result,) = eqn.outvars
        if result not in pending:
            continue
        operands = [read(atom) for atom in eqn.invars]
        found = ad.get_primitive_transpose(eqn.primitive)(pending.pop(result), *operands, **eqn.params)
        for atom, operand, cotangent in zip(eqn.invars, operands, found, strict=True):
            if ad.is_undefined_primal(operand) and cotangent is not None and type(cotangent) is not ad.Zero:
                add(atom, cotangent)
    return pending[first] if first in pending else ad.zeros_like_aval(first.aval)


def _variables(eqn: Any) -> list[Any]:
    return [atom for atom in eqn.invars if not hasattr(atom, "val")]


def _bodies(params: Any) -> bool:
    """Whether a parameter is a program of its own."""
    return any(
        hasattr(part, "jaxpr") or hasattr(part, "eqns")
        for value in params.values()
        for part in (value if isinstance(value, tuple | list) else (value,))
    )
