"""A .keras file is read from somebody who is trusted, and even then with known layers, within limits, elsewhere."""

import json
import zipfile

import h5py
import numpy as np
import pytest

from convscope.backend import keras
from convscope.errors import ModelFileError
from convscope.modelfiles._keras_worker import check_links
from convscope.modelfiles.keras_file import ImportLimits, read_keras_file, write_keras_file

layers = keras.layers


@pytest.fixture(scope="module")
def model():
    found = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Conv2D(3, 3, activation="relu"), layers.BatchNormalization(),
        layers.Flatten(), layers.Dense(4, activation="softmax"),
    ])  # fmt: skip
    found.compile("adam", "sparse_categorical_crossentropy")
    return found


@pytest.fixture
def written(model, tmp_path):
    write_keras_file(tmp_path / "model.keras", model)
    return tmp_path / "model.keras"


def repacked(path, **changed):
    """Change members of the archive; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()} | changed
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(name, content)
    return path


def with_layer(path, layer):
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"].insert(-1, layer)
    return repacked(path, **{"config.json": json.dumps(config)})


def test_what_is_written_comes_back(written, model):
    images = np.random.default_rng(0).normal(size=(5, 6, 6, 1)).astype(np.float32)
    np.testing.assert_array_equal(read_keras_file(written)(images), model(images))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>404</html>", "is a web page"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file, which is refused"),
        (b"\x80\x04N.", "is not a .keras file"),
        (b"PK\x03\x04" + bytes(100), "its end is missing"),
    ],
)
def test_a_file_that_is_no_archive_is_refused_for_what_it_is(tmp_path, content, message):
    (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        read_keras_file(tmp_path / "model.keras")


def test_a_cut_file_and_a_missing_one_are_refused(written, tmp_path):
    written.write_bytes(written.read_bytes()[:-300])
    with pytest.raises(ModelFileError, match="end is missing"):
        read_keras_file(written)
    with pytest.raises(ModelFileError, match="there is no file"):
        read_keras_file(tmp_path / "other.keras")


HOSTILE = {
    "Lambda": {"module": "keras.layers", "class_name": "Lambda", "config": {"function": ["", None, None]}},
    "TFSMLayer": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/etc"}},
    "StringLookup": {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    "TorchModuleWrapper": {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
    "Mine": {"module": "mine", "class_name": "Mine", "config": {}, "registered_name": "mine>Mine"},
    "Dense": {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2_000_000_000}},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_layer_that_is_not_on_the_list_is_named_before_keras_sees_it(written, kind, monkeypatch):
    monkeypatch.setattr("convscope.modelfiles.keras_file._arrays", None)
    with pytest.raises(ModelFileError, match=kind):
        read_keras_file(with_layer(written, HOSTILE[kind]))


def test_settings_nested_five_thousand_deep_and_a_member_more_are_refused(written):
    with pytest.raises(ModelFileError, match=r"too many files|does not belong"):
        read_keras_file(repacked(written, **{"assets/vocabulary.txt": b"x"}))
    repacked(written, **{"assets/vocabulary.txt": None, "config.json": b'{"a":' * 5000 + b"1" + b"}" * 5000})
    with pytest.raises(ModelFileError, match=r"no model file|nested too deeply|cannot hold"):
        read_keras_file(written)


def with_weights(path, change):
    with zipfile.ZipFile(path) as archive:
        (path.parent / "weights.h5").write_bytes(archive.read("model.weights.h5"))
    with h5py.File(path.parent / "weights.h5", "r+") as file:
        change(file)
    return repacked(path, **{"model.weights.h5": (path.parent / "weights.h5").read_bytes()})


def a_dataset(file):
    found = []
    file.visititems(lambda name, one: found.append(name) if isinstance(one, h5py.Dataset) else None)
    return found[0]


def external(file):
    name, shape = a_dataset(file), file[a_dataset(file)].shape
    del file[name]
    file.create_dataset(name, shape, "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    name, shape = a_dataset(file), file[a_dataset(file)].shape
    del file[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource("/tmp/other.h5", "secret", shape)
    file.create_virtual_dataset(name, layout)


def soft(file):
    file[f"{a_dataset(file)}-too"] = h5py.SoftLink("/etc")


def outside(file):
    file[f"{a_dataset(file)}-too"] = h5py.ExternalLink("/tmp/other.h5", "/secret")


def texts(file):
    file["text"] = ["a", "b"]


def huge(file):
    file.create_dataset("huge", (100_000, 100_000), "f4", chunks=(1000, 1000))


LINKS = {
    "external": (external, "lies in another file"),
    "virtual": (virtual, "lies in another file"),
    "soft": (soft, r"is a link \(SoftLink\)"),
    "outside": (outside, r"is a link \(ExternalLink\)"),
    "texts": (texts, "holds no numbers"),
    "huge": (huge, "more than 50,000,000 numbers"),
}


@pytest.mark.parametrize(("change", "message"), LINKS.values(), ids=LINKS)
def test_an_hdf5_file_that_leads_elsewhere_is_refused(tmp_path, change, message):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros((2, 2), "f4"))
        change(file)
    with pytest.raises(ValueError, match=message):
        check_links(tmp_path / "weights.h5")


@pytest.mark.slow
def test_a_hostile_hdf5_file_is_refused_by_the_worker(written):
    with pytest.raises(ModelFileError, match=r"cannot be imported: .* lies in another file"):
        read_keras_file(with_weights(written, external))


@pytest.mark.slow
def test_weights_that_are_not_finite_are_refused(written):
    def spoil(file):
        file[a_dataset(file)][...] = np.nan

    with pytest.raises(ModelFileError, match="not finite"):
        read_keras_file(with_weights(written, spoil))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "message"), [(ImportLimits(seconds=0), "longer than 0 s"), (ImportLimits(memory_bytes=10**6), "GB")]
)
def test_the_worker_is_ended_at_its_limits(written, limits, message):
    with pytest.raises(ModelFileError, match=message):
        read_keras_file(written, limits=limits)
