"""
Grad-CAM
========

The maps of a convolution, weighted by their effect on the answer.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.insights import grad_cam

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier(
    "cnn", model__filters=(8, 16), epochs=5, random_state=0
)
classifier.fit(digits.data, digits.target)
found = grad_cam(classifier, test.images[15], layer="conv2d_1")
charts.reasons(
    test.images[15],
    [("speaks for it", found.picture, "size")],
    label=found.label,
)
