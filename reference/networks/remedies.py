r"""What the document ``network-basics`` names against overfitting and against gradients that vanish or explode, as layers.

Dropout, batch normalisation, residual connections, and the relatives of ReLU that have parameters or chance: PReLU, RReLU and
Maxout. (L1 and L2 are `Penalty`, leaky ReLU and ELU are activations, first weights are in `pieces`, and early stopping is in
`descent`.) Each is a `Layer` with a backward of its own, and each backward is a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Integers, Reals
from reference.networks.layers import Dense, Layer, part
from reference.networks.network import Parameters
from reference.networks.pieces import TANH, Array, NetworkError

SHEET = Sheet("remedies", "networks/remedies.py", "Remedies against overfitting and vanishing gradients")


def uniform(layer: str, seed: int | None, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Array:
    """Numbers between low and high, the same for the same seed and shape. Raises NetworkError where there is no seed."""
    if seed is None:
        raise NetworkError(f"{layer}: draw() comes before a forward in training; it chooses what is random")
    return np.random.default_rng(seed).uniform(low, high, shape)


class Dropout(Layer):
    """Y = X ⊙ M / (1 − p) in training, where M is 0 with probability p and else 1; Y = X in use.

    Divided so that what is expected of Y is X (inverted dropout), as JAX's and torch's layers do. N. Srivastava et al.,
    Dropout, JMLR 15 (2014), section 10, multiplies by 1 − p in use instead.
    """

    random = True

    def __init__(self, p: float, mask: Array | None = None) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise NetworkError(f"dropout: p={p} is the share that is dropped, and does not lie in [0, 1)")
        self.p = p
        self.mask = mask
        self.seed: int | None = None

    def draw(self, rng: np.random.Generator, samples: int) -> None:
        """Choose another mask."""
        self.seed, self.mask = int(rng.integers(2**63)), None

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`. Raises NetworkError where no mask was drawn."""
        if not training:
            return X
        self.kept = self.mask if self.mask is not None else (uniform("dropout", self.seed, X.shape) >= self.p) * 1.0
        return X * self.kept / (1 - self.p)

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """∂L/∂X = ∂L/∂Y ⊙ M / (1 − p)."""
        return dL_dY * self.kept / (1 - self.p), {}


_TINY = 1e-5  # beside a variance, so that a feature that is constant divides by something
_KEPT = 0.9  # of the running mean and variance, at each batch


