"""How torch's losses and the functions with settings are called, and what is left out."""

from __future__ import annotations

import numpy as np

from rule_audits.subject import Array, Call, call

A: Array = np.array([[0.5, -1.25, 2.0], [0.75, 0.3, -0.4]])
B: Array = np.array([[1.5, 0.8, -0.6], [0.25, 1.1, 2.5]])
UNIT: Array = np.array([[0.5, 0.25, 0.9], [0.75, 0.3, 0.4]])
POSITIVE: Array = np.array([[0.5, 1.25, 2.0], [0.75, 0.3, 0.4]])
SIGNS: Array = np.array([[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0]])
C: Array = np.array([[-0.7, 0.1, 0.4], [1.3, -0.2, 0.9]])
V: Array = np.array([0.5, -1.25])
LOGITS: Array = np.cos(np.arange(24.0)).reshape(6, 2, 2) + np.arange(2.0)
HERE = {"points": 0}
EACH = {"reduction": "none"}

CALLS: dict[str, tuple[Call, ...]] = {
    "torch.nn.functional.gelu": (call(A), call(A, approximate="tanh")),
    "torch.nn.functional.softplus": (call(A), call(A, beta=2.0, threshold=3.0)),
    "torch.nn.functional.elu": (call(A), call(A, alpha=-0.5), call(A, alpha=2.0)),
    "torch.nn.functional.celu": (call(A), call(A, alpha=2.0)),
    "torch.nn.functional.leaky_relu": (call(A), call(A, negative_slope=2.0), call(A, negative_slope=-0.5)),
    "torch.nn.functional.hardtanh": (call(A), call(A, min_val=-0.3, max_val=0.6)),
    "torch.nn.functional.threshold": (call(A, threshold=0.2, value=-1.0),),
    "torch.nn.functional.prelu": (call(A, np.array([0.25, 0.5, -0.3])),),
    "torch.nn.functional.rrelu": (call(A, training=False),),
    "torch.nn.functional.glu": (call(np.hstack([A, B[:, :1]])), call(A, 0)),
    "torch.nn.functional.softmax": (call(A, 1), call(A, 0)),
    "torch.nn.functional.log_softmax": (call(A, 1), call(A, 0)),
    "torch.nn.functional.softmin": (call(A, 1),),
    "torch.nn.functional.normalize": (call(A), call(A, 3.0)),
    "torch.nn.functional.cosine_similarity": (call(A, B),),
    "torch.nn.functional.pairwise_distance": (call(A, B), call(A, B, 1.0), call(A, B, 3.0)),
    "torch.nn.functional.pdist": (call(A), call(A, 1.0), call(A, 3.0)),
    "torch.nn.functional.layer_norm": (call(A, (3,)),),
    "torch.nn.functional.rms_norm": (call(A, (3,)),),
    "torch.special.logit": (call(UNIT), call(A, 0.3)),
    "torch.special.multigammaln": (call(POSITIVE + 2, 3, options=HERE),),
    "torch.special.polygamma": (call(1, POSITIVE), call(2, POSITIVE)),
    "torch.special.softmax": (call(A, 1),),
    "torch.special.log_softmax": (call(A, 1),),
    "torch.special.logsumexp": (call(A, 1),),
    "torch.special.gammainc": (call(POSITIVE, UNIT + 1, wrt=(1,)),),
    "torch.special.gammaincc": (call(POSITIVE, UNIT + 1, wrt=(1,)),),
    "torch.clamp": (call(A, -0.5, 1.0),),
    "torch.logaddexp": (call(A, B),),
    "torch.logaddexp2": (call(A, B),),
    "torch.nan_to_num": (call(A),),
    "torch.renorm": (call(A, 2.0, 0, 1.0), call(A, 1.0, 0, 1.0)),
    "torch.cdist": (call(A, B), call(A, B, 1.0), call(A, B, 3.0)),
    "torch.dist": (call(A, B), call(A, B, 3.0)),
    "torch.prod": (call(A), call(A, 1)),
    "torch.cumprod": (call(A, 1),),
    "torch.logcumsumexp": (call(A, 1),),
    "torch.var": (call(A), call(A, 1)),
    "torch.std": (call(A), call(A, 1)),
}

_TARGET: Array = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
_CLASSES: Array = np.array([2, 0])
_DENSE = (call(A, B), call(A, B, reduction="none"), call(A, B, reduction="sum"))

