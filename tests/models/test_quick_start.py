"""What is done so that nobody waits: programs that are kept, imports that are put off; and that nobody notices."""

import os
import subprocess
import sys

import numpy as np
import pytest

from convscope.backend import backend_name, keras, quick_to_compile

BUILD = """
import sys, warnings
import numpy as np
from convscope.backend import keras, own_randomness, quick_to_compile
from convscope.models import cnn
with own_randomness(3), quick_to_compile():
    model = cnn((9, 9, 1), 3)
print(sum(float(np.abs(np.asarray(weight.value)).sum()) for weight in model.weights))
import jax
print(jax.config.jax_compilation_cache_dir)
"""
IMPORT = """
import sys
from convscope import ImageClassifier
import numpy as np
rows = np.arange(64.0).reshape(16, 4) / 64
found = ImageClassifier("linear", epochs=1, random_state=0).fit(rows, np.arange(16) % 2)
found.score(rows, np.arange(16) % 2)
print("scipy.stats" in sys.modules)
import scipy.stats
print(type(scipy.stats).__name__, scipy.stats.norm.cdf(0.0))
from sklearn.utils.fixes import _mode
print(_mode([1, 1, 2])[0])
"""


def fresh(code, **environment):
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", code]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")} | environment
    result = subprocess.run(command, capture_output=True, text=True, env=settings)
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\n")[:-1]


@pytest.mark.slow
@pytest.mark.skipif(backend_name() != "jax", reason="the programs are JAX's")
def test_kept_programs_draw_the_same_weights_and_nobodys_settings_change(tmp_path):
    first = fresh(BUILD, XDG_CACHE_HOME=str(tmp_path))
    kept = sorted((tmp_path / "convscope" / "programs").glob("*-cache"))
    assert kept and first[1] == "None"
    assert fresh(BUILD, XDG_CACHE_HOME=str(tmp_path)) == first
    for path in kept:
        path.write_bytes(b"torn")
    assert fresh(BUILD, XDG_CACHE_HOME=str(tmp_path)) == first
    assert fresh(BUILD, XDG_CACHE_HOME="/dev/null/nowhere") == first


@pytest.mark.slow
@pytest.mark.skipif(backend_name() != "jax", reason="the programs are JAX's")
def test_a_folder_of_the_users_own_goes_first(tmp_path):
    mine = tmp_path / "mine"
    told = fresh(BUILD, XDG_CACHE_HOME=str(tmp_path / "cache"), JAX_COMPILATION_CACHE_DIR=str(mine))
    assert told[1] == str(mine)
    assert not list((tmp_path / "cache").rglob("*-cache"))


@pytest.mark.slow
def test_an_import_that_was_put_off_is_made_when_somebody_needs_it():
    assert fresh(IMPORT) == ["False", "module 0.5", "[1]"]


@pytest.mark.skipif(backend_name() != "jax", reason="the programs are JAX's")
@pytest.mark.parametrize("shape", [(1,), (64,), (5, 13), (3, 3, 32, 64), (70_000,), (0, 4)])
@pytest.mark.parametrize("initializer", ["glorot_uniform", "he_normal", "orthogonal"])
def test_weights_drawn_by_few_programs_are_those_that_jax_draws(shape, initializer, monkeypatch):
    import jax

    if initializer == "orthogonal" and len(shape) < 2:
        pytest.skip("vectors have no directions to be orthogonal")
    make = keras.initializers.get({"class_name": initializer, "config": {"seed": 7}})
    own = jax.random.uniform
    with quick_to_compile():
        few = make(shape)
        monkeypatch.setattr("convscope.backend.DRAWN_AT_ONCE", ())
        plain = make(shape)
    np.testing.assert_array_equal(few, plain)
    assert few.shape == shape and few.dtype == plain.dtype and jax.random.uniform is own
