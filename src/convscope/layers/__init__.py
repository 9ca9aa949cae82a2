"""Every kind of Keras layer that convscope knows, one file for each family: settings, words, and primitives.

A file lowers its kinds to primitives, and everything else follows: shapes, weights, training, explanations, files,
ONNX and the page. `docs/how-to/layer.md` shows how to add one.
"""

from convscope.layers._kind import Example, Kind, LoweringError, kinds, lower
from convscope.layers._making import Making, Value, Weight
from convscope.layers._values import is_int

__all__ = ["Example", "Kind", "LoweringError", "Making", "Value", "Weight", "is_int", "kinds", "lower"]
