"""The derivations of a document, judged in another process: the same reports, and what goes wrong with one costs that one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from gradcheck.derivations.documents import from_document
from gradcheck.derivations.html import page
from gradcheck.derivations.markdown import markdown
from gradcheck.derivations.tex import document
from gradcheck.derivations.units import DerivationUnit, apart
from gradcheck.documents.opening import DocumentError, read_document
from gradcheck.running.isolated import Isolated
from gradcheck.running.limits import EndedError, Limits, MemoryLimitError, TimeLimitError

NOTES = r"""Let $f(x) = x^2 \sin x$.

$$f'(x) = 2x \sin x + x^2 \cos x = x (2 \sin x + x \cos x)$$

Let $g(x) = e^{2 x}$.

$$\begin{aligned}
g'(x) &= e^{2 x} \frac{d}{dx} 2 x \\
      &= 3 e^{2 x}
\end{aligned}$$

$$h'(x) = 2 y = y + y$$
"""


@pytest.fixture(scope="module")
def executor() -> Iterator[Isolated]:
    with Isolated(1, Limits()) as made:
        yield made


class Here(Executor):
    """Runs at once, in this process; ``before`` may raise."""

    def __init__(self, before: Callable[[Any], None] = lambda _: None) -> None:
        self.before = before

    def submit(self, fn: Callable[..., str], /, *args: Any, **_: Any) -> Future[str]:  # type: ignore[override] # text
        future: Future[str] = Future()
        try:
            self.before(args[0])
            future.set_result(fn(*args))
        except Exception as error:  # noqa: BLE001 - it is the result
            future.set_exception(error)
        return future


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("notes.md").write_text(NOTES, encoding="utf-8")
    return Path("notes.md")


def test_the_reports_are_the_same_in_every_format(notes: Path, executor: Isolated) -> None:
    here, left_here = from_document(read_document(notes))
    there, left_there = apart(notes, 0, executor)
    assert [report.status for report in there] == ["holds", "fails"]
    for written in (markdown, page, document, lambda reports: "\n".join(map(str, reports))):
        assert written(there) == written(here)
    assert list(map(str, left_there)) == list(map(str, left_here))
    assert len(left_there) == 1 and "notes.md:12:" in str(left_there[0])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeLimitError("judging it took longer than 1 s"), "not judged: judging it took longer than 1 s"),
        (MemoryLimitError("it needs more memory"), "not judged: it needs more memory"),
        (EndedError("it ended its process with exit code 1"), "not judged: it ended its process with exit code 1"),
        (MemoryError(), "not judged: it needs more memory than there is"),
    ],
)
def test_what_takes_too_much_costs_its_own_report(notes: Path, error: Exception, told: str) -> None:
    def first_fails(unit: Any) -> None:
        if isinstance(unit, DerivationUnit) and unit.number == 0:
            raise error

    (report,), left = apart(notes, 0, Here(first_fails))
    assert report.status == "fails"
    assert str(left[0]) == f"notes.md:3:3: {told}"


def test_a_document_that_changes_meanwhile_is_not_judged_by_what_it_was(notes: Path) -> None:
    def rewritten(unit: Any) -> None:
        if isinstance(unit, DerivationUnit):
            notes.write_text(NOTES.replace("3 e", "2 e"), encoding="utf-8")

    reports, left = apart(notes, 0, Here(rewritten))
    assert reports == []
    assert [one.reason for one in left] == ["the document has changed since it was read; ask again"] * 3


def test_a_document_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    def too_long(_: Any) -> None:
        raise TimeLimitError("reading it took longer than 1 s")

    with pytest.raises(DocumentError, match="No such file"):
        apart(tmp_path / "none.md", 0, Here())
    with pytest.raises(DocumentError, match=r"none\.md was not read: reading it took longer than 1 s"):
        apart(tmp_path / "none.md", 0, Here(too_long))
