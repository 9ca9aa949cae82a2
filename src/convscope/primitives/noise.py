"""Noise: chance in training, and nothing afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from convscope.primitives import gradients as g
from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer, to_input

__all__ = ["Noise"]

SELU_FLOOR = -1.7580993408473766
"""What a SELU tends to far below 0; alpha dropout puts it in the place of what is dropped."""


@dataclass(frozen=True, kw_only=True)
class Noise(Primitive, name="noise"):
    """Disturb numbers while a network is trained, and hand them on otherwise.

    Input: any value.

    Parameters
    ----------
    kind : {"none", "dropout", "gaussian dropout", "gaussian", "alpha", "varied"}
        Numbers are dropped and the others scaled up; are multiplied by a normal number around 1; get a normal number
        added; or are dropped to SELU's floor. Pictures that are varied are left to Keras.
    rate : float
        The share that is dropped, or the standard deviation that is added.
    alike : tuple of int
        Axes along which all numbers share one draw, counted from 0, without the batch.

    Examples
    --------
    >>> Noise(kind="dropout", rate=0.5).shape((10,))
    (10,)

    References
    ----------
    Srivastava et al. 2014, "Dropout", JMLR 15; Klambauer et al. 2017, arXiv:1706.02515.
    """

    kind: Literal["none", "dropout", "gaussian dropout", "gaussian", "alpha", "varied"] = "none"
    rate: float = 0.0
    alike: tuple[int, ...] = ()

    def shape(self, *shapes: Shape) -> Shape:
        """Keep the shape."""
        return shapes[0]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Draw, if this is training with chance."""
        x = values[0]
        if self.kind in ("none", "varied") or not self.rate or not now.training or now.rng is None:
            return x, lambda dy: [dy]
        if self.kind == "dropout" and not self.alike:
            y, back = g.dropout(x, self.rate, now.rng)
            return y, to_input(back)
        shape = [1 if axis - 1 in self.alike else size for axis, size in enumerate(x.shape)]
        if self.kind == "gaussian":
            return x + now.rng.standard_normal(shape, np.float32) * np.float32(self.rate), lambda dy: [dy]
        if self.kind == "gaussian dropout":
            spread = np.float32((self.rate / (1 - self.rate)) ** 0.5)
            factor = 1 + now.rng.standard_normal(shape, np.float32) * spread
            return x * factor, lambda dy: [dy * factor]
        kept = now.rng.random(shape, np.float32) >= self.rate
        if self.kind == "dropout":
            factor = kept / np.float32(1 - self.rate)
            return x * factor, lambda dy: [dy * factor]
        scale = np.float32(((1 - self.rate) * (1 + self.rate * SELU_FLOOR**2)) ** -0.5)
        shift = np.float32(-scale * SELU_FLOOR * self.rate)
        y = scale * np.where(kept, x, np.float32(SELU_FLOOR)) + shift
        return y, lambda dy: [dy * kept * scale]

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Hand on."""
        return Apart("copy", [(0, place, None)])

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Identity: a model that is written has been trained."""
        return out.add("Identity", names[0])
