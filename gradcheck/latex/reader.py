"""From layout to meaning: a formula as chains of expressions.

What is juxtaposed is multiplied, unless the first is a function: a known one, one that a definition gives arguments
(passed as `functions`), or a primed name. Nothing is skipped: what is not understood is named with its position.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.layout import lay_out
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import (
    ACTIVATIONS,
    ARROWS,
    DISPLAYS,
    DOTS,
    GREEK,
    GREEK_COMMANDS,
    KNOWN,
    MATRICES,
    PRODUCTS,
    RELATIONS,
    SIGMAS,
)

_OPENS = {
    "(": ")",
    "[": "]",
    r"\{": r"\}",
    r"\langle": r"\rangle",
    "⟨": "⟩",
    r"\lbrace": r"\rbrace",
    r"\lfloor": r"\rfloor",
}
_ACCENTS = frozenset(
    [
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
        r"\mathring",
        r"\underline",
        r"\overrightarrow",
    ]
)
_SAME_ACCENT = {r"\widehat": r"\hat", r"\widetilde": r"\tilde", r"\overline": r"\bar"}
_BOLD = frozenset(
    [
        r"\mathbf",
        r"\boldsymbol",
        r"\bm",
        r"\vec",
        r"\textbf",
        r"\pmb",
        r"\symbf",
        r"\bf",
        r"\boldmath",
        r"\bfseries",
        r"\overrightarrow",
    ]
)
_TRANSPOSED = frozenset(("T", r"\top", r"\intercal", r"\mathsf{T}", "t", "⊤", r"\dagger"))
_OTHERWISE = re.compile(r"^(?:otherwise|else|sonst|иначе|否则|其他|其它|other(?:wise)?\.?)\.?,?$", re.IGNORECASE)
_IF = re.compile(r"^(?:for|if|when|where|при|если|当|若|and|,|:|;)?[\s,:.]*$", re.IGNORECASE)


def read(latex: str, functions: frozenset[str] = frozenset(), words: frozenset[str] = frozenset()) -> list[Statement]:
    """The statements of a formula, in order.

    ``functions`` are names applied to what stands in parentheses after them; ``words`` are names of several letters.

    Raises:
        UnreadableError: what is not understood, and where.
    """
    return Reader(functions, words).statements(lay_out(latex))


def read_expression(latex: str, functions: frozenset[str] = frozenset(), words: frozenset[str] = frozenset()) -> Expr:
    """The one expression that `latex` is.

    Raises:
        UnreadableError: it is not read, or is more than one expression.
    """
    found = read(latex, functions, words)
    if len(found) != 1 or len(found[0].members) != 1:
        raise UnreadableError("one expression is expected", 1)
    return found[0].members[0]


class Reader:
    """What is known about names while a formula is read."""

    def __init__(self, functions: frozenset[str] = frozenset(), words: frozenset[str] = frozenset()) -> None:
        self.functions = functions
        self.words = words

    def statements(self, rows: lay.Rows) -> list[Statement]:
        """Splits at line ends, wide spaces, words, arrows, commas and semicolons that stand outside of brackets."""
        bare = self._bare_rows(rows)
        if bare is not None:
            return [Statement((bare,), (), at=bare.at)]
        pieces = self._pieces(self._flat(rows))
        found: list[Statement] = []
        for items, words, gap in pieces:
            statement = self._statement(items, words)
            last = found[-1] if found else None
            if statement.continued and last is not None and not words:
                joined = Statement(
                    last.members + statement.members,
                    last.marks + statement.marks,
                    last.continued,
                    last.words,
                    last.certain or (len(last.members) if gap else 0),
                    last.at,
                )
                found[-1] = joined
            else:
                found.append(statement)
        return found

    def _bare_rows(self, rows: lay.Rows) -> Expr | None:
        """Cases or a matrix of which only the rows are quoted, without what stands around them."""
        full = [[_without_elision(cell) for cell in row] for row in rows if any(row)]
        full = [[cell for cell in row if cell and not all(_leaf(item) in DOTS for item in cell)] for row in full]
        marks = [[{_leaf(item) for item in cell} & set(RELATIONS) for cell in row] for row in full]
        if len(full) < 2 or any(len(row) < 2 or first[0] for row, first in zip(full, marks, strict=True)):
            return None
        at = full[0][0][0].at
        if all(
            len(row) == 2 and (found[1] or _is_text(row[1][0])) and _leaf(row[1][0]) not in RELATIONS
            for row, found in zip(full, marks, strict=True)
        ):
            return _Sequence(self, [])._case_rows(
                tuple(tuple(tuple(cell) for cell in row) for row in full), lay.Group((), at)
            )
        if len(full[0]) >= 3 and len({len(row) for row in full}) == 1 and not any(any(row) for row in marks):
            return tree.Matrix(tuple(tuple(self.expression(cell) for cell in row) for row in full), at)
        return None

    def _flat(self, rows: lay.Rows) -> list[lay.Item]:
        """The rows of a display, one after the other; ``&`` only aligns there."""
        flat: list[lay.Item] = []
        for number, row in enumerate(rows):
            if number:
                flat.append(lay.Leaf("NEWLINE", r"\\", 0))
            for place, cell in enumerate(row):
                if place and _breaks(row[place - 1], cell):
                    flat.append(lay.Leaf("CMD", r"\quad", cell[0].at))
                for item in cell:
                    if isinstance(item, lay.Group) and len(cell) == 1 and len(rows) > 1 and self._relates(item):
                        flat.extend(self._inner(item))
                    elif (isinstance(item, lay.Environment) and item.name in DISPLAYS) or (
                        isinstance(item, lay.Environment)
                        and item.name == "array"
                        and len(rows) == 1
                        and self._is_display(item, row)
                    ):
                        flat.extend(self._flat(item.rows))
                    elif isinstance(item, lay.Styled) and item.command in (r"\boxed", r"\fbox", r"\ensuremath"):
                        flat.extend(self._inner(item.body))
                    else:
                        flat.append(item)
        return flat

    def _relates(self, item: lay.Group) -> bool:
        """Whether braces hold a whole equation, as in an array that is a display."""
        return any(_leaf(other) in RELATIONS for row in item.rows for cell in row for other in cell)

    def _is_display(self, item: lay.Environment, row: lay.Row) -> bool:
        """An array that is all there is, with relations in cells of their own, is a display."""
        alone = sum(len(cell) for cell in row) == 1
        return alone and any(
            len(cell) >= 1
            and (_leaf(cell[0]) in RELATIONS or (isinstance(cell[0], lay.Group) and self._relates(cell[0])))
            for line in item.rows
            for cell in line
        )

    def _inner(self, item: lay.Item) -> list[lay.Item]:
        if isinstance(item, lay.Group):
            return self._flat(item.rows)
        return [item]

    def _pieces(self, items: list[lay.Item]) -> list[tuple[list[lay.Item], str, bool]]:
        items = self.merged(items)
        pieces: list[tuple[list[lay.Item], str, bool]] = []
        gap = False
        current: list[lay.Item] = []
        words = ""
        depth = 0

        def cut(new: str) -> None:
            nonlocal current, words, gap
            if current and not all(_leaf(item) in DOTS for item in current):
                pieces.append((current, words, gap))
                words = ""
                gap = False
            current = []
            words = f"{words} {new}".strip()

        for place, item in enumerate(items):
            mark = _leaf(item)
            kind = item.kind if isinstance(item, lay.Leaf) else ""
            if mark in _OPENS:
                depth += 1
            elif mark in (")", "]", r"\}", r"\rangle", "⟩"):
                depth -= 1
            if kind == "NEWLINE" and depth > 0:
                continue
            if kind == "NEWLINE":
                following = next((_leaf(other) for other in items[place + 1 :] if _leaf(other) not in DOTS), "")
                before = _leaf(current[-1]) if current else ""
                if current and (following in ("+", "-", *PRODUCTS) or before in ("+", "-", *PRODUCTS, *RELATIONS)):
                    continue
                cut("")
            elif depth == 0 and (kind == "TEXT" or mark in ARROWS):
                cut(mark if kind == "TEXT" else "→")
            elif depth == 0 and mark in (",", ";", r"\quad"):
                cut("")
            elif (mark == "." and place == len(items) - 1) or (
                mark == "…" and (not current or self._elided(items, place))
            ):
                gap = gap or (mark == "…" and not current)
                continue
            else:
                current.append(item)
        cut("")
        return pieces

    def _elided(self, items: Sequence[lay.Item], place: int) -> bool:
        """A bare ``…`` before a relation or at the end says that the quotation leaves something out."""
        following = _leaf(items[place + 1]) if place + 1 < len(items) else ""
        return not following or following in RELATIONS or following in ("…", r"\\")

    def _statement(self, items: list[lay.Item], words: str) -> Statement:
        members: list[Expr] = []
        marks: list[str] = []
        current: list[lay.Item] = []
        depth = 0
        continued = False
        for item in items:
            mark = _leaf(item)
            depth += (mark in _OPENS) - (mark in (")", "]", r"\}", r"\rangle", "⟩"))
            if (depth == 0 and mark in RELATIONS) or (False):
                if current:
                    members.append(self.expression(current, left=not members and not continued))
                elif not members:
                    continued = True
                elif mark != "=":
                    raise _refusal(f"{mark} after a relation", item)
                if (current or not members) and (len(marks) < len(members) + continued or not members):
                    marks.append(RELATIONS[mark])
                current = []
            elif mark == ":" and depth == 0:
                continue
            else:
                current.append(item)
        if current:
            members.append(self.expression(current))
        at = items[0].at if items else 0
        if not members:
            raise _refusal("a relation without anything beside it", items[0])
        wanted = len(members) if continued else len(members) - 1
        return Statement(tuple(members), tuple(marks[:wanted]), continued, words, 0, at)

    def expression(self, items: Sequence[lay.Item], left: bool = False) -> Expr:
        """The expression that a sequence of items is; on the left of a formula, ∇ applies to all that follows."""
        parser = _Sequence(self, self.merged(list(items)))
        parser.left = left
        found = parser.sum()
        parser.finish()
        return found

    def inside(self, item: lay.Item) -> Expr:
        """The expression in an argument or a group."""
        return self.expression(self.items(item))

    def items(self, item: lay.Item) -> list[lay.Item]:
        """What an argument consists of."""
        if isinstance(item, lay.Group):
            return [
                other
                for other in self._flat(item.rows)
                if not (isinstance(other, lay.Leaf) and other.kind == "NEWLINE")
            ]
        return [item]

    def merged(self, items: list[lay.Item]) -> list[lay.Item]:
        """Letters that touch and spell a known word become that word; font switches are understood; commands for words too."""
        done: list[lay.Item] = []
        place = 0
        bold = False
        while place < len(items):
            item = items[place]
            if isinstance(item, lay.Switch):
                bold = item.command in _BOLD
                place += 1
                continue
            length = self._word(items, place)
            if length > 1:
                letters = items[place : place + length]
                text = "".join(_letter(other) for other in letters)
                last = letters[-1]
                word: lay.Item = lay.Leaf("WORD", text, item.at)
                if isinstance(last, lay.Scripted):
                    word = lay.Scripted(word, last.sub, last.sup, last.primes, item.at)
                done.append(word)
                place += length
                continue
            done.append(lay.Styled(r"\mathbf", item, item.at) if bold and _letter(item) else item)
            place += 1
        return done

    def _word(self, items: Sequence[lay.Item], place: int) -> int:
        """How many items from `place` on spell a word that is known; 1 if none do."""
        run = ""
        best = 1
        for length, item in enumerate(items[place : place + 14], 1):
            letter = _letter(item)
            if not letter or (length > 1 and item.at != items[place].at + length - 1):
                break
            run += letter
            if length > 1 and (run in KNOWN or run in self.words):
                best = length
            if isinstance(item, lay.Scripted):
                break
        return best


class _Sequence:
    """A recursive descent over the items of one sequence; nesting is bounded by the tokens."""

    def __init__(self, reader: Reader, items: list[lay.Item]) -> None:
        self.reader = reader
        self.items = items
        self.place = 0
        self.left = False

    def peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return _leaf(self.items[place]) if place < len(self.items) else ""

    def item(self) -> lay.Item | None:
        return self.items[self.place] if self.place < len(self.items) else None

    def finish(self) -> None:
        """Everything must have been understood."""
        if (item := self.item()) is not None:
            raise _refusal(f"{_shown(item)} is not understood here", item)

    def sum(self) -> Expr:
        first = self.item()
        if first is None:
            raise UnreadableError("an expression is missing")
        terms: list[tuple[int, Expr]] = []
        sign = 1
        while (mark := self.peek()) in ("+", "-"):
            sign = -sign if mark == "-" else sign
            self.place += 1
        terms.append((sign, self.term()))
        while (mark := self.peek()) in ("+", "-"):
            sign = 1
            while (mark := self.peek()) in ("+", "-"):
                sign = -sign if mark == "-" else sign
                self.place += 1
            terms.append((sign, self.term()))
        if len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        return tree.Sum(tuple(terms), first.at)

    def term(self) -> Expr:
        left = self.factor()
        while (item := self.item()) is not None:
            mark = self.peek()
            if mark in PRODUCTS:
                self.place += 1
                left = tree.Product(PRODUCTS[mark], left, self._signed(), item.at)
            elif mark == "/":
                self.place += 1
                left = tree.Quotient(left, self._signed(), item.at)
            elif mark == "." and self.peek(1) in ("*",):
                self.place += 2
                left = tree.Product(r"\odot", left, self._signed(), item.at)
            elif mark == "." and self.place + 1 < len(self.items):
                self.place += 1
                left = tree.Product(r"\cdot", left, self._signed(), item.at)
            elif self._begins(item):
                left = tree.Product("", left, self.factor(), item.at)
            else:
                break
        return left

    def _signed(self) -> Expr:
        sign = 1
        at = self.items[self.place].at if self.place < len(self.items) else 0
        while self.peek() in ("+", "-"):
            sign = -sign if self.peek() == "-" else sign
            self.place += 1
        body = self.factor()
        return body if sign > 0 else tree.Sum(((-1, body),), at)

    def _begins(self, item: lay.Item) -> bool:
        mark = _leaf(item)
        if mark in (")", "]", r"\}", ",", ";", ":", r"\rangle", "⟩", "+", "-", "", "|", r"\|", "‖", "∥") and isinstance(
            _nucleus(item), lay.Leaf
        ):
            return mark in ("|", r"\|", "‖") and self._bar_opens()
        return mark not in RELATIONS and mark not in ARROWS

    def _bar_opens(self) -> bool:
        """A bar inside of a sequence of bars closes; only an even number before it lets it open."""
        mark = self.peek()
        return (
            getattr(self, "bars", [])[-1:] != [mark]
            and sum(_leaf(item) == mark for item in self.items[self.place :]) >= 2
        )

    def factor(self) -> Expr:
        """One factor with what is applied to it."""
        item = self.item()
        if item is None:
            raise UnreadableError("something is missing at the end", self.items[-1].at if self.items else 0)
        nucleus = _nucleus(item)
        mark = _leaf(item)
        if mark in (r"\sum", "∑", r"\prod", "∏"):
            return self._big(item, "sum" if mark in (r"\sum", "∑") else "prod")
        if mark in (r"\nabla", "∇"):
            return self._nabla(item)
        if mark in (r"\partial", "∂", r"\d"):
            return self._partial_operator(item)
        if mark in (r"\{", "(", "[", r"\langle", "⟨", r"\lbrace"):
            return self._scripts(self._bracketed(mark), item, closing=True)
        if mark in ("|", r"\|", "‖", "∥", r"\lVert", r"\lvert", r"\Vert", r"\vert"):
            return self._scripts(self._barred(mark), item, closing=True)
        if isinstance(nucleus, lay.Fraction):
            return self._fraction(item, nucleus)
        self.place += 1
        if isinstance(nucleus, lay.Fenced) and nucleus.left in (r"\{", r"\lbrace") and nucleus.right == ".":
            return self._cases(nucleus)
        base = self._atom(nucleus)
        function = self._is_function(base, item)
        if function:
            return self._application(base, item)
        found = self._scripts(base, item)
        if self._applies(base, found):
            return self._called(found)
        return found

    def _atom(self, item: lay.Item) -> Expr:
        reader = self.reader
        if isinstance(item, lay.Leaf):
            return self._leaf(item)
        if isinstance(item, lay.Group):
            inner = reader.items(item)
            if not inner:
                raise UnreadableError("an empty group", item.at)
            found = reader.expression(inner)
            return tree.Fence("()", found, item.at) if isinstance(found, tree.Sum) else found
        if isinstance(item, lay.Root):
            body = reader.inside(item.body)
            if item.index is None:
                return tree.Call(tree.Name("sqrt"), (body,), item.at)
            index = reader.expression(reader._flat(item.index))
            return tree.Power(body, tree.Quotient(tree.Number("1"), index), item.at)
        if isinstance(item, lay.Styled):
            return self._styled(item)
        if isinstance(item, lay.Fenced):
            return self._fenced(item)
        if isinstance(item, lay.Environment):
            return self._environment(item)
        raise _refusal(f"{_shown(item)} is not understood here", item)

    def _leaf(self, item: lay.Leaf) -> Expr:
        text = item.text
        if item.kind == "NUMBER":
            return tree.Number(text, item.at)
        if item.kind == "WORD":
            return tree.Name(ACTIVATIONS.get(text, text), at=item.at)
        if item.kind == "TEXT":
            if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", text):
                return tree.Name(ACTIVATIONS.get(text, text), at=item.at)
            raise _refusal(f"the words {text!r} are not understood here", item)
        text = GREEK.get(text, text)
        if text in DOTS:
            return tree.Dots(item.at)
        if (len(text) == 1 and text.isalpha()) or text in GREEK_COMMANDS:
            return tree.Name({r"\varepsilon": r"\epsilon"}.get(text, text), at=item.at)
        if text == r"\infty" or text == "∞":
            return tree.Name(r"\infty", at=item.at)
        bare = text[1:] if text.startswith("\\") else text
        if bare in KNOWN:
            return tree.Name(ACTIVATIONS.get(bare, bare), at=item.at)
        if text == r"\I" or text == r"\Bbbk":
            return tree.Name(r"\mathbb{I}", at=item.at)
        raise _refusal(f"{text} is not understood", item)

    def _styled(self, item: lay.Styled) -> Expr:
        command = item.command
        if command in (
            r"\mathbb",
            r"\mathrm",
            r"\operatorname",
            r"\mathit",
            r"\mathsf",
            r"\mathtt",
            r"\mathcal",
            r"\mathfrak",
            r"\mathscr",
            r"\textbf",
            r"\mathbf",
            r"\boldsymbol",
            r"\mathop",
        ):
            word = _plain_word(item.body)
            if word is not None and (len(word) > 1 or command == r"\mathbb"):
                known = ACTIVATIONS.get(word, word)
                if command == r"\mathbb" and word in ("1", "I", "E"):
                    return tree.Name(rf"\mathbb{{{word}}}", at=item.at)
                return tree.Name(known, command in _BOLD, item.at)
            if command in (r"\mathbf", r"\boldsymbol", r"\textbf") and word is None:
                body = item.body
                number = _only_leaf(body)
                if number is not None and number.kind == "NUMBER":
                    return tree.Name(rf"\mathbf{{{number.text}}}", True, item.at)
        inner = self.reader.inside(item.body)
        if command in _ACCENTS:
            if isinstance(inner, tree.Script) and isinstance(inner.base, tree.Name):
                name = tree.Name(f"{_SAME_ACCENT.get(command, command)}{{{inner.base.text}}}", inner.base.bold, item.at)
                return tree.Script(name, inner.subs, inner.sup, item.at)
            if not isinstance(inner, tree.Name):
                raise _refusal(f"{command} over more than a name", item)
            if command in (r"\overrightarrow",):
                return tree.Name(inner.text, True, item.at)
            return tree.Name(f"{_SAME_ACCENT.get(command, command)}{{{inner.text}}}", inner.bold, item.at)
        if command in _BOLD:
            if isinstance(inner, tree.Name):
                return tree.Name(inner.text, True, item.at)
            return _emboldened(inner)
        if command in (r"\not", r"\substack", r"\cancel", r"\bcancel", r"\stackrel"):
            raise _refusal(f"{command} is not understood here", item)
        return inner

    def _fenced(self, item: lay.Fenced) -> Expr:
        inner = [
            other
            for other in self.reader._flat(item.rows)
            if not (isinstance(other, lay.Leaf) and other.kind == "NEWLINE")
        ]
        pair = item.left + item.right
        if len(inner) == 1 and isinstance(inner[0], lay.Environment) and inner[0].name in MATRICES:
            made = self._environment(inner[0])
            return tree.Fence("||", made, item.at) if pair == "||" else made
        kind = {
            "()": "()",
            "[]": "[]",
            "||": "||",
            r"\|\|": "‖‖",
            r"\{\}": "{}",
            r"\lvert\rvert": "||",
            r"\lVert\rVert": "‖‖",
            r"\Vert\Vert": "‖‖",
            r"\langle\rangle": "⟨⟩",
            r"\lbrack\rbrack": "[]",
        }.get(pair)
        if kind is None:
            raise _refusal(f"the brackets {item.left} {item.right} are not understood", item)
        return self._in_brackets(kind, inner, item)

    def _in_brackets(self, kind: str, inner: list[lay.Item], item: lay.Item) -> Expr:
        inner = self.reader.merged(inner)
        parts = _split(inner, (",", ";"))
        if kind == "()" and sum(_leaf(other) in ("|", r"\mid") for other in inner) == 1:
            parts = _split(inner, (",", ";", "|", r"\mid"))
        if not inner:
            raise _refusal("nothing stands between the brackets", item)
        made = [self._condition(part) for part in parts]
        if len(made) == 1:
            return tree.Fence(kind, made[0], item.at)
        return tree.Listing(kind, tuple(made), item.at)

    def _condition(self, items: list[lay.Item]) -> Expr:
        """An expression, or a relation (as in an indicator)."""
        if not items:
            raise UnreadableError("an expression is missing between commas")
        several = [part for part in _split(items, (",",)) if part]
        found: Expr | None = None
        if len(several) > 1:
            for part in several:
                one = self._condition(part)
                found = one if found is None else tree.Product(r"\land", found, one, items[0].at)
            assert found is not None
            return found
        parts = _split(items, tuple(RELATIONS), keep=True)
        if len(parts) == 1:
            return self.reader.expression(items)
        for place in range(1, len(parts) - 1, 2):
            mark = RELATIONS[_leaf(parts[place][0])]
            left, right = self.reader.expression(parts[place - 1]), self.reader.expression(parts[place + 1])
            relation = tree.Relation(mark, left, right, items[0].at)
            found = relation if found is None else tree.Product(r"\land", found, relation, items[0].at)
        if found is None:
            raise _refusal("a relation without two sides", items[0])
        return found

    def _bracketed(self, mark: str) -> Expr:
        start = self.items[self.place]
        closes = _OPENS[mark]
        depth = 0
        for end in range(self.place, len(self.items)):
            other = _leaf(self.items[end])
            depth += (other == mark) - (other == closes)
            if depth == 0:
                inner = self.items[self.place + 1 : end]
                self.place = end + 1
                kind = {"(": "()", "[": "[]", r"\{": "{}", r"\lbrace": "{}", r"\langle": "⟨⟩", "⟨": "⟨⟩"}[mark]
                return self._in_brackets(kind, inner, start)
        raise _refusal(f"{mark} is never closed", start)

    def _barred(self, mark: str) -> Expr:
        start = self.items[self.place]
        closes = {r"\lVert": r"\rVert", r"\lvert": r"\rvert"}.get(mark, mark)
        kind = "||" if mark in ("|", r"\lvert", r"\vert") else "‖‖"
        ends = [end for end in range(self.place + 1, len(self.items)) if _leaf(self.items[end]) == closes]
        if not ends:
            raise _refusal(f"{mark} is never closed", start)
        if (
            kind == "||"
            and ends[0] == self.place + 1
            and len(ends) >= 3
            and self.items[self.place + 1].at == start.at + 1
        ):
            inner = self.items[self.place + 2 : ends[1]]  # ||x|| in plain bars
            self.place = ends[2] + 1
            return self._in_brackets("‖‖", inner, start)
        inner = self.items[self.place + 1 : ends[0]]
        self.place = ends[0] + 1
        return self._in_brackets(kind, inner, start)

    def _scripts(self, base: Expr, item: lay.Item, closing: bool = False) -> Expr:
        """Sub- and superscripts of an item, or of the bracket that closed just before."""
        source = self.items[self.place - 1] if closing else item
        if not isinstance(source, lay.Scripted):
            return base
        return self._with(base, source)

    def _with(self, base: Expr, source: lay.Scripted) -> Expr:
        found = base
        subs: tuple[Expr, ...] = ()
        if source.sub is not None:
            subs = self._subscript(source.sub)
        label, power = (None, None) if source.sup is None else self._superscript(source.sup, base, subs)
        if subs or label is not None:
            found = tree.Script(base, subs, label, source.at)
        if source.primes:
            found = tree.Prime(found, source.primes, source.at)
        if power == "T":
            found = tree.Transpose(found, source.at)
        elif power == "-T":
            found = tree.Transpose(tree.Power(found, tree.Sum(((-1, tree.Number("1")),)), source.at), source.at)
        elif power is not None:
            assert not isinstance(power, str)
            found = tree.Power(found, power, source.at)
        return found

    def _subscript(self, sub: lay.Item) -> tuple[Expr, ...]:
        items = self.reader.items(sub)
        word = "".join(_letter(item) or "?" for item in items)
        styled = sub.body if isinstance(sub, lay.Styled) else None
        if (
            len(items) == 1
            and isinstance(items[0], lay.Styled)
            and items[0].command in (r"\mathrm", r"\rm", r"\operatorname")
        ):
            styled = items[0].body
        if isinstance(sub, lay.Leaf) and sub.kind == "TEXT":
            return (tree.Name(rf"\text{{{sub.text}}}", at=sub.at),)
        if len(items) == 1 and isinstance(items[0], lay.Leaf) and items[0].kind == "TEXT":
            return (tree.Name(rf"\text{{{items[0].text}}}", at=sub.at),)
        if styled is not None and (plain := _plain_word(styled)) is not None and len(plain) > 1:
            return (tree.Name(rf"\text{{{plain}}}", at=sub.at),)
        if ("?" not in word and len(word) > 2 and len(set(word)) == len(word)) or word in ("in", "out", "rec"):
            return (tree.Name(rf"\text{{{word}}}", at=sub.at),)
        parts = []
        for part in _split(items, (",",)):
            if not part:
                continue
            if any(_leaf(x) in RELATIONS for x in part):
                parts.append(self._condition(self.reader.merged(list(part))))
                continue
            sequence = _Sequence(self.reader, part)
            whole = any(_leaf(x) in ("+", "-", "/") or _leaf(x) in PRODUCTS for x in part)
            while sequence.item() is not None:
                parts.append(sequence.sum() if whole else sequence.factor())
                if sequence.item() is not None and _leaf(part[sequence.place]) in RELATIONS:
                    raise _refusal("a relation in a subscript", part[sequence.place])
        return tuple(parts)

    def _superscript(self, sup: lay.Item, base: Expr, subs: tuple[Expr, ...]) -> tuple[Expr | None, Expr | str | None]:
        """A label (a layer, a sample), and a power, "T" or "-T"."""
        items = self.reader.items(sup)
        if not items:
            return None, None
        label: Expr | None = None
        named = isinstance(base, (tree.Name, tree.Script))
        mark = _leaf(items[0])
        if named and mark in ("(", "["):
            depth = end = 0
            for end, item in enumerate(items):  # noqa: B007 - where the bracket closes is used below
                depth += (_leaf(item) in ("(", "[")) - (_leaf(item) in (")", "]"))
                if depth == 0:
                    break
            inner = self.reader.expression(items[1:end])
            label = tree.Fence("()" if mark == "(" else "[]", inner, items[0].at)
            items = items[end + 1 :]
        elif named and isinstance(items[0], lay.Fenced) and items[0].left in "([":
            fenced = self._fenced(items[0])
            label, items = fenced, items[1:]
        if not items:
            return label, None
        texts = [_upright(item) for item in items]
        if texts in (["T"], [r"\top"], [r"\intercal"], ["⊤"]):
            return label, "T"
        if texts == ["-", "T"] or texts == ["-", r"\top"] or texts == ["-", "1", "T"]:
            return label, "-T"
        if texts in (["*"], [r"\ast"], [r"\star"], ["+"], ["-"], [r"\dagger"]):
            if texts == ["-"]:
                following = self.item()
                if isinstance(base, tree.Name) and base.text == "e" and following is not None:
                    self.place += 1
                    return None, tree.Sum(((-1, self._atom(following)),), sup.at)
                raise _refusal("a lone minus sign as an exponent", sup)
            return tree.Name(texts[0]), None
        if texts == [r"\circ"]:
            raise _refusal("degrees are not understood", sup)
        power = self.reader.expression(items)
        if (
            label is None
            and named
            and len(items) == 1
            and isinstance(power, tree.Name)
            and not (isinstance(base, tree.Name) and base.text == "e")
        ):
            return power, None
        return label, power

    def _is_function(self, base: Expr, item: lay.Item) -> bool:
        if not isinstance(base, tree.Name):
            return False
        return base.text in KNOWN or base.text in ("tr", "det", "diag", "vec") or base.text in ACTIVATIONS.values()

    def _application(self, name: Expr, item: lay.Item) -> Expr:
        """A known function: what stands in brackets after it, else the juxtaposed factors that follow."""
        assert isinstance(name, tree.Name)
        power: Expr | None = None
        primes = 0
        subs: tuple[Expr, ...] = ()
        if isinstance(item, lay.Scripted):
            primes = item.primes
            if item.sub is not None:
                subs = self._subscript(item.sub)
            if item.sup is not None:
                power = self.reader.inside(item.sup)
        function: Expr = tree.Script(name, subs, None, name.at) if subs else name
        if primes:
            function = tree.Prime(function, primes, name.at)
        nxt = self.item()
        if nxt is None or (not self._begins(nxt) and self.peek() not in ("(", "[", "|", "-")):
            if power is not None:
                return tree.Power(function, power, name.at)
            return function
        if self.peek() in ("(", "[", r"\{"):
            start = self.items[self.place]
            inner = self._bracketed(self.peek())
            found: Expr = tree.Call(function, _arguments(inner), name.at)
            if power is not None:
                found = tree.Power(found, power, name.at)
            return self._scripts(found, start, closing=True)
        fence = _nucleus(nxt)
        if isinstance(fence, lay.Fenced) and fence.left in ("(", "[", r"\{") and fence.right in (")", "]", r"\}"):
            self.place += 1
            found = tree.Call(function, _arguments(self._fenced(fence)), name.at)
            if power is not None:
                found = tree.Power(found, power, name.at)
            return self._scripts(found, nxt)
        argument = self._bare_argument()
        found = tree.Call(function, (argument,), name.at)
        return tree.Power(found, power, name.at) if power is not None else found

    def _bare_argument(self) -> Expr:
        sign = 1
        while self.peek() in ("-", "+"):
            sign = -sign if self.peek() == "-" else sign
            self.place += 1
        body = self.factor()
        while (item := self.item()) is not None and self._begins(item):
            mark = _leaf(item)
            nucleus = _nucleus(item)
            bare = mark[1:] if mark.startswith("\\") else mark
            if (
                mark in PRODUCTS
                or mark in ("/", ".", "(", "[", r"\{", r"\sum", "∑")
                or bare in KNOWN
                or isinstance(nucleus, (lay.Fenced, lay.Environment))
            ):
                break
            body = tree.Product("", body, self.factor(), item.at)
        return body if sign > 0 else tree.Sum(((-1, body),))

    def _applies(self, base: Expr, found: Expr) -> bool:
        """Whether the bracket that follows holds the arguments of a function."""
        opens = self.peek() in ("(", "[")
        nxt = self.item()
        fence = _nucleus(nxt) if nxt is not None else None
        if isinstance(fence, lay.Fenced) and fence.left in ("(", "["):
            opens = True
        if isinstance(fence, lay.Group) and isinstance(base, tree.Name) and base.text in SIGMAS:
            inner = self.reader.items(fence)
            opens = bool(inner) and (_leaf(inner[0]) == "(" or isinstance(_nucleus(inner[0]), lay.Fenced))
        if not opens:
            return False
        if isinstance(found, tree.Prime):
            return True
        if isinstance(base, tree.Name) and base.text in (r"\mathbb{I}", r"\mathbb{1}", r"\mathbb{E}"):
            return True
        key = base.text if isinstance(base, tree.Name) else ""
        return key in self.reader.functions or (key in SIGMAS and isinstance(found, (tree.Name, tree.Power)))

    def _called(self, function: Expr) -> Expr:
        item = self.item()
        assert item is not None
        fence = _nucleus(item)
        power: Expr | None = None
        if isinstance(function, tree.Power):
            power = function.exponent
            function = function.base
        if isinstance(fence, lay.Fenced):
            self.place += 1
            inner = self._fenced(fence)
            closing = False
        elif isinstance(fence, lay.Group):
            self.place += 1
            inner = self.reader.inside(fence)
            closing = False
        else:
            inner = self._bracketed(self.peek())
            closing = True
        found: Expr = tree.Call(function, _arguments(inner), item.at)
        if power is not None:
            found = tree.Power(found, power, item.at)
        return self._scripts(found, item, closing=closing)

    def _big(self, item: lay.Item, kind: str) -> Expr:
        self.place += 1
        indices: tuple[str, ...] = ()
        lower: Expr | None = None
        upper: Expr | None = None
        if isinstance(item, lay.Scripted):
            if item.sub is not None:
                indices, lower = self._bounds(item.sub)
            if item.sup is not None:
                upper = self.reader.inside(item.sup)
        body = self._signed_term()
        return tree.Big(kind, indices, lower, upper, body, item.at)

    def _signed_term(self) -> Expr:
        sign = 1
        while self.peek() in ("-", "+"):
            sign = -sign if self.peek() == "-" else sign
            self.place += 1
        body = self.term()
        return body if sign > 0 else tree.Sum(((-1, body),))

    def _bounds(self, sub: lay.Item) -> tuple[tuple[str, ...], Expr | None]:
        items = self.reader.merged(self.reader.items(sub))
        parts = _split(items, tuple(RELATIONS), keep=True)
        names: list[str] = []
        for part in _split(parts[0], (",",)):
            sequence = _Sequence(self.reader, part)
            while sequence.item() is not None:
                found = sequence.factor()
                if not isinstance(found, tree.Name):
                    raise _refusal("an index is a name", sub)
                names.append(found.text)
        lower: Expr | None = None
        if len(parts) == 3:
            mark = RELATIONS[_leaf(parts[1][0])]
            right = self.reader.expression(parts[2])
            lower = right if mark == "=" else tree.Relation(mark, tree.Name(names[0]), right)
        elif len(parts) != 1:
            raise _refusal("the range of a sum is not understood", sub)
        return tuple(names), lower

    def _nabla(self, item: lay.Item) -> Expr:
        self.place += 1
        wrt: tuple[Expr, ...] = ()
        order = 1
        if isinstance(item, lay.Scripted):
            if item.sub is not None:
                inner = self.reader.items(item.sub)
                wrt = tuple(self.reader.expression(part) for part in _split(inner, (",",)))
            if item.sup is not None:
                power = self.reader.inside(item.sup)
                if power != tree.Number("2"):
                    raise _refusal("a power of ∇ other than 2", item)
                order = 2
        if self.item() is None or not self._begins(self.items[self.place]):
            raise _refusal("∇ without a function after it", item)
        body = self.term() if self.left and self.place == 1 else self.factor()
        return tree.Derivative("nabla", body, wrt, order, item.at)

    def _partial_operator(self, item: lay.Item) -> Expr:
        self.place += 1
        if not isinstance(item, lay.Scripted) or item.sub is None:
            return self._slashed(item)
        wrt = (self.reader.inside(item.sub),)
        body = self.term() if self.left and self.place == 1 else self.factor()
        return tree.Derivative("partial", body, wrt, 1, item.at)

    def _slashed(self, item: lay.Item) -> Expr:
        r"""``\\partial L / \\partial x`` on one line."""
        if isinstance(item, lay.Scripted) or self.item() is None:
            raise _refusal("∂ outside of a fraction, without a subscript", item)
        body = self.factor()
        while self.item() is not None and self.peek() != "/" and self._begins(self.items[self.place]):
            body = tree.Product("", body, self.factor(), item.at)
        if self.peek() != "/" or self.peek(1) not in (r"\partial", "∂", r"\d"):
            raise _refusal("∂ outside of a fraction, without a subscript", item)
        self.place += 2
        return tree.Derivative("partial", body, (self.factor(),), 1, item.at)

    def _fraction(self, item: lay.Item, fraction: lay.Fraction) -> Expr:
        """A derivative, if both parts begin with d or ∂; else a quotient."""
        over, under = self.reader.items(fraction.over), self.reader.items(fraction.under)
        wrt = self._differentials(under)
        head = _differential(over) if wrt is not None else None
        if wrt is None or head is None:
            self.place += 1
            top, bottom = self.reader.expression(over), self.reader.expression(under)
            return self._scripts(tree.Quotient(top, bottom, fraction.at), item)
        mark, order, rest = head
        self.place += 1
        if rest:
            body: Expr | None = self.reader.expression(rest)
            made: Expr = tree.Derivative(mark, body, wrt, order, fraction.at)
            if self.peek() == "(" and isinstance(body, tree.Name) and self._only_names():
                made = tree.Derivative(mark, tree.Call(body, _arguments(self._bracketed("("))), wrt, order, fraction.at)
            return made
        if self.item() is None or not self._begins(self.items[self.place]):
            raise _refusal("a differential operator without anything after it", fraction)
        body = self.term()
        return tree.Derivative(mark, body, wrt, order, fraction.at)

    def _only_names(self) -> bool:
        depth = 0
        for item in self.items[self.place :]:
            mark = _leaf(item)
            depth += (mark == "(") - (mark == ")")
            if depth == 0:
                return True
            if mark not in ("(", ",") and not _letter(item) and mark not in GREEK_COMMANDS:
                return False
        return False

    def _differentials(self, items: list[lay.Item]) -> tuple[Expr, ...] | None:
        """The names under a derivative: ∂x, ∂x∂y, dx², ∂ x_i ∂ x_j."""
        wrt: list[Expr] = []
        place = 0
        if not items or not _is_d(items[0]):
            return None
        mark = _leaf(items[0])
        while place < len(items):
            if _leaf(items[place]) != mark and not _is_d(items[place]):
                return None
            place += 1
            group: list[lay.Item] = []
            while (
                place < len(items)
                and not (group and _is_d(items[place]) and mark != "d")
                and not (group and mark == "d" and _leaf(items[place]) == "d")
            ):
                group.append(items[place])
                place += 1
            if not group:
                return None
            try:
                found = self.reader.expression(group)
            except UnreadableError:
                if mark == "d":
                    return None
                raise
            times = 1
            if (
                isinstance(found, tree.Power)
                and isinstance(found.exponent, tree.Number)
                and found.exponent.text.isdigit()
            ):
                times = int(found.exponent.text)
                found = found.base
            if isinstance(found, tree.Fence):
                found = found.body
            if not isinstance(found, (tree.Name, tree.Script, tree.Transpose)):
                if mark == "d":
                    return None
                found = tree.Fence("()", found, group[0].at)
            wrt.extend([found] * times)
        return tuple(wrt)

    def _environment(self, item: lay.Environment) -> Expr:
        if item.name in ("cases", "dcases", "rcases"):
            return self._case_rows(item.rows, item)
        if item.name in DISPLAYS:
            raise _refusal(f"a display ({item.name}) inside of an expression", item)
        if item.name not in MATRICES:
            raise _refusal(f"the environment {item.name} is not understood", item)
        if item.name == "Bmatrix":
            return self._case_rows(item.rows, item)
        rows = []
        for row in item.rows:
            if not any(row):
                continue
            rows.append(tuple(self.reader.expression(_without_elision(cell)) for cell in row))
        if not rows or len({len(row) for row in rows}) != 1:
            raise _refusal("a matrix whose rows differ in length", item)
        made: Expr = tree.Matrix(tuple(rows), item.at)
        return tree.Fence("||", made, item.at) if item.name == "vmatrix" else made

    def _cases(self, fenced: lay.Fenced) -> Expr:
        inner = [item for row in fenced.rows for cell in row for item in cell]
        if len(inner) == 1 and isinstance(inner[0], lay.Environment):
            return self._case_rows(inner[0].rows, inner[0])
        return self._case_rows(fenced.rows, fenced)

    def _case_rows(self, rows: lay.Rows, item: lay.Item) -> Expr:
        found: list[tuple[Expr, Expr | None]] = []
        for row in rows:
            cells = [cell for cell in row if cell]
            if not cells:
                continue
            items = _without_elision([other for cell in cells for other in cell])
            value, condition = self._split_case(items, cells)
            found.append((self.reader.expression(value), self._stated(condition, item)))
        if not found:
            raise _refusal("cases without a row", item)
        return tree.Cases(tuple(found), item.at)

    def _split_case(self, items: list[lay.Item], cells: list[lay.Cell]) -> tuple[list[lay.Item], list[lay.Item]]:
        items = self.reader.merged(items)
        depth = 0
        for place, other in enumerate(items):
            mark = _leaf(other)
            depth += (mark in ("(", "[")) - (mark in (")", "]"))
            text = isinstance(other, lay.Leaf) and other.kind == "TEXT"
            if place and depth == 0 and (text or mark in (",", ";", ":", r"\quad")):
                return items[:place], items[place:]
        if len(cells) > 1:
            first = _without_elision(list(cells[0]))
            return first, [other for cell in cells[1:] for other in cell]
        raise _refusal("a case without a condition", items[0])

    def _stated(self, items: list[lay.Item], item: lay.Item) -> Expr | None:
        """The condition of a case; words such as "if" carry no meaning, "otherwise" is None."""
        rest: list[lay.Item] = []
        for other in items:
            mark = _leaf(other)
            if isinstance(other, lay.Leaf) and other.kind == "TEXT":
                text = mark.strip()
                if _OTHERWISE.match(text):
                    return None
                if _IF.match(text):
                    continue
                inner = re.match(r"^(?:if|for|when)\s+(.*)$", text)
                if inner is None:
                    raise _refusal(f"the words {text!r} are not understood as a condition", other)
                rest.extend(self.reader._flat(lay_out(inner[1].replace("$", ""))))
            elif mark in (",", ":", ";", r"\quad", ".") and not (rest and mark == ","):
                continue
            else:
                rest.append(other)
        word = "".join(_letter(other) for other in rest)
        if _OTHERWISE.match(word):
            return None
        if not rest:
            raise _refusal("a case without a condition", item)
        for prefix in ("if", "for", "when"):
            if word.startswith(prefix) and len(rest) > len(prefix):
                rest = rest[len(prefix) :]
                break
        while rest and _leaf(rest[0]) in (",", ":"):
            rest = rest[1:]
        return self._condition(self.reader.merged(rest))


def _without_elision(cell: Sequence[lay.Item]) -> list[lay.Item]:
    """A bare ``…`` at the start of a row says that the quotation skips a line end."""
    items = list(cell)
    while len(items) > 1 and _leaf(items[0]) == "…":
        items = items[1:]
    return items


def _leaf(item: lay.Item) -> str:
    """The text of a leaf or of the leaf under scripts; empty for anything else."""
    nucleus = _nucleus(item)
    return nucleus.text if isinstance(nucleus, lay.Leaf) else ""


def _breaks(before: lay.Cell, after: lay.Cell) -> bool:
    """Whether ``&`` separates two things, instead of aligning one at a sign or a relation."""
    if not before or not after:
        return False
    joints = {"+", "-", ",", "", r"\quad", *PRODUCTS, *RELATIONS, *ARROWS} - {""}
    return _leaf(before[-1]) not in joints and _leaf(after[0]) not in joints and not _is_text(after[0])


def _is_text(item: lay.Item) -> bool:
    return isinstance(item, lay.Leaf) and item.kind == "TEXT"


def _nucleus(item: lay.Item) -> lay.Item:
    return item.nucleus if isinstance(item, lay.Scripted) else item


def _letter(item: lay.Item) -> str:
    nucleus = _nucleus(item)
    if isinstance(nucleus, lay.Leaf) and nucleus.kind == "CHAR" and nucleus.text.isalpha():
        return nucleus.text
    return ""


def _only_leaf(item: lay.Item) -> lay.Leaf | None:
    while isinstance(item, lay.Group):
        flat = [other for row in item.rows for cell in row for other in cell]
        if len(flat) != 1:
            return None
        item = flat[0]
    return item if isinstance(item, lay.Leaf) else None


def _plain_word(item: lay.Item) -> str | None:
    """The letters and digits in a group of nothing else."""
    if isinstance(item, lay.Leaf):
        return item.text if item.text.isalnum() else None
    if not isinstance(item, lay.Group):
        return None
    flat = [other for row in item.rows for cell in row for other in cell]
    texts = [other.text for other in flat if isinstance(other, lay.Leaf) and other.text.isalnum()]
    return "".join(texts) if flat and len(texts) == len(flat) and texts[0].isalpha() | (texts[0] == "1") else None


def _upright(item: lay.Item) -> str:
    """The text of a leaf through fonts."""
    while isinstance(item, (lay.Styled, lay.Group)):
        if isinstance(item, lay.Styled):
            item = item.body
            continue
        leaf = _only_leaf(item)
        if leaf is None:
            flat = [other for row in item.rows for cell in row for other in cell if not isinstance(other, lay.Switch)]
            return _upright(flat[0]) if len(flat) == 1 else ""
        item = leaf
    return item.text if isinstance(item, lay.Leaf) else ""


def _is_d(item: lay.Item) -> bool:
    nucleus = _nucleus(item)
    if isinstance(nucleus, lay.Styled) and nucleus.command in (r"\mathrm", r"\operatorname", r"\rm"):
        return _plain_word(nucleus.body) == "d"
    return _leaf(item) in ("d", r"\partial", "∂", r"\d")


def _differential(items: list[lay.Item]) -> tuple[str, int, list[lay.Item]] | None:
    """What stands over a derivative: its mark, its order, and the rest."""
    if not items or not _is_d(items[0]):
        return None
    head = items[0]
    order = 1
    if isinstance(head, lay.Scripted):
        if head.sub is not None or head.primes:
            return None
        number = _only_leaf(head.sup) if head.sup is not None else None
        if number is None or not number.text.isdigit():
            raise UnreadableError("a derivative whose order is not a number", head.at)
        order = int(number.text)
    mark = "partial" if _leaf(head) in (r"\partial", "∂") else "d"
    return mark, order, items[1:]


def _split(items: Sequence[lay.Item], marks: tuple[str, ...], keep: bool = False) -> list[list[lay.Item]]:
    """The parts between marks that stand outside of brackets; the marks as parts of their own, if they are kept."""
    parts: list[list[lay.Item]] = [[]]
    depth = 0
    for item in items:
        mark = _leaf(item)
        depth += (mark in _OPENS) - (mark in (")", "]", r"\}", r"\rangle", "⟩"))
        if depth == 0 and mark in marks:
            parts.extend([[item], []] if keep else [[]])
        else:
            parts[-1].append(item)
    return parts


def _arguments(inner: Expr) -> tuple[Expr, ...]:
    if isinstance(inner, tree.Listing):
        return inner.items
    return (inner.body,) if isinstance(inner, tree.Fence) and inner.kind in ("()", "[]", "{}") else (inner,)


def _emboldened(inner: Expr) -> Expr:
    if isinstance(inner, tree.Script) and isinstance(inner.base, tree.Name):
        return tree.Script(tree.Name(inner.base.text, True, inner.base.at), inner.subs, inner.sup, inner.at)
    return inner


def _shown(item: lay.Item) -> str:
    nucleus = _nucleus(item)
    if isinstance(nucleus, lay.Leaf):
        return repr(nucleus.text)
    if isinstance(nucleus, lay.Environment):
        return rf"\begin{{{nucleus.name}}}"
    return f"a {type(nucleus).__name__.lower()}"


def _refusal(what: str, item: lay.Item) -> UnreadableError:
    return UnreadableError(what, item.at)
