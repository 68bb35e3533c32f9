"""Formulas as data: what a row of the rule table says about a derivative, evaluated later in any number system.

``1 - y * y`` below is not a number but a `Formula`: it has a text, and a value once a system and the values of its symbols
are given. So a rule is written once, as in a book, and serves floats, balls and jets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Environment = Mapping[str, Any]
_SUM, _PRODUCT, _SIGN, _ATOM = range(4)


class Formula:
    """An expression in the arguments of a primitive. Operators and the functions of this module build larger ones."""

    def __init__(self, text: str, value: Callable[[Any, Environment], Any], binding: int = _ATOM) -> None:
        self.text = text
        self.value = value
        self._binding = binding

    def __repr__(self) -> str:
        return self.text

    def _inside(self, binding: int) -> str:
        return self.text if self._binding >= binding else f"({self.text})"

    def __add__(self, other: Formula | int) -> Formula:
        left, right = self, formula(other)
        return Formula(f"{left.text} + {right._inside(_SUM)}", lambda s, e: left.value(s, e) + right.value(s, e), _SUM)

    def __radd__(self, other: int) -> Formula:
        return formula(other) + self

    def __sub__(self, other: Formula | int) -> Formula:
        left, right = self, formula(other)
        return Formula(
            f"{left.text} - {right._inside(_PRODUCT)}", lambda s, e: left.value(s, e) - right.value(s, e), _SUM
        )

    def __rsub__(self, other: int) -> Formula:
        return formula(other) - self

    def __mul__(self, other: Formula | int) -> Formula:
        left, right = self, formula(other)
        text = f"{left._inside(_PRODUCT)} * {right._inside(_PRODUCT)}"
        return Formula(text, lambda s, e: left.value(s, e) * right.value(s, e), _PRODUCT)

    def __rmul__(self, other: int) -> Formula:
        return formula(other) * self

    def __truediv__(self, other: Formula | int) -> Formula:
        left, right = self, formula(other)
        text = f"{left._inside(_PRODUCT)} / {right._inside(_SIGN)}"
        return Formula(text, lambda s, e: left.value(s, e) / right.value(s, e), _PRODUCT)

    def __rtruediv__(self, other: int) -> Formula:
        return formula(other) / self

    def __neg__(self) -> Formula:
        inner = self
        return Formula(f"-{inner._inside(_PRODUCT)}", lambda s, e: -inner.value(s, e), _SIGN)


def formula(value: Formula | int) -> Formula:
    """A whole number as a formula; a formula as it is."""
    return value if isinstance(value, Formula) else Formula(str(value), lambda s, e: value)


def symbol(name: str) -> Formula:
    """An argument of the primitive, its result, or one of its parameters."""
    return Formula(name, lambda s, e: e[name])


def function(primitive: str) -> Callable[..., Formula]:
    """A primitive as a function of formulas; keywords become its parameters."""

    def of(*arguments: Formula, **params: Formula) -> Formula:
        def value(system: Any, env: Environment) -> Any:
            options = {name: param.value(system, env) for name, param in params.items()}
            return system.apply(primitive, options, [argument.value(system, env) for argument in arguments])

        named = [f"{name}={param.text}" for name, param in params.items()]
        return Formula(f"{primitive}({', '.join([*(argument.text for argument in arguments), *named])})", value)

    return of


ONE = formula(1)
MINUS_ONE = formula(-1)
PI = Formula("pi", lambda s, e: s.pi())


def constant(number: int, like: Formula) -> Formula:
    """A whole number as a value of the system, in the shape of `like`: what a function of a constant needs."""
    return Formula(str(number), lambda s, e: s.exact(number, tuple(like.value(s, e).shape)))
