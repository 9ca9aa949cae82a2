"""First read of the 60,000-row MNIST table as CSV.gz, beside `pyarrow.csv` with uint8 columns: at most 1.3 times.

Both sides take turns, each starts from a file in the system's cache, and the ratio is that of the medians.
Needs CONVSCOPE_DATA with MNIST; the table is written into a temporary folder.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from convscope.datasets import load_table
from convscope.errors import DatasetError
from convscope.tables import read_table, write_table

ROUNDS = 5
MOST = 1.3


def timed(action):
    """Return the seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main():
    """Measure, print, and return 1 if the claim does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        try:
            table = load_table("mnist")
        except DatasetError as error:
            print(f"skipped: {error.what}")
            return 0
        path = Path(folder) / "mnist_train.csv.gz"
        write_table(table, path)
        kinds = {name: pa.uint8() for name in ("class", *table.columns)}
        options = arrow_csv.ConvertOptions(column_types=kinds)
        ours, arrows = [], []
        for round_ in range(ROUNDS):
            arrows.append(timed(lambda: arrow_csv.read_csv(path, convert_options=options)))
            os.utime(path, ns=(round_, round_))  # another time of change: nothing kept may be used
            ours.append(timed(lambda: read_table(path)))
        ratio = statistics.median(ours) / statistics.median(arrows)
        print(f"read_table, first read  {statistics.median(ours):.2f} s   (it also writes the copy for the next load)")
        print(f"pyarrow.csv, uint8      {statistics.median(arrows):.2f} s")
        print(f"ratio {ratio:.2f}, at most {MOST}")
        return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
