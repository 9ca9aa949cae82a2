"""A blue band through the middle of red points (550 points)."""

from convscope.datasets._points import lab_points

__all__ = ["DATASET"]

DATASET = lab_points("center", "955d4ba40dd7285b6f34e9c7e0cee6b3d65da5a1979eeea62ec483c92d5003e1", 26904)
