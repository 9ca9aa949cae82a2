"""The classes of an adopted model: one for each output, in an order that is said, and never those of some rows."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from convscope.backend import keras
from convscope.cli._app import app
from convscope.cli._classes import output_classes, read_classes
from convscope.errors import ShapeError, TableError, UsageError
from convscope.tables import PixelTable, hold_out
from convscope.training import ImageClassifier, evaluate

NAMES = "abcdefghij"
STEP = 25


def adopt(*words):
    return CliRunner().invoke(app, ["adopt", *map(str, words), "--trust"])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Ten outputs: output k is the largest for pictures of the intensity 25 k."""
    path = tmp_path_factory.mktemp("model") / "ten.keras"
    centres = np.arange(10, dtype=np.float32) * STEP / 255
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10)])
    network.set_weights([np.tile(2 * centres, (4, 1)), -4 * centres**2])
    network.save(path)
    return path


@pytest.fixture
def pictures(tmp_path):
    """20 pictures of ten classes; six of them are taken for another class."""
    for place, name in enumerate(NAMES):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(2):
            right = number == 0 or place < 4
            values = np.full((2, 2), STEP * (place if right else place - 1), np.uint8)
            Image.fromarray(values).save(tmp_path / "pictures" / name / f"{number}.png")
    return tmp_path / "pictures"


def test_all_pictures_count_and_the_order_of_the_folder_is_told(model, pictures, tmp_path):
    done = adopt(model, pictures, "--out", tmp_path / "run", "--json")
    told = json.loads(done.stdout)
    assert (told["accuracy"], told["n_test"], told["classes"]) == (14 / 20, 20, list(NAMES))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["class_names"] == list(NAMES)


def test_the_users_order_is_taken_whatever_it_is(model, pictures, tmp_path):
    done = adopt(model, pictures, "--classes", ",".join(NAMES[::-1]), "--out", tmp_path / "run", "--json")
    told = json.loads(done.stdout)
    assert told["classes"] == list(NAMES[::-1]) and told["accuracy"] == 1 / 20


def test_fewer_classes_than_outputs_are_refused_with_the_option_that_names_them(model, pictures, tmp_path):
    shutil.rmtree(pictures / "a")
    refused = adopt(model, pictures, "--out", tmp_path / "run")
    assert refused.exit_code == 3 and not (tmp_path / "run").exists()
    assert "10 classes" in refused.stderr and "--classes-from" in refused.stderr


def table(labels, **more):
    return PixelTable(np.zeros((len(labels), 4), np.uint8), (2, 2, 1), np.array(labels), **more)


def ten(n_outputs):
    return SimpleNamespace(output_shape=(None, n_outputs))


def test_numbers_that_sort_otherwise_as_names_are_asked_for():
    labels = np.arange(11)
    with pytest.raises(UsageError, match=r"0, 1, 2, [\s\S]*; or 0, 1, 10, 2"):
        output_classes(ten(11), table(labels), None)
    said = [str(label) for label in sorted(labels, key=str)]
    assert output_classes(ten(11), table(labels), said).tolist() == [0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9]


def test_named_classes_have_to_be_as_many_as_the_outputs_and_to_hold_the_tables():
    with pytest.raises(ShapeError, match="distinguishes 3 classes, but you name 2"):
        output_classes(ten(3), table([0, 1]), ["0", "1"])
    with pytest.raises(TableError, match=r"not named[\s\S]*Received: 7"):
        output_classes(ten(3), table([0, 7]), ["0", "1", "2"])
    assert output_classes(ten(1), table([3, 4]), None).tolist() == [3, 4]


def test_a_list_of_classes_is_read_from_lines_or_json(tmp_path):
    (tmp_path / "lines.txt").write_text("b, and c\na\n", encoding="utf-8")
    (tmp_path / "list.json").write_text('["b", "a"]', encoding="utf-8")
    assert read_classes(None, tmp_path / "lines.txt") == ["b, and c", "a"]
    assert read_classes(None, tmp_path / "list.json") == ["b", "a"] == read_classes("b, a", None)
    with pytest.raises(UsageError, match="must have its own name"):
        read_classes("a,b,a", None)


def test_a_part_of_a_table_knows_the_names_of_all_classes():
    whole = table([0, 1, 2] * 5, class_names=("shirt", "coat", "bag"))
    kept, held = hold_out(whole[np.array([0, 1, 3, 4, 6, 7])])
    assert whole[:2].class_names == held.class_names == ("shirt", "coat") and held.name_of(2) == "bag"
    classifier = ImageClassifier("linear", epochs=1).fit(whole)
    assert evaluate(classifier, kept).class_names == ("shirt", "coat", "bag")
