"""Dependence: which entries of a program's outputs depend on which entries of one input, found by running it on sets.

The value of a number is the set of input entries that it may depend on; a primitive's result depends on what its operands
depend on, entry by entry where it works entry by entry, and on everything in them where nothing better is known. The sets are
those of all branches, so that what lies outside of them is a zero of the Jacobian at every point. An elementwise function
is so seen to have a diagonal one, a convolution a banded one, a batched function one of blocks.

`coloured` groups columns of which no two share a row (A. R. Curtis, M. J. D. Powell and J. K. Reid, "On the estimation of
sparse Jacobian matrices", IMA Journal of Applied Mathematics 13 (1974) 117-119): one tangent along each group gives every
entry of the Jacobian.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.numbers.contraction import matmul_form
from gradcheck.numbers.elementwise import ROWS
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.logic import moved, of_booleans
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import STRUCTURAL, rearranged
from gradcheck.numbers.system import CannotDecideError, NoRuleError, Unsure, Visits
from gradcheck.program.program import Program, is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

DENSE = 4  # a Jacobian of which this part may be other than zero is called dense
FEW, MOST = 2**14, 2**20  # pairs of an entry and what it depends on, in one array, that are always and never looked at
MOST_CONFLICTS = 2**21  # pairs of columns that share a row, looked at while colouring


class TooDenseError(Exception):
    """Everything depends on nearly everything: the sets are given up."""


@dataclass(frozen=True, eq=False)
class Reach:
    """An array of sets, as sorted numbers ``place · inputs + input`` for all its pairs of a place and an input entry."""

    shape: tuple[int, ...]
    pairs: Array

    __array_ufunc__ = None  # a rule that expects numbers fails instead of computing with sets

    @property
    def size(self) -> int:
        """How many sets."""
        return math.prod(self.shape)


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where a Jacobian may be other than zero: flat output and input places, by row and then by column."""

    rows: Array
    columns: Array
    shape: tuple[int, int]

    @property
    def diagonal(self) -> bool:
        """Whether output i depends on input i and on no other, for every i."""
        outputs, inputs = self.shape
        return outputs == inputs and bool(np.array_equal(self.rows, self.columns))


def pattern(program: Program, inputs: Sequence[Array], wrt: int) -> Pattern | None:
    """The pattern of the Jacobian in leaf `wrt`; None where it is dense, or where the sets depend on what is not known.

    It is found once for each leaf and kept with the program; anew at every point where whole numbers choose places.
    """
    known = program.__dict__.setdefault("_patterns", {})
    numbers = tuple(
        np.asarray(value).tobytes() for value, leaf in zip(inputs, program.inputs, strict=True) if not leaf.inexact
    )
    key = (wrt, numbers)
    if key not in known:
        known[key] = _pattern(program, inputs, wrt)
    found: Pattern | None = known[key]
    return found


