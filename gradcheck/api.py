"""The front door for code: a function, typical arguments and a claim in; a verdict out.

    import gradcheck as gc

    gc.assert_holds(f, (x, w), vjp=backward)

What is done here is bookkeeping: keywords are checked, trees taken apart, one claim a leaf is judged, and the verdicts of the
leaves are put together. How one is judged stands in `gradcheck.checking`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.checking import check as check_claim
from gradcheck.claim import Assumption, Claim, Source, Status
from gradcheck.domains import Near, SpaceError
from gradcheck.expressions import EvaluationError, Value, kept, program_of, traces_kept, wrapped
from gradcheck.functions import contracts
from gradcheck.functions.forms import FORMS, claimed, claimed_kind, own_rule
from gradcheck.functions.leaves import Arguments, Leaf, parameter_names, take_apart
from gradcheck.functions.options import (
    UsageError,
    chosen_leaves,
    chosen_oracles,
    intervals,
    refuse_contradictions,
    refuse_misspelt,
    refuse_unfitting,
)
from gradcheck.functions.projected import VERY_LARGE, is_large, projected
from gradcheck.functions.reproduction import call, called, place
from gradcheck.functions.sparsity import outside, within
from gradcheck.functions.subject import Adapted, Result, Subject, dtype_of
from gradcheck.functions.trial import Refusals, drawn_points, grown_space, tacit, trials
from gradcheck.numbers.plan import work
from gradcheck.program import trees
from gradcheck.program.flat import has_custom_vjp, without_rules
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.tape import Tape
from gradcheck.program.trace import mentions_jax
from gradcheck.torch import adapt, adapt_claims, is_torch
from gradcheck.verdict import ORACLES, Verdict

if TYPE_CHECKING:
    from gradcheck.cases import Case
    from gradcheck.expressions import Point

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

POINTS = 12  # visited beside the arguments, for one input; four more for each other one, but no more than
MOST_POINTS = 28
LARGE_POINTS = 3  # beside the arguments, for a leaf that is judged by projections; one where it is very large
LARGE = 2000  # numbers in the arguments from which a third of the points must do
NOTHING = "nothing to compare: the arrays have no entries"
_ORDER: tuple[Status, ...] = ("fails", "undecided", "ambiguous", "conditional", "holds")


class DerivativeMismatch(AssertionError):  # noqa: N818 - the name is part of the interface
    """A claim about a derivative does not hold. The message is the whole finding; ``verdict`` is the same as data."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict

    def __reduce__(self) -> tuple[Any, ...]:
        """As its message alone, for test runners that send failures from one process to another."""
        return AssertionError, (str(self),)


@dataclass(frozen=True)
class Rule:
    """One claimed derivative: its form, the function that computes it, and whether it is the primal's own rule."""

    form: str
    function: Function
    own: bool = False


@dataclass(frozen=True)
class Plan:
    """How a claim is judged: intervals or drawn points of a domain, a predicate, how many, from which seed, by whom."""

    bounds: Mapping[str, tuple[float, float]]
    drawn: Sequence[Point] | None
    assume: Callable[..., Any] | None
    points: int
    seed: int
    oracles: Sequence[str] = ORACLES


