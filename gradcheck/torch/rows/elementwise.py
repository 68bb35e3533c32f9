"""Operations on one entry at a time, and what converts, copies and fills."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from gradcheck.torch.rows import Operation, Row, aware


def power(x: Any, exponent: Any) -> Any:
    """x to a power; a whole exponent given as a number is repeated multiplication, also for negative x."""
    if isinstance(exponent, int | float) and float(exponent).is_integer() and abs(exponent) <= 64:
        return (
            lax.integer_pow(x, int(exponent)) if hasattr(x, "dtype") and x.dtype.kind in "fcV" else x ** int(exponent)
        )
    if isinstance(exponent, float) and abs(exponent) == 0.5:
        return jnp.sqrt(x) if exponent > 0 else 1 / jnp.sqrt(x)
    return jnp.power(x, exponent)


def divide(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    """x / y, as it is, rounded down ("floor") or towards zero ("trunc")."""
    if rounding_mode == "floor":
        return jnp.floor_divide(x, y)
    return jnp.trunc(x / y) if rounding_mode == "trunc" else jnp.true_divide(x, y)


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:  # noqa: A002 - the schema's names
    """x between bounds; of two bounds that cross, the upper."""
    x = x if min is None else jnp.maximum(x, min)
    return x if max is None else jnp.minimum(x, max)


def gelu(x: Any, *, approximate: str = "none") -> Any:
    """x Φ(x), or its approximation by tanh."""
    if approximate == "tanh":
        return 0.5 * x * (1 + jnp.tanh(jnp.sqrt(2 / jnp.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + special.erf(x / jnp.sqrt(jnp.asarray(2, dtype=x.dtype))))


def softplus(x: Any, beta: float = 1, threshold: float = 20) -> Any:
    """log(1 + exp(βx)) / β, and x where βx exceeds the threshold."""
    return jnp.where(x * beta > threshold, x, jnp.logaddexp(x * beta, jnp.zeros_like(x)) / beta)


def softplus_backward(g: Any, x: Any, beta: float, threshold: float) -> Any:
    """g σ(βx), and g where βx exceeds the threshold."""
    return jnp.where(x * beta > threshold, g, g * jax.nn.sigmoid(x * beta))


def elu(x: Any, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Any:
    """scale · x for x > 0, scale · α (exp(input_scale · x) − 1) elsewhere."""
    return jnp.where(x > 0, scale * x, scale * alpha * jnp.expm1(jnp.minimum(input_scale * x, 0)))


def nan_to_num(x: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Any:
    """x with numbers for NaN and infinities."""
    return jnp.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


def scaled(x: Any, alpha: Any) -> Any:
    """α x, without a multiplication by one."""
    return x if isinstance(alpha, int | float) and alpha == 1 else alpha * x


def rounded(x: Any, *, decimals: int = 0) -> Any:
    """x rounded to decimals, half to even."""
    return jnp.round(x, decimals)


@aware
def filled(operation: Operation, x: Any, *args: Any, **kwargs: Any) -> Any:
    """``full_like(x, value)``, ``new_full(x, size, value)``, ``fill(x, value)``."""
    value = kwargs.get("fill_value", args[-1] if args else None)
    return jnp.broadcast_to(jnp.asarray(value), operation.shape)


def _constant(value: float) -> Row:
    @aware
    def row(operation: Operation, *args: Any, **kwargs: Any) -> Any:
        return jnp.full(operation.shape, value)

    return row


ROWS: dict[str, Row] = {
    # rounding and signs
    "abs": jnp.abs,
    "neg": jnp.negative,
    "sign": jnp.sign,
    "sgn": jnp.sign,
    "floor": jnp.floor,
    "ceil": jnp.ceil,
    "trunc": jnp.trunc,
    "round": rounded,
    "frac": lambda x: x - jnp.trunc(x),
    "reciprocal": lambda x: 1 / x,
    # powers, exponentials, logarithms
    "sqrt": jnp.sqrt,
    "rsqrt": lambda x: 1 / jnp.sqrt(x),
    "exp": jnp.exp,
    "exp2": jnp.exp2,
    "expm1": jnp.expm1,
    "log": jnp.log,
    "log2": lambda x: jnp.log(x) / jnp.log(jnp.asarray(2, dtype=x.dtype)),
    "log10": lambda x: jnp.log(x) / jnp.log(jnp.asarray(10, dtype=x.dtype)),
    "log1p": jnp.log1p,
    "pow": power,
    # trigonometric and hyperbolic
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "atan2": jnp.arctan2,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asinh": jnp.arcsinh,
    "acosh": jnp.arccosh,
    "atanh": jnp.arctanh,
    "sinc": jnp.sinc,
    # special functions
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "lgamma": special.gammaln,
    "digamma": special.digamma,
    "polygamma": lambda n, x: special.polygamma(n, x),
    "xlogy": special.xlogy,
    "special_xlog1py": special.xlog1py,
    "special_entr": special.entr,
    "i0": special.i0,
    "special_i0e": special.i0e,
    "special_i1": special.i1,
    "special_i1e": special.i1e,
    "special_ndtri": special.ndtri,
    # Of the terms of its series as many as make 30 digits; with the usual three it is right to nine.
    "special_log_ndtr": functools.partial(special.log_ndtr, series_order=30),
    "special_zeta": special.zeta,
    "igamma": special.gammainc,
    "igammac": special.gammaincc,
    # arithmetic of two
    "add": lambda x, y, *, alpha=1: x + scaled(y, alpha),
    "sub": lambda x, y, *, alpha=1: x - scaled(y, alpha),
    "rsub": lambda x, y, alpha=1: y - scaled(x, alpha),
    "mul": lambda x, y: x * y,
    "div": divide,
    "floor_divide": jnp.floor_divide,
    "fmod": jnp.fmod,
    "remainder": jnp.remainder,
    "hypot": lambda x, y: jnp.sqrt(x * x + y * y),
    "logaddexp": jnp.logaddexp,
    "logaddexp2": lambda x, y: jnp.logaddexp(x * jnp.log(2.0), y * jnp.log(2.0)) / jnp.log(2.0),
    "maximum": jnp.maximum,
    "minimum": jnp.minimum,
    "fmax": jnp.fmax,
    "fmin": jnp.fmin,
    "copysign": jnp.copysign,
    "addcmul": lambda x, a, b, *, value=1: x + scaled(a * b, value),
    "addcdiv": lambda x, a, b, *, value=1: x + scaled(a / b, value),
    "lerp": lambda a, b, weight: a + weight * (b - a),
    "clamp": clamp,
    "clamp_min": jnp.maximum,
    "clamp_max": jnp.minimum,
    # comparisons and logic
    "eq": lambda x, y: jnp.equal(x, y),
    "ne": lambda x, y: jnp.not_equal(x, y),
    "lt": lambda x, y: jnp.less(x, y),
    "le": lambda x, y: jnp.less_equal(x, y),
    "gt": lambda x, y: jnp.greater(x, y),
    "ge": lambda x, y: jnp.greater_equal(x, y),
    "isnan": jnp.isnan,
    "isinf": jnp.isinf,
    "signbit": jnp.signbit,
    "logical_not": jnp.logical_not,
    "logical_and": jnp.logical_and,
    "logical_or": jnp.logical_or,
    "logical_xor": jnp.logical_xor,
    "bitwise_not": jnp.bitwise_not,
    "bitwise_and": jnp.bitwise_and,
    "bitwise_or": jnp.bitwise_or,
    "bitwise_xor": jnp.bitwise_xor,
    "where": lambda mask, on, off: jnp.where(mask, on, off),
    "masked_fill": lambda x, mask, value: jnp.where(mask, value, x),
    "nan_to_num": nan_to_num,
    # complex numbers
    "complex": lax.complex,
    "polar": lambda r, angle: lax.complex(r * jnp.cos(angle), r * jnp.sin(angle)),
    "angle": jnp.angle,
    "_conj_physical": jnp.conj,
    # activations, where torch's decomposition is longer
    "relu": lambda x: jnp.maximum(x, 0),
    "threshold": lambda x, threshold, value: jnp.where(x <= threshold, value, x),
    "threshold_backward": lambda g, x, threshold: jnp.where(x <= threshold, 0, g),
    "leaky_relu": lambda x, slope=0.01: jnp.where(x > 0, x, slope * x),
    "leaky_relu_backward": lambda g, x, slope, is_result: jnp.where(x > 0, g, slope * g),
    "sigmoid": jax.nn.sigmoid,
    "sigmoid_backward": lambda g, y: g * y * (1 - y),
    "tanh_backward": lambda g, y: g * (1 - y * y),
    "silu": lambda x: x * jax.nn.sigmoid(x),
    "gelu": gelu,
    "softplus": softplus,
    "softplus_backward": softplus_backward,
    "elu": elu,
    "log_sigmoid_forward": lambda x: (-jnp.logaddexp(-x, jnp.zeros_like(x)), jnp.exp(-jnp.abs(x))),
    "log_sigmoid_backward": lambda g, x, buffer: g * jax.nn.sigmoid(-x),
    "hardshrink": lambda x, lambd=0.5: jnp.where(jnp.abs(x) <= lambd, 0, x),
    "hardshrink_backward": lambda g, x, lambd: jnp.where(jnp.abs(x) <= lambd, 0, g),
    "softshrink": lambda x, lambd=0.5: jnp.where(jnp.abs(x) <= lambd, 0, x - jnp.sign(x) * lambd),
    "softshrink_backward": lambda g, x, lambd: jnp.where(jnp.abs(x) <= lambd, 0, g),
    # copies, conversions, constants
    "clone": lambda x: x,
    "_to_copy": lambda x, *, dtype=None: x,
    "to": lambda x, *args: x,
    "copy_": lambda x, source: source,
    "fill": lambda x, value: jnp.broadcast_to(jnp.asarray(value), x.shape),
    "zero": lambda x: jnp.zeros_like(x),
    "full_like": filled,
    "new_full": filled,
    "zeros_like": _constant(0),
    "new_zeros": _constant(0),
    "ones_like": _constant(1),
    "new_ones": _constant(1),
    "empty_like": _constant(0),
    "new_empty": _constant(0),
    "new_empty_strided": _constant(0),
}
