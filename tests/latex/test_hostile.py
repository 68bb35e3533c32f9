"""Malformed and monstrous input: a clear outcome in bounded work, never a crash and never a verdict on half a formula."""

from __future__ import annotations

import gc
import string
from itertools import pairwise

import pytest
from click.testing import CliRunner

from gradcheck import check_latex
from gradcheck.cli import main
from gradcheck.verdict import Verdict

RIGHT = r"\frac{d}{dx} x^2 = 2x"
AS_A_CLAIM = r"\frac{d}{dx} x^2 = "


def told(claim: str, definitions: str = "", macros: str = "") -> tuple[str, str]:
    """The status and the reason of a verdict, whose text can be printed."""
    verdict: Verdict = check_latex(claim, definitions, {"macros": macros})
    text = str(verdict)
    assert len(text) < 5_000, "a formula of any length is told on a screen"
    assert "\x1b" not in text, "nothing in a formula reaches the terminal as a command"
    assert text.encode("utf-8")
    return verdict.status, verdict.reason


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (AS_A_CLAIM + "{2x", "{ is never closed, at character 20"),
        (AS_A_CLAIM + "2x}", "} closes nothing, at character 22"),
        (AS_A_CLAIM + r"\left( 2x", r"\left is never closed, at character 20"),
        (AS_A_CLAIM + r"\begin{cases} 2x & x > 0", r"\begin{cases} is never closed, at character 20"),
        (
            AS_A_CLAIM + r"\begin{cases} 2x \end{array}",
            r"\begin{cases} at character 20 is not closed before \end{array}",
        ),
        (AS_A_CLAIM + r"\begin", r"\begin without the name of an environment in braces, at character 20"),
        (AS_A_CLAIM + r"\frac{2x}", "the formula ends too early: an argument is missing, at character 28"),
        (AS_A_CLAIM + r"\text{twice x", "the brace of the words is never closed, at character 25"),
        (AS_A_CLAIM + "2x \\", "a backslash with nothing after it, at character 23"),
        (AS_A_CLAIM + "2x^2^2", "a second superscript, at character 24"),
        (AS_A_CLAIM + "2x\x00", "the character '\\x00' is not understood, at character 22"),
        (AS_A_CLAIM + "\x1b[31m2x", "the character '\\x1b' is not understood, at character 20"),
        (AS_A_CLAIM + "2x \\\x1b", r"\\x1b is not understood, at character 23"),
        (AS_A_CLAIM + r"[2x][\land]", "an expression is missing between commas"),
        (AS_A_CLAIM + "\u202e2x", "the character '\\u202e' is not understood, at character 20"),
        (AS_A_CLAIM + "2x\udcff", "the character '\\udcff' is not understood, at character 22"),
    ],
)
def test_what_is_malformed_is_named_with_its_place(claim: str, reason: str) -> None:
    status, said = told(claim)
    assert status == "unreadable"
    assert reason in said


def test_ten_megabytes_are_refused_by_their_length() -> None:
    huge = "+x" * 5_000_000
    assert told(RIGHT + huge) == ("unreadable", "the formula has 10000021 characters; at most 30000 are read")
    assert told(RIGHT, huge) == ("unreadable", "the definitions have 10000000 characters; at most 30000 are read")
    assert told(RIGHT, "", huge) == ("unreadable", "the macros have 10000000 characters; at most 30000 are read")


@pytest.mark.parametrize(("opening", "closing"), [("{", "}"), ("(", ")"), (r"\left(", r"\right)")])
def test_nesting_is_read_to_a_depth_and_refused_beyond(opening: str, closing: str) -> None:
    assert told(AS_A_CLAIM + opening * 40 + "2x" + closing * 40)[0] == "holds"
    status, reason = told(AS_A_CLAIM + opening * 2_000 + "2x" + closing * 2_000)
    assert (status, reason[:28]) == ("unreadable", "nested deeper than 60 levels")


def test_ten_thousand_braces_are_refused() -> None:
    assert "nested deeper than 60 levels" in told("{" * 10_000 + "x" + "}" * 10_000)[1]


@pytest.mark.parametrize("chain", [r"\sqrt" * 3_000, r"\hat" * 3_000, r"\frac1" * 3_000])
def test_nesting_without_braces_is_refused(chain: str) -> None:
    assert told(AS_A_CLAIM + chain + "x") == ("unreadable", "nested too deeply")


def test_macros_that_expand_without_end_are_named() -> None:
    assert told(r"\newcommand{\a}{\a\a}" + AS_A_CLAIM + r"\a") == ("unreadable", r"the macro \a expands without end")
    assert told(r"\def\a{\b}\def\b{\a}" + AS_A_CLAIM + r"\a") == ("unreadable", r"the macro \a expands without end")


def test_doubling_macros_are_expanded_a_few_times_and_refused_beyond() -> None:
    def doubled(times: int) -> str:
        names = ["\\" + letter * 3 for letter in string.ascii_lowercase[: times + 1]]
        macros = "".join(rf"\newcommand{{{one}}}{{{two}+{two}}}" for one, two in pairwise(names))
        return macros + rf"\newcommand{{{names[-1]}}}{{x}}" + AS_A_CLAIM + names[0]

    assert told(doubled(1))[0] == "holds"
    status, reason = told(doubled(24))
    assert status == "unreadable"
    assert "expands without end" in reason


