"""Normalisations: what is centred and scaled by statistics of the input itself, each with its backward.

Most of them standardise along some axes and then scale and shift; what differs is the axes. So one helper standardises, and
its backward is derived once. Variances are those of the population, 1/n, and taken in two passes: the mean first, then the
mean of the squared differences, which keeps the digits that E x² − (E x)² loses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Reals
from gradcheck.library.formulas import Library, Stable

Array = np.ndarray[Any, np.dtype[Any]]
Axes = int | tuple[int, ...]

LIBRARY = Library(
    "normalisation",
    "normalisation.py",
    "Normalisations",
    notation={r"\bar y": "dy", r"\gamma": "gamma", r"\beta": "beta", r"\epsilon": "eps"},
)
EPS = Reals(low=0, high=1)
"""What is added to a variance; it is not differentiated by."""


def standardise(x: Array, axes: Axes, eps: Array) -> Any:
    """(x − μ) / √(v + ε) with the mean μ and the variance v along some axes, shaped like x."""
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)


def standardise_backward(dz: Array, x: Array, axes: Axes, eps: Array) -> Any:
    """∂L/∂x where z = standardise(x): (z̄ − mean z̄ − z mean(z̄ z)) / √(v + ε), shaped like x.

    The first term is what it would be if μ and v were constants. ∂μ/∂x_i = 1/n brings the second, and ∂v/∂x_i = 2 (x_i − μ)/n
    the third; μ inside of v brings nothing, because Σ (x_i − μ) = 0.
    """
    centred = x - x.mean(axis=axes, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    z = centred / deviation
    return (dz - dz.mean(axis=axes, keepdims=True) - z * (dz * z).mean(axis=axes, keepdims=True)) / deviation


def batch_norm(x: Array, gamma: Array, beta: Array, eps: Array) -> Any:
    """γ (x − μ) / √(v + ε) + β with μ and v of each feature over the batch, (n, p), (p,), (p,), () → (n, p)."""
    return gamma * standardise(x, 0, eps) + beta


def batch_norm_backward(dy: Array, x: Array, gamma: Array, beta: Array, eps: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ and ∂L/∂β: (n, p), (p,), (p,)."""
    dx = standardise_backward(dy * gamma, x, 0, eps)
    return dx, (dy * standardise(x, 0, eps)).sum(axis=0), dy.sum(axis=0)


OVER_SAMPLES = {
    "n": "4",
    r"\mu_j": r"\frac{1}{n} \sum_i x_{ij}",
    "v_j": r"\frac{1}{n} \sum_i (x_{ij} - \mu_j)^2",
    r"\hat{x}_{ij}": r"\frac{x_{ij} - \mu_j}{\sqrt{v_j + \epsilon}}",
    r"\eta_j": r"\frac{1}{n} \sum_i \bar{y}_{ij}",
    r"\zeta_j": r"\frac{1}{n} \sum_i \bar{y}_{ij} \hat{x}_{ij}",
}
"""The statistics of each feature j over the samples i of a batch of n, and the means of ȳ and of ȳ x̂."""

LIBRARY.formula(
    "batch-norm",
    "Batch normalisation, in training",
    formula=r"y_{ij} = \gamma_j \hat{x}_{ij} + \beta_j, \quad \hat{x}_{ij} = \frac{x_{ij} - \mu_j}{\sqrt{v_j +"
    r" \epsilon}}",
    forward=batch_norm,
    inputs={"x": Reals(4, 3), "gamma": Reals(3), "beta": Reals(3), "eps": EPS},
    backward=batch_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \frac{\gamma_j}{\sqrt{v_j + \epsilon}}"
        r" \left( \bar{y}_{ij} - \eta_j - \hat{x}_{ij} \zeta_j \right)",
        "gamma": r"\frac{\partial L}{\partial \gamma_j} = \sum_i \bar{y}_{ij} \hat{x}_{ij}",
        "beta": r"\frac{\partial L}{\partial \beta_j} = \sum_i \bar{y}_{ij}",
    },
    notation=OVER_SAMPLES,
    source="S. Ioffe and C. Szegedy, Batch normalization: accelerating deep network training, ICML 2015, algorithm "
    "1 and section 3",
    also=("torch.nn.BatchNorm1d", "flax.linen.BatchNorm", "keras.layers.BatchNormalization", "BN"),
    notes="η and ζ are the means over the batch of ȳ and of ȳ x̂. Dropping them, as if μ and v were constants, is "
    "the usual fault.",
)


