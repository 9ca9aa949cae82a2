"""How fast the page is, measured in headless Chromium on the document's CNN with 30 images.

Pointer move to painted frame in the pixel calculator (p95), beside CNN Explainer's technique on the same machine, in
turn: one SVG rectangle and one text per value, all of them set again at each move. Then the change of the image,
opening an exported file, and what the module weighs.
"""

import gzip
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
from measure import absolute, report
from playwright.sync_api import sync_playwright

from convscope import ImageClassifier, export_html
from convscope.datasets import load_parts
from convscope.page.export import MODULE
from convscope.tables import resize_images

MOVES = 200
PLAYGROUND = (
    "playground?seed=0.3&dataset=spiral&networkShape=8,8,8,8,8,8&features=x,y,xSquared,ySquared,xTimesY,sinX,sinY"
)
SCRIPTS = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def exported(folder, name, rows, test, filters):
    """Train for a moment on digits of 28 by 28 pixels, and export with 30 images."""
    classifier = ImageClassifier("cnn", model__filters=filters, epochs=1, random_state=0).fit(rows)
    return export_html(classifier, test, Path(folder) / f"{name}.html", title=name)


def p95(times):
    return statistics.quantiles(times, n=20)[-1]


def frames_a_second(browser, file):
    """Count the passes that the playground shows in five seconds, at one pass a frame, with its largest network."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{file.as_uri()}#{PLAYGROUND}")
    page.get_by_role("button", name="Run", exact=True).click()
    passes = page.locator(".passes b")
    page.wait_for_timeout(1000)
    before = int(passes.inner_text().replace(",", ""))
    page.wait_for_timeout(5000)
    shown = int(passes.inner_text().replace(",", "")) - before
    page.close()
    return shown / 5


def measure(browser, small, large):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(SCRIPTS)
    page.goto(f"{small.as_uri()}#pixel?layer=conv2d_2&map=30")
    page.locator(".convscope[data-ready]").wait_for()
    page.evaluate("n => movePointer(n)", 20)
    ours, theirs = [], []
    for _ in range(4):  # in turn, so that a busy moment of the machine meets both
        ours += page.evaluate("n => movePointer(n)", MOVES // 4)
        theirs += page.evaluate("n => redrawNodes(n)", MOVES // 4)
    lines = [
        absolute("pointer move to painted frame, p95", round(p95(ours), 1), "ms", most=16),
        absolute("the same with one SVG node per value, p95", round(p95(theirs), 1), "ms"),
    ]
    lines.append(
        absolute("the playground with six layers of eight", round(frames_a_second(browser, small)), "frames/s")
    )
    page.goto(f"{small.as_uri()}#network")
    page.locator(".convscope[data-ready]").wait_for()
    change = page.evaluate("n => changePicture(n)", 30)
    lines.append(absolute("change of the image, p95", round(p95(change)), "ms", most=100))
    opened = []
    for _ in range(5):
        fresh = browser.new_page()
        fresh.goto(large.as_uri())
        ready = fresh.locator(".convscope[data-ready]")
        ready.wait_for()
        opened.append(float(ready.get_attribute("data-ready")))
        fresh.close()
    size = large.stat().st_size / 1e6
    small_size, module_size = small.stat().st_size / 1e6, len(gzip.compress(MODULE.read_bytes())) / 1000
    lines += [
        absolute(f"opening a file of {size:.1f} MB", round(statistics.median(opened)), "ms", most=1000),
        absolute("an exported file, the lab's CNN with 30 images", round(small_size, 2), "MB", most=5),
        absolute("the page's module, gzipped", round(module_size), "kB", most=150),
    ]
    report(*lines)


if __name__ == "__main__":
    train, test = (resize_images(part, (28, 28)) for part in load_parts("digits", progress=False))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as session:
        files = [
            exported(folder, "small", train[np.arange(400)], test, (32, 64)),
            exported(folder, "large", train[np.arange(60)], test, (96, 384)),
        ]
        path = next(path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)))
        browser = session.chromium.launch(executable_path=path, args=FLAGS)
        measure(browser, *files)
        browser.close()
