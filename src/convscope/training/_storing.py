"""A trained classifier as what a model file holds, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.modelfiles.modelfile import StoredModel
from convscope.reading import range_from, range_text
from convscope.records import History

__all__ = ["restore", "stored_form"]


def stored_form(classifier: Any) -> StoredModel:
    """Give what a file holds of a trained `ImageClassifier`."""
    return StoredModel(
        model=classifier.model_,
        classes=classifier.classes_,
        image_shape=classifier.image_shape_,
        pixel_scale=classifier.pixel_scale_,
        logits=classifier._logits,
        pixel_range=classifier.pixel_range_,
        feature_names=list(getattr(classifier, "feature_names_in_", [])),
        settings={
            "recipe": classifier.recipe,
            "n_iter": classifier.n_iter_,
            "engine": classifier.engine_,
            "intensity": range_text(classifier.intensity_),
        },
        history={name: list(values) for name, values in classifier.history_.metrics.items()},
        seconds=list(classifier.history_.seconds),
    )


def restore(found: Any, stored: StoredModel) -> None:
    """Give a new classifier the attributes of the one that was saved."""
    found.model_, found.classes_, found.image_shape_ = stored.model, stored.classes, stored.image_shape
    found.pixel_scale_, found._logits = stored.pixel_scale, stored.logits
    found.pixel_range_ = stored.pixel_range
    found.intensity_ = range_from(stored.settings.get("intensity"))
    found.n_features_in_ = int(np.prod(stored.model.input_shape[1:]))
    if stored.feature_names:
        found.feature_names_in_ = np.array(stored.feature_names, dtype=object)
    found.history_ = History(stored.history, tuple(stored.seconds))
    found.n_iter_, found.interrupted_, found._seed = stored.settings["n_iter"], "", 0
    found._compiled_by_user, found._trainer, found._loop = False, None, None
    found.engine_, found.engine_reason_ = stored.settings.get("engine", "keras"), ""