def batch_norm_images(x: Array, gamma: Array, beta: Array, eps: Array) -> Any:
    """γ (x − μ) / √(v + ε) + β with μ and v of each channel over batch and places, (n, c, h, w), (c,), (c,), () → same as x."""
    return gamma[:, None, None] * standardise(x, (0, 2, 3), eps) + beta[:, None, None]


def batch_norm_images_backward(
    dy: Array, x: Array, gamma: Array, beta: Array, eps: Array
) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ and ∂L/∂β: (n, c, h, w), (c,), (c,)."""
    dx = standardise_backward(dy * gamma[:, None, None], x, (0, 2, 3), eps)
    return dx, (dy * standardise(x, (0, 2, 3), eps)).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


LIBRARY.formula(
    "batch-norm-images",
    "Batch normalisation of images, in training",
    formula=r"y_{nchw} = \gamma_c \hat{x}_{nchw} + \beta_c",
    forward=batch_norm_images,
    inputs={"x": Reals(3, 2, 1, 2), "gamma": Reals(2), "beta": Reals(2), "eps": EPS},
    backward=batch_norm_images_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{i,c,j,k}} = \frac{\gamma_c}{\sqrt{v_c + \epsilon}}"
        r" \left( \bar{y}_{i,c,j,k} - \eta_c - \hat{x}_{i,c,j,k} \zeta_c \right)",
        "gamma": r"\frac{\partial L}{\partial \gamma_c} = \sum_{i,j,k} \bar{y}_{i,c,j,k} \hat{x}_{i,c,j,k}",
        "beta": r"\frac{\partial L}{\partial \beta_c} = \sum_{i,j,k} \bar{y}_{i,c,j,k}",
    },
    notation={
        "m": "6",
        r"\mu_c": r"\frac{1}{m} \sum_{i,j,k} x_{i,c,j,k}",
        "v_c": r"\frac{1}{m} \sum_{i,j,k} (x_{i,c,j,k} - \mu_c)^2",
        r"\hat{x}_{i,c,j,k}": r"\frac{x_{i,c,j,k} - \mu_c}{\sqrt{v_c + \epsilon}}",
        r"\eta_c": r"\frac{1}{m} \sum_{i,j,k} \bar{y}_{i,c,j,k}",
        r"\zeta_c": r"\frac{1}{m} \sum_{i,j,k} \bar{y}_{i,c,j,k} \hat{x}_{i,c,j,k}",
    },
    source="S. Ioffe and C. Szegedy, Batch normalization: accelerating deep network training, ICML 2015, section 3.2",
    also=("torch.nn.BatchNorm2d", "spatial batch norm", "BN after convolution"),
    notes="m is the number of samples times places; η and ζ are the means of ȳ and of ȳ x̂ over them.",
)


def batch_norm_inference(x: Array, gamma: Array, beta: Array, mean: Array, var: Array, eps: Array) -> Any:
    """γ (x − μ) / √(v + ε) + β with μ and v kept from training, (n, p), (p,), (p,), (p,), (p,), () → (n, p)."""
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def batch_norm_inference_backward(
    dy: Array, x: Array, gamma: Array, beta: Array, mean: Array, var: Array, eps: Array
) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ and ∂L/∂β: (n, p), (p,), (p,). An affine map of each feature: nothing joins the samples."""
    deviation = np.sqrt(var + eps)
    return dy * gamma / deviation, (dy * (x - mean) / deviation).sum(axis=0), dy.sum(axis=0)


