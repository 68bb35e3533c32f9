"""A tree back to LaTeX: the formula as it was read, for people to see. What is typeset reads as the same tree."""

from __future__ import annotations

from gradcheck.latex import tree
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import ELEMENTARY

_MARKS = {"≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "∈": r"\in", "≈": r"\approx", "∝": r"\propto", "∼": r"\sim"}
_BRACKETS = {
    "()": (r"\left(", r"\right)"),
    "[]": (r"\left[", r"\right]"),
    "{}": (r"\left\{", r"\right\}"),
    "||": (r"\left|", r"\right|"),
    "‖‖": (r"\left\|", r"\right\|"),
    "⟨⟩": (r"\langle ", r" \rangle"),
    "": ("", ""),
}
_COMMANDS = frozenset(
    f"\\{name}"
    for name in ELEMENTARY
    if name not in ("sgn", "sign", "abs", "erf", "sqrt", "arcsinh", "arctanh", "artanh")
)


def typeset(expr: Expr) -> str:
    """The LaTeX of an expression."""
    found: str = _WRITERS[type(expr)](expr)
    return found


def typeset_statement(statement: Statement) -> str:
    """The LaTeX of a chain."""
    parts = [typeset(member) for member in statement.members]
    marks = [_MARKS.get(mark, mark) for mark in statement.marks]
    if statement.continued:
        return " ".join(f"{mark} {part}" for mark, part in zip(marks, parts, strict=True))
    text = parts[0]
    for mark, part in zip(marks, parts[1:], strict=True):
        text += f" {mark} {part}"
    return text


def _name(expr: tree.Name) -> str:
    text = expr.text
    if len(text) > 1 and text.isalnum():
        command = f"\\{text}"
        return command if command in _COMMANDS else rf"\operatorname{{{text}}}"
    return rf"\mathbf{{{text}}}" if expr.bold and not text.startswith(r"\mathb") else text


def _script(expr: tree.Script) -> str:
    text = _atom(expr.base)
    if expr.subs:
        text += "_{" + ", ".join(_subscript(sub) for sub in expr.subs) + "}"
    if expr.sup is not None:
        text += "^{" + typeset(expr.sup) + "}"
    return text


def _subscript(expr: Expr) -> str:
    """An index: factors side by side would be read as several, and a word as a label."""
    if isinstance(expr, tree.Product) and not expr.mark:
        return "{" + typeset(expr) + "}"
    if isinstance(expr, tree.Name) and len(expr.text) > 1 and expr.text.isalnum():
        return f"\\{expr.text}"
    return typeset(expr)


def _atom(expr: Expr) -> str:
    """An expression that scripts can be put on."""
    if isinstance(expr, (tree.Name, tree.Fence, tree.Listing, tree.Number)):
        return typeset(expr)
    if isinstance(expr, (tree.Script, tree.Call, tree.Matrix, tree.Prime, tree.Transpose, tree.Power)):
        return "{" + typeset(expr) + "}"
    return r"\left(" + typeset(expr) + r"\right)"


def _factor(expr: Expr, last: bool = True) -> str:
    if isinstance(expr, tree.Sum) or (not last and (isinstance(expr, tree.Cases) or _reaches_on(expr))):
        return r"\left(" + typeset(expr) + r"\right)"
    return typeset(expr)


def _reaches_on(expr: Expr) -> bool:
    """Whether a factor that followed would be read as part of it."""
    while isinstance(expr, tree.Product) and not isinstance(expr.right, (tree.Sum, tree.Product)):
        expr = expr.right
    return isinstance(expr, (tree.Big, tree.Derivative))


def _sum(expr: tree.Sum) -> str:
    text = ""
    for sign, term in expr.terms:
        text += ("-" if sign < 0 else "+" if text else "") + " " * bool(text) + _factor(term)
        text += " "
    return text.strip()


def _product(expr: tree.Product) -> str:
    if expr.mark == r"\land":
        left, right = expr.left, expr.right
        if isinstance(left, tree.Relation) and isinstance(right, tree.Relation) and left.right == right.left:
            return f"{typeset(left)} {_MARKS.get(right.mark, right.mark)} {typeset(right.right)}"
    right_text = typeset(expr.right)
    if isinstance(expr.right, (tree.Sum, tree.Product)):
        right_text = r"\left(" + right_text + r"\right)"
    if not expr.mark and isinstance(_last(expr.left), tree.Prime) and right_text.startswith(r"\left("):
        right_text = "{" + right_text + "}"  # f'(x) is a call, f' {(x)} a product
    mark = f" {expr.mark} " if expr.mark else r" \, "
    return _factor(expr.left, last=False) + mark + right_text


def _last(expr: Expr) -> Expr:
    """The last factor of a product."""
    return _last(expr.right) if isinstance(expr, tree.Product) else expr


def _power(expr: tree.Power) -> str:
    return f"{_atom(expr.base)}^{{{typeset(expr.exponent)}}}"


def _transpose(expr: tree.Transpose) -> str:
    return _atom(expr.base) + r"^{\top}"


def _fence(expr: tree.Fence) -> str:
    left, right = _BRACKETS[expr.kind]
    return left + typeset(expr.body) + right


def _listing(expr: tree.Listing) -> str:
    left, right = _BRACKETS[expr.kind]
    return left + ", ".join(typeset(item) for item in expr.items) + right


def _call(expr: tree.Call) -> str:
    if expr.function == tree.Name("sqrt") and len(expr.arguments) == 1:
        return rf"\sqrt{{{typeset(expr.arguments[0])}}}"
    return typeset(expr.function) + r"\left(" + ", ".join(typeset(a) for a in expr.arguments) + r"\right)"


def _big(expr: tree.Big) -> str:
    text = r"\sum" if expr.kind == "sum" else r"\prod"
    if expr.indices:
        under = ", ".join(expr.indices)
        if isinstance(expr.lower, tree.Relation):
            under = typeset(expr.lower)
        elif expr.lower is not None:
            under += "=" + typeset(expr.lower)
        text += f"_{{{under}}}"
    if expr.upper is not None:
        text += f"^{{{typeset(expr.upper)}}}"
    return f"{text} {_factor(expr.body)}"


def _cases(expr: tree.Cases) -> str:
    rows = [
        rf"{typeset(value)} & {typeset(condition) if condition is not None else chr(92) + 'text{otherwise}'}"
        for value, condition in expr.rows
    ]
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _matrix(expr: tree.Matrix) -> str:
    rows = [" & ".join(typeset(entry) for entry in row) for row in expr.rows]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


def _derivative(expr: tree.Derivative) -> str:
    body = typeset(expr.body) if expr.body is not None else ""
    if isinstance(expr.body, (tree.Sum, tree.Product, tree.Quotient, tree.Big, tree.Cases)):
        body = r"\left(" + body + r"\right)"
    power = f"^{{{expr.order}}}" if expr.order > 1 else ""
    if expr.mark == "nabla":
        under = "_{" + ", ".join(typeset(name) for name in expr.wrt) + "}" if expr.wrt else ""
        return rf"\nabla{under}{power} {body}"
    d = "d" if expr.mark == "d" else r"\partial"
    under = " ".join(f"{d} {typeset(name)}" for name in expr.wrt)
    return rf"\frac{{{d}{power}}}{{{under}}} {body}"


def _at(expr: tree.At) -> str:
    point = ", ".join(f"{typeset(name)} = {typeset(value)}" for name, value in expr.at_point)
    return rf"\left.{typeset(expr.body)}\right|_{{{point}}}"


def _relation(expr: tree.Relation) -> str:
    return f"{typeset(expr.left)} {_MARKS.get(expr.mark, expr.mark)} {typeset(expr.right)}"


_WRITERS = {
    tree.Number: lambda expr: expr.text,
    tree.Name: _name,
    tree.Script: _script,
    tree.Call: _call,
    tree.Prime: lambda expr: _atom(expr.base) + "'" * expr.order,
    tree.Sum: _sum,
    tree.Product: _product,
    tree.Quotient: lambda expr: rf"\frac{{{typeset(expr.over)}}}{{{typeset(expr.under)}}}",
    tree.Power: _power,
    tree.Transpose: _transpose,
    tree.Fence: _fence,
    tree.Big: _big,
    tree.Cases: _cases,
    tree.Matrix: _matrix,
    tree.Derivative: _derivative,
    tree.At: _at,
    tree.Relation: _relation,
    tree.Dots: lambda expr: r"\dots",
    tree.Listing: _listing,
}
