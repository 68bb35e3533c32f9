"""Loss functions, each with its gradient.

The letters are the same throughout: y is a prediction and t its target, r = y − t their difference; p is a vector of
probabilities, x one of logits, s = softmax(x) or σ(x). What is said of one number r, or of one logit, is elementwise, and its
mean over n entries has a derivative 1/n of it; what takes arrays says how it reduces them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Integers, Reals, Simplex
from gradcheck.library.formulas import Library, Stable
from reference.library.activations import (
    log_softmax,
    sigmoid,
    softmax,
    sparsemax,
    stable_log_softmax,
    stable_sigmoid,
    stable_softmax,
)

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("losses", "losses.py", "Losses")

ONE_HOT = {"t_{ik}": r"\begin{cases} 1 & k = l_i + 1 \\ 0 & \text{otherwise} \end{cases}", "l": "labels"}
"""The one-hot rows of labels that count the classes from 0, where the index k counts from 1."""


def mean_squared_error(y: Array, t: Array) -> Any:
    """(1/n) Σ (y − t)², over all n entries."""
    return np.mean((y - t) ** 2)


def mean_squared_error_gradient(y: Array, t: Array) -> tuple[Any, Any]:
    """2 (y − t) / n by y, and minus that by t."""
    slope = 2 * (y - t) / y.size
    return slope, -slope


LIBRARY.formula(
    "mse",
    "Mean squared error (MSE, L2 loss)",
    formula=r"L = \frac{1}{n} \sum_i (y_i - t_i)^2",
    forward=mean_squared_error,
    inputs={"y": Reals(3), "t": Reals(3)},
    gradient=mean_squared_error_gradient,
    printed={
        "y": r"\frac{\partial L}{\partial y_i} = \frac{2}{n} (y_i - t_i)",
        "t": r"\frac{\partial L}{\partial t_i} = \frac{2}{n} (t_i - y_i)",
    },
    notation={"n": "3"},
    source="A.-M. Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805, appendix",
    also=("torch.nn.MSELoss", "optax.losses.squared_error", "least squares", "quadratic loss"),
    notes="n counts all entries, over samples and outputs.",
)


def half_squared_error(y: Array, t: Array) -> Any:
    """½ Σ (y − t)²."""
    return np.sum((y - t) ** 2) / 2


def half_squared_error_gradient(y: Array, t: Array) -> Any:
    """y − t."""
    return y - t


LIBRARY.formula(
    "half-squared-error",
    "Half squared error",
    formula=r"L = \frac{1}{2} \sum_i (y_i - t_i)^2",
    forward=half_squared_error,
    inputs={"y": Reals(3), "t": Reals(3)},
    gradient=half_squared_error_gradient,
    printed={"y": r"\frac{\partial L}{\partial y_i} = y_i - t_i"},
    source="D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature 323, 1986",
    also=("optax.losses.l2_loss", "half MSE"),
)


def root_mean_squared_error(y: Array, t: Array) -> Any:
    """√((1/n) Σ (y − t)²)."""
    return np.sqrt(np.mean((y - t) ** 2))


def root_mean_squared_error_gradient(y: Array, t: Array) -> Any:
    """(y − t) / (n L)."""
    return (y - t) / (y.size * root_mean_squared_error(y, t))


LIBRARY.formula(
    "rmse",
    "Root mean squared error (RMSE)",
    formula=r"L = \sqrt{\frac{1}{n} \sum_i (y_i - t_i)^2}",
    forward=root_mean_squared_error,
    inputs={"y": Reals(3), "t": Reals(3)},
    gradient=root_mean_squared_error_gradient,
    printed={"y": r"\frac{\partial L}{\partial y_i} = \frac{y_i - t_i}{n \sqrt{\frac{1}{n} \sum_j (y_j - t_j)^2}}"},
    notation={"n": "3"},
    source="R. Hyndman and A. Koehler, Another look at measures of forecast accuracy, International Journal of Forecasting 22,"
    " 2006",
    kinks="Where y = t everywhere it has no derivative; the code returns NaN (0/0).",
)


def mean_absolute_error(y: Array, t: Array) -> Any:
    """(1/n) Σ |y − t|."""
    return np.mean(np.abs(y - t))


def mean_absolute_error_gradient(y: Array, t: Array) -> Any:
    """The sign of y − t over n; 0 where they are equal."""
    return np.sign(y - t) / y.size


LIBRARY.formula(
    "mae",
    "Mean absolute error (MAE, L1 loss)",
    formula=r"L = \frac{1}{n} \sum_i |y_i - t_i|",
    forward=mean_absolute_error,
    inputs={"y": Reals(3), "t": Reals(3)},
    gradient=mean_absolute_error_gradient,
    printed={"y": r"\frac{\partial L}{\partial y_i} = \frac{1}{n} \operatorname{sign}(y_i - t_i)"},
    notation={"n": "3"},
    source="P. Bloomfield and W. Steiger, Least absolute deviations, Birkhäuser 1983",
    kinks="Where y = t the slopes are −1/n and 1/n; the code returns 0, as torch does, and JAX's |x| has the slope 1 there.",
    also=("torch.nn.L1Loss", "least absolute deviations"),
)


def mean_squared_logarithmic_error(y: Array, t: Array) -> Any:
    """(1/n) Σ (log(1 + y) − log(1 + t))², for y and t above −1."""
    return np.mean((np.log(1 + y) - np.log(1 + t)) ** 2)


def mean_squared_logarithmic_error_gradient(y: Array, t: Array) -> Any:
    """2 (log(1 + y) − log(1 + t)) / (n (1 + y))."""
    return 2 * (np.log(1 + y) - np.log(1 + t)) / (y.size * (1 + y))


LIBRARY.formula(
    "msle",
    "Mean squared logarithmic error (MSLE)",
    formula=r"L = \frac{1}{n} \sum_i (\log(1 + y_i) - \log(1 + t_i))^2",
    forward=mean_squared_logarithmic_error,
    inputs={"y": Reals(3, low=-1), "t": Reals(3, low=-1)},
    gradient=mean_squared_logarithmic_error_gradient,
    printed={"y": r"\frac{\partial L}{\partial y_i} = \frac{2}{n} \frac{\log(1 + y_i) - \log(1 + t_i)}{1 + y_i}"},
    notation={"n": "3"},
    source="keras.losses.MeanSquaredLogarithmicError, documentation of Keras",
    also=("keras.losses.MeanSquaredLogarithmicError",),
    notes="Where y is close to t, log1p((y − t) / (1 + t)) keeps the digits that the difference of the logarithms loses.",
)


def mean_absolute_percentage_error(y: Array, t: Array) -> Any:
    """(1/n) Σ |y − t| / |t|."""
    return np.mean(np.abs(y - t) / np.abs(t))


def mean_absolute_percentage_error_gradient(y: Array, t: Array) -> Any:
    """The sign of y − t over n |t|; 0 where they are equal."""
    return np.sign(y - t) / (y.size * np.abs(t))


LIBRARY.formula(
    "mape",
    "Mean absolute percentage error (MAPE)",
    formula=r"L = \frac{1}{n} \sum_i \frac{|y_i - t_i|}{|t_i|}",
    forward=mean_absolute_percentage_error,
    inputs={"y": Reals(3), "t": Reals(3, low=0.1)},
    gradient=mean_absolute_percentage_error_gradient,
    printed={"y": r"\frac{\partial L}{\partial y_i} = \frac{\operatorname{sign}(y_i - t_i)}{n |t_i|}"},
    notation={"n": "3"},
    source="S. Makridakis, Accuracy measures: theoretical and practical concerns, International Journal of Forecasting 9, 1993",
    kinks="Where y = t the slopes are ±1/(n |t|); the code returns 0.",
    also=("keras.losses.MeanAbsolutePercentageError",),
    notes="Infinite where t is 0. Often times 100.",
)


def huber(r: Array, delta: Array) -> Any:
    """r²/2 up to δ and δ (|r| − δ/2) beyond."""
    return np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2))


def huber_derivative(r: Array, delta: Array) -> tuple[Any, Any]:
    """By r: r up to δ and ±δ beyond. By δ: 0 up to δ and |r| − δ beyond."""
    return np.where(np.abs(r) <= delta, r, delta * np.sign(r)), np.maximum(np.abs(r) - delta, 0)


LIBRARY.formula(
    "huber",
    "Huber loss",
    formula=r"\rho(r, \delta) = \begin{cases} \frac{1}{2} r^2 & |r| \le \delta \\ \delta (|r| - \frac{1}{2} \delta) & |r| >"
    r" \delta"
    r" \end{cases}",
    forward=huber,
    inputs={"r": Reals(), "delta": Reals(low=0)},
    derivative=huber_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r}"
        r" = \begin{cases} r & |r| \le \delta \\ \delta \operatorname{sign}(r) & |r| > \delta \end{cases}",
        "delta": r"\frac{\partial \rho}{\partial \delta} = \max(0, |r| - \delta)",
    },
    source="P. Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35, 1964",
    also=("torch.nn.HuberLoss", "optax.losses.huber_loss"),
    notes="δ times smooth-l1 with β = δ.",
)


def smooth_l1(r: Array, beta: Array) -> Any:
    """r² / (2β) below β and |r| − β/2 beyond."""
    return np.where(np.abs(r) < beta, r**2 / (2 * beta), np.abs(r) - beta / 2)


def smooth_l1_derivative(r: Array, beta: Array) -> tuple[Any, Any]:
    """By r: r / β below β and ±1 beyond. By β: −r² / (2β²) below β and −1/2 beyond."""
    inside = np.abs(r) < beta
    return np.where(inside, r / beta, np.sign(r)), np.where(inside, -(r**2) / (2 * beta**2), -0.5)


LIBRARY.formula(
    "smooth-l1",
    "Smooth L1 loss",
    formula=r"\rho(r, \beta) = \begin{cases} \frac{r^2}{2 \beta} & |r| < \beta \\ |r| - \frac{1}{2} \beta & |r| \ge \beta"
    r" \end{cases}",
    forward=smooth_l1,
    inputs={"r": Reals(), "beta": Reals(low=0)},
    derivative=smooth_l1_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r}"
        r" = \begin{cases} \frac{r}{\beta} & |r| < \beta \\ \operatorname{sign}(r) & |r| \ge \beta \end{cases}",
        "beta": r"\frac{\partial \rho}{\partial \beta}"
        r" = \begin{cases} -\frac{r^2}{2 \beta^2} & |r| < \beta \\ -\frac{1}{2} & |r| \ge \beta \end{cases}",
    },
    source="R. Girshick, Fast R-CNN, ICCV 2015, section 2.3",
    also=("torch.nn.SmoothL1Loss",),
    notes="torch's β = 0 is the absolute error.",
)


def log_cosh(r: Array) -> Any:
    """log cosh r."""
    return np.log(np.cosh(r))


def log_cosh_derivative(r: Array) -> Any:
    """tanh r."""
    return np.tanh(r)


def stable_log_cosh(r: Array) -> Any:
    """|r| + log((1 + e^{−2|r|}) / 2) where |r| is large, and ½ log(1 + sinh² r), which keeps the digits of a small one."""
    size = np.abs(r)
    return np.where(
        size > 1, size + np.log1p(np.exp(-2 * size)) - np.log(2), np.log1p(np.sinh(np.minimum(size, 1)) ** 2) / 2
    )


LIBRARY.formula(
    "log-cosh",
    "Log-cosh loss",
    formula=r"\rho(r) = \log \cosh r",
    forward=log_cosh,
    inputs={"r": Reals()},
    derivative=log_cosh_derivative,
    printed=r"\rho'(r) = \tanh(r)",
    source="P. Green, Bayesian reconstructions from emission tomography data using a modified EM algorithm, IEEE Transactions"
    " on"
    " Medical Imaging 9, 1990",
    stable=Stable(
        "cosh r overflows where |r| is above 710, and its logarithm loses the digits of a small r.",
        forward=stable_log_cosh,
    ),
    also=("optax.losses.log_cosh", "keras.losses.LogCosh"),
)


def pinball(r: Array, tau: Array) -> Any:
    """max(−τ r, (1 − τ) r), with r = y − t: an under-estimate costs τ."""
    return np.maximum(-tau * r, (1 - tau) * r)


def pinball_derivative(r: Array, tau: Array) -> tuple[Any, Any]:
    """By r: 1 − τ above 0, −τ below it, and their mean 1/2 − τ at 0. By τ: −r."""
    return np.where(r > 0, 1 - tau, np.where(r < 0, -tau, 0.5 - tau)), -r


LIBRARY.formula(
    "pinball",
    "Pinball loss (quantile loss)",
    formula=r"\rho(r, \tau) = \max(-\tau r, (1 - \tau) r)",
    forward=pinball,
    inputs={"r": Reals(), "tau": Reals(low=0, high=1)},
    derivative=pinball_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r}"
        r" = \begin{cases} 1 - \tau & r > 0 \\ \frac{1}{2} - \tau & r = 0 \\ -\tau & r < 0 \end{cases}",
        "tau": r"\frac{\partial \rho}{\partial \tau} = -r",
    },
    source="R. Koenker and G. Bassett, Regression quantiles, Econometrica 46, 1978",
    kinks="At 0 the slopes are −τ and 1 − τ; the code returns their mean, as the maximum of JAX and torch does.",
    also=("quantile loss", "quantile regression", "check function", "sklearn.metrics.mean_pinball_loss"),
    notes="r = y − t is prediction less target; τ = 1/2 is half the absolute error.",
)


def epsilon_insensitive(r: Array, epsilon: Array) -> Any:
    """max(0, |r| − ε)."""
    return np.maximum(np.abs(r) - epsilon, 0)


def epsilon_insensitive_derivative(r: Array, epsilon: Array) -> tuple[Any, Any]:
    """By r: the sign of r beyond ε and 0 up to it. By ε: −1 beyond and 0 up to it."""
    beyond = np.abs(r) > epsilon
    return np.where(beyond, np.sign(r), 0.0), np.where(beyond, -1.0, 0.0)


LIBRARY.formula(
    "epsilon-insensitive",
    "ε-insensitive loss (support vector regression)",
    formula=r"\rho(r, \epsilon) = \max(0, |r| - \epsilon)",
    forward=epsilon_insensitive,
    inputs={"r": Reals(), "epsilon": Reals(low=0)},
    derivative=epsilon_insensitive_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r} = \begin{cases} \operatorname{sign}(r) & |r| > \epsilon \\ 0 & |r| \le \epsilon"
        r" \end{cases}",
        "epsilon": r"\frac{\partial \rho}{\partial \epsilon}"
        r" = \begin{cases} -1 & |r| > \epsilon \\ 0 & |r| \le \epsilon \end{cases}",
    },
    source="V. Vapnik, The nature of statistical learning theory, Springer 1995, section 6.1",
    kinks="At ±ε the slopes are 0 and ±1; the code returns 0.",
    also=("SVR", "tube loss"),
)


def squared_epsilon_insensitive(r: Array, epsilon: Array) -> Any:
    """max(0, |r| − ε)²."""
    return np.maximum(np.abs(r) - epsilon, 0) ** 2


def squared_epsilon_insensitive_derivative(r: Array, epsilon: Array) -> tuple[Any, Any]:
    """By r: 2 max(0, |r| − ε) with the sign of r. By ε: −2 max(0, |r| − ε)."""
    excess = np.maximum(np.abs(r) - epsilon, 0)
    return 2 * excess * np.sign(r), -2 * excess


LIBRARY.formula(
    "squared-epsilon-insensitive",
    "Squared ε-insensitive loss",
    formula=r"\rho(r, \epsilon) = \max(0, |r| - \epsilon)^2",
    forward=squared_epsilon_insensitive,
    inputs={"r": Reals(), "epsilon": Reals(low=0)},
    derivative=squared_epsilon_insensitive_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r} = 2 \max(0, |r| - \epsilon) \operatorname{sign}(r)",
        "epsilon": r"\frac{\partial \rho}{\partial \epsilon} = -2 \max(0, |r| - \epsilon)",
    },
    source="C.-H. Ho and C.-J. Lin, Large-scale linear support vector regression, JMLR 13, 2012",
)


def charbonnier(r: Array, epsilon: Array) -> Any:
    """√(r² + ε²)."""
    return np.sqrt(r**2 + epsilon**2)


def charbonnier_derivative(r: Array, epsilon: Array) -> tuple[Any, Any]:
    """By r: r / √(r² + ε²). By ε: ε / √(r² + ε²)."""
    root = np.sqrt(r**2 + epsilon**2)
    return r / root, epsilon / root


LIBRARY.formula(
    "charbonnier",
    "Charbonnier loss (pseudo-Huber, smoothed L1)",
    formula=r"\rho(r, \epsilon) = \sqrt{r^2 + \epsilon^2}",
    forward=charbonnier,
    inputs={"r": Reals(), "epsilon": Reals(low=0)},
    derivative=charbonnier_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r} = \frac{r}{\sqrt{r^2 + \epsilon^2}}",
        "epsilon": r"\frac{\partial \rho}{\partial \epsilon} = \frac{\epsilon}{\sqrt{r^2 + \epsilon^2}}",
    },
    source="P. Charbonnier, L. Blanc-Féraud, G. Aubert and M. Barlaud, Two deterministic half-quadratic regularization"
    " algorithms for computed imaging, ICIP 1994",
    also=("pseudo-Huber", "L1-L2"),
)


def cauchy(r: Array, c: Array) -> Any:
    """(c²/2) log(1 + r²/c²)."""
    return c**2 / 2 * np.log(1 + r**2 / c**2)


def cauchy_derivative(r: Array, c: Array) -> tuple[Any, Any]:
    """By r: r / (1 + r²/c²). By c: c log(1 + r²/c²) − c r² / (c² + r²)."""
    return r / (1 + r**2 / c**2), c * np.log(1 + r**2 / c**2) - c * r**2 / (c**2 + r**2)


def stable_cauchy(r: Array, c: Array) -> Any:
    """By log1p."""
    return c**2 / 2 * np.log1p((r / c) ** 2)


LIBRARY.formula(
    "cauchy",
    "Cauchy loss (Lorentzian)",
    formula=r"\rho(r, c) = \frac{c^2}{2} \log\left( 1 + \frac{r^2}{c^2} \right)",
    forward=cauchy,
    inputs={"r": Reals(), "c": Reals(low=0.1)},
    derivative=cauchy_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r} = \frac{r}{1 + r^2 / c^2}",
        "c": r"\frac{\partial \rho}{\partial c} = c \log\left( 1 + \frac{r^2}{c^2} \right) - \frac{c r^2}{c^2 + r^2}",
    },
    source="M. Black and P. Anandan, The robust estimation of multiple motions, Computer Vision and Image Understanding 63,"
    " 1996",
    stable=Stable("1 + r²/c² loses the digits of a small r.", forward=stable_cauchy),
    also=("Lorentzian", "M-estimator"),
)


def geman_mcclure(r: Array, c: Array) -> Any:
    """r² / (2 (r² + c²))."""
    return r**2 / (2 * (r**2 + c**2))


def geman_mcclure_derivative(r: Array, c: Array) -> tuple[Any, Any]:
    """By r: r c² / (r² + c²)². By c: −c r² / (r² + c²)²."""
    square = (r**2 + c**2) ** 2
    return r * c**2 / square, -c * r**2 / square


LIBRARY.formula(
    "geman-mcclure",
    "Geman–McClure loss",
    formula=r"\rho(r, c) = \frac{r^2}{2 (r^2 + c^2)}",
    forward=geman_mcclure,
    inputs={"r": Reals(), "c": Reals(low=0.1)},
    derivative=geman_mcclure_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r} = \frac{r c^2}{(r^2 + c^2)^2}",
        "c": r"\frac{\partial \rho}{\partial c} = -\frac{c r^2}{(r^2 + c^2)^2}",
    },
    source="S. Geman and D. McClure, Bayesian image analysis: An application to single photon emission tomography,"
    " Proceedings of"
    " the Statistical Computing Section, American Statistical Association 1985",
    also=("M-estimator",),
)


def welsch(r: Array, c: Array) -> Any:
    """(c²/2) (1 − e^{−r²/c²})."""
    return c**2 / 2 * (1 - np.exp(-(r**2) / c**2))


def welsch_derivative(r: Array, c: Array) -> Any:
    """r e^{−r²/c²}."""
    return r * np.exp(-(r**2) / c**2)


def stable_welsch(r: Array, c: Array) -> Any:
    """By expm1."""
    return -(c**2) / 2 * np.expm1(-((r / c) ** 2))


LIBRARY.formula(
    "welsch",
    "Welsch loss (correntropy, Leclerc)",
    formula=r"\rho(r, c) = \frac{c^2}{2} \left( 1 - e^{-r^2 / c^2} \right)",
    forward=welsch,
    inputs={"r": Reals(), "c": Reals(low=0.1)},
    derivative=welsch_derivative,
    printed={"r": r"\frac{\partial \rho}{\partial r} = r e^{-r^2 / c^2}"},
    source="J. Dennis and R. Welsch, Techniques for nonlinear least squares and robust regression, Communications in Statistics"
    " B 7, 1978",
    stable=Stable("1 − e^{−r²/c²} cancels where r is small.", forward=stable_welsch),
    also=("M-estimator",),
)


def tukey(r: Array, c: Array) -> Any:
    """(c²/6) (1 − (1 − r²/c²)³) up to c and c²/6 beyond."""
    return c**2 / 6 * np.where(np.abs(r) <= c, 1 - (1 - r**2 / c**2) ** 3, 1.0)


def tukey_derivative(r: Array, c: Array) -> Any:
    """r (1 − r²/c²)² up to c and 0 beyond."""
    return np.where(np.abs(r) <= c, r * (1 - r**2 / c**2) ** 2, 0.0)


LIBRARY.formula(
    "tukey",
    "Tukey's biweight loss (bisquare)",
    formula=r"\rho(r, c) = \frac{c^2}{6} \begin{cases} 1 - \left( 1 - \frac{r^2}{c^2} \right)^3 & |r| \le c \\ 1 & |r| > c"
    r" \end{cases}",
    forward=tukey,
    inputs={"r": Reals(), "c": Reals(low=0.1)},
    derivative=tukey_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r}"
        r" = \begin{cases} r \left( 1 - \frac{r^2}{c^2} \right)^2 & |r| \le c \\ 0 & |r| > c \end{cases}"
    },
    source="A. Beaton and J. Tukey, The fitting of power series, meaning polynomials, illustrated on band-spectroscopic data,"
    " Technometrics 16, 1974",
    also=("bisquare", "M-estimator"),
)


def wing(r: Array, w: Array, epsilon: Array) -> Any:
    """w log(1 + |r|/ε) below w and |r| − C beyond, C = w − w log(1 + w/ε)."""
    size = np.abs(r)
    return np.where(size < w, w * np.log(1 + size / epsilon), size - w + w * np.log(1 + w / epsilon))


def wing_derivative(r: Array, w: Array, epsilon: Array) -> Any:
    """w / (ε + |r|) below w and 1 beyond, with the sign of r."""
    size = np.abs(r)
    return np.sign(r) * np.where(size < w, w / (epsilon + size), 1.0)


LIBRARY.formula(
    "wing",
    "Wing loss",
    formula=r"\rho(r) = \begin{cases} w \log\left( 1 + \frac{|r|}{\epsilon} \right) & |r| < w \\"
    r" |r| - w + w \log\left( 1 + \frac{w}{\epsilon} \right) & |r| \ge w \end{cases}",
    forward=wing,
    inputs={"r": Reals(), "w": Reals(low=0.5), "epsilon": Reals(low=0.1)},
    derivative=wing_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r}"
        r" = \operatorname{sign}(r) \begin{cases} \frac{w}{\epsilon + |r|} & |r| < w \\ 1 & |r| \ge w \end{cases}"
    },
    source="Z. Feng, J. Kittler, M. Awais, P. Huber and X.-J. Wu, Wing loss for robust facial landmark localisation with"
    " convolutional neural networks, CVPR 2018",
    kinks="At 0 the slopes are ±w/ε and the code returns 0; at ±w they are w/(ε + w) and 1, and it returns 1.",
)


def general_robust(r: Array, alpha: Array, c: Array) -> Any:
    """(|α − 2|/α) ((r²/c² / |α − 2| + 1)^{α/2} − 1), for α other than 0 and 2."""
    b = np.abs(alpha - 2)
    return b / alpha * (((r / c) ** 2 / b + 1) ** (alpha / 2) - 1)


def general_robust_derivative(r: Array, alpha: Array, c: Array) -> Any:
    """(r/c²) (r²/c² / |α − 2| + 1)^{α/2 − 1}."""
    b = np.abs(alpha - 2)
    return r / c**2 * ((r / c) ** 2 / b + 1) ** (alpha / 2 - 1)


LIBRARY.formula(
    "general-robust",
    "General and adaptive robust loss",
    formula=r"\rho(r, \alpha, c) = \frac{|\alpha - 2|}{\alpha}"
    r" \left( \left( \frac{(r / c)^2}{|\alpha - 2|} + 1 \right)^{\alpha / 2} - 1 \right)",
    forward=general_robust,
    inputs={"r": Reals(), "alpha": Reals(low=0, high=2), "c": Reals(low=0.1)},
    derivative=general_robust_derivative,
    printed={
        "r": r"\frac{\partial \rho}{\partial r}"
        r" = \frac{r}{c^2} \left( \frac{(r / c)^2}{|\alpha - 2|} + 1 \right)^{\alpha / 2 - 1}"
    },
    source="J. Barron, A general and adaptive robust loss function, CVPR 2019, section 1",
    notes="α = 1 is Charbonnier less 1, α → 0 Cauchy, α → 2 the squared error; here for 0 < α < 2.",
)


def poisson_nll(x: Array, t: Array) -> Any:
    """(1/n) Σ (eˣ − t x): x is the logarithm of the rate, and log t! is left out."""
    return np.mean(np.exp(x) - t * x)


def poisson_nll_gradient(x: Array, t: Array) -> Any:
    """(eˣ − t) / n."""
    return (np.exp(x) - t) / x.size


LIBRARY.formula(
    "poisson-nll",
    "Poisson negative log-likelihood, of the log rate",
    formula=r"L = \frac{1}{n} \sum_i (e^{x_i} - t_i x_i)",
    forward=poisson_nll,
    inputs={"x": Reals(3, reach=8), "t": Reals(3, low=0)},
    gradient=poisson_nll_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_i} = \frac{1}{n} (e^{x_i} - t_i)"},
    notation={"n": "3"},
    source="J. Nelder and R. Wedderburn, Generalized linear models, Journal of the Royal Statistical Society A 135, 1972",
    also=("torch.nn.PoissonNLLLoss", "Poisson regression", "count data"),
)


def poisson_nll_of_rate(y: Array, t: Array) -> Any:
    """(1/n) Σ (y − t log y), with the rate y > 0; log t! is left out."""
    return np.mean(y - t * np.log(y))


def poisson_nll_of_rate_gradient(y: Array, t: Array) -> Any:
    """(1 − t/y) / n."""
    return (1 - t / y) / y.size


LIBRARY.formula(
    "poisson-nll-of-rate",
    "Poisson negative log-likelihood, of the rate",
    formula=r"L = \frac{1}{n} \sum_i (y_i - t_i \log y_i)",
    forward=poisson_nll_of_rate,
    inputs={"y": Reals(3, low=0), "t": Reals(3, low=0)},
    gradient=poisson_nll_of_rate_gradient,
    printed={"y": r"\frac{\partial L}{\partial y_i} = \frac{1}{n} \left( 1 - \frac{t_i}{y_i} \right)"},
    notation={"n": "3"},
    source="J. Nelder and R. Wedderburn, Generalized linear models, Journal of the Royal Statistical Society A 135, 1972",
    also=("torch.nn.PoissonNLLLoss(log_input=False)",),
    notes="torch adds 1e-8 to the rate inside of the logarithm.",
)


def gaussian_nll(y: Array, v: Array, t: Array) -> Any:
    """(1/n) Σ ½ (log v + (y − t)²/v): mean y and variance v; ½ log 2π is left out."""
    return np.mean(np.log(v) + (y - t) ** 2 / v) / 2


def gaussian_nll_gradient(y: Array, v: Array, t: Array) -> tuple[Any, Any]:
    """By y: (y − t) / (n v). By v: (1 − (y − t)²/v) / (2 n v)."""
    n = y.size
    return (y - t) / (n * v), (1 - (y - t) ** 2 / v) / (2 * n * v)


LIBRARY.formula(
    "gaussian-nll",
    "Gaussian negative log-likelihood, of mean and variance",
    formula=r"L = \frac{1}{n} \sum_i \frac{1}{2} \left( \log v_i + \frac{(y_i - t_i)^2}{v_i} \right)",
    forward=gaussian_nll,
    inputs={"y": Reals(3), "v": Reals(3, low=0), "t": Reals(3)},
    gradient=gaussian_nll_gradient,
    printed={
        "y": r"\frac{\partial L}{\partial y_i} = \frac{y_i - t_i}{n v_i}",
        "v": r"\frac{\partial L}{\partial v_i} = \frac{1}{2 n v_i} \left( 1 - \frac{(y_i - t_i)^2}{v_i} \right)",
    },
    notation={"n": "3"},
    source="D. Nix and A. Weigend, Estimating the mean and variance of the target probability distribution, ICNN 1994",
    also=("torch.nn.GaussianNLLLoss", "heteroscedastic regression"),
    notes="torch takes variances below 1e-6 for 1e-6.",
)


def binary_cross_entropy(p: Array, t: Array) -> Any:
    """−(1/n) Σ (t log p + (1 − t) log(1 − p)), for 0 < p < 1."""
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


def binary_cross_entropy_gradient(p: Array, t: Array) -> Any:
    """(p − t) / (n p (1 − p))."""
    return (p - t) / (p.size * p * (1 - p))


LIBRARY.formula(
    "bce",
    "Binary cross-entropy (BCE), of probabilities",
    formula=r"L = -\frac{1}{n} \sum_i (t_i \log p_i + (1 - t_i) \log(1 - p_i))",
    forward=binary_cross_entropy,
    inputs={"p": Reals(3, low=0, high=1), "t": Reals(3, low=0, high=1)},
    gradient=binary_cross_entropy_gradient,
    printed={"p": r"\frac{\partial L}{\partial p_i} = \frac{p_i - t_i}{n p_i (1 - p_i)}"},
    notation={"n": "3"},
    source="D. Cox, The regression analysis of binary sequences, Journal of the Royal Statistical Society B 20, 1958",
    also=("torch.nn.BCELoss", "log loss", "logistic loss"),
    notes="torch takes logarithms below −100 for −100. Take log1p(−p) for log(1 − p) where p is small. Where p comes from a"
    " sigmoid, take bce-with-logits.",
)


def bce_with_logits(x: Array, t: Array) -> Any:
    """−(1/n) Σ (t log σ(x) + (1 − t) log(1 − σ(x)))."""
    s = sigmoid(x)
    return -np.mean(t * np.log(s) + (1 - t) * np.log(1 - s))


def bce_with_logits_gradient(x: Array, t: Array) -> Any:
    """(σ(x) − t) / n."""
    return (sigmoid(x) - t) / x.size


def stable_bce_with_logits(x: Array, t: Array) -> Any:
    """(1/n) Σ (max(x, 0) − t x + log(1 + e^{−|x|}))."""
    return np.mean(np.maximum(x, 0) - t * x + np.log1p(np.exp(-np.abs(x))))


def stable_bce_with_logits_gradient(x: Array, t: Array) -> Any:
    """(σ(x) − t) / n, with nothing exponentiated that is above 0."""
    return (stable_sigmoid(x) - t) / x.size


LIBRARY.formula(
    "bce-with-logits",
    "Binary cross-entropy with logits",
    formula=r"L = -\frac{1}{n} \sum_i (t_i \log \sigma(x_i) + (1 - t_i) \log(1 - \sigma(x_i)))",
    forward=bce_with_logits,
    inputs={"x": Reals(3), "t": Reals(3, low=0, high=1)},
    gradient=bce_with_logits_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_i} = \frac{1}{n} (\sigma(x_i) - t_i)"},
    notation={"n": "3"},
    source="D. Cox, The regression analysis of binary sequences, Journal of the Royal Statistical Society B 20, 1958",
    stable=Stable(
        "1 − σ(x) is 0 in floats from x = 37 on, and e⁻ˣ overflows below −709.",
        forward=stable_bce_with_logits,
        derivative=stable_bce_with_logits_gradient,
    ),
    also=(
        "torch.nn.BCEWithLogitsLoss",
        "optax.losses.sigmoid_binary_cross_entropy",
        "torch.nn.MultiLabelSoftMarginLoss",
    ),
)


def weighted_bce_with_logits(x: Array, t: Array, w: Array) -> Any:
    """−(1/n) Σ (w t log σ(x) + (1 − t) log(1 − σ(x))): positives weigh w, one weight a label: (n, k), (n, k), (k,)."""
    s = sigmoid(x)
    return -np.mean(w * t * np.log(s) + (1 - t) * np.log(1 - s))


def weighted_bce_with_logits_gradient(x: Array, t: Array, w: Array) -> Any:
    """((1 − t + w t) σ(x) − w t) / n, over all n entries."""
    return ((1 - t + w * t) * sigmoid(x) - w * t) / x.size


def stable_weighted_bce_with_logits(x: Array, t: Array, w: Array) -> Any:
    """(1/n) Σ ((1 − t) x + (1 − t + w t) (max(−x, 0) + log(1 + e^{−|x|})))."""
    return np.mean((1 - t) * x + (1 - t + w * t) * (np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))))


def stable_weighted_bce_with_logits_gradient(x: Array, t: Array, w: Array) -> Any:
    """`weighted_bce_with_logits_gradient` with nothing exponentiated that is above 0."""
    return ((1 - t + w * t) * stable_sigmoid(x) - w * t) / x.size


LIBRARY.formula(
    "bce-with-pos-weight",
    "Binary cross-entropy with logits, positives weighted",
    formula=r"L = -\frac{1}{n} \sum_{i,j} (w_j t_{ij} \log \sigma(x_{ij}) + (1 - t_{ij}) \log(1 - \sigma(x_{ij})))",
    forward=weighted_bce_with_logits,
    inputs={"x": Reals(2, 3), "t": Reals(2, 3, low=0, high=1), "w": Reals(3, low=0)},
    gradient=weighted_bce_with_logits_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}}"
        r" = \frac{1}{n} \left( (1 - t_{ij} + w_j t_{ij}) \sigma(x_{ij}) - w_j t_{ij} \right)"
    },
    notation={"n": "6"},
    source="G. King and L. Zeng, Logistic regression in rare events data, Political Analysis 9, 2001",
    stable=Stable(
        "1 − σ(x) is 0 in floats from x = 37 on, and e⁻ˣ overflows below −709.",
        forward=stable_weighted_bce_with_logits,
        derivative=stable_weighted_bce_with_logits_gradient,
    ),
    also=("torch.nn.BCEWithLogitsLoss(pos_weight)", "class imbalance"),
    notes="n counts all entries. With w = 1 it is bce-with-logits.",
)


def focal(x: Array, t: Array, gamma: Array) -> Any:
    """−t (1 − s)^γ log s − (1 − t) s^γ log(1 − s), with s = σ(x)."""
    s = sigmoid(x)
    return -t * (1 - s) ** gamma * np.log(s) - (1 - t) * s**gamma * np.log(1 - s)


def focal_derivative(x: Array, t: Array, gamma: Array) -> Any:
    """t (1 − s)^γ (γ s log s − (1 − s)) + (1 − t) s^γ (s − γ (1 − s) log(1 − s))."""
    s = sigmoid(x)
    of_one = (1 - s) ** gamma * (gamma * s * np.log(s) - (1 - s))
    of_zero = s**gamma * (s - gamma * (1 - s) * np.log(1 - s))
    return t * of_one + (1 - t) * of_zero


def log_sigmoids(x: Array) -> tuple[Any, Any]:
    """log σ(x) and log(1 − σ(x)), with nothing exponentiated that is above 0."""
    rest = np.log1p(np.exp(-np.abs(x)))
    return np.minimum(x, 0) - rest, -np.maximum(x, 0) - rest


def stable_focal(x: Array, t: Array, gamma: Array) -> Any:
    """`focal` with s^γ = e^{γ log s}, and the logarithms by log1p."""
    log_one, log_zero = log_sigmoids(x)
    return -t * np.exp(gamma * log_zero) * log_one - (1 - t) * np.exp(gamma * log_one) * log_zero


def stable_focal_derivative(x: Array, t: Array, gamma: Array) -> Any:
    """`focal_derivative` with s = σ(x) and 1 − s = σ(−x), and the logarithms by log1p."""
    s, rest = stable_sigmoid(x), stable_sigmoid(-x)
    log_one, log_zero = log_sigmoids(x)
    of_one = np.exp(gamma * log_zero) * (gamma * s * log_one - rest)
    of_zero = np.exp(gamma * log_one) * (s - gamma * rest * log_zero)
    return t * of_one + (1 - t) * of_zero


LIBRARY.formula(
    "focal",
    "Focal loss, binary, with logits",
    formula=r"L = -t (1 - s)^{\gamma} \log s - (1 - t) s^{\gamma} \log(1 - s), \quad s = \sigma(x)",
    forward=focal,
    inputs={"x": Reals(reach=20), "t": Reals(low=0, high=1), "gamma": Reals(low=0)},
    derivative=focal_derivative,
    printed={
        "x": r"\frac{\partial L}{\partial x} = t (1 - s)^{\gamma} (\gamma s \log s - (1 - s))"
        r" + (1 - t) s^{\gamma} (s - \gamma (1 - s) \log(1 - s))"
    },
    notation={"s": r"\sigma(x)"},
    source="T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, Focal loss for dense object detection, ICCV 2017, section 3",
    stable=Stable(
        "1 − σ(x) is 0 in floats from x = 37 on, and e⁻ˣ overflows below −709.",
        forward=stable_focal,
        derivative=stable_focal_derivative,
    ),
    also=("optax.losses.sigmoid_focal_loss", "torchvision.ops.sigmoid_focal_loss"),
    notes="Of one logit. α-balanced it is α times the part of t and 1 − α times that of 1 − t. γ = 0 is bce-with-logits.",
)


def soft_margin(x: Array, t: Array) -> Any:
    """log(1 + e^{−t x}), with a label t = ±1."""
    return np.log(1 + np.exp(-t * x))


def soft_margin_derivative(x: Array, t: Array) -> Any:
    """−t σ(−t x)."""
    return -t * sigmoid(-t * x)


def stable_soft_margin(x: Array, t: Array) -> Any:
    """max(−t x, 0) + log(1 + e^{−|t x|})."""
    return np.maximum(-t * x, 0) + np.log1p(np.exp(-np.abs(t * x)))


def stable_soft_margin_derivative(x: Array, t: Array) -> Any:
    """−t σ(−t x), with nothing exponentiated that is above 0."""
    return -t * stable_sigmoid(-t * x)


LIBRARY.formula(
    "soft-margin",
    "Soft margin loss (logistic loss of labels ±1)",
    formula=r"L = \log(1 + e^{-t x})",
    forward=soft_margin,
    inputs={"x": Reals(), "t": Reals()},
    derivative=soft_margin_derivative,
    printed={"x": r"\frac{\partial L}{\partial x} = -t \sigma(-t x)"},
    source="J. Friedman, T. Hastie and R. Tibshirani, Additive logistic regression: a statistical view of boosting, Annals of"
    " Statistics 28, 2000",
    stable=Stable(
        "e^{−t x} overflows where t x is far below 0, and 1 + e^{−t x} loses its digits far above.",
        forward=stable_soft_margin,
        derivative=stable_soft_margin_derivative,
    ),
    also=("torch.nn.SoftMarginLoss", "logistic loss"),
    notes="The formula holds for any real t.",
)


def hinge(x: Array, t: Array) -> Any:
    """max(0, 1 − t x), with a label t = ±1."""
    return np.maximum(1 - t * x, 0)


def hinge_derivative(x: Array, t: Array) -> Any:
    """−t where t x < 1 and 0 elsewhere."""
    return np.where(t * x < 1, -t, 0.0)


LIBRARY.formula(
    "hinge",
    "Hinge loss",
    formula=r"L = \max(0, 1 - t x)",
    forward=hinge,
    inputs={"x": Reals(reach=1), "t": Integers(low=-1, high=1)},
    derivative=hinge_derivative,
    printed={"x": r"\frac{\partial L}{\partial x} = \begin{cases} -t & t x < 1 \\ 0 & t x \ge 1 \end{cases}"},
    source="C. Cortes and V. Vapnik, Support-vector networks, Machine Learning 20, 1995",
    kinks="Where t x = 1 the slopes are −t and 0; the code returns 0, as max(0, ·) by relu does, and jnp.maximum returns −t/2.",
    also=("optax.losses.hinge_loss", "SVM"),
)


def squared_hinge(x: Array, t: Array) -> Any:
    """max(0, 1 − t x)²."""
    return np.maximum(1 - t * x, 0) ** 2


def squared_hinge_derivative(x: Array, t: Array) -> Any:
    """−2 t max(0, 1 − t x)."""
    return -2 * t * np.maximum(1 - t * x, 0)


LIBRARY.formula(
    "squared-hinge",
    "Squared hinge loss",
    formula=r"L = \max(0, 1 - t x)^2",
    forward=squared_hinge,
    inputs={"x": Reals(), "t": Reals()},
    derivative=squared_hinge_derivative,
    printed={"x": r"\frac{\partial L}{\partial x} = -2 t \max(0, 1 - t x)"},
    source="Y. Tang, Deep learning using linear support vector machines, 2013, arXiv:1306.0239",
    also=("L2-SVM", "keras.losses.SquaredHinge"),
)


def modified_huber(x: Array, t: Array) -> Any:
    """max(0, 1 − t x)² where t x ≥ −1, and −4 t x below."""
    return np.where(t * x >= -1, np.maximum(1 - t * x, 0) ** 2, -4 * t * x)


def modified_huber_derivative(x: Array, t: Array) -> Any:
    """−2 t max(0, 1 − t x) where t x ≥ −1, and −4 t below."""
    return np.where(t * x >= -1, -2 * t * np.maximum(1 - t * x, 0), -4 * t)


LIBRARY.formula(
    "modified-huber",
    "Modified Huber loss for classification (smooth hinge)",
    formula=r"L = \begin{cases} \max(0, 1 - t x)^2 & t x \ge -1 \\ -4 t x & t x < -1 \end{cases}",
    forward=modified_huber,
    inputs={"x": Reals(), "t": Reals()},
    derivative=modified_huber_derivative,
    printed={
        "x": r"\frac{\partial L}{\partial x}"
        r" = \begin{cases} -2 t \max(0, 1 - t x) & t x \ge -1 \\ -4 t & t x < -1 \end{cases}"
    },
    source="T. Zhang, Solving large scale linear prediction problems using stochastic gradient descent algorithms, ICML 2004",
    also=("sklearn SGDClassifier(loss='modified_huber')",),
)


def exponential(x: Array, t: Array) -> Any:
    """e^{−t x}, with a label t = ±1."""
    return np.exp(-t * x)


def exponential_derivative(x: Array, t: Array) -> Any:
    """−t e^{−t x}."""
    return -t * np.exp(-t * x)


LIBRARY.formula(
    "exponential",
    "Exponential loss (AdaBoost)",
    formula=r"L = e^{-t x}",
    forward=exponential,
    inputs={"x": Reals(reach=6), "t": Reals(reach=2)},
    derivative=exponential_derivative,
    printed={"x": r"\frac{\partial L}{\partial x} = -t e^{-t x}"},
    source="J. Friedman, T. Hastie and R. Tibshirani, Additive logistic regression: a statistical view of boosting, Annals of"
    " Statistics 28, 2000",
    also=("AdaBoost",),
)


def perceptron(x: Array, t: Array) -> Any:
    """max(0, −t x)."""
    return np.maximum(-t * x, 0)


def perceptron_derivative(x: Array, t: Array) -> Any:
    """−t where t x < 0, −t/2 where it is 0, and 0 elsewhere."""
    return np.where(t * x < 0, -t, np.where(t * x > 0, 0.0, -t / 2))


LIBRARY.formula(
    "perceptron",
    "Perceptron loss",
    formula=r"L = \max(0, -t x)",
    forward=perceptron,
    inputs={"x": Reals(), "t": Reals()},
    derivative=perceptron_derivative,
    printed={
        "x": r"\frac{\partial L}{\partial x}"
        r" = \begin{cases} -t & t x < 0 \\ -\frac{t}{2} & t x = 0 \\ 0 & t x > 0 \end{cases}"
    },
    source="F. Rosenblatt, The perceptron: a probabilistic model for information storage and organization in the brain,"
    " Psychological Review 65, 1958",
    kinks="Where x = 0 the slopes are −t and 0; the code returns their mean, as optax does by jnp.maximum.",
    also=("optax.losses.perceptron_loss",),
)


def cross_entropy(p: Array, t: Array) -> Any:
    """−Σ_k t_k log p_k, of one sample: (k,), (k,) → number."""
    return -np.sum(t * np.log(p))


def cross_entropy_gradient(p: Array, t: Array) -> tuple[Any, Any]:
    """By p: −t / p. By t: −log p."""
    return -t / p, -np.log(p)


LIBRARY.formula(
    "cross-entropy",
    "Cross-entropy, of probabilities",
    formula=r"L = -\sum_k t_k \log p_k",
    forward=cross_entropy,
    inputs={"p": Simplex(3), "t": Simplex(3)},
    gradient=cross_entropy_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_k} = -\frac{t_k}{p_k}",
        "t": r"\frac{\partial L}{\partial t_k} = -\log p_k",
    },
    source="I. Goodfellow, Y. Bengio and A. Courville, Deep learning, MIT Press 2016, section 3.13",
    also=("categorical cross-entropy", "keras.losses.CategoricalCrossentropy"),
    notes="As a function of all entries of p, which need not keep the sum 1 when they are varied.",
)


def softmax_cross_entropy(x: Array, t: Array) -> Any:
    """−(1/n) Σ_i Σ_k t_ik log softmax(x_i)_k: logits (n, k), targets (n, k) → number."""
    return -np.sum(t * log_softmax(x)) / len(x)


def softmax_cross_entropy_gradient(x: Array, t: Array) -> tuple[Any, Any]:
    """By x: (softmax(x) Σ_k t_k − t) / n, for targets that sum to 1 (softmax(x) − t) / n. By t: −log softmax(x) / n."""
    return (softmax(x) * np.sum(t, axis=-1, keepdims=True) - t) / len(x), -log_softmax(x) / len(x)


def stable_softmax_cross_entropy(x: Array, t: Array) -> Any:
    """By the stable log-softmax."""
    return -np.sum(t * stable_log_softmax(x)) / len(x)


def stable_softmax_cross_entropy_gradient(x: Array, t: Array) -> tuple[Any, Any]:
    """By the stable softmax and log-softmax."""
    return (stable_softmax(x) * np.sum(t, axis=-1, keepdims=True) - t) / len(x), -stable_log_softmax(x) / len(x)


LIBRARY.formula(
    "softmax-cross-entropy",
    "Softmax cross-entropy, of logits and target distributions",
    formula=r"L = -\frac{1}{n} \sum_i \sum_k t_{ik} \log \frac{e^{x_{ik}}}{\sum_j e^{x_{ij}}}",
    forward=softmax_cross_entropy,
    inputs={"x": Reals(2, 3), "t": Reals(2, 3, low=0)},
    gradient=softmax_cross_entropy_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ik}} = \frac{1}{n} \left( s_{ik} \sum_j t_{ij} - t_{ik} \right)",
        "t": r"\frac{\partial L}{\partial t_{ik}} = -\frac{1}{n} \log s_{ik}",
    },
    notation={"n": "2", "s_{ik}": r"\frac{e^{x_{ik}}}{\sum_l e^{x_{il}}}"},
    source="J. Bridle, Probabilistic interpretation of feedforward classification network outputs, in Neurocomputing:"
    " Algorithms, architectures and applications, Springer 1990",
    stable=Stable(
        "eˣ overflows above 709, and the softmax of what is far below the largest is 0, whose logarithm is infinite.",
        forward=stable_softmax_cross_entropy,
        derivative=stable_softmax_cross_entropy_gradient,
    ),
    also=("optax.losses.softmax_cross_entropy", "torch.nn.CrossEntropyLoss", "soft labels"),
    notes="s is the softmax of x along its rows. The well-known (s − t) / n is for targets that sum to 1; here they need not.",
)


def cross_entropy_of_labels(x: Array, labels: Array) -> Any:
    """−(1/n) Σ_i log softmax(x_i)_{l_i}: logits (n, k), labels (n,) from 0 to k − 1 → number."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), 1.0, 0.0)
    return -np.sum(chosen * log_softmax(x)) / len(x)


