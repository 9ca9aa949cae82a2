"""
Saliency
========

How much the score of the answer changes with each pixel.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.insights import saliency

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier("mlp", random_state=0).fit(
    digits.data, digits.target
)
found = saliency(classifier, test.images[15])
pictures = [
    ("slope", found.slopes[..., 0], "signed"),
    ("its size", found.picture, "size"),
]
charts.reasons(test.images[15], pictures, label=found.label)
