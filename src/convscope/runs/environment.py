"""What a result depends on besides its settings: versions and backend."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from convscope.backend import backend_name

__all__ = ["package_versions"]

PACKAGES = ("convscope", "keras", "jax", "tensorflow", "torch", "numpy", "pandas", "scikit-learn", "altair")


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
