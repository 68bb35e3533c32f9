"""Activation functions, elementwise unless said otherwise, each with its derivative.

Where a function has a kink, its derivative there is a convention: the code returns what JAX and torch return, and the
entry says so. What mixes entries (softmax and its kin, gates, maxout) has a backward, which is given dy, printed ȳ: ∂L/∂y
for whatever scalar loss L comes after.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf, erfc

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


def identity(x: Array) -> Any:
    """x itself."""
    return x


def identity_derivative(x: Array) -> Any:
    """1."""
    return np.ones_like(x)


LIBRARY.formula(
    "identity",
    "Identity (linear activation)",
    formula=r"f(x) = x",
    forward=identity,
    inputs={"x": Reals()},
    derivative=identity_derivative,
    printed=r"f'(x) = 1",
    source="I. Goodfellow, Y. Bengio and A. Courville, Deep learning, MIT Press 2016, section 6.2.2.1",
    also=("jax.nn.identity", "torch.nn.Identity", "linear"),
)


def absolute(x: Array) -> Any:
    """|x|."""
    return np.abs(x)


def absolute_derivative(x: Array) -> Any:
    """The sign of x; 0 at 0."""
    return np.sign(x)


LIBRARY.formula(
    "absolute-value",
    "Absolute value rectification",
    formula=r"f(x) = |x|",
    forward=absolute,
    inputs={"x": Reals()},
    derivative=absolute_derivative,
    printed=r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x = 0 \\ -1 & x < 0 \end{cases}",
    source="K. Jarrett, K. Kavukcuoglu, M. Ranzato and Y. LeCun, What is the best multi-stage architecture for object"
    " recognition?, ICCV 2009",
    kinks="At 0 the slopes are −1 and 1; the code returns 0, as JAX and torch do.",
    also=("jax.numpy.abs", "torch.abs"),
)


def relu6(x: Array) -> Any:
    """min(max(0, x), 6)."""
    return np.minimum(np.maximum(x, 0), 6)


def relu6_derivative(x: Array) -> Any:
    """1 between 0 and 6, and 0 elsewhere, also at 0 and at 6."""
    return np.where((x > 0) & (x < 6), 1.0, 0.0)


LIBRARY.formula(
    "relu6",
    "ReLU6, clipped ReLU",
    formula=r"f(x) = \min(\max(0, x), 6)",
    forward=relu6,
    inputs={"x": Reals(reach=6)},
    derivative=relu6_derivative,
    printed=r"f'(x) = \begin{cases} 1 & 0 < x < 6 \\ 0 & \text{otherwise} \end{cases}",
    source="A. Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
    kinks="At 0 and at 6 the slopes are 0 and 1; the code returns 0, as JAX and torch do.",
    also=("jax.nn.relu6", "torch.nn.ReLU6"),
)


def squared_relu(x: Array) -> Any:
    """max(0, x)²."""
    return np.maximum(x, 0) ** 2


def squared_relu_derivative(x: Array) -> Any:
    """2 max(0, x), which is continuous."""
    return 2 * np.maximum(x, 0)


LIBRARY.formula(
    "squared-relu",
    "Squared ReLU",
    formula=r"f(x) = \max(0, x)^2",
    forward=squared_relu,
    inputs={"x": Reals()},
    derivative=squared_relu_derivative,
    printed=r"f'(x) = 2 \max(0, x)",
    source="D. So et al., Primer: Searching for efficient transformers for language modeling, NeurIPS 2021",
    also=("relu squared", "relu2"),
)


def concatenated_relu(x: Array) -> tuple[Any, Any]:
    """(max(0, x), max(0, −x)): two arrays shaped like x, which a network concatenates."""
    return np.maximum(x, 0), np.maximum(-x, 0)


def concatenated_relu_backward(dp: Array, dq: Array, x: Array) -> Any:
    """∂L/∂x from the cotangents of both halves: what comes back from the half that is not 0, with its sign."""
    return np.where(x > 0, dp, 0.0) - np.where(x < 0, dq, 0.0)


LIBRARY.formula(
    "crelu",
    "CReLU, concatenated ReLU",
    formula=r"p = \max(0, x), \quad q = \max(0, -x)",
    forward=concatenated_relu,
    inputs={"x": Reals(3)},
    cotangents={"dp": Reals(3), "dq": Reals(3)},
    backward=concatenated_relu_backward,
    printed=r"\frac{\partial L}{\partial x_i}"
    r" = \begin{cases} \bar{p}_i & x_i > 0 \\ 0 & x_i = 0 \\ -\bar{q}_i & x_i < 0 \end{cases}",
    notation={r"\bar p": "dp", r"\bar q": "dq"},
    source="W. Shang, K. Sohn, D. Almeida and H. Lee, Understanding and improving convolutional neural networks via"
    " concatenated rectified linear units, ICML 2016",
    kinks="At 0 the slopes of the halves are 0 and ±1; the code returns 0, as ReLU does in JAX and torch.",
    also=("tf.nn.crelu",),
)


def rrelu(x: Array, slope: Array) -> Any:
    """x above 0 and slope · x below it; the slope is drawn anew for every entry in training: (n, p), (n, p) → (n, p)."""
    return np.where(x > 0, x, slope * x)


def rrelu_derivative(x: Array, slope: Array) -> Any:
    """1 above 0 and the slope that was drawn below it."""
    return np.where(x > 0, 1.0, slope)


LIBRARY.formula(
    "rrelu",
    "RReLU, randomised leaky ReLU, given its slopes",
    formula=r"f(x, r) = \begin{cases} x & x > 0 \\ r x & x \le 0 \end{cases}",
    forward=rrelu,
    inputs={"x": Reals(), "r": Reals(low=1 / 8, high=1 / 3)},
    derivative=rrelu_derivative,
    printed={"x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \\ r & x \le 0 \end{cases}"},
    source="B. Xu, N. Wang, T. Chen and M. Li, Empirical evaluation of rectified activations in convolutional network, 2015",
    kinks="At 0 the slopes are r and 1; the code returns r, as torch does.",
    also=("torch.nn.RReLU",),
    notes="In training r is uniform on [1/8, 1/3]; in inference it is the mean of the ends. The same r serves both ways.",
)


def threshold(x: Array, theta: Array, value: Array) -> Any:
    """x above θ and the value elsewhere."""
    return np.where(x > theta, x, value)


def threshold_derivative(x: Array, theta: Array, value: Array) -> Any:
    """1 above θ and 0 elsewhere."""
    return np.where(x > theta, 1.0, 0.0)


LIBRARY.formula(
    "threshold",
    "Threshold",
    formula=r"f(x, \theta, v) = \begin{cases} x & x > \theta \\ v & x \le \theta \end{cases}",
    forward=threshold,
    inputs={"x": Reals(), "theta": Reals(), "value": Reals()},
    derivative=threshold_derivative,
    printed={"x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & x > \theta \\ 0 & x \le \theta \end{cases}"},
    source="K. Konda, R. Memisevic and D. Krueger, Zero-bias autoencoders and the benefits of co-adapting features, ICLR 2015",
    kinks="At θ it jumps unless v = θ, where the slopes are 0 and 1; the code returns 0, as torch does.",
    also=("torch.nn.Threshold", "thresholded relu", "TRec"),
)


def softshrink(x: Array, lam: Array) -> Any:
    """x − λ above λ, x + λ below −λ, and 0 between them."""
    return np.where(x > lam, x - lam, np.where(x < -lam, x + lam, 0.0))


def softshrink_derivative(x: Array, lam: Array) -> tuple[Any, Any]:
    """By x: 1 outside [−λ, λ] and 0 inside. By λ: minus the sign of x outside and 0 inside."""
    outside = np.abs(x) > lam
    return np.where(outside, 1.0, 0.0), np.where(outside, -np.sign(x), 0.0)


LIBRARY.formula(
    "softshrink",
    "Soft shrinkage (soft thresholding)",
    formula=r"f(x, \lambda) = \begin{cases} x - \lambda & x > \lambda \\ x + \lambda & x < -\lambda \\ 0 & \text{otherwise}"
    r" \end{cases}",
    forward=softshrink,
    inputs={"x": Reals(), "lam": Reals(low=0)},
    derivative=softshrink_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        "lam": r"\frac{\partial f}{\partial \lambda}"
        r" = \begin{cases} -1 & x > \lambda \\ 1 & x < -\lambda \\ 0 & \text{otherwise} \end{cases}",
    },
    notation={r"\lambda": "lam"},
    source="D. Donoho and I. Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81, 1994",
    kinks="At ±λ the slopes by x are 0 and 1; the code returns 0, as torch does.",
    also=("torch.nn.Softshrink", "proximal operator of the absolute value", "soft threshold", "lasso"),
)


def hardshrink(x: Array, lam: Array) -> Any:
    """x outside [−λ, λ] and 0 inside."""
    return np.where(np.abs(x) > lam, x, 0.0)


def hardshrink_derivative(x: Array, lam: Array) -> Any:
    """1 outside [−λ, λ] and 0 inside."""
    return np.where(np.abs(x) > lam, 1.0, 0.0)


LIBRARY.formula(
    "hardshrink",
    "Hard shrinkage (hard thresholding)",
    formula=r"f(x, \lambda) = \begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
    forward=hardshrink,
    inputs={"x": Reals(), "lam": Reals(low=0)},
    derivative=hardshrink_derivative,
    printed={"x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}"},
    notation={r"\lambda": "lam"},
    source="D. Donoho and I. Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81, 1994",
    kinks="At ±λ it jumps; the code returns 0 there, as torch does.",
    also=("torch.nn.Hardshrink", "hard threshold"),
)


def hard_tanh(x: Array) -> Any:
    """min(max(−1, x), 1)."""
    return np.minimum(np.maximum(x, -1), 1)


def hard_tanh_derivative(x: Array) -> Any:
    """1 between −1 and 1, and 0 elsewhere, also at −1 and 1."""
    return np.where((x > -1) & (x < 1), 1.0, 0.0)


LIBRARY.formula(
    "hard-tanh",
    "Hard tanh",
    formula=r"f(x) = \min(\max(-1, x), 1)",
    forward=hard_tanh,
    inputs={"x": Reals(reach=1)},
    derivative=hard_tanh_derivative,
    printed=r"f'(x) = \begin{cases} 1 & -1 < x < 1 \\ 0 & \text{otherwise} \end{cases}",
    source="R. Collobert, Large scale machine learning, thesis, Université Paris VI, 2004",
    kinks="At −1 and at 1 the slopes are 0 and 1; the code returns 0, as JAX and torch do.",
    also=("jax.nn.hard_tanh", "torch.nn.Hardtanh"),
)


def hard_sigmoid(x: Array) -> Any:
    """min(max(0, x + 3), 6) / 6."""
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


def hard_sigmoid_derivative(x: Array) -> Any:
    """1/6 between −3 and 3, and 0 elsewhere, also at −3 and 3."""
    return np.where((x > -3) & (x < 3), 1 / 6, 0.0)


LIBRARY.formula(
    "hard-sigmoid",
    "Hard sigmoid",
    formula=r"f(x) = \frac{1}{6} \min(\max(0, x + 3), 6)",
    forward=hard_sigmoid,
    inputs={"x": Reals(reach=3)},
    derivative=hard_sigmoid_derivative,
    printed=r"f'(x) = \begin{cases} \frac{1}{6} & -3 < x < 3 \\ 0 & \text{otherwise} \end{cases}",
    source="A. Howard et al., Searching for MobileNetV3, ICCV 2019, section 5.2",
    kinks="At −3 and at 3 the slopes are 0 and 1/6; the code returns 0, as JAX and torch do.",
    also=("jax.nn.hard_sigmoid", "torch.nn.Hardsigmoid"),
)


def hard_silu(x: Array) -> Any:
    """x min(max(0, x + 3), 6) / 6."""
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def hard_silu_derivative(x: Array) -> Any:
    """0 below −3, (2x + 3) / 6 between −3 and 3, and 1 above 3."""
    return np.where(x <= -3, 0.0, np.where(x < 3, (2 * x + 3) / 6, 1.0))


LIBRARY.formula(
    "hard-silu",
    "Hard SiLU (hard swish)",
    formula=r"f(x) = \frac{x}{6} \min(\max(0, x + 3), 6)",
    forward=hard_silu,
    inputs={"x": Reals(reach=3)},
    derivative=hard_silu_derivative,
    printed=r"f'(x) = \begin{cases} 0 & x \le -3 \\ \frac{2 x + 3}{6} & -3 < x < 3 \\ 1 & x \ge 3 \end{cases}",
    source="A. Howard et al., Searching for MobileNetV3, ICCV 2019, section 5.2",
    kinks="At −3 the slopes are 0 and −1/2, at 3 they are 3/2 and 1; the code returns 0 and 1.",
    also=("jax.nn.hard_silu", "jax.nn.hard_swish", "torch.nn.Hardswish"),
)


def celu(x: Array, alpha: Array) -> Any:
    """x above 0 and α (e^{x/α} − 1) below it."""
    return np.where(x > 0, x, alpha * (np.exp(x / alpha) - 1))


def celu_derivative(x: Array, alpha: Array) -> tuple[Any, Any]:
    """By x: 1 above 0 and e^{x/α} below it. By α: 0 above 0 and e^{x/α} (1 − x/α) − 1 below it."""
    grown = np.exp(x / alpha)
    return np.where(x > 0, 1.0, grown), np.where(x > 0, 0.0, grown * (1 - x / alpha) - 1)


def stable_celu(x: Array, alpha: Array) -> Any:
    """`celu` with expm1 of what is not positive."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


