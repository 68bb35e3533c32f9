"""The two sides of a claim as expressions: a value, or a derivative, that any oracle can be asked for at a point.

A `Case` is one concrete reading of a claim: generic functions instantiated, cotangents and tangents added to the inputs.
Its sides are a `Value` (what is claimed; what an equality's other side computes) and a `Derivative` (what is true). All
derivative kinds are one rearrangement of the Jacobian away from each other; `arrange` is that rearrangement, and since it is
linear it serves balls, floats and error bars alike.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.claim import Kind, Layout
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.plan import widest
from gradcheck.numbers.system import NoRuleError, Visits
from gradcheck.oracles import autodiff, certified, finite_differences
from gradcheck.program.flat import without_rules
from gradcheck.program.program import BlackBox, Program, epsilon, is_inexact
from gradcheck.program.tape import Tape
from gradcheck.program.trace import mentions_jax, trace, traces_itself

Array = np.ndarray[Any, np.dtype[Any]]
Point = Mapping[str, Array]


class EvaluationError(Exception):
    """A function of a claim raised when it was evaluated; the message says which, where it was raised, and what it said."""


class ShapeError(EvaluationError):
    """A printed formula cannot be evaluated because its shapes do not fit: that is a finding, not a failure of the check."""


_BLOCK_NUMBERS = 2**19  # in one intermediate result of a batch: more leaves the processor's cache
_PACKAGE = str(Path(__file__).parent) + os.sep
_traced: dict[Any, Program | BlackBox] = {}
_kept: dict[Any, Any] = {}
_holders: list[None] = []


@contextmanager
def traces_kept() -> Iterator[None]:
    """Inside, each function is traced once, however often it is checked; what is found at a point is computed anew each time.

        with gc.traces_kept():
            for args in batches:
                gc.assert_holds(f, args, vjp=backward, points=0)

    It is for many checks of the same functions: what a function computes from its arguments must not change inside, as by a
    global or an attribute that it reads. What is kept are the traces of functions at arguments of one structure, with the
    derivative programs made of them, and which faults a set of points can show; all are forgotten at the end. One check
    keeps its own traces in the same way, so a check within a check, or a context within a context, changes nothing.
    """
    _holders.append(None)
    try:
        yield
    finally:
        _holders.pop()
        if not _holders:
            _traced.clear()
            _kept.clear()


def kept(key: Any, make: Callable[[], Any]) -> Any:
    """What `make` returns, made once for equal keys inside `traces_kept`; made anew where the key cannot be hashed."""
    try:
        if _holders and key in _kept:
            return _kept[key]
    except TypeError:
        return make()
    made = make()
    if _holders:
        _kept[key] = made
    return made


def program_of(
    function: Callable[..., Any], arguments: tuple[Any, ...], name: str, key: Any = None
) -> Program | BlackBox:
    """The trace of a function at arguments like these; the same function at the same shapes is traced once (`traces_kept`)."""
    shapes = tuple((array.shape, array.dtype.str) for array in map(np.asarray, arguments))
    memo: tuple[Any, ...] = (function, key, shapes)
    try:
        hash(memo)
    except TypeError:  # an object that can be called and compared, but not hashed
        memo = (id(function), key, shapes)
    known = _traced.get(memo)
    if known is None:
        traced = trace(function, arguments, name)  # it keeps the function, so that no other can have its id
        known = _traced[memo] = traced if isinstance(traced, BlackBox) else _confirmed(traced, arguments)
    return known


def _confirmed(program: Program, arguments: tuple[Any, ...]) -> Program | BlackBox:
    """The program, if it computes what a plain call of the function computes; otherwise it is no trace of it.

    A function may depend on more than its arguments. JAX functions are pure by contract, and a plain call would compile them.
    """
    foreign = traces_itself(program.function)
    if not foreign and (not isinstance(program.traced, Tape) or mentions_jax(program.function)):
        return program
    try:
        with np.errstate(all="ignore"):
            plain = np.asarray(program.function(*(np.array(argument) for argument in arguments)), dtype=np.float64)
    except Exception as error:  # noqa: BLE001 - any exception of the user's code says the same
        return BlackBox(program.name, program.function, f"a plain call raises {type(error).__name__}: {error}")
    inputs = program.flatten(arguments)
    outputs = run(program, inputs, Floats())
    if len(outputs) == 1 and not _rounded_alike(program, inputs, plain, np.asarray(outputs[0], dtype=np.float64)):
        return BlackBox(program.name, program.function, "a second call gives another result, so a trace says nothing")
    return program


def _rounded_alike(program: Program, inputs: list[Array], plain: Array, traced: Array) -> bool:
    """Whether rounding explains the difference of two evaluations: 1e-6 in float64, in lower dtypes what shaking does."""
    if plain.shape == traced.shape and bool((plain == traced).all()):  # as it mostly is, and quicker to see
        return True
    if np.allclose(plain, traced, rtol=1e-6, atol=1e-9, equal_nan=True):
        return True
    low = max((epsilon(leaf.dtype) for leaf in (*program.inputs, *program.outputs) if leaf.inexact), default=0.0)
    if low <= 2.0**-50 or plain.shape != traced.shape:
        return False
    (shaken,) = run(program, inputs, autodiff.Shaken(None))
    with np.errstate(all="ignore"):
        allowed = 64 * np.abs(np.asarray(shaken, dtype=np.float64) - traced) + 16 * low * np.abs(traced)
        apart = np.abs(plain - traced)
    return bool(np.all((apart <= allowed) | (plain == traced) | (np.isnan(plain) & np.isnan(traced))))


@dataclass(frozen=True, eq=False)
class Value:
    """What a function computes from the named inputs."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    example: Point
    key: Any = None
    visits: dict[int, Visits] = field(default_factory=dict)
    inline_rules: bool = False

    @cached_property
    def program(self) -> Program | BlackBox:
        """The trace, or the black box; without the function's own derivative rules if these are what is claimed."""
        found = program_of(self.function, self._pick(self.example), self.name, self.key)
        return without_rules(found) if self.inline_rules and isinstance(found, Program) else found

    def _pick(self, point: Point) -> tuple[Array, ...]:
        return tuple(np.asarray(point[argument]) for argument in self.arguments)

    def floats(self, point: Point) -> Array:
        """The value in float64, as one array.

        Raises:
            ShapeError: NumPy refuses because shapes do not fit.
            EvaluationError: the function raises anything else, or does not return one array.
        """
        program = self.program
        if isinstance(program, Program):
            outputs = run(program, program.flatten(self._pick(point)), Floats())
            return self._real(np.asarray(self._single(outputs)))
        try:
            with np.errstate(all="ignore"):  # infinities and NaN are answers here, to be judged later
                result = self.function(*(np.array(part) for part in self._pick(point)))
        except ValueError as error:
            if _about_shapes(error):
                raise ShapeError(f"{self.name}: {error}") from error
            raise wrapped(self.name, error) from error
        except Exception as error:
            raise wrapped(self.name, error) from error
        try:
            array = np.asarray(result)
        except ValueError as error:
            raise EvaluationError(f"{self.name} returns {type(result).__name__}; one array is expected") from error
        return self._real(array)

    def _real(self, array: Array) -> Array:
        if array.dtype.kind == "V" and is_inexact(array.dtype):
            return array.astype(np.float64)  # NumPy knows nothing of bfloat16 and its kin
        if array.dtype.kind not in "biuf":
            raise EvaluationError(f"{self.name} returns dtype {array.dtype}; one array of real numbers is expected")
        return array

    def shape(self, point: Point) -> tuple[int, ...]:
        """The shape of the value.

        Raises:
            ShapeError, EvaluationError: as for `floats`.
        """
        program = self.program
        if isinstance(program, Program) and len(program.outputs) == 1:
            return program.outputs[0].shape
        return tuple(self.floats(point).shape)

    def balls(self, point: Point) -> Array:
        """The enclosed value, at the precision in force.

        Raises:
            NoRuleError: the function is a black box, or uses a primitive without a ball rule.
            CannotDecideError: an index depends on a comparison that is left open.
        """
        program = self.program
        if isinstance(program, BlackBox):
            raise NoRuleError(f"{self.name} could not be traced ({program.reason})")
        return _as_balls(self._single(certified.value(program, list(self._pick(point)), self.visits)))

    def balls_at(self, points: Sequence[Point]) -> list[Array]:
        """`balls` at several points in one pass.

        Raises:
            NoBatchingRuleError: a primitive cannot be batched.
            NoRuleError, CannotDecideError: as for `balls`, at one of the points.
        """
        program = self.program
        if isinstance(program, BlackBox) or not program.inputs:
            raise NoBatchingRuleError(self.name)
        outputs = certified.values_at(program, [self._pick(point) for point in points], self.visits)
        return [_as_balls(self._single(parts)) for parts in outputs]

    def _single(self, outputs: list[Any]) -> Any:
        """The only output; and it is an array of real numbers."""
        if len(outputs) != 1:
            raise EvaluationError(f"{self.name} returns {len(outputs)} arrays; one array is expected")
        return outputs[0]