def _pattern(program: Program, inputs: Sequence[Array], wrt: int) -> Pattern | None:
    count, entries = program.inputs[wrt].size, sum(leaf.size for leaf in program.outputs)
    system = Dependence(count, min(max(count * entries // DENSE, FEW), MOST))
    arguments: list[Any] = [
        (system.seed(leaf.shape) if place == wrt else system.exact(0, leaf.shape))
        if leaf.inexact
        else np.asarray(value)
        for place, (value, leaf) in enumerate(zip(inputs, program.inputs, strict=True))
    ]
    try:
        outputs = run(program, arguments, system)
    except (TooDenseError, NoRuleError, CannotDecideError):
        return None
    start, parts = 0, []
    for output, leaf in zip(outputs, program.outputs, strict=True):
        if isinstance(output, Reach):
            parts.append(output.pairs + start * count)
        start += leaf.size
    pairs = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    if pairs.size > system.most:
        return None
    return Pattern(pairs // max(count, 1), pairs % max(count, 1), (start, count))


def coloured(pattern: Pattern, most: int) -> Array | None:
    """A colour for each column, such that no two columns of one colour share a row.

    None where that takes more than ``most`` colours, or too long to find. Columns are coloured from left to right, each with
    the first colour that none of its neighbours has.
    """
    if np.max(np.bincount(pattern.rows), initial=0) > most:
        return None  # the columns of one row have as many colours as they are, so that none need be looked for
    memo = pattern.__dict__
    if "_colours" not in memo:
        memo["_colours"] = _coloured(pattern)
    found: Array | None = memo["_colours"]
    return found if found is not None and np.max(found, initial=0) < most else None


def _coloured(pattern: Pattern) -> Array | None:
    outputs, inputs = pattern.shape
    lengths = np.bincount(pattern.rows, minlength=outputs)
    if np.max(lengths, initial=0) <= 1:
        return np.zeros(inputs, dtype=np.int64)
    if int(np.sum(lengths**2)) > MOST_CONFLICTS:
        return None
    starts = np.concatenate([[0], np.cumsum(lengths)])
    by_column = np.argsort(pattern.columns, kind="stable")
    rows_of = np.split(pattern.rows[by_column], np.cumsum(np.bincount(pattern.columns, minlength=inputs))[:-1])
    colours = np.full(inputs, -1, dtype=np.int64)
    for column, rows in enumerate(rows_of):
        near = {int(colours[other]) for row in rows for other in pattern.columns[starts[row] : starts[row + 1]]}
        colour = 0
        while colour in near:
            colour += 1
        colours[column] = colour
    return colours


class Dependence:
    """Arrays of sets of input entries. Booleans that come from comparing numbers are open, so that both branches count."""

    name = "sets of inputs"

    def __init__(self, inputs: int, most: int = MOST) -> None:
        """`inputs` is how many entries the input has, `most` how many pairs an array of sets may hold."""
        self.inputs = max(inputs, 1)
        self.most = most
        self.visits: dict[int, Visits] | None = None

    def seed(self, shape: tuple[int, ...]) -> Reach:
        """The input itself: entry i depends on entry i."""
        return Reach(shape, np.arange(math.prod(shape), dtype=np.int64) * (self.inputs + 1))

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Any:
        """Whole numbers and booleans stay as they are; what else is not seeded depends on nothing."""
        return self.exact(0, value.shape) if is_inexact(dtype) else value

    def leave(self, value: Any) -> Any:
        """An output, as it is."""
        return value

    def constants(self, plan: Plan) -> Mapping[int, Any]:
        """Numbers that depend on nothing."""
        return {slot: self.constant(value) for slot, value in plan.constants.items()}

    def constant(self, value: Array) -> Any:
        """A number that depends on nothing; whole numbers and booleans as they are."""
        return self.exact(0, value.shape) if is_inexact(value.dtype) else value

    def exact(self, number: int, shape: tuple[int, ...]) -> Reach:
        """Numbers that depend on nothing."""
        return Reach(tuple(shape), np.zeros(0, dtype=np.int64))

    def pi(self, shape: tuple[int, ...] = ()) -> Reach:
        """π depends on nothing."""
        return self.exact(0, shape)

    def nearest(self, value: Any) -> Array:
        """What a pivot is chosen by, which sets do not know.

        Raises:
            CannotDecideError: always.
        """
        raise CannotDecideError("a place depends on the sizes of numbers")

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
        """Run a structural function on the numbers of the sets, and look the sets up."""
        if not any(isinstance(part, Reach) for part in data):
            return moved(move, params, data) if any(isinstance(part, Unsure) for part in data) else move(params, *data)
        sets = [part if isinstance(part, Reach) else self.exact(0, np.shape(part)) for part in data]
        bases = np.cumsum([0, *(part.size for part in sets)])
        numbered = [
            np.arange(base, base + part.size).reshape(part.shape) for base, part in zip(bases[:-1], sets, strict=True)
        ]
        shifted = [part.pairs + base * self.inputs for base, part in zip(bases[:-1], sets, strict=True)]
        table = _Table(np.concatenate(shifted), int(bases[-1]), self)
        result = move(params, *numbered)
        if isinstance(result, list):
            return [table.look_up(part) for part in result]
        return table.look_up(np.asarray(result))

    def step(self, instruction: Instruction, values: Sequence[Any], position: int) -> Any:
        """One instruction; of one without a rule every result depends on all that its operands depend on."""
        try:
            return self.apply(instruction.name, instruction.params, values, position)
        except NoRuleError:
            if not all(map(is_inexact, instruction.dtypes)):
                raise
        sets = [value for value in values if isinstance(value, Reach)]
        together = np.unique(np.concatenate([part.pairs % self.inputs for part in sets])) if sets else np.zeros(0, int)
        found = [self._everywhere(together, shape) for shape in instruction.shapes]
        return found if len(found) > 1 or getattr(instruction.primitive, "multiple_results", False) else found[0]

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive.

        Raises:
            NoRuleError: there is no rule for the primitive.
            CannotDecideError: an index or a whole number depends on a comparison.
            TooDenseError: the sets of an array hold more than `most` pairs.
        """
        if name in _COMPARISONS:
            shape = np.broadcast_shapes(
                *(np.shape(value) if not isinstance(value, Reach) else value.shape for value in values)
            )
            return Unsure(np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool))
        if name == "select_n":
            return self._selected(values)
        if name == "convert_element_type":
            return self._converted(params, values[0])
        if name in _FLAT:
            return self.exact(0, values[0].shape)
        if name in _ELEMENTWISE:
            return self._union([value for value in values if isinstance(value, Reach)], values)
        if name in _REDUCTIONS:
            return self._reduced(values[0], tuple(params["axes"]), False)
        if name in _RUNNING:
            return self._reduced(values[0], (params["axis"],), True)
        if name == "sort":
            return [self._reduced(value, (params["dimension"],), True) for value in values]
        if name == "dot_general":
            return self._product(params, *values)
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        if name in LOWERED:
            return LOWERED[name](self, params, values, position)
        raise NoRuleError(name)

    def _selected(self, values: Sequence[Any]) -> Any:
        which, *cases = values
        if not any(isinstance(case, Reach) for case in cases):
            return of_booleans("select_n", {}, values)
        if isinstance(which, Unsure) or len(cases) > 2:
            return self._union(cases, values)
        chosen = np.asarray(which, dtype=bool)
        return self.rearrange(lambda _, off, on: np.where(chosen, on, off), {}, cases)

    def _converted(self, params: Params, value: Any) -> Any:
        if is_inexact(np.dtype(params["new_dtype"])):
            return value if isinstance(value, Reach) else self.exact(0, np.shape(getattr(value, "possible", value)))
        if isinstance(value, Reach):
            raise CannotDecideError("a whole number depends on the input")
        return of_booleans("convert_element_type", params, [value])

    def _union(self, sets: Sequence[Any], operands: Sequence[Any]) -> Reach:
        """Of all operands, entry by entry."""
        shape = np.broadcast_shapes(*(tuple(value.shape) for value in operands))
        parts = [self._spread(part, shape).pairs for part in sets if isinstance(part, Reach) and part.pairs.size]
        if not parts:
            return self.exact(0, shape)
        found = parts[0]
        for part in parts[1:]:
            found = found if np.array_equal(found, part) else np.union1d(found, part)
        return Reach(shape, self._few(found))

    def _spread(self, part: Reach, shape: tuple[int, ...]) -> Reach:
        if part.shape == shape:
            return part
        found: Reach = self.rearrange(lambda _, data: np.broadcast_to(data, shape), {}, [part])
        return found

    def _reduced(self, part: Any, axes: tuple[int, ...], kept: bool) -> Any:
        """What the entries along axes depend on together: one set for all, or (`kept`) the same for each of them."""
        if not isinstance(part, Reach):
            raise NoRuleError("a reduction of whole numbers that are not known")
        lengths = tuple(1 if axis in axes else n for axis, n in enumerate(part.shape))
        target = np.broadcast_to(np.arange(math.prod(lengths)).reshape(lengths), part.shape).ravel()
        pairs = np.unique(target[part.pairs // self.inputs] * self.inputs + part.pairs % self.inputs)
        if kept:
            return self._spread(Reach(lengths, pairs), part.shape)
        return Reach(tuple(n for axis, n in enumerate(part.shape) if axis not in axes), pairs)

    def _product(self, params: Params, left: Reach, right: Reach) -> Reach:
        form = matmul_form(params["dimension_numbers"], left.shape, right.shape)
        batch, rows, inner, columns = form.sizes

        def arranged(part: Reach, order: tuple[int, ...], shape: tuple[int, ...]) -> Any:
            return self.rearrange(lambda _, data: data.transpose(order).reshape(shape), {}, [part])

        a = self._reduced(arranged(left, form.left, (batch, rows, inner)), (2,), False)
        b = self._reduced(arranged(right, form.right, (batch, inner, columns)), (1,), False)
        wide = (batch, rows, columns)
        together = self._union(
            [Reach((batch, rows, 1), a.pairs), Reach((batch, 1, columns), b.pairs)],
            [self.exact(0, wide)],
        )
        return Reach(form.shape, together.pairs)

    def _everywhere(self, together: Array, shape: tuple[int, ...]) -> Reach:
        """The same set for each entry."""
        size = math.prod(shape)
        if size * together.size > self.most:
            raise TooDenseError
        return Reach(shape, (np.arange(size)[:, None] * self.inputs + together).ravel())

    def _few(self, pairs: Array) -> Array:
        if pairs.size > self.most:
            raise TooDenseError
        return pairs


class _Table:
    """Sets by their number."""

    def __init__(self, pairs: Array, count: int, system: Dependence) -> None:
        places = pairs // system.inputs
        self._inputs, self._most = system.inputs, system.most
        self._entries = pairs % system.inputs
        self._lengths = np.bincount(places, minlength=count)
        self._starts = np.cumsum(self._lengths) - self._lengths

    def look_up(self, numbers: Array) -> Reach:
        """The array of sets with these numbers."""
        flat = numbers.ravel()
        lengths = self._lengths[flat]
        total = int(np.sum(lengths))
        if total > self._most:
            raise TooDenseError
        ends = np.cumsum(lengths)
        within = np.arange(total) - np.repeat(ends - lengths, lengths)
        found = self._entries[np.repeat(self._starts[flat], lengths) + within]
        return Reach(tuple(numbers.shape), np.repeat(np.arange(flat.size), lengths) * self._inputs + found)


_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "is_finite", "signbit", "lt_to", "le_to"))
_FLAT = frozenset(("sign", "floor", "ceil", "round"))  # constant between their jumps
_ELEMENTWISE = frozenset(row.name for row in ROWS) | frozenset(
    ("add_any", "abs", "max", "min", "rem", "clamp", "nextafter", "reduce_precision", "logaddexp")
)
_REDUCTIONS = frozenset(("reduce_sum", "reduce_prod", "reduce_max", "reduce_min"))
_RUNNING = frozenset(("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"))
