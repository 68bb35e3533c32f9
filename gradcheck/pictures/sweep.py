"""The V curve: what a central difference is off by, at every step size."""

from __future__ import annotations

import numpy as np

from gradcheck import decimals
from gradcheck.compare import text
from gradcheck.numbers.ball_arrays import boxed, from_floats, midpoints, precision
from gradcheck.picture import Sweep
from gradcheck.pictures.along import BITS, Along, numbers
from gradcheck.pictures.scene import NothingToDrawError, few, held, strictly

STEPS = tuple(strictly(10.0 ** (-k / 3), 3) for k in range(3, 37))  # from 0.1 to 1e-12
_FEWEST = 5  # errors that make a curve


def sweep(along: Along) -> Sweep:
    """The picture at the scene's point, for its entry.

    The function is evaluated in float64, rounded correctly, so that the rounding that makes the left arm of the V is the same
    on every machine. Steps are taken as the floats that they come to: (x + h) − (x − h).

    Raises:
        NothingToDrawError: the true entry is not known there, as at a kink, all differences are exact, or it would take long.
        NoRuleError: the primal is a black box, or uses a primitive without a rule.
    """
    scene = along.scene
    along.afford(2 * len(STEPS))
    here = np.array([along.here])
    slope = along.slope(here, BITS[1])
    (known,) = numbers(slope)[1]
    if not known:
        raise NothingToDrawError("the true derivative is not known at the point")
    direction, _ = along.directions
    x = np.ravel(np.asarray(scene.point[along.wrt])).astype(np.float64)
    steps = np.array(STEPS)[:, None] * direction
    ahead, behind = x + steps, x - steps
    largest = int(np.argmax(np.abs(direction)))
    length = (ahead - behind)[:, largest] / (direction[largest] or 1.0)
    values = along.primal_values(np.concatenate([ahead, behind])).reshape(2, len(STEPS))
    with np.errstate(all="ignore"):
        found = (values[0] - values[1]) / length
    with precision(BITS[1]):
        errors = np.abs(midpoints(boxed(from_floats(found)) - slope[0]))
        said = float(along.claimed_numbers(here)[0])
        claimed = abs(float(midpoints(from_floats(np.array([said])) - slope)[0])) if np.isfinite(said) else None
    if np.count_nonzero(errors) < _FEWEST:
        raise NothingToDrawError("differences of this function are exact, whatever the step")
    if claimed is not None and claimed <= 1e-14 * abs(said):
        claimed = 0.0  # the claim was rounded to a float
    return Sweep(
        STEPS,
        tuple(few(error, 3) for error in errors),
        None if claimed is None else few(claimed, 3),
        entry=_entry(along),
        at=held(scene.point, along.wrt, None),
        truth=decimals.short(text(slope[0], 17)),
    )


def _entry(along: Along) -> str:
    """The entry in words, empty for a scalar."""
    entry = along.scene.entry
    if along.scene.sides.elementwise:
        return along.axis if along.shape else ""
    return decimals.index(entry)
