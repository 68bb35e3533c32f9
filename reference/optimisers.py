r"""How weights are improved from a gradient: the optimisers that the document ``network-basics`` names, each rule a claim.

A rule is a function of arrays that returns new ones; w is what is optimised, g its gradient, α the step size. Everything
works entry by entry, except Newton's and the quasi-Newton rule, for which w and g are vectors. The document says in words
what each method does and prints no rule, so each is that of its own paper, and each claim compares what is printed there
with what the code does. Where implementations differ from one another, the entry says how.

`Optimiser` and the classes below it keep what a rule remembers between two steps.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library(
    "optimisers",
    "optimisers.py",
    "Optimisers",
    {
        r"\alpha": "step",
        r"\beta": "beta",
        r"\gamma": "beta",
        r"\epsilon": "eps",
        r"\beta_1": "beta1",
        r"\beta_2": "beta2",
    },
)

STEP = Reals(low=0)
SHARE = Reals(low=0, high=1)
SQUARES = Reals(4, low=0)
VECTOR = Reals(4)
"""What the rules quantify over: a step size, a weight of an average, sums of squares, and vectors of weights."""


def sgd(w: Array, g: Array, step: Any) -> Array:
    """w − α g."""
    new: Array = w - step * g
    return new


def sgd_by_entry(w: Array, g: Array, step: Any) -> Array:
    """The same, one weight after the other."""
    return np.stack([w[i] - step * g[i] for i in range(len(w))])


LIBRARY.formula(
    "sgd",
    "SGD, stochastic gradient descent",
    formula=r"w_{\text{new}} = w - \alpha g",
    forward=sgd,
    inputs={"w": VECTOR, "g": VECTOR, "step": STEP},
    equality=sgd_by_entry,
    printed=r"w_{\text{new}} = w - \alpha g",
    source="H. Robbins and S. Monro, A stochastic approximation method, Ann. Math. Statist. 22 (1951)",
    also=("optax.sgd", "torch.optim.SGD", "gradient descent"),
    notes="g is the gradient of the loss of one sample (stochastic), of some (mini-batch) or of all (batch).",
)


def velocity(g: Array, v: Array, beta: Any) -> Array:
    """v ← β v + g."""
    new: Array = beta * v + g
    return new


def momentum(w: Array, g: Array, v: Array, step: Any, beta: Any) -> Array:
    """w − α (β v + g)."""
    new: Array = w - step * velocity(g, v, beta)
    return new


def momentum_by_difference(w: Array, g: Array, v: Array, step: Any, beta: Any) -> Array:
    """The heavy ball: a gradient step, and β times the way that was gone last, w − w_{t−1} = −α v."""
    last = w + step * v
    new: Array = w - step * g + beta * (w - last)
    return new


LIBRARY.formula(
    "momentum",
    "Momentum (heavy ball)",
    formula=r"w_{\text{new}} = w - \alpha (\beta v + g)",
    forward=momentum,
    inputs={"w": VECTOR, "g": VECTOR, "v": VECTOR, "step": STEP, "beta": SHARE},
    equality=momentum_by_difference,
    printed=r"w_{\text{new}} = w - \alpha g + \beta (w - w_{\text{old}})",
    notation={r"w_{\text{old}}": r"w + \alpha v"},
    source="B. T. Polyak, Some methods of speeding up the convergence of iteration methods, USSR Comput. Math. 4 (1964)",
    also=("optax.sgd(momentum=)", "optax.trace", "torch.optim.SGD(momentum=)"),
    notes="v is a sum of gradients, as in optax and torch. Elsewhere v is the way that is gone, v ← β v − α g and w + v: the "
    "same as long as α stays the same. Where g is weighted by 1 − β (torch's dampening), steps are shorter by that factor.",
)


def nesterov(w: Array, g: Array, v: Array, step: Any, beta: Any) -> Array:
    """w − α (g + β (β v + g))."""
    new: Array = w - step * (g + beta * velocity(g, v, beta))
    return new


def nesterov_from_ahead(w: Array, g: Array, v: Array, step: Any, beta: Any) -> Array:
    """Sutskever's form, of the point ahead: from θ = w + α β v with g taken at w, then ahead by the new momentum.

    θ′ = θ − α (β v + g) is where the ball rolls; the next gradient is taken at w′ = θ′ − α β (β v + g).
    """
    theta = w + step * beta * v
    rolled = theta - step * velocity(g, v, beta)
    new: Array = rolled - step * beta * velocity(g, v, beta)
    return new


LIBRARY.formula(
    "nesterov",
    "Nesterov momentum",
    formula=r"w_{\text{new}} = w - \alpha (g + \beta (\beta v + g))",
    forward=nesterov,
    inputs={"w": VECTOR, "g": VECTOR, "v": VECTOR, "step": STEP, "beta": SHARE},
    equality=nesterov_from_ahead,
    printed=r"w_{\text{new}} = (w + \alpha \beta v) - \alpha v_{\text{new}} - \alpha \beta v_{\text{new}}",
    notation={r"v_{\text{new}}": r"\beta v + g"},
    source="I. Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013",
    also=("optax.sgd(nesterov=True)", "torch.optim.SGD(nesterov=True)"),
    notes="w is the point at which the gradient is taken, as in optax and torch; the paper's θ is w + α β v.",
)


def adagrad_sum(g: Array, s: Array) -> Array:
    """s ← s + g²."""
    new: Array = s + g * g
    return new


def adagrad(w: Array, g: Array, s: Array, step: Any, eps: Any) -> Array:
    """w − α g / (√(s + g²) + ε)."""
    new: Array = w - step * g / (np.sqrt(adagrad_sum(g, s)) + eps)
    return new


def adagrad_by_entry(w: Array, g: Array, s: Array, step: Any, eps: Any) -> Array:
    """The same as the paper writes it: a diagonal matrix G of summed squares, and one step size a weight."""
    sizes = np.stack([step / (eps + (s[i] + g[i] ** 2) ** 0.5) for i in range(len(w))])
    new: Array = w - np.diag(sizes) @ g
    return new


LIBRARY.formula(
    "adagrad",
    "AdaGrad",
    formula=r"w_{\text{new}} = w - \frac{\alpha g}{\sqrt{s + g^2} + \epsilon}",
    forward=adagrad,
    inputs={"w": VECTOR, "g": VECTOR, "s": SQUARES, "step": STEP, "eps": STEP},
    equality=adagrad_by_entry,
    printed=r"w_{\text{new}} = w - \frac{\alpha}{\epsilon + \sqrt{s + g \odot g}} \odot g",
    source="J. Duchi, E. Hazan and Y. Singer, Adaptive subgradient methods, JMLR 12 (2011)",
    also=("torch.optim.Adagrad", "optax.adagrad"),
    notes="ε outside of the root, as in torch. optax has it inside, √(s + ε), and starts from s = 0.1. The document has the "
    "sum of the gradients in the denominator: it is the root of the sum of their squares.",
)


def mean_square(g: Array, s: Array, beta: Any) -> Array:
    """s ← γ s + (1 − γ) g²."""
    new: Array = beta * s + (1 - beta) * g * g
    return new


def rmsprop(w: Array, g: Array, s: Array, step: Any, beta: Any, eps: Any) -> Array:
    """w − α g / (√(γ s + (1 − γ) g²) + ε)."""
    new: Array = w - step * g / (np.sqrt(mean_square(g, s, beta)) + eps)
    return new


def rmsprop_by_entry(w: Array, g: Array, s: Array, step: Any, beta: Any, eps: Any) -> Array:
    """The same from the change of the mean, s + (1 − γ)(g² − s), one weight after the other."""
    return np.stack(
        [w[i] - step * g[i] / ((s[i] + (1 - beta) * (g[i] ** 2 - s[i])) ** 0.5 + eps) for i in range(len(w))]
    )


LIBRARY.formula(
    "rmsprop",
    "RMSProp",
    formula=r"w_{\text{new}} = w - \frac{\alpha g}{\sqrt{\gamma s + (1 - \gamma) g^2} + \epsilon}",
    forward=rmsprop,
    inputs={"w": VECTOR, "g": VECTOR, "s": SQUARES, "step": STEP, "beta": SHARE, "eps": STEP},
    equality=rmsprop_by_entry,
    printed=r"w_{\text{new}} = w - \frac{\alpha g}{\sqrt{s + (1 - \gamma)(g^2 - s)} + \epsilon}",
    source="T. Tieleman and G. Hinton, Neural networks for machine learning, lecture 6e, Coursera 2012",
    also=("torch.optim.RMSprop", "optax.rmsprop(eps_in_sqrt=False)"),
    notes="ε outside of the root, as in torch; optax has it inside unless eps_in_sqrt=False. The lecture has no ε. torch's γ "
    "is 0.99 by default, optax's and the lecture's 0.9.",
)


def mean(g: Array, m: Array, beta: Any) -> Array:
    """m ← β m + (1 − β) g."""
    new: Array = beta * m + (1 - beta) * g
    return new


def adam(w: Array, g: Array, m: Array, v: Array, count: Any, step: Any, beta1: Any, beta2: Any, eps: Any) -> Array:
    """w − α m̂ / (√v̂ + ε), with m̂ = m′ / (1 − β₁ᵗ), v̂ = v′ / (1 − β₂ᵗ) and m′, v′ the means with g in them; t counts from 1."""
    m_hat = mean(g, m, beta1) / (1 - beta1**count)
    v_hat = mean_square(g, v, beta2) / (1 - beta2**count)
    new: Array = w - step * m_hat / (np.sqrt(v_hat) + eps)
    return new


def adam_reordered(
    w: Array, g: Array, m: Array, v: Array, count: Any, step: Any, beta1: Any, beta2: Any, eps: Any
) -> Array:
    """The paper's faster order: α √(1 − β₂ᵗ) / (1 − β₁ᵗ) as the step size, and ε √(1 − β₂ᵗ) for ε."""
    bias2 = np.sqrt(1 - beta2**count)
    new: Array = w - step * bias2 / (1 - beta1**count) * mean(g, m, beta1) / (
        np.sqrt(mean_square(g, v, beta2)) + eps * bias2
    )
    return new


