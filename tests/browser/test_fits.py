"""What is on the screen at once: whole screens at 1280 x 800, keys that work at once, lines as thick as they say."""

import numpy as np
import pytest

from convscope import images_to_table
from convscope.backend import keras
from convscope.page.export import export_html

WIDE = {"width": 1280, "height": 800}


def twelve_layers(side=64):
    """Two blocks of convolutions with activations of their own: one column for each convolution and pooling."""
    layers = keras.layers
    made = [keras.Input((side, side, 3))]
    for block in (1, 2):
        for place in (1, 2):
            made += [layers.Conv2D(10, 3, name=f"conv_{block}_{place}"), layers.Activation("relu")]
        made.append(layers.MaxPooling2D(name=f"pool_{block}"))
    return keras.Sequential([*made, layers.Flatten(), layers.Dense(10, activation="softmax", name="output")])


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    images = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    path = tmp_path_factory.mktemp("twelve") / "twelve.html"
    names = tuple(f"class {number}" for number in range(10))
    return export_html(twelve_layers(), images_to_table(images, np.arange(4)), path, class_names=names, pixel_scale=255)


def opened(new_page, path, link, **settings):
    page = new_page(**{"viewport": WIDE, **settings})
    page.goto(f"{path.as_uri()}#{link}")
    page.locator(".convscope[data-ready]").wait_for(timeout=60_000)
    return page


def test_activations_fold_into_their_layer_and_the_answer_is_in_view(new_page, twelve):
    page = opened(new_page, twelve, "network")
    columns = page.locator(".column h3").all_inner_texts()
    assert columns == ["input", "conv_1_1", "conv_1_2", "pool_1", "conv_2_1", "conv_2_2", "pool_2", "output"]
    box = page.locator(".answer").bounding_box()
    assert box["x"] + box["width"] <= 1280 and box["y"] + box["height"] <= 800
    assert page.locator(".columns").evaluate("one => one.scrollWidth <= one.clientWidth")


ONE_SCREEN = [
    "network",
    "kernel",
    "channel?layer=conv_1_1",
    "channel?layer=conv_2_2",
    "channel?layer=pool_1",
    "channel?layer=output",
    "pixel?layer=conv_1_1",
    "pixel?layer=conv_2_2",
    "pixel?layer=pool_1",
]


@pytest.mark.parametrize("link", ONE_SCREEN)
def test_a_screen_of_twelve_layers_needs_no_scrolling(new_page, twelve, link):
    page = opened(new_page, twelve, link)
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


