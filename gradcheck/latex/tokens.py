r"""LaTeX mathematics cut into tokens with positions, in one pass and with bounds on size and depth.

What only moves ink (spacing, sizing, alignment hints, comments) is known by name and left out here; every other
command reaches the reader, which either understands it or says that it does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradcheck.latex.errors import UnreadableError

MAX_LENGTH = 30_000
MAX_DEPTH = 60
MAX_DIGITS = 300


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (a terminal of the grammar), its text, and where it begins (counted from 1)."""

    kind: str
    text: str
    at: int


SPACING = frozenset(
    [
        r"\,",
        r"\;",
        r"\:",
        r"\!",
        r"\>",
        r"\/",
        r"\quad",
        r"\qquad",
        r"\enspace",
        r"\enskip",
        r"\thinspace",
        r"\medspace",
        r"\thickspace",
        r"\negthinspace",
        r"\displaystyle",
        r"\textstyle",
        r"\scriptstyle",
        r"\scriptscriptstyle",
        r"\limits",
        r"\nolimits",
        r"\big",
        r"\Big",
        r"\bigg",
        r"\Bigg",
        r"\bigl",
        r"\bigr",
        r"\Bigl",
        r"\Bigr",
        r"\biggl",
        r"\biggr",
        r"\Biggl",
        r"\Biggr",
        r"\bigm",
        r"\Bigm",
        r"\middle",
        r"\nonumber",
        r"\notag",
        r"\allowbreak",
        r"\noindent",
        r"\strut",
        r"\null",
        r"\hfill",
        r"\protect",
        r"\relax",
        r"\newline",
        r"\par",
        r"\hline",
        r"\centering",
        r"\smallskip",
        r"\medskip",
        r"\bigskip",
        r"\mathstrut",
        r"\kern",
        r"\normalsize",
        r"\small",
        r"\large",
        r"\Large",
        r"\footnotesize",
    ]
)
"""Commands that move ink and mean nothing. The wide spaces are kept as tokens of their own, since they separate formulas."""

