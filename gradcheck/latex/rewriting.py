"""One change made everywhere in an expression."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


def rewritten(node: Any, change: Callable[[Any], Any]) -> Any:
    """A node with `change` applied to all nodes in it, the inner ones first; `change` returns a node, the given or another."""
    if isinstance(node, (tuple, list)):
        return type(node)(rewritten(child, change) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    old = {f.name: getattr(node, f.name) for f in dataclasses.fields(node) if f.compare}
    new = {name: rewritten(value, change) for name, value in old.items()}
    changed = {name: value for name, value in new.items() if value is not old[name]}
    return change(dataclasses.replace(node, **changed) if changed else node)
