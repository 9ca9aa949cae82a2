"""The notebooks of the course, executed as a student gets them and with the solutions; no network, small data."""

import json
import os
import re
from itertools import pairwise

import nbformat
import pytest
from nbclient import NotebookClient
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.course.exercises import catalogue
from convscope.course.lesson_data import ROWS_VARIABLE
from convscope.course.notebooks import find_lessons, lesson_notebook, new_course
from convscope.errors import UsageError

LESSONS = find_lessons()
ROWS = 200
FULL = os.environ.get("CONVSCOPE_NOTEBOOKS") == "full"  # make notebooks-full: on the real data
BLOCKED = """\
import socket, warnings
warnings.simplefilter("error", SyntaxWarning)
def refuse(self, address):
    raise OSError("the network is off")
socket.socket.connect = refuse
"""


FORGET = "%reset -f"
THERE = "import os; os.chdir({folder!r}); os.environ['CONVSCOPE_DATA'] = {folder!r}"


@pytest.fixture(scope="module")
def kernel():
    """One kernel for all lessons: each forgets the names of the one before, and what is imported stays."""
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=300, kernel_name="python3")
    with client.setup_kernel(env={**os.environ, ROWS_VARIABLE: str(ROWS), "CONVSCOPE_OFFLINE": "1"}):
        yield client


def executed(kernel, source, folder):
    """Run a notebook as it is handed out and then solved, in one kernel, and return what the checks of each printed."""
    parts = [nbformat.from_dict(lesson_notebook(source, solved=solved)) for solved in (False, True)]
    for part in parts:
        nbformat.validate(part)
    kernel.nb = notebook = nbformat.v4.new_notebook(metadata=parts[0].metadata)
    for part in parts:
        begin = (THERE.format(folder=str(folder)), FORGET, BLOCKED)
        notebook.cells += [nbformat.v4.new_code_cell(code) for code in begin]
        notebook.cells += part.cells
    for place, cell in enumerate(notebook.cells):
        cell.id = str(place)  # both halves have the same ids
    kernel.execute(cleanup_kc=False)
    _look_at_figures(notebook)
    half = len(notebook.cells) // 2
    return _said(notebook.cells[:half]), _said(notebook.cells[half:])


def _said(cells):
    said = {}
    for cell in cells:
        if "check" in cell.metadata.get("tags", []):
            texts = [output.data["text/plain"] for output in cell.outputs if "data" in output]
            said[re.search(r"ex\.(\w+)", cell.source)[1]] = "".join(texts)
    return said


def _look_at_figures(notebook):
    """Every figure is a picture with alternative text and its numbers as a table, and loads nothing from the web."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    for output in outputs:
        assert not [kind for kind in output.data if kind.startswith("image/") or "vega" in kind]
        page = output.data.get("text/html", "")
        assert "<script" not in page and not re.search(r'src="(?!data:)', page)
        pictures = re.findall(r"<img ([^>]*)>", page)
        assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)
        assert not pictures or ("<table" in page and len(output.data["text/plain"]) > 20)


def exercises_in(source):
    return re.findall(r"^# %% exercise (\w+)$", source.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_lab_is_nine_lessons_and_each_of_its_exercises_stands_in_one():
    assert [path.stem for path in LESSONS[:9]] == [
        "1_review", "2_images_as_tables", "3_what_a_network_sees", "4_convolution", "5_filters",
        "6_channels_and_strides", "7_pooling", "8_putting_it_together", "9_fashion_mnist",
    ]  # fmt: skip
    used = [name for source in LESSONS for name in exercises_in(source)]
    assert len(used) == len(set(used))
    left = set(catalogue.names()) - set(used)
    assert "icebreaker" in left  # it is for the room, not for a notebook
    assert all(catalogue.get(name).optional for name in left - {"icebreaker"})
    assert {"one_by_one_kernels", "whole_image_kernel"} <= set(used)


@pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)
def test_an_untouched_notebook_finishes_unattempted_and_a_solved_one_is_right(kernel, source, tmp_path):
    untouched, solved = executed(kernel, source, tmp_path)
    assert list(untouched) == list(solved) == exercises_in(source)
    assert all(text.startswith("○ Not attempted.") for text in untouched.values()), untouched
    for name, text in solved.items():
        wanted = "✓ Correct." if catalogue.get(name).kind in ("literal", "code") else "✎ Recorded."
        assert text.startswith(wanted), (name, text)


@pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)
def test_a_notebook_is_made_alike_each_time_has_one_title_and_no_skipped_level(source):
    notebook = lesson_notebook(source)
    assert notebook == lesson_notebook(source)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(ids) == len(set(ids))
    assert all(not cell.get("outputs") for cell in notebook["cells"])
    text = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert "solution" not in json.dumps(notebook).lower().replace(".solution()", "")


def test_work_is_never_overwritten(tmp_path):
    written, kept = new_course(tmp_path / "course")
    assert len(written) == 9 and not kept
    written[0].write_text("my work")
    again, kept = new_course(tmp_path / "course")
    assert not again and len(kept) == 9
    assert written[0].read_text() == "my work"


def test_variants_differ_and_check_their_own_numbers(tmp_path):
    new_course(tmp_path / "a", seed=1)
    new_course(tmp_path / "b", seed=2)
    one, other = ((tmp_path / name / "4_convolution.ipynb").read_text() for name in "ab")
    assert one != other and ".variant(1).check(" in one


def test_a_course_cannot_be_written_where_it_does_not_fit(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "no" / "folder"):
        with pytest.raises(UsageError):
            new_course(folder)


def test_the_command_lists_what_it_wrote(tmp_path):
    result = CliRunner().invoke(app, ["course", "new", str(tmp_path / "mine"), "--json"])
    assert result.exit_code == 0 and len(json.loads(result.stdout)["written"]) == 9
    again = CliRunner().invoke(app, ["course", "new", str(tmp_path / "mine"), "--json"])
    assert json.loads(again.stdout)["written"] == []


def test_an_exercise_is_reset_and_the_work_is_kept(tmp_path):
    new_course(tmp_path)
    path = tmp_path / "4_convolution.ipynb"
    fresh = path.read_text()
    path.write_text(fresh.replace("convolve_by_hand = [[...", "convolve_by_hand = [[7"))
    work = path.read_text()
    assert work != fresh
    for number in (1, 2):
        result = CliRunner().invoke(app, ["course", "reset", "convolve_by_hand", "--folder", str(tmp_path)])
        assert result.exit_code == 0, result.output
        assert json.loads(path.read_text()) == json.loads(fresh)
        assert (tmp_path / f"4_convolution.backup-{number}.ipynb").exists()
    assert (tmp_path / "4_convolution.backup-1.ipynb").read_text() == work
    missing = CliRunner().invoke(app, ["course", "reset", "icebreaker", "--folder", str(tmp_path)])
    assert missing.exit_code == 2 and "no notebook" in missing.stderr


def test_opening_a_folder_without_notebooks_is_told(tmp_path):
    result = CliRunner().invoke(app, ["course", "open", str(tmp_path)])
    assert result.exit_code == 2 and "no notebook" in result.stderr
