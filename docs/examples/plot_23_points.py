"""
The border between two classes of points
========================================

A small network on points; its probability on a regular grid is the colour behind them.
"""

import numpy as np

from convscope import ImageClassifier, charts
from convscope.playground import draw_points
from convscope.tables import PointTable

drawn = draw_points("circle", noise=0.1)
features, labels = (
    drawn.train / 12 + 0.5,
    np.where(drawn.train_labels > 0, "red", "blue").astype(object),
)
classifier = ImageClassifier("points_mlp", epochs=60, random_state=0).fit(
    features, labels
)

sides = np.arange(0, 1, 0.04)
grid = np.stack(np.meshgrid(sides, sides), axis=-1).reshape(-1, 2)
charts.decision_region(
    PointTable(features, labels=labels),
    PointTable(grid),
    classifier.predict_proba(grid)[:, 1],
    name="points_mlp",
)
