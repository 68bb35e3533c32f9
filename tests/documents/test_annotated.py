"""Documents judged with annotations: each is judged without one and with it, and the difference is what it says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.audit import Audit, audit
from gradcheck.cli import main
from gradcheck.documents.directives import annotations_of
from gradcheck.documents.judging import Judged, judge_document
from gradcheck.documents.opening import read_document
from gradcheck.documents.quotes import fingerprint
from gradcheck.documents.sheets import read_sheet
from gradcheck.verdict import Verdict
from tests.documents.pages import document


def judged(*lines: str) -> Judged:
    """A document of these lines, with the directives that it has."""
    page = document(*lines)
    annotations, errors = annotations_of(page)
    assert errors == ()
    return judge_document(page, annotations=annotations)


def verdict(*lines: str) -> Verdict:
    """The one verdict on a document of these lines."""
    found = judged(*lines)
    assert found.errors == ()
    (one,) = found.verdicts
    return one


LOSS = (r"$p = \mathrm{softmax}(z)$", r"$\ell = -\sum_k t_k \log p_k$")


def test_a_formula_that_does_not_look_like_a_derivative_becomes_a_claim() -> None:
    assert judged(*LOSS, r"$\delta = p - t$").verdicts == ()
    said = r"<!-- gradcheck: derivative: \ell by z; stated: t sums to 1 -->"
    right, wrong = verdict(*LOSS, said, r"$\delta = p - t$"), verdict(*LOSS, said, r"$\delta = t - p$")
    assert (right.status, right.certified, wrong.status, wrong.certified) == ("holds", True, "fails", True)


def test_a_name_that_is_said_to_be_a_derivative_is_one_for_other_formulas() -> None:
    said = r"<!-- gradcheck: derivative: \ell by z; stated: t sums to 1 -->"
    lines = (r"$z = W x$", *LOSS, said, r"$\delta = p - t$", "<!-- gradcheck: stated: t sums to 1 -->")
    right = judged(*lines, r"$\frac{\partial \ell}{\partial W} = \delta x^T$").verdicts[-1]
    wrong = judged(*lines, r"$\frac{\partial \ell}{\partial W} = -\delta x^T$").verdicts[-1]
    assert (right.status, wrong.status) == ("holds", "fails")


def test_a_definition_that_is_given_goes_before_one_of_the_document() -> None:
    lines = ("$f(x) = x^3$", "$f'(x) = 2x$")
    assert verdict(*lines).status == "fails"
    assert verdict(lines[0], "<!-- gradcheck: where: f(x) = x^2 -->", lines[1]).status == "holds"


def test_a_given_definition_may_rest_on_those_of_the_document() -> None:
    said = r"<!-- gradcheck: where: \ell = -\sum_k t_k \log p_k; derivative: \ell by z; unstated: t sums to 1 -->"
    found = verdict(LOSS[0], said, r"$\delta = p - t$")
    assert (found.status, found.assumption) == ("conditional", "t sums to 1")


def test_lines_without_a_left_side_are_judged_as_what_they_are_said_to_be() -> None:
    assert verdict("$p = x^3$", "<!-- gradcheck: derivative: p by x -->", "$3x^2$").status == "holds"
    assert verdict("$p = x^3$", "<!-- gradcheck: derivative: p by x -->", "$= 3x$").status == "fails"
    assert verdict("$p = x^3$", "<!-- gradcheck: derivative: p by x twice -->", "$6x$").status == "holds"


def test_the_name_that_is_differentiated_by_can_be_said_alone() -> None:
    lines = ("$f(x) = x^2 + y$", "<!-- gradcheck: derivative: by x -->")
    assert verdict(*lines, "$f' = 2x$").status == "holds"
    (error,) = judged(*lines, "$s = 2x$").errors
    assert str(error) == ("notes.md:2:16: the formula does not say of what it is the derivative by x; say 'f by x'")


def test_shapes_ranges_and_traits_enter_the_judgement() -> None:
    lines = ("$f(x) = x^T A x$", r"$\nabla f(x) = 2 A x$")
    assert verdict(*lines).status == "fails"
    assert verdict(lines[0], "<!-- gradcheck: symmetric: A -->", lines[1]).status == "holds"
    assert verdict(lines[0], "<!-- gradcheck: unstated: A is symmetric -->", lines[1]).status == "conditional"
    kink = ("$g(x) = |x|$", "$g'(x) = 1$")
    assert verdict(kink[0], "<!-- gradcheck: range: x > 0 -->", kink[1]).status == "holds"
    assert verdict(kink[0], "<!-- gradcheck: range: x < 0 -->", kink[1]).status == "fails"


def test_what_is_said_everywhere_is_said_of_every_claim() -> None:
    lines = ("<!-- gradcheck: everywhere; range: x > 0 -->", "$g(x) = |x|$", "$g'(x) = 1$")
    assert verdict(*lines).status == "holds"


def test_what_is_said_of_one_goes_before_what_is_said_everywhere() -> None:
    lines = ("<!-- gradcheck: everywhere; range: x > 0 -->", "$g(x) = |x|$", "<!-- gradcheck: range: x < 0 -->")
    assert verdict(*lines, "$g'(x) = -1$").status == "holds"
    assert verdict(*lines, "$g'(x) = 1$").status == "fails"


def test_a_record_and_a_name_go_with_the_claim() -> None:
    said = "<!-- gradcheck: name: slope; verdict: fails because the factor is wrong -->"
    found = verdict("$f(x) = x^2$", said, "$f'(x) = 3x$")
    assert (found.claim.name, found.status, found.as_recorded) == ("slope", "fails", True)
    assert not verdict("$f(x) = x^2$", said, "$f'(x) = 2x$").as_recorded


def test_an_ignored_formula_is_not_judged_and_counted_with_the_reason() -> None:
    found = judged("$f(x) = x^2$", "<!-- gradcheck: ignore: a slip that is corrected below -->", "$f'(x) = 3x$")
    assert found.verdicts == ()
    assert [(left.role, left.reason, str(left.place)) for left in found.left] == [
        ("ignored", "a slip that is corrected below", "3:2")
    ]


def test_macros_that_are_given_are_read_in_the_formula() -> None:
    lines = ("$f(x) = x^2$", r"$\D{f}{x} = 2x$")
    assert judged(*lines).verdicts == ()
    said = r"<!-- gradcheck: macros: \newcommand{\D}[2]{\frac{d #1}{d #2}} -->"
    assert verdict(lines[0], said, lines[1]).status == "holds"


def test_a_definition_that_cannot_be_read_is_an_error() -> None:
    (error,) = judged("$f(x) = x^2$", r"<!-- gradcheck: where: f = \frac{x -->", "$f'(x) = 2x$").errors
    assert str(error).startswith(r"notes.md:2:16: 'f = \frac{x' could not be read: ")


# A display may hold several claims, and an annotation may speak of one of them.

ROWS = r"$\begin{align} f'(x) &= 2x \\ g'(x) &= 2x \end{align}$"


def quoted(sheet: str, tmp_path: Path) -> Judged:
    path = tmp_path / "notes.md.gradcheck.toml"
    path.write_text(sheet, encoding="utf-8")
    return judge_document(document("$f(x) = x^2$", "$g(x) = x^3$", ROWS), annotations=read_sheet(path).annotations)


def test_a_record_of_one_row_is_none_of_the_others(tmp_path: Path) -> None:
    found = quoted("[[formula]]\nquote = '''g'(x) &= 2x'''\nname = 'second'\nverdict = 'fails because of x'", tmp_path)
    assert found.errors == ()
    assert [(v.status, v.claim.name, v.as_recorded) for v in found.verdicts] == [
        ("holds", "3:16", True),
        ("fails", "second", True),
    ]


def test_a_row_and_the_whole_may_not_contradict(tmp_path: Path) -> None:
    entries = "[[formula]]\nline = 3\nlayout = 'numerator'\n[[formula]]\nquote = \"g'(x)\"\nlayout = 'denominator'\n"
    (error,) = quoted(entries, tmp_path).errors
    sheet = (tmp_path / "notes.md.gradcheck.toml").as_posix()
    assert str(error) == (
        f"{sheet}:4:1: 'layout' was already given for this formula at {sheet}:1:1, and otherwise; keep one"
    )


def test_one_row_can_be_ignored(tmp_path: Path) -> None:
    found = quoted("[[formula]]\nquote = '''g'(x)'''\nignore = 'a slip'", tmp_path)
    assert ([v.status for v in found.verdicts], [left.reason for left in found.left]) == (["holds"], ["a slip"])


def test_rows_may_have_ranges_of_their_own(tmp_path: Path) -> None:
    rows = r"$\begin{align} h'(x) &= 1 \\ h'(x) &= -1 \end{align}$"
    path = tmp_path / "s.toml"
    text = "document='d'\n[[formula]]\nquote = '&= 1'\nrange = 'x > 0'\n[[formula]]\nquote = '&= -1'\nrange = 'x < 0'"
    path.write_text(text, encoding="utf-8")
    page = document("$h(x) = |x|$", rows)
    found = judge_document(page, annotations=read_sheet(path).annotations)
    assert (found.errors, [v.status for v in found.verdicts]) == ((), ["holds", "holds"])
    assert [v.status for v in judge_document(page).verdicts] == ["fails", "fails"]


def test_comments_inside_of_a_display_speak_of_its_rows(tmp_path: Path) -> None:
    text = r"""Let $h(x) = |x|$.