LOSSES: dict[str, tuple[Call, ...]] = {
    "torch.nn.functional.l1_loss": _DENSE,
    "torch.nn.functional.mse_loss": _DENSE,
    "torch.nn.functional.smooth_l1_loss": (*_DENSE, call(A, B, beta=0.4), call(A, B, beta=0.0)),
    "torch.nn.functional.huber_loss": (*_DENSE, call(A, B, delta=0.4)),
    "torch.nn.functional.soft_margin_loss": (call(A, SIGNS, wrt=(0,)), call(A, SIGNS, wrt=(0,), reduction="none")),
    "torch.nn.functional.binary_cross_entropy": (
        call(UNIT, _TARGET, options={"domain": {0: (0.02, 0.98), 1: (0.0, 1.0)}}),
        call(UNIT, _TARGET, reduction="none", options={"domain": {0: (0.02, 0.98), 1: (0.0, 1.0)}}),
    ),
    "torch.nn.functional.binary_cross_entropy_with_logits": (
        call(A, _TARGET),
        call(A, _TARGET, reduction="none"),
        call(A, _TARGET, POSITIVE, pos_weight=None),
    ),
    "torch.nn.functional.cross_entropy": (
        call(A, _CLASSES, options=HERE),
        call(A, _TARGET),
        call(A, _CLASSES, label_smoothing=0.1, options=HERE),
        call(A, _CLASSES, np.array([0.5, 2.0, 1.5]), wrt=(0,), options=HERE),
    ),
    "torch.nn.functional.nll_loss": (
        call(A, _CLASSES, options=HERE),
        call(A, _CLASSES, np.array([0.5, 2.0, 1.5]), wrt=(0,), options=HERE),
    ),
    "torch.nn.functional.kl_div": (
        call(A, _TARGET, reduction="batchmean"),
        call(A, _TARGET, reduction="none"),
        call(A, B, log_target=True, reduction="none"),
    ),
    "torch.nn.functional.poisson_nll_loss": (
        call(A, POSITIVE),
        call(POSITIVE, POSITIVE + 1, log_input=False),
        call(A, POSITIVE + 2, full=True, options=HERE),
    ),
    "torch.nn.functional.gaussian_nll_loss": (
        call(A, B, POSITIVE),
        call(A, B, POSITIVE, full=True),
        call(A, B, POSITIVE[:, :1] * 1.0),
    ),
    "torch.nn.functional.hinge_embedding_loss": (
        call(A, SIGNS, wrt=(0,), options=HERE),
        call(A, SIGNS, 0.5, wrt=(0,), options=HERE),
    ),
    "torch.nn.functional.margin_ranking_loss": (call(A, B, SIGNS), call(A, B, SIGNS, 0.5)),
    "torch.nn.functional.cosine_embedding_loss": (call(A, B, np.array([1.0, -1.0]), wrt=(0, 1), options=HERE),),
    "torch.nn.functional.triplet_margin_loss": (call(A, B, C), call(A, B, C, 2.0, 1.0), call(A, B, C, swap=True)),
    "torch.nn.functional.triplet_margin_with_distance_loss": (call(A, B, C),),
    "torch.nn.functional.multi_margin_loss": (call(A, _CLASSES, options=HERE), call(A, _CLASSES, 2, options=HERE)),
    "torch.nn.functional.multilabel_margin_loss": (call(A, np.array([[2, 0, -1], [1, -1, 0]]), options=HERE),),
    "torch.nn.functional.multilabel_soft_margin_loss": (call(A, _TARGET),),
    "torch.nn.functional.ctc_loss": (),
}

# Their second argument is a degree, of which torch takes the whole part.
ORDERS = frozenset(
    f"torch.special.{name}"
    for name in (
        *(f"chebyshev_polynomial_{kind}" for kind in "tuvw"),
        *(f"shifted_chebyshev_polynomial_{kind}" for kind in "tuvw"),
        *("hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p", "zeta"),
    )
)

_DRAWS = "it draws random numbers"
_LAYER = "it is a layer, no elementwise function and no loss"

NOT_MEANT: dict[str, str] = {
    "torch.nn.functional.linear_cross_entropy": "it is linear and cross_entropy at once; no recipe",
    "torch.nn.functional.ctc_loss": "its targets are whole numbers in a layout of their own; no recipe",
    **dict.fromkeys(
        (
            f"torch.nn.functional.{name}"
            for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "gumbel_softmax")
        ),
        _DRAWS,
    ),
    **dict.fromkeys(
        (f"torch.{name}" for name in ("bernoulli", "poisson", "rand_like", "randn_like", "dropout", "normal", "rrelu")),
        _DRAWS,
    ),
}