LIBRARY.formula(
    "celu",
    "CELU, continuously differentiable exponential linear unit",
    formula=r"f(x, \alpha) = \begin{cases} x & x > 0 \\ \alpha (e^{x / \alpha} - 1) & x \le 0 \end{cases}",
    forward=celu,
    inputs={"x": Reals(), "alpha": Reals(low=0.2)},
    derivative=celu_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \\ e^{x / \alpha} & x \le 0 \end{cases}",
        "alpha": r"\frac{\partial f}{\partial \alpha}"
        r" = \begin{cases} 0 & x > 0 \\ e^{x / \alpha} (1 - \frac{x}{\alpha}) - 1 & x \le 0 \end{cases}",
    },
    source="J. Barron, Continuously differentiable exponential linear units, 2017, arXiv:1704.07483",
    stable=Stable(
        "e^{x/α} − 1 loses its digits near 0, and e^{x/α} overflows above 709 α although it is not used there.",
        forward=stable_celu,
    ),
    also=("jax.nn.celu", "torch.nn.CELU"),
)


def selu(x: Array) -> Any:
    """λ x above 0 and λ α (eˣ − 1) below it, with the λ and α that keep mean 0 and variance 1."""
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    return lam * np.where(x > 0, x, alpha * (np.exp(x) - 1))


