"""Claim sheets: what they say in TOML, how they find their formulas, and how a document that has changed is noticed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.documents.annotation import AnnotationError
from gradcheck.documents.model import Document, Formula, Place
from gradcheck.documents.quotes import Bound, bind, fingerprint
from gradcheck.documents.sheets import SUFFIX, Sheet, annotations_for, beside, literal, read_sheet, template


def page(*formulas: str, path: str = "notes.md") -> Document:
    """One formula a line, from line 1, between dollars."""
    made = tuple(
        Formula(latex, ((0, Place(number, 2)),), Place(number, 2 + len(latex)), False)
        for number, latex in enumerate(formulas, 1)
    )
    return Document(path, "markdown", tuple(f"${latex}$" for latex in formulas), made)


def written(folder: Path, text: str) -> Sheet:
    path = folder / f"notes.md{SUFFIX}"
    path.write_text(text, encoding="utf-8")
    return read_sheet(path, "sheet.toml")


def bound(folder: Path, document: Document, text: str) -> Bound:
    return bind(document, written(folder, text).annotations)


def spoken(folder: Path, document: Document, text: str) -> set[int]:
    """The numbers of the formulas that something is said of."""
    found = bound(folder, document, text)
    assert found.errors == ()
    return {*found.formulas, *found.parts}


def refused(folder: Path, document: Document, text: str) -> str:
    """The one error that binding a sheet ends in."""
    found = bound(folder, document, text)
    assert (found.formulas, found.parts) == ({}, {})
    (error,) = found.errors
    return str(error)


def test_a_sheet_says_the_same_with_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path.parent)
    sheet = written(
        tmp_path,
        r"""
document = '../texts/notes.md'

[everywhere]
shape = 'z, t are vectors of length n'
macros = '\newcommand{\ce}{\ell}'

[[formula]]  # the shortcut
line = 3
quote = '\delta = t - p'
derivative = '\ce by z'
where = ['p = \mathrm{softmax}(z)', '\ce = -\sum_k t_k \log p_k']
stated = 't sums to 1'
verdict = 'fails because the sign is reversed'

