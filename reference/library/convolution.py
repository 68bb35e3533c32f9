"""Convolutions, their transposes and poolings, each with its backward.

A batch is (n, c, length) or (n, c, height, width): samples, channels, places. As everywhere in deep learning a
convolution does not turn its kernel around. Code counts from 0. Print counts from 1: tap k of the kernel meets place i of
the input for place j of the output where i = s (j − 1) + d (k − 1) + 1 − p, with the stride s, the dilation d, and p zeros
before the first place. A bracket with a condition in it is 1 where the condition is met, and 0 elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Reals
from gradcheck.library.formulas import Library

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("convolution", "convolution.py", "Convolution and pooling", notation={r"\bar y": "dy"})

LECUN = "Y. LeCun et al., Gradient-based learning applied to document recognition, Proceedings of the IEEE 86, 1998"
DUMOULIN = "V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016"
TIES = (
    "Where the largest number of a window stands twice, the cotangent may go to either; the code gives it to the first, "
    "as JAX and torch do."
)


def places(tap: int, count: int, stride: int = 1, dilation: int = 1) -> slice:
    """Where a tap of the kernel meets the padded input, for each of ``count`` places of the output."""
    start = tap * dilation
    return slice(start, start + stride * (count - 1) + 1, stride)


def count_of(length: int, size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many places the output has: ⌊(length + 2 padding − dilation (size − 1) − 1) / stride⌋ + 1."""
    return (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1


def conv1d(x: Array, w: Array, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1) -> Any:
    """Σ_ck x[n, c, stride j + dilation k − padding] w[o, c, k], (n, c, l), (o, c / groups, k) → (n, o, m)."""
    n, c, length = x.shape
    size = w.shape[2]
    count = count_of(length, size, stride, padding, dilation)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding))).reshape(n, groups, c // groups, -1)
    grouped = w.reshape(groups, -1, c // groups, size)
    y = np.zeros((n, groups, grouped.shape[1], count))
    for k in range(size):
        y = y + np.einsum("ngcj,goc->ngoj", padded[..., places(k, count, stride, dilation)], grouped[..., k])
    return y.reshape(n, -1, count)


def conv1d_backward(
    dy: Array, x: Array, w: Array, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w: (n, c, l), (o, c / groups, k). What a tap read from a place, it gives back to that place."""
    n, c, length = x.shape
    size, count = w.shape[2], dy.shape[2]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding))).reshape(n, groups, c // groups, -1)
    grouped = w.reshape(groups, -1, c // groups, size)
    dy = dy.reshape(n, groups, -1, count)
    dx, dw = np.zeros_like(padded), np.zeros_like(grouped)
    for k in range(size):
        met = places(k, count, stride, dilation)
        dx[..., met] += np.einsum("ngoj,goc->ngcj", dy, grouped[..., k])
        dw[..., k] = np.einsum("ngoj,ngcj->goc", dy, padded[..., met])
    return dx[..., padding : padding + length].reshape(x.shape), dw.reshape(w.shape)


CONV1D = {
    "x": r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_{o,j,k} \bar{y}_{n,o,j} w_{o,c,k} [i = s (j - 1) + d (k -"
    r" 1) + 1 - p]",
    "w": r"\frac{\partial L}{\partial w_{o,c,k}} = \sum_{n,i,j} \bar{y}_{n,o,j} x_{n,c,i} [i = s (j - 1) + d (k -"
    r" 1) + 1 - p]",
}
PLAIN = {"s": "1", "d": "1", "p": "0"}

LIBRARY.formula(
    "conv1d",
    "Convolution in one dimension",
    formula=r"y_{noj} = \sum_{c,k} x_{n,c,j+k-1} w_{ock}",
    forward=conv1d,
    inputs={"x": Reals(2, 3, 4), "w": Reals(4, 3, 2)},
    backward=conv1d_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_{o,j,k} \bar{y}_{n,o,j} w_{o,c,k} [i = j + k - 1]",
        "w": r"\frac{\partial L}{\partial w_{o,c,k}} = \sum_{n,i,j} \bar{y}_{n,o,j} x_{n,c,i} [i = j + k - 1]",
    },
    source=LECUN,
    also=("torch.nn.Conv1d", "jax.lax.conv_general_dilated", "flax.linen.Conv", "cross-correlation", "CNN", "filter"),
    notes="∂L/∂x is a convolution of ȳ with the kernel turned around and its channels transposed; ∂L/∂w correlates "
    "x with ȳ. "
    "A bias of the channels is added as in channel-bias.",
)


def conv1d_strided(x: Array, w: Array) -> Any:
    """`conv1d` with stride 2 and a zero at both ends."""
    return conv1d(x, w, stride=2, padding=1)


def conv1d_strided_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    return conv1d_backward(dy, x, w, stride=2, padding=1)


LIBRARY.formula(
    "conv1d-strided",
    "Convolution in one dimension, with stride 2 and padding 1",
    formula=r"y_{noj} = \sum_{c,k} x_{n,c,s(j-1)+k-p} w_{ock}, \quad s = 2, p = 1",
    forward=conv1d_strided,
    inputs={"x": Reals(2, 3, 5), "w": Reals(2, 3, 3)},
    backward=conv1d_strided_backward,
    printed=CONV1D,
    notation={"s": "2", "d": "1", "p": "1"},
    source=f"{DUMOULIN}, chapter 2",
    also=("torch.nn.Conv1d", "strided convolution", "zero padding", "downsampling"),
    notes="Places that no tap meets receive 0: with stride 2 the last one may be such a place.",
)


def conv1d_dilated(x: Array, w: Array) -> Any:
    """`conv1d` whose taps are 2 places apart."""
    return conv1d(x, w, dilation=2)


def conv1d_dilated_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    return conv1d_backward(dy, x, w, dilation=2)


LIBRARY.formula(
    "conv1d-dilated",
    "Convolution in one dimension, with dilation 2",
    formula=r"y_{noj} = \sum_{c,k} x_{n,c,j+d(k-1)} w_{ock}, \quad d = 2",
    forward=conv1d_dilated,
    inputs={"x": Reals(2, 3, 5), "w": Reals(4, 3, 2)},
    backward=conv1d_dilated_backward,
    printed=CONV1D,
    notation={"s": "1", "d": "2", "p": "0"},
    source="F. Yu and V. Koltun, Multi-scale context aggregation by dilated convolutions, ICLR 2016, section 2",
    also=("torch.nn.Conv1d dilation", "atrous convolution", "WaveNet"),
)


def conv1d_grouped(x: Array, w: Array) -> Any:
    """`conv1d` of two groups of channels that do not see each other."""
    return conv1d(x, w, groups=2)


def conv1d_grouped_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    return conv1d_backward(dy, x, w, groups=2)


LIBRARY.formula(
    "conv1d-grouped",
    "Convolution in one dimension, in two groups of channels",
    formula=r"y_{noj} = \sum_{e,k} x_{n,c,j+k-1} w_{oek}, \quad c \text{ is channel } e \text{ of the group of } o",
    forward=conv1d_grouped,
    inputs={"x": Reals(2, 4, 3), "w": Reals(6, 2, 2)},
    backward=conv1d_grouped_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_{o,e,j,k} \bar{y}_{n,o,j} w_{o,e,k} g_{o,e,c} [i = j +"
        r" k - 1]",
        "w": r"\frac{\partial L}{\partial w_{o,e,k}} = \sum_{n,c,i,j} \bar{y}_{n,o,j} x_{n,c,i} g_{o,e,c} [i = j +"
        r" k - 1]",
    },
    notation={"g_{o,e,c}": r"[c - e = 0] [o \le 3] + [c - e = 2] [o > 3]"},
    source="A. Krizhevsky, I. Sutskever and G. Hinton, ImageNet classification with deep convolutional networks, "
    "NIPS 2012, section 3.5",
    also=("torch.nn.Conv1d groups", "feature_group_count", "grouped convolution", "ResNeXt", "AlexNet"),
    notes="g is 1 where c is channel e of the group of o: here outputs 1 to 3 see channels 1 and 2, and 4 to 6 the "
    "others.",
)


def conv1d_depthwise(x: Array, w: Array) -> Any:
    """A kernel for each channel, (n, c, l), (c, k) → (n, c, l − k + 1)."""
    return conv1d(x, w[:, None, :], groups=len(w))


def conv1d_depthwise_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    dx, dw = conv1d_backward(dy, x, w[:, None, :], groups=len(w))
    return dx, dw[:, 0, :]


LIBRARY.formula(
    "conv1d-depthwise",
    "Depthwise convolution in one dimension",
    formula=r"y_{ncj} = \sum_k x_{n,c,j+k-1} w_{ck}",
    forward=conv1d_depthwise,
    inputs={"x": Reals(2, 3, 5), "w": Reals(3, 2)},
    backward=conv1d_depthwise_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_{j,k} \bar{y}_{n,c,j} w_{ck} [i = j + k - 1]",
        "w": r"\frac{\partial L}{\partial w_{ck}} = \sum_{n,i,j} \bar{y}_{n,c,j} x_{n,c,i} [i = j + k - 1]",
    },
    source="F. Chollet, Xception: deep learning with depthwise separable convolutions, CVPR 2017",
    also=("depthwise separable convolution", "torch.nn.Conv1d groups", "Mamba convolution"),
)


def conv1d_causal(x: Array, w: Array) -> Any:
    """y_j from x_j and what was before it: zeros stand before the start, (n, c, l), (o, c, k) → (n, o, l)."""
    return conv1d(np.pad(x, ((0, 0), (0, 0), (w.shape[2] - 1, 0))), w)


def conv1d_causal_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them: what the zeros receive is dropped."""
    before = w.shape[2] - 1
    dx, dw = conv1d_backward(dy, np.pad(x, ((0, 0), (0, 0), (before, 0))), w)
    return dx[..., before:], dw


LIBRARY.formula(
    "conv1d-causal",
    "Causal convolution in one dimension",
    formula=r"y_{noj} = \sum_{c,k} x_{n,c,j+k-m} w_{ock} \text{ with } m \text{ taps}",
    forward=conv1d_causal,
    inputs={"x": Reals(2, 3, 4), "w": Reals(4, 3, 2)},
    backward=conv1d_causal_backward,
    printed=CONV1D,
    notation={"s": "1", "d": "1", "p": "1"},
    source="A. van den Oord et al., WaveNet: a generative model for raw audio, 2016, section 2.1",
    also=("temporal convolution", "TCN", "left padding", "autoregressive"),
    notes="p is the number of taps less 1.",
)


def conv2d(x: Array, w: Array, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1) -> Any:
    """Σ_ckl x[n, c, s i + d k − p, s j + d l − p] w[o, c, k, l], (n, c, h, w), (o, c / groups, k, l) → (n, o, i, j)."""
    n, c, height, width = x.shape
    rows, columns = (
        count_of(*lengths, stride, padding, dilation) for lengths in ((height, w.shape[2]), (width, w.shape[3]))
    )
    around = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), around, around))
    padded = padded.reshape(n, groups, c // groups, height + 2 * padding, width + 2 * padding)
    grouped = w.reshape(groups, -1, *w.shape[1:])
    y = np.zeros((n, groups, grouped.shape[1], rows, columns))
    for k, m in np.ndindex(w.shape[2:]):
        met = (..., places(k, rows, stride, dilation), places(m, columns, stride, dilation))
        y = y + np.einsum("ngcij,goc->ngoij", padded[met], grouped[..., k, m])
    return y.reshape(n, -1, rows, columns)


def conv2d_backward(
    dy: Array, x: Array, w: Array, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w: (n, c, h, w), (o, c / groups, k, l). What a tap read from a place, it gives back to that place."""
    n, c, height, width = x.shape
    rows, columns = dy.shape[2:]
    around = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), around, around))
    padded = padded.reshape(n, groups, c // groups, height + 2 * padding, width + 2 * padding)
    grouped = w.reshape(groups, -1, *w.shape[1:])
    dy = dy.reshape(n, groups, -1, rows, columns)
    dx, dw = np.zeros_like(padded), np.zeros_like(grouped)
    for k, m in np.ndindex(w.shape[2:]):
        met = (..., places(k, rows, stride, dilation), places(m, columns, stride, dilation))
        dx[met] += np.einsum("ngoij,goc->ngcij", dy, grouped[..., k, m])
        dw[..., k, m] = np.einsum("ngoij,ngcij->goc", dy, padded[met])
    inside = (..., slice(padding, padding + height), slice(padding, padding + width))
    return dx[inside].reshape(x.shape), dw.reshape(w.shape)


MEETS = "[i = s (a - 1) + d (k - 1) + 1 - p] [j = s (b - 1) + d (l - 1) + 1 - p]"
CONV2D = {
    "x": rf"\frac{{\partial L}}{{\partial x_{{n,c,i,j}}}} = \sum_{{o,a,b,k,l}} \bar{{y}}_{{n,o,a,b}} w_{{o,c,k,l}}"
    rf" {MEETS}",
    "w": rf"\frac{{\partial L}}{{\partial w_{{o,c,k,l}}}} = \sum_{{n,i,j,a,b}} \bar{{y}}_{{n,o,a,b}} x_{{n,c,i,j}}"
    rf" {MEETS}",
}

LIBRARY.formula(
    "conv2d",
    "Convolution in two dimensions",
    formula=r"y_{noab} = \sum_{c,k,l} x_{n,c,a+k-1,b+l-1} w_{ockl}",
    forward=conv2d,
    inputs={"x": Reals(2, 2, 3, 3), "w": Reals(3, 2, 2, 2)},
    backward=conv2d_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i,j}} = \sum_{o,a,b,k,l} \bar{y}_{n,o,a,b} w_{o,c,k,l}"
        r" [i = a + k - 1] [j = b + l - 1]",
        "w": r"\frac{\partial L}{\partial w_{o,c,k,l}} = \sum_{n,i,j,a,b} \bar{y}_{n,o,a,b} x_{n,c,i,j}"
        r" [i = a + k - 1] [j = b + l - 1]",
    },
    source=LECUN,
    also=("torch.nn.Conv2d", "jax.lax.conv_general_dilated", "flax.linen.Conv", "CNN", "image filter"),
    notes="Layouts as in torch: NCHW for x and OIHW for w. A bias of the channels is added as in channel-bias.",
)


def conv2d_strided(x: Array, w: Array) -> Any:
    """`conv2d` with stride 2 and a frame of one zero."""
    return conv2d(x, w, stride=2, padding=1)


def conv2d_strided_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    return conv2d_backward(dy, x, w, stride=2, padding=1)


LIBRARY.formula(
    "conv2d-strided",
    "Convolution in two dimensions, with stride 2 and padding 1",
    formula=r"y_{noab} = \sum_{c,k,l} x_{n,c,s(a-1)+k-p,s(b-1)+l-p} w_{ockl}, \quad s = 2, p = 1",
    forward=conv2d_strided,
    inputs={"x": Reals(2, 2, 3, 3), "w": Reals(2, 2, 3, 2)},
    backward=conv2d_strided_backward,
    printed=CONV2D,
    notation={"s": "2", "d": "1", "p": "1"},
    source=f"{DUMOULIN}, chapter 2",
    also=("torch.nn.Conv2d stride", "strided convolution", "zero padding", "same padding", "downsampling"),
)


def conv2d_dilated(x: Array, w: Array) -> Any:
    """`conv2d` whose taps are 2 places apart."""
    return conv2d(x, w, dilation=2)


def conv2d_dilated_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    return conv2d_backward(dy, x, w, dilation=2)


LIBRARY.formula(
    "conv2d-dilated",
    "Convolution in two dimensions, with dilation 2",
    formula=r"y_{noab} = \sum_{c,k,l} x_{n,c,a+d(k-1),b+d(l-1)} w_{ockl}, \quad d = 2",
    forward=conv2d_dilated,
    inputs={"x": Reals(2, 2, 3, 4), "w": Reals(3, 2, 2, 2)},
    backward=conv2d_dilated_backward,
    printed=CONV2D,
    notation={"s": "1", "d": "2", "p": "0"},
    source="F. Yu and V. Koltun, Multi-scale context aggregation by dilated convolutions, ICLR 2016, section 2",
    also=("torch.nn.Conv2d dilation", "atrous convolution", "DeepLab"),
)


def conv2d_depthwise(x: Array, w: Array) -> Any:
    """A kernel for each channel, (n, c, h, w), (c, k, l) → (n, c, h − k + 1, w − l + 1)."""
    return conv2d(x, w[:, None], groups=len(w))


def conv2d_depthwise_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w, shaped like them."""
    dx, dw = conv2d_backward(dy, x, w[:, None], groups=len(w))
    return dx, dw[:, 0]


LIBRARY.formula(
    "conv2d-depthwise",
    "Depthwise convolution in two dimensions",
    formula=r"y_{ncab} = \sum_{k,l} x_{n,c,a+k-1,b+l-1} w_{ckl}",
    forward=conv2d_depthwise,
    inputs={"x": Reals(2, 3, 3, 4), "w": Reals(3, 2, 2)},
    backward=conv2d_depthwise_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i,j}} = \sum_{a,b,k,l} \bar{y}_{n,c,a,b} w_{c,k,l}"
        r" [i = a + k - 1] [j = b + l - 1]",
        "w": r"\frac{\partial L}{\partial w_{c,k,l}} = \sum_{n,i,j,a,b} \bar{y}_{n,c,a,b} x_{n,c,i,j}"
        r" [i = a + k - 1] [j = b + l - 1]",
    },
    source="F. Chollet, Xception: deep learning with depthwise separable convolutions, CVPR 2017",
    also=("torch.nn.Conv2d groups", "depthwise separable convolution", "MobileNet", "feature_group_count"),
)


