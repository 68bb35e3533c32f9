r"""Claims with the same basis have the same verdict, whatever else of their document changes; and few change their basis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gradcheck.claim import STATUSES, Claim, Source
from gradcheck.documents import deciding
from gradcheck.documents.directives import annotations_of
from gradcheck.documents.judging import Plan, plan
from gradcheck.documents.opening import read_text
from gradcheck.formulas.question import Question
from gradcheck.planning import digest
from gradcheck.verdict import Verdict

PAPER = r"""# One

Let $f(x) = x^2$ and $g(x) = \sin x$. Then $f'(x) = 2x$ and $g'(x) = \cos x$.

With $W \in \mathbb{R}^{n \times m}$ and $z = W x$, where $A$ is symmetric, $\frac{\partial z}{\partial x} = W$.

$$h(x) = x^T A x$$

$$\frac{\partial h}{\partial x} = 2 A x$$

# Two

Let $t > 0$ and $\sum_i y_i = 1$, and suppose that $L = -\sum_i y_i \log p_i$.
Then $\frac{\partial L}{\partial p_i} = -y_i / p_i$.

$$\delta = \frac{\partial L}{\partial p}$$

$$\delta_i = -\frac{y_i}{p_i}$$

$$\begin{aligned} \operatorname{Bent}(X)_i &= X_i^3 \\
J_{i,j} &= \begin{cases} 3X_i^2 & i=j \\ 0 & i \ne j \end{cases} \end{aligned}$$

# Three

$$a^{(l)} = \sigma(z^{(l)})$$

$$\frac{\partial a^{(l+1)}}{\partial z^{(l+1)}} = a^{(l+1)} (1 - a^{(l+1)})$$

<!-- gradcheck: unstated: A is symmetric -->

$$\frac{\partial}{\partial x} x^T A x = 2 A x \odot B c$$

# Four

$$M = \begin{bmatrix} u_1 & u_2 \end{bmatrix}$$

$$v = \begin{bmatrix} 3 \\ 4 \end{bmatrix}$$

$$q = M v$$

$$\frac{\partial q}{\partial u_1} = 3$$
"""
CHANGES = {
    "f(x) = x^2": "f(x) = x^3",
    "g(x) = \\sin x": "r(x) = \\sin x",
    "f'(x) = 2x": "f'(x) = 3x",
    "W \\in \\mathbb{R}^{n \\times m}": "W \\in \\mathbb{R}^{n}",
    "z = W x": "z = W^T x",
    "where $A$ is symmetric": "where $A$ is diagonal",
    "h(x) = x^T A x": "h(x) = x^T A A x",
    "t > 0": "x > 0",
    "\\sum_i y_i = 1": "\\sum_i p_i = 1",
    "suppose": "know",
    "L = -\\sum_i": "L = \\sum_i",
    "\\delta = ": "\\epsilon = ",
    "X_i^3 ": "X_i^4 ",
    "\\operatorname{Bent}(X)_i": "\\operatorname{Bent}(Y)_i",
    "a^{(l)} = \\sigma(z^{(l)})": "a^{(l)} = \\tanh(z^{(l)})",
    "unstated: A is symmetric": "unstated: A is diagonal",
    "3 \\\\ 4": "5 \\\\ 4",
    "q = M v": "q = M + v",
    "# Three": "## Three",
    "# One": "# One\n\nMore.",
}


@pytest.fixture(autouse=True)
def _judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that says something else of each question, so that every branch of deciding is taken by some.

    Most fail, since much is then tried.
    """

    class Told:
        def __init__(self, question: Question) -> None:
            self.asked = digest(question)

        def verdict(self) -> Verdict:
            status = STATUSES[int(self.asked[:6], 16) % len(STATUSES)] if int(self.asked[9], 16) < 6 else "fails"
            reason = ("", "it seems to fail", "nothing says")[int(self.asked[6:9], 16) % 3]
            claim = Claim("formula", "equality", Source("formula", 1, "", "printed"))
            return Verdict(claim, status, reason=reason, diagnosis=self.asked)

    monkeypatch.setattr(deciding, "Judge", Told)


