"""The functions that the number systems are meant to cover, with arguments at generic points: a long list, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

jsp = jax.scipy.special


class Entry(NamedTuple):
    """A function, its arguments, the leaf to differentiate in, and the accuracy that XLA has there."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    leaf: int | None = 0
    relative: float = 1e-13


_rng = np.random.default_rng(20240614)


def _array(*shape: int, low: float = -2.0, high: float = 2.0) -> Any:
    return _rng.uniform(low, high, shape)


V, W, U = _array(5), _array(5), _array(5, low=0.1, high=0.9)  # vectors; U lies in the unit interval
P, Q = _array(5, low=0.3, high=3.0), _array(5, low=0.3, high=3.0)  # positive
A, B, C = _array(3, 4), _array(4, 2), _array(3, 4)
S = _array(3, 3) + 3 * np.eye(3)
SPD = S @ S.T + np.eye(3)
T3 = _array(2, 3, 4)
IMAGE, KERNEL = _array(2, 3, 6, 5), _array(4, 3, 3, 2)
LINE, TAPS = _array(2, 3, 9), _array(4, 3, 3)
MASK = np.array([True, False, True, True, False])
LABELS = np.array([2, 0, 3])

CATALOGUE: dict[str, Entry] = {}

for _name in [
    "relu",
    "relu6",
    "sigmoid",
    "softplus",
    "sparse_plus",
    "soft_sign",
    "silu",
    "swish",
    "log_sigmoid",
    "leaky_relu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "elu",
    "celu",
    "selu",
    "gelu",
    "squareplus",
    "mish",
    "identity",
    "log_softmax",
    "softmax",
    "logsumexp",
    "standardize",
    "tanh",
    "sparse_sigmoid",
]:
    CATALOGUE[f"jax.nn.{_name}"] = Entry(getattr(jax.nn, _name), (V,))
CATALOGUE |= {
    "jax.nn.gelu exact": Entry(lambda x: jax.nn.gelu(x, approximate=False), (V,)),
    "jax.nn.glu": Entry(jax.nn.glu, (A,)),
    "jax.nn.elu with alpha": Entry(lambda x: jax.nn.elu(x, 0.3), (V,)),
    "jax.nn.one_hot": Entry(lambda x: jax.nn.one_hot(LABELS, 4) * x, (A,)),
    "jax.nn.softmax along axis 0": Entry(lambda x: jax.nn.softmax(x, axis=0), (A,)),
    "jax.nn.dot_product_attention": Entry(  # JAX computes its softmax in float32, off by 6e-8 of the largest entries
        lambda q: jax.nn.dot_product_attention(q, q + 1, q * 2), (_array(1, 3, 2, 4),), relative=2e-4
    ),
}
for _name in [
    "exp",
    "exp2",
    "expm1",
    "sin",
    "cos",
    "tan",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "square",
    "negative",
    "abs",
    "fabs",
    "sign",
    "floor",
    "ceil",
    "rint",
    "trunc",
    "cbrt",
    "sinc",
    "reciprocal",
    "positive",
    "deg2rad",
    "rad2deg",
    "radians",
    "degrees",
    "nan_to_num",
    "isnan",
    "isfinite",
    "isinf",
    "i0",
    "ones_like",
    "zeros_like",
]:
    CATALOGUE[f"jnp.{_name}"] = Entry(getattr(jnp, _name), (V,))
for _name in ["sqrt", "log", "log2", "log10", "log1p"]:
    CATALOGUE[f"jnp.{_name}"] = Entry(getattr(jnp, _name), (P,))
for _name in ["arcsin", "arccos", "arctanh"]:
    CATALOGUE[f"jnp.{_name}"] = Entry(getattr(jnp, _name), (U,))
