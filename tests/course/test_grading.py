"""Submissions of all kinds, graded without running any of them."""

import ast
import csv
import io
import json
import os
import re
import zipfile
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.course import Status, ex
from convscope.course.exercises import catalogue
from convscope.course.grading import grade_folder, read_seeds, scored_exercises, summarize_items, to_csv
from convscope.course.submissions import MOST_BYTES, NotLiteralError, value_of
from convscope.errors import TableError

GOOD = """\
%matplotlib inline
!rm -rf important
import numpy as np
convolve_by_hand = [[0, 0], [0, 0]]
convolve_by_hand = np.array([[2, 2, 3], [1, 2, 1], [1, 1, 0]])
input_size = 28 * 28
stride_two: list = [[2, 3], [1, 0]]
order_of_positions = {"depend": "no", "any order": "yes"}
horizontal_edges = ...
parameter_counts = model.count_params()
def default_strides(): return 1
"""


def notebook(*cells):
    listed = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}, "outputs": []} for cell in cells
    ]
    return json.dumps(
        {"cells": [{"cell_type": "markdown", "source": "# text"}, *listed], "nbformat": 4, "metadata": {}}
    )


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "submissions"
    (root / "ada" / "deep").mkdir(parents=True)
    (root / "bob").mkdir()
    return root


def graded(folder):
    return {grade.name: grade for grade in grade_folder(folder)}


def test_13_of_17_scored_exercises_are_graded_without_running():
    kinds = [exercise.kind for exercise in scored_exercises()]
    assert (len(kinds), kinds.count("literal"), kinds.count("code")) == (17, 13, 4)


def test_a_notebook_a_program_json_and_a_zip_give_the_same_points(folder):
    (folder / "ada" / "deep" / "lab.ipynb").write_text(notebook(*GOOD.split("\n", 5)))
    (folder / "bob" / "lab.py").write_text(GOOD)
    answers = {
        "convolve_by_hand": [[2, 2, 3], [1, 2, 1], [1, 1, 0]],
        "input_size": "784",
        "stride_two": [[2, 3], [1, 0]],
    }
    answers["order_of_positions"] = {"depend": "no", "any order": "yes"}
    (folder / "carl.json").write_text(json.dumps({**answers, "horizontal_edges": None, "unknown": 1}))
    with zipfile.ZipFile(folder / "dora.zip", "w") as packed:
        packed.writestr("work/lab.ipynb", notebook(GOOD))
        packed.writestr("__MACOSX/lab.ipynb", "rubbish")
    found = graded(folder)
    assert {name: grade.points for name, grade in found.items()} == dict.fromkeys(
        ["ada/deep/lab.ipynb", "bob/lab.py", "carl.json", "dora.zip/work/lab.ipynb"], 4
    )
    program = found["bob/lab.py"].results
    assert program["horizontal_edges"].status is Status.unattempted
    assert program["parameter_counts"].misconception == program["default_strides"].misconception == "not run"


HOSTILE = {
    "loop.py": "while True: pass\ninput_size = 784",
    "bomb.py": "import os\nwhile 1: os.fork()",
    "reads.py": "input_size = open('/etc/passwd').read()",
    "power.py": "input_size = 9 ** 9 ** 9",
    "repeat.py": "input_size = 'x' * 10 ** 9",
    "deep.py": "input_size = " + "[" * 5000 + "]" * 5000,
    "deeper.py": "input_size = " + "-" * 3000 + "784",
    "long.py": "input_size = " + "9" * 10_000,
    "lambda.py": "input_size = (lambda: 784)()",
    "comprehension.py": "input_size = [784 for _ in range(10 ** 12)]",
    "walrus.py": "(input_size := 784)",
    "starred.py": "input_size = [*range(10)]",
    "unpacked.py": "convolve_by_hand = {**{'a': 1}}",
    "star.py": "input_size, other = 784, 1",
    "deleted.py": "input_size = 785\ndel input_size",
    "patched.py": "from convscope.course import exercise\nexercise.Exercise.check = lambda *a: True\ninput_size = 1",
    "syntax.py": "input_size = = 784",
    "null.py": "input_size = 784\0",
    "binary.py": b"\x80\x04\x95\xff\xfe",
    "pickle.json": b"\x80\x04\x95",
    "list.json": "[1, 2, 3]",
    "nested.json": "[" * 100_000,
    "number.json": '{"input_size": ' + "9" * 5000 + "}",
    "empty.ipynb": "",
    "cells.ipynb": '{"cells": 3}',
    "cell.ipynb": '{"cells": [3, null, "text"]}',
    "sources.ipynb": '{"cells": [{"cell_type": "code", "source": {"a": 1}}]}',
    "fake.zip": b"PK\x03\x04 not a zip",
    "=cmd|' C calc'!A0.py": "input_size = 1",
    "name\nwith line.py": "input_size = 1",
}