def read(text: str, path: str = "notes") -> Plan:
    document = read_text(text, "markdown", path)
    return plan(document, 0, annotations_of(document)[0])


def told(text: str, path: str = "notes") -> Iterator[tuple[str, Verdict]]:
    """The basis of each claim, and the verdict without its lines."""
    made = read(text, path)
    for number, basis in enumerate(made.bases()):
        yield digest((made.shared, basis.data)), made.judge(number)


def without_lines(verdict: Verdict) -> Verdict:
    source = Source("", 1, verdict.claim.source.formula, "printed")
    notes = tuple(re.sub(r"\blines? \d+(, \d+)*", "lines", note) for note in verdict.notes)
    readings = tuple(replace(one, name=re.sub(r"\blines? \d+(, \d+)*", "lines", one.name)) for one in verdict.readings)
    reason = re.sub(r"\blines? \d+(, \d+)*", "lines", verdict.reason)
    claim = replace(verdict.claim, name="", source=source)
    return replace(verdict, claim=claim, notes=notes, readings=readings, reason=reason)


def formulas() -> list[str]:
    return [found[0] for found in re.finditer(r"\$\$.*?\$\$|\$[^$]+\$", PAPER)]


CHANGED = {
    **{f"{old} -> {new}": PAPER.replace(old, new, 1) for old, new in CHANGES.items()},
    **{f"without {one}": PAPER.replace(one, "", 1) for one in formulas()},
}


def test_the_same_basis_gives_the_same_verdict_whatever_changes() -> None:
    known = {basis: without_lines(verdict) for basis, verdict in told(PAPER)}
    assert len(known) == len(list(told(PAPER))) == 10
    same = other = 0
    for what, text in CHANGED.items():
        assert text != PAPER, what
        for basis, verdict in told(text):
            if basis in known:
                assert without_lines(verdict) == known[basis], what
                same += 1
            else:
                other += 1
    assert same > 2 * other > 0


def changed_by(old: str, new: str) -> list[str]:
    """The claims whose basis is another after a change."""
    before, after = read(PAPER), read(PAPER.replace(old, new, 1))
    assert len(before.tasks) == len(after.tasks)
    pairs = zip(before.tasks, before.bases(), after.bases(), strict=True)
    if before.shared != after.shared:
        return [task.claim.source.formula for task in before.tasks]
    return [task.claim.source.formula for task, one, two in pairs if one.data != two.data]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("f'(x) = 2x", "f'(x) = 3x", ["f'(x) = 2x"]),
        ("f(x) = x^2", "f(x) = x^3", ["f'(x) = 2x"]),
        ("q = M v", "q = M + v", ["\\frac{\\partial q}{\\partial u_1} = 3"]),
        ("suppose", "know", ["\\frac{\\partial L}{\\partial p_i} = -y_i / p_i"]),
        ("# One", "# One\n\nMore of it.", []),
    ],
)
def test_a_change_reaches_the_claims_that_it_is_about_and_no_others(old: str, new: str, changed: list[str]) -> None:
    assert changed_by(old, new) == changed


def test_what_is_said_of_names_reaches_every_claim() -> None:
    assert len(changed_by("W \\in \\mathbb{R}^{n \\times m}", "W \\in \\mathbb{R}^{n}")) == 10


def test_the_document_s_name_and_the_places_are_no_part_of_it() -> None:
    one, two = (list(told(PAPER, path)) for path in ("one", "two"))
    assert [basis for basis, _ in one] == [basis for basis, _ in two]
    moved = read("\n\n" + PAPER)
    pairs = list(zip(read(PAPER).bases(), moved.bases(), strict=True))
    assert all(here.data == there.data for here, there in pairs)
    assert all([line + 2 for line in here.lines] == list(there.lines) for here, there in pairs)