CATALOGUE["jnp.arccosh"] = Entry(jnp.arccosh, (P + 1,))
for _name in [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "hypot",
    "arctan2",
    "logaddexp",
    "logaddexp2",
    "heaviside",
    "remainder",
    "mod",
    "fmod",
    "floor_divide",
    "less",
    "greater",
    "equal",
    "not_equal",
    "less_equal",
    "greater_equal",
    "float_power",
    "power",
]:
    CATALOGUE[f"jnp.{_name}"] = Entry(getattr(jnp, _name), (P, Q))
CATALOGUE |= {
    "jnp.power whole": Entry(lambda x: jnp.power(x, 3), (V,)),
    "jnp.power negative": Entry(lambda x: x**-2, (V,)),
    "jnp.power integer array": Entry(lambda x: jnp.power(x, np.array([0, 1, 2, 3, -1])), (V,)),
    "jnp.power in the exponent": Entry(lambda y: jnp.power(P, y), (V,)),
    "jnp.clip": Entry(lambda x: jnp.clip(x, -0.5, 0.7), (V,)),
    "jnp.round to 1 decimal": Entry(lambda x: jnp.round(x, 1), (V,)),
    "lax.round away from zero": Entry(lambda x: lax.round(x * 2, lax.RoundingMethod.AWAY_FROM_ZERO), (V,)),
    "jnp.where": Entry(lambda x: jnp.where(x > 0.3, jnp.sin(x), x * x), (V,)),
    "jnp.select": Entry(lambda x: jnp.select([x < -1, x < 0, x < 1], [x, x * x, jnp.exp(x)], 3.0), (V,)),
    "jnp.piecewise": Entry(lambda x: jnp.piecewise(x, [x < 0, x >= 0], [lambda v: -v * v, jnp.sin]), (V,)),
    "lax.clamp": Entry(lambda x: lax.clamp(-0.5, x, 0.5), (V,)),
    "lax.rsqrt": Entry(lax.rsqrt, (P,)),
    "lax.integer_pow": Entry(lambda x: lax.integer_pow(x, 7), (V,)),
    "lax.select_n of three": Entry(lambda x: lax.select_n(np.array([0, 1, 2, 1, 0]), x, x * x, jnp.sin(x)), (V,)),
    "logical": Entry(lambda x: jnp.where(jnp.logical_and(x > -1, ~(x > 1)) ^ (x < -1.5), x, 2 * x), (V,)),
}
for _name in [
    "sum",
    "prod",
    "max",
    "min",
    "mean",
    "var",
    "std",
    "ptp",
    "median",
    "cumsum",
    "cumprod",
    "argmax",
    "argmin",
    "sort",
    "argsort",
    "nansum",
    "nanmean",
]:
    CATALOGUE[f"jnp.{_name}"] = Entry(getattr(jnp, _name), (A,))
    CATALOGUE[f"jnp.{_name} along axis 1"] = Entry(lambda x, name=_name: getattr(jnp, name)(x, axis=1), (A,))
