"""Batches split over two devices, which this machine simulates: JAX has to be told before it starts."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from convscope.backend import backend_name, keras
from convscope.engine.devices import split_over
from convscope.errors import UsageError
from convscope.training import ImageClassifier

pytestmark = pytest.mark.skipif(backend_name() != "jax", reason="Keras splits batches on JAX")
TWO = {"XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2"}
SCRIPT = """
import sys
import numpy as np
from convscope.backend import keras
from convscope.datasets import load_parts
from convscope.training import ImageClassifier, evaluate

train, test = load_parts("digits")
train = train[:501]
kinds = []

class Shapes(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        kinds.append({len(variable.value.sharding.device_set) for variable in self.model.trainable_variables})

asked = {"random_state": 0, "epochs": 2, "batch_size": 50, "engine": "keras"}

def weights(model, rows=train[:500], **more):
    return ImageClassifier(model, **{**asked, **more}).fit(rows).model_.get_weights()

def differ(one, other):
    return max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(one, other, strict=True))

print("mlp", differ(weights("mlp"), weights("mlp", devices=2)))
print("cnn", differ(weights("cnn"), weights("cnn", devices=2)))
more = {"class_weight": "balanced", "early_stopping": True}
print("weighted", differ(weights("mlp", **more), weights("mlp", devices=2, **more)))

import jax
splits = []

class Looking(keras.layers.Layer):
    def call(self, inputs):
        jax.debug.inspect_array_sharding(inputs, callback=lambda found: splits.append(found.shard_shape((50, 64))[0]))
        return inputs

def looking(n_features, n_classes):
    dense = keras.layers.Dense(n_classes, activation="softmax")
    return keras.Sequential([keras.Input((n_features,)), Looking(), dense])

ImageClassifier(looking, **{**asked, "devices": 2}).fit(train[:500])
print("parts", sorted(set(splits)))
def norm(n_features, n_classes):
    hidden = [keras.layers.Dense(16, use_bias=False), keras.layers.BatchNormalization()]
    return keras.Sequential([keras.Input((n_features,)), *hidden, keras.layers.Dense(n_classes)])

print("uneven", differ(weights(norm, rows=train, batch_size=37), weights(norm, rows=train, batch_size=37, devices=2)))
found = ImageClassifier("mlp", **{**asked, "devices": 2, "callbacks": [Shapes()]}).fit(train)
print("copies", sorted(set().union(*kinds)))
print("after", sorted({len(weight.value.sharding.device_set) for weight in found.model_.weights}))
print("distribution", keras.distribution.distribution())
print("accuracy", evaluate(found, test).accuracy)
found.save(sys.argv[1] + "/model")
np.save(sys.argv[1] + "/said.npy", found.predict_proba(test))

class Killed(Exception):
    pass

from convscope.engine.keeping import Keeper
straight = weights("mlp", rows=train, devices=2, epochs=3)
keep, calls = Keeper.keep, []
def keep_twice(self, state):
    keep(self, state)
    calls.append(1)
    if len(calls) == 2:
        raise Killed
Keeper.keep = keep_twice
try:
    ImageClassifier("mlp", **{**asked, "epochs": 3, "devices": 2}).fit(train, resume=sys.argv[1] + "/kept")
except Killed:
    Keeper.keep = keep
print("distribution-after-failure", keras.distribution.distribution())
resumed = ImageClassifier("mlp", **{**asked, "epochs": 3, "devices": 2}).fit(train, resume=sys.argv[1] + "/kept")
print("resumed", resumed.n_resumed_, all((a == b).all() for a, b in zip(straight, resumed.model_.get_weights())))
"""


def run(script, *words):
    result = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, env=os.environ | TWO
    )
    assert result.returncode == 0, result.stderr
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    return run(SCRIPT, folder), folder


@pytest.mark.parametrize("name", ["mlp", "cnn", "weighted", "uneven"])
def test_two_devices_train_what_one_does(told, name):
    assert float(told[0][name]) < 1e-5


def test_each_device_takes_half_of_a_batch(told):
    assert told[0]["parts"] == "[25]"


def test_the_weights_lie_on_both_while_it_trains_and_on_one_afterwards(told):
    assert told[0]["copies"] == "[2]"
    assert told[0]["after"] == "[1]"
    assert told[0]["distribution"] == "None"


def test_a_model_trained_on_two_opens_where_there_is_one(told):
    from convscope.datasets import load_parts

    found = ImageClassifier.load(told[1] / "model").predict_proba(load_parts("digits")[1])
    np.testing.assert_allclose(found, np.load(told[1] / "said.npy"), atol=1e-6)


def test_a_killed_training_goes_on_over_two_devices_bit_for_bit(told):
    assert told[0]["resumed"] in ("1 True", "2 True")
    assert told[0]["distribution-after-failure"] == "None"


@pytest.mark.slow
def test_the_command_splits_records_and_goes_on(tmp_path):
    words = ["train", "digits", "--model", "mlp", "--limit", "120", "--epochs", "2", "--devices", "2"]
    command = [sys.executable, "-m", "convscope.cli", *words, "--out", str(tmp_path / "run"), "--json"]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | TWO)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["engine_reason"] == "batches are split over 2 devices"
    assert json.loads((tmp_path / "run" / "request.json").read_text())["devices"] == 2


def test_more_devices_than_there_are_is_refused_with_how_many_there_are():
    there = len(keras.distribution.list_devices())
    with pytest.raises(UsageError, match=f"1 to {there}: cpu:0") as caught, split_over(there + 1):
        pass
    assert "xla_force_host_platform_device_count" in str(caught.value)
    assert keras.distribution.distribution() is None


def test_one_device_changes_nothing():
    rows = np.arange(80, dtype=np.float32).reshape(20, 4) / 80
    labels = np.arange(20) % 2
    asked = {"random_state": 0, "epochs": 1, "batch_size": 5}
    one, none = (
        ImageClassifier("linear", devices=d, **asked).fit(rows, labels).model_.get_weights() for d in (1, None)
    )
    assert all((a == b).all() for a, b in zip(one, none, strict=True))
