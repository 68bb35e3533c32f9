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
    """1 − σ(x)."""
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


def stable_softplus(x: Array) -> Any:
    """max(x, 0) + log(1 + e^{−|x|}): nothing is exponentiated that is above 0."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


LIBRARY.formula(
    "softplus",
    "Softplus",
    formula=r"f(x) = \log(1 + e^x)",
    forward=softplus,
    inputs={"x": Reals()},
    derivative=sigmoid,
    printed=r"f'(x) = \frac{1}{1 + e^{-x}}",
    source="C. Dugas et al., Incorporating second-order functional knowledge for better option pricing, NIPS 2000",
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


def stable_softplus_with_beta_derivative(x: Array, beta: Array) -> tuple[Any, Any]:
    """By x: σ(βx). By β, with z = β|x|: −(z σ(−z) + log(1 + e^{−z})) / β², in which nothing cancels."""
    z = beta * np.abs(x)
    return stable_sigmoid(beta * x), -(z * stable_sigmoid(-z) + np.log1p(np.exp(-z))) / beta**2


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
    stable=Stable(
        "e^{βx} overflows where βx is above 709, and the derivative by β cancels before that.",
        forward=stable_softplus_with_beta,
        derivative=stable_softplus_with_beta_derivative,
    ),
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
    kinks="At 0 the slopes are −1 and 1; the code returns 0, as torch does, and JAX returns 1.",
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
    inputs={"x": Reals(), "theta": Reals(), "v": Reals()},
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
    printed={
        "x": r"\frac{\partial f}{\partial x} = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}"
    },
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
    kinks="At −1 and at 1 the slopes are 0 and 1; the code returns 0, as torch does, and JAX returns 1.",
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
    kinks="At −3 the slopes are 0 and −1/2, at 3 they are 3/2 and 1; the code returns 0 and 1, as JAX does.",
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


def stable_celu_derivative(x: Array, alpha: Array) -> tuple[Any, Any]:
    """By x: e^z, z = min(x, 0) / α. By α: e^z − 1 − z e^z."""
    z = np.minimum(x, 0) / alpha
    return np.exp(z), np.expm1(z) - z * np.exp(z)


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
        derivative=stable_celu_derivative,
    ),
    also=("jax.nn.celu", "torch.nn.CELU"),
)


def selu(x: Array, lam: Array | float = 1.0507009873554805, alpha: Array | float = 1.6732632423543772) -> Any:
    """λ x above 0 and λ α (eˣ − 1) below it."""
    return lam * np.where(x > 0, x, alpha * (np.exp(x) - 1))


def selu_derivative(
    x: Array, lam: Array | float = 1.0507009873554805, alpha: Array | float = 1.6732632423543772
) -> Any:
    """λ above 0 and λ α eˣ below it."""
    return lam * np.where(x > 0, 1.0, alpha * np.exp(x))


def stable_selu(x: Array, lam: Array | float = 1.0507009873554805, alpha: Array | float = 1.6732632423543772) -> Any:
    """`selu` with expm1 of what is not positive."""
    return lam * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def stable_selu_derivative(
    x: Array, lam: Array | float = 1.0507009873554805, alpha: Array | float = 1.6732632423543772
) -> Any:
    """`selu_derivative` with nothing exponentiated that is above 0."""
    return lam * np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


LIBRARY.formula(
    "selu",
    "SELU, scaled exponential linear unit",
    formula=r"f(x) = \lambda \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
    forward=selu,
    inputs={"x": Reals(), "lam": Reals(low=0), "alpha": Reals(low=0)},
    derivative=selu_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \lambda \begin{cases} 1 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}"
    },
    notation={r"\lambda": "lam"},
    source="G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, Self-normalizing neural networks, NIPS 2017",
    kinks="At 0 the slopes are λα = 1.758 and λ = 1.051; the code returns λα, as JAX and torch do.",
    stable=Stable(
        "eˣ − 1 loses its digits near 0, and eˣ overflows above 709 although it is not used there.",
        forward=stable_selu,
        derivative=stable_selu_derivative,
    ),
    also=("jax.nn.selu", "torch.nn.SELU"),
    notes="λ and α are fixed: those that keep mean 0 and variance 1 from layer to layer. The formula holds for any.",
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


def stable_gelu_tanh_derivative(x: Array) -> Any:
    """σ(2u) (1 + 2x σ(−2u) u'): (1 + t) / 2 is σ(2u), and 1 − t² is 4 σ(2u) σ(−2u)."""
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    return stable_sigmoid(2 * u) * (1 + 2 * x * stable_sigmoid(-2 * u) * slope)


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
    stable=Stable(
        "1 + tanh u loses its digits where x is far below 0: it is 0 from −7 on.",
        forward=stable_gelu_tanh,
        derivative=stable_gelu_tanh_derivative,
    ),
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


def stable_quick_gelu_derivative(x: Array) -> Any:
    """σ(z) (1 + z σ(−z)) at z = 1.702 x, with nothing exponentiated that is above 0."""
    return stable_sigmoid(1.702 * x) * (1 + 1.702 * x * stable_sigmoid(-1.702 * x))


LIBRARY.formula(
    "quick-gelu",
    "Quick GELU, sigmoid approximation",
    formula=r"f(x) = x \sigma(1.702 x)",
    forward=quick_gelu,
    inputs={"x": Reals()},
    derivative=quick_gelu_derivative,
    printed=r"f'(x) = \sigma(1.702 x) + 1.702 x \sigma(1.702 x) (1 - \sigma(1.702 x))",
    source="D. Hendrycks and K. Gimpel, Gaussian error linear units (GELUs), 2016, arXiv:1606.08415, section 2",
    stable=Stable(
        "e^{−1.702 x} overflows where x is far below 0.",
        forward=stable_quick_gelu,
        derivative=stable_quick_gelu_derivative,
    ),
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


def stable_swish_derivative(x: Array, beta: Array) -> tuple[Any, Any]:
    """`swish_derivative` with 1 − σ(βx) = σ(−βx) and nothing exponentiated that is above 0."""
    s, rest = stable_sigmoid(beta * x), stable_sigmoid(-beta * x)
    return s * (1 + beta * x * rest), x**2 * s * rest


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
    stable=Stable(
        "e^{−βx} overflows where βx is far below 0, and 1 − σ(βx) loses its digits where βx is large.",
        forward=stable_swish,
        derivative=stable_swish_derivative,
    ),
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


def stable_mish_derivative(x: Array) -> Any:
    """`mish_derivative` with the stable softplus and sigmoid."""
    t = np.tanh(stable_softplus(x))
    return t + x * (1 - t**2) * stable_sigmoid(x)


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
    stable=Stable(
        "eˣ overflows above 709, and 1 + eˣ loses the digits of eˣ far below 0.",
        forward=stable_mish,
        derivative=stable_mish_derivative,
    ),
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
    """1/2 between −1 and 1, 1/4 at −1 and 1, and 0 elsewhere."""
    return (np.sign(1 + x) + np.sign(1 - x)) / 4


LIBRARY.formula(
    "sparse-sigmoid",
    "Sparse sigmoid",
    formula=r"f(x) = \frac{1}{2} \min(\max(0, x + 1), 2)",
    forward=sparse_sigmoid,
    inputs={"x": Reals(reach=1)},
    derivative=sparse_sigmoid_derivative,
    printed=r"f'(x) = \begin{cases} \frac{1}{2} & |x| < 1 \\ \frac{1}{4} & |x| = 1 \\ 0 & |x| > 1 \end{cases}",
    source="A. Martins and R. Astudillo, From softmax to sparsemax, ICML 2016, section 2",
    kinks="At −1 and at 1 the slopes are 0 and 1/2; the code returns 1/4, as JAX does.",
    also=("jax.nn.sparse_sigmoid",),
    notes="The sparsemax of (x, −x) / 2, first entry, and the derivative of sparse plus.",
)


def logit(x: Array) -> Any:
    """log(x / (1 − x)), for 0 < x < 1."""
    return np.log(x / (1 - x))


def logit_derivative(x: Array) -> Any:
    """1 / (x (1 − x))."""
    return 1 / (x * (1 - x))


LIBRARY.formula(
    "logit",
    "Logit, the inverse of the sigmoid",
    formula=r"f(x) = \log \frac{x}{1 - x}",
    forward=logit,
    inputs={"x": Reals(low=0, high=1)},
    derivative=logit_derivative,
    printed=r"f'(x) = \frac{1}{x (1 - x)}",
    source="J. Berkson, Application of the logistic function to bio-assay, Journal of the American Statistical Association 39,"
    " 1944",
    also=("jax.scipy.special.logit", "torch.logit", "log-odds", "inverse sigmoid"),
    notes="Around 1/2, where it is 0, 2 artanh(2 x − 1) keeps the digits that the quotient loses.",
)


def log1mexp(x: Array) -> Any:
    """log(1 − e⁻ˣ), for x > 0."""
    return np.log(1 - np.exp(-x))


def log1mexp_derivative(x: Array) -> Any:
    """1 / (eˣ − 1)."""
    return 1 / (np.exp(x) - 1)


def stable_log1mexp(x: Array) -> Any:
    """By expm1 up to about log 2 and by log1p above it."""
    return np.where(x < 0.69, np.log(-np.expm1(-x)), np.log1p(-np.exp(-np.maximum(x, 0.69))))


def stable_log1mexp_derivative(x: Array) -> Any:
    """e⁻ˣ / (1 − e⁻ˣ) with expm1."""
    return -np.exp(-x) / np.expm1(-x)


LIBRARY.formula(
    "log1mexp",
    "log(1 − e⁻ˣ)",
    formula=r"f(x) = \log(1 - e^{-x})",
    forward=log1mexp,
    inputs={"x": Reals(low=0)},
    derivative=log1mexp_derivative,
    printed=r"f'(x) = \frac{1}{e^x - 1}",
    source="M. Mächler, Accurately computing log(1 − exp(−|a|)), 2012, vignette of the R package Rmpfr",
    stable=Stable(
        "1 − e⁻ˣ cancels near 0, and its logarithm loses the digits of e⁻ˣ where x is large.",
        forward=stable_log1mexp,
        derivative=stable_log1mexp_derivative,
    ),
    also=("jax.nn.log1mexp",),
)


def arctan(x: Array) -> Any:
    """arctan x."""
    return np.arctan(x)


def arctan_derivative(x: Array) -> Any:
    """1 / (1 + x²)."""
    return 1 / (1 + x**2)


LIBRARY.formula(
    "arctan",
    "Arctangent",
    formula=r"f(x) = \arctan x",
    forward=arctan,
    inputs={"x": Reals()},
    derivative=arctan_derivative,
    printed=r"f'(x) = \frac{1}{1 + x^2}",
    source="NIST Digital Library of Mathematical Functions, section 4.24",
    also=("jax.numpy.arctan", "torch.arctan", "inverse tangent"),
)


def arsinh(x: Array) -> Any:
    """arsinh x = log(x + √(x² + 1))."""
    return np.arcsinh(x)


def arsinh_derivative(x: Array) -> Any:
    """1 / √(x² + 1)."""
    return 1 / np.sqrt(x**2 + 1)


LIBRARY.formula(
    "arsinh",
    "Inverse hyperbolic sine",
    formula=r"f(x) = \operatorname{arcsinh}(x)",
    forward=arsinh,
    inputs={"x": Reals()},
    derivative=arsinh_derivative,
    printed=r"f'(x) = \frac{1}{\sqrt{x^2 + 1}}",
    source="NIST Digital Library of Mathematical Functions, section 4.38",
    also=("jax.numpy.arcsinh", "torch.asinh", "symmetric logarithm"),
)


def bent_identity(x: Array) -> Any:
    """(√(x² + 1) − 1) / 2 + x."""
    return (np.sqrt(x**2 + 1) - 1) / 2 + x


def bent_identity_derivative(x: Array) -> Any:
    """x / (2 √(x² + 1)) + 1."""
    return x / (2 * np.sqrt(x**2 + 1)) + 1


LIBRARY.formula(
    "bent-identity",
    "Bent identity",
    formula=r"f(x) = \frac{\sqrt{x^2 + 1} - 1}{2} + x",
    forward=bent_identity,
    inputs={"x": Reals()},
    derivative=bent_identity_derivative,
    printed=r"f'(x) = \frac{x}{2 \sqrt{x^2 + 1}} + 1",
    source="of unknown origin; in Wikipedia, Activation function, the table of functions of one fold",
)


def isru(x: Array, alpha: Array) -> Any:
    """x / √(1 + α x²)."""
    return x / np.sqrt(1 + alpha * x**2)


def isru_derivative(x: Array, alpha: Array) -> tuple[Any, Any]:
    """By x: (1 + α x²)^{−3/2}. By α: −x³ (1 + α x²)^{−3/2} / 2."""
    cubed = 1 / (1 + alpha * x**2) ** 1.5
    return cubed, -(x**3) * cubed / 2


LIBRARY.formula(
    "isru",
    "ISRU, inverse square root unit",
    formula=r"f(x, \alpha) = \frac{x}{\sqrt{1 + \alpha x^2}}",
    forward=isru,
    inputs={"x": Reals(), "alpha": Reals(low=0)},
    derivative=isru_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{1}{(1 + \alpha x^2)^{3/2}}",
        "alpha": r"\frac{\partial f}{\partial \alpha} = -\frac{x^3}{2 (1 + \alpha x^2)^{3/2}}",
    },
    source="B. Carlile et al., Improving deep learning by inverse square root linear units (ISRLUs), 2017, arXiv:1710.09967",
)


def isrlu(x: Array, alpha: Array) -> Any:
    """x above 0 and x / √(1 + α x²) below it."""
    return np.where(x >= 0, x, x / np.sqrt(1 + alpha * x**2))


def isrlu_derivative(x: Array, alpha: Array) -> Any:
    """1 above 0 and (1 + α x²)^{−3/2} below it, continuous at 0."""
    return np.where(x >= 0, 1.0, 1 / (1 + alpha * x**2) ** 1.5)


LIBRARY.formula(
    "isrlu",
    "ISRLU, inverse square root linear unit",
    formula=r"f(x, \alpha) = \begin{cases} x & x \ge 0 \\ \frac{x}{\sqrt{1 + \alpha x^2}} & x < 0 \end{cases}",
    forward=isrlu,
    inputs={"x": Reals(), "alpha": Reals(low=0)},
    derivative=isrlu_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x}"
        r" = \begin{cases} 1 & x \ge 0 \\ \frac{1}{(1 + \alpha x^2)^{3/2}} & x < 0 \end{cases}"
    },
    source="B. Carlile et al., Improving deep learning by inverse square root linear units (ISRLUs), 2017, arXiv:1710.09967",
)


