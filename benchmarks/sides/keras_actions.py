"""The other sides of single actions: Keras with its defaults, and plain PyTorch; run by a `measure.Worker`."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from measure import serve

IMAGES = np.random.default_rng(0).random((10_000, 28, 28, 1), np.float32)
LABELS = np.random.default_rng(1).integers(0, 10, 10_000)
STEPS, BATCH = 20, 128


def keras_model():
    """Build the lab's CNN."""
    import keras  # noqa: PLC0415  one side needs Keras, the other PyTorch

    layers = keras.layers
    convolutions = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    convolutions += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2)]
    ending = [layers.Flatten(), layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *convolutions, *ending])


def keras_step():
    """Twenty steps of ``fit``."""
    model = keras_model()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    n = STEPS * BATCH
    return lambda: model.fit(IMAGES[:n], LABELS[:n], batch_size=BATCH, epochs=1, verbose=0)


def torch_step(bfloat16=False):
    """Twenty steps of a loop written by hand."""
    import torch  # noqa: PLC0415

    nn = torch.nn
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1600, 10))
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    x, y = torch.from_numpy(IMAGES.reshape(-1, 1, 28, 28)), torch.from_numpy(LABELS)

    def steps():
        for start in range(0, STEPS * BATCH, BATCH):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                found = loss(model(x[start : start + BATCH]), y[start : start + BATCH])
            found.backward()
            optimizer.step()

    return steps


def main():
    """Prepare one action, and run it whenever asked."""
    name = sys.argv[1]
    if name == "predict":
        model = keras_model()
        serve(lambda: model.predict(IMAGES, verbose=0))
    elif name == "predict_one":
        model = keras_model()
        serve(lambda: model.predict(IMAGES[:1], verbose=0), repeat=20)
    elif name == "predict_on_batch":
        model = keras_model()
        serve(lambda: model.predict_on_batch(IMAGES[:1]), repeat=100)
    elif name == "keras_step":
        serve(keras_step())
    else:
        serve(torch_step(bfloat16=name == "torch_step_bfloat16"))


if __name__ == "__main__":
    main()
