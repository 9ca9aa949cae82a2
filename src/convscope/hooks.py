"""What a lower room may ask of a higher one: registered from above, under a name.

Nothing imports upward. Training opens the page for ``fit(watch=True)``, and the page lies above training: so the
package itself, which lies above everything, registers how, and training asks for it by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["ask", "register"]

REGISTERED: dict[str, Callable[..., Any]] = {}


def register(name: str, answer: Callable[..., Any]) -> None:
    """Say who answers to a name."""
    REGISTERED[name] = answer


def ask(name: str) -> Callable[..., Any]:
    """Find who answers to a name; raises KeyError where nobody does.

    Examples
    --------
    >>> register("double", lambda number: 2 * number)
    >>> ask("double")(21)
    42
    """
    return REGISTERED[name]
