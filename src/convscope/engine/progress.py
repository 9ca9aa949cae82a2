"""A progress bar for training: one line on stderr, with the time left."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from convscope.backend import keras

__all__ = ["ProgressBar"]


class ProgressBar(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows epoch, loss, accuracy and time left; cleared away when training ends."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the bar."""
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[measures]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self.epochs, self.steps = self.params["epochs"], self.params["steps"] or 1
        self.task = self.bar.add_task("epoch 1", total=self.epochs * self.steps, measures="")
        self.bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Say which epoch it is."""
        self.epoch = epoch
        self.bar.update(self.task, description=f"epoch {epoch + 1}/{self.epochs}", completed=epoch * self.steps)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move on; Keras reports running means, read only now and then because reading waits for them."""
        if batch % max(1, self.steps // 50) == 0:
            measures = "  ".join(f"{name} {float(value):.3f}" for name, value in (logs or {}).items())
            self.bar.update(self.task, measures=measures)
        self.bar.update(self.task, completed=self.epoch * self.steps + batch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Clear the bar."""
        self.close()

    def close(self) -> None:
        """Clear the bar, also after an interrupt."""
        if hasattr(self, "bar"):
            self.bar.stop()