def sine(x: Array, omega: Array) -> Any:
    """sin(ωx)."""
    return np.sin(omega * x)


def sine_derivative(x: Array, omega: Array) -> tuple[Any, Any]:
    """By x: ω cos(ωx). By ω: x cos(ωx)."""
    return omega * np.cos(omega * x), x * np.cos(omega * x)


LIBRARY.formula(
    "sine",
    "Sine (SIREN)",
    formula=r"f(x, \omega) = \sin(\omega x)",
    forward=sine,
    inputs={"x": Reals(), "omega": Reals()},
    derivative=sine_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \omega \cos(\omega x)",
        "omega": r"\frac{\partial f}{\partial \omega} = x \cos(\omega x)",
    },
    source="V. Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS 2020",
    also=("jax.numpy.sin", "torch.sin", "periodic"),
    notes="SIREN takes ω = 30.",
)


def snake(x: Array, a: Array) -> Any:
    """x + sin²(ax) / a."""
    return x + np.sin(a * x) ** 2 / a


def snake_derivative(x: Array, a: Array) -> tuple[Any, Any]:
    """By x: 1 + sin(2ax). By a: (x sin(2ax) − sin²(ax) / a) / a."""
    twice = np.sin(2 * a * x)
    return 1 + twice, (x * twice - np.sin(a * x) ** 2 / a) / a


