"""What all tests share: folders of their own, and one small lab run."""

import gc
import json
import os
import signal
import time
import warnings
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

gc.disable()  # collecting tests makes many objects and no garbage

# All tests, and the programs that they start, share what JAX compiles, and keep it for the next run; what runs once on
# a few rows needs no optimizing compiler, which takes three times as long. JAX reads this while it is imported, which
# the folders' own conftest files do before any hook is called.
for name, value in {
    "JAX_COMPILATION_CACHE_DIR": Path(__file__).parents[1] / ".pytest_cache" / "d" / "programs",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": 0,
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": -1,
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}.items():
    os.environ.setdefault(name, str(value))


# At 80 columns, the length of a temporary path would say where a message has its line breaks. Rich looks once, when the
# commands are imported.
os.environ["COLUMNS"] = "1000"

# What a shell runs in the background ignores Ctrl-C, and so do the processes that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory):
    """Keep caches and runs of the tests out of the user's own folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("CONVSCOPE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def calculator():
    """Multiply two numbers as they are shown, as a pocket calculator does, to so many decimals."""

    def multiply(one, other, decimals=4):
        exact = as_decimal(one) * as_decimal(other)
        return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)

    def as_decimal(text):
        return Decimal(text.strip().replace("−", "-").replace(",", ""))

    multiply.read = as_decimal
    return multiply


@pytest.fixture
def within_cpu_seconds():
    """Hold a block to the processor seconds that were promised, with as much again as room for cold caches.

    A clock on the wall would measure what else the machine does.
    """

    @contextmanager
    def within(promised):
        began = time.process_time()
        yield
        assert time.process_time() - began < 2 * promised

    return within


def pytest_collection_finish():
    """Look for garbage among what the tests make, and not in what was imported for them."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Skip what needs the real data sets where they are not available."""
    home = os.environ.get("CONVSCOPE_DATA", "")
    if (Path(home) / "mnist").is_dir():
        return
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(pytest.mark.skip(reason="needs MNIST and the lab's points: set CONVSCOPE_DATA"))


@pytest.fixture(scope="session")
def lab_run(tmp_path_factory):
    """Run the offline lab on a few images: (record that --json prints, run folder, what stderr said)."""
    from convscope.cli._app import app

    out = tmp_path_factory.mktemp("lab") / "run"
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("CONVSCOPE_OFFLINE", "1")
        patch.setenv("CONVSCOPE_DATA", str(tmp_path_factory.mktemp("empty")))
        result = CliRunner().invoke(app, ["lab", "--limit", "60", "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), out, result.stderr


@pytest.fixture(scope="session")
def stripes():
    """60 pictures of 4x4 pixels, 0..255, in three classes that differ in brightness."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 20)
    pixels = (rng.integers(0, 60, (60, 16)) + 90 * labels[:, None]).astype(np.uint8)
    return pixels, labels


@pytest.fixture(scope="session")
def points():
    """80 points in two classes on both sides of a line."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(80, 2))
    return features, np.where(features.sum(axis=1) > 0, "red", "blue")
