"""The page: a model opened in a browser, a notebook, or one offline file.

``exhibit`` gathers what the page needs, and ``widget``, ``server`` and ``export`` are its three hosts; each is
imported on its own, because a notebook needs no web server and a file needs neither. ``classroom`` serves a class, and
must be back in seconds after a crash: so Keras, which ``exhibit`` needs, is not imported before somebody asks for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convscope.page.exhibit import Exhibit

__all__ = ["Exhibit"]


def __getattr__(name: str) -> Any:
    if name != "Exhibit":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("convscope.page.exhibit").Exhibit
