"""One version, wherever it is stated."""

import importlib.util
from pathlib import Path

import pytest

import convscope

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def release():
    found = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_every_place_states_the_same_version(release):
    assert release.agreed_version() == convscope.__version__


def test_another_version_somewhere_ends_the_release(release, monkeypatch):
    monkeypatch.setattr(release, "versions", lambda: {"pyproject.toml": "1.0", "CITATION.cff": "1.1"})
    with pytest.raises(SystemExit, match=r"CITATION.cff: 1.1"):
        release.agreed_version()


def test_what_is_not_committed_is_not_tagged(release, monkeypatch):
    monkeypatch.setattr(release, "run", lambda *words: " M README.md\n" if words[1] == "status" else "")
    with pytest.raises(SystemExit, match="not committed"):
        release.check_ready("1.0")