def conv2d_pointwise(x: Array, w: Array) -> Any:
    """The same dense layer at every place, (n, c, h, w), (o, c) → (n, o, h, w)."""
    return np.einsum("ncij,oc->noij", x, w)


def conv2d_pointwise_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w: (n, c, h, w), (o, c)."""
    return np.einsum("noij,oc->ncij", dy, w), np.einsum("noij,ncij->oc", dy, x)


LIBRARY.formula(
    "conv2d-pointwise",
    "Pointwise convolution (1 × 1)",
    formula=r"y_{noij} = \sum_c x_{ncij} w_{oc}",
    forward=conv2d_pointwise,
    inputs={"x": Reals(2, 3, 2, 3), "w": Reals(4, 3)},
    backward=conv2d_pointwise_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i,j}} = \sum_o \bar{y}_{n,o,i,j} w_{oc}",
        "w": r"\frac{\partial L}{\partial w_{oc}} = \sum_{n,i,j} \bar{y}_{n,o,i,j} x_{n,c,i,j}",
    },
    source="M. Lin, Q. Chen and S. Yan, Network in network, ICLR 2014",
    also=("1x1 convolution", "torch.nn.Conv2d kernel_size=1", "channel mixing", "bottleneck"),
)


def patches(x: Array, size: tuple[int, int]) -> Any:
    """The window of every place of the output as a column (im2col), (n, c, h, w) → (n, c · k · l, places)."""
    rows, columns = count_of(x.shape[2], size[0]), count_of(x.shape[3], size[1])
    windows = [x[..., places(k, rows), places(m, columns)] for k, m in np.ndindex(size)]
    return np.stack(windows, axis=2).reshape(len(x), -1, rows * columns)


def conv2d_as_product(x: Array, w: Array) -> Any:
    """`conv2d` as a product of a matrix and patches, (n, c, h, w), (o, c, k, l) → (n, o, i, j)."""
    rows, columns = count_of(x.shape[2], w.shape[2]), count_of(x.shape[3], w.shape[3])
    return (w.reshape(len(w), -1) @ patches(x, w.shape[2:])).reshape(len(x), -1, rows, columns)


LIBRARY.formula(
    "conv2d-im2col",
    "Convolution as a product of matrices (im2col)",
    formula=r"y_n = W P(x_n)",
    forward=conv2d,
    inputs={"x": Reals(2, 2, 3, 3), "w": Reals(3, 2, 2, 2)},
    equality=conv2d_as_product,
    printed=r"y_{n,o,a,b} = \sum_{c,k,l,i,j} w_{o,c,k,l} x_{n,c,i,j} [i = a + k - 1] [j = b + l - 1]",
    source="K. Chellapilla, S. Puri and P. Simard, High performance convolutional neural networks for document "
    "processing, 2006",
    also=("im2col", "unfold", "torch.nn.Unfold", "GEMM convolution"),
    notes="W has a row for each output channel; P(x) has the window of each place as a column. So the backward is "
    "that of a "
    "dense layer, and the columns of ∂L/∂P are added back to the places that they came from (col2im).",
)


def channel_bias(x: Array, b: Array) -> Any:
    """x + b for every channel, (n, c, h, w), (c,) → (n, c, h, w)."""
    return x + b[:, None, None]


def channel_bias_backward(dy: Array, x: Array, b: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂b: (n, c, h, w), (c,)."""
    return dy, dy.sum(axis=(0, 2, 3))


