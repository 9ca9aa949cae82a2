"""A training that is shown in the browser while it runs, and afterwards."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Mapping
from typing import Any

from convscope.cli._output import note
from convscope.engine.watching import Watcher
from convscope.page.exhibit import Exhibit
from convscope.page.film import FilmShow
from convscope.page.server import PageServer
from convscope.page.watch import PLACE, show_training
from convscope.training import ImageClassifier

__all__ = ["WatchedTraining"]


class WatchedTraining:
    """Opens the page when training begins, and keeps it open.

    Parameters
    ----------
    browser : bool
        Open it in the browser, not only name it.
    """

    def __init__(self, *, browser: bool) -> None:
        self.browser = browser
        self.server: PageServer | None = None

    def open(self, classifier: ImageClassifier, watcher: Watcher, table: Any) -> None:
        """Serve the page; `ImageClassifier.fit` calls this."""
        self.server = show_training(classifier, watcher, table)
        if self.browser:
            webbrowser.open(f"{self.server.link}#{PLACE}")

    def show_trained(self, classifier: ImageClassifier, rows: Any, title: str, facts: Mapping[str, Any]) -> None:
        """Show the trained network and its film from now on."""
        if self.server is not None:
            shown = Exhibit(classifier, rows, title=title, facts=facts)
            self.server.show(shown, FilmShow(shown, classifier.film_))

    def keep_showing(self) -> None:
        """Wait for Ctrl-C; a run that had come to its end before has no page."""
        if self.server is None:
            return
        note("The page stays open. Press Ctrl-C to stop.")
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            self.server.stop()