LIBRARY.formula(
    "batch-norm-inference",
    "Batch normalisation, in inference",
    formula=r"y_{ij} = \gamma_j \frac{x_{ij} - \mu_j}{\sqrt{v_j + \epsilon}} + \beta_j",
    forward=batch_norm_inference,
    inputs={
        "x": Reals(4, 3),
        "gamma": Reals(3),
        "beta": Reals(3),
        "mean": Reals(3),
        "var": Reals(3, low=0),
        "eps": EPS,
    },
    backward=batch_norm_inference_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \frac{\gamma_j}{\sqrt{v_j + \epsilon}} \bar{y}_{ij}",
        "gamma": r"\frac{\partial L}{\partial \gamma_j} = \sum_i \bar{y}_{ij} \frac{x_{ij} - \mu_j}{\sqrt{v_j +"
        r" \epsilon}}",
        "beta": r"\frac{\partial L}{\partial \beta_j} = \sum_i \bar{y}_{ij}",
    },
    notation={r"\mu": "mean", "v": "var"},
    source="S. Ioffe and C. Szegedy, Batch normalization: accelerating deep network training, ICML 2015, algorithm 2",
    also=("torch.nn.BatchNorm1d eval", "running mean", "frozen batch norm"),
    notes="Where the layer is frozen while others are trained, this is its backward, not that of training.",
)


def layer_norm(x: Array, gamma: Array, beta: Array, eps: Array) -> Any:
    """γ (x − μ) / √(v + ε) + β with μ and v of each sample over its features, (n, p), (p,), (p,), () → (n, p)."""
    return gamma * standardise(x, -1, eps) + beta


def layer_norm_backward(dy: Array, x: Array, gamma: Array, beta: Array, eps: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ and ∂L/∂β: (n, p), (p,), (p,). γ multiplies ȳ before the means are taken, for it varies along the row."""
    dx = standardise_backward(dy * gamma, x, -1, eps)
    return dx, (dy * standardise(x, -1, eps)).sum(axis=0), dy.sum(axis=0)


LIBRARY.formula(
    "layer-norm",
    "Layer normalisation",
    formula=r"y_{ij} = \gamma_j \hat{x}_{ij} + \beta_j, \quad \hat{x}_{ij} = \frac{x_{ij} - \mu_i}{\sqrt{v_i +"
    r" \epsilon}}",
    forward=layer_norm,
    inputs={"x": Reals(3, 4), "gamma": Reals(4), "beta": Reals(4), "eps": EPS},
    backward=layer_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \frac{1}{\sqrt{v_i + \epsilon}}"
        r" \left( \gamma_j \bar{y}_{ij} - \eta_i - \hat{x}_{ij} \zeta_i \right)",
        "gamma": r"\frac{\partial L}{\partial \gamma_j} = \sum_i \bar{y}_{ij} \hat{x}_{ij}",
        "beta": r"\frac{\partial L}{\partial \beta_j} = \sum_i \bar{y}_{ij}",
    },
    notation={
        "p": "4",
        r"\mu_i": r"\frac{1}{p} \sum_j x_{ij}",
        "v_i": r"\frac{1}{p} \sum_j (x_{ij} - \mu_i)^2",
        r"\hat{x}_{ij}": r"\frac{x_{ij} - \mu_i}{\sqrt{v_i + \epsilon}}",
        r"\eta_i": r"\frac{1}{p} \sum_j \gamma_j \bar{y}_{ij}",
        r"\zeta_i": r"\frac{1}{p} \sum_j \gamma_j \bar{y}_{ij} \hat{x}_{ij}",
    },
    source="J. Ba, J. Kiros and G. Hinton, Layer normalization, 2016, section 3",
    also=("torch.nn.LayerNorm", "flax.linen.LayerNorm", "LN"),
    notes="η and ζ are the means over the features of γ ȳ and of γ ȳ x̂.",
)


def rms_norm(x: Array, gamma: Array, eps: Array) -> Any:
    """γ x / √(mean x² + ε), the mean over the features of each sample, (n, p), (p,), () → (n, p)."""
    return gamma * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)


def rms_norm_backward(dy: Array, x: Array, gamma: Array, eps: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂γ: (n, p), (p,). With r = √(mean x² + ε), ∂r/∂x_j = x_j / (p r)."""
    r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    dz = dy * gamma
    dx = dz / r - x * (dz * x).mean(axis=-1, keepdims=True) / r**3
    return dx, (dy * x / r).sum(axis=0)


LIBRARY.formula(
    "rms-norm",
    "RMS normalisation",
    formula=r"y_{ij} = \gamma_j \frac{x_{ij}}{r_i}, \quad r_i = \sqrt{\frac{1}{p} \sum_j x_{ij}^2 + \epsilon}",
    forward=rms_norm,
    inputs={"x": Reals(3, 4), "gamma": Reals(4), "eps": EPS},
    backward=rms_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \frac{\gamma_j \bar{y}_{ij}}{r_i}"
        r" - \frac{x_{ij}}{p r_i^3} \sum_k \gamma_k \bar{y}_{ik} x_{ik}",
        "gamma": r"\frac{\partial L}{\partial \gamma_j} = \sum_i \frac{\bar{y}_{ij} x_{ij}}{r_i}",
    },
    notation={"p": "4", "r_i": r"\sqrt{\frac{1}{p} \sum_j x_{ij}^2 + \epsilon}"},
    source="B. Zhang and R. Sennrich, Root mean square layer normalization, NeurIPS 2019, section 3",
    also=("torch.nn.RMSNorm", "flax.linen.RMSNorm", "LLaMA norm"),
)