def cross_entropy_of_labels_gradient(x: Array, labels: Array) -> Any:
    """(softmax(x) − one-hot(l)) / n."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), 1.0, 0.0)
    return (softmax(x) - chosen) / len(x)


def stable_cross_entropy_of_labels(x: Array, labels: Array) -> Any:
    """By the stable log-softmax."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), 1.0, 0.0)
    return -np.sum(chosen * stable_log_softmax(x)) / len(x)


def stable_cross_entropy_of_labels_gradient(x: Array, labels: Array) -> Any:
    """By the stable softmax; s − 1 of the label is minus the sum of the others, which does not cancel."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), 1.0, 0.0)
    others = (1 - chosen) * stable_softmax(x)
    return (others - chosen * np.sum(others, axis=1, keepdims=True)) / len(x)


LIBRARY.formula(
    "cross-entropy-of-labels",
    "Softmax cross-entropy, of logits and integer labels",
    formula=r"L = -\frac{1}{n} \sum_i \log \frac{e^{x_{i l_i}}}{\sum_j e^{x_{ij}}}",
    forward=cross_entropy_of_labels,
    inputs={"x": Reals(2, 3), "labels": Integers(2, low=0, high=2)},
    gradient=cross_entropy_of_labels_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_{ik}} = \frac{1}{n} (s_{ik} - t_{ik})"},
    notation={"n": "2", "s_{ik}": r"\frac{e^{x_{ik}}}{\sum_m e^{x_{im}}}", **ONE_HOT},
    source="J. Bridle, Probabilistic interpretation of feedforward classification network outputs, in Neurocomputing:"
    " Algorithms, architectures and applications, Springer 1990",
    stable=Stable(
        "eˣ overflows above 709, and the softmax of what is far below the largest is 0, whose logarithm is infinite.",
        forward=stable_cross_entropy_of_labels,
        derivative=stable_cross_entropy_of_labels_gradient,
    ),
    also=(
        "optax.losses.softmax_cross_entropy_with_integer_labels",
        "torch.nn.CrossEntropyLoss",
        "sparse cross-entropy",
    ),
    notes="s is the softmax of x along its rows, and row t_i the one-hot vector of the label l_i.",
)


def smoothed_cross_entropy(x: Array, t: Array, epsilon: Array) -> Any:
    """−(1/n) Σ ((1 − ε) t + ε/k) log softmax(x): logits (n, k), targets (n, k) whose rows sum to 1."""
    return -np.sum(((1 - epsilon) * t + epsilon / x.shape[1]) * log_softmax(x)) / len(x)


def smoothed_cross_entropy_gradient(x: Array, t: Array, epsilon: Array) -> Any:
    """(softmax(x) ((1 − ε) Σ_k t_k + ε) − (1 − ε) t − ε/k) / n."""
    total = (1 - epsilon) * np.sum(t, axis=-1, keepdims=True) + epsilon
    return (softmax(x) * total - (1 - epsilon) * t - epsilon / x.shape[1]) / len(x)


def stable_smoothed_cross_entropy(x: Array, t: Array, epsilon: Array) -> Any:
    """By the stable log-softmax."""
    return -np.sum(((1 - epsilon) * t + epsilon / x.shape[1]) * stable_log_softmax(x)) / len(x)


def stable_smoothed_cross_entropy_gradient(x: Array, t: Array, epsilon: Array) -> Any:
    """By the stable softmax."""
    total = (1 - epsilon) * np.sum(t, axis=-1, keepdims=True) + epsilon
    return (stable_softmax(x) * total - (1 - epsilon) * t - epsilon / x.shape[1]) / len(x)


LIBRARY.formula(
    "label-smoothing",
    "Softmax cross-entropy with label smoothing",
    formula=r"L = -\frac{1}{n} \sum_i \sum_k \left( (1 - \epsilon) t_{ik} + \frac{\epsilon}{m} \right) \log s_{ik}",
    forward=smoothed_cross_entropy,
    inputs={"x": Reals(2, 3), "t": Reals(2, 3, low=0), "epsilon": Reals(low=0, high=1)},
    gradient=smoothed_cross_entropy_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ik}}"
        r" = \frac{1}{n} \left( s_{ik} \left( (1 - \epsilon) \sum_j t_{ij} + \epsilon \right)"
        r" - (1 - \epsilon) t_{ik} - \frac{\epsilon}{m} \right)"
    },
    notation={"n": "2", "m": "3", "s_{ik}": r"\frac{e^{x_{ik}}}{\sum_l e^{x_{il}}}"},
    source="C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens and Z. Wojna, Rethinking the Inception architecture for computer"
    " vision, CVPR 2016, section 7",
    stable=Stable(
        "eˣ overflows above 709, and the softmax of what is far below the largest is 0, whose logarithm is infinite.",
        forward=stable_smoothed_cross_entropy,
        derivative=stable_smoothed_cross_entropy_gradient,
    ),
    also=("torch.nn.CrossEntropyLoss(label_smoothing)", "optax.losses.smooth_labels"),
    notes="s is the softmax of x along its rows, and m the number of classes. For targets that sum to 1 the bracket is 1.",
)


def weighted_cross_entropy(x: Array, labels: Array, w: Array) -> Any:
    """Σ_i w_{l_i} (−log softmax(x_i)_{l_i}) / Σ_i w_{l_i}: logits (n, k), labels (n,), class weights (k,) → number."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), w, 0.0)
    return -np.sum(chosen * log_softmax(x)) / np.sum(chosen)


