"""torch functions, their own rules, and claims written in torch, as functions of NumPy trees for `gradcheck.check`."""

from __future__ import annotations

import functools
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
import torch

from gradcheck.torch.arrays import to_tensor, torch_dtype
from gradcheck.torch.foreign import Arguments, Foreign, Tensors

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

PARAMETERS = "parameters"


def adapt(function: Function, args: tuple[Any, ...], own: bool = True, dtype: Any = None) -> Adapted:
    """A torch function with its arguments, as the rest of gradcheck wants them.

    Args:
        function: a function of tensors, a module, or the ``apply`` of an autograd.Function.
        args: a tuple of trees. Arrays become tensors; Python numbers do so only where there is no array or tensor at all,
            and are settings otherwise.
        own: whether the function's own rule is to be judged: the parameters of a module then are an argument too, the first.
        dtype: floating point tensors are cast to it.
    """
    module = function if isinstance(function, torch.nn.Module) else None
    named = module.named_parameters() if module is not None and own else ()
    trained = {name: parameter for name, parameter in named if parameter.requires_grad}
    given = (trained, *args) if trained else args
    if dtype is not None:
        given = jax.tree_util.tree_map(lambda leaf: _cast(leaf, torch_dtype(dtype)), given)
    return Adapted(function, given, bool(trained))


def _cast(leaf: Any, dtype: torch.dtype) -> Any:
    if isinstance(leaf, torch.Tensor) and leaf.is_floating_point():
        return leaf.detach().to(dtype).requires_grad_(leaf.requires_grad)
    return leaf


