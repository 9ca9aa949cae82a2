# ruff: noqa: E501  (a table reads best with one line each)
"""One test per line of the list of bad inputs: the real command, one message, the right exit code, nothing written.

Lines whose behaviour needs more than one command are tested elsewhere; `ELSEWHERE` says where, and a test looks it up.
"""

import ast
import gzip
import hashlib
import io
import json
import re
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from convscope.cli._app import app

ROOT = Path(__file__).parent
HEADER = "class,1x1,1x2,2x1,2x2\n"
ROWS = "5,0,10,20,255\n0,1,2,3,4\n7,9,8,7,6\n"
CHECK = ("data", "check")


def csv(content, *words, name="table.csv"):
    """Write a table, and check it."""

    def build(folder):
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return [*CHECK, folder / name, *words]

    return build


def wide(n_pixels):
    names = ",".join(f"p{place}" for place in range(n_pixels))
    return f"class,{names}\n" + ",".join(["1"] * (n_pixels + 1)) + "\n"


def parquet(columns):
    def build(folder):
        pq.write_table(pa.table(columns), folder / "table.parquet")
        return [*CHECK, folder / "table.parquet"]

    return build


def idx(array, kind=8):
    array = np.asarray(array)
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)


def images(content, labels=None):
    def build(folder):
        (folder / "train-images-idx3-ubyte").write_bytes(content)
        if labels is not None:
            (folder / "train-labels-idx1-ubyte").write_bytes(labels)
        return [*CHECK, folder / "train-images-idx3-ubyte"]

    return build


def picture(size=(4, 4), mode="L", kind="PNG", value=100, **how):
    buffer = io.BytesIO()
    Image.new(mode, size, value).save(buffer, kind, **how)
    return buffer.getvalue()


def claims(width, height):
    """Make a PNG whose header says that it is larger than it is."""
    start = picture()
    header = b"IHDR" + struct.pack(">II", width, height) + start[24:29]
    return start[:12] + header + struct.pack(">I", zlib.crc32(header)) + start[33:]


def tree(**files):
    """Write a folder of class folders; a value that is text is a link."""

    def build(folder):
        for name, content in files.items():
            path = folder / "pictures" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(content) if isinstance(content, str) else path.write_bytes(content)
        return [*CHECK, folder / "pictures"]

    return build


GOOD = {"cat/1.png": picture(), "dog/1.png": picture(value=7)}


def beside(name, content):
    return tree(**GOOD, **{name: content})


def archive(*members, name="pictures.zip"):
    def build(folder):
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as found:
            for member, content in members:
                found.writestr(member, content)
        return [*CHECK, folder / name]

    return build


def link_member():
    found = zipfile.ZipInfo("cat/1.png")
    found.external_attr = 0o120777 << 16
    return found


