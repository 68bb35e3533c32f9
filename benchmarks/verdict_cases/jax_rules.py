"""JAX functions with the rules that they bring along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verdict_cases.case import Case, numbers, problem


def with_vjp(primal: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    """The primal with a reverse rule ``backward(cotangent, *args)`` of its own."""
    import jax

    f = jax.custom_vjp(primal)
    f.defvjp(lambda *args: (primal(*args), args), lambda args, g: backward(g, *args))
    return f


def with_jvp(primal: Callable[..., Any], forward: Callable[..., Any]) -> Any:
    """The primal with a forward rule ``forward(tangent, x)`` of its own."""
    import jax

    f = jax.custom_jvp(primal)
    f.defjvp(lambda primals, tangents: (primal(*primals), forward(tangents[0], *primals)))
    return f


def own(name: str, f: Any, args: tuple[Any, ...], *, right: bool) -> list[Case]:
    """One case of a function with its own rule."""
    return problem(
        "JAX rules", name, f, args, "own", right={"": f} if right else None, wrong=None if right else {"": f}
    )


def cases() -> list[Case]:
    """All of this family."""
    import jax
    import jax.numpy as jnp

    x, y = numbers(280, 3), numbers(281, 3)

    def log1pexp(x: Any) -> Any:
        return jnp.log1p(jnp.exp(x))

    def clipped(x: Any) -> Any:
        return jnp.clip(x, -1, 1)

    def guarded(x: Any) -> Any:
        return jnp.where(x > 0, jnp.sqrt(x), 0.0)

    def doubly_guarded(x: Any) -> Any:
        return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)

    def detached(x: Any) -> Any:
        return x * jax.lax.stop_gradient(jnp.sin(x))

    def rounded(x: Any) -> Any:
        return x + jax.lax.stop_gradient(jnp.round(x) - x)

    def product(x: Any, y: Any) -> Any:
        return x * y

    def total(x: Any) -> Any:
        return jnp.sum(jnp.tanh(x))

    def scanned(x: Any) -> Any:
        return jax.lax.scan(lambda h, row: (jnp.tanh(h + row), h), 0.0, x)[0]

    def erf_gelu(x: Any) -> Any:
        return 0.5 * x * (1 + jax.scipy.special.erf(x / jnp.sqrt(2.0)))

    def erf_gelu_derivative(x: Any, *, density: bool = True) -> Any:
        phi = 0.5 * (1 + jax.scipy.special.erf(x / jnp.sqrt(2.0)))
        return phi + x * jnp.exp(-(x**2) / 2) / jnp.sqrt(2 * jnp.pi) if density else phi

    def log_gamma(x: Any) -> Any:
        return jax.scipy.special.gammaln(x)

    return [
        *own("log1pexp", with_jvp(log1pexp, lambda t, x: (1 - 1 / (1 + jnp.exp(x))) * t), (x,), right=True),
        *own("log1pexp, sign", with_jvp(log1pexp, lambda t, x: (1 + 1 / (1 + jnp.exp(x))) * t), (x,), right=False),
        *own("clip", with_vjp(clipped, lambda g, x: (jnp.where(jnp.abs(x) < 1, g, 0.0),)), (x,), right=True),
        *own("clip, straight through", with_vjp(clipped, lambda g, x: (g,)), (np.array([0.2, -0.5]),), right=False),
        *own("product", with_vjp(product, lambda g, x, y: (g * y, g * x)), (x, y), right=True),
        *own("product, swapped", with_vjp(product, lambda g, x, y: (g * x, g * y)), (x, y), right=False),
        *own("tanh", with_vjp(total, lambda g, x: (g * (1 - jnp.tanh(x) ** 2),)), (x,), right=True),
        *own("tanh, cotangent ignored", with_vjp(total, lambda g, x: (1 - jnp.tanh(x) ** 2,)), (x,), right=False),
        *own(
            "tanh, off by 1e-7", with_vjp(total, lambda g, x: (g * (1.0000001 - jnp.tanh(x) ** 2),)), (x,), right=False
        ),
        *own("plain autodiff of a scan", scanned, (x,), right=True),
        *own("where-NaN", guarded, (np.array([-1.0, 0.5, 2.0]),), right=False),
        *own("where-NaN mended", doubly_guarded, (np.array([-1.0, 0.5, 2.0]),), right=True),
        *own("stop_gradient forgotten", detached, (x,), right=False),
        *own("straight-through rounding", rounded, (np.array([0.3, 1.2]),), right=False),
        *problem(
            "JAX rules",
            "GELU by erf",
            erf_gelu,
            (x,),
            "derivative",
            right=erf_gelu_derivative,
            wrong={"density lost": lambda x: erf_gelu_derivative(x, density=False)},
        ),
        *problem(
            "JAX rules",
            "log-gamma",
            log_gamma,
            (np.array([0.5, 1.5, 4.0]),),
            "derivative",
            right=jax.scipy.special.digamma,
            wrong={"logarithm, its tail": jnp.log},
        ),
    ]
