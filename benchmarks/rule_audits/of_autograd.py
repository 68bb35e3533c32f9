"""HIPS autograd: every function in its registries of rules, judged by the rule alone, which is traced and certified.

A rule is taken out of `autograd.core.primitive_vjps` and called with gradcheck's stand-ins for arrays in place of autograd's
boxes, so that what is certified is the rule as it is installed. The primal is NumPy's or SciPy's own function.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from typing import Any

import numpy as np

from rule_audits.autograd_calls import CALLS, NOT_MEANT
from rule_audits.subject import Array, Call, Found, Function, Left, Subject, Wanted, call, every, is_elementwise

PACKAGE = "autograd"


def load() -> Any:
    """The package with all its modules, whose import fills the registries; stand-ins become members of its vector spaces.

    Raises:
        ImportError: autograd is not installed.
    """
    package = importlib.import_module("autograd")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in pkgutil.walk_packages(package.__path__, "autograd."):
            if "test" not in found.name:
                importlib.import_module(found.name)
    spaces = importlib.import_module("autograd.numpy.numpy_vspaces")
    core = importlib.import_module("autograd.core")
    from gradcheck.program.traced import TracedScalar
    from gradcheck.program.traced_array import TracedArray

    def space(value: Any) -> Any:
        like = np.empty(tuple(value.shape), np.dtype(value.dtype))
        return (spaces.ComplexArrayVSpace if like.dtype.kind == "c" else spaces.ArrayVSpace)(like)

    for stand_in in (TracedArray, TracedScalar):
        core.VSpace.register(stand_in, space)
    return package


def registered() -> dict[str, Any]:
    """Every function that has a rule, by a name that tells where it comes from."""
    core = importlib.import_module("autograd.core")
    found: dict[str, Any] = {}
    for function in dict.fromkeys([*core.primitive_vjps, *core.primitive_jvps]):
        name = _name(function)
        while name in found:
            name += "'"
        found[name] = function
    return found


def _name(function: Any) -> str:
    """``numpy.linalg.det``; distributions of SciPy have the name of the distribution before that of the method."""
    raw = getattr(function, "fun", function)
    owner = getattr(raw, "__self__", None)
    if owner is not None and not isinstance(raw, np.ufunc):
        family = str(getattr(owner, "name", None) or type(owner).__name__).removesuffix("_gen")
        return f"scipy.stats.{family}.{function.__name__}"
    if isinstance(raw, np.ufunc):
        return f"{'numpy' if getattr(np, raw.__name__, None) is raw else 'scipy.special'}.{function.__name__}"
    module = str(getattr(raw, "__module__", "") or "")
    public = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return f"{public or 'scipy.special'}.{function.__name__}"


def subjects(wanted: Wanted = every) -> Found:
    """Every registered function with its recipes, or the reason why there is none."""
    load()
    core = importlib.import_module("autograd.core")
    for name, function in sorted(registered().items()):
        if not wanted(name):
            continue
        if name in NOT_MEANT:
            yield Left(PACKAGE, name, NOT_MEANT[name])
            continue
        if function not in core.primitive_vjps:
            yield Left(PACKAGE, name, "it has a rule in forward mode only")
            continue
        raw = function.fun
        recipes = CALLS.get(name.rstrip("'")) or _by_default(raw)
        if not recipes:
            yield Left(PACKAGE, name, "no arguments are known for it")
            continue
        for recipe in recipes:
            yield _subject(name, function, raw, recipe, core.primitive_vjps, core.primitive_jvps)


def _by_default(raw: Any) -> tuple[Call, ...]:
    """Generic arguments of a ufunc, by how many it takes."""
    if not isinstance(raw, np.ufunc) or raw.nin > 2:
        return ()
    first = np.array([[0.5, -1.25, 2.0], [0.75, 0.3, -0.4]])
    second = np.array([[1.5, 0.8, -0.6], [0.25, 1.1, 2.5]])
    return (call(*(first, second)[: raw.nin]),)


def _subject(name: str, function: Any, raw: Function, recipe: Call, vjps: Any, jvps: Any) -> Subject:
    settings = dict(recipe.settings)
    checked = recipe.checked

    def meant(args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(_symmetric(arg) if k in recipe.symmetric else arg for k, arg in enumerate(args))

    def primal(*args: Any) -> Any:
        return raw(*meant(args), **settings)

    def vjp(cotangent: Any, *args: Any) -> Any:
        args = meant(args)
        answers = tuple(vjps[function](checked, raw(*args, **settings), args, settings)(cotangent))
        answers = tuple(_symmetric(a) if k in recipe.symmetric else a for k, a in zip(checked, answers, strict=True))
        return answers if len(checked) > 1 else answers[0]

    def jvp(k: int, tangent: Any, *args: Any) -> Any:
        return jvps[function]((k,), (tangent,), raw(*args, **settings), args, settings)

    def slope(k: int, *points: Array) -> Array:
        answer = raw(*points, **settings)
        (found,) = vjps[function]((k,), answer, points, settings)(np.ones_like(answer))
        return np.broadcast_to(np.asarray(found), answer.shape)

    arrays = [arg for arg in recipe.args if isinstance(arg, np.ndarray)]
    plain = len(arrays) == len(recipe.args) and len({arg.shape for arg in arrays}) == 1 and arrays[0].ndim == 2
    elementwise = plain and len(arrays) <= 2 and not recipe.settings and checked and is_elementwise(primal, arrays)
    primal.__name__ = name.rpartition(".")[2]
    return Subject(
        PACKAGE,
        name,
        primal,
        recipe.args,
        vjp=vjp,
        jvp=jvp if function in jvps else None,
        wrt=checked,
        slope=slope if elementwise else None,
        rows=primal if elementwise else None,
        call=str(recipe),
        options=recipe.options,
        limits=recipe.limits,
    )


def _symmetric(matrix: Any) -> Any:
    return (matrix + np.swapaxes(matrix, -1, -2)) / 2


def version() -> str:
    """The installed version."""
    return str(importlib.import_module("importlib.metadata").version("autograd"))