@dataclass(frozen=True, eq=False)
class Derivative:
    """A derivative of a function of named inputs with respect to one of them, in the form that `kind` says.

    ``transformed`` says that JAX may differentiate the primal; otherwise nothing here asks for it.
    """

    primal: Value
    wrt: str
    kind: Kind
    layout: Layout = "numerator"
    transformed: bool = True

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"the {self.kind} of {self.primal.name} with respect to {self.wrt}"

    @property
    def index(self) -> int:
        """The position of the differentiated input."""
        return self.primal.arguments.index(self.wrt)

    @property
    def program(self) -> Program | BlackBox:
        """The primal's trace."""
        return self.primal.program

    @property
    def visits(self) -> dict[int, Visits]:
        """How often the sides of the primal's comparisons were taken."""
        return self.primal.visits

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the primal's output and of the differentiated input."""
        return self.primal.shape(self.primal.example), np.shape(self.primal.example[self.wrt])

    def shape(self, point: Point) -> tuple[int, ...]:
        """The shape of the claimed form; an elementwise derivative has that of the output."""
        output, wrt = self.shapes
        if self.kind in ("gradient", "vjp"):
            return wrt
        if self.kind in ("jvp", "derivative"):
            return output
        if self.kind == "hessian":
            return (*wrt, *wrt)
        return (*wrt, *output) if self.layout == "denominator" else (*output, *wrt)

    def check_kind(self) -> None:
        """Refuse a primal whose shape the kind does not allow.

        Raises:
            EvaluationError: a gradient or Hessian of what is not scalar, a derivative of what is not elementwise.
        """
        output, wrt = self.shapes
        if self.kind in ("gradient", "hessian") and output not in ((), (1,), (1, 1)):
            raise EvaluationError(
                f"{self.primal.name} returns shape {output}; a {self.kind} is that of a scalar function. "
                f"Use kind='jacobian', or sum the output"
            )
        if self.kind == "derivative" and math.prod(output) != math.prod(wrt):
            raise EvaluationError(
                f"{self.primal.name} maps shape {wrt} to {output}; a derivative is that of an elementwise function. "
                f"Use kind='jacobian'"
            )

    def arrange(self, jacobian: Array, point: Point, absolute: bool = False) -> Array:
        """The Jacobian (outputs × inputs, flattened) in the form that is claimed; `absolute` contracts error bars."""
        output, wrt = self.shapes
        if self.kind == "gradient":
            return jacobian.reshape(wrt)
        if self.kind == "vjp":
            weights = np.ravel(point["cotangent"])
            weights = np.abs(weights) if absolute else weights
            return _contract(weights, jacobian).reshape(wrt)
        if self.kind == "jvp":
            weights = np.ravel(point["tangent"])
            weights = np.abs(weights) if absolute else weights
            return _contract(weights, jacobian.T).reshape(output)
        if self.kind == "derivative":
            return jacobian
        if self.layout == "denominator":
            return jacobian.T.reshape((*wrt, *output))
        return jacobian.reshape((*output, *wrt))

    def balls(self, point: Point) -> Array:
        """The enclosed derivative, at the precision in force.

        Raises:
            NoRuleError: the primal is a black box, or uses a primitive without a rule in jets.
            CannotDecideError: an index depends on a comparison that is left open.
        """
        program = self._traced()
        inputs = list(self.primal._pick(point))
        if self.kind == "hessian":
            _, wrt = self.shapes
            return certified.hessian(program, inputs, self.index).reshape(*wrt, *wrt)
        return self.arrange(certified.jacobian(program, inputs, self.index, self.primal.visits), point)

    def balls_at(self, points: Sequence[Point]) -> list[Array]:
        """`balls` at several points in one pass.

        Raises:
            NoBatchingRuleError: a primitive cannot be batched, or a Hessian is asked for.
            NoRuleError, CannotDecideError: as for `balls`, at one of the points.
        """
        program = self._traced()
        if self.kind == "hessian":
            raise NoBatchingRuleError("hessian")
        inputs = [self.primal._pick(point) for point in points]
        found = certified.jacobians_at(program, inputs, self.index, self.primal.visits)
        return [self.arrange(jacobian, point) for jacobian, point in zip(found, points, strict=True)]

    def autodiff(self, point: Point, instead: Program | None = None) -> tuple[Array, Array, Array] | str:
        """Forward value, reverse value and allowance in the claimed form; a reason where JAX has none.

        A Hessian is the Jacobian of the reverse-mode gradient. ``instead`` is differentiated in place of the primal's trace.
        """
        program = instead or self.program
        if isinstance(program, BlackBox):
            return f"{program.name} could not be traced ({program.reason})"
        inputs = program.flatten(self.primal._pick(point))
        if self.kind == "hessian":
            return self._autodiff_hessian(program, inputs)
        found = autodiff.jacobians(program, inputs, self.index)
        if found.value is None:
            return found.reason
        forward = found.forward if found.forward is not None else found.reverse
        reverse = found.reverse if found.reverse is not None else found.forward
        return (
            self.arrange(np.asarray(forward), point),
            self.arrange(np.asarray(reverse), point),
            self.arrange(found.allowance, point, absolute=True),
        )

    def _autodiff_hessian(self, program: Program, inputs: list[Array]) -> tuple[Array, Array, Array] | str:
        _, wrt = self.shapes
        try:
            gradient = autodiff.vjp_program(program, self.index)
        except Exception as error:  # noqa: BLE001 - JAX has no common base for "no rule in this mode"
            return f"reverse mode: {error}"
        one = np.ones(program.outputs[0].shape)
        found = autodiff.jacobians(gradient, [one, *inputs], self.index + 1)
        if found.value is None:
            return found.reason
        shape = (*wrt, *wrt)
        forward = found.forward if found.forward is not None else found.value
        reverse = found.reverse if found.reverse is not None else found.value
        return forward.reshape(shape), reverse.reshape(shape), found.allowance.reshape(shape)

    def differences(self, point: Point) -> finite_differences.Estimate:
        """Finite differences of the primal (of its gradient, for a Hessian) at one point, along the unit directions.

        Raises:
            EvaluationError: the primal raises.
        """
        x = np.asarray(point[self.wrt], dtype=np.float64)
        rows = self._batched_gradient(point) if self.kind == "hessian" else self.rows(point)
        return finite_differences.differentiate(rows, x.reshape(1, -1))

    def _traced(self) -> Program:
        program = self.program
        if isinstance(program, BlackBox):
            raise NoRuleError(f"{program.name} could not be traced ({program.reason})")
        return program

    def rows(self, point: Point) -> Callable[[Array], Array]:
        """The primal over rows of the differentiated input, other inputs fixed at the point."""
        program = self.program
        if isinstance(program, Program):
            return _batched_program(program, program.flatten(self.primal._pick(point)), self.index)

        def rows(points: Array) -> Array:
            return np.stack([self._row({**point, self.wrt: row.reshape(np.shape(point[self.wrt]))}) for row in points])

        return rows

    def _row(self, point: Point) -> Array:
        """The primal of a black box in one row; NaN where it raises, as outside its domain."""
        try:
            return np.ravel(self.primal.floats(point))
        except EvaluationError:
            return np.full(math.prod(self.shapes[0]), np.nan)

    def _batched_gradient(self, point: Point) -> Callable[[Array], Array]:
        """The gradient over rows of the differentiated input: by reverse mode, or by finite differences once more."""
        program = self._traced()
        if not self.transformed:
            values, units = self.rows(point), np.eye(math.prod(self.shapes[1]))
            return lambda points: finite_differences.differentiate(values, points, units).value[:, :, 0]
        gradient = autodiff.vjp_program(program, self.index)
        inputs = [np.ones(program.outputs[0].shape), *program.flatten(self.primal._pick(point))]
        return _batched_program(gradient, inputs, self.index + 1)


