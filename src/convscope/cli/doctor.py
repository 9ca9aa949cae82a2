"""Show what is installed, what is missing and how to install it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from typing import Any

from convscope.backend import BACKENDS, backend_name
from convscope.cli._output import JsonFlag, QuietFlag, print_json, print_table
from convscope.datasets import catalogue, locate
from convscope.installing import install_line
from convscope.runs import runs_home
from convscope.runs.environment import package_versions

__all__ = ["doctor"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "open", "xdg-open")


def doctor(json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Show what is installed, what is missing and how to install it."""
    checks = [*_versions(), *_backends(), *_data(), _runs(), _browser()]
    if json:
        print_json({"checks": checks, "missing": [check["what"] for check in checks if not check["ok"]]})
        return
    print_table(
        ["", "what", "found", "how to get it"],
        [["ok" if check["ok"] else "--", check["what"], check["found"], check["repair"] or ""] for check in checks],
    )


def _check(what: str, ok: bool, found: str, repair: str = "") -> dict[str, Any]:
    return {"what": what, "ok": ok, "found": found, "repair": "" if ok else repair}


def _versions() -> list[dict[str, Any]]:
    system = _check("system", True, f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    packages = [
        _check(name, found != "not installed", found, install_line(name)) for name, found in package_versions().items()
    ]
    return [system, *packages]


def _backends() -> list[dict[str, Any]]:
    rows = [_check("backend in use", True, f"{backend_name()} (set KERAS_BACKEND to change it)")]
    for name in BACKENDS:
        here = importlib.util.find_spec(name) is not None
        rows.append(
            _check(
                f"backend {name}",
                here,
                "installed" if here else "optional, not installed",
                install_line(name),
            )
        )
    return rows


def _data() -> list[dict[str, Any]]:
    rows = []
    for name in catalogue:
        place = locate(name)
        rows.append(
            _check(
                f"data {name}",
                place.at_hand,
                place.where if place.at_hand else "not available",
                place.reason or "",
            )
        )
    return rows


def _runs() -> dict[str, Any]:
    home = runs_home()
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    return _check("runs folder", os.access(nearest, os.W_OK), str(home), "set CONVSCOPE_HOME to a folder you may write")


def _browser() -> dict[str, Any]:
    found = next((name for name in BROWSERS if shutil.which(name)), None)
    present = found is not None or sys.platform in ("win32", "darwin")
    return _check(
        "browser",
        present,
        found or "the system's own" if present else "none found",
        "install Chromium or Firefox",
    )
