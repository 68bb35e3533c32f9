"""From a derivative claim in LaTeX to a `Claim` on arrays: names, ranks, sizes and layouts settled, both sides as functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.claim import Assumption, Claim, Kind, Layout, Source
from gradcheck.domains import Integers, Reals, Simplex, Space, Symmetric
from gradcheck.latex import tree
from gradcheck.latex.claims import Target
from gradcheck.latex.errors import TooLargeError, UndefinedError, UnresolvedError
from gradcheck.latex.evaluate import Evaluator, Problem, is_name, name_of
from gradcheck.latex.evaluating.sizes import above, whole
from gradcheck.latex.names import free_indices, parts
from gradcheck.latex.spaces import bounds
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.latex.values import SIZES, Size, Val, unify

MOST_NUMBERS = 150
STACKED = ("matrices stacked by columns", "matrices stacked by rows")


@dataclass(frozen=True)
class Choice:
    """How the open questions are answered: how the dot between vectors is read, and the layout of a Jacobian."""

    inner_dot: bool = True
    layout: str = ""
    normalized: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """For people."""
        parts_ = [] if self.inner_dot else ["the dot between vectors as an elementwise product"]
        return ", ".join([*parts_, *([_told(self.layout)] if self.layout else [])]) or "as printed"


def _told(layout: str) -> str:
    return layout if layout in STACKED else f"{layout} layout"


def derivative_body(target: Target) -> Expr:
    """What is differentiated."""
    assert target.derivative.body is not None
    return target.derivative.body


class Lowered:
    """One claimed member of a target under one choice of ranks: shapes worked out, ready to become a `Claim`."""

    def __init__(self, make: Callable[[], Problem], target: Target, member: Expr, choice: Choice) -> None:
        self.make = make
        self.problem = problem = make()
        problem.inner_dot = choice.inner_dot
        problem.normalized |= choice.normalized
        self.choice = choice
        self.target = target
        self.member = member
        derivative = target.derivative
        if derivative.body is None or not derivative.wrt:
            raise UnresolvedError("nothing says what is differentiated, or with respect to what")
        self.order = max(derivative.order, len(derivative.wrt))
        if self.order > 2 or (self.order != len(derivative.wrt) and len(derivative.wrt) != 1):
            raise UnresolvedError(f"derivatives of order {self.order}")
        keys = [name_of(name, problem) for name in derivative.wrt]
        self.wrt, self.indices = keys[0]
        self.second = keys[1][1] if len(keys) == 2 else ()
        self.mixed = keys[1][0] if len(keys) == 2 and keys[1][0] != self.wrt else ""
        body = derivative.body
        self.body: Expr = tree.Listing("⟨⟩", (target.times, body)) if target.times is not None else body
        self.free = self._free()
        self._shapes()

    def _free(self) -> list[str]:
        problem = self.problem
        found: dict[str, None] = {}
        body = free_indices(self.body, problem)
        if isinstance(self.body, (tree.Name, tree.Script, tree.Call)):
            named = self.body.function if isinstance(self.body, tree.Call) else self.body
            known = problem.definitions.get(name_of(named, problem)[0]) if is_name(named) else None
            if known is not None:
                body += [name for name in free_indices(known.body, problem) if name not in known.indices]
        self.of_body = list(dict.fromkeys(body))
        for name in (*body, *self._own(self.indices), *self._own(self.second), *free_indices(self.member, problem)):
            found[name] = None
        return list(found)

    def _own(self, indices: Sequence[Expr]) -> list[str]:
        return [index.text for index in indices if isinstance(index, tree.Name) and index.text in self.problem.indices]

    def _shapes(self) -> None:
        """Shapes of both sides, with everything that must be equal made equal, and sizes given."""
        problem = self.problem
        for name in self.free:
            problem.index_sizes[name] = Size(name=name)
        problem.fixed = frozenset((self.wrt,))
        self._counts()
        walk = self._walk({}, None)
        whole = walk.lookup(self.wrt, (), tree.Name(self.wrt))
        if len(self.indices) > whole.rank:
            raise UnresolvedError(f"{self.wrt} has {whole.rank} axes and {len(self.indices)} indices")
        walk.values[self.wrt] = Val(whole.sizes)
        taken = walk._indexed(Val(whole.sizes), self.indices)
        walk.touched.clear()
        body = walk.run(self.body)
        if self.wrt not in walk.touched:
            raise UndefinedError(
                f"as far as it is defined, {typeset(derivative_body(self.target))} does not depend on {self.wrt}"
            )
        reached, generic = set(walk.touched), set(walk.generics)
        walk.touched.clear()
        walk.generics.clear()
        value = walk.run(self.member)
        self.loose = sorted(walk.touched - reached)
        primed = {
            part.base.text
            for part in parts(self.member)
            if isinstance(part, tree.Prime) and isinstance(part.base, tree.Name)
        }
        self.assumed = sorted(name for name in generic if not name.startswith("generic ") and name not in primed)
        self.whole, self.taken, self.p, self.m = whole, taken, body, value
        self._arrange(body, value, taken)
        self._settle()

    def _counts(self) -> None:
        """The upper limits of sums are sizes wherever they stand, before the sum as well."""
        problem = self.problem
        for node in (node for expr in self._all() for node in parts(expr)):
            if not isinstance(node, tree.Big) or len(node.indices) != 1:
                continue
            upper = above(node.upper) if whole(node.lower) == 0 else node.upper
            if not isinstance(upper, tree.Name) or upper.text == self.wrt or upper.text in problem.definitions:
                continue
            if not problem.ranks.get(upper.text) and node.indices[0] in problem.indices:
                problem.size_names.setdefault(upper.text, Size(name=upper.text))

    def _walk(self, values: Mapping[str, Val], np_: Any) -> Evaluator:
        walk = Evaluator(self.problem, values, np_)
        if np_ is None:
            walk.bound = {name: (self.problem.index_sizes[name], None) for name in self.free}
        return walk

    def _arrange(self, body: Val, value: Val, taken: Val) -> None:
        """How the claimed array lies beside the Jacobian."""
        self.kind: Kind
        self.layout: Layout = "numerator"
        self.flip = False
        own = self._own(self.indices)
        rest = [name for name in self.free if name not in own]
        clean = (
            len(own) == len(self.indices) == len(set(own))
            and not set(own) & set(self.of_body)
            and taken.rank == 0
            and self.order == 1
        )
        self.rest = rest
        self.own = own
        if self.order == 2:
            self._second(body, value, taken)
            return
        if taken.rank == body.rank == 0:
            if value.rank:
                raise UnresolvedError("the derivative is a number, and an array is claimed")
            if clean and (self.indices or not rest):
                self.kind = "derivative" if not self.indices and not rest else "jacobian" if rest else "gradient"
                self.mode = "plain"
            elif not self.indices:
                self.kind, self.mode = "jacobian", "plain"
            else:
                self.kind, self.mode = "derivative", "entry"
            return
        self.mode = "plain"
        if self.indices:
            distinct = len(own) == len(self.indices) == len(set(own)) and not set(own) & set(self.of_body)
            if body.rank or rest or not distinct or self.choice.layout:
                raise UnresolvedError("the derivative of an array by an entry of another")
            unify(value.sizes, taken.sizes)
            self.kind = "gradient"
            return
        if body.rank == 0:
            self.kind = "jacobian" if rest else "gradient"
            if value.rank != taken.rank:
                raise UnresolvedError(f"the gradient has {taken.rank} axes, and {value.rank} are claimed")
            if taken.rank == 2 and self.choice.layout == "numerator":
                value.sizes[0].same(taken.sizes[1])
                value.sizes[1].same(taken.sizes[0])
                self.flip = True
            elif self.choice.layout in ("", "denominator"):
                unify(value.sizes, taken.sizes)
            else:
                raise UnresolvedError("the layout makes no difference")
            return
        if value.rank == body.rank == taken.rank and self.choice.layout == "":
            if value.rank == 2 and isinstance(self.member, tree.Product) and self.member.mark == r"\otimes":
                raise UnresolvedError("a Kronecker product as an elementwise derivative")
            unify(value.sizes, body.sizes)
            unify(value.sizes, taken.sizes)
            self.kind = "derivative"
            return
        if taken.rank == 0:
            unify(value.sizes, body.sizes)
            self.kind = "jacobian"
            return
        if self.choice.layout in STACKED:
            self._stacked(body, taken)
            return
        if body.rank == taken.rank == 1 and value.rank == 2 and self.choice.layout:
            order = body.sizes + taken.sizes if self.choice.layout == "numerator" else taken.sizes + body.sizes
            unify(value.sizes, order)
            self.kind = "jacobian"
            self.flip = self.choice.layout == "denominator"
            return
        raise UnresolvedError(f"the Jacobian has {body.rank + taken.rank} axes, and {value.rank} are claimed")

    def _stacked(self, body: Val, taken: Val) -> None:
        r"""The Jacobian of a matrix by a matrix, both stacked into vectors: (L ⊗ R) has rows (row of L, row of R).

        Stacked by columns the entry (i, j) of a p × q matrix is at i + p j: L belongs to the columns, R to the rows;
        stacked by rows it is the other way round.
        """
        product = self.member
        if not isinstance(product, tree.Product) or product.mark != r"\otimes" or (body.rank, taken.rank) != (2, 2):
            raise UnresolvedError(
                "a stacked Jacobian is read where a Kronecker product is claimed, of a matrix by a matrix"
            )
        walk = self._walk({}, None)
        left, right = walk.run(product.left), walk.run(product.right)
        if left.rank != 2 or right.rank != 2:
            raise UnresolvedError("a Kronecker product of what are no matrices")
        inner, outer = (right, left) if self.choice.layout == STACKED[0] else (left, right)
        unify((inner.sizes[0], outer.sizes[0]), body.sizes)
        unify((inner.sizes[1], outer.sizes[1]), taken.sizes)
        self.kind = "jacobian"

    def _unstacked(self, claimed: Callable[..., Any]) -> Callable[..., Any]:
        """The claimed matrix as an array of output × input."""
        p, q, m, n = (size.number or 1 for size in (*self.p.sizes, *self.taken.sizes))
        if self.choice.layout == STACKED[0]:
            return lambda *arrays: claimed(*arrays).reshape(q, p, n, m).transpose(1, 0, 3, 2)
        return lambda *arrays: claimed(*arrays).reshape(p, q, m, n)

    def _second(self, body: Val, value: Val, taken: Val) -> None:
        if body.rank or self.mixed or self.choice.layout:
            raise UnresolvedError("a second derivative of an array, or by two names")
        self.mode = "plain"
        if taken.rank == 0 and not self.indices and value.rank == 0 and not self.free:
            self.kind = "derivative"
            return
        second = self._own(self.second)
        if (
            taken.rank == 0
            and len(self.own) == 1
            and len(second) == 1
            and second != self.own
            and value.rank == 0
            and not self.of_body
        ):
            self.kind = "hessian"
            self.rest = [name for name in self.rest if name not in second]
            self.own = self.own + second
            self.problem.index_sizes[second[0]].same(self.problem.index_sizes[self.own[0]])
            return
        if taken.rank == 1 and value.rank == 2 and not self.free:
            unify(value.sizes, taken.sizes * 2)
            self.kind = "hessian"
            return
        raise UnresolvedError("a second derivative of this shape")

    def _settle(self) -> None:
        problem = self.problem
        self._apart(problem)
        names = [name for name in problem.inputs if name != self.wrt]
        self.names = [self.wrt, *names]
        sizes: list[Size] = [size for known in problem.inputs.values() for size in known]
        sizes += [*self.whole.sizes, *problem.index_sizes.values(), *problem.size_names.values()]
        sizes += [size for known in problem.definitions.values() for size in known.sizes]
        if problem.sampled:
            sizes.append(problem.samples)
        roots: dict[int, Size] = {}
        for size in sizes:
            if size.number is None:
                roots[id(size.root())] = size.root()
        for number, root in enumerate(roots.values()):
            root.settle(SIZES[number % len(SIZES)])
        total = 1
        for name in self.free:
            total *= problem.index_sizes[name].number or 1
        if total > MOST_NUMBERS:
            raise UnresolvedError("too many indices to run through")

    def _apart(self, problem: Problem) -> None:
        """Sizes that are declared by different letters are different. Raises UnresolvedError where they must be equal."""
        letters: dict[int, str] = {}
        for size in (size for shape in problem.shapes.values() for size in shape):
            other = letters.setdefault(id(size.root()), size.name) if size.name else ""
            if other != size.name:
                raise UnresolvedError(f"the sizes {other} and {size.name} are declared apart, and must be equal here")

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an input."""
        sizes = self.whole.sizes if name == self.wrt else self.problem.inputs[name]
        shape = tuple(size.number or 1 for size in sizes)
        return (self.problem.samples.number or 1, *shape) if name in self.problem.sampled else shape

    def _values(self, arrays: Sequence[Any], np_: Any) -> dict[str, Val]:
        found = {}
        for name, array in zip(self.names, arrays, strict=True):
            data = array
            if name in self.problem.normalized and len(self.shape(name)) >= 1 and name != self.wrt:
                grown = np_.exp(array)
                data = grown / np_.sum(grown, axis=-1, keepdims=True)
            if name in self.problem.symmetric and len(self.shape(name)) == 2 and name != self.wrt:
                data = (array + array.T) / 2
            if name in self.problem.diagonal and len(self.shape(name)) == 2 and name != self.wrt:
                data = array * np_.eye(array.shape[0])
            sizes = self.whole.sizes if name == self.wrt else self.problem.inputs[name]
            found[name] = Val(sizes, data)
        return found

    def _values_without_numbers(self) -> dict[str, Val]:
        return {self.wrt: Val(self.whole.sizes)}

    def _places(self, names: Sequence[str]) -> list[dict[str, tuple[Size, int]]]:
        sizes = [self.problem.index_sizes[name] for name in names]
        ranges = [range(size.number or 1) for size in sizes]
        return [
            {name: (size, i) for name, size, i in zip(names, sizes, place, strict=True)}
            for place in itertools.product(*ranges)
        ]

    def _grid(self, names: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.problem.index_sizes[name].number or 1 for name in names)

    def side(self, expr: Expr, over: Sequence[str], np_: Any, covered: bool = False) -> Callable[..., Any]:
        """A function of the input arrays: `expr` at every place of the indices `over`, as one array."""

        def plain(*arrays: Any) -> Any:
            results = []
            flags = []
            values = self._values(arrays, np_)
            for place in self._places(over):
                walk = Evaluator(self.problem, values, np_)
                walk.bound = dict(place)
                results.append(walk.run(expr).data)
                flags.extend(walk.covered)
            if covered:
                return all(bool(np.all(flag)) for flag in flags)
            if not over:
                return results[0]
            stacked = np_.stack(results)
            return stacked.reshape(self._grid(over) + tuple(stacked.shape[1:]))

        return plain

    def _entry(self, expr: Expr, np_: Any) -> Callable[..., Any]:
        """The same for a family of entries: each place has its own value of the entry that is differentiated by."""

        def family(entries: Any, *arrays: Any) -> Any:
            results = []
            for number, place in enumerate(self._places(self.free)):
                index = tuple(self._at(i, place) for i in self.indices)
                array = arrays[0]
                changed = (
                    array.at[index].set(entries[number])
                    if hasattr(array, "at")
                    else _replaced(array, index, entries[number])
                )
                walk = Evaluator(self.problem, self._values((changed, *arrays[1:]), np_), np_)
                walk.bound = dict(place)
                results.append(walk.run(expr).data)
            return np_.stack(results)

        return family

    def _at(self, index: Expr, place: Mapping[str, tuple[Size, int]]) -> int:
        if isinstance(index, tree.Name) and index.text in place:
            return place[index.text][1]
        if isinstance(index, tree.Number):
            return int(index.text) - 1
        raise UnresolvedError("an index that is not bound")

    def function(self, member: Expr) -> Callable[..., Any]:
        """What a member claims, in the form of the claim, as a function of its inputs.

        Raises:
            UnresolvedError: the member does not fit the shapes that were worked out.
        """
        if member is not self.member:
            self._walk(self._values_without_numbers(), None).run(member)  # the indices of its sums get their sizes
        numbers = self._numbers(member)
        if self.mode == "entry":
            return self._entry(member, numbers)
        claimed = self.side(member, [*self.rest, *self.own], numbers)
        if self.choice.layout in STACKED:
            claimed = self._unstacked(claimed)
        if not self.flip:
            return claimed
        return lambda *arrays: claimed(*arrays).T

    def claim(self, formula: str) -> Claim:
        """The claim, ready to be judged."""
        numbers = self._numbers()
        inputs: dict[str, Space] = {}
        limits = bounds(self._all(), self.problem)
        for name in self.names:
            low, high = limits[name] = self._limits(name, limits)
            inputs[name] = Reals(*self.shape(name), low=low, high=high)
            if name in self._compared() and name != self.wrt:
                inputs[name] = Integers(*self.shape(name), low=0, high=1)
            if name in self.problem.normalized and name == self.wrt and len(self.shape(name)) == 1:
                inputs[name] = Simplex(*self.shape(name))
        if self.by_symmetric and self.mode != "entry":
            inputs[self.wrt] = Symmetric(
                Reals(*self.shape(self.wrt), low=limits[self.wrt][0], high=limits[self.wrt][1])
            )
        kind, wrt = self.kind, self.wrt
        if self.mode == "entry":
            primal: Callable[..., Any] = self._entry(self.body, numbers)
            count = len(self._places(self.free))
            low, high = limits[self.wrt]
            wrt = "entry"
            inputs = {"entry": Reals(count, low=low, high=high), **inputs}
            check: Callable[..., Any] = self._entry(self.body, np)
        else:
            over = self.rest
            primal = self.side(self.body, over, numbers)
            check = self.side(self.body, over, np)
            if self.order == 2 and kind == "derivative":
                from jax import grad

                twice = primal

                def primal(*arrays: Any) -> Any:
                    return grad(twice)(*arrays)

        covered = None
        if self.mode != "entry" and any(isinstance(node, tree.Cases) for part in self._all() for node in parts(part)):
            covered = self.side(self.member, [*self.rest, *self.own], np, covered=True)
        if covered is None and self.mode != "entry" and self.problem.inverted:
            value = self.side(self.member, [*self.rest, *self.own], np)

            def covered(*arrays: Any) -> bool:
                return bool(np.all(np.isfinite(value(*arrays))))

        whole = self._domain(inputs, primal if numbers is np else check, covered)
        extra = [Assumption("the formulas are defined", True, where=whole)]
        return Claim(
            name=f"d {typeset(self.body)[:40]} / d {self.wrt}",
            kind=kind,
            source=Source("formula", 1, formula, "reconstructed"),
            primal=primal,
            claimed=self.function(self.member),
            inputs=inputs,
            wrt=wrt,
            assumptions=tuple(extra),
        )

    def _limits(self, name: str, found: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
        """The bounds of a name: those under which the formulas are defined, within those that are declared."""
        low, high = found.get(name, (-np.inf, np.inf))
        below, above = self.problem.ranges.get(name, (-np.inf, np.inf))
        if name in self.choice.positive:
            below = max(below, 0.0)
        if not max(low, below) < min(high, above):
            raise UnresolvedError(f"the range declared for {name} holds no number for which the formulas are defined")
        return max(low, below), min(high, above)

    def _compared(self) -> set[str]:
        """Names that are compared for equality, as labels are: whole numbers, so that they are equal now and then."""
        found = set()
        for part in self._all():
            for node in parts(part):
                if isinstance(node, tree.Relation) and node.mark == "=":
                    for side in (node.left, node.right):
                        if is_name(side):
                            found.add(name_of(side, self.problem)[0])
        return found

    def vacuous(self, claim: Claim) -> bool:
        """Whether what is claimed was 0 at every one of a dozen points although it is not printed as 0."""
        from gradcheck.expressions import Value

        rng = np.random.default_rng(0)
        points = [{name: space.sample(rng) for name, space in claim.inputs.items()} for _ in range(12)]
        (reading,) = claim.readings
        claimed = Value("the claimed formula", reading.claimed, tuple(claim.inputs), points[0])
        if any(np.any(claimed.floats(point) != 0) for point in points):
            return False
        return self.member != tree.Number("0")

    def _domain(
        self, inputs: Mapping[str, Space], check: Callable[..., Any], covered: Callable[..., Any] | None
    ) -> Callable[..., bool]:
        from gradcheck.expressions import EvaluationError, Value

        order = tuple(inputs)
        rng = np.random.default_rng(0)
        drawn = {name: np.asarray(space.sample(rng), dtype=np.float64) for name, space in inputs.items()}
        traced = Value("the function", check, order, drawn)
        undefined = (np.linalg.LinAlgError, UnresolvedError, EvaluationError)

        def defined(**inputs: Any) -> bool:
            point = {name: np.asarray(inputs[name], dtype=np.float64) for name in order}
            with np.errstate(all="ignore"):
                try:
                    if not np.all(np.isfinite(traced.floats(point))):
                        return False
                    return covered is None or bool(covered(*point.values()))
                except undefined as error:
                    if isinstance(error, TooLargeError) or isinstance(error.__cause__, TooLargeError):
                        raise
                    return False

        return defined if not self._needs_jax() else lambda **_: True

    def _numbers(self, member: Expr | None = None) -> Any:
        """The module that both sides are made with: NumPy, which is traced in a fraction of the time, where it will do."""
        if self.mode == "entry" or self.order == 2 or self._needs_jax(member):
            import jax.numpy as jnp

            return jnp
        return np

    def _needs_jax(self, member: Expr | None = None) -> bool:
        """Derivatives inside of a formula, and functions that NumPy lacks, are evaluated by JAX alone."""
        for part in self._all(member):
            for node in parts(part):
                if isinstance(node, (tree.Prime, tree.Derivative)) or (
                    isinstance(node, tree.Name) and node.text in ("erf", "gelu")
                ):
                    return True
        return False

    def _all(self, member: Expr | None = None) -> list[Expr]:
        return [self.body, member or self.member, *(known.body for known in self.problem.definitions.values())]

    @property
    def by_symmetric(self) -> bool:
        """Whether it is differentiated by a symmetric matrix: at such matrices, and in all directions."""
        return self.wrt in self.problem.symmetric and len(self.shape(self.wrt)) == 2

    def counted_once(self, claim: Claim) -> Claim | None:
        """The claim where the two entries of a symmetric matrix that are equal count as one variable."""
        if not self.by_symmetric or self.kind != "gradient" or self.mode == "entry" or self.own:
            return None
        import jax.numpy as jnp

        primal, claimed = self.side(self.body, self.rest, jnp), self.side(self.member, self.rest, jnp)

        def once(array: Any) -> Any:
            return jnp.tril(array) + jnp.tril(array, -1).T

        return replace(
            claim,
            primal=lambda first, *others: primal(once(first), *others),
            claimed=lambda first, *others: jnp.tril(claimed(first, *others)),
        )

    @property
    def surprise(self) -> int:
        """What is unusual beyond the ranks: arrays of different ranks added, a gradient of what is no number."""
        return self.problem.stretched + (self.target.derivative.mark == "nabla" and self.p.rank > 0)

    @property
    def largest(self) -> int:
        """How many numbers the inputs hold."""
        return sum(int(np.prod(self.shape(name))) for name in self.names)


def _replaced(array: Any, index: tuple[int, ...], value: Any) -> Any:
    changed = np.array(array)
    changed[index] = value
    return changed