LIBRARY.formula(
    "channel-bias",
    "Bias of a convolution (a number for each channel)",
    formula=r"y_{ncij} = x_{ncij} + b_c",
    forward=channel_bias,
    inputs={"x": Reals(2, 3, 2, 4), "b": Reals(3)},
    backward=channel_bias_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i,j}} = \bar{y}_{n,c,i,j}",
        "b": r"\frac{\partial L}{\partial b_c} = \sum_{n,i,j} \bar{y}_{n,c,i,j}",
    },
    source=LECUN,
    also=("torch.nn.Conv2d bias", "broadcast add"),
)


def conv1d_transposed(x: Array, w: Array, stride: int = 2, padding: int = 1) -> Any:
    """Each x[n, c, j] lays w[c, o, :] down at place stride j − padding, (n, c, l), (c, o, k) → (n, o, m).

    m = stride (l − 1) + k − 2 padding.
    """
    n, _, length = x.shape
    size = w.shape[2]
    y = np.zeros((n, w.shape[1], stride * (length - 1) + size))
    for k in range(size):
        y[..., places(k, length, stride)] += np.einsum("ncj,co->noj", x, w[..., k])
    return y[..., padding : y.shape[2] - padding]


def conv1d_transposed_backward(dy: Array, x: Array, w: Array, stride: int = 2, padding: int = 1) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w: (n, c, l), (c, o, k). ∂L/∂x is the convolution that this is the transpose of."""
    length = x.shape[2]
    padded = np.pad(dy, ((0, 0), (0, 0), (padding, padding)))
    met = [padded[..., places(k, length, stride)] for k in range(w.shape[2])]
    dw = np.stack([np.einsum("noj,ncj->co", window, x) for window in met], axis=2)
    return conv1d(dy, w, stride, padding), dw


LIBRARY.formula(
    "conv1d-transposed",
    "Transposed convolution in one dimension, with stride 2 and padding 1",
    formula=r"y_{noi} = \sum_{c,j,k} x_{ncj} w_{cok} [i = s (j - 1) + k - p]",
    forward=conv1d_transposed,
    inputs={"x": Reals(2, 3, 3), "w": Reals(3, 2, 4)},
    backward=conv1d_transposed_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,j}} = \sum_{o,i,k} \bar{y}_{n,o,i} w_{c,o,k} [i = s (j - 1) + k - p]",
        "w": r"\frac{\partial L}{\partial w_{c,o,k}} = \sum_{n,i,j} \bar{y}_{n,o,i} x_{n,c,j} [i = s (j - 1) + k - p]",
    },
    notation={"s": "2", "p": "1"},
    source=f"{DUMOULIN}, chapter 4",
    also=("torch.nn.ConvTranspose1d", "deconvolution", "fractionally strided convolution", "flax.linen.ConvTranspose"),
    notes="w is laid out as torch does: input channel, output channel, tap.",
)


def conv2d_transposed(x: Array, w: Array, stride: int = 2) -> Any:
    """Each x[n, c, i, j] lays w[c, o] down at place (stride i, stride j), (n, c, h, w), (c, o, k, l) → (n, o, …, …)."""
    n, _, height, width = x.shape
    y = np.zeros((n, w.shape[1], stride * (height - 1) + w.shape[2], stride * (width - 1) + w.shape[3]))
    for k, m in np.ndindex(w.shape[2:]):
        y[..., places(k, height, stride), places(m, width, stride)] += np.einsum("ncij,co->noij", x, w[..., k, m])
    return y


def conv2d_transposed_backward(dy: Array, x: Array, w: Array, stride: int = 2) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w: (n, c, h, w), (c, o, k, l). ∂L/∂x is the convolution that this is the transpose of."""
    height, width = x.shape[2:]
    dw = np.zeros_like(w)
    for k, m in np.ndindex(w.shape[2:]):
        met = dy[..., places(k, height, stride), places(m, width, stride)]
        dw[..., k, m] = np.einsum("noij,ncij->co", met, x)
    return conv2d(dy, w, stride), dw


