"""The macros that a page's MathJax or KaTeX configuration defines, as LaTeX definitions."""

from __future__ import annotations

import re

_MACROS = re.compile(r"[\"']?\b[mM]acros[\"']?\s*:\s*\{")
_STRING = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
_ENTRY = re.compile(
    rf"\s*(?:[\"']\\*(?P<quoted>[A-Za-z]+)[\"']|(?P<name>[A-Za-z]+))\s*:\s*"
    rf"(?:(?P<body>{_STRING})|\[\s*(?P<first>{_STRING})\s*(?:,\s*(?P<count>\d)\s*(?:,\s*(?P<default>{_STRING}))?)?\s*\])\s*,?"
)
_ESCAPE = re.compile(r"\\(.)")


def configured_macros(script: str) -> list[str]:
    r"""The ``macros: {R: "\\mathbb{R}", vec: ["\\mathbf{#1}", 1]}`` of a script, each as a ``\newcommand``."""
    found: list[str] = []
    if "MathJax" not in script and "katex" not in script.lower():
        return found
    for table in _MACROS.finditer(script):
        at = table.end()
        while (entry := _ENTRY.match(script, at)) is not None:
            at = entry.end()
            count = entry["count"]
            default = f"[{_said(entry['default'])}]" if entry["default"] else ""
            arguments = f"[{count}]{default}" if count and count != "0" else ""
            body = _said(entry["body"] or entry["first"])
            if not count and (slots := re.findall(r"#(\d)", body)):
                arguments = f"[{max(slots)}]"
            found.append(rf"\newcommand{{\{entry['quoted'] or entry['name']}}}{arguments}{{{body}}}")
    return found


def _said(string: str) -> str:
    """What a string of JavaScript says, as far as LaTeX needs it."""
    return _ESCAPE.sub(r"\1", string[1:-1])
