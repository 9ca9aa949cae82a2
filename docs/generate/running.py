"""The Python of a page, run from top to bottom: what it prints, and the chart that a block ends with."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PYTHON", "Ran", "run_blocks"]

PYTHON = re.compile(r"^```python\n(.*?)^```\n", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """One block: the place in the text where it ends, what it printed, and its last value."""

    end: int
    printed: str
    value: Any


def run_blocks(text: str, folder: Path) -> Iterator[Ran]:
    """Run the blocks of one page in one namespace, in a folder that they may write to."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, found in enumerate(PYTHON.finditer(text), 1):
        out = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(out):
            value = _run(found[1], f"<block {number}>", names)
        yield Ran(found.end(), out.getvalue(), value)


def _run(code: str, name: str, names: dict[str, Any]) -> Any:
    """Run code; return the value of its last line, if that is an expression."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), names)
