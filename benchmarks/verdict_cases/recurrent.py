"""Recurrent cells, backpropagation through time, and iterations."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def rnn(x: Array, w: Array, u: Array, h: Array) -> Array:
    """The last state of a plain recurrent net; x is (steps, inputs)."""
    for row in x:
        h = np.tanh(row @ w + h @ u)
    return h


def rnn_vjp(
    g: Array, x: Array, w: Array, u: Array, h: Array, *, last: int | None = None, transpose: bool = True
) -> Args:
    states = [h]
    for row in x:
        states.append(np.tanh(row @ w + states[-1] @ u))
    dx, dw, du = np.zeros_like(x), np.zeros_like(w), np.zeros_like(u)
    steps = range(len(x) - 1, -1, -1)
    for t in list(steps)[:last]:
        da = g * (1 - states[t + 1] ** 2)
        dx[t] = w @ da
        dw += np.outer(x[t], da)
        du += np.outer(states[t], da)
        g = u @ da if transpose else da @ u
    return dx, dw, du, g


def lstm(x: Array, h: Array, c: Array, w: Array) -> Args:
    """One LSTM cell; w maps (x, h) to the four gates."""
    n = h.size
    a = np.concatenate([x, h]) @ w
    i, f, o, z = logistic(a[:n]), logistic(a[n : 2 * n]), logistic(a[2 * n : 3 * n]), np.tanh(a[3 * n :])
    new = f * c + i * z
    return o * np.tanh(new), new


def lstm_vjp(
    g: Args, x: Array, h: Array, c: Array, w: Array, *, old: bool = True, through: bool = True, squash: bool = True
) -> Args:
    gh, gc = g
    n = h.size
    joined = np.concatenate([x, h])
    a = joined @ w
    i, f, o, z = logistic(a[:n]), logistic(a[n : 2 * n]), logistic(a[2 * n : 3 * n]), np.tanh(a[3 * n :])
    new = f * c + i * z
    t = np.tanh(new)
    dc = gc + gh * o * (1 - t**2) if through else gc
    da = np.concatenate(
        [
            dc * z * i * (1 - i),
            dc * (c if old else new) * f * (1 - f),
            gh * t * o * (1 - o),
            dc * i * (1 - z**2 if squash else 1.0),
        ]
    )
    dj = w @ da
    return dj[: x.size], dj[x.size :], dc * f, np.outer(joined, da)


def gru(x: Array, h: Array, wz: Array, wr: Array, wn: Array) -> Array:
    """One GRU cell; each matrix maps (x, h) to a gate."""
    z = logistic(np.concatenate([x, h]) @ wz)
    r = logistic(np.concatenate([x, h]) @ wr)
    n = np.tanh(np.concatenate([x, r * h]) @ wn)
    return (1 - z) * n + z * h


def gru_vjp(
    g: Array, x: Array, h: Array, wz: Array, wr: Array, wn: Array, *, reset: bool = True, carry: bool = True
) -> Args:
    k = x.size
    xh = np.concatenate([x, h])
    z, r = logistic(xh @ wz), logistic(xh @ wr)
    xrh = np.concatenate([x, r * h])
    n = np.tanh(xrh @ wn)
    dn = g * (1 - z) * (1 - n**2)
    dz = g * (h - n) * z * (1 - z)
    djn = wn @ dn
    dr = djn[k:] * h * r * (1 - r)
    dj = wz @ dz + (wr @ dr if reset else 0.0)
    dh = dj[k:] + djn[k:] * r + (g * z if carry else 0.0)
    return dj[:k] + djn[:k], dh, np.outer(xh, dz), np.outer(xh, dr), np.outer(xrh, dn)


def linear_recurrence(a: Array, x: Array) -> Array:
    """h = a h + x from 0; all states."""
    h, states = 0.0 * x[0], []
    for t in range(len(x)):
        h = a[t] * h + x[t]
        states.append(h)
    return np.stack(states)


def linear_recurrence_vjp(g: Array, a: Array, x: Array, *, previous: bool = True, shift: int = 1) -> Args:
    states = linear_recurrence(a, x)
    da, dx = np.zeros_like(a), np.zeros_like(x)
    carry = 0.0
    for t in range(len(x) - 1, -1, -1):
        total = g[t] + carry
        dx[t] = total
        if previous:
            da[t] = total * states[t - 1] if t > 0 else 0.0
        else:
            da[t] = total * states[t]
        carry = total * a[t] if shift else total * a[t - 1]
    return da, dx


def rollout(x0: Array, theta: Array) -> Array:
    """Ten Euler steps of a damped pendulum; theta holds stiffness and damping."""
    q, p = x0[0], x0[1]
    for _ in range(10):
        q, p = q + 0.1 * p, p - 0.1 * (theta[0] * np.sin(q) + theta[1] * p)
    return np.stack([q, p])


def rollout_vjp(g: Array, x0: Array, theta: Array, *, new_angle: bool = False) -> Args:
    path = [(x0[0], x0[1])]
    for _ in range(10):
        q, p = path[-1]
        path.append((q + 0.1 * p, p - 0.1 * (theta[0] * np.sin(q) + theta[1] * p)))
    gq, gp = g[0], g[1]
    k, d = 0.0, 0.0
    for step in range(9, -1, -1):
        q, p = path[step + 1] if new_angle else path[step]
        k = k - 0.1 * gp * np.sin(q)
        d = d - 0.1 * gp * p
        gq, gp = gq - 0.1 * gp * theta[0] * np.cos(q), 0.1 * gq + gp * (1 - 0.1 * theta[1])
    return np.stack([gq, gp]), np.stack([k, d])


def cases() -> list[Case]:
    """All of this family."""
    family = "recurrent"
    net = (numbers(120, 3, 2), numbers(121, 2, 2), numbers(122, 2, 2), numbers(123, 2))
    cell = (numbers(124, 2), numbers(125, 2), numbers(126, 2), numbers(127, 4, 8))
    gated = (numbers(128, 2), numbers(129, 2), numbers(130, 4, 2), numbers(131, 4, 2), numbers(132, 4, 2))
    decay = (numbers(133, 4, low=0.2, high=0.9), numbers(134, 4))
    return [
        *problem(
            family,
            "backpropagation through time",
            rnn,
            net,
            right=rnn_vjp,
            wrong={
                "one step only": lambda g, x, w, u, h: rnn_vjp(g, x, w, u, h, last=1),
                "first step left out": lambda g, x, w, u, h: rnn_vjp(g, x, w, u, h, last=2),
                "transpose forgotten": lambda g, x, w, u, h: rnn_vjp(g, x, w, u, h, transpose=False),
            },
        ),
        *problem(
            family,
            "recurrent net, symmetric weights",
            rnn,
            (net[0], net[1], np.array([[0.5, 0.25], [0.25, -0.5]]), net[3]),
            wrong={"transpose forgotten": lambda g, x, w, u, h: rnn_vjp(g, x, w, u, h, transpose=False)},
        ),
        *problem(
            family,
            "LSTM cell",
            lstm,
            cell,
            right=lstm_vjp,
            wrong={
                "new state in the forget gate": lambda g, x, h, c, w: lstm_vjp(g, x, h, c, w, old=False),
                "path through the output lost": lambda g, x, h, c, w: lstm_vjp(g, x, h, c, w, through=False),
                "tanh' lost": lambda g, x, h, c, w: lstm_vjp(g, x, h, c, w, squash=False),
            },
        ),
        *problem(
            family,
            "GRU cell",
            gru,
            gated,
            right=gru_vjp,
            wrong={
                "path through the reset gate lost": lambda g, *args: gru_vjp(g, *args, reset=False),
                "carried state lost": lambda g, *args: gru_vjp(g, *args, carry=False),
            },
        ),
        *problem(
            family,
            "linear recurrence",
            linear_recurrence,
            decay,
            right=linear_recurrence_vjp,
            wrong={
                "state of the same step": lambda g, a, x: linear_recurrence_vjp(g, a, x, previous=False),
                "decay of the step before": lambda g, a, x: linear_recurrence_vjp(g, a, x, shift=0),
            },
        ),
        *problem(
            family,
            "linear recurrence, equal decays",
            linear_recurrence,
            (np.full(4, 0.5), numbers(134, 4)),
            wrong={"decay of the step before": lambda g, a, x: linear_recurrence_vjp(g, a, x, shift=0)},
        ),
        *problem(
            family,
            "pendulum over ten steps",
            rollout,
            (np.array([0.5, -0.2]), np.array([1.5, 0.1])),
            right=rollout_vjp,
            wrong={"angle after the step": lambda g, x0, theta: rollout_vjp(g, x0, theta, new_angle=True)},
        ),
    ]