@traces_kept()
def check(
    f: Function,
    args: tuple[Any, ...],
    *,
    vjp: Function | None = None,
    jvp: Function | None = None,
    jacobian: Function | None = None,
    gradient: Function | None = None,
    derivative: Function | None = None,
    hessian: Function | None = None,
    wrt: Any = None,
    domain: Any = None,
    assume: Callable[..., Any] | None = None,
    order: int = 1,
    points: int | None = None,
    seed: int = 0,
    dtype: Any = None,
    sparsity: Any = None,
    batched: bool = False,
    convention: str | None = None,
    oracles: Sequence[str] | None = None,
    name: str | None = None,
    **misspelt: Any,
) -> Verdict:
    """Judge a claim about the derivative of `f` at `args` and at points around them.

    At most one of the claims is given; without one, the rule that `f` brings along is judged (JAX's autodiff with its
    ``custom_jvp`` and ``custom_vjp`` rules, or torch's autograd). Trees of arrays are taken and returned as JAX does it.

    Args:
        f: the primal; a NumPy, JAX or PyTorch function of arrays or trees of arrays.
        args: typical arguments, a tuple. They are always checked themselves.
        vjp: ``vjp(cotangent, *args)`` returns the gradient of the checked argument, or a tuple of them. The cotangent has
            the shape (and tree) of the result.
        jvp: ``jvp(tangents, *args)`` returns the tangent of the result; ``tangents`` is that of the checked argument, or a
            tuple of them.
        jacobian: ``jacobian(*args)``, of shape ``result.shape + argument.shape`` (a tree of these for trees, a SciPy sparse
            matrix of the flattened ones if you like).
        gradient: ``gradient(*args)`` of a scalar `f`, shaped like the checked argument, or a tuple.
        derivative: ``derivative(*args)`` of an elementwise `f`, shaped like the result.
        hessian: ``hessian(*args)`` of a scalar `f`, of shape ``argument.shape + argument.shape``.
        wrt: what is checked: positions, or names of arguments or leaves (``0``, ``"w"``, ``"params['w']"``, or several in a
            list). By default every argument that holds floating point numbers.
        domain: which inputs the claim is about: a Hypothesis strategy of args, a callable ``rng -> args``, or intervals
            ``{"x": (0, 1)}`` by argument or leaf. By default inputs are grown from `args` with either sign and other sizes,
            and cut to where `f` is finite.
        assume: a predicate ``assume(*args)``; points where it is false are left out.
        order: 2 checks the derivative of the claim too.
        points: how many points to visit beside `args` (12 to 28; fewer for large arguments). 0 visits `args` only.
        seed: of the points.
        dtype: floating point leaves are cast to it first.
        sparsity: the declared pattern of the Jacobian, true where it may be other than zero.
        batched: also check that a batch gives what its elements give one by one (``jax.vmap`` of a JAX function; a leading
            axis of any other).
        convention: how complex cotangents and gradients are told: ``"jax"`` (g dz = dL) or ``"torch"`` (∂L/∂x + i ∂L/∂y);
            by default that of the framework, and for NumPy whichever of them the claim follows.
        oracles: which oracles are heard, of "certified", "finite differences" and "autodiff". By default all three. Without
            "autodiff", a NumPy function is checked without JAX being imported.
        name: what messages call the function.
        **misspelt: anything else is refused by name.

    Raises:
        UsageError: a keyword is misspelt or contradicts another, or there is nothing to check.
        ArgumentsError: an argument holds something else than numbers.
        EvaluationError: `f` or the claim raises at `args`; the message names the line.
    """
    for word in misspelt:
        refuse_misspelt(word)
    claims = (vjp, jvp, jacobian, gradient, derivative, hessian)
    given = {form: function for form, function in zip(FORMS, claims, strict=True) if function is not None}
    heard = chosen_oracles(oracles)
    options: dict[str, Any] = {"order": order, "points": points, "seed": seed, "convention": convention}
    options |= {"batched": batched, "oracles": heard}
    refuse_contradictions(f, args, given, {**options, "assume": assume, "sparsity": sparsity})
    adapted, second_points = None, {}
    if is_torch(f, args):
        adapted = adapt(f, args, not given, dtype)
        f, args, given = adapted.function, adapted.args, adapt_claims(adapted, given)
        second_points = {"domain": domain, "assume": assume, "points": points, "seed": seed, "oracles": oracles}
        domain, assume = adapted.domain(domain), adapted.predicate(assume)
    subject, names = subject_of(f, args, given, wrt, dtype, convention)
    refuse_unfitting(subject, given)
    rules = _rules(subject, given, sparsity)
    findings = contracts.examine(subject, [(rule.form, rule.function) for rule in rules])
    told = {"wrt": wrt, "order": order if order != 1 else None, "dtype": dtype, "convention": convention}
    told["oracles"] = None if oracles is None else heard
    label = name or called(f)

    def finished(verdict: Verdict) -> Verdict:
        if sparsity is not None and verdict.status == "fails":
            verdict = outside(verdict, sparsity)
        remarks = adapted.remarks if adapted is not None and not given else ()
        notes = tuple(dict.fromkeys((*remarks, *verdict.notes, *findings.notes)))
        point = verdict.counterexample.inputs if verdict.counterexample else None
        reproduction = call(f, subject.arguments, point, given, told)
        return replace(verdict, notes=notes, reproduction=reproduction, leaves=verdict.leaves or (verdict,))

    plan = plan_of(subject, names, domain, assume, points, seed, heard)
    if findings.fatal:
        status, reason = findings.fatal
        leaf = subject.checked[0]
        return finished(Verdict(_claim(subject, rules[0], leaf, 0, label, plan), status, reason=reason, seed=seed))
    verdict = _judged(subject, rules, label, plan)
    if convention is None and subject.framework == "numpy" and any(leaf.complex for leaf in subject.checked):
        verdict = _in_some_convention(subject, given, sparsity, label, plan, verdict)
    if verdict.status == "holds" and (axes := _axes_of_one(subject)):
        verdict = replace(verdict, notes=(*verdict.notes, *axes))
    if batched and verdict.status == "holds":
        from gradcheck.functions.batches import batch_verdict

        verdict = _worst([verdict, *batch_verdict(subject, rules, label, seed)])
    if order == 2 and verdict.status == "holds" and adapted is not None and not given:
        verdict = _worst([verdict, _differentiated_again(adapted, verdict, second_points)])
    elif order == 2 and verdict.status == "holds":
        from gradcheck.functions.second import second_verdict

        verdict = _worst([verdict, *second_verdict(subject, rules, label, plan)])
    return finished(verdict)


