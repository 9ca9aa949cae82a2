"""The built documentation, opened from the disk: it asks for nothing, fits a telephone, and can be searched."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BUILT = Path(__file__).parents[2] / "docs" / "_build" / "html"
PAGES = (
    "index.html",
    "gallery/index.html",
    "gallery/plot_05_learning_curve.html",
    "reference/charts/index.html",
    "reference/commands/train.html",
    "reference/errors.html",
    "reference/exercises.html",
    "reference/files.html",
    "reference/python/convscope.html",
)


@pytest.fixture(scope="module")
def address():
    if not (BUILT / "index.html").is_file():
        pytest.skip("the documentation is not built: make docs")
    return BUILT.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_telephone_and_ask_for_nothing(new_page, address, scheme):
    page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    for name in PAGES:
        page.goto(f"{address}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert page.locator("img:not([alt])").count() == 0, name
    assert [asked for asked in page.requests if not asked.startswith(("file:", "data:"))] == []


def test_the_search_works_from_the_disk(new_page, address):
    page = new_page()
    page.goto(f"{address}/search.html?q=integrated_gradients")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
    assert any("reference/insights.html" in link for link in found)
    assert [text for text in page.messages if "CORS" in text or "Failed" in text] == []
