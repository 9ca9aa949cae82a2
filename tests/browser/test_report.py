"""The report in a real Chromium: nothing asked for, nothing complained of, numbers as recorded."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(new_page, lab_run):
    _, out, _ = lab_run
    opened = new_page()
    opened.goto((out / "report.html").as_uri())
    return opened


def test_the_report_asks_for_itself_only_and_says_nothing_to_the_console(page):
    page.keyboard.press("t")
    assert [url for url in page.requests if not url.startswith("data:")] == [page.url]
    assert page.messages == []


def test_the_numbers_on_the_page_are_the_numbers_of_the_record(page, lab_run):
    record, _, _ = lab_run
    shown = page.locator("table.headline td.strong").all_inner_texts()
    assert shown == [f"{row['accuracy']:.4f}" for row in record["images"]]


def test_the_key_t_opens_the_numbers_behind_every_picture(page):
    twins = page.locator("details.twin")
    assert twins.evaluate_all("all => all.filter(one => one.open).length") == 0
    page.keyboard.press("t")
    assert twins.evaluate_all("all => all.every(one => one.open)")
    page.keyboard.press("t")
    assert twins.evaluate_all("all => all.filter(one => one.open).length") == 0


def test_the_button_works_with_the_keyboard_alone(page):
    page.locator("#tables").focus()
    page.keyboard.press("Enter")
    assert page.locator("#tables").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_pixel_tells_its_value_under_the_pointer(page):
    pixel = page.locator(".paper svg path[aria-label*='row']").first
    pixel.scroll_into_view_if_needed()
    pixel.hover()
    assert "row" in page.locator("#tip").inner_text()


def test_every_picture_has_a_caption_and_a_table(page):
    count = page.locator("figure").count()
    assert count > 12
    assert page.locator("figure figcaption").count() == count
    # A list of layers is a table already.
    assert page.locator("figure details.twin table, figure > .across > table").count() == count
