"""Exercises: each file is one question of the lab, with its judge, hints and explanation, named ``EXERCISE``."""

from convscope.registry import collection

__all__ = ["catalogue"]

catalogue = collection(__name__, "EXERCISE")
