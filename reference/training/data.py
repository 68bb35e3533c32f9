"""The data: scikit-learn's digits and iris, split once and for all, scaled by what the training samples say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.networks.pieces import Array, NetworkError

EVERY = 5
"""Every fifth sample, from the fifth on in the order of the data set, is for testing. No seed takes part in the split."""


@dataclass(frozen=True)
class Data:
    """Samples as rows, labels as whole numbers from 0, and the names of the classes."""

    name: str
    X: Array
    labels: Array
    X_test: Array
    labels_test: Array
    classes: tuple[str, ...]
    about: str

    def targets(self, labels: Array) -> Array:
        """Labels as one-hot rows."""
        hot: Array = np.eye(len(self.classes))[labels]
        return hot

    def held_out(self, share: float = 0.1) -> tuple[Data, tuple[Array, Array]]:
        """Without the last of the training samples, and these with their targets, to tell when to stop."""
        count = max(1, round(len(self.X) * share))
        rest = replace(self, X=self.X[:-count], labels=self.labels[:-count])
        return rest, (self.X[-count:], self.targets(self.labels[-count:]))


def load(name: str) -> Data:
    """A data set by its name.

    Raises:
        NetworkError: there is none of that name, or scikit-learn is not installed.
    """
    if name not in DATA:
        raise NetworkError(f"there is no data set {name!r}; there are {', '.join(DATA)}")
    return DATA[name]()


def digits() -> Data:
    """1797 handwritten digits of 8 × 8 pixels: E. Alpaydin and C. Kaynak, UCI, 1998. Pixels from 0 to 16 become 0 to 1."""
    bunch = _datasets().load_digits()
    return _split("digits", bunch.data / 16, bunch.target, [str(k) for k in range(10)], "8 × 8 pixels, ten digits")


def iris() -> Data:
    """150 irises by four lengths: R. A. Fisher, 1936. Each length less the training mean, over the deviation."""
    bunch = _datasets().load_iris()
    made = _split("iris", bunch.data, bunch.target, list(bunch.target_names), "four lengths, three species")
    mean, deviation = np.mean(made.X, axis=0), np.std(made.X, axis=0)
    # Sorted by species as it comes, which would make each batch one species, and all that is held out.
    order = np.random.default_rng(0).permutation(len(made.X))
    X = (made.X[order] - mean) / deviation
    return replace(made, X=X, labels=made.labels[order], X_test=(made.X_test - mean) / deviation)


def shifted(data: Data) -> Data:
    """With each training picture moved by one pixel in the four directions as well: five times as many samples.

    More samples by translation are the first of the document's remedies against overfitting.

    Raises:
        NetworkError: the samples are no pictures.
    """
    side = int(np.sqrt(data.X.shape[1]))
    if data.name != "digits":
        raise NetworkError(f"{data.name}: its samples are no pictures that could be moved: leave --shifts out")
    pictures = np.pad(data.X.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    moved = [
        pictures[:, 1 + down : 1 + down + side, 1 + right : 1 + right + side].reshape(len(data.X), -1)
        for down, right in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
    ]
    return replace(data, X=np.concatenate(moved), labels=np.tile(data.labels, len(moved)))


def _split(name: str, X: Array, labels: Array, classes: list[str], about: str) -> Data:
    testing = np.arange(len(X)) % EVERY == EVERY - 1
    X = np.asarray(X, dtype=float)
    return Data(name, X[~testing], labels[~testing], X[testing], labels[testing], tuple(map(str, classes)), about)


def _datasets() -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise NetworkError(
            "the data comes with scikit-learn, which is not installed: pip install 'gradcheck[train]', or scikit-learn"
        ) from error
    return datasets


DATA: Mapping[str, Callable[[], Data]] = {"digits": digits, "iris": iris}
