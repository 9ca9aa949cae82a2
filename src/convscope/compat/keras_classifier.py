"""The scikit-learn wrapper that Keras had in 2021, as a thin face over `ImageClassifier`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from convscope.backend import keras
from convscope.errors import UsageError, did_you_mean
from convscope.training import ImageClassifier

__all__ = ["KerasClassifier"]

FIT_DEFAULTS = {"epochs": 1, "batch_size": 32, "verbose": 1, "callbacks": None, "class_weight": None}


class KerasClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier around a function that returns a compiled Keras model.

    Values go in as they are: nothing is rescaled, whatever the pixels. New code should use `ImageClassifier`.

    Parameters
    ----------
    build_fn : callable
        Returns a compiled ``keras.Model``; called anew by each ``fit``.
    **sk_params
        ``epochs`` (1), ``batch_size`` (32), ``verbose`` (1), ``callbacks``, ``class_weight``, and whatever
        ``build_fn`` takes by name, e.g. ``learning_rate``.

    Attributes
    ----------
    model : keras.Model
        The trained model.
    classes_ : array of shape (n_classes,)
        The labels, sorted.

    Raises
    ------
    UsageError
        Neither ``fit`` nor ``build_fn`` takes an argument.

    References
    ----------
    ``tf.keras.wrappers.scikit_learn.KerasClassifier`` of TensorFlow 2.4.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> from convscope.backend import keras
    >>> def build():
    ...     model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
    ...     model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    ...     return model
    >>> digits = load_dataset("digits")
    >>> classifier = KerasClassifier(build, epochs=1)
    >>> history = classifier.fit(digits.data, digits.target)
    >>> classifier.predict(digits.data[:3]).shape
    (3,)
    """

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params
        self._check(sk_params)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """List what the constructor was given."""
        return {"build_fn": self.build_fn, **self.sk_params}

    def set_params(self, **params: Any) -> Self:
        """Change some of what the constructor was given."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self._check(params)
        self.sk_params = {**self.sk_params, **params}
        return self

    def fit(self, x: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, **kwargs: Any) -> Any:
        """Build a fresh model and train it.

        Parameters
        ----------
        x : frame or array of shape (n_rows, n_features)
        y : array of shape (n_rows,)
            Labels: numbers, text or booleans.
        sample_weight : array of shape (n_rows,), optional
        **kwargs
            ``epochs`` and the like, for this time only.

        Returns
        -------
        history : keras.callbacks.History
            ``history.history["loss"]`` has one value per epoch.
        """
        self._check(kwargs)
        chosen = FIT_DEFAULTS | self.sk_params | kwargs
        for_fit = {name: chosen.pop(name) for name in FIT_DEFAULTS}
        for_builder = {f"model__{name}": value for name, value in chosen.items()}
        classifier = ImageClassifier(self.build_fn, recipe="document", **for_fit, **for_builder)
        self.classifier_ = classifier.fit(x, y, sample_weight=sample_weight)
        self.classes_, self.model = classifier.classes_, classifier.model_
        return _keras_history(classifier)

    def predict(self, x: Any, **kwargs: Any) -> NDArray[Any]:
        """Predict the label of each row; shape (n_rows,). Keyword arguments of 2021 change nothing."""
        check_is_fitted(self, "classifier_")
        return self.classifier_.predict(x)

    def predict_proba(self, x: Any, **kwargs: Any) -> NDArray[np.float64]:
        """Predict the probability of each class; shape (n_rows, n_classes), also for one sigmoid unit."""
        check_is_fitted(self, "classifier_")
        return self.classifier_.predict_proba(x)

    def score(self, x: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, **kwargs: Any) -> float:
        """Measure the accuracy, 0..1."""
        check_is_fitted(self, "classifier_")
        return self.classifier_.score(x, y, sample_weight=sample_weight)

    def _check(self, names: dict[str, Any]) -> None:
        known = [*FIT_DEFAULTS, *(inspect.signature(self.build_fn).parameters if self.build_fn else ())]
        for name in names:
            if name not in known:
                raise UsageError(
                    f"{name} is not a legal parameter.",
                    expected=did_you_mean(name, known),
                    repair="give the function build_fn an argument of this name",
                )


def _keras_history(classifier: ImageClassifier) -> Any:
    history = keras.callbacks.History()
    history.set_model(classifier.model_)
    history.epoch = list(range(classifier.n_iter_))
    history.history = {name: list(values) for name, values in classifier.history_.metrics.items()}
    return history
