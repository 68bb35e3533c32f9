"""Claims that a function or its derivative stays within bounds: enclosed over the whole range, or sampled and said so.

For a scalar function of one scalar, q = f⁽ᵒʳᵈᵉʳ⁾ is enclosed over every piece of the input's space: intervals with infinite
endpoints for the tails, bisection in between. Where a bound is touched, bisection alone never ends; there q is shown to be
concave (or convex, at a lower bound) on the piece by the sign of q″, and then lies below its tangent:

    q(x) ≤ q(c) + q′(c)(x − c)   for all x in the piece, if q″ ≤ 0 there

with c a critical point found by Newton's method, so that the right-hand side exceeds the bound by less than 10⁻³⁰. (Not
where a comparison is left open on the piece: the slope may jump there, and q″ does not tell.) Wherever a piece does not fit,
q is computed in its middle as well, so that a bound that is broken between the sampled points is seen to be.

If pieces are left over, the claim is undecided. Functions of several numbers, and domains that a predicate cuts out, are
judged at sampled points only, and the verdict says so.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import Case, NoPointError
from gradcheck.claim import Claim
from gradcheck.compare import float_text, text
from gradcheck.expressions import Derivative, EvaluationError, Point, Value
from gradcheck.judge import EXACT
from gradcheck.judging.outcome import Outcome
from gradcheck.judging.shown import MOST_ENTRIES, plain, visited_by
from gradcheck.numbers.ball_arrays import NAN, boxed, from_floats, numbers, precision
from gradcheck.numbers.balls import Balls, read_constant
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.intervals import Interval
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.numbers.simplify import with_logistic
from gradcheck.numbers.system import CannotDecideError, NoRuleError, Unsure
from gradcheck.oracles import autodiff
from gradcheck.program.program import Program
from gradcheck.verdict import Counterexample, Entry, Evidence, Stance

Array = np.ndarray[Any, np.dtype[Any]]

BITS = 192
SLACK = arb("1e-30")
MOST_PIECES = 400
_TAIL = 32.0
_EDGE = 1e-3  # so near to an end of the range, which is open, a strict bound may be touched
_INF = arb("inf")


class _Pieces(Balls):
    """Balls over pieces of the line: the hull of two choices is an interval, and open comparisons are remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.open = False

    def apply(self, name: str, params: Any, values: Any, position: int = -1) -> Any:
        """As for balls."""
        result = super().apply(name, params, values, position)
        self.open |= isinstance(result, Unsure)
        return result

    def select(self, which: Any, off: Any, on: Any) -> Any:
        """As for balls; the hull of 0 and 1 is [0, 1], and not a ball that is a little larger."""
        if isinstance(which, Unsure) and isinstance(off, np.ndarray) and off.dtype == object:
            off, on = (boxed(_INTERVALS(case)) for case in (off, on))
        return super().select(which, off, on)


@dataclass(frozen=True, eq=False)
class Quantity:
    """q, the derivative of order ``order`` of the scalar program in its leaf ``index``, in any arithmetic."""

    program: Program
    index: int
    order: int
    inputs: list[Any]

    def taylor(self, x: Any, extra: int = 0, balls: Balls | None = None) -> list[Any]:
        """[q(x), …, q⁽ᵉˣᵗʳᵃ⁾(x)] as scalars of the arithmetic of `x` (a ball, or an interval in `_Pieces`), by jets of jets.

        Raises:
            NoRuleError, CannotDecideError: as for evaluation in jets.
        """
        depth = self.order + extra
        shape = self.program.inputs[self.index].shape
        value = np.empty(shape, dtype=object)
        value[...] = x
        system: Any = Balls() if balls is None else balls
        seeded: Any = value
        systems = []
        for level in range(depth):
            system = Jets(system, 1)
            systems.append(system)
            tangent: Any = from_floats(np.ones((1, *shape)))
            for inner in systems[:level]:
                tangent = inner.seed(tangent, None)
            seeded = system.seed(seeded, tangent)
        arguments = list(self.inputs)
        arguments[self.index] = seeded
        (output,) = run(self.program, arguments, system)
        return [_component(output, self.order + k, depth) for k in range(extra + 1)]