def weighted_cross_entropy_gradient(x: Array, labels: Array, w: Array) -> Any:
    """w_{l_i} (softmax(x_i) − one-hot(l_i)) / Σ_i w_{l_i}."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), w, 0.0)
    return (softmax(x) * np.sum(chosen, axis=1, keepdims=True) - chosen) / np.sum(chosen)


def stable_weighted_cross_entropy(x: Array, labels: Array, w: Array) -> Any:
    """By the stable log-softmax."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), w, 0.0)
    return -np.sum(chosen * stable_log_softmax(x)) / np.sum(chosen)


def stable_weighted_cross_entropy_gradient(x: Array, labels: Array, w: Array) -> Any:
    """By the stable softmax."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), w, 0.0)
    return (stable_softmax(x) * np.sum(chosen, axis=1, keepdims=True) - chosen) / np.sum(chosen)


LIBRARY.formula(
    "class-weights",
    "Softmax cross-entropy with class weights",
    formula=r"L = -\frac{\sum_i w_{l_i} \log s_{i l_i}}{\sum_i w_{l_i}}",
    forward=weighted_cross_entropy,
    inputs={"x": Reals(2, 3), "labels": Integers(2, low=0, high=2), "w": Reals(3, low=0)},
    gradient=weighted_cross_entropy_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ik}} = \frac{s_{ik} \sum_j w_j t_{ij} - w_k t_{ik}}{\sum_{h,j} w_j t_{hj}}",
    },
    notation={"s_{ik}": r"\frac{e^{x_{ik}}}{\sum_m e^{x_{im}}}", **ONE_HOT},
    source="torch.nn.CrossEntropyLoss, documentation of PyTorch",
    stable=Stable(
        "eˣ overflows above 709, and the softmax of what is far below the largest is 0, whose logarithm is infinite.",
        forward=stable_weighted_cross_entropy,
        derivative=stable_weighted_cross_entropy_gradient,
    ),
    also=("torch.nn.CrossEntropyLoss(weight)", "class imbalance"),
    notes="Divided by the weights of the batch, as torch does, not by its size. Row t_i is the one-hot vector of l_i.",
)


def nll(x: Array, labels: Array) -> Any:
    """−(1/n) Σ_i x_{i l_i}: log-probabilities (n, k), labels (n,) → number."""
    chosen = np.where(labels[:, None] == np.arange(x.shape[1]), 1.0, 0.0)
    return -np.sum(chosen * x) / len(x)


def nll_gradient(x: Array, labels: Array) -> Any:
    """−one-hot(l) / n."""
    return -np.where(labels[:, None] == np.arange(x.shape[1]), 1.0, 0.0) / len(x)


LIBRARY.formula(
    "nll",
    "Negative log-likelihood, of log-probabilities",
    formula=r"L = -\frac{1}{n} \sum_i x_{i l_i}",
    forward=nll,
    inputs={"x": Reals(2, 3), "labels": Integers(2, low=0, high=2)},
    gradient=nll_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_{ik}} = -\frac{1}{n} t_{ik}"},
    notation={"n": "2", **ONE_HOT},
    source="torch.nn.NLLLoss, documentation of PyTorch",
    also=("torch.nn.NLLLoss",),
    notes="x is what log-softmax returns; the two together are cross-entropy-of-labels. Row t_i is the one-hot vector of l_i.",
)


def focal_of_classes(x: Array, t: Array, gamma: Array) -> Any:
    """−Σ_k t_k (1 − s_k)^γ log s_k, with s = softmax(x), of one sample: (k,), (k,) → number."""
    s = softmax(x)
    return -np.sum(t * (1 - s) ** gamma * np.log(s))


def focal_of_classes_gradient(x: Array, t: Array, gamma: Array) -> Any:
    """g s − s ⟨g, s⟩ with g = ∂L/∂s = t (1 − s)^{γ−1} (γ log s − (1 − s) / s)."""
    s = softmax(x)
    g = t * (1 - s) ** (gamma - 1) * (gamma * np.log(s) - (1 - s) / s)
    return s * (g - np.sum(g * s))


LIBRARY.formula(
    "focal-of-classes",
    "Focal loss of several classes, with logits",
    formula=r"L = -\sum_k t_k (1 - s_k)^{\gamma} \log s_k",
    forward=focal_of_classes,
    inputs={"x": Reals(3, reach=8), "t": Reals(3, low=0), "gamma": Reals(low=0)},
    gradient=focal_of_classes_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_k} = s_k \left( g_k - \sum_j g_j s_j \right)",
    },
    notation={
        "s": r"\operatorname{softmax}(x)",
        "g_k": r"t_k (1 - s_k)^{\gamma - 1} \left( \gamma \log s_k - \frac{1 - s_k}{s_k} \right)",
    },
    source="T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, Focal loss for dense object detection, ICCV 2017, section 3",
    notes="g = ∂L/∂s is t_k (1 − s_k)^(γ−1) (γ log s_k − (1 − s_k) / s_k). For one sample.",
)


def poly_one(x: Array, t: Array, epsilon: Array) -> Any:
    """Cross-entropy plus ε Σ_k t_k (1 − s_k), with s = softmax(x), of one sample: (k,), (k,) → number."""
    return -np.sum(t * log_softmax(x)) + epsilon * np.sum(t * (1 - softmax(x)))


def poly_one_gradient(x: Array, t: Array, epsilon: Array) -> Any:
    """s Σ_k t_k − t − ε s ⊙ (t − ⟨t, s⟩)."""
    s = softmax(x)
    return s * np.sum(t) - t - epsilon * s * (t - np.sum(t * s))


LIBRARY.formula(
    "poly-one",
    "Poly-1 cross-entropy",
    formula=r"L = -\sum_k t_k \log s_k + \epsilon \sum_k t_k (1 - s_k)",
    forward=poly_one,
    inputs={"x": Reals(3), "t": Reals(3, low=0), "epsilon": Reals()},
    gradient=poly_one_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_k} = s_k \sum_j t_j - t_k - \epsilon s_k \left( t_k - \sum_j t_j s_j \right)"
    },
    notation={"s": r"\operatorname{softmax}(x)"},
    source="Z. Leng et al., PolyLoss: A polynomial expansion perspective of classification loss functions, ICLR 2022",
    also=("optax.losses.poly_loss_cross_entropy",),
    notes="s is softmax(x). For one sample; for digits see softmax-cross-entropy.",
)


def generalised_cross_entropy(p: Array, t: Array, q: Array) -> Any:
    """Σ_k t_k (1 − p_k^q) / q, of one sample: (k,), (k,) → number."""
    return np.sum(t * (1 - p**q)) / q


def generalised_cross_entropy_gradient(p: Array, t: Array, q: Array) -> Any:
    """−t p^{q−1}."""
    return -t * p ** (q - 1)


LIBRARY.formula(
    "generalised-cross-entropy",
    "Generalised cross-entropy, of probabilities",
    formula=r"L = \sum_k t_k \frac{1 - p_k^q}{q}",
    forward=generalised_cross_entropy,
    inputs={"p": Simplex(3), "t": Simplex(3), "q": Reals(low=0, high=1)},
    gradient=generalised_cross_entropy_gradient,
    printed={"p": r"\frac{\partial L}{\partial p_k} = -t_k p_k^{q - 1}"},
    source="Z. Zhang and M. Sabuncu, Generalized cross entropy loss for training deep neural networks with noisy labels,"
    " NeurIPS 2018",
    notes="Between cross-entropy, q → 0, and half the absolute error of a one-hot target, q = 1.",
)


def brier(p: Array, t: Array) -> Any:
    """Σ_k (p_k − t_k)², of one sample: (k,), (k,) → number."""
    return np.sum((p - t) ** 2)


def brier_gradient(p: Array, t: Array) -> Any:
    """2 (p − t)."""
    return 2 * (p - t)


LIBRARY.formula(
    "brier",
    "Brier score",
    formula=r"L = \sum_k (p_k - t_k)^2",
    forward=brier,
    inputs={"p": Simplex(3), "t": Simplex(3)},
    gradient=brier_gradient,
    printed={"p": r"\frac{\partial L}{\partial p_k} = 2 (p_k - t_k)"},
    source="G. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1950",
)


def squared_earth_mover(p: Array, t: Array) -> Any:
    """Σ_k (Σ_{j≤k} (p_j − t_j))², the squared distance of the distribution functions of ordered classes."""
    return np.sum(np.cumsum(p - t) ** 2)


def squared_earth_mover_gradient(p: Array, t: Array) -> Any:
    """2 Σ_{k≥i} Σ_{j≤k} (p_j − t_j): a cumulative sum from the end."""
    return 2 * np.cumsum(np.cumsum(p - t)[::-1])[::-1]


LIBRARY.formula(
    "squared-earth-mover",
    "Squared earth mover's distance of ordered classes (ranked probability score)",
    formula=r"L = \sum_k \left( \sum_{j=1}^{k} (p_j - t_j) \right)^2",
    forward=squared_earth_mover,
    inputs={"p": Simplex(4), "t": Simplex(4)},
    gradient=squared_earth_mover_gradient,
    printed={"p": r"\frac{\partial L}{\partial p_i} = 2 \sum_{k=i}^{n} \sum_{j=1}^{k} (p_j - t_j)"},
    notation={"n": "4"},
    source="L. Hou, C.-P. Yu and D. Samaras, Squared earth mover's distance-based loss for training deep neural networks, 2016,"
    " arXiv:1611.05916",
    also=("ranked probability score", "Wasserstein", "ordinal regression"),
)


def kl_divergence(p: Array, t: Array) -> Any:
    """KL(t ‖ p) = Σ t log(t / p): (k,), (k,) → number."""
    return np.sum(t * np.log(t / p))


def kl_divergence_gradient(p: Array, t: Array) -> tuple[Any, Any]:
    """By p: −t / p. By t: log(t / p) + 1."""
    return -t / p, np.log(t / p) + 1


LIBRARY.formula(
    "kl-divergence",
    "Kullback–Leibler divergence of the prediction from the target (forward KL)",
    formula=r"L = \sum_k t_k \log \frac{t_k}{p_k}",
    forward=kl_divergence,
    inputs={"p": Simplex(3), "t": Simplex(3)},
    gradient=kl_divergence_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_k} = -\frac{t_k}{p_k}",
        "t": r"\frac{\partial L}{\partial t_k} = \log \frac{t_k}{p_k} + 1",
    },
    source="S. Kullback and R. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
    also=("relative entropy", "scipy.special.rel_entr", "keras.losses.KLDivergence"),
    notes="As a function of all entries, which need not keep the sums 1 when they are varied; t log t is 0 at t = 0.",
)


def reverse_kl_divergence(p: Array, t: Array) -> Any:
    """KL(p ‖ t) = Σ p log(p / t): (k,), (k,) → number."""
    return np.sum(p * np.log(p / t))


def reverse_kl_divergence_gradient(p: Array, t: Array) -> tuple[Any, Any]:
    """By p: log(p / t) + 1. By t: −p / t."""
    return np.log(p / t) + 1, -p / t


LIBRARY.formula(
    "reverse-kl-divergence",
    "Reverse Kullback–Leibler divergence (of the target from the prediction)",
    formula=r"L = \sum_k p_k \log \frac{p_k}{t_k}",
    forward=reverse_kl_divergence,
    inputs={"p": Simplex(3), "t": Simplex(3)},
    gradient=reverse_kl_divergence_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_k} = \log \frac{p_k}{t_k} + 1",
        "t": r"\frac{\partial L}{\partial t_k} = -\frac{p_k}{t_k}",
    },
    source="S. Kullback and R. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
    also=("mode seeking",),
)


def kl_of_log_probabilities(x: Array, t: Array) -> Any:
    """Σ t (log t − x), with x = log p: (k,), (k,) → number."""
    return np.sum(t * (np.log(t) - x))


def kl_of_log_probabilities_gradient(x: Array, t: Array) -> tuple[Any, Any]:
    """By x: −t. By t: log t − x + 1."""
    return -t, np.log(t) - x + 1


LIBRARY.formula(
    "kl-of-log-probabilities",
    "Kullback–Leibler divergence of log-probabilities",
    formula=r"L = \sum_k t_k (\log t_k - x_k)",
    forward=kl_of_log_probabilities,
    inputs={"x": Reals(3, high=0), "t": Simplex(3)},
    gradient=kl_of_log_probabilities_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_k} = -t_k",
        "t": r"\frac{\partial L}{\partial t_k} = \log t_k - x_k + 1",
    },
    source="S. Kullback and R. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
    also=("torch.nn.KLDivLoss", "optax.losses.kl_divergence"),
    notes="torch's default reduction divides by all entries; its reduction='batchmean' by the samples.",
)


def kl_with_log_targets(x: Array, u: Array) -> Any:
    """Σ e^u (u − x), with x = log p and u = log t: (k,), (k,) → number."""
    return np.sum(np.exp(u) * (u - x))


def kl_with_log_targets_gradient(x: Array, u: Array) -> tuple[Any, Any]:
    """By x: −e^u. By u: e^u (u − x + 1)."""
    return -np.exp(u), np.exp(u) * (u - x + 1)


LIBRARY.formula(
    "kl-with-log-targets",
    "Kullback–Leibler divergence of log-probabilities from log-targets",
    formula=r"L = \sum_k e^{u_k} (u_k - x_k)",
    forward=kl_with_log_targets,
    inputs={"x": Reals(3, high=0), "u": Reals(3, high=0)},
    gradient=kl_with_log_targets_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_k} = -e^{u_k}",
        "u": r"\frac{\partial L}{\partial u_k} = e^{u_k} (u_k - x_k + 1)",
    },
    source="S. Kullback and R. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
    also=("torch.nn.KLDivLoss(log_target=True)", "optax.losses.kl_divergence_with_log_targets"),
)


def generalised_kl_divergence(p: Array, t: Array) -> Any:
    """Σ (t log(t / p) − t + p), for positive p and t of any sum: (k,), (k,) → number."""
    return np.sum(t * np.log(t / p) - t + p)


def generalised_kl_divergence_gradient(p: Array, t: Array) -> tuple[Any, Any]:
    """By p: 1 − t / p. By t: log(t / p)."""
    return 1 - t / p, np.log(t / p)


LIBRARY.formula(
    "generalised-kl-divergence",
    "Generalised Kullback–Leibler divergence (I-divergence)",
    formula=r"L = \sum_k \left( t_k \log \frac{t_k}{p_k} - t_k + p_k \right)",
    forward=generalised_kl_divergence,
    inputs={"p": Reals(3, low=0), "t": Reals(3, low=0)},
    gradient=generalised_kl_divergence_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_k} = 1 - \frac{t_k}{p_k}",
        "t": r"\frac{\partial L}{\partial t_k} = \log \frac{t_k}{p_k}",
    },
    source="I. Csiszár, Why least squares and maximum entropy?, Annals of Statistics 19, 1991",
    also=("optax.losses.generalized_kl_divergence", "scipy.special.kl_div", "non-negative matrix factorisation"),
)


def jensen_shannon(p: Array, q: Array) -> Any:
    """½ KL(p ‖ m) + ½ KL(q ‖ m), with m = (p + q) / 2: (k,), (k,) → number."""
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2


def jensen_shannon_gradient(p: Array, q: Array) -> tuple[Any, Any]:
    """½ log(p / m) and ½ log(q / m): the terms of m's own derivative cancel."""
    m = (p + q) / 2
    return np.log(p / m) / 2, np.log(q / m) / 2


