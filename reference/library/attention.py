"""Attention: what is read is a mean of values, weighted by how well queries and keys agree.

Q is (n, d), K (m, d), V (m, e): n queries, m keys with their values. S are the scores, P = softmax(S) row by row the
weights. Every backward is that of one helper: P̄ = ȳ Vᵀ, S̄ = P ⊙ (P̄ − Σ P̄ P), and S̄ is pulled back through whatever made
the scores.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Integers, Reals
from gradcheck.library.formulas import Library, Stable

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library(
    "attention",
    "attention.py",
    "Attention",
    notation={
        r"\bar y": "dy",
        "P_{ij}": r"\frac{\exp(S_{ij})}{\sum_l \exp(S_{il})}",
        r"\bar{S}_{ij}": r"P_{ij} \left(\bar{P}_{ij} - \sum_l P_{il} \bar{P}_{il}\right)",
    },
)
VASWANI = "A. Vaswani et al., Attention is all you need, NIPS 2017"


def softmax(s: Array) -> Any:
    """e^{s_j} / Σ_k e^{s_k} along the last axis."""
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)


def softmax_where(keep: Array, s: Array) -> Any:
    """The same of those scores that are kept; the others have weight 0."""
    e = np.where(keep, np.exp(s), 0)
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(dp: Array, p: Array) -> Any:
    """∂L/∂s where p = softmax(s): p ⊙ (p̄ − Σ p̄ p). A weight of 0 passes nothing back."""
    return p * (dp - (dp * p).sum(axis=-1, keepdims=True))


def attention(Q: Array, K: Array, V: Array) -> Any:
    """softmax(Q Kᵀ / √d) V, (n, d), (m, d), (m, e) → (n, e)."""
    return softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def attention_backward(dy: Array, Q: Array, K: Array, V: Array) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them."""
    P = softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    dS = softmax_backward(dy @ V.T, P) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, P.T @ dy


def stable_softmax(s: Array) -> Any:
    """The same as softmax: the largest score is taken off first, so that nothing above 0 is exponentiated."""
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def stable_attention(Q: Array, K: Array, V: Array) -> Any:
    """`attention` with `stable_softmax`."""
    return stable_softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def stable_attention_backward(dy: Array, Q: Array, K: Array, V: Array) -> tuple[Array, Array, Array]:
    """`attention_backward` with `stable_softmax`."""
    P = stable_softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    dS = softmax_backward(dy @ V.T, P) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, P.T @ dy


SCORES = {"d": "2", "S_{ij}": r"\frac{1}{\sqrt d} \sum_k Q_{ik} K_{jk}", r"\bar{P}_{ij}": r"\sum_l \bar{y}_{il} V_{jl}"}
"""Scores of queries and keys of d numbers, and the gradient of L by the weights."""
PULLED_BACK = {
    "Q": r"\frac{\partial L}{\partial Q} = \frac{1}{\sqrt d} \bar S K",
    "K": r"\frac{\partial L}{\partial K} = \frac{1}{\sqrt d} \bar S^T Q",
    "V": r"\frac{\partial L}{\partial V} = P^T \bar y",
}
QKV = {"Q": Reals(3, 2), "K": Reals(4, 2), "V": Reals(4, 2)}

LIBRARY.formula(
    "attention",
    "Scaled dot-product attention",
    formula=r"y = P V, \quad P = \operatorname{softmax}(S), \quad S = \frac{1}{\sqrt d} Q K^T",
    forward=attention,
    inputs=QKV,
    backward=attention_backward,
    printed=PULLED_BACK,
    notation=SCORES,
    stable=Stable(
        "exp overflows where a score is above 709.",
        forward=stable_attention,
        derivative=stable_attention_backward,
        along="Q",
    ),
    source=f"{VASWANI}, section 3.2.1, equation 1",
    also=(
        "jax.nn.dot_product_attention",
        "torch.nn.functional.scaled_dot_product_attention",
        "flax.linen.dot_product_attention",
        "self-attention",
        "transformer",
    ),
    notes="One head of one sample: d is the number of columns of Q. In the other entries the softmax is to be made "
    "stable in the "
    "same way.",
)


def attention_with_mask(Q: Array, K: Array, V: Array, M: Array) -> Any:
    """softmax(Q Kᵀ / √d + M) V, (n, d), (m, d), (m, e), (n, m) → (n, e)."""
    return softmax(Q @ K.T / np.sqrt(Q.shape[1]) + M) @ V


