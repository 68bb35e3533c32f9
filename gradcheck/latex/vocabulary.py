"""Names that mean something without a definition, and spellings that mean the same."""

from __future__ import annotations

ELEMENTARY = frozenset(
    "exp log ln lg sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan arcsinh arctanh artanh sqrt erf "
    "max min sign sgn abs".split()
)
ACTIVATIONS = {
    "sigmoid": "sigmoid",
    "logistic": "sigmoid",
    "Sigmoid": "sigmoid",
    "relu": "relu",
    "ReLU": "relu",
    "Relu": "relu",
    "ReLu": "relu",
    "softplus": "softplus",
    "softmax": "softmax",
    "Softmax": "softmax",
    "Tanh": "tanh",
    "trace": "tr",
    "Tr": "tr",
    "tr": "tr",
    "diag": "diag",
    "Diag": "diag",
    "det": "det",
    "vec": "vec",
    "sgn": "sign",
    "ln": "log",
    "artanh": "arctanh",
    "elu": "elu",
    "ELU": "elu",
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu",
}
KNOWN = ELEMENTARY | frozenset(ACTIVATIONS)
SIGMAS = (r"\sigma", r"\varsigma")
"""The logistic function, when they are applied to something and nothing else is said."""

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϕϵϑς",
        (
            r"\alpha \beta \gamma \delta \epsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \pi \rho \sigma \tau "
            r"\upsilon \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega "
            r"\phi \epsilon \vartheta \varsigma"
        ).split(),
        strict=True,
    )
)
GREEK_COMMANDS = frozenset(GREEK.values()) | {r"\varepsilon", r"\varpi", r"\varrho", r"\ell", r"\hbar", r"\imath", r"\jmath"}

RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    "≤": "≤",
    "≥": "≥",
    "≠": "≠",
    "≡": "=",
    "≈": "≈",
    r"\approx": "≈",
    r"\equiv": "=",
    r"\leq": "≤",
    r"\le": "≤",
    r"\leqslant": "≤",
    r"\geq": "≥",
    r"\ge": "≥",
    r"\geqslant": "≥",
    r"\neq": "≠",
    r"\ne": "≠",
    r"\lt": "<",
    r"\gt": ">",
    "∈": "∈",
    r"\in": "∈",
    r"\triangleq": "=",
    r"\doteq": "=",
    r"\coloneqq": "=",
    r"\propto": "∝",
    r"\sim": "∼",
    "∼": "∼",
}
PRODUCTS = {
    r"\cdot": r"\cdot",
    "·": r"\cdot",
    "*": "*",
    r"\ast": "*",
    r"\times": r"\times",
    "×": r"\times",
    r"\odot": r"\odot",
    "⊙": r"\odot",
    r"\circ": r"\odot",
    "∘": r"\odot",
    r"\otimes": r"\otimes",
    "⊗": r"\otimes",
    r"\bullet": r"\odot",
}
ARROWS = frozenset((r"\implies", r"\Rightarrow", r"\iff", r"\Leftrightarrow", r"\rightarrow", r"\to", r"\Longrightarrow",
                    r"\longrightarrow", r"\therefore", r"\because", "→", "⇒", r"\leadsto", r"\Longleftrightarrow", r"\mapsto"))
DOTS = frozenset((r"\dots", r"\cdots", r"\ldots", r"\vdots", r"\ddots", "…", "⋯", r"\dotsc", r"\dotsb"))
DISPLAYS = frozenset(
    "align aligned alignat alignedat split eqnarray gather gathered multline equation displaymath math flalign "
    "subequations IEEEeqnarray".split()
)
MATRICES = frozenset("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix array smallmatrix".split())
