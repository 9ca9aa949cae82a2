"""A training in the page while it goes on: served to this machine, or pushed into a notebook."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from typing import Any

from convscope.page.exhibit import Exhibit
from convscope.page.film import FilmShow
from convscope.page.server import PageServer
from convscope.page.widget import PageWidget
from convscope.training.watching import Watcher

__all__ = ["in_notebook", "open_page", "show_training"]

PLACE = "training"


def open_page(classifier: Any, watcher: Watcher, table: Any) -> Callable[[], None]:
    """Show a training that is about to begin: in the notebook if there is one, else in the browser.

    Gives back what shows the trained network, when the training is over.
    """
    if in_notebook():
        return show_in_notebook(classifier, watcher, table)
    server = show_training(classifier, watcher, table)
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
    classifier : ImageClassifier
        With its model built, not trained.
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
