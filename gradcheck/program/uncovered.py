"""How a function of NumPy that is written here says that it leaves some use of it to jax.numpy."""

from __future__ import annotations

from typing import Any

import numpy as np


class Uncovered(Exception):  # noqa: N818 - it is no error: somebody else is asked
    """A use of a function that is written nowhere here."""


def nothing_else(*options: Any, **named: Any) -> None:
    """Raise Uncovered if an option is given that is not covered."""
    for option in (*options, *named.values()):
        if option is not None and option is not np._NoValue and option is not False:
            raise Uncovered
