"""A model file that the page wrote, opened by Python; `frontend/tests/home.test.ts` holds the page to these bytes."""

import json
from pathlib import Path

import numpy as np

from convscope import ImageClassifier

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def test_a_network_trained_in_the_page_predicts_the_same_in_python():
    told = json.loads((GOLDEN / "page_model.json").read_text(encoding="utf-8"))
    classifier = ImageClassifier.load(GOLDEN / "page_model.zip")
    found = classifier.predict_proba(np.array(told["rows"], np.float32))
    np.testing.assert_allclose(found, told["answers"], atol=1e-5)
    assert classifier.classes_.tolist() == ["a", "b", "c"]
