"""Insights: each file asks one question of a trained model, by a function named like the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convscope.registry import collection

__all__ = ["catalogue"]

catalogue = collection(__name__, "{name}")

if TYPE_CHECKING:  # the entries are found in the folder, so a type checker cannot list them

    def __getattr__(name: str) -> Any: ...