LIBRARY.formula(
    "jensen-shannon",
    "Jensen–Shannon divergence",
    formula=r"L = \frac{1}{2} \sum_k \left( p_k \log \frac{2 p_k}{p_k + q_k} + q_k \log \frac{2 q_k}{p_k + q_k} \right)",
    forward=jensen_shannon,
    inputs={"p": Simplex(3), "q": Simplex(3)},
    gradient=jensen_shannon_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_k} = \frac{1}{2} \log \frac{2 p_k}{p_k + q_k}",
        "q": r"\frac{\partial L}{\partial q_k} = \frac{1}{2} \log \frac{2 q_k}{p_k + q_k}",
    },
    source="J. Lin, Divergence measures based on the Shannon entropy, IEEE Transactions on Information Theory 37, 1991",
    also=("JS divergence", "scipy.spatial.distance.jensenshannon squared"),
)


def squared_hellinger(p: Array, q: Array) -> Any:
    """½ Σ (√p − √q)²: (k,), (k,) → number."""
    return np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2


def squared_hellinger_gradient(p: Array, q: Array) -> tuple[Any, Any]:
    """½ (1 − √(q / p)) and ½ (1 − √(p / q))."""
    return (1 - np.sqrt(q / p)) / 2, (1 - np.sqrt(p / q)) / 2


