"""Collecting claims from files and checking them one by one: what is reported, and that the rest still runs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from gradcheck.audit import Audit, LeftOut, Problem, audit, collect, documents_in, shown
from gradcheck.claim import Claim, Record, Sheet, Status
from gradcheck.domains import Reals
from gradcheck.verdict import Verdict

SHEET = """
from gradcheck.claim import Record, Sheet
from gradcheck.domains import Reals

{sheet} = Sheet("{sheet}", "{sheet}.txt", "A document")

def double(x):
    return 2 * x

for name in {names}:
    {sheet}.claim(name, "equality", 1, "2x", primal=double, claimed=double, inputs={{"x": Reals()}})
"""


def write(file: Path, code: str) -> Path:
    """Put a module into a file, folders made as needed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(code), encoding="utf-8")
    return file


def sheet(file: Path, document: str, *names: str) -> Path:
    """A module with one sheet of claims of these names."""
    return write(file, SHEET.format(sheet=document, names=names))


def keys(claims: list[Claim]) -> list[str]:
    return [claim.key for claim in claims]


def claims_of(*statuses: tuple[str, Status | None]) -> list[Claim]:
    """Claims of these names, with these verdicts on record."""
    made = Sheet("made", "made.txt", "Made")
    return [
        made.claim(
            name,
            "derivative",
            1,
            "2",
            primal=abs,
            claimed=abs,
            inputs={"x": Reals()},
            wrt="x",
            recorded=Record(status, "known") if status else None,
        )
        for name, status in statuses
    ]


def verdict_named(claim: Claim, *, seed: int) -> Verdict:
    """A check that finds the outcome that the claim is named after."""
    status: Status = claim.name.split("-")[0]  # type: ignore[assignment]
    return Verdict(claim, status, seed=seed)


def test_claims_come_in_order_of_path_file_sheet_and_line(tmp_path: Path) -> None:
    sheet(tmp_path / "b" / "two.py", "beta", "z", "a")
    sheet(tmp_path / "a.py", "alpha", "m")
    claims, problems = collect([tmp_path])
    assert problems == []
    assert keys(claims) == ["alpha::m", "beta::z", "beta::a"]


def test_private_modules_test_modules_and_caches_are_passed_over(tmp_path: Path) -> None:
    for name in ("_private.py", "test_it.py", "__pycache__/cached.py", ".hidden/it.py"):
        write(tmp_path / name, "raise RuntimeError('never imported')")
    sheet(tmp_path / "kept.py", "kept", "one")
    claims, problems = collect([tmp_path])
    assert (keys(claims), problems) == (["kept::one"], [])


def test_what_is_left_out_of_a_folder_is_neither_imported_nor_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("all/old/it.py", "all/drafts/it.py"):
        write(tmp_path / name, "raise RuntimeError('never imported')")
    for name in ("all/old/notes.md", "all/drafts/a.md", "all/kept.md", "out/audit.md", "out/audit/page.html"):
        write(tmp_path / name, "$x$")
    sheet(tmp_path / "all" / "kept.py", "kept", "one")
    left_out = LeftOut(["all/old/", "*/drafts/*"], [Path("out/audit.md"), Path("out/audit")])
    claims, problems = collect(["."], left_out=left_out)
    assert (keys(claims), problems, left_out.unused()) == (["kept::one"], [], [])
    assert documents_in(["."], left_out) == [Path("all/kept.md")]
    assert documents_in(["all/old/notes.md"], left_out) == [Path("all/old/notes.md")]  # who names it, means it


def test_a_pattern_that_leaves_nothing_out_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sheet(tmp_path / "kept.py", "kept", "one")
    left_out = LeftOut(["kpet.py"])
    assert keys(collect(["."], left_out=left_out)[0]) == ["kept::one"]
    (problem,) = left_out.unused()
    assert str(problem) == (
        "--exclude kpet.py: it leaves nothing out; a pattern is a path as the table shows it, with * for any letters"
    )


def test_a_file_given_twice_is_collected_once(tmp_path: Path) -> None:
    file = sheet(tmp_path / "kept.py", "kept", "one")
    claims, problems = collect([tmp_path, file])
    assert (keys(claims), problems) == (["kept::one"], [])


