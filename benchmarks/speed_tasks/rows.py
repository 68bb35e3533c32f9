"""The rows of the table: what is done, who does it, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from speed_tasks.contenders import CONTENDERS, Ask, Contender, Gradcheck, the_forty
from speed_tasks.large import Task, dense_layer, elementwise, loss, softmax

OURS, ALONE = "gradcheck", "gradcheck, certified alone"
FLOATS_AND_BALLS = ("certified", "finite differences")
JAX_IMPORT, NOTHING = "import jax", "python"


@dataclass(frozen=True)
class Target:
    """What is to be reached: a limit on ``measure``, one of *seconds*, *megabytes*, *ratio* or *doubles*.

    ``ratio`` is to ``base``, another entry of the row or *its floor*; ``doubles`` are 8 bytes a number of the task. ``peer``
    names another checker and the seconds that it took where the limit was set: a busy or slower machine shows in both.
    """

    measure: str
    limit: float
    base: str = ""
    peer: tuple[str, float] | None = None


@dataclass(frozen=True)
class Row:
    """Work that every contender is given alike.

    ``checks`` prepares it, ``warm_up`` the same in small (which imports what a check imports); a *cold* row is a whole
    process from its start. ``handed_in`` are bytes that the claim hands back at the point, which are no one's overhead.
    """

    key: str
    title: str
    contenders: dict[str, Callable[[], Contender]]
    checks: Callable[[Contender], list[Ask]]
    targets: tuple[Target, ...]
    cold: bool = False
    warm_up: Callable[[Contender], list[Ask]] = the_forty
    memory: bool = False
    handed_in: int = 0
    floor: Callable[[Contender], Task] | None = None
    numbers: int = 0
    commands: tuple[str, ...] = ()
    note: str = ""


def without_jax() -> Contender:
    """Ours on NumPy functions, with the two oracles that need no JAX."""
    return Gradcheck("numpy", oracles=FLOATS_AND_BALLS)


def warm() -> Contender:
    """Ours on JAX functions, with its traces kept from check to check."""
    return Gradcheck(warm=True)


def alone() -> Contender:
    """Ours with the certified oracle alone, which proves each entry without the two that may be wrong."""
    return Gradcheck(warm=True, oracles=("certified",))


def large() -> Contender:
    """Ours where nothing is enclosed in balls, and a detection limit is stated instead."""
    return Gradcheck(warm=True, certified=False)


def _peers(*names: str) -> dict[str, Callable[[], Contender]]:
    return {name: CONTENDERS[name] for name in names}


def _one(task: Callable[..., Task], **size: int) -> Callable[[Contender], list[Ask]]:
    """One check, of a task of this size."""
    return lambda contender: [contender.prepared(task(contender.np, **size))]


ROWS = [
    Row(
        key="cold",
        title="40 small formulas, whole process, cold",
        contenders={OURS: Gradcheck, **_peers("torch slow", "jax", "numdifftools")},
        checks=the_forty,
        targets=(Target("ratio", 1.5, base=JAX_IMPORT),),
        cold=True,
        commands=(JAX_IMPORT,),
        note="JAX functions, all three oracles, every entry, every verdict certified. "
        "jax checks one projection of each.",
    ),
    Row(
        key="cold-numpy",
        title="the same written in NumPy, JAX never imported",
        contenders={OURS: without_jax, **_peers("autograd", "jacobi", "numdifftools", "scipy", "torch slow")},
        checks=the_forty,
        targets=(Target("seconds", 0.65, peer=("jacobi", 0.65)),),
        cold=True,
        commands=(NOTHING,),
        note="The certified oracle and finite differences, every entry, every verdict certified. "
        "autograd checks one projection of each.",
    ),
    Row(
        key="warm",
        title="the same, warm, per pass",
        contenders={
            OURS: warm,
            ALONE: alone,
            **_peers("torch slow", "torch fast", "jax", "autograd", "numdifftools", "jacobi"),
        },
        checks=the_forty,
        targets=(Target("seconds", 0.06, peer=("torch slow", 0.105)),),
        note="JAX functions, all three oracles, every entry, every verdict certified, inside `gradcheck.traces_kept()`; and "
        "the same with `oracles=('certified',)`. torch fast, jax and autograd check one projection of each.",
    ),
    Row(
        key="softmax",
        title="every entry of the Jacobian of softmax, n = 1000",
        contenders={OURS: warm, **_peers("torch slow", "numdifftools", "jacobi", "scipy")},
        checks=_one(softmax),
        warm_up=_one(softmax, n=7),
        targets=(Target("seconds", 0.015, peer=("torch slow", 0.268)), Target("megabytes", 13)),
        memory=True,
        handed_in=8 * 1000**2,
        note="10^6 entries. Memory is over the 8 MB of the Jacobian that is claimed; torch gets the VJP.",
    ),
    Row(
        key="elementwise",
        title="elementwise, n = 10,000, a Jacobian of 10^8 entries",
        contenders={OURS: warm, **_peers("torch slow", "jacobi", "numdifftools", "scipy told the sparsity")},
        checks=_one(elementwise),
        warm_up=_one(elementwise, n=7),
        targets=(Target("seconds", 0.01, peer=("torch slow", 13.8)), Target("megabytes", 10)),
        memory=True,
        note="gradcheck is told a derivative, and finds in the traced program that nothing lies beside the diagonal; "
        "jacobi, numdifftools and scipy are told, and torch looks at every entry.",
    ),
    Row(
        key="dense",
        title="a dense layer of 256 × 256, every entry of ∂L/∂W",
        contenders={OURS: warm, **_peers("torch slow", "scipy")},
        checks=_one(dense_layer),
        warm_up=_one(dense_layer, n=3),
        targets=(Target("seconds", 0.005, peer=("scipy", 8.0)),),
        memory=True,
        note="65,536 entries.",
    ),
    Row(
        key="loss",
        title="one projection, a scalar loss of 10^7 parameters",
        contenders={OURS: large, **_peers("torch fast", "jax", "scipy along one direction")},
        checks=_one(loss),
        warm_up=_one(loss, n=7),
        targets=(Target("ratio", 1.8, base="its floor"), Target("doubles", 2.5)),
        memory=True,
        floor=lambda contender: loss(contender.np),
        numbers=10_000_000,
        note="The floor is twice the function and once its derivative, each in the checker's own library at its best "
        "(compiled for JAX). gradcheck is not asked to certify this, and to state a detection limit.",
    ),
]
