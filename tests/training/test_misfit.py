"""A model that cannot be built is told with the layers that fitted and the one that did not."""

import pytest
from typer.testing import CliRunner

from convscope.backend import keras
from convscope.cli._app import app
from convscope.datasets import load_parts
from convscope.errors import ModelError
from convscope.training import ImageClassifier

BUILDERS = """
from convscope.backend import keras

def start():
    return [keras.Input((64,)), keras.layers.Reshape((8, 8, 1)), keras.layers.Conv2D(4, 3, name="first")]

def large_kernel(image_shape, n_classes):
    return keras.Sequential([*start(), keras.layers.MaxPooling2D(2, name="pool"), keras.layers.Conv2D(4, 5, name="second")])

def pooled_to_nothing(image_shape, n_classes):
    return keras.Sequential([*start(), keras.layers.MaxPooling2D(7, name="pool")])

def joined(image_shape, n_classes):
    pixels = keras.Input((64,), name="pixels")
    picture = keras.layers.Reshape((8, 8, 1), name="picture")(pixels)
    large, small = (keras.layers.Conv2D(4, size)(picture) for size in (3, 4))
    return keras.Model(pixels, keras.layers.Add(name="sum")([large, small]))

def broken(image_shape, n_classes):
    return {}["nothing"]
"""  # noqa: E501
MISFITS = {
    "large_kernel": "-> first 6 x 6 x 4 -> pool 3 x 3 x 4 -> second does not fit",
    "pooled_to_nothing": "-> first 6 x 6 x 4 -> pool does not fit",
    "joined": "pixels 64 -> picture 8 x 8 x 1 -> ",
}


@pytest.mark.parametrize("name", MISFITS)
def test_90_a_layer_that_does_not_fit_is_told_with_the_layers_before_it(tmp_path, name):
    (tmp_path / "net.py").write_text(BUILDERS)
    words = ["train", "digits", "--model", f"{tmp_path}/net.py:{name}", "--limit", "60", "--out", f"{tmp_path}/run"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert MISFITS[name] in result.stderr
    assert "does not fit" in result.stderr
    assert not (tmp_path / "run").exists()


def test_what_a_builder_raises_stays_the_cause(tmp_path):
    def broken(image_shape, n_classes):
        return {}["nothing"]

    with pytest.raises(ModelError, match="KeyError: 'nothing'") as caught:
        ImageClassifier(broken).fit(load_parts("digits")[0][:60])
    assert isinstance(caught.value.__cause__, KeyError)


def test_keras_tells_its_errors_as_before_afterwards():
    before = keras.config.is_traceback_filtering_enabled()
    with pytest.raises(ModelError):
        ImageClassifier(lambda image_shape, n_classes: 1 / 0).fit(load_parts("digits")[0][:60])
    assert keras.config.is_traceback_filtering_enabled() == before
