"""What a lower room may ask of a higher one: the package itself, which lies above every room, answers.

Nothing imports upward. Training opens the page for ``fit(watch=True)``, and the page lies above training: so training
asks for it here, and ``convscope/__init__.py`` says where it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["ask"]


def ask(name: str) -> Callable[..., Any]:
    """Find who answers to a name; raises AttributeError where nobody does.

    Examples
    --------
    >>> ask("open_page").__name__
    '_open_page'
    """
    return getattr(sys.modules["convscope"], f"_{name}")  # type: ignore[no-any-return]
