"""The keywords of `gradcheck.check`: what they may be, and a clear refusal of anything else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from gradcheck.functions.forms import FORMS
from gradcheck.functions.leaves import Arguments, Leaf
from gradcheck.functions.subject import CONVENTIONS, Subject
from gradcheck.verdict import ORACLES

KEYWORDS = (
    *FORMS,
    *(
        "wrt",
        "domain",
        "assume",
        "order",
        "points",
        "seed",
        "dtype",
        "sparsity",
        "batched",
        "convention",
        "oracles",
        "name",
    ),
)
_TOLERANCES = ("atol", "rtol", "tol", "eps", "epsilon", "delta", "tolerance")


class UsageError(TypeError):
    """`check` was called in a way that cannot be meant; the message names the keyword, what was given, what is expected."""


def refuse_misspelt(word: str) -> NoReturn:
    """Raise UsageError for a keyword that does not exist."""
    if word in _TOLERANCES:
        raise UsageError(
            f"check() has no keyword {word}=: there is no tolerance and no step to choose; "
            f"what rounding explains is derived from the dtype and the functions. Leave it out"
        )
    from difflib import get_close_matches

    close = get_close_matches(word, KEYWORDS, 1)
    hint = f"did you mean {close[0]}=?" if close else f"known are {', '.join(KEYWORDS)}"
    raise UsageError(f"check() has no keyword {word}=; {hint}")


def refuse_contradictions(f: Any, args: Any, given: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Raise UsageError for what cannot be meant; `given` are the claims, `options` the other keywords."""
    if not callable(f):
        raise UsageError(f"f: a function is expected; got {type(f).__name__}")
    if not isinstance(args, tuple):
        raise UsageError(
            f"args: a tuple of arguments is expected; got {type(args).__name__}. For one argument, write (x,)"
        )
    if len(given) > 1:
        raise UsageError(f"{' and '.join(f'{form}=' for form in given)}: one claim at a time; call check once for each")
    for form, function in given.items():
        if not callable(function):
            raise UsageError(
                f"{form}: a function is expected; got {type(function).__name__}. It is called at many points, so pass what "
                f"computes it"
            )
    if options["order"] not in (1, 2):
        raise UsageError(f"order={options['order']!r}: 1 or 2 is expected")
    for word in ("points", "seed"):
        number = options[word]
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 0):
            raise UsageError(f"{word}={number!r}: a whole number, 0 or more, is expected")
    if options["convention"] not in (None, *CONVENTIONS):
        raise UsageError(f"convention={options['convention']!r}: {' or '.join(map(repr, CONVENTIONS))} is expected")
    if not isinstance(options["batched"], bool):
        raise UsageError(f"batched={options['batched']!r}: True or False is expected")
    if options["assume"] is not None and not callable(options["assume"]):
        raise UsageError("assume: a predicate of the arguments is expected, as in assume=lambda x: x[0] < x[1]")
    if options["order"] == 2 and "autodiff" not in options["oracles"]:
        raise UsageError("order=2 differentiates the claim by autodiff, and oracles= leaves that out; add 'autodiff'")
    if options["sparsity"] is not None and "jacobian" not in given:
        raise UsageError("sparsity=: a pattern is that of a Jacobian; pass jacobian= too")


def chosen_oracles(asked: Any) -> tuple[str, ...]:
    """The oracles that are heard: all of them, or those that were asked, in the order in which they are told.

    Raises:
        UsageError: there is no such oracle, or none is left.
    """
    if asked is None:
        return ORACLES
    names = [asked] if isinstance(asked, str) else list(asked) if isinstance(asked, Iterable) else [asked]
    for name in names:
        if name not in ORACLES:
            from difflib import get_close_matches

            close = get_close_matches(str(name), ORACLES, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(map(repr, ORACLES))}"
            raise UsageError(f"oracles: there is no oracle {name!r}; {hint}")
    if not names:
        raise UsageError(f"oracles=(): nobody is left to ask; name at least one of {', '.join(map(repr, ORACLES))}")
    return tuple(name for name in ORACLES if name in names)


