"""What a result depends on besides its settings: versions and backend."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from convscope.backend import backend_name

__all__ = ["code_version", "package_versions"]

PACKAGES = ("convscope", "keras", "jax", "tensorflow", "torch", "numpy", "pandas", "scikit-learn", "altair")


CHECKOUT = Path(__file__).parents[3]
"""Of the sources, where convscope is installed from a checkout."""
PATIENCE = 2


@cache
def code_version() -> str:
    """Name the code: the version, and in a checkout the commit, and whether files differ from it.

    ``"0.1.0"``, ``"0.1.0+g1a2b3c4d5e6f"`` or ``"0.1.0+g1a2b3c4d5e6f.changed"``.
    """
    released = version("convscope")
    if not (CHECKOUT / ".git").exists() or not (CHECKOUT / "src" / "convscope").is_dir():
        return released
    asked = ["git", "-C", str(CHECKOUT), "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=.changed"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return released
    return f"{released}+g{told}"


def package_versions() -> dict[str, str]:
    """List the versions that a run records: Python, the packages, and of the backends the one in use."""
    unused = {"jax", "tensorflow", "torch"} - {backend_name()}
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        if package not in unused:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                found[package] = "not installed"
    return found