def group_norm(x: Array, gamma: Array, beta: Array, eps: Array, groups: int = 2) -> Any:
    """γ x̂ + β, where each group of neighbouring channels of a sample is standardised, (n, c, s), (c,), (c,), () → (n, c, s)."""
    standard = standardise(x.reshape(len(x), groups, -1), -1, eps).reshape(x.shape)
    return gamma[:, None] * standard + beta[:, None]


def group_norm_backward(
    dy: Array, x: Array, gamma: Array, beta: Array, eps: Array, groups: int = 2
) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ and ∂L/∂β: (n, c, s), (c,), (c,)."""
    grouped = x.reshape(len(x), groups, -1)
    dz = (dy * gamma[:, None]).reshape(grouped.shape)
    standard = standardise(grouped, -1, eps).reshape(x.shape)
    return (
        standardise_backward(dz, grouped, -1, eps).reshape(x.shape),
        (dy * standard).sum(axis=(0, 2)),
        dy.sum(axis=(0, 2)),
    )


LIBRARY.formula(
    "group-norm",
    "Group normalisation",
    formula=r"y_{ncs} = \gamma_c \hat{x}_{ncs} + \beta_c, \quad x_{ncs} standardised over s and the channels of the"
    r" group of c",
    forward=group_norm,
    inputs={"x": Reals(2, 4, 3), "gamma": Reals(4), "beta": Reals(4), "eps": EPS},
    backward=group_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{i,c,k}} = \frac{1}{\sqrt{v_{ic} + \epsilon}}"
        r" \left( \gamma_c \bar{y}_{i,c,k} - \eta_{ic} - \hat{x}_{i,c,k} \zeta_{ic} \right)",
        "gamma": r"\frac{\partial L}{\partial \gamma_c} = \sum_{i,k} \bar{y}_{i,c,k} \hat{x}_{i,c,k}",
        "beta": r"\frac{\partial L}{\partial \beta_c} = \sum_{i,k} \bar{y}_{i,c,k}",
    },
    notation={
        "m": "6",
        "g_{cd}": r"[(c - 2.5) (d - 2.5) > 0]",
        r"\mu_{ic}": r"\frac{1}{m} \sum_{d,k} g_{cd} x_{i,d,k}",
        "v_{ic}": r"\frac{1}{m} \sum_{d,k} g_{cd} (x_{i,d,k} - \mu_{ic})^2",
        r"\hat{x}_{i,c,k}": r"\frac{x_{i,c,k} - \mu_{ic}}{\sqrt{v_{ic} + \epsilon}}",
        r"\eta_{ic}": r"\frac{1}{m} \sum_{d,k} g_{cd} \gamma_d \bar{y}_{i,d,k}",
        r"\zeta_{ic}": r"\frac{1}{m} \sum_{d,k} g_{cd} \gamma_d \bar{y}_{i,d,k} \hat{x}_{i,d,k}",
    },
    source="Y. Wu and K. He, Group normalization, ECCV 2018, section 3",
    also=("torch.nn.GroupNorm", "flax.linen.GroupNorm", "GN"),
    notes="η and ζ are the means of γ ȳ and of γ ȳ x̂ over the group of channel c: m numbers. g is 1 for two "
    "channels of one group. "
    "One group is layer normalisation of the whole sample, as many groups as channels are instance normalisation.",
)


def instance_norm(x: Array, gamma: Array, beta: Array, eps: Array) -> Any:
    """γ x̂ + β, where each channel of each sample is standardised over its places, (n, c, s), (c,), (c,), () → (n, c, s)."""
    return gamma[:, None] * standardise(x, -1, eps) + beta[:, None]


def instance_norm_backward(dy: Array, x: Array, gamma: Array, beta: Array, eps: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂γ and ∂L/∂β: (n, c, s), (c,), (c,)."""
    dx = standardise_backward(dy * gamma[:, None], x, -1, eps)
    return dx, (dy * standardise(x, -1, eps)).sum(axis=(0, 2)), dy.sum(axis=(0, 2))


