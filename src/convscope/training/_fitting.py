"""What `fit` and `partial_fit` do in turn: build, scale, compile, choose a loop, train, and show it to who watches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from convscope import hooks
from convscope.backend import keras
from convscope.engine import keras_loop, trainer
from convscope.engine.choosing import choose_engine
from convscope.engine.graph import read_graph
from convscope.engine.keeping import Keeper
from convscope.engine.keras_loop import Rows
from convscope.engine.logits import LogitsTrainer, compile_settings, reading_variables
from convscope.engine.own_seeds import own_seeds
from convscope.engine.progress import ProgressBar
from convscope.engine.schedules import settable
from convscope.engine.watching import Watcher
from convscope.errors import LabelError
from convscope.reading import Range
from convscope.tables import Table
from convscope.training._builders import build_model
from convscope.training._input import Labelled, as_table, read_labelled
from convscope.training._parameters import BuilderParameters
from convscope.training._targets import compile_crossentropy, encode_targets, gives_logits
from convscope.training.intensity import in_trained_range
from convscope.training.pixel_range import range_of, warn_of_other_range
from convscope.training.recipes import pixel_scale

__all__ = ["Fitting"]

Array = NDArray[Any]
LOOKED_AT = 500
"""Rows, of those that are trained on, whose outputs a watched training shows."""


class Fitting(BuilderParameters):
    """A classifier's hidden half: the steps of a training, each on what the ones before left in the attributes."""

    classes_: Array
    model_: Any
    pixel_range_: tuple[float, float] | None
    intensity_: Range | None = None
    _seed: int
    _trainer: Any  # a LogitsTrainer while training goes on, else None
    _loop: Any  # the FastLoop that goes with it, or None where Keras trains

    def _begin(self, labelled: Labelled) -> None:
        """Build a fresh model for these rows and classes."""
        self._check_names(name for name in vars(self) if not name.startswith("_") and not name.endswith("_"))
        if len(labelled.classes) < 2:
            raise LabelError(
                "a classifier needs at least two classes.",
                received=f"1 class: {labelled.classes.tolist()}",
                expected="rows of two classes or more",
                repair="add rows of another class",
            )
        n_features = labelled.rows.shape[1]
        shape = labelled.image_shape or (1, n_features, 1)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        with own_seeds(seed) as seeds:
            self.model_ = build_model(self.model, shape, len(labelled.classes), n_features, self._builder_settings())
            # Drawn after the build: a builder that seeds its randomness thereby fixes the order of the rows.
            self._seed = seeds.randrange(2**31)
        self.classes_ = labelled.classes
        self.image_shape_ = labelled.image_shape
        self._compiled_by_user, self._trainer, self._loop = bool(self.model_.compiled), None, None
        if labelled.image_shape is None and read_graph(self.model_).has_maps:
            self.image_shape_ = shape
            warnings.warn(
                f"{n_features} columns are not a square image: read as one row of {n_features} pixels. "
                "Give image_shape=(height, width, channels).",
                UserWarning,
                stacklevel=3,
            )

    def _keep_range(self, labelled: Labelled, *, is_new: bool) -> None:
        """Decide on the scale, as soon as rows tell it; later ones are compared with what was seen."""
        if is_new:
            self.intensity_ = labelled.intensity
        if labelled.are_points:
            self.pixel_range_, self.pixel_scale_ = None, 1.0
            return
        seen = range_of(labelled.rows)
        if is_new or self.pixel_range_ == (0, 0):
            self.pixel_scale_ = pixel_scale(self.recipe, labelled.rows, labelled.intensity)
            are_pixels = self.image_shape_ is not None or self.pixel_scale_ != 1 or seen == (0, 0)
            self.pixel_range_ = seen if are_pixels else None
        elif self.pixel_range_ is not None and not warn_of_other_range(self.pixel_range_, labelled.rows):
            self.pixel_range_ = min(self.pixel_range_[0], seen[0]), max(self.pixel_range_[1], seen[1])

    def _gather(self, labelled: Labelled) -> None:
        """Build the model anew where everything else wants it, on one device, with the weights that were trained."""
        trained = self.model_
        shape = labelled.image_shape or (1, labelled.rows.shape[1], 1)
        with own_seeds(self._seed):
            self.model_ = build_model(
                self.model, shape, len(self.classes_), labelled.rows.shape[1], self._builder_settings()
            )
        self.model_.set_weights(trained.get_weights())
        if not self.model_.compiled:
            self.model_.compile(**compile_settings(trained))

    def _compile(self, optimizer: Any, label_smoothing: float = 0.0) -> None:
        """Make a trainer; a model that nobody compiled is compiled here, each time with a new optimizer."""
        if not self._compiled_by_user:
            compile_crossentropy(self.model_, settable(optimizer) if self.callbacks else optimizer, label_smoothing)
        self._logits = gives_logits(self.model_)
        self._trainer = LogitsTrainer(self.model_)
        with reading_variables():
            engine = choose_engine(self.engine, self._trainer, has_callbacks=bool(self.callbacks), devices=self.devices)
        self.engine_, self.engine_reason_, self._loop = engine.name, engine.reason, engine.loop

    def _validation(self, given: Any, labelled: Labelled) -> Labelled | None:
        """Read the rows that early stopping is to measure, if the caller gives any."""
        if given is None or not self.early_stopping:
            return None
        X, y = given if isinstance(given, tuple) else (given, None)
        X = in_trained_range(self.intensity_, X)
        return read_labelled(self, X, y, None, None, reset=False, classes=labelled.classes)

    def _rows(self, labelled: Labelled, chosen: Array) -> Rows:
        every = len(chosen) == len(labelled.rows)  # a copy of a memory map would cost its whole size
        return Rows(
            np.asarray(labelled.rows) if every else labelled.rows[chosen],
            encode_targets(self.model_, labelled.codes[chosen]),
            None if labelled.weights is None else labelled.weights[chosen],
            self._preparation(),
        )

    def _preparation(self) -> Callable[[Array], Array]:
        """Give what turns rows as the caller has them into the model's input: scaled float32 in the model's shape."""
        scale, shape = np.float32(self.pixel_scale_), (-1, *self.model_.input_shape[1:])
        return lambda rows: np.divide(rows, scale, dtype=np.float32).reshape(shape)

    @contextmanager
    def _watching(
        self, watch: Any, X: Any, labelled: Labelled, train: Array, keeper: Keeper
    ) -> Generator[list[Watcher]]:
        """Open the page before the training, where somebody watches; the film stays, unless training fails."""
        if not watch:
            yield []
            return
        few = train[np.linspace(0, len(train) - 1, min(len(train), LOOKED_AT)).astype(int)]
        watcher = Watcher(self._rows(labelled, few), len(self.classes_), is_interrupted=lambda: bool(keeper.asked))
        if self._loop is not None:
            watcher.share(self._loop)
        open_page = hooks.ask("open_page") if watch is True else watch
        names = X.class_names if isinstance(X, Table) else ()
        finish = open_page(self, watcher, as_table(labelled, few, self.image_shape_, names))
        try:
            yield [watcher]
        finally:
            watcher.end()
        self.film_ = watcher.film
        if finish:
            finish()

    def _train(
        self,
        train: Rows,
        held_out: Rows | None,
        epochs: int,
        batch_size: int,
        keeper: Keeper | None = None,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        self._seed = (self._seed + 1) % 2**31  # each training draws another order, also when it goes on
        bar = [ProgressBar()] if self.verbose else []
        stopping = (
            [keras.callbacks.EarlyStopping(patience=self.n_iter_no_change, restore_best_weights=True)]
            if held_out is not None
            else []
        )
        keeper = keeper or Keeper()
        self.n_resumed_ = keeper.progress.epoch
        keeper.callbacks, keeper.within_epochs = (*stopping, *(self.callbacks or [])), not self.callbacks
        try:
            run = keras_loop.run_epochs if self._loop is None else partial(trainer.run_epochs, self._loop)
            self.history_, self.interrupted_ = run(
                self._trainer,
                train,
                epochs=epochs,
                batch_size=batch_size,
                seed=self._seed,
                held_out=held_out,
                callbacks=[*bar, *watchers, *keeper.callbacks],
                keeper=keeper,
            )
        finally:
            for shown in bar:
                shown.close()
        self.n_iter_ = len(self.history_)
        if self.interrupted_:
            warnings.warn(
                f"training ended early ({self.interrupted_}); the {self.n_iter_} finished epochs are kept.",
                UserWarning,
                stacklevel=3,
            )
