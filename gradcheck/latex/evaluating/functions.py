"""Functions applied to arguments: defined, known by name, generic."""

from __future__ import annotations

import zlib
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluating.derivatives import Derivatives
from gradcheck.latex.evaluating.elementary import ELEMENTWISE, SPECIAL, det, expm1, softmax
from gradcheck.latex.problem import is_name, name_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Val, unify
from gradcheck.latex.vocabulary import SIGMAS


class Functions(Derivatives):
    """What is applied."""

    def _call(self, expr: tree.Call) -> Val:
        function = expr.function
        if isinstance(function, tree.Prime):
            return self._primed(function, expr.arguments)
        if isinstance(function, (tree.Name, tree.Script)):
            key, indices = name_of(function, self.problem)
            if key.split("_")[0] in ("log", "max", "min") and isinstance(function, tree.Script):
                return self._known(key, expr.arguments)
            if key in self.problem.definitions and key not in self.values:
                return self._apply(key, indices, expr.arguments)
            if key in self.values or key in self.bound:
                if key in self.problem.definitions:
                    return self.lookup(key, indices, function)
                return self._generic_or_product(key, indices, expr)
            if key in ELEMENTWISE or key in SPECIAL or key in SIGMAS or key in (r"\mathbb{I}", r"\mathbb{1}"):
                return self._indexed(self._known(key, expr.arguments), indices)
            return self._indexed(self.generic(key, [self.run(a) for a in expr.arguments]), indices)
        raise UnresolvedError("what is called is not a function")

    def _generic_or_product(self, key: str, indices: tuple[Expr, ...], expr: tree.Call) -> Val:
        if len(expr.arguments) != 1:
            return self.lookup(key, indices, expr.function)
        return self.times("", self.lookup(key, indices, expr.function), self.run(expr.arguments[0]))

    def _apply(self, key: str, indices: tuple[Expr, ...], arguments: tuple[Expr, ...]) -> Val:
        known = self.problem.definitions[key]
        if not known.parameters:
            found = self.lookup(key, indices, tree.Name(key))
            if all(is_name(argument) for argument in arguments):
                return found
            if len(arguments) != 1:
                raise UnresolvedError(f"{key} is no function, and {len(arguments)} arguments stand after it")
            return self.times("", found, self.run(arguments[0]))
        given = list(arguments)
        if len(given) != len(known.parameters):
            raise UnresolvedError(f"{key} has {len(known.parameters)} arguments, and is given {len(given)}")
        if all(isinstance(a, tree.Name) and a.text == p for a, p in zip(given, known.parameters, strict=True)):
            return self.lookup(key, indices, tree.Name(key))
        values = [self.run(a) for a in given]
        outer = self.locals
        if self.busy.count(key) > 3:
            raise UnresolvedError(f"{key} is defined in terms of itself")
        self.busy.append(key)
        try:
            self.locals = dict(zip(known.parameters, values, strict=True))
            return self._indexed(self.run(known.body), indices)
        finally:
            self.locals = outer
            self.busy.pop()

    def _known(self, key: str, arguments: tuple[Expr, ...]) -> Val:
        np_ = self.np
        if key in (r"\mathbb{I}", r"\mathbb{1}"):
            return self._indicator(arguments[0])
        if key in ("max", "min") and len(arguments) >= 2:
            parts = [self.run(a) for a in arguments]
            found = parts[0]
            for part in parts[1:]:
                if part.rank and found.rank:
                    unify(part.sizes, found.sizes)
                found = self._extreme("maximum" if key == "max" else "minimum", found, part)
            return found
        if len(arguments) != 1:
            raise UnresolvedError(f"{key} of {len(arguments)} arguments")
        inner = self.run(arguments[0])
        if key.startswith("log_{"):
            base = tree.Name(key[5:-1])
            if key[5:-1] in ("e", r"\epsilon"):
                key = "log"
            else:
                divisor = self.run(tree.Number(base.text) if base.text.replace(".", "").isdecimal() else base)
                return self.made(inner.sizes, lambda: np_.log(inner.data) / np_.log(divisor.data))
        if key in SIGMAS:
            key = "sigmoid"
        if key in ELEMENTWISE:
            return self.made(inner.sizes, lambda: ELEMENTWISE[key](np_, inner.data), inner.row)
        if key == "elu":
            alpha = self.lookup(r"\alpha", (), tree.Name(r"\alpha"))
            return self.made(
                inner.sizes, lambda: np_.where(inner.data > 0, inner.data, alpha.data * expm1(np_, inner.data))
            )
        if key == "softmax":
            if inner.rank == 0:
                raise UnresolvedError("softmax of a single number")
            return self.made(inner.sizes, lambda: softmax(np_, inner.data), inner.row)
        if key == "tr":
            if inner.rank != 2:
                raise UnresolvedError("the trace of what is no matrix")
            inner.sizes[0].same(inner.sizes[1])
            return self.made((), lambda: np_.trace(inner.data))
        if key == "det":
            if inner.rank != 2:
                raise UnresolvedError("the determinant of what is no matrix")
            inner.sizes[0].same(inner.sizes[1])
            return self.made((), lambda: det(np_, inner.data))
        if key == "diag":
            if inner.rank != 1:
                raise UnresolvedError("diag of what is no vector")
            return self.made(inner.sizes * 2, lambda: np_.diag(inner.data))
        raise UnresolvedError(f"{key} is not understood with these arguments")

    def _extreme(self, name: str, one: Val, two: Val) -> Val:
        return self.made(one.sizes or two.sizes, lambda: getattr(self.np, name)(one.data, two.data))

    def generic(self, key: str, values: list[Val]) -> Val:
        """A smooth function that stands in for one that is only named."""
        seed = (zlib.crc32(key.encode()) % 97) / 100
        elementwise = (key.startswith("\\") and len(values) == 1) or self.problem.generic.get(key) == 1
        if elementwise:
            inner = values[0]
            self.generics.add(key)
            return self.made(
                inner.sizes,
                lambda: (
                    self.np.sin(round(1 + seed, 2) * inner.data) + round(0.3 + seed / 5, 3) * inner.data**2 + inner.data
                ),
                inner.row,
            )
        self.problem.generic.setdefault(key, 0)
        self.generics.add(key)

        def data() -> Any:
            total = self.np.asarray(round(0.2 + seed, 2))
            for number, value in enumerate(values):
                flat = self.np.ravel(value.data)
                weights = [
                    round((1.0 + ((k + 1 + 2 * number) * (0.37 + seed)) % 1.3) * (-1) ** k, 3)
                    for k in range(flat.shape[0])
                ]
                total = total + self.np.sum(flat * self.np.asarray(weights))
                total = total + self.np.sum(self.np.sin(flat * self.np.asarray(weights))) * 0.5
            return self.np.sin(total) + 0.3 * total * total + 2 * total

        return self.made((), data)
