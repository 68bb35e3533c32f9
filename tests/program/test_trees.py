"""Our own trees are JAX's pytrees: the same leaves, names and structures, without JAX for plain containers."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, namedtuple
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.program import trees

Pair = namedtuple("Pair", ["first", "second"])


class Stack(list[Any]):
    """A list of a class of its own: a leaf, as JAX has it."""


@jax.tree_util.register_pytree_with_keys_class
class Registered:
    """A class that JAX has been told about."""

    def __init__(self, weight: Any, bias: Any) -> None:
        self.weight, self.bias = weight, bias

    def tree_flatten_with_keys(self) -> Any:
        key = jax.tree_util.GetAttrKey
        return ((key("weight"), self.weight), (key("bias"), self.bias)), "settings"

    @classmethod
    def tree_unflatten(cls, aux: Any, children: Any) -> Registered:
        assert aux == "settings"
        return cls(*children)


LEAVES = st.one_of(st.integers(), st.floats(allow_nan=False), st.just("text"), st.just(np.float64(2.5)))
TREES = st.recursive(
    LEAVES | st.none(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
        st.dictionaries(st.text("abc", max_size=2), inner, max_size=3).map(OrderedDict),
        st.dictionaries(st.text("abc", max_size=2), inner, max_size=3).map(lambda found: defaultdict(list, found)),
        st.tuples(inner, inner).map(lambda pair: Pair(*pair)),
    ),
    max_leaves=8,
)


@given(TREES)
def test_leaves_names_and_structure_are_those_of_jax(tree: Any) -> None:
    with_paths, structure = jax.tree_util.tree_flatten_with_path(tree)
    named, ours = trees.flatten_with_names(tree)
    assert named == [(jax.tree_util.keystr(path), leaf) for path, leaf in with_paths]
    assert ours.count == structure.num_leaves
    numbers = list(range(ours.count))
    assert trees.unflatten(ours, numbers) == jax.tree_util.tree_unflatten(structure, numbers)
    assert trees.mapped(str, tree) == jax.tree_util.tree_map(str, tree)
    nothing = lambda value: value is None  # noqa: E731 - a predicate used twice
    assert trees.leaves(tree, nothing) == jax.tree_util.tree_leaves(tree, is_leaf=nothing)


@given(TREES, TREES)
def test_structures_are_equal_where_those_of_jax_are(one: Any, other: Any) -> None:
    structures = [trees.structure(tree) for tree in (one, other)]
    alike = jax.tree_util.tree_structure(one) == jax.tree_util.tree_structure(other)
    assert (structures[0] == structures[1]) is alike
    assert structures[0] != "no structure"
    assert not alike or hash(structures[0]) == hash(structures[1])


@pytest.mark.parametrize(
    "leaf", [Stack([1]), Counter("ab"), SimpleNamespace(a=1), np.ones(2), object, range(3)], ids=str
)
def test_what_is_no_plain_container_is_a_leaf(leaf: Any) -> None:
    assert jax.tree_util.all_leaves([leaf])
    assert trees.flatten((leaf, None))[0] == [leaf]


def test_a_class_registered_with_jax_is_taken_apart_by_it() -> None:
    tree = {"layers": [Registered(1.0, (2.0, None)), 3.0]}
    named, structure = trees.flatten_with_names(tree)
    assert named == [("['layers'][0].weight", 1.0), ("['layers'][0].bias[0]", 2.0), ("['layers'][1]", 3.0)]
    again = trees.unflatten(structure, [4.0, 5.0, 6.0])["layers"]
    assert (again[0].weight, again[0].bias, again[1]) == (4.0, (5.0, None), 6.0)
    assert structure == trees.structure({"layers": [Registered(0.0, (0.0, None)), 0.0]})
    assert structure != trees.structure({"layers": [Registered(0.0, [0.0, None]), 0.0]})


def test_structures_are_told_as_they_are_written() -> None:
    tree = (Pair(1, [2, None]), {"b": 3, "a": ()}, (4,), defaultdict(int, {"k": 5}), Registered(6, 7))
    assert repr(trees.structure(tree)) == "(Pair(*, [*, None]), {'a': (), 'b': *}, (*,), {'k': *}, node(*, *))"


def test_keys_without_an_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"keys that cannot be sorted \(int and str\).*use keys of one kind"):
        trees.flatten({"w": 1, 2: 3})


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_and_too_many_leaves_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=rf"{count} leaves are given for a tree of 2: \(\*, \*\)"):
        trees.unflatten(trees.structure((1, 2)), [0] * count)
