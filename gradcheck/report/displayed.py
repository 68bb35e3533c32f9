r"""A printed formula as one display that any LaTeX with amsmath and amssymb takes, and GitHub's mathematics as well.

What a document prints may use macros of its own, be cut off, or say ``\input``. So a formula passes only when our typesetter
accepts it, every command in it is on a list of harmless ones, and everything that opens is closed in its own place.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gradcheck.report.mathml import mathml
from gradcheck.report.text import one_line

_TOKEN = re.compile(
    r"\\(?:begin|end)\s*\{[^{}]*\}|\\operatorname\*|\\[A-Za-z]+|\\\\\*?|\\.|[{}&^_']|[^\\{}&^_']", re.DOTALL
)
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_UNNUMBERED = re.compile(r"\\(?:nonumber|notag)(?![A-Za-z])|\\label\s*\{[^{}]*\}")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")
_COLUMNS = re.compile(r"\s*\{[clr| ]*\}")
_PAIRS = re.compile(r"\s*\{\d{1,2}\}")
_TEXT = re.compile(r"\\(?:text|textrm|textbf|textit|textsf|texttt|mbox)\s*\{([^{}\\$_^&#%~]*)\}")
_LENGTH = re.compile(r"\s*\[\s*-?\d*\.?\d+\s*(?:pt|em|ex|mm|cm|in|mu)\s*\]")

# Displays of their own become the block of the same form that may stand within a display.
_BLOCKS = {
    "align": "aligned",
    "flalign": "aligned",
    "split": "aligned",
    "aligned": "aligned",
    "alignat": "alignedat",
    "alignedat": "alignedat",
    "gather": "gathered",
    "multline": "gathered",
    "gathered": "gathered",
    "equation": "",
    "displaymath": "",
    "cases": "cases",
    "dcases": "cases",
    "array": "array",
    **{name: name for name in ("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix")},
}

_COMMANDS = r"""
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi pi varpi rho
    varrho sigma varsigma tau upsilon phi varphi chi psi omega digamma Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi
    Psi Omega aleph hbar hslash imath jmath ell wp Re Im partial infty nabla emptyset varnothing forall exists nexists
    neg lnot top bot angle triangle prime backprime square blacksquare Box Diamond star bigstar complement eth
    sum prod coprod int iint iiint oint bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes bigoplus biguplus
    lim limsup liminf max min sup inf sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth exp log ln lg det
    dim ker deg gcd hom arg Pr bmod pmod mod
    pm mp times div ast cdot circ bullet cap cup uplus sqcap sqcup vee wedge lor land setminus smallsetminus wr diamond
    oplus ominus otimes oslash odot dagger ddagger amalg ltimes rtimes intercal circledast circledcirc
    leq le geq ge neq ne equiv sim simeq approx approxeq cong propto prec succ preceq succeq ll gg subset supset
    subseteq supseteq subsetneq supsetneq sqsubseteq sqsupseteq in ni notin mid nmid parallel nparallel perp models
    vdash dashv asymp doteq triangleq lesssim gtrsim leqslant geqslant
    leftarrow gets rightarrow to leftrightarrow Leftarrow Rightarrow Leftrightarrow mapsto longmapsto longleftarrow
    longrightarrow Longleftarrow Longrightarrow longleftrightarrow Longleftrightarrow iff implies impliedby uparrow
    downarrow updownarrow Uparrow Downarrow nearrow searrow swarrow nwarrow hookrightarrow hookleftarrow
    rightharpoonup leftharpoonup rightleftharpoons xrightarrow xleftarrow because therefore
    frac dfrac tfrac cfrac binom dbinom tbinom sqrt overline underline overbrace underbrace overrightarrow
    overleftarrow widehat widetilde hat tilde bar vec dot ddot dddot acute grave breve check mathring overset underset
    stackrel substack boxed not mathop mathbin mathrel mathord mathopen mathclose mathpunct operatorname operatorname*
    mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathnormal boldsymbol pmb rm bf it
    displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits
    left right middle big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm
    lvert rvert lVert rVert vert Vert lfloor rfloor lceil rceil langle rangle lbrace rbrace lbrack rbrack backslash
    ldots cdots vdots ddots dots dotsc dotsb dotsm dotsi dotso quad qquad thinspace medspace thickspace negthinspace
    enspace colon hline
