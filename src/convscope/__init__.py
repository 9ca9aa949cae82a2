"""convscope: train an image classifier from a table of pixels, then open it up.

Every name below is loaded on first use, so that ``import convscope`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convscope import charts, datasets, models
    from convscope.datasets import load_dataset
    from convscope.errors import ConvscopeError
    from convscope.experiments import run_experiment
    from convscope.page.export import export_html
    from convscope.page.watch import WatchTraining
    from convscope.page.widget import explore
    from convscope.tables import PixelTable, images_to_table, read_table, table_to_images, write_table
    from convscope.tracing.record import record_trace
    from convscope.tracing.verify import verify
    from convscope.training import ImageClassifier

__version__ = "0.2.0"

_HOME_OF = {
    "ConvscopeError": "convscope.errors",
    "ImageClassifier": "convscope.training",
    "PixelTable": "convscope.tables",
    "WatchTraining": "convscope.page.watch",
    "explore": "convscope.page.widget",
    "export_html": "convscope.page.export",
    "images_to_table": "convscope.tables",
    "load_dataset": "convscope.datasets",
    "read_table": "convscope.tables",
    "record_trace": "convscope.tracing",
    "run_experiment": "convscope.experiments",
    "table_to_images": "convscope.tables",
    "verify": "convscope.tracing",
    "write_table": "convscope.tables",
}
_PACKAGES = ("charts", "datasets", "models")

__all__ = [
    "ConvscopeError",
    "ImageClassifier",
    "PixelTable",
    "WatchTraining",
    "charts",
    "datasets",
    "explore",
    "export_html",
    "images_to_table",
    "load_dataset",
    "models",
    "read_table",
    "record_trace",
    "run_experiment",
    "table_to_images",
    "verify",
    "write_table",
]


def _open_page(*args: Any, **settings: Any) -> Any:
    """Answer `hooks.ask`: training asks for the page, which lies above it."""
    return import_module("convscope.page.watch").open_page(*args, **settings)


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"convscope.{name}")
    if name in _HOME_OF:
        value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
        return value
    raise AttributeError(f"module 'convscope' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
