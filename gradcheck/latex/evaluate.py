r"""What an expression is worth: one walk that works out shapes first (no numbers yet), then arrays of JAX.

Indices are whole numbers during the walk, so that ``\\sum_{j \\ne i}``, Kronecker deltas and cases on indices are
decided exactly. A name is, in this order: an index, a value given from outside (an input, or what a derivative is taken
with respect to), a definition, an input that is met for the first time.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import TooLargeError, UnresolvedError
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size, Val, unify
from gradcheck.latex.vocabulary import SIGMAS

INDEX_LETTERS = frozenset("ijklmn")
_STEPS = 60_000
_TERMS = 600  # of sums and products, with those inside of them
_MINORS = 6  # rows of the largest matrix whose determinant is written out


@dataclass
class Definition:
    """What a name stands for: arguments of a function, indices of an array, the expression."""

    body: Expr
    parameters: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()


@dataclass
class Problem:
    """All that is known before anything is evaluated: definitions, ranks of inputs, sizes, words that were said."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    indices: frozenset[str] = INDEX_LETTERS
    ranks: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    index_sizes: dict[str, Size] = field(default_factory=dict)
    size_names: dict[str, Size] = field(default_factory=dict)
    symmetric: frozenset[str] = frozenset()
    diagonal: frozenset[str] = frozenset()
    samples: Size = field(default_factory=Size)
    sampled: set[str] = field(default_factory=set)
    fixed: frozenset[str] = frozenset()
    generic: dict[str, int] = field(default_factory=dict)
    inner_dot: bool = True
    sums: dict[int, tuple[Size, ...]] = field(default_factory=dict)
    opened: dict[int, tree.Big] = field(default_factory=dict)
    normalized: frozenset[str] = frozenset()
    entries: dict[str, str] = field(default_factory=dict)
    constants: dict[int, Size] = field(default_factory=dict)
    shapes: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)


def name_of(expr: Expr, problem: Problem) -> tuple[str, tuple[Expr, ...]]:
    """The name with its labels, and the indices, of a possibly scripted name.

    Raises:
        UnresolvedError: it is not a name.
    """
    if isinstance(expr, tree.Name):
        return expr.text, ()
    if isinstance(expr, tree.Fence) and expr.kind == "()":
        return name_of(expr.body, problem)
    if not isinstance(expr, tree.Script) or not isinstance(expr.base, (tree.Name, tree.Script)):
        raise UnresolvedError("a name is expected")
    key, found = name_of(expr.base, problem)
    key = problem.entries.get(key, key)
    indices = list(found)
    labels: list[str] = []
    single = [sub for sub in expr.subs if isinstance(sub, tree.Name) and len(sub.text) == 1]
    for sub in expr.subs:
        if (
            isinstance(sub, tree.Name) and sub.text in problem.indices and not (labels and len(single) < len(expr.subs))
        ) or (isinstance(sub, tree.Number) and key in problem.ranks and problem.ranks[key] > 0):
            indices.append(sub)
        elif isinstance(sub, tree.Script) and isinstance(sub.base, tree.Name) and len(sub.subs) == 1:
            inner = sub.subs[0]
            if isinstance(inner, tree.Name) and inner.text in problem.indices:
                labels.append(sub.base.text)
                indices.append(inner)
            else:
                labels.append(plain(sub))
        else:
            labels.append(plain(sub))
    if labels:
        key += "_{" + ",".join(labels) + "}"
    if expr.sup is not None:
        inner = expr.sup.body if isinstance(expr.sup, tree.Fence) else expr.sup
        if (
            isinstance(inner, tree.Name)
            and inner.text in problem.index_sizes
            and inner.text in problem.indices
            and inner.text in problem.fixed
        ):
            indices.append(inner)
        else:
            key += "^{" + plain(expr.sup) + "}"
    return key, tuple(indices)


def plain(expr: Expr) -> str:
    """An expression as a label."""
    from gradcheck.latex.typeset import typeset

    return typeset(expr)