def test_no_hostile_submission_gains_a_point_hangs_or_touches_a_file(folder, tmp_path, within_cpu_seconds):
    secret = tmp_path / "secret.py"
    secret.write_text("input_size = 784")
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "link.py").symlink_to(secret)
    (folder / "circle").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    (folder / "huge.py").write_bytes(b"#" * (MOST_BYTES + 1))
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.py", b"#" * (3 * MOST_BYTES))
        packed.writestr("../../escaped.py", "input_size = 785")
    before = sorted(tmp_path.rglob("*"))
    with within_cpu_seconds(10):
        grades = grade_folder(folder)
    assert sorted(tmp_path.rglob("*")) == before
    # an endless loop is not run, so the honest literal after it counts
    assert {grade.name: grade.points for grade in grades if grade.points} == {"loop.py": 1}
    problems = {grade.name: grade.problem for grade in grades if grade.problem}
    for name in (
        "link.py",
        "huge.py",
        "binary.py",
        "pickle.json",
        "list.json",
        "empty.ipynb",
        "fake.zip",
        "bomb.zip/a.py",
    ):
        assert name in problems, name
    assert "pipe" in problems["pipe.py"] and "link" in problems["circle"]


def test_the_table_has_one_line_for_each_and_no_formula(folder):
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = list(csv.reader(io.StringIO(to_csv(grade_folder(folder)))))
    assert len(rows) == len(HOSTILE) + 1
    assert len({len(row) for row in rows}) == 1
    assert all(row[0][0] not in "=+-@" and "\n" not in row[0] for row in rows)


def test_items_tell_how_many_solved_it_and_what_went_wrong(folder):
    for index, answer in enumerate(["784", "785", "785", "64", "..."]):
        (folder / f"{index}.py").write_text(f"input_size = {answer}")
    (folder / "broken.ipynb").write_text("no")
    item = next(item for item in summarize_items(grade_folder(folder)) if item.name == "input_size")
    assert (item.n_correct, item.n_attempted, item.pass_rate) == (1, 4, 0.25)
    assert item.misconceptions[0] == ("785", 2)


def test_the_notebooks_of_one_student_are_one_row(folder):
    first = notebook("convolve_by_hand = [[2, 2, 3], [1, 2, 1], [1, 1, 0]]")
    for student in ("ada", "bob"):
        (folder / student / "2_images_as_tables.ipynb").write_text(notebook("input_size = 784"))
        (folder / student / "4_convolution.ipynb").write_text(first)
        (folder / student / "4_convolution.backup-1.ipynb").write_text(notebook("convolve_by_hand = 1"))
    (folder / "bob" / "7_pooling.ipynb").write_text("torn")
    with zipfile.ZipFile(folder / "carl.zip", "w") as packed:
        packed.writestr("2_images_as_tables.ipynb", notebook("input_size = 784"))
        packed.writestr("4_convolution.ipynb", first)
    found = graded(folder)
    assert {name: grade.points for name, grade in found.items()} == {"ada": 2, "bob": 2, "carl.zip": 2}
    assert found["bob"].problem.startswith("7_pooling.ipynb: ")


def test_300_notebooks_are_graded_in_one_go(folder, within_cpu_seconds):
    for number in range(300):
        (folder / f"student{number:03}.ipynb").write_text(notebook(GOOD))
    with within_cpu_seconds(30):
        assert {grade.points for grade in grade_folder(folder)} == {4}


@pytest.mark.parametrize(
    "text", ["f(1)", "[x]", "a.b", "1 if 1 else 2", "f'{1}'", "2 ** 3", "'a' + 'b'", "{1, 2}", "1 / 0", "{(1,): 2}"]
)
def test_what_is_no_literal_is_refused(text):
    with pytest.raises(NotLiteralError):
        value_of(ast.parse(text, mode="eval").body)