def selu_derivative(x: Array) -> Any:
    """λ above 0 and λ α eˣ below it."""
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    return lam * np.where(x > 0, 1.0, alpha * np.exp(x))


def stable_selu(x: Array) -> Any:
    """`selu` with expm1 of what is not positive."""
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    return lam * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


LIBRARY.formula(
    "selu",
    "SELU, scaled exponential linear unit",
    formula=r"f(x) = \lambda \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
    forward=selu,
    inputs={"x": Reals()},
    derivative=selu_derivative,
    printed=r"f'(x) = \lambda \begin{cases} 1 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}",
    notation={r"\lambda": "1.0507009873554805", r"\alpha": "1.6732632423543772"},
    source="G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, Self-normalizing neural networks, NIPS 2017",
    kinks="At 0 the slopes are λα = 1.758 and λ = 1.051; the code returns λα, as JAX and torch do.",
    stable=Stable(
        "eˣ − 1 loses its digits near 0, and eˣ overflows above 709 although it is not used there.", forward=stable_selu
    ),
    also=("jax.nn.selu", "torch.nn.SELU"),
    notes="λ and α are decimals without end, rounded to doubles.",
)


def gelu(x: Array) -> Any:
    """x Φ(x), with the normal distribution function Φ(x) = (1 + erf(x / √2)) / 2."""
    return x * (1 + erf(x / np.sqrt(2))) / 2


