"""How autograd's functions are called: a row or several for each that takes more than arrays, and those that are left out.

Shapes are pairwise different and at least 2, so that a transposed or unsummed answer shows.
"""

from __future__ import annotations

import numpy as np

from rule_audits.subject import Array, Call, call

A: Array = np.array([[0.5, -1.25, 2.0], [0.75, 0.3, -0.4]])
B: Array = np.array([[1.5, 0.8, -0.6], [0.25, 1.1, 2.5]])
V: Array = np.array([0.5, -1.25, 2.0, 0.75])
W: Array = np.array([1.5, -0.3, 0.6])
TALL: Array = np.array([[0.6, -1.1], [1.4, 0.2], [-0.7, 0.9]])
SQUARE: Array = np.array([[2.0, 0.3, -0.1], [0.2, 1.5, -0.4], [0.5, 0.1, 3.0]])
SYMMETRIC: Array = np.array([[2.0, 0.3, -0.1], [0.3, 1.5, -0.4], [-0.1, -0.4, 3.0]])
CUBE: Array = np.linspace(-1.0, 2.0, 24).reshape(2, 3, 4) ** 3 + 0.1
POSITIVE: Array = np.array([[0.5, 1.25, 2.0], [0.75, 0.3, 0.4]])
UNIT: Array = np.array([[0.5, 0.25, 0.9], [0.75, 0.3, 0.4]])
COMPLEX: Array = A + 1j * B
HERE = {"points": 0}  # at these arguments only: what is wanted is an eigenvector's sign, a positive matrix, a degree
REDUCED = (call(A), call(A, axis=0), call(A, axis=-1, keepdims=True), call(CUBE, axis=(0, 2)))
PERIODIC = (call(A), call(COMPLEX), call(A, 4), call(A, axis=0))
WITHIN = {"domain": {"x": (0.05, 0.95)}}
_X = np.array([[0.5, -1.25, 2.0], [0.75, 0.3, -0.4]])
_DENSITY = (call(_X, POSITIVE + 1, A, UNIT, options=HERE),)
_NORMAL = (call(_X, B, UNIT + 0.5),)

