"""
The feature maps of one image
=============================

A trace keeps the output of every layer of the real model, and ``verify`` recomputes it.
"""

from convscope import (
    ImageClassifier,
    charts,
    load_dataset,
    record_trace,
    verify,
)

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier(
    "cnn", model__filters=(5, 8), epochs=5, random_state=0
)
classifier.fit(digits.data, digits.target)
trace = record_trace(classifier, test.images[15])
difference = verify(trace).max_relative_difference
print(f"largest relative difference: {difference:.1e}")
maps = 255 * trace["conv2d_1"] / trace["conv2d_1"].max()
(
    charts.image(test.table, 15)
    | charts.image(maps[..., 0], name="map 1")
    | charts.image(maps[..., 1], name="map 2")
)
