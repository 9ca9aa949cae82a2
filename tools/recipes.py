"""Writes Python's recipes as JSON, so that the page trains by the same numbers. Run by `make page`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from convscope.backend import keras
from convscope.engine import keras_loop, schedules
from convscope.training import recipes

__all__ = ["FILE", "recipes_file"]

FILE = Path(__file__).resolve().parents[1] / "frontend" / "src" / "engine" / "recipes.json"


def recipes_file() -> str:
    """Write the streams of chance, the one-cycle schedule, Adam's settings, and each recipe's pace."""
    adam = keras.optimizers.Adam().get_config()
    document = {
        "epochs": recipes.DOCUMENT_EPOCHS,
        "batch_size": recipes.DOCUMENT_BATCH_SIZE,
        "rate": round(float(adam["learning_rate"]), 6),
        "beta_2": adam["beta_2"],
    }
    small: dict[str, Any] = {
        "batch_size": recipes.SMALL_MODEL_BATCH_SIZE,
        "peak": recipes.SMALL_MODEL_PEAK,
        "beta_2": adam["beta_2"],
        "label_smoothing": 0,
    }
    large = {
        "batch_size": recipes.BATCH_SIZE,
        "peak": recipes.PEAK,
        "beta_2": recipes.MEMORY_OF_SQUARES,
        "label_smoothing": recipes.LABEL_SMOOTHING,
    }
    record = {
        "streams": {"order": keras_loop.ORDER, "dropout": keras_loop.DROPOUT},
        "one_cycle": {
            "rising": schedules.RISING,
            "first": schedules.FIRST,
            "least": schedules.LEAST,
            "parameters": recipes.SMALL_MODEL,
            "small_model": small,
            "large_model": large,
        },
        "adam": {"beta_1": adam["beta_1"], "epsilon": adam["epsilon"]},
        "recipes": {name: asdict(pace) for name, pace in recipes.PACES.items()} | {"document": document},
    }
    return json.dumps(record, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(recipes_file(), encoding="utf-8")