LIBRARY.formula(
    "snake",
    "Snake",
    formula=r"f(x, a) = x + \frac{1}{a} \sin^2(a x)",
    forward=snake,
    inputs={"x": Reals(), "a": Reals(low=0)},
    derivative=snake_derivative,
    printed={
        "x": r"\frac{\partial f}{\partial x} = 1 + \sin(2 a x)",
        "a": r"\frac{\partial f}{\partial a} = \frac{x}{a} \sin(2 a x) - \frac{1}{a^2} \sin^2(a x)",
    },
    source="L. Ziyin, T. Hartwig and M. Ueda, Neural networks fail to learn periodic functions and how to fix it, NeurIPS 2020",
    also=("periodic",),
)


def gaussian(x: Array) -> Any:
    """e^{−x²}."""
    return np.exp(-(x**2))


def gaussian_derivative(x: Array) -> Any:
    """−2x e^{−x²}."""
    return -2 * x * np.exp(-(x**2))


LIBRARY.formula(
    "gaussian",
    "Gaussian (radial basis)",
    formula=r"f(x) = e^{-x^2}",
    forward=gaussian,
    inputs={"x": Reals()},
    derivative=gaussian_derivative,
    printed=r"f'(x) = -2 x e^{-x^2}",
    source="D. Broomhead and D. Lowe, Multivariable functional interpolation and adaptive networks, Complex Systems 2, 1988",
    also=("radial basis function", "rbf"),
)