BAD = {
    "1 empty file": (csv(""), "table.csv is empty"),
    "2 header only": (csv(HEADER), "0 rows"),
    "9 header twice": (csv(HEADER + ROWS + HEADER), "line 5 of table.csv repeats the header"),
    "10 duplicate column": (csv(HEADER.replace("1x2", "1x1") + ROWS), "two columns named '1x1'"),
    "11 short row": (csv(HEADER + ROWS + "1,2,3\n"), r"line 5 of table.csv has 3 fields"),
    "12 long row": (csv(HEADER + ROWS + "1,2,3,4,5,6\n"), "line 5 of table.csv has 6 fields"),
    "16 NA label": (csv(HEADER + ROWS + "NA,1,2,3,4\n"), r"line 5 of table.csv has no label[\s\S]*--missing drop"),
    "17 text pixel": (csv(HEADER + ROWS + "1,2,abc,4,5\n"), r"line 5 of table.csv has no number in column '1x2'[\s\S]*'abc'"),
    "19 1e400": (csv(HEADER + ROWS + "1,1e400,2,3,4\n"), "line 5 of table.csv, column '1x1', is not a finite"),
    "20 1e23": (csv(HEADER + ROWS + f"1,{10**23},2,3,4\n"), "line 5 of table.csv, column '1x1', is outside"),
    "21 pixel 256": (csv(HEADER + ROWS + "1,256,2,3,4\n"), r"line 5[\s\S]*'1x1'[\s\S]*outside 0 to 255[\s\S]* 256;[\s\S]*--clip"),
    "21 pixel -1": (csv(HEADER + ROWS + "1,-1,2,3,4\n"), "--clip"),
    "24 783 columns": (csv(wide(783)), r"not a square[\s\S]*--shape"),
    "24 785 columns": (csv(wide(785)), r"not a square[\s\S]*--shape"),
    "25 3072 columns": (csv(wide(3072)), r"32x32 colour image, but their order is unclear[\s\S]*--layout CHW"),
    "33 50 MB line": (csv(b"1" * 50_000_000), "longer than any row"),
    "34 NUL byte": (csv(HEADER + ROWS + "1,2,\0,4,5\n"), "NUL"),
    "35 unclosed quote": (csv(HEADER + ROWS + '"1,2,3,4,5\n' + ROWS * 100_000), "has a quote that is never closed"),
    "37 HTML": (csv("<!DOCTYPE html><html>404</html>"), "looks like HTML"),
    "39 truncated gzip": (csv(gzip.compress((HEADER + ROWS * 999).encode())[:-9], name="table.csv.gz"), "ended early"),
    "40 gzip bomb": (csv(gzip.compress(b"0," * 30_000_000), name="table.csv.gz"), "unpacks to far more|longer than any"),
    "42 nested column": (parquet({"class": [1], "1x1": [[1, 2]]}), "does not hold numbers"),
    "42 object column": (parquet({"class": [1], "1x1": ["a"]}), "does not hold numbers"),
    "43 encrypted Parquet": (csv(b"PARE" + bytes(100) + b"PARE", name="table.parquet"), "encrypted|not a complete Parquet"),
    "46 wrong magic": (images(b"\x01\x02\x03\x04" + bytes(100)), "01 02 03 04"),
    "47 1e9 images in 10 kB": (images(b"\0\0\x08\x03" + struct.pack(">3I", 10**9, 28, 28) + bytes(10_000)), "promises more"),
    "48 counts differ": (images(idx(IMAGES), idx(np.zeros(2, np.uint8))), "3 images, 2 labels"),
    "50 float IDX": (images(idx(IMAGES.astype(">f4"), 0x0D)), "float32"),
    "50 int16 IDX": (images(idx(IMAGES.astype(">i2"), 0x0B)), "int16"),
    "51 gz IDX cut": (images(gzip.compress(idx(np.random.default_rng(0).integers(0, 256, (9, 28, 28), np.uint8)))[:-99]), "ended early"),
    "52 60000x60000": (tree(**{"cat/1.png": claims(60_000, 60_000)}), "cat/1.png"),
    "53 13k x 14k": (tree(**{"cat/1.png": claims(13_000, 14_000)}), "16,000,000"),
    "55 EPS as png": (tree(**{"cat/1.png": b"%!PS-Adobe-3.0 EPSF-3.0\n"}), "EPS, not PNG, JPEG"),
    "55 PSD as png": (tree(**{"cat/1.png": b"8BPS\0\x01" + bytes(40)}), "PSD, not PNG, JPEG"),
    "55 SVG as png": (tree(**{"cat/1.png": b"<svg/>"}), "SVG, not PNG, JPEG"),
    "58 0-byte image": (tree(**{"cat/1.png": b""}), "left out .empty.: cat/1.png"),
    "59 no class folders": (tree(**{"1.png": picture()}), "FOLDER/cat/1.png"),
    "61 link to /etc": (beside("cat/2.png", "/etc/passwd"), "is a link"),
    "62 link loop": (beside("cat/loop", "."), "is a link"),
    "66 ../": (archive(("../evil.png", b"")), r"outside the folder[\s\S]*../evil.png"),
    "66 absolute": (archive(("/etc/evil.png", b"")), "outside the folder"),
    "66 drive": (archive(("C:\\evil.png", b"")), "outside the folder"),
    "66 link member": (archive((link_member(), "/etc/passwd")), "is a link"),
    "66 duplicate names": (archive(("a/1.png", b""), ("A/1.png", b"")), "two files of the same name"),
    "67 zip bomb": (archive(("a/1.png", bytes(60_000_000))), "an unreasonable size"),
    "67 nested zip": (archive(("a/inner.zip", b"PK")), "is an archive itself"),
    "67 70,000 entries": (archive(*((str(n), b"") for n in range(70_000)), name="table.npz"), "too many files"),
}  # fmt: skip
GOOD_OR_NOTED = {
    "16 NA label with --missing drop": (csv(HEADER + ROWS + "NA,1,2,3,4\n", "--missing", "drop"), "1 row was left out .without a label."),
    "21 with --clip": (csv(HEADER + ROWS + "1,256,-1,3,4\n", "--clip"), "2 values outside 0 to 255 were clipped"),
    "45 formula": (csv(HEADER + ROWS + '"=HYPERLINK(""http://x"")",1,2,3,4\n'), r"=HYPERLINK"),
    "54 truncated JPEG": (beside("cat/2.jpg", picture((64, 64), kind="JPEG")[:-200]), r"1 file was left out[\s\S]*2.jpg"),
    "56 16-bit": (tree(**{"a/1.png": picture(mode="I;16", value=0x1234)}), "16-bit values, kept unchanged"),
    "55 TIFF called png": (tree(**{"cat/1.png": picture(kind="TIFF")}), "class folders"),
    "56 CMYK": (tree(**{"a/1.jpg": picture(mode="CMYK", kind="JPEG", value=(0, 0, 0, 0))}), "CMYK becomes RGB"),
    "56 palette": (tree(**{"a/1.png": picture(mode="P", value=0)}), "P becomes RGB"),
    "56 alpha": (tree(**{"a/1.png": picture(mode="RGBA", value=(9, 9, 9, 9))}), "transparency put on black"),
    "63 litter": (tree(**GOOD, **dict.fromkeys(("Thumbs.db", ".DS_Store", "__MACOSX/1.png", "cat/Thumbs.db"), b"x")), "rows *2"),
}  # fmt: skip


