"""First read of the 60,000-row MNIST table as CSV.gz: beside `pandas.read_csv`, and `pyarrow.csv` with uint8 columns.

Each read starts from a file in the system's cache; ours also writes the copy that the next load maps.
"""

import os

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
from _tables import tables
from measure import compare, report, skip, timed

from convscope.tables import read_table


def main():
    """Read the same file by turns."""
    with tables("mnist") as folder:
        if folder is None:
            return skip("there is no MNIST: set CONVSCOPE_DATA")
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        path = folder / "mnist_train.csv.gz"
        names = ["class", *pd.read_csv(path, nrows=1).columns.drop("class")]
        options = arrow_csv.ConvertOptions(column_types={name: pa.uint8() for name in names})
        times = iter(range(1, 1000))

        def ours():
            os.utime(path, ns=(0, next(times)))  # another time of change: nothing kept may be used
            return timed(lambda: read_table(path))

        sides = {
            "pandas.read_csv": (lambda: timed(lambda: pd.read_csv(path)), 2.3, 4),
            "pyarrow.csv, uint8": (
                lambda: timed(lambda: arrow_csv.read_csv(path, convert_options=options)),
                0.77,
                None,
            ),
        }
        return report(
            *(
                compare(
                    f"60,000 rows of CSV.gz against {name}",
                    ours,
                    other,
                    names=("read_table", name),
                    pairs=7,
                    least=least,
                    aim=aim,
                )
                for name, (other, least, aim) in sides.items()
            )
        )


if __name__ == "__main__":
    main()