def _component(output: Any, order: int, depth: int) -> Any:
    """The derivative of the given order out of `depth` nested jets: follow the tangent `order` times, then the value."""
    node = output
    for level in range(depth):
        if not isinstance(node, Jet):
            return arb(0) if level < order else node
        node = (node.tangent if node.tangent is not None else None) if level < order else node.value
        if node is None:
            return arb(0)
    return np.ravel(node)[0] if isinstance(node, np.ndarray) else node


@dataclass
class Range:
    """Proven bounds over the whole space, the pieces that it took, and whether a strict bound is touched at an end."""

    low: arb
    high: arb
    pieces: int = 0
    touched: bool = False


def check_bound(claim: Claim, case: Case, seed: int) -> Outcome:
    """Judge a bound in one case.

    Raises:
        EvaluationError: the quantity is not a function that the bound's order allows.
    """
    value = case.primal()
    whole = _over_the_line(claim, case, value)
    if not np.prod(value.shape(case.example())) or (claim.order and not np.prod(case.spaces[_name(claim)].shape)):
        return Outcome("undecided", reason="nothing to compare: the arrays have no entries")
    try:
        points = list(case.points(seed, 8, 12))
    except NoPointError as error:
        return Outcome("undecided", reason=str(error))
    try:
        visited, broken_at = _sample(claim, value, sorted(points, key=_plainness))
    except NoRuleError as error:
        return Outcome("undecided", reason=f"no enclosure: {error}")
    common: dict[str, Any] = {"points": len(visited)}
    if not visited:
        return Outcome("undecided", reason="no point of the domain was reached where the quantity is finite", **common)
    reach, why = None, whole
    if broken_at is None and not whole:
        reach, why, broken_at = _enclose(claim, case, value)
    if broken_at is not None:
        return _failure(claim, case, value, broken_at, common)
    plainest = next(point for point in points if any(point is seen for seen in visited))
    common |= {"evidence": _evidence(claim, value, plainest), "branches": visited_by(value)}
    if reach is not None:
        return _success(claim, case, reach, common)
    if whole:
        return Outcome("holds", True, reason=f"at the points sampled only: {why}", **common)
    reason = f"within the bounds at the {len(visited)} points sampled, but not proven between them: {why}"
    return Outcome("undecided", reason=reason, **common)


def _name(claim: Claim) -> str:
    return claim.wrt or next(iter(claim.inputs))


def _over_the_line(claim: Claim, case: Case, value: Value) -> str:
    """Empty if the range can be enclosed, or why it is only sampled.

    Raises:
        EvaluationError: there is no such derivative.
    """
    shape, space = value.shape(case.example()), case.spaces[_name(claim)]
    if claim.order and shape != () and claim.wrt is None:
        raise EvaluationError("a bound on a derivative needs a scalar function, or wrt=")
    if claim.order > 1 and (shape != () or space.shape != ()):
        raise EvaluationError(
            f"a bound of order {claim.order} is on a scalar function of a scalar, "
            f"and the primal maps shape {space.shape} to {shape}"
        )
    if len(claim.inputs) != 1 or space.shape != () or shape != ():
        return "the range of a function of several numbers is not enclosed"
    return "the domain is given by a predicate" if case.predicates else ""


def _failure(claim: Claim, case: Case, value: Value, point: Point, common: dict[str, Any]) -> Outcome:
    """The entries that break a bound at the point, by most first."""
    with precision(BITS):
        found = _values(claim, value, point)
        broken = [
            (index, ball, by) for index, ball in np.ndenumerate(found) if (by := _broken(claim, ball)) is not None
        ]
        broken.sort(key=lambda each: -each[2][1])
        entries = tuple(
            Entry(index if found.size > 1 else (), bound, text(ball), excess, True)
            for index, ball, (bound, excess) in broken[:MOST_ENTRIES]
        )
    return Outcome(
        "fails",
        True,
        evidence=_evidence(claim, value, point, broken[0][0]),
        counterexample=Counterexample(plain(point), entries, case.given),
        diagnosis=f"the value is {entries[0].true}, and {entries[0].claimed} is claimed",
        **common,
    )


