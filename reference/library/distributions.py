"""Probability: log-densities with their scores, entropies, divergences and reparameterised samples.

f is the logarithm of the density, or of the probability, of one observation, and its derivatives by the parameters are the
scores. Samples are functions of noise, with a backward: dy, printed ȳ, is ∂L/∂y. ψ is the digamma function, (log Γ)′, and ψ₁
the trigamma function, ψ′.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from gradcheck.claim import Assumption
from gradcheck.domains import Integers, OneHot, Reals, Simplex
from gradcheck.library.formulas import Library, Stable
from gradcheck.library.spaces import LowerTriangular, PositiveDefinite

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library(
    "distributions",
    "distributions.py",
    "Probability distributions",
    notation={
        r"\bar y": "dy",
        r"\mu": "mu",
        r"\sigma": "sigma",
        r"\nu": "nu",
        r"\alpha": "alpha",
        r"\beta": "beta",
        r"\gamma": "gamma",
        r"\kappa": "kappa",
        r"\lambda": "rate",
        r"\tau": "tau",
        r"\varepsilon": "noise",
        r"\psi(x)": r"\operatorname{digamma}(x)",
        r"\psi_1(x)": r"\operatorname{trigamma}(x)",
    },
)

JOHNSON = "N. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, Wiley"
JOHNSON_DISCRETE = "N. Johnson, A. Kemp and S. Kotz, Univariate Discrete Distributions, Wiley"
BISHOP = "C. Bishop, Pattern Recognition and Machine Learning, Springer 2006"
COVER = "T. Cover and J. Thomas, Elements of Information Theory, Wiley"
KINGMA = "D. Kingma and M. Welling, Auto-encoding variational Bayes, ICLR 2014"


def normal(x: Array, mu: Array, sigma: Array) -> Any:
    """−(x − μ)²/2σ² − log σ − ½ log 2π: numbers → ()."""
    return -(((x - mu) / sigma) ** 2) / 2 - np.log(sigma) - np.log(2 * np.pi) / 2


def normal_scores(x: Array, mu: Array, sigma: Array) -> tuple[Any, Any, Any]:
    """−z/σ, z/σ and (z² − 1)/σ, where z = (x − μ)/σ."""
    z = (x - mu) / sigma
    return -z / sigma, z / sigma, (z**2 - 1) / sigma


LIBRARY.formula(
    "normal",
    "Gaussian log-density, by mean and standard deviation",
    formula=r"f = -\frac{(x - \mu)^2}{2 \sigma^2} - \log \sigma - \frac12 \log(2 \pi)",
    forward=normal,
    inputs={"x": Reals(), "mu": Reals(), "sigma": Reals(low=0)},
    gradient=normal_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac{x - \mu}{\sigma^2}",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{x - \mu}{\sigma^2}",
        "sigma": r"\frac{\partial f}{\partial \sigma} = \frac{(x - \mu)^2}{\sigma^3} - \frac{1}{\sigma}",
    },
    source=f"{BISHOP}, section 1.2.4",
    also=(
        "scipy.stats.norm.logpdf",
        "jax.scipy.stats.norm.logpdf",
        "torch.distributions.Normal",
        "normal distribution",
    ),
)


def normal_by_variance(x: Array, mu: Array, v: Array) -> Any:
    """−(x − μ)²/2v − ½ log 2πv: numbers → ()."""
    return -((x - mu) ** 2) / (2 * v) - np.log(2 * np.pi * v) / 2


def normal_by_variance_scores(x: Array, mu: Array, v: Array) -> tuple[Any, Any]:
    """(x − μ)/v and ((x − μ)²/v − 1)/2v."""
    return (x - mu) / v, ((x - mu) ** 2 / v - 1) / (2 * v)


LIBRARY.formula(
    "normal-by-variance",
    "Gaussian log-density, by mean and variance",
    formula=r"f = -\frac{(x - \mu)^2}{2 v} - \frac12 \log(2 \pi v)",
    forward=normal_by_variance,
    inputs={"x": Reals(), "mu": Reals(), "v": Reals(low=0)},
    gradient=normal_by_variance_scores,
    printed={
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{x - \mu}{v}",
        "v": r"\frac{\partial f}{\partial v} = \frac{(x - \mu)^2}{2 v^2} - \frac{1}{2 v}",
    },
    source=f"{BISHOP}, section 1.2.4",
    also=("Gaussian negative log-likelihood", "torch.nn.GaussianNLLLoss", "heteroscedastic regression"),
)


def diagonal_normal(x: Array, m: Array, s: Array) -> Any:
    """Σ −zᵢ²/2 − sᵢ − ½ log 2π, z = (x − m) e⁻ˢ: (n,), (n,), (n,) → (). s is the logarithm of the standard deviation."""
    z = (x - m) * np.exp(-s)
    return np.sum(-(z**2) / 2 - s - np.log(2 * np.pi) / 2)


def diagonal_normal_scores(x: Array, m: Array, s: Array) -> tuple[Any, Any, Any]:
    """−z e⁻ˢ, z e⁻ˢ and z² − 1: (n,) each."""
    z = (x - m) * np.exp(-s)
    return -z * np.exp(-s), z * np.exp(-s), z**2 - 1


LIBRARY.formula(
    "diagonal-normal",
    "Gaussian log-density with independent entries, by the logarithm of the standard deviations",
    formula=r"f = \sum_i \left(-\frac{(x_i - m_i)^2}{2 e^{2 s_i}} - s_i - \frac12 \log(2 \pi)\right)",
    forward=diagonal_normal,
    inputs={"x": Reals(3), "m": Reals(3), "s": Reals(3, reach=3)},
    gradient=diagonal_normal_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x_i} = -(x_i - m_i) e^{-2 s_i}",
        "m": r"\frac{\partial f}{\partial m_i} = (x_i - m_i) e^{-2 s_i}",
        "s": r"\frac{\partial f}{\partial s_i} = (x_i - m_i)^2 e^{-2 s_i} - 1",
    },
    source=f"{KINGMA}, appendix C",
    also=("torch.distributions.Independent", "log_std", "policy", "variational auto-encoder"),
)


def multivariate_normal(x: Array, m: Array, S: Array) -> Any:
    """−½ rᵀ S⁻¹ r − ½ log det 2πS, r = x − m: (n,), (n,), (n, n) → ()."""
    return -(x - m) @ np.linalg.solve(S, x - m) / 2 - np.linalg.slogdet(2 * np.pi * S)[1] / 2


def multivariate_normal_scores(x: Array, m: Array, S: Array) -> tuple[Any, Any, Any]:
    """−v, v and ½ (v vᵀ − S⁻¹), where v = S⁻¹ (x − m): (n,), (n,), (n, n)."""
    inverse = np.linalg.inv(S)
    v = inverse @ (x - m)
    return -v, v, (np.outer(v, v) - inverse) / 2


LIBRARY.formula(
    "multivariate-normal",
    "Multivariate Gaussian log-density, by mean and covariance",
    formula=r"f = -\frac12 (x - m)^T S^{-1} (x - m) - \frac12 \log \det(2 \pi S)",
    forward=multivariate_normal,
    inputs={"x": Reals(3), "m": Reals(3), "S": PositiveDefinite(3)},
    gradient=multivariate_normal_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -S^{-1} (x - m)",
        "m": r"\frac{\partial f}{\partial m} = S^{-1} (x - m)",
        "S": r"\frac{\partial f}{\partial S} = \frac12 \left(S^{-1} (x - m) (x - m)^T S^{-1} - S^{-1}\right)",
    },
    source=f"{BISHOP}, section 2.3.4",
    also=("scipy.stats.multivariate_normal.logpdf", "torch.distributions.MultivariateNormal", "covariance matrix"),
    notes="A derivative is taken in all entries of S, as if none were tied.",
)


def multivariate_normal_by_precision(x: Array, m: Array, P: Array) -> Any:
    """−½ rᵀ P r + ½ log det P − (n/2) log 2π, r = x − m: (n,), (n,), (n, n) → ()."""
    return -(x - m) @ P @ (x - m) / 2 + np.linalg.slogdet(P)[1] / 2 - len(x) * np.log(2 * np.pi) / 2


def multivariate_normal_by_precision_scores(x: Array, m: Array, P: Array) -> tuple[Any, Any, Any]:
    """−P r, P r and ½ (P⁻¹ − r rᵀ): (n,), (n,), (n, n)."""
    residual = x - m
    return -P @ residual, P @ residual, (np.linalg.inv(P) - np.outer(residual, residual)) / 2


LIBRARY.formula(
    "multivariate-normal-by-precision",
    "Multivariate Gaussian log-density, by mean and precision",
    formula=r"f = -\frac12 (x - m)^T P (x - m) + \frac12 \log \det P - \frac{n}{2} \log(2 \pi)",
    forward=multivariate_normal_by_precision,
    inputs={"x": Reals(3), "m": Reals(3), "P": PositiveDefinite(3)},
    gradient=multivariate_normal_by_precision_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -P (x - m)",
        "m": r"\frac{\partial f}{\partial m} = P (x - m)",
        "P": r"\frac{\partial f}{\partial P} = \frac12 \left(P^{-1} - (x - m) (x - m)^T\right)",
    },
    source="J. Friedman, T. Hastie and R. Tibshirani, Sparse inverse covariance estimation with the graphical lasso, 2008",
    also=("graphical lasso", "Gaussian Markov random field", "information matrix"),
    notes="A derivative is taken in all entries of P, as if none were tied.",
)


def multivariate_normal_by_factor(x: Array, m: Array, C: Array) -> Any:
    """−½ ‖z‖² − Σ log Cᵢᵢ − (n/2) log 2π, C z = x − m: the covariance is C Cᵀ; above its diagonal C is not read."""
    z = np.linalg.solve(np.tril(C), x - m)
    return -z @ z / 2 - np.sum(np.log(np.diagonal(C))) - len(x) * np.log(2 * np.pi) / 2


def multivariate_normal_by_factor_scores(x: Array, m: Array, C: Array) -> tuple[Any, Any, Any]:
    """−v, v and the lower triangle of v zᵀ − diag(1/C), where C z = x − m and Cᵀ v = z."""
    z = np.linalg.solve(np.tril(C), x - m)
    v = np.linalg.solve(np.tril(C).T, z)
    return -v, v, np.tril(np.outer(v, z)) - np.diag(1 / np.diagonal(C))


LIBRARY.formula(
    "multivariate-normal-by-cholesky",
    "Multivariate Gaussian log-density, by mean and Cholesky factor of the covariance",
    formula=r"f = -\frac12 \|C^{-1} (x - m)\|^2 - \sum_i \log C_{ii} - \frac{n}{2} \log(2 \pi)",
    forward=multivariate_normal_by_factor,
    inputs={"x": Reals(3), "m": Reals(3), "C": LowerTriangular(3)},
    gradient=multivariate_normal_by_factor_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -C^{-T} C^{-1} (x - m)",
        "m": r"\frac{\partial f}{\partial m} = C^{-T} C^{-1} (x - m)",
        "C": (
            r"\frac{\partial f}{\partial C_{ij}} = \begin{cases} v_i z_j & i > j \\ v_i z_j - \frac{1}{C_{ij}} & i = j \\"
            r" 0 & i < j \end{cases}"
        ),
    },
    notation={"z": r"C^{-1} (x - m)", "v": r"C^{-T} C^{-1} (x - m)"},
    source=f"{BISHOP}, section 2.3; its factor by the rules of this library",
    also=("scale_tril", "torch.distributions.MultivariateNormal", "full-rank variational inference"),
)


def log_normal(x: Array, mu: Array, sigma: Array) -> Any:
    """−(log x − μ)²/2σ² − log x − log σ − ½ log 2π: numbers → ()."""
    return -(((np.log(x) - mu) / sigma) ** 2) / 2 - np.log(x) - np.log(sigma) - np.log(2 * np.pi) / 2


def log_normal_scores(x: Array, mu: Array, sigma: Array) -> tuple[Any, Any, Any]:
    """−(z/σ + 1)/x, z/σ and (z² − 1)/σ, where z = (log x − μ)/σ."""
    z = (np.log(x) - mu) / sigma
    return -(z / sigma + 1) / x, z / sigma, (z**2 - 1) / sigma


LIBRARY.formula(
    "log-normal",
    "Log-normal log-density",
    formula=r"f = -\frac{(\log x - \mu)^2}{2 \sigma^2} - \log x - \log \sigma - \frac12 \log(2 \pi)",
    forward=log_normal,
    inputs={"x": Reals(low=0), "mu": Reals(), "sigma": Reals(low=0)},
    gradient=log_normal_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac1x \left(1 + \frac{\log x - \mu}{\sigma^2}\right)",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{\log x - \mu}{\sigma^2}",
        "sigma": r"\frac{\partial f}{\partial \sigma} = \frac{(\log x - \mu)^2}{\sigma^3} - \frac{1}{\sigma}",
    },
    source=f"{JOHNSON}, chapter 14",
    also=("scipy.stats.lognorm", "torch.distributions.LogNormal"),
)


def laplace(x: Array, mu: Array, b: Array) -> Any:
    """−|x − μ|/b − log 2b: numbers → ()."""
    return -np.abs(x - mu) / b - np.log(2 * b)


def laplace_scores(x: Array, mu: Array, b: Array) -> tuple[Any, Any, Any]:
    """−sign(x − μ)/b, sign(x − μ)/b and (|x − μ|/b − 1)/b."""
    slope = np.sign(x - mu) / b
    return -slope, slope, (np.abs(x - mu) / b - 1) / b


LIBRARY.formula(
    "laplace",
    "Laplace log-density",
    formula=r"f = -\frac{|x - \mu|}{b} - \log(2 b)",
    forward=laplace,
    inputs={"x": Reals(), "mu": Reals(), "b": Reals(low=0)},
    gradient=laplace_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac{\operatorname{sign}(x - \mu)}{b}",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{\operatorname{sign}(x - \mu)}{b}",
        "b": r"\frac{\partial f}{\partial b} = \frac{|x - \mu|}{b^2} - \frac1b",
    },
    source=f"{JOHNSON}, chapter 24",
    kinks="At x = μ the slopes are −1/b and 1/b; the code returns 0, as torch does; JAX returns −1/b by x.",
    also=("scipy.stats.laplace", "jax.scipy.stats.laplace.logpdf", "torch.distributions.Laplace", "double exponential"),
)


def logistic(x: Array, mu: Array, s: Array) -> Any:
    """−z − log s − 2 log(1 + e⁻ᶻ), z = (x − μ)/s: numbers → ()."""
    z = (x - mu) / s
    return -z - np.log(s) - 2 * np.log(1 + np.exp(-z))


def logistic_scores(x: Array, mu: Array, s: Array) -> tuple[Any, Any, Any]:
    """−tanh(z/2)/s, tanh(z/2)/s and (z tanh(z/2) − 1)/s."""
    z = (x - mu) / s
    return -np.tanh(z / 2) / s, np.tanh(z / 2) / s, (z * np.tanh(z / 2) - 1) / s


def stable_logistic(x: Array, mu: Array, s: Array) -> Any:
    """−|z| − log s − 2 log(1 + e^{−|z|}): the density is even in z."""
    z = np.abs((x - mu) / s)
    return -z - np.log(s) - 2 * np.log1p(np.exp(-z))


LIBRARY.formula(
    "logistic",
    "Logistic log-density",
    formula=r"f = -\frac{x - \mu}{s} - \log s - 2 \log\left(1 + e^{-(x - \mu) / s}\right)",
    forward=logistic,
    inputs={"x": Reals(), "mu": Reals(), "s": Reals(low=0.1)},
    gradient=logistic_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac1s \tanh\left(\frac{x - \mu}{2 s}\right)",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac1s \tanh\left(\frac{x - \mu}{2 s}\right)",
        "s": r"\frac{\partial f}{\partial s} = \frac{x - \mu}{s^2} \tanh\left(\frac{x - \mu}{2 s}\right) - \frac1s",
    },
    source=f"{JOHNSON}, chapter 23",
    stable=Stable("e⁻ᶻ overflows for z below −709, and 1 + e⁻ᶻ loses its digits above 36.", stable_logistic, along="x"),
    also=("scipy.stats.logistic", "jax.scipy.stats.logistic.logpdf", "sech-squared"),
)


def cauchy(x: Array, mu: Array, gamma: Array) -> Any:
    """−log πγ − log(1 + z²), z = (x − μ)/γ: numbers → ()."""
    return -np.log(np.pi * gamma) - np.log(1 + ((x - mu) / gamma) ** 2)


def cauchy_scores(x: Array, mu: Array, gamma: Array) -> tuple[Any, Any, Any]:
    """−2(x − μ)/d, 2(x − μ)/d and ((x − μ)² − γ²)/γd, where d = γ² + (x − μ)²."""
    under = gamma**2 + (x - mu) ** 2
    slope = 2 * (x - mu) / under
    return -slope, slope, ((x - mu) ** 2 - gamma**2) / (gamma * under)


LIBRARY.formula(
    "cauchy",
    "Cauchy log-density",
    formula=r"f = -\log(\pi \gamma) - \log\left(1 + \left(\frac{x - \mu}{\gamma}\right)^2\right)",
    forward=cauchy,
    inputs={"x": Reals(), "mu": Reals(), "gamma": Reals(low=0)},
    gradient=cauchy_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac{2 (x - \mu)}{\gamma^2 + (x - \mu)^2}",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{2 (x - \mu)}{\gamma^2 + (x - \mu)^2}",
        "gamma": (
            r"\frac{\partial f}{\partial \gamma} = \frac{(x - \mu)^2 - \gamma^2}{\gamma (\gamma^2 + (x - \mu)^2)}"
        ),
    },
    source=f"{JOHNSON}, chapter 16",
    also=("scipy.stats.cauchy", "jax.scipy.stats.cauchy.logpdf", "torch.distributions.Cauchy", "Lorentzian"),
)


def student_t(x: Array, mu: Array, sigma: Array, nu: Array) -> Any:
    """log Γ((ν+1)/2) − log Γ(ν/2) − ½ log νπ − log σ − (ν+1)/2 log(1 + z²/ν), z = (x − μ)/σ: numbers → ()."""
    z = (x - mu) / sigma
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - np.log(nu * np.pi) / 2
    return constant - np.log(sigma) - (nu + 1) / 2 * np.log(1 + z**2 / nu)


def student_t_scores(x: Array, mu: Array, sigma: Array, nu: Array) -> tuple[Any, Any, Any, Any]:
    """−w z/σ, w z/σ, (w z² − 1)/σ with the weight w = (ν+1)/(ν+z²), and the one by ν."""
    z = (x - mu) / sigma
    weight = (nu + 1) / (nu + z**2)
    by_nu = special.psi((nu + 1) / 2) - special.psi(nu / 2) - 1 / nu - np.log(1 + z**2 / nu) + weight * z**2 / nu
    return -weight * z / sigma, weight * z / sigma, (weight * z**2 - 1) / sigma, by_nu / 2


def stable_student_t(x: Array, mu: Array, sigma: Array, nu: Array) -> Any:
    """The same with log1p(z²/ν)."""
    z = (x - mu) / sigma
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - np.log(nu * np.pi) / 2
    return constant - np.log(sigma) - (nu + 1) / 2 * np.log1p(z**2 / nu)


LIBRARY.formula(
    "student-t",
    "Student t log-density, with location, scale and degrees of freedom",
    formula=(
        r"f = \log \Gamma\left(\frac{\nu + 1}{2}\right) - \log \Gamma\left(\frac{\nu}{2}\right) - \frac12 \log(\nu \pi)"
        r" - \log \sigma - \frac{\nu + 1}{2} \log\left(1 + \frac{z^2}{\nu}\right), \quad z = \frac{x - \mu}{\sigma}"
    ),
    forward=student_t,
    inputs={"x": Reals(), "mu": Reals(), "sigma": Reals(low=0.1), "nu": Reals(low=0)},
    gradient=student_t_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac{(\nu + 1) z}{\sigma (\nu + z^2)}",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{(\nu + 1) z}{\sigma (\nu + z^2)}",
        "sigma": r"\frac{\partial f}{\partial \sigma} = \frac{1}{\sigma} \left(\frac{(\nu + 1) z^2}{\nu + z^2} - 1\right)",
        "nu": (
            r"\frac{\partial f}{\partial \nu} = \frac12 \left(\psi\left(\frac{\nu + 1}{2}\right)"
            r" - \psi\left(\frac{\nu}{2}\right) - \frac{1}{\nu} - \log\left(1 + \frac{z^2}{\nu}\right)"
            r" + \frac{(\nu + 1) z^2}{\nu (\nu + z^2)}\right)"
        ),
    },
    notation={"z": r"\frac{x - \mu}{\sigma}"},
    source=f"{BISHOP}, section 2.3.7",
    stable=Stable("1 + z²/ν loses the digits of z²/ν where ν is large.", forward=stable_student_t, along="nu"),
    also=("scipy.stats.t", "jax.scipy.stats.t.logpdf", "torch.distributions.StudentT", "robust regression"),
)


def exponential(x: Array, rate: Array) -> Any:
    """log λ − λ x: numbers → ()."""
    return np.log(rate) - rate * x


def exponential_scores(x: Array, rate: Array) -> tuple[Any, Any]:
    """−λ and 1/λ − x."""
    return -rate, 1 / rate - x


LIBRARY.formula(
    "exponential",
    "Exponential log-density",
    formula=r"f = \log \lambda - \lambda x",
    forward=exponential,
    inputs={"x": Reals(low=0), "rate": Reals(low=0)},
    gradient=exponential_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\lambda",
        "rate": r"\frac{\partial f}{\partial \lambda} = \frac{1}{\lambda} - x",
    },
    source=f"{JOHNSON}, chapter 19",
    also=("scipy.stats.expon", "jax.scipy.stats.expon.logpdf", "torch.distributions.Exponential"),
)


def gamma_density(x: Array, alpha: Array, beta: Array) -> Any:
    """α log β − log Γ(α) + (α − 1) log x − β x: numbers → (). β is a rate."""
    return alpha * np.log(beta) - special.gammaln(alpha) + (alpha - 1) * np.log(x) - beta * x


def gamma_scores(x: Array, alpha: Array, beta: Array) -> tuple[Any, Any, Any]:
    """(α − 1)/x − β, log βx − ψ(α) and α/β − x."""
    return (alpha - 1) / x - beta, np.log(beta) + np.log(x) - special.psi(alpha), alpha / beta - x


LIBRARY.formula(
    "gamma",
    "Gamma log-density, by shape and rate",
    formula=r"f = \alpha \log \beta - \log \Gamma(\alpha) + (\alpha - 1) \log x - \beta x",
    forward=gamma_density,
    inputs={"x": Reals(low=0), "alpha": Reals(low=0), "beta": Reals(low=0)},
    gradient=gamma_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{\alpha - 1}{x} - \beta",
        "alpha": r"\frac{\partial f}{\partial \alpha} = \log \beta + \log x - \psi(\alpha)",
        "beta": r"\frac{\partial f}{\partial \beta} = \frac{\alpha}{\beta} - x",
    },
    source=f"{JOHNSON}, chapter 17",
    also=("scipy.stats.gamma", "jax.scipy.stats.gamma.logpdf", "torch.distributions.Gamma"),
    notes="The scale of scipy.stats.gamma is 1/β.",
)


def inverse_gamma(x: Array, alpha: Array, beta: Array) -> Any:
    """α log β − log Γ(α) − (α + 1) log x − β/x: numbers → ()."""
    return alpha * np.log(beta) - special.gammaln(alpha) - (alpha + 1) * np.log(x) - beta / x


def inverse_gamma_scores(x: Array, alpha: Array, beta: Array) -> tuple[Any, Any, Any]:
    """(β/x − α − 1)/x, log β − ψ(α) − log x and α/β − 1/x."""
    return (beta / x - alpha - 1) / x, np.log(beta) - special.psi(alpha) - np.log(x), alpha / beta - 1 / x


LIBRARY.formula(
    "inverse-gamma",
    "Inverse gamma log-density",
    formula=r"f = \alpha \log \beta - \log \Gamma(\alpha) - (\alpha + 1) \log x - \frac{\beta}{x}",
    forward=inverse_gamma,
    inputs={"x": Reals(low=0), "alpha": Reals(low=0), "beta": Reals(low=0)},
    gradient=inverse_gamma_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{\beta}{x^2} - \frac{\alpha + 1}{x}",
        "alpha": r"\frac{\partial f}{\partial \alpha} = \log \beta - \psi(\alpha) - \log x",
        "beta": r"\frac{\partial f}{\partial \beta} = \frac{\alpha}{\beta} - \frac1x",
    },
    source="A. Gelman et al., Bayesian Data Analysis, CRC Press, appendix A",
    also=("scipy.stats.invgamma", "torch.distributions.InverseGamma", "conjugate prior of a variance"),
)


def chi_squared(x: Array, k: Array) -> Any:
    """(k/2 − 1) log x − x/2 − (k/2) log 2 − log Γ(k/2): numbers → ()."""
    return (k / 2 - 1) * np.log(x) - x / 2 - k / 2 * np.log(2.0) - special.gammaln(k / 2)


def chi_squared_scores(x: Array, k: Array) -> tuple[Any, Any]:
    """(k/2 − 1)/x − ½ and ½ (log x/2 − ψ(k/2))."""
    return (k / 2 - 1) / x - 0.5, (np.log(x / 2) - special.psi(k / 2)) / 2


LIBRARY.formula(
    "chi-squared",
    "Chi-squared log-density",
    formula=r"f = \left(\frac{k}{2} - 1\right) \log x - \frac{x}{2} - \frac{k}{2} \log 2 - \log \Gamma\left(\frac{k}{2}\right)",
    forward=chi_squared,
    inputs={"x": Reals(low=0), "k": Reals(low=0)},
    gradient=chi_squared_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{k - 2}{2 x} - \frac12",
        "k": r"\frac{\partial f}{\partial k} = \frac12 \left(\log \frac{x}{2} - \psi\left(\frac{k}{2}\right)\right)",
    },
    source=f"{JOHNSON}, chapter 18",
    also=("scipy.stats.chi2", "jax.scipy.stats.chi2.logpdf", "torch.distributions.Chi2"),
)


def beta_density(x: Array, alpha: Array, beta: Array) -> Any:
    """(α − 1) log x + (β − 1) log(1 − x) − log B(α, β): numbers → ()."""
    return (alpha - 1) * np.log(x) + (beta - 1) * np.log(1 - x) - special.betaln(alpha, beta)


def beta_scores(x: Array, alpha: Array, beta: Array) -> tuple[Any, Any, Any]:
    """(α−1)/x − (β−1)/(1−x), log x − ψ(α) + ψ(α+β) and log(1−x) − ψ(β) + ψ(α+β)."""
    total = special.psi(alpha + beta)
    by_alpha, by_beta = np.log(x) - special.psi(alpha) + total, np.log(1 - x) - special.psi(beta) + total
    return (alpha - 1) / x - (beta - 1) / (1 - x), by_alpha, by_beta


def stable_beta_density(x: Array, alpha: Array, beta: Array) -> Any:
    """The same with log1p(−x)."""
    return (alpha - 1) * np.log(x) + (beta - 1) * np.log1p(-x) - special.betaln(alpha, beta)


LIBRARY.formula(
    "beta",
    "Beta log-density",
    formula=r"f = (\alpha - 1) \log x + (\beta - 1) \log(1 - x) - \log B(\alpha, \beta)",
    forward=beta_density,
    inputs={"x": Reals(low=0, high=1), "alpha": Reals(low=0), "beta": Reals(low=0)},
    gradient=beta_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{\alpha - 1}{x} - \frac{\beta - 1}{1 - x}",
        "alpha": r"\frac{\partial f}{\partial \alpha} = \log x - \psi(\alpha) + \psi(\alpha + \beta)",
        "beta": r"\frac{\partial f}{\partial \beta} = \log(1 - x) - \psi(\beta) + \psi(\alpha + \beta)",
    },
    source=f"{JOHNSON}, chapter 25",
    stable=Stable("1 − x loses the digits of a small x.", forward=stable_beta_density, along="x"),
    also=("scipy.stats.beta", "jax.scipy.stats.beta.logpdf", "torch.distributions.Beta"),
)


def dirichlet(x: Array, a: Array) -> Any:
    """Σ (aᵢ − 1) log xᵢ − Σ log Γ(aᵢ) + log Γ(Σ aᵢ): (n,), (n,) → ()."""
    return np.sum((a - 1) * np.log(x)) - np.sum(special.gammaln(a)) + special.gammaln(np.sum(a))


def dirichlet_scores(x: Array, a: Array) -> tuple[Any, Any]:
    """(a − 1)/x, and log x − ψ(a) + ψ(Σ a): (n,) each."""
    return (a - 1) / x, np.log(x) - special.psi(a) + special.psi(np.sum(a))


LIBRARY.formula(
    "dirichlet",
    "Dirichlet log-density",
    formula=r"f = \sum_i (a_i - 1) \log x_i - \sum_i \log \Gamma(a_i) + \log \Gamma\left(\sum_i a_i\right)",
    forward=dirichlet,
    inputs={"x": Simplex(3), "a": Reals(3, low=0)},
    gradient=dirichlet_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x_i} = \frac{a_i - 1}{x_i}",
        "a": r"\frac{\partial f}{\partial a_i} = \log x_i - \psi(a_i) + \psi\left(\sum_j a_j\right)",
    },
    source="T. Minka, Estimating a Dirichlet distribution, 2000",
    also=("scipy.stats.dirichlet", "jax.scipy.stats.dirichlet.logpdf", "torch.distributions.Dirichlet"),
    notes="The derivative by x is taken in the surrounding space; along the simplex its mean is taken off.",
)


def bernoulli(x: Array, p: Array) -> Any:
    """x log p + (1 − x) log(1 − p): 0 or 1, and a number → ()."""
    return x * np.log(p) + (1 - x) * np.log(1 - p)


def bernoulli_score(x: Array, p: Array) -> Any:
    """(x − p) / p(1 − p)."""
    return (x - p) / (p * (1 - p))


LIBRARY.formula(
    "bernoulli",
    "Bernoulli log-probability, by the probability",
    formula=r"f = x \log p + (1 - x) \log(1 - p)",
    forward=bernoulli,
    inputs={"x": Integers(low=0, high=1), "p": Reals(low=0, high=1)},
    gradient=bernoulli_score,
    printed={"p": r"\frac{\partial f}{\partial p} = \frac{x - p}{p (1 - p)}"},
    source=f"{BISHOP}, section 2.1",
    also=("torch.distributions.Bernoulli", "jax.scipy.stats.bernoulli.logpmf", "binary cross-entropy"),
)


def bernoulli_by_logit(x: Array, z: Array) -> Any:
    """x z − log(1 + eᶻ): 0 or 1, and a number → ()."""
    return x * z - np.log(1 + np.exp(z))


def bernoulli_by_logit_score(x: Array, z: Array) -> Any:
    """x − σ(z)."""
    return x - 1 / (1 + np.exp(-z))


def stable_bernoulli_by_logit(x: Array, z: Array) -> Any:
    """x z − max(z, 0) − log(1 + e^{−|z|})."""
    return x * z - np.maximum(z, 0) - np.log1p(np.exp(-np.abs(z)))


LIBRARY.formula(
    "bernoulli-by-logit",
    "Bernoulli log-probability, by the logit",
    formula=r"f = x z - \log(1 + e^z)",
    forward=bernoulli_by_logit,
    inputs={"x": Integers(low=0, high=1), "z": Reals()},
    gradient=bernoulli_by_logit_score,
    printed={"z": r"\frac{\partial f}{\partial z} = x - \frac{1}{1 + e^{-z}}"},
    source=f"{BISHOP}, section 4.3.2",
    stable=Stable("eᶻ overflows for z above 709.", forward=stable_bernoulli_by_logit),
    also=("torch.distributions.Bernoulli(logits=)", "logistic regression", "BCE with logits"),
)


def binomial(k: Array, n: Array, p: Array) -> Any:
    """log (n over k) + k log p + (n − k) log(1 − p): whole numbers k ≤ n, and a number → ()."""
    choices = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    return choices + k * np.log(p) + (n - k) * np.log(1 - p)


def binomial_score(k: Array, n: Array, p: Array) -> Any:
    """k/p − (n − k)/(1 − p)."""
    return k / p - (n - k) / (1 - p)


LIBRARY.formula(
    "binomial",
    "Binomial log-probability",
    formula=r"f = \log \binom{n}{k} + k \log p + (n - k) \log(1 - p)",
    forward=binomial,
    inputs={"k": Integers(low=0, high=5), "n": Integers(low=5, high=9), "p": Reals(low=0, high=1)},
    gradient=binomial_score,
    printed={"p": r"\frac{\partial f}{\partial p} = \frac{k}{p} - \frac{n - k}{1 - p}"},
    source=f"{JOHNSON_DISCRETE}, chapter 3",
    also=("scipy.stats.binom", "torch.distributions.Binomial"),
)


def poisson(k: Array, rate: Array) -> Any:
    """k log λ − λ − log k!: a whole number and a number → ()."""
    return k * np.log(rate) - rate - special.gammaln(k + 1.0)


def poisson_score(k: Array, rate: Array) -> Any:
    """k/λ − 1."""
    return k / rate - 1


LIBRARY.formula(
    "poisson",
    "Poisson log-probability, by the rate",
    formula=r"f = k \log \lambda - \lambda - \log k!",
    forward=poisson,
    inputs={"k": Integers(low=0, high=9), "rate": Reals(low=0)},
    gradient=poisson_score,
    printed={"rate": r"\frac{\partial f}{\partial \lambda} = \frac{k}{\lambda} - 1"},
    source=f"{JOHNSON_DISCRETE}, chapter 4",
    also=("scipy.stats.poisson", "jax.scipy.stats.poisson.logpmf", "torch.distributions.Poisson"),
)


def poisson_by_log_rate(k: Array, z: Array) -> Any:
    """k z − eᶻ − log k!: a whole number and a number → ()."""
    return k * z - np.exp(z) - special.gammaln(k + 1.0)


def poisson_by_log_rate_score(k: Array, z: Array) -> Any:
    """k − eᶻ."""
    return k - np.exp(z)


LIBRARY.formula(
    "poisson-by-log-rate",
    "Poisson log-probability, by the logarithm of the rate",
    formula=r"f = k z - e^z - \log k!",
    forward=poisson_by_log_rate,
    inputs={"k": Integers(low=0, high=9), "z": Reals()},
    gradient=poisson_by_log_rate_score,
    printed={"z": r"\frac{\partial f}{\partial z} = k - e^z"},
    source="P. McCullagh and J. Nelder, Generalized Linear Models, Chapman and Hall 1989, chapter 6",
    also=("torch.nn.PoissonNLLLoss", "Poisson regression"),
)


def geometric(k: Array, p: Array) -> Any:
    """k log(1 − p) + log p: the failures before the first success."""
    return k * np.log(1 - p) + np.log(p)


def geometric_score(k: Array, p: Array) -> Any:
    """1/p − k/(1 − p)."""
    return 1 / p - k / (1 - p)


LIBRARY.formula(
    "geometric",
    "Geometric log-probability",
    formula=r"f = k \log(1 - p) + \log p",
    forward=geometric,
    inputs={"k": Integers(low=0, high=9), "p": Reals(low=0, high=1)},
    gradient=geometric_score,
    printed={"p": r"\frac{\partial f}{\partial p} = \frac1p - \frac{k}{1 - p}"},
    source=f"{JOHNSON_DISCRETE}, chapter 5",
    also=("torch.distributions.Geometric", "scipy.stats.geom"),
    notes="k counts failures, as in torch; scipy.stats.geom counts trials, k + 1.",
)


def negative_binomial(k: Array, r: Array, p: Array) -> Any:
    """log Γ(k+r) − log k! − log Γ(r) + r log p + k log(1 − p): k failures before r successes of probability p."""
    choices = special.gammaln(k + r) - special.gammaln(k + 1.0) - special.gammaln(r)
    return choices + r * np.log(p) + k * np.log(1 - p)


def negative_binomial_scores(k: Array, r: Array, p: Array) -> tuple[Any, Any]:
    """ψ(k+r) − ψ(r) + log p and r/p − k/(1 − p)."""
    return special.psi(k + r) - special.psi(r) + np.log(p), r / p - k / (1 - p)


LIBRARY.formula(
    "negative-binomial",
    "Negative binomial log-probability",
    formula=r"f = \log \Gamma(k + r) - \log k! - \log \Gamma(r) + r \log p + k \log(1 - p)",
    forward=negative_binomial,
    inputs={"k": Integers(low=0, high=9), "r": Reals(low=0), "p": Reals(low=0, high=1)},
    gradient=negative_binomial_scores,
    printed={
        "r": r"\frac{\partial f}{\partial r} = \psi(k + r) - \psi(r) + \log p",
        "p": r"\frac{\partial f}{\partial p} = \frac{r}{p} - \frac{k}{1 - p}",
    },
    source=f"{JOHNSON_DISCRETE}, chapter 5",
    also=("scipy.stats.nbinom", "jax.scipy.stats.nbinom.logpmf", "torch.distributions.NegativeBinomial"),
    notes="p is the probability of a success, as in SciPy; torch's probs is that of a failure here, 1 − p.",
)


def categorical(x: Array, p: Array) -> Any:
    """Σ xᵢ log pᵢ: one-hot (n,), probabilities (n,) → ()."""
    return np.sum(x * np.log(p))


def categorical_score(x: Array, p: Array) -> Any:
    """x / p: (n,)."""
    return x / p


LIBRARY.formula(
    "categorical",
    "Categorical log-probability, by the probabilities",
    formula=r"f = \sum_i x_i \log p_i",
    forward=categorical,
    inputs={"x": OneHot(4), "p": Simplex(4)},
    gradient=categorical_score,
    printed={"p": r"\frac{\partial f}{\partial p_i} = \frac{x_i}{p_i}"},
    source=f"{BISHOP}, section 2.2",
    also=("torch.distributions.Categorical", "negative log-likelihood"),
    notes="In the surrounding space; along the simplex the mean of the derivative is taken off.",
)


def categorical_by_logits(x: Array, z: Array) -> Any:
    """Σ xᵢ zᵢ − log Σ exp zⱼ: one-hot (n,), logits (n,) → ()."""
    return np.sum(x * z) - np.log(np.sum(np.exp(z)))


def categorical_by_logits_score(x: Array, z: Array) -> Any:
    """x − softmax(z): (n,)."""
    return x - np.exp(z) / np.sum(np.exp(z))


def stable_categorical_by_logits(x: Array, z: Array) -> Any:
    """The same of z − max z."""
    shifted = z - np.max(z)
    return np.sum(x * shifted) - np.log(np.sum(np.exp(shifted)))


def stable_categorical_by_logits_score(x: Array, z: Array) -> Any:
    """The same of z − max z."""
    powers = np.exp(z - np.max(z))
    return x - powers / np.sum(powers)


LIBRARY.formula(
    "categorical-by-logits",
    "Categorical log-probability, by the logits",
    formula=r"f = \sum_i x_i z_i - \log \sum_j e^{z_j}",
    forward=categorical_by_logits,
    inputs={"x": OneHot(4), "z": Reals(4)},
    gradient=categorical_by_logits_score,
    printed={"z": r"\frac{\partial f}{\partial z_i} = x_i - \frac{e^{z_i}}{\sum_j e^{z_j}}"},
    source=f"{BISHOP}, section 4.3.4",
    stable=Stable(
        "exp z overflows above 709.",
        forward=stable_categorical_by_logits,
        derivative=stable_categorical_by_logits_score,
    ),
    also=("torch.distributions.Categorical(logits=)", "softmax", "policy gradient"),
)


def multinomial_by_logits(x: Array, z: Array) -> Any:
    """log (Σx)!/∏ xᵢ! + Σ xᵢ (zᵢ − log Σ exp zⱼ): counts (n,), logits (n,) → ()."""
    ways = special.gammaln(np.sum(x) + 1.0) - np.sum(special.gammaln(x + 1.0))
    return ways + np.sum(x * z) - np.sum(x) * np.log(np.sum(np.exp(z)))


def multinomial_by_logits_score(x: Array, z: Array) -> Any:
    """x − (Σ x) softmax(z): (n,)."""
    return x - np.sum(x) * np.exp(z) / np.sum(np.exp(z))


LIBRARY.formula(
    "multinomial-by-logits",
    "Multinomial log-probability, by the logits",
    formula=r"f = \log \frac{(\sum_i x_i)!}{\prod_i x_i!} + \sum_i x_i z_i - \sum_i x_i \log \sum_j e^{z_j}",
    forward=multinomial_by_logits,
    inputs={"x": Integers(4, low=0, high=5), "z": Reals(4)},
    gradient=multinomial_by_logits_score,
    printed={"z": r"\frac{\partial f}{\partial z_i} = x_i - \frac{e^{z_i} \sum_k x_k}{\sum_j e^{z_j}}"},
    source=f"{BISHOP}, section 2.2",
    also=("scipy.stats.multinomial", "torch.distributions.Multinomial", "bag of words"),
)


def gumbel(x: Array, mu: Array, beta: Array) -> Any:
    """−z − e⁻ᶻ − log β, z = (x − μ)/β: numbers → ()."""
    z = (x - mu) / beta
    return -z - np.exp(-z) - np.log(beta)


def gumbel_scores(x: Array, mu: Array, beta: Array) -> tuple[Any, Any, Any]:
    """(e⁻ᶻ − 1)/β, (1 − e⁻ᶻ)/β and (z (1 − e⁻ᶻ) − 1)/β."""
    z = (x - mu) / beta
    slope = (1 - np.exp(-z)) / beta
    return -slope, slope, z * slope - 1 / beta


def stable_gumbel_scores(x: Array, mu: Array, beta: Array) -> tuple[Any, Any, Any]:
    """The same with −expm1(−z) for 1 − e⁻ᶻ."""
    z = (x - mu) / beta
    slope = -np.expm1(-z) / beta
    return -slope, slope, z * slope - 1 / beta


LIBRARY.formula(
    "gumbel",
    "Gumbel log-density",
    formula=r"f = -\frac{x - \mu}{\beta} - e^{-(x - \mu) / \beta} - \log \beta",
    forward=gumbel,
    inputs={"x": Reals(), "mu": Reals(), "beta": Reals(low=0.1)},
    gradient=gumbel_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{e^{-z} - 1}{\beta}",
        "mu": r"\frac{\partial f}{\partial \mu} = \frac{1 - e^{-z}}{\beta}",
        "beta": r"\frac{\partial f}{\partial \beta} = \frac{z (1 - e^{-z}) - 1}{\beta}",
    },
    notation={"z": r"\frac{x - \mu}{\beta}"},
    source=f"{JOHNSON}, chapter 22",
    stable=Stable("1 − e⁻ᶻ loses the digits of a small z.", derivative=stable_gumbel_scores, along="x"),
    also=("scipy.stats.gumbel_r", "torch.distributions.Gumbel", "extreme value distribution"),
)


def weibull(x: Array, k: Array, rate: Array) -> Any:
    """log k/λ + (k − 1) log x/λ − (x/λ)ᵏ: numbers → (). λ is a scale."""
    return np.log(k / rate) + (k - 1) * np.log(x / rate) - (x / rate) ** k


def weibull_scores(x: Array, k: Array, rate: Array) -> tuple[Any, Any, Any]:
    """(k − 1 − k u)/x, 1/k + (1 − u) log x/λ and k (u − 1)/λ, where u = (x/λ)ᵏ."""
    u = (x / rate) ** k
    return (k - 1 - k * u) / x, 1 / k + (1 - u) * np.log(x / rate), k * (u - 1) / rate


LIBRARY.formula(
    "weibull",
    "Weibull log-density, by shape and scale",
    formula=r"f = \log \frac{k}{\lambda} + (k - 1) \log \frac{x}{\lambda} - \left(\frac{x}{\lambda}\right)^k",
    forward=weibull,
    inputs={"x": Reals(low=0, reach=8), "k": Reals(low=0, reach=8), "rate": Reals(low=0.1)},
    gradient=weibull_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{k - 1}{x} - \frac{k}{x} \left(\frac{x}{\lambda}\right)^k",
        "k": (
            r"\frac{\partial f}{\partial k} = \frac1k"
            r" + \left(1 - \left(\frac{x}{\lambda}\right)^k\right) \log \frac{x}{\lambda}"
        ),
        "rate": (
            r"\frac{\partial f}{\partial \lambda} = \frac{k}{\lambda} \left(\left(\frac{x}{\lambda}\right)^k - 1\right)"
        ),
    },
    source=f"{JOHNSON}, chapter 21",
    also=("scipy.stats.weibull_min", "torch.distributions.Weibull", "survival analysis"),
)


def pareto(x: Array, m: Array, alpha: Array) -> Any:
    """log α + α log m − (α + 1) log x, x > m: numbers → ()."""
    return np.log(alpha) + alpha * np.log(m) - (alpha + 1) * np.log(x)


def pareto_scores(x: Array, m: Array, alpha: Array) -> tuple[Any, Any, Any]:
    """−(α + 1)/x, α/m and 1/α + log m/x."""
    return -(alpha + 1) / x, alpha / m, 1 / alpha + np.log(m) - np.log(x)


LIBRARY.formula(
    "pareto",
    "Pareto log-density",
    formula=r"f = \log \alpha + \alpha \log m - (\alpha + 1) \log x",
    forward=pareto,
    inputs={"x": Reals(low=0), "m": Reals(low=0), "alpha": Reals(low=0)},
    gradient=pareto_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\frac{\alpha + 1}{x}",
        "m": r"\frac{\partial f}{\partial m} = \frac{\alpha}{m}",
        "alpha": r"\frac{\partial f}{\partial \alpha} = \frac{1}{\alpha} + \log m - \log x",
    },
    source=f"{JOHNSON}, chapter 20",
    assumptions=(Assumption("x > m", stated=True, where=lambda **values: bool(values["x"] > values["m"])),),
    also=("scipy.stats.pareto", "jax.scipy.stats.pareto.logpdf", "torch.distributions.Pareto", "power law"),
    notes="The density is 0 for x below m, so that the likelihood of a sample jumps at its smallest x, where m is largest.",
)


def rayleigh(x: Array, sigma: Array) -> Any:
    """log x − 2 log σ − x²/2σ²: numbers → ()."""
    return np.log(x) - 2 * np.log(sigma) - x**2 / (2 * sigma**2)


def rayleigh_scores(x: Array, sigma: Array) -> tuple[Any, Any]:
    """1/x − x/σ² and (x²/σ² − 2)/σ."""
    return 1 / x - x / sigma**2, (x**2 / sigma**2 - 2) / sigma


LIBRARY.formula(
    "rayleigh",
    "Rayleigh log-density",
    formula=r"f = \log x - 2 \log \sigma - \frac{x^2}{2 \sigma^2}",
    forward=rayleigh,
    inputs={"x": Reals(low=0), "sigma": Reals(low=0)},
    gradient=rayleigh_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac1x - \frac{x}{\sigma^2}",
        "sigma": r"\frac{\partial f}{\partial \sigma} = \frac{x^2}{\sigma^3} - \frac{2}{\sigma}",
    },
    source=f"{JOHNSON}, chapter 18",
    also=("scipy.stats.rayleigh",),
)


def von_mises(x: Array, mu: Array, kappa: Array) -> Any:
    """κ cos(x − μ) − log 2π I₀(κ): numbers → (), I₀ the modified Bessel function."""
    return kappa * np.cos(x - mu) - np.log(2 * np.pi * special.i0e(kappa)) - kappa


def von_mises_scores(x: Array, mu: Array, kappa: Array) -> tuple[Any, Any, Any]:
    """−κ sin(x − μ), κ sin(x − μ) and cos(x − μ) − I₁(κ)/I₀(κ)."""
    slope = kappa * np.sin(x - mu)
    return -slope, slope, np.cos(x - mu) - special.i1e(kappa) / special.i0e(kappa)


LIBRARY.formula(
    "von-mises",
    "Von Mises log-density",
    formula=r"f = \kappa \cos(x - \mu) - \log(2 \pi I_0(\kappa))",
    forward=von_mises,
    inputs={"x": Reals(), "mu": Reals(), "kappa": Reals(low=0)},
    gradient=von_mises_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\kappa \sin(x - \mu)",
        "mu": r"\frac{\partial f}{\partial \mu} = \kappa \sin(x - \mu)",
        "kappa": r"\frac{\partial f}{\partial \kappa} = \cos(x - \mu) - \frac{I_1(\kappa)}{I_0(\kappa)}",
    },
    source=f"{BISHOP}, section 2.3.8",
    also=("scipy.stats.vonmises", "jax.scipy.stats.vonmises.logpdf", "torch.distributions.VonMises", "circular normal"),
    notes="I₀ and I₁ are computed with e^{−κ} before them, so that they do not overflow.",
)


def wishart(X: Array, V: Array, n: Array) -> Any:
    """(n−p−1)/2 log|X| − ½ tr V⁻¹X − (np/2) log 2 − (n/2) log|V| − log Γₚ(n/2): (p, p), (p, p), () → ()."""
    p = len(X)
    data = (n - p - 1) / 2 * np.linalg.slogdet(X)[1] - np.trace(np.linalg.solve(V, X)) / 2
    gammas = p * (p - 1) / 4 * np.log(np.pi) + sum(special.gammaln((n - i) / 2) for i in range(p))
    return data - n * p / 2 * np.log(2.0) - n / 2 * np.linalg.slogdet(V)[1] - gammas


def wishart_scores(X: Array, V: Array, n: Array) -> tuple[Any, Any, Any]:
    """((n−p−1) X⁻¹ − V⁻¹)/2, (V⁻¹ X V⁻¹ − n V⁻¹)/2 and ½ (log|X| − log|V| − p log 2 − Σ ψ((n − i)/2)), i = 0, …, p − 1."""
    p = len(X)
    inverse = np.linalg.inv(V)
    digammas = sum(special.psi((n - i) / 2) for i in range(p))
    by_n = (np.linalg.slogdet(X)[1] - np.linalg.slogdet(V)[1] - p * np.log(2.0) - digammas) / 2
    return ((n - p - 1) * np.linalg.inv(X) - inverse) / 2, (inverse @ X @ inverse - n * inverse) / 2, by_n


LIBRARY.formula(
    "wishart",
    "Wishart log-density",
    formula=(
        r"f = \frac{n - p - 1}{2} \log \det X - \frac12 \operatorname{tr}(V^{-1} X) - \frac{n p}{2} \log 2"
        r" - \frac{n}{2} \log \det V - \log \Gamma_p\left(\frac{n}{2}\right)"
    ),
    forward=wishart,
    inputs={"X": PositiveDefinite(2), "V": PositiveDefinite(2), "n": Reals(low=1)},
    gradient=wishart_scores,
    printed={
        "X": r"\frac{\partial f}{\partial X} = \frac12 \left((n - 3) X^{-1} - V^{-1}\right)",
        "V": r"\frac{\partial f}{\partial V} = \frac12 \left(V^{-1} X V^{-1} - n V^{-1}\right)",
        "n": (
            r"\frac{\partial f}{\partial n} = \frac12 \left(\log \det X - \log \det V - 2 \log 2"
            r" - \psi\left(\frac{n}{2}\right) - \psi\left(\frac{n - 1}{2}\right)\right)"
        ),
    },
    source=f"{BISHOP}, appendix B",
    also=("scipy.stats.wishart", "torch.distributions.Wishart", "prior of a precision matrix"),
    notes="p = 2 in what is printed: n − 3 is n − p − 1. A derivative is taken in all entries, as if none were tied.",
)


def normal_mixture(x: Array, a: Array, m: Array, s: Array) -> Any:
    """log Σₖ softmax(a)ₖ N(x; mₖ, sₖ): (), (K,), (K,), (K,) → ()."""
    weighted = np.exp(a - ((x - m) / s) ** 2 / 2) / (s * np.sqrt(2 * np.pi))
    return np.log(np.sum(weighted)) - np.log(np.sum(np.exp(a)))


def normal_mixture_scores(x: Array, a: Array, m: Array, s: Array) -> tuple[Any, Any, Any, Any]:
    """With responsibilities r: −Σ r z/s, r − softmax(a), r z/s and r (z² − 1)/s, where z = (x − m)/s."""
    z = (x - m) / s
    weighted = np.exp(a - z**2 / 2) / s
    r = weighted / np.sum(weighted)
    return -np.sum(r * z / s), r - np.exp(a) / np.sum(np.exp(a)), r * z / s, r * (z**2 - 1) / s


def stable_normal_mixture(x: Array, a: Array, m: Array, s: Array) -> Any:
    """Both sums of exponentials after the largest exponent is taken off."""
    terms = a - ((x - m) / s) ** 2 / 2 - np.log(s * np.sqrt(2 * np.pi))
    largest, shift = np.max(terms), np.max(a)
    return largest + np.log(np.sum(np.exp(terms - largest))) - shift - np.log(np.sum(np.exp(a - shift)))


LIBRARY.formula(
    "normal-mixture",
    "Log-density of a mixture of Gaussians, with its responsibilities",
    formula=r"f = \log \sum_k \frac{e^{a_k}}{\sum_j e^{a_j}} \frac{1}{s_k \sqrt{2 \pi}} e^{-\frac{(x - m_k)^2}{2 s_k^2}}",
    forward=normal_mixture,
    inputs={"x": Reals(), "a": Reals(3, reach=5), "m": Reals(3, reach=5), "s": Reals(3, low=0.5)},
    gradient=normal_mixture_scores,
    printed={
        "x": r"\frac{\partial f}{\partial x} = -\sum_k r_k \frac{x - m_k}{s_k^2}",
        "a": r"\frac{\partial f}{\partial a_k} = r_k - \frac{e^{a_k}}{\sum_j e^{a_j}}",
        "m": r"\frac{\partial f}{\partial m_k} = r_k \frac{x - m_k}{s_k^2}",
        "s": r"\frac{\partial f}{\partial s_k} = r_k \left(\frac{(x - m_k)^2}{s_k^3} - \frac{1}{s_k}\right)",
    },
    notation={
        "r_k": (
            r"\frac{\frac{1}{s_k} e^{a_k - \frac{(x - m_k)^2}{2 s_k^2}}}"
            r"{\sum_j \frac{1}{s_j} e^{a_j - \frac{(x - m_j)^2}{2 s_j^2}}}"
        )
    },
    source=f"{BISHOP}, section 9.2.2",
    stable=Stable("Far from every mean all terms vanish, and the logarithm of 0 is taken.", stable_normal_mixture),
    also=("mixture density network", "expectation maximisation", "log-sum-exp"),
)


def probit(z: Array) -> Any:
    """log Φ(z), Φ the standard normal distribution function, elementwise."""
    return np.log(special.erfc(-z / np.sqrt(2.0)) / 2)


def probit_derivative(z: Array) -> Any:
    """φ(z) / Φ(z), elementwise: the inverse Mills ratio."""
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / (special.erfc(-z / np.sqrt(2.0)) / 2)


def stable_probit(z: Array) -> Any:
    """scipy.special.log_ndtr, which has a series for the tail."""
    return special.log_ndtr(z)


def stable_probit_derivative(z: Array) -> Any:
    """exp(log φ(z) − log Φ(z))."""
    return np.exp(-(z**2) / 2 - np.log(2 * np.pi) / 2 - special.log_ndtr(z))


LIBRARY.formula(
    "probit",
    "Log-probability of a probit model, log Φ(z)",
    formula=r"f(z) = \log \Phi(z)",
    forward=probit,
    inputs={"z": Reals()},
    derivative=probit_derivative,
    printed=(
        r"f'(z) = \frac{\frac{1}{\sqrt{2 \pi}} e^{-z^2 / 2}}"
        r"{\frac12 \left(1 + \operatorname{erf}\left(\frac{z}{\sqrt 2}\right)\right)}"
    ),
    source="C. Rasmussen and C. Williams, Gaussian Processes for Machine Learning, MIT Press 2006, section 3.9",
    stable=Stable(
        "Φ(z) vanishes for z below −38, so that its logarithm is −∞ and the derivative 0 / 0.",
        forward=stable_probit,
        derivative=stable_probit_derivative,
    ),
    also=("scipy.special.log_ndtr", "jax.scipy.special.log_ndtr", "torch.special.log_ndtr", "inverse Mills ratio"),
)


def gaussian_process(y: Array, a: Array, t: Array, v: Array) -> Any:
    """log N(y; 0, K), Kᵢⱼ = exp(−(aᵢ − aⱼ)²/2t²) + v δᵢⱼ: (n,), (n,), (), () → ()."""
    K = np.exp(-((a[:, None] - a[None, :]) ** 2) / (2 * t**2)) + v * np.eye(len(y))
    return -y @ np.linalg.solve(K, y) / 2 - np.linalg.slogdet(K)[1] / 2 - len(y) * np.log(2 * np.pi) / 2


def gaussian_process_scores(y: Array, a: Array, t: Array, v: Array) -> tuple[Any, Any]:
    """½ tr((w wᵀ − K⁻¹) ∂K/∂θ) with w = K⁻¹ y, for the length t and the variance v of the noise."""
    squares = (a[:, None] - a[None, :]) ** 2
    kernel = np.exp(-squares / (2 * t**2))
    inverse = np.linalg.inv(kernel + v * np.eye(len(y)))
    w = inverse @ y
    by_kernel = (np.outer(w, w) - inverse) / 2
    return np.sum(by_kernel * kernel * squares / t**3), np.trace(by_kernel)


LIBRARY.formula(
    "gaussian-process",
    "Log marginal likelihood of a Gaussian process, by the length scale and the noise",
    formula=(
        r"f = -\frac12 y^T K^{-1} y - \frac12 \log \det K - \frac{n}{2} \log(2 \pi),"
        r" \quad K_{ij} = e^{-(a_i - a_j)^2 / 2 t^2} + v \delta_{ij}"
    ),
    forward=gaussian_process,
    inputs={"y": Reals(3), "a": Reals(3, reach=3), "t": Reals(low=0.2), "v": Reals(low=0.1)},
    gradient=gaussian_process_scores,
    printed={
        "t": (r"\frac{\partial f}{\partial t} = \frac12 \operatorname{tr}\left((w w^T - K^{-1}) G\right)"),
        "v": r"\frac{\partial f}{\partial v} = \frac12 \operatorname{tr}\left(w w^T - K^{-1}\right)",
    },
    notation={
        "K_{ij}": r"e^{-\frac{(a_i - a_j)^2}{2 t^2}} + v \delta_{ij}",
        "G_{ij}": r"e^{-\frac{(a_i - a_j)^2}{2 t^2}} \frac{(a_i - a_j)^2}{t^3}",
        "w": r"K^{-1} y",
    },
    source="C. Rasmussen and C. Williams, Gaussian Processes for Machine Learning, MIT Press 2006, section 5.4.1",
    also=("kriging", "marginal likelihood", "evidence", "GPyTorch"),
    notes="w = K⁻¹ y and G = ∂K/∂t. Factor K once in practice; the inverse is written out here to be read.",
)


def normal_entropy(sigma: Array) -> Any:
    """½ log 2πe σ²: () → ()."""
    return np.log(2 * np.pi * sigma**2) / 2 + 0.5


def normal_entropy_gradient(sigma: Array) -> Any:
    """1/σ."""
    return 1 / sigma


LIBRARY.formula(
    "normal-entropy",
    "Entropy of a Gaussian",
    formula=r"H = \frac12 \log(2 \pi \sigma^2) + \frac12",
    forward=normal_entropy,
    inputs={"sigma": Reals(low=0)},
    gradient=normal_entropy_gradient,
    printed=r"\frac{\partial H}{\partial \sigma} = \frac{1}{\sigma}",
    source=f"{COVER}, chapter 8",
    also=("differential entropy",),
)


def multivariate_normal_entropy(S: Array) -> Any:
    """½ log det 2πS + n/2: (n, n) → ()."""
    return np.linalg.slogdet(2 * np.pi * S)[1] / 2 + len(S) / 2


def multivariate_normal_entropy_gradient(S: Array) -> Any:
    """½ S⁻¹: (n, n)."""
    return np.linalg.inv(S) / 2


LIBRARY.formula(
    "multivariate-normal-entropy",
    "Entropy of a multivariate Gaussian",
    formula=r"H = \frac12 \log \det(2 \pi S) + \frac{n}{2}",
    forward=multivariate_normal_entropy,
    inputs={"S": PositiveDefinite(3)},
    gradient=multivariate_normal_entropy_gradient,
    printed=r"\frac{\partial H}{\partial S} = \frac12 S^{-1}",
    source=f"{COVER}, chapter 8",
    also=("differential entropy", "torch.distributions.MultivariateNormal.entropy"),
)


def categorical_entropy(z: Array) -> Any:
    """−Σ pᵢ log pᵢ, p = softmax(z): (n,) → ()."""
    p = np.exp(z) / np.sum(np.exp(z))
    return -np.sum(p * np.log(p))


def categorical_entropy_gradient(z: Array) -> Any:
    """−p (log p + H): (n,)."""
    p = np.exp(z) / np.sum(np.exp(z))
    entropy = -np.sum(p * np.log(p))
    return -p * (np.log(p) + entropy)


def stable_categorical_entropy(z: Array) -> Any:
    """log Σ exp zⱼ − Σ pᵢ zᵢ, of z − max z."""
    shifted = z - np.max(z)
    total = np.sum(np.exp(shifted))
    return np.log(total) - np.sum(np.exp(shifted) * shifted) / total


LIBRARY.formula(
    "categorical-entropy",
    "Entropy of a categorical distribution, by the logits",
    formula=r"H = -\sum_i p_i \log p_i, \quad p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
    forward=categorical_entropy,
    inputs={"z": Reals(4)},
    gradient=categorical_entropy_gradient,
    printed=r"\frac{\partial H}{\partial z_i} = -p_i \left(\log p_i - \sum_k p_k \log p_k\right)",
    notation={"p_i": r"\frac{e^{z_i}}{\sum_j e^{z_j}}"},
    source=f"{COVER}, chapter 2",
    stable=Stable("A probability that vanishes makes 0 · log 0.", forward=stable_categorical_entropy),
    also=("torch.distributions.Categorical.entropy", "entropy bonus", "policy"),
)


def bernoulli_entropy(p: Array) -> Any:
    """−p log p − (1 − p) log(1 − p): () → ()."""
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def bernoulli_entropy_gradient(p: Array) -> Any:
    """log (1 − p)/p: minus the logit."""
    return np.log((1 - p) / p)


LIBRARY.formula(
    "bernoulli-entropy",
    "Entropy of a Bernoulli distribution",
    formula=r"H = -p \log p - (1 - p) \log(1 - p)",
    forward=bernoulli_entropy,
    inputs={"p": Reals(low=0, high=1)},
    gradient=bernoulli_entropy_gradient,
    printed=r"\frac{\partial H}{\partial p} = \log \frac{1 - p}{p}",
    source=f"{COVER}, chapter 2",
    also=("binary entropy", "torch.distributions.Bernoulli.entropy"),
)


def trigamma(x: Array) -> Any:
    """ψ′(x) = Σ 1/(x + k)²."""
    return special.zeta(2.0, x)


def gamma_entropy(alpha: Array, beta: Array) -> Any:
    """α − log β + log Γ(α) + (1 − α) ψ(α): numbers → ()."""
    return alpha - np.log(beta) + special.gammaln(alpha) + (1 - alpha) * special.psi(alpha)


def gamma_entropy_gradient(alpha: Array, beta: Array) -> tuple[Any, Any]:
    """1 + (1 − α) ψ₁(α) and −1/β."""
    return 1 + (1 - alpha) * trigamma(alpha), -1 / beta


LIBRARY.formula(
    "gamma-entropy",
    "Entropy of a gamma distribution",
    formula=r"H = \alpha - \log \beta + \log \Gamma(\alpha) + (1 - \alpha) \psi(\alpha)",
    forward=gamma_entropy,
    inputs={"alpha": Reals(low=0), "beta": Reals(low=0)},
    gradient=gamma_entropy_gradient,
    printed={
        "alpha": r"\frac{\partial H}{\partial \alpha} = 1 + (1 - \alpha) \psi_1(\alpha)",
        "beta": r"\frac{\partial H}{\partial \beta} = -\frac{1}{\beta}",
    },
    source=f"{COVER}, chapter 17",
    also=("scipy.stats.gamma.entropy", "torch.distributions.Gamma.entropy"),
)


def beta_entropy(alpha: Array, beta: Array) -> Any:
    """log B(α, β) − (α−1) ψ(α) − (β−1) ψ(β) + (α+β−2) ψ(α+β): numbers → ()."""
    spread = (alpha - 1) * special.psi(alpha) + (beta - 1) * special.psi(beta)
    return special.betaln(alpha, beta) - spread + (alpha + beta - 2) * special.psi(alpha + beta)


def beta_entropy_gradient(alpha: Array, beta: Array) -> tuple[Any, Any]:
    """(α+β−2) ψ₁(α+β) − (α−1) ψ₁(α), and the same with β for α."""
    common = (alpha + beta - 2) * trigamma(alpha + beta)
    return common - (alpha - 1) * trigamma(alpha), common - (beta - 1) * trigamma(beta)


LIBRARY.formula(
    "beta-entropy",
    "Entropy of a beta distribution",
    formula=(
        r"H = \log B(\alpha, \beta) - (\alpha - 1) \psi(\alpha) - (\beta - 1) \psi(\beta)"
        r" + (\alpha + \beta - 2) \psi(\alpha + \beta)"
    ),
    forward=beta_entropy,
    inputs={"alpha": Reals(low=0), "beta": Reals(low=0)},
    gradient=beta_entropy_gradient,
    printed={
        "alpha": (
            r"\frac{\partial H}{\partial \alpha} = (\alpha + \beta - 2) \psi_1(\alpha + \beta) - (\alpha - 1) \psi_1(\alpha)"
        ),
        "beta": (
            r"\frac{\partial H}{\partial \beta} = (\alpha + \beta - 2) \psi_1(\alpha + \beta) - (\beta - 1) \psi_1(\beta)"
        ),
    },
    source=f"{COVER}, chapter 17",
    also=("scipy.stats.beta.entropy", "torch.distributions.Beta.entropy"),
)


def dirichlet_entropy(a: Array) -> Any:
    """Σ log Γ(aᵢ) − log Γ(s) + (s − n) ψ(s) − Σ (aᵢ − 1) ψ(aᵢ), s = Σ aᵢ: (n,) → ()."""
    total = np.sum(a)
    normaliser = np.sum(special.gammaln(a)) - special.gammaln(total)
    return normaliser + (total - len(a)) * special.psi(total) - np.sum((a - 1) * special.psi(a))


def dirichlet_entropy_gradient(a: Array) -> Any:
    """(s − n) ψ₁(s) − (a − 1) ψ₁(a), s = Σ aᵢ: (n,)."""
    total = np.sum(a)
    return (total - len(a)) * trigamma(total) - (a - 1) * trigamma(a)


LIBRARY.formula(
    "dirichlet-entropy",
    "Entropy of a Dirichlet distribution",
    formula=(
        r"H = \sum_i \log \Gamma(a_i) - \log \Gamma(s) + (s - n) \psi(s) - \sum_i (a_i - 1) \psi(a_i),"
        r" \quad s = \sum_i a_i"
    ),
    forward=dirichlet_entropy,
    inputs={"a": Reals(3, low=0)},
    gradient=dirichlet_entropy_gradient,
    printed=r"\frac{\partial H}{\partial a_i} = (s - 3) \psi_1(s) - (a_i - 1) \psi_1(a_i)",
    notation={"s": r"\sum_j a_j"},
    source="T. Minka, Estimating a Dirichlet distribution, 2000",
    also=("scipy.stats.dirichlet.entropy", "torch.distributions.Dirichlet.entropy"),
    notes="n = 3 in what is printed.",
)


def normal_sample(mu: Array, sigma: Array, noise: Array) -> Any:
    """μ + σ ε, elementwise: (n,), (n,), (n,) → (n,)."""
    return mu + sigma * noise


def normal_sample_backward(dy: Array, mu: Array, sigma: Array, noise: Array) -> tuple[Any, Any]:
    """ȳ and ȳ ε."""
    return dy, dy * noise


LIBRARY.formula(
    "normal-sample",
    "Reparameterised Gaussian sample",
    formula=r"y_i = \mu_i + \sigma_i \varepsilon_i",
    forward=normal_sample,
    inputs={"mu": Reals(3), "sigma": Reals(3, low=0), "noise": Reals(3)},
    backward=normal_sample_backward,
    printed={
        "mu": r"\frac{\partial L}{\partial \mu_i} = \bar{y}_i",
        "sigma": r"\frac{\partial L}{\partial \sigma_i} = \bar{y}_i \varepsilon_i",
    },
    source=f"{KINGMA}, section 2.4",
    also=("reparameterisation trick", "rsample", "variational auto-encoder"),
    notes="The noise is standard normal.",
)


def multivariate_normal_sample(m: Array, C: Array, noise: Array) -> Any:
    """m + C ε, C lower triangular, above its diagonal not read: (n,), (n, n), (n,) → (n,)."""
    return m + np.tril(C) @ noise


def multivariate_normal_sample_backward(dy: Array, m: Array, C: Array, noise: Array) -> tuple[Any, Any]:
    """ȳ and the lower triangle of ȳ εᵀ."""
    return dy, np.tril(np.outer(dy, noise))


LIBRARY.formula(
    "multivariate-normal-sample",
    "Reparameterised multivariate Gaussian sample, by the Cholesky factor",
    formula=r"y = m + C \varepsilon",
    forward=multivariate_normal_sample,
    inputs={"m": Reals(3), "C": LowerTriangular(3), "noise": Reals(3)},
    backward=multivariate_normal_sample_backward,
    printed={
        "m": r"\frac{\partial L}{\partial m} = \bar y",
        "C": (
            r"\frac{\partial L}{\partial C_{ij}} = \begin{cases} \bar{y}_i \varepsilon_j & i \ge j \\ 0 & i < j \end{cases}"
        ),
    },
    source="D. Rezende, S. Mohamed and D. Wierstra, Stochastic backpropagation and approximate inference, ICML 2014",
    also=("scale_tril", "torch.distributions.MultivariateNormal.rsample"),
)


def log_normal_sample(mu: Array, sigma: Array, noise: Array) -> Any:
    """exp(μ + σ ε), elementwise: (n,), (n,), (n,) → (n,)."""
    return np.exp(mu + sigma * noise)


def log_normal_sample_backward(dy: Array, mu: Array, sigma: Array, noise: Array) -> tuple[Any, Any]:
    """ȳ y and ȳ y ε."""
    y = np.exp(mu + sigma * noise)
    return dy * y, dy * y * noise


LIBRARY.formula(
    "log-normal-sample",
    "Reparameterised log-normal sample",
    formula=r"y_i = e^{\mu_i + \sigma_i \varepsilon_i}",
    forward=log_normal_sample,
    inputs={"mu": Reals(3, reach=5), "sigma": Reals(3, low=0, reach=5), "noise": Reals(3, reach=5)},
    backward=log_normal_sample_backward,
    printed={
        "mu": r"\frac{\partial L}{\partial \mu_i} = \bar{y}_i e^{\mu_i + \sigma_i \varepsilon_i}",
        "sigma": r"\frac{\partial L}{\partial \sigma_i} = \bar{y}_i \varepsilon_i e^{\mu_i + \sigma_i \varepsilon_i}",
    },
    source=f"{KINGMA}, section 2.4",
    also=("torch.distributions.LogNormal.rsample",),
)


def logistic_sample(mu: Array, s: Array, u: Array) -> Any:
    """μ + s log u/(1 − u), elementwise, u between 0 and 1: (n,), (n,), (n,) → (n,)."""
    return mu + s * np.log(u / (1 - u))


def logistic_sample_backward(dy: Array, mu: Array, s: Array, u: Array) -> tuple[Any, Any]:
    """ȳ and ȳ log u/(1 − u)."""
    return dy, dy * np.log(u / (1 - u))


LIBRARY.formula(
    "logistic-sample",
    "Reparameterised logistic sample",
    formula=r"y_i = \mu_i + s_i \log \frac{u_i}{1 - u_i}",
    forward=logistic_sample,
    inputs={"mu": Reals(3), "s": Reals(3, low=0), "u": Reals(3, low=0, high=1)},
    backward=logistic_sample_backward,
    printed={
        "mu": r"\frac{\partial L}{\partial \mu_i} = \bar{y}_i",
        "s": r"\frac{\partial L}{\partial s_i} = \bar{y}_i \log \frac{u_i}{1 - u_i}",
    },
    source=f"{KINGMA}, section 2.4",
    also=("binary concrete", "inverse transform sampling"),
    notes="u is uniform between 0 and 1.",
)


def exponential_sample(rate: Array, u: Array) -> Any:
    """−log(1 − u)/λ, elementwise, u between 0 and 1: (n,), (n,) → (n,)."""
    return -np.log(1 - u) / rate


def exponential_sample_backward(dy: Array, rate: Array, u: Array) -> Any:
    """ȳ log(1 − u)/λ² = −ȳ y/λ."""
    return dy * np.log(1 - u) / rate**2


def stable_exponential_sample(rate: Array, u: Array) -> Any:
    """−log1p(−u)/λ."""
    return -np.log1p(-u) / rate


LIBRARY.formula(
    "exponential-sample",
    "Reparameterised exponential sample",
    formula=r"y_i = -\frac{\log(1 - u_i)}{\lambda_i}",
    forward=exponential_sample,
    inputs={"rate": Reals(3, low=0), "u": Reals(3, low=0, high=1)},
    backward=exponential_sample_backward,
    printed={"rate": r"\frac{\partial L}{\partial \lambda_i} = \bar{y}_i \frac{\log(1 - u_i)}{\lambda_i^2}"},
    source=f"{KINGMA}, section 2.4",
    stable=Stable("1 − u loses the digits of a small u.", forward=stable_exponential_sample, along="u"),
    also=("torch.distributions.Exponential.rsample", "inverse transform sampling"),
)


def weibull_sample(k: Array, s: Array, u: Array) -> Any:
    """s (−log(1 − u))^{1/k}, elementwise, u between 0 and 1: (n,), (n,), (n,) → (n,)."""
    return s * (-np.log(1 - u)) ** (1 / k)


def weibull_sample_backward(dy: Array, k: Array, s: Array, u: Array) -> tuple[Any, Any]:
    """−ȳ y log(e)/k² and ȳ y/s, where e = −log(1 − u)."""
    e = -np.log(1 - u)
    power = e ** (1 / k)
    return -dy * s * power * np.log(e) / k**2, dy * power


LIBRARY.formula(
    "weibull-sample",
    "Reparameterised Weibull sample",
    formula=r"y_i = s_i (-\log(1 - u_i))^{1 / k_i}",
    forward=weibull_sample,
    inputs={"k": Reals(3, low=0.3), "s": Reals(3, low=0), "u": Reals(3, low=0, high=1)},
    backward=weibull_sample_backward,
    printed={
        "k": (
            r"\frac{\partial L}{\partial k_i} = -\bar{y}_i s_i e^{\frac{1}{k_i} \log(-\log(1 - u_i))}"
            r" \frac{\log(-\log(1 - u_i))}{k_i^2}"
        ),
        "s": r"\frac{\partial L}{\partial s_i} = \bar{y}_i e^{\frac{1}{k_i} \log(-\log(1 - u_i))}",
    },
    source=f"{KINGMA}, section 2.4",
    also=("torch.distributions.Weibull.rsample", "survival analysis"),
)


def gumbel_softmax(z: Array, noise: Array, tau: Array) -> Any:
    """softmax((z + g)/τ): logits (n,), noise (n,), temperature () → (n,)."""
    powers = np.exp((z + noise) / tau)
    return powers / np.sum(powers)


def gumbel_softmax_backward(dy: Array, z: Array, noise: Array, tau: Array) -> tuple[Any, Any]:
    """h = y ⊙ (ȳ − yᵀȳ)/τ, and −hᵀ (z + g)/τ."""
    y = gumbel_softmax(z, noise, tau)
    by_logits = y * (dy - y @ dy) / tau
    return by_logits, -by_logits @ (z + noise) / tau


def stable_gumbel_softmax(z: Array, noise: Array, tau: Array) -> Any:
    """The same after the largest exponent is taken off."""
    exponents = (z + noise) / tau
    powers = np.exp(exponents - np.max(exponents))
    return powers / np.sum(powers)


LIBRARY.formula(
    "gumbel-softmax",
    "Gumbel-softmax sample (concrete distribution)",
    formula=r"y_i = \frac{e^{(z_i + g_i) / \tau}}{\sum_j e^{(z_j + g_j) / \tau}}",
    forward=gumbel_softmax,
    inputs={"z": Reals(3), "noise": Reals(3), "tau": Reals(low=0.1)},
    backward=gumbel_softmax_backward,
    printed={
        "z": r"\frac{\partial L}{\partial z_i} = \frac{1}{\tau} p_i \left(\bar{y}_i - \sum_k \bar{y}_k p_k\right)",
        "tau": (
            r"\frac{\partial L}{\partial \tau} = -\frac{1}{\tau^2}"
            r" \sum_i (z_i + g_i) p_i \left(\bar{y}_i - \sum_k \bar{y}_k p_k\right)"
        ),
    },
    notation={"g": "noise", "p_i": r"\frac{e^{(z_i + g_i) / \tau}}{\sum_j e^{(z_j + g_j) / \tau}}"},
    source="E. Jang, S. Gu and B. Poole, Categorical reparameterization with Gumbel-softmax, ICLR 2017, section 2",
    stable=Stable("The exponent overflows at a low temperature.", forward=stable_gumbel_softmax, along="z"),
    also=("torch.nn.functional.gumbel_softmax", "concrete relaxation", "relaxed one-hot categorical"),
    notes="The noise g = −log(−log u), u uniform between 0 and 1.",
)


def expected_reward(z: Array, r: Array) -> Any:
    """Σ softmax(z)ᵢ rᵢ: (n,), (n,) → ()."""
    return np.sum(np.exp(z) * r) / np.sum(np.exp(z))


def expected_reward_gradient(z: Array, r: Array) -> tuple[Any, Any]:
    """p ⊙ (r − pᵀr), the mean of the reward times the score, and p = softmax(z)."""
    p = np.exp(z) / np.sum(np.exp(z))
    return p * (r - p @ r), p


LIBRARY.formula(
    "score-function-gradient",
    "Gradient of an expectation over a categorical distribution (policy gradient, REINFORCE)",
    formula=r"J = \sum_i p_i r_i, \quad p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
    forward=expected_reward,
    inputs={"z": Reals(4), "r": Reals(4)},
    gradient=expected_reward_gradient,
    printed={
        "z": r"\frac{\partial J}{\partial z_i} = p_i \left(r_i - \sum_k p_k r_k\right)",
        "r": r"\frac{\partial J}{\partial r_i} = p_i",
    },
    notation={"p_i": r"\frac{e^{z_i}}{\sum_j e^{z_j}}"},
    source="R. Williams, Simple statistical gradient-following algorithms, Machine Learning 8, 1992",
    also=("policy gradient", "likelihood ratio", "log-derivative trick", "baseline"),
    notes="The mean reward pᵀr is the baseline that comes by itself.",
)


def normal_divergence(m: Array, s: Array, n: Array, t: Array) -> Any:
    """log t/s + (s² + (m − n)²)/2t² − ½, the divergence of N(m, s²) from N(n, t²): numbers → ()."""
    return np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5


def normal_divergence_gradient(m: Array, s: Array, n: Array, t: Array) -> tuple[Any, Any, Any, Any]:
    """(m − n)/t², s/t² − 1/s, (n − m)/t² and 1/t − (s² + (m − n)²)/t³."""
    shift = (m - n) / t**2
    return shift, s / t**2 - 1 / s, -shift, 1 / t - (s**2 + (m - n) ** 2) / t**3


LIBRARY.formula(
    "kl-normal",
    "KL divergence of two Gaussians",
    formula=r"D = \log \frac{t}{s} + \frac{s^2 + (m - n)^2}{2 t^2} - \frac12",
    forward=normal_divergence,
    inputs={"m": Reals(), "s": Reals(low=0), "n": Reals(), "t": Reals(low=0)},
    gradient=normal_divergence_gradient,
    printed={
        "m": r"\frac{\partial D}{\partial m} = \frac{m - n}{t^2}",
        "s": r"\frac{\partial D}{\partial s} = \frac{s}{t^2} - \frac1s",
        "n": r"\frac{\partial D}{\partial n} = \frac{n - m}{t^2}",
        "t": r"\frac{\partial D}{\partial t} = \frac1t - \frac{s^2 + (m - n)^2}{t^3}",
    },
    source="S. Kullback, Information Theory and Statistics, Wiley 1959, chapter 9",
    also=("torch.distributions.kl_divergence", "relative entropy"),
    notes="D(N(m, s²) ‖ N(n, t²)).",
)


def standard_normal_divergence(m: Array, v: Array) -> Any:
    """½ Σ (mᵢ² + exp vᵢ − 1 − vᵢ), of N(m, exp v) from N(0, 1): (n,), (n,) → ()."""
    return np.sum(m**2 + np.exp(v) - 1 - v) / 2


def standard_normal_divergence_gradient(m: Array, v: Array) -> tuple[Any, Any]:
    """m and (exp v − 1)/2: (n,) each."""
    return m, (np.exp(v) - 1) / 2


def stable_standard_normal_divergence_gradient(m: Array, v: Array) -> tuple[Any, Any]:
    """m and expm1(v)/2."""
    return m, np.expm1(v) / 2


LIBRARY.formula(
    "kl-standard-normal",
    "KL divergence of a diagonal Gaussian from the standard one (variational auto-encoder)",
    formula=r"D = \frac12 \sum_i \left(m_i^2 + e^{v_i} - 1 - v_i\right)",
    forward=standard_normal_divergence,
    inputs={"m": Reals(3), "v": Reals(3)},
    gradient=standard_normal_divergence_gradient,
    printed={
        "m": r"\frac{\partial D}{\partial m_i} = m_i",
        "v": r"\frac{\partial D}{\partial v_i} = \frac12 (e^{v_i} - 1)",
    },
    source=f"{KINGMA}, appendix B",
    stable=Stable(
        "exp v − 1 loses the digits of a small v.", derivative=stable_standard_normal_divergence_gradient, along="v"
    ),
    also=("VAE", "evidence lower bound", "ELBO", "log variance", "logvar"),
)


def multivariate_normal_divergence(m: Array, S: Array, n: Array, T: Array) -> Any:
    """½ (tr T⁻¹S + (n − m)ᵀ T⁻¹ (n − m) − k + log|T| − log|S|), of N(m, S) from N(n, T)."""
    trace = np.trace(np.linalg.solve(T, S)) + (n - m) @ np.linalg.solve(T, n - m)
    return (trace - len(m) + np.linalg.slogdet(T)[1] - np.linalg.slogdet(S)[1]) / 2


def multivariate_normal_divergence_gradient(m: Array, S: Array, n: Array, T: Array) -> tuple[Any, Any, Any, Any]:
    """T⁻¹ (m − n), ½ (T⁻¹ − S⁻¹), T⁻¹ (n − m) and ½ (T⁻¹ − T⁻¹ (S + d dᵀ) T⁻¹), d = m − n."""
    inverse, d = np.linalg.inv(T), m - n
    by_T = (inverse - inverse @ (S + np.outer(d, d)) @ inverse) / 2
    return inverse @ d, (inverse - np.linalg.inv(S)) / 2, -inverse @ d, by_T


LIBRARY.formula(
    "kl-multivariate-normal",
    "KL divergence of two multivariate Gaussians",
    formula=(
        r"D = \frac12 \left(\operatorname{tr}(T^{-1} S) + (n - m)^T T^{-1} (n - m) - k + \log \det T - \log \det S\right)"
    ),
    forward=multivariate_normal_divergence,
    inputs={"m": Reals(2), "S": PositiveDefinite(2), "n": Reals(2), "T": PositiveDefinite(2)},
    gradient=multivariate_normal_divergence_gradient,
    printed={
        "m": r"\frac{\partial D}{\partial m} = T^{-1} (m - n)",
        "S": r"\frac{\partial D}{\partial S} = \frac12 \left(T^{-1} - S^{-1}\right)",
        "n": r"\frac{\partial D}{\partial n} = T^{-1} (n - m)",
        "T": (
            r"\frac{\partial D}{\partial T} ="
            r" \frac12 \left(T^{-1} - T^{-1} (S + (m - n) (m - n)^T) T^{-1}\right)"
        ),
    },
    source="S. Kullback, Information Theory and Statistics, Wiley 1959, chapter 9",
    also=("torch.distributions.kl_divergence", "natural gradient", "trust region"),
    notes="A derivative is taken in all entries of S and T, as if none were tied.",
)


def gamma_divergence(a: Array, b: Array, c: Array, d: Array) -> Any:
    """(a − c) ψ(a) − log Γ(a) + log Γ(c) + c (log b − log d) + a (d − b)/b, of Γ(a, b) from Γ(c, d): numbers → ()."""
    shapes = (a - c) * special.psi(a) - special.gammaln(a) + special.gammaln(c)
    return shapes + c * (np.log(b) - np.log(d)) + a * (d - b) / b


def gamma_divergence_gradient(a: Array, b: Array, c: Array, d: Array) -> tuple[Any, Any, Any, Any]:
    """(a − c) ψ₁(a) + (d − b)/b, c/b − a d/b², ψ(c) − ψ(a) + log b/d and a/b − c/d."""
    by_c = special.psi(c) - special.psi(a) + np.log(b) - np.log(d)
    return (a - c) * trigamma(a) + (d - b) / b, c / b - a * d / b**2, by_c, a / b - c / d


LIBRARY.formula(
    "kl-gamma",
    "KL divergence of two gamma distributions",
    formula=r"D = (a - c) \psi(a) - \log \Gamma(a) + \log \Gamma(c) + c \log \frac{b}{d} + a \frac{d - b}{b}",
    forward=gamma_divergence,
    inputs={"a": Reals(low=0), "b": Reals(low=0), "c": Reals(low=0), "d": Reals(low=0)},
    gradient=gamma_divergence_gradient,
    printed={
        "a": r"\frac{\partial D}{\partial a} = (a - c) \psi_1(a) + \frac{d - b}{b}",
        "b": r"\frac{\partial D}{\partial b} = \frac{c}{b} - \frac{a d}{b^2}",
        "c": r"\frac{\partial D}{\partial c} = \psi(c) - \psi(a) + \log \frac{b}{d}",
        "d": r"\frac{\partial D}{\partial d} = \frac{a}{b} - \frac{c}{d}",
    },
    source="W. Penny, Kullback-Leibler divergences of normal, gamma, Dirichlet and Wishart densities, 2001",
    also=("torch.distributions.kl_divergence",),
    notes="a and c are shapes, b and d rates.",
)


def dirichlet_divergence(a: Array, b: Array) -> Any:
    """log Γ(Σa) − Σ log Γ(aᵢ) − log Γ(Σb) + Σ log Γ(bᵢ) + Σ (aᵢ − bᵢ)(ψ(aᵢ) − ψ(Σa)), of Dir(a) from Dir(b)."""
    of_a = special.gammaln(np.sum(a)) - np.sum(special.gammaln(a))
    of_b = special.gammaln(np.sum(b)) - np.sum(special.gammaln(b))
    return of_a - of_b + np.sum((a - b) * (special.psi(a) - special.psi(np.sum(a))))


def dirichlet_divergence_gradient(a: Array, b: Array) -> tuple[Any, Any]:
    """(a − b) ψ₁(a) − Σ(a − b) ψ₁(Σa), and ψ(b) − ψ(Σb) − ψ(a) + ψ(Σa): (n,) each."""
    by_a = (a - b) * trigamma(a) - np.sum(a - b) * trigamma(np.sum(a))
    return by_a, special.psi(b) - special.psi(np.sum(b)) - special.psi(a) + special.psi(np.sum(a))


LIBRARY.formula(
    "kl-dirichlet",
    "KL divergence of two Dirichlet distributions",
    formula=(
        r"D = \log \frac{\Gamma(\sum_i a_i)}{\Gamma(\sum_i b_i)} + \sum_i \log \frac{\Gamma(b_i)}{\Gamma(a_i)}"
        r" + \sum_i (a_i - b_i) \left(\psi(a_i) - \psi\left(\sum_j a_j\right)\right)"
    ),
    forward=dirichlet_divergence,
    inputs={"a": Reals(3, low=0), "b": Reals(3, low=0)},
    gradient=dirichlet_divergence_gradient,
    printed={
        "a": r"\frac{\partial D}{\partial a_i} = (a_i - b_i) \psi_1(a_i) - (s - t) \psi_1(s)",
        "b": r"\frac{\partial D}{\partial b_i} = \psi(b_i) - \psi(t) - \psi(a_i) + \psi(s)",
    },
    notation={"s": r"\sum_j a_j", "t": r"\sum_j b_j"},
    source="W. Penny, Kullback-Leibler divergences of normal, gamma, Dirichlet and Wishart densities, 2001",
    also=("torch.distributions.kl_divergence", "evidential learning", "topic model"),
)


def beta_divergence(a: Array, b: Array, c: Array, d: Array) -> Any:
    """log B(c,d)/B(a,b) + (a−c) ψ(a) + (b−d) ψ(b) + (c−a+d−b) ψ(a+b), of Beta(a, b) from Beta(c, d): numbers → ()."""
    spread = (a - c) * special.psi(a) + (b - d) * special.psi(b) + (c - a + d - b) * special.psi(a + b)
    return special.betaln(c, d) - special.betaln(a, b) + spread


def beta_divergence_gradient(a: Array, b: Array, c: Array, d: Array) -> tuple[Any, Any, Any, Any]:
    """(a−c) ψ₁(a) − h and (b−d) ψ₁(b) − h with h = (a−c+b−d) ψ₁(a+b); ψ(c) − ψ(c+d) − ψ(a) + ψ(a+b), and that of d."""
    common = (a - c + b - d) * trigamma(a + b)
    total = special.psi(a + b) - special.psi(c + d)
    by_c, by_d = special.psi(c) - special.psi(a) + total, special.psi(d) - special.psi(b) + total
    return (a - c) * trigamma(a) - common, (b - d) * trigamma(b) - common, by_c, by_d


LIBRARY.formula(
    "kl-beta",
    "KL divergence of two beta distributions",
    formula=r"D = \log \frac{B(c, d)}{B(a, b)} + (a - c) \psi(a) + (b - d) \psi(b) + (c - a + d - b) \psi(a + b)",
    forward=beta_divergence,
    inputs={"a": Reals(low=0), "b": Reals(low=0), "c": Reals(low=0), "d": Reals(low=0)},
    gradient=beta_divergence_gradient,
    printed={
        "a": r"\frac{\partial D}{\partial a} = (a - c) \psi_1(a) - (a - c + b - d) \psi_1(a + b)",
        "b": r"\frac{\partial D}{\partial b} = (b - d) \psi_1(b) - (a - c + b - d) \psi_1(a + b)",
        "c": r"\frac{\partial D}{\partial c} = \psi(c) - \psi(c + d) - \psi(a) + \psi(a + b)",
        "d": r"\frac{\partial D}{\partial d} = \psi(d) - \psi(c + d) - \psi(b) + \psi(a + b)",
    },
    source="W. Penny, Kullback-Leibler divergences of normal, gamma, Dirichlet and Wishart densities, 2001",
    also=("torch.distributions.kl_divergence",),
    notes="That of Dirichlet distributions with two entries.",
)


def bernoulli_divergence(p: Array, q: Array) -> Any:
    """p log p/q + (1 − p) log (1 − p)/(1 − q): numbers → ()."""
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


def bernoulli_divergence_gradient(p: Array, q: Array) -> tuple[Any, Any]:
    """log p/q − log (1 − p)/(1 − q) and (q − p)/q(1 − q)."""
    return np.log(p / q) - np.log((1 - p) / (1 - q)), (q - p) / (q * (1 - q))


LIBRARY.formula(
    "kl-bernoulli",
    "KL divergence of two Bernoulli distributions",
    formula=r"D = p \log \frac{p}{q} + (1 - p) \log \frac{1 - p}{1 - q}",
    forward=bernoulli_divergence,
    inputs={"p": Reals(low=0, high=1), "q": Reals(low=0, high=1)},
    gradient=bernoulli_divergence_gradient,
    printed={
        "p": r"\frac{\partial D}{\partial p} = \log \frac{p}{q} - \log \frac{1 - p}{1 - q}",
        "q": r"\frac{\partial D}{\partial q} = \frac{q - p}{q (1 - q)}",
    },
    source=f"{COVER}, chapter 2",
    also=("sparse auto-encoder", "torch.distributions.kl_divergence"),
)


def categorical_divergence(z: Array, w: Array) -> Any:
    """Σ pᵢ log pᵢ/qᵢ, p = softmax(z), q = softmax(w): (n,), (n,) → ()."""
    p, q = np.exp(z) / np.sum(np.exp(z)), np.exp(w) / np.sum(np.exp(w))
    return np.sum(p * np.log(p / q))


def categorical_divergence_gradient(z: Array, w: Array) -> tuple[Any, Any]:
    """p (log p/q − D) and q − p: (n,) each."""
    p, q = np.exp(z) / np.sum(np.exp(z)), np.exp(w) / np.sum(np.exp(w))
    ratio = np.log(p / q)
    return p * (ratio - np.sum(p * ratio)), q - p


def log_softmax(z: Array) -> Any:
    """z − log Σ exp zⱼ, of z − max z: (n,) → (n,)."""
    shifted = z - np.max(z)
    return shifted - np.log(np.sum(np.exp(shifted)))


def stable_categorical_divergence(z: Array, w: Array) -> Any:
    """Σ exp(l) (l − m), with l and m the log-softmax of z and w."""
    return np.sum(np.exp(log_softmax(z)) * (log_softmax(z) - log_softmax(w)))


LIBRARY.formula(
    "kl-categorical",
    "KL divergence of two categorical distributions, by the logits",
    formula=(
        r"D = \sum_i p_i \log \frac{p_i}{q_i}, \quad p_i = \frac{e^{z_i}}{\sum_j e^{z_j}},"
        r" \quad q_i = \frac{e^{w_i}}{\sum_j e^{w_j}}"
    ),
    forward=categorical_divergence,
    inputs={"z": Reals(3), "w": Reals(3)},
    gradient=categorical_divergence_gradient,
    printed={
        "z": (
            r"\frac{\partial D}{\partial z_i} = p_i \left(\log \frac{p_i}{q_i} - \sum_k p_k \log \frac{p_k}{q_k}\right)"
        ),
        "w": r"\frac{\partial D}{\partial w_i} = q_i - p_i",
    },
    notation={"p_i": r"\frac{e^{z_i}}{\sum_j e^{z_j}}", "q_i": r"\frac{e^{w_i}}{\sum_j e^{w_j}}"},
    source=f"{COVER}, chapter 2",
    stable=Stable("A probability that vanishes makes the logarithm of 0.", forward=stable_categorical_divergence),
    also=("knowledge distillation", "torch.nn.KLDivLoss", "optax.losses.kl_divergence", "trust region"),
)


def poisson_divergence(a: Array, b: Array) -> Any:
    """a log a/b − a + b: numbers → ()."""
    return a * np.log(a / b) - a + b


def poisson_divergence_gradient(a: Array, b: Array) -> tuple[Any, Any]:
    """log a/b and 1 − a/b."""
    return np.log(a / b), 1 - a / b


LIBRARY.formula(
    "kl-poisson",
    "KL divergence of two Poisson distributions (generalised divergence of two positive numbers)",
    formula=r"D = a \log \frac{a}{b} - a + b",
    forward=poisson_divergence,
    inputs={"a": Reals(low=0), "b": Reals(low=0)},
    gradient=poisson_divergence_gradient,
    printed={
        "a": r"\frac{\partial D}{\partial a} = \log \frac{a}{b}",
        "b": r"\frac{\partial D}{\partial b} = 1 - \frac{a}{b}",
    },
    source="D. Lee and H. S. Seung, Algorithms for non-negative matrix factorization, NIPS 2000",
    also=("scipy.special.kl_div", "I-divergence", "non-negative matrix factorisation"),
)


def exponential_divergence(a: Array, b: Array) -> Any:
    """log a/b + b/a − 1, of the rate a from the rate b: numbers → ()."""
    return np.log(a / b) + b / a - 1


def exponential_divergence_gradient(a: Array, b: Array) -> tuple[Any, Any]:
    """1/a − b/a² and 1/a − 1/b."""
    return 1 / a - b / a**2, 1 / a - 1 / b


LIBRARY.formula(
    "kl-exponential",
    "KL divergence of two exponential distributions (Itakura-Saito divergence)",
    formula=r"D = \log \frac{a}{b} + \frac{b}{a} - 1",
    forward=exponential_divergence,
    inputs={"a": Reals(low=0), "b": Reals(low=0)},
    gradient=exponential_divergence_gradient,
    printed={
        "a": r"\frac{\partial D}{\partial a} = \frac1a - \frac{b}{a^2}",
        "b": r"\frac{\partial D}{\partial b} = \frac1a - \frac1b",
    },
    source="C. Févotte, N. Bertin and J.-L. Durrieu, Nonnegative matrix factorization with the Itakura-Saito divergence, 2009",
    also=("torch.distributions.kl_divergence",),
)