def probit_unit(x: Array) -> Any:
    """Φ(x) = (1 + erf(x / √2)) / 2."""
    return (1 + erf(x / np.sqrt(2))) / 2


def probit_unit_derivative(x: Array) -> Any:
    """φ(x) = e^{−x²/2} / √(2π)."""
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def stable_probit_unit(x: Array) -> Any:
    """erfc(−x / √2) / 2."""
    return erfc(-x / np.sqrt(2)) / 2


LIBRARY.formula(
    "normal-cdf",
    "Normal distribution function (inverse probit)",
    formula=r"f(x) = \frac{1}{2} \left( 1 + \operatorname{erf}\left( \frac{x}{\sqrt 2} \right) \right)",
    forward=probit_unit,
    inputs={"x": Reals()},
    derivative=probit_unit_derivative,
    printed=r"f'(x) = \frac{1}{\sqrt{2 \pi}} e^{-x^2 / 2}",
    source="NIST Digital Library of Mathematical Functions, section 7.18",
    stable=Stable("1 + erf(x/√2) loses its digits where x is far below 0.", forward=stable_probit_unit),
    also=("jax.scipy.special.ndtr", "torch.special.ndtr", "probit"),
)


def log_log(x: Array) -> Any:
    """1 − e^{−eˣ}."""
    return 1 - np.exp(-np.exp(x))


def log_log_derivative(x: Array) -> Any:
    """e^{x − eˣ}."""
    return np.exp(x - np.exp(x))


def stable_log_log(x: Array) -> Any:
    """−expm1(−eˣ)."""
    return -np.expm1(-np.exp(x))


LIBRARY.formula(
    "complementary-log-log",
    "Complementary log-log (inverse link)",
    formula=r"f(x) = 1 - e^{-e^x}",
    forward=log_log,
    inputs={"x": Reals(high=700, reach=5)},
    derivative=log_log_derivative,
    printed=r"f'(x) = e^{x - e^x}",
    source="P. McCullagh and J. Nelder, Generalized linear models, Chapman and Hall 1989, section 4.3",
    stable=Stable("1 − e^{−eˣ} cancels where x is far below 0.", forward=stable_log_log),
    also=("cloglog",),
)


def lisht(x: Array) -> Any:
    """x tanh x."""
    return x * np.tanh(x)


def lisht_derivative(x: Array) -> Any:
    """tanh x + x (1 − tanh² x)."""
    t = np.tanh(x)
    return t + x * (1 - t**2)


LIBRARY.formula(
    "lisht",
    "LiSHT, linearly scaled tanh",
    formula=r"f(x) = x \tanh x",
    forward=lisht,
    inputs={"x": Reals()},
    derivative=lisht_derivative,
    printed=r"f'(x) = \tanh(x) + x (1 - \tanh^2(x))",
    source="S. Roy, S. Manna, S. Dubey and B. Chaudhuri, LiSHT: Non-parametric linearly scaled hyperbolic tangent activation"
    " function for neural networks, 2019, arXiv:1901.05894",
)


def tanhexp(x: Array) -> Any:
    """x tanh(eˣ)."""
    return x * np.tanh(np.exp(x))


def tanhexp_derivative(x: Array) -> Any:
    """tanh(eˣ) + x eˣ (1 − tanh²(eˣ))."""
    t = np.tanh(np.exp(x))
    return t + x * np.exp(x) * (1 - t**2)


LIBRARY.formula(
    "tanhexp",
    "TanhExp",
    formula=r"f(x) = x \tanh(e^x)",
    forward=tanhexp,
    inputs={"x": Reals(reach=4)},
    derivative=tanhexp_derivative,
    printed=r"f'(x) = \tanh(e^x) + x e^x (1 - \tanh^2(e^x))",
    source="X. Liu and X. Di, TanhExp: A smooth activation function with high convergence speed for lightweight neural"
    " networks, 2020, arXiv:2003.09855",
)


def softmax(x: Array) -> Any:
    """e^{x_i} / Σ_j e^{x_j} along the last axis."""
    grown = np.exp(x)
    return grown / np.sum(grown, axis=-1, keepdims=True)


