"""Model folders: what is saved comes back, and what is damaged or foreign is refused by name."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from convscope.backend import keras
from convscope.errors import ModelError
from convscope.training import ImageClassifier


@pytest.fixture(scope="session")
def trained(stripes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    classifier = ImageClassifier("cnn", epochs=1, batch_size=20, random_state=0).fit(*stripes)
    classifier.save(folder)
    return classifier, folder


@pytest.fixture
def saved(trained, tmp_path):
    """Give a trained classifier and a copy of its folder, to be damaged."""
    return trained[0], shutil.copytree(trained[1], tmp_path / "model")


def rewrite(folder, name, change):
    """Change a JSON file and sign it again, so that only its content can give it away."""
    content = json.loads((folder / name).read_text())
    change(content)
    (folder / name).write_text(json.dumps(content))
    sign(folder, name)


def sign(folder, name):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def layers(content):
    return content["keras"]["config"]["layers"]


def test_what_is_saved_comes_back(saved, stripes):
    classifier, folder = saved
    loaded = ImageClassifier.load(folder)
    np.testing.assert_array_equal(loaded.predict_proba(stripes[0]), classifier.predict_proba(stripes[0]))
    np.testing.assert_array_equal(loaded.predict(stripes[0]), classifier.predict(stripes[0]))
    assert (loaded.image_shape_, loaded.pixel_scale_, loaded.n_iter_) == ((4, 4, 1), 255.0, 1)
    assert loaded.history_.metrics == classifier.history_.metrics
    assert loaded.n_features_in_ == 16
    assert sorted(path.name for path in folder.iterdir()) == [
        "labels.json",
        "manifest.json",
        "model.json",
        "preprocess.json",
        "weights.safetensors",
    ]


@pytest.mark.parametrize("labels", [["a", "b"], [False, True], [-3, 9], [0.0, 1.0]], ids=str)
def test_labels_and_column_names_come_back_as_they_were(points, tmp_path, labels):
    features, sides = points
    frame = pd.DataFrame(features, columns=["feature1", "feature2"])
    given = np.array(labels)[(sides == "red").astype(int)]
    ImageClassifier("points_mlp", epochs=1).fit(frame, given).save(tmp_path / "model")
    loaded = ImageClassifier.load(tmp_path / "model")
    assert loaded.classes_.tolist() == labels
    assert type(loaded.predict(frame).tolist()[0]) is type(labels[0])
    assert loaded.feature_names_in_.tolist() == ["feature1", "feature2"]


def test_a_loaded_classifier_can_be_saved_again_and_trained_on(saved, stripes, tmp_path):
    loaded = ImageClassifier.load(saved[1])
    loaded.save(tmp_path / "again")
    loaded.partial_fit(*stripes)
    assert loaded.n_iter_ == 1


def test_a_folder_that_holds_something_is_never_written_over(saved):
    with pytest.raises(ModelError, match="not empty"):
        saved[0].save(saved[1])


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors", "labels.json", "preprocess.json"])
def test_a_changed_or_missing_file_is_named(saved, name):
    path = saved[1] / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelError, match=f"{name} is not the file that was saved"):
        ImageClassifier.load(saved[1])
    path.unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        ImageClassifier.load(saved[1])


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.pkl", "model.joblib", "model.PT"])
def test_files_that_can_run_code_are_refused_unread(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(ModelError, match="can run code"):
        ImageClassifier.load(tmp_path / name)


def test_a_folder_without_a_manifest_is_not_a_model(tmp_path):
    with pytest.raises(ModelError, match=r"no manifest\.json"):
        ImageClassifier.load(tmp_path)


def test_a_lambda_layer_is_refused_by_name_when_saved(stripes, tmp_path):
    def build(n_features, n_classes):
        double = keras.layers.Lambda(lambda x: x * 2)
        return keras.Sequential(
            [keras.Input((n_features,)), double, keras.layers.Dense(n_classes, activation="softmax")]
        )

    classifier = ImageClassifier(build, epochs=1).fit(*stripes)
    with pytest.raises(ModelError, match="cannot hold: Lambda"):
        classifier.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    "layer",
    [
        {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None},
        {"module": "os", "class_name": "system", "config": "true", "registered_name": None},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}, "registered_name": None},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": "mine>Dense"},
    ],
    ids=lambda layer: layer["class_name"],
)
def test_a_planted_layer_is_refused_before_anything_is_built(saved, layer):
    rewrite(saved[1], "model.json", lambda content: layers(content).append(layer))
    with pytest.raises(ModelError, match=f"cannot hold: {layer['class_name']}"):
        ImageClassifier.load(saved[1])


def test_a_layer_of_two_thousand_million_units_is_refused_without_reserving_memory(saved):
    rewrite(saved[1], "model.json", lambda content: layers(content)[-1]["config"].update(units=2_000_000_000))
    with pytest.raises(ModelError, match="too large: Dense"):
        ImageClassifier.load(saved[1])


def test_settings_nested_five_thousand_deep_are_refused(saved):
    deep = '{"schema": "convscope.model/1", "keras": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}"
    (saved[1] / "model.json").write_text(deep)
    sign(saved[1], "model.json")
    with pytest.raises(ModelError, match=r"nested too deeply|not JSON"):
        ImageClassifier.load(saved[1])


def test_a_newer_schema_asks_for_an_upgrade(saved):
    rewrite(saved[1], "model.json", lambda content: content.update(schema="convscope.model/9"))
    with pytest.raises(ModelError, match="upgrade"):
        ImageClassifier.load(saved[1])


def test_fewer_labels_than_a_prediction_needs_are_refused(saved):
    rewrite(saved[1], "labels.json", lambda content: content["classes"].pop())
    with pytest.raises(ModelError, match="2 labels for 3 outputs"):
        ImageClassifier.load(saved[1])


@pytest.mark.parametrize("damage", ["nan", "shape", "missing", "cut", "junk", "header", "pickle"])
def test_damaged_weights_are_refused(saved, damage):
    path = saved[1] / "weights.safetensors"
    arrays, content = load_file(path), path.read_bytes()
    first = min(arrays)
    if damage == "nan":
        save_file(arrays | {first: np.full_like(arrays[first], np.nan)}, path)
    elif damage == "shape":
        save_file(arrays | {first: arrays[first][:1].copy()}, path)
    elif damage == "missing":
        save_file({name: array for name, array in arrays.items() if name != max(arrays)}, path)
    else:
        path.write_bytes(
            {
                "cut": content[: len(content) // 2],
                "junk": content + b"tail",
                "header": (10**18).to_bytes(8, "little") + content[8:],
                "pickle": b"\x80\x04N.",
            }[damage]
        )
    sign(saved[1], "weights.safetensors")
    with pytest.raises(ModelError, match=r"weights\.safetensors"):
        ImageClassifier.load(saved[1])


@pytest.mark.parametrize("name", ["model.json", "labels.json", "preprocess.json", "manifest.json"])
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b"<html>", b"\xff\xfe"], ids=repr)
def test_a_file_that_holds_something_else_is_refused(saved, name, content):
    (saved[1] / name).write_bytes(content)
    if name != "manifest.json":
        sign(saved[1], name)
    with pytest.raises(ModelError):
        ImageClassifier.load(saved[1])


def test_any_functional_model_of_keras_own_layers_comes_back(stripes, tmp_path):
    def build(n_features, n_classes):
        layers = keras.layers
        inputs = keras.Input((n_features,))
        image = layers.Reshape((4, 4, 1))(inputs)
        one = layers.Conv2D(2, 3, padding="same", kernel_regularizer="l2")(image)
        two = layers.BatchNormalization()(layers.Conv2D(2, 1)(image))
        joined = layers.GlobalAveragePooling2D()(layers.Concatenate()([one, two]))
        return keras.Model(inputs, layers.Dense(n_classes)(layers.Dropout(0.1)(joined)))

    classifier = ImageClassifier(build, epochs=1, batch_size=20).fit(*stripes)
    classifier.save(tmp_path / "model")
    loaded = ImageClassifier.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(stripes[0]), classifier.predict_proba(stripes[0]))
