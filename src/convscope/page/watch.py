"""A training in the page while it runs: served to this machine, or pushed into a notebook."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.engine.keras_loop import Rows
from convscope.engine.watching import Watcher
from convscope.page.exhibit import Exhibit
from convscope.page.film import FilmShow
from convscope.page.server import PageServer
from convscope.page.widget import PageWidget
from convscope.tables import PointTable, Table, images_to_table

__all__ = ["PLACE", "WatchTraining", "in_notebook", "open_page", "show_training"]

PLACE = "training"


class WatchTraining(Watcher):
    """A Keras callback that shows a training of one's own in the page.

    ``model.fit(x, y, callbacks=[WatchTraining(x[:500], y[:500])])``

    Parameters
    ----------
    x : array of shape (n_rows, ...)
        Some of the rows, as the model takes them; shown as pictures where they are (height, width, channels).
    y : int array of shape (n_rows,), or one-hot array of shape (n_rows, n_classes)
        Their targets, as the loss takes them.
    browser : bool
        Open the page, not only name it; a notebook shows it in any case.

    Examples
    --------
    >>> from convscope import load_dataset, models
    >>> digits = load_dataset("digits")
    >>> x, y = digits.images.reshape(-1, 64) / 255, digits.target
    >>> model = models.mlp((8, 8, 1), 10)
    >>> model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    >>> history = model.fit(x, y, verbose=0, callbacks=[WatchTraining(x[:100], y[:100], browser=False)])
    >>> len(history.epoch)
    1
    """

    def __init__(self, x: ArrayLike, y: ArrayLike, *, browser: bool = True) -> None:
        inputs, targets = np.asarray(x, np.float32), np.asarray(y)
        codes = targets.argmax(axis=1) if targets.ndim > 1 and targets.shape[1] > 1 else targets.reshape(-1)
        super().__init__(Rows(inputs, targets, None, lambda part: part), int(codes.max()) + 1)
        self.table, self.browser = _as_table(inputs, codes.astype(np.int64)), browser

    def on_train_begin(self, logs: Any = None) -> None:
        """Look at the network as it was drawn, and open the page."""
        super().on_train_begin(logs)
        self._finish = open_page(self.model, self, self.table, browser=self.browser)

    def on_train_end(self, logs: Any = None) -> None:
        """Show the trained network."""
        super().on_train_end(logs)
        self._finish()


def _as_table(inputs: NDArray[Any], codes: NDArray[np.int64]) -> Table:
    if inputs.ndim > 2:
        return images_to_table(inputs, codes)
    names = tuple(f"feature{number}" for number in range(1, inputs.shape[1] + 1))
    return PointTable(inputs.astype(np.float64), names, codes)


def open_page(classifier: Any, watcher: Watcher, table: Any, *, browser: bool = True) -> Callable[[], None]:
    """Show a training that is about to begin: in the notebook if there is one, else in the browser.

    Gives back what shows the trained network, when the training is over.
    """
    if in_notebook():
        return show_in_notebook(classifier, watcher, table)
    server = watcher.server = show_training(classifier, watcher, table)
    if browser:
        webbrowser.open(f"{server.link}#{PLACE}")

    def finish() -> None:
        trained = Exhibit(classifier, table, title="training")
        server.show(trained, FilmShow(trained, watcher.film))

    return finish


def in_notebook() -> bool:
    """Say whether a notebook's kernel runs this."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def show_training(
    classifier: Any, watcher: Watcher, table: Any, *, port: int = 0, title: str = "training"
) -> PageServer:
    """Serve the page of a training in a thread, and say on stderr where.

    Parameters
    ----------
    classifier : ImageClassifier or keras.Model
        Built, not trained.
    watcher : Watcher
    table : PixelTable or PointTable
        Rows to look at.
    """
    exhibit = Exhibit(classifier, table, title=title)
    server = PageServer(exhibit, port=port, film=FilmShow(exhibit, watcher))
    server.start()
    sys.stderr.write(f"watch it at {server.link}#{PLACE}\n")
    sys.stderr.flush()
    return server


def show_in_notebook(classifier: Any, watcher: Watcher, table: Any) -> Callable[[], None]:
    """Display the widget, and push each look into it: while a cell runs, a kernel sends but does not listen.

    Stopping is the notebook's own interrupt then, which keeps the last finished epoch.
    """
    from IPython.display import display  # noqa: PLC0415  (there only in a notebook)

    exhibit = Exhibit(classifier, table, title="training")
    widget = PageWidget(exhibit, film=FilmShow(exhibit, watcher), link=PLACE)
    display(widget)  # type: ignore[no-untyped-call]
    watcher.listeners.append(widget.push_film)
    return widget.push_film