@dataclass(frozen=True, eq=False)
class Projected:
    """A derivative with its entries changed as a structure would have them: the other side of a structure claim."""

    name: str
    derivative: Derivative
    project: Callable[[Array], Array]

    @property
    def program(self) -> Program | BlackBox:
        """The primal's trace."""
        return self.derivative.program

    @property
    def visits(self) -> dict[int, Visits]:
        """The primal's own are counted by the derivative itself."""
        return {}

    def shape(self, point: Point) -> tuple[int, ...]:
        """The shape of the derivative."""
        return self.derivative.shape(point)

    def balls(self, point: Point) -> Array:
        """The enclosed derivative, projected.

        Raises:
            NoRuleError, CannotDecideError: as for the derivative.
        """
        return self.project(self.derivative.balls(point))

    def balls_at(self, points: Sequence[Point]) -> list[Array]:
        """The enclosed derivatives at several points, projected.

        Raises:
            NoBatchingRuleError, NoRuleError, CannotDecideError: as for the derivative.
        """
        return [self.project(found) for found in self.derivative.balls_at(points)]


Expression = Value | Derivative | Projected


def _batched_program(program: Program, inputs: list[Array], index: int) -> Callable[[Array], Array]:
    """A program over rows of its leaf `index`, in passes of a few megabytes, or row by row where it cannot be batched."""
    leaf = program.inputs[index]

    together = max(1, _BLOCK_NUMBERS // widest(program))

    def rows(points: Array) -> Array:
        if len(points) <= together:
            return some(points)
        return np.concatenate([some(points[start : start + together]) for start in range(0, len(points), together)])

    def some(points: Array) -> Array:
        values = points.reshape(len(points), *leaf.shape)
        wide = Floats(np.float64)  # differences of rounded values would see the rounding and nothing else
        try:
            arguments = [*inputs[:index], values, *inputs[index + 1 :]]
            which = [place == index for place in range(len(inputs))]
            results = run_batched(program, arguments, which, len(points), wide)
        except NoBatchingRuleError:
            single = [run(program, [*inputs[:index], row, *inputs[index + 1 :]], wide) for row in values]
            results = [np.stack(parts) for parts in zip(*single, strict=True)]
        parts = [np.asarray(result, dtype=np.float64).reshape(len(points), -1) for result in results]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    return rows


def _contract(weights: Array, matrix: Array) -> Array:
    """weights · matrix, also for matrices of balls."""
    if matrix.dtype == object:
        from gradcheck.numbers.balls import boxed, from_floats

        return boxed(np.dot(from_floats(weights), matrix))
    return np.asarray(weights @ matrix)


def _as_balls(output: Any) -> Array:
    from gradcheck.numbers.balls import Balls, from_floats
    from gradcheck.numbers.system import Unsure

    if isinstance(output, Unsure):
        return np.asarray(
            Balls().select(output, from_floats(np.zeros(output.shape)), from_floats(np.ones(output.shape)))
        )
    return output if output.dtype == object else from_floats(output)


def _about_shapes(error: ValueError) -> bool:
    message = str(error)
    return any(
        word in message
        for word in ("mismatch in its core dimension", "could not be broadcast", "not aligned", "must match exactly")
    )


def wrapped(name: str, error: Exception) -> EvaluationError:
    """The user's exception, with the innermost line of it that is not a library's."""
    trace_ = error.__traceback__
    place = ""
    while trace_ is not None:
        file = trace_.tb_frame.f_code.co_filename
        if "site-packages" not in file and not file.startswith(_PACKAGE):
            place = f" at {file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{trace_.tb_lineno}"
        trace_ = trace_.tb_next
    return EvaluationError(f"{name} raised {type(error).__name__}{place}: {error}")
