"""What a trained model is made of, layer by layer."""

from convscope.tracing.layers import list_layers

__all__ = ["list_layers"]
