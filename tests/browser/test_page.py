"""The page in a real Chromium, on its three hosts: numbers as traced, nothing asked for, keys and screens."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from convscope.arithmetic import format_number

pytestmark = pytest.mark.browser

PLACES = [("conv2d_1", 2, 3, 4), ("conv2d_2", 5, 0, 0), ("max_pooling2d_1", 1, 1, 2)]
SCREENS = ["model", "table", "network", "channel", "pixel", "kernel", "sizes", "sizes?mode=predict"]


def traced(trace, layer, row, column, channel):
    return float(trace[layer][row, column, channel])


def test_the_numbers_on_the_page_are_those_of_the_real_layers(hosted, trace):
    for layer, channel, row, column in PLACES:
        hosted.open_value(layer, channel, row, column)
        value = traced(trace, layer, row, column, channel)
        shown = hosted.root.locator(".whole .positive-verdict").inner_text()
        assert shown.startswith("✓"), shown
        assert hosted.number(".whole .positive-verdict") == pytest.approx(value, abs=2e-6)
        assert hosted.root.locator(".result").inner_text() == format_number(value)


def test_every_host_opens_silently_and_says_equal_to_python(hosted):
    assert hosted.root.locator(".badge").inner_text() == "✓ equal to Python"
    own = [text for text in hosted.page.messages if "convscope" in text.lower()]
    assert own == []


def test_a_file_asks_for_nothing_but_itself(in_file):
    for screen in SCREENS:
        in_file.go(screen)
    assert [url for url in in_file.page.requests if not url.startswith("data:")] == [in_file.page.url.split("#")[0]]
    assert in_file.page.messages == []


def test_a_served_page_asks_its_own_server_only(on_server, server):
    for screen in SCREENS:
        on_server.go(screen)
    foreign = [url for url in on_server.page.requests if not url.startswith((server.address, "data:"))]
    assert foreign == []
    assert on_server.page.messages == []


def test_another_row_of_the_table_comes_from_python(on_server, small):
    _, rows = small
    on_server.go("table").root.get_by_label("Row", exact=True).fill("77")
    on_server.page.keyboard.press("Enter")
    on_server.root.get_by_role("application", name=re.compile(r"^row 77, pixel")).wait_for()
    on_server.go("network")
    assert f"label {rows.labels[77]}" in on_server.root.locator(".column").first.inner_text()


def test_a_row_that_is_not_there_is_told(on_server):
    on_server.go("table")
    on_server.page.evaluate(
        "() => document.querySelector('.field form input, form.field input').removeAttribute('max')"
    )
    on_server.root.get_by_label("Row", exact=True).fill("99999")
    on_server.page.keyboard.press("Enter")
    assert "no row" in on_server.root.get_by_role("alert").inner_text()


@pytest.mark.parametrize("layer", ["conv2d_1", "conv2d_2", "output"])
def test_the_shown_sum_adds_up_digit_for_digit(in_file, layer):
    in_file.go(f"pixel?layer={layer}&map=1&row=2&column=3")
    rows = in_file.root.locator(".whole .sum tr").all_inner_texts()
    numbers = [
        round(1000 * float(re.search(r"[+−]?[\d,.]+$", text.strip())[0].replace("−", "-").replace(",", "")))
        for text in rows
    ]
    assert sum(numbers[:-1]) == numbers[-1]


@pytest.mark.parametrize(
    "link",
    [
        "pixel?layer=conv2d_1&map=2&row=2&column=3",
        "pixel?layer=conv2d_2&map=1&row=0&column=0",
        "pixel?layer=output&map=3",
        "kernel?kernel=0.12345,-0.333;0.5,1.00005",
    ],
)
def test_a_calculator_confirms_every_product_that_is_painted(in_file, calculator, link):
    in_file.go(link)
    window, kernel, products = (
        in_file.root.get_by_label(name, exact=True).last.locator("td").all_inner_texts()
        for name in ("Window", "Kernel", "Products")
    )
    decimals = len(products[0].partition(".")[2])
    assert [calculator.read(text) for text in products] == [
        calculator(*pair, decimals) for pair in zip(window, kernel, strict=True)
    ]


def test_the_products_shown_add_up_to_the_subtotal(in_file, calculator):
    in_file.go("pixel?layer=conv2d_2&map=1&row=0&column=0")
    products = in_file.root.get_by_label("Products").locator("td").all_inner_texts()
    words = in_file.root.locator(".reading").inner_text()
    rounding = re.search(r"rounding ([+−][\d.]+)", words)
    shown = [*products, *([rounding[1]] if rounding else [])]
    subtotal = re.search(r"adds ([+−]?[\d.]+)", words)[1]
    assert sum(map(calculator.read, shown)) == calculator.read(subtotal)


def test_a_hovered_product_marks_window_kernel_and_map_alike(in_file):
    in_file.go("pixel?layer=conv2d_2&map=1&row=0&column=0")
    in_file.root.get_by_label("Products").locator("td").nth(3).hover()
    texts = []
    for name in ("Window", "Kernel", "Products"):
        marked = in_file.root.get_by_label(name, exact=True).locator("td.marked")
        assert marked.count() == 1
        texts.append(marked.inner_text())
    words = in_file.root.locator(".reading .accent").inner_text()
    assert words.startswith(f"{texts[0]} × {texts[1]} = ")
    assert words.endswith(f"to 4 decimals {texts[2]}")


def test_the_numpy_lines_give_the_number(in_file, trace):
    for layer, channel, row, column in [
        *PLACES,
        ("output", 3, 0, 0),
        ("flatten", 2, 0, 0),
        ("max_pooling2d_1", 0, 0, 0),
    ]:
        in_file.go(f"pixel?layer={layer}&map={channel}&row={row}&column={column}")
        *before, last = in_file.root.locator("pre code").inner_text().splitlines()
        names = {"np": np, "trace": trace}
        exec("\n".join(before), names)
        value = trace[layer][row, column, channel] if trace[layer].ndim == 3 else trace[layer][channel]
        assert float(eval(last, names)) == pytest.approx(float(value), abs=1e-5), (layer, last)


def test_keys_alone_reach_one_pixel_and_come_back(in_file):
    press = in_file.page.keyboard.press
    in_file.go("network")
    in_file.root.locator('[data-tiles="conv2d_1"]').focus()
    press("ArrowRight")
    press("Enter")
    in_file.root.locator(".channel").wait_for()
    in_file.root.locator(".outcome .map").first.focus()
    before = in_file.page.url
    press("ArrowLeft"), press("ArrowUp"), press("ArrowRight"), press("ArrowDown")
    press("Enter")
    in_file.root.locator(".pixel").wait_for()
    press("ArrowRight"), press("ArrowLeft"), press("."), press("]"), press("[")
    in_file.page.wait_for_url(lambda url: url != before and "pinned=1" in url)
    for screen in ("channel", "network", "model"):
        press("Escape")
        in_file.page.wait_for_url(lambda url, screen=screen: f"#{screen}" in url)


def test_the_place_is_in_the_link(in_file, new_page):
    in_file.go("pixel?layer=conv2d_2&map=3&row=1&column=0")
    other = new_page()
    other.goto(in_file.page.url)
    other.locator(".convscope[data-ready]").wait_for()
    assert other.locator(".crumbs").inner_text() == in_file.root.locator(".crumbs").inner_text()


def test_a_link_followed_right_after_loading_holds(new_page, exported):
    page = new_page()
    for _ in range(25):  # the page writes its own address a moment after it has opened: once in twelve it came later
        page.goto("about:blank")
        page.goto(exported.as_uri())
        page.locator(".convscope[data-ready]").wait_for()
        page.evaluate("location.hash = 'pixel?layer=output&map=1&row=2&column=3'")
        page.wait_for_timeout(250)
        assert page.evaluate("location.hash").startswith("#pixel")


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("width", [1280, 360])
def test_no_screen_has_a_serious_fault_or_scrolls_sideways(new_page, exported, screen, width):
    page = new_page(viewport={"width": width, "height": 800})
    page.goto(f"{exported.as_uri()}#{screen}")
    page.locator(".convscope[data-ready]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    faults = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert faults == [], [(one["id"], one["nodes"][0]["html"][:200]) for one in faults]


def test_dark_screens_keep_their_contrast(new_page, exported):
    page = new_page(color_scheme="dark")
    for screen in SCREENS:
        page.goto(f"{exported.as_uri()}#{screen}")
        page.locator(".convscope[data-ready]").wait_for()
        faults = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        assert faults == [], (screen, [(one["id"], one["nodes"][0]["html"][:200]) for one in faults])


def test_a_picture_can_be_drawn_and_is_answered(in_file):
    in_file.go("network").root.get_by_role("button", name="Draw").click()
    board = in_file.page.locator(".board")
    board.wait_for()
    box = board.bounding_box()
    mouse = in_file.page.mouse
    mouse.move(box["x"] + 140, box["y"] + 40)
    mouse.down()
    mouse.move(box["x"] + 140, box["y"] + 240, steps=8)
    mouse.up()
    in_file.page.locator("dialog figcaption").nth(2).wait_for()
    steps = in_file.page.locator("dialog figcaption").all_inner_texts()
    assert steps == ["made smaller", "cut and scaled", "centred"]
    in_file.page.get_by_role("button", name="Use this picture").click()
    in_file.root.locator(".column", has_text="drawn").first.wait_for()
    assert "predicted" in in_file.root.locator(".column").first.inner_text()


def test_a_file_that_is_no_picture_is_refused_in_words(in_file, tmp_path):
    wrong = tmp_path / "notes.png"
    wrong.write_text("not a picture")
    in_file.go("network").root.get_by_role("button", name="Open…").click()
    in_file.page.locator("input[type=file]").set_input_files(str(wrong))
    assert "Expected: a PNG, JPEG, WebP or BMP" in in_file.page.locator("dialog [role=alert]").inner_text()


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(in_file, tmp_path):
    header = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR" + (50_000).to_bytes(4, "big") * 2 + bytes(9)
    large = tmp_path / "large.png"
    large.write_bytes(header)
    in_file.go("network").root.get_by_role("button", name="Open…").click()
    in_file.page.locator("input[type=file]").set_input_files(str(large))
    assert "at most 16 million" in in_file.page.locator("dialog [role=alert]").inner_text()


def test_the_document_s_convolution_stands_on_the_sizes_screen(in_file):
    in_file.go("sizes")
    shown = in_file.root.get_by_label("Output").locator("td").all_inner_texts()
    assert [int(text) for text in shown] == [2, 2, 3, 1, 2, 1, 1, 1, 0]
    in_file.go("sizes?sh=2&sw=2")
    assert in_file.root.get_by_label("Output").locator("td").all_inner_texts() == ["2", "3", "1", "0"]
    in_file.go("sizes?kind=max+pooling&sh=2&sw=2")
    assert in_file.root.get_by_label("Output").locator("td").all_inner_texts() == ["1", "1", "1", "0"]


def test_impossible_sizes_are_explained(in_file):
    in_file.go("sizes?kh=7")
    assert "Impossible: a window of 7 does not fit into 4 pixels" in in_file.root.inner_text()


def test_the_output_is_predicted_before_it_is_shown(in_file):
    root = in_file.go("sizes?mode=predict&sh=2").root
    assert root.get_by_label("Output", exact=True).locator("td").count() == 0
    assert root.locator(".formulas").count() == 0
    root.get_by_label("Predicted height").fill("3")
    root.get_by_label("Predicted width").fill("2")
    assert "stride of 1" in root.locator(".verdict").inner_text()
    root.get_by_label("Predicted height").fill("2")
    assert "one too few" in root.locator(".verdict").inner_text()
    root.get_by_label("Predicted width").fill("3")
    assert "4 − 2 + 1 = 3" in root.locator(".verdict").inner_text()
    said = {}
    turned, right = [2, 2, 2, 1, 1, 0], [2, 2, 3, 1, 1, 0]
    for name, numbers in {"turned": turned, "one off": [2, 2, 9, 1, 1, 0], "right": right}.items():
        for place, number in enumerate(numbers):
            root.get_by_label(f"number in row {place // 3}, column {place % 3}").fill(str(number))
        said[name] = root.locator(".verdict").last.inner_text()
    assert "flipped kernel" in said["turned"] and "5 of 6" in said["one off"]
    assert said["right"] == "✓ Correct. Every number is right."


def test_a_means_for_a_maximum_is_named_and_other_numbers_come(in_file):
    root = in_file.go("sizes?mode=predict&kind=max+pooling&sh=2&sw=2").root
    for side in ("height", "width"):
        root.get_by_label(f"Predicted {side}").fill("2")
    for place, mean in enumerate([0.5, 0.75, 0.5, 0]):
        root.get_by_label(f"number in row {place // 2}, column {place % 2}").fill(str(mean))
    assert "max pooling keeps the largest" in root.locator(".verdict").last.inner_text()
    before = root.get_by_label("Input", exact=True).inner_text()
    root.get_by_role("button", name="Other numbers").click()
    assert root.locator(".verdict").count() == 0  # a new question
    for side in ("height", "width"):
        root.get_by_label(f"Predicted {side}").fill("2")
    assert root.get_by_label("Input", exact=True).inner_text() != before


def test_a_kernel_is_judged_by_what_it_does(in_file):
    in_file.go("kernel")
    assert "this is the vertical one" in in_file.root.locator(".verdict").inner_text()
    in_file.root.get_by_role("button", name="Sobel, down").click()
    assert in_file.root.locator(".verdict").inner_text().startswith("✓ Correct")
    in_file.root.get_by_role("button", name="blur (mean)").click()
    assert "flat bright picture" in in_file.root.locator(".verdict").inner_text()
