"""What the command line puts off so that nobody waits, and that nobody notices."""

import subprocess
import sys

import pytest

IMPORT = """
import sys
from convscope.loading import importing
with importing():
    from convscope.training import ImageClassifier
import numpy as np
rows = np.arange(64.0).reshape(16, 4) / 64
found = ImageClassifier("linear", epochs=1, random_state=0).fit(rows, np.arange(16) % 2)
found.score(rows, np.arange(16) % 2)
print([name for name in ("scipy.stats", "matplotlib.pyplot", "matplotlib.patches") if name in sys.modules])
import scipy.stats
print(type(scipy.stats).__name__, scipy.stats.norm.cdf(0.0))
from sklearn.utils.fixes import _mode
print(_mode([1, 1, 2])[0])
import keras, matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot
keras.visualization.plot_image_gallery(np.zeros((4, 3, 3, 1)), path=sys.argv[1])
print(type(matplotlib.pyplot).__name__, matplotlib.pyplot.figure is sys.modules["matplotlib.pyplot"].figure)
"""


@pytest.mark.slow
def test_an_import_that_was_put_off_is_made_when_somebody_needs_it(tmp_path):
    command = [
        sys.executable,
        "-W",
        "error",
        "-W",
        "ignore::DeprecationWarning",
        "-c",
        IMPORT,
        str(tmp_path / "gallery.png"),
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n")[:-1] == ["[]", "module 0.5", "[1]", "module True"]
    assert (tmp_path / "gallery.png").exists()
