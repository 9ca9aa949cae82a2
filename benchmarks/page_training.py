"""The page's own training of the lab's CNN, in Node, beside the NumPy engine: the recipe ``quick`` on MNIST.

Then one pass over 500 made-up pictures of 64 by 64 pixels, as a learner's own might be.
"""

import subprocess
import tempfile
from itertools import count
from pathlib import Path

import numpy as np
from measure import OURS, ROOT, SIDES, absolute, in_turn, line, program, report, skip

from convscope import models
from convscope.datasets import load_parts
from convscope.errors import ConvscopeError
from convscope.page.exhibit import Exhibit

SEEDS = 5
NAMES = ("the page's program in Node, one worker", "convscope, NumPy engine")


def built(folder):
    """Bundle the program; `npm ci` in frontend/ brings what is needed."""
    program = Path(folder) / "page_training.mjs"
    esbuild = ROOT / "frontend" / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={program}"]
    subprocess.run([esbuild, SIDES / "page_training.ts", *options], check=True)
    return program


def laid_out(folder, train, test):
    """Write the rows as plain bytes, and the network as the page reads it."""
    network = Exhibit(models.cnn((28, 28, 1), 10), np.ones((1, 28, 28, 1), np.float32)).bundle(1)
    (folder / "network").write_bytes(network)
    for name, part in (("train", train), ("test", test)):
        (folder / f"{name}.pixels").write_bytes(np.asarray(part.images).astype(np.uint8).tobytes())
        (folder / f"{name}.labels").write_bytes(np.asarray(part.labels).astype(np.uint8).tobytes())


def main():
    try:
        train, test = load_parts("mnist")
    except ConvscopeError:
        return skip("there is no MNIST: set CONVSCOPE_DATA")
    with tempfile.TemporaryDirectory() as name:
        folder, seeds = Path(name), count()
        script = built(folder)
        laid_out(folder, train, test)

        def page():
            return program("node", script, folder, next(seeds))

        def engine():
            return program(OURS, SIDES / "numpy_fit.py")

        found = in_turn(page, engine, SEEDS, warm_up=0)
        own = program("node", script, "own")
    accuracies = [ours["accuracies"][0] for ours, _ in found]
    return report(
        line("page trains the CNN: processor", found, names=NAMES, measure="cpu_seconds", least=1 / 1.5, aim=1),
        absolute("page trains the CNN: lowest accuracy of five seeds", min(accuracies), "of 1"),
        absolute("page trains the CNN: memory of the process", max(one["peak_mb"] for one, _ in found), "MB", 600),
        absolute("page trains on 500 pictures of 64x64: processor, one pass", own["epoch"], "s", 3.5),
    )


if __name__ == "__main__":
    main()
