"""How JAX's functions are called: those that take more than one or two arrays, and those that are left out."""

from __future__ import annotations

import numpy as np

from rule_audits.subject import Array, Call, call

A: Array = np.array([[0.5, -1.25, 2.0], [0.75, 0.3, -0.4]])
B: Array = np.array([[1.5, 0.8, -0.6], [0.25, 1.1, 2.5]])
POSITIVE: Array = np.array([[0.5, 1.25, 2.0], [0.75, 0.3, 0.4]])
UNIT: Array = np.array([[0.5, 0.25, 0.9], [0.75, 0.3, 0.4]])
EVEN: Array = np.array([[0.5, -1.25, 2.0, 0.1], [0.75, 0.3, -0.4, 1.5]])
TALL: Array = np.array([[0.6, -1.1], [1.4, 0.2], [-0.7, 0.9]])
W: Array = np.array([1.5, -0.3, 0.6])
SQUARE: Array = np.array([[2.0, 0.3, -0.1], [0.2, 1.5, -0.4], [0.5, 0.1, 3.0]])
LARGER: Array = np.array([[2.0, 0.3, -0.1, 0.4], [0.2, 1.5, -0.4, 0.1], [0.5, 0.1, 3.0, -0.2], [0.3, -0.6, 0.2, 1.2]])
SYMMETRIC: Array = np.array([[2.0, 0.3, -0.1], [0.3, 1.5, -0.4], [-0.1, -0.4, 3.0]])
SINGULAR: Array = np.diag([1.0, 2.0, 0.0, 3.0])
QUERY: Array = np.linspace(-1.0, 1.0, 24).reshape(1, 3, 2, 4) ** 3 + 0.2
KEY: Array = np.cos(np.arange(40.0)).reshape(1, 5, 2, 4)
VALUE: Array = np.sin(np.arange(40.0)).reshape(1, 5, 2, 4)
HERE = {"points": 0}