def _success(claim: Claim, case: Case, reach: Range, common: dict[str, Any]) -> Outcome:
    """The range over the whole space, as a note."""
    said = (
        f"enclosed in [{_short(reach.low)}, {_short(reach.high)}] over {_whole(case, claim)}, in {reach.pieces} pieces"
    )
    notes: tuple[str, ...] = (said,)
    if reach.touched:
        notes = (*notes, "near the ends of the range, where the bound is approached, only ≤ is proven and not <")
    return Outcome("holds", True, digits=_digits(claim, reach), notes=notes, **common)


def _digits(claim: Claim, reach: Range) -> int:
    """To how many digits after the point the bounds are proven: by how much the enclosure may exceed them."""
    with precision(BITS):
        excess = arb(0)
        if claim.upper is not None:
            excess = excess.max(reach.high - read_constant(float(claim.upper)))
        if claim.lower is not None:
            excess = excess.max(read_constant(float(claim.lower)) - reach.low)
        most = float(excess.abs_upper())
    return EXACT if most == 0 else min(EXACT, int(-np.log10(most)))


def _whole(case: Case, claim: Claim) -> str:
    space = case.spaces[_name(claim)]
    low, high = getattr(space, "low", -np.inf), getattr(space, "high", np.inf)
    return f"({low:g}, {high:g})"


def _short(x: arb) -> str:
    return x.str(12, radius=False) if x.is_finite() else ("∞" if x > 0 else "−∞")


def _quantity(claim: Claim, value: Value, point: Point) -> Quantity:
    program = value.program
    if not isinstance(program, Program):
        raise NoRuleError(f"{program.name} could not be traced ({program.reason})")
    name = _name(claim)
    inputs = [point[argument] for argument in value.arguments]
    return Quantity(with_logistic(program), value.arguments.index(name), claim.order, inputs)


def _values(claim: Claim, value: Value, point: Point) -> Array:
    """The bounded quantity at a point: every output, or every entry of the Jacobian."""
    from gradcheck.oracles import certified

    if claim.order == 0:
        return np.asarray(value.balls(point))
    program, name = value.program, _name(claim)
    if claim.order == 1 and isinstance(program, Program):
        index = value.arguments.index(name)
        return certified.jacobian(program, [point[argument] for argument in value.arguments], index, value.visits)
    (number,) = _quantity(claim, value, point).taylor(arb(float(point[name])))
    return boxed(number if np.all(numbers(np.asarray(value.balls(point)))) else NAN)


def _sample(claim: Claim, value: Value, points: list[Point]) -> tuple[list[Point], Point | None]:
    """The points where the quantity is finite, up to the first where a bound is certainly broken; and that one."""
    visited = []
    for point in points:
        with precision(BITS):
            try:
                found = _values(claim, value, point)
            except CannotDecideError:
                continue
            if np.all(numbers(found)):
                visited.append(point)
            if any(_broken(claim, ball) for ball in found.flat):
                return visited, point
    return visited, None


def _plainness(point: Point) -> tuple[int, float]:
    numbers = np.concatenate([np.ravel(value).astype(np.float64) for value in point.values()])
    return sum(len(f"{number:g}") for number in numbers), float(np.sum(np.abs(numbers)))


def _broken(claim: Claim, ball: arb) -> tuple[str, float] | None:
    """The bound that a value certainly breaks, as it was claimed, and by how much."""
    if claim.upper is not None:
        upper = read_constant(float(claim.upper))
        if ball > upper or (claim.strict and ball >= upper):
            return f"{'<' if claim.strict else '≤'} {claim.upper:.15g}", float((ball - upper).mid())
    if claim.lower is not None:
        lower = read_constant(float(claim.lower))
        if ball < lower or (claim.strict and ball <= lower):
            return f"{'>' if claim.strict else '≥'} {claim.lower:.15g}", float((lower - ball).mid())
    return None