def test_modules_of_a_package_import_one_another(tmp_path: Path) -> None:
    write(tmp_path / "packed_sheets" / "__init__.py", "")
    write(tmp_path / "packed_sheets" / "layers.py", "def double(x):\n    return 2 * x\n")
    write(
        tmp_path / "packed_sheets" / "claims.py",
        """
        from gradcheck.claim import Sheet
        from gradcheck.domains import Reals
        from packed_sheets.layers import double
        from .layers import double as same

        assert same is double
        packed = Sheet("packed", "packed.txt", "Packed")
        packed.claim("d", "derivative", 1, "2", primal=double, claimed=double, inputs={"x": Reals()}, wrt="x")
        """,
    )
    claims, problems = collect([tmp_path / "packed_sheets"])
    assert (keys(claims), problems) == (["packed::d"], [])


def test_a_package_that_hides_another_of_its_name_is_a_problem(tmp_path: Path) -> None:
    for place in ("first", "second"):
        write(tmp_path / place / "twice_named" / "__init__.py", "")
        sheet(tmp_path / place / "twice_named" / "claims.py", place, "one")
    claims, problems = collect([tmp_path / "first" / "twice_named", tmp_path / "second" / "twice_named"])
    assert keys(claims) == ["first::one"]
    assert len(problems) == 1
    assert "a module named twice_named.claims is already imported from another folder" in problems[0].what


@pytest.mark.parametrize(
    ("name", "code", "what"),
    [
        ("wrong.py", "import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("wrong.py", "\nraise SystemExit('stop here')\n", "SystemExit: stop here"),
        ("wrong.py", "def broken(:\n", "SyntaxError: invalid syntax"),
        (
            "wrong.py",
            "import gradcheck as g\ng.Sheet('s', '', '').claim('c', 'equality', 1, 'f', primal=abs, claimed=abs)\n",
            "inputs= is missing",
        ),
    ],
)
def test_a_module_that_does_not_import_is_a_problem_with_its_line_and_the_rest_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "claims" / name, code)
    sheet(tmp_path / "claims" / "zz_right.py", "right", "one")
    claims, problems = collect(["claims"])
    assert keys(claims) == ["right::one"]
    assert [problem.where.rsplit(":", 1)[0] for problem in problems] == ["claims/wrong.py"]
    assert int(problems[0].where.rsplit(":", 1)[1]) == len(code.splitlines())
    assert "does not import" in problems[0].what and what in problems[0].what
    assert problems[0].remedy


def test_an_import_that_fails_inside_another_file_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "failing_pack" / "__init__.py", "")
    write(tmp_path / "failing_pack" / "_helper.py", "x = 1\nraise ValueError('helper is broken')\n")
    write(tmp_path / "failing_pack" / "claims.py", "from failing_pack import _helper\n")
    _, problems = collect(["failing_pack"])
    assert [problem.where for problem in problems] == ["failing_pack/claims.py"]
    assert problems[0].what == "does not import: ValueError: helper is broken (raised at failing_pack/_helper.py:2)"


def test_a_missing_path_is_a_problem_and_a_document_is_left_to_be_read_as_one(tmp_path: Path) -> None:
    write(tmp_path / "notes.md", "# notes")
    paths = [tmp_path / "nowhere", tmp_path / "notes.md"]
    claims, problems = collect(paths)
    assert claims == []
    assert [(problem.where, problem.what) for problem in problems] == [("nowhere", "there is no such file or folder")]
    assert documents_in(paths) == [tmp_path / "notes.md"]


def test_without_python_no_file_of_it_is_imported(tmp_path: Path) -> None:
    write(tmp_path / "setup.py", "raise SystemExit('this was run')\n")
    write(tmp_path / "notes.md", "# notes\n")
    assert collect([tmp_path], python=False) == ([], [])
    assert "this was run" in collect([tmp_path])[1][0].what


