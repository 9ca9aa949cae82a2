"""A trained model opened: its layers, one image's way through them, every value term by term."""

from convscope.tracing.explain import explain
from convscope.tracing.field import field_of
from convscope.tracing.layers import list_layers
from convscope.tracing.record import record_activations, record_trace, recorder
from convscope.tracing.step import step
from convscope.tracing.verify import LayerCheck, Verification, verify

__all__ = [
    "LayerCheck",
    "Verification",
    "explain",
    "field_of",
    "list_layers",
    "record_activations",
    "record_trace",
    "recorder",
    "step",
    "verify",
]