def is_name(expr: Expr) -> bool:
    """Whether an expression is a name, with or without scripts."""
    while isinstance(expr, tree.Script):
        expr = expr.base
    return isinstance(expr, tree.Name)


class Evaluator:
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

    def _script(self, expr: tree.Script) -> Val:
        base = expr.base
        if (
            isinstance(base, tree.Name)
            and base.text == r"\delta"
            and len(expr.subs) == 2
            and r"\delta" not in self.problem.definitions
        ):
            return self._kronecker(expr.subs)
        if isinstance(base, tree.Name) and base.text in (r"\mathbb{I}", r"\mathbb{1}", "1") and len(expr.subs) == 1:
            return self._indicator(expr.subs[0])
        if isinstance(base, (tree.Name, tree.Script)):
            key, indices = name_of(expr, self.problem)
            if expr.sup is not None and not isinstance(expr.sup, tree.Fence) and self._is_power(expr, key):
                inner = tree.Script(base, expr.subs) if expr.subs else base
                return self._power(tree.Power(inner, expr.sup))
            return self.lookup(key, indices, expr)
        if isinstance(base, tree.Fence) and base.kind == "‖‖":
            return self._fence(base)
        if expr.sup is not None:
            raise UnresolvedError("a superscript on brackets that is not a power")
        return self._indexed(self.run(base), expr.subs)

    def _is_power(self, expr: tree.Script, key: str) -> bool:
        r"""``s^\\beta`` is a power where the exponent is a name of its own right; a defined or declared name is a label."""
        sup = expr.sup
        assert sup is not None
        if key in self.problem.definitions or key in self.values or not isinstance(sup, tree.Name):
            return False
        if isinstance(expr.base, tree.Name) and not expr.subs and sup.text in self.bound:
            return expr.base.text in self.values or expr.base.text in self.locals
        return sup.text not in self.problem.indices and sup.text not in ("L", "l", "t", "T", "*", r"\ast", r"\star")

    def _kronecker(self, subs: tuple[Expr, ...]) -> Val:
        (one, first), (two, second) = self._index(subs[0]), self._index(subs[1])
        one.same(two)
        return self.made((), lambda: self.np.asarray(1.0 if first == second else 0.0))

    def _index(self, expr: Expr) -> tuple[Size, int | None]:
        if isinstance(expr, tree.Name) and expr.text in self.bound:
            return self.bound[expr.text]
        if isinstance(expr, tree.Number) and expr.text.isdecimal() and int(expr.text) > 0:
            return Size(), int(expr.text) - 1
        raise UnresolvedError(f"the index {plain(expr)} is not bound")

    def lookup(self, key: str, indices: tuple[Expr, ...], expr: Expr) -> Val:
        """The value of a name at indices."""
        problem = self.problem
        if not indices and key in self.bound:
            _, number = self.bound[key]
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

    def _fence(self, expr: tree.Fence) -> Val:
        if expr.kind in ("()", "[]", "{}"):
            if isinstance(expr.body, tree.Relation):
                return self._indicator(expr.body)
            return self.run(expr.body)
        body = self.run(expr.body)
        if expr.kind == "||" and body.rank == 0:
            return self.made((), lambda: self.np.abs(body.data))
        if expr.kind == "||" and body.rank == 2:
            body.sizes[0].same(body.sizes[1])
            return self.made((), lambda: _det(self.np, body.data))
        if expr.kind in ("‖‖", "||") and body.rank >= 1:
            return self.made((), lambda: self.np.sqrt(self.np.sum(body.data * body.data)))
        if expr.kind == "‖‖" and body.rank == 0:
            raise UnresolvedError("the norm of a single number")
        raise UnresolvedError(f"the brackets {expr.kind} are not understood here")

    def _listing(self, expr: tree.Listing) -> Val:
        if expr.kind == "⟨⟩" and len(expr.items) == 2:
            one, two = self.run(expr.items[0]), self.run(expr.items[1])
            unify(one.sizes, two.sizes)
            return self.made((), lambda: self.np.sum(one.data * two.data))
        if expr.kind == "{}":
            raise UnresolvedError("a set is not a number")
        return self._stack([self.run(item) for item in expr.items])

    def _stack(self, parts: list[Val]) -> Val:
        if any(part.rank for part in parts):
            raise UnresolvedError("blocks of matrices are not understood")
        return self.made((Size(len(parts)),), lambda: self.np.stack([part.data for part in parts]))

    def _matrix(self, expr: tree.Matrix) -> Val:
        if any(isinstance(entry, tree.Dots) for row in expr.rows for entry in row):
            raise UnresolvedError("a matrix with an ellipsis")
        rows = [[self.run(entry) for entry in row] for row in expr.rows]
        if any(part.rank for row in rows for part in row):
            raise UnresolvedError("blocks of matrices are not understood")
        if len(rows[0]) == 1:
            return self._stack([row[0] for row in rows])
        if len(rows) == 1:
            found = self._stack(rows[0])
            return Val(found.sizes, found.data, row=True)
        sizes = (Size(len(rows)), Size(len(rows[0])))
        return self.made(sizes, lambda: self.np.stack([self.np.stack([part.data for part in row]) for row in rows]))

    def _sum(self, expr: tree.Sum) -> Val:
        if any(isinstance(term, tree.Dots) for _, term in expr.terms):
            raise UnresolvedError("a sum with an ellipsis that does not say what is left out")
        found: Val | None = None
        for sign, term in expr.terms:
            value = self.run(term)
            if sign < 0:
                value = Val(value.sizes, None if self.abstract else -value.data, value.row)
            found = value if found is None else self._plus(found, value)
        assert found is not None
        return found

    def _plus(self, one: Val, two: Val) -> Val:
        if one.rank == two.rank:
            unify(one.sizes, two.sizes)
            if one.rank == 1 and one.row != two.row:
                raise UnresolvedError("a row and a column are added")
            return self.made(one.sizes, lambda: one.data + two.data, one.row)
        small, large = (one, two) if one.rank < two.rank else (two, one)
        if small.rank == 1:
            small.sizes[0].same(large.sizes[-1])
        return self.made(large.sizes, lambda: one.data + two.data, large.row)

    def _product(self, expr: tree.Product) -> Val:
        if expr.mark == r"\land":
            raise UnresolvedError("a condition is not a number")
        if isinstance(expr.left, tree.Dots) or isinstance(expr.right, tree.Dots):
            raise UnresolvedError("a product with an ellipsis that does not say what is left out")
        return self.times(expr.mark, self.run(expr.left), self.run(expr.right))

    def times(self, mark: str, one: Val, two: Val) -> Val:
        """A product by what stands between the factors."""
        if one.rank == 0 or two.rank == 0:
            bigger = two if one.rank == 0 else one
            return self.made(bigger.sizes, lambda: one.data * two.data, bigger.row)
        if self.entrywise and mark == "" and one.rank == two.rank and one.row == two.row:
            mark = r"\odot"
        if (
            mark == r"\odot"
            or (mark == "*" and one.rank == two.rank)
            or (
                mark in (r"\cdot", r"\times")
                and one.rank == two.rank == 1
                and one.row == two.row
                and not self.problem.inner_dot
            )
        ):
            unify(one.sizes, two.sizes)
            return self.made(one.sizes, lambda: one.data * two.data, one.row)
        if mark == r"\otimes":
            if one.rank == two.rank == 1:
                return self.made(one.sizes + two.sizes, lambda: one.data[:, None] * two.data[None, :])
            if one.rank == two.rank == 2:
                sizes = (_times(one.sizes[0], two.sizes[0]), _times(one.sizes[1], two.sizes[1]))
                return self.made(sizes, lambda: self.np.kron(one.data, two.data))
        if one.rank == two.rank == 2:
            one.sizes[1].same(two.sizes[0])
            return self.made((one.sizes[0], two.sizes[1]), lambda: one.data @ two.data)
        if one.rank == 2 and two.rank == 1 and not two.row:
            one.sizes[1].same(two.sizes[0])
            return self.made((one.sizes[0],), lambda: one.data @ two.data)
        if one.rank == 1 and two.rank == 2 and one.row:
            one.sizes[0].same(two.sizes[0])
            return self.made((two.sizes[1],), lambda: one.data @ two.data, True)
        if one.rank == two.rank == 1 and one.row and not two.row:
            one.sizes[0].same(two.sizes[0])
            return self.made((), lambda: self.np.sum(one.data * two.data))
        if one.rank == two.rank == 1 and not one.row and two.row:
            return self.made(one.sizes + two.sizes, lambda: one.data[:, None] * two.data[None, :])
        if one.rank == two.rank == 1 and mark == r"\cdot" and one.row == two.row:
            unify(one.sizes, two.sizes)
            return self.made((), lambda: self.np.sum(one.data * two.data))
        raise UnresolvedError(f"a product of {_kind(one)} and {_kind(two)}")

    def _quotient(self, expr: tree.Quotient) -> Val:
        one, two = self.run(expr.over), self.run(expr.under)
        if two.rank and one.rank:
            unify(one.sizes, two.sizes)
        elif two.rank == 2:
            raise UnresolvedError("something is divided by a matrix")
        sizes = one.sizes or two.sizes
        return self.made(sizes, lambda: one.data / two.data, one.row or two.row)

    def _power(self, expr: tree.Power) -> Val:
        exponent = expr.exponent
        whole = _whole(exponent)
        if expr.base == tree.Name("e") and "e" not in self.problem.definitions and "e" not in self.values:
            inner = self.run(exponent)
            return self.made(inner.sizes, lambda: self.np.exp(inner.data), inner.row)
        if is_name(expr.base) and whole is not None:
            key, indices = name_of(expr.base, self.problem)
            labelled = f"{key}^{{{whole}}}"
            if labelled in self.problem.definitions or labelled in self.values:
                return self.lookup(labelled, indices, expr.base)
        base = self.run(expr.base)
        if whole == -1 and base.rank == 2:
            base.sizes[0].same(base.sizes[1])
            return self.made(base.sizes, lambda: self.np.linalg.inv(base.data))
        if base.rank == 2 and not (isinstance(expr.base, tree.Call)):
            raise UnresolvedError("a power of a matrix")
        if whole is not None:
            return self.made(base.sizes, lambda: base.data**whole, base.row)
        power = self.run(exponent)
        if power.rank:
            raise UnresolvedError("an exponent that is an array")
        return self.made(base.sizes, lambda: self._real_power(base.data, power.data, exponent), base.row)

    def _real_power(self, base: Any, power: Any, exponent: Expr) -> Any:
        if (
            isinstance(exponent, tree.Quotient)
            and exponent.over == tree.Number("1")
            and exponent.under == tree.Number("2")
        ):
            return self.np.sqrt(base)
        return self.np.exp(power * self.np.log(base))

    def _transpose(self, expr: tree.Transpose) -> Val:
        base = self.run(expr.base)
        if base.rank == 0:
            if isinstance(expr.base, (tree.Name, tree.Script)):
                raise UnresolvedError("a single number is transposed")
            return base
        if base.rank == 1:
            return Val(base.sizes, base.data, not base.row)
        return self.made(base.sizes[::-1], lambda: base.data.T)

    def _big(self, expr: tree.Big) -> Val:
        if not expr.indices:
            return self._open_sum(expr)
        free = list(expr.indices)
        if (
            len(free) == 1
            and free[0] not in self.problem.indices
            and expr.kind == "sum"
            and free[0] in self.problem.ranks
        ):
            return self._over_samples(expr, self.entrywise)
        if all(name not in self.problem.indices for name in free):
            raise UnresolvedError(f"a sum over {', '.join(free)}, which is no index")
        known_sizes = self.problem.sums.get(id(expr))
        sizes = list(known_sizes or ())
        for name in free if known_sizes is None else ():
            size = Size(name=name)
            upper = _above(expr.upper) if _whole(expr.lower) == 0 else expr.upper
            if isinstance(upper, tree.Name) and len(free) == 1:
                known = self.problem.size_names.setdefault(upper.text, Size(name=upper.text))
                known.same(size)
                size = known
            elif upper is not None and (n := _whole(upper)) is not None:
                size = Size(n)
            sizes.append(size)
        self.problem.sums[id(expr)] = tuple(sizes)
        if (isinstance(expr.lower, tree.Number) and expr.lower.text not in ("0", "1")) or isinstance(
            expr.lower, (tree.Sum, tree.Product)
        ):
            raise UnresolvedError("a sum that begins elsewhere than at 1")
        outer, scope, from_zero = self.bound, self.scope, self.from_zero
        if scope is not None:
            self.scope = scope | frozenset(free)
        self.from_zero = from_zero | frozenset(free) if _whole(expr.lower) == 0 else from_zero - frozenset(free)
        try:
            return self._summed_over(expr, free, sizes)
        finally:
            self.bound, self.scope, self.from_zero = outer, scope, from_zero

    def _summed_over(self, expr: tree.Big, free: list[str], sizes: list[Size]) -> Val:
        outer = self.bound
        if self.abstract:
            self.bound = {**outer, **{name: (size, None) for name, size in zip(free, sizes, strict=True)}}
            around = self.terms
            self.terms *= math.prod(size.number or 1 for size in sizes)
            if self.terms > _TERMS:
                raise TooLargeError(f"sums and products of {self.terms:.4g} terms; at most {_TERMS} are evaluated")
            inner = self.run(expr.body)
            self.terms = around
            return inner
        total: Val | None = None
        for place in itertools.product(*(range(size.number or 1) for size in sizes)):
            self.bound = {**outer, **{name: (size, i) for name, size, i in zip(free, sizes, place, strict=True)}}
            if isinstance(expr.lower, tree.Relation) and expr.lower.mark != "∈" and not self._static(expr.lower):
                continue
            value = self.run(expr.body)
            if total is None:
                total = value
            else:
                data = total.data + value.data if expr.kind == "sum" else total.data * value.data
                total = Val(total.sizes, data, total.row)
        if total is None:
            return Val((), self.np.asarray(0.0 if expr.kind == "sum" else 1.0))
        return total

    def _open_sum(self, expr: tree.Big) -> Val:
        """A sum that does not say over what: over the indices that are free in it; else entries; else samples."""
        from gradcheck.latex.names import free_indices

        taken = self.bound if self.scope is None else self.scope
        free = [name for name in free_indices(expr.body, self.problem) if name not in taken]
        if free:
            opened = self.problem.opened.setdefault(id(expr), tree.Big(expr.kind, tuple(free), None, None, expr.body))
            return self._big(opened)
        if expr.kind != "sum":
            raise UnresolvedError("a product that does not say over what")
        if self.sample is not None:
            raise UnresolvedError("a sum over samples inside of one")
        entrywise = self.entrywise
        self.entrywise = True
        try:
            probe = self.run(expr.body) if not self.problem.sampled else None
        finally:
            self.entrywise = entrywise
        if probe is not None and probe.rank:
            return self.made((), lambda: self.np.sum(probe.data))
        return self._over_samples(expr, entrywise)

    def _over_samples(self, expr: tree.Big, entrywise: bool) -> Val:
        """Every input but the one that is differentiated by has a value for each sample."""
        if self.sample is not None:
            raise UnresolvedError("a sum over samples inside of one")
        self.sample = 0
        try:
            if self.abstract:
                self.entrywise = True
                found = self.run(expr.body)
                if found.rank:
                    self.problem.sampled.clear()
                    return Val()
                return found
            total = None
            for number in range(self.problem.samples.number or 1):
                self.sample = number
                value = self.run(expr.body).data
                total = value if total is None else total + value
            return Val((), total)
        finally:
            self.sample = None
            self.entrywise = entrywise

    def _static(self, condition: Expr) -> bool:
        """Whether a condition on indices is met."""
        if isinstance(condition, tree.Product) and condition.mark == r"\land":
            return self._static(condition.left) and self._static(condition.right)
        if not isinstance(condition, tree.Relation):
            raise UnresolvedError("a condition is expected")
        one, two = self._position(condition.left), self._position(condition.right)
        return {"=": one == two, "≠": one != two, "<": one < two, ">": one > two, "≤": one <= two, "≥": one >= two}[
            condition.mark
        ]

    def _position(self, expr: Expr) -> int:
        _, number = self._index(expr)
        if number is None:
            raise UnresolvedError("an index without a value")
        return number

    def _on_indices(self, condition: Expr) -> bool:
        if isinstance(condition, tree.Product) and condition.mark == r"\land":
            return self._on_indices(condition.left) and self._on_indices(condition.right)
        return (
            isinstance(condition, tree.Relation)
            and isinstance(condition.left, tree.Name)
            and condition.left.text in self.bound
            and (
                isinstance(condition.right, tree.Number)
                or (isinstance(condition.right, tree.Name) and condition.right.text in self.bound)
            )
        )

    def condition(self, expr: Expr) -> Val:
        """A condition on values, as booleans."""
        if isinstance(expr, tree.Fence):
            return self.condition(expr.body)
        if isinstance(expr, tree.Product) and expr.mark == r"\land":
            one, two = self.condition(expr.left), self.condition(expr.right)
            return self.made(one.sizes, lambda: one.data & two.data)
        if not isinstance(expr, tree.Relation) or expr.mark not in "=<>≤≥≠":
            raise UnresolvedError("a condition is expected")
        left, right = self.run(expr.left), self.run(expr.right)
        if left.rank and right.rank:
            unify(left.sizes, right.sizes)
        marks = {
            "=": lambda: left.data == right.data,
            "≠": lambda: left.data != right.data,
            "<": lambda: left.data < right.data,
            ">": lambda: left.data > right.data,
            "≤": lambda: left.data <= right.data,
            "≥": lambda: left.data >= right.data,
        }
        return self.made(left.sizes or right.sizes, marks[expr.mark])

    def _indicator(self, expr: Expr) -> Val:
        if self._on_indices(expr) and not self.abstract:
            return Val((), self.np.asarray(1.0 if self._static(expr) else 0.0))
        if self._on_indices(expr):
            assert isinstance(expr, tree.Relation)
            self._index(expr.left)[0].same(self._index(expr.right)[0])
            return Val()
        found = self.condition(expr)
        return self.made(found.sizes, lambda: self.np.where(found.data, 1.0, 0.0))

    def _relation(self, expr: tree.Relation) -> Val:
        raise UnresolvedError("a relation is not a number")

    def _dots(self, expr: tree.Dots) -> Val:
        raise UnresolvedError("an ellipsis stands for what was left out")

    def _cases(self, expr: tree.Cases) -> Val:
        rows = [(value, condition) for value, condition in expr.rows if not _undefined(value)]
        if rows and all(condition is None or self._on_indices(condition) for _, condition in rows):
            found = Val()
            for value, condition in rows:
                if self.abstract:
                    if isinstance(condition, tree.Relation):
                        self._index(condition.left)[0].same(self._index(condition.right)[0])
                    found = self.run(value)
                elif condition is None or self._static(condition):
                    return self.run(value)
            if not self.abstract:
                raise UnresolvedError("no case covers these indices")
            return found
        values = [
            (self.run(value), None if condition is None else self.condition(condition)) for value, condition in rows
        ]
        if not values:
            raise UnresolvedError("no case has a value")
        sizes = max((entry.sizes for pair in values for entry in pair if entry is not None), key=len)
        for entry in (entry for pair in values for entry in pair if entry is not None):
            if entry.rank:
                unify(entry.sizes, sizes)
        if self.abstract:
            return Val(sizes)
        conditions = [condition.data for _, condition in values if condition is not None]
        if len(conditions) == len(values):
            some = conditions[0]
            for other in conditions[1:]:
                some = some | other
            self.covered.append(some)
        data = values[-1][0].data
        for branch, met in reversed(values[:-1]):
            data = self.np.where(met.data if met is not None else True, branch.data, data)
        return Val(sizes, data)

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
            if key in _ELEMENTWISE or key in _SPECIAL or key in SIGMAS or key in (r"\mathbb{I}", r"\mathbb{1}"):
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
        if key in _ELEMENTWISE:
            return self.made(inner.sizes, lambda: _ELEMENTWISE[key](np_, inner.data), inner.row)
        if key == "elu":
            alpha = self.lookup(r"\alpha", (), tree.Name(r"\alpha"))
            return self.made(
                inner.sizes, lambda: np_.where(inner.data > 0, inner.data, alpha.data * _expm1(np_, inner.data))
            )
        if key == "softmax":
            if inner.rank == 0:
                raise UnresolvedError("softmax of a single number")
            return self.made(inner.sizes, lambda: _softmax(np_, inner.data), inner.row)
        if key == "tr":
            if inner.rank != 2:
                raise UnresolvedError("the trace of what is no matrix")
            inner.sizes[0].same(inner.sizes[1])
            return self.made((), lambda: np_.trace(inner.data))
        if key == "det":
            if inner.rank != 2:
                raise UnresolvedError("the determinant of what is no matrix")
            inner.sizes[0].same(inner.sizes[1])
            return self.made((), lambda: _det(np_, inner.data))
        if key == "diag":
            if inner.rank != 1:
                raise UnresolvedError("diag of what is no vector")
            return self.made(inner.sizes * 2, lambda: np_.diag(inner.data))
        raise UnresolvedError(f"{key} is not understood with these arguments")

    def _extreme(self, name: str, one: Val, two: Val) -> Val:
        return self.made(one.sizes or two.sizes, lambda: getattr(self.np, name)(one.data, two.data))

    def generic(self, key: str, values: list[Val]) -> Val:
        """A smooth function that stands in for one that is only named."""
        seed = (zlib.crc32(key.encode()) % 97) / 97
        elementwise = (key.startswith("\\") and len(values) == 1) or self.problem.generic.get(key) == 1
        if elementwise:
            inner = values[0]
            self.generics.add(key)
            return self.made(
                inner.sizes,
                lambda: self.np.sin((1 + seed) * inner.data) + (0.3 + seed / 5) * inner.data**2 + inner.data,
                inner.row,
            )
        self.problem.generic.setdefault(key, 0)
        self.generics.add(key)

        def data() -> Any:
            total = self.np.asarray(0.2 + seed)
            for number, value in enumerate(values):
                flat = self.np.ravel(value.data)
                weights = [
                    (1.0 + ((k + 1 + 2 * number) * (0.37 + seed)) % 1.3) * (-1) ** k for k in range(flat.shape[0])
                ]
                total = total + self.np.sum(flat * self.np.asarray(weights))
                total = total + self.np.sum(self.np.sin(flat * self.np.asarray(weights))) * 0.5
            return self.np.sin(total) + 0.3 * total * total + 2 * total

        return self.made((), data)

    def _primed(self, prime: tree.Prime, arguments: tuple[Expr, ...]) -> Val:
        if len(arguments) != 1:
            raise UnresolvedError("a prime on a function of several arguments")
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
                return self._call(tree.Call(function, (placeholder,))).data
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