LIBRARY.formula(
    "conv2d-transposed",
    "Transposed convolution in two dimensions, with stride 2",
    formula=r"y_{noij} = \sum_{c,a,b,k,l} x_{ncab} w_{cokl} [i = s (a - 1) + k] [j = s (b - 1) + l]",
    forward=conv2d_transposed,
    inputs={"x": Reals(2, 2, 2, 1), "w": Reals(2, 3, 3, 2)},
    backward=conv2d_transposed_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,a,b}} = \sum_{o,i,j,k,l} \bar{y}_{n,o,i,j} w_{c,o,k,l}"
        r" [i = s (a - 1) + k] [j = s (b - 1) + l]",
        "w": r"\frac{\partial L}{\partial w_{c,o,k,l}} = \sum_{n,i,j,a,b} \bar{y}_{n,o,i,j} x_{n,c,a,b}"
        r" [i = s (a - 1) + k] [j = s (b - 1) + l]",
    },
    notation={"s": "2"},
    source="M. Zeiler et al., Deconvolutional networks, CVPR 2010",
    also=("torch.nn.ConvTranspose2d", "deconvolution", "upsampling", "decoder", "GAN generator"),
    notes="w is laid out as torch does: input channel, output channel, taps.",
)


FIRST_LARGEST = (
    r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_j \bar{y}_{n,c,j} g_{ij}"
    r" \prod_m (1 - g_{mj} ([x_{n,c,m} > x_{n,c,i}] + [x_{n,c,m} = x_{n,c,i}] [m < i]))"
)
"""g is 1 where place i lies in window j: a factor is 0 where place m of the window has more, or as much and comes first."""