class BatchNorm(Layer):
    """Y = γ X̂ + β, where X̂ is each feature with the batch's mean taken off, divided by √(its variance + ε).

    In use, the mean and variance are running ones, over the batches of training. S. Ioffe and C. Szegedy, Batch
    normalization, ICML 2015, algorithm 1, with the variance divided by the number of samples.
    """

    def __init__(self, gamma: Array, beta: Array) -> None:
        super().__init__(gamma=gamma, beta=beta)
        self.running = (np.zeros(len(gamma)), np.ones(len(gamma)))

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`."""
        if training:
            self.of_batch = (np.mean(X, axis=0), np.mean((X - np.mean(X, axis=0)) ** 2, axis=0))
        mean, variance = self.of_batch if training else self.running
        self.root = np.sqrt(variance + _TINY)
        self.hat = (X - mean) / self.root
        return self.parameters["gamma"] * self.hat + self.parameters["beta"]

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """With g = γ ⊙ ∂L/∂Y: ∂L/∂X = (g − mean(g) − X̂ ⊙ mean(g ⊙ X̂)) / √(variance + ε), means over the batch."""
        g = self.parameters["gamma"] * dL_dY
        dL_dX = (g - np.mean(g, axis=0) - self.hat * np.mean(g * self.hat, axis=0)) / self.root
        return dL_dX, {"gamma": np.sum(dL_dY * self.hat, axis=0), "beta": np.sum(dL_dY, axis=0)}

    def learn(self) -> None:
        """Bring the running mean and variance up to date."""
        (mean, variance), (new_mean, new_variance) = self.running, self.of_batch
        self.running = (_KEPT * mean + (1 - _KEPT) * new_mean, _KEPT * variance + (1 - _KEPT) * new_variance)


class Residual(Layer):
    """Y = X + F(X), where F is layers that keep the width. K. He et al., Deep residual learning, CVPR 2016, equation 1."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        super().__init__(**{f"{i}.{name}": w for i, layer in enumerate(layers) for name, w in layer.parameters.items()})
        self.random = any(layer.random for layer in layers)

    def draw(self, rng: np.random.Generator, samples: int) -> None:
        """See `Layer`."""
        for layer in self.layers:
            layer.draw(rng, samples)

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`. Raises NetworkError where the layers change the width."""
        Y = X
        for i, layer in enumerate(self.layers):
            layer.parameters = part(self.parameters, i)
            Y = layer.forward(Y, training)
        if Y.shape != X.shape:
            raise NetworkError(
                f"residual: its layers take {X.shape[-1]} numbers to {Y.shape[-1]}: as many are expected"
            )
        return X + Y

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """∂L/∂X = ∂L/∂Y + F's own backward: what comes past F is not shrunk by it."""
        back = dL_dY
        for layer in reversed(self.layers):
            back = layer.backward(back)
        gradients = {f"{i}.{name}": g for i, layer in enumerate(self.layers) for name, g in layer.gradients.items()}
        return dL_dY + back, gradients

    def learn(self) -> None:
        """See `Layer`."""
        for layer in self.layers:
            layer.learn()

    def holding(self, parameters: Parameters) -> Layer:
        """See `Layer`; with copies of its layers."""
        other = super().holding(parameters)
        assert isinstance(other, Residual)
        other.layers = [layer.holding(part(parameters, i)) for i, layer in enumerate(self.layers)]
        return other


class PRelu(Layer):
    """Y = X where X > 0, else α X, with an α for each feature, which is learnt. K. He et al., ICCV 2015, equation 1."""

    def __init__(self, alpha: Array) -> None:
        super().__init__(alpha=alpha)

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`."""
        self.X = X
        return np.where(X > 0, X, self.parameters["alpha"] * X)

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """∂L/∂X is ∂L/∂Y where X > 0, else α times it; ∂L/∂α sums ∂L/∂Y ⊙ X over the samples with X ≤ 0."""
        positive = self.X > 0
        slopes = np.where(positive, 1.0, self.parameters["alpha"])
        return dL_dY * slopes, {"alpha": np.sum(np.where(positive, 0.0, dL_dY * self.X), axis=0)}


class RRelu(Layer):
    """Leaky ReLU with slopes drawn between 1/8 and 1/3 for each entry, and their mean in use. B. Xu et al., 2015."""

    random = True
    low, high = 1 / 8, 1 / 3

    def __init__(self, slopes: Array | None = None) -> None:
        super().__init__()
        self.slopes = slopes
        self.seed: int | None = None

    def draw(self, rng: np.random.Generator, samples: int) -> None:
        """Choose other slopes."""
        self.seed, self.slopes = int(rng.integers(2**63)), None

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`. Raises NetworkError where no slopes were drawn."""
        self.X, self.taken = X, (self.low + self.high) / 2 * np.ones(X.shape)
        if training:
            drawn = self.slopes
            self.taken = drawn if drawn is not None else uniform("rrelu", self.seed, X.shape, self.low, self.high)
        return np.where(X > 0, X, self.taken * X)

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """∂L/∂Y where X > 0, else the slope times it."""
        return np.where(self.X > 0, dL_dY, self.taken * dL_dY), {}


class Maxout(Layer):
    """Y_m = max_k (X W_k + b_k)_m, W: (k, n, m), b: (k, m). I. Goodfellow et al., Maxout networks, ICML 2013, section 2."""

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__(W=W, b=b)

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`."""
        self.X = X
        pieces = X @ self.parameters["W"] + self.parameters["b"][:, None, :]
        self.chosen = np.argmax(pieces, axis=0)
        best: Array = np.max(pieces, axis=0)
        return best

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """That of a dense layer, for the piece that is the largest, and of equal ones the first; the others have no share."""
        W = self.parameters["W"]
        shares = [np.where(self.chosen == k, dL_dY, 0.0) for k in range(len(W))]
        dL_dX: Array = sum((share @ W[k].T for k, share in enumerate(shares)), np.zeros(self.X.shape))
        gradients = {
            "W": np.stack([self.X.T @ share for share in shares]),
            "b": np.stack([share.sum(axis=0) for share in shares]),
        }
        return dL_dX, gradients