def _undefined(value: Expr) -> bool:
    text = []

    def walk(expr: Expr) -> None:
        if isinstance(expr, tree.Product) and expr.mark == "":
            walk(expr.left)
            walk(expr.right)
        elif isinstance(expr, tree.Name):
            text.append(expr.text)

    walk(value)
    return "".join(text) in ("undefined", "undef", "DNE")


def _above(upper: Expr | None) -> Expr | None:
    """How many terms a sum from 0 has: n where it ends at n - 1; one more than a whole number; else what is not named."""
    if isinstance(upper, tree.Sum) and len(upper.terms) == 2 and upper.terms[1] == (-1, tree.Number("1")):
        return upper.terms[0][1]
    number = _whole(upper)
    return tree.Number(str(number + 1)) if number is not None else None


def _times(one: Size, two: Size) -> Size:
    return Size(one.number * two.number) if one.number is not None and two.number is not None else Size()


def _whole(expr: Expr | None) -> int | None:
    if isinstance(expr, tree.Number) and expr.text.isdecimal():
        return int(expr.text)
    if isinstance(expr, tree.Fence):
        return _whole(expr.body)
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1:
        inner = _whole(expr.terms[0][1])
        return None if inner is None else expr.terms[0][0] * inner
    return None


def _kind(value: Val) -> str:
    return {0: "a number", 1: "a row" if value.row else "a column", 2: "a matrix"}.get(value.rank, "an array")


