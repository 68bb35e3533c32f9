"""Activation functions, elementwise unless said otherwise, each with its derivative.

Where a function has a kink, its derivative there is a convention: the code returns what JAX and torch return, and the
entry says so. What mixes entries (softmax and its kin, gates, maxout) has a backward, which is given dy, printed ȳ: ∂L/∂y
for whatever scalar loss L comes after.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library, Stable

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("activations", "activations.py", "Activations", notation={r"\bar y": "dy"})


def relu(x: Array) -> Any:
    """max(0, x)."""
    return np.maximum(x, 0)


def relu_derivative(x: Array) -> Any:
    """1 above 0 and 0 below it; 0 at 0."""
    return np.where(x > 0, 1.0, 0.0)


LIBRARY.formula(
    "relu",
    "ReLU, rectified linear unit",
    formula=r"f(x) = \max(0, x)",
    forward=relu,
    inputs={"x": Reals()},
    derivative=relu_derivative,
    printed=r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
    source="V. Nair and G. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010, section 2",
    kinks="At 0 the slopes are 0 and 1; the code returns 0, as JAX and torch do.",
    also=("jax.nn.relu", "torch.nn.ReLU", "rectifier", "ramp"),
)


def sigmoid(x: Array) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x: Array) -> Any:
    """σ(x) (1 − σ(x))."""
    y = sigmoid(x)
    return y * (1 - y)


def stable_sigmoid(x: Array) -> Any:
    """1 / (1 + e^{−|x|}) for x ≥ 0, and e^{−|x|} / (1 + e^{−|x|}) for x < 0."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def stable_sigmoid_derivative(x: Array) -> Any:
    """e^{−|x|} / (1 + e^{−|x|})²: σ' is even."""
    small = np.exp(-np.abs(x))
    return small / (1 + small) ** 2


LIBRARY.formula(
    "sigmoid",
    "Sigmoid (logistic function)",
    formula=r"f(x) = \frac{1}{1 + e^{-x}}",
    forward=sigmoid,
    inputs={"x": Reals()},
    derivative=sigmoid_derivative,
    printed=r"f'(x) = \sigma(x) (1 - \sigma(x))",
    source="D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature 323, 1986",
    stable=Stable(
        "e⁻ˣ overflows for x below −709, and 1 − σ(x) loses its digits where x is far above 0.",
        forward=stable_sigmoid,
        derivative=stable_sigmoid_derivative,
    ),
    also=("jax.nn.sigmoid", "torch.nn.Sigmoid", "scipy.special.expit", "logistic", "expit"),
)


def log_sigmoid(x: Array) -> Any:
    """log(1 / (1 + e⁻ˣ))."""
    return np.log(1 / (1 + np.exp(-x)))


def log_sigmoid_derivative(x: Array) -> Any:
    """1 − σ(x) = 1 / (1 + eˣ)."""
    return 1 - sigmoid(x)


