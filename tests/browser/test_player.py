"""The player in a real Chromium: it moves the place over the whole map on every screen that has one."""

import re

import pytest

pytestmark = pytest.mark.browser

SCREENS = {
    "channel": "channel?layer=conv2d_1&map=1&row=0&column=0",
    "pooling": "channel?layer=max_pooling2d_1&map=1&row=0&column=0",
    "dense": "channel?layer=output&map=0",
    "pixel": "pixel?layer=conv2d_1&map=1&row=0&column=0",
    "kernel": "kernel?spot=0,0",
    "sizes": "sizes?ih=6&iw=6",
}


def where(page):
    """Which place of how many, as the player says."""
    found = re.match(r"(\d+) of (\d+)", page.root.locator(".player .where").inner_text())
    return int(found[1]), int(found[2])


def wait_for_place(page, place):
    page.page.wait_for_function(
        "place => document.querySelector('.player .where b')?.innerText === String(place)", arg=place
    )


def button(page, name):
    return page.root.locator(".player").get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("link", SCREENS.values(), ids=SCREENS)
def test_it_plays_over_all_places_and_stays_at_the_end(in_file, link):
    in_file.go(link)
    button(in_file, "row").click()
    button(in_file, "First").click()
    assert where(in_file)[0] == 1
    in_file.page.locator("main").press(" ")
    button(in_file, "▶ Play").wait_for()
    wait_for_place(in_file, where(in_file)[1])
    assert in_file.root.locator(".not-yet").count() == 0


@pytest.mark.parametrize("link", [SCREENS["channel"], SCREENS["pixel"], SCREENS["kernel"], SCREENS["sizes"]])
def test_a_step_moves_on_and_leaves_the_rest_hatched(in_file, link):
    in_file.go(link)
    button(in_file, "First").click()
    button(in_file, "Step ›").click()
    assert where(in_file)[0] == 2
    hidden = in_file.root.locator(".not-yet").first
    assert "repeating-linear-gradient" in hidden.evaluate("cell => getComputedStyle(cell).backgroundImage")
    box = hidden.bounding_box()
    assert box["width"] > 4 and box["height"] > 2
    button(in_file, "‹ Step").click()
    assert where(in_file)[0] == 1


def test_an_arrow_pauses_it_and_shows_the_whole_map(in_file):
    in_file.go(SCREENS["channel"])
    button(in_file, "½×").click()
    in_file.page.locator("main").press(" ")
    button(in_file, "❚❚ Pause").wait_for()
    assert in_file.root.locator(".not-yet").count() > 0
    in_file.page.locator("main").press("ArrowDown")
    button(in_file, "▶ Play").wait_for()
    assert in_file.root.locator(".not-yet").count() == 0


def test_with_reduced_motion_it_rests_at_each_frame(in_file):
    in_file.page.emulate_media(reduced_motion="reduce")
    in_file.go(SCREENS["channel"])
    in_file.page.locator("main").press(" ")
    button(in_file, "❚❚ Pause").wait_for()
    started = in_file.page.evaluate("performance.now()")
    wait_for_place(in_file, 3)
    assert in_file.page.evaluate("performance.now()") - started > 1000  # two frames, a second each