def _softmax(np_: Any, z: Any) -> Any:
    e = np_.exp(z)
    return e / np_.sum(e, axis=-1, keepdims=True)


def _expm1(np_: Any, x: Any) -> Any:
    """e^x - 1 where x is not positive; what the other branch of a choice holds must not overflow."""
    return np_.exp(np_.minimum(x, 0.0)) - 1


def _det(np_: Any, m: Any) -> Any:
    n = m.shape[0]
    if n > _MINORS:
        raise TooLargeError(f"the determinant of a {n}×{n} matrix; at most {_MINORS}×{_MINORS} are written out")
    if n == 1:
        return m[0, 0]
    total = 0.0
    for j in range(n):
        rest = [[m[i, k] for k in range(n) if k != j] for i in range(1, n)]
        minor = np_.stack([np_.stack(row) for row in rest])
        total = total + (-1) ** j * m[0, j] * _det(np_, minor)
    return total


def _erf(x: Any) -> Any:
    from jax.lax import erf

    return erf(x)


_ELEMENTWISE: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda np_, x: np_.exp(x),
    "log": lambda np_, x: np_.log(x),
    "lg": lambda np_, x: np_.log(x) / math.log(10),
    "sin": lambda np_, x: np_.sin(x),
    "cos": lambda np_, x: np_.cos(x),
    "tan": lambda np_, x: np_.tan(x),
    "cot": lambda np_, x: np_.cos(x) / np_.sin(x),
    "sec": lambda np_, x: 1 / np_.cos(x),
    "csc": lambda np_, x: 1 / np_.sin(x),
    "sinh": lambda np_, x: np_.sinh(x),
    "cosh": lambda np_, x: np_.cosh(x),
    "tanh": lambda np_, x: np_.tanh(x),
    "coth": lambda np_, x: np_.cosh(x) / np_.sinh(x),
    "arcsin": lambda np_, x: np_.arcsin(x),
    "arccos": lambda np_, x: np_.arccos(x),
    "arctan": lambda np_, x: np_.arctan(x),
    "arctanh": lambda np_, x: np_.arctanh(x),
    "arcsinh": lambda np_, x: np_.arcsinh(x),
    "sqrt": lambda np_, x: np_.sqrt(x),
    "erf": lambda np_, x: _erf(x),
    "sign": lambda np_, x: np_.sign(x),
    "abs": lambda np_, x: np_.abs(x),
    "sigmoid": lambda np_, x: 1 / (1 + np_.exp(-x)),
    "relu": lambda np_, x: np_.maximum(x, 0.0),
    "softplus": lambda np_, x: np_.log(1 + np_.exp(x)),
    "silu": lambda np_, x: x / (1 + np_.exp(-x)),
    "gelu": lambda np_, x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
}
_SPECIAL = frozenset(("softmax", "elu", "tr", "det", "diag", "max", "min", "vec"))
