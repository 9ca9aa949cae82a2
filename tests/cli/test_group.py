"""Commands that have commands: their help tells all of it."""

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app


@pytest.mark.parametrize("group", ["data", "runs", "course"])
def test_no_summary_of_a_command_is_cut(group):
    result = CliRunner().invoke(app, [group, "--help"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    lines = result.stdout.split("Commands:")[1].splitlines()
    assert len(lines) > 4
    assert not any(line.endswith("...") for line in lines)
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("words", [["runs", "compare"], ["runs", "tag"], ["data", "fetch"], ["explore"]])
def test_a_usage_line_names_each_argument_once(words):
    line = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80"}).stdout.splitlines()[0]
    arguments = line.split("[OPTIONS]")[1]
    assert "[[" not in arguments and arguments.count("...") <= 1