_WIDE = frozenset((r"\quad", r"\qquad", r"\hfill"))
_WITH_ARGUMENT = re.compile(
    r"\\(?:hspace|vspace|label|tag|phantom|hphantom|vphantom|color|cline|mspace|textcolor)\*?\s*\{[^{}]*\}"
)
_WIDE_SKIP = re.compile(r"\\(?:hspace|hskip|mspace)\*?\s*\{\s*(?P<n>\d*\.?\d+)\s*(?P<unit>em|in|cm|mm|pt|ex|mu)\s*\}")
_OF_A_QUAD = {"em": 1.0, "in": 7.2, "cm": 2.85, "mm": 0.285, "pt": 0.1, "ex": 0.43, "mu": 1 / 18}
"""The units of a skip in quads of 10 pt type: a skip of a quad or more separates formulas as a quad does."""
TEXT_COMMANDS = frozenset(
    [r"\text", r"\textrm", r"\mbox", r"\textnormal", r"\hbox", r"\textsf", r"\texttt", r"\textit", r"\textup"]
)
STYLES = frozenset(
    [
        r"\mathbf",
        r"\boldsymbol",
        r"\bm",
        r"\vec",
        r"\textbf",
        r"\mathrm",
        r"\mathit",
        r"\mathsf",
        r"\mathcal",
        r"\mathbb",
        r"\mathfrak",
        r"\mathscr",
        r"\mathtt",
        r"\rm",
        r"\pmb",
        r"\operatorname",
        r"\hat",
        r"\widehat",
        r"\tilde",
        r"\widetilde",
        r"\bar",
        r"\overline",
        r"\dot",
        r"\ddot",
        r"\check",
        r"\breve",
        r"\acute",
        r"\grave",
        r"\mathring",
        r"\underline",
        r"\underbrace",
        r"\overbrace",
        r"\boxed",
        r"\cancel",
        r"\fbox",
        r"\mathop",
        r"\mathbin",
        r"\mathrel",
        r"\mathord",
        r"\ensuremath",
        r"\symbf",
        r"\symup",
        r"\overrightarrow",
        r"\mathnormal",
        r"\bcancel",
        r"\not",
        r"\substack",
        r"\smash",
        r"\mathclap",
    ]
)
SWITCHES = frozenset([r"\bf", r"\it", r"\cal", r"\rm", r"\tt", r"\sf", r"\bfseries", r"\boldmath"])
FRACTIONS = frozenset([r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"])
TWO_ARGUMENTS = frozenset([r"\underset", r"\overset", r"\stackrel"])
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+\*?)\s*\}")
_COLUMNS = re.compile(r"\s*(?:\[[a-z]\]\s*)?\{([^{}]*)\}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_WORD = re.compile(r"\\[A-Za-z]+\*?|\\.", re.DOTALL)
_FENCE = re.compile(r"\s*(\\[A-Za-z]+|\\[{}|]|[()\[\]|./<>⟨⟩‖⌊⌋⌈⌉])")
_UNICODE_SPACE = "\u00a0\u2009\u200a\u202f\u2002\u2003\u3000\u200b\ufeff"
_PRIMES = {"'": 1, "′": 1, "’": 1, "″": 2}
_SAME = {"−": "-", "–": "-", "⋅": "·", "＝": "=", "（": "(", "）": ")", "，": ",", "：": ":", "；": ";", "＋": "+"}


def tokenize(latex: str) -> list[Token]:
    """The tokens of `latex`.

    Raises:
        UnreadableError: it is too long or nested too deeply, an environment or a fence is malformed, or a character
            belongs to no formula.
    """
    if len(latex) > MAX_LENGTH:
        raise UnreadableError(f"the formula has {len(latex)} characters; at most {MAX_LENGTH} are read")
    return _Tokenizer(latex).run()


class _Tokenizer:
    """The state of one pass."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.place = 0
        self.tokens: list[Token] = []
        self.open: list[tuple[str, str, int]] = []
        self.brackets = 0

    def run(self) -> list[Token]:
        latex = self.latex
        while self.place < len(latex):
            char = latex[self.place]
            if char == "%" and (self.place == 0 or latex[self.place - 1] != "\\"):
                end = latex.find("\n", self.place)
                self.place = len(latex) if end < 0 else end + 1
            elif char.isspace() or char in _UNICODE_SPACE or char == "~":
                self.place += 1
            elif char == "\\":
                self._command()
            else:
                self._character(char)
        if self.open:
            mark, _, at = self.open[-1]
            raise UnreadableError(f"{mark} is never closed", at)
        return self.tokens

    def _add(self, kind: str, text: str, length: int) -> None:
        self.tokens.append(Token(kind, text, self.place + 1))
        self.place += length

    def _open(self, mark: str, closes: str) -> None:
        if len(self.open) + self.brackets >= MAX_DEPTH:
            raise UnreadableError(f"nested deeper than {MAX_DEPTH} levels", self.place + 1)
        self.open.append((mark, closes, self.place + 1))

    def _close(self, mark: str) -> None:
        if not self.open:
            raise UnreadableError(f"{mark} closes nothing", self.place + 1)
        opened, closes, at = self.open.pop()
        if closes != mark:
            raise UnreadableError(f"{opened} at character {at} is not closed before {mark}", self.place + 1)

    def _character(self, char: str) -> None:
        char_ = _SAME.get(char, char)
        if char == "{":
            self._open("{", "}")
            self._add("LBRACE", char, 1)
        elif char == "}":
            self._close("}")
            self._add("RBRACE", char, 1)
        elif char == "]" and self.open and self.open[-1][1] == "]":
            self._close("]")
            self._add("OPTCLOSE", char, 1)
        elif self.latex.startswith("...", self.place):
            self._add("CMD", r"\dots", 3)
        elif char in "^_&":
            self._add({"^": "SUP", "_": "SUB", "&": "AMP"}[char], char, 1)
        elif char in _PRIMES:
            for _ in range(_PRIMES[char]):
                self._add("PRIME", "'", 0)
            self.place += 1
        elif found := _NUMBER.match(self.latex, self.place):
            text = found[0]
            if self._single_digit():
                text = text[0]
            if len(text) > MAX_DIGITS:
                raise UnreadableError(f"a number of {len(text)} digits; at most {MAX_DIGITS} are read", self.place + 1)
            self._add("NUMBER", text, len(text))
        elif char_ in "()[]":
            self.brackets = max(self.brackets + (1 if char_ in "([" else -1), 0)
            if self.brackets + len(self.open) > MAX_DEPTH:
                raise UnreadableError(f"nested deeper than {MAX_DEPTH} levels", self.place + 1)
            self._add("CHAR", char_, 1)
        elif char_.isalnum() or char_ in '+-*/=<>()[]|,.;:!·×≤≥≠∈∂∇∑∏√∞…⋯→⇒≈±⟨⟩‖⊙∘⊗≡°²³⊤∼"?':
            self._add("CHAR", char_, 1)
        elif char in "`#$@":
            raise UnreadableError(f"the character {char!r} has no meaning in a formula", self.place + 1)
        else:
            raise UnreadableError(f"the character {char!r} is not understood", self.place + 1)

    def _single_digit(self) -> bool:
        r"""TeX takes one digit as an argument: ``x^23`` is x squared times 3, ``\\frac12`` a half."""
        kinds = [(token.kind, token.text) for token in self.tokens[-2:]]
        if kinds and kinds[-1][0] in ("SUP", "SUB", "FRAC"):
            return True
        return len(kinds) == 2 and kinds[0][0] == "FRAC" and len(kinds[1][1]) == 1 and kinds[1][1].isalnum()

    def _command(self) -> None:
        if skipped := _WITH_ARGUMENT.match(self.latex, self.place):
            skip = _WIDE_SKIP.match(skipped[0])
            if skip is not None and float(skip["n"]) * _OF_A_QUAD[skip["unit"]] >= 1:
                self._add("CMD", r"\quad", len(skipped[0]))
            else:
                self.place = skipped.end()
            return
        found = _WORD.match(self.latex, self.place)
        if found is None:
            raise UnreadableError("a backslash with nothing after it", self.place + 1)
        name = found[0]
        if name.endswith("*") and name != r"\*" and name[:-1] not in (r"\operatorname", r"\begin"):
            name = name[:-1]
        length = len(name)
        name = name.rstrip("*") if len(name) > 2 else name
        if name in (r"\\", r"\cr", r"\newline"):
            option = re.compile(r"\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|in|px|\\jot)\s*\]").match(
                self.latex, self.place + length
            )
            self._add("NEWLINE", r"\\", option.end() - self.place if option else length)
        elif name == r"\ " or name in ("\\\n", "\\\t"):
            self.place += length
        elif name in _WIDE:
            self._add("CMD", r"\quad", length)
        elif name in SPACING:
            self.place += length
        elif name in (r"\begin", r"\end"):
            self._environment(name, length)
        elif name in (r"\left", r"\right"):
            self._fence(name, length)
        elif name in TEXT_COMMANDS:
            self._text(length)
        elif name in FRACTIONS:
            self._add("FRAC", r"\frac", length)
        elif name in TWO_ARGUMENTS:
            self._add("TWO", name, length)
        elif name == r"\sqrt":
            self._add("SQRT", name, length)
            while self.place < len(self.latex) and self.latex[self.place].isspace():
                self.place += 1
            if self.latex[self.place : self.place + 1] == "[":
                self._open("[", "]")
                self._add("OPTOPEN", "[", 1)
        elif name in SWITCHES and not (name == r"\rm" and self.latex[self.place + length :].lstrip().startswith("{")):
            self._add("SWITCH", name, length)
        elif name in STYLES:
            self._add("STYLE", name, length)
        elif name in (r"\prime", r"\dprime"):
            self._add("PRIME", "'", length)
        else:
            self._add("CMD", name, length)

    def _environment(self, name: str, length: int) -> None:
        found = _ENVIRONMENT.match(self.latex, self.place + length)
        if found is None:
            raise UnreadableError(f"{name} without the name of an environment in braces", self.place + 1)
        environment = found[1].rstrip("*")
        if name == r"\begin":
            self._open(rf"\begin{{{environment}}}", rf"\end{{{environment}}}")
            end = found.end()
            if environment in ("array", "alignedat", "alignat", "aligned", "gathered", "split"):
                columns = _COLUMNS.match(self.latex, end)
                if columns and re.fullmatch(r"[lcr|\s@!*{}\d]*", columns[1]):
                    end = columns.end()
            self._add("BEGIN", environment, end - self.place)
        else:
            self._close(rf"\end{{{environment}}}")
            self._add("END", environment, found.end() - self.place)

    def _fence(self, name: str, length: int) -> None:
        found = _FENCE.match(self.latex, self.place + length)
        if found is None:
            raise UnreadableError(f"{name} without a bracket after it", self.place + 1)
        if name == r"\left":
            self._open(r"\left", r"\right")
            self._add("LEFT", found[1], found.end() - self.place)
        else:
            self._close(r"\right")
            self._add("RIGHT", found[1], found.end() - self.place)

    def _text(self, length: int) -> None:
        r"""The words of ``\\text{…}``, raw; nested braces are part of them."""
        place = self.place + length
        while place < len(self.latex) and self.latex[place].isspace():
            place += 1
        if self.latex[place : place + 1] != "{":
            raise UnreadableError("words are expected in braces", self.place + 1)
        depth = 0
        for end in range(place, len(self.latex)):
            depth += {"{": 1, "}": -1}.get(self.latex[end], 0)
            if depth == 0:
                self._add("TEXT", self.latex[place + 1 : end].strip(), end + 1 - self.place)
                return
        raise UnreadableError("the brace of the words is never closed", place + 1)
