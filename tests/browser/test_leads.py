"""The page leads a newcomer: the start screen, the tour and the article, in a real Chromium."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from convscope import ImageClassifier
from convscope.datasets import load_parts
from convscope.page.export import export_html

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    train, test = load_parts("digits", progress=False)
    classifier = ImageClassifier("mlp", epochs=1, random_state=0).fit(train)
    return export_html(classifier, test, tmp_path_factory.mktemp("mlp") / "mlp.html", title="digits-mlp")


def opened(page, exported, link):
    page.goto(f"{exported.as_uri()}#{link}")
    page.locator(".convscope[data-ready]").wait_for(timeout=60_000)
    return page


def test_the_start_screen_leads_to_live_places(new_page, exported):
    page = opened(new_page(), exported, "start")
    expect(page.get_by_role("heading", name="See what a neural network sees")).to_be_visible()
    expect(page.locator(".start .primary")).to_have_count(1)
    expect(page.get_by_role("button", name="Start here")).to_be_focused()
    expect(page.get_by_role("button", name="How it learned")).to_have_count(0)  # this file has no film
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.startsWith('#network')")
    page.get_by_role("button", name="convscope").click()
    page.wait_for_function("() => location.hash.startsWith('#start')")
    assert page.requests == [page.url.split("#")[0]] or all(one.startswith("file:") for one in page.requests)
    assert page.messages == []


@pytest.mark.parametrize("width", [1280, 360])
def test_the_tour_is_walked_by_keys_and_covers_nothing_that_it_shows(new_page, exported, width):
    page = opened(new_page(viewport={"width": width, "height": 800}), exported, "network?tour=1")
    box = page.get_by_role("dialog")
    steps = ["A picture is numbers", "The answer", "A feature map", "The kernel slides", "One number", "Your turn"]
    for number, title in enumerate(steps, 1):
        expect(box.get_by_role("heading")).to_contain_text(title)
        expect(box).to_be_focused()
        page.wait_for_function("word => location.hash.includes(word)", arg=f"tour={number}")
        if width == 1280 and number in (1, 2, 3):
            page.wait_for_function(APART)
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("ArrowRight")
    expect(box).to_have_count(0)
    page.wait_for_function("() => !location.hash.includes('tour')")
    assert page.messages == []


APART = """() => {
  const [box, thing] = [".tour", ".tour-veil rect"].map((one) => document.querySelector(one)?.getBoundingClientRect());
  return box && thing && (box.left >= thing.right || box.right <= thing.left || box.top >= thing.bottom
    || box.bottom <= thing.top);
}"""


def test_a_tour_is_resumed_by_its_link_and_skipped(new_page, exported):
    page = opened(new_page(), exported, "network?tour=3")
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("3 of 6")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    page.wait_for_function("() => location.hash.startsWith('#network') && !location.hash.includes('tour')")
    expect(page.locator("main [data-focus]").first).to_be_focused()


def test_the_article_leads_to_what_it_speaks_of(new_page, exported):
    page = opened(new_page(), exported, "article")
    page.get_by_role("navigation", name="Contents").get_by_role("button", name="Many kernels, many maps").click()
    expect(page.get_by_role("heading", name="Many kernels, many maps")).to_be_focused()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("link", name="kernel lab").click()
    page.wait_for_function("() => location.hash.startsWith('#kernel')")


def test_settings_that_work_are_chosen_and_explained(new_page, exported):
    page = opened(new_page(), exported, "playground?dataset=xor&seed=1")
    page.get_by_role("button", name="Settings that work, and why").click()
    expect(page.locator(".recipe")).to_contain_text("Two numbers of the same sign")
    page.wait_for_function("() => location.hash.includes('features=xTimesY')")
    page.locator(".recipe p").wait_for()
    assert not Axe().run(page).response["violations"]


def test_each_step_of_the_tour_is_accessible(new_page, exported):
    page = opened(new_page(reduced_motion="reduce"), exported, "network?tour=1")
    box = page.get_by_role("dialog")
    for number in range(1, 7):
        expect(box).to_contain_text(f"{number} of 6")
        found = Axe().run(page, ".tour").response["violations"]
        assert not found, (number, [one["id"] for one in found])
        page.keyboard.press("ArrowRight")


def test_the_tour_of_an_mlp_speaks_of_units(new_page, mlp):
    page = opened(new_page(), mlp, "network?tour=1")
    box = page.get_by_role("dialog")
    for number, title in enumerate(["A picture is numbers", "The answer", "A unit", "One number", "Your turn"], 1):
        expect(box.get_by_role("heading")).to_contain_text(title)
        expect(box).to_contain_text(f"{number} of 5")
        expect(box).not_to_contain_text("feature map")
        page.keyboard.press("ArrowRight")
    expect(box).to_have_count(0)
    assert page.messages == []