@dataclass(frozen=True, eq=False)
class Adapted:
    """A torch function and its arguments, ``given``: the parameters of a module first, if `with_parameters`."""

    original: Function
    given: tuple[Any, ...]
    with_parameters: bool

    @cached_property
    def arguments(self) -> Arguments:
        """The arguments taken apart."""
        return Arguments(self.given)

    @cached_property
    def args(self) -> tuple[Any, ...]:
        """The arguments as trees of NumPy arrays, with None for what is no array."""
        return self.arguments.arrays()

    @cached_property
    def function(self) -> Foreign:
        """The primal, as a function of NumPy trees like `args`."""
        found = Foreign(
            self.name, lambda _, values: self._forward(values), self.arguments, (), self._signature, self._shown
        )
        found.adapted = self
        return found

    @property
    def name(self) -> str:
        """What messages call the function."""
        owner = getattr(self.original, "__self__", None)
        if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
            return f"{owner.__name__}.apply"
        inner = self.original
        while isinstance(inner, functools.partial):
            inner = inner.func
        if isinstance(inner, torch.nn.Module):
            return type(inner).__name__
        name = str(getattr(inner, "__qualname__", type(inner).__name__)).rpartition("<locals>.")[2]
        return "f" if name == "<lambda>" else name

    @cached_property
    def checked(self) -> list[tuple[int, str]] | None:
        """The position and the path of each leaf that asks for a gradient; None where no argument does, which means all."""
        wanted = iter(self.arguments.tensors)
        found = []
        for path, value in jax.tree_util.tree_flatten_with_path(self.args)[0]:
            if value is not None and next(wanted).requires_grad:
                found.append((path[0].idx, jax.tree_util.keystr(path[1:])))
        asked = [position for position, _ in found if not (self.with_parameters and position == 0)]
        return found if asked else None

    @cached_property
    def vjp(self) -> Foreign:
        """``vjp(cotangent, *args)``: torch.autograd.grad, one tree an argument, None where there is no tensor.

        A gradient that torch leaves out, for an input that takes no part or for detached results, is one of zeros;
        `remarks` tells of them.
        """

        def run(leading: list[Any], values: Tensors) -> Any:
            return self._backward(jax.tree_util.tree_leaves(leading), values)

        owner = getattr(self.original, "__self__", None)
        code = getattr(owner, "backward", None) if isinstance(owner, type) else self._shown
        return Foreign(f"backward of {self.name}", run, self.arguments, self._results, code=code)

    def jvp(self, positions: Sequence[int]) -> Foreign | None:
        """``jvp(tangents, *args)`` by forward-mode AD, where an autograd.Function in the graph brings a ``jvp`` of its own.

        The tangents are the tree of the only argument in `positions`, or a tuple of theirs. None where no Function of users
        with such a rule takes part.
        """
        own = [found for found in self._custom if found.jvp is not torch.autograd.Function.jvp]
        if not own:
            return None
        paths = [path for path, value in jax.tree_util.tree_flatten_with_path(self.args)[0] if value is not None]
        moving = [path[0].idx in positions for path in paths]

        def run(leading: list[Any], values: Tensors) -> Any:
            rest = iter(jax.tree_util.tree_leaves(leading))
            tangents = [next(rest) if moves else torch.zeros_like(v) for moves, v in zip(moving, values, strict=True)]
            return self._pushed(tangents, values)

        return Foreign(f"forward mode of {self.name}", run, self.arguments, code=own[0].jvp)

    @property
    def backward(self) -> Adapted:
        """The gradient as a torch function of cotangents and arguments, to be differentiated once more.

        Its ``original`` and ``given`` are a function of tensors and arguments for `gradcheck.check`.
        """
        count = len(self._results)

        def gradient(*tensors: Any) -> Any:
            values = self.arguments.pick(tensors[count:])
            return [g for g in self._backward(list(tensors[:count]), values, again=True) if g is not None]

        gradient.__qualname__ = gradient.__name__ = f"backward of {self.name}"
        names = ["c"] if count == 1 else [f"c{i}" for i in range(count)]
        names += list(self._signature.parameters) if self._signature else []
        kind = inspect.Parameter.POSITIONAL_ONLY
        gradient.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined] # read by inspect
        rng = np.random.default_rng(0)
        cotangents = [torch.from_numpy(rng.uniform(0.5, 1.5, r.shape).round(2)).to(r.dtype) for r in self._results]
        asks = self.checked is not None
        pairs = zip(self.arguments.tensors, self._asked, strict=True)
        tensors = [tensor.detach().requires_grad_(asks and asked) for tensor, asked in pairs]
        again = [c.requires_grad_(asks and _differentiable(c)) for c in cotangents]
        return Adapted(gradient, (*again, *self.arguments.rebuild(tensors)), False)

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What torch's graph leaves out at the arguments: results detached from it, and arguments that it never reaches."""
        said = []
        values, outputs = self._graph
        floating = [i for i, o in enumerate(outputs) if o.is_floating_point() or o.is_complex()]
        for i in floating:
            if not outputs[i].requires_grad:
                which = f"output {i}" if len(outputs) > 1 else "the output"
                said.append(f"{which} is detached from the graph: torch gives no gradient for it, which counts as zero")
        attached = [outputs[i] for i in floating if outputs[i].requires_grad]
        if attached:
            found = zip(self._names, self._asked, self._gradients(attached, values), strict=True)
            for name, asked, gradient in found:
                if asked and gradient is None:
                    said.append(f"{name} is not reached by torch's graph: its gradient is None, which counts as zero")
        return tuple(said)

    def claim(self, form: str, function: Function) -> Foreign:
        """A claim written in torch, such as ``vjp(cotangent, *args)``, as a function of NumPy trees."""

        def run(leading: list[Any], values: Tensors) -> Any:
            return _without_graph(function(*leading, *self.arguments.rebuild(values)))

        name = getattr(function, "__qualname__", type(function).__name__).rpartition("<locals>.")[2]
        like = self._results if form == "vjp" else None
        return Foreign(f"{form}=" if name == "<lambda>" else name, run, self.arguments, like, code=function)

    def predicate(self, assume: Function | None) -> Function | None:
        """A predicate of torch arguments, as one of NumPy trees; a module's parameters are not shown to it."""
        if assume is None:
            return None

        def holds(*args: Any) -> bool:
            tensors = [to_tensor(array) for array in self.arguments.pick(args)]
            return bool(assume(*self.arguments.rebuild(tensors)[int(self.with_parameters) :]))

        return holds

    def domain(self, domain: Any) -> Any:
        """A strategy or generator of torch arguments, as one of NumPy trees; the parameters of a module stay as they are."""

        def converted(drawn: Any) -> tuple[Any, ...]:
            args = drawn if isinstance(drawn, tuple) else (drawn,)
            return Arguments((*self.given[: int(self.with_parameters)], *args)).arrays()

        if hasattr(domain, "map") and hasattr(domain, "example"):
            return domain.map(converted)
        return (lambda rng: converted(domain(rng))) if callable(domain) else domain

    @property
    def _code(self) -> Any:
        """The Python function behind it, for the line in messages."""
        owner = getattr(self.original, "__self__", None)
        return getattr(owner if isinstance(owner, type) else self.original, "forward", self.original)

    @property
    def _shown(self) -> Any:
        """`_code`, unless it is torch's own."""
        ours = str(getattr(self._code, "__module__", "")).partition(".")[0] != "torch"
        return self._code if ours else None

    @cached_property
    def _signature(self) -> inspect.Signature | None:
        """The names of the arguments; None where the function has no signature."""
        try:
            names = [*inspect.signature(self._code).parameters.values()]
        except (TypeError, ValueError):
            names = []
        if isinstance(getattr(self.original, "__self__", None), type) and names and names[0].name == "ctx":
            names = names[1:]
        kind = inspect.Parameter.POSITIONAL_ONLY
        if self.with_parameters:
            names = [p for p in names if p.name != PARAMETERS]
            names.insert(0, inspect.Parameter(PARAMETERS, kind))
        plain = [p for p in names if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        return inspect.Signature([inspect.Parameter(p.name, kind) for p in plain]) if plain else None

    @property
    def _names(self) -> list[str]:
        """The names of the tensors among the arguments."""
        names = list(self._signature.parameters) if self._signature else []
        names += [f"args[{i}]" for i in range(len(names), len(self.given))]
        paths = [path for path, value in jax.tree_util.tree_flatten_with_path(self.args)[0] if value is not None]
        return [names[path[0].idx] + jax.tree_util.keystr(path[1:]) for path in paths]

    def _called(self, values: Tensors) -> Any:
        """The function's result for tensors in place of the arguments'; a module is left as it was."""
        args = self.arguments.rebuild(values)
        if not isinstance(self.original, torch.nn.Module):
            return _plain(self.original(*args))
        state = {name: buffer.clone() for name, buffer in self.original.named_buffers()}
        if self.with_parameters:
            state.update(args[0])
            args = args[1:]
        with _restored(self.original):
            return _plain(torch.func.functional_call(self.original, state, args))

    @cached_property
    def _asked(self) -> list[bool]:
        """Which tensors get gradients: those that ask for one, or all floating point ones where no argument asks."""
        tensors = self.arguments.tensors
        if self.checked is None:
            return [_differentiable(tensor) for tensor in tensors]
        return [tensor.requires_grad for tensor in tensors]

    def _leaves(self, values: Tensors) -> Tensors:
        """Fresh leaves of a graph."""
        return [value.detach().requires_grad_(asked) for value, asked in zip(values, self._asked, strict=True)]

    def _forward(self, values: Tensors) -> Any:
        with torch.enable_grad():  # the path that is differentiated: some layers have a faster one without gradients
            return jax.tree_util.tree_map(_detached, self._graph_of(values)[1])

    def _graph_of(self, values: Tensors) -> tuple[Tensors, Any]:
        leaves = self._leaves(values)
        copies = [leaf.clone() if leaf.requires_grad else leaf for leaf in leaves]  # so that it may be changed in place
        return leaves, self._called(copies)

    @cached_property
    def _at_arguments(self) -> tuple[Tensors, Any]:
        """Leaves and the tree of results of one call at the arguments, with the graph between them."""
        with torch.enable_grad(), torch.random.fork_rng(devices=[]):
            return self._graph_of([tensor.detach().clone() for tensor in self.arguments.tensors])

    @property
    def _tree(self) -> Any:
        return self._at_arguments[1]

    @cached_property
    def _outputs(self) -> Tensors:
        return [leaf for leaf in jax.tree_util.tree_leaves(self._tree) if isinstance(leaf, torch.Tensor)]

    @property
    def _graph(self) -> tuple[Tensors, Tensors]:
        return self._at_arguments[0], self._outputs

    @cached_property
    def _results(self) -> Tensors:
        return [output.detach() for output in self._outputs]

    @cached_property
    def _custom(self) -> list[Any]:
        """The autograd.Functions of users in the graph."""
        found, waiting, seen = [], [o.grad_fn for o in self._outputs if o.grad_fn is not None], set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            if hasattr(node, "_forward_cls"):
                found.append(node._forward_cls)
            waiting += [parent for parent, _ in node.next_functions if parent is not None]
        return found

    def _gradients(
        self, outputs: Tensors, values: Tensors, cotangents: Tensors | None = None, again: bool = False
    ) -> list[Any]:
        """torch's gradients of the tensors that have one, and None for the others."""
        cotangents = [torch.ones_like(output) for output in outputs] if cotangents is None else cotangents
        wanted = [value for value in values if value.requires_grad]
        if not outputs or not wanted:
            return [None] * len(values)
        found = iter(
            torch.autograd.grad(
                outputs, wanted, cotangents, allow_unused=True, create_graph=again, retain_graph=again or None
            )
        )
        return [next(found) if value.requires_grad else None for value in values]

    def _backward(self, cotangents: Tensors, values: Tensors, again: bool = False) -> Any:
        with torch.enable_grad():
            if again:
                leaves, results = values, self._called(values)
            else:
                leaves, results = self._graph_of(values)
            outputs = [leaf for leaf in jax.tree_util.tree_leaves(results) if isinstance(leaf, torch.Tensor)]
            pairs = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
            found = self._gradients([o for o, _ in pairs], leaves, [c for _, c in pairs], again)
        zeros = [
            torch.zeros_like(value) if g is None and _differentiable(value) else g
            for g, value in zip(found, values, strict=True)
        ]
        return zeros if again else self.arguments.spread(zeros)

    def _pushed(self, tangents: Tensors, values: Tensors) -> Any:
        from torch.autograd import forward_ad

        with warnings.catch_warnings():  # torch's own rules make use of what torch means to drop
            warnings.simplefilter("ignore", DeprecationWarning)
            importlib.import_module("torch._decomp.decompositions_for_jvp")
        with forward_ad.dual_level():
            duals = [
                forward_ad.make_dual(value, tangent) if _differentiable(value) else value
                for value, tangent in zip(values, tangents, strict=True)
            ]
            pairs = [forward_ad.unpack_dual(o) for o in jax.tree_util.tree_leaves(self._called(duals))]
            moved = [pair.primal * 0 if pair.tangent is None else pair.tangent for pair in pairs]
        return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(self._tree), moved)


