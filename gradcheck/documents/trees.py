"""Changing a syntax tree: every node of it from the inside out, or the outermost that is to be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from gradcheck.latex import tree


def mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """A tree with `change` applied to every node, from the inside out."""
    if isinstance(node, tuple):
        return tuple(mapped(child, change) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    changes = {}
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple) or dataclasses.is_dataclass(value):
            new = mapped(value, change)
            if new is not value and new != value:
                changes[field.name] = new
    return change(dataclasses.replace(node, **changes) if changes else node)


def outermost(node: Any, change: Callable[[Any], Any]) -> Any:
    """A tree with `change` applied from the outside in; what it changes, and the name inside of a script, is not entered."""
    if isinstance(node, tuple):
        return tuple(outermost(child, change) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    whole = change(node)
    if whole is not node or isinstance(node, tree.Script):
        return whole
    changes = {}
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple) or dataclasses.is_dataclass(value):
            changes[field.name] = outermost(value, change)
    return dataclasses.replace(node, **changes) if changes else node