def _differentiated_again(adapted: Any, verdict: Verdict, options: dict[str, Any]) -> Verdict:
    """The verdict on torch's own derivative of its gradient, which is differentiated with its graph kept."""
    again = adapted.backward
    leading = again.given[: len(again.given) - len(adapted.given) + int(adapted.with_parameters)]
    domain, assume = options["domain"], options["assume"]

    def with_leading(drawn: Any) -> tuple[Any, ...]:
        return (*leading, *(drawn if isinstance(drawn, tuple) else (drawn,)))

    if hasattr(domain, "map") and hasattr(domain, "example"):
        options["domain"] = domain.map(with_leading)
    elif callable(domain):
        options["domain"] = lambda rng: with_leading(domain(rng))
    if assume is not None:
        options["assume"] = lambda *args: assume(*args[len(leading) :])
    try:
        return check(again.original, again.given, **options)
    except EvaluationError as error:
        return replace(verdict, status="undecided", certified=False, reason=f"the second order: {error}")


def assert_holds(f: Function, args: tuple[Any, ...], **options: Any) -> Verdict:
    """`check`, and raise unless the claim holds. Returns the verdict, so that it can be looked at.

    Raises:
        DerivativeMismatch: the verdict is any other than *holds*; it carries the verdict.
        UsageError, ArgumentsError, EvaluationError: as `check` does.
    """
    __tracebackhide__ = True
    verdict = check(f, args, **options)
    if verdict.status != "holds":
        raise DerivativeMismatch(verdict)
    return verdict