def run(*arguments):
    return CliRunner().invoke(app, ["course", *map(str, arguments)])


def test_the_commands_of_the_course(folder, tmp_path):
    assert "convolve_by_hand" in run("list").stdout
    assert "Slide the kernel" in run("show", "convolve_by_hand").stdout
    assert run("show", "convolve_by_hand", "--variant", 3).stdout != run("show", "convolve_by_hand").stdout
    right = run("check", "convolve_by_hand", "[[2, 2, 3], [1, 2, 1], [1, 1, 0]]")
    assert right.exit_code == 0 and right.stdout.strip().startswith("✓ Correct")
    wrong = run("check", "input_size", "785", "--json")
    assert wrong.exit_code == 1 and json.loads(wrong.stdout)["misconception"] == "785"
    assert run("check", "telling_digits_apart", "closed loops and ends").exit_code == 0
    assert run("hint", "stride_two").stdout.strip() == ex.stride_two.hint()
    unknown = run("hint", "strid_two")
    assert unknown.exit_code == 2 and "stride_two" in unknown.stderr
    (folder / "a.py").write_text(GOOD)
    table = tmp_path / "grades.csv"
    result = run("grade", folder, "-o", table, "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)["submissions"] == 1
    assert "a.py,4,17" in table.read_text()
    assert run("grade", folder, "-o", table).exit_code == 0
    table.with_name("grades.csv.journal").unlink()
    assert run("grade", folder, "-o", table).exit_code == 2
    assert run("grade", folder, "-o", table, "--force").exit_code == 0
    assert run("grade", tmp_path / "missing", "-o", tmp_path / "b.csv").exit_code == 3
    (tmp_path / "empty").mkdir()
    assert run("grade", tmp_path / "empty", "-o", tmp_path / "b.csv").exit_code == 3


def test_what_must_come_from_a_program_cannot_be_written_down(folder):
    claims = {"cnn_on_fashion": {"labels": [1] * 10, "predictions": [1] * 9 + [2]}, "three_inner_layers": [10, 5, 5]}
    (folder / "a.json").write_text(json.dumps(claims))
    (folder / "a.py").write_text("".join(f"{name} = {value!r}\n" for name, value in claims.items()))
    for grade in graded(folder).values():
        assert grade.points == 0
        assert {grade.results[name].misconception for name in claims} == {"not run"}


def test_variants_are_graded_by_their_own_numbers(folder, tmp_path):
    other = ex.convolve_by_hand.variant(7)
    for name in ("ada", "bob"):
        (folder / name / "lab.py").write_text(f"convolve_by_hand = {other.reference().tolist()}")
    table = tmp_path / "seeds.csv"
    table.write_text("submission,seed\nada,7\nbob,8\n")
    found = {grade.name: grade.points for grade in grade_folder(folder, seeds=read_seeds(table))}
    assert found == {"ada/lab.py": 1, "bob/lab.py": 0}
    table.write_text("submission,seed\nada,seven\n")
    with pytest.raises(TableError, match="row 2"):
        read_seeds(table)


def test_a_page_for_each_student_has_nothing_active_in_it(folder, tmp_path):
    (folder / "<img src=x onerror=alert(1)>\nname.py").write_text(
        GOOD + "which_part = '<script>alert(1)</script> upper'"
    )
    (folder / "b.json").write_text("{")
    out = tmp_path / "pages"
    result = run("grade", folder, "-o", tmp_path / "g.csv", "--feedback", out, "--gradescope", tmp_path / "scope")
    assert result.exit_code == 0, result.output
    pages = {path.name: path.read_text() for path in out.iterdir()}
    assert len(pages) == 2 and all(re.fullmatch(r"[A-Za-z0-9-]+\.html", name) for name in pages)
    page = next(text for name, text in pages.items() if "onerror" in name)
    found = Elements()
    found.feed(page)
    assert found.names <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "strong",
                           "section", "span", "blockquote"}  # fmt: skip
    assert not [name for name in found.attributes if name.startswith("on") or name in ("href", "src")]
    assert page.count("<section>") == 19 + 1  # every exercise that is judged, right or wrong, and one free text
    assert page.count("✓ Correct.") == 4 and "○ Not attempted." in page and "! Cannot be read." in page
    assert "4 of 17 points" in page and "&lt;script&gt;" in page and "default-src &#39;none&#39;" not in page
    scores = [json.loads(path.read_text()) for path in (tmp_path / "scope").glob("*/results.json")]
    assert sorted(one["score"] for one in scores) == [0, 4]
    assert all(
        sum(test["score"] for test in one["tests"]) == one["score"] and len(one["tests"]) == 17 for one in scores
    )


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.names, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def read(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_free_text_is_gathered_for_a_person_and_its_points_are_added(folder, tmp_path):
    (folder / "a.py").write_text(GOOD + "which_part = '=HYPERLINK(1)'\ncurves = 'larger filters'\nicebreaker = 'Ada'\n")
    (folder / "b.py").write_text("which_part = '...'\ninput_size = 784")
    assert run("grade", folder, "-o", tmp_path / "g.csv").exit_code == 0
    assert run("rubric", folder, "-o", tmp_path / "t.csv").exit_code == 0
    rows = read(tmp_path / "t.csv")
    assert [(row["submission"], row["exercise"], row["answer"]) for row in rows] == [
        ("a.py", "which_part", "'=HYPERLINK(1)"), ("a.py", "curves", "larger filters"),
    ]  # fmt: skip
    assert all(row["what counts"] for row in rows) and "Ada" not in (tmp_path / "t.csv").read_text()
    filled = [",".join(["a.py", "which_part", "", "", "1.5"]), ",".join(["a.py", "curves", "", "", "2"])]
    (tmp_path / "t.csv").write_text("submission,exercise,what counts,answer,points\n" + "\n".join(filled) + "\n")
    assert run("merge", tmp_path / "g.csv", tmp_path / "t.csv", "-o", tmp_path / "sum.csv").exit_code == 0
    sums = {row["submission"]: row for row in read(tmp_path / "sum.csv")}
    assert (sums["a.py"]["text points"], sums["a.py"]["total"], sums["b.py"]["total"]) == ("3.5", "7.5", "1")
    (tmp_path / "t.csv").write_text("submission,exercise,what counts,answer,points\nc.py,curves,,,1\n")
    wrong = run("merge", tmp_path / "g.csv", tmp_path / "t.csv", "-o", tmp_path / "sum2.csv")
    assert wrong.exit_code == 3 and "row 2" in wrong.stderr and not (tmp_path / "sum2.csv").exists()


def test_the_course_as_an_otter_assignment(tmp_path):
    assert run("export-otter", tmp_path / "otter").exit_code == 0
    tests = sorted((tmp_path / "otter" / "tests").iterdir())
    assert [path.stem for path in tests] == sorted(exercise.name for exercise in scored_exercises())
    for path in tests:
        space = {}
        exec(path.read_text(), space)
        (case,) = space["test"]["suites"][0]["cases"]
        assert f"ex.{path.stem}.check({path.stem})" in case["code"]
    lesson = json.loads((tmp_path / "otter" / "4_convolution.ipynb").read_text())
    sources = [cell["source"] for cell in lesson["cells"]]
    assert 'grader.check("convolve_by_hand")' in sources and "grader = otter.Notebook()" in sources[0]
    assert run("export-otter", tmp_path / "otter").exit_code == 2


TINY, HUGE = 1e-320, 1e308


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("horizontal_edges", [HUGE, HUGE, -HUGE]),
        ("diagonal_edges", [HUGE, HUGE, -HUGE]),
        ("horizontal_edges", [[0, TINY], [0, -TINY]]),
        ("diagonal_edges", [[0, TINY], [0, -TINY]]),
        ("horizontal_edges", [[-1e-10, 1e-10], [-1e-10, 0.9e-10]]),
    ],
)
def test_a_wrong_filter_is_not_right_because_it_is_huge_or_tiny(name, answer):
    assert not catalogue.get(name).check(answer)


def test_a_right_filter_is_right_at_any_usual_size():
    for size in (1e-90, 1e-12, 1.0, 1e12, 1e90):
        assert catalogue.get("horizontal_edges").check([[-size, -size], [size, size]])
        assert not catalogue.get("horizontal_edges").check([[-size, size], [-size, size]])
