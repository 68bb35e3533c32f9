"""HTML: text nodes as MathJax reads them, MathML's TeX annotations, ``math/tex`` scripts, alternative texts of images.

Python's own html.parser is used, since it tells the place of everything that it finds.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from gradcheck.documents.containers.code import merged
from gradcheck.documents.containers.delimiters import Delimited, Found, Unclosed
from gradcheck.documents.containers.mapped import Mapped, joined, mapped
from gradcheck.documents.containers.mathjax import configured_macros
from gradcheck.documents.containers.parts import FILLER, Block, Parts, Said, gather
from gradcheck.documents.model import Place, Trouble

MAX_TAG = 4_000  # characters of a tag; a longer one holds no formula

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_CODE = {"code", "pre", "kbd", "samp", "textarea", "style", "script", "template", "title", "svg"}
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption|"
    r"figure|footer|form|h1|h2|h3|h4|h5|h6|header|hr|li|main|nav|ol|p|section|summary|table|tbody|td|"
    r"tfoot|th|thead|tr|ul"
)
_IGNORED = {
    "tex2jax_ignore",
    "mathjax_ignore",
    "katex-html",
    "MathJax_Preview",
    "MathJax",
    "MathJax_Display",
    "MJX-TEX",
}
_IMAGES = re.compile(r"(?:^|[\s-])(?:math|tex|latex|equation)", re.IGNORECASE)
_STYLED = re.compile(r"\{\s*\\(?P<style>displaystyle|textstyle)\b\s*(?P<body>[\s\S]*)\}")
_ALT = re.compile(r"\balt\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")


def read(text: Mapped) -> Parts:
    """The formulas and directives of an HTML page."""
    page = _Page()
    page.feed(_closing(text.text))
    page.close()
    page.end_block()
    flow = joined(page.pieces)
    opaque = merged([(one.start, one.stop) for one in page.shown])
    found: list[Found | Unclosed] = [*page.shown]
    parts = page.parts
    for one in Delimited(flow.text, opaque):
        if isinstance(one, Found) and FILLER in flow.text[one.start : one.stop]:
            what = "a formula is interrupted by a tag, as when Markdown took a part of it for emphasis"
            parts.troubles.append(Trouble(flow.place(one.start), what))
        else:
            found.append(one)
    gather(parts, flow, found, page.blocks, page.said)
    return parts


def _closing(source: str) -> str:
    """The source with a filler for each ``<`` that opens what goes on without end, in which html.parser would lose its time.

    That are tags longer than any that holds a formula, and tags, declarations and comments that never close.
    """
    pieces, at = [], 0
    closes = {">": -1, "-->": -1}
    for found in _TAG.finditer(source):
        start = found.start()
        mark = "-->" if source.startswith("<!--", start) else ">"
        if closes[mark] < start:
            close = source.find(mark, start)
            closes[mark] = len(source) + MAX_TAG if close < 0 else close
        limit = len(source) if source[start + 1] in "!?" else start + MAX_TAG
        if closes[mark] > limit:
            pieces += [source[at:start], FILLER]
            at = found.end()
    return "".join([*pieces, source[at:]])


class _Page(HTMLParser):
    """Collects the text of a page, with a filler for what is none, its blocks, and the formulas that elements hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[Mapped] = []
        self.length = 0
        self.blocks: list[Block] = []
        self.shown: list[Found] = []
        self.said: list[Said] = []
        self.parts = Parts()
        self._begin = 0
        self._row: tuple[int, int] | None = None
        self._heading = False
        self._skipped: list[str] = []
        self._collects: list[Mapped] | None = None
        self._display = False
        self._in_math = False
        self._math_start = Place(1, 1)
        self._annotated = True
        self._bare: tuple[str, int, bool] | None = None

    def parse_html_declaration(self, i: int) -> int:
        """A comment, or what ends at the next ``>``: html.parser raises on some that no browser minds, as ``<![x[``."""
        return self.parse_comment(i) if self.rawdata.startswith("<!--", i) else self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens: an element that holds a formula, one that holds none, a block, or a part of a line."""
        if self._skipped:
            if tag == self._skipped[-1] and tag not in _VOID:
                self._skipped.append(tag)
            return
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "math":
            self._in_math, self._display, self._annotated = True, given.get("display") == "block", False
            self._math_start = self._here()
        elif self._in_math:
            if tag == "annotation" and "tex" in given.get("encoding", "").lower():
                self._collects = []
        elif tag == "script" and given.get("type", "").lower().startswith("math/tex"):
            self._collects, self._display = [], "mode=display" in given["type"].replace(" ", "").lower()
        elif tag == "script":
            self._skipped, self._collects = [tag], []
        elif tag == "img":
            self._image(classes)
        elif tag in _CODE or _IGNORED & set(classes):
            self._fill()
            if tag not in _VOID:
                self._skipped = [tag]
        elif tag == "br":
            self._add(Mapped("\n", (0,), (self._here(),)))
        elif _BLOCKS.fullmatch(tag):
            self._open(tag)
        else:
            self._fill()
        if not self._skipped and "math" in classes and {"inline", "display"} & set(classes):
            self._bare = (tag, self.length, "display" in classes)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        if self._skipped:
            if tag == self._skipped[-1]:
                self._skipped.pop()
                if tag == "script" and self._collects is not None:
                    self.parts.macros += configured_macros("".join(piece.text for piece in self._collects))
                    self._collects = None
        elif tag == "math":
            if not self._annotated:
                what = "a formula in MathML without an annotation in TeX is not read"
                self.parts.troubles.append(Trouble(self._math_start, what))
            self._in_math = False
        elif tag in ("annotation", "script") and self._collects is not None:
            self._show(joined(self._collects), self._display)
            self._collects, self._annotated = None, True
        elif self._in_math:
            return
        elif self._bare is not None and tag == self._bare[0]:
            self._unmarked(*self._bare[1:])
            self._bare = None
            self._fill()
        elif _BLOCKS.fullmatch(tag):
            self.end_block()
            if tag in ("table", "tr"):
                self._row = None if tag == "table" else self._row
        else:
            self._fill()

    def handle_data(self, data: str) -> None:
        """Text, or what a script holds."""
        self._take(mapped(data, self._here()))

    def handle_entityref(self, name: str) -> None:
        """A character by its name, as ``&lt;``."""
        self._take(Mapped(html.unescape(f"&{name};"), (0,), (self._here(),)))

    def handle_charref(self, name: str) -> None:
        """A character by its number, as ``&#60;``."""
        self._take(Mapped(html.unescape(f"&#{name};"), (0,), (self._here(),)))

    def handle_comment(self, data: str) -> None:
        """A comment, which may be a directive."""
        lead = data.lstrip()
        if self._skipped or not lead.startswith("gradcheck:"):
            return
        said = lead.removeprefix("gradcheck:")
        whole = mapped(data, Place(self._here().line, self._here().column + len("<!--")))
        place = whole.place(len(data) - len(said.lstrip()))
        self._fill()
        self.said.append(Said(self.length - 1, self.length, said.strip(), place))

    def end_block(self) -> None:
        """What was read since the last block's end is a block, if there is anything."""
        if self.length > self._begin:
            numbers = self.parts.sections.numbers
            self.blocks.append(Block(self._begin, self.length, numbers, self._row, self._heading))
            self._add(Mapped("\n\n", (0,), (self._here(),)))
        self._begin, self._heading = self.length, False

    def _open(self, tag: str) -> None:
        self.end_block()
        if tag[0] == "h" and tag[1:].isdigit():
            self.parts.sections.enter(int(tag[1:]))
            self._heading = True
        elif tag == "table":
            self.parts.tables += 1
            self._row = (self.parts.tables, -1)
        elif tag == "tr" and self._row is not None:
            self._row = (self._row[0], self._row[1] + 1)

    def _here(self) -> Place:
        line, column = self.getpos()
        return Place(line, column + 1)

    def _take(self, piece: Mapped) -> None:
        if self._collects is not None:
            self._collects.append(piece)
        elif not self._skipped and not self._in_math:
            self._add(piece)

    def _add(self, piece: Mapped) -> None:
        if piece.text:
            self.pieces.append(piece)
            self.length += len(piece.text)

    def _fill(self) -> None:
        self._add(Mapped(FILLER, (0,), (self._here(),)))

    def _show(self, formula: Mapped, display: bool) -> None:
        """A formula that an element holds goes into the text between two fillers."""
        styled = _STYLED.fullmatch(formula.text.strip())
        if styled is not None:
            lead = len(formula.text) - len(formula.text.lstrip())
            formula = formula.cut(lead + styled.start("body"), lead + styled.end("body"))
        self._fill()
        start = self.length
        self._add(formula)
        self.shown.append(Found(start, self.length, start, self.length, display))
        self._fill()

    def _image(self, classes: Sequence[str]) -> None:
        """An image of a formula, unless the formula was just read from the MathML beside it."""
        tag = self.get_starttag_text() or ""
        alt = _ALT.search(tag)
        if alt is None or not any(_IMAGES.search(name) for name in classes):
            self._fill()
            return
        kind = "double" if alt["double"] is not None else "single"
        formula = unescaped(mapped(tag, self._here()).cut(*alt.span(kind)))
        styled = _STYLED.fullmatch(formula.text.strip())
        last = self.shown[-1] if self.shown else None
        said = (styled["body"] if styled is not None else formula.text).strip()
        if last is not None and self.length - last.stop < 20 and self._text(last).strip() == said:
            return
        self._show(formula, any("display" in name or "block" in name for name in classes))

    def _text(self, found: Found) -> str:
        """The formula that was put into the text last."""
        size, pieces = found.stop - found.start, []
        for piece in reversed(self.pieces):
            pieces.append(piece.text)
            if sum(map(len, pieces)) >= size + self.length - found.stop:
                break
        whole = "".join(reversed(pieces))
        behind = self.length - found.stop
        return whole[len(whole) - behind - size : len(whole) - behind]

    def _unmarked(self, start: int, display: bool) -> None:
        """``<span class="math inline">x</span>``, as pandoc writes it for KaTeX, without delimiters."""
        text = joined(self.pieces).cut(start, self.length).text if self.length > start else ""
        body = text.replace(FILLER, "").strip()
        if body and not body.startswith((r"\(", r"\[", "$", r"\begin")):
            self.shown.append(Found(start, self.length, start, self.length, display))


def unescaped(text: Mapped) -> Mapped:
    """A text with its character references undone."""
    pieces, at = [], 0
    for found in _REFERENCE.finditer(text.text):
        said = html.unescape(found[0])
        if said != found[0]:
            pieces += [text.cut(at, found.start()), Mapped(said, (0,), (text.place(found.start()),))]
            at = found.end()
    return joined([*pieces, text.cut(at, len(text.text))])
