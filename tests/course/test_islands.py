"""Every student is an island: whatever one file does, it has a row with the reason, and the others are graded."""

import csv
import io
import json
import os
import struct
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.course import ex, grading
from convscope.course.grading import grade_folder
from convscope.course.running import Runner, _unpacked
from convscope.course.sandbox import Sandbox, SandboxError, _one_object
from convscope.course.submissions import read_answers

HONEST = "convolve_by_hand = [[2, 2, 3], [1, 2, 1], [1, 1, 0]]\ninput_size = 28 * 28\nwhich_part = 'the loop'\n"
FULL = 2


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return bytearray(buffer.getvalue())


def changed(place, value):
    """Make a zip file with other bytes at a place of its table of contents."""
    content = zipped(("lab.py", HONEST * 20))
    start = content.index(b"PK\x01\x02") + place
    content[start : start + len(value)] = value
    return bytes(content)


def damaged():
    content = zipped(("lab.py", HONEST * 20))
    content[40:60] = b"\xff" * 20
    return bytes(content)


def with_locator():
    content = bytes(zipped(("lab.py", HONEST)))
    end = content.index(b"PK\x05\x06")
    return content[:end] + b"PK\x06\x07" + bytes(16) + content[end:]


def flagged(bits):
    """Set flags of the only member, in both of its headers."""
    content = zipped(("lab.py", HONEST * 20))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= bits
    return bytes(content)


def link():
    member = zipfile.ZipInfo("lab.py")
    member.external_attr = 0o120777 << 16
    return bytes(zipped((member, "/etc/passwd")))


def twice():
    content = zipped(("lab.py", HONEST), ("lab.px", HONEST))
    return bytes(content.replace(b"lab.px", b"lab.py"))


BIG = b"#" * 19_000_000
TEXTS = json.dumps(["x" * 100_000] + [""] * 50_000)
HOSTILE = {
    "damaged.zip": (damaged(), "damaged in the zip file: Error -3"),
    "wrong sum.zip": (changed(16, bytes(4)), "Bad CRC-32"),
    "encrypted.zip": (flagged(1), "encrypted"),
    "unusual.zip": (bytes(zipped(("lab.py", HONEST), method=zipfile.ZIP_LZMA)), "packed in an unusual way"),
    "method 99.zip": (changed(10, struct.pack("<H", 99)), "packed in an unusual way"),
    "zip64.zip": (with_locator(), "second table of contents"),
    "offset.zip": (changed(42, b"\xff\xff\xff\x7f"), "damaged in the zip file"),
    "cut.zip": (bytes(zipped(("lab.py", HONEST)))[:60], "its end is missing"),
    "empty.zip": (b"", "its end is missing"),
    "link.zip": (link(), "a link"),
    "twice.zip": (twice(), "two files of this name"),
    "zip of zips.zip": (bytes(zipped(("inner.zip", bytes(zipped(("lab.py", HONEST)))))), "unpack it first"),
    "nothing.zip": (bytes(zipped(("notes.txt", "x"))), "no notebook"),
    "20 x 19 MB.zip": (bytes(zipped(*((f"{n}.py", BIG) for n in range(3)))), "far more than submissions have"),
    "old.ipynb": ('{"worksheets": [{"cells": []}], "nbformat": 3}', "old format"),
    "no notebook.ipynb": ('{"a": 1}', "no list of cells"),
    "a list.ipynb": ("[1, 2]", "no list of cells"),
    "a number.ipynb": ("NaN", "no list of cells"),
    "odd source.ipynb": ('{"cells": [{"cell_type": "code", "source": [1]}]}', "source is not text"),
    "deep.ipynb": ('{"cells":' * 100_000, "lie too deep"),
    "deep.json": ('{"input_size":' + "[" * 100_000 + "]" * 100_000 + "}", "lie too deep"),
    "not deep enough.json": ('{"input_size":' + "[" * 900 + "]" * 900 + "}", ""),
    "many values.json": ('{"input_size": [' + "[]," * 1_100_000 + "0]}", "more than 1,000,000 values"),
    "long program.py": ("input_size = [" + "1," * 80_000 + "]", "more than 150 kB"),
    "huge number.json": ('{"input_size": ' + "9" * 5000 + "}", "integer string conversion"),
    "huge number.py": ("input_size = 0x" + "f" * 20_000, ""),
    "huge key.py": ("order_of_positions = {0x" + "f" * 20_000 + ": 1}", ""),
    "infinite.json": ('{"input_size": Infinity, "convolve_by_hand": [[NaN]]}', ""),
    "long texts.json": (f'{{"convolve_by_hand": {TEXTS}, "input_size": {TEXTS}}}', ""),
    "spaces.json": (json.dumps({"input_size": "1" + " " * 19_000 + "x", "stride_two": "1 " * 9_000}), ""),
    "half letters.json": ('{"input_size": "\\ud800", "which_part": "half \\udfff a letter"}', ""),
    "half letters.py": ('order_of_positions = {"depend": "\\ud800\\u202e\\x1b[2J", 1: "\\udfff"}', ""),
    "latin.py": (b"# caf\xe9\ninput_size = 784", "not written in UTF-8"),
    "=HYPERLINK(1).py": ("", ""),
    "\x1b[31mred\u202e.py": ("", ""),
    "two\nlines.py": ("", ""),
    "many cells.ipynb": ('{"cells": [' + '{"cell_type": "code"},' * 5_001 + '{"cell_type": "code"}]}', "5,000 cells"),
    "'=1.py": ("", ""),
}
PLACES = {"a link.py": "a link", "a pipe.py": "a pipe", "a folder.py": "a folder", "loop": "a link"}
assert len(HOSTILE) + len(PLACES) + 1 >= 40


