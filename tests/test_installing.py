"""The line that installs an extra works where it is printed."""

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from convscope.installing import install_line

ROOT = Path(__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


@pytest.mark.parametrize("extra", ["onnx", "ray", "mlflow"])
def test_the_line_names_the_packages_of_an_extra(extra):
    assert shlex.split(install_line(extra)).count("install") == 1
    assert set(shlex.split(install_line(extra).partition(" install ")[2])) == set(EXTRAS[extra])


def test_what_is_no_extra_is_a_package():
    assert install_line("jax").endswith("pip install jax")


def test_pip_is_the_one_of_this_python(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install_line("onnx").startswith(f"{sys.executable} -m pip install ")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "pip").write_text("#!/bin/sh\n")
    (tmp_path / "pip").chmod(0o755)
    assert install_line("onnx").startswith("pip install ")


def test_no_line_asks_an_index_for_convscope():
    places = ["src/convscope", "docs", "notebooks", "benchmarks"]
    files = [path for place in places for kind in ("py", "md", "html") for path in (ROOT / place).rglob(f"*.{kind}")]
    for path in [*files, ROOT / "README.md"]:
        asked = re.findall(r"pip install [^\n`]*?(?<![-./\w])convscope(?:\[|\s|$)", path.read_text(encoding="utf-8"))
        assert asked == [], path