def max_pool1d(x: Array, size: int = 2, stride: int = 2) -> Any:
    """The largest number of each window, (n, c, l) → (n, c, m)."""
    count = count_of(x.shape[-1], size, stride)
    return np.stack([x[..., places(k, count, stride)] for k in range(size)]).max(axis=0)


def max_pool1d_backward(dy: Array, x: Array, size: int = 2, stride: int = 2) -> Any:
    """∂L/∂x, (n, c, l): the cotangent of a window goes to its first largest number."""
    count = dy.shape[-1]
    windows = np.stack([x[..., places(k, count, stride)] for k in range(size)])
    first = windows.argmax(axis=0)
    dx = np.zeros_like(x)
    for k in range(size):
        dx[..., places(k, count, stride)] += dy * (first == k)
    return dx


LIBRARY.formula(
    "max-pool1d",
    "Max pooling in one dimension",
    formula=r"y_{ncj} = \max_k x_{n,c,s(j-1)+k}",
    forward=max_pool1d,
    inputs={"x": Reals(2, 3, 4)},
    backward=max_pool1d_backward,
    printed=FIRST_LARGEST,
    notation={"g_{ij}": r"\sum_{k=1}^2 [i = 2 (j - 1) + k]"},
    source="K. Jarrett et al., What is the best multi-stage architecture for object recognition?, ICCV 2009",
    kinks=TIES,
    also=("torch.nn.MaxPool1d", "flax.linen.max_pool", "jax.lax.reduce_window", "subsampling"),
    notes="Windows of 2 with stride 2; the code takes other sizes and strides. In print g is 1 where place i lies "
    "in window j, "
    "and a factor is 0 where place m of the window has more, or as much and comes first.",
)


def max_pool1d_overlapping(x: Array) -> Any:
    """`max_pool1d` with windows of 3 and stride 2."""
    return max_pool1d(x, size=3, stride=2)