CALLS: dict[str, tuple[Call, ...]] = {
    "numpy.nan_to_num": (call(A),),
    "numpy.arccosh": (call(POSITIVE + 1),),
    "numpy.sinc": (call(A),),
    "numpy.reshape": (call(A, (3, 2)), call(A, (3, 2), order="F")),
    "numpy.ravel": (call(A), call(A, order="F")),
    "numpy.roll": (call(A, 1), call(A, 1, axis=1), call(A, (1, 2), axis=(0, 1))),
    "numpy.array_split": (call(V, 3), call(A, 2, axis=1)),
    "numpy.split": (call(V, 2), call(A, 3, axis=1)),
    "numpy.vsplit": (call(A, 2),),
    "numpy.hsplit": (call(A, 3), call(V, 2)),
    "numpy.dsplit": (call(CUBE, 2),),
    "numpy.expand_dims": (call(A, 1),),
    "numpy.squeeze": (call(A[:, None]), call(A[:, None], axis=1)),
    "numpy.diag": (call(V), call(SQUARE), call(W, 1), call(A)),
    "numpy.flipud": (call(A),),
    "numpy.fliplr": (call(A),),
    "numpy.rot90": (call(A), call(A, 3)),
    "numpy.trace": (call(SQUARE), call(A, 1), call(CUBE)),
    "numpy.full": (call((2, 3), np.array(0.5)), call((2, 3), W)),
    "numpy.triu": (call(SQUARE), call(A, 1)),
    "numpy.tril": (call(SQUARE), call(A, -1)),
    "numpy.clip": (call(A, -0.5, 1.0),),
    "numpy.swapaxes": (call(CUBE, 0, 2),),
    "numpy.moveaxis": (call(CUBE, 0, 2), call(CUBE, (0, 1), (2, 0))),
    "numpy.rollaxis": (call(CUBE, 2), call(CUBE, 0, 3)),
    "numpy.real_if_close": (call(A),),
    "numpy.real": (call(A), call(COMPLEX)),
    "numpy.imag": (call(A), call(COMPLEX)),
    "numpy.angle": (call(COMPLEX),),
    "numpy.conjugate": (call(A), call(COMPLEX)),
    "numpy.absolute": (call(A), call(COMPLEX)),
    "numpy.where": (call(A > 0, A, B), call(A > 0, W, B)),
    "numpy.cross": (call(A, B), call(A, W), call(TALL, TALL[::-1].copy() + 1.0, axis=0)),
    "numpy.linspace": (call(np.array(0.5), np.array(2.0), 5), call(W, W[::-1].copy(), 5)),
    "numpy.astype": (call(A, np.float64),),
    "numpy.diff": (call(A), call(A, 2), call(A, axis=0), call(V, 3)),
    "numpy.gradient": (call(np.linspace(0.0, 1.0, 6) ** 2), call(np.outer(V, np.arange(5.0)), axis=1), call(W)),
    "numpy.repeat": (call(A, 2), call(A, 3, axis=1), call(A, repeats=np.array([1, 2, 3]), axis=1)),
    "numpy.tile": (call(V, 2), call(A, (2, 3)), call(A, 2), call(V, (2, 3))),
    "numpy.kron": (call(A, TALL), call(V, W), call(A, W)),
    "numpy.transpose": (call(CUBE), call(CUBE, (2, 0, 1))),
    "numpy.broadcast_to": (call(A[:, :1], (2, 3)), call(W, (2, 3))),
    "numpy.sum": REDUCED,
    "numpy.mean": REDUCED,
    "numpy.prod": REDUCED,
    "numpy.var": (*REDUCED, call(A, axis=0, ddof=1)),
    "numpy.std": (*REDUCED, call(A, axis=0, ddof=1)),
    "numpy.max": REDUCED,
    "numpy.min": REDUCED,
    "numpy.amax": REDUCED,
    "numpy.amin": REDUCED,
    "numpy.cumsum": (call(A), call(A, axis=0), call(A, axis=1), call(A, axis=-1)),
    "numpy.inner": (call(A, B), call(V, V[::-1].copy()), call(A, W)),
    "numpy.matmul": (
        call(A, TALL),
        call(A, W),
        call(W, TALL),
        call(CUBE, CUBE.swapaxes(1, 2).copy()),
        call(W, W[::-1].copy()),
    ),
    "numpy.dot": (call(A, TALL), call(A, W), call(CUBE, V), call(CUBE, CUBE.swapaxes(1, 2).copy())),
    "autograd.numpy.numpy_vjps.dot_adjoint_0": (),
    "numpy.tensordot": (call(A, TALL, 1), call(CUBE, A, ([0, 1], [0, 1])), call(A, B, 2)),
    "numpy.outer": (call(V, W), call(A, W)),
    "numpy.sort": (call(V), call(A)),
    "numpy.partition": (call(V, 2),),
    "numpy.atleast_1d": (call(np.array(0.5)), call(V)),
    "numpy.atleast_2d": (call(V),),
    "numpy.atleast_3d": (call(V), call(A)),
    "numpy.einsum": (
        call("ij,jk->ik", A, TALL),
        call("ij->j", A),
        call("ii->i", SQUARE),
        call("...i,...i->...", A, B),
        call("i,j,ij->", V[:2].copy(), W, A),
    ),
    "numpy.diagonal": (call(SQUARE, 0, -1, -2), call(SQUARE), call(A), call(A, 1), call(CUBE, 0, 0, 2)),
    "autograd.numpy.numpy_wrapper.make_diagonal": (call(A, 0, -1, -2),),
    "numpy.pad": (call(A, 1, "constant"), call(A, ((1, 2), (0, 3)), "constant"), call(A, (1, 2), "constant")),
    "numpy.fft.fft": PERIODIC,
    "numpy.fft.ifft": PERIODIC,
    "numpy.fft.fft2": (call(A), call(COMPLEX)),
    "numpy.fft.ifft2": (call(A), call(COMPLEX)),
    "numpy.fft.fftn": (call(A), call(COMPLEX)),
    "numpy.fft.ifftn": (call(A), call(COMPLEX)),
    "numpy.fft.rfft": (call(V), call(CUBE)),
    "numpy.fft.irfft": (call(V + 0.5j), call(COMPLEX)),
    "numpy.fft.rfft2": (call(CUBE),),
    "numpy.fft.irfft2": (call(COMPLEX),),
    "numpy.fft.rfftn": (call(CUBE),),
    "numpy.fft.irfftn": (call(COMPLEX),),
    "numpy.fft.fftshift": (call(V), call(A)),
    "numpy.fft.ifftshift": (call(V), call(A)),
    "numpy.linalg.det": (call(SQUARE), call(np.stack([SQUARE, SYMMETRIC]))),
    "numpy.linalg.slogdet": (call(SQUARE), call(np.stack([SQUARE, SYMMETRIC]))),
    "numpy.linalg.inv": (call(SQUARE), call(np.stack([SQUARE, SYMMETRIC]))),
    "numpy.linalg.pinv": (call(A, options=HERE), call(TALL, options=HERE), call(SQUARE, options=HERE)),
    "numpy.linalg.solve": (
        call(SQUARE, TALL),
        call(SQUARE, W),
        call(np.stack([SQUARE, SYMMETRIC]), CUBE[:, :, :2].copy()),
    ),
    "numpy.linalg.norm": (
        call(V),
        call(A),
        call(V, 3),
        call(A, axis=1),
        call(A, 3, axis=0),
        call(A, "nuc", options=HERE),
        call(V, 1.5),
    ),
    "numpy.linalg.eigh": (
        call(SYMMETRIC, options=HERE, symmetric=(0,)),
        call(SYMMETRIC, "U", options=HERE, symmetric=(0,)),
    ),
    "numpy.linalg.eig": (call(SQUARE, options=HERE),),
    "numpy.linalg.cholesky": (call(SYMMETRIC, options=HERE, symmetric=(0,)),),
    "numpy.linalg.svd": (
        call(A, full_matrices=False, options=HERE),
        call(TALL, full_matrices=False, options=HERE),
        call(A, compute_uv=False, options=HERE),
    ),
    "autograd.scipy.signal.convolve": (
        call(V, W),
        call(V, W, mode="valid"),
        call(V, W, mode="same"),
        call(SQUARE, A, mode="full"),
        call(SQUARE, A, mode="same"),
    ),
    "scipy.special.beta": (call(POSITIVE, UNIT + 1),),
    "scipy.special.betaln": (call(POSITIVE, UNIT + 1),),
    "scipy.special.betainc": (call(POSITIVE, UNIT + 1, UNIT, wrt=(2,), options=HERE),),
    "scipy.special.gammainc": (call(POSITIVE, UNIT + 1, wrt=(1,)),),
    "scipy.special.gammaincc": (call(POSITIVE, UNIT + 1, wrt=(1,)),),
    "scipy.special.gamma": (call(POSITIVE), call(A)),
    "scipy.special.rgamma": (call(POSITIVE), call(A)),
    "scipy.special.gammaln": (call(POSITIVE), call(A)),
    "scipy.special.gammasgn": (call(A),),
    "scipy.special.psi": (call(POSITIVE), call(A)),
    "scipy.special.polygamma": (call(1, POSITIVE), call(2, A)),
    "scipy.special.multigammaln": (call(POSITIVE + 2, 3, options=HERE), call(np.array(4.5), 3, options=HERE)),
    "scipy.special.jv": (call(2, POSITIVE), call(2, A)),
    "scipy.special.yn": (call(2, POSITIVE),),
    "scipy.special.iv": (call(2, POSITIVE), call(2, A), call(0, A), call(1.5, POSITIVE)),
    "scipy.special.ive": (call(2, POSITIVE), call(2, A), call(0, A), call(1.5, POSITIVE)),
    "scipy.special.erfinv": (call(UNIT),),
    "scipy.special.erfcinv": (call(UNIT),),
    "scipy.special.logit": (call(UNIT),),
    "scipy.special.logsumexp": (*REDUCED, call(A, b=2.0), call(A, axis=1, b=B**2)),
    "scipy.linalg.sqrtm": (call(SYMMETRIC, options=HERE), call(SQUARE, options=HERE)),
    "scipy.linalg.solve_triangular": (
        call(SQUARE, TALL),
        call(SQUARE, W),
        call(SQUARE, TALL, lower=True),
        call(SQUARE, TALL, trans=1),
        call(SQUARE, TALL, trans=1, lower=True),
        call(SQUARE, TALL, unit_diagonal=True),
    ),
    "scipy.linalg.solve_banded": (
        call((1, 1), np.array([[0.0, 0.3, 0.2], [2.0, 3.0, 2.5], [0.4, 0.1, 0.0]]), W, options=HERE),
    ),
    "scipy.linalg.solve_sylvester": (call(SQUARE, np.array([[1.0, 0.2], [0.3, 2.0]]), TALL, options=HERE),),
    "scipy.stats.beta.cdf": (call(UNIT, POSITIVE, POSITIVE + 1, wrt=(0,), options=HERE),),
    "scipy.stats.beta.pdf": (call(UNIT, POSITIVE, POSITIVE + 1, options=HERE),),
    "scipy.stats.beta.logpdf": (call(UNIT, POSITIVE, POSITIVE + 1, options=HERE),),
    "scipy.stats.chi2.cdf": (call(POSITIVE, POSITIVE + 1, wrt=(0,), options=HERE),),
    "scipy.stats.chi2.pdf": (call(POSITIVE, POSITIVE + 1, wrt=(0,), options=HERE),),
    "scipy.stats.chi2.logpdf": (call(POSITIVE, POSITIVE + 1, wrt=(0,), options=HERE),),
    "scipy.stats.gamma.cdf": (call(POSITIVE, POSITIVE + 1, wrt=(0,), options=HERE),),
    "scipy.stats.gamma.pdf": (call(POSITIVE, POSITIVE + 1, options=HERE),),
    "scipy.stats.gamma.logpdf": (call(POSITIVE, POSITIVE + 1, options=HERE),),
    "scipy.stats.norm.cdf": _NORMAL,
    "scipy.stats.norm.logcdf": _NORMAL,
    "scipy.stats.norm.logsf": _NORMAL,
    "scipy.stats.norm.sf": _NORMAL,
    "scipy.stats.norm.pdf": _NORMAL,
    "scipy.stats.norm.logpdf": _NORMAL,
    "scipy.stats.poisson.cdf": (call(np.array([1, 2, 4]), W + 1, options=HERE),),
    "scipy.stats.poisson.pmf": (call(np.array([1, 2, 4]), W + 1, options=HERE),),
    "scipy.stats.poisson.logpmf": (call(np.array([1, 2, 4]), W + 1, options=HERE),),
    "scipy.stats.t.pdf": _DENSITY,
    "scipy.stats.t.logpdf": _DENSITY,
    "scipy.stats.t.cdf": (call(_X, POSITIVE + 1, A, UNIT, wrt=(0, 2), options=HERE),),
    "scipy.stats.t.logcdf": (call(_X, POSITIVE + 1, A, UNIT, wrt=(0, 2), options=HERE),),
    "scipy.stats.multivariate_normal.logpdf": (
        call(A, W, SYMMETRIC, options=HERE, symmetric=(2,)),
        call(W, W + 1, SYMMETRIC, options=HERE, symmetric=(2,)),
    ),
    "scipy.stats.multivariate_normal.pdf": (
        call(A, W, SYMMETRIC, options=HERE, symmetric=(2,)),
        call(W, W + 1, SYMMETRIC, options=HERE, symmetric=(2,)),
    ),
    "scipy.stats.multivariate_normal.entropy": (call(W, SYMMETRIC, wrt=(1,), options=HERE, symmetric=(1,)),),
    "scipy.stats.dirichlet.logpdf": (
        call(np.array([0.2, 0.5, 0.3]), np.array([1.5, 0.7, 2.5]), wrt=(1,), options=HERE),
    ),
    "scipy.stats.dirichlet.pdf": (call(np.array([0.2, 0.5, 0.3]), np.array([1.5, 0.7, 2.5]), wrt=(1,), options=HERE),),
}