LIBRARY.formula(
    "adam",
    "Adam",
    formula=r"w_{\text{new}} = w - \frac{\alpha \hat m}{\sqrt{\hat v} + \epsilon}",
    forward=adam,
    inputs={
        "w": VECTOR,
        "g": VECTOR,
        "m": VECTOR,
        "v": SQUARES,
        "count": Reals(low=1, high=9),
        "step": STEP,
        "beta1": SHARE,
        "beta2": SHARE,
        "eps": STEP,
    },
    equality=adam_reordered,
    printed=r"w_{\text{new}} = w - \frac{\alpha \sqrt{1 - b_2}}{1 - b_1}"
    r" \frac{\beta_1 m + (1 - \beta_1) g}{\sqrt{\beta_2 v + (1 - \beta_2) g^2} + \epsilon \sqrt{1 - b_2}}",
    notation={"t": "count", "b_1": r"(\beta_1)^t", "b_2": r"(\beta_2)^t"},
    source="D. Kingma and J. Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1 and section 2",
    also=("optax.adam", "torch.optim.Adam"),
    notes="optax and torch have ε outside of the root of the corrected mean, as here. Where ε stands beside the root of the "
    "uncorrected mean (TensorFlow), ε̂ = ε √(1 − β₂ᵗ) makes the two the same; a fixed ε̂ is another rule.",
)