LIBRARY.formula(
    "squared-hellinger",
    "Squared Hellinger distance",
    formula=r"L = \frac{1}{2} \sum_k (\sqrt{p_k} - \sqrt{q_k})^2",
    forward=squared_hellinger,
    inputs={"p": Simplex(3), "q": Simplex(3)},
    gradient=squared_hellinger_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_k} = \frac{1}{2} \left( 1 - \sqrt{\frac{q_k}{p_k}} \right)",
        "q": r"\frac{\partial L}{\partial q_k} = \frac{1}{2} \left( 1 - \sqrt{\frac{p_k}{q_k}} \right)",
    },
    source="E. Hellinger, Neue Begründung der Theorie quadratischer Formen von unendlichvielen Veränderlichen, Journal für die"
    " reine und angewandte Mathematik 136, 1909",
)


def distillation(x: Array, u: Array, temperature: Array) -> Any:
    """T² KL(softmax(u/T) ‖ softmax(x/T)): the student's logits x and the teacher's u, (k,), (k,) → number."""
    difference = log_softmax(u / temperature) - log_softmax(x / temperature)
    return temperature**2 * np.sum(softmax(u / temperature) * difference)


def distillation_gradient(x: Array, u: Array, temperature: Array) -> Any:
    """T (softmax(x/T) − softmax(u/T))."""
    return temperature * (softmax(x / temperature) - softmax(u / temperature))


