"""Mistakes and reasons in a real Chromium: counted as in Python, and the reasons' numbers those of `insights`."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from convscope.backend import keras
from convscope.insights import grad_cam, integrated_gradients, saliency, strongest_images
from convscope.page.export import export_html
from convscope.training import ImageClassifier, evaluate

pytestmark = pytest.mark.browser


def numbers_of(card):
    """Read every number of a card's table."""
    card.locator("summary").click()
    card.locator("tbody td").first.wait_for()
    rows = card.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].slice(1).map(cell => cell.innerText.replace('−', '-')))"
    )
    return np.array(rows, float)


def card(page, title):
    return page.locator("section.card", has=page.locator(f"h2:text-is('{title}')"))


def open_row(page, row):
    chosen = page.locator(".mistakes .toolbar select").first
    option = chosen.locator("option", has_text=re.compile(rf"^row {row}\b")).first
    chosen.select_option(option.get_attribute("value"))


def test_mistakes_are_counted_as_in_python(in_file, small):
    page = in_file.go("mistakes").page
    page.locator(".confusion").wait_for()
    classifier, rows = small
    counts = evaluate(classifier, rows).confusion_matrix
    shown = page.locator(".confusion tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].slice(1).map(cell => Number(cell.innerText.replace('·', '0'))))"
    )
    assert np.array_equal(shown, counts)
    wrong = counts.sum() - np.trace(counts)
    assert f"Of {counts.sum():,} rows {wrong} are wrong" in page.locator(".lead").inner_text()


def test_a_cell_leads_to_its_pictures_and_a_picture_to_its_reasons_and_the_explorer(on_server, small):
    page = on_server.go("mistakes").page
    classifier, rows = small
    found = evaluate(classifier, rows)
    row = int(found.surest_mistakes()[0])
    label, prediction = (found.class_names[part[row]] for part in (found.labels, found.predictions))
    page.get_by_role("button", name=re.compile(f"^{label} taken for {prediction}:")).click()
    page.locator(".gallery").get_by_role("button", name=f"row {row}", exact=True).click()
    assert f"row {row}, label {label}: {prediction} with" in page.locator(".mistakes .toolbar").inner_text()
    page.get_by_role("button", name="Open in the explorer").click()
    page.locator(".columns").wait_for()
    assert f"label {label}" in page.locator(".column").first.inner_text()


@pytest.mark.parametrize("label", ["", "3"])
def test_the_reasons_on_the_page_are_those_of_python(in_file, small, exhibit, label):
    classifier, rows = small
    page = in_file.go(f"mistakes?for={label}").page
    row = exhibit.chosen[3]
    open_row(page, row)
    asked = {"label": int(label)} if label else {}
    image = rows.images[row]
    contributions = integrated_gradients(classifier, image, **asked)
    page.locator(".completeness").wait_for(timeout=60_000)
    found = card(page, "Integrated gradients")
    told = page.locator(".completeness").inner_text().replace("−", "-")
    numbers = [float(one) for one in re.findall(r"[+-]?\d+\.\d+", told)]
    assert numbers[0] == pytest.approx(contributions.score, abs=1e-3)
    assert numbers[1] == pytest.approx(contributions.baseline_score, abs=1e-3)
    assert numbers[3] <= 1.0
    np.testing.assert_allclose(numbers_of(found), contributions.picture, atol=2e-4)
    slopes = saliency(classifier, image, **asked)
    np.testing.assert_allclose(numbers_of(card(page, "Saliency")), slopes.slopes.sum(axis=2), atol=6e-5)
    cam = grad_cam(classifier, image, **asked)
    np.testing.assert_allclose(numbers_of(card(page, "Grad-CAM")), cam.maps, atol=6e-4)


def test_a_patch_changes_what_the_network_says_as_it_does_in_python(in_file, small, exhibit):
    classifier, rows = small
    page = in_file.go("mistakes?patch=3").page
    row = exhibit.chosen[0]
    open_row(page, row)
    area = page.get_by_role("application", name=re.compile("patch of 3 by 3"))
    area.focus()
    for key in ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"]:
        area.press(key)
    covered = rows.images[row].copy()
    covered[2:5, 2:5] = 0
    names = [str(name) for name in classifier.classes_]
    expected = classifier.predict_proba(covered.reshape(1, -1))[0]
    told = card(page, "Occlusion").locator("[role=status]").inner_text()
    label = re.match(r"(\d):", told)[1]
    assert float(re.search(r": ([\d.]+)", told)[1]) == pytest.approx(expected[names.index(label)], abs=6e-4)
    assert f" {names[expected.argmax()]}, {expected.max():.3f}." in told


def test_the_images_that_excite_a_channel_most_are_pythons(on_server, small):
    classifier, rows = small
    page = on_server.go("channel?layer=conv2d_2&map=2").page
    page.get_by_text("Pictures in which it finds its pattern most strongly").click()
    expected = strongest_images(classifier, rows, "conv2d_2", 2)
    page.locator(".strongest-card .gallery li").nth(8).wait_for()
    told = page.locator(".strongest-card .gallery .caption").all_inner_texts()
    assert [int(text.split(":")[0]) for text in told] == expected.rows.tolist()
    assert f"of {len(rows)} rows" in page.locator(".strongest-card").inner_text()


def branched(image_shape, n_classes):
    """Give a network with most operations: branches, normalization, depthwise, average pooling, odd activations."""
    layers = keras.layers
    given = keras.Input((64,))
    image = layers.Reshape((8, 8, 1))(given)
    one = layers.Conv2D(4, 3, padding="same", activation="gelu")(image)
    other = layers.DepthwiseConv2D(3, depth_multiplier=4, padding="same", activation="selu")(image)
    joined = layers.Concatenate()([layers.Add()([one, other]), layers.ZeroPadding2D(1)(layers.Conv2D(2, 3)(image))])
    normal = layers.BatchNormalization()(joined)
    pooled = layers.AveragePooling2D(2)(layers.PReLU()(normal))
    strided = layers.Conv2D(6, 3, strides=2, activation="silu")(pooled)
    flat = layers.Flatten()(layers.MaxPooling2D(1)(strided))
    hidden = layers.Dense(8, activation="softplus")(flat)
    return keras.Model(given, layers.Dense(n_classes, activation="softmax")(hidden))


def test_slopes_go_back_through_every_operation(new_page, small, tmp_path):
    _, rows = small
    classifier = ImageClassifier(branched, epochs=2, random_state=0).fit(rows)
    page = new_page()
    page.goto(export_html(classifier, rows, tmp_path / "branched.html").as_uri() + "#mistakes")
    page.locator(".mistakes").wait_for()
    chosen = page.locator(".mistakes .toolbar .thumb[aria-pressed=true]").get_attribute("aria-label")
    row = int(re.search(r"row (\d+)", chosen)[1])
    found = saliency(classifier, rows.images[row])
    scale = np.abs(found.slopes).max()
    np.testing.assert_allclose(
        numbers_of(card(page, "Saliency")), found.slopes.sum(axis=2), atol=max(6e-5, 1e-4 * scale)
    )


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screen_fits_and_is_accessible(new_page, exported, width, scheme):
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(exported.as_uri() + "#mistakes")
    page.locator(".completeness").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:140]) for one in found] == []
    assert page.messages == []
