"""Model folders: what is saved comes back, and what is damaged or foreign is refused by name."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from convscope.backend import keras
from convscope.errors import ModelError, ModelFileError
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
    with pytest.raises(ModelError, match=r"layer output \(Dense\) is too large"):
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


def test_a_normalization_that_was_measured_comes_back_with_its_mean(stripes, tmp_path):
    def build(n_features, n_classes):
        inputs = keras.Input((n_features,))
        measured = keras.layers.Normalization()
        measured.adapt(stripes[0].astype("float32") / 255)
        return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(measured(inputs)))

    classifier = ImageClassifier(build, epochs=1).fit(*stripes)
    classifier.save(tmp_path / "model")
    loaded = ImageClassifier.load(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict_proba(stripes[0]), classifier.predict_proba(stripes[0]), atol=1e-6)


# Zip files -------------------------------------------------------------------------------------------------


def packed(folder, target, **changed):
    """Pack a model folder as a zip file, some members changed or added."""
    contents = {path.name: path.read_bytes() for path in folder.iterdir()} | changed
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(name, content)
    return target


def test_a_zip_file_is_the_same_model_and_always_the_same_bytes(saved, stripes, tmp_path):
    classifier, folder = saved
    for name in ("one.zip", "two.zip"):
        classifier.save(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    for path in (tmp_path / "one.zip", packed(folder, tmp_path / "packed.zip")):
        loaded = ImageClassifier.load(path)
        np.testing.assert_array_equal(loaded.predict_proba(stripes[0]), classifier.predict_proba(stripes[0]))
    with pytest.raises(ModelError, match="exists"):
        classifier.save(tmp_path / "one.zip")


FOREIGN = {
    "a file more": ({"read.me": b"x"}, "too many files|does not belong"),
    "a file less": ({"labels.json": None}, r"no labels\.json"),
    "a file outside": ({"labels.json": None, "../labels.json": b"x"}, "outside the folder"),
    "a file at an absolute place": ({"labels.json": None, "/etc/passwd": b"x"}, "outside the folder"),
    "a file on another drive": ({"labels.json": None, "C:\\labels.json": b"x"}, "outside the folder"),
    "a pickle for weights": ({"weights.safetensors": None, "data.pkl": b"x"}, "does not belong"),
    "a bomb": ({"model.json": b" " * 60_000_000}, "an unreasonable size|too large"),
    "another label": ({"labels.json": b"{}"}, "its hash differs"),
}


@pytest.mark.parametrize(("changed", "message"), FOREIGN.values(), ids=FOREIGN)
def test_a_zip_file_with_other_members_is_refused_whole(saved, tmp_path, changed, message):
    with pytest.raises(ModelFileError, match=message):
        ImageClassifier.load(packed(saved[1], tmp_path / "model.zip", **changed))


def test_a_zip_file_with_a_link_a_repeated_name_or_a_million_entries_is_refused(saved, tmp_path):
    link = zipfile.ZipInfo("labels.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("labels.json", "1")
        archive.writestr("labels.json", "2")
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for index in range(70_000):
            archive.writestr(f"{index}", "")
    for name, message in (("link", "is a link"), ("twice", "same name"), ("many", "too many files")):
        with pytest.raises(ModelFileError, match=message):
            ImageClassifier.load(tmp_path / f"{name}.zip")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.zip", b"", "empty"),
        ("model.zip", b"<!DOCTYPE html><html>404</html>", "a web page"),
        ("model.zip", b"PK\x03\x04 and no more", "end is missing"),
        ("model.zip", b"\x80\x04\x95" + bytes(50), "a pickle"),
        ("model.zip", b"\x89HDF\r\n\x1a\n" + bytes(50), "an HDF5 file"),
        ("weights.safetensors", b"\x80\x04N.", "weights alone"),
        ("model.onnx", b"", "an ONNX file"),
    ],
)
def test_a_file_that_is_no_model_is_refused_for_what_it_is(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=message) as caught:
        ImageClassifier.load(tmp_path / name)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors", "manifest.json"])
def test_a_link_or_a_pipe_in_a_model_folder_is_not_followed_and_not_waited_for(saved, tmp_path, name):
    (saved[1] / name).rename(tmp_path / "elsewhere")
    (saved[1] / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelFileError, match=f"{name} is a link"):
        ImageClassifier.load(saved[1])
    (saved[1] / name).unlink()
    os.mkfifo(saved[1] / name)
    with pytest.raises(ModelFileError, match=r"not a regular file|no manifest"):
        ImageClassifier.load(saved[1])


@pytest.mark.parametrize("name", ["labels.json", "weights.safetensors"])
def test_a_folder_in_the_place_of_a_file_is_refused(saved, name):
    (saved[1] / name).unlink()
    (saved[1] / name).mkdir()
    with pytest.raises(ModelFileError, match=f"{name} is not a regular file"):
        ImageClassifier.load(saved[1])


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("preprocess.json", "pixel_scale", "1" + "0" * 4000),
        ("preprocess.json", "pixel_scale", "1e400"),
        ("preprocess.json", "seconds", "[1e400]"),
        ("preprocess.json", "n_classes", "1" + "0" * 5000),
        ("labels.json", "classes", '["\\ud800"]'),
    ],
)
def test_numbers_and_text_that_nothing_can_hold_are_refused(saved, name, value, text):
    path = saved[1] / name
    path.write_text(json.dumps(json.loads(path.read_text()) | {value: "THIS"}).replace('"THIS"', text))
    sign(saved[1], name)
    with pytest.raises(ModelFileError, match=f"{name} is not JSON") as refused:
        ImageClassifier.load(saved[1])
    assert len(str(refused.value)) < 1000


def test_a_seed_that_no_generator_takes_is_refused(saved):
    def change(content):
        for layer in layers(content):
            if "kernel_initializer" in layer["config"]:
                layer["config"]["kernel_initializer"]["config"]["seed"] = 10**19

    rewrite(saved[1], "model.json", change)
    with pytest.raises(ModelFileError):
        ImageClassifier.load(saved[1])


def test_a_message_stays_readable_however_long_a_name_in_the_file_is(saved):
    rewrite(saved[1], "model.json", lambda content: layers(content)[1].update(class_name="x" * 100_000))
    with pytest.raises(ModelFileError, match="cannot hold: xxx") as refused:
        ImageClassifier.load(saved[1])
    assert len(str(refused.value)) < 10_000


def test_a_file_of_terabytes_is_refused_by_its_size(saved):
    with (saved[1] / "weights.safetensors").open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(ModelFileError, match=r"too large[\s\S]*1,099,511,627,776"):
        ImageClassifier.load(saved[1])


# A closed schema -------------------------------------------------------------------------------------------

CHANGED = {
    "one more file": ("manifest.json", lambda c: c["sha256"].update({"code.py": "0"}), "does not list"),
    "one more entry": ("model.json", lambda c: c.update(call="os.system"), "not in the form that convscope writes"),
    "a class path": ("model.json", lambda c: layers(c)[2].update(module="mine.layers"), "cannot hold"),
    "one more key of a layer": ("model.json", lambda c: layers(c)[2].update(path="/etc"), "not as Keras writes it"),
    "another schema": ("model.json", lambda c: c.update(schema="other/1"), "has a schema"),
    "a newer manifest": ("manifest.json", lambda c: c.update(schema="convscope.model/2"), "a newer one"),
    "the same label twice": ("labels.json", lambda c: c.update(classes=[0, 0, 1]), "names a class twice"),
    "labels of two kinds": ("labels.json", lambda c: c.update(classes=[0, "a", 1]), "not int64"),
    "labels that are objects": ("labels.json", lambda c: c.update(classes=[{}, [], 1]), "not int64"),
    "labels of no kind": ("labels.json", lambda c: c.update(dtype="object"), "no classes of a known kind"),
    "labels as records": ("labels.json", lambda c: c.update(dtype=[["a", "i4"]]), "no classes of a known kind"),
    "labels too large": ("labels.json", lambda c: c.update(classes=[1, 2, 2**70]), "not int64"),
    "too many labels": ("labels.json", lambda c: c["classes"].extend([7, 8]), "5 labels for 3 outputs"),
    "no scale": ("preprocess.json", lambda c: c.update(pixel_scale=0), "pixel_scale of the wrong kind"),
    "a text as scale": ("preprocess.json", lambda c: c.update(pixel_scale="255"), "pixel_scale of the wrong kind"),
    "a range that falls": ("preprocess.json", lambda c: c.update(pixel_range=[9, 0]), "pixel_range of the wrong kind"),
    "a range of one": ("preprocess.json", lambda c: c.update(pixel_range=[0]), "pixel_range of the wrong kind"),
    "another image": ("preprocess.json", lambda c: c.update(image_shape=[28, 28, 1]), "does not fit the network"),
    "half an image": ("preprocess.json", lambda c: c.update(image_shape=[4.0, 4, 1]), "does not fit the network"),
    "names for others": ("preprocess.json", lambda c: c.update(feature_names=["a"]), "feature_names of the wrong kind"),
    "no history": ("preprocess.json", lambda c: c.update(history=[1]), "history of the wrong kind"),
    "settings with code": ("preprocess.json", lambda c: c["settings"].update(x={"a": 1}), "settings of the wrong kind"),
    "one more setting": ("preprocess.json", lambda c: c.update(hook="x"), "no model file has: hook"),
    "one setting less": ("preprocess.json", lambda c: c.pop("logits"), "lacks logits"),
}


@pytest.mark.parametrize(("name", "change", "message"), CHANGED.values(), ids=CHANGED)
def test_what_the_schema_does_not_know_is_refused_by_name(saved, name, change, message):
    content = json.loads((saved[1] / name).read_text())
    change(content)
    (saved[1] / name).write_text(json.dumps(content))
    if name != "manifest.json":
        sign(saved[1], name)
    with pytest.raises(ModelFileError, match=message) as caught:
        ImageClassifier.load(saved[1])
    assert name in str(caught.value)


def test_weights_of_another_architecture_are_refused_with_the_first_difference(saved, stripes, tmp_path):
    ImageClassifier("mlp", epochs=1, batch_size=20).fit(*stripes).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "weights.safetensors", saved[1])
    sign(saved[1], "weights.safetensors")
    with pytest.raises(ModelFileError, match=r"another architecture[\s\S]*the kernel of layer[\s\S]*\(Conv2D\)"):
        ImageClassifier.load(saved[1])


def test_weights_that_are_not_finite_are_opened_only_on_request_and_then_noted(saved):
    path = saved[1] / "weights.safetensors"
    arrays = load_file(path)
    last = max(arrays)
    save_file(arrays | {last: np.full_like(arrays[last], np.inf)}, path)
    sign(saved[1], "weights.safetensors")
    with pytest.raises(ModelFileError, match=r"not finite[\s\S]*allow_nonfinite=True"):
        ImageClassifier.load(saved[1])
    assert np.isinf(ImageClassifier.load(saved[1], allow_nonfinite=True).model_.weights[-1].numpy()).all()


def overlapping(content, change):
    """Change the header of a safetensors file."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h[max(h)].update(data_offsets=h[min(h)]["data_offsets"]),
        lambda h: h[min(h)].update(shape=[1]),
        lambda h: h[min(h)].update(shape=[2**62, 4]),
        lambda h: h[min(h)].update(shape=[-1]),
        lambda h: h[min(h)].update(dtype="PICKLE"),
        lambda h: h[min(h)].update(data_offsets=[0, 10**18]),
        lambda h: h.update(x={"dtype": "F32", "shape": [], "data_offsets": [0, 0]}),
    ],
)
def test_a_header_of_weights_that_lies_is_refused(saved, change):
    path = saved[1] / "weights.safetensors"
    path.write_bytes(overlapping(path.read_bytes(), change))
    sign(saved[1], "weights.safetensors")
    with pytest.raises(ModelFileError, match=r"weights\.safetensors"):
        ImageClassifier.load(saved[1])