def stable_distillation(x: Array, u: Array, temperature: Array) -> Any:
    """By the stable softmax and log-softmax."""
    difference = stable_log_softmax(u / temperature) - stable_log_softmax(x / temperature)
    return temperature**2 * np.sum(stable_softmax(u / temperature) * difference)


def stable_distillation_gradient(x: Array, u: Array, temperature: Array) -> Any:
    """By the stable softmax."""
    return temperature * (stable_softmax(x / temperature) - stable_softmax(u / temperature))


LIBRARY.formula(
    "distillation",
    "Distillation loss, at a temperature",
    formula=r"L = T^2 \sum_k q_k \log \frac{q_k}{s_k}, \quad q = \operatorname{softmax}(u / T), \; s ="
    r" \operatorname{softmax}(x / T)",
    forward=distillation,
    inputs={"x": Reals(3, reach=5), "u": Reals(3, reach=5), "temperature": Reals(low=0.5)},
    gradient=distillation_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_k}"
        r" = T \left( \operatorname{softmax}(x / T)_k - \operatorname{softmax}(u / T)_k \right)"
    },
    notation={"T": "temperature"},
    source="G. Hinton, O. Vinyals and J. Dean, Distilling the knowledge in a neural network, 2015, arXiv:1503.02531, section 2",
    stable=Stable(
        "eˣ overflows above 709, and the softmax of what is far below the largest is 0, whose logarithm is infinite.",
        forward=stable_distillation,
        derivative=stable_distillation_gradient,
    ),
    also=("knowledge distillation", "teacher", "student"),
)


def multiclass_hinge(x: Array, label: Array) -> Any:
    """max_k (x_k + [k ≠ l]) − x_l, of one sample: scores (k,), label from 0 to k − 1 → number."""
    chosen = np.where(label == np.arange(len(x)), 1.0, 0.0)
    return np.max(x + 1 - chosen) - np.sum(chosen * x)


def multiclass_hinge_gradient(x: Array, label: Array) -> Any:
    """One-hot of the largest of x_k + [k ≠ l], equal ones sharing it, less one-hot of l."""
    chosen = np.where(label == np.arange(len(x)), 1.0, 0.0)
    largest = np.where(x + 1 - chosen == np.max(x + 1 - chosen), 1.0, 0.0)
    return largest / np.sum(largest) - chosen


LIBRARY.formula(
    "multiclass-hinge",
    "Multi-class hinge loss of Crammer and Singer",
    formula=r"L = \max_k (x_k + 1 - t_k) - \sum_k t_k x_k",
    forward=multiclass_hinge,
    inputs={"x": Reals(4, reach=1), "l": Integers(low=0, high=3)},
    gradient=multiclass_hinge_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_k} = \frac{m_k}{\sum_i m_i} - t_k"},
    notation={
        "t_k": r"\begin{cases} 1 & k = l + 1 \\ 0 & \text{otherwise} \end{cases}",
        "m_k": r"\begin{cases} 1 & \sum_j \max(0, x_j - t_j - x_k + t_k) = 0 \\ 0 & \text{otherwise} \end{cases}",
    },
    source="K. Crammer and Y. Singer, On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2,"
    " 2001",
    kinks="Where several x_k + 1 − t_k are largest, they share the 1 of m equally, as in JAX.",
    also=("optax.losses.multiclass_hinge_loss", "SVM"),
    notes="t is the one-hot vector of the label, and m that of the largest x_k + 1 − t_k.",
)


def multi_margin(x: Array, label: Array) -> Any:
    """(1/n) Σ_{k≠l} max(0, 1 − x_l + x_k), of one sample: scores (n,), label from 0 to n − 1 → number."""
    chosen = np.where(label == np.arange(len(x)), 1.0, 0.0)
    return np.sum((1 - chosen) * np.maximum(1 - np.sum(chosen * x) + x, 0)) / len(x)


def multi_margin_gradient(x: Array, label: Array) -> Any:
    """1/n for each class within the margin; minus their number over n for the label."""
    chosen = np.where(label == np.arange(len(x)), 1.0, 0.0)
    within = np.where(1 - np.sum(chosen * x) + x > 0, 1 - chosen, 0.0)
    return (within - chosen * np.sum(within)) / len(x)


LIBRARY.formula(
    "multi-margin",
    "Multi-class margin loss of Weston and Watkins",
    formula=r"L = \frac{1}{n} \sum_k (1 - t_k) \max(0, 1 - \sum_j t_j x_j + x_k)",
    forward=multi_margin,
    inputs={"x": Reals(3, reach=0.5), "l": Integers(low=0, high=2)},
    gradient=multi_margin_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_k} = \frac{1}{n} \left( a_k - t_k \sum_j a_j \right)"},
    notation={
        "n": "3",
        "t_k": r"\begin{cases} 1 & k = l + 1 \\ 0 & \text{otherwise} \end{cases}",
        "a_k": r"\begin{cases} 1 - t_k & 1 - \sum_j t_j x_j + x_k > 0 \\ 0 & \text{otherwise} \end{cases}",
    },
    source="J. Weston and C. Watkins, Support vector machines for multi-class pattern recognition, ESANN 1999",
    kinks="Where a class is exactly at the margin the slopes are 0 and 1/n; the code returns 0.",
    also=("torch.nn.MultiMarginLoss",),
    notes="t is the one-hot vector of the label; a_k is 1 for the other classes within the margin. torch returns the other"
    " slope"
    " at the margin.",
)


def sparsemax_loss(x: Array, label: Array) -> Any:
    """−x_l + ½ Σ_{k∈S} (x_k² − τ²) + ½, with S and τ those of sparsemax: (k,), label → number."""
    falling = -np.sort(-x)
    tau = np.max((np.cumsum(falling) - 1) / np.arange(1, len(x) + 1))
    chosen = np.where(label == np.arange(len(x)), 1.0, 0.0)
    return np.sum(np.where(x > tau, x**2 - tau**2, 0.0)) / 2 + 0.5 - np.sum(chosen * x)


def sparsemax_loss_gradient(x: Array, label: Array) -> Any:
    """sparsemax(x) − one-hot(l)."""
    return sparsemax(x) - np.where(label == np.arange(len(x)), 1.0, 0.0)


LIBRARY.formula(
    "sparsemax-loss",
    "Sparsemax loss",
    formula=r"L = -x_l + \frac{1}{2} \sum_{k \in S} (x_k^2 - \tau^2) + \frac{1}{2}",
    forward=sparsemax_loss,
    inputs={"x": Reals(3, reach=3), "l": Integers(low=0, high=2)},
    gradient=sparsemax_loss_gradient,
    printed={"x": r"\frac{\partial L}{\partial x_k} = \max(0, x_k - \tau) - t_k"},
    notation={
        "t_k": r"\begin{cases} 1 & k = l + 1 \\ 0 & \text{otherwise} \end{cases}",
        "s_k": r"\begin{cases} 1 & \sum_j \max(0, x_j - x_k) < 1 \\ 0 & \text{otherwise} \end{cases}",
        r"\tau": r"\frac{\sum_i s_i x_i - 1}{\sum_i s_i}",
    },
    source="A. Martins and R. Astudillo, From softmax to sparsemax, ICML 2016, section 3",
    kinks="None: where an entry is on the border of the support the pieces join with one slope, but no term does so alone, and"
    " the enclosures of the audit are those of the terms.",
    also=("optax.losses.multiclass_sparsemax_loss", "Fenchel–Young loss"),
    notes="S is the support of the sparsemax, s its indicator, τ its threshold (see sparsemax), t the one-hot vector of the"
    " label.",
)


def triplet(a: Array, p: Array, n: Array, margin: Array) -> Any:
    """max(0, ‖a − p‖² − ‖a − n‖² + m), of one anchor, positive and negative: (d,) each → number."""
    return np.maximum(np.sum((a - p) ** 2) - np.sum((a - n) ** 2) + margin, 0)


def triplet_gradient(a: Array, p: Array, n: Array, margin: Array) -> tuple[Any, Any, Any]:
    """2 (n − p), 2 (p − a) and 2 (a − n) where the loss is positive, and 0 elsewhere."""
    active = np.where(np.sum((a - p) ** 2) - np.sum((a - n) ** 2) + margin > 0, 2.0, 0.0)
    return active * (n - p), active * (p - a), active * (a - n)


TRIPLET = r"\begin{cases} 1 & \sum_k (a_k - p_k)^2 - \sum_k (a_k - n_k)^2 + m > 0 \\ 0 & \text{otherwise} \end{cases}"

LIBRARY.formula(
    "triplet",
    "Triplet loss, of squared distances",
    formula=r"L = \max(0, \|a - p\|^2 - \|a - n\|^2 + m)",
    forward=triplet,
    inputs={"a": Reals(3), "p": Reals(3), "n": Reals(3), "m": Reals(low=0, high=10)},
    gradient=triplet_gradient,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = 2 \alpha (n_i - p_i)",
        "p": r"\frac{\partial L}{\partial p_i} = 2 \alpha (p_i - a_i)",
        "n": r"\frac{\partial L}{\partial n_i} = 2 \alpha (a_i - n_i)",
    },
    notation={r"\alpha": TRIPLET},
    source="F. Schroff, D. Kalenichenko and J. Philbin, FaceNet: A unified embedding for face recognition and clustering, CVPR"
    " 2015, section 3.1",
    also=("metric learning", "FaceNet"),
    notes="α is 1 where the loss is positive and 0 elsewhere (also where it just becomes 0). torch and optax take distances,"
    " not"
    " their squares: see triplet-of-distances.",
)


def triplet_of_distances(a: Array, p: Array, n: Array, margin: Array) -> Any:
    """max(0, ‖a − p‖ − ‖a − n‖ + m), of one anchor, positive and negative: (d,) each → number."""
    return np.maximum(np.sqrt(np.sum((a - p) ** 2)) - np.sqrt(np.sum((a - n) ** 2)) + margin, 0)


def triplet_of_distances_gradient(a: Array, p: Array, n: Array, margin: Array) -> tuple[Any, Any, Any]:
    """u − v, −u and v where the loss is positive, with the unit vectors u along a − p and v along a − n; 0 elsewhere."""
    near, far = np.sqrt(np.sum((a - p) ** 2)), np.sqrt(np.sum((a - n) ** 2))
    active = np.where(near - far + margin > 0, 1.0, 0.0)
    u, v = (a - p) / near, (a - n) / far
    return active * (u - v), -active * u, active * v


LIBRARY.formula(
    "triplet-of-distances",
    "Triplet margin loss, of distances",
    formula=r"L = \max(0, \|a - p\| - \|a - n\| + m)",
    forward=triplet_of_distances,
    inputs={"a": Reals(3), "p": Reals(3), "n": Reals(3), "m": Reals(low=0, high=10)},
    gradient=triplet_of_distances_gradient,
    printed={
        "a": r"\frac{\partial L}{\partial a_i}"
        r" = \alpha \left( \frac{a_i - p_i}{\|a - p\|} - \frac{a_i - n_i}{\|a - n\|} \right)",
        "p": r"\frac{\partial L}{\partial p_i} = \alpha \frac{p_i - a_i}{\|a - p\|}",
        "n": r"\frac{\partial L}{\partial n_i} = \alpha \frac{a_i - n_i}{\|a - n\|}",
    },
    notation={r"\alpha": r"\begin{cases} 1 & \|a - p\| - \|a - n\| + m > 0 \\ 0 & \text{otherwise} \end{cases}"},
    source="V. Balntas, E. Riba, D. Ponsa and K. Mikolajczyk, Learning local feature descriptors with triplets and shallow"
    " convolutional neural networks, BMVC 2016",
    kinks="Where a = p or a = n it has no derivative, and the code returns NaN; torch and optax add a small ε to the distance.",
    also=("torch.nn.TripletMarginLoss", "optax.losses.triplet_margin_loss"),
    notes="α is 1 where the loss is positive and 0 elsewhere.",
)