CATALOGUE |= {
    "jnp.all": Entry(lambda x: jnp.all(x > -3, axis=0), (A,)),
    "jnp.any": Entry(lambda x: jnp.any(x > 1, axis=0), (A,)),
    "jnp.count_nonzero": Entry(lambda x: jnp.count_nonzero(x > 0), (A,)),
    "jnp.quantile": Entry(lambda x: jnp.quantile(x, 0.3, axis=1), (A,), relative=1e-12),
    "jnp.percentile": Entry(lambda x: jnp.percentile(x, 60.0), (A,), relative=1e-12),
    "jnp.average": Entry(lambda x: jnp.average(x, weights=C), (A,)),
    "jnp.cov": Entry(jnp.cov, (A,)),
    "jnp.corrcoef": Entry(jnp.corrcoef, (A,)),
    "jnp.diff": Entry(jnp.diff, (A,)),
    "jnp.gradient": Entry(jnp.gradient, (V,)),
    "jnp.trapezoid": Entry(jnp.trapezoid, (V,)),
    "jnp.interp": Entry(lambda x: jnp.interp(x, np.linspace(-2, 2, 6), np.array([1.0, 3.0, 2.0, 5.0, 4.0, 0.5])), (V,)),
    "jnp.polyval": Entry(lambda x: jnp.polyval(np.array([1.0, -2.0, 0.5]), x), (V,)),
    "jnp.convolve": Entry(lambda x: jnp.convolve(x, np.array([1.0, 2.0, -1.0])), (V,)),
    "jnp.correlate": Entry(lambda x: jnp.correlate(x, np.array([1.0, 2.0, -1.0])), (V,)),
    "lax.cumsum reversed": Entry(lambda x: lax.cumsum(x, axis=1, reverse=True), (A,)),
    "lax.cummax": Entry(lambda x: lax.cummax(x, axis=1), (A,)),
    "lax.cummin reversed": Entry(lambda x: lax.cummin(x, axis=0, reverse=True), (A,)),
    "lax.cumlogsumexp": Entry(lambda x: lax.cumlogsumexp(x, axis=1), (A,)),
    "lax.top_k": Entry(lambda x: lax.top_k(x, 2), (A,)),
    "lax.sort with a value": Entry(lambda x: lax.sort([x, x * x], dimension=0, num_keys=1), (V,)),
    "jnp.lexsort": Entry(lambda x: x[jnp.lexsort((x, np.array([1, 0, 1, 0, 1])))], (V,)),
    "jnp.sort descending": Entry(lambda x: jnp.sort(x, descending=True), (V,)),
    "jnp.searchsorted": Entry(lambda x: jnp.searchsorted(jnp.sort(x), 0.1), (V,)),
}
CATALOGUE |= {
    "matmul": Entry(lambda a: a @ B, (A,)),
    "matmul on the right": Entry(lambda b: A @ b, (B,)),
    "matmul in both": Entry(lambda a: a @ a.T, (A,)),
    "matmul batched": Entry(lambda t: t @ jnp.swapaxes(t, 1, 2), (T3,)),
    "matvec": Entry(lambda a: a @ np.arange(4.0), (A,)),
    "dot": Entry(lambda v: jnp.dot(v, W), (V,)),
    "vdot": Entry(lambda v: jnp.vdot(v, v), (V,)),
    "inner": Entry(lambda a: jnp.inner(a, C), (A,)),
    "outer": Entry(lambda v: jnp.outer(v, v), (V,)),
    "einsum": Entry(lambda t: jnp.einsum("bij,bkj->bik", t, T3 * 2), (T3,)),
    "einsum trace": Entry(lambda s: jnp.einsum("ii", s), (S,)),
    "einsum of three": Entry(lambda v: jnp.einsum("i,ij,j->", v[:3], A, v[:4]), (V,)),
    "tensordot": Entry(lambda t: jnp.tensordot(t, A, axes=([1, 2], [0, 1])), (T3,)),
    "kron": Entry(lambda v: jnp.kron(v[:2], A), (V,)),
    "cross": Entry(lambda v: jnp.cross(v[:3], W[:3]), (V,)),
    "trace": Entry(jnp.trace, (S,)),
    "matmul large": Entry(lambda a: a @ jnp.ones((30, 4)) * 0.1, (_array(2, 30),)),
}
CATALOGUE |= {
    "index static": Entry(lambda v: v[2] * v[-1], (V,)),
    "slice": Entry(lambda a: a[1:, ::2], (A,)),
    "slice reversed": Entry(lambda v: v[::-1], (V,)),
    "index array": Entry(lambda v: v[np.array([4, 0, 0, 2])], (V,)),
    "index pairs": Entry(lambda a: a[np.arange(3), LABELS], (A,)),
    "index mixed": Entry(lambda t: t[:, np.array([0, 2]), 1:3], (T3,)),
    "index traced": Entry(lambda a, i: a[jnp.arange(3), i], (A, LABELS)),
    "boolean mask of fixed size": Entry(lambda v: v[MASK], (V,)),
    "take": Entry(lambda a: jnp.take(a, np.array([1, 3]), axis=1), (A,)),
    "take filling": Entry(lambda v: v.at[np.array([1, 7])].get(mode="fill", fill_value=2.0), (V,)),
    "take_along_axis": Entry(lambda a: jnp.take_along_axis(a, LABELS[:, None], axis=1), (A,)),
    "at set": Entry(lambda v: v.at[np.array([0, 3])].set(v[:2] * 2), (V,)),
    "at set slice": Entry(lambda a: a.at[1, 1:3].set(7.0), (A,)),
    "at set mask": Entry(lambda v: v.at[MASK].set(0.5), (V,)),
    "at add": Entry(lambda v: v.at[np.array([0, 0, 3])].add(v[:3]), (V,)),
    "at multiply": Entry(lambda v: v.at[np.array([1, 0, 3])].multiply(v[:3], unique_indices=True), (V,)),
    "at multiply repeated": Entry(lambda v: v.at[np.array([0, 0, 3])].multiply(v[:3]), (V,), leaf=None),  # JAX: no rule
    "at max": Entry(lambda v: v.at[np.array([0, 0, 3])].max(v[1:4]), (V,)),
    "at min": Entry(lambda v: v.at[np.array([0, 0, 3])].min(v[1:4]), (V,)),
    "at subtract": Entry(lambda v: v.at[np.array([0, 0, 3])].subtract(v[:3]), (V,)),
    "at divide": Entry(lambda v: v.at[np.array([1, 2])].divide(P[:2]), (V,)),
    "at power": Entry(lambda v: v.at[np.array([1, 2])].power(2.0), (P,)),
    "at add dropped": Entry(lambda v: v.at[np.array([1, 9])].add(1.0, mode="drop"), (V,)),
    "at add batched": Entry(lambda a: a.at[:, LABELS].add(A[:, :3]), (A,)),
    "dynamic_slice": Entry(lambda v, i: lax.dynamic_slice(v, (i,), (2,)), (V, np.array(7))),
    "dynamic_update_slice": Entry(lambda v, i: lax.dynamic_update_slice(v, v[:2] * 3, (i,)), (V, np.array(2))),
    "concatenate": Entry(lambda a: jnp.concatenate([a, C, a * 2], axis=1), (A,)),
    "stack": Entry(lambda v: jnp.stack([v, W, v * v], axis=1), (V,)),
    "split": Entry(lambda a: jnp.split(a, [1, 3], axis=1), (A,)),
    "unstack": Entry(lambda a: jnp.unstack(a, axis=1), (A,)),
    "tile": Entry(lambda a: jnp.tile(a, (2, 1)), (A,)),
    "repeat": Entry(lambda a: jnp.repeat(a, 2, axis=1), (A,)),
    "roll": Entry(lambda a: jnp.roll(a, 1, axis=1), (A,)),
    "pad": Entry(lambda a: jnp.pad(a, ((1, 2), (0, 1)), constant_values=0.5), (A,)),
    "pad reflecting": Entry(lambda v: jnp.pad(v, 2, mode="reflect"), (V,)),
    "lax.pad inner and negative": Entry(lambda a: lax.pad(a, 0.5, ((1, -1, 2), (-1, 1, 0))), (A,)),
    "transpose": Entry(lambda t: jnp.transpose(t, (2, 0, 1)), (T3,)),
    "reshape": Entry(lambda t: t.reshape(4, 6), (T3,)),
    "flip": Entry(lambda a: jnp.flip(a, axis=1), (A,)),
    "diag": Entry(jnp.diag, (V,)),
    "diagonal": Entry(jnp.diagonal, (S,)),
    "tril": Entry(jnp.tril, (S,)),
    "triu": Entry(jnp.triu, (S,)),
    "broadcast_to": Entry(lambda v: jnp.broadcast_to(v, (2, 5)), (V,)),
    "meshgrid": Entry(lambda v: jnp.meshgrid(v, W), (V,)),
    "block": Entry(lambda s: jnp.block([[s, S], [S, s]]), (S,)),
    "fill_diagonal": Entry(lambda s: jnp.fill_diagonal(s, 1.0, inplace=False), (S,)),
}


