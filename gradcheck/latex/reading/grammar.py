"""The grammar of expressions: sums of terms of factors, each factor with what is applied to it."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reading.atoms import atom
from gradcheck.latex.reading.bars import alone, at_bar, between
from gradcheck.latex.reading.brackets import BARS, PLAIN, barred, bracketed
from gradcheck.latex.reading.cases import in_a_brace
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.derivatives import NABLAS, PARTIALS, fraction, nabla, partial
from gradcheck.latex.reading.functions import application, applies, called, is_function
from gradcheck.latex.reading.items import is_bar, nucleus, text_of
from gradcheck.latex.reading.scripts import with_scripts
from gradcheck.latex.reading.sums import big
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import BIG, PRODUCTS


class Grammar(Cursor):
    """What is juxtaposed is multiplied, unless the first is a function."""

    def sum(self) -> Expr:
        """Terms with their signs."""
        first = self.item()
        if first is None:
            raise UnreadableError("an expression is missing")
        terms = [(self.sign(), self.term())]
        while self.peek() in ("+", "-"):
            sign, term = self.sign(), self.term()
            self._apart(terms, term)
            terms.append((sign, term))
        if len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        return tree.Sum(tuple(terms), first.at)

    def term(self) -> Expr:
        """Factors from left to right, as products and slashes bind alike; a bar evaluates the last of them."""
        left = self._at_bars(self.factor(), None)
        while (item := self.item()) is not None:
            mark = self.peek()
            if mark in PRODUCTS:
                self.place += 1
                left = tree.Product(PRODUCTS[mark], left, self._at_bars(self._signed(), left), item.at)
            elif mark == "/":
                self.place += 1
                left = tree.Quotient(left, self._at_bars(self._signed(), left), item.at)
            elif mark == "." and self.peek(1) == "*":
                self.place += 2
                left = tree.Product(r"\odot", left, self._at_bars(self._signed(), left), item.at)
            elif mark == "." and self.place + 1 < len(self.items):
                self.place += 1
                left = tree.Product(r"\cdot", left, self._at_bars(self._signed(), left), item.at)
            elif self.goes_on():
                left = tree.Product("", left, self._at_bars(self.factor(), left), item.at)
            else:
                break
        return left

    def factor(self) -> Expr:
        """One factor, by the sign that it begins with."""
        item = self.item()
        if item is None:
            raise self.missing()
        body = nucleus(item)
        mark = text_of(item)
        if mark in BIG:
            return big(self)
        if mark in NABLAS:
            return nabla(self)
        if mark in PARTIALS:
            return partial(self)
        if mark in PLAIN:
            inner = bracketed(self)
            return with_scripts(self, inner, self.items[self.place - 1])
        if mark in BARS:
            inner = barred(self)
            return with_scripts(self, inner, self.items[self.place - 1])
        if isinstance(body, lay.Fraction):
            return fraction(self, body)
        self.place += 1
        if isinstance(body, lay.Fenced) and (evaluated := between(self, body, item)) is not None:
            return evaluated
        if isinstance(body, lay.Fenced) and body.left in (r"\{", r"\lbrace") and body.right == ".":
            return in_a_brace(self, body)
        base = self.atom(body)
        if isinstance(base, tree.Name) and is_function(base):
            return application(self, base, item)
        found = with_scripts(self, base, item)
        return called(self, found) if applies(self, base, found) else found

    def atom(self, item: lay.Item) -> Expr:
        """One item without its scripts."""
        return atom(self, item)

    def _at_bars(self, factor: Expr, before: Expr | None) -> Expr:
        """A factor at the points of the bars that follow it, unless they belong to a derivative of it."""
        while not self.operand and (item := self.item()) is not None and is_bar(item):
            factor = at_bar(self, factor, before)
        return factor

    def _apart(self, before: list[tuple[int, Expr]], term: Expr) -> None:
        """Terms before one that a bar ends must not be meant by the bar as well."""
        last = self.items[self.place - 1]
        evaluated = term.right if isinstance(term, tree.Product) else term
        if is_bar(last) and isinstance(evaluated, tree.At) and not isinstance(evaluated.body, tree.Derivative):
            for _, other in before:
                alone(other, evaluated.at_point, last)

    def _signed(self) -> Expr:
        """A factor that may have a sign of its own, after a product or a slash."""
        at = self.items[self.place].at if self.place < len(self.items) else 0
        sign = self.sign()
        body = self.factor()
        return body if sign > 0 else tree.Sum(((-1, body),), at)
