"""The range of a table goes with the classifier; rows of another range are refused or, if that is said, rescaled."""

import numpy as np
import pandas as pd
import pytest

from convscope import ImageClassifier, read_table
from convscope.errors import TableError
from convscope.reading import range_from, range_text
from convscope.training.intensity import in_trained_range

PIXELS = [f"{row}x{column}" for row in range(1, 5) for column in range(1, 5)]


def frame(factor=1.0, kind=np.uint8):
    images = np.random.default_rng(0).integers(0, 60, (40, 4, 4))
    images[:20, :2] += 180
    images[20:, 2:] += 180
    return pd.DataFrame((images.reshape(40, -1) * factor).astype(kind), columns=PIXELS).assign(
        label=["up"] * 20 + ["down"] * 20
    )


@pytest.fixture(scope="module")
def trained():
    return ImageClassifier("linear", epochs=20, random_state=0).fit(read_table(frame()))


def test_the_range_of_the_table_is_kept_in_the_model(trained, tmp_path):
    assert trained.intensity_ == (0, 255) and trained.pixel_scale_ == 255
    trained.save(tmp_path / "model")
    assert ImageClassifier.load(tmp_path / "model").intensity_ == (0, 255)


def test_rows_of_another_range_are_refused_with_the_factor(trained):
    rows = read_table(frame(1 / 255, float))
    with pytest.raises(TableError, match=r"0 to 1[\s\S]*0 to 255[\s\S]*multiply them by 255: intensity='0..1'"):
        trained.predict(rows)
    with pytest.raises(TableError, match="multiply them by 255"):
        trained.partial_fit(rows)


def test_a_range_that_was_said_is_brought_to_that_of_training(trained):
    rows = read_table(frame(1 / 255, float), intensity="0..1")
    assert trained.score(rows) == trained.score(read_table(frame())) == 1
    assert any("0 to 1 are brought to 0 to 255" in note for note in in_trained_range((0, 255), rows).notes)


def test_dark_rows_are_read_as_they_are_if_their_range_is_said(trained):
    dark = frame()[:5].assign(**dict.fromkeys(PIXELS, 3))
    with pytest.raises(TableError, match=r"intensity='0..255'"):
        trained.predict(read_table(dark))
    assert len(trained.predict(read_table(dark, intensity=(0, 255)))) == 5


def test_standardised_rows_and_a_range_cannot_be_compared(trained):
    with pytest.raises(TableError, match="standardised"):
        trained.predict(read_table(frame(0.02, float), intensity="standardised"))


def test_arrays_say_no_range_and_are_taken_as_they_are(trained):
    assert in_trained_range((0.0, 255.0), [[0.5]]) == [[0.5]]
    assert len(trained.predict(frame()[PIXELS].to_numpy())) == 40


def test_a_range_is_written_and_read_again():
    for said in ((0.0, 255.0), (-1.0, 1.0), "standardised", None):
        assert range_from(range_text(said)) == said
    assert range_from("bright") is None


def test_validation_rows_are_measured_and_never_trained_on():
    table = read_table(frame())
    other = read_table(frame().assign(**dict.fromkeys(PIXELS, 0)))
    settings = {"epochs": 3, "random_state": 0, "early_stopping": True}
    apart = ImageClassifier("linear", **settings).fit(table, validation_data=other)
    assert apart.history_.metrics["val_accuracy"][0] == 0.5
    alone = ImageClassifier("linear", epochs=3, random_state=0).fit(table)
    assert len(alone.history_.metrics["loss"]) == 3


def test_weights_of_a_table_are_used():
    weights = [1.0] * 20 + [0.0] * 20
    with pytest.raises(ValueError, match="two classes"):
        ImageClassifier("linear", epochs=1).fit(read_table(frame().assign(weight=weights)))