def attention_with_mask_backward(
    dy: Array, Q: Array, K: Array, V: Array, M: Array
) -> tuple[Array, Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K, ∂L/∂V and ∂L/∂M, shaped like them."""
    P = softmax(Q @ K.T / np.sqrt(Q.shape[1]) + M)
    dS = softmax_backward(dy @ V.T, P)
    return dS @ K / np.sqrt(Q.shape[1]), dS.T @ Q / np.sqrt(Q.shape[1]), P.T @ dy, dS


LIBRARY.formula(
    "attention-with-mask",
    "Attention with an additive mask or bias",
    formula=r"y = P V, \quad P = \operatorname{softmax}(S), \quad S = \frac{1}{\sqrt d} Q K^T + M",
    forward=attention_with_mask,
    inputs={**QKV, "M": Reals(3, 4)},
    backward=attention_with_mask_backward,
    printed={**PULLED_BACK, "M": r"\frac{\partial L}{\partial M_{ij}} = \bar{S}_{ij}"},
    notation={**SCORES, "S_{ij}": r"\frac{1}{\sqrt d} \sum_k Q_{ik} K_{jk} + M_{ij}"},
    source=f"{VASWANI}, section 3.2.3",
    also=("attn_mask", "attention bias", "jax.nn.dot_product_attention bias", "masked attention"),
    notes="−∞ in M forbids a pair: its weight is 0, and so is what it passes back.",
)


def attention_with_keys_left_out(Q: Array, K: Array, V: Array, keep: Array) -> Any:
    """Attention to those keys whose ``keep`` is 1, (n, d), (m, d), (m, e), (m,) → (n, e)."""
    return softmax_where(keep == 1, Q @ K.T / np.sqrt(Q.shape[1])) @ V


def attention_with_keys_left_out_backward(
    dy: Array, Q: Array, K: Array, V: Array, keep: Array
) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them: a key that is left out receives 0."""
    P = softmax_where(keep == 1, Q @ K.T / np.sqrt(Q.shape[1]))
    dS = softmax_backward(dy @ V.T, P) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, P.T @ dy


LIBRARY.formula(
    "attention-with-padding-mask",
    "Attention with keys left out (padding mask)",
    formula=r"y = P V, \quad P_{ij} = \frac{m_j \exp(S_{ij})}{\sum_l m_l \exp(S_{il})}, \quad S = \frac{1}{\sqrt d}"
    r" Q K^T",
    forward=attention_with_keys_left_out,
    inputs={**QKV, "keep": Integers(4, low=0, high=1)},
    backward=attention_with_keys_left_out_backward,
    printed=PULLED_BACK,
    notation={**SCORES, "m": "keep", "P_{ij}": r"\frac{m_j \exp(S_{ij})}{\sum_l m_l \exp(S_{il})}"},
    assumptions=(Assumption("some key is kept", stated=True, where=lambda keep, **_: bool(np.any(keep == 1))),),
    source=f"{VASWANI}, section 3.2.3",
    also=("key_padding_mask", "boolean mask", "variable length sequences"),
    notes="m is 1 for a key that is kept. Not defined where none is: implementations return NaN, or 0 by convention.",
)


def causal_attention(Q: Array, K: Array, V: Array) -> Any:
    """Attention of each place to itself and to those before it, (n, d), (n, d), (n, e) → (n, e)."""
    keep = np.tril(np.ones((len(Q), len(K)))) == 1
    return softmax_where(keep, Q @ K.T / np.sqrt(Q.shape[1])) @ V


def causal_attention_backward(dy: Array, Q: Array, K: Array, V: Array) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them."""
    keep = np.tril(np.ones((len(Q), len(K)))) == 1
    P = softmax_where(keep, Q @ K.T / np.sqrt(Q.shape[1]))
    dS = softmax_backward(dy @ V.T, P) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, P.T @ dy


SEQUENCE = {"Q": Reals(3, 2), "K": Reals(3, 2), "V": Reals(3, 4)}

LIBRARY.formula(
    "causal-attention",
    "Causal attention (a place sees only what was before it)",
    formula=r"y_i = \sum_{j \le i} P_{ij} V_j, \quad P_{ij} = \frac{\exp(S_{ij})}{\sum_{l \le i} \exp(S_{il})}",
    forward=causal_attention,
    inputs=SEQUENCE,
    backward=causal_attention_backward,
    printed=PULLED_BACK,
    notation={**SCORES, "P_{ij}": r"\frac{[j \le i] \exp(S_{ij})}{\sum_l [l \le i] \exp(S_{il})}"},
    source=f"{VASWANI}, section 3.2.3",
    also=("is_causal", "autoregressive mask", "look-ahead mask", "GPT", "decoder self-attention"),
)


def local_attention(Q: Array, K: Array, V: Array, reach: int = 1) -> Any:
    """Attention to places at most ``reach`` away, (n, d), (n, d), (n, e) → (n, e)."""
    places = np.arange(len(Q))
    return softmax_where(np.abs(places[:, None] - places) <= reach, Q @ K.T / np.sqrt(Q.shape[1])) @ V


def local_attention_backward(dy: Array, Q: Array, K: Array, V: Array, reach: int = 1) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them."""
    places = np.arange(len(Q))
    P = softmax_where(np.abs(places[:, None] - places) <= reach, Q @ K.T / np.sqrt(Q.shape[1]))
    dS = softmax_backward(dy @ V.T, P) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, P.T @ dy


LIBRARY.formula(
    "local-attention",
    "Local attention (a window around each place)",
    formula=r"P_{ij} = \frac{[(j - i)^2 \le 1] \exp(S_{ij})}{\sum_l [(l - i)^2 \le 1] \exp(S_{il})}",
    forward=local_attention,
    inputs={"Q": Reals(4, 2), "K": Reals(4, 2), "V": Reals(4, 3)},
    backward=local_attention_backward,
    printed=PULLED_BACK,
    notation={**SCORES, "P_{ij}": r"\frac{[(j - i)^2 \le 1] \exp(S_{ij})}{\sum_l [(l - i)^2 \le 1] \exp(S_{il})}"},
    source="I. Beltagy, M. Peters and A. Cohan, Longformer: the long-document transformer, 2020, section 3.1",
    also=("sliding window attention", "jax.nn.dot_product_attention local_window_size", "banded mask"),
    notes="Here the window reaches one place to either side.",
)


def attention_with_dropout(Q: Array, K: Array, V: Array, mask: Array, p: Array) -> Any:
    """(softmax(Q Kᵀ / √d) ⊙ mask / (1 − p)) V, (n, d), (m, d), (m, e), (n, m), () → (n, e)."""
    return (softmax(Q @ K.T / np.sqrt(Q.shape[1])) * mask / (1 - p)) @ V


def attention_with_dropout_backward(
    dy: Array, Q: Array, K: Array, V: Array, mask: Array, p: Array
) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them: the softmax is that of before dropping."""
    P = softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    kept = mask / (1 - p)
    dS = softmax_backward(dy @ V.T * kept, P) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, (P * kept).T @ dy


LIBRARY.formula(
    "attention-with-dropout",
    "Attention with dropout of its weights, given the mask",
    formula=r"y = \left(P \odot \frac{m}{1 - p}\right) V, \quad P = \operatorname{softmax}\left(\frac{1}{\sqrt d} Q"
    r" K^T\right)",
    forward=attention_with_dropout,
    inputs={**QKV, "mask": Integers(3, 4, low=0, high=1), "p": Reals(low=0, high=1)},
    backward=attention_with_dropout_backward,
    printed={
        "Q": PULLED_BACK["Q"],
        "K": PULLED_BACK["K"],
        "V": r"\frac{\partial L}{\partial V_{jk}} = \frac{1}{1 - p} \sum_i P_{ij} m_{ij} \bar{y}_{ik}",
    },
    notation={**SCORES, "m": "mask", r"\bar{P}_{ij}": r"\frac{m_{ij}}{1 - p} \sum_l \bar{y}_{il} V_{jl}"},
    source=f"{VASWANI}, section 5.4",
    also=("attention dropout", "dropout_p"),
)


def attention_with_relative_bias(Q: Array, K: Array, V: Array, b: Array) -> Any:
    """softmax(Q Kᵀ / √d + B) V with B_ij = b[i − j + m − 1], (n, d), (m, d), (m, e), (n + m − 1,) → (n, e)."""
    apart = np.arange(len(Q))[:, None] - np.arange(len(K)) + len(K) - 1
    return softmax(Q @ K.T / np.sqrt(Q.shape[1]) + b[apart]) @ V


def attention_with_relative_bias_backward(
    dy: Array, Q: Array, K: Array, V: Array, b: Array
) -> tuple[Array, Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K, ∂L/∂V and ∂L/∂b, shaped like them: all pairs that are equally far apart share a number."""
    apart = np.arange(len(Q))[:, None] - np.arange(len(K)) + len(K) - 1
    P = softmax(Q @ K.T / np.sqrt(Q.shape[1]) + b[apart])
    dS = softmax_backward(dy @ V.T, P)
    db = np.zeros_like(b)
    np.add.at(db, apart, dS)
    return dS @ K / np.sqrt(Q.shape[1]), dS.T @ Q / np.sqrt(Q.shape[1]), P.T @ dy, db


LIBRARY.formula(
    "attention-with-relative-bias",
    "Attention with a bias by relative position",
    formula=r"S_{ij} = \frac{1}{\sqrt d} \sum_k Q_{ik} K_{jk} + b_{i-j}",
    forward=attention_with_relative_bias,
    inputs={"Q": Reals(2, 2), "K": Reals(3, 2), "V": Reals(3, 2), "b": Reals(4)},
    backward=attention_with_relative_bias_backward,
    printed={**PULLED_BACK, "b": r"\frac{\partial L}{\partial b_k} = \sum_{i,j} \bar{S}_{ij} [k = i - j + m]"},
    notation={
        **SCORES,
        "m": "3",
        "S_{ij}": r"\frac{1}{\sqrt d} \sum_k Q_{ik} K_{jk} + \sum_n b_n [n = i - j + m]",
    },
    source="C. Raffel et al., Exploring the limits of transfer learning with a unified text-to-text transformer, "
    "JMLR 21, 2020, "
    "section 2.1",
    also=("T5 bias", "relative position bias", "Swin transformer", "relative attention"),
    notes="b has a number for each difference of places, from the most negative; m is the number of keys. T5 puts "
    "far differences "
    "into buckets; Swin has two coordinates.",
)


def alibi_attention(Q: Array, K: Array, V: Array, s: Array) -> Any:
    """Causal attention with s · (j − i) added to each score, (n, d), (n, d), (n, e), () → (n, e)."""
    places = np.arange(len(Q))
    behind = places - places[:, None]
    return softmax_where(behind <= 0, Q @ K.T / np.sqrt(Q.shape[1]) + s * behind) @ V


def alibi_attention_backward(dy: Array, Q: Array, K: Array, V: Array, s: Array) -> tuple[Array, Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K, ∂L/∂V and ∂L/∂s, shaped like them."""
    places = np.arange(len(Q))
    behind = places - places[:, None]
    P = softmax_where(behind <= 0, Q @ K.T / np.sqrt(Q.shape[1]) + s * behind)
    dS = softmax_backward(dy @ V.T, P)
    return dS @ K / np.sqrt(Q.shape[1]), dS.T @ Q / np.sqrt(Q.shape[1]), P.T @ dy, (dS * behind).sum()


LIBRARY.formula(
    "alibi-attention",
    "Attention with linear biases (ALiBi)",
    formula=r"S_{ij} = \frac{1}{\sqrt d} \sum_k Q_{ik} K_{jk} + s (j - i), \quad j \le i",
    forward=alibi_attention,
    inputs={**SEQUENCE, "s": Reals(low=0, high=2)},
    backward=alibi_attention_backward,
    printed={**PULLED_BACK, "s": r"\frac{\partial L}{\partial s} = \sum_{i,j} \bar{S}_{ij} (j - i)"},
    notation={
        **SCORES,
        "S_{ij}": r"\frac{1}{\sqrt d} \sum_k Q_{ik} K_{jk} + s (j - i)",
        "P_{ij}": r"\frac{[j \le i] \exp(S_{ij})}{\sum_l [l \le i] \exp(S_{il})}",
    },
    source="O. Press, N. Smith and M. Lewis, Train short, test long: attention with linear biases, ICLR 2022, "
    "section 3",
    also=("ALiBi", "linear bias", "length extrapolation"),
    notes="The paper holds the slope s, another one for each head.",
)


def bilinear_attention(Q: Array, K: Array, V: Array, W: Array) -> Any:
    """softmax(Q W Kᵀ) V, (n, d), (m, c), (m, e), (d, c) → (n, e)."""
    return softmax(Q @ W @ K.T) @ V


def bilinear_attention_backward(dy: Array, Q: Array, K: Array, V: Array, W: Array) -> tuple[Array, Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K, ∂L/∂V and ∂L/∂W, shaped like them."""
    P = softmax(Q @ W @ K.T)
    dS = softmax_backward(dy @ V.T, P)
    return dS @ K @ W.T, dS.T @ Q @ W, P.T @ dy, Q.T @ dS @ K


LIBRARY.formula(
    "bilinear-attention",
    "Bilinear attention (Luong, general)",
    formula=r"y = \operatorname{softmax}(Q W K^T) V",
    forward=bilinear_attention,
    inputs={"Q": Reals(3, 2), "K": Reals(2, 3), "V": Reals(2, 4), "W": Reals(2, 3)},
    backward=bilinear_attention_backward,
    printed={
        "Q": r"\frac{\partial L}{\partial Q} = \bar S K W^T",
        "K": r"\frac{\partial L}{\partial K} = \bar S^T Q W",
        "V": PULLED_BACK["V"],
        "W": r"\frac{\partial L}{\partial W} = Q^T \bar S K",
    },
    notation={"S_{ij}": r"\sum_k \sum_l Q_{ik} W_{kl} K_{jl}", r"\bar{P}_{ij}": SCORES[r"\bar{P}_{ij}"]},
    source="M.-T. Luong, H. Pham and C. Manning, Effective approaches to attention-based neural machine "
    "translation, EMNLP 2015, "
    "section 3.1",
    also=("multiplicative attention", "general attention", "Luong attention"),
)


def additive_attention(Q: Array, K: Array, V: Array, W: Array, U: Array, v: Array) -> Any:
    """softmax(S) V with S_ij = tanh(Q_i W + K_j U) v, (n, d), (m, c), (m, e), (d, a), (c, a), (a,) → (n, e)."""
    return softmax(np.tanh((Q @ W)[:, None] + K @ U) @ v) @ V


def additive_attention_backward(
    dy: Array, Q: Array, K: Array, V: Array, W: Array, U: Array, v: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K, ∂L/∂V, ∂L/∂W, ∂L/∂U and ∂L/∂v, shaped like them."""
    h = np.tanh((Q @ W)[:, None] + K @ U)
    P = softmax(h @ v)
    dS = softmax_backward(dy @ V.T, P)
    dz = dS[:, :, None] * v * (1 - h**2)
    dq, dk = dz.sum(axis=1), dz.sum(axis=0)
    return dq @ W.T, dk @ U.T, P.T @ dy, Q.T @ dq, K.T @ dk, (dS[:, :, None] * h).sum(axis=(0, 1))


LIBRARY.formula(
    "additive-attention",
    "Additive attention (Bahdanau)",
    formula=r"S_{ij} = \sum_m v_m \tanh\left(\sum_k Q_{ik} W_{km} + \sum_l K_{jl} U_{lm}\right)",
    forward=additive_attention,
    inputs={
        "Q": Reals(2, 2),
        "K": Reals(3, 2),
        "V": Reals(3, 2),
        "W": Reals(2, 2),
        "U": Reals(2, 2),
        "v": Reals(2),
    },
    backward=additive_attention_backward,
    printed={
        "Q": r"\frac{\partial L}{\partial Q_{ik}} = \sum_{j,m} \delta_{i,j,m} W_{km}",
        "K": r"\frac{\partial L}{\partial K_{jl}} = \sum_{i,m} \delta_{i,j,m} U_{lm}",
        "V": PULLED_BACK["V"],
        "W": r"\frac{\partial L}{\partial W_{km}} = \sum_{i,j} Q_{ik} \delta_{i,j,m}",
        "U": r"\frac{\partial L}{\partial U_{lm}} = \sum_{i,j} K_{jl} \delta_{i,j,m}",
        "v": r"\frac{\partial L}{\partial v_m} = \sum_{i,j} \bar{S}_{ij} h_{i,j,m}",
    },
    notation={
        "h_{i,j,m}": r"\tanh\left(\sum_k Q_{ik} W_{km} + \sum_l K_{jl} U_{lm}\right)",
        "S_{ij}": r"\sum_m v_m h_{i,j,m}",
        r"\bar{P}_{ij}": SCORES[r"\bar{P}_{ij}"],
        r"\delta_{i,j,m}": r"\bar{S}_{ij} v_m (1 - h_{i,j,m}^2)",
    },
    source="D. Bahdanau, K. Cho and Y. Bengio, Neural machine translation by jointly learning to align and "
    "translate, ICLR 2015, "
    "section 3 and appendix A.1.2",
    also=("Bahdanau attention", "concat attention", "keras.layers.AdditiveAttention", "alignment model"),
)


def positive(x: Array) -> Any:
    """elu(x) + 1: eˣ up to 0, and x + 1 above it; it is differentiable everywhere."""
    return np.where(x > 0, x + 1, np.exp(x))


def positive_derivative(x: Array) -> Any:
    """eˣ up to 0, and 1 above it."""
    return np.where(x > 0, 1, np.exp(x))


def linear_attention(Q: Array, K: Array, V: Array) -> Any:
    """φ(Q) (φ(K)ᵀ V) over φ(Q) Σ_j φ(K_j) row by row, φ = elu + 1, (n, d), (m, d), (m, e) → (n, e)."""
    a, b = positive(Q), positive(K)
    return (a @ (b.T @ V)) / (a @ b.sum(axis=0))[:, None]


def linear_attention_backward(dy: Array, Q: Array, K: Array, V: Array) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them, in time that grows with n + m."""
    a, b = positive(Q), positive(K)
    below = (a @ b.sum(axis=0))[:, None]
    dabove = dy / below
    dbelow = -(dy * (a @ (b.T @ V))).sum(axis=1, keepdims=True) / below**2
    da = dabove @ (b.T @ V).T + dbelow * b.sum(axis=0)
    db = V @ (a.T @ dabove).T + (dbelow * a).sum(axis=0)
    return da * positive_derivative(Q), db * positive_derivative(K), b @ (a.T @ dabove)


LIBRARY.formula(
    "linear-attention",
    "Linear attention",
    formula=r"y_i = \frac{\sum_j \phi(Q_i) \cdot \phi(K_j) V_j}{\sum_j \phi(Q_i) \cdot \phi(K_j)}",
    forward=linear_attention,
    inputs={"Q": Reals(3, 2), "K": Reals(4, 2), "V": Reals(4, 2)},
    backward=linear_attention_backward,
    printed={
        "Q": r"\frac{\partial L}{\partial Q_{ik}} = b_{ik} \sum_j \bar{S}_{ij} \kappa_{jk}",
        "K": r"\frac{\partial L}{\partial K_{jk}} = c_{jk} \sum_i \bar{S}_{ij} a_{ik}",
        "V": r"\frac{\partial L}{\partial V_{jl}} = \sum_i P_{ij} \bar{y}_{il}",
    },
    notation={
        "a_{ik}": r"\begin{cases} Q_{ik} + 1 & Q_{ik} > 0 \\ \exp(Q_{ik}) & Q_{ik} \le 0 \end{cases}",
        "b_{ik}": r"\begin{cases} 1 & Q_{ik} > 0 \\ \exp(Q_{ik}) & Q_{ik} \le 0 \end{cases}",
        r"\kappa_{jk}": r"\begin{cases} K_{jk} + 1 & K_{jk} > 0 \\ \exp(K_{jk}) & K_{jk} \le 0 \end{cases}",
        "c_{jk}": r"\begin{cases} 1 & K_{jk} > 0 \\ \exp(K_{jk}) & K_{jk} \le 0 \end{cases}",
        "S_{ij}": r"\sum_k a_{ik} \kappa_{jk}",
        "P_{ij}": r"\frac{S_{ij}}{\sum_l S_{il}}",
        r"\bar{P}_{ij}": SCORES[r"\bar{P}_{ij}"],
        r"\bar{S}_{ij}": r"\frac{\bar{P}_{ij} - \sum_l P_{il} \bar{P}_{il}}{\sum_l S_{il}}",
    },
    source="A. Katharopoulos et al., Transformers are RNNs: fast autoregressive transformers with linear attention, "
    "ICML 2020, "
    "section 3",
    also=("kernel attention", "linear transformer", "elu feature map"),
    notes="In print a = φ(Q), κ = φ(K), b and c are their slopes, P are the weights that the code never makes.",
)


def cross_attention(x: Array, c: Array, A: Array, B: Array, C: Array) -> Any:
    """Attention of x to c with Q = x A, K = c B, V = c C, (n, p), (m, r), (p, d), (r, d), (r, e) → (n, e)."""
    return attention(x @ A, c @ B, c @ C)


def cross_attention_backward(
    dy: Array, x: Array, c: Array, A: Array, B: Array, C: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂c, ∂L/∂A, ∂L/∂B and ∂L/∂C, shaped like them: c receives what its keys and its values receive."""
    dQ, dK, dV = attention_backward(dy, x @ A, c @ B, c @ C)
    return dQ @ A.T, dK @ B.T + dV @ C.T, x.T @ dQ, c.T @ dK, c.T @ dV


LIBRARY.formula(
    "cross-attention",
    "Cross attention, with its projections",
    formula=r"y = \operatorname{attention}(x A, c B, c C)",
    forward=cross_attention,
    inputs={"x": Reals(2, 3), "c": Reals(3, 2), "A": Reals(3, 2), "B": Reals(2, 2), "C": Reals(2, 2)},
    backward=cross_attention_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \frac{1}{\sqrt d} \bar S c B A^T",
        "c": r"\frac{\partial L}{\partial c} = \frac{1}{\sqrt d} \bar S^T x A B^T + P^T \bar y C^T",
        "A": r"\frac{\partial L}{\partial A} = \frac{1}{\sqrt d} x^T \bar S c B",
        "B": r"\frac{\partial L}{\partial B} = \frac{1}{\sqrt d} c^T \bar S^T x A",
        "C": r"\frac{\partial L}{\partial C} = c^T P^T \bar y",
    },
    notation={
        "d": "2",
        "Q_{ik}": r"\sum_m x_{im} A_{mk}",
        "K_{jk}": r"\sum_m c_{jm} B_{mk}",
        "V_{jl}": r"\sum_m c_{jm} C_{ml}",
        "S_{ij}": SCORES["S_{ij}"],
        r"\bar{P}_{ij}": SCORES[r"\bar{P}_{ij}"],
    },
    source=f"{VASWANI}, section 3.2.3",
    also=("encoder-decoder attention", "conditioning", "flax.linen.MultiHeadDotProductAttention"),
)


def multi_head_attention(x: Array, A: Array, B: Array, C: Array, D: Array) -> Any:
    """Σ over heads of softmax(Q Kᵀ / √d) V D_h with Q = x A_h, K = x B_h, V = x C_h.

    (n, p), (h, p, d), (h, p, d), (h, p, e), (h, e, q) → (n, q).
    """
    Q, K, V = x @ A, x @ B, x @ C
    P = softmax(Q @ K.swapaxes(1, 2) / np.sqrt(Q.shape[2]))
    return (P @ V @ D).sum(axis=0)


def multi_head_attention_backward(
    dy: Array, x: Array, A: Array, B: Array, C: Array, D: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂A, ∂L/∂B, ∂L/∂C and ∂L/∂D, shaped like them: x receives from the queries, keys and values of all heads."""
    Q, K, V = x @ A, x @ B, x @ C
    P = softmax(Q @ K.swapaxes(1, 2) / np.sqrt(Q.shape[2]))
    dO = dy @ D.swapaxes(1, 2)
    dS = softmax_backward(dO @ V.swapaxes(1, 2), P) / np.sqrt(Q.shape[2])
    dQ, dK, dV = dS @ K, dS.swapaxes(1, 2) @ Q, P.swapaxes(1, 2) @ dO
    dx = dQ @ A.swapaxes(1, 2) + dK @ B.swapaxes(1, 2) + dV @ C.swapaxes(1, 2)
    return dx.sum(axis=0), x.T @ dQ, x.T @ dK, x.T @ dV, (P @ V).swapaxes(1, 2) @ dy


HEADS = {
    "d": "2",
    "Q_{a,i,k}": r"\sum_m x_{im} A_{a,m,k}",
    "K_{a,i,k}": r"\sum_m x_{im} B_{a,m,k}",
    "V_{a,i,k}": r"\sum_m x_{im} C_{a,m,k}",
    "S_{a,i,j}": r"\frac{1}{\sqrt d} \sum_k Q_{a,i,k} K_{a,j,k}",
    "P_{a,i,j}": r"\frac{\exp(S_{a,i,j})}{\sum_l \exp(S_{a,i,l})}",
    r"\bar{O}_{a,i,k}": r"\sum_m \bar{y}_{im} D_{a,k,m}",
    r"\bar{P}_{a,i,j}": r"\sum_k \bar{O}_{a,i,k} V_{a,j,k}",
    r"\bar{S}_{a,i,j}": r"P_{a,i,j} \left(\bar{P}_{a,i,j} - \sum_l P_{a,i,l} \bar{P}_{a,i,l}\right)",
    r"\bar{Q}_{a,i,k}": r"\frac{1}{\sqrt d} \sum_j \bar{S}_{a,i,j} K_{a,j,k}",
    r"\bar{K}_{a,j,k}": r"\frac{1}{\sqrt d} \sum_i \bar{S}_{a,i,j} Q_{a,i,k}",
    r"\bar{V}_{a,j,k}": r"\sum_i P_{a,i,j} \bar{O}_{a,i,k}",
}
"""Of head a: queries, keys, values, scores, weights; and the gradients of L by them, and by what D is applied to."""

LIBRARY.formula(
    "multi-head-attention",
    "Multi-head self-attention, with all projections",
    formula=r"y = \sum_h \operatorname{attention}(x A_h, x B_h, x C_h) D_h",
    forward=multi_head_attention,
    inputs={
        "x": Reals(3, 2),
        "A": Reals(2, 2, 2),
        "B": Reals(2, 2, 2),
        "C": Reals(2, 2, 2),
        "D": Reals(2, 2, 2),
    },
    backward=multi_head_attention_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{im}} = \sum_{a,k} \bar{Q}_{a,i,k} A_{a,m,k}"
        r" + \sum_{a,k} \bar{K}_{a,i,k} B_{a,m,k} + \sum_{a,k} \bar{V}_{a,i,k} C_{a,m,k}",
        "A": r"\frac{\partial L}{\partial A_{a,m,k}} = \sum_i x_{im} \bar{Q}_{a,i,k}",
        "B": r"\frac{\partial L}{\partial B_{a,m,k}} = \sum_j x_{jm} \bar{K}_{a,j,k}",
        "C": r"\frac{\partial L}{\partial C_{a,m,k}} = \sum_j x_{jm} \bar{V}_{a,j,k}",
        "D": r"\frac{\partial L}{\partial D_{a,k,m}} = \sum_{i,j} P_{a,i,j} V_{a,j,k} \bar{y}_{im}",
    },
    notation=HEADS,
    source=f"{VASWANI}, section 3.2.2",
    also=(
        "torch.nn.MultiheadAttention",
        "flax.linen.MultiHeadDotProductAttention",
        "self-attention",
        "transformer layer",
    ),
    notes="A, B, C and D have the heads as first axis: W^Q, W^K, W^V and W^O of the paper, where the heads' results "
    "stand side by "
    "side before W^O, which is this sum.",
)


def multi_query_attention(Q: Array, K: Array, V: Array) -> Any:
    """Attention of several heads of queries to the same keys and values, (h, n, d), (m, d), (m, e) → (h, n, e)."""
    return softmax(Q @ K.T / np.sqrt(Q.shape[2])) @ V


def multi_query_attention_backward(dy: Array, Q: Array, K: Array, V: Array) -> tuple[Array, Array, Array]:
    """∂L/∂Q, ∂L/∂K and ∂L/∂V, shaped like them: keys and values receive from all heads."""
    P = softmax(Q @ K.T / np.sqrt(Q.shape[2]))
    dS = softmax_backward(dy @ V.T, P) / np.sqrt(Q.shape[2])
    return dS @ K, np.einsum("hij,hik->jk", dS, Q), np.einsum("hij,hil->jl", P, dy)


LIBRARY.formula(
    "multi-query-attention",
    "Multi-query attention (heads share keys and values)",
    formula=r"y_h = \operatorname{softmax}\left(\frac{1}{\sqrt d} Q_h K^T\right) V",
    forward=multi_query_attention,
    inputs={"Q": Reals(2, 3, 2), "K": Reals(4, 2), "V": Reals(4, 2)},
    backward=multi_query_attention_backward,
    printed={
        "Q": r"\frac{\partial L}{\partial Q_{a,i,k}} = \frac{1}{\sqrt d} \sum_j \bar{S}_{a,i,j} K_{jk}",
        "K": r"\frac{\partial L}{\partial K_{jk}} = \frac{1}{\sqrt d} \sum_{a,i} \bar{S}_{a,i,j} Q_{a,i,k}",
        "V": r"\frac{\partial L}{\partial V_{jl}} = \sum_{a,i} P_{a,i,j} \bar{y}_{a,i,l}",
    },
    notation={
        "d": "2",
        "S_{a,i,j}": r"\frac{1}{\sqrt d} \sum_k Q_{a,i,k} K_{jk}",
        "P_{a,i,j}": HEADS["P_{a,i,j}"],
        r"\bar{P}_{a,i,j}": r"\sum_l \bar{y}_{a,i,l} V_{jl}",
        r"\bar{S}_{a,i,j}": HEADS[r"\bar{S}_{a,i,j}"],
    },
    source="N. Shazeer, Fast transformer decoding: one write-head is all you need, 2019, section 3",
    also=("MQA", "grouped-query attention", "GQA", "shared keys and values"),
    notes="Grouped-query attention is this within each group of heads.",
)


def attention_pooling(x: Array, v: Array) -> Any:
    """Σ_i p_i x_i with p = softmax(x v), (n, p), (p,) → (p,)."""
    return softmax(x @ v) @ x


def attention_pooling_backward(dy: Array, x: Array, v: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂v, shaped like them: x is both what is weighted and what the weights come from."""
    p = softmax(x @ v)
    ds = softmax_backward(x @ dy, p)
    return np.outer(p, dy) + np.outer(ds, v), x.T @ ds


LIBRARY.formula(
    "attention-pooling",
    "Attention pooling (a learnt query)",
    formula=r"y = \sum_i p_i x_i, \quad p = \operatorname{softmax}(x v)",
    forward=attention_pooling,
    inputs={"x": Reals(3, 2), "v": Reals(2)},
    backward=attention_pooling_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = p_i \bar{y}_j + \sigma_i v_j",
        "v": r"\frac{\partial L}{\partial v_j} = \sum_i \sigma_i x_{ij}",
    },
    notation={
        "p_i": r"\frac{\exp(\sum_j x_{ij} v_j)}{\sum_k \exp(\sum_j x_{kj} v_j)}",
        "g_i": r"\sum_j x_{ij} \bar{y}_j",
        r"\sigma_i": r"p_i \left(g_i - \sum_k p_k g_k\right)",
    },
    source="Z. Yang et al., Hierarchical attention networks for document classification, NAACL 2016, section 2.2",
    also=("pooling by attention", "weighted mean", "multiple instance learning"),
    notes="σ is the gradient of L by the scores x v.",
)
