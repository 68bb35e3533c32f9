"""A torch function as a list of calls of its elementary operations (aten), recorded without computing anything.

The function is run once on tensors without numbers (FakeTensor): what it computes with its arguments is recorded, and a step
that needs the numbers themselves (``if x.sum() > 0``, ``x.item()``, ``x.numpy()``, ``x[mask]``) cannot be taken, so that no
number of the example can slip into the program unseen. Backward passes are recorded in the same way.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from gradcheck.torch.arrays import numpy_dtype, to_numpy
from gradcheck.torch.memory import Window
from gradcheck.torch.rows import NoRowError, has_row

Array = np.ndarray[Any, np.dtype[Any]]
Place = tuple[str, int]

# Nothing is written by these, they turn a tensor into another window.
_MERE_WINDOWS = (
    "t_",
    "transpose_",
    "squeeze_",
    "unsqueeze_",
    "detach_",
    "swapaxes_",
    "swapdims_",
    "as_strided_",
    "requires_grad_",
)


class NotRecordableError(TypeError):
    """The function does what no program can follow; the message says what, and that it is judged by floats instead."""


@dataclass(frozen=True)
class Call:
    """One operation: its aten name with the overload, arguments with windows for tensors, windows of the results.

    ``writes`` are the positions (or names) of arguments that are changed in place. ``place`` is the user's line.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: tuple[Window | None, ...]
    writes: tuple[int | str, ...]
    place: Place | None


@dataclass
class Recording:
    """Calls in order, windows of the inputs, tensors that the function brought along, and the windows of the results."""

    inputs: list[Window] = field(default_factory=list)
    constants: list[tuple[Window, Array]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    outputs: list[Window] = field(default_factory=list)


def record(function: Callable[..., Sequence[torch.Tensor]], inputs: Sequence[torch.Tensor]) -> Recording:
    """Record `function`, which takes and returns flat sequences of tensors, at tensors of these shapes and dtypes.

    Raises:
        NotRecordableError: it needs the numbers of a tensor, draws random ones, or returns a tensor of another trace.
        Exception: whatever the function itself raises.
    """
    with _quiet(), FakeTensorMode(allow_non_fake_inputs=True) as fake:
        recorder = _Recorder(fake)
        tensors = [
            torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device, requires_grad=tensor.requires_grad)
            for tensor in inputs
        ]
        recorder.recording.inputs = [recorder.fresh(tensor) for tensor in tensors]
        try:
            with recorder:
                results = function(*tensors)
                recorder.recording.outputs = [recorder.window(result) for result in results]
        except DataDependentOutputException as error:
            raise NotRecordableError(
                "its path depends on the numbers in a tensor (bool(), if, or item()); a trace would hold for one path only"
            ) from error
        except DynamicOutputShapeException as error:
            raise NotRecordableError(
                f"the shape of a result depends on the numbers in a tensor ({error.func}); use torch.where, not a mask"
            ) from error
        except RuntimeError as error:
            if "is not supported for tensor subclasses" in str(error):
                raise NotRecordableError(
                    "it leaves torch, by numpy() or tolist(), where no trace can follow"
                ) from error
            raise
        except TypeError as error:
            if "'FakeTensor' and 'FakeTensor'" in str(error):  # two that belong to different recordings
                raise NotRecordableError("it keeps a tensor of one call for the next") from error
            raise
    return recorder.recording


