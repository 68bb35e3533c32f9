"""Writes ``docs/api.md``: the public names of the package with their signatures and docstrings.

``make docs`` calls it; a test compares the file with it. Docstrings have Google's sections (``Args:``, ``Raises:``), which
become lists. Nothing is said here that the docstrings do not say, but the headings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import gradcheck
import gradcheck.strategies

HEAD = """\
# The public names

Written by `make docs` from the docstrings: what `import gradcheck` offers, by subject.
"""

STRATEGIES = (
    *("generic", "near_kinks", "tied", "saturated", "scaled", "well_conditioned", "ill_conditioned"),
    *("positive_definite", "simplex", "pytrees"),
)

# Every public name has its place; a test shows which one lacks it.
CHAPTERS: dict[str, tuple[str, ...]] = {
    "Checking a function": ("check", "assert_holds", "traces_kept", "DerivativeMismatch"),
    "Drawing arguments": ("given_args", *(f"strategies.{name}" for name in STRATEGIES)),
    "What a verdict holds": ("Verdict", "Counterexample", "Entry", "Evidence"),
    "Claims of documents": (
        *("Sheet", "Claim", "Source", "Reading", "Step", "Assumption", "Generic", "Record"),
        *("check_claim", "check_latex"),
    ),
    "The derivative itself": ("differentiate", "Derivative"),
    "Derivations": ("derivation", "DerivationReport"),
    "Inputs of claims": ("Reals", "Simplex", "OneHot", "Integers", "Space"),
    "Errors": ("UsageError", "ArgumentsError", "EvaluationError", "ClaimError", "SpaceError", "DerivationError"),
}

SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Attributes):$")
ITEM = re.compile(r"^(\S[^:]*): ?(.*)$")


def page() -> str:
    """The whole file."""
    lines = [HEAD]
    for chapter, names in CHAPTERS.items():
        lines += [f"## {chapter}\n"]
        for name in names:
            lines += list(entry(name, attrgetter(name)(gradcheck)))
    return "\n".join(lines).rstrip() + "\n"


def entry(name: str, found: Any, level: int = 3) -> Iterator[str]:
    """One name: its signature, what its docstring says, and the public methods of a class."""
    yield f"{'#' * level} `{name}`\n"
    if isinstance(found, property):
        yield f"{markdown(found)}\n"
        return
    signature = signature_of(name.rpartition(".")[2], found)
    if signature:
        yield f"```text\n{signature}\n```\n"
    yield f"{markdown(found)}\n"
    if inspect.isclass(found):
        for member, value in vars(found).items():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                yield from entry(f"{name}.{member}", value, level + 1)


def signature_of(name: str, found: Any) -> str:
    """A call with its parameters, one a line where one line would be too long; nothing for exceptions."""
    if inspect.isclass(found) and issubclass(found, BaseException):
        return ""
    signature = inspect.signature(found)
    kept = [p for p in signature.parameters.values() if p.name not in ("self", "misspelt")]
    texts = [told(parameter) for parameter in kept]
    if inspect.isfunction(found):
        starred = next((i for i, p in enumerate(kept) if p.kind is p.KEYWORD_ONLY), None)
        if starred is not None and not any(p.kind is p.VAR_POSITIONAL for p in kept):
            texts.insert(starred, "*")
    answer = f" -> {shortened(signature.return_annotation)}" if inspect.isfunction(found) else ""
    one = f"{name}({', '.join(texts)}){answer}"
    if len(one) <= 100:
        return one
    return "\n".join([f"{name}(", *(f"    {text}," for text in texts), f"){answer}"])


def told(parameter: inspect.Parameter) -> str:
    """A parameter with its type and default; a function that is a default by its name."""
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    named = f"{stars}{parameter.name}: {shortened(parameter.annotation)}"
    if parameter.default is parameter.empty:
        return named
    default = parameter.default
    made_anew = "factory" in repr(default)  # the fields of our dataclasses that are made anew are mappings
    shown = (
        "{}"
        if made_anew
        else default.__name__
        if inspect.isfunction(default) or inspect.isclass(default)
        else repr(default)
    )
    return f"{named} = {shown}"


def shortened(annotation: Any) -> str:
    """A type as the source has it, without quotes or modules."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return re.sub(r"\b(?:pd|np|st|gradcheck\.\w+|pandas)\.(?=[A-Z])", "", text)


def markdown(found: Any) -> str:
    """A docstring: paragraphs as they are, items of a section as a list."""
    text = inspect.getdoc(found.fget if isinstance(found, property) else found) or ""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        heading = SECTION.match(line)
        if heading:
            inside = True
            lines += [f"**{heading[1]}**", ""]
        elif inside and line.startswith("    ") and not line.startswith("     "):
            item = ITEM.match(line.strip())
            lines.append(f"- `{item[1]}`: {item[2]}" if item else f"- {line.strip()}")
        elif inside and line.startswith("     "):
            lines.append(f"  {line.strip()}")
        else:
            inside = inside and not line.strip()
            lines.append(line)
    return re.sub(r"``(.+?)``", r"`\1`", "\n".join(lines))
