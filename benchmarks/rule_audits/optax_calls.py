"""How optax's losses are called."""

from __future__ import annotations

import numpy as np

from rule_audits.jax_calls import UNIT, A, B
from rule_audits.subject import Array, Call, call

SIGNS: Array = np.array([[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0]])
TARGET: Array = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
HARD: Array = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
CLASSES: Array = np.array([2, 0])
LOG: Array = np.log(TARGET)
C: Array = np.array([[-0.7, 0.1, 0.4], [1.3, -0.2, 0.9]])
PICTURE: Array = np.cos(np.arange(24.0)).reshape(2, 4, 3)
MASK: Array = np.eye(3)[np.arange(8).reshape(2, 4) % 3]
FRAMES: Array = np.cos(np.arange(30.0)).reshape(2, 5, 3)
HERE = {"points": 0}
SHARE = {1: (0.0, 1.0)}  # labels
_NAMED = {"domain": {1: (0.01, 1.0)}}

_ROWS: dict[str, tuple[Call, ...]] = {
    "squared_error": (call(A, B), call(A)),
    "l2_loss": (call(A, B), call(A)),
    "huber_loss": (call(A, B), call(A, B, delta=0.4)),
    "log_cosh": (call(A, B), call(A)),
    "cosine_similarity": (call(A, B), call(A, B, epsilon=1e-3)),
    "cosine_distance": (call(A, B),),
    "sigmoid_binary_cross_entropy": (call(A, TARGET, limits=SHARE),),
    "sigmoid_focal_loss": (call(A, TARGET, limits=SHARE), call(A, TARGET, limits=SHARE, alpha=0.3, gamma=1.5)),
    "hinge_loss": (call(A, SIGNS),),
    "perceptron_loss": (call(A, SIGNS),),
    "sparsemax_loss": (call(A, (SIGNS > 0) * 1.0, wrt=(0,), options=HERE),),
    "multiclass_hinge_loss": (call(A, CLASSES, options=HERE),),
    "multiclass_perceptron_loss": (call(A, CLASSES, options=HERE),),
    "multiclass_sparsemax_loss": (call(A, CLASSES, options=HERE),),
    "softmax_cross_entropy": (call(A, TARGET), call(A, TARGET, axis=0)),
    "safe_softmax_cross_entropy": (call(A, TARGET), call(A, HARD, wrt=(0,), options=HERE)),
    "softmax_cross_entropy_with_integer_labels": (
        call(A, CLASSES, options=HERE),
        call(PICTURE, np.arange(8).reshape(2, 4) % 3, options=HERE),
    ),
    "poly_loss_cross_entropy": (call(A, TARGET), call(A, TARGET, epsilon=0.5)),
    "kl_divergence": (call(LOG, UNIT), call(LOG, HARD, wrt=(0,), options=HERE)),
    "kl_divergence_with_log_targets": (call(LOG, A),),
    "convex_kl_divergence": (call(LOG, UNIT),),
    "generalized_kl_divergence": (call(LOG, UNIT),),
    "smooth_labels": (call(TARGET, 0.1),),
    "ranking_softmax_loss": (call(A, TARGET), call(A, TARGET, weights=np.array([[0.5, 2.0, 1.0], [1.5, 0.3, 0.7]]))),
    "triplet_margin_loss": (call(A, B, C), call(A, B, C, norm_degree=1), call(A, B, C, norm_degree=3)),
    "ntxent": (
        call(PICTURE[:, :, :].reshape(8, 3), np.arange(8) % 3, options=HERE),
        call(PICTURE.reshape(8, 3), np.arange(8) % 3, 0.5, options=HERE),
    ),
    "ctc_loss": (
        call(
            FRAMES,
            np.zeros((2, 5)),
            np.array([[1, 2], [2, 0]]),
            np.array([[0.0, 0.0], [0.0, 1.0]]),
            wrt=(0,),
            options=HERE,
        ),
    ),
    "ctc_loss_with_forward_probs": (
        call(
            FRAMES,
            np.zeros((2, 5)),
            np.array([[1, 2], [2, 0]]),
            np.array([[0.0, 0.0], [0.0, 1.0]]),
            wrt=(0,),
            options=HERE,
        ),
    ),
    "binary_dice_loss": (call(A, UNIT),),
    "dice_loss": (
        call(PICTURE, MASK, wrt=(0,), options=HERE),
        call(PICTURE, MASK, wrt=(0,), alpha=0.3, beta=0.7, options=HERE),
    ),
    "multiclass_generalized_dice_loss": (call(PICTURE, MASK, wrt=(0,), options=HERE),),
}

CALLS: dict[str, tuple[Call, ...]] = {f"optax.losses.{name}": calls for name, calls in _ROWS.items()}

NOT_MEANT: dict[str, str] = {"optax.losses.make_fenchel_young_loss": "it makes a loss of a function that it is given"}