def subject_of(
    f: Function,
    args: tuple[Any, ...],
    given: Mapping[str, Function],
    wrt: Any,
    dtype: Any = None,
    convention: str | None = None,
) -> tuple[Subject, list[str]]:
    """The function with its arguments and results taken apart, and the names of its arguments."""
    names = list(kept(("names", f, *given.items(), len(args)), lambda: _names(f, given, len(args))))
    arguments = take_apart(args, names)
    if dtype is not None:
        arguments = arguments.cast(np.dtype(dtype))
    adapted = getattr(f, "adapted", None)
    framework = "torch" if adapted else kept(("framework", f), lambda: "jax" if mentions_jax(f) else "numpy")
    if adapted and wrt is None and adapted.checked is not None:
        wrt = [names[position] + path for position, path in adapted.checked]
    if not given and not adapted:
        if framework == "numpy" and not _traces_in_jax(f, arguments):
            raise UsageError(
                "there is nothing to check: f has no derivative rule of its own (it is no JAX or PyTorch function). "
                "Pass what you claim: vjp=, jvp=, jacobian=, gradient=, derivative= or hessian="
            )
        framework = "jax"
    checked = chosen_leaves(arguments, names, wrt)
    shapes = tuple((leaf.value.shape, leaf.value.dtype) for leaf in arguments.leaves)
    made = ("results", f, framework, arguments.structure, shapes)
    results, tree = kept(made, lambda: _results(f, arguments, framework))
    return Subject(
        f, arguments, checked, results, tree, framework, convention or ("torch" if adapted else "jax")
    ), names


def _names(f: Function, given: Mapping[str, Function], count: int) -> list[str]:
    """The names of the arguments: those of the function's parameters, or of the claim's where these have none."""
    form, rule = next(iter(given.items()), ("", None))
    names = parameter_names(f, count)
    if rule is not None and all(name.startswith("args[") for name in names):
        names = parameter_names(rule, count, 1 if form in ("vjp", "jvp") else 0)
    return names


def _primal(subject: Subject) -> Adapted:
    """The function that the claims of a subject are about: the same one where only the arguments' values are others."""
    if subject.framework == "jax":
        return _noted(subject.function, subject.arguments)
    made: Adapted = kept(("primal", subject.function, subject.arguments.structure), subject.primal)
    return made


def _noted(f: Function, arguments: Arguments) -> _Noted:
    made: _Noted = kept(("noted", f, arguments.structure), lambda: _Noted(f, arguments))
    return made


def _claimed(subject: Subject, rule: Rule, leaf: Leaf, part: int) -> Adapted:
    """What a rule claims about a leaf as a function of the inputs; the same one where only values are others."""
    checked = tuple(other.place for other in subject.checked)
    shapes = tuple((other.value.shape, other.value.dtype) for other in subject.arguments.leaves)
    about = (subject.function, subject.arguments.structure, shapes, checked, subject.convention, leaf.place, part)
    made: Adapted = kept(
        ("claimed", rule.form, rule.function, *about), lambda: claimed(subject, rule.form, rule.function, leaf, part)
    )
    return made


def _traces_in_jax(f: Function, arguments: Arguments) -> bool:
    try:
        _results(f, arguments, "jax")
    except EvaluationError:
        return False
    return True


def _results(f: Function, arguments: Arguments, framework: str) -> tuple[tuple[Result, ...], Any]:
    """What the function returns at the arguments: names, shapes and dtypes of its arrays, and their tree.

    Raises:
        EvaluationError: the function raises, or returns something else than numbers.
        UsageError: nothing that it returns has derivatives.
    """
    values = list(arguments.inputs.values())
    if framework == "jax" and (traced := _traced_results(f, arguments)) is not None:
        return traced
    try:
        if framework == "jax":
            import jax

            with jax.enable_x64(True):
                answer = jax.eval_shape(lambda *inputs: f(*arguments.rebuild(inputs)), *values)
        else:
            with np.errstate(all="ignore"):
                answer = f(*arguments.rebuild([value.copy() for value in values]))
        results, tree = _described(answer)
    except Exception as error:
        raise wrapped("f", error) from error
    strange = [result for result in results if result.dtype.kind in "OSUMm"]
    if strange or not results:
        kind = type(answer).__name__
        raise EvaluationError(f"f returns {kind}; numbers, arrays, and trees of them are expected")
    if not any(result.inexact for result in results):
        raise UsageError(f"f returns {results[0].dtype} numbers only; there is no derivative to check")
    return results, tree