def test_sums_are_written_out_to_a_number_of_terms() -> None:
    claim = r"\frac{d}{dx} \sum_{i=1}^{%s} x = %s"
    assert told(claim % (400, 400))[0] == "holds"
    assert told(claim % (400, 401))[0] == "fails"
    status, reason = told(claim % (10**12, 10**12))
    assert (status, reason) == ("undecided", "sums and products of 1e+12 terms; at most 600 are evaluated")


def test_sums_inside_of_sums_multiply() -> None:
    nested = "".join(rf"\sum_{{{index}=1}}^{{99}}" for index in "ijkm")
    assert told(rf"\frac{{d}}{{dx}} {nested} x = 1")[1] == "sums and products of 9801 terms; at most 600 are evaluated"


def test_powers_are_numbers_and_towers_are_left_open() -> None:
    assert told(r"\frac{d}{dx} x^{1000000000000} = 1000000000000 x^{999999999999}")[0] == "holds"
    assert told(r"\frac{d}{dx} x^{9^{9^{9^9}}} = 1")[0] == "undecided"


def test_long_numbers_are_refused_by_their_digits() -> None:
    assert told(rf"\frac{{d}}{{dx}} {'9' * 200} x = {'9' * 200}")[0] == "holds"
    assert told(AS_A_CLAIM + "9" * 5_000)[1] == "a number of 5000 digits; at most 300 are read, at character 20"


def test_orders_of_derivatives_are_bounded() -> None:
    status, reason = told(r"\frac{\partial^{1000000} f}{\partial x^{1000000}} = 1", "f(x) = x^2")
    assert (status, reason) == ("unreadable", "a derivative of an order of three digits or more, at character 7")


def test_derivatives_inside_of_one_another_are_evaluated_to_an_order() -> None:
    def nested(times: int, value: str) -> tuple[str, str]:
        return told(r"\frac{d}{dx} " * times + rf"x^3 = {value}")

    assert nested(3, "6")[0] == "holds"
    assert nested(3, "7")[0] == "fails"
    status, reason = nested(25, "0")
    assert status == "undecided"
    assert "derivatives inside of an expression of order 7; at most 6 are evaluated" in reason
    primes = told(r"\frac{d}{dx} f" + "'" * 40 + "(x) = 0", "f(x) = x^3")
    assert primes[0] == "undecided"


def test_large_determinants_are_left_open() -> None:
    def determinant(rows: int) -> str:
        diagonal = [["x" if i == j else "0" for j in range(rows)] for i in range(rows)]
        matrix = r" \\ ".join(" & ".join(row) for row in diagonal)
        return rf"\frac{{d}}{{dx}} \det \begin{{pmatrix}} {matrix} \end{{pmatrix}} = {rows} x^{{{rows - 1}}}"

    assert told(determinant(3))[0] == "holds"
    status, reason = told(determinant(9))
    assert status == "undecided"
    assert "the determinant of a 9×9 matrix; at most 6×6 are written out" in reason


def test_shapes_are_not_made_as_large_as_they_are_declared() -> None:
    assert told(r"\frac{\partial}{\partial x} a^T x = a", r"x \in \mathbb{R}^{1000000000}")[0] == "holds"


def test_definitions_that_go_in_circles_are_left_open() -> None:
    assert told(r"\frac{d}{dx} f(x) = 1", "f(x) = g(x); g(x) = f(x)")[0] == "undecided"
    assert "in terms of itself" in told(r"\frac{d}{dx} f(x) = 1", "f(x) = f(x) + 1")[1]


def test_chains_and_formulas_of_many_parts_are_refused_by_their_number() -> None:
    assert told(RIGHT + " = 2x" * 3)[0] == "holds"
    assert told(RIGHT + " = 2x" * 60)[1] == "the formula is a chain of 62 members; at most 60 are judged"
    reason = told(r"\frac{d}{dx} x = 1", "f(x) = x; " * 2_500)[1]
    assert "parts; at most 8000 are judged" in reason


@pytest.mark.parametrize(
    "text", [" ", "a", "(", "[", "1 ", "a ", "a_", r"\a", "x in ", r"\in ", "is ", "symmetric ", "f(", ". ", "=", "\n"]
)
def test_definitions_of_one_thing_over_and_over_end(text: str) -> None:
    """Patterns that look for words must not go over the text again from each of its characters."""
    assert told(RIGHT, text * (14_000 // len(text)))[0] in ("holds", "conditional", "undecided", "unreadable")
    assert told(r"\begin" + text * (14_000 // len(text)))[0] in ("undecided", "unreadable")


def test_the_command_line_says_what_is_wrong_with_bytes_that_are_no_text() -> None:
    done = CliRunner().invoke(main, ["formula", AS_A_CLAIM + b"2x\xff".decode("utf-8", "surrogateescape")])
    assert done.exit_code == 1
    assert "UNREADABLE" in done.output
    assert "is not understood, at character 22" in done.output


def test_the_command_line_leaves_the_garbage_collector_as_it_was() -> None:
    usual = gc.get_threshold()
    assert CliRunner().invoke(main, ["formula", RIGHT]).exit_code == 0
    assert CliRunner().invoke(main, ["formula", AS_A_CLAIM + "{2x"]).exit_code == 1
    assert gc.get_threshold() == usual
