"""A network that is too large for one frame: computed in a worker, or in pieces where there is none."""

import numpy as np
import pytest

from convscope import images_to_table
from convscope.backend import keras
from convscope.page.export import export_html

NO_WORKER = "delete globalThis.Worker"
SETTLED = "() => /equal to Python/.test(document.querySelector('.badge').textContent)"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """About 30 million multiplications a picture, with a branch and a normalization."""
    layers = keras.layers
    entry = keras.Input((28, 28, 1))
    first = layers.Conv2D(64, 3, padding="same", activation="relu", name="first")(entry)
    second = layers.BatchNormalization(name="scaled")(layers.Conv2D(64, 3, padding="same", name="second")(first))
    mean = layers.GlobalAveragePooling2D(name="mean")(layers.Add(name="added")([first, second]))
    model = keras.Model(entry, layers.Dense(10, activation="softmax", name="output")(mean))
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), np.uint8)
    names = tuple(f"class {number}" for number in range(10))
    path = tmp_path_factory.mktemp("large") / "large.html"
    return export_html(model, images_to_table(images, np.arange(4)), path, class_names=names, pixel_scale=255)


@pytest.mark.parametrize("script", ["", NO_WORKER], ids=["worker", "no worker"])
def test_a_large_network_arrives_and_equals_python(new_page, large, script):
    page = new_page()
    page.add_init_script(script or "0")
    page.goto(f"{large.as_uri()}#network")
    page.wait_for_function(SETTLED, timeout=60_000)
    assert page.locator(".column").count() >= 4
    assert page.locator(".answer .bars button").count() == 10
    assert page.messages == []


def test_the_picture_decides_even_if_it_changes_before_the_first_is_done(new_page, large):
    page = new_page()
    page.goto(f"{large.as_uri()}#network")
    page.locator(".convscope[data-ready]").wait_for()
    for picture in (1, 2, 3):
        page.locator(".thumb").nth(picture).click()
    page.wait_for_function(SETTLED, timeout=60_000)
    changed = page.locator(".answer .bars").inner_text()
    page.goto("about:blank")
    page.goto(f"{large.as_uri()}#network?picture=3")
    page.wait_for_function(SETTLED, timeout=60_000)
    assert page.locator(".answer .bars").inner_text() == changed
    page.locator(".thumb").first.click()
    page.wait_for_function(
        "before => document.querySelector('.answer .bars')?.innerText.length > 0 "
        "&& document.querySelector('.answer .bars').innerText !== before",
        arg=changed,
        timeout=60_000,
    )


def test_reasons_for_a_large_network_are_worked_out_beside_the_page(new_page, large):
    page = new_page()
    page.goto(f"{large.as_uri()}#mistakes")
    page.get_by_label("slopes, largest size").wait_for(timeout=60_000)
    page.get_by_label("Grad-CAM of").wait_for(timeout=60_000)
    page.locator(".completeness").wait_for(timeout=120_000)
    assert page.messages == []
