"""Real tables as the lab had them: NAME_train.csv.gz and NAME_test.csv.gz in a temporary folder."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from convscope.datasets import load_parts
from convscope.errors import DatasetError
from convscope.tables import write_table


@contextmanager
def tables(*names):
    """Write data sets as CSV.gz; give the folder, or None where a data set is not to be had."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name in names:
                for part, table in zip(("train", "test"), load_parts(name), strict=True):
                    write_table(table, Path(folder) / f"{name}_{part}.csv.gz")
        except DatasetError:
            yield None
        else:
            yield Path(folder)