def test_a_path_without_claims_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "helper.py", "x = 1\n")
    claims, problems = collect([tmp_path])
    assert claims == []
    assert problems[0].what == "no claims found (1 Python file searched)"
    assert "Sheet" in problems[0].remedy


def test_a_key_used_twice_is_a_problem_and_the_first_claim_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet(tmp_path / "a.py", "same", "one")
    sheet(tmp_path / "b.py", "same", "one", "two")
    claims, problems = collect(["a.py", "b.py"])
    assert keys(claims) == ["same::one", "same::two"]
    assert problems == [
        Problem(
            "same::one",
            "b.py declares a claim of this name, which a.py has already",
            "rename one of the two; only the first was checked",
        )
    ]


def test_a_correction_of_nothing_is_a_problem(tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.py", "doc", "one")
    better = "doc.claim('better', 'equality', 1, '2', primal=abs, claimed=abs, inputs={'x': Reals()}, corrects='won')\n"
    file.write_text(file.read_text(encoding="utf-8") + better, encoding="utf-8")
    claims, problems = collect([file])
    assert keys(claims) == ["doc::one", "doc::better"]
    assert [problem.what for problem in problems] == ["corrects='won' names no claim of doc"]


def test_corrections_are_found_by_name_and_by_key() -> None:
    made = Sheet("doc", "doc.txt", "Doc")
    fields: dict[str, Any] = {"primal": abs, "claimed": abs, "inputs": {"x": Reals()}}
    wrong = made.claim("wrong", "equality", 1, "a", **fields)
    by_name = made.claim("by-name", "equality", 1, "b", corrects="wrong", **fields)
    by_key = made.claim("by-key", "equality", 1, "c", corrects="doc::wrong", **fields)
    assert Audit((wrong, by_name, by_key), ()).corrections(wrong) == (by_name, by_key)


def test_every_outcome_is_counted_apart() -> None:
    names = ("holds-1", "holds-2", "fails", "conditional", "ambiguous", "undecided", "unreadable")
    done = audit(claims_of(*((name, None) for name in names)), [Problem("a", "b", "c")], check=verdict_named)
    assert done.counts == {
        "holds": 2,
        "fails": 1,
        "conditional": 1,
        "ambiguous": 1,
        "undecided": 1,
        "unreadable": 1,
        "problems": 1,
    }


@pytest.mark.parametrize(
    ("claims", "exit_code"),
    [
        ([("holds", None)], 0),
        ([("holds", None), ("fails", "fails"), ("unreadable", "unreadable")], 0),
        ([("holds", None), ("fails", None)], 1),
        ([("holds", "fails")], 1),
        ([("undecided", "fails")], 1),
        ([], 2),
    ],
)
def test_exit_code_tells_whether_all_is_as_recorded(claims: list[tuple[str, Status | None]], exit_code: int) -> None:
    assert audit(claims_of(*claims), check=verdict_named).exit_code == exit_code


def test_a_problem_makes_the_exit_code_2_whatever_the_verdicts() -> None:
    done = audit(claims_of(("holds", None)), [Problem("a", "b", "c")], check=verdict_named)
    assert (done.exit_code, done.counts["holds"]) == (2, 1)


def test_a_claim_whose_check_raises_is_a_problem_with_its_line_and_the_rest_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path / "raising.py",
        """
        from gradcheck.claim import Sheet
        from gradcheck.domains import Reals

        doc = Sheet("doc", "doc.txt", "Doc")

        def boom(x):
            raise ValueError("no value of this shape")

        def leave(x):
            raise SystemExit

        for name, function in (("boom", boom), ("leave", leave), ("fine", abs)):
            doc.claim(name, "equality", 1, "f", primal=abs, claimed=function, inputs={"x": Reals()})
        """,
    )

    def call(claim: Claim, *, seed: int) -> Verdict:
        claim.readings[0].claimed(1.0)
        return Verdict(claim, "holds")

    claims, problems = collect(["raising.py"])
    seen: list[str] = []
    done = audit(claims, problems, check=call, on_verdict=lambda outcome: seen.append(type(outcome).__name__))
    assert [verdict.claim.name for verdict in done.verdicts] == ["fine"]
    assert [(problem.where, problem.what) for problem in done.problems] == [
        ("doc::boom", "its check raised ValueError: no value of this shape at raising.py:8"),
        ("doc::leave", "its check raised SystemExit at raising.py:11"),
    ]
    assert seen == ["Problem", "Problem", "Verdict"]