def newton(w: Array, g: Array, hessian: Array) -> Array:
    """w − H⁻¹ g, by a solve: (n,), (n,), (n, n) → (n,)."""
    new: Array = w - np.linalg.solve(hessian, g)
    return new


def newton_by_inverse(w: Array, g: Array, hessian: Array) -> Array:
    """The same by the inverse of the Hessian."""
    new: Array = w - np.linalg.inv(hessian) @ g
    return new


LIBRARY.formula(
    "newton",
    "Newton's method",
    formula=r"w_{\text{new}} = w - H^{-1} g",
    forward=newton,
    inputs={"w": Reals(2), "g": Reals(2), "hessian": Reals(2, 2)},
    equality=newton_by_inverse,
    printed=r"w_{\text{new}} = w - H^{-1} g",
    notation={"H": "hessian"},
    source="J. Nocedal and S. Wright, Numerical optimization, 2nd ed., 2006, section 3.3",
    also=("scipy.optimize.newton", "second order"),
    notes="H must be regular, and positive definite for a step downhill; `Newton` adds to the diagonal until it is.",
)


def bfgs(inverse: Array, s: Array, y: Array) -> Array:
    """(I − ρ s yᵀ) B (I − ρ y sᵀ) + ρ s sᵀ with ρ = 1 / yᵀs: (n, n), (n,), (n,) → (n, n)."""
    rho = 1 / (y @ s)
    left = np.eye(len(s)) - rho * np.outer(s, y)
    new: Array = left @ inverse @ left.T + rho * np.outer(s, s)
    return new


