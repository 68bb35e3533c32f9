"""Derivatives inside of an expression, and evaluation at a point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import TooLargeError, UnresolvedError
from gradcheck.latex.evaluating.scripts import Scripts
from gradcheck.latex.problem import name_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Val

_ORDERS = 6
"""How often something is differentiated inside of an expression: each time multiplies the work by two or three."""


class Derivatives(Scripts):
    """What is differentiated, by JAX."""

    _orders = 0

    @contextmanager
    def _differentiating(self, order: int) -> Iterator[None]:
        """Derivatives inside of one another, counted. Raises TooLargeError."""
        self._orders += order
        try:
            if self._orders > _ORDERS:
                what = f"derivatives inside of an expression of order {self._orders}; at most {_ORDERS} are evaluated"
                raise TooLargeError(what)
            yield
        finally:
            self._orders -= order

    def _primed(self, prime: tree.Prime, arguments: tuple[Expr, ...]) -> Val:
        if len(arguments) != 1:
            raise UnresolvedError("a prime on a function of several arguments")
        with self._differentiating(prime.order):
            return self._slope(prime, arguments)

    def _slope(self, prime: tree.Prime, arguments: tuple[Expr, ...]) -> Val:
        inner = self.run(arguments[0])
        function = prime.base
        if self.abstract:
            return Val(inner.sizes, None, inner.row)
        from jax import jvp

        def at(data: Any) -> Any:
            placeholder = tree.Name("\x00")
            outer = self.locals
            self.locals = {**outer, "\x00": Val(inner.sizes, data, inner.row)}
            try:
                return self.run(tree.Call(function, (placeholder,))).data
            finally:
                self.locals = outer

        for _ in range(prime.order):
            before = at

            def at(data: Any, before: Any = before) -> Any:  # type: ignore[misc]
                return jvp(before, (data,), (self.np.ones_like(data),))[1]

        return Val(inner.sizes, at(inner.data), inner.row)

    def _prime(self, expr: tree.Prime) -> Val:
        raise UnresolvedError("a prime without an argument")

    def _at(self, expr: tree.At) -> Val:
        outer = self.values
        values = {name_of(name, self.problem)[0]: self.run(value) for name, value in expr.at_point}
        self.values = {**outer, **values}
        try:
            return self.run(expr.body)
        finally:
            self.values = outer

    def _derivative(self, expr: tree.Derivative) -> Val:
        """A derivative inside of an expression: of a scalar by a name, or of an entry by an entry."""
        with self._differentiating(expr.order):
            return self._derived(expr)

    def _derived(self, expr: tree.Derivative) -> Val:
        from jax import grad, jacfwd

        if expr.body is None or len(set(expr.wrt)) != 1 or len(expr.wrt) not in (1, expr.order):
            raise UnresolvedError("a mixed derivative inside of an expression")
        key, indices = name_of(expr.wrt[0], self.problem)
        here = self.values.get(key)
        if here is None:
            here = self.lookup(key, (), expr.wrt[0])
        if self.abstract:
            body = self.run(expr.body)
            taken = self._indexed(Val(here.sizes), indices)
            if expr.order > 1:
                return Val(body.sizes + taken.sizes * expr.order)
            if body.rank and taken.rank:
                return Val(body.sizes + taken.sizes)
            return Val(body.sizes or taken.sizes)
        outer = dict(self.values)

        def at(data: Any) -> Any:
            assert here is not None
            self.values = {**outer, key: Val(here.sizes, data)}
            try:
                return self.run(expr.body).data  # type: ignore[arg-type]
            finally:
                self.values = outer

        body = self.run(expr.body)
        if expr.order > 1:
            return self._higher(at, expr.order, body, here, indices)
        found = (grad(at) if body.rank == 0 else jacfwd(at))(here.data)
        if body.rank and indices:
            raise UnresolvedError("the derivative of an array by an entry")
        return self._indexed(Val(body.sizes + here.sizes, found), indices)

    def _higher(self, at: Callable[[Any], Any], order: int, body: Val, here: Val, indices: tuple[Expr, ...]) -> Val:
        """A higher derivative of a number by a number, or the Hessian of a number by a vector."""
        from jax import grad, jacfwd

        if body.rank or indices or (here.rank and order > 2):
            raise UnresolvedError("a higher derivative of an array inside of an expression")
        found = at
        for number in range(order):
            found = jacfwd(found) if here.rank and number else grad(found)
        return Val(here.sizes * order, found(here.data))
