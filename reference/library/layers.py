"""Layers with weights: forward, and a backward that pulls the cotangent of the result back to every input.

A batch is a matrix with one sample a row. dy, printed ȳ, is ∂L/∂y for whatever scalar loss L comes after, and has the
result's shape. A backward takes every input of its forward, those that it does not use as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Integers, Reals
from gradcheck.library.formulas import Library

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("layers", "layers.py", "Layers", notation={r"\bar y": "dy"})


def sigmoid(z: Array) -> Any:
    """1 / (1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


def relu(z: Array) -> Any:
    """max(0, z)."""
    return np.maximum(z, 0)


def softmax(z: Array) -> Any:
    """e^{z_j} / Σ_k e^{z_k} along the last axis."""
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(dp: Array, p: Array) -> Any:
    """∂L/∂z where p = softmax(z): p ⊙ (p̄ − Σ p̄ p), because ∂p_j/∂z_k = p_j (δ_jk − p_k)."""
    return p * (dp - (dp * p).sum(axis=-1, keepdims=True))


def dense(x: Array, w: Array, b: Array) -> Any:
    """x w + b, (n, p), (p, q), (q,) → (n, q)."""
    return x @ w + b


def dense_backward(dy: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂w and ∂L/∂b: (n, p), (p, q), (q,)."""
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)


LIBRARY.formula(
    "dense",
    "Dense layer (fully connected, linear, affine)",
    formula=r"y = x w + b",
    forward=dense,
    inputs={"x": Reals(4, 3), "w": Reals(3, 2), "b": Reals(2)},
    backward=dense_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \bar y w^T",
        "w": r"\frac{\partial L}{\partial w} = x^T \bar y",
        "b": r"\frac{\partial L}{\partial b_j} = \sum_i \bar{y}_{ij}",
    },
    source="D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature "
    "323, 1986",
    also=("torch.nn.Linear", "flax.linen.Dense", "fully connected"),
)


def bias(x: Array, b: Array) -> Any:
    """x + b, (n, p), (p,) → (n, p)."""
    return x + b


def bias_backward(dy: Array, x: Array, b: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂b: (n, p), (p,). Each sample receives the same b, so that its gradient is a sum over samples."""
    return dy, dy.sum(axis=0)


LIBRARY.formula(
    "bias",
    "Bias (a vector added to every sample)",
    formula=r"y_{ij} = x_{ij} + b_j",
    forward=bias,
    inputs={"x": Reals(4, 3), "b": Reals(3)},
    backward=bias_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \bar y",
        "b": r"\frac{\partial L}{\partial b_j} = \sum_i \bar{y}_{ij}",
    },
    source="D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature "
    "323, 1986",
    also=("broadcast add", "numpy broadcasting", "flax.linen.Dense use_bias"),
    notes="The backward of every broadcast addition: a sum over the axes along which the vector was repeated.",
)


def scale(x: Array, g: Array) -> Any:
    """x ⊙ g along the features, (n, p), (p,) → (n, p)."""
    return x * g


def scale_backward(dy: Array, x: Array, g: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂g: (n, p), (p,)."""
    return dy * g, (dy * x).sum(axis=0)


LIBRARY.formula(
    "scale",
    "Scale (a gain for every feature)",
    formula=r"y_{ij} = g_j x_{ij}",
    forward=scale,
    inputs={"x": Reals(4, 3), "g": Reals(3)},
    backward=scale_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = g_j \bar{y}_{ij}",
        "g": r"\frac{\partial L}{\partial g_j} = \sum_i \bar{y}_{ij} x_{ij}",
    },
    source="S. Ioffe and C. Szegedy, Batch normalization, ICML 2015, section 3 (the scale γ alone)",
    also=("LayerScale", "gain", "diagonal layer", "broadcast multiply"),
)


def bilinear(x: Array, z: Array, w: Array, b: Array) -> Any:
    """xᵀ w_l z + b_l for every sample and output l, (n, p), (n, q), (r, p, q), (r,) → (n, r)."""
    return np.einsum("ij,ljk,ik->il", x, w, z) + b


def bilinear_backward(dy: Array, x: Array, z: Array, w: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂z, ∂L/∂w and ∂L/∂b: (n, p), (n, q), (r, p, q), (r,)."""
    dx = np.einsum("il,ljk,ik->ij", dy, w, z)
    dz = np.einsum("il,ljk,ij->ik", dy, w, x)
    dw = np.einsum("il,ij,ik->ljk", dy, x, z)
    return dx, dz, dw, dy.sum(axis=0)


LIBRARY.formula(
    "bilinear",
    "Bilinear layer",
    formula=r"y_{il} = \sum_{j,k} x_{ij} w_{l,j,k} z_{ik} + b_l",
    forward=bilinear,
    inputs={"x": Reals(5, 2), "z": Reals(5, 3), "w": Reals(4, 2, 3), "b": Reals(4)},
    backward=bilinear_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \sum_{l,k} \bar{y}_{il} w_{l,j,k} z_{ik}",
        "z": r"\frac{\partial L}{\partial z_{ik}} = \sum_{l,j} \bar{y}_{il} w_{l,j,k} x_{ij}",
        "w": r"\frac{\partial L}{\partial w_{l,j,k}} = \sum_i \bar{y}_{il} x_{ij} z_{ik}",
        "b": r"\frac{\partial L}{\partial b_l} = \sum_i \bar{y}_{il}",
    },
    source="R. Socher et al., Reasoning with neural tensor networks for knowledge base completion, NIPS 2013",
    also=("torch.nn.Bilinear", "neural tensor network"),
    notes="w is laid out like torch's weight: output, first input, second input.",
)


def embedding(w: Array, tokens: Array) -> Any:
    """The rows of w that tokens name, (v, p), (n,) → (n, p)."""
    return w[tokens]


def embedding_backward(dy: Array, w: Array, tokens: Array) -> Any:
    """∂L/∂w, (v, p): each row of dy is added to the row that it was read from (scatter-add), so that repeats add up."""
    dw = np.zeros_like(w)
    np.add.at(dw, tokens, dy)
    return dw


LIBRARY.formula(
    "embedding",
    "Embedding (look-up of rows; its backward is a scatter-add)",
    formula=r"y_{ij} = w_{t_i j}",
    forward=embedding,
    inputs={"w": Reals(4, 2), "tokens": Integers(5, low=0, high=3)},
    backward=embedding_backward,
    printed=r"\frac{\partial L}{\partial w_{kj}} = \sum_i \bar{y}_{ij} [t_i + 1 = k]",
    notation={"t": "tokens"},
    source="Y. Bengio et al., A neural probabilistic language model, JMLR 3, 2003",
    also=("torch.nn.Embedding", "flax.linen.Embed", "gather", "lookup table", "scatter add", "np.add.at"),
    notes="dw[tokens] += dy would be wrong: NumPy writes a repeated row once. Tokens count from 0, rows in print "
    "from 1.",
)


def embedding_bag(w: Array, tokens: Array) -> Any:
    """The mean of the rows of w that each bag names, (v, p), (n, m) → (n, p)."""
    return w[tokens].mean(axis=1)


def embedding_bag_backward(dy: Array, w: Array, tokens: Array) -> Any:
    """∂L/∂w, (v, p): every token of a bag of m receives 1/m of the bag's cotangent."""
    n, m = tokens.shape
    dw = np.zeros_like(w)
    np.add.at(dw, tokens.reshape(n * m), np.repeat(dy / m, m, axis=0))
    return dw


LIBRARY.formula(
    "embedding-bag",
    "Mean of embeddings (bag of words)",
    formula=r"y_{ij} = \frac{1}{m} \sum_{l=1}^m w_{t_{il} j}",
    forward=embedding_bag,
    inputs={"w": Reals(4, 2), "tokens": Integers(5, 3, low=0, high=3)},
    backward=embedding_bag_backward,
    printed=r"\frac{\partial L}{\partial w_{kj}} = \frac{1}{m} \sum_i \sum_{l=1}^m \bar{y}_{ij} [t_{il} + 1 = k]",
    notation={"t": "tokens", "m": "3"},
    source="A. Joulin et al., Bag of tricks for efficient text classification, EACL 2017",
    also=("torch.nn.EmbeddingBag", "fastText", "CBOW"),
)


def dropout(x: Array, mask: Array) -> Any:
    """x ⊙ mask, where mask is 1 for what is kept, (n, p), (n, p) → (n, p)."""
    return x * mask


def dropout_backward(dy: Array, x: Array, mask: Array) -> Any:
    """∂L/∂x, (n, p): what was dropped passes nothing back."""
    return dy * mask


LIBRARY.formula(
    "dropout",
    "Dropout, given its mask",
    formula=r"y = m \odot x",
    forward=dropout,
    inputs={"x": Reals(3, 4), "mask": Integers(3, 4, low=0, high=1)},
    backward=dropout_backward,
    printed=r"\frac{\partial L}{\partial x} = m \odot \bar y",
    notation={"m": "mask"},
    source="N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, JMLR 15, 2014, "
    "section 4",
    also=("torch.nn.Dropout", "flax.linen.Dropout", "Bernoulli mask"),
    notes="As in the paper: weights are multiplied by the probability of keeping when testing. See inverted-dropout.",
)


def inverted_dropout(x: Array, mask: Array, p: Array) -> Any:
    """x ⊙ mask / (1 − p) where p is the probability of dropping, (n, q), (n, q), () → (n, q)."""
    return x * mask / (1 - p)


def inverted_dropout_backward(dy: Array, x: Array, mask: Array, p: Array) -> Any:
    """∂L/∂x, (n, q): with the same mask and the same 1/(1 − p)."""
    return dy * mask / (1 - p)


LIBRARY.formula(
    "inverted-dropout",
    "Inverted dropout, given its mask",
    formula=r"y = \frac{m \odot x}{1 - p}",
    forward=inverted_dropout,
    inputs={"x": Reals(3, 4), "mask": Integers(3, 4, low=0, high=1), "p": Reals(low=0, high=1)},
    backward=inverted_dropout_backward,
    printed={"x": r"\frac{\partial L}{\partial x} = \frac{m \odot \bar y}{1 - p}"},
    notation={"m": "mask"},
    source="N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, JMLR 15, 2014, "
    "section 10",
    also=("torch.nn.Dropout", "flax.linen.Dropout", "keras.layers.Dropout"),
    notes="What torch, flax and Keras do in training: the mean is kept, so that testing needs no change. p is not "
    "differentiated.",
)


def two_layers(x: Array, u: Array, b: Array, v: Array, c: Array) -> Any:
    """tanh(x u + b) v + c, (n, p), (p, q), (q,), (q, r), (r,) → (n, r)."""
    return np.tanh(x @ u + b) @ v + c


def two_layers_backward(
    dy: Array, x: Array, u: Array, b: Array, v: Array, c: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂u, ∂L/∂b, ∂L/∂v and ∂L/∂c, shaped like them. dz is ∂L/∂(x u + b)."""
    h = np.tanh(x @ u + b)
    dz = (dy @ v.T) * (1 - h**2)
    return dz @ u.T, x.T @ dz, dz.sum(axis=0), h.T @ dy, dy.sum(axis=0)


LIBRARY.formula(
    "two-layers",
    "Two dense layers with tanh between",
    formula=r"y = h v + c, \quad h = \tanh(x u + b)",
    forward=two_layers,
    inputs={"x": Reals(4, 2), "u": Reals(2, 3), "b": Reals(3), "v": Reals(3, 5), "c": Reals(5)},
    backward=two_layers_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \delta u^T",
        "u": r"\frac{\partial L}{\partial u} = x^T \delta",
        "b": r"\frac{\partial L}{\partial b_k} = \sum_i \delta_{ik}",
        "v": r"\frac{\partial L}{\partial v} = h^T \bar y",
        "c": r"\frac{\partial L}{\partial c_j} = \sum_i \bar{y}_{ij}",
    },
    notation={
        "h_{ik}": r"\tanh\left(\sum_j x_{ij} u_{jk} + b_k\right)",
        r"\delta_{ik}": r"(1 - h_{ik}^2) \sum_j \bar{y}_{ij} v_{kj}",
    },
    source="D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature "
    "323, 1986",
    also=("multilayer perceptron", "MLP", "hidden layer", "two-layer network"),
)


def feed_forward(x: Array, u: Array, v: Array) -> Any:
    """max(0, x u) v, (n, p), (p, q), (q, r) → (n, r)."""
    return relu(x @ u) @ v


def feed_forward_backward(dy: Array, x: Array, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂u and ∂L/∂v, shaped like them. dz is ∂L/∂(x u)."""
    z = x @ u
    dz = (dy @ v.T) * (z > 0)
    return dz @ u.T, x.T @ dz, relu(z).T @ dy


HIDDEN = {
    "z_{ik}": r"\sum_j x_{ij} u_{jk}",
    r"\delta_{ik}": r"\begin{cases} \sum_j \bar{y}_{ij} v_{kj} & z_{ik} > 0 \\ 0 & z_{ik} \le 0 \end{cases}",
}
"""What the ReLUs of a feed-forward block receive, and the gradient of L by it."""

LIBRARY.formula(
    "feed-forward",
    "Feed-forward block (two matrices with a ReLU between)",
    formula=r"y = \max(0, x u) v",
    forward=feed_forward,
    inputs={"x": Reals(2, 3), "u": Reals(3, 4), "v": Reals(4, 5)},
    backward=feed_forward_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \delta u^T",
        "u": r"\frac{\partial L}{\partial u} = x^T \delta",
        "v": r"\frac{\partial L}{\partial v_{kj}} = \sum_i \max(0, z_{ik}) \bar{y}_{ij}",
    },
    notation=HIDDEN,
    source="A. Vaswani et al., Attention is all you need, NIPS 2017, section 3.3",
    kinks="Where an entry of x u is 0 the ReLU has slopes 0 and 1; the code takes 0, as JAX and torch do.",
    also=("position-wise feed-forward network", "MLP block", "ReLU network", "hidden layer"),
    notes="Without the biases of the paper: those are added as in two-layers.",
)


def residual(x: Array, u: Array, v: Array) -> Any:
    """x + max(0, x u) v, (n, p), (p, q), (q, p) → (n, p)."""
    return x + relu(x @ u) @ v


def residual_backward(dy: Array, x: Array, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂u and ∂L/∂v, shaped like them. The shortcut passes dy on as it is."""
    z = x @ u
    dz = (dy @ v.T) * (z > 0)
    return dy + dz @ u.T, x.T @ dz, relu(z).T @ dy


LIBRARY.formula(
    "residual",
    "Residual connection (shortcut, skip connection) around two dense layers",
    formula=r"y = x + \max(0, x u) v",
    forward=residual,
    inputs={"x": Reals(4, 2), "u": Reals(2, 3), "v": Reals(3, 2)},
    backward=residual_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \bar y + \delta u^T",
        "u": r"\frac{\partial L}{\partial u} = x^T \delta",
        "v": r"\frac{\partial L}{\partial v_{kj}} = \sum_i \max(0, z_{ik}) \bar{y}_{ij}",
    },
    notation=HIDDEN,
    source="K. He et al., Deep residual learning for image recognition, CVPR 2016, section 3.2, equation 1",
    kinks="Where an entry of x u is 0 the ReLU has slopes 0 and 1; the code takes 0, as JAX and torch do.",
    also=("ResNet", "skip connection", "identity shortcut", "vanishing gradients"),
    notes="The term ȳ is why depth does not make gradients vanish: it reaches every layer below unchanged.",
)


def highway(x: Array, w: Array, b: Array, u: Array, c: Array) -> Any:
    """t ⊙ h + (1 − t) ⊙ x with h = tanh(x w + b) and the gate t = σ(x u + c), (n, p), (p, p), (p,), (p, p), (p,) → (n, p)."""
    t = sigmoid(x @ u + c)
    return t * np.tanh(x @ w + b) + (1 - t) * x


def highway_backward(
    dy: Array, x: Array, w: Array, b: Array, u: Array, c: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂w, ∂L/∂b, ∂L/∂u and ∂L/∂c, shaped like them. dh and dt are by what tanh and σ are applied to."""
    t, h = sigmoid(x @ u + c), np.tanh(x @ w + b)
    dh = dy * t * (1 - h**2)
    dt = dy * (h - x) * t * (1 - t)
    dx = dy * (1 - t) + dh @ w.T + dt @ u.T
    return dx, x.T @ dh, dh.sum(axis=0), x.T @ dt, dt.sum(axis=0)


LIBRARY.formula(
    "highway",
    "Highway layer",
    formula=r"y = t \odot h + (1 - t) \odot x, \quad h = \tanh(x w + b), \quad t = \sigma(x u + c)",
    forward=highway,
    inputs={"x": Reals(3, 2), "w": Reals(2, 2), "b": Reals(2), "u": Reals(2, 2), "c": Reals(2)},
    backward=highway_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \bar{y}_{ij} (1 - t_{ij}) + \sum_k \eta_{ik} w_{jk} + \sum_k"
        r" \tau_{ik} u_{jk}",
        "w": r"\frac{\partial L}{\partial w_{jk}} = \sum_i x_{ij} \eta_{ik}",
        "b": r"\frac{\partial L}{\partial b_k} = \sum_i \eta_{ik}",
        "u": r"\frac{\partial L}{\partial u_{jk}} = \sum_i x_{ij} \tau_{ik}",
        "c": r"\frac{\partial L}{\partial c_k} = \sum_i \tau_{ik}",
    },
    notation={
        "t_{ik}": r"\sigma\left(\sum_j x_{ij} u_{jk} + c_k\right)",
        "h_{ik}": r"\tanh\left(\sum_j x_{ij} w_{jk} + b_k\right)",
        r"\eta_{ik}": r"\bar{y}_{ik} t_{ik} (1 - h_{ik}^2)",
        r"\tau_{ik}": r"\bar{y}_{ik} (h_{ik} - x_{ik}) t_{ik} (1 - t_{ik})",
    },
    source="R. Srivastava, K. Greff and J. Schmidhuber, Highway networks, 2015, equation 3",
    also=("gated skip connection", "carry gate", "transform gate"),
)


def gated_feed_forward(x: Array, u: Array, v: Array, w: Array) -> Any:
    """(silu(x u) ⊙ x v) w with silu(a) = a σ(a), (n, p), (p, q), (p, q), (q, r) → (n, r)."""
    a = x @ u
    return (a * sigmoid(a) * (x @ v)) @ w


def gated_feed_forward_backward(dy: Array, x: Array, u: Array, v: Array, w: Array) -> tuple[Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂u, ∂L/∂v and ∂L/∂w, shaped like them; silu′(a) = σ(a) (1 + a (1 − σ(a)))."""
    a, c = x @ u, x @ v
    s = sigmoid(a)
    dh = dy @ w.T
    da = dh * c * s * (1 + a * (1 - s))
    dc = dh * a * s
    return da @ u.T + dc @ v.T, x.T @ da, x.T @ dc, (a * s * c).T @ dy


LIBRARY.formula(
    "gated-feed-forward",
    "Gated feed-forward block (SwiGLU)",
    formula=r"y = (a \odot \sigma(a) \odot c) w, \quad a = x u, \quad c = x v",
    forward=gated_feed_forward,
    inputs={"x": Reals(2, 3), "u": Reals(3, 4), "v": Reals(3, 4), "w": Reals(4, 2)},
    backward=gated_feed_forward_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \alpha u^T + \kappa v^T",
        "u": r"\frac{\partial L}{\partial u} = x^T \alpha",
        "v": r"\frac{\partial L}{\partial v} = x^T \kappa",
        "w": r"\frac{\partial L}{\partial w} = (a \odot \sigma(a) \odot c)^T \bar y",
    },
    notation={
        "a_{ik}": r"\sum_j x_{ij} u_{jk}",
        "c_{ik}": r"\sum_j x_{ij} v_{jk}",
        "h_{ik}": r"\sum_j \bar{y}_{ij} w_{kj}",
        r"\alpha_{ik}": r"h_{ik} c_{ik} \sigma(a_{ik}) (1 + a_{ik} (1 - \sigma(a_{ik})))",
        r"\kappa_{ik}": r"h_{ik} a_{ik} \sigma(a_{ik})",
    },
    source="N. Shazeer, GLU variants improve transformer, 2020, section 2",
    also=("SwiGLU", "gated linear unit", "LLaMA feed-forward"),
)


def concatenation(x: Array, z: Array) -> Any:
    """x and z side by side, (n, p), (n, q) → (n, p + q)."""
    return np.concatenate([x, z], axis=1)


def concatenation_backward(dy: Array, x: Array, z: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂z: the columns of dy that each of them filled, (n, p), (n, q)."""
    p = x.shape[1]
    return dy[:, :p], dy[:, p:]


LIBRARY.formula(
    "concatenation",
    "Concatenation (skip connection of a dense block)",
    formula=r"y = \begin{pmatrix} x & z \end{pmatrix}",
    forward=concatenation,
    inputs={"x": Reals(4, 2), "z": Reals(4, 3)},
    backward=concatenation_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \sum_k \bar{y}_{ik} [k - j = 0]",
        "z": r"\frac{\partial L}{\partial z_{ij}} = \sum_k \bar{y}_{ik} [k - j = p]",
    },
    notation={"p": "2"},
    source="G. Huang et al., Densely connected convolutional networks, CVPR 2017, section 3, equation 2",
    also=("DenseNet", "U-Net skip connection", "np.concatenate", "torch.cat", "jnp.concatenate"),
    notes="p is the number of columns of x.",
)


def dense_after_concatenation(x: Array, z: Array, w: Array) -> Any:
    """(x z) w, (n, p), (n, q), (p + q, r) → (n, r)."""
    return np.concatenate([x, z], axis=1) @ w


def dense_after_concatenation_backward(dy: Array, x: Array, z: Array, w: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂z and ∂L/∂w, shaped like them: the rows of w that belong to x pull back to x, the others to z."""
    p = x.shape[1]
    dxz = dy @ w.T
    return dxz[:, :p], dxz[:, p:], np.concatenate([x, z], axis=1).T @ dy


LIBRARY.formula(
    "dense-after-concatenation",
    "Dense layer of two inputs side by side",
    formula=r"y = \begin{pmatrix} x & z \end{pmatrix} w",
    forward=dense_after_concatenation,
    inputs={"x": Reals(3, 2), "z": Reals(3, 4), "w": Reals(6, 5)},
    backward=dense_after_concatenation_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \sum_{k,l} \bar{y}_{ik} w_{lk} [l - j = 0]",
        "z": r"\frac{\partial L}{\partial z_{ij}} = \sum_{k,l} \bar{y}_{ik} w_{lk} [l - j = p]",
        "w": r"\frac{\partial L}{\partial w_{lk}} = \sum_{i,j} x_{ij} \bar{y}_{ik} [l - j = 0] + \sum_{i,m} z_{im}"
        r" \bar{y}_{ik} [l - m = p]",
    },
    notation={"p": "2"},
    source="G. Huang et al., Densely connected convolutional networks, CVPR 2017, section 3, equation 2",
    also=("DenseNet", "fusion", "two-tower"),
    notes="p is the number of columns of x. The same as x w₁ + z w₂, where w₁ is the first p rows of w.",
)


def low_rank_adapter(x: Array, w: Array, a: Array, b: Array, s: Array) -> Any:
    """x w + s x a b, (n, p), (p, q), (p, r), (r, q), () → (n, q)."""
    return x @ w + s * (x @ a @ b)


def low_rank_adapter_backward(
    dy: Array, x: Array, w: Array, a: Array, b: Array, s: Array
) -> tuple[Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂w, ∂L/∂a and ∂L/∂b, shaped like them; w is frozen when an adapter is trained."""
    return dy @ w.T + s * (dy @ b.T @ a.T), x.T @ dy, s * (x.T @ dy @ b.T), s * ((x @ a).T @ dy)


LIBRARY.formula(
    "low-rank-adapter",
    "Low-rank adapter (LoRA)",
    formula=r"y = x w + s x a b",
    forward=low_rank_adapter,
    inputs={"x": Reals(5, 4), "w": Reals(4, 3), "a": Reals(4, 2), "b": Reals(2, 3), "s": Reals(low=0, high=8)},
    backward=low_rank_adapter_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \bar y w^T + s \bar y b^T a^T",
        "w": r"\frac{\partial L}{\partial w} = x^T \bar y",
        "a": r"\frac{\partial L}{\partial a} = s x^T \bar y b^T",
        "b": r"\frac{\partial L}{\partial b} = s (x a)^T \bar y",
    },
    source="E. Hu et al., LoRA: low-rank adaptation of large language models, ICLR 2022, section 4.1",
    also=("LoRA", "peft", "adapter", "fine-tuning"),
    notes="s is α/r in the paper's words. With b = 0 at the start the gradient by a is 0, and that by b is not.",
)


def mixture_of_experts(x: Array, u: Array, w: Array) -> Any:
    """Σ_k g_ik (x w_k)_i with the gate g = softmax(x u), (n, p), (p, k), (k, p, q) → (n, q)."""
    g = softmax(x @ u)
    return np.einsum("ik,kij->ij", g, x @ w)


def mixture_of_experts_backward(dy: Array, x: Array, u: Array, w: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂u and ∂L/∂w, shaped like them."""
    g = softmax(x @ u)
    ds = softmax_backward(np.einsum("ij,kij->ik", dy, x @ w), g)
    dx = ds @ u.T + np.einsum("ik,ij,kmj->im", g, dy, w)
    return dx, x.T @ ds, np.einsum("im,ik,ij->kmj", x, g, dy)


LIBRARY.formula(
    "mixture-of-experts",
    "Mixture of experts with a dense softmax gate",
    formula=r"y_{ij} = \sum_k g_{ik} e_{k,i,j}, \quad g = \operatorname{softmax}(x u), \quad e_k = x w_k",
    forward=mixture_of_experts,
    inputs={"x": Reals(5, 2), "u": Reals(2, 3), "w": Reals(3, 2, 4)},
    backward=mixture_of_experts_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{im}} = \sum_k \rho_{ik} u_{mk} + \sum_{k,j} g_{ik} \bar{y}_{ij} w_{k,m,j}",
        "u": r"\frac{\partial L}{\partial u_{mk}} = \sum_i x_{im} \rho_{ik}",
        "w": r"\frac{\partial L}{\partial w_{k,m,j}} = \sum_i x_{im} g_{ik} \bar{y}_{ij}",
    },
    notation={
        "g_{ik}": r"\frac{\exp(\sum_m x_{im} u_{mk})}{\sum_l \exp(\sum_m x_{im} u_{ml})}",
        r"\gamma_{ik}": r"\sum_{m,j} \bar{y}_{ij} x_{im} w_{k,m,j}",
        r"\rho_{ik}": r"g_{ik} (\gamma_{ik} - \sum_l g_{il} \gamma_{il})",
    },
    source="R. Jacobs et al., Adaptive mixtures of local experts, Neural Computation 3, 1991",
    also=("MoE", "gating network", "soft routing"),
    notes="Every expert is used. A sparse gate keeps the largest g and has this backward on those that are kept.",
)


def flatten_dense(x: Array, w: Array) -> Any:
    """Each sample as one row, times w, (n, c, p), (c p, q) → (n, q)."""
    return x.reshape(len(x), -1) @ w


def flatten_dense_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂w: (n, c, p), (c p, q). A reshape is undone by a reshape."""
    return (dy @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dy


LIBRARY.formula(
    "flatten-dense",
    "Flatten, then a dense layer",
    formula=r"y = \operatorname{rows}(x) w",
    forward=flatten_dense,
    inputs={"x": Reals(5, 2, 3), "w": Reals(6, 4)},
    backward=flatten_dense_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{i,l,m}} = \sum_{k,j} \bar{y}_{ij} w_{kj} [k = p (l - 1) + m]",
        "w": r"\frac{\partial L}{\partial w_{kj}} = \sum_{i,l,m} x_{i,l,m} \bar{y}_{ij} [k = p (l - 1) + m]",
    },
    notation={"p": "3"},
    source="Y. LeCun et al., Gradient-based learning applied to document recognition, Proceedings of the IEEE 86, 1998",
    also=("torch.nn.Flatten", "reshape", "ravel", "keras.layers.Flatten"),
    notes="Row-major: the last axis runs fastest. p is its length.",
)


def tied_autoencoder(x: Array, w: Array, b: Array, c: Array) -> Any:
    """tanh(x w + b) wᵀ + c, (n, p), (p, q), (q,), (p,) → (n, p)."""
    return np.tanh(x @ w + b) @ w.T + c


def tied_autoencoder_backward(dy: Array, x: Array, w: Array, b: Array, c: Array) -> tuple[Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂w, ∂L/∂b and ∂L/∂c, shaped like them. w is used twice, and its gradient is the sum of both uses."""
    h = np.tanh(x @ w + b)
    dz = (dy @ w) * (1 - h**2)
    return dz @ w.T, x.T @ dz + dy.T @ h, dz.sum(axis=0), dy.sum(axis=0)


LIBRARY.formula(
    "tied-autoencoder",
    "Autoencoder with tied weights",
    formula=r"y = h w^T + c, \quad h = \tanh(x w + b)",
    forward=tied_autoencoder,
    inputs={"x": Reals(4, 3), "w": Reals(3, 2), "b": Reals(2), "c": Reals(3)},
    backward=tied_autoencoder_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \delta w^T",
        "w": r"\frac{\partial L}{\partial w} = x^T \delta + \bar y^T h",
        "b": r"\frac{\partial L}{\partial b_k} = \sum_i \delta_{ik}",
        "c": r"\frac{\partial L}{\partial c_j} = \sum_i \bar{y}_{ij}",
    },
    notation={
        "h_{ik}": r"\tanh\left(\sum_j x_{ij} w_{jk} + b_k\right)",
        r"\delta_{ik}": r"(1 - h_{ik}^2) \sum_j \bar{y}_{ij} w_{jk}",
    },
    source="P. Vincent et al., Stacked denoising autoencoders, JMLR 11, 2010, section 2",
    also=("weight tying", "shared weights", "weight sharing"),
)


def feature_wise_modulation(x: Array, z: Array, u: Array, v: Array) -> Any:
    """(z u) ⊙ x + z v, (n, p), (n, q), (q, p), (q, p) → (n, p)."""
    return (z @ u) * x + z @ v


def feature_wise_modulation_backward(
    dy: Array, x: Array, z: Array, u: Array, v: Array
) -> tuple[Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂z, ∂L/∂u and ∂L/∂v, shaped like them."""
    return dy * (z @ u), (dy * x) @ u.T + dy @ v.T, z.T @ (dy * x), z.T @ dy


LIBRARY.formula(
    "feature-wise-modulation",
    "Feature-wise linear modulation (FiLM)",
    formula=r"y = (z u) \odot x + z v",
    forward=feature_wise_modulation,
    inputs={"x": Reals(4, 2), "z": Reals(4, 3), "u": Reals(3, 2), "v": Reals(3, 2)},
    backward=feature_wise_modulation_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \bar y \odot (z u)",
        "z": r"\frac{\partial L}{\partial z} = (\bar y \odot x) u^T + \bar y v^T",
        "u": r"\frac{\partial L}{\partial u} = z^T (\bar y \odot x)",
        "v": r"\frac{\partial L}{\partial v} = z^T \bar y",
    },
    source="E. Perez et al., FiLM: visual reasoning with a general conditioning layer, AAAI 2018, section 2",
    also=("FiLM", "conditional scale and shift", "adaptive normalisation", "AdaLN"),
)


def factorisation_machine(x: Array, w: Array, v: Array) -> Any:
    """Σ_j w_j x_j + Σ_{j<l} ⟨v_j, v_l⟩ x_j x_l for every sample, (n, p), (p,), (p, k) → (n,)."""
    # Σ_{j<l} ⟨v_j, v_l⟩ x_j x_l = ½ Σ_f ((Σ_j v_jf x_j)² − Σ_j v_jf² x_j²)
    return x @ w + ((x @ v) ** 2 - x**2 @ v**2).sum(axis=1) / 2


def factorisation_machine_backward(dy: Array, x: Array, w: Array, v: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂w and ∂L/∂v, shaped like them."""
    s = x @ v
    dx = dy[:, None] * (w + s @ v.T - x * (v**2).sum(axis=1))
    dv = x.T @ (dy[:, None] * s) - ((dy @ x**2)[:, None]) * v
    return dx, dy @ x, dv


LIBRARY.formula(
    "factorisation-machine",
    "Factorisation machine",
    formula=r"y_i = \sum_j w_j x_{ij} + \sum_{j < l} \sum_k v_{jk} v_{lk} x_{ij} x_{il}",
    forward=factorisation_machine,
    inputs={"x": Reals(4, 3), "w": Reals(3), "v": Reals(3, 2)},
    backward=factorisation_machine_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \bar{y}_i \left( w_j + \sum_{k,l} v_{jk} v_{lk} x_{il} [l \ne"
        r" j] \right)",
        "w": r"\frac{\partial L}{\partial w_j} = \sum_i \bar{y}_i x_{ij}",
        "v": r"\frac{\partial L}{\partial v_{jk}} = \sum_{i,l} \bar{y}_i x_{ij} v_{lk} x_{il} [l \ne j]",
    },
    source="S. Rendle, Factorization machines, ICDM 2010, equation 1",
    also=("FM", "second-order interactions", "recommender"),
)


def radial_basis(x: Array, c: Array, b: Array) -> Any:
    """exp(−b_k ‖x_i − c_k‖²), (n, p), (k, p), (k,) → (n, k)."""
    return np.exp(-b * ((x[:, None, :] - c) ** 2).sum(axis=2))


def radial_basis_backward(dy: Array, x: Array, c: Array, b: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂c and ∂L/∂b, shaped like them."""
    apart = x[:, None, :] - c
    squared = (apart**2).sum(axis=2)
    dy_y = dy * np.exp(-b * squared)
    pull = -2 * (dy_y * b)[:, :, None] * apart
    return pull.sum(axis=1), -pull.sum(axis=0), -(dy_y * squared).sum(axis=0)


LIBRARY.formula(
    "radial-basis",
    "Radial basis function layer (Gaussian)",
    formula=r"y_{ik} = \exp\left(-b_k \sum_j (x_{ij} - c_{kj})^2\right)",
    forward=radial_basis,
    inputs={"x": Reals(4, 2, reach=5), "c": Reals(3, 2, reach=5), "b": Reals(3, low=0, high=6)},
    backward=radial_basis_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = -2 \sum_k \bar{y}_{ik} \phi_{ik} b_k (x_{ij} - c_{kj})",
        "c": r"\frac{\partial L}{\partial c_{kj}} = 2 \sum_i \bar{y}_{ik} \phi_{ik} b_k (x_{ij} - c_{kj})",
        "b": r"\frac{\partial L}{\partial b_k} = -\sum_i \bar{y}_{ik} \phi_{ik} \sum_j (x_{ij} - c_{kj})^2",
    },
    notation={r"\phi_{ik}": r"\exp\left(-b_k \sum_j (x_{ij} - c_{kj})^2\right)"},
    source="D. Broomhead and D. Lowe, Multivariable functional interpolation and adaptive networks, Complex Systems "
    "2, 1988",
    also=("RBF network", "Gaussian kernel", "prototype layer"),
)