def softmax_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x = y ⊙ (ȳ − ⟨ȳ, y⟩), with y = softmax(x)."""
    y = softmax(x)
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))


def stable_softmax(x: Array) -> Any:
    """`softmax` of x less its largest entry, which is the same."""
    grown = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return grown / np.sum(grown, axis=-1, keepdims=True)


def centred(dy: Array, y: Array) -> Any:
    """ȳ − ⟨ȳ, y⟩, y summing to 1: done twice, the second time takes off what the first has rounded."""
    less = dy - np.sum(dy * y, axis=-1, keepdims=True)
    return less - np.sum(less * y, axis=-1, keepdims=True)


def stable_softmax_backward(dy: Array, x: Array) -> Any:
    """`softmax_backward` with the stable softmax; where y is close to 1, ȳ − ⟨ȳ, y⟩ cancels."""
    y = stable_softmax(x)
    return y * centred(dy, y)


SOFTMAX_OVERFLOWS = (
    "eˣ overflows above 709, and all entries underflow where all are below −745; the largest entry is taken off."
)

LIBRARY.formula(
    "softmax",
    "Softmax, backward",
    formula=r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    forward=softmax,
    inputs={"x": Reals(4)},
    backward=softmax_backward,
    printed=r"\frac{\partial L}{\partial x_i} = y_i \left( \bar{y}_i - \sum_j \bar{y}_j y_j \right)",
    notation={"y": r"\operatorname{softmax}(x)"},
    source="J. Bridle, Probabilistic interpretation of feedforward classification network outputs, in Neurocomputing:"
    " Algorithms, architectures and applications, Springer 1990",
    stable=Stable(SOFTMAX_OVERFLOWS, forward=stable_softmax, derivative=stable_softmax_backward),
    also=("jax.nn.softmax", "torch.nn.Softmax", "softargmax", "Boltzmann distribution"),
    notes="Along the last axis. torch.nn.Softmax2d is the same along the channels.",
)


def softmax_jacobian(x: Array) -> Any:
    """diag(y) − y yᵀ, with y = softmax(x): (n,) → (n, n)."""
    y = softmax(x)
    return np.diag(y) - np.outer(y, y)


LIBRARY.formula(
    "softmax-jacobian",
    "Softmax, Jacobian",
    formula=r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    forward=softmax,
    inputs={"x": Reals(4)},
    jacobian=softmax_jacobian,
    printed=r"\frac{\partial y_i}{\partial x_j} = y_i (\delta_{ij} - y_j)",
    notation={"y": r"\operatorname{softmax}(x)"},
    source="J. Bridle, Probabilistic interpretation of feedforward classification network outputs, in Neurocomputing:"
    " Algorithms, architectures and applications, Springer 1990",
    also=("derivative of softmax",),
    notes="Symmetric, and its rows sum to 0.",
)


def softmax_with_temperature(x: Array, temperature: Array) -> Any:
    """softmax(x / T)."""
    return softmax(x / temperature)


def softmax_with_temperature_backward(dy: Array, x: Array, temperature: Array) -> tuple[Any, Any]:
    """∂L/∂x = softmax's backward over T, and ∂L/∂T = −⟨x, ∂L/∂x⟩ / T."""
    y = softmax(x / temperature)
    dx = y * (dy - np.sum(dy * y)) / temperature
    return dx, -np.sum(x * dx) / temperature


LIBRARY.formula(
    "softmax-with-temperature",
    "Softmax with temperature",
    formula=r"y_i = \frac{e^{x_i / T}}{\sum_j e^{x_j / T}}",
    forward=softmax_with_temperature,
    inputs={"x": Reals(4, reach=5), "temperature": Reals(low=0.2)},
    backward=softmax_with_temperature_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_i} = \frac{y_i}{T} \left( \bar{y}_i - \sum_j \bar{y}_j y_j \right)",
        "temperature": r"\frac{\partial L}{\partial T}"
        r" = -\frac{1}{T^2} \sum_i x_i y_i \left( \bar{y}_i - \sum_j \bar{y}_j y_j \right)",
    },
    notation={"y": r"\operatorname{softmax}(x / T)", "T": "temperature"},
    source="G. Hinton, O. Vinyals and J. Dean, Distilling the knowledge in a neural network, 2015, arXiv:1503.02531, section 2",
    notes="Here for one vector. Subtract the largest entry of x first, as softmax does.",
)


def gumbel_softmax(x: Array, g: Array, tau: Array) -> Any:
    """softmax((x + g) / τ), with the noise g = −log(−log u) given."""
    return softmax((x + g) / tau)


def gumbel_softmax_backward(dy: Array, x: Array, g: Array, tau: Array) -> Any:
    """∂L/∂x: softmax's backward over τ."""
    y = softmax((x + g) / tau)
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True)) / tau


LIBRARY.formula(
    "gumbel-softmax",
    "Gumbel-softmax (concrete distribution), given its noise",
    formula=r"y_i = \frac{e^{(x_i + g_i) / \tau}}{\sum_j e^{(x_j + g_j) / \tau}}",
    forward=gumbel_softmax,
    inputs={"x": Reals(3, reach=5), "g": Reals(3, reach=5), "tau": Reals(low=0.2)},
    backward=gumbel_softmax_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_i} = \frac{y_i}{\tau} \left( \bar{y}_i - \sum_j \bar{y}_j y_j \right)",
    },
    notation={"y": r"\operatorname{softmax}((x + g) / \tau)"},
    source="E. Jang, S. Gu and B. Poole, Categorical reparameterization with Gumbel-softmax, ICLR 2017, section 2",
    also=("torch.nn.functional.gumbel_softmax", "concrete distribution", "reparameterisation"),
)


