"""Every public name of Python: one page for each package, each name documented once."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import convscope
from convscope.errors import ConvscopeError, MissingExtraError
from generate.markup import about, block, heading, table, toctree, words, write_page

__all__ = ["home_of", "packages", "public_names", "write"]

ELSEWHERE = {
    "convscope.cli": "commands/index",
    "convscope.charts": "charts/index",
    "convscope.course.exercises": "exercises",
    "convscope.datasets": "datasets",
    "convscope.errors": "errors",
    "convscope.experiments": "experiments",
    "convscope.insights": "insights",
    "convscope.models": "models",
}
"""Pages of their own, for a package's entries."""
MODULES = ("convscope.errors", "convscope.registry")
"""Files with names for everybody that are no package."""


def packages() -> list[ModuleType]:
    """List convscope and its packages that say what they export."""
    found = pkgutil.walk_packages(convscope.__path__, "convscope.")
    names = ["convscope", *MODULES, *(part.name for part in found if part.ispkg)]
    return [module for module in map(import_module, sorted(names)) if getattr(module, "__all__", [])]


def public_names(package: ModuleType) -> list[str]:
    """List what a package exports, and the entries of a collection that has no page of its own."""
    entries = package.__dict__["_collection"].names() if "_collection" in package.__dict__ else []
    return [*package.__all__, *(entries if package.__name__ not in ELSEWHERE else [])]


def write(folder: Path) -> None:
    """Write a page for each package, and their list."""
    documented: dict[int, str] = {}
    shown = [package for package in packages() if package.__name__ not in ("convscope.errors",)]
    for package in shown:
        write_page(folder / "python" / f"{package.__name__}.rst", *_page(package, documented))
    rows = [(f":doc:`{package.__name__}`", words(_first_line(package))) for package in shown]
    write_page(
        folder / "python" / "index.rst",
        heading("Python"),
        "Every public name, with its docstring. What stands at the top, ``from convscope import ...``, is what most\n"
        "programs need.\n",
        table(("package", "what it holds"), rows),
        toctree((package.__name__ for package in shown), ":hidden:"),
    )


def _page(package: ModuleType, documented: dict[int, str]) -> Iterator[str]:
    name = package.__name__
    yield heading(name)
    yield about(package)
    yield ""
    if name in ELSEWHERE:
        yield f"Its entries have a page of their own: :doc:`../{ELSEWHERE[name]}`.\n"
    yield block(f"currentmodule:: {name}")
    for public in public_names(package):
        try:
            value = getattr(package, public)
        except MissingExtraError as error:
            yield f"{heading(public, '-')}\n{words(error.what)} {words(error.repair)}\n"
            continue
        known = documented.setdefault(id(value), f"{name}.{public}")
        yield heading(public, "-")
        yield _entry(package, public, value) if known == f"{name}.{public}" else f"The same as :py:obj:`{known}`.\n"


def _entry(package: ModuleType, public: str, value: Any) -> str:
    if isinstance(value, ModuleType):
        page = ELSEWHERE.get(value.__name__)
        where = f":doc:`../{page}`" if page else ""
        return f"{about(value)}\n\n{where}\n"
    if inspect.isclass(value):
        if issubclass(value, ConvscopeError):
            return f"{_first_line(value)} See :doc:`../errors`.\n"
        return block(f"autoclass:: {public}", "", ":members:")
    if callable(value) and not hasattr(value, "__origin__"):
        return block(f"autofunction:: {public}")
    return block(f"autodata:: {home_of(package, public)}.{public}", "", ":no-value:")


def home_of(package: ModuleType, public: str) -> str:
    """Find the file that assigns a value, because its docstring stands there."""
    tree = ast.parse(Path(str(package.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and public in [part.name for part in node.names]:
            return str(node.module)
    return package.__name__


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").split("\n", 1)[0]