def _evidence(claim: Claim, value: Value, point: Point, index: tuple[int, ...] | None = None) -> tuple[Evidence, ...]:
    """What each oracle finds for one entry of the quantity at a point, and whether it is within the bounds."""
    with precision(BITS):
        found = _values(claim, value, point)
        index = (0,) * found.ndim if index is None else index
        stance: Stance = "agrees" if _broken(claim, found[index]) is None else "disagrees"
        certified = Evidence("certified", stance, text(found[index]))
    if claim.order != 1:
        reason = "no derivative is taken" if claim.order == 0 else "of the first order only"
        return (
            Evidence("finite differences", "not applicable", reason=reason),
            Evidence("autodiff", "not applicable", reason=reason),
            certified,
        )
    truth = Derivative(value, _name(claim), "jacobian")
    estimate = truth.differences(point)
    kink = "a kink lies at the point" if np.any(estimate.kink) else ""
    slope, bar = (float(part[0].T[index]) for part in (estimate.value, estimate.error))
    differences = _stance(claim, Evidence("finite differences", "abstains", *float_text(slope, bar), kink), slope, bar)
    program = value.program
    assert isinstance(program, Program), "the certified oracle has answered, so there is a trace"
    found_ad = autodiff.jacobians(program, program.flatten(value._pick(point)), truth.index)
    if found_ad.value is None:
        return differences, Evidence("autodiff", "abstains", reason=found_ad.reason), certified
    number, allowance = float(found_ad.value[index]), float(found_ad.allowance[index])
    told = Evidence("autodiff", "abstains", *float_text(number, allowance))
    return differences, _stance(claim, told, number, allowance), certified


def _stance(claim: Claim, evidence: Evidence, number: float, bar: float) -> Evidence:
    """The evidence of a number that is known up to a bar; one that lies across a bound tells nothing."""
    if not np.isfinite(number) or not np.isfinite(bar):
        return replace(evidence, reason="no finite value")
    ends = [end for end in (claim.lower, claim.upper) if end is not None]
    if any(abs(number - end) <= bar for end in ends):
        return replace(evidence, reason="too close to the bound to tell")
    outside = (claim.upper is not None and number > claim.upper) or (claim.lower is not None and number < claim.lower)
    return replace(evidence, stance="disagrees" if outside else "agrees")


def _enclose(claim: Claim, case: Case, value: Value) -> tuple[Range | None, str, Point | None]:
    """Proven bounds of the quantity over the whole space of its only input, why there are none, or where one is broken."""
    name = _name(claim)
    try:
        quantity = _quantity(claim, value, case.example())
        with precision(BITS):
            reach, why, number = _subdivide(
                claim, quantity, case.spaces[name], lambda number: _values(claim, value, {name: np.array(number)})
            )
    except (NoRuleError, CannotDecideError) as error:
        return None, f"no enclosure over intervals: {error}", None
    except TypeError as error:  # FLINT's functions of two numbers refuse an interval
        return None, f"no rule over intervals: {error}", None
    return reach, why, None if number is None else {name: np.array(number)}


def _subdivide(
    claim: Claim, quantity: Quantity, space: Any, values: Callable[[float], Array]
) -> tuple[Range | None, str, float | None]:
    """The range of q over the space; or why it is not known; or a number where a bound is certainly broken.

    ``values`` gives q at a number, where the function has a value.

    Pieces are taken in the order in which they are made, so that one that never fits does not keep others from their turn.
    """
    low, high = float(getattr(space, "low", -np.inf)), float(getattr(space, "high", np.inf))
    upper = None if claim.upper is None else read_constant(float(claim.upper))
    lower = None if claim.lower is None else read_constant(float(claim.lower))
    pieces = deque(_first_pieces(low, high))
    reach, left_over = Range(_INF, -_INF), ""
    while pieces:
        piece = pieces.popleft()
        reach.pieces += 1
        if reach.pieces > MOST_PIECES:
            return None, left_over or f"{MOST_PIECES} intervals did not settle it", None
        found = _as_interval(quantity.taylor(piece, balls=_Pieces())[0])
        found = _sharpened(quantity, piece, found, lower, upper)
        fits = (upper is None or found.high <= upper + SLACK) and (lower is None or found.low >= lower - SLACK)
        inside = (upper is None or found.high < upper) and (lower is None or found.low > lower)
        if fits and (inside or not claim.strict or _at_an_end(piece, low, high)):
            reach.low, reach.high = reach.low.min(found.low), reach.high.max(found.high)
            reach.touched |= claim.strict and not inside
            continue
        number = _number_in(piece)
        if any(_broken(claim, ball) for ball in values(number).flat):
            return None, "", number
        halves = _halves(piece)
        if halves is None:
            left_over = left_over or f"near {_short(piece.low)} the enclosure stays too wide"
            continue
        pieces += halves
    return (None, left_over, None) if left_over else (reach, "", None)