@pytest.fixture
def batch(tmp_path):
    """Lay 40 hostile submissions beside 5 honest ones."""
    root = tmp_path / "in"
    root.mkdir()
    for name, (content, _) in HOSTILE.items():
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (root / os.fsdecode(b"caf\xe9.py")).write_text("input_size = 1")
    (root / "a link.py").symlink_to("/etc/passwd")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "a pipe.py")
    (root / "a folder.py").mkdir()
    for name in ("ada", "zoë"):
        (root / name).mkdir()
        (root / name / "lab.py").write_text(HONEST)
    (root / "bob.py").write_text(HONEST)
    (root / "carl.json").write_text(json.dumps({"convolve_by_hand": ex.convolve_by_hand.reference().tolist(),
                                                "input_size": 784}))  # fmt: skip
    (root / "dora.zip").write_bytes(zipped(("x/lab.ipynb", json.dumps(
        {"cells": [{"cell_type": "code", "source": HONEST}]})), ("x/._lab.ipynb", b"\0")))  # fmt: skip
    return root


HONEST_NAMES = {"ada/lab.py", "zoë/lab.py", "bob.py", "carl.json", "dora.zip/x/lab.ipynb"}


def run(*arguments):
    return CliRunner().invoke(app, ["course", *map(str, arguments)])


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def stop_after(monkeypatch, count):
    """Press Ctrl-C when so many deliveries are graded; give a list of all that were."""
    graded, real = [], grading._together

    def together(files, *given):
        if len(graded) == count:
            raise KeyboardInterrupt
        graded.append(files[0].name)
        return real(files, *given)

    monkeypatch.setattr(grading, "_together", together)
    return graded


def test_40_hostile_submissions_take_nothing_from_5_honest_ones_and_ctrl_c_takes_nothing_either(
    batch, tmp_path, monkeypatch
):
    out = tmp_path / "grades.csv"
    command = ("grade", batch, "-o", out, "--feedback", tmp_path / "pages", "--gradescope", tmp_path / "scope")
    with monkeypatch.context() as patched:
        stop_after(patched, 20)
        stopped = run(*command)
    assert stopped.exit_code == 130, stopped.output
    assert "20 are graded" in stopped.stderr and "to continue" in stopped.stderr
    assert len(rows(out)) == 20
    with monkeypatch.context() as patched:
        graded = stop_after(patched, None)
        done = run(*command)
    assert done.exit_code == 0, done.output
    found = {row["submission"]: row for row in rows(out)}
    n = len(HOSTILE) + len(PLACES) + 1 + len(HONEST_NAMES)
    assert len(rows(out)) == len(found) == n and len(graded) == n - 20
    assert {name for name, row in found.items() if row["points"] == str(FULL)} == HONEST_NAMES
    assert sum(int(row["points"]) for row in found.values()) == FULL * len(HONEST_NAMES)
    reasons = {name.replace("'=HYPER", "=HYPER"): row["problem"] for name, row in found.items()}
    for name, reason in [*((name, why) for name, (_, why) in HOSTILE.items() if why), *PLACES.items()]:
        given = " ".join(text for known, text in reasons.items() if known == name or known.startswith(name + "/"))
        assert reason in given, (name, given)
    assert "caf\\udce9.py" in found
    for name in found:
        assert name.isprintable() and not name.startswith(("=", "+", "-", "@"))
    assert len(list((tmp_path / "pages").iterdir())) == len(list((tmp_path / "scope").iterdir())) == n
    assert "\x1b" not in done.output and "\u202e" not in done.output


