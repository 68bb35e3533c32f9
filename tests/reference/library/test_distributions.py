"""Distributions: every claim holds, certified, and is what is printed; JAX, SciPy and torch say the same; faults are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.distributions import LIBRARY, gumbel_softmax_backward, multivariate_normal_scores
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_same_as_torch,
    assert_stable_form_survives,
    claims_of,
    faults_in,
    points_of,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED = {"von-mises-kappa": "the reader knows no Bessel functions"}
FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
OPPOSITE = "the sign is wrong: exactly −1 times the true value"
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]

JAX: Peers = {
    "normal": lambda stats: stats.norm.logpdf,
    "normal-by-variance": lambda stats: lambda x, mu, v: stats.norm.logpdf(x, mu, v**0.5),
    "multivariate-normal": lambda stats: stats.multivariate_normal.logpdf,
    "laplace": lambda stats: stats.laplace.logpdf,
    "logistic": lambda stats: stats.logistic.logpdf,
    "cauchy": lambda stats: stats.cauchy.logpdf,
    "student-t": lambda stats: lambda x, mu, sigma, nu: stats.t.logpdf(x, nu, mu, sigma),
    "exponential": lambda stats: lambda x, rate: stats.expon.logpdf(x, scale=1 / rate),
    "gamma": lambda stats: lambda x, alpha, beta: stats.gamma.logpdf(x, alpha, scale=1 / beta),
    "chi-squared": lambda stats: stats.chi2.logpdf,
    "bernoulli": lambda stats: stats.bernoulli.logpmf,
    "poisson": lambda stats: stats.poisson.logpmf,
    "geometric": lambda stats: lambda k, p: stats.geom.logpmf(k + 1, p),
    "negative-binomial": lambda stats: stats.nbinom.logpmf,
    "von-mises": lambda stats: lambda x, mu, kappa: stats.vonmises.logpdf(x - mu, kappa),
}
"""Functions of jax.scipy.stats that do the same."""

SCIPY: Peers = {
    "log-normal": lambda stats: lambda x, mu, sigma: stats.lognorm.logpdf(x, sigma, scale=np.exp(mu)),
    "inverse-gamma": lambda stats: lambda x, alpha, beta: stats.invgamma.logpdf(x, alpha, scale=beta),
    "beta": lambda stats: stats.beta.logpdf,
    "dirichlet": lambda stats: stats.dirichlet.logpdf,
    "binomial": lambda stats: stats.binom.logpmf,
    "multinomial-by-logits": lambda stats: lambda x, z: stats.multinomial.logpmf(x, np.sum(x), special.softmax(z)),
    "weibull": lambda stats: lambda x, k, rate: stats.weibull_min.logpdf(x, k, scale=rate),
    "gumbel": lambda stats: stats.gumbel_r.logpdf,
    "rayleigh": lambda stats: lambda x, sigma: stats.rayleigh.logpdf(x, scale=sigma),
    "wishart": lambda stats: lambda X, V, n: stats.wishart.logpdf(X, float(n), V),
    "multivariate-normal-by-precision": lambda stats: (
        lambda x, m, P: stats.multivariate_normal.logpdf(x, m, np.linalg.inv(P))
    ),
    "multivariate-normal-by-cholesky": lambda stats: lambda x, m, C: stats.multivariate_normal.logpdf(x, m, C @ C.T),
    "diagonal-normal": lambda stats: lambda x, m, s: np.sum(stats.norm.logpdf(x, m, np.exp(s))),
    "probit": lambda stats: stats.norm.logcdf,
    "normal-entropy": lambda stats: lambda sigma: stats.norm.entropy(scale=sigma),
    "multivariate-normal-entropy": lambda stats: lambda S: stats.multivariate_normal.entropy(cov=S),
    "categorical-entropy": lambda stats: lambda z: stats.entropy(special.softmax(z)),
    "bernoulli-entropy": lambda stats: stats.bernoulli.entropy,
    "gamma-entropy": lambda stats: lambda alpha, beta: stats.gamma.entropy(alpha, scale=1 / beta),
    "beta-entropy": lambda stats: stats.beta.entropy,
    "dirichlet-entropy": lambda stats: stats.dirichlet.entropy,
    "kl-categorical": lambda stats: lambda z, w: stats.entropy(special.softmax(z), special.softmax(w)),
    "kl-bernoulli": lambda stats: lambda p, q: stats.entropy([p, 1 - p], [q, 1 - q]),
    "kl-poisson": lambda stats: special.kl_div,
}
"""Functions of scipy.stats with the same values."""


def divergence(kind: str, *shapes: int) -> Callable[[Any], Callable[..., Any]]:
    """torch's divergence of two distributions of a kind, each of as many parameters as there are shapes."""

    def of(torch: Any) -> Callable[..., Any]:
        make = getattr(torch.distributions, kind)

        def between(*parameters: Any) -> Any:
            half = len(parameters) // 2
            return torch.distributions.kl_divergence(make(*parameters[:half]), make(*parameters[half:]))

        return between

    return of


TORCH: Peers = {
    "kl-normal": divergence("Normal"),
    "kl-multivariate-normal": divergence("MultivariateNormal"),
    "kl-bernoulli": divergence("Bernoulli"),
    "kl-poisson": divergence("Poisson"),
    "kl-exponential": divergence("Exponential"),
    "pareto": lambda torch: lambda x, m, alpha: torch.distributions.Pareto(m, alpha, validate_args=False).log_prob(x),
    "beta": lambda torch: lambda x, alpha, beta: torch.distributions.Beta(alpha, beta).log_prob(x),
    "dirichlet": lambda torch: lambda x, a: torch.distributions.Dirichlet(a).log_prob(x),
    "normal-mixture": lambda torch: (
        lambda x, a, m, s: torch.distributions.MixtureSameFamily(
            torch.distributions.Categorical(logits=a), torch.distributions.Normal(m, s)
        ).log_prob(x)
    ),
}
"""Functions of torch that do the same."""

