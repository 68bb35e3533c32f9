"""What stands in a stored claim where a fresh one has something that runs: a function, or a space of somebody's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn


class NotStoredError(RuntimeError):
    """Something was to be run of which only the name is stored; the message names it and says how to run it."""


@dataclass(frozen=True)
class StoredFunction:
    """The name of a function. Calling it raises NotStoredError."""

    name: str

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Nothing can be computed."""
        raise NotStoredError(
            f"the function {self.name} cannot be called: of a stored claim only the names of functions are kept; "
            "audit its source again (gradcheck audit PATH) to run it"
        )


@dataclass(frozen=True)
class StoredSpace:
    """A space that is none of gradcheck's public ones: its name, its shape, and no values. Drawing raises NotStoredError."""

    name: str
    shape: tuple[int, ...]
    differentiable: bool

    def sample(self, rng: Any) -> NoReturn:
        """Nothing can be drawn."""
        self._refuse()

    def special(self) -> Iterator[Any]:
        """Nothing can be listed."""
        self._refuse()

    def strategy(self) -> NoReturn:
        """Nothing can be drawn."""
        self._refuse()

    def contains(self, value: Any) -> NoReturn:
        """Nothing can be told of a value."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotStoredError(
            f"the space {self.name} has no values: of a stored claim only its name and shape are kept; "
            "audit its source again (gradcheck audit PATH) to draw from it"
        )


def name_of(function: Any) -> str:
    """What a function is called, without anything that differs from run to run."""
    if isinstance(function, StoredFunction):
        return function.name
    while isinstance(function, partial):
        function = function.func
    # A method's or closure's full name; what is not written in Python (a ufunc) has a plain one in every version.
    name = getattr(function, "__qualname__", None) if hasattr(function, "__code__") else None
    return str(name or getattr(function, "__name__", None) or type(function).__qualname__)