def test_the_same_command_grades_only_what_has_changed(batch, tmp_path, monkeypatch):
    out = tmp_path / "grades.csv"
    for path in batch.iterdir():
        if path.suffix != ".py" or path.is_symlink() or not path.is_file():
            path.rename(tmp_path / path.name)
    seeds = tmp_path / "seeds.csv"

    def graded(*more):
        with monkeypatch.context() as patched:
            names = stop_after(patched, None)
            result = run("grade", batch, "-o", out, *more)
            assert result.exit_code == 0, result.output
            return names

    everything = graded()
    assert graded() == []
    (batch / "bob.py").write_text("input_size = 784")
    assert graded() == ["bob.py"]
    assert {row["submission"]: row["points"] for row in rows(out)}["bob.py"] == "1"
    (batch / "new.py").write_text(HONEST)
    (batch / "latin.py").unlink()
    assert graded() == ["new.py"] and "latin.py" not in out.read_text()
    seeds.write_text("submission,seed\nbob.py,7\n")
    assert graded("--variants", seeds) == ["bob.py"]
    assert len(graded("--force")) == len(everything)
    monkeypatch.setattr("convscope.course.journal.course_version", lambda: "another course")
    assert len(graded()) == len(everything)
    journal = out.with_name("grades.csv.journal")
    journal.write_bytes(journal.read_bytes()[:-30])  # torn by a power cut
    out.write_bytes(out.read_bytes()[: -len(out.read_bytes().splitlines()[-1]) - 8])
    assert len(graded()) == 1 and len(rows(out)) == len(everything)
    kept = out.read_text()
    out.write_text(kept.replace("bob.py,1", "bob.py,9"))  # a teacher's own hand
    refused = run("grade", batch, "-o", out)
    assert refused.exit_code == 2 and "was changed" in refused.stderr and "bob.py,9" in out.read_text()


class Broken:
    """A runner whose sandbox cannot be started; of one submission, or of all."""

    def __init__(self, *names):
        self.names = names

    def run(self, submission, exercises):
        if submission.name in self.names:
            raise OSError(28, "No space left on device")
        if submission.name == "memory.py":
            raise MemoryError
        return submission


def test_a_sandbox_that_cannot_be_started_is_told_and_tried_again_the_next_time(tmp_path):
    for name in ("ada.py", "bob.py", "memory.py"):
        (tmp_path / name).write_text(HONEST)
    kept = {}

    class Memory:
        recall = staticmethod(lambda name, state: None)
        begin = end = staticmethod(lambda *given: None)
        keep = staticmethod(lambda name, state, grades: kept.update({name: state}))

    grades = grade_folder(tmp_path, runner=Broken("ada.py"), memory=Memory)
    assert [grade.points for grade in grades] == [FULL] * 3
    assert "No space left" in grades[0].problem and "MemoryError" in grades[2].problem
    assert {name for name, state in kept.items() if state} == {"bob.py"}