TORCH_IN_VALUE: Peers = {
    "kl-gamma": divergence("Gamma"),
    "kl-dirichlet": divergence("Dirichlet"),
    "kl-beta": divergence("Beta"),
}
"""Those whose derivative there is good to 9 digits only, as the trigamma function of torch is."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


def test_the_exceptions_are_claims_of_the_family() -> None:
    assert {*NOT_CERTIFIED, *NOT_COMPARED} <= {claim.name for claim in claims_of(LIBRARY)}


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_they_are(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("formula", [one for one in LIBRARY.formulas if one.stable], ids=lambda formula: formula.name)
def test_stable_forms_neither_overflow_nor_vanish(formula: Formula) -> None:
    assert_stable_form_survives(formula, 1e-12, 1e-3, 30.0, 600.0)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    import jax.scipy.stats

    assert_same_as_jax(FORMULAS[name], JAX[name](jax.scipy.stats))


def test_at_its_kink_the_laplace_density_has_the_slope_of_one_side_in_jax() -> None:
    import jax
    import jax.scipy.stats

    point = (1.0, 1.0, 2.0)
    assert FORMULAS["laplace"].derivative(*point)[:2] == (0, 0)
    assert jax.grad(jax.scipy.stats.laplace.logpdf)(*point) == -0.5


@pytest.mark.parametrize("name", SCIPY)
def test_scipy_has_the_same_values(name: str) -> None:
    formula = FORMULAS[name]
    for point in points_of(formula):
        inputs = point[len(formula.cotangents) :]
        np.testing.assert_allclose(formula.forward(*inputs), SCIPY[name](stats)(*inputs), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch))


@pytest.mark.parametrize("name", TORCH_IN_VALUE)
def test_torch_has_the_same_values(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    for point in points_of(FORMULAS[name]):
        theirs = TORCH_IN_VALUE[name](torch)(*(torch.tensor(np.asarray(value)) for value in point))
        np.testing.assert_allclose(FORMULAS[name].forward(*point), theirs.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in FORMULAS if name.startswith("kl-")])
def test_a_divergence_is_positive_and_zero_of_a_distribution_from_itself(name: str) -> None:
    formula = FORMULAS[name]
    for point in points_of(formula):
        assert formula.forward(*point) > 0
        half = len(point) // 2
        if name != "kl-standard-normal":
            assert abs(formula.forward(*point[:half], *point[:half])) < 1e-13


def test_the_tail_of_the_probit_model_is_there() -> None:
    stable = FORMULAS["probit"].stable
    assert stable is not None and stable.forward is not None and stable.derivative is not None
    assert stable.forward(-100.0) == pytest.approx(-5005.524208694205, rel=1e-13)
    assert stable.derivative(-100.0) == pytest.approx(100.00999800099927, rel=1e-11)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        (
            "normal",
            lambda x, mu, sigma: ((x - mu) / sigma**2, (x - mu) / sigma**2, ((x - mu) ** 2 / sigma**2 - 1) / sigma),
            {"x": OPPOSITE},
        ),
        (
            "multivariate-normal",
            lambda x, m, S: (*multivariate_normal_scores(x, m, S)[:2], 2 * multivariate_normal_scores(x, m, S)[2]),
            {"S": "exactly 2 times the true value"},
        ),
        (
            "gamma",
            lambda x, alpha, beta: ((alpha - 1) / x - beta, np.log(beta * x) - special.psi(alpha), x - alpha / beta),
            {"beta": OPPOSITE},
        ),
        (
            "dirichlet",
            lambda x, a: ((a - 1) / x, np.log(x) - special.psi(a)),
            {"a": "off by the same number everywhere, another one at each point: is a mean or a sum not subtracted?"},
        ),
        ("categorical-by-logits", lambda x, z: np.exp(z) / np.sum(np.exp(z)) - x, {"z": OPPOSITE}),
        (
            "categorical-entropy",
            lambda z: -np.exp(z) / np.sum(np.exp(z)) * np.log(np.exp(z) / np.sum(np.exp(z))),
            {"z": "all 4 entries are wrong, by no simple pattern"},
        ),
        (
            "gumbel-softmax",
            lambda dy, z, noise, tau: (
                tau * gumbel_softmax_backward(dy, z, noise, tau)[0],
                gumbel_softmax_backward(dy, z, noise, tau)[1],
            ),
            {"z": "the factor tau is too many"},
        ),
        (
            "multivariate-normal-sample",
            lambda dy, m, C, noise: (dy, np.outer(dy, noise)),
            {"C": "only rows 0, 1 wrong, of 3"},
        ),
        ("kl-standard-normal", lambda m, v: (m, np.exp(v) / 2), {"v": "too large by 1/2 everywhere"}),
        (
            "kl-bernoulli",
            lambda p, q: (np.log(p / q) - np.log((1 - p) / (1 - q)), (p - q) / (q * (1 - q))),
            {"q": OPPOSITE},
        ),
    ],
)
def test_wrong_derivatives_are_caught(name: str, wrong: Any, said: dict[str, str]) -> None:
    assert faults_in(FORMULAS[name], wrong) == said
