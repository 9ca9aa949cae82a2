"""A scikit-learn classifier over any Keras model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_is_fitted

from convscope.backend import keras
from convscope.engine.devices import split_over
from convscope.engine.keeping import keeping
from convscope.engine.keras_loop import release
from convscope.engine.outputs import model_outputs
from convscope.errors import LabelError, ModelError
from convscope.modelfiles.modelfile import read_model, write_model
from convscope.training._fitting import Fitting
from convscope.training._input import (
    check_goes_on,
    check_rows,
    check_weights,
    draw_rows,
    read_labelled,
    split_rows,
)
from convscope.training._labels import are_alike, labels_of, read_labels
from convscope.training._storing import restore, stored_form
from convscope.training._targets import to_probabilities
from convscope.training.facts import check_goes_on_from, training_facts
from convscope.training.intensity import in_trained_range
from convscope.training.pixel_range import check_range
from convscope.training.recipes import make_plan
from convscope.training.settings import check_settings

__all__ = ["ImageClassifier"]


Array = NDArray[Any]


class ImageClassifier(ClassifierMixin, Fitting):  # type: ignore[misc]
    """A classifier of images or points, trained by Keras and used like scikit-learn's own.

    Parameters
    ----------
    model : str, callable or keras.Model
        A name in ``convscope.models``; a builder, called with those of ``image_shape``, ``n_classes``,
        ``n_features`` that it asks for; or a Keras model, of which each ``fit`` trains a fresh clone. A
        compiled model keeps its loss, optimizer and metrics.
    image_shape : (height, width, channels), optional
        Read from the column names if None; else a square is tried, else one row of pixels.
    recipe : {"fast", "quick", "document"}
        ``"fast"`` divides intensities by the largest of their range, see ``pixel_scale_``, takes larger batches and a
        one-cycle learning rate, and smooths labels; ``"quick"`` does so in one short pass over at most 15,360 rows;
        ``"document"`` takes raw values, batches of 20, 2 epochs.
    epochs, batch_size : int, optional
        Instead of the recipe's.
    engine : {"auto", "numpy", "keras"}
        The training loop: convscope's own in NumPy, or Keras'. ``"auto"`` takes NumPy on a CPU for models of layers
        that it knows, and Keras for everything else.
    random_state : int, RandomState or None
        An int makes predictions repeat bit for bit on the same machine, also of fits in several threads. A builder
        that draws numbers itself seeds them itself.
    class_weight : dict, "balanced" or None
        Weight of each class in the loss.
    early_stopping : bool
        Hold rows out, stop when their loss gets no better, and keep the best weights.
    validation_fraction : float in 0..1
        Rows held out by early stopping, each class in proportion.
    n_iter_no_change : int
        Epochs without improvement before early stopping stops.
    warm_start : bool
        Let ``fit`` go on from the weights of the last ``fit``.
    callbacks : list of keras.callbacks.Callback, optional
        Called during training; their model is ``model_``. Under ``"fast"`` and ``"quick"`` its loss takes one-hot rows.
    devices : int, optional
        Experimental: split each batch over so many devices, by Keras on JAX.
    verbose : int
        0 prints nothing; 1 shows a progress bar on stderr.
    **model_parameters
        ``model__NAME`` is passed to the builder as NAME.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Columns seen in ``fit``.
    feature_names_in_ : array of str, one for each column
        Their names, where the input had any.
    model_ : keras.Model
        The trained model.
    history_ : History
        Loss and accuracy of each epoch.
    n_iter_ : int
        Finished epochs.
    n_resumed_ : int
        Those of them that an earlier process had finished, see ``resume``.
    image_shape_ : tuple or None
        (height, width, channels); None for points.
    pixel_scale_ : float
        What inputs are divided by: the largest intensity of the range that whole numbers seen in training belong to,
        16, 255, 1023, 4095 or 65535; 1.0 for fractions, negative numbers, points, and under ``"document"``.
    pixel_range_ : (float, float) or None
        Lowest and highest intensity seen in training; rows of another range bring a `PixelRangeWarning`. None for
        points and other features. Rows that are all 0 tell no range: the next ones in training do.
    intensity_ : (low, high), "standardised", or None
        The range of the table that was trained on, if it was read from a file. A table of another range is refused.
    engine_ : str
        Which loop trained: "numpy" or "keras".
    engine_reason_ : str
        Why ``"auto"`` took Keras; empty otherwise.
    interrupted_ : str
        Why training ended before its last epoch, e.g. "Ctrl-C"; empty if it did not.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> digits, test = load_dataset("digits"), load_dataset("digits", split="test")
    >>> classifier = ImageClassifier("mlp", random_state=0).fit(digits.data, digits.target)
    >>> classifier.score(test.data, test.target) > 0.9
    True
    >>> classifier.predict(test.data[:5]).shape, classifier.predict_proba(test.data[:5]).shape
    ((5,), (5, 10))
    """

    # These say how to train, and are nothing that comes with the rows: scikit-learn is not to route them.
    __metadata_request__fit = {"resume": UNUSED, "validation_data": UNUSED, "watch": UNUSED}  # noqa: RUF012

    def __init__(
        self,
        model: Any = "cnn",
        *,
        image_shape: tuple[int, ...] | None = None,
        recipe: str = "fast",
        epochs: int | None = None,
        batch_size: int | None = None,
        engine: str = "auto",
        random_state: Any = None,
        class_weight: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        warm_start: bool = False,
        callbacks: list[Any] | None = None,
        devices: int | None = None,
        verbose: int = 0,
        **model_parameters: Any,
    ) -> None:
        self.model = model
        self.image_shape = image_shape
        self.recipe = recipe
        self.epochs = epochs
        self.batch_size = batch_size
        self.engine = engine
        self.random_state = random_state
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.devices = devices
        self.verbose = verbose
        self._store(model_parameters)

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        validation_data: Any = None,
        resume: str | Path | None = None,
        watch: Any = False,
    ) -> Self:
        """Train the model.

        Parameters
        ----------
        X : frame, PixelTable, PointTable, or array of shape (n_rows, n_features)
            One row per image. Or images, (n_rows, height, width) or (n_rows, height, width, channels).
        y : array of shape (n_rows,), or one-hot (n_rows, n_classes)
            Labels: numbers, text or booleans. Left out for a table that has labels. Of one-hot rows the labels are
            0, 1, 2, ..., or the names of a frame's columns.
        sample_weight : array of shape (n_rows,), optional
            Weight of each row in the loss, at least 0. A table's own weights if left out.
        validation_data : PixelTable, PointTable or (X, y), optional
            Rows that early stopping measures, and that are never trained on, in place of some rows of ``X``.
        watch : bool or callable
            Show the training in the page while it goes on: in the notebook, or in the browser. A callable is given
            the classifier, the `Watcher` and rows to show instead, and may give back what to call at the end. The
            film stays in ``film_``, and the trained numbers are those of a training that nobody watches.
        resume : path, optional
            A folder for checkpoints, one at the end of each epoch; the two newest are kept. Where there is one already,
            training goes on from it, and ends bit for bit as if it had never been interrupted: also if it had ended.
            Ctrl-C and SIGTERM then end the step first, and keep it.

        Returns
        -------
        self : ImageClassifier

        Raises
        ------
        UsageError
            A setting has a value that it cannot have.
        ModelError
            The model does not fit the rows or the classes, or there is one class only.
        ValueError
            Labels and rows do not fit, or hold NaN; or training cannot go on, because rows or settings differ.
        RunError
            Another process trains in the folder of checkpoints, or none can be written.
        KeyboardInterrupt
            Ctrl-C before the first epoch was finished; later, the last finished epoch is kept.
        """
        check_settings(self.get_params(deep=False))
        with keeping(resume) as keeper, split_over(self.devices):
            going_on = self.warm_start and hasattr(self, "model_")
            X = in_trained_range(self.intensity_, X) if going_on else X
            labelled = read_labelled(self, X, y, sample_weight, self.class_weight, reset=True)
            if going_on:
                check_goes_on(labelled, self.classes_, self.model_.input_shape, self.image_shape_)
            else:
                self._begin(labelled)
            self._keep_range(labelled, is_new=not going_on)
            self._seed = keeper.seed(self._seed)
            apart = self._validation(validation_data, labelled)
            share = self.validation_fraction if self.early_stopping and apart is None else 0
            train, held_out = split_rows(labelled, share, self._seed)
            plan = make_plan(self.recipe, self.model_, len(train), self.epochs, self.batch_size)
            if plan.n_rows is not None:
                train = draw_rows(labelled.codes, train, plan.n_rows, self._seed)
            self._compile(plan.optimizer, plan.label_smoothing)
            if keeper.folder:
                keeper.facts = training_facts(self, labelled, plan, self._seed)
                if keeper.start:
                    check_goes_on_from(keeper.start.facts, keeper.facts)
            source, measured = (labelled, held_out) if apart is None else (apart, np.arange(len(apart.rows)))
            with self._watching(watch, X, labelled, train, keeper) as watchers:
                self._train(
                    self._rows(labelled, train),
                    self._rows(source, measured) if self.early_stopping else None,
                    plan.epochs,
                    batch_size=plan.batch_size,
                    keeper=keeper,
                    watchers=watchers,
                )
            release(self._trainer)
            self._trainer = self._loop = None
        if (self.devices or 1) > 1:
            self._gather(labelled)
        return self

    def partial_fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Pass once over some rows, going on from the weights there are.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array of shape (n_classes,), optional
            All labels that will ever come. At the first call; if left out, the labels of ``y``. Later the same, or left
            out.

        Returns
        -------
        self : ImageClassifier
        """
        check_settings(self.get_params(deep=False))
        first = not hasattr(self, "model_")
        known = None if classes is None else np.unique(read_labels(classes))
        if not first:
            X = in_trained_range(self.intensity_, X)
            self._check_same_classes(known)
            known = self.classes_
        labelled = read_labelled(self, X, y, sample_weight, self.class_weight, reset=first, classes=known)
        if first:
            self._begin(labelled)
        self._keep_range(labelled, is_new=first)
        if self._trainer is None:
            self._compile(keras.optimizers.Adam())  # a one-cycle schedule would need to know where it ends
        plan = make_plan(self.recipe, self.model_, len(labelled.rows), 1, self.batch_size)
        everything = np.arange(len(labelled.rows))
        self._train(self._rows(labelled, everything), None, 1, plan.batch_size)
        return self

    def predict(self, X: Any) -> Array:
        """Predict the label of each row.

        Parameters
        ----------
        X : frame, PixelTable, PointTable, array of shape (n_rows, n_features), or images as in `fit`

        Returns
        -------
        labels : array of shape (n_rows,)
        """
        check_is_fitted(self, "model_")
        labels: Array = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Returns
        -------
        probabilities : float array of shape (n_rows, n_classes)
            In 0..1, columns in the order of ``classes_``, each row adding up to 1.
        """
        check_is_fitted(self, "model_")
        X = in_trained_range(self.intensity_, X)
        rows = check_rows(self, X)
        check_range(self, rows)
        outputs = model_outputs(self.model_, rows, self._preparation(), engine=self.engine)
        return to_probabilities(outputs, len(self.classes_), self._logits)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the natural logarithm of each probability; shape (n_rows, n_classes)."""
        with np.errstate(divide="ignore"):
            logarithms: NDArray[np.float64] = np.log(self.predict_proba(X))
        return logarithms

    def score(self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> float:
        """Measure the accuracy, 0..1; for a table, its own labels are used.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`. A label that was never trained on counts as a mistake.

        Raises
        ------
        DataError
            There are no labels, not one per row, or text where the classes are numbers.
        """
        predicted = self.predict(X)
        labels, weights = labels_of(X, y, len(predicted)), check_weights(sample_weight, predicted)
        if not are_alike(labels, self.classes_):
            raise LabelError(
                "the labels and the classes are of different types, so no label can be right.",
                received=f"{labels.tolist()[0]!r}",
                expected=", ".join(map(repr, self.classes_.tolist())),
                repair="give labels of the type that fit was given",
            )
        return float(np.average(predicted == labels, weights=weights))

    def summary(self, print_fn: Callable[[str], None] | None = None) -> None:
        """Print the layers with their shapes and parameters, as Keras does; returns nothing."""
        check_is_fitted(self, "model_")
        self.model_.summary(print_fn=print_fn)

    def save(self, path: str | Path) -> None:
        """Write the trained classifier into a folder or .zip file that holds no code.

        Parameters
        ----------
        path : path
            A new or empty folder, or a new file whose name ends in .zip.

        Raises
        ------
        ModelError
            Something is there already, or the model has layers that are not Keras' own.
        """
        check_is_fitted(self, "model_")
        write_model(path, stored_form(self))

    @classmethod
    def load(cls, path: str | Path, *, allow_nonfinite: bool = False) -> Self:
        """Read a classifier that `save` wrote; nothing in the folder is executed.

        Parameters
        ----------
        path : path
            The folder or .zip file.
        allow_nonfinite : bool
            Open it also where weights are NaN or infinite.

        Raises
        ------
        ModelFileError
            A file is missing, damaged, or does not fit the others; or it is another kind of model file.
        """
        stored = read_model(path, allow_nonfinite=allow_nonfinite)
        found = cls(stored.model, recipe=stored.settings["recipe"], image_shape=stored.image_shape)
        restore(found, stored)
        return found

    def _check_same_classes(self, classes: Array | None) -> None:
        """Refuse classes that differ from those of the first call."""
        if classes is not None and not np.array_equal(classes, self.classes_):
            raise ModelError(
                "partial_fit can continue only with the same classes.",
                received=f"classes={classes.tolist()}",
                expected=f"{self.classes_.tolist()}",
                repair="leave classes out after the first call",
            )
