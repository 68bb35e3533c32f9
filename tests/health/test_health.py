"""A healthy stack is told healthy, and any other with the layer that it turns at; what the documents claim is certified."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gradcheck.checking import check
from gradcheck.claim import Claim
from gradcheck.cli import main
from gradcheck.health import depth, words
from gradcheck.health.claims import SHEET
from gradcheck.health.depth import ACTIVATIONS, INITIALISATIONS, profile, profiles
from gradcheck.health.stack import StackError, measure
from reference.depth import SHEET as AUDITED
from reference.networks.layers import Dense
from reference.networks.pieces import SIGMOID, TANH

Array = np.ndarray[Any, np.dtype[Any]]
REPORTS = Path(__file__).resolve().parents[2] / "reports"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 12))


def affine(scale: float) -> Callable[[Any], Any]:
    W = RNG.normal(size=(12, 12)) * scale / np.sqrt(12)
    return lambda a: a @ W


def stack(f: Callable[[Any], Any], layers: int, scale: float = 1.0) -> list[Any]:
    return [part for _ in range(layers) for part in (affine(scale), f)]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def relu(z: Any) -> Any:
    return np.where(z > 0, z, 0.0)


def test_a_healthy_stack_is_told_healthy() -> None:
    found = measure(stack(np.tanh, 6, 1.1), X)
    assert found.status == "healthy" and found.where is None
    assert words.finding(found).startswith("healthy: the gradient is 1 at the output and ")
    assert words.remarks(found) == []
    assert len(found.layers) == 12


def test_a_vanishing_stack_is_told_with_the_layer() -> None:
    """Seven sigmoids above tanh: each takes a quarter at most, so that it turns below the fifth from the top."""
    found = measure([*stack(np.tanh, 3), *stack(sigmoid, 7)], X)
    assert found.status == "vanishing"
    assert found.where is not None and found.layers[found.where].name == f"{found.where + 1} sigmoid"
    assert 6 < found.where < 13
    told = words.finding(found)
    assert f"Below 1/1000 of the output's from layer {found.where + 1} sigmoid down" in told
    assert re.search(r"the smallest factor is 0\.\d+, of layer \d+ sigmoid", told)


def test_an_exploding_stack_is_told_with_the_layer() -> None:
    found = measure(stack(relu, 8, 5.0), X)
    assert found.status == "exploding"
    assert "gradients explode: " in words.finding(
        found
    ) and "Above 1000 times the output's from layer" in words.finding(found)


def test_the_limit_decides() -> None:
    layers = [lambda a: a / 10, lambda a: a / 10]
    assert measure(layers, X).status == "healthy"
    found = measure(layers, X, limit=50)
    assert (found.status, found.where) == ("vanishing", 0)
    assert found.ratio == pytest.approx(0.01)


def test_each_norm_is_that_of_the_chain_of_jacobians() -> None:
    W, V = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))
    x, c = RNG.normal(size=(1, 3)), np.array([[1.0, -2.0]])
    found = measure([lambda a: a @ W, np.tanh, lambda a: a @ V], x, cotangent=c)
    g3 = c @ V.T
    g2 = g3 * (1 - np.tanh(x @ W) ** 2)
    g1 = g2 @ W.T
    assert [layer.gradient for layer in found.layers] == pytest.approx([np.linalg.norm(g) for g in (g1, g2, g3)])
    assert found.layers[1].factor == pytest.approx(np.linalg.norm(g2) / np.linalg.norm(g3))
    assert found.layers[2].signal == pytest.approx(np.sqrt(np.mean((np.tanh(x @ W) @ V) ** 2)))
    assert found.end == pytest.approx(np.sqrt(5))


def test_functions_of_jax_and_objects_with_a_forward_are_layers() -> None:
    rng = np.random.default_rng(1)
    layers = [Dense.drawn(12, 9, TANH, rng), ("jax", lambda a: jnp.tanh(a) * 2), Dense.drawn(9, 5, SIGMOID, rng)]
    found = measure(layers, X)
    assert [layer.name for layer in found.layers] == ["1 Dense", "2 jax", "3 Dense"]
    assert [layer.units for layer in found.layers] == [9, 9, 5]
    backward = np.random.default_rng(0).normal(size=(24, 5))
    backward /= np.linalg.norm(backward)
    layers[0].forward(X)
    middle = np.tanh(np.asarray(layers[0].forward(X))) * 2
    layers[2].forward(middle)
    assert found.layers[2].gradient == pytest.approx(np.linalg.norm(layers[2].backward(backward)))


def test_dead_units_are_found_and_living_ones_are_not() -> None:
    bias = np.where(np.isin(np.arange(12), (2, 7)), -100.0, 0.0)
    found = measure([affine(1.0), lambda a: a + bias, ("relu", relu)], X)
    assert found.layers[2].dead == (2, 7)
    assert "layer 3 relu: 2 of 12 units (2, 7) are dead, 0 for every sample" in words.remarks(found)
    joined = measure([lambda a: relu(a + bias)], X)
    assert joined.layers[0].dead == (2, 7)
    assert measure([affine(1.0), relu], X).layers[1].dead == ()


def test_a_unit_that_is_0_but_hands_a_gradient_back_is_not_dead() -> None:
    assert measure([lambda a: 0 * a + a * np.where(np.arange(12) == 3, 0.0, 1.0)], X).layers[0].dead == (3,)
    x = np.where(np.arange(12) == 3, 0.0, X)
    assert measure([lambda a: 2 * a], x).layers[0].dead == ()


def test_saturated_units_are_found_where_a_layer_works_entry_by_entry() -> None:
    x = np.where(np.arange(12) == 5, 9.0, X / 4)
    found = measure([np.tanh, lambda a: np.tanh(a @ np.eye(12) * 0.01)], x)
    assert found.layers[0].saturated == (5,)
    assert found.layers[1].saturated == tuple(range(12))
    mixed = measure([lambda a: np.tanh(a[:, ::-1])], x)
    assert mixed.layers[0].saturated is None
    assert words.rows(mixed)[0][-1] == "not told"


def test_a_gradient_that_is_0_or_overflows_is_told() -> None:
    found = measure([lambda a: a + 1, lambda a: np.where(a > 100, a, 0.0), np.tanh], X)
    assert (found.status, found.where) == ("dead", 1)
    assert words.finding(found) == "no gradient comes through layer 2: it hands 0 back"
    steep = measure(
        [lambda a: a * 1e-200, lambda a: a * 1e200, lambda a: a * 1e200], X, cotangent=np.full((24, 12), 1e200)
    )
    assert steep.status == "overflowing"
    assert words.finding(steep) == "the gradient overflows in layer 3"


@pytest.mark.parametrize(
    ("layers", "x", "message"),
    [
        ([], X, "there are no layers: a list of functions is expected"),
        ([np.tanh, 3], X, "layer 2 is 'int': a function of one array is expected, an object with a forward"),
        ([np.tanh], "abc", "the input is no array of numbers: str"),
        ([np.tanh], np.zeros((0, 3)), r"the input has the shape \(0, 3\), which holds no numbers"),
        ([np.tanh], np.full(3, np.nan), "the input holds a number that is not finite"),
        ([lambda a: np.exp(a * 1e4)], X, "what layer 1 returns holds a number that is not finite"),
        ([lambda a: a @ np.ones((5, 2))], X, r"layer 1 cannot be differentiated at an input of shape \(24, 12\): "),
        ([("pair", lambda a: (a, a))], X, "layer 1 pair returns 2 arrays: one is expected"),
    ],
)
def test_what_is_no_stack_is_refused_with_the_layer(layers: Any, x: Any, message: str) -> None:
    with pytest.raises(StackError, match=message):
        measure(layers, x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"cotangent": np.ones(3)},
            r"the cotangent has the shape \(3,\), and what the last layer returns has \(24, 12\)",
        ),
        ({"cotangent": np.zeros((24, 12))}, "the cotangent is 0, and so is every gradient"),
        ({"limit": 0.5}, "limit=0.5: a number above 1 is expected"),
    ],
)
def test_options_that_have_no_meaning_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError, match=message):
        measure([np.tanh], X, **options)


@pytest.mark.parametrize("claim", SHEET.claims, ids=lambda claim: claim.name)
def test_what_the_documents_claim_is_certified(claim: Claim) -> None:
    verdict = check(claim)
    assert verdict.status == "holds" and verdict.certified, str(verdict)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("sigmoid-slope", {"upper": 0.2499}),
        ("sigmoids-2-weight-3", {"upper": 0.25}),
        ("layer-of-sigmoids", {"primal": lambda z, W, d: np.sum((W.T @ d) ** 2) - np.sum(W**2) * np.sum(d**2) / 16}),
        ("norm-of-product", {"claimed": lambda W, d: np.sum((W[0] * d[1] - W[1] * d[0]) ** 2)}),
        ("linear-path", {"claimed": lambda x, w: 3 * w}),
    ],
)
def test_a_bound_that_is_too_low_and_a_wrong_path_are_caught(name: str, change: dict[str, Any]) -> None:
    claim = next(claim for claim in SHEET.claims if claim.name == name)
    verdict = check(replace(claim, **change))
    assert verdict.status == "fails" and verdict.certified


def test_the_claims_are_audited_with_the_reference() -> None:
    assert AUDITED is SHEET
    assert {
        name.removesuffix("-slope") for name in (claim.name for claim in SHEET.claims) if name.endswith("-slope")
    } == {name for name in ACTIVATIONS if name != "identity"}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_slope_is_steeper_than_is_claimed_and_each_is_right(activation: str) -> None:
    f, z = ACTIVATIONS[activation], np.linspace(-8, 8, 4001) + 1e-4
    slopes = f.slope(z)
    assert np.max(np.abs(slopes)) <= f.steepest
    assert slopes == pytest.approx((f.value(z + 1e-6) - f.value(z - 1e-6)) / 2e-6, abs=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initialisation", ["xavier", "large"])
def test_a_profile_is_what_measuring_the_same_stack_says(activation: str, initialisation: str) -> None:
    sizes = {"depth": 4, "width": 5, "samples": 6, "seed": 3}
    found = profile(activation, initialisation, **sizes)
    weights, net_inputs = depth.network(activation, initialisation, **sizes)
    f = ACTIVATIONS[activation]
    layers = [part for W in weights for part in (lambda a, W=W: a @ W.T, f.value)]
    inputs = np.random.default_rng(3).normal(size=(6, 5))
    assert inputs @ weights[0].T == pytest.approx(net_inputs[0])
    last = np.random.default_rng(4).normal(size=net_inputs[-1].shape)
    measured = measure(layers, inputs, cotangent=last, units=False)
    norms = [layer.gradient for layer in measured.layers[1::2]]
    assert found.norms == pytest.approx([norm / norms[-1] for norm in norms])


def test_no_gradient_is_larger_than_the_bound_and_the_documents_words_come_true() -> None:
    found = {(one.initialisation, one.activation): one for one in profiles()}
    assert set(found) == {(draw, f) for draw in INITIALISATIONS for f in ACTIVATIONS}
    assert all(one.norms[0] <= one.most for one in found.values())
    word = {key: one.word for key, one in found.items()}
    assert word["xavier", "sigmoid"] == word["he", "sigmoid"] == "vanishes"  # an unsuitable activation
    assert word["large", "relu"] == word["large", "tanh"] == "explodes"  # first weights that are too large
    assert word["he", "relu"] == word["he", "leaky-relu"] == word["xavier", "tanh"] == "stays"
    assert all(word["small", f] == "vanishes" for f in ACTIVATIONS)
    deeper = profile("sigmoid", "xavier", depth=60)
    assert deeper.norms[0] < found["xavier", "sigmoid"].norms[0] ** 1.8  # too many layers


def test_a_profile_of_what_there_is_not_is_refused() -> None:
    with pytest.raises(StackError, match="swish with he: activations are identity, sigmoid"):
        profile("swish", "he")
    with pytest.raises(StackError, match="depth=1: at least 2 is expected"):
        profile("relu", "he", depth=1)


MODEL = """
import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(20, 8))
other = rng.normal(size=(3, 8))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