def ask(words):
    return CliRunner().invoke(app, [str(word) for word in words])


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize(("build", "message"), BAD.values(), ids=BAD)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_must_be_refused_is_refused_in_one_message(tmp_path, build, message, within_cpu_seconds):
    words = build(tmp_path)
    before = files(tmp_path)
    with within_cpu_seconds(2):
        answer = ask(words)
    assert answer.exit_code == 3, answer.output
    assert re.search(message, answer.stderr), answer.stderr
    assert "Error: " in answer.stderr.split("\n")[0] and "Traceback" not in answer.output and answer.stdout == ""
    assert Path(words[2]).name in answer.stderr or "shape" in answer.stderr
    assert files(tmp_path) == before


@pytest.mark.parametrize(("build", "message"), GOOD_OR_NOTED.values(), ids=GOOD_OR_NOTED)
def test_what_is_only_unusual_is_read_and_noted(tmp_path, build, message):
    answer = ask(build(tmp_path))
    assert answer.exit_code == 0, answer.output
    assert re.search(message, " ".join(answer.stdout.split())), answer.stdout


# Models ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    assert ask(["train", "digits", "--limit", 80, "--epochs", 1, "--out", folder, "--quiet"]).exit_code == 0
    return folder


def signed(model, name, content):
    (model / name).write_bytes(content)
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
    (model / "manifest.json").write_text(json.dumps(manifest))


def changed(name, change):
    def damage(model):
        found = json.loads((model / name).read_text())
        change(found)
        signed(model, name, json.dumps(found).encode())

    return damage


def layer(**more):
    return changed("model.json", lambda found: found["keras"]["config"]["layers"][-1].update(more))


def units(found):
    found["keras"]["config"]["layers"][-1]["config"]["units"] = 2_000_000_000