_TREES = "it takes and returns autograd's own trees, vector spaces or sparse objects, no arrays"
_ADJOINT = "it is a part of another rule, exercised with it"

NOT_MEANT: dict[str, str] = {
    **dict.fromkeys(
        (
            *(
                f"autograd.builtins.{name}"
                for name in ("_make_dict", "container_take", "container_untake", "make_sequence")
            ),
            *(f"autograd.builtins.sequence_extend_{side}" for side in ("left", "right")),
            *(
                f"autograd.core.{name}"
                for name in ("add", "covector", "inner_prod", "mut_add", "scalar_mul", "sparse_add")
            ),
            "autograd.numpy.numpy_vjps.untake",
        ),
        _TREES,
    ),
    **dict.fromkeys(
        (
            *(f"autograd.numpy.numpy_vjps.{name}_adjoint_{k}" for name in ("dot", "tensordot") for k in (0, 1)),
            "autograd.numpy.fft.truncate_pad",
            "autograd.numpy.numpy_boxes.__getitem__",
            "autograd.numpy.numpy_wrapper._array_from_scalar_or_array",
            "autograd.numpy.numpy_wrapper.array_from_args",
            "autograd.numpy.numpy_wrapper.concatenate_args",
        ),
        _ADJOINT,
    ),
    "autograd.misc.fixed_points.fixed_point": "it is given a function, and differentiates that by autograd",
    "scipy.integrate.odeint": "it is given a function, differentiated by autograd; truth is as good as the solver",
}
