"""Trees of arguments and results: tuples, lists, dicts and named tuples taken apart into leaves, and put together again.

The rules are those of JAX's pytrees: the keys of a dict are sorted, those of an OrderedDict stand as they are, None holds
nothing, a subclass of a container is a leaf. A class that somebody has registered with JAX is taken apart by JAX, which must
have been imported for that; otherwise JAX plays no part, and is not imported.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

IsLeaf = Callable[[Any], bool]

# What stands for a node among the kinds of a structure, beside the classes of containers.
_LEAF, _NAMED, _FOREIGN = "leaf", "named tuple", "registered with JAX"
_LEAVES = frozenset((np.ndarray, float, int, complex, bool, str, bytes, np.float64, np.float32, np.int64, np.bool_))


class Structure:
    """A tree without its leaves; two are equal where the trees differ in their leaves alone.

    ``kind`` is the container's class or a word for what is none, ``data`` what rebuilds it (keys, the class of a named
    tuple), ``children`` the structures within, ``count`` how many leaves there are.
    """

    __slots__ = ("children", "count", "data", "kind")

    def __init__(self, kind: Any, data: Any = None, children: tuple[Structure, ...] = ()) -> None:
        self.kind = kind
        self.data = data
        self.children = children
        self.count: int = 1 if kind is _LEAF else sum(child.count for child in children)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Structure):
            return NotImplemented
        return self.kind == other.kind and self.data == other.data and self.children == other.children

    def __hash__(self) -> int:
        return hash((self.kind, self.count, self.children))

    def __repr__(self) -> str:
        if self.kind is _LEAF:
            return "*"
        parts = [repr(child) for child in self.children]
        if self.kind in (dict, OrderedDict, defaultdict):
            keys = self.data[1] if self.kind is defaultdict else self.data
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in zip(keys, parts, strict=True)) + "}"
        joined = ", ".join(parts)
        if self.kind is tuple:
            return f"({joined},)" if len(parts) == 1 else f"({joined})"
        if self.kind is _NAMED:
            return f"{self.data.__name__}({joined})"
        return f"[{joined}]" if self.kind is list else "None" if self.kind is None else f"node({joined})"

    def built(self, children: Sequence[Any]) -> Any:
        """The container with these children."""
        if self.kind is tuple or self.kind is list:
            return self.kind(children)
        if self.kind is dict or self.kind is OrderedDict:
            return self.kind(zip(self.data, children, strict=True))
        if self.kind is _NAMED:
            return self.data(*children)
        if self.kind is defaultdict:
            factory, keys = self.data
            return defaultdict(factory, zip(keys, children, strict=True))
        return None if self.kind is None else _jax().tree_util.tree_unflatten(self.data, children)


_ONE = Structure(_LEAF)


def flatten(tree: Any, is_leaf: IsLeaf | None = None) -> tuple[list[Any], Structure]:
    """The leaves of a tree in order, and its structure; what `is_leaf` is true of is a leaf, whatever it holds.

    Raises:
        ValueError: the keys of a dict cannot be sorted.
    """
    found: list[Any] = []
    return found, _taken_apart(tree, is_leaf, found)


def leaves(tree: Any, is_leaf: IsLeaf | None = None) -> list[Any]:
    """The leaves of a tree in order; raises as `flatten` does."""
    return flatten(tree, is_leaf)[0]


def structure(tree: Any) -> Structure:
    """The structure of a tree; raises as `flatten` does."""
    return flatten(tree)[1]


def flatten_with_names(tree: Any) -> tuple[list[tuple[str, Any]], Structure]:
    """The leaves with what is written behind the tree's name to get them (``['w'][0].mean``), and the structure.

    Raises:
        ValueError: the keys of a dict cannot be sorted.
    """
    found, taken = flatten(tree)
    return list(zip(_names(tree, taken), found, strict=True)), taken


def unflatten(tree: Structure, values: Sequence[Any]) -> Any:
    """The tree of this structure with these leaves.

    Raises:
        ValueError: there are more or fewer values than leaves.
    """
    if len(values) != tree.count:
        raise ValueError(f"{len(values)} leaves are given for a tree of {tree.count}: {tree}")
    return _put_together(tree, iter(values))


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with the function's values in place of its leaves."""
    found, taken = flatten(tree)
    return unflatten(taken, [function(leaf) for leaf in found])


