"""Fast imports and a fast exit for processes of our own: the command line's, and what convscope starts.

``python -m convscope.loading MODULE ...`` runs a module like ``python -m MODULE ...``, after such imports.
"""

from __future__ import annotations

import atexit
import gc
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["importing"]

POSTPONED = ("scipy.stats", "matplotlib.pyplot", "matplotlib.patches")
"""scikit-learn and Keras import these, where installed, for functions that we do not call: 0.4 s and 0.7 s."""


@contextmanager
def importing() -> Iterator[None]:
    """Import without unused modules, and exclude the imported objects from garbage collection.

    Imports make many objects, and no garbage: looking for it takes 0.7 s of 1.9 s, and half a second more at the end.
    Where a package for addresses is installed, jsonschema, which Altair brings, builds grammars of them with it: as
    long as all other imports take. A process that is not ours keeps all this.
    """
    absent: Any = None
    sys.modules.setdefault("rfc3987_syntax", absent)
    gc.disable()
    try:
        with _postponing(*POSTPONED):
            yield
    finally:
        gc.freeze()
        gc.enable()
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)


@contextmanager
def _postponing(*names: str) -> Iterator[None]:
    """Let modules be imported in the block, and be read only when something of them is used; then all is as ever."""
    stand_ins = {name: _Postponed(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class _Postponed(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for these, and does not need them
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


if __name__ == "__main__":
    del sys.argv[0]
    with importing():
        import_module(sys.argv[0])
    del sys.modules[sys.argv[0]]  # it is read once more, as a program
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