LIBRARY.formula(
    "instance-norm",
    "Instance normalisation",
    formula=r"y_{ncs} = \gamma_c \hat{x}_{ncs} + \beta_c, \quad \hat{x}_{ncs} = \frac{x_{ncs} -"
    r" \mu_{nc}}{\sqrt{v_{nc} + \epsilon}}",
    forward=instance_norm,
    inputs={"x": Reals(3, 2, 4), "gamma": Reals(2), "beta": Reals(2), "eps": EPS},
    backward=instance_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{i,c,k}} = \frac{\gamma_c}{\sqrt{v_{ic} + \epsilon}}"
        r" \left( \bar{y}_{i,c,k} - \eta_{ic} - \hat{x}_{i,c,k} \zeta_{ic} \right)",
        "gamma": r"\frac{\partial L}{\partial \gamma_c} = \sum_{i,k} \bar{y}_{i,c,k} \hat{x}_{i,c,k}",
        "beta": r"\frac{\partial L}{\partial \beta_c} = \sum_{i,k} \bar{y}_{i,c,k}",
    },
    notation={
        "s": "4",
        r"\mu_{ic}": r"\frac{1}{s} \sum_k x_{i,c,k}",
        "v_{ic}": r"\frac{1}{s} \sum_k (x_{i,c,k} - \mu_{ic})^2",
        r"\hat{x}_{i,c,k}": r"\frac{x_{i,c,k} - \mu_{ic}}{\sqrt{v_{ic} + \epsilon}}",
        r"\eta_{ic}": r"\frac{1}{s} \sum_k \bar{y}_{i,c,k}",
        r"\zeta_{ic}": r"\frac{1}{s} \sum_k \bar{y}_{i,c,k} \hat{x}_{i,c,k}",
    },
    source="D. Ulyanov, A. Vedaldi and V. Lempitsky, Instance normalization: the missing ingredient for fast "
    "stylization, 2016",
    also=("torch.nn.InstanceNorm1d", "torch.nn.InstanceNorm2d", "contrast normalisation", "style transfer"),
    notes="s is the number of places; a picture's height and width are one axis here. η and ζ are means over the "
    "places.",
)


