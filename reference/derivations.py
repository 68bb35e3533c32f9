"""The chains of equalities that the documents print, line by line, as derivations.

Each member is a claim of its own on the sheet of its document; here a step is judged against the member before it as well.
Formulas, functions and conventions are those of the documents' own modules, wrong where they are printed wrong. Two more
derivations, the output δ and the δ recursion, stand on the sheets of their documents.
"""

from __future__ import annotations

import numpy as np

from gradcheck.claim import Record, Sheet, Step
from reference import fully_connected as connected
from reference import network_basics as basics
from reference import three_layer_network as layers
from reference.fully_connected import Array

FULLY_CONNECTED = Sheet("fully-connected", connected.SHEET.file, connected.SHEET.title, connected.SHEET.notation)
THREE_LAYER_NETWORK = Sheet("three-layer-network", layers.SHEET.file, layers.SHEET.title, layers.SHEET.notation)
NETWORK_BASICS = Sheet("network-basics", basics.SHEET.file, basics.SHEET.title, basics.SHEET.notation)

FULLY_CONNECTED.claim(
    "input-gradient-derivation",
    "derivation",
    24,
    r"\frac{\partial L}{\partial X}&= \frac{\partial L}{\partial Y}\frac{\partial Y}{\partial (W^TX+b)}"
    r"\frac{\partial (W^TX+b)}{\partial X} \\ &= \frac{\partial L}{\partial Y}J_f(W^TX+b)W^T",
    primal=connected.layer_loss,
    wrt="x",
    steps=(
        Step(r"\frac{\partial L}{\partial X}", None),
        Step(
            r"\frac{\partial L}{\partial Y}\frac{\partial Y}{\partial (W^TX+b)}\frac{\partial (W^TX+b)}{\partial X}",
            connected.three_factors,
        ),
        Step(
            r"\frac{\partial L}{\partial Y}J_f(W^TX+b)W^T",
            lambda x, W, b, *, f, L: connected.layer_pullback_of_loss(x, W, b, f, L)[0],
        ),
    ),
    **connected.ANY_LAYER,
)
FULLY_CONNECTED.claim(
    "softmax-jacobian-derivation",
    "derivation",
    40,
    r"J_{i,j} &= \left\{ \begin{aligned} &\frac{e^{X_i}\sum - (e^{X_i})^2}{(\sum)^2} &, i=j \\"
    r" &\frac{-e^{X_i}e^{X_j}}{(\sum)^2} &, i \ne j \end{aligned} \right.",
    primal=connected.softmax,
    inputs=connected.VECTOR,
    wrt="x",
    notation={r"\sum": r"\sum_k e^{X_k}"},
    steps=(
        Step(r"J_{i,j}", None),
        Step(
            r"\left\{ \begin{aligned} &\frac{e^{X_i}\sum - (e^{X_i})^2}{(\sum)^2} &, i=j \\"
            r" &\frac{-e^{X_i}e^{X_j}}{(\sum)^2} &, i \ne j \end{aligned} \right.",
            connected.softmax_jacobian,
        ),
    ),
    notes="A Σ without bounds stands for the sum over all entries.",
)


def product_with_softmax_jacobian(x: Array, target: Array) -> Array:
    """∂L/∂Ŷ J_Softmax at Ŷ = Softmax(X), the row times the matrix: (k,), (k,) → (k,)."""
    product: Array = connected.cross_entropy_gradient(connected.softmax(x), target) @ connected.softmax_jacobian(x)
    return product


FULLY_CONNECTED.claim(
    "softmax-cross-entropy-derivation",
    "derivation",
    74,
    r"\frac{\partial L}{\partial \hat Y} J_{\operatorname{Softmax}}=(Y - \hat Y)^T",
    primal=connected.softmax_cross_entropy,
    notation={"Y": "target", r"\hat Y": r"\operatorname{softmax}(X)"},
    inputs=connected.LOGITS_AND_TARGET,
    wrt="x",
    steps=(
        Step(r"\frac{\partial L}{\partial \hat Y} J_{\operatorname{Softmax}}", product_with_softmax_jacobian),
        Step(r"(Y - \hat Y)^T", lambda x, target: target - connected.softmax(x)),
    ),
    assumptions=(connected.TARGET_SUMS_TO_ONE,),
    recorded=Record("fails", "the sign is reversed: it is Ŷ − Y"),
)


def two_factors(W: Array, b: Array, a: Array, t: Array) -> Array:
    """∂E/∂z_k ∂z_k/∂W_kj, with ∂E/∂z for any target: (K, J)."""
    return np.outer(layers.output_delta(layers.affine(W, a, b), t), a)