FORGED = {
    "4.37 TiB": {"is": "array", "shape": [400_001], "parts": ["x" * 3_000_000] + [""] * 400_000},
    "many short texts": {"is": "array", "shape": [400_001], "parts": ["x" * 3_000] + [""] * 400_000},
    "no parts": {"is": "array", "shape": [1]},
    "parts that are none": {"is": "array", "shape": [1], "parts": 1},
    "another shape": {"is": "array", "shape": [10**9, 10**9], "parts": [1]},
    "no shape": {"is": "array", "shape": {"a": 1}, "parts": [1]},
    "infinite shape": {"is": "array", "shape": [float("inf")], "parts": [1]},
    "huge number": {"is": "array", "shape": [1], "parts": [10**4000]},
    "one huge number": 10**4000,
    "long text": "x" * 1_000_000,
    "long texts": {"is": "list", "parts": ["x" * 19_000] * 100},
    "no list": {"is": "list", "parts": 3},
    "odd mapping": {"is": "mapping", "parts": [[1]]},
    "odd layers": {"is": "model", "layers": [None]},
    "huge layer": {"is": "model", "layers": [{"kind": "a", "size": float("inf"), "window": [], "activation": ""}]},
    "outputs": {"is": "function", "outputs": 1},
    "unreadable": {"is": "unreadable", "why": "\ud800\x1b[2J"},
    "unknown": {"is": ["array"]},
}


class Forger(Sandbox):
    def run(self, job, data=None):
        said = FORGED[self.tool]
        return {"answers": dict.fromkeys(job["names"], said), "failures": [{"a": 10**5000}]}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_costs_its_own_cell_and_nothing_else(name, tmp_path):
    (tmp_path / "evil.py").write_text(HONEST + "three_inner_layers = model\nstride_two = f(1)\n")
    runner = Runner(Forger(name), tmp_path, {"images": np.arange(10), "clothes": np.arange(10)})
    (grade,) = grade_folder(tmp_path, runner=runner)
    assert grade.points == FULL and not grade.problem
    assert all(one.message.isprintable() for one in grade.results.values())
    assert not grade.results["stride_two"] and grade.results["stride_two"].status.value == "error"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b'{"answers": ',
        b"[" * 100_000,
        b'{"answers": [1]}',
        b'{"answers": {"a": ' + b"9" * 5000,
        b"\xff\xfe",
        b'{"answers": {"a": [' + b"[]," * 1_100_000 + b"1]}}",
    ],
    ids=range(7),
)
def test_what_a_sandbox_says_is_one_object_or_nothing(said):
    with pytest.raises(SandboxError):
        _one_object(said)


def test_an_honest_answer_comes_out_of_the_sandbox_as_before():
    said = {"is": "mapping", "parts": [["labels", {"is": "array", "shape": [2, 1], "parts": ["T-shirt/top", "Bag"]}],
                                       ["numbers", {"is": "list", "parts": [1, 2.5, True, None]}]]}  # fmt: skip
    found = _unpacked(said, None)
    assert found["labels"].tolist() == [["T-shirt/top"], ["Bag"]] and found["numbers"] == [1, 2.5, True, ...]


def test_a_file_that_vanishes_has_a_row(tmp_path, monkeypatch):
    for name in ("ada.py", "bob.py", "carl.py"):
        (tmp_path / name).write_text(HONEST)
    real = grading.open_delivery

    def vanish(delivery):
        if delivery.name == "bob.py":
            (tmp_path / "bob.py").unlink()
        return real(delivery)

    monkeypatch.setattr(grading, "open_delivery", vanish)
    grades = {grade.name: grade for grade in grade_folder(tmp_path)}
    assert "No such file" in grades["bob.py"].problem and grades["ada.py"].points == grades["carl.py"].points == FULL


def test_folders_without_end_and_one_that_cannot_be_listed_have_a_row(tmp_path, monkeypatch):
    (tmp_path / "ada.py").write_text(HONEST)
    (tmp_path / Path(*["x"] * 300)).mkdir(parents=True)
    (tmp_path / "shut").mkdir()

    def scandir(path, scan=os.scandir):
        if path.name == "shut":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr("convscope.course.deliveries.os.scandir", scandir)
    ada, shut, deep = grade_folder(tmp_path)
    assert ada.points == FULL and "too deep" in deep.problem
    assert shut.name == "shut" and "Permission denied" in shut.problem