def weights(change):
    def damage(model):
        content = (model / "weights.safetensors").read_bytes()
        signed(model, "weights.safetensors", change(content))

    return damage


def header(change):
    def damage(content):
        length = int.from_bytes(content[:8], "little")
        found = json.loads(content[8 : 8 + length])
        change(found)
        text = json.dumps(found).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]

    return damage


def overlapping(found):
    names = sorted(found)
    found[names[0]]["data_offsets"] = found[names[1]]["data_offsets"]


DEEP = b'{"schema": "convscope.model/1", "keras": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}"
MODELS = {
    "78 Lambda": (layer(class_name="Lambda"), "Lambda"),
    "78 TFSMLayer": (layer(class_name="TFSMLayer"), "TFSMLayer"),
    "78 StringLookup": (layer(class_name="StringLookup", config={"vocabulary": "/etc/passwd"}), "StringLookup"),
    "78 TorchModuleWrapper": (layer(class_name="TorchModuleWrapper"), "TorchModuleWrapper"),
    "78 custom class": (layer(module="mine", class_name="Mine", registered_name="mine>Mine"), "Mine"),
    "79 Dense(2e9)": (changed("model.json", units), "too large"),
    "81 5,000 deep": (lambda model: signed(model, "model.json", DEEP), "nested|not a model|cannot hold"),
    "83 pickle as safetensors": (weights(lambda content: b"\x80\x04N."), "weights.safetensors is damaged"),
    "84 header of 1e18": (weights(lambda content: (10**18).to_bytes(8, "little") + content[8:]), "is damaged"),
    "84 overlap": (weights(header(overlapping)), "weights.safetensors"),
    "84 shape that lies": (weights(header(lambda found: found[min(found)].update(shape=[7, 7]))), "weights.safetensors"),
    "84 cut": (weights(lambda content: content[:-100]), "is damaged"),
    "84 junk tail": (weights(lambda content: content + b"junk"), "is damaged"),
    "85 NaN": (weights(lambda content: content[:-4] + b"\xff\xff\xff\x7f"), "--allow-nonfinite"),
    "87 newer schema": (changed("model.json", lambda found: found.update(schema="convscope.model/2")), "upgrade"),
    "88 labels.json shorter": (changed("labels.json", lambda found: found["classes"].pop()), "9 labels for 10 outputs"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), MODELS.values(), ids=MODELS)
def test_a_model_that_must_be_refused_is_refused_by_every_command_that_opens_it(run, tmp_path, damage, message):
    folder = shutil.copytree(run, tmp_path / "run")
    damage(folder / "model")
    for words in (["evaluate", folder, "digits"], ["export", folder, tmp_path / "m.onnx"]):
        answer = ask(words)
        assert answer.exit_code == 3 and re.search(message, answer.stderr), answer.output
        assert "Traceback" not in answer.output and answer.stdout == ""
    assert not (tmp_path / "m.onnx").exists()


RECORDS = {
    "no kind": (lambda found: found.pop("kind"), "holds several models|does not fit"),
    "no data": (lambda found: found.pop("data"), "does not fit the model beside it: data"),
    "data that is a list": (lambda found: found.update(data=["/etc"]), "damaged: its data is"),
    "another shape": (lambda found: found.update(image_shape=[28, 28, 1]), r"image_shape[\s\S]*\[8, 8, 1\]"),
    "names that are an object": (lambda found: found.update(class_names={"a": 1}), "class_names"),
    "too few names": (lambda found: found["class_names"].pop(), "class_names"),
    "another order": (lambda found: found.update(pixel_order=3), "pixel_order"),
}