def weight_norm(v: Array, g: Array) -> Any:
    """g_j v_j / ‖v_j‖ for every column v_j, (p, q), (q,) → (p, q)."""
    return g * v / np.sqrt((v**2).sum(axis=0))


def weight_norm_backward(dw: Array, v: Array, g: Array) -> tuple[Array, Array]:
    """∂L/∂v and ∂L/∂g: (p, q), (q,). ∂L/∂v_j is orthogonal to v_j, for its length makes no difference."""
    length = np.sqrt((v**2).sum(axis=0))
    dg = (dw * v).sum(axis=0) / length
    return g / length * (dw - dg * v / length), dg


COLUMNS = Assumption("no column of v is 0", stated=True, where=lambda v, **_: bool(np.all(np.any(v != 0, axis=0))))

LIBRARY.formula(
    "weight-norm",
    "Weight normalisation",
    formula=r"w_j = \frac{g_j}{\|v_j\|} v_j",
    forward=weight_norm,
    inputs={"v": Reals(3, 2), "g": Reals(2)},
    cotangents={"dw": Reals(3, 2)},
    backward=weight_norm_backward,
    printed={
        "v": r"\frac{\partial L}{\partial v_{ij}} = \frac{g_j}{r_j} \bar{w}_{ij} - \frac{g_j v_{ij}}{r_j^3} \sum_k"
        r" \bar{w}_{kj} v_{kj}",
        "g": r"\frac{\partial L}{\partial g_j} = \frac{1}{r_j} \sum_i \bar{w}_{ij} v_{ij}",
    },
    notation={r"\bar w": "dw", "r_j": r"\sqrt{\sum_i v_{ij}^2}"},
    assumptions=(COLUMNS,),
    source="T. Salimans and D. Kingma, Weight normalization, NIPS 2016, section 2, equations 2 and 3",
    also=("torch.nn.utils.parametrizations.weight_norm", "optax.contrib", "reparameterisation of weights"),
    notes="r is the length of a column. Not defined where a column is 0.",
)


def l2_normalise(x: Array) -> Any:
    """x_i / ‖x_i‖ for every row, (n, p) → (n, p)."""
    return x / np.sqrt((x**2).sum(axis=-1, keepdims=True))


def l2_normalise_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x, (n, p): dy without its part along x, over the length of x."""
    length = np.sqrt((x**2).sum(axis=-1, keepdims=True))
    y = x / length
    return (dy - y * (dy * y).sum(axis=-1, keepdims=True)) / length


def stable_l2_normalise(x: Array) -> Any:
    """The same of x / max|x|, whose squares neither overflow nor vanish."""
    z = x / np.abs(x).max(axis=-1, keepdims=True)
    return z / np.sqrt((z**2).sum(axis=-1, keepdims=True))


def stable_l2_normalise_backward(dy: Array, x: Array) -> Any:
    """The same with the length as max|x| · ‖x / max|x|‖."""
    most = np.abs(x).max(axis=-1, keepdims=True)
    z = x / most
    length = np.sqrt((z**2).sum(axis=-1, keepdims=True))
    y = z / length
    return (dy - y * (dy * y).sum(axis=-1, keepdims=True)) / length / most


ROWS = Assumption("no row of x is 0", stated=True, where=lambda x, **_: bool(np.all(np.any(x != 0, axis=-1))))

LIBRARY.formula(
    "l2-normalisation",
    "L2 normalisation (unit length)",
    formula=r"y_i = \frac{x_i}{\|x_i\|}",
    forward=l2_normalise,
    inputs={"x": Reals(3, 2)},
    backward=l2_normalise_backward,
    printed=r"\frac{\partial L}{\partial x_{ij}} = \frac{1}{r_i} \left( \bar{y}_{ij} - \frac{x_{ij}}{r_i^2} \sum_k"
    r" \bar{y}_{ik} x_{ik} \right)",
    notation={"r_i": r"\sqrt{\sum_j x_{ij}^2}"},
    assumptions=(ROWS,),
    stable=Stable(
        "x² overflows where |x| is above 1e154, and is 0 where it is below 1e-162.",
        forward=stable_l2_normalise,
        derivative=stable_l2_normalise_backward,
    ),
    source="F. Schroff, D. Kalenichenko and J. Philbin, FaceNet, CVPR 2015, section 3",
    also=("torch.nn.functional.normalize", "unit vector", "cosine similarity", "keras.layers.UnitNormalization"),
    notes="r is the length of a row. Not defined where a row is 0; torch divides by max(r, 1e-12).",
)


def scale_norm(x: Array, g: Array) -> Any:
    """g x_i / ‖x_i‖ for every row, (n, p), () → (n, p)."""
    return g * x / np.sqrt((x**2).sum(axis=-1, keepdims=True))


def scale_norm_backward(dy: Array, x: Array, g: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂g: (n, p), ()."""
    length = np.sqrt((x**2).sum(axis=-1, keepdims=True))
    y = x / length
    return g * (dy - y * (dy * y).sum(axis=-1, keepdims=True)) / length, (dy * y).sum()