# Nothing is executed ---------------------------------------------------------------------------------------


def watched(paths):
    """Load models under an audit hook, and list what they opened, started or connected to."""
    code = f"""
        import json, os, sys
        from convscope.errors import ModelError
        from convscope.training import ImageClassifier
        paths = {[str(path) for path in paths]!r}
        for path in paths[:2]:
            ImageClassifier.load(path)  # what Keras and Python import late is imported now
        seen, watching = [], True
        def hook(event, arguments):
            if not watching:
                return
            if event == "open" and not isinstance(arguments[0], int):
                seen.append([event, str(arguments[0])])
            elif event.split(".")[0] in ("socket", "subprocess", "os", "shutil", "ctypes", "pickle", "exec", "compile"):
                if event not in ("os.listdir", "os.scandir", "os.fwalk", "os.walk"):
                    seen.append([event, repr(arguments)[:200]])
        sys.addaudithook(hook)
        results = []
        for path in paths:
            try:
                ImageClassifier.load(path)
                results.append("")
            except ModelError as error:
                results.append(str(error))
        watching = False
        print(json.dumps([seen, results]))
    """
    answer = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def test_loading_executes_nothing_and_opens_no_other_file_and_no_socket(trained, tmp_path):
    good = shutil.copytree(trained[1], tmp_path / "good")
    zipped = packed(good, tmp_path / "good.zip")
    hostile = []
    for index, layer in enumerate(
        [
            {"module": "os", "class_name": "system", "config": {"command": "touch owned"}, "registered_name": None},
            {"module": "keras.layers", "class_name": "Lambda", "config": {"function": "x"}, "registered_name": None},
            {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
            {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/etc"}},
            {"module": "http.client", "class_name": "HTTPConnection", "config": {"host": "127.0.0.1"}},
        ]
    ):
        folder = shutil.copytree(good, tmp_path / f"hostile{index}")
        rewrite(folder, "model.json", lambda content, layer=layer: layers(content).append(layer))
        hostile.append(folder)
    pickled = tmp_path / "evil.pkl"
    pickled.write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    seen, results = watched([good, zipped, *hostile, pickled])
    allowed = {str(good / path.name) for path in good.iterdir()} | {str(zipped)}
    allowed |= {str(folder / path.name) for folder in hostile for path in folder.iterdir()}
    assert [what for what in seen if what[0] != "open" or what[1] not in allowed] == []
    assert results[:2] == ["", ""] and all(results[2:])
    assert not (tmp_path / "owned").exists()