vanishing = [("sigmoid", sigmoid)] * 9


def healthy():
    return [np.tanh, lambda a: a * 1.5]


number = 3
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["health", *arguments])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def test_the_command_tells_a_stack_of_a_module(model: Path) -> None:
    done = run("model.py:vanishing")
    assert done.exit_code == 1
    assert done.output.startswith("Gradients vanish: the gradient is 1 at the output and ")
    assert "Below 1/1000 of the output's from layer 5 sigmoid down" in done.output
    assert re.search(r"^9 sigmoid +0\.\d+ +0\.2\d* +0\.2\d* +0/8 +0/8$", done.output, re.MULTILINE)
    done = run("model.py:healthy", "--input", "other")
    assert done.exit_code == 0
    assert done.output.startswith("Healthy: ")
    assert run("model:healthy").exit_code == 0  # by its dotted name


def test_the_command_writes_a_page_with_a_chart(model: Path) -> None:
    done = run("model.py:vanishing", "--output", "pages")
    assert "wrote pages/health.md, pages/health.svg" in done.output
    text = Path("pages/health.md").read_text(encoding="utf-8")
    assert text.startswith("# The health of model.py:vanishing\n\nGradients vanish: ")
    assert "![The norm of the gradient at the input of each layer](health.svg)" in text
    assert "norm of the gradient" in Path("pages/health.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model.py"], "model.py: a file or module and a name in it are expected, as in model.py:layers"),
        (["absent.py:layers"], "absent.py: there is no such file: check the spelling, or the working folder"),
        (["no.such.module:layers"], "no.such.module does not import: "),
        (
            ["model.py:layers"],
            "model.py has no 'layers'; it has np, rng, x, other, sigmoid, vanishing, healthy, number",
        ),
        (["model.py:vanishing", "--input", "z"], "The input is expected under the name z; --input names another"),
        (["model.py:number"], "model.py: number is 'int': a list of layers is expected, or a function that makes one"),
        (["model.py:vanishing", "--input", "number", "--limit", "1"], "limit=1.0: a number above 1 is expected"),
        (
            ["model.py:vanishing", "--depth", "3"],
            "--depth and --width are of the networks that are measured without a TARGET",
        ),
        (["--input", "x"], "--input belongs to a TARGET"),
        (["--depth", "1"], "depth=1: at least 2 is expected"),
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_with_a_remedy(model: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert message in done.output


def test_a_module_that_does_not_import_is_told_with_its_line(model: Path) -> None:
    Path("broken.py").write_text("import numpy as np\nlayers = [np.tanhh]\n", encoding="utf-8")
    done = run("broken.py:layers")
    assert done.exit_code == 2
    assert "broken.py does not import: AttributeError: " in done.output


def test_the_report_is_what_the_command_writes_today(tmp_path: Path) -> None:
    done = run("--output", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert f"{len(SHEET.claims)} claims about gradients against depth: {len(SHEET.claims)} hold" in done.output
    written = (tmp_path / "health.md").read_text(encoding="utf-8")
    assert written == (REPORTS / "health.md").read_text(encoding="utf-8")
    again = run("--output", str(tmp_path / "again"))
    assert again.exit_code == 0
    for name in ("health.md", "health.svg"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert (REPORTS / "health.svg").stat().st_size < 200_000


def test_a_claim_that_fails_is_told_and_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(SHEET.claims[0], upper=0.2)
    monkeypatch.setattr("gradcheck.health.claims.SHEET", types.SimpleNamespace(claims=[wrong]))
    done = run("--depth", "3", "--width", "4")
    assert done.exit_code == 1
    assert "1 claims about gradients against depth: 0 hold" in done.output
    assert "sigmoid-slope" in done.output