def _conv(lhs: Any, rhs: Any, **options: Any) -> Any:
    return lax.conv_general_dilated(lhs, rhs, **{"window_strides": (1, 1), "padding": "VALID", **options})


def _pooled(x: Any, strides: tuple[int, ...] = (1, 1, 1, 1), padding: str = "VALID") -> Any:
    return lax.reduce_window(x, -np.inf, lax.max, (1, 1, 2, 2), strides, padding)


CATALOGUE |= {
    "convolution": Entry(lambda x: _conv(x, KERNEL), (IMAGE,)),
    "convolution in its kernel": Entry(lambda k: _conv(IMAGE, k), (KERNEL,)),
    "convolution with strides and padding": Entry(
        lambda x: _conv(x, KERNEL, window_strides=(2, 1), padding=((1, 0), (2, 1))), (IMAGE,)
    ),
    "convolution dilated": Entry(
        lambda x: _conv(x, KERNEL, padding=((0, 1), (1, 0)), lhs_dilation=(2, 1), rhs_dilation=(1, 2)), (IMAGE,)
    ),
    "convolution in groups": Entry(lambda x: _conv(x, KERNEL[:3, :1], feature_group_count=3, padding="SAME"), (IMAGE,)),
    "convolution in batch groups": Entry(lambda x: _conv(x, KERNEL, batch_group_count=2), (IMAGE,)),
    "convolution channels last": Entry(
        lambda x: _conv(x, np.moveaxis(KERNEL, (0, 1), (3, 2)), dimension_numbers=("NHWC", "HWIO", "NHWC")),
        (np.moveaxis(IMAGE, 1, 3),),
    ),
    "convolution in one dimension": Entry(lambda x: _conv(x, TAPS, window_strides=(2,), padding="SAME"), (LINE,)),
    "convolution transposed": Entry(
        lambda x: lax.conv_transpose(x, TAPS, (2,), "SAME", dimension_numbers=("NCH", "OIH", "NCH")), (LINE,)
    ),
    "max pooling": Entry(
        lambda x: lax.reduce_window(x, -np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 1), "SAME"), (IMAGE,)
    ),
    "min pooling": Entry(
        lambda x: lax.reduce_window(x, np.inf, lax.min, (1, 1, 2, 2), (1, 1, 1, 1), "VALID"), (IMAGE,)
    ),
    "max pooling backward": Entry(
        lambda x: jax.grad(lambda y: jnp.sum(jnp.sin(_pooled(y) * y[:, :, 1:, 1:])))(x), (IMAGE,), leaf=None
    ),
    "max pooling backward in the cotangent": Entry(
        lambda ct: jax.vjp(lambda y: _pooled(y, (1, 1, 2, 2), "SAME"), IMAGE)[1](ct)[0], (_array(2, 3, 3, 3),)
    ),
    "min pooling backward in the cotangent": Entry(
        lambda ct: jax.vjp(lambda y: -_pooled(-y, (1, 1, 1, 2), "SAME"), IMAGE)[1](ct)[0], (_array(2, 3, 6, 3),)
    ),
    "max pooling forward": Entry(lambda t: jax.jvp(_pooled, (IMAGE,), (t,))[1], (IMAGE[::-1] * 2,)),
    "sum pooling": Entry(lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 1, 3, 2), (1, 1, 1, 2), "SAME"), (IMAGE,)),
}
CATALOGUE |= {  # to as many digits as LAPACK has where eigenvalues are a few percent apart
    "jnp.linalg.eigvalsh": Entry(jnp.linalg.eigvalsh, (SPD,), relative=1e-11),
    "jnp.linalg.eigh": Entry(lambda s: jnp.linalg.eigh(s)[1], (SPD,), relative=1e-11),
    "jnp.linalg.eigh of a product": Entry(lambda a: jnp.linalg.eigh(a.T @ a)[0][2:], (A,), relative=1e-11),
    "jnp.linalg.eigh upper": Entry(
        lambda s: jnp.linalg.eigh(s, UPLO="U", symmetrize_input=False)[0], (SPD,), relative=1e-11
    ),
    "jnp.linalg.svd values": Entry(lambda a: jnp.linalg.svd(a, compute_uv=False), (A,), relative=1e-11),
    "jnp.linalg.svd left": Entry(lambda a: jnp.linalg.svd(a, full_matrices=False)[0], (B,), relative=1e-11),
    "jnp.linalg.svd right": Entry(lambda a: jnp.linalg.svd(a, full_matrices=False)[2], (B,), relative=1e-11),
    "jnp.linalg.svd left of a wide one": Entry(
        lambda a: jnp.linalg.svd(a.T, full_matrices=False)[0], (B,), relative=1e-11
    ),
    "jnp.linalg.svd square": Entry(lambda a: jnp.linalg.svd(a)[2], (S,), relative=1e-11),
    "jnp.linalg.qr q": Entry(lambda a: jnp.linalg.qr(a)[0], (B,), relative=1e-12),
    "jnp.linalg.qr r": Entry(lambda a: jnp.linalg.qr(a)[1], (B,), relative=1e-12),
    "jnp.linalg.qr of a wide one": Entry(lambda a: jnp.linalg.qr(a)[1], (A,), relative=1e-12),
}
for _name in ["erf", "erfc", "log_ndtr", "ndtr", "expit", "digamma", "gammaln", "i0e", "i0", "i1e", "i1"]:
    # XLA's digamma and Bessel series are good to about 1e-14 of the largest entry.
    CATALOGUE[f"jsp.{_name}"] = Entry(getattr(jsp, _name), (P,), relative=1e-12)
