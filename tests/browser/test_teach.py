"""Teach: pictures of one's own, a network trained in the page, tried, opened, taken home; in a real Chromium."""

import io
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from convscope import ImageClassifier, read_table
from convscope.datasets import load_parts
from convscope.page.export import export_html

WIDE = {"width": 1280, "height": 800}
TRAINED = re.compile("Train again")
STROKES = {
    "down": [(0.5, 0.15), (0.5, 0.85)],
    "across": [(0.15, 0.5), (0.85, 0.5)],
    "corner": [(0.2, 0.2), (0.2, 0.8), (0.8, 0.8)],
}


def opened(page, address):
    page.goto(address)
    page.locator(".convscope[data-ready]").wait_for(timeout=60_000)
    page.evaluate("location.hash = 'teach'")
    page.locator(".teach").wait_for()
    return page


@pytest.fixture
def teach(new_page, server):
    return opened(new_page(viewport=WIDE), server.link)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Digits as picture files: a folder of class folders."""
    root = tmp_path_factory.mktemp("digits")
    train, _ = load_parts("digits", progress=False)
    labels = np.asarray(train.labels)
    for digit in (0, 1, 4):
        (root / f"digit {digit}").mkdir()
        for row in np.flatnonzero(labels == digit)[:40]:
            values = np.asarray(train.images[row]).reshape(8, 8) * 255 / 16
            grey = Image.fromarray(values.astype(np.uint8)).resize((24, 24), Image.Resampling.BICUBIC)
            grey.save(root / f"digit {digit}" / f"{row}.png")
    return root


def a_file(pixels, name="picture.png"):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def number_in(text):
    return float(re.search(r"\d+\.\d+", text)[0])


def column(page, number):
    return page.locator(".teach-column").nth(number)


def draw(page, board, points, jitter):
    box = board.bounding_box()
    at = [(box["x"] + (x + dx) * box["width"], box["y"] + (y + dy) * box["height"])
          for (x, y), (dx, dy) in zip(points, jitter, strict=True)]  # fmt: skip
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def draw_classes(page, each=8):
    random = np.random.default_rng(0)
    page.get_by_role("button", name="+ class").click()
    for number, (name, points) in enumerate(STROKES.items()):
        named = column(page, number).get_by_label("Name of the class")
        named.fill(name)
        named.press("Enter")
        column(page, number).get_by_role("button", name="Draw").click()
        dialog = page.get_by_role("dialog", name=f"Draw {name}")
        for drawing in range(each):
            draw(page, dialog.locator("canvas.board"), points, random.uniform(-0.1, 0.1, (len(points), 2)))
            dialog.get_by_role("button", name="Add and draw the next").click()
            dialog.get_by_text(f"{name} has {drawing + 1} pictures").wait_for()
        dialog.get_by_role("button", name="Done").click()


def take_folders(page, folders):
    page.get_by_label("Folder of class folders").set_input_files(folders)
    page.locator(".teach-steps").get_by_text("120 in 3 classes").wait_for(state="attached")


def train(page):
    page.get_by_role("button", name="▶ Train").click()
    page.get_by_role("button", name=TRAINED).wait_for(timeout=120_000)
    page.locator(".teach-right").nth(2).wait_for()


def rights(page):
    """Of each class, how many pictures that were kept back are right, and of how many."""
    texts = page.locator(".teach-right p:first-of-type").all_inner_texts()
    return np.array([[int(n) for n in re.search(r"(\d+) of (\d+)", text).groups()] for text in texts])


def test_three_drawn_classes_are_taught_tried_opened_and_taken_home(teach, server, tmp_path):
    draw_classes(teach)
    train(teach)
    right, all_ = rights(teach).sum(0)
    assert all_ == 6 and right >= 5
    # what was drawn is known, and what looks like nothing that was drawn is not
    tried = teach.locator(".teach-try")
    for name, points in STROKES.items():
        draw(teach, tried.locator("canvas.board"), points, np.full((len(points), 2), 0.02))
        expect(tried.locator(".teach-bars .best .name")).to_have_text(name)
        tried.get_by_role("button", name="Wipe").click()
    scribble = np.random.default_rng(1).uniform(0.1, 0.9, (30, 2))
    draw(teach, tried.locator("canvas.board"), scribble, np.zeros((30, 2)))
    expect(tried.get_by_text("? I don’t know")).to_be_visible()
    nearest, limit = tried.locator("figcaption").first, tried.get_by_text("Farther than")
    assert number_in(nearest.inner_text()) > number_in(limit.inner_text())

    with teach.expect_download() as download:
        teach.get_by_role("button", name="Model for Python").click()
    download.value.save_as(tmp_path / "model.zip")
    with teach.expect_download() as download:
        teach.get_by_role("button", name="Pictures as CSV").click()
    download.value.save_as(tmp_path / "pictures.csv")
    grey = np.random.default_rng(2).integers(0, 120, (28, 28), np.uint8)
    tried.get_by_role("button", name="File").click()
    tried.get_by_label("A picture to try").set_input_files(a_file(grey))
    tried.locator(".teach-bars").wait_for()
    answers = tried.locator("meter").evaluate_all("all => all.map(one => one.value)")
    classifier = ImageClassifier.load(tmp_path / "model.zip")
    np.testing.assert_allclose(classifier.predict_proba(grey.reshape(1, -1))[0], answers, atol=1e-5)
    assert classifier.classes_.tolist() == list(STROKES)
    table = read_table(tmp_path / "pictures.csv")
    assert table.image_shape == (28, 28, 1) and len(table) == 24
    assert sorted(set(np.asarray(table.labels).tolist())) == ["across", "corner", "down"]

    teach.get_by_role("button", name="Open it: see").click()
    teach.locator(".answer").wait_for()
    expect(teach.locator(".badge")).to_have_text("taught in this page")
    screens = teach.get_by_role("navigation", name="Screens")
    for name in ("Training", "Mistakes", "Model"):
        screens.get_by_role("button", name=name, exact=True).click()
        teach.locator("main .card").first.wait_for()
    screens.get_by_role("button", name="Teach").click()
    expect(column(teach, 0)).to_contain_text("8 pictures")
    teach.get_by_role("button", name="Back to the page’s own network").click()
    expect(teach.locator(".badge")).to_contain_text("equal to Python")
    outside = [url for url in teach.requests if not url.startswith((server.address, "blob:"))]
    assert outside == [] and teach.messages == []


def test_folders_are_taught_from_a_file_without_a_request_and_a_reload_loses_nothing(
    new_page, small, folders, tmp_path
):
    path = export_html(*small, tmp_path / "teach.html", teach=True)
    page = opened(new_page(viewport=WIDE), path.as_uri())
    take_folders(page, folders)
    names = page.get_by_label("Name of the class").evaluate_all("all => all.map(one => one.value)")
    assert sorted(names) == ["digit 0", "digit 1", "digit 4"]
    train(page)
    right, all_ = rights(page).sum(0)
    assert all_ == 24 and right >= 22
    expect(page.get_by_text("This browser keeps it for this address.")).to_be_visible()
    said = page.locator(".teach-right").all_inner_texts()
    page.wait_for_function(
        """() => new Promise(done => {
            const opening = indexedDB.open("convscope-teach", 1);
            opening.onsuccess = () => {
                const reading = opening.result.transaction("projects").objectStore("projects").get(location.pathname);
                reading.onsuccess = () => { opening.result.close(); done(Boolean(reading.result?.trained)); };
            };
        })"""
    )
    page.reload()
    page.locator(".teach-right").nth(2).wait_for(timeout=180_000)  # two workers start anew
    assert page.locator(".teach-right").all_inner_texts() == said
    expect(page.locator(".teach-steps")).to_contain_text("120 in 3 classes")
    assert [url for url in page.requests if not url.startswith(("file:", "blob:"))] == []
    assert page.messages == []


def test_a_file_without_teach_has_no_tab_for_it(new_page, exported):
    page = new_page()
    page.goto(f"{exported.as_uri()}#teach")
    page.get_by_text("Teaching is not part of this page.").wait_for()
    screens = page.get_by_role("navigation", name="Screens")
    assert screens.get_by_role("button", name="Teach").count() == 0


def test_a_training_waits_goes_on_stops_and_is_undone(teach, folders):
    take_folders(teach, folders)
    teach.locator(".teach-network summary").click()
    teach.get_by_label("Passes").fill("500")
    teach.get_by_role("button", name="▶ Train").click()
    teach.locator(".teach-curve").first.wait_for()
    teach.get_by_role("button", name="Pause").click()
    teach.get_by_role("button", name="Go on").wait_for()
    before = teach.locator("progress").evaluate("one => one.value")
    teach.get_by_role("button", name="Go on").click()
    teach.wait_for_function("before => document.querySelector('progress').value > before", arg=before)
    teach.get_by_role("button", name="Stop").click()
    again = teach.get_by_role("button", name=TRAINED)
    again.wait_for()
    assert as_passes(teach.locator(".teach-pass").inner_text()) < 500
    teach.locator(".teach-train").get_by_role("button", name="Undo").click()
    expect(again).to_have_count(0)
    expect(teach.get_by_text("Train it first")).to_be_visible()


def as_passes(text):
    return int(re.search(r"(\d+) pass", text)[1])


def test_layers_are_edited_and_impossible_ones_refused_in_words(teach, folders):
    take_folders(teach, folders)
    teach.locator(".teach-network summary").click()
    rows = teach.locator(".teach-builder li")
    assert rows.locator("> .caption").all_inner_texts() == [
        "26 × 26 × 8 · 80 parameters",
        "13 × 13 × 8 · 0 parameters",
        "11 × 11 × 16 · 1,168 parameters",
        "5 × 5 × 16 · 0 parameters",
        "400 · 0 parameters",
        "3 · 1,203 parameters",
    ]
    rows.nth(0).get_by_label("maps").fill("4")
    expect(rows.nth(0)).to_contain_text("26 × 26 × 4 · 40 parameters")
    rows.nth(3).get_by_label("window").fill("8")
    rows.nth(2).get_by_label("window").fill("11")
    expect(rows.nth(3)).to_contain_text("A window of 8 × 8 does not fit into 3 × 3 pixels.")
    train_button = teach.get_by_role("button", name="▶ Train")
    expect(train_button).to_be_disabled()
    rows.nth(3).get_by_role("button", name="Remove layer").click()
    expect(train_button).to_be_enabled()
    rows.nth(3).get_by_role("button", name="Remove layer").click()
    expect(rows.nth(3)).to_contain_text("A dense layer needs one row of numbers: put Flatten before it.")
    teach.get_by_role("button", name="Small").click()
    expect(rows.nth(5)).to_contain_text("3 · 1,203 parameters")


def test_what_is_no_picture_is_refused_by_name(teach):
    files = column(teach, 0).get_by_label("Pictures of class 1")
    bomb = bytearray(a_file(np.zeros((2, 2), np.uint8))["buffer"])
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    files.set_input_files(
        [
            {"name": "words.png", "mimeType": "image/png", "buffer": b"not a picture"},
            {"name": "bomb.png", "mimeType": "image/png", "buffer": bytes(bomb)},
            a_file(np.full((30, 50), 200, np.uint8), "good.png"),
        ]
    )
    expect(teach.get_by_role("alert")).to_have_text(
        "words.png: it is no PNG, JPEG, WebP or BMP picture 1 more was left out."
    )
    expect(column(teach, 0)).to_contain_text("1 picture")


def test_pictures_are_moved_deleted_and_brought_back(teach, folders):
    take_folders(teach, folders)
    counts = teach.locator(".teach-column > .caption b")
    column(teach, 0).locator(".thumb").first.click()
    name = column(teach, 1).get_by_label("Name of the class").input_value()
    column(teach, 0).locator(".teach-edit select").select_option(label=name)
    expect(counts.nth(1)).to_have_text("41 pictures")
    column(teach, 1).locator(".thumb").first.click()
    column(teach, 1).get_by_role("button", name="Delete").click()
    assert counts.all_inner_texts() == ["39 pictures", "40 pictures", "40 pictures"]
    for _ in range(2):
        teach.locator(".teach-tools").first.get_by_role("button", name="Undo").click()
    assert counts.all_inner_texts() == ["40 pictures"] * 3
    other = column(teach, 0).get_by_label("Name of the class")
    other.fill(name)
    other.press("Enter")
    expect(teach.get_by_role("alert")).to_contain_text("There is another class")


def test_frames_of_the_camera_stay_together(camera_page, server):
    page = opened(camera_page, server.link)
    for _ in range(3):
        column(page, 0).get_by_role("button", name="Camera").click()
        hold = page.get_by_role("dialog").get_by_role("button", name=re.compile("Hold to record"))
        expect(hold).to_be_enabled(timeout=30_000)
        box = hold.bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 10)
        page.mouse.down()
        page.get_by_text("5 pictures in this recording").wait_for()
        page.mouse.up()
        page.get_by_role("dialog").get_by_role("button", name="Done").click()
    # of about five frames in each of three recordings one recording is kept back, whole
    learned, held = map(int, re.search(r"(\d+) to learn, (\d+) kept", column(page, 0).inner_text()).groups())
    assert held >= 5 and learned >= 10 and page.messages == []


def test_where_nothing_is_kept_the_page_says_so(new_page, server):
    page = new_page()
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no') } })")
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    opened(page, server.link)
    expect(page.get_by_text("This browser keeps nothing for this page")).to_be_visible()
    camera = column(page, 0).get_by_role("button", name="Camera")
    expect(camera).to_be_disabled()
    assert camera.get_attribute("title") == "The browser gives no camera to this page."


@pytest.mark.parametrize("width", [1280, 360])
def test_teach_has_no_serious_fault_and_does_not_scroll_sideways(new_page, server, folders, width):
    page = opened(new_page(viewport={"width": width, "height": 800}), server.link)
    take_folders(page, folders)
    for part in ("Train", "Try it", "Open it", "Pictures"):
        page.locator(".step", has_text=part).click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        faults = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        assert faults == [], [(one["id"], one["nodes"][0]["html"][:200]) for one in faults]