LIBRARY.formula(
    "scale-norm",
    "Scale normalisation (one gain for unit rows)",
    formula=r"y_i = g \frac{x_i}{\|x_i\|}",
    forward=scale_norm,
    inputs={"x": Reals(3, 2), "g": Reals()},
    backward=scale_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \frac{g}{r_i} \left( \bar{y}_{ij} - \frac{x_{ij}}{r_i^2} \sum_k"
        r" \bar{y}_{ik} x_{ik} \right)",
        "g": r"\frac{\partial L}{\partial g} = \sum_{i,j} \frac{\bar{y}_{ij} x_{ij}}{r_i}",
    },
    notation={"r_i": r"\sqrt{\sum_j x_{ij}^2}"},
    assumptions=(ROWS,),
    source="T. Nguyen and J. Salazar, Transformers without tears, IWSLT 2019, section 2",
    also=("ScaleNorm", "fixed norm"),
)


def neighbours(channels: int, reach: int) -> Any:
    """1 where two channels are at most ``reach`` apart, (c, c)."""
    places = np.arange(channels)
    return (np.abs(places[:, None] - places) <= reach).astype(float)


def local_response_norm(x: Array, alpha: Array, beta: Array, k: Array, reach: int = 1) -> Any:
    """x_c / (k + α Σ x_d²)^β, the sum over the channels d at most ``reach`` away from c, (n, c), (), (), () → (n, c)."""
    return x / (k + alpha * (x**2 @ neighbours(x.shape[1], reach))) ** beta


def local_response_norm_backward(dy: Array, x: Array, alpha: Array, beta: Array, k: Array, reach: int = 1) -> Any:
    """∂L/∂x, (n, c): x_c stands in the sum of every neighbour d as well, and neighbourhood is symmetric."""
    near = neighbours(x.shape[1], reach)
    s = k + alpha * (x**2 @ near)
    return dy / s**beta - 2 * alpha * beta * x * ((dy * x / s ** (beta + 1)) @ near)


LIBRARY.formula(
    "local-response-norm",
    "Local response normalisation, across channels",
    formula=r"y_{ic} = \frac{x_{ic}}{s_{ic}^\beta}, \quad s_{ic} = k + \alpha \sum_{|d - c| \le 1} x_{id}^2",
    forward=local_response_norm,
    inputs={
        "x": Reals(2, 4),
        "alpha": Reals(low=0, high=4),
        "beta": Reals(low=0, high=2),
        "k": Reals(low=0, high=4),
    },
    backward=local_response_norm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ic}} = \frac{\bar{y}_{ic}}{s_{ic}^\beta}"
        r" - 2 \alpha \beta x_{ic} \sum_d \frac{\bar{y}_{id} x_{id}}{s_{id}^{\beta + 1}} [(d - c)^2 \le 1]"
    },
    notation={"s_{ic}": r"k + \alpha \sum_d x_{id}^2 [(d - c)^2 \le 1]", r"\alpha": "alpha"},
    source="A. Krizhevsky, I. Sutskever and G. Hinton, ImageNet classification with deep convolutional networks, "
    "NIPS 2012, section 3.3",
    also=("torch.nn.LocalResponseNorm", "LRN", "lateral inhibition", "AlexNet"),
    notes="As in the paper, with reach 1, that is 3 channels in a sum; torch divides its alpha by that number. The "
    "parameters are "
    "not differentiated by.",
)


