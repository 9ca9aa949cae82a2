"""One step of the fast loop on the lab's CNN, batches of 128, beside Keras' own loop and, if installed, PyTorch.

All sides train the same network on the same images with Adam, in turn, several times in one process; the ratios are
those of the medians, of the wall clock and of processor seconds. Needs CONVSCOPE_DATA with MNIST.
"""

import importlib.util
import json
import os
import platform
import statistics
import sys
import time

import numpy as np

from convscope import models
from convscope.backend import backend_name, keras
from convscope.datasets import load_parts
from convscope.errors import DatasetError
from convscope.training import keras_loop, trainer
from convscope.training._targets import compile_crossentropy
from convscope.training._threads import n_threads
from convscope.training.keras_loop import Rows
from convscope.training.logits import LogitsTrainer, compile_settings
from convscope.training.trainer import read_loop

ROUNDS, STEPS, BATCH = 5, 40, 128


def measured(action):
    """Return the wall and processor milliseconds per step of an action that takes ``STEPS`` steps."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return (time.perf_counter() - wall) * 1e3 / STEPS, (time.process_time() - cpu) * 1e3 / STEPS


def compiled():
    """Build the lab's CNN."""
    model = models.catalogue.get("cnn")((28, 28, 1), 10)
    compile_crossentropy(model, keras.optimizers.Adam())
    return LogitsTrainer(model)


def torch_side(images, labels):
    """Build the same network in plain PyTorch, and return what takes the steps."""
    torch = importlib.import_module("torch")
    nn = torch.nn
    layers = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1600, 10))
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    x, y = torch.from_numpy(images.reshape(-1, 1, 28, 28)), torch.from_numpy(labels.astype(np.int64))

    def steps():
        for start in range(0, STEPS * BATCH, BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss(model(x[start : start + BATCH].float() / 255), y[start : start + BATCH]).backward()
            optimizer.step()

    return steps


def main():
    """Measure and print one JSON object."""
    try:
        table, _ = load_parts("mnist")
    except DatasetError as error:
        print(f"skipped: {error.what}")
        return 0
    images, labels = np.asarray(table.pixels[: STEPS * BATCH]), table.labels[: STEPS * BATCH].astype(np.int32)
    rows = Rows(images, labels, None, lambda batch: batch.astype(np.float32) / np.float32(255))
    settings = {"epochs": 1, "batch_size": BATCH, "seed": 0}
    fast, slow = compiled(), compiled()
    loop = read_loop(fast, compile_settings(fast.network))
    sides = {
        "convscope": lambda: trainer.run_epochs(loop, fast, rows, **settings),
        f"keras on {backend_name()}": lambda: keras_loop.run_epochs(slow, rows, **settings),
    }
    if importlib.util.find_spec("torch"):
        sides["pytorch"] = torch_side(images, labels)
    times = {name: [] for name in sides}
    for round_ in range(ROUNDS + 1):
        for name, action in sides.items():
            found = measured(action)
            if round_:  # the first round compiles
                times[name].append(found)
    medians = {name: [statistics.median(part) for part in zip(*found, strict=True)] for name, found in times.items()}
    ours = medians["convscope"]
    record = {
        "what": f"one step of {BATCH} images, the lab's CNN, float32",
        "machine": f"{platform.processor() or platform.machine()}, {n_threads()} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}, Keras {keras.__version__}",
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "milliseconds": {name: {"wall": round(wall, 1), "cpu": round(cpu, 1)} for name, (wall, cpu) in medians.items()},
        "spread": {name: [round(min(w for w, _ in t), 1), round(max(w for w, _ in t), 1)] for name, t in times.items()},
        "times_as_long": {
            name: {"wall": round(wall / ours[0], 2), "cpu": round(cpu / ours[1], 2)}
            for name, (wall, cpu) in medians.items()
            if name != "convscope"
        },
    }
    print(json.dumps(record, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