def log_softmax(x: Array) -> Any:
    """x_i − log Σ_j e^{x_j} along the last axis."""
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def log_softmax_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x = ȳ − softmax(x) Σ_j ȳ_j."""
    return dy - softmax(x) * np.sum(dy, axis=-1, keepdims=True)


def log_sum_beside_largest(x: Array) -> Any:
    """log Σ_j e^{x_j − max x} along the last axis: by log1p of all but the largest, whose term is 1."""
    others = np.sort(x, axis=-1)[..., :-1] - np.max(x, axis=-1, keepdims=True)
    return np.log1p(np.sum(np.exp(others), axis=-1, keepdims=True))


def stable_log_softmax(x: Array) -> Any:
    """`log_softmax` of x less its largest entry, which is the same."""
    return x - np.max(x, axis=-1, keepdims=True) - log_sum_beside_largest(x)


def stable_log_softmax_backward(dy: Array, x: Array) -> Any:
    """`log_softmax_backward` with the stable softmax."""
    return dy - stable_softmax(x) * np.sum(dy, axis=-1, keepdims=True)


LIBRARY.formula(
    "log-softmax",
    "Log-softmax",
    formula=r"y_i = x_i - \log \sum_j e^{x_j}",
    forward=log_softmax,
    inputs={"x": Reals(4)},
    backward=log_softmax_backward,
    printed=r"\frac{\partial L}{\partial x_i} = \bar{y}_i - \operatorname{softmax}(x)_i \sum_j \bar{y}_j",
    source="I. Goodfellow, Y. Bengio and A. Courville, Deep learning, MIT Press 2016, section 6.2.2.3",
    stable=Stable(SOFTMAX_OVERFLOWS, forward=stable_log_softmax, derivative=stable_log_softmax_backward),
    also=("jax.nn.log_softmax", "torch.nn.LogSoftmax"),
)


def softmin(x: Array) -> Any:
    """softmax(−x)."""
    return softmax(-x)


def softmin_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x = −y ⊙ (ȳ − ⟨ȳ, y⟩), with y = softmin(x)."""
    y = softmin(x)
    return y * (np.sum(dy * y, axis=-1, keepdims=True) - dy)


def stable_softmin(x: Array) -> Any:
    """The stable softmax of −x."""
    return stable_softmax(-x)


def stable_softmin_backward(dy: Array, x: Array) -> Any:
    """`softmin_backward` with the stable softmin."""
    y = stable_softmin(x)
    return -y * centred(dy, y)


LIBRARY.formula(
    "softmin",
    "Softmin",
    formula=r"y_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}",
    forward=softmin,
    inputs={"x": Reals(3)},
    backward=softmin_backward,
    printed=r"\frac{\partial L}{\partial x_i} = y_i \left( \sum_j \bar{y}_j y_j - \bar{y}_i \right)",
    notation={"y": r"\operatorname{softmax}(-x)"},
    source="torch.nn.Softmin, documentation of PyTorch",
    stable=Stable(
        "e⁻ˣ overflows below −709; the smallest entry is taken off.",
        forward=stable_softmin,
        derivative=stable_softmin_backward,
    ),
    also=("torch.nn.Softmin",),
)


def log_sum_exp(x: Array) -> Any:
    """log Σ_i e^{x_i}: (n,) → number."""
    return np.log(np.sum(np.exp(x)))


def log_sum_exp_gradient(x: Array) -> Any:
    """softmax(x)."""
    return softmax(x)


def stable_log_sum_exp(x: Array) -> Any:
    """`log_sum_exp` of x less its largest entry, which is added again."""
    return np.max(x) + log_sum_beside_largest(x)[0]


LIBRARY.formula(
    "log-sum-exp",
    "Log-sum-exp",
    formula=r"f(x) = \log \sum_i e^{x_i}",
    forward=log_sum_exp,
    inputs={"x": Reals(4)},
    gradient=log_sum_exp_gradient,
    printed=r"\frac{\partial f}{\partial x_i} = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    source="S. Boyd and L. Vandenberghe, Convex optimization, Cambridge University Press 2004, section 3.1.5",
    stable=Stable(SOFTMAX_OVERFLOWS, forward=stable_log_sum_exp, derivative=stable_softmax),
    also=("jax.nn.logsumexp", "torch.logsumexp", "scipy.special.logsumexp", "smooth maximum"),
)


def log_mean_exp(x: Array) -> Any:
    """log((1/n) Σ_i e^{x_i}): (n,) → number."""
    return np.log(np.mean(np.exp(x)))


def stable_log_mean_exp(x: Array) -> Any:
    """`log_mean_exp` of x less its largest entry, which is added again; expm1 keeps the digits of differences near 0."""
    largest = np.max(x)
    return largest + np.log1p(np.mean(np.expm1(x - largest)))


LIBRARY.formula(
    "log-mean-exp",
    "Log-mean-exp",
    formula=r"f(x) = \log \frac{1}{n} \sum_i e^{x_i}",
    forward=log_mean_exp,
    inputs={"x": Reals(4)},
    gradient=softmax,
    printed=r"\frac{\partial f}{\partial x_i} = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    source="jax.nn.logmeanexp, documentation of JAX",
    stable=Stable(SOFTMAX_OVERFLOWS, forward=stable_log_mean_exp, derivative=stable_softmax),
    also=("jax.nn.logmeanexp",),
    notes="log-sum-exp less log n: it has the same gradient.",
)


def softmax_one(x: Array) -> Any:
    """e^{x_i} / (1 + Σ_j e^{x_j}): a softmax with one more logit that is 0."""
    grown = np.exp(x)
    return grown / (1 + np.sum(grown, axis=-1, keepdims=True))


def softmax_one_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x = y ⊙ (ȳ − ⟨ȳ, y⟩), as for the softmax, though y sums to less than 1."""
    y = softmax_one(x)
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))


def stable_softmax_one(x: Array) -> Any:
    """`softmax_one` scaled by the largest of the entries and 0."""
    largest = np.maximum(np.max(x, axis=-1, keepdims=True), 0)
    grown = np.exp(x - largest)
    return grown / (np.exp(-largest) + np.sum(grown, axis=-1, keepdims=True))


def stable_softmax_one_backward(dy: Array, x: Array) -> Any:
    """`softmax_one_backward` with the stable form; as in `centred`, with the null logit's share and its cotangent 0."""
    y = stable_softmax_one(x)
    largest = np.maximum(np.max(x, axis=-1, keepdims=True), 0)
    null = np.exp(-largest) / (np.exp(-largest) + np.sum(np.exp(x - largest), axis=-1, keepdims=True))
    mean = np.sum(dy * y, axis=-1, keepdims=True)
    less = dy - mean
    return y * (less - (np.sum(less * y, axis=-1, keepdims=True) - mean * null))


