"""
One value, term by term
=======================

Any value of any layer as its sum of products, and the pixels of the image that it can see.
"""

import numpy as np

from convscope import ImageClassifier, charts, load_dataset, record_trace
from convscope.tracing import explain, field_of, step

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier(
    "cnn", model__filters=(5, 8), epochs=3, random_state=0
)
classifier.fit(digits.data, digits.target)
trace = record_trace(classifier, test.images[15])
print(explain(step(trace, "conv2d_1", 2, 3, 0)))

rows, columns = field_of(trace, "conv2d_1", 2, 3)
seen = np.zeros((8, 8))
seen[rows.start : rows.stop, columns.start : columns.stop] = 255
charts.image(test.table, 15) | charts.image(seen, name="what it sees")