THREE_LAYER_NETWORK.claim(
    "output-weight-derivation",
    "derivation",
    46,
    r"\frac{\partial E}{\partial W_{kj}^L} &= \frac{\partial E}{\partial z_{k}^L} "
    r"\frac{\partial z_{k}^L}{\partial W_{kj}^L} = (a_k^L - t_k) a_j^{L-1}",
    primal=layers.output_layer_loss,
    notation=layers.PRINTED_OUTPUT_LAYER,
    inputs=layers.OUTPUT_LAYER,
    wrt="W",
    steps=(
        Step(r"\frac{\partial E}{\partial W_{kj}^L}", None),
        Step(r"\frac{\partial E}{\partial z_{k}^L} \frac{\partial z_{k}^L}{\partial W_{kj}^L}", two_factors),
        Step(r"(a_k^L - t_k) a_j^{L-1}", layers.weight_gradient_as_printed),
    ),
    assumptions=(layers.TARGET_SUMS_TO_ONE,),
    recorded=Record("conditional", "inherits the last step of (3), which needs Σt = 1"),
)
THREE_LAYER_NETWORK.claim(
    "output-bias-derivation",
    "derivation",
    47,
    r"\frac{\partial E}{\partial b_{k}^L} &= \frac{\partial E}{\partial z_{k}^L} "
    r"\frac{\partial z_{k}^L}{\partial b_{k}^L} = a_k^L - t_k",
    primal=layers.output_layer_loss,
    notation=layers.PRINTED_OUTPUT_LAYER,
    inputs=layers.OUTPUT_LAYER,
    wrt="b",
    steps=(
        Step(r"\frac{\partial E}{\partial b_{k}^L}", None),
        Step(
            r"\frac{\partial E}{\partial z_{k}^L} \frac{\partial z_{k}^L}{\partial b_{k}^L}",
            lambda W, b, a, t: layers.output_delta(layers.affine(W, a, b), t),
        ),
        Step(r"a_k^L - t_k", layers.bias_gradient_as_printed),
    ),
    assumptions=(layers.TARGET_SUMS_TO_ONE,),
    recorded=Record("conditional", "inherits the last step of (3), which needs Σt = 1"),
)

_SLOPES = (
    r"\begin{bmatrix}\dfrac{\partial y_{out}}{\partial w_{11}^{1}}&\dfrac{\partial y_{out}}{\partial w_{21}^1}\\"
    r" \dfrac{\partial y_{out}}{\partial w_{12}^1}&\dfrac{\partial y_{out}}{\partial w_{22}^1} \\"
    r" \dfrac{\partial y_{out}}{\partial w_{13}^1}& \dfrac{\partial y_{out}}{\partial w_{23}^1}\end{bmatrix}"
)
_PATHS = (
    r"(\begin{bmatrix}w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2& w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2&"
    r" w_{11}^3 w_{21}^2 + w_{21}^3 w_{32}^2 \end{bmatrix} \odot \begin{bmatrix}x_{1}\\x_{2} \end{bmatrix})^{T}"
)

