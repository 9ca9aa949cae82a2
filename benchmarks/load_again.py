"""Second load of 60,000 rows of CSV.gz, a memory map read whole, beside `pandas.read_csv`."""

import os

import numpy as np
import pandas as pd
from _tables import tables
from measure import compare, report, skip, timed

from convscope.tables import read_table


def main():
    """Load the same file again and again."""
    with tables("mnist") as folder:
        if folder is None:
            return skip("there is no MNIST: set CONVSCOPE_DATA")
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        path = folder / "mnist_train.csv.gz"
        assert not isinstance(read_table(path).pixels, np.memmap) or read_table(path).pixels.dtype == np.uint8

        def ours():
            return timed(lambda: int(read_table(path).pixels.sum(dtype=np.int64)))  # every page is touched

        names = ("read_table, second time", "pandas.read_csv")
        return report(
            compare(
                "60,000 rows loaded again",
                ours,
                lambda: timed(lambda: pd.read_csv(path)),
                names=names,
                pairs=5,
                least=50,
                aim=100,
            )
        )


if __name__ == "__main__":
    main()