def gelu_derivative(x: Array) -> Any:
    """Φ(x) + x φ(x), with the normal density φ(x) = e^{−x²/2} / √(2π)."""
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def stable_gelu(x: Array) -> Any:
    """x erfc(−x / √2) / 2."""
    return x * erfc(-x / np.sqrt(2)) / 2


def stable_gelu_derivative(x: Array) -> Any:
    """`gelu_derivative` with Φ(x) = erfc(−x / √2) / 2."""
    return erfc(-x / np.sqrt(2)) / 2 + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


LIBRARY.formula(
    "gelu",
    "GELU, Gaussian error linear unit (exact)",
    formula=r"f(x) = \frac{x}{2} \left( 1 + \operatorname{erf}\left( \frac{x}{\sqrt 2} \right) \right)",
    forward=gelu,
    inputs={"x": Reals()},
    derivative=gelu_derivative,
    printed=r"f'(x) = \frac{1}{2} \left( 1 + \operatorname{erf}\left( \frac{x}{\sqrt 2} \right) \right)"
    r" + \frac{x}{\sqrt{2 \pi}} e^{-x^2 / 2}",
    source="D. Hendrycks and K. Gimpel, Gaussian error linear units (GELUs), 2016, arXiv:1606.08415, section 2",
    stable=Stable(
        "1 + erf(x/√2) loses its digits where x is far below 0: it is 0 from −8.3 on.",
        forward=stable_gelu,
        derivative=stable_gelu_derivative,
    ),
    also=("jax.nn.gelu(approximate=False)", "torch.nn.GELU"),
)


