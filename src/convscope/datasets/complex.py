"""Few red points among many blue ones (150 points)."""

from convscope.datasets._points import lab_points

__all__ = ["DATASET"]

DATASET = lab_points("complex", "2b7f3ae54d8c3b0752049ceff2e4ef41f4cad9045b2a57cedadac84f2a33da53", 7380)
