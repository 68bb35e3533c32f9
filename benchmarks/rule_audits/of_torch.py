"""PyTorch in float64: every elementwise function of torch, torch.special and torch.nn.functional, and every loss.

Elementwise functions are found by calling whatever the three modules hold. The truth is the derivative of the recorded
forward calls, or of the forward function in floats where they cannot be recorded.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from typing import Any

import numpy as np

from rule_audits.subject import Array, Call, Found, Function, Left, Subject, Wanted, call, every, is_elementwise
from rule_audits.torch_calls import CALLS, LOSSES, NOT_MEANT, ORDERS

PACKAGE = "torch"
_FIRST: Array = np.array([[0.5, -1.25, 2.125], [0.75, 0.3, -0.4]])
_SECOND: Array = np.array([[1.5, 0.8, -0.6], [0.25, 1.1, 2.5]])
_WITHIN: Array = np.array([[0.5, 0.25, 0.9], [0.75, 0.3, 0.4]])
_GENERIC = ((_FIRST,), (_WITHIN,), (_WITHIN + 1,), (_FIRST, _SECOND), (_WITHIN + 1, _WITHIN), (_WITHIN, _WITHIN + 1))


def load() -> Any:
    """The package.

    Raises:
        ImportError: torch is not installed.
    """
    return importlib.import_module("torch")


def subjects(wanted: Wanted = every) -> Found:
    """Losses by their recipes; elementwise functions by trying."""
    torch = load()
    seen: set[str] = set()
    for module, prefix in (
        (torch, "torch"),
        (torch.special, "torch.special"),
        (torch.nn.functional, "torch.nn.functional"),
    ):
        for name in sorted(vars(module)):
            function = getattr(module, name)
            full = f"{prefix}.{name}"
            if (
                name.startswith("_")
                or not callable(function)
                or isinstance(function, type)
                or name in seen
                or not wanted(full)
            ):
                continue
            if full in NOT_MEANT:
                yield Left(PACKAGE, full, NOT_MEANT[full])
            elif full in CALLS or full in LOSSES:
                for recipe in CALLS.get(full) or LOSSES[full]:
                    yield subject(full, function, recipe)
            elif name.endswith("_") or not _torch_function(function):
                continue
            else:
                found = probed(function)
                if isinstance(found, Call):
                    seen.add(name)
                    yield subject(full, function, found)
                elif found and prefix != "torch":
                    yield Left(PACKAGE, full, found)


def _torch_function(function: Any) -> bool:
    """Whether it is one of the functions, no helper for compiling, serialising and the like."""
    where = str(getattr(function, "__module__", None) or "torch")
    return where == "torch" or where.startswith(
        ("torch._C._", "torch.functional", "torch.nn.functional", "torch.special")
    )


def _numpy(function: Function) -> Function:
    """The function of arrays."""
    torch = load()

    def called(*args: Array) -> Array:
        with torch.no_grad():
            return np.asarray(function(*(torch.from_numpy(np.array(arg)) for arg in args)))

    return called


def probed(function: Function) -> Call | str:
    """Generic arguments for an elementwise function of one or two tensors, or why not; nothing for others."""
    torch = load()
    why = ""
    for args in _GENERIC:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if not is_elementwise(_numpy(function), args):
                    continue
                tensors = [torch.from_numpy(arg.copy()).requires_grad_() for arg in args]
                result = function(*tensors)
                if not result.requires_grad:
                    why = "torch has no derivative for it: the result is detached"
                    continue
                result.sum().backward()
        except NotImplementedError as refused:
            why = f"torch refuses: {str(refused).splitlines()[0]}"
            continue
        except Exception as refused:  # noqa: BLE001 whatever it raises, it does not take these
            if "derivative" in str(refused) and "not implemented" in str(refused):
                why = f"torch refuses: {str(refused).splitlines()[0]}"
            continue
        slopes = [tensor.grad for tensor in tensors]
        if any(slope is None or not torch.isfinite(slope).all() for slope in slopes):
            continue
        small = [np.asarray(arg) + 1e-7 for arg in args]
        if not any(bool(slope.any()) for slope in slopes) and np.array_equal(
            _numpy(function)(*args), _numpy(function)(*small)
        ):
            return "it is constant between jumps, and so is what it says"
        return call(*args)
    return why


def subject(name: str, function: Function, recipe: Call) -> Subject:
    """A torch function at the arguments of a recipe."""
    torch = load()
    settings = dict(recipe.settings)
    primal = functools.partial(function, **settings) if settings else function
    args = tuple(
        torch.from_numpy(arg.copy()).requires_grad_(k in recipe.checked) if isinstance(arg, np.ndarray) else arg
        for k, arg in enumerate(recipe.args)
    )
    arrays = [arg for arg in recipe.args if isinstance(arg, np.ndarray)]

    def slope(k: int, *points: Array) -> Array:
        tensors = [torch.from_numpy(np.array(point)).requires_grad_(j == k) for j, point in enumerate(points)]
        result = primal(*tensors)
        (found,) = torch.autograd.grad(result, tensors[k], torch.ones_like(result))
        return np.asarray(found)

    plain = len(arrays) == len(recipe.args) and len({arg.shape for arg in arrays}) == 1 and arrays[0].ndim == 2
    elementwise = plain and len(arrays) <= 2 and name not in ORDERS and is_elementwise(_numpy(primal), arrays)
    return Subject(
        PACKAGE,
        name,
        primal,
        args,
        wrt=recipe.checked,
        slope=slope if elementwise else None,
        rows=_rows(primal, len(arrays), recipe.checked) if elementwise else None,
        call=str(recipe),
        options=recipe.options,
        limits=recipe.limits,
    )


def _rows(primal: Function, count: int, checked: tuple[int, ...]) -> Function:
    """The function as NumPy's and JAX's arrays are led through its recording."""
    import jax.numpy as jnp

    from gradcheck.torch import adapt

    torch = load()
    example = tuple(torch.full((2, 1), 0.5, dtype=torch.float64).requires_grad_(k in checked) for k in range(count))
    foreign = adapt(primal, example).function

    def rows(*columns: Any) -> Any:
        return foreign(*(column if isinstance(column, np.ndarray) else jnp.asarray(column) for column in columns))

    return rows


def version() -> str:
    """The installed version."""
    return str(load().__version__)