def contrastive(a: Array, b: Array, same: Array, margin: Array) -> Any:
    """½ D² of a pair that is the same and ½ max(0, m − D)² of one that is not, D = ‖a − b‖: (d,), (d,) → number."""
    distance = np.sqrt(np.sum((a - b) ** 2))
    return (same * distance**2 + (1 - same) * np.maximum(margin - distance, 0) ** 2) / 2


def contrastive_gradient(a: Array, b: Array, same: Array, margin: Array) -> tuple[Any, Any]:
    """By a: (a − b) (same − (1 − same) max(0, m − D) / D), and minus that by b."""
    distance = np.sqrt(np.sum((a - b) ** 2))
    slope = (a - b) * (same - (1 - same) * np.maximum(margin - distance, 0) / distance)
    return slope, -slope


LIBRARY.formula(
    "contrastive",
    "Contrastive loss of pairs",
    formula=r"L = \frac{1}{2} s D^2 + \frac{1}{2} (1 - s) \max(0, m - D)^2, \quad D = \|a - b\|",
    forward=contrastive,
    inputs={"a": Reals(3), "b": Reals(3), "s": Integers(low=0, high=1), "m": Reals(low=0, high=10)},
    gradient=contrastive_gradient,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = (a_i - b_i) \left( s - (1 - s) \frac{\max(0, m - D)}{D} \right)",
        "b": r"\frac{\partial L}{\partial b_i} = (b_i - a_i) \left( s - (1 - s) \frac{\max(0, m - D)}{D} \right)",
    },
    notation={"D": r"\|a - b\|"},
    source="R. Hadsell, S. Chopra and Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006, section"
    " 2",
    kinks="Where a = b and the pair is not the same it has no derivative, and the code returns NaN.",
    also=("siamese networks", "metric learning"),
    notes="s is 1 for a pair that is the same (the paper's Y is 1 − s).",
)


def cosine_embedding(a: Array, b: Array) -> Any:
    """1 − cos(a, b): (d,), (d,) → number."""
    return 1 - np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))


def cosine_embedding_gradient(a: Array, b: Array) -> tuple[Any, Any]:
    """(c a / ‖a‖ − b / ‖b‖) / ‖a‖ by a and (c b / ‖b‖ − a / ‖a‖) / ‖b‖ by b, with c = cos(a, b)."""
    long, other = np.sqrt(np.sum(a**2)), np.sqrt(np.sum(b**2))
    c = np.sum(a * b) / (long * other)
    return (c * a / long - b / other) / long, (c * b / other - a / long) / other


LIBRARY.formula(
    "cosine-distance",
    "Cosine distance (cosine embedding loss of an equal pair)",
    formula=r"L = 1 - \frac{a^T b}{\|a\| \|b\|}",
    forward=cosine_embedding,
    inputs={"a": Reals(3), "b": Reals(3)},
    gradient=cosine_embedding_gradient,
    printed={
        "a": r"\frac{\partial L}{\partial a_i} = \frac{a^T b}{\|a\|^3 \|b\|} a_i - \frac{b_i}{\|a\| \|b\|}",
        "b": r"\frac{\partial L}{\partial b_i} = \frac{a^T b}{\|a\| \|b\|^3} b_i - \frac{a_i}{\|a\| \|b\|}",
    },
    source="A. Singhal, Modern information retrieval: A brief overview, IEEE Data Engineering Bulletin 24, 2001",
    kinks="Where a = 0 or b = 0 it has no derivative, and the code returns NaN.",
    also=("torch.nn.CosineEmbeddingLoss", "optax.losses.cosine_distance", "cosine similarity"),
    notes="torch's loss of an unequal pair is max(0, cos(a, b) − margin): minus this gradient where that is positive.",
)


def margin_ranking(a: Array, b: Array, t: Array, margin: Array) -> Any:
    """max(0, −t (a − b) + m): t = 1 where a is to be above b, and −1 below."""
    return np.maximum(-t * (a - b) + margin, 0)


def margin_ranking_derivative(a: Array, b: Array, t: Array, margin: Array) -> tuple[Any, Any]:
    """−t by a and t by b where the loss is positive; 0 elsewhere."""
    active = np.where(-t * (a - b) + margin > 0, 1.0, 0.0)
    return -t * active, t * active


LIBRARY.formula(
    "margin-ranking",
    "Margin ranking loss",
    formula=r"L = \max(0, -t (a - b) + m)",
    forward=margin_ranking,
    inputs={"a": Reals(), "b": Reals(), "t": Integers(low=-1, high=1), "m": Reals(low=0, high=4)},
    derivative=margin_ranking_derivative,
    printed={
        "a": r"\frac{\partial L}{\partial a} = \begin{cases} -t & m - t (a - b) > 0 \\ 0 & \text{otherwise} \end{cases}",
        "b": r"\frac{\partial L}{\partial b} = \begin{cases} t & m - t (a - b) > 0 \\ 0 & \text{otherwise} \end{cases}",
    },
    source="R. Herbrich, T. Graepel and K. Obermayer, Large margin rank boundaries for ordinal regression, in Advances in large"
    " margin classifiers, MIT Press 2000",
    also=("torch.nn.MarginRankingLoss", "learning to rank"),
)


def hinge_embedding(x: Array, t: Array, margin: Array) -> Any:
    """x of a pair that is the same (t = 1) and max(0, m − x) of one that is not (t = −1)."""
    return np.where(t > 0, x, np.maximum(margin - x, 0))


def hinge_embedding_derivative(x: Array, t: Array, margin: Array) -> Any:
    """1 for t = 1; for t = −1, −1 where x < m and 0 elsewhere."""
    return np.where(t > 0, 1.0, np.where(x < margin, -1.0, 0.0))


LIBRARY.formula(
    "hinge-embedding",
    "Hinge embedding loss",
    formula=r"L = \begin{cases} x & t > 0 \\ \max(0, m - x) & t \le 0 \end{cases}",
    forward=hinge_embedding,
    inputs={"x": Reals(), "t": Integers(low=-1, high=1), "m": Reals(low=0, high=4)},
    derivative=hinge_embedding_derivative,
    printed={
        "x": r"\frac{\partial L}{\partial x}"
        r" = \begin{cases} 1 & t > 0 \\ -1 & t \le 0 \land x < m \\ 0 & t \le 0 \land x \ge m \end{cases}"
    },
    source="torch.nn.HingeEmbeddingLoss, documentation of PyTorch",
    also=("torch.nn.HingeEmbeddingLoss",),
)


def ranknet(a: Array, b: Array) -> Any:
    """log(1 + e^{b − a}): the cross-entropy of the claim that a ranks above b."""
    return np.log(1 + np.exp(b - a))


def ranknet_derivative(a: Array, b: Array) -> tuple[Any, Any]:
    """−σ(b − a) by a and σ(b − a) by b."""
    s = sigmoid(b - a)
    return -s, s


def stable_ranknet(a: Array, b: Array) -> Any:
    """max(b − a, 0) + log(1 + e^{−|b − a|})."""
    return np.maximum(b - a, 0) + np.log1p(np.exp(-np.abs(b - a)))


def stable_ranknet_derivative(a: Array, b: Array) -> tuple[Any, Any]:
    """By the stable sigmoid."""
    s = stable_sigmoid(b - a)
    return -s, s


LIBRARY.formula(
    "ranknet",
    "RankNet's pairwise logistic loss (Bradley–Terry)",
    formula=r"L = \log(1 + e^{b - a})",
    forward=ranknet,
    inputs={"a": Reals(), "b": Reals()},
    derivative=ranknet_derivative,
    printed={
        "a": r"\frac{\partial L}{\partial a} = -\sigma(b - a)",
        "b": r"\frac{\partial L}{\partial b} = \sigma(b - a)",
    },
    source="C. Burges et al., Learning to rank using gradient descent, ICML 2005",
    stable=Stable(
        "e^{b − a} overflows where b − a is above 709, and 1 + e^{b − a} loses its digits far below 0.",
        forward=stable_ranknet,
        derivative=stable_ranknet_derivative,
    ),
    also=("learning to rank", "reward model", "preference"),
)


def direct_preference(w: Array, l: Array, r: Array, s: Array, beta: Array) -> Any:  # noqa: E741 - as in the paper
    """−log σ(β ((w − r) − (l − s))): log-likelihoods of the preferred and the other answer, and the reference model's r, s."""
    return -np.log(sigmoid(beta * ((w - r) - (l - s))))


def direct_preference_derivative(w: Array, l: Array, r: Array, s: Array, beta: Array) -> tuple[Any, Any]:  # noqa: E741
    """−β (1 − σ(z)) by w and β (1 − σ(z)) by l, with z = β ((w − r) − (l − s))."""
    slope = beta * (1 - sigmoid(beta * ((w - r) - (l - s))))
    return -slope, slope


def stable_direct_preference(w: Array, l: Array, r: Array, s: Array, beta: Array) -> Any:  # noqa: E741
    """max(−z, 0) + log(1 + e^{−|z|})."""
    z = beta * ((w - r) - (l - s))
    return np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))


def stable_direct_preference_derivative(w: Array, l: Array, r: Array, s: Array, beta: Array) -> tuple[Any, Any]:  # noqa: E741
    """By σ(−z)."""
    slope = beta * stable_sigmoid(-beta * ((w - r) - (l - s)))
    return -slope, slope


LIBRARY.formula(
    "dpo",
    "Direct preference optimisation (DPO)",
    formula=r"L = -\log \sigma(\beta (w - r) - \beta (l - s))",
    forward=direct_preference,
    inputs={"w": Reals(), "l": Reals(), "r": Reals(), "s": Reals(), "beta": Reals(low=0)},
    derivative=direct_preference_derivative,
    printed={
        "w": r"\frac{\partial L}{\partial w} = -\beta (1 - \sigma(\beta (w - r) - \beta (l - s)))",
        "l": r"\frac{\partial L}{\partial l} = \beta (1 - \sigma(\beta (w - r) - \beta (l - s)))",
    },
    source="R. Rafailov et al., Direct preference optimization: Your language model is secretly a reward model, NeurIPS 2023,"
    " section 4",
    stable=Stable(
        "The sigmoid underflows far below 0, where its logarithm is infinite, and 1 − σ loses its digits far above.",
        forward=stable_direct_preference,
        derivative=stable_direct_preference_derivative,
    ),
    also=("preference", "RLHF"),
)


def clipped_surrogate(r: Array, advantage: Array, epsilon: Array) -> Any:
    """−min(r A, clip(r, 1 − ε, 1 + ε) A), with the ratio r of the new to the old probability of an action."""
    clipped = np.minimum(np.maximum(r, 1 - epsilon), 1 + epsilon)
    return -np.minimum(r * advantage, clipped * advantage)


def clipped_surrogate_derivative(r: Array, advantage: Array, epsilon: Array) -> Any:
    """0 where A > 0 and r > 1 + ε, or A < 0 and r < 1 − ε; −A elsewhere."""
    stopped = ((advantage > 0) & (r > 1 + epsilon)) | ((advantage < 0) & (r < 1 - epsilon))
    return np.where(stopped, 0.0, -advantage)


LIBRARY.formula(
    "ppo-clip",
    "PPO's clipped surrogate objective, as a loss",
    formula=r"L = -\min(r A, \min(\max(r, 1 - \epsilon), 1 + \epsilon) A)",
    forward=clipped_surrogate,
    inputs={"r": Reals(low=0, reach=2), "A": Reals(), "epsilon": Reals(low=0, high=1)},
    derivative=clipped_surrogate_derivative,
    printed={
        "r": r"\frac{\partial L}{\partial r} = \begin{cases} 0 & A > 0 \land r > 1 + \epsilon \\"
        r" 0 & A < 0 \land r < 1 - \epsilon \\ -A & \text{otherwise} \end{cases}"
    },
    source="J. Schulman, F. Wolski, P. Dhariwal, A. Radford and O. Klimov, Proximal policy optimization algorithms, 2017,"
    " arXiv:1707.06347, section 3",
    also=("proximal policy optimisation", "reinforcement learning"),
)


def info_nce(q: Array, k: Array, tau: Array) -> Any:
    """The cross-entropy of each query's own key among all: queries (n, d), keys (n, d), temperature → number."""
    return -np.mean(np.diag(log_softmax(q @ k.T / tau)))


def info_nce_gradient(q: Array, k: Array, tau: Array) -> tuple[Any, Any]:
    """(P − I) k / (n τ) and (P − I)ᵀ q / (n τ), with P the softmax of q kᵀ / τ along its rows."""
    surplus = (softmax(q @ k.T / tau) - np.eye(len(q))) / (len(q) * tau)
    return surplus @ k, surplus.T @ q


def stable_info_nce(q: Array, k: Array, tau: Array) -> Any:
    """By the stable log-softmax."""
    return -np.mean(np.diag(stable_log_softmax(q @ k.T / tau)))


def stable_info_nce_gradient(q: Array, k: Array, tau: Array) -> tuple[Any, Any]:
    """By the stable softmax."""
    surplus = (stable_softmax(q @ k.T / tau) - np.eye(len(q))) / (len(q) * tau)
    return surplus @ k, surplus.T @ q