def spectral_norm(w: Array, u: Array, v: Array) -> Any:
    """w / (uᵀ w v), where u and v are the singular vectors that power iteration found, (p, q), (p,), (q,) → (p, q)."""
    return w / (u @ w @ v)


def spectral_norm_backward(dy: Array, w: Array, u: Array, v: Array) -> Any:
    """∂L/∂w, (p, q), u and v held: ∂(uᵀ w v)/∂w = u vᵀ."""
    sigma = u @ w @ v
    return (dy - (dy * w).sum() / sigma * np.outer(u, v)) / sigma


LIBRARY.formula(
    "spectral-norm",
    "Spectral normalisation, given its singular vectors",
    formula=r"y = \frac{w}{\sigma}, \quad \sigma = u^T w v",
    forward=spectral_norm,
    inputs={"w": Reals(3, 2), "u": Reals(3), "v": Reals(2)},
    backward=spectral_norm_backward,
    printed={
        "w": r"\frac{\partial L}{\partial w_{ij}} = \frac{1}{s} \left( \bar{y}_{ij} - \frac{u_i v_j}{s} \sum_{k,l}"
        r" \bar{y}_{kl} w_{kl} \right)"
    },
    notation={"s": "u^T w v"},
    assumptions=(Assumption("uᵀ w v is not 0", stated=True, where=lambda w, u, v, **_: bool(abs(u @ w @ v) > 1e-3)),),
    source="T. Miyato et al., Spectral normalization for generative adversarial networks, ICLR 2018, section 2.1",
    also=("torch.nn.utils.parametrizations.spectral_norm", "Lipschitz constant", "SN-GAN"),
    notes="s is uᵀ w v. u and v are held, as implementations do: exact at singular vectors, where moving them "
    "changes s to second order.",
)


def weight_standardisation(w: Array, eps: Array) -> Any:
    """Every output's weights with mean 0 and variance 1, (q, p), () → (q, p)."""
    return standardise(w, -1, eps)


def weight_standardisation_backward(dy: Array, w: Array, eps: Array) -> Any:
    """∂L/∂w, (q, p)."""
    return standardise_backward(dy, w, -1, eps)


LIBRARY.formula(
    "weight-standardisation",
    "Weight standardisation",
    formula=r"y_{ij} = \hat{w}_{ij} = \frac{w_{ij} - \mu_i}{\sqrt{v_i + \epsilon}}",
    forward=weight_standardisation,
    inputs={"w": Reals(2, 4), "eps": EPS},
    backward=weight_standardisation_backward,
    printed={
        "w": r"\frac{\partial L}{\partial w_{ij}} = \frac{1}{\sqrt{v_i + \epsilon}}"
        r" \left( \bar{y}_{ij} - \frac{1}{p} \sum_k \bar{y}_{ik} - \frac{\hat{w}_{ij}}{p} \sum_k \bar{y}_{ik}"
        r" \hat{w}_{ik} \right)"
    },
    notation={
        "p": "4",
        r"\mu_i": r"\frac{1}{p} \sum_j w_{ij}",
        "v_i": r"\frac{1}{p} \sum_j (w_{ij} - \mu_i)^2",
        r"\hat{w}_{ij}": r"\frac{w_{ij} - \mu_i}{\sqrt{v_i + \epsilon}}",
    },
    source="S. Qiao et al., Micro-batch training with batch-channel normalization and weight standardization, 2019",
    also=("standardise", "z-score", "whitening of weights"),
)