def test_what_differs_from_machine_to_machine_is_taken_out_of_messages() -> None:
    def cannot(claim: Claim, *, seed: int) -> Verdict:
        raise TypeError(f"cannot read /home/someone/books/one.txt with {object()} at x/y of \\frac{{a}}\\partial b")

    (problem,) = audit(claims_of(("holds", None)), check=cannot).problems
    assert "TypeError: cannot read one.txt with <object object> at x/y of \\frac{a}\\partial b" in problem.what


def test_the_seed_reaches_the_check() -> None:
    assert audit(claims_of(("holds", None)), seed=7, check=verdict_named).verdicts[0].seed == 7


def test_paths_are_shown_relative_to_the_working_folder_or_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b.py") == "a/b.py"
    assert shown("/somewhere/else/c.py") == "c.py"


def test_the_projects_own_check_judges_a_collected_module(tmp_path: Path) -> None:
    write(
        tmp_path / "real.py",
        """
        import numpy as np
        from gradcheck.claim import Sheet
        from gradcheck.domains import Reals

        real = Sheet("real", "real.txt", "Real")
        for name, sign in (("right", 1.0), ("wrong", -1.0)):
            real.claim(
                name, "derivative", 1, "f' = e^x", primal=np.exp, claimed=lambda x, sign=sign: sign * np.exp(x),
                inputs={"x": Reals()}, wrt="x",
            )
        """,
    )
    done = audit(*collect([tmp_path]))
    assert [(verdict.claim.name, verdict.status, verdict.certified) for verdict in done.verdicts] == [
        ("right", "holds", True),
        ("wrong", "fails", True),
    ]
    assert done.exit_code == 1


