"""``convscope data``: lists, describes, converts and checks; results on stdout, exit code 3 for bad data."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.datasets import catalogue
from convscope.tables import read_table

TABLE = "class,1x1,1x2,2x1,2x2\ncat,0,10,20,255\n=1+1,1,2,3,4\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


def run(*words):
    return CliRunner().invoke(app, ["data", *map(str, words)])


def result(*words):
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def written(tmp_path, content=TABLE):
    (tmp_path / "mine.csv").write_text(content)
    return tmp_path / "mine.csv"


def test_list_tells_what_is_at_hand():
    rows = {row["name"]: row for row in result("list")["data"]}
    assert list(rows) == catalogue.names()
    assert rows["digits"]["at_hand"] and not rows["mnist"]["at_hand"]
    shown = run("list").stdout
    assert "digits" in shown and "mnist" in shown


def test_info_on_a_data_set_tells_its_source_and_how_to_get_it(tmp_path):
    entry = result("info", "mnist")
    assert str(tmp_path / "home") in entry["how_to_get_it"]
    assert entry["licence"] and entry["source"]
    assert "CC BY-SA" in run("info", "mnist").stdout


def test_info_on_a_table_describes_it(tmp_path):
    described = result("info", written(tmp_path))
    assert (described["rows"], described["shape"]) == (2, "2 x 2 x 1")
    assert described["labels"] == {"=1+1": 1, "cat": 1}


def test_fetch_of_what_is_at_hand_only_verifies():
    assert result("fetch", "digits", "playground_xor")["fetched"][0]["rows"] == 1797


def test_fetch_offline_fails_and_names_the_file(tmp_path):
    done = run("fetch", "mnist")
    assert done.exit_code == 1
    assert "mnist/train-images-idx3-ubyte.gz" in done.stderr
    assert str(tmp_path / "home") in done.stderr


def test_fetch_of_nothing_or_of_an_unknown_name_is_a_usage_error():
    assert run("fetch").exit_code == 2
    done = run("fetch", "mnits")
    assert done.exit_code == 2
    assert "did you mean 'mnist'" in done.stderr


@pytest.mark.parametrize("name", ["copy.csv", "copy.csv.gz", "copy.parquet", "copy.npz", "copy"])
def test_convert_keeps_pixels_and_labels(tmp_path, name):
    assert result("convert", "digits", name, "--split", "test")["rows"] == 360
    table = read_table(tmp_path / name)
    assert len(table) == 360
    assert table.image_shape == (8, 8, 1)
    assert table.classes.tolist() == list(range(10))


def test_convert_does_not_write_over_a_file_unless_asked(tmp_path):
    written(tmp_path)
    (tmp_path / "old.csv").write_text("precious")
    done = run("convert", "mine.csv", "old.csv")
    assert done.exit_code == 2
    assert "--force" in done.stderr
    assert (tmp_path / "old.csv").read_text() == "precious"
    assert run("convert", "mine.csv", "old.csv", "--force").exit_code == 0
    assert len(read_table(tmp_path / "old.csv")) == 2


@pytest.mark.parametrize("target, code", [("copy.xyz", 2), ("nowhere/copy.csv", 2)])
def test_convert_to_what_cannot_be_written_is_a_usage_error(tmp_path, target, code):
    written(tmp_path)
    assert run("convert", "mine.csv", target).exit_code == code


def test_a_refused_table_converts_to_nothing(tmp_path):
    written(tmp_path, TABLE + "dog,1,2,3\n")
    done = run("convert", "mine.csv", "copy.csv")
    assert done.exit_code == 3
    assert "line 4 of mine.csv" in done.stderr
    assert "Traceback" not in done.output
    assert not (tmp_path / "copy.csv").exists()


def test_check_reports_rows_labels_values_and_notes(tmp_path):
    report = result("check", written(tmp_path, TABLE + "cat,7,7,7,7\n"))
    assert report["ok"] and report["rows"] == 3
    assert report["labels"] == {"=1+1": 1, "cat": 2}
    assert report["values"] == [0, 255]
    assert any("one intensity" in note for note in report["notes"])


def test_check_refuses_a_bad_table_with_code_3_in_words_and_in_json(tmp_path):
    written(tmp_path, TABLE + "dog,1,2,3,256\n")
    done = run("check", "mine.csv")
    assert done.exit_code == 3
    assert done.stdout == ""
    assert "line 4" in done.stderr and "--clip" in done.stderr
    done = run("check", "mine.csv", "--json")
    assert done.exit_code == 3
    report = json.loads(done.stdout)
    assert not report["ok"] and "line 4" in report["problem"] and "--clip" in report["repair"]


def test_check_takes_the_repairs_that_it_proposes(tmp_path):
    written(tmp_path, "class,a,b,c,d,e,f\ncat,1,2,3,4,5,256\nNA,1,2,3,4,5,6\n")
    assert run("check", "mine.csv").exit_code == 3
    report = result("check", "mine.csv", "--shape", "2x3", "--clip", "--missing", "drop")
    assert (report["rows"], report["shape"]) == (1, "2 x 3 x 1")
    assert len(report["notes"]) == 3
    assert run("check", "mine.csv", "--shape", "2by3").exit_code == 2


def test_a_label_cannot_steer_the_terminal(tmp_path):
    written(tmp_path, TABLE.replace("cat", "\x1b[31mcat"))
    assert "\x1b[31m" not in run("check", "mine.csv").stdout


def test_check_of_a_data_set_works_too():
    assert result("check", "digits")["rows"] == 1797


def test_a_formula_label_is_escaped_in_csv_only(tmp_path):
    written(tmp_path)
    run("convert", "mine.csv", "copy.csv")
    run("convert", "mine.csv", "copy.parquet")
    assert "'=1+1" in (tmp_path / "copy.csv").read_text()
    for name in ("copy.csv", "copy.parquet"):
        assert read_table(tmp_path / name).labels.tolist() == ["cat", "=1+1"]
    assert np.array_equal(read_table(tmp_path / "copy.csv").pixels, read_table(tmp_path / "mine.csv").pixels)


def test_a_class_with_one_row_is_told_by_check_and_by_train_in_the_same_words(tmp_path):
    rows = [f"{'rare' if index == 20 else 'ab'[index % 2]},{index},1,2,{9 * index}" for index in range(21)]
    path = written(tmp_path, "class,1x1,1x2,2x1,2x2\n" + "\n".join(rows) + "\n")
    told = "class rare: too few rows to test with, so trained on but not tested"
    assert told in result("check", path)["notes"]
    words = ["train", str(path), "--model", "linear", "--epochs", "1", "--out", str(tmp_path / "run")]
    trained = CliRunner().invoke(app, words)
    assert trained.exit_code == 0, trained.output
    assert told in " ".join(trained.stderr.split())
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["class_names"] == ["a", "b", "rare"] and record["pixel_range"] == [1, 180]


def test_a_split_whose_training_rows_lack_a_class_is_refused_by_check_and_by_train(tmp_path):
    path = written(tmp_path, "class,split,feature1,feature2\n0,train,1,2\n1,train,2,1\n2,test,3,3\n0,test,1,1\n")
    words = ["train", str(path), "--out", str(tmp_path / "run")]
    for refused in (run("check", path), CliRunner().invoke(app, words)):
        assert refused.exit_code == 3
        assert "there are test rows of a class that has no training rows: 2" in refused.stderr
    assert not (tmp_path / "run").exists()


def test_sixteen_pictures_stand_above_their_classes(tmp_path):
    for place, label in enumerate(["ant", "größe"] * 4):
        (tmp_path / "t" / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((300, 200), place * 30, np.uint8)).save(tmp_path / "t" / label / f"{place}.png")
    told = result("check", tmp_path / "t", "-o", tmp_path / "look.png")
    assert told["pictured"] == ["ant"] * 4 + ["größe"] * 4
    sheet = np.asarray(Image.open(tmp_path / "look.png"))
    assert sheet.shape == (2 * (224 + 18 + 4) - 4, 4 * (149 + 4) - 4, 3)  # two lines, each picture made smaller
    assert (sheet[10, 153 + 70] == 60).all() and (sheet[246 + 10, 70] == 30).all()
    captions = [sheet[line * 246 + 224 : line * 246 + 242, :149] for line in (0, 1)]
    assert all(caption.max() == 255 for caption in captions) and not np.array_equal(*captions)