def max_pool1d_overlapping_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x: a place that wins two windows receives both cotangents."""
    return max_pool1d_backward(dy, x, size=3, stride=2)


LIBRARY.formula(
    "max-pool1d-overlapping",
    "Max pooling in one dimension, windows that overlap",
    formula=r"y_{ncj} = \max_{k \le 3} x_{n,c,2(j-1)+k}",
    forward=max_pool1d_overlapping,
    inputs={"x": Reals(2, 3, 5)},
    backward=max_pool1d_overlapping_backward,
    printed=FIRST_LARGEST,
    notation={"g_{ij}": r"\sum_{k=1}^3 [i = 2 (j - 1) + k]"},
    source="A. Krizhevsky, I. Sutskever and G. Hinton, ImageNet classification with deep convolutional networks, "
    "NIPS 2012, section 3.4",
    kinks=TIES,
    also=("torch.nn.MaxPool1d", "overlapping pooling", "AlexNet"),
    notes="Cotangents must be added: assigning them loses one where windows overlap.",
)


def max_pool2d(x: Array, size: int = 2, stride: int = 2) -> Any:
    """The largest number of each square window, (n, c, h, w) → (n, c, i, j)."""
    rows, columns = (count_of(length, size, stride) for length in x.shape[2:])
    windows = [x[..., places(k, rows, stride), places(m, columns, stride)] for k, m in np.ndindex(size, size)]
    return np.stack(windows).max(axis=0)


def max_pool2d_backward(dy: Array, x: Array, size: int = 2, stride: int = 2) -> Any:
    """∂L/∂x, (n, c, h, w): the cotangent of a window goes to its first largest number, row by row."""
    rows, columns = dy.shape[2:]
    met = [(..., places(k, rows, stride), places(m, columns, stride)) for k, m in np.ndindex(size, size)]
    first = np.stack([x[window] for window in met]).argmax(axis=0)
    dx = np.zeros_like(x)
    for number, window in enumerate(met):
        dx[window] += dy * (first == number)
    return dx


LIBRARY.formula(
    "max-pool2d",
    "Max pooling in two dimensions",
    formula=r"y_{ncab} = \max_{k,l} x_{n,c,s(a-1)+k,s(b-1)+l}",
    forward=max_pool2d,
    inputs={"x": Reals(2, 1, 2, 4)},
    backward=max_pool2d_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i,j}} = \sum_{a,b} \bar{y}_{n,c,a,b} g_{ia} h_{jb} \prod_m \prod_l"
    r" (1 - g_{ma} h_{lb} ([x_{n,c,m,l} > x_{n,c,i,j}] + [x_{n,c,m,l} = x_{n,c,i,j}] ([m < i] + [l < j] [m = i])))",
    notation={"g_{ij}": r"\sum_{k=1}^2 [i = 2 (j - 1) + k]", "h_{ij}": r"\sum_{k=1}^2 [i = 2 (j - 1) + k]"},
    source="K. Jarrett et al., What is the best multi-stage architecture for object recognition?, ICCV 2009",
    kinks=TIES,
    also=("torch.nn.MaxPool2d", "flax.linen.max_pool", "subsampling"),
    notes="Windows of 2 × 2 with stride 2; the code takes other sizes and strides.",
)


def average_pool1d(x: Array, size: int = 3, stride: int = 2, padding: int = 0) -> Any:
    """The mean of each window, zeros of the padding counted, (n, c, l) → (n, c, m)."""
    count = count_of(x.shape[-1], size, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    return np.stack([padded[..., places(k, count, stride)] for k in range(size)]).mean(axis=0)


def average_pool1d_backward(dy: Array, x: Array, size: int = 3, stride: int = 2, padding: int = 0) -> Any:
    """∂L/∂x, (n, c, l): each place of a window receives 1/size of its cotangent."""
    n, c, length = x.shape
    dx = np.zeros((n, c, length + 2 * padding))
    for k in range(size):
        dx[..., places(k, dy.shape[-1], stride)] += dy / size
    return dx[..., padding : padding + length]


LIBRARY.formula(
    "average-pool1d",
    "Average pooling in one dimension",
    formula=r"y_{ncj} = \frac{1}{m} \sum_{k=1}^m x_{n,c,s(j-1)+k}",
    forward=average_pool1d,
    inputs={"x": Reals(2, 3, 5)},
    backward=average_pool1d_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i}} = \frac{1}{3} \sum_{k=1}^3 \sum_j \bar{y}_{n,c,j} [i = 2 (j -"
    r" 1) + k]",
    source=LECUN,
    also=("torch.nn.AvgPool1d", "flax.linen.avg_pool", "mean pooling", "moving average"),
    notes="Windows of m = 3 with stride s = 2, which overlap; the code takes other sizes and strides.",
)


def average_pool1d_padded(x: Array) -> Any:
    """`average_pool1d` with windows of 2, stride 2 and a zero at both ends."""
    return average_pool1d(x, size=2, stride=2, padding=1)


def average_pool1d_padded_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x: what the zeros receive is dropped."""
    return average_pool1d_backward(dy, x, size=2, stride=2, padding=1)


LIBRARY.formula(
    "average-pool1d-padded",
    "Average pooling in one dimension, with padding",
    formula=r"y_{ncj} = \frac{1}{m} \sum_{k=1}^m x_{n,c,s(j-1)+k-p}",
    forward=average_pool1d_padded,
    inputs={"x": Reals(2, 3, 4)},
    backward=average_pool1d_padded_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i}} = \frac{1}{2} \sum_{k=1}^2 \sum_j \bar{y}_{n,c,j} [i = 2 (j -"
    r" 1) + k - 1]",
    source=f"{DUMOULIN}, chapter 3",
    also=("torch.nn.AvgPool1d count_include_pad", "flax.linen.avg_pool count_include_pad"),
    notes="The zeros are counted, as torch and flax do unless told otherwise.",
)


def average_pool2d(x: Array, size: int = 2, stride: int = 2) -> Any:
    """The mean of each square window, (n, c, h, w) → (n, c, i, j)."""
    rows, columns = (count_of(length, size, stride) for length in x.shape[2:])
    windows = [x[..., places(k, rows, stride), places(m, columns, stride)] for k, m in np.ndindex(size, size)]
    return np.stack(windows).mean(axis=0)


def average_pool2d_backward(dy: Array, x: Array, size: int = 2, stride: int = 2) -> Any:
    """∂L/∂x, (n, c, h, w): each place of a window receives 1/size² of its cotangent."""
    rows, columns = dy.shape[2:]
    dx = np.zeros_like(x)
    for k, m in np.ndindex(size, size):
        dx[..., places(k, rows, stride), places(m, columns, stride)] += dy / size**2
    return dx


LIBRARY.formula(
    "average-pool2d",
    "Average pooling in two dimensions",
    formula=r"y_{ncab} = \frac{1}{m^2} \sum_{k,l=1}^m x_{n,c,s(a-1)+k,s(b-1)+l}",
    forward=average_pool2d,
    inputs={"x": Reals(2, 3, 2, 4)},
    backward=average_pool2d_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i,j}} = \frac{1}{4} \sum_{k=1}^2 \sum_{l=1}^2 \sum_{a,b}"
    r" \bar{y}_{n,c,a,b}"
    r" [i = 2 (a - 1) + k] [j = 2 (b - 1) + l]",
    source=LECUN,
    also=("torch.nn.AvgPool2d", "flax.linen.avg_pool", "mean pooling", "downsampling"),
    notes="Windows of 2 × 2 with stride 2; the code takes other sizes and strides.",
)


