"""The widget's Python side, without a notebook."""

import numpy as np
import pytest

from convscope import ImageClassifier, explore, images_to_table


@pytest.fixture(scope="module")
def widget():
    rng = np.random.default_rng(0)
    table = images_to_table(rng.integers(0, 256, (20, 6, 6, 1), np.uint8), np.arange(20) % 2)
    return explore(ImageClassifier("linear", epochs=1, random_state=0).fit(table), table, link="table")


@pytest.fixture
def sent(widget, monkeypatch):
    found = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: found.append((content, buffers)))
    return found


def test_the_widget_carries_the_bundle_and_the_place(widget):
    assert b"convscope.bundle/2" in widget.bundle
    assert widget.link == "table" and widget.can_ask


def test_a_row_is_answered_with_its_number(widget, sent):
    widget._answer(widget, {"ask": "row", "row": 5, "id": 3}, [])
    content, buffers = sent[0]
    assert content == {"id": 3} and b'\\"row\\": 5' in buffers[0]


def test_a_picture_s_values_are_answered(widget, sent):
    widget._answer(widget, {"ask": "values", "id": 4}, [np.zeros(36, np.float32).tobytes()])
    assert sent[0][0] == {"id": 4} and len(sent[0][1]) == 1


def test_what_cannot_be_answered_is_told(widget, sent):
    widget._answer(widget, {"ask": "row", "row": 99, "id": 5}, [])
    assert "no row" in sent[0][0]["error"]


def test_an_unknown_question_is_told_and_not_taken_for_another(widget, sent):
    widget._answer(widget, {"ask": "everything", "id": 6}, [np.zeros(36, np.float32).tobytes()])
    assert "no question named 'everything'" in sent[0][0]["error"]
