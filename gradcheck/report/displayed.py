r"""A printed formula as one display that any LaTeX with amsmath and amssymb takes, and GitHub's mathematics as well.

What a document prints may use macros of its own, be cut off, or say ``\input``. So a formula passes only when our typesetter
accepts it, every command in it is on a list of harmless ones, and everything that opens is closed in its own place.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gradcheck.report.mathml import mathml
from gradcheck.report.text import one_line

_PIECE = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|\\operatorname\*|\\[A-Za-z]+|\\\\\*?|\\.|\s+|[^\\]", re.DOTALL)
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_UNNUMBERED = re.compile(r"\\(?:nonumber|notag)(?![A-Za-z])|\\label\s*\{[^{}]*\}")
_TEXT = re.compile(r"\\(text|textrm|textbf|textit|textsf|texttt|mbox)\s*\{([^{}\\$_^&#%~]*)\}")
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
    dim ker deg gcd hom arg Pr bmod mod
    pm mp times div ast cdot circ bullet cap cup uplus sqcap sqcup vee wedge lor land setminus smallsetminus wr diamond
    oplus ominus otimes oslash odot dagger ddagger amalg ltimes rtimes intercal circledast circledcirc
    leq le geq ge neq ne equiv sim simeq approx approxeq cong propto prec succ preceq succeq ll gg subset supset
    subseteq supseteq subsetneq supsetneq sqsubseteq sqsupseteq in ni notin mid nmid parallel nparallel perp models
    vdash dashv asymp doteq triangleq lesssim gtrsim leqslant geqslant
    leftarrow gets rightarrow to leftrightarrow Leftarrow Rightarrow Leftrightarrow mapsto longmapsto longleftarrow
    longrightarrow Longleftarrow Longrightarrow longleftrightarrow Longleftrightarrow iff implies impliedby uparrow
    downarrow updownarrow Uparrow Downarrow nearrow searrow swarrow nwarrow hookrightarrow hookleftarrow
    rightharpoonup leftharpoonup rightleftharpoons because therefore
    not rm bf it displaystyle textstyle scriptstyle scriptscriptstyle
    lvert rvert lVert rVert vert Vert lfloor rfloor lceil rceil langle rangle lbrace rbrace lbrack rbrack backslash
    ldots cdots vdots ddots dots dotsc dotsb dotsm dotsi dotso quad qquad thinspace medspace thickspace negthinspace
    enspace colon hline
"""
_ONE_ARGUMENT = """
    sqrt overline underline overbrace underbrace overrightarrow overleftarrow widehat widetilde hat tilde bar vec dot ddot
    dddot acute grave breve check mathring substack boxed mathop mathbin mathrel mathord mathopen mathclose mathpunct
    operatorname operatorname* mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathnormal boldsymbol pmb pmod
    xrightarrow xleftarrow
"""
_TWO_ARGUMENTS = "frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel"
_BIGGER = "big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm"
_BRACKETS = (
    "lvert rvert lVert rVert vert Vert lfloor rfloor lceil rceil langle rangle lbrace rbrace lbrack rbrack backslash"
)
_OPERATORS = "sum prod coprod int iint iiint oint bigcap bigcup bigoplus bigotimes lim max min sup inf"
_ALLOWED, _TAKE_LIMITS = frozenset(_COMMANDS.split()), frozenset(_OPERATORS.split())
_ARITY = {
    **dict.fromkeys((rf"\{name}" for name in _ONE_ARGUMENT.split()), 1),
    **dict.fromkeys((rf"\{name}" for name in _TWO_ARGUMENTS.split()), 2),
}
_BIG = frozenset(rf"\{name}" for name in _BIGGER.split())
_DELIMITERS = frozenset((*"()[]|/.<>", r"\{", r"\}", r"\|", *(rf"\{name}" for name in _BRACKETS.split())))
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
    try:
        reader = _Reader(source)
        made = reader.sequence("").strip()
    except _Refused:
        return None
    if not made:
        return None
    return rf"\begin{{aligned}} {made} \end{{aligned}}" if reader.fragment else made


