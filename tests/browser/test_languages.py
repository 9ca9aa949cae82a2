"""Every screen in Spanish, in English made 40 % longer, and from right to left: nothing is cut or scrolls sideways."""

import pytest

SCREENS = [
    "start",
    "network",
    "network?tour=3",
    "channel?layer=conv2d_2",
    "channel?layer=output",
    "pixel?layer=conv2d_2",
    "pixel?layer=max_pooling2d_1",
    "table",
    "kernel",
    "sizes",
    "sizes?mode=predict",
    "playground",
    "mistakes",
    "model",
    "article",
    "training",
]
SIZES = [{"width": 1280, "height": 800}, {"width": 360, "height": 740}]
# What scrolls in a frame of its own is not cut; neither is what only a screen reader says.
CUT = """() => [...document.querySelectorAll(
    'button, label, summary, h1, h2, h3, th, td, dt, dd, figcaption, .caption, .lead, .note, .sentence')]
  .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
  .filter((one) => !one.closest('.scroll, .row-cells, .columns, .network, .steps, .spoken, pre, nav'))
  .map((one) => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 60)}`)"""


def opened(new_page, path, link, language, size):
    page = new_page(viewport=size)
    page.goto(f"{path.as_uri()}#{link}{'&' if '?' in link else '?'}lang={language}")
    page.locator(".convscope[data-ready]").wait_for(timeout=60_000)
    page.wait_for_function("code => document.documentElement.lang === code || "
                           "document.querySelector(`.convscope[lang='${code}']`)", arg=language)  # fmt: skip
    return page


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("language", ["es", "qps-ploc", "qps-plocm"])
def test_no_word_is_cut_and_no_page_scrolls_sideways(new_page, exported, language, size):
    page, found = None, {}
    for link in SCREENS:
        if page:
            page.close()
        page = opened(new_page, exported, link, language, size)
        wide = page.evaluate("document.documentElement.scrollWidth") - size["width"]
        if problems := page.evaluate(CUT) + ([f"scrolls by {wide}"] if wide else []):
            found[link] = problems
        assert page.messages == []
    assert found == {}


def test_spanish_is_spoken_on_every_screen_with_its_numbers(new_page, exported):
    page = opened(new_page, exported, "mistakes", "es", SIZES[0])
    assert page.locator(".lead").inner_text().startswith("De 360 filas")
    assert " %)" in page.locator(".lead").inner_text() and "." not in page.locator(".lead").inner_text().split("%")[0]
    page.locator("header nav").get_by_role("button", name="Zona de juegos").click()
    page.get_by_role("button", name="Paso", exact=True).click()
    page.get_by_text("Después de 1 pasada la pérdida de prueba es 0,").wait_for()
