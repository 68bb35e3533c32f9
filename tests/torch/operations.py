"""Calls of torch that between them use every row, on random tensors: what the rows are compared with torch on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn

Case = tuple[Callable[..., Any], tuple[Any, ...]]

_seed = torch.Generator().manual_seed(0)
aten = torch.ops.aten


def normal(*shape: int) -> Tensor:
    """Numbers of either sign."""
    return torch.randn(shape, dtype=torch.float64, generator=_seed)


def positive(*shape: int) -> Tensor:
    """Numbers between 0.3 and 1.3."""
    return torch.rand(shape, dtype=torch.float64, generator=_seed) + 0.3


def cplx(*shape: int) -> Tensor:
    """Complex numbers."""
    return torch.randn(shape, dtype=torch.complex128, generator=_seed)


def square(*shape: int) -> Tensor:
    """Matrices far from singular."""
    return normal(*shape, 3, 3) + 3 * torch.eye(3, dtype=torch.float64)


def definite(n: int) -> Tensor:
    """A positive definite matrix."""
    a = normal(n, n)
    return a @ a.T + n * torch.eye(n, dtype=torch.float64)


PLACES = torch.tensor([[0, 2, 1], [1, 1, 0]])
CLASSES = torch.tensor([0, 2, 1])
INTO = torch.tensor([[0, 0], [1, 3], [0, 1]])
APART = torch.tensor([[0, 2], [1, 3], [0, 1]])
SIGNS = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
TWO = torch.tensor([2.0], dtype=torch.float64)
PIXELS = torch.tensor([[[[0, 3], [5, 2]]]])


def reduced(x: Tensor, s: Tensor, how: str) -> Tensor:
    """Numbers combined into others, with what was there and without."""
    return x.scatter_reduce(1, INTO, s, how) + x.scatter_reduce(1, INTO, s, how, include_self=False)


def written(x: Tensor) -> Tensor:
    """Writes through several views, one of them flat."""
    y = x * 1
    y[1] = x[0] * 2
    y[:, ::2] += 1
    y[0, 0] *= x[1, 1]
    flat = y.view(-1)
    flat[3] = x[2, 2] ** 2
    return y * x


def masked(x: Tensor) -> Tensor:
    """A number written where a mask holds."""
    y = x.clone()
    y[x > 0] = 0
    return y * x


def in_place(x: Tensor) -> Tensor:
    """Operations in place of many kinds."""
    y = x.clone()
    y.mul_(x).add_(1, alpha=2).sin_().clamp_(max=0.9).neg_()
    z = torch.zeros_like(y.t())
    z.index_add_(0, torch.tensor([0, 0, 1, 2]), y.t())
    z.scatter_(0, torch.tensor([[1, 2, 0]]), x[:1, :3])
    z.masked_fill_(z > 100, 1.0).copy_(z.flip(0) * 2)
    z.t_()
    return z.unsqueeze(0).tanh()


_UNARY = (
    *("abs", "neg", "sign", "sgn", "floor", "ceil", "trunc", "round", "frac", "reciprocal", "square"),
    *("exp", "exp2", "expm1", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "atanh"),
    *("sinc", "erf", "erfc", "erfinv", "sigmoid", "i0", "nan_to_num", "rad2deg", "isfinite", "isinf", "signbit"),
)
_POSITIVE = ("sqrt", "rsqrt", "log", "log2", "log10", "log1p", "lgamma", "digamma", "logit")
_SPECIAL = ("entr", "i0e", "i1", "i1e", "log_ndtr", "ndtr")
_BINARY = (
    *("add", "sub", "mul", "div", "pow", "float_power", "atan2", "maximum", "minimum", "fmax", "fmin", "fmod"),
    *("remainder", "hypot", "logaddexp", "logaddexp2", "xlogy", "copysign"),
)
_ACTIVATIONS = (
    *(
        "relu",
        "relu6",
        "silu",
        "gelu",
        "softplus",
        "elu",
        "selu",
        "celu",
        "mish",
        "hardswish",
        "hardtanh",
        "leaky_relu",
    ),
    *("logsigmoid", "tanhshrink", "softsign", "hardshrink", "softshrink", "glu"),
)

CASES: dict[str, Case] = {
    **{name: (getattr(torch, name), (positive(2, 3) * 0.7,)) for name in _UNARY},
    "acosh": (torch.acosh, (1 + positive(3),)),
    **{name: (getattr(torch, name), (positive(2, 3) * 0.7,)) for name in _POSITIVE},
    **{f"special.{name}": (getattr(torch.special, name), (positive(2, 3) * 0.7,)) for name in _SPECIAL},
    **{f"{name} of two": (getattr(torch, name), (positive(2, 3), positive(3))) for name in _BINARY},
    **{name: (getattr(F, name), (normal(2, 4) * 3,)) for name in _ACTIVATIONS},
    # entry by entry
    "powers": (lambda x: x**2 + x**-1 + x**0.5 + x**-0.5 + x**1.7 + 2**x, (positive(3),)),
    "rsub": (lambda x: torch.rsub(x, x * x, alpha=2) + (1 - x), (positive(3),)),
    "clamp": (lambda x, low: x.clamp(0.1, 0.5) + x.clamp(min=low) + aten.clamp_max(x, 0.4), (normal(5), normal(5))),
    "clamp_min": (lambda x: aten.clamp_min(x, 0.1), (normal(5),)),
    "threshold": (lambda x: F.threshold(x, 0.1, 2.0), (normal(5),)),
    "round to decimals": (lambda x: torch.round(x, decimals=1) * x, (normal(5),)),
    "div rounded": (
        lambda x: x * torch.div(x, 0.3, rounding_mode="floor") + torch.div(x, 0.3, rounding_mode="trunc"),
        (normal(3),),
    ),
    "floor_divide": (lambda x: x * torch.floor_divide(x.detach(), 0.3), (normal(3),)),
    "where": (lambda x, y: torch.where(x > 0, x * y, y), (normal(3, 4), normal(4))),
    "lerp": (lambda a, b, w: torch.lerp(a, b, w) + torch.lerp(a, b, 0.3), (normal(3), normal(3), normal(3))),
    "addcmul": (
        lambda a, b, c: torch.addcmul(a, b, c, value=0.5) + torch.addcdiv(a, b, c),
        (normal(3), normal(3), positive(3)),
    ),
    "comparisons": (
        lambda x, y: x * (((x < y) & (x >= -y)) | (x > 2) ^ (x <= -1)) + y * (~(x == y) & (x != 1)),
        (normal(6), normal(6)),
    ),
    "logic": (
        lambda x, y: (
            x * torch.logical_or(torch.logical_and(x > 0, y > 0), torch.logical_xor(x > 1, y > 1)).logical_not()
        ),
        (normal(6), normal(6)),
    ),
    "isnan": (lambda x: torch.where(torch.isnan(x), 0.0, x), (normal(4),)),
    "gelu by tanh": (lambda x: F.gelu(x, approximate="tanh"), (normal(3),)),
    "polygamma": (lambda x: torch.polygamma(1, x), (positive(3),)),
    "mvlgamma": (lambda x: torch.mvlgamma(x + 2, 2), (positive(3),)),
    "xlog1py": (torch.special.xlog1py, (positive(3), positive(3))),
    "ndtri": (torch.special.ndtri, (positive(3) / 2,)),
    "zeta": (lambda x: torch.special.zeta(x.detach() + 1.5, 2.0) * x, (positive(3),)),
    "gammainc": (lambda x: torch.special.gammainc(TWO, x) + torch.special.gammaincc(TWO, x), (positive(3),)),
    "full_like": (lambda x: x * torch.full_like(x, 2.0) + x.new_full((3,), 0.5) + torch.ones_like(x), (normal(3),)),
    "new": (lambda x: x + x.new_zeros(3) + x.new_ones(3) + torch.empty_like(x).copy_(x).fill_(2.0), (normal(3),)),
    "new_empty": (lambda x: x * x.new_empty(3).zero_() + aten.new_empty_strided(x, [3], [1]).copy_(x), (normal(3),)),
    "conversions": (lambda x: x.to(torch.float32).double() + x.int() * x, (normal(3) * 3,)),
    "scalar_tensor": (lambda x: x * torch.scalar_tensor(0.5, dtype=torch.float64), (normal(3),)),
    # along axes
    "sum": (lambda x: x.sum(1) + x.sum() + x.sum(0, keepdim=True).sum(), (normal(3, 4),)),
    "sum in a dtype": (lambda x: x.sum(1, dtype=torch.float64) + (x > 0).sum(), (normal(3, 4),)),
    "mean": (lambda x: x.mean((0, 1)) + x.mean(1, keepdim=True), (normal(3, 4),)),
    "prod": (lambda x: x.prod(1) + x.prod(), (normal(3, 4),)),
    "nansum": (lambda x: x.nansum(1) + x.nanmean(), (normal(3, 4),)),
    "var": (lambda x: x.var(1) + x.std(1, unbiased=False) + x.var() + x.var((0, 1), correction=0), (normal(3, 4),)),
    "var_mean": (lambda x: (*torch.var_mean(x, 0), torch.std_mean(x)), (normal(3, 4),)),
    "norms": (
        lambda x: x.norm() + x.norm(p=3, dim=1) + x.norm(1) + torch.linalg.vector_norm(x, float("inf")),
        (normal(3, 4),),
    ),
    "norms 2": (
        lambda x: aten.norm(x, 2, [1]) + torch.linalg.vector_norm(x, -torch.inf, 1) + torch.linalg.norm(x),
        (normal(3, 4),),
    ),
    "count by norm": (lambda x: x * torch.linalg.vector_norm(x, 0), (normal(3, 4),)),
    "max": (lambda x: x.max(1).values + x.max() + x.min(0).values.sum() + x.min(), (normal(3, 4),)),
    "amax": (lambda x: x.amax(1) + x.amin() + x.aminmax(dim=1).max, (normal(3, 4),)),
    "argmax": (lambda x: x * x.argmax(1, keepdim=True) + x.argmin(), (normal(3, 4),)),
    "all and any": (lambda x: x * (x > 0).all(1, keepdim=True) + x * (x > 1).any(), (normal(3, 4),)),
    "logsumexp": (lambda x: x.logsumexp(1), (normal(3, 4),)),
    "cumsum": (lambda x: x.cumsum(1) + x.cumprod(0) + x.logcumsumexp(1), (normal(3, 4),)),
    "cummax": (lambda x: x.cummax(1).values + x.cummin(0).values, (normal(3, 4),)),
    "sort": (lambda x: x.sort(1, descending=True).values * torch.arange(4), (normal(3, 4),)),
    "argsort": (
        lambda x: x * x.argsort(1) + x * torch.argsort(x, dim=0, stable=True) + torch.sort(x, stable=True)[0],
        (normal(3, 4),),
    ),
    "topk": (lambda x: (x.topk(2).values, x.topk(1, 0, largest=False).values), (normal(3, 4),)),
    "kthvalue": (lambda x: x.kthvalue(2, 1).values + x.median() + x.median(1).values, (normal(3, 4),)),
    "softmax": (lambda x: x.softmax(1) + x.log_softmax(0) + F.softmin(x, 1), (normal(3, 4),)),
    "scalars": (
        lambda x: x.softmax(0) + x.sum() + x.cumsum(0) + x.sort().values + x.max(0).values + x.cummax(0).values,
        (normal(),),
    ),
    "quantile": (lambda x: x.quantile(0.3), (normal(5),)),
    "diff": (lambda x: x.diff() + torch.gradient(x)[0][1:], (normal(4),)),
    # linear algebra
    "mm": (lambda a, b: a @ b, (normal(3, 4), normal(4, 2))),
    "bmm": (lambda a, b: a @ b, (normal(2, 3, 4), normal(2, 4, 2))),
    "mv": (lambda a, b: a @ b + torch.addmv(a[:, 0], a, b, beta=0.5), (normal(3, 4), normal(4))),
    "dot": (lambda a, b: torch.dot(a, b) + aten.vdot(a, b), (normal(4), normal(4))),
    "addmm": (lambda c, a, b: torch.addmm(c, a, b, beta=0.3, alpha=2), (normal(2), normal(3, 4), normal(4, 2))),
    "addmm without c": (lambda c, a, b: torch.addmm(c, a, b, beta=0), (normal(2), normal(3, 4), normal(4, 2))),
    "baddbmm": (
        lambda c, a, b: torch.baddbmm(c, a, b, beta=0.3, alpha=2) + torch.addbmm(c[0], a, b),
        (normal(2, 3, 2), normal(2, 3, 4), normal(2, 4, 2)),
    ),
    "addr": (torch.addr, (normal(3, 4), normal(3), normal(4))),
    "einsum": (lambda a, b: torch.einsum("bij,bkj->ik", a, b), (normal(2, 3, 4), normal(2, 2, 4))),
    "kron": (torch.kron, (normal(2, 2), normal(2, 3))),
    "bilinear": (F.bilinear, (normal(3, 4), normal(3, 2), normal(5, 4, 2), normal(5))),
    "cross": (torch.linalg.cross, (normal(2, 3), normal(2, 3))),
    "trace": (lambda x: torch.trace(x) + x.tril() + x.triu(1), (normal(3, 3),)),
    "solve": (torch.linalg.solve, (square(), normal(3, 2))),
    "solve for a vector": (torch.linalg.solve, (square(), normal(3))),
    "solve transposed": (lambda a, b: torch.linalg.solve(a.mT, b), (square(), normal(3, 2))),
    "solve from the right": (lambda a, b: torch.linalg.solve(a, b, left=False), (square(2), normal(2, 4, 3))),
    "solve complex": (torch.linalg.solve, (cplx(3, 3), cplx(3, 2))),
    "inv": (torch.linalg.inv, (square(),)),
    "det": (lambda a: torch.det(a) + torch.det(a.T), (square(),)),
    "det complex": (torch.linalg.det, (cplx(3, 3),)),
    "slogdet": (lambda a: torch.linalg.slogdet(a).logabsdet, (square(2),)),
    "logdet": (torch.logdet, (definite(3),)),
    "lu": (lambda a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b), (square(), normal(3, 2))),
    "cholesky": (lambda a: torch.linalg.cholesky(a) + torch.linalg.cholesky(a, upper=True).T, (definite(3),)),
    "old cholesky": (torch.cholesky, (definite(3),)),
    "cholesky_solve": (
        lambda a, b: (
            torch.cholesky_solve(b, torch.linalg.cholesky(a))
            + torch.cholesky_solve(b, torch.linalg.cholesky(a).mT, upper=True)
        ),
        (definite(3), normal(3, 2)),
    ),
    "cholesky_inverse": (lambda a: torch.cholesky_inverse(torch.linalg.cholesky(a)), (definite(3),)),
    "solve_triangular": (
        lambda a, b: (
            torch.linalg.solve_triangular(a, b, upper=False)
            + torch.linalg.solve_triangular(a.mT, b, upper=True, unitriangular=True)
        ),
        (square(), normal(3, 2)),
    ),
    "triangular_solve": (lambda a, b: torch.triangular_solve(b, a).solution, (square(), normal(3, 2))),
    "qr": (lambda a: torch.linalg.qr(a).R.abs(), (normal(4, 3),)),
    "eigh": (lambda a: torch.linalg.eigvalsh(a + a.T), (normal(3, 3),)),
    "svd": (torch.linalg.svdvals, (normal(3, 4),)),
    "matrix_exp": (torch.matrix_exp, (normal(3, 3),)),
    "matrix_power": (lambda a: torch.linalg.matrix_power(a, 3), (normal(3, 3),)),
    **{
        f"cdist {p}": (partial(torch.cdist, p=p), (normal(3, 2), normal(4, 2))) for p in (0.0, 1.0, 2.0, 3.0, torch.inf)
    },
    "weight_norm": (lambda v, g: torch._weight_norm(v, g, 0), (normal(3, 4), normal(3, 1))),
    # selecting and moving
    "gather": (lambda x: x.gather(1, PLACES), (normal(2, 4),)),
    "index": (lambda x: x[[0, 2, -1]] * x[:, 1].sum(), (normal(3, 4),)),
    "index in the middle": (lambda x: x[:, PLACES, None], (normal(2, 3, 4),)),
    "index_put": (lambda x, s: x.index_put((CLASSES,), s, accumulate=True) + masked(x), (normal(3, 4), normal(3, 4))),
    "index_select": (lambda x: x.index_select(1, torch.tensor([1, 1, 0])), (normal(3, 4),)),
    "scatter": (lambda x, s: x.scatter(1, APART, s) + x.scatter(1, APART, 2.0), (normal(3, 4), normal(3, 2))),
    "scatter_add": (lambda x, s: x.scatter_add(1, INTO, s), (normal(3, 4), normal(3, 2))),
    **{
        f"scatter_reduce {how}": (partial(reduced, how=how), (normal(3, 4), normal(3, 2)))
        for how in ("sum", "mean", "amax", "amin")
    },
    "index_add": (lambda x, s: x.index_add(0, torch.tensor([1, 1]), s, alpha=2), (normal(3, 4), normal(2, 4))),
    "index_copy": (
        lambda x, s: x.index_copy(0, torch.tensor([1, 2]), s) + x.index_fill(0, torch.tensor([1]), 2.0),
        (normal(3, 4), normal(2, 4)),
    ),
    "take": (lambda x, s: x.take(PLACES) + x.put(PLACES, s, accumulate=True).sum(), (normal(3, 4), normal(2, 3))),
    "embedding": (
        lambda w: F.embedding(PLACES, w, padding_idx=1) + F.embedding(PLACES, w, scale_grad_by_freq=True),
        (normal(3, 4),),
    ),
    "unsafe_index": (lambda x: aten._unsafe_index(x, [CLASSES]), (normal(3, 4),)),
    "searchsorted": (lambda x: x * torch.searchsorted(x.detach().sort().values, x, side="right"), (normal(4),)),
    "masked_fill": (lambda x: x.masked_fill(x > 0, 2.0), (normal(3, 4),)),
    "writes": (written, (normal(3, 4),)),
    "in place": (in_place, (positive(3, 4),)),
    "views": (
        lambda x: x.t().reshape(2, 6)[:, ::2].unsqueeze(1).expand(2, 2, 3).permute(2, 0, 1).flatten(),
        (normal(3, 4),),
    ),
    "cat": (lambda x, y: torch.cat([x, y * 2], 1) + torch.stack([x, y], 1).reshape(3, 8), (normal(3, 4), normal(3, 4))),
    "split": (lambda x: torch.chunk(x, 2, 1)[1] * x.split([2, 2], 1)[0] + sum(x[:, :2].unbind(0)), (normal(3, 4),)),
    "flip": (lambda x: x.flip(1) + x.roll(1, 0) + x.roll(1) + x.rot90(2), (normal(3, 4),)),
    "repeat": (lambda x: x.repeat(2, 2) + x.repeat_interleave(2, 1).repeat(2, 1), (normal(3, 4),)),
    "unfold": (lambda x: x.unfold(1, 2, 1), (normal(3, 4),)),
    "im2col": (lambda x: F.fold(F.unfold(x, 2), (3, 3), 2), (normal(1, 2, 3, 3),)),
    "pad": (lambda x: F.pad(x, (1, 2, 0, 1), value=3.0).sum() + F.pad(x, (-1, 2)), (normal(3, 4),)),
    "reflect": (
        lambda x: (
            F.pad(x, (1, 2), mode="reflect") + F.pad(x, (1, 2), mode="replicate") + F.pad(x, (1, 2), mode="circular")
        ),
        (normal(1, 3, 4),),
    ),
    "reflect planes": (
        lambda x: F.pad(x, (1, 1, 1, 0), mode="reflect") + F.pad(x, (1, 1, 1, 0), mode="replicate"),
        (normal(1, 2, 3, 3),),
    ),
    "reflect spaces": (
        lambda x: F.pad(x, (1, 1, 1, 0, 0, 1), mode="reflect") + F.pad(x, (1, 1, 1, 0, 0, 1), mode="replicate"),
        (normal(1, 1, 3, 3, 3),),
    ),
    "diagonal": (lambda x: x.diagonal() + torch.diag_embed(x[0]).sum(0), (normal(3, 3),)),
    "as_strided": (lambda x: x.as_strided((2, 2), (1, 2), 1), (normal(3, 3),)),
    "scatters of views": (
        lambda x, s: x.diagonal_scatter(s[0]) + x.slice_scatter(s[:2], 0, 1, 3) + x.select_scatter(s[0], 1, 2),
        (normal(3, 3), normal(3, 3)),
    ),
    "as_strided_scatter": (
        lambda x, s: torch.as_strided_scatter(x.contiguous(), s, (2, 2), (3, 1), 1),
        (normal(3, 3), normal(2, 2)),
    ),
    "copies of views": (
        lambda x: aten.view_copy(x, [9]) + aten.expand_copy(x[:1], [3, 3]).reshape(9),
        (normal(3, 3),),
    ),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x, 2), (normal(1, 4, 2, 2),)),
    "bucketize": (lambda x: x * torch.bucketize(x, torch.tensor([0.0, 1.0], dtype=torch.float64)), (normal(4),)),
    # layers
    "conv1d": (
        lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1, dilation=2),
        (normal(2, 3, 9), normal(4, 3, 3), normal(4)),
    ),
    "conv2d": (
        lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=1),
        (normal(2, 3, 6, 5), normal(4, 3, 3, 2), normal(4)),
    ),
    "conv2d in groups": (lambda x, w: F.conv2d(x, w, groups=2, dilation=2), (normal(2, 4, 6, 5), normal(6, 2, 2, 2))),
    "conv3d": (F.conv3d, (normal(1, 2, 3, 4, 3), normal(2, 2, 2, 2, 2))),
    "conv_transpose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1, groups=2),
        (normal(2, 4, 3, 3), normal(4, 3, 3, 3), normal(6)),
    ),
    "max_pool": (
        lambda x: F.max_pool2d(x, 2, ceil_mode=True).sum() + F.max_pool1d(x[:, :, 0], 3, 2, 1),
        (normal(2, 3, 5, 4),),
    ),
    "max_pool3d": (lambda x: F.max_pool3d(x, 2), (normal(1, 2, 4, 4, 4),)),
    "avg_pool": (
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True) + F.avg_pool2d(x, 2, divisor_override=3).mean(),
        (normal(2, 3, 6, 7),),
    ),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 3, 2, 1, count_include_pad=False), (normal(2, 3, 7),)),
    "avg_pool3d": (lambda x: F.avg_pool3d(x, 2), (normal(1, 2, 4, 4, 4),)),
    "adaptive_avg_pool": (
        lambda x: F.adaptive_avg_pool2d(x, (3, 2)).sum() + F.adaptive_avg_pool1d(x[0], 3),
        (normal(2, 3, 5, 4),),
    ),
    "adaptive_avg_pool3d": (lambda x: F.adaptive_avg_pool3d(x, 2), (normal(1, 1, 3, 3, 3),)),
    "adaptive_max_pool": (lambda x: F.adaptive_max_pool2d(x, 2), (normal(2, 3, 5, 4),)),
    "adaptive_max_pool3d": (lambda x: F.adaptive_max_pool3d(x, 2), (normal(1, 1, 3, 3, 3),)),
    "upsample nearest": (lambda x: F.interpolate(x, scale_factor=2), (normal(1, 2, 3, 3),)),
    "upsample nearest 1d, 3d": (
        lambda x: F.interpolate(x[0, 0], size=5).sum() + F.interpolate(x, size=(2, 4, 3)).sum(),
        (normal(1, 1, 2, 3, 3),),
    ),
    "upsample bilinear": (
        lambda x: (
            F.interpolate(x, size=(5, 7), mode="bilinear")
            + F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True)
        ),
        (normal(1, 2, 3, 3),),
    ),
    "upsample linear": (lambda x: F.interpolate(x, scale_factor=1.5, mode="linear"), (normal(1, 2, 5),)),
    "upsample trilinear": (lambda x: F.interpolate(x, size=(3, 2, 4), mode="trilinear"), (normal(1, 1, 2, 3, 3),)),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b), (normal(3, 4), normal(4), normal(4))),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), (normal(3, 4, 5), normal(4), normal(4))),
    "instance_norm": (lambda x: F.instance_norm(x), (normal(3, 4, 5),)),
    "rms_norm": (lambda x, w: F.rms_norm(x, (4,), w), (normal(3, 4), normal(4))),
    "normalize": (lambda x, y: F.normalize(x) + F.cosine_similarity(x, y)[:, None], (normal(3, 4), normal(3, 4))),
    "batch_norm": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        (normal(5, 4), normal(4), normal(4)),
    ),
    "attention": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v),
        (normal(1, 2, 3, 4), normal(1, 2, 5, 4), normal(1, 2, 5, 4)),
    ),
    "attention, causal": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        (normal(1, 2, 4, 4), normal(1, 2, 4, 4), normal(1, 2, 4, 4)),
    ),
    "attention with a mask": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, torch.ones(3, 5, dtype=torch.bool).tril(1)),
        (normal(1, 2, 3, 4), normal(1, 2, 5, 4), normal(1, 2, 5, 4)),
    ),
    "dropout in evaluation": (lambda x: F.dropout(x, 0.5, training=False), (normal(3),)),
    # losses
    "cross_entropy": (
        lambda x, p: F.cross_entropy(x, CLASSES, label_smoothing=0.1, reduction="sum") + F.cross_entropy(x, p),
        (normal(3, 4), positive(3, 4)),
    ),
    "cross_entropy of planes": (lambda x: F.cross_entropy(x, torch.tensor([[0, 2], [1, -100]])), (normal(2, 3, 2),)),
    "losses": (
        lambda x, y: F.mse_loss(x, y) + F.l1_loss(x, y) + F.huber_loss(2 * x, y) + F.smooth_l1_loss(x, y),
        (normal(3), normal(3)),
    ),
    "binary_cross_entropy": (
        lambda x, y: F.binary_cross_entropy(x, y) + F.binary_cross_entropy_with_logits(x, y, pos_weight=TWO),
        (positive(3) / 2, positive(3) / 2),
    ),
    "kl_div": (
        lambda x, y: F.kl_div(x, y, reduction="batchmean") + F.poisson_nll_loss(x, y),
        (normal(3, 2), positive(3, 2)),
    ),
    "margins": (
        lambda x, y: (
            F.margin_ranking_loss(x, y, SIGNS) + F.hinge_embedding_loss(x, SIGNS) + F.soft_margin_loss(y, SIGNS)
        ),
        (normal(3), normal(3)),
    ),
    "triplets": (F.triplet_margin_loss, (normal(3, 4), normal(3, 4), normal(3, 4))),
    # complex numbers and Fourier transforms
    "complex": (lambda z: (z * z.conj()).real.sum() + z.exp().imag + z.abs() + z.angle(), (cplx(3),)),
    "complex matrices": (lambda z, w: z @ w.mH + torch.vdot(z[0], w[1]), (cplx(2, 3), cplx(2, 3))),
    "sgn of complex": (lambda z: torch.sgn(z) + z.conj_physical(), (cplx(3),)),
    "view_as_complex": (lambda x: torch.view_as_complex(x) ** 2, (normal(3, 2),)),
    "polar": (lambda r, a: torch.view_as_real(torch.polar(r, a) + torch.complex(r, a)), (positive(3), normal(3))),
    "fft": (lambda z: torch.fft.fft(z) + torch.fft.ifft2(z[None])[0] * torch.fft.fft(z, norm="ortho"), (cplx(5),)),
    "rfft": (lambda x: torch.fft.irfft(torch.fft.rfft(x) * 2j) + torch.fft.rfft(x).abs().sum(), (normal(6),)),
    "irfft2": (lambda x: torch.fft.irfft2(torch.fft.rfft2(x) ** 2, s=(3, 4)), (normal(3, 4),)),
    # other dtypes, other transformations
    "float32": (lambda x: (x * 0.1).exp().sum() + x.softmax(0)[0], (normal(3).float(),)),
    "bfloat16": (lambda x: (x * 0.1).exp() + x.softmax(0), (normal(3).bfloat16(),)),
    "vmap": (lambda x: torch.vmap(torch.sin)(x), (normal(3, 2),)),
    "func.grad": (lambda x: torch.func.grad(lambda y: (y**3).sum())(x), (normal(3),)),
    # modules
    "LSTM": (nn.LSTM(3, 2).double(), (normal(3, 1, 3),)),
    "GRU": (nn.GRU(3, 2, bidirectional=True).double(), (normal(3, 1, 3),)),
    "TransformerEncoderLayer": (
        nn.TransformerEncoderLayer(4, 2, 5, batch_first=True).double().eval(),
        (normal(2, 3, 4),),
    ),
    "BatchNorm2d": (nn.BatchNorm2d(3).double(), (normal(2, 3, 2, 2),)),
    "BatchNorm2d in evaluation": (nn.BatchNorm2d(3).double().eval(), (normal(2, 3, 2, 2),)),
    "PReLU": (nn.PReLU().double(), (normal(3),)),
    "Embedding": (nn.Embedding(5, 3).double(), (PLACES,)),
}
