"""Training on real data: what it reaches, what its check of the first gradients catches, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from click.testing import CliRunner, Result

from reference import train as command
from reference.networks.network import Network
from reference.networks.pieces import ACTIVATIONS, INITIALISATIONS, NetworkError
from reference.networks.relu_softmax import ReluSoftmax
from reference.optimisers import FIRST_ORDER, SECOND_ORDER
from reference.training import choices, gradients, page
from reference.training.choices import NETWORKS, Choice
from reference.training.data import DATA, load, shifted
from reference.training.gradients import FirstSteps, WrongGradientError, against_jax, judged
from reference.training.runs import Wanted, train

Array = np.ndarray[Any, np.dtype[Any]]
REPORTS = Path(__file__).resolve().parents[3] / "reports" / "training"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.main, arguments)


def test_digits_reach_over_97_percent_of_the_test_samples() -> None:
    done = train(Wanted("relu-softmax"), load("digits"))
    assert done.accuracy > 0.97
    assert done.checked.checked == 3 and done.checked.farthest < 1e-12
    assert done.checked.verdict is not None and done.checked.verdict.status == "holds"


def test_the_page_says_what_every_network_reaches() -> None:
    text = (REPORTS / "README.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and "%" in line]
    assert [row[0].removeprefix("| ") for row in rows] == 2 * list(NETWORKS)
    reached = {row[0].removeprefix("| "): float(row[-1].strip("% |")) for row in rows[: len(NETWORKS)]}
    assert all(share > 97 for name, share in reached.items() if name != "linear"), reached
    assert all("3 steps as JAX, holds, certified" in row[5] for row in rows)
    for name in re.findall(r"\]\((\w+\.svg)\)", text):
        assert (REPORTS / name).stat().st_size < 200_000


def test_no_test_sample_is_trained_with_and_the_split_is_of_no_seed() -> None:
    for name in DATA:
        data = load(name)
        assert len(data.X_test) == (len(data.X) + len(data.X_test)) // 5
        seen = {row.tobytes() for row in np.round(data.X, 9)}
        both = [row for row in np.round(data.X_test, 9) if row.tobytes() in seen]
        assert len(both) <= 1  # two irises are alike
        again = load(name)
        assert np.array_equal(data.X, again.X) and np.array_equal(data.labels_test, again.labels_test)
        assert np.bincount(data.labels_test).min() >= 10


def test_a_picture_is_moved_without_coming_in_on_the_other_side() -> None:
    data = load("digits")
    moved = shifted(data)
    assert len(moved.X) == 5 * len(data.X)
    first = data.X[0].reshape(8, 8)
    pictures = moved.X.reshape(5, len(data.X), 8, 8)[:, 0]
    assert np.array_equal(pictures[0], first)
    assert {tuple(map(int, np.argwhere(np.all(picture == 0, axis=1)).ravel())) for picture in pictures[3:]} != {()}
    assert np.array_equal(pictures[1][:, :-1], first[:, 1:]) and not pictures[1][:, -1].any()
    assert np.array_equal(pictures[4][1:], first[:-1]) and not pictures[4][0].any()
    with pytest.raises(NetworkError, match="iris: its samples are no pictures that could be moved"):
        shifted(load("iris"))


def test_the_gradients_of_jax_are_those_of_a_loss_written_in_jax() -> None:
    rng = np.random.default_rng(0)
    of = ReluSoftmax.drawn((5, 7, 6, 3), rng)
    X, T = rng.normal(size=(9, 5)), np.eye(3)[rng.integers(3, size=9)]

    def loss(p: Any) -> Any:
        hidden = jax.nn.relu(jax.nn.relu(X @ p["W1"].T + p["b1"]) @ p["W2"].T + p["b2"])
        return -jnp.mean(jnp.sum(T * jax.nn.log_softmax(hidden @ p["W3"].T + p["b3"]), axis=1))

    with jax.enable_x64(True):
        true = jax.grad(loss)({name: jnp.asarray(w) for name, w in of.parameters.items()})
        assert float(loss(of.parameters)) == pytest.approx(float(of.loss(of.parameters, X, T)), rel=1e-12)
    found = gradients.by_jax(of, X, T)
    for name, g in true.items():
        assert found[name] == pytest.approx(np.asarray(g), abs=1e-12)
    assert against_jax(of, X, T) < 1e-12


class Unsquashed(ReluSoftmax):
    """The network of the document whose δ goes down without relu′."""

    def data_gradients(self, X: Array, T: Array) -> dict[str, Array]:
        _, A1, _, _, Z3 = self.layers(self.parameters, X)
        right = super().data_gradients(X, T)
        D3 = (np.exp(Z3) / np.exp(Z3).sum(axis=1, keepdims=True) - T) / len(X)
        D2 = D3 @ self.parameters["W3"]
        return {**right, "W2": D2.T @ A1, "b2": D2.sum(axis=0)}


class Transposed(ReluSoftmax):
    """A gradient of the wrong shape."""

    def data_gradients(self, X: Array, T: Array) -> dict[str, Array]:
        right = super().data_gradients(X, T)
        return {**right, "W3": right["W3"].T}


class Forgetful(ReluSoftmax):
    """A network whose gradients are without those of its penalty."""

    def gradients(self, X: Array, T: Array) -> dict[str, Array]:
        return self.data_gradients(X, T)


def wrongly(kind: type[ReluSoftmax]) -> Callable[..., Network]:
    return lambda choice, sizes, rng: kind.drawn(sizes, rng, penalty=choices._penalty(choice))


@pytest.mark.parametrize(
    ("kind", "rate", "message"),
    [
        (Unsquashed, 0.0, r"step 1: the gradient of W2 is wrong: entry \[\d+, \d+\] is .*, and JAX says "),
        (Transposed, 0.0, r"step 1: the gradient of W3 has the shape \(8, 3\), and W3 has \(3, 8\)"),
        (Forgetful, 0.01, "step 1: the gradient of W1 is wrong"),
    ],
)
def test_a_wrong_gradient_is_caught_before_the_first_step(
    kind: type[ReluSoftmax], rate: float, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = choices.Kind("relu-softmax", "three-layer-network", wrongly(kind), NETWORKS["relu-softmax"].may, "")
    monkeypatch.setattr(choices, "NETWORKS", {**NETWORKS, "relu-softmax": wrong})
    with pytest.raises(WrongGradientError, match=message):
        train(Wanted("relu-softmax", Choice(l2=rate), epochs=1), load("iris"))
    done = run("--data", "iris", "--network", "relu-softmax", "--epochs", "1", "--l2", str(rate))
    assert done.exit_code == 1
    assert re.search(message.replace("step 1", "iris, relu-softmax: step 1"), done.output)


def test_gradcheck_s_own_finding_is_told_with_its_counterexample() -> None:
    rng = np.random.default_rng(1)
    of = Unsquashed.drawn((4, 5, 4, 3), rng)
    X, T = rng.normal(size=(6, 4)), np.eye(3)[rng.integers(3, size=6)]
    with pytest.raises(WrongGradientError, match="step 1: a gradient is wrong:\nFAILS") as caught:
        judged(of, X, T)
    assert "parameters['W2']: fails" in str(caught.value) and "parameters['W1']: holds" in str(caught.value)
    assert judged(ReluSoftmax.drawn((4, 5, 4, 3), rng), X, T).status == "holds"


def test_every_first_step_is_checked_and_no_more() -> None:
    rng = np.random.default_rng(2)
    of, look = ReluSoftmax.drawn((4, 5, 4, 3), rng), FirstSteps(2, judge=False)
    for _ in range(4):
        look(of, rng.normal(size=(6, 4)), np.eye(3)[rng.integers(3, size=6)])
    assert look.checked == 2 and look.verdict is None


@pytest.mark.parametrize("optimiser", [*FIRST_ORDER, *SECOND_ORDER])
def test_every_optimiser_learns_iris(optimiser: str) -> None:
    data = load("iris")
    done = train(Wanted("relu-softmax", optimiser=optimiser, epochs=40, first_steps=0), data)
    assert done.train[-1] > 0.9, done.run.losses
    assert done.run.losses[-1] < 0.5 * done.run.losses[0]


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.2},
        {"batch_norm": True},
        {"residual": True},
        {"l1": 1e-4, "l2": 1e-4},
        {"activation": "leaky-relu", "hidden": (12,)},
        {"dropout": 0.1, "batch_norm": True, "residual": True, "l2": 1e-4},
    ],
    ids=lambda options: "-".join(options),
)
def test_every_remedy_trains_with_gradients_that_are_checked(options: dict[str, Any]) -> None:
    done = train(Wanted("fully-connected", Choice(**options), epochs=30, first_steps=2), load("iris"))
    assert done.checked.checked == 2 and done.checked.farthest < 1e-9
    assert done.checked.verdict is not None and done.checked.verdict.status == "holds"
    assert done.train[-1] > 0.9


def test_the_command_prints_a_table_and_writes_a_page_that_is_the_same_again(tmp_path: Path) -> None:
    arguments = ("--data", "iris", "--network", "relu-softmax", "--epochs", "12", "--output")
    first, second = (run(*arguments, str(tmp_path / name)) for name in ("one", "two"))
    assert first.exit_code == second.exit_code == 0, first.output
    assert "iris  relu-softmax  4-16-8-3  adam       3 steps as JAX, holds, certified  12" in first.output
    assert {file.name for file in (tmp_path / "one").iterdir()} == {"README.md", "iris.svg"}
    for name in ("README.md", "iris.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    text = (tmp_path / "one" / "README.md").read_text(encoding="utf-8")
    assert "| relu-softmax | three-layer-network | 4-16-8-3 | cross-entropy of softmax | adam |" in text
    assert "loss of the training samples" in (tmp_path / "one" / "iris.svg").read_text(encoding="utf-8")


def test_early_stopping_and_a_threshold_say_why_a_run_ended() -> None:
    done = run("--data", "iris", "--network", "dnn", "--patience", "4", "--epochs", "400", "--check", "0")
    assert done.exit_code == 0, done.output
    assert re.search(
        r"iris, dnn: ended after \d+ iterations: the validation loss was least after iteration \d+", done.output
    )
    done = run("--data", "iris", "--network", "linear", "--batch", "all", "--threshold", "0.01", "--check", "0")
    assert "every change is below 0.01" in done.output
    assert "not checked" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "mnist"], "'mnist' is not one of 'digits', 'iris'"),
        (["--network", "cnn"], "'cnn' is not one of"),
        (["--hidden", "9;8"], "'9;8': whole numbers with commas between them are expected, as in 96,48"),
        (["--batch", "none"], "'none': a number of samples from 1 on is expected, or all"),
        (["--data", "iris", "--step", "-1"], "adam: step=-1.0 is not a finite number above 0"),
        (["--data", "iris", "--epochs", "0"], "most=0 is not a whole number of at least 1"),
        (
            ["--data", "iris", "--optimiser", "bfgs", "--step", "1"],
            "bfgs finds its steps by itself: leave the step 1 out",
        ),
        (["--data", "iris", "--optimiser", "newton", "--batch", "9"], "newton looks at all samples at once"),
        (["--data", "digits", "--optimiser", "newton"], "newton keeps a matrix of 11386 × 11386 numbers"),
        (
            ["--data", "iris", "--network", "linear", "--dropout", "0.1"],
            "linear has no dropout, which only fully-connected",
        ),
        (
            ["--data", "iris", "--network", "relu-softmax", "--hidden", "9"],
            "relu-softmax has two hidden layers, as its",
        ),
        (["--data", "iris", "--network", "fully-connected", "--dropout", "1"], "does not lie in [0, 1)"),
        (["--data", "iris", "--network", "fully-connected", "--l2", "-1"], "l2=-1.0: a rate of at least 0 is expected"),
        (
            ["--data", "iris", "--network", "dnn", "--hidden", "0"],
            "at least one, of at least one unit each, is expected",
        ),
        (["--data", "iris", "--shifts"], "iris: its samples are no pictures that could be moved"),
        (
            ["--data", "iris", "--network", "linear", "--optimiser", "sgd", "--step", "99", "--check", "0"],
            "iris, linear: the loss is",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_refused_with_a_remedy(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.output.replace("│", " ").split())


def test_a_set_up_without_scikit_learn_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    done = run("--data", "iris")
    assert done.exit_code == 2
    assert "the data comes with scikit-learn, which is not installed: pip install 'gradcheck[train]'" in done.output


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(
        "--data", "iris", "--network", "linear", "--epochs", "2", "--check", "0", "--output", str(tmp_path / "file")
    )
    assert done.exit_code == 2
    assert "cannot be written" in done.output


def test_the_names_in_the_command_are_those_there_are() -> None:
    assert tuple(NETWORKS) == command.NETWORK_NAMES
    assert (*FIRST_ORDER, *SECOND_ORDER) == command.OPTIMISER_NAMES
    assert {name for name in ACTIVATIONS if name != "softmax"} == set(command.ACTIVATION_NAMES)
    assert tuple(INITIALISATIONS) == command.DRAW_NAMES


def test_a_curve_is_drawn_from_low_to_high() -> None:
    assert page.curve([0, 1, 2, 3]) == "▁▃▆█"
    assert page.curve([5.0] * 20) == "▁" * 12
    assert len(page.curve(list(range(100)))) == 12