\begin{align}
  h'(x) &= 1 \\ % gradcheck: range: x > 0
  % gradcheck: range: x < 0
  h'(x) &= SIGN1
\end{align}
"""
    for sign, status in (("-", "holds"), ("", "fails")):
        path = tmp_path / "notes.tex"
        path.write_text(text.replace("SIGN", sign), encoding="utf-8")
        page = read_document(path)
        found = judge_document(page, annotations=annotations_of(page)[0])
        assert (found.errors, [v.status for v in found.verdicts]) == ((), ["holds", status])


@pytest.mark.parametrize("said", ["verdict: holds because it does", "range: x > 0", "name: N", "where: y = x"])
def test_what_changes_nothing_is_an_error(said: str) -> None:
    (error,) = judged(f"<!-- gradcheck: {said} -->", "$f(x) = x^2$").errors
    assert str(error) == (
        "notes.md:1:16: what this speaks of, at 2:2, claims no derivative: it is read as: definition; say what it is the "
        "derivative of, as in 'derivative: f by x', or say this of 'everywhere'"
    )


def test_a_note_on_a_definition_is_no_error() -> None:
    assert judged("<!-- gradcheck: note: as in the first edition -->", "$f(x) = x^2$").errors == ()


# In an audit, an annotation that is not obeyed is a problem, and never passes.

NOTES = """Let $f(x) = x^T A x$.

