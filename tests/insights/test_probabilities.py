"""Probabilities are not made probabilities twice, however far from the output the softmax stands."""

import numpy as np
import pytest

from convscope import ImageClassifier
from convscope.backend import keras
from convscope.insights._asking import ask, probabilities_of

L = keras.layers
PIXELS, LABELS = np.random.default_rng(0).integers(0, 256, (30, 16)), np.arange(30) % 3
ENDINGS = {
    "a shape": lambda x: L.Reshape((3,))(L.Dense(3, activation="softmax")(x)),
    "dropout": lambda x: L.Dropout(0.1)(L.Softmax()(L.Dense(3)(x))),
    "an operation": lambda x: keras.ops.softmax(L.Dense(3)(x)),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_probabilities_are_what_the_model_gives(ending):
    def build(n_features):
        row = keras.Input((n_features,))
        return keras.Model(row, ending(row))

    found = ImageClassifier(build, epochs=1, random_state=0).fit(PIXELS, LABELS)
    given = found.model_.predict(PIXELS[:2] / 255, verbose=0)
    np.testing.assert_allclose(found.predict_proba(PIXELS[:2]), given, atol=1e-6)
    for label in range(3):
        asked = ask(found, PIXELS[0], label)
        np.testing.assert_allclose(probabilities_of(asked, asked.pixels[None]), given[0, label], atol=1e-6)