def stable_log_sigmoid(x: Array) -> Any:
    """min(x, 0) − log(1 + e^{−|x|})."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def stable_log_sigmoid_derivative(x: Array) -> Any:
    """σ(−x), with nothing subtracted."""
    return stable_sigmoid(-x)


LIBRARY.formula(
    "log-sigmoid",
    "Log-sigmoid",
    formula=r"f(x) = \log \frac{1}{1 + e^{-x}}",
    forward=log_sigmoid,
    inputs={"x": Reals()},
    derivative=log_sigmoid_derivative,
    printed=r"f'(x) = 1 - \sigma(x)",
    source="I. Goodfellow, Y. Bengio and A. Courville, Deep learning, MIT Press 2016, section 3.10",
    stable=Stable(
        "e⁻ˣ overflows for x below −709, and 1 − σ(x) loses its digits where x is far above 0.",
        forward=stable_log_sigmoid,
        derivative=stable_log_sigmoid_derivative,
    ),
    also=("jax.nn.log_sigmoid", "torch.nn.LogSigmoid", "scipy.special.log_expit"),
)


def tanh(x: Array) -> Any:
    """(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""
    return np.tanh(x)


def tanh_derivative(x: Array) -> Any:
    """1 − tanh² x."""
    return 1 - np.tanh(x) ** 2


def stable_tanh_derivative(x: Array) -> Any:
    """1 / cosh² x, as 4 e^{−2|x|} / (1 + e^{−2|x|})²."""
    small = np.exp(-2 * np.abs(x))
    return 4 * small / (1 + small) ** 2


LIBRARY.formula(
    "tanh",
    "Hyperbolic tangent",
    formula=r"f(x) = \tanh x",
    forward=tanh,
    inputs={"x": Reals()},
    derivative=tanh_derivative,
    printed=r"f'(x) = 1 - \tanh^2(x)",
    source="NIST Digital Library of Mathematical Functions, section 4.34",
    stable=Stable(
        "1 − tanh² x loses its digits where |x| is large: it is 0 from 20 on.", derivative=stable_tanh_derivative
    ),
    also=("jax.nn.tanh", "torch.nn.Tanh"),
)


def softplus(x: Array) -> Any:
    """log(1 + eˣ)."""
    return np.log(1 + np.exp(x))


def softplus_derivative(x: Array) -> Any:
    """1 / (1 + e⁻ˣ), the logistic sigmoid."""
    return 1 / (1 + np.exp(-x))


def stable_softplus(x: Array) -> Any:
    """max(x, 0) + log(1 + e^{−|x|}): nothing is exponentiated that is above 0."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


LIBRARY.formula(
    "softplus",
    "Softplus",
    formula=r"f(x) = \log(1 + e^x)",
    forward=softplus,
    inputs={"x": Reals()},
    derivative=softplus_derivative,
    printed=r"f'(x) = \frac{1}{1 + e^{-x}}",
    source="C. Dugas et al., Incorporating second-order functional knowledge for better option pricing, NIPS 2000, equation 4",
    stable=Stable(
        "eˣ overflows above 709, and 1 + eˣ loses the digits of eˣ where x is far below 0.",
        forward=stable_softplus,
        derivative=stable_sigmoid,
    ),
    also=("jax.nn.softplus", "torch.nn.Softplus", "smooth relu"),
)


def softplus_with_beta(x: Array, beta: Array) -> Any:
    """log(1 + e^{βx}) / β."""
    return np.log(1 + np.exp(beta * x)) / beta


def softplus_with_beta_derivative(x: Array, beta: Array) -> tuple[Any, Any]:
    """By x: σ(βx). By β: (x σ(βx) − f) / β."""
    slope = sigmoid(beta * x)
    return slope, (x * slope - softplus_with_beta(x, beta)) / beta


def stable_softplus_with_beta(x: Array, beta: Array) -> Any:
    """max(x, 0) + log(1 + e^{−β|x|}) / β."""
    return np.maximum(x, 0) + np.log1p(np.exp(-beta * np.abs(x))) / beta


LIBRARY.formula(
    "softplus-with-beta",
    "Softplus with inverse temperature β",
    formula=r"f(x, \beta) = \frac{1}{\beta} \log(1 + e^{\beta x})",
    forward=softplus_with_beta,
    inputs={"x": Reals(), "beta": Reals(low=0, reach=4)},
    derivative=softplus_with_beta_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \sigma(\beta x)",
        "beta": r"\frac{\partial f}{\partial \beta}"
        r" = \frac{1}{\beta} \left( x \sigma(\beta x) - \frac{1}{\beta} \log(1 + e^{\beta x}) \right)",
    },
    source="C. Dugas et al., Incorporating second-order functional knowledge for better option pricing, NIPS 2000",
    stable=Stable("e^{βx} overflows where βx is above 709.", forward=stable_softplus_with_beta),
    also=("torch.nn.Softplus(beta)",),
    notes="The larger β, the closer to ReLU.",
)


def leaky_relu(x: Array, alpha: Array) -> Any:
    """x above 0 and αx below it."""
    return np.where(x >= 0, x, alpha * x)


def leaky_relu_derivative(x: Array, alpha: Array) -> tuple[Any, Any]:
    """By x: 1 above 0 and α below it. By α: 0 above 0 and x below it."""
    return np.where(x >= 0, 1.0, alpha), np.where(x >= 0, 0.0, x)


LIBRARY.formula(
    "leaky-relu",
    "Leaky ReLU",
    formula=r"f(x, \alpha) = \begin{cases} x & x \ge 0 \\ \alpha x & x < 0 \end{cases}",
    forward=leaky_relu,
    inputs={"x": Reals(), "alpha": Reals()},
    derivative=leaky_relu_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & x \ge 0 \\ \alpha & x < 0 \end{cases}",
        "alpha": r"\frac{\partial f}{\partial \alpha} = \begin{cases} 0 & x \ge 0 \\ x & x < 0 \end{cases}",
    },
    source="A. Maas, A. Hannun and A. Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013"
    " workshop on deep learning for audio, speech and language processing",
    kinks="At 0 the slopes by x are α and 1; the code returns 1, as JAX does, and torch returns α.",
    also=("jax.nn.leaky_relu", "torch.nn.LeakyReLU", "lrelu"),
    notes="α is usually 0.01 and fixed; where it is learnt, see prelu.",
)


def prelu(x: Array, alpha: Array) -> Any:
    """x above 0 and αx below it, with one α a column (channel): (n, c), (c,) → (n, c)."""
    return np.where(x > 0, x, alpha * x)


def prelu_backward(dy: Array, x: Array, alpha: Array) -> tuple[Any, Any]:
    """∂L/∂x, (n, c), and ∂L/∂α, (c,): what is below 0, summed over the samples."""
    return dy * np.where(x > 0, 1.0, alpha), np.sum(dy * np.where(x > 0, 0.0, x), axis=0)


LIBRARY.formula(
    "prelu",
    "PReLU, parametric ReLU with one slope a channel",
    formula=r"y_{ij} = \begin{cases} x_{ij} & x_{ij} > 0 \\ \alpha_j x_{ij} & x_{ij} \le 0 \end{cases}",
    forward=prelu,
    inputs={"x": Reals(3, 2), "alpha": Reals(2)},
    backward=prelu_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}}"
        r" = \begin{cases} \bar{y}_{ij} & x_{ij} > 0 \\ \alpha_j \bar{y}_{ij} & x_{ij} \le 0 \end{cases}",
        "alpha": r"\frac{\partial L}{\partial \alpha_j}"
        r" = \sum_i \bar{y}_{ij} \begin{cases} 0 & x_{ij} > 0 \\ x_{ij} & x_{ij} \le 0 \end{cases}",
    },
    source="K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015, section 2.1",
    kinks="At 0 the slopes by x are α and 1; the code returns α, as torch does.",
    also=("torch.nn.PReLU", "flax.linen.PReLU", "parametric relu"),
)


def elu(x: Array, alpha: Array) -> Any:
    """x above 0 and α (eˣ − 1) below it."""
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def elu_derivative(x: Array, alpha: Array) -> tuple[Any, Any]:
    """By x: 1 above 0 and α eˣ below it. By α: 0 above 0 and eˣ − 1 below it."""
    return np.where(x > 0, 1.0, alpha * np.exp(x)), np.where(x > 0, 0.0, np.exp(x) - 1)


def stable_elu(x: Array, alpha: Array) -> Any:
    """`elu` with expm1 of what is not positive."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def stable_elu_derivative(x: Array, alpha: Array) -> tuple[Any, Any]:
    """`elu_derivative` with nothing exponentiated that is above 0."""
    below = np.minimum(x, 0)
    return np.where(x > 0, 1.0, alpha * np.exp(below)), np.expm1(below)


LIBRARY.formula(
    "elu",
    "ELU, exponential linear unit",
    formula=r"f(x, \alpha) = \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
    forward=elu,
    inputs={"x": Reals(), "alpha": Reals(low=0)},
    derivative=elu_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}",
        "alpha": r"\frac{\partial f}{\partial \alpha} = \begin{cases} 0 & x > 0 \\ e^x - 1 & x \le 0 \end{cases}",
    },
    source="D.-A. Clevert, T. Unterthiner and S. Hochreiter, Fast and accurate deep network learning by exponential linear"
    " units (ELUs), ICLR 2016, section 3",
    kinks="At 0 the slopes by x are α and 1 (a kink unless α = 1); the code returns α, as JAX and torch do.",
    stable=Stable(
        "eˣ − 1 loses its digits near 0, and eˣ overflows above 709 although it is not used there.",
        forward=stable_elu,
        derivative=stable_elu_derivative,
    ),
    also=("jax.nn.elu", "torch.nn.ELU"),
)
