"""One walk over an expression, and what the names in it are worth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import TooLargeError, UnresolvedError
from gradcheck.latex.problem import Definition, Problem, plain
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size, Val

_STEPS = 60_000


class Walk:
    """One walk. ``numbers`` is None for shapes alone, else a module such as jax.numpy."""

    def __init__(self, problem: Problem, values: Mapping[str, Val], np_: Any = None) -> None:
        self.problem = problem
        self.values = dict(values)
        self.np = np_
        self.bound: dict[str, tuple[Size, int | None]] = {}
        self.locals: dict[str, Expr | Val] = {}
        self.covered: list[Any] = []
        self.sample: int | None = None
        self.depth = 0
        self.steps = 0
        self.terms = 1
        self.busy: list[str] = []
        self.touched: set[str] = set()
        self.generics: set[str] = set()
        self.entrywise = False
        self.scope: frozenset[str] | None = None
        self.from_zero: frozenset[str] = frozenset()

    @property
    def abstract(self) -> bool:
        """Whether only shapes are worked out."""
        return self.np is None

    def run(self, expr: Expr) -> Val:
        """The value. Raises UnresolvedError for what has no meaning here."""
        self.depth += 1
        self.steps += 1
        if self.depth > 120 or self.steps > _STEPS:
            raise TooLargeError("the formula is too large to be evaluated, or defined in terms of itself")
        try:
            method = getattr(self, "_" + type(expr).__name__.lower())
            found: Val = method(expr)
            return found
        finally:
            self.depth -= 1

    def made(self, sizes: tuple[Size, ...], data: Callable[[], Any], row: bool = False) -> Val:
        """A value whose data are computed only where there are numbers."""
        return Val(sizes, None if self.abstract else data(), row)

    def _number(self, expr: tree.Number) -> Val:
        value = float(expr.text)
        return self.made((), lambda: self.np.asarray(value))

    def _name(self, expr: tree.Name) -> Val:
        return self.lookup(expr.text, (), expr)

    def _place(self, index: str) -> tuple[Size, int | None]:
        """The axis that a bound index runs along, and where it is on it."""
        return self.bound[index]

    def _index(self, expr: Expr) -> tuple[Size, int | None]:
        if isinstance(expr, tree.Name) and expr.text in self.bound:
            return self._place(expr.text)
        if isinstance(expr, tree.Number) and expr.text.isdecimal() and int(expr.text) > 0:
            return Size(), int(expr.text) - 1
        raise UnresolvedError(f"the index {plain(expr)} is not bound")

    def lookup(self, key: str, indices: tuple[Expr, ...], expr: Expr) -> Val:
        """The value of a name at indices."""
        problem = self.problem
        if not indices and key in self.bound:
            _, number = self._place(key)
            return self.made((), lambda: self.np.asarray(float((number or 0) + (key not in self.from_zero))))
        if key in self.locals:
            local = self.locals[key]
            found = local if isinstance(local, Val) else self.run(local)
            return self._indexed(found, indices)
        if key in self.values:
            self.touched.add(key)
            return self._indexed(self._per_sample(key, self.values[key]), indices)
        if key in problem.definitions:
            return self._defined(key, indices)
        if not indices and key in problem.size_names:
            size = problem.size_names[key]
            return self.made((), lambda: self.np.asarray(float(size.number or 1)))
        if key == "e" and "e" not in problem.ranks:
            return self.made((), lambda: self.np.exp(self.np.asarray(1.0)))
        if key == r"\pi" and not indices:
            return self.made((), lambda: self.np.asarray(math.pi))
        if key == r"\infty":
            raise UnresolvedError("infinity is not a number")
        if (not indices and key in ("I", r"\mathbb{I}")) or (
            key.startswith("I_{") and problem.ranks.get(key, 2) == 2 and not indices
        ):
            size = problem.constants.setdefault(id(expr), Size(int(key[3:-1])) if key[3:-1].isdecimal() else Size())
            return self.made((size, size), lambda: self.np.eye(size.number))
        if key in (r"\mathbf{1}",) and not indices:
            size = problem.constants.setdefault(id(expr), Size())
            return self.made((size,), lambda: self.np.ones(size.number))
        if key in (r"\mathbf{0}",) and not indices:
            return self.made((), lambda: self.np.asarray(0.0))
        if not self.abstract:
            raise UnresolvedError(f"nothing says what {key} is")
        self.touched.add(key)
        if key not in problem.inputs:
            rank = max(problem.ranks.get(key, 0), len(indices))
            shape = problem.shapes.get(key, ())
            if shape and len(shape) != rank:
                raise UnresolvedError(f"{key} is declared with {len(shape)} axes, and read with {rank}")
            problem.inputs[key] = shape or tuple(Size(name=key) for _ in range(rank))
            if key in problem.symmetric and rank == 2:
                problem.inputs[key][0].same(problem.inputs[key][1])
        if self.sample is not None and key not in problem.fixed:
            problem.sampled.add(key)
        return self._indexed(Val(problem.inputs[key]), indices)

    def _per_sample(self, key: str, value: Val) -> Val:
        if key not in self.problem.sampled or self.abstract:
            return value
        return Val(value.sizes, value.data[self.sample or 0], value.row)

    def _defined(self, key: str, indices: tuple[Expr, ...]) -> Val:
        known = self.problem.definitions[key]
        if self.busy.count(key) > 1:
            raise UnresolvedError(f"{key} is defined in terms of itself")
        self.busy.append(key)
        bound, local, entrywise, scope = self.bound, self.locals, self.entrywise, self.scope
        self.entrywise = False
        self.scope = frozenset(known.indices)
        try:
            if len(indices) >= len(known.indices) > 0:
                chosen = [self._index(index) for index in indices[: len(known.indices)]]
                for size, (other, _) in zip(known.sizes, chosen, strict=True):
                    size.same(other)
                self.bound = dict(bound.items())
                self.bound.update(zip(known.indices, chosen, strict=True))
                self.locals = {}
                found = self.run(known.body)
                self.bound, self.locals = bound, local
                return self._indexed(found, indices[len(known.indices) :])
            if known.indices and not indices:
                return self._stacked(known)
            self.locals = {}
            found = self.run(known.body)
            self.bound, self.locals = bound, local
            return self._indexed(found, indices)
        finally:
            self.bound, self.locals, self.entrywise, self.scope = bound, local, entrywise, scope
            self.busy.pop()

    def _stacked(self, known: Definition) -> Val:
        """A definition with indices, used without them: the whole array."""
        outer = self.bound
        if self.abstract:
            self.bound = {
                **outer,
                **{name: (size, None) for name, size in zip(known.indices, known.sizes, strict=True)},
            }
            inner = self.run(known.body)
            self.bound = outer
            return Val(known.sizes + inner.sizes)
        parts = []
        shape = tuple(size.number or 1 for size in known.sizes)
        inner = Val()
        for place in itertools.product(*(range(n) for n in shape)):
            self.bound = {
                **outer,
                **{name: (size, i) for name, size, i in zip(known.indices, known.sizes, place, strict=True)},
            }
            inner = self.run(known.body)
            parts.append(inner.data)
        self.bound = outer
        data = self.np.stack(parts).reshape(shape + tuple(size.number or 1 for size in inner.sizes))
        return Val(known.sizes + inner.sizes, data)

    def _indexed(self, value: Val, indices: tuple[Expr, ...]) -> Val:
        if not indices:
            return value
        if len(indices) > value.rank:
            raise UnresolvedError(f"{len(indices)} indices on an array of {value.rank} axes")
        data = value.data
        for place, index in enumerate(indices):
            size, number = self._index(index)
            value.sizes[place].same(size)
            if not self.abstract:
                limit = value.sizes[place].number or 1
                if number is None or number >= limit:
                    raise UnresolvedError(f"the index {plain(index)} lies outside of the array")
                data = data[number]
        return Val(value.sizes[len(indices) :], data)