LIBRARY.formula(
    "softmax-one",
    "Softmax with a null logit (softmax-one)",
    formula=r"y_i = \frac{e^{x_i}}{1 + \sum_j e^{x_j}}",
    forward=softmax_one,
    inputs={"x": Reals(3)},
    backward=softmax_one_backward,
    printed=r"\frac{\partial L}{\partial x_i} = y_i \left( \bar{y}_i - \sum_j \bar{y}_j y_j \right)",
    notation={"y_i": r"\frac{e^{x_i}}{1 + \sum_k e^{x_k}}"},
    source="E. Miller, Attention is off by one, 2023",
    stable=Stable(
        "eˣ overflows above 709; the largest entry, if positive, is taken off.",
        forward=stable_softmax_one,
        derivative=stable_softmax_one_backward,
    ),
    also=("quiet attention", "attention sink"),
)


def sparsemax(x: Array) -> Any:
    """The point of the simplex that is nearest to x: max(0, x − τ), with τ such that the sum is 1: (n,) → (n,)."""
    falling = -np.sort(-x)
    sums = np.cumsum(falling) - 1  # of the k largest, less 1
    k = np.arange(1, len(x) + 1)
    # sums / k grows while the support does, and falls after it: τ is its largest value.
    tau = np.max(sums / k)
    return np.maximum(x - tau, 0)


