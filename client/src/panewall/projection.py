"""Many dimensions on a plane: t-SNE for the embeddings pane.

Source: van der Maaten and Hinton, Visualizing Data using t-SNE, 2008; the Barnes-Hut variant of 2014, by scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from panewall.errors import MissingPackage

EXACT = 250  # vectors; up to here every pair is looked at, which takes less time than the tree that spares most pairs


def tsne() -> Any:
    """The class that does it.

    Raises:
        MissingPackage: scikit-learn is not installed.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise MissingPackage("embeddings need scikit-learn: pip install 'panewall[embeddings]'") from error
    return TSNE


def on_a_plane(features: np.ndarray) -> np.ndarray:
    """Places of shape (N, 2), each axis from -1 to 1, in which close neighbours stay close.

    Args:
        features: shape (N, D).

    Raises:
        MissingPackage: scikit-learn is not installed.
    """
    count = len(features)
    if count < 3:
        return np.array([[-1.0, 0.0], [1.0, 0.0]])[:count] * (count > 1)
    values = np.nan_to_num(features.astype(np.float64))
    varying = int((np.ptp(values, axis=0) > 0).sum())
    perplexity = 50 if count >= 150 else count // 3 if count >= 21 else 7
    model = tsne()(
        n_components=2,
        perplexity=min(float(perplexity), (count - 1) / 2),
        method="exact" if count <= EXACT else "barnes_hut",
        init="pca" if varying > 1 else "random",
        random_state=0,
    )
    places = np.asarray(model.fit_transform(values), dtype=np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    return np.where(high > low, 2 * (places - low) / span - 1, 0.0)


def points(places: np.ndarray, labels: Sequence[Any], chosen: Sequence[int]) -> list[dict[str, Any]]:
    """What the embeddings pane draws.

    Args:
        places: shape (N, 2).
        labels: of all entities; those of one label have one colour.
        chosen: which entities the places belong to.
    """
    groups = {label: number for number, label in enumerate(dict.fromkeys(map(str, labels)))}
    return [
        {
            "group": groups[str(labels[index])],
            "name": f"Entity {index}",
            "label": labels[index],
            "position": [float(x), float(y)],
            "idx": int(index),
        }
        for index, (x, y) in zip(chosen, places)
    ]