def global_average_pool(x: Array) -> Any:
    """The mean of each channel, (n, c, h, w) → (n, c)."""
    return x.mean(axis=(2, 3))


def global_average_pool_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x, (n, c, h, w): each place receives the same."""
    return np.broadcast_to(dy[:, :, None, None] / (x.shape[2] * x.shape[3]), x.shape)


LIBRARY.formula(
    "global-average-pool",
    "Global average pooling",
    formula=r"y_{nc} = \frac{1}{h w} \sum_{i,j} x_{ncij}",
    forward=global_average_pool,
    inputs={"x": Reals(2, 3, 2, 4)},
    backward=global_average_pool_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i,j}} = \frac{1}{h w} \bar{y}_{nc}",
    notation={"h": "2", "w": "4"},
    source="M. Lin, Q. Chen and S. Yan, Network in network, ICLR 2014, section 3.2",
    also=("torch.nn.AdaptiveAvgPool2d", "keras.layers.GlobalAveragePooling2D", "GAP"),
    notes="h and w are the height and the width.",
)


def global_max_pool(x: Array) -> Any:
    """The largest number of each channel, (n, c, l) → (n, c)."""
    return x.max(axis=2)


def global_max_pool_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x, (n, c, l): the first largest place receives it all."""
    return dy[:, :, None] * (np.arange(x.shape[2]) == x.argmax(axis=2)[:, :, None])


LIBRARY.formula(
    "global-max-pool",
    "Global max pooling",
    formula=r"y_{nc} = \max_i x_{nci}",
    forward=global_max_pool,
    inputs={"x": Reals(2, 3, 4)},
    backward=global_max_pool_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i}} = \bar{y}_{nc}"
    r" \prod_j (1 - [x_{n,c,j} > x_{n,c,i}] - [x_{n,c,j} = x_{n,c,i}] [j < i])",
    source="M. Oquab et al., Is object localization for free?, CVPR 2015",
    kinks="Where the largest number stands twice, the cotangent may go to either; the code gives it to the first. "
    "So do torch's "
    "AdaptiveMaxPool1d and max with an axis; JAX's jnp.max and torch's amax share it equally.",
    also=("torch.nn.AdaptiveMaxPool1d", "keras.layers.GlobalMaxPooling1D", "max over time", "jnp.max"),
    notes="In print a factor is 0 where place j has more, or as much and comes first.",
)


def lp_pool1d(x: Array, p: float = 3, size: int = 2, stride: int = 2) -> Any:
    """(Σ |x|^p)^(1/p) of each window, (n, c, l) → (n, c, m)."""
    count = count_of(x.shape[-1], size, stride)
    return sum(np.abs(x[..., places(k, count, stride)]) ** p for k in range(size)) ** (1 / p)


def lp_pool1d_backward(dy: Array, x: Array, p: float = 3, size: int = 2, stride: int = 2) -> Any:
    """∂L/∂x, (n, c, l): ȳ (|x| / y)^(p − 1) sign x."""
    count = dy.shape[-1]
    y = lp_pool1d(x, p, size, stride)
    dx = np.zeros_like(x)
    for k in range(size):
        window = x[..., places(k, count, stride)]
        dx[..., places(k, count, stride)] += dy * (np.abs(window) / y) ** (p - 1) * np.sign(window)
    return dx


WINDOWS = Assumption(
    "no window is 0", stated=True, where=lambda x, **_: bool(np.all((x[..., 0::2] != 0) | (x[..., 1::2] != 0)))
)

LIBRARY.formula(
    "lp-pool1d",
    "Lp pooling in one dimension",
    formula=r"y_{ncj} = \left( \sum_k |x_{n,c,s(j-1)+k}|^p \right)^{1/p}",
    forward=lp_pool1d,
    inputs={"x": Reals(2, 3, 4)},
    backward=lp_pool1d_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_{k=1}^2 \sum_j \bar{y}_{n,c,j}"
    r" \frac{x_{n,c,i} |x_{n,c,i}|}{r_{n,c,j}^2} [i = 2 (j - 1) + k]",
    notation={
        "r_{n,c,j}": r"\left( \sum_{k=1}^2 \sum_i |x_{n,c,i}|^3 [i = 2 (j - 1) + k] \right)^{1/3}",
    },
    assumptions=(WINDOWS,),
    source="P. Sermanet, S. Chintala and Y. LeCun, Convolutional neural networks applied to house numbers digit "
    "classification, ICPR 2012",
    also=("torch.nn.LPPool1d", "power average pooling", "L2 pooling"),
    notes="In print p = 3, windows of 2 and stride 2, and r is y. Not differentiable where a window is 0. torch "
    "takes no modulus: "
    "its LPPool with an odd p is another function where numbers are negative.",
)


def upsample_nearest(x: Array, times: int = 2) -> Any:
    """Every place repeated, (n, c, h, w) → (n, c, times h, times w)."""
    return x.repeat(times, axis=2).repeat(times, axis=3)


def upsample_nearest_backward(dy: Array, x: Array, times: int = 2) -> Any:
    """∂L/∂x, (n, c, h, w): the sum over the square that a place became."""
    n, c, height, width = x.shape
    return dy.reshape(n, c, height, times, width, times).sum(axis=(3, 5))


LIBRARY.formula(
    "upsample-nearest",
    "Upsampling by the nearest neighbour",
    formula=r"y_{ncab} = x_{n,c,\lceil a/s \rceil,\lceil b/s \rceil}",
    forward=upsample_nearest,
    inputs={"x": Reals(2, 3, 2, 1)},
    backward=upsample_nearest_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i,j}} = \sum_{k=1}^2 \sum_{l=1}^2 \sum_{a,b} \bar{y}_{n,c,a,b}"
    r" [a = 2 (i - 1) + k] [b = 2 (j - 1) + l]",
    source="A. Odena, V. Dumoulin and C. Olah, Deconvolution and checkerboard artifacts, Distill, 2016",
    also=("torch.nn.Upsample", "jax.image.resize nearest", "np.repeat", "unpooling"),
    notes="In print and unless told otherwise each place becomes a square of 2 × 2.",
)


