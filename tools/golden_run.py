"""Write small run folders as this version of convscope writes them, for the tests of all later versions.

::

    python tools/golden_run.py

They lie in ``tests/golden/runs/VERSION``, with what they predict beside them; those of a version are written once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from convscope.datasets import load_parts
from convscope.training import ImageClassifier

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "runs"
COMMANDS = {
    "finished": ("train", "digits", "--model", "linear", "--epochs", "3", "--limit", "60", "--seed", "1"),
    "shuffled": ("train", "digits", "--model", "linear", "--epochs", "2", "--limit", "60", "--pixel-order", "shuffled"),
    "points": ("train", "circle", "--model", "points_mlp", "--epochs", "2"),
    "unfinished": ("train", "digits", "--model", "mlp", "--epochs", "200", "--batch-size", "8", "--limit", "60"),
    "lab": ("lab", "--data", "digits", "--limit", "60"),
    "sweep": ("sweep", "digits", "--model", "linear", "--param", "epochs=1,2", "--limit", "60"),
}
LEFT_OUT = ("report.html", ".lock")
LAB_KEPT = ("linear-circle", "run.json")
"""Of the lab's folders, which are all alike, the smallest."""
ROWS = 5


def main() -> None:
    """Write all of them, or none."""
    target = GOLDEN / version("convscope")
    if target.exists():
        sys.exit(f"{target} is there; the folders of a version are written once")
    with tempfile.TemporaryDirectory() as made:
        for name, words in COMMANDS.items():
            _write(Path(made), name, words)
        _predict(Path(made) / "finished")
        for path in (Path(made) / "lab").iterdir():
            if path.name not in LAB_KEPT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in Path(made).rglob("*"):
            if path.name in LEFT_OUT:
                path.unlink()
            elif path.suffix == ".json" and path.is_file():
                path.write_text(path.read_text(encoding="utf-8").replace(made, "/home/learner"), encoding="utf-8")
        shutil.copytree(made, target)


def _write(folder: Path, name: str, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "convscope.cli", *words, "--out", str(folder / name), "--quiet"]
    environment = {**os.environ, "CONVSCOPE_HOME": str(folder)}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    if name == "unfinished":
        while not (folder / name / "checkpoints" / "epoch-0003" / "COMMIT.json").is_file():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
    elif process.wait():
        sys.exit(f"{' '.join(words)} failed")


def _predict(run: Path) -> None:
    """Keep what the finished run says of a few images, to be said again."""
    test = load_parts("digits")[1][:ROWS]
    probabilities = np.round(ImageClassifier.load(run / "model").predict_proba(test).astype(float), 8)
    (run / "predicted.json").write_text(json.dumps(probabilities.tolist()), encoding="utf-8")


if __name__ == "__main__":
    main()
