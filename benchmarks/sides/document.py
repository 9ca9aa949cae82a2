"""The other side: the lab of 2021 as its program would be written for Keras 3, with pandas.

Run by the Python of an environment that has Keras and TensorFlow; prints one JSON object.
"""

import argparse
import json
import sys
import time

STARTED = time.perf_counter()

import keras  # noqa: E402  what a program waits for counts
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402


def cnn():
    """Two convolutions with pooling, then ten units."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def mlp():
    """One hidden layer of 64 units."""
    return keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")])


def train(build, train_frame, test_frame, columns):
    """Fit on raw pixels, two epochs of batches of 20; return seconds and accuracy."""
    model = build()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    x, y = train_frame[columns].astype(float), train_frame["class"]
    started = time.perf_counter()
    model.fit(x.to_numpy(), y.to_numpy(), epochs=2, batch_size=20, verbose=0)
    took = time.perf_counter() - started
    predicted = model.predict(test_frame[columns].to_numpy(), verbose=0).argmax(axis=1)
    return {"seconds": took, "accuracy": float((predicted == test_frame["class"]).mean())}


def main():
    """Train what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", help="folder with NAME_train.csv.gz and NAME_test.csv.gz")
    parser.add_argument("what", choices=["cnn", "mlp", "lab"])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    keras.utils.set_random_seed(asked.seed)

    def frames(name):
        return [pd.read_csv(f"{asked.data}/{name}_{part}.csv.gz") for part in ("train", "test")]

    mnist = frames("mnist")
    columns = [name for name in mnist[0].columns if name != "class"]
    shuffled = list(np.random.default_rng(1234).permutation(columns))
    runs = {"cnn": [(cnn, mnist, columns)], "mlp": [(mlp, mnist, columns)]}
    if asked.what == "lab":
        lab = [(mlp, mnist, columns), (mlp, mnist, shuffled), (cnn, mnist, columns), (cnn, mnist, shuffled)]
        runs["lab"] = [*lab, (cnn, frames("fashion_mnist"), columns)]
    found = [train(build, *tables, order) for build, tables, order in runs[asked.what]]
    json.dump(
        {
            "training_seconds": sum(one["seconds"] for one in found),
            "accuracies": [one["accuracy"] for one in found],
            "since_imports_began": time.perf_counter() - STARTED,
            "with": f"Keras {keras.__version__} on {keras.backend.backend()}",
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
