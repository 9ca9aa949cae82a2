"""The pages of the documentation: their Python runs, their commands and options exist, their links lead somewhere."""

import re
import shlex
from pathlib import Path
from unittest.mock import patch

import pytest
import typer

from convscope.cli._app import app
from convscope.primitives import PRIMITIVES
from generate.running import run_blocks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for folder in ("tutorial", "how-to", "explanation") for path in (DOCS / folder).glob("*.md"))
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def named(path):
    return str(path.relative_to(DOCS))


with_python = [path for path in PAGES if "```python" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", with_python, ids=named)
def test_the_python_of_a_page_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path / "home"))
    with patch.dict(PRIMITIVES):  # a page that shows a primitive enters it into the closed set
        assert list(run_blocks(path.read_text(encoding="utf-8"), tmp_path))


def typed():
    """List the lines that a page tells a reader to type."""
    for path in PAGES:
        for block in COMMANDS.findall(path.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("convscope "):
                    yield pytest.param(line, id=f"{named(path)}: {line}")


@pytest.mark.parametrize("line", list(typed()))
def test_a_command_of_a_page_and_its_options_exist(line):
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    context = command.make_context("convscope", [], resilient_parsing=True)
    while hasattr(command, "get_command"):
        _, words, _ = command.make_parser(context).parse_args(words)
        command = command.get_command(context, words[0])
        assert command is not None, words[0]
        words = words[1:]
        context = command.make_context(line, [], resilient_parsing=True)
    command.make_parser(context).parse_args(words)  # raises where an option does not exist


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 600


@pytest.mark.parametrize("path", [ROOT / "README.md", *PAGES], ids=lambda path: path.name)
def test_a_link_of_a_page_leads_to_a_file(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert link.startswith("https://") or (path.parent / link).exists(), link
