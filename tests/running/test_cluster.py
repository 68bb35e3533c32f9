"""Audits on a real Dask scheduler with several worker processes on the loopback, one of which is killed on the way."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradcheck.audit import Audit, Problem, audit, collect, documents_in
from gradcheck.verdict import Verdict

distributed = pytest.importorskip("distributed", reason="audits on a cluster need distributed (gradcheck[dask])")

from gradcheck.running.cluster import Cluster, ClusterError  # noqa: E402 - after the skip
from gradcheck.running.isolated import Isolated  # noqa: E402
from gradcheck.running.limits import Limits  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # of Dask's own, on closing event loops and comms

CLAIMS = """
import os
from gradcheck.claim import Sheet
from gradcheck.domains import Reals

doc = Sheet("doc", "doc.txt", "Doc")


def claim(name, primal, factor=2):
    doc.claim(name, "derivative", 1, "2x", primal=primal, claimed=lambda x: factor * x, inputs={"x": Reals()}, wrt="x")


for number in range(8):
    claim(f"square {number}", lambda x: x * x, 2 + (number == 5))
claim("leaves", lambda x: os._exit(3))
claim("talks", lambda x: print("it talks") or x * x)
"""
PAGE = "Let $f(x) = x^2$. Then $f'(x) = 2x$.\n\nLet $g(x) = x^3$. Then $g'(x) = 2x$.\n"


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ten claims in code and two in a page."""
    (tmp_path / "claims.py").write_text(CLAIMS, encoding="utf-8")
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_killed_worker_loses_no_verdict_and_none_is_there_twice(
    scheduler: str, tree: Path, written: Callable[[Audit], str]
) -> None:
    said: list[tuple[str, str]] = []
    told: list[Verdict | Problem] = []
    claims, problems = collect(["."])
    cluster = Cluster(scheduler, Limits(100, None), on_output=lambda claim, text: said.append((claim, text)))
    try:
        pids = list(cluster.client.run(os.getpid).values())

        def kill_one(outcome: Verdict | Problem) -> None:
            told.append(outcome)
            if len(told) == 2:
                os.kill(pids[0], signal.SIGKILL)

        found = audit(
            claims,
            problems,
            paths=["."],
            documents=documents_in(["."]),
            executor=cluster,
            on_verdict=kill_one,
        )
        after = list(cluster.client.run(os.getpid).values())
    finally:
        cluster.stop()
    assert len(pids) == 2 and pids[0] not in after, "one was killed"
    keys = Counter(outcome.where if isinstance(outcome, Problem) else outcome.claim.key for outcome in told)
    assert set(keys.values()) == {1} and len(keys) == 12
    assert [verdict.status for verdict in found.verdicts] == [*["holds"] * 5, "fails", *["holds"] * 4, "fails"]
    assert [str(problem).partition("; ")[0] for problem in found.problems] == [
        "doc::leaves: its check gave no verdict: it ended its process with exit code 3"
    ]
    assert said and said[0][0] == "doc::talks" and said[0][1].startswith("it talks")
    with Isolated(1) as executor:
        alone = audit(claims, problems, paths=["."], documents=documents_in(["."]), executor=executor)
    assert written(found) == written(alone)


def test_the_command_audits_on_a_cluster(scheduler: str, tree: Path) -> None:
    from click.testing import CliRunner

    from gradcheck.cli import main

    (tree / "claims.py").unlink()
    done = CliRunner().invoke(main, ["audit", ".", "--dask", scheduler, "--format", "lines"])
    assert done.exit_code == 1
    assert "page.md:3:" in done.stdout and "fails" in done.stdout


def test_no_scheduler_and_no_address_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.running.cluster.ANSWERS_WITHIN", 0.2)
    with pytest.raises(ClusterError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9 .*start one with"):
        Cluster("tcp://127.0.0.1:9")


def test_workers_of_another_version_are_refused(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.running.cluster.__version__", "0.0.0")
    with pytest.raises(ClusterError, match=r"has gradcheck .*, and this is 0\.0\.0; .* install one version everywhere"):
        Cluster(scheduler)


def test_only_units_are_handed_to_a_cluster(scheduler: str) -> None:
    cluster = Cluster(scheduler)
    try:
        with pytest.raises(TypeError, match="a cluster performs the units of an audit"):
            cluster.submit(str, 3)
    finally:
        cluster.stop()
