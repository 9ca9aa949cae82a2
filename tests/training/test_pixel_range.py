"""Rows of another range than that of training are told; dark pictures are not."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from convscope import record_trace
from convscope.cli._app import app
from convscope.errors import PixelRangeWarning
from convscope.insights import saliency
from convscope.modelfiles.modelfile import read_model
from convscope.tables import PointTable, pixel_columns
from convscope.training import ImageClassifier, evaluate
from convscope.training.pixel_range import warn_of_other_range

GOLDEN = Path(__file__).parents[1] / "golden" / "runs" / "0.1.0" / "finished"
ROWS = np.random.default_rng(0).integers(0, 17, (40, 16)).astype(float)
ROWS[:, 0] = 16  # each picture has its brightest pixel
BYTES = np.rint(ROWS * 255 / 16)
LABELS = np.arange(40) % 2


def quick(**settings):
    return ImageClassifier("linear", random_state=0, **({"epochs": 1} | settings))


@pytest.fixture(scope="module")
def classifier():
    return quick().fit(BYTES, LABELS)


OTHERS = {
    "fractions for bytes": ((0, 255), BYTES / 255, "Multiply them by 255."),
    "one picture of fractions": ((0, 255), BYTES[:1] / 255, "Multiply them by 255."),
    "bits for bytes": ((0, 255), (BYTES > 99).astype(np.uint8), "Multiply them by 255."),
    "one picture of booleans": ((0, 255), BYTES[:1] > 99, "Multiply them by 255."),
    "fractions up to 2.55 for bytes": ((0, 255), BYTES * 0.01, "Bring them to the range of training."),
    "booleans for bytes": ((0, 255), BYTES > 99, "Multiply them by 255."),
    "0..16 for bytes": ((0, 255), ROWS, "Multiply them by 15.9375 (255/16)."),
    "standardized for bytes": ((0, 255), (BYTES - 128) / 70, "Bring them to the range of training."),
    "bytes for fractions": ((0, 1), BYTES, "Divide them by 255."),
    "bytes for 0..16": ((0, 16), BYTES[:1], "Divide them by 15.9375 (255/16)."),
    "16 bits for bytes": ((0, 255), BYTES * 257, "Divide them by 257 (65535/255)."),
    "-1..1 for fractions": ((0, 1), BYTES / 127.5 - 1, "Bring them to the range of training."),
    "fractions for -1..1": ((-1, 1), BYTES / 255, "Bring them to the range of training."),
}
ALIKE = {
    "a dark picture": ((0, 255), np.array([[0, 1, 3, 0]], np.uint8)),
    "dark pictures": ((0, 255), BYTES // 10),
    "black pictures": ((0, 255), BYTES * 0),
    "nine faint dots": ((0, 255), np.eye(9)),
    "noise on bytes": ((0, 255), BYTES + np.random.default_rng(0).normal(0, 20, BYTES.shape)),
    "a brighter part": ((0, 120), BYTES),
    "dim fractions": ((0, 1), BYTES / 2550),
    "bits for fractions": ((0, 1), BYTES > 99),
    "a grey picture for -1..1": ((-1, 1), np.full((1, 4), 0.2)),
    "trained on black pictures": ((0, 0), BYTES),
}


@pytest.mark.parametrize(("trained", "rows", "cure"), OTHERS.values(), ids=OTHERS)
def test_rows_of_another_range_are_told_with_the_cure(trained, rows, cure):
    with pytest.warns(PixelRangeWarning, match=re.escape(cure)):
        assert warn_of_other_range(trained, rows)


@pytest.mark.parametrize(("trained", "rows"), ALIKE.values(), ids=ALIKE)
def test_what_a_dark_or_noisy_picture_may_be_is_not_complained_of(trained, rows):
    assert not warn_of_other_range(trained, rows)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.predict(BYTES / 255),
        lambda model: model.score(BYTES / 255, LABELS),
        lambda model: evaluate(model, BYTES / 255, LABELS),
        lambda model: record_trace(model, BYTES[0].reshape(4, 4) / 255),
        lambda model: saliency(model, BYTES[0].reshape(4, 4) / 255),
    ],
)
def test_whoever_asks_a_classifier_is_told(classifier, ask):
    with pytest.warns(PixelRangeWarning, match="to 1, but the classifier was trained on 0 to 255"):
        ask(classifier)


@pytest.mark.parametrize("recipe", ["fast", "document"])
def test_going_on_with_rows_of_another_range_is_told_and_the_range_stays(recipe):
    going_on = quick(recipe=recipe, warm_start=True).fit(BYTES, LABELS)
    seen = going_on.pixel_range_
    for go_on in (going_on.fit, going_on.partial_fit):
        with pytest.warns(PixelRangeWarning):
            go_on(BYTES / 255, LABELS)
    assert going_on.pixel_range_ == seen
    going_on.partial_fit(np.maximum(BYTES - 200, 0), LABELS)
    assert going_on.pixel_range_ == (0, 255)


def test_a_first_batch_that_is_all_0_leaves_the_scale_open():
    learning = quick().partial_fit(BYTES * 0, LABELS)
    assert learning.pixel_range_ == (0, 0)
    learning.partial_fit(BYTES, LABELS)
    assert (learning.pixel_scale_, learning.pixel_range_[1]) == (255, 255)


def test_the_scale_is_that_of_the_narrowest_range_and_points_have_none():
    assert quick().fit(ROWS, LABELS).pixel_scale_ == 16
    points = quick(epochs=1).fit(PointTable(BYTES[:, 1:3], labels=LABELS))
    assert (points.pixel_scale_, points.pixel_range_) == (1, None)
    points.predict(BYTES[:, 1:3] / 255)


def test_the_range_is_kept_in_the_model_file_and_an_old_file_has_its_scale_s(classifier, tmp_path):
    classifier.save(tmp_path / "model.zip")
    assert ImageClassifier.load(tmp_path / "model.zip").pixel_range_ == classifier.pixel_range_
    assert "pixel_range" not in json.loads((GOLDEN / "model" / "preprocess.json").read_text())
    assert read_model(GOLDEN / "model").pixel_range == (0, 255)


def test_the_command_line_tells_it_in_words_and_once(tmp_path):
    pixels = np.random.default_rng(0).random((3, 64))
    frame = pd.DataFrame(pixels, columns=pixel_columns((8, 8))).assign(**{"class": [0, 1, 2]})
    frame.to_csv(tmp_path / "fractions.csv", index=False)
    for words in (["evaluate"], ["predict"]):
        result = CliRunner().invoke(app, [*words, str(GOLDEN), str(tmp_path / "fractions.csv")])
        assert result.exit_code == 0
        assert " ".join(result.stderr.split()).count("trained on 0 to 255: its answers are unreliable.") == 1


def test_folds_of_one_table_bring_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fold in (slice(0, 20), slice(20, 40)):
            quick().fit(BYTES[fold], LABELS[fold]).predict(BYTES)
