"""Red points around blue ones: no straight line separates them (550 points)."""

from convscope.datasets._points import lab_points

__all__ = ["DATASET"]

DATASET = lab_points("circle", "0bb11c08d2d0f42caa8d86a777f39389c0a11d254a686152284dbc9fad43c7a0", 26823)