CATALOGUE |= {
    "jsp.logsumexp": Entry(jsp.logsumexp, (A,)),
    "jsp.logsumexp along axis 1": Entry(lambda a: jsp.logsumexp(a, axis=1), (A,)),
    "jsp.logsumexp with weights": Entry(lambda a: jsp.logsumexp(a, b=np.abs(C)), (A,)),
    "jsp.erfinv": Entry(jsp.erfinv, (U,), relative=1e-12),
    "jsp.logit": Entry(jsp.logit, (U,)),
    "jsp.xlogy": Entry(jsp.xlogy, (P, Q)),
    "jsp.xlog1py": Entry(jsp.xlog1py, (P, Q)),
    "jsp.entr": Entry(jsp.entr, (P,)),
    "jsp.rel_entr": Entry(jsp.rel_entr, (P, Q)),
    "jsp.kl_div": Entry(jsp.kl_div, (P, Q)),
    "jsp.polygamma": Entry(lambda x: jsp.polygamma(2, x), (P,), relative=1e-12),
    "jsp.betaln": Entry(jsp.betaln, (P, Q), relative=1e-12),
    "jsp.multigammaln": Entry(lambda x: jsp.multigammaln(x + 2, 2), (P,), relative=1e-12),
    "jsp.softmax": Entry(jsp.softmax, (V,)),
    "jsp.gamma": Entry(jsp.gamma, (V,), relative=1e-12),
    "jsp.beta": Entry(jsp.beta, (V, Q), relative=1e-11),
    "jsp.gammaln at negative numbers": Entry(jsp.gammaln, (-P,), relative=1e-11),
    "jsp.digamma at negative numbers": Entry(jsp.digamma, (-P,), leaf=None, relative=1e-11),  # JAX's slope is NaN there
    "jsp.zeta": Entry(lambda x: jsp.zeta(2.5, x), (P,), leaf=None, relative=1e-12),
    "jsp.gammainc": Entry(lambda x: jsp.gammainc(1.5, x), (P,), relative=1e-12),
    "jsp.gammaincc": Entry(lambda x: jsp.gammaincc(1.5, x), (P,), relative=1e-12),
    "jsp.exp1": Entry(jsp.exp1, (P,), relative=1e-12),
    "jnp.signbit": Entry(lambda x: jnp.where(jnp.signbit(x), x, x * x), (V,)),
    "jnp.copysign": Entry(lambda x: jnp.copysign(x, W), (V,)),
}
CATALOGUE |= {
    "linalg.norm": Entry(jnp.linalg.norm, (V,)),
    "linalg.norm 1": Entry(lambda v: jnp.linalg.norm(v, 1), (V,)),
    "linalg.norm inf": Entry(lambda v: jnp.linalg.norm(v, np.inf), (V,)),
    "linalg.norm frobenius": Entry(jnp.linalg.norm, (A,)),
    "linalg.inv": Entry(jnp.linalg.inv, (S,), relative=1e-12),
    "linalg.solve": Entry(lambda s: jnp.linalg.solve(s, np.array([1.0, 2.0, -1.0])), (S,), relative=1e-12),
    "linalg.solve many": Entry(lambda b: jnp.linalg.solve(S, b), (A,), relative=1e-12),
    "linalg.det": Entry(jnp.linalg.det, (S,)),
    "linalg.det of 4": Entry(jnp.linalg.det, (_array(4, 4),), relative=1e-12),
    "linalg.slogdet": Entry(lambda s: jnp.linalg.slogdet(s)[1], (_array(4, 4),), relative=1e-12),
    "linalg.cholesky": Entry(jnp.linalg.cholesky, (SPD,), relative=1e-12),
    "linalg.matrix_power": Entry(lambda s: jnp.linalg.matrix_power(s, 3), (S,)),
    "cho_solve": Entry(lambda b: jax.scipy.linalg.cho_solve((np.tril(S), True), b), (A,), relative=1e-12),
    "solve_triangular": Entry(lambda s: jax.scipy.linalg.solve_triangular(s, A, lower=True), (S,), relative=1e-12),
    "solve_triangular transposed": Entry(
        lambda s: jax.scipy.linalg.solve_triangular(s, A, trans=1, lower=False), (S,), relative=1e-12
    ),
    "triangular_solve on the right": Entry(
        lambda s: lax.linalg.triangular_solve(s, A.T, left_side=False, unit_diagonal=True), (S,), relative=1e-12
    ),
    "linalg batched": Entry(
        jax.vmap(lambda s: jnp.linalg.solve(s, np.ones(3)) @ jnp.linalg.cholesky(s @ s.T)),
        (np.stack([S, SPD]),),
        relative=1e-11,
    ),
    "lu of a tall matrix": Entry(lambda a: lax.linalg.lu(a)[0], (_array(4, 3),), relative=1e-12),
    "lu of a wide matrix": Entry(lambda a: lax.linalg.lu(a), (_array(3, 4),), relative=1e-12),
}


