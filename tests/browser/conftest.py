"""A real Chromium, a small trained network, and the page on each of its three hosts."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from convscope import ImageClassifier, record_trace
from convscope.datasets import load_parts
from convscope.page import Exhibit
from convscope.page.export import export_html
from convscope.page.server import PageServer

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium():
    named = os.environ.get("CONVSCOPE_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser():
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium found: install it, or set CONVSCOPE_CHROMIUM to its path")
    with sync_playwright() as session:
        opened = session.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def camera_page(browser):
    """A page of a browser whose camera shows a moving pattern."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    opened = browser.browser_type.launch(executable_path=find_chromium(), args=[*ARGUMENTS, *camera])
    page = opened.new_page(viewport={"width": 1280, "height": 800})
    page.messages = []
    page.on("console", lambda message: page.messages.append(message.text))
    yield page
    opened.close()


@pytest.fixture
def new_page(browser):
    """Open pages that remember what they asked for and what they said."""
    opened = []

    def open_page(**settings):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **settings})
        page.requests, page.messages = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.messages.append(message.text))
        page.on("pageerror", lambda error: page.messages.append(str(error)))
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture(scope="session")
def small():
    """A classifier of 8x8 digits, and rows that it never saw."""
    train, test = load_parts("digits", progress=False)
    classifier = ImageClassifier("cnn", model__filters=(4, 6), epochs=3, random_state=0).fit(train)
    return classifier, test


@pytest.fixture(scope="session")
def exhibit(small):
    return Exhibit(*small, title="digits-cnn", facts={"data": "digits", "accuracy": 0.9})


@pytest.fixture(scope="session")
def exported(small, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "digits.html"
    return export_html(*small, path, title="digits-cnn", facts={"data": "digits", "accuracy": 0.9})


@pytest.fixture
def server(exhibit):
    served = PageServer(exhibit)
    served.start()
    yield served
    served.stop()


class Page:
    """The page as a person uses it, whoever its host is."""

    def __init__(self, page, root=".convscope[data-ready]"):
        self.page, self.root = page, page.locator(root)
        self.root.wait_for(timeout=180_000)  # a notebook trains first

    def go(self, link):
        """Follow a link, as a bookmark does."""
        self.page.evaluate("link => { location.hash = link }", link)
        self.page.wait_for_function("link => location.hash.startsWith('#' + link)", arg=link.split("?")[0])
        return self

    def tab(self, name):
        self.root.get_by_role("navigation", name="Screens").get_by_role("button", name=name).click()
        return self

    def open_value(self, layer, channel, row, column):
        """Go down to one value with the mouse: the layer, its map, the pixel."""
        self.tab("Model").root.get_by_role("button", name=layer, exact=True).click()
        self.root.get_by_role("button", name=re.compile(r"^Open (map|unit)")).click()
        if self.root.locator(".pixel").count() == 0:
            self.root.get_by_role("button", name=re.compile(r"^Open (row|unit)")).click()
        self.root.get_by_label(re.compile(r"^(Map|Unit)$")).select_option(str(channel))
        landing = self.root.locator(".looks .map").last
        for key, wanted in (("Arrow{}", (row, column)),):
            now = self.place()
            for axis, names in ((0, ("Up", "Down")), (1, ("Left", "Right"))):
                for _ in range(abs(wanted[axis] - now[axis])):
                    landing.focus()
                    landing.press(key.format(names[wanted[axis] > now[axis]]))
        return self

    def place(self):
        """Row and column, as the page says where we are."""
        text = self.root.locator(".crumbs [aria-current]").inner_text()
        found = re.search(r"row (\d+), column (\d+)", text)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def number(self, selector):
        return as_number(self.root.locator(selector).first.inner_text())


def as_number(text):
    """Read a number as the page writes it."""
    return float(re.search(r"[+−]?[\d,]+(\.\d+)?", text)[0].replace("−", "-").replace(",", ""))


@pytest.fixture
def in_file(new_page, exported):
    page = new_page()
    page.goto(exported.as_uri())
    return Page(page)


@pytest.fixture
def on_server(new_page, server):
    page = new_page()
    page.goto(server.link)
    return Page(page)


NOTEBOOK = """\
from convscope import ImageClassifier, explore
from convscope.datasets import load_parts
train, test = load_parts("digits", progress=False)
classifier = ImageClassifier("cnn", model__filters=(4, 6), epochs=3, random_state=0).fit(train)
explore(classifier, test, title="digits-cnn", facts={"data": "digits", "accuracy": 0.9})
"""


WATCHED = """\
from convscope import ImageClassifier
from convscope.datasets import load_parts
train, test = load_parts("digits", progress=False)
ImageClassifier("mlp", epochs=100_000, random_state=0).fit(train, watch=True);
"""


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """A JupyterLab of its own, on a free port of this machine, with one notebook."""
    folder = tmp_path_factory.mktemp("jupyter")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for name, code in (("page", NOTEBOOK), ("watch", WATCHED)):
        cells = [nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / f"{name}.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"no-browser": "", "ip": "127.0.0.1", "port": port, "IdentityProvider.token": "", "allow-root": ""}
    settings |= {"LabApp.news_url": "None", "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate"}
    flags = [
        f"--{name}" if value == "" and "." not in name else f"--{name}={value}" for name, value in settings.items()
    ]
    environment = {**os.environ, "JUPYTER_PLATFORM_DIRS": "1", "HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *flags], cwd=folder, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        time.sleep(0.5)
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1).close()
            break
        except OSError:
            assert process.poll() is None, "JupyterLab ended"
    yield f"{address}/lab/tree/page.ipynb"
    process.terminate()
    process.wait(120)


def run_the_cell(page):
    """Run the first cell, once the kernel is there."""
    page.locator(".jp-Notebook .cm-content").first.click(timeout=120_000)
    page.locator('.jp-NotebookPanel [data-status="idle"]').first.wait_for(timeout=120_000)
    page.keyboard.press("Shift+Enter")


@pytest.fixture
def in_notebook(new_page, jupyter):
    page = new_page(viewport={"width": 1500, "height": 1100})
    page.goto(jupyter)
    run_the_cell(page)
    return Page(page)


@pytest.fixture(params=["file", "server", pytest.param("notebook", marks=pytest.mark.slow)])
def hosted(request):
    """The page on each host."""
    names = {"file": "in_file", "server": "on_server", "notebook": "in_notebook"}
    return request.getfixturevalue(names[request.param])


@pytest.fixture(scope="session")
def trace(small, exhibit):
    """What the real layers give for the picture that the page shows first."""
    classifier, rows = small
    return record_trace(classifier, rows.images[exhibit.chosen[0]])
