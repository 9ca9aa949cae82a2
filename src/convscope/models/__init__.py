"""Builders of Keras models: each file is one model and says what it teaches.

Examples
--------
>>> from convscope import models
>>> models.catalogue.names()[0]
'cnn'
>>> models.cnn((32, 32, 3), 5).count_params()
30917
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convscope.models._find import find_builder
from convscope.registry import collection

__all__ = ["catalogue", "find_builder"]

catalogue = collection(__name__, "build")

if TYPE_CHECKING:  # the entries are found in the folder, so a type checker cannot list them

    def __getattr__(name: str) -> Any: ...