@pytest.mark.parametrize(("change", "message"), RECORDS.values(), ids=RECORDS)
def test_a_run_whose_record_does_not_fit_its_model_is_refused(run, tmp_path, change, message):
    folder = shutil.copytree(run, tmp_path / "run")
    found = json.loads((folder / "run.json").read_text())
    change(found)
    (folder / "run.json").write_text(json.dumps(found))
    for words in (["evaluate", folder, "digits"], ["export", folder, tmp_path / "page.html"]):
        answer = ask(words)
        assert answer.exit_code in (1, 3) and re.search(message, answer.stderr), answer.output
        assert "Traceback" not in answer.output and not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff\xfe", b'{"a":' * 100_000, b"NaN"], ids=lambda one: str(one[:6])
)
def test_a_record_that_holds_something_else_is_refused(run, tmp_path, content):
    folder = shutil.copytree(run, tmp_path / "run")
    (folder / "run.json").write_bytes(content)
    answer = ask(["evaluate", folder, "digits"])
    assert answer.exit_code in (1, 3) and "run.json" in answer.stderr and "Traceback" not in answer.output


FILES = {
    "77 empty .keras": ("m.keras", b"", "is empty"),
    "77 truncated .keras": ("m.keras", b"PK\x03\x04" + bytes(50), "end is missing"),
    "77 HTML .keras": ("m.keras", b"<html>404</html>", "a web page"),
    "83 .h5": ("m.h5", b"\x89HDF\r\n\x1a\n", "HDF5"),
    "83 joblib": ("m.joblib", b"\x80\x04", "joblib"),
    "83 .pt": ("m.pt", b"PK", "PyTorch"),
    "83 pickle as .zip": ("m.zip", b"\x80\x05N.", "a pickle"),
}


