"""Who imports Keras first, and what is said where its backend is not there."""

import os
import subprocess
import sys

import pytest

ABSENT = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}


def python(code, **more):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ABSENT | more)


@pytest.mark.slow
def test_a_keras_that_cannot_be_imported_says_what_to_do(tmp_path):
    (tmp_path / "keras.py").write_text("raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')")
    done = python("import convscope.backend", PYTHONPATH=str(tmp_path))
    assert "MissingExtraError" in done.stderr and "set KERAS_BACKEND=jax before Python starts" in done.stderr


@pytest.mark.slow
def test_a_backend_that_is_not_installed_is_told_once():
    done = python(
        "import importlib.util as u; u.find_spec = lambda name: None; import convscope.backend", KERAS_BACKEND="torch"
    )
    assert "KERAS_BACKEND is set to torch, which is not installed." in done.stderr
    assert done.stderr.count("Repair:") == 1 and "pip install 'torch>=2.4'" in done.stderr


def test_a_builder_that_asks_for_tensorflow_is_told_what_to_do_instead(tmp_path):
    from convscope.errors import ModelError
    from convscope.models import find_builder

    (tmp_path / "mine.py").write_text("raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')")
    with pytest.raises(ModelError, match="import keras instead"):
        find_builder(f"{tmp_path}/mine.py:build")