def for_github(display: str) -> str | None:
    """A display in the mathematics of GitHub, which forbids what could hide or overwrite something; None where it cannot be."""
    if "`" in display or re.search(r"\\(?:hline|substack|pmb|rm|bf|it)(?![A-Za-z])", display):
        return None
    return re.sub(
        r"\\operatorname(\*?)\s*\{([^{}]*)\}",
        lambda found: rf"\mathop{{\mathrm{{{found[2]}}}}}" + (r"\limits" if found[1] else ""),
        display,
    )


class _Refused(Exception):  # noqa: N818 - it leaves this module never
    """The formula is not one that may be handed on."""


class _Reader:
    """Goes through a formula once and writes it anew, each argument in braces. Raises _Refused.

    What opens is closed by the same call, so that nothing is left open; ``fragment`` tells whether there was an alignment
    mark or a line break outside of any environment.
    """

    def __init__(self, source: str) -> None:
        self.pieces = _pieces(source)
        self.place = 0
        self.fragment = False

    def sequence(self, end: str, columns: int = 0) -> str:
        """Everything up to ``end`` (nothing: up to the end), which is taken as well.

        ``columns`` is how many cells a row may have, -1 for as many as there are, 0 where there are no rows.
        """
        made: list[str] = []
        scripts: set[str] = set()  # those that the last nucleus has
        cells = 1
        row_begins = True
        while True:
            piece = self.next()
            if piece == end:
                return "".join(made)
            if piece in ("&", r"\\"):
                self.fragment |= not end
                if end and not columns:
                    raise _Refused
                cells = cells + 1 if piece == "&" else 1
                if 0 < columns < cells:
                    raise _Refused
                row_begins = piece == r"\\"
                # Brackets after a line break would be taken for a distance, and a star for an option.
                made.append(piece + ("{}" if row_begins and self.peek() in ("[", "*") else ""))
                scripts = set()
                continue
            if piece in ("^", "_", "'"):
                made.append(self.scripted(piece, scripts))
                continue
            if piece == r"\middle" and end != r"\right":
                raise _Refused
            if piece == r"\hline" and not (row_begins and columns and end == r"\end{array}"):
                raise _Refused
            written = self.atom(piece, made)
            if piece == " ":
                made.append(piece)
                continue
            made.append(_joined(made, written))
            row_begins = row_begins and piece == r"\hline"
            if piece not in (r"\limits", r"\nolimits"):
                scripts = set()

    def atom(self, piece: str, before: list[str]) -> str:
        """One piece that is no script and no alignment, with its arguments."""
        if piece == "":
            raise _Refused  # the end, before what was open is closed
        if piece == "{":
            return "{" + self.sequence("}") + "}"
        if piece.startswith(r"\begin"):
            return self.environment(piece)
        if piece == r"\left":
            left = self.delimiter()
            body = self.sequence(r"\right")
            return rf"\left{left}{body}\right{self.delimiter()}"
        if piece == r"\middle" or piece in _BIG:
            return piece + self.delimiter()
        if piece in (r"\limits", r"\nolimits"):
            if "".join(before).rstrip().rpartition("\\")[2] not in _TAKE_LIMITS:
                raise _Refused
            return piece
        if piece.startswith(r"\text") and piece.endswith("}"):
            return piece
        if piece in _ARITY:
            option = self.option() if piece in (r"\sqrt", r"\xrightarrow", r"\xleftarrow") else ""
            made = piece + option + "".join(self.argument(piece) for _ in range(_ARITY[piece]))
            return r"\mathbf{1}" if made == r"\mathbb{1}" else made  # the font has no digits
        if piece.startswith("\\"):
            if piece[1:] in _ALLOWED or piece in _SIGNS:
                return piece
            raise _Refused
        if piece in "}$%#~" or not piece.isascii():
            raise _Refused
        return piece

    def environment(self, piece: str) -> str:
        """A block, from its begin to its end, as one that may stand within a display."""
        given = piece[len(r"\begin{") : -1]
        name = _BLOCKS.get(given.removesuffix("*"))
        if name is None:
            raise _Refused
        argument, columns = "", {"gathered": 1, "cases": 2, "": -1}.get(name, -1)
        if name in ("array", "alignedat"):
            self.skip()
            if self.next() != "{":
                raise _Refused
            argument = self.sequence("}")
            if not re.fullmatch(r"[clr| ]+" if name == "array" else r"[1-9]\d?", argument):
                raise _Refused
            columns = sum(argument.count(one) for one in "clr") if name == "array" else 2 * int(argument)
            argument = f"{{{argument}}}"
        if not name:
            # A display of its own is only a display as long as nothing stands around it.
            if self.place != 1 or self.pieces.index(rf"\end{{{given}}}") != len(self.pieces) - 1:
                raise _Refused
            return self.sequence(rf"\end{{{given}}}")
        body = self.sequence(rf"\end{{{given}}}", columns)
        return rf"\begin{{{name}}}{argument}{body}\end{{{name}}}"

    def scripted(self, mark: str, scripts: set[str]) -> str:
        """A script of the last nucleus, which may have one of each kind; primes stand together, and before a power."""
        if mark == "_" and "'" in scripts:
            scripts.add("^")
        if mark in scripts or (mark == "'" and "^" in scripts):
            raise _Refused
        scripts.add(mark)
        if mark != "'":
            return mark + self.script()
        while self.peek() == "'":
            self.skip()
            mark += self.next()
        if self.peek() == "^":
            self.skip()
        else:
            scripts.add("^")
        return mark

    def script(self) -> str:
        """What is raised or lowered: one character, or anything else in braces."""
        self.skip()
        piece = self.next()
        if len(piece) == 1 and piece not in "{}^_'& " and piece.isascii():
            return self.atom(piece, [])
        return self.braced(piece)

    def argument(self, command: str) -> str:
        """An argument, in braces."""
        self.skip()
        piece = self.next()
        if command == r"\substack" and piece == "{":
            return "{" + self.sequence("}", 1) + "}"
        return self.braced(piece)

    def braced(self, piece: str) -> str:
        """A group, or one piece made a group."""
        if piece in (
            "}",
            "^",
            "_",
            "'",
            "&",
            r"\\",
            r"\left",
            r"\limits",
            r"\nolimits",
            r"\middle",
            r"\right",
            r"\hline",
        ):
            raise _Refused
        written = self.atom(piece, [])
        return written if piece == "{" else f"{{{written}}}"

    def option(self) -> str:
        """The index of a root, or what stands below an arrow."""
        self.skip()
        if self.peek() != "[":
            return ""
        self.next()
        return "[" + self.sequence("]").replace("[", "{[}") + "]"

    def delimiter(self) -> str:
        """A bracket of any kind, or a dot for none."""
        self.skip()
        piece = self.next()
        if piece not in _DELIMITERS:
            raise _Refused
        return f"{piece} " if piece[-1:].isalpha() else piece

    def next(self) -> str:
        """The next piece; nothing at the end."""
        self.place += 1
        return self.pieces[self.place - 1] if self.place <= len(self.pieces) else ""

    def peek(self) -> str:
        """The next piece that is no space, left where it is."""
        return next((piece for piece in self.pieces[self.place :] if piece != " "), "")

    def skip(self) -> None:
        """Passes over spaces."""
        while self.place < len(self.pieces) and self.pieces[self.place] == " ":
            self.place += 1