Build = Callable[..., Layer]


def paired(build: Build, dY: Array, X: Array, *arrays: Array) -> Any:
    """⟨Ȳ, Y⟩ of the layer that is built from arrays: its gradients are the layer's backward of Ȳ."""
    return np.sum(dY * build(*arrays).forward(X))


def backward_of(build: Build, wrt: str, dY: Array, X: Array, *arrays: Array) -> Array:
    """What the layer's backward says of X, or of a parameter."""
    layer = build(*arrays)
    layer.forward(X)
    dL_dX = layer.backward(dY)
    return dL_dX if wrt == "X" else layer.gradients[wrt]


def claim_backward(
    name: str, build: Build, of: str, inputs: dict[str, Any], by: dict[str, str], notes: str = ""
) -> None:
    """Claim the backward of a layer by X and by its parameters: by each input in ``by``, with its name in the layer."""
    for wrt, own in by.items():
        SHEET.claim(
            f"{name}-{wrt.lower()}",
            "gradient",
            0,
            f"remedies.{of}.backward: {own}",
            origin="code",
            primal=lambda dY, X, *arrays: paired(build, dY, X, *arrays),
            claimed=lambda dY, X, *arrays, own=own: backward_of(build, own, dY, X, *arrays),
            inputs=inputs,
            wrt=wrt,
            notes=notes,
        )


WIDTH = Reals(4, 2)
claim_backward(
    "dropout",
    lambda mask: Dropout(0.25, mask),
    "Dropout",
    {"dY": WIDTH, "X": WIDTH, "mask": Integers(4, 2, low=0, high=1)},
    {"X": "X"},
    "Given its mask, with p = 0.25.",
)
claim_backward(
    "batch-norm",
    BatchNorm,
    "BatchNorm",
    {"dY": WIDTH, "X": WIDTH, "gamma": Reals(2), "beta": Reals(2)},
    {"X": "X", "gamma": "gamma", "beta": "beta"},
    "In training: the mean and the variance are those of the batch, and move with X.",
)
claim_backward(
    "residual",
    lambda W, b, V, c: Residual([Dense(W, b, TANH), Dense(V, c, TANH)]),
    "Residual",
    {"dY": WIDTH, "X": WIDTH, "W": Reals(2, 3), "b": Reals(3), "V": Reals(3, 2), "c": Reals(2)},
    {"X": "X", "W": "0.W", "c": "1.b"},
    "Around two tanh layers.",
)
claim_backward(
    "prelu",
    PRelu,
    "PRelu",
    {"dY": WIDTH, "X": WIDTH, "alpha": Reals(2)},
    {"X": "X", "alpha": "alpha"},
    "At 0 the code returns the slope on the left, α.",
)
claim_backward(
    "rrelu", RRelu, "RRelu", {"dY": WIDTH, "X": WIDTH, "slopes": Reals(4, 2, low=1 / 8, high=1 / 3)}, {"X": "X"}
)
claim_backward(
    "maxout",
    Maxout,
    "Maxout",
    {"dY": Reals(2, 3), "X": Reals(2, 4), "W": Reals(2, 4, 3), "b": Reals(2, 3)},
    {"X": "X", "W": "W", "b": "b"},
    "With two pieces.",
)