@pytest.mark.parametrize("link", ["channel?layer=conv2d_2", "pixel?layer=conv2d_2", "channel?layer=output"])
def test_on_a_phone_a_screen_is_three_heights_at_most(new_page, exported, link):
    page = opened(new_page, exported, link, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 740
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_what_flows_into_the_sum_adds_up_as_it_is_shown(new_page, exported):
    page = opened(new_page, exported, "channel?layer=conv2d_2&map=1&row=1&column=1")

    def thousandths(one):
        return round(1000 * float(one.replace("−", "-")))

    cells = page.locator(".products li:not(.row-sum) b")
    cells.first.wait_for()
    row = [thousandths(text) for text in cells.all_inner_texts()]
    sums = [thousandths(text) for text in page.locator(".products .row-sum").all_inner_texts()]
    assert len(row) == 4 and sums == [sum(row)]
    lines = [thousandths(text) for text in page.locator(".outcome .sum td.number").all_inner_texts()]
    assert sum(lines[:-1]) == lines[-1] and sum(one for one in sums if one > 0) == lines[0]
    assert page.locator(".flow path.result").count() == 1


@pytest.mark.parametrize("link", ["network", "channel?layer=conv2d_2", "pixel?layer=conv2d_2", "model", "mistakes"])
def test_on_paper_nothing_is_cut_and_nothing_waits_for_a_click(new_page, exported, link):
    page = opened(new_page, exported, link, viewport={"width": 718, "height": 1046})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    assert page.locator("header nav").is_hidden()
    for player in page.locator(".player").all():
        assert player.is_hidden()
    if "layer" in link:
        assert "conv2d_2" in page.locator(".crumbs").inner_text(), "where we are is said in words"


@pytest.mark.parametrize("link", ["network", "channel?layer=conv2d_2", "pixel?layer=conv2d_2", "kernel", "playground"])
def test_at_twice_the_size_nothing_scrolls_sideways(new_page, exported, link):
    page = opened(new_page, exported, link, viewport={"width": 640, "height": 400}, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") == 640


def test_colour_channels_have_names(new_page, twelve):
    page = opened(new_page, twelve, "channel?layer=conv_1_1")
    assert page.locator(".products .chip").all_inner_texts() == ["R", "G", "B"]
    assert "green" in page.locator(".outcome .sum").inner_text()


def test_of_a_pooling_window_the_largest_is_marked_and_named(new_page, exported):
    page = opened(new_page, exported, "channel?layer=max_pooling2d_1&map=0")
    page.locator(".flow text").first.wait_for()
    assert page.locator(".flow text").first.text_content() == "max"
    assert page.locator(".products .outline.marked").count() == 1
    assert page.locator(".products b").inner_text() == page.locator(".outcome .result").inner_text()


def test_the_maps_before_their_activation_are_painted_too(new_page, twelve):
    page = opened(new_page, twelve, "network")
    tiles = page.locator('[data-layer^="activation"] canvas').first
    painted = "one => Array.from(one.getContext('2d').getImageData(0, 0, one.width, one.height).data)"
    after = tiles.evaluate(painted)
    page.get_by_role("button", name="before", exact=True).click()
    page.wait_for_timeout(300)
    before = tiles.evaluate(painted)
    orange = [place for place in range(0, len(before), 4) if before[place] > before[place + 2] + 60]
    assert before != after and orange, "what is below 0 is orange"


def test_large_colour_pictures_open(new_page, tmp_path):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((224, 224, 3)), layers.Conv2D(2, 7, strides=8), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    images = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    path = export_html(model, images_to_table(images, np.arange(1)), tmp_path / "large.html", pixel_scale=255)
    page = opened(new_page, path, "network")
    for link in ("table", "kernel", "channel", "pixel", "network"):
        page.evaluate("link => { location.hash = link }", link)
        page.wait_for_timeout(200)
        assert page.locator("canvas").count()
    assert page.messages == []


KEYS = {
    "← → ↑ ↓": ["ArrowRight", "ArrowDown", "ArrowLeft"],
    "← →": ["ArrowLeft"],
    "[ ]": ["]"],
    "Space": [" "],
    "Esc": ["Escape"],
}


SCREENS = [
    "network",
    "channel?layer=conv2d_1",
    "pixel?layer=conv2d_1",
    "table",
    "kernel",
    "sizes",
    "playground",
    "mistakes",
]


@pytest.mark.parametrize("link", SCREENS)
def test_each_key_of_the_footer_works_as_soon_as_a_screen_opens(new_page, exported, link):
    page = opened(new_page, exported, link)
    told = page.locator("footer .keys > span").all_inner_texts()
    state = "[location.hash, document.querySelector('.convscope').innerHTML].join()"
    for text in (one.strip() for one in told if not one.startswith("Tab")):
        name = next((known for known in KEYS if text.startswith(known)), text.split()[0])
        page.goto("about:blank")
        page.goto(f"{exported.as_uri()}#{link}")
        page.locator(".convscope[data-ready]").wait_for(timeout=60_000)
        page.wait_for_timeout(300)
        if name == "r":
            page.keyboard.press("s")  # else there is nothing to reset
            page.wait_for_timeout(300)
        states = [page.evaluate(state)]
        for key in KEYS.get(name, [name]):  # a place at the border goes on in one direction only
            page.keyboard.press(key)
            page.wait_for_timeout(400)
            states.append(page.evaluate(state))
        assert len(set(states)) > 1, f"{name} does nothing on {link}"


def test_a_strong_weight_is_painted_thicker_than_a_weak_one(new_page, exported):
    page = opened(new_page, exported, "playground?seed=0.5")
    page.locator(".weights path.adds").first.wait_for()
    widths = page.locator(".weights path").evaluate_all("all => all.map(one => getComputedStyle(one).strokeWidth)")
    assert len(set(widths)) > 3, widths


def test_a_feature_under_the_pointer_is_shown_large(new_page, exported):
    page = opened(new_page, exported, "playground?seed=0.5")
    page.get_by_role("button", name="Feature x₁²").hover()
    page.get_by_role("heading", name="The feature x₁²").wait_for()
    assert page.locator(".output .legend").inner_text().replace("\n", " ").endswith("0 35.0")


def test_playing_stays_out_of_the_links_of_other_screens(new_page, exported):
    page = opened(new_page, exported, "pixel?layer=conv2d_2&play=1")
    page.get_by_role("button", name="Kernel lab").click()
    page.wait_for_timeout(300)
    assert "play" not in page.evaluate("location.hash")


def test_a_training_that_nobody_filmed_says_so(new_page, exported):
    assert "was not filmed" in opened(new_page, exported, "training").locator("main").inner_text()


def test_the_open_tab_is_in_view_on_a_phone(new_page, exported):
    page = opened(new_page, exported, "mistakes", viewport={"width": 360, "height": 740})
    box = page.get_by_role("button", name="Mistakes").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360


def test_a_file_explains_a_mistake_first_and_has_its_pictures(new_page, exported):
    page = opened(new_page, exported, "mistakes")
    page.locator(".gallery li").first.wait_for()
    cells = page.locator(".confusion td:not(.right) button").evaluate_all(
        "all => all.filter(one => one.textContent !== '·').map(one => one.ariaLabel)"
    )
    for name in cells:
        page.get_by_role("button", name=name).click()
        page.locator(".gallery li").first.wait_for()
    assert "not in this file" not in page.locator("main").inner_text()
