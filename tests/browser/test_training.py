"""The training screen in a real Chromium: while it trains, after it, and from an exported file."""

import re
import threading

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from convscope import ImageClassifier, WatchTraining, record_trace
from convscope.backend import keras
from convscope.datasets import load_parts
from convscope.page.export import export_html
from convscope.page.watch import PLACE, show_training
from tests.browser.conftest import run_the_cell

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def parts():
    return load_parts("digits", progress=False)


@pytest.fixture(scope="module")
def filmed(parts):
    """A classifier that was watched by nobody in particular."""
    return ImageClassifier("cnn", model__filters=(4, 6), epochs=3, random_state=0).fit(
        parts[0], watch=lambda *about: None
    )


@pytest.fixture(scope="module")
def film_file(filmed, parts, tmp_path_factory):
    return export_html(filmed, parts[1], tmp_path_factory.mktemp("film") / "film.html", title="filmed")


def shown(page):
    return page.locator(".training .lead").inner_text()


def test_a_training_is_seen_waits_goes_on_and_stops(new_page, parts):
    served = {}

    def watch(classifier, watcher, table):
        served["server"] = show_training(classifier, watcher, table)
        watcher.pause()
        served["ready"].set()

    served["ready"] = threading.Event()
    classifier = ImageClassifier("mlp", epochs=100_000, random_state=0)
    thread = threading.Thread(target=lambda: classifier.fit(parts[0], watch=watch))
    thread.start()
    assert served["ready"].wait(60)
    page = new_page()
    page.goto(f"{served['server'].link}#{PLACE}")
    page.get_by_text("Training is paused").wait_for(timeout=30_000)
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("Training is running").wait_for()
    page.wait_for_function("() => Number(document.querySelector('.training input[type=range]').max) >= 3")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Training was stopped; the network keeps what it has learned").wait_for(timeout=30_000)
    thread.join(60)
    assert not thread.is_alive()
    assert page.messages == []
    served["server"].stop()


def test_the_scrubber_shows_the_network_of_that_moment(new_page, film_file, filmed, parts):
    page = new_page()
    page.goto(film_file.as_uri() + f"#{PLACE}")
    page.locator(".training").wait_for()
    looks = filmed.film_.looks
    row = int(re.search(r"row (\d+)", page.locator(".moment").inner_text())[1])
    for place in (0, len(looks) - 1):
        page.get_by_label("Moment").fill(str(place))
        assert f"step {looks[place].step:,}" in page.locator(".scrubber").inner_text()
        again = ImageClassifier.__new__(ImageClassifier)
        again.__dict__.update(filmed.__dict__)
        final = filmed.model_.get_weights()
        filmed.model_.set_weights(looks[place].weights)
        expected = record_trace(again, parts[1].images[row])["output"]
        filmed.model_.set_weights(final)
        given = [float(text) for text in page.locator(".rates").first.locator(".number").all_inner_texts()]
        np.testing.assert_allclose(given, np.ravel(expected), atol=6e-4)


def test_arrows_move_through_time_and_the_link_keeps_the_moment(new_page, film_file):
    page = new_page()
    page.goto(film_file.as_uri() + f"#{PLACE}")
    page.locator(".training").wait_for()
    page.locator("main").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(400)
    seen = shown(page)
    other = new_page()
    other.goto(page.url)
    other.locator(".training").wait_for()
    assert shown(other) == seen
    assert "step=" in page.url


def test_play_ends_at_the_last_moment(new_page, film_file):
    page = new_page()
    page.goto(film_file.as_uri() + f"#{PLACE}?step=0")
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for(timeout=30_000)
    moment = page.get_by_label("Moment")
    assert moment.input_value() == moment.get_attribute("max")


def test_a_model_of_ones_own_is_watched_by_a_callback(new_page, parts):
    x, y = parts[0].images[:200].astype(np.float32) / 255, parts[0].labels[:200]
    layers = keras.layers
    hidden = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(given := keras.Input((8, 8, 1))))
    model = keras.Model(given, layers.Dense(10, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seen = WatchTraining(x, y, browser=False)
    page = new_page()
    model.fit(x, y, epochs=3, verbose=0, callbacks=[seen])
    page.goto(f"{seen.server.link}#{PLACE}")
    page.locator(".training").wait_for(timeout=30_000)
    assert "Training is finished" in shown(page)
    assert int(page.get_by_label("Moment").get_attribute("max")) == len(seen.film.looks) - 1
    assert page.locator(".badge").inner_text() == "✓ equal to Python"
    seen.server.stop()


def test_a_page_without_a_film_has_no_such_tab(in_file):
    assert in_file.root.get_by_role("button", name="Training", exact=True).count() == 0


@pytest.mark.slow
def test_in_a_notebook_the_looks_come_while_the_cell_runs(new_page, jupyter):
    page = new_page(viewport={"width": 1500, "height": 1100})
    # A workspace of its own: JupyterLab else opens again what another test had open.
    page.goto(jupyter.replace("lab/tree/page.ipynb", "lab/workspaces/watch/tree/watch.ipynb"))
    run_the_cell(page)
    page.locator(".training").wait_for(timeout=120_000)
    page.get_by_text("Training is running").wait_for(timeout=30_000)
    assert "interrupt" in page.locator(".scrubber").inner_text()
    page.wait_for_function("document.querySelector('[aria-label=Moment]')?.max >= 3", timeout=120_000)
    page.get_by_title("Interrupt the kernel").click()
    page.get_by_text("Training was stopped").wait_for(timeout=120_000)
    assert int(page.get_by_label("Moment").get_attribute("max")) >= 3


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_training_screen_fits_and_is_accessible(new_page, film_file, width, scheme):
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(film_file.as_uri() + f"#{PLACE}")
    page.locator(".training").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    assert page.messages == []
