"""
The surest mistakes
===================

Images for which the network was wrong but confident.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.training import evaluate

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier("linear", random_state=0).fit(
    digits.data, digits.target
)
charts.mistakes(
    evaluate(classifier, test.table), test.table, n_images=8, per_line=4
)
