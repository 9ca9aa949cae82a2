"""The page as a notebook widget: Jupyter, VS Code, Colab, marimo."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from convscope.errors import ConvscopeError
from convscope.page import questions
from convscope.page.exhibit import Exhibit
from convscope.page.export import MODULE, STYLE, WORDS
from convscope.page.film import FilmShow, film_of
from convscope.page.question import Behind

__all__ = ["PageWidget", "explore"]


class PageWidget(anywidget.AnyWidget):
    """A model, opened in a notebook.

    Attributes
    ----------
    link : str
        Where the reader is, e.g. ``"pixel?layer=conv2d_2&map=30"``; may be set from Python.
    """

    _esm = MODULE
    _css = STYLE
    bundle = traitlets.Bytes().tag(sync=True)
    link = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    can_ask = traitlets.Bool(True).tag(sync=True)

    def __init__(self, exhibit: Exhibit, *, film: FilmShow | None = None, **settings: Any) -> None:
        super().__init__(
            bundle=exhibit.bundle(can_ask=True, film=film is not None), words=WORDS.read_text("utf-8"), **settings
        )
        self._exhibit, self._film = exhibit, film
        self._pushed = -1
        self.on_msg(self._answer)

    def push_film(self) -> None:
        """Send what is new of the film without being asked: while a cell runs, a kernel sends but does not listen."""
        if self._film and self._film.film and self._film.film.looks:
            self.send({"film": True}, [self._film.after(self._pushed)])
            self._pushed = self._film.film.looks[-1].step

    def _answer(self, _: Any, question: dict[str, Any], buffers: list[Any]) -> None:
        """Answer what the page asks; each question is a file in `convscope.page.questions`."""
        try:
            asked = questions.catalogue.get(str(question["ask"]))
            found = asked.ask(Behind(self._exhibit, self._film), question, bytes(buffers[0]) if buffers else b"")
        except ConvscopeError as error:
            self.send({"id": question["id"], "error": str(error)})
            return
        self.send({"id": question["id"]}, [found])


def explore(model: Any, table: Any, *, link: str = "", **about: Any) -> PageWidget:
    """Open a model on the rows of a table, in a notebook.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        Fitted or built, with one input.
    table : PixelTable, PointTable, DataFrame, or array of shape (n_images, height, width, channels)
        Images to look at; every row can be asked for.
    link : str
        Where to begin, as the page's own links say.
    **about
        ``title``, ``facts``, ``class_names`` and ``pixel_scale`` of `Exhibit`.

    Returns
    -------
    widget : PageWidget
        Shown by the notebook where it is a cell's last value.

    Raises
    ------
    UsageError, ShapeError
        The model has several inputs, or the images do not fit.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> digits = load_dataset("digits")
    >>> classifier = ImageClassifier("mlp", epochs=1, random_state=0).fit(digits.data, digits.target)
    >>> widget = explore(classifier, digits.table, link="pixel?layer=hidden")
    >>> widget.link
    'pixel?layer=hidden'
    """
    exhibit = Exhibit(model, table, **about)
    return PageWidget(exhibit, film=film_of(exhibit), link=link)