def bfgs_expanded(inverse: Array, s: Array, y: Array) -> Array:
    """The products multiplied out, which needs no matrix product: B + (ρ + ρ² yᵀBy) s sᵀ − ρ (B y sᵀ + s yᵀB)."""
    rho = 1 / (y @ s)
    new: Array = (
        inverse
        + (rho + rho**2 * (y @ inverse @ y)) * np.outer(s, s)
        - rho * (np.outer(inverse @ y, s) + np.outer(s, y @ inverse))
    )
    return new


LIBRARY.formula(
    "bfgs",
    "BFGS, a quasi-Newton method: the inverse Hessian",
    formula=r"B_{\text{new}} = (I - \rho s y^T) B (I - \rho y s^T) + \rho s s^T",
    forward=bfgs,
    inputs={"inverse": Reals(3, 3), "s": Reals(3), "y": Reals(3)},
    equality=bfgs_expanded,
    printed=r"B_{\text{new}} = B + (\rho + \rho^2 y^T B y) s s^T - \rho (B y s^T + s y^T B)",
    notation={"B": "inverse", r"\rho": r"\frac{1}{y^T s}"},
    source="J. Nocedal and S. Wright, Numerical optimization, 2nd ed., 2006, equation 6.17",
    also=("scipy.optimize.minimize(method='BFGS')", "second order"),
    notes="s is the last step and y what it changed of the gradient; yᵀs > 0 keeps B positive definite. SciPy finds its steps "
    "by the strong Wolfe conditions, which ensure that; `Bfgs` halves the step until the loss falls, and leaves B as it is "
    "where yᵀs ≤ 0.",
)
LIBRARY.claim(
    "bfgs-secant",
    "equality",
    0,
    r"B_{\text{new}} y = s",
    origin="cited",
    primal=lambda inverse, s, y: bfgs(inverse, s, y) @ y,
    claimed=lambda inverse, s, y: s,
    inputs={"inverse": Reals(3, 3), "s": Reals(3), "y": Reals(3)},
    notation={
        r"B_{\text{new}}": r"(I - \rho s y^T) B (I - \rho y s^T) + \rho s s^T",
        "B": "inverse",
        r"\rho": r"\frac{1}{y^T s}",
    },
    notes="The secant equation: the new B would have foreseen the last step.",
)


def newton_on_quadratic(w: Array, A: Array, b: Array) -> Array:
    """The gradient A w − b of ½ wᵀAw − bᵀw, after one step of Newton's method from w: (n,), (n, n), (n,) → (n,)."""
    new: Array = A @ newton(w, A @ w - b, A) - b
    return new


