"""Red and blue in turns, like waves (550 points)."""

from convscope.datasets._points import lab_points

__all__ = ["DATASET"]

DATASET = lab_points("periodic", "a9759e40af097bd70db3a53720668c3d29c0aa30c22beedeffb0ea9d07af19bb", 26933)