class _Recorder(TorchDispatchMode):  # type: ignore[misc] # torch is not installed where types are checked
    """Notes every call that reaches aten."""

    def __init__(self, fake: FakeTensorMode) -> None:
        super().__init__()
        self.recording = Recording()
        self._fake = fake
        self._storages: dict[int, int] = {}
        self._alive: list[Any] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.namespace == "prim":
            return func(*args, **kwargs)
        if torch.Tag.nondeterministic_seeded in func.tags and not _draws_nothing(func, args, kwargs):
            raise NotRecordableError(f"it draws random numbers ({func})")
        given, named = tree_map(self._known, (list(args), dict(kwargs)))
        before = _mapped((given, named), self.window)
        writes = _writes(func, args, kwargs)
        results = func(*given, **named)
        leaves = list(results) if isinstance(results, tuple | list) else [results]
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        makes = any(_address(leaf) not in self._storages for leaf in tensors)
        name = _packet(func)
        if not (makes or writes) or name in _MERE_WINDOWS:
            return self._returned(func, args, results)
        if not any(isinstance(leaf, Window) for leaf in tree_flatten(before)[0]):
            return self._made(func, given, named, results)
        if not has_row(str(func)):
            return self._decomposed(func, args, given, named)
        windows = tuple(self._result(leaf) if isinstance(leaf, torch.Tensor) else None for leaf in leaves)
        self.recording.calls.append(Call(str(func), before[0], before[1], windows, writes, _place()))
        return self._returned(func, args, results)

    def _returned(self, func: Any, args: Any, results: Any) -> Any:
        """What the call returns: an operation in place, the tensor itself that it has changed."""
        in_place = _packet(func).endswith("_") and isinstance(results, torch.Tensor)
        return args[0] if in_place and args and isinstance(args[0], torch.Tensor) else results

    def _made(self, func: Any, args: Any, kwargs: Any, results: Any) -> Any:
        """The result of a call without tensors: numbers that are known now."""
        if not _packet(func).startswith(("empty", "new_empty")):
            with torch._C._DisableTorchDispatch(), _without_modes():
                numbers = to_numpy(func(*args, **kwargs))
        else:
            numbers = np.zeros(tuple(results.shape), dtype=numpy_dtype(results.dtype))
        self.recording.constants.append((self._contiguous(results), numbers))
        return results

    def _contiguous(self, tensor: torch.Tensor) -> Window:
        window = self.fresh(tensor)
        if not window.contiguous:
            raise NotRecordableError("it makes a tensor that is not laid out in C order")
        return window

    def _decomposed(self, func: Any, args: Any, given: Any, named: Any) -> Any:
        """What the call returns, computed by torch's own decomposition into operations that have rows.

        Raises:
            NoRowError: it has none.
        """
        from torch._decomp import decomposition_table

        with self:
            name = _packet(func)
            if name.endswith("_") and not name.endswith("__"):
                functional = getattr(getattr(torch.ops.aten, name[:-1], None), func._overloadname, None)
                if functional is not None:
                    given[0].copy_(functional(*given, **named))
                    return args[0]
            if func in decomposition_table:
                return decomposition_table[func](*given, **named)
            found = func.decompose(*given, **named)
        if found is NotImplemented:
            raise NoRowError(
                f"torch's operation {func} has no row in the tables of gradcheck.torch, and torch no decomposition of it"
            )
        return found

    def fresh(self, tensor: torch.Tensor) -> Window:
        """The window of a tensor that nobody has seen before."""
        self._storages[_address(tensor)] = len(self._storages)
        self._alive.append(tensor)
        return self.window(tensor)

    def window(self, tensor: torch.Tensor) -> Window:
        """The window of a tensor of this recording, or of one that the function has brought along.

        Raises:
            NotRecordableError: it stems from elsewhere and holds no numbers, or has no strides.
        """
        tensor = self._known(tensor)
        number = self._storages.get(_address(tensor))
        if number is None:
            raise NotRecordableError("it keeps a tensor of one call for the next")
        return Window(
            number,
            tuple(tensor.shape),
            tuple(tensor.stride()),
            int(tensor.storage_offset()),
            numpy_dtype(tensor.dtype),
            tensor.is_conj(),
            tensor.is_neg(),
        )

    def _result(self, tensor: torch.Tensor) -> Window:
        self._alive.append(tensor)
        return self.window(tensor) if _address(tensor) in self._storages else self.fresh(tensor)

    def _known(self, leaf: Any) -> Any:
        """A tensor without numbers in place of one with; its storage becomes a constant of the recording."""
        if not isinstance(leaf, torch.Tensor) or isinstance(leaf, FakeTensor):
            return leaf
        if leaf.layout != torch.strided:
            raise NotRecordableError(f"it uses a tensor of layout {leaf.layout}")
        with torch._C._DisableTorchDispatch():
            plain = leaf.detach()
            whole = torch.empty(0, dtype=leaf.dtype, device=leaf.device).set_(plain.untyped_storage())
            numbers = to_numpy(whole)
        with warnings.catch_warnings():  # torch looks at the .grad of what is no leaf, and warns itself
            warnings.simplefilter("ignore", UserWarning)
            tensor = self._fake.from_tensor(leaf)
        if _address(tensor) not in self._storages:
            self._alive.append((leaf, tensor))
            self._storages[_address(tensor)] = number = len(self._storages)
            window = Window(number, numbers.shape, (1,), 0, numbers.dtype)
            self.recording.constants.append((window, numbers))
        return tensor


def _mapped(tree: Any, window: Callable[[torch.Tensor], Window]) -> Any:
    return tree_map(lambda leaf: window(leaf) if isinstance(leaf, torch.Tensor) else leaf, tree)


def _address(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _packet(func: Any) -> str:
    """``add`` of ``aten.add.Tensor``."""
    return str(func).split(".")[1]


def _writes(func: Any, args: Any, kwargs: Any) -> tuple[int | str, ...]:
    """The arguments that a call changes in place: positions, or names of those given by name."""
    found: list[int | str] = []
    for position, argument in enumerate(func._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            if position < len(args) and args[position] is not None:
                found.append(position)
            elif kwargs.get(argument.name) is not None:
                found.append(argument.name)
    return tuple(found)


@contextmanager
def _quiet() -> Iterator[None]:
    """Inside, torch does not log what goes wrong in a recording: it is told as the reason for a black box."""
    log = logging.getLogger("torch._subclasses.fake_tensor")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


@contextmanager
def _without_modes() -> Iterator[None]:
    """Inside, torch computes with numbers again."""
    with torch.utils._python_dispatch._disable_current_modes():
        yield


def _draws_nothing(func: Any, args: Any, kwargs: Any) -> bool:
    """Whether a call of an operation that may draw random numbers draws none, as a dropout in evaluation."""
    schema = {argument.name: position for position, argument in enumerate(func._schema.arguments)}

    def value(name: str, default: Any) -> Any:
        position = schema.get(name, len(args))
        return args[position] if position < len(args) else kwargs.get(name, default)

    if "dropout_p" in schema:
        return bool(value("dropout_p", 0.0) == 0.0)
    return "train" in schema and not value("train", True)


def _place() -> Place | None:
    """The innermost line of the user's code that is being run; None where torch works by itself."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name == "gradcheck.torch.adapter":
            return None
        if not name.startswith(("gradcheck.", "torch.", "jax.", "jax_")) and name != "contextlib":
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None