LIBRARY.formula(
    "info-nce",
    "InfoNCE, contrastive loss of a batch",
    formula=r"L = -\frac{1}{n} \sum_i \log \frac{e^{q_i^T k_i / \tau}}{\sum_j e^{q_i^T k_j / \tau}}",
    forward=info_nce,
    inputs={"q": Reals(3, 2, reach=5), "k": Reals(3, 2, reach=5), "tau": Reals(low=0.5)},
    gradient=info_nce_gradient,
    printed={
        "q": r"\frac{\partial L}{\partial q_{ih}} = \frac{1}{n \tau} \sum_j (p_{ij} - \delta_{ij}) k_{jh}",
        "k": r"\frac{\partial L}{\partial k_{jh}} = \frac{1}{n \tau} \sum_i (p_{ij} - \delta_{ij}) q_{ih}",
    },
    notation={"n": "3", "p_{ij}": r"\frac{e^{\sum_h q_{ih} k_{jh} / \tau}}{\sum_m e^{\sum_h q_{ih} k_{mh} / \tau}}"},
    source="A. van den Oord, Y. Li and O. Vinyals, Representation learning with contrastive predictive coding, 2018,"
    " arXiv:1807.03748, section 2.3",
    stable=Stable(
        "e^{qᵀk/τ} overflows where qᵀk/τ is above 709.", forward=stable_info_nce, derivative=stable_info_nce_gradient
    ),
    also=("contrastive predictive coding", "CLIP", "in-batch negatives"),
    notes="p is the softmax of q kᵀ / τ along its rows. CLIP's loss is the mean of this and of the same with q and k"
    " exchanged.",
)


def nt_xent(z: Array, tau: Array) -> Any:
    """The contrastive loss of 2n views, i and i + n of the same: (2n, d) → number, by cosine similarities over τ."""
    u = z / np.sqrt(np.sum(z**2, axis=1, keepdims=True))
    s = u @ u.T / tau
    others = np.sum(np.where(np.eye(len(z)) == 1, 0.0, np.exp(s)), axis=1)
    return np.mean(np.log(others) - np.sum(s * np.roll(np.eye(len(z)), len(z) // 2, axis=1), axis=1))


def nt_xent_gradient(z: Array, tau: Array) -> Any:
    """∂L/∂z = (d − u ⟨u, d⟩) / ‖z‖ row by row, d = (G + Gᵀ) u / τ, G = ∂L/∂s = (P − Q) / 2n.

    P is the softmax of s along its rows without the diagonal, Q the matrix that pairs the views.
    """
    length = np.sqrt(np.sum(z**2, axis=1, keepdims=True))
    u = z / length
    grown = np.where(np.eye(len(z)) == 1, 0.0, np.exp(u @ u.T / tau))
    g = (grown / np.sum(grown, axis=1, keepdims=True) - np.roll(np.eye(len(z)), len(z) // 2, axis=1)) / len(z)
    d = (g + g.T) @ u / tau
    return (d - u * np.sum(u * d, axis=1, keepdims=True)) / length


LIBRARY.formula(
    "nt-xent",
    "NT-Xent, normalised temperature-scaled cross-entropy (SimCLR)",
    formula=r"L = \frac{1}{2 n} \sum_i"
    r" \left( \log \sum_{k \ne i} e^{c_{ik} / \tau} - \frac{1}{\tau} \sum_k q_{ik} c_{ik} \right)",
    forward=nt_xent,
    inputs={"z": Reals(4, 2), "tau": Reals(low=0.2)},
    gradient=nt_xent_gradient,
    printed={
        "z": r"\frac{\partial L}{\partial z_{ih}}"
        r" = \frac{1}{\tau r_i} \sum_k (g_{ik} + g_{ki}) \left( \frac{z_{kh}}{r_k} - c_{ik} \frac{z_{ih}}{r_i} \right)"
    },
    notation={
        "r_i": r"\sqrt{\sum_j z_{ij}^2}",
        "c_{ik}": r"\frac{\sum_j z_{ij} z_{kj}}{r_i r_k}",
        "e_{ik}": r"\begin{cases} 0 & i = k \\ \exp(c_{ik} / \tau) & i \ne k \end{cases}",
        "q_{ik}": r"\begin{cases} 1 & k = i + 2 \\ 1 & i = k + 2 \\ 0 & \text{otherwise} \end{cases}",
        "g_{ik}": r"\frac{1}{4} \left( \frac{e_{ik}}{\sum_m e_{im}} - q_{ik} \right)",
    },
    source="T. Chen, S. Kornblith, M. Norouzi and G. Hinton, A simple framework for contrastive learning of visual"
    " representations, ICML 2020, section 2.1",
    kinks="Where a row of z is 0 it has no derivative, and the code returns NaN.",
    also=("optax.losses.ntxent", "SimCLR"),
    notes="r are the lengths of the rows of z, c their cosine similarities, and G = (P − Q) / 2n: P is the softmax of c / τ"
    " along"
    " its rows without the diagonal, and Q pairs the views. Similarities are at most 1: nothing overflows unless τ is below"
    " 1/700.",
)


def dice(p: Array, t: Array, epsilon: Array) -> Any:
    """1 − (2 Σ p t + ε) / (Σ p + Σ t + ε): probabilities and targets of all pixels, (n,), (n,) → number."""
    return 1 - (2 * np.sum(p * t) + epsilon) / (np.sum(p) + np.sum(t) + epsilon)


def dice_gradient(p: Array, t: Array, epsilon: Array) -> Any:
    """(D − 2 t) / S, with the coefficient D = 1 − L and the denominator S."""
    total = np.sum(p) + np.sum(t) + epsilon
    return ((2 * np.sum(p * t) + epsilon) / total - 2 * t) / total


LIBRARY.formula(
    "dice",
    "Soft Dice loss (F1)",
    formula=r"L = 1 - \frac{2 \sum_i p_i t_i + \epsilon}{\sum_i p_i + \sum_i t_i + \epsilon}",
    forward=dice,
    inputs={"p": Reals(3, low=0, high=1), "t": Reals(3, low=0, high=1), "epsilon": Reals(low=0)},
    gradient=dice_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_i}"
        r" = \frac{2 \sum_j p_j t_j + \epsilon}{S^2} - \frac{2 t_i}{S}"
    },
    notation={"S": r"\sum_k p_k + \sum_k t_k + \epsilon"},
    source="C. Sudre, W. Li, T. Vercauteren, S. Ourselin and M. Cardoso, Generalised Dice overlap as a deep learning loss"
    " function for highly unbalanced segmentations, DLMIA 2017",
    also=("optax.losses.dice_loss", "F1 score", "segmentation"),
    notes="S is the denominator.",
)


def squared_dice(p: Array, t: Array) -> Any:
    """1 − 2 Σ p t / (Σ p² + Σ t²): (n,), (n,) → number."""
    return 1 - 2 * np.sum(p * t) / (np.sum(p**2) + np.sum(t**2))


def squared_dice_gradient(p: Array, t: Array) -> Any:
    """(4 p Σ p t / S − 2 t) / S, with the denominator S."""
    total = np.sum(p**2) + np.sum(t**2)
    return (4 * p * np.sum(p * t) / total - 2 * t) / total


LIBRARY.formula(
    "squared-dice",
    "Dice loss with squares in the denominator (V-Net)",
    formula=r"L = 1 - \frac{2 \sum_i p_i t_i}{\sum_i p_i^2 + \sum_i t_i^2}",
    forward=squared_dice,
    inputs={"p": Reals(3, low=0, high=1), "t": Reals(3, low=0, high=1)},
    gradient=squared_dice_gradient,
    printed={"p": r"\frac{\partial L}{\partial p_i} = \frac{4 p_i \sum_j p_j t_j}{S^2} - \frac{2 t_i}{S}"},
    notation={"S": r"\sum_k p_k^2 + \sum_k t_k^2"},
    source="F. Milletari, N. Navab and S.-A. Ahmadi, V-Net: Fully convolutional neural networks for volumetric medical image"
    " segmentation, 3DV 2016, section 3",
    also=("segmentation",),
    notes="S is the denominator. The paper maximises the coefficient, which is 1 − L.",
)


def tversky(p: Array, t: Array, alpha: Array, beta: Array) -> Any:
    """1 − Σ p t / (Σ p t + α Σ p (1 − t) + β Σ (1 − p) t): (n,), (n,) → number."""
    true = np.sum(p * t)
    return 1 - true / (true + alpha * np.sum(p * (1 - t)) + beta * np.sum((1 - p) * t))


def tversky_gradient(p: Array, t: Array, alpha: Array, beta: Array) -> Any:
    """(T (t + α (1 − t) − β t) / S − t) / S, with T = Σ p t and the denominator S."""
    true = np.sum(p * t)
    total = true + alpha * np.sum(p * (1 - t)) + beta * np.sum((1 - p) * t)
    return (true * (t + alpha * (1 - t) - beta * t) / total - t) / total


LIBRARY.formula(
    "tversky",
    "Tversky loss",
    formula=r"L = 1 - \frac{\sum_i p_i t_i}{\sum_i p_i t_i + \alpha \sum_i p_i (1 - t_i) + \beta \sum_i (1 - p_i) t_i}",
    forward=tversky,
    inputs={"p": Reals(3, low=0, high=1), "t": Reals(3, low=0, high=1), "alpha": Reals(low=0), "beta": Reals(low=0)},
    gradient=tversky_gradient,
    printed={
        "p": r"\frac{\partial L}{\partial p_i}"
        r" = \frac{\sum_j p_j t_j}{S^2} (t_i + \alpha (1 - t_i) - \beta t_i) - \frac{t_i}{S}"
    },
    notation={"S": r"\sum_k p_k t_k + \alpha \sum_k p_k (1 - t_k) + \beta \sum_k (1 - p_k) t_k"},
    source="S. Salehi, D. Erdogmus and A. Gholipour, Tversky loss function for image segmentation using 3D fully convolutional"
    " deep networks, MLMI 2017",
    also=("segmentation",),
    notes="S is the denominator. α weighs false positives and β false negatives; α = β = 1/2 is Dice, α = β = 1 Jaccard.",
)


def jaccard(p: Array, t: Array) -> Any:
    """1 − Σ p t / (Σ p + Σ t − Σ p t): (n,), (n,) → number."""
    both = np.sum(p * t)
    return 1 - both / (np.sum(p) + np.sum(t) - both)


def jaccard_gradient(p: Array, t: Array) -> Any:
    """(I (1 − t) / U − t) / U, with the intersection I and the union U."""
    both = np.sum(p * t)
    union = np.sum(p) + np.sum(t) - both
    return (both * (1 - t) / union - t) / union


LIBRARY.formula(
    "jaccard",
    "Soft Jaccard loss (intersection over union, IoU)",
    formula=r"L = 1 - \frac{\sum_i p_i t_i}{\sum_i p_i + \sum_i t_i - \sum_i p_i t_i}",
    forward=jaccard,
    inputs={"p": Reals(3, low=0, high=1), "t": Reals(3, low=0, high=1)},
    gradient=jaccard_gradient,
    printed={"p": r"\frac{\partial L}{\partial p_i} = \frac{\sum_j p_j t_j}{U^2} (1 - t_i) - \frac{t_i}{U}"},
    notation={"U": r"\sum_k p_k + \sum_k t_k - \sum_k p_k t_k"},
    source="M. Rahman and Y. Wang, Optimizing intersection-over-union in deep neural networks for image segmentation, ISVC"
    " 2016",
    also=("IoU", "segmentation"),
    notes="U is the union.",
)


def ctc_forward(y: Array, labels: tuple[int, ...]) -> list[list[Any]]:
    """α_t(s): the probability of all beginnings of paths that end at time t in place s of blank, l₁, blank, l₂, …, blank."""
    places = [0 if s % 2 == 0 else labels[s // 2] for s in range(2 * len(labels) + 1)]
    rows = [[y[0, place] if s < 2 else 0.0 for s, place in enumerate(places)]]
    for t in range(1, y.shape[0]):
        row = []
        for s, place in enumerate(places):
            arriving = rows[-1][s] + (rows[-1][s - 1] if s else 0.0)
            if s > 1 and place and place != places[s - 2]:
                arriving = arriving + rows[-1][s - 2]
            row.append(arriving * y[t, place])
        rows.append(row)
    return rows


def ctc(x: Array, labels: tuple[int, ...] = (1, 2)) -> Any:
    """−log of the probability of all paths that read as the labels: logits (T, k), class 0 is the blank → number."""
    last = ctc_forward(softmax(x), labels)[-1]
    return -np.log(last[-1] + last[-2])


def ctc_gradient(x: Array, labels: tuple[int, ...] = (1, 2)) -> Any:
    """y_tk − (1 / P y_tk) Σ_{s: place s is k} α_t(s) β_t(s), with y = softmax(x); β are the α of time and labels reversed."""
    y = softmax(x)
    alpha = ctc_forward(y, labels)
    beta = [row[::-1] for row in ctc_forward(y[::-1], labels[::-1])[::-1]]
    places = [0 if s % 2 == 0 else labels[s // 2] for s in range(2 * len(labels) + 1)]
    total = alpha[-1][-1] + alpha[-1][-2]
    rows = []
    for t in range(y.shape[0]):
        passing = [alpha[t][s] * beta[t][s] for s in range(len(places))]
        at = [sum(path for path, place in zip(passing, places, strict=True) if place == k) for k in range(y.shape[1])]
        rows.append([y[t, k] - at[k] / (total * y[t, k]) for k in range(y.shape[1])])
    return np.stack([np.stack(row) for row in rows])


LIBRARY.formula(
    "ctc",
    "CTC, connectionist temporal classification",
    formula=r"L = -\log \sum_{\pi} \prod_t y_{t \pi_t}, \quad y = \operatorname{softmax}(x)",
    forward=ctc,
    inputs={"x": Reals(4, 3, reach=5)},
    gradient=ctc_gradient,
    printed={
        "x": r"\frac{\partial L}{\partial x_{tk}} = y_{tk} - \frac{1}{P y_{tk}} \sum_s m_{sk} \alpha_{ts} \beta_{ts}"
    },
    source="A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, Connectionist temporal classification: Labelling unsegmented"
    " sequence data with recurrent neural networks, ICML 2006, section 4",
    also=("torch.nn.CTCLoss", "optax.losses.ctc_loss", "speech recognition"),
    notes="The paths π are those that read as the labels once repeats and then blanks are taken out; P is their probability,"
    " and m_sk is 1 where class k has place s of blank, l₁, blank, l₂, …, blank. Here in probabilities, which underflow for"
    " long sequences: scale each α_t to sum to 1, or keep logarithms. Audited for 4 times,"
    " 3 classes and the labels 1, 2.",
)