Then $\\nabla f(x) = 2 A x$.
"""


def audited(*paths: Path) -> Audit:
    return audit([], documents=paths)


def test_a_sheet_beside_a_document_is_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(NOTES, encoding="utf-8")
    plain = audited(tmp_path / "notes.md")
    assert ([verdict.status for verdict in plain.verdicts], plain.exit_code) == (["fails"], 1)
    text = "[[formula]]\nline = 3\nsymmetric = 'A'\nname = 'gradient'\n"
    (tmp_path / "notes.md.gradcheck.toml").write_text(text, encoding="utf-8")
    done = audited(tmp_path / "notes.md")
    assert ([verdict.status for verdict in done.verdicts], done.exit_code) == (["holds"], 0)
    assert [claim.key for claim in done.claims] == ["notes.md::gradient"]


def test_a_sheet_that_lies_elsewhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.md").write_text(NOTES, encoding="utf-8")
    sheet = tmp_path / "mine.gradcheck.toml"
    sheet.write_text(
        "document = 'texts/notes.md'\n[[formula]]\nline = 3\nunstated = 'A is symmetric'\n", encoding="utf-8"
    )
    (found,) = audited(sheet).verdicts
    assert (found.status, found.assumption) == ("conditional", "A is symmetric")


def test_a_sheet_that_finds_no_formula_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(NOTES, encoding="utf-8")
    (tmp_path / "notes.md.gradcheck.toml").write_text("[[formula]]\nline = 2\nnote = 'N'\n", encoding="utf-8")
    done = audited(tmp_path / "notes.md")
    assert done.exit_code == 2
    (problem,) = done.problems
    assert str(problem) == (
        "notes.md.gradcheck.toml:1:1: there is no formula on line 2 of notes.md; the nearest one is on line 1, and reads "
        "‘f(x) = x^T A x’; until then it is judged as if this were not said"
    )


def test_a_sheet_that_is_no_toml_and_one_without_a_document_are_problems(tmp_path: Path) -> None:
    sheet = tmp_path / "gone.md.gradcheck.toml"
    sheet.write_text("[[formula]\n", encoding="utf-8")
    done = audited(sheet)
    assert (done.exit_code, done.problems[0].where) == (2, "gone.md.gradcheck.toml:1:10")
    sheet.write_text("[[formula]]\nline = 1\n", encoding="utf-8")
    done = audited(sheet)
    assert done.exit_code == 2
    assert "gone.md" in str(done.problems[0])


def test_a_directive_that_is_not_understood_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(f"<!-- gradcheck: symetric: A -->\n{NOTES}", encoding="utf-8")
    done = audited(tmp_path / "notes.md")
    assert (done.exit_code, done.problems[0].where) == (2, "notes.md:1:17")
    assert "there is no word 'symetric'; did you mean 'symmetric'?" in done.problems[0].what


def test_the_command_writes_a_sheet_for_what_claims_a_derivative(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(NOTES, encoding="utf-8")
    ran = CliRunner().invoke(main, ["sheet", str(tmp_path / "notes.md")])
    assert ran.exit_code == 0
    assert tomllib.loads(ran.stdout)["formula"] == [
        {"line": 3, "quote": r"\nabla f(x) = 2 A x", "hash": fingerprint(r"\nabla f(x) = 2 A x")}
    ]
    every = CliRunner().invoke(main, ["sheet", "--all", str(tmp_path / "notes.md")])
    assert len(tomllib.loads(every.stdout)["formula"]) == 2
    gone = CliRunner().invoke(main, ["sheet", str(tmp_path / "gone.md")])
    assert gone.exit_code == 2
    assert "gone.md" in gone.stderr