@jax.custom_jvp
def _own_forward(x: Any) -> Any:
    return jnp.sin(x) * x


_own_forward.defjvp(
    lambda primals, tangents: (
        _own_forward(*primals),
        (jnp.cos(primals[0]) * primals[0] + jnp.sin(primals[0])) * tangents[0],
    )
)


@jax.custom_vjp
def _own_reverse(x: Any) -> Any:
    return jnp.exp(x) * x


_own_reverse.defvjp(lambda x: (_own_reverse(x), x), lambda x, ct: (ct * jnp.exp(x) * (1 + x),))

CATALOGUE |= {
    "jit": Entry(jax.jit(lambda v: jnp.sin(v) * 2), (V,)),
    "jit within jit": Entry(jax.jit(lambda v: jax.jit(jnp.cos)(v) * jax.jit(jnp.cos)(2 * v)), (V,)),
    "custom_jvp": Entry(_own_forward, (V,)),
    "custom_vjp": Entry(_own_reverse, (V,), leaf=None),
    "checkpoint": Entry(jax.checkpoint(lambda v: jnp.sin(jnp.exp(v))), (V,)),
    "stop_gradient of a constant": Entry(lambda v: v * lax.stop_gradient(jnp.arange(5.0)), (V,)),
    "cond": Entry(lambda v: lax.cond(v[0] > 100, jnp.sin, jnp.cos, v), (V,)),
    "cond on an input": Entry(lambda v, flag: lax.cond(flag, jnp.sin, jnp.cos, v), (V, np.array(True))),
    "switch": Entry(lambda v, k: lax.switch(k, [jnp.sin, jnp.cos, jnp.exp], v), (V, np.array(1))),
    "scan": Entry(lambda v: lax.scan(lambda c, x: (c * x + 1, c - x), v[0], v), (V,)),
    "scan reversed": Entry(lambda v: lax.scan(lambda c, x: (c * x + 1, c - x), v[0], v, reverse=True), (V,)),
    "scan of nothing": Entry(lambda v: lax.scan(lambda c, x: (c * x, c), v[0], v[:0]), (V,)),
    "scan over a matrix": Entry(lambda a: lax.scan(lambda c, x: (c + x, jnp.outer(c, x)), a[0], a), (A,)),
    "fori_loop": Entry(lambda v: lax.fori_loop(0, 4, lambda i, c: c * v + i, v), (V,)),
    "while_loop": Entry(
        lambda v: lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, jnp.sin(s[1])), (0, v))[1], (V,)
    ),
    "vmap of while_loop": Entry(
        jax.vmap(lambda x: lax.while_loop(lambda s: s[0] < 3 + (x > 0), lambda s: (s[0] + 1, s[1] * x), (0, x))[1]),
        (V,),
    ),
    "map": Entry(lambda a: lax.map(lambda row: jnp.sum(row) * row, a), (A,)),
    "associative_scan": Entry(lambda v: lax.associative_scan(jnp.multiply, v), (V,)),
    "vmap": Entry(jax.vmap(lambda row: jax.nn.softmax(row) * row[0]), (A,)),
    "vmap of scan": Entry(jax.vmap(lambda row: lax.scan(lambda c, x: (c * x, c), 1.0, row)[0]), (A,)),
    "vmap of cond": Entry(jax.vmap(lambda x: lax.cond(x > 0, jnp.sin, jnp.cos, x)), (V,)),
    "vmap of indexing": Entry(jax.vmap(lambda row, i: row[i]), (A, LABELS)),
    "vmap of dynamic_slice": Entry(jax.vmap(lambda row, i: lax.dynamic_slice(row, (i,), (2,))), (A, LABELS)),
    "vmap of dynamic_update_slice": Entry(
        jax.vmap(lambda row, i: lax.dynamic_update_slice(row, row[:2] * 2, (i,))), (A, LABELS)
    ),
    "vmap of at set": Entry(jax.vmap(lambda row, i: row.at[i].set(row[0] * 5)), (A, LABELS)),
    "gradient": Entry(jax.grad(lambda v: jnp.sum(jax.nn.softmax(v) * W)), (V,)),
    "gradient of max": Entry(jax.grad(lambda a: jnp.max(a) * jnp.min(a)), (A,)),
    "gradient of a sort": Entry(jax.grad(lambda v: jnp.sum(jnp.sort(v) * W)), (V,)),
    "gradient of an index": Entry(jax.grad(lambda v: jnp.sum(v[np.array([0, 0, 2])] ** 2)), (V,)),
    "hessian": Entry(jax.hessian(lambda v: jnp.sum(jnp.exp(v) * v[::-1])), (V,)),
}
