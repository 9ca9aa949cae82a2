"""Our sides of single actions, run by a `measure.Worker`."""

import sys
from pathlib import Path

import numpy as np

from convscope import models
from convscope.backend import keras
from convscope.engine import trainer
from convscope.engine.keras_loop import Rows
from convscope.engine.logits import LogitsTrainer, compile_settings
from convscope.engine.outputs import model_outputs
from convscope.engine.trainer import read_loop
from convscope.tracing import recorder
from convscope.training._targets import compile_crossentropy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from measure import serve

IMAGES = np.random.default_rng(0).random((10_000, 28, 28, 1), np.float32)
LABELS = np.random.default_rng(1).integers(0, 10, 10_000).astype(np.int32)
STEPS, BATCH = 20, 128


def fit_steps():
    """Twenty steps of the fast loop."""
    model = models.catalogue.get("cnn")((28, 28, 1), 10)
    compile_crossentropy(model, keras.optimizers.Adam())
    fit = LogitsTrainer(model)
    loop, n = read_loop(fit, compile_settings(model)), STEPS * BATCH
    rows = Rows(IMAGES[:n].reshape(n, -1), LABELS[:n], None, lambda batch: batch)
    return lambda: trainer.run_epochs(loop, fit, rows, epochs=1, batch_size=BATCH, seed=0)


def main():
    """Prepare one action, and run it whenever asked."""
    name = sys.argv[1]
    model = models.catalogue.get("cnn")((28, 28, 1), 10)
    if name == "predict":
        rows = IMAGES.reshape(len(IMAGES), -1)
        serve(lambda: model_outputs(model, rows, lambda part: part))
    elif name == "trace":
        record = recorder(model)
        serve(lambda: record(IMAGES[:1]), repeat=100)
    else:
        serve(fit_steps())


if __name__ == "__main__":
    main()
