"""Embedding: a row of a table for each whole number."""

from __future__ import annotations

from convscope.layers._kind import REQUIRED, Example, LoweringError, Settings, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.look_up import LookUp

__all__ = ["embedding"]


@layer_kind(
    "Embedding",
    words="looks up a row of its table for each number",
    settings={"input_dim": REQUIRED, "output_dim": REQUIRED, "mask_zero": False},
    also="embeddings_initializer embeddings_regularizer embeddings_constraint activity_regularizer input_length sparse "
    "quantization_config",
    examples=[Example("Embedding", ((6,),), {"input_dim": 11, "output_dim": 4}, whole=11)],
)
def embedding(making: Making, settings: Settings, x: Value) -> Value:
    """Look up."""
    if settings["mask_zero"]:
        raise LoweringError(f"{making.layer} masks zeros")
    table = making.weight("embeddings", settings["input_dim"], settings["output_dim"])
    return x.put(LookUp(), table, part="looked up")
