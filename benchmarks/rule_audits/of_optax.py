"""optax: every loss, through its own rule or JAX's derivative of how it is written."""

from __future__ import annotations

import importlib
from typing import Any

from rule_audits.of_jax import public, subject
from rule_audits.optax_calls import CALLS, NOT_MEANT
from rule_audits.subject import Found, Left, Wanted, every

PACKAGE = "optax"


def load() -> Any:
    """The package.

    Raises:
        ImportError: optax is not installed.
    """
    return importlib.import_module("optax")


def subjects(wanted: Wanted = every) -> Found:
    """What `optax.losses` holds."""
    losses = load().losses
    for name in sorted(public(losses)):
        full = f"optax.losses.{name}"
        if not wanted(full):
            continue
        if full in CALLS:
            for recipe in CALLS[full]:
                yield subject(PACKAGE, full, getattr(losses, name), recipe)
        else:
            yield Left(PACKAGE, full, NOT_MEANT.get(full, "no arguments are known for it"))


def version() -> str:
    """The installed version."""
    return str(load().__version__)
