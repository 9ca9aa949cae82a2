"""Two kinds of points that a straight line separates well (150 points)."""

from convscope.datasets._points import lab_points

__all__ = ["DATASET"]

DATASET = lab_points("simple", "4a9e7edb6288684dd8b65ead691aeb98dd1a7bcb7e52a0c0803b18f37dc066c3", 7349)
