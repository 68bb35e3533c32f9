"""Losses: of a batch of predictions, and of pairs and triplets."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]

LABELS = np.array([2, 0, 2, 1])
ROWS = np.arange(4)


def log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


def cross_entropy(z: Array) -> Array:
    return -np.mean(log_softmax(z)[ROWS, LABELS])


def cross_entropy_gradient(z: Array, *, mean: bool = True, target: bool = True) -> Array:
    g = np.exp(log_softmax(z))
    if target:
        g[ROWS, LABELS] -= 1
    return g / len(z) if mean else g


def cross_entropy_wrong_class(z: Array) -> Array:
    g = np.exp(log_softmax(z))
    g[ROWS, LABELS - 1] -= 1
    return g / len(z)


def smoothed(z: Array) -> Array:
    logs = log_softmax(z)
    return -np.mean(0.9 * logs[ROWS, LABELS] + 0.1 * logs.mean(axis=1))


def smoothed_gradient(z: Array, *, rest: float = 0.1) -> Array:
    g = np.exp(log_softmax(z)) - rest / z.shape[1]
    g[ROWS, LABELS] -= 0.9
    return g / len(z)


def weighted_cross_entropy(z: Array, w: Array) -> Array:
    return -np.sum(w[LABELS] * log_softmax(z)[ROWS, LABELS]) / np.sum(w[LABELS])


def weighted_cross_entropy_gradient(z: Array, w: Array, *, normalised: bool = True) -> Args:
    p = np.exp(log_softmax(z))
    p[ROWS, LABELS] -= 1
    own = w[LABELS]
    gz = p * own[:, None] / own.sum()
    terms = -log_softmax(z)[ROWS, LABELS]
    gw = np.zeros_like(w)
    np.add.at(gw, LABELS, (terms - (np.sum(own * terms) / own.sum() if normalised else 0.0)) / own.sum())
    return gz, gw


def logistic_loss(z: Array, y: Array) -> Array:
    return np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))


def logistic_gradient(z: Array, y: Array) -> Array:
    return (1 / (1 + np.exp(-z)) - y) / z.size


def focal(p: Array) -> Array:
    return np.mean(-((1 - p) ** 2) * np.log(p))


def focal_gradient(p: Array) -> Array:
    return (2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p) / p.size


def triplet(a: Array, p: Array, n: Array) -> Array:
    near = np.sum((a - p) ** 2, axis=1)
    far = np.sum((a - n) ** 2, axis=1)
    return np.mean(np.maximum(near - far + 1.0, 0))


def triplet_gradient(a: Array, p: Array, n: Array) -> Args:
    near = np.sum((a - p) ** 2, axis=1)
    far = np.sum((a - n) ** 2, axis=1)
    active = (near - far + 1.0 > 0)[:, None] * 2 / len(a)
    return active * (n - p), active * (p - a), active * (a - n)


def triplet_anchor_half(a: Array, p: Array, n: Array) -> Args:
    _, gp, gn = triplet_gradient(a, p, n)
    return -gp, gp, gn


def triplet_margin_ignored(a: Array, p: Array, n: Array) -> Args:
    active = (np.sum((a - p) ** 2, axis=1) > np.sum((a - n) ** 2, axis=1))[:, None] * 2 / len(a)
    return active * (n - p), active * (p - a), active * (a - n)


def cosine(a: Array, b: Array) -> Array:
    return np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))


def cosine_gradient(a: Array, b: Array) -> Args:
    na, nb, c = np.sqrt(np.sum(a**2)), np.sqrt(np.sum(b**2)), cosine(a, b)
    return b / (na * nb) - c * a / na**2, a / (na * nb) - c * b / nb**2


def huber(r: Array, *, delta: float = 1.5) -> Array:
    return np.sum(np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2)))


def kl(mu: Array, logvar: Array) -> Array:
    return -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))


def contrastive(x: Array) -> Array:
    """InfoNCE of rows: row i should be most like row i + 1."""
    s = x @ x.T / 0.5
    s = s - 1e3 * np.eye(len(x))
    return -np.mean(log_softmax(s)[np.arange(len(x)), (np.arange(len(x)) + 1) % len(x)])


def contrastive_gradient(x: Array, *, both: bool = True) -> Array:
    n = len(x)
    s = x @ x.T / 0.5 - 1e3 * np.eye(n)
    g = np.exp(log_softmax(s))
    g[np.arange(n), (np.arange(n) + 1) % n] -= 1
    g = g / n / 0.5
    return (g + g.T) @ x if both else g @ x


def dice(p: Array, y: Array) -> Array:
    return 1 - (2 * np.sum(p * y) + 1) / (np.sum(p) + np.sum(y) + 1)


def dice_gradient(p: Array, y: Array) -> Array:
    below = np.sum(p) + np.sum(y) + 1
    return -(2 * y * below - (2 * np.sum(p * y) + 1)) / below**2


TARGETS = np.array([1.0, 0.0, 1.0, 0.0, 0.0])


def cases() -> list[Case]:
    """All of this family."""
    family = "losses"
    logits = numbers(40, 4, 3)
    embeddings = (numbers(41, 3, 2), numbers(42, 3, 2), numbers(43, 3, 2))
    return [
        *problem(
            family,
            "cross-entropy from logits",
            cross_entropy,
            (logits,),
            "gradient",
            right=cross_entropy_gradient,
            wrong={
                "1/n lost": lambda z: cross_entropy_gradient(z, mean=False),
                "target not taken off": lambda z: cross_entropy_gradient(z, target=False),
                "class off by one": cross_entropy_wrong_class,
            },
        ),
        *problem(
            family,
            "cross-entropy, sure logits",
            cross_entropy,
            (100 * logits,),
            "gradient",
            right=cross_entropy_gradient,
        ),
        *problem(
            family,
            "label smoothing",
            smoothed,
            (logits,),
            "gradient",
            right=smoothed_gradient,
            wrong={"1/classes lost": lambda z: smoothed_gradient(z, rest=0.3)},
        ),
        *problem(
            family,
            "weighted cross-entropy",
            weighted_cross_entropy,
            (logits, np.array([0.5, 1.5, 1.0])),
            "gradient",
            right=weighted_cross_entropy_gradient,
            wrong={"weights' sum taken as fixed": lambda z, w: weighted_cross_entropy_gradient(z, w, normalised=False)},
            domain={"w": (0.1, 10)},
        ),
        *problem(
            family,
            "logistic loss",
            logistic_loss,
            (numbers(44, 5), TARGETS),
            "gradient",
            right=logistic_gradient,
            wrong={
                "target lost": lambda z, y: 1 / (1 + np.exp(-z)) / z.size,
                "sign": lambda z, y: (y - 1 / (1 + np.exp(-z))) / z.size,
            },
            wrt=0,
        ),
        *problem(
            family,
            "focal loss",
            focal,
            (numbers(45, 4, low=0.1, high=0.9),),
            "gradient",
            right=focal_gradient,
            wrong={
                "derivative of the weight lost": lambda p: -((1 - p) ** 2) / p / p.size,
                "sign of the weight": lambda p: (-2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p) / p.size,
            },
            domain={"p": (0.001, 0.999)},
        ),
        *problem(
            family,
            "triplet loss",
            triplet,
            embeddings,
            "gradient",
            right=triplet_gradient,
            wrong={"half of the anchor's": triplet_anchor_half, "margin ignored": triplet_margin_ignored},
        ),
        *problem(
            family,
            "cosine similarity",
            cosine,
            (numbers(46, 3), numbers(47, 3)),
            "gradient",
            right=cosine_gradient,
            wrong={
                "norms taken as fixed": lambda a, b: (
                    b / np.sqrt(np.sum(a**2) * np.sum(b**2)),
                    a / np.sqrt(np.sum(a**2) * np.sum(b**2)),
                )
            },
        ),
        *problem(
            family,
            "Huber loss, small residuals",
            huber,
            (np.array([0.2, -0.7, 1.1]),),
            "gradient",
            right=lambda r: np.clip(r, -1.5, 1.5),
            wrong={
                "never clipped": lambda r: r + 0.0,
                "clipped at 1": lambda r: np.where(np.abs(r) <= 1.5, r, np.sign(r)),
                "sign lost in the tail": lambda r: np.where(np.abs(r) <= 1.5, r, 1.5),
            },
        ),
        *problem(
            family,
            "KL of a Gaussian",
            kl,
            (numbers(48, 3), numbers(49, 3)),
            "gradient",
            right=lambda mu, logvar: (mu, 0.5 * (np.exp(logvar) - 1)),
            wrong={
                "2 lost": lambda mu, logvar: (2 * mu, 0.5 * (np.exp(logvar) - 1)),
                "as if of the variance": lambda mu, logvar: (mu, 0.5 * (1 - np.exp(-logvar))),
            },
        ),
        *problem(
            family,
            "InfoNCE",
            contrastive,
            (numbers(50, 3, 2, low=-1, high=1),),
            "gradient",
            right=contrastive_gradient,
            wrong={"one side only": lambda x: contrastive_gradient(x, both=False)},
        ),
        *problem(
            family,
            "Dice loss",
            dice,
            (numbers(51, 5, low=0.05, high=0.95), TARGETS),
            "gradient",
            right=dice_gradient,
            wrong={"denominator taken as fixed": lambda p, y: -2 * y / (np.sum(p) + np.sum(y) + 1)},
            wrt=0,
            domain={"p": (0, 1)},
        ),
        *problem(
            family,
            "Poisson likelihood",
            lambda eta, y: np.mean(np.exp(eta) - y * eta),
            (numbers(52, 4), np.array([0.0, 3.0, 1.0, 2.0])),
            "gradient",
            right=lambda eta, y: (np.exp(eta) - y) / eta.size,
            wrong={"as if of the rate": lambda eta, y: (1 - y / np.exp(eta)) / eta.size},
            wrt=0,
        ),
    ]