def test_an_empty_document_has_no_formulas_and_a_broken_one_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text(" \n", encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text("not JSON", encoding="utf-8")
    done = audit([], documents=[tmp_path / "empty.md"])
    assert [document.summary for document in done.documents] == ["empty.md: 0 formulas found"]
    assert (done.problems, done.exit_code) == ((), 0)
    both = audit([], documents=[tmp_path / "empty.md", tmp_path / "broken.ipynb"])
    assert [problem.where for problem in both.problems] == ["broken.ipynb"]
    assert both.exit_code == 2


def test_a_formula_of_an_included_file_is_told_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book" / "parts").mkdir(parents=True)
    (tmp_path / "book" / "main.tex").write_text("Let $f(x) = x^2$.\n\\input{parts/one}\n", encoding="utf-8")
    part = "\nThen $f'(x) = 3 x$, and $f( = 2$.\n"
    (tmp_path / "book" / "parts" / "one.tex").write_text(part, encoding="utf-8")
    for folder, shown_as in ((tmp_path, "book/parts/one.tex"), (tmp_path / "book" / "parts", "parts/one.tex")):
        monkeypatch.chdir(folder)
        done = audit([], documents=[tmp_path / "book" / "main.tex"])
        (verdict,) = done.verdicts
        assert verdict.status == "fails"
        assert verdict.claim.name == f"{shown_as}:2:7"
        assert (verdict.claim.source.path, verdict.claim.source.line) == (shown_as, 2)
        assert [(left.path, left.place.line) for left in done.documents[0].left] == [(shown_as, 2)]


def test_a_file_that_another_includes_is_judged_there_alone_unless_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text("Let $f(x) = x^2$.\n\\input{part}\n", encoding="utf-8")
    (tmp_path / "part.tex").write_text("Then $f'(x) = 2 x$.\n", encoding="utf-8")
    (tmp_path / "other.tex").write_text("Here $g(x) = 3 x$.\n", encoding="utf-8")
    found = documents_in([tmp_path])
    assert [path.name for path in found] == ["main.tex", "other.tex", "part.tex"]
    done = audit([], documents=found, paths=[tmp_path])
    assert [document.path for document in done.documents] == ["main.tex", "other.tex"]
    assert [(verdict.claim.name, verdict.status) for verdict in done.verdicts] == [("part.tex:1:7", "holds")]
    both = [tmp_path, tmp_path / "part.tex"]
    assert [one.path for one in audit([], documents=found, paths=both).documents][-1] == "part.tex"


def test_no_folder_of_this_machine_is_told_of_a_document_or_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text("\\input{part} \\input{nowhere}\n", encoding="utf-8")
    (tmp_path / "part.tex").write_text("It is \\[ x' = 1 and never closed.\n", encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text("not JSON", encoding="utf-8")
    done = audit([], documents=[tmp_path / "main.tex", tmp_path / "broken.ipynb"])
    told = [*done.documents[0].troubles, *map(str, done.problems)]
    assert len(told) == 3
    assert "never closed" in told[0] + told[1] and "part.tex" in told[0] + told[1]
    assert [line for line in told if str(tmp_path) in line] == []


class Remembers:
    """A store that keeps verdicts by key and content, and what it was asked."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Verdict] = {}
        self.asked: list[str] = []

    def known(self, claim: Claim, content: str = "") -> Verdict | None:
        self.asked.append(claim.key)
        return self.kept.get((claim.key, content))

    def keep(self, claim: Claim, verdict: Verdict, content: str = "") -> None:
        self.kept[claim.key, content] = verdict


def test_what_a_store_knows_is_not_checked_again_and_what_it_does_not_is_kept_at_once() -> None:
    store, checked = Remembers(), []
    first, second = claims_of(("holds", None), ("fails", None))
    store.keep(first, Verdict(first, "holds", seed=7))

    def check(claim: Claim, *, seed: int) -> Verdict:
        checked.append(claim.key)
        return verdict_named(claim, seed=seed)

    done = audit([first, second], check=check, store=store)
    assert checked == ["made::fails"]
    assert [verdict.seed for verdict in done.verdicts] == [7, 0]
    assert set(store.kept) == {("made::holds", ""), ("made::fails", "")}


def test_a_claim_whose_check_raises_is_not_kept() -> None:
    def check(claim: Claim, *, seed: int) -> Verdict:
        raise ValueError("no")

    store = Remembers()
    assert len(audit(claims_of(("holds", None)), check=check, store=store).problems) == 1
    assert store.kept == {}


def test_a_formula_is_remembered_with_the_document_that_it_is_read_in(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Let $f(x) = x^2$. Then $f'(x) = 2x$.\n", encoding="utf-8")
    store = Remembers()
    first = audit([], documents=[page], store=store)
    assert [verdict.status for verdict in first.verdicts] == ["holds"]
    again = audit([], documents=[page], store=store)
    assert again.verdicts[0] is first.verdicts[0]
    page.write_text("Let $f(x) = x^3$. Then $f'(x) = 2x$.\n", encoding="utf-8")
    changed = audit([], documents=[page], store=store)
    assert [verdict.status for verdict in changed.verdicts] == ["fails"]
    assert len(store.kept) == 2 and len(set(store.asked)) == 1


def test_a_link_in_a_folder_that_leads_out_is_told_and_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project" / "notes"
    folder.mkdir(parents=True)
    text = r"$\frac{d}{dx} x^2 = 2x$"
    for file in (tmp_path / "secret.md", tmp_path / "project" / "readme.md", folder / "own.md"):
        file.write_text(text, encoding="utf-8")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "up.md").symlink_to(folder.parent / "readme.md")
    (folder / "circle.md").symlink_to(folder / "circle.md")
    monkeypatch.chdir(folder.parent)
    assert documents_in([folder]) == [folder / "own.md", folder / "up.md"]
    assert documents_in([folder / "out.md"]) == [folder / "out.md"]  # who names it, means it
    (problem,) = collect([folder])[1]
    assert (problem.where, problem.remedy) == ("notes/out.md", "name the file itself to have it looked at")
    assert problem.what == "this link leads out of the folder and of the working folder, and was not followed"
