"""Four networks in a real Chromium: trained from the page, and shown with what was measured."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_the_four_are_trained_from_the_page_and_answer_the_question(on_server):
    page = on_server.page
    on_server.go("four")
    page.get_by_role("button", name="Train the four").click()
    page.get_by_text(re.compile(r"training (mlp|cnn) on \w+ pixels, seed \d")).wait_for(timeout=60_000)
    page.locator(".four-table").wait_for(timeout=240_000)
    rows = page.locator(".four-table tbody tr").all_inner_texts()
    assert [text.split("\t")[0] for text in rows] == [
        "MLP, original", "MLP, shuffled", "CNN, original", "CNN, shuffled"
    ]  # fmt: skip
    assert all("50,890" in text for text in rows[:2]) and all("34,826" in text for text in rows[2:])
    assert "Shuffling the pixels" in page.locator(".four").inner_text()
    assert "put back into the original order" in page.locator(".four").inner_text()
    assert [text for text in page.messages if "convscope" in text.lower()] == []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []


def test_a_file_names_the_command_instead(in_file):
    assert in_file.root.get_by_role("button", name="Four networks").count() == 0
    assert "convscope explore --experiment" in in_file.go("four").root.locator(".four").inner_text()
