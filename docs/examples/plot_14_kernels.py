"""
What a network's kernels became
===============================

Orange weights are below 0, blue ones above.
"""

from convscope import ImageClassifier, charts, load_dataset

digits = load_dataset("digits")
classifier = ImageClassifier(
    "cnn", model__filters=(8, 16), epochs=5, random_state=0
)
classifier.fit(digits.data, digits.target)
charts.kernels(classifier.model_.get_layer("conv2d_1").kernel, per_line=4)
