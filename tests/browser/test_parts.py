"""A layer of several parts: one tab for each, whose numbers are made of terms that add up to what the map shows."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from convscope import export_html
from convscope.backend import keras

pytestmark = pytest.mark.browser

layers = keras.layers
PARTS = {
    "separable": ["each channel", "mixed"],
    "normal": ["normalized", "shifted"],
    "lstm": ["input gate", "forget gate", "kept", "cell", "shown"],
}


@pytest.fixture(scope="module")
def parted(tmp_path_factory):
    """An exported page of a model that was never trained."""
    inputs = keras.Input((6, 5, 1))
    maps = layers.SeparableConv2D(3, 2, activation="relu", name="separable")(inputs)
    line = layers.Reshape((5, 12))(layers.LayerNormalization(name="normal")(maps))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.LSTM(4, name="lstm")(line)))
    images = np.random.default_rng(0).random((3, 6, 5, 1)).astype(np.float32)
    return export_html(model, images, tmp_path_factory.mktemp("parts") / "parts.html")


def test_every_part_is_a_tab_and_adds_up(new_page, parted):
    page = new_page()
    page.goto(parted.as_uri())
    page.locator(".convscope[data-ready]").wait_for()
    assert page.locator(".badge").inner_text() == "✓ equal to Python"
    for layer, expected in PARTS.items():
        page.evaluate("link => { location.hash = link }", f"pixel?layer={layer}")
        tabs = page.get_by_role("group", name="Part").get_by_role("button")
        tabs.first.wait_for()
        names = tabs.all_inner_texts()
        assert set(expected) <= set(names) and names[-1] == expected[-1]
        assert tabs.last.get_attribute("aria-pressed") == "true"
        for name in names:
            page.get_by_role("group", name="Part").get_by_role("button", name=name, exact=True).click()
            assert page.locator(".whole .positive-verdict").inner_text().startswith("✓"), (layer, name)
    assert page.messages == []


def test_a_page_of_parts_has_no_barriers(new_page, parted):
    page = new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{parted.as_uri()}#pixel?layer=lstm&part=kept")
    page.locator(".convscope[data-ready]").wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    faults = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert faults == [], [(one["id"], one["nodes"][0]["html"][:200]) for one in faults]