def _differentiable(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())


def _plain(results: Any) -> Any:
    """Results with plain tuples for torch's named ones, such as those of ``max`` and ``topk``."""
    if type(results).__module__ == "torch.return_types":
        return tuple(results)
    if type(results) in (list, tuple):
        return type(results)(_plain(part) for part in results)
    return results


@contextmanager
def _restored(module: torch.nn.Module) -> Iterator[None]:
    """Afterwards, the attributes of a module and its parts are what they were: nothing that a call has kept stays there."""
    before = [(part, dict(part.__dict__), dict(part._buffers)) for part in module.modules()]
    try:
        yield
    finally:
        for part, attributes, buffers in before:
            part.__dict__.clear()
            part.__dict__.update(attributes)
            part._buffers.clear()
            part._buffers.update(buffers)


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, torch.Tensor) else value


def _without_graph(answer: Any) -> Any:
    """A claim's answer as trees of tensors; what NumPy has computed becomes tensors too."""
    return jax.tree_util.tree_map(
        lambda value: value.detach() if isinstance(value, torch.Tensor) else to_tensor(value), answer
    )


def adapt_claims(adapted: Adapted, given: Mapping[str, Function]) -> dict[str, Function]:
    """The claims written in torch of `gradcheck.check`, by form, as functions of NumPy trees."""
    return {form: adapted.claim(form, function) for form, function in given.items()}
