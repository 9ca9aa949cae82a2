"""
What excites a unit
===================

The images for which one unit of the hidden layer has its largest values.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.insights import strongest_images

digits = load_dataset("digits")
classifier = ImageClassifier("mlp", random_state=0).fit(
    digits.data, digits.target
)
found = strongest_images(classifier, digits.table, "hidden", 3)
charts.image_grid(digits.table, list(found.rows), per_class=3)
