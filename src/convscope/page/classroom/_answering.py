"""Knows the teacher's model and answers for it, in a process of its own: ``python -m ... RUN BUNDLE START``.

Each question is a frame on stdin, each answer one on stdout: a letter, the length (4 bytes), the content. ``P`` asks
for the probabilities of pictures, ``R`` for another row of the table, ``V`` for the layers that the page cannot
compute. The first answer is a JSON object about the model. When the server ends, however it comes, so does
this.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
import time
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from convscope.datasets import catalogue, load_parts, load_table
from convscope.errors import ConvscopeError, RunError
from convscope.page.exhibit import Exhibit
from convscope.runs import Run, open_run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import hash_tables, shuffle_pixels
from convscope.training import ImageClassifier, evaluate

__all__ = ["main"]

HEAD = struct.Struct("<cI")


def main(run: str, bundle: Path, start: Path) -> None:
    """Open the model, write the page's bundle, and answer until stdin ends."""
    answers = sys.stdout.buffer
    try:
        shown = _exhibit(open_run(run) if run else _small_run(start))
        if not bundle.is_file():
            bundle.with_suffix(".part").write_bytes(shown.bundle(can_ask=True))
            bundle.with_suffix(".part").replace(bundle)
    except ConvscopeError as error:
        _send(answers, b"E", str(error).encode())
        return
    about = {
        "title": shown.title,
        "n_features": prod(shown.picture_shape),
        "classes": [str(label) for label in shown.model.classes_.tolist()],
    }
    _probabilities(shown, np.zeros((1, prod(shown.picture_shape)), np.float32))  # the first takes the longest
    _send(answers, b"J", json.dumps(about).encode())
    while head := sys.stdin.buffer.read(HEAD.size):
        kind, length = HEAD.unpack(head)
        content = sys.stdin.buffer.read(length)
        try:
            _send(answers, b"A", _answer(shown, kind, content))
        except ConvscopeError as error:
            _send(answers, b"E", str(error).encode())


def _answer(shown: Exhibit, kind: bytes, content: bytes) -> bytes:
    if kind == b"R":
        return shown.row(int(content))
    pixels = np.frombuffer(content, np.float32)
    if kind == b"V":
        return shown.values(pixels)
    return _probabilities(shown, pixels.reshape(-1, prod(shown.picture_shape)))


def _probabilities(shown: Exhibit, pixels: Any) -> bytes:
    named = getattr(shown.model, "feature_names_in_", None)
    rows = pixels if named is None else pd.DataFrame(pixels, columns=named)
    return np.asarray(shown.model.predict_proba(rows), np.float32).tobytes()


def _exhibit(run: Run) -> Exhibit:
    """Show a run on the test rows of what it was trained on."""
    record = run.record()
    if record["kind"] != "training":
        raise RunError(f"{run.path} holds several models.", repair="name one of them")
    classifier = ImageClassifier.load(run.model_path)
    data = str(record["data"])
    rows = load_table(data, split="test" if data in catalogue else "all", progress=False)
    if record.get("pixel_order") == "shuffled":
        rows = shuffle_pixels(rows)
    facts: dict[str, Any] = {
        name: record[name] for name in ("data", "accuracy", "n_train", "n_test", "epochs") if name in record
    }
    names = record.get("class_names") or ()
    title = run.path.resolve().name
    return Exhibit(classifier, rows, title=title, facts=facts, class_names=names if data in catalogue else ())


def _small_run(folder: Path) -> Run:
    """Train a small network on `digits`, once; it stays in the class's folder."""
    run = Run(folder)
    if (folder / "run.json").is_file():
        return run
    train_rows, test_rows = load_parts("digits", progress=False)
    classifier = ImageClassifier("cnn", model__filters=(8, 16), epochs=12, random_state=0).fit(train_rows)
    measured = evaluate(classifier, test_rows)
    facts = {"model": "cnn", "data": "digits", "pixel_order": "original", "recipe": "fast", "seed": 0}
    facts |= {"n_train": len(train_rows), "n_test": len(test_rows)}
    seconds = sum(classifier.history_.seconds)
    folder.mkdir(exist_ok=True)
    for path in (*folder.glob("model/*"), *folder.glob("*.jsonl")):
        path.unlink()  # what an attempt left that was killed
    save_training(run, TrainedModel(classifier, measured, facts, hash_tables(train_rows, test_rows), seconds))
    return run


def _send(stream: BinaryIO, kind: bytes, content: bytes) -> None:
    stream.write(HEAD.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def _end_with_server(server: int) -> None:
    """Look twice a second whether the server is still there; while a model is opened nobody reads stdin."""
    while os.getppid() == server:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_server, args=(os.getppid(),), daemon=True).start()
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
