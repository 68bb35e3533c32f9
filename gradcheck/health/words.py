"""What was measured of a stack, in words and in a table."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.health.stack import FLAT, SHARE, Health

_SHOWN = 8  # units that are named before the others are counted


def finding(health: Health) -> str:
    """The state of the stack in a sentence or two, with the layer that it turns at."""
    count = len(health.layers)
    span = f"the gradient is {number(health.end)} at the output and {number(health.layers[0].gradient)} at the input"
    per_layer = f"a factor of {number(abs(health.ratio) ** (1 / count))} a layer"
    where = "" if health.where is None else f"layer {health.layers[health.where].name}"
    match health.status:
        case "healthy":
            return f"healthy: {span}, {per_layer}"
        case "vanishing":
            weakest = min(health.layers, key=lambda layer: layer.factor)
            return (
                f"gradients vanish: {span}, {per_layer}. Below 1/{health.limit:g} of the output's from {where} down; "
                f"the smallest factor is {number(weakest.factor)}, of layer {weakest.name}"
            )
        case "exploding":
            strongest = max(health.layers, key=lambda layer: layer.factor)
            return (
                f"gradients explode: {span}, {per_layer}. Above {health.limit:g} times the output's from {where} down; "
                f"the largest factor is {number(strongest.factor)}, of layer {strongest.name}"
            )
        case "dead":
            return f"no gradient comes through {where}: it hands 0 back"
        case _:
            return f"the gradient overflows in {where}"


def remarks(health: Health) -> list[str]:
    """A sentence for each layer with dead or saturated units."""
    told = []
    for layer in health.layers:
        if layer.dead:
            told.append(f"layer {layer.name}: {_units(layer.dead, layer.units)} dead, 0 for every sample")
        if layer.saturated:
            told.append(
                f"layer {layer.name}: {_units(layer.saturated, layer.units)} saturated, "
                f"with a slope below {FLAT:g} at {SHARE:.0%} of the samples or more"
            )
    return told


HEADINGS = ("layer", "signal", "gradient", "factor", "dead", "saturated")


def rows(health: Health) -> list[tuple[str, ...]]:
    """The cells of each layer, in the order of `HEADINGS`."""
    return [
        (
            layer.name,
            number(layer.signal),
            number(layer.gradient),
            number(layer.factor),
            f"{len(layer.dead)}/{layer.units}",
            "not told" if layer.saturated is None else f"{len(layer.saturated)}/{layer.units}",
        )
        for layer in health.layers
    ]


def number(value: float) -> str:
    """With two digits."""
    return f"{value:.2g}"


def _units(found: Sequence[int], count: int) -> str:
    named = ", ".join(map(str, found[:_SHOWN])) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
    return f"{len(found)} of {count} units ({named}) {'is' if len(found) == 1 else 'are'}"