def _described(answer: Any) -> tuple[tuple[Result, ...], Any]:
    """The arrays of a function's answer, and their tree."""
    named, tree = trees.flatten_with_names(answer)
    return tuple(Result(f"result{path}", tuple(np.shape(leaf)), dtype_of(leaf)) for path, leaf in named), tree


def _traced_results(f: Function, arguments: Arguments) -> tuple[tuple[Result, ...], Any] | None:
    """What a JAX function returns, as seen while its claims' primal is traced; None where there is more to say."""
    primal = _noted(f, arguments)
    primal.forget()
    traced = program_of(primal, tuple(arguments.inputs.values()), "the primal")
    noted: tuple[tuple[Result, ...], Any] | None = primal.results
    if not isinstance(traced, Program) or isinstance(traced.traced, Tape) or noted is None:
        return None
    results, tree = noted
    usual = all(result.dtype.kind not in "OSUMm" for result in results) and any(result.inexact for result in results)
    return (results, tree) if usual else None


class _Noted(Adapted):
    """The primal of a JAX function's claims, which notes what the function itself returns when it is traced."""

    def __init__(self, f: Function, arguments: Arguments) -> None:
        super().__init__(f, self._called)
        self.results: tuple[tuple[Result, ...], Any] | None = None
        self._arguments = arguments
        self._joined = Subject(f, arguments, (), (), None, "jax")._joined

    def forget(self) -> None:
        """Note anew."""
        self.results = None

    def _called(self, *inputs: Any) -> Any:
        answer = self.__wrapped__(*self._arguments.rebuild(inputs))
        self.results = _described(answer)
        return self._joined(answer)


def _rules(subject: Subject, given: Mapping[str, Function], sparsity: Any) -> list[Rule]:
    """The claim that was given, or the rules that the function brings along: reverse mode, and forward mode if it has one."""
    if given:
        ((form, function),) = given.items()
        if sparsity is not None:
            function = within(function, sparsity, subject)
        return [Rule(form, function)]
    adapted = getattr(subject.function, "adapted", None)
    if adapted is not None:
        pushed = adapted.jvp(subject.positions)
        return [Rule("vjp", adapted.vjp, own=True), *([Rule("jvp", pushed, own=True)] if pushed else [])]
    rules = [Rule("vjp", _own_rule(subject, "vjp"), own=True)]
    traced = program_of(_primal(subject), tuple(subject.arguments.inputs.values()), "the primal")
    if not (isinstance(traced, Program) and has_custom_vjp(traced)):  # these have no forward mode
        rules.append(Rule("jvp", _own_rule(subject, "jvp"), own=True))
    return rules


def _own_rule(subject: Subject, form: str) -> Function:
    """The function's own rule in a form; the same function whenever it is asked for."""
    f, positions = subject.function, subject.positions
    made: Function = kept(("own", f, form, positions), lambda: own_rule(f, form, positions))
    return made


def plan_of(
    subject: Subject,
    names: list[str],
    domain: Any,
    assume: Callable[..., Any] | None,
    points: int | None,
    seed: int,
    oracles: Sequence[str] = ORACLES,
) -> Plan:
    """How the points are chosen.

    Raises:
        UsageError: the domain is nothing that points can be drawn from, or its draws have another tree than the arguments.
    """
    numbers = sum(value.size for value in subject.arguments.inputs.values())
    usual = min(POINTS + 4 * (len(subject.arguments.inputs) - 1), MOST_POINTS)
    count = points if points is not None else usual if numbers <= LARGE else usual // 3
    bounds: dict[str, tuple[float, float]] = {}
    drawn = None
    if isinstance(domain, Mapping | list | tuple):
        bounds = intervals(domain, subject.arguments, names)
    elif domain is not None:
        drawn = drawn_points(domain, subject.arguments, count, seed)
    return Plan(bounds, drawn, assume, count, seed, oracles)


