"""The line that installs what an optional feature needs, true wherever convscope runs."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from shlex import quote

__all__ = ["install_line"]


def install_line(extra: str) -> str:
    """Write the command that installs the packages of an extra, or one package of that name.

    The packages are named themselves, so that the line is the same from a checkout, a wheel and a notebook, and asks
    nobody for convscope. pip is named by its Python unless plain ``pip`` would install into the same environment.

    Parameters
    ----------
    extra : str
        An optional dependency of convscope, for instance ``"onnx"``; anything else is taken as a package's name.

    Returns
    -------
    line : str

    Examples
    --------
    >>> install_line("onnx").endswith("pip install 'onnx>=1.17'")
    True
    """
    here = Path(sys.executable).parent
    pip = "pip" if Path(shutil.which("pip") or "").parent == here else f"{quote(sys.executable)} -m pip"
    return f"{pip} install {' '.join(quote(package) for package in _packages(extra))}"


def _packages(extra: str) -> list[str]:
    """Look up what an extra consists of in convscope's own metadata."""
    try:
        known = requires("convscope") or []
    except PackageNotFoundError:
        known = []
    parted = [line.replace('"', "'").partition(";") for line in known]
    return [package.strip() for package, _, marker in parted if f"extra == '{extra}'" in marker] or [extra]
