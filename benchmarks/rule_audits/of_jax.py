"""JAX: its custom rules, found by walking its modules, and the functions of jax.nn, jax.numpy and jax.scipy.special.

Each is judged by `gradcheck.check(f, args)`, whose truth leaves every custom rule out. JAX's own differentiation rules of
its primitives are judged with the functions of jax.numpy that are elementwise, found by trying them.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import warnings
from typing import Any

import numpy as np

from rule_audits.jax_calls import CALLS, NOT_MEANT, REACHED
from rule_audits.subject import Array, Call, Found, Function, Left, Subject, Wanted, call, every, is_elementwise

PACKAGE = "jax"
_FIRST: Array = np.array([[0.5, -1.25, 2.125], [0.75, 0.3, -0.4]])
_SECOND: Array = np.array([[1.5, 0.8, -0.6], [0.25, 1.1, 2.5]])
_WITHIN: Array = np.array([[0.5, 0.25, 0.9], [0.75, 0.3, 0.4]])
# Generic arguments, the first that a function takes and has finite derivatives at.
_GENERIC = ((_FIRST,), (_WITHIN,), (_WITHIN + 1,), (_FIRST, _SECOND), (_WITHIN + 1, _WITHIN), (_WITHIN, _WITHIN + 1))


def load() -> Any:
    """The package.

    Raises:
        ImportError: jax is not installed.
    """
    return importlib.import_module("jax")


def custom_rules() -> dict[str, Any]:
    """Every ``custom_jvp`` and ``custom_vjp`` function that is a name in a module of JAX, by that name."""
    derivatives = importlib.import_module("jax._src.custom_derivatives")
    kinds = (derivatives.custom_jvp, derivatives.custom_vjp)
    modules = []
    for root in (
        "jax._src.nn",
        "jax._src.numpy",
        "jax._src.scipy",
        "jax._src.lax",
        "jax._src.image",
        "jax.nn",
        "jax.scipy",
    ):
        package = importlib.import_module(root)
        modules.append(package)
        for found in pkgutil.walk_packages(package.__path__, f"{root}."):
            try:
                modules.append(importlib.import_module(found.name))
            except Exception:  # noqa: BLE001, S112 a module for another platform
                continue
    rules: dict[int, tuple[str, Any]] = {}
    for module in modules:
        for name, value in vars(module).items():
            rule = value if isinstance(value, kinds) else getattr(value, "__wrapped__", None)
            if isinstance(rule, kinds):
                rules.setdefault(id(rule), (f"{module.__name__}.{name}", rule))
    return dict(sorted(rules.values()))


def subjects(wanted: Wanted = every) -> Found:
    """The functions of the public modules, and the custom rules that none of them reaches."""
    jax = load()
    exercised = set()
    for module in (jax.nn, jax.numpy, jax.scipy.special, jax.numpy.linalg):
        # Of jax.numpy only elementwise functions and those with recipes: the others move or sum numbers.
        for name in sorted(public(module)):
            full = f"{module.__name__}.{name}"
            exercised.add(full)
            if not wanted(full):
                continue
            function = getattr(module, name)
            if full in NOT_MEANT:
                yield Left(PACKAGE, full, NOT_MEANT[full])
            elif full in CALLS:
                for recipe in CALLS[full]:
                    yield subject(PACKAGE, full, function, recipe)
            else:
                recipe_or_why = probed(function)
                if isinstance(recipe_or_why, Call):
                    yield subject(PACKAGE, full, function, recipe_or_why)
                elif module in (jax.nn, jax.scipy.special):
                    yield Left(PACKAGE, full, recipe_or_why)
    for name in custom_rules():
        if wanted(name) and REACHED.get(name, _public_name(name)) not in exercised:
            yield Left(PACKAGE, name, "a custom rule that none of the public functions above is known to reach")


def public(module: Any) -> list[str]:
    """The names of functions in a module, one for each function."""
    first: dict[int, str] = {}
    for name in sorted(vars(module), key=lambda name: (len(name), name)):
        value = getattr(module, name)
        if not name.startswith("_") and callable(value) and not isinstance(value, type):
            first.setdefault(id(value), name)
    return list(first.values())


def _public_name(name: str) -> str:
    """``jax.nn.relu`` of ``jax._src.nn.functions.relu``."""
    parts = name.replace("jax._src.", "jax.").split(".")
    place = {"nn": "jax.nn", "numpy": "jax.numpy", "scipy": "jax.scipy.special", "lax": "jax.numpy"}.get(parts[1], "")
    if "linalg" in parts:
        place = "jax.numpy.linalg"
    return f"{place}.{parts[-1].lstrip('_')}"


def probed(function: Function) -> Call | str:
    """Generic arguments for an elementwise function of one or two arrays, or why there are none."""
    import jax

    why = "it takes no one or two arrays of float64, or is not elementwise"
    for args in _GENERIC:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if not is_elementwise(function, args):
                    continue
                slopes = jax.vjp(function, *args)[1](np.ones(args[0].shape))
        except NotImplementedError as refused:
            why = f"it refuses: {str(refused).splitlines()[0]}"
            continue
        except Exception:  # noqa: BLE001, S112 whatever it raises, it does not take these
            continue
        if not all(np.isfinite(np.asarray(slope)).all() for slope in slopes):
            continue
        if not any(np.any(np.asarray(slope)) for slope in slopes) and _constant(function, args):
            return "it is constant between jumps, and so is what it says"
        return call(*args)
    return why


def _constant(function: Function, args: tuple[Array, ...]) -> bool:
    """Whether small changes change nothing."""
    return bool(np.array_equal(np.asarray(function(*args)), np.asarray(function(*(arg + 1e-7 for arg in args)))))


def subject(package: str, name: str, function: Function, recipe: Call) -> Subject:
    """A JAX function at the arguments of a recipe."""
    import jax

    settings = dict(recipe.settings)
    primal = functools.partial(function, **settings) if settings else function
    arrays = [arg for arg in recipe.args if isinstance(arg, np.ndarray)]
    checked = recipe.checked

    def slope(k: int, *points: Array) -> Array:
        result, pullback = jax.vjp(primal, *points)
        return np.asarray(pullback(np.ones_like(result))[k])

    if recipe.opaque:  # loops of hundreds of turns, which an interpreter would take minutes for
        hidden = _Hidden(primal, checked, recipe.args, name.rpartition(".")[2])
        return Subject(
            package, name, hidden, recipe.args, vjp=hidden.vjp, wrt=checked, call=str(recipe), options=recipe.options
        )

    plain = len(arrays) == len(recipe.args) and len({arg.shape for arg in arrays}) == 1 and arrays[0].ndim == 2
    elementwise = plain and len(arrays) <= 2 and is_elementwise(primal, arrays)
    return Subject(
        package,
        name,
        primal,
        recipe.args,
        wrt=checked,
        slope=slope if elementwise else None,
        rows=primal if elementwise else None,
        call=str(recipe),
        options=recipe.options,
        limits=recipe.limits,
    )


class _Hidden:
    """A JAX function of NumPy arrays that cannot be looked into."""

    def __init__(self, function: Function, checked: tuple[int, ...], args: tuple[Any, ...], name: str) -> None:
        import jax

        self.__name__ = name
        self.checked = checked
        settings = [k for k, arg in enumerate(args) if not isinstance(arg, np.ndarray)]
        self._compiled = jax.jit(function, static_argnums=settings)

    def __call__(self, *args: Any) -> Array:
        """The value."""
        return np.array(self._compiled(*args))

    def vjp(self, cotangent: Any, *args: Any) -> Any:
        """What JAX says."""
        import jax

        def of_checked(*moving: Any) -> Any:
            found = list(args)
            for place, part in zip(self.checked, moving, strict=True):
                found[place] = part
            return self._compiled(*found)

        _, pullback = jax.vjp(of_checked, *(args[k] for k in self.checked))
        answers = tuple(np.array(part) for part in pullback(np.asarray(cotangent)))
        return answers if len(answers) > 1 else answers[0]


def version() -> str:
    """The installed version."""
    return str(load().__version__)