def gelu_tanh(x: Array) -> Any:
    """x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_tanh_derivative(x: Array) -> Any:
    """(1 + t) / 2 + x (1 − t²) u' / 2, with t = tanh u and u' = √(2/π) (1 + 3 · 0.044715 x²)."""
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x / 2 * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)


def stable_gelu_tanh(x: Array) -> Any:
    """x σ(2u), which is x (1 + tanh u) / 2."""
    return x * stable_sigmoid(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))


LIBRARY.formula(
    "gelu-tanh",
    "GELU, tanh approximation",
    formula=r"f(x) = \frac{x}{2} \left( 1 + \tanh\left( \sqrt{\frac{2}{\pi}} (x + 0.044715 x^3) \right) \right)",
    forward=gelu_tanh,
    inputs={"x": Reals()},
    derivative=gelu_tanh_derivative,
    printed=r"f'(x) = \frac{1 + t}{2} + \frac{x}{2} (1 - t^2) \sqrt{\frac{2}{\pi}} (1 + 0.134145 x^2)",
    notation={"t": r"\tanh\left( \sqrt{\frac{2}{\pi}} (x + 0.044715 x^3) \right)"},
    source="D. Hendrycks and K. Gimpel, Gaussian error linear units (GELUs), 2016, arXiv:1606.08415, section 2",
    stable=Stable("1 + tanh u loses its digits where x is far below 0: it is 0 from −7 on.", forward=stable_gelu_tanh),
    also=("jax.nn.gelu", "torch.nn.GELU(approximate='tanh')"),
    notes="Within 5e-4 of the exact GELU. jax.nn.gelu means this one unless told otherwise, torch's the exact one. In the"
    " formula t is the tanh of the forward.",
)


def quick_gelu(x: Array) -> Any:
    """x σ(1.702 x)."""
    return x / (1 + np.exp(-1.702 * x))


def quick_gelu_derivative(x: Array) -> Any:
    """s + 1.702 x s (1 − s), with s = σ(1.702 x)."""
    s = sigmoid(1.702 * x)
    return s + 1.702 * x * s * (1 - s)


def stable_quick_gelu(x: Array) -> Any:
    """x σ(1.702 x) with nothing exponentiated that is above 0."""
    return x * stable_sigmoid(1.702 * x)


LIBRARY.formula(
    "quick-gelu",
    "Quick GELU, sigmoid approximation",
    formula=r"f(x) = x \sigma(1.702 x)",
    forward=quick_gelu,
    inputs={"x": Reals()},
    derivative=quick_gelu_derivative,
    printed=r"f'(x) = \sigma(1.702 x) + 1.702 x \sigma(1.702 x) (1 - \sigma(1.702 x))",
    source="D. Hendrycks and K. Gimpel, Gaussian error linear units (GELUs), 2016, arXiv:1606.08415, section 2",
    stable=Stable("e^{−1.702 x} overflows where x is far below 0.", forward=stable_quick_gelu),
    also=("CLIP's activation",),
)


def silu(x: Array) -> Any:
    """x σ(x)."""
    return x / (1 + np.exp(-x))


def silu_derivative(x: Array) -> Any:
    """σ(x) (1 + x (1 − σ(x)))."""
    s = sigmoid(x)
    return s * (1 + x * (1 - s))


def stable_silu(x: Array) -> Any:
    """x σ(x) with nothing exponentiated that is above 0."""
    return x * stable_sigmoid(x)


def stable_silu_derivative(x: Array) -> Any:
    """σ(x) (1 + x σ(−x)) with nothing exponentiated that is above 0."""
    return stable_sigmoid(x) * (1 + x * stable_sigmoid(-x))


LIBRARY.formula(
    "silu",
    "SiLU, sigmoid linear unit (swish)",
    formula=r"f(x) = x \sigma(x)",
    forward=silu,
    inputs={"x": Reals()},
    derivative=silu_derivative,
    printed=r"f'(x) = \sigma(x) (1 + x (1 - \sigma(x)))",
    source="S. Elfwing, E. Uchibe and K. Doya, Sigmoid-weighted linear units for neural network function approximation in"
    " reinforcement learning, Neural Networks 107, 2018",
    stable=Stable(
        "e⁻ˣ overflows for x below −709, and x (1 − σ(x)) loses its digits where x is large.",
        forward=stable_silu,
        derivative=stable_silu_derivative,
    ),
    also=("jax.nn.silu", "jax.nn.swish", "torch.nn.SiLU"),
)


def swish(x: Array, beta: Array) -> Any:
    """x σ(βx)."""
    return x / (1 + np.exp(-beta * x))


def swish_derivative(x: Array, beta: Array) -> tuple[Any, Any]:
    """By x: s + βx s (1 − s). By β: x² s (1 − s). s = σ(βx)."""
    s = sigmoid(beta * x)
    return s + beta * x * s * (1 - s), x**2 * s * (1 - s)


def stable_swish(x: Array, beta: Array) -> Any:
    """x σ(βx) with nothing exponentiated that is above 0."""
    return x * stable_sigmoid(beta * x)


LIBRARY.formula(
    "swish",
    "Swish with a learnt β",
    formula=r"f(x, \beta) = x \sigma(\beta x)",
    forward=swish,
    inputs={"x": Reals(), "beta": Reals(reach=4)},
    derivative=swish_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \sigma(\beta x) + \beta x \sigma(\beta x) (1 - \sigma(\beta x))",
        "beta": r"\frac{\partial f}{\partial \beta} = x^2 \sigma(\beta x) (1 - \sigma(\beta x))",
    },
    source="P. Ramachandran, B. Zoph and Q. Le, Searching for activation functions, 2017, arXiv:1710.05941",
    stable=Stable("e^{−βx} overflows where βx is far below 0.", forward=stable_swish),
    also=("silu with beta",),
)


def mish(x: Array) -> Any:
    """x tanh(log(1 + eˣ))."""
    return x * np.tanh(softplus(x))


def mish_derivative(x: Array) -> Any:
    """t + x (1 − t²) σ(x), with t = tanh(softplus(x))."""
    t = np.tanh(softplus(x))
    return t + x * (1 - t**2) * sigmoid(x)


def stable_mish(x: Array) -> Any:
    """x tanh(softplus(x)) with the stable softplus."""
    return x * np.tanh(stable_softplus(x))


LIBRARY.formula(
    "mish",
    "Mish",
    formula=r"f(x) = x \tanh(\operatorname{softplus}(x))",
    forward=mish,
    inputs={"x": Reals()},
    derivative=mish_derivative,
    printed=r"f'(x) = t + x (1 - t^2) \sigma(x)",
    notation={"t": r"\tanh(\log(1 + e^x))"},
    source="D. Misra, Mish: A self regularized non-monotonic activation function, BMVC 2020",
    stable=Stable("eˣ overflows above 709, and 1 + eˣ loses the digits of eˣ far below 0.", forward=stable_mish),
    also=("jax.nn.mish", "torch.nn.Mish"),
    notes="In the formula t is tanh(softplus(x)).",
)


def tanhshrink(x: Array) -> Any:
    """x − tanh x."""
    return x - np.tanh(x)


def tanhshrink_derivative(x: Array) -> Any:
    """tanh² x."""
    return np.tanh(x) ** 2


LIBRARY.formula(
    "tanhshrink",
    "Tanh shrinkage",
    formula=r"f(x) = x - \tanh x",
    forward=tanhshrink,
    inputs={"x": Reals()},
    derivative=tanhshrink_derivative,
    printed=r"f'(x) = \tanh^2(x)",
    source="torch.nn.Tanhshrink, documentation of PyTorch",
    also=("torch.nn.Tanhshrink",),
    notes="Near 0 the difference x − tanh x, about x³/3, loses digits; the derivative does not.",
)


def softsign(x: Array) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def softsign_derivative(x: Array) -> Any:
    """1 / (1 + |x|)², also at 0."""
    return 1 / (1 + np.abs(x)) ** 2


LIBRARY.formula(
    "softsign",
    "Softsign",
    formula=r"f(x) = \frac{x}{1 + |x|}",
    forward=softsign,
    inputs={"x": Reals()},
    derivative=softsign_derivative,
    printed=r"f'(x) = \frac{1}{(1 + |x|)^2}",
    source="J. Turian, J. Bergstra and Y. Bengio, Quadratic features and deep architectures for chunking, NAACL 2009",
    also=("jax.nn.soft_sign", "torch.nn.Softsign"),
)


def squareplus(x: Array, b: Array) -> Any:
    """(x + √(x² + b)) / 2."""
    return (x + np.sqrt(x**2 + b)) / 2


def squareplus_derivative(x: Array, b: Array) -> tuple[Any, Any]:
    """By x: (1 + x / √(x² + b)) / 2. By b: 1 / (4 √(x² + b))."""
    root = np.sqrt(x**2 + b)
    return (1 + x / root) / 2, 1 / (4 * root)


def stable_squareplus(x: Array, b: Array) -> Any:
    """For x < 0 it is b / (2 (√(x² + b) − x)), in which nothing cancels."""
    root = np.sqrt(x**2 + b)
    return np.where(x >= 0, x + root, b / (root + np.abs(x))) / 2


LIBRARY.formula(
    "squareplus",
    "Squareplus",
    formula=r"f(x, b) = \frac{x + \sqrt{x^2 + b}}{2}",
    forward=squareplus,
    inputs={"x": Reals(), "b": Reals(low=0)},
    derivative=squareplus_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{1}{2} \left( 1 + \frac{x}{\sqrt{x^2 + b}} \right)",
        "b": r"\frac{\partial f}{\partial b} = \frac{1}{4 \sqrt{x^2 + b}}",
    },
    source="J. Barron, Squareplus: A softplus-like algebraic rectifier, 2021, arXiv:2112.11687",
    stable=Stable("x + √(x² + b) cancels where x is far below 0.", forward=stable_squareplus),
    also=("jax.nn.squareplus",),
)


def sparse_plus(x: Array) -> Any:
    """0 below −1, (x + 1)² / 4 between −1 and 1, and x above 1."""
    return np.where(x <= -1, 0.0, np.where(x < 1, (x + 1) ** 2 / 4, x))


def sparse_plus_derivative(x: Array) -> Any:
    """The sparse sigmoid: 0 below −1, (x + 1) / 2 between −1 and 1, and 1 above 1."""
    return np.where(x <= -1, 0.0, np.where(x < 1, (x + 1) / 2, 1.0))


LIBRARY.formula(
    "sparse-plus",
    "Sparse plus",
    formula=r"f(x) = \begin{cases} 0 & x \le -1 \\ \frac{1}{4} (x + 1)^2 & -1 < x < 1 \\ x & x \ge 1 \end{cases}",
    forward=sparse_plus,
    inputs={"x": Reals(reach=1)},
    derivative=sparse_plus_derivative,
    printed=r"f'(x) = \begin{cases} 0 & x \le -1 \\ \frac{1}{2} (x + 1) & -1 < x < 1 \\ 1 & x \ge 1 \end{cases}",
    source="jax.nn.sparse_plus, documentation of JAX",
    also=("jax.nn.sparse_plus",),
)


def sparse_sigmoid(x: Array) -> Any:
    """0 below −1, (x + 1) / 2 between −1 and 1, and 1 above 1."""
    return np.minimum(np.maximum(x + 1, 0), 2) / 2


def sparse_sigmoid_derivative(x: Array) -> Any:
    """1/2 between −1 and 1, and 0 elsewhere, also at −1 and 1."""
    return np.where((x > -1) & (x < 1), 0.5, 0.0)


LIBRARY.formula(
    "sparse-sigmoid",
    "Sparse sigmoid",
    formula=r"f(x) = \frac{1}{2} \min(\max(0, x + 1), 2)",
    forward=sparse_sigmoid,
    inputs={"x": Reals(reach=1)},
    derivative=sparse_sigmoid_derivative,
    printed=r"f'(x) = \begin{cases} \frac{1}{2} & -1 < x < 1 \\ 0 & \text{otherwise} \end{cases}",
    source="A. Martins and R. Astudillo, From softmax to sparsemax, ICML 2016, section 2",
    kinks="At −1 and at 1 the slopes are 0 and 1/2; the code returns 0.",
    also=("jax.nn.sparse_sigmoid",),
    notes="The sparsemax of (x, −x) / 2, first entry, and the derivative of sparse plus.",
)
