"""The walk that gives a printed formula its value at the inputs of a claim: generic functions, Jacobians, conventions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.claim import Generic
from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import Evaluator, is_name, plain
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size, Val, unify
from gradcheck.transcription.names import Names, entry_of, key_of, numbered


@dataclass(frozen=True)
class Convention:
    """How a text may mean what it prints: the layout of derivatives, and ⊙ of equal shapes, repeated to fit, or outer.

    In the *numerator* layout the derivative of a number by a vector is a row, in the *denominator* layout a Jacobian is
    inputs × outputs; *mixed* is neither: such a derivative is a column, and a Jacobian outputs × inputs.
    """

    layout: str = "mixed"
    odot: str = "of equal shapes"
    inner_dot: bool = True
    entries: bool = False


Slopes = dict[tuple[Any, ...], list[tuple[Mapping[str, int | None], tuple[Val, Val, Any]]]]
"""Derivatives that were taken at some place of the indices around, with the places of those that they depend on."""


class Transcriber(Evaluator):
    """An `Evaluator` whose names are the inputs of a claim, and whose functions may be its generic ones."""

    def __init__(
        self,
        names: Names,
        sizes: Mapping[str, tuple[Size, ...]],
        arrays: Mapping[str, Any],
        generics: Mapping[str, Generic],
        convention: Convention,
        np_: Any,
        slopes: Slopes | None = None,
    ) -> None:
        super().__init__(names.problem, {}, np_)
        self.names = names
        self.given = {name: Val(sizes[name], arrays.get(name)) for name in sizes}
        self.generics_given = generics
        self.convention = convention
        self.replaced: list[tuple[Expr, Val]] = []
        self.slopes: Slopes = {} if slopes is None else slopes
        self.known: dict[Any, Val] = {}
        self._moving = 0
        self._around: Mapping[str, Any] | None = None  # the indices around a derivative that is being taken,
        self._needed: set[str] = set()  # and those of them that were asked for

    def _place(self, index: str) -> tuple[Size, int | None]:
        """As the walk has it; told is, of a derivative, which of the indices around it make a difference to it."""
        found = super()._place(index)
        if self._around is not None and self._around.get(index) is found:
            self._needed.add(index)
        return found

    def run(self, expr: Expr) -> Val:
        """The value of an expression; one that is differentiated by has the value that it is moved to."""
        for known, value in self.replaced:
            if expr == known:
                return value
        return super().run(expr)

    def lookup(self, key: str, indices: tuple[Expr, ...], expr: Expr) -> Val:
        """The value of a name: an input under its printed name, a single entry that is an input, a definition."""
        if key in self.locals or (not indices and key in self.bound):
            return super().lookup(key, indices, expr)
        key = self._canonical(key)
        if key in self.values:
            return super().lookup(key, self._digits(key, indices), expr)
        if indices and all(isinstance(index, tree.Number) for index in indices):
            single = self.names.inputs.get(numbered(key, indices))
            if single is not None:
                return self.given[single]
        indices = self._digits(key, indices)
        if key in self.names.inputs:
            return self._indexed(self.given[self.names.inputs[key]], indices)
        if key in self.problem.definitions or key in self.problem.size_names or self._constant(key, indices):
            return super().lookup(key, indices, expr)
        found = self.names.resolve(key)
        stem, numbers = entry_of(key)
        if found is None and numbers:
            return self.lookup(stem, numbers + indices, expr)
        if found is None:
            raise UnresolvedError(f"nothing says what {key} is")
        return self._indexed(self.given[found], indices)

    def _digits(self, key: str, indices: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Indices in which w_{12} means row 1 and column 2, where the name has two axes or more."""
        if len(indices) != 1 or not isinstance(indices[0], tree.Number) or len(indices[0].text) == 1:
            return indices
        known = self.problem.definitions.get(key)
        rank = len(known.indices) if known is not None else 0
        if key in self.names.inputs:
            rank = len(self.names.shapes[self.names.inputs[key]])
        digits = indices[0].text
        alone = known is not None and not known.indices
        return tuple(tree.Number(digit) for digit in digits) if rank == len(digits) or alone else indices

    def _canonical(self, key: str) -> str:
        """The key under which a name is known: with its labels, or without them where only the bare name is defined."""
        if key in self.names.inputs or key in self.problem.definitions:
            return key
        return self.names.defined(key) or key

    def _constant(self, key: str, indices: tuple[Expr, ...]) -> bool:
        if indices and key in ("e", r"\pi"):
            return False  # e_k is a unit vector or a name like any other, and no entry of a number
        return key in ("e", r"\pi", "I", r"\mathbb{I}", r"\mathbf{1}", r"\mathbf{0}") and key not in self.names.shapes

    def _indexed(self, value: Val, indices: tuple[Expr, ...]) -> Val:
        for place, index in enumerate(indices[: value.rank]):
            self._within(value, place, index)
        return super()._indexed(value, indices)

    def _within(self, value: Val, place: int, index: Expr) -> None:
        """Refuse a number that is no index of an array, before anything is computed."""
        number = self._index(index)[1]
        limit = value.sizes[place].number
        if number is not None and limit is not None and number >= limit:
            raise UnresolvedError(f"the index {plain(index)} lies outside of an axis of length {limit}")

    def _power(self, expr: tree.Power) -> Val:
        """A superscript is a layer's label where a name with that label is known."""
        if is_name(expr.base):
            try:
                key, indices = key_of(expr, self.problem)
            except UnresolvedError:
                return super()._power(expr)
            known = {*self.values, *self.names.inputs, *self.problem.definitions}
            single = numbered(key, indices) if indices else ""
            if key in known or single in known or entry_of(key)[0] in known:
                return self.lookup(key, indices, expr.base)
            if isinstance(expr.exponent, tree.Sum):
                bare = key_of(expr.base, self.problem)[0]
                label = {part for part in (expr.exponent.terms[0][1],) if isinstance(part, tree.Name)}
                if label & {tree.Name("L"), tree.Name("l"), tree.Name("k")} and bare not in self.values:
                    return self.lookup(key, indices, expr.base)
        return super()._power(expr)

    def _defined(self, key: str, indices: tuple[Expr, ...]) -> Val:
        """The value of a definition; each of its entries is worked out once, unless something is differentiated."""
        own = self.problem.definitions[key].indices
        if self.np is not np or self.sample is not None or len(indices) < len(own):
            return super()._defined(key, indices)
        bound = {name: number for name, (_, number) in self.bound.items()}
        bound.update(zip(own, (self._index(index)[1] for index in indices), strict=False))
        mentioned = self.names.mentioned(key)
        place = tuple(
            sorted((name, number, name in self.from_zero) for name, number in bound.items() if name in mentioned)
        )
        if (key, place) not in self.known:
            self.known[key, place] = super()._defined(key, indices[: len(own)])
        return self._indexed(self.known[key, place], indices[len(own) :])

    def _product(self, expr: tree.Product) -> Val:
        """A product; nothing is multiplied by a condition on indices that is not met, once it is known to be a number."""
        if self.np is np and ("a number", id(expr)) in self.known and self._unmet(expr.right):
            return self.known["a number", id(expr)]
        found = super()._product(expr)
        if self.np is np and not found.rank and _is_condition(expr.right):
            self.known["a number", id(expr)] = Val((), np.asarray(0.0))
        return found

    def _unmet(self, expr: Expr) -> bool:
        """Whether this is a condition in brackets, on whole numbers made of indices alone, that is not met here."""
        if not isinstance(expr, tree.Fence) or not isinstance(expr.body, tree.Relation):
            return False
        left, right = self._whole(expr.body.left), self._whole(expr.body.right)
        return None not in (left, right) and expr.body.mark == "=" and left != right

    def _whole(self, expr: Expr) -> int | None:
        """The value of an expression made of indices and whole numbers; None of any other."""
        if isinstance(expr, tree.Number) and expr.text.isdecimal():
            return int(expr.text)
        if isinstance(expr, tree.Name) and expr.text in self.bound:
            number = self.bound[expr.text][1]
            return None if number is None else number + (expr.text not in self.from_zero)
        if isinstance(expr, tree.Name) and expr.text in self.problem.definitions:
            known = self.problem.definitions[expr.text]
            return self._whole(known.body) if isinstance(known.body, tree.Number) and not known.indices else None
        if isinstance(expr, tree.Fence) and expr.kind == "()":
            return self._whole(expr.body)
        if isinstance(expr, tree.Sum):
            terms = [(sign, self._whole(term)) for sign, term in expr.terms]
            return None if any(term is None for _, term in terms) else sum(sign * (term or 0) for sign, term in terms)
        if isinstance(expr, tree.Product) and expr.mark in ("", r"\cdot"):
            left, right = self._whole(expr.left), self._whole(expr.right)
            return None if left is None or right is None else left * right
        return None

    def _call(self, expr: tree.Call) -> Val:
        function = expr.function
        if isinstance(function, tree.Script) and function.base == tree.Name("J") and len(function.subs) == 1:
            generic = self._generic(function.subs[0])
            if generic is not None and len(expr.arguments) == 1:
                return self._jacobian(generic, self.run(expr.arguments[0]))
        if isinstance(function, (tree.Name, tree.Script)) and plain(function) in self.names.applied:
            return self.lookup(plain(function), self._entries(plain(function), expr.arguments), function)
        generic = self._generic(function)
        if generic is not None and len(expr.arguments) == 1:
            return self._applied(generic, self.run(expr.arguments[0]))
        if self._multiplies(expr):
            return self.times("", self.run(function), self.run(expr.arguments[0]))
        return super()._call(expr)

    def _entries(self, key: str, arguments: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """The indices at which f(x_i) is an entry of the input that f(x) stands for."""
        from gradcheck.latex.names import free_indices

        rank = len(self.names.shapes[self.names.inputs[key]])
        return tuple(tree.Name(name) for name in free_indices(arguments, self.problem)) if rank else ()  # type: ignore[arg-type]

    def _multiplies(self, expr: tree.Call) -> bool:
        """Whether what stands before parentheses is a value: σ(1 − σ) is a product where σ is defined as a number."""
        if not isinstance(expr.function, (tree.Name, tree.Script)) or len(expr.arguments) != 1:
            return False
        key = plain(expr.function)
        if key in self.names.inputs or key in self.names.shapes:
            return True
        known = self.problem.definitions.get(key)
        return known is not None and not known.parameters and not is_name(expr.arguments[0])

    def _generic(self, function: Expr) -> Generic | None:
        """The generic function that a printed name stands for; its index, a layer's number, makes no difference."""
        while isinstance(function, tree.Script) and len(function.subs) == 1 and function.sup is None:
            key = plain(function)
            if key in self.names.generics:
                break
            function = function.base
        if isinstance(function, (tree.Name, tree.Script)):
            name = self.names.generics.get(plain(function))
            return self.generics_given.get(name) if name is not None else None
        return None

    def _applied(self, generic: Generic, value: Val) -> Val:
        shape = np.shape(generic.value(np.ones(_shape(value))))
        sizes = value.sizes if len(shape) == value.rank else ()
        return self.made(sizes, lambda: self._own(generic.value, value.data), value.row and bool(sizes))

    def _jacobian(self, generic: Generic, value: Val) -> Val:
        def data() -> Any:
            if self.np is np:
                return generic.derivative(value.data)
            return self._own(generic.derivative, value.data)

        return self.made(value.sizes * 2, data)

    def _own(self, function: Callable[[Any], Any], data: Any) -> Any:
        """A generic function at an array of NumPy, or, traced first, at one of JAX."""
        if self.np is np:
            return function(data)
        from gradcheck.program.flat import flat_function
        from gradcheck.program.program import Program
        from gradcheck.program.trace import trace

        program = trace(function, (np.ones(np.shape(data)),))
        if not isinstance(program, Program):
            raise UnresolvedError("a generic function that cannot be traced")
        return flat_function(program)(data)[0]

    def generic(self, key: str, values: list[Val]) -> Val:
        """No function stands in here for one that is only named: what differs from it says nothing about what is printed."""
        raise UnresolvedError(f"nothing says what the function {key} is")

    def _primed(self, prime: tree.Prime, arguments: tuple[Expr, ...]) -> Val:
        generic = self._generic(prime.base)
        if generic is None or len(arguments) != 1:
            return super()._primed(prime, arguments)
        inner = self.run(arguments[0])
        if prime.order != 1:
            raise UnresolvedError("a second derivative of a generic function")
        slopes = self._jacobian(generic, inner)
        return self.made(inner.sizes, lambda: self.np.diag(slopes.data), inner.row)

    def times(self, mark: str, one: Val, two: Val) -> Val:
        """A product; ⊙ by the convention, and what is repeated to fit has one column or one row."""
        if mark == r"\odot" and one.rank and two.rank and self.convention.odot != "of equal shapes":
            if self.convention.odot == "outer":
                total = tuple(Size(int(np.prod(_shape(value)))) for value in (one, two))
                return self.made(total, lambda: self.np.outer(one.data, two.data))
            first, second = _upright(one), _upright(two)
            if any(a != b and 1 not in (a, b) for a, b in zip(first, second, strict=True)):
                raise UnresolvedError(f"arrays of {first} and {second} cannot be repeated to fit one another")
            shape = np.broadcast_shapes(first, second)
            return self.made(
                tuple(Size(n) for n in shape),
                lambda: self.np.reshape(one.data, first) * self.np.reshape(two.data, second),
            )
        return super().times(mark, one, two)

    def _big(self, expr: tree.Big) -> Val:
        """A sum or a product; one whose range nothing settles has no value, rather than a single term."""
        if not self.abstract:
            for big in (expr, self.problem.opened.get(id(expr))):
                sizes = self.problem.sums.get(id(big), ()) if big is not None else ()
                if any(size.number is None for size in sizes):
                    raise UnresolvedError(f"nothing says how far the index of {plain(expr)} runs")
        return super()._big(expr)

    def _plus(self, one: Val, two: Val) -> Val:
        if one.rank == two.rank == 1 and one.row != two.row and self.convention.layout == "numerator":
            unify(one.sizes, two.sizes)
            return self.made(one.sizes, lambda: one.data + two.data, True)
        return super()._plus(one, two)

    def _derivative(self, expr: tree.Derivative) -> Val:
        """A derivative of what is printed, by a name or by an expression that is printed so; outputs × inputs."""
        if expr.body is None or len(expr.wrt) != 1 or expr.order != 1:
            raise UnresolvedError("a derivative of higher order, or of nothing, inside of a formula")
        moved = expr.wrt[0]
        while isinstance(moved, tree.Fence):
            moved = moved.body
        key, indices = self._moved(moved)
        here, body, data = self._slopes(expr.body, moved, key)
        found = Val(body.sizes + here.sizes, data)
        if len(indices) > here.rank:
            raise UnresolvedError(f"{len(indices)} indices on an array of {here.rank} axes")
        for place, index in enumerate(indices):
            size, number = self._index(index)
            self._within(here, place, index)
            here.sizes[place].same(size)
            if not self.abstract:
                found = Val(found.sizes, self.np.take(found.data, number, axis=body.rank))
        sizes = body.sizes + here.sizes[len(indices) :]
        if self.convention.layout == "denominator" and body.rank == 1 and len(sizes) == 2:
            return Val(sizes[::-1], None if self.abstract else found.data.T)
        column = body.rank == 0 and len(sizes) == 2 and sizes[1].number == 1 != sizes[0].number
        if self.convention.layout == "numerator" and column:
            return Val(sizes[::-1], None if self.abstract else found.data.T)
        row = body.rank == 0 and len(sizes) == 1 and self.convention.layout == "numerator"
        return Val(sizes, found.data, row)

    def _slopes(self, expr: Expr, moved: Expr, key: str) -> tuple[Val, Val, Any]:
        """What is differentiated by, what is differentiated, and its Jacobian.

        They are worked out once for all places of the indices around that make no difference to them: a formula for every
        entry of a gradient has the same derivative in each.
        """
        within = self._moving or self._around is not None or self.locals or self.sample is not None
        if self.abstract or within:
            return self._slopes_here(expr, moved, key)
        about = (id(expr), key or id(moved), frozenset(self.bound), tuple(self.busy), self.entrywise)
        known = self.slopes.setdefault((*about, self.scope, self.from_zero), [])
        for needed, found in known:
            if all(self.bound[name][1] == number for name, number in needed.items()):
                return found
        self._around, self._needed = self.bound, set()
        try:
            found = self._slopes_here(expr, moved, key)
        finally:
            self._around = None
        known.append(({name: self.bound[name][1] for name in self._needed}, found))
        return found

    def _slopes_here(self, expr: Expr, moved: Expr, key: str) -> tuple[Val, Val, Any]:
        here = self.lookup(key, (), moved) if key else self.run(moved)
        source = self.names.inputs.get(key, "")
        given, outer, swaps = dict(self.given), dict(self.values), list(self.replaced)

        def at(value: Val) -> Val:
            if source:
                self.given = {**given, source: value}
            elif key:
                self.values = {**outer, key: value}
            else:
                self.replaced = [*swaps, (moved, value)]
            self._moving += 1
            try:
                return self.run(expr)
            finally:
                self._moving -= 1
                self.given, self.values, self.replaced = given, outer, swaps

        body = at(here)
        if self.abstract:
            return here, body, None
        from jax import jacfwd

        return here, body, jacfwd(lambda array: at(replace(here, data=array)).data)(here.data)

    def _moved(self, expr: Expr) -> tuple[str, tuple[Expr, ...]]:
        """The key and indices of what a derivative is taken by, an entry's own name undone; no key for an expression."""
        if not is_name(expr.base if isinstance(expr, tree.Power) else expr):
            return "", ()
        key, indices = key_of(expr, self.problem)
        if indices and numbered(key, indices) in self.names.inputs:
            return numbered(key, indices), ()
        if key not in self.names.inputs and key not in self.problem.definitions:
            key, numbers = entry_of(key)
            indices = numbers + indices
        key = self._canonical(key)
        indices = self._digits(key, indices)
        known = self.problem.definitions.get(key)
        if known is not None and len(known.indices) == len(indices) > 0:
            body = known.body
            try:
                inner, places = key_of(body, self.problem)
            except UnresolvedError:
                return key, indices
            swap = dict(zip(known.indices, indices, strict=True))
            if all(isinstance(p, tree.Name) and p.text in swap for p in places):
                return inner, tuple(swap[p.text] for p in places if isinstance(p, tree.Name))
        return key, indices


def _is_condition(expr: Expr) -> bool:
    return isinstance(expr, tree.Fence) and isinstance(expr.body, tree.Relation)


def _upright(value: Val) -> tuple[int, ...]:
    """The shape as a matrix: a vector is a column unless it was transposed."""
    shape = _shape(value)
    if len(shape) != 1:
        return (*shape, 1, 1)[:2]
    return (1, *shape) if value.row else (*shape, 1)


def _shape(value: Val) -> tuple[int, ...]:
    """The shape of a value whose sizes are known. Raises UnresolvedError where one is not."""
    shape = tuple(size.number for size in value.sizes)
    if any(number is None for number in shape):
        raise UnresolvedError("the size of an axis is left open")
    return tuple(number or 0 for number in shape)