def refuse_unfitting(subject: Subject, given: Mapping[str, Any]) -> None:
    """Raise UsageError for a claim that there cannot be about a function of these shapes."""
    shape, size = subject.output_shape, math.prod(subject.output_shape)
    for form in given:
        if form in ("gradient", "hessian") and size != 1:
            raise UsageError(
                f"{form}=: f returns shape {shape}, and a {form} is that of a scalar function. "
                f"Pass vjp=, jacobian= or derivative=, or sum the result"
            )
        if form == "derivative":
            for leaf in subject.checked:
                if math.prod(leaf.value.shape) * (2 if leaf.complex else 1) != size:
                    raise UsageError(
                        f"derivative=: f maps {leaf.name} of shape {leaf.value.shape} to shape {shape}, and a derivative is "
                        f"that of an elementwise function. Pass vjp= or jacobian=, or name another leaf with wrt="
                    )
        if form == "hessian" and len(subject.checked) > 1:
            named = ", ".join(leaf.name for leaf in subject.checked)
            raise UsageError(f"hessian=: it is that in one leaf; name one of {named} with wrt=")


def chosen_leaves(arguments: Arguments, names: list[str], wrt: Any) -> tuple[Leaf, ...]:
    """The leaves that `wrt` names; every floating point one by default.

    Raises:
        UsageError: a name or position fits no argument, or what it names holds no floating point numbers.
    """
    if wrt is None:
        found = tuple(leaf for leaf in arguments.leaves if leaf.inexact)
        if not found:
            held = ", ".join(f"{leaf.name}: {leaf.value.dtype}" for leaf in arguments.leaves) or "no arrays at all"
            raise UsageError(
                f"no argument holds floating point numbers, so there is nothing to differentiate by ({held})"
            )
        return found
    wanted = wrt if isinstance(wrt, list | tuple) else [wrt]
    chosen: list[Leaf] = []
    for item in wanted:
        fitting = [leaf for leaf in arguments.leaves if _named(leaf, item, names)]
        if not fitting:
            known = ", ".join(leaf.name for leaf in arguments.leaves)
            raise UsageError(f"wrt={item!r} fits no argument; there are {known}")
        whole = [leaf for leaf in fitting if not leaf.inexact]
        if len(whole) == len(fitting):
            raise UsageError(
                f"wrt={item!r} names {whole[0].value.dtype} numbers; only floating point ones have derivatives"
            )
        chosen += [leaf for leaf in fitting if leaf.inexact and leaf not in chosen]
    return tuple(leaf for leaf in arguments.leaves if leaf in chosen)


def intervals(
    domain: Mapping[Any, Any] | list[Any] | tuple[Any, ...], arguments: Arguments, names: list[str]
) -> dict[str, tuple[float, float]]:
    """The bounds of each leaf that a mapping by argument or leaf, or a sequence by position, gives.

    Raises:
        UsageError: a name fits no argument, or what is given is no pair of numbers.
    """
    pairs = domain.items() if isinstance(domain, Mapping) else enumerate(domain)
    found: dict[str, tuple[float, float]] = {}
    for item, interval in pairs:
        if interval is None:
            continue
        fitting = [leaf for leaf in arguments.leaves if _named(leaf, item, names)]
        if not fitting:
            raise UsageError(
                f"domain: {item!r} fits no argument; there are {', '.join(leaf.name for leaf in arguments.leaves)}"
            )
        try:
            low, high = (float(end) for end in interval)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"domain: {item!r}: {interval!r} is no interval; a pair (low, high) is expected"
            ) from error
        for leaf in fitting:
            for name, _ in leaf.parts:
                found[name] = (low, high)
    return found


def _named(leaf: Leaf, item: Any, names: list[str]) -> bool:
    """Whether a position, the name of an argument, or the name of a leaf means this leaf."""
    if isinstance(item, int) and not isinstance(item, bool):
        return leaf.position == (item if item >= 0 else len(names) + item)
    return item in (leaf.name, names[leaf.position])


Given = Mapping[str, Callable[..., Any]]
