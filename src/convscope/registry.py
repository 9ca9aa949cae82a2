"""Collections: folders in which every public file is one entry, named like the file.

Adding an entry is adding a file. Menus, command-line choices, galleries and contract tests read the
folder. Other packages add entries through an entry point group named like the collection.
"""

from __future__ import annotations

import ast
import pkgutil
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from convscope.errors import UsageError, did_you_mean

__all__ = ["Collection", "collection"]


class Collection:
    """The entries of one folder.

    Parameters
    ----------
    package : str
        The folder as a package name, e.g. ``"convscope.models"``; also the entry point group.
    attribute : str
        What an entry's file defines: ``"build"``, or ``"{name}"`` for a function named like the file.

    Examples
    --------
    >>> from convscope.models import catalogue
    >>> catalogue.summary("mlp")
    'The plain network: one hidden layer over all pixels at once.'
    >>> "cnn" in catalogue
    True
    """

    def __init__(self, package: str, attribute: str) -> None:
        self.package = package
        self.attribute = attribute
        self.noun = package.rsplit(".", 1)[-1].rstrip("s")

    def names(self) -> list[str]:
        """List the entries, sorted, without importing them."""
        return sorted({*self._own_names(), *self._foreign})

    def get(self, name: str) -> Any:
        """Import one entry and return it.

        Raises
        ------
        UsageError
            No entry has this name; the message lists the ones there are.
        """
        if name in self._own_names():
            return self.entry(import_module(f"{self.package}.{name}"), name)
        if name in self._foreign:
            return self._foreign[name].load()
        raise UsageError(
            f"there is no {self.noun} named {name!r}.",
            received=repr(name),
            expected=did_you_mean(name, self.names()),
            repair="use one of these",
        )

    def module(self, name: str) -> ModuleType:
        """Import one entry and return the file that defines it."""
        self.get(name)
        return sys.modules[f"{self.package}.{name}"]

    def summary(self, name: str) -> str:
        """Read the first line of an entry's docstring without importing it."""
        path = self._folder() / f"{name}.py"
        if not path.is_file():
            return ""
        return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n", 1)[0]

    def entry(self, module: ModuleType, name: str) -> Any:
        """Import the entry from its file."""
        return getattr(module, self.attribute.format(name=name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def _folder(self) -> Path:
        return Path(str(sys.modules[self.package].__file__)).parent

    def _own_names(self) -> list[str]:
        return [found.name for found in pkgutil.iter_modules([str(self._folder())]) if found.name[0] != "_"]

    @cached_property
    def _foreign(self) -> dict[str, Any]:
        """What other packages add; to look through all that is installed takes 25 ms."""
        return {point.name: point for point in entry_points(group=self.package)}


class _CollectionModule(ModuleType):
    """A package whose attributes are its entries: ``models.cnn`` is the builder, not the file."""

    _collection: Collection

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._collection:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        entry = self._collection.get(name)
        super().__setattr__(name, entry)
        return entry

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system binds a submodule to its package after it has run it.
        if isinstance(value, ModuleType) and not name.startswith("_"):
            value = self._collection.entry(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._collection.names()})


def collection(package: str, attribute: str) -> Collection:
    """Turn a package into a collection; called by its ``__init__.py``.

    Parameters
    ----------
    package : str
        The calling package's ``__name__``.
    attribute : str
        What each file defines; ``"{name}"`` stands for the file's own name.

    Examples
    --------
    >>> from convscope import charts
    >>> charts.catalogue.package, charts.catalogue.attribute
    ('convscope.charts', '{name}')
    """
    found = Collection(package, attribute)
    module = sys.modules[package]
    module.__class__ = _CollectionModule
    module.__dict__["_collection"] = found
    return found