LIBRARY.claim(
    "newton-quadratic",
    "equality",
    0,
    "One step of Newton's method leads to the stationary point of a quadratic, from anywhere.",
    origin="sentence",
    primal=newton_on_quadratic,
    claimed=lambda w, A, b: np.zeros(2),
    inputs={"w": Reals(2), "A": Reals(2, 2), "b": Reals(2)},
)


def adam_mean_of_constant(g: Array, beta: Any) -> Array:
    """m̂ after three steps from m = 0 with the same gradient: (n,), () → (n,)."""
    m: Any = 0 * g
    for _ in range(3):
        m = mean(g, m, beta)
    corrected: Array = m / (1 - beta**3)
    return corrected


LIBRARY.claim(
    "adam-unbiased",
    "equality",
    0,
    "Corrected for its start from 0, the mean of gradients that are all the same is that gradient.",
    origin="sentence",
    primal=adam_mean_of_constant,
    claimed=lambda g, beta: g,
    inputs={"g": VECTOR, "beta": SHARE},
    notes="After three steps.",
)


class OptimiserError(ValueError):
    """An optimiser was made or used in a way that has no meaning: the message says which, and what it takes."""


@dataclass
class Optimiser:
    """A first-order rule with what it remembers of each array that it optimises, by a key of the caller's."""

    step: float
    memory: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)
    name: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Refuse sizes that would go uphill or nowhere."""
        for known in fields(self):
            value = getattr(self, known.name)
            if known.name == "step" and not 0 < value < np.inf:
                raise OptimiserError(f"{self.name}: step={value} is not a finite number above 0")
            if known.name.startswith("beta") and not 0 <= value < 1:
                raise OptimiserError(f"{self.name}: {known.name}={value} does not lie in [0, 1)")
            if known.name == "eps" and not value > 0:
                raise OptimiserError(f"{self.name}: eps={value} is not above 0, and divides where a gradient is 0")

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """The new w; what is remembered under the key is brought up to date."""
        raise NotImplementedError


@dataclass
class Sgd(Optimiser):
    """`sgd`."""

    step: float = 0.1
    name: ClassVar[str] = "sgd"

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """See `Optimiser`."""
        return sgd(w, g, self.step)


@dataclass
class Momentum(Optimiser):
    """`momentum`, from rest."""

    step: float = 0.02
    beta: float = 0.9
    name: ClassVar[str] = "momentum"

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """See `Optimiser`."""
        v = self.memory.get(key, np.zeros_like(w))
        self.memory[key] = velocity(g, v, self.beta)
        return momentum(w, g, v, self.step, self.beta)


@dataclass
class Nesterov(Optimiser):
    """`nesterov`, from rest."""

    step: float = 0.02
    beta: float = 0.9
    name: ClassVar[str] = "nesterov"

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """See `Optimiser`."""
        v = self.memory.get(key, np.zeros_like(w))
        self.memory[key] = velocity(g, v, self.beta)
        return nesterov(w, g, v, self.step, self.beta)


@dataclass
class AdaGrad(Optimiser):
    """`adagrad`, from a sum of 0."""

    step: float = 0.05
    eps: float = 1e-10
    name: ClassVar[str] = "adagrad"

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """See `Optimiser`."""
        s = self.memory.get(key, np.zeros_like(w))
        self.memory[key] = adagrad_sum(g, s)
        return adagrad(w, g, s, self.step, self.eps)


@dataclass
class RmsProp(Optimiser):
    """`rmsprop`, from a mean of 0."""

    step: float = 0.002
    beta: float = 0.9
    eps: float = 1e-8
    name: ClassVar[str] = "rmsprop"

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """See `Optimiser`."""
        s = self.memory.get(key, np.zeros_like(w))
        self.memory[key] = mean_square(g, s, self.beta)
        return rmsprop(w, g, s, self.step, self.beta, self.eps)


@dataclass
class Adam(Optimiser):
    """`adam`, from means of 0."""

    step: float = 0.003
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    name: ClassVar[str] = "adam"

    def update(self, key: Hashable, w: Array, g: Array) -> Array:
        """See `Optimiser`."""
        m, v, count = self.memory.get(key, (np.zeros_like(w), np.zeros_like(w), 0))
        self.memory[key] = (mean(g, m, self.beta1), mean_square(g, v, self.beta2), count + 1)
        return adam(w, g, m, v, count + 1, self.step, self.beta1, self.beta2, self.eps)


Loss = Callable[[Array], float]
Gradient = Callable[[Array], Array]

_HALVINGS = 40
_SUFFICIENT = 1e-4  # of the fall that the slope promises: Armijo's condition, with the constant that SciPy has, too


def downhill(loss: Loss, w: Array, g: Array, direction: Array) -> Array | None:
    """w + t · direction with the first t of 1, ½, ¼, … at which the loss falls by a ten-thousandth of what its slope promises.

    None where there is none, as at a minimum.
    """
    here, slope, t = loss(w), float(g @ direction), 1.0
    for _ in range(_HALVINGS):
        new = w + t * direction
        if loss(new) <= here + _SUFFICIENT * t * slope:
            return new
        t /= 2
    return None


@dataclass
class Newton:
    """`newton` on all weights at once, halving steps that do not go down; the Hessian by differences of the gradient.

    Where the Hessian is not positive definite, which the method asks for, its smallest eigenvalue is brought up to
    ``least`` by the same number on the whole diagonal.
    """

    least: float = 1e-3
    name: ClassVar[str] = "newton"
    most: ClassVar[int] = 400

    def minimise(self, loss: Loss, gradient: Gradient, w: Array) -> Array | None:
        """The next w; None where no step goes down."""
        refuse_many(self.name, len(w), self.most)
        g, H = gradient(w), hessian_by_differences(gradient, w)
        smallest = float(np.linalg.eigvalsh(H)[0])
        damped = H + max(0.0, self.least - smallest) * np.eye(len(w))
        return downhill(loss, w, g, newton(w, g, damped) - w)


@dataclass
class Bfgs:
    """`bfgs` on all weights at once, from B = I; see `downhill` for its steps."""

    memory: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    name: ClassVar[str] = "bfgs"
    most: ClassVar[int] = 6000

    def minimise(self, loss: Loss, gradient: Gradient, w: Array) -> Array | None:
        """The next w; None where no step goes down."""
        refuse_many(self.name, len(w), self.most)
        g = gradient(w)
        if self.memory:
            s, y = w - self.memory["w"], g - self.memory["g"]
            if y @ s > 0:
                self.memory["inverse"] = bfgs(self.memory["inverse"], s, y)
        else:
            self.memory["inverse"] = np.eye(len(w))
        self.memory |= {"w": w, "g": g}
        return downhill(loss, w, g, -self.memory["inverse"] @ g)


def refuse_many(name: str, count: int, most: int) -> None:
    """Raise OptimiserError for more weights than a matrix of them is affordable for."""
    if count > most:
        raise OptimiserError(
            f"{name} keeps a matrix of {count} × {count} numbers, for {count} weights, and takes at most {most}: "
            "make the layers smaller, or choose a first-order rule"
        )


def hessian_by_differences(gradient: Gradient, w: Array) -> Array:
    """Central differences of the gradient, made symmetric: (n, n), to about eight digits."""
    half = 1e-5
    columns = [(gradient(w + step) - gradient(w - step)) / (2 * half) for step in half * np.eye(len(w))]
    H = np.stack(columns, axis=1)
    symmetric: Array = (H + H.T) / 2
    return symmetric


FIRST_ORDER: Mapping[str, type[Optimiser]] = {
    rule.name: rule for rule in (Sgd, Momentum, Nesterov, AdaGrad, RmsProp, Adam)
}
SECOND_ORDER: Mapping[str, type[Newton] | type[Bfgs]] = {rule.name: rule for rule in (Newton, Bfgs)}
