"""Builders of Keras models: each file is one model and says what it teaches."""

from convscope.registry import collection

catalogue = collection(__name__, "build")
