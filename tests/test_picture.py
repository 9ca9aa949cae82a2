"""The README's picture shows the page as it is built now."""

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def picture():
    pytest.importorskip("playwright")
    found = importlib.util.spec_from_file_location("picture", ROOT / "tools" / "picture.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_picture_was_made_of_the_page_as_it_is_built(picture):
    made = json.loads(picture.RECORD.read_text(encoding="utf-8"))
    assert made["page"] == picture.fingerprint(), "the page has changed: look at it, then run make picture"


def test_the_files_are_those_that_were_made_and_small(picture):
    made = json.loads(picture.RECORD.read_text(encoding="utf-8"))
    written = {path.name: path.read_bytes() for path in picture.PLACE.glob("*.webp")}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in written.items()} == made["files"]
    assert sum(map(len, written.values())) < MOST_BYTES


def test_the_readme_shows_all_of_them(picture):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/picture/{path.name}" in readme for path in picture.PLACE.glob("*.webp"))
