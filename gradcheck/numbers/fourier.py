"""The discrete Fourier transform as a product with its matrix: exact in every number system, for the sizes that balls can do.

    X_k = Σ_m x_m e^{−2πi km/n}        x_m = 1/n Σ_k X_k e^{+2πi km/n}

Of a real line (RFFT) the first n/2 + 1 of the X_k are kept. IRFFT gives the real line whose X_k these are: the others are
their conjugates, X_{n−k} = X̄_k, so that with weights v_k = 1 for k = 0 and k = n/2, and 2 otherwise

    x_m = 1/n Σ_{k ≤ n/2} v_k (Re X_k cos 2πkm/n − Im X_k sin 2πkm/n)

(W. L. Briggs and V. E. Henson, The DFT, SIAM 1995, chapters 2 and 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


def transform(system: Any, params: Params, values: Sequence[Any]) -> Any:
    """The primitive ``fft`` over the last axes, as many as ``fft_lengths`` has; a system of `numbers.complex_pairs`."""
    (x,) = values
    kind, lengths = params["fft_type"].name, tuple(params["fft_lengths"])
    rank = len(x.shape)
    axes = list(range(rank - len(lengths), rank))
    if kind == "IRFFT":  # the last axis is the one that becomes real
        for axis, n in zip(axes[:-1], lengths[:-1], strict=True):
            x = _along(system, x, axis, n, n, inverse=True)
        return _real_line(system, x, axes[-1], lengths[-1])
    for axis, n in reversed(list(zip(axes, lengths, strict=True))):
        kept = n // 2 + 1 if kind == "RFFT" and axis == axes[-1] else n
        x = _along(system, x, axis, n, kept, inverse=kind == "IFFT")
    return x


def _along(system: Any, x: Any, axis: int, n: int, kept: int, inverse: bool) -> Any:
    """One axis multiplied by the matrix, of which `kept` rows are used."""
    cosines, sines = _waves(system, np.outer(np.arange(kept), np.arange(n)), n)
    waves = system.apply("complex", {}, [cosines, sines if inverse else system.apply("neg", {}, [sines])])
    result = _product(system, x, waves, axis)
    return system.apply("div", {}, [result, system.exact(n, ())]) if inverse else result


def _real_line(system: Any, x: Any, axis: int, n: int) -> Any:
    numbers = np.outer(np.arange(n), np.arange(n // 2 + 1))
    cosines, sines = _waves(system, numbers, n)
    weights = np.full(n // 2 + 1, 2.0)
    weights[0] = 1.0
    if n % 2 == 0:
        weights[-1] = 1.0
    weighed = [system.apply("mul", {}, [part, system.constant(np.tile(weights, (n, 1)))]) for part in (cosines, sines)]
    real = _product(system, system.apply("real", {}, [x]), weighed[0], axis)
    imag = _product(system, system.apply("imag", {}, [x]), weighed[1], axis)
    return system.apply("div", {}, [system.apply("sub", {}, [real, imag]), system.exact(n, ())])


def _waves(system: Any, numbers: Array, n: int) -> tuple[Any, Any]:
    """cos and sin of 2π · numbers / n."""
    turns = system.apply("div", {}, [system.constant(2.0 * (numbers % n)), system.exact(n, ())])
    angles = system.apply("mul", {}, [turns, system.pi()])
    return system.apply("cos", {}, [angles]), system.apply("sin", {}, [angles])


def _product(system: Any, x: Any, matrix: Any, axis: int) -> Any:
    """Σ_m matrix_km x_m along an axis, which becomes that of k."""
    dims = (((axis,), (1,)), ((), ()))
    product = system.apply("dot_general", {"dimension_numbers": dims}, [x, matrix])
    return system.rearrange(lambda _, data: np.moveaxis(data, -1, axis), {}, [product])
