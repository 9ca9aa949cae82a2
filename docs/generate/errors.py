"""Every error, with its exit code and what it is a kind of."""

from __future__ import annotations

import inspect
from pathlib import Path

from convscope import errors
from generate.markup import block, heading, write_page

__all__ = ["write"]


def write(folder: Path) -> None:
    """Write the page of errors: the tree, then each class."""
    kinds = [getattr(errors, name) for name in errors.__all__ if inspect.isclass(getattr(errors, name))]
    write_page(
        folder / "errors.rst",
        heading("Errors"),
        inspect.getdoc(errors) or "",
        "",
        *(_section(kind) for kind in kinds),
        heading("Finding what was meant", "-"),
        block("autofunction:: convscope.errors.did_you_mean"),
    )


def _section(kind: type[Exception]) -> str:
    about = block(f"autoexception:: convscope.errors.{kind.__name__}", "", ":show-inheritance:")
    code = getattr(kind, "exit_code", None)
    ends = "A warning; the command line shows it as a note." if code is None else f"Exit code {code}."
    return f"{heading(kind.__name__, '-')}\n{ends}\n\n{about}"
