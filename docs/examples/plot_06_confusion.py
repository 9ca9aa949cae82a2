"""
Which digits are confused
=========================

The diagonal is left out, so that the mistakes can be seen.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.training import evaluate

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier("linear", random_state=0).fit(
    digits.data, digits.target
)
measured = evaluate(classifier, test.table)
print(
    f"accuracy {measured.accuracy:.3f}, 95 % interval",
    measured.accuracy_interval,
)
charts.confusion_matrix(measured)