def test_a_judge_that_raises_costs_one_student_one_row(tmp_path, monkeypatch):
    (tmp_path / "all.zip").write_bytes(zipped(("ada.py", HONEST), ("bob.py", HONEST)))
    real = grading._grade

    def judge(submission, seeds):
        if submission.name == "all.zip/ada.py":
            raise RecursionError("deep\x1b")
        return real(submission, seeds)

    monkeypatch.setattr(grading, "_grade", judge)
    ada, bob = grade_folder(tmp_path)
    assert ada.problem == "cannot be graded: RecursionError: deep\\x1b" and bob.points == FULL


def test_a_name_that_looks_like_markup_ends_no_batch_in_the_sandbox_either(tmp_path, monkeypatch):
    (tmp_path / "in" / "[").mkdir(parents=True)
    (tmp_path / "in" / "[/red].py").write_text(HONEST)
    assert run("list").exit_code == 0
    command = sys.modules["convscope.cli.course"]
    monkeypatch.setattr(command, "find_sandbox", lambda limits: Forger("no parts"))
    monkeypatch.setattr(command, "prepare_runner", lambda sandbox, rows: nullcontext(Broken()))
    result = run("grade", tmp_path / "in", "-o", tmp_path / "o.csv", "--run")
    assert result.exit_code == 0 and rows(tmp_path / "o.csv")[0]["points"] == str(FULL)


def test_free_text_with_half_letters_and_without_end_reaches_the_rubric(batch, tmp_path):
    (batch / "long.json").write_text(json.dumps({"which_part": "é\t\n" * 1_000_000}))
    assert run("rubric", batch, "-o", tmp_path / "t.csv").exit_code == 0
    answers = {row["submission"]: row["answer"] for row in rows(tmp_path / "t.csv")}
    assert answers["half letters.json"] == "half \\udfff a letter" and answers["ada/lab.py"] == "the loop"
    assert len(answers["long.json"]) < 100_000 and answers["long.json"].endswith("[…]")


@pytest.mark.parametrize(
    "grades, texts, reason",
    [
        ("submission,points\na,1\na,2\n", "", "has a row already"),
        ("submission,points\na,1\n", "a,curves,,,1\na,curves,,,2\n", "has points already"),
        ("submission,points\na,1\n", "a,curves,,,nan\n", "not a valid number of points"),
        ("submission,points\na," + "1" * 200_000, "", "field larger"),
        ("submission,points\na,\xff\n", "", "not a valid number of points"),
    ],
)
def test_points_that_are_ambiguous_are_not_added(tmp_path, grades, texts, reason):
    (tmp_path / "g.csv").write_text(grades)
    (tmp_path / "t.csv").write_text("submission,exercise,what counts,answer,points\n" + texts)
    result = run("merge", tmp_path / "g.csv", tmp_path / "t.csv", "-o", tmp_path / "sum.csv")
    assert result.exit_code == 3 and reason in result.stderr, result.output
    assert not (tmp_path / "sum.csv").exists()


def test_a_pipe_in_a_tables_place_is_refused(tmp_path):
    os.mkfifo(tmp_path / "g.csv")
    (tmp_path / "t.csv").write_text("submission,seed\na," + "9" * 5000)
    assert run("merge", tmp_path / "g.csv", tmp_path / "t.csv", "-o", tmp_path / "sum.csv").exit_code == 3
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.py").write_text(HONEST)
    result = run("grade", tmp_path / "in", "-o", tmp_path / "o.csv", "--variants", tmp_path / "t.csv")
    assert result.exit_code == 3 and "row 2" in result.stderr and not (tmp_path / "o.csv").exists()


def test_what_is_written_for_gradescope_is_not_graded_the_next_time(tmp_path):
    (tmp_path / "a.py").write_text(HONEST)
    result = run("grade", tmp_path, "-o", tmp_path.parent / "o.csv", "--gradescope", tmp_path / "scope")
    assert result.exit_code == 2 and "folder of submissions" in result.stderr


@pytest.mark.parametrize(
    "text", ["input_size = '\\d'", "x = 1 is 1\ninput_size = 784", "input_size = 784; assert (1, '')"]
)
def test_a_program_that_python_warns_of_is_read(text):
    assert read_answers("a.py", text.encode(), frozenset(["input_size"])).answers