def pixel_shuffle(x: Array, times: int = 2) -> Any:
    """Channels laid out as the pixels of a finer image, (n, c r², h, w) → (n, c, r h, r w)."""
    n, c, height, width = x.shape
    parts = x.reshape(n, c // times**2, times, times, height, width)
    return parts.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // times**2, times * height, times * width)


def pixel_shuffle_backward(dy: Array, x: Array, times: int = 2) -> Any:
    """∂L/∂x, (n, c r², h, w): a permutation is undone."""
    n, c, height, width = x.shape
    parts = dy.reshape(n, c // times**2, height, times, width, times)
    return parts.transpose(0, 1, 3, 5, 2, 4).reshape(x.shape)


LIBRARY.formula(
    "pixel-shuffle",
    "Pixel shuffle (sub-pixel convolution, depth to space)",
    formula=r"y_{n,e,r(i-1)+k,r(j-1)+l} = x_{n,r^2(e-1)+r(k-1)+l,i,j}",
    forward=pixel_shuffle,
    inputs={"x": Reals(2, 8, 1, 2)},
    backward=pixel_shuffle_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i,j}} = \sum_{k=1}^2 \sum_{l=1}^2 \sum_{e,a,b} \bar{y}_{n,e,a,b}"
    r" [c = 4 (e - 1) + 2 (k - 1) + l] [a = 2 (i - 1) + k] [b = 2 (j - 1) + l]",
    source="W. Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel "
    "convolution, CVPR 2016",
    also=("torch.nn.PixelShuffle", "depth_to_space", "tf.nn.depth_to_space", "super-resolution"),
    notes="In print r = 2.",
)


def zero_padding(x: Array, before: int = 1, after: int = 2) -> Any:
    """Zeros before and after the places, (n, c, l) → (n, c, before + l + after)."""
    return np.pad(x, ((0, 0), (0, 0), (before, after)))


def zero_padding_backward(dy: Array, x: Array, before: int = 1, after: int = 2) -> Any:
    """∂L/∂x, (n, c, l): what the zeros receive is dropped."""
    return dy[..., before : before + x.shape[-1]]


LIBRARY.formula(
    "zero-padding",
    "Padding with zeros",
    formula=r"y_{nci} = x_{n,c,i-p}, \text{ and 0 outside}",
    forward=zero_padding,
    inputs={"x": Reals(2, 3, 4)},
    backward=zero_padding_backward,
    printed=r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_j \bar{y}_{n,c,j} [j = i + p]",
    notation={"p": "1"},
    source=f"{DUMOULIN}, chapter 2",
    also=("np.pad", "jnp.pad", "torch.nn.ZeroPad1d", "torch.nn.functional.pad"),
    notes="p zeros stand before the first place.",
)


def squeeze_excitation(x: Array, u: Array, v: Array) -> Any:
    """x ⊙ σ(max(0, mean x · u) v) channel by channel, (n, c, l), (c, k), (k, c) → (n, c, l)."""
    gate = 1 / (1 + np.exp(-np.maximum(x.mean(axis=2) @ u, 0) @ v))
    return x * gate[:, :, None]


def squeeze_excitation_backward(dy: Array, x: Array, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂u and ∂L/∂v, shaped like them. Every place moves the gate through the mean, beside being multiplied by it."""
    mean = x.mean(axis=2)
    z = mean @ u
    gate = 1 / (1 + np.exp(-np.maximum(z, 0) @ v))
    dgate = (dy * x).sum(axis=2) * gate * (1 - gate)
    dz = (dgate @ v.T) * (z > 0)
    dx = dy * gate[:, :, None] + (dz @ u.T)[:, :, None] / x.shape[2]
    return dx, mean.T @ dz, np.maximum(z, 0).T @ dgate


LIBRARY.formula(
    "squeeze-excitation",
    "Squeeze and excitation (gates for channels)",
    formula=r"y_{nci} = s_{nc} x_{nci}, \quad s = \sigma(\max(0, m u) v), \quad m_{nc} = \frac{1}{l} \sum_i x_{nci}",
    forward=squeeze_excitation,
    inputs={"x": Reals(4, 3, 2), "u": Reals(3, 2), "v": Reals(2, 3)},
    backward=squeeze_excitation_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{n,c,i}} = \bar{y}_{n,c,i} \sigma(a_{nc}) + \frac{1}{2} \sum_k"
        r" \zeta_{nk} u_{ck}",
        "u": r"\frac{\partial L}{\partial u_{ck}} = \sum_n m_{nc} \zeta_{nk}",
        "v": r"\frac{\partial L}{\partial v_{kc}} = \sum_n \max(0, z_{nk}) \alpha_{nc}",
    },
    notation={
        "m_{nc}": r"\frac{1}{2} \sum_i x_{n,c,i}",
        "z_{nk}": r"\sum_c m_{nc} u_{ck}",
        "a_{nc}": r"\sum_k \max(0, z_{nk}) v_{kc}",
        r"\alpha_{nc}": r"\sigma(a_{nc}) (1 - \sigma(a_{nc})) \sum_i \bar{y}_{n,c,i} x_{n,c,i}",
        r"\zeta_{nk}": r"\begin{cases} \sum_c \alpha_{nc} v_{kc} & z_{nk} > 0 \\ 0 & z_{nk} \le 0 \end{cases}",
    },
    kinks="Where an entry of m u is 0 the ReLU has slopes 0 and 1; the code takes 0, as JAX and torch do.",
    source="J. Hu, L. Shen and G. Sun, Squeeze-and-excitation networks, CVPR 2018, section 3",
    also=("SE block", "channel attention", "SENet"),
    notes="In print there are 2 places; ζ is ∂L/∂z and α is ∂L/∂a.",
)