def _at_an_end(piece: Interval, low: float, high: float) -> bool:
    """Whether a piece is one of the last few before an end of the space, which is open, or at infinity."""
    if not piece.is_finite():
        return True
    return bool((piece.low <= low or piece.high >= high) and piece.high - piece.low <= _EDGE)


def _number_in(piece: Interval) -> float:
    """A number inside a piece, with as few decimals as will do."""
    if not piece.is_finite():
        return float(piece.low) * 2 if piece.low.is_finite() else float(piece.high) * 2
    low, high = float(piece.low), float(piece.high)
    middle = (low + high) / 2
    return next((r for r in (round(middle, digits) for digits in range(12)) if low < r < high), middle)


def _first_pieces(low: float, high: float) -> list[Interval]:
    """Tails beyond ±32 where the space reaches there, and the rest, cut at zero."""
    left, right = (min(max(end, low), high) for end in (-_TAIL, _TAIL))
    pieces = [Interval(arb(a), arb(b)) for a, b in ((low, left), (right, high)) if a < b]
    # A piece is kept around each cut, so that an extremum at a round number lies inside one and not at an edge.
    cuts = [cut + side for cut in (-4.0, 0.0, 4.0) if left < cut < right for side in (-0.25, 0.25)]
    edges = sorted({left, *(cut for cut in cuts if left < cut < right), right})
    return pieces + [Interval(arb(a), arb(b)) for a, b in itertools.pairwise(edges)]


def _halves(piece: Interval) -> list[Interval] | None:
    if not piece.is_finite():
        edge = piece.low if piece.low.is_finite() else piece.high
        further = edge * 2
        if abs(edge) > 1e6:
            return None
        inner = Interval(edge.min(further).mid(), edge.max(further).mid())
        outer = Interval(further, piece.high) if piece.low.is_finite() else Interval(piece.low, further)
        return [inner, outer]
    if (piece.high - piece.low) < arb("1e-6"):
        return None
    middle = ((piece.low + piece.high) / 2).mid()
    return [Interval(piece.low, middle), Interval(middle, piece.high)]


def _as_interval(found: Any) -> Interval:
    return found if isinstance(found, Interval) else Interval(found.lower(), found.upper())


_INTERVALS = np.frompyfunc(_as_interval, 1, 1)


def _sharpened(quantity: Quantity, piece: Interval, found: Interval, lower: arb | None, upper: arb | None) -> Interval:
    """The tangent bound, where the natural enclosure passes a bound and the piece is short enough for q″ to have a sign."""
    over = upper is not None and not found.high <= upper + SLACK
    under = lower is not None and not found.low >= lower - SLACK
    if not (over or under) or not piece.is_finite() or not (piece.high - piece.low) <= 1:
        return found
    pieces = _Pieces()
    bend = _as_interval(quantity.taylor(piece, extra=2, balls=pieces)[2])
    if pieces.open:
        return found
    concave, convex = bool(bend.high <= 0), bool(bend.low >= 0)
    if not ((over and concave) or (under and convex)):
        return found
    c = _critical(quantity, piece)
    value, slope = (_as_interval(x) for x in quantity.taylor(c, extra=1))
    swing = slope * Interval((piece.low - c).lower(), (piece.high - c).upper())
    tangent = value + swing
    if concave:
        return Interval(found.low, found.high.min(tangent.high))
    return Interval(found.low.max(tangent.low), found.high)


def _critical(quantity: Quantity, piece: Interval) -> arb:
    """An approximate zero of q′ by Newton's method, kept in the piece; the tangent bound needs no more."""
    c = ((piece.low + piece.high) / 2).mid()
    for _ in range(12):
        _, slope, bend = quantity.taylor(c, extra=2)
        if not bend.is_finite() or bend.contains(0):
            return c
        step = (slope / bend).mid()
        moved: arb = (c - step).mid().max(piece.low).min(piece.high).mid()
        c = moved
        if abs(step) < arb("1e-45"):
            break
    return c