@pytest.mark.parametrize(("name", "content", "message"), FILES.values(), ids=FILES)
def test_a_model_file_that_must_be_refused_is_refused_for_what_it_is(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    answer = ask(["adopt", tmp_path / name, "digits", "--trust", "--out", tmp_path / "run"])
    assert answer.exit_code == 3 and message in answer.stderr, answer.output
    assert "Traceback" not in answer.output and not (tmp_path / "run").exists()


def test_29_a_table_of_one_class_is_refused_for_training_and_leaves_no_run(tmp_path):
    (tmp_path / "one.csv").write_text(HEADER + "1,1,2,3,4\n" * 20)
    answer = ask(["train", tmp_path / "one.csv", "--out", tmp_path / "run"])
    assert answer.exit_code == 3 and "two classes" in answer.stderr and "Traceback" not in answer.output


def test_31_rows_that_are_in_both_parts_are_counted(tmp_path):
    (tmp_path / "same.csv").write_text(HEADER + "1,1,2,3,4\n2,4,3,2,1\n" * 20)
    answer = ask(["train", tmp_path / "same.csv", "--model", "linear", "--epochs", 1, "--out", tmp_path / "run"])
    assert answer.exit_code == 0, answer.output
    assert "test rows are also training rows" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_89_images_of_another_size_are_refused_unless_resizing_is_asked_for(run, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "wide.npz", images=rng.integers(0, 256, (5, 32, 32), np.uint8), labels=np.arange(5))
    refused = ask(["evaluate", run, tmp_path / "wide.npz"])
    assert refused.exit_code == 3 and "--resize" in refused.stderr
    assert ask(["evaluate", run, tmp_path / "wide.npz", "--resize", "contain"]).exit_code == 0


# The rest --------------------------------------------------------------------------------------------------

ELSEWHERE = {
    3: "tables/test_bad_csv.py::test_an_unusual_table_is_read_and_no_row_is_lost",
    4: "tables/test_bad_csv.py::test_an_unusual_table_is_read_and_no_row_is_lost",
    5: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    7: "tables/test_bad_csv.py::test_an_unusual_table_is_read_and_no_row_is_lost",
    8: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    14: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    15: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    22: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    23: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    27: "tables/test_bad_csv.py::test_an_unusual_table_is_read_and_no_row_is_lost",
    28: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    32: "tables/test_bad_csv.py::test_what_was_unusual_is_kept_as_a_note",
    64: "tables/test_bad_files.py::test_more_pictures_than_the_limit_are_refused",
    68: "datasets/test_fetch.py::test_68_an_error_page_with_status_200_is_not_kept",
    69: "datasets/test_fetch.py::test_69_a_file_with_another_checksum_is_deleted_and_both_checksums_are_shown",
    70: "datasets/test_fetch.py::test_70_a_download_that_keeps_breaking_is_refused_after_three_tries",
    72: "datasets/test_fetch.py::test_72_a_file_that_goes_on_is_refused_at_one_byte_too_many",
    73: "datasets/test_fetch.py::test_73_a_redirect_away_from_public_https_is_not_followed",
    74: "datasets/test_fetch.py::test_74_offline_the_missing_file_and_its_place_are_named",
    75: "datasets/test_fetch.py::test_75_a_disk_that_fills_up_leaves_no_half_file",
    82: "modelfiles/test_keras_file.py::test_an_hdf5_file_that_leads_elsewhere_is_refused",
    90: "training/test_misfit.py::test_90_a_layer_that_does_not_fit_is_told_with_the_layers_before_it",
    91: "engine/test_trainer.py::test_a_diverging_fit_is_told",
    92: "training/test_classifier.py::test_a_batch_larger_than_the_table_is_one_step",
    94: "cli/test_resume.py::test_a_run_killed_at_random_moments_ends_where_the_straight_one_ends",
    95: "cli/test_resume.py::test_a_disk_of_8_mb_that_is_full_costs_no_checkpoint",
    96: "cli/test_resume.py::test_rows_that_changed_meanwhile_are_refused",
    97: "cli/test_resume.py::test_a_run_has_one_writer_and_the_lock_dies_with_it",
    99: "cli/test_damaged_runs.py::test_99_of_a_half_deleted_run_what_is_there_can_be_used",
    100: "runs/test_index.py::test_an_index_that_cannot_be_used_is_made_anew",
    101: "page/test_classroom.py::test_another_host_is_refused",
    102: "page/test_classroom.py::test_another_page_is_refused_on_every_method_even_with_the_cookie",
    103: "page/test_server.py::test_another_page_is_refused_on_every_method",
    104: "page/test_classroom.py::test_a_job_and_a_table_of_somebody_else_are_not_there",
    106: "page/test_classroom.py::test_what_is_no_picture_is_refused",
    108: "page/test_classroom.py::test_files_are_sent_packed_whole_and_once",
    109: "page/test_classroom.py::test_a_name_of_a_table_is_text_and_never_a_place",
    110: "page/test_classroom.py::test_one_address_fills_a_part_of_the_queue_and_is_told_to_wait",
    111: "page/test_classroom.py::test_a_client_that_vanishes_in_the_middle_of_a_table_leaves_nothing",
    113: "course/test_sandbox.py::test_a_hostile_program_gains_nothing_hangs_nothing_and_touches_nothing",
    114: "course/test_sandbox.py::test_no_byte_reaches_the_network",
    115: "course/test_sandbox.py::test_a_hostile_program_gains_nothing_hangs_nothing_and_touches_nothing",
    116: "course/test_sandbox.py::test_a_hostile_program_gains_nothing_hangs_nothing_and_touches_nothing",
    117: "course/test_grading.py::test_no_hostile_submission_gains_a_point_hangs_or_touches_a_file",
    119: "course/test_grading.py::test_a_page_for_each_student_has_nothing_active_in_it",
    120: "cli/test_commands.py::test_a_slip_gets_one_message_and_the_right_exit_code",
    122: "cli/test_commands.py::test_122_a_plain_narrow_terminal_without_utf8_is_no_reason_to_fail",
    123: "runs/test_spaces.py::test_a_grid_of_ten_million_is_refused_with_its_count",
    125: "runs/test_sweep.py::test_a_cluster_that_is_down_is_told_within_ten_seconds",
    126: "cli/test_sweep.py::test_whatever_ends_it_no_process_is_left_and_the_rest_is_done_later",
    127: "runs/test_sweep.py::test_the_same_values_given_twice_are_one_run",
}


@pytest.mark.parametrize(("line", "where"), ELSEWHERE.items(), ids=map(str, ELSEWHERE))
def test_a_line_that_is_tested_elsewhere_is_tested_there(line, where):
    path, _, name = where.partition("::")
    found = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    assert name in {node.name for node in found if isinstance(node, ast.FunctionDef)}
