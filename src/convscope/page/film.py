"""A film of a training, as the page takes it: the weights of each look, layer by layer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from convscope.engine.watching import Film, Look
from convscope.page.exhibit import BUNDLE_SCHEMA, Exhibit
from convscope.page.nodes import page_weights
from convscope.records import LayerTrace

__all__ = ["CONTROLS", "FilmShow", "Watched", "film_of"]

CONTROLS = ("pause", "go_on", "stop")
MOST_BYTES = 6_000_000
"""Of one answer; the page asks again for what is left."""


class Watched(Protocol):
    """A running training: `convscope.engine.watching.Watcher`."""

    film: Film | None
    is_paused: bool


class FilmShow:
    """Looks of a training, for the page of an exhibit.

    Parameters
    ----------
    exhibit : Exhibit
        Of the same model.
    film : Film, or Watched
        Finished, or of a training that goes on and takes orders.
    """

    def __init__(self, exhibit: Exhibit, film: Any) -> None:
        self._source = film
        self._layers = exhibit.traced

    @property
    def film(self) -> Film | None:
        """The film as it is now; None before the first look."""
        return self._source if isinstance(self._source, Film) else self._source.film

    def order(self, what: str) -> None:
        """Let a training pause, go on or stop; one that is over takes no orders."""
        if not isinstance(self._source, Film):
            getattr(self._source, what)()

    def after(self, step: int, most_bytes: int = MOST_BYTES) -> bytes:
        """Give the looks after a step, and the steps of all looks that there are.

        Returns
        -------
        content : bytes
            A safetensors file; see `convscope.page.exhibit`. Arrays ``look/N/weights/LAYER/NAME``.
        """
        film = self.film
        looks = [] if film is None else list(film.looks)
        new = [look for look in looks if look.step > step or (step < 0 and look.step == 0)]
        arrays: dict[str, NDArray[Any]] = {}
        told: list[dict[str, Any]] = []
        for look in new:
            if told and sum(array.nbytes for array in arrays.values()) + look.n_bytes > most_bytes:
                break
            arrays |= {f"look/{len(told)}/{name}": values for name, values in self._weights(film, look).items()}
            told.append(look.facts())
        document = {
            "schema": BUNDLE_SCHEMA,
            "steps": [look.step for look in looks],
            "looks": told,
            "ended": film.ended if film else "",
            "paused": bool(getattr(self._source, "is_paused", False)),
            "live": not isinstance(self._source, Film),
        }
        return bytes(save(arrays, {"convscope": json.dumps(document, allow_nan=False)}))

    def whole(self, most_bytes: int) -> bytes:
        """Give as many looks as fit, evenly chosen, first and last among them."""
        film = self.film
        assert film is not None
        one = max(1, film.looks[0].n_bytes)
        count = max(2, min(len(film.looks), most_bytes // one))
        chosen = sorted(set(np.linspace(0, len(film.looks) - 1, count).round().astype(int).tolist()))
        part = Film(film.weight_names)
        part.looks, part.ended = [film.looks[index] for index in chosen], film.ended or "done"
        show = object.__new__(FilmShow)
        show._source, show._layers = part, self._layers
        return show.after(-1, most_bytes * 2)

    def _weights(self, film: Film | None, look: Look) -> dict[str, NDArray[Any]]:
        assert film is not None
        found: dict[str, NDArray[Any]] = {}
        for index, layer in enumerate(self._layers):
            weights = page_weights(layer) or {}
            places = _places(film.weight_names, layer, list(weights))
            for (name, values), place in zip(weights.items(), places, strict=True):
                shown = values if place is None else look.weights[place]
                found[f"weights/{index}/{name}"] = np.ascontiguousarray(shown, np.float32)
        return found


def film_of(exhibit: Exhibit) -> FilmShow | None:
    """Take the film of a classifier that was watched while it trained; None of any other."""
    film = getattr(exhibit.model, "film_", None)
    return None if film is None else FilmShow(exhibit, film)


def _places(paths: Sequence[str], layer: LayerTrace, names: Sequence[str]) -> list[int | None]:
    """Find a layer's weights among those of the model; a layer's second use has those of the first."""
    own = f"/{layer.name.split('#')[0]}/"
    under: list[int | None] = [place for place, path in enumerate(paths) if own in f"/{path}"]
    if len(under) == len(names):
        return under
    ends = [f"{own}{name}" for name in names]
    return [next((place for place, path in enumerate(paths) if f"/{path}".endswith(end)), None) for end in ends]