def _taken_apart(tree: Any, is_leaf: IsLeaf | None, found: list[Any]) -> Structure:
    kind = type(tree)
    if kind in _LEAVES or (is_leaf is not None and is_leaf(tree)):
        found.append(tree)
        return _ONE
    node = _node(tree, kind)
    if node is None:
        found.append(tree)
        return _ONE
    made, data, children = node
    if (made is tuple or made is list) and is_leaf is None and all(type(child) in _LEAVES for child in children):
        found.extend(children)
        return _flat(made, len(children))
    return Structure(made, data, tuple(_taken_apart(child, is_leaf, found) for child in children))


@functools.cache
def _flat(kind: type, count: int) -> Structure:
    """The structure of a tuple or list of so many leaves."""
    return Structure(kind, None, (_ONE,) * count)


def _node(tree: Any, kind: type) -> tuple[Any, Any, Sequence[Any]] | None:
    """The kind, data and children of a container; None for a leaf."""
    if kind is tuple or kind is list:
        return kind, None, tree
    if tree is None:
        return None, None, ()
    if kind is dict:
        keys = _ordered(tree)
        return dict, keys, [tree[key] for key in keys]
    if kind is OrderedDict:
        return OrderedDict, tuple(tree), list(tree.values())
    if kind is defaultdict:
        keys = _ordered(tree)
        return defaultdict, (tree.default_factory, keys), [tree[key] for key in keys]
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _NAMED, kind, tree
    return _by_jax(tree)


def _ordered(tree: dict[Any, Any]) -> tuple[Any, ...]:
    try:
        return tuple(sorted(tree))
    except TypeError as error:
        kinds = " and ".join(sorted({type(key).__name__ for key in tree}))
        raise ValueError(
            f"a dict has keys that cannot be sorted ({kinds}), so its leaves have no order; use keys of one kind"
        ) from error


def _jax() -> Any:
    """JAX, if it has been imported in this process."""
    return sys.modules.get("jax")


def _by_jax(tree: Any) -> tuple[Any, Any, Sequence[Any]] | None:
    """One level of what is registered with JAX; without JAX nothing can be."""
    tree_util = getattr(_jax(), "tree_util", None)
    if tree_util is None or tree_util.all_leaves([tree]):
        return None
    children, taken = tree_util.tree_flatten(tree, is_leaf=lambda value: value is not tree)
    return _FOREIGN, taken, children


def _names(tree: Any, taken: Structure) -> Iterator[str]:
    if taken.kind is _LEAF:
        yield ""
        return
    if taken.kind is None:
        return
    if taken.kind is _FOREIGN:
        tree_util = _jax().tree_util
        paths, _ = tree_util.tree_flatten_with_path(tree, is_leaf=lambda value: value is not tree)
        steps, children = [tree_util.keystr(path) for path, _ in paths], [child for _, child in paths]
    elif taken.kind is _NAMED:
        steps, children = [f".{name}" for name in type(tree)._fields], list(tree)
    elif taken.kind is tuple or taken.kind is list:
        steps, children = [f"[{i}]" for i in range(len(tree))], list(tree)
    else:
        keys = taken.data[1] if taken.kind is defaultdict else taken.data
        steps, children = [f"[{key!r}]" for key in keys], [tree[key] for key in keys]
    for step, child, inner in zip(steps, children, taken.children, strict=True):
        yield from (step + rest for rest in _names(child, inner))


def _put_together(tree: Structure, values: Iterator[Any]) -> Any:
    if tree.kind is _LEAF:
        return next(values)
    if len(tree.children) == tree.count and all(child is _ONE for child in tree.children):
        return tree.built(list(itertools.islice(values, tree.count)))
    return tree.built([_put_together(child, values) for child in tree.children])
