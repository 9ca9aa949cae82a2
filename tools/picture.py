"""Make the README's picture from the real page: a network learning, then opened down to one pixel.

``python tools/picture.py`` (``make picture``) trains a small network on digits, opens its exported page in Chromium,
and films it in light and in dark. What the picture was made of is written beside it, and a test compares.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from convscope import ImageClassifier, export_html
from convscope.datasets import load_parts
from convscope.page.export import MODULE, STYLE
from convscope.training import evaluate

PLACE = Path(__file__).resolve().parents[1] / "docs" / "picture"
RECORD = PLACE / "made.json"
SIZE = {"width": 1000, "height": 780}
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MOMENTS = 12
"""Frames of the training."""
LAYER = "conv2d_1"
PIXELS = [(1, 1), (1, 2), (1, 3), (2, 3), (3, 3)]
QUALITY = 70
TIMES = 3
"""The film stops after that, on the last frame."""


def fingerprint() -> str:
    """Name the built page by its content."""
    return hashlib.sha256(MODULE.read_bytes() + STYLE.read_bytes()).hexdigest()


def make_page(folder: Path) -> Path:
    """Train a small network on digits under a watcher, and export it."""
    train, test = load_parts("digits", progress=False)
    classifier = ImageClassifier("cnn", model__filters=(6, 8), epochs=12, random_state=0)
    classifier.fit(train, watch=lambda *about: None)
    right = evaluate(classifier, test).accuracy
    return export_html(
        classifier, test, folder / "digits.html", title="digits-cnn", facts={"data": "digits", "accuracy": right}
    )


def frames(page: Page, address: str) -> list[tuple[bytes, int]]:
    """Take the frames, each with the milliseconds that it stays."""
    taken: list[tuple[bytes, int]] = []

    def take(milliseconds: int) -> None:
        page.wait_for_timeout(250)
        taken.append((page.screenshot(), milliseconds))

    def go(place: str) -> None:
        page.evaluate("place => { location.hash = place }", place)

    page.goto(f"{address}#training")
    page.locator(".training .moment").wait_for()
    moment = page.get_by_label("Moment")
    last = int(moment.get_attribute("max") or 0)
    for index in range(MOMENTS):
        moment.fill(str(round(last * index / (MOMENTS - 1))))
        moment.blur()
        take(1500 if index in (0, MOMENTS - 1) else 220)
    go("network")
    page.locator(".columns").wait_for()
    take(1800)
    go(f"channel?layer={LAYER}&map=5")
    take(1800)
    for index, (row, column) in enumerate(PIXELS):
        go(f"pixel?layer={LAYER}&map=5&row={row}&column={column}")
        page.locator(".pixel").wait_for()
        take(3500 if index == len(PIXELS) - 1 else 700)
    return taken


def write(name: str, taken: list[tuple[bytes, int]]) -> list[Path]:
    """Write the film, and its last frame for those who want nothing to move."""
    pictures = [Image.open(io.BytesIO(content)).convert("RGB") for content, _ in taken]
    film, still = PLACE / f"{name}.webp", PLACE / f"{name}-still.webp"
    settings = {"quality": QUALITY, "method": 6, "kmin": 0, "kmax": 1}  # no frame shows through the next
    pictures[0].save(
        film, save_all=True, append_images=pictures[1:], duration=[time for _, time in taken], loop=TIMES, **settings
    )
    pictures[-1].save(still, **settings)
    return [film, still]


def main() -> None:
    """Film the page in both themes, and write down what it was made of."""
    chromium = os.environ.get("CONVSCOPE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
    PLACE.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as session:
        address = make_page(Path(folder)).as_uri()
        browser = session.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for theme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=theme, reduced_motion="reduce")
            written += write(theme, frames(page, address))
            page.close()
        browser.close()
    for path in written:
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    sizes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}
    RECORD.write_text(json.dumps({"page": fingerprint(), "files": sizes}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