def _claim(subject: Subject, rule: Rule, leaf: Leaf, part: int, label: str, plan: Plan) -> Claim:
    """The claim about one leaf, or about one part of a complex one.

    Raises:
        UsageError: an interval leaves nothing, or not the argument itself.
    """
    wrt = leaf.parts[part][0]
    spaces = {}
    for name, value in subject.arguments.inputs.items():
        try:
            spaces[name] = grown_space(value, name == wrt, *plan.bounds.get(name, (-np.inf, np.inf)))
        except SpaceError as error:
            raise UsageError(f"domain: {name}: {error}") from error
    described, file, line = kept(("place", rule.form, rule.function, subject.function), lambda: _place(rule, subject))
    stated: tuple[Assumption, ...] = ()
    if plan.assume is not None:
        stated = (Assumption("assume=", stated=True, where=points_on_trees(plan.assume, subject)),)
    return Claim(
        name=f"{label}: {described}, {wrt}",
        kind=claimed_kind(rule.form, leaf),
        source=Source(file, line, f"{described} is {_article(rule.form)} of {label}", origin="code"),
        primal=_primal(subject),
        claimed=_claimed(subject, rule, leaf, part),
        inputs=spaces,
        wrt=wrt,
        assumptions=stated,
    )


def _place(rule: Rule, subject: Subject) -> tuple[str, str, int]:
    """What a claimed function is called, and the file and line of its code, or of the primal's where it has none."""
    (file, line), (primal_file, primal_line) = place(rule.function), place(subject.function)
    return called(rule.function, f"{rule.form}="), file or primal_file, line or primal_line


def points_on_trees(assume: Callable[..., Any], subject: Subject) -> Callable[..., bool]:
    """A predicate of the function's arguments as one of the inputs of its claims."""
    return lambda **inputs: bool(assume(*subject.arguments.rebuilt(inputs)))


def _judged(subject: Subject, rules: Sequence[Rule], label: str, plan: Plan) -> Verdict:
    """The verdict of all leaves and rules."""
    verdicts = [
        judged_leaf(subject, _claim(subject, rule, leaf, part, label, plan), rule.own, plan)
        for rule in rules
        for leaf in subject.checked
        for part in range(len(leaf.parts))
    ]
    return _worst(verdicts)