NETWORK_BASICS.claim(
    "first-layer-by-paths-derivation",
    "derivation",
    33,
    rf"\dfrac{{\partial L}}{{\partial W^{{1}}}} = {_SLOPES} = {_PATHS} = (W^{{3}}W^{{2}} \odot X)^{{T}}",
    primal=basics.loss,
    notation=basics.PRINTED,
    inputs=basics.TRAINING,
    wrt="W1",
    steps=(
        Step(r"\dfrac{\partial L}{\partial W^{1}}", None),
        Step(_SLOPES, lambda W1, W2, W3, X, y: basics.output_slopes(W2, W3, X)),
        Step(_PATHS, lambda W1, W2, W3, X, y: (basics.row_of_paths_as_printed(W2, W3) * X).T),
        Step(r"(W^{3}W^{2} \odot X)^{T}", lambda W1, W2, W3, X, y: ((W3 @ W2) * X).T),
    ),
    recorded=Record("fails", "on the left L is differentiated, on the right y_out; and w21 is printed for w31"),
    notes=f"⊙ is read as: {basics.REPEATED.removeprefix('⊙ ')}.",
)
NETWORK_BASICS.claim(
    "third-layer-derivation",
    "derivation",
    37,
    r"\dfrac{\partial L}{\partial W^{3}} = \dfrac{\partial L}{\partial y_{out}}\odot (\dfrac{\partial y_{out}}"
    r"{\partial W^{3}})^{T} = \dfrac{\partial L}{\partial y_{out}}\odot [\dfrac{\partial y_{out}}{\partial w_{11}^{3}},"
    r"\dfrac{\partial y_{out}}{\partial w_{12}^{3}}]^{T} = \dfrac{\partial L}{\partial y_{out}} \odot (Z^{2})^{T}",
    primal=basics.loss,
    notation=basics.PRINTED,
    inputs=basics.TRAINING,
    wrt="W3",
    steps=(
        Step(r"\dfrac{\partial L}{\partial W^{3}}", None),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}}\odot (\dfrac{\partial y_{out}}{\partial W^{3}})^{T}",
            lambda *a: basics.output_slope(*a) * basics.matrix(basics.third_layer_slopes(*a[:4])).T,
        ),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}}\odot [\dfrac{\partial y_{out}}{\partial w_{11}^{3}},"
            r"\dfrac{\partial y_{out}}{\partial w_{12}^{3}}]^{T}",
            lambda *a: basics.output_slope(*a) * basics.matrix(basics.third_layer_slopes(*a[:4])).T,
        ),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}} \odot (Z^{2})^{T}",
            lambda *a: basics.output_slope(*a) * basics.forward(*a[:4]).Z2.T,
        ),
    ),
    recorded=Record("fails", "with the arrangement of line 33 the transpose makes a column of the row ∂L/∂W³"),
    notes="∂y_out/∂W³ is arranged as W³, as on line 33; w12 is read as the w21 of line 11.",
)
NETWORK_BASICS.claim(
    "second-layer-derivation",
    "derivation",
    39,
    r"\dfrac{\partial L}{\partial W^{2}} = \dfrac{\partial L}{\partial y_{out}} (\dfrac{\partial y_{out}}{\partial Z^{2}}"
    r" \odot \dfrac{\partial Z^{2}}{\partial W^{2}})^{T} = \dfrac{\partial L}{\partial y_{out}}(\dfrac{\partial y_{out}}"
    r"{\partial Z^{2}}\odot Z^{1})^{T} = \dfrac{\partial L}{\partial y_{out}}(W^{3}\odot Z^{1})^{T}",
    primal=basics.loss,
    notation=basics.PRINTED,
    inputs=basics.TRAINING,
    wrt="W2",
    steps=(
        Step(r"\dfrac{\partial L}{\partial W^{2}}", None),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}} (\dfrac{\partial y_{out}}{\partial Z^{2}} \odot"
            r" \dfrac{\partial Z^{2}}{\partial W^{2}})^{T}",
            basics.SECOND_LAYER_READINGS,
        ),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}}(\dfrac{\partial y_{out}}{\partial Z^{2}}\odot Z^{1})^{T}",
            lambda W1, W2, W3, X, y: basics.output_slope(W1, W2, W3, X, y) * (W3 * (W1 @ X)).T,
        ),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}}(W^{3}\odot Z^{1})^{T}",
            lambda W1, W2, W3, X, y: basics.output_slope(W1, W2, W3, X, y) * (W3 * (W1 @ X)).T,
        ),
    ),
    recorded=Record(
        "ambiguous", "right only where ∂Z²/∂W² means Z¹; with all its entries the transpose is one too many"
    ),
    notes="The steps after it write Z¹ for ∂Z²/∂W², and are right.",
)
NETWORK_BASICS.claim(
    "first-layer-derivation",
    "derivation",
    41,
    r"\dfrac{\partial L}{\partial W^{1}} = \dfrac{\partial L}{\partial y_{out}} (\dfrac{\partial y_{out}}{\partial Z^{2}}"
    r" \dfrac{\partial Z^{2}}{\partial Z^{1}}\odot \dfrac{\partial Z^{1}}{\partial W^{1}})^{T} ="
    r" \dfrac{\partial L}{\partial W^{1}} (W^{3}W^{2}\odot X)^{T}",
    primal=basics.loss,
    notation=basics.PRINTED,
    inputs=basics.TRAINING,
    wrt="W1",
    steps=(
        Step(r"\dfrac{\partial L}{\partial W^{1}}", None),
        Step(
            r"\dfrac{\partial L}{\partial y_{out}} (\dfrac{\partial y_{out}}{\partial Z^{2}}"
            r" \dfrac{\partial Z^{2}}{\partial Z^{1}}\odot \dfrac{\partial Z^{1}}{\partial W^{1}})^{T}",
            lambda W1, W2, W3, X, y: basics.output_slope(W1, W2, W3, X, y) * ((W3 @ W2) * X).T,
        ),
        Step(
            r"\dfrac{\partial L}{\partial W^{1}} (W^{3}W^{2}\odot X)^{T}",
            lambda W1, W2, W3, X, y: basics.entrywise(basics.first_layer_gradient(W1, W2, W3, X, y), ((W3 @ W2) * X).T),
        ),
    ),
    recorded=Record("fails", "∂L/∂W¹ stands on both sides; on the right ∂L/∂y_out belongs"),
    notes=f"Read so that the second member is right: {basics.SHORT}. The last product is read entry by entry.",
)
