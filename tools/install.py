"""Install packages into the environment of the Python that runs this: with uv, which fetches many at a time, or pip.

``.venv/bin/python tools/install.py --editable '.[lab]'`` takes what ``pip install`` takes. uv does not read pip's
settings, so this hands over those that say where packages come from. If there is one that it does not know, or if uv is
not to be had or fails, pip installs.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
IN_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "constraint": "UV_CONSTRAINT",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
ABOUT_PIP_ONLY = {
    "break-system-packages", "cache-dir", "default-timeout", "disable-pip-version-check", "no-cache-dir", "no-input",
    "no-python-version-warning", "prefer-binary", "progress-bar", "quiet", "require-virtualenv", "retries",
    "root-user-action", "timeout", "verbose",
}  # fmt: skip
WHERE_PIP_READS = ("global", "install", ":env:")  # the last goes first


def for_uv(listed: str) -> dict[str, str] | None:
    """Write pip's settings, as ``pip config list`` gives them, as uv's; None if one of them means nothing to uv."""
    settings: dict[str, str] = {}
    lines = [line.partition("=") for line in listed.splitlines()]
    for place in WHERE_PIP_READS:
        settings |= {name[len(place) + 1 :]: value for name, _, value in lines if name.startswith(f"{place}.")}
    wanted = {name: " ".join(ast.literal_eval(value).split()) for name, value in settings.items()}
    if wanted.keys() - IN_UV.keys() - ABOUT_PIP_ONLY:
        return None
    return {IN_UV[name]: value for name, value in wanted.items() if name in IN_UV}


def install_with_uv(wanted: list[str]) -> bool:
    """Say whether uv is to be had, understands pip's settings, and could install everything."""
    uv = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    settings = for_uv(subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout)
    if settings is None:
        return False
    if not uv.exists():
        subprocess.run([*PIP, "install", "--quiet", "--no-compile", "--only-binary=uv", "uv"], stderr=-3, check=False)
    command = [uv, "pip", "install", "--quiet", "--python", sys.executable, *wanted]
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match", **settings, **os.environ}  # all indexes are alike, to pip
    try:
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def main(wanted: list[str]) -> int:
    """Install, and give pip's exit code; it also says what is wrong."""
    if install_with_uv(wanted):
        return 0
    # What is never imported need not be compiled either: that halves the time pip takes.
    return subprocess.run([*PIP, "install", "--quiet", "--no-compile", *wanted], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
