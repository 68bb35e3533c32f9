"""Claims that a function or its derivative stays within bounds: enclosed over the whole range, or sampled and said so.

For a scalar function of one scalar, q = f⁽ᵒʳᵈᵉʳ⁾ is enclosed over every piece of the input's space: intervals with infinite
endpoints for the tails, bisection in between. Where a bound is touched, bisection alone never ends; there q is shown to be
concave (or convex, at a lower bound) on the piece by the sign of q″, and then lies below its tangent:

    q(x) ≤ q(c) + q′(c)(x − c)   for all x in the piece, if q″ ≤ 0 there

with c a critical point found by Newton's method, so that the right-hand side exceeds the bound by less than 10⁻³⁰.
Everything else is judged at sampled points only, and the verdict says so.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import Case, cases
from gradcheck.claim import Claim
from gradcheck.compare import text
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.judge import EXACT, MOST_ENTRIES, plain, visited_by
from gradcheck.numbers.balls import Balls, from_floats, precision, read_constant
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.intervals import Interval
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.numbers.simplify import with_logistic
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.oracles import autodiff
from gradcheck.program.program import Program
from gradcheck.verdict import Counterexample, Entry, Evidence, Stance, Verdict

Array = np.ndarray[Any, np.dtype[Any]]

BITS = 192
SLACK = arb("1e-30")
MOST_PIECES = 400
_TAIL = 32.0
_INF = arb("inf")


@dataclass(frozen=True, eq=False)
class Quantity:
    """q, the derivative of order ``order`` of the scalar program in its leaf ``index``, in any arithmetic."""

    program: Program
    index: int
    order: int
    inputs: list[Any]

    def taylor(self, x: Any, extra: int = 0) -> list[Any]:
        """[q(x), …, q⁽ᵉˣᵗʳᵃ⁾(x)] as scalars of the arithmetic of `x` (a ball or an interval), by jets of jets.

        Raises:
            NoRuleError, CannotDecideError: as for evaluation in jets.
        """
        depth = self.order + extra
        shape = self.program.inputs[self.index].shape
        value = np.empty(shape, dtype=object)
        value[...] = x
        system: Any = Balls()
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
    """Proven bounds over the whole space, and the number of pieces that it took."""

    low: arb
    high: arb
    pieces: int


def check_bound(claim: Claim, seed: int) -> Verdict:
    """Judge a bound.

    Raises:
        EvaluationError: the quantity is not a function that the bound's order allows.
    """
    case = cases(claim, list(claim.assumptions))[0]
    value = case.primal()
    if claim.order and value.shape(case.example()) != () and claim.wrt is None:
        raise EvaluationError("a bound on a derivative needs a scalar function, or wrt=")
    points = list(case.points(seed, 8, 12))
    try:
        sampled = _sample(claim, case, value, points)
    except (NoRuleError, CannotDecideError) as error:
        return Verdict(claim, "undecided", reason=f"no enclosure: {error}", seed=seed)
    branches = visited_by(value)
    if sampled is not None:
        shown, evidence, diagnosis = sampled
        return Verdict(
            claim,
            "fails",
            True,
            evidence=evidence,
            counterexample=shown,
            diagnosis=diagnosis,
            points=len(points),
            seed=seed,
            branches=branches,
        )
    evidence = _evidence(claim, value, points[0], "agrees")
    common: dict[str, Any] = {"evidence": evidence, "points": len(points), "seed": seed, "branches": branches}
    reach, why = _enclose(claim, case, value)
    if reach is None:
        return Verdict(claim, "holds", True, reason=f"at the points sampled only: {why}", **common)
    said = (
        f"enclosed in [{_short(reach.low)}, {_short(reach.high)}] over {_whole(case, claim)}, in {reach.pieces} pieces"
    )
    notes: tuple[str, ...] = (said,)
    if claim.strict and (_touches(reach.low, claim.lower) or _touches(reach.high, claim.upper)):
        notes = (*notes, "the strict inequality is proven at the points sampled; over the whole range ≤ is")
    return Verdict(claim, "holds", True, digits=_digits(claim, reach), notes=notes, **common)


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


def _touches(end: arb, bound: float | None) -> bool:
    return bound is not None and not (end < bound or end > bound)


def _whole(case: Case, claim: Claim) -> str:
    space = case.spaces[claim.wrt or next(iter(claim.inputs))]
    low, high = getattr(space, "low", -np.inf), getattr(space, "high", np.inf)
    return f"({low:g}, {high:g})"


def _short(x: arb) -> str:
    return x.str(12, radius=False) if x.is_finite() else ("∞" if x > 0 else "−∞")


def _quantity(claim: Claim, value: Value, point: Point) -> Quantity:
    program = value.program
    if not isinstance(program, Program):
        raise NoRuleError(f"{program.name} could not be traced ({program.reason})")
    name = claim.wrt or next(iter(claim.inputs))
    inputs = [point[argument] for argument in value.arguments]
    return Quantity(with_logistic(program), value.arguments.index(name), claim.order, inputs)


def _values(claim: Claim, value: Value, point: Point) -> Array:
    """The bounded quantity at a point: every output, or every entry of the Jacobian."""
    from gradcheck.oracles import certified

    if claim.order == 0:
        return np.asarray(value.balls(point))
    program = value.program
    name = claim.wrt or next(iter(claim.inputs))
    if claim.order == 1 and isinstance(program, Program):
        index = value.arguments.index(name)
        return certified.jacobian(program, [point[argument] for argument in value.arguments], index, value.visits)
    (number,) = _quantity(claim, value, point).taylor(arb(float(point[name])))
    return np.array([number], dtype=object)


def _sample(
    claim: Claim, case: Case, value: Value, points: list[Point]
) -> tuple[Counterexample, tuple[Evidence, ...], str] | None:
    """The first point, plainest first, where a bound is certainly broken."""
    ordered = sorted(points, key=_plainness)
    for point in ordered:
        with precision(BITS):
            found = _values(claim, value, point)
            broken = [
                (index, ball, side)
                for index, ball in np.ndenumerate(found)
                if (side := _broken(claim, ball)) is not None
            ]
            if not broken:
                continue
            entries = tuple(
                Entry(tuple(int(i) for i in index) if found.size > 1 else (), side, text(ball), 0.0, True)
                for index, ball, side in broken[:MOST_ENTRIES]
            )
        shown = Counterexample(plain(point), entries, case.given)
        diagnosis = f"the value is {entries[0].true}, and {entries[0].claimed} is claimed"
        return shown, _evidence(claim, value, point, "disagrees"), diagnosis
    return None


def _plainness(point: Point) -> tuple[int, float]:
    numbers = np.concatenate([np.ravel(value).astype(np.float64) for value in point.values()])
    return sum(len(f"{number:g}") for number in numbers), float(np.sum(np.abs(numbers)))


def _broken(claim: Claim, ball: arb) -> str | None:
    """The bound that a value certainly breaks, as it was claimed."""
    if claim.upper is not None:
        upper = read_constant(float(claim.upper))
        if ball > upper or (claim.strict and ball >= upper):
            return f"{'<' if claim.strict else '≤'} {claim.upper:g}"
    if claim.lower is not None:
        lower = read_constant(float(claim.lower))
        if ball < lower or (claim.strict and ball <= lower):
            return f"{'>' if claim.strict else '≥'} {claim.lower:g}"
    return None


def _evidence(claim: Claim, value: Value, point: Point, stance: Stance) -> tuple[Evidence, ...]:
    """What each oracle finds for the quantity at a point."""
    from gradcheck.expressions import Derivative

    with precision(BITS):
        found = np.ravel(_values(claim, value, point))
        certified = Evidence("certified", stance, text(found[0]))
    name = claim.wrt or next(iter(claim.inputs))
    if claim.order != 1:
        reason = "no derivative is taken" if claim.order == 0 else "of the first order only"
        return (
            Evidence("finite differences", "not applicable", reason=reason),
            Evidence("autodiff", "not applicable", reason=reason),
            certified,
        )
    truth = Derivative(value, name, "jacobian")
    estimate = truth.differences(point)
    slope, bar = float(estimate.value[0, 0, 0]), float(estimate.error[0, 0, 0])
    program = value.program
    assert isinstance(program, Program), "the certified oracle has answered, so there is a trace"
    found_ad = autodiff.jacobians(program, program.flatten(value._pick(point)), truth.index)
    kink = "a kink lies at the point" if np.any(estimate.kink) else ""
    differences = Evidence("finite differences", stance, f"{slope:.12g}", f"{bar:.1e}", kink)
    if found_ad.value is None:
        return differences, Evidence("autodiff", "abstains", reason=found_ad.reason), certified
    number = float(np.ravel(found_ad.value)[0])
    return (
        differences,
        Evidence("autodiff", stance, f"{number:.15g}", f"{float(np.ravel(found_ad.allowance)[0]):.1e}"),
        certified,
    )


def _enclose(claim: Claim, case: Case, value: Value) -> tuple[Range | None, str]:
    """Proven bounds of the quantity over the whole space of a single scalar input, or why there are none."""
    name = claim.wrt or next(iter(claim.inputs))
    if len(claim.inputs) != 1 or case.spaces[name].shape != () or value.shape(case.example()) != ():
        return None, "the range of a function of several numbers is not enclosed"
    if case.predicates:
        return None, "the domain is given by a predicate"
    try:
        quantity = _quantity(claim, value, case.example())
        with precision(BITS):
            return _subdivide(claim, quantity, case.spaces[name])
    except (NoRuleError, CannotDecideError) as error:
        return None, f"no enclosure over intervals: {error}"


def _subdivide(claim: Claim, quantity: Quantity, space: Any) -> tuple[Range | None, str]:
    low, high = float(getattr(space, "low", -np.inf)), float(getattr(space, "high", np.inf))
    upper = None if claim.upper is None else read_constant(float(claim.upper))
    lower = None if claim.lower is None else read_constant(float(claim.lower))
    pieces = _first_pieces(low, high)
    reach = Range(_INF, -_INF, 0)
    while pieces:
        piece = pieces.pop()
        reach.pieces += 1
        if reach.pieces > MOST_PIECES:
            return None, f"{MOST_PIECES} intervals did not settle it"
        found = _as_interval(quantity.taylor(piece)[0])
        found = _sharpened(quantity, piece, found, lower, upper)
        if (upper is None or found.high <= upper + SLACK) and (lower is None or found.low >= lower - SLACK):
            reach.low, reach.high = reach.low.min(found.low), reach.high.max(found.high)
            continue
        halves = _halves(piece)
        if halves is None:
            return None, f"near {_short(piece.low)} the enclosure stays too wide"
        pieces += halves
    return reach, ""


def _first_pieces(low: float, high: float) -> list[Interval]:
    """Tails beyond ±32 where the space is unbounded, and the finite rest, cut at zero."""
    pieces = []
    left, right = max(low, -_TAIL), min(high, _TAIL)
    if low < left:
        pieces.append(Interval(arb(low), arb(left)))
    if high > right:
        pieces.append(Interval(arb(right), arb(high)))
    cuts = [left, *(cut for cut in (-4.0, 0.0, 4.0) if left < cut < right), right]
    # A piece is kept around each cut, so that an extremum at a round number lies inside one and not at an edge.
    edges = [left]
    for cut in cuts[1:-1]:
        edges += [cut - 0.25, cut + 0.25]
    edges.append(right)
    edges = sorted(edge for edge in set(edges) if left <= edge <= right)
    pieces += [Interval(arb(a), arb(b)) for a, b in itertools.pairwise(edges)]
    return pieces


def _halves(piece: Interval) -> list[Interval] | None:
    if not piece.is_finite():
        edge = piece.low if piece.low.is_finite() else piece.high
        further = edge * 2 if abs(edge) > 0 else arb(1)
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


def _sharpened(quantity: Quantity, piece: Interval, found: Interval, lower: arb | None, upper: arb | None) -> Interval:
    """The tangent bound, where the natural enclosure passes a bound and the piece is short enough for q″ to have a sign."""
    over = upper is not None and not found.high <= upper + SLACK
    under = lower is not None and not found.low >= lower - SLACK
    if not (over or under) or not piece.is_finite() or not (piece.high - piece.low) <= 1:
        return found
    bend = _as_interval(quantity.taylor(piece, extra=2)[2])
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
