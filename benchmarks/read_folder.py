"""A class folder of 10,000 PNGs of 32 x 32 in colour, beside Pillow alone: opened and decoded on two cores.

Each first read starts from files in the system's cache; the second load maps the copy that the first one kept.
"""

import itertools
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from measure import compare, report, timed
from PIL import Image

from convscope.tables import read_table

N_PICTURES, N_CLASSES, SIDE, CORES = 10_000, 10, 32, 2


def make(folder):
    """Write smooth pictures with a little noise, which pack about as photographs of this size do."""
    rng = np.random.default_rng(0)
    slope = np.add.outer(3 * np.arange(SIDE), 2 * np.arange(SIDE))[..., None]
    for number in range(N_PICTURES):
        place = folder / f"class {number % N_CLASSES}" / f"{number:05}.png"
        place.parent.mkdir(exist_ok=True)
        noise = rng.integers(0, 40, (SIDE, SIDE, 3))
        Image.fromarray((slope + noise + number % 50).astype(np.uint8)).save(place)


def decode(path):
    """Let Pillow decode one picture, and nothing else."""
    with Image.open(path) as picture:
        picture.load()


def decode_all(paths):
    """Let Pillow decode many; a function by name, for other processes."""
    for path in paths:
        decode(path)


def main():
    """Read the same folder by turns; with nothing kept, and then again."""
    with tempfile.TemporaryDirectory() as home, ProcessPoolExecutor(CORES, get_context("spawn")) as processes:
        folder = Path(home) / "pictures"
        folder.mkdir()
        make(folder)
        paths = sorted(folder.rglob("*.png"))
        parts = [paths[start::CORES] for start in range(CORES)]
        caches = (f"{home}/cache-{number}" for number in itertools.count())

        def first():
            os.environ["XDG_CACHE_HOME"] = next(caches)
            return timed(lambda: read_table(folder))

        def again():
            return timed(lambda: int(read_table(folder).pixels.sum(dtype=np.int64)))

        def with_threads():
            with ThreadPoolExecutor(CORES) as pool:
                return timed(lambda: list(pool.map(decode_all, parts)))

        def with_processes():
            return timed(lambda: list(processes.map(decode_all, parts)))

        claim = f"{N_PICTURES:,} PNGs of {SIDE} x {SIDE} in class folders against {{}}"
        names = ("Pillow, two threads", "Pillow, two processes")
        lines = [
            compare(claim.format(name), first, other, names=("read_table", name), least=1 / 1.5, aim=1)
            for name, other in zip(names, (with_threads, with_processes), strict=True)
        ]
        lines.append(
            compare(
                f"{N_PICTURES:,} PNGs loaded again",
                again,
                with_threads,
                names=("read_table, second time", names[0]),
                least=5,
                aim=10,
            )
        )
        return report(*lines)


if __name__ == "__main__":
    main()