def _pieces(source: str) -> list[str]:
    """The commands and characters of a formula, some in other words; a text with its argument is one piece."""
    found: list[str] = []
    place = 0
    while place < len(source):
        if words := _TEXT.match(source, place):
            place = words.end()
            if not words[2].isascii():
                raise _Refused
            found.append(rf"\{words[1].replace('mbox', 'text')}{{{words[2]}}}")
            continue
        match = _PIECE.match(source, place)
        if match is None:
            raise _Refused
        place = match.end()
        piece = " " if match[0].isspace() else match[0]
        if piece.startswith(r"\\"):
            piece = r"\\"
            if length := _LENGTH.match(source, place):
                place = length.end()
        if not piece.isascii():
            piece = SYMBOLS.get(piece, "")
            if not piece or piece[0] in "^_":
                raise _Refused
        if piece.startswith((r"\begin", r"\end")):
            piece = re.sub(r"\s", "", piece)
        instead = _INSTEAD.get(piece, piece)
        found += [instead] if instead == piece else _PIECE.findall(instead)
    return found


def _joined(before: list[str], piece: str) -> str:
    """A piece with a space before it where it would become part of a command's name."""
    last = before[-1] if before else ""
    return f" {piece}" if piece[:1].isalpha() and re.search(r"\\[A-Za-z]+$", last) else piece
