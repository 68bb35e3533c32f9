"""Stored results: what is written is read again without a loss, and what is wrong in a file is told by its place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from gradcheck import stored
from gradcheck.audit import Audit, Problem, audit, collect
from gradcheck.claim import Assumption, Claim, Source
from gradcheck.documents.judging import Judged
from gradcheck.domains import Integers, Near, OneHot, Reals, Simplex
from gradcheck.picture import Agreement, Curve, Heat, Quality, Range, Sweep
from gradcheck.report import files, formats, terminal
from gradcheck.report.data import audit_json
from gradcheck.report.schema import schema, schema_text
from gradcheck.stored import NotStoredError, ResultsError, StoredFunction, StoredSpace, absent
from gradcheck.stored.forms import COMPUTED, LEFT_OUT, Context, MisfitError, form, record
from gradcheck.verdict import Branch, Counterexample, Entry, Printed, Verdict
from tests.report.conftest import full_audit, located_audit

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "gradcheck" / "report" / "schemas" / "results.schema.json"

__all__ = ["full_audit", "located_audit"]


@pytest.fixture(scope="module")
def reference() -> Audit:
    """The real audit of the five documents."""
    claims, problems = collect([ROOT / "reference"])
    return audit(claims, problems, paths=[ROOT / "reference"])


@pytest.fixture
def rich_audit() -> Audit:
    """One verdict in which every field says something, on a claim of which every kind of field does."""
    spaces = {
        "x": Reals(2, low=-1.0),
        "k": Integers(3, low=0, high=4),
        "p": Simplex(3),
        "t": OneHot(4),
        "near": Near(np.ones((2, 3))),
    }
    source = Source("notes.md", 3, "f'(x) = \ud800 “é” 深", "printed", "notes.md", 5, (3, 15), 2)
    claim = Claim(
        "3:5",
        "bound",
        source,
        primal=partial(np.sum, axis=0),
        inputs=spaces,
        wrt="x",
        lower=-math.inf,
        upper=2,
        assumptions=(Assumption("x > 0", False, {"x": Reals(2, low=0.0)}, where=lambda x: True, trait=None),),
        made_at=7,
        made_in=str(Path.cwd() / "claims" / "doc.py"),
    )
    point = Counterexample(
        {"x": np.array([1.0, math.nan]), "z": 1 + 2j, "k": np.int64(3), "deep": [(1, 2.0), [True]], "b": -math.inf},
        (Entry((0, 1), "1", "2 ± 1e-30", math.nan, True), Entry((), "inf", "1", math.inf, True)),
        {"f": "softmax"},
    )
    pictures = (
        Curve("x", (0.0, 1.0), (1.0, None), (1.0, 2.0), (0.5,), (1.0,), "y = 1"),
        Heat(((0.0, None), (1.0, 2.0)), ((1, 1),), "output", "X", "x = 1"),
        Sweep((0.1, 0.01), (1.0, None), None, 0.1, "[0]", "x = 1", "2"),
        Agreement("x", (0.0, 1.0), {"float64": (15.0, None)}, "y = 1"),
    )
    leaf = Verdict(replace(claim, name="leaf", wrt="p"), "holds", digits=30)
    verdict = Verdict(
        claim,
        "fails",
        certified=True,
        digits=3,
        reason="why",
        counterexample=point,
        diagnosis="a sign",
        assumption="x > 0",
        branches=(Branch("x > 0", 1, 2, 3),),
        sample=point,
        points=4,
        kinks=1,
        notes=("one", "two"),
        seed=3,
        wrong=1,
        entries=2,
        detection_limit={"x": 1.23456789012345e-9, "y": math.inf},
        mutants=5,
        survivors=("a sign",),
        leaves=(leaf,),
        reproduction="gradcheck.check(f)",
        printed=Printed("differs", "3 is printed"),
        pictures=pictures,
        quality=Quality("x", (Range("float32", None, 3.0, (-10.0, 10.0), "overflows below"),), "right, but unstable"),
    )
    problem = Problem("doc::b", "its check raised", "look")
    return Audit((claim,), (verdict,), (problem,), 3, ("notes.md",), (Judged("notes.md", (verdict,), {"claim": 1}),))


def kept(done: Audit, folder: Path) -> Audit:
    """The audit, written into a file and read again."""
    files.replace(folder / "results.json", audit_json(done))
    return stored.read(folder / "results.json")


def renderings() -> dict[str, Callable[[Audit], Any]]:
    """Every rendering that there is, of formats, of report files, of single claims, and of verdicts as text."""
    return {
        **{f"format {name}": one for name, one in formats.renderings().items()},
        **{f"file {name}": one for name, one in files.renderings().items()},
        "claims": lambda done: [shown(done, verdict) for verdict in done.verdicts],
        "messages": lambda done: [str(verdict) for verdict in done.verdicts],
        "sentences": lambda done: [repr(verdict) for verdict in done.verdicts],
        "notebook": lambda done: [verdict._repr_html_() for verdict in done.verdicts],
        "exit code": lambda done: done.exit_code,
    }


def shown(done: Audit, verdict: Verdict) -> str:
    """What ``gradcheck show`` prints."""
    console = terminal.console()
    with console.capture() as captured:
        terminal.print_claim(console, done, verdict)
    return captured.get()


@pytest.mark.parametrize("which", ["full_audit", "located_audit", "rich_audit", "reference"])
def test_every_rendering_of_what_was_read_is_that_of_the_fresh_audit(
    which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    done: Audit = request.getfixturevalue(which)
    again = kept(done, tmp_path)
    assert all(type(claim) is Claim for claim in again.claims) and all(type(one) is Verdict for one in again.verdicts)
    for name, render in renderings().items():
        assert render(again) == render(done), name
    assert kept(again, tmp_path) == again


def test_a_verdict_and_a_document_share_their_claims_and_verdicts(located_audit: Audit, tmp_path: Path) -> None:
    again = kept(located_audit, tmp_path)
    assert all(verdict.claim is claim for verdict, claim in zip(again.verdicts, again.claims, strict=True))
    assert all(one is other for one, other in zip(again.documents[0].verdicts, again.verdicts, strict=True))


def test_an_accepted_finding_stays_accepted(located_audit: Audit, tmp_path: Path) -> None:
    done = replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known since May"})
    again = kept(done, tmp_path)
    assert again.accepted == done.accepted and again.failing[0].claim.name == "15:5"


def test_the_same_audit_gives_the_same_bytes_and_no_path_of_this_machine(rich_audit: Audit) -> None:
    told = audit_json(rich_audit)
    assert told == audit_json(rich_audit)
    assert str(Path.cwd()) not in told and '"made_in": "claims/doc.py"' in told


def test_functions_of_a_stored_claim_are_named_and_refuse_to_run(full_audit: Audit, tmp_path: Path) -> None:
    claim = kept(full_audit, tmp_path).claims[0]
    assert claim.primal == StoredFunction("absolute")
    generic = claim.generics["f"][1]
    for function in (claim.primal, generic, generic.derivative):
        assert callable(function)
        with pytest.raises(
            NotStoredError, match=r"cannot be called: .* audit its source again \(gradcheck audit PATH\)"
        ):
            function(1.0)


def test_a_space_of_somebodys_own_keeps_name_and_shape_and_refuses_to_draw(rich_audit: Audit, tmp_path: Path) -> None:
    inputs = kept(rich_audit, tmp_path).claims[0].inputs
    assert inputs["x"] == Reals(2, low=-1.0) and inputs["t"] == OneHot(4)
    near = inputs["near"]
    assert near == StoredSpace("Near", (2, 3), True)
    for draw in (
        near.special,
        near.strategy,
        lambda: near.sample(np.random.default_rng()),
        lambda: near.contains(near),
    ):
        with pytest.raises(NotStoredError, match="the space Near has no values"):
            draw()


def test_names_of_functions_do_not_differ_from_run_to_run() -> None:
    assert [absent.name_of(one) for one in (np.exp, partial(np.exp), math.sin, len)] == [
        "exp",
        "exp",
        "sin",
        "len",
    ]
    assert "0x" not in absent.name_of(test_names_of_functions_do_not_differ_from_run_to_run.__get__(object()))
    assert absent.name_of(lambda: 0).endswith("<lambda>")


def test_every_field_of_every_class_is_stored_or_left_out_with_a_reason(rich_audit: Audit) -> None:
    document = as_json(rich_audit)
    assert {one.name for one in fields(Audit)} <= set(document)
    told = [document["verdicts"][0], document["claims"][0], document["documents"][0]]
    for kind, data in zip((Verdict, Claim, Judged), told, strict=True):
        names = {one.name for one in fields(kind)}
        left_out = LEFT_OUT.get(kind.__name__, {})
        assert names == (set(data) - set(COMPUTED.get(kind.__name__, {}))) | set(left_out)
        assert all(left_out.values()) and set(left_out) <= names


def test_a_field_that_is_added_is_stored_and_one_of_a_type_without_a_form_is_refused() -> None:
    @dataclass(frozen=True)
    class More(Printed):
        weight: float = 0.5

    @dataclass(frozen=True)
    class Worse(Printed):
        stream: bytes = b""

    # Annotations are looked up where the class is defined.
    globals().update(More=More, Worse=Worse)
    made = record(More).write(More("agrees", weight=2.0), Context())
    assert made == {"outcome": "agrees", "detail": "", "weight": 2.0}
    assert record(More).read(made, Context()) == More("agrees", weight=2.0)
    with pytest.raises(
        TypeError, match=r"bytes'> has no form in which it could be stored; give it one in gradcheck/stored"
    ):
        record(Worse).write(Worse("agrees"), Context())


def test_a_field_with_a_default_may_be_missing_as_in_older_documents(full_audit: Audit) -> None:
    document = as_json(full_audit)
    for verdict in document["verdicts"]:
        del verdict["quality"], verdict["notes"]
    again = stored.rebuilt(document)
    assert again.verdicts[2].notes == () and again.verdicts[2].diagnosis == full_audit.verdicts[2].diagnosis
    assert all(one.default is not MISSING for one in fields(Verdict) if one.name in ("quality", "notes"))


def as_json(done: Audit) -> Any:
    """The document as a program reads it."""
    return json.loads(audit_json(done))


FAULTS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda d: d["verdicts"][2].update(points="many"), 'verdicts[2].points is "many" where a whole number is expected'),
    (lambda d: d["verdicts"][2].update(points=True), "verdicts[2].points is true where a whole number is expected"),
    (lambda d: d["verdicts"][2].update(status="wrong"), 'verdicts[2].status is "wrong" where one of holds, fails'),
    (
        lambda d: d["verdicts"][2].update(claim=99),
        "verdicts[2].claim is 99 where the number of one of 11 claims, from 0,",
    ),
    (lambda d: d["verdicts"][2].update(claim=3), 'verdicts[2].key is "fully-connected::elu-jacobian" where the other'),
    (lambda d: d["verdicts"][2].pop("status"), "verdicts[2].status is missing"),
    (
        lambda d: d["verdicts"][2].update(speed=3),
        "verdicts[2].speed is not known; the fields of Verdict are claim, status",
    ),
    (
        lambda d: d["verdicts"][2]["counterexample"]["entries"][0].update(error="big"),
        'verdicts[2].counterexample.entries[0].error is "big" where a number, "nan", "inf" or "-inf" is expected',
    ),
    (
        lambda d: d["verdicts"][2]["counterexample"]["inputs"].update({"X 1": [1, {"a": 1}]}),
        'verdicts[2].counterexample.inputs["X 1"][1] is an object where a number, text, an array',
    ),
    (lambda d: d["claims"][2].pop("source"), "claims[2].source is missing"),
    (lambda d: d["claims"][2].update(wrt="Y"), "claims[2] cannot be: claim fully-connected::elu-jacobian: wrt='Y'"),
    (
        lambda d: d["claims"][2].update(primal="abs"),
        'claims[2].primal is "abs" where a function, {"function": NAME} is',
    ),
    (
        lambda d: d["claims"][2]["inputs"]["X"].update(low=3.0, high=2.0),
        "claims[2].inputs.X cannot be: Reals(low=3.0, high=2.0): low must be below high",
    ),
    (
        lambda d: d["claims"][2]["inputs"]["X"].update(type="Real"),
        'claims[2].inputs.X.type is "Real" where one of Reals',
    ),
    (
        lambda d: d["claims"][2]["source"].update(end=[1]),
        "claims[2].source.end is an array of 1 where an array of 2 is",
    ),
    (lambda d: d["verdicts"].pop(), "counts is not what the verdicts come to (holds 2, fails 3"),
    (lambda d: d["rows"].pop(), "rows is an array of 10 where one row a verdict is expected"),
    (lambda d: d.pop("claims"), "claims is missing"),
    (lambda d: d.update(extra=1), "extra is not known; what is expected is format, version"),
    (lambda d: d.update(seed=None), "seed is null where a whole number is expected"),
    (lambda d: d.update(problems={}), "problems is an object where an array is expected"),
    (lambda d: d.update(version=2), "was written by gradcheck 0.1.0 as version 2 of the document"),
    (lambda d: d.update(version="1"), 'version is "1" where a number from 1 is expected'),
    (lambda d: d.update(format="else"), "is JSON, but not gradcheck's"),
]


@pytest.mark.parametrize(("spoil", "message"), FAULTS)
def test_a_fault_is_told_by_its_place_in_the_document(
    full_audit: Audit, tmp_path: Path, spoil: Callable[[Any], Any], message: str
) -> None:
    document = as_json(full_audit)
    file = tmp_path / "results.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert stored.read(file).counts == full_audit.counts
    spoil(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ResultsError) as raised:
        stored.read(file)
    told = str(raised.value)
    assert told.startswith(f"{file}: {message}"), told
    assert "write it anew with gradcheck audit" in told or "install a newer" in told or "name an audit.json" in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read beyond line 1, column 1: it ends too early; write it anew"),
        (b'{"format": "gradcheck results",', "cannot be read beyond line 1, column 32: it ends too early"),
        (b"{'format': 1}", "cannot be read beyond line 1, column 2: it is not JSON there (Expecting property name"),
        (b"\xff\xfe", "is not UTF-8, so these are not gradcheck's results"),
        (b"[" * 100_000, "is no JSON that can be read"),
        (b"7", "is JSON, but not gradcheck's"),
        (b'{"runs": []}', "is JSON, but not gradcheck's"),
        (b'[{"claim": "a", "verdict": "holds"}]', "has the rows of a table alone, as older versions wrote them"),
        (b'{"gradcheck": "0.1.0", "seed": 0, "rows": []}', "was written before results could be read again"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(content)
    with pytest.raises(ResultsError) as raised:
        stored.read(file)
    assert f"{file}: {message}" in str(raised.value)


def test_a_file_that_is_missing_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"there is no such file; name the audit\.json of a report folder"):
        stored.read(tmp_path / "nowhere.json")
    with pytest.raises(ResultsError, match=r"cannot be read .*; name a file that can"):
        stored.read(tmp_path)


def test_a_document_cut_anywhere_is_refused(full_audit: Audit, tmp_path: Path) -> None:
    told = audit_json(full_audit)
    for length in range(0, len(told) - 2, 997):
        (tmp_path / "cut.json").write_text(told[:length], encoding="utf-8", errors="backslashreplace")
        with pytest.raises(ResultsError, match=r"it ends too early|it is not JSON there"):
            stored.read(tmp_path / "cut.json")


def test_a_number_that_is_none_is_told_by_its_place(full_audit: Audit, tmp_path: Path) -> None:
    told = audit_json(full_audit).replace('"error": 0.367', '"error": NaN', 1)
    (tmp_path / "nan.json").write_text(told, encoding="utf-8")
    with pytest.raises(
        ResultsError, match=r"verdicts\[2\]\.counterexample\.entries\[0\]\.error is NaN \(which is no JSON\)"
    ):
        stored.read(tmp_path / "nan.json")


def test_the_published_schema_is_current_and_a_schema() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), (
        "write it anew: gradcheck report --schema --to gradcheck/report/schemas/results.schema.json"
    )
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("which", ["full_audit", "located_audit", "rich_audit", "reference"])
def test_the_schema_holds_for_what_is_written(which: str, request: pytest.FixtureRequest) -> None:
    done: Audit = request.getfixturevalue(which)
    assert [error.message for error in Draft202012Validator(schema()).iter_errors(as_json(done))] == []


def test_the_schema_refuses_what_reading_refuses(full_audit: Audit) -> None:
    validator = Draft202012Validator(schema())
    # What needs the whole document to be seen: numbers that refer, counts, and what classes refuse themselves.
    beyond = ("claim is 99", "key is", "cannot be:", "counts is", "rows is")
    refused = 0
    for spoil, message in FAULTS:
        document = as_json(full_audit)
        spoil(document)
        if not any(word in message for word in beyond):
            assert not validator.is_valid(document), message
            refused += 1
    assert refused == 18


@pytest.mark.parametrize(
    ("annotation", "value", "data"),
    [
        (float, math.nan, "nan"),
        (float, -math.inf, "-inf"),
        (float | None, None, None),
        (frozenset[str], frozenset("ba"), ["a", "b"]),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (dict[int, str], {0: "product rule", 12: "chain rule"}, {"0": "product rule", "12": "chain rule"}),
        (Any, [1.0, -math.inf], [1.0, {"number": "-inf"}]),
        (Any, np.float32(0.5), 0.5),
        (Any, 1j, "1j"),
    ],
)
def test_what_json_has_not_is_written_in_words(annotation: Any, value: Any, data: Any) -> None:
    one = form(annotation)
    made = one.write(value, Context())
    assert made == data
    assert json.loads(json.dumps(made, allow_nan=False)) == data
    again = one.read(made, Context())
    assert again == value or str(again) == str(value)


def test_a_form_refuses_what_is_not_its_own() -> None:
    for annotation, wrong in ((float, "1"), (float, True), (bool, 1), (tuple[str, ...], "abc"), (dict[str, int], [])):
        with pytest.raises(MisfitError, match="is expected"):
            form(annotation).read(wrong, Context())
    with pytest.raises(MisfitError, match=r'\["-1"\] is "-1" where a whole number as a name is expected'):
        form(dict[int, str]).read({"0": "", "-1": ""}, Context())


def test_a_set_of_defaults_is_no_list_of_fields() -> None:
    @dataclass(frozen=True)
    class Sized:
        names: tuple[str, ...] = field(default=())

    globals().update(Sized=Sized)
    assert record(Sized).read({}, Context()) == Sized()
    with pytest.raises(MisfitError, match=r"names\[1\] is 2 where text is expected"):
        record(Sized).read({"names": ["a", 2]}, Context())
