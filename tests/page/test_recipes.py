"""What the page is told of Python's recipes."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_trains_by_python_s_recipes():
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "recipes.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.FILE.read_text(encoding="utf-8") == tool.recipes_file(), "run make page"