def judged_leaf(subject: Subject, claim: Claim, own: bool, plan: Plan) -> Verdict:
    """The verdict on one claim; if it holds at the arguments only, it is asked what the others lack."""
    refusals = Refusals()
    first = subject.arguments.inputs

    def made(about: Claim, assumptions: Sequence[Assumption]) -> list[Case]:
        return trials(
            about, assumptions, first, plan.drawn, own, _direction(subject, about), refusals, "", plan.oracles
        )

    generic = -(-plan.points // 3)
    budget = {"seed": plan.seed, "generic": generic, "special": plan.points - generic}
    leaf, outputs = first[str(claim.wrt)], math.prod(subject.output_shape)
    assert claim.primal is not None, "claims of derivative kinds have a primal"
    traced = program_of(claim.primal, tuple(first.values()), "the primal")
    if is_large(claim, traced, leaf, outputs):
        return _judged_large(subject, claim, traced, own, plan)
    verdict = check_claim(claim, **budget, cases=made)
    if verdict.status == "fails" and plan.points and plan.drawn is None:
        verdict = _only_at_arguments(claim, verdict, budget, made)
    if verdict.status == "fails" and claim.kind in ("vjp", "jvp"):
        direction = "cotangent" if claim.kind == "vjp" else "tangent"
        (trial,) = made(claim, ())
        fault = contracts.linearity(trial.claimed(claim.readings[0]), trial.example(), direction)
        verdict = replace(verdict, diagnosis=fault or verdict.diagnosis)
    if refusals.point is not None:
        verdict = replace(verdict, notes=(*verdict.notes, _where_f_raises(claim, refusals)))
    if refusals.reshaped:
        verdict = replace(verdict, notes=(*verdict.notes, _where_the_shape_differs(refusals)))
    return verdict


def _judged_large(subject: Subject, claim: Claim, traced: Program | BlackBox, own: bool, plan: Plan) -> Verdict:
    """The verdict on a leaf of many numbers: entry by entry at the arguments, or at few points by projections."""
    from gradcheck.functions.entries import at_arguments
    from gradcheck.functions.large import TOO_MUCH_WORK, along, projected_first, with_entries

    refusals, suspects = Refusals(), None
    if not plan.points and plan.oracles == ORACLES:  # autodiff gives the entries, and the others say that it may
        found = at_arguments(claim, subject.arguments.inputs, _direction(subject, claim), own, plan.seed)
        if isinstance(found, Verdict):
            return found
        suspects = found
    asked = projected(claim, subject.arguments.inputs[str(claim.wrt)], subject.output_shape, plan.seed)
    first = projected_first(asked, subject.arguments.inputs)

    floats_only = ""
    if isinstance(traced, Program) and work(traced) > TOO_MUCH_WORK:
        floats_only = f"enclosing some {work(traced):.0e} operations would take minutes"

    def made(about: Claim, assumptions: Sequence[Assumption]) -> list[Case]:
        return trials(about, assumptions, first, None, own, np.zeros(0), refusals, floats_only, plan.oracles)

    points = min(plan.points, LARGE_POINTS if subject.arguments.inputs[str(claim.wrt)].size <= VERY_LARGE else 1)
    verdict = check_claim(asked, seed=plan.seed, generic=min(points, 1), special=max(points - 1, 0), cases=made)
    (case,) = made(asked, ())
    direction = {"vjp": ["cotangent"], "jvp": ["tangent"]}.get(claim.kind, [])
    value = Value("the claim", claim.readings[0].claimed, (*direction, *claim.inputs), along(claim, case.example()))
    plain = without_rules(traced) if own and isinstance(traced, Program) else traced
    if "autodiff" not in plan.oracles and isinstance(plain, Program):
        plain = BlackBox(plain.name, plain.function, "autodiff was not asked")
    return with_entries(verdict, claim, case, plain, lambda point: value.floats(along(claim, point)), suspects)


def _direction(subject: Subject, claim: Claim) -> Array:
    """A cotangent or tangent to grow others from: of the result's or the leaf's shape and dtype, of either sign.

    Empty for a claim that takes none.
    """
    if claim.kind not in ("vjp", "jvp"):
        return np.zeros(0)
    if claim.kind == "jvp":
        like = subject.arguments.inputs[str(claim.wrt)]
        shape, dtype = like.shape, like.dtype
    else:
        shape = subject.output_shape
        dtype = min((result.real_dtype for result in subject.inexact_results), key=lambda dtype: dtype.itemsize)
    return np.where(np.arange(math.prod(shape)) % 3 == 0, -0.5, 1.5).reshape(shape).astype(dtype)


def _only_at_arguments(claim: Claim, verdict: Verdict, budget: Mapping[str, int], made: Any) -> Verdict:
    """A claim that fails at grown points, asked again under what is true of the arguments though nobody has said so."""
    at_arguments = check_claim(claim, seed=budget["seed"], generic=0, special=0, cases=made)
    if at_arguments.status != "holds":
        return verdict
    first = {name: space.example for name, space in claim.inputs.items() if isinstance(space, Near)}
    unstated = [more for name, value in first.items() for more in tacit(name, value, claim.inputs[name])]
    if unstated:
        again = check_claim(replace(claim, assumptions=(*claim.assumptions, *unstated)), **budget, cases=made)
        verdict = again if again.status == "conditional" else verdict
    note = (
        "it holds at the arguments themselves; where f is not meant for the point shown, say so with domain= or assume="
    )
    return replace(verdict, notes=(*verdict.notes, note))


def _where_the_shape_differs(refusals: Refusals) -> str:
    """The note on points that were left out since the function returns another shape there, as `np.repeat` by an argument."""
    here, there = refusals.shapes
    return (
        f"f returns another shape at {refusals.reshaped} of the points grown, and they were left out: {list(here)} at the "
        f"arguments, {list(there)} there; bind the argument that it depends on, with functools.partial, to have more points"
    )


def _where_f_raises(claim: Claim, refusals: Refusals) -> str:
    """What the claim does where the function raises."""
    assert refusals.point is not None, "asked only where some point was refused"
    arguments = [name for name in ("cotangent", "tangent") if name in refusals.point] + list(claim.inputs)
    value = Value("the claim", claim.claimed, tuple(arguments), refusals.point)  # type: ignore[arg-type] # one reading
    try:
        value.floats(refusals.point)
    except EvaluationError as error:
        does = f"so does the claim ({error})"
    else:
        does = "the claim answers all the same"
    return f"f raises at {refusals.count} of the points grown, and they were left out ({refusals.error}); {does}"


def _axes_of_one(subject: Subject) -> list[str]:
    """Where a mean and a sum cannot be told apart: a checked leaf with an axis of length 1 that the result has not."""
    if 1 in subject.output_shape:
        return []
    named = [leaf.name for leaf in subject.checked if leaf.value.size and 1 in leaf.value.shape]
    return [f"{name} has an axis of length 1: a factor 1/n along it cannot show; check a longer one" for name in named]


def _in_some_convention(
    subject: Subject, given: Mapping[str, Function], sparsity: Any, label: str, plan: Plan, verdict: Verdict
) -> Verdict:
    """A NumPy claim about complex arguments follows the convention in which it holds; which one is told."""
    if "vjp" not in given and "gradient" not in given:
        return verdict
    names = {"jax": "JAX's convention, g dz = dL", "torch": "torch's convention, g = ∂L/∂x + i ∂L/∂y"}
    if verdict.status == "holds":
        return replace(verdict, notes=(*verdict.notes, f"complex gradients are told in {names['jax']}"))
    other = replace(subject, convention="torch")
    again = _judged(other, _rules(other, given, sparsity), label, plan)
    if again.status == "holds":
        return replace(again, notes=(*again.notes, f"complex gradients are told in {names['torch']}"))
    return replace(
        verdict, notes=(*verdict.notes, "judged in JAX's convention of complex gradients; it fails in torch's too")
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdicts of several leaves as one: the worst status speaks, and all of them are kept."""
    if len(verdicts) == 1:
        return verdicts[0]
    empty = [verdict for verdict in verdicts if verdict.reason == NOTHING]
    if empty and len(empty) < len(verdicts):  # a leaf without entries has no say, and is named
        named = tuple(f"{verdict.claim.wrt} has no entries, so nothing was compared there" for verdict in empty)
        rest = _worst([verdict for verdict in verdicts if verdict not in empty])
        return replace(rest, notes=(*rest.notes, *named))
    worst = min(verdicts, key=lambda verdict: (_ORDER.index(verdict.status), not verdict.certified, -verdict.wrong))
    digits = [verdict.digits for verdict in verdicts if verdict.digits is not None]
    limits: dict[str, float] = {}
    for verdict in verdicts:
        for leaf, limit in verdict.detection_limit.items():
            limits[leaf] = max(limit, limits.get(leaf, 0.0))
    leaves = [leaf for verdict in verdicts for leaf in (verdict.leaves or (verdict,))]
    return replace(
        worst,
        certified=worst.certified and (worst.status != "holds" or all(verdict.certified for verdict in verdicts)),
        digits=min(digits) if digits and worst.status == "holds" else worst.digits,
        points=max(verdict.points for verdict in verdicts),
        kinks=max(verdict.kinks for verdict in verdicts),
        notes=tuple(dict.fromkeys(note for verdict in verdicts for note in verdict.notes)),
        detection_limit=limits,
        mutants=sum(verdict.mutants for verdict in verdicts),
        survivors=tuple(f"{v.claim.wrt}: {name}" for v in verdicts for name in v.survivors),
        leaves=tuple(leaves),
    )


def _article(form: str) -> str:
    """A form as a noun: "the VJP", "the Jacobian"."""
    return f"the {form.upper() if form in ('vjp', 'jvp') else form.capitalize() if form in ('jacobian', 'hessian') else form}"
