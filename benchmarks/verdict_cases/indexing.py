"""Gathers, scatters, sorting, and what moves entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]

REPEATED = np.array([2, 0, 2, 1, 2])
BINS = np.array([0, 1, 1, 0, 2])
KNOTS = np.array([0.0, 1.0, 2.0, 3.0])


def gather(table: Array) -> Array:
    return table[REPEATED] ** 2


def gather_vjp(g: Array, table: Array) -> Array:
    back = np.zeros_like(table)
    np.add.at(back, REPEATED, 2 * g * table[REPEATED])
    return back


def gather_overwritten(g: Array, table: Array) -> Array:
    back = np.zeros_like(table)
    back[REPEATED] = 2 * g * table[REPEATED]
    return back


def gather_buffered(g: Array, table: Array) -> Array:
    back = np.zeros_like(table)
    back[REPEATED] += 2 * g * table[REPEATED]
    return back


def embedding(table: Array, ids: Array) -> Array:
    return table[ids]


def embedding_vjp(g: Array, table: Array, ids: Array) -> Array:
    back = np.zeros_like(table)
    np.add.at(back, ids, g)
    return back


def embedding_overwritten(g: Array, table: Array, ids: Array) -> Array:
    back = np.zeros_like(table)
    back[ids] = g
    return back


def scatter(x: Array) -> Array:
    out = np.zeros(3)
    np.add.at(out, BINS, np.sin(x))
    return out


def pick(x: Array, i: Array) -> Array:
    return x[i] * x[0]


def sort_vjp(g: Array, x: Array, *, inverse: bool = True) -> Array:
    order = np.argsort(x)
    if not inverse:
        return g[order]
    back = np.zeros_like(x)
    back[order] = g
    return back


def top_two(x: Array) -> Array:
    return np.sum(np.sort(x)[-2:] ** 2)


def top_two_gradient(x: Array, *, count: int = 2) -> Array:
    order = np.argsort(x)
    g = np.zeros_like(x)
    g[order[-count:]] = 2 * x[order[-count:]]
    return g


def median(x: Array) -> Array:
    return np.sort(x)[x.size // 2]


def split_and_swap(x: Array) -> Array:
    a, b = x[: x.size // 2], x[x.size // 2 :]
    return np.concatenate([b * np.exp(-(a**2)), a])


def split_and_swap_vjp(g: Array, x: Array, *, swapped: bool = False) -> Array:
    a, b = x[: x.size // 2], x[x.size // 2 :]
    ga, gb = g[: a.size], g[a.size :]
    da = gb - 2 * a * ga * b * np.exp(-(a**2))
    db = ga * np.exp(-(a**2))
    return np.concatenate([db, da]) if swapped else np.concatenate([da, db])


def lower(a: Array) -> Array:
    return np.tril(a) @ np.ones(a.shape[1])


def rolled(x: Array) -> Array:
    return x * np.roll(x, 1)


def rolled_vjp(g: Array, x: Array, *, back: int = -1) -> Array:
    return g * np.roll(x, 1) + np.roll(g * x, back)


def neighbours(x: Array) -> Array:
    """Squared differences of neighbours."""
    return np.sum(np.diff(x) ** 2)


def neighbours_gradient(x: Array, *, ends: bool = True) -> Array:
    d = np.diff(x)
    g = np.zeros_like(x)
    g[:-1] -= 2 * d
    g[1:] += 2 * d
    if not ends:
        g[0] = 0.0
    return g


def interpolate(values: Array, at: Array) -> Array:
    """Between knots at 0, 1, 2, 3."""
    cell = np.clip(np.floor(at), 0, 2).astype(int)
    t = at - cell
    return (1 - t) * values[cell] + t * values[cell + 1]


def interpolate_vjp(g: Array, values: Array, at: Array, *, adds: bool = True) -> Args:
    cell = np.clip(np.floor(at), 0, 2).astype(int)
    t = at - cell
    dv = np.zeros_like(values)
    if adds:
        np.add.at(dv, cell, g * (1 - t))
        np.add.at(dv, cell + 1, g * t)
    else:
        dv[cell] += g * (1 - t)
        dv[cell + 1] += g * t
    return dv, g * (values[cell + 1] - values[cell])


def diagonal(a: Array) -> Array:
    return np.diag(a) ** 2


def cases() -> list[Case]:
    """All of this family."""
    family = "indexing"
    ids = np.array([3, 1, 3])
    return [
        *problem(
            family,
            "gather with repeats",
            gather,
            (numbers(160, 3),),
            right=gather_vjp,
            wrong={"overwritten": gather_overwritten, "added through a buffer": gather_buffered},
        ),
        *problem(
            family,
            "embedding",
            embedding,
            (numbers(161, 4, 2), ids),
            right=embedding_vjp,
            wrong={"repeats overwritten": embedding_overwritten},
            wrt=0,
        ),
        *problem(
            family,
            "embedding without repeats",
            embedding,
            (numbers(161, 4, 2), np.array([3, 1, 0])),
            right=embedding_vjp,
            wrong={"repeats overwritten": embedding_overwritten},
            wrt=0,
        ),
        *problem(
            family,
            "scatter-add",
            scatter,
            (numbers(162, 5),),
            right=lambda g, x: g[BINS] * np.cos(x),
            wrong={
                "gathered by the wrong index": lambda g, x: g[np.sort(BINS)] * np.cos(x),
                "divided by the counts": lambda g, x: g[BINS] * np.cos(x) / np.array([2, 2, 1])[BINS],
            },
        ),
        *problem(
            family,
            "sort",
            np.sort,
            (np.array([0.5, -1.5, 2.0, 0.25]),),
            right=sort_vjp,
            wrong={"permutation not inverted": lambda g, x: sort_vjp(g, x, inverse=False)},
        ),
        *problem(
            family,
            "sort of two",
            np.sort,
            (np.array([2.0, 0.25]),),
            right=sort_vjp,
            wrong={"as if already sorted": lambda g, x: g + 0.0},
        ),
        *problem(
            family,
            "sort, given in order",
            np.sort,
            (np.array([-1.0, 0.5, 2.0]),),
            wrong={
                "as if always sorted": lambda g, x: g + 0.0,
                "permutation not inverted": lambda g, x: g[np.argsort(x)],
            },
        ),
        *problem(
            family,
            "top two",
            top_two,
            (np.array([0.5, -1.5, 2.0, 0.25]),),
            "gradient",
            right=top_two_gradient,
            wrong={
                "top three": lambda x: top_two_gradient(x, count=3),
                "top one": lambda x: top_two_gradient(x, count=1),
            },
        ),
        *problem(
            family,
            "median",
            median,
            (np.array([0.5, -1.5, 2.0]),),
            "gradient",
            right=lambda x: np.where(np.arange(x.size) == np.argsort(x)[x.size // 2], 1.0, 0.0),
            wrong={"of the mean": lambda x: np.full_like(x, 1 / x.size)},
        ),
        *problem(
            family,
            "halves swapped",
            split_and_swap,
            (numbers(163, 4),),
            right=split_and_swap_vjp,
            wrong={"halves in the wrong order": lambda g, x: split_and_swap_vjp(g, x, swapped=True)},
        ),
        *problem(
            family,
            "row sums of the lower triangle",
            lower,
            (numbers(164, 3, 3),),
            right=lambda g, a: np.tril(np.broadcast_to(g[:, None], a.shape)),
            wrong={
                "upper triangle": lambda g, a: np.triu(np.broadcast_to(g[:, None], a.shape)),
                "diagonal left out": lambda g, a: np.tril(np.broadcast_to(g[:, None], a.shape), -1),
            },
        ),
        *problem(
            family,
            "entry times its neighbour",
            rolled,
            (numbers(165, 4),),
            right=rolled_vjp,
            wrong={
                "rolled forwards": lambda g, x: rolled_vjp(g, x, back=1),
                "one term only": lambda g, x: g * np.roll(x, 1),
            },
        ),
        *problem(
            family,
            "squared differences",
            neighbours,
            (numbers(166, 5),),
            "gradient",
            right=neighbours_gradient,
            wrong={"first entry left out": lambda x: neighbours_gradient(x, ends=False)},
        ),
        *problem(
            family,
            "linear interpolation",
            interpolate,
            (numbers(167, 4), np.array([0.3, 0.7, 2.2])),
            right=interpolate_vjp,
            wrong={"shared cells overwritten": lambda g, values, at: interpolate_vjp(g, values, at, adds=False)},
        ),
        *problem(
            family,
            "diagonal",
            diagonal,
            (numbers(168, 3, 3),),
            right=lambda g, a: np.diag(2 * g * np.diag(a)),
            wrong={"spread over rows": lambda g, a: np.broadcast_to((2 * g * np.diag(a))[:, None], a.shape) + 0.0},
        ),
        *problem(
            family,
            "flipped and padded",
            lambda x: np.pad(np.flip(x) ** 2, (1, 0)),
            (numbers(169, 4),),
            right=lambda g, x: 2 * x * np.flip(g[1:]),
            wrong={
                "padding at the other end": lambda g, x: 2 * x * np.flip(g[:-1]),
                "not flipped": lambda g, x: 2 * x * g[1:],
            },
        ),
    ]