[[formula]]
quote = '''f'(x) ='''
ignore = "it's a limit, and no derivative"
""",
    )
    assert sheet.document == tmp_path / ".." / "texts" / "notes.md"
    general, shortcut, limit = sheet.annotations
    assert (general.everywhere, [shape.name for shape in general.shape]) == (True, ["z", "t"])
    assert (shortcut.line, shortcut.quote, shortcut.place) == (3, r"\delta = t - p", Place(8, 1))
    assert shortcut.where == (r"p = \mathrm{softmax}(z)", r"\ce = -\sum_k t_k \log p_k")
    assert shortcut.verdict is not None
    assert shortcut.verdict.verdict == "fails"
    assert (limit.quote, limit.ignore) == ("f'(x) =", "it's a limit, and no derivative")


def test_a_sheet_beside_a_document_is_found_by_its_name(tmp_path: Path) -> None:
    document = tmp_path / "notes.md"
    assert beside(document) is None
    sheet = tmp_path / "notes.md.gradcheck.toml"
    sheet.write_text("[[formula]]\nline = 1\nnote = 'N'\n", encoding="utf-8")
    assert beside(document) == sheet
    assert read_sheet(sheet).document == document


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[[formula]]\nline = 1\nshpae = 'x is a vector'",
            "sheet.toml:3:1: there is no word 'shpae'; did you mean 'shape'?",
        ),
        ("formulas = 1", "sheet.toml:1:1: there is no word 'formulas'; did you mean 'formula'?"),
        ("\nshape = 'x is a vector'", "sheet.toml:2:1: 'shape' stands above the first [[formula]]"),
        ("[formula]\nline = 1", "sheet.toml:1:1: 'formula' is a list; write [[formula]] with two brackets"),
        ("[[formula]]\nnote = 'N'", "sheet.toml:1:1: which formula is meant? give its 'line', its 'quote', or both"),
        ("[[formula]]", "sheet.toml:1:1: nothing is said here; the words are line, quote"),
        ("[[formula]]\nline = 1\nlayout = true", "'layout' has a value that is no text; write layout = 'denominator'"),
        ("[[formula]]\nline = 1\n\nrange = 'x > y'", "sheet.toml:4:1: range: 'x > y' is not understood; say 'x > 0'"),
        ("document = 3", "sheet.toml:1:1: the sheet does not say which document it is about"),
        ('[[formula]]\nquote = "\\sigma"', "sheet.toml:2:12: this is no TOML: "),
        ('[[formula]]\nquote = "\\sigma"', "; LaTeX stands in single quotes: '\\alpha'"),
        ("[[formula]]\nquote = 'f'(x)'", "; a formula with primes stands in three single quotes: '''f'(x)'''"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AnnotationError) as error:
        written(tmp_path, text)
    assert message in str(error.value)


def test_a_sheet_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_bytes(b"note = '\xff'")
    with pytest.raises(AnnotationError, match="1:1: a claim sheet is UTF-8, and byte 8 is not"):
        read_sheet(path, "sheet.toml")
    with pytest.raises(AnnotationError, match="1:1: the claim sheet cannot be read: No such file"):
        read_sheet(tmp_path / "none.toml", "none.toml")


def test_a_sheet_beside_one_document_that_is_about_another_is_refused(tmp_path: Path) -> None:
    document = page("x = 1")
    (tmp_path / "notes.md.gradcheck.toml").write_text("document = 'other.md'\n", encoding="utf-8")
    annotations, (error,) = annotations_for(document, tmp_path / "notes.md")
    assert annotations == ()
    assert str(error) == (
        "notes.md.gradcheck.toml:1:1: this sheet is about other.md, and lies beside notes.md; rename one of them"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 50_000, "nested too deeply"),
        ("[[formula]]\nshape = '" + "x, " * 1000 + "'", "'shape' has 3000 characters; at most 1000 are read"),
        ("[[formula]]\nrange = 'x > 1e99999999/2'", "leaves no number for x"),
        ("[[formula]]\nrange = '1/0 < x'", "leaves no number for x"),
        ("[[formula]]\nshape = 'x is " + "9" * 900 + " by 2'", "is not between 1 and 12"),
        ("[[formula]]\nderivative = '" + "by " * 300 + "'", "is no name"),
        ("[[formula]]\nshape = 'x" + "_{{" * 300 + "'", "gives no shape; say"),
    ],
    ids=["nested", "long", "exponent", "zero", "size", "words", "braces"],
)
def test_hostile_values_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AnnotationError) as error:
        written(tmp_path, text)
    assert message in str(error.value)


def test_keys_inside_of_strings_are_no_keys(tmp_path: Path) -> None:
    text = "[[formula]]\nquote = '''\n[[formula]]\nnote = 1\n'''\nnoet = 'N'\n"
    with pytest.raises(AnnotationError, match=r"sheet\.toml:6:1: there is no word 'noet'; did you mean 'note'"):
        written(tmp_path, text)


# Which formula is meant.


def test_a_quote_is_found_whatever_its_blanks_and_delimiters(tmp_path: Path) -> None:
    document = page("a =  b +\tc", "a = b")
    assert spoken(tmp_path, document, "[[formula]]\nquote = '$$a = b + c$$'") == {0}
    assert spoken(tmp_path, document, "[[formula]]\nquote = 'b + c'") == {0}


def test_a_part_that_is_quoted_is_a_span_of_the_formula(tmp_path: Path) -> None:
    document = page(r"a = b \\  c = d")
    found = bound(tmp_path, document, "[[formula]]\nquote = 'c = d'\nname = 'N'")
    assert [(part.name, part.span) for part in found.parts[0]] == [("N", (10, 15))]
    assert found.of(0, 0, 8) is None
    message = refused(tmp_path, page("a + a"), "[[formula]]\nquote = 'a'")
    assert "the quote occurs 2 times in the formula at notes.md:1:2; quote more of it" in message


def test_the_whole_formula_goes_before_a_part_of_another(tmp_path: Path) -> None:
    assert spoken(tmp_path, page("a = b + c", "a = b"), "[[formula]]\nquote = 'a = b'") == {1}


def test_a_quote_that_fits_twice_is_ambiguous_until_the_line_is_given(tmp_path: Path) -> None:
    document = page("x = 1", "y = 2", "x = 1")
    message = refused(tmp_path, document, "[[formula]]\nquote = 'x = 1'")
    assert message == (
        "sheet.toml:1:1: the quote fits 2 formulas of notes.md (at 1:2, 3:2); quote more of it, or give its line, "
        "or give its hash"
    )
    assert spoken(tmp_path, document, "[[formula]]\nline = 3\nquote = 'x = 1'") == {2}


def test_a_formula_that_moved_is_found_and_told(tmp_path: Path) -> None:
    found = bound(tmp_path, page("x = 1", "y = 2"), "[[formula]]\nline = 1\nquote = 'y = 2'")
    assert set(found.formulas) == {1}
    assert found.moved == ("sheet.toml:1:1: the formula quoted for line 1 of notes.md stands at line 2 now",)


def test_a_formula_that_changed_is_told_and_binds_nothing(tmp_path: Path) -> None:
    before, after = r"f'(x) = 2x", r"f'(x) = 3x"
    entry = f"[[formula]]\nline = 1\nquote = '''f'(x) ='''\nhash = '{fingerprint(before)}'"
    assert spoken(tmp_path, page(before), entry) == {0}
    message = refused(tmp_path, page(after), entry)
    assert message == (
        f"sheet.toml:1:1: the formula at notes.md:1:2 has changed since this was written: its hash was {fingerprint(before)} "
        f"and is {fingerprint(after)} now, and it reads ‘f'(x) = 3x’; look at it again, and write the new hash"
    )


def test_blanks_do_not_change_a_hash_and_everything_else_does() -> None:
    assert fingerprint(" a  =\nb ") == fingerprint("a = b")
    assert len({fingerprint(latex) for latex in ("a=b", "a = b", "A = b", "a = b'")}) == 4
    assert fingerprint("a = b") == "223c4d200875"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("line = 1\nquote = 'x = 2'", "what stands at notes.md:1:2 is not what is quoted: it reads ‘x = 1’; either it"),
        (
            f"line = 1\nquote = 'x = 2'\nhash = '{fingerprint('x = 1')}'",
            "notes.md:1:2, which has not changed: it reads ‘x = 1’",
        ),
        (
            "quote = 'x = 11'",
            "no formula of notes.md contains the quote ‘x = 11’; the nearest one, at 1:2, reads ‘x = 1’",
        ),
        ("quote = 'totally different'", "no formula of notes.md contains the quote ‘totally different’"),
        ("line = 9", "there is no formula on line 9 of notes.md; the nearest one is on line 2, and reads ‘y = 2’"),
        ("hash = '123456'", "there is no formula with the hash 123456 on notes.md"),
    ],
)
def test_a_formula_that_is_not_there_is_told(tmp_path: Path, entry: str, message: str) -> None:
    assert message in refused(tmp_path, page("x = 1", "y = 2"), f"[[formula]]\n{entry}")


def test_a_hash_alone_finds_a_formula(tmp_path: Path) -> None:
    entry = f"[[formula]]\nhash = '{fingerprint('y = 2')}'"
    assert spoken(tmp_path, page("x = 1", "y = 2"), entry) == {1}


def test_several_formulas_on_a_line_need_a_quote(tmp_path: Path) -> None:
    formulas = tuple(Formula(text, ((0, Place(1, at)),), Place(1, at + 1), False) for text, at in (("x", 2), ("y", 6)))
    document = Document("notes.md", "markdown", ("$x$ $y$",), formulas)
    message = refused(tmp_path, document, "[[formula]]\nline = 1")
    assert "on line 1 there are 2 formulas of notes.md (at 1:2, 1:6); quote the one that is meant" in message
    assert spoken(tmp_path, document, "[[formula]]\nline = 1\nquote = 'y'") == {1}


# Sheets to be filled in.


def test_a_template_finds_every_formula_again(tmp_path: Path) -> None:
    document = page(r"f'(x) = 2x", "f'''(x) = 0", "a = '\n b'", '"\\alpha"', path="texts/notes.md")
    text = template(document)
    sheet = written(tmp_path, text)
    assert sheet.document == tmp_path / "notes.md"
    found = bind(document, sheet.annotations)
    assert (set(found.formulas), found.errors, found.moved) == ({0, 1, 2, 3}, (), ())


def test_a_template_takes_the_formulas_that_are_asked_for_with_a_remark() -> None:
    text = template(page("x = 1", "y = 2"), {1: "undecided:\n nothing says\x00 what y is"})
    assert "[[formula]]  # undecided: nothing says what y is\nline = 2\nquote = 'y = 2'\n" in text
    assert "line = 1\n" not in text


@given(st.text())
def test_every_text_is_written_as_toml_reads_it(text: str) -> None:
    assert tomllib.loads(f"a = {literal(text)}")["a"] == text.replace("\r\n", "\n")