CALLS: dict[str, tuple[Call, ...]] = {
    "jax.nn.glu": (call(EVEN), call(TALL.T.copy(), axis=0)),
    "jax.nn.gelu": (call(A, approximate=True), call(A, approximate=False)),
    "jax.nn.softmax": (call(A), call(A, axis=0)),
    "jax.nn.log_softmax": (call(A), call(A, axis=0)),
    "jax.nn.logsumexp": (call(A), call(A, axis=1), call(A, b=B)),
    "jax.nn.logmeanexp": (call(A), call(A, axis=1)),
    "jax.nn.standardize": (call(A),),
    "jax.nn.log1mexp": (call(POSITIVE),),
    "jax.nn.dot_product_attention": (
        call(QUERY, KEY, VALUE, options=HERE),
        call(QUERY, QUERY + 0.5, QUERY - 0.3, is_causal=True, options=HERE),
    ),
    "jax.numpy.i0": (call(A),),
    "jax.numpy.sinc": (call(A),),
    "jax.numpy.clip": (call(A, -0.5, 1.0),),
    "jax.numpy.linalg.det": (call(SQUARE), call(LARGER), call(SINGULAR, options=HERE)),
    "jax.numpy.linalg.slogdet": (call(SQUARE), call(LARGER), call(SQUARE, method="qr")),
    "jax.numpy.linalg.inv": (call(SQUARE),),
    "jax.numpy.linalg.pinv": (call(A, options=HERE), call(TALL, options=HERE), call(SQUARE, options=HERE)),
    "jax.numpy.linalg.solve": (call(SQUARE, TALL), call(SQUARE, W)),
    "jax.numpy.linalg.norm": (
        call(W),
        call(A),
        call(W, 3),
        call(A, axis=1),
        call(W, 1),
        call(W, np.inf),
        call(A, "nuc", options=HERE),
    ),
    "jax.numpy.linalg.cholesky": (call(SYMMETRIC, options=HERE),),
    "jax.numpy.linalg.svd": (call(A, full_matrices=False, options=HERE), call(A, compute_uv=False, options=HERE)),
    "jax.numpy.linalg.qr": (call(TALL, options=HERE), call(SQUARE, options=HERE)),
    "jax.numpy.linalg.eigvalsh": (call(SYMMETRIC, options=HERE),),
    "jax.scipy.special.bessel_jn": (),
    "jax.scipy.special.betainc": (call(POSITIVE, UNIT + 1, UNIT, options=HERE),),
    "jax.scipy.special.beta": (call(POSITIVE, UNIT + 1),),
    "jax.scipy.special.betaln": (call(POSITIVE, UNIT + 1),),
    "jax.scipy.special.expn": (
        call(2, POSITIVE, opaque=True, options=HERE),
        call(1, POSITIVE, opaque=True, options=HERE),
        call(0, POSITIVE, opaque=True, options=HERE),
    ),
    "jax.scipy.special.exp1": (call(POSITIVE, opaque=True, options=HERE),),
    "jax.scipy.special.gammainc": (call(POSITIVE, UNIT + 1),),
    "jax.scipy.special.gammaincc": (call(POSITIVE, UNIT + 1),),
    "jax.scipy.special.hyp1f1": (call(POSITIVE, UNIT + 1, A, opaque=True, options=HERE),),
    "jax.scipy.special.hyp2f1": (call(POSITIVE, UNIT + 1, UNIT + 2, UNIT / 2, opaque=True, options=HERE),),
    "jax.scipy.special.log_softmax": (call(A),),
    "jax.scipy.special.softmax": (call(A),),
    "jax.scipy.special.logsumexp": (call(A), call(A, axis=1), call(A, b=B)),
    "jax.scipy.special.multigammaln": (call(POSITIVE + 2, 3, options=HERE),),
    "jax.scipy.special.poch": (call(POSITIVE, UNIT + 1),),
    "jax.scipy.special.polygamma": (call(1, POSITIVE), call(2, POSITIVE)),
    "jax.scipy.special.zeta": (call(UNIT + 2, POSITIVE),),
    "jax.scipy.special.sici": (call(A),),
    "jax.scipy.special.fresnel": (call(A),),
    "jax.scipy.special.wofz": (call(A + 1j * POSITIVE),),
    "jax.scipy.special.boxcox": (call(POSITIVE, A),),
    "jax.scipy.special.boxcox1p": (call(POSITIVE, A),),
    "jax.scipy.special.kl_div": (call(POSITIVE, UNIT),),
    "jax.scipy.special.rel_entr": (call(POSITIVE, UNIT),),
    "jax.scipy.special.xlogy": (call(A, POSITIVE),),
    "jax.scipy.special.xlog1py": (call(A, POSITIVE),),
    "jax.scipy.special.owens_t": (call(A, B),),
    "jax.scipy.special.spence": (call(POSITIVE),),
    "jax.scipy.special.expi": (call(A, opaque=True, options=HERE),),
}

_WHOLE = "its arguments are whole numbers, or its results are"
_ALIAS = "it is jax.nn's or jax.numpy's function, exercised there"

NOT_MEANT: dict[str, str] = {
    "jax.nn.one_hot": _WHOLE,
    "jax.nn.get_scaled_dot_general_config": "it makes a configuration",
    "jax.nn.scaled_dot_general": "it is meant for eight-bit numbers, which round",
    "jax.nn.scaled_matmul": "it is meant for eight-bit numbers, which round",
    "jax.scipy.special.bernoulli": _WHOLE,
    "jax.scipy.special.comb": "it is made of gammaln",
    "jax.scipy.special.sph_harm_y": "its degrees are whole numbers and its values complex; no recipe",
    "jax.scipy.special.bessel_jn": "it takes an order as an option and returns all lower ones; no recipe",
    "jax.numpy.trim_zeros": "it takes zeros away: a result of another shape for other arguments",
    "jax.numpy.frexp": "it returns an exponent beside the fraction; no recipe",
}

REACHED: dict[str, str] = {
    "jax._src.nn.functions._softmax": "jax.nn.softmax",
    "jax._src.numpy.linalg._slogdet_small": "jax.numpy.linalg.slogdet",
    "jax._src.numpy.linalg._slogdet_lu": "jax.numpy.linalg.slogdet",
    "jax._src.numpy.linalg._slogdet_qr": "jax.numpy.linalg.slogdet",
    "jax._src.numpy.ufuncs._sinc_maclaurin": "jax.numpy.sinc",
    "jax._src.scipy.special._xlogx": "jax.scipy.special.entr",
    "jax._src.scipy.special._owens_t_impl": "jax.scipy.special.owens_t",
    "jax.scipy.special.fresnel": "jax.scipy.special.fresnel",
}
