r"""Which definitions a claim is given, and what is chosen among several."""

from __future__ import annotations

from gradcheck.documents.aliases import unaliased
from gradcheck.documents.entries import entry_claims, printed
from gradcheck.documents.labels import merged
from gradcheck.documents.model import Document
from gradcheck.documents.opening import read_text
from gradcheck.documents.pairing import Around, Candidate, Used, definitions_for, equation, needed
from gradcheck.documents.readings import regrouped
from gradcheck.documents.sorting import sort
from gradcheck.latex.tree import Statement
from gradcheck.latex.typeset import typeset


def page(text: str) -> Document:
    return read_text(text, "markdown", "notes.md")


def told(statement: Statement) -> str:
    return " = ".join(typeset(member) for member in statement.members)


def candidates(text: str, number: int = -1) -> list[Candidate]:
    """The candidates for the claim in formula `number` of a Markdown text."""
    found = sort(page(text))
    one = found[number]
    (claim,) = [piece.statement for piece in one.pieces if piece.role in ("claim", "derivation")]
    return definitions_for(equation(claim), one.number, Around(tuple(found)))


def chosen(text: str, number: int = -1) -> list[str]:
    return [told(used.statement) for used in candidates(text, number)[0].used]


def test_definitions_are_followed_from_name_to_name() -> None:
    text = r"Let $E = (a-t)^2$, $a = \tanh(z)$, $z = w x$ and $q = r^2$. Then $\frac{\partial E}{\partial w} = g$."
    assert chosen(text) == [r"E = \left(a - t\right)^{2}", r"a = \tanh\left(z\right)", r"z = w \, x"]


def test_what_is_differentiated_by_is_free_whatever_it_is_said_to_be() -> None:
    text = r"Let $E = (a-t)^2$ and $a = \tanh(z)$. Then $\frac{\partial E}{\partial a} = g$."
    assert chosen(text) == [r"E = \left(a - t\right)^{2}"]


def test_arguments_of_a_function_are_free_too() -> None:
    text = r"$Y = W x$. Elsewhere $L(a, Y) = (a - Y)^2$ and $\frac{\partial L}{\partial a} = 2(a - Y)$."
    assert chosen(text) == [r"L\left(a, Y\right) = \left(a - Y\right)^{2}"]


def test_the_nearest_definition_comes_first_and_the_same_paragraph_decides() -> None:
    text = "# One\n\n$f(x) = x^3$\n\n# Two\n\n$f(x) = x^2$ has $f'(x) = 2x$"
    (only,) = candidates(text)
    assert [told(used.statement) for used in only.used] == [r"f\left(x\right) = x^{2}"]
    assert only.used[0].decisive and only.used[0].where == "the same paragraph"


def test_farther_away_every_definition_is_plausible() -> None:
    text = "# One\n\n$f(x) = x^3$\n\n# Two\n\n$f(x) = x^2$\n\nThere.\n\n$f'(x) = 2x$"
    made = candidates(text)
    assert [[told(used.statement) for used in one.used] for one in made] == [
        [r"f\left(x\right) = x^{2}"],
        [r"f\left(x\right) = x^{3}"],
    ]
    assert [one.used[0].where for one in made] == ["earlier in the section", "earlier in the document"]


def test_a_row_of_a_table_keeps_to_itself() -> None:
    text = "| f | f' |\n|---|---|\n| $f(x) = x^2$ | $f'(x) = 2x$ |\n| $f(x) = x^3$ | $f'(x) = 3x^2$ |\n"
    assert chosen(text, 1) == [r"f\left(x\right) = x^{2}"]
    assert chosen(text, 3) == [r"f\left(x\right) = x^{3}"]


def test_numbers_that_a_name_happens_to_have_are_no_definitions() -> None:
    assert chosen(r"For $y = 0$ we have $L = y^2$, so $\frac{\partial L}{\partial w} = 2 y$.") == ["L = y^{2}"]


def test_a_definition_serves_the_other_layers() -> None:
    text = (
        r"$z^{(l)} = W^{(l)} a^{(l-1)}$, $a^{(l)} = \tanh(z^{(l)})$ and $E = a^{(3)}$. "
        r"$\frac{\partial z^{(l+1)}}{\partial W^{(l+1)}} = g$"
    )
    assert chosen(text)[0] == r"z^{\left(l + 1\right)} = W^{\left(l + 1\right)} \, a^{\left(l\right)}"


def test_only_what_leads_to_the_name_is_needed() -> None:
    text = r"$E = (a-t)^2$, $a = \tanh(z)$, $t = q^2$. $\frac{\partial E}{\partial z} = g$"
    found = sort(page(text))
    claim = found[-1].pieces[0].statement
    (candidate,) = definitions_for(claim, found[-1].number, Around(tuple(found)))
    assert len(candidate.statements) == 3
    assert [typeset(one.members[0]) for one in needed(claim, candidate.statements)] == ["E", "a"]


def test_a_name_of_a_derivative_is_written_out() -> None:
    text = r"$\delta^{(l)} = \frac{\partial E}{\partial z^{(l)}}$. So $\delta^{(l)} = W \delta^{(l+1)}$."
    found = sort(page(text))
    claim, used = unaliased(found[1].pieces[0].statement, 1, Around(tuple(found)))
    assert told(claim) == (
        r"\frac{\partial}{\partial z^{\left(l\right)}} E = "
        r"W \, \frac{\partial}{\partial z^{\left(l + 1\right)}} E"
    )
    assert [one.number for one in used] == [0]


def test_labels_become_a_part_of_names_unless_a_sum_runs_over_them() -> None:
    (layer,) = merged([sort(page(r"$y = W^{(2)} x^{(l+1)}$"))[0].pieces[0].statement])
    assert told(layer) == "y = W^{(2)} \\, x^{(l+1)}"
    (sample,) = merged([sort(page(r"$y = \sum_{i} x^{(i)}$"))[0].pieces[0].statement])
    assert told(sample) == r"y = \sum_{i} x^{\left(i\right)}"


def test_matrices_printed_by_entries_are_multiplied_out() -> None:
    text = (
        r"$A = \begin{bmatrix} a_{11} & a_{12} \end{bmatrix}$, $y = A x$, "
        r"$A x = \begin{bmatrix} a_{11} & a_{12} \end{bmatrix} \begin{bmatrix} x_1 \\ x_2 \end{bmatrix}$"
    )
    known = printed([piece.statement for one in sort(page(text)) for piece in one.pieces])
    claim = sort(page(r"$\frac{\partial y}{\partial a_{12}} = x_2$"))[0].pieces[0].statement
    (step,) = entry_claims(claim, known)
    ((_, (definition,)),) = step.parts
    assert told(definition) == r"y = a_{11} \, x_{1} + a_{12} \, x_{2}"


def test_precedence_of_products_has_two_readings() -> None:
    claim = sort(page(r"$\frac{dy}{dx} = u \odot V w$"))[0].pieces[0].statement
    ((name, other),) = list(regrouped(claim))
    assert name == "with the product of matrices before the one by entries"
    assert typeset(other.members[1]) == r"u \odot \left(V \, w\right)"
    assert list(regrouped(sort(page(r"$\frac{dy}{dx} = u V w$"))[0].pieces[0].statement)) == []


def test_where_a_definition_stands_is_told() -> None:
    statement = sort(page("$y = x$"))[0].pieces[0].statement
    assert [Used(statement, 0, n).where for n in (0, 1, 5)] == [
        "the same display",
        "the same row of the table",
        "earlier in the document",
    ]
