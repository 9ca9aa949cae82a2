"""Models as a command names them: one of the collection, or a function in a file of the user's."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convscope import models
from convscope.errors import ModelError, UsageError, did_you_mean
from convscope.installing import install_line

__all__ = ["find_builder"]

INSTEAD = {"tensorflow": f"import keras instead, which runs on JAX; or {install_line('tensorflow')}"}
"""What to do where a module is missing."""


def find_builder(name: str, folder: Path = Path()) -> str | Callable[..., Any]:
    """Find a model: a name in the collection, or ``FILE.py:builder`` written by the user, seen from a folder.

    Raises
    ------
    UsageError
        There is no such name, file or function.
    ModelError
        The file cannot be run.

    Examples
    --------
    >>> find_builder("mlp")
    'mlp'
    """
    path, colon, function = name.rpartition(":")
    if not colon or not path.endswith(".py"):
        if name not in models.catalogue:
            raise UsageError(
                f"there is no model named {name!r}.",
                expected=f"FILE.py:builder, or {did_you_mean(name, models.catalogue.names())}",
            )
        return name
    if not (folder / path).is_file():
        raise UsageError(f"there is no file {folder / path}.", expected="FILE.py:builder, a file and a function in it")
    return _load_function(folder / path, function)


def _load_function(path: Path, function: str) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        raise ModelError(
            f"{path} cannot be run: {type(error).__name__}: {error}.",
            repair=INSTEAD.get(missing, f"install the package that provides {missing}") if missing else None,
        ) from error
    found = getattr(module, function, None)
    if not callable(found):
        known = [name for name, value in vars(module).items() if callable(value) and name[0] != "_"]
        raise UsageError(
            f"{path} has no function named {function!r}.",
            expected=did_you_mean(function, known) if known else None,
        )
    return found  # type: ignore[no-any-return]