"""
_OPERATORS = "sum prod coprod int iint iiint oint bigcap bigcup bigoplus bigotimes lim max min sup inf"
_ALLOWED, _ALLOWED_LIMITS = frozenset(_COMMANDS.split()), frozenset(_OPERATORS.split())
_SIGNS = frozenset((r"\,", r"\:", r"\;", r"\!", r"\ ", r"\{", r"\}", r"\|", r"\%", r"\_", r"\#", r"\&", r"\>"))
_INSTEAD = {
    r"\bm": r"\boldsymbol",
    r"\lt": "<",
    r"\gt": ">",
    r"\coloneqq": ":=",
    r"\argmax": r"\operatorname*{arg\,max}",
    r"\argmin": r"\operatorname*{arg\,min}",
    r"\Vert": r"\|",
}


def _pairs(chars: str, commands: str) -> dict[str, str]:
    """What each character is, in order."""
    return dict(zip(chars, commands.split(), strict=True))


SYMBOLS: dict[str, str] = {
    **_pairs(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϵϑϕϱϖ",
        (
            r"\alpha \beta \gamma \delta \varepsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \pi \rho "
            r"\sigma \tau \upsilon \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon "
            r"\Phi \Psi \Omega \epsilon \vartheta \phi \varrho \varpi"
        ),
    ),
    **_pairs(
        "−×·±∓÷≤≥≠≈≡∼∝∈∉∋⊂⊆⊃⊇∪∩∅∂∇∞∑∏∫√→←↔⇒⇐⇔↦⊙⊗⊕⊖∘∗⊤⊥∀∃¬∧∨⟨⟩‖∥∣…⋯⋮⋱′ℓℝℂℕℤℚ≪≫≜≅∎∖⌊⌋⌈⌉⋅≔",
        (
            r"- \times \cdot \pm \mp \div \leq \geq \neq \approx \equiv \sim \propto \in \notin \ni \subset "
            r"\subseteq \supset \supseteq \cup \cap \emptyset \partial \nabla \infty \sum \prod \int \surd \to "
            r"\leftarrow \leftrightarrow \Rightarrow \Leftarrow \Leftrightarrow \mapsto \odot \otimes \oplus \ominus "
            r"\circ \ast \top \perp \forall \exists \neg \wedge \vee \langle \rangle \| \parallel \mid \ldots "
            r"\cdots \vdots \ddots {}' \ell \mathbb{R} \mathbb{C} \mathbb{N} \mathbb{Z} \mathbb{Q} \ll \gg "
            r"\triangleq \cong \blacksquare \setminus \lfloor \rfloor \lceil \rceil \cdot :="
        ),
    ),
    "ᵀ": "^{T}",
    "𝟙": r"\mathbf{1}",
    **{char: f"^{{{number}}}" for number, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{char: f"_{{{number}}}" for number, char in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    "⁻": "^{-}",
    "ᵢ": "_{i}",
    "ⱼ": "_{j}",
}
"""What characters are in mathematics."""


@lru_cache(maxsize=8192)
def displayed(latex: str) -> str | None:
    r"""What may stand between ``\[`` and ``\]``, on one line and in ASCII, or None for what should be shown as it is."""
    if mathml(latex) is None:
        return None
    source = _UNNUMBERED.sub(" ", _TAG.sub(r"\\qquad(\1)", one_line(latex)))
    if re.search(r"(?<!\\)[$%#~]", source):
        return None
    made, fragment = _walked(source)
    if made is None:
        return None
    return rf"\begin{{aligned}} {made} \end{{aligned}}" if fragment else made


def for_github(display: str) -> str | None:
    """A display in the mathematics of GitHub, which forbids what could hide or overwrite something; None where it cannot be."""
    if "`" in display or re.search(r"\\(?:hline|substack|pmb|rm|bf|it)(?![A-Za-z])", display):
        return None
    return re.sub(
        r"\\operatorname(\*?)\s*\{([^{}]*)\}",
        lambda found: rf"\mathop{{\mathrm{{{found[2]}}}}}" + (r"\limits" if found[1] else ""),
        display,
    )


def _walked(source: str) -> tuple[str | None, bool]:
    """The formula in what is allowed, and whether it is a fragment of an aligned display; None where it is not allowed."""
    made: list[str] = []
    open_: list[str] = []
    fragment = False
    previous = ""
    place = 0
    while place < len(source):
        if found := _TEXT.match(source, place):
            words = found[1]
            if not words.isascii():
                return None, False
            made.append(rf"\text{{{words}}}")
            place, previous = found.end(), "}"
            continue
        found = _TOKEN.match(source, place)
        if found is None:
            return None, False
        piece = found[0]
        place = found.end()
        if environment := _ENVIRONMENT.fullmatch(piece):
            name = _BLOCKS.get(environment[2].removesuffix("*"))
            if name is None:
                return None, False
            argument = ""
            if environment[1] == "begin":
                if name in ("array", "alignedat"):
                    given = (_COLUMNS if name == "array" else _PAIRS).match(source, place)
                    if given is None:
                        return None, False
                    argument, place = given[0].strip(), given.end()
                if name == "" and open_:
                    return None, False  # a display within a display
                open_.append(f"env {name}")
            elif not open_ or open_.pop() != f"env {name}":
                return None, False
            piece = rf"\{environment[1]}{{{name}}}{argument}" if name else ""
        elif piece == "{":
            open_.append("{")
        elif piece == "}":
            if not open_ or open_.pop() != "{":
                return None, False
        elif piece == r"\left":
            open_.append("left")
        elif piece == r"\right":
            if not open_ or open_.pop() != "left":
                return None, False
        elif piece == r"\middle":
            if open_[-1:] != ["left"]:
                return None, False
        elif piece in ("&", r"\\", r"\\*"):
            if not open_:
                fragment = True
            elif not open_[-1].startswith("env") or (open_[-1] == "env " and len(open_) == 1):
                return None, False
            if piece != "&":
                piece = r"\\"
                if length := _LENGTH.match(source, place):
                    place = length.end()
                piece += "{}" if source[place:].lstrip()[:1] in ("[", "*") else ""
        elif piece.startswith("\\"):
            piece = _INSTEAD.get(piece, piece)
            if piece in (r"\limits", r"\nolimits") and previous[1:] not in _ALLOWED_LIMITS:
                return None, False
            name = piece[1:]
            if not (name in _ALLOWED or piece in _SIGNS or piece in _INSTEAD.values()):
                return None, False
            if piece[-1:].isalpha() and source[place : place + 1].isalpha():
                piece += " "
        elif not piece.isascii():
            piece = SYMBOLS.get(piece, "")
            if not piece or piece[0] in "^_":
                return None, False
            piece = f"{piece} " if piece[-1].isalpha() else piece
        made.append(piece)
        if piece.strip():
            previous = piece.strip()
    if open_:
        return None, False
    formula = "".join(made).strip().replace(r"\mathbb{1}", r"\mathbf{1}").replace(r"\mathbb 1", r"\mathbf{1}")
    return formula or None, fragment