def sparsemax_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x: on the support, ȳ less its mean there; 0 elsewhere."""
    support = np.where(sparsemax(x) > 0, 1.0, 0.0)
    return support * (dy - np.sum(dy * support) / np.sum(support))


LIBRARY.formula(
    "sparsemax",
    "Sparsemax",
    formula=r"y = \operatorname{argmin}_{p \in \Delta} \| p - x \|^2",
    forward=sparsemax,
    inputs={"x": Reals(4, reach=3)},
    backward=sparsemax_backward,
    printed=r"\frac{\partial L}{\partial x_i} = s_i \left( \bar{y}_i - \frac{\sum_j s_j \bar{y}_j}{\sum_j s_j} \right)",
    source="A. Martins and R. Astudillo, From softmax to sparsemax, ICML 2016, section 2.5",
    kinks="Where an entry is on the border of the support the slopes differ; the code leaves it out of the support.",
    also=("projection onto the simplex",),
    notation={"s_i": r"\begin{cases} 1 & \sum_k \max(0, x_k - x_i) < 1 \\ 0 & \text{otherwise} \end{cases}"},
    notes="s_i is 1 on the support (where y_i > 0) and 0 elsewhere: τ < x_i means that the x_k above x_i exceed it by less"
    " than 1 together. For one vector.",
)


def maxout(x: Array) -> Any:
    """The largest of the pieces: (n, k) → (n,)."""
    return np.max(x, axis=-1)


def maxout_backward(dy: Array, x: Array) -> Any:
    """∂L/∂x: ȳ to the largest piece; equal ones share it."""
    largest = np.where(x == np.max(x, axis=-1, keepdims=True), 1.0, 0.0)
    return dy[:, None] * largest / np.sum(largest, axis=-1, keepdims=True)


LIBRARY.formula(
    "maxout",
    "Maxout",
    formula=r"y_i = \max_j x_{ij}",
    forward=maxout,
    inputs={"x": Reals(2, 3)},
    backward=maxout_backward,
    printed=r"\frac{\partial L}{\partial x_{ij}} = \frac{m_{ij}}{\sum_k m_{ik}} \bar{y}_i",
    source="I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, Maxout networks, ICML 2013, section 3",
    kinks="Where several pieces are largest they share the cotangent equally, as in JAX and torch.amax (torch.max along an axis"
    " gives it to one of them).",
    also=("jax.numpy.max", "torch.amax", "max over pieces"),
    notation={"m_{ij}": r"\begin{cases} 1 & \sum_k \max(0, x_{ik} - x_{ij}) = 0 \\ 0 & \text{otherwise} \end{cases}"},
    notes="m_ij is 1 where x_ij is the largest of its row (no x_ik exceeds it) and 0 elsewhere. The pieces are affine: dense"
    " layers before it.",
)


def glu(a: Array, b: Array) -> Any:
    """a ⊙ σ(b)."""
    return a / (1 + np.exp(-b))


def glu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """∂L/∂a = ȳ σ(b) and ∂L/∂b = ȳ a σ(b) (1 − σ(b))."""
    s = sigmoid(b)
    return dy * s, dy * a * s * (1 - s)


def stable_glu(a: Array, b: Array) -> Any:
    """a ⊙ σ(b) with nothing exponentiated that is above 0."""
    return a * stable_sigmoid(b)


def stable_glu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """`glu_backward` with 1 − σ(b) = σ(−b) and nothing exponentiated that is above 0."""
    s = stable_sigmoid(b)
    return dy * s, dy * a * s * stable_sigmoid(-b)


LIBRARY.formula(
    "glu",
    "GLU, gated linear unit",
    formula=r"y_i = a_i \sigma(b_i)",
    forward=glu,
    inputs={"a": Reals(3), "b": Reals(3)},
    backward=glu_backward,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = \bar{y}_i \sigma(b_i)",
        "b": r"\frac{\partial L}{\partial b_i} = \bar{y}_i a_i \sigma(b_i) (1 - \sigma(b_i))",
    },
    source="Y. Dauphin, A. Fan, M. Auli and D. Grangier, Language modeling with gated convolutional networks, ICML 2017,"
    " section 2",
    stable=Stable(
        "e^{−b} overflows where b is far below 0.", forward=stable_glu, derivative=stable_glu_backward, along="b"
    ),
    also=("jax.nn.glu", "torch.nn.GLU"),
    notes="a and b are the halves of one array, or two projections x w + c and x v + d.",
)


def bilinear_gate(a: Array, b: Array) -> Any:
    """a ⊙ b."""
    return a * b


def bilinear_gate_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """∂L/∂a = ȳ b and ∂L/∂b = ȳ a."""
    return dy * b, dy * a


LIBRARY.formula(
    "bilinear-gate",
    "Bilinear gate",
    formula=r"y_i = a_i b_i",
    forward=bilinear_gate,
    inputs={"a": Reals(3), "b": Reals(3)},
    backward=bilinear_gate_backward,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = \bar{y}_i b_i",
        "b": r"\frac{\partial L}{\partial b_i} = \bar{y}_i a_i",
    },
    source="N. Shazeer, GLU variants improve transformer, 2020, arXiv:2002.05202, section 2",
)


def reglu(a: Array, b: Array) -> Any:
    """max(0, a) ⊙ b."""
    return np.maximum(a, 0) * b


def reglu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """∂L/∂a = ȳ b where a > 0, and ∂L/∂b = ȳ max(0, a)."""
    return np.where(a > 0, dy * b, 0.0), dy * np.maximum(a, 0)


LIBRARY.formula(
    "reglu",
    "ReGLU gate",
    formula=r"y_i = \max(0, a_i) b_i",
    forward=reglu,
    inputs={"a": Reals(3), "b": Reals(3)},
    backward=reglu_backward,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = \begin{cases} \bar{y}_i b_i & a_i > 0 \\ 0 & a_i \le 0 \end{cases}",
        "b": r"\frac{\partial L}{\partial b_i} = \bar{y}_i \max(0, a_i)",
    },
    source="N. Shazeer, GLU variants improve transformer, 2020, arXiv:2002.05202, section 2",
    kinks="At a = 0 the slopes by a are 0 and b; the code returns 0, as ReLU does in JAX and torch.",
)


def geglu(a: Array, b: Array) -> Any:
    """GELU(a) ⊙ b."""
    return gelu(a) * b


def geglu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """∂L/∂a = ȳ b (Φ(a) + a φ(a)) and ∂L/∂b = ȳ GELU(a)."""
    return dy * b * gelu_derivative(a), dy * gelu(a)


def stable_geglu(a: Array, b: Array) -> Any:
    """GELU(a) ⊙ b with the stable GELU."""
    return stable_gelu(a) * b


def stable_geglu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """`geglu_backward` with the stable GELU."""
    return dy * b * stable_gelu_derivative(a), dy * stable_gelu(a)


LIBRARY.formula(
    "geglu",
    "GEGLU gate",
    formula=r"y_i = a_i \Phi(a_i) b_i",
    forward=geglu,
    inputs={"a": Reals(3), "b": Reals(3)},
    backward=geglu_backward,
    printed={
        "a": r"\frac{\partial L}{\partial a_i}"
        r" = \bar{y}_i b_i \left( \Phi_i + \frac{a_i}{\sqrt{2 \pi}} e^{-a_i^2 / 2} \right)",
        "b": r"\frac{\partial L}{\partial b_i} = \bar{y}_i a_i \Phi_i",
    },
    notation={r"\Phi_i": r"\frac{1}{2} (1 + \operatorname{erf}(a_i / \sqrt{2}))"},
    source="N. Shazeer, GLU variants improve transformer, 2020, arXiv:2002.05202, section 2",
    stable=Stable(
        "1 + erf(a/√2) loses its digits where a is far below 0.", forward=stable_geglu, derivative=stable_geglu_backward
    ),
    notes="Φ_i is the normal distribution function at a_i.",
)


def swiglu(a: Array, b: Array) -> Any:
    """SiLU(a) ⊙ b."""
    return silu(a) * b


def swiglu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """∂L/∂a = ȳ b σ(a) (1 + a (1 − σ(a))) and ∂L/∂b = ȳ a σ(a)."""
    return dy * b * silu_derivative(a), dy * silu(a)


def stable_swiglu(a: Array, b: Array) -> Any:
    """SiLU(a) ⊙ b with nothing exponentiated that is above 0."""
    return stable_silu(a) * b


def stable_swiglu_backward(dy: Array, a: Array, b: Array) -> tuple[Any, Any]:
    """`swiglu_backward` with nothing exponentiated that is above 0."""
    return dy * b * stable_silu_derivative(a), dy * stable_silu(a)


LIBRARY.formula(
    "swiglu",
    "SwiGLU gate",
    formula=r"y_i = a_i \sigma(a_i) b_i",
    forward=swiglu,
    inputs={"a": Reals(3), "b": Reals(3)},
    backward=swiglu_backward,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = \bar{y}_i b_i \sigma(a_i) (1 + a_i (1 - \sigma(a_i)))",
        "b": r"\frac{\partial L}{\partial b_i} = \bar{y}_i a_i \sigma(a_i)",
    },
    source="N. Shazeer, GLU variants improve transformer, 2020, arXiv:2002.05202, section 2",
    stable=Stable("e^{−a} overflows where a is far below 0.", forward=stable_swiglu, derivative=stable_swiglu_backward),
    also=("LLaMA's feed-forward gate",),
)
